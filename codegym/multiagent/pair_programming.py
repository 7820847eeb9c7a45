"""Pair programming: two agents write alternate lines of one program."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Unpack, final

import numpy as np
from pettingzoo import AECEnv

from codegym import languages
from codegym.envs import DecisionProcess, Synthesis
from codegym.envs.process import ProcessOptions
from codegym.multiagent.environments import TokenParallelEnv, aec_env
from codegym.multiagent.game import Match, Page, Rules

_DRIVER, _NAVIGATOR = "driver_0", "navigator_0"


@final
@dataclass(frozen=True)
class PairProgramming:
    """The driver writes the first line, the navigator the second one, and so on; both earn what the program does.

    A line ends with the token that holds a line feed. Either may end the program.

    Attributes:
        process: That of the program.
    """

    process: DecisionProcess

    name = "PairProgramming"
    rules = Rules((_DRIVER, _NAVIGATOR), passes="line", paid="all")

    @property
    def terms(self) -> dict[str, tuple[str, ...]]:
        """The terms of the reward, for both."""
        return dict.fromkeys(self.rules.agents, tuple(self.process.mix.weights))

    def begin(self, random: np.random.Generator, options: Mapping[str, Any]) -> dict[str, Page | None]:
        """Returns one page for both."""
        (episode,) = self.process.start([random], options)
        return dict.fromkeys(self.rules.agents, Page(self.process, episode))

    def page_finished(self, match: Match) -> None:
        """Judges the program."""
        episode = match.page(match.writer).episode
        (grade,) = self.process.grade([(episode.assignment, episode.program)])
        match.settle(match.writer, grade)
        match.end(grade.valid)


def env(language: str, render_mode: str | None = None, **options: Unpack[ProcessOptions]) -> AECEnv:
    """Returns the game in which agents take turns.

    Args:
        language: Name of the language that is written.
        render_mode: `"human"`, `"ansi"`, `"rgb_array"` or None.
        **options: See `ProcessOptions`.

    Raises:
        UnknownNameError: There is no such language, problem set, tokenizer, preset or render mode.
        ConfigurationError: Options do not fit each other.
        DataError: The problems' data is missing or broken.
    """
    return aec_env(_game(language, options), render_mode)


def parallel_env(language: str, render_mode: str | None = None, **options: Unpack[ProcessOptions]) -> TokenParallelEnv:
    """Returns the game in which all agents act in every step; the arguments are those of `env`."""
    return TokenParallelEnv(_game(language, options), render_mode)


def _game(language: str, options: ProcessOptions) -> PairProgramming:
    given: ProcessOptions = {"reward": "unit_tests", **options}
    return PairProgramming(DecisionProcess.open(Synthesis(), languages.get(language).name, **given))
