"""What is paid in each game, and what is not."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("pettingzoo", reason="pettingzoo is not installed: pip install 'codegym[multiagent]'")

import pettingzoo
from games import CODER_TESTER, DOUBLE, FAMILIES, PAIR, ROUND_TRIP, aec, problems, results, write

from codegym.errors import ConfigurationError, JudgeError
from codegym.judge import Judge
from codegym.multiagent.coder_tester import join_inputs, split_inputs
from codegym.multiagent.round_trip import without_comments
from codegym.problems.procedural import procedural
from codegym.testing import FakeJudge, byte_tokenizer
from codegym.types import Grade, Problem

WRONG_FOR_NEGATIVES = "number = int(input())\nprint(abs(number) * 2)\n"


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Judge(workers=1) as one:
        yield one


def start(env_id: str, judge: Any, problem: Problem = DOUBLE, **changes: Any) -> Any:
    own = {"oracle": None} if env_id.startswith("CoderTester") else {}
    budgets = {"source_tokens": 512, "target_tokens": 512}
    env = aec(env_id, judge=judge, **budgets, **own, **changes)
    env.reset(seed=0, options={"problem": problem})
    return env


# Coder and tester.


def test_inputs__are_split_by_lines_of_dashes_and_count_once() -> None:
    assert split_inputs("1\n---\n2 3\n4\n---\n1\n") == ["1\n", "2 3\n4\n"]
    assert split_inputs("7") == ["7\n"]
    assert split_inputs("\n---\n\n\n") == ["\n", "\n\n"]
    assert split_inputs("") == split_inputs("---\n---") == []
    assert split_inputs(join_inputs(["1\n", "2\n\n"])) == ["1\n", "2\n\n"]


def test_tester__is_paid_for_valid_inputs_that_break_the_program(judge: Judge) -> None:
    env = start(CODER_TESTER, judge)
    assert set(write(env, WRONG_FOR_NEGATIVES)) == {"coder_0"}
    seen = env.unwrapped.game.process.tokenizer.decode(env.observe("tester_0")["source"].tolist())
    assert WRONG_FOR_NEGATIVES in seen
    assert DOUBLE.statement in seen
    # Valid and passed, valid and broken, the same again, and one that breaks the reference too.
    assert set(write(env, "5\n---\n-4\n---\n-4\n---\nno number\n")) == {"tester_0"}
    told = results(env)
    assert told["tester_0"]["reward"] == pytest.approx(1 / 4)
    assert told["tester_0"]["inputs"] == [
        {"stdin": "5\n", "valid": True, "breaks": False},
        {"stdin": "-4\n", "valid": True, "breaks": True},
        {"stdin": "no number\n", "valid": False, "breaks": False},
    ]
    # The coder passes the problem's own tests, and fails the tester's.
    assert told["coder_0"]["grade"]["status"] == "failed"
    assert told["coder_0"]["grade"]["passed"] == 3
    assert told["coder_0"]["reward_terms"]["unit_tests"] == -0.3


def test_coder__is_paid_for_a_right_program_and_the_tester_gets_nothing(judge: Judge) -> None:
    env = start(CODER_TESTER, judge)
    write(env, DOUBLE.reference)
    write(env, "5\n---\n-4\n---\n0\n")
    told = results(env)
    assert told["coder_0"]["reward_terms"]["unit_tests"] == 1.0
    assert told["tester_0"]["reward"] == 0.0
    assert [one["valid"] for one in told["tester_0"]["inputs"]] == [True] * 3
    coder = env.unwrapped.match.page("coder_0").episode
    assert sum(sum(terms.values()) for terms in coder.terms) == pytest.approx(3.0)


def test_coder__return_is_that_of_the_single_agent_episode(judge: Judge) -> None:
    env = start(CODER_TESTER, judge)
    paid = []
    for token in env.unwrapped.game.process.tokenizer.encode(DOUBLE.reference):
        env.step(token)
        paid.append(env.rewards["coder_0"])
    write(env, "")
    write(env, "8\n", end=False)
    env.step(env.unwrapped.game.process.vocabulary.end_id)
    paid.append(env.rewards["coder_0"])
    assert sum(paid) == pytest.approx(3.0)


def test_tester__is_paid_for_any_valid_input_where_nothing_compiles(judge: Judge) -> None:
    env = start(CODER_TESTER, judge)
    write(env, "number = (")
    write(env, "1\n---\n2\n---\n3\n---\n4\n---\n5\n")
    told = results(env)
    assert told["coder_0"]["reward_terms"]["unit_tests"] == -1.0
    assert told["tester_0"]["reward"] == 1.0
    assert len(told["tester_0"]["inputs"]) == 4


@pytest.mark.parametrize("junk", ["", "---\n---\n", "\x00\x01", "x" * 400, "1 2 3\n---\n\n"])
def test_tester__is_not_paid_for_junk(judge: Judge, junk: str) -> None:
    env = start(CODER_TESTER, judge)
    write(env, "")
    write(env, junk)
    told = results(env)
    assert told["tester_0"]["reward"] == 0.0
    assert told["coder_0"]["terminated"]
    assert told["coder_0"]["reward_terms"]["unit_tests"] < 0


def test_tester__is_not_paid_for_tests_that_were_not_run() -> None:
    class OutOfTime:
        def map_grade(self, language: str, sources: Any, tests: Any = None, limits: Any = None) -> Any:
            total = len(tests[0])
            outcomes = ("passed", *("time_limit",) * (total - 1))
            return [Grade("runtime_error", True, 1, total, (), outcomes)]

    env = aec(CODER_TESTER, judge=OutOfTime(), target_tokens=64)
    env.reset(seed=0)
    write(env, "x")
    write(env, "1\n---\n2\n---\n3\n")
    assert [one["breaks"] for one in results(env)["tester_0"]["inputs"]] == [False, True, False]


def test_procedural_problem__has_bounds_that_inputs_must_keep(judge: Judge) -> None:
    problem = procedural()[5]
    assert "the text word: 0 to 6 lower-case letters" in problem.statement
    assert 'Print "Value:"' in problem.statement
    env = aec(CODER_TESTER, judge=judge, oracle=None, source_tokens=512, target_tokens=512)
    env.reset(options={"problem": problem})
    write(env, "print(input())\n")
    write(env, "abc\n---\nABC\n---\nabcdefg\n---\nabc\nabc\n")
    told = results(env)
    assert [one["valid"] for one in told["tester_0"]["inputs"]] == [True, False, False, False]
    assert told["tester_0"]["reward"] == 0.25


def test_infrastructure_failure__is_no_verdict_for_anybody() -> None:
    for env_id in FAMILIES:
        env = aec(env_id, judge=FakeJudge(lambda program: "judge_error"), reward="unit_tests")
        env.reset(seed=0)
        while not any(env.truncations.values()):
            write(env, "1\n")
        for told in results(env).values():
            assert told["truncated"]
            assert not told["terminated"]
            assert told["reward_valid"] is False
            assert told["reward_terms"].get("unit_tests", 0.0) == 0.0


def test_oracle_that_fails__is_no_verdict_for_anybody() -> None:
    def failing(problem: Problem, inputs: Any) -> Any:
        raise JudgeError("The judge is gone.")

    env = aec(CODER_TESTER, oracle=failing)
    env.reset(seed=0)
    write(env, "x")
    write(env, "1\n")
    told = results(env)
    assert [one["truncated"] for one in told.values()] == [True, True]
    assert told["tester_0"]["reward"] == 0.0


def test_coder_tester__asks_for_what_it_needs() -> None:
    with pytest.raises(ConfigurationError, match="unit tests"):
        aec(CODER_TESTER, reward="default")
    with pytest.raises(ConfigurationError, match="inputs is 0"):
        aec(CODER_TESTER, inputs=0)
    env = aec(CODER_TESTER, oracle=None)
    env.reset(seed=0)
    write(env, "x")
    with pytest.raises(ConfigurationError, match="give a judge with"):
        write(env, "1\n")


# Round trip.


def test_round_trip__pays_both_for_the_result_and_for_the_middle(judge: Judge) -> None:
    env = start(ROUND_TRIP, judge)
    assert set(write(env, DOUBLE.reference)) == {"forward_0"}
    assert env.rewards == {"forward_0": 1.0, "backward_0": 1.0}
    assert set(write(env, DOUBLE.sources["c"])) == {"backward_0"}
    told = results(env)
    # The verdict on the middle, and verdict, syntax and data flow of the result.
    assert told["forward_0"]["reward"] == pytest.approx(4.0)
    assert told["forward_0"]["reward_terms"]["middle_unit_tests"] == 1.0
    assert told["backward_0"]["grade"]["status"] == "passed"


@pytest.mark.parametrize("middle", ["", "print(1)\n", DOUBLE.sources["c"], "number = ("])
def test_round_trip__is_over_where_the_middle_is_wrong(judge: Judge, middle: str) -> None:
    env = start(ROUND_TRIP, judge)
    write(env, middle)
    told = results(env)
    for agent in told.values():
        assert agent["terminated"]
        assert agent["reward"] < 0
    assert told["backward_0"]["grade"] is None
    assert told["backward_0"]["program"] == ""


def test_round_trip__does_not_pay_a_copy_that_is_valid_in_both_languages(judge: Judge) -> None:
    original = DOUBLE.sources["c"]
    cpp = dataclasses.replace(DOUBLE, language="cpp", reference=original.replace("n * 2", "2 * n"))
    assert judge.grade("cpp", original, cpp.tests).status == "passed"
    env = start("RoundTripTranslation-C-Cpp-v0", judge, problem=cpp)
    write(env, "// a remark\n" + original)
    told = results(env)
    assert told["forward_0"]["reward"] == told["backward_0"]["reward"] == -1.0
    assert told["forward_0"]["grade"]["diagnostics"][0]["code"] == "copy"


def test_round_trip__hides_comments_of_the_middle(judge: Judge) -> None:
    env = start(ROUND_TRIP, judge)
    write(env, f"# {DOUBLE.sources['c'].splitlines()[2]}\n{DOUBLE.reference}")
    process = env.unwrapped.game.process
    seen = process.tokenizer.decode(env.observe("backward_0")["source"].tolist())
    assert seen.rstrip("�") == f"Translate Python to C:\n{DOUBLE.reference}"


@pytest.mark.parametrize(
    ("language", "program", "plain"),
    [
        ("c", b"/* a */int/*b*/x; // c\n// d\nint y;\n", "  int x;\nint y;\n"),
        ("python", b"# a\nx = '# no'  # b\n    # c\n", "x = '# no'\n    "),
        ("php", b"<?php\n# a\n// b\n$x = 1; /* c */\n", "<?php\n$x = 1;\n"),
        ("java", b"/** A. */\nclass A { } // \xc3\xa9", "class A { }"),
    ],
)
def test_comments__are_left_out(language: str, program: bytes, plain: str) -> None:
    assert without_comments(program, language).split() == plain.split()


def test_round_trip__needs_a_verdict() -> None:
    from codegym.rewards import RewardMix

    with pytest.raises(ConfigurationError, match="copy of the original"):
        aec(ROUND_TRIP, reward=RewardMix({"syntax": 1.0}))
    with pytest.raises(ConfigurationError, match="both 'c'"):
        pettingzoo.make("aec", ROUND_TRIP, source_language="c", language="C", tokenizer=byte_tokenizer())


# Pair programming.


def test_pair__writes_alternate_lines_and_shares_the_reward(judge: Judge) -> None:
    env = start(PAIR, judge)
    authors = write(env, DOUBLE.reference)
    first = DOUBLE.reference.index("\n") + 1
    assert authors == ["driver_0"] * first + ["navigator_0"] * (len(authors) - first - 1) + ["driver_0"]
    match = env.unwrapped.match
    assert match.page("driver_0") is match.page("navigator_0")
    told = results(env)
    assert told["driver_0"]["reward_terms"]["unit_tests"] == told["navigator_0"]["reward_terms"]["unit_tests"] == 1.0
    assert told["driver_0"]["program"] == told["navigator_0"]["program"] == DOUBLE.reference
    assert sum(sum(terms.values()) for terms in match.page("driver_0").episode.terms) == pytest.approx(3.0)


def test_pair__hands_over_what_was_earned_while_the_other_wrote() -> None:
    env = aec(PAIR, target_tokens=200)
    env.reset(seed=0, options={"problem": problems("python").problems[0]})
    text = env.unwrapped.match.page("driver_0").episode.assignment.reference.decode()
    head, body = text.split("\n", 1)
    write(env, head + "\n", end=False)
    earned = 0.0
    for token in body[: body.index("\n") + 1].encode():
        assert env.agent_selection == "navigator_0"
        env.step(token)
        earned += env.rewards["driver_0"]
    _, reward, _, _, info = env.last()
    assert env.agent_selection == "driver_0"
    assert reward == pytest.approx(earned + 0.0, abs=1.0)
    assert sum(info["reward_terms"].values()) == pytest.approx(reward)


def test_pair__may_write_an_empty_program(judge: Judge) -> None:
    env = start(PAIR, judge)
    write(env, "")
    assert results(env)["driver_0"]["reward_terms"]["unit_tests"] < 0


# Every language.

RING = ("C", "CSharp", "Cpp", "Java", "PHP", "Python")


@pytest.mark.slow
@pytest.mark.needs_javac
@pytest.mark.parametrize("language", RING)
def test_every_language__pays_the_expert(judge: Judge, language: str) -> None:
    before = RING[RING.index(language) - 1]
    options = {"judge": judge, "source_tokens": 1024, "target_tokens": 4096, "tokenizer": "codegym"}
    problem = procedural((language,), sources=(before,), difficulty=(0.0, 0.2))[0]
    ids = (
        f"CoderTester-{language}-v0",
        f"PairProgramming-{language}-v0",
        f"RoundTripTranslation-{before}-{language}-v0",
    )
    earned = []
    for env_id in ids:
        env = pettingzoo.make("aec", env_id, problems=procedural((language,), sources=(before,)), **options)
        env.reset(options={"problem": problem})
        second = {"CoderTester": problem.tests[0].stdin, "RoundTripTranslation": next(iter(problem.sources.values()))}
        total = 0.0
        for text in (problem.reference, second.get(env_id.split("-")[0])):
            process = env.unwrapped.game.process
            for token in [] if text is None else [*process.tokenizer.encode(text), process.vocabulary.end_id]:
                env.step(token)
                total += env.rewards[env.possible_agents[0]]
        earned.append(total)
        assert all(env.terminations.values())
    assert earned == pytest.approx([3.0, 3.0, 4.0])
