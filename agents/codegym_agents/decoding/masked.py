"""Writing under an environment's mask: one step at a time, with the rules of the grammar at hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from transformers import GenerationConfig, LogitsProcessor

from codegym.envs import Assignment
from codegym.envs.grammar import GrammarGuide
from codegym_agents.decoding.choose import Sampling, choose, uniforms
from codegym_agents.models.seq2seq import Seq2SeqPolicy


@torch.no_grad()
def write_masked(
    policy: Seq2SeqPolicy,
    assignments: Sequence[Assignment],
    seeds: Sequence[int] | None,
    max_tokens: int,
    guide: GrammarGuide | None,
    sampling: Sampling | None = None,
) -> list[list[int]]:
    """Writes one answer for each assignment with tokens that a guide allows, and returns their tokens.

    The random numbers are those that the engine takes for the same seeds; without a guide the answers are the engine's,
    up to rounding. It is much slower than the engine: it is there to find out what a mask does.

    Args:
        policy: Who writes.
        assignments: What is to be written.
        seeds: One for each answer; None writes the most probable token at each step.
        max_tokens: An answer ends after this many tokens, if not with the end token.
        guide: Who says which tokens may be written; None: all that the policy can write.
        sampling: Which tokens may be sampled, of those that are allowed.
    """
    read = policy.pad([assignment.source_ids for assignment in assignments])
    randoms = None if seeds is None else torch.from_numpy(np.stack([uniforms(seed, max_tokens) for seed in seeds]))
    said = policy.model.generate(
        input_ids=read.tokens,
        attention_mask=read.mask,
        generation_config=GenerationConfig(
            max_new_tokens=max_tokens,
            do_sample=False,  # the chooser leaves one token
            eos_token_id=policy.tokenizer.end_id,
            pad_token_id=policy.tokenizer.pad_id,
            decoder_start_token_id=policy.model.config.decoder_start_token_id,
        ),
        logits_processor=[_MaskedChooser(policy, assignments, guide, sampling or Sampling(), randoms)],
    )
    end = policy.tokenizer.end_id
    answers = said[:, 1:].tolist()
    return [answer[: answer.index(end) + 1] if end in answer else answer for answer in answers]


class _MaskedChooser(LogitsProcessor):
    """Chooses each row's token itself, with the row's own random number, among those that are allowed."""

    def __init__(
        self,
        policy: Seq2SeqPolicy,
        assignments: Sequence[Assignment],
        guide: GrammarGuide | None,
        sampling: Sampling,
        randoms: Tensor | None,
    ) -> None:
        self._policy, self._assignments, self._guide = policy, assignments, guide
        self._sampling, self._randoms = sampling, randoms
        self._prefixes = [guide.start(assignment) for assignment in assignments] if guide else []
        self._tails = [assignment.prefix[-4:] for assignment in assignments]

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        step = input_ids.shape[1] - 1
        logits = scores.float().masked_fill(self._policy.forbidden, -torch.inf) / self._policy.temperature
        if self._guide is not None:
            if step:
                self._read(input_ids[:, -1].tolist())
            masks = [
                self._guide.mask_behind(*place)
                for place in zip(self._assignments, self._prefixes, self._tails, strict=True)
            ]
            size = masks[0].shape[0]
            allowed = torch.from_numpy(np.stack(masks)).to(logits.device)
            logits[:, :size] = logits[:, :size].masked_fill(~allowed, -torch.inf)
        random = None if self._randoms is None else self._randoms[:, step].to(logits.device)
        tokens, _ = choose(logits, random, self._sampling)
        return torch.full_like(scores, -torch.inf).scatter(1, tokens[:, None], 0.0)

    def _read(self, tokens: Sequence[int]) -> None:
        """Reads what each row has written in the last step."""
        for row, token in enumerate(tokens):
            piece = b"" if token == self._policy.tokenizer.end_id else self._policy.tokenizer.token_bytes(token)
            self._prefixes[row] = self._prefixes[row].then(piece)
            self._tails[row] = (self._tails[row] + piece)[-4:]
