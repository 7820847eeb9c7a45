"""CodeSearchNet (Husain et al. 2019, arXiv 1909.09436): functions of open-source projects, with their documentation."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from codegym.problems.base import Card, InMemoryProblems, check_language, check_split
from codegym.problems.records import Origin, Record, collect
from codegym.types import Problem

CARD: Final = Card(
    name="codesearchnet",
    description=(
        "About two million functions of GitHub projects with their documentation, in Java, PHP, Python and others. As "
        "PPOCoder does, functions with fewer than 64 tokens and those that do not compile are left out. In Java a "
        "method is wrapped in a class, which is given, and names what its project defines: almost none compiles."
    ),
    licence="each project's own",
    version="1",
    origin="https://github.com/github/CodeSearchNet",
    splits="by project, as published",
    fields=(
        "func_code_string (or code; reference), func_code_tokens (or code_tokens), func_documentation_string (or "
        "docstring; statement), func_code_url (or url; id), func_name"
    ),
)
MIN_TOKENS: Final = 64
"""PPOCoder's bound (arXiv 2301.13816, section 4.1)."""

WRAPPERS: Final[Mapping[str, tuple[str, str]]] = {
    "java": ("import java.util.*;\n\npublic class Wrapper {\n    ", "\n}\n"),
    "php": ("<?php\n\nclass Wrapper\n{\n    ", "\n}\n"),
    "python": ("", "\n"),
}
"""What stands before and after a method, so that it is a program."""


def codesearchnet(
    path: str | Path | None = None,
    language: str = "python",
    split: str = "train",
    *,
    min_tokens: int = MIN_TOKENS,
    strict: bool = False,
    verify: bool = True,
) -> InMemoryProblems:
    """Returns one split of CodeSearchNet's functions in one language.

    Args:
        path: The folder of the files `python_train_0.jsonl.gz` and so on, at any depth, one of these files, or a name
            on the hub; None: the usual place, else the hub.
        language: `"java"`, `"php"` or `"python"`.
        split: `"train"`, `"validation"` or `"test"`.
        min_tokens: Functions with fewer tokens, by the data's own count, are left out.
        strict: Whether a bad record is an error.
        verify: Whether each reference must compile.

    Raises:
        DataError: The data is missing or broken, or the split is empty.
        UnknownNameError: There is no such language or split in it.
    """
    name = check_language(CARD, language, tuple(WRAPPERS))
    wanted = check_split(split, CARD)
    part = "valid" if wanted == "validation" else wanted
    origin = Origin(
        "codesearchnet", f"**/{name}_{part}_*.jsonl*", "code-search-net/code_search_net", name, hub_split=wanted
    )

    def convert(record: Record) -> Problem | None:
        if record.text("language") != name:
            return None
        tokens = record.get(_first(record, "func_code_tokens", "code_tokens"), list)
        if len(tokens) < min_tokens:
            return None
        return _problem(record, name)

    return collect(CARD, wanted, origin.read(path), convert, strict=strict, verify=verify)


def _problem(record: Record, language: str) -> Problem:
    before, after = WRAPPERS[language]
    function = record.text("func_name")
    code = record.text(_first(record, "func_code_string", "code")).strip()
    if language == "php" and code.startswith("function") and "." not in function:
        before, after = "<?php\n\n", "\n"
    return Problem(
        id=f"codesearchnet://{language}/{record.text(_first(record, 'func_code_url', 'url'))}",
        language=language,
        reference=before + code + after,
        attributes={"name": function},
        statement=record.text(_first(record, "func_documentation_string", "docstring")),
        prefix=before,
        suffix=after,
    )


def _first(record: Record, *names: str) -> str:
    """Returns the first of some names of a field that the record has; the copies of the data differ in them."""
    return next((name for name in names if name in record.values), names[0])
