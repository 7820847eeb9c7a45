"""Where in an answer the compiler's first error is."""

from __future__ import annotations

import itertools
import re
from bisect import bisect_right
from collections.abc import Sequence

from codegym.types import Grade

_LEXEME = re.compile(r"\w+|.")


def locate_error(prefix: bytes, pieces: Sequence[bytes], grade: Grade) -> int | None:
    """Returns the place of the token at which a program was beyond repair, as far as its compiler can tell.

    That is the token in which the lexeme ends that the first error points at; where a compiler says no more than the
    line, the token in which the line ends.

    Args:
        prefix: The program text before the answer.
        pieces: The bytes that each token of the answer wrote.
        grade: The verdict on the program.

    Returns:
        An index into `pieces`; None if the program compiles, if there is no verdict, if the compiler does not say
        where, or if it points at text that is not the answer's.
    """
    error = next((one for one in grade.diagnostics if one.severity == "error" and one.line > 0), None)
    if grade.compiled or not grade.valid or error is None:
        return None
    lines = (prefix + b"".join(pieces)).splitlines(keepends=True)
    if error.line > len(lines):
        return None
    line = lines[error.line - 1].decode("utf-8", "replace")
    lexeme = _LEXEME.match(line, error.column - 1) if error.column else None
    end = sum(map(len, lines[: error.line - 1])) + len(line[: lexeme.end() if lexeme else None].encode())
    starts = list(itertools.accumulate(map(len, pieces), initial=len(prefix)))
    place = bisect_right(starts, end - 1) - 1  # the token that wrote the error's last byte
    return place if 0 <= place < len(pieces) else None
