"""The agents of a benchmark that learn or are models: they train, write and are measured like all others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from codegym_agents.benchmark import open_agent
from policies import make_policy
from typer.testing import CliRunner

from codegym.benchmark.plan import AgentSpec, EnvironmentSpec, Plan
from codegym.benchmark.run import Cell, Run
from codegym.benchmark.runner import run, verify
from codegym.cli import app
from codegym.errors import CodegymError, UnknownNameError

QUICK = {"episodes_per_iteration": 4, "samples_per_problem": 2, "minibatch_size": 4, "learning_rate": 1e-2}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("model")
    make_policy().save_pretrained(folder)
    return str(folder)


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("code")
    for number in range(40):
        lines = [f"    total = total + values[{number}] * {step}" for step in range(7 + number % 4)]
        text = "\n".join([f"def weigh_{number}(values, total):", *lines, "    return total", ""])
        (folder / f"module_{number}.py").write_text(text)
    return folder


@pytest.fixture(scope="module")
def environment(code: Path) -> EnvironmentSpec:
    options = {"problems": str(code), "source_tokens": 32, "target_tokens": 12}
    return EnvironmentSpec("code", "CodeCompletion-Python-v0", options)


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def play(environment: EnvironmentSpec, folder: Path, *agents: AgentSpec, **numbers: Any) -> Run:
    numbers = {"seeds": 1, "problems": 3, "episodes": 8, **numbers}
    return run(Plan(agents, (environment,), **numbers), folder, workers=1, device="cpu")


def test_learning_agent__learns_before_it_is_measured(environment: EnvironmentSpec, model: str, tmp_path: Path) -> None:
    ppo = AgentSpec("ppo", "ppo", {"model": model, **QUICK})
    found = play(environment, tmp_path / "run", AgentSpec("start", model), ppo, seeds=2)
    assert [one.status for one in found.results()] == ["done"] * 4
    first, second = (found.result(Cell("ppo", "code", seed)) for seed in (0, 1))
    assert first.learned_episodes == second.learned_episodes == 8
    curve = found.curve(Cell("ppo", "code", 0))
    assert [row["episodes"] for row in curve] == [4, 8]
    assert first.learned_tokens == round(sum(4 * row["length"] for row in curve)) > 0
    assert {"solved", "task_return", "kl"} <= curve[0].keys()
    for cell in found.cells():
        distances = [one.measures["kl"] for one in found.episodes(cell)]
        assert distances == pytest.approx([-sum(one.terms["kl"]) for one in found.episodes(cell)], abs=1e-4)
        assert all(distance == 0 for distance in distances) == (cell.agent == "start")
    assert found.episodes(Cell("ppo", "code", 0)) != found.episodes(Cell("ppo", "code", 1))
    assert verify(found.folder, workers=1).differences == ()


def test_learning_agent__is_the_same_for_the_same_seed(
    environment: EnvironmentSpec, model: str, tmp_path: Path
) -> None:
    a2c = AgentSpec("a2c", "a2c", {"model": model, **QUICK, "overlap": True})
    one, two = (play(environment, tmp_path / name, a2c) for name in ("one", "two"))
    cell = one.cells()[0]
    assert one.episodes(cell) == two.episodes(cell)
    assert one.curve(cell) == two.curve(cell)


def test_learning_agent__may_learn_from_hotter_samples_than_it_is_measured_with(
    environment: EnvironmentSpec, model: str, tmp_path: Path
) -> None:
    # No step is made, so that all of them stay the policy that they began with.
    settings = {"model": model, **QUICK, "learning_rate": 1e-30, "value_learning_rate": 1e-30}
    given = {"cold": {}, "mild": {"temperature": 0.5}, "hot": {"temperature": 0.5, "learn_temperature": 2.0}}
    agents = [AgentSpec(label, "ppo", {**settings, **temperatures}) for label, temperatures in given.items()]
    found = play(environment, tmp_path / "run", *agents)
    cold, mild, hot = (Cell(label, "code", 0) for label in given)
    assert found.episodes(hot) == found.episodes(mild) != found.episodes(cold)
    assert len({repr(found.curve(cell)) for cell in (cold, mild, hot)}) == 3


def test_learning_agent__stops_at_its_budget_of_tokens(
    environment: EnvironmentSpec, model: str, tmp_path: Path
) -> None:
    ppo = AgentSpec("ppo", "ppo", {"model": model, **QUICK})
    found = play(environment, tmp_path / "run", ppo, tokens=100, episodes=1)
    (result,) = found.results()
    assert 100 <= result.learned_tokens < 100 + 4 * 12


@pytest.mark.parametrize("jobs", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_learning_agent__learns_in_another_environment(
    environment: EnvironmentSpec, model: str, code: Path, tmp_path: Path, jobs: int
) -> None:
    settings = {"model": model, **QUICK, "learns_in": "CodeCompletion-PHP-v0", "learn_target_tokens": 8}
    other = EnvironmentSpec("other", "CodeCompletion-PHP-v0", {"target_tokens": 12})
    plan = Plan((AgentSpec("far", "ppo", settings),), (environment, other), seeds=1, problems=3, episodes=8)
    found = run(plan, tmp_path / "run", workers=jobs, jobs=jobs, device="cpu")
    first, second = found.results()
    assert first.status == second.status == "done", first.details + second.details
    assert max(row["length"] for row in found.curve(first.cell)) <= 8
    # It has learned once, and is measured in both.
    assert found.curve(first.cell) == found.curve(second.cell)
    assert (second.learned_episodes, second.learned_tokens) == (first.learned_episodes, first.learned_tokens)
    assert [file.name for file in found.policy_folder(first.cell).glob("curve.jsonl")]
    assert all(one.measures["kl"] > 0 for one in found.episodes(second.cell))


def test_sft__takes_part(environment: EnvironmentSpec, model: str, tmp_path: Path) -> None:
    found = play(environment, tmp_path / "run", AgentSpec("sft", "sft", {"model": model, "batch_size": 4}))
    (result,) = found.results()
    assert (result.status, result.learned_episodes) == ("done", 8)
    assert 8 <= result.learned_tokens <= 8 * 12  # it copies what experts wrote, within the budget


def test_policy__writes_samples_or_its_first_choices(environment: EnvironmentSpec, model: str, tmp_path: Path) -> None:
    greedy, sampling = AgentSpec("greedy", model, {"greedy": True}), AgentSpec("sampling", model, {"temperature": 0.9})
    found = play(environment, tmp_path / "run", greedy, sampling, samples=2)
    for cell in found.cells():
        episodes = found.episodes(cell)
        pairs = [(episodes[at].answer, episodes[at + 1].answer) for at in range(0, len(episodes), 2)]
        assert all(one == two for one, two in pairs) == (cell.agent == "greedy")


def test_sb3_model__takes_part(environment: EnvironmentSpec, tmp_path: Path) -> None:
    pytest.importorskip("sb3_contrib", reason="sb3-contrib is not installed: pip install 'codegym[sb3]'")
    from codegym_agents.sb3 import TokenFeatures, make_vec_env
    from stable_baselines3 import PPO

    env = make_vec_env(environment.env, 2, **environment.options)
    network = {"features_extractor_class": TokenFeatures, "features_extractor_kwargs": {"features_dim": 16}}
    PPO("MultiInputPolicy", env, policy_kwargs=network, n_steps=8, batch_size=8, seed=0, device="cpu").save(
        tmp_path / "model.zip"
    )
    env.close()
    asked = AgentSpec("sb3", f"sb3:{tmp_path / 'model.zip'}", {"algorithm": "PPO"})
    one, two = (play(environment, tmp_path / name, asked) for name in ("one", "two"))
    (result,) = one.results()
    assert (result.status, result.programs) == ("done", 3), result.details
    assert one.episodes(result.cell) == two.episodes(result.cell)


def test_experiment__runs_and_writes_its_page(model: str, tmp_path: Path) -> None:
    words = ["experiment", "run", "kl-sweep", "--model", model, "--seeds", "1", "--problems", "2", "--episodes", "4"]
    words += ["--set", "episodes_per_iteration=4", "--set", "samples_per_problem=2", "--set", "minibatch_size=4"]
    words += ["--out", str(tmp_path / "run"), "--page", str(tmp_path / "page"), "--workers", "1", "--device", "cpu"]
    shown = CliRunner().invoke(app, [*words, "--no-progress"], catch_exceptions=False)
    assert shown.exit_code == 0
    text = (tmp_path / "page" / "kl-sweep.md").read_text()
    assert "8-grams known" in text and "agents drew" in text
    assert "cannot be told from chance at this scale" in text
    assert "--set episodes_per_iteration=4" in text
    assert text.count("| kl-") >= 8  # in the figures, of memorisation, of settings


@pytest.mark.parametrize(
    ("agent", "settings", "message"),
    [
        ("nana", {}, "'nano'"),
        ("ppo", {"learning_rat": 1}, "'learning_rate'"),
        ("nano", {"learning_rate": 1}, "setting of the agent 'mine'"),
        ("sb3:nowhere.zip", {"algorithm": "PPPO"}, "'PPO'"),
        ("nano", {"model": "nano"}, "is a model already"),
        ("nano", {"temperature": 0.0}, "say greedy=true"),
    ],
)
def test_agent__that_is_none_is_named(agent: str, settings: dict[str, Any], message: str) -> None:
    if agent.startswith("sb3"):
        pytest.importorskip("sb3_contrib", reason="sb3-contrib is not installed: pip install 'codegym[sb3]'")
    with pytest.raises(CodegymError, match=message) as error:
        open_agent(AgentSpec("mine", agent, settings))
    assert isinstance(error.value, UnknownNameError) or settings.keys() & {"model", "temperature"}
