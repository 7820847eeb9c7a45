"""The engine of any policy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor

from codegym_agents.decoding.choose import Sampling
from codegym_agents.decoding.compact import Written
from codegym_agents.decoding.engine import DecodingEngine
from codegym_agents.decoding.generate import GeneratingEngine
from codegym_agents.models import AutoPolicy, Policy


class Engine(Protocol):
    """Writes programs with one policy, whose weights may change between two calls of `write`."""

    rows: int

    def write(
        self, sources: Sequence[Sequence[int]], seeds: Sequence[int] | None = None, *, states: Tensor | None = None
    ) -> list[Written]:
        """Writes one program for each source; see `DecodingEngine.write`."""


def make_engine(
    policy: Policy,
    max_tokens: int,
    *,
    rows: int,
    dtype: torch.dtype | None = None,
    sampling: Sampling | None = None,
) -> Engine:
    """Returns the fastest engine that knows the policy's architecture; see `DecodingEngine` for the arguments."""
    if isinstance(policy, AutoPolicy):
        return GeneratingEngine(policy, max_tokens, rows=rows, sampling=sampling)
    return DecodingEngine(policy, max_tokens, rows=rows, dtype=dtype, sampling=sampling)
