"""RLlib's view of the environments, and its PPO on one of them."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from codegym.errors import ConfigurationError
from codegym.testing import FakeJudge
from codegym.wrappers import frequent_tokens

ENV = "CodeCompletion-Python-v0"
SMALL = {"source_tokens": 32, "target_tokens": 4, "judge": FakeJudge()}
WHY = "RLlib is not installed: pip install 'codegym[rllib]'"
OVERLAY = Path(sys.prefix, "overlays", "rllib")
"""The Gymnasium that RLlib asks for, to be put before the one that all others use; `scripts/setup` makes it."""


def test_make_env__shows_the_mask_beside_the_observation(monkeypatch: pytest.MonkeyPatch) -> None:
    rllib = pytest.importorskip("codegym.adapters.rllib", reason=WHY, exc_type=ImportError)
    monkeypatch.setattr(rllib, "frequent_tokens", partial(frequent_tokens, problems=10))
    env = rllib.make_env(ENV, {**SMALL, "compact_actions": 120})
    observation, _ = env.reset(seed=0)
    assert env.action_space.n == 120
    assert env.observation_space.contains(observation)
    assert np.array_equal(observation["action_mask"], env.get_wrapper_attr("action_masks")())
    monkeypatch.delattr(rllib, "frequent_tokens")  # the next one is made with the same tokens
    assert rllib.make_env(ENV, {**SMALL, "compact_actions": 120}).action_space.n == 120
    for _ in range(4):
        action = int(np.flatnonzero(observation["action_mask"])[-1])
        observation, _, terminated, truncated, info = env.step(action)
        assert env.observation_space.contains(observation)
        if terminated:
            break
    assert (terminated, truncated, info["reward_valid"]) == (True, False, True)


def test_make_env__offers_the_whole_vocabulary_if_not_asked() -> None:
    rllib = pytest.importorskip("codegym.adapters.rllib", reason=WHY, exc_type=ImportError)
    env = rllib.make_env(ENV, SMALL)
    assert env.action_space.n == env.unwrapped.process.vocabulary.vocabulary_size
    with pytest.raises(ConfigurationError, match="count is 3"):
        rllib.make_env(ENV, {**SMALL, "compact_actions": 3})


@pytest.mark.needs_torch
@pytest.mark.parametrize("overlay", [OVERLAY, pytest.param(None, marks=pytest.mark.slow)])
def test_example__learns_for_two_iterations(overlay: Path | None) -> None:
    if not OVERLAY.is_dir():
        pytest.skip(WHY)
    script = Path(__file__).parents[2] / "examples" / "rllib_ppo.py"
    environment = os.environ | {"RAY_USAGE_STATS_ENABLED": "0"} | ({"PYTHONPATH": str(overlay)} if overlay else {})
    command = [sys.executable, str(script), "--env-id", ENV, "--tiny"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Iteration 2: return " in done.stdout
    assert "nan" not in done.stdout
