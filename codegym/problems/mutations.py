"""Programs with one bug each, made from programs that are right: what programmers mistype, and what they get wrong."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, get_args

from codegym import languages
from codegym.errors import UnknownNameError
from codegym.languages import Language
from codegym.seeding import stream

if TYPE_CHECKING:
    import numpy as np
    from tree_sitter import Node

Bugs = Literal["any", "syntax", "semantic"]
"""`syntax`: the compiler finds them, as a rule (in Python also what it finds at run time); `semantic`: tests do."""

_ATTEMPTS: Final = 40
_ANCESTORS: Final = 6


def check_bugs(bugs: str) -> Bugs:
    """Returns a kind of bugs, or raises UnknownNameError if there is none of this name."""
    for known in get_args(Bugs):
        if bugs == known:
            return known  # type: ignore[no-any-return]  # get_args is untyped
    raise UnknownNameError("kind of bugs", bugs, get_args(Bugs))


def mutants(program: str, language: str | Language, key: str, bugs: Bugs = "any") -> Iterator[str]:
    """Yields different programs, each with one bug; a bug may change nothing that a test can see.

    Args:
        program: A program that is right.
        language: Its language.
        key: Decides what is yielded, together with the program.
        bugs: Which bugs.

    Raises:
        UnknownNameError: There is no such language or kind of bugs.
    """
    language, bugs = languages.get(language), check_bugs(bugs)
    source = _Source.of(program.encode("utf-8", "replace"), language)
    random = stream(0, "mutations", key)
    pools = {"syntax": (_SYNTAX,), "semantic": (_SEMANTIC,), "any": (_SYNTAX, _SEMANTIC)}[bugs]
    seen = {source.text}
    for _ in range(_ATTEMPTS):
        pool = pools[int(random.integers(len(pools)))]
        edit = pool[int(random.integers(len(pool)))](source, random)
        if edit is None:
            continue
        start, end, replacement = edit
        mutant = source.text[:start] + replacement + source.text[end:]
        if mutant not in seen:
            seen.add(mutant)
            yield mutant.decode("utf-8", "replace")


Edit = tuple[int, int, bytes]
"""From which byte to which, and what stands there afterwards."""


@dataclass(frozen=True)
class _Source:
    """A program and what bugs can be put into.

    Attributes:
        text: The program.
        leaves: Its tokens: the kinds of the nodes above it, whether it is a name or a literal, and where it stands.
        statements: Where statements of blocks stand, in lists of neighbours.
    """

    text: bytes
    leaves: Sequence[_Leaf]
    statements: Sequence[Sequence[tuple[int, int]]]

    @classmethod
    def of(cls, text: bytes, language: Language) -> _Source:
        tree = language.parser().parse(text)
        leaves: list[_Leaf] = []
        statements: list[list[tuple[int, int]]] = []
        stack: list[Node] = [tree.root_node]
        while stack:
            node = stack.pop()
            if node.type in language.comment_kinds:
                continue
            if node.child_count == 0 or node.type in language.literal_kinds:
                role = (
                    "name"
                    if node.type in language.identifier_kinds
                    else "literal"
                    if node.type in language.literal_kinds
                    else ""
                )
                text_here = text[node.start_byte : node.end_byte]
                leaves.append(_Leaf(text_here, _ancestors(node), role, node.start_byte, node.end_byte))
                continue
            neighbours = [
                (child.start_byte, child.end_byte) for child in node.named_children if child.type.endswith("statement")
            ]
            # In a loop that ends by a condition of its own, a statement more or less may keep it from ending.
            if len(neighbours) > 1 and not _in_open_loop((node.type, *_ancestors(node))):
                statements.append(neighbours)
            stack.extend(reversed(node.children))
        return cls(text, leaves, statements)


@dataclass(frozen=True, slots=True)
class _Leaf:
    text: bytes
    ancestors: tuple[str, ...]
    role: str
    start: int
    end: int

    @property
    def decides_a_loop(self) -> bool:
        """Whether it belongs to a `while`, where a slip is likely to go on for ever."""
        return _in_open_loop(self.ancestors)


def _ancestors(node: Node) -> tuple[str, ...]:
    """Returns the kinds of the nodes above a node, the nearest first."""
    kinds: list[str] = []
    above = node.parent
    while above is not None and len(kinds) < _ANCESTORS:
        kinds.append(above.type)
        above = above.parent
    return tuple(kinds)


def _in_open_loop(kinds: Sequence[str]) -> bool:
    return any("while" in kind or kind == "do_statement" for kind in kinds)


def _pick(leaves: Sequence[_Leaf], random: np.random.Generator) -> _Leaf | None:
    return leaves[int(random.integers(len(leaves)))] if leaves else None


# What the compiler finds.

_SIGNS: Final = frozenset([b";", b"(", b")", b"{", b"}", b"[", b"]", b":", b","])
_KEYWORDS: Final = re.compile(
    rb"return|while|for|foreach|if|else|elif|def|int|static|public|void|echo|print|in|new|class"
)


def _lose_sign(source: _Source, random: np.random.Generator) -> Edit | None:
    leaf = _pick([leaf for leaf in source.leaves if leaf.text in _SIGNS], random)
    return (leaf.start, leaf.end, b"") if leaf else None


def _double_sign(source: _Source, random: np.random.Generator) -> Edit | None:
    leaf = _pick([leaf for leaf in source.leaves if leaf.text in _SIGNS - {b";"}], random)
    return (leaf.start, leaf.end, leaf.text * 2) if leaf else None


def _wrong_bracket(source: _Source, random: np.random.Generator) -> Edit | None:
    others = {b")": b"]", b"]": b")", b"}": b")", b"(": b"[", b"[": b"(", b"{": b"("}
    leaf = _pick([leaf for leaf in source.leaves if leaf.text in others], random)
    return (leaf.start, leaf.end, others[leaf.text]) if leaf else None


def _misspell(source: _Source, random: np.random.Generator) -> Edit | None:
    """Mistypes one mention of a name, or a keyword."""
    names = [leaf for leaf in source.leaves if len(leaf.text) > 1 and (leaf.role == "name")]
    keywords = [leaf for leaf in source.leaves if _KEYWORDS.fullmatch(leaf.text)]
    leaf = _pick(keywords if keywords and random.random() < 0.3 else names, random)
    if leaf is None:
        return None
    place = int(random.integers(len(leaf.text) - 1))
    letters = leaf.text
    typo = [
        letters[:place] + letters[place + 1 : place + 2] + letters[place : place + 1] + letters[place + 2 :],
        letters[: place + 1] + letters[place:],
        letters[: place + 1] + letters[place + 2 :],
    ][int(random.integers(3))]
    return (leaf.start, leaf.end, typo)


def _wrong_type(source: _Source, random: np.random.Generator) -> Edit | None:
    """Writes a text where a number belongs."""
    leaf = _pick([leaf for leaf in source.leaves if leaf.text.isdigit() and leaf.role == "literal"], random)
    return (leaf.start, leaf.end, b'"' + leaf.text + b'"') if leaf else None


def _lose_quote(source: _Source, random: np.random.Generator) -> Edit | None:
    leaf = _pick([leaf for leaf in source.leaves if leaf.text[-1:] in (b'"', b"'")], random)
    return (leaf.end - 1, leaf.end, b"") if leaf else None


# What tests find.

_OPERATORS: Final[dict[bytes, tuple[bytes, ...]]] = {
    b"+": (b"-", b"*"),
    b"-": (b"+",),
    b"*": (b"+",),
    b"/": (b"*",),
    b"//": (b"%", b"*"),
    b"%": (b"+", b"*"),
    b"<": (b"<=", b">"),
    b"<=": (b"<", b">="),
    b">": (b">=", b"<"),
    b">=": (b">", b"<="),
    b"==": (b"!=",),
    b"!=": (b"==",),
    b"===": (b"!==",),
    b"!==": (b"===",),
    b"&&": (b"||",),
    b"||": (b"&&",),
    b"and": (b"or",),
    b"or": (b"and",),
    b"+=": (b"-=", b"="),
    b"-=": (b"+=",),
    b"*=": (b"+=",),
    b"&": (b"|",),
    b"|": (b"&",),
    b"^": (b"|",),
    b"<<": (b">>",),
    b">>": (b"<<",),
    b".=": (b"=",),
}
_OPERATIONS: Final = re.compile(r"binary|comparison|boolean|assignment|update|augmented|unary")
_STEPS: Final = frozenset([b"+=", b"-=", b"*=", b"/=", b"//=", b">>=", b"<<=", b"%="])
_COUNTING: Final = re.compile(rb"\+\+|--|[-+*/%<>]=")
_CONSTANTS: Final = {b"true": b"false", b"false": b"true", b"True": b"False", b"False": b"True"}


def _other_operator(source: _Source, random: np.random.Generator) -> Edit | None:
    leaf = _pick(
        [
            leaf
            for leaf, following in zip(source.leaves, source.leaves[1:], strict=False)
            if leaf.text in _OPERATORS
            and _OPERATIONS.search(leaf.ancestors[0] if leaf.ancestors else "")
            and not leaf.decides_a_loop
            and not (leaf.text in _STEPS and following.text.isdigit())  # it may be what a loop counts with
        ],
        random,
    )
    if leaf is None:
        return None
    options = _OPERATORS[leaf.text]
    return (leaf.start, leaf.end, options[int(random.integers(len(options)))])


def _off_by_one(source: _Source, random: np.random.Generator) -> Edit | None:
    leaf = _pick(
        [
            leaf
            for before, leaf in itertools.pairwise(source.leaves)
            if leaf.text.isdigit() and len(leaf.text) < 9 and before.text not in _STEPS and not leaf.decides_a_loop
        ],
        random,
    )
    if leaf is None:
        return None
    value = int(leaf.text)
    return (leaf.start, leaf.end, str(value - 1 if value and random.random() < 0.5 else value + 1).encode())


def _other_name(source: _Source, random: np.random.Generator) -> Edit | None:
    """Writes one name of the program where another one stands."""
    names = [
        leaf
        for leaf, following in zip(source.leaves, [*source.leaves[1:], None], strict=False)
        if leaf.role == "name" and not (following is not None and following.text == b"(")
    ]
    leaf, other = _pick(names, random), _pick(names, random)
    if leaf is None or other is None:
        return None
    return (leaf.start, leaf.end, other.text)


def _other_constant(source: _Source, random: np.random.Generator) -> Edit | None:
    leaf = _pick([leaf for leaf in source.leaves if leaf.text in _CONSTANTS], random)
    return (leaf.start, leaf.end, _CONSTANTS[leaf.text]) if leaf else None


def _swap_statements(source: _Source, random: np.random.Generator) -> Edit | None:
    if not source.statements:
        return None
    neighbours = source.statements[int(random.integers(len(source.statements)))]
    place = int(random.integers(len(neighbours) - 1))
    (start, end), (next_start, next_end) = neighbours[place], neighbours[place + 1]
    text = source.text
    return (start, next_end, text[next_start:next_end] + text[end:next_start] + text[start:end])


def _lose_statement(source: _Source, random: np.random.Generator) -> Edit | None:
    """Leaves a statement of one line out, of several; the line stays where it is, empty."""
    short = [
        (start, end)
        for neighbours in source.statements
        for start, end in neighbours
        if b"\n" not in source.text[start:end] and not _COUNTING.search(source.text[start:end])
    ]
    if not short:
        return None
    start, end = short[int(random.integers(len(short)))]
    return (start, end, b"")


_Mutation = Callable[[_Source, "np.random.Generator"], Edit | None]
_SYNTAX: Final[tuple[_Mutation, ...]] = (
    _lose_sign,
    _lose_sign,
    _double_sign,
    _wrong_bracket,
    _misspell,
    _misspell,
    _wrong_type,
    _lose_quote,
)
_SEMANTIC: Final[tuple[_Mutation, ...]] = (
    _other_operator,
    _other_operator,
    _other_operator,
    _off_by_one,
    _off_by_one,
    _other_name,
    _other_constant,
    _swap_statements,
    _lose_statement,
)
