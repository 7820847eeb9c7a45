"""The algorithms that are there: each folder that holds a module of its own name is one."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

from codegym.errors import ConfigurationError, UnknownNameError
from codegym_agents.common.algorithm import Algorithm


class Trainable(Protocol):
    """What makes a learner: an `Algorithm`, or a class such as `SFT`."""

    @property
    def name(self) -> str:
        """As in `codegym train --algorithm`."""

    @property
    def hyperparameters(self) -> type:
        """The dataclass of its hyperparameters."""

    def __call__(self, policy: Any, env: Any, **hyperparameters: Any) -> Any:
        """Returns a learner."""

    def load(self, folder: Any, env: Any, *, device: Any) -> Any:
        """Returns the learner of a checkpoint."""


def _discover() -> Mapping[str, Trainable]:
    home = Path(__file__).parent
    names = sorted(folder.name for folder in home.iterdir() if (folder / f"{folder.name}.py").is_file())
    modules = (importlib.import_module(f"codegym_agents.{name}.{name}") for name in names)
    return {one.name: one for module in modules for one in _declared(module)}


def _declared(module: ModuleType) -> list[Trainable]:
    """Returns what a module declares: `Algorithm`s, and classes that have `hyperparameters` as well."""
    return [
        one
        for one in vars(module).values()
        if isinstance(one, Algorithm) or (getattr(one, "__module__", "") == module.__name__ and _is_learner(one))
    ]


def _is_learner(one: object) -> bool:
    return isinstance(one, type) and hasattr(one, "hyperparameters")


_ALGORITHMS = _discover()

ALGORITHMS = tuple(sorted(_ALGORITHMS))
"""The names of the algorithms."""


def find_algorithm(name: str) -> Trainable:
    """Returns the algorithm of a name.

    Args:
        name: One of `ALGORITHMS`, or `"package.module:NAME"` of an `Algorithm` anywhere.

    Raises:
        UnknownNameError: There is none of this name.
        ConfigurationError: What is there is no algorithm.
    """
    if ":" not in name:
        if name not in _ALGORITHMS:
            raise UnknownNameError("algorithm", name, ALGORITHMS, "'package.module:NAME' is accepted too.")
        return _ALGORITHMS[name]
    module_name, _, attribute = name.partition(":")
    try:
        found = getattr(importlib.import_module(module_name), attribute)
    except (ImportError, ValueError, AttributeError) as error:
        raise ConfigurationError(f"The algorithm {name!r} cannot be imported: {error}.") from error
    if not isinstance(found, Algorithm):
        raise ConfigurationError(f"{name!r} is no codegym_agents.Algorithm, but {found!r:.80}.")
    return found
