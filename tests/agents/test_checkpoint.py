"""Checkpoints: training goes on from them exactly, and what is broken says so."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from codegym_agents import PPO, Agent
from codegym_agents.common import checkpoint
from policies import make_env, make_policy

from codegym.errors import DataError

SETTINGS = {
    "episodes_per_iteration": 8,
    "minibatch_size": 4,
    "kl_target": 1.0,
    "entropy_coefficient": 0.01,
    "seed": 5,
}


def make_agent(**settings: Any) -> Agent:
    policy = make_policy()
    return PPO(policy, make_env(policy), **{**SETTINGS, **settings})


@pytest.mark.parametrize("train_encoder", [True, False])
def test_checkpoint__goes_on_exactly(train_encoder: bool, tmp_path: Path) -> None:
    whole = make_agent(train_encoder=train_encoder)
    rows: list[dict[str, float]] = []
    whole.learn(32, lambda _, metrics: rows.append(metrics))
    half = make_agent(train_encoder=train_encoder)
    half.learn(16)
    half.save(tmp_path / "checkpoint")
    resumed = PPO.load(tmp_path / "checkpoint", make_env(half.policy))
    assert resumed.config == half.config
    assert (resumed.episodes, resumed.iteration) == (16, 2)
    rest: list[dict[str, float]] = []
    resumed.learn(32, lambda _, metrics: rest.append(metrics))
    assert rest == rows[2:]
    for mine, other in zip(resumed.policy.parameters(), whole.policy.parameters(), strict=True):
        assert torch.equal(mine, other)
    for mine, other in zip(resumed.reference.parameters(), whole.reference.parameters(), strict=True):
        assert torch.equal(mine, other)
    assert resumed.kl_coefficient == whole.kl_coefficient


def test_checkpoint__of_a_new_agent_is_the_beginning(tmp_path: Path) -> None:
    agent = make_agent()
    agent.save(tmp_path / "start")
    assert PPO.load(tmp_path / "start", make_env(agent.policy)).iterate() == agent.iterate()


def test_checkpoint__changes_nothing_about_the_agent(tmp_path: Path) -> None:
    first, second = make_agent(), make_agent()
    first.iterate()
    first.save(tmp_path / "checkpoint")
    second.iterate()
    assert first.iterate() == second.iterate()


def test_checkpoint__holds_no_pickle(tmp_path: Path) -> None:
    agent = make_agent()
    agent.iterate()
    agent.save(tmp_path / "checkpoint")
    files = [file for file in (tmp_path / "checkpoint").rglob("*") if file.is_file()]
    assert {file.suffix for file in files} == {".json", ".safetensors"}


def test_checkpoint__replaces_an_older_one(tmp_path: Path) -> None:
    agent = make_agent()
    agent.save(tmp_path / "checkpoint")
    agent.iterate()
    agent.save(tmp_path / "checkpoint")
    assert PPO.load(tmp_path / "checkpoint", make_env(agent.policy)).iteration == 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["checkpoint"]


def test_checkpoint__that_could_not_be_finished_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    agent = make_agent()

    def full_disk(*_: object) -> None:
        raise OSError("No space left on device")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space"):
        patch.setattr(checkpoint, "save_file", full_disk)
        agent.save(tmp_path / "checkpoint")
    assert not (tmp_path / "checkpoint").exists()
    agent.save(tmp_path / "checkpoint")  # what was left of the first attempt is in nobody's way
    assert PPO.load(tmp_path / "checkpoint", make_env(agent.policy)).iteration == 0


Damage = Callable[[Path], object]


def change(**entries: Any) -> Damage:
    def damage(folder: Path) -> None:
        content = json.loads((folder / "training.json").read_text()) | entries
        content = {name: entry for name, entry in content.items() if entry is not None}
        (folder / "training.json").write_text(json.dumps(content))

    return damage


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda folder: (folder / "training.json").unlink(), id="no state"),
        pytest.param(lambda folder: (folder / "training.json").write_text('{"algorithm": '), id="state is cut"),
        pytest.param(lambda folder: (folder / "training.safetensors").write_bytes(b"\0" * 9), id="tensors are cut"),
        pytest.param(lambda folder: (folder / "training.safetensors").unlink(), id="no tensors"),
        pytest.param(lambda folder: (folder / "reference").rename(folder / "gone"), id="no reference"),
        pytest.param(lambda folder: (folder / "policy" / "model.safetensors").write_bytes(b""), id="no weights"),
        pytest.param(change(algorithm="dqn"), id="another algorithm"),
        pytest.param(change(colour="red"), id="something more"),
    ],
)
def test_checkpoint__that_is_broken_is_a_data_error(damage: Damage, tmp_path: Path) -> None:
    agent = make_agent()
    agent.save(tmp_path / "checkpoint")
    damage(tmp_path / "checkpoint")
    with pytest.raises(DataError, match=str(tmp_path)):
        PPO.load(tmp_path / "checkpoint", make_env(agent.policy))
