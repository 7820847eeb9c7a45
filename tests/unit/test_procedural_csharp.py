"""C# programs with floats and records pass the judge, and records have one of several forms."""

from __future__ import annotations

import contextlib
import shutil
from dataclasses import replace

import pytest
from floats_and_records import PROGRAM

from codegym import Judge, languages
from codegym.problems.procedural import program as ir
from codegym.problems.procedural.inputs import draw_inputs
from codegym.problems.procedural.interpreter import RoundingError, run
from codegym.problems.procedural.notation import parse
from codegym.seeding import stream
from codegym.types import TestCase

needs_mono = pytest.mark.skipif(
    shutil.which("mcs") is None or shutil.which("mono") is None, reason="there is no mcs or no mono on the PATH"
)

# C# finds the type of `Math.Max` and `Math.Abs`, and of a variable with `var`, by looking at their arguments.
INTEGERS = """
def half_of_larger(a: int, b: int) -> float:
    larger = max(float(a), float(b))
    larger = larger / 2
    return larger

n, m = read_int(1, 9)
low = min(float(n), 2.5)
low = low / 3
print(f"{half_of_larger(n, m):.3f} {max(float(n), float(m)) / 2:.3f} {low:.3f}", max(n, m) // 2)
size = abs(float(n))
size = size / 4
print(f"{size:.3f} {abs(float(n)) / 2:.3f} {abs(float(n - m)) / 4:.3f}", abs(n - m))
"""

SIGNS = """
def sign(x: float) -> float:
    if x < -1.5:
        return -1.0
    return 1.0

n = read_int(1, 9)
x = read_float(-3, 3, 2)
wide = x if n > 4 else n
print(f"{sign(x):.1f} {wide:.2f} {n if n > 3 else x:.2f} {x - -2.5 * n:.3f}")
"""


def in_styles(program: ir.Program, count: int) -> list[str]:
    emit = languages.get("csharp").emitter
    return [emit(replace(program, style_seed=seed)) for seed in range(count)]


def cases(program: ir.Program, count: int) -> list[TestCase]:
    """Returns inputs for which the program's output is certain, with the outputs."""
    found: list[TestCase] = []
    for stdin in draw_inputs(program, stream(1)):
        with contextlib.suppress(RoundingError):
            found.append(TestCase(stdin, run(program, stdin)))
        if len(found) == count:
            break
    return found


@needs_mono
@pytest.mark.parametrize("text", [PROGRAM, INTEGERS, SIGNS], ids=["everything", "integers", "signs"])
def test_csharp__floats_and_records_pass_the_judge(text: str) -> None:
    program = parse(text)
    sources, tests = in_styles(program, 16), cases(program, 3)
    with Judge(workers=1) as judge:
        grades = judge.map_grade("csharp", sources, [tests] * len(sources))
    for source, grade in zip(sources, grades, strict=True):
        assert grade.status == "passed", (source, grade.diagnostics, grade.outcomes)


@pytest.mark.parametrize("kind", ["struct", "class"])
@pytest.mark.parametrize("member", ["public double Price { get; }", "public readonly double Price;"])
def test_csharp__records_have_several_forms(kind: str, member: str) -> None:
    sources = [source for source in in_styles(parse(PROGRAM), 30) if f"{kind} Item" in source and member in source]
    assert sources
    for source in sources:
        assert f"{kind} Point" in source  # a program has one form
        assert "public Item(string name, double price, int amount)" in source
        assert "new Point(" in source


def test_csharp__records_of_a_program_are_equally_visible() -> None:
    for source in in_styles(parse(PROGRAM), 30):
        heads = [line.strip() for line in source.splitlines() if line.rstrip(" {").endswith((" Item", " Point"))]
        heads = [head.rstrip(" {") for head in heads if "struct" in head or "class" in head]
        assert heads[0].replace("Item", "Point") == heads[1], source


def test_csharp__converts_and_negates_no_more_than_a_programmer_would() -> None:
    for source in in_styles(parse(SIGNS), 30):
        assert "-1.0" in source
        assert "(double)" not in source
