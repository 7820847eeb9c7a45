"""From an environment id to the vector environment that scores whole programs."""

from __future__ import annotations

from typing import Any

import gymnasium as gym

from codegym.envs.vector import CodeVectorEnv
from codegym.errors import ConfigurationError


def make_vec(env: str | CodeVectorEnv, num_envs: int = 1, **options: Any) -> CodeVectorEnv:
    """Returns what `gymnasium.make_vec` makes of an id; an environment that is ready comes back as it is.

    Args:
        env: Environment id, such as `"CodeCompletion-Python-v0"`, or an environment that is ready.
        num_envs: How many environments step together; only with an id.
        **options: Passed to the environment's constructor; only with an id.

    Raises:
        ConfigurationError: The environment is not one of codegym's, does not take an option, or is ready and was
            given options.
    """
    made: Any = env
    if isinstance(env, str):
        try:
            made = gym.make_vec(env, num_envs, "vector_entry_point", **options)
        except TypeError as error:
            if "unexpected keyword argument" not in str(error):
                raise
            raise ConfigurationError(f"{env} does not take one of {', '.join(options)}: {error}.") from error
    elif options:
        raise ConfigurationError(f"Options ({', '.join(options)}) are for an environment id, not for one that is made.")
    if not isinstance(made, CodeVectorEnv):
        raise ConfigurationError(f"{env!r} is not a token-level code environment (a CodeVectorEnv).")
    return made
