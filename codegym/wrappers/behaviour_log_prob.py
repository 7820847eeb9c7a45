"""Hands the acting policy's log-probabilities to the environment."""

from __future__ import annotations

from typing import Any, Protocol, SupportsFloat, SupportsIndex, final

import gymnasium as gym
from gymnasium.error import ResetNeeded
from gymnasium.utils import RecordConstructorArgs

from codegym.envs import Observation, TokenEnv
from codegym.envs.episode import checked_token
from codegym.errors import ConfigurationError


class Policy(Protocol):
    """Whoever acts."""

    def log_prob(self, observation: Observation, action: int) -> float:
        """Returns `log pi(action | observation)` in nats."""


@final
class BehaviourLogProb(gym.Wrapper[Observation, SupportsIndex, Observation, SupportsIndex], RecordConstructorArgs):
    """Asks a policy how likely each action was, so that the KL term is exact.

    Args:
        env: A `TokenEnv`, possibly wrapped.
        policy: Whoever acts, as it is while it acts.

    Raises:
        ConfigurationError: The environment is not a `TokenEnv`.
    """

    def __init__(self, env: gym.Env[Observation, SupportsIndex], policy: Policy) -> None:
        RecordConstructorArgs.__init__(self, _disable_deepcopy=True, policy=policy)
        super().__init__(env)
        inner = env.unwrapped
        if not isinstance(inner, TokenEnv):
            raise ConfigurationError(f"BehaviourLogProb wraps a TokenEnv, not {type(inner).__name__}.")
        self._inner = inner
        self._policy = policy
        self._observation: Observation | None = None

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Starts an episode."""
        self._observation, info = self.env.reset(seed=seed, options=options)
        return self._observation, info

    def step(self, action: SupportsIndex) -> tuple[Observation, SupportsFloat, bool, bool, dict[str, Any]]:
        """Writes one token, with its log-probability under the policy.

        Raises:
            InvalidActionError: `action` is not an integer of the action space.
            ResetNeeded: There is no episode yet.
        """
        if self._observation is None:
            raise ResetNeeded("There is no episode yet: call reset() first.")
        token = checked_token(action, self._inner.process.vocabulary.vocabulary_size)
        self._inner.hand_over(self._policy.log_prob(self._observation, token))
        self._observation, reward, terminated, truncated, info = self.env.step(action)
        return self._observation, reward, terminated, truncated, info
