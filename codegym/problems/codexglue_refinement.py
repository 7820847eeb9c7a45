"""CodeXGLUE's refinement (Tufano et al. 2019, arXiv 1812.08693): Java methods before and after a bug was fixed."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal, get_args

from codegym.errors import UnknownNameError
from codegym.problems.aligned import aligned_lines
from codegym.problems.base import Card, InMemoryProblems, check_language, check_split
from codegym.problems.records import BadRecord, Origin, Record, collect
from codegym.types import Problem

Size = Literal["small", "medium"]
"""Methods of up to 50 tokens, or of up to 100."""

CARD: Final = Card(
    name="codexglue_refinement",
    description=(
        "58,350 small and 65,455 medium Java methods before and after a commit that fixed a bug. Names and literals "
        "are placeholders (METHOD_1, VAR_1, STRING_1), so nothing compiles: what a repair can be compared by is its "
        "text, its syntax and its data flow. Each is wrapped in a class, which is given, so that it parses."
    ),
    licence="C-UDA-1.0",
    version="1",
    origin="https://github.com/microsoft/CodeXGLUE",
    splits="by file, as published",
    fields="buggy and fixed: line i of both files (broken, reference)",
)
_HEAD, _FOOT = "public class Wrapper {\n", "\n}\n"


def codexglue_refinement(
    path: str | Path | None = None,
    language: str = "java",
    split: str = "train",
    *,
    size: Size = "small",
    strict: bool = False,
    verify: bool = False,
) -> InMemoryProblems:
    """Returns one split of CodeXGLUE's methods before and after a fix.

    Args:
        path: The folder of the files `small.train.buggy-fixed.buggy` and so on, plain or gzipped, or one of those that
            end in `.buggy`, or a name on the hub; None: the usual place, else the hub.
        language: `"java"`.
        split: `"train"`, `"validation"` or `"test"`.
        size: `"small"` or `"medium"`.
        strict: Whether a bad record is an error.
        verify: Whether each reference must compile, which almost none does.

    Raises:
        DataError: The data is missing or broken, or the split is empty.
        UnknownNameError: There is no such language, split or size in it.
    """
    name = check_language(CARD, language, ("java",))
    wanted = check_split(split, CARD)
    if size not in get_args(Size):
        raise UnknownNameError("size", size, get_args(Size))
    part = "valid" if wanted == "validation" else wanted
    origin = Origin(
        "codexglue-refinement",
        f"{size}.{part}.buggy-fixed.buggy*",
        "google/code_x_glue_cc_code_refinement",
        size,
        wanted,
        aligned_lines({"buggy": ".buggy", "fixed": ".fixed"}),
    )

    def convert(record: Record) -> Problem:
        broken, fixed = (_HEAD + record.text(field).strip() + _FOOT for field in ("buggy", "fixed"))
        if broken == fixed:
            raise BadRecord("without a change")
        return Problem(
            id=f"codexglue-refinement://{size}/{wanted}/{record.place.rpartition(' ')[2]}",
            language=name,
            reference=fixed,
            attributes={"size": size},
            prefix=_HEAD,
            suffix=_FOOT,
            broken=broken,
        )

    return collect(CARD, wanted, origin.read(path), convert, strict=strict, verify=verify)
