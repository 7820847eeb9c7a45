"""Actions of many environments, checked."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from codegym.errors import InvalidActionError


def checked_actions(actions: ArrayLike, num_envs: int, size: int) -> NDArray[np.integer[Any]]:
    """Returns N actions as an array, or raises InvalidActionError if they are not N integers below `size`."""
    array = np.asarray(actions)
    if array.shape != (num_envs,) or not np.issubdtype(array.dtype, np.integer):
        raise InvalidActionError(f"Actions have shape {array.shape} and type {array.dtype}; give {num_envs} integers.")
    outside = (array < 0) | (array >= size)
    if outside.any():
        raise InvalidActionError(f"Action {array[outside][0]} is outside of the action space [0, {size}).")
    return array
