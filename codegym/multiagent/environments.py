"""The two forms of a game that PettingZoo knows: agents that take turns (AEC), and agents that step together."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, SupportsIndex, final

import gymnasium as gym
import numpy as np
from pettingzoo import AECEnv, ParallelEnv
from pettingzoo.utils.wrappers import OrderEnforcingWrapper

from codegym.envs import Observation
from codegym.errors import ConfigurationError, UnknownNameError
from codegym.multiagent.game import Game, Match, Page

RENDER_MODES = ("human", "ansi", "rgb_array")


def aec_env(game: Game, render_mode: str | None) -> AECEnv:
    """Returns a game in which agents take turns, in the wrapper that says what was called too early."""
    return OrderEnforcingWrapper(TokenAECEnv(game, render_mode))


@final
class TokenAECEnv(AECEnv):  # type: ignore[misc]  # PettingZoo has no types
    """A game whose agents act one at a time: the one that writes, until the turn passes.

    What an agent earns while others write is handed to it with its next turn, and so are the reward terms:
    `info["reward_terms"]` of `last()` sums to the reward of `last()`. All agents end together.

    Args:
        game: The game.
        render_mode: `"human"` (prints), `"ansi"` (a string), `"rgb_array"` (an image) or None.

    Raises:
        UnknownNameError: There is no such render mode.
    """

    def __init__(self, game: Game, render_mode: str | None = None) -> None:
        super().__init__()
        self._table = _Table(game, render_mode)
        self.metadata = self._table.metadata(is_parallelizable=False)
        self.render_mode = render_mode
        self.possible_agents = list(game.rules.agents)
        self.agents: list[str] = []

    @property
    def game(self) -> Game:
        """The game that is played."""
        return self._table.game

    @property
    def match(self) -> Match:
        """The game as it stands.

        Raises:
            ResetNeeded: There is none yet.
        """
        return self._table.match

    def observation_space(self, agent: str) -> gym.spaces.Dict:
        """Returns the observation space of an agent, the same object on every call."""
        return self._table.observation_spaces[agent]

    def action_space(self, agent: str) -> gym.spaces.Discrete:
        """Returns the action space of an agent, the same object on every call."""
        return self._table.action_spaces[agent]

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> None:
        """Starts a game about another problem.

        Args:
            seed: Seeds the choice of this and all later problems.
            options: `{"index": int}`, a position in the problem set, or `{"problem": Problem}`; without it the problem
                is drawn.

        Raises:
            ConfigurationError: The options are not understood.
            DataError: The problem cannot be posed.
        """
        match = self._table.deal(seed, options)
        self.agents = list(self.possible_agents)
        self.agent_selection = match.writer
        self._skip_agent_selection = None
        self.terminations, self.truncations = (dict.fromkeys(self.agents, False) for _ in range(2))
        self.rewards, self._cumulative_rewards = (dict.fromkeys(self.agents, 0.0) for _ in range(2))
        self._cumulative_terms = match.terms
        self.infos = {
            agent: {**match.info(agent), "problem_id": match.problem_id, "reward_terms": dict(match.terms[agent])}
            for agent in self.agents
        }

    def observe(self, agent: str) -> Observation:
        """Returns what an agent sees: the prompt and the tokens of its page, in fresh arrays."""
        return self.match.observe(agent)

    def step(self, action: SupportsIndex | None) -> None:
        """Writes one token of the agent that is selected; None, once it has ended.

        Raises:
            InvalidActionError: `action` is not an integer of the action space.
        """
        author, match = self.agent_selection, self.match
        if self.terminations[author] or self.truncations[author]:
            self._was_dead_step(action)
            return
        match.write(action)  # type: ignore[arg-type]  # None is refused there
        self._cumulative_rewards[author] = 0.0
        self._cumulative_terms[author] = dict.fromkeys(match.terms[author], 0.0)
        for agent in self.agents:
            self.rewards[agent] = match.reward(agent)
            owed = self._cumulative_terms[agent]
            self._cumulative_terms[agent] = {name: owed[name] + value for name, value in match.terms[agent].items()}
            self.terminations[agent] = match.over and match.valid
            self.truncations[agent] = match.over and not match.valid
            self.infos[agent] = {**match.info(agent), "reward_terms": dict(self._cumulative_terms[agent])}
        self._accumulate_rewards()
        self.agent_selection = match.writer
        if match.over:
            self._deads_step_first()

    def render(self) -> Any:
        """Returns a picture of all pages, as `render_mode` says; see `TokenEnv.render`."""
        return self._table.render()

    def close(self) -> None:
        """Does nothing: the judge belongs to the process, or to whoever passed it."""


@final
class TokenParallelEnv(ParallelEnv):  # type: ignore[misc]  # PettingZoo has no types
    """A game whose agents all act in every step; of their actions, that of the agent whose turn it is counts.

    `info["active_agent"]` names it, and the action masks leave the others the padding token only. The game is that of
    `TokenAECEnv`, step by step.

    Args:
        game: The game.
        render_mode: `"human"` (prints), `"ansi"` (a string), `"rgb_array"` (an image) or None.

    Raises:
        UnknownNameError: There is no such render mode.
    """

    # PettingZoo's own turn_based_aec_to_parallel is not used: its `unwrapped` is an AECEnv, whose `step` takes one
    # action, and after the end its `step` returns four dictionaries instead of five.

    def __init__(self, game: Game, render_mode: str | None = None) -> None:
        self._table = _Table(game, render_mode)
        self.metadata = self._table.metadata(is_parallelizable=True)
        self.render_mode = render_mode
        self.possible_agents = list(game.rules.agents)
        self.agents: list[str] = []

    @property
    def game(self) -> Game:
        """The game that is played."""
        return self._table.game

    @property
    def match(self) -> Match:
        """The game as it stands.

        Raises:
            ResetNeeded: There is none yet.
        """
        return self._table.match

    def observation_space(self, agent: str) -> gym.spaces.Dict:
        """Returns the observation space of an agent, the same object on every call."""
        return self._table.observation_spaces[agent]

    def action_space(self, agent: str) -> gym.spaces.Discrete:
        """Returns the action space of an agent, the same object on every call."""
        return self._table.action_spaces[agent]

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Observation], dict[str, dict[str, Any]]]:
        """Starts a game about another problem; see `TokenAECEnv.reset`."""
        match = self._table.deal(seed, options)
        self.agents = list(self.possible_agents)
        observations = {agent: match.observe(agent) for agent in self.agents}
        return observations, {
            agent: {**match.info(agent), "problem_id": match.problem_id, "reward_terms": dict(match.terms[agent])}
            for agent in self.agents
        }

    def step(
        self, actions: Mapping[str, SupportsIndex]
    ) -> tuple[dict[str, Observation], dict[str, float], dict[str, bool], dict[str, bool], dict[str, dict[str, Any]]]:
        """Writes one token of the agent whose turn it is; the other actions do nothing.

        Raises:
            InvalidActionError: The action of that agent is not an integer of the action space.
            ConfigurationError: That agent has no action.
        """
        if not self.agents:
            return {}, {}, {}, {}, {}
        match, agents = self.match, self.agents
        if match.writer not in actions:
            raise ConfigurationError(
                f"It is the turn of {match.writer}, and there are actions of {list(actions)} only."
            )
        match.write(actions[match.writer])
        if match.over:
            self.agents = []
        return (
            {agent: match.observe(agent) for agent in agents},
            {agent: match.reward(agent) for agent in agents},
            dict.fromkeys(agents, match.over and match.valid),
            dict.fromkeys(agents, match.over and not match.valid),
            {agent: {**match.info(agent), "reward_terms": dict(match.terms[agent])} for agent in agents},
        )

    def render(self) -> Any:
        """Returns a picture of all pages, as `render_mode` says; see `TokenEnv.render`."""
        return self._table.render()

    def close(self) -> None:
        """Does nothing: the judge belongs to the process, or to whoever passed it."""


@final
class _Table:
    """What both forms have: spaces, the random stream, the match that is being played, and its picture."""

    def __init__(self, game: Game, render_mode: str | None) -> None:
        if render_mode is not None and render_mode not in RENDER_MODES:
            raise UnknownNameError("render mode", render_mode, RENDER_MODES)
        self.game = game
        self.render_mode = render_mode
        layout, agents = game.process.layout, game.rules.agents
        # Each agent has spaces of its own: they are seeded apart.
        self.observation_spaces = {agent: copy.deepcopy(layout.space) for agent in agents}
        self.action_spaces = {agent: gym.spaces.Discrete(layout.vocabulary_size) for agent in agents}
        self._random: np.random.Generator | None = None
        self._match: Match | None = None

    def metadata(self, *, is_parallelizable: bool) -> dict[str, Any]:
        return {
            "name": self.game.name,
            "render_modes": list(RENDER_MODES),
            "render_fps": 4,
            "is_parallelizable": is_parallelizable,
        }

    @property
    def match(self) -> Match:
        if self._match is None:
            raise gym.error.ResetNeeded("There is no game yet: call reset() first.")
        return self._match

    def deal(self, seed: int | None, options: dict[str, Any] | None) -> Match:
        if seed is not None or self._random is None:
            self._random, _ = gym.utils.seeding.np_random(seed)
        self._match = Match(self.game, self._random, options)
        return self._match

    def render(self) -> Any:
        from codegym.envs import viewer

        if self.render_mode is None:
            gym.logger.warn("render() has nothing to do: give render_mode='human', 'ansi' or 'rgb_array'.")
            return None
        pages = _authors(self.match)
        if self.render_mode == "rgb_array":
            return np.concatenate([viewer.rgb_array(page.episode) for page, _ in pages])
        picture = "".join(f"{' and '.join(authors)}\n{viewer.ansi(page.episode)}" for page, authors in pages)
        if self.render_mode == "ansi":
            return picture
        print(picture)
        return None


def _authors(match: Match) -> list[tuple[Page, list[str]]]:
    """Returns each page once, with those who write on it."""
    pages: list[tuple[Page, list[str]]] = []
    for page in match.pages.values():
        if page is not None and not any(page is other for other, _ in pages):
            pages.append((page, [name for name, its in match.pages.items() if its is page]))
    return pages
