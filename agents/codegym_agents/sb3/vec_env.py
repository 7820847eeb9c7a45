"""Codegym's vector environments as Stable-Baselines3 knows vector environments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, final

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import VecEnv
from stable_baselines3.common.vec_env.base_vec_env import VecEnvIndices, VecEnvObs, VecEnvStepReturn

import codegym  # noqa: F401  # registers the ids
from codegym.envs.vector import CodeVectorEnv
from codegym.errors import ConfigurationError

VectorEnv: TypeAlias = gym.vector.VectorEnv[Any, Any, Any]


def make_vec_env(
    env_id: str,
    num_envs: int = 1,
    *,
    wrapper: Callable[[VectorEnv], VectorEnv] | None = None,
    **options: Any,
) -> CodeVecEnv:
    """Returns environments that Stable-Baselines3's algorithms learn in.

    Args:
        env_id: `"CodeCompletion-Python-v0"`.
        num_envs: How many.
        wrapper: What is put around the vector environment: `codegym.wrappers.vector.CompactActions`, for instance.
        **options: Passed to the environment's constructor.
    """
    env = gym.make_vec(env_id, num_envs, "vector_entry_point", **options)
    return CodeVecEnv(env if wrapper is None else wrapper(env))


@final
class CodeVecEnv(VecEnv):
    """A `CodeVectorEnv` with the interface of Stable-Baselines3.

    Observations, rewards and flags are those of a `DummyVecEnv` around as many single environments, and so are infos:
    the last step's holds `terminal_observation`, every step's `TimeLimit.truncated`, which is True where the judge
    could not answer. The last step's info also holds `episode`, as from a `Monitor` but without the time, and
    `is_success`, if there is a verdict: whether the program passes its tests, or compiles where there are none.

    Args:
        env: A `CodeVectorEnv`, possibly in wrappers for vector environments.

    Raises:
        ConfigurationError: There is no `CodeVectorEnv` in it.
    """

    def __init__(self, env: VectorEnv) -> None:
        if not isinstance(env.unwrapped, CodeVectorEnv):
            raise ConfigurationError(f"CodeVecEnv takes a CodeVectorEnv, not {type(env.unwrapped).__name__}.")
        self.env = env
        self._actions: NDArray[Any] = np.zeros(env.num_envs, np.int64)
        self._returns = np.zeros(env.num_envs)
        self._lengths = np.zeros(env.num_envs, np.int64)
        super().__init__(env.num_envs, env.single_observation_space, env.single_action_space)

    def reset(self) -> VecEnvObs:
        """Starts an episode in each environment, with the seeds and options that were set before.

        Raises:
            ConfigurationError: The options are not the same for all environments.
        """
        if any(options != self._options[0] for options in self._options):
            raise ConfigurationError("set_options takes one dictionary, which all environments are reset with.")
        seeds: Any = self._seeds  # one each, which Gymnasium's own vector environments take as well
        observations, infos = self.env.reset(seed=seeds, options=self._options[0] or None)
        self.reset_infos = [_info_of(infos, place) for place in range(self.num_envs)]
        self._returns[:], self._lengths[:] = 0.0, 0
        self._reset_seeds()
        self._reset_options()
        return dict(observations)

    def step_async(self, actions: NDArray[Any]) -> None:
        """Keeps the actions for `step_wait`."""
        self._actions = actions

    def step_wait(self) -> VecEnvStepReturn:
        """Makes a step with the actions; environments whose episode ends with it show the next one's beginning."""
        observations, rewards, terminations, truncations, infos = self.env.step(self._actions)
        dones = terminations | truncations
        self._returns += rewards
        self._lengths += 1
        split = [_info_of(infos, place) for place in range(self.num_envs)]
        for place in np.flatnonzero(dones):
            observation, info = split[place].pop("final_obs"), split[place].pop("final_info")
            self.reset_infos[place], split[place] = split[place], info
            info["terminal_observation"] = observation
            info["episode"] = {"r": round(float(self._returns[place]), 6), "l": int(self._lengths[place])}
            if info["reward_valid"]:
                info["is_success"] = info["grade"]["status"] in ("passed", "compiled")
        for info, truncated in zip(split, truncations.tolist(), strict=True):
            info["TimeLimit.truncated"] = truncated
        self._returns[dones], self._lengths[dones] = 0.0, 0
        return dict(observations), rewards.astype(np.float32), dones, split

    def close(self) -> None:
        """Closes the environments."""
        self.env.close()

    def has_attr(self, attr_name: str) -> bool:
        """Whether the vector environment, or what is inside of its wrappers, has an attribute of this name."""
        return self._owner(attr_name) is not None

    def get_attr(self, attr_name: str, indices: VecEnvIndices = None) -> list[Any]:
        """Returns an attribute, which all environments share, once for each of them.

        Raises:
            AttributeError: There is none of this name.
        """
        owner = self._owner(attr_name)
        if owner is None:
            raise AttributeError(f"{self.env} has no attribute {attr_name!r}.")
        return [getattr(owner, attr_name) for _ in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: VecEnvIndices = None) -> None:
        """Sets an attribute, which all environments share.

        Raises:
            ConfigurationError: Only some of the environments are meant.
        """
        if sorted(self._get_indices(indices)) != list(range(self.num_envs)):
            raise ConfigurationError(f"All environments share {attr_name!r}; it cannot be set for some of them.")
        setattr(self._owner(attr_name) or self.env, attr_name, value)

    def env_method(
        self, method_name: str, *method_args: Any, indices: VecEnvIndices = None, **method_kwargs: Any
    ) -> Any:
        """Calls a method that answers for every environment, `action_masks` or `render`, and returns the answers.

        Raises:
            AttributeError: There is no such method.
        """
        if method_name not in ("action_masks", "render"):
            raise AttributeError(f"env_method knows 'action_masks' and 'render', not {method_name!r}.")
        (method, *_) = self.get_attr(method_name)
        answers = method(*method_args, **method_kwargs)
        return [answers[place] for place in self._get_indices(indices)]

    def env_is_wrapped(
        self, wrapper_class: type[gym.Wrapper[Any, Any, Any, Any]], indices: VecEnvIndices = None
    ) -> Any:
        """Whether environments are in a wrapper: in none, but they tell what a `Monitor` would, and say so."""
        return [wrapper_class is Monitor for _ in self._get_indices(indices)]

    def get_images(self) -> Sequence[NDArray[Any] | None]:
        """Returns a picture of each episode; with `render_mode="rgb_array"`."""
        pictures: Any = self.env.render() if self.render_mode == "rgb_array" else None
        return [None] * self.num_envs if pictures is None else list(pictures)

    def _owner(self, name: str) -> VectorEnv | None:
        """Returns the outermost wrapper that has an attribute, or what is inside of them all."""
        env: VectorEnv = self.env
        while not hasattr(env, name):
            if not isinstance(env, gym.vector.VectorWrapper):
                return None
            env = env.env
        return env


def _info_of(infos: dict[str, Any], place: int) -> dict[str, Any]:
    """Returns one environment's part of Gymnasium's vector infos, in plain Python."""
    info = {}
    for name, values in infos.items():
        if not name.startswith("_") and infos[f"_{name}"][place]:
            value = _info_of(values, place) if isinstance(values, dict) else values[place]
            info[name] = value.item() if isinstance(value, np.generic) else value
    return info
