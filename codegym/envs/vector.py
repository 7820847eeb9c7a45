"""Many environments at once, with one request to the judge for all that end together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, SupportsIndex, cast, final

import gymnasium as gym
import numpy as np
from gymnasium.error import ResetNeeded
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space
from numpy.typing import ArrayLike, NDArray

from codegym.cluster import Cluster
from codegym.envs.base import METADATA, RENDER_MODES
from codegym.envs.episode import Episode, checked_log_prob
from codegym.envs.layout import Observation
from codegym.envs.process import DecisionProcess, start_info, step_result
from codegym.envs.scoring import Score, score_episodes
from codegym.errors import ConfigurationError, InvalidActionError, UnknownNameError
from codegym.types import Problem

__all__ = ["CodeVectorEnv", "Score", "checked_actions"]


@final
class CodeVectorEnv(gym.vector.VectorEnv[Observation, ArrayLike, NDArray[Any]]):
    """N environments in step, each of which starts its next episode in the step that ends the last one.

    The same seed gives the same observations, rewards, flags and infos as Gymnasium's `SyncVectorEnv` over N
    `TokenEnv`s with `AutoresetMode.SAME_STEP`: an episode's last observation and info are in
    `infos["final_obs"]` and `infos["final_info"]`.

    Args:
        process: Task, problems, tokenizer, reward, judge and budgets.
        num_envs: N.
        workers: Who does the work of `score`: so many processes, or the workers of a cluster; None: as many processes
            as there are usable cores.
        render_mode: `"ansi"`, `"rgb_array"` or None.

    Raises:
        ConfigurationError: `num_envs` or `workers` is not positive.
        UnknownNameError: There is no such render mode.
    """

    def __init__(
        self,
        process: DecisionProcess,
        num_envs: int = 1,
        workers: int | Cluster | None = None,
        render_mode: str | None = None,
    ) -> None:
        if num_envs < 1 or (isinstance(workers, int) and workers < 1):
            raise ConfigurationError(f"num_envs={num_envs} and workers={workers} must be at least 1.")
        if render_mode is not None and render_mode not in RENDER_MODES:
            raise UnknownNameError("render mode", render_mode, RENDER_MODES)
        self.process = process
        self.num_envs = num_envs
        self.workers = workers
        self.render_mode = render_mode
        self.metadata = {**METADATA, "autoreset_mode": AutoresetMode.SAME_STEP}
        self.single_observation_space = process.layout.space
        self.single_action_space = gym.spaces.Discrete(process.vocabulary.vocabulary_size)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._randoms: list[np.random.Generator | None] = [None] * num_envs
        self._episodes: list[Episode] = []
        # What was observed last; an observation that is handed out is a copy.
        self._observation = process.layout.blank(num_envs)
        self._behaviour_log_probs: list[float | None] = [None] * num_envs

    @property
    def episodes(self) -> tuple[Episode, ...]:
        """The N episodes that are being written; empty before the first `reset`."""
        return tuple(self._episodes)

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Starts N episodes.

        Args:
            seed: Seeds environment i with `seed + i`, or with `seed[i]`.
            options: As for `TokenEnv.reset`, the same for every environment.

        Raises:
            ConfigurationError: The options are not understood, or there are not N seeds.
        """
        seeds = (
            [None if seed is None else seed + place for place in range(self.num_envs)]
            if seed is None or isinstance(seed, int)
            else list(seed)
        )
        if len(seeds) != self.num_envs:
            raise ConfigurationError(f"{len(seeds)} seeds were given for {self.num_envs} environments.")
        for place, one_seed in enumerate(seeds):
            if one_seed is not None:
                self._randoms[place] = seeding.np_random(one_seed)[0]
        self._episodes = self._start(range(self.num_envs), options)
        infos: dict[str, Any] = {}
        for place, episode in enumerate(self._episodes):
            self._show(place)
            infos = self._add_info(infos, start_info(episode), place)
        self._behaviour_log_probs = [None] * self.num_envs
        return self._observe(), infos

    def step(self, actions: ArrayLike) -> tuple[Observation, NDArray[Any], NDArray[Any], NDArray[Any], dict[str, Any]]:
        """Writes one token in each environment.

        Args:
            actions: (num_envs,) token ids.

        Raises:
            InvalidActionError: The actions are not N integers of the action space; nothing has been written.
            ResetNeeded: `reset` has not been called.
        """
        if not self._episodes:
            raise ResetNeeded("There are no episodes yet: call reset() first.")
        tokens = cast(
            "list[SupportsIndex]",
            checked_actions(actions, self.num_envs, self.process.vocabulary.vocabulary_size).tolist(),
        )
        moves = zip(self._episodes, tokens, self._behaviour_log_probs, strict=True)
        terms = [self.process.push(episode, token, log_prob) for episode, token, log_prob in moves]
        self._behaviour_log_probs = [None] * self.num_envs
        ended = [place for place, episode in enumerate(self._episodes) if episode.turn_over]
        settled = self.process.settle([self._episodes[place] for place in ended])
        for place, last_terms in zip(ended, settled, strict=True):
            terms[place] = last_terms

        rewards = np.array([sum(each.values()) for each in terms], np.float64)
        terminations, truncations = np.zeros(self.num_envs, np.bool_), np.zeros(self.num_envs, np.bool_)
        over = [place for place in ended if self._episodes[place].over]
        successors = dict(zip(over, self._start(over), strict=True))
        infos = self._term_infos(terms, [place for place in range(self.num_envs) if place not in successors])
        for place in ended:
            episode = self._episodes[place]
            _, terminations[place], truncations[place], info = step_result(episode, terms[place])
            if place in successors:
                last = {"final_obs": self.process.observe(episode), "final_info": info}
                infos = self._add_info(infos, last, place)
                self._episodes[place] = successors[place]
                info = start_info(self._episodes[place])
            else:
                del info["reward_terms"]
            infos = self._add_info(infos, info, place)
        self._append(tokens)
        for place in ended:
            self._show(place)
        return self._observe(), rewards, terminations, truncations, infos

    def _term_infos(self, terms: Sequence[dict[str, float]], places: Sequence[int]) -> dict[str, Any]:
        """Returns the reward terms of some environments as Gymnasium's vector infos have them."""
        if not places:
            return {}
        here = np.zeros(self.num_envs, np.bool_)
        here[places] = True
        columns: dict[str, Any] = {}
        for name in terms[0]:
            column = np.zeros(self.num_envs, np.float64)
            column[places] = [terms[place][name] for place in places]
            columns |= {name: column, f"_{name}": here.copy()}
        return {"reward_terms": columns, "_reward_terms": here}

    def hand_over(self, log_probs: ArrayLike) -> None:
        """Tells the next step how likely its actions were: (num_envs,) `log pi(a|s)`, in nats.

        Raises:
            ConfigurationError: They are not N log-probabilities.
        """
        values = np.asarray(log_probs, np.float64)
        if values.shape != (self.num_envs,):
            raise ConfigurationError(f"Log-probabilities have shape {values.shape}, not ({self.num_envs},).")
        self._behaviour_log_probs = [checked_log_prob(value) for value in values.tolist()]

    def action_masks(self) -> NDArray[np.bool_]:
        """Returns which tokens can be part of each program, (num_envs, vocabulary_size), in a fresh array."""
        texts = [episode.text_before for episode in self._episodes] or [b""] * self.num_envs
        return np.stack([self.process.text_mask.after(text) for text in texts])

    def score(
        self,
        problems: Sequence[Problem],
        token_lists: Sequence[Sequence[int]],
        behaviour_log_probs: Sequence[Sequence[float]] | None = None,
        reference_log_probs: Sequence[Sequence[float]] | None = None,
    ) -> list[dict[str, NDArray[np.float64]]]:
        """Returns each term's contribution to each step of whole answers: one `{term: (T,) float64}` each.

        Equal to stepping through them. `score_episodes` also tells the programs and their verdicts.
        """
        scores = self.score_episodes(problems, token_lists, behaviour_log_probs, reference_log_probs)
        return [dict(score.terms) for score in scores]

    def score_episodes(
        self,
        problems: Sequence[Problem],
        token_lists: Sequence[Sequence[int]],
        behaviour_log_probs: Sequence[Sequence[float]] | None = None,
        reference_log_probs: Sequence[Sequence[float]] | None = None,
    ) -> list[Score]:
        """Returns what whole answers earned: see `codegym.envs.scoring.score_episodes`."""
        return score_episodes(
            self.process,
            problems,
            token_lists,
            behaviour_log_probs,
            reference_log_probs,
            workers=self.workers,
        )

    def render(self) -> tuple[Any, ...] | None:
        """Returns a picture of each episode, as `render_mode` says."""
        from codegym.envs import viewer

        if self.render_mode is None:
            return None
        draw = viewer.ansi if self.render_mode == "ansi" else viewer.rgb_array
        return tuple(draw(episode) for episode in self._episodes)

    def _start(self, places: Sequence[int], options: dict[str, Any] | None = None) -> list[Episode]:
        """Returns a new episode for each of these environments."""
        return self.process.start([self._random(place) for place in places], options)

    def _random(self, place: int) -> np.random.Generator:
        random = self._randoms[place]
        if random is None:
            random = self._randoms[place] = seeding.np_random()[0]
        return random

    def _show(self, place: int) -> None:
        """Writes a whole observation into its row."""
        row = self.process.observe(self._episodes[place])
        self._observation["source"][place], self._observation["source_mask"][place] = row["source"], row["source_mask"]
        self._observation["target"][place], self._observation["target_mask"][place] = row["target"], row["target_mask"]

    def _append(self, tokens: Sequence[SupportsIndex]) -> None:
        """Writes one token more into each row; rows of a new turn are shown anew afterwards."""
        rows = np.arange(self.num_envs)
        columns = np.maximum(np.array([len(episode.tokens) - episode.turn_start for episode in self._episodes]) - 1, 0)
        self._observation["target"][rows, columns] = tokens
        self._observation["target_mask"][rows, columns] = 1

    def _observe(self) -> Observation:
        return Observation(
            source=self._observation["source"].copy(),
            source_mask=self._observation["source_mask"].copy(),
            target=self._observation["target"].copy(),
            target_mask=self._observation["target_mask"].copy(),
        )


def checked_actions(actions: ArrayLike, num_envs: int, size: int) -> NDArray[np.integer[Any]]:
    """Returns N actions as an array, or raises InvalidActionError if they are not N integers below `size`."""
    array = np.asarray(actions)
    if array.shape != (num_envs,) or not np.issubdtype(array.dtype, np.integer):
        raise InvalidActionError(f"Actions have shape {array.shape} and type {array.dtype}; give {num_envs} integers.")
    outside = (array < 0) | (array >= size)
    if outside.any():
        raise InvalidActionError(f"Action {array[outside][0]} is outside of the action space [0, {size}).")
    return array
