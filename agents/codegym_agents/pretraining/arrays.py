"""Tokenized texts in files: what the data set of pretraining is kept in, small enough to travel."""

from __future__ import annotations

import io
import lzma
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegym.errors import DataError

# Tokens have two bytes, of which the second one says little about the first one of the next token.
_FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 9, "lc": 0, "lp": 1, "pb": 1, "dict_size": 1 << 26}]
_SUFFIX = ".npz.xz"


@dataclass(frozen=True)
class TokenTexts:
    """Texts as one long array of tokens.

    Attributes:
        tokens: (total,) uint16.
        ends: (texts,) int64 position behind the last token of each text.
    """

    tokens: NDArray[np.uint16]
    ends: NDArray[np.int64]

    @classmethod
    def of(cls, texts: Sequence[Sequence[int]]) -> TokenTexts:
        """Returns the arrays of texts that are given as lists of tokens."""
        flat = np.fromiter((token for text in texts for token in text), np.uint16)
        return cls(flat, np.cumsum([len(text) for text in texts], dtype=np.int64))

    def __len__(self) -> int:
        """Returns the number of texts."""
        return len(self.ends)

    def __getitem__(self, place: int) -> NDArray[np.uint16]:
        """Returns the tokens of a text."""
        begin = self.ends[place - 1] if place else 0
        return self.tokens[begin : self.ends[place]]

    @property
    def lengths(self) -> NDArray[np.int64]:
        """(texts,) tokens of each text."""
        return np.diff(self.ends, prepend=0)


def write(folder: Path, name: str, number: int, texts: TokenTexts, **columns: Any) -> int:
    """Writes one part of the texts of a name.

    Args:
        folder: Where to.
        name: What the texts are.
        number: Of the part.
        texts: The texts.
        **columns: Other arrays; those of all parts are put together when they are read.

    Returns:
        The size of the file in bytes.
    """
    buffer = io.BytesIO()
    np.savez(buffer, tokens=texts.tokens, lengths=texts.lengths.astype(np.uint16), **columns)
    data = lzma.compress(buffer.getvalue(), format=lzma.FORMAT_XZ, filters=_FILTERS)
    folder.mkdir(parents=True, exist_ok=True)
    return (folder / f"{name}-{number:02d}{_SUFFIX}").write_bytes(data)


def read(folder: Path, name: str) -> tuple[TokenTexts, dict[str, NDArray[Any]]]:
    """Returns the texts of all files `NAME-*.npz.xz` of a folder, and their other arrays, in the order of the names."""
    files = sorted(folder.glob(f"{name}-*{_SUFFIX}"))
    if not files:
        raise DataError(f"There is no {name}-*{_SUFFIX} in {folder}; codegym_agents.pretraining.dataset makes them.")
    with ThreadPoolExecutor() as pool:  # decompression does not hold the interpreter's lock
        parts = list(pool.map(_load, files))
    columns = {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
    lengths = columns.pop("lengths").astype(np.int64)
    return TokenTexts(columns.pop("tokens"), np.cumsum(lengths)), columns


def _load(file: Path) -> dict[str, NDArray[Any]]:
    with np.load(io.BytesIO(lzma.decompress(file.read_bytes()))) as arrays:
        return dict(arrays)
