"""Stable-Baselines3's PPO trains a transformer that writes code.

    python examples/sb3_ppo.py --env-id CodeCompletion-Python-v0 --out runs/sb3

The policy is the nano checkpoint, or any T5 (`--network Salesforce/codet5-base`). Afterwards it is measured on problems
that it has not learned from, beside what it was before. `codegym_agents.PPO` does the same more than twice as fast: it
writes and learns whole programs, where Stable-Baselines3 asks for one token at a time.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import gymnasium as gym
import typer
from codegym_agents import Seq2SeqPolicy
from codegym_agents.common.evaluation import changes, evaluate
from codegym_agents.sb3 import Seq2SeqActorCriticPolicy, make_vec_env
from stable_baselines3 import PPO

from codegym.envs import CodeVectorEnv


def main(
    env_id: Annotated[str, typer.Option(help="Which environment.")] = "CodeCompletion-Python-v0",
    network: Annotated[str, typer.Option(help="The policy to begin with.")] = "nano",
    total_timesteps: Annotated[int, typer.Option(help="Tokens to learn from.")] = 200_000,
    num_envs: Annotated[int, typer.Option(help="Programs that are written side by side.")] = 32,
    evaluation_problems: Annotated[int, typer.Option(help="Held-out problems.")] = 200,
    seed: Annotated[int, typer.Option(help="Of everything.")] = 0,
    out: Annotated[Path | None, typer.Option(help="Where the policy is saved.")] = None,
    tiny: Annotated[bool, typer.Option(help="Only see whether it runs.")] = False,
) -> None:
    """Trains, and compares before and after."""
    before = Seq2SeqPolicy.from_pretrained(network)
    before.set_trainable(train_encoder=False)  # reading costs more than writing, and changes less
    options: dict[str, Any] = {"tokenizer": before.tokenizer, "source_tokens": 256, "target_tokens": 64}
    n_steps, batch_size = 128, 512
    if tiny:
        total_timesteps, num_envs, evaluation_problems, n_steps, batch_size = 16, 2, 2, 8, 8
        options |= {"source_tokens": 64, "target_tokens": 4}

    env = make_vec_env(env_id, num_envs, **options)
    model = PPO(
        Seq2SeqActorCriticPolicy,
        env,
        policy_kwargs={"network": before},  # which is copied
        learning_rate=3e-5,
        n_steps=n_steps,
        batch_size=batch_size,
        n_epochs=2,
        gamma=1.0,  # programs are short, and the reward of a token is a difference already
        target_kl=0.05,
        seed=seed,
        verbose=1,
    )
    model.learn(total_timesteps)

    after = model.policy.network
    held_out = gym.make_vec(env_id, 1, "vector_entry_point", split="test", workers=1 if tiny else None, **options)
    assert isinstance(held_out, CodeVectorEnv)
    measured = [evaluate(policy, before, held_out, evaluation_problems, seed=seed) for policy in (before, after)]
    for metric, change in changes(*measured).items():
        print(f"{metric:>18}: {change.value:+.3f} ({change.low:+.3f} to {change.high:+.3f})")
    if out is not None:
        after.save_pretrained(out)
        print(f"The policy is in {out}; `codegym evaluate` and `codegym train --model` take it.")


if __name__ == "__main__":
    typer.run(main)
