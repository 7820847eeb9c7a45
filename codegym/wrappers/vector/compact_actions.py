"""A small action set for many environments at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, final

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from gymnasium.vector.utils import batch_space
from numpy.typing import ArrayLike, NDArray

from codegym.envs import CodeVectorEnv
from codegym.envs.vector import checked_actions
from codegym.errors import ConfigurationError
from codegym.wrappers.compact_actions import checked_tokens, frequent_tokens
from codegym.wrappers.grammar_mask import mask_below
from codegym.wrappers.vector.grammar_mask import GrammarMask
from codegym.wrappers.vector.wrapper import VectorWrapper


@final
class CompactActions(VectorWrapper):
    """Offers only some tokens as actions: see `codegym.wrappers.CompactActions`.

    Args:
        env: A `CodeVectorEnv`, possibly wrapped.
        tokens: The ids of the tokens, the end token among them; None: `frequent_tokens` of the environment.

    Attributes:
        tokens: (n,) int64, the token of each action.

    Raises:
        ConfigurationError: The environment is not a `CodeVectorEnv`, or the tokens do not make sense.
    """

    def __init__(
        self,
        env: gym.vector.VectorEnv[Any, Any, Any],
        tokens: Sequence[int] | NDArray[np.int64] | None = None,
    ) -> None:
        super().__init__(env)
        inner = env.unwrapped
        if not isinstance(inner, CodeVectorEnv):
            raise ConfigurationError(f"CompactActions wraps a CodeVectorEnv, not {type(inner).__name__}.")
        self._inner = inner
        self.tokens = checked_tokens(inner.process, frequent_tokens(inner.process) if tokens is None else tokens)
        self.single_action_space = spaces.Discrete(len(self.tokens))
        self.action_space = batch_space(self.single_action_space, self.num_envs)

    def step(self, actions: ArrayLike) -> tuple[Any, NDArray[Any], NDArray[Any], NDArray[Any], dict[str, Any]]:
        """Writes the tokens that actions stand for.

        Raises:
            InvalidActionError: The actions are not N integers of the action space.
        """
        return self.env.step(self.tokens[checked_actions(actions, self.num_envs, len(self.tokens))])

    def action_masks(self) -> NDArray[np.bool_]:
        """Returns which actions stand for tokens that can be part of each program, (N, n), in a fresh array.

        A `GrammarMask` below is followed as far as it leaves one of the actions.
        """
        own = self._inner.action_masks()[:, self.tokens]
        below = mask_below(self.env, GrammarMask)
        if below is None:
            return own
        masks = below.action_masks()[:, self.tokens]
        return np.where(masks.any(axis=1, keepdims=True), masks, own)
