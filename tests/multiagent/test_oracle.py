"""The oracle of procedural problems agrees with the tests that they come with, and accepts nothing else."""

from __future__ import annotations

import pytest

from codegym.errors import ConfigurationError
from codegym.problems.procedural import procedural
from codegym.problems.procedural import program as ir
from codegym.problems.procedural.oracle import Oracle, is_well_formed

N = ir.Variable("n", ir.INT)
THREE = ir.Constant(3, ir.INT)
POINT = ir.Record("Point", (ir.Parameter("name", ir.STR), ir.Parameter("x", ir.INT), ir.Parameter("y", ir.FLOAT)))
READS: dict[str, tuple[ir.Read, ...]] = {
    "integers": (ir.ReadInts(("n", "m"), -5, 12),),
    "floats": (ir.ReadFloats(("x",), -2, 2, 1),),
    "array": (ir.ReadInts(("n",), 0, 3), ir.ReadArray("values", N, 0, 9, ascending=True)),
    "words": (ir.ReadWords("words", THREE),),
    "grid": (ir.ReadInts(("n",), 1, 2), ir.ReadGrid("cells", N, THREE, 0, 1)),
    "records": (ir.ReadRecords("points", ir.Type("array", ir.Type("record", name="Point")), THREE, 0, 9, 2),),
    "brackets": (ir.ReadLine("text", "brackets", 0, 4),),
    "moves": (ir.ReadLine("text", "moves", 1, 4),),
    "sentence": (ir.ReadLine("text", "words", 1, 2),),
}


@pytest.mark.parametrize("index", range(40))
def test_oracle__knows_the_answers_of_the_tests(index: int) -> None:
    problem = procedural(seed=3)[index]
    oracle = Oracle(problem.id)
    for test in problem.tests:
        assert oracle(test.stdin) == test.stdout
        for junk in (
            f"{test.stdin}\n",
            f" {test.stdin}",
            test.stdin[:-1],
            f"{test.stdin}1\n",
            test.stdin.replace("\n", "\r\n"),
        ):
            assert oracle(junk) is None


@pytest.mark.parametrize(
    ("name", "stdin", "valid"),
    [
        ("integers", "-5 12\n", True),
        ("integers", "-6 12\n", False),
        ("integers", "0 13\n", False),
        ("integers", "1\n", False),
        ("integers", "1  2\n", False),
        ("integers", "+1 2\n", False),
        ("integers", "01 2\n", False),
        ("integers", "-0 2\n", False),
        ("integers", "1_0 2\n", False),
        ("integers", "１ 2\n", False),
        ("integers", f"{'9' * 5000} 2\n", False),
        ("floats", "-1.5\n", True),
        ("floats", "2.0\n", True),
        ("floats", "2.1\n", False),
        ("floats", "1\n", False),
        ("floats", "-0.0\n", False),
        ("floats", "nan\n", False),
        ("array", "0\n\n", True),
        ("array", "3\n1 1 9\n", True),
        ("array", "3\n1 9 1\n", False),
        ("array", "2\n1\n", False),
        ("array", "2\n", False),
        ("words", "a bc def\n", True),
        ("words", "a bc Def\n", False),
        ("grid", "2\n0 1 0\n1 1 1\n", True),
        ("grid", "2\n0 1 0\n", False),
        ("grid", "1\n0 1 2\n", False),
        ("brackets", "\n", True),
        ("brackets", "([}\n", True),
        ("brackets", "(a\n", False),
        ("moves", "UDLR\n", True),
        ("moves", "\n", False),
        ("moves", "UDLRU\n", False),
        ("sentence", "red sun\n", True),
        ("sentence", "red sun set\n", False),
        ("sentence", "\n", False),
    ],
)
def test_input__is_valid_to_the_letter(name: str, stdin: str, valid: bool) -> None:
    assert is_well_formed(ir.Program("test", (), READS[name], records=(POINT,)), stdin) is valid


def test_oracle__takes_ids_of_procedural_problems() -> None:
    with pytest.raises(ConfigurationError, match="not the id"):
        Oracle("tiny://python/0")
