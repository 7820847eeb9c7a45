"""Several processes that train one policy, each with a part of every minibatch.

`accelerate launch -m codegym_agents.ppo ...` and `torchrun` start them; each finds the others by its environment.
"""

from __future__ import annotations

import os
from typing import final

import torch
from torch import Tensor, distributed


@final
class Processes:
    """All processes of a training run; alone, it is one that has nobody to ask.

    Args:
        device: Where this process computes: GPUs talk through NCCL, CPUs through Gloo.

    Attributes:
        count: How many there are.
        rank: Which one this is, from 0.
    """

    def __init__(self, device: torch.device) -> None:
        if int(os.environ.get("WORLD_SIZE", "1")) > 1 and not distributed.is_initialized():
            if device.type == "cuda":
                torch.cuda.set_device(device)
            distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
        joined = distributed.is_available() and distributed.is_initialized()
        self.count = distributed.get_world_size() if joined else 1
        self.rank = distributed.get_rank() if joined else 0
        self._device = device

    def sum(self, values: Tensor) -> Tensor:
        """Returns the sum of everybody's values, of one shape everywhere."""
        if self.count == 1:
            return values
        total = values.clone()
        distributed.all_reduce(total)
        return total

    def most(self, number: int) -> int:
        """Returns the largest of everybody's numbers."""
        return int(self.gather(torch.tensor([number], device=self._device)).max())

    def gather(self, rows: Tensor) -> Tensor:
        """Returns everybody's rows (n, ...), one after the other by rank; n may differ, and so may later axes.

        What is shorter along a later axis is padded with zeros at its end.
        """
        if self.count == 1:
            return rows
        if rows.dtype == torch.bool:
            return self.gather(rows.byte()).bool()
        mine = torch.tensor(rows.shape, device=self._device)
        shapes = [torch.zeros_like(mine) for _ in range(self.count)]
        distributed.all_gather(shapes, mine)
        widest = torch.stack(shapes).amax(dim=0).tolist()
        padded = torch.zeros(widest, dtype=rows.dtype, device=self._device)
        padded[tuple(slice(size) for size in rows.shape)] = rows.to(self._device)
        parts = [torch.zeros_like(padded) for _ in range(self.count)]
        distributed.all_gather(parts, padded)
        return torch.cat([part[: int(shape[0])] for part, shape in zip(parts, shapes, strict=True)])


def local_device(name: str) -> str:
    """Returns the device of this process: among several on one machine, each takes the GPU of its own number."""
    return f"cuda:{os.environ['LOCAL_RANK']}" if name == "cuda" and "LOCAL_RANK" in os.environ else name


def is_first() -> bool:
    """Whether this process is the one that measures and writes files."""
    return int(os.environ.get("RANK", "0")) == 0
