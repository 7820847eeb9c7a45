"""The wheel: built from this tree, installed into an empty environment, used from there, without network."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = {"codegym", "codegym_agents", "codegym_registry"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built once."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT]
    built = subprocess.run(build, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def names(wheel: Path) -> list[str]:
    """The paths of the files in the wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an environment that holds the wheel; the dependencies are this environment's own."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False)
    interpreter = folder / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", interpreter, "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "--quiet", "--no-deps", "--no-index", wheel], check=True)
    # The .pth files of a folder that is added like this are not read, so the editable codegym is not in it.
    site_packages = sysconfig.get_path("purelib", vars={"base": str(folder)})
    Path(site_packages, "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return folder


def run(installed: Path, code: str, working_folder: Path, *options: str) -> str:
    """Returns what a program prints in the environment, far from this tree, without user settings."""
    command = [installed / "bin" / "python", "-I", *options, "-c", code]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd=working_folder)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_wheel__holds_three_packages_and_nothing_else(names: list[str]) -> None:
    top = {name.partition("/")[0] for name in names}
    assert {name for name in top if not name.endswith(".dist-info")} == PACKAGES
    assert len(top) == len(PACKAGES) + 1
    assert not [name for name in names if "test_" in name or "__pycache__" in name or "conftest" in name]


@pytest.mark.parametrize(
    "name",
    [
        "codegym/py.typed",
        "codegym_agents/py.typed",
        "codegym_registry/py.typed",
        "codegym/tokens/codegym.json",
        "codegym/languages/java/CompileWorker.java",
        "codegym/languages/python/compile_worker.py",
        "codegym/benchmark/report/templates/page.js",
        "codegym_agents/models/nano/config.json",
        "codegym_agents/models/nano/model.safetensors",
        "codegym_agents/models/nano/tokenizer.json",
        "codegym_agents/models/nano/value_head.safetensors",
        "codegym_agents/models/nano-completion/model.safetensors",
    ],
)
def test_wheel__holds_its_data(names: list[str], name: str) -> None:
    assert name in names


def test_wheel__holds_every_module_of_the_tree(names: list[str]) -> None:
    for folder in ("", "agents", "envs_registry"):
        root = ROOT / folder
        for package in PACKAGES:
            for path in (root / package).rglob("*.py"):
                assert path.relative_to(root).as_posix() in names


def test_wheel__is_small(wheel: Path) -> None:
    assert wheel.stat().st_size < 24_000_000


def test_wheel__declares_licence_and_command(wheel: Path, names: list[str]) -> None:
    (metadata,) = (name for name in names if name.endswith(".dist-info/METADATA"))
    (commands,) = (name for name in names if name.endswith(".dist-info/entry_points.txt"))
    assert [name for name in names if name.endswith("/licenses/LICENSE")]
    with zipfile.ZipFile(wheel) as archive:
        assert "License-Expression: MIT" in archive.read(metadata).decode()
        assert "codegym = codegym.cli:main" in archive.read(commands).decode()


def test_installed_wheel__is_what_is_imported(installed: Path, tmp_path: Path) -> None:
    code = "import codegym, codegym_registry; print(codegym.__file__, codegym_registry.__file__)"
    for path in run(installed, code, tmp_path, "-W", "error").split():
        assert Path(path).is_relative_to(installed)


def test_installed_wheel__makes_and_steps_an_environment(installed: Path, tmp_path: Path) -> None:
    code = """
import gymnasium as gym, codegym
env = gym.make("CodeCompletion-Python-v0")
observation, info = env.reset(seed=0)
total = 0.0
observation, reward, terminated, truncated, info = env.step(env.unwrapped.process.tokenizer.end_id)
assert terminated and not truncated and info["reward_valid"], info
assert abs(sum(info["reward_terms"].values()) - reward) < 1e-9
env.close()
print(info["grade"]["status"])
"""
    assert run(installed, code, tmp_path, "-W", "error").strip() in ("compiled", "compile_error")


@pytest.mark.needs_torch
def test_installed_wheel__imports_the_agents(installed: Path, tmp_path: Path) -> None:
    code = "import codegym_agents; print(codegym_agents.__file__, *codegym_agents.__all__)"
    path, *exported = run(installed, code, tmp_path).split()
    assert Path(path).is_relative_to(installed)
    assert {"PPO", "Seq2SeqPolicy"} <= set(exported)


def test_installed_wheel__has_the_command(installed: Path, tmp_path: Path) -> None:
    command = [installed / "bin" / "codegym", "list", "--json"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert "CodeCompletion-Python-v0" in [row["id"] for row in json.loads(listed.stdout)]
