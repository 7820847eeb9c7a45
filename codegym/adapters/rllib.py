"""RLlib: every environment under its own id, with the action mask where RLlib's action-masking modules look for it.

    from codegym.adapters import rllib

    rllib.register()
    config = PPOConfig().environment("CodeCompletion-Python-v0", env_config={"compact_actions": 256})

RLlib asks for gymnasium 1.2.2, which `pip install 'codegym[rllib]'` brings: codegym works with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final, SupportsFloat, SupportsIndex, final

import gymnasium as gym
import numpy as np
from codegym_registry import env_ids
from gymnasium import spaces
from numpy.typing import NDArray

from codegym.adapters.peer import peer
from codegym.errors import ConfigurationError
from codegym.wrappers import CompactActions, frequent_tokens

TESTED: Final = "2.60.0"

peer("ray.tune.registry", "register_env", package="ray", tested=TESTED, extra="rllib")

from ray.tune.registry import register_env  # noqa: E402  # only where the hooks are there


def register() -> None:
    """Makes every id of codegym known to RLlib, which passes `env_config` to `make_env`."""
    for env_id in env_ids():
        register_env(env_id, partial(make_env, env_id))


def make_env(env_id: str, config: Mapping[str, Any] | None = None) -> MaskedObservations:
    """Returns an environment for RLlib.

    Args:
        env_id: The environment's id.
        config: What `gym.make` takes for it and, under `compact_actions`, how many tokens are offered as actions: the
            most frequent ones. Without it the whole vocabulary is.

    Raises:
        ConfigurationError: The options do not make sense, or `compact_actions` is too small.
    """
    options = dict(config or {})
    count = options.pop("compact_actions", None)
    env: gym.Env[Any, Any] = gym.make(env_id, disable_env_checker=True, **options)
    if count is not None:
        env = CompactActions(env, _offered(env_id, env, options, count))
    return MaskedObservations(env)


_chosen: dict[tuple[str, int], tuple[dict[str, Any], NDArray[np.int64]]] = {}
"""The tokens that were chosen last, and for which options: a process of RLlib makes many environments alike."""


def _offered(env_id: str, env: gym.Env[Any, Any], options: dict[str, Any], count: int) -> NDArray[np.int64]:
    """Returns the tokens that are offered as actions; choosing them takes seconds, and is done once."""
    made_for, tokens = _chosen.get((env_id, count), (None, None))
    if tokens is None or made_for != options:
        tokens = frequent_tokens(env.unwrapped.process, count)  # type: ignore[attr-defined]
        _chosen[env_id, count] = options, tokens
    return tokens


@final
class MaskedObservations(gym.Wrapper[dict[str, Any], SupportsIndex, Any, SupportsIndex]):
    """Shows which actions can be part of the program beside what is observed.

    Observations are `{"action_mask": (n,) float32, "observations": ...}`, as RLlib's own masking modules have them.

    Args:
        env: An environment with `action_masks()`.

    Raises:
        ConfigurationError: The environment has no masks.
    """

    def __init__(self, env: gym.Env[Any, SupportsIndex]) -> None:
        super().__init__(env)
        try:
            self._masks = env.get_wrapper_attr("action_masks")
        except AttributeError as error:
            raise ConfigurationError(f"MaskedObservations needs action_masks(), which {env} lacks.") from error
        if not isinstance(env.action_space, spaces.Discrete):
            raise ConfigurationError(f"The actions are {env.action_space}, and not Discrete.")
        mask = spaces.Box(0.0, 1.0, (int(env.action_space.n),), np.float32)
        self.observation_space = spaces.Dict({"action_mask": mask, "observations": env.observation_space})

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Starts an episode."""
        observation, info = self.env.reset(seed=seed, options=options)
        return self._masked(observation), info

    def step(self, action: SupportsIndex) -> tuple[dict[str, Any], SupportsFloat, bool, bool, dict[str, Any]]:
        """Writes one token."""
        observation, reward, terminated, truncated, info = self.env.step(action)
        return self._masked(observation), reward, terminated, truncated, info

    def _masked(self, observation: Any) -> dict[str, Any]:
        return {"action_mask": self._masks().astype(np.float32), "observations": observation}
