"""Java is compiled by the JDK's own compiler, in one JVM that stays warm."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import final

from codegym.errors import ToolchainMissingError

WORKER = Path(__file__).with_name("CompileWorker.java")

INTERNALS = (
    "--add-exports=jdk.compiler/com.sun.tools.javac.api=ALL-UNNAMED",
    "--add-exports=jdk.compiler/com.sun.tools.javac.main=ALL-UNNAMED",
)
"""The pooled compiler context is not in an exported package."""

JVM_OPTIONS = (
    "-XX:TieredStopAtLevel=1",  # cheap code at once beats good code later, for work of milliseconds
    "-XX:+UseSerialGC",
    "-Xmx256m",  # a program that needs more is answered with memory_limit
    "-Xss16m",  # far from what ordinary programs need, so that no verdict depends on how warm the JVM is
    "-XX:-UsePerfData",  # no file in /tmp
    "-XX:ErrorFile=/dev/null",
    "-Xshare:auto",
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

    def worker_command(self) -> tuple[str, ...]:
        """Returns the command line of the worker.

        The worker itself is compiled on first use and kept in the user's cache; where that cannot be written,
        the JVM compiles it at every start.

        Raises:
            ToolchainMissingError: There is no JDK.
        """
        home = self._home()
        if home is None:
            raise ToolchainMissingError(self.program, "Java", self.install)
        java = str(home / "bin" / "java")
        classes = _compiled_worker(home / "bin" / "javac", self.version() or "")
        where = (str(WORKER),) if classes is None else ("-cp", str(classes), WORKER.stem)
        return (java, *JVM_OPTIONS, *where)

    def _home(self) -> Path | None:
        """Returns the folder of the JDK, through whatever links lead there."""
        javac = shutil.which(self.program)
        if javac is None:
            return None
        home = Path(javac).resolve().parent.parent
        return home if (home / "bin" / "java").exists() else None


TOOLCHAIN = JavaToolchain()


def _compiled_worker(javac: Path, version: str) -> Path | None:
    """Returns the folder that holds the compiled worker, None where it can be neither found nor made."""
    key = hashlib.sha256(WORKER.read_bytes() + version.encode()).hexdigest()[:16]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "codegym" / "java"
    classes = cache / key
    if classes.is_dir():
        return classes
    try:
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as folder:
            made = Path(folder) / key
            subprocess.run(
                [javac, *INTERNALS, "-nowarn", "-d", made, WORKER],
                check=True,
                capture_output=True,
                timeout=120,
            )
            made.rename(classes)  # at once and whole; another process may have been faster
    except (OSError, subprocess.SubprocessError):
        return classes if classes.is_dir() else None
    return classes
