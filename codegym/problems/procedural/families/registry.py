"""The table of families."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from codegym.problems.procedural.draw import Draw

Family: TypeAlias = Callable[[Draw], str]
"""Draws one program and returns it in the notation of `codegym.problems.procedural.notation`."""

FAMILIES: dict[str, Family] = {}


def family(name: str) -> Callable[[Family], Family]:
    """Registers the decorated function as the family of this name.

    Raises:
        ValueError: Another family has the name.
    """

    def register(function: Family) -> Family:
        if name in FAMILIES:
            raise ValueError(f"Two families are named {name!r}.")
        FAMILIES[name] = function
        return function

    return register
