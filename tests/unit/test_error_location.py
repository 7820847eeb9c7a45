"""Where in an answer the compiler's first error is: made up by hand, and said by real compilers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import codegym  # noqa: F401  # registers the environments
from codegym import languages
from codegym.benchmark.plan import EnvironmentSpec
from codegym.benchmark.runner import make_env
from codegym.envs.error_location import locate_error
from codegym.judge import Judge
from codegym.types import Diagnostic, Grade


def failed(*places: tuple[int, int], severity: str = "error") -> Grade:
    diagnostics = tuple(Diagnostic(line, column, severity, "wrong") for line, column in places)  # type: ignore[arg-type]
    return Grade("compile_error", False, diagnostics=diagnostics)


PREFIX = b"int x = 1;\nint "
PIECES = [b"yel", b"low = ", b"", b"oops;\n", b"int z", b" = 3;\n"]


@pytest.mark.parametrize(
    ("grade", "place"),
    [
        (failed((2, 5)), 1),  # "yellow" ends in the second token
        (failed((2, 14)), 3),
        (failed((2, 0)), 3),  # no column: where the line ends
        (failed((3, 5)), 4),
        (failed((3, 0)), 5),
        (failed((3, 99)), 5),  # behind the end of the line: the line
        (failed((0, 0), (3, 5)), 4),  # the linker has no lines
        (failed((1, 5)), None),  # before the answer
        (failed((9, 1)), None),  # behind the program
        (failed((2, 5), severity="warning"), None),
        (failed(), None),
        (Grade("passed", True, diagnostics=failed((2, 5)).diagnostics), None),
        (Grade("judge_error", False, diagnostics=failed((2, 5)).diagnostics), None),
    ],
)
def test_locate_error__is_the_token_in_which_the_lexeme_ends(grade: Grade, place: int | None) -> None:
    assert locate_error(PREFIX, PIECES, grade) == place


def test_locate_error__counts_characters_of_several_bytes_once() -> None:
    pieces = ["s = '日本'".encode(), b" +", b" )\n"]
    assert locate_error(b"", pieces, failed((1, 12))) == 2


@given(
    st.binary(max_size=30),
    st.lists(st.binary(max_size=6), max_size=8),
    st.integers(-1, 40),
    st.integers(-1, 40),
)
def test_locate_error__is_a_token_or_nothing(prefix: bytes, pieces: list[bytes], line: int, column: int) -> None:
    place = locate_error(prefix, pieces, failed((line, column)))
    assert place is None or (0 <= place < len(pieces) and pieces[place])


BROKEN = {
    "c": "#include <stdio.h>\nint main(void) {\n  int a = 1;\n  @@ = 2;\n  return a;\n}\n",
    "cpp": "#include <cstdio>\nint main() {\n  int a = 1;\n  @@ = 2;\n  return a;\n}\n",
    "csharp": "class A {\n  static void Main() {\n    int a = 1;\n    @@ = 2;\n  }\n}\n",
    "java": "class A {\n  public static void main(String[] s) {\n    int a = 1;\n    @@ = 2;\n  }\n}\n",
    "php": "<?php\n$a = 1;\n@@ = 2;\necho $a;\n",
    "python": "a = 1\nif a:\n    @@ = 2\nprint(a)\n",
}


@pytest.mark.parametrize("language", sorted(BROKEN))
def test_score__knows_the_token_of_the_first_error(language: str) -> None:
    spoken = languages.get(language)
    if spoken.toolchain.version() is None:
        pytest.skip(f"{spoken.toolchain.program} is not installed")
    spec = EnvironmentSpec("here", f"ProgramSynthesis-{spoken.id_name}-v0")
    with Judge(workers=1) as judge:
        env = make_env(spec, "test", judge)
        problem = env.process.first(1)[0].problem
        right = env.process.tokenizer.encode(problem.reference)
        wrong = env.process.tokenizer.encode(BROKEN[language])
        good, bad = env.score_episodes([problem, problem], [right, wrong])
    assert good.grade.compiled
    assert good.error_token is None
    assert not bad.grade.compiled
    assert bad.error_token is not None
    before = env.process.vocabulary.text(wrong[: bad.error_token])
    upto = env.process.vocabulary.text(wrong[: bad.error_token + 1])
    assert b"int a" in before or b"a = 1" in before
    assert b"@" in upto
    assert not upto.endswith(BROKEN[language].encode())
