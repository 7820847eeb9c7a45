"""Checkpoints of a training run: safetensors and JSON, written atomically, restored exactly.

Nothing is pickled: loading a checkpoint can never execute code.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from codegym.errors import DataError
from codegym_agents.common.sharding import load_state
from codegym_agents.models import Policy, load_policy


@dataclass(frozen=True)
class TrainingState:
    """The small things of a training run.

    Attributes:
        algorithm: Name of the algorithm: `"ppo"`.
        config: Its hyperparameters.
        counters: Whole numbers: episodes, iterations.
        numbers: Other numbers: the KL coefficient.
    """

    algorithm: str
    config: dict[str, Any]
    counters: dict[str, int]
    numbers: dict[str, float]


@dataclass(frozen=True)
class RestoredState:
    """What was read from a checkpoint beside the weights."""

    content: TrainingState
    tensors: dict[str, Tensor]

    def restore(self, optimizer: torch.optim.Optimizer) -> None:
        """Puts the optimizer back to where it was."""
        state: dict[int, dict[str, Tensor]] = {}
        for key, value in self.tensors.items():
            owner, _, name = key.partition(".")
            if owner.isdigit():
                state.setdefault(int(owner), {})[name] = value
        load_state(optimizer, state)


def save_checkpoint(
    folder: Path,
    policies: Mapping[str, Policy],
    optimizer_state: Mapping[int, Mapping[str, Tensor]],
    state: TrainingState,
    more: Mapping[str, Tensor] | None = None,
) -> None:
    """Writes a checkpoint that is there as a whole or not at all, whenever the process dies.

    Args:
        folder: Replaced if it exists.
        policies: Name of each policy to the policy: `"policy"`, `"reference"`.
        optimizer_state: As `gather_state` returns it.
        state: The small things.
        more: Other tensors, whose names do not begin with a number.
    """
    draft = folder.with_name(folder.name + ".part")
    shutil.rmtree(draft, ignore_errors=True)
    for name, policy in policies.items():
        policy.save_pretrained(draft / name)
    tensors = dict(more or {})
    for index, entries in optimizer_state.items():
        tensors |= {f"{index}.{name}": value.contiguous() for name, value in entries.items()}
    save_file(tensors, draft / "training.safetensors")
    content = asdict(state)
    (draft / "training.json").write_text(json.dumps(content, indent=1) + "\n")
    for file in sorted(draft.rglob("*")):
        if file.is_file():
            with file.open("rb") as handle:
                os.fsync(handle.fileno())
    # A folder cannot be replaced in one step: between the two, `load_checkpoint` finds the older one by its other name.
    older = _older(folder)
    if folder.exists():
        shutil.rmtree(older, ignore_errors=True)
        folder.rename(older)
    draft.rename(folder)
    shutil.rmtree(older, ignore_errors=True)


def load_checkpoint(
    folder: Path, algorithm: str, names: Sequence[str], device: torch.device
) -> tuple[list[Policy], RestoredState]:
    """Reads what `save_checkpoint` wrote.

    Returns:
        The policies of those names, and the rest.

    Raises:
        DataError: There is no checkpoint, it is broken, or it is another algorithm's.
    """
    if not folder.exists() and _older(folder).exists():
        folder = _older(folder)
    if not (folder / "training.json").is_file():
        raise DataError(f"{folder} holds no checkpoint: training.json is missing.")
    try:
        content = json.loads((folder / "training.json").read_text())
        state = TrainingState(**content)
        tensors = load_file(folder / "training.safetensors")
    except (ValueError, TypeError, KeyError, OSError, SafetensorError) as error:
        raise DataError(f"The checkpoint in {folder} is broken: {error}") from error
    if state.algorithm != algorithm:
        raise DataError(f"The checkpoint in {folder} is one of {state.algorithm!r}, not of {algorithm!r}.")
    for name in names:
        if not (folder / name).is_dir():
            raise DataError(f"The checkpoint in {folder} is broken: {name}/ is missing.")
    policies = [load_policy(folder / name).to(device) for name in names]
    return policies, RestoredState(state, tensors)


def _older(folder: Path) -> Path:
    """Returns where a checkpoint is while the one that replaces it is put in its place."""
    return folder.with_name(folder.name + ".older")
