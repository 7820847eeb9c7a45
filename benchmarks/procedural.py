"""How fast procedural problems are made, and how much they differ.

    python benchmarks/procedural.py [--count 10000] [--json FILE]

Draws problems of all families and prints problems per second of processor time on one core, without judging (the
median over blocks of 250); the number of different shapes (programs whose names, numbers and texts are taken away);
the share of draws whose shape was there before; what the splits have in common; and how long references and statements
are, in tokens of the embedded tokenizer.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from codegym.problems.procedural import ProceduralProblems, family_names, procedural, shape_of
from codegym.tokens import load

BLOCK = 250
PERCENTILES = (1, 5, 25, 50, 75, 95, 99, 100)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000, help="problems of the train split")
    parser.add_argument("--json", type=Path, default=Path("runs/benchmarks/procedural.json"))
    options = parser.parse_args()

    console = Console()
    drawn: dict[str, list[Texts]] = {}
    rates: list[float] = []
    for split, count in (("train", options.count), ("validation", options.count // 10), ("test", options.count // 5)):
        problems = procedural(("python",), split=split)
        drawn[split] = []
        for start in track(range(0, count, BLOCK), description=f"{split}, {count:,}", transient=True):
            block, rate = make(problems, range(start, min(start + BLOCK, count)))
            drawn[split] += block
            rates.append(rate)
    shapes = {split: [shape_of(problem.id) for problem in each] for split, each in drawn.items()}
    tokenizer = load("codegym")
    lengths = {
        what: np.percentile([len(tokenizer.encode(text)) for text in texts], PERCENTILES)
        for what, texts in (
            ("reference", [problem.reference for problem in drawn["train"]]),
            ("statement", [problem.statement for problem in drawn["train"]]),
        )
    }
    train, validation, test = (set(each) for each in shapes.values())
    results: dict[str, Any] = {
        "families": len(family_names()),
        "problems": len(drawn["train"]),
        "problems per second": statistics.median(rates),
        "shapes": len(train),
        "share of repeated shapes": 1 - len(train) / len(shapes["train"]),
        "equal programs": len(drawn["train"]) - len({problem.reference for problem in drawn["train"]}),
        "shapes in two splits": len(train & validation) + len(train & test) + len(validation & test),
        "percentiles": PERCENTILES,
        **{f"tokens of a {what}": [float(value) for value in values] for what, values in lengths.items()},
    }
    table = Table(title="Procedural problems", show_header=False)
    for name, value in results.items():
        shown = ", ".join(f"{each:,.0f}" for each in value) if isinstance(value, list | tuple) else f"{value:,.4g}"
        table.add_row(name, shown)
    console.print(table)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(results, indent=2) + "\n", "utf-8")
    console.print(f"Figures: {options.json}")


class Texts(NamedTuple):
    """What is kept of a problem."""

    id: str
    reference: str
    statement: str


def make(problems: ProceduralProblems, indices: Sequence[int]) -> tuple[list[Texts], float]:
    """Makes problems, and returns their texts and how many were made in a second of processor time."""
    started = time.process_time()
    made = [problems[index] for index in indices]
    rate = len(made) / (time.process_time() - started)
    return [Texts(problem.id, problem.reference, problem.statement) for problem in made], rate


if __name__ == "__main__":
    main()
