"""Whether another package is there, and still has what an adapter hooks into."""

from __future__ import annotations

import importlib
import inspect
from functools import reduce
from importlib import metadata
from types import ModuleType
from typing import Any

from codegym.errors import ConfigurationError, MissingDependencyError


def peer(module: str, *hooks: str, package: str, tested: str, extra: str) -> ModuleType:
    """Returns a module of another package, if it has what an adapter needs of it.

    Args:
        module: Its name.
        *hooks: What has to be in it: `"Class.method"`, or `"Class(argument)"` for an argument that it must take.
        package: Name of the distribution.
        tested: The version of it that the adapter is tested with.
        extra: The extra of codegym that brings it.

    Raises:
        MissingDependencyError: The package is not installed.
        ConfigurationError: A hook is not there: the package has changed since.
    """
    try:
        found = importlib.import_module(module)
    except ImportError as error:
        missing = (error.name or "").partition(".")[0]
        if missing != module.partition(".")[0]:
            raise MissingDependencyError(missing or package, extra, f"The adapter of {package}") from error
        if error.name == missing:
            raise MissingDependencyError(package, extra, f"The adapter of {package}") from error
        raise _moved(package, module, tested) from error
    for hook in hooks:
        name, _, argument = hook.rstrip(")").partition("(")
        try:
            value: Any = reduce(getattr, name.split("."), found)
        except AttributeError as error:
            raise _moved(package, f"{module}.{name}", tested) from error
        if argument and argument not in inspect.signature(value).parameters:
            raise _moved(package, f"argument {argument!r} of {module}.{name}", tested)
    return found


def _moved(package: str, hook: str, tested: str) -> ConfigurationError:
    try:
        installed = metadata.version(package)
    except metadata.PackageNotFoundError:
        installed = "of unknown version"
    return ConfigurationError(
        f"{package} {installed} has no {hook}. The adapter is tested with {package} {tested}: "
        f"pip install '{package}=={tested}'"
    )
