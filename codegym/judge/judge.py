"""The judge: compiles and runs programs, many at a time, and never takes its own failures for theirs."""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Sequence
from dataclasses import astuple
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Literal, Self, TypeVar, cast

from codegym import languages
from codegym.cluster import Cluster
from codegym.errors import ConfigurationError, JudgeError, UnknownNameError
from codegym.judge.backend import (
    Backend,
    CompileQuestion,
    Conditions,
    GradeQuestion,
    Question,
    RunQuestion,
)
from codegym.judge.cache import VerdictCache, key_of
from codegym.judge.distributed import ClusterBackend
from codegym.judge.local import LocalBackend
from codegym.judge.sandbox import Isolation
from codegym.languages.base import Language
from codegym.types import CompileResult, Diagnostic, Grade, Limits, RunResult, UnitTest

BACKENDS = ("local", "ray")

Result = TypeVar("Result")


class Judge:
    """Verdicts on programs, from compilers that stay warm, and from runs in a sandbox.

    Workers are started when they are first needed and end with `close()`, with the `with` block, with the
    interpreter, and when this process is killed. A judge may be used from several threads; in a forked child
    it starts workers of its own. Verdicts are remembered by language, version of the toolchain and content.

    Args:
        workers: Workers of each kind and language that may be busy at the same time; None: one per usable core.
        isolation: How programs, and the compilers that read them, are kept apart from this host: `auto` takes the
            strongest layer that contains every known attack here (or what the environment variable
            `CODEGYM_ISOLATION` says). See `codegym.judge.sandbox`.
        time_limit: Seconds of real time in which the compiler must answer for one program.
        source_limit: Bytes of a program, at most.
        retries: How often a program is asked again, each time of a fresh worker, when a worker fails.
        cache: Folder in which verdicts are kept from one process to the next; None: in memory alone.
        backend: Where programs are compiled and run: `local` is this host, `ray` the nodes of a Ray cluster, each of
            whose workers takes one CPU and no GPU. Verdicts are remembered here in either case.
        address: The Ray cluster, as `ray.init` takes it: `host:port`, `auto`, `local`, or None: the one of RAY_ADDRESS
            or of this host, else one that is started.
        cluster: The Ray cluster, where it is used for something else, too; it is not closed with the judge.

    Raises:
        ConfigurationError: A limit or a number makes no sense, or arguments do not go together.
        UnknownNameError: There is no such backend.
        MissingDependencyError: Ray is asked for, and not installed.
        ClusterError: There is no such cluster.
    """

    def __init__(
        self,
        workers: int | None = None,
        isolation: Isolation = "auto",
        time_limit: float = 10.0,
        source_limit: int = 262_144,
        retries: int = 2,
        cache: str | Path | None = None,
        *,
        backend: Literal["local", "ray"] = "local",
        address: str | None = None,
        cluster: Cluster | None = None,
    ) -> None:
        if backend not in BACKENDS:
            raise UnknownNameError("backend", backend, BACKENDS)
        if backend == "local" and (address is not None or cluster is not None):
            raise ConfigurationError("address and cluster are of backend='ray'.")
        if cluster is not None and (address is not None or workers is not None):
            raise ConfigurationError("A cluster has its address and its workers already: leave both out.")
        if workers is not None and workers < 1:
            raise ConfigurationError(f"workers is {workers}; a judge needs at least 1.")
        if not 0 < time_limit < 86_400:
            raise ConfigurationError(f"time_limit is {time_limit} s; it must be between 0 and 86,400.")
        if not 0 <= source_limit < 2**31:
            raise ConfigurationError(f"source_limit is {source_limit} bytes; it must be between 0 and 2 GiB.")
        if retries < 0:
            raise ConfigurationError(f"retries is {retries}; it must not be negative.")
        self._conditions = conditions = Conditions(isolation, time_limit, source_limit, retries)
        self._cache_folder = None if cache is None else Path(cache)
        self._open: Callable[[], Backend]
        if backend == "local":
            self.workers = _usable_cores() if workers is None else workers
            self._open = partial(LocalBackend, conditions, self.workers)
        else:
            shared = cluster or Cluster(address, workers, retries)
            self.workers = shared.workers
            self._open = partial(ClusterBackend, conditions, shared, owned=cluster is None)
        self._start()
        _judges.add(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._backend.closed

    def worker_pids(self) -> tuple[int, ...]:
        """Returns the process ids of the workers that run on this host now, sorted; none of a cluster's."""
        return self._backend.worker_pids()

    def close(self) -> None:
        """Ends all workers. Closing twice is harmless; asking a closed judge is an error."""
        self._finalizer()

    def compile(self, language: str | Language, source: str | bytes) -> CompileResult:
        """Returns the compiler's verdict on one program.

        Text is compiled as UTF-8; bytes are compiled as they are. A program over `source_limit` is not shown
        to the compiler: its status is `source_limit`.

        Raises:
            UnknownNameError: There is no such language.
            ToolchainMissingError: Its compiler is not installed.
            IsolationError: This host cannot keep the compiler apart.
            JudgeError: The workers failed, repeatedly; nothing is known about the program.
            ConfigurationError: The judge is closed.
        """
        return self.map_compile(language, [source])[0]

    def map_compile(self, language: str | Language, sources: Sequence[str | bytes]) -> list[CompileResult]:
        """Returns the verdict on every program, in order; all workers take part. Raises as `compile` does."""
        verdicts = self._verdicts(languages.get(language), [CompileQuestion(_encoded(source)) for source in sources])
        return [cast("CompileResult", _known(verdict)) for verdict in verdicts]

    def run(
        self, language: str | Language, source: str | bytes, stdin: str | bytes = "", limits: Limits | None = None
    ) -> RunResult:
        """Compiles a program, runs it once in the sandbox, and returns what happened.

        A program that does not compile has the status `compile_error`, and the compiler's messages as standard error.
        Raises as `compile` does.
        """
        question = RunQuestion(_encoded(source), _encoded(stdin), limits or Limits())
        (answer,) = self._backend.answer(languages.get(language), [question])
        return cast("RunResult", _known(answer))

    def grade(
        self,
        language: str | Language,
        source: str | bytes,
        tests: Sequence[UnitTest] = (),
        limits: Limits | None = None,
    ) -> Grade:
        """Returns the grade of one finished program: compiled once, every test run.

        Without tests the status is `compiled` or `compile_error`. After a test that exceeds its time the tests of the
        same kind that are left are not run, and count as exceeding it. Raises as `compile` does.
        """
        (grade,) = self._grades(languages.get(language), [source], [tests], limits)
        return _known(grade)

    def map_grade(
        self,
        language: str | Language,
        sources: Sequence[str | bytes],
        tests: Sequence[Sequence[UnitTest]] | None = None,
        limits: Limits | None = None,
    ) -> list[Grade]:
        """Returns the grade of every program, in order; all workers take part.

        A failure of the judge is a grade too, `judge_error`, so that one program cannot lose a batch.
        Mistakes of the caller (an unknown language, a missing toolchain, a closed judge) raise as in `grade`.

        Args:
            language: The language of all programs.
            sources: The programs.
            tests: The unit tests of each program; None: there are none.
            limits: What each program may take in one run.
        """
        if tests is not None and len(tests) != len(sources):
            raise ConfigurationError(f"There are {len(sources)} programs and tests for {len(tests)}.")
        grades = self._grades(languages.get(language), sources, tests or [()] * len(sources), limits)
        return [_failed(grade) if isinstance(grade, JudgeError) else grade for grade in grades]

    def _grades(
        self,
        language: Language,
        sources: Sequence[str | bytes],
        tests: Sequence[Sequence[UnitTest]],
        limits: Limits | None,
    ) -> list[Grade | JudgeError]:
        """Returns each program's grade, or why there is none."""
        limits = limits or Limits()
        questions: list[CompileQuestion | GradeQuestion] = [
            GradeQuestion(_encoded(source), tuple(own), limits) if own else CompileQuestion(_encoded(source))
            for source, own in zip(sources, tests, strict=True)
        ]
        return [
            _untested(verdict) if isinstance(verdict, CompileResult) else verdict
            for verdict in self._verdicts(language, questions)
        ]

    def _verdicts(
        self, language: Language, questions: Sequence[CompileQuestion | GradeQuestion]
    ) -> list[CompileResult | Grade | JudgeError]:
        """Returns the verdict on each program: remembered, or asked of the backend, once where it comes twice."""
        if not questions:
            return []
        cache, limit = self._cache, self._conditions.source_limit
        whose = (language.name, self._backend.version(language), limit)
        keys = [_key(whose, question) for question in questions]
        verdicts: dict[str, CompileResult | Grade | JudgeError] = {}
        unknown: dict[str, Question] = {}
        for key, question in zip(keys, questions, strict=True):
            known = verdicts.get(key) or cache.get(key)
            if known is None:
                unknown[key] = question
            else:
                verdicts[key] = known
        if unknown:
            for key, answer in zip(unknown, self._backend.answer(language, list(unknown.values())), strict=True):
                assert not isinstance(answer, RunResult)
                verdicts[key] = answer
                if not isinstance(answer, JudgeError):
                    cache.put(key, answer)
        return [verdicts[key] for key in keys]

    def _start(self) -> None:
        self._backend, self._cache = backend, cache = self._open(), VerdictCache(self._cache_folder)
        # Ends the workers when the judge is collected and, in any case, at the exit of the interpreter.
        self._finalizer = weakref.finalize(self, _close, backend, cache)

    def _start_in_forked_child(self) -> None:
        """Starts with no workers and new locks; what was inherited may be locked for ever, so it is left."""
        self._finalizer.detach()
        self._start()


def shared_judge() -> Judge:
    """Returns the judge that this process shares, with default limits; it is closed at exit."""
    global _shared
    if _shared is None or _shared.closed:
        _shared = Judge()
    return _shared


def _close(backend: Backend, cache: VerdictCache) -> None:
    backend.close()
    cache.close()


def _key(whose: tuple[str, str, int], question: CompileQuestion | GradeQuestion) -> str:
    if isinstance(question, CompileQuestion):
        return key_of("compile", repr(whose), question.program)
    tests = [type(test).__name__ + repr(astuple(test)) for test in question.tests]
    return key_of("grade", repr(whose), question.program, tests, astuple(question.limits))


def _known(answer: Result | JudgeError) -> Result:
    """Returns an answer, or raises why there is none."""
    if isinstance(answer, JudgeError):
        raise answer
    return answer


def _untested(verdict: CompileResult) -> Grade:
    return Grade("compiled" if verdict.ok else "compile_error", verdict.ok, diagnostics=verdict.diagnostics)


def _failed(error: JudgeError) -> Grade:
    return Grade("judge_error", False, diagnostics=(Diagnostic(0, 0, "error", str(error), "judge"),))


def _encoded(source: str | bytes) -> bytes:
    # A lone surrogate, which UTF-8 cannot encode, becomes bytes that no compiler accepts: a verdict, too.
    return source.encode("utf-8", "surrogatepass") if isinstance(source, str) else source


def _usable_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


_judges: weakref.WeakSet[Judge] = weakref.WeakSet()
_shared: Judge | None = None


def _after_fork_in_child() -> None:
    for judge in list(_judges):
        judge._start_in_forked_child()


os.register_at_fork(after_in_child=_after_fork_in_child)
