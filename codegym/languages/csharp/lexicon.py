"""What the lexemes of C# look like."""

from __future__ import annotations

from codegym.structure.lexicon import Directive, Lexicon, Quoted, words

_ESCAPES = b"'\"\\0abefnrtvuUx\n\r"


def directive(line: bytes) -> Directive:
    """Returns what a directive does to the lines behind it: conditions can hide them."""
    parts = line.replace(b"(", b" ").replace(b"!", b" ").split(None, 1)
    return "unknown" if parts and parts[0] in (b"if", b"elif", b"else") else "nothing"


LEXICON = Lexicon(
    identifiers=("_identifier_token",),
    numbers=("integer_literal", "real_literal"),
    strings=(('"', '"'), ("verbatim_string_literal",)),
    characters=(("'", "character_literal_content", "'"),),
    quoted=(
        Quoted(b'"', b'"', escapes=_ESCAPES),
        Quoted(b'@"', b'"', "doubled", lines=True),
        Quoted(b'$"', b'"', escapes=_ESCAPES, holes=(b"{",), formats=True),
        Quoted(b'$@"', b'"', "doubled", lines=True, holes=(b"{",), formats=True),
        Quoted(b'@$"', b'"', "doubled", lines=True, holes=(b"{",), formats=True),
        Quoted(b'"""', b'"""', "none", lines=True),
        Quoted(b'$"""', b'"""', "none", lines=True, holes=(b"{",), formats=True),
        Quoted(b"'", b"'", escapes=_ESCAPES, character=True, single=True),
    ),
    words={
        **dict.fromkeys(
            words(
                "bool byte char decimal double dynamic float int long nint nuint object sbyte short string uint ulong "
                "ushort void"
            ),
            ("predefined_type",),
        ),
        "null": ("null_literal",),
        "_": ("discard",),
    },
    signs={";": ("_optional_semi",)},
    reserved=frozenset(
        words(
            "if else for foreach while do switch case default break continue return throw try catch finally new "
            "class interface struct public private protected internal static const readonly abstract override "
            "virtual using namespace int long double float char bool byte short void this base null true false in "
            "is as out ref lock enum string object"
        )
    ),
    silent=("_optional_semi",),
    verbatim=b"@",
    suffixes=b"uUlLfFdDmM",
    directive=directive,
    openings=(b"", b"class C {"),
    endings=(b"\npublic int End { get; set; } }", b"\npublic int End { get; set; } } }"),
)
