"""How a language has its programs run by `codegym.judge.runner`: as files, executed directly or by an interpreter."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from codegym.languages.base import WorkerCommand, python_command

RUNNER = Path(__file__).with_name("runner.py")

PROCESSES = 64
SCRATCH = 96 << 20
"""Bytes for what was built, the standard input and what the program writes."""


def run_worker(
    command: tuple[str, ...] = ("{program}",),
    *,
    file: str = "program",
    memory: str = "RLIMIT_AS",
    overhead: int = 16 << 20,
    out_of_memory: tuple[str, ...] = ("std::bad_alloc",),
    completion: str = "stdout",
    environment: Mapping[str, str] | None = None,
    lingers: bool = False,
    readable: tuple[str, ...] = (),
    proc: bool = False,
) -> WorkerCommand:
    """Returns the worker that runs what a compile worker built; without arguments, native executables.

    Args:
        command: Command line of a program; `{program}` stands for its file, `{runner}` for this package's folder.
        file: Name of the program's file.
        memory: The limit that holds its memory down: `RLIMIT_AS` or `RLIMIT_DATA`.
        overhead: Bytes that the language's run time takes before a program has any.
        out_of_memory: What the run time writes to standard error when memory has run out.
        completion: How a program proves that it came to its end: `stdout` or `pipe` (see `runner.Settings`).
        environment: Variables of the program's environment beside `PATH`, `LANG` and `HOME`.
        lingers: Whether the language's run time, once in many runs, does not end with the program.
        readable: Files and folders outside the system's own that a program needs.
        proc: Whether it needs `/proc`.
    """
    settings = {
        "command": command,
        "file": file,
        "memory": memory,
        "overhead": overhead,
        "out_of_memory": out_of_memory,
        "completion": completion,
        "environment": dict(environment or {}),
        "lingers": lingers,
    }
    worker = python_command(RUNNER, json.dumps(settings))
    return replace(worker, readable=(*worker.readable, *readable), processes=PROCESSES, scratch=SCRATCH, proc=proc)
