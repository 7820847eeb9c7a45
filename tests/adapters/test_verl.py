from __future__ import annotations

import asyncio
import json
import re
import runpy
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer
from failing import failing_at
from typer.testing import CliRunner

from codegym.adapters import verl
from codegym.errors import ConfigurationError, JudgeError, MissingDependencyError
from codegym.testing import FakeJudge, tiny_problems

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'codegym[agents]'")
pytest.importorskip("datasets", reason="datasets is not installed: pip install 'codegym[data]'")

# Warnings of Ray and verl about themselves are no errors of ours.
pytestmark = pytest.mark.filterwarnings("ignore")

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "verl_prompts.py"
ENV = "CodeCompletion-Python-v0"


@pytest.fixture(autouse=True)
def judge(monkeypatch: pytest.MonkeyPatch) -> FakeJudge:
    judge = FakeJudge(failing_at(b"mark"))
    monkeypatch.setattr("codegym.judge.shared_judge", lambda: judge)
    verl._task.cache_clear()
    return judge


@pytest.fixture
def rows(tmp_path: Path) -> list[dict[str, Any]]:
    import datasets

    (path,) = verl.export(ENV, tmp_path, splits=["train"], problems=tiny_problems(), reward="default")
    return list(datasets.Dataset.from_parquet(str(path), cache_dir=str(tmp_path / "cache")))


def answer_to(row: dict[str, Any]) -> str:
    reference = json.loads(row["reward_model"]["ground_truth"])["reference"]
    return reference[len(row["prompt"][0]["content"]) :]


def score(row: dict[str, Any], answer: str) -> dict[str, float]:
    return verl.compute_score(row["data_source"], answer, row["reward_model"]["ground_truth"], row["extra_info"])


def test_export__writes_what_verl_reads(rows: list[dict[str, Any]]) -> None:
    assert [row["data_source"] for row in rows] == [ENV] * 3
    assert rows[0].keys() == {"data_source", "prompt", "ability", "reward_model", "extra_info"}
    assert [row["prompt"][0]["role"] for row in rows] == ["user"] * 3
    assert json.loads(rows[0]["extra_info"]["options"]) == {"reward": "default"}


def test_compute_score__pays_what_the_environment_pays(rows: list[dict[str, Any]], make_task) -> None:
    answers = [answer_to(row) for row in rows]
    expected = make_task(fenced=True).score([row["reward_model"]["ground_truth"] for row in rows], answers)
    assert [score(row, answer)["score"] for row, answer in zip(rows, answers, strict=True)] == pytest.approx(
        [float(one.rewards.sum()) for one in expected]
    )
    assert score(rows[0], f"Sure:\n```python\n{answers[0]}```")["score"] == pytest.approx(
        score(rows[0], answers[0])["score"]
    )


def test_compute_score__is_an_error_where_the_judge_fails(rows: list[dict[str, Any]]) -> None:
    with pytest.raises(JudgeError):
        score(rows[0], "mark")


def test_compute_score__puts_threads_together(
    rows: list[dict[str, Any]], judge: FakeJudge, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = judge.map_grade

    def slow(*asked: Any) -> Any:
        time.sleep(0.05)  # in which the other threads come
        return quick(*asked)

    monkeypatch.setattr(judge, "map_grade", slow)
    with ThreadPoolExecutor(16) as threads:
        scores = list(threads.map(lambda number: score(rows[number % 3], f"x{number} = 1"), range(48)))
    assert len(scores) == sum(judge.requests) == 48
    assert len(judge.requests) < 48
    assert scores[3:6] == [score(rows[number % 3], f"x{number} = 1") for number in range(3, 6)]


def test_example__runs(tmp_path: Path) -> None:
    command = typer.Typer()
    command.command()(runpy.run_path(str(EXAMPLE))["main"])
    done = CliRunner().invoke(command, ["--problems", "2", "--out", str(tmp_path)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert f"data.train_files={tmp_path}/train.parquet" in done.output.replace("\n", "")
    hooks = re.findall(r"=pkg://(\S+)|\.name=(\w+)", done.output)
    assert all(module in ("", verl.__name__) and hasattr(verl, name or "export") for module, name in hooks)


def test_export__is_read_by_verls_own_data_set(rows: list[dict[str, Any]], tmp_path: Path, make_task) -> None:
    pytest.importorskip("verl", reason="verl is not installed: it needs packages that others here exclude")
    from omegaconf import OmegaConf
    from transformers import PreTrainedTokenizerFast
    from verl.utils.dataset.rl_dataset import RLHFDataset

    make_task().process.tokenizer.save(tmp_path / "tokenizer.json")
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(tmp_path / "tokenizer.json"), pad_token="<pad>")
    tokenizer.chat_template = "{% for message in messages %}{{ message['content'] }}{% endfor %}"
    settings = {"cache_dir": str(tmp_path / "cache"), "filter_overlong_prompts_workers": 1}
    found = RLHFDataset(str(tmp_path / "train.parquet"), tokenizer, OmegaConf.create(settings))
    assert len(found) == 3
    assert found[1]["raw_prompt"] == rows[1]["prompt"]
    assert found[1]["reward_model"] == rows[1]["reward_model"]


class Batch(SimpleNamespace):
    """Stands in for verl's DataProto where verl is not installed."""

    def __len__(self) -> int:
        return len(self.batch["responses"])

    def __getitem__(self, key: int | slice) -> Batch:
        return Batch(
            batch={name: tensor[key] for name, tensor in self.batch.items()},
            non_tensor_batch={name: values[key] for name, values in self.non_tensor_batch.items()},
        )


def make_batch(tokenizer: Any, rows: Sequence[dict[str, Any]], answers: Sequence[str], prompt_length: int = 3) -> Any:
    """Returns responses, padded, as verl has them."""
    import numpy as np

    tokens = [[*tokenizer.encode(answer), tokenizer.end_id] for answer in answers]
    width = max(map(len, tokens)) + 2
    responses = torch.zeros(len(rows), width, dtype=torch.int64)
    mask = torch.zeros(len(rows), width, dtype=torch.int64)
    for row, ids in enumerate(tokens):
        responses[row, : len(ids)] = torch.tensor(ids)
        mask[row, : len(ids)] = 1
    prompts = torch.full((len(rows), prompt_length), 5)
    tensors = {"prompts": prompts, "responses": responses, "response_mask": mask.clone()}
    tensors["attention_mask"] = torch.cat([torch.ones_like(prompts), mask], dim=1)
    others = {
        name: np.array([row[name] for row in rows], dtype=object)
        for name in ("data_source", "reward_model", "extra_info")
    }
    others["uid"] = np.array(["one group"] * len(rows), dtype=object)
    try:
        from verl import DataProto
    except ImportError:
        return Batch(batch=tensors, non_tensor_batch=others)
    return DataProto.from_dict(tensors=tensors, non_tensors=others)


class Decoder:
    """The suite's tokenizer with the signature of a tokenizer of transformers."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer

    def decode(self, tokens: list[int], skip_special_tokens: bool = False) -> str:
        assert skip_special_tokens
        return self._tokenizer.decode(tokens)


def config(token_level: bool) -> Any:
    settings = {
        "reward": {
            "reward_model": {"enable": False, "enable_resource_pool": False},
            "custom_reward_function": {"path": "pkg://codegym.adapters.verl", "name": "compute_score"},
            "reward_manager": {
                "source": "importlib",
                "name": "CodegymRewardManager",
                "module": {"path": "pkg://codegym.adapters.verl"},
            },
        }
    }
    settings["reward"]["custom_reward_function"]["reward_kwargs"] = {"token_level": token_level}
    omegaconf = pytest.importorskip("omegaconf", reason="verl and omegaconf are not installed")
    return omegaconf.OmegaConf.create(settings)


def manager(tokenizer: Any, token_level: bool) -> Any:
    pytest.importorskip("verl", reason="verl is not installed: it needs packages that others here exclude")
    from verl.trainer.ppo.reward import load_reward_manager

    return load_reward_manager(config(token_level), Decoder(tokenizer))


def test_assemble__puts_each_reward_at_its_token(rows: list[dict[str, Any]], make_task) -> None:
    tokenizer = make_task().process.tokenizer
    data = make_batch(tokenizer, rows, ["a = 1", "b", "c"])
    lengths = data.batch["response_mask"].sum(dim=1).tolist()
    dense = [float(step) for step in range(1, lengths[0] + 1)]
    scores = verl.CodegymRewardManager.assemble_rm_scores(data, [dense, 7.0, None])
    assert scores.shape == data.batch["responses"].shape
    assert scores.dtype == torch.float32
    assert scores[0, : lengths[0]].tolist() == dense
    assert scores[1, lengths[1] - 1] == 7.0
    assert scores[1].sum() == 7.0
    # What nothing is known about is masked, and does not move its group's mean.
    assert data.batch["response_mask"].sum(dim=1).tolist() == [*lengths[:2], 0]
    assert scores[2].sum() == pytest.approx((sum(dense) + 7.0) / 2)
    with pytest.raises(ConfigurationError, match="99 rewards"):
        verl.CodegymRewardManager.assemble_rm_scores(data, [[0.0] * 99, 0.0, 0.0])


def test_manager__needs_verl() -> None:
    try:
        import verl as installed  # noqa: F401
    except ImportError:
        with pytest.raises(MissingDependencyError, match=r"codegym\[verl\]"):
            verl.CodegymRewardManager(None, None)


def test_manager__has_the_hooks_of_verls_own(make_task) -> None:
    found = manager(make_task().process.tokenizer, token_level=True)
    from verl.experimental.reward_loop.reward_manager.base import RewardManagerBase

    assert isinstance(found, verl.CodegymRewardManager)
    for name in RewardManagerBase.__abstractmethods__ | {"assemble_rm_scores"}:
        assert callable(getattr(found, name))


def test_manager__pays_each_token_what_the_environment_pays(rows: list[dict[str, Any]], make_task) -> None:
    task = make_task()
    tokenizer = task.process.tokenizer
    answers = [*map(answer_to, rows[:2]), "mark"]
    data = make_batch(tokenizer, rows, answers)
    paying = manager(tokenizer, token_level=True)

    async def scored() -> list[dict[str, Any]]:
        return await asyncio.gather(*(paying.run_single(data[row : row + 1]) for row in range(len(data))))

    told = asyncio.run(scored())
    rm_scores = type(paying).assemble_rm_scores(data, [one["reward_score"] for one in told])
    expected = task.score(
        [row["reward_model"]["ground_truth"] for row in rows],
        [task.pieces([*tokenizer.encode(answer), tokenizer.end_id]) for answer in answers],
    )
    for row in range(2):
        length = len(expected[row].rewards)
        assert rm_scores[row, :length].tolist() == pytest.approx(expected[row].rewards.tolist(), abs=1e-6)
        assert told[row]["reward_extra_info"]["acc"] == 1.0
    assert len({frozenset(one["reward_extra_info"]) for one in told}) == 1

    from verl.trainer.ppo.core_algos import compute_grpo_outcome_advantage

    mask = data.batch["response_mask"]
    advantages, _ = compute_grpo_outcome_advantage(rm_scores, mask, data.non_tensor_batch["uid"])
    assert torch.isfinite(advantages).all()
    assert advantages[2].abs().sum() == 0
    assert advantages[0].abs().sum() > 0


def test_manager__pays_one_number_where_verl_scores_one_by_one(rows: list[dict[str, Any]], make_task) -> None:
    tokenizer = make_task().process.tokenizer
    paying = manager(tokenizer, token_level=False)
    data = make_batch(tokenizer, rows[:2], [answer_to(rows[0]), "mark"])
    told = asyncio.run(paying.run_single(data[:1]))
    assert told["reward_score"] == pytest.approx(score(rows[0], answer_to(rows[0]))["score"])
    with pytest.raises(JudgeError):
        asyncio.run(paying.run_single(data[1:]))
