"""The example of self-play runs, with its smallest settings, and learns from both sides of a game."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

EXAMPLE = Path(__file__).parents[2] / "examples" / "self_play.py"


@pytest.mark.slow
@pytest.mark.needs_torch
def test_self_play__writes_curves_of_both_sides(tmp_path: Path) -> None:
    pytest.importorskip("pettingzoo")
    app = typer.Typer()
    app.command()(runpy.run_path(str(EXAMPLE))["main"])
    done = CliRunner().invoke(app, ["--tiny", "--out", str(tmp_path)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    written = json.loads((tmp_path / "self_play.json").read_text())
    for setting in ("one policy", "two policies"):
        (row,) = written["curves"][setting]
        assert set(row) == {"solved", "coder", "valid", "found", "tester"}
        assert -1 <= row["coder"] <= 1
        assert 0 <= row["tester"] <= 1
    assert (tmp_path / "self_play.png").stat().st_size > 1_000
