"""What the tests of games share: each game with fakes, texts that are written to its end, and random play."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pettingzoo

import codegym.multiagent  # noqa: F401  # registers the ids
from codegym.multiagent import TokenAECEnv
from codegym.problems.base import InMemoryProblems
from codegym.testing import FakeJudge, byte_tokenizer, tiny_problems
from codegym.types import Problem, TestCase

CODER_TESTER = "CoderTester-Python-v0"
ROUND_TRIP = "RoundTripTranslation-C-Python-v0"
PAIR = "PairProgramming-Python-v0"
FAMILIES = (CODER_TESTER, ROUND_TRIP, PAIR)


DOUBLE = Problem(
    id="test://double",
    language="python",
    reference="number = int(input())\nprint(number * 2)\n",
    tests=(TestCase("1\n", "2\n"), TestCase("3\n", "6\n")),
    statement="Read an integer and print it times two.",
    sources={
        "c": '#include <stdio.h>\n\nint main(void) {\n    int n;\n    scanf("%d", &n);\n    printf("%d\\n", n * 2);\n'
        "    return 0;\n}\n"
    },
)


def digits_only(problem: Problem, inputs: Sequence[str]) -> list[str | None]:
    """An oracle: lines of one number are valid, and a right program repeats them."""
    return [stdin if stdin.strip().isdigit() else None for stdin in inputs]


def problems(language: str) -> InMemoryProblems:
    """Returns tiny problems that have a test."""
    tiny = tiny_problems(language)
    tested = tuple(dataclasses.replace(one, tests=(TestCase("1\n", "1\n"),)) for one in tiny.problems)
    return dataclasses.replace(tiny, problems=tested)


def only(problem: Problem) -> InMemoryProblems:
    return dataclasses.replace(tiny_problems(problem.language), problems=(problem,))


def fakes(env_id: str, **changes: Any) -> dict[str, Any]:
    language = pettingzoo.spec("aec", env_id).kwargs["language"]
    own = {"oracle": digits_only} if env_id.startswith("CoderTester") else {}
    return {
        "problems": problems(language),
        "tokenizer": byte_tokenizer(),
        "judge": FakeJudge(),
        "source_tokens": 64,
        "target_tokens": 24,
        **own,
        **changes,
    }


def aec(env_id: str, **changes: Any) -> Any:
    return pettingzoo.make("aec", env_id, **fakes(env_id, **changes))


def parallel(env_id: str, **changes: Any) -> Any:
    return pettingzoo.make("parallel", env_id, **fakes(env_id, **changes))


def write(env: Any, text: str | bytes, *, end: bool = True) -> list[str]:
    """Writes a text with whoever's turn it is, and the end token if asked to; returns who wrote each token."""
    inner = env.unwrapped
    assert isinstance(inner, TokenAECEnv)
    process = inner.game.process
    if isinstance(text, bytes):
        text = text.decode()
    authors = []
    for token in [*process.tokenizer.encode(text), *([process.vocabulary.end_id] if end else [])]:
        authors.append(env.agent_selection)
        env.step(token)
    return authors


def results(env: Any) -> dict[str, dict[str, Any]]:
    """Takes all agents out of a game that is over, and returns what each was told last, with its reward and flags."""
    told = {}
    for agent in list(env.agents):
        assert env.agent_selection == agent
        _, reward, terminated, truncated, info = env.last()
        assert abs(sum(info["reward_terms"].values()) - reward) < 1e-9
        told[agent] = {**info, "reward": reward, "terminated": terminated, "truncated": truncated}
        env.step(None)
    assert not env.agents
    return told


def play(env: Any, seed: int, games: int = 2) -> list[Any]:
    """Plays games of random bytes, and returns everything that was said."""
    said: list[Any] = []
    random = np.random.default_rng(seed)
    for number in range(games):
        env.reset(seed=seed if number == 0 else None)
        for agent in env.agent_iter():
            observation, reward, terminated, truncated, info = env.last()
            said.append((agent, observation, reward, terminated, truncated, info))
            env.step(None if terminated or truncated else int(random.integers(258)))
    return said


def digest_of_play(env_id: str) -> str:
    text = json.dumps(play(aec(env_id), seed=7), default=lambda array: array.tolist())
    return hashlib.sha256(text.encode()).hexdigest()
