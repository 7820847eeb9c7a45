"""A T5's weights in the engine's precision, at addresses that stay the same when they are loaded again."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, cast, final

import torch
from torch import Tensor, nn

from codegym_agents.models.seq2seq import Seq2SeqPolicy


@final
class DecoderLayer:
    """A decoder block's weights; those that are used together are one matrix."""

    def __init__(self, block: Any, copy: Copies) -> None:
        attention, reading, feeding = block.layer
        own, source = attention.SelfAttention, reading.EncDecAttention
        self.norms = [copy.together(part.layer_norm.weight) for part in (attention, reading, feeding)]
        self.query_keys_values = copy.together(own.q.weight, own.k.weight, own.v.weight)
        self.output = copy.together(own.o.weight)
        self.source_query = copy.together(source.q.weight)
        self.source_keys_values = copy.together(source.k.weight, source.v.weight)
        self.source_output = copy.together(source.o.weight)
        self.feed_forward = FeedForward(feeding.DenseReluDense, copy)


@final
class FeedForward:
    """The dense part of a block."""

    def __init__(self, dense: Any, copy: Copies) -> None:
        self._gated = hasattr(dense, "wi_0")
        inner = (dense.wi_0.weight, dense.wi_1.weight) if self._gated else (dense.wi.weight,)
        self._inner = copy.together(*inner)
        self._outer = copy.together(dense.wo.weight)
        self._activation: Callable[[Tensor], Tensor] = torch.relu_ if isinstance(dense.act, nn.ReLU) else dense.act

    def __call__(self, normed: Tensor) -> Tensor:
        """Returns what the block adds to its input (..., d_model)."""
        inner = normed @ self._inner.T
        if self._gated:
            gate, linear = inner.chunk(2, dim=-1)
            inner = self._activation(gate) * linear
        else:
            inner = self._activation(inner)
        read: Tensor = inner @ self._outer.T
        return read


@final
class DecoderWeights:
    """The decoder's weights in the engine's precision, at addresses that stay the same when they are loaded again."""

    def __init__(self, policy: Seq2SeqPolicy, max_tokens: int, dtype: torch.dtype) -> None:
        stack: Any = policy.model.decoder  # transformers' modules declare no attributes
        config = policy.model.config
        self._copies = Copies(dtype, by_column=policy.device.type == "cpu")
        whole = Copies(torch.float32)
        self._whole = whole
        self._attention = stack.block[0].layer[0].SelfAttention
        self._scale = config.d_model**-0.5 if config.scale_decoder_outputs else 1.0
        self.epsilon = float(stack.final_layer_norm.variance_epsilon)
        self.layers = [DecoderLayer(block, self._copies) for block in stack.block]
        self.embedding = whole.together(stack.embed_tokens.weight)
        self.final_norm = self._copies.together(stack.final_layer_norm.weight)
        self.vocabulary = self._copies.together(policy.model.lm_head.weight)
        self.value_weight = whole.together(policy.value_head.weight.flatten())
        self.value_bias = whole.together(policy.value_head.bias)
        self.bias = torch.zeros((max_tokens, config.num_heads), device=policy.device)

    def load(self) -> None:
        """Takes the policy's weights as they are now."""
        self._copies.load()
        self._whole.load()
        self.bias.copy_(distance_bias(self._attention, len(self.bias)))
        self.vocabulary.mul_(self._scale)


@final
class Copies:
    """Copies of weights; several that are used together lie in one tensor, one below the other.

    Args:
        dtype: Of the copies.
        by_column: Whether what one input is multiplied with lies together. With few rows, a CPU's product with the
            transposed matrix is up to 1.7 times as fast then.
    """

    def __init__(self, dtype: torch.dtype, *, by_column: bool = False) -> None:
        self._dtype, self._by_column = dtype, by_column
        self._pairs: list[tuple[Tensor, tuple[Tensor, ...]]] = []

    def together(self, *weights: Tensor) -> Tensor:
        """Returns the tensor that weights are copied to by `load`."""
        weights = tuple(weight.detach() for weight in weights)
        copy = torch.cat(weights).to(self._dtype)
        if self._by_column and copy.ndim == 2:
            copy = copy.T.contiguous().T
        self._pairs.append((copy, weights))
        return copy

    def load(self) -> None:
        """Copies the weights as they are now."""
        for copy, weights in self._pairs:
            stacked = weights[0] if len(weights) == 1 else torch.cat(weights)
            copy.t().copy_(stacked.t())  # a matrix by column is quickly copied in this direction only


def distance_bias(attention: nn.Module, length: int) -> Tensor:
    """Returns T5's bias (length, heads) of a causal self-attention to a key so many positions back.

    Distances up to half of the buckets have a bucket each, longer ones share buckets of logarithmic width
    (Raffel et al. 2020, section 2.1).
    """
    table = cast("nn.Embedding", attention.relative_attention_bias).weight
    buckets = cast("int", attention.relative_attention_num_buckets)
    exact = buckets // 2
    distance = torch.arange(length, device=table.device)
    scale = math.log(cast("int", attention.relative_attention_max_distance) / exact)
    far = exact + (torch.log(distance.clamp(min=1) / exact) / scale * (buckets - exact)).long()
    bucket = torch.where(distance < exact, distance, far.clamp(max=buckets - 1))
    return table[bucket]
