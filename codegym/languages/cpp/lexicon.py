"""What the lexemes of C++ look like."""

from __future__ import annotations

from codegym.languages.c.lexicon import OPAQUE, RESERVED, TYPES, directive
from codegym.structure.lexicon import Lexicon, Quoted

LEXICON = Lexicon(
    identifiers=("identifier",),
    numbers=("number_literal", "pure_virtual_clause_token1"),
    strings=(('"', '"'), ('""', "identifier"), ('""',)),
    characters=(("'", "character", "'"),),
    quoted=(
        *(
            Quoted(prefix + quote, quote, character=quote == b"'")
            for prefix in (b"", b"L", b"u", b"U", b"u8")
            for quote in (b'"', b"'")
        ),
        *(Quoted(prefix + b'R"', b"", "none", lines=True) for prefix in (b"", b"L", b"u", b"U", b"u8")),
    ),
    words={
        "true": ("true",),
        "false": ("false",),
        "auto": ("auto",),
        "this": ("this",),
        "typeid": ("sizeof",),
        "new": ("sizeof",),
        **dict.fromkeys((*TYPES, "long", "short", "unsigned", "signed"), ("primitive_type",)),
    },
    reserved=frozenset(
        {*RESERVED, "class", "template", "typename", "namespace", "public", "private", "protected", "new", "delete"}
        | {"try", "catch", "throw", "this", "using", "operator", "virtual", "friend"}
    ),
    before_type=frozenset({"new"}),
    opaque=OPAQUE | {"export", "module", "import", "reflexpr"},
    word_bytes=b"$",
    suffixes=b"uUlLfFzZ_",
    digit_separators=b"'",
    word_behind_text=True,
    directive=directive,
    continued=True,
)
