"""McEval (Chai et al. 2024, arXiv 2406.07436): functions written by hand, the only set with all six languages."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from codegym.problems.base import Card, InMemoryProblems, check_language, check_split
from codegym.problems.records import Origin, Record, collect
from codegym.types import HarnessTest, Problem

CARD: Final = Card(
    name="mceval",
    description=(
        "50 functions in each of C, C++, C#, PHP and Python, 53 in Java: a signature and a comment, to be continued. "
        "In C# and Java the test closes the class. The problems of two languages are often the same under another "
        "number, and nothing says which."
    ),
    licence="CC-BY-SA-4.0",
    version="1",
    origin="https://github.com/MCEVAL/McEval",
    splits="test only: it is made for evaluation",
    fields="task_id, prompt (prefix), instruction (statement), canonical_solution, test, entry_point, level",
)
TITLES: Final[Mapping[str, str]] = {
    "c": "C",
    "cpp": "CPP",
    "csharp": "C#",
    "java": "Java",
    "php": "PHP",
    "python": "Python",
}
"""How the ids of the records and the names of the files call the languages."""


def mceval(
    path: str | Path | None = None,
    language: str = "python",
    split: str = "test",
    *,
    strict: bool = False,
    verify: bool = True,
) -> InMemoryProblems:
    """Returns McEval's problems in one language.

    Args:
        path: The folder or file of the records, or a name on the hub; None: the usual place, else the hub.
        language: Any of the six languages.
        split: `"test"`.
        strict: Whether a bad record is an error.
        verify: Whether each reference must compile and pass its own tests.

    Raises:
        DataError: The data is missing or broken, or the split is empty.
        UnknownNameError: There is no such language or split in it.
    """
    name = check_language(CARD, language, tuple(TITLES))
    wanted = check_split(split, CARD, ("test",))
    origin = Origin("mceval", f"{TITLES[name]}.jsonl*", "Multilingual-Multimodal-NLP/McEval", "generation")

    def convert(record: Record) -> Problem | None:
        return _problem(record, name) if record.text("task_id").startswith(f"{TITLES[name]}/") else None

    return collect(CARD, wanted, origin.read(path), convert, strict=strict, verify=verify)


def _problem(record: Record, language: str) -> Problem:
    # In Python some prompts end in the middle of a line.
    prefix = record.text("prompt") + ("\n" if language == "python" else "")
    entry_point = record.text("entry_point")
    return Problem(
        id=f"mceval://{record.text('task_id').replace('#', 'sharp')}",
        language=language,
        reference=prefix + record.text("canonical_solution"),
        tests=(HarnessTest(f"\n{record.text('test')}", entry_point),),
        attributes={"entry_point": entry_point, "level": record.text("level")},
        statement=record.text("instruction"),
        prefix=prefix,
    )
