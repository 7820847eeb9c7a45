"""Prompts and rewards for verl: writes the parquet files, and says how verl is started with them.

python examples/verl_prompts.py --env-id ProgramSynthesis-Python-v0 --out prompts
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from codegym.adapters import verl


def main(
    env_id: Annotated[str, typer.Option(help="Which environment.")] = "ProgramSynthesis-Python-v0",
    reward: Annotated[str, typer.Option(help="A preset, or a sum of terms.")] = "unit_tests",
    problems: Annotated[int, typer.Option(help="Problems of each split.")] = 1_000,
    model: Annotated[str, typer.Option(help="Who is to learn.")] = "Qwen/Qwen2.5-Coder-0.5B-Instruct",
    out: Annotated[Path, typer.Option(help="Where the files go.")] = Path("prompts"),
) -> None:
    """Writes the files, and prints the command."""
    train, test = verl.export(env_id, out, problems, splits=["train", "test"], reward=reward)
    module = "pkg://codegym.adapters.verl"
    settings = {
        "algorithm.adv_estimator": "grpo",
        "data.train_files": train.resolve(),
        "data.val_files": test.resolve(),
        "actor_rollout_ref.model.path": model,
        "reward.custom_reward_function.path": module,
        "reward.custom_reward_function.name": "compute_score",
        "reward.reward_manager.source": "importlib",
        "reward.reward_manager.name": "CodegymRewardManager",
        "reward.reward_manager.module.path": module,
    }
    print("python -m verl.trainer.main_ppo", *(f"    {name}={value}" for name, value in settings.items()), sep=" \\\n")


if __name__ == "__main__":
    typer.run(main)
