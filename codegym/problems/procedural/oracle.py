"""The oracle for inputs that somebody made up: which ones a problem allows, and what a right program prints for them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, final

from codegym.problems.procedural import program as ir
from codegym.problems.procedural import program_of
from codegym.problems.procedural.interpreter import ExecutionError, Interpreter

_ALPHABETS: Final[dict[ir.Alphabet, str]] = {
    "lower": "[a-z]",
    "letters": "[A-Za-z]",
    "digits": "[0-9]",
    "bits": "[01]",
    "brackets": r"[()\[\]{}]",
    "mixed": "[A-Za-z0-9]",
    "moves": "[UDLR]",
}
_WORD: Final = re.compile("[a-z]{1,20}")
_DIGITS: Final = 15
"""A number with more digits is outside of all bounds."""


@final
class Oracle:
    """The program of a procedural problem, as a judge of inputs.

    An input is valid if it says exactly what the problem's statement says, in the one way in which its numbers are
    written (no sign or zero too many, single spaces, a line feed behind every line), and if what the program does with
    it is defined in all languages.

    Args:
        problem_id: Id of the problem.

    Raises:
        ConfigurationError: It is not the id of a procedural problem.
    """

    def __init__(self, problem_id: str) -> None:
        self._program = program_of(problem_id)
        self._interpreter = Interpreter(self._program)

    def __call__(self, stdin: str) -> str | None:
        """Returns what a right program prints for an input, or None if the input is not valid."""
        if not is_well_formed(self._program, stdin):
            return None
        try:
            return self._interpreter(stdin)
        except ExecutionError:
            return None


def is_well_formed(program: ir.Program, stdin: str) -> bool:
    """Whether an input is what the program's reads declare, to the letter."""
    *lines, rest = stdin.split("\n")
    remaining = iter(lines)
    known: dict[str, int] = {}
    reads = (statement for statement in program.main if isinstance(statement, ir.Read))
    return all(_reads(program, read, remaining, known) for read in reads) and not rest and next(remaining, None) is None


def _reads(program: ir.Program, read: ir.Read, lines: Iterator[str], known: dict[str, int]) -> bool:
    """Whether the next lines are what one read declares; integers that were read are added to `known`."""
    match read:
        case ir.ReadInts(names, low, high):
            numbers = next(lines, "")
            if not _are_numbers(numbers, len(names), low, high):
                return False
            known.update(zip(names, map(int, numbers.split(" ")), strict=True))
            return True
        case ir.ReadFloats(names, low, high, decimals):
            return _are_numbers(next(lines, ""), len(names), low, high, decimals)
        case ir.ReadArray(_, count, low, high, ascending, _, decimals):
            line = next(lines, None)
            if line is None or not _are_numbers(line, _count(count, known), low, high, decimals):
                return False
            values = [float(word) for word in line.split()]
            return not ascending or values == sorted(values)
        case ir.ReadWords(_, count):
            return _are_words(next(lines, None), *[_count(count, known)] * 2)
        case ir.ReadGrid(_, rows, columns, low, high):
            width = _count(columns, known)
            grid = [next(lines, None) for _ in range(_count(rows, known))]
            return all(row is not None and _are_numbers(row, width, low, high) for row in grid)
        case ir.ReadRecords():
            fields = program.fields(read.type.item)
            records = [next(lines, None) for _ in range(_count(read.count, known))]
            return all(record is not None and _is_record(record, fields, read) for record in records)
        case ir.ReadLine(_, "words", low, high):
            return _are_words(next(lines, None), low, high)
        case ir.ReadLine(_, alphabet, low, high):
            line = next(lines, None)
            return line is not None and re.fullmatch(f"{_ALPHABETS[alphabet]}{{{low},{high}}}", line) is not None


def _are_numbers(line: str, count: int, low: int, high: int, decimals: int = 0) -> bool:
    words = line.split(" ") if line else []
    return len(words) == count and all(_is_number(word, low, high, decimals) for word in words)


def _is_number(word: str, low: int, high: int, decimals: int) -> bool:
    fraction = rf"\.[0-9]{{{decimals}}}" if decimals else ""
    if len(word) > _DIGITS or not re.fullmatch(f"-?(0|[1-9][0-9]*){fraction}", word, re.ASCII):
        return False
    scale, value = 10**decimals, int(word.replace(".", ""))
    return low * scale <= value <= high * scale and not (value == 0 and word.startswith("-"))


def _are_words(line: str | None, fewest: int, most: int) -> bool:
    if line is None:
        return False
    words = line.split(" ") if line else []
    return fewest <= len(words) <= most and all(_WORD.fullmatch(word) for word in words)


def _is_record(line: str, fields: tuple[ir.Parameter, ...], read: ir.ReadRecords) -> bool:
    words = line.split(" ")
    return len(words) == len(fields) and all(
        _WORD.fullmatch(word) is not None
        if field.type == ir.STR
        else _is_number(word, read.low, read.high, read.decimals if field.type == ir.FLOAT else 0)
        for word, field in zip(words, fields, strict=True)
    )


def _count(count: ir.Expression, known: dict[str, int]) -> int:
    if isinstance(count, ir.Constant):
        return int(count.value)
    assert isinstance(count, ir.Variable), "how much is read is a constant or a number that was read before"
    return known[count.name]
