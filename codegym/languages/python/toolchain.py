"""Python is compiled by the interpreter that runs codegym: what it accepts is what it could run."""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import final


@final
@dataclass(frozen=True)
class PythonToolchain:
    """The running interpreter."""

    program: str = "python3"
    install: str = "sudo apt-get install --no-install-recommends python3"

    def version(self) -> str | None:
        """Returns `"CPython 3.11.7"`; the toolchain is always installed."""
        return f"{platform.python_implementation()} {platform.python_version()}"

    def worker_command(self) -> tuple[str, ...]:
        """Returns the command line of the worker: isolated, without site packages, writing no byte code."""
        worker = Path(__file__).with_name("compile_worker.py")
        return (sys.executable, "-I", "-S", "-B", str(worker))


TOOLCHAIN = PythonToolchain()
