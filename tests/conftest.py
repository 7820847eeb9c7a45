"""What all tests share: markers that skip with a reason, the data folder, deterministic property tests."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import settings

if "PYTEST_XDIST_WORKER" in os.environ:
    # Each worker has a core; threads that wait for each other on cores that others use take three times as long.
    # Set here, before any test imports torch; subprocesses inherit it.
    os.environ.setdefault("OMP_NUM_THREADS", "1")

settings.register_profile("codegym", deadline=None, derandomize=True, database=None)
settings.load_profile("codegym")


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("needs_javac") and shutil.which("javac") is None:
        pytest.skip("javac is not installed: sudo apt-get install --no-install-recommends default-jdk-headless")
    if item.get_closest_marker("needs_torch") and importlib.util.find_spec("torch") is None:
        pytest.skip("torch is not installed: pip install 'codegym[agents]'")


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """Where the real data sets are: $CODEGYM_DATA, else ../shared/data beside the repository."""
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("CODEGYM_DATA", default))
    if not folder.is_dir():
        pytest.skip(f"{folder} does not exist; set CODEGYM_DATA to the folder with the data sets")
    return folder


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the documentation's site, built; a warning is an error."""
    pytest.importorskip("mkdocs", reason="mkdocs is not installed: pip install --group docs")
    folder = tmp_path_factory.mktemp("site")
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", folder],
        cwd=Path(__file__).parents[1],
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    return folder
