"""Round-trip translation: one agent translates there, another back, and the result is compared with the original."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, Unpack, final

import numpy as np
from pettingzoo import AECEnv

from codegym import languages
from codegym.envs import DecisionProcess, Translation
from codegym.envs.process import ProcessOptions, is_right
from codegym.errors import ConfigurationError
from codegym.multiagent.environments import TokenParallelEnv, aec_env
from codegym.multiagent.game import Match, Page, Rules, another_process
from codegym.rewards import RewardMix, find_term
from codegym.structure import syntax_match
from codegym.types import Diagnostic, Grade, Problem, TestCase, TestOutcome

COPY: Final = 0.9
"""The syntax match with the original, both read in the target language, from which on a program is a copy of it.

Of reference translations, the most alike reach 0.76 (C and C++, 150 procedural problems)."""

# How many originals in a row may be longer than the budget.
_FITTING_DRAWS: Final = 20

_FORWARD, _BACKWARD = "forward_0", "backward_0"
_MIDDLE = "middle_"


@final
class RoundTrip:
    """The forward agent translates a program, the backward agent translates the result back.

    Args:
        process: The forward agent's.
        back: The backward agent's.
        source: Name of the language of the original.

    Raises:
        ConfigurationError: The reward has no verdict.
    """

    name = "RoundTripTranslation"
    rules = Rules((_FORWARD, _BACKWARD), passes="page", paid="all")

    def __init__(self, process: DecisionProcess, back: DecisionProcess, source: str) -> None:
        if not process.mix.needs & {"verdict", "unit_tests"}:
            raise ConfigurationError(
                "Without a verdict on the program in the middle, a copy of the original would be paid: give a reward "
                "with 'unit_tests' or 'compilation'."
            )
        self.process, self.back, self.source = process, back, source
        names = (*(f"{_MIDDLE}{name}" for name in process.mix.weights), *back.mix.weights)
        self.terms = dict.fromkeys(self.rules.agents, names)

    def begin(self, random: np.random.Generator, options: Mapping[str, Any]) -> dict[str, Page | None]:
        """Returns the forward agent's page, about the original, and none for the backward agent."""
        budget = self.process.layout.target_tokens
        for _ in range(_FITTING_DRAWS):
            (episode,) = self.process.start([random], options)
            assignment = episode.assignment
            original = self.process.tokenizer.encode(assignment.problem.sources[self.source])
            # Where not even the middle fits, the budget is meant to be small.
            if options or len(original) < budget or len(assignment.reference_ids) >= budget:
                break
        return {_FORWARD: Page(self.process, episode), _BACKWARD: None}

    def page_finished(self, match: Match) -> None:
        """Judges what was written; only a right program in the middle is translated back."""
        author = match.writer
        page = match.page(author)
        program, assignment = page.episode.program, page.episode.assignment
        middle = author == _FORWARD
        if middle and self._is_copy(assignment.problem, program):
            grade = _copied(len(assignment.problem.tests))
        else:
            (grade,) = page.process.grade([(assignment, program)])
        match.settle(author, grade, _MIDDLE if middle else "")
        if middle and grade.valid and is_right(grade):
            match.turn_page(Page.open(self.back, self._returned(assignment.problem, program)))
        else:
            match.end(grade.valid)

    def _is_copy(self, problem: Problem, program: bytes) -> bool:
        original = problem.sources[self.source]
        return syntax_match(original, program, problem.language) >= COPY

    def _returned(self, problem: Problem, program: bytes) -> Problem:
        """Returns the problem of writing the original, from the program in the middle without its remarks."""
        return replace(
            problem,
            language=self.source,
            reference=problem.sources[self.source],
            sources={problem.language: without_comments(program, problem.language)},
            tests=tuple(test for test in problem.tests if isinstance(test, TestCase)),  # any language can take these
            prefix="",
            suffix="",
            broken="",
        )


def without_comments(program: bytes, language: str) -> str:
    """Returns a program without its comments, in which the original could travel; lines that they fill are left out."""
    spoken = languages.get(language)
    kept, place = b"", 0
    pending = [spoken.parser().parse(program).root_node]
    while pending:
        node = pending.pop()
        if "comment" not in node.type:
            pending.extend(reversed(node.children))
            continue
        before = program[place : node.start_byte]
        ends_line = program[node.end_byte : node.end_byte + 1] in (b"\n", b"")
        kept += before.rstrip(b" \t") if ends_line else before + b" "
        place = node.end_byte
        if ends_line and (not kept or kept.endswith(b"\n")):
            place += 1
    return (kept + program[place:]).decode("utf-8", "replace")


def _copied(tests: int) -> Grade:
    remark = Diagnostic(0, 0, "error", "The program is a copy of the original.", "copy")
    outcome: TestOutcome = "compile_error"
    return Grade("compile_error", False, 0, tests, (remark,), (outcome,) * tests)


def env(
    source_language: str, language: str, render_mode: str | None = None, **options: Unpack[ProcessOptions]
) -> AECEnv:
    """Returns the game in which agents take turns.

    Args:
        source_language: Name of the language of the original, which is also that of the result.
        language: Name of the language of the program in the middle.
        render_mode: `"human"`, `"ansi"`, `"rgb_array"` or None.
        **options: See `ProcessOptions`; they are those of both agents.

    Raises:
        UnknownNameError: There is no such language, problem set, tokenizer, preset or render mode.
        ConfigurationError: Options do not fit each other.
        DataError: The problems' data is missing or broken.
    """
    return aec_env(_game(source_language, language, options), render_mode)


def parallel_env(
    source_language: str, language: str, render_mode: str | None = None, **options: Unpack[ProcessOptions]
) -> TokenParallelEnv:
    """Returns the game in which all agents act in every step; the arguments are those of `env`."""
    return TokenParallelEnv(_game(source_language, language, options), render_mode)


def _game(source_language: str, language: str, options: ProcessOptions) -> RoundTrip:
    source, target = languages.get(source_language).name, languages.get(language).name
    if source == target:
        raise ConfigurationError(f"The source language and the target language are both {target!r}; give two.")
    mix = RewardMix.load(options.get("reward", "unit_tests"))
    # Nothing is said about what the program in the middle looks like, only that it is right.
    kept = {name: weight for name, weight in mix.weights.items() if not find_term(name).needs & {"syntax", "dataflow"}}
    there_options: ProcessOptions = {**options, "reward": replace(mix, weights=kept)}
    there = DecisionProcess.open(Translation(source), target, (source,), **there_options)
    return RoundTrip(there, another_process(there, Translation(target), mix, options), source)
