"""PPO on whole programs, as PPOCoder does it (arXiv 2301.13816)."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from codegym_agents.common.advantages import (
    generalized_advantage_estimation,
    leave_one_out_baseline,
    less_at_the_end,
    whiten,
)
from codegym_agents.common.algorithm import Algorithm, Episodes, Loss, Targets, Tokens, squared_error
from codegym_agents.common.hyperparameters import TrainingConfig, check_hyperparameters


@dataclass(frozen=True)
class PPOConfig(TrainingConfig):
    """Hyperparameters beside those of `TrainingConfig`. The defaults train the nano policy.

    With `samples_per_problem` from 2 on, the last reward of each episode is reduced by `leave_one_out_baseline`, so
    that what is learned is the difference between the programs about one problem.

    Attributes:
        clip_range: PPO's epsilon: the probability ratio counts within [1 - epsilon, 1 + epsilon].
        value_clip_range: How far a value may move from its old one in an iteration; None for no limit.
        value_coefficient: Weight of the value loss (PPOCoder: 1e-3).
        gamma: Discount per token.
        gae_lambda: See `generalized_advantage_estimation`.
    """

    epochs: int = 2
    clip_range: float = 0.2
    value_clip_range: float | None = None
    value_coefficient: float = 0.1
    gamma: float = 1.0
    gae_lambda: float = 0.95

    def __post_init__(self) -> None:
        super().__post_init__()
        check_hyperparameters(
            self,
            {
                "positive or None": ("value_clip_range",),
                "at least 0": ("value_coefficient",),
                "between 0 and 1": ("clip_range",),
                "from 0 to 1": ("gamma", "gae_lambda"),
            },
        )


def advantages(episodes: Episodes, config: PPOConfig) -> Targets:
    """Returns the generalised advantages, whitened over all tokens; not shifted where wrong programs end early."""
    rewards = episodes.rewards
    if config.samples_per_problem > 1:
        baseline = leave_one_out_baseline(episodes.returns, episodes.valid_groups)
        rewards = less_at_the_end(rewards, baseline, episodes.mask)
    estimated, targets = generalized_advantage_estimation(
        rewards, episodes.values, episodes.mask, config.gamma, config.gae_lambda
    )
    return Targets(whiten(estimated, episodes.mask, shift=not config.end_at_error), targets)


def loss(tokens: Tokens, config: PPOConfig) -> Loss:
    """Returns PPO's clipped loss of each token.

    Policy: -min(r A, clip(r, 1 - eps, 1 + eps) A) with r = pi / pi_old (Schulman et al. 2017, arXiv 1707.06347,
    equation 7; PPOCoder equation 8). Value: (V_target - V)^2 with V held within value_clip_range of the old value.
    Together: policy + value_coefficient * value (equation 9 there). Equal to Stable-Baselines3's PPO.
    """
    ratio = (tokens.log_probs - tokens.old_log_probs).exp()
    clipped = ratio.clamp(1 - config.clip_range, 1 + config.clip_range)
    policy = -torch.min(ratio * tokens.advantages, clipped * tokens.advantages)
    if config.value_clip_range is not None:
        moved = (tokens.values - tokens.old_values).clamp(-config.value_clip_range, config.value_clip_range)
        tokens = tokens._replace(values=tokens.old_values + moved)
    value = squared_error(tokens)
    outside = ((ratio.detach() - 1).abs() > config.clip_range).float()
    return Loss(policy + config.value_coefficient * value, {"policy": policy, "value": value, "clip_fraction": outside})


PPO = Algorithm("ppo", PPOConfig, advantages, loss)
