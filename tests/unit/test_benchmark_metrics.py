"""pass@k, BLEU, novelty, and classes of compiler errors."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from math import comb
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegym import Judge, languages
from codegym.benchmark.metrics import ErrorClass, TrainingPrograms, bleu, error_class, lexemes, pass_at_k
from codegym.errors import ConfigurationError, MissingDependencyError, UnknownNameError
from codegym.problems import procedural
from codegym.problems.mutations import mutants
from codegym.types import Diagnostic

NAMES = [language.name for language in languages.all_languages()]

JAVA = """\
class Main {
    // Adds two numbers.
    static int add(int a, int b) { return a + b; }
    public static void main(String[] args) { System.out.println("sum: " + add(1, 2)); }
}
"""

# pass@k


@given(st.integers(1, 200).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n), st.integers(1, n))))
def test_pass_at_k__is_the_share_of_draws_with_a_right_one(numbers: tuple[int, int, int]) -> None:
    samples, right, k = numbers
    assert pass_at_k(samples, right, k) == pytest.approx(1 - comb(samples - right, k) / comb(samples, k), abs=1e-12)


@pytest.mark.parametrize(
    ("samples", "right", "k", "expected"),
    [
        (1, 0, 1, 0.0),
        (1, 1, 1, 1.0),
        (10, 3, 1, 0.3),
        (10, 0, 10, 0.0),
        (10, 1, 10, 1.0),
        (5, 2, 2, 0.7),
        (4, 2, 3, 1.0),
    ],
)
def test_pass_at_k__has_closed_forms(samples: int, right: int, k: int, expected: float) -> None:
    assert pass_at_k(samples, right, k) == pytest.approx(expected)


def test_pass_at_k__of_very_many_programs_does_not_overflow() -> None:
    assert pass_at_k(100_000, 1, 50_000) == pytest.approx(0.5)


@given(st.integers(0, 20), st.integers(1, 19))
def test_pass_at_k__grows_with_right_programs_and_with_k(right: int, k: int) -> None:
    assert pass_at_k(20, right, k) <= pass_at_k(20, right, k + 1)
    assert pass_at_k(20, max(0, right - 1), k) <= pass_at_k(20, right, k)


@pytest.mark.parametrize(
    ("samples", "right", "k", "words"),
    [
        (5, 2, 6, "k=6, samples=5"),
        (5, 2, 0, "k=0"),
        (0, 0, 1, "samples=0"),
        (5, 6, 1, "Of 5 programs 6"),
        (5, -1, 1, "-1"),
    ],
)
def test_pass_at_k__of_impossible_numbers_is_refused(samples: int, right: int, k: int, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        pass_at_k(samples, right, k)


# Lexemes and BLEU


def test_lexemes__are_words_literals_and_signs() -> None:
    assert lexemes("int a = b+1; // one more", "c") == ["int", "a", "=", "b", "+", "1", ";"]
    assert lexemes('print("a b")  # say it', "python") == ["print", "(", '"', "a b", '"', ")"]
    assert lexemes("", "java") == lexemes("  \n", "java") == lexemes("// nothing", "java") == []


@pytest.mark.parametrize("language", NAMES)
def test_lexemes__make_up_the_whole_program(language: str) -> None:
    declared = languages.get(language)
    for number in range(3):
        program = procedural(languages=(language,), seed=3)[number].reference
        root = declared.parser().parse(program.encode()).root_node
        stack, comments = [root], []
        while stack:
            node = stack.pop()
            if node.type in declared.comment_kinds:
                comments.append(node.text.decode())
            stack += node.children
        for comment in comments:
            program = program.replace(comment, "", 1)
        assert "".join("".join(lexemes(program, language)).split()) == "".join(program.split())


@pytest.mark.parametrize("language", NAMES)
def test_bleu__of_a_program_and_itself_is_1_and_of_others_less(language: str) -> None:
    pytest.importorskip("sacrebleu", reason="sacrebleu is not installed: pip install 'codegym[bench]'")
    one, other = (procedural(languages=(language,), seed=3)[number].reference for number in range(2))
    assert bleu(one, one, language) == pytest.approx(1)
    assert 0 < bleu(one, other, language) < 1
    assert bleu(one, one[: len(one) // 2], language) < 1


def test_bleu__does_not_depend_on_white_space_and_comments() -> None:
    pytest.importorskip("sacrebleu", reason="sacrebleu is not installed: pip install 'codegym[bench]'")
    assert bleu(JAVA, "/* hello */" + JAVA.replace("\n", " \n\n").replace("a + b", "a+b"), "java") == pytest.approx(1)
    assert bleu(JAVA, JAVA.replace("sum: ", "sum:"), "java") < 1


def test_bleu__is_that_of_the_closed_form() -> None:
    pytest.importorskip("sacrebleu", reason="sacrebleu is not installed: pip install 'codegym[bench]'")
    # Of 8 lexemes 7 are right, of 7 pairs 5, of 6 triples 3, of 5 quadruples 1, in "x = a + b * c ;".
    expected = (7 / 8 * 5 / 7 * 3 / 6 * 1 / 5) ** 0.25
    assert bleu("x=a+b*c;", "x=a-b*c;", "c") == pytest.approx(expected)
    # Half of the lexemes, all of them right: the brevity penalty alone.
    assert bleu("a;b;c;d;", "a;b;", "c") == pytest.approx(2.718281828459045 ** (1 - 8 / 4))


@pytest.mark.parametrize(("reference", "candidate"), [("", ""), (JAVA, ""), ("", JAVA), (JAVA, " \n// nothing")])
def test_bleu__of_nothing_is_0(reference: str, candidate: str) -> None:
    assert bleu(reference, candidate, "java") == 0


@given(st.text(max_size=40), st.text(max_size=40))
def test_bleu__is_in_0_and_1_for_any_text(reference: str, candidate: str) -> None:
    pytest.importorskip("sacrebleu", reason="sacrebleu is not installed: pip install 'codegym[bench]'")
    assert 0 <= bleu(reference, candidate, "python") <= 1


def test_bleu__without_sacrebleu_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from codegym.benchmark import metrics

    metrics._sacrebleu.cache_clear()
    monkeypatch.setitem(sys.modules, "sacrebleu.metrics.bleu", None)
    with pytest.raises(MissingDependencyError, match=r"codegym\[bench\]"):
        bleu("a = 1", "a = 1", "python")


# Novelty


def test_training_programs__are_not_novel_and_overlap_with_themselves() -> None:
    known = [procedural(languages=("java",), seed=3)[number].reference for number in range(5)]
    training = TrainingPrograms(known, "java")
    for program in known:
        assert not training.is_novel(program)
        assert not training.is_novel("\n\n" + program.replace("\n", "\r\n  "))
        assert training.overlap(program) == 1


def test_novel_program__overlaps_by_its_runs_of_lexemes() -> None:
    training = TrainingPrograms(["a = b + c ;", "f ( x ) ;"], "c", n=3)
    assert training.is_novel("a = b + d;")
    # Of "a = b", "= b +", "b + d" and "+ d ;" the first two are known.
    assert training.overlap("a=b+d;") == pytest.approx(1 / 2)
    assert training.overlap("a=b+c;f(x);") == pytest.approx(7 / 9)
    assert training.overlap("return 0;") == 0


def test_overlap__of_what_was_written_alone() -> None:
    training = TrainingPrograms(["<?php echo $a + $b; echo 3;"], "php", n=3)
    # Of "$c ;", "; echo" ... those runs count that begin behind what is given.
    assert training.overlap("<?php $x = 5; echo $a + $b;", "<?php $x = 5;") == 1.0
    assert training.overlap("<?php echo $a + $b; return 5 - 4;", "<?php echo $a + $b;") == 0.0
    assert training.overlap("<?php $x = 5; echo $a + $b; echo 7;", "<?php $x = 5;", " echo 7;") == 1.0


def test_short_program__overlaps_if_it_is_known() -> None:
    training = TrainingPrograms(["x;"], "c", n=8)
    assert (training.overlap("x;"), training.overlap("y;"), training.overlap("")) == (1, 0, 0)


def test_training_programs__may_be_none() -> None:
    training = TrainingPrograms([], "python", n=2)
    assert training.is_novel("a = 1")
    assert training.overlap("a = 1") == 0
    with pytest.raises(ConfigurationError, match="n=0"):
        TrainingPrograms([], "python", n=0)


# Classes of errors

JAVA_BODY = "class Main {{ static int f(int a) {{ return a; }} public static void main(String[] x) {{ {} }} }}"
CSHARP_BODY = "using System; class P {{ static int F(int a) {{ return a; }} static void Main() {{ {} }} }}"
C_BODY = "#include <stdio.h>\nint f(int a) {{ return a; }} int main(void) {{ {} return 0; }}"
CPP_BODY = "#include <iostream>\nint f(int a) {{ return a; }} int main() {{ {} return 0; }}"

BROKEN: list[tuple[str, ErrorClass, str]] = [
    ("java", "syntax", JAVA_BODY.format("int a = 1")),
    ("java", "syntax", JAVA_BODY.format("int a = (1;")),
    ("java", "syntax", JAVA_BODY.format('String s = "open;')),
    ("java", "undeclared name", JAVA_BODY.format("int a = b;")),
    ("java", "undeclared name", JAVA_BODY.format('Sytem.out.println("a");')),
    ("java", "undeclared name", JAVA_BODY.format("int redefinition = limit.string;")),
    ("java", "missing import", "import java.utl.List;" + JAVA_BODY.format("")),
    ("java", "type mismatch", JAVA_BODY.format('int a = "1";')),
    ("java", "wrong call", JAVA_BODY.format("f(1, 2);")),
    ("java", "redeclaration", JAVA_BODY.format("int a = 1; int a = 2;")),
    ("java", "missing return", "class Main { static int f() { } }"),
    ("java", "control flow", JAVA_BODY.format("return; int a = 1;")),
    ("java", "control flow", JAVA_BODY.format("int a; f(a);")),
    ("java", "control flow", JAVA_BODY.format("throw new Exception();")),
    ("java", "illegal use", JAVA_BODY.format("final int a = 1; a = 2;")),
    ("csharp", "syntax", CSHARP_BODY.format("int a = 1")),
    ("csharp", "undeclared name", CSHARP_BODY.format("int a = b;")),
    ("csharp", "undeclared name", CSHARP_BODY.format('Console.WritLine("a");')),
    ("csharp", "missing import", "using System.Lnq;" + CSHARP_BODY.format("")),
    ("csharp", "missing import", CSHARP_BODY.format("List<int> a;")),
    ("csharp", "type mismatch", CSHARP_BODY.format('int a = "1";')),
    ("csharp", "wrong call", CSHARP_BODY.format("F(1, 2);")),
    ("csharp", "redeclaration", CSHARP_BODY.format("int a = 1; int a = 2;")),
    ("csharp", "missing return", "class P { static int F() { } static void Main() { } }"),
    ("csharp", "control flow", CSHARP_BODY.format("int a; F(a);")),
    ("csharp", "illegal use", CSHARP_BODY.format("const int a = 1; a = 2;")),
    ("c", "syntax", C_BODY.format("int a = 1")),
    ("c", "undeclared name", C_BODY.format("int a = redefinition;")),
    ("c", "undeclared name", C_BODY.format("g(1);")),
    ("c", "undeclared name", "int f(void) { return 0; }"),
    ("c", "missing import", "#include <sdtio.h>\n" + C_BODY.format("")),
    ("c", "type mismatch", C_BODY.format("struct { int a; } s; int b = s;")),
    ("c", "wrong call", C_BODY.format("f(1, 2);")),
    ("c", "redeclaration", C_BODY.format("int a = 1; int a = 2;")),
    ("c", "control flow", C_BODY.format("break;")),
    ("c", "illegal use", C_BODY.format("const int a = 1; a = 2;")),
    ("cpp", "syntax", CPP_BODY.format("int a = 1")),
    ("cpp", "undeclared name", CPP_BODY.format("int a = conversion;")),
    ("cpp", "undeclared name", CPP_BODY.format('std::cot << "a";')),
    ("cpp", "missing import", "#include <iostraem>\n" + CPP_BODY.format("")),
    ("cpp", "type mismatch", CPP_BODY.format('int a = "1";')),
    ("cpp", "type mismatch", CPP_BODY.format('std::cout << std::cin << "a";')),
    ("cpp", "wrong call", CPP_BODY.format("f(1, 2);")),
    ("cpp", "redeclaration", CPP_BODY.format("int a = 1; int a = 2;")),
    ("cpp", "missing return", CPP_BODY.format("return;")),
    ("cpp", "control flow", CPP_BODY.format("break;")),
    ("cpp", "illegal use", CPP_BODY.format("const int a = 1; a = 2;")),
    ("php", "syntax", "<?php echo 'a'"),
    ("php", "syntax", "<?php echo ('a';"),
    ("php", "redeclaration", "<?php function f() {} function f() {}"),
    ("php", "redeclaration", "<?php function f($a, $a) {}"),
    ("php", "missing return", "<?php function f(): int { return; }"),
    ("php", "control flow", "<?php break;"),
    ("php", "illegal use", "<?php f() = 1; $this = 2;"),
    ("php", "type mismatch", "<?php function f(int $a = 'b') {}"),
    ("php", "wrong call", "<?php f(a: 1, 2);"),
    ("python", "syntax", "print('a'"),
    ("python", "syntax", "if True:\nprint('a')\n"),
    ("python", "syntax", "a = 'open\n"),
    ("python", "undeclared name", "def f():\n    nonlocal redefinition\n"),
    ("python", "redeclaration", "def f(a, a):\n    pass\n"),
    ("python", "redeclaration", "def f():\n    a = 1\n    global a\n"),
    ("python", "wrong call", "f(a=1, 2)\n"),
    ("python", "control flow", "return 1\n"),
    ("python", "control flow", "break\n"),
    ("python", "illegal use", "f() = 1\n"),
    ("python", "limit", "(" * 300 + ")" * 300),
    ("python", "limit", "a = 1\n" * 400_000),
]


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Judge(workers=1) as judge:
        yield judge


def classes_of(judge: Judge, language: str, programs: list[str]) -> list[ErrorClass]:
    """Returns the class of the first error of each program that does not compile."""
    if languages.get(language).toolchain.version() is None:
        pytest.skip(f"{languages.get(language).toolchain.program} is not installed")
    return [
        error_class(next(one for one in result.diagnostics if one.severity == "error"), language)
        for result in judge.map_compile(language, programs)
        if not result.ok and result.diagnostics
    ]


@pytest.mark.parametrize("language", NAMES)
def test_error__of_a_real_compiler_is_of_its_class(judge: Judge, language: str) -> None:
    mistakes = [(expected, program) for of, expected, program in BROKEN if of == language]
    found = classes_of(judge, language, [program for _, program in mistakes])
    assert [(one, program[:200]) for one, (_, program) in zip(found, mistakes, strict=True)] == [
        (expected, program[:200]) for expected, program in mistakes
    ]


@pytest.mark.slow
@pytest.mark.parametrize("language", NAMES)
def test_errors__of_broken_programs_have_a_class(judge: Judge, language: str) -> None:
    problems = procedural(languages=(language,), seed=11)
    broken = [
        mutant
        for number in range(40)
        for mutant, _ in zip(
            mutants(problems[number].reference, language, f"{number}", "syntax"), range(3), strict=False
        )
    ]
    found = classes_of(judge, language, broken)
    assert len(found) > 20
    assert found.count("other") < 0.02 * len(found)


@pytest.mark.parametrize("code", ["crash", "source_limit", "memory_limit"])
@pytest.mark.parametrize("language", NAMES)
def test_error__of_a_compiler_that_gave_up_is_a_limit(language: str, code: str) -> None:
    assert error_class(Diagnostic(0, 0, "error", "The compiler crashed (signal 11).", code), language) == "limit"


@pytest.mark.parametrize("language", NAMES)
def test_error__that_nobody_knows_is_another(language: str) -> None:
    assert error_class(Diagnostic(1, 1, "error", 'Ouch ‘no such file’ "redefinition".'), language) == "other"


def test_error_classes__are_those_that_are_declared() -> None:
    for language in languages.all_languages():
        assert {name for name, _ in language.errors} <= set(get_args(ErrorClass)) - {"other"}


def test_error__of_an_unknown_language_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'java'"):
        error_class(Diagnostic(1, 1, "error", "no"), "jav")
