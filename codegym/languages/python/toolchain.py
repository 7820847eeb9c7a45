"""Python is compiled and run by the interpreter that runs codegym: what it accepts is what it can run."""

from __future__ import annotations

import platform
from dataclasses import dataclass, replace
from pathlib import Path
from typing import final

from codegym.judge.native import PROCESSES, RUNNER, SCRATCH
from codegym.languages.base import Harnessed, WorkerCommand, python_command
from codegym.types import HarnessTest

COMPILE_WORKER = Path(__file__).with_name("compile_worker.py")
RUN_WORKER = Path(__file__).with_name("run_worker.py")


@final
@dataclass(frozen=True)
class PythonToolchain:
    """The running interpreter."""

    program: str = "python3"
    install: str = "sudo apt-get install --no-install-recommends python3"

    def version(self) -> str | None:
        """Returns `"CPython 3.11.7"`; the toolchain is always installed."""
        return f"{platform.python_implementation()} {platform.python_version()}"

    def advice(self) -> str:
        """Returns nothing: the toolchain is quick as it is."""
        return ""

    def compile_worker(self) -> WorkerCommand:
        """Returns the command of the worker that compiles: the bare interpreter."""
        return python_command(COMPILE_WORKER)

    def run_worker(self) -> WorkerCommand:
        """Returns the command of the worker that runs programs in forks of itself."""
        worker = python_command(RUN_WORKER, str(RUNNER.parent))
        return replace(worker, readable=(*worker.readable, str(RUNNER.parent)), processes=PROCESSES, scratch=SCRATCH)

    def harnessed(self, program: bytes, test: HarnessTest, marker: str) -> Harnessed:
        """Returns the program as it is: the test runs in a process of its own."""
        return Harnessed(program, {"harness": test.code, "entry_point": test.entry_point, "marker": marker})


TOOLCHAIN = PythonToolchain()
