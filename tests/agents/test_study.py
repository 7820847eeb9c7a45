"""Studies: what they keep of each seed, that they go on, and what their table says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from codegym_agents import study
from policies import make_policy
from typer.testing import CliRunner

from codegym.errors import ConfigurationError, DataError

ENV = "CodeCompletion-Python-v0"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny model and a small tree of code."""
    folder = tmp_path_factory.mktemp("study")
    make_policy().save_pretrained(folder / "model")
    (folder / "code").mkdir()
    for number in range(40):
        lines = [f"    total = total + values[{number}] * {step}" for step in range(7 + number % 4)]
        text = "\n".join([f"def weigh_{number}(values, total):", *lines, "    return total", ""])
        (folder / "code" / f"module_{number}.py").write_text(text)
    return folder


def run(folder: Path, out: Path, *more: str, seeds: int = 1) -> Any:
    options = {
        "--out": out,
        "--algorithm": "ppo",
        "--model": folder / "model",
        "--problems": folder / "code",
        "--seeds": seeds,
        "--episodes": 8,
        "--evaluate": 3,
        "--workers": 1,
        "--device": "cpu",
    }
    chosen = ("episodes_per_iteration=4", "samples_per_problem=2", "minibatch_size=4", "learning_rate=1e-2")
    settings = [text for setting in chosen for text in ("--set", setting)]
    arguments = [str(text) for pair in options.items() for text in pair]
    more = ("--option", "source_tokens=32", "--option", "target_tokens=12", *more)
    return CliRunner().invoke(study.app, ["run", ENV, *arguments, *settings, *more], catch_exceptions=False)


def test_study__keeps_outcomes_and_curve_and_goes_on_with_missing_seeds(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    out = tmp_path / "results"
    assert run(folder, out).exit_code == 0
    file = out / f"{ENV}-ppo.json"
    first = json.loads(file.read_text())
    (row,) = first["seeds"]
    assert [point[0] for point in row["curve"]] == [4, 8]
    for when in ("before", "after"):
        assert len(row[when]["solved"]) == len(row[when]["compilation_rate"]) == 3
        assert set(row[when]["solved"]) <= {"0", "1"}
    assert row["before"]["kl"] == 0.0 < row["after"]["kl"]
    assert run(folder, out, seeds=2).exit_code == 0
    second = json.loads(file.read_text())
    assert second["seeds"][0] == row
    assert [one["seed"] for one in second["seeds"]] == [0, 1]
    found = study.read(file)
    assert (found.seeds, found.problems) == (2, 3)
    assert found.change.value == pytest.approx(found.after.value - found.before.value)
    (_, _, line) = study.table(out).splitlines()
    assert f"`{ENV}` | ppo |" in line
    with pytest.raises(ConfigurationError, match="another study"):
        run(folder, out, "--set", "gamma=0.9")


def test_study__asks_for_settings_that_exist(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="not name=value"):
        run(folder, tmp_path / "results", "--set", "learning_rate")
    with pytest.raises(LookupError, match="Did you mean 'learning_rate'"):
        run(folder, tmp_path / "results", "--set", "learning_rat=1")
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize("content", ["", "{}", '{"seeds": [{"before": 1}]}'])
def test_study__that_is_broken_names_the_file(content: str, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(DataError, match=r"a\.json is no study"):
        study.table(tmp_path)
