"""Floats and records of procedural programs: what they mean, what is refused, how they are read and described."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import re
from unittest import mock

import pytest
from floats_and_records import PROGRAM

from codegym import languages
from codegym.problems.procedural import program as ir
from codegym.problems.procedural.draw import Draw
from codegym.problems.procedural.inputs import draw_inputs
from codegym.problems.procedural.interpreter import ExecutionError, RoundingError, run
from codegym.problems.procedural.notation import NotationError, parse
from codegym.problems.procedural.statement import statement
from codegym.seeding import stream


def execute(source: str, stdin: str) -> str:
    """Runs a program of our own generator in this process."""
    output = io.StringIO()
    scope = {"__name__": "__main__"}
    with mock.patch("sys.stdin", io.StringIO(stdin)), contextlib.redirect_stdout(output):
        exec(compile(source, "<program>", "exec"), scope)
    return output.getvalue()


def outcomes(program: ir.Program, count: int) -> list[tuple[str, str]]:
    """Returns inputs for which the program's output is certain, with the outputs."""
    found: list[tuple[str, str]] = []
    for stdin in draw_inputs(program, stream(1)):
        with contextlib.suppress(RoundingError):
            found.append((stdin, run(program, stdin)))
        if len(found) == count:
            break
    return found


def test_python__floats_and_records_print_what_the_oracle_prints() -> None:
    program = parse(PROGRAM)
    expected = outcomes(program, 6)
    sources = [languages.get("python").emitter(dataclasses.replace(program, style_seed=s)) for s in range(60)]
    for source in sources:
        for stdin, output in expected:
            assert execute(source, stdin) == output, source
    for form in ("@dataclass", "NamedTuple", "namedtuple(", "for name, price, amount in"):
        assert any(form in source for source in sources), form


def test_oracle__prints_what_was_worked_out_by_hand() -> None:
    stdin = "2\napple 3.25 4\npear 10.10 2\n1 2\n-3 4\n0.50 1.25\n1.5 2.6\n"
    assert run(parse(PROGRAM), stdin).splitlines() == [
        "total 33.20 33",
        "32.116 1.000 0.750",
        "pear 10.10 2",
        "apple 3.25 4",
        "(3, 2): 6.325",
        "(2, 4): 5.000",
        "pear",
        "6",
        "apple 3.25",
        "pear 10.10",
        "1.5 2.6 2.050",
        "1.5000 1.5000",
        "3 2",
    ]


@pytest.mark.parametrize(
    "text",
    [
        'x = 1.5\nprint(f"{x}")\n',
        "x = 1.5\nprint(x)\n",
        "x = 1.5\nif x == 1.5:\n    print(1)\n",
        "x = 1.5\nx //= 2\n",
        "x = 3\nx /= 2\n",
        "x = 1.5 % 2\n",
        'x = 1.5\nprint(f"{x:.0f}")\n',
        'x = 1.5\nprint(f"{x:.9f}")\n',
        "d: dict[float, int] = {}\n",
        "class P:\n    x: int\n\nd: dict[int, P] = {}\n",
        "class P:\n    x: array[int]\n\np = P([1])\n",
        "class P:\n    x: int\n\np = P(1, 2)\n",
        "class P:\n    x: int\n\np = P(1)\nprint(p.y)\n",
        "class P:\n    x: int\n\np = P(1)\np.x = 2\n",
        "class P:\n    x: int\n\np = P(1)\nif p == p:\n    print(1)\n",
        "class P:\n    x: int\n\nps = read_records(P, 2, 0, 9, 1)\n",
        "class P:\n    x: bool\n\nps = read_records(P, 2, 0, 9)\n",
        "class P:\n    x: str\n\nps = read_records(P, 2, 0, 9)\nqs = sorted(ps, key=lambda p: -p.x)\n",
        "class P:\n    x: int\n\nps = read_records(P, 2, 0, 9)\nqs = sorted(ps)\n",
        "class P:\n    x: int\n\nps = [P(1)]\nfor p in sorted(ps, key=lambda p: p.x):\n    print(p.x)\n",
    ],
)
def test_notation__rejects_what_languages_would_not_agree_on(text: str) -> None:
    with pytest.raises(NotationError):
        parse(text)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('x = 0.125\nprint(f"{x:.2f}")\n', "halfway"),
        ('x = -0.001\nprint(f"{x:.2f}")\n', "rounded to zero"),
        ('x = 0.0\nprint(f"{-x:.2f}")\n', "rounded to zero"),
        ("x = 0.1 + 0.2\nif x > 0.3:\n    print(1)\n", "depends on rounding"),
        ("x = 0.1 + 0.7\nprint(int(x * 10))\n", "depends on rounding"),
        ('xs = [0.1] * 10\nprint(f"{sum(xs):.2f}")\n', "Whether the sum"),
    ],
)
def test_oracle__refuses_inputs_whose_output_depends_on_rounding(text: str, problem: str) -> None:
    with pytest.raises(RoundingError, match=problem):
        run(parse(text), "")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('x = 1.0\nprint(f"{1 / (x - 1):.2f}")\n', "divided by"),
        ('x = 1.0\nprint(f"{sqrt(x - 2):.2f}")\n', "square root"),
        ('x = 10.0\nfor i in range(20):\n    x = x * 10\nprint(f"{x:.2f}")\n', "too large"),
        (
            "class P:\n    x: int\n    y: int\n\nps = [P(1, 2), P(1, 3)]\n"
            "qs = sorted(ps, key=lambda p: p.x)\nprint(qs[0].y)\n",
            "same place",
        ),
    ],
)
def test_oracle__stops_where_languages_disagree(text: str, problem: str) -> None:
    with pytest.raises(ExecutionError, match=problem) as failure:
        run(parse(text), "")
    assert not isinstance(failure.value, RoundingError)


def test_oracle__compares_and_rounds_what_is_certain() -> None:
    text = 'x = 2.5\nif x >= 2.5 and x < 2.6:\n    print(int(-2.5), int(x * 2), f"{0.0:.1f} {x / 7:.6f}")\n'
    assert run(parse(text), "") == "-2 5 0.0 0.357143\n"


def test_inputs__records_and_floats_lie_within_their_bounds() -> None:
    program = parse(PROGRAM)
    lines = [stdin.splitlines() for stdin, _ in outcomes(program, 8)]
    for n, *rest in lines:
        items, points = rest[: int(n)], rest[int(n) : 2 * int(n)]
        assert len(rest) == 2 * int(n) + 2
        for item in items:
            assert re.fullmatch(r"[a-z]+ \d+\.\d\d \d+", item)
            assert all(1 <= float(number) <= 20 for number in item.split()[1:])
        for point in points:
            assert all(-9 <= int(number) <= 9 for number in point.split())
        assert re.fullmatch(r"\d\.\d\d \d\.\d\d", rest[-2])
        assert all(0 <= float(number) <= 10 and number[-2] == "." for number in rest[-1].split())


def test_statement__describes_records_and_floats() -> None:
    text = statement(parse(PROGRAM, "items"))
    for part in (
        "name (a text), price (a number with decimals) and amount (an integer)",
        "lines, one for each Item: name (a word), price (from 1 to 20) and amount (from 1 to 20)",
        "floats with 2 decimals, with spaces between them: the list items",
        "the numbers rate and tax, from 0 to 3, with 2 decimals",
        "n numbers from 0 to 10, with 1 decimal: the list xs",
        "items sorted by price, from large to small, then by name, ascending, then by amount, ascending",
        "the whole part of total",
        "rounded to 3 decimals",
        "a Point with x = n and y = 2 * n",
        "the square root of",
    ):
        assert part in text, text


def test_structure__does_not_depend_on_the_names_of_records_and_fields() -> None:
    other = PROGRAM.replace("Point", "Spot").replace(".x", ".across").replace("    x: int", "    across: int")
    assert ir.structure(parse(other)) == ir.structure(parse(PROGRAM))
    for before, after in (("-p.y", "p.y"), ("p.x > 0", "p.y > 0")):
        assert ir.structure(parse(PROGRAM.replace(before, after))) != ir.structure(parse(PROGRAM))


def test_draw__records_of_one_program_have_different_names() -> None:
    draw = Draw(stream(0), 0.5)
    first, second = draw.record("Point", x="int"), draw.record("Point", "Place", x="int", y="int")
    assert (first, second) == ("Point", "Place")
    program = parse(draw.program("p = Point(1)\nq = Place(p.x, 2)\nprint(q.y)\n"))
    assert [record.name for record in program.records] == ["Point", "Place"]
    assert run(program, "") == "2\n"
