"""What CodeBLEU knows about C#."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from codegym.structure.codebleu import (
    CodebleuRules,
    IncompleteStatementError,
    assignment,
    choice,
    counting_loop,
    declaration,
    fields,
    increment,
    iteration,
    loop,
    without_c_comments,
)

if TYPE_CHECKING:
    from tree_sitter import Node

KEYWORDS = """
abstract add alias as ascending async await base bool break by byte case catch char checked class const continue decimal
default delegate descending do double dynamic else enum equals event explicit extern false finally fixed float for
foreach from get global goto group if implicit in int interface internal into is join let lock long nameof namespace new
notnull null object on operator orderby out override params partial private protected public readonly ref remove return
sbyte sealed select set short sizeof stackalloc static string struct switch this throw true try typeof uint ulong
unchecked unmanaged unsafe ushort using value var virtual void volatile when where while yield
"""


def _name_and_value(declarator: Node) -> Sequence[Node | None]:
    """A declarator of two children has a value; of three, as the grammar has had them for long, it is not seen."""
    if not declarator.children:
        raise IncompleteStatementError
    return declarator.children if len(declarator.children) == 2 else (declarator.children[0], None)


STATEMENTS = {
    "variable_declarator": declaration(_name_and_value),
    "assignment_expression": assignment(fields("left", "right")),
    "postfix_unary_expression": increment,
    "if_statement": choice(frozenset({"if_statement", "else"})),
    "for_statement": counting_loop("local_variable_declaration"),
    "for_each_statement": iteration(fields("left", "right", "body")),
    "while_statement": loop,
}

RULES = CodebleuRules(frozenset(KEYWORDS.split()), without_c_comments, STATEMENTS)
