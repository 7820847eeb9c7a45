"""Who decides whether an input is valid, and what a right program prints for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol, cast, final

from codegym.envs import Grader
from codegym.errors import ConfigurationError
from codegym.problems.procedural.oracle import Oracle as ProceduralOracle
from codegym.types import Problem, RunResult


class Oracle(Protocol):
    """Knows the right answers."""

    def __call__(self, problem: Problem, inputs: Sequence[str]) -> list[str | None]:
        """Returns what a right program prints for each input, None for an input that is not valid.

        Raises:
            JudgeError: It could not find out.
        """


class Runner(Protocol):
    """A judge that runs programs; `codegym.Judge` is one."""

    def run(self, language: str, source: str, stdin: str) -> RunResult:
        """Compiles a program and runs it on an input."""


@final
@dataclass(frozen=True)
class ReferenceOracle:
    """The interpreter of procedural problems, and the reference program of all others.

    A procedural problem says which inputs are valid. Of another problem nothing is known but its reference: an input is
    valid if the reference ends with exit status 0, within the usual limits.

    Attributes:
        judge: Who runs reference programs. None: the judge that the process shares.
    """

    judge: Grader | None = None

    def __call__(self, problem: Problem, inputs: Sequence[str]) -> list[str | None]:
        """Returns what a right program prints for each input, None for an input that is not valid.

        Raises:
            JudgeError: The judge could not run the reference.
            ConfigurationError: The judge runs no programs.
        """
        if problem.id.startswith("procedural://"):
            answer = _procedural(problem.id)
            return [answer(stdin) for stdin in inputs]
        runs = [self._runner().run(problem.language, problem.reference, stdin) for stdin in inputs]
        return [run.stdout if run.ok else None for run in runs]

    def _runner(self) -> Runner:
        if self.judge is None:
            from codegym.judge import shared_judge

            return cast("Runner", shared_judge())
        if not hasattr(self.judge, "run"):
            raise ConfigurationError(
                f"{type(self.judge).__name__} cannot run the reference program on the tester's inputs: give a judge "
                "with run(language, source, stdin), procedural problems, or an oracle."
            )
        return cast("Runner", self.judge)


@lru_cache(maxsize=256)
def _procedural(problem_id: str) -> ProceduralOracle:
    return ProceduralOracle(problem_id)
