"""Inputs for procedural programs: edge cases, then random ones, within the bounds that the reads declare."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np

from codegym.problems.procedural import program as ir

_WORDS = tuple(
    (  # noqa: SIM905  # a list of fifty literals says no more
        "apple banana cherry stone river level noon amber cloud radar delta echo forest garden house "
        "island jungle kayak lemon mango night ocean piano queen robot sun table under violet winter "
        "yellow zebra a to be tea map pen go sea ink civic small bright letter green"
    ).split()  # a list of fifty literals says no more
)
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_CHARACTERS: dict[str, str] = {
    "lower": _LETTERS,
    "letters": _LETTERS + _LETTERS.upper(),
    "digits": "0123456789",
    "bits": "01",
    "brackets": "()[]{}",
    "mixed": _LETTERS + _LETTERS.upper() + "0123456789",
    "moves": "UDLR",
}

Size = Literal["low", "high", "random"]
"""Whether bounded quantities take their least value, their greatest, or any."""


def draw_inputs(program: ir.Program, generator: np.random.Generator) -> Iterator[str]:
    """Yields inputs for a program without end: the smallest, the largest, then random ones."""
    yield _draw(program, generator, "low")
    yield _draw(program, generator, "high")
    while True:
        yield _draw(program, generator, "random")


def _draw(program: ir.Program, generator: np.random.Generator, size: Size) -> str:
    reads = [statement for statement in program.main if isinstance(statement, ir.Read)]
    known: dict[str, int] = {}
    lines: list[str] = []
    for read in reads:
        match read:
            case ir.ReadInts(names, low, high):
                values = [_integer(generator, low, high, size) for _ in names]
                known.update(zip(names, values, strict=True))
                lines.append(" ".join(map(str, values)))
            case ir.ReadFloats(names, low, high, decimals):
                scale = 10**decimals
                lines.append(
                    " ".join(_decimal(_integer(generator, low * scale, high * scale, size), decimals) for _ in names)
                )
            case ir.ReadArray(_, count, low, high, ascending, _, decimals):
                scale = 10**decimals
                items = generator.integers(low * scale, high * scale + 1, _count(count, known)).tolist()
                lines.append(" ".join(_decimal(item, decimals) for item in (sorted(items) if ascending else items)))
            case ir.ReadWords(_, count):
                lines.append(_sentence(generator, _count(count, known)))
            case ir.ReadGrid(_, rows, columns, low, high):
                shape = (_count(rows, known), _count(columns, known))
                grid = generator.integers(low, high + 1, shape).tolist()
                lines.extend(" ".join(map(str, row)) for row in grid)
            case ir.ReadRecords():
                lines.extend(_records(read, program.fields(read.type.item), generator, _count(read.count, known)))
            case ir.ReadLine(_, alphabet, low, high):
                length = _integer(generator, low, high, size)
                lines.append(_line(generator, alphabet, length))
    return "".join(f"{line}\n" for line in lines)


def _integer(generator: np.random.Generator, low: int, high: int, size: Size) -> int:
    if size == "low":
        return low
    return high if size == "high" else int(generator.integers(low, high + 1))


def _decimal(value: int, decimals: int) -> str:
    """Returns `value` / 10^`decimals` with as many decimals."""
    return f"{value / 10**decimals:.{decimals}f}"


def _records(
    read: ir.ReadRecords, fields: Sequence[ir.Parameter], generator: np.random.Generator, count: int
) -> list[str]:
    lines = []
    for _ in range(count):
        words = []
        for field in fields:
            if field.type == ir.STR:
                words.append(_sentence(generator, 1))
            else:
                decimals = read.decimals if field.type == ir.FLOAT else 0
                scale = 10**decimals
                words.append(_decimal(int(generator.integers(read.low * scale, read.high * scale + 1)), decimals))
        lines.append(" ".join(words))
    return lines


def _count(count: ir.Expression, known: dict[str, int]) -> int:
    if isinstance(count, ir.Constant):
        return int(count.value)
    if isinstance(count, ir.Variable):
        return known[count.name]
    raise TypeError("How much is read is a constant or a number that was read before.")


def _sentence(generator: np.random.Generator, count: int) -> str:
    return " ".join(_WORDS[index] for index in generator.integers(len(_WORDS), size=count).tolist())


def _line(generator: np.random.Generator, alphabet: ir.Alphabet, length: int) -> str:
    if alphabet == "words":
        return _sentence(generator, length)
    if alphabet == "brackets":
        return _brackets(generator, length)
    characters = _CHARACTERS[alphabet]
    # Few different characters on half of the lines, so that repetitions and runs occur.
    if generator.random() < 0.5:
        characters = "".join(characters[i] for i in generator.integers(len(characters), size=3).tolist())
    line = "".join(characters[index] for index in generator.integers(len(characters), size=length).tolist())
    if alphabet in ("lower", "letters", "bits") and generator.random() < 0.3:
        line = line[: (length + 1) // 2] + line[: length // 2][::-1]
    return line


def _brackets(generator: np.random.Generator, length: int) -> str:
    closing = {"(": ")", "[": "]", "{": "}"}
    line, waiting = "", ""
    while len(line) < length:
        remaining = length - len(line)
        if waiting and (remaining <= len(waiting) or generator.random() < 0.5):
            line, waiting = line + closing[waiting[-1]], waiting[:-1]
        else:
            opening = "([{"[int(generator.integers(3))]
            line, waiting = line + opening, waiting + opening
    if length and generator.random() < 0.4:
        position = int(generator.integers(length))
        line = line[:position] + "()[]{}"[int(generator.integers(6))] + line[position + 1 :]
    return line
