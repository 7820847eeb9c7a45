"""The decision process: everything about an environment that does not change from step to step."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import logging
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol, SupportsIndex, TypedDict, Unpack, cast, final, runtime_checkable

import numpy as np

from codegym import problems as problem_sets
from codegym.envs.episode import Assignment, Attempt, Episode, TokenTable, checked_token
from codegym.envs.layout import Observation, ObservationLayout
from codegym.envs.masks import TextMask
from codegym.envs.report import report
from codegym.errors import ConfigurationError, DataError, JudgeError
from codegym.problems.base import ProblemSet
from codegym.rewards import RewardMix
from codegym.tokens import Tokenizer
from codegym.tokens import load as load_tokenizer
from codegym.types import Grade, HarnessTest, Limits, Problem, UnitTest

logger = logging.getLogger(__name__)

# A problem set in which so many draws in a row are of no use is none for this task.
_DRAWS = 100

# Where so many references in a row are longer than the budget, it is no accident.
_FITTING_DRAWS = 20

# Of an endless problem set, so many times as many problems are looked at as are wanted.
_LOOKED_AT = 4

# Items of an endless problem set are drawn from this many.
_ENDLESS = 2**31


class Task(Protocol):
    """What is asked about a problem."""

    @property
    def name(self) -> str:
        """Name of the task family: `"CodeCompletion"`."""

    def assign(self, problem: Problem, tokenizer: Tokenizer) -> Assignment:
        """Returns the problem as it is posed.

        Raises:
            DataError: The problem cannot be posed: it is too short, for instance.
        """


class Grader(Protocol):
    """What an environment needs of a judge; `codegym.Judge` is one."""

    def map_grade(
        self,
        language: str,
        sources: Sequence[bytes],
        tests: Sequence[Sequence[UnitTest]] | None = None,
        limits: Limits | None = None,
    ) -> list[Grade]:
        """Returns one verdict for each program, `judge_error` where there is none."""


class ProcessOptions(TypedDict, total=False):
    """What every environment takes, besides what its task needs."""

    problems: str | Path | ProblemSet
    """A name that `codegym.problems.load` knows, a folder of code, a .jsonl file, or a problem set; "procedural"."""
    split: str
    """`"train"`, `"validation"` or `"test"`; a problem set that is passed as an object keeps its own."""
    path: str | Path | None
    """Where the problem set's data are, if not in the usual place."""
    tokenizer: str | Tokenizer
    """A name, a path or a tokenizer: see `codegym.tokens.load`."""
    reward: str | RewardMix
    """A preset such as `"default"`, a sum of terms such as `"compilation+0.5*syntax"`, or a `RewardMix`."""
    reference: str | ReferenceScorer | None
    """The policy of the KL term: an object with `log_prob(observation, action)`, or `"module:object"`."""
    judge: Grader | None
    """Who compiles and runs; None: the judge that the process shares."""
    source_tokens: int
    """Tokens of the prompt that are seen, the instruction included."""
    target_tokens: int
    """Budget of tokens of a turn."""
    instruction: str | None
    """Text before every prompt, which is never cut; None: the task's own; empty: none."""
    strict: bool
    """Whether a problem that cannot be posed is an error, instead of being replaced by the next one."""


@runtime_checkable
class ReferenceScorer(Protocol):
    """A frozen policy that tells how likely it finds an action."""

    def log_prob(self, observation: Observation, action: int) -> float:
        """Returns `log pi_ref(action | observation)` in nats."""


@final
class DecisionProcess:
    """States, actions, transitions and rewards of one task, without any state of its own.

    `TokenEnv` walks through it one episode at a time, `CodeVectorEnv` many; both only hold episodes.

    Args:
        task: What is asked about a problem.
        problems: Where problems come from.
        tokenizer: A tokenizer, or what `codegym.tokens.load` takes.
        reward: A preset's name or a mix.
        reference: The policy that the KL term compares with: an object with `log_prob(observation, action)`,
            or `"module:object"`, imported now and called if it is a class or a function. None: no KL.
        judge: Who compiles the programs. None: the judge that the whole process shares.
        source_tokens: Tokens of the prompt that a policy sees: the instruction, and the last ones of the rest.
        target_tokens: Budget of tokens of a turn.
        instruction: Text before every prompt. None: the task's own; empty: none.
        strict: Whether a drawn problem that cannot be posed is an error, instead of being replaced by the next one.

    Attributes:
        dropped: How many drawn problems could not be posed, by reason.

    Raises:
        UnknownNameError: No tokenizer or preset has the name that was given.
        ConfigurationError: A budget is not positive, the instruction leaves no room for the prompt, or the reference is
            no scorer.
    """

    def __init__(
        self,
        task: Task,
        problems: ProblemSet,
        *,
        tokenizer: str | Tokenizer = "codegym",
        reward: str | RewardMix = "default",
        reference: str | ReferenceScorer | None = None,
        judge: Grader | None = None,
        source_tokens: int = 512,
        target_tokens: int = 64,
        instruction: str | None = None,
        strict: bool = False,
    ) -> None:
        self.task = task
        self.problems = problems
        self.tokenizer = load_tokenizer(tokenizer)
        self.vocabulary = TokenTable.of(self.tokenizer)
        self.mix = RewardMix.load(reward)
        self.reference = _load_reference(reference) if isinstance(reference, str) else reference
        self.layout = ObservationLayout(
            source_tokens, target_tokens, self.tokenizer.vocabulary_size, self.tokenizer.pad_id
        )
        self.instruction = instruction
        self.strict = strict
        self.dropped: Counter[str] = Counter()
        self._judge = judge
        self._prompt(instruction or "", ())

    @classmethod
    def open(
        cls, task: Task, language: str, sources: Sequence[str] = (), **options: Unpack[ProcessOptions]
    ) -> DecisionProcess:
        """Returns the process of a task over problems that may be given by name.

        Args:
            task: What is asked.
            language: Name of the language that is written.
            sources: Languages in which each program must be there as well.
            **options: See `ProcessOptions`.

        Raises:
            UnknownNameError: There is no such language, problem set, tokenizer or preset.
            ConfigurationError: Options do not fit each other.
            DataError: The problems' data is missing or broken.
        """
        given = dict(options)
        problems = given.pop("problems", "procedural")
        split, path = given.pop("split", "train"), given.pop("path", None)
        if isinstance(problems, str | Path):
            parallel = {"sources": tuple(sources)} if sources else {}
            problems = problem_sets.load(problems, language=language, split=str(split), path=path, **parallel)  # type: ignore[arg-type]
        return cls(task, problems, **given)  # type: ignore[arg-type]  # what is left are its own arguments

    @cached_property
    def text_mask(self) -> TextMask:
        """Which tokens can be part of a program."""
        return TextMask(self.vocabulary)

    def draw(self, random: np.random.Generator, options: Mapping[str, Any] | None = None) -> Problem:
        """Returns a problem: the one that `options` asks for, else one drawn uniformly.

        Args:
            random: The environment's own random stream; used only where `options` does not decide.
            options: `{"index": int}`, a position in the problem set, or `{"problem": Problem}`.

        Raises:
            ConfigurationError: The options are neither of these, or the position is outside of the set.
        """
        if not options:
            size = self.problems.size
            return self.problems[int(random.integers(_ENDLESS if size is None else size))]
        problem, index = options.get("problem"), options.get("index")
        if len(options) == 1 and isinstance(problem, Problem):
            return problem
        if len(options) == 1 and isinstance(index, int | np.integer):
            try:
                return self.problems[int(index)]
            except IndexError as error:
                raise ConfigurationError(f"reset(options={{'index': {index}}}): {error}") from error
        raise ConfigurationError(
            f"reset(options=...) takes {{'index': int}} or {{'problem': Problem}}, and nothing else; got "
            f"{dict(options)!r:.200}."
        )

    def assign(self, problem: Problem) -> Assignment:
        """Returns a problem as the task poses it; raises as `assign_all` does."""
        return self.assign_all([problem])[0]

    def assign_all(self, problems: Sequence[Problem]) -> list[Assignment]:
        """Returns problems as the task poses them, with the prompt that a policy sees.

        The judge is asked about all their drafts together.

        Raises:
            DataError: A problem cannot be posed.
            JudgeError: The judge could not answer for a draft.
        """
        posed = self.pose(problems)
        for assignment in posed:
            if not isinstance(assignment, Assignment):
                raise assignment
        return cast("list[Assignment]", posed)

    def first(self, count: int) -> list[Assignment]:
        """Returns the first `count` problems that can be posed within the budget, or all if there are fewer.

        Where none of the first ones is short enough, the budget is meant to be small, and does not matter.

        Raises:
            DataError: None of them can be posed.
        """
        size = self.problems.size
        for fitting in (True, False):
            found: list[Assignment] = []
            start = 0
            while len(found) < count and start < (_LOOKED_AT * count if size is None else size):
                stop = start + count - len(found)
                block = [self.problems[index] for index in range(start, stop if size is None else min(stop, size))]
                found += [one for one in self.pose(block, fitting=fitting) if isinstance(one, Assignment)]
                start += len(block)
            if found:
                return found
        raise DataError(f"None of the first problems of {self.problems.card.name!r} can be posed.")

    def start(self, randoms: Sequence[np.random.Generator], options: Mapping[str, Any] | None = None) -> list[Episode]:
        """Returns a new episode for each random stream; draws and raises as `draw_assignments` does."""
        return [
            Episode(assignment, self.vocabulary, self.mix, self.layout.target_tokens)
            for assignment in self.draw_assignments(randoms, options)
        ]

    def draw_assignments(
        self, randoms: Sequence[np.random.Generator], options: Mapping[str, Any] | None = None
    ) -> list[Assignment]:
        """Returns a problem for each random stream, as the task poses it.

        A problem that is drawn and cannot be posed is counted in `dropped`, said once for each reason in the log, and
        replaced by the next draw. So is one whose reference is longer than the budget; but where many in a row are,
        the budget is meant to be small, and the last one is posed as it is.

        Raises:
            ConfigurationError: The options are not understood.
            DataError: The problem that `options` asks for cannot be posed; or, if `strict`, a drawn one cannot or is
                longer than the budget; or none of many drawn ones can be posed.
            JudgeError: The judge could not answer for a draft of the problem that `options` asks for; or, if `strict`,
                of a drawn one.
        """
        assignments: dict[int, Assignment] = {}
        for number in range(_DRAWS):
            waiting = [place for place in range(len(randoms)) if place not in assignments]
            if not waiting:
                break
            problems = [self.draw(randoms[place], options) for place in waiting]
            fitting = not options and (self.strict or number < _FITTING_DRAWS)
            for place, problem, posed in zip(waiting, problems, self.pose(problems, fitting=fitting), strict=True):
                if isinstance(posed, Assignment):
                    assignments[place] = posed
                elif options or self.strict:
                    raise posed
                else:
                    self._drop(problem, posed)
        if len(assignments) < len(randoms):
            reasons = "; ".join(f"{count:,}: {reason}" for reason, count in self.dropped.most_common())
            raise DataError(f"None of {_DRAWS} problems of {self.problems.card.name!r} can be posed. {reasons}")
        return [assignments[place] for place in range(len(randoms))]

    def _too_long(self, assignment: Assignment) -> DataError | None:
        """Returns what is wrong if the reference, with the end token, is longer than the budget."""
        needed, budget = len(assignment.reference_ids) + 1, self.layout.target_tokens
        if needed <= budget:
            return None
        return DataError(
            f"The reference of {assignment.problem.id!r} takes {needed} tokens, and the budget is {budget}: raise "
            "target_tokens."
        )

    def _drop(self, problem: Problem, error: DataError | JudgeError) -> None:
        reason = str(error).replace(repr(problem.id), "a problem")
        reason = re.sub(r"\d+", "N", reason)
        if not self.dropped[reason]:
            logger.warning("%s A problem like this is replaced by the next one; more of them are counted only.", error)
        self.dropped[reason] += 1

    def pose(self, problems: Sequence[Problem], *, fitting: bool = False) -> list[Assignment | DataError | JudgeError]:
        """Returns problems as the task poses them, or what is wrong with them.

        Args:
            problems: The problems.
            fitting: Whether a reference that is longer than the budget is wrong.
        """
        posed: list[Assignment | DataError | JudgeError] = []
        for problem in problems:
            try:
                assignment = self.task.assign(problem, self.tokenizer)
                seen = self._prompt(assignment.instruction, assignment.source_ids)
                assignment = dataclasses.replace(assignment, source_ids=seen)
                posed.append((self._too_long(assignment) if fitting else None) or assignment)
            except DataError as error:
                posed.append(error)
        open_ones = {place: one for place, one in enumerate(posed) if isinstance(one, Assignment) and one.drafts}
        number = 0
        while open_ones:
            exhausted = [place for place, one in open_ones.items() if number == len(one.drafts)]
            for place in exhausted:
                del open_ones[place]
                posed[place] = DataError(
                    f"Problem {problems[place].id!r} has nothing to repair: the judge finds its drafts right."
                )
            grades = self.grade([(one, one.drafts[number]) for one in open_ones.values()])
            for (place, one), grade in zip(list(open_ones.items()), grades, strict=True):
                if is_right(grade):
                    continue
                draft = one.drafts[number]
                posed[place] = (
                    dataclasses.replace(one, drafts=(draft,), source_ids=self._reported(one, draft, grade))
                    if grade.valid
                    else JudgeError(f"The judge could not answer for a draft of problem {one.problem.id!r}.")
                )
                del open_ones[place]
            number += 1
        return posed

    def observe(self, episode: Episode) -> Observation:
        """Returns a fresh observation of an episode."""
        return self.layout.observe(episode.source_ids, episode.written)

    def push(self, episode: Episode, action: SupportsIndex, behaviour_log_prob: float | None) -> dict[str, float]:
        """Writes one token of an episode and returns what each term contributes, all but the verdict."""
        reference_log_prob = None
        if self.reference is not None and not episode.turn_over:
            token = checked_token(action, self.vocabulary.vocabulary_size)
            reference_log_prob = self.reference.log_prob(self.observe(episode), token)
        return episode.push(action, behaviour_log_prob, reference_log_prob)

    def reference_log_probs(
        self, assignment: Assignment, turns: Sequence[Sequence[int]], grades: Sequence[Grade]
    ) -> list[float] | None:
        """Returns the reference's log-probability of each token of an answer, or None without a reference.

        Args:
            assignment: What was to be written.
            turns: The tokens of each turn.
            grades: The verdict on each turn's program.
        """
        if self.reference is None:
            return None
        log_probs: list[float] = []
        source_ids = assignment.source_ids
        for tokens, grade in zip(turns, grades, strict=True):
            log_probs += [
                self.reference.log_prob(self.layout.observe(source_ids, tokens[:step]), token)
                for step, token in enumerate(tokens)
            ]
            if assignment.turns > 1:
                source_ids = self._reported(assignment, assignment.program(self.vocabulary.text(tokens)), grade)
        return log_probs

    def grade(self, answers: Sequence[tuple[Assignment, bytes]]) -> list[Grade]:
        """Returns the verdict on each `(assignment, program)`, with one request to the judge per language.

        Unit tests are run where a term of the reward asks for them. Where none does, a program that is tested by code
        that is appended to it is compiled together with that code, which may hold `main`.
        """
        tested = "unit_tests" in self.mix.needs
        grades: dict[int, Grade] = {}
        for language in sorted({assignment.language for assignment, _ in answers}):
            places = [place for place, (assignment, _) in enumerate(answers) if assignment.language == language]
            tests = [answers[place][0].problem.tests for place in places]
            programs = [answers[place][1] for place in places]
            if not tested:
                programs = [_with_harness(program, own) for program, own in zip(programs, tests, strict=True)]
            verdicts = self._grader().map_grade(
                language, programs, tests if tested else None, self.problems.card.limits
            )
            grades.update(zip(places, verdicts, strict=True))
        return [grades[place] for place in range(len(answers))]

    def settle(self, episodes: Sequence[Episode]) -> list[dict[str, float]]:
        """Has episodes judged whose turn is over, and returns what each term contributes to their newest steps.

        An episode with a wrong program and turns left goes on with the next turn; the others are over.
        """
        grades = self.grade([(episode.assignment, episode.program) for episode in episodes])
        terms = []
        for episode, grade in zip(episodes, grades, strict=True):
            if episode.turns_left and grade.valid and not is_right(grade):
                program = episode.program
                source_ids = self._reported(episode.assignment, program, grade)
                terms.append(episode.begin_turn(source_ids, Attempt(program, grade)))
            else:
                terms.append(episode.settle(grade))
        return terms

    def next_prompts(self, turns: Sequence[tuple[Assignment, Sequence[int]]]) -> list[tuple[int, ...] | None]:
        """Returns the prompt that follows each turn: what was written in it, and what is wrong with that.

        Args:
            turns: What was to be written, and the tokens of a turn that is over and not the last one.

        Returns:
            None where nothing follows: the program is right, the judge could not answer, or the program took too much
            time, which is no verdict to build on: it may be another one when the whole episode is scored.
        """
        programs = [assignment.program(self.vocabulary.text(tokens)) for assignment, tokens in turns]
        assignments = [assignment for assignment, _ in turns]
        grades = self.grade(list(zip(assignments, programs, strict=True)))
        return [
            None
            if is_right(grade) or not grade.valid or "time_limit" in grade.outcomes
            else self._reported(assignment, program, grade)
            for assignment, program, grade in zip(assignments, programs, grades, strict=True)
        ]

    def _reported(self, assignment: Assignment, program: bytes, grade: Grade) -> tuple[int, ...]:
        """Returns the prompt that shows a program and what is wrong with it."""
        return self._prompt(assignment.instruction, self.tokenizer.encode(report(assignment.problem, program, grade)))

    def _prompt(self, instruction: str, source_ids: Sequence[int]) -> tuple[int, ...]:
        """Returns what a policy sees of a prompt: an instruction, and as many of the last tokens as there is room for.

        Args:
            instruction: The task's own, which the process' own replaces.
            source_ids: The prompt without an instruction.

        Raises:
            ConfigurationError: The instruction leaves no room for the prompt.
        """
        text = instruction if self.instruction is None else self.instruction
        begin, budget = self.tokenizer.encode(text) if text else [], self.layout.source_tokens
        if len(begin) >= budget:
            raise ConfigurationError(
                f"The instruction {text!r} takes {len(begin)} tokens, and a policy sees {budget}: raise source_tokens, "
                "or give another instruction, or an empty one."
            )
        return (*begin, *source_ids[len(begin) - budget :])

    def _grader(self) -> Grader:
        if self._judge is not None:
            return self._judge
        from codegym.judge import shared_judge

        return cast("Grader", shared_judge())


def start_info(episode: Episode) -> dict[str, Any]:
    """Returns the info of the reset that has started an episode."""
    return {"problem_id": episode.assignment.problem.id, "inactive_terms": list(episode.inactive_terms)}


def step_result(episode: Episode, terms: dict[str, float]) -> tuple[float, bool, bool, dict[str, Any]]:
    """Returns the reward, the two flags and the info of the step that an episode has just made."""
    info: dict[str, Any] = {"reward_terms": terms}
    terminated = truncated = False
    turn_ended = episode.grade is not None or 0 < episode.turn_start == len(episode.tokens)
    if turn_ended:
        attempt = episode.attempts[-1]
        info["program"] = attempt.program.decode("utf-8", "replace")
        info["grade"] = plain_grade(attempt.grade)
        if episode.assignment.turns > 1:
            info["turns_left"] = episode.turns_left if episode.grade is None else 0
    if episode.grade is not None:
        terminated, truncated = episode.grade.valid, not episode.grade.valid
        info["reward_valid"] = episode.grade.valid
    return float(sum(terms.values())), terminated, truncated, info


def is_right(grade: Grade) -> bool:
    """Whether nothing is left to be done: the program passes its tests, or compiles where there are none."""
    return grade.status in ("passed", "compiled")


def _with_harness(program: bytes, tests: Sequence[UnitTest]) -> bytes:
    """Returns a program with the code of its first test behind it, if it is tested by code."""
    code = next((test.code for test in tests if isinstance(test, HarnessTest)), "")
    return program + code.encode()


def plain_grade(grade: Grade) -> dict[str, Any]:
    """Returns a verdict as fresh dicts, lists, strings and numbers."""
    plain = dataclasses.asdict(grade)
    return {**plain, "diagnostics": list(plain["diagnostics"]), "outcomes": list(plain["outcomes"])}


def _load_reference(path: str) -> ReferenceScorer:
    module_name, _, attribute = path.partition(":")
    try:
        found = getattr(importlib.import_module(module_name), attribute)
    except (ImportError, ValueError, AttributeError) as error:
        raise ConfigurationError(
            f"reference={path!r} cannot be imported ({error}); give 'package.module:object'."
        ) from error
    if inspect.isclass(found) or not isinstance(found, ReferenceScorer):
        found = found() if callable(found) else found
    if not isinstance(found, ReferenceScorer):
        raise ConfigurationError(f"reference={path!r} has no log_prob(observation, action): {found!r}.")
    return found
