"""APPS (Hendrycks et al. 2021, arXiv 2105.09938): programming contests in Python, from a statement, with tests."""

from __future__ import annotations

import ast
import json
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from codegym.errors import ConfigurationError, UnknownNameError
from codegym.problems.base import Card, InMemoryProblems, check_language, check_split
from codegym.problems.records import BadRecord, Origin, Record, collect
from codegym.types import HarnessTest, Problem, TestCase, UnitTest

CARD: Final = Card(
    name="apps",
    description=(
        "10,000 problems of contests and interviews: a statement, programs by people, and inputs with outputs, or "
        "calls of a function with results. The reference is the first program that Python 3 can parse. Numbers with a "
        "point may be 1e-6 off."
    ),
    licence="MIT",
    version="1",
    origin="https://github.com/hendrycks/apps",
    splits="train and test, 5,000 problems each, as published",
    fields=(
        "problem_id (or id), question and starter_code (statement), solutions (JSON list; reference), input_output "
        "(JSON object: inputs, outputs, and fn_name for calls; tests), difficulty"
    ),
)
DIFFICULTIES: Final = ("introductory", "interview", "competition")
TOLERANCE: Final = 1e-6

_CALLS: Final = """
import json

def plain(value):
    return [plain(part) for part in value] if isinstance(value, (list, tuple)) else value

try:
    called = Solution().{name}
except NameError:
    called = {name}
for arguments, expected in json.loads({calls!r}):
    found = plain(called(*arguments))
    assert found == expected or [found] == expected
"""
"""Calls a function, or a method of the class `Solution`; the data puts some results in a list of their own."""


def apps(
    path: str | Path | None = None,
    language: str = "python",
    split: str = "train",
    *,
    difficulties: Sequence[str] = DIFFICULTIES,
    strict: bool = False,
    verify: bool = True,
) -> InMemoryProblems:
    """Returns one split of APPS' problems.

    Args:
        path: The folder of `train.jsonl` and `test.jsonl`, one of these files, or a name on the hub; None: the usual
            place, else the hub.
        language: `"python"`.
        split: `"train"` or `"test"`.
        difficulties: `"introductory"`, `"interview"` and `"competition"`, or some of them.
        strict: Whether a bad record is an error.
        verify: Whether each reference must compile and pass its own tests.

    Raises:
        DataError: The data is missing or broken, or the split is empty.
        UnknownNameError: There is no such language, split or difficulty in it.
        ConfigurationError: `difficulties` is one name, not a sequence of them.
    """
    check_language(CARD, language, ("python",))
    wanted = check_split(split, CARD, ("train", "test"))
    if isinstance(difficulties, str):
        raise ConfigurationError(f"Give difficulties as a sequence of names, such as ({difficulties!r},).")
    for difficulty in difficulties:
        if difficulty not in DIFFICULTIES:
            raise UnknownNameError("difficulty", difficulty, DIFFICULTIES)
    origin = Origin("apps", f"{wanted}.jsonl*", "codeparrot/apps", hub_split=wanted)

    def convert(record: Record) -> Problem | None:
        return _problem(record, wanted) if record.text("difficulty") in difficulties else None

    return collect(CARD, wanted, origin.read(path), convert, strict=strict, verify=verify)


def _problem(record: Record, split: str) -> Problem:
    number = record.get("problem_id" if "problem_id" in record.values else "id", int)
    starter = record.values.get("starter_code") or ""
    question = record.text("question")
    return Problem(
        id=f"apps://{split}/{number}",
        language="python",
        reference=_reference(record),
        tests=_tests(record),
        attributes={"difficulty": record.text("difficulty")},
        statement=f"{question}\n\n{starter}" if starter else question,
    )


def _reference(record: Record) -> str:
    solutions = _json(record, "solutions", list)
    if not solutions:
        raise BadRecord("without a reference solution")
    for solution in solutions:
        if isinstance(solution, str) and _is_python(solution):
            return solution
    raise BadRecord("without a reference solution in Python 3")


def _is_python(program: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(program)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _tests(record: Record) -> tuple[UnitTest, ...]:
    fields: dict[str, Any] = _json(record, "input_output", dict)
    inputs, outputs, name = fields.get("inputs"), fields.get("outputs"), fields.get("fn_name")
    if not isinstance(inputs, list) or not isinstance(outputs, list) or len(inputs) != len(outputs):
        raise BadRecord("field 'input_output' holds no inputs and outputs, one for one")
    if not inputs:
        raise BadRecord("without a test")
    if name is None:
        return tuple(_test_case(_text(one), _text(other)) for one, other in zip(inputs, outputs, strict=True))
    if not isinstance(name, str) or not name.isidentifier() or not all(isinstance(one, list) for one in inputs):
        raise BadRecord("field 'input_output' holds no calls of a function")
    calls = json.dumps(list(zip(inputs, outputs, strict=True)))
    return (HarnessTest(_CALLS.format(name=name, calls=calls), name),)


def _test_case(stdin: str, stdout: str) -> TestCase:
    return TestCase(stdin, stdout, TOLERANCE if "." in stdout else None)


def _text(lines: object) -> str:
    """Returns an input or an output, which is a text or, here and there, a list of its lines."""
    if isinstance(lines, list) and all(isinstance(line, str) for line in lines):
        return "\n".join(lines)
    if not isinstance(lines, str):
        raise BadRecord("field 'input_output' holds inputs or outputs that are no texts")
    return lines


def _json(record: Record, name: str, kind: type[Any]) -> Any:
    """Returns what a field with JSON in it holds; some copies of the data hold the value itself."""
    value = record.values.get(name)
    if isinstance(value, str) and value.strip():
        try:
            value = json.loads(value)
        except (ValueError, RecursionError) as error:
            raise BadRecord(f"field {name!r} is no JSON") from error
    elif value == "":
        value = kind()
    if not isinstance(value, kind):
        raise BadRecord(f"field {name!r} holds no JSON {'list' if kind is list else 'object'}")
    return value
