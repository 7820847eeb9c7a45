"""The k most likely tokens as actions, for many environments at once."""

from __future__ import annotations

from typing import Any, Protocol, final

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from gymnasium.error import ResetNeeded
from gymnasium.vector.utils import batch_space
from numpy.typing import ArrayLike, NDArray

from codegym.envs import CodeVectorEnv, Observation
from codegym.envs.vector import checked_actions
from codegym.errors import ConfigurationError
from codegym.wrappers.grammar_mask import mask_below
from codegym.wrappers.top_k_actions import FullPolicy, offering_space, top_k
from codegym.wrappers.vector.grammar_mask import GrammarMask
from codegym.wrappers.vector.wrapper import VectorWrapper


class BatchedPolicy(Protocol):
    """A policy that tells how likely it finds every token, for many observations at once."""

    def batched_log_probs(self, observations: Observation) -> NDArray[np.floating[Any]]:
        """Returns `log pi(. | observation)` in nats, (N, vocabulary_size), for observations with a leading axis."""


@final
class TopKActions(VectorWrapper):
    """Lets agents choose among the k most likely tokens: see `codegym.wrappers.TopKActions`.

    The observations hold `actions` (N, k) and `action_log_probs` (N, k) beside what they held before; so does
    `infos["final_obs"]`, where the tokens are those of a step that is not made any more.

    Args:
        env: A `CodeVectorEnv`, possibly wrapped.
        policy: The reference policy; asked for all observations at once if it has `batched_log_probs`.
        k: Number of actions.

    Raises:
        ConfigurationError: The environment is not a `CodeVectorEnv`, or `k` is no number of tokens.
    """

    def __init__(
        self,
        env: gym.vector.VectorEnv[Any, Any, Any],
        policy: FullPolicy | BatchedPolicy,
        k: int = 5,
    ) -> None:
        super().__init__(env)
        inner = env.unwrapped
        if not isinstance(inner, CodeVectorEnv):
            raise ConfigurationError(f"TopKActions wraps a CodeVectorEnv, not {type(inner).__name__}.")
        self.single_observation_space = offering_space(inner.process, k)
        self._legal = inner.process.vocabulary.legal
        self._policy, self._k = policy, k
        self._grammar_mask = mask_below(env, GrammarMask)
        self._tokens: NDArray[np.int64] | None = None
        self._log_probs = np.zeros((self.num_envs, k))
        self.single_action_space = spaces.Discrete(k)
        self.action_space = batch_space(self.single_action_space, self.num_envs)
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)

    def reset(
        self, *, seed: Any = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Starts N episodes."""
        observations, infos = self.env.reset(seed=seed, options=options)
        return self._offer(observations), infos

    def step(
        self, actions: ArrayLike
    ) -> tuple[dict[str, NDArray[Any]], NDArray[Any], NDArray[Any], NDArray[Any], dict[str, Any]]:
        """Writes the tokens that actions stand for.

        Raises:
            InvalidActionError: The actions are not N integers from 0 to k - 1.
            ResetNeeded: `reset` has not been called.
        """
        if self._tokens is None:
            raise ResetNeeded("There are no episodes yet: call reset() first.")
        chosen = checked_actions(actions, self.num_envs, self._k)
        tokens = self._tokens[np.arange(self.num_envs), chosen]
        observations, rewards, terminations, truncations, infos = self.env.step(tokens)
        for last in infos.get("final_obs", ()):
            if last is not None:
                offered, log_probs = self._choose({name: part[None] for name, part in last.items()})
                last["actions"], last["action_log_probs"] = offered[0], log_probs[0].astype(np.float32)
        return self._offer(observations), rewards, terminations, truncations, infos

    def action_masks(self) -> NDArray[np.bool_]:
        """Returns which of the k actions stand for a possible token, (N, k)."""
        return np.isfinite(self._log_probs)

    def _offer(self, observations: Any) -> dict[str, NDArray[Any]]:
        """Chooses the tokens of the next step, and shows them."""
        legal = None if self._grammar_mask is None else self._grammar_mask.action_masks()
        self._tokens, self._log_probs = self._choose(observations, legal)
        return {
            **observations,
            "actions": self._tokens.copy(),
            "action_log_probs": self._log_probs.astype(np.float32),
        }

    def _choose(
        self, observations: Any, legal: NDArray[np.bool_] | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        count = len(observations["source"])
        if hasattr(self._policy, "batched_log_probs"):
            rows = self._policy.batched_log_probs(observations)
        else:
            rows = np.stack(
                [
                    self._policy.log_probs({name: part[place] for name, part in observations.items()})  # type: ignore[arg-type]  # a TypedDict
                    for place in range(count)
                ]
            )
        allowed = [self._legal] * count if legal is None else legal
        chosen = [top_k(row, mask, self._k) for row, mask in zip(rows, allowed, strict=True)]
        return np.stack([tokens for tokens, _ in chosen]), np.stack([log_probs for _, log_probs in chosen])
