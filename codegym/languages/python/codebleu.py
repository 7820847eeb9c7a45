"""What CodeBLEU knows about Python."""

from __future__ import annotations

import io
import tokenize
from typing import TYPE_CHECKING

from codegym.structure.codebleu import (
    ROUNDS,
    CodebleuRules,
    FlowWalk,
    IncompleteStatementError,
    Reaching,
    Visits,
    choice,
    declaration,
    fields,
    loop,
    without_blank_lines,
)

if TYPE_CHECKING:
    from tree_sitter import Node

KEYWORDS = """
False None True and as assert async await break case class continue def del elif else except finally for from global if
import in is lambda match nonlocal not or pass raise return try type while with yield
"""


def without_comments(program: str) -> str:
    """Returns a program without comments, docstrings and blank lines; one that is no Python stays as it is.

    A string is taken for a docstring when it is first in a block or a line.
    """
    pieces: list[str] = []
    previous, last_row, last_column = tokenize.INDENT, -1, 0
    try:
        for token in tokenize.generate_tokens(io.StringIO(program).readline):
            (row, column), (end_row, end_column) = token.start, token.end
            if row > last_row:
                last_column = 0
            pieces.append(" " * (column - last_column))
            docstring = token.type == tokenize.STRING and (
                previous in (tokenize.INDENT, tokenize.NEWLINE) or column == 0
            )
            if token.type != tokenize.COMMENT and not docstring:
                pieces.append(token.string)
            previous, last_row, last_column = token.type, end_row, end_column
    except (tokenize.TokenError, SyntaxError, ValueError):
        return program
    return without_blank_lines("".join(pieces))


def _elements(left: Node | None, right: Node | None) -> list[tuple[Node, Node]]:
    """Returns both sides child by child where they have as many, commas left out, else as they are."""
    if left is None or right is None:
        raise IncompleteStatementError
    lefts, rights = ([child for child in side.children if child.type != ","] for side in (left, right))
    return list(zip(lefts, rights, strict=True)) if lefts and len(lefts) == len(rights) else [(left, right)]


def _assign(pairs: list[tuple[Node, Node]], walk: FlowWalk, reaching: Reaching) -> Visits:
    for _, value in pairs:
        yield value, reaching
    for name, value in pairs:
        walk.define_jointly(name, value, reaching)


def _assignment(walk: FlowWalk, node: Node, reaching: Reaching) -> Visits:
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    return _assign(_elements(left, right), walk, reaching) if right is not None else iter(())


def _comprehension(walk: FlowWalk, node: Node, reaching: Reaching) -> Visits:
    left = node.child_by_field_name("left")
    if left is None:
        raise IncompleteStatementError
    return _assign([(left, node.children[-1])], walk, reaching)


def _iteration(walk: FlowWalk, node: Node, reaching: Reaching) -> Visits:
    pairs = _elements(node.child_by_field_name("left"), node.child_by_field_name("right"))
    # With an `else`, neither the body nor the `else` is seen.
    body = [child for child in node.children[-1:] if child.type == "block"]

    def rounds() -> Visits:
        for _ in range(ROUNDS):
            yield from _assign(pairs, walk, reaching)
            yield from ((block, reaching) for block in body)

    return walk.loop(node, reaching, rounds())


RULES = CodebleuRules(
    keywords=frozenset(KEYWORDS.split()),
    without_comments=without_comments,
    statements={
        "default_parameter": declaration(fields("name", "value")),
        "assignment": _assignment,
        "augmented_assignment": _assignment,
        "for_in_clause": _comprehension,
        "if_statement": choice(frozenset({"elif_clause", "else_clause"}), rest=False),
        "for_statement": _iteration,
        "while_statement": loop,
    },
    ahead=frozenset({"for_in_clause"}),
)
