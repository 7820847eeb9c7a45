"""The operations of a decoding step as Triton kernels: each reads what it needs once, and nothing that is padding."""

from __future__ import annotations

from typing import Any, final

import torch
import triton
import triton.language as tl
from torch import Tensor

from codegym_agents.decoding.choose import Sampling, threshold
from codegym_agents.decoding.static import Operations, State

_KEYS_AT_ONCE = 32
"""With one warp a head, this is what reads keys and values at 97 % of the bandwidth of a copy (H200)."""
_STRETCH = 128
_LARGEST_TOP_K = 32
"""Up to here the k-th largest logit is found by looking for the next one k times."""


@triton.jit
def _add_norm_kernel(residual, added, weight, out, width, epsilon, HAS_ADDED: tl.constexpr, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    column = tl.arange(0, BLOCK)
    inside = column < width
    x = tl.load(residual + row * width + column, mask=inside, other=0.0)
    if HAS_ADDED:
        x += tl.load(added + row * width + column, mask=inside, other=0.0).to(tl.float32)
        tl.store(residual + row * width + column, x, mask=inside)
    scale = tl.rsqrt(tl.sum(x * x, axis=0) / width + epsilon)
    w = tl.load(weight + column, mask=inside, other=0.0).to(tl.float32)
    tl.store(out + row * width + column, (x * scale * w).to(out.dtype.element_ty), mask=inside)


@triton.jit
def _attend_kernel(
    query, keys, values, lengths, bias, out,
    query_row, query_part, cache_row, cache_head, heads,
    TARGET: tl.constexpr, WIDTH: tl.constexpr, SPAN: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    row, head = tl.program_id(0), tl.program_id(1)
    length = tl.load(lengths + row)
    column = tl.arange(0, SPAN)  # a power of two, which the width of a head need not be
    within = tl.full((SPAN,), 1, tl.int1) if SPAN == WIDTH else column < WIDTH  # a mask of ones is dropped
    own = query + row * query_row + head * WIDTH + column
    q = tl.load(own, mask=within, other=0.0).to(tl.float32)
    cache = row.to(tl.int64) * cache_row + head * cache_head
    highest = tl.full((), float("-inf"), tl.float32)
    total = tl.zeros((), tl.float32)
    result = tl.zeros((SPAN,), tl.float32)
    before = length
    if TARGET:
        # The new key and value: put into the caches for later, and used from here.
        before = tl.maximum(length - 1, 0)
        new_key = tl.load(own + query_part, mask=within, other=0.0)
        new_value = tl.load(own + 2 * query_part, mask=within, other=0.0)
        tl.store(keys + cache + before * WIDTH + column, new_key, mask=within)
        tl.store(values + cache + before * WIDTH + column, new_value, mask=within)
        highest = tl.sum(new_key.to(tl.float32) * q, axis=0) + tl.load(bias + head)
        total = tl.full((), 1.0, tl.float32)
        result = new_value.to(tl.float32)
    for start in range(0, before, BLOCK):
        place = start + tl.arange(0, BLOCK)
        inside = place < before
        tile = cache + place[:, None] * WIDTH + column[None, :]
        real = inside[:, None] & within[None, :]
        k = tl.load(keys + tile, mask=real, other=0.0)
        v = tl.load(values + tile, mask=real, other=0.0)
        scores = tl.sum(k.to(tl.float32) * q[None, :], axis=1)
        if TARGET:
            scores += tl.load(bias + (before - place) * heads + head, mask=inside, other=0.0)
        scores = tl.where(inside, scores, float("-inf"))
        higher = tl.maximum(highest, tl.max(scores, axis=0))
        kept = tl.exp(highest - higher)
        weights = tl.exp(scores - higher)
        result = result * kept + tl.sum(weights[:, None] * v.to(tl.float32), axis=0)
        total = total * kept + tl.sum(weights, axis=0)
        highest = higher
    result = tl.where(length > 0, result / tl.where(length > 0, total, 1.0), 0.0)
    tl.store(out + (row * heads + head) * WIDTH + column, result.to(out.dtype.element_ty), mask=within)


@triton.jit
def _choose_kernel(
    logits, forbidden, least, temperature, uniforms, value,
    token, position, running, visible, source_length, tokens, log_probs, values,
    vocabulary, max_tokens, end_id,
    GREEDY: tl.constexpr, HAS_LEAST: tl.constexpr, TOP_K: tl.constexpr, BLOCK: tl.constexpr, STRETCH: tl.constexpr,
):  # fmt: skip
    row = tl.program_id(0)
    if tl.load(running + row) == 0:
        return
    place = tl.load(position + row)
    # The whole row is held in registers, so that it is read once.
    column = tl.arange(0, BLOCK)
    inside = column < vocabulary
    x = tl.load(logits + row.to(tl.int64) * vocabulary + column, mask=inside, other=float("-inf"))
    x = tl.where(tl.load(forbidden + column, mask=inside, other=1) != 0, float("-inf"), x / tl.load(temperature))
    highest = tl.max(x, axis=0)
    if HAS_LEAST:
        x = tl.where(x < tl.load(least + row), float("-inf"), x)
    if TOP_K > 0:
        lowest = highest
        for _ in range(TOP_K - 1):
            if tl.sum((x >= lowest).to(tl.int32), axis=0) < TOP_K:
                lowest = tl.max(tl.where(x < lowest, x, float("-inf")), axis=0)
        x = tl.where(x < lowest, float("-inf"), x)
    weight = tl.exp(x - highest)
    total = tl.sum(weight, axis=0)
    chosen = tl.argmax(x, axis=0)
    if not GREEDY:
        share = tl.load(uniforms + row * max_tokens + place) * total
        # First the stretch of the vocabulary in which the sum passes the share, then the token in it: a running sum
        # over the whole row would cost more than all the rest.
        stretches: tl.constexpr = BLOCK // STRETCH
        stretch, inner = tl.arange(0, stretches), tl.arange(0, STRETCH)
        weights = tl.reshape(weight, (stretches, STRETCH))
        sums = tl.sum(weights, axis=1)
        passed = (tl.cumsum(sums, axis=0) > share) & (sums > 0.0)
        first = tl.min(tl.where(passed, stretch, stretches), axis=0)
        before = tl.sum(tl.where(stretch < first, sums, 0.0), axis=0)
        own = tl.sum(tl.where(stretch[:, None] == first, weights, 0.0), axis=0)
        passed = (tl.cumsum(own, axis=0) + before > share) & (own > 0.0)
        # Rounding can lift the share to the sum itself, above which there is no token: then it is the last one.
        last = tl.max(tl.where(own > 0.0, inner, -1), axis=0)
        place_in = tl.min(tl.where(passed, inner, last), axis=0)
        chosen = tl.where((first < stretches) & (last >= 0), first * STRETCH + place_in, chosen)
    logit = tl.sum(tl.where(column == chosen, x, 0.0), axis=0)
    record = row * max_tokens + place
    tl.store(tokens + record, chosen.to(tl.int64))
    tl.store(log_probs + record, logit - highest - tl.log(total))
    tl.store(values + record, tl.load(value + row))
    tl.store(token + row, chosen.to(tl.int64))
    runs = (chosen != end_id) & (place + 1 < max_tokens)
    tl.store(position + row, place + 1)
    tl.store(running + row, runs.to(tl.int32))
    tl.store(visible + row, tl.where(runs, place + 2, 0))
    if not runs:
        tl.store(source_length + row, 0)


@final
class FusedOperations:
    """See `Operations`."""

    def add_norm(self, residual: Tensor, added: Tensor | None, weight: Tensor, epsilon: float, out: Tensor) -> None:
        """See `Operations`."""
        rows, width = residual.shape
        kernel: Any = _add_norm_kernel
        kernel[(rows,)](
            residual, residual if added is None else added, weight, out, width, epsilon,
            HAS_ADDED=added is not None, BLOCK=triton.next_power_of_2(width), num_warps=4,
        )  # fmt: skip

    def attend_source(self, query: Tensor, keys: Tensor, values: Tensor, lengths: Tensor, out: Tensor) -> None:
        """See `Operations`."""
        rows, heads, _, width = keys.shape
        kernel: Any = _attend_kernel
        kernel[(rows, heads)](
            query, keys, values, lengths, query, out,
            query.stride(0), 0, keys.stride(0), keys.stride(1), heads,
            TARGET=False, WIDTH=width, SPAN=triton.next_power_of_2(width), BLOCK=_KEYS_AT_ONCE, num_warps=1,
        )  # fmt: skip

    def attend_target(
        self, projected: Tensor, keys: Tensor, values: Tensor, visible: Tensor, bias: Tensor, out: Tensor
    ) -> None:
        """See `Operations`."""
        rows, heads, _, width = keys.shape
        kernel: Any = _attend_kernel
        kernel[(rows, heads)](
            projected, keys, values, visible, bias, out,
            projected.stride(0), projected.stride(1), keys.stride(0), keys.stride(1), heads,
            TARGET=True, WIDTH=width, SPAN=triton.next_power_of_2(width), BLOCK=_KEYS_AT_ONCE, num_warps=1,
        )  # fmt: skip

    def project(self, inner: Tensor, weight: Tensor) -> Tensor:
        """See `Operations`."""
        if inner.dtype == torch.float32:
            return inner @ weight.T
        return torch.mm(inner, weight.T, out_dtype=torch.float32)

    def choose(self, logits: Tensor, state: State, sampling: Sampling | None) -> None:
        """See `Operations`."""
        rows, vocabulary = logits.shape
        top_k = (sampling.top_k or 0) if sampling else 0
        least: Tensor | None = None
        if sampling and (sampling.top_p is not None or top_k > _LARGEST_TOP_K):
            legal = logits.masked_fill(state.forbidden, -torch.inf) / state.temperature
            least, top_k = threshold(legal, sampling), 0
        kernel: Any = _choose_kernel
        kernel[(rows,)](
            logits, state.forbidden, logits if least is None else least.contiguous(), state.temperature,
            state.uniforms, state.value, state.token, state.position, state.running, state.visible,
            state.source_length, state.tokens, state.log_probs, state.values,
            vocabulary, state.tokens.shape[1], state.end_id,
            GREEDY=sampling is None, HAS_LEAST=least is not None, TOP_K=top_k,
            BLOCK=max(2 * _STRETCH, triton.next_power_of_2(vocabulary)), STRETCH=_STRETCH, num_warps=16,
        )  # fmt: skip


OPERATIONS: Operations = FusedOperations()
