"""PPO on whole programs, as PPOCoder does it (arXiv 2301.13816), readable from top to bottom.

One iteration: the policy writes a batch of programs; the environment scores every token (syntax, data flow) and
every program (compiler); each token pays for its distance to the frozen reference; advantages by GAE; some epochs
of the clipped objective over the batch.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, NamedTuple, Self, final

import numpy as np
import torch
from torch import Tensor, nn

from codegym.envs.vector import CodeVectorEnv
from codegym.errors import ConfigurationError, UnknownNameError
from codegym.types import Problem
from codegym_agents.common.advantages import (
    generalized_advantage_estimation,
    leave_one_out_baseline,
    masked_mean,
    whiten,
)
from codegym_agents.common.checkpoint import TrainingState, load_checkpoint, save_checkpoint
from codegym_agents.common.environment import make_env
from codegym_agents.common.hyperparameters import check_hyperparameters
from codegym_agents.common.kl_control import AdaptiveKLCoefficient
from codegym_agents.common.progress import track
from codegym_agents.common.rollout import Rollout, RolloutBatch, collect
from codegym_agents.decoding import DecodingEngine
from codegym_agents.models import Seq2SeqPolicy
from codegym_agents.models.seq2seq import kl_divergence

Callback = Callable[["PPO", dict[str, float]], None]
"""Called after every iteration with the agent and the iteration's metrics."""


@dataclass(frozen=True)
class PPOConfig:
    """Hyperparameters. The defaults train the nano policy; PPOCoder's own are named where they differ.

    Attributes:
        learning_rate: Of the transformer (PPOCoder: 1e-6 for CodeT5-base).
        value_learning_rate: Of the value head, which starts from zero.
        warmup_steps: Gradient steps over which the transformer's learning rate rises linearly. Adam's first steps
            are its longest, whatever the gradient is worth.
        episodes_per_iteration: Programs written between two updates.
        samples_per_problem: Programs written about each problem (PPOCoder: 10). From 2 on, the last reward of each is
            reduced by `leave_one_out_baseline`, so that what is learned is the difference between them.
        minibatch_size: Programs per gradient step; they are of similar source length.
        writing_batch_size: Programs written together: more are faster, and need more memory.
        epochs: Passes over each iteration's programs.
        clip_range: PPO's epsilon: the probability ratio counts within [1 - epsilon, 1 + epsilon].
        value_clip_range: How far a value may move from its old one in an iteration; None for no limit.
        value_coefficient: Weight of the value loss (PPOCoder: 1e-3).
        entropy_coefficient: Weight of the entropy bonus.
        temperature: Of the policy and of its reference, see `Seq2SeqPolicy`.
        gamma: Discount per token.
        gae_lambda: See `generalized_advantage_estimation`.
        kl_coefficient: Initial weight beta of the KL to the reference in the reward.
        kl_target: Wanted KL of an episode to the reference in nats, towards which beta adapts; None for a fixed
            beta (PPOCoder: 1).
        kl_loss_coefficient: Weight of the same KL in the loss, exact over the vocabulary in each state that was
            visited. The reward's KL is one sample and its gradient as noisy as the reward's; this one's is not, so
            that it holds the policy where the reward has nothing to say.
        max_grad_norm: Gradients are scaled down to this Euclidean norm.
        train_encoder: Whether the encoder learns too. A frozen encoder is run once per program instead of once
            per epoch and for each of policy and reference, which on a CPU is most of the work.
        precision: `"float32"` or `"bfloat16"`: of writing, and of the passes of the update; the weights stay float32.
        seed: Of problems, sampling and minibatch order.
    """

    learning_rate: float = 3e-5
    value_learning_rate: float = 1e-3
    warmup_steps: int = 20
    episodes_per_iteration: int = 128
    samples_per_problem: int = 1
    minibatch_size: int = 32
    writing_batch_size: int = 128
    epochs: int = 2
    clip_range: float = 0.2
    value_clip_range: float | None = None
    value_coefficient: float = 0.1
    entropy_coefficient: float = 0.0
    temperature: float = 1.0
    gamma: float = 1.0
    gae_lambda: float = 0.95
    kl_coefficient: float = 0.1
    kl_target: float | None = None
    kl_loss_coefficient: float = 0.0
    max_grad_norm: float = 1.0
    train_encoder: bool = True
    precision: str = "float32"
    seed: int = 0

    def __post_init__(self) -> None:
        check_hyperparameters(
            self,
            {
                "positive": ("learning_rate", "value_learning_rate", "max_grad_norm", "temperature"),
                "positive or None": ("value_clip_range", "kl_target"),
                "at least 0": ("value_coefficient", "entropy_coefficient", "kl_coefficient", "kl_loss_coefficient"),
                "between 0 and 1": ("clip_range",),
                "from 0 to 1": ("gamma", "gae_lambda"),
                "a whole number, at least 1": (
                    "episodes_per_iteration",
                    "samples_per_problem",
                    "minibatch_size",
                    "writing_batch_size",
                    "epochs",
                ),
                "a whole number, at least 0": ("seed", "warmup_steps"),
                "true or false": ("train_encoder",),
                "float32 or bfloat16": ("precision",),
            },
        )

    @classmethod
    def of(cls, **changes: Any) -> Self:
        """Returns the defaults with some changes.

        Raises:
            UnknownNameError: There is no such hyperparameter.
        """
        known = [field.name for field in fields(cls)]
        for name in changes:
            if name not in known:
                raise UnknownNameError("hyperparameter of PPO", name, known)
        return cls(**changes)


class PPOLoss(NamedTuple):
    """The loss of one minibatch and its parts, scalars all."""

    total: Tensor
    policy: Tensor
    value: Tensor
    entropy: Tensor
    clip_fraction: Tensor
    approximate_kl: Tensor


def ppo_loss(
    log_probs: Tensor,
    old_log_probs: Tensor,
    advantages: Tensor,
    values: Tensor,
    old_values: Tensor,
    value_targets: Tensor,
    entropy: Tensor,
    mask: Tensor,
    *,
    clip_range: float = 0.2,
    value_clip_range: float | None = None,
    value_coefficient: float = 0.5,
    entropy_coefficient: float = 0.0,
) -> PPOLoss:
    """Returns PPO's clipped loss over the real tokens of a batch.

    Policy: -E[min(r A, clip(r, 1 - eps, 1 + eps) A)] with r = pi / pi_old (Schulman et al. 2017, arXiv 1707.06347,
    equation 7; PPOCoder equation 8). Value: E[(V_target - V)^2] with V held within value_clip_range of the old
    value. Together: policy + value_coefficient * value - entropy_coefficient * entropy (equation 9 there). Equal
    to Stable-Baselines3's PPO on the same batch.

    Args:
        log_probs: (batch, time) or any other shape that all of them share, of the actions under the policy that
            learns; so are `values` and `entropy`.
        old_log_probs: (batch, time), when the actions were taken; so is `old_values`.
        advantages: (batch, time).
        values: (batch, time).
        old_values: (batch, time).
        value_targets: (batch, time).
        entropy: (batch, time), of the policy in each state, in nats.
        mask: (batch, time) bool, True at real tokens.
        clip_range: eps.
        value_clip_range: None for no limit.
        value_coefficient: Weight of the value loss.
        entropy_coefficient: Weight of the entropy.
    """
    log_ratio = (log_probs - old_log_probs).masked_fill(~mask, 0.0)
    ratio = log_ratio.exp()
    clipped = ratio.clamp(1 - clip_range, 1 + clip_range)
    policy_loss = -masked_mean(torch.min(ratio * advantages, clipped * advantages), mask)
    if value_clip_range is not None:
        values = old_values + (values - old_values).clamp(-value_clip_range, value_clip_range)
    value_loss = masked_mean((value_targets - values) ** 2, mask)
    mean_entropy = masked_mean(entropy, mask)
    total = policy_loss + value_coefficient * value_loss - entropy_coefficient * mean_entropy
    with torch.no_grad():
        clip_fraction = masked_mean(((ratio - 1).abs() > clip_range).float(), mask)
        # The low-variance, never negative estimator (r - 1) - log r of http://joschu.net/blog/kl-approx.html
        approximate_kl = masked_mean(ratio - 1 - log_ratio, mask)
    return PPOLoss(total, policy_loss, value_loss, mean_entropy, clip_fraction, approximate_kl)


@final
class PPO:
    """Proximal policy optimization of a `Seq2SeqPolicy` in a codegym environment.

    Args:
        policy: What learns, in place.
        env: Environment id, or a `CodeVectorEnv`.
        reference: The frozen policy that KL is measured to; a copy of `policy` when None.
        env_options: Passed to the environment when `env` is an id: `{"problems": "stdlib"}`.
        **hyperparameters: See `PPOConfig`.

    Raises:
        UnknownNameError: There is no such hyperparameter.
        ConfigurationError: A hyperparameter makes no sense, policy and environment have different tokenizers, or
            the encoder is frozen and is not the reference's.
    """

    name = "ppo"

    def __init__(
        self,
        policy: Seq2SeqPolicy,
        env: str | CodeVectorEnv,
        *,
        reference: Seq2SeqPolicy | None = None,
        env_options: dict[str, Any] | None = None,
        **hyperparameters: Any,
    ) -> None:
        self.config = PPOConfig.of(**hyperparameters)
        self.policy = policy.eval()  # no dropout: the ratio compares the policy with itself
        self.env = make_env(env, policy, **(env_options or {}))
        self.reference = copy.deepcopy(policy) if reference is None or reference is policy else reference
        self.reference.requires_grad_(False).eval()
        self.policy.temperature = self.reference.temperature = self.config.temperature
        if not self.config.train_encoder and not _same_encoder(self.policy, self.reference):
            raise ConfigurationError(
                "train_encoder=False runs one encoder for policy and reference, but theirs differ; "
                "use train_encoder=True, or a reference with the policy's encoder."
            )
        self.policy.model.encoder.requires_grad_(self.config.train_encoder)
        # The embedding is shared by encoder, decoder and output: with a frozen encoder it is frozen too.
        self.policy.model.shared.requires_grad_(self.config.train_encoder)
        self.kl_coefficient = AdaptiveKLCoefficient(self.config.kl_coefficient, self.config.kl_target)
        transformer = [weight for weight in policy.model.parameters() if weight.requires_grad]
        self.optimizer = torch.optim.AdamW(
            [
                {"params": transformer, "lr": self.config.learning_rate},
                {"params": list(policy.value_head.parameters()), "lr": self.config.value_learning_rate},
            ],
            weight_decay=0.0,
        )
        self.episodes = 0
        self.iteration = 0
        self.gradient_steps = 0
        self._random = np.random.default_rng(self.config.seed)
        self._engine = DecodingEngine(
            policy,
            self.env.process.layout.target_tokens,
            rows=self.config.writing_batch_size,
            dtype=getattr(torch, self.config.precision),
        )

    def learn(
        self, total_episodes: int, callback: Callback | None = None, progress_bar: bool = False
    ) -> dict[str, float]:
        """Trains until `total_episodes` have been written since the agent was made.

        Args:
            total_episodes: Rounded up to whole iterations.
            callback: Called after every iteration.
            progress_bar: Shows a live display on the terminal.

        Returns:
            The metrics of the last iteration.
        """
        metrics: dict[str, float] = {}
        with track(self.name, total_episodes, shown=progress_bar) as display:
            display.update(self.episodes, metrics)
            while self.episodes < total_episodes:
                metrics = self.iterate()
                if callback is not None:
                    callback(self, metrics)
                display.update(self.episodes, metrics)
        return metrics

    def iterate(self) -> dict[str, float]:
        """Writes one batch of programs, learns from it, and returns the metrics."""
        config = self.config
        problems = self._draw()
        with self._autocast():
            rollout = collect(
                self.policy,
                self.reference,
                self.env,
                problems,
                engine=self._engine,
                seeds=self._random.integers(2**63, size=len(problems)).tolist(),
                batch_size=config.minibatch_size,
                keep_states=not config.train_encoder,
            )
        losses = self._update(rollout)
        metrics = rollout.metrics()
        metrics |= {"kl_coefficient": self.kl_coefficient.value, **losses}
        if losses:
            self.kl_coefficient.update(metrics["kl"])
        self.episodes += config.episodes_per_iteration
        self.iteration += 1
        return {"iteration": self.iteration, "episodes": self.episodes, **metrics}

    def _autocast(self) -> torch.autocast:
        reduced = self.config.precision != "float32"
        return torch.autocast(self.policy.device.type, torch.bfloat16, enabled=reduced)

    def _draw(self) -> list[Problem]:
        episodes, samples = self.config.episodes_per_iteration, self.config.samples_per_problem
        drawn = [self.env.process.draw(self._random) for _ in range(-(-episodes // samples))]
        return [problem for problem in drawn for _ in range(samples)][:episodes]

    def _update(self, rollout: Rollout) -> dict[str, float]:
        config = self.config
        # A batch that the judge gave no verdict on teaches nothing; even a gradient of 0 would move the weights, by
        # the optimizer's momentum.
        batches = [batch for batch in rollout.batches if batch.mask.any()]
        if not batches:
            return {}
        targets = self._targets(batches)
        advantages = _whiten_together([advantage for advantage, _ in targets], batches)
        losses: list[PPOLoss] = []
        norms: list[Tensor] = []
        for _ in range(config.epochs):
            for position in self._random.permutation(len(batches)):
                with self._autocast():
                    loss = self._loss(batches[position], advantages[position], targets[position][1])
                if not torch.isfinite(loss.total):
                    raise FloatingPointError(f"The loss is {loss.total.item()} in iteration {self.iteration + 1}.")
                self.optimizer.zero_grad(set_to_none=True)
                loss.total.backward()
                weights = [weight for group in self.optimizer.param_groups for weight in group["params"]]
                norms.append(nn.utils.clip_grad_norm_(weights, config.max_grad_norm))
                self.gradient_steps += 1
                warmth = min(1.0, self.gradient_steps / max(1, config.warmup_steps))
                self.optimizer.param_groups[0]["lr"] = config.learning_rate * warmth
                self.optimizer.step()
                losses.append(PPOLoss(*(part.detach() for part in loss)))
        means = {
            f"loss/{name}": float(torch.stack([getattr(loss, name) for loss in losses]).mean())
            for name in PPOLoss._fields
        }
        return means | {"gradient_norm": float(torch.stack(norms).mean())}

    def _targets(self, batches: list[RolloutBatch]) -> list[tuple[Tensor, Tensor]]:
        """Returns advantages and value targets of each batch."""
        # PPOCoder, equation 5: the reward of a token, less beta times its log-ratio to the reference.
        rewards = [(batch.task_rewards - self.kl_coefficient.value * batch.kl) * batch.mask for batch in batches]
        if self.config.samples_per_problem > 1:
            # An episode that the judge could not answer for is nobody's baseline: it is a group of its own.
            groups = [torch.where(batch.mask.any(dim=1), batch.groups, -1) for batch in batches]
            returns = torch.cat([reward.sum(dim=1) for reward in rewards])
            baseline = leave_one_out_baseline(returns, torch.cat(groups)).split([len(reward) for reward in rewards])
            rewards = [
                _less_at_the_end(reward, less, batch.mask)
                for reward, less, batch in zip(rewards, baseline, batches, strict=True)
            ]
        return [
            generalized_advantage_estimation(
                reward, batch.values, batch.mask, self.config.gamma, self.config.gae_lambda
            )
            for reward, batch in zip(rewards, batches, strict=True)
        ]

    def _loss(self, batch: RolloutBatch, advantages: Tensor, value_targets: Tensor) -> PPOLoss:
        policy, mask = self.policy, batch.mask
        states = policy.encode(batch.sources) if batch.states is None else batch.states
        # Only real tokens: a softmax over the vocabulary is too dear for padding.
        hidden = policy.decode(states, batch.sources.mask, batch.tokens)[mask]
        all_log_probs = policy.log_softmax(hidden)
        with torch.set_grad_enabled(self.config.entropy_coefficient != 0):
            finite = all_log_probs.masked_fill(policy.forbidden, 0.0)  # 1 log 1 = 0, as what cannot be written adds
            entropy = -(finite.exp() * finite).sum(dim=-1)
        loss = ppo_loss(
            all_log_probs.gather(-1, batch.tokens[mask].unsqueeze(-1)).squeeze(-1),
            batch.log_probs[mask],
            advantages[mask],
            policy.value(hidden),
            batch.values[mask],
            value_targets[mask],
            entropy,
            torch.ones_like(entropy, dtype=torch.bool),
            clip_range=self.config.clip_range,
            value_clip_range=self.config.value_clip_range,
            value_coefficient=self.config.value_coefficient,
            entropy_coefficient=self.config.entropy_coefficient,
        )
        if self.config.kl_loss_coefficient:
            with torch.no_grad():
                reference = self.reference.log_softmax(batch.reference_hidden[mask])
            divergence = kl_divergence(all_log_probs, reference).mean()
            loss = loss._replace(total=loss.total + self.config.kl_loss_coefficient * divergence)
        return loss

    def save(self, folder: str | Path) -> None:
        """Writes everything that training needs to go on exactly: a folder of safetensors and JSON."""
        state = TrainingState(
            algorithm=self.name,
            config=asdict(self.config),
            counters={
                "episodes": self.episodes,
                "iteration": self.iteration,
                "gradient_steps": self.gradient_steps,
            },
            numbers={"kl_coefficient": self.kl_coefficient.value},
        )
        policies = {"policy": self.policy, "reference": self.reference}
        save_checkpoint(Path(folder), policies, self.optimizer, state, self._random)

    @classmethod
    def load(
        cls,
        folder: str | Path,
        env: str | CodeVectorEnv,
        *,
        env_options: dict[str, Any] | None = None,
        device: str | torch.device = "cpu",
    ) -> Self:
        """Returns the agent that `save` wrote: its next iteration is the one that it would have made.

        Raises:
            DataError: The folder holds no checkpoint, or a broken one.
        """
        names = ("policy", "reference")
        (policy, reference), state = load_checkpoint(Path(folder), cls.name, names, torch.device(device))
        agent = cls(policy, env, reference=reference, env_options=env_options, **state.content.config)
        agent.episodes = state.content.counters["episodes"]
        agent.iteration = state.content.counters["iteration"]
        agent.gradient_steps = state.content.counters["gradient_steps"]
        agent.kl_coefficient.value = state.content.numbers["kl_coefficient"]
        state.restore(agent.optimizer, agent._random)
        return agent


def _less_at_the_end(rewards: Tensor, less: Tensor, mask: Tensor) -> Tensor:
    """Returns the rewards (batch, time) with something (batch,) taken from each episode's last one."""
    last = (mask.sum(dim=1) - 1).clamp(min=0)
    return rewards.scatter_add(1, last.unsqueeze(1), -less.unsqueeze(1)) * mask


def _same_encoder(policy: Seq2SeqPolicy, reference: Seq2SeqPolicy) -> bool:
    ours, theirs = policy.model.encoder.state_dict(), reference.model.encoder.state_dict()
    return ours.keys() == theirs.keys() and all(
        torch.equal(ours[name], theirs[name].to(policy.device)) for name in ours
    )


def _whiten_together(advantages: list[Tensor], batches: list[RolloutBatch]) -> list[Tensor]:
    """Whitens over the real tokens of all batches at once."""
    flat = torch.cat([advantage[batch.mask] for advantage, batch in zip(advantages, batches, strict=True)])
    whitened = whiten(flat, torch.ones_like(flat, dtype=torch.bool))
    parts = whitened.split([int(batch.mask.sum()) for batch in batches])
    return [
        torch.zeros_like(advantage).masked_scatter(batch.mask, part)
        for advantage, batch, part in zip(advantages, batches, parts, strict=True)
    ]
