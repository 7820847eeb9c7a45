"""Imports go one way, and nothing heavy is imported by the suite."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

BASIC = ("codegym.errors", "codegym.types", "codegym.seeding", "codegym.cluster")
# The other modules right under codegym are the command line and what it shows.
COMMAND_LINE = tuple(sorted({f"codegym.{path.stem}" for path in (ROOT / "codegym").glob("[!_]*.py")} - {*BASIC}))
LANGUAGES = sorted(path.parent.name for path in (ROOT / "codegym" / "languages").glob("*/__init__.py"))

# From what everything may import to what may import everything; the longest entry that fits a module decides.
LAYERS = (
    BASIC,
    ("codegym.languages",),
    ("codegym.judge", "codegym.structure", "codegym.tokens"),
    # The form of a procedural program is the seam between its generator and the languages' emitters.
    tuple(f"codegym.problems.procedural.{name}" for name in ("names", "program", "style")),
    tuple(f"codegym.languages.{name}" for name in LANGUAGES),
    ("codegym.problems",),
    ("codegym.rewards",),
    ("codegym.envs",),
    ("codegym.wrappers", "codegym.multiagent"),
    ("codegym.adapters", "codegym.benchmark", "codegym.testing"),
    (*COMMAND_LINE, "codegym.__main__"),
)
POSITION = {entry: position for position, entries in enumerate(LAYERS) for entry in entries}

MODULES = sorted((ROOT / "codegym").rglob("*.py"))
ENGINES = [path for name in ("judge", "structure", "tokens") for path in (ROOT / "codegym" / name).glob("*.py")]


def layer(module: str) -> int:
    """Returns the position of a module's layer."""
    if module == "codegym":
        return len(LAYERS) - 1
    parts = module.split(".")
    for depth in range(len(parts), 1, -1):
        if ".".join(parts[:depth]) in POSITION:
            return POSITION[".".join(parts[:depth])]
    raise AssertionError(f"{module} belongs to no layer; add it to LAYERS.")


def name_of(path: Path, root: Path = ROOT) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_by(path: Path) -> Iterator[str]:
    """Yields the modules that a file imports anywhere but for type checking, as it names them."""
    pending: list[ast.AST] = [ast.parse(path.read_text("utf-8"))]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            pending.extend(node.orelse)
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports are not used here"
            module = node.module or ""
            for alias in node.names:
                submodule = ROOT / Path(*module.split("."), alias.name)
                is_module = submodule.is_dir() or submodule.with_suffix(".py").is_file()
                yield f"{module}.{alias.name}" if is_module else module
        pending.extend(ast.iter_child_nodes(node))


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports__go_one_way(path: Path) -> None:
    importer = name_of(path)
    for imported in imported_by(path):
        if imported == "codegym" or imported.startswith("codegym."):
            assert layer(imported) <= layer(importer), f"{importer} imports {imported}"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports__leave_agents_and_torch_out(path: Path) -> None:
    # The command line and its pictures are the one place that knows the agents, and imports them late.
    may_use_agents = layer(name_of(path)) == len(LAYERS) - 1
    forbidden = {"torch", "transformers"} | (set() if may_use_agents else {"codegym_agents"})
    assert forbidden.isdisjoint(name.partition(".")[0] for name in imported_by(path))


@pytest.mark.parametrize("path", sorted(ENGINES), ids=name_of)
def test_engines__name_no_language(path: Path) -> None:
    nodes = ast.walk(ast.parse(path.read_text("utf-8")))
    strings = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    assert strings.isdisjoint(LANGUAGES)


def test_registry__imports_nothing_but_the_standard_library() -> None:
    for path in (ROOT / "envs_registry" / "codegym_registry").rglob("*.py"):
        for name in imported_by(path):
            assert name.partition(".")[0] in {*sys.stdlib_module_names, "codegym_registry"}


def test_agents__use_public_names_of_the_suite() -> None:
    for path in sorted((ROOT / "agents" / "codegym_agents").rglob("*.py")):
        for name in imported_by(path):
            if name.startswith("codegym."):
                assert not any(part.startswith("_") for part in name.split("."))


@pytest.mark.parametrize("folder", ["agents", "envs_registry"])
def test_folders__are_no_packages(folder: str) -> None:
    # A wheel that installs a top-level package of that name overwrites somebody else's.
    assert (ROOT / folder).is_dir()
    assert not (ROOT / folder / "__init__.py").exists()
