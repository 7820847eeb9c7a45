"""What a language's lexemes look like, and which terminals of its grammar they stand for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal as OneOf

Escape = OneOf["backslash", "doubled", "none"]
"""How a quotation mark is written inside of a text: after a backslash, twice, or not at all."""


@dataclass(frozen=True)
class Quoted:
    """One way to write a text.

    Attributes:
        opening: What it begins with; all letters as they are written.
        closing: What it ends with. Empty: what the opening of a raw string of C++ or of a heredoc says.
        escape: How the closing is written inside of it.
        lines: Whether it may have several lines.
        holes: What begins a piece of code inside of it.
        formats: Whether a colon in such a piece begins a format, which is text again.
        escapes: What may follow a backslash; empty: anything.
        character: Whether it is one character, and not a string; C's may have several.
        single: Whether a character is exactly one.
    """

    opening: bytes
    closing: bytes
    escape: Escape = "backslash"
    lines: bool = False
    holes: tuple[bytes, ...] = ()
    formats: bool = False
    escapes: bytes = b""
    character: bool = False
    single: bool = False


Directive = OneOf["nothing", "unknown"]
"""What a line for a preprocessor does to the program: nothing, or nobody knows."""


def words(text: str) -> tuple[str, ...]:
    """Returns the words of a text."""
    return tuple(text.split())


@dataclass(frozen=True)
class Lexicon:
    """The lexemes of one language.

    The grammar's terminals that are words or signs stand for themselves. They may allow too much, never too little.

    Attributes:
        identifiers: Terminals that a name can be.
        numbers: Terminals that a number can be.
        strings: What a text can be: several terminals, one after the other; the shortest text is enough.
        characters: The same of a character; empty where texts in single quotes are strings.
        quoted: The ways to write texts and characters.
        words: Terminals that words stand for, where these do not have the words' own names.
        signs: The same of signs.
        reserved: Words that are never names.
        reserved_with: A terminal: where it cannot come next, no word is reserved; empty: they are reserved everywhere.
        opaque: Words behind which nothing is known of a program: what they are followed by is not in the grammar.
        before_type: Words behind which a type with stars makes a value, which the grammar does not know.
        excluded: Terminals of the grammar that the language does not have any more.
        silent: Terminals that may stand for no text.
        word_bytes: Bytes that are part of words, besides letters, digits, `_` and all that is not ASCII.
        verbatim: A sign that makes a name of the word behind it.
        suffixes: Letters that may stand behind a number.
        digit_separators: Bytes that may stand between digits.
        word_behind_number: Whether a word may follow a number at once.
        word_behind_text: Whether letters that follow a text at once are part of it.
        line_comments: What a comment to the end of the line begins with.
        block_comments: Whether there are comments between `/*` and `*/`.
        directive: What a line that begins with `#` does; None: there are no such lines.
        continued: Whether a backslash at the end of a line hides the end.
        indented: Whether blocks are told by their indentation.
        folds_case: Whether upper and lower case are the same in words of the language.
        tag: What a program begins with, behind any text; empty where it begins at once.
        openings: Texts that a program may stand behind, as a part of a larger one.
        endings: Texts that a test puts behind a program that leaves something open.
    """

    identifiers: tuple[str, ...]
    numbers: tuple[str, ...]
    strings: tuple[tuple[str, ...], ...]
    quoted: tuple[Quoted, ...]
    characters: tuple[tuple[str, ...], ...] = ()
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    signs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    reserved: frozenset[str] = frozenset()
    reserved_with: str = ""
    opaque: frozenset[str] = frozenset()
    before_type: frozenset[str] = frozenset()
    excluded: frozenset[str] = frozenset()
    silent: tuple[str, ...] = ()
    word_bytes: bytes = b""
    verbatim: bytes = b""
    suffixes: bytes = b""
    digit_separators: bytes = b"_"
    word_behind_number: bool = False
    word_behind_text: bool = False
    line_comments: tuple[bytes, ...] = (b"//",)
    block_comments: bool = True
    directive: Callable[[bytes], Directive] | None = None
    continued: bool = False
    indented: bool = False
    folds_case: bool = False
    tag: bytes = b""
    openings: tuple[bytes, ...] = (b"",)
    endings: tuple[bytes, ...] = ()
