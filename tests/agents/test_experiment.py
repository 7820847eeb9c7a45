"""Whole runs: the files that they leave, and that killing one and going on changes nothing."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from codegym_agents import SFT, Agent, experiment
from codegym_agents.common.evaluation import METRICS
from codegym_agents.experiment import Experiment
from policies import make_policy
from safetensors.torch import load_file
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from codegym import cli
from codegym.errors import CodegymError, ConfigurationError, DataError, DeviceError, UnknownNameError

ENV = "CodeCompletion-Python-v0"
PPO_SETTINGS = {"episodes_per_iteration": 3, "minibatch_size": 3, "kl_target": 1.0}
SFT_SETTINGS = {"batch_size": 3}
FILES = ["before.jsonl", "after.jsonl", "metrics.jsonl", "summary.json"]


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What is worked out about the code stays out of the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def no_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawing takes longer than such a small run."""
    monkeypatch.setattr(experiment, "draw_curves", lambda *_: None)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny model and a small tree of code."""
    folder = tmp_path_factory.mktemp("experiment")
    make_policy(dropout_rate=0.1).save_pretrained(folder / "model")
    (folder / "code").mkdir()
    for number in range(40):
        lines = [f"    total = total + values[{number}] * {step}" for step in range(7 + number % 4)]
        text = "\n".join([f"def weigh_{number}(values, total):", *lines, "    return total", ""])
        (folder / "code" / f"module_{number}.py").write_text(text)
    return folder


def asked(folder: Path, algorithm: str = "ppo", **changes: Any) -> Experiment:
    return Experiment(
        **{
            "env": ENV,
            "algorithm": algorithm,
            "model": str(folder / "model"),
            "problems": str(folder / "code"),
            "episodes": 18,
            "evaluate": 3,
            "seed": 4,
            "device": "cpu",
            "source_tokens": 32,
            "checkpoint_every": 2,
            "hyperparameters": PPO_SETTINGS if algorithm == "ppo" else SFT_SETTINGS,
            **changes,
        }
    )


@pytest.fixture(scope="module")
def finished(folder: Path) -> dict[str, Path]:
    """One run of each algorithm that was never interrupted."""
    for algorithm in ("ppo", "sft"):
        experiment.train(asked(folder, algorithm), folder / algorithm, progress=False)
    return {algorithm: folder / algorithm for algorithm in ("ppo", "sft")}


def assert_equal(run: Path, other: Path) -> None:
    for name in FILES:
        assert (run / name).read_text() == (other / name).read_text(), name
    for name in ("model", "value_head"):
        ours, theirs = (load_file(one / "policy" / f"{name}.safetensors") for one in (run, other))
        assert ours.keys() == theirs.keys()
        assert all(torch.equal(ours[key], theirs[key]) for key in ours)


def rows(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


# --- the folder --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", ["ppo", "sft"])
def test_run__leaves_the_documented_files(algorithm: str, finished: dict[str, Path], folder: Path) -> None:
    run = finished[algorithm]
    documented = {"config.json", "checkpoints", "policy", "tensorboard", "curves.png", *FILES}
    assert {entry.name for entry in run.iterdir()} == documented
    assert all(name in str(experiment.__doc__) for name in documented)
    assert [entry.name for entry in (run / "checkpoints").iterdir()] == ["000006"]
    assert (run / "curves.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    assert Experiment(**json.loads((run / "config.json").read_text())) == asked(folder, algorithm)
    metrics = rows(run / "metrics.jsonl")
    assert [row["iteration"] for row in metrics] == [1, 2, 3, 4, 5, 6]
    assert [row["episodes"] for row in metrics] == [3, 6, 9, 12, 15, 18]
    assert len(rows(run / "before.jsonl")) == len(rows(run / "after.jsonl")) == 3


@pytest.mark.parametrize("algorithm", ["ppo", "sft"])
def test_summary__has_before_after_and_change(algorithm: str, finished: dict[str, Path], folder: Path) -> None:
    summary = json.loads((finished[algorithm] / "summary.json").read_text())
    assert summary.keys() == {"experiment", "held_out_problems", "before", "after", "change"}
    assert Experiment(**summary["experiment"]) == asked(folder, algorithm)
    assert summary["held_out_problems"] == 3
    for part in ("before", "after", "change"):
        assert summary[part].keys() == METRICS.keys()
        for figure in summary[part].values():
            assert figure.keys() == {"value", "low", "high"}
            assert figure["low"] <= figure["value"] <= figure["high"]
    assert summary["before"]["kl"]["value"] == 0.0
    assert summary["after"]["kl"]["value"] > 0.0
    for name in METRICS:
        change = summary["after"][name]["value"] - summary["before"][name]["value"]
        assert summary["change"][name]["value"] == pytest.approx(change)


def test_run__without_evaluation_has_no_figures(folder: Path, tmp_path: Path) -> None:
    summary = experiment.train(asked(folder, evaluate=0, episodes=3), tmp_path / "run", progress=False)
    assert summary.keys() == {"experiment", "held_out_problems"}
    assert not (tmp_path / "run" / "before.jsonl").exists()
    assert (tmp_path / "run" / "curves.png").exists()


def test_run__shows_what_it_did(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(experiment.console, "width", 200)
    experiment.train(asked(folder, "sft", episodes=3), tmp_path / "run", progress=True)
    shown = capsys.readouterr().out
    for words in ("compilation rate", "before", "after", "95 % intervals", "summary.json"):
        assert words in shown


def test_evaluate__measures_a_trained_policy(finished: dict[str, Path], folder: Path, tmp_path: Path) -> None:
    result = experiment.evaluate(
        ENV,
        str(finished["ppo"] / "policy"),
        problems=str(folder / "code"),
        count=3,
        device="cpu",
        source_tokens=32,
        out=tmp_path / "new" / "figures.json",
        progress=False,
    )
    assert json.loads((tmp_path / "new" / "figures.json").read_text()) == result
    trained = json.loads((finished["ppo"] / "summary.json").read_text())["after"]
    assert result["problems"] == 3
    assert {name: figure for name, figure in result["metrics"].items() if name != "kl"} == {
        name: figure for name, figure in trained.items() if name != "kl"
    }


# --- going on ----------------------------------------------------------------------------------------------


class Interrupted(Exception):
    pass


@pytest.mark.usefixtures("no_picture")
@pytest.mark.parametrize(("algorithm", "iteration"), [("ppo", 4), ("sft", 1), ("sft", 4)])
def test_resume__after_any_iteration_equals_the_uninterrupted_run(
    algorithm: str, iteration: int, finished: dict[str, Path], folder: Path, tmp_path: Path, monkeypatch: Any
) -> None:
    made: Any = {"ppo": Agent, "sft": SFT}[algorithm]
    iterate = made.iterate

    def interrupted(agent: Any) -> dict[str, float]:
        if agent.iteration == iteration - 1:
            raise Interrupted
        metrics: dict[str, float] = iterate(agent)
        return metrics

    with monkeypatch.context() as patch, pytest.raises(Interrupted):
        patch.setattr(made, "iterate", interrupted)
        experiment.train(asked(folder, algorithm), tmp_path / "run", progress=False)
    # What a process that was killed may leave: half a line, half a checkpoint, half a file.
    with (tmp_path / "run" / "metrics.jsonl").open("a") as file:
        file.write('{"iteration": 2, "epis')
    (tmp_path / "run" / "checkpoints" / "000005.part" / "policy").mkdir(parents=True)
    (tmp_path / "run" / "after.jsonl.part").write_text("{")
    experiment.train(asked(folder, algorithm), tmp_path / "run", resume=True, progress=False)
    assert_equal(tmp_path / "run", finished[algorithm])
    assert [entry.name for entry in (tmp_path / "run" / "checkpoints").iterdir()] == ["000006"]
    events = EventAccumulator(str(tmp_path / "run" / "tensorboard"))
    events.Reload()
    logged = events.Scalars("gradient_norm")
    assert [event.step for event in logged] == [1, 2, 3, 4, 5, 6]
    expected = [row["gradient_norm"] for row in rows(tmp_path / "run" / "metrics.jsonl")]
    assert [event.value for event in logged] == pytest.approx(expected, rel=1e-5)


def lines(file: Path) -> int:
    return file.read_bytes().count(b"\n") if file.is_file() else 0


@pytest.fixture
def killed(folder: Path, tmp_path: Path) -> Iterator[list[str]]:
    """The command line of a run that was killed between its first checkpoint and its end."""
    options = {
        "--problems": folder / "code",
        "--model": folder / "model",
        "--episodes": 18,
        "--evaluate": 3,
        "--seed": 4,
        "--device": "cpu",
        "--source-tokens": 32,
        "--checkpoint-every": 2,
        "--out": tmp_path / "run",
    }
    settings = [text for name, value in PPO_SETTINGS.items() for text in ("--set", f"{name}={value}")]
    arguments = ["train", ENV, "--no-progress", *(str(text) for pair in options.items() for text in pair), *settings]
    output = tmp_path / "output.txt"
    with output.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "codegym", *arguments],
            env=os.environ | {"OMP_NUM_THREADS": str(torch.get_num_threads())},
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + 120
        checkpoint = tmp_path / "run" / "checkpoints" / "000002"
        while not (checkpoint.is_dir() and lines(tmp_path / "run" / "metrics.jsonl") >= 3):
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"It ended, or did not get there in time:\n{output.read_text()}")
            time.sleep(0.002)
        process.kill()
        process.wait()
        yield arguments
    finally:
        with contextlib.suppress(ProcessLookupError):  # its compile workers, too
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.mark.usefixtures("no_picture")
def test_resume__after_a_kill_equals_the_uninterrupted_run(
    killed: list[str], finished: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run"
    assert not (run / "summary.json").exists()
    assert not (run / "after.jsonl").exists()
    monkeypatch.setattr(sys, "argv", ["codegym", *killed, "--resume"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert not ended.value.code
    assert_equal(run, finished["ppo"])


@pytest.mark.usefixtures("no_picture")
@pytest.mark.parametrize("algorithm", ["ppo", "sft"])
def test_resume__after_the_last_iteration_only_measures(
    algorithm: str, finished: dict[str, Path], folder: Path, tmp_path: Path
) -> None:
    shutil.copytree(finished[algorithm], tmp_path / "run")
    shutil.rmtree(tmp_path / "run" / "policy")
    for name in ("after.jsonl", "summary.json"):
        (tmp_path / "run" / name).unlink()
    experiment.train(asked(folder, algorithm), tmp_path / "run", resume=True, progress=False)
    assert_equal(tmp_path / "run", finished[algorithm])


@pytest.mark.parametrize("algorithm", ["ppo", "sft"])
def test_resume__of_a_finished_run_changes_nothing(algorithm: str, finished: dict[str, Path], folder: Path) -> None:
    run = finished[algorithm]
    before = {name: (run / name).read_bytes() for name in ("config.json", "policy/model.safetensors", *FILES)}
    summary = experiment.train(asked(folder, algorithm), run, resume=True, progress=False)
    assert summary == json.loads(before["summary.json"])
    assert before == {name: (run / name).read_bytes() for name in before}


@pytest.mark.usefixtures("no_picture")
def test_resume__of_nothing_begins(finished: dict[str, Path], folder: Path, tmp_path: Path) -> None:
    experiment.train(asked(folder, "sft"), tmp_path / "run", resume=True, progress=False)
    assert_equal(tmp_path / "run", finished["sft"])


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"seed": 5}, "seed"),
        ({"episodes": 36}, "episodes"),
        ({"hyperparameters": {**PPO_SETTINGS, "epochs": 3}}, "hyperparameters"),
        ({"reward": "ppocoder", "checkpoint_every": 3}, "checkpoint_every, reward"),
    ],
)
def test_resume__with_other_settings_names_them(
    changes: dict[str, Any], name: str, finished: dict[str, Path], folder: Path
) -> None:
    before = (finished["ppo"] / "config.json").read_bytes()
    with pytest.raises(ConfigurationError, match=name):
        experiment.train(asked(folder, **changes), finished["ppo"], resume=True, progress=False)
    assert (finished["ppo"] / "config.json").read_bytes() == before


def test_run__does_not_write_over_another(finished: dict[str, Path], folder: Path) -> None:
    with pytest.raises(ConfigurationError, match="--resume"):
        experiment.train(asked(folder), finished["ppo"], progress=False)


@pytest.mark.usefixtures("no_picture")
@pytest.mark.parametrize("name", ["config.json", "metrics.jsonl", "before.jsonl"])
def test_resume__of_a_damaged_run_names_the_file(name: str, folder: Path, tmp_path: Path) -> None:
    experiment.train(asked(folder, "sft", episodes=3), tmp_path / "run", progress=False)
    (tmp_path / "run" / name).write_text("{]\n{}\n")
    with pytest.raises(DataError, match=name):
        experiment.train(asked(folder, "sft", episodes=3), tmp_path / "run", resume=True, progress=False)


def test_gpu__that_fails_says_how_to_go_on(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(agent: Agent) -> dict[str, float]:
        raise torch.AcceleratorError("CUDA error: the device is gone")

    monkeypatch.setattr(Agent, "iterate", lost)
    with pytest.raises(DeviceError, match=r"device is gone.*--resume"):
        experiment.train(asked(folder), tmp_path / "run", progress=False)
    assert (tmp_path / "run" / "before.jsonl").is_file()


# --- mistakes ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"algorithm": "pppo"}, UnknownNameError),
        ({"episodes": 0}, ConfigurationError),
        ({"evaluate": -1}, ConfigurationError),
        ({"hyperparameters": {"learning_rat": 1}}, UnknownNameError),
        ({"hyperparameters": {"batch_size": 3}}, UnknownNameError),
        ({"hyperparameters": {"clip_range": 7}}, ConfigurationError),
        ({"model": "no/such/model"}, UnknownNameError),
        ({"device": "abacus"}, ConfigurationError),
        ({"problems": "stdlb"}, UnknownNameError),
        ({"reward": "defaut"}, UnknownNameError),
    ],
)
def test_mistake__leaves_no_run_behind(
    changes: dict[str, Any], error: type[CodegymError], folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(error):
        experiment.train(asked(folder, **changes), tmp_path / "run", progress=False)
    assert not (tmp_path / "run").exists()


def test_device__that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert experiment.resolve_device("auto") == torch.device("cpu")
    assert experiment.resolve_device("cpu", 3) == torch.device("cpu")
    with pytest.raises(ConfigurationError, match="doctor"):
        experiment.resolve_device("cuda:3")


def test_device__of_several_is_taken_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert [str(experiment.resolve_device("auto", number)) for number in range(4)] == ["cuda:0", "cuda:1"] * 2
    assert str(experiment.resolve_device("cuda:0", 3)) == "cuda:0"
    monkeypatch.setenv("LOCAL_RANK", "1")
    assert str(experiment.resolve_device("cuda")) == "cuda:1"
