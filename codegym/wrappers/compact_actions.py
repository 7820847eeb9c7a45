"""A small action set: the tokens that programs are mostly made of, and enough others to write any program."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, SupportsFloat, SupportsIndex, final

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from gymnasium.utils import RecordConstructorArgs
from numpy.typing import NDArray

from codegym.envs import Observation, TokenEnv
from codegym.envs.episode import checked_token
from codegym.envs.process import DecisionProcess
from codegym.errors import ConfigurationError
from codegym.wrappers.grammar_mask import GrammarMask, mask_below

_PRINTABLE = frozenset(bytes([byte]) for byte in (*range(0x20, 0x7F), 0x09, 0x0A))


def frequent_tokens(process: DecisionProcess, count: int = 512, problems: int = 1_000) -> NDArray[np.int64]:
    """Returns a small set of tokens with which any program in printable ASCII can be written, sorted by id.

    It holds the end token, every token that is one printable character (or a tab or a line feed), and the tokens that
    the experts' answers to the first problems use most.

    Args:
        process: Whose problems, tokenizer and task these are.
        count: Number of tokens.
        problems: How many problems are looked at, from the first; fewer if there are fewer.

    Raises:
        ConfigurationError: `count` is too small for the characters and the end token.
    """
    vocabulary = process.vocabulary
    needed = {vocabulary.end_id} | {
        token for token in range(vocabulary.vocabulary_size) if vocabulary.token_bytes(token) in _PRINTABLE
    }
    if count < len(needed):
        raise ConfigurationError(f"count is {count}; the end token and single characters alone are {len(needed)}.")
    size = process.problems.size
    used: Counter[int] = Counter()
    for index in range(problems if size is None else min(problems, size)):
        used.update(process.tokenizer.encode(process.problems[index].reference))
    ranked = sorted(
        (token for token in used if vocabulary.legal[token] and token not in needed),
        key=lambda token: (-used[token], token),
    )
    return np.array(sorted([*needed, *ranked[: count - len(needed)]]), np.int64)


def checked_tokens(process: DecisionProcess, tokens: Sequence[int] | NDArray[np.integer[Any]]) -> NDArray[np.int64]:
    """Returns tokens as an array, or raises ConfigurationError if they are no set of tokens with the end token."""
    array = np.asarray(tokens)
    size = process.vocabulary.vocabulary_size
    if array.ndim != 1 or not len(array) or not np.issubdtype(array.dtype, np.integer):
        raise ConfigurationError("tokens must be a list of token ids.")
    if array.min() < 0 or array.max() >= size or len(np.unique(array)) != len(array):
        raise ConfigurationError(f"tokens must be different ids from 0 to {size - 1}.")
    if process.vocabulary.end_id not in array:
        raise ConfigurationError(f"tokens must hold the end token, {process.vocabulary.end_id}, or no program can end.")
    return array.astype(np.int64)


@final
class CompactActions(gym.Wrapper[Observation, SupportsIndex, Observation, SupportsIndex], RecordConstructorArgs):
    """Offers only some tokens as actions, for algorithms that cannot afford a whole vocabulary.

    Action i is the token `tokens[i]`; observations hold token ids as before. sb3-contrib's `MaskablePPO`, for one,
    stores a float for each action of each step: 2,048 steps of 8 environments are 2.1 GB with 32,100 tokens, and 34 MB
    with 512.

    Args:
        env: A `TokenEnv`, possibly wrapped.
        tokens: The ids of the tokens, the end token among them; None: `frequent_tokens` of the environment.

    Attributes:
        tokens: (n,) int64, the token of each action.

    Raises:
        ConfigurationError: The environment is not a `TokenEnv`, or the tokens do not make sense.
    """

    def __init__(
        self, env: gym.Env[Observation, SupportsIndex], tokens: Sequence[int] | NDArray[np.int64] | None = None
    ) -> None:
        RecordConstructorArgs.__init__(self, tokens=tokens)
        super().__init__(env)
        inner = env.unwrapped
        if not isinstance(inner, TokenEnv):
            raise ConfigurationError(f"CompactActions wraps a TokenEnv, not {type(inner).__name__}.")
        self._inner = inner
        self.tokens = checked_tokens(inner.process, frequent_tokens(inner.process) if tokens is None else tokens)
        self.action_space = spaces.Discrete(len(self.tokens))

    def step(self, action: SupportsIndex) -> tuple[Observation, SupportsFloat, bool, bool, dict[str, Any]]:
        """Writes the token that an action stands for.

        Raises:
            InvalidActionError: `action` is not an integer of the action space.
        """
        return self.env.step(int(self.tokens[checked_token(action, len(self.tokens))]))

    def action_masks(self) -> NDArray[np.bool_]:
        """Returns which actions stand for tokens that can be part of the program, (n,), in a fresh array.

        A `GrammarMask` below is followed as far as it leaves one of the actions.
        """
        mask: NDArray[np.bool_] = (mask_below(self.env, GrammarMask) or self._inner).action_masks()[self.tokens]
        return mask if mask.any() else self._inner.action_masks()[self.tokens]
