"""What the lexemes of Python look like."""

from __future__ import annotations

from itertools import permutations, product

from codegym.structure.lexicon import Lexicon, Quoted, words


def _spellings(letters: str) -> list[bytes]:
    """Returns the letters in any order, in upper and in lower case."""
    orders = ["".join(order) for order in permutations(letters)]
    return [
        "".join(spelt).encode()
        for order in orders
        for spelt in product(*((letter, letter.upper()) for letter in order))
    ]


_QUOTED = tuple(
    Quoted(prefix + quote, quote, lines=len(quote) == 3, holes=(b"{",) if b"f" in prefix.lower() else (), formats=True)
    for letters in ("", "r", "b", "u", "f", "rb", "rf")
    for prefix in _spellings(letters)
    for quote in (b'"', b"'", b'"""', b"'''")
)

LEXICON = Lexicon(
    identifiers=("identifier",),
    numbers=("integer", "float"),
    strings=(("string_start", "string_end"),),
    quoted=_QUOTED,
    words={"True": ("true",), "False": ("false",), "None": ("none",)},
    signs={"...": ("ellipsis",)},
    reserved=frozenset(
        words(
            "False None True and as assert async await break class continue def del elif else except finally for "
            "from global if import in is lambda nonlocal not or pass raise return try while with yield"
        )
    ),
    excluded=frozenset({"print", "exec", "<>"}),
    suffixes=b"jJ",
    word_behind_number=True,
    line_comments=(b"#",),
    block_comments=False,
    continued=True,
    indented=True,
)
