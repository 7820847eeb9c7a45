"""Checkpoints of a training run: safetensors and JSON, written atomically, restored exactly.

Nothing is pickled: loading a checkpoint can never execute code.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from codegym.errors import DataError
from codegym_agents.models import Seq2SeqPolicy


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
    random_state: dict[str, Any]

    def restore(
        self, optimizer: torch.optim.Optimizer, random: np.random.Generator, generator: torch.Generator
    ) -> None:
        """Puts optimizer and random streams back to where they were."""
        state: dict[int, dict[str, Tensor]] = {}
        for key, value in self.tensors.items():
            owner, _, name = key.partition(".")
            if owner.isdigit():
                state.setdefault(int(owner), {})[name] = value
        optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
        random.bit_generator.state = self.random_state
        generator.set_state(self.tensors["generator"])


def save_checkpoint(
    folder: Path,
    policy: Seq2SeqPolicy,
    reference: Seq2SeqPolicy,
    optimizer: torch.optim.Optimizer,
    state: TrainingState,
    random: np.random.Generator,
    generator: torch.Generator,
) -> None:
    """Writes a checkpoint that is there as a whole or not at all, whenever the process dies."""
    draft = folder.with_name(folder.name + ".part")
    shutil.rmtree(draft, ignore_errors=True)
    policy.save_pretrained(draft / "policy")
    reference.save_pretrained(draft / "reference")
    tensors = {"generator": generator.get_state()}
    for index, entries in optimizer.state_dict()["state"].items():
        tensors |= {f"{index}.{name}": value.cpu().contiguous() for name, value in entries.items()}
    save_file(tensors, draft / "training.safetensors")
    content = asdict(state) | {"random": random.bit_generator.state}
    (draft / "training.json").write_text(json.dumps(content, indent=1) + "\n")
    for file in sorted(draft.rglob("*")):
        if file.is_file():
            with file.open("rb") as handle:
                os.fsync(handle.fileno())
    if folder.exists():
        shutil.rmtree(folder)
    draft.rename(folder)


def load_checkpoint(
    folder: Path, algorithm: str, device: torch.device
) -> tuple[Seq2SeqPolicy, Seq2SeqPolicy, RestoredState]:
    """Reads what `save_checkpoint` wrote.

    Returns:
        Policy, reference, and the rest.

    Raises:
        DataError: There is no checkpoint, it is broken, or it is another algorithm's.
    """
    if not (folder / "training.json").is_file():
        raise DataError(f"{folder} holds no checkpoint: training.json is missing.")
    try:
        content = json.loads((folder / "training.json").read_text())
        random_state = content.pop("random")
        state = TrainingState(**content)
        tensors = load_file(folder / "training.safetensors")
    except (ValueError, TypeError, KeyError, OSError, SafetensorError) as error:
        raise DataError(f"The checkpoint in {folder} is broken: {error}") from error
    if state.algorithm != algorithm:
        raise DataError(f"The checkpoint in {folder} is one of {state.algorithm!r}, not of {algorithm!r}.")
    policy = Seq2SeqPolicy.from_pretrained(folder / "policy").to(device)
    reference = Seq2SeqPolicy.from_pretrained(folder / "reference").to(device)
    return policy, reference, RestoredState(state, tensors, random_state)
