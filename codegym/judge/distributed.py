"""The judge's work on a Ray cluster: each worker there has compilers of its own, which stay warm."""

from __future__ import annotations

import functools
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from codegym import languages
from codegym.cluster import Cluster
from codegym.errors import ClusterError, ConfigurationError, IsolationError, JudgeError, ToolchainMissingError
from codegym.judge.backend import Answer, CompileQuestion, Conditions, Question, RunQuestion
from codegym.judge.local import START_ALLOWANCE, TRIES, LocalBackend
from codegym.judge.workers import CLOSED
from codegym.languages.base import Language


@final
class ClusterBackend:
    """Workers of a cluster, each of which judges one program at a time.

    A machine that cannot isolate programs, that lacks a compiler, or has another version of it than the others, is an
    error that names it: verdicts must not depend on where a program came to.

    Args:
        conditions: What holds for every program.
        cluster: Its workers.
        owned: Whether the cluster is closed with the backend.
    """

    def __init__(self, conditions: Conditions, cluster: Cluster, owned: bool) -> None:
        self._conditions = conditions
        self._cluster = cluster
        self._owned = owned
        self._toolchains: dict[str, _Toolchain] = {}
        self._closed = False

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    def close(self) -> None:
        """Ends the cluster's workers, unless others use them."""
        self._closed = True
        if self._owned:
            self._cluster.close()

    def worker_pids(self) -> tuple[int, ...]:
        """Returns nothing: no worker is on this host, or none that is ours to kill."""
        return ()

    def version(self, language: Language) -> str:
        """Returns the version of the toolchain that the machines have."""
        if self._closed:
            raise ConfigurationError(CLOSED)
        if language.name not in self._toolchains:
            (found,) = self._cluster.submit(functools.partial(_toolchain, self._conditions), [language.name]).result()
            if isinstance(found, ClusterError):
                raise JudgeError(f"No worker tells its version of {language.title}: {found}")
            self._agree(language, found)
        return self._toolchains[language.name].version

    def answer(self, language: Language, questions: Sequence[Question]) -> list[Answer | JudgeError]:
        """Returns the answer to each question, in order; all workers take part."""
        if self._closed:
            raise ConfigurationError(CLOSED)
        ask = functools.partial(_answer, self._conditions, language.name)
        patience = max((_patience(self._conditions, question) for question in questions), default=0.0)
        answers: list[Answer | JudgeError] = []
        for answer in self._cluster.submit(ask, questions, patience).result():
            if isinstance(answer, ClusterError):
                answers.append(JudgeError(f"No verdict on a {language.title} program: {answer}"))
            else:
                self._agree(language, answer.toolchain)
                answers.append(answer.answer)
        return answers

    def _agree(self, language: Language, found: _Toolchain) -> None:
        """Raises if a machine has not the toolchain that the others have."""
        first = self._toolchains.setdefault(language.name, found)
        if found.version != first.version:
            raise ConfigurationError(
                f"Verdicts on {language.title} would depend on the machine: {first.host} has {first.version}, and "
                f"{found.host} has {found.version}. Install the same version on both, or take one out of the cluster."
            )


@dataclass(frozen=True, slots=True)
class _Toolchain:
    """Which version of a compiler a machine has."""

    host: str
    version: str


@dataclass(frozen=True, slots=True)
class _Answered:
    """An answer, and by what."""

    toolchain: _Toolchain
    answer: Answer | JudgeError


@functools.cache
def _backend(conditions: Conditions) -> LocalBackend:
    """Returns the compilers of this worker, which stay warm from one part to the next."""
    return LocalBackend(conditions, workers=1)


def _toolchain(conditions: Conditions, names: Sequence[str]) -> list[_Toolchain]:
    """Returns what compiles each of some languages here; runs in a worker."""
    host = socket.gethostname()
    try:
        return [_Toolchain(host, _backend(conditions).version(languages.get(name))) for name in names]
    except IsolationError as error:
        raise IsolationError(error.failures, host) from None
    except ToolchainMissingError as error:
        raise ToolchainMissingError(error.program, error.language, error.install, host) from None


def _answer(conditions: Conditions, name: str, questions: Sequence[Question]) -> list[_Answered]:
    """Returns the answer to each question; runs in a worker."""
    (toolchain,) = _toolchain(conditions, [name])
    answers = _backend(conditions).answer(languages.get(name), questions)
    return [_Answered(toolchain, answer) for answer in answers]


def _patience(conditions: Conditions, question: Question) -> float:
    """Returns the seconds that a worker may take for a question, all of its own retries included."""
    runs, seconds = 0, 0.0
    if not isinstance(question, CompileQuestion):
        runs = 1 if isinstance(question, RunQuestion) else len(question.tests)
        seconds = TRIES * (question.limits.time + 1.0) * runs
    return (1 + conditions.retries) * (seconds + (conditions.time_limit + START_ALLOWANCE) * (1 + runs))
