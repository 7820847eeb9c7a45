"""HumanEval in the format of MBXP (Athiwaratkun et al. 2022, arXiv 2210.14868), translated by rule."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from codegym.problems import mxeval
from codegym.problems.base import Card, InMemoryProblems, check_language, check_split
from codegym.problems.records import Origin, Record, collect
from codegym.types import Problem

CARD: Final = Card(
    name="multilingual_humaneval",
    description=(
        "HumanEval's functions in C# (161), Java (161), PHP (161) and Python (164). Only Python has reference "
        "solutions; elsewhere the reference is the prompt alone, `attributes['reference']` is False, and nothing is "
        "verified. The PHP tests compare loosely: a body that only returns true passes two in five of them, so they "
        "are no safe reward. In C# the test closes the class."
    ),
    licence="MIT",
    version="1",
    origin="https://github.com/amazon-science/mxeval",
    splits="test only: it is made for evaluation",
    fields="task_id, language, prompt (statement and prefix), canonical_solution, test, entry_point",
)
FILES: Final[Mapping[str, str]] = {
    "csharp": "HumanEval_csharp_v*.jsonl*",
    "java": "HumanEval_java_v*.jsonl*",
    "php": "HumanEval_php_v*.jsonl*",
    "python": "HumanEval.jsonl*",
}
"""Name of each language to the pattern of its file."""


def multilingual_humaneval(
    path: str | Path | None = None,
    language: str = "python",
    split: str = "test",
    *,
    strict: bool = False,
    verify: bool = True,
) -> InMemoryProblems:
    """Returns HumanEval's problems in one language.

    Args:
        path: The folder or file of the records, or a name on the hub; None: the usual place, else the hub.
        language: `"csharp"`, `"java"`, `"php"` or `"python"`.
        split: `"test"`.
        strict: Whether a bad record is an error.
        verify: Whether each reference, where there is one, must compile and pass its own tests.

    Raises:
        DataError: The data is missing or broken, or the split is empty.
        UnknownNameError: There is no such language or split in it.
    """
    name = check_language(CARD, language, tuple(FILES))
    wanted = check_split(split, CARD, ("test",))
    origin = Origin("multilingual-humaneval", FILES[name], "mxeval/multi-humaneval", name)
    solved = name == "python"

    def convert(record: Record) -> Problem | None:
        if record.text("language") != name:
            return None
        return mxeval.problem_of(record, "multilingual-humaneval", needs_reference=solved)

    return collect(CARD, wanted, origin.read(path), convert, strict=strict, verify=verify and solved)
