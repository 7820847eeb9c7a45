"""Families of procedural programs: every module here registers its own; nothing else has to know them."""

from __future__ import annotations

import importlib
import pkgutil

from codegym.problems.procedural.families.registry import FAMILIES, Family, family

__all__ = ["FAMILIES", "Family", "family"]

for _module in sorted(module.name for module in pkgutil.iter_modules(__path__)):
    importlib.import_module(f"{__name__}.{_module}")
