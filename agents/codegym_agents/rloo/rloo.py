"""RLOO: REINFORCE in which the other programs about a problem are the baseline of each one (arXiv 2402.14740)."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from codegym_agents.common.advantages import leave_one_out_baseline, spread
from codegym_agents.common.algorithm import Algorithm, Episodes, Loss, Targets, Tokens, policy_gradient
from codegym_agents.common.hyperparameters import TrainingConfig, check_hyperparameters


@dataclass(frozen=True)
class RLOOConfig(TrainingConfig):
    """Hyperparameters; there are none beside those of `TrainingConfig`."""

    samples_per_problem: int = 4

    def __post_init__(self) -> None:
        super().__post_init__()
        check_hyperparameters(self, {"a whole number, at least 2": ("samples_per_problem",)})


def advantages(episodes: Episodes, config: RLOOConfig) -> Targets:
    """Returns an episode's return less the mean of the others about its problem, for every token."""
    returns, groups = episodes.returns, episodes.valid_groups
    # Where the judge answered for one program of a group alone, there is nothing to compare it with.
    counts = (groups[:, None] == groups[None, :]).sum(dim=1)
    advantage = (returns - leave_one_out_baseline(returns, groups)) * (counts > 1)
    return Targets(spread(advantage, episodes.mask), torch.zeros_like(episodes.rewards))


def loss(tokens: Tokens, config: RLOOConfig) -> Loss:
    """Returns the policy gradient's loss."""
    policy = policy_gradient(tokens)
    return Loss(policy, {"policy": policy})


RLOO = Algorithm("rloo", RLOOConfig, advantages, loss, uses_values=False)
