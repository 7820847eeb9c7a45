"""Whether a program printed what it should have: the comparison that programming contests use."""

from __future__ import annotations

import math


def same_output(expected: str, printed: str, tolerance: float | None = None) -> bool:
    """Returns whether two outputs are the same but for white space at the ends of lines and of the output.

    With a tolerance, they are taken word by word: words that are both numbers may differ by that much, absolutely or
    relative to the expected one; all others must be the same.
    """
    if tolerance is None:
        return _lines(expected) == _lines(printed)
    words, others = expected.split(), printed.split()
    return len(words) == len(others) and all(
        _same_word(word, other, tolerance) for word, other in zip(words, others, strict=True)
    )


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.rstrip().split("\n")]


def _same_word(expected: str, printed: str, tolerance: float) -> bool:
    if expected == printed:
        return True
    try:
        wanted, got = float(expected), float(printed)
    except ValueError:
        return False
    return math.isfinite(got) and abs(got - wanted) <= tolerance * max(1.0, abs(wanted))
