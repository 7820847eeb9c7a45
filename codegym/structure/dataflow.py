"""Which definitions reach which uses, and which values flow into which variables.

A language declares, for the kinds of node of its grammar, what happens there: a short list of steps, in the
order in which a running program would take them (`DataflowRules`). One engine carries the steps out over any
tree and collects edges. It follows branches, loops with their back edges, exits (`break`, `continue`,
`return`), exception handlers, scopes and closures, and takes what the parser could not finish as it comes:
the children of an ERROR node, in order.

Edges are `(variable, relation, variable)` triples, in a multiset:

- `(x, "copied", y)` and `(x, "computed", y)`: a definition of x takes its value from y, as it is or through
  an expression. Each read in the expression gives an edge (at most `codegym.structure.flow.MAX_SOURCES` of
  them).
- `(x, kind, x)`: a read of x that a definition of that `DefinitionKind` may reach. A variable that a nested
  function reads from outside is reached by all its definitions.
- `(x, "free", x)`: a read of x that no definition in the program reaches.
- `(x, "next", y)`: a read of x after which the same function reads y next: in `f(x, y)` it is x, then y.

Variables are numbered in the order in which they appear in the text, so that consistent renaming changes
nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, TypeVar

from codegym import languages
from codegym.structure.flow import CompiledRules, DefinitionKind, Edge, Flow, InOrder, ProgramFlow, Step
from codegym.structure.syntax import MatchMode

if TYPE_CHECKING:
    from tree_sitter import Node

    from codegym.languages.base import Language

Meaning = TypeVar("Meaning")


def visit(node: Node | None) -> Step:
    """The node happens, as its own rule says; without a rule, its children, in order."""
    return (Flow.visit, node, "")


def value(*nodes: Node | None) -> Iterator[Step]:
    """The nodes happen, and what they read is the value of a definition that follows.

    A value of one node that is a variable is copied from it; any other value is computed.
    """
    yield (Flow.open_value, None, "")
    for node in nodes:
        yield (Flow.visit, node, "")
    yield (Flow.close_value, nodes[0] if len(nodes) == 1 else None, "")


def computed(*steps: Step) -> Iterator[Step]:
    """The steps are taken, and what they read is the value of a definition that follows, which computes it."""
    yield (Flow.open_value, None, "")
    yield from steps
    yield (Flow.close_value, None, "")


def assign(target: Node | None, kind: DefinitionKind) -> Step:
    """The last value goes into the target: a variable, a part of one, or a pattern of several."""
    return (Flow.assign, target, kind)


def declare(target: Node | None, kind: DefinitionKind) -> Step:
    """Like `assign`, into new variables of the innermost scope."""
    return (Flow.declare, target, kind)


def parameter(target: Node | None) -> Step:
    """Like `declare`, into the scope of the function that `OPEN_FUNCTION` opened last."""
    return (Flow.parameter, target, "parameter")


def delete(name: Node) -> Step:
    """No definition of this variable is in force any more."""
    return (Flow.delete, name, "")


def read(name: Node) -> Step:
    """Reads a variable whose name the parser took for something else, such as a type."""
    return (Flow.read, name, "")


def read_member(name: Node) -> Step:
    """Reads a field of the object whose method this is, whatever local variable has the same name."""
    return (Flow.read_member, name, "")


def later(part: Node) -> Step:
    """A part of the function's body. It happens after everything around the function, which runs later."""
    return (Flow.later, part, "")


def make_global(name: Node) -> Step:
    """The name means the program's outermost variable in this function."""
    return (Flow.make_global, name, "")


def make_nonlocal(name: Node) -> Step:
    """The name means the variable of a function around in this function."""
    return (Flow.make_nonlocal, name, "")


NO_VALUE: Step = (Flow.no_value, None, "")
"""The definition that follows takes its value from no variable."""

REPEAT_VALUE: Step = (Flow.repeat_value, None, "")
"""Keeps the last value for one more definition."""

DROP_VALUE: Step = (Flow.drop_value, None, "")
"""Forgets the last value."""

OPEN_SCOPE: Step = (Flow.open_scope, None, "block")
"""Variables declared from here to `CLOSE_SCOPE` are seen only there."""

OPEN_CLASS_SCOPE: Step = (Flow.open_scope, None, "class")
"""A scope that assignments declare in, and that the functions inside it do not see, as in Python."""

CLOSE_SCOPE: Step = (Flow.close_scope, None, "")
"""The innermost scope ends."""

IN_SCOPE = InOrder((OPEN_SCOPE,), (CLOSE_SCOPE,))
"""The rule of a block: its children happen in order, and what they declare is seen to its end."""

OPEN_FUNCTION: Step = (Flow.open_function, None, "")
"""A function begins. Its parameters (`parameter`) and the parts of its body (`later`) follow."""

CLOSE_FUNCTION: Step = (Flow.close_function, None, "")
"""The function ends."""

BRANCH: Step = (Flow.branch, None, "")
"""Alternatives begin, each from the state before: BRANCH a OTHERWISE b JOIN."""

SWITCH: Step = (Flow.switch, None, "")
"""Like BRANCH, and `BREAK` leaves it."""

OTHERWISE: Step = (Flow.otherwise, None, "")
"""The next alternative begins."""

CASE: Step = (Flow.case, None, "")
"""The next alternative begins, reached from the state before all of them or by falling out of the last."""

HANDLER: Step = (Flow.handler, None, "")
"""The next alternative begins, reached from anywhere in the first one: an exception handler."""

LOOP: Step = (Flow.loop, None, "")
"""A loop begins: LOOP body REPEAT JOIN. `BREAK` skips what stands between REPEAT and JOIN."""

RESUME: Step = (Flow.resume, None, "")
"""Where `CONTINUE` leads to when more happens in each round."""

REPEAT: Step = (Flow.repeat, None, "skip")
"""Back to LOOP, or on; the loop may not have run at all."""

REPEAT_ONCE: Step = (Flow.repeat, None, "once")
"""Back to LOOP, or on; the loop has run at least once."""

REPEAT_FOREVER: Step = (Flow.repeat, None, "forever")
"""Back to LOOP; only `BREAK` leads on."""

JOIN: Step = (Flow.join, None, "")
"""Alternatives or a loop end, and one of the alternatives was taken."""

JOIN_OR_SKIP: Step = (Flow.join, None, "skip")
"""Alternatives end, and one of them was taken, or none."""

BREAK: Step = (Flow.leave, None, "")
"""On to the JOIN of the innermost loop or switch."""

CONTINUE: Step = (Flow.proceed, None, "")
"""On to the next round of the innermost loop."""


def labelled(label: str) -> Step:
    """A statement begins that a `break` with its label leaves; `JOIN` ends it."""
    return (Flow.labelled, None, label)


def leave(which: str) -> Step:
    """`BREAK` out of the statement with a label, or out of the n-th loop or switch."""
    return (Flow.leave, None, which)


def proceed(which: str) -> Step:
    """`CONTINUE` with the loop that has a label; with the n-th one, if it is not a switch, which is left then."""
    return (Flow.proceed, None, which)


STOP: Step = (Flow.stop, None, "")
"""Control leaves the function, or goes to a handler."""


def _no_member(node: Node) -> Node | None:
    return None


@dataclass(frozen=True)
class DataflowRules:
    """What defines and uses variables in one language's grammar. Keys are kinds of node.

    Attributes:
        variable_kinds: Kinds of leaves that name a variable, wherever no rule says otherwise.
        steps: What happens at a node, in the order in which it happens.
        targets: The parts of a pattern that are stored to: the elements of a tuple.
        containers: Kinds that are a part of something, and their field that holds what they are a part of (`""`:
            their first child).
        wrappers: Kinds that hold one expression and have its value: parentheses.
        assignment_declares: Whether assigning to a name declares it in the innermost function or class.
        local_prefix: Names that begin with it mean something outside of a function only where the function says so.
        own_member: Returns the field's name where a node is a field of the object whose method this is.
    """

    variable_kinds: frozenset[str]
    steps: Mapping[str, Callable[[Node], Iterable[Step]]]
    targets: Mapping[str, Callable[[Node], Sequence[Node]]]
    containers: Mapping[str, str]
    wrappers: frozenset[str]
    assignment_declares: bool
    local_prefix: bytes | None = None
    own_member: Callable[[Node], Node | None] = _no_member


@cache
def _compiled(language: Language) -> CompiledRules:
    """Returns the rules by the grammar's numbers of kinds, which are quicker to ask for than names."""
    rules, grammar = language.dataflow, language.tree_sitter
    kinds = {
        number: kind
        for number in range(grammar.node_kind_count)
        if grammar.node_kind_is_named(number) and (kind := grammar.node_kind_for_id(number))
    }

    def numbered(meanings: Mapping[str, Meaning]) -> dict[int, Meaning]:
        return {number: meanings[kind] for number, kind in kinds.items() if kind in meanings}

    return CompiledRules(
        variables=frozenset(number for number, kind in kinds.items() if kind in rules.variable_kinds),
        steps=numbered(rules.steps),
        targets=numbered(rules.targets),
        containers=numbered(rules.containers),
        wrappers=frozenset(number for number, kind in kinds.items() if kind in rules.wrappers),
        assignment_declares=rules.assignment_declares,
        local_prefix=rules.local_prefix,
        own_member=rules.own_member,
    )


def edges_of(root: Node, language: Language) -> Counter[Edge]:
    """Returns the data-flow edges of a parsed program."""
    flow = ProgramFlow(_compiled(language), {})
    flow.update(root)
    return flow.edges


def dataflow_edges(program: str | bytes, language: str | Language) -> Counter[Edge]:
    """Returns the data-flow edges of a program, finished or not.

    Raises:
        UnknownNameError: There is no such language.
    """
    declared = languages.get(language)
    source = program.encode("utf-8", "surrogatepass") if isinstance(program, str) else program
    return edges_of(declared.parser().parse(source).root_node, declared)


class DataflowReference:
    """A reference's data-flow edges, ready to be compared with candidates.

    Args:
        root: Root of the reference's tree.
        language: Language of both programs.
        mode: How edges are counted, see `score`.
    """

    def __init__(self, root: Node, language: Language, mode: MatchMode) -> None:
        self._language = language
        self._mode = mode
        self._edges = edges_of(root, language)
        self.total = self._edges.total()

    def score(self, root: Node) -> float:
        """Returns the match of a candidate's tree, in [0, 1].

        With the multisets R and C of the edges of both programs:

        - `"f1"`: `2 * |R & C| / (|R| + |C|)`.
        - `"recall"`: `|R & C| / |R|` (CodeBLEU, arXiv 2009.10297, section 3.3; PPOCoder, arXiv 2301.13816,
          section 3.2).

        0 where the reference has no data flow: what cannot be earned is given to nobody.
        """
        return DataflowTracker(self).update(root)

    def flow(self) -> ProgramFlow:
        """Returns the data flow of an empty candidate."""
        return ProgramFlow(_compiled(self._language), self._edges)

    def match(self, shared: int, total: int) -> float:
        """Returns the match of a candidate that has so many edges, and shares so many of them, see `score`."""
        if not self.total:
            return 0.0
        return shared / self.total if self._mode == "recall" else 2 * shared / (self.total + total)


class DataflowTracker:
    """The match of a program that grows at its end.

    Args:
        reference: What the program is compared with.
    """

    def __init__(self, reference: DataflowReference) -> None:
        self._reference = reference
        self._flow = reference.flow()

    def update(self, root: Node, changed: int = 0) -> float:
        """Takes in the tree of the longer program, and returns its match, see `DataflowReference.score`.

        Args:
            root: Its root.
            changed: Nodes that end before this byte are those of the tree before.
        """
        if not self._reference.total:
            return 0.0
        self._flow.update(root, changed)
        return self._reference.match(self._flow.shared, self._flow.total)
