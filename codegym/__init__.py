"""Token-level Gymnasium environments for code generation, and what they are made of.

Importing this package registers every environment:

    import gymnasium as gym
    import codegym

    env = gym.make("CodeCompletion-Python-v0")

Everything heavy is imported when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import gymnasium as gym
from codegym_registry import TABLE, Row, env_ids

from codegym.errors import ConfigurationError

if TYPE_CHECKING:
    from codegym import (
        benchmark,
        envs,
        errors,
        judge,
        languages,
        problems,
        rewards,
        seeding,
        structure,
        testing,
        tokens,
        types,
        wrappers,
    )
    from codegym.judge import Judge
    from codegym.rewards import RewardMix

__all__ = [
    "Judge",
    "RewardMix",
    "__version__",
    "benchmark",
    "env_ids",
    "envs",
    "errors",
    "judge",
    "languages",
    "problems",
    "rewards",
    "seeding",
    "structure",
    "testing",
    "tokens",
    "types",
    "wrappers",
]

_OBJECTS = {"Judge": "codegym.judge", "RewardMix": "codegym.rewards"}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("codegym")
    if name in _OBJECTS:
        return getattr(importlib.import_module(_OBJECTS[name]), name)
    if name in __all__:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def _register(row: Row, member: dict[str, str]) -> None:
    """Registers one environment; Gymnasium would only warn of an id that is taken."""
    spec = gym.envs.registration.EnvSpec(
        id=row.id_of(member),
        entry_point=row.entry_point,
        vector_entry_point=row.vector_entry_point,
        kwargs={
            **member,
            "source_tokens": row.source_tokens,
            "target_tokens": row.target_tokens,
            "reward": row.reward,
        },
    )
    taken = gym.registry.get(spec.id)
    if taken is None:
        gym.register(
            spec.id,
            entry_point=row.entry_point,
            vector_entry_point=row.vector_entry_point,
            kwargs=spec.kwargs,
        )
    elif taken != spec:
        raise ConfigurationError(
            f"Environment id {spec.id!r} is registered already, with entry point {taken.entry_point!r}; "
            "each id belongs to one environment."
        )


for _row in TABLE:
    for _member in _row.members():
        _register(_row, _member)
del _row, _member
