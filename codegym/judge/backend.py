"""The seam between the judge and the machines that do its work: questions in, verdicts out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from codegym.errors import JudgeError
from codegym.judge.sandbox import Isolation
from codegym.languages.base import Language
from codegym.types import CompileResult, Grade, Limits, RunResult, UnitTest


@dataclass(frozen=True, slots=True)
class Conditions:
    """What holds for every program, wherever it is judged.

    Attributes:
        isolation: The layer that keeps programs and compilers apart from their host.
        time_limit: Seconds of real time in which the compiler must answer.
        source_limit: Bytes of a program, at most.
        retries: How often a program is asked again when a worker fails.
    """

    isolation: Isolation
    time_limit: float
    source_limit: int
    retries: int


@dataclass(frozen=True, slots=True)
class CompileQuestion:
    """Does this program compile? The answer is a `CompileResult`."""

    program: bytes


@dataclass(frozen=True, slots=True)
class RunQuestion:
    """What happens when this program reads this input? The answer is a `RunResult`."""

    program: bytes
    stdin: bytes
    limits: Limits


@dataclass(frozen=True, slots=True)
class GradeQuestion:
    """What do these unit tests, of which there is at least one, say about this program? The answer is a `Grade`."""

    program: bytes
    tests: tuple[UnitTest, ...]
    limits: Limits


Question = CompileQuestion | RunQuestion | GradeQuestion
Answer = CompileResult | RunResult | Grade


class Backend(Protocol):
    """Who compiles and runs. Answers depend on the question alone, so that any question may be asked again.

    Every method but `close` raises `ToolchainMissingError` where the compiler is not installed, `IsolationError` where
    programs cannot be kept apart, and `ConfigurationError` when the backend is closed.
    """

    def version(self, language: Language) -> str:
        """Returns the version of the toolchain that answers, the same wherever it does."""

    def answer(self, language: Language, questions: Sequence[Question]) -> list[Answer | JudgeError]:
        """Returns the answer to each question, in order, as a value even where it is that there is none."""

    def worker_pids(self) -> tuple[int, ...]:
        """Returns the process ids of the workers of this host, sorted."""

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""

    def close(self) -> None:
        """Ends everything that was started; once more is harmless."""
