"""Java is compiled by the JDK's own compiler, in one JVM that stays warm."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import final

from codegym.errors import ToolchainMissingError
from codegym.judge.native import RUNNER
from codegym.languages.base import Harnessed, WorkerCommand, cache_folder, python_command
from codegym.languages.java.harness import APPEND
from codegym.types import HarnessTest

COMPILE_WORKER = Path(__file__).with_name("CompileWorker.java")
RUN_HOST = Path(__file__).with_name("RunHost.java")
RUN_WORKER = Path(__file__).with_name("run_worker.py")

INTERNALS = (
    "--add-exports=jdk.compiler/com.sun.tools.javac.api=ALL-UNNAMED",
    "--add-exports=jdk.compiler/com.sun.tools.javac.main=ALL-UNNAMED",
)
"""The pooled compiler context is not in an exported package."""

JVM_OPTIONS = (
    "-XX:TieredStopAtLevel=1",  # cheap code at once beats good code later, for work of milliseconds
    "-XX:+UseSerialGC",
    "-XX:-UsePerfData",  # no file in /tmp
    "-XX:+SuppressFatalErrorMessage",
    "-Xshare:auto",
    "-Xlog:disable",  # standard output is the pipe of the answers, and the JVM would write its own messages there
    "-XX:+DisplayVMOutputToStderr",
    "-Duser.language=en",
    *INTERNALS,
)


@final
@dataclass(frozen=True)
class JavaToolchain:
    """The JDK whose `javac` is on the PATH."""

    program: str = "javac"
    install: str = "sudo apt-get install --no-install-recommends default-jdk-headless"

    def version(self) -> str | None:
        """Returns `"javac 17.0.15"`, or None where no JDK is installed."""
        home = self._home()
        if home is None:
            return None
        try:
            release = (home / "release").read_text("utf-8")
        except OSError:
            release = ""
        if stated := re.search(r'^JAVA_VERSION="(.+)"$', release, re.MULTILINE):
            return f"javac {stated[1]}"
        spoken = subprocess.run(
            [home / "bin" / "javac", "-version"], capture_output=True, text=True, check=False, timeout=60
        )
        return (spoken.stdout or spoken.stderr).strip() or None

    def advice(self) -> str:
        """Returns nothing: the toolchain is quick as it is."""
        return ""

    def compile_worker(self) -> WorkerCommand:
        """Returns the command of the worker that compiles: one JVM.

        Raises:
            ToolchainMissingError: There is no JDK.
        """
        java, classes = self._java_with_workers()
        where = (str(COMPILE_WORKER),) if classes is None else ("-cp", str(classes), COMPILE_WORKER.stem)
        return WorkerCommand(
            (java, *JVM_OPTIONS, "-Xmx256m", "-Xss16m", *where),
            readable=(*_outside_the_system(java), str(classes or COMPILE_WORKER)),
            data=1 << 30,
            processes=128,
            proc=True,
        )

    def run_worker(self) -> WorkerCommand:
        """Returns the command of the worker that runs programs, each in a JVM of its own that is started ahead.

        Raises:
            ToolchainMissingError: There is no JDK.
        """
        java, classes = self._java_with_workers()
        where = [str(RUN_HOST)] if classes is None else ["-cp", str(classes), RUN_HOST.stem]
        worker = python_command(RUN_WORKER, str(RUNNER.parent), json.dumps([java, *JVM_OPTIONS]), json.dumps(where))
        return replace(
            worker,
            readable=(*worker.readable, str(RUNNER.parent), *_outside_the_system(java), str(classes or RUN_HOST)),
            processes=256,
            proc=True,
        )

    def harnessed(self, program: bytes, test: HarnessTest, marker: str) -> Harnessed:
        """Returns the program with the test appended."""
        return APPEND(program, test, marker)

    def _java_with_workers(self) -> tuple[str, Path | None]:
        """Returns the path of `java`, and the folder that holds our compiled classes.

        They are compiled on first use and kept in the user's cache; where that cannot be written, the JVM compiles them
        at every start.
        """
        home = self._home()
        if home is None:
            raise ToolchainMissingError(self.program, "Java", self.install)
        return str(home / "bin" / "java"), _compiled_workers(home / "bin" / "javac", self.version() or "")

    def _home(self) -> Path | None:
        """Returns the folder of the JDK, through whatever links lead there."""
        javac = shutil.which(self.program)
        if javac is None:
            return None
        home = Path(javac).resolve().parent.parent
        return home if (home / "bin" / "java").exists() else None


TOOLCHAIN = JavaToolchain()


def _outside_the_system(java: str) -> tuple[str, ...]:
    """Returns the JDK's folder where the sandbox would not show it anyway."""
    home = Path(java).parent.parent
    return () if home.is_relative_to("/usr") or home.is_relative_to("/opt") else (str(home),)


def _compiled_workers(javac: Path, version: str) -> Path | None:
    """Returns the folder that holds the compiled classes, None where it can be neither found nor made."""
    key = hashlib.sha256(COMPILE_WORKER.read_bytes() + RUN_HOST.read_bytes() + version.encode()).hexdigest()[:16]
    try:
        cache = cache_folder("java")
    except OSError:
        return None
    classes = cache / key
    if classes.is_dir():
        return classes
    try:
        with tempfile.TemporaryDirectory(dir=cache) as folder:
            made = Path(folder) / key
            subprocess.run(
                [javac, *INTERNALS, "-nowarn", "-d", made, COMPILE_WORKER, RUN_HOST],
                check=True,
                capture_output=True,
                timeout=120,
                umask=0o022,  # the worker is another user
            )
            made.rename(classes)  # at once and whole; another process may have been faster
    except (OSError, subprocess.SubprocessError):
        return classes if classes.is_dir() else None
    return classes
