"""Procedural programs in another style: the same programs, to anyone but a reader."""

from __future__ import annotations

import re

import pytest

from codegym import languages
from codegym.errors import UnknownNameError
from codegym.judge import Judge
from codegym.problems import load
from codegym.problems.procedural import problem_from_id, shape_of

LANGUAGES = ("c", "cpp", "csharp", "java", "php", "python")


@pytest.mark.parametrize("language", LANGUAGES)
def test_terse__is_the_same_program_with_short_names_and_tabs(language: str) -> None:
    usual = load("procedural", language=language, split="test")
    terse = load("procedural?style=terse", language=language, split="test")
    for index in range(12):
        before, after = usual[index], terse[index]
        assert after.tests == before.tests
        assert shape_of(after.id) == shape_of(before.id)
        assert after.reference != before.reference
        assert not re.search(r"^ {4}", after.reference, re.MULTILINE)
        assert len(after.reference) < len(before.reference)
        assert problem_from_id(after.id) == after


@pytest.mark.parametrize(
    ("language", "count"),
    [("python", 8), ("c", 4), *(pytest.param(language, 150, marks=pytest.mark.slow) for language in LANGUAGES)],
)
def test_terse__references_pass_their_tests(language: str, count: int) -> None:
    if languages.get(language).toolchain.version() is None:
        pytest.skip(f"{languages.get(language).toolchain.program} is not installed")
    terse = load("procedural?style=terse", language=language)
    problems = [terse[index] for index in range(count)]
    with Judge(workers=2) as judge:
        grades = judge.map_grade(language, [one.reference for one in problems], [one.tests for one in problems])
        for problem, grade in zip(problems, grades, strict=True):
            assert grade.status == "passed", f"{problem.id}\n{grade}"


def test_style__unknown_is_named() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'terse'"):
        load("procedural?style=ters", language="python")
