"""How tests are appended to PHP programs, and what in a program would spoil them.

Whether the file came to its end is seen from outside (`run.php`). `assert` in a test becomes a function of the test's
own: the real one can be turned off. Variables that the test sets are new ones, whatever a program has made of their
names.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from codegym.languages.harness import NEAR, Case, Edit, Lexis, Main, MarkedMain, Secret, Token, first_of, words

if TYPE_CHECKING:
    from tree_sitter import Node

LEXIS = Lexis(
    r"""(?x)
    (?P<comment> (?://|\#(?!\[))(?:(?!\?>)[^\n\r])* | /\*[\s\S]*?\*/ )
    | (?P<html> \?>(?:(?!<\?(?:php|=))[\s\S])* | \A(?:(?!<\?(?:php|=))[\s\S])+ )
    | (?P<tag> <\?(?:php\b|=) )
    | (?P<heredoc> <<<[ \t]*(?P<quote>["']?)(?P<label>[A-Za-z_]\w*)(?P=quote)[ \t]*\r?\n
        (?:[\s\S]*?\n)??[ \t]*(?P=label)\b )
    | (?P<text> '(?:[^'\\]|\\[\s\S])*' )
    | (?P<woven> ["`] )
    | (?P<open> /\* | ' | <<<[ \t]*["']?[A-Za-z_] )
    | (?P<number> \.?\d[\w.]* )
    | (?P<variable> \$[A-Za-z_\x80-\xff][\w\x80-\xff]* )
    | (?P<name> [A-Za-z_\x80-\xff][\w\x80-\xff]* )
    | (?P<sign> -> | \?-> | :: | => | [=!]==? | <=> | && | \|\| | \S )
    """,
    hole="{$",
    doubled="",
)

REFUSED = words(
    """
    __halt_compiler register_tick_function ticks runkit7_function_redefine uopz_set_return FFI
    stream_wrapper_register stream_wrapper_unregister stream_wrapper_restore
    """
)
"""Words of programs that change how the code behind them runs. Capitals are the same to PHP."""


def tampering(case: Case) -> str:
    """Returns what in a program spoils its test, in one sentence, or nothing."""
    tokens = case.tokens
    if word := first_of((word.lower() for word in case.words), {word.lower() for word in REFUSED}):
        return f"The program uses {word}, by which it could change the code that tests it."
    set_by_test = {token.text for token in case.test if token.kind == "variable"}
    depth = 0
    for place, token in enumerate(tokens):
        behind = tokens[place + 1 : place + 4]
        depth += (token.text == "{") - (token.text == "}") if token.kind == "sign" else 0
        word = token.text.lower()
        before = tokens[place - 1].text if place else ""
        if token.kind == "name" and word == "namespace" and behind[:1] and behind[0].text != "\\" and before != "->":
            return "The program has a namespace, where functions of the library can be replaced."
        if token.kind == "name" and word == "use" and depth == 0 and before != ")":
            imported = [part.text for part in imported_names(tokens[place + 1 : place + NEAR])]
            if set(imported[:1]) & {"function", "const"} or set(imported[-1:]) & case.test_words:
                return f"The program gives the name {imported[-1]} another meaning."
        if token.kind == "name" and word == "global":
            for part in behind if behind[:1] and behind[0].kind == "variable" else [Token("variable", "$$", 0)]:
                if part.text in set_by_test or part.text == "$$":
                    return "The program reaches for the variables of the test."
        if token.text == "$GLOBALS":
            key = behind[1].text[1:-1] if len(behind) == 3 and behind[0].text == "[" and behind[2].text == "]" else ""
            if not key or behind[1].kind != "text" or f"${key}" in set_by_test:
                return "The program reaches for the variables of the test."
    return ""


def imported_names(tokens: Sequence[Token]) -> list[Token]:
    """Returns the names of an import, the one by which it is known last."""
    names = []
    for token in tokens:
        if token.text in (";", "{"):
            break
        if token.kind == "name":
            names.append(token)
    return names


def joint(case: Case) -> str:
    """Returns what leads to the test: into PHP, out of an unfinished statement, to variables of its own."""
    last = [token for token in case.tokens if token.kind in ("html", "tag")][-1:]
    inside = bool(last) and last[0].kind == "tag"
    assigned = {
        token.text
        for before, token, following in zip([Token("sign", "", 0), *case.test], case.test, case.test[1:], strict=False)
        if token.kind == "variable" and (following.text == "=" or before.text.lower() in ("as", "=>", ",", "["))
    } - {"$this", "$GLOBALS"}
    variables = ", ".join(sorted(assigned))
    return ("\n;" if inside else "<?php\n") + (f" unset({variables});" if variables else "") + "\n"


def no_main(main: Main, secret: Secret) -> list[Edit]:
    """Returns nothing: a test is run from its top to its bottom."""
    return []


def rewrite(root: Node, shift: int, secret: Secret) -> list[Edit]:
    """Returns the edits that take the opening tag from a test, and make `assert` its own."""
    tags = [node for node in root.children if node.type == "php_tag" and node.start_byte >= shift]
    edits: list[Edit] = [(node.start_byte - shift, node.end_byte - shift, "") for node in tags[:1]]
    asserts = False
    pending = [root]
    while pending:
        node = pending.pop()
        pending += node.children
        function = node.child_by_field_name("function") if node.type == "function_call_expression" else None
        if function is not None and (function.text or b"").lower() in (b"assert", b"\\assert"):
            edits.append((function.start_byte - shift, function.end_byte - shift, secret.hide("assert")))
            asserts = True
    if asserts:
        definition = (
            f"function {secret.hide('assert')}($holds, $message = null) {{ if (!$holds) throw $message instanceof "
            f"\\Throwable "
            '? $message : new \\AssertionError($message ?? "Assertion failed"); } '
        )
        edits.append((0, 0, definition))
    return edits


APPEND = MarkedMain(
    language="php",
    lexis=LEXIS,
    openings=("<?php ", ""),
    definition="function_definition",
    main="",
    wrap=no_main,
    joint=joint,
    tampering=tampering,
    rewrite=rewrite,
)
