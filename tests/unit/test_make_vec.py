"""From an id to the vector environment that scores whole programs."""

from __future__ import annotations

import gymnasium as gym
import pytest

from codegym.envs import CodeVectorEnv, make_vec
from codegym.errors import ConfigurationError
from codegym.testing import FakeJudge


def test_make_vec__makes_what_gymnasium_makes() -> None:
    env = make_vec("CodeCompletion-Python-v0", 2, judge=FakeJudge(), target_tokens=4)
    theirs = gym.make_vec("CodeCompletion-Python-v0", 2, "vector_entry_point", judge=FakeJudge(), target_tokens=4)
    assert isinstance(env, CodeVectorEnv)
    assert env.num_envs == 2
    assert env.observation_space == theirs.observation_space
    assert make_vec(env) is env


def test_make_vec__says_what_it_cannot_take() -> None:
    env = make_vec("CodeCompletion-Python-v0", judge=FakeJudge())
    with pytest.raises(ConfigurationError, match="does not take one of colour"):
        make_vec("CodeCompletion-Python-v0", colour="red")
    with pytest.raises(ConfigurationError, match=r"\(split\) are for an environment id"):
        make_vec(env, split="test")
    with pytest.raises(ConfigurationError, match="not a token-level code environment"):
        make_vec("CartPole-v1")
