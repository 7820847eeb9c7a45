"""Follows a text in quotation marks, byte by byte, to its end."""

from __future__ import annotations

from typing import Final, NamedTuple

from codegym.structure.lexicon import Quoted

_HEX: Final = frozenset(b"0123456789abcdefABCDEF{}")
_WORD: Final = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") | frozenset(
    range(0x80, 256)
)
_CLOSES: Final = {0x29: 0x28, 0x5D: 0x5B}
_NEWLINE, _BACKSLASH, _OPEN, _CLOSE, _COLON, _QUOTE, _DOUBLE = b"\n\\{}:'\""
_LONG: Final = {0x74: _QUOTE, 0x54: _DOUBLE}
_RAW_PREFIX: Final = frozenset(b"@rR")
_LONGEST_DELIMITER: Final = 16


class Inside(NamedTuple):
    """A place inside of a text.

    Attributes:
        kind: What is expected: `"text"`, `"escape"` behind a backslash, `"closing"` behind a part of the closing,
            `"character"` behind a whole character, `"code"` in a hole, `"delimiter"` where the text itself says how it
            ends, `"raw"` behind that.
        seen: The bytes that decide what comes next: what has been read of the closing, the brackets that are open in a
            hole (a colon for a format, a quotation mark for a text), the delimiter.
        more: Further such bytes.
    """

    kind: str = "text"
    seen: bytes = b""
    more: bytes = b""


ENDED: Final = Inside("ended")
"""The byte was the last one of the text."""

ENDED_BEFORE: Final = Inside("ended before")
"""The text has ended before the byte, which belongs to what follows."""

START: Final = Inside()
DELIMITED: Final = Inside("delimiter")


def is_code(inside: Inside) -> bool:
    """Returns whether a place is in a hole."""
    return inside.kind == "code"


def start_of(quoted: Quoted) -> Inside:
    """Returns the place behind the opening."""
    return START if quoted.closing else DELIMITED


def advance(quoted: Quoted, inside: Inside, byte: int) -> Inside | None:
    """Returns the place behind one byte more; None where the byte cannot stand there."""
    match inside.kind:
        case "code":
            return _in_code(quoted, inside, byte)
        case "delimiter" | "raw" | "line":
            return _heredoc(inside, byte) if quoted.opening == b"<<<" else _raw(inside, byte)
        case "escape":
            if quoted.escapes and byte not in quoted.escapes:
                return None
            return Inside("character", b"\\") if quoted.character else START
        case "character":
            return _behind_character(quoted, inside, byte)
        case "hole":
            if byte == quoted.holes[0][0] and len(quoted.holes[0]) == 1:
                return START  # written twice, it stands for itself
            if len(inside.seen) == 1 and any(len(hole) == 1 for hole in quoted.holes):
                return _in_code(quoted, Inside("code", inside.seen), byte)
            if inside.seen + bytes([byte]) in quoted.holes:
                return Inside("code", b"{")
            return _in_text(quoted, START, byte)
    return _in_text(quoted, inside, byte)


def _in_text(quoted: Quoted, inside: Inside, byte: int) -> Inside | None:
    closing = quoted.closing
    seen = inside.seen if inside.kind == "closing" else b""
    if seen and quoted.escape == "doubled" and len(closing) == 1:
        return START if byte == closing[0] else ENDED_BEFORE
    if byte == closing[len(seen)]:
        if len(seen) + 1 < len(closing) or quoted.escape == "doubled":
            return Inside("closing", closing[: len(seen) + 1])
        return None if quoted.character else ENDED
    if byte == _BACKSLASH and quoted.escape == "backslash":
        return Inside("escape")
    if byte == _NEWLINE and not quoted.lines:
        return None
    if quoted.character:
        return Inside("character", bytes([byte]))
    if any(hole[0] == byte for hole in quoted.holes):
        return Inside("hole", bytes([byte]))
    return START


def _behind_character(quoted: Quoted, inside: Inside, byte: int) -> Inside | None:
    if byte == quoted.closing[0]:
        return ENDED
    if byte == _NEWLINE:
        return None
    if not quoted.single:
        return Inside("escape") if byte == _BACKSLASH else inside
    escaped, several = inside.seen == b"\\", inside.seen[0] >= 0x80
    return inside if (escaped and (byte in _HEX or byte == 0x75)) or (several and 0x80 <= byte < 0xC0) else None


def _in_code(quoted: Quoted, inside: Inside, byte: int) -> Inside | None:
    """Follows the code in a hole: `seen` is the stack of what is open there."""
    open_ones, before = inside.seen, inside.more
    top = open_ones[-1]
    if top in (_QUOTE, _DOUBLE):
        escaped = before == b"\\"
        if byte == top and not escaped:
            return Inside("code", open_ones[:-1], b"e" + open_ones[-1:] if before == b"0" else b"")
        return Inside("code", open_ones, b"\\" if byte == _BACKSLASH and not escaped and before != b"@" else b"")
    if top in _LONG:
        quote = _LONG[top]
        closed = len(before) if byte == quote else 0
        if closed == 2:
            return Inside("code", open_ones[:-1])
        return Inside("code", open_ones, bytes([quote]) * (closed + 1) if byte == quote else b"")
    if top == _COLON:
        if byte == _CLOSE:
            return Inside("code", open_ones[:-2]) if len(open_ones) > 2 else START
        if byte == quoted.closing[0] and len(quoted.closing) == 1 and quoted.escape != "doubled":
            return None
        return Inside("code", open_ones + b"{") if byte == _OPEN else inside
    if byte in (_QUOTE, _DOUBLE):
        if before == b"e" + bytes([byte]):  # behind an empty text: a long one
            return Inside("code", open_ones + (b"t" if byte == _QUOTE else b"T"))
        return Inside("code", open_ones + bytes([byte]), b"@" if before == b"@" else b"0")
    if byte in b"([":
        return Inside("code", open_ones + bytes([byte]))
    if byte == _OPEN:
        return Inside("code", open_ones + b"d")
    if byte in _CLOSES:
        return Inside("code", open_ones[:-1]) if top == _CLOSES[byte] else None
    if byte == _CLOSE:
        if top not in b"{d":
            return None
        return Inside("code", open_ones[:-1]) if len(open_ones) > 1 else START
    if byte == _COLON and top == _OPEN and quoted.formats:
        return Inside("code", open_ones + b":")
    return Inside("code", open_ones, b"@" if byte in _RAW_PREFIX else b"")


def _raw(inside: Inside, byte: int) -> Inside | None:
    """Follows C++'s raw strings: `seen` is the closing, `more` what has been read of it."""
    if inside.kind == "delimiter":
        if byte == 0x28:
            return Inside("raw", b")" + inside.seen + b'"')
        if byte in b' )\\\t\n"' or len(inside.seen) == _LONGEST_DELIMITER:
            return None
        return Inside("delimiter", inside.seen + bytes([byte]))
    read = inside.more + bytes([byte])
    while not inside.seen.startswith(read):
        read = read[1:]
    return ENDED if read == inside.seen else Inside("raw", inside.seen, read)


def _heredoc(inside: Inside, byte: int) -> Inside | None:
    """Follows PHP's heredocs: `seen` is the label, `more` the line so far as long as it could be the label."""
    label, line = inside.seen, inside.more
    if inside.kind == "delimiter":
        if byte == _NEWLINE:
            name = label.strip(b" \t\r'\"")
            return Inside("line", name) if name else None
        return Inside("delimiter", label + bytes([byte])) if byte in _WORD or byte in b" \t\r'\"" else None
    if inside.kind == "raw":
        return Inside("line", label) if byte == _NEWLINE else inside
    if line == label and byte not in _WORD:
        return ENDED_BEFORE
    if byte == _NEWLINE:
        return Inside("line", label)
    if not line and byte in b" \t":
        return inside
    longer = line + bytes([byte])
    return Inside("line", label, longer) if label.startswith(longer) else Inside("raw", label)
