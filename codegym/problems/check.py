"""Whether a problem set keeps its word: every reference compiles and passes its own tests."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from codegym.problems.base import ProblemSet
from codegym.types import GradeStatus, Problem

if TYPE_CHECKING:
    from codegym.judge import Judge

_BATCH = 64


@dataclass(frozen=True, slots=True)
class Failure:
    """A reference that does not do what its problem says.

    Attributes:
        problem: Id of the problem.
        status: What the judge says.
        detail: The first message of the compiler, or the outcomes of the tests.
    """

    problem: str
    status: GradeStatus
    detail: str


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What the judge says of the references of one language.

    Attributes:
        language: Name of the language.
        problems: How many there were.
        statuses: How many references have each status.
        tests: How many unit tests were run.
        failures: Those that fail, in the order of the problems.
    """

    language: str
    problems: int
    statuses: Mapping[str, int] = field(default_factory=dict)
    tests: int = 0
    failures: tuple[Failure, ...] = ()

    @property
    def passed(self) -> int:
        """References that pass all their tests, or compile where there are none."""
        return self.problems - len(self.failures)


def check_references(
    problems: ProblemSet, language: str, judge: Judge, count: int | None = None, advance: Callable[[int], object] = int
) -> CheckReport:
    """Has the references of a problem set judged.

    Args:
        problems: The set.
        language: The language of its references; those in others are left out.
        judge: Who judges.
        count: How many problems, from the first; None: all of a finite set.
        advance: Told how many more have been judged, after each batch.

    Raises:
        ToolchainMissingError: The compiler is not installed.
        IsolationError: This host cannot keep programs apart.
    """
    statuses: Counter[str] = Counter()
    failures: list[Failure] = []
    number = tests = 0
    source = (problem for problem in _first(problems, count) if problem.language == language)
    while batch := list(itertools.islice(source, _BATCH)):
        grades = judge.map_grade(
            language,
            [problem.reference for problem in batch],
            [problem.tests for problem in batch],
            problems.card.limits,
        )
        for problem, grade in zip(batch, grades, strict=True):
            statuses[grade.status] += 1
            if grade.status not in ("passed", "compiled"):
                message = grade.diagnostics[0].message if grade.diagnostics else ", ".join(grade.outcomes)
                failures.append(Failure(problem.id, grade.status, message))
        number += len(batch)
        tests += sum(len(problem.tests) for problem in batch)
        advance(len(batch))
    return CheckReport(language, number, dict(sorted(statuses.items())), tests, tuple(failures))


def _first(problems: ProblemSet, count: int | None) -> Iterator[Problem]:
    for index in itertools.count() if count is None else range(count):
        try:
            yield problems[index]
        except IndexError:
            return
