"""C and C++ are compiled by GCC, in servers that have read the headers of the standard library already.

The servers are GCC's own `cc1` and `cc1plus` with a plugin (`compiler_server.cc`), which is built on first use and
kept in the user's cache together with the precompiled headers. It needs the headers of the package
`gcc-<version>-plugin-dev`. Without them every program is compiled by the ordinary command: the verdicts are the same.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, final

from codegym.errors import ToolchainMissingError
from codegym.languages.base import Harnessed, WorkerCommand, cache_folder, load_object, python_command

if TYPE_CHECKING:
    from codegym.languages.harness import MarkedMain
    from codegym.types import HarnessTest

WORKER = Path(__file__).with_name("compile_worker.py")
SERVER = Path(__file__).with_name("compiler_server.cc")

DIAGNOSTICS_LIMIT = 20
"""Errors after which the compiler gives up: they change no verdict, only how much there is to read."""

TIME_LIMIT = 300.0
"""Seconds for each step of building the servers."""

KEPT_UNUSED = 30 * 24 * 3600.0
"""Seconds that what the servers need stays in the cache after it was last used."""


@final
@dataclass(frozen=True)
class GccToolchain:
    """The GCC whose driver is on the PATH.

    Attributes:
        program: The driver: `"gcc"` or `"g++"`.
        install: The line that installs it.
        title: The language.
        source: The name of a program's file in diagnostics.
        standard: The option that chooses the dialect.
        libraries: Options for the linker.
        precompiled: Runs of headers that have a precompiled form, the most frequent one first.
        servers: Further runs of headers that a worker keeps a server for.
        patience: Programs that begin with such a run before it gets its server.
        harness: `"module:object"` of what appends tests to programs.
    """

    program: str
    install: str
    title: str
    source: str
    standard: str
    libraries: tuple[str, ...] = ()
    precompiled: tuple[tuple[str, ...], ...] = ()
    servers: int = 8
    patience: int = 2
    harness: str = "codegym.languages.c.harness:APPEND"

    def version(self) -> str | None:
        """Returns `"gcc 12.2.0 (Debian 12.2.0-14), "` and the options, or None where GCC is not installed."""
        driver = shutil.which(self.program)
        if driver is None:
            return None
        number, package = _identity(driver)
        options = (self.standard, *_initialisation(driver), *self.libraries)
        return f"{self.program} {number} ({package}), {' '.join(options)}"

    def compile_worker(self) -> WorkerCommand:
        """Returns the command of the worker.

        What the servers need is built on first use: some seconds.

        Raises:
            ToolchainMissingError: GCC is not installed.
        """
        driver = self._driver()
        folder = self._folder(driver)
        plan: dict[str, object] = {
            "source": self.source,
            "cold": [driver, *self._options(driver), self.source, "-o", "program", *self.libraries],
            "warm": None if folder is None else json.loads((folder / "plan.json").read_text("utf-8")),
        }
        command = python_command(WORKER, json.dumps(plan))
        return dataclasses.replace(
            command,
            readable=command.readable if folder is None else (*command.readable, str(folder)),
            address_space=2 << 30,
            processes=64,
            scratch=384 << 20,
        )

    def run_worker(self) -> WorkerCommand:
        """Returns the command of the worker that runs executables."""
        from codegym.judge.native import run_worker

        return run_worker()

    def harnessed(self, program: bytes, test: HarnessTest, marker: str) -> Harnessed:
        """Returns the program with the test appended."""
        append: MarkedMain = load_object(self.harness)
        return append(program, test, marker)

    def advice(self) -> str:
        """Returns the line that installs what the servers need, or nothing where nothing is missing.

        Raises:
            ToolchainMissingError: GCC is not installed.
        """
        driver = self._driver()
        if (_plugin_headers(driver) / "gcc-plugin.h").exists() and shutil.which("g++"):
            return ""
        major = _major(driver)
        return f"sudo apt-get install --no-install-recommends g++-{major} gcc-{major}-plugin-dev"

    def is_warm(self) -> bool:
        """Returns whether programs are compiled by servers; False: each by a command of its own.

        Raises:
            ToolchainMissingError: GCC is not installed.
        """
        return self._folder(self._driver()) is not None

    def _driver(self) -> str:
        driver = shutil.which(self.program)
        if driver is None:
            raise ToolchainMissingError(self.program, self.title, self.install)
        return driver

    def _options(self, driver: str) -> tuple[str, ...]:
        """Returns the options that every command of the compiler has."""
        is_modern = _major(driver) >= 11
        plain = ("-fdiagnostics-plain-output", "-fdiagnostics-column-unit=byte")
        former = ("-fno-diagnostics-show-caret", "-fdiagnostics-color=never")
        shown = plain if is_modern else former
        return (self.standard, f"-fmax-errors={DIAGNOSTICS_LIMIT}", *_initialisation(driver), *shown)

    def _folder(self, driver: str) -> Path | None:
        """Returns the folder of what the servers need, None where it can be neither found nor made."""
        if self.advice():
            return None
        try:
            cache = cache_folder("gcc")
        except OSError:
            return None
        folder = cache / f"{self.program}-{self._key(driver)}"
        try:
            if not folder.is_dir():
                with tempfile.TemporaryDirectory(dir=cache) as made:
                    self._build(driver, Path(made), folder)
                    Path(made).chmod(0o755)  # the worker is another user
                    Path(made).rename(folder)  # at once and whole; another process may have been faster
                    Path(made).mkdir()
                _forget_unused(cache)
            folder.touch()
        except (OSError, subprocess.SubprocessError):
            return folder if folder.is_dir() else None
        return folder

    def _key(self, driver: str) -> str:
        """Returns a name for all that the servers depend on: our code, the compiler and the libraries."""
        files = [_ask(driver, f"-print-prog-name={name}") for name in ("cc1", "cc1plus")]
        files += [_ask(driver, f"-print-file-name={name}") for name in ("libc.so.6", "libm.so.6", "libstdc++.so.6")]
        found = [(path, Path(path).stat()) for path in files if Path(path).exists()]
        stamps = [(path, state.st_mtime_ns, state.st_size) for path, state in found]
        own = (SERVER.read_bytes(), Path(__file__).read_bytes(), self.precompiled, self.servers, self.patience)
        return hashlib.sha256(repr((own, driver, self.version(), stamps)).encode()).hexdigest()[:16]

    def _build(self, driver: str, made: Path, final: Path) -> None:
        """Builds in one folder what will be used in another."""
        plugin = made / "compiler_server.so"
        building = ["g++", "-std=gnu++17", "-O2", "-fPIC", "-shared", "-fno-rtti", "-fno-exceptions", "-w"]
        _run([*building, f"-I{_plugin_headers(driver)}", str(SERVER), "-o", str(plugin)], made)
        linker = self._linker(driver, made)
        (made / "libraries").write_text("".join(f"{kind} {name}\n" for name, kind in _libraries(linker, made)), "utf-8")
        precompiler = [driver, *self._options(driver), "-x", "c++-header", f"-fplugin={plugin}"]
        headers: list[tuple[tuple[str, ...], str]] = []
        for number, run in enumerate(self.precompiled):
            header = made / f"{number}.h"
            header.write_text("".join(f"#include <{name}>\n" for name in run), "ascii")
            _run([*precompiler, str(header), "-o", f"{header}.gch"], made)
            headers.append((run, str(final / header.name)))
        serving = (
            f"-fplugin={final / plugin.name}",
            f"-fplugin-arg-compiler_server-libraries={final / 'libraries'}",
        )
        plan = {
            "compiler": self._compiler(driver, made, serving),
            "precompiler": [*precompiler[:-1], serving[0]] if self.precompiled else None,
            "precompiled": headers,
            "contents": {
                name: _contents((driver, self.standard), name, made)
                for run in self.precompiled
                for name in run
                if "/" in name
            },
            "assembler": _steps(driver, made, self.standard, "-c", "program.s", "-o", "program.o")[0],
            "linker": linker,
            "fast_linker": [shutil.which("ld.gold") or linker[0], *linker[1:]],  # a third of the time
            "servers": self.servers,
            "patience": self.patience,
        }
        (made / "plan.json").write_text(json.dumps(plan), "utf-8")

    def _compiler(self, driver: str, folder: Path, serving: tuple[str, ...]) -> list[str]:
        """Returns the command line of the compiler proper: what the driver would start, as a server."""
        compiler = _steps(driver, folder, *self._options(driver), "-S", self.source, "-o", "server.s")[0]
        return [*compiler, *serving]

    def _linker(self, driver: str, folder: Path) -> list[str]:
        """Returns the command line of the linker: what the driver would have started by `collect2`.

        Without link-time optimisation the linker needs no plugin, and nothing is left for `collect2` to do.
        """
        command = _steps(driver, folder, "program.o", "-o", "program", *self.libraries)[0]
        linker = shutil.which("ld")
        if linker is None:
            raise FileNotFoundError("ld")
        kept: list[str] = []
        for option in command[1:]:
            if kept and kept[-1] == "-plugin":
                kept.pop()
            elif not option.startswith("-plugin-opt"):
                kept.append(option)
        return [linker, *kept]


TOOLCHAIN = GccToolchain(
    program="gcc",
    install="sudo apt-get install --no-install-recommends gcc libc6-dev",
    title="C",
    source="program.c",
    standard="-std=gnu17",
    libraries=("-lm",),
)


def _forget_unused(cache: Path) -> None:
    """Removes what no worker has asked for in a long time: that of former compilers, and of former versions of ours."""
    for folder in cache.iterdir():
        if folder.stat().st_mtime < time.time() - KEPT_UNUSED:
            shutil.rmtree(folder, ignore_errors=True)


def _initialisation(driver: str) -> tuple[str, ...]:
    """Returns what makes a program that reads a variable before it has a value do the same each time it runs.

    It reads 0, as it mostly would by chance, and as some solutions of public data sets hope for. Compilers before
    GCC 12 leave it to chance.
    """
    return ("-ftrivial-auto-var-init=zero",) if _major(driver) >= 12 else ()


def _major(driver: str) -> int:
    """Returns the first part of a driver's version."""
    return int(_identity(driver)[0].partition(".")[0])


@cache
def _identity(driver: str) -> tuple[str, str]:
    """Returns a driver's version and the package that it is of."""
    first = _ask(driver, "--version").partition("\n")[0]
    stated = re.search(r"\((.*)\) (\d+[\w.]*)", first)
    return (stated[2], stated[1]) if stated else (_ask(driver, "-dumpversion"), first)


def _plugin_headers(driver: str) -> Path:
    return Path(_ask(driver, "-print-file-name=plugin")) / "include"


@cache
def _ask(driver: str, question: str) -> str:
    return subprocess.run(
        [driver, question], capture_output=True, text=True, check=True, timeout=TIME_LIMIT
    ).stdout.strip()


def _run(command: list[str], folder: Path) -> str:
    """Returns what a command says, all of it; raises SubprocessError where it fails."""
    return subprocess.run(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
        timeout=TIME_LIMIT,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    ).stdout


def _steps(driver: str, folder: Path, *arguments: str) -> list[list[str]]:
    """Returns the command lines that a driver would run, with the full paths of the programs."""
    spoken = _run([driver, "-###", *arguments], folder)
    steps = [shlex.split(line) for line in spoken.splitlines() if line.startswith(" ")]
    if not steps:
        raise FileNotFoundError(f"{driver} {' '.join(arguments)}")
    return [[shutil.which(step[0]) or step[0], *step[1:]] for step in steps]


def _contents(compiler: tuple[str, ...], header: str, folder: Path) -> list[str]:
    """Returns the headers that a header does nothing but include."""
    (folder / "program.cpp").write_text(f"#include <{header}>\n", "ascii")
    listed = _run([*compiler, "-M", "program.cpp"], folder).replace("\\\n", " ").split()
    (folder / "program.cpp").unlink()
    path = next(Path(file) for file in listed if file.endswith(f"/{header}"))
    names = re.findall(r"^#[ \t]*include[ \t]*<(.+)>", path.read_text("utf-8"), re.MULTILINE)
    return [header, *(name for name in names if any(file.endswith(f"/{name}") for file in listed))]


def _libraries(linker: list[str], folder: Path) -> Iterator[tuple[str, str]]:
    """Yields the symbols that every program is linked with, and what they are.

    The kinds are those of `compiler_server.cc`. The linker itself says which files it reads.
    """
    (folder / "program.s").write_text(".globl main\nmain: ret\n.section .note.GNU-stack\n", "ascii")
    _run([shutil.which("as") or "as", "-o", "program.o", "program.s"], folder)
    _run([*linker, "-Map=program.map"], folder)
    read = re.findall(r"^LOAD (.+)$", (folder / "program.map").read_text("utf-8"), re.MULTILINE)
    symbols: dict[str, str] = {}
    for file in dict.fromkeys(path for path in read if path != "program.o"):
        with Path(file).open("rb") as binary:
            magic = binary.read(4)
        if magic not in (b"\x7fELF", b"!<ar"):
            continue  # a script that names other files
        is_shared = ".so" in Path(file).name
        for line in _run(["readelf", "--wide", "--dyn-syms" if is_shared else "--syms", file], folder).splitlines():
            fields = line.split()
            if len(fields) < 8 or fields[4] == "LOCAL" or fields[6] in ("UND", "Ndx"):
                continue
            name, _, version = fields[7].partition("@")
            if fields[3] == "TLS":
                symbols[name] = "T"
            kind = {"FUNC": "F", "IFUNC": "F", "OBJECT": "O", "NOTYPE": "N"}.get(fields[3])
            if kind is None or (is_shared and version and (version[0] != "@" or "PRIVATE" in version)):
                continue  # only a symbol's default version is seen by the linker
            symbols.setdefault(name, kind if is_shared or fields[4] == "WEAK" else kind.lower())
    for file in ("program.s", "program.o", "program.map", "program"):
        (folder / file).unlink(missing_ok=True)
    yield from sorted(symbols.items())
