"""The encoder for a GPU: fused attention, and what is added up along the layers in float32."""

from __future__ import annotations

from typing import Any, final

import torch
from torch import Tensor
from torch.nn import functional

from codegym_agents.decoding.weights import Copies, FeedForward
from codegym_agents.models.seq2seq import PaddedSources, Seq2SeqPolicy

_TOKENS_AT_ONCE = 32_768
"""Bounds the memory of a pass: sources are read in parts."""
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
        batch, length = sources.tokens.shape
        padding = -length % _ALIGNMENT
        tokens, mask = (functional.pad(tensor, (0, padding)) for tensor in sources)
        bias = self._attention.compute_bias(length + padding, length + padding).to(self._dtype)
        parts = max(1, batch * (length + padding) // _TOKENS_AT_ONCE)
        read = [self._read(*part, bias) for part in zip(tokens.chunk(parts), mask.chunk(parts), strict=True)]
        return torch.cat(read)[:, :length]

    def _read(self, tokens: Tensor, mask: Tensor, bias: Tensor) -> Tensor:
        batch, length = tokens.shape
        unread = (mask == 0)[:, None, None, :]
        seen = bias.expand(batch, -1, -1, -1).masked_fill(unread, torch.finfo(self._dtype).min)
        residual = functional.embedding(tokens, self._embedding)
        for layer in self._layers:
            normed = self._norm(residual, layer.norms[0])
            projected = (normed @ layer.query_keys_values.T).view(batch, length, 3, self._heads, self._width)
            query, keys, values = projected.permute(2, 0, 3, 1, 4)
            # T5 does not scale the scores (Raffel et al. 2020, footnote on the initialisation).
            read = functional.scaled_dot_product_attention(query, keys, values, attn_mask=seen, scale=1.0)
            residual = residual + read.transpose(1, 2).flatten(2) @ layer.output.T
            residual = residual + layer.feed_forward(self._norm(residual, layer.norms[1]))
        return self._norm(residual, self._final_norm)

    def _norm(self, residual: Tensor, weight: Tensor) -> Tensor:
        return functional.rms_norm(residual, weight.shape, weight, self._epsilon).to(self._dtype)


@final
class _EncoderLayer:
    def __init__(self, block: Any, copies: Copies, whole: Copies) -> None:
        attention, feeding = block.layer
        own = attention.SelfAttention
        self.norms = [whole.together(part.layer_norm.weight) for part in (attention, feeding)]
        self.query_keys_values = copies.together(own.q.weight, own.k.weight, own.v.weight)
        self.output = copies.together(own.o.weight)
        self.feed_forward = FeedForward(feeding.DenseReluDense, copies)
