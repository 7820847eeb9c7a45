"""C# is compiled by mono's compiler, in one process that stays warm, and run by mono."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import final

from codegym.errors import ToolchainMissingError
from codegym.judge.native import run_worker
from codegym.languages.base import Harnessed, WorkerCommand, cache_folder, python_command
from codegym.languages.csharp.harness import APPEND
from codegym.types import HarnessTest

COMPILE_WORKER = Path(__file__).with_name("compile_worker.py")
WARM_COMPILER = Path(__file__).with_name("CompileWorker.cs")
WARM_UP = Path(__file__).with_name("WarmUp.cs")

OPTIONS = ("-langversion:latest", "-d:DEBUG", "-r:System.Numerics.dll")
"""How programs are compiled. `DEBUG` turns `Debug.Assert` on, which tests use; mcs references `System`, `System.Core`,
`System.Xml` and `Microsoft.CSharp` by itself."""

MEMORY = 1 << 30
"""Bytes that compiling one program may take."""

RUNTIME_MEMORY = 48 << 20
"""Bytes of data that the runtime has before a program has any: 33 MB were measured."""

ENVIRONMENT = {"MONO_TRACE_LISTENER": "Console.Error"}
"""A failed `Debug.Assert` is heard there."""


@final
@dataclass(frozen=True)
class CSharpToolchain:
    """The mono whose `mcs` is on the PATH."""

    program: str = "mcs"
    install: str = "sudo apt-get install --no-install-recommends mono-mcs mono-runtime libmono-system-numerics4.0-cil"

    def version(self) -> str | None:
        """Returns `"mcs 6.8.0.105, -langversion:latest -d:DEBUG -r:System.Numerics.dll"`, or None without mono."""
        found = _find()
        return None if found is None else f"mcs {_version(*found)}, {' '.join(OPTIONS)}"

    def advice(self) -> str:
        """Returns nothing: the toolchain is quick as it is."""
        return ""

    def compile_worker(self) -> WorkerCommand:
        """Returns the command of the worker that compiles.

        The warm compiler itself is compiled on first use and kept in the user's cache; where that cannot be written,
        each worker compiles it at its start.

        Raises:
            ToolchainMissingError: There is no mono.
        """
        mono, mcs = self._found()
        executable = _compiled_worker(mono, mcs)
        compiler = {
            "mono": mono,
            "mcs": mcs,
            "options": OPTIONS,
            "worker": str(WARM_COMPILER),
            "executable": "" if executable is None else str(executable),
            "warm_up": str(WARM_UP),
        }
        worker = python_command(COMPILE_WORKER, json.dumps(compiler))
        cached = () if executable is None else (str(executable),)
        return replace(worker, readable=(*worker.readable, *cached, *_own_folders(mono, mcs)), data=MEMORY, proc=True)

    def run_worker(self) -> WorkerCommand:
        """Returns the command of the worker that runs programs.

        Raises:
            ToolchainMissingError: There is no mono.
        """
        mono, mcs = self._found()
        return run_worker(
            self.run_arguments("{program}"),
            file="program.exe",
            memory="RLIMIT_DATA",
            overhead=RUNTIME_MEMORY,
            out_of_memory=("OutOfMemoryException", "could not allocate"),
            environment=ENVIRONMENT,
            lingers=True,  # mono 6.8, for 5 to 60 s: a thread of the pool that goes to sleep as the program ends
            readable=_own_folders(mono, mcs),
            proc=True,
        )

    def harnessed(self, program: bytes, test: HarnessTest, marker: str) -> Harnessed:
        """Returns the program with the test appended."""
        return APPEND(program, test, marker)

    def run_arguments(self, program: str) -> tuple[str, ...]:
        """Returns the command line that runs what the compile worker built, with `ENVIRONMENT` in the environment.

        Raises:
            ToolchainMissingError: There is no mono.
        """
        return (self._found()[0], program)

    def _found(self) -> tuple[str, str]:
        found = _find()
        if found is None:
            raise ToolchainMissingError(self.program, "C#", self.install)
        return found


TOOLCHAIN = CSharpToolchain()


def _find() -> tuple[str, str] | None:
    """Returns the paths of the runtime and of the compiler's assembly, which the script `mcs` names."""
    script, mono = shutil.which("mcs"), shutil.which("mono")
    if script is None or mono is None:
        return None
    try:
        named = re.search(r"/\S*/mcs\.exe", Path(script).read_text("utf-8"))
    except (OSError, UnicodeDecodeError):
        return None
    return None if named is None else (str(Path(mono).resolve()), named[0])


@cache
def _version(mono: str, mcs: str) -> str:
    spoken = subprocess.run([mono, mcs, "--version"], capture_output=True, text=True, check=False, timeout=60)
    return spoken.stdout.strip().removeprefix("Mono C# compiler version ")


def _own_folders(mono: str, mcs: str) -> tuple[str, ...]:
    """Returns mono's folders where the sandbox would not show them anyway."""
    prefixes = {Path(mono).parent.parent, Path(mcs).parent.parent.parent.parent}
    return tuple(str(prefix) for prefix in sorted(prefixes) if not prefix.is_relative_to("/usr"))


def _compiled_worker(mono: str, mcs: str) -> Path | None:
    """Returns the warm compiler's executable, None where it can be neither found nor made."""
    key = hashlib.sha256(WARM_COMPILER.read_bytes() + _version(mono, mcs).encode()).hexdigest()[:16]
    try:
        cached = cache_folder("csharp")
    except OSError:
        return None
    executable = cached / f"{key}.exe"
    if executable.is_file():
        return executable
    try:
        with tempfile.TemporaryDirectory(dir=cached) as folder:
            made = Path(folder) / executable.name
            subprocess.run(
                [mono, mcs, f"-r:{mcs}", f"-out:{made}", WARM_COMPILER],
                check=True,
                capture_output=True,
                timeout=120,
                umask=0o022,
            )
            made.rename(executable)  # at once and whole
    except (OSError, subprocess.SubprocessError):
        return executable if executable.is_file() else None
    return executable
