"""The engine behind the data-flow match: carries steps out, and knows which definitions reach which reads.

Structured control flow needs no graph. The state maps each variable to what reaches here; changes are kept on
a trail, so that an alternative is taken back, and its outcome joined with the others', at a cost that depends
on what it changed. A loop is walked once: reads that its entry reaches are given what came back to its start
when it ends. What is still to happen is a stack of steps.

A program that grows is not walked again. Each function, and what is outside of all, has a `Flow` of its own, which
takes nothing from the others; what names mean outside is found at the end. A flow keeps a journal of what it changed,
and of the nodes on the way to the newest token (the spine) where in the journal each of their steps began. So it takes
back what followed the last step that is as it was, and goes on from there.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, get_args

from codegym.structure.syntax import ERROR, unchanged

if TYPE_CHECKING:
    from tree_sitter import Node

DefinitionKind = Literal[
    "parameter",  # of a function, a lambda or a record
    "declaration",  # without a value
    "assignment",
    "augmented",  # x += 1, x++
    "loop",  # target of a for loop or of a comprehension
    "import",
    "context",  # with ... as x; a resource of a try statement
    "exception",  # except ... as x; catch (E x)
    "pattern",  # captured by match, switch or instanceof
    "function",
    "class",
    "field",  # declared in the body of a class
    "element",  # x.a = v, x[i] = v: changes x, and leaves its earlier definitions in force
]

Edge = tuple[int, str, int]
"""Number of the variable, relation, number of the variable that the relation leads to."""

Operation = Callable[["Flow", "Node | None", str], None]

Step = tuple[Operation, "Node | None", str]
"""One thing that happens: a method of `Flow`, and what it is called with."""

MAX_SOURCES = 64
"""The most reads that one definition takes edges from: edges stay linear in the size of the program."""

MAX_DEPTH = 100
"""Branches and loops nested deeper than this, which no real program has, leave behind no definitions. Nodes nested
deeper are walked again with every token."""

MAX_WAYS = 256
"""Ways out of one branch or loop beyond these, which no real program has, leave behind no definitions."""

SHORTEST = 32
"""A node of fewer bytes is walked again rather than remembered step by step."""

Reaching = tuple[int, int]
"""The kinds of the definitions that reach a point (a bit each), and when the oldest of them was made (-1:
never, there is a way here without any). A loop that began later than that was entered with it, so whatever
comes back to the loop's start reaches the point as well."""

UNDEFINED: Reaching = (0, -1)

Outcome = dict[int, Reaching]
"""The variables that an alternative changed, as it leaves them."""

Value = tuple[int, int, bool]
"""The first read of a value, the end of its reads, and whether it is one variable as it is."""

Fact = tuple[int, int, bool] | tuple[int, str, int]
"""A read: its variable, the kinds of the definitions that reach it, and whether there is a way to it without any. Or
where a definition's value comes from: its variable, the relation, and the variable that is read. Or that a variable is
read, "next", and the variable that the function reads after it."""

Snapshot = tuple[int, int, int, int, int, int, Any, Any, Any, Any, "_Scope", bool, int]
"""A flow's state: the lengths of its journal and of its lists, and what it holds otherwise."""

Item = TypeVar("Item")

_KINDS: tuple[str, ...] = get_args(DefinitionKind)
_BITS = {kind: 1 << position for position, kind in enumerate(_KINDS)}

_FEW = 1 << 24
"""A function has fewer variables: their identities begin at a multiple of this."""


@dataclass(frozen=True, slots=True)
class InOrder:
    """The rule of a node whose children happen one after the other, with nothing between them.

    Attributes:
        before: What happens before the first child.
        after: What happens after the last one.
    """

    before: tuple[Step, ...] = ()
    after: tuple[Step, ...] = ()

    def __call__(self, node: Node) -> list[Step]:
        """Returns all steps."""
        visit = Flow.visit
        return [*self.before, *((visit, child, "") for child in parts_of(node)), *self.after]

    def following(self, node: Node, valid: int) -> list[Step]:
        """Returns the steps after the first ones, up to the last child."""
        visit, before = Flow.visit, self.before
        first = valid - len(before)
        if first <= 0:
            return [*before[valid:], *((visit, child, "") for child in node.children)]
        return [(visit, node.child(place), "") for place in range(first, node.child_count)]


def parts_of(node: Node) -> list[Node]:
    """Returns the children that something can happen in. What could not be parsed may be inside of a keyword."""
    return node.children if node.has_error else node.named_children


IN_ORDER = InOrder()


@dataclass(frozen=True, slots=True)
class CompiledRules:
    """`codegym.structure.dataflow.DataflowRules`, by the numbers that the grammar gives to kinds of node."""

    variables: frozenset[int]
    steps: Mapping[int, Callable[[Node], Iterable[Step]]]
    targets: Mapping[int, Callable[[Node], Sequence[Node]]]
    containers: Mapping[int, str]
    wrappers: frozenset[int]
    assignment_declares: bool
    local_prefix: bytes | None
    own_member: Callable[[Node], Node | None]


@dataclass(slots=True, eq=False)
class _Scope:
    """Names, and the variables that they mean.

    Attributes:
        parent: The scope around it.
        kind: A function's scope ends the search for a name until the function is complete.
        names: Name to variable.
        hidden: What these names mean outside of it, in the same function (-1: nothing yet).
    """

    parent: _Scope | None
    kind: Literal["function", "class", "block"]
    names: dict[bytes, int] = field(default_factory=dict)
    hidden: dict[bytes, int] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class _Function:
    """A function as those around it see it.

    Attributes:
        around: The scope that it is in.
        identity: The identity of its first variable.
        names: Its parameters.
        positions: Where they first appear.
        entry: What reaches its start.
        body: What happens in it; nothing in the place of what is complete.
        flow: What is known of its body.
        head: What `names`, `positions` and `entry` that began with.
    """

    around: _Scope | None
    identity: int
    names: dict[bytes, int] = field(default_factory=dict)
    positions: dict[int, int] = field(default_factory=dict)
    entry: Outcome = field(default_factory=dict)
    body: tuple[Node | None, ...] = ()
    flow: Flow | None = None
    head: tuple[dict[bytes, int], dict[int, int], Outcome] | None = None


@dataclass(slots=True, eq=False)
class _Frame:
    """A branch, a switch or a loop that has begun.

    Attributes:
        depth: How many are around it.
        mark: The last change before it.
        live: Whether control reaches it.
        reads: How many reads there were before it.
        definitions: How many definitions there were before it.
        time: When it began.
        breaks: Whether a `break` leaves it now.
        loops: Whether a `continue` repeats it now.
        label: The label of the statement that it is.
        first_end: How many definitions there were when its first handler began.
        ways: How many ways out of it or back to its start have been taken.
        exits: The ways out of it.
        returns: The ways back to its start.
    """

    depth: int
    mark: Any
    live: bool
    reads: int
    definitions: int
    time: int
    breaks: bool
    loops: bool
    label: str = ""
    first_end: int | None = None
    ways: int = 0
    exits: tuple[Outcome, ...] = ()
    returns: tuple[Outcome, ...] = ()


class _Log(Generic[Item]):
    """What has happened, of which a part can be taken back, and what of it is news."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self._told = 0  # how many of the items have been told
        self._taken_back: list[Item] = []  # what was told and is not there any more

    def cut(self, length: int) -> None:
        """Takes back all but the first items."""
        if length < self._told:
            self._taken_back = self.items[length : self._told] + self._taken_back
            self._told = length
        del self.items[length:]

    def news(self) -> tuple[list[Item], list[Item]]:
        """Returns what was taken back and what was added since it was asked last, without what is in both."""
        fewer, more = self._taken_back, self.items[self._told :]
        self._taken_back, self._told = [], len(self.items)
        while fewer and more and fewer[-1] == more[-1]:
            del fewer[-1], more[-1]
        same = 0
        for one, other in zip(fewer, more, strict=False):
            if one != other:
                break
            same += 1
        return fewer[same:], more[same:]


class _Entry:
    """A node on the spine, or the body of a function, and what is known of its steps.

    Attributes:
        kind: The node's kind.
        start: Its first byte.
        in_order: Its rule, where that is so simple that not all of its steps have to be listed.
        ends: Where the node of each step ends.
        keys: What each step was, where they have to be listed.
        snapshots: The flow's state before each step, and after the last of them.
        child: Which step is that of the next node on the spine.
    """

    __slots__ = ("child", "ends", "in_order", "keys", "kind", "snapshots", "start")

    def __init__(self, kind: int, start: int, in_order: InOrder | None) -> None:
        self.kind, self.start, self.in_order = kind, start, in_order
        self.ends: list[int] = []
        self.keys: list[tuple[Operation, str, int, int]] = []
        self.snapshots: list[Snapshot] = []
        self.child = -1

    def forget(self, first: int) -> None:
        """Forgets the steps from one on."""
        del self.snapshots[first:], self.ends[first:], self.keys[first:]


class ProgramFlow:
    """A program's data flow, which is brought up to date as the program grows.

    Args:
        rules: What happens at the nodes of its tree.
        wanted: The edges that it is compared with.
    """

    def __init__(self, rules: CompiledRules, wanted: Mapping[Edge, int]) -> None:
        self._rules = rules
        self._wanted = wanted
        self._identities = itertools.count(0, _FEW)
        self._outermost = _Function(None, next(self._identities))
        self._flows: list[Flow] = []
        self._meanings = _Meanings({}, {}, {}, {})
        self._edges: dict[Edge, int] = {}
        self.total = self.shared = 0

    @property
    def edges(self) -> Counter[Edge]:
        """The edges, variables numbered by where they first appear."""
        return Counter({edge: count for edge, count in self._edges.items() if count})

    def update(self, root: Node, changed: int = 0) -> None:
        """Takes in the tree of the longer program.

        Args:
            root: Its root.
            changed: Nodes that end before this byte are those of the tree before.
        """
        end = root.children[-1].end_byte if root.child_count else 0
        broken = root.has_error
        self._outermost.body = (root,)
        flows: list[Flow] = []
        updated: list[Flow] = []
        functions = [self._outermost]
        for function in functions:  # grows while it runs
            flow, body = function.flow, function.body
            if flow is None or not body or body[-1] is not None:
                head = (function.names, function.positions, function.entry)
                if flow is None or function.head != head:
                    function.head = (function.names.copy(), function.positions.copy(), function.entry.copy())
                    flow = function.flow = Flow(self._rules, function, self._identities)
                flow.update(body, changed, end, broken)
                updated.append(flow)
                # What is complete need not keep its tree.
                function.body = tuple(part if part is not None and part.end_byte >= end else None for part in body)
            flows.append(flow)
            functions += flow.functions
        self._count(flows, updated)

    def _count(self, flows: list[Flow], updated: list[Flow]) -> None:
        """Counts the edges that are new, or all of them where what was there has got another meaning."""
        has_new_meanings = [flow.has_new_meanings() for flow in updated]  # asks all of them
        meanings = _meanings(flows, self._rules.local_prefix) if any(has_new_meanings) else self._meanings
        if flows == self._flows and meanings.agree(self._meanings):
            changes = [flow.changes() for flow in updated]
            for fewer, _ in changes:
                for fact, number in fewer:
                    self._add(fact, -number)
            self._meanings = meanings
            for _, more in changes:
                for fact, number in more:
                    self._add(fact, number)
            return
        self._flows, self._meanings = flows, _meanings(flows, self._rules.local_prefix)
        self._edges, self.shared, self.total = {}, 0, 0
        for flow in flows:
            flow.changes()
            for fact, number in flow.counts.items():
                self._add(fact, number)

    def _add(self, fact: Fact, number: int) -> None:
        edges, wanted = self._edges, self._wanted
        for edge in self._meanings.edges_of(fact):
            before = edges.get(edge, 0)
            after = edges[edge] = before + number
            self.total += number
            limit = wanted.get(edge)
            if limit:
                self.shared += min(after, limit) - min(before, limit)


@dataclass(slots=True, eq=False)
class _Meanings:
    """What the variables of functions are in the program.

    Attributes:
        ranks: The number of each variable, by where it first appears.
        outside: The variable outside that a function's variable turned out to be.
        elsewhere: Of each variable that is used in other functions: the kinds of the definitions that they make.
        everywhere: Of the same variables: the kinds of all definitions.
        known: What facts have been found to mean.
    """

    ranks: dict[int, int]
    outside: dict[int, int]
    elsewhere: dict[int, int]
    everywhere: dict[int, int]
    known: dict[Fact, list[Edge]] = field(default_factory=dict)

    def agree(self, before: _Meanings) -> bool:
        """Whether whatever was there before, and still is, means the same."""
        if self is before:
            return True
        return (
            _agree(self.ranks, before.ranks)
            and _agree(self.outside, before.outside)
            and _agree(self.elsewhere, before.elsewhere)
            and _agree(self.everywhere, before.everywhere)
            and self.ranks.keys().isdisjoint(before.outside)
            and before.ranks.keys().isdisjoint(self.outside)
            and not any(
                bits and variable in self.ranks and variable in before.ranks
                for variable, bits in self.elsewhere.items() ^ before.elsewhere.items()
            )
        )

    def edges_of(self, fact: Fact) -> list[Edge]:
        """Returns the edges that a fact gives."""
        edges = self.known.get(fact)
        if edges is None:
            edges = self.known[fact] = self._edges_of(fact)
        return edges

    def _edges_of(self, fact: Fact) -> list[Edge]:
        variable, what, more = fact
        outside, ranks = self.outside, self.ranks
        other = outside.get(variable, variable)
        rank = ranks[other]
        if isinstance(what, str):
            return [(rank, what, ranks[outside.get(more, more)])]
        if more:
            what |= (self.elsewhere if other == variable else self.everywhere).get(other, 0)
        return [(rank, kind, rank) for kind in _kinds_of(what)]


def _agree(one: dict[int, int], other: dict[int, int]) -> bool:
    """Whether no key has a value in one and another value in the other."""
    return one == other or all(other.get(key, value) == value for key, value in one.items())


def _meanings(flows: Sequence[Flow], local_prefix: bytes | None) -> _Meanings:
    """Returns what the variables of all functions are in the program."""
    positions: dict[int, int] = {}
    for flow in flows:
        positions.update(flow.positions)
    outside = _find_outside(flows, positions, local_prefix) if len(flows) > 1 else {}
    elsewhere: dict[int, int] = {}
    everywhere: dict[int, int] = {}
    if outside:
        defined: dict[int, int] = {}
        for flow in flows:
            defined.update(flow.defined)
        for variable, other in outside.items():
            position = positions.pop(variable)
            if position < positions[other]:
                positions[other] = position
            elsewhere[other] = elsewhere.get(other, 0) | defined.get(variable, 0)
        everywhere = {other: bits | defined.get(other, 0) for other, bits in elsewhere.items()}
    ranks = {variable: rank for rank, variable in enumerate(sorted(positions, key=positions.__getitem__))}
    return _Meanings(ranks, outside, elsewhere, everywhere)


def _find_outside(flows: Sequence[Flow], positions: dict[int, int], local_prefix: bytes | None) -> dict[int, int]:
    """Returns what the names that functions do not declare mean outside of them; adds where it appears."""
    outermost = flows[0].scope
    outside: dict[int, int] = {}
    nowhere: dict[bytes, int] = {}  # what nobody declares
    for flow in flows[1:]:
        around = flow.scope.parent
        for names, start in ((flow.unresolved, around), (flow.outer, around), (flow.top, outermost)):
            for name, variable in names.items():
                if local_prefix is not None and names is flow.unresolved and name.startswith(local_prefix):
                    continue
                name = name.lstrip(b".")
                scope, other = start, None
                while scope is not None and (other := scope.names.get(name)) is None:
                    scope = scope.parent
                if other is None:
                    other = nowhere.setdefault(name, -1 - len(nowhere))
                    positions.setdefault(other, positions[variable])
                outside[variable] = outside.get(other, other)
    return outside


class Flow:
    """The data flow of one function, or of what is outside of all. The operations that steps name are its methods.

    Args:
        rules: What happens at the nodes of the tree.
        function: The function.
        identities: Those of the first variables of the functions inside it.

    Attributes:
        scope: The function's scope.
        unresolved: Names that it uses before anything in it declares them. Unless an assignment declares them later,
            they mean something outside.
        outer: Names that are said to mean something in the functions around.
        top: Names that are said to mean something outside of all functions.
        positions: Of each variable: where it first appears.
        defined: Of each variable: the kinds of its definitions.
        counts: How many there are of each fact.
        functions: The functions inside it.
    """

    def __init__(self, rules: CompiledRules, function: _Function, identities: Iterator[int]) -> None:
        self._rules = rules
        self._identities = identities
        self._broken = False
        # What names mean, and where.
        self.scope = self._scope = _Scope(function.around, "function", function.names.copy())
        self._visible = function.names.copy()
        self.unresolved: dict[bytes, int] = {}
        self.outer: dict[bytes, int] = {}
        self.top: dict[bytes, int] = {}
        self.positions = function.positions.copy()
        self._identity = function.identity
        # What was found.
        self.defined = {variable: bits for variable, (bits, _) in function.entry.items()}
        self.counts: dict[Fact, int] = {}
        self._facts = _Log[tuple[Fact, int]]()
        self._meanings = _Log[tuple[bytes | int, int]]()
        self.functions: list[_Function] = []
        self._reads: list[int] = []
        self._reaching: list[Reaching] = []
        self._definitions: list[tuple[int, int]] = []
        # Where control is: what reaches here, how to take changes back, the constructs around. What can be taken back
        # in one step, and is never changed in place, is a chain: its newest item, and the chain before it.
        self._state = function.entry.copy()
        self._trail: Any = None  # a variable, what reached it before, the trail before
        self._frames: Any = None
        self._live = True
        self._time = 0
        # What is under way: values to be stored, functions being declared (both chains), steps to come.
        self._values: Any = None
        self._opened: Any = None
        self._pending: list[Step] = []
        # How to go back.
        self._journal: list[tuple[Any, Any, Any]] = []
        self._spine: list[_Entry] = []

    def changes(self) -> tuple[list[tuple[Fact, int]], list[tuple[Fact, int]]]:
        """Returns which facts there are fewer, and which there are more of than when it was asked last."""
        return self._facts.news()

    def has_new_meanings(self) -> bool:
        """Whether names, or the kinds of a variable's definitions, are others than when it was asked last."""
        return self._meanings.news() != ([], [])

    # Going on from what is known

    def update(self, body: Sequence[Node | None], changed: int, end: int, broken: bool) -> None:
        """Takes in the longer program.

        Args:
            body: What happens in the function; nothing in the place of what is complete.
            changed: Nodes that end before this byte are those of the tree before.
            end: The end of the newest token.
            broken: Whether there are nodes that the parser could not finish.
        """
        self._broken = broken
        spine, visit = self._spine, Flow.visit
        if not spine:
            spine.append(_Entry(-1, -1, None))
        entry = spine[0]
        steps: list[Step] = [(visit, part, "") for part in body]
        complete = next((place for place, part in enumerate(body) if part is not None), len(body))
        index = self._first_changed(entry, steps, changed, complete)
        steps = steps[index:]
        above: list[tuple[_Entry, list[Step], Sequence[Step]]] = []
        after: Sequence[Step] = ()
        while entry.child == index and steps and len(spine) > len(above) + 1:
            operation, node, _ = steps[0]
            below = spine[len(above) + 1]
            if operation is not visit or node is None:
                break
            if node.kind_id != below.kind or node.start_byte != below.start:
                break
            entry.forget(index + 1)
            entry.ends[index] = node.end_byte
            above.append((entry, steps[1:], after))
            entry = below
            if entry.in_order is not None:
                index, after = (
                    unchanged(node, entry.ends, changed, len(entry.in_order.before)),
                    entry.in_order.after,
                )
                steps = entry.in_order.following(node, index)
            else:
                steps, after = self._steps(node), ()
                index = self._first_changed(entry, steps, changed)
                steps = steps[index:]
        if entry.snapshots:
            self._go_back(entry.snapshots[index])
        entry.forget(index)
        entry.child = -1
        del spine[len(above) + 1 :]
        self._take(entry, steps, after, end)
        for entry, steps, after in reversed(above):
            self._take(entry, steps, after, end)

    def _first_changed(self, entry: _Entry, steps: Sequence[Step], changed: int, index: int = 0) -> int:
        """Returns how many of the first steps of a node are what they were, given that the very first are."""
        for (operation, node, argument), key, end in zip(
            steps[index:], entry.keys[index:], entry.ends[index:], strict=False
        ):
            if node is None:
                if key != (operation, argument, -1, -1):
                    break
            elif (
                end > changed
                or node.end_byte != end
                or node.start_byte == changed
                or key != (operation, argument, node.kind_id, node.start_byte)
            ):
                break
            index += 1
        return index

    def _take(self, entry: _Entry, steps: Iterable[Step], after: Iterable[Step], end: int) -> None:
        """Carries out steps of a node on the spine, and remembers how to go back to before each.

        The first of them that is a visit of a node with the newest token leads down the spine.
        """
        snapshots, ends, spine, visit = entry.snapshots, entry.ends, self._spine, Flow.visit
        for step in steps:
            operation, node, argument = step
            snapshots.append(self._snapshot())
            if node is None:
                ends.append(-1)
                if entry.in_order is None:
                    entry.keys.append((operation, argument, -1, -1))
            else:
                node_end, start, kind = node.end_byte, node.start_byte, node.kind_id
                ends.append(node_end)
                if entry.in_order is None:
                    entry.keys.append((operation, argument, kind, start))
                if (
                    operation is visit
                    and node_end >= end
                    and node_end - start >= SHORTEST
                    and entry.child < 0
                    and len(spine) < MAX_DEPTH
                    and node.child_count
                ):
                    rule = self._rules.steps.get(kind)
                    if rule is not None or kind not in self._rules.variables:
                        entry.child = len(ends) - 1
                        in_order = IN_ORDER if rule is None else rule if isinstance(rule, InOrder) else None
                        below = _Entry(kind, start, in_order)
                        spine.append(below)
                        if in_order is not None:
                            self._take(below, in_order.following(node, 0), in_order.after, end)
                        else:
                            self._take(below, self._steps(node), (), end)
                        continue
            self._pending.append(step)
            self._carry_out()
        snapshots.append(self._snapshot())
        for step in after:
            self._pending.append(step)
            self._carry_out()

    def _snapshot(self) -> Snapshot:
        return (
            len(self._journal),
            len(self._facts.items),
            len(self._meanings.items),
            len(self._reads),
            len(self._definitions),
            len(self.functions),
            self._trail,
            self._frames,
            self._values,
            self._opened,
            self._scope,
            self._live,
            self._time,
        )

    def _go_back(self, snapshot: Snapshot) -> None:
        """Takes back everything that happened after a snapshot."""
        length, facts, meanings, reads, definitions, functions, *rest = snapshot
        self._trail, self._frames, self._values, self._opened, self._scope, self._live, self._time = rest
        journal = self._journal
        while len(journal) > length:
            owner, key, before = journal.pop()
            if type(owner) is dict:
                if before is None:
                    del owner[key]
                else:
                    owner[key] = before
            elif type(owner) is list:
                owner[key] = before
            else:
                setattr(owner, key, before)
        counts = self.counts
        for fact, number in reversed(self._facts.items[facts:]):
            if count := counts.pop(fact, 0) - number:
                counts[fact] = count
        self._facts.cut(facts)
        self._meanings.cut(meanings)
        del self._reads[reads:], self._reaching[reads:], self._definitions[definitions:], self.functions[functions:]

    def _put(self, owner: dict[Any, Any], key: Any, value: Any) -> None:
        """Sets an entry of a dictionary whose values are never None."""
        self._journal.append((owner, key, owner.get(key)))
        owner[key] = value

    def _change(self, owner: Any, name: str, value: Any) -> None:
        """Sets an attribute."""
        self._journal.append((owner, name, getattr(owner, name)))
        setattr(owner, name, value)

    # Carrying steps out

    def _steps(self, node: Node) -> list[Step]:
        """Returns what happens at a node that has a rule."""
        following = list(self._rules.steps[node.kind_id](node))
        if self._broken and node.has_error:
            following += _unmentioned(node, following)
        return following

    def _carry_out(self) -> None:
        """Takes steps until none is left."""
        pending, visit = self._pending, Flow.visit
        rules, variables = self._rules.steps, self._rules.variables
        while pending:
            operation, node, argument = pending.pop()
            if operation is not visit:
                operation(self, node, argument)
            elif node is not None:
                kind = node.kind_id
                if kind in rules:
                    following = self._steps(node)
                    following.reverse()
                    pending += following
                elif kind in variables:
                    self._read(node.text or b"", node.start_byte)
                elif node.child_count:
                    pending += [(visit, child, "") for child in reversed(parts_of(node))]

    def visit(self, node: Node | None, argument: str) -> None:
        """The node happens, as its rule says; without a rule, its children."""
        self._pending.append((Flow.visit, node, argument))

    # Names

    def _mean(self, owner: dict[Any, int], key: bytes | int, value: int) -> None:
        """Sets an entry on which the meaning of names depends."""
        self._put(owner, key, value)
        self._meanings.items.append((key, value))

    def _variable(self, position: int) -> int:
        variable = self._identity + len(self.positions)
        self._mean(self.positions, variable, position)
        return variable

    def _appears(self, variable: int, position: int) -> None:
        if position < self.positions[variable]:
            self._mean(self.positions, variable, position)

    def _look_up(self, name: bytes, position: int) -> int:
        """Returns what a name means in the function."""
        variable = self._visible.get(name)
        if variable is None:
            variable = self._variable(position)
            self._mean(self.scope.names, name, variable)
            self._mean(self.unresolved, name, variable)
            self._put(self._visible, name, variable)
        else:
            self._appears(variable, position)
        return variable

    def _declared(self, scope: _Scope, name: bytes, position: int) -> int:
        """Returns the scope's own variable of that name."""
        variable = scope.names.get(name)
        if variable is None:
            variable = self._variable(position)
            self._show(scope, name, variable)
            self._mean(scope.names, name, variable)
        if scope is self.scope and name in self.unresolved:
            self._journal.append((self.unresolved, name, self.unresolved.pop(name)))
            self._meanings.items.append((name, -1))
        self._appears(variable, position)
        return variable

    def _show(self, scope: _Scope, name: bytes, variable: int) -> None:
        """Makes a name that is new in a scope mean its variable, where no scope inside says otherwise."""
        inside, around = None, self._scope
        while around is not scope and around.parent is not None:
            if name in around.names:
                inside = around
            around = around.parent
        if inside is not None:
            self._put(scope.hidden, name, inside.hidden[name])
            self._put(inside.hidden, name, variable)
        else:
            self._put(scope.hidden, name, self._visible.get(name, -1))
            self._put(self._visible, name, variable)

    def _assigned(self, name: bytes, position: int) -> int:
        """Returns the variable that an assignment to the name is to."""
        if not self._rules.assignment_declares:
            return self._look_up(name, position)
        scope = self._scope
        while scope.kind == "block" and scope.parent is not None:
            scope = scope.parent
        return self._declared(scope, name, position)

    # Reads and definitions

    def _read(self, name: bytes, position: int) -> None:
        if name:  # the parser makes up names without text
            variable = self._look_up(name, position)
            reaching = self._state.get(variable, UNDEFINED)
            if self._reads:
                self._add((self._reads[-1], "next", variable), 1)
            self._reads.append(variable)
            self._reaching.append(reaching)
            bits, oldest = reaching
            self._add((variable, bits, oldest < 0), 1)

    def _add(self, fact: Fact, number: int) -> None:
        self._facts.items.append((fact, number))
        self.counts[fact] = self.counts.get(fact, 0) + number

    def _set(self, variable: int, reaching: Reaching) -> None:
        before = self._state.get(variable)
        self._journal.append((self._state, variable, before))
        self._trail = (variable, UNDEFINED if before is None else before, self._trail)
        self._state[variable] = reaching

    def _define(self, variable: int, kind: str, taken: Value) -> None:
        """A definition of the kind, and the edges from what its value was read from."""
        self._take_from(variable, taken)
        bit = _BITS[kind]
        bits = self.defined.get(variable, 0)
        if not bits & bit:
            self._mean(self.defined, variable, bits | bit)
        self._definitions.append((variable, bit))
        self._time += 1
        if kind == "element":
            bits, oldest = self._state.get(variable, UNDEFINED)
            self._set(variable, (bits | bit, oldest))
        else:
            self._set(variable, (bit, self._time))

    def _take_from(self, variable: int, taken: Value) -> None:
        first, end, copied = taken
        relation = "copied" if copied else "computed"
        for source in self._reads[first : min(end, first + MAX_SOURCES)]:
            self._add((variable, relation, source), 1)

    def read(self, node: Node | None, argument: str) -> None:
        """Reads the variable that the node names, whatever kind of node the parser took it for."""
        if node is not None:
            self._read(node.text or b"", node.start_byte)

    def read_member(self, node: Node | None, argument: str) -> None:
        """Reads a field of the object whose method this is. Its name has a dot, which no other name has."""
        if node is not None:
            self._read(b"." + (node.text or b""), node.start_byte)

    def open_value(self, node: Node | None, argument: str) -> None:
        """Begins a value."""
        self._values = ((len(self._reads), 0, False), self._values)

    def close_value(self, node: Node | None, argument: str) -> None:
        """Ends a value, which is the node's where it is one node's."""
        (first, _, _), self._values = self._values
        while node is not None and node.kind_id in self._rules.wrappers:
            inside = [child for child in node.named_children if not child.is_extra]  # comments
            if len(inside) != 1:
                break
            node = inside[0]
        rules = self._rules
        copied = node is not None and (node.kind_id in rules.variables or rules.own_member(node) is not None)
        self._values = ((first, len(self._reads), copied), self._values)

    def no_value(self, node: Node | None, argument: str) -> None:
        """A value that is read from nothing."""
        self._values = ((0, 0, False), self._values)

    def repeat_value(self, node: Node | None, argument: str) -> None:
        """The last value once more."""
        self._values = (self._values[0], self._values)

    def drop_value(self, node: Node | None, argument: str) -> None:
        """The last value is not needed any more."""
        self._values = self._values[1]

    def assign(self, target: Node | None, kind: str) -> None:
        """Stores the last value to the target, as the language's assignments do."""
        self._store(target, kind, Flow.assign)

    def declare(self, target: Node | None, kind: str) -> None:
        """Stores the last value to new variables of the innermost scope."""
        self._store(target, kind, Flow.declare)

    def parameter(self, target: Node | None, kind: str) -> None:
        """Stores the last value to parameters of the function that was opened last."""
        self._store(target, kind, Flow.parameter)

    def _store(self, target: Node | None, kind: str, operation: Operation) -> None:
        taken, self._values = self._values
        if target is None:
            return
        rules, number = self._rules, target.kind_id
        if number in rules.variables:
            name, position = target.text or b"", target.start_byte
            if not name:
                return
            if operation is Flow.assign:
                self._define(self._assigned(name, position), kind, taken)
            elif operation is Flow.declare:
                self._define(self._declared(self._scope, name, position), kind, taken)
            else:
                self._bind_parameter(self._opened[0], name, position, kind, taken)
        elif number in rules.containers:
            self._store_part(target, kind, taken)
        elif number in rules.targets:
            first, end, _ = taken
            for part in reversed(rules.targets[number](target)):
                self._values = ((first, end, False), self._values)
                self._pending.append((operation, part, kind))
        else:
            self._pending.append((Flow.visit, target, ""))

    def _bind_parameter(self, function: _Function, name: bytes, position: int, kind: str, taken: Value) -> None:
        """Defines a variable that exists from the function's entry on, not here."""
        variable = function.names.get(name)
        if variable is None:
            variable = function.identity + len(function.positions)
            self._put(function.names, name, variable)
            self._put(function.positions, variable, position)
        self._take_from(variable, taken)
        self._put(function.entry, variable, (_BITS[kind], 0))

    def _store_part(self, target: Node, kind: str, taken: Value) -> None:
        """`x.a = v` and `x[i] = v` read x and i and change x; `this.x = v` defines the field x."""
        member = self._rules.own_member(target)
        if member is not None:
            self._define(self._look_up(b"." + (member.text or b""), member.start_byte), kind, taken)
            return
        container: Node | None = target
        while container is not None and (step := self._rules.containers.get(container.kind_id)) is not None:
            member = self._rules.own_member(container)
            if member is not None:
                break
            container = (
                container.child_by_field_name(step)
                if step
                else next((child for child in container.named_children if not child.is_extra), None)
            )
        self._values = (taken, self._values)
        self._pending.append((Flow.change_part, member or container, "." if member is not None else ""))
        self._pending.append((Flow.visit, target, ""))

    def change_part(self, node: Node | None, prefix: str) -> None:
        """The last value goes into a part of the variable."""
        taken, self._values = self._values
        if node is not None and node.text and node.kind_id in self._rules.variables:
            self._define(self._look_up(prefix.encode() + node.text, node.start_byte), "element", taken)

    def delete(self, node: Node | None, argument: str) -> None:
        """No definition of the variable is in force any more."""
        if node is not None and node.text:
            self._time += 1
            self._set(self._assigned(node.text, node.start_byte), (0, self._time))

    # Scopes and functions

    def open_scope(self, node: Node | None, kind: str) -> None:
        """A block begins, or the body of a class that takes assignments as declarations."""
        self._scope = _Scope(self._scope, "class" if kind == "class" else "block")

    def close_scope(self, node: Node | None, argument: str) -> None:
        """The innermost scope ends."""
        scope, visible = self._scope, self._visible
        if scope is self.scope or scope.parent is None:
            return
        for name, variable in scope.hidden.items():
            if variable < 0:
                self._journal.append((visible, name, visible.pop(name)))
            else:
                self._put(visible, name, variable)
        self._scope = scope.parent

    def open_function(self, node: Node | None, argument: str) -> None:
        """A function's head begins."""
        around = self._scope
        while around.kind == "class" and around.parent is not None:
            around = around.parent
        self._opened = (_Function(around, next(self._identities)), self._opened)

    def later(self, part: Node | None, argument: str) -> None:
        """A part of the body of the function that was opened last."""
        if part is not None:
            function = self._opened[0]
            self._change(function, "body", (*function.body, part))

    def close_function(self, node: Node | None, argument: str) -> None:
        """A function ends; its body happens after everything around it."""
        function, self._opened = self._opened
        self.functions.append(function)

    def make_global(self, node: Node | None, argument: str) -> None:
        """The name means the outermost variable."""
        if node is not None and self.scope.parent is not None:
            self._mean_outside(self.top, node)

    def make_nonlocal(self, node: Node | None, argument: str) -> None:
        """The name means the variable of a function around."""
        if node is not None:
            self._mean_outside(self.outer, node)

    def _mean_outside(self, names: dict[bytes, int], node: Node) -> None:
        name = node.text or b""
        self._mean(names, name, self._declared(self.scope, name, node.start_byte))

    # Control flow

    def branch(self, node: Node | None, argument: str) -> None:
        """Alternatives begin."""
        self._begin(breaks=False, loops=False)

    def switch(self, node: Node | None, argument: str) -> None:
        """Alternatives begin that a `break` leaves."""
        self._begin(breaks=True, loops=False)

    def loop(self, node: Node | None, argument: str) -> None:
        """A loop begins."""
        self._begin(breaks=True, loops=True)

    def otherwise(self, node: Node | None, argument: str) -> None:
        """The next alternative begins, from the state before all of them."""
        frame = self._frames[0]
        if self._live:
            self._change(frame, "exits", (*frame.exits, self._outcome(frame)))
        self._take_back(frame)

    def case(self, node: Node | None, argument: str) -> None:
        """The next alternative begins, from the state before all of them or from the end of the last."""
        frame = self._frames[0]
        ways = [self._outcome(frame)] if self._live and self._trail is not frame.mark else []
        live = self._live
        self._take_back(frame)
        self._merge([*ways, {}] if frame.live else ways)
        self._live = live or frame.live

    def handler(self, node: Node | None, argument: str) -> None:
        """The next alternative begins, from any point of the first."""
        frame = self._frames[0]
        if frame.first_end is None:
            self._change(frame, "first_end", len(self._definitions))
        self.otherwise(None, "")
        if frame.depth >= MAX_DEPTH:
            return
        for variable, bit in self._definitions[frame.definitions : frame.first_end]:
            bits, oldest = self._state.get(variable, UNDEFINED)
            if not bits & bit:
                self._set(variable, (bits | bit, oldest))

    def resume(self, node: Node | None, argument: str) -> None:
        """`continue` leads to here."""
        frame = self._frames[0]
        ways = frame.returns
        if self._live:
            ways = (*ways, self._outcome(frame))
        self._take_back(frame)
        self._merge(ways)
        self._live = bool(ways)
        self._change(frame, "returns", ())

    def repeat(self, node: Node | None, how: str) -> None:
        """Back to the loop's start, or on: always ("skip"), after a round ("once"), never ("forever")."""
        frame = self._frames[0]
        if self._live:
            self._change(frame, "returns", (*frame.returns, self._outcome(frame)))
        self._take_back(frame)
        back: dict[int, int] = {}
        for way in frame.returns:
            for variable, (bits, _) in way.items():
                back[variable] = back.get(variable, 0) | bits
        if back:
            self._reach_again(frame, back)
        ways = () if how == "forever" else frame.returns
        if how == "skip" and frame.live:
            ways = (*ways, {})
        self._merge(ways)
        self._live = bool(ways)
        self._change(frame, "breaks", False)
        self._change(frame, "loops", False)

    def join(self, node: Node | None, how: str) -> None:
        """What began last ends: control comes from any of its exits, or ("skip") from before it."""
        frame = self._frames[0]
        self.otherwise(None, "")
        self._frames = self._frames[1]
        ways = (*frame.exits, {}) if how == "skip" and frame.live else frame.exits
        self._merge(ways)
        self._live = bool(ways)

    def labelled(self, node: Node | None, label: str) -> None:
        """A statement begins that a `break` with its label leaves."""
        self._begin(breaks=False, loops=False, label=label)

    def leave(self, node: Node | None, which: str) -> None:
        """`break`: on to the end of the innermost loop or switch, of the n-th, or of the statement with a label."""
        self._go_to(self._labelled(which)[0] if which and not which.isdecimal() else self._nth(which), "exits")

    def proceed(self, node: Node | None, which: str) -> None:
        """`continue`: on to the next round of the innermost loop, or of the one with a label.

        With a number, as in PHP, it counts switches, and leaves them.
        """
        if which.isdecimal():
            frame = self._nth(which)
            self._go_to(frame, "exits" if frame is not None and not frame.loops else "returns")
        elif which:
            self._go_to(self._labelled(which)[1], "returns")
        else:
            self._go_to(next((frame for frame in self._around() if frame.loops), None), "returns")

    def _around(self) -> Iterator[_Frame]:
        """Yields what has begun, the innermost first."""
        frames = self._frames
        while frames is not None:
            frame, frames = frames
            yield frame

    def _nth(self, which: str) -> _Frame | None:
        """Returns the n-th loop or switch around, the first if there is no number."""
        number = max(int(which[:9] or 1), 1)
        return next(itertools.islice((frame for frame in self._around() if frame.breaks), number - 1, None), None)

    def _labelled(self, label: str) -> tuple[_Frame | None, _Frame | None]:
        """Returns the statement with a label, and the loop that it is."""
        loop: _Frame | None = None
        for frame in self._around():
            if frame.label == label:
                return frame, loop
            if frame.loops:
                loop = frame
        return None, None

    def _go_to(self, frame: _Frame | None, ways: Literal["exits", "returns"]) -> None:
        if frame is not None and self._live:
            self._change(frame, ways, (*getattr(frame, ways), self._outcome(frame)))
        self._live = False

    def stop(self, node: Node | None, argument: str) -> None:
        """Control leaves the function, or goes to a handler."""
        self._live = False

    def _begin(self, breaks: bool, loops: bool, label: str = "") -> None:
        self._time += 1
        frame = _Frame(
            depth=self._frames[0].depth + 1 if self._frames else 0,
            mark=self._trail,
            live=self._live,
            reads=len(self._reads),
            definitions=len(self._definitions),
            time=self._time,
            breaks=breaks,
            loops=loops,
            label=label,
        )
        self._frames = (frame, self._frames)

    def _outcome(self, frame: _Frame) -> Outcome:
        """Returns what has changed since a branch or a loop around began."""
        if self._frames[0].depth >= MAX_DEPTH or frame.ways >= MAX_WAYS:
            return {}
        self._change(frame, "ways", frame.ways + 1)
        state, outcome, trail = self._state, {}, self._trail
        while trail is not frame.mark:
            variable, _, trail = trail
            outcome[variable] = state[variable]
        return outcome

    def _take_back(self, frame: _Frame) -> None:
        """Undoes every change since the frame began."""
        state, journal, trail = self._state, self._journal, self._trail
        while trail is not frame.mark:
            variable, before, trail = trail
            journal.append((state, variable, state[variable]))
            state[variable] = before
        self._trail = trail
        self._live = frame.live

    def _merge(self, ways: Sequence[Outcome]) -> None:
        """Puts the join of several ways, each relative to the state now, into force."""
        if len(ways) == 1:
            for variable, reaching in ways[0].items():
                self._set(variable, reaching)
            return
        joined: dict[int, tuple[int, int, int]] = {}  # what reaches, and in how many of the ways it was changed
        for way in ways:
            for variable, (bits, oldest) in way.items():
                other_bits, other_oldest, count = joined.get(variable, (0, oldest, 0))
                joined[variable] = (bits | other_bits, min(oldest, other_oldest), count + 1)
        for variable, (bits, oldest, count) in joined.items():
            if count < len(ways):
                before_bits, before_oldest = self._state.get(variable, UNDEFINED)
                bits, oldest = bits | before_bits, min(oldest, before_oldest)
            self._set(variable, (bits, oldest))

    def _reach_again(self, frame: _Frame, back: Mapping[int, int]) -> None:
        """Whatever the loop's entry reaches, its later rounds' entries reach too."""
        for read in range(frame.reads, len(self._reads)):
            bits, oldest = reaching = self._reaching[read]
            variable = self._reads[read]
            if oldest < frame.time and (more := back.get(variable, 0)) and bits | more != bits:
                self._journal.append((self._reaching, read, reaching))
                self._reaching[read] = (bits | more, oldest)
                self._add((variable, bits, oldest < 0), -1)
                self._add((variable, bits | more, oldest < 0), 1)
        for way in (*frame.exits, *frame.returns):
            for variable, more in back.items():
                bits, oldest = way.get(variable) or self._state.get(variable, UNDEFINED)
                if oldest < frame.time:
                    self._put(way, variable, (bits | more, oldest))


def _unmentioned(node: Node, steps: Sequence[Step]) -> list[Step]:
    """Returns visits of the broken parts of a node that its rule, made for whole ones, leaves out."""
    broken = [child for child in node.children if child.kind_id == ERROR]
    mentioned = {step[1].id for step in steps if step[1] is not None} if broken else {}
    return [(Flow.visit, child, "") for child in broken if child.id not in mentioned]


@cache
def _kinds_of(bits: int) -> tuple[str, ...]:
    """Returns the relations of a read to the definitions of these kinds that reach it."""
    return tuple(kind for position, kind in enumerate(_KINDS) if bits >> position & 1) or ("free",)
