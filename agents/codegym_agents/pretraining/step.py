"""A gradient of T5's loss, computed as one CUDA graph for each shape of batch: a small model is all launches otherwise.

The forward pass is that of transformers up to rounding, without what cannot be captured: with fused attention, and
with the relative bias made from a vector instead of a matrix of buckets, whose gradient is quick.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, final

import torch
from torch import Tensor
from torch.nn import functional
from transformers import T5ForConditionalGeneration

from codegym_agents.pretraining.examples import Batch


def token_losses(model: T5ForConditionalGeneration, sources: Tensor, source_mask: Tensor, targets: Tensor) -> Tensor:
    """Returns -log p(y_t | x, y_<t) of every target token, (batch, target) float32, in nats.

    All tokens may be written here, those too that have no place in a program: the marks of hidden spans.

    Args:
        model: A T5; its dropout is not applied.
        sources: (batch, source) int64, padded at the end.
        source_mask: (batch, source) bool, True at real tokens.
        targets: (batch, target) int64, padded at the end.
    """
    encoder: Any = model.encoder  # transformers' modules declare no attributes
    decoder: Any = model.decoder
    unread = ~source_mask[:, None, None, :]
    bias = relative_bias(encoder.block[0].layer[0].SelfAttention, sources.shape[1], causal=False)
    hidden = encoder.embed_tokens(sources).float()
    seen = _masked(bias, unread)
    for block in encoder.block:
        hidden = _attend(hidden, None, block.layer[0].layer_norm, block.layer[0].SelfAttention, seen)
        hidden = _feed(hidden, block.layer[1])
    states = _norm(hidden, encoder.final_layer_norm)
    start = torch.full_like(targets[:, :1], model.config.decoder_start_token_id)
    hidden = decoder.embed_tokens(torch.cat([start, targets[:, :-1]], dim=1)).float()
    bias = relative_bias(decoder.block[0].layer[0].SelfAttention, targets.shape[1], causal=True)
    read = _masked(torch.zeros((), device=sources.device), unread)
    for block in decoder.block:
        hidden = _attend(hidden, None, block.layer[0].layer_norm, block.layer[0].SelfAttention, bias)
        hidden = _attend(hidden, states, block.layer[1].layer_norm, block.layer[1].EncDecAttention, read)
        hidden = _feed(hidden, block.layer[2])
    hidden = _norm(hidden, decoder.final_layer_norm)
    if model.config.scale_decoder_outputs:
        hidden = hidden * model.config.d_model**-0.5
    logits = model.lm_head(hidden).flatten(0, 1).float()
    return functional.cross_entropy(logits, targets.flatten(), reduction="none").view(targets.shape)


def relative_bias(attention: Any, length: int, *, causal: bool) -> Tensor:
    """Returns T5's bias (1, heads, length, length), -inf at later keys if causal (Raffel et al. 2020, section 2.1)."""
    table: Tensor = attention.relative_attention_bias.weight
    distance = torch.arange(1 - length, length, device=table.device)  # of the key from the query
    buckets = attention.relative_attention_num_buckets // (1 if causal else 2)
    far = (-distance).clamp(min=0) if causal else distance.abs()
    exact = buckets // 2
    scale = math.log(attention.relative_attention_max_distance / exact)
    rough = exact + (torch.log(far.clamp(min=1).float() / exact) / scale * (buckets - exact)).long()
    bucket = torch.where(far < exact, far, rough.clamp(max=buckets - 1))
    if not causal:
        bucket = bucket + buckets * (distance > 0).long()
    values = table[bucket].T.float()  # (heads, 2 length - 1)
    if causal:
        values = values.masked_fill(distance > 0, -torch.inf)
    # Entry (q, k) is that of distance k - q: rows are windows of the vector, the last query's first.
    return values.unfold(1, length, 1).flip(1).unsqueeze(0)


def _masked(bias: Tensor, unread: Tensor) -> Tensor:
    return bias.masked_fill(unread, torch.finfo(torch.bfloat16).min)


def _norm(hidden: Tensor, norm: Any) -> Tensor:
    return functional.rms_norm(hidden.float(), (hidden.shape[-1],), norm.weight, norm.variance_epsilon)


def _attend(hidden: Tensor, states: Tensor | None, norm: Any, attention: Any, mask: Tensor) -> Tensor:
    normed = _norm(hidden, norm)
    read = normed if states is None else states
    query, key, value = (
        projection(of).unflatten(-1, (attention.n_heads, -1)).transpose(1, 2)
        for projection, of in ((attention.q, normed), (attention.k, read), (attention.v, read))
    )
    mask = mask.to(query.dtype).expand(query.shape[0], query.shape[1], query.shape[2], key.shape[2])
    # T5 does not scale the scores.
    attended = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask, scale=1.0)
    added: Tensor = hidden + attention.o(attended.transpose(1, 2).flatten(2))
    return added


def _feed(hidden: Tensor, layer: Any) -> Tensor:
    added: Tensor = hidden + layer.DenseReluDense(_norm(hidden, layer.layer_norm))
    return added


@dataclass(frozen=True)
class _Captured:
    """A graph, with the tensors that it reads and the loss that it writes."""

    graph: torch.cuda.CUDAGraph
    inputs: tuple[Tensor, ...]
    loss: Tensor


@final
class Gradient:
    """Computes the gradient of a batch's loss into one flat vector, of which each weight's `grad` is a part.

    A program counts as the square root of its length: between counting all tokens alike, where long programs are
    everything, and all programs.

    Args:
        model: Whose gradient.

    Attributes:
        flat: (weights,) float32, the gradient.
    """

    def __init__(self, model: T5ForConditionalGeneration) -> None:
        self._model = model
        weights = list(model.parameters())
        self.flat = torch.zeros(sum(weight.numel() for weight in weights), device=model.device)
        for weight, part in zip(weights, self.flat.split([weight.numel() for weight in weights]), strict=True):
            weight.grad = part.view_as(weight)
        self._captured: dict[tuple[int, ...], _Captured] = {}
        self._pool: Any = torch.cuda.graph_pool_handle() if model.device.type == "cuda" else None

    def __call__(self, batch: Batch) -> Tensor:
        """Returns the batch's mean loss, in nats a token; `flat` holds its gradient then."""
        arrays = [torch.as_tensor(array) for array in batch]
        if self._pool is None:
            return self._compute(*arrays)
        shape = (*batch.sources.shape, batch.targets.shape[1])
        if shape not in self._captured:
            self._captured[shape] = self._capture([array.to(self._model.device) for array in arrays])
        captured = self._captured[shape]
        for held, array in zip(captured.inputs, arrays, strict=True):
            held.copy_(array, non_blocking=True)
        captured.graph.replay()
        return captured.loss

    def _compute(self, sources: Tensor, source_lengths: Tensor, targets: Tensor, target_lengths: Tensor) -> Tensor:
        self.flat.zero_()
        on_gpu = self._model.device.type == "cuda"
        # Casts that are cached outlive the graph in which they were made.
        with torch.autocast(self._model.device.type, torch.bfloat16, enabled=on_gpu, cache_enabled=False):
            real, written = (
                torch.arange(tokens.shape[1], device=tokens.device) < lengths[:, None]
                for tokens, lengths in ((sources, source_lengths), (targets, target_lengths))
            )
            losses = token_losses(self._model, sources.long(), real, targets.long())
        weights = written / target_lengths.clamp(min=1)[:, None].sqrt()
        loss = (losses * weights).sum() / weights.sum()
        loss.backward()
        return loss.detach()

    def _capture(self, arrays: list[Tensor]) -> _Captured:
        inputs = tuple(array.clone() for array in arrays)
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):  # libraries set themselves up
            self._compute(*inputs)
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=self._pool):
            loss = self._compute(*inputs)
        return _Captured(graph, inputs, loss)
