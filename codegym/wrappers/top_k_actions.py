"""The paper's action space: the k tokens that a reference policy finds most likely."""

from __future__ import annotations

from typing import Any, Protocol, SupportsFloat, SupportsIndex, final

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from gymnasium.error import ResetNeeded
from gymnasium.utils import RecordConstructorArgs
from numpy.typing import NDArray

from codegym.envs import Observation, TokenEnv
from codegym.envs.episode import checked_token
from codegym.envs.process import DecisionProcess
from codegym.errors import ConfigurationError
from codegym.wrappers.grammar_mask import GrammarMask, mask_below


class FullPolicy(Protocol):
    """A policy that tells how likely it finds every token; `codegym_agents.Seq2SeqPolicy` is one."""

    def log_probs(self, observation: Observation) -> NDArray[np.floating[Any]]:
        """Returns `log pi(. | observation)` in nats, (vocabulary_size,), -inf where a token is impossible."""


def top_k(
    log_probs: NDArray[np.floating[Any]], legal: NDArray[np.bool_], k: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Returns the k most likely legal tokens, most likely first, and their log-probabilities among themselves.

    Tokens that are equally likely come in the order of their ids. The log-probabilities are those of the policy given
    that it takes one of these tokens: `log pi(a) - log(sum of pi(b) over the k tokens)`. Where fewer than k tokens are
    possible, the last ones have -inf.

    Args:
        log_probs: (vocabulary_size,) in nats.
        legal: (vocabulary_size,) the tokens that may be taken.
        k: How many.

    Raises:
        ConfigurationError: No legal token is possible.
    """
    values = np.where(legal, np.asarray(log_probs, np.float64), -np.inf)
    order = np.lexsort((np.arange(len(values)), -values))[:k]
    best = values[order]
    if not np.isfinite(best[0]):
        raise ConfigurationError("The policy finds no legal token possible.")
    return order.astype(np.int64), best - np.logaddexp.reduce(best)


def offering_space(process: DecisionProcess, k: int) -> spaces.Dict:
    """Returns the observation space of environments that show k tokens to choose among.

    Raises:
        ConfigurationError: `k` is no number of tokens.
    """
    size = process.vocabulary.vocabulary_size
    if not 1 <= k <= size:
        raise ConfigurationError(f"k is {k}; give 1 to {size}, the size of the vocabulary.")
    return spaces.Dict(
        {
            **process.layout.space.spaces,
            "actions": spaces.Box(0, size - 1, (k,), np.int64),
            "action_log_probs": spaces.Box(-np.inf, 0.0, (k,), np.float32),
        }
    )


@final
class TopKActions(gym.Wrapper[Any, SupportsIndex, Any, SupportsIndex], RecordConstructorArgs):
    """Lets an agent choose among the k tokens that a reference policy finds most likely (PPOCoder: k = 5).

    Action i is the i-th most likely legal token. Which tokens these are, and how likely, is part of the observation:
    `actions` (k,) int64, and `action_log_probs` (k,) float32, renormalised over the k. An agent that samples from them
    follows the reference policy's top-k sampling exactly. Around a `GrammarMask` the tokens are the most likely ones of
    those that it leaves.

    Args:
        env: A `TokenEnv`, possibly wrapped.
        policy: The reference policy.
        k: Number of actions.

    Raises:
        ConfigurationError: The environment is not a `TokenEnv`, or `k` is no number of tokens.
    """

    def __init__(self, env: gym.Env[Observation, SupportsIndex], policy: FullPolicy, k: int = 5) -> None:
        RecordConstructorArgs.__init__(self, _disable_deepcopy=True, policy=policy, k=k)
        super().__init__(env)
        inner = env.unwrapped
        if not isinstance(inner, TokenEnv):
            raise ConfigurationError(f"TopKActions wraps a TokenEnv, not {type(inner).__name__}.")
        self.observation_space = offering_space(inner.process, k)
        self._inner = inner
        self._legal = inner.process.vocabulary.legal
        self._policy, self._k = policy, k
        self._grammar_mask = mask_below(env, GrammarMask)
        self._tokens: NDArray[np.int64] | None = None
        self._log_probs = np.zeros(k)
        self.action_space = spaces.Discrete(k)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Starts an episode."""
        observation, info = self.env.reset(seed=seed, options=options)
        return self._offer(observation), info

    def step(self, action: SupportsIndex) -> tuple[dict[str, NDArray[Any]], SupportsFloat, bool, bool, dict[str, Any]]:
        """Writes the token that an action stands for.

        Raises:
            InvalidActionError: `action` is not an integer from 0 to k - 1.
            ResetNeeded: There is no episode yet.
        """
        if self._tokens is None:
            raise ResetNeeded("There is no episode yet: call reset() first.")
        token = int(self._tokens[checked_token(action, self._k)])
        observation, reward, terminated, truncated, info = self.env.step(token)
        return self._offer(observation), reward, terminated, truncated, info

    def action_masks(self) -> NDArray[np.bool_]:
        """Returns which of the k actions stand for a possible token, (k,)."""
        return np.isfinite(self._log_probs)

    def _offer(self, observation: Any) -> dict[str, NDArray[Any]]:
        """Chooses the tokens of the next step, and shows them."""
        legal = self._legal
        if self._grammar_mask is not None and not self._inner.episode.over:
            legal = self._grammar_mask.action_masks()
        self._tokens, self._log_probs = top_k(self._policy.log_probs(observation), legal, self._k)
        return {
            **observation,
            "actions": self._tokens.copy(),
            "action_log_probs": self._log_probs.astype(np.float32),
        }
