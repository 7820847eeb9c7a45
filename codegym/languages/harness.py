"""Appends a trusted test to an untrusted program, so that the test's end, and nothing else, shows the marker.

In compiled languages the test's `main` gets a name that no program can guess, and a new `main` calls it once. Only
when it has come back, and would end the process with status 0, the marker is printed. So a program that ends the
process, however it does that, ends it without the marker. The names that the test gives to its own functions are
hidden in the same way.

What a program could do to what the test *uses* is the business of each language's `tampering`, which looks at tokens
rather than at syntax trees: a text that the grammar does not understand is still made of the same words.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from codegym import languages
from codegym.errors import ConfigurationError
from codegym.languages.base import Harnessed
from codegym.types import HarnessTest

if TYPE_CHECKING:
    from tree_sitter import Node


class Token(NamedTuple):
    """A word, a sign or a literal of a program; comments are none.

    Attributes:
        kind: `name`, `number`, `text`, `sign`, `directive` or `html`; `open` where the program ends in the middle of a
            comment or a text.
        text: As it is written.
        start: Where it is written; programs are read as Latin-1, so that this counts bytes.
    """

    kind: str
    text: str
    start: int


@dataclass(frozen=True)
class Lexis:
    """How a language's programs are cut into tokens.

    Attributes:
        pattern: A regular expression whose named groups are the kinds of tokens; `comment` is left out. What opens a
            text with expressions in it is in the group `woven`.
        hole: What opens an expression inside such a text.
        doubled: The opening quotes after which a quotation mark is written twice, and not after a backslash.
    """

    pattern: str
    hole: str = "{"
    doubled: str = "@"

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(self.pattern, re.MULTILINE)

    def tokens(self, source: bytes) -> list[Token]:
        """Returns all tokens."""
        text = source.decode("latin-1")
        found: list[Token] = []
        try:
            self._read(text, 0, found, nested=False)
        except RecursionError:  # texts in texts in texts: nothing that a compiler accepts
            found.append(Token("open", "", len(text)))
        return found

    def without_comments(self, source: bytes) -> str:
        """Returns a program that is complete with a space for each comment."""
        text = source.decode("latin-1")
        return self._pattern.sub(lambda found: " " if found.lastgroup == "comment" else found[0], text)

    def _read(self, text: str, position: int, found: list[Token], *, nested: bool) -> int:
        """Appends the tokens from a position on, in a hole up to the brace that closes it; returns where they end."""
        depth = 0
        while match := self._pattern.search(text, position):
            kind, word, position = match.lastgroup or "", match[0], match.end()
            if kind == "woven":
                found.append(Token("text", word, match.start()))
                position = self._read_woven(text, position, found, word)
            elif kind != "comment":
                found.append(Token(kind, word, match.start()))
            if kind == "open":
                return len(text)  # what is behind it is part of it
            if nested and kind == "sign" and word in "{}":
                depth += 1 if word == "{" else -1
                if depth < 0:
                    return position
        return len(text)

    def _read_woven(self, text: str, position: int, found: list[Token], opening: str) -> int:
        quote = opening[-1]
        doubled = any(sign in opening for sign in self.doubled)
        while position < len(text):
            if text.startswith(self.hole * 2, position) and len(self.hole) == 1:
                position += 2
            elif text.startswith(self.hole, position):
                position = self._read(text, position + 1, found, nested=True)
            elif text[position] == "\\" and not doubled:
                position += 2
            elif text[position] == quote:
                if not doubled or not text.startswith(quote * 2, position):
                    return position + 1
                position += 2
            else:
                position += 1
        found.append(Token("open", opening, len(text)))
        return position


@dataclass(frozen=True)
class Case:
    """A program and the test that is appended to it.

    Attributes:
        program: The program, with its words written plainly.
        tokens: Its tokens.
        test: The tokens of the test.
        entry_point: The function under test, where the test says so.
    """

    program: bytes
    tokens: Sequence[Token]
    test: Sequence[Token]
    entry_point: str

    @cached_property
    def words(self) -> frozenset[str]:
        """The names that the program mentions."""
        return frozenset(token.text for token in self.tokens if token.kind == "name")

    @cached_property
    def test_words(self) -> frozenset[str]:
        """The names that the test mentions, but for the function under test."""
        return frozenset(token.text for token in self.test if token.kind == "name") - {self.entry_point}


@dataclass(frozen=True)
class Main:
    """The `main` of a test.

    Attributes:
        start: Where its definition begins.
        body_end: Where the brace is that closes its body; 0 where it has none.
        parameters: How many it has.
        type: What it returns.
        end: Where the test ends.
    """

    start: int
    body_end: int
    parameters: int
    type: str
    end: int


@dataclass(frozen=True)
class Secret:
    """What no program can guess.

    Attributes:
        marker: Proves that a test came to its end.
        suffix: Makes names of the test its own; from it the marker cannot be told.
    """

    marker: str

    @property
    def suffix(self) -> str:
        """The suffix."""
        return hashlib.sha256(self.marker.encode()).hexdigest()[:16]

    def hide(self, name: str) -> str:
        """Returns the name that a test's name gets."""
        return f"{name}_{self.suffix}"


NEAR = 300
"""Tokens that a list of parameters, a cast or the head of a class may have."""

Edit = tuple[int, int, str]
"""Replaces the test's bytes from one place to another."""


@dataclass(frozen=True)
class MarkedMain:
    """Appends tests to programs of one language.

    Attributes:
        language: Its name.
        lexis: How its programs are cut into tokens.
        openings: What a test may continue: nothing, or a class that the program leaves open.
        definition: The grammar's kind of node for the definition of a function.
        main: The name of the function that a test begins in; nothing where a test is simply run from top to bottom.
        wrap: Returns what makes a hidden `main` the one that runs.
        joint: Returns what stands between a program and its test.
        tampering: Returns what in a program would spoil its test, in one sentence, or nothing.
        plain: Returns a program without what a compiler resolves before it looks for words.
        ending: Returns what stands behind the test.
        rewrite: Returns further edits of the test, given its tree and how many bytes of that are not the test's.
    """

    language: str
    lexis: Lexis
    openings: tuple[str, ...]
    definition: str
    main: str
    wrap: Callable[[Main, Secret], list[Edit]]
    joint: Callable[[Case], str]
    tampering: Callable[[Case], str]
    plain: Callable[[bytes], bytes] = field(default=lambda program: program)
    ending: Callable[[Case], str] = field(default=lambda _: "")
    rewrite: Callable[[Node, int, Secret], list[Edit]] = field(default=lambda _root, _shift, _secret: [])

    def __call__(self, program: bytes, test: HarnessTest, marker: str) -> Harnessed:
        """Returns the program with the test appended.

        Raises:
            ConfigurationError: The test has no `main`.
        """
        code = test.code.encode("utf-8", "surrogatepass")
        opening, root = self._parsed(code)
        tokens = self._tokens(code, opening)
        plain = self.plain(program)
        case = Case(plain, self.lexis.tokens(plain), tokens, test.entry_point)
        marked = self._marked(code, root, len(opening), tokens, Secret(marker))
        if is_open(case.tokens):
            unfinished = "The program ends in the middle of a comment or a text."
            return Harnessed(program + marked, {"marker": marker}, unfinished)
        parts = (program, self.joint(case).encode("latin-1"), marked, self.ending(case).encode("latin-1"))
        return Harnessed(b"".join(parts), {"marker": marker}, self.tampering(case))

    def _parsed(self, code: bytes) -> tuple[str, Node]:
        """Returns what a test continues, as far as can be told, and the tree of both together."""
        parser = languages.get(self.language).parser()
        trees = [(opening, parser.parse(opening.encode() + code).root_node) for opening in self.openings]
        return min(trees, key=lambda parsed: _errors(parsed[1]))

    def _tokens(self, code: bytes, opening: str) -> list[Token]:
        """Returns a test's tokens."""
        shift = len(opening)
        tokens = self.lexis.tokens(opening.encode() + code)
        return [token._replace(start=token.start - shift) for token in tokens if token.start >= shift]

    def _marked(self, code: bytes, root: Node, shift: int, tokens: list[Token], secret: Secret) -> bytes:
        """Returns a test that shows the marker at its end."""
        definitions = self._definitions(root)
        edits = self.rewrite(root, shift, secret)
        if self.main:
            mains = [node for node in definitions if _text(name_of(node)) == self.main]
            if not mains:
                title = languages.get(self.language).title
                raise ConfigurationError(
                    f"A {title} test has no function {self.main}; the code of a HarnessTest must define one, because "
                    "its end is the end of the test."
                )
            edits += self._hidden_main(mains[-1], shift, len(code), secret)
            definitions = [node for node in definitions if node.parent == mains[-1].parent or self.flat]
        edits += self._hidden_names(definitions, tokens, secret)
        for start, end, replacement in sorted(edits, reverse=True):
            code = code[:start] + replacement.encode("ascii") + code[end:]
        return code

    @property
    def flat(self) -> bool:
        """Whether functions are called by their names wherever they are defined."""
        return self.openings == ("",)

    def _hidden_main(self, main: Node, shift: int, end: int, secret: Secret) -> list[Edit]:
        """Returns the edits by which a `main` is called by another one."""
        name, body = name_of(main), main.child_by_field_name("body")
        parameters = _declarator(main).child_by_field_name("parameters")
        kept = [node for node in (parameters.named_children if parameters else []) if node.text != b"void"]
        told = Main(
            main.start_byte - shift,
            body.end_byte - 1 - shift if body is not None else 0,
            len([node for node in kept if not node.type.endswith("comment")]),
            _text(main.child_by_field_name("type") or main.child_by_field_name("returns")),
            end,
        )
        return [(name.start_byte - shift, name.end_byte - shift, secret.hide(self.main)), *self.wrap(told, secret)]

    def _hidden_names(self, definitions: list[Node], tokens: list[Token], secret: Secret) -> list[Edit]:
        """Returns the edits that make the test's own functions its own, where each mention can be told from others."""
        own = {_text(name_of(node)) for node in definitions} - {self.main}
        for previous, token in zip([Token("sign", "", 0), *tokens], tokens, strict=False):
            if token.kind == "text":
                own.discard(token.text[1:-1])
            elif previous.text in (".", "->", "::"):
                own.discard(token.text)
        return [
            (token.start, token.start + len(token.text), secret.hide(token.text))
            for token in tokens
            if token.kind == "name" and token.text in own
        ]

    def _definitions(self, root: Node) -> list[Node]:
        """Returns the functions that a test defines and calls by their names alone."""
        found, pending = [], [root]
        while pending:
            node = pending.pop()
            if node.type == self.definition:
                found.append(node)
            else:
                pending += reversed(node.children)
        return [node for node in found if name_of(node).type in ("identifier", "name")]


def name_of(definition: Node) -> Node:
    """Returns the name of a function that is defined."""
    declarator = _declarator(definition)
    return declarator.child_by_field_name("declarator") or declarator.child_by_field_name("name") or declarator


def _declarator(definition: Node) -> Node:
    """Returns the node that holds a function's name and parameters: in C it is wrapped in the return type's stars."""
    node = definition
    while node.child_by_field_name("parameters") is None:
        inner = node.child_by_field_name("declarator")
        if inner is None:
            return node
        node = inner
    return node


def _text(node: Node | None) -> str:
    return "" if node is None else (node.text or b"").decode("latin-1")


def words(text: str) -> frozenset[str]:
    """Returns the words of a text."""
    return frozenset(text.split())


def is_open(tokens: Sequence[Token]) -> bool:
    """Returns whether a program ends in the middle of a comment or a text, so that its test would be part of that."""
    return any(token.kind == "open" for token in tokens)


def first_of(words: Iterable[str], refused: Iterable[str]) -> str:
    """Returns the first word that is refused, in the order of the alphabet, or nothing."""
    return min(set(words) & set(refused), default="")


def after(tokens: Sequence[Token], *keywords: str) -> Iterator[str]:
    """Yields each name that stands directly behind one of the keywords."""
    for token, following in pairwise(tokens):
        if token.text in keywords and following.kind == "name":
            yield following.text


def closing(tokens: Sequence[Token], start: int, brackets: str = "()", within: int = 1 << 31) -> int:
    """Returns the place of the bracket that closes the one at `start`; the end where none does, within so many tokens.

    The limit is for those who ask about every bracket: a program with a hundred thousand of them must not take hours.
    """
    depth = 0
    for place in range(start, min(len(tokens), start + within)):
        if tokens[place].kind == "sign":
            depth += (tokens[place].text == brackets[0]) - (tokens[place].text == brackets[1])
            if depth == 0:
                return place
    return len(tokens)


def statement_start(tokens: Sequence[Token], place: int) -> int:
    """Returns where the declaration begins that a token is part of: behind the last `;`, `{` or `}`."""
    first = max(0, place - NEAR)
    while place > first and tokens[place - 1].text not in (";", "{", "}") and tokens[place - 1].kind != "directive":
        place -= 1
    return place


def declarations(tokens: Sequence[Token], names: Iterable[str]) -> Iterator[tuple[str, Sequence[Token]]]:
    """Yields each function of these names that is declared, and the tokens of its type and modifiers."""
    wanted = set(names)
    for place, token in enumerate(tokens[:-1]):
        if token.text in wanted and token.kind == "name" and tokens[place + 1].text == "(" and place:
            previous = tokens[place - 1]
            typed = previous.text in ("*", "&", ">", "]", "?") or (
                previous.kind == "name"
                and previous.text not in ("return", "new", "else", "throw", "case", "in", "await")
            )
            end = closing(tokens, place + 1, within=NEAR) if typed else len(tokens)
            if end + 1 < len(tokens) and tokens[end + 1].text not in (";", ",", ")", "]", "?", ".", "+", "=="):
                yield token.text, tokens[statement_start(tokens, place) : place]


def _errors(root: Node) -> int:
    """Returns how many places a parser did not understand."""
    count, pending = 0, [root]
    while pending:
        node = pending.pop()
        if node.has_error or node.is_missing:
            count += node.is_error or node.is_missing
            pending += node.children
    return count
