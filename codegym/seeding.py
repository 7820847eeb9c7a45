"""Random streams that depend on nothing but a seed and a position.

Item `i` of anything endless is a pure function of `(seed, i)`: the same in every process, on every machine,
under any PYTHONHASHSEED, in whatever order the items are asked for.
"""

from __future__ import annotations

import hashlib

import numpy as np


def stream(seed: int, *key: int | str) -> np.random.Generator:
    """Returns the random stream at a position in the tree of streams under `seed`.

    Args:
        seed: Root of the tree, non-negative.
        *key: Path from the root; integers are non-negative, strings are hashed with SHA-256.
    """
    words = [part if isinstance(part, int) else stable_hash(part) for part in key]
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=words))


def stable_hash(text: str) -> int:
    """Returns the first 64 bits of the SHA-256 of `text`: equal in every process, unlike `hash`."""
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:8], "big")
