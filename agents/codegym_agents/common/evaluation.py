"""What a policy's programs are worth on problems that it has not learned from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import torch
from torch import Tensor

from codegym.benchmark.statistics import Estimate, estimate
from codegym.envs.completion import edit_similarity, exact_match
from codegym.envs.vector import CodeVectorEnv
from codegym.errors import ConfigurationError
from codegym.structure import StructureReference
from codegym_agents.decoding import DecodingEngine
from codegym_agents.models import Seq2SeqPolicy
from codegym_agents.models.seq2seq import PaddedSources, kl_divergence

METRICS = {
    "compilation_rate": "programs that compile",
    "exact_match": "completions equal to the reference",
    "edit_similarity": "character similarity of completion and reference",
    "length": "tokens written",
    "syntax": "syntax-tree match of the whole program (F1)",
    "dataflow": "data-flow match of the whole program (F1)",
    "kl": "KL to the reference policy, nats an episode",
    "episode_return": "return without KL",
}
"""Name of each metric to what it measures."""


@dataclass(frozen=True, slots=True)
class EvaluatedEpisode:
    """One written program; the fields named in `METRICS` are measurements."""

    problem: str
    prompt: str
    completion: str
    reference: str
    compilation_rate: bool
    exact_match: bool
    edit_similarity: float
    length: int
    syntax: float
    dataflow: float
    kl: float
    episode_return: float


@torch.no_grad()
def evaluate(
    policy: Seq2SeqPolicy,
    reference: Seq2SeqPolicy,
    env: CodeVectorEnv,
    count: int,
    *,
    seed: int | None = None,
    batch_size: int = 128,
) -> list[EvaluatedEpisode]:
    """Writes one program for each of the environment's first `count` problems and measures it.

    Args:
        policy: Who writes.
        reference: The policy that KL is measured to.
        env: Holds the problems; give it a split that was not learned from.
        count: Number of problems, counted from the first; all of them if there are fewer.
        seed: Samples from the policy with this seed; None writes the most probable token each time.
        batch_size: Programs written together.

    Returns:
        One record for each problem that the judge could answer for, in the order of the problems.
    """
    process = env.process
    size = process.problems.size
    problems = [process.problems[index] for index in range(count if size is None else min(count, size))]
    assignments = process.assign_all(problems)
    seeds = None if seed is None else np.random.default_rng(seed).integers(2**63, size=len(problems)).tolist()
    engine = DecodingEngine(policy, process.layout.target_tokens, rows=batch_size, dtype=torch.float32)
    order = sorted(range(len(problems)), key=lambda row: (len(assignments[row].source_ids), row))
    episodes: dict[int, EvaluatedEpisode] = {}
    for start in range(0, len(order), batch_size):
        rows = order[start : start + batch_size]
        read = [process.layout.clip(assignments[row].source_ids) for row in rows]
        sources = policy.pad(read)
        states = policy.encode(sources)
        written = engine.write(read, None if seeds is None else [seeds[row] for row in rows], states=states)
        divergence = _divergence(policy, reference, sources, states, [one.tokens for one in written])
        scores = env.score_episodes([problems[row] for row in rows], [one.tokens for one in written])
        for row, one, kl, score in zip(rows, written, divergence, scores, strict=True):
            if not score.valid:
                continue
            problem, assignment = problems[row], assignments[row]
            completion = policy.tokenizer.decode(one.tokens)
            expected = policy.tokenizer.decode(assignment.reference_ids)
            match = StructureReference(problem.reference, problem.language).scores(score.program)
            episodes[row] = EvaluatedEpisode(
                problem=problem.id,
                prompt=assignment.prefix.decode("utf-8", "replace"),
                completion=completion,
                reference=expected,
                compilation_rate=score.grade.compiled,
                exact_match=exact_match(expected, completion),
                edit_similarity=edit_similarity(expected, completion),
                length=len(one.tokens),
                syntax=match.syntax,
                dataflow=match.dataflow,
                kl=kl,
                episode_return=float(sum(term.sum() for name, term in score.terms.items() if name != "kl")),
            )
    if not episodes:
        raise ConfigurationError("The judge could not answer for a single program.")
    return [episodes[row] for row in sorted(episodes)]


def _divergence(
    policy: Seq2SeqPolicy,
    reference: Seq2SeqPolicy,
    sources: PaddedSources,
    states: Tensor,
    programs: Sequence[Sequence[int]],
) -> list[float]:
    """Returns the sum over each program's states of KL(pi(.|s) || pi_ref(.|s)), exact over the vocabulary."""
    if policy is reference:
        return [0.0] * len(programs)
    target, real = policy.pad_targets(programs)
    ours = policy.log_softmax(policy.decode(states, sources.mask, target)[real])
    theirs = reference.log_softmax(reference.decode(reference.encode(sources), sources.mask, target)[real])
    divergence = torch.zeros(target.shape, device=policy.device)
    divergence[real] = kl_divergence(ours, theirs)
    return [float(one) for one in divergence.sum(dim=1)]


def summarise(episodes: Sequence[EvaluatedEpisode]) -> dict[str, Estimate]:
    """Returns every metric with its 95 % interval over the problems."""
    rows = [asdict(episode) for episode in episodes]
    return {name: estimate([row[name] for row in rows]) for name in METRICS}


def changes(before: Sequence[EvaluatedEpisode], after: Sequence[EvaluatedEpisode]) -> dict[str, Estimate]:
    """Returns the mean change of every metric with its 95 % interval, paired by problem."""
    old = {episode.problem: asdict(episode) for episode in before}
    pairs = [(old[episode.problem], asdict(episode)) for episode in after if episode.problem in old]
    return {name: estimate([float(new[name]) - float(was[name]) for was, new in pairs]) for name in METRICS}
