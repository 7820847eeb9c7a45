from __future__ import annotations

import ast
import keyword
import tempfile
import textwrap
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from codegym.problems.base import split_of
from codegym.problems.source import SourceFunction, extract_functions, normalise

NAMES = ("combine", "first", "second", "total")
identifiers = st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True).filter(
    lambda name: not keyword.iskeyword(name) and not keyword.issoftkeyword(name)
)
constants = st.lists(st.integers(0, 10**6), min_size=8, max_size=12)
lines_of_text = st.text(st.sampled_from("ab \t\"'\\#{}é\n"), max_size=20)


def program(values: list[int], names: tuple[str, ...] = NAMES, space: str = " ", comment: str = "") -> str:
    function, first, second, total = names
    body = "".join(
        f"    {total}{space}={space}{first}{space}*{space}{value}{space}+{space}len({second}){comment}\n"
        for value in values
    )
    return f"def {function}({first},{space}{second}):\n{body}    return {total}\n"


def extract(text: str) -> list[SourceFunction]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "module.py")
        file.write_bytes(text.encode())
        return list(extract_functions(file, "python", min_tokens=1, max_bytes=100_000))


@given(constants, st.lists(identifiers, min_size=4, max_size=4, unique=True), st.sampled_from(["", "  # why"]))
def test_split__does_not_depend_on_names_layout_and_comments(values: list[int], names: list[str], comment: str) -> None:
    if "len" in names:
        return
    original = normalise(program(values), "python")
    clone = program(values, tuple(names), space="", comment=comment)
    method = f"class A:\n{textwrap.indent(clone, '        ')}"
    assert normalise(clone, "python") == original
    (taken,) = extract(method)
    (first,) = extract(program(values))
    assert (taken.key, taken.split, taken.tokens) == (first.key, first.split, first.tokens)
    assert taken.split == split_of(original)


@given(constants, constants)
def test_normalised_text__tells_different_programs_apart(left: list[int], right: list[int]) -> None:
    same = normalise(program(left), "python") == normalise(program(right), "python")
    assert same == (left == right)


@given(lines_of_text, lines_of_text, st.sampled_from(["'''", '"""']), st.integers(1, 3))
@settings(max_examples=150)
def test_dedent__never_changes_the_program(text: str, shallow: str, quote: str, depth: int) -> None:
    """Whatever a string holds, the function that is taken has the syntax tree of the one in the file."""
    indent = "    " * depth
    literal = f"{quote}{text.replace(quote, '')} {quote}"
    comment = "".join(f"#{line}\n" for line in shallow.split("\n"))
    scopes = "".join(f"{'    ' * level}class A{level}:\n" for level in range(depth))
    source = f"{scopes}{indent}def f(a, b):\n{indent}    x = {literal}\n{comment}{indent}    return (x,\na, b)\n"
    try:
        tree: ast.AST = ast.parse(source)
    except (SyntaxError, ValueError):
        return
    (original,) = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
    (taken,) = extract(source)
    assert ast.dump(ast.parse(taken.text).body[0]) == ast.dump(original)


@given(st.binary(max_size=300))
def test_extraction__never_fails(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "module.py")
        file.write_bytes(b"def f():\n    " + content)
        for function in extract_functions(file, "python", min_tokens=1):
            compile(function.text, "<test>", "exec")
