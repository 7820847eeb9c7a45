"""Writing on a Ray cluster: each worker holds a copy of the policy, and writes a share of the programs."""

from __future__ import annotations

import itertools
import secrets
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Self, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from codegym.cluster import Cluster
from codegym.errors import ClusterError, ConfigurationError
from codegym.tokens import Tokenizer
from codegym_agents.decoding.choose import Sampling
from codegym_agents.decoding.compact import Written
from codegym_agents.decoding.make import Engine, make_engine
from codegym_agents.models import Policy

PATIENCE = 1_800.0
"""Seconds after which a worker that is busy with one share is given up."""


@final
class ClusterEngine:
    """Writes programs as the policy's own engine does, on the workers of a cluster.

    Weights travel as plain arrays, once to each machine, and only those that have changed since the last call. Each
    program has the random numbers of its own seed, and a share does not depend on who writes it: one whose worker dies
    is written again by another, and nothing else is.

    Args:
        cluster: Whose workers write: on their GPU where they have one.
        policy: Who writes.
        max_tokens: A program ends after this many tokens, if not with the end token.
        rows: Programs that a worker writes at once.
        dtype: As for `DecodingEngine`; bfloat16 holds for whatever the policy computes.
        sampling: Which tokens may be sampled.
    """

    def __init__(
        self,
        cluster: Cluster,
        policy: Policy,
        max_tokens: int,
        *,
        rows: int,
        dtype: torch.dtype | None = None,
        sampling: Sampling | None = None,
    ) -> None:
        self.rows = rows * cluster.workers
        self._cluster = cluster
        self._policy = policy
        self._weights = _Weights(policy)
        self._copy = _Copy(
            key=secrets.token_hex(16),
            blueprint=_Blueprint.of(policy),
            device="cuda" if cluster.gpus else "cpu",
            max_tokens=max_tokens,
            rows=rows,
            dtype=dtype,
            sampling=sampling,
        )

    def now(self) -> Engine:
        """Returns an engine that writes with the policy as it is now, whatever it learns meanwhile."""
        return _Moment(self._cluster, self.rows, self._copy, self._weights.current(), self._policy.temperature)

    def write(
        self, sources: Sequence[Sequence[int]], seeds: Sequence[int] | None = None, *, states: Tensor | None = None
    ) -> list[Written]:
        """Writes one program for each source; see `DecodingEngine.write`.

        Args:
            sources: Tokens that each program is written from.
            seeds: One for each program; None writes the most probable token at each step.
            states: Not used: workers read the sources themselves, which is less than states that travel.

        Raises:
            ClusterError: Workers died too often.
        """
        return self.now().write(sources, seeds)


@dataclass
class _Moment:
    """What a `ClusterEngine` writes with at some moment."""

    cluster: Cluster
    rows: int
    copied: _Copy
    weights: dict[str, Any]
    temperature: float

    def write(
        self, sources: Sequence[Sequence[int]], seeds: Sequence[int] | None = None, *, states: Tensor | None = None
    ) -> list[Written]:
        """See `ClusterEngine.write`."""
        if seeds is not None and len(seeds) != len(sources):
            raise ConfigurationError(f"There are {len(sources)} sources, but {len(seeds)} seeds.")
        order = sorted(range(len(sources)), key=lambda program: (len(sources[program]), program))
        size = max(1, min(self.copied.rows, -(-len(order) // self.cluster.workers)))
        parts = [order[start : start + size] for start in range(0, len(order), size)]
        shares = [
            _Share([sources[program] for program in part], None if seeds is None else [seeds[it] for it in part])
            for part in parts
        ]
        write = partial(_write, self.copied, self.weights, self.temperature)
        written: dict[int, Written] = {}
        for part, programs in zip(parts, self.cluster.submit(write, shares, PATIENCE).result(), strict=True):
            if isinstance(programs, ClusterError):
                raise ClusterError(f"Programs could not be written: {programs}")
            written.update(zip(part, programs, strict=True))
        return [written[program] for program in range(len(sources))]


@dataclass(frozen=True)
class _Share:
    """What is written together."""

    sources: Sequence[Sequence[int]]
    seeds: Sequence[int] | None


@dataclass(frozen=True)
class _Blueprint:
    """A policy without its weights: the classes of libraries, and settings."""

    policy: type[Policy]
    model: Any
    config: Any
    generation: Any
    adapters: dict[str, Any]
    tokenizer: Tokenizer
    dtypes: dict[str, torch.dtype]

    @classmethod
    def of(cls, policy: Policy) -> Self:
        """Returns what makes a policy like this one; it keeps nothing of this one."""
        model: Any = policy.model
        adapters = dict(getattr(model, "peft_config", {}))
        if adapters:
            model = model.get_base_model()
        dtypes = {name: weight.dtype for name, weight in policy.named_parameters()}
        return cls(type(policy), type(model), model.config, model.generation_config, adapters, policy.tokenizer, dtypes)

    def build(self) -> Policy:
        """Returns the policy with weights that mean nothing."""
        model = self.model(self.config)
        model.generation_config = self.generation
        for number, (name, adapter) in enumerate(self.adapters.items()):
            import peft

            if number == 0:
                model = peft.get_peft_model(model, adapter, name)
            else:
                model.add_adapter(name, adapter)
        policy = self.policy(model, self.tokenizer)
        for name, weight in policy.named_parameters():
            weight.requires_grad_(False)
            weight.data = weight.data.to(self.dtypes[name])
        return policy.eval()


@dataclass(frozen=True)
class _Copy:
    """How a worker makes its copy of a policy, and writes with it.

    Attributes:
        key: No two policies that are copied have the same one.
        blueprint: What is to be copied.
        device: Where the worker computes.
        max_tokens: As for `ClusterEngine`, and so are the others.
    """

    key: str
    blueprint: _Blueprint
    device: str
    max_tokens: int
    rows: int
    dtype: torch.dtype | None
    sampling: Sampling | None


class _Weights:
    """A policy's weights in the cluster's store, each as it was when it changed last."""

    def __init__(self, policy: Policy) -> None:
        import ray

        self._store = ray.put
        self._fetch = ray.get
        self._policy = policy
        self._references: dict[str, Any] = {}
        self._stored: dict[str, NDArray[np.uint8]] = {}

    def current(self) -> dict[str, Any]:
        """Returns a reference to each weight as it is now, as bytes."""
        for name, weight in _weights(self._policy):
            now = _as_bytes(weight)
            if name not in self._stored or not np.array_equal(self._stored[name], now):
                self._references[name] = self._store(now)
                self._stored[name] = self._fetch(self._references[name])  # a view into the store
        return dict(self._references)


@final
class _Writer:
    """The copy of a policy that a worker holds."""

    def __init__(self, copied: _Copy) -> None:
        self.key = copied.key
        self._policy = copied.blueprint.build().to(copied.device)
        self._engine: Engine = make_engine(
            self._policy, copied.max_tokens, rows=copied.rows, dtype=copied.dtype, sampling=copied.sampling
        )
        self._dtype = copied.dtype
        self._held: dict[str, str] = {}

    @torch.no_grad()
    def load(self, weights: dict[str, Any]) -> None:
        """Takes those weights that it does not hold yet."""
        import ray

        fresh = {name: one for name, one in weights.items() if self._held.get(name) != one.hex()}
        own = dict(_weights(self._policy))
        for name, stored in zip(fresh, ray.get(list(fresh.values())), strict=True):
            own[name].copy_(_from_bytes(stored, own[name]))
        self._held |= {name: one.hex() for name, one in fresh.items()}

    def write(self, share: _Share, temperature: float) -> list[Written]:
        """Writes a share."""
        self._policy.temperature = temperature
        reduced = self._dtype == torch.bfloat16
        with torch.autocast(self._policy.device.type, torch.bfloat16, enabled=reduced):
            return self._engine.write(share.sources, share.seeds)


_writers: list[_Writer] = []
"""What this process writes with: the copy of one policy at most."""


def _write(copied: _Copy, weights: dict[str, Any], temperature: float, shares: Sequence[_Share]) -> list[list[Written]]:
    """Writes shares; runs in a worker."""
    if not _writers or _writers[0].key != copied.key:
        _writers[:] = []  # frees the memory of the other one first
        _writers.append(_Writer(copied))
    (writer,) = _writers
    writer.load(weights)
    return [writer.write(share, temperature) for share in shares]


def _weights(policy: Policy) -> Iterator[tuple[str, Tensor]]:
    """Returns whatever may change of a policy; what is shared comes once."""
    return itertools.chain(policy.named_parameters(), policy.named_buffers())


def _as_bytes(weight: Tensor) -> NDArray[np.uint8]:
    array: NDArray[np.uint8] = weight.detach().cpu().contiguous().flatten().view(torch.uint8).numpy()
    return array


def _from_bytes(stored: NDArray[np.uint8], like: Tensor) -> Tensor:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # the store cannot be written to, and is not
        return torch.from_numpy(stored).view(like.dtype).view(like.shape)
