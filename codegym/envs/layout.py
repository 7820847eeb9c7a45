"""What an observation looks like: the one description that spaces, types, arrays and docs come from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import TypedDict

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from codegym.errors import ConfigurationError


class Observation(TypedDict):
    """What a policy sees; a batch of N has a leading axis of N."""

    source: NDArray[np.int64]
    """(source_tokens,) token ids of the prompt, padded on the right."""
    source_mask: NDArray[np.int64]
    """(source_tokens,) 1 where there is a token, 0 where there is padding."""
    target: NDArray[np.int64]
    """(target_tokens,) token ids written so far, padded on the right."""
    target_mask: NDArray[np.int64]
    """(target_tokens,) 1 where there is a token, 0 where there is padding."""


@dataclass(frozen=True)
class ObservationLayout:
    """Shapes and bounds of an observation.

    Attributes:
        source_tokens: Length of the prompt's arrays; a longer prompt keeps its last tokens.
        target_tokens: Length of the answer's arrays, which is also the budget of an episode.
        vocabulary_size: Number of token ids.
        pad_id: Token id that fills the arrays up.

    Raises:
        ConfigurationError: A size is not positive, or the padding token is outside of the vocabulary.
    """

    source_tokens: int
    target_tokens: int
    vocabulary_size: int
    pad_id: int

    def __post_init__(self) -> None:
        for field in fields(self)[:2]:
            if getattr(self, field.name) < 1:
                raise ConfigurationError(f"{field.name} is {getattr(self, field.name)}; give at least 1.")
        if self.vocabulary_size < 2 or not 0 <= self.pad_id < self.vocabulary_size:
            raise ConfigurationError(
                f"Padding token {self.pad_id} does not fit a vocabulary of {self.vocabulary_size} tokens."
            )

    @cached_property
    def space(self) -> spaces.Dict:
        """The flat Gymnasium space: int64 boxes, never one-hot encoded by anybody."""
        return spaces.Dict(
            {
                "source": self._box(self.source_tokens, self.vocabulary_size - 1),
                "source_mask": self._box(self.source_tokens, 1),
                "target": self._box(self.target_tokens, self.vocabulary_size - 1),
                "target_mask": self._box(self.target_tokens, 1),
            }
        )

    def clip(self, source_ids: Sequence[int]) -> Sequence[int]:
        """Returns the part of a prompt that a policy sees: its last `source_tokens` tokens."""
        return source_ids[-self.source_tokens :]

    def blank(self, *batch: int) -> Observation:
        """Returns fresh arrays of padding, with the given leading axes."""
        return Observation(
            source=np.full((*batch, self.source_tokens), self.pad_id, np.int64),
            source_mask=np.zeros((*batch, self.source_tokens), np.int64),
            target=np.full((*batch, self.target_tokens), self.pad_id, np.int64),
            target_mask=np.zeros((*batch, self.target_tokens), np.int64),
        )

    def observe(self, source_ids: Sequence[int], target_ids: Sequence[int]) -> Observation:
        """Returns a fresh observation of a prompt and of the tokens written so far."""
        source = self.clip(source_ids)
        observation = self.blank()
        observation["source"][: len(source)] = source
        observation["source_mask"][: len(source)] = 1
        observation["target"][: len(target_ids)] = target_ids
        observation["target_mask"][: len(target_ids)] = 1
        return observation

    def table(self) -> str:
        """Returns the Markdown table of the documentation."""
        documented = {
            "source": "token ids of the prompt",
            "source_mask": "1 where the prompt has a token",
            "target": "token ids written so far",
            "target_mask": "1 where a token has been written",
        }
        rows = [
            f"| `{name}` | `{box.shape}` | `{box.dtype}` | 0 to {box.high.max()} | {documented[name]} |"
            for name, box in self.space.items()
            if isinstance(box, spaces.Box)
        ]
        return "\n".join(["| Key | Shape | Type | Range | Meaning |", "|---|---|---|---|---|", *rows])

    def _box(self, length: int, high: int) -> spaces.Box:
        return spaces.Box(0, high, (length,), np.int64)
