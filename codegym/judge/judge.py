"""The judge: asks compilers about programs, many at a time, and never takes its own failures for theirs."""

from __future__ import annotations

import hashlib
import os
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self, TypeVar

from codegym import languages
from codegym.errors import ConfigurationError, JudgeError
from codegym.judge.workers import CLOSED, WorkerError, WorkerPool
from codegym.languages.base import Language
from codegym.types import CompileResult, Diagnostic, Grade, TestCase

VERDICTS_KEPT = 16_384
"""Verdicts that a judge remembers; the one that was not asked for the longest time goes first."""

Key = tuple[str, str, bytes]
Item = TypeVar("Item")
Answer = TypeVar("Answer")


@dataclass
class _State:
    """What a judge holds in one process."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    pools: dict[Language, tuple[str, WorkerPool]] = field(default_factory=dict)
    verdicts: OrderedDict[Key, CompileResult] = field(default_factory=OrderedDict)
    closed: bool = False

    def close(self) -> None:
        with self.lock:
            self.closed = True
            pools = [pool for _, pool in self.pools.values()]
            self.pools.clear()
            self.verdicts.clear()
        for pool in pools:
            pool.close()


class Judge:
    """Verdicts on programs, from compilers that stay warm.

    Workers are started when they are first needed and end with `close()`, with the `with` block, with the
    interpreter, and when this process is killed. A judge may be used from several threads; in a forked child
    it starts workers of its own. Verdicts are remembered by language, version of the toolchain and SHA-256 of
    the program.

    Args:
        workers: Workers per language that may be busy at the same time; None: one per usable core.
        time_limit: Seconds of real time in which the compiler must answer for one program.
        source_limit: Bytes of a program, at most.
        retries: How often a program is asked again, each time of a fresh worker, when a worker fails.

    Raises:
        ConfigurationError: A limit or a number makes no sense.
    """

    def __init__(
        self,
        workers: int | None = None,
        time_limit: float = 10.0,
        source_limit: int = 262_144,
        retries: int = 2,
    ) -> None:
        self.workers = _usable_cores() if workers is None else workers
        self.time_limit, self.source_limit, self.retries = time_limit, source_limit, retries
        if self.workers < 1:
            raise ConfigurationError(f"workers is {workers}; a judge needs at least 1.")
        if not 0 < time_limit < 86_400:
            raise ConfigurationError(f"time_limit is {time_limit} s; it must be between 0 and 86,400.")
        if not 0 <= source_limit < 2**31:
            raise ConfigurationError(f"source_limit is {source_limit} bytes; it must be between 0 and 2 GiB.")
        if retries < 0:
            raise ConfigurationError(f"retries is {retries}; it must not be negative.")
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
        return self._state.closed

    def worker_pids(self) -> tuple[int, ...]:
        """Returns the process ids of the workers that run now, sorted."""
        with self._state.lock:
            pools = [pool for _, pool in self._state.pools.values()]
        return tuple(sorted(pid for pool in pools for pid in pool.pids()))

    def close(self) -> None:
        """Ends all workers. Closing twice is harmless; asking a closed judge is an error."""
        self._state.close()

    def compile(self, language: str | Language, source: str | bytes) -> CompileResult:
        """Returns the compiler's verdict on one program.

        Text is compiled as UTF-8; bytes are compiled as they are. A program over `source_limit` is not shown
        to the compiler: its status is `source_limit`.

        Raises:
            UnknownNameError: There is no such language.
            ToolchainMissingError: Its compiler is not installed.
            JudgeError: The workers failed, repeatedly; nothing is known about the program.
            ConfigurationError: The judge is closed.
        """
        language = languages.get(language)
        # A lone surrogate, which UTF-8 cannot encode, becomes bytes that no compiler accepts: a verdict, too.
        program = source.encode("utf-8", "surrogatepass") if isinstance(source, str) else source
        if len(program) > self.source_limit:
            message = f"The program has {len(program):,} bytes; the limit is {self.source_limit:,}."
            return CompileResult(False, "source_limit", (Diagnostic(0, 0, "error", message, "source_limit"),))
        state = self._state
        version, pool = self._pool(state, language)
        key = (language.name, version, hashlib.sha256(program).digest())
        with state.lock:
            if known := state.verdicts.get(key):
                state.verdicts.move_to_end(key)
                return known
        verdict = self._ask(language, pool, program)
        with state.lock:
            state.verdicts[key] = verdict
            if len(state.verdicts) > VERDICTS_KEPT:
                state.verdicts.popitem(last=False)
        return verdict

    def map_compile(self, language: str | Language, sources: Sequence[str | bytes]) -> list[CompileResult]:
        """Returns the verdict on every program, in order; all workers take part. Raises as `compile` does."""
        language = languages.get(language)
        return self._map(lambda source: self.compile(language, source), sources)

    def grade(self, language: str | Language, source: str | bytes, tests: Sequence[TestCase] = ()) -> Grade:
        """Returns the grade of one finished program: `compiled` or `compile_error`. Raises as `compile` does.

        Raises:
            ConfigurationError: There are unit tests; this judge compiles programs and does not run them.
        """
        _refuse_tests(tests)
        verdict = self.compile(language, source)
        return Grade("compiled" if verdict.ok else "compile_error", verdict.ok, diagnostics=verdict.diagnostics)

    def map_grade(
        self,
        language: str | Language,
        sources: Sequence[str | bytes],
        tests: Sequence[Sequence[TestCase]] | None = None,
    ) -> list[Grade]:
        """Returns the grade of every program, in order; all workers take part.

        A failure of the judge is a grade too, `judge_error`, so that one program cannot lose a batch.
        Mistakes of the caller (an unknown language, a missing toolchain, a closed judge) raise as in `grade`.
        """
        language = languages.get(language)
        for program_tests in tests or ():
            _refuse_tests(program_tests)

        def grade(source: str | bytes) -> Grade:
            try:
                return self.grade(language, source)
            except JudgeError as error:
                return Grade("judge_error", False, diagnostics=(Diagnostic(0, 0, "error", str(error), "judge"),))

        return self._map(grade, sources)

    def _map(self, function: Callable[[Item], Answer], items: Sequence[Item]) -> list[Answer]:
        """Applies a function to every item, in as many threads as there are workers, which do the work."""
        if len(items) < 2 or self.workers == 1:
            return [function(item) for item in items]
        with ThreadPoolExecutor(min(self.workers, len(items)), "codegym-judge") as threads:
            return list(threads.map(function, items))

    def _ask(self, language: Language, pool: WorkerPool, program: bytes) -> CompileResult:
        attempts = 1 + self.retries
        for attempt in range(attempts):
            try:
                with pool.lend(fresh=attempt > 0) as worker:
                    return worker.ask(program, self.time_limit)
            except WorkerError as error:
                failure = error
        raise JudgeError(f"No verdict on a {language.title} program after {attempts} attempts: {failure}.")

    def _pool(self, state: _State, language: Language) -> tuple[str, WorkerPool]:
        with state.lock:
            if state.closed:
                raise ConfigurationError(CLOSED)
            if language not in state.pools:
                toolchain = language.toolchain
                command = toolchain.worker_command()  # raises where the toolchain is missing
                version = toolchain.version() or "unknown"
                state.pools[language] = version, WorkerPool(lambda: command, self.workers)
            return state.pools[language]

    def _start(self) -> None:
        self._state = _State()
        # Ends the workers when the judge is collected and, in any case, at the exit of the interpreter.
        self._finalizer = weakref.finalize(self, self._state.close)

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


def _refuse_tests(tests: Sequence[TestCase]) -> None:
    if tests:
        raise ConfigurationError(
            f"This judge compiles programs and does not run them, but there are {len(tests)} unit tests. "
            "Grade without tests."
        )


def _usable_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


_judges: weakref.WeakSet[Judge] = weakref.WeakSet()
_shared: Judge | None = None


def _after_fork_in_child() -> None:
    for judge in list(_judges):
        judge._start_in_forked_child()


os.register_at_fork(after_in_child=_after_fork_in_child)
