"""MBXP (Athiwaratkun et al. 2022, arXiv 2210.14868): MBPP, translated into other languages by rule."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from codegym.problems import mxeval
from codegym.problems.base import Card, InMemoryProblems, check_language, check_split
from codegym.problems.records import Origin, Record, collect
from codegym.types import Problem

CARD: Final = Card(
    name="mbxp",
    description=(
        "MBPP's functions in C++ (848), C# (968), Java (966), PHP (966) and Python (974). Outside of Python the "
        "references were written by models, and some are missing. The PHP tests compare loosely: a body that only "
        "returns true passes four in five of them, so they are no safe reward. In C# the test closes the class."
    ),
    licence="CC-BY-4.0",
    version="1",
    origin="https://github.com/amazon-science/mxeval",
    splits="test only: it is made for evaluation",
    fields="task_id, language, prompt (statement and prefix), canonical_solution, test, entry_point",
)
RELEASES: Final[Mapping[str, str]] = {
    "cpp": "mbcpp",
    "csharp": "mbcsp",
    "java": "mbjp",
    "php": "mbphp",
    "python": "mbpp",
}
"""Name of each language to what its file's name begins with."""


def mbxp(
    path: str | Path | None = None,
    language: str = "python",
    split: str = "test",
    *,
    strict: bool = False,
    verify: bool = True,
) -> InMemoryProblems:
    """Returns MBXP's problems in one language.

    Args:
        path: The folder or file of the records, or a name on the hub; None: the usual place, else the hub.
        language: `"cpp"`, `"csharp"`, `"java"`, `"php"` or `"python"`.
        split: `"test"`.
        strict: Whether a bad record is an error.
        verify: Whether each reference must compile and pass its own tests.

    Raises:
        DataError: The data is missing or broken, or the split is empty.
        UnknownNameError: There is no such language or split in it.
    """
    name = check_language(CARD, language, tuple(RELEASES))
    wanted = check_split(split, CARD, ("test",))
    origin = Origin("mbxp", f"{RELEASES[name]}_release_v*.jsonl*", "mxeval/mbxp", name)

    def convert(record: Record) -> Problem | None:
        return mxeval.problem_of(record, "mbxp") if record.text("language") == name else None

    return collect(CARD, wanted, origin.read(path), convert, strict=strict, verify=verify)
