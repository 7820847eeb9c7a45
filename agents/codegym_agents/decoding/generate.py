"""Writing with `generate` of transformers, for the models that the engine of T5 does not know."""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

import numpy as np
import torch
from torch import Tensor
from transformers import GenerationConfig, LogitsProcessor

from codegym_agents.decoding.choose import Sampling, choose, uniforms
from codegym_agents.decoding.compact import Written
from codegym_agents.models.auto import AutoPolicy
from codegym_agents.models.base import PaddedSources


@final
class GeneratingEngine:
    """Writes programs as `DecodingEngine` does: each with the random numbers of its own seed.

    Args:
        policy: Who writes.
        max_tokens: A program ends after this many tokens, if not with the end token.
        rows: Programs that are written at once.
        sampling: Which tokens may be sampled.
    """

    def __init__(
        self, policy: AutoPolicy, max_tokens: int, *, rows: int = 64, sampling: Sampling | None = None
    ) -> None:
        self.policy = policy
        self.max_tokens = max_tokens
        self.rows = rows
        self.sampling = sampling or Sampling()

    @torch.no_grad()
    def write(
        self, sources: Sequence[Sequence[int]], seeds: Sequence[int] | None = None, *, states: Tensor | None = None
    ) -> list[Written]:
        """Writes one program for each source; the arguments are those of `DecodingEngine.write`."""
        order = sorted(range(len(sources)), key=lambda program: (len(sources[program]), program))
        written: dict[int, Written] = {}
        for start in range(0, len(order), self.rows):
            these = order[start : start + self.rows]
            own = None if seeds is None else [seeds[program] for program in these]
            written.update(zip(these, self._write([sources[program] for program in these], own), strict=True))
        return [written[program] for program in range(len(sources))]

    def _write(self, sources: Sequence[Sequence[int]], seeds: Sequence[int] | None) -> list[Written]:
        policy = self.policy
        read = policy.pad(sources)
        prompt = read if policy.reads_apart else _against_the_end(read)
        randoms = None
        if seeds is not None:
            rows = np.stack([uniforms(seed, self.max_tokens) for seed in seeds])
            randoms = torch.from_numpy(rows).to(policy.device)
        chooser = _Chooser(policy, self.sampling, randoms)
        settings = GenerationConfig(
            max_new_tokens=self.max_tokens,
            do_sample=False,  # the chooser leaves one token
            eos_token_id=policy.tokenizer.end_id,
            pad_token_id=policy.tokenizer.pad_id,
            decoder_start_token_id=policy.model.config.decoder_start_token_id if policy.reads_apart else None,
        )
        said = policy.model.generate(
            input_ids=prompt.tokens,
            attention_mask=prompt.mask,
            generation_config=settings,
            logits_processor=[chooser],
        )
        programs = said[:, 1 if policy.reads_apart else prompt.tokens.shape[1] :].tolist()
        ends = [
            program.index(policy.tokenizer.end_id) + 1 if policy.tokenizer.end_id in program else len(program)
            for program in programs
        ]
        tokens = [program[:end] for program, end in zip(programs, ends, strict=True)]
        values = policy.value(policy.hidden(read, policy.pad_targets(tokens)[0])).tolist()
        log_probs = torch.stack(chooser.log_probs, dim=1).tolist()
        return [Written(mine, log_probs[row][: len(mine)], values[row][: len(mine)]) for row, mine in enumerate(tokens)]


class _Chooser(LogitsProcessor):
    """Chooses the token itself, with the row's own random number, and leaves nothing else to be chosen."""

    def __init__(self, policy: AutoPolicy, sampling: Sampling, randoms: Tensor | None) -> None:
        self._policy, self._sampling, self._randoms = policy, sampling, randoms
        self.log_probs: list[Tensor] = []

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        step = len(self.log_probs)
        random = None if self._randoms is None else self._randoms[:, step]
        tokens, log_probs = choose(self._policy.logits(scores), random, self._sampling)
        self.log_probs.append(log_probs)
        return torch.full_like(scores, -torch.inf).scatter(1, tokens[:, None], 0.0)


def _against_the_end(sources: PaddedSources) -> PaddedSources:
    """Returns sources whose padding stands at the front: `generate` goes on behind the last place."""
    order = sources.mask.argsort(dim=1, stable=True)
    return PaddedSources(sources.tokens.gather(1, order), sources.mask.gather(1, order))
