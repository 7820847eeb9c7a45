"""Rejection sampling: the policy imitates the best of its own programs (expert iteration, arXiv 1705.08439)."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from codegym_agents.common.advantages import best_of_group, spread
from codegym_agents.common.algorithm import Algorithm, Episodes, Loss, Targets, Tokens
from codegym_agents.common.hyperparameters import TrainingConfig, check_hyperparameters


@dataclass(frozen=True)
class RejectionConfig(TrainingConfig):
    """Hyperparameters beside those of `TrainingConfig`.

    Attributes:
        keep_wrong: Whether the best program about a problem is imitated even if it is not right.
    """

    epochs: int = 2
    samples_per_problem: int = 4
    kl_coefficient: float = 0.0
    keep_wrong: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        check_hyperparameters(self, {"true or false": ("keep_wrong",)})


def advantages(episodes: Episodes, config: RejectionConfig) -> Targets:
    """Returns 1 for the tokens of the best program about each problem if it is right, and 0 for all others."""
    kept = best_of_group(episodes.returns, episodes.valid_groups) & episodes.mask.any(dim=1)
    if not config.keep_wrong:
        kept &= episodes.right
    return Targets(spread(kept.to(episodes.rewards), episodes.mask), torch.zeros_like(episodes.rewards))


def loss(tokens: Tokens, config: RejectionConfig) -> Loss:
    """Returns the cross-entropy of what is imitated."""
    imitation = -tokens.advantages * tokens.log_probs
    return Loss(imitation, {"policy": imitation})


REJECTION = Algorithm("rejection", RejectionConfig, advantages, loss, uses_values=False)
