"""How much of a reference's syntax tree a candidate has, and how much else it has.

A tree becomes a multiset of sub-trees. Two sub-trees are equal when their roots are of the same kind and
their children are equal, in order. Identities are small integers, found child by child as in a trie: a kind has a
number, and a number followed by a child's number has one, too. So of a node that is still being written the number
is known up to its last finished child. The reference's sub-trees make up the trie; a candidate's that leaves it can
match nothing, and needs no identity of its own.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from tree_sitter import Node

    from codegym.languages.base import Language

MatchMode = Literal["f1", "recall", "codebleu"]
"""How programs are compared: what is missing and what is too much both cost; only what is missing does; the published
measure, whose definitions are its own (`codegym.structure.codebleu`)."""

Step = int | tuple[int, int] | tuple[int, bytes]
"""What leads to a number: a kind, a number and the number of one more child, or a kind and its text."""

UNKNOWN = -1
"""Number of every sub-tree that the reference does not have."""

MISSING = b"\0missing"
"""Text of a token that the parser made up, which no written one has."""

MAX_DEPTH = 50
"""Nodes nested deeper than this are not looked for among those of the tree before."""

ERROR = 65535
"""The grammar's number of a node that holds what could not be parsed."""


@dataclass(frozen=True, slots=True)
class _Kinds:
    """A grammar's node kinds, by their number."""

    named: frozenset[int]
    literal: dict[int, Callable[[bytes], bytes]]
    ignored: frozenset[int]


@cache
def _kinds(language: Language) -> _Kinds:
    grammar = language.tree_sitter
    kinds = {number: grammar.node_kind_for_id(number) for number in range(grammar.node_kind_count)}
    named = frozenset(number for number in kinds if grammar.node_kind_is_named(number))
    values = dict(language.literal_values)
    return _Kinds(
        named=named | {ERROR},
        literal={
            number: values.get(kind, bytes)
            for number, kind in kinds.items()
            if number in named and kind in language.literal_kinds
        },
        ignored=frozenset(number for number in named if kinds[number] in language.comment_kinds),
    )


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
        self.kinds = _kinds(language)
        self.with_text = mode == "f1"
        self.numbers: dict[Step, int] = {}
        counted: list[int] = []
        number_of_node(root, source, self, self._intern, counted)
        self.counts = Counter(counted)
        self.total = len(counted)

    def score(self, root: Node, source: bytes) -> float:
        """Returns the match of a candidate's tree, in [0, 1].

        - `"f1"`: `2 * |R & C| / (|R| + |C|)` over the multisets R and C of both programs' sub-trees.
        - `"recall"`: the share of the reference's sub-trees, counted with their repetitions, that occur in
          the candidate (CodeBLEU, arXiv 2009.10297, section 3.2; PPOCoder, arXiv 2301.13816, section 3.2).

        0 where the reference has no sub-tree: what cannot be earned is given to nobody.
        """
        counted: list[int] = []
        number_of_node(root, source, self, self.known, counted)
        counts = Counter(counted)
        if self.with_text:
            shared = sum(min(count, counts[number]) for number, count in self.counts.items())
        else:
            shared = sum(count for number, count in self.counts.items() if number in counts)
        return self.match(shared, len(counted))

    def match(self, shared: int, total: int) -> float:
        """Returns the match of a candidate that has so many sub-trees, and shares so many with the reference."""
        if not self.total:
            return 0.0
        return 2 * shared / (self.total + total) if self.with_text else shared / self.total

    def known(self, step: Step) -> int:
        """Returns the number of what the reference has, `UNKNOWN` of everything else."""
        return self.numbers.get(step, UNKNOWN)

    def _intern(self, step: Step) -> int:
        return self.numbers.setdefault(step, len(self.numbers))


def number_of_node(
    node: Node, source: bytes, reference: SyntaxReference, number_of: Callable[[Step], int], counted: list[int]
) -> int:
    """Returns a node's number, and adds those of its sub-trees, itself included, that count, children first.

    The first loop lists the inner nodes, parents before children; read backwards, the list has children before
    parents, so that no recursion is needed however deep the tree is.
    """
    if is_leaf(node, reference):
        return number_of_leaf(node, source, reference, number_of)
    kinds, with_text = reference.kinds, reference.with_text
    named, ignored = kinds.named, kinds.ignored
    top = [0]
    inner: list[tuple[int, list[int], list[int], int]] = []  # kind, numbers of children, where its own belongs
    pending: list[tuple[Node, list[int], int]] = [(node, top, 0)]
    while pending:
        parent, owner, place = pending.pop()
        numbers: list[int] = []
        inner.append((parent.kind_id, numbers, owner, place))
        for child in parent.children:
            kind = child.kind_id
            if kind in ignored or not (with_text or kind in named):
                continue
            if not is_leaf(child, reference):
                pending.append((child, numbers, len(numbers)))
                numbers.append(UNKNOWN)
            else:
                numbers.append(number_of_leaf(child, source, reference, number_of))

    for kind, numbers, owner, place in reversed(inner):
        number = number_of(kind)
        for child_number in numbers:
            number = number_of((number, child_number))
        if numbers and kind in named:
            counted.append(number)
        owner[place] = number
    return top[0]


def is_leaf(node: Node, reference: SyntaxReference) -> bool:
    """Whether a node has no parts: a literal with its text is one piece, whatever the grammar divides it into."""
    if not node.child_count:
        return True
    literal, named = reference.kinds.literal, reference.kinds.named
    if not reference.with_text or node.kind_id not in literal:
        return False
    return all(child.kind_id in literal or child.kind_id not in named for child in node.children)


def number_of_leaf(node: Node, source: bytes, reference: SyntaxReference, number_of: Callable[[Step], int]) -> int:
    """Returns the number of a node without parts."""
    kind, start, end = node.kind_id, node.start_byte, node.end_byte
    if start == end and (node.is_missing or node.has_error):
        return number_of((kind, MISSING))
    if reference.with_text and (value := reference.kinds.literal.get(kind)) is not None:
        return number_of((kind, value(source[start:end])))
    return number_of(kind)


def unchanged(node: Node, ends: Sequence[int], changed: int, first: int = 0) -> int:
    """Returns how many of the parts of a node are as they were.

    Args:
        node: The node.
        ends: Where the parts ended.
        changed: The first byte at which the trees differ. A part that ends there may have become longer.
        first: Which of the parts is the first child.
    """
    children = node.child_count
    count = min(bisect_left(ends, changed), children + first)
    while count > first:  # a part without text can be gone, and the others have other places
        child = node.child(count - 1 - first)
        if child is not None and child.end_byte == ends[count - 1]:
            break
        count -= 1
    while count < len(ends) and ends[count] == changed and first <= count < children + first:
        child = node.child(count - first)
        if child is None or child.end_byte != changed or child.start_byte == changed:
            break
        count += 1
    return count


class _Open:
    """A node on the way from the root to the newest token, as far as it is finished.

    Attributes:
        kind: Its kind.
        start: Its first byte.
        ends: Where each finished child, all but the last, ends.
        values: The number of each finished child.
        numbers: The node's number before its first child, and after each finished one.
        kept: How many children are kept, likewise.
        marks: How many finished sub-trees had been counted, likewise.
    """

    __slots__ = ("ends", "kept", "kind", "marks", "numbers", "start", "values")

    def __init__(self, kind: int, start: int, number: int, mark: int) -> None:
        self.kind, self.start = kind, start
        self.ends: list[int] = []
        self.values: list[int] = []
        self.numbers = [number]
        self.kept = [0]
        self.marks = [mark]


def _child(node: Node | None, place: int) -> Node | None:
    return node.child(place) if node is not None and place < node.child_count else None


class _Finished(NamedTuple):
    """A finished child of a node that was on the spine, which may be there again under another one.

    Attributes:
        node: The child, in the tree before.
        end: How many finished sub-trees had been counted at its end.
        value: Its number.
    """

    node: Node
    end: int
    value: int

    def is_node(self, node: Node) -> bool:
        """Whether a node of the new tree is this one, not parsed again.

        Trees share what has not been parsed again. The parser's name of a node is the place in memory where its parent
        holds it: so a node is shared when its children have their names in both trees, which are both in memory.
        """
        before = self.node
        return (
            before.start_byte == node.start_byte
            and before.kind_id == node.kind_id
            and before.child_count == node.child_count
            and [child.id for child in before.children] == [child.id for child in node.children]
        )


class SyntaxTracker:
    """The match of a program that grows at its end.

    What an append left as it was is not looked at again: the finished children of the nodes on the way to the
    newest token (the spine), of which only the numbers are kept. When the parser changes its mind about the nodes on
    the spine, which happens in code that is not finished, their children are known again, and what was counted in
    them stays counted.

    Args:
        reference: What the program is compared with.
    """

    def __init__(self, reference: SyntaxReference) -> None:
        self._reference = reference
        self._spine: list[_Open] = []
        self._root: Node | None = None
        self._trailing: list[tuple[int, ...]] = []  # of each node on the spine: the children after the newest token
        self._path: list[int] = []  # which child of each node on the spine is the next one, in the tree before
        self._counted: list[int] = []  # the finished sub-trees, in the order of their ends
        self._length = 0  # how many of them are known to be in the new tree; the others wait to be known again
        self._finished: dict[int, _Finished] = {}  # by how many had been counted before them
        self._counts: dict[int, int] = {}
        self._shared = 0
        self._score = reference.match(0, 0)

    @property
    def score(self) -> float:
        """The match so far, in [0, 1]: what `SyntaxReference.score` returns for the whole tree."""
        return self._score

    def update(self, root: Node, source: bytes, changed: int) -> None:
        """Takes in the tree of the longer program.

        Args:
            root: Its root.
            source: The bytes that it was parsed from.
            changed: Nodes that end before this byte are those of the tree before.
        """
        spine, trailing = self._spine, self._trailing
        self._path = [len(entry.ends) for entry in spine]
        trailing.clear()
        node: Node | None = root
        depth = 0
        tail = UNKNOWN
        tail_kept = False
        while node is not None:
            children = node.child_count
            last, child = children - 1, node.child(children - 1) if children else None
            while child is not None and last > 0 and not child.child_count and child.start_byte == child.end_byte:
                last -= 1  # the parser has made it up
                child = node.child(last)
            trailing.append(self._made_up(node, last + 1, source) if last + 1 < children else ())
            entry = self._entry(depth, node, last, changed)
            if len(entry.ends) < last and depth + 1 < len(spine):
                self._close(depth, node, source, changed)
            while len(entry.ends) < last:
                self._finish(entry, node, source)
            if child is not None and self._keeps(child.kind_id) and not is_leaf(child, self._reference):
                node, depth = child, depth + 1
                continue
            self._drop(depth + 1)
            if child is not None:
                tail, tail_kept = self._number(child, source), self._keeps(child.kind_id)
            node = None
        self._cut()
        self._root = root
        self._score = self._match(tail, tail_kept)

    def _made_up(self, node: Node, first: int, source: bytes) -> tuple[int, ...]:
        """Returns the numbers of the last children of a node, which are tokens without text."""
        children = [child for child in node.children[first:] if self._keeps(child.kind_id)]
        return tuple(number_of_leaf(child, source, self._reference, self._reference.known) for child in children)

    def _entry(self, depth: int, node: Node, last: int, changed: int) -> _Open:
        """Returns what is known of a node on the spine: nothing, where the append has made it anew."""
        spine = self._spine
        if depth < len(spine):
            entry = spine[depth]
            if entry.kind == node.kind_id and entry.start == node.start_byte:
                valid = min(unchanged(node, entry.ends, changed), max(last, 0))
                if valid < len(entry.ends):
                    self._drop(depth, valid)
                    del entry.ends[valid:], entry.values[valid:]
                    del entry.numbers[valid + 1 :], entry.kept[valid + 1 :], entry.marks[valid + 1 :]
                return entry
            self._drop(depth)
        entry = _Open(node.kind_id, node.start_byte, self._reference.known(node.kind_id), self._length)
        spine.append(entry)
        return entry

    def _drop(self, depth: int, valid: int | None = None) -> None:
        """Takes the spine from a depth on away, or only from a child of the node there on.

        What was counted in it waits to be known again, in the order of the text, until something else is counted.
        """
        spine = self._spine
        if depth >= len(spine):
            return
        dropped, first = spine[depth:], valid or 0
        del spine[depth + (valid is not None) :]
        self._length = min(self._length, dropped[0].marks[first])
        node = self._root
        for above in range(depth):
            node = _child(node, self._path[above]) if above < len(self._path) else None
        for entry in dropped:
            if node is None:
                break
            marks = entry.marks
            if marks[first] < marks[-1]:
                for place, child in enumerate(node.children[first : len(entry.ends)], first):
                    if marks[place] < marks[place + 1]:
                        self._finished[marks[place]] = _Finished(child, marks[place + 1], entry.values[place])
            node, first = _child(node, len(entry.ends)), 0

    def _close(self, depth: int, node: Node, source: bytes, changed: int) -> None:
        """Finishes the child that was the last one of a node before, from what is known of it."""
        spine = self._spine
        nodes = [node]
        while depth + len(nodes) < len(spine):
            entry = spine[depth + len(nodes) - 1]
            child = _child(nodes[-1], len(entry.ends))
            following = spine[depth + len(nodes)]
            if child is None or child.kind_id != following.kind or child.start_byte != following.start:
                break
            self._entry(depth + len(nodes), child, child.child_count - 1, changed)
            nodes.append(child)
        self._drop(depth + len(nodes))
        while len(nodes) > 1:
            closed, entry = nodes.pop(), spine.pop()
            while len(entry.ends) < closed.child_count:
                self._finish(entry, closed, source)
            number = entry.numbers[-1]
            if entry.kept[-1] and entry.kind in self._reference.kinds.named:
                self._count(number)
            self._add(spine[-1], closed, number)

    def _finish(self, entry: _Open, node: Node, source: bytes) -> None:
        """Finishes the next child of a node."""
        child = node.child(len(entry.ends))
        if child is not None:
            self._add(entry, child, self._number(child, source))

    def _add(self, entry: _Open, child: Node, number: int) -> None:
        kept = self._keeps(child.kind_id)
        entry.ends.append(child.end_byte)
        entry.values.append(number)
        entry.numbers.append(self._reference.known((entry.numbers[-1], number)) if kept else entry.numbers[-1])
        entry.kept.append(entry.kept[-1] + kept)
        entry.marks.append(self._length)

    def _keeps(self, kind: int) -> bool:
        kinds = self._reference.kinds
        return kind not in kinds.ignored and (self._reference.with_text or kind in kinds.named)

    def _number(self, node: Node, source: bytes, depth: int = 0) -> int:
        """Returns the number of a finished node, and counts the sub-trees in it."""
        reference = self._reference
        if is_leaf(node, reference):
            return number_of_leaf(node, source, reference, reference.known)
        if not self._keeps(node.kind_id):
            return UNKNOWN
        known = self._finished.get(self._length)
        if known is not None and known.is_node(node):
            self._length = known.end
            return known.value
        if known is not None and depth < MAX_DEPTH and node.end_byte > known.node.end_byte:
            return self._number_of_parts(node, source, depth)
        counted: list[int] = []
        number = number_of_node(node, source, reference, reference.known, counted)
        for counted_number in counted:
            self._count(counted_number)
        return number

    def _number_of_parts(self, node: Node, source: bytes, depth: int) -> int:
        """Returns the number of a node whose parts may have been there before it was."""
        known = self._reference.known
        number, parts = known(node.kind_id), [child for child in node.children if self._keeps(child.kind_id)]
        for part in parts:
            number = known((number, self._number(part, source, depth + 1)))
        if parts and node.kind_id in self._reference.kinds.named:
            self._count(number)
        return number

    def _count(self, number: int) -> None:
        """Counts one finished sub-tree."""
        self._cut()
        self._counted.append(number)
        self._length += 1
        if number != UNKNOWN:
            count = self._counts[number] = self._counts.get(number, 0) + 1
            self._shared += self._gain(number, count)

    def _cut(self) -> None:
        """Takes back what was counted and is not known again."""
        counted, counts, length = self._counted, self._counts, self._length
        if self._finished:
            self._finished.clear()
        while len(counted) > length:
            number = counted.pop()
            if number != UNKNOWN:
                self._shared -= self._gain(number, counts[number])
                counts[number] -= 1

    def _gain(self, number: int, count: int) -> int:
        """Returns how much more is shared with the reference when a sub-tree is met for the `count`-th time."""
        wanted = self._reference.counts.get(number, 0)
        if self._reference.with_text:
            return int(count <= wanted)
        return wanted if count == 1 else 0

    def _match(self, tail: int, tail_kept: bool) -> float:
        """Returns the match, with the unfinished nodes as they stand: those of the spine, from the newest token up."""
        shared, total = self._shared, len(self._counted)
        known, named = self._reference.known, self._reference.kinds.named
        unfinished: dict[int, int] = {}
        for entry, trailing in zip(reversed(self._spine), reversed(self._trailing), strict=True):
            number, kept = entry.numbers[-1], entry.kept[-1]
            if tail_kept:
                number, kept = known((number, tail)), kept + 1
            for made_up in trailing:
                number, kept = known((number, made_up)), kept + 1
            tail, tail_kept = number, self._keeps(entry.kind)
            if kept and entry.kind in named:
                total += 1
                if number != UNKNOWN:
                    unfinished[number] = unfinished.get(number, 0) + 1
                    shared += self._gain(number, self._counts.get(number, 0) + unfinished[number])
        return self._reference.match(shared, total)
