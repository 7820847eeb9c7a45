"""Data sets made of records: files of JSON lines, or the same from Hugging Face `datasets`, turned into problems.

A loader names its files, its hub data set and a function from one record to one problem. What is wrong with a record
is a `BadRecord`: the record is dropped, with a count and a reason in the card and in one line of the log, or, if
`strict`, ends the loading with the name of the file and the line.
"""

from __future__ import annotations

import dataclasses
import gzip
import json
import logging
import os
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from codegym import languages
from codegym.errors import ConfigurationError, DataError, JudgeError, MissingDependencyError
from codegym.problems.base import Card, InMemoryProblems, Split
from codegym.problems.cache import Row, cached_rows, fingerprint_of
from codegym.types import Problem, UnitTest

if TYPE_CHECKING:
    from codegym.judge import Judge

logger = logging.getLogger(__name__)

T = TypeVar("T")


class BadRecord(Exception):  # noqa: N818  # it never leaves the loading as an error
    """A record that cannot become a problem; its text is the reason, short, the same for all records that share it."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a data set.

    Attributes:
        values: Its fields.
        place: Where it stands: `"HumanEval.jsonl.gz, line 3"`.
    """

    values: Mapping[str, Any]
    place: str

    def get(self, name: str, kind: type[T]) -> T:
        """Returns a field.

        Raises:
            BadRecord: It is missing, or not of this type.
        """
        if name not in self.values:
            raise BadRecord(f"no field {name!r}")
        value = self.values[name]
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise BadRecord(f"field {name!r} is of type {type(value).__name__}, not {kind.__name__}")
        return value

    def text(self, name: str) -> str:
        """Returns a field that is a string and not blank; raises as `get` does."""
        value = self.get(name, str)
        if not value.strip():
            raise BadRecord(f"field {name!r} is empty")
        return value


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the records of a data set are.

    Attributes:
        folder: Name of its folder below `$CODEGYM_DATA`.
        files: Pattern of its files: `"HumanEval.jsonl*"`.
        hub: Name of the data set on the Hugging Face hub; empty: it is not known to be there.
        hub_config: Its configuration there, if it has several.
        hub_split: Its split there; several are joined with `+`.
        reader: Yields the records of a file; None: `read_json_lines`.
    """

    folder: str
    files: str
    hub: str = ""
    hub_config: str | None = None
    hub_split: str = "test"
    reader: Callable[[Path], Iterator[Record]] | None = None

    def read(self, path: str | Path | None) -> Iterator[Record]:
        """Yields the records.

        Args:
            path: The folder or the file that holds them, or the name of a data set on the hub. None: the folder below
                `$CODEGYM_DATA` if it is there, else the hub.

        Raises:
            DataError: The data is missing or broken.
            MissingDependencyError: The package `datasets`, which reads from the hub, is not installed.
        """
        if path is None:
            path = self._usual_folder()
        if path is None:
            if not self.hub:
                raise DataError(
                    f"The files {self.files!r} are not part of codegym. Pass path=, the folder that holds them, or set "
                    f"CODEGYM_DATA to the folder in which {self.folder!r} is."
                )
            yield from self._from_hub(self.hub)
            return
        read = self.reader or read_json_lines
        place = Path(path).expanduser()
        if place.is_file():
            yield from read(place)
        elif place.is_dir():
            files = sorted(place.glob(self.files))
            if not files:
                raise DataError(f"There is no file {self.files!r} in {place}.")
            for file in files:
                yield from read(file)
        elif isinstance(path, str) and path.count("/") == 1 and not path.startswith((".", "/", "~")):
            yield from self._from_hub(path)
        else:
            raise DataError(f"There is no file or folder {str(place)!r}. Check the path.")

    def _usual_folder(self) -> Path | None:
        data = os.environ.get("CODEGYM_DATA")
        folder = Path(data, self.folder) if data else None
        return folder if folder is not None and folder.is_dir() else None

    def _from_hub(self, name: str) -> Iterator[Record]:
        try:
            import datasets
        except ImportError:
            raise MissingDependencyError("datasets", "data", f"Reading {name!r} from the hub") from None
        try:
            found = datasets.load_dataset(name, self.hub_config, split=self.hub_split)
        except Exception as error:  # its own errors, and those of the network below it
            raise DataError(
                f"{name!r} cannot be had from the hub ({type(error).__name__}: {error}). Pass path=, the folder that "
                f"holds its files ({self.files}), or set CODEGYM_DATA to the folder in which {self.folder!r} is."
            ) from error
        for number, values in enumerate(found, start=1):
            yield Record(dict(values), f"{name}, record {number}")


def text_lines(file: Path) -> Iterator[str]:
    """Yields the lines of a text file in UTF-8, which may be gzipped, without their ends.

    Raises:
        DataError: The file cannot be read; the message names the line.
    """
    number = 0
    try:
        with (
            gzip.open(file, "rt", encoding="utf-8", newline="\n")
            if file.suffix == ".gz"
            else file.open(encoding="utf-8", newline="\n") as lines
        ):
            for line in lines:
                number += 1  # it counts what came before an error
                yield line.rstrip("\r\n")
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        raise DataError(f"{file}, line {number + 1}: the file cannot be read ({error}).") from error


def read_json_lines(file: Path) -> Iterator[Record]:
    """Yields the records of a file with one JSON object a line, which may be gzipped.

    Raises:
        DataError: The file cannot be read, or a line holds no JSON object.
    """
    for number, line in enumerate(text_lines(file), start=1):
        if not line.strip():
            continue
        try:
            values = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise DataError(f"{file}, line {number}: this is no JSON ({error}).") from error
        if not isinstance(values, dict):
            raise DataError(f"{file}, line {number}: this is no JSON object.")
        yield Record(values, f"{file.name}, line {number}")


def collect(
    card: Card,
    split: Split,
    records: Iterator[Record],
    convert: Callable[[Record], Problem | None],
    *,
    strict: bool = False,
    verify: bool = True,
) -> InMemoryProblems:
    """Returns the problems that records become.

    Args:
        card: What the set is; what is dropped is added to it.
        split: The split that is collected.
        records: The records.
        convert: Returns a record's problem, or None if it is of another split or language; raises BadRecord.
        strict: Whether a bad record is an error.
        verify: Whether each reference is compiled, and run against its tests; those that fail are dropped.

    Raises:
        DataError: No problem is left; or, if `strict`, a record is bad.
        ToolchainMissingError: The compiler that verifies is missing.
        IsolationError: This host cannot keep programs apart.
        JudgeError: The judge failed, so that nothing is known about some references.
    """
    problems: dict[str, Problem] = {}
    places: dict[str, str] = {}
    dropped: Counter[str] = Counter()
    found = 0

    def drop(place: str, reason: str) -> None:
        if strict:
            raise DataError(f"{card.name}: {place}: {reason}.")
        dropped[reason] += 1

    for record in records:
        try:
            problem = convert(record)
        except BadRecord as error:
            found += 1
            drop(record.place, str(error))
            continue
        if problem is None:
            continue
        found += 1
        if problem.id in problems:
            drop(record.place, "the same problem is there before")
        else:
            problems[problem.id], places[problem.id] = problem, record.place
    if verify:
        for name, reason in _failures(card, list(problems.values())).items():
            drop(places[name], reason)
            del problems[name]
    reasons = "; ".join(f"{count:,} {reason}" for reason, count in sorted(dropped.items()))
    summary = f"{len(problems):,} of {found:,} records" + (f"; dropped: {reasons}" if reasons else "")
    if not problems:
        raise DataError(f"Nothing of {card.name} can be used in the {split} split: {summary}.")
    log = logger.warning if dropped else logger.info
    log("%s, %s split: %s", card.name, split, summary)
    return InMemoryProblems(
        dataclasses.replace(card, dropped=dict(sorted(dropped.items()))), split, tuple(problems.values())
    )


def _failures(card: Card, problems: Sequence[Problem]) -> dict[str, str]:
    """Returns the ids of problems whose reference fails its own tests or does not compile, with the reason."""
    failures: dict[str, str] = {}
    for language in sorted({problem.language for problem in problems}):
        ours = [problem for problem in problems if problem.language == language]

        def build(language: str = language, ours: Sequence[Problem] = ours) -> list[Row]:
            from codegym.judge import shared_judge

            # Problems that hide different parts of one program share its verdict.
            programs = list(dict.fromkeys((problem.reference, problem.tests) for problem in ours))
            statuses = dict(zip(programs, _statuses(shared_judge(), language, programs), strict=True))
            if unanswered := [status for status in statuses.values() if status == "judge_error"]:
                raise JudgeError(
                    f"The judge could not answer for {len(unanswered)} references of {card.name}; try again."
                )
            return [{"id": problem.id, "status": statuses[problem.reference, problem.tests]} for problem in ours]

        toolchain = languages.get(language).toolchain
        content = [(problem.id, problem.reference, repr(problem.tests)) for problem in ours]
        rows = cached_rows(
            {"verified": card.name, "language": language, "problems": fingerprint_of(content)},
            fingerprint_of(toolchain.version()),
            build,
        )
        for row in rows:
            if row["status"] not in ("passed", "compiled"):
                failures[str(row["id"])] = _REASONS[str(row["status"])]
    return failures


def _statuses(judge: Judge, language: str, programs: Sequence[tuple[str, tuple[UnitTest, ...]]]) -> list[str]:
    """Returns what the judge says of each program, or `no_test` where its tests are none."""
    references, tests = [reference for reference, _ in programs], [tests for _, tests in programs]
    try:
        return [grade.status for grade in judge.map_grade(language, references, tests)]
    except ConfigurationError as error:
        if len(programs) == 1:
            logger.debug("A test is of no use: %s", error)
            return ["no_test"]
        middle = len(programs) // 2
        return [*_statuses(judge, language, programs[:middle]), *_statuses(judge, language, programs[middle:])]


_REASONS = {
    "compile_error": "whose reference does not compile",
    "failed": "whose reference fails its own tests",
    "runtime_error": "whose reference crashes or exceeds a limit in its own tests",
    "no_test": "whose test is not one",
}
