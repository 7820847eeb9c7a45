"""The operations of a decoding step in plain PyTorch: what `fused` is compared with, and for devices without Triton."""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor

from codegym_agents.decoding.choose import Sampling, choose
from codegym_agents.decoding.static import Operations, State


@final
class PlainOperations:
    """See `Operations`."""

    def add_norm(self, residual: Tensor, added: Tensor | None, weight: Tensor, epsilon: float, out: Tensor) -> None:
        """See `Operations`."""
        if added is not None:
            residual += added
        scale = torch.rsqrt(residual.square().mean(dim=-1, keepdim=True) + epsilon)
        out.copy_(residual * scale * weight)

    def attend_source(self, query: Tensor, keys: Tensor, values: Tensor, lengths: Tensor, out: Tensor) -> None:
        """See `Operations`."""
        self._attend(query, keys, values, lengths, None, out)

    def attend_target(
        self, projected: Tensor, keys: Tensor, values: Tensor, visible: Tensor, bias: Tensor, out: Tensor
    ) -> None:
        """See `Operations`."""
        # A row that does not run writes to the place that its next program begins with.
        place = (torch.arange(len(keys), device=keys.device), slice(None), (visible.long() - 1).clamp(min=0))
        keys[place], values[place] = projected[:, 1], projected[:, 2]
        self._attend(projected[:, 0], keys, values, visible, bias, out)

    def _attend(
        self, query: Tensor, keys: Tensor, values: Tensor, lengths: Tensor, bias: Tensor | None, out: Tensor
    ) -> None:
        scores = (query.float().unsqueeze(2) @ keys.float().transpose(2, 3)).squeeze(2)
        place = torch.arange(keys.shape[2], device=keys.device)
        if bias is not None:
            back = (lengths[:, None] - 1 - place).clamp(min=0)
            scores = scores + bias[back].transpose(1, 2)
        scores = scores.masked_fill((place >= lengths[:, None])[:, None, :], -torch.inf)
        weights = scores.softmax(dim=-1).nan_to_num(0.0)
        out.copy_((weights.unsqueeze(2) @ values.float()).squeeze(2))

    def project(self, inner: Tensor, weight: Tensor) -> Tensor:
        """See `Operations`."""
        return inner.float() @ weight.float().T

    def choose(self, logits: Tensor, state: State, sampling: Sampling | None) -> None:
        """See `Operations`."""
        logits = logits.masked_fill(state.forbidden, -torch.inf) / state.temperature
        rows, place = torch.arange(len(logits), device=logits.device), (state.position * state.running).long()
        uniforms = None if sampling is None else state.uniforms[rows, place]
        token, log_prob = choose(logits, uniforms, sampling or Sampling())
        runs = state.running.bool()
        for record, value in ((state.tokens, token), (state.log_probs, log_prob), (state.values, state.value)):
            record[rows, place] = torch.where(runs, value, record[rows, place])
        state.token.copy_(torch.where(runs, token, state.token))
        state.position += state.running
        state.running *= (token != state.end_id) & (state.position < state.tokens.shape[1])
        state.visible.copy_(torch.where(state.running.bool(), state.position + 1, 0))
        state.source_length *= state.running


OPERATIONS: Operations = PlainOperations()
