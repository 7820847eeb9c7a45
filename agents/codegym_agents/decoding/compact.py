"""Decoding for a CPU: preallocated caches that shrink as programs end."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor, nn

from codegym_agents.decoding.choose import Sampling, choose
from codegym_agents.models.seq2seq import PaddedSources, Seq2SeqPolicy


@dataclass(frozen=True)
class Written:
    """One program that a policy wrote.

    Attributes:
        tokens: (T,) the actions, the end token included where it was written.
        log_probs: (T,) natural log-probability of each action when it was taken.
        values: (T,) the policy's value of the state before each action.
    """

    tokens: list[int]
    log_probs: list[float]
    values: list[float]


def write_compactly(
    policy: Seq2SeqPolicy,
    sources: PaddedSources,
    states: Tensor,
    max_tokens: int,
    uniforms: Tensor | None,
    sampling: Sampling,
) -> list[Written]:
    """Writes one program for each source.

    Args:
        policy: Who writes.
        sources: What each program is written from.
        states: (batch, source, d_model) the encoder's states.
        max_tokens: A program ends after this many tokens, if not with the end token.
        uniforms: (batch, max_tokens) random numbers from [0, 1); None writes the most probable token at each step.
        sampling: Which tokens may be sampled.
    """
    decoder = _Decoder(policy, sources, states, max_tokens)
    rows = torch.arange(len(sources.tokens), device=policy.device)
    token = torch.full_like(rows, policy.model.config.decoder_start_token_id)
    shape = (len(rows), max_tokens)
    tokens = torch.full(shape, policy.tokenizer.pad_id, device=policy.device)
    log_probs = torch.zeros(shape, device=policy.device)
    values = torch.zeros(shape, device=policy.device)
    lengths = torch.full_like(rows, max_tokens)
    running = torch.ones_like(rows, dtype=torch.bool)
    for position in range(max_tokens):
        hidden = decoder.step(token, position)
        random = None if uniforms is None else uniforms[rows, position]
        token, log_prob = choose(policy.logits(hidden), random, sampling)
        tokens[rows, position] = token
        log_probs[rows, position] = log_prob
        values[rows, position] = policy.value(hidden)
        ended = running & (token == policy.tokenizer.end_id)
        lengths[rows[ended]] = position + 1
        running &= ~ended
        remaining = int(running.sum())
        if remaining == 0:
            break
        # Dropping finished rows copies the caches: worth it once a quarter of them is dead weight.
        if remaining <= 0.75 * len(rows):
            decoder.keep(running.nonzero().squeeze(-1))
            rows, token, running = rows[running], token[running], running[running]
    return [
        Written(tokens[row, :length].tolist(), log_probs[row, :length].tolist(), values[row, :length].tolist())
        for row, length in enumerate(lengths.tolist())
    ]


class _Decoder:
    """One decoding step of a T5 over static caches, with the weights of the policy's own modules."""

    def __init__(self, policy: Seq2SeqPolicy, sources: PaddedSources, states: Tensor, max_tokens: int) -> None:
        config = policy.model.config
        stack: Any = policy.model.decoder  # transformers' modules declare no attributes
        self._embed = stack.embed_tokens
        self._blocks = list(stack.block)
        self._final_norm = stack.final_layer_norm
        self._heads, self._width = config.num_heads, config.d_kv
        self._source_bias = torch.zeros(sources.mask.shape, device=policy.device)
        self._source_bias.masked_fill_(sources.mask == 0, -torch.inf)
        self._source_bias = self._source_bias[:, None, None, :]
        cross = [block.layer[1].EncDecAttention for block in self._blocks]
        self._source_keys = [self._split(attention.k(states)) for attention in cross]
        self._source_values = [self._split(attention.v(states)) for attention in cross]
        shape = (len(states), self._heads, max_tokens, self._width)
        self._keys = [states.new_zeros(shape) for _ in self._blocks]
        self._values = [states.new_zeros(shape) for _ in self._blocks]
        bias = distance_bias(self._blocks[0].layer[0].SelfAttention, max_tokens)
        self._bias = bias.T.flip(1)  # the farthest key first

    def step(self, token: Tensor, position: int) -> Tensor:
        """Returns the last hidden state (batch, d_model) after feeding one token (batch,) at a position."""
        hidden = self._embed(token).unsqueeze(1)
        bias = self._bias[None, :, None, self._bias.shape[1] - position - 1 :]
        for layer, block in enumerate(self._blocks):
            attention, norm = block.layer[0].SelfAttention, block.layer[0].layer_norm
            normed = norm(hidden)
            self._keys[layer][:, :, position] = self._split(attention.k(normed)).squeeze(2)
            self._values[layer][:, :, position] = self._split(attention.v(normed)).squeeze(2)
            keys = self._keys[layer][:, :, : position + 1]
            values = self._values[layer][:, :, : position + 1]
            hidden = hidden + attention.o(self._attend(attention.q(normed), keys, values, bias))
            attention, norm = block.layer[1].EncDecAttention, block.layer[1].layer_norm
            query = attention.q(norm(hidden))
            read = self._attend(query, self._source_keys[layer], self._source_values[layer], self._source_bias)
            hidden = hidden + attention.o(read)
            hidden = block.layer[2](hidden)
        last: Tensor = self._final_norm(hidden).squeeze(1)
        return last

    def keep(self, rows: Tensor) -> None:
        """Drops every row of the batch but these."""
        self._source_bias = self._source_bias[rows]
        for caches in (self._source_keys, self._source_values, self._keys, self._values):
            caches[:] = [cache[rows] for cache in caches]

    def _split(self, projected: Tensor) -> Tensor:
        batch, length, _ = projected.shape
        return projected.view(batch, length, self._heads, self._width).transpose(1, 2)

    def _attend(self, query: Tensor, keys: Tensor, values: Tensor, bias: Tensor) -> Tensor:
        # T5 does not scale the scores (Raffel et al. 2020, footnote on the initialisation).
        scores = self._split(query) @ keys.transpose(2, 3) + bias
        read = scores.float().softmax(dim=-1).to(values.dtype) @ values
        return read.transpose(1, 2).flatten(2)


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
