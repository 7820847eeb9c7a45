"""How many episodes a second a whole iteration makes: write, score, learn; and how long the device waits for scores.

    python benchmarks/end_to_end.py [--env CodeTranslation-Java-Cpp-v0] [--size small] [--iterations 6] [--json FILE]

The same iterations are made twice: one step after the other, and with the scoring of a batch beside the writing of the
next and the gradient steps on the last. Scoring is the real one: compilers in the sandbox, syntax tree and data flow of
every program. `--model` takes a trained policy; without it the model has random weights and writes programs of full
length that are none, which cost the structure match most.
"""

from __future__ import annotations

import argparse
import json
import statistics
from pathlib import Path
from typing import Any

import torch
from codegym_agents import PPO, Seq2SeqPolicy
from codegym_agents.common.environment import make_env
from decoding import SIZES, make_policy
from rich.console import Console
from rich.table import Table

from codegym.judge import Judge


def main() -> None:
    on_gpu = torch.cuda.is_available()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--env", default="CodeTranslation-Java-Cpp-v0")
    parser.add_argument("--size", choices=["nano", *SIZES], default="small" if on_gpu else "nano")
    parser.add_argument("--model", help="a trained policy instead")
    parser.add_argument("--reward", default="default")
    parser.add_argument("--episodes", type=int, default=256 if on_gpu else 16, help="of an iteration")
    parser.add_argument("--source", type=int, default=512)
    parser.add_argument("--tokens", type=int, default=256 if on_gpu else 64)
    parser.add_argument("--iterations", type=int, default=6)
    parser.add_argument("--json", type=Path, default=Path("runs/benchmarks/end_to_end.json"))
    options = parser.parse_args()
    device = torch.device("cuda" if on_gpu else "cpu")
    rows: list[dict[str, Any]] = []
    with Judge() as judge:
        for overlap in (False, True):
            policy = (
                Seq2SeqPolicy.from_pretrained(options.model)
                if options.model
                else make_policy(options.size, only_known=True)
            ).to(device)
            env = make_env(
                options.env,
                policy,
                judge=judge,
                reward=options.reward,
                source_tokens=options.source,
                target_tokens=options.tokens,
            )
            agent = PPO(
                policy,
                env,
                episodes_per_iteration=options.episodes,
                writing_batch_size=min(256, options.episodes),
                minibatch_size=min(64, options.episodes),
                learning_rate=1e-6,
                precision="bfloat16" if on_gpu else "float32",
                overlap=overlap,
            )
            agent.iterate()  # workers start, graphs are captured
            seconds = []
            for _ in range(options.iterations):
                agent.iterate()
                seconds.append(agent.seconds)
            rows.append(
                {
                    "overlap": overlap,
                    "writing": [one.writing for one in seconds],
                    "waiting": [one.waiting for one in seconds],
                    "updating": [one.updating for one in seconds],
                }
            )
    report(options, rows)


def report(options: argparse.Namespace, rows: list[dict[str, Any]]) -> None:
    on_gpu = torch.cuda.is_available()
    name = torch.cuda.get_device_name() if on_gpu else f"{torch.get_num_threads()} CPU threads"
    what = options.model or options.size
    table = Table(title=f"{name}, {options.env}, {what}: {options.episodes} episodes an iteration, {options.reward}")
    parts = ("writing", "waiting", "updating")
    for column in ("scoring", *(f"{part} (s)" for part in parts), "episodes/s", "device waited"):
        table.add_column(column, justify="left" if column == "scoring" else "right")
    for row in rows:
        totals = [sum(one) for one in zip(*(row[part] for part in parts), strict=True)]
        row["episodes_per_second"] = options.episodes / statistics.median(totals)
        row["waited_share"] = sum(row["waiting"]) / sum(totals)
        table.add_row(
            "beside" if row["overlap"] else "in between",
            *(f"{statistics.median(row[part]):.2f}" for part in parts),
            f"{row['episodes_per_second']:.1f}",
            f"{row['waited_share']:.1%}",
        )
    Console().print(table)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    content = {"device": name, "options": {k: str(v) for k, v in vars(options).items()}, "rows": rows}
    options.json.write_text(json.dumps(content, indent=1) + "\n")
    Console().print(f"[dim]Written to {options.json}[/dim]")


if __name__ == "__main__":
    main()
