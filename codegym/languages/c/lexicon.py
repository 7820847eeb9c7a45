"""What the lexemes of C look like."""

from __future__ import annotations

import re
from typing import Final

from codegym.structure.lexicon import Directive, Lexicon, Quoted, words

TYPES: Final = words(
    "bool char int float double void size_t ssize_t ptrdiff_t intptr_t uintptr_t charptr_t nullptr_t "
    "max_align_t int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t uint64_t char8_t char16_t "
    "char32_t char64_t"
)

RESERVED: Final = words(
    "if else for while do switch case default break continue return goto sizeof typedef struct union enum "
    "extern static const volatile register int char float double void signed unsigned long short"
)

# A macro for a number, a text, a name or a value in brackets is what its name stands for: an expression or a type.
_PLAIN_MACRO: Final = re.compile(
    rb"""\s*define\s+\w+(\s+(-?[\w.]+|"([^"\\]|\\.)*"|'([^'\\]|\\.)*'|\([\s\w.+\-*/%<>&|^~]*\)|(long\s+)+(int|double)?|"""
    rb"""unsigned(\s+(long|int|char|short))*))?\s*(//.*|/\*.*\*/\s*)?""",
    re.DOTALL,
)
_STATEMENT_WORD: Final = re.compile(
    rb"\b(if|else|for|while|do|switch|case|default|break|continue|return|goto|const|static|struct|typedef|public|private|"
    rb"class|template|using|namespace|operator|virtual|inline|auto|register|extern|enum|union)\b"
)


# Headers whose macros do not change how a program is read; any other may define what it likes.
_PLAIN_HEADER: Final = re.compile(
    rb"\w+|bits/stdc\+\+\.h|ext/pb_ds/\w+\.hpp|sys/(types|time|stat|wait|resource|mman)\.h|"
    rb"(assert|ctype|errno|fenv|float|inttypes|limits|locale|math|setjmp|signal|stdarg|stdbool|stddef|stdint|stdio|stdlib|"
    rb"string|time|wchar|wctype|unistd|fcntl|pthread|semaphore|strings|alloca|malloc|memory|values|omp|stdnoreturn)\.h"
)

OPAQUE: Final = frozenset(
    words(
        "va_arg typeof __typeof__ __typeof typeof_unqual _Complex __complex__ __real__ __imag__ __label__ "
        "_BitInt __builtin_va_arg __builtin_types_compatible_p __builtin_offsetof __extension__ __attribute__ "
        "__declspec"
    )
)


def _plain_header(line: bytes) -> bool:
    found = re.match(rb"\s*include(?:_next)?\s*<([^>]*)>", line)
    return bool(found and _PLAIN_HEADER.fullmatch(found[1]))


def directive(line: bytes) -> Directive:
    """Returns what a directive does to the lines behind it: macros and conditions can make anything of them."""
    parts = re.split(rb"[^a-z_]", line.strip(), maxsplit=1)
    match parts[0]:
        case b"define":
            plain = _PLAIN_MACRO.fullmatch(line) and not _STATEMENT_WORD.search(line)
            return "nothing" if plain else "unknown"
        case word if word.startswith(b"include"):
            return "nothing" if _plain_header(line) else "unknown"
        case b"if" | b"ifdef" | b"ifndef" | b"elif" | b"else":
            return "unknown"
    return "nothing"


LEXICON = Lexicon(
    identifiers=("identifier",),
    numbers=("number_literal",),
    strings=(('"', '"'),),
    characters=(("'", "character", "'"),),
    quoted=tuple(
        Quoted(prefix + quote, quote, character=quote == b"'")
        for prefix in (b"", b"L", b"u", b"U", b"u8")
        for quote in (b'"', b"'")
    ),
    words={"true": ("true",), "false": ("false",), **dict.fromkeys(TYPES, ("primitive_type",))},
    reserved=frozenset(RESERVED),
    opaque=OPAQUE,
    word_bytes=b"$",
    suffixes=b"uUlLfFiIjJdDwWbB0123456789",
    digit_separators=b"'",
    word_behind_text=True,
    directive=directive,
    continued=True,
)
