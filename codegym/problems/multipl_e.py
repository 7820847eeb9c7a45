"""MultiPL-E (Cassano et al. 2023, TSE 49(7)): HumanEval and MBPP, translated by rule, without reference solutions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal, get_args

from codegym.errors import ConfigurationError, UnknownNameError
from codegym.problems.base import Card, InMemoryProblems, check_language, check_split
from codegym.problems.records import BadRecord, Origin, Record, collect
from codegym.types import HarnessTest, Problem

Benchmark = Literal["humaneval", "mbpp"]

CARD: Final = Card(
    name="multipl_e",
    description=(
        "About 160 functions of HumanEval and 400 of MBPP in each of C++, C#, Java and PHP: a signature and a comment, "
        "to be continued up to the function's closing brace; the test closes the class. There are no reference "
        "solutions: the reference is the prompt alone, and `attributes['reference']` is False."
    ),
    licence="BSD-3-Clause with a restriction: not for training models",
    version="1",
    origin="https://github.com/nuprl/MultiPL-E",
    splits="test only: the licence forbids training on it",
    fields="name, prompt (statement and prefix), tests",
)
CONFIGURATIONS: Final[Mapping[str, str]] = {"cpp": "cpp", "csharp": "cs", "java": "java", "php": "php"}
"""How the data calls the languages."""


def multipl_e(
    path: str | Path | None = None,
    language: str = "cpp",
    split: str = "test",
    *,
    benchmark: Benchmark = "humaneval",
    strict: bool = False,
) -> InMemoryProblems:
    """Returns MultiPL-E's problems in one language.

    Args:
        path: The folder of the files `humaneval-cpp.jsonl` and so on, one of these files, or a name on the hub; None:
            the usual place, else the hub.
        language: `"cpp"`, `"csharp"`, `"java"` or `"php"`.
        split: `"test"`.
        benchmark: `"humaneval"` or `"mbpp"`.
        strict: Whether a bad record is an error.

    Raises:
        DataError: The data is missing or broken, or the split is empty.
        UnknownNameError: There is no such language, split or benchmark in it.
        ConfigurationError: The split is meant for training.
    """
    name = check_language(CARD, language, tuple(CONFIGURATIONS))
    if split in ("train", "validation"):
        raise ConfigurationError(
            f"MultiPL-E's licence forbids training on it, so it has no {split} split; pass split='test' to evaluate."
        )
    wanted = check_split(split, CARD, ("test",))
    if benchmark not in get_args(Benchmark):
        raise UnknownNameError("benchmark", benchmark, get_args(Benchmark))
    configuration = f"{benchmark}-{CONFIGURATIONS[name]}"
    origin = Origin("multipl-e", f"{configuration}*.jsonl*", "nuprl/MultiPL-E", configuration)

    def convert(record: Record) -> Problem:
        prompt = record.text("prompt")
        return Problem(
            id=f"multipl-e://{configuration}/{record.text('name')}",
            language=name,
            reference=prompt,
            tests=(HarnessTest(_test(record)),),
            attributes={"reference": False},
            statement=prompt,
            prefix=prompt,
        )

    return collect(CARD, wanted, origin.read(path), convert, strict=strict, verify=False)


def _test(record: Record) -> str:
    """Returns the test without the brace at its beginning, which closes the function: the answer does that here."""
    code = record.text("tests").lstrip()
    if not code.startswith("}"):
        raise BadRecord("field 'tests' does not begin by closing the function")
    return "\n" + code[1:]
