"""HumanEval (Chen et al. 2021, arXiv 2107.03374): Python functions from a signature and a docstring, with tests."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from codegym.problems.base import Card, InMemoryProblems, check_language, check_split
from codegym.problems.records import Origin, Record, collect
from codegym.types import HarnessTest, Problem

CARD: Final = Card(
    name="humaneval",
    description="164 Python functions, written by hand: a signature and a docstring, to be continued.",
    licence="MIT",
    version="1",
    origin="https://github.com/openai/human-eval",
    splits="test only: it is made for evaluation",
    fields="task_id, prompt (statement and prefix), canonical_solution, test, entry_point",
)
ORIGIN: Final = Origin("humaneval", "HumanEval.jsonl*", "openai/openai_humaneval")


def humaneval(
    path: str | Path | None = None,
    language: str = "python",
    split: str = "test",
    *,
    strict: bool = False,
    verify: bool = True,
) -> InMemoryProblems:
    """Returns HumanEval's problems.

    Args:
        path: The folder or file of the records, or a name on the hub; None: the usual place, else the hub.
        language: `"python"`.
        split: `"test"`.
        strict: Whether a bad record is an error.
        verify: Whether each reference must compile and pass its own tests.

    Raises:
        DataError: The data is missing or broken, or the split is empty.
        UnknownNameError: There is no such language or split in it.
    """
    check_language(CARD, language, ("python",))
    wanted = check_split(split, CARD, ("test",))
    return collect(CARD, wanted, ORIGIN.read(path), _problem, strict=strict, verify=verify)


def _problem(record: Record) -> Problem:
    prompt, entry_point = record.text("prompt"), record.text("entry_point")
    return Problem(
        id=f"humaneval://{record.text('task_id')}",
        language="python",
        reference=prompt + record.text("canonical_solution"),
        tests=(HarnessTest(f"\n{record.text('test')}\ncheck({entry_point})\n", entry_point),),
        attributes={"entry_point": entry_point},
        statement=prompt,
        prefix=prompt,
    )
