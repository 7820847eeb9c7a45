"""HumanEval with holes (Bavarian et al. 2022, arXiv 2207.14255): what stands before and after them is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from codegym.errors import ConfigurationError, UnknownNameError
from codegym.problems.base import Card, InMemoryProblems, check_language, check_split
from codegym.problems.records import BadRecord, Origin, Record, collect
from codegym.types import HarnessTest, Problem

CARD: Final = Card(
    name="humaneval_infilling",
    description=(
        "HumanEval's 164 Python functions with one hole each: one line (1,033 holes), several lines (5,815), or a "
        "random span (1,640, and a light version with 164). The environments' hole `given` hides the same."
    ),
    licence="MIT",
    version="1",
    origin="https://github.com/openai/human-eval-infilling",
    splits="test only: it is made for evaluation",
    fields="task_id (the kind), prompt (prefix), suffix, canonical_solution (what is hidden), test, entry_point",
)
ORIGIN: Final = Origin("humaneval-infilling", "HumanEval-*Infilling*.jsonl*")
KINDS: Final[Mapping[str, str]] = {
    "multi-line": "MultiLineInfilling",
    "random-span": "RandomSpanInfilling",
    "random-span-light": "RandomSpanInfillingLight",
    "single-line": "SingleLineInfilling",
}
"""Name of each kind of hole to what the ids of the records call it."""


def humaneval_infilling(
    path: str | Path | None = None,
    language: str = "python",
    split: str = "test",
    *,
    kinds: Sequence[str] = tuple(KINDS),
    strict: bool = False,
    verify: bool = True,
) -> InMemoryProblems:
    """Returns HumanEval's functions with holes.

    Args:
        path: The folder or file of the records; None: the usual place.
        language: `"python"`.
        split: `"test"`.
        kinds: Kinds of holes: `"single-line"`, `"multi-line"`, `"random-span"` and `"random-span-light"`.
        strict: Whether a bad record is an error.
        verify: Whether each reference must compile and pass its own tests.

    Raises:
        DataError: The data is missing or broken, or the split is empty.
        UnknownNameError: There is no such language, split or kind of hole in it.
        ConfigurationError: `kinds` is one name, not a sequence of them.
    """
    check_language(CARD, language, ("python",))
    wanted = check_split(split, CARD, ("test",))
    if isinstance(kinds, str):
        raise ConfigurationError(f"Give kinds as a sequence of names, such as ({kinds!r},).")
    for kind in kinds:
        if kind not in KINDS:
            raise UnknownNameError("kind of hole", kind, KINDS)

    def convert(record: Record) -> Problem | None:
        problem = _problem(record)
        return problem if problem.attributes["kind"] in kinds else None

    return collect(CARD, wanted, ORIGIN.read(path), convert, strict=strict, verify=verify)


def _problem(record: Record) -> Problem:
    name, entry_point = record.text("task_id"), record.text("entry_point")
    kind = next((kind for kind, title in KINDS.items() if name.startswith(f"{title}/")), None)
    if kind is None:
        raise BadRecord("field 'task_id' names no kind of hole")
    prefix, hole, suffix = (record.get(field, str) for field in ("prompt", "canonical_solution", "suffix"))
    if not hole:
        raise BadRecord("field 'canonical_solution' is empty")
    return Problem(
        id=f"humaneval-infilling://{name}",
        language="python",
        reference=prefix + hole + suffix,
        tests=(HarnessTest(f"\n{record.text('test')}\ncheck({entry_point})\n", entry_point),),
        attributes={"entry_point": entry_point, "kind": kind},
        prefix=prefix,
        suffix=suffix,
    )
