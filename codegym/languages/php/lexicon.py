"""What the lexemes of PHP look like."""

from __future__ import annotations

from codegym.structure.lexicon import Lexicon, Quoted, words

_HOLES = (b"{$", b"${")
_TYPES = ("bottom_type", *(f"primitive_type_token{number}" for number in range(1, 7)))
_CASTS = tuple(f"cast_type_token{number}" for number in range(1, 13))

LEXICON = Lexicon(
    identifiers=("name",),
    numbers=("integer", "float"),
    strings=(("'", "'"), ('"', '"')),
    quoted=(
        Quoted(b"'", b"'", lines=True),
        Quoted(b'"', b'"', lines=True, holes=_HOLES),
        Quoted(b"`", b"`", lines=True, holes=_HOLES),
        Quoted(b"<<<", b"", "none", lines=True),
    ),
    words={
        **dict.fromkeys(words("callable iterable void mixed false null true"), _TYPES),
        **dict.fromkeys(words("binary boolean double integer object real unset"), _CASTS),
        **dict.fromkeys(words("array bool float int string"), (*_TYPES, *_CASTS)),
        "never": ("bottom_type",),
        "var": ("var_modifier",),
    },
    signs={"?>": ()},
    reserved=frozenset(
        words(
            "if else elseif for foreach while do switch case default break continue return throw try catch "
            "finally new class interface function echo extends implements"
        )
    ),
    reserved_with="!",
    line_comments=(b"//", b"#"),
    folds_case=True,
    tag=b"<?php",
)
