"""An action mask from the grammar: tokens that no program can go on with are masked."""

from __future__ import annotations

from typing import Any, SupportsFloat, SupportsIndex, final

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from gymnasium.utils import RecordConstructorArgs
from numpy.typing import NDArray

from codegym.envs import Observation, TokenEnv
from codegym.envs.grammar import GrammarGuide
from codegym.envs.process import DecisionProcess
from codegym.errors import ConfigurationError


def guide_of(process: DecisionProcess, action_space: gym.Space[Any]) -> GrammarGuide:
    """Returns who says which tokens the programs of a process can go on with.

    Raises:
        ConfigurationError: An action is not one token of the vocabulary.
    """
    size = process.vocabulary.vocabulary_size
    if not isinstance(action_space, spaces.Discrete) or action_space.n != size:
        raise ConfigurationError(
            f"GrammarMask masks the {size} tokens of the vocabulary, and the actions are {action_space}. Put it right "
            "around the environment; wrappers that offer other actions go around it, and follow its mask."
        )
    return GrammarGuide(process.vocabulary, process.text_mask)


@final
class GrammarMask(gym.Wrapper[Observation, SupportsIndex, Observation, SupportsIndex], RecordConstructorArgs):
    """Masks tokens that no program of the language can go on with, as its grammar says.

    `action_masks()` allows a part of what the environment's own allows: the tokens after which some program could still
    follow, and the end token where the program could end, with the text behind the hole if there is one. A valid
    continuation is never masked. Where the program cannot be continued any more, which only a masked token can lead to,
    or where nothing else is left, everything is allowed that the environment allows. Masked tokens can be written
    nevertheless. `CompactActions` and `TopKActions` around this wrapper follow its mask. Details: docs/grammar_mask.md.

    Args:
        env: A `TokenEnv`, possibly wrapped, whose actions are the tokens of the vocabulary.

    Raises:
        ConfigurationError: The environment is not a `TokenEnv`, its actions are not all tokens, or nobody has told what
            the lexemes of its language look like.
    """

    def __init__(self, env: gym.Env[Observation, SupportsIndex]) -> None:
        RecordConstructorArgs.__init__(self)
        super().__init__(env)
        inner = env.unwrapped
        if not isinstance(inner, TokenEnv):
            raise ConfigurationError(f"GrammarMask wraps a TokenEnv, not {type(inner).__name__}.")
        self._inner = inner
        self._guide = guide_of(inner.process, env.action_space)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Starts an episode."""
        observation, info = self.env.reset(seed=seed, options=options)
        self._guide.start(self._inner.episode.assignment)  # says at once if there is no grammar
        return observation, info

    def step(self, action: SupportsIndex) -> tuple[Observation, SupportsFloat, bool, bool, dict[str, Any]]:
        """Writes one token, masked or not."""
        return self.env.step(action)

    def action_masks(self) -> NDArray[np.bool_]:
        """Returns which tokens can be part of a program as it stands, (vocabulary_size,), in a fresh array.

        Raises:
            ResetNeeded: There is no episode yet.
        """
        return self._guide.mask(self._inner.episode)

    def fork(self) -> GrammarMask:
        """Returns an independent environment in the same state, with this mask and without other wrappers."""
        twin = GrammarMask(self._inner.fork())
        twin._guide = self._guide
        return twin


def mask_below(env: Any, *kinds: type[Any]) -> Any:
    """Returns the nearest wrapper of these kinds around an environment, None where there is none."""
    while env is not None and not isinstance(env, kinds):
        env = getattr(env, "env", None)
    return env
