"""What CodeBLEU knows about PHP."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from codegym.structure.codebleu import (
    CodebleuRules,
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
__halt_compiler abstract and array as break callable case catch class clone const continue declare default die do echo
else elseif empty enddeclare endfor endforeach endif endswitch endwhile eval exit extends final for foreach function
global goto if implements include include_once instanceof insteadof interface isset list namespace new or print private
protected public require require_once return static switch throw trait try unset use var while xor
"""


def _element_collection_and_body(foreach: Node) -> Sequence[Node | None]:
    """The first two variables: a collection that is no variable, and a pair of key and value, are not seen."""
    collection, element, *_ = (*(child for child in foreach.children if child.type == "variable_name"), None, None)
    return element, collection, foreach.child_by_field_name("body")


_ASSIGNMENT = assignment(fields("left", "right"))
_CHOICE = choice(frozenset({"if_statement", "else_clause"}), skippable=True)

RULES = CodebleuRules(
    keywords=frozenset(KEYWORDS.split()),
    without_comments=without_c_comments,
    statements={
        "simple_parameter": declaration(fields("name", "default_value")),
        "assignment_expression": _ASSIGNMENT,
        "augmented_assignment_expression": _ASSIGNMENT,
        "update_expression": increment,
        "if_statement": _CHOICE,
        "else_clause": _CHOICE,
        "for_statement": counting_loop("assignment_expression"),
        "foreach_statement": iteration(_element_collection_and_body),
        "while_statement": loop,
    },
)
