"""The command line, from arguments to exit status."""

from __future__ import annotations

import dataclasses
import importlib.util
import io
import json
import os
import subprocess
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from codegym_registry import multiagent_env_ids
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

import codegym
from codegym import cli, doctor
from codegym.envs import code_completion
from codegym.errors import ConfigurationError
from codegym.judge.sandbox import Attack, LayerReport
from codegym.play import play_episode, typed_tokens
from codegym.testing import FakeJudge, byte_tokenizer, tiny_problems

ENV = "CodeCompletion-Python-v0"


@dataclasses.dataclass(frozen=True)
class Ended:
    status: int
    out: str
    err: str


Run = Callable[..., Ended]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command line in this process."""

    def run(*arguments: object, stdin: bytes = b"") -> Ended:
        monkeypatch.setattr(sys, "argv", ["codegym", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
        with pytest.raises(SystemExit) as ended:
            cli.main()
        captured = capsys.readouterr()
        return Ended(int(ended.value.code or 0), captured.out, captured.err)

    return run


def python(code: str, *arguments: str, stdin: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        input=stdin,
        capture_output=True,
        check=False,
        timeout=120,
        env=os.environ | environment,
    )


# --- the frame ---------------------------------------------------------------------------------------------


def test_help__names_every_command(run: Run) -> None:
    ended = run("--help")
    assert ended.status == 0
    for command in ("list", "doctor", "play", "train", "evaluate"):
        assert command in ended.out


def test_help__imports_nothing_heavy() -> None:
    ended = python("import sys, codegym.cli; print(*sys.modules)")
    heavy = {"torch", "transformers", "tree_sitter", "loky", "tokenizers"}
    assert not heavy & set(ended.stdout.decode().split())


def test_version__is_the_package_version(run: Run) -> None:
    assert run("--version").out.split() == ["codegym", codegym.__version__]


def test_module__is_the_command_line() -> None:
    ended = subprocess.run([sys.executable, "-m", "codegym", "--version"], capture_output=True, check=True)
    assert ended.stdout.split()[0] == b"codegym"


@pytest.mark.parametrize("command", ["play", "train", "evaluate"])
def test_unknown_id__is_one_line_with_the_nearest_name(run: Run, command: str) -> None:
    ended = run(command, "CodeCompletion-Pyton-v0")
    assert ended.status == cli.USER_ERROR
    assert len(ended.err.splitlines()) == 1
    assert f"Did you mean '{ENV}'?" in ended.err
    assert "Traceback" not in ended.err


def test_user_error__does_not_interpret_markup(run: Run) -> None:
    assert "[/red][bold]" in run("play", "[/red][bold]").err


def test_missing_extra__prints_the_pip_line() -> None:
    code = "import sys; sys.modules['torch'] = None; from codegym.cli import main; main()"
    for command in (["play", ENV], ["train", ENV, "--out", "/nonexistent/run"], ["evaluate", ENV]):
        ended = python(code, *command)
        assert ended.returncode == cli.USER_ERROR
        assert b"pip install 'codegym[agents]'" in ended.stderr
        assert len(ended.stderr.splitlines()) == 1


# --- list --------------------------------------------------------------------------------------------------


def test_list__shows_every_id(run: Run) -> None:
    ended = run("list")
    assert ended.status == 0
    assert all(env_id in ended.out for env_id in codegym.env_ids())


def test_list__has_a_section_of_games_where_pettingzoo_is(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pettingzoo")
    ended = run("list")
    assert "several agents" in ended.out
    assert all(env_id in ended.out for env_id in multiagent_env_ids())
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert "CoderTester" not in run("list").out


def test_list__shows_what_is_asked_for(run: Run) -> None:
    ended = run("list", "repair-java")
    assert "CodeRepair-Java-v0" in ended.out and "CodeCompletion" not in ended.out and "Python" not in ended.out
    ended = run("list", "CodeRepiar")
    assert ended.status == 2 and "Any part of an id" in ended.err


def test_list_markdown__is_the_page_of_the_documentation(run: Run) -> None:
    page = run("list", "--markdown").out
    assert all(f"| `{env_id}` |" in page for env_id in codegym.env_ids())
    committed = (Path(__file__).parents[2] / "docs" / "environments.md").read_text("utf-8")
    assert page == committed, "codegym list --markdown > docs/environments.md"


def test_list_json__is_the_registry(run: Run) -> None:
    rows = json.loads(run("list", "--json").out)
    assert [row["id"] for row in rows if row["library"] == "gymnasium"] == list(codegym.env_ids())
    games = [row["id"] for row in rows if row["library"] == "pettingzoo"]
    assert sorted(games) == sorted(multiagent_env_ids() if importlib.util.find_spec("pettingzoo") else [])
    (row,) = (row for row in rows if row["id"] == ENV)
    assert row["language"] == "Python"
    assert row["source_tokens"] > 0
    assert row["target_tokens"] > 0
    assert row["toolchain"]["version"].startswith(sys.implementation.name[0].upper())


# --- doctor ------------------------------------------------------------------------------------------------


def test_doctor__compiles_in_every_language_that_is_installed(run: Run) -> None:
    ended = run("doctor", "--json")
    report = json.loads(ended.out)
    assert ended.status == 0
    assert {row["language"] for row in report["toolchains"]} == {
        language.title for language in codegym.languages.all_languages()
    }
    for row in report["toolchains"]:
        assert row["works"] == (row["version"] is not None), row["remedy"]
        assert row["works"] or "apt-get install" in row["remedy"]
    assert report["cpus"] >= 1
    assert {"agents", "sb3", "multiagent", "render"} <= {extra["name"] for extra in report["extras"]}
    assert report["isolation"]["in_use"] in ("namespaces", "landlock")
    assert [layer["name"] for layer in report["isolation"]["layers"]] == ["namespaces", "landlock"]
    used = next(layer for layer in report["isolation"]["layers"] if layer["name"] == report["isolation"]["in_use"])
    assert used["attacks"] and all(attack["contained"] for attack in used["attacks"])


REPORT = doctor.Report(
    codegym="0.1.0",
    python="CPython 3.11.7",
    cpus=2,
    torch=None,
    gpus=(),
    toolchains=(doctor.ToolchainReport("Java", "javac", None, False, "sudo apt-get install default-jdk-headless"),),
    isolation=doctor.IsolationReport(
        None,
        (
            LayerReport("namespaces", (), "sudo apt-get install bubblewrap"),
            LayerReport("landlock", (Attack("connect to a server on this host", False), Attack("be root", True)), ""),
        ),
        "Programs are hostile, and this host cannot isolate them.",
    ),
    extras=(doctor.ExtraReport("agents", ("torch",), "pip install 'codegym[agents]'"),),
)


def test_doctor__fails_where_nothing_works(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "examine", lambda: REPORT)
    ended = run("doctor")
    assert ended.status == 1
    for words in (
        "javac is missing",
        "default-jdk-headless",
        "pip install 'codegym[agents]'",
        "missing: torch",
        "apt-get install bubblewrap",
        "contains 1 of 2 attacks",
        "lets through: connect",
        "cannot isolate them",
    ):
        assert words in ended.out


# --- play --------------------------------------------------------------------------------------------------


def episode_in_a_pipe(stdin: bytes, monkeypatch: pytest.MonkeyPatch, index: int = 0) -> tuple[float, Any, str]:
    tokenizer = byte_tokenizer()
    env = code_completion(
        "python", problems=tiny_problems("python"), tokenizer=tokenizer, judge=FakeJudge(), render_mode="ansi"
    )
    env.reset(options={"index": index})
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
    console = Console(file=io.StringIO(), width=200)
    earned = play_episode(env, typed_tokens(tokenizer, console), console)
    assert isinstance(console.file, io.StringIO)
    return earned, env.episode, console.file.getvalue()


def test_play__understands_escapes(monkeypatch: pytest.MonkeyPatch) -> None:
    _, episode, _ = episode_in_a_pipe(rb"\tx\n\\n" + b"\n y\n", monkeypatch)
    assert episode.answer == b"\tx\n\\n y"


@pytest.mark.parametrize("stdin", [b"", b"\n", b"\r\n", b"\nreturn\n"])
def test_play__ends_with_an_empty_line_or_the_end_of_the_input(stdin: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    _, episode, _ = episode_in_a_pipe(stdin, monkeypatch)
    assert episode.tokens == [byte_tokenizer().end_id]
    assert episode.grade is not None


def test_play__stops_at_the_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    _, episode, _ = episode_in_a_pipe(b"x" * 100_000, monkeypatch)
    assert len(episode.tokens) == episode.target_tokens
    assert episode.grade is not None


def test_play__shows_return_verdict_and_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    earned, episode, shown = episode_in_a_pipe(b"ue\\n    return result\\n\n", monkeypatch)
    assert earned == pytest.approx(sum(sum(terms.values()) for terms in episode.terms))
    assert f"return {earned:+.4f}" in shown
    assert "verdict: compiled" in shown
    assert "what the expert wrote" in shown
    assert all(line in shown for line in episode.assignment.reference_answer.splitlines())


@pytest.mark.parametrize("stdin", [b"\xff\xfe\x00", b"\x1b[2J\x1b]0;title\x07", "Grüße ﷽ 👩‍👩‍👧".encode()])
def test_play__survives_hostile_input(stdin: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    _, episode, shown = episode_in_a_pipe(stdin, monkeypatch)
    assert episode.grade is not None
    assert "\x1b" not in shown


def test_play__is_the_same_in_every_process() -> None:
    arguments = ["play", ENV, "--model", "none", "--seed", "5"]
    code = "from codegym.cli import main; main()"
    ended = [python(code, *arguments, stdin=b"x = 1\\n\n", PYTHONHASHSEED=hash_seed) for hash_seed in ("1", "2")]
    assert [process.returncode for process in ended] == [0, 0], ended[0].stderr.decode()
    assert ended[0].stdout == ended[1].stdout
    assert b"verdict" in ended[0].stdout


def test_play__refuses_an_index_outside_of_the_set(run: Run, tmp_path: Path) -> None:
    ended = run("play", ENV, "--model", "none", "--index", -1)
    assert ended.status == cli.USER_ERROR
    assert "index" in ended.err


def test_play__refuses_problems_that_do_not_exist(run: Run) -> None:
    ended = run("play", ENV, "--model", "none", "--problems", "stdlb")
    assert ended.status == cli.USER_ERROR
    assert "Did you mean 'stdlib'?" in ended.err


def test_play__changes_one_picture_in_a_terminal() -> None:
    pty = pytest.importorskip("pty", reason="there are no pseudo-terminals on this platform")
    controller, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "codegym", "play", ENV, "--model", "none", "--seed", "1"],
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        env=os.environ | {"TERM": "xterm-256color"},
    )
    os.close(terminal)
    shown = b""
    try:
        while b"write>" not in shown:
            shown += os.read(controller, 4096)
        os.write(controller, b"pass\\n\n\x04")
        while b"edit similarity" not in shown:
            shown += os.read(controller, 4096)
        assert process.wait(timeout=30) == 0
    finally:
        process.kill()
        process.wait()
        os.close(controller)
    assert shown.count(b"\x1b[H") >= 3
    assert b"you write" in shown


@pytest.mark.needs_torch
def test_play__a_model_writes(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="torch is not installed (the extra `agents`)")
    import torch
    from codegym_agents import Seq2SeqPolicy
    from transformers import T5Config, T5ForConditionalGeneration

    torch.manual_seed(0)
    sizes = {"d_model": 16, "d_kv": 8, "d_ff": 16, "num_layers": 1, "num_heads": 2}
    config = T5Config(vocab_size=258, pad_token_id=256, eos_token_id=257, decoder_start_token_id=256, **sizes)
    Seq2SeqPolicy(T5ForConditionalGeneration(config), byte_tokenizer()).save_pretrained(tmp_path / "tiny")
    arguments = ("play", ENV, "--model", tmp_path / "tiny", "--seed", 3)
    greedy, again, sampled = run(*arguments), run(*arguments, "--greedy"), run(*arguments, "--sample")
    assert greedy.status == sampled.status == 0, greedy.err + sampled.err
    assert "edit similarity" in greedy.out
    assert greedy.out == again.out != sampled.out


# --- train and evaluate ------------------------------------------------------------------------------------


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Records what the command line asks of `codegym_agents.experiment`."""
    calls: list[dict[str, Any]] = []
    module: Any = types.ModuleType("codegym_agents.experiment")
    module.Experiment = lambda **options: options

    def train(experiment: dict[str, Any], *, out: Path, cluster: Any, writers: Any, **options: bool) -> dict[str, Any]:
        out.mkdir(parents=True, exist_ok=True)
        (out / "summary.json").write_text("{}")
        on = {name: one for name, one in (("cluster", cluster), ("writers", writers)) if one is not None}
        calls.append(experiment | {"out": out} | options | on)
        return {}

    def evaluate(**options: Any) -> dict[str, Any]:
        calls.append(options)
        return {}

    module.train, module.evaluate = train, evaluate
    monkeypatch.setitem(sys.modules, "codegym_agents.experiment", module)
    return calls


def test_train__has_the_documented_defaults(
    run: Run, calls: list[dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = run("train", ENV)
    assert ended.status == 0, ended.err
    assert calls == [
        {
            "env": ENV,
            "algorithm": "ppo",
            "model": "nano",
            "problems": None,
            "path": None,
            "evaluate_problems": None,
            "evaluate_path": None,
            "episodes": 4096,
            "evaluate": 500,
            "sample": False,
            "seed": 0,
            "device": "auto",
            "reward": "default",
            "source_tokens": None,
            "checkpoint_every": 10,
            "hyperparameters": {},
            "out": Path("runs") / f"{ENV}-ppo-0",
            "resume": False,
            "progress": True,
        }
    ]
    assert "summary.json" in ended.out


def test_train__passes_every_option_on(run: Run, calls: list[dict[str, Any]], tmp_path: Path) -> None:
    out = tmp_path / "run"
    options = {
        "problems": "stdlib",
        "path": "p",
        "model": "m",
        "algorithm": "a",
        "episodes": 8,
        "evaluate": 9,
    }
    options |= {
        "evaluate_problems": "e",
        "evaluate_path": "f",
        "seed": 4,
        "device": "cpu",
        "reward": "ppocoder",
    }
    options |= {"source_tokens": 77, "checkpoint_every": 3}
    flags = [text for name, value in options.items() for text in (f"--{name.replace('_', '-')}", value)]
    settings = ["--set", "learning_rate=3e-5", "--set", "clip-range=0.1", "--set", "schedule=linear"]
    ended = run("train", ENV, *flags, *settings, "--sample", "--out", out, "--resume", "--no-progress")
    assert ended.status == 0, ended.err
    hyperparameters = {"learning_rate": 3e-5, "clip_range": 0.1, "schedule": "linear"}
    expected = {"env": ENV, "hyperparameters": hyperparameters, "out": out, "resume": True, "progress": False}
    expected |= {"sample": True}
    assert calls == [{**options, **expected}]


def test_train__scores_and_writes_on_a_cluster(
    run: Run, calls: list[dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Cluster:
        def __init__(self, address: str, workers: int | None, gpus: float = 0.0) -> None:
            self.asked, self.done = (address, workers, gpus), list[str]()

        def wait(self) -> None:
            self.done.append("wait")

        def close(self) -> None:
            self.done.append("close")

    monkeypatch.setattr(cli, "Cluster", Cluster)
    flags = ["--ray-address", "auto", "--ray-writers", "2", "--ray-writer-gpus", "0.5"]
    assert run("train", ENV, "--out", tmp_path / "one", *flags).status == 0
    assert run("train", ENV, "--out", tmp_path / "two", "--ray-address", "auto", "--ray-workers", "3").status == 0
    both, scored = calls
    assert both["cluster"].asked == ("auto", None, 0.0) and both["cluster"].done == ["close"]
    assert both["writers"].asked == ("auto", 2, 0.5) and both["writers"].done == ["wait", "close"]
    assert scored["cluster"].asked == ("auto", 3, 0.0) and "writers" not in scored


def test_train__does_not_write_over_a_run(run: Run, calls: list[dict[str, Any]], tmp_path: Path) -> None:
    assert run("train", ENV, "--out", tmp_path).status == 0  # an empty folder is not a run
    ended = run("train", ENV, "--out", tmp_path)
    assert ended.status == cli.USER_ERROR
    assert "--resume" in ended.err
    assert len(calls) == 1
    assert run("train", ENV, "--out", tmp_path, "--resume").status == 0


def test_train__does_not_take_a_file_for_a_folder(run: Run, calls: list[dict[str, Any]], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for flags in ((), ("--resume",)):
        ended = run("train", ENV, "--out", tmp_path / "file", *flags)
        assert ended.status == cli.USER_ERROR
        assert "is a file" in ended.err
    assert calls == []


def test_evaluate__passes_every_option_on(run: Run, calls: list[dict[str, Any]], tmp_path: Path) -> None:
    assert run("evaluate", ENV).status == 0
    assert calls[0]["seed"] is None
    assert calls[0]["out"] is None
    options = {"problems": "stdlib", "path": "p", "model": "m", "split": "validation", "count": 12, "seed": 3}
    options |= {"device": "cpu", "reward": "ppocoder", "source_tokens": 70}
    options["out"] = tmp_path / "figures.json"
    flags = [text for name, value in options.items() for text in (f"--{name.replace('_', '-')}", value)]
    ended = run("evaluate", ENV, *flags)
    assert calls[1] == {"env": ENV, **options}
    assert "figures.json" in ended.out


@pytest.mark.parametrize("setting", ["learning_rate", "=3", "3=4", "a b=1", ""])
def test_settings__must_be_name_and_value(setting: str, run: Run, calls: list[dict[str, Any]]) -> None:
    ended = run("train", ENV, "--set", setting)
    assert ended.status == cli.USER_ERROR
    assert "name=value" in ended.err
    assert calls == []


def test_settings__are_given_once() -> None:
    with pytest.raises(ConfigurationError, match="twice"):
        cli.parse_settings(["clip_range=1", "clip-range=2"])


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(), children, max_size=3),
    max_leaves=5,
)


@given(json_values)
def test_settings__round_trip_json(value: object) -> None:
    assert cli.parse_settings([f"option={json.dumps(value)}"]) == {"option": value}


# problems


def test_problems_list__shows_every_set(run: Run) -> None:
    ended = run("problems", "list")
    assert ended.status == 0 and "procedural" in ended.out and "humaneval" in ended.out
    cards = json.loads(run("problems", "list", "--json").out)
    assert [card["name"] for card in cards] == list(codegym.problems.names())
    assert all(card["description"] and card["licence"] for card in cards)


def test_problems_sample__shows_statement_reference_and_tests(run: Run) -> None:
    out = run("problems", "sample", "procedural", "--language", "java", "--index", "3").out
    for part in ("procedural://", "Statement", "Reference", "Test 1", "public static"):
        assert part in out
    first, second = (run("problems", "sample", "procedural", "--seed", "5", "--json").out for _ in range(2))
    assert first == second and json.loads(first)["statement"]
    ended = run("problems", "sample", "stdlib", "--index", "9999999")
    assert ended.status == 2 and "--index 9999999" in ended.err


def test_problems_check__passes_what_is_right(run: Run) -> None:
    ended = run(
        "problems", "check", "procedural", "--count", "5", "--languages", "python,php", "--no-progress", "--json"
    )
    assert ended.status == 0
    reports = json.loads(ended.out)
    assert [report["language"] for report in reports] == ["python", "php"]
    assert all(report["problems"] == 5 and report["statuses"] == {"passed": 5} for report in reports)


def test_problems_check__finds_what_is_wrong(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "mine.jsonl"
    right = {"language": "python", "reference": "print(1)\n", "tests": [{"stdin": "", "stdout": "1"}], "split": "train"}
    wrong = {**right, "reference": "print(2)\n"}
    broken = {**right, "reference": "print(\n"}
    file.write_text("\n".join(map(json.dumps, (right, wrong, broken))), "utf-8")
    ended = run("problems", "check", "jsonl", "--path", file, "--languages", "python", "--no-progress")
    assert ended.status == 1
    assert "1 compile_error, 1 failed" in ended.out and "jsonl://mine.jsonl/2: failed: wrong_answer" in ended.out


def test_problems__unknown_set_is_a_mistake_of_the_user(run: Run) -> None:
    for command in (["sample", "procedual"], ["check", "procedual"]):
        ended = run("problems", *command)
        assert ended.status == 2 and "Did you mean 'procedural'?" in ended.err
    assert run("problems", "check", "procedural", "--languages", "cobol").status == 2


def test_train__workers_of_a_cluster_need_its_address(run: Run, tmp_path: Path) -> None:
    ended = run("train", ENV, "--out", tmp_path / "run", "--ray-workers", "4")
    assert ended.status == 2
    assert "--ray-address" in ended.err
    assert run("train", ENV, "--out", tmp_path / "run", "--ray-writers", "2").status == 2
    ended = run("train", ENV, "--out", tmp_path / "run", "--ray-address", "127.0.0.1:1", "--ray-writer-gpus", "0.5")
    assert ended.status == 2
    assert "--ray-writers" in ended.err
