"""Decoding for a CPU: preallocated caches that shrink as programs end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor
from torch.nn import functional

from codegym_agents.decoding.choose import Sampling, choose_on_host
from codegym_agents.decoding.encoder import Encoder, rms_norm
from codegym_agents.decoding.weights import DecoderWeights
from codegym_agents.models.base import PaddedSources
from codegym_agents.models.seq2seq import Seq2SeqPolicy


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


@final
class CompactDecoder:
    """Writes batches of programs; a program that has ended costs nothing from then on.

    Args:
        policy: Whose weights are used; `load_weights` fetches them.
        max_tokens: A program ends after this many tokens, if not with the end token.
        dtype: Of weights and caches.
        sampling: Which tokens may be sampled.
    """

    def __init__(self, policy: Seq2SeqPolicy, *, max_tokens: int, dtype: torch.dtype, sampling: Sampling) -> None:
        self._policy, self._max_tokens, self._dtype, self._sampling = policy, max_tokens, dtype, sampling
        self._weights = DecoderWeights(policy, max_tokens, dtype)
        self._encoder = Encoder(policy, dtype)
        self._forbidden = policy.forbidden.nonzero().flatten()

    def load_weights(self) -> None:
        """Takes the policy's weights as they are now."""
        self._weights.load()
        self._encoder.load_weights()
        self._forbidden = self._policy.forbidden.nonzero().flatten()

    def encode(self, sources: PaddedSources) -> Tensor:
        """Returns the encoder's states (batch, source, d_model)."""
        return self._encoder.encode(sources)

    def write(self, sources: PaddedSources, states: Tensor, uniforms: Tensor | None) -> list[Written]:
        """Writes one program for each source.

        Args:
            sources: What each program is written from.
            states: (batch, source, d_model) the encoder's states.
            uniforms: (batch, max_tokens) random numbers from [0, 1); None writes the most probable token at each step.
        """
        weights, config = self._weights, self._policy.model.config
        batch = _Batch(weights, sources, states.to(self._dtype), config.num_heads, self._max_tokens)
        programs = torch.arange(len(states), device=states.device)  # which one each row of the batch writes
        token = torch.full_like(programs, config.decoder_start_token_id)
        by_position = None if uniforms is None else uniforms.T.contiguous()
        steps: list[tuple[Tensor, ...]] = []
        for position in range(self._max_tokens):
            hidden = batch.step(token, position)
            random = None if by_position is None else by_position[position].index_select(0, programs)
            token, log_prob = choose_on_host(self._logits(hidden), random, self._sampling)
            value = torch.addmv(weights.value_bias, hidden.float(), weights.value_weight)
            steps.append((programs, token, log_prob, value))
            goes_on = token != self._policy.tokenizer.end_id
            if not goes_on.all():
                kept = batch.keep(goes_on)
                if len(kept) == 0:
                    break
                programs, token = programs[kept], token[kept]
        return _sorted_by_program(steps)

    def _logits(self, hidden: Tensor) -> Tensor:
        logits = (hidden @ self._weights.vocabulary.T).float().index_fill_(1, self._forbidden, -torch.inf)
        return logits if self._policy.temperature == 1.0 else logits.div_(self._policy.temperature)


def _sorted_by_program(steps: list[tuple[Tensor, ...]]) -> list[Written]:
    programs, *columns = (torch.cat(parts) for parts in zip(*steps, strict=True))
    order, lengths = programs.argsort(stable=True), programs.bincount().tolist()
    tokens, log_probs, values = (column[order].split(lengths) for column in columns)
    return [Written(*(part.tolist() for part in parts)) for parts in zip(tokens, log_probs, values, strict=True)]


@final
class _Batch:
    """Rows that all stand at the same position, with their caches: the keys and values of each row's heads."""

    def __init__(
        self, weights: DecoderWeights, sources: PaddedSources, states: Tensor, heads: int, max_tokens: int
    ) -> None:
        rows, length, _ = states.shape
        self._weights, self._heads = weights, heads
        self._width = len(weights.layers[0].source_query) // heads
        source_bias = states.new_zeros((rows, 1, length)).masked_fill_(sources.mask[:, None] == 0, -torch.inf)
        self._source_bias = self._repeat(source_bias)
        self._source_keys: list[Tensor] = []
        self._source_values: list[Tensor] = []
        for layer in weights.layers:
            projected = (states @ layer.source_keys_values.T).view(rows, length, 2, heads, self._width)
            keys, values = projected.unbind(2)
            # What one query is multiplied with lies together.
            self._source_keys.append(keys.permute(0, 2, 3, 1).reshape(rows * heads, self._width, length))
            self._source_values.append(values.transpose(1, 2).reshape(rows * heads, length, self._width))
        shape = (rows * heads, max_tokens, self._width)
        self._keys = [states.new_empty(shape) for _ in weights.layers]
        self._values = [states.new_empty(shape) for _ in weights.layers]
        farthest_first = weights.bias.to(states.dtype).T.flip(1)
        self._bias = farthest_first.repeat(rows, 1).unsqueeze(1)

    def step(self, token: Tensor, position: int) -> Tensor:
        """Returns the last hidden state (rows, d_model) after feeding one token (rows,) at a position."""
        weights, rows = self._weights, len(token)
        residual = functional.embedding(token, weights.embedding).to(self._bias.dtype)
        bias = self._bias[:, :, self._bias.shape[2] - position - 1 :]
        for number, layer in enumerate(weights.layers):
            projected = self._norm(residual, layer.norms[0]) @ layer.query_keys_values.T
            by_kind = projected.view(rows, 3, -1).transpose(0, 1).reshape(3, rows * self._heads, self._width)
            query, key, value = by_kind.unbind(0)
            self._keys[number][:, position] = key
            self._values[number][:, position] = value
            keys = self._keys[number][:, : position + 1].transpose(1, 2)
            read = self._attend(query, keys, self._values[number][:, : position + 1], bias)
            residual.addmm_(read, layer.output.T)
            query = self._norm(residual, layer.norms[1]) @ layer.source_query.T
            read = self._attend(query, self._source_keys[number], self._source_values[number], self._source_bias)
            residual.addmm_(read, layer.source_output.T)
            residual += layer.feed_forward(self._norm(residual, layer.norms[2]))
        return self._norm(residual, weights.final_norm)

    def keep(self, kept: Tensor) -> Tensor:
        """Drops the rows (rows,) that are not kept, and returns which rows the remaining ones were.

        The last rows move to where rows were dropped: nothing else is copied.
        """
        count = int(kept.sum())
        holes = (~kept[:count]).nonzero().flatten()
        moved = kept[count:].nonzero().flatten() + count
        came_from = torch.arange(count, device=kept.device)
        came_from[holes] = moved
        caches = (self._source_keys, self._source_values, self._keys, self._values)
        for of_layers in caches:
            of_layers[:] = [self._move(cache, moved, holes, count) for cache in of_layers]
        self._source_bias = self._move(self._source_bias, moved, holes, count)
        self._bias = self._bias[: count * self._heads]
        return came_from

    def _move(self, cache: Tensor, moved: Tensor, holes: Tensor, count: int) -> Tensor:
        by_row = cache.unflatten(0, (-1, self._heads))
        by_row[holes] = by_row[moved]
        return cache[: count * self._heads]

    def _repeat(self, rows: Tensor) -> Tensor:
        return rows.repeat_interleave(self._heads, dim=0)

    def _norm(self, residual: Tensor, weight: Tensor) -> Tensor:
        return rms_norm(residual, weight, self._weights.epsilon)

    def _attend(self, query: Tensor, keys: Tensor, values: Tensor, bias: Tensor) -> Tensor:
        """Returns what each row reads (rows, heads * width); T5 does not scale the scores.

        See Raffel et al. 2020, footnote on the initialisation.

        Args:
            query: (rows, heads * width) or (rows * heads, width).
            keys: (rows * heads, width, length).
            values: (rows * heads, length, width).
            bias: (rows * heads, 1, length), added to the scores.
        """
        scores = torch.baddbmm(bias, query.view(-1, 1, self._width), keys)
        return torch.bmm(scores.softmax(dim=-1), values).view(-1, self._heads * self._width)
