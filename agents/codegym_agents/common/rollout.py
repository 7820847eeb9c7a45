"""From a policy and problems to a batch that an algorithm can learn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from codegym.envs.vector import CodeVectorEnv, Score
from codegym.types import Problem
from codegym_agents.decoding import DecodingEngine, Written
from codegym_agents.models.seq2seq import PaddedSources, Seq2SeqPolicy, read_once


@dataclass(frozen=True)
class RolloutBatch:
    """Episodes of similar source length, padded at the end, on the policy's device.

    Attributes:
        groups: (batch,) int64; episodes about the same problem have the same number.
        sources: What was read.
        states: (batch, source, d_model) encoder states, kept only while the encoder is not trained.
        tokens: (batch, time) int64 actions.
        mask: (batch, time) bool, True at the tokens of valid episodes: those that the judge could answer for.
        log_probs: (batch, time) log-probability of each action when it was taken.
        values: (batch, time) value of each state when it was visited.
        reference_log_probs: (batch, time) log-probability of each action under the reference.
        reference_hidden: (batch, time, d_model) the reference's last hidden state before each action.
        task_rewards: (batch, time) what the environment pays, without KL.
    """

    groups: Tensor
    sources: PaddedSources
    states: Tensor | None
    tokens: Tensor
    mask: Tensor
    log_probs: Tensor
    values: Tensor
    reference_log_probs: Tensor
    reference_hidden: Tensor
    task_rewards: Tensor

    @property
    def kl(self) -> Tensor:
        """(batch, time) log pi(a|s) - log pi_ref(a|s), in nats: its mean under pi is the KL divergence."""
        return (self.log_probs - self.reference_log_probs).masked_fill(~self.mask, 0.0)


@dataclass(frozen=True)
class Rollout:
    """One iteration's episodes.

    Attributes:
        batches: The episodes, cut into batches of similar source length.
        scores: Terms, program and grade of each episode.
        lengths: Tokens of each episode.
    """

    batches: list[RolloutBatch]
    scores: list[Score]
    lengths: list[int]

    def metrics(self) -> dict[str, float]:
        """Returns what is worth plotting: means over the valid episodes."""
        valid = [score for score in self.scores if score.valid]
        kl = torch.cat([batch.kl.sum(dim=1)[batch.mask.any(dim=1)] for batch in self.batches])
        terms = {name: [float(score.terms[name].sum()) for score in valid] for name in self.scores[0].terms}
        del terms["kl"]
        return {
            "compilation_rate": _mean([score.grade.compiled for score in valid]),
            "task_return": _mean([sum(parts) for parts in zip(*terms.values(), strict=True)]),
            **{f"return/{name}": _mean(parts) for name, parts in terms.items()},
            "kl": float(kl.mean()) if len(kl) else 0.0,
            "length": _mean([length for length, score in zip(self.lengths, self.scores, strict=True) if score.valid]),
            "invalid_episodes": float(len(self.scores) - len(valid)),
        }


def collect(
    policy: Seq2SeqPolicy,
    reference: Seq2SeqPolicy,
    env: CodeVectorEnv,
    problems: Sequence[Problem],
    *,
    engine: DecodingEngine,
    seeds: Sequence[int],
    batch_size: int,
    keep_states: bool,
) -> Rollout:
    """Writes one episode for each problem, and has them scored.

    Args:
        policy: Who writes.
        reference: The frozen policy that KL is measured to.
        env: Who scores.
        problems: One for each episode; a problem may be there several times, and is read once.
        engine: Writes with `policy`.
        seeds: One for each episode: the randomness of its writing.
        batch_size: Episodes of a batch of the rollout.
        keep_states: Whether the encoder's states are kept for the update (right while the encoder is frozen, in
            which case the reference's encoder is the same and is not run either).
    """
    process = env.process
    first: dict[int, int] = {}
    groups = [first.setdefault(id(problem), row) for row, problem in enumerate(problems)]
    asked = sorted(set(groups))
    posed = dict(zip(asked, process.assign_all([problems[group] for group in asked]), strict=True))
    assignments = [posed[group] for group in groups]
    rows = sorted(range(len(problems)), key=lambda row: (len(assignments[row].source_ids), groups[row], row))
    drafts: list[tuple[Sequence[int], PaddedSources, Tensor | None, list[Written]]] = []
    # States that are kept are those of the programs that are written together; else the engine may write all at once.
    for bucket in _chunks(rows, engine.rows if keep_states else len(rows)):
        sources = [process.layout.clip(posed[groups[row]].source_ids) for row in bucket]
        states = read_once(policy, sources, policy.encode)[1] if keep_states else None
        written = engine.write(sources, [seeds[row] for row in bucket], states=states)
        for part in _chunks(range(len(bucket)), batch_size):
            these = slice(part[0], part[-1] + 1)
            shorter = policy.pad(sources[these])
            kept = None if states is None else states[these, : shorter.tokens.shape[1]]
            drafts.append(([groups[row] for row in bucket[these]], shorter, kept, written[these]))
    everything = [one for *_, written in drafts for one in written]
    scores = env.score_episodes([problems[row] for row in rows], [one.tokens for one in everything])
    batches, position = [], 0
    for numbers, padded, states, written in drafts:
        paid = scores[position : position + len(written)]
        batches.append(_batch(policy, reference, numbers, padded, states, written, paid))
        position += len(written)
    return Rollout(batches, scores, [len(one.tokens) for one in everything])


def _chunks(items: Sequence[int], size: int) -> list[Sequence[int]]:
    return [items[start : start + size] for start in range(0, len(items), size)]


def _batch(
    policy: Seq2SeqPolicy,
    reference: Seq2SeqPolicy,
    groups: Sequence[int],
    sources: PaddedSources,
    states: Tensor | None,
    written: list[Written],
    scores: Sequence[Score],
) -> RolloutBatch:
    tokens, real = policy.pad_targets([one.tokens for one in written])
    log_probs, values, rewards = (np.zeros(tokens.shape, dtype=np.float32) for _ in range(3))
    for row, (one, score) in enumerate(zip(written, scores, strict=True)):
        length = len(one.tokens)
        log_probs[row, :length] = one.log_probs
        values[row, :length] = one.values
        rewards[row, :length] = sum(term for name, term in score.terms.items() if name != "kl")
    valid = torch.tensor([score.valid for score in scores], device=policy.device)
    mask = real & valid[:, None]
    with torch.no_grad():
        read = reference.encode(sources) if states is None else states
        reference_hidden = reference.decode(read, sources.mask, tokens)
        reference_log_probs = torch.zeros(tokens.shape, device=policy.device)
        if mask.any():
            judged = reference.log_softmax(reference_hidden[mask])
            reference_log_probs[mask] = judged.gather(-1, tokens[mask].unsqueeze(-1)).squeeze(-1)
    return RolloutBatch(
        groups=torch.tensor(groups, device=policy.device),
        sources=sources,
        states=states,
        tokens=tokens,
        mask=mask,
        log_probs=torch.from_numpy(log_probs).to(policy.device),
        values=torch.from_numpy(values).to(policy.device),
        reference_log_probs=reference_log_probs,
        reference_hidden=reference_hidden,
        task_rewards=torch.from_numpy(rewards).to(policy.device),
    )


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if len(values) else 0.0
