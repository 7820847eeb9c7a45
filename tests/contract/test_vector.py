from __future__ import annotations

import itertools
import os
import signal
import threading
from dataclasses import replace
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from environments import ENV_IDS, REAL, FixedScorer, fakes
from gymnasium.error import ResetNeeded
from gymnasium.utils.env_checker import data_equivalence
from gymnasium.vector import AutoresetMode, SyncVectorEnv

import codegym
from codegym.envs import CodeVectorEnv, TokenEnv
from codegym.errors import ConfigurationError, InvalidActionError
from codegym.rewards import RewardMix
from codegym.rewards.mix import Granularity
from codegym.testing import FakeJudge
from codegym.types import GradeStatus

PYTHON = "CodeCompletion-Python-v0"


def make_vec(env_id: str, num_envs: int = 3, **changes: Any) -> CodeVectorEnv:
    env = gym.make_vec(env_id, num_envs, "vector_entry_point", **fakes(env_id, **changes))
    assert isinstance(env, CodeVectorEnv)
    return env


def unreliable(source: bytes) -> GradeStatus:
    if source.endswith(b")"):  # as every tiny program that is to be repaired does
        return "compile_error"
    statuses: tuple[GradeStatus, ...] = ("compiled", "compile_error", "judge_error")
    return statuses[len(source) % 3]


@pytest.mark.parametrize("env_id", ENV_IDS)
@pytest.mark.parametrize("verdict", [None, unreliable])
def test_vector__equals_sync_vector_env(env_id: str, verdict: Any) -> None:
    judge = FakeJudge() if verdict is None else FakeJudge(verdict)
    changes = {"judge": judge, "target_tokens": 7, "reference": FixedScorer()}
    ours = make_vec(env_id, 4, **changes)
    theirs = SyncVectorEnv(
        [lambda: gym.make(env_id, **fakes(env_id, **changes))] * 4, autoreset_mode=AutoresetMode.SAME_STEP
    )
    assert ours.observation_space == theirs.observation_space
    assert ours.action_space == theirs.action_space
    assert ours.metadata["autoreset_mode"] is AutoresetMode.SAME_STEP
    assert data_equivalence(ours.reset(seed=7), theirs.reset(seed=7), exact=True)
    random = np.random.default_rng(0)
    for _ in range(40):
        # The end token comes often, so that episodes end at different steps.
        actions = np.where(random.random(4) < 0.1, 257, random.integers(0, 258, 4))
        mine, other = ours.step(actions), theirs.step(actions)
        assert data_equivalence(mine, other, exact=True)
    theirs.close()
    ours.close()


def test_vector__reset_takes_seeds_and_options() -> None:
    env = make_vec(PYTHON, 2)
    _, infos = env.reset(seed=[3, 3], options={"index": 1})
    assert infos["problem_id"].tolist() == ["tiny://python/1"] * 2
    with pytest.raises(ConfigurationError, match="3 seeds"):
        env.reset(seed=[1, 2, 3])


def test_vector__asks_the_judge_once_for_episodes_that_end_together() -> None:
    judge = FakeJudge()
    env = make_vec(PYTHON, 5, judge=judge)
    env.reset(seed=0)
    env.step(np.full(5, 65))
    env.step(np.array([257, 65, 257, 257, 65]))
    assert judge.requests == [3]


@pytest.mark.parametrize("actions", [[0], [0, 0, 258], [-1, 0, 0], [0.0, 0.0, 0.0], [[0, 0, 0]], [True] * 3])
def test_vector__refuses_actions_outside_of_the_space(actions: Any) -> None:
    env = make_vec(PYTHON)
    with pytest.raises(ResetNeeded):
        env.step(np.zeros(3, int))
    env.reset(seed=0)
    with pytest.raises(InvalidActionError):
        env.step(np.array(actions))
    assert all(not episode.tokens for episode in env.episodes)


def test_vector__hands_log_probs_over() -> None:
    env = make_vec(PYTHON, reference=FixedScorer())
    env.reset(seed=0)
    env.hand_over(np.array([-1.0, -2.0, -3.0], np.float32))
    with pytest.raises(ConfigurationError, match="shape"):
        env.hand_over([-1.0])
    terms = env.step(np.zeros(3, int))[4]["reward_terms"]["kl"]
    assert terms.tolist() == pytest.approx([-0.1, 0.0, 0.1])


def test_vector__masks_and_renders() -> None:
    env = make_vec(PYTHON, render_mode="ansi")
    env.reset(seed=0)
    masks = env.action_masks()
    assert masks.shape == (3, 258) and masks[:, 257].all() and masks[:, 65].all() and not masks[:, 256].any()
    frames = env.render()
    assert frames is not None and len(frames) == 3


def step_through(env: TokenEnv, problem: Any, turn: list[int], random: np.random.Generator) -> list[Any]:
    """Writes the same tokens in every turn until the episode is over; returns tokens, log-probabilities and terms."""
    env.reset(options={"problem": problem})
    rows = []
    for token in itertools.cycle(turn):
        log_prob = float(-3 * random.random())
        env.hand_over(log_prob)
        _, _, terminated, truncated, info = env.step(token)
        rows.append((token, log_prob, info["reward_terms"]))
        if terminated or truncated:
            return rows
    raise AssertionError("unreachable")


@pytest.mark.parametrize("env_id", ENV_IDS)
@pytest.mark.parametrize(("workers", "granularity"), [(1, "token"), (2, "token"), (1, "line"), (2, "program")])
def test_score__equals_stepping(env_id: str, workers: int, granularity: Granularity) -> None:
    mix = replace(RewardMix.load("default"), granularity=granularity)
    changes = {"target_tokens": 20, "reference": FixedScorer(), "reward": mix}
    env = make_vec(env_id, workers=workers, **changes)
    single = gym.make(env_id, **fakes(env_id, **changes)).unwrapped
    assert isinstance(single, TokenEnv)
    random = np.random.default_rng(1)
    problems = [env.process.problems[index % 3] for index in range(24)]
    turns = [
        [*map(int, random.integers(0, 257, 19 if index % 4 else 5)), 257 if index % 3 else 65][:20]
        if index % 2
        else [*random.choice(list(b"ab=()+;\n\n  "), 18).tolist(), 257]
        for index in range(24)
    ]
    # A turn ends at the end token or at the budget.
    turns = [tokens if len(tokens) == 20 or tokens[-1] == 257 else [*tokens, 257] for tokens in turns]
    stepped = [step_through(single, problem, turn, random) for problem, turn in zip(problems, turns, strict=True)]
    lists = [[token for token, _, _ in rows] for rows in stepped]
    log_probs = [[log_prob for _, log_prob, _ in rows] for rows in stepped]
    for terms, rows in zip(env.score(problems, lists, log_probs), stepped, strict=True):
        assert set(terms) == set(rows[0][2])
        for name, values in terms.items():
            assert values.dtype == np.float64 and values.shape == (len(rows),)
            np.testing.assert_allclose(values, [row[2][name] for row in rows], rtol=0, atol=1e-9)


@pytest.mark.parametrize("env_id", REAL)
def test_real_score__tells_programs_and_verdicts(env_id: str) -> None:
    env = gym.make_vec(env_id, 2)
    assert isinstance(env, CodeVectorEnv)
    problems = [env.process.problems[index] for index in (0, 0, 1)]
    expert = [list(env.process.assign(problem).reference_ids) for problem in problems]
    lists = [
        [*expert[0], env.process.vocabulary.end_id],
        [],
        [*expert[2][:-8], env.process.vocabulary.end_id],
    ]
    scores = env.score_episodes(problems, lists)
    assert scores[0].program == problems[0].reference and scores[0].grade.compiled
    assert scores[0].answer == env.process.assign(problems[0]).reference_answer
    assert scores[0].rewards.shape == (len(lists[0]),) and scores[0].valid
    assert scores[1].answer == "" and scores[1].rewards.shape == (0,)
    (verdict,) = scores[0].terms.keys() & {"compilation", "unit_tests"}
    assert scores[0].terms[verdict][-1] == 1.0
    assert (scores[2].terms[verdict][-1] == 1.0) == (scores[2].grade.status in ("compiled", "passed"))


def test_score__judges_an_unfinished_answer_as_it_stands() -> None:
    env = make_vec(PYTHON)
    problem = env.process.problems[0]
    (score,) = env.score_episodes([problem], [[ord("("), ord(")"), ord(" ")]])
    assert score.grade.status == "compiled" and score.terms["compilation"].tolist() == [0.0, 0.0, 1.0]


def test_score__has_no_verdict_when_the_judge_fails() -> None:
    env = make_vec(PYTHON, judge=FakeJudge(lambda source: "judge_error"))
    (score,) = env.score_episodes([env.process.problems[0]], [[65, 257]])
    assert not score.valid and score.terms["compilation"].tolist() == [0.0, 0.0]


def test_score__takes_log_probs_of_the_reference() -> None:
    env = make_vec(PYTHON)
    (terms,) = env.score([env.process.problems[0]], [[65, 257]], [[-1.0, -2.0]], [[-1.5, -1.0]])
    assert terms["kl"].tolist() == pytest.approx([-0.05, 0.1])


def test_score__of_nothing() -> None:
    assert make_vec(PYTHON).score([], []) == []


@pytest.mark.parametrize(
    ("lists", "log_probs", "message"),
    [
        ([[65], [66]], None, "1 problems"),
        ([[257, 65]], None, "ended after 1 tokens"),
        ([[65] * 65], None, "ended after 64 tokens"),
        ([[65]], [[-1.0, -1.0]], "log-probabilities"),
        ([[65]], [], "behaviour_log_probs"),
        ([[258]], None, "258"),
    ],
)
def test_score__refuses_lists_that_do_not_fit(lists: Any, log_probs: Any, message: str) -> None:
    env = make_vec(PYTHON)
    with pytest.raises((ConfigurationError, InvalidActionError), match=message):
        env.score([env.process.problems[0]], lists, log_probs)


def test_vector__refuses_no_environments() -> None:
    with pytest.raises(ConfigurationError, match="num_envs=0"):
        make_vec(PYTHON, 0)


def test_ids__are_registered() -> None:
    assert PYTHON in codegym.env_ids()


@pytest.mark.slow
@pytest.mark.parametrize("delay", [0.0, 0.1])
def test_score__survives_workers_that_are_killed(delay: float) -> None:
    from loky import get_reusable_executor

    env = make_vec(PYTHON, workers=2)
    problems = [env.process.problems[index % 3] for index in range(150)]
    lists = [[*b"    return result\n", 257]] * len(problems)
    expected = env.score(problems, lists)
    pids = list(get_reusable_executor(max_workers=2, timeout=120)._processes)
    killer = threading.Timer(delay, lambda: [os.kill(pid, signal.SIGKILL) for pid in pids])
    killer.start()
    if not delay:
        killer.join()
    assert data_equivalence(env.score(problems, lists), expected, exact=True)
    killer.join()


@pytest.mark.slow
@pytest.mark.parametrize("env_id", REAL)
def test_real_score__equals_stepping_on_random_problems(env_id: str) -> None:
    """Nine problems of each task and language, 216 in all, written like an expert who mistypes now and then."""
    env = gym.make_vec(env_id, 1)
    single = gym.make(env_id).unwrapped
    assert isinstance(env, CodeVectorEnv) and isinstance(single, TokenEnv)
    vocabulary = single.process.vocabulary
    legal = np.flatnonzero(vocabulary.legal)
    random = np.random.default_rng(17)
    problems, lists, stepped = [], [], []
    for number in range(9):
        single.reset(seed=number)
        problems.append(single.episode.assignment.problem)
        expert = np.array(single.episode.assignment.reference_ids)
        rows: list[dict[str, float]] = []
        terminated = False
        while not terminated:
            wrong = random.random(len(expert)) < random.choice([0.0, 0.02, 0.2])
            for token in [*np.where(wrong, random.choice(legal, len(expert)), expert).tolist(), vocabulary.end_id]:
                _, _, terminated, truncated, info = single.step(token)
                assert not truncated
                rows.append(info["reward_terms"])
                if terminated or "grade" in info:
                    break
        lists.append(list(single.episode.tokens))
        stepped.append(rows)
    for terms, rows in zip(env.score(problems, lists), stepped, strict=True):
        for name, values in terms.items():
            np.testing.assert_allclose(values, [row[name] for row in rows], rtol=0, atol=1e-9)
