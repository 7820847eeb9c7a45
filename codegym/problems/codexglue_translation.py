"""CodeXGLUE's translation (Lu et al. 2021, arXiv 2102.04664): methods of four projects in Java and in C#."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from codegym.problems.aligned import aligned_lines
from codegym.problems.base import Card, InMemoryProblems, check_language, check_sources, check_split
from codegym.problems.records import Origin, Record, collect
from codegym.types import Problem

CARD: Final = Card(
    name="codexglue_translation",
    description=(
        "11,800 methods of Lucene, POI, JGit and Antlr in Java and in C#. A method names what its project defines, so "
        "almost none compiles: what it can be compared by is its text, its syntax and its data flow. Each is wrapped "
        "in a class, which is given, so that it parses."
    ),
    licence="C-UDA-1.0",
    version="1",
    origin="https://github.com/microsoft/CodeXGLUE",
    splits="by file, as published",
    fields="java and cs: line i of both files (reference, sources)",
)
_FIELDS: Final = {"java": "java", "csharp": "cs"}
_HEAD, _FOOT = "public class Wrapper {\n", "\n}\n"


def codexglue_translation(
    path: str | Path | None = None,
    language: str = "java",
    split: str = "train",
    *,
    sources: Sequence[str] = (),
    strict: bool = False,
    verify: bool = False,
) -> InMemoryProblems:
    """Returns one split of CodeXGLUE's methods.

    Args:
        path: The folder of the files `train.java-cs.txt.java` and so on, plain or gzipped, or one of those that end
            in `.java`, or a name on the hub; None: the usual place, else the hub.
        language: `"java"` or `"csharp"`.
        split: `"train"`, `"validation"` or `"test"`.
        sources: The other language, or nothing; each method is there in both anyway.
        strict: Whether a bad record is an error.
        verify: Whether each reference must compile, which almost none does.

    Raises:
        DataError: The data is missing or broken, or the split is empty.
        UnknownNameError: There is no such language or split in it.
    """
    name = check_language(CARD, language, tuple(_FIELDS))
    check_sources(CARD, sources, tuple(_FIELDS))
    wanted = check_split(split, CARD)
    part = "valid" if wanted == "validation" else wanted
    origin = Origin(
        "codexglue-java-cs",
        f"{part}.java-cs.txt.java*",
        "google/code_x_glue_cc_code_to_code_trans",
        hub_split=wanted,
        reader=aligned_lines({"java": ".java", "cs": ".cs"}),
    )

    def convert(record: Record) -> Problem:
        programs = {spoken: _HEAD + record.text(field).strip() + _FOOT for spoken, field in _FIELDS.items()}
        return Problem(
            id=f"codexglue-translation://{name}/{wanted}/{record.place.rpartition(' ')[2]}",
            language=name,
            reference=programs.pop(name),
            sources=programs,
            prefix=_HEAD,
            suffix=_FOOT,
        )

    return collect(CARD, wanted, origin.read(path), convert, strict=strict, verify=verify)
