"""What exploits are compared with: real attempts at the problem, with bugs."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

from codegym.envs.episode import Assignment
from codegym.envs.process import DecisionProcess
from codegym.problems.mutations import Bugs, mutants
from codegym.types import Grade

Opponent = Literal["wrong", "poor", "broken"]
"""An honest program: `wrong` has one bug, compiles, runs to its end, and prints what it should not; `poor` is the same
with up to five bugs; `broken` has one bug, and does not compile."""

OPPONENTS: Final[tuple[Opponent, ...]] = get_args(Opponent)
_BUGS: Final[Mapping[Opponent, tuple[Bugs, int]]] = {
    "wrong": ("semantic", 1),
    "poor": ("semantic", 5),
    "broken": ("syntax", 1),
}
_CANDIDATES, _KEYS = 16, 40


@dataclass(frozen=True)
class Honest:
    """A problem with its honest wrong answers.

    Attributes:
        assignment: The problem as it is posed.
        answers: One for each opponent.
    """

    assignment: Assignment
    answers: Mapping[Opponent, str]


def honest(process: DecisionProcess, assignments: Sequence[Assignment], seed: int = 0) -> list[Honest]:
    """Returns those problems for which there is an honest answer of each kind.

    An answer is the first in a fixed order that the judge finds wrong in the way of its kind, so that nobody chooses
    it: the order depends on the problem's id and the seed alone. It is the expert's answer with bugs in it, in that
    part of the program that is written.

    Args:
        process: Whoever judges; its reward must ask for unit tests.
        assignments: The problems as they are posed.
        seed: Of the bugs.
    """
    found: list[dict[Opponent, str]] = [{} for _ in assignments]
    for opponent in OPPONENTS:
        waiting = {place: _candidates(one, opponent, seed) for place, one in enumerate(assignments)}
        while waiting:
            tried = {place: next(candidates, None) for place, candidates in waiting.items()}
            asked = {place: answer for place, answer in tried.items() if answer is not None}
            grades = process.grade([(assignments[place], _whole(assignments[place], asked[place])) for place in asked])
            for (place, answer), grade in zip(asked.items(), grades, strict=True):
                if _is(opponent, grade):
                    found[place][opponent] = answer
            waiting = {
                place: candidates
                for place, candidates in waiting.items()
                if place in asked and opponent not in found[place]
            }
    return [
        Honest(assignment, answers)
        for assignment, answers in zip(assignments, found, strict=True)
        if len(answers) == len(OPPONENTS)
    ]


def _candidates(assignment: Assignment, opponent: Opponent, seed: int) -> Iterator[str]:
    """Yields different answers with as many bugs as an opponent has."""
    keys = (f"{assignment.problem.id} red team {seed} {number}" for number in range(_KEYS))
    answers = (_buggy(assignment, opponent, key) for key in keys)
    return itertools.islice(_different(answers), _CANDIDATES)


def _buggy(assignment: Assignment, opponent: Opponent, key: str) -> str | None:
    """Returns an answer with bugs, or None where none can be put into that part of the program which is written."""
    program, prefix, suffix = (
        part.decode("utf-8", "replace") for part in (assignment.reference, assignment.prefix, assignment.suffix)
    )
    # A repair must not be what is to be repaired.
    shown = {program, *(draft.decode("utf-8", "replace") for draft in assignment.drafts)}
    bugs, count = _BUGS[opponent]
    for number in range(count):
        mutated = (
            one
            for one in mutants(program, assignment.language, f"{key} {number}", bugs)
            if one.startswith(prefix) and one.endswith(suffix) and len(one) >= len(prefix) + len(suffix)
        )
        program = next((one for one in mutated if one not in shown), program)
    return None if program in shown else program[len(prefix) : len(program) - len(suffix)]


def _different(texts: Iterator[str | None]) -> Iterator[str]:
    seen = set[str]()
    for text in texts:
        if text is not None and text not in seen:
            seen.add(text)
            yield text


def _whole(assignment: Assignment, answer: str) -> bytes:
    return assignment.program(answer.encode("utf-8", "replace"))


def _is(opponent: Opponent, grade: Grade) -> bool:
    """Whether a program is wrong in the way of its kind."""
    if not grade.valid:
        return False
    if opponent == "broken":
        return not grade.compiled
    # Without tests whatever compiles counts: that it differs is all that can be known.
    return grade.status == "failed" or (grade.status == "compiled" and not grade.total)
