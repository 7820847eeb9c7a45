"""Statements of procedural programs: complete, varied, and the same for all languages."""

from __future__ import annotations

import contextlib
import io
import re
from unittest import mock

import numpy as np
import pytest

from codegym.problems.procedural import family_names, problem_from_id, procedural
from codegym.problems.procedural.draw import Draw
from codegym.problems.procedural.families import FAMILIES
from codegym.problems.procedural.notation import parse
from codegym.problems.procedural.program import Constant, If, walk
from codegym.problems.procedural.statement import statement
from codegym.types import TestCase

PROGRAM = '''
def weigh(xs: array[int], low: int) -> int:
    """Add up what is heavy."""
    total = 0
    for x in xs:
        if x % 3 == 0 or x > low and x != 7:
            total += x
        elif x < 0:
            continue
        else:
            total -= 1
    return total

n, low = read_int(1, 8)
xs = read_array(n, -5, 90)
text = read_line("lower", 0, 6)
if "a" in text:
    print("a:", weigh(xs, low))
for i in range(n - 1, -1, -2):
    xs[i], xs[0] = xs[0], xs[i]
while low > 0:
    low //= 2
print(f"{text}! {max(xs)}")
'''


def test_statement__says_all_that_matters() -> None:
    text = statement(parse(PROGRAM, "heavy things"), TestCase("1 2\n3\nab\n", "a: 3\n"))
    for part in (
        "heavy things",
        "n and low, each from 1 to 8",
        "n integers from -5 to 90",
        "0 to 6 lower-case letters",
        "weigh(xs, low)",
        "add up what is heavy",
        " and x ",
        "7",
        "from n - 1 down to 0 in steps of 2",
        "xs[0]",
        '"! "',
        "the largest element of xs",
        "1 2\n3\nab",
        "a: 3",
    ):
        assert part in text, part


@pytest.mark.parametrize("name", family_names())
def test_statement__of_every_family_mentions_every_constant_and_function(name: str) -> None:
    for seed in range(12):
        random = np.random.default_rng(seed)
        program = parse(FAMILIES[name](Draw(random, float(random.random()))), name)
        text = statement(program)
        for function in program.functions:
            assert f"{function.name}(" in text
        spoken = set(re.findall(r"\d+", text))
        for node in walk((*program.functions, *program.main)):
            if isinstance(node, Constant) and isinstance(node.value, int) and not isinstance(node.value, bool):
                # The end of a counted loop is written as its last value.
                assert {str(abs(node.value) + step) for step in (-1, 0, 1)} & spoken or abs(node.value) <= 1, text
        branches = sum(isinstance(node, If) for node in walk((*program.functions, *program.main)))
        assert len(re.findall(r"\b(?:If|When|In case|if|Else)\b", text)) >= branches
        assert "{" not in re.sub(r'"[^"]*"|\[\{|\(\)\[\]\{\}', "", text) or name in ("brackets", "nesting-depth")


def test_statement__has_several_phrasings_and_no_effect_on_the_program() -> None:
    problems = [procedural(("python",), seed=1)[index] for index in range(60)]
    assert len({problem.statement.split("\n")[0].replace(_title(problem.id), "") for problem in problems}) >= 4
    for problem in problems[:10]:
        assert problem_from_id(problem.id).statement == problem.statement


def test_statement__is_the_same_for_all_languages() -> None:
    for index in range(5):
        one, other = (procedural((language,), seed=2)[index] for language in ("python", "java"))
        assert one.statement == other.statement and one.reference != other.reference


EXAMPLE = re.compile(
    r"^(?:Example input:|For the input|Sample)\n(.*?)\n(?:Example output:|the output is|gives)\n(.*)\n\Z",
    re.DOTALL | re.MULTILINE,
)


def test_statement__example_is_true_and_no_test() -> None:
    examples = 0
    for index in range(60):
        problem = procedural(("python",), seed=3)[index]
        if match := EXAMPLE.search(problem.statement):
            examples += 1
            output = io.StringIO()
            with mock.patch("sys.stdin", io.StringIO(match[1] + "\n")), contextlib.redirect_stdout(output):
                exec(compile(problem.reference, "<program>", "exec"), {"__name__": "__main__"})
            assert output.getvalue().rstrip("\n") == match[2].rstrip("\n")
            inputs = [test.stdin.rstrip("\n") for test in problem.tests if isinstance(test, TestCase)]
            assert match[1] not in inputs
    assert examples > 40


def _title(problem_id: str) -> str:
    return problem_id.removeprefix("procedural://").partition("?")[0].replace("-", " ")
