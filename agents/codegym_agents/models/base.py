"""What all policies have in common: padding, masks, the value head and its file, and where checkpoints are."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from huggingface_hub.errors import StrictDataclassError
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers.utils import logging

from codegym.envs.layout import Observation
from codegym.errors import CodegymError, ConfigurationError, DataError, UnknownNameError
from codegym.tokens import Tokenizer

NANO = "nano"
"""Name of the checkpoint inside the package that knows all tasks and languages."""

SHIPPED = (NANO, "nano-completion")
"""Names of the checkpoints inside the package."""

_VALUE_HEAD_FILE = "value_head.safetensors"
_TOKENIZER_FILE = "tokenizer.json"


class PaddedSources(NamedTuple):
    """Source tokens of a batch, padded at the end."""

    tokens: Tensor  # (batch, source) int64
    mask: Tensor  # (batch, source) int64, 1 where there is a token


class Evaluation(NamedTuple):
    """What the policy says about given programs, token by token."""

    log_probs: Tensor  # (batch, target) float32: log pi(a_t | s_t)
    values: Tensor  # (batch, target) float32: V(s_t)
    all_log_probs: Tensor  # (batch, target, vocabulary) float32: -inf at tokens that may not be written


class TokenPolicy(Protocol):
    """What the functions below need of a policy."""

    tokenizer: Tokenizer
    value_head: nn.Linear

    @property
    def device(self) -> torch.device:
        """Where the weights are."""

    def pad(self, sources: Sequence[Sequence[int]]) -> PaddedSources:
        """Returns the sources as one batch, each with what the policy expects around it."""

    def hidden(self, sources: PaddedSources, target: Tensor, states: Tensor | None = None) -> Tensor:
        """Returns what the policy knows before each target token: (batch, target, ...)."""

    def log_softmax(self, hidden: Tensor) -> Tensor:
        """Returns log pi(. | s) as (..., vocabulary)."""

    def value(self, hidden: Tensor) -> Tensor:
        """Returns V(s) as (...)."""


def forbidden_tokens(tokenizer: Tokenizer, rows: int) -> Tensor:
    """Returns (rows,) bool: the tokens that may not be written, and the padding of a vocabulary matrix.

    Raises:
        ConfigurationError: The tokenizer has more tokens than there are rows.
    """
    if tokenizer.vocabulary_size > rows:
        raise ConfigurationError(
            f"Tokenizer {tokenizer.name!r} has {tokenizer.vocabulary_size} tokens, the model's vocabulary only "
            f"{rows}: they do not belong together."
        )
    forbidden = np.ones(rows, dtype=bool)
    forbidden[: tokenizer.vocabulary_size] = ~tokenizer.legal
    return torch.from_numpy(forbidden)


@contextmanager
def reading(folder: Path) -> Iterator[None]:
    """Turns whatever goes wrong while a checkpoint is read into a DataError that names its folder."""
    try:
        with no_progress_bar():
            yield
    except CodegymError:
        raise
    except UnpicklingError as error:
        raise DataError(f"The checkpoint in {folder} is broken, or holds code, which is never run.") from error
    except (SafetensorError, StrictDataclassError, OSError, RuntimeError, ValueError, KeyError) as error:
        raise DataError(f"The checkpoint in {folder} is broken: {error}") from error


def check_complete(report: Mapping[str, Any], folder: Path) -> None:
    """Raises DataError if weights are missing: transformers would go on with random ones instead."""
    if missing := sorted(report["missing_keys"]):
        raise DataError(f"The checkpoint in {folder} is broken: it lacks {', '.join(missing)}.")


def new_value_head(width: int) -> nn.Linear:
    """Returns a value head that says 0: before its first update it claims nothing, instead of adding noise."""
    head = nn.Linear(width, 1)
    nn.init.zeros_(head.weight)
    nn.init.zeros_(head.bias)
    return head


def load_value_head(head: nn.Linear, folder: Path) -> None:
    """Reads the value head of a checkpoint, if it has one.

    Raises:
        DataError: The file is broken, or does not fit.
    """
    file = folder / _VALUE_HEAD_FILE
    if not file.is_file():
        return
    try:
        head.load_state_dict({key: value.float() for key, value in load_file(file).items()})
    except SafetensorError as error:
        raise DataError(f"The checkpoint in {folder} is broken: {error}") from error
    except RuntimeError as error:
        raise DataError(f"{file} does not fit the model: {error}") from error


def save_head_and_tokenizer(policy: TokenPolicy, folder: Path, dtype: torch.dtype) -> None:
    """Writes what stands beside a model's own files: value head and tokenizer."""
    head = policy.value_head.state_dict()
    save_file({key: value.to("cpu", dtype) for key, value in head.items()}, folder / _VALUE_HEAD_FILE)
    policy.tokenizer.save(folder / _TOKENIZER_FILE)


def pad_sources(
    policy: TokenPolicy, sources: Sequence[Sequence[int]], before: Sequence[int], after: Sequence[int]
) -> PaddedSources:
    """Returns the sources as one batch on the policy's device; what would be empty becomes one padding token.

    Args:
        policy: Who reads them.
        sources: As environments show them.
        before: What the policy expects in front of each.
        after: What it expects behind each.
    """
    framed = [[*before, *source, *after] for source in sources]
    tokens, mask = pad_programs(policy, [source or [policy.tokenizer.pad_id] for source in framed])
    return PaddedSources(tokens, mask.long())


def pad_programs(policy: TokenPolicy, programs: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    """Returns programs as (batch, time) int64, padded at the end, and a bool mask of their real tokens."""
    shape = (len(programs), max(len(program) for program in programs))
    tokens, mask = np.full(shape, policy.tokenizer.pad_id, dtype=np.int64), np.zeros(shape, dtype=bool)
    for row, program in enumerate(programs):
        tokens[row, : len(program)] = program
        mask[row, : len(program)] = True
    return torch.from_numpy(tokens).to(policy.device), torch.from_numpy(mask).to(policy.device)


def evaluation_of(policy: TokenPolicy, hidden: Tensor, target: Tensor) -> Evaluation:
    """Returns what a policy says about the programs (batch, target) whose hidden states are given."""
    all_log_probs = policy.log_softmax(hidden)
    log_probs = all_log_probs.gather(-1, target.unsqueeze(-1)).squeeze(-1)
    return Evaluation(log_probs, policy.value(hidden), all_log_probs)


@torch.no_grad()
def log_probs_of(policy: TokenPolicy, observation: Observation) -> NDArray[np.float64]:
    """Returns log pi(. | observation) of every token, (vocabulary_size,), for one observation of an environment."""
    source = observation["source"][observation["source_mask"].astype(bool)].tolist()
    target = observation["target"][observation["target_mask"].astype(bool)].tolist()
    # What is said of a place follows from the tokens before it: at the last one any token will do.
    tokens = torch.tensor([[*target, 0]], device=policy.device)
    hidden = policy.hidden(policy.pad([source]), tokens)
    log_probs: NDArray[np.float64] = policy.log_softmax(hidden[:, -1])[0].double().cpu().numpy()
    return log_probs


def kl_divergence(log_probs: Tensor, reference: Tensor) -> Tensor:
    """Returns KL(pi || pi_ref) in nats as (...) from log-probabilities (..., vocabulary), -inf where impossible."""
    impossible = log_probs.isneginf()
    # Two infinities have no difference; what is impossible adds nothing.
    difference = log_probs.masked_fill(impossible, 0.0) - reference.masked_fill(impossible, 0.0)
    return (log_probs.exp() * difference).sum(dim=-1)


def checkpoint_activations(model: Any) -> None:
    """Has a model compute activations again in the backward pass; there is no dropout from here on.

    transformers does so in training mode only, in which dropout is active.
    """
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
        elif isinstance(getattr(module, "dropout", None), float):
            module.dropout = 0.0
    # The method was renamed in transformers 5.
    enable = getattr(model, "activation_checkpointing_enable", None) or model.gradient_checkpointing_enable
    enable({"use_reentrant": False})
    model.train()


@contextmanager
def no_progress_bar() -> Iterator[None]:
    """Keeps transformers from showing progress bars."""
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()


def architecture_of(folder: Path) -> str | None:
    """Returns a checkpoint's `model_type`: `"t5"`."""
    file = folder / "config.json"
    if not file.is_file():
        return None
    try:
        architecture: str | None = json.loads(file.read_text("utf-8")).get("model_type")
    except (ValueError, AttributeError) as error:
        raise DataError(f"{file} is not a JSON object: {error}") from error
    return architecture


def checkpoint_folder(name: str) -> Path:
    """Returns where a checkpoint is: in the package, at a path, or fetched from the Hugging Face hub."""
    if name in SHIPPED:
        return Path(str(resources.files("codegym_agents.models").joinpath(name)))
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder
    from huggingface_hub import snapshot_download

    try:
        # CodeT5's own weights are a pickle; torch reads it as nothing but tensors.
        patterns = ["*.json", "*.txt", "*.safetensors", "pytorch_model*.bin"]
        return Path(snapshot_download(name, allow_patterns=patterns))
    except Exception as error:  # unreachable, unknown, private, malformed: all mean that there is no such name here
        hint = f"A path is accepted too, and so is a name on the Hugging Face hub ({type(error).__name__})."
        raise UnknownNameError("model", name, SHIPPED, hint) from error
