"""Advantage actor-critic: one step on each batch, with advantages that trust the value head (arXiv 1602.01783)."""

from __future__ import annotations

from dataclasses import dataclass

from codegym_agents.common.advantages import generalized_advantage_estimation, whiten
from codegym_agents.common.algorithm import Algorithm, Episodes, Loss, Targets, Tokens, policy_gradient, squared_error
from codegym_agents.common.hyperparameters import TrainingConfig, check_hyperparameters


@dataclass(frozen=True)
class A2CConfig(TrainingConfig):
    """Hyperparameters beside those of `TrainingConfig`.

    Attributes:
        value_coefficient: Weight of the value loss.
        gamma: Discount per token.
        gae_lambda: See `generalized_advantage_estimation`.
        whiten_advantages: Whether advantages are shifted and scaled to mean 0 and standard deviation 1.
    """

    minibatch_size: int = 128
    entropy_coefficient: float = 0.001
    value_coefficient: float = 0.1
    gamma: float = 1.0
    gae_lambda: float = 0.95
    whiten_advantages: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        check_hyperparameters(
            self,
            {
                "at least 0": ("value_coefficient",),
                "from 0 to 1": ("gamma", "gae_lambda"),
                "true or false": ("whiten_advantages",),
            },
        )


def advantages(episodes: Episodes, config: A2CConfig) -> Targets:
    """Returns the generalised advantages (Mnih et al. 2016 mix n-step returns; lambda does that here)."""
    estimated, targets = generalized_advantage_estimation(
        episodes.rewards, episodes.values, episodes.mask, config.gamma, config.gae_lambda
    )
    whitened = (
        whiten(estimated, episodes.mask, shift=not config.end_at_error) if config.whiten_advantages else estimated
    )
    return Targets(whitened, targets)


def loss(tokens: Tokens, config: A2CConfig) -> Loss:
    """Returns the policy gradient's loss and that of the value head."""
    policy, value = policy_gradient(tokens), squared_error(tokens)
    return Loss(policy + config.value_coefficient * value, {"policy": policy, "value": value})


A2C = Algorithm("a2c", A2CConfig, advantages, loss)
