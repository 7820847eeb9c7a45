"""HumanEval in C, as LLM4Decompile ships it (Tan et al. 2024, arXiv 2403.05286)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from codegym.problems import humaneval_x
from codegym.problems.base import Card, InMemoryProblems, check_language, check_sources, check_split
from codegym.problems.records import BadRecord, Origin, Record, collect
from codegym.types import HarnessTest, Problem

CARD: Final = Card(
    name="humaneval_c",
    description=(
        "164 functions in C, all named func0, without a statement; they are HumanEval's, so HumanEval-X holds the same "
        "in other languages."
    ),
    licence="MIT",
    version="1",
    origin="https://github.com/albertan017/LLM4Decompile",
    splits="test only: it is made for evaluation",
    fields="task_id, type (only O0 is read: the others repeat it), c_func (reference), c_test",
)
ORIGIN: Final = Origin("humaneval-c", "decompile-eval*.jsonl*")


def humaneval_c(
    path: str | Path | None = None,
    language: str = "c",
    split: str = "test",
    *,
    sources: Sequence[str] = (),
    sources_path: str | Path | None = None,
    strict: bool = False,
    verify: bool = True,
) -> InMemoryProblems:
    """Returns HumanEval's problems in C.

    Args:
        path: The folder or file of the records; None: the usual place.
        language: `"c"`.
        split: `"test"`.
        sources: Languages of HumanEval-X in which each program must be there as well, to be translated from.
        sources_path: Where HumanEval-X is; None: the usual place, else the hub.
        strict: Whether a bad record is an error.
        verify: Whether each reference must compile and pass its own tests.

    Raises:
        DataError: The data is missing or broken, or the split is empty.
        UnknownNameError: There is no such language or split in it.
    """
    check_language(CARD, language, ("c",))
    wanted = check_split(split, CARD, ("test",))
    spoken = check_sources(CARD, sources, tuple(humaneval_x.TITLES))
    parallel = {other: humaneval_x.programs(sources_path, other) for other in spoken}

    def convert(record: Record) -> Problem | None:
        if record.text("type") != "O0":
            return None
        number = record.get("task_id", int)
        for other, texts in parallel.items():
            if number not in texts:
                raise BadRecord(f"no program in {other} to translate from")
        return Problem(
            id=f"humaneval-c://{number}",
            language="c",
            reference=record.text("c_func"),
            tests=(HarnessTest(f"\n{record.text('c_test')}", "func0"),),
            attributes={"entry_point": "func0"},
            sources={other: texts[number] for other, texts in parallel.items()},
        )

    return collect(CARD, wanted, ORIGIN.read(path), convert, strict=strict, verify=verify)
