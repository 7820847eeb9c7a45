"""TRL's GRPO trains a decoder-only transformer with the rewards of an environment.

    python examples/trl_grpo.py --env-id ProgramSynthesis-Python-v0 --model Qwen/Qwen2.5-Coder-0.5B-Instruct --chat

Without `--model` a small transformer of random weights learns, with the vocabulary of the suite: it shows that all of
it fits together, and writes no programs. Programs that the judge could not answer for are left out by TRL.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import torch
import typer
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
from trl import GRPOConfig, GRPOTrainer

from codegym.adapters import TextTask, trl
from codegym.tokens import load as load_tokenizer


def main(
    env_id: Annotated[str, typer.Option(help="Which environment.")] = "CodeCompletion-Python-v0",
    model: Annotated[str | None, typer.Option(help="A folder or a name on the hub; else a small new one.")] = None,
    chat: Annotated[bool, typer.Option(help="Whether the model is talked to in messages.")] = False,
    problems: Annotated[int, typer.Option(help="Problems to learn from.")] = 512,
    steps: Annotated[int, typer.Option(help="Updates.")] = 200,
    generations: Annotated[int, typer.Option(help="Programs for each problem.")] = 8,
    completion_tokens: Annotated[int, typer.Option(help="Tokens of a program.")] = 128,
    seed: Annotated[int, typer.Option(help="Of everything.")] = 0,
    out: Annotated[Path | None, typer.Option(help="Where the model is saved.")] = None,
    tiny: Annotated[bool, typer.Option(help="Only see whether it runs.")] = False,
) -> None:
    """Trains, and says what was earned."""
    if tiny:
        problems, steps, generations, completion_tokens = 4, 2, 2, 8
    with tempfile.TemporaryDirectory() as folder:
        task = TextTask(env_id, fenced=chat)
        trainer = GRPOTrainer(
            model=model or new_model(Path(folder, "model"), seed),
            reward_funcs=trl.reward_function(task),
            train_dataset=trl.dataset(task, problems, chat=chat),
            args=GRPOConfig(
                output_dir=str(Path(folder, "runs")),
                max_steps=steps,
                num_generations=generations,
                per_device_train_batch_size=generations,
                max_completion_length=completion_tokens,
                learning_rate=1e-5,
                logging_steps=1,
                save_strategy="no",
                report_to="none",
                bf16=torch.cuda.is_available(),
                disable_tqdm=True,
                seed=seed,
            ),
        )
        trainer.train()
        for entry in trainer.state.log_history:
            if "reward" in entry:
                print(f"step {entry['step']}: reward {entry['reward']:+.3f}, compiles {entry['codegym/compiled']:.2f}")
        if out is not None:
            trainer.save_model(str(out))


def new_model(folder: Path, seed: int) -> str:
    """Writes a small model with random weights and the suite's own vocabulary, and returns its folder."""
    from transformers import set_seed

    own = load_tokenizer()
    folder.mkdir(parents=True)
    own.save(folder / "tokenizer.json")
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=str(folder / "tokenizer.json"), pad_token="<pad>", eos_token="</s>"
    )
    set_seed(seed)
    config = LlamaConfig(
        vocab_size=own.vocabulary_size,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=1024,
        pad_token_id=own.pad_id,
        eos_token_id=own.end_id,
        bos_token_id=None,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)


if __name__ == "__main__":
    typer.run(main)
