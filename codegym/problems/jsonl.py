"""A user's own problems: one JSON object a line.

The fields are those of `codegym.types.Problem`; all but two may be left out:

- `language`: `"python"`, `"java"`, `"c"`, `"cpp"`, `"csharp"` or `"php"`.
- `reference`: the whole program that an expert wrote.
- `id`: any text that is there once; by default the file's name and the line.
- `statement`: what the program has to do, in words. Program synthesis needs it.
- `tests`: a list of objects: `{"stdin": ..., "stdout": ..., "tolerance": ...}` for a program that reads and writes
  (`tolerance`, for printed numbers, may be left out), or `{"code": ..., "entry_point": ...}` for code that is appended
  to the program and calls its functions (`entry_point` may be left out).
- `sources`: programs that do the same in other languages, by language. Translation needs them.
- `prefix`, `suffix`: the beginning and the end of the reference that are given.
- `broken`: a program with a bug, for repair; without it one is put in.
- `attributes`: an object of plain values, for your own use.
- `split`: `"train"`, `"validation"` or `"test"`; without it the split follows from a hash of the reference.

Other fields are an error of the record, so that no misspelt one is lost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from codegym import languages as known_languages
from codegym.errors import ConfigurationError, DataError, UnknownNameError
from codegym.problems.base import Card, InMemoryProblems, check_split, split_of
from codegym.problems.records import BadRecord, Record, collect, read_json_lines
from codegym.types import HarnessTest, Problem, TestCase, UnitTest

CARD: Final = Card(
    name="jsonl",
    description="Your own problems.",
    licence="yours",
    version="1",
    origin="a file of yours",
    splits="as the records say; else by a hash of the reference: about 85 % train, 5 % validation, 10 % test",
    fields=(
        "language, reference, id, statement, tests, sources, prefix, suffix, broken, attributes, split: see "
        "codegym.problems.jsonl"
    ),
)
_FIELDS: Final[Mapping[str, type[Any]]] = {
    "language": str,
    "reference": str,
    "id": str,
    "statement": str,
    "tests": list,
    "sources": dict,
    "prefix": str,
    "suffix": str,
    "broken": str,
    "attributes": dict,
    "split": str,
}


def jsonl(
    path: str | Path,
    languages: Sequence[str] = ("python",),
    split: str = "train",
    *,
    sources: Sequence[str] = (),
    strict: bool = False,
    verify: bool = True,
) -> InMemoryProblems:
    """Returns the problems in a file of JSON lines, or in all such files of a folder; see the module for the schema.

    Args:
        path: A file, plain or gzipped, or a folder of `*.jsonl` and `*.jsonl.gz` files.
        languages: Languages of the references.
        split: `"train"`, `"validation"` or `"test"`.
        sources: Languages in which each program must be there as well, to be translated from.
        strict: Whether a bad record is an error.
        verify: Whether each reference must compile and pass its own tests.

    Raises:
        DataError: The file is missing or broken, or nothing in it can be used.
        UnknownNameError: There is no such language or split.
    """
    wanted = check_split(split)
    spoken, parallel = _names(languages), _names(sources)
    place = Path(path).expanduser()
    files = sorted([*place.glob("*.jsonl"), *place.glob("*.jsonl.gz")]) if place.is_dir() else [place]
    if not files or not files[0].is_file():
        raise DataError(f"There is no file of JSON lines at {str(place)!r}. Check the path.")

    def convert(record: Record) -> Problem | None:
        problem, own_split = _problem(record)
        if problem.language not in spoken or own_split != wanted:
            return None
        if lacking := [name for name in parallel if name not in problem.sources]:
            raise BadRecord(f"no program in {lacking[0]} to translate from")
        return problem

    records = (record for file in files for record in read_json_lines(file))
    return collect(CARD, wanted, records, convert, strict=strict, verify=verify)


def _names(names: Sequence[str]) -> tuple[str, ...]:
    if isinstance(names, str):
        raise ConfigurationError("Give languages and sources as a sequence of names, such as ('python', 'java').")
    return tuple(known_languages.get(name).name for name in names)


def _problem(record: Record) -> tuple[Problem, str]:
    """Returns a record's problem and its split."""
    values: dict[str, Any] = {name: record.get(name, kind) for name, kind in _FIELDS.items() if name in record.values}
    if unknown := sorted(record.values.keys() - _FIELDS.keys()):
        raise BadRecord(f"unknown field {unknown[0]!r}")
    reference = record.text("reference")
    split = values.pop("split", None) or split_of(reference)
    try:
        check_split(split)
        return (
            Problem(
                **{
                    **values,
                    "id": values.get("id") or f"jsonl://{record.place.replace(', line ', '/')}",
                    "language": known_languages.get(record.text("language")).name,
                    "tests": tuple(_test(test) for test in values.get("tests", ())),
                    "sources": {
                        known_languages.get(name).name: text for name, text in values.get("sources", {}).items()
                    },
                }
            ),
            split,
        )
    except UnknownNameError as error:
        raise BadRecord(f"no {error.kind} named {error.name!r}") from error
    except ConfigurationError as error:
        raise BadRecord("prefix and suffix are no parts of the reference") from error


def _test(test: object) -> UnitTest:
    fields: dict[str, Any] = dict(test) if isinstance(test, dict) else {}
    for kind, required, optional in (
        (TestCase, {"stdin": str, "stdout": str}, {"tolerance": int | float}),
        (HarnessTest, {"code": str}, {"entry_point": str}),
    ):
        types = {**required, **optional}
        if required.keys() <= fields.keys() and all(
            name in types and isinstance(value, types[name]) for name, value in fields.items()
        ):
            return kind(**fields)
    raise BadRecord("a test is neither {stdin, stdout, tolerance} nor {code, entry_point}")
