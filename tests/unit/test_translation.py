from __future__ import annotations

import contextlib
import gzip
from pathlib import Path

import gymnasium as gym
import pytest

import codegym
from codegym.envs import TokenEnv, Translation
from codegym.errors import ConfigurationError, DataError, UnknownNameError
from codegym.problems import load, procedural, xlcost
from codegym.problems.procedural import problem_from_id
from codegym.testing import FakeJudge, byte_tokenizer, tiny_problems
from codegym.types import Problem

JAVA_TO_PYTHON = "CodeTranslation-Java-Python-v0"


def test_ids__are_all_pairs_of_different_languages() -> None:
    ids = [env_id for env_id in codegym.env_ids() if env_id.startswith("CodeTranslation-")]
    pairs = [tuple(env_id.split("-")[1:3]) for env_id in ids]
    assert len(set(pairs)) == 30
    assert all(source != target for source, target in pairs)


def test_assignment__shows_the_source_and_wants_the_whole_target() -> None:
    tokenizer = byte_tokenizer()
    problem = tiny_problems("python")[0]
    assignment = Translation("java").assign(problem, tokenizer)
    assert tokenizer.decode(assignment.source_ids) == problem.sources["java"]
    assert assignment.prefix == b""
    assert tokenizer.decode(assignment.reference_ids) == assignment.reference_answer == problem.reference
    assert assignment.language == "python"


def test_problem_without_the_source__cannot_be_posed() -> None:
    with pytest.raises(DataError, match="no Java program to translate from; its sources are: cpp"):
        Translation("java").assign(Problem("x://1", "python", "pass", sources={"cpp": "int x;"}), byte_tokenizer())


def test_language__is_not_translated_to_itself() -> None:
    with pytest.raises(ConfigurationError, match="both 'python'"):
        gym.make(JAVA_TO_PYTHON, source_language="Python")
    with pytest.raises(UnknownNameError, match="java"):
        gym.make(JAVA_TO_PYTHON, source_language="Jawa")


def test_problem_sets_without_parallel_programs__say_so() -> None:
    with pytest.raises(ConfigurationError, match="does not take sources"):
        gym.make(JAVA_TO_PYTHON, problems="stdlib")


def test_empty_answer_and_the_reference__earn_nothing_and_all() -> None:
    env = gym.make(JAVA_TO_PYTHON, problems=tiny_problems("python"), tokenizer=byte_tokenizer(), judge=FakeJudge())
    assert isinstance(env.unwrapped, TokenEnv)
    end = env.unwrapped.process.vocabulary.end_id
    env.reset(options={"index": 0})
    assert env.step(end)[4]["reward_terms"]["syntax"] == 0.0
    env.reset(options={"index": 0})
    tokens = env.unwrapped.episode.assignment.reference_ids
    terms = [env.step(token)[4]["reward_terms"] for token in (*tokens, end)]
    for name in ("syntax", "dataflow"):
        weight = env.unwrapped.process.mix.weights[name]
        assert sum(step[name] for step in terms) == pytest.approx(weight, abs=1e-9)


def test_procedural_sources__are_the_program_in_other_languages() -> None:
    problems = procedural(("python",), sources=("java", "cpp"))
    for index in range(5):
        problem = problems[index]
        assert list(problem.sources) == ["java", "cpp"]
        for source, program in problem.sources.items():
            assert program == procedural((source,))[index].reference
        alone = procedural(("python",))[index]
        assert (problem.id, problem.reference, problem.tests) == (alone.id, alone.reference, alone.tests)
        assert problem_from_id(problem.id, ("java", "cpp")) == problem


def test_procedural_sources__are_given_as_a_sequence() -> None:
    with pytest.raises(ConfigurationError, match="sequence"):
        procedural(("python",), sources="java")
    with pytest.raises(UnknownNameError, match="java"):
        load("procedural", language="python", sources=("jawa",))


@pytest.mark.needs_javac
def test_xlcost_sources__are_solutions_of_the_same_problem(tmp_path: Path) -> None:
    for name, lines in {
        "val-Java-C++-tok.java.txt.gz": ["class A { int x ; }", "class B { int y ; }", "class C { lost }"],
        "val-Java-map.jsonl.gz": ["10", "20", "30"],
        "val-Java-C++-tok.cpp.txt.gz": [f"int main ( ) {{ return {value} ; }}" for value in ("1", "lost", "2", "3")],
        "val-C++-map.jsonl.gz": ["10", "20", "30", "40"],
    }.items():
        (tmp_path / name).write_bytes(gzip.compress("".join(f"{line}\n" for line in lines).encode()))
    found: dict[str, str] = {}
    for split in ("train", "validation", "test"):
        with contextlib.suppress(DataError):  # none of them falls into the split
            problems = xlcost(tmp_path, ("java",), split, sources=("cpp",), cache=False)
            for index in range(problems.size):
                found[problems[index].id] = problems[index].sources["cpp"]
    # The second C++ program does not compile, nor does the third Java program; the fourth problem has none.
    assert list(found) == ["xlcost://java/10"]
    assert "return 1;" in found["xlcost://java/10"]
