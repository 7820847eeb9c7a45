"""An action mask from the grammar, for many environments at once."""

from __future__ import annotations

from typing import Any, final

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from codegym.envs import CodeVectorEnv
from codegym.errors import ConfigurationError
from codegym.wrappers.grammar_mask import guide_of
from codegym.wrappers.vector.wrapper import VectorWrapper


@final
class GrammarMask(VectorWrapper):
    """Masks tokens that no program can go on with: see `codegym.wrappers.GrammarMask`.

    Args:
        env: A `CodeVectorEnv`, possibly wrapped, whose actions are the tokens of the vocabulary.

    Raises:
        ConfigurationError: The environment is not a `CodeVectorEnv`, its actions are not all tokens, or nobody has told
            what the lexemes of its language look like.
    """

    def __init__(self, env: gym.vector.VectorEnv[Any, Any, Any]) -> None:
        super().__init__(env)
        inner = env.unwrapped
        if not isinstance(inner, CodeVectorEnv):
            raise ConfigurationError(f"GrammarMask wraps a CodeVectorEnv, not {type(inner).__name__}.")
        self._inner = inner
        self._guide = guide_of(inner.process, env.single_action_space)

    def action_masks(self) -> NDArray[np.bool_]:
        """Returns which tokens can be part of each program, (num_envs, vocabulary_size), in a fresh array."""
        episodes = self._inner.episodes
        return np.stack([self._guide.mask(one) for one in episodes]) if episodes else self._inner.action_masks()
