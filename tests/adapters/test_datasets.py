from __future__ import annotations

import json
from pathlib import Path

import gymnasium as gym
import pytest

from codegym.errors import DataError
from codegym.problems import procedural
from codegym.testing import FakeJudge, tiny_problems

datasets = pytest.importorskip("datasets", reason="datasets is not installed: pip install 'codegym[data]'")

from codegym.adapters.datasets import export, problem_set  # noqa: E402

OPTIONS = {"problems": tiny_problems(), "judge": FakeJudge()}


def test_export__keeps_splits_and_problems(tmp_path: Path) -> None:
    exported = export("ProgramSynthesis-Python-v0", 3, judge=FakeJudge())
    assert list(exported) == ["train", "validation", "test"]
    assert {split: len(rows) for split, rows in exported.items()} == {"train": 3, "validation": 3, "test": 3}
    exported.save_to_disk(str(tmp_path / "saved"))
    loaded = datasets.load_from_disk(str(tmp_path / "saved"))
    for split in exported:
        found = problem_set(loaded[split], split)
        own = procedural(languages=("python",), split=split)
        assert found.split == split
        assert (found.card.name, found.card.licence) == (own.card.name, own.card.licence)
        assert {problem.id: problem for problem in found.problems}[loaded[split][0]["uri"]].tests
    uris = [row["uri"] for rows in loaded.values() for row in rows]
    assert len(set(uris)) == len(uris)


def test_export__is_what_the_environment_shows(tmp_path: Path) -> None:
    rows = export("CodeCompletion-Python-v0", splits=["test"], **OPTIONS)["test"]
    assert [row["uri"] for row in rows] == [problem.id for problem in tiny_problems().problems]
    assert [row["prompt"] + row["answer"] for row in rows] == [row["reference"] for row in rows]
    assert json.loads(rows[0]["tests"]) == []
    rows.to_parquet(str(tmp_path / "rows.parquet"))
    back = datasets.Dataset.from_parquet(str(tmp_path / "rows.parquet"), cache_dir=str(tmp_path / "cache"))
    problems = problem_set(back, "test")
    assert problems.problems == tiny_problems().problems
    env = gym.make("CodeCompletion-Python-v0", problems=problems, judge=FakeJudge())
    assert env.reset(options={"index": 1})[1]["problem_id"] == rows[1]["uri"]


def test_problem_set__needs_rows() -> None:
    with pytest.raises(DataError, match="no rows"):
        problem_set([])
    with pytest.raises(DataError, match="holds no problem"):
        problem_set([{"prompt": "x"}])
