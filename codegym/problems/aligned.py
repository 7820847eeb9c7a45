"""Data sets that are text files whose lines belong together: line i of one file and line i of another."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import zip_longest
from pathlib import Path

from codegym.errors import DataError
from codegym.problems.records import Record, text_lines


def aligned_lines(endings: Mapping[str, str]) -> Callable[[Path], Iterator[Record]]:
    """Returns a reader for `codegym.problems.records.Origin`: a record holds line i of each file.

    Args:
        endings: How the files' names end, without `.gz`, by the name of the field that a file's lines become. The
            reader is given the first of the files, and finds the others beside it.
    """
    first = next(iter(endings.values()))

    def read(file: Path) -> Iterator[Record]:
        packed = ".gz" if file.suffix == ".gz" else ""
        stem = file.name.removesuffix(packed)
        if not stem.endswith(first):
            raise DataError(f"{file}: the name does not end in {first!r}, so nothing says which file belongs to it.")
        files = {field: file.with_name(stem.removesuffix(first) + ending + packed) for field, ending in endings.items()}
        columns = zip_longest(*(text_lines(column) for column in files.values()))
        for number, lines in enumerate(columns, start=1):
            for column, line in zip(files.values(), lines, strict=True):
                if line is None:
                    raise DataError(f"{column}, line {number}: it is missing; line i of both files belongs together.")
            yield Record(dict(zip(files, lines, strict=True)), f"{file.name}, line {number}")

    return read
