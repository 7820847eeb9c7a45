"""Coder and tester: one writes a program, the other inputs that break it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Unpack, final

import numpy as np
from pettingzoo import AECEnv

from codegym import languages
from codegym.envs import Assignment, DecisionProcess, Synthesis
from codegym.envs.process import ProcessOptions
from codegym.errors import ConfigurationError, DataError, JudgeError
from codegym.multiagent.environments import TokenParallelEnv, aec_env
from codegym.multiagent.game import Match, Page, Rules, another_process
from codegym.multiagent.oracle import Oracle, ReferenceOracle
from codegym.rewards import RewardMix
from codegym.tokens import Tokenizer
from codegym.types import Grade, Problem, TestCase

SEPARATOR: Final = "---"
"""The line that stands between two inputs."""

_CODER, _TESTER = "coder_0", "tester_0"
_NO_VERDICT: Final = Grade("judge_error", False)


@final
@dataclass(frozen=True)
class Coding:
    """Program synthesis, from problems whose programs read standard input."""

    name: str = "CoderTester"

    def assign(self, problem: Problem, tokenizer: Tokenizer) -> Assignment:
        """Returns the statement; see `Synthesis.assign`.

        Raises:
            DataError: The problem has no statement, or its tests are not of standard input and output.
        """
        if not problem.tests or not all(isinstance(test, TestCase) for test in problem.tests):
            raise DataError(
                f"Problem {problem.id!r} has no tests of standard input and output, which a tester could add to."
            )
        return Synthesis().assign(problem, tokenizer)


@final
@dataclass(frozen=True)
class InputWriting:
    """Inputs are written for a program that may be wrong (`Problem.broken`)."""

    name: str = "CoderTester"

    def assign(self, problem: Problem, tokenizer: Tokenizer) -> Assignment:
        """Returns the program and the statement, in this order: of a long prompt the beginning is lost."""
        inputs = join_inputs([test.stdin for test in problem.tests if isinstance(test, TestCase)])
        return Assignment(
            problem=problem,
            language=problem.language,
            source_ids=tuple(tokenizer.encode(f"{problem.broken}\n\n{problem.statement}")),
            prefix=b"",
            reference=inputs.encode("utf-8", "replace"),
            reference_ids=tuple(tokenizer.encode(inputs)),
            instruction=f"Write inputs that break this {languages.get(problem.language).title} program:\n",
        )


def join_inputs(inputs: Sequence[str]) -> str:
    """Returns the text in which a tester writes inputs: each ends with a line feed, a line `---` is between two."""
    return f"{SEPARATOR}\n".join(inputs)


def split_inputs(text: str) -> list[str]:
    """Returns the different inputs of a tester's text, in order; a last line without a line feed gets one."""
    blocks: list[list[str]] = [[]]
    for line in text.removesuffix("\n").split("\n") if text else []:
        if line == SEPARATOR:
            blocks.append([])
        else:
            blocks[-1].append(line)
    return list(dict.fromkeys("".join(f"{line}\n" for line in block) for block in blocks if block))


@final
class CoderTester:
    """The coder writes a program for a statement; the tester reads both and writes inputs.

    Args:
        process: The coder's.
        testing: The tester's.
        oracle: Who decides which inputs are valid.
        inputs: How many different inputs of the tester count: the first ones.

    Raises:
        ConfigurationError: No input counts, or the reward runs no tests.
    """

    name = "CoderTester"
    rules = Rules((_CODER, _TESTER), passes="page", paid="author")

    def __init__(self, process: DecisionProcess, testing: DecisionProcess, oracle: Oracle, inputs: int) -> None:
        if inputs < 1:
            raise ConfigurationError(f"inputs is {inputs}; give at least 1.")
        if "unit_tests" not in process.mix.needs:
            raise ConfigurationError(
                "The tester's inputs are unit tests: give a reward that has them, such as reward='unit_tests'."
            )
        self.process, self.testing = process, testing
        self.oracle, self.inputs = oracle, inputs
        self.terms = {_CODER: tuple(process.mix.weights), _TESTER: ("breaks", *testing.mix.weights)}

    def begin(self, random: np.random.Generator, options: Mapping[str, Any]) -> dict[str, Page | None]:
        """Returns the coder's page, about a statement, and none for the tester."""
        (episode,) = self.process.start([random], options)
        return {_CODER: Page(self.process, episode), _TESTER: None}

    def page_finished(self, match: Match) -> None:
        """Shows the program to the tester; or judges it, when the tester has written its inputs."""
        coder = match.page(_CODER).episode
        if match.writer == _CODER:
            under_test = coder.program.decode("utf-8", "replace")
            match.turn_page(Page.open(self.testing, replace(coder.assignment.problem, broken=under_test)))
            return
        problem = coder.assignment.problem
        inputs = split_inputs(match.page(_TESTER).episode.answer.decode("utf-8", "replace"))[: self.inputs]
        try:
            answers = self.oracle(problem, inputs)
        except JudgeError:
            match.settle(_CODER, _NO_VERDICT)
            match.end(valid=False)
            return
        tolerance = next(test.tolerance for test in problem.tests if isinstance(test, TestCase))
        found = [
            TestCase(stdin, answer, tolerance)
            for stdin, answer in zip(inputs, answers, strict=True)
            if answer is not None
        ]
        # The tester's tests come first: behind one that exceeds its time, none is run.
        extended = replace(problem, tests=(*found, *problem.tests))
        (grade,) = self.process.grade([(replace(coder.assignment, problem=extended), coder.program)])
        match.settle(_CODER, grade)
        broken = [test.stdin for test in _failed(found, grade)]
        match.pay({"breaks": len(broken) / self.inputs}, author=_TESTER)
        told = [
            {"stdin": stdin, "valid": answer is not None, "breaks": stdin in broken}
            for stdin, answer in zip(inputs, answers, strict=True)
        ]
        match.end(grade.valid, **{_TESTER: {"inputs": told}})


def _failed(tests: Sequence[TestCase], grade: Grade) -> list[TestCase]:
    """Returns those of a program's first tests that it is known to fail; all of them where it does not compile."""
    if not grade.valid:
        return []
    alike = "passed" if grade.compiled and grade.passed == grade.total else "wrong_answer"
    outcomes = grade.outcomes or (alike,) * grade.total
    failed: list[TestCase] = []
    for test, outcome in zip(tests, outcomes, strict=False):
        if outcome != "passed":
            failed.append(test)
        if outcome == "time_limit":
            break  # those behind it were not run
    return failed


def env(
    language: str,
    render_mode: str | None = None,
    inputs: int = 4,
    oracle: Oracle | None = None,
    **options: Unpack[ProcessOptions],
) -> AECEnv:
    """Returns the game in which agents take turns.

    Args:
        language: Name of the language that the coder writes.
        render_mode: `"human"`, `"ansi"`, `"rgb_array"` or None.
        inputs: How many different inputs of the tester count: the first ones.
        oracle: Who decides which inputs are valid. None: the interpreter of procedural problems, and the reference
            program of all others, which the judge runs.
        **options: See `ProcessOptions`; they are those of both agents.

    Raises:
        UnknownNameError: There is no such language, problem set, tokenizer, preset or render mode.
        ConfigurationError: Options do not fit each other.
        DataError: The problems' data is missing or broken.
    """
    return aec_env(_game(language, inputs, oracle, options), render_mode)


def parallel_env(
    language: str,
    render_mode: str | None = None,
    inputs: int = 4,
    oracle: Oracle | None = None,
    **options: Unpack[ProcessOptions],
) -> TokenParallelEnv:
    """Returns the game in which all agents act in every step; the arguments are those of `env`."""
    return TokenParallelEnv(_game(language, inputs, oracle, options), render_mode)


def _game(language: str, inputs: int, oracle: Oracle | None, options: ProcessOptions) -> CoderTester:
    given: ProcessOptions = {"reward": "unit_tests", **options}
    coding = DecisionProcess.open(Coding(), languages.get(language).name, **given)
    # What the tester writes is no program: nothing of it is measured but its distance to a reference policy.
    testing = another_process(coding, InputWriting(), RewardMix({"kl": coding.mix.weights["kl"]}), options)
    return CoderTester(coding, testing, oracle or ReferenceOracle(options.get("judge")), inputs)
