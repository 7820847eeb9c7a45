"""The code on the pages runs as it stands there, from top to bottom."""

from __future__ import annotations

import dataclasses
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pages import PAGES, ROOT, Block, blocks, name

SLOW = {"docs/benchmark.md", "docs/red_team.md", "docs/sb3.md"}
"""Pages whose code takes more than some seconds."""

SMALLER = {
    "docs/red_team.md": {"problems=10": "problems=1"},
    "docs/sb3.md": {
        "total_timesteps=100_000": "total_timesteps=64",
        "total_timesteps=10_000": "total_timesteps=64",
        "n_steps=128": "n_steps=4",
        "n_steps=64": "n_steps=8",
        "count=200": "count=4",
        "n_eval_episodes=8, eval_freq=1_000": "n_eval_episodes=1, eval_freq=4",
    },
}
"""Figures on a page, and what stands for them here."""

ELSEWHERE = {"docs/adapters.md"}
"""Pages whose code other tests run, since it needs what they have."""

_RUN = [page for page in PAGES if blocks(page, "python", "py") and name(page) not in ELSEWHERE]


def runnable(page: Path) -> list[Block]:
    """Returns the code that is run; files of the repository that a page shows are tested where they are."""
    shown = [block for block in blocks(page, "python", "py") if "--8<--" in block.code]
    assert all((ROOT / block.file).is_file() for block in shown)
    run = [block for block in blocks(page, "python", "py") if block not in shown and not block.reason]
    for large, small in SMALLER.get(name(page), {}).items():
        assert any(large in block.code for block in run), f"{large} is not on {name(page)} any more"
        run = [dataclasses.replace(block, code=block.code.replace(large, small)) for block in run]
    return run


@pytest.mark.parametrize(
    "page", [pytest.param(page, id=name(page), marks=[pytest.mark.slow] * (name(page) in SLOW)) for page in _RUN]
)
def test_page__runs_from_top_to_bottom(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = runnable(page)
    if any("codegym_agents" in block.code for block in code):
        pytest.importorskip("torch", reason="torch is not installed: pip install 'codegym[agents]'")
    monkeypatch.chdir(tmp_path)
    if any(block.file for block in code):
        run_with_files(page, code, tmp_path)
        return
    names = {"__name__": "__main__"}
    for block in code:
        if block.setup:
            exec(block.setup, names)  # the page's own code, as below
        exec(compile("\n" * block.line + block.code, str(page), "exec"), names)


def run_with_files(page: Path, code: list[Block], folder: Path) -> None:
    """Runs a page that shows files of the package, on a copy of the package that has these files."""
    shutil.copytree(ROOT / "codegym", folder / "codegym", ignore=shutil.ignore_patterns("__pycache__"))
    for block in code:
        if block.file:
            assert not (folder / block.file).exists(), f"{name(page)} overwrites {block.file}"
            (folder / block.file).write_text(block.code, "utf-8")
    text = "\n".join(part for block in code if not block.file for part in (block.setup, block.code))
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", text],
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(folder), "HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr


def test_code_that_is_not_run__has_a_reason_and_is_python() -> None:
    for page in PAGES:
        for block in blocks(page, "python", "py"):
            compile(block.code, f"{name(page)}:{block.line}", "exec")
            assert not block.reason or len(block.reason) > 10


def test_blocks__are_all_found() -> None:
    for page in PAGES:
        text = page.read_text("utf-8")
        assert len(re.findall(r"^\s*```(?: *{ *\.)?py", text, re.MULTILINE)) == len(blocks(page, "python", "py")), name(
            page
        )
        assert not blocks(page, "") or "results" in page.parts, f"{name(page)}: say sh, text ... behind the fence"


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_links__lead_to_files(page: str) -> None:
    links = re.findall(r"\]\((?!https?://)([^)#]+)", (ROOT / page).read_text("utf-8"))
    assert not [link for link in links if not (ROOT / link).exists()]


def test_pages_that_are_run_elsewhere__are_run_there() -> None:
    tests = [path.read_text("utf-8") for path in (ROOT / "tests").rglob("*.py") if path != Path(__file__)]
    for page in sorted(ELSEWHERE):
        assert any(Path(page).name in test for test in tests), page


def test_algorithm_of_ones_own__has_thirty_lines() -> None:
    (own,) = (block.code for block in blocks(ROOT / "docs" / "agents.md", "python") if "CISPO" in block.code)
    assert len(own[own.index("@dataclass") :].strip().splitlines()) <= 30
