from __future__ import annotations

import json
import math
import runpy
from pathlib import Path
from typing import Any

import pytest
import typer
from failing import failing_at
from typer.testing import CliRunner

from codegym.adapters import total
from codegym.errors import ConfigurationError
from codegym.testing import FakeJudge, tiny_problems

pytest.importorskip("trl", reason="trl is not installed: pip install 'codegym[trl]'")

from codegym.adapters import trl

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "trl_grpo.py"

# Warnings of transformers about what TRL asks of it are no errors of ours.
pytestmark = pytest.mark.filterwarnings("ignore")


def columns(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    return {name: [row[name] for row in rows] for name in rows[0] if name != "prompt"}


@pytest.mark.parametrize("chat", [False, True])
def test_reward_function__pays_what_the_environment_pays(make_task, chat: bool) -> None:
    task = make_task(fenced=chat)
    rows = list(trl.dataset(task, chat=chat))
    answers = [row["answer"] for row in rows]
    said = [f"Sure:\n```python\n{answer}```" for answer in answers] if chat else answers
    completions = [[{"role": "assistant", "content": text}] for text in said] if chat else said
    metrics: dict[str, float] = {}
    rewards = trl.reward_function(task)(
        prompts=[row["prompt"] for row in rows],
        completions=completions,
        completion_ids=[[1]] * 3,
        trainer_state=None,
        log_metric=metrics.__setitem__,
        **columns(rows),
    )
    assert rewards == pytest.approx([total(score) for score in task.score(rows, answers)])
    assert metrics["codegym/compiled"] == 1.0
    assert sum(metrics[f"codegym/{name}"] for name in task.process.mix.weights) == pytest.approx(sum(rewards) / 3)


def test_reward_function__leaves_out_what_the_judge_failed_at(make_task) -> None:
    task = make_task(judge=FakeJudge(failing_at(b"mark")))
    rows = list(trl.dataset(task))
    rewards = trl.reward_function(task)(["p"] * 3, ["mark", rows[1]["answer"], "("], **columns(rows))
    assert rewards[0] is None
    assert rewards[1] > 0 > rewards[2]


def test_reward_function__names_the_version_where_trl_has_changed(make_task, monkeypatch: pytest.MonkeyPatch) -> None:
    class Trainer:
        def __init__(self, rewards: object) -> None:
            pass

    monkeypatch.setattr("trl.GRPOTrainer", Trainer)
    with pytest.raises(ConfigurationError, match=r"reward_funcs.*tested with trl 1\.16\.0"):
        trl.reward_function(make_task())


def test_environment__has_one_tool_with_a_description(make_task) -> None:
    from transformers.utils import get_json_schema

    environment = trl.environment_factory(make_task("CodeRepair-Python-v0"))()
    tools = [name for name in dir(environment) if not name.startswith("_") and name not in ("reset", "get_reward")]
    assert tools == ["submit"]
    schema = get_json_schema(environment.submit)["function"]
    assert list(schema["parameters"]["properties"]) == ["program"]


def test_environment__repairs_in_turns(make_task) -> None:
    task = make_task("CodeRepair-Python-v0")
    environment = trl.environment_factory(task)()
    assert "does not compile" in environment.reset()
    row = trl.dataset(task, chat=True)[0]
    assert environment.reset(**row) is None
    assert environment.submit("def f(:").endswith("def f(:")
    assert environment.submit(row["reference"]) == "The program is right."
    assert environment.submit("x") == "There is nothing left to be done."
    assert environment.get_reward() == pytest.approx(3.0)
    environment.reset(**row)
    environment.submit("def f(:")
    assert environment.get_reward() < 0


def test_environment__has_no_reward_where_the_judge_fails(make_task) -> None:
    environment = trl.environment_factory(make_task(judge=FakeJudge(failing_at(b"mark"))))()
    environment.reset()
    environment.submit("mark")
    assert environment.get_reward() is None


def test_example__trains(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("codegym.judge.shared_judge", FakeJudge)
    app = typer.Typer()
    app.command()(runpy.run_path(str(EXAMPLE))["main"])
    done = CliRunner().invoke(app, ["--tiny"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert "step 2: reward" in done.output


def test_trainer__plays_repair_with_tools(make_task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """TRL's own trainer: its template, its tool calls, its masks; only what the model writes is given."""
    from transformers import AutoTokenizer
    from trl import GRPOConfig, GRPOTrainer
    from trl import chat_template_utils as templates

    folder = runpy.run_path(str(EXAMPLE))["new_model"](tmp_path / "model", 0)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.chat_template = (Path(templates.__file__).parent / "chat_templates" / "qwen3.jinja").read_text()
    task = make_task("CodeRepair-Python-v0", judge=FakeJudge(failing_at(b"mark")), problems=tiny_problems())
    rows = trl.dataset(task, 1, chat=True)
    programs = iter(["def f(:", "def f(:", rows[0]["reference"], "mark"])
    written: list[str] = []
    trainer = GRPOTrainer(
        model=folder,
        processing_class=tokenizer,
        train_dataset=rows,
        environment_factory=trl.environment_factory(task),
        args=GRPOConfig(
            output_dir=str(tmp_path / "runs"),
            max_steps=1,
            num_generations=2,
            per_device_train_batch_size=2,
            max_completion_length=512,
            logging_steps=1,
            save_strategy="no",
            report_to="none",
            bf16=False,
            disable_tqdm=True,
        ),
    )

    def write(prompt_ids: list[list[int]], *_: Any, **__: Any) -> tuple[list[list[int]], None]:
        answers = []
        for _ids in prompt_ids:
            program = next(programs, None)
            call = json.dumps({"name": "submit", "arguments": {"program": program}})
            answers.append(f"<tool_call>\n{call}\n</tool_call>" if program is not None else "Done.")
            written.append(answers[-1])
        return [tokenizer.encode(f"{answer}<|im_end|>\n") for answer in answers], None

    monkeypatch.setattr(trainer, "_generate_single_turn", write)
    trainer.train()
    entry = next(entry for entry in trainer.state.log_history if "reward" in entry)
    assert entry["tools/call_frequency"] == 2.0
    # The second of the two rollouts met a judge that failed, and counts nowhere.
    assert entry["rewards/ProgramEnvironment/mean"] == pytest.approx(3.0, abs=1e-4)
    assert math.isfinite(entry["loss"])
    assert len(written) == 6


def test_reward_function__is_made_from_an_id() -> None:
    options = {"problems": tiny_problems(), "judge": FakeJudge()}
    rows = list(trl.dataset("CodeCompletion-Python-v0", **options))
    reward = trl.reward_function("CodeCompletion-Python-v0", **options)
    assert min(reward(["p"] * 3, [row["answer"] for row in rows], **columns(rows))) > 1.0
