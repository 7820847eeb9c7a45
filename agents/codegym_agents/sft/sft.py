"""Supervised fine-tuning: the policy learns to write what the expert wrote."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self, final

import torch
from torch import Tensor, nn

from codegym.envs.vector import CodeVectorEnv
from codegym.seeding import stream
from codegym_agents.common.checkpoint import TrainingState, load_checkpoint, save_checkpoint
from codegym_agents.common.environment import make_env
from codegym_agents.common.hyperparameters import check_hyperparameters, configure
from codegym_agents.common.processes import is_first
from codegym_agents.common.progress import track
from codegym_agents.common.sharding import gather_state
from codegym_agents.models import Policy
from codegym_agents.models.base import PaddedSources

Callback = Callable[["SFT", dict[str, float]], None]
"""Called after every gradient step with the trainer and the step's metrics."""


@dataclass(frozen=True)
class SFTConfig:
    """Hyperparameters.

    Attributes:
        learning_rate: Of AdamW, constant.
        batch_size: Programs per gradient step.
        max_grad_norm: Gradients are scaled down to this Euclidean norm.
        seed: Of the order of the problems, and of dropout where the model has any.
    """

    learning_rate: float = 2e-4
    batch_size: int = 32
    max_grad_norm: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        check_hyperparameters(
            self,
            {
                "positive": ("learning_rate", "max_grad_norm"),
                "a whole number, at least 1": ("batch_size",),
                "a whole number, at least 0": ("seed",),
            },
        )


def cross_entropy(
    policy: Policy, sources: PaddedSources, target: Tensor, mask: Tensor, states: Tensor | None = None
) -> Tensor:
    """Returns the mean of -log pi(y_t | x, y_<t) over the targets' real tokens, in nats (PPOCoder, section 3.1).

    Args:
        policy: What learns.
        sources: What the programs are written from.
        target: (batch, time) int64, padded at the end.
        mask: (batch, time) bool, True at real tokens.
        states: The encoder's states, where they are known already.
    """
    hidden = policy.hidden(sources, target, states)
    log_probs = policy.log_softmax(hidden).gather(-1, target.unsqueeze(-1)).squeeze(-1)
    return -log_probs.masked_fill(~mask, 0.0).sum() / mask.sum()


@final
class SFT:
    """Maximises the likelihood of the reference programs of a codegym environment.

    Args:
        policy: What learns, in place.
        env: Environment id, or a `CodeVectorEnv`.
        env_options: Passed to the environment when `env` is an id: `{"problems": "stdlib"}`.
        **hyperparameters: See `SFTConfig`.

    Raises:
        UnknownNameError: There is no such hyperparameter.
        ConfigurationError: A hyperparameter makes no sense, or policy and environment have different tokenizers.
    """

    name = "sft"
    hyperparameters = SFTConfig

    def __init__(
        self,
        policy: Policy,
        env: str | CodeVectorEnv,
        *,
        env_options: dict[str, Any] | None = None,
        **hyperparameters: Any,
    ) -> None:
        self.config = configure(SFTConfig, hyperparameters)
        self.policy = policy
        self.env = make_env(env, policy, **(env_options or {}))
        self.optimizer = torch.optim.AdamW(policy.model.parameters(), lr=self.config.learning_rate)
        self.episodes = 0
        self.iteration = 0

    def learn(
        self, total_episodes: int, callback: Callback | None = None, progress_bar: bool = False
    ) -> dict[str, float]:
        """Trains until `total_episodes` reference programs have been seen since the trainer was made.

        Returns:
            The metrics of the last step.
        """
        metrics: dict[str, float] = {}
        with track(self.name, total_episodes, shown=progress_bar) as display:
            display.update(self.episodes, metrics)
            while self.episodes < total_episodes:
                metrics = self.iterate()
                if callback is not None:
                    callback(self, metrics)
                display.update(self.episodes, metrics)
        self.policy.eval()
        return metrics

    def iterate(self) -> dict[str, float]:
        """Makes one gradient step and returns the metrics."""
        sources, target, mask = self._batch()
        self.policy.train()
        with torch.random.fork_rng([self.policy.device] if self.policy.device.type == "cuda" else []):
            # Dropout draws from torch's global stream: in step i it is a function of (seed, i) alone.
            torch.manual_seed(int(stream(self.config.seed, self.iteration, "dropout").integers(2**63)))
            loss = cross_entropy(self.policy, sources, target, mask)
        if not torch.isfinite(loss):
            raise FloatingPointError(f"The loss is {loss.item()} after {self.episodes} programs.")
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self.policy.model.parameters(), self.config.max_grad_norm)
        self.optimizer.step()
        self.episodes += self.config.batch_size
        self.iteration += 1
        return {
            "iteration": self.iteration,
            "episodes": self.episodes,
            "loss": loss.item(),
            "length": float(mask.sum()) / len(mask),
            "gradient_norm": float(norm),
        }

    def save(self, folder: str | Path) -> None:
        """Writes everything that training needs to go on exactly: a folder of safetensors and JSON.

        Several processes learn the same here, and the first one writes.
        """
        if not is_first():
            return
        state = TrainingState(
            algorithm=self.name,
            config=asdict(self.config),
            counters={"episodes": self.episodes, "iteration": self.iteration},
            numbers={},
        )
        save_checkpoint(Path(folder), {"policy": self.policy}, gather_state(self.optimizer), state)

    @classmethod
    def load(
        cls,
        folder: str | Path,
        env: str | CodeVectorEnv,
        *,
        env_options: dict[str, Any] | None = None,
        device: str | torch.device = "cpu",
    ) -> Self:
        """Returns the trainer that `save` wrote: its next step is the one that it would have made.

        Raises:
            DataError: The folder holds no checkpoint, or a broken one.
        """
        (policy,), state = load_checkpoint(Path(folder), cls.name, ("policy",), torch.device(device))
        trainer = cls(policy, env, env_options=env_options, **state.content.config)
        trainer.episodes = state.content.counters["episodes"]
        trainer.iteration = state.content.counters["iteration"]
        state.restore(trainer.optimizer)
        return trainer

    def _batch(self) -> tuple[PaddedSources, Tensor, Tensor]:
        process = self.env.process
        random = stream(self.config.seed, self.iteration, "problems")
        drawn = process.draw_assignments([random] * self.config.batch_size)
        end = self.policy.tokenizer.end_id
        answers = [[*one.reference_ids, end][: process.layout.target_tokens] for one in drawn]
        target, mask = self.policy.pad_targets(answers)
        return self.policy.pad([one.source_ids for one in drawn]), target, mask
