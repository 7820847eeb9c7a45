"""Variables that nothing depends on are left out, and nothing else changes."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from codegym.problems.procedural import family_names
from codegym.problems.procedural.draw import Draw
from codegym.problems.procedural.families import FAMILIES
from codegym.problems.procedural.inputs import draw_inputs
from codegym.problems.procedural.interpreter import ExecutionError, run
from codegym.problems.procedural.notation import parse
from codegym.problems.procedural.tidy import tidy

BEFORE = '''
def walk(n: int) -> int:
    """Walk."""
    steps = 0
    best = 0
    seen = 1
    for i in range(n):
        steps += 1
        if i % 2 == 0:
            best = max(best, i)
        elif i > 3:
            seen = seen * 2
        else:
            steps += i
    return best

n = read_int(0, 9)
unused = walk(n)
other = n + 1
print(walk(n))
'''

AFTER = '''
def walk(n: int) -> int:
    """Walk."""
    best = 0
    for i in range(n):
        if i % 2 == 0:
            best = max(best, i)
    return best

n = read_int(0, 9)
unused = walk(n)
print(walk(n))
'''


def test_tidy__leaves_out_what_nothing_depends_on() -> None:
    assert tidy(parse(BEFORE, "walk")) == parse(AFTER, "walk")
    assert tidy(parse(AFTER, "walk")) == parse(AFTER, "walk")


def test_tidy__keeps_what_is_read_in_a_roundabout_way() -> None:
    text = """
n = read_int(1, 9)
a = 1
b = 2
for i in range(n):
    a, b = b, a
total = 0
while total < n:
    total += 1
xs = read_array(n, 0, 9)
last = 0
for i in range(n):
    xs[last] = i
    last = i
print(a, xs[0])
"""
    assert tidy(parse(text, "x")) == parse(text, "x")


@pytest.mark.parametrize("name", family_names())
def test_tidy__changes_no_output(name: str) -> None:
    for seed in range(4):
        random = np.random.default_rng(seed)
        program = parse(FAMILIES[name](Draw(random, float(random.random()))), name)
        for stdin in itertools.islice(draw_inputs(program, random), 3):
            try:
                expected = run(program, stdin)
            except ExecutionError:
                continue
            assert run(tidy(program), stdin) == expected


def test_tidy__leaves_out_functions_that_nothing_calls_and_their_records() -> None:
    text = """
class Point:
    x: int

class Pair:
    y: int

def used(p: Point) -> int:
    return p.x

def idle(p: Pair) -> int:
    return p.y

def caller(p: Point) -> int:
    return used(p) + 1

def nobody(n: int) -> int:
    return nobody(n)

print(caller(Point(1)))
"""
    tidied = tidy(parse(text, "points"))
    assert [function.name for function in tidied.functions] == ["used", "caller"]
    assert [record.name for record in tidied.records] == ["Point"]
    assert run(tidied, "") == "2\n"


def test_tidy__keeps_variables_that_calls_are_added_to() -> None:
    text = """
def shout(n: int) -> int:
    print(n)
    return n

total = 0
total += shout(3)
"""
    assert run(tidy(parse(text, "shouts")), "") == "3\n"
