"""From an environment id to the vector environment that agents score their programs with."""

from __future__ import annotations

from typing import Any

import codegym  # noqa: F401  # registers the ids
from codegym.envs.make import make_vec
from codegym.envs.vector import CodeVectorEnv
from codegym.errors import ConfigurationError
from codegym_agents.models import Policy


def make_env(env: str | CodeVectorEnv, policy: Policy, **options: Any) -> CodeVectorEnv:
    """Returns the vector environment for a policy.

    Args:
        env: Environment id, or an environment that is ready.
        policy: Whose tokenizer the environment gets, unless `options` names one.
        **options: Passed to the environment's constructor; only with an id.

    Raises:
        ConfigurationError: The environment is not one of codegym's, its tokens are not the policy's, or options
            were given for an environment that is ready.
    """
    if isinstance(env, str):
        options = {"tokenizer": policy.tokenizer, **options}
    made = make_vec(env, **options)
    theirs, ours = made.process.tokenizer, policy.tokenizer
    if (theirs.vocabulary_size, theirs.end_id) != (ours.vocabulary_size, ours.end_id):
        raise ConfigurationError(
            f"The environment's tokenizer {theirs!r} is not the policy's {ours!r}; pass tokenizer=policy.tokenizer."
        )
    return made
