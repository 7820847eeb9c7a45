"""Whether a text is the beginning of a program, told byte by byte."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Collection, Iterable, Iterator
from functools import cache, cached_property
from typing import TYPE_CHECKING, Final, NamedTuple, final

from codegym import languages
from codegym.errors import ConfigurationError
from codegym.structure import quoted as texts
from codegym.structure.lexicon import Lexicon
from codegym.structure.parse_table import ParseTable, Stacks

if TYPE_CHECKING:
    from codegym.languages.base import Language

_NEWLINE: Final = 0x0A
_BACKSLASH: Final = 0x5C
_HASH: Final = 0x23
_DOT: Final = 0x2E
_BLANKS: Final = frozenset(b" \t\r\f\v")
_DIGITS: Final = frozenset(b"0123456789")
_HEX: Final = frozenset(b"0123456789abcdefABCDEF")
_LETTERS: Final = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_") | frozenset(range(0x80, 256))
_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")
_TYPE_SIGNS: Final = frozenset(b" \t\r\n:<>,*&")
_TAB_STOP: Final = 8
_SPLIT_SIGNS: Final = frozenset([b"()", b"[]", b"[[", b"]]"])
"""What grammars take for one sign, and lexers for two; what begins with `>` can close lists of types one by one."""

_MOST_MOVES: Final = 300_000
_BYTES: Final = tuple(bytes([byte]) for byte in range(256))


class Layout(NamedTuple):
    """Where a program stands whose blocks are told by indentation.

    Attributes:
        depth: How many brackets are open.
        indents: The columns of the open blocks.
        begun: Whether there has been a statement.
    """

    depth: int = 0
    indents: tuple[int, ...] = (0,)
    begun: bool = False


class Reading(NamedTuple):
    """One way to read a text up to its last byte.

    Attributes:
        kind: What the last lexeme is: `"blank"`, `"line"` (a blank at the start of a line), `"indent"`, `"word"`,
            `"sign"`, `"number"`, `"opening"`, `"quoted"`, `"behind text"`, `"suffix"`, `"comment"`, `"block comment"`,
            `"directive"`, `"splice"`, `"type"` (of what is made new), `"page"` (what stands
            before a program's tag) or `"mark"` (the order of bytes).
        seen: What the lexeme's end depends on; of a word that is a name, whatever follows, it is nothing.
        stacks: The readings of the lexemes before; of texts and numbers, which begin as what they are, with them.
        layout: The layout, where the language has one.
    """

    kind: str
    seen: bytes
    stacks: Stacks
    layout: Layout | None
    inside: tuple[int, texts.Inside] | None = None


Readings = tuple[Reading, ...]

ANY_NAME: Final = b"\xc3"
"""A name that no word of any language begins like."""


@final
class ProgramGrammar:
    """What can be written next, in one language.

    All ways to read a text are followed at once: how its bytes make lexemes, and how these make a program. What is left
    open where the rules would be long (which signs are read as one, what names mean) is left open here too, so that
    more is accepted than the language has, but nothing of it is refused.

    Args:
        language: The language.

    Attributes:
        language: The language.
        lexicon: Its lexemes.
        words: The beginnings of all words that mean something, in lower case where case does not matter.
        word_bytes: The bytes that words are made of.

    Raises:
        ConfigurationError: The language has no lexicon, or its grammar cannot be read.
    """

    def __init__(self, language: Language) -> None:
        self.language = language
        lexicon = self.lexicon = _lexicon_of(language)
        table = self._table = ParseTable(language.tree_sitter, lexicon.silent)
        names = table.terminals - lexicon.excluded
        signs: dict[bytes, tuple[str, ...]] = {}
        words: dict[bytes, tuple[str, ...]] = {}
        for name in sorted(names & table.literal):
            if all(not (letter.isalnum() or letter.isspace() or letter in "_\"'`") for letter in name):
                signs[name.encode()] = (name,)
            elif all(letter.isalnum() or letter in "_ -@" for letter in name):
                words[name.encode()] = (name,)
        for word, terminals in lexicon.words.items():
            words[word.encode()] = (*words.get(word.encode(), ()), *(each for each in terminals if each in names))
        for sign, terminals in lexicon.signs.items():
            signs[sign.encode()] = (*signs.get(sign.encode(), ()), *(each for each in terminals if each in names))
        at_words = [word for word in words if word.startswith(b"@")]
        signs |= {word: words.pop(word) for word in at_words}
        self._signs, self._meanings = signs, words
        self._opaque = frozenset(word.encode() for word in lexicon.opaque)
        self._reserved = frozenset(word.encode() for word in lexicon.reserved)
        self._openings = {kind.opening: number for number, kind in enumerate(lexicon.quoted)}
        self._sign_starts = _starts(signs)
        self._longer_signs = frozenset(start for sign in signs for start in _beginnings(sign[:-1]))
        self._opening_starts = _starts(self._openings)
        self.words = _starts([*words, *self._reserved, *self._opaque]) | frozenset(
            start for start in self._opening_starts if start.isalnum()
        )
        self.word_bytes = _LETTERS | _DIGITS | frozenset(lexicon.word_bytes)
        self._comment_starts = _starts([*lexicon.line_comments, *((b"/*",) if lexicon.block_comments else ())])
        self._kinds = {
            start: [kind for kind in lexicon.quoted if kind.opening.startswith(start)] for start in self._opening_starts
        }
        self._moves: dict[tuple[Reading, int], Readings] = {}
        self._of_sign: dict[tuple[Stacks, bytes], Stacks | None] = {}
        self._of_text: dict[tuple[Stacks, bytes], Stacks | None] = {}

    # What a lexeme leads to

    def start(self) -> Readings:
        """Returns the readings of the empty text."""
        return (*self._first, Reading("mark", b"", self._table.start, None))

    @cached_property
    def _first(self) -> Readings:
        """The readings of the empty text, but for the mark that some editors write there."""
        layout = Layout() if self.lexicon.indented else None
        kind = "page" if self.lexicon.tag else "indent" if layout else "line"
        found: dict[Reading, None] = {}
        for opening in self.lexicon.openings:
            readings: Readings = (Reading(kind, b"", self._table.start, layout),)
            for byte in opening:
                readings = self.advance(readings, byte)
            found |= dict.fromkeys(reading._replace(kind=kind, seen=b"") for reading in readings)
        return tuple(found)

    def advance(self, readings: Readings, byte: int) -> Readings:
        """Returns the readings of a text with one byte more; none where no program begins so."""
        if len(readings) == 1:
            return self._move(readings[0], byte)
        found: dict[Reading, None] = {}
        for reading in readings:
            found |= dict.fromkeys(self._move(reading, byte))
        return tuple(found)

    def complete(self, readings: Readings) -> bool:
        """Returns whether a program may end here."""
        return any(self._ends(reading) for reading in readings)

    def _move(self, reading: Reading, byte: int) -> Readings:
        key = (reading, byte)
        found = self._moves.get(key)
        if found is None:
            if len(self._moves) >= _MOST_MOVES:
                self._moves.clear()
                self._of_sign.clear()
                self._of_text.clear()
            found = tuple(dict.fromkeys(self._moved(reading, byte)))
            if not found and reading.stacks.unknown:
                found = (Reading("line", b"", reading.stacks, reading.layout),)
            self._moves[key] = found
        return found

    def _moved(self, reading: Reading, byte: int) -> Iterator[Reading]:
        match reading.kind:
            case "blank" | "line":
                yield from self._fresh(reading.stacks, reading.layout, byte, reading.kind == "line")
            case "word":
                yield from self._word(reading, byte)
            case "sign":
                yield from self._sign(reading, byte)
            case "number":
                yield from self._number(reading, byte)
            case "opening":
                yield from self._opening(reading, byte)
            case "quoted":
                yield from self._quoted(reading, byte)
            case "behind text" | "suffix":
                if byte in self.word_bytes and (reading.kind == "suffix" or byte not in _DIGITS):
                    yield reading._replace(kind="suffix")
                else:
                    yield from self._fresh(reading.stacks, reading.layout, byte)
            case "comment":
                yield from self._comment(reading, byte)
            case "block comment":
                if reading.seen == b"*" and byte == 0x2F:
                    yield reading._replace(kind="line", seen=b"")
                else:
                    yield reading._replace(seen=b"*" if byte == 0x2A else b"")
            case "directive":
                yield from self._directive(reading, byte)
            case "splice":
                if byte == _NEWLINE:
                    yield reading._replace(kind="blank")
                elif byte == 0x0D:
                    yield reading
            case "indent":
                yield from self._indent(reading, byte)
            case "page":
                yield from self._page(reading, byte)
            case "type":
                if byte in self.word_bytes or byte in _TYPE_SIGNS:
                    yield reading._replace(seen=b"*" if byte == 0x2A else reading.seen)
                elif reading.seen:
                    yield from self._fresh(reading.stacks, reading.layout, byte)
            case "mark":
                read = reading.seen + _BYTES[byte]
                if read == BOM_UTF8:
                    yield from self._first
                elif BOM_UTF8.startswith(read):
                    yield reading._replace(seen=read)

    def _fresh(self, stacks: Stacks, layout: Layout | None, byte: int, starts_line: bool = False) -> Iterator[Reading]:
        """Yields the readings of a byte that begins a lexeme."""
        lexicon = self.lexicon
        if byte == _NEWLINE:
            if layout and not layout.depth:
                yield Reading("indent", b"", stacks, layout)
            else:
                yield Reading("line" if lexicon.directive else "blank", b"", stacks, layout)
            return
        if byte in _BLANKS:
            yield Reading("line" if starts_line else "blank", b"", stacks, layout)
            return
        start = _BYTES[byte]
        if byte == _HASH and lexicon.directive and starts_line:
            yield Reading("directive", b"", stacks, layout)
            return
        if start in lexicon.line_comments:
            yield Reading("comment", b"", stacks, layout)
        if byte in _DIGITS:
            yield from self._begun_number(stacks, layout, b"0" if byte == 0x30 else b"d")
        elif byte in self.word_bytes:
            yield from self._viable_word(Reading("word", self._known_word(start), stacks, layout))
        elif byte == _BACKSLASH and lexicon.continued:
            yield Reading("splice", b"", stacks, layout)
        elif byte == _BACKSLASH and start not in self._sign_starts:
            yield from self._viable_word(Reading("word", b"", stacks, layout))  # the number of a letter
        else:
            if start in self._opening_starts:
                yield from self._viable_opening(Reading("opening", start, stacks, layout))
            yield from self._begun_sign(start, stacks, layout)

    def spelt(self, word: bytes) -> bytes:
        """Returns a word as it stands in `words`, if it does."""
        return word.lower() if self.lexicon.folds_case else word

    def _known_word(self, word: bytes) -> bytes:
        word = self.spelt(word)
        return word if word in self.words else b""

    def _word(self, reading: Reading, byte: int) -> Iterator[Reading]:
        word, stacks, layout = reading.seen, reading.stacks, reading.layout
        longer = word + _BYTES[byte]
        if byte in self.word_bytes or (byte == _BACKSLASH and not self.lexicon.continued and b"\\" not in self._signs):
            yield from self._viable_word(reading._replace(seen=self._known_word(longer) if word else b""))
            return
        if word and longer in self._opening_starts:
            yield from self._viable_opening(Reading("opening", longer, stacks, layout))
        if word.decode("latin-1") in self.lexicon.before_type:
            value = self._any(stacks, self.lexicon.identifiers)
            if value and (byte in _BLANKS or byte == _NEWLINE):
                yield Reading("type", b"", value, layout)
        if word and self._known_word(longer):
            yield from self._viable_word(reading._replace(seen=longer))
        after = self._after_word(stacks, word)
        if after:
            yield from self._fresh(after, layout, byte)

    def _after_word(self, stacks: Stacks, word: bytes) -> Stacks | None:
        if word in self._opaque:
            return self._table.unknown
        terminals = self._meanings.get(word, ())
        if word not in self._reserved or not self._reserves(stacks):
            terminals = (*terminals, *self.lexicon.identifiers)
        return self._any(stacks, terminals)

    def _reserves(self, stacks: Stacks) -> bool:
        return not self.lexicon.reserved_with or stacks.step(self.lexicon.reserved_with) is not None

    def _viable_word(self, reading: Reading) -> Iterator[Reading]:
        if self._can(reading.stacks, "word", reading.seen):
            yield reading

    def _begun_sign(self, sign: bytes, stacks: Stacks, layout: Layout | None) -> Iterator[Reading]:
        """Yields the readings of a sign that may be a whole one or the first part of one."""
        grows = (
            sign in self._longer_signs
            or sign in self._opening_starts
            or sign == self.lexicon.verbatim
            or sign in self._comment_starts
        )
        if not grows:
            yield from self._ended_sign(sign, stacks, layout)
        elif (
            sign == self.lexicon.verbatim
            or sign in self._comment_starts
            or (sign in self._sign_starts and self._can(stacks, "sign", sign))
        ):
            yield Reading("sign", sign, stacks, layout)

    def _ended_sign(self, sign: bytes, stacks: Stacks, layout: Layout | None) -> Iterator[Reading]:
        """Yields the reading behind a whole sign."""
        after = self._after_sign(stacks, sign)
        if after:
            yield Reading("blank", b"", after, _bracketed(layout, sign))

    def _after_sign(self, stacks: Stacks, sign: bytes) -> Stacks | None:
        key = (stacks, sign)
        if key not in self._of_sign:
            self._of_sign[key] = self._any(stacks, self._signs.get(sign, ()))
        return self._of_sign[key]

    def _sign(self, reading: Reading, byte: int) -> Iterator[Reading]:
        sign, stacks, layout = reading.seen, reading.stacks, reading.layout
        longer = sign + _BYTES[byte]
        if longer in self.lexicon.line_comments:
            yield Reading("comment", b"", stacks, layout)
            return
        if longer == b"/*" and self.lexicon.block_comments:
            yield Reading("block comment", b"", stacks, layout)
            return
        if longer == b"?>" and self.lexicon.tag:
            yield Reading("page", b"", self._table.unknown, layout)
            return
        if longer in self._opening_starts:
            yield from self._viable_opening(Reading("opening", longer, stacks, layout))
        if longer in self._sign_starts or longer in self._comment_starts:
            yield from self._begun_sign(longer, stacks, layout)
        if sign == b"." and byte in _DIGITS:
            yield from self._begun_number(stacks, layout, b"f")
        if sign == self.lexicon.verbatim and byte in _LETTERS:
            yield from self._viable_word(Reading("word", b"", stacks, layout))
        if longer in self._signs and sign[:1] != b">" and longer not in _SPLIT_SIGNS:
            return  # the longest sign is read
        after = self._after_sign(stacks, sign)
        if after:
            yield from self._fresh(after, _bracketed(layout, sign), byte)

    def _begun_number(self, stacks: Stacks, layout: Layout | None, shape: bytes) -> Iterator[Reading]:
        after = self._any(stacks, self.lexicon.numbers)
        if after:
            yield Reading("number", shape, after, layout)

    def _number(self, reading: Reading, byte: int) -> Iterator[Reading]:
        shape = self._number_shape(reading.seen, byte)
        if shape:
            yield reading._replace(seen=shape)
        if reading.seen not in (b"e", b"+") and (
            byte not in self.word_bytes or (self.lexicon.word_behind_number and byte in _LETTERS)
        ):
            yield from self._fresh(reading.stacks, reading.layout, byte)

    def _number_shape(self, shape: bytes, byte: int) -> bytes:
        """Returns how far a number is with one byte more, or nothing where it ends before.

        Shapes: 0 (a first zero), d (decimal), x (hexadecimal), b (binary or octal), f (behind the point), e (at the
        exponent), + (behind its sign), E (in it), s (behind the digits).
        """
        lexicon = self.lexicon
        if byte in _DIGITS or byte in lexicon.digit_separators:
            return {b"0": b"d", b"e": b"E", b"+": b"E"}.get(shape, shape)
        if shape == b"e" and byte in b"+-":
            return b"+"
        if shape == b"x" and (byte in _HEX or byte == _DOT):
            return b"x"
        if shape == b"x" and byte in b"pP":
            return b"e"
        if shape == b"0" and byte in b"xX":
            return b"x"
        if shape == b"0" and byte in b"bBoO":
            return b"b"
        if shape in (b"0", b"d") and byte == _DOT:
            return b"f"
        if shape in (b"0", b"d", b"f") and byte in b"eE":
            return b"e"
        if shape not in (b"e", b"+") and (byte in lexicon.suffixes or (shape == b"s" and lexicon.word_behind_text)):
            return b"s" if byte in self.word_bytes else b""
        return b""

    # Texts, comments, and what stands between the lines

    def _viable_opening(self, reading: Reading) -> Iterator[Reading]:
        kinds = self._kinds[reading.seen]
        if any(self._after_text(reading.stacks, character) for character in {kind.character: None for kind in kinds}):
            longer = any(kind.opening != reading.seen for kind in kinds)
            yield from (reading,) if longer else self._opened(reading.seen, reading)

    def _after_text(self, stacks: Stacks, character: bool) -> Stacks | None:
        key = (stacks, b"'" if character else b'"')
        if key not in self._of_text:
            sequences = self.lexicon.characters if character else self.lexicon.strings
            self._of_text[key] = self._table.union([stacks.walk(sequence) for sequence in sequences])
        return self._of_text[key]

    def _opened(self, opening: bytes, reading: Reading) -> Iterator[Reading]:
        """Yields the reading behind an opening."""
        number = self._openings[opening]
        kind = self.lexicon.quoted[number]
        after = self._after_text(reading.stacks, kind.character)
        if after:
            yield Reading("quoted", b"", after, reading.layout, (number, texts.start_of(kind)))

    def _opening(self, reading: Reading, byte: int) -> Iterator[Reading]:
        opening = reading.seen
        longer = opening + _BYTES[byte]
        if longer in self._opening_starts:
            yield from self._viable_opening(reading._replace(seen=longer))
            return
        if opening in self._openings:
            for opened in self._opened(opening, reading):
                yield from self._quoted(opened, byte)
        elif opening[:-1] in self._openings and opening[-1:] in (b'"', b"'"):
            # Two quotation marks that do not begin a long text are an empty one.
            for opened in self._opened(opening[:-1], reading):
                yield from self._behind_text(opened._replace(inside=None), byte)

    def _quoted(self, reading: Reading, byte: int) -> Iterator[Reading]:
        assert reading.inside is not None
        number, inside = reading.inside
        moved = texts.advance(self.lexicon.quoted[number], inside, byte)
        if moved is texts.ENDED:
            kind = "behind text" if self.lexicon.word_behind_text else "blank"
            yield reading._replace(kind=kind, inside=None)
        elif moved is texts.ENDED_BEFORE:
            yield from self._behind_text(reading._replace(inside=None), byte)
        elif moved:
            yield reading._replace(inside=(number, moved))

    def _behind_text(self, reading: Reading, byte: int) -> Iterator[Reading]:
        kind = "behind text" if self.lexicon.word_behind_text else "blank"
        return self._moved(reading._replace(kind=kind), byte)

    def _comment(self, reading: Reading, byte: int) -> Iterator[Reading]:
        if byte == _NEWLINE and not (self.lexicon.continued and not self.lexicon.indented and reading.seen == b"\\"):
            if reading.kind == "comment" and reading.layout and not reading.layout.depth:
                yield reading._replace(kind="indent", seen=b"")
            else:
                yield from self._fresh(reading.stacks, reading.layout, byte)
        elif byte == 0x3E and reading.seen == b"?" and self.lexicon.tag:
            yield Reading("page", b"", self._table.unknown, reading.layout)
        else:
            yield reading._replace(seen=_BYTES[byte] if byte in b"\\?" else b"")

    def _directive(self, reading: Reading, byte: int) -> Iterator[Reading]:
        line = reading.seen
        hidden = self.lexicon.continued and line.rstrip(b"\r").endswith(b"\\")
        if byte != _NEWLINE or hidden or line.count(b"/*") > line.count(b"*/"):
            yield reading._replace(seen=line + _BYTES[byte])
        else:
            yield from self._fresh(self._after_directive(reading), reading.layout, byte)

    def _after_directive(self, reading: Reading) -> Stacks:
        assert self.lexicon.directive is not None
        return reading.stacks if self.lexicon.directive(reading.seen) == "nothing" else self._table.unknown

    def _page(self, reading: Reading, byte: int) -> Iterator[Reading]:
        tag = self.lexicon.tag
        read = reading.seen + _BYTES[byte]
        while not tag.startswith(read.lower()) and read not in (b"<?=", b"<?"):
            read = read[1:]
        if read.lower() == tag or read == b"<?=":
            after = reading.stacks if reading.stacks.unknown else reading.stacks.step("php_tag")
            if after:
                yield Reading("blank", b"", after if read != b"<?=" else self._table.unknown, reading.layout)
        else:
            yield reading._replace(seen=read)

    def _indent(self, reading: Reading, byte: int) -> Iterator[Reading]:
        column = len(reading.seen)
        if byte == 0x20:
            yield reading._replace(seen=b" " * (column + 1))
        elif byte == 0x09:
            yield reading._replace(seen=b" " * (column - column % _TAB_STOP + _TAB_STOP))
        elif byte in b"\n\r\f\v":
            yield reading._replace(seen=b"")
        elif byte == _HASH:
            yield reading._replace(kind="comment", seen=b"")
        elif reading.layout is not None:
            laid = self._laid_out(reading.stacks, reading.layout, column)
            if laid:
                yield from self._fresh(*laid, byte)

    def _laid_out(self, stacks: Stacks, layout: Layout, column: int) -> tuple[Stacks, Layout] | None:
        """Returns what the indentation of a line does: it goes on with a block, begins one, or ends some."""
        if not layout.begun:
            return (stacks, layout._replace(begun=True)) if column == 0 else None
        if stacks.unknown:
            return stacks, layout
        indents = layout.indents
        deeper = stacks.step("_indent")
        if deeper or column > indents[-1]:
            if deeper and column > indents[-1]:
                return deeper, layout._replace(indents=(*indents, column))
            return None
        if column not in indents:
            return None
        closed = len(indents) - 1 - indents.index(column)
        after = stacks.walk(["_newline", *["_dedent"] * closed])
        return (after, layout._replace(indents=indents[: len(indents) - closed])) if after else None

    # The end

    def _ends(self, reading: Reading) -> bool:
        """Returns whether a program may end with this reading."""
        if reading.stacks.unknown:
            return True
        stacks: Stacks | None = reading.stacks
        match reading.kind:
            case "word":
                stacks = self._after_word(reading.stacks, reading.seen)
            case "sign":
                stacks = self._after_sign(reading.stacks, reading.seen)
            case "number":
                stacks = None if reading.seen in (b"e", b"+") else stacks
            case "opening":
                empty = reading.seen[:-1] in self._openings
                stacks = self._after_text(reading.stacks, False) if empty else None
            case "quoted":
                assert reading.inside is not None
                number, inside = reading.inside
                moved = texts.advance(self.lexicon.quoted[number], inside, _NEWLINE)
                stacks = stacks if moved is texts.ENDED_BEFORE else None
            case "directive":
                stacks = self._after_directive(reading)
            case "block comment" | "splice" | "mark" | "type":
                stacks = None
        if stacks is None:
            return False
        if stacks.unknown:
            return True
        if reading.layout is None:
            return stacks.step("end") is not None
        if reading.layout.depth or stacks.step("_indent"):
            return False
        closed = ["_newline"] * reading.layout.begun + ["_dedent"] * (len(reading.layout.indents) - 1)
        return stacks.walk([*closed, "end"]) is not None

    # What the table says

    def _any(self, stacks: Stacks, terminals: Iterable[str]) -> Stacks | None:
        return self._table.union([stacks.step(terminal) for terminal in terminals])

    def _can(self, stacks: Stacks, kind: str, start: bytes) -> bool:
        """Returns whether some word or sign with this beginning can come next."""
        if stacks.unknown:
            return True
        key = (kind, start)
        if key not in stacks.memory:
            stacks.memory[key] = self._could(stacks, kind, start)
        return stacks.memory[key]

    def _could(self, stacks: Stacks, kind: str, start: bytes) -> bool:
        if kind == "word":
            if any(stacks.step(terminal) for terminal in self.lexicon.identifiers):
                return True
            if start in self._opening_starts and self._after_text(stacks, False):
                return True
            if not start:
                return False
            meanings = self._meanings
        else:
            if start == b"." and any(stacks.step(terminal) for terminal in self.lexicon.numbers):
                return True
            if start in self._opening_starts and self._after_text(stacks, False):
                return True
            meanings = self._signs
            if start in self._comment_starts or start == b"?":
                return True
        return any(
            stacks.step(terminal)
            for meaning, terminals in meanings.items()
            if meaning.startswith(start)
            for terminal in terminals
        )


@cache
def grammar_of(language: str | Language) -> ProgramGrammar:
    """Returns the grammar of a language; it is shared, and remembers what it was asked.

    Raises:
        UnknownNameError: There is no such language.
        ConfigurationError: The language has no lexicon, or its grammar cannot be read.
    """
    return ProgramGrammar(languages.get(language))


@final
class ProgramPrefix:
    """A text that may be the beginning of a program.

    Args:
        grammar: The grammar of its language.
        readings: All ways to read it; by default those of the empty text.
    """

    __slots__ = ("grammar", "readings")

    def __init__(self, grammar: ProgramGrammar, readings: Readings | None = None) -> None:
        self.grammar = grammar
        self.readings = grammar.start() if readings is None else readings

    @property
    def viable(self) -> bool:
        """Whether a program can begin so."""
        return bool(self.readings)

    @property
    def complete(self) -> bool:
        """Whether a program may end here."""
        return self.grammar.complete(self.readings)

    @property
    def continued(self) -> bool:
        """Whether a program may end with what a test appends that continues it."""
        return any(self.then(ending).complete for ending in self.grammar.lexicon.endings)

    def then(self, text: bytes) -> ProgramPrefix:
        """Returns the text with another one behind it."""
        readings, advance = self.readings, self.grammar.advance
        for byte in text:
            if not readings:
                break
            readings = advance(readings, byte)
        return ProgramPrefix(self.grammar, readings)


def _bracketed(layout: Layout | None, sign: bytes) -> Layout | None:
    if layout is None:
        return None
    text = sign.decode()
    change = (text in _OPENING) - (text in _CLOSING)
    return layout._replace(depth=max(0, layout.depth + change)) if change else layout


def _beginnings(text: bytes) -> list[bytes]:
    return [text[:length] for length in range(1, len(text) + 1)]


def _starts(texts_: Collection[bytes]) -> frozenset[bytes]:
    return frozenset(start for text in texts_ for start in _beginnings(text))


def _lexicon_of(language: Language) -> Lexicon:
    lexicon = language.lexicon
    if lexicon is None:
        raise ConfigurationError(
            f"{language.title} has no lexicon, so that nobody knows which tokens its programs can go on with; name one "
            "in its declaration as lexicon_path."
        )
    return lexicon
