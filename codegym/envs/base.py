"""The environment: one program at a time, one token a step."""

from __future__ import annotations

import copy
from typing import Any, SupportsIndex, cast, final

import gymnasium as gym
import numpy as np
from gymnasium.error import ResetNeeded
from numpy.typing import NDArray

from codegym.envs.episode import Episode, checked_log_prob
from codegym.envs.layout import Observation
from codegym.envs.process import DecisionProcess, start_info, step_result
from codegym.errors import UnknownNameError

RENDER_MODES = ("ansi", "rgb_array")
METADATA: dict[str, Any] = {"render_modes": list(RENDER_MODES), "render_fps": 4}


@final
class TokenEnv(gym.Env[Observation, SupportsIndex]):
    """A token-level environment for any task.

    An action is one token of the vocabulary, appended to what has been written. A turn ends with the end-of-sequence
    token or with the last token of the budget, and is judged. Most tasks have one turn, and the episode ends with it:
    both are `terminated`.
    `truncated` means that the judge could not answer: `info["reward_valid"]` is False then, the verdict's
    term is 0, and the episode should not be learned from.

    Args:
        process: Task, problems, tokenizer, reward, judge and budgets.
        render_mode: `"ansi"` (a string), `"rgb_array"` (an image) or None.

    Raises:
        UnknownNameError: There is no such render mode.
    """

    metadata = METADATA

    def __init__(self, process: DecisionProcess, render_mode: str | None = None) -> None:
        if render_mode is not None and render_mode not in RENDER_MODES:
            raise UnknownNameError("render mode", render_mode, RENDER_MODES)
        self.process = process
        self.render_mode = render_mode
        self.observation_space = cast("gym.Space[Observation]", process.layout.space)
        self.action_space = gym.spaces.Discrete(process.vocabulary.vocabulary_size)
        self._episode: Episode | None = None
        self._behaviour_log_prob: float | None = None

    @property
    def episode(self) -> Episode:
        """The episode that is being written.

        Raises:
            ResetNeeded: There is none.
        """
        if self._episode is None:
            raise ResetNeeded("There is no episode yet: call reset() first.")
        return self._episode

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Starts an episode about another problem.

        Args:
            seed: Seeds the choice of this and all later problems.
            options: `{"index": int}`, a position in the problem set, or `{"problem": Problem}`; without it
                the problem is drawn.

        Returns:
            The first observation, and info with `problem_id` and `inactive_terms`.

        Raises:
            ConfigurationError: The options are not understood.
            DataError: The problem cannot be posed.
        """
        super().reset(seed=seed)
        (self._episode,) = self.process.start([self.np_random], options)
        self._behaviour_log_prob = None
        return self.process.observe(self._episode), start_info(self._episode)

    def step(self, action: SupportsIndex) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Writes one token.

        Returns:
            Observation, reward, terminated, truncated, and info with `reward_terms`; on the last step also
            `program`, `grade` and `reward_valid`.

        Raises:
            InvalidActionError: `action` is not an integer of the action space.
            ResetNeeded: There is no episode, or it is over.
        """
        if self.episode.over:
            raise ResetNeeded("The episode is over: call reset() before the next step().")
        episode = self.episode
        terms = self.process.push(episode, action, self._behaviour_log_prob)
        self._behaviour_log_prob = None
        if episode.turn_over:
            (terms,) = self.process.settle([episode])
        return self.process.observe(episode), *step_result(episode, terms)

    def hand_over(self, log_prob: float) -> None:
        """Tells the next step how likely its action was: `log pi(a|s)` of the acting policy, in nats.

        Raises:
            ConfigurationError: It is not a log-probability.
        """
        self._behaviour_log_prob = checked_log_prob(log_prob)

    def action_masks(self) -> NDArray[np.bool_]:
        """Returns which tokens can be part of a program as it stands, (vocabulary_size,), in a fresh array.

        Masked are tokens that are not legal, that hold control characters, or that do not complete a character of
        which a part has been written. A masked token may be written nevertheless; one that is not legal adds nothing.
        """
        text = self._episode.text_before if self._episode is not None else b""
        return self.process.text_mask.after(text).copy()

    def fork(self) -> TokenEnv:
        """Returns an independent environment in the same state, its random stream included.

        Tokenizer, problems and judge are shared; none of them has a state that a step changes.
        """
        twin = TokenEnv(self.process, self.render_mode)
        twin.spec = self.spec
        twin._np_random, twin._np_random_seed = copy.deepcopy(self._np_random), self._np_random_seed
        twin._episode = self._episode.fork() if self._episode is not None else None
        twin._behaviour_log_prob = self._behaviour_log_prob
        return twin

    def render(self) -> Any:
        """Returns a picture of the episode: a string or an (H, W, 3) uint8 image, as `render_mode` says.

        Raises:
            ResetNeeded: There is no episode yet.
            MissingDependencyError: An image needs the extra `render`.
        """
        from codegym.envs import viewer

        if self.render_mode is None:
            gym.logger.warn("render() has nothing to do: give render_mode='ansi' or 'rgb_array' to gym.make.")
            return None
        draw = viewer.ansi if self.render_mode == "ansi" else viewer.rgb_array
        return draw(self.episode)
