"""What CodeBLEU knows about Java."""

from __future__ import annotations

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

KEYWORDS = """
abstract assert boolean break byte case catch char class const continue default do double else enum extends final
finally float for goto if implements import instanceof int interface long native new package private protected public
return short static strictfp super switch synchronized this throw throws transient try void volatile while
"""

RULES = CodebleuRules(
    keywords=frozenset(KEYWORDS.split()),
    without_comments=without_c_comments,
    statements={
        "variable_declarator": declaration(fields("name", "value")),
        "assignment_expression": assignment(fields("left", "right")),
        "update_expression": increment,
        "if_statement": choice(frozenset({"if_statement", "else"})),
        "for_statement": counting_loop("local_variable_declaration"),
        "enhanced_for_statement": iteration(fields("name", "value", "body")),
        "while_statement": loop,
    },
)
