"""The decision process: everything about an environment that does not change from step to step."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, SupportsIndex, cast, final, runtime_checkable

import numpy as np

from codegym.envs.episode import Assignment, Episode, TokenTable, checked_token
from codegym.envs.layout import Observation, ObservationLayout
from codegym.errors import ConfigurationError
from codegym.problems.base import ProblemSet
from codegym.rewards import RewardMix
from codegym.tokens import Tokenizer
from codegym.tokens import load as load_tokenizer
from codegym.types import Grade, Problem, UnitTest

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
        self, language: str, sources: Sequence[bytes], tests: Sequence[Sequence[UnitTest]] | None = None
    ) -> list[Grade]:
        """Returns one verdict for each program, `judge_error` where there is none."""


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
        source_tokens: Tokens of the prompt that a policy sees, from its end.
        target_tokens: Budget of tokens of an episode.

    Raises:
        UnknownNameError: No tokenizer or preset has the name that was given.
        ConfigurationError: A budget is not positive, or the reference is no scorer.
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
        self._judge = judge

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
        """Returns the problem as the task poses it."""
        return self.task.assign(problem, self.tokenizer)

    def start(self, problem: Problem) -> Episode:
        """Returns a new episode about a problem."""
        return Episode(self.assign(problem), self.vocabulary, self.mix, self.layout.target_tokens)

    def observe(self, episode: Episode) -> Observation:
        """Returns a fresh observation of an episode."""
        return self.layout.observe(episode.assignment.source_ids, episode.tokens)

    def push(self, episode: Episode, action: SupportsIndex, behaviour_log_prob: float | None) -> dict[str, float]:
        """Writes one token of an episode and returns what each term contributes, all but the verdict."""
        reference_log_prob = None
        if self.reference is not None and not episode.over:
            token = checked_token(action, self.vocabulary.vocabulary_size)
            reference_log_prob = self.reference.log_prob(self.observe(episode), token)
        return episode.push(action, behaviour_log_prob, reference_log_prob)

    def reference_log_probs(self, assignment: Assignment, tokens: Sequence[int]) -> list[float] | None:
        """Returns the reference's log-probability of each token of an answer, or None without a reference."""
        if self.reference is None:
            return None
        return [
            self.reference.log_prob(self.layout.observe(assignment.source_ids, tokens[:step]), token)
            for step, token in enumerate(tokens)
        ]

    def grade(self, answers: Sequence[tuple[Assignment, bytes]]) -> list[Grade]:
        """Returns the verdict on each `(assignment, program)`, with one request to the judge per language.

        Unit tests are run where a term of the reward asks for them.
        """
        grades: dict[int, Grade] = {}
        for language in sorted({assignment.language for assignment, _ in answers}):
            places = [place for place, (assignment, _) in enumerate(answers) if assignment.language == language]
            programs = [answers[place][1] for place in places]
            tests = [answers[place][0].problem.tests for place in places] if "unit_tests" in self.mix.needs else None
            grades.update(zip(places, self._grader().map_grade(language, programs, tests), strict=True))
        return [grades[place] for place in range(len(answers))]

    def settle(self, episodes: Sequence[Episode]) -> list[dict[str, float]]:
        """Has episodes judged, all at once, and returns what each term contributes to their last steps."""
        grades = self.grade([(episode.assignment, episode.program) for episode in episodes])
        return [episode.settle(grade) for episode, grade in zip(episodes, grades, strict=True)]

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
    if episode.grade is not None:
        terminated, truncated = episode.grade.valid, not episode.grade.valid
        info["program"] = episode.program.decode("utf-8", "replace")
        info["grade"] = plain_grade(episode.grade)
        info["reward_valid"] = episode.grade.valid
    return float(sum(terms.values())), terminated, truncated, info


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
