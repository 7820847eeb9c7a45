"""Makes readable code again out of the token streams that XLCoST and its relatives ship.

The streams hold one program a line: tokens with a space between them. Inside literals `▁` stands for a space,
`STRNEWLINE`, `TABSYMBOL` (and sometimes `NEW_LINE`) for the escapes; `NEW_LINE` ends a preprocessor line.
In Python it ends a line, and `INDENT` and `DEDENT` stand for the levels.
`detokenise` lays a program of the C family out as people write it: braces at the end of the line, four spaces
for each level, one statement a line.
"""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass, field
from typing import Final

_LEXER: Final = re.compile(
    r"""
      (?P<directive> \#.*? (?: NEW_LINE | $ ) )
    | (?P<string>    " (?: \\. | [^"\\] )* " )
    | (?P<character> ' \s? (?: \\ \s? (?: u[0-9a-fA-F]{4} | [0-7]{1,3} | . ) | [^\\] ) \s? ' )
    | (?P<space>     \s+ | NEW_LINE | STRNEWLINE | TABSYMBOL )
    | (?P<word>      [^\W\d][\w$]* | \$[\w$]* )
    | (?P<number>    0[xX][\da-fA-F_]+[lL]? | 0[bB][01_]+[lL]?
                   | (?: \d[\d_]*\.?\d* | \.\d+ ) (?: [eE][+-]?\d+ )? [a-zA-Z]* )
    | (?P<operator>  >>>= | >>> | <<= | >>= | === | !== | <=> | \.\.\. | -> | => | :: | \+\+ | -- | && | \|\| | \?\?
                   | [=!<>+\-*/%&|^.]= | << | . )
    """,
    re.VERBOSE | re.DOTALL,
)

_HEADERS: Final = frozenset({"if", "elseif", "for", "foreach", "while", "switch", "catch", "synchronized"})
"""Keywords that a parenthesis and a statement follow."""

_INTRODUCERS: Final = frozenset({"else", "do", "try", "finally"})
"""Keywords that a statement follows directly."""

_OPERATORS: Final = frozenset(
    (  # noqa: SIM905  # a column of words is no easier to read
        "= + - * / % & | ^ ! ~ < > <= >= == != && || << >> >>> += -= *= /= %= &= |= ^= <<= >>= >>>= ? : -> "
        "( [ { } , ; return case throw else do"
    ).split()
)
"""Tokens after which `+`, `-`, `*` and `&` have one operand, and `++` stands before its own."""

_PREFIXES: Final = frozenset({"+", "-", "*", "&", "!", "~", "++", "--"})

_PRIMITIVES: Final = frozenset(
    "auto bool char double float int long short string unsigned void".split()  # noqa: SIM905  # as above
)
"""Types after which `*` and `&` declare a pointer or a reference in C++."""

_MODIFIERS: Final = frozenset({"final", "private", "protected", "public", "static", "template"})
"""Words that the angle brackets of type parameters follow after a space."""

_TEMPLATES: Final = frozenset(
    (  # noqa: SIM905  # as above
        "array bitset deque function greater less list map multimap multiset numeric_limits pair "
        "priority_queue queue set stack static_cast tuple unordered_map unordered_set vector"
    ).split()
)
"""Lower-case names that type arguments follow in C++."""

_INDENT: Final = "    "

_PYTHON_TOKEN: Final = re.compile(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|\S+")
_PYTHON_SPACED: Final = frozenset(keyword.kwlist) - {"None", "True", "False"}
"""Words that a space separates from a bracket."""

_PHP_TAGS: Final = re.compile(r"^\s*<\s*\?\s*php\b|\?\s*>\s*$")
_PHP_VARIABLE: Final = re.compile(r"\$\s+(?=\w)")


def detokenise(line: str, language: str) -> str:
    """Returns the program of one line of a token stream, laid out, ending in a newline.

    Layout is all that is added, and the marks inside of literals are replaced. Whether the result compiles
    depends on the line, for the streams lost a token here and there.

    Args:
        line: A tokenised program.
        language: Name of its language: `->` stands between spaces in Java (a lambda), not in C++ (a member); `.`
            does in PHP (of strings), not in the others (a member).
    """
    if language == "python":
        return _python(line)
    if language == "php":
        line = _PHP_VARIABLE.sub("$", _PHP_TAGS.sub("", line))
    spaced = {"java": frozenset({"->"}), "php": frozenset({"."})}.get(language, frozenset())
    text = _Printer(_with_shifts(_tokens(line)), spaced).print()
    return f"<?php\n{text}" if language == "php" else text


def _python(line: str) -> str:
    """Returns a Python program, in whose stream line breaks and indentation are tokens, too."""
    written: list[str] = []
    statement: list[str] = []
    level = 0
    for token in [*_PYTHON_TOKEN.findall(line), "NEW_LINE"]:
        if token == "NEW_LINE":
            if statement:
                written.append(_INDENT * level + "".join(statement))
            statement = []
        elif token in ("INDENT", "DEDENT"):
            level = max(0, level + (1 if token == "INDENT" else -1))
        else:
            if token[0] in "\"'" and len(token) > 1:
                token = token[0] + _unmarked(token[1:-1].replace(" ", "")) + token[0]
            if statement and _python_spaced(statement[-1], token):
                statement.append(" ")
            statement.append(token)
    return "\n".join(written) + "\n"


def _python_spaced(previous: str, token: str) -> bool:
    """Whether a space stands between two tokens of a line."""
    if token in (")", "]", "}", ",", ":", ";", ".") or previous in ("(", "[", "{", ".", "~"):
        return False
    if token in ("(", "["):
        return previous in _PYTHON_SPACED or not (_is_operand(previous) or previous == "}")
    return True


def _tokens(line: str) -> list[str]:
    """Returns the lexical tokens of a program, its literals without marks."""
    found: list[str] = []
    for match in _LEXER.finditer(line):
        kind, token = match.lastgroup, match[0]
        if kind == "string":
            found.append(_string(token, before=line[match.end() : match.end() + 1]))
        elif kind == "character":
            inner = token[1:-1]
            found.append(f"'{_unmarked(inner.replace(' ', '')) if inner.strip() else ' '}'")
        elif kind == "directive":
            found.append(_directive(token.removesuffix("NEW_LINE").strip()))
        elif kind != "space":
            found.append(token)
    return found


def _with_shifts(program: list[str]) -> list[str]:
    """Returns the tokens with `> >` joined where it is a shift: the streams divide it like closing types."""
    type_brackets = _type_brackets(program)
    joined: list[str] = []
    for index, token in enumerate(program):
        is_shift = token in (">", ">=", ">>") and joined and joined[-1] in (">", ">>")
        if is_shift and index not in type_brackets and index - 1 not in type_brackets:
            joined[-1] += token
        else:
            joined.append(token)
    return joined


def _directive(line: str) -> str:
    """Returns a line of the preprocessor; the name of a header that it includes loses the spaces of the tokeniser."""
    start, quote, name = line.partition('"')
    return start + quote + name.replace(" ", "") if start.rstrip().endswith("include") else line


def _string(literal: str, before: str) -> str:
    """Returns a string literal without marks. `before` is the character that it stands before.

    Some literals escaped the tokeniser, and so did what follows them: their spaces are their own.
    """
    inner = literal[1:-1]
    tokenised = "▁" in inner or (inner.startswith(" ") and before in ("", " "))
    return f'"{_unmarked(inner.replace(" ", "") if tokenised else inner)}"'


def _unmarked(text: str) -> str:
    text = text.replace("▁", " ").replace("TABSYMBOL", "\\t")
    return text.replace("STRNEWLINE", "\\n").replace("NEW_LINE", "\\n")


@dataclass
class _Block:
    """An open brace of statements.

    Attributes:
        kind: The keyword that it belongs to (`if`, `do`, `switch`); "" for classes, functions, plain blocks.
        indent: Level of the statements inside.
        parentheses: How many parentheses were open before it.
        pending: Keywords whose statement, without braces, has not ended yet; each indents one level.
    """

    kind: str
    indent: int
    parentheses: int
    pending: list[str] = field(default_factory=list)


class _Printer:
    """Lays tokens out, one after another, with as little look-ahead as that takes."""

    def __init__(self, program: list[str], spaced: frozenset[str]) -> None:
        self._tokens, self._always_spaced = program, spaced
        self._type_brackets = _type_brackets(program)
        self._lines: list[str] = []
        self._line: list[str] = []
        self._blocks = [_Block("", 0, 0)]
        self._parentheses = 0
        self._initialisers = 0
        self._header = ""
        self._line_indent = 0

    def print(self) -> str:
        for index in range(len(self._tokens)):
            self._put(index)
        self._break()
        return "\n".join(self._lines) + "\n"

    def _put(self, index: int) -> None:
        token, following = self._tokens[index], self._at(index + 1)
        if token.startswith("#") and len(token) > 1:
            self._break()
            self._lines.append(token)
        elif token == "{":
            self._open_brace(index)
        elif token == "}":
            self._close_brace(index, following)
        else:
            self._write(index)
            if token in "([":
                self._parentheses += 1
            elif token in ")]":
                self._parentheses = max(0, self._parentheses - 1)
            if self._parentheses == self._blocks[-1].parentheses and not self._initialisers:
                self._after(token, following)

    def _after(self, token: str, following: str) -> None:
        """Ends the line, where the token ends a statement, a header or a label."""
        if token in _HEADERS:
            self._header = token
        elif token == ")" and self._header:
            self._introduced(self._header, following)
        elif token in _INTRODUCERS:
            if (token, following) != ("else", "if"):
                self._introduced(token, following)
        elif token == ";":
            self._end_statement(following)
        elif token == ":" and self._is_label():
            self._break()

    def _introduced(self, keyword: str, following: str) -> None:
        """A keyword is complete: its statement follows, in braces or on a line of its own."""
        self._header = ""
        if following == "{":
            self._header = keyword
        elif following not in (";", "("):
            self._blocks[-1].pending.append(keyword)
            self._break()

    def _end_statement(self, following: str, owner: str = "") -> None:
        """A statement has ended, and with it those it is the body of, up to the `if` that an `else` needs."""
        pending = self._blocks[-1].pending
        if not (following == "else" and owner == "if"):
            while pending:
                if pending.pop() == "if" and following == "else":
                    break
        self._break()

    def _open_brace(self, index: int) -> None:
        self._write(index)
        if self._initialisers or self._at(index - 1) in ("=", "]", ",", "(", "return"):
            self._initialisers += 1
            return
        self._break()
        block = self._blocks[-1]
        level = block.indent + len(block.pending) + 1
        self._blocks.append(_Block(self._header, level, self._parentheses))
        self._header = ""

    def _close_brace(self, index: int, following: str) -> None:
        if self._initialisers:
            self._write(index)
            self._initialisers -= 1
            return
        self._break()
        block = self._blocks.pop() if len(self._blocks) > 1 else self._blocks[0]
        self._parentheses = block.parentheses
        self._write(index)
        inside_expression = block.parentheses > self._blocks[-1].parentheses
        if following in (";", ")", ",", ".") or inside_expression:
            return
        if following in ("catch", "finally") or (following == "while" and block.kind == "do"):
            return
        if following == "else" and block.kind == "if":
            return
        self._end_statement(following, owner=block.kind)

    def _is_label(self) -> bool:
        """Whether the line that a colon ends is a label."""
        words = "".join(self._line).split()
        return words[0] == "case" or (len(words) == 1 and words[0][:-1].isidentifier())

    def _write(self, index: int) -> None:
        token = self._tokens[index]
        if not self._line:
            self._line_indent = self._indent_of(token)
        elif self._spaced(index):
            self._line.append(" ")
        self._line.append(token)

    def _indent_of(self, token: str) -> int:
        block = self._blocks[-1]
        level = block.indent + len(block.pending)
        if token == "}":
            return level
        return level + (block.kind == "switch" and token not in ("case", "default"))

    def _break(self) -> None:
        if self._line:
            self._lines.append(_INDENT * self._line_indent + "".join(self._line))
            self._line = []

    def _at(self, index: int) -> str:
        return self._tokens[index] if 0 <= index < len(self._tokens) else ""

    def _spaced(self, index: int) -> bool:
        """Whether a space stands before a token that does not begin a line."""
        token, previous, before = self._at(index), self._at(index - 1), self._at(index - 2)
        if token in self._always_spaced or previous in self._always_spaced:
            return True
        if token in (")", "]", ",", ";", ".", "::") or previous in ("(", "[", ".", "::", "@", "~", "!"):
            return False
        if "->" in (token, previous):
            return False
        if index in self._type_brackets:
            return previous in _MODIFIERS
        if index - 1 in self._type_brackets:
            return previous.startswith(">") and token not in ("(", "[")
        if token == "[":
            return not (_is_operand(previous) or previous == ">")
        if token == "(":
            return previous in _HEADERS or previous in _OPERATORS or not _is_operand(previous)
        if previous in _PREFIXES and self._is_unary(previous, before):
            return previous[-1] == token[0]  # "- -x" is not "--x"
        if token in ("++", "--"):
            return previous in _OPERATORS or not _is_operand(previous)
        if self._initialisers and (previous == "{" or token == "}"):
            return False
        if token == ":":
            return "?" in self._line or self._parentheses > self._blocks[-1].parentheses
        return True

    @staticmethod
    def _is_unary(operator: str, before: str) -> bool:
        """Whether `operator` has one operand, which follows, by the token that it follows itself."""
        if operator in ("++", "--"):
            return before in _OPERATORS or not _is_operand(before)
        return not before or before in _OPERATORS or (operator in ("*", "&") and before in _PRIMITIVES)


def _is_operand(token: str) -> bool:
    return bool(token) and (token[-1].isalnum() or token[-1] in "_$)]\"'")


def _type_brackets(program: list[str]) -> frozenset[int]:
    """Returns the positions of the angle brackets that hold type arguments: `Map<String, List<Integer>>`."""
    found: set[int] = set()
    for index, token in enumerate(program):
        name = program[index - 1] if index else ""
        is_type = name[:1].isupper() or name == "." or name in _TEMPLATES or name in _MODIFIERS
        if token == "<" and is_type and index not in found:
            found.update(_matched(program, index))
    return frozenset(found)


def _matched(program: list[str], start: int) -> list[int]:
    """Returns the positions of the brackets from `start` to its partner; none if it is a comparison."""
    depth, positions = 0, list[int]()
    for index in range(start, len(program)):
        token = program[index]
        if token == "<":
            depth += 1
            positions.append(index)
        elif token in (">", ">>", ">>>"):
            depth -= len(token)
            positions.append(index)
            if depth <= 0:
                return positions if depth == 0 else []
        elif not (token[0].isalnum() or token[0] in "_$" or token in (",", ".", "?", "[", "]", "&", "*", "::")):
            return []
    return []
