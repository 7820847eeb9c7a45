"""MBPP (Austin et al. 2021, arXiv 2108.07732): Python functions from one sentence, with three tests each."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from codegym.problems.base import Card, InMemoryProblems, Split, check_language, check_split
from codegym.problems.records import BadRecord, Origin, Record, collect
from codegym.types import HarnessTest, Problem

CARD: Final = Card(
    name="mbpp",
    description="974 Python functions for beginners: a sentence that says what to do, a program, three assertions.",
    licence="CC-BY-4.0",
    version="1",
    origin="https://github.com/google-research/google-research/tree/master/mbpp",
    splits="by task_id, as published: 11 to 510 test, 511 to 600 validation, 601 to 974 and the prompts 1 to 10 train",
    fields="task_id, text and the first of test_list (statement), code, test_setup_code and test_list (test)",
)
ORIGIN: Final = Origin("mbpp", "mbpp.jsonl*", "google-research-datasets/mbpp", "full", "train+validation+test+prompt")


def mbpp(
    path: str | Path | None = None,
    language: str = "python",
    split: str = "train",
    *,
    strict: bool = False,
    verify: bool = True,
) -> InMemoryProblems:
    """Returns one split of MBPP's problems.

    Args:
        path: The folder or file of the records, or a name on the hub; None: the usual place, else the hub.
        language: `"python"`.
        split: `"train"`, `"validation"` or `"test"`.
        strict: Whether a bad record is an error.
        verify: Whether each reference must compile and pass its own tests.

    Raises:
        DataError: The data is missing or broken, or the split is empty.
        UnknownNameError: There is no such language or split in it.
    """
    check_language(CARD, language, ("python",))
    wanted = check_split(split, CARD)

    def convert(record: Record) -> Problem | None:
        return _problem(record) if _split(record.get("task_id", int)) == wanted else None

    return collect(CARD, wanted, ORIGIN.read(path), convert, strict=strict, verify=verify)


def _split(number: int) -> Split:
    if 11 <= number <= 510:
        return "test"
    return "validation" if 511 <= number <= 600 else "train"


def _problem(record: Record) -> Problem:
    assertions = record.get("test_list", list)
    if not assertions or not all(isinstance(assertion, str) for assertion in assertions):
        raise BadRecord("field 'test_list' is no list of assertions")
    reference = record.text("code").replace("\r\n", "\n")
    # The setup uses what the program defines.
    setup = record.get("test_setup_code", str).replace("\r\n", "\n")
    code = "\n" + "\n".join([setup, *assertions]) + "\n"
    defined = re.findall(r"^def (\w+)", reference, re.MULTILINE)
    entry_point = next((name for name in defined if f"{name}(" in code), "")
    return Problem(
        id=f"mbpp://{record.get('task_id', int)}",
        language="python",
        reference=reference,
        tests=(HarnessTest(code, entry_point),),
        attributes={"entry_point": entry_point},
        statement=f"{record.text('text')}\n{assertions[0]}",
    )
