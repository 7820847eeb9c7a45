"""What the contract tests share: each registered environment with fakes, and a short random play."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

import codegym
from codegym.envs import Observation, TokenEnv
from codegym.testing import FakeJudge, byte_tokenizer, tiny_problems

ALL_IDS = codegym.env_ids()
_LANGUAGES = ("C", "CSharp", "Cpp", "Java", "PHP", "Python")
ENV_IDS = [
    env_id
    for env_id in ALL_IDS
    if not env_id.startswith("CodeTranslation")
    or any(env_id == f"CodeTranslation-{one}-{_LANGUAGES[at - 1]}-v0" for at, one in enumerate(_LANGUAGES))
]
"""Each task with each language, and each language once as what is translated from and once as what is written."""

REAL = [pytest.param(env_id, marks=pytest.mark.needs_javac if "Java" in env_id else ()) for env_id in ENV_IDS]


def fakes(env_id: str, **changes: Any) -> dict[str, Any]:
    language = gym.spec(env_id).kwargs["language"]
    return {
        "problems": tiny_problems(language),
        "tokenizer": byte_tokenizer(),
        "judge": FakeJudge(),
        "source_tokens": 128,
        **changes,
    }


def make(env_id: str, **changes: Any) -> TokenEnv:
    env = gym.make(env_id, **fakes(env_id, **changes)).unwrapped
    assert isinstance(env, TokenEnv)
    return env


class FixedScorer:
    """A reference, or a policy, that finds every token equally likely."""

    def log_prob(self, observation: Observation, action: int) -> float:
        return -2.0 - action / 1000 - int(observation["target_mask"].sum()) / 100


def play(env: gym.Env[Any, Any], seed: int, length: int = 40) -> Iterator[Any]:
    random = np.random.default_rng(seed)
    yield env.reset(seed=seed)
    for _ in range(length):
        step = env.step(int(random.integers(256)))
        yield step
        if step[2] or step[3]:
            yield env.reset()


def digest_of_play(env_id: str) -> str:
    """Returns a digest of everything that an environment said in a short play."""
    steps = list(play(make(env_id, reference=FixedScorer()), seed=11))
    return hashlib.sha256(json.dumps(steps, default=lambda array: array.tolist()).encode()).hexdigest()
