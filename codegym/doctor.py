"""What works on this machine, and what to install for the rest."""

from __future__ import annotations

import importlib.util
import os
import platform
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module, metadata
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from codegym import languages
from codegym.errors import CodegymError
from codegym.judge import Judge, sandbox
from codegym.judge.sandbox import LayerReport
from codegym.languages import Language


@dataclass(frozen=True, slots=True)
class ToolchainReport:
    """One language's compiler.

    Attributes:
        language: The language's title.
        program: The executable.
        version: Its version, None where it is not installed.
        works: Whether it accepts and runs a program that is right, and rejects one that does not compile.
        remedy: What is wrong, or what to run, for it to work or to work faster; empty where nothing is missing.
    """

    language: str
    program: str
    version: str | None
    works: bool
    remedy: str


@dataclass(frozen=True, slots=True)
class IsolationReport:
    """How untrusted programs are kept apart on this host.

    Attributes:
        in_use: The layer that `isolation="auto"` takes, None where nothing is adequate.
        layers: What each layer is worth here, found out by attacking it.
        remedy: What to do where nothing is adequate; empty otherwise.
    """

    in_use: str | None
    layers: tuple[LayerReport, ...]
    remedy: str


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
    """Returns what works here; has every compiler build a small program, and runs it."""
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

    table = _section("Isolation of programs and compilers", console)
    for layer in report.isolation.layers:
        contained = sum(attack.contained for attack in layer.attacks)
        through = ", ".join(attack.name for attack in layer.attacks if not attack.contained)
        words = f"contains {contained} of {len(layer.attacks)} attacks" if layer.attacks else "not available"
        used = ", in use" if layer.name == report.isolation.in_use else ""
        problem = layer.reason or (f"lets through: {through}" if through else "")
        table.add_row(_mark(layer.adequate), layer.name + used, words, Text(problem))
    console.print(table)
    if report.isolation.remedy:
        console.print(Text(f"\n{report.isolation.remedy}"))


def _toolchain(language: Language, judge: Judge) -> ToolchainReport:
    toolchain = language.toolchain
    version = toolchain.version()
    if version is None:
        return ToolchainReport(language.title, toolchain.program, None, False, toolchain.install)
    try:
        remedy = _compile_check(language, judge)
        works = not remedy
        remedy = remedy or toolchain.advice()
    except CodegymError as error:
        works, remedy = False, str(error)
    return ToolchainReport(language.title, toolchain.program, version, works, remedy)


def _compile_check(language: Language, judge: Judge) -> str:
    """Returns what is wrong with a compiler, or with running what it builds, or nothing."""
    from codegym.problems import procedural

    problem = procedural((language.name,))[0]
    bad = f"{problem.reference}\n)\n"  # no language of the suite lets a program end with this
    accepted, rejected = judge.map_compile(language, [problem.reference, bad])
    if not accepted.ok:
        said = "; ".join(diagnostic.message for diagnostic in accepted.diagnostics) or accepted.status
        return f"rejects a program that is right: {said}"
    if rejected.ok:
        return "accepts a program that is wrong"
    grade = judge.grade(language, problem.reference, problem.tests)
    return "" if grade.status == "passed" else f"a program that is right fails its tests: {grade.status}"


def _isolation() -> IsolationReport:
    reports = tuple(sandbox.examine(layer) for layer in sandbox.LAYERS)
    try:
        return IsolationReport(sandbox.choose("auto"), reports, "")
    except CodegymError as error:
        return IsolationReport(None, reports, str(error))


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
