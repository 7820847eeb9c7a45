"""The judge's work on this host: warm workers compile, the sandbox runs."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal, TypeVar, final

from codegym.errors import ConfigurationError, JudgeError
from codegym.judge.backend import Answer, CompileQuestion, Conditions, GradeQuestion, Question
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

TRIES = 2
"""Most often that one run may be tried, where the language's run time lingers (`runner.Settings`)."""

FAILED_ASSERTIONS = ("assert", "AssertionError", "Assertion", "test case", "Exception --- test")
"""What test harnesses write to standard error where an answer is wrong, and not where a program crashes."""

Work = Literal["compile", "run"]
Result = TypeVar("Result")


@final
class LocalBackend:
    """Workers of this process. They are started when they are first needed, and end with it.

    Args:
        conditions: What holds for every program.
        workers: Workers of each kind and language that may be busy at the same time.
    """

    def __init__(self, conditions: Conditions, workers: int) -> None:
        self._conditions = conditions
        self._workers = workers
        self._lock = threading.Lock()
        self._pools: dict[tuple[Language, Work], WorkerPool] = {}
        self._versions: dict[Language, str] = {}
        self._layer: Isolation | None = None
        self._closed = False

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    def close(self) -> None:
        """Ends all workers."""
        with self._lock:
            self._closed = True
            pools = list(self._pools.values())
            self._pools.clear()
        for pool in pools:
            pool.close()

    def worker_pids(self) -> tuple[int, ...]:
        """Returns the process ids of the workers that run now, sorted."""
        with self._lock:
            pools = list(self._pools.values())
        return tuple(sorted(pid for pool in pools for pid in pool.pids()))

    def version(self, language: Language) -> str:
        """Returns the version of the toolchain of this host."""
        self._pool(language, "compile")
        return self._versions[language]

    def answer(self, language: Language, questions: Sequence[Question]) -> list[Answer | JudgeError]:
        """Returns the answer to each question, in order; all workers take part."""

        def one(question: Question) -> Answer | JudgeError:
            try:
                return self._answer(language, question)
            except JudgeError as error:
                return error

        if len(questions) < 2 or self._workers == 1:
            return [one(question) for question in questions]
        # The workers do the work; a thread only waits for its own.
        with ThreadPoolExecutor(min(self._workers, len(questions)), "codegym-judge") as threads:
            return list(threads.map(one, questions))

    def _answer(self, language: Language, question: Question) -> Answer:
        if isinstance(question, CompileQuestion):
            return self._compile(language, question.program)
        if isinstance(question, GradeQuestion):
            return self._grade(language, question.program, question.tests, question.limits)
        verdict, artifact = self.build(language, question.program)
        if not verdict.ok:
            return RunResult("compile_error", stderr="\n".join(entry.message for entry in verdict.diagnostics))
        return self._run(language, artifact, {}, [question.stdin], question.limits)[0]

    def _compile(self, language: Language, program: bytes) -> CompileResult:
        """Returns the verdict on a program that is not to be run."""
        if too_long := self._too_long(program):
            return too_long
        pool, time_limit = self._pool(language, "compile"), self._conditions.time_limit
        return self._ask(language, pool, lambda worker: worker.compile(program, time_limit, build=False))[0]

    def _grade(self, language: Language, program: bytes, tests: Sequence[UnitTest], limits: Limits) -> Grade:
        """Compiles a program and runs all tests: those of standard input in one go, harnesses one by one."""
        if too_long := self._too_long(program):
            return _compile_error(too_long.diagnostics, len(tests))
        verdict, artifact = self.build(language, program) if _has_cases(tests) else (None, b"")
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
        verdict, artifact = self.build(language, harnessed.source)
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

    def build(self, language: Language, program: bytes) -> tuple[CompileResult, bytes]:
        """Returns the verdict on a program, and what was built."""
        if too_long := self._too_long(program):
            return too_long, b""
        pool, time_limit = self._pool(language, "compile"), self._conditions.time_limit
        return self._ask(language, pool, lambda worker: worker.compile(program, time_limit, build=True))

    def _run(
        self, language: Language, artifact: bytes, request: dict[str, Any], stdins: Sequence[bytes], limits: Limits
    ) -> list[RunResult]:
        pool = self._pool(language, "run")
        request = {
            "marker": "",
            **request,
            "time_limit": limits.time,
            # Real time is to run out first where it is the shorter one, and a program may have several threads.
            "processor_time": min(limits.processor_time, limits.time + 1.0),
            "memory_limit": limits.memory,
            "output_limit": limits.output,
        }
        patience = START_ALLOWANCE + TRIES * (limits.time + 1.0) * len(stdins)
        return self._ask(language, pool, lambda worker: worker.run(artifact, request, stdins, patience))

    def _ask(self, language: Language, pool: WorkerPool, question: Callable[[Worker], Result]) -> Result:
        attempts = 1 + self._conditions.retries
        for attempt in range(attempts):
            try:
                with pool.lend(fresh=attempt > 0) as worker:
                    return question(worker)
            except WorkerError as error:
                failure = error
        raise JudgeError(f"No verdict on a {language.title} program after {attempts} attempts: {failure}.")

    def _too_long(self, program: bytes) -> CompileResult | None:
        limit = self._conditions.source_limit
        if len(program) <= limit:
            return None
        message = f"The program has {len(program):,} bytes; the limit is {limit:,}."
        return CompileResult(False, "source_limit", (Diagnostic(0, 0, "error", message, "source_limit"),))

    def _pool(self, language: Language, work: Work) -> WorkerPool:
        with self._lock:
            if self._closed:
                raise ConfigurationError(CLOSED)
            if (language, work) not in self._pools:
                toolchain = language.toolchain
                command = toolchain.compile_worker() if work == "compile" else toolchain.run_worker()
                self._layer = self._layer or choose(self._conditions.isolation)
                self._versions.setdefault(language, toolchain.version() or "unknown")
                self._pools[language, work] = WorkerPool(command, self._layer, self._workers)
            return self._pools[language, work]


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
