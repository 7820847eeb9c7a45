"""Which tokens can be part of a program at all, as the text stands."""

from __future__ import annotations

import codecs
import re
from typing import Final, final

import numpy as np
from numpy.typing import NDArray

from codegym.envs.episode import TokenTable

# No compiler takes them for anything but a mistake; tab, line feed, form feed and carriage return are white space.
_CONTROL: Final = re.compile(rb"[\x00-\x08\x0b\x0e-\x1f\x7f]")

_LONGEST_TAIL: Final = 3


@final
class TextMask:
    """Masks tokens that cannot continue a text: special tokens, control characters, and what is not UTF-8.

    A token may hold a part of a character, and then only the rest of that character can follow. Every program that is
    UTF-8 without control characters can be written with unmasked tokens alone.

    Args:
        vocabulary: The tokens.
    """

    def __init__(self, vocabulary: TokenTable) -> None:
        self._vocabulary = vocabulary
        self._known: dict[bytes, NDArray[np.bool_]] = {}

    def after(self, text: bytes) -> NDArray[np.bool_]:
        """Returns (vocabulary_size,) which tokens can follow a text, read-only."""
        tail = _tail(text)
        if tail not in self._known:
            mask = np.array([self._follows(token, tail) for token in range(self._vocabulary.vocabulary_size)], np.bool_)
            # The end is in place behind whole characters, and where nothing else is left.
            mask[self._vocabulary.end_id] = not tail or not mask.any()
            mask.setflags(write=False)
            self._known[tail] = mask
        return self._known[tail]

    def _follows(self, token: int, tail: bytes) -> bool:
        piece = self._vocabulary.token_bytes(token)
        if not self._vocabulary.legal[token] or not piece or _CONTROL.search(piece):
            return False
        try:
            codecs.getincrementaldecoder("utf-8")().decode(tail + piece)
        except UnicodeDecodeError:
            return False
        return True


def _tail(text: bytes) -> bytes:
    """Returns the bytes at the end of a text that begin a character; nothing if it is not UTF-8 there."""
    for length in range(1, min(len(text), _LONGEST_TAIL) + 1):
        tail = text[-length:]
        if tail[0] >= 0xC0:  # the first byte of a character of several
            try:
                whole = codecs.getincrementaldecoder("utf-8")().decode(tail)
            except UnicodeDecodeError:
                return b""
            return b"" if whole else tail
        if tail[0] < 0x80:
            return b""
    return b""
