"""What all games are made of: who writes, on which page, when the turn passes, and who is paid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, SupportsIndex, cast, final

import numpy as np
from numpy.typing import NDArray

from codegym.envs import DecisionProcess, Episode, Observation, Task
from codegym.envs.process import ProcessOptions, plain_grade
from codegym.errors import ConfigurationError
from codegym.rewards import RewardMix
from codegym.types import Grade, Problem

_RESET_OPTIONS = ("index", "problem")


@dataclass(frozen=True, slots=True)
class Rules:
    """The order of play, as data.

    Attributes:
        agents: Who plays, in the order in which they write.
        passes: Whether the next agent writes when the page is finished, or already behind each line.
        paid: Whether what is earned on a page belongs to the agent that wrote it, or to each of them.
    """

    agents: tuple[str, ...]
    passes: Literal["page", "line"]
    paid: Literal["author", "all"]

    def after(self, agent: str) -> str:
        """Returns who writes after an agent."""
        return self.agents[(self.agents.index(agent) + 1) % len(self.agents)]


@dataclass(frozen=True, slots=True)
class Page:
    """A text that is being written.

    Attributes:
        process: What is asked of it and what it is worth.
        episode: The text, and what its tokens have earned.
    """

    process: DecisionProcess
    episode: Episode

    @classmethod
    def open(cls, process: DecisionProcess, problem: Problem) -> Page:
        """Returns an empty page about a problem, as the process poses it."""
        assignment = process.assign(problem)
        return cls(process, Episode(assignment, process.vocabulary, process.mix, process.layout.target_tokens))


class Game(Protocol):
    """A game: its rules, and what happens at its beginning and whenever a page is finished."""

    @property
    def name(self) -> str:
        """Name of the family: `"CoderTester"`."""

    @property
    def rules(self) -> Rules:
        """Who writes when, and who is paid."""

    @property
    def process(self) -> DecisionProcess:
        """The process of the first page; vocabulary and layout are those of all pages."""

    @property
    def terms(self) -> Mapping[str, tuple[str, ...]]:
        """The names of each agent's reward terms."""

    def begin(self, random: np.random.Generator, options: Mapping[str, Any]) -> dict[str, Page | None]:
        """Returns each agent's page as the game begins, None for an agent that has nothing to read yet."""

    def page_finished(self, match: Match) -> None:
        """Judges the page of the agent that has just written, and opens the next one or ends the match."""


@final
class Match:
    """One game being played, one token a step.

    Args:
        game: The game.
        random: Where the problem is drawn from.
        options: What `DecisionProcess.draw` takes; other keys are ignored, because PettingZoo's own tests pass some.

    Attributes:
        game: The game.
        pages: What each agent writes on; agents may share one.
        writer: Who writes the next token.
        terms: What each reward term contributed to each agent's newest step.
        over: Whether no further token can be written.
        valid: Whether the judge answered; False before the end.
        facts: What each agent is told at the end.
    """

    def __init__(self, game: Game, random: np.random.Generator, options: Mapping[str, Any] | None = None) -> None:
        self.game = game
        self.pages = game.begin(random, {key: value for key, value in (options or {}).items() if key in _RESET_OPTIONS})
        self.writer = game.rules.agents[0]
        self.terms = self._nothing()
        self.over = self.valid = False
        self.facts: dict[str, dict[str, Any]] = {}

    @property
    def problem_id(self) -> str:
        """Id of the problem that the game is about."""
        return self.page(self.game.rules.agents[0]).episode.assignment.problem.id

    def page(self, agent: str) -> Page:
        """Returns an agent's page.

        Raises:
            ConfigurationError: It has none yet.
        """
        page = self.pages[agent]
        if page is None:
            raise ConfigurationError(f"{agent} has nothing to write on before the agents before it have finished.")
        return page

    def write(self, token: SupportsIndex) -> None:
        """Writes one token of the agent whose turn it is.

        Raises:
            InvalidActionError: `token` is not an integer of the vocabulary.
            ConfigurationError: The match is over.
        """
        if self.over:
            raise ConfigurationError("The match is over; start a new one.")
        page = self.page(self.writer)
        self.terms = self._nothing()
        self.pay(page.process.push(page.episode, token, None))
        if page.episode.turn_over:
            self.game.page_finished(self)
        elif self.game.rules.passes == "line" and b"\n" in page.episode.pieces[-1]:
            self.writer = self.game.rules.after(self.writer)

    def turn_page(self, page: Page) -> None:
        """Gives the next agent a page and the turn."""
        self.writer = self.game.rules.after(self.writer)
        self.pages[self.writer] = page

    def pay(self, terms: Mapping[str, float], author: str | None = None, prefix: str = "") -> None:
        """Adds to the newest step of those whom the rules pay.

        Args:
            terms: What each term contributes.
            author: Who earned it; None: the agent that writes.
            prefix: Put before the terms' names.
        """
        agents = self.game.rules.agents if self.game.rules.paid == "all" else (author or self.writer,)
        for agent in agents:
            for name, value in terms.items():
                self.terms[agent][prefix + name] += value

    def settle(self, author: str, grade: Grade, prefix: str = "") -> None:
        """Adds the verdict on an agent's page to the page, and pays what it is worth, which is nothing more than that.

        The page's last step may be long ago: what it had earned was paid then.
        """
        episode = self.page(author).episode
        paid = episode.terms[-1]
        settled = episode.settle(grade)
        self.pay({name: value - paid[name] for name, value in settled.items()}, author, prefix)

    def end(self, valid: bool, **facts: Mapping[str, Any]) -> None:
        """Ends the match.

        Args:
            valid: Whether the judge answered.
            **facts: More that an agent is told, by its name.
        """
        self.over, self.valid = True, valid
        for agent, page in self.pages.items():
            episode = page.episode if page is not None else None
            self.facts[agent] = {
                "program": episode.program.decode("utf-8", "replace") if episode is not None else "",
                "grade": plain_grade(episode.grade) if episode is not None and episode.grade is not None else None,
                "reward_valid": valid,
                **facts.get(agent, {}),
            }

    def observe(self, agent: str) -> Observation:
        """Returns a fresh observation of an agent's page; padding where it has none."""
        page = self.pages[agent]
        return self.game.process.layout.observe((), ()) if page is None else page.process.observe(page.episode)

    def action_mask(self, agent: str) -> NDArray[np.int8]:
        """Returns which tokens can be part of what an agent writes, in a fresh array.

        Nothing but the padding token is left to an agent whose turn it is not.
        """
        process = self.game.process
        if agent == self.writer and not self.over:
            return process.text_mask.after(self.page(agent).episode.text_before).astype(np.int8)
        mask = np.zeros(process.vocabulary.vocabulary_size, np.int8)
        mask[process.layout.pad_id] = 1
        return mask

    def reward(self, agent: str) -> float:
        """Returns what the newest step paid an agent."""
        return float(sum(self.terms[agent].values()))

    def info(self, agent: str) -> dict[str, Any]:
        """Returns what an agent is told beside its observation, without its reward terms."""
        told: dict[str, Any] = {"action_mask": self.action_mask(agent)}
        if not self.over:
            return {**told, "active_agent": self.writer}
        return {**told, **self.facts[agent]}

    def _nothing(self) -> dict[str, dict[str, float]]:
        return {agent: dict.fromkeys(names, 0.0) for agent, names in self.game.terms.items()}


def another_process(process: DecisionProcess, task: Task, mix: RewardMix, options: ProcessOptions) -> DecisionProcess:
    """Returns a process of another task with the vocabulary, the budgets and the judge of the first one."""
    shared = {key: options[key] for key in ("judge", "instruction", "strict") if key in options}
    return DecisionProcess(
        task,
        process.problems,
        tokenizer=process.tokenizer,
        reward=mix,
        reference=process.reference,
        source_tokens=process.layout.source_tokens,
        target_tokens=process.layout.target_tokens,
        **cast("Any", shared),
    )
