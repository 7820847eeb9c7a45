"""IntroClass (Le Goues et al. 2015, TSE 41(12)): C programs that students handed in, with what is wrong in them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from codegym.problems.base import Card, InMemoryProblems, check_language, check_split, split_of
from codegym.problems.records import BadRecord, Origin, Record, collect
from codegym.types import Problem, TestCase

CARD: Final = Card(
    name="introclass",
    description=(
        "1,143 versions of six small C programs by students, each with the lecturers' program and its tests. The "
        "tests compare the whole output, where the original looks for the answer in it: a program in other words is "
        "one to be repaired here."
    ),
    licence="BSD-3-Clause",
    version="1",
    origin="https://github.com/ProgramRepair/IntroClass",
    splits="by a hash of the student: about 85 % train, 5 % validation, 10 % test; all splits share the six programs",
    fields=(
        "submissions: program, repo (the student), revision, source (broken), blackbox and whitebox (which tests it "
        "failed); problems: program, reference, tests"
    ),
)
SUBMISSIONS: Final = Origin("introclass", "submissions.jsonl*")
PROGRAMS: Final = Origin("introclass", "problems.jsonl*")


def introclass(
    path: str | Path | None = None,
    language: str = "c",
    split: str = "train",
    *,
    strict: bool = False,
    verify: bool = True,
) -> InMemoryProblems:
    """Returns one split of IntroClass's broken programs.

    Args:
        path: The folder of the records; None: the usual place.
        language: `"c"`.
        split: `"train"`, `"validation"` or `"test"`.
        strict: Whether a bad record is an error.
        verify: Whether each reference must compile and pass its own tests.

    Raises:
        DataError: The data is missing or broken, or the split is empty.
        UnknownNameError: There is no such language or split in it.
    """
    check_language(CARD, language, ("c",))
    wanted = check_split(split, CARD)
    programs = {record.values.get("program"): record for record in PROGRAMS.read(path)}
    seen: set[tuple[str, str]] = set()

    def convert(record: Record) -> Problem | None:
        if split_of(record.text("repo")) != wanted:
            return None
        name, source = record.text("program"), record.text("source")
        if name not in programs:
            raise BadRecord("of a program that is not there")
        if not any(_failed(record, kind) for kind in ("blackbox", "whitebox")):
            raise BadRecord("that failed no test")
        if (name, source) in seen:
            raise BadRecord("the same program was handed in before")
        seen.add((name, source))
        return _problem(record, programs[name])

    return collect(CARD, wanted, SUBMISSIONS.read(path), convert, strict=strict, verify=verify)


def _failed(submission: Record, kind: str) -> bool:
    verdicts: dict[str, Any] = submission.get(kind, dict)
    return bool(verdicts.get("fail"))


def _problem(submission: Record, program: Record) -> Problem:
    name, student, revision = (submission.text(field) for field in ("program", "repo", "revision"))
    return Problem(
        id=f"introclass://{name}/{student[:12]}/{revision}",
        language="c",
        reference=program.text("reference"),
        tests=_tests(program),
        attributes={"program": name},
        broken=submission.text("source"),
    )


def _tests(program: Record) -> tuple[TestCase, ...]:
    kinds: dict[str, Any] = program.get("tests", dict)
    try:
        return tuple(TestCase(str(test["in"]), str(test["out"])) for kind in kinds.values() for test in kind)
    except (LookupError, TypeError) as error:
        raise BadRecord("field 'tests' holds no lists of inputs and outputs") from error
