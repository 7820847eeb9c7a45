from __future__ import annotations

import pytest

from codegym.errors import UnknownNameError
from codegym.structure import MatchMode, syntax_match

PYTHON = """def total(values, limit):
    result = 0
    for value in values:
        if value < limit:
            result = result + value * 2
        else:
            print("too much", value)
    return result
"""

JAVA = """class A {
    static int total(int[] values, int limit) {
        int result = 0;
        for (int value : values) {
            if (value < limit) result = result + value * 2;
            else System.out.println("too much" + value);
        }
        return result;
    }
}
"""

PROGRAMS = [("python", PYTHON), ("java", JAVA)]
MODES: list[MatchMode] = ["f1", "recall"]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("language", "program"), PROGRAMS)
def test_syntax_match__of_the_reference_is_one(language: str, program: str, mode: MatchMode) -> None:
    assert syntax_match(program, program, language, mode) == 1.0


@pytest.mark.parametrize(
    ("old", "new"),
    [("+", "-"), ("* 2", "* 3"), ("<", "<="), ('"too much"', '"too little"'), ("return result", "result")],
)
@pytest.mark.parametrize(("language", "program"), PROGRAMS)
def test_f1__sees_operators_literals_and_keywords(language: str, program: str, old: str, new: str) -> None:
    assert 0.0 < syntax_match(program, program.replace(old, new, 1), language) < 1.0


@pytest.mark.parametrize(("language", "program"), PROGRAMS)
def test_recall__is_blind_to_operators_and_literals(language: str, program: str) -> None:
    flipped = program.replace("+", "-").replace("* 2", "* 3")
    assert syntax_match(program, flipped, language, "recall") == 1.0


@pytest.mark.parametrize(("language", "program"), PROGRAMS)
def test_junk__costs_in_f1(language: str, program: str) -> None:
    junk = program.replace("total", "other").replace("<", ">=").replace("A {", "B {")
    assert syntax_match(program, program + junk, language) < 0.85
    assert syntax_match(program, program + 30 * junk, language) < 0.1
    assert syntax_match(program, program + junk, language, "recall") > 0.9


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("language", "program"), PROGRAMS)
def test_names_layout_and_comments__change_nothing(language: str, program: str, mode: MatchMode) -> None:
    comment = "# note\n" if language == "python" else "// note\n"
    changed = comment + program.replace("result", "r").replace("limit", "bound").replace("    ", "   ")
    changed = changed.replace("r = 0", "r  =  0").replace("\n", f"  {comment}", 2)
    assert syntax_match(program, changed, language, mode) == 1.0


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("language", ["python", "java"])
def test_empty_programs__match_nothing(language: str, mode: MatchMode) -> None:
    for reference, candidate in (("", ""), ("", "  \n"), ("x = y(1);", ""), ("", "x = y(1);")):
        assert syntax_match(reference, candidate, language, mode) == 0.0


def test_comment_alone__is_an_empty_program() -> None:
    assert syntax_match("# nothing here", "# nothing here", "python") == 0.0


@pytest.mark.parametrize(("language", "program"), PROGRAMS)
def test_unfinished_code__never_matches_fully(language: str, program: str) -> None:
    for end in range(program.rindex("return result") + len("return ")):
        assert syntax_match(program, program[:end], language) < 1.0


def test_made_up_tokens__are_not_real_ones() -> None:
    assert syntax_match("f(x);", "f(x", "java") < 1.0
    assert syntax_match("int x = y;", "int x = y", "java") < 1.0
    assert syntax_match("int x = y", "int x = y", "java") == 1.0


def test_repeated_subtrees__count_as_often_as_they_occur() -> None:
    once, twice = "f(a + 1)\n", "f(a + 1)\nf(a + 1)\n"
    assert syntax_match(twice, once, "python") < 1.0
    assert syntax_match(once, twice, "python") < 1.0


def test_f1__is_the_published_formula() -> None:
    # Sub-trees of `a + b`: module, statement, operator; of `a + f()`: those, and a call and its arguments.
    assert syntax_match("a + b", "a + f()", "python") == 0.0
    # Of `x` and `f()` in two lines: module, 2 statements, call, arguments; `f()` has a module and 3 of them.
    assert syntax_match("x\nf()", "f()", "python") == pytest.approx(2 * 3 / (5 + 4))


@pytest.mark.parametrize("language", ["python", "java"])
@pytest.mark.parametrize("program", ["(" * 200_000, "x = " + "(" * 20_000 + "1" + ")" * 20_000 + ";"])
def test_deep_nesting__does_not_recurse(language: str, program: str) -> None:
    assert syntax_match(program, program[:-1], language) <= 1.0


def test_bad_arguments__are_named() -> None:
    with pytest.raises(UnknownNameError, match="f1"):
        syntax_match("", "", "python", "f2")  # type: ignore[arg-type]  # a wrong mode on purpose
    with pytest.raises(UnknownNameError, match="python"):
        syntax_match("", "", "pyton")
