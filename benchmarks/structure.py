"""What the structural reward costs for each token, and how that grows with the program.

    python benchmarks/structure.py [--programs 20] [--json FILE]

Real Java and C++ programs of XLCoST, 200 to 400 tokens long, are written token by token. Per token, in microseconds
of processor time on one core: the incremental parse alone, which is the floor; the parse and the syntax match; both
matches; and, in the same run, what a reward would cost that asked CodeBLEU for its syntax and data-flow match after
every token (`codegym.structure.codebleu`, which gives the scores of the PyPI package, on every tenth prefix).
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import real_programs
from rich.console import Console
from rich.progress import track
from rich.table import Table

from codegym.structure import StructureReference, StructureTracker
from codegym.structure.codebleu import LegacyReference

TOKEN = re.compile(rb"\s*(?:\w+|[^\w\s])")
SHORTEST, LONGEST = 200, 400
KINDS = {
    "parse": {"syntax": False, "dataflow": False},
    "parse, syntax": {"syntax": True, "dataflow": False},
    "parse, syntax, data flow": {"syntax": True, "dataflow": True},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", type=int, default=20, help="programs of each language")
    parser.add_argument("--json", type=Path, default=Path("runs/benchmarks/structure.json"))
    options = parser.parse_args()

    console = Console()
    results: dict[str, Any] = {}
    table = Table(title="Microseconds a token, one core")
    for column in ("language", "what", "mean", "first quarter", "last quarter", "last / first", "CodeBLEU / this"):
        table.add_column(column, justify="left" if column in ("language", "what") else "right")
    for language in ("java", "cpp"):
        programs = list(suitable(language, options.programs))
        rows = results[language] = measure(language, programs)
        for what, row in rows.items():
            table.add_row(
                language,
                what,
                f"{row['mean']:.0f}",
                f"{row['first']:.0f}",
                f"{row['last']:.0f}",
                f"{row['last'] / row['first']:.2f}",
                f"{rows['CodeBLEU']['mean'] / row['mean']:.1f}x",
            )
    console.print(table)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(results, indent=2) + "\n", "utf-8")
    console.print(f"Figures: {options.json}")


def suitable(language: str, count: int) -> Iterator[list[bytes]]:
    """Yields the tokens of programs of the right length."""
    found = 0
    for program in real_programs.xlcost(language):
        tokens = TOKEN.findall(program.encode())
        if SHORTEST <= len(tokens) <= LONGEST and found < count:
            found += 1
            yield tokens


def measure(language: str, programs: list[list[bytes]]) -> dict[str, dict[str, float]]:
    """Returns the mean cost of a token, of all, of the first and of the last quarter of a program."""
    costs: dict[str, list[list[float]]] = {what: [] for what in (*KINDS, "CodeBLEU")}
    for tokens in track(programs, description=language, transient=True):
        program = b"".join(tokens)
        for what, matches in KINDS.items():  # in turn, program by program
            tracker = StructureTracker(StructureReference(program, language, **matches), language)
            costs[what].append([cost(tracker, token) for token in tokens])
        legacy = LegacyReference(program.decode(), language)
        legacy.syntax_match("")
        legacy.dataflow_match("")
        prefixes = [b"".join(tokens[: end + 1]).decode("utf-8", "replace") for end in range(0, len(tokens), 10)]
        costs["CodeBLEU"].append([cost_of_codebleu(legacy, prefix) for prefix in prefixes])
    return {
        what: {
            "mean": statistics.fmean(value for values in each for value in values),
            "first": statistics.fmean(value for values in each for value in values[: len(values) // 4]),
            "last": statistics.fmean(value for values in each for value in values[-(len(values) // 4) :]),
        }
        for what, each in costs.items()
    }


def cost(tracker: StructureTracker, token: bytes) -> float:
    started = time.process_time_ns()
    tracker.push(token)
    return (time.process_time_ns() - started) / 1e3


def cost_of_codebleu(legacy: LegacyReference, prefix: str) -> float:
    started = time.process_time_ns()
    legacy.syntax_match(prefix)
    legacy.dataflow_match(prefix)
    return (time.process_time_ns() - started) / 1e3


if __name__ == "__main__":
    main()
