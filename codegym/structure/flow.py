"""The engine behind the data-flow match: carries steps out, and knows which definitions reach which reads.

Structured control flow needs no graph. The state maps each variable to what reaches here; changes are kept on
a trail, so that an alternative is taken back, and its outcome joined with the others', at a cost that depends
on what it changed. A loop is walked once: reads that its entry reaches are given what came back to its start
when it ends. Nothing recurses; what is still to happen is a stack of steps.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Literal, get_args

from codegym.structure.syntax import ERROR

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
"""Branches and loops nested deeper than this, which no real program has, leave behind no definitions."""

Reaching = tuple[int, int]
"""The kinds of the definitions that reach a point (a bit each), and when the oldest of them was made (-1:
never, there is a way here without any). A loop that began later than that was entered with it, so whatever
comes back to the loop's start reaches the point as well."""

UNDEFINED: Reaching = (0, -1)

Outcome = dict[int, Reaching]
"""The variables that an alternative changed, as it leaves them."""

Value = tuple[int, int, bool]
"""The first read of a value, the end of its reads, and whether it is one variable as it is."""

_KINDS: tuple[str, ...] = get_args(DefinitionKind)
_BITS = {kind: 1 << position for position, kind in enumerate(_KINDS)}


@dataclass(frozen=True, slots=True)
class CompiledRules:
    """`codegym.structure.dataflow.DataflowRules`, by the numbers that the grammar gives to kinds of node."""

    variables: frozenset[int]
    steps: Mapping[int, Callable[[Node], Iterable[Step]]]
    targets: Mapping[int, Callable[[Node], Sequence[Node]]]
    containers: Mapping[int, str]
    wrappers: frozenset[int]
    assignment_declares: bool
    own_member: Callable[[Node], Node | None]


@dataclass(slots=True, eq=False)
class _Scope:
    """Names, and the variables that they mean.

    Attributes:
        parent: The scope around it.
        kind: A function's scope ends the search for a name until the function is complete.
        names: Name to variable.
        unresolved: Names that the function used before anything in it declared them. Unless an assignment
            declares them later, they mean something outside.
        outer: Names that are said to mean something outside.
        entry: The function's parameters.
        body: What happens in the function.
    """

    parent: _Scope | None
    kind: Literal["function", "class", "block"]
    names: dict[bytes, int] = field(default_factory=dict)
    unresolved: dict[bytes, int] = field(default_factory=dict)
    outer: dict[bytes, int] = field(default_factory=dict)
    entry: Outcome = field(default_factory=dict)
    body: list[Node] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class _Frame:
    """A branch, a switch or a loop that has begun.

    Attributes:
        mark: How many changes there were before it.
        live: Whether control reaches it.
        reads: How many reads there were before it.
        definitions: How many definitions there were before it.
        time: When it began.
        breaks: Whether a `break` leaves it now.
        loops: Whether a `continue` repeats it now.
        first_end: How many definitions there were when its first handler began.
        exits: The ways out of it.
        returns: The ways back to its start.
    """

    mark: int
    live: bool
    reads: int
    definitions: int
    time: int
    breaks: bool
    loops: bool
    first_end: int | None = None
    exits: list[Outcome] = field(default_factory=list)
    returns: list[Outcome] = field(default_factory=list)


class Flow:
    """One program's data flow: `run`, then `edges`. The other methods are the operations that steps name."""

    def __init__(self, rules: CompiledRules) -> None:
        self._rules = rules
        # Of each variable: where it first appears, and the variable outside that it turned out to be.
        self._positions: list[int] = []
        self._aliases: list[int] = []
        # What was found: reads and what reaches them, definitions and their kinds, flows of values.
        self._reads: list[int] = []
        self._reaching: list[Reaching] = []
        self._definitions: list[tuple[int, int]] = []
        self._flows: list[tuple[int, str, int]] = []
        # Where control is: the scope, what reaches here, how to take changes back, the constructs around.
        self._root = self._scope = _Scope(None, "function")
        self._state: Outcome = {}
        self._trail: list[tuple[int, Reaching]] = []
        self._frames: list[_Frame] = []
        self._live = True
        self._time = 0
        self._broken = False
        # What is under way: values to be stored, functions being declared, bodies and steps to come.
        self._values: list[Value] = []
        self._opened: list[_Scope] = []
        self._deferred: list[_Scope] = [self._root]
        self._pending: list[Step] = []

    def run(self, root: Node) -> None:
        """Carries out what happens at the root, then in the functions that were met, outer ones first."""
        self._broken = root.has_error
        self._root.body.append(root)
        for scope in self._deferred:  # grows while it runs
            self._scope, self._state, self._live = scope, dict(scope.entry), True
            self._trail.clear()
            self._frames.clear()
            self._pending += [(Flow.visit, part, "") for part in reversed(scope.body)]
            self._carry_out()
            self._resolve(scope)

    def edges(self) -> Counter[Edge]:
        """Returns the edges, variables numbered by where they first appear."""
        aliases, positions = self._aliases, self._positions
        for variable, outside in enumerate(aliases):
            while outside != aliases[outside]:
                outside = aliases[outside]
            aliases[variable] = outside
            positions[outside] = min(positions[outside], positions[variable])
        everywhere: dict[int, int] = {}  # kinds of all definitions of a variable
        elsewhere: dict[int, int] = {}  # of those that other functions than its own make
        for variable, bit in self._definitions:
            outside = aliases[variable]
            everywhere[outside] = everywhere.get(outside, 0) | bit
            if outside != variable:
                elsewhere[outside] = elsewhere.get(outside, 0) | bit
        roots = [variable for variable, outside in enumerate(aliases) if variable == outside]
        roots.sort(key=positions.__getitem__)
        ranks = {variable: rank for rank, variable in enumerate(roots)}
        number = [ranks[outside] for outside in aliases]

        found: list[Edge] = [(number[target], relation, number[source]) for target, relation, source in self._flows]
        for variable, (bits, oldest) in zip(self._reads, self._reaching, strict=True):
            outside, rank = aliases[variable], number[variable]
            if oldest < 0:
                bits |= (elsewhere if outside == variable else everywhere).get(outside, 0)
            if bits:
                found += [(rank, kind, rank) for kind in _kinds_of(bits)]
            else:
                found.append((rank, "free", rank))
        return Counter(found)

    def _carry_out(self) -> None:
        """Takes steps until none is left."""
        pending, visit = self._pending, Flow.visit
        steps, variables = self._rules.steps, self._rules.variables
        while pending:
            operation, node, argument = pending.pop()
            if operation is not visit:
                operation(self, node, argument)
            elif node is not None:
                kind = node.kind_id
                rule = steps.get(kind)
                if rule is not None:
                    following = list(rule(node))
                    if self._broken and node.has_error:
                        following += _unmentioned(node, following)
                    following.reverse()
                    pending += following
                elif kind in variables:
                    self._read(node.text or b"", node.start_byte)
                elif node.child_count:
                    pending += [(visit, child, "") for child in reversed(node.named_children)]

    def visit(self, node: Node | None, argument: str) -> None:
        """The node happens, as its rule says; without a rule, its children."""
        self._pending.append((Flow.visit, node, argument))

    # Names

    def _variable(self, position: int) -> int:
        variable = len(self._aliases)
        self._aliases.append(variable)
        self._positions.append(position)
        return variable

    def _look_up(self, name: bytes, position: int) -> int:
        """Returns what a name means in the function that control is in."""
        scope = self._scope
        while (variable := scope.names.get(name)) is None:
            if scope.kind == "function" or scope.parent is None:
                variable = scope.names[name] = scope.unresolved[name] = self._variable(position)
                break
            scope = scope.parent
        if position < self._positions[variable]:
            self._positions[variable] = position
        return variable

    def _declared(self, scope: _Scope, name: bytes, position: int) -> int:
        """Returns the scope's own variable of that name."""
        variable = scope.names.get(name)
        if variable is None:
            variable = scope.names[name] = self._variable(position)
        scope.unresolved.pop(name, None)
        if position < self._positions[variable]:
            self._positions[variable] = position
        return variable

    def _assigned(self, name: bytes, position: int) -> int:
        """Returns the variable that an assignment to the name is to."""
        if not self._rules.assignment_declares:
            return self._look_up(name, position)
        scope = self._scope
        while scope.kind == "block" and scope.parent is not None:
            scope = scope.parent
        return self._declared(scope, name, position)

    def _resolve(self, scope: _Scope) -> None:
        """Finds what the names that a complete function does not declare mean outside of it."""
        if scope.parent is None:
            return
        for names in (scope.unresolved, scope.outer):
            for name, variable in names.items():
                self._aliases[variable] = self._outside(scope.parent, name.lstrip(b"."), self._positions[variable])

    def _outside(self, scope: _Scope, name: bytes, position: int) -> int:
        while (variable := scope.names.get(name)) is None:
            if scope.parent is None:
                return scope.names.setdefault(name, self._variable(position))
            scope = scope.parent
        return variable

    # Reads and definitions

    def _read(self, name: bytes, position: int) -> None:
        if name:  # the parser makes up names without text
            variable = self._look_up(name, position)
            self._reads.append(variable)
            self._reaching.append(self._state.get(variable, UNDEFINED))

    def _set(self, variable: int, reaching: Reaching) -> None:
        self._trail.append((variable, self._state.get(variable, UNDEFINED)))
        self._state[variable] = reaching

    def _define(self, variable: int, kind: str, taken: Value) -> None:
        """A definition of the kind, and the edges from what its value was read from."""
        first, end, copied = taken
        relation = "copied" if copied else "computed"
        for source in self._reads[first : min(end, first + MAX_SOURCES)]:
            self._flows.append((variable, relation, source))
        bit = _BITS[kind]
        self._definitions.append((variable, bit))
        self._time += 1
        if kind == "element":
            bits, oldest = self._state.get(variable, UNDEFINED)
            self._set(variable, (bits | bit, oldest))
        else:
            self._set(variable, (bit, self._time))

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
        self._values.append((len(self._reads), 0, False))

    def close_value(self, node: Node | None, argument: str) -> None:
        """Ends a value, which is the node's where it is one node's."""
        first = self._values.pop()[0]
        while node is not None and node.kind_id in self._rules.wrappers and node.named_child_count == 1:
            node = node.named_child(0)
        copied = node is not None and node.kind_id in self._rules.variables
        self._values.append((first, len(self._reads), copied))

    def no_value(self, node: Node | None, argument: str) -> None:
        """A value that is read from nothing."""
        self._values.append((0, 0, False))

    def repeat_value(self, node: Node | None, argument: str) -> None:
        """The last value once more."""
        self._values.append(self._values[-1])

    def drop_value(self, node: Node | None, argument: str) -> None:
        """The last value is not needed any more."""
        self._values.pop()

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
        taken = self._values.pop()
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
                self._bind_parameter(self._opened[-1], name, position, kind, taken)
        elif number in rules.containers:
            self._store_part(target, kind, taken)
        elif number in rules.targets:
            first, end, _ = taken
            for part in reversed(rules.targets[number](target)):
                self._values.append((first, end, False))
                self._pending.append((operation, part, kind))
        else:
            self._pending.append((Flow.visit, target, ""))

    def _bind_parameter(self, scope: _Scope, name: bytes, position: int, kind: str, taken: Value) -> None:
        """Defines a variable that exists from the function's entry on, not here."""
        variable = self._declared(scope, name, position)
        self._define(variable, kind, taken)
        scope.entry[variable] = self._state[variable]

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
            container = container.child_by_field_name(step) if step else container.named_child(0)
        self._values.append(taken)
        self._pending.append((Flow.change_part, member or container, "." if member is not None else ""))
        self._pending.append((Flow.visit, target, ""))

    def change_part(self, node: Node | None, prefix: str) -> None:
        """The last value goes into a part of the variable."""
        taken = self._values.pop()
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
        if self._scope.parent is not None:
            self._scope = self._scope.parent

    def open_function(self, node: Node | None, argument: str) -> None:
        """A function's head begins."""
        around = self._scope
        while around.kind == "class" and around.parent is not None:
            around = around.parent
        self._opened.append(_Scope(around, "function"))

    def later(self, part: Node | None, argument: str) -> None:
        """A part of the body of the function that was opened last."""
        if part is not None:
            self._opened[-1].body.append(part)

    def close_function(self, node: Node | None, argument: str) -> None:
        """A function ends; its body happens after everything around it."""
        self._deferred.append(self._opened.pop())

    def make_global(self, node: Node | None, argument: str) -> None:
        """The name means the outermost variable."""
        if self._function() is not self._root:
            variable = self._make_outer(node)
            if variable is not None and node is not None:
                name, position = node.text or b"", node.start_byte
                self._aliases[variable] = self._outside(self._root, name, position)

    def make_nonlocal(self, node: Node | None, argument: str) -> None:
        """The name means the variable of a function around."""
        function, variable = self._function(), self._make_outer(node)
        if variable is not None and node is not None:
            function.outer[node.text or b""] = variable

    def _function(self) -> _Scope:
        scope = self._scope
        while scope.kind != "function" and scope.parent is not None:
            scope = scope.parent
        return scope

    def _make_outer(self, node: Node | None) -> int | None:
        return None if node is None else self._declared(self._function(), node.text or b"", node.start_byte)

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
        frame = self._frames[-1]
        if self._live:
            frame.exits.append(self._outcome(frame))
        self._take_back(frame)

    def case(self, node: Node | None, argument: str) -> None:
        """The next alternative begins, from the state before all of them or from the end of the last."""
        frame = self._frames[-1]
        ways = [self._outcome(frame)] if self._live and len(self._trail) > frame.mark else []
        live = self._live
        self._take_back(frame)
        self._merge([*ways, {}] if frame.live else ways)
        self._live = live or frame.live

    def handler(self, node: Node | None, argument: str) -> None:
        """The next alternative begins, from any point of the first."""
        frame = self._frames[-1]
        if frame.first_end is None:
            frame.first_end = len(self._definitions)
        self.otherwise(None, "")
        if len(self._frames) > MAX_DEPTH:
            return
        for variable, bit in self._definitions[frame.definitions : frame.first_end]:
            bits, oldest = self._state.get(variable, UNDEFINED)
            if not bits & bit:
                self._set(variable, (bits | bit, oldest))

    def resume(self, node: Node | None, argument: str) -> None:
        """`continue` leads to here."""
        frame = self._frames[-1]
        ways = frame.returns
        if self._live:
            ways.append(self._outcome(frame))
        self._take_back(frame)
        self._merge(ways)
        self._live = bool(ways)
        frame.returns = []

    def repeat(self, node: Node | None, how: str) -> None:
        """Back to the loop's start, or on: always ("skip"), after a round ("once"), never ("forever")."""
        frame = self._frames[-1]
        if self._live:
            frame.returns.append(self._outcome(frame))
        self._take_back(frame)
        back: dict[int, int] = {}
        for way in frame.returns:
            for variable, (bits, _) in way.items():
                back[variable] = back.get(variable, 0) | bits
        if back:
            self._reach_again(frame, back)
        ways = [] if how == "forever" else frame.returns
        if how == "skip" and frame.live:
            ways = [*ways, {}]
        self._merge(ways)
        self._live = bool(ways)
        frame.breaks = frame.loops = False

    def join(self, node: Node | None, how: str) -> None:
        """What began last ends: control comes from any of its exits, or ("skip") from before it."""
        frame = self._frames[-1]
        self.otherwise(None, "")
        self._frames.pop()
        ways = [*frame.exits, {}] if how == "skip" and frame.live else frame.exits
        self._merge(ways)
        self._live = bool(ways)

    def leave(self, node: Node | None, argument: str) -> None:
        """`break`: on to the end of the innermost loop or switch."""
        for frame in reversed(self._frames):
            if frame.breaks:
                if self._live:
                    frame.exits.append(self._outcome(frame))
                break
        self._live = False

    def proceed(self, node: Node | None, argument: str) -> None:
        """`continue`: on to the next round of the innermost loop."""
        for frame in reversed(self._frames):
            if frame.loops:
                if self._live:
                    frame.returns.append(self._outcome(frame))
                break
        self._live = False

    def stop(self, node: Node | None, argument: str) -> None:
        """Control leaves the function, or goes to a handler."""
        self._live = False

    def _begin(self, breaks: bool, loops: bool) -> None:
        self._time += 1
        self._frames.append(
            _Frame(
                mark=len(self._trail),
                live=self._live,
                reads=len(self._reads),
                definitions=len(self._definitions),
                time=self._time,
                breaks=breaks,
                loops=loops,
            )
        )

    def _outcome(self, frame: _Frame) -> Outcome:
        if len(self._frames) > MAX_DEPTH:
            return {}
        state = self._state
        return {variable: state[variable] for variable, _ in self._trail[frame.mark :]}

    def _take_back(self, frame: _Frame) -> None:
        """Undoes every change since the frame began."""
        trail, state = self._trail, self._state
        while len(trail) > frame.mark:
            variable, before = trail.pop()
            state[variable] = before
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
            bits, oldest = self._reaching[read]
            if oldest < frame.time and (more := back.get(self._reads[read], 0)):
                self._reaching[read] = (bits | more, oldest)
        for way in (*frame.exits, *frame.returns):
            for variable, more in back.items():
                bits, oldest = way.get(variable) or self._state.get(variable, UNDEFINED)
                if oldest < frame.time:
                    way[variable] = (bits | more, oldest)


def _unmentioned(node: Node, steps: Sequence[Step]) -> list[Step]:
    """Returns visits of the broken parts of a node that its rule, made for whole ones, leaves out."""
    broken = [child for child in node.children if child.kind_id == ERROR]
    mentioned = {step[1].id for step in steps if step[1] is not None} if broken else {}
    return [(Flow.visit, child, "") for child in broken if child.id not in mentioned]


@cache
def _kinds_of(bits: int) -> tuple[str, ...]:
    return tuple(kind for position, kind in enumerate(_KINDS) if bits >> position & 1)
