"""Every registered environment keeps every promise: first with fakes, then with the real parts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from environments import ALL_IDS, ENV_IDS, REAL, FixedScorer, digest_of_play, fakes, make, play
from gymnasium.error import ResetNeeded
from gymnasium.utils.env_checker import check_env, data_equivalence

from codegym import structure
from codegym.envs import TokenEnv
from codegym.errors import ConfigurationError, InvalidActionError, UnknownNameError
from codegym.rewards import RewardMix
from codegym.testing import FakeJudge, check_token_env
from codegym.types import Problem
from codegym.wrappers import BehaviourLogProb


@pytest.mark.parametrize("env_id", ALL_IDS)
def test_env__passes_gymnasium_check(env_id: str) -> None:
    check_env(make(env_id))


@pytest.mark.needs_torch
@pytest.mark.parametrize("env_id", ALL_IDS)
def test_env__passes_stable_baselines_check(env_id: str) -> None:
    checker = pytest.importorskip("stable_baselines3.common.env_checker")
    checker.check_env(make(env_id), warn=True, skip_render_check=False)


@pytest.mark.needs_torch
@pytest.mark.parametrize("env_id", [env_id for env_id in ENV_IDS if "Python-v0" in env_id])
def test_env__draws_pictures_as_stable_baselines_wants_them(env_id: str) -> None:
    checker = pytest.importorskip("stable_baselines3.common.env_checker")
    checker.check_env(make(env_id, render_mode="rgb_array"), warn=True, skip_render_check=False)


@pytest.mark.parametrize("env_id", ENV_IDS)
@pytest.mark.parametrize("reward", ["default", "ppocoder"])
def test_env__keeps_its_promises(env_id: str, reward: str) -> None:
    check_token_env(make(env_id, reward=reward, target_tokens=64))


@pytest.mark.parametrize("env_id", REAL)
def test_real_env__passes_gymnasium_check(env_id: str) -> None:
    check_env(gym.make(env_id).unwrapped)


@pytest.mark.parametrize("env_id", REAL)
def test_real_env__keeps_its_promises(env_id: str) -> None:
    check_token_env(gym.make(env_id, target_tokens=64), episodes=2)


@pytest.mark.parametrize("env_id", REAL)
def test_real_env__rewards_the_expert(env_id: str) -> None:
    env = gym.make(env_id).unwrapped
    assert isinstance(env, TokenEnv)
    env.reset(seed=3)
    for token in env.episode.assignment.reference_ids:
        env.step(token)
    _, _, terminated, truncated, info = env.step(env.process.vocabulary.end_id)
    assert (terminated, truncated, info["reward_valid"]) == (True, False, True)
    assert info["program"] == env.episode.assignment.problem.reference
    assert info["grade"]["compiled"], info["grade"]
    verdicts = info["reward_terms"].keys() & {"compilation", "unit_tests"}
    assert [info["reward_terms"][name] for name in verdicts] == [1.0]


@pytest.mark.parametrize("env_id", ENV_IDS)
def test_env__equal_seeds_give_equal_episodes(env_id: str) -> None:
    first, second = (list(play(make(env_id), seed=5)) for _ in range(2))
    assert data_equivalence(first, second, exact=True)


@pytest.mark.parametrize("env_id", ENV_IDS)
def test_env__is_equal_in_processes_with_other_hash_seeds(env_id: str) -> None:
    program = f"from environments import digest_of_play; print(digest_of_play({env_id!r}))"
    digests = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "4242")
    }
    assert digests == {digest_of_play(env_id) + "\n"}


@pytest.mark.parametrize("env_id", ENV_IDS)
@pytest.mark.parametrize("mode", ["f1", "recall"])
def test_return__equals_the_terminal_scores(env_id: str, mode: Any) -> None:
    weights = {"compilation": 0.5, "syntax": 2.0, "dataflow": 3.0}
    env = make(env_id, reward=RewardMix(weights, match=mode))
    for index in range(3):
        env.reset(options={"index": index})
        assignment = env.episode.assignment
        total, done = 0.0, False
        tokens = [*assignment.reference_ids[:-3], env.process.vocabulary.end_id]
        while not done:  # a task of several turns gets the same program in each
            for token in tokens:
                _, reward, done, _, info = env.step(token)
                total += reward
        program = info["program"].encode()
        growth = [
            match(assignment.reference, program, assignment.language, mode=mode)
            - match(assignment.reference, assignment.program(b""), assignment.language, mode=mode)
            for match in (structure.syntax_match, structure.dataflow_match)
        ]
        verdict = 1.0 if info["grade"]["compiled"] else -1.0
        assert total == pytest.approx(0.5 * verdict + 2.0 * growth[0] + 3.0 * growth[1], abs=1e-9)


def test_episode__ends_at_the_budget_and_is_graded() -> None:
    env = make("CodeCompletion-Python-v0", target_tokens=3)
    env.reset(seed=0)
    flags = [env.step(ord(" "))[2:4] for _ in range(3)]
    assert flags == [(False, False), (False, False), (True, False)]
    assert env.episode.grade is not None
    with pytest.raises(ResetNeeded, match="over"):
        env.step(0)


def test_step__needs_a_reset_first() -> None:
    with pytest.raises(ResetNeeded, match="reset"):
        make("CodeCompletion-Python-v0").step(0)


@pytest.mark.parametrize("action", [-1, 258, 10**30, 1.0, "a", None, [1], np.array([1]), np.float64(2)])
def test_step__refuses_an_action_outside_of_the_space(action: Any) -> None:
    env = make("CodeCompletion-Python-v0")
    env.reset(seed=0)
    with pytest.raises(InvalidActionError, match=r"\[0, 258\)"):
        env.step(action)
    assert env.episode.tokens == []


@pytest.mark.parametrize("action", [65, np.int32(65), np.array(65), np.uint8(65)])
def test_step__takes_any_integer(action: Any) -> None:
    env = make("CodeCompletion-Python-v0")
    env.reset(seed=0)
    observation, reward, terminated, truncated, _ = env.step(action)
    assert (type(reward), type(terminated), type(truncated)) == (float, bool, bool)
    assert observation["target"][0] == 65


def test_step__defines_an_illegal_token() -> None:
    env = make("CodeCompletion-Python-v0", target_tokens=2)
    env.reset(seed=0)
    prompt, pad = env.episode.program, env.process.tokenizer.pad_id
    assert not env.action_masks()[pad]
    observation, reward, terminated, _, _ = env.step(pad)
    assert (reward, terminated, env.episode.program) == (0.0, False, prompt)
    assert (observation["target"][0], observation["target_mask"].sum()) == (pad, 1)
    assert env.step(pad)[2]


def test_step__truncates_when_the_judge_fails() -> None:
    env = make("CodeCompletion-Python-v0", judge=FakeJudge(lambda source: "judge_error"))
    env.reset(seed=0)
    _, reward, terminated, truncated, info = env.step(env.process.vocabulary.end_id)
    assert (reward, terminated, truncated) == (0.0, False, True)
    assert info["reward_valid"] is False
    assert info["reward_terms"]["compilation"] == 0.0
    assert info["grade"]["status"] == "judge_error"


def test_info__is_plain_and_fresh() -> None:
    env = make("CodeCompletion-Python-v0", judge=FakeJudge(lambda source: "compile_error"))
    env.reset(seed=0)
    info = env.step(env.process.vocabulary.end_id)[4]
    assert json.loads(json.dumps(info)) == info
    info["grade"]["diagnostics"].clear()
    info["reward_terms"].clear()
    assert env.episode.grade is not None and env.episode.grade.diagnostics
    assert env.episode.terms[-1]["compilation"] == -1.0


def test_kl__compares_with_the_reference() -> None:
    env = make("CodeCompletion-Python-v0", reference=FixedScorer())
    env.reset(seed=0)
    observed = [env.step(65)[4]["reward_terms"]["kl"]]
    env.hand_over(-1.5)
    observed.append(env.step(66)[4]["reward_terms"]["kl"])
    observed.append(env.step(67)[4]["reward_terms"]["kl"])
    assert observed == pytest.approx([0.1 * -2.065, 0.1 * (-2.076 + 1.5), 0.1 * -2.087])


def test_kl__wrapper_hands_the_policy_over() -> None:
    inner = gym.make("CodeCompletion-Python-v0", **fakes("CodeCompletion-Python-v0", reference=FixedScorer()))
    env = BehaviourLogProb(inner, FixedScorer())
    with pytest.raises(ResetNeeded):
        env.step(0)
    env.reset(seed=0)
    with pytest.raises(InvalidActionError):
        env.step(258)
    assert [env.step(token)[4]["reward_terms"]["kl"] for token in (1, 2, 3)] == pytest.approx([0, 0, 0])


def test_kl__wrapper_refuses_other_environments() -> None:
    with pytest.raises(ConfigurationError, match="CartPole"):
        BehaviourLogProb(gym.make("CartPole-v1"), FixedScorer())


def test_kl__is_zero_without_a_reference() -> None:
    env = make("CodeCompletion-Python-v0")
    env.reset(seed=0)
    env.hand_over(-3.0)
    assert env.step(65)[4]["reward_terms"]["kl"] == 0.0


def test_reference__is_resolved_from_a_string() -> None:
    env = make("CodeCompletion-Python-v0", reference="environments:FixedScorer")
    assert isinstance(env.process.reference, FixedScorer)


@pytest.mark.parametrize("reference", ["nowhere:scorer", "json:missing", "json", "", ":", "json:dumps.x", "math:pi"])
def test_reference__refuses_what_is_none(reference: str) -> None:
    with pytest.raises(ConfigurationError, match="reference="):
        make("CodeCompletion-Python-v0", reference=reference)


@pytest.mark.parametrize("log_prob", [float("nan"), float("inf"), float("-inf"), 0.5])
def test_hand_over__refuses_what_is_no_log_probability(log_prob: float) -> None:
    with pytest.raises(ConfigurationError, match="log-probability"):
        make("CodeCompletion-Python-v0").hand_over(log_prob)


def test_reset__takes_a_problem_or_its_index() -> None:
    env = make("CodeCompletion-Python-v0")
    assert env.reset(options={"index": 2})[1]["problem_id"] == "tiny://python/2"
    mine = Problem(id="mine://1", language="python", reference="x = 1\nprint(x)\n")
    assert env.reset(options={"problem": mine})[1] == {"problem_id": "mine://1", "inactive_terms": []}
    plain = Problem(id="mine://2", language="python", reference="(1, 2, 3, 4, 5, 6, 7, 8)\n")
    assert env.reset(options={"problem": plain})[1] == {"problem_id": "mine://2", "inactive_terms": ["dataflow"]}


@pytest.mark.parametrize(
    "options",
    [{"index": 3}, {"index": -1}, {"index": "0"}, {"problem": "x"}, {"idx": 0}, {"index": 0, "x": 1}],
)
def test_reset__refuses_other_options(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="reset"):
        make("CodeCompletion-Python-v0").reset(options=options)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"language": "Pyhton"}, "python"),
        ({"reward": "defualt"}, "default"),
        ({"render_mode": "anis"}, "ansi"),
    ],
)
def test_arguments__unknown_names_get_the_nearest(arguments: dict[str, Any], message: str) -> None:
    from codegym.envs import code_completion

    options: dict[str, Any] = {**fakes("CodeCompletion-Python-v0"), "language": "Python", **arguments}
    with pytest.raises(UnknownNameError, match=f"Did you mean '{message}'"):
        code_completion(**options)


@pytest.mark.parametrize("arguments", [{"source_tokens": 0}, {"target_tokens": 0}, {"masked_tokens": 0}])
def test_arguments__budgets_are_positive(arguments: dict[str, int]) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(arguments))):
        make("CodeCompletion-Python-v0", **arguments)


@pytest.mark.parametrize("env_id", ENV_IDS)
def test_fork__is_independent(env_id: str) -> None:
    env = make(env_id)
    env.reset(seed=1)
    env.step(65)
    twin = env.fork()
    for token in (66, 67, 68):
        twin.step(token)
    assert env.episode.tokens == [65] and len(env.episode.terms) == 1
    fresh = make(env_id)
    fresh.reset(seed=1)
    fresh.step(65)
    assert data_equivalence(env.step(70), fresh.step(70), exact=True)
    assert data_equivalence(env.reset(), twin.reset(), exact=True)


def test_fork__of_an_untouched_env() -> None:
    twin = make("CodeCompletion-Python-v0").fork()
    assert twin.reset(seed=0)[0] in twin.observation_space


def test_spec__collects_frames() -> None:
    env = gym.make("CodeCompletion-Python-v0", render_mode="ansi_list", **fakes("CodeCompletion-Python-v0"))
    env.reset(seed=0)
    env.step(65)
    frames = env.render()
    assert isinstance(frames, list) and len(frames) == 2
