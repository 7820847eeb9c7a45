"""A transformer that writes programs, as the policy of Stable-Baselines3's and sb3-contrib's algorithms."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import Any, final

import numpy as np
import torch
from gymnasium import spaces
from numpy.typing import NDArray
from sb3_contrib.common.maskable.distributions import MaskableCategoricalDistribution, MaskableDistribution
from sb3_contrib.common.maskable.policies import MaskableActorCriticPolicy
from stable_baselines3.common.policies import ActorCriticPolicy, BasePolicy
from stable_baselines3.common.type_aliases import PyTorchObs, Schedule
from torch import Tensor, nn

from codegym.errors import ConfigurationError
from codegym.tokens import Tokenizer
from codegym_agents.models import Policy, Seq2SeqPolicy, load_policy
from codegym_agents.models.base import PaddedSources

_IMPOSSIBLE = -1e8
"""Logit of a token that may not be written: its probability is 0, and its gradient is a number."""


@final
class Seq2SeqActorCriticPolicy(MaskableActorCriticPolicy, ActorCriticPolicy):
    """The policy of PPOCoder in Stable-Baselines3: `PPO`, `A2C` and sb3-contrib's `MaskablePPO` learn with it.

    Logits and value of a state come from one pass over its real tokens. They are those of the policy around which this
    is built; after training it is `model.policy.network`, and everything in `codegym_agents` takes it.

        model = PPO(Seq2SeqActorCriticPolicy, env, policy_kwargs={"network": "nano"})

    With `TopKActions` the actions are the tokens that the observation offers.

    Args:
        observation_space: Space of the environment's observations.
        action_space: Space of the environment's actions.
        lr_schedule: The learning rate as a function of what is left of the training.
        network: What `load_policy` takes, or a policy, which is copied. A saved model holds what is given here beside
            the weights: a name, or a second copy of the weights.
        tokens: The token of each action, with `CompactActions`: its `tokens`.
        use_sde: False, as `PPO` and `A2C` say of all discrete actions.
        optimizer_class: The optimizer.
        optimizer_kwargs: Its arguments, but for the learning rate.

    Attributes:
        network: The policy.

    Raises:
        ConfigurationError: The environment's tokens or actions are not the network's.
        UnknownNameError: There is no such checkpoint.
    """

    action_dist: MaskableCategoricalDistribution

    def __init__(
        self,
        observation_space: spaces.Space[Any],
        action_space: spaces.Space[Any],
        lr_schedule: Schedule,
        network: str | Path | Policy = "nano",
        tokens: Sequence[int] | NDArray[np.int64] | None = None,
        use_sde: bool = False,
        optimizer_class: type[torch.optim.Optimizer] = torch.optim.Adam,
        optimizer_kwargs: dict[str, Any] | None = None,
    ) -> None:
        del use_sde
        BasePolicy.__init__(  # the parents' own make networks of other kinds
            self, observation_space, action_space, optimizer_class=optimizer_class, optimizer_kwargs=optimizer_kwargs
        )
        self._memory = _EncoderMemory()
        self._arguments = {"network": network, "tokens": tokens}
        self.network = copy.deepcopy(network) if isinstance(network, nn.Module) else load_policy(network)
        self.register_buffer(
            "tokens",
            _tokens_of_actions(observation_space, action_space, self.network.tokenizer, tokens),
            persistent=False,
        )
        self.tokens: Tensor | None
        assert isinstance(action_space, spaces.Discrete)
        self.action_dist = MaskableCategoricalDistribution(int(action_space.n))
        self.optimizer = self.optimizer_class(self.parameters(), lr=lr_schedule(1), **self.optimizer_kwargs)  # type: ignore[call-arg]

    def forward(
        self, obs: Any, deterministic: bool = False, action_masks: NDArray[Any] | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Returns actions (batch,), values (batch, 1) and the actions' log-probabilities (batch,)."""
        distribution, values = self._read(obs, action_masks)
        actions = distribution.get_actions(deterministic=deterministic)
        return actions, values, distribution.log_prob(actions)

    def evaluate_actions(
        self, obs: Any, actions: Tensor, action_masks: Tensor | None = None
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """Returns values (batch, 1), the actions' log-probabilities (batch,) and the entropy (batch,)."""
        distribution, values = self._read(obs, action_masks)
        return values, distribution.log_prob(actions), distribution.entropy()

    def get_distribution(self, obs: PyTorchObs, action_masks: NDArray[Any] | None = None) -> MaskableDistribution:
        """Returns the distribution over actions."""
        return self._read(obs, action_masks)[0]

    def predict_values(self, obs: PyTorchObs) -> Tensor:
        """Returns values (batch, 1)."""
        return self._values(self._hidden(obs))

    def set_training_mode(self, mode: bool) -> None:
        """Does nothing: with dropout, a program's log-probabilities would not be those that it was written with."""

    def _read(self, obs: Any, action_masks: NDArray[Any] | Tensor | None) -> tuple[MaskableDistribution, Tensor]:
        """Returns the distribution over actions, and values (batch, 1)."""
        hidden = self._hidden(obs)
        logits = self.network.logits(hidden).clamp(min=_IMPOSSIBLE)
        if "actions" in obs:
            logits = logits.gather(1, obs["actions"].long())
        elif self.tokens is not None:
            logits = logits[:, self.tokens]
        else:
            logits = logits[:, : self.network.tokenizer.vocabulary_size]
        distribution = self.action_dist.proba_distribution(action_logits=logits)
        if action_masks is not None:
            distribution.apply_masking(action_masks)
        return distribution, self._values(hidden)

    def _values(self, hidden: Tensor) -> Tensor:
        return self.network.value(hidden).unsqueeze(-1)

    def _hidden(self, obs: Any) -> Tensor:
        """Returns (batch, width) what the network knows before the next token, from the real tokens alone."""
        lengths = obs["source_mask"].long().sum(dim=1)
        longest = obs["source"][:, : int(lengths.max())].long()
        rows = zip(longest.tolist(), lengths.tolist(), strict=True)
        sources = self.network.pad([row[:length] for row, length in rows])
        written = obs["target_mask"].long().sum(dim=1)
        target = obs["target"][:, : int(written.max())].long()
        # What is known before a token follows from those before it: at the next place any token will do.
        hidden = self.network.hidden(sources, nn.functional.pad(target, (0, 1)), self._read_sources(sources))
        return hidden[torch.arange(len(written), device=hidden.device), written]

    def _read_sources(self, sources: PaddedSources) -> Tensor | None:
        """Returns the encoder's states, or None where the network does not keep reading and writing apart."""
        if not isinstance(self.network, Seq2SeqPolicy):
            return None
        learns = torch.is_grad_enabled() and any(one.requires_grad for one in self.network.model.encoder.parameters())
        return self.network.encode(sources) if learns else self._memory.read(self.network, sources)

    def _get_constructor_parameters(self) -> dict[str, Any]:
        return {
            "observation_space": self.observation_space,
            "action_space": self.action_space,
            "lr_schedule": self._dummy_schedule,
            "optimizer_class": self.optimizer_class,
            "optimizer_kwargs": self.optimizer_kwargs,
            **self._arguments,
        }


class _EncoderMemory:
    """Keeps the encoder's states of one step's sources for the next step, in which most of them are the same."""

    def __init__(self) -> None:
        self._states: dict[tuple[int, ...], Tensor] = {}
        self._weights: tuple[Any, ...] = ()

    def read(self, network: Seq2SeqPolicy, sources: PaddedSources) -> Tensor:
        """Returns the encoder's states (batch, source, width)."""
        weights = (network.device, *(weight._version for weight in network.model.encoder.parameters()))
        if weights != self._weights:
            self._weights, self._states = weights, {}
        lengths = sources.mask.sum(dim=1).tolist()
        rows = [tuple(row[:length]) for row, length in zip(sources.tokens.tolist(), lengths, strict=True)]
        new = [place for place, row in enumerate(rows) if row not in self._states]
        if new:
            states = network.encode(PaddedSources(sources.tokens[new], sources.mask[new]))
            self._states |= {rows[place]: state[: lengths[place]] for place, state in zip(new, states, strict=True)}
        self._states = {row: self._states[row] for row in rows}
        return nn.utils.rnn.pad_sequence([self._states[row] for row in rows], batch_first=True)


def _tokens_of_actions(
    observation_space: spaces.Space[Any],
    action_space: spaces.Space[Any],
    tokenizer: Tokenizer,
    tokens: Sequence[int] | NDArray[np.int64] | None,
) -> Tensor | None:
    """Returns the token of each action, or None where an action is a token, or the observation says.

    Raises:
        ConfigurationError: The environment's tokens or actions are not the tokenizer's.
    """
    if not isinstance(observation_space, spaces.Dict) or not isinstance(action_space, spaces.Discrete):
        raise ConfigurationError(f"Not a token-level code environment: {observation_space}, {action_space}.")
    source = observation_space["source"]
    assert isinstance(source, spaces.Box)
    theirs, ours, actions = int(source.high.max()) + 1, tokenizer.vocabulary_size, int(action_space.n)
    if theirs != ours:
        raise ConfigurationError(
            f"The environment has {theirs} tokens, the network's tokenizer {tokenizer.name!r} {ours}; make the "
            "environment with the tokenizer of the network (tokenizer=policy.tokenizer)."
        )
    if "actions" in observation_space.spaces:
        return None
    if tokens is None and actions == ours:
        return None
    if tokens is None or len(tokens) != actions:
        raise ConfigurationError(
            f"The environment has {actions} actions, and {'no' if tokens is None else len(tokens)} tokens were given "
            'for them; with CompactActions give policy_kwargs={"tokens": env.get_attr("tokens")[0]}.'
        )
    return torch.as_tensor(np.asarray(tokens, np.int64))
