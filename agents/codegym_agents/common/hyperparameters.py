"""What a hyperparameter may be: checked when an algorithm's configuration is made, whoever makes it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeVar

from codegym.errors import ConfigurationError, UnknownNameError

Config = TypeVar("Config")

Rules = Mapping[str, Sequence[str]]
"""What fields must be, in the words of the message, to the names of those fields."""


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


_RULES: Mapping[str, Callable[[Any], bool]] = {
    "positive": lambda value: _number(value) and value > 0,
    "positive or None": lambda value: value is None or (_number(value) and value > 0),
    "at least 0": lambda value: _number(value) and value >= 0,
    "between 0 and 1": lambda value: _number(value) and 0 < value < 1,
    "from 0 to 1": lambda value: _number(value) and 0 <= value <= 1,
    "a whole number, at least 1": lambda value: _whole(value) and value >= 1,
    "a whole number, at least 1, or None": lambda value: value is None or (_whole(value) and value >= 1),
    "a whole number, at least 2": lambda value: _whole(value) and value >= 2,
    "a whole number, at least 0": lambda value: _whole(value) and value >= 0,
    "true or false": lambda value: isinstance(value, bool),
    "float32 or bfloat16": lambda value: value in ("float32", "bfloat16"),
    "token or episode": lambda value: value in ("token", "episode"),
    "k1, k2 or k3": lambda value: value in ("k1", "k2", "k3"),
    "exact, k2 or k3": lambda value: value in ("exact", "k2", "k3"),
}


def check_hyperparameters(config: object, rules: Rules) -> None:
    """Checks the fields of a configuration.

    Args:
        config: The dataclass.
        rules: What its fields must be.

    Raises:
        ConfigurationError: A field is something else.
    """
    for rule, names in rules.items():
        for name in names:
            value = getattr(config, name)
            if not _RULES[rule](value):
                raise ConfigurationError(f"{name} must be {rule}, not {value!r}.")


def configure(kind: type[Config], changes: Mapping[str, Any]) -> Config:
    """Returns a configuration: its defaults with some changes.

    Raises:
        UnknownNameError: There is no such hyperparameter.
        ConfigurationError: A hyperparameter makes no sense.
    """
    known = [field.name for field in fields(kind)]  # type: ignore[arg-type]  # a dataclass, as all of them are
    for name in changes:
        if name not in known:
            raise UnknownNameError(f"hyperparameter of {kind.__name__.removesuffix('Config')}", name, known)
    return kind(**changes)


@dataclass(frozen=True)
class TrainingConfig:
    """The hyperparameters that every algorithm has, whose own are added to them.

    Attributes:
        learning_rate: Of the transformer (PPOCoder: 1e-6 for CodeT5-base).
        query_learning_rate_factor: The query weights of a T5 learn by this times `learning_rate`. T5 folds the scale
            of attention, 1 / sqrt(d_kv), into them, so that they are as much smaller than the others, and Adam's
            steps are as long for them: 1 / sqrt(d_kv), 0.125 in T5 and CodeT5, makes up for it, as Adafactor's steps
            do, which are relative to the weights (arXiv 1804.04235, section 8).
        value_learning_rate: Of the value head, which starts from zero.
        warmup_steps: Gradient steps over which the transformer's learning rate rises linearly. Adam's first steps
            are its longest, whatever the gradient is worth.
        learning_rate_decay_episodes: Programs over which the transformer's learning rate falls linearly to 0, where it
            stays; None: it does not fall. Noise moves the weights less and less then.
        value_warmup_iterations: Iterations, counted from the first, in which nothing but the value head learns.
        episodes_per_iteration: Programs written between two updates, of all processes together.
        samples_per_problem: Programs written about each problem (PPOCoder: 10).
        minibatch_size: Programs per gradient step, of all processes together; they are of similar source length.
        microbatch_size: Programs that a process passes through the model at once; gradients are accumulated over the
            minibatch. None: all of it. Where the GPU has no memory for them, they are halved with a warning.
        writing_batch_size: Programs written together: more are faster, and need more memory.
        epochs: Passes over each iteration's programs.
        max_policy_kl: The epochs of an iteration end early once the policy is farther than this from the one that
            wrote, in nats a token (estimator k3); None: never.
        overlap: Whether the next programs are written while the last ones are scored. Programs are then one update
            old when they are learned from, which the algorithms correct by the probability that they were written
            with.
        end_at_error: Whether an episode is over, for the learner, at the token of the compiler's first error. What
            is written behind it is not to blame, and what was earned there is paid at that token: the return stays.
        entropy_coefficient: Weight of the entropy bonus.
        temperature: Of the policy and of its reference, see `Seq2SeqPolicy`.
        aggregation: `"token"`: every token counts alike; `"episode"`: every episode does.
        kl_coefficient: Initial weight beta of the KL to the reference in the reward.
        kl_estimator: How the KL in the reward is estimated from a token: see `estimate_kl`.
        kl_target: Wanted KL of an episode to the reference in nats, towards which beta adapts; None for a fixed
            beta (PPOCoder: 1).
        kl_loss_coefficient: Weight of the KL to the reference in the loss.
        kl_loss_estimator: `"exact"`: over the vocabulary in each state that was visited. The reward's KL is one
            sample and its gradient as noisy as the reward's; this one's is not, so that it holds the policy where the
            reward has nothing to say. `"k2"` and `"k3"` are made of the token alone, and need less memory.
        max_grad_norm: Gradients are scaled down to this Euclidean norm.
        train_encoder: Whether the encoder learns too. A frozen encoder is run once per problem instead of once
            per epoch and for each of policy and reference, which on a CPU is most of the work where there are few
            programs about a problem.
        gradient_checkpointing: Whether activations are computed again instead of being kept: slower, and smaller.
        sharded: Whether several processes share out the weights, gradients and optimizer's state (FSDP) instead of
            having a copy each (DDP): slower; of the 16 bytes a weight, N processes keep 16 / N each, and the 4 of a
            whole policy, to write with.
        precision: `"float32"` or `"bfloat16"`: of writing, and of the passes of the update; the weights stay float32.
        seed: Of problems, sampling and minibatch order.
    """

    learning_rate: float = 3e-5
    query_learning_rate_factor: float = 1.0
    value_learning_rate: float = 1e-3
    warmup_steps: int = 20
    learning_rate_decay_episodes: int | None = None
    value_warmup_iterations: int = 0
    episodes_per_iteration: int = 128
    samples_per_problem: int = 1
    minibatch_size: int = 32
    microbatch_size: int | None = None
    writing_batch_size: int = 128
    epochs: int = 1
    max_policy_kl: float | None = None
    overlap: bool = False
    end_at_error: bool = False
    entropy_coefficient: float = 0.0
    temperature: float = 1.0
    aggregation: str = "token"
    kl_coefficient: float = 0.1
    kl_estimator: str = "k1"
    kl_target: float | None = None
    kl_loss_coefficient: float = 0.0
    kl_loss_estimator: str = "exact"
    max_grad_norm: float = 1.0
    train_encoder: bool = True
    gradient_checkpointing: bool = False
    sharded: bool = False
    precision: str = "float32"
    seed: int = 0

    def __post_init__(self) -> None:
        check_hyperparameters(self, _SHARED)

    @property
    def exact_kl_in_loss(self) -> bool:
        """Whether the loss asks what the reference says of the whole vocabulary."""
        return self.kl_loss_coefficient > 0 and self.kl_loss_estimator == "exact"


_SHARED: Rules = {
    "positive": ("learning_rate", "query_learning_rate_factor", "value_learning_rate", "max_grad_norm", "temperature"),
    "positive or None": ("kl_target", "max_policy_kl"),
    "at least 0": ("entropy_coefficient", "kl_coefficient", "kl_loss_coefficient"),
    "a whole number, at least 1": (
        "episodes_per_iteration",
        "samples_per_problem",
        "minibatch_size",
        "writing_batch_size",
        "epochs",
    ),
    "a whole number, at least 1, or None": ("microbatch_size", "learning_rate_decay_episodes"),
    "a whole number, at least 0": ("seed", "warmup_steps", "value_warmup_iterations"),
    "true or false": ("train_encoder", "overlap", "end_at_error", "gradient_checkpointing", "sharded"),
    "float32 or bfloat16": ("precision",),
    "token or episode": ("aggregation",),
    "k1, k2 or k3": ("kl_estimator",),
    "exact, k2 or k3": ("kl_loss_estimator",),
}
