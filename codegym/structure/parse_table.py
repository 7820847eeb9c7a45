"""The LR automaton of a tree-sitter grammar, run on terminals: which of them can come next.

tree-sitter compiles a grammar to an LR(1) table with several actions where one token of lookahead does not decide. Its
own parser never refuses a text, it repairs it. Here the table alone is run, with all its alternatives at once, so that
a terminal after which no program could follow is told apart at once. The table is read from the grammar's memory: the
fields used here have stood in the same places since version 13 of the format.
"""

from __future__ import annotations

import ctypes
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Final, final

from codegym.errors import ConfigurationError

if TYPE_CHECKING:
    from tree_sitter import Language as Grammar

_FORMATS: Final = (13, 14, 15)
_SHIFT, _REDUCE, _ACCEPT = 0, 1, 2
_START: Final = 1
_END_OF_INPUT: Final = 0

_MOST_STACKS: Final = 200
"""A text with more readings than this is followed no longer: everything may come next."""

_MOST_NODES: Final = 400_000
"""So many stack nodes are remembered before the memory starts anew."""


class _Header(ctypes.Structure):
    """The start of tree-sitter's `TSLanguage`."""

    _fields_ = (
        ("abi_version", ctypes.c_uint32),
        ("symbol_count", ctypes.c_uint32),
        ("alias_count", ctypes.c_uint32),
        ("token_count", ctypes.c_uint32),
        ("external_token_count", ctypes.c_uint32),
        ("state_count", ctypes.c_uint32),
        ("large_state_count", ctypes.c_uint32),
        ("production_id_count", ctypes.c_uint32),
        ("field_count", ctypes.c_uint32),
        ("max_alias_sequence_length", ctypes.c_uint16),
        ("parse_table", ctypes.POINTER(ctypes.c_uint16)),
        ("small_parse_table", ctypes.POINTER(ctypes.c_uint16)),
        ("small_parse_table_map", ctypes.POINTER(ctypes.c_uint32)),
        ("parse_actions", ctypes.POINTER(ctypes.c_uint8)),
    )


@final
class _Node:
    """The top of one LR stack, and what the terminals that were tried there led to."""

    __slots__ = ("parent", "state", "steps")

    def __init__(self, state: int, parent: _Node | None) -> None:
        self.state = state
        self.parent = parent
        self.steps: dict[int, tuple[_Node, ...]] = {}


@final
class Stacks:
    """All readings of a text so far, as stacks of LR states. Equal ones are the same object.

    Attributes:
        memory: For whoever follows a text: what is known of the texts behind this one.
    """

    __slots__ = ("_nodes", "_steps", "_table", "memory")

    def __init__(self, table: ParseTable, nodes: tuple[_Node, ...] | None) -> None:
        self._table = table
        self._nodes = nodes
        self._steps: dict[str, Stacks | None] = {}
        self.memory: dict[object, bool] = {}

    @property
    def unknown(self) -> bool:
        """Whether nothing is known of the text, so that everything may follow."""
        return self._nodes is None

    def step(self, terminal: str) -> Stacks | None:
        """Returns the readings after a terminal; None where it cannot come next."""
        if terminal not in self._steps:
            self._steps[terminal] = self._table.step(self, terminal)
        return self._steps[terminal]

    def walk(self, terminals: Iterable[str]) -> Stacks | None:
        """Returns the readings after several terminals; None where they cannot come next."""
        stacks: Stacks | None = self
        for terminal in terminals:
            if stacks is None:
                return None
            stacks = stacks.step(terminal)
        return stacks


@final
class ParseTable:
    """The table of one grammar.

    Args:
        grammar: The grammar.
        silent: Terminals that may stand for no text at all, anywhere that the grammar allows them.

    Attributes:
        terminals: The names of all terminals.
        literal: Those of them whose name is the text that they stand for.
        start: The readings of the empty text.
        unknown: The readings of a text of which nothing is known: every terminal can come next.

    Raises:
        ConfigurationError: The grammar's format is not known.
    """

    def __init__(self, grammar: Grammar, silent: Iterable[str] = ()) -> None:
        if grammar.abi_version not in _FORMATS:
            raise ConfigurationError(
                f"The tree-sitter grammar {grammar.name or ''} has format {grammar.abi_version}; formats "
                f"{_FORMATS[0]} to {_FORMATS[-1]} can be read. Install another version of its package."
            )
        self._grammar = grammar  # owns the memory
        self._header = _Header.from_address(hash(grammar))
        self._rows: dict[int, dict[int, int]] = {}
        self._actions: dict[int, tuple[tuple[int, int, int], ...]] = {}
        self._nodes: dict[tuple[int, _Node | None], _Node] = {}
        self._stacks: dict[frozenset[_Node], Stacks] = {}
        self._numbers: dict[str, list[int]] = {}
        for number in range(self._header.token_count):
            self._numbers.setdefault(grammar.node_kind_for_id(number) or "", []).append(number)
        self.literal = frozenset(
            name
            for name, numbers in self._numbers.items()
            if any(grammar.node_kind_is_visible(one) and not grammar.node_kind_is_named(one) for one in numbers)
        )
        self._silent = [number for name in silent for number in self._numbers[name]]
        self.terminals = frozenset(self._numbers)
        self._accepted = _Node(_END_OF_INPUT, None)
        self.start = Stacks(self, (self._node(_START, None),))
        self.unknown = Stacks(self, None)

    def union(self, several: Iterable[Stacks | None]) -> Stacks | None:
        """Returns the readings that any of several have; None where there are none."""
        nodes: dict[_Node, None] = {}
        for stacks in several:
            if stacks is None:
                continue
            if stacks._nodes is None:
                return self.unknown
            nodes |= dict.fromkeys(stacks._nodes)
        return self._of(nodes)

    def step(self, stacks: Stacks, terminal: str) -> Stacks | None:
        """Returns the readings after a terminal; `Stacks.step` remembers them."""
        if stacks._nodes is None:
            return stacks
        found: dict[_Node, None] = {}
        for number in self._numbers.get(terminal, ()):
            for node in stacks._nodes:
                found |= dict.fromkeys(self._after(node, number))
        for silent in self._silent:
            if terminal != self._grammar.node_kind_for_id(silent):
                for node in stacks._nodes:
                    for shifted in self._after(node, silent):
                        for number in self._numbers.get(terminal, ()):
                            found |= dict.fromkeys(self._after(shifted, number))
        return self._of(found)

    def _of(self, nodes: Collection[_Node]) -> Stacks | None:
        key = frozenset(nodes)
        if not key:
            return None
        if len(key) > _MOST_STACKS:
            return self.unknown
        if key not in self._stacks:
            self._stacks[key] = Stacks(self, tuple(nodes))
        return self._stacks[key]

    def _node(self, state: int, parent: _Node | None) -> _Node:
        node = self._nodes.get((state, parent))
        if node is None:
            if len(self._nodes) >= _MOST_NODES:
                # Those in use live on; equal ones that come later are not the same any more, which only costs time.
                self._nodes.clear()
                self._stacks.clear()
            node = self._nodes[state, parent] = _Node(state, parent)
        return node

    def _after(self, start: _Node, terminal: int) -> tuple[_Node, ...]:
        """Returns the stacks after a terminal: all reductions that it calls for, and then the shift."""
        if terminal in start.steps:
            return start.steps[terminal]
        found: dict[_Node, None] = {}
        pending, seen = [start], {start}
        while pending:
            node = pending.pop()
            for kind, value, count in self._actions_of(node.state, terminal):
                if kind == _SHIFT:
                    found[self._node(value, node)] = None
                elif kind == _ACCEPT:
                    found[self._accepted] = None
                else:
                    base: _Node | None = node
                    for _ in range(count):
                        base = base.parent if base is not None else None
                    target = self._row(base.state).get(value, 0) if base is not None else 0
                    if target:
                        reduced = self._node(target, base)
                        if reduced not in seen:
                            seen.add(reduced)
                            pending.append(reduced)
        start.steps[terminal] = tuple(found)
        return start.steps[terminal]

    def _actions_of(self, state: int, terminal: int) -> tuple[tuple[int, int, int], ...]:
        """Returns the actions of a state: their kind, the next state or the symbol, and how many children it has."""
        index = self._row(state).get(terminal, 0)
        if index not in self._actions:
            entries = self._header.parse_actions
            actions = []
            for number in range(index + 1, index + 1 + entries[8 * index]):
                at = 8 * number
                kind = entries[at]
                if kind == _SHIFT:
                    extra, repetition = entries[at + 4], entries[at + 5]
                    # What belongs to no rule is skipped before; repetitions are balanced by the parser only.
                    if not extra and not repetition:
                        actions.append((kind, entries[at + 2] | entries[at + 3] << 8, 0))
                elif kind == _REDUCE:
                    actions.append((kind, entries[at + 2] | entries[at + 3] << 8, entries[at + 1]))
                elif kind == _ACCEPT:
                    actions.append((kind, 0, 0))
            self._actions[index] = tuple(actions)
        return self._actions[index]

    def _row(self, state: int) -> dict[int, int]:
        """Returns a state's row: of a terminal the number of its actions, of any other symbol the next state."""
        row = self._rows.get(state)
        if row is None:
            header = self._header
            large, width = header.large_state_count, header.symbol_count
            if state < large:
                values = header.parse_table[state * width : (state + 1) * width]
                row = {symbol: value for symbol, value in enumerate(values) if value}
            else:
                row = {}
                data, at = header.small_parse_table, header.small_parse_table_map[state - large]
                groups, at = data[at], at + 1
                for _ in range(groups):
                    value, count = data[at], data[at + 1]
                    row.update(dict.fromkeys(data[at + 2 : at + 2 + count], value))
                    at += 2 + count
            self._rows[state] = row
        return row
