"""What the package promises as a whole."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import codegym_registry
import pytest

import codegym

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PACKAGES = ("codegym", "agents/codegym_agents", "envs_registry/codegym_registry")


def modules_after(statement: str) -> set[str]:
    """Returns the modules that a fresh interpreter has loaded after a statement."""
    code = f"{statement}\nimport sys\nprint(*sys.modules)"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(ended.stdout.split())


def test_import__loads_nothing_heavy() -> None:
    heavy = {"torch", "transformers", "tree_sitter", "loky", "tokenizers", "matplotlib", "PIL", "datasets"}
    assert not heavy & modules_after("import codegym")


def test_import__registers_every_id() -> None:
    assert codegym.env_ids() == tuple(sorted(codegym.env_ids()))
    assert len(codegym.env_ids()) == sum(len(row.members()) for row in codegym_registry.TABLE)


@pytest.mark.parametrize("module", [codegym, codegym_registry])
def test_exported_names__are_sorted_and_exist(module: object) -> None:
    names: list[str] = module.__all__  # type: ignore[attr-defined]
    # Constants come first, then classes: the order that the linter keeps.
    assert names == sorted(names, key=lambda name: (not name.isupper(), name))
    assert len(names) == len(set(names))
    for name in names:
        assert getattr(module, name) is not None
        assert name in dir(module)


def test_exported_names__are_complete() -> None:
    # What type checkers see, and what the module defines itself, is exported; there is no second list.
    tree = ast.parse(Path(codegym.__file__).read_text())
    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    declared = {
        alias.asname or alias.name
        for block in tree.body
        if isinstance(block, ast.If)
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    passed_on = {
        alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module == "codegym_registry"
        for alias in node.names
        if alias.name.islower()
    }
    public = {name for name in defined | declared | passed_on if not name.startswith("_")}
    assert public == set(codegym.__all__) - {"__version__"}


def test_unknown_attribute__is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'judges'"):
        codegym.judges  # noqa: B018  # the access is what is tested


def test_version__has_one_source() -> None:
    assert codegym.__version__ == PROJECT["version"]


def test_changelog__starts_with_this_version() -> None:
    headings = re.findall(r"^## \[?([^\]\s]+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    released = [heading for heading in headings if heading != "Unreleased"]
    assert released[0] == codegym.__version__


@pytest.mark.parametrize("package", PACKAGES)
def test_packages__are_typed(package: str) -> None:
    assert (ROOT / package / "py.typed").is_file()


def test_extras__know_each_other() -> None:
    extras: dict[str, list[str]] = PROJECT["optional-dependencies"]
    for extra, requirements in extras.items():
        for requirement in requirements:
            if match := re.match(r"codegym\[(.*)]", requirement):
                assert set(match[1].split(",")) <= set(extras) - {extra}


def test_torch__is_pinned_within_what_the_extra_takes() -> None:
    pins = re.findall(r"^TORCH=torch==(\d+)\.(\d+)\.\d+", (ROOT / "scripts" / "setup").read_text(), re.MULTILINE)
    ((major, minor),) = pins
    (wanted,) = (name for name in PROJECT["optional-dependencies"]["agents"] if name.startswith("torch>"))
    assert wanted == "torch>=2.8,<3", "check the pin in scripts/setup against the new range"
    assert (2, 8) <= (int(major), int(minor)) < (3, 0)


@pytest.mark.parametrize("script", ["scripts/setup", ".ci/run"])
def test_scripts__are_executable_bash(script: str) -> None:
    path = ROOT / script
    assert path.stat().st_mode & 0o111
    assert path.read_text().startswith("#!/usr/bin/env bash\n")
    subprocess.run(["bash", "-n", path], check=True)
