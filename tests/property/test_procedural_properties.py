"""What holds for every procedural problem, whatever its seed."""

from __future__ import annotations

import contextlib
import io
from unittest import mock

from hypothesis import given, settings
from hypothesis import strategies as st

from codegym.problems.base import split_of
from codegym.problems.procedural import family_names, problem_from_id, procedural
from codegym.problems.procedural.draw import Draw
from codegym.problems.procedural.families import FAMILIES
from codegym.problems.procedural.names import choose_names
from codegym.problems.procedural.notation import parse
from codegym.problems.procedural.program import structure
from codegym.problems.procedural.style import restyle
from codegym.seeding import stream

seeds = st.integers(0, 2**63)


@given(seed=seeds, index=st.integers(0, 2**40), split=st.sampled_from(["train", "validation", "test"]))
@settings(max_examples=60)
def test_problem__runs_and_comes_back_from_its_id(seed: int, index: int, split: str) -> None:
    problem = procedural(seed=seed, split=split)[index]
    assert problem_from_id(problem.id) == problem
    code = compile(problem.reference, problem.id, "exec")
    for test in problem.tests:
        output = io.StringIO()
        with mock.patch("sys.stdin", io.StringIO(test.stdin)), contextlib.redirect_stdout(output):
            exec(code, {"__name__": "__main__"})
        assert output.getvalue() == test.stdout


@given(seed=seeds, name=st.sampled_from(family_names()), difficulty=st.floats(0, 1))
@settings(max_examples=150)
def test_family__draws_a_valid_program(seed: int, name: str, difficulty: float) -> None:
    generator = stream(seed)
    program = parse(FAMILIES[name](Draw(generator, difficulty)), name)
    renamed = choose_names(program, generator)
    assert structure(renamed) == structure(program)
    assert split_of(structure(renamed)) == split_of(structure(program))
    assert restyle(renamed) == restyle(renamed)
