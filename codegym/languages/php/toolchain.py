"""PHP is compiled by the interpreter itself, in forks of a process that stays warm, and run by it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import final

from codegym.errors import ToolchainMissingError
from codegym.judge.native import run_worker
from codegym.languages.base import Harnessed, WorkerCommand
from codegym.languages.php.harness import APPEND
from codegym.types import HarnessTest

COMPILE_WORKER = Path(__file__).with_name("compile_worker.php")
RUN = Path(__file__).with_name("run.php")

EXTENSIONS = ("bcmath", "calendar", "ctype", "gmp", "iconv", "intl", "mbstring", "readline", "tokenizer")
"""What programs are compiled and run with, as far as it is installed. No php.ini is read, so nothing else is loaded."""

SETTINGS = (
    "display_errors=stderr",  # a warning is no part of the output
    "log_errors=0",
    "html_errors=0",
    "zend.assertions=1",
    "assert.exception=1",
    "memory_limit=-1",  # the sandbox has a limit
)
"""How programs are run, beside what PHP does without a php.ini."""

MEMORY = 1 << 30
"""Bytes of address space of a process that compiles. PHP's own limit, 128 MB, is reached first."""

RUNTIME_MEMORY = 16 << 20
"""Bytes of data that the runtime has before a program has any: 5 MB were measured."""

PROBE = 'echo json_encode([PHP_VERSION, PHP_BINARY, ini_get("extension_dir"), get_loaded_extensions()]);'


@dataclass(frozen=True)
class _Php:
    """An interpreter that was asked about itself."""

    version: str
    binary: str
    extension_folder: str
    built_in: tuple[str, ...]

    def has(self, extension: str) -> bool:
        """Whether it has an extension, built in or as a file to load."""
        return extension in self.built_in or self.is_file(extension)

    def is_file(self, extension: str) -> bool:
        return extension not in self.built_in and Path(self.extension_folder, f"{extension}.so").is_file()

    def load(self, *extensions: str) -> tuple[str, ...]:
        """Returns the options that load what is installed of these extensions and not built in."""
        return tuple(
            part for extension in extensions if self.is_file(extension) for part in ("-d", f"extension={extension}")
        )

    @property
    def own_folders(self) -> tuple[str, ...]:
        """Its folders where the sandbox would not show them anyway."""
        folders = {str(Path(self.binary).parent.parent), self.extension_folder}
        return tuple(folder for folder in sorted(folders) if not Path(folder).is_relative_to("/usr"))


@final
@dataclass(frozen=True)
class PhpToolchain:
    """The PHP whose `php` is on the PATH."""

    program: str = "php"
    install: str = "sudo apt-get install --no-install-recommends php-cli"

    def version(self) -> str | None:
        """Returns `"PHP 8.2.36 with calendar, ctype, ..."`, or None where PHP is not installed."""
        php = _find(self.program)
        if php is None:
            return None
        return f"PHP {php.version} with {', '.join(name for name in EXTENSIONS if php.has(name))}"

    def advice(self) -> str:
        """Returns nothing: the toolchain is quick as it is."""
        return ""

    def compile_worker(self) -> WorkerCommand:
        """Returns the command of the worker that compiles.

        Raises:
            ToolchainMissingError: PHP is not installed.
        """
        php = self._found()
        options = php.load(*EXTENSIONS)
        settings = ("-d", "display_errors=stderr", "-d", "log_errors=0", "-d", "memory_limit=-1")
        return WorkerCommand(
            (php.binary, "-n", *options, *php.load("posix"), *settings, str(COMPILE_WORKER), *options),
            readable=(str(COMPILE_WORKER), *php.own_folders),
            address_space=MEMORY,
        )

    def run_worker(self) -> WorkerCommand:
        """Returns the command of the worker that runs programs.

        Raises:
            ToolchainMissingError: PHP is not installed.
        """
        return run_worker(
            self.run_arguments("{program}"),
            file="program.php",
            memory="RLIMIT_DATA",
            overhead=RUNTIME_MEMORY,
            out_of_memory=("mmap() failed: [12]", "Out of memory", "Allowed memory size of"),
            completion="pipe",
            readable=(str(RUN), *self._found().own_folders),
        )

    def harnessed(self, program: bytes, test: HarnessTest, marker: str) -> Harnessed:
        """Returns the program with the test appended."""
        return APPEND(program, test, marker)

    def run_arguments(self, program: str) -> tuple[str, ...]:
        """Returns the command line that runs a program, and copies a marker where it came to its end (see `run.php`).

        Args:
            program: Absolute path of its file.

        Raises:
            ToolchainMissingError: PHP is not installed.
        """
        php = self._found()
        settings = tuple(part for setting in SETTINGS for part in ("-d", setting))
        return (php.binary, "-n", *php.load(*EXTENSIONS), *settings, "-d", f"auto_append_file={program}", str(RUN))

    def _found(self) -> _Php:
        php = _find(self.program)
        if php is None:
            raise ToolchainMissingError(self.program, "PHP", self.install)
        return php


TOOLCHAIN = PhpToolchain()


def _find(program: str) -> _Php | None:
    path = shutil.which(program)
    return None if path is None else _ask(os.path.realpath(path))


@cache
def _ask(path: str) -> _Php | None:
    asked = subprocess.run([path, "-n", "-r", PROBE], capture_output=True, text=True, check=False, timeout=60)
    if asked.returncode != 0:
        return None
    version, binary, folder, loaded = json.loads(asked.stdout)
    return _Php(version, os.path.realpath(binary), folder, tuple(name.lower() for name in loaded))
