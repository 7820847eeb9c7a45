"""Gymnasium's wrapper of vector environments, for every version of it that is supported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import gymnasium as gym

if TYPE_CHECKING:
    VectorWrapper: TypeAlias = gym.vector.VectorWrapper[Any, Any, Any]
else:
    VectorWrapper = gym.vector.VectorWrapper  # which takes no parameters in Gymnasium 1.2
