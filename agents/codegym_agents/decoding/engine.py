"""The rollout engine: writes whole programs with a policy, many at once, and says how likely each token was."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from codegym.errors import ConfigurationError
from codegym_agents.decoding.choose import Sampling, uniforms
from codegym_agents.decoding.compact import CompactDecoder, Written
from codegym_agents.decoding.static import StaticDecoder
from codegym_agents.models.base import PaddedSources
from codegym_agents.models.seq2seq import Seq2SeqPolicy, read_once

_REFILL_SHARE = 8
"""Finished rows wait until this part of all rows is free: reading sources one by one would cost more than waiting."""
_STEPS_BETWEEN_LOOKS = 8
"""The host looks once in so many steps for finished rows: a look waits for the GPU."""


Batching = Literal["shrinking", "continuous"]
"""What becomes of the rows whose programs have ended: dropped, or given the next source."""


@final
class DecodingEngine:
    """Writes programs with one policy, whose weights may change between two calls of `write`.

    The encoder runs once for each source, cross-attention keys and values are computed once, and a step costs one
    token. On a GPU a step is one CUDA graph over caches of fixed size, whose rows are filled again as programs end; on
    a CPU the batch shrinks instead. Both are equal to `Seq2SeqPolicy.evaluate` up to rounding.

    Each program is sampled with the random numbers of its own seed, so that it does not depend on what else is written,
    in which order, or in how many rows.

    Args:
        policy: Who writes.
        max_tokens: A program ends after this many tokens, if not with the end token.
        rows: Programs that are written at once. Where the GPU has no memory for them, they are halved with a warning.
        max_source_tokens: The longest source; by default that of the first call.
        dtype: Of weights and caches: bfloat16 on a GPU, float32 on a CPU.
        sampling: Which tokens may be sampled.
        batching: `"shrinking"` or `"continuous"`; by default what suits the device.

    Raises:
        ConfigurationError: A size is less than 1.
    """

    def __init__(
        self,
        policy: Seq2SeqPolicy,
        max_tokens: int,
        *,
        rows: int = 256,
        max_source_tokens: int | None = None,
        dtype: torch.dtype | None = None,
        sampling: Sampling | None = None,
        batching: Batching | None = None,
    ) -> None:
        if min(max_tokens, rows, max_source_tokens or 1) < 1:
            raise ConfigurationError("max_tokens, rows and max_source_tokens must be at least 1.")
        self.policy = policy
        self.max_tokens = max_tokens
        self.rows = rows
        self.sampling = sampling or Sampling()
        self._continuous = batching == "continuous" or (batching is None and policy.device.type == "cuda")
        self._max_source_tokens = max_source_tokens or 0
        self._dtype = dtype or (torch.bfloat16 if policy.device.type == "cuda" else torch.float32)
        self._decoder: StaticDecoder | None = None
        self._compact: CompactDecoder | None = None

    @torch.no_grad()
    def write(
        self, sources: Sequence[Sequence[int]], seeds: Sequence[int] | None = None, *, states: Tensor | None = None
    ) -> list[Written]:
        """Writes one program for each source.

        Args:
            sources: Tokens that each program is written from.
            seeds: One for each program, from 0 to 2^64 - 1; None writes the most probable token at each step.
            states: (sources, length, d_model) the encoder's states, where they are known already.

        Returns:
            What was written, in the order of `sources`.
        """
        if seeds is not None and len(seeds) != len(sources):
            raise ConfigurationError(f"There are {len(sources)} sources, but {len(seeds)} seeds.")
        if not sources:
            return []
        randoms = None if seeds is None else np.stack([uniforms(seed, self.max_tokens) for seed in seeds])
        orders = _Orders(self.policy, sources, randoms, states)
        on_gpu = self.policy.device.type == "cuda"
        # Graphs are captured, and kernels of Triton start, on the current GPU, which need not be the policy's.
        with torch.cuda.device(self.policy.device) if on_gpu else contextlib.nullcontext():
            written = self._continuously(orders) if self._continuous else self._shrinking(orders)
        return [written[program] for program in range(len(sources))]

    @torch.inference_mode()
    def _shrinking(self, orders: _Orders) -> dict[int, Written]:
        written: dict[int, Written] = {}
        if self._compact is None:
            self._compact = CompactDecoder(
                self.policy, max_tokens=self.max_tokens, dtype=self._dtype, sampling=self.sampling
            )
        self._compact.load_weights()
        waiting = orders.by_length()
        for start in range(0, len(waiting), self.rows):
            these = waiting[start : start + self.rows]
            read, states, uniforms = orders.take(these, self._compact.encode)
            written.update(zip(these, self._compact.write(read, states, uniforms), strict=True))
        return written

    def _continuously(self, orders: _Orders) -> dict[int, Written]:
        written: dict[int, Written] = {}
        longest = max(map(len, orders.sources)) + sum(map(len, self.policy.tokenizer.frame))
        while waiting := [program for program in orders.by_length() if program not in written]:
            try:
                self._run(self._decoder_for(longest), orders, waiting, written)
            except torch.OutOfMemoryError as error:
                self._decoder = None
                torch.cuda.empty_cache()
                if self.rows == 1:
                    raise
                self.rows //= 2
                warnings.warn(
                    f"The GPU has no memory for so many rows: {self.rows} from here on ({error}).", stacklevel=3
                )
        return written

    def _decoder_for(self, source_tokens: int) -> StaticDecoder:
        """Returns the decoder with the policy's weights as they are now."""
        self._max_source_tokens = max(self._max_source_tokens, source_tokens, 1)
        if self._decoder is None or self._decoder.max_source_tokens < self._max_source_tokens:
            self._decoder = None  # frees its caches before there are new ones
            self._decoder = StaticDecoder(
                self.policy,
                rows=self.rows,
                max_source_tokens=self._max_source_tokens,
                max_tokens=self.max_tokens,
                dtype=self._dtype,
                sampling=self.sampling,
            )
        self._decoder.load_weights()
        return self._decoder

    def _run(self, decoder: StaticDecoder, orders: _Orders, waiting: list[int], written: dict[int, Written]) -> None:
        queue = list(waiting)  # taken from its end: the longest sources first, and similar ones together
        holds: dict[int, int] = {}  # which program a row of the decoder writes
        decoder.reset(greedy=orders.uniforms is None)
        while queue or holds:
            free = [row for row in range(decoder.rows) if row not in holds]
            if queue and len(free) >= min(max(1, decoder.rows // _REFILL_SHARE), len(queue)):
                taken = [queue.pop() for _ in range(min(len(free), len(queue)))]
                rows = free[: len(taken)]
                decoder.admit(rows, *orders.take(taken, decoder.encode))
                holds.update(zip(rows, taken, strict=True))
            decoder.run(_STEPS_BETWEEN_LOOKS)
            running = decoder.running()
            ended = [row for row in holds if not running[row]]
            if ended and (len(ended) >= decoder.rows // _REFILL_SHARE or not any(running[row] for row in holds)):
                for row, program in zip(ended, decoder.take(ended), strict=True):
                    written[holds.pop(row)] = program


@dataclass(frozen=True)
class _Orders:
    """What is to be written, by number."""

    policy: Seq2SeqPolicy
    sources: Sequence[Sequence[int]]
    uniforms: NDArray[np.float32] | None
    states: Tensor | None

    def by_length(self) -> list[int]:
        """Returns the numbers, those with the shortest sources first."""
        return sorted(range(len(self.sources)), key=lambda program: (len(self.sources[program]), program))

    def take(
        self, programs: Sequence[int], encode: Callable[[PaddedSources], Tensor]
    ) -> tuple[PaddedSources, Tensor, Tensor | None]:
        """Returns sources, the encoder's states and random numbers of some programs, on the policy's device."""
        sources = [self.sources[program] for program in programs]
        if self.states is None:
            read, states = read_once(self.policy, sources, encode)
        else:
            read = self.policy.pad(sources)
            states = self.states[list(programs), : read.tokens.shape[1]]
        if self.uniforms is None:
            return read, states, None
        return read, states, torch.from_numpy(self.uniforms[list(programs)]).to(self.policy.device)


def write(
    policy: Seq2SeqPolicy,
    sources: Sequence[Sequence[int]],
    max_tokens: int,
    seeds: Sequence[int] | None = None,
    *,
    sampling: Sampling | None = None,
) -> list[Written]:
    """Writes one program for each source, as `DecodingEngine.write` does; for those who write once."""
    engine = DecodingEngine(policy, max_tokens, rows=max(1, min(256, len(sources))), sampling=sampling)
    return engine.write(sources, seeds)
