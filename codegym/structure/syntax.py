"""How much of a reference's syntax tree a candidate has, and how much else it has.

A tree becomes a multiset of sub-trees. Two sub-trees are equal when their roots are of the same kind and
their children are equal, in order. Identities are small integers: the reference's sub-trees are interned in a
table, and a candidate's sub-tree that is not in the table can match nothing, so it needs no identity of its
own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from tree_sitter import Node

    from codegym.languages.base import Language

MatchMode = Literal["f1", "recall"]

Identity = int | tuple[int | bytes, ...]
"""What makes a sub-tree itself: the kind of a leaf, the kind and the text of a literal, or the kind of an
inner node followed by the numbers of its children."""

UNKNOWN = -1
"""Number of every sub-tree that the reference does not have."""

MISSING = -2
"""Follows the kind of a token that the parser made up, so that it is never equal to one that was written."""


ERROR = 65535
"""The grammar's number of a node that holds what could not be parsed."""


@dataclass(frozen=True, slots=True)
class _Kinds:
    """A grammar's node kinds, by their number."""

    named: frozenset[int]
    literal: frozenset[int]
    ignored: frozenset[int]


@cache
def _kinds(language: Language) -> _Kinds:
    grammar = language.tree_sitter
    kinds = {number: grammar.node_kind_for_id(number) for number in range(grammar.node_kind_count)}
    named = frozenset(number for number in kinds if grammar.node_kind_is_named(number))
    return _Kinds(
        named=named | {ERROR},
        literal=frozenset(number for number in named if kinds[number] in language.literal_kinds),
        ignored=frozenset(number for number in named if kinds[number] in language.comment_kinds),
    )


@dataclass(frozen=True, slots=True)
class SubtreeCounts:
    """The multiset of a program's sub-trees.

    Attributes:
        counts: Number of a sub-tree to how often it occurs; without those that are `UNKNOWN`.
        total: How many sub-trees there are, the unknown ones included.
    """

    counts: Counter[int]
    total: int


class SyntaxReference:
    """A reference's sub-trees, ready to be compared with candidates.

    Sub-trees that count are those of the named nodes that keep a child. In mode `"f1"` a sub-tree keeps its
    operators, keywords and punctuation, and its literals by their text; names are abstracted to their kind.
    In mode `"recall"` it keeps named nodes only, by their kind, as CodeBLEU's sub-trees do. Comments are left
    out of both.

    Args:
        root: Root of the reference's tree.
        source: The bytes that the tree was parsed from.
        language: Language of both programs.
        mode: How sub-trees are compared and counted, see `score`.
    """

    def __init__(self, root: Node, source: bytes, language: Language, mode: MatchMode) -> None:
        self._kinds = _kinds(language)
        self._mode = mode
        self._numbers: dict[Identity, int] = {}
        self._reference = self._count(root, source, self._intern)

    def score(self, root: Node, source: bytes) -> float:
        """Returns the match of a candidate's tree, in [0, 1].

        - `"f1"`: `2 * |R & C| / (|R| + |C|)` over the multisets R and C of both programs' sub-trees. 1 for
          two programs without any sub-tree, such as two empty ones.
        - `"recall"`: the share of the reference's sub-trees, counted with their repetitions, that occur in
          the candidate (CodeBLEU, arXiv 2009.10297, section 3.2; PPOCoder, arXiv 2301.13816, section 3.2). 1
          for a reference without any.
        """
        candidate = self._count(root, source, self._known)
        reference = self._reference
        if self._mode == "recall":
            found = sum(count for number, count in reference.counts.items() if number in candidate.counts)
            return found / reference.total if reference.total else 1.0
        total = reference.total + candidate.total
        shared = sum(min(count, candidate.counts[number]) for number, count in reference.counts.items())
        return 2 * shared / total if total else 1.0

    def _intern(self, identity: Identity) -> int:
        return self._numbers.setdefault(identity, len(self._numbers))

    def _known(self, identity: Identity) -> int:
        return self._numbers.get(identity, UNKNOWN)

    def _count(self, root: Node, source: bytes, number_of: Callable[[Identity], int]) -> SubtreeCounts:
        """Numbers every sub-tree, children first, and counts those that count.

        The first loop lists the inner nodes, parents before children; read backwards, the list has children
        before parents, so that no recursion is needed however deep the tree is.
        """
        named, literal, ignored = self._kinds.named, self._kinds.literal, self._kinds.ignored
        with_text = self._mode == "f1"
        broken = root.has_error
        top = [0]
        inner: list[tuple[list[int], list[int], int]] = []  # identity, and where its number belongs
        pending: list[tuple[Node, list[int], int]] = [(root, top, 0)]
        while pending:
            node, owner, place = pending.pop()
            identity = [node.kind_id]
            inner.append((identity, owner, place))
            for child in node.children:
                kind = child.kind_id
                if kind in ignored or not (with_text or kind in named):
                    continue
                if child.child_count:
                    pending.append((child, identity, len(identity)))
                    identity.append(UNKNOWN)
                elif broken and child.is_missing:
                    identity.append(number_of((kind, MISSING)))
                elif with_text and kind in literal:
                    identity.append(number_of((kind, source[child.start_byte : child.end_byte])))
                else:
                    identity.append(number_of(kind))

        counted = []
        for identity, owner, place in reversed(inner):
            if len(identity) == 1:
                number = number_of(identity[0])
            else:
                number = number_of(tuple(identity))
                if identity[0] in named:
                    counted.append(number)
            owner[place] = number
        counts = Counter(counted)
        counts.pop(UNKNOWN, None)
        return SubtreeCounts(counts, len(counted))
