"""The programming languages of the suite, discovered: every folder here is one language."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from codegym.errors import UnknownNameError
from codegym.languages.base import Language, Toolchain

__all__ = ["Language", "Toolchain", "all_languages", "get"]


@cache
def all_languages() -> tuple[Language, ...]:
    """Returns every language that has a folder, sorted by name."""
    folders = sorted(module.name for module in pkgutil.iter_modules(__path__) if module.ispkg)
    return tuple(importlib.import_module(f"{__name__}.{folder}").LANGUAGE for folder in folders)


def get(name: str | Language) -> Language:
    """Returns a language by its name (`"java"`), its name in ids (`"Java"`), its title or its suffix (`".java"`).

    Raises:
        UnknownNameError: There is no such language.
    """
    if isinstance(name, Language):
        return name
    for language in all_languages():
        if name in (language.name, language.id_name, language.title, language.suffix):
            return language
    raise UnknownNameError("language", name, (language.name for language in all_languages()))
