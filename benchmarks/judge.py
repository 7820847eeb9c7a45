"""How fast the judge answers: warm workers against a new process for each program, and for each unit test.

    python benchmarks/judge.py [LANGUAGE ...] [--programs 60] [--workers 2] [--json FILE]

Both ways see the same real programs and mutants of them, in turn and in one run. Cold is the command that a person
would type, one process for each program, and its exit status; warm is the judge, sandbox included, without its memory
of verdicts. The figures are medians; the ratio is the median over the programs of cold time / warm time.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import real_programs
from rich.console import Console
from rich.progress import track
from rich.table import Table

from codegym import Judge, languages
from codegym.types import TestCase

WARM_UP = {"java": 1_000, "csharp": 1_000}
"""Programs that a compiler on a virtual machine has seen before it is timed, of the 5,000 of its life. Others: 50."""

TESTS = [TestCase(f"{number}\n", f"{number + 1}\n") for number in range(10)]
WRONG = "number = int(input())\nprint(number * 2)\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("languages", nargs="*", default=[language.name for language in languages.all_languages()])
    parser.add_argument("--programs", type=int, default=60, help="programs of each language; half are mutants")
    parser.add_argument("--workers", type=int, default=2, help="most workers of the scaling table")
    parser.add_argument("--json", type=Path, default=Path("runs/benchmarks/judge.json"))
    options = parser.parse_args()

    console = Console()
    results: dict[str, Any] = {"machine": machine(), "compile": {}, "scaling": {}}
    table = Table(title="Compile verdicts")
    for column in ("language", "programs", "cold ms", "warm ms", "ratio", "warm/s", "agree", "worker MB"):
        table.add_column(column, justify="left" if column == "language" else "right")
    for name in options.languages:
        row = compile_verdicts(name, options.programs)
        results["compile"][name] = row
        table.add_row(
            languages.get(name).title,
            str(row["programs"]),
            f"{row['cold_ms']:.1f}",
            f"{row['warm_ms']:.2f}",
            f"{row['ratio']:.1f}x",
            f"{row['warm_per_s']:.0f}",
            f"{row['agree']}/{row['programs']}",
            f"{row['worker_mb']:.0f}",
        )
        for program in row["disagreements"]:
            console.print(f"[red]disagreement in {name}[/red]:\n{program}")
    console.print(table)

    table = Table(title="Scaling: verdicts a second, a batch of distinct programs")
    table.add_column("language")
    for workers in range(1, options.workers + 1):
        table.add_column(f"{workers} worker{'s' * (workers > 1)}", justify="right")
    for name in options.languages:
        rates = [throughput(name, options.programs, workers) for workers in range(1, options.workers + 1)]
        results["scaling"][name] = rates
        table.add_row(languages.get(name).title, *(f"{rate:.0f}" for rate in rates))
    console.print(table)

    results["grading"] = row = grading()
    table = Table(title="A wrong Python program and its 10 unit tests")
    for column in ("cold ms", "warm ms", "ratio"):
        table.add_column(column, justify="right")
    table.add_row(f"{row['cold_ms']:.0f}", f"{row['warm_ms']:.1f}", f"{row['ratio']:.1f}x")
    console.print(table)

    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(results, indent=2) + "\n", "utf-8")
    console.print(f"Figures: {options.json}")


def machine() -> dict[str, Any]:
    return {
        "platform": platform.platform(),
        "python": platform.python_version(),
        "toolchains": {language.name: language.toolchain.version() for language in languages.all_languages()},
    }


def sample(name: str, count: int) -> list[str]:
    """Returns real programs and as many mutants of others, shuffled, always the same."""
    real = real_programs.load(name)
    chosen = random.Random(0).sample(real, min(len(real), count))
    half = len(chosen) // 2
    programs = chosen[:half] + real_programs.mutants(chosen[half:], len(chosen) - half, seed=0)
    random.Random(1).shuffle(programs)
    return programs


def compile_verdicts(name: str, count: int) -> dict[str, Any]:
    programs = sample(name, count)
    cold, warm, disagreements = [], [], []
    with Judge(workers=1, time_limit=60.0) as judge:
        others = real_programs.load(name)[-WARM_UP.get(name, 50) :]
        judge.map_compile(name, [f"{program}\n" for program in others])
        for program in track(programs, description=f"{name}: cold and warm", transient=True):
            expected, seconds = timed(lambda program=program: real_programs.cold_verdict(name, program))
            cold.append(seconds)
            verdict, seconds = timed(lambda program=program: judge.compile(name, program))
            warm.append(seconds)
            if verdict.ok is not expected:
                disagreements.append(program)
        memory = sum(resident_bytes(pid) for pid in judge.worker_pids())
    return {
        "programs": len(programs),
        "cold_ms": 1000 * statistics.median(cold),
        "warm_ms": 1000 * statistics.median(warm),
        "ratio": statistics.median(c / w for c, w in zip(cold, warm, strict=True)),
        "ratio_of_sums": sum(cold) / sum(warm),
        "warm_per_s": len(warm) / sum(warm),
        "agree": len(programs) - len(disagreements),
        "disagreements": disagreements,
        "worker_mb": memory / 2**20,
    }


def throughput(name: str, count: int, workers: int) -> float:
    programs = [program + "\n" * (1 + extra) for extra in range(3) for program in sample(name, count)]
    with Judge(workers=workers, time_limit=60.0) as judge:
        judge.map_compile(name, [f"\n{program}" for program in programs])
        _, seconds = timed(lambda: judge.map_compile(name, programs))
    return len(programs) / seconds


def grading() -> dict[str, float]:
    cold, warm = [], []
    with Judge(workers=1) as judge, tempfile.TemporaryDirectory() as folder:
        for number in range(12):
            program = f"{WRONG}# {number}\n"
            path = Path(folder) / "program.py"
            path.write_text(program, "utf-8")
            command = [sys.executable, str(path)]
            passed, seconds = timed(lambda command=command: sum(passes(command, test) for test in TESTS))
            cold.append(seconds)
            grade, seconds = timed(lambda program=program: judge.grade("python", program, TESTS))
            warm.append(seconds)
            assert (grade.passed, grade.status) == (passed, "failed"), grade
    cold, warm = cold[2:], warm[2:]
    return {
        "cold_ms": 1000 * statistics.median(cold),
        "warm_ms": 1000 * statistics.median(warm),
        "ratio": statistics.median(c / w for c, w in zip(cold, warm, strict=True)),
    }


def passes(command: Sequence[str], test: TestCase) -> bool:
    ended = subprocess.run(command, input=test.stdin, capture_output=True, text=True, check=False)
    return ended.returncode == 0 and ended.stdout.strip() == test.stdout.strip()


def timed(function: Callable[[], Any]) -> tuple[Any, float]:
    started = time.perf_counter()
    result = function()
    return result, time.perf_counter() - started


def resident_bytes(pid: int) -> int:
    """Returns the memory of a process and of all that it started; pages that they share count for each."""
    total = 0
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            fields = dict(line.split(":", 1) for line in status.read_text("utf-8").splitlines())
        except (OSError, ValueError):
            continue
        if int(status.parent.name) == pid or is_descendant(int(fields["PPid"]), pid):
            total += 1024 * int(fields.get("VmRSS", "0 kB").split()[0])
    return total


def is_descendant(process: int, ancestor: int) -> bool:
    while process > 1:
        if process == ancestor:
            return True
        try:
            stat = Path(f"/proc/{process}/stat").read_text("utf-8")
        except OSError:
            return False
        process = int(stat.rpartition(")")[2].split()[1])
    return False


if __name__ == "__main__":
    main()
