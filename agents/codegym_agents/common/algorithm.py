"""The seam between what all algorithms share (writing, scoring, gradient steps) and what makes each one itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar, final

import torch
from torch import Tensor

from codegym.envs.vector import CodeVectorEnv
from codegym_agents.common.hyperparameters import TrainingConfig
from codegym_agents.models import Policy

if TYPE_CHECKING:
    from codegym_agents.common.agent import Agent

Config = TypeVar("Config", bound=TrainingConfig)


class Episodes(NamedTuple):
    """What is known of an iteration's episodes when advantages are computed; those of all processes are there."""

    rewards: Tensor  # (episodes, time), the environment's, less what the KL to the reference costs
    values: Tensor  # (episodes, time): V(s_t) when the token was written
    mask: Tensor  # (episodes, time) bool, True at the tokens of episodes that the judge could answer for
    groups: Tensor  # (episodes,) int64: episodes about the same problem have the same number
    right: Tensor  # (episodes,) bool: the program passes its tests, or compiles where there are none

    @property
    def returns(self) -> Tensor:
        """(episodes,) the sum of each episode's rewards."""
        return (self.rewards * self.mask).sum(dim=1)

    @property
    def valid_groups(self) -> Tensor:
        """(episodes,) `groups`, but -1 for an episode without a verdict, which nobody is compared with."""
        return torch.where(self.mask.any(dim=1), self.groups, -1)


class Targets(NamedTuple):
    """What is learned from episodes."""

    advantages: Tensor  # (episodes, time): how much better an action was than the policy's average
    values: Tensor  # (episodes, time): what the value head should have said


class Tokens(NamedTuple):
    """The real tokens of a minibatch, one after the other: (tokens,) each."""

    log_probs: Tensor  # log pi(a|s) under the policy that learns, with gradient
    old_log_probs: Tensor  # the same when the token was written
    advantages: Tensor
    values: Tensor  # V(s), with gradient
    old_values: Tensor  # the same when the token was written
    value_targets: Tensor


class Loss(NamedTuple):
    """The loss of each token, and its parts by name for those who want to see them: (tokens,) each."""

    total: Tensor
    parts: dict[str, Tensor]


@final
@dataclass(frozen=True)
class Algorithm(Generic[Config]):
    """An algorithm: how good it finds what was written, and what it does about it.

    Calling it makes an agent that learns: `PPO(policy, "CodeCompletion-Java-v0", learning_rate=1e-5)`.

    Attributes:
        name: As in `codegym train --algorithm`.
        hyperparameters: The dataclass of its hyperparameters, with its defaults.
        advantages: Returns the targets of an iteration's episodes, once.
        loss: Returns the loss of a minibatch's tokens, in every gradient step. A part named `"value"` is what the
            value head alone learns from.
        uses_values: Whether there is such a part.
    """

    name: str
    hyperparameters: type[Config]
    advantages: Callable[[Episodes, Config], Targets]
    loss: Callable[[Tokens, Config], Loss]
    uses_values: bool = True

    def __call__(
        self,
        policy: Policy,
        env: str | CodeVectorEnv,
        *,
        reference: Policy | None = None,
        env_options: dict[str, Any] | None = None,
        **hyperparameters: Any,
    ) -> Agent:
        """Returns an agent that learns by this algorithm; see `Agent`."""
        from codegym_agents.common.agent import Agent

        return Agent(self, policy, env, reference=reference, env_options=env_options, **hyperparameters)

    def load(
        self,
        folder: str | Path,
        env: str | CodeVectorEnv,
        *,
        env_options: dict[str, Any] | None = None,
        device: str | torch.device = "cpu",
    ) -> Agent:
        """Returns the agent that `Agent.save` wrote: its next iteration is the one that it would have made.

        Raises:
            DataError: The folder holds no checkpoint, a broken one, or that of another algorithm.
        """
        from codegym_agents.common.agent import Agent

        return Agent.load(self, folder, env, env_options=env_options, device=device)


def policy_gradient(tokens: Tokens, limit: float = 2.0) -> Tensor:
    """Returns -w A log pi(a|s) of each token, (tokens,): its gradient is REINFORCE's.

    The importance weight w = min(pi / pi_old, limit), a constant, makes up for tokens that an older policy wrote; it
    is 1 where the policy has not changed since. The limit bounds its variance (Espeholt et al. 2018, arXiv 1802.01561,
    equation 1, truncate it likewise).
    """
    weight = (tokens.log_probs.detach() - tokens.old_log_probs).exp().clamp(max=limit)
    return -weight * tokens.advantages * tokens.log_probs


def squared_error(tokens: Tokens) -> Tensor:
    """Returns (V_target - V)^2 of each token, (tokens,)."""
    return (tokens.value_targets - tokens.values) ** 2
