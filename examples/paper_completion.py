"""PPOCoder's headline experiment at the scale of the nano policy: supervised model -> PPO, on several seeds.

    python examples/paper_completion.py FOLDER --out runs/paper

FOLDER holds real Python code that no supervised training has seen. The policy learns from the functions of its
training split, and is measured on those of its test split, before and after. The seeds run side by side; what was
interrupted goes on with the same command.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

ENV = "CodeCompletion-Python-v0"
SETTINGS = [
    "episodes_per_iteration=512",
    "minibatch_size=128",
    "writing_batch_size=512",
    "train_encoder=false",
    "temperature=0.7",
    "learning_rate=6e-5",
    "kl_coefficient=0.05",
    "kl_loss_coefficient=0.1",
]


def run(folder: Path, out: Path, seed: int, options: list[str]) -> subprocess.Popen[bytes]:
    """Starts or resumes one seed."""
    command = [sys.executable, "-m", "codegym", "train", ENV, "--problems", str(folder), "--source-tokens", "256"]
    command += [*options, "--seed", str(seed), "--out", str(out / str(seed)), "--resume", "--no-progress"]
    return subprocess.Popen(command)


def aggregate(summaries: list[dict[str, Any]]) -> dict[str, dict[str, dict[str, float]]]:
    """Returns mean, lowest and highest value over the seeds, of each metric, before and after."""
    result: dict[str, dict[str, dict[str, float]]] = {}
    for when in ("before", "after"):
        for metric in summaries[0][when]:
            values = [summary[when][metric]["value"] for summary in summaries]
            spread = {"mean": float(np.mean(values)), "lowest": min(values), "highest": max(values)}
            result.setdefault(metric, {})[when] = spread
    return result


def main(
    folder: Annotated[Path, typer.Argument(help="Folder of Python code.")],
    out: Annotated[Path, typer.Option(help="Where the runs go.")],
    model: Annotated[str, typer.Option(help="The supervised model.")] = "nano-completion",
    seeds: Annotated[int, typer.Option(help="How many seeds.")] = 3,
    episodes: Annotated[int, typer.Option(help="Episodes of each.")] = 14_848,
    evaluate: Annotated[int, typer.Option(help="Held-out functions.")] = 2_500,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda.")] = "auto",
    settings: Annotated[list[str] | None, typer.Option("--set", help="Hyperparameters, instead of SETTINGS.")] = None,
) -> None:
    """Runs every seed and compares."""
    out.mkdir(parents=True, exist_ok=True)
    options = ["--model", model, "--episodes", str(episodes), "--evaluate", str(evaluate), "--device", device]
    for setting in settings or SETTINGS:
        options += ["--set", setting]
    running = [run(folder, out, seed, options) for seed in range(seeds)]
    statuses = [process.wait() for process in running]
    if any(statuses):
        raise SystemExit("A seed failed; the same command goes on where they stopped.")
    summaries = [json.loads((out / str(seed) / "summary.json").read_text()) for seed in range(seeds)]
    result = aggregate(summaries)
    (out / "summary.json").write_text(json.dumps(result, indent=1) + "\n")
    title = f"{summaries[0]['held_out_problems']} held-out functions, {seeds} seeds (lowest to highest)"
    table = Table("", "before", "after", title=title)
    for metric, pair in result.items():
        cells = (f"{one['mean']:.3f} ({one['lowest']:.3f} to {one['highest']:.3f})" for one in pair.values())
        table.add_row(metric.replace("_", " "), *cells)
    Console().print(table)
    print(f"Runs: {out}\nFigures: {out / 'summary.json'}")


if __name__ == "__main__":
    typer.run(main)
