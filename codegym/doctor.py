"""What works on this machine, and what to install for the rest."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from codegym import languages
from codegym.errors import CodegymError
from codegym.judge import Judge
from codegym.languages import Language

_LANDLOCK_CREATE_RULESET, _LANDLOCK_VERSION = 444, 1
_PROBE_LIMIT = 10.0


@dataclass(frozen=True, slots=True)
class ToolchainReport:
    """One language's compiler.

    Attributes:
        language: The language's title.
        program: The executable.
        version: Its version, None where it is not installed.
        works: Whether it accepts a program that compiles and rejects one that does not.
        remedy: What is wrong, or what to run; empty where it works.
    """

    language: str
    program: str
    version: str | None
    works: bool
    remedy: str


@dataclass(frozen=True, slots=True)
class IsolationReport:
    """How programs are kept apart, and what this host offers beyond that.

    Attributes:
        in_use: What every program is subject to now.
        bubblewrap: Whether bubblewrap is installed and may create user namespaces.
        user_namespaces: Whether an unprivileged process may create a user namespace.
        seccomp: Whether the kernel filters system calls.
        landlock: Version of the kernel's Landlock interface, 0 without one.
        cgroups: Controllers of version 2, empty where there are none.
        cgroups_writable: Whether this user may create control groups at the top.
    """

    in_use: str
    bubblewrap: bool
    user_namespaces: bool
    seccomp: bool
    landlock: int
    cgroups: tuple[str, ...]
    cgroups_writable: bool


@dataclass(frozen=True, slots=True)
class ExtraReport:
    """One optional part of codegym.

    Attributes:
        name: Name of the extra.
        missing: Packages of it that are not installed.
        remedy: The line that installs it; empty where nothing is missing.
    """

    name: str
    missing: tuple[str, ...]
    remedy: str


@dataclass(frozen=True, slots=True)
class Report:
    """What `codegym doctor` found.

    Attributes:
        codegym: Version of codegym.
        python: Version of the interpreter.
        cpus: Processor cores that this process may use.
        torch: Version of torch, None where it is not installed.
        gpus: Name of each GPU that torch can use.
        toolchains: One row for each language.
        isolation: How programs are kept apart.
        extras: One row for each extra.
    """

    codegym: str
    python: str
    cpus: int
    torch: str | None
    gpus: tuple[str, ...]
    toolchains: tuple[ToolchainReport, ...]
    isolation: IsolationReport
    extras: tuple[ExtraReport, ...]

    @property
    def works(self) -> bool:
        """Whether at least one language works."""
        return any(toolchain.works for toolchain in self.toolchains)


def examine() -> Report:
    """Returns what works here; asks every compiler about two small programs."""
    torch, gpus = _torch()
    with Judge(workers=1, time_limit=60.0) as judge:
        toolchains = tuple(_toolchain(language, judge) for language in languages.all_languages())
    return Report(
        codegym=metadata.version("codegym"),
        python=f"{platform.python_implementation()} {platform.python_version()}",
        cpus=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        torch=torch,
        gpus=gpus,
        toolchains=toolchains,
        isolation=_isolation(),
        extras=_extras(),
    )


def show(report: Report, console: Console) -> None:
    """Prints a report for people."""
    console.print(Text(f"codegym {report.codegym}, {report.python}, {report.cpus} CPU cores", style="bold"))

    table = _section("Compilers", console)
    for toolchain in report.toolchains:
        words = toolchain.version or f"{toolchain.program} is missing"
        table.add_row(_mark(toolchain.works), toolchain.language, Text(words), Text(toolchain.remedy))
    console.print(table)

    table = _section("Learning", console)
    table.add_row(_mark(report.torch is not None), "torch", report.torch or "missing")
    table.add_row(_mark(bool(report.gpus)), "GPU", ", ".join(report.gpus) or "none: the CPU is used")
    console.print(table)

    table = _section("Extras", console)
    for extra in report.extras:
        words = f"missing: {', '.join(extra.missing)}" if extra.missing else "installed"
        table.add_row(_mark(not extra.missing), extra.name, Text(words), Text(extra.remedy))
    console.print(table)

    host = report.isolation
    table = _section("Isolation that this host offers, not used yet", console)
    table.add_row(_mark(host.bubblewrap), "bubblewrap", _yes(host.bubblewrap))
    table.add_row(_mark(host.user_namespaces), "user namespaces", _yes(host.user_namespaces))
    table.add_row(_mark(host.seccomp), "seccomp", _yes(host.seccomp))
    landlock = f"version {host.landlock}" if host.landlock else "not available"
    table.add_row(_mark(host.landlock > 0), "Landlock", landlock)
    writable = "writable" if host.cgroups_writable else "not writable"
    cgroups = f"version 2, {writable}: {' '.join(host.cgroups)}" if host.cgroups else "no version 2"
    table.add_row(_mark(bool(host.cgroups)), "control groups", cgroups)
    console.print(table)
    console.print(Text(f"\n{host.in_use}"))


def _toolchain(language: Language, judge: Judge) -> ToolchainReport:
    toolchain = language.toolchain
    version = toolchain.version()
    if version is None:
        return ToolchainReport(language.title, toolchain.program, None, False, toolchain.install)
    try:
        remedy = _compile_check(language, judge)
    except CodegymError as error:
        remedy = str(error)
    return ToolchainReport(language.title, toolchain.program, version, not remedy, remedy)


def _compile_check(language: Language, judge: Judge) -> str:
    """Returns what is wrong with a compiler, or nothing."""
    from codegym.problems import procedural

    good = procedural((language.name,))[0].reference
    bad = f"{good}\n)\n"  # no language of the suite lets a program end with this
    accepted, rejected = judge.map_compile(language, [good, bad])
    if not accepted.ok:
        said = "; ".join(diagnostic.message for diagnostic in accepted.diagnostics) or accepted.status
        return f"rejects a program that is right: {said}"
    return "accepts a program that is wrong" if rejected.ok else ""


def _isolation() -> IsolationReport:
    with Judge(workers=1) as judge:
        limits = f"{judge.time_limit:g} s and {judge.source_limit // 1024} KiB of source"
    controllers = Path("/sys/fs/cgroup/cgroup.controllers")
    return IsolationReport(
        in_use=(
            "Programs are compiled and never executed. Each compiler runs in a process group of its own, "
            "without this process's environment variables, in a folder that has no name any more, and with a "
            f"limit of memory; each program has {limits}. A compiler can still read the files and use the "
            "network that this user can."
        ),
        bubblewrap=_succeeds("bwrap", "--ro-bind", "/", "/", "--unshare-all", "true"),
        user_namespaces=_succeeds("unshare", "--user", "--map-root-user", "true"),
        seccomp=Path("/proc/sys/kernel/seccomp/actions_avail").exists(),
        landlock=_landlock_version(),
        cgroups=tuple(controllers.read_text().split()) if controllers.exists() else (),
        cgroups_writable=controllers.exists() and os.access(controllers.parent, os.W_OK),
    )


def _succeeds(*command: str) -> bool:
    if shutil.which(command[0]) is None:
        return False
    try:
        ended = subprocess.run(command, capture_output=True, check=False, timeout=_PROBE_LIMIT)
    except (OSError, subprocess.SubprocessError):
        return False
    return ended.returncode == 0


def _landlock_version() -> int:
    """Asks the kernel as landlock_create_ruleset(2) says: no attributes, and the flag for the version."""
    if platform.system() != "Linux":
        return 0
    system_call = ctypes.CDLL(None).syscall
    return max(0, int(system_call(_LANDLOCK_CREATE_RULESET, None, 0, _LANDLOCK_VERSION)))


def _torch() -> tuple[str | None, tuple[str, ...]]:
    """Returns torch's version and the names of the GPUs that it can use."""
    if importlib.util.find_spec("torch") is None:
        return None, ()
    torch: Any = import_module("torch")
    gpus = [torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count())]
    return str(torch.__version__), tuple(gpus)


def _extras() -> tuple[ExtraReport, ...]:
    packages = _packages_of_extras()
    reports = []
    for name in sorted(packages):
        missing = tuple(package for package in packages[name] if not _installed(package))
        reports.append(ExtraReport(name, missing, f"pip install 'codegym[{name}]'" if missing else ""))
    return tuple(reports)


def _packages_of_extras() -> Mapping[str, tuple[str, ...]]:
    """Returns the packages of each extra, as codegym's own metadata declares them."""
    declared: dict[str, list[tuple[str, str]]] = {}
    for requirement in metadata.requires("codegym") or ():
        parts = re.fullmatch(r"([\w.-]+)\s*(?:\[([^]]*)])?.*;.*\bextra\s*==\s*['\"]([\w-]+)['\"].*", requirement)
        if parts is not None:
            declared.setdefault(parts[3], []).append((parts[1], parts[2] or ""))

    def packages(extra: str) -> set[str]:
        found: set[str] = set()
        for package, extras in declared.get(extra, ()):
            if package == "codegym":
                found.update(*(packages(name.strip()) for name in extras.split(",")))
            else:
                found.add(package)
        return found

    return {extra: tuple(sorted(packages(extra))) for extra in declared}


def _installed(package: str) -> bool:
    try:
        metadata.version(package)
    except metadata.PackageNotFoundError:
        return False
    return True


def _section(title: str, console: Console) -> Table:
    console.print(Text(f"\n{title}", style="bold"))
    return Table.grid(padding=(0, 2))


def _mark(good: bool) -> Text:
    return Text("✓", style="green") if good else Text("✗", style="red")


def _yes(available: bool) -> str:
    return "available" if available else "not available"
