"""The example of self-play runs, with its smallest settings, and learns from both sides of a game."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "self_play.py"
MEASURES = {"solved", "coder", "valid", "found", "tester"}


@pytest.mark.slow
@pytest.mark.needs_torch
def test_self_play__writes_curves_of_both_sides_and_makes_no_run_twice(tmp_path: Path) -> None:
    pytest.importorskip("pettingzoo")
    app = typer.Typer()
    app.command()(runpy.run_path(str(EXAMPLE))["main"])
    command = ["--tiny", "--out", str(tmp_path)]
    done = CliRunner().invoke(app, command, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    curves = json.loads((tmp_path / "self_play.json").read_text())
    for setting in ("one policy", "two policies"):
        (run,) = curves[setting]
        assert list(run["held_out"]) == ["0", "8"]
        for row in (row for point in run["held_out"].values() for row in point.values()):
            assert set(row) == MEASURES
            assert -1 <= row["coder"] <= 1
            assert 0 <= row["tester"] <= 1
    assert (tmp_path / "self_play.png").stat().st_size > 1_000
    again = CliRunner().invoke(app, command, catch_exceptions=False)
    assert again.output == (tmp_path / "self_play.md").read_text() + "\n"


@pytest.mark.needs_torch
@pytest.mark.parametrize("name", ["self_play", "self_play_ppo"])
def test_self_play__table_of_the_documentation_is_that_of_its_curves(name: str) -> None:
    pytest.importorskip("pettingzoo")
    table = runpy.run_path(str(EXAMPLE))["table"]
    curves = json.loads((ROOT / "docs" / "images" / f"{name}.json").read_text())
    assert table(curves) in (ROOT / "docs" / "multiagent.md").read_text()
