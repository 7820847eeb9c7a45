"""GRPO: PPO's clipped loss with advantages relative to a group of programs, without a value head (arXiv 2402.03300)."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from codegym_agents.common.advantages import group_relative, spread
from codegym_agents.common.algorithm import Algorithm, Episodes, Loss, Targets, Tokens
from codegym_agents.common.hyperparameters import TrainingConfig, check_hyperparameters


@dataclass(frozen=True)
class GRPOConfig(TrainingConfig):
    """Hyperparameters beside those of `TrainingConfig`; the KL is in the loss, as in the paper.

    Attributes:
        clip_range: The probability ratio counts within [1 - clip_range, 1 + clip_range].
        scale_advantages: Whether a group's advantages are divided by the standard deviation of its returns, which
            gives problems that are nearly always or nearly never solved more weight (Liu et al. 2025, arXiv 2503.20783,
            leave it out).
    """

    epochs: int = 2
    samples_per_problem: int = 8
    aggregation: str = "episode"
    kl_coefficient: float = 0.0
    kl_loss_coefficient: float = 0.04
    kl_loss_estimator: str = "k3"
    clip_range: float = 0.2
    scale_advantages: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        check_hyperparameters(
            self,
            {
                "a whole number, at least 2": ("samples_per_problem",),
                "between 0 and 1": ("clip_range",),
                "true or false": ("scale_advantages",),
            },
        )


def advantages(episodes: Episodes, config: GRPOConfig) -> Targets:
    """Returns (R - mean of the group) / (its standard deviation) for every token (section 4.1.2 there)."""
    relative = group_relative(episodes.returns, episodes.valid_groups, scale=config.scale_advantages)
    return Targets(spread(relative, episodes.mask), torch.zeros_like(episodes.rewards))


def loss(tokens: Tokens, config: GRPOConfig) -> Loss:
    """Returns the clipped loss of each token (equation 3 there, without the KL)."""
    ratio = (tokens.log_probs - tokens.old_log_probs).exp()
    clipped = ratio.clamp(1 - config.clip_range, 1 + config.clip_range)
    policy = -torch.min(ratio * tokens.advantages, clipped * tokens.advantages)
    outside = ((ratio.detach() - 1).abs() > config.clip_range).float()
    return Loss(policy, {"policy": policy, "clip_fraction": outside})


GRPO = Algorithm("grpo", GRPOConfig, advantages, loss, uses_values=False)
