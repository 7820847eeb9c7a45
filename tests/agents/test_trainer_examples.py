"""Every example runs, from its command line, with its smallest settings and a judge without compilers."""

from __future__ import annotations

import runpy
from functools import partial
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from codegym.testing import FakeJudge
from codegym.wrappers import frequent_tokens

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
COMPLETION, REPAIR = "CodeCompletion-Python-v0", "CodeRepair-Python-v0"


@pytest.mark.parametrize(
    ("name", "env_id", "said", "options"),
    [
        ("cleanrl_ppo", COMPLETION, "compiles", ()),
        ("cleanrl_ppo", REPAIR, "compiles", ()),
        ("sb3_contrib_maskable", COMPLETION, "Held out: return", ()),
        ("sb3_contrib_maskable", REPAIR, "Held out: return", ("--grammar",)),
        ("sb3_contrib_maskable", COMPLETION, "of 2 programs are right", ("--grammar", "--network", "nano")),
        ("sb3_ppo", COMPLETION, "compilation_rate: ", ()),
    ],
)
def test_example__runs(
    name: str, env_id: str, said: str, options: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    if name.startswith("sb3"):
        pytest.importorskip("sb3_contrib", reason="sb3-contrib is not installed: pip install 'codegym[sb3]'")
    monkeypatch.setattr("codegym.judge.shared_judge", FakeJudge)
    few = partial(frequent_tokens, problems=10)
    monkeypatch.setattr("codegym.wrappers.vector.compact_actions.frequent_tokens", few)
    app = typer.Typer()
    app.command()(runpy.run_path(str(EXAMPLES / f"{name}.py"))["main"])
    done = CliRunner().invoke(app, ["--env-id", env_id, "--tiny", *options], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert said in done.output
