"""REINFORCE with a learned baseline: the policy gradient without clipping, as CodeRL's (arXiv 2207.01780)."""

from __future__ import annotations

from dataclasses import dataclass

from codegym_agents.common.advantages import generalized_advantage_estimation
from codegym_agents.common.algorithm import Algorithm, Episodes, Loss, Targets, Tokens, policy_gradient, squared_error
from codegym_agents.common.hyperparameters import TrainingConfig, check_hyperparameters


@dataclass(frozen=True)
class ReinforceConfig(TrainingConfig):
    """Hyperparameters beside those of `TrainingConfig`.

    Attributes:
        value_coefficient: Weight of the value loss.
    """

    value_coefficient: float = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        check_hyperparameters(self, {"at least 0": ("value_coefficient",)})


def advantages(episodes: Episodes, config: ReinforceConfig) -> Targets:
    """Returns what was earned from each token on, less what the value head expected there (Williams 1992)."""
    return Targets(*generalized_advantage_estimation(episodes.rewards, episodes.values, episodes.mask, 1.0, 1.0))


def loss(tokens: Tokens, config: ReinforceConfig) -> Loss:
    """Returns the policy gradient's loss and that of the value head."""
    policy, value = policy_gradient(tokens), squared_error(tokens)
    return Loss(policy + config.value_coefficient * value, {"policy": policy, "value": value})


REINFORCE = Algorithm("reinforce", ReinforceConfig, advantages, loss)
