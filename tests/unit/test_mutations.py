"""Bugs that are put into programs."""

from __future__ import annotations

import itertools

import pytest
from rapidfuzz import fuzz

from codegym import Judge, languages
from codegym.errors import UnknownNameError
from codegym.problems import procedural
from codegym.problems.mutations import Bugs, mutants
from codegym.testing import tiny_problems

ALL = ("c", "cpp", "csharp", "java", "php", "python")


@pytest.mark.parametrize("language", ALL)
@pytest.mark.parametrize("bugs", ["any", "syntax", "semantic"])
def test_mutants__are_different_and_the_same_every_time(language: str, bugs: Bugs) -> None:
    program = tiny_problems(language)[1].reference
    first, second = (list(mutants(program, language, "key", bugs)) for _ in range(2))
    assert first == second and len(first) > 5
    assert len({program, *first}) == len(first) + 1
    assert first != list(mutants(program, language, "another key", bugs))


def test_mutants__change_little() -> None:
    program = tiny_problems("python")[1].reference
    for mutant in mutants(program, "python", "key"):
        assert fuzz.ratio(program, mutant) > 70, mutant


@pytest.mark.parametrize("program", ["", " ", "é", "((((", "x", '"', "\0"])
@pytest.mark.parametrize("language", ALL)
def test_mutants__of_almost_nothing(language: str, program: str) -> None:
    assert all(mutant != program for mutant in mutants(program, language, "key"))


def test_mutants__unknown_kind_is_named() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'syntax'"):
        list(mutants("x = 1", "python", "key", "sintax"))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "language", [pytest.param(name, marks=pytest.mark.slow) if name == "cpp" else name for name in ALL]
)
def test_mutants__are_wrong_as_a_rule(language: str) -> None:
    """The compiler finds most syntactic bugs; the tests find most others, which compile as a rule."""
    if languages.get(language).toolchain.version() is None:
        pytest.skip(f"{language} is not installed")
    problems = [procedural((language,), seed=3)[index] for index in range(5)]

    def statuses(bugs: Bugs) -> list[str]:
        drafts = [
            (mutant, problem.tests)
            for problem in problems
            for mutant in itertools.islice(mutants(problem.reference, language, problem.id, bugs), 4)
        ]
        with Judge() as judge:
            return [
                grade.status
                for grade in judge.map_grade(language, [text for text, _ in drafts], [tests for _, tests in drafts])
            ]

    syntax, semantic = statuses("syntax"), statuses("semantic")
    assert sum(status != "passed" for status in syntax) >= 0.7 * len(syntax)
    assert sum(status != "compile_error" for status in semantic) >= 0.6 * len(semantic)
    assert sum(status in ("failed", "runtime_error") for status in semantic) >= 0.3 * len(semantic)
