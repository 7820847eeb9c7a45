"""What the lexemes of Java look like."""

from __future__ import annotations

from codegym.structure.lexicon import Lexicon, Quoted, words

_ESCAPES = b"btnfrs\"'\\01234567u\n\r"

LEXICON = Lexicon(
    identifiers=("identifier",),
    numbers=(
        "decimal_integer_literal",
        "hex_integer_literal",
        "octal_integer_literal",
        "binary_integer_literal",
        "decimal_floating_point_literal",
        "hex_floating_point_literal",
    ),
    strings=(('"', '"'),),
    characters=(("character_literal",),),
    quoted=(
        Quoted(b'"', b'"', escapes=_ESCAPES),
        Quoted(b'"""', b'"""', lines=True, escapes=_ESCAPES),
        Quoted(b"'", b"'", escapes=_ESCAPES, character=True, single=True),
    ),
    words={
        "true": ("true",),
        "false": ("false",),
        "null": ("null_literal",),
        "_": ("underscore_pattern",),
        "boolean": ("boolean_type",),
        "void": ("void_type",),
        "this": ("this",),
        "super": ("super",),
    },
    reserved=frozenset(
        words(
            "if else for while do switch case default break continue return throw throws try catch finally new "
            "class interface extends implements import package public private protected static final abstract "
            "instanceof int long double float char boolean byte short void this super true false null "
            "synchronized enum assert"
        )
    ),
    # What is assigned to may stand in brackets, which the grammar allows in a comparison only.
    signs=dict.fromkeys(words("= += -= *= /= %= &= |= ^= <<= >>= >>>="), ("==",)),
    excluded=frozenset({"\\{"}),
    word_bytes=b"$",
    suffixes=b"lLfFdD",
    endings=(b"\nstatic void end() {} }",),
)
