"""What the tasks pose: holes in programs, statements, broken programs and several turns."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from codegym.envs import CodeVectorEnv, TokenEnv
from codegym.envs.completion import Completion, Hole
from codegym.envs.repair import Repair
from codegym.envs.synthesis import Synthesis
from codegym.errors import ConfigurationError, DataError, JudgeError, UnknownNameError
from codegym.problems import procedural
from codegym.problems.base import Card, InMemoryProblems
from codegym.rewards import RewardMix
from codegym.testing import FakeJudge, byte_tokenizer, check_token_env, tiny_problems
from codegym.tokens import load
from codegym.types import Grade, HarnessTest, Limits, Problem, TestCase

END = byte_tokenizer().end_id
LANGUAGES = ("c", "cpp", "csharp", "java", "php", "python")
HOLES: tuple[Hole, ...] = ("tail", "body", "line", "middle")


def make(env_id: str, **changes: Any) -> TokenEnv:
    options = {"problems": tiny_problems("python"), "tokenizer": byte_tokenizer(), "judge": FakeJudge(), **changes}
    env = gym.make(env_id, **options).unwrapped
    assert isinstance(env, TokenEnv)
    return env


def write(env: TokenEnv, text: str) -> tuple[float, bool, dict[str, Any]]:
    """Writes a text and the end token; returns the rewards' sum, whether the episode is over, and the last info."""
    total = 0.0
    for token in [*text.encode(), END]:
        _, reward, terminated, _, info = env.step(token)
        total += reward
    return total, terminated, info


# Completion


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("hole", HOLES)
def test_completion__parts_make_the_program(language: str, hole: Hole) -> None:
    for tokenizer in (byte_tokenizer(), load("codegym")):
        for index in range(3):
            problem = tiny_problems(language)[index]
            assignment = Completion(hole=hole).assign(problem, tokenizer)
            answer = tokenizer.decode_bytes(assignment.reference_ids)
            assert assignment.program(answer) == problem.reference.encode()
            assert answer and len(answer) < len(problem.reference)
            assert assignment == Completion(hole=hole).assign(problem, tokenizer)
            assert (tokenizer.mask_id in assignment.source_ids) == (hole != "tail")


def test_completion__body_is_a_body_and_a_line_is_a_line() -> None:
    problem = tiny_problems("python")[1]
    assert Completion(hole="body").assign(problem, byte_tokenizer()).reference_answer.startswith("best = values[0]\n")
    for index in range(3):
        line = Completion(hole="line").assign(tiny_problems("java")[index], byte_tokenizer()).reference_answer
        assert "\n" not in line and line == line.strip() and line
    java = Completion(hole="body").assign(tiny_problems("java")[0], byte_tokenizer())
    assert java.prefix.endswith(b"{") and java.suffix.startswith(b"}") and "result" in java.reference_answer


def test_completion__given_is_what_the_problem_hides() -> None:
    problem = Problem("p://1", "python", "x = 1\ny = 2\nz = 3\n", prefix="x = 1\n", suffix="z = 3\n")
    assignment = Completion(hole="given").assign(problem, byte_tokenizer())
    assert (assignment.prefix, assignment.reference_answer, assignment.suffix) == (b"x = 1\n", "y = 2\n", b"z = 3\n")
    with pytest.raises(DataError, match="another hole"):
        Completion(hole="given").assign(tiny_problems("python")[0], byte_tokenizer())
    with pytest.raises(UnknownNameError, match="Did you mean 'body'"):
        Completion(hole="bodi")  # type: ignore[arg-type]
    with pytest.raises(DataError, match="no body"):
        Completion(hole="body").assign(Problem("p://2", "python", "x = 1\n"), byte_tokenizer())


@pytest.mark.parametrize("hole", HOLES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_completion__keeps_all_promises_with_a_suffix(hole: Hole, language: str) -> None:
    options = {"problems": tiny_problems(language), "tokenizer": byte_tokenizer(), "judge": FakeJudge()}
    check_token_env(gym.make(f"CodeCompletion-{_id(language)}-v0", hole=hole, target_tokens=40, **options))


def _id(language: str) -> str:
    return {"c": "C", "cpp": "Cpp", "csharp": "CSharp", "java": "Java", "php": "PHP", "python": "Python"}[language]


def _title(language: str) -> str:
    return {"cpp": "C++", "csharp": "C#"}.get(language, _id(language))


def test_completion__the_expert_gets_the_rest_of_the_match() -> None:
    env = make("CodeCompletion-Python-v0", hole="middle", reward=RewardMix({"syntax": 1.0, "dataflow": 1.0}))
    for index in range(3):
        env.reset(options={"index": index})
        total, _, info = write(env, env.episode.assignment.reference_answer)
        assert info["program"] == tiny_problems("python")[index].reference
        assert 0.0 < total <= 2.0


# Synthesis


def test_synthesis__shows_the_statement() -> None:
    tokenizer = byte_tokenizer()
    problem = tiny_problems("java")[0]
    assignment = Synthesis().assign(problem, tokenizer)
    assert tokenizer.decode(assignment.source_ids) == problem.statement == "Java: add up values."
    assert (assignment.prefix, assignment.reference_answer) == (b"", problem.reference)
    assert assignment.instruction == "Write a Java program:\n"
    with pytest.raises(DataError, match="no statement"):
        Synthesis().assign(replace(problem, statement=" "), tokenizer)


def test_synthesis__writes_behind_a_signature() -> None:
    problem = Problem("p://1", "python", "def f():\n    return 1\n", statement="def f():\n", prefix="def f():\n")
    env = make("ProgramSynthesis-Python-v0")
    env.reset(options={"problem": problem})
    _, over, info = write(env, "    return 1\n")
    assert over and info["program"] == problem.reference


class Watch(FakeJudge):
    """A judge that remembers the limits that it was asked to keep."""

    def __init__(self) -> None:
        super().__init__()
        self.limits: list[Limits | None] = []

    def map_grade(self, language: Any, sources: Any, tests: Any = None, limits: Limits | None = None) -> list[Grade]:
        self.limits.append(limits)
        return super().map_grade(language, sources, tests, limits)


def test_programs__are_judged_within_the_limits_of_their_problems() -> None:
    quick = InMemoryProblems(
        Card("quick", "", "", "", "", limits=Limits(time=0.5)), "train", (tiny_problems("python")[0],)
    )
    for problems, expected in ((quick, Limits(time=0.5)), (tiny_problems("python"), Limits())):
        judge = Watch()
        env = make("ProgramSynthesis-Python-v0", problems=problems, judge=judge)
        env.reset(seed=0)
        write(env, "pass")
        assert judge.limits == [expected]


@pytest.mark.parametrize("language", ["php", "python"])
def test_synthesis__tests_decide(language: str) -> None:
    env = gym.make(f"ProgramSynthesis-{_id(language)}-v0").unwrapped
    assert isinstance(env, TokenEnv)
    env.reset(seed=0)
    problem = env.episode.assignment.problem
    shown = env.process.tokenizer.decode(env.episode.source_ids)
    assert shown == f"Write a {_title(language)} program:\n{problem.statement}"
    for token in [
        *env.process.tokenizer.encode("<?php " if language == "php" else "pass"),
        env.process.tokenizer.end_id,
    ]:
        info = env.step(token)[4]
    assert info["grade"]["status"] == "failed" and info["reward_terms"]["unit_tests"] == pytest.approx(-0.3)


# Instructions


@pytest.mark.parametrize(
    ("env_id", "own"),
    [
        ("CodeCompletion-Python-v0", ""),
        ("CodeTranslation-Java-Cpp-v0", "Translate Java to C++:\n"),
        ("CodeTranslation-CSharp-PHP-v0", "Translate C# to PHP:\n"),
        ("ProgramSynthesis-CSharp-v0", "Write a C# program:\n"),
        ("CodeRepair-Python-v0", ""),
    ],
)
def test_instruction__stands_before_every_prompt_and_is_never_cut(env_id: str, own: str) -> None:
    problem = Problem("p://1", "python", "print(1 + 1)\n", statement="Say two. " * 9, sources={}, broken="print(\n")
    for instruction, begin in ((None, own), ("", ""), ("Do it: ", "Do it: ")):
        env = make(env_id, instruction=instruction, source_tokens=32)
        sources = dict.fromkeys(("c", "cpp", "csharp", "java", "php"), "int two; // " + "2" * 40)
        language = str(env.spec.kwargs["language"]).lower() if env.spec else "python"
        posed = replace(problem, language={"c#": "csharp"}.get(language, language), sources=sources)
        full = make(env_id, instruction=instruction, source_tokens=1000)
        (whole,), (cut,) = ([one.process.assign(posed)] for one in (full, env))
        rest = env.process.tokenizer.decode(whole.source_ids).removeprefix(begin)
        assert env.process.tokenizer.decode(whole.source_ids) == begin + rest
        assert env.process.tokenizer.decode(cut.source_ids) == begin + rest[len(begin) - 32 :]
        env.reset(options={"problem": posed})
        observation = env.process.observe(env.episode)
        assert tuple(observation["source"][observation["source_mask"] == 1]) == cut.source_ids


def test_instruction__stays_in_the_turns_that_follow() -> None:
    env = make("CodeRepair-Python-v0", instruction="Repair it: ", source_tokens=24, reward="default")
    env.reset(options={"index": 0})
    write(env, "print((1)")
    shown = env.process.tokenizer.decode(env.episode.source_ids)
    assert len(shown) == 24 and shown.startswith("Repair it: ") and shown.endswith("print((1)")


def test_instruction__must_leave_room_for_the_prompt() -> None:
    with pytest.raises(ConfigurationError, match="takes 4 tokens, and a policy sees 4: raise source_tokens"):
        make("CodeRepair-Python-v0", instruction="Fix:", source_tokens=4)
    env = make("ProgramSynthesis-Python-v0", source_tokens=8)
    with pytest.raises(ConfigurationError, match="'Write a Python program:"):
        env.reset(seed=0)


# Repair


def test_repair__shows_what_is_wrong_and_goes_on_until_it_is_right() -> None:
    env = make("CodeRepair-Python-v0", reward="default")
    env.reset(options={"index": 0})
    decode = env.process.tokenizer.decode
    reference = tiny_problems("python")[0].reference
    shown = decode(env.episode.source_ids)
    assert shown.startswith("Python: add up values.\n\nThis program does not compile:\n1:0: It does not compile.")
    assert shown.endswith(f"\n\n{reference})")

    first, over, info = write(env, "print((1)")
    assert not over and info["turns_left"] == 1 and info["program"] == "print((1)" and "reward_valid" not in info
    assert info["grade"]["status"] == "compile_error"
    assert first == pytest.approx(0.0, abs=1e-9)
    assert decode(env.episode.source_ids).endswith("\n\nprint((1)") and env.episode.answer == b""
    observation = env.process.observe(env.episode)
    assert observation["target_mask"].sum() == 0

    second, over, info = write(env, reference)
    assert over and info["turns_left"] == 0 and info["reward_valid"] and info["grade"]["compiled"]
    assert second == pytest.approx(3.0)
    assert [attempt.grade.compiled for attempt in env.episode.attempts] == [False, True]


def test_repair__ends_with_the_last_turn() -> None:
    env = make("CodeRepair-Python-v0", turns=2, reward="default")
    env.reset(options={"index": 1})
    assert write(env, "(")[1] is False
    total, over, info = write(env, "((")
    assert over and total == pytest.approx(-1.0) and info["grade"]["status"] == "compile_error"


def test_repair__one_turn_and_a_turn_that_ends_at_the_budget() -> None:
    env = make("CodeRepair-Python-v0", turns=1, target_tokens=3)
    env.reset(options={"index": 0})
    assert [env.step(ord("("))[2] for _ in range(3)] == [False, False, True]
    env = make("CodeRepair-Python-v0", turns=2, target_tokens=3)
    env.reset(options={"index": 0})
    assert [env.step(ord("("))[2] for _ in range(6)] == [False] * 5 + [True]


def test_repair__puts_a_bug_in_where_there_is_none() -> None:
    for language in ("python", "php"):
        problems = procedural((language,), seed=1)
        for bugs in ("syntax", "semantic"):
            env = gym.make(f"CodeRepair-{_id(language)}-v0", problems=problems, bugs=bugs).unwrapped
            assert isinstance(env, TokenEnv)
            env.reset(seed=3)
            (draft,) = env.episode.assignment.drafts
            assert draft.decode() != env.episode.assignment.problem.reference
            shown = env.process.tokenizer.decode(env.episode.source_ids)
            assert "This program" in shown and shown.endswith(draft.decode())
            grade = env.process.grade([(env.episode.assignment, draft)])[0]
            assert grade.status in ("failed", "runtime_error", "compile_error")


def test_repair__tells_the_first_test_that_fails() -> None:
    tests = (TestCase("1\n", "2\n"), TestCase("5\n", "10\n"))
    problem = Problem("p://1", "python", "print(int(input()) * 2)\n", tests, broken="print(int(input()) + 1)\n")
    env = gym.make("CodeRepair-Python-v0").unwrapped
    assert isinstance(env, TokenEnv)
    env.reset(options={"problem": problem})
    shown = env.process.tokenizer.decode(env.episode.source_ids)
    assert "passes 1 of 2 tests. In test 2 it gives a wrong answer.\nInput:\n5\nExpected output:\n10\n" in shown


def test_repair__a_program_that_is_right_cannot_be_posed() -> None:
    right = replace(tiny_problems("python")[0], broken="x = 1\n")
    env = make("CodeRepair-Python-v0")
    with pytest.raises(DataError, match="nothing to repair"):
        env.reset(options={"problem": right})
    with pytest.raises(ConfigurationError, match="turns"):
        Repair(0)
    with pytest.raises(UnknownNameError, match="semantic"):
        Repair(bugs="semantik")  # type: ignore[arg-type]
    with pytest.raises(DataError, match="no bug"):
        Repair().assign(Problem("p://1", "python", ""), byte_tokenizer())


def test_repair__a_judge_that_fails_ends_the_episode_without_a_verdict() -> None:
    judge = FakeJudge(lambda source: "judge_error" if source == b"?" else "compile_error")
    env = make("CodeRepair-Python-v0", judge=judge)
    env.reset(options={"index": 0})
    for token in (ord("?"), END):
        _, _, terminated, truncated, info = env.step(token)
    assert (terminated, truncated, info["reward_valid"]) == (False, True, False)
    env = make("CodeRepair-Python-v0", judge=FakeJudge(lambda source: "judge_error"))
    with pytest.raises(JudgeError, match="draft"):
        env.reset(options={"index": 0})


def test_repair__whole_answers_of_several_turns() -> None:
    env = gym.make_vec(
        "CodeRepair-Python-v0",
        2,
        "vector_entry_point",
        problems=tiny_problems("python"),
        tokenizer=byte_tokenizer(),
        judge=FakeJudge(),
        reward="default",
    )
    assert isinstance(env, CodeVectorEnv)
    problem = tiny_problems("python")[0]
    right = [*problem.reference.encode(), END]
    wrong = [ord("("), END]
    one, two, unfinished = env.score_episodes([problem] * 3, [right, [*wrong, *right], wrong])
    assert one.rewards.sum() == pytest.approx(two.rewards.sum()) == pytest.approx(3.0)
    assert two.rewards[:2].sum() == pytest.approx(0.0, abs=1e-9) and two.program == problem.reference
    assert unfinished.rewards[-1] <= -1.0
    with pytest.raises(ConfigurationError, match="program that is right"):
        env.score([problem], [[*right, *wrong]])
    with pytest.raises(ConfigurationError, match="ended after"):
        env.score([problem], [wrong * 4])


# Problems that cannot be posed


def test_draw__replaces_what_cannot_be_posed_and_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    card = Card("mine", "", "", "", "")
    good = Problem("p://0", "python", "x = 1\nprint(x)\n", statement="Print one.")
    bad = [Problem(f"p://{number}", "python", "x = 1\n") for number in range(1, 10)]
    env = make("ProgramSynthesis-Python-v0", problems=InMemoryProblems(card, "train", (good, *bad)))
    with caplog.at_level(logging.WARNING):
        for seed in range(5):
            assert env.reset(seed=seed)[1]["problem_id"] == "p://0"
    assert len(caplog.records) == 1 and "no statement" in caplog.text
    (count,) = env.process.dropped.values()
    assert count > 5
    strict = make("ProgramSynthesis-Python-v0", problems=InMemoryProblems(card, "train", tuple(bad)), strict=True)
    with pytest.raises(DataError, match="no statement"):
        strict.reset(seed=0)
    hopeless = make("ProgramSynthesis-Python-v0", problems=InMemoryProblems(card, "train", tuple(bad)))
    with pytest.raises(DataError, match="None of 100 problems of 'mine'"):
        hopeless.reset(seed=0)


def test_draw__prefers_references_within_the_budget() -> None:
    card = Card("mine", "", "", "", "")
    short = Problem("p://short", "python", "x = 1\n", statement="s")
    long = Problem("p://long", "python", "x = 1\n" * 50, statement="s")
    env = make("ProgramSynthesis-Python-v0", problems=InMemoryProblems(card, "train", (short, long)), target_tokens=50)
    assert {env.reset(seed=seed)[1]["problem_id"] for seed in range(12)} == {"p://short"}
    assert env.reset(options={"index": 1})[1]["problem_id"] == "p://long"
    only_long = InMemoryProblems(card, "train", (long,))
    assert make("ProgramSynthesis-Python-v0", problems=only_long, target_tokens=50).reset(seed=0)
    with pytest.raises(DataError, match="raise target_tokens"):
        make("ProgramSynthesis-Python-v0", problems=only_long, target_tokens=50, strict=True).reset(seed=0)


def test_grade__compiles_a_program_with_the_code_that_tests_it() -> None:
    """C functions have no `main` of their own: the test's counts where only compilation is asked for."""
    test = HarnessTest("\nint main(void) { return f() == 1 ? 0 : 1; }\n", "f")
    problem = Problem("p://1", "c", "int f(void)\n{\n    return 1;\n}\n", (test,))
    env = gym.make("CodeCompletion-C-v0", problems=InMemoryProblems(Card("mine", "", "", "", ""), "train", (problem,)))
    inner = env.unwrapped
    assert isinstance(inner, TokenEnv)
    inner.reset(seed=0)
    for token in inner.episode.assignment.reference_ids:
        inner.step(token)
    info = inner.step(inner.process.tokenizer.end_id)[4]
    assert info["grade"]["status"] == "compiled" and info["reward_terms"]["compilation"] == 1.0


def test_observation__of_a_vector_env_holds_this_turn_only() -> None:
    env = gym.make_vec(
        "CodeRepair-Python-v0",
        3,
        "vector_entry_point",
        problems=tiny_problems("python"),
        tokenizer=byte_tokenizer(),
        judge=FakeJudge(),
    )
    env.reset(seed=0)
    env.step(np.array([ord("("), ord("("), ord("(")]))
    observation = env.step(np.array([END, ord("a"), END]))[0]
    assert observation["target_mask"].sum(axis=1).tolist() == [0, 2, 0]
