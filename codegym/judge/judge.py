"""The judge: compiles and runs programs, many at a time, and never takes its own failures for theirs."""

from __future__ import annotations

import os
import secrets
import threading
import weakref
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

from codegym import languages
from codegym.errors import ConfigurationError, JudgeError
from codegym.judge.cache import VerdictCache, key_of
from codegym.judge.compare import same_output
from codegym.judge.sandbox import Isolation, choose
from codegym.judge.workers import CLOSED, Worker, WorkerError, WorkerPool
from codegym.languages.base import Language
from codegym.types import (
    CompileResult,
    Diagnostic,
    Grade,
    GradeStatus,
    HarnessTest,
    Limits,
    RunResult,
    TestCase,
    TestOutcome,
    UnitTest,
)

START_ALLOWANCE = 60.0
"""Seconds that a run worker may take beyond its programs' limits before it is taken to have failed."""

FAILED_ASSERTIONS = ("assert", "AssertionError", "Assertion", "test case", "Exception --- test")
"""What test harnesses write to standard error where an answer is wrong, and not where a program crashes."""

Work = Literal["compile", "run"]
Item = TypeVar("Item")
Answer = TypeVar("Answer")


@dataclass
class _State:
    """What a judge holds in one process."""

    cache: VerdictCache
    lock: threading.Lock = field(default_factory=threading.Lock)
    pools: dict[tuple[Language, Work], WorkerPool] = field(default_factory=dict)
    versions: dict[Language, str] = field(default_factory=dict)
    layer: Isolation | None = None
    closed: bool = False

    def close(self) -> None:
        with self.lock:
            self.closed = True
            pools = list(self.pools.values())
            self.pools.clear()
        self.cache.close()
        for pool in pools:
            pool.close()


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

    Raises:
        ConfigurationError: A limit or a number makes no sense.
    """

    def __init__(
        self,
        workers: int | None = None,
        isolation: Isolation = "auto",
        time_limit: float = 10.0,
        source_limit: int = 262_144,
        retries: int = 2,
        cache: str | Path | None = None,
    ) -> None:
        self.workers = _usable_cores() if workers is None else workers
        self.isolation = isolation
        self.time_limit, self.source_limit, self.retries = time_limit, source_limit, retries
        self._cache_folder = None if cache is None else Path(cache)
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
            pools = list(self._state.pools.values())
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
            IsolationError: This host cannot keep the compiler apart.
            JudgeError: The workers failed, repeatedly; nothing is known about the program.
            ConfigurationError: The judge is closed.
        """
        language = languages.get(language)
        program = _encoded(source)
        if too_long := self._too_long(program):
            return too_long
        state = self._state
        pool = self._pool(state, language, "compile")
        key = key_of("compile", language.name, state.versions[language], program)
        known = state.cache.get(key)
        if isinstance(known, CompileResult):
            return known
        verdict, _ = self._ask(language, pool, lambda worker: worker.compile(program, self.time_limit, build=False))
        state.cache.put(key, verdict)
        return verdict

    def map_compile(self, language: str | Language, sources: Sequence[str | bytes]) -> list[CompileResult]:
        """Returns the verdict on every program, in order; all workers take part. Raises as `compile` does."""
        language = languages.get(language)
        return self._map(lambda source: self.compile(language, source), sources)

    def run(
        self, language: str | Language, source: str | bytes, stdin: str | bytes = "", limits: Limits | None = None
    ) -> RunResult:
        """Compiles a program, runs it once in the sandbox, and returns what happened.

        A program that does not compile has the status `compile_error`, and the compiler's messages as standard error.
        Raises as `compile` does.
        """
        language = languages.get(language)
        verdict, artifact = self._build(language, _encoded(source))
        if not verdict.ok:
            return RunResult("compile_error", stderr="\n".join(entry.message for entry in verdict.diagnostics))
        return self._run(language, artifact, {}, [_encoded(stdin)], limits or Limits())[0]

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
        language = languages.get(language)
        if not tests:
            verdict = self.compile(language, source)
            return Grade("compiled" if verdict.ok else "compile_error", verdict.ok, diagnostics=verdict.diagnostics)
        program, limits = _encoded(source), limits or Limits()
        if too_long := self._too_long(program):
            return _compile_error(too_long.diagnostics, len(tests))
        state = self._state
        self._pool(state, language, "compile")
        described = [type(test).__name__ + repr(astuple(test)) for test in tests]
        key = key_of("grade", language.name, state.versions[language], program, described, astuple(limits))
        known = state.cache.get(key)
        if isinstance(known, Grade):
            return known
        grade = self._grade(language, program, tests, limits)
        state.cache.put(key, grade)
        return grade

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
        language = languages.get(language)
        if tests is not None and len(tests) != len(sources):
            raise ConfigurationError(f"There are {len(sources)} programs and tests for {len(tests)}.")

        def grade(item: tuple[str | bytes, Sequence[UnitTest]]) -> Grade:
            try:
                return self.grade(language, item[0], item[1], limits)
            except JudgeError as error:
                return Grade("judge_error", False, diagnostics=(Diagnostic(0, 0, "error", str(error), "judge"),))

        return self._map(grade, list(zip(sources, tests or [()] * len(sources), strict=True)))

    def _grade(self, language: Language, program: bytes, tests: Sequence[UnitTest], limits: Limits) -> Grade:
        """Compiles a program and runs all tests: those of standard input in one go, harnesses one by one."""
        verdict, artifact = self._build(language, program) if _has_cases(tests) else (None, b"")
        if verdict is not None and not verdict.ok:
            return _compile_error(verdict.diagnostics, len(tests))
        cases = [test for test in tests if isinstance(test, TestCase)]
        results = self._run(language, artifact, {}, [test.stdin.encode() for test in cases], limits) if cases else []
        outcomes_of_cases = iter([_outcome_of_case(test, result) for test, result in zip(cases, results, strict=True)])
        outcomes: list[TestOutcome] = []
        out_of_time = False
        for test in tests:
            if isinstance(test, TestCase):
                outcomes.append(next(outcomes_of_cases))
                continue
            if out_of_time:
                outcomes.append("time_limit")
                continue
            outcome, diagnostics = self._outcome_of_harness(language, program, test, limits)
            if outcome == "compile_error" and not outcomes:
                # With its own test it does not compile, and so by itself neither, or it lacks what is tested.
                return _compile_error(diagnostics, len(tests))
            outcomes.append(outcome)
            out_of_time = outcome == "time_limit"
        passed = outcomes.count("passed")
        return Grade(_status_of(outcomes), True, passed, len(tests), (), tuple(outcomes))

    def _outcome_of_harness(
        self, language: Language, program: bytes, test: HarnessTest, limits: Limits
    ) -> tuple[TestOutcome, tuple[Diagnostic, ...]]:
        marker = secrets.token_hex(16)  # a program that could know it could pretend to have come to its end
        harnessed = language.toolchain.harnessed(program, test, marker)
        verdict, artifact = self._build(language, harnessed.source)
        if not verdict.ok:
            return "compile_error", verdict.diagnostics
        if harnessed.tampering:  # asked only now, so that what is no program at all is not better off
            return "wrong_answer", (Diagnostic(0, 0, "error", harnessed.tampering, "tampering"),)
        (result,) = self._run(language, artifact, dict(harnessed.request), [b""], limits)
        if result.ok:
            return ("passed" if result.completed else "wrong_answer"), ()
        if result.status in ("exited", "signalled") and any(words in result.stderr for words in FAILED_ASSERTIONS):
            return "wrong_answer", ()
        return _limit_or_error(result), ()

    def _build(self, language: Language, program: bytes) -> tuple[CompileResult, bytes]:
        """Returns the verdict on a program, and what was built."""
        if too_long := self._too_long(program):
            return too_long, b""
        pool = self._pool(self._state, language, "compile")
        return self._ask(language, pool, lambda worker: worker.compile(program, self.time_limit, build=True))

    def _run(
        self, language: Language, artifact: bytes, request: dict[str, Any], stdins: Sequence[bytes], limits: Limits
    ) -> list[RunResult]:
        pool = self._pool(self._state, language, "run")
        request = {
            "marker": "",
            **request,
            "time_limit": limits.time,
            "memory_limit": limits.memory,
            "output_limit": limits.output,
        }
        patience = START_ALLOWANCE + (limits.time + 1.0) * len(stdins)
        return self._ask(language, pool, lambda worker: worker.run(artifact, request, stdins, patience))

    def _map(self, function: Callable[[Item], Answer], items: Sequence[Item]) -> list[Answer]:
        """Applies a function to every item, in as many threads as there are workers, which do the work."""
        if len(items) < 2 or self.workers == 1:
            return [function(item) for item in items]
        with ThreadPoolExecutor(min(self.workers, len(items)), "codegym-judge") as threads:
            return list(threads.map(function, items))

    def _ask(self, language: Language, pool: WorkerPool, question: Callable[[Worker], Answer]) -> Answer:
        attempts = 1 + self.retries
        for attempt in range(attempts):
            try:
                with pool.lend(fresh=attempt > 0) as worker:
                    return question(worker)
            except WorkerError as error:
                failure = error
        raise JudgeError(f"No verdict on a {language.title} program after {attempts} attempts: {failure}.")

    def _too_long(self, program: bytes) -> CompileResult | None:
        if len(program) <= self.source_limit:
            return None
        message = f"The program has {len(program):,} bytes; the limit is {self.source_limit:,}."
        return CompileResult(False, "source_limit", (Diagnostic(0, 0, "error", message, "source_limit"),))

    def _pool(self, state: _State, language: Language, work: Work) -> WorkerPool:
        with state.lock:
            if state.closed:
                raise ConfigurationError(CLOSED)
            if (language, work) not in state.pools:
                toolchain = language.toolchain
                command = toolchain.compile_worker() if work == "compile" else toolchain.run_worker()
                state.layer = state.layer or choose(self.isolation)
                state.versions.setdefault(language, toolchain.version() or "unknown")
                state.pools[language, work] = WorkerPool(command, state.layer, self.workers)
            return state.pools[language, work]

    def _start(self) -> None:
        self._state = _State(VerdictCache(self._cache_folder))
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


def _encoded(source: str | bytes) -> bytes:
    # A lone surrogate, which UTF-8 cannot encode, becomes bytes that no compiler accepts: a verdict, too.
    return source.encode("utf-8", "surrogatepass") if isinstance(source, str) else source


def _has_cases(tests: Sequence[UnitTest]) -> bool:
    return any(isinstance(test, TestCase) for test in tests)


def _compile_error(diagnostics: tuple[Diagnostic, ...], tests: int) -> Grade:
    outcome: TestOutcome = "compile_error"
    return Grade("compile_error", False, 0, tests, diagnostics, (outcome,) * tests)


def _outcome_of_case(test: TestCase, result: RunResult) -> TestOutcome:
    if not result.ok:
        return _limit_or_error(result)
    return "passed" if same_output(test.stdout, result.stdout, test.tolerance) else "wrong_answer"


def _limit_or_error(result: RunResult) -> TestOutcome:
    match result.status:
        case "time_limit" | "memory_limit" | "output_limit":
            return result.status
        case "not_run":
            return "time_limit"
        case _:
            return "runtime_error"


def _status_of(outcomes: Sequence[TestOutcome]) -> GradeStatus:
    """Returns the worst of what the tests say: a crash or an exceeded limit is worse than a wrong answer."""
    if all(outcome == "passed" for outcome in outcomes):
        return "passed"
    return "failed" if all(outcome in ("passed", "wrong_answer") for outcome in outcomes) else "runtime_error"


def _usable_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


_judges: weakref.WeakSet[Judge] = weakref.WeakSet()
_shared: Judge | None = None


def _after_fork_in_child() -> None:
    for judge in list(_judges):
        judge._start_in_forked_child()


os.register_at_fork(after_in_child=_after_fork_in_child)
