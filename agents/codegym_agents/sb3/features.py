"""What small networks see of a program: the tokens that were read and written, as one vector."""

from __future__ import annotations

from typing import final

import torch
from gymnasium import spaces
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from torch import Tensor, nn

from codegym.errors import ConfigurationError

_UNLIKELY = -20.0
"""Stands for the log-probability of what is impossible."""


@final
class TokenFeatures(BaseFeaturesExtractor):
    """Embeds source and target: of each, the mean over all tokens and the last few in order.

    For `"MultiInputPolicy"` and `"MultiInputLstmPolicy"`, whose own extractor takes token ids for quantities. Where the
    environment offers tokens to choose among (`TopKActions`), these and their log-probabilities are seen as well.

    Args:
        observation_space: Space of the observations of an environment.
        features_dim: Length of the vector.
        embedding_dim: Width of the embeddings.
        window: How many of the last tokens are seen in order.

    Raises:
        ConfigurationError: The observations are not those of a token-level code environment.
    """

    def __init__(
        self, observation_space: spaces.Space[object], features_dim: int = 128, embedding_dim: int = 32, window: int = 8
    ) -> None:
        super().__init__(observation_space, features_dim)
        vocabulary_size, offered = _sizes(observation_space)
        self.window = window
        self.embedding = nn.Embedding(vocabulary_size, embedding_dim)
        width = 2 * (1 + window) * embedding_dim + offered * (embedding_dim + 1)
        self.projection = nn.Sequential(nn.Linear(width, features_dim), nn.ReLU())

    def forward(self, observations: dict[str, Tensor]) -> Tensor:
        """Returns (batch, features_dim) from arrays that SB3 has made floats of."""
        parts = [part for name in ("source", "target") for part in self._seen(*_real(observations, name))]
        if "actions" in observations:
            parts.append(self.embedding(observations["actions"].long()).flatten(1))
            parts.append(observations["action_log_probs"].clamp(min=_UNLIKELY))
        features: Tensor = self.projection(torch.cat(parts, dim=1))
        return features

    def _seen(self, tokens: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Returns the mean embedding (batch, width), and the last tokens' embeddings side by side."""
        embedded = self.embedding(tokens) * mask.unsqueeze(-1)
        count = mask.sum(dim=1, keepdim=True)
        mean = embedded.sum(dim=1) / count.clamp(min=1)
        places = count - 1 - torch.arange(self.window, device=tokens.device)
        known = (places >= 0).unsqueeze(-1)
        rows = torch.arange(len(tokens), device=tokens.device).unsqueeze(-1)
        return mean, (embedded[rows, places.clamp(min=0)] * known).flatten(1)


def _sizes(space: spaces.Space[object]) -> tuple[int, int]:
    """Returns the size of the vocabulary, and how many tokens are offered to choose among."""
    if not isinstance(space, spaces.Dict) or not {"source", "source_mask", "target", "target_mask"} <= space.keys():
        raise ConfigurationError(f"TokenFeatures sees source and target of a code environment, not {space}.")
    source, offered = space["source"], space.get("actions")
    assert isinstance(source, spaces.Box)
    return int(source.high.max()) + 1, int(offered.shape[0]) if offered is not None and offered.shape else 0


def _real(observations: dict[str, Tensor], name: str) -> tuple[Tensor, Tensor]:
    """Returns tokens and mask, (batch, time) int64, without the padding that all rows have."""
    mask = observations[f"{name}_mask"].long()
    longest = max(1, int(mask.sum(dim=1).max()))
    return observations[name][:, :longest].long(), mask[:, :longest]
