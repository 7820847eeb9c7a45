"""What a hyperparameter may be: checked when an algorithm's configuration is made, whoever makes it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from codegym.errors import ConfigurationError


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


_RULES: Mapping[str, Callable[[Any], bool]] = {
    "positive": lambda value: _number(value) and value > 0,
    "positive or None": lambda value: value is None or (_number(value) and value > 0),
    "at least 0": lambda value: _number(value) and value >= 0,
    "between 0 and 1": lambda value: _number(value) and 0 < value < 1,
    "from 0 to 1": lambda value: _number(value) and 0 <= value <= 1,
    "a whole number, at least 1": lambda value: _whole(value) and value >= 1,
    "a whole number, at least 0": lambda value: _whole(value) and value >= 0,
    "true or false": lambda value: isinstance(value, bool),
    "float32 or bfloat16": lambda value: value in ("float32", "bfloat16"),
}


def check_hyperparameters(config: object, rules: Mapping[str, Sequence[str]]) -> None:
    """Checks the fields of a configuration.

    Args:
        config: The dataclass.
        rules: What fields must be, in the words of the message, to the names of those fields.

    Raises:
        ConfigurationError: A field is something else.
    """
    for rule, names in rules.items():
        for name in names:
            value = getattr(config, name)
            if not _RULES[rule](value):
                raise ConfigurationError(f"{name} must be {rule}, not {value!r}.")
