from __future__ import annotations

import os
import subprocess
import sys

import pytest

from codegym import languages
from codegym.errors import ConfigurationError, UnknownNameError
from codegym.structure import CodebleuScores, codebleu
from codegym.structure.codebleu import LegacyReference, corpus_codebleu, legacy_dataflow_match, legacy_syntax_match

SIGN = "public static int Sign ( double d ) { return ( int ) ( ( d == 0 ) ? 0 : ( d < 0 ) ? -1 : 1 ) ; }"
FLOAT_SIGN = "public static int Sign ( double d ) { return ( float ) ( ( d == 0 ) ? 0 : ( c < 0.0 ) ? -1 : 1 ) ; }"
RENAMED_SIGN = SIGN.replace(" d ", " c ")

PROGRAMS = {
    "c": "int f(int a, int b) { int c = 0; while (a < b) { c = c + a; a = a + 1; } return c; }",
    "cpp": "int f(int a, int b) { int c = 0; if (a < b) c = a; else c = b; return c; }",
    "csharp": "int F(int[] xs) { int s = 0; foreach (int x in xs) { s = s + x; s++; } return s; }",
    "java": "class A { int f(int[] xs) { int s = 0; for (int x : xs) { s = s + x; s++; } return s; } }",
    "php": "<?php function f($xs, $s = 1) { foreach ($xs as $x) { $s .= $x; } return $s; }",
    "python": "def f(xs, s=0):\n    for x in xs:\n        s += x\n    a, b = s, x\n    return [a for a in xs] + b\n",
}


# Scores of the paper (arXiv 2009.10297); its number of sub-trees in the first example is an older grammar's.


def test_codebleu__is_the_papers_first_example() -> None:
    scores = codebleu(SIGN, FLOAT_SIGN, "java")
    assert scores.ngram == pytest.approx(0.7846, abs=5e-5)
    assert scores.syntax == pytest.approx(11 / 19)
    assert scores.dataflow == pytest.approx(2 / 3)
    assert scores.total == pytest.approx(0.7019, abs=5e-5)


def test_codebleu__is_the_papers_second_example() -> None:
    scores = codebleu(SIGN, RENAMED_SIGN, "java")
    assert scores.ngram == pytest.approx(0.7571, abs=5e-5)
    assert (scores.syntax, scores.dataflow) == (1.0, 1.0)
    assert scores.total == pytest.approx(0.8804, abs=5e-5)


@pytest.mark.parametrize("language", PROGRAMS)
def test_codebleu__of_the_reference_is_one(language: str) -> None:
    assert codebleu(PROGRAMS[language], PROGRAMS[language], language) == CodebleuScores(*[pytest.approx(1.0)] * 5)


@pytest.mark.parametrize("language", languages.all_languages(), ids=lambda language: language.name)
def test_codebleu__is_there_for_every_language(language: languages.Language) -> None:
    assert codebleu("x = 1;", "y", language).ngram == 0.0
    assert language.codebleu.keywords


@pytest.mark.parametrize("language", PROGRAMS)
def test_codebleu__stays_in_its_range_for_every_prefix(language: str) -> None:
    program = PROGRAMS[language]
    for end in range(len(program)):
        scores = codebleu(program, program[:end], language)
        parts = (scores.ngram, scores.weighted_ngram, scores.syntax, scores.dataflow, scores.total)
        assert all(0.0 <= part <= 1.0 + 1e-12 for part in parts), program[:end]


# The sum


def test_codebleu__weighs_its_parts() -> None:
    scores = codebleu(SIGN, FLOAT_SIGN, "java", weights=(0.1, 0.2, 0.3, 0.4))
    parts = (scores.ngram, scores.weighted_ngram, scores.syntax, scores.dataflow)
    assert scores.total == pytest.approx(
        sum(weight * part for weight, part in zip((0.1, 0.2, 0.3, 0.4), parts, strict=True))
    )


def test_codebleu__counts_no_dataflow_match_as_one_in_the_total() -> None:
    scores = codebleu("int x ;", "int y ;", "c", weights=(0.0, 0.0, 0.0, 1.0))
    assert (scores.dataflow, scores.total) == (0.0, 1.0)


@pytest.mark.parametrize("weights", [(0.5, 0.5), (0.2,) * 5])
def test_codebleu__wants_four_weights(weights: tuple[float, ...]) -> None:
    with pytest.raises(ConfigurationError, match="four weights"):
        codebleu("x", "x", "c", weights)


def test_codebleu__wants_a_known_language_and_a_reference() -> None:
    with pytest.raises(UnknownNameError, match="java"):
        codebleu("x", "x", "jav")
    with pytest.raises(ConfigurationError, match="a reference"):
        codebleu([], "x", "java")


def test_codebleu__takes_several_references() -> None:
    assert codebleu([SIGN], FLOAT_SIGN, "java") == codebleu(SIGN, FLOAT_SIGN, "java")
    both = codebleu([SIGN, FLOAT_SIGN], FLOAT_SIGN, "java")
    assert both.ngram == pytest.approx(1.0)
    assert codebleu(SIGN, FLOAT_SIGN, "java").syntax < both.syntax < 1.0


def test_corpus_codebleu__adds_up_counts() -> None:
    scores = corpus_codebleu([SIGN, [SIGN]], [SIGN, FLOAT_SIGN], "java")
    assert scores.syntax == pytest.approx((19 + 11) / (19 + 19))
    assert scores.dataflow == pytest.approx((3 + 2) / (3 + 3))


def test_corpus_codebleu__wants_a_reference_for_each_candidate() -> None:
    for references, candidates in ([], []), ([SIGN], []), ([SIGN, []], [SIGN, SIGN]), (SIGN, [SIGN] * len(SIGN)):
        with pytest.raises(ConfigurationError):
            corpus_codebleu(references, candidates, "java")


# n-grams


def test_ngram_match__splits_at_white_space_alone() -> None:
    assert codebleu("x=1 ;", "x = 1 ;", "c").ngram < codebleu("x = 1 ;", "x =\n1\t;", "c").ngram == pytest.approx(1.0)


def test_weighted_ngram_match__weighs_keywords_five_times() -> None:
    scores = [codebleu("while x", candidate, "c").weighted_ngram for candidate in ("while y", "z x")]
    assert scores[0] / scores[1] == pytest.approx(5**0.25)


def test_weighted_ngram_match__has_no_penalty_for_brevity() -> None:
    short, long = codebleu("a b c d e f g h", "a b c d e", "c"), codebleu("a b c d e f g h", "a b c d e z z z z", "c")
    assert short.weighted_ngram == pytest.approx(long.weighted_ngram)
    assert short.ngram == pytest.approx(2.718281828 ** (1 - 8 / 5))


# What makes the measure easy to game


@pytest.mark.parametrize("language", ["c", "java"])
def test_structural_matches__cost_nothing_for_junk(language: str) -> None:
    junk = "".join(f" int junk{at}(int p) {{ int q = p; q = q * p; return q; }}" for at in range(30))
    program = PROGRAMS[language]
    padded = program + junk if language == "c" else program[:-1] + junk + "}"
    assert legacy_dataflow_match(program, padded, language) == 1.0
    assert legacy_syntax_match(program, padded, language) > 0.8


def test_structural_matches__do_not_see_operators() -> None:
    wrong = PROGRAMS["c"].replace("c + a", "c - a").replace("a < b", "a > b")
    assert legacy_syntax_match(PROGRAMS["c"], wrong, "c") == legacy_dataflow_match(PROGRAMS["c"], wrong, "c") == 1.0


def test_structural_matches__do_not_see_comments() -> None:
    program = 'def f(a, b):\n    """Adds."""\n\n    c = a + b  # the sum\n    return c\n'
    bare = "def f(a, b):\n    c = a + b\n    return c\n"
    assert legacy_syntax_match(program, bare, "python") == legacy_dataflow_match(program, bare, "python") == 1.0
    program = 'int f(int a) { /* b = a; */ int b = a; // c\n\n char *s = "/* s */"; b = b + a; return b; }'
    bare = 'int f(int a) { int b = a; char *s = "/* s */"; b = b + a; return b; }'
    assert legacy_syntax_match(program, bare, "c") == legacy_dataflow_match(program, bare, "c") == 1.0


def test_syntax_match__tells_what_the_parser_made_up() -> None:
    assert legacy_syntax_match("int x = 1", "int x = 1", "c") == 1.0
    assert legacy_syntax_match("int x = 1", "int x = 1;", "c") < 1.0


# Data flow


@pytest.mark.parametrize("language", ["c", "cpp", "csharp", "java"])
def test_dataflow_match__sees_where_values_come_from(language: str) -> None:
    program = "int f(int a, int b) { int c = 0; c = a; c = c + b; return c; }"
    assert legacy_dataflow_match(program, program.replace("c + b", "c + a"), language) < 1.0


def test_dataflow_match__of_c_knows_the_statements_of_csharp_alone() -> None:
    program = "int f(int a) { g(a++); return a; }"
    assert legacy_dataflow_match(program, program.replace("a++", "a"), "c") == 1.0
    in_class = f"class A {{ {program} }}"
    assert legacy_dataflow_match(in_class, in_class.replace("a++", "a"), "java") < 1.0
    assert legacy_dataflow_match(in_class, in_class.replace("a++", "a"), "csharp") < 1.0


def test_dataflow_match__is_none_where_a_statement_lacks_a_part() -> None:
    program = "<?php function f($o) { $s = $o; foreach ($o as $v) { $s = $v; } return $s; }"
    assert legacy_dataflow_match(program, program, "php") == 1.0
    over_a_property = program.replace("$o as", "$o->items as")
    assert legacy_dataflow_match(over_a_property, over_a_property, "php") == 0.0


def test_dataflow_match__of_python_does_not_see_a_loop_with_an_else() -> None:
    program = "for x in y:\n    {}\nelse:\n    z = y\n"
    flows = [legacy_dataflow_match(program.format("z = x"), program.format(body), "python") for body in ("z = y", "0")]
    assert flows == [1.0, 1.0]


def test_dataflow_match__follows_a_definition_around_a_loop() -> None:
    program = "class A {{ void f(int a) {{ {} (a > 0) {{ g(c); c = a; }} }} }}"
    once, again = (program.format(keyword) for keyword in ("if", "while"))
    assert legacy_dataflow_match(again, once, "java") < legacy_dataflow_match(again, again, "java") == 1.0


def test_dataflow_match__does_not_depend_on_the_hash_seed() -> None:
    reference = "class A { int f(int a, int b, int c) { int x = a + b * c; int y = b + c; y = y + x; return x + y; } }"
    candidate = "class A { int f(int u, int v, int w) { int p = w + v * u; int q = v + u; q = q + p; return p + q; } }"
    script = (
        "from codegym.structure.codebleu import legacy_dataflow_match\n"
        f"print(legacy_dataflow_match({reference!r}, {candidate!r}, 'java'))"
    )
    environments = [{**os.environ, "PYTHONHASHSEED": seed} for seed in ("1", "2", "4")]
    printed = [subprocess.check_output([sys.executable, "-c", script], env=environment) for environment in environments]
    assert {float(line) for line in printed} == {legacy_dataflow_match(reference, candidate, "java")}


# Odd programs


@pytest.mark.parametrize("language", PROGRAMS)
@pytest.mark.parametrize("candidate", ["", " \n", "\x00", "é = 'ü';", "\ud800", '"' * 7, "/*", "#", "}" * 9, "\\"])
def test_codebleu__takes_any_text(language: str, candidate: str) -> None:
    assert 0.0 <= codebleu(PROGRAMS[language], candidate, language).total <= 1.0
    assert 0.0 <= codebleu(candidate, PROGRAMS[language], language).total <= 1.0


@pytest.mark.parametrize("end", [";", ""])
def test_codebleu__takes_deep_programs(end: str) -> None:
    program = "int x = " + "(" * 5000 + "y" + ")" * 5000 + end
    assert codebleu(program, program, "c").syntax == 1.0


@pytest.mark.parametrize("loop", ["while (a < b)", "for (int i = 0; i < a; i++)", "for (int a : b)"])
def test_dataflow_match__takes_loops_within_loops(loop: str) -> None:
    program = "class A { void f(int a) { " + f"{loop} {{ a = b + c; " * 40 + "}" * 40 + " } }"
    assert legacy_dataflow_match(program, program, "java") == 1.0


# Prepared references


@pytest.mark.parametrize("language", PROGRAMS)
def test_legacy_reference__scores_any_number_of_candidates(language: str) -> None:
    program = PROGRAMS[language]
    reference = LegacyReference(program, language)
    for end in range(0, len(program), 7):
        candidate = program[:end]
        scores = codebleu(program, candidate, language)
        assert (reference.syntax_match(candidate), reference.dataflow_match(candidate)) == (
            scores.syntax,
            scores.dataflow,
        )
