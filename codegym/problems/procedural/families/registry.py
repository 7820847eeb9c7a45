"""The table of families."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from codegym.problems.procedural.draw import Draw

Family: TypeAlias = Callable[[Draw], str]
"""Draws one program and returns it in the notation of `codegym.problems.procedural.notation`."""

FAMILIES: dict[str, Family] = {}

LENDERS: dict[str, list[str]] = {}
"""Names of the families whose function others may use, by the function of `compose` that uses it."""


def family(name: str, *, lends: str = "") -> Callable[[Family], Family]:
    """Registers the decorated function as the family of this name.

    Args:
        name: Its name.
        lends: The function of `compose` that the family ends with, always, so that others can use its function.

    Raises:
        ValueError: Another family has the name.
    """

    def register(function: Family) -> Family:
        if name in FAMILIES:
            raise ValueError(f"Two families are named {name!r}.")
        FAMILIES[name] = function
        if lends:
            LENDERS.setdefault(lends, []).append(name)
        return function

    return register
