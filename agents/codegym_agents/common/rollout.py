"""From a policy and problems to a batch that an algorithm can learn from: written, scored, put together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from codegym.envs.episode import Assignment
from codegym.envs.process import DecisionProcess, is_right
from codegym.envs.vector import CodeVectorEnv, Score
from codegym.seeding import stream
from codegym.types import Problem
from codegym_agents.common.processes import Processes
from codegym_agents.decoding import Engine, Written
from codegym_agents.models import Policy, Seq2SeqPolicy
from codegym_agents.models.base import PaddedSources
from codegym_agents.models.seq2seq import read_once


@dataclass(frozen=True)
class Drafts:
    """Programs that were written and that nobody has scored, a row for each turn of an episode.

    Attributes:
        problems: What each program is about.
        groups: Programs of the same turn about the same problem have the same number.
        sources: The tokens that each was written from.
        states: For each, the encoder's states (length, d_model); None where the encoder is trained.
        written: The programs.
        minibatches: Which of them belong together, of similar source length.
        present: Whether each one counts. Where a minibatch has fewer programs than there are processes, some get one
            that does not.
        turns: The rows of each episode, in order; None: each row is an episode.
    """

    problems: Sequence[Problem]
    groups: Sequence[int]
    sources: Sequence[Sequence[int]]
    states: Sequence[Tensor] | None
    written: Sequence[Written]
    minibatches: Sequence[range]
    present: Sequence[bool]
    turns: Sequence[Sequence[int]] | None = None

    @property
    def episodes(self) -> Sequence[Sequence[int]]:
        """The rows of each episode, in order."""
        return [[row] for row in range(len(self.written))] if self.turns is None else self.turns


@dataclass(frozen=True)
class RolloutBatch:
    """Episodes of similar source length, padded at the end, on the policy's device; of several turns, each is a row.

    Attributes:
        groups: (batch,) int64; the same turns of episodes about the same problem have the same number.
        sources: What was read.
        states: (batch, source, d_model) encoder states, kept only while the encoder is not trained.
        tokens: (batch, time) int64 actions.
        mask: (batch, time) bool, True at the tokens that are learned from: of valid episodes, which are those that the
            judge could answer for, all, or those up to the compiler's first error.
        log_probs: (batch, time) log-probability of each action when it was taken.
        values: (batch, time) value of each state when it was visited.
        reference_log_probs: (batch, time) log-probability of each action under the reference.
        reference_hidden: (batch, time, ...) what the reference knows before each action, where it was to be kept.
        task_rewards: (batch, time) what the environment pays, without KL. The last token of a turn has what the turns
            behind it earn, too: they follow from it.
        right: (batch,) bool, whether nothing is left to be done: the program passes its tests, or compiles where there
            are none.
    """

    groups: Tensor
    sources: PaddedSources
    states: Tensor | None
    tokens: Tensor
    mask: Tensor
    log_probs: Tensor
    values: Tensor
    reference_log_probs: Tensor
    reference_hidden: Tensor | None
    task_rewards: Tensor
    right: Tensor

    @property
    def kl(self) -> Tensor:
        """(batch, time) log pi(a|s) - log pi_ref(a|s), in nats: its mean under pi is the KL divergence."""
        return (self.log_probs - self.reference_log_probs).masked_fill(~self.mask, 0.0)

    def rows(self, start: int, stop: int) -> RolloutBatch:
        """Returns some of the episodes, without the padding that only the others need."""
        part = slice(start, stop)
        source = max(1, int(self.sources.mask[part].sum(dim=1).amax()))
        time = max(1, int(self.mask[part].sum(dim=1).amax()))
        return RolloutBatch(
            groups=self.groups[part],
            sources=PaddedSources(self.sources.tokens[part, :source], self.sources.mask[part, :source]),
            states=None if self.states is None else self.states[part, :source],
            tokens=self.tokens[part, :time],
            mask=self.mask[part, :time],
            log_probs=self.log_probs[part, :time],
            values=self.values[part, :time],
            reference_log_probs=self.reference_log_probs[part, :time],
            reference_hidden=None if self.reference_hidden is None else self.reference_hidden[part, :time],
            task_rewards=self.task_rewards[part, :time],
            right=self.right[part],
        )


@dataclass(frozen=True)
class Rollout:
    """One iteration's episodes.

    Attributes:
        batches: The episodes, cut into batches of similar source length.
        scores: Terms, program and grade of each episode.
        lengths: Tokens of each episode.
        present: Whether each episode counts, see `Drafts`.
        episodes: The rows of each episode, counted through all batches.
    """

    batches: list[RolloutBatch]
    scores: list[Score]
    lengths: list[int]
    present: Sequence[bool]
    episodes: Sequence[Sequence[int]]

    def metrics(self, processes: Processes | None = None) -> dict[str, float]:
        """Returns what is worth plotting: means over the valid episodes of all processes."""
        names = [name for name in self.scores[0].terms if name != "kl"]
        by_row = torch.cat([batch.kl.sum(dim=1) for batch in self.batches]).tolist()
        kl = [sum(by_row[row] for row in rows) for rows in self.episodes]
        rows, invalid = [], 0
        for score, length, divergence, present in zip(self.scores, self.lengths, kl, self.present, strict=True):
            if present and score.valid:
                terms = [float(score.terms[name].sum()) for name in names]
                solved = is_right(score.grade)
                rows.append([score.grade.compiled, solved, sum(terms), *terms, divergence, length])
            invalid += present and not score.valid
        columns = ["compilation_rate", "solved", "task_return", *(f"return/{name}" for name in names), "kl", "length"]
        table = torch.tensor(rows, dtype=torch.float64).reshape(len(rows), len(columns))
        if processes is not None and processes.count > 1:
            device = self.batches[0].mask.device
            table = processes.gather(table.to(device)).cpu()
            invalid = int(processes.sum(torch.tensor(invalid, device=device)))
        means = table.mean(dim=0).tolist() if len(table) else [0.0] * len(columns)
        return dict(zip(columns, means, strict=True)) | {"invalid_episodes": float(invalid)}


def write(
    policy: Policy,
    assignments: Sequence[Assignment],
    *,
    engine: Engine,
    seeds: Sequence[int],
    batch_size: int,
    keep_states: bool,
    process: DecisionProcess | None = None,
    processes: Processes | None = None,
    written: Sequence[Written] | None = None,
) -> Drafts:
    """Writes one episode for each problem, or this process's part of them.

    Args:
        policy: Who writes.
        assignments: One for each episode; one may be there several times, and is read once.
        engine: Writes with `policy`.
        seeds: One for each episode: the randomness of its writing.
        batch_size: Programs of a minibatch, those of all processes together.
        keep_states: Whether the encoder's states are kept for the update, right while the encoder is frozen.
        process: Who says what is wrong with a program, where the task has several turns; None: the first one is all.
        processes: Who else writes a part; None: nobody.
        written: The programs, where they have been written already, in the order of the drafts.
    """
    first: dict[int, int] = {}
    groups = [first.setdefault(id(one), row) for row, one in enumerate(assignments)]
    order = sorted(range(len(assignments)), key=lambda row: (len(assignments[row].source_ids), groups[row], row))
    rows, present, minibatches = _share(order, batch_size, processes)
    sources: list[Sequence[int]] = []
    states: list[Tensor] | None = [] if keep_states else None
    programs: list[Written] = []

    def write_turn(prompts: Sequence[Sequence[int]], seeds: Sequence[int]) -> None:
        # States that are kept are those of the programs that are written together; else the engine may write all.
        for part in _chunks(range(len(prompts)), engine.rows if keep_states else max(1, len(prompts))):
            these = slice(part[0], part[-1] + 1)
            encoded = None
            if states is not None:
                assert isinstance(policy, Seq2SeqPolicy)  # no other can keep its encoder frozen
                padded, encoded = read_once(policy, prompts[these], policy.encode)
                states.extend(one[: int(length)] for one, length in zip(encoded, padded.mask.sum(dim=1), strict=True))
            if written is None:
                programs.extend(engine.write(prompts[these], seeds[these], states=encoded))
            else:
                programs.extend(written[len(programs) : len(programs) + len(part)])
        sources.extend(prompts)

    write_turn([assignments[row].source_ids for row in rows], [seeds[row] for row in rows])
    problems = [assignments[row].problem for row in rows]
    numbers = [groups[row] for row in rows]
    episodes = [[place] for place in range(len(rows))]
    for turn in range(1, 1 if process is None else max(one.turns for one in assignments)):
        assert process is not None
        reached = {
            place: (assignments[row], programs[episode[-1]].tokens)
            for place, (row, episode) in enumerate(zip(rows, episodes, strict=True))
            if present[place] and len(episode) == turn < assignments[row].turns
        }
        following = following_prompts(process, reached)
        lengths = {rows[place]: len(prompt) for place, prompt in following.items()}
        place_of = {rows[place]: place for place in following}
        shares = _share_again(lengths, batch_size, processes, policy.device)
        if not shares:
            break
        prompts: list[Sequence[int]] = []
        own_seeds = []
        for share in shares:
            start = len(programs) + len(prompts)
            minibatches.append(range(start, start + max(1, len(share))))
            for row in share or rows[:1]:  # as in the first turn, what stands in for nothing does not count
                place, counts = (place_of[row], True) if share else (0, False)
                if counts:
                    episodes[place].append(len(programs) + len(prompts))
                prompts.append(following[place] if counts else sources[0])
                own_seeds.append(seed_of_turn(seeds[row], turn))
                problems.append(assignments[row].problem)
                numbers.append(groups[row] + turn * len(assignments))
                present.append(counts)
        write_turn(prompts, own_seeds)
    return Drafts(problems, numbers, sources, states, programs, minibatches, present, episodes)


def _share_again(
    lengths: Mapping[int, int], batch_size: int, processes: Processes | None, device: torch.device
) -> list[list[int]]:
    """Returns which of this process's rows are in each minibatch of a further turn: those that one process would make.

    Args:
        lengths: By row the length of what is read, of those that this process has.
        batch_size: Programs of a minibatch, those of all processes together.
        processes: Who else has some; None: nobody.
        device: Where processes tell each other what they have.
    """
    table = torch.tensor([[length, row] for row, length in lengths.items()], dtype=torch.int64, device=device)
    table = table.reshape(-1, 2)
    everybody = sorted((table if processes is None else processes.gather(table)).tolist())
    minibatches = _chunks([row for _, row in everybody], batch_size)
    return [[row for row in minibatch if row in lengths] for minibatch in minibatches]


def following_prompts(
    process: DecisionProcess, reached: Mapping[int, tuple[Assignment, Sequence[int]]]
) -> dict[int, tuple[int, ...]]:
    """Returns the prompts of the turns that follow those that are over, by episode, the shortest first.

    Args:
        process: Says what is wrong with a program.
        reached: By episode what was to be written, and the tokens of the last turn.
    """
    prompts = zip(reached, process.next_prompts(list(reached.values())), strict=True)
    found = [(len(prompt), place, prompt) for place, prompt in prompts if prompt is not None]
    return {place: prompt for _, place, prompt in sorted(found)}


def seed_of_turn(seed: int, turn: int) -> int:
    """Returns the seed of a turn after the first one."""
    return int(stream(seed, turn, "turn").integers(2**63))


def _share(
    order: Sequence[int], batch_size: int, processes: Processes | None
) -> tuple[list[int], list[bool], list[range]]:
    """Returns this process's rows of every minibatch, whether each counts, and where each minibatch lies in them."""
    count, rank = (1, 0) if processes is None else (processes.count, processes.rank)
    rows: list[int] = []
    present: list[bool] = []
    minibatches = []
    for minibatch in _chunks(order, batch_size):
        mine = minibatch[rank::count]
        minibatches.append(range(len(rows), len(rows) + max(1, len(mine))))
        rows += mine or minibatch[:1]
        present += [True] * len(mine) or [False]
    return rows, present, minibatches


def score(env: CodeVectorEnv, drafts: Drafts) -> list[Score]:
    """Returns what each episode earned; runs in any thread, and works in other processes."""
    return env.score_episodes(
        [drafts.problems[rows[0]] for rows in drafts.episodes],
        [[token for row in rows for token in drafts.written[row].tokens] for rows in drafts.episodes],
    )


def assemble(
    policy: Policy,
    reference: Policy,
    drafts: Drafts,
    scores: Sequence[Score],
    *,
    keep_hidden: bool = False,
    end_at_error: bool = False,
    at_once: int | None = None,
) -> Rollout:
    """Returns the episodes with all that is known of them; the reference reads each once.

    Args:
        policy: Who wrote; pads, and knows the device.
        reference: The frozen policy that KL is measured to. Where the encoder's states were kept, it has that encoder.
        drafts: What was written.
        scores: What each episode earned.
        keep_hidden: Whether `RolloutBatch.reference_hidden` is kept.
        end_at_error: Whether an episode is over at the token of the compiler's first error: what it earned behind that
            is paid there, and what it wrote behind that is not learned from.
        at_once: How many rows of a minibatch the reference reads together; None: all of them.
    """
    earned = _earned(drafts, scores, end_at_error)
    return Rollout(
        batches=[_batch(policy, reference, drafts, earned, rows, keep_hidden, at_once) for rows in drafts.minibatches],
        scores=list(scores),
        lengths=[sum(len(drafts.written[row].tokens) for row in rows) for rows in drafts.episodes],
        present=[drafts.present[rows[0]] for rows in drafts.episodes],
        episodes=drafts.episodes,
    )


@dataclass(frozen=True)
class _Earned:
    """What the tokens of a row earned, how many of them may be learned from, and whether its program is right."""

    rewards: NDArray[np.float64]
    learned: int
    right: bool


def _earned(drafts: Drafts, scores: Sequence[Score], end_at_error: bool) -> dict[int, _Earned]:
    """Returns what each row earned that belongs to an episode."""
    earned = {}
    for rows, score in zip(drafts.episodes, scores, strict=True):
        paid = np.zeros(sum(len(drafts.written[row].tokens) for row in rows))
        for name, term in score.terms.items():
            if name != "kl":
                paid += term
        start = 0
        for row in rows:
            stop = start + len(drafts.written[row].tokens)
            rewards, last = paid[start:stop].copy(), stop - 1
            if stop < len(paid):
                rewards[-1] += paid[stop:].sum()
            elif end_at_error and score.error_token is not None:
                last = score.error_token
                rewards[last - start] = paid[last:].sum()
            learned = last + 1 - start if score.valid and drafts.present[row] else 0
            earned[row] = _Earned(rewards, learned, row == rows[-1] and is_right(score.grade))
            start = stop
    return earned


def collect(
    policy: Policy,
    reference: Policy,
    env: CodeVectorEnv,
    problems: Sequence[Problem],
    *,
    engine: Engine,
    seeds: Sequence[int],
    batch_size: int,
    keep_states: bool = False,
) -> Rollout:
    """Writes one episode for each problem, has them scored and puts them together; see `write` for the arguments.

    A problem may be there several times, and is posed once.
    """
    posed = {id(problem): env.process.assign(problem) for problem in problems}
    assignments = [posed[id(problem)] for problem in problems]
    drafts = write(
        policy,
        assignments,
        engine=engine,
        seeds=seeds,
        batch_size=batch_size,
        keep_states=keep_states,
        process=env.process,
    )
    return assemble(policy, reference, drafts, score(env, drafts), keep_hidden=True)


def _chunks(items: Sequence[int], size: int) -> list[Sequence[int]]:
    return [items[start : start + size] for start in range(0, len(items), size)]


def _batch(
    policy: Policy,
    reference: Policy,
    drafts: Drafts,
    earned: Mapping[int, _Earned],
    rows: range,
    keep_hidden: bool,
    at_once: int | None,
) -> RolloutBatch:
    device = policy.device
    sources = policy.pad([drafts.sources[row] for row in rows])
    tokens, real = policy.pad_targets([drafts.written[row].tokens for row in rows])
    log_probs, values, rewards = (np.zeros(tokens.shape, dtype=np.float32) for _ in range(3))
    for place, row in enumerate(rows):
        one, length = drafts.written[row], len(drafts.written[row].tokens)
        log_probs[place, :length] = one.log_probs
        values[place, :length] = one.values
        if row in earned:
            rewards[place, :length] = earned[row].rewards
    learned = torch.tensor([earned[row].learned if row in earned else 0 for row in rows], device=device)
    mask = real & (torch.arange(tokens.shape[1], device=device) < learned[:, None])
    states = None
    if drafts.states is not None:
        states = nn.utils.rnn.pad_sequence([drafts.states[row] for row in rows], batch_first=True)
    batch = RolloutBatch(
        groups=torch.tensor([drafts.groups[row] for row in rows], device=device),
        sources=sources,
        states=states,
        tokens=tokens,
        mask=mask,
        log_probs=torch.from_numpy(log_probs).to(device),
        values=torch.from_numpy(values).to(device),
        reference_log_probs=torch.zeros(tokens.shape, device=device),
        reference_hidden=None,
        task_rewards=torch.from_numpy(rewards).to(device),
        right=torch.tensor([row in earned and earned[row].right for row in rows], device=device),
    )
    said, hidden = _read_by(reference, batch, at_once or len(rows), keep_hidden)
    return replace(batch, reference_log_probs=said, reference_hidden=hidden)


@torch.no_grad()
def _read_by(reference: Policy, batch: RolloutBatch, at_once: int, keep_hidden: bool) -> tuple[Tensor, Tensor | None]:
    """Returns what the reference says of each action that is learned from, and, if it is kept, what it knows before it.

    Attention keeps a number for each pair of tokens of each row: a whole minibatch may have no room for that.
    """
    log_probs = torch.zeros(batch.tokens.shape, device=batch.tokens.device)
    whole: Tensor | None = None
    for start in range(0, len(batch.mask), at_once):
        part = batch.rows(start, start + at_once)
        hidden = reference.hidden(part.sources, part.tokens, part.states)
        rows, time = slice(start, start + at_once), hidden.shape[1]
        if keep_hidden:
            whole = hidden.new_zeros((*batch.tokens.shape, *hidden.shape[2:])) if whole is None else whole
            whole[rows, :time] = hidden
        if part.mask.any():
            judged = reference.log_softmax(hidden[part.mask])
            log_probs[rows, :time][part.mask] = judged.gather(-1, part.tokens[part.mask].unsqueeze(-1)).squeeze(-1)
    return log_probs, whole
