"""Pretrains the nano policy: `python -m codegym_agents.pretraining.nano --corpus corpus.jsonl.xz --out nano`.

The loss is the cross-entropy of the target tokens. A program is cut in two; the encoder reads what stands before the
cut, the decoder writes what comes after. Training goes from continuation to completion:

- continuation: the cut is anywhere, and up to 128 tokens follow it;
- completion: the task itself. The cut is 25 tokens before the end (the protocol of PPOCoder, arXiv 2301.13816,
  section 4.1) or, for variety, 4 to 48.

The share of completion grows linearly from 0 to 1.
"""

from __future__ import annotations

import json
import lzma
import math
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from matplotlib.figure import Figure
from numpy.typing import NDArray
from torch import Tensor
from transformers import T5ForConditionalGeneration

from codegym.tokens import Tokenizer, load
from codegym_agents.models import Seq2SeqPolicy, nano_config
from codegym_agents.models.seq2seq import PaddedSources
from codegym_agents.sft import cross_entropy

SOURCE_TOKENS = 256
TARGET_TOKENS = 128
MASKED_TOKENS = 25


@dataclass(frozen=True)
class Schedule:
    """How long and how fast the policy learns.

    Attributes:
        seconds: Time for all of it.
        learning_rate: Peak, relative to each weight's size; warmed up linearly over 5 % of the time, then decayed to
            zero along a cosine.
        batch_size: Programs a step.
        seed: Of the batches.
    """

    seconds: float
    learning_rate: float
    batch_size: int
    seed: int

    def rate(self, progress: float) -> float:
        """Returns the relative learning rate after a share of the time."""
        return self.learning_rate * min(1.0, progress / 0.05, 0.5 * (1 + math.cos(math.pi * progress)))


@dataclass(frozen=True)
class Corpus:
    """Programs as one long array of tokens, each followed by the end token.

    Attributes:
        tokens: (total,) int32 on the training device.
        starts: (programs,) int64 position of each program's first token.
        lengths: (programs,) int64 number of tokens, the end token included.
    """

    tokens: Tensor
    starts: Tensor
    lengths: Tensor


@dataclass(frozen=True)
class CurvePoint:
    """One point of the training curve.

    Attributes:
        seconds: Since training began.
        step: Gradient steps so far.
        programs: Programs drawn so far.
        train_loss: Of the last batch, in nats a token.
        continuation_loss: Of validation programs cut anywhere, in nats a token.
        completion_loss: Of validation programs cut near their end, in nats a token.
    """

    seconds: float
    step: int
    programs: int
    train_loss: float
    continuation_loss: float
    completion_loss: float


def read_corpus(path: Path, tokenizer: Tokenizer, device: torch.device) -> tuple[Corpus, Corpus]:
    """Returns the training and the validation programs of a file that `codegym_agents.pretraining.corpus` wrote."""
    texts: dict[str, list[str]] = {"train": [], "validation": []}
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            texts[record["split"]].append(record["text"])
    train, validation = (_pack(_encode(tokenizer, part), device) for part in texts.values())
    return train, validation


def _encode(tokenizer: Tokenizer, texts: list[str]) -> Iterator[NDArray[np.int32]]:
    chunk = 20_000
    for start in range(0, len(texts), chunk):
        for ids in tokenizer.encode_batch(texts[start : start + chunk]):
            if len(ids) >= 2 * MASKED_TOKENS:
                yield np.array([*ids, tokenizer.end_id], dtype=np.int32)


def _pack(encoded: Iterator[NDArray[np.int32]], device: torch.device) -> Corpus:
    programs = list(encoded)
    lengths = torch.tensor([len(program) for program in programs])
    starts = torch.cumsum(lengths, 0) - lengths
    return Corpus(torch.from_numpy(np.concatenate(programs)).to(device), starts.to(device), lengths.to(device))


def sample_batch(
    corpus: Corpus, batch_size: int, completion: float, generator: torch.Generator, pad_id: int
) -> tuple[PaddedSources, Tensor, Tensor]:
    """Draws programs and cuts them.

    Args:
        corpus: Where from.
        batch_size: How many.
        completion: Share of those that are cut near their end.
        generator: Randomness, on the corpus' device.
        pad_id: Id of the padding token.

    Returns:
        Sources, targets (batch, TARGET_TOKENS) int64, and the mask (batch, TARGET_TOKENS) bool of their real tokens.
    """
    device, shape = corpus.tokens.device, (batch_size,)

    def uniform() -> Tensor:
        return torch.rand(shape, generator=generator, device=device)

    program = torch.randint(len(corpus.starts), shape, generator=generator, device=device)
    length = corpus.lengths[program]
    anywhere = 8 + (uniform() * (length - 16)).long()
    masked = torch.where(uniform() < 0.7, MASKED_TOKENS, 4 + (uniform() * 45).long())
    cut = torch.where(uniform() < completion, length - 1 - torch.minimum(masked, (length - 1) // 2), anywhere)
    source, source_mask = _gather(corpus, program, (cut - SOURCE_TOKENS).clamp(min=0), cut, SOURCE_TOKENS, pad_id)
    target, target_mask = _gather(corpus, program, cut, length, TARGET_TOKENS, pad_id)
    return PaddedSources(source, source_mask.long()), target, target_mask


def _gather(
    corpus: Corpus, program: Tensor, begin: Tensor, end: Tensor, width: int, pad_id: int
) -> tuple[Tensor, Tensor]:
    position = begin[:, None] + torch.arange(width, device=program.device)
    mask = position < end[:, None]
    flat = (corpus.starts[program][:, None] + position).clamp(max=len(corpus.tokens) - 1)
    return corpus.tokens[flat].long().masked_fill(~mask, pad_id), mask


def train(policy: Seq2SeqPolicy, corpus: Corpus, validation: Corpus, schedule: Schedule) -> Iterator[CurvePoint]:
    """Trains the policy in place; yields a point of the training curve every 20 seconds or so, and a last one."""
    device, pad_id = policy.device, policy.tokenizer.pad_id
    generator = torch.Generator(device).manual_seed(schedule.seed)
    # T5 initialises its matrices at very different scales, so steps are relative to the root mean square of each
    # (as in Adafactor: Shazeer and Stern 2018, arXiv 1804.04235, section 8).
    groups = [
        {"params": [weight], "scale": max(weight.detach().square().mean().sqrt().item(), 1e-2)}
        for weight in policy.model.parameters()
    ]
    on_gpu = device.type == "cuda"
    optimizer = torch.optim.AdamW(groups, betas=(0.9, 0.98), weight_decay=0.0, fused=on_gpu)
    loss_of = torch.compile(cross_entropy, dynamic=False) if on_gpu else cross_entropy
    policy.train()
    started = time.monotonic()
    step, reported, progress = 0, 0.0, 0.0
    while progress < 1.0:
        for group in optimizer.param_groups:
            group["lr"] = schedule.rate(progress) * group["scale"]
        sources, target, mask = sample_batch(corpus, schedule.batch_size, progress, generator, pad_id)
        with torch.autocast(device.type, torch.bfloat16, enabled=on_gpu):
            loss = loss_of(policy, sources, target, mask)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(policy.model.parameters(), 1.0)
        optimizer.step()
        step += 1
        if step % 10 == 0 and on_gpu:
            torch.cuda.synchronize()  # the clock below must not run ahead of the device
        elapsed = time.monotonic() - started
        progress = elapsed / schedule.seconds
        if elapsed - reported >= 20.0 or progress >= 1.0:
            reported = elapsed
            losses = [evaluate(policy, validation, completion, pad_id) for completion in (0.0, 1.0)]
            yield CurvePoint(round(elapsed, 1), step, step * schedule.batch_size, round(loss.item(), 4), *losses)
    policy.eval()


@torch.no_grad()
def evaluate(policy: Seq2SeqPolicy, corpus: Corpus, completion: float, pad_id: int) -> float:
    """Returns the loss on the same 1,024 cuts of held-out programs, whenever it is called."""
    device = policy.device
    generator = torch.Generator(device).manual_seed(0)
    losses = []
    for _ in range(4):
        sources, target, mask = sample_batch(corpus, 256, completion, generator, pad_id)
        with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
            losses.append(cross_entropy(policy, sources, target, mask).item())
    return round(sum(losses) / len(losses), 4)


def draw_curve(curve: list[CurvePoint], file: Path) -> None:
    """Draws the training curve as a PNG."""
    figure = Figure(figsize=(6.4, 3.6), layout="constrained")
    axes = figure.subplots()
    programs = [point.programs / 1e6 for point in curve]
    axes.plot(programs, [point.continuation_loss for point in curve], label="continuation")
    axes.plot(programs, [point.completion_loss for point in curve], label="completion")
    axes.set_xlabel("million programs drawn")
    axes.set_ylabel("loss on held-out programs (nats a token)")
    axes.grid(alpha=0.2)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    figure.savefig(file, dpi=120)


def main(
    corpus: Annotated[Path, typer.Option(help="File made by codegym_agents.pretraining.corpus.")],
    out: Annotated[Path, typer.Option(help="Folder for the checkpoint.")],
    tokenizer: Annotated[str, typer.Option(help="Tokenizer name or path.")] = "codegym",
    minutes: Annotated[float, typer.Option(help="Time for training.")] = 7.5,
    batch_size: Annotated[int, typer.Option(help="Programs a step.")] = 512,
    learning_rate: Annotated[float, typer.Option(help="Peak relative learning rate.")] = 1.5e-2,
    seed: Annotated[int, typer.Option(help="Seed of weights and batches.")] = 0,
) -> None:
    """Pretrains the nano policy and writes it with its training curve."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.set_float32_matmul_precision("high")
    torch.manual_seed(seed)
    words = load(tokenizer)
    programs, held_out = read_corpus(corpus, words, device)
    rows = -(-words.vocabulary_size // 64) * 64
    policy = Seq2SeqPolicy(T5ForConditionalGeneration(nano_config(rows)), words).to(device)
    recipe = {
        "parameters": sum(weight.numel() for weight in policy.model.parameters()),
        "training_programs": len(programs.lengths),
        "training_tokens": int(programs.lengths.sum()),
        "device": torch.cuda.get_device_name() if device.type == "cuda" else "cpu",
    }
    print(recipe, flush=True)
    schedule = Schedule(60 * minutes, learning_rate, batch_size, seed)
    curve: list[CurvePoint] = []
    for point in train(policy, programs, held_out, schedule):
        curve.append(point)
        print(point, flush=True)
        policy.save_pretrained(out, torch.float16)  # an accelerator may fail; what was learned stays
    recipe |= {"schedule": asdict(schedule), "curve": [asdict(point) for point in curve]}
    (out / "training.json").write_text(json.dumps(recipe, indent=1) + "\n")
    draw_curve(curve, out.with_suffix(".png"))
    print(f"Wrote {out}", flush=True)


if __name__ == "__main__":
    typer.run(main)
