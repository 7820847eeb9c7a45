"""Verdicts that are remembered, by everything that they depend on: in memory, and on disk if asked."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from codegym.errors import ConfigurationError, MissingDependencyError
from codegym.types import CompileResult, Diagnostic, Grade

VERDICTS_KEPT = 16_384
"""Verdicts kept in memory; the one that was not asked for the longest time goes first."""

BYTES_ON_DISK = 1 << 30
"""Bytes of verdicts on disk, at most; the rule is the same."""

FORMAT = 1
"""Goes up whenever what is stored would be read wrongly."""

Verdict = CompileResult | Grade


class VerdictCache:
    """Verdicts by content. Safe to use from several threads, and the part on disk from several processes.

    Args:
        folder: Where verdicts are kept from one process to the next; None: in memory alone.

    Raises:
        MissingDependencyError: There is a folder, and diskcache is not installed.
        ConfigurationError: The folder cannot be used.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._memory: OrderedDict[str, Verdict] = OrderedDict()
        self._disk = None if folder is None else _open(folder)

    def get(self, key: str) -> Verdict | None:
        """Returns the verdict under a key, None where there is none."""
        with self._lock:
            if verdict := self._memory.get(key):
                self._memory.move_to_end(key)
                return verdict
        stored = None if self._disk is None else self._disk.get(key)
        if stored is None:
            return None
        verdict = _parse(json.loads(stored))
        self._remember(key, verdict)
        return verdict

    def put(self, key: str, verdict: Verdict) -> None:
        """Remembers a verdict, unless it tells of time: another time the machine may be quicker."""
        if _depends_on_time(verdict):
            return
        self._remember(key, verdict)
        if self._disk is not None:
            self._disk.set(key, json.dumps({"kind": type(verdict).__name__, **asdict(verdict)}))

    def close(self) -> None:
        """Forgets what is in memory, and closes what is on disk."""
        with self._lock:
            self._memory.clear()
        if self._disk is not None:
            self._disk.close()

    def _remember(self, key: str, verdict: Verdict) -> None:
        with self._lock:
            self._memory[key] = verdict
            if len(self._memory) > VERDICTS_KEPT:
                self._memory.popitem(last=False)


def key_of(*parts: str | bytes | Sequence[Any]) -> str:
    """Returns the key of a verdict on exactly these things: SHA-256, each part with its length."""
    digest = hashlib.sha256(f"{FORMAT}".encode())
    for part in parts:
        content = part if isinstance(part, bytes) else part.encode() if isinstance(part, str) else repr(part).encode()
        digest.update(len(content).to_bytes(8, "big"))
        digest.update(content)
    return digest.hexdigest()


def _open(folder: Path) -> Any:
    try:
        import diskcache
    except ImportError as error:
        raise MissingDependencyError("diskcache", "cache", "Keeping verdicts on disk") from error
    try:
        return diskcache.Cache(str(folder), size_limit=BYTES_ON_DISK, eviction_policy="least-recently-used")
    except OSError as error:
        raise ConfigurationError(f"The cache folder {str(folder)!r} cannot be used: {error}") from error


def _depends_on_time(verdict: Verdict) -> bool:
    if isinstance(verdict, Grade):
        return verdict.status == "judge_error" or "time_limit" in verdict.outcomes
    return verdict.status == "time_limit"


def _parse(stored: dict[str, Any]) -> Verdict:
    kind = stored.pop("kind")
    diagnostics = tuple(Diagnostic(**entry) for entry in stored.pop("diagnostics"))
    if kind == "Grade":
        return Grade(diagnostics=diagnostics, outcomes=tuple(stored.pop("outcomes")), **stored)
    return CompileResult(diagnostics=diagnostics, **stored)
