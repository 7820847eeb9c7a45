from __future__ import annotations

import cProfile
import inspect
import json.decoder
import os
import random
import re
import shlex
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from codegym import languages
from codegym.errors import UnknownNameError
from codegym.problems import procedural
from codegym.structure import (
    MatchMode,
    StructureReference,
    StructureScores,
    StructureTracker,
    codebleu,
    dataflow_match,
    syntax_match,
)
from codegym.structure.syntax import SyntaxTracker

FUNCTIONS = [
    textwrap.dedent(inspect.getsource(function))
    for function in (
        textwrap.TextWrapper._wrap_chunks,
        shlex.quote,
        json.decoder.JSONDecoder.raw_decode,
        random.Random.sample,
    )
]


@pytest.mark.parametrize("mode", ["f1", "recall"])
@pytest.mark.parametrize("program", FUNCTIONS)
def test_tracker__equals_the_match_of_the_whole_text_at_every_prefix(program: str, mode: MatchMode) -> None:
    tracker = StructureTracker(program, "python", mode)
    text = ""
    for position, piece in enumerate(re.findall(r"\w+|\s+|[^\w\s]", program)):
        text += piece
        scores = tracker.push(piece)
        assert scores is tracker.scores
        if position % 25 == 0:
            assert scores.syntax == syntax_match(program, text, "python", mode)
            assert scores.dataflow == dataflow_match(program, text, "python", mode)
    assert tracker.scores == StructureScores(1.0, 1.0)


def test_tracker__rewards_real_progress() -> None:
    program = FUNCTIONS[0]
    tracker = StructureTracker(program, "python")
    start = tracker.scores
    tracker.push(program[: len(program) // 2])
    half = tracker.scores
    assert start.syntax < half.syntax < 1.0
    assert start.dataflow < half.dataflow < 1.0


def test_fork__is_independent() -> None:
    program = FUNCTIONS[1]
    tracker = StructureTracker(program, "python")
    tracker.push(program[:100])
    fork = tracker.fork()
    before = tracker.scores
    assert fork.scores == before
    fork.push("))) junk")
    assert tracker.scores == before
    assert tracker.push(program[100:]) == StructureScores(1.0, 1.0)
    assert fork.scores != before


def test_shared_reference__gives_the_same_scores() -> None:
    program = FUNCTIONS[2]
    reference = StructureReference(program, "python")
    trackers = [StructureTracker(reference, "python"), StructureTracker(program, "python")]
    assert len({tracker.push(program[:200]) for tracker in trackers}) == 1


def test_switched_off_match__is_zero() -> None:
    assert StructureTracker("x = y", "python", syntax=False).push("x = y") == StructureScores(0.0, 1.0)
    assert StructureTracker("x = y", "python", dataflow=False).push("x = y") == StructureScores(1.0, 0.0)


def test_character_cut_in_half__is_whole_again_with_the_next_piece() -> None:
    program = 'x = "é€😀"\ny = x\n'.encode()
    for cut in range(len(program) + 1):
        tracker = StructureTracker(program, "python")
        tracker.push(program[:cut])
        assert tracker.push(program[cut:]) == StructureScores(1.0, 1.0)


def test_text_and_bytes__are_the_same_program() -> None:
    program = 'été = "é"\nprint(été)\n'
    assert StructureTracker(program.encode(), "python").push(program) == StructureScores(1.0, 1.0)
    assert dataflow_match(program, program.replace("été", "summer"), "python") == 1.0


LANGUAGES = ["c", "cpp", "csharp", "java", "php", "python"]


@pytest.mark.parametrize("mode", ["f1", "recall"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_tracker__equals_the_match_of_every_prefix_in_every_language(language: str, mode: MatchMode) -> None:
    problems = procedural(languages=(language,), seed=3)
    program, other = (problems[index].reference for index in range(2))
    for reference in (program, other):
        shared = StructureReference(reference, language, mode)
        tracker, text = StructureTracker(shared, language), ""
        for piece in re.findall(r"\s*(?:\w+|[^\w\s])", program):
            text += piece
            assert tracker.push(piece).syntax == shared.scores(text).syntax
        assert tracker.scores == shared.scores(text)


def test_tracker__costs_the_same_late_in_a_program_as_early() -> None:
    """Counted, not timed: how many calls each token takes in a class that grows to sixty methods."""
    program = "class A {\n" + "    int f(int a) {\n        int b = a * 2;\n        return b + a;\n    }\n" * 60 + "}\n"
    reference = StructureReference(program, "java", dataflow=False)
    assert reference.syntax is not None
    tracker = SyntaxTracker(reference.syntax)
    parser, text, steps = languages.get("java").parser(), b"", []
    tree = parser.parse(text)
    for piece in re.findall(rb"\s*(?:\w+|[^\w\s])", program.encode()):
        edited = tree.copy()
        edited.edit(len(text), len(text), len(text) + len(piece), (0, len(text)), (0, len(text)), (0, len(text)))
        text += piece
        tree = parser.parse(text, edited)
        changed = min([len(text) - len(piece), *(change.start_byte for change in edited.changed_ranges(tree))])
        profiler = cProfile.Profile()
        profiler.runcall(tracker.update, tree.root_node, text, changed)
        steps.append(sum(entry.callcount for entry in profiler.getstats()))
    quarter = len(steps) // 4
    assert sum(steps[-quarter:-1]) < 2 * sum(steps[quarter : 2 * quarter])
    assert sum(steps) / len(steps) < 1_000


def test_codebleu_mode__is_the_published_measure() -> None:
    reference = "int f(int a) { int b = a + 1; return b; }"
    candidate = "int f(int a) { int b = a - 1; return a; }"
    tracker = StructureTracker(reference, "java", "codebleu")
    for piece in re.findall(r"\s*(?:\w+|[^\w\s])", candidate):
        tracker.push(piece)
    published = codebleu(reference, candidate, "java")
    assert tracker.scores == StructureScores(published.syntax, published.dataflow)
    assert syntax_match(reference, candidate, "java", "codebleu") == published.syntax
    assert dataflow_match(reference, candidate, "java", "codebleu") == published.dataflow
    assert StructureTracker(reference, "java", "codebleu", dataflow=False).push(reference) == StructureScores(1.0, 0.0)


@pytest.mark.parametrize("mode", ["f1", "recall"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_match_that_cannot_be_earned__is_zero_for_everyone_and_named(language: str, mode: MatchMode) -> None:
    empty = StructureReference("", language, mode)
    assert empty.inactive == {"syntax", "dataflow"}
    for candidate in ("", "x = y;", "{"):
        assert empty.scores(candidate) == StructureScores(0.0, 0.0)
    assert StructureReference("", language, mode, dataflow=False).inactive == {"syntax"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "program",
    [
        b"",
        b"\x00",
        b"\xff\xfe\x80" * 50,
        random.Random(0).randbytes(5_000),
        "\ud800 = 1",
        "{" * 5_000 + "x = y;" + "}" * 5_000,
        "lambda x: " * 2_000 + "x",
        "for (;;) " * 2_000 + "x = y;",
        "if (a) x = 1; else " * 2_000 + "x = y;",
        ", ".join("ab" * 2_000) + " = " + ", ".join("cd" * 1_999),
    ],
    ids=["empty", "nul", "no-utf8", "binary", "surrogate", "braces", "lambdas", "loops", "branches", "tuple"],
)
def test_hostile_programs__match_themselves(language: str, program: str | bytes) -> None:
    reference = StructureReference(program, language)
    expected = StructureScores(*(float(name not in reference.inactive) for name in ("syntax", "dataflow")))
    assert StructureTracker(reference, language).push(program) == expected


def test_unknown_language_and_mode__are_named() -> None:
    with pytest.raises(UnknownNameError, match="java"):
        StructureTracker("", "jav")
    with pytest.raises(UnknownNameError, match="recall"):
        StructureTracker("", "java", "recal")  # type: ignore[arg-type]  # a wrong mode on purpose


def test_scores__do_not_depend_on_the_hash_seed() -> None:
    script = (
        "import inspect, shlex, textwrap\n"
        "from codegym.structure import StructureTracker\n"
        "program = textwrap.dedent(inspect.getsource(shlex.shlex.read_token))\n"
        "tracker = StructureTracker(program, 'python')\n"
        "print([tracker.push(program[i:i + 97]) for i in range(0, len(program), 97)])\n"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=Path(__file__).parents[2],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1
    assert "StructureScores(syntax=1.0, dataflow=1.0)" in outputs.pop()
