"""What was worked out once about a folder of data, kept in the user's cache folder."""

from __future__ import annotations

import gzip
import hashlib
import json
import logging
import os
import tempfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

logger = logging.getLogger(__name__)

Row = dict[str, str | int]


def cached_rows(
    identity: Mapping[str, object], fingerprint: str, build: Callable[[], Sequence[Row]], enabled: bool = True
) -> Sequence[Row]:
    """Returns what `build` returns, from the cache where it is there and still true.

    Rows are kept as gzipped JSON lines under `$XDG_CACHE_HOME/codegym/problems` (by default
    `~/.cache/codegym/problems`). A file that is stale, truncated or broken is rebuilt; a folder that cannot
    be written to only costs time.

    Args:
        identity: What the rows are about: one cache file for each identity. JSON values.
        fingerprint: State of the data and the code that the rows were made from; another one means a rebuild.
        build: Makes the rows; deterministic.
        enabled: False builds without looking at the cache or writing to it.
    """
    if not enabled:
        return build()
    digest = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()
    path = _folder() / f"{digest[:32]}.jsonl.gz"
    rows: Sequence[Row] | None = _read(path, fingerprint)
    if rows is None:
        rows = build()
        _write(path, fingerprint, rows)
    return rows


def fingerprint_of(*parts: object) -> str:
    """Returns a digest of values whose `repr` says all about them: text, numbers, tuples and lists."""
    return hashlib.sha256(repr(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(os.path.expanduser(base), "codegym", "problems")  # noqa: PTH111  # Path's raises without a home


def _read(path: Path, fingerprint: str) -> list[Row] | None:
    try:
        with gzip.open(path, "rt", encoding="utf-8", errors="surrogatepass") as lines:
            header = json.loads(next(lines))
            if header["fingerprint"] != fingerprint:
                return None
            rows = [json.loads(line) for line in lines]
            return rows if len(rows) == header["rows"] else None
    except FileNotFoundError:
        return None
    except (OSError, EOFError, ValueError, LookupError, TypeError, StopIteration, zlib.error) as error:
        logger.warning("The cache file %s is broken (%s) and is built again.", path, error)
        return None


def _write(path: Path, fingerprint: str, rows: Sequence[Row]) -> None:
    temporary = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, suffix=".part")
        with os.fdopen(descriptor, "wb") as raw, gzip.GzipFile("", "wb", 6, raw, mtime=0) as file:
            for row in ({"fingerprint": fingerprint, "rows": len(rows)}, *rows):
                file.write(json.dumps(row).encode() + b"\n")
        Path(temporary).replace(path)
    except OSError as error:
        logger.warning("Could not write the cache file %s: %s.", path, error)
        if temporary:
            Path(temporary).unlink(missing_ok=True)
