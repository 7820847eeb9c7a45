"""The encoder: fused attention on a GPU, nothing but real tokens on a CPU.

What is added up along the layers is float32.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, final

import torch
from torch import Tensor
from torch.nn import functional

from codegym_agents.decoding.weights import Copies, FeedForward
from codegym_agents.models.base import PaddedSources
from codegym_agents.models.seq2seq import Seq2SeqPolicy

_TOKENS_AT_ONCE = 32_768
"""Bounds the memory of a pass: sources are read in parts."""
_TOKENS_AT_ONCE_ON_CPU = 2_048
"""What a layer makes of so many tokens stays in the CPU's cache, and its memory is used again for the next layer."""
_ALIGNMENT = 8
"""The fused kernels want rows of the mask to begin at multiples of 16 bytes."""


@final
class Encoder:
    """Equal to `Seq2SeqPolicy.encode` up to the rounding of `dtype`.

    Args:
        policy: Whose weights are used; `load_weights` fetches them.
        dtype: Of weights and states.
    """

    def __init__(self, policy: Seq2SeqPolicy, dtype: torch.dtype) -> None:
        stack: Any = policy.model.encoder  # transformers' modules declare no attributes
        config = policy.model.config
        self._heads, self._width, self._dtype = config.num_heads, config.d_kv, dtype
        self._copies, self._whole = Copies(dtype), Copies(torch.float32)
        self._attention = stack.block[0].layer[0].SelfAttention
        self._epsilon = float(stack.final_layer_norm.variance_epsilon)
        self._embedding = self._whole.together(stack.embed_tokens.weight)
        self._layers = [_EncoderLayer(block, self._copies, self._whole) for block in stack.block]
        self._final_norm = self._whole.together(stack.final_layer_norm.weight)

    def load_weights(self) -> None:
        """Takes the policy's weights as they are now."""
        self._copies.load()
        self._whole.load()

    def encode(self, sources: PaddedSources) -> Tensor:
        """Returns the encoder's states (batch, source, d_model)."""
        if sources.tokens.device.type == "cpu":
            return self._encode_without_padding(sources)
        batch, length = sources.tokens.shape
        padding = -length % _ALIGNMENT
        tokens, mask = (functional.pad(tensor, (0, padding)) for tensor in sources)
        bias = self._attention.compute_bias(length + padding, length + padding).to(self._dtype)
        parts = max(1, batch * (length + padding) // _TOKENS_AT_ONCE)
        read = [self._encode_padded(*part, bias) for part in zip(tokens.chunk(parts), mask.chunk(parts), strict=True)]
        return torch.cat(read)[:, :length]

    def _encode_padded(self, tokens: Tensor, mask: Tensor, bias: Tensor) -> Tensor:
        batch, length = tokens.shape
        unread = (mask == 0)[:, None, None, :]
        seen = bias.expand(batch, -1, -1, -1).masked_fill(unread, torch.finfo(self._dtype).min)

        def attend(projected: Tensor) -> Tensor:
            return _attend(projected.view(batch, length, 3, self._heads, self._width), seen)

        return self._read(functional.embedding(tokens, self._embedding), attend)

    def _encode_without_padding(self, sources: PaddedSources) -> Tensor:
        batch, length = sources.tokens.shape
        real = sources.mask.bool()
        bias = self._attention.compute_bias(length, length).to(self._dtype).contiguous()
        states = torch.zeros((batch, length, self._embedding.shape[1]), dtype=self._dtype)
        rows_at_once = max(1, _TOKENS_AT_ONCE_ON_CPU // length)
        for tokens, mask, out in zip(
            *(whole.split(rows_at_once) for whole in (sources.tokens, real, states)), strict=True
        ):
            out[mask] = self._encode_packed(tokens[mask], mask.sum(dim=1).tolist(), bias)
        return states

    def _encode_packed(self, tokens: Tensor, lengths: list[int], bias: Tensor) -> Tensor:
        """Reads sources (tokens,) that lie one behind the other: each sees itself only."""

        def attend(projected: Tensor) -> Tensor:
            sources = projected.view(1, len(tokens), 3, self._heads, self._width).split(lengths, dim=1)
            read = [_attend(one, bias[:, :, : one.shape[1], : one.shape[1]]) for one in sources]
            return torch.cat(read, dim=1).squeeze(0)

        return self._read(functional.embedding(tokens, self._embedding), attend)

    def _read(self, residual: Tensor, attend: Callable[[Tensor], Tensor]) -> Tensor:
        for layer in self._layers:
            projected = self._norm(residual, layer.norms[0]) @ layer.query_keys_values.T
            residual += attend(projected) @ layer.output.T
            residual += layer.feed_forward(self._norm(residual, layer.norms[1]))
        return self._norm(residual, self._final_norm)

    def _norm(self, residual: Tensor, weight: Tensor) -> Tensor:
        return rms_norm(residual, weight, self._epsilon).to(self._dtype)


def rms_norm(inner: Tensor, weight: Tensor, epsilon: float) -> Tensor:
    """Returns the root-mean-square norm of inner (..., width) times weight (width,)."""
    if inner.device.type != "cpu":
        return functional.rms_norm(inner, weight.shape, weight, epsilon)
    # PyTorch's own makes three tensors of this size on a CPU, where taking fresh memory costs more than filling it.
    square = torch.linalg.vector_norm(inner, dim=-1, keepdim=True).square_()
    normed: Tensor = inner * square.div_(len(weight)).add_(epsilon).rsqrt_()
    return normed.mul_(weight)


def _attend(projected: Tensor, bias: Tensor) -> Tensor:
    """Returns what is read (batch, length, inner) with projections (batch, length, 3, heads, width)."""
    query, keys, values = projected.permute(2, 0, 3, 1, 4)
    # T5 does not scale the scores (Raffel et al. 2020, footnote on the initialisation).
    read = functional.scaled_dot_product_attention(query, keys, values, attn_mask=bias, scale=1.0)
    return read.transpose(1, 2).flatten(2)


@final
class _EncoderLayer:
    def __init__(self, block: Any, copies: Copies, whole: Copies) -> None:
        attention, feeding = block.layer
        own = attention.SelfAttention
        self.norms = [whole.together(part.layer_norm.weight) for part in (attention, feeding)]
        self.query_keys_values = copies.together(own.q.weight, own.k.weight, own.v.weight)
        self.output = copies.together(own.o.weight)
        self.feed_forward = FeedForward(feeding.DenseReluDense, copies)
