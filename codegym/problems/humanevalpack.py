"""HumanEvalPack (Muennighoff et al. 2023, arXiv 2308.07124): HumanEval-X, with a bug in each program."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from codegym.problems.base import Card, InMemoryProblems, check_language, check_split
from codegym.problems.humaneval_x import TITLES, number_of, test_of
from codegym.problems.records import Origin, Record, collect
from codegym.types import Problem

CARD: Final = Card(
    name="humanevalpack",
    description=(
        "164 functions in each of C++, Java and Python, and the same with a bug that people put in. Three of the C++ "
        "references need Boost or OpenSSL."
    ),
    licence="MIT",
    version="1",
    origin="https://github.com/bigcode-project/octopack",
    splits="test only: it is made for evaluation",
    fields=(
        "task_id, prompt (prefix), instruction (statement), declaration, canonical_solution, buggy_solution (broken), "
        "bug_type, failure_symptoms, test"
    ),
)


def humanevalpack(
    path: str | Path | None = None,
    language: str = "python",
    split: str = "test",
    *,
    strict: bool = False,
    verify: bool = True,
) -> InMemoryProblems:
    """Returns HumanEvalPack's problems in one language.

    Args:
        path: The folder or file of the records, or a name on the hub; None: the usual place, else the hub.
        language: `"cpp"`, `"java"` or `"python"`.
        split: `"test"`.
        strict: Whether a bad record is an error.
        verify: Whether each reference must compile and pass its own tests.

    Raises:
        DataError: The data is missing or broken, or the split is empty.
        UnknownNameError: There is no such language or split in it.
    """
    name = check_language(CARD, language, tuple(TITLES))
    wanted = check_split(split, CARD, ("test",))
    origin = Origin("humanevalpack", f"humanevalpack_{name}.jsonl*", "bigcode/humanevalpack", name)

    def convert(record: Record) -> Problem | None:
        return None if number_of(record, name) is None else _problem(record, name)

    return collect(CARD, wanted, origin.read(path), convert, strict=strict, verify=verify)


def _problem(record: Record, language: str) -> Problem:
    prompt, test = record.text("prompt"), test_of(record)
    return Problem(
        id=f"humanevalpack://{record.text('task_id')}",
        language=language,
        reference=prompt + record.text("canonical_solution"),
        tests=(test,),
        attributes={
            "entry_point": test.entry_point,
            "bug": record.text("bug_type"),
            "symptoms": record.text("failure_symptoms"),
        },
        statement=record.text("instruction"),
        prefix=prompt,
        broken=prompt + record.text("buggy_solution"),
    )
