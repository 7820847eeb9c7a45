"""`codegym bench` from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from codegym.benchmark.red_team import RedTeam
from codegym.cli import app
from codegym.errors import CodegymError


def call(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)


def bench(out: Path, *more: str) -> Result:
    options = ["--env", "code=CodeCompletion-Python-v0", "--seeds", "1", "--problems", "2", "--workers", "1"]
    return call(
        "bench", "--agent", "random", "--agent", "expert=reference", *options, "--out", out, "--no-progress", *more
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bench") / "run"
    shown = bench(folder)
    assert shown.exit_code == 0
    lines = shown.output.splitlines()
    ranked = [
        next(word for word in line.split() if word in ("expert", "random"))
        for line in lines
        if "expert" in line or "random" in line
    ]
    assert ranked == ["expert", "random"]
    for file in ("report.html", "report.md", "metrics.csv"):
        assert str(folder / file) in shown.output.replace("\n", "")
        assert (folder / file).is_file()
    return folder


def test_bench__goes_on_with_a_run(folder: Path) -> None:
    before = (folder / "cells/random/code/0/cell.json").stat().st_mtime_ns
    assert bench(folder, "--agent", "copy").exit_code == 0
    assert (folder / "cells/copy/code/0/cell.json").is_file()
    assert (folder / "cells/random/code/0/cell.json").stat().st_mtime_ns == before
    assert "copy" in (folder / "report.md").read_text()


def test_verify__confirms_and_finds(folder: Path) -> None:
    shown = call("bench", "verify", folder, "--workers", "1")
    assert shown.exit_code == 0
    assert "all figures are confirmed" in shown.output
    table = folder / "metrics.csv"
    text = table.read_text()
    table.write_text(text.replace("expert,code,0,done", "expert,code,0,gone"))
    shown = call("bench", "verify", folder, "--workers", "1")
    table.write_text(text)
    assert shown.exit_code == 1
    assert "metrics.csv does not follow from the programs." in shown.output


def test_report__is_written_again_as_it_was(folder: Path) -> None:
    before = (folder / "report.html").read_bytes()
    (folder / "report.html").unlink()
    assert call("bench", "report", folder).exit_code == 0
    assert (folder / "report.html").read_bytes() == before


def test_prompts__are_json_lines_without_the_answer(folder: Path) -> None:
    shown = call("bench", "prompts", "CodeCompletion-Python-v0", "--problems", "2", "--workers", "1")
    rows = [json.loads(line) for line in shown.output.splitlines()]
    asked = [json.loads(line) for line in (folder / "problems/code.jsonl").read_text().splitlines()]
    assert [row["problem"] for row in rows] == [row["problem"] for row in asked]
    assert all(row["prompt"] and row["prefix"] and "reference" not in row for row in rows)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--set", "expert.x=1"], "has no settings"),
        (["--set", "x"], "is not name=value"),
        (["--option", "code.colour=red"], "CodeCompletion-Python-v0 does not take .*colour"),
        (["--env", "code=CodeRepair-C-v0"], "Two environments are called 'code'"),
        (["--seeds", "1", "--samples", "2"], "samples"),
    ],
)
def test_bench__says_what_is_wrong(folder: Path, words: list[str], message: str) -> None:
    with pytest.raises(CodegymError, match=message):
        bench(folder, *words)


def test_experiments__are_listed() -> None:
    shown = call("experiment", "list")
    assert shown.exit_code == 0
    assert "reward-ablation" in shown.output


def test_red_team__writes_its_page_and_the_versions_that_it_was_made_with(tmp_path: Path) -> None:
    shown = call(
        "bench", "red-team", "--env", "one=CodeCompletion-Python-v0", "--problems", "1", "--out", str(tmp_path)
    )
    assert shown.exit_code == 0, shown.output
    found = RedTeam.from_dict(json.loads((tmp_path / "red_team.json").read_text()))
    assert list(found.problems) == ["one"] and found.exploits
    assert {"codegym", "packages", "compilers", "problems"} == set(found.conditions)
    page = (tmp_path / "red-team.md").read_text()
    assert "codegym bench red-team --problems 1 --seed 0 --env one=CodeCompletion-Python-v0\n" in page
    assert f"codegym {found.conditions['codegym']}, " in page
