"""Whole episodes at once: the reward of answers that have been written already."""

from __future__ import annotations

import dataclasses
import itertools
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codegym.cluster import Cluster
from codegym.envs.episode import Assignment, TokenTable, checked_token, replay
from codegym.envs.error_location import locate_error
from codegym.envs.process import DecisionProcess, is_right
from codegym.errors import ClusterError, ConfigurationError, JudgeError
from codegym.rewards import RewardMix, Transition
from codegym.types import Grade, Problem

# Below this many tokens a batch is done before the other processes have been told of it.
_MIN_PARALLEL_TOKENS = 256
_CHUNKS_PER_WORKER = 4
_IDLE_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Score:
    """What one whole episode earned.

    Attributes:
        terms: What each reward term contributed at each of the T steps, weights included: (T,) float64.
        program: The finished program of the last turn, with U+FFFD for bytes that are not UTF-8.
        answer: The part of it that was written.
        grade: The judge's verdict on it.
        error_token: Of a program that does not compile, the step whose token the compiler's first error is at; None
            where it does not say, or where that is not in the answer; see `locate_error`.
    """

    terms: Mapping[str, NDArray[np.float64]]
    program: str
    answer: str
    grade: Grade
    error_token: int | None = None

    @property
    def valid(self) -> bool:
        """Whether the judge answered; an episode without a verdict should not be learned from."""
        return self.grade.valid

    @property
    def rewards(self) -> NDArray[np.float64]:
        """(T,) float64, the sum of the terms at each step."""
        total: NDArray[np.float64] = np.sum(list(self.terms.values()), axis=0, dtype=np.float64)
        return total


def score_episodes(
    process: DecisionProcess,
    problems: Sequence[Problem],
    token_lists: Sequence[Sequence[int]],
    behaviour_log_probs: Sequence[Sequence[float]] | None = None,
    reference_log_probs: Sequence[Sequence[float]] | None = None,
    *,
    workers: int | Cluster | None = None,
) -> list[Score]:
    """Returns what stepping through each answer would have earned, computed in parallel.

    An answer that stops before the end token and before the budget is judged as it stands. An empty answer is
    judged too, but has no step that could earn anything.

    Args:
        process: The decision process.
        problems: The N problems, one for each answer; the same problem may come several times.
        token_lists: The N answers, end token included where one was written.
        behaviour_log_probs: For each answer, `log pi(a|s)` of each token; None: unknown.
        reference_log_probs: For each answer, `log pi_ref(a|s)` of each token; None: asked of the process's
            reference, token by token, if it has one.
        workers: Processes to use, 1 being this one, or the workers of a cluster; None: as many processes as there are
            usable cores.

    Raises:
        InvalidActionError: A token is not in the vocabulary.
        ConfigurationError: The lists do not fit each other, or an answer goes on after its end.
        JudgeError: The worker processes died, twice, or those of the cluster did, again and again.
    """
    for name, lists in (
        ("problems", problems),
        ("behaviour_log_probs", behaviour_log_probs),
        ("reference_log_probs", reference_log_probs),
    ):
        if lists is not None and len(lists) != len(token_lists):
            raise ConfigurationError(f"{len(lists)} {name} were given for {len(token_lists)} token lists.")
    size = process.vocabulary.vocabulary_size
    answers = [[checked_token(token, size) for token in tokens] for tokens in token_lists]
    # Several answers to one problem are common, and tokenizing a reference is not free.
    different = {id(problem): problem for problem in problems}
    posed = dict(zip(different, process.assign_all(list(different.values())), strict=True))
    scripts = [
        _Script(
            posed[id(problem)],
            answer,
            None if behaviour_log_probs is None else _floats(behaviour_log_probs[place]),
            None if reference_log_probs is None else _floats(reference_log_probs[place]),
        )
        for place, (problem, answer) in enumerate(zip(problems, answers, strict=True))
    ]
    turns = [process.vocabulary.turns(answer, process.layout.target_tokens) for answer in answers]
    batch = _Batch(process.vocabulary, process.mix, process.layout.target_tokens)
    workers = workers or usable_cores()
    if process.reference is None or reference_log_probs is not None:
        # The judge has its own processes, so programs are compiled while their structure is compared.
        pending = _Pending(batch, scripts, workers)
        grades = _grade(process, scripts, turns)
    else:
        grades = _grade(process, scripts, turns)
        for place, script in enumerate(scripts):
            asked = process.reference_log_probs(script.assignment, turns[place], grades[place])
            scripts[place] = dataclasses.replace(script, reference_log_probs=asked)
        pending = _Pending(batch, scripts, workers)
    return [
        _score(process.mix, script, trace, process.vocabulary, answer[-1], _last_grade(script, verdicts))
        for script, trace, answer, verdicts in zip(scripts, pending.traces(), turns, grades, strict=True)
    ]


def usable_cores() -> int:
    """Returns the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class _Script:
    """One answer, and all that its reward depends on but the verdict."""

    assignment: Assignment
    tokens: list[int]
    behaviour_log_probs: list[float] | None
    reference_log_probs: list[float] | None


@dataclass(frozen=True, slots=True)
class _Trace:
    """What an answer earned before the verdict: (T, number of terms), and its last transition."""

    terms: NDArray[np.float64]
    last: Transition | None


@dataclass(frozen=True, slots=True)
class _Batch:
    """What the answers of a batch have in common, without tokenizer, problems and judge."""

    vocabulary: TokenTable
    mix: RewardMix
    target_tokens: int

    def trace(self, scripts: Sequence[_Script]) -> list[_Trace]:
        """Returns the trace of each answer; runs in a worker process, or in this one."""
        traces = []
        for script in scripts:
            episode = replay(
                script.assignment,
                self.vocabulary,
                self.mix,
                self.target_tokens,
                script.tokens,
                script.behaviour_log_probs,
                script.reference_log_probs,
            )
            rows = [[terms[name] for name in self.mix.weights] for terms in episode.terms]
            table = np.array(rows, np.float64).reshape(len(rows), len(self.mix.weights))
            traces.append(_Trace(table, episode.last))
        return traces


class _Pending:
    """Traces that are being computed: in this process, in others of this host, or on a cluster."""

    def __init__(self, batch: _Batch, scripts: Sequence[_Script], workers: int | Cluster) -> None:
        self._batch = batch
        self._scripts = scripts
        self._workers = workers
        tokens = sum(len(script.tokens) for script in scripts)
        here = workers == 1 or len(scripts) < 2 or tokens < _MIN_PARALLEL_TOKENS
        self._futures = None if here else self._submit()

    def traces(self) -> list[_Trace]:
        """Returns the traces, in order, as soon as they are all there."""
        if self._futures is None:
            return self._batch.trace(self._scripts)
        try:
            results = [future.result() for future in self._futures]
        except BrokenProcessPool:  # a worker was killed, for want of memory as a rule: once may be chance
            try:
                results = [future.result() for future in self._submit()]
            except BrokenProcessPool as error:
                raise JudgeError("The processes that compare structure died twice in a row.") from error
        return [_trace(trace) for result in results for trace in result]

    def _submit(self) -> Sequence[Future[list[_Trace]] | Future[list[_Trace | ClusterError]]]:
        if not isinstance(self._workers, int):
            return [self._workers.submit(self._batch.trace, self._scripts)]
        try:
            return self._submit_here(self._workers)
        except BrokenProcessPool:  # workers died while there was nothing to do: the next pool is a fresh one
            return self._submit_here(self._workers)

    def _submit_here(self, workers: int) -> list[Future[list[_Trace]]]:
        from loky import get_reusable_executor

        executor = get_reusable_executor(max_workers=workers, timeout=_IDLE_SECONDS)
        chunks = min(len(self._scripts), workers * _CHUNKS_PER_WORKER)
        bounds = np.linspace(0, len(self._scripts), chunks + 1).astype(int)
        return [executor.submit(self._batch.trace, self._scripts[low:high]) for low, high in itertools.pairwise(bounds)]


def _trace(trace: _Trace | ClusterError) -> _Trace:
    if isinstance(trace, ClusterError):
        raise JudgeError(f"The structure of a program was not compared: {trace}") from trace
    return trace


def _grade(
    process: DecisionProcess, scripts: Sequence[_Script], turns: Sequence[Sequence[Sequence[int]]]
) -> list[list[Grade]]:
    """Returns the verdict on the program of each turn of each answer, with one request to the judge."""
    asked = [
        (script.assignment, script.assignment.program(process.vocabulary.text(tokens)))
        for script, answer in zip(scripts, turns, strict=True)
        for tokens in answer
    ]
    grades = iter(process.grade(asked))
    return [[next(grades) for _ in answer] for answer in turns]


def _last_grade(script: _Script, grades: Sequence[Grade]) -> Grade:
    """Returns the verdict that ends an episode."""
    if len(grades) > script.assignment.turns:
        raise ConfigurationError(
            f"An answer of {len(script.tokens)} tokens goes on after its end; the task has {script.assignment.turns} "
            "turns at most."
        )
    for grade in grades[:-1]:
        if not grade.valid:
            return grade
        if is_right(grade):
            raise ConfigurationError("An answer goes on after a program that is right, which ends the episode.")
    return grades[-1]


def _score(
    mix: RewardMix, script: _Script, trace: _Trace, vocabulary: TokenTable, turn: Sequence[int], grade: Grade
) -> Score:
    terms = trace.terms.copy()
    if trace.last is not None:
        terms[-1] = list(mix.settle(trace.last, grade).values())
    pieces = [vocabulary.token_bytes(token) for token in turn]
    place = locate_error(script.assignment.prefix, pieces, grade)
    written = b"".join(pieces)
    return Score(
        terms={name: terms[:, column].copy() for column, name in enumerate(mix.weights)},
        program=script.assignment.program(written).decode("utf-8", "replace"),
        answer=written.decode("utf-8", "replace"),
        grade=grade,
        error_token=None if place is None else len(script.tokens) - len(turn) + place,
    )


def _floats(values: Sequence[float]) -> list[float]:
    return [float(value) for value in values]
