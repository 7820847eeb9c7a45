"""What a policy's programs are worth on problems that it has not learned from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import torch

from codegym.benchmark.measures import basic_measures
from codegym.benchmark.statistics import Estimate, estimate
from codegym.envs.episode import Assignment
from codegym.envs.process import DecisionProcess, is_right
from codegym.envs.vector import CodeVectorEnv
from codegym.errors import ConfigurationError
from codegym_agents.common.rollout import following_prompts, seed_of_turn
from codegym_agents.decoding import Engine, make_engine
from codegym_agents.models import Policy
from codegym_agents.models.base import kl_divergence

METRICS = {
    "compilation_rate": "programs that compile",
    "solved": "programs that pass their tests, or compile where the reward asks for no tests",
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
    solved: bool
    exact_match: bool
    edit_similarity: float
    length: int
    syntax: float
    dataflow: float
    kl: float
    episode_return: float


@torch.no_grad()
def evaluate(
    policy: Policy,
    reference: Policy,
    env: CodeVectorEnv,
    count: int,
    *,
    seed: int | None = None,
    batch_size: int = 128,
) -> list[EvaluatedEpisode]:
    """Writes one episode for each of the environment's first `count` problems and measures its last program.

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
    assignments = process.first(count)
    seeds = None if seed is None else np.random.default_rng(seed).integers(2**63, size=len(assignments)).tolist()
    engine = make_engine(policy, process.layout.target_tokens, rows=batch_size, dtype=torch.float32)
    turns = write_episodes(engine, process, assignments, seeds)
    tokens = [[token for turn in episode for token in turn.tokens] for episode in turns]
    scores = env.score_episodes([one.problem for one in assignments], tokens)
    distances = [sum(nats) for nats in divergence(policy, reference, turns, batch_size)]
    episodes = []
    for assignment, one, score, kl in zip(assignments, tokens, scores, distances, strict=True):
        if not score.valid:
            continue
        measures = basic_measures(assignment, score, len(one))
        episodes.append(
            EvaluatedEpisode(
                problem=assignment.problem.id,
                prompt=assignment.prefix.decode("utf-8", "replace"),
                completion=score.answer,
                reference=assignment.reference_answer,
                compilation_rate=score.grade.compiled,
                solved=is_right(score.grade),
                exact_match=bool(measures["exact_match"]),
                edit_similarity=measures["edit_similarity"],
                length=len(one),
                syntax=measures["syntax"],
                dataflow=measures["dataflow"],
                kl=kl,
                episode_return=measures["episode_return"],
            )
        )
    if not episodes:
        raise ConfigurationError("The judge could not answer for a single program.")
    return episodes


@dataclass(frozen=True, slots=True)
class Turn:
    """What was read, and the tokens that were written of it, the end token included."""

    source_ids: Sequence[int]
    tokens: Sequence[int]


def write_episodes(
    engine: Engine, process: DecisionProcess, assignments: Sequence[Assignment], seeds: Sequence[int] | None
) -> list[list[Turn]]:
    """Returns the turns of one episode for each assignment: several where a program is wrong and turns are left.

    Args:
        engine: Writes.
        process: Says what is wrong with a program.
        assignments: What is to be written.
        seeds: The randomness of each episode; None: the most probable token each time.
    """
    first = engine.write([one.source_ids for one in assignments], seeds)
    episodes = [[Turn(one.source_ids, text.tokens)] for one, text in zip(assignments, first, strict=True)]
    for turn in range(1, max((one.turns for one in assignments), default=1)):
        reached = {
            place: (one, episode[-1].tokens)
            for place, (one, episode) in enumerate(zip(assignments, episodes, strict=True))
            if len(episode) == turn < one.turns
        }
        following = following_prompts(process, reached)
        if not following:
            break
        own = None if seeds is None else [seed_of_turn(seeds[place], turn) for place in following]
        for (place, source_ids), text in zip(
            following.items(), engine.write(list(following.values()), own), strict=True
        ):
            episodes[place].append(Turn(source_ids, text.tokens))
    return episodes


def turns_of(
    process: DecisionProcess, assignments: Sequence[Assignment], answers: Sequence[Sequence[int]]
) -> list[list[Turn]]:
    """Returns the turns of episodes whose tokens are known, with the prompts that there were."""
    size = process.layout.target_tokens
    written = [process.vocabulary.turns(answer, size) for answer in answers]
    done = [
        (assignment, tokens) for assignment, turns in zip(assignments, written, strict=True) for tokens in turns[:-1]
    ]
    # Where the judge has no verdict any more, what the prompt was cannot be told.
    prompts = iter([found or one.source_ids for found, (one, _) in zip(process.next_prompts(done), done, strict=True)])
    return [
        [Turn(assignment.source_ids, turns[0]), *(Turn(next(prompts), tokens) for tokens in turns[1:])]
        for assignment, turns in zip(assignments, written, strict=True)
    ]


@torch.no_grad()
def divergence(
    policy: Policy, reference: Policy, episodes: Sequence[Sequence[Turn]], batch_size: int
) -> list[list[float]]:
    """Returns KL(pi(.|s) || pi_ref(.|s)) in the state before each token of each episode, exact over the vocabulary."""
    by_turn = iter(_divergence(policy, reference, [turn for episode in episodes for turn in episode], batch_size))
    return [[nats for _ in episode for nats in next(by_turn)] for episode in episodes]


def _divergence(policy: Policy, reference: Policy, turns: Sequence[Turn], batch_size: int) -> list[list[float]]:
    sources = [turn.source_ids for turn in turns]
    programs = [turn.tokens for turn in turns]
    found = [[0.0] * len(program) for program in programs]
    if policy is reference:
        return found
    order = sorted(range(len(programs)), key=lambda row: (len(sources[row]) + len(programs[row]), row))
    for start in range(0, len(order), batch_size):
        rows = order[start : start + batch_size]
        read = policy.pad([sources[row] for row in rows])
        target, real = policy.pad_targets([programs[row] for row in rows])
        ours, theirs = (one.log_softmax(one.hidden(read, target)[real]) for one in (policy, reference))
        nats = torch.zeros(target.shape, device=policy.device)
        nats[real] = kl_divergence(ours, theirs)
        for row, values in zip(rows, nats.tolist(), strict=True):
            found[row] = values[: len(programs[row])]
    return found


def summarise(episodes: Sequence[EvaluatedEpisode]) -> dict[str, Estimate]:
    """Returns every metric with its 95 % interval over the problems."""
    rows = [asdict(episode) for episode in episodes]
    return {name: estimate([row[name] for row in rows]) for name in METRICS}


def changes(before: Sequence[EvaluatedEpisode], after: Sequence[EvaluatedEpisode]) -> dict[str, Estimate]:
    """Returns the mean change of every metric with its 95 % interval, paired by problem."""
    old = {episode.problem: asdict(episode) for episode in before}
    pairs = [(old[episode.problem], asdict(episode)) for episode in after if episode.problem in old]
    return {name: estimate([float(new[name]) - float(was[name]) for was, new in pairs]) for name in METRICS}
