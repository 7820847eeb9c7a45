"""HumanEval-X (Zheng et al. 2023, arXiv 2303.17568): HumanEval, written by hand in C++, Java and Python."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from codegym.problems.base import Card, InMemoryProblems, check_language, check_sources, check_split
from codegym.problems.records import BadRecord, Origin, Record, collect
from codegym.types import HarnessTest, Problem

CARD: Final = Card(
    name="humaneval_x",
    description=(
        "164 functions in each of C++, Java and Python: a signature and a comment, to be continued, or to be "
        "translated. Three of the C++ references need Boost or OpenSSL."
    ),
    licence="Apache-2.0",
    version="1",
    origin="https://github.com/THUDM/CodeGeeX",
    splits="test only: it is made for evaluation",
    fields="task_id, prompt (statement and prefix), declaration (entry point), canonical_solution, test",
)
TITLES: Final[Mapping[str, str]] = {"cpp": "CPP", "java": "Java", "python": "Python"}
"""How the ids of the records call the languages."""


def humaneval_x(
    path: str | Path | None = None,
    language: str = "python",
    split: str = "test",
    *,
    sources: Sequence[str] = (),
    strict: bool = False,
    verify: bool = True,
) -> InMemoryProblems:
    """Returns HumanEval-X's problems in one language.

    Args:
        path: The folder or file of the records, or a name on the hub; None: the usual place, else the hub.
        language: `"cpp"`, `"java"` or `"python"`.
        split: `"test"`.
        sources: Languages in which each program must be there as well (`Problem.sources`), to be translated from.
        strict: Whether a bad record is an error.
        verify: Whether each reference must compile and pass its own tests.

    Raises:
        DataError: The data is missing or broken, or the split is empty.
        UnknownNameError: There is no such language or split in it.
    """
    name = check_language(CARD, language, tuple(TITLES))
    parallel = {other: programs(path, other) for other in check_sources(CARD, sources, tuple(TITLES))}
    wanted = check_split(split, CARD, ("test",))

    def convert(record: Record) -> Problem | None:
        number = number_of(record, name)
        if number is None:
            return None
        for other, texts in parallel.items():
            if number not in texts:
                raise BadRecord(f"no program in {other} to translate from")
        prompt = record.text("prompt")
        return Problem(
            id=f"humaneval-x://{record.text('task_id')}",
            language=name,
            reference=prompt + record.text("canonical_solution"),
            tests=(test_of(record),),
            attributes={"entry_point": entry_point_of(record)},
            sources={other: texts[number] for other, texts in parallel.items()},
            statement=prompt,
            prefix=prompt,
        )

    return collect(CARD, wanted, _origin(name).read(path), convert, strict=strict, verify=verify)


def programs(path: str | Path | None, language: str) -> dict[int, str]:
    """Returns the programs of one language, by the number of the problem.

    Raises:
        DataError: The data is missing or broken.
    """
    found: dict[int, str] = {}
    for record in _origin(language).read(path):
        try:
            number = number_of(record, language)
            if number is not None:
                found[number] = record.text("prompt") + record.text("canonical_solution")
        except BadRecord:  # it is counted where it is the one to be written
            continue
    return found


def number_of(record: Record, language: str) -> int | None:
    """Returns the number of the problem, or None if the record is in another language.

    Raises:
        BadRecord: The record has no such number.
    """
    title, _, number = record.text("task_id").partition("/")
    if not number.isdecimal():
        raise BadRecord("field 'task_id' names no problem")
    return int(number) if title == TITLES[language] else None


def entry_point_of(record: Record) -> str:
    """Returns the name of the function under test: the last one that the declaration has parameters for.

    Raises:
        BadRecord: There is none.
    """
    names = re.findall(r"(\w+)\s*\(", record.text("declaration"))
    if not names:
        raise BadRecord("field 'declaration' declares no function")
    return str(names[-1])


def test_of(record: Record) -> HarnessTest:
    """Returns the test of a record."""
    return HarnessTest(f"\n{record.text('test')}", entry_point_of(record))


def _origin(language: str) -> Origin:
    return Origin("humaneval-x", f"humaneval_{language}.jsonl*", "THUDM/humaneval-x", language)
