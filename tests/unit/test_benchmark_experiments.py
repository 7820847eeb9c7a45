"""Experiments: what they run, which claims they test, and what their pages say."""

from __future__ import annotations

import dataclasses
import json
from itertools import chain, islice
from pathlib import Path

import numpy as np
import pytest

from codegym import cli
from codegym.benchmark.commands import show_claims, show_table
from codegym.benchmark.experiment_page import (
    claims_table,
    examine,
    examine_outcomes,
    outcomes,
    scores_of,
    summary,
    write_page,
)
from codegym.benchmark.experiments import EXPERIMENTS, Claim, Experiment, Scale, find
from codegym.benchmark.measures import MEASURES
from codegym.benchmark.plan import EnvironmentSpec, Plan, parse_agents
from codegym.benchmark.run import Cell, Run
from codegym.benchmark.runner import run as run_benchmark
from codegym.errors import ConfigurationError, DataError, UnknownNameError
from codegym.problems import procedural
from codegym.testing.runs import made_up_run

CLAIMS = (
    Claim("PPO solves more than chance.", "ppo", "random", "solved"),
    Claim("Chance solves more than PPO.", "random", "ppo", "solved", ("CodeCompletion-Python-v0",)),
    Claim("Nano is better than itself.", "nano", "nano"),
)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return made_up_run(tmp_path_factory.mktemp("experiment") / "run", problems=24)


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda one: one.name)
def test_experiment__claims_something_about_what_it_runs(experiment: Experiment) -> None:
    plan = experiment.plan(Scale(models=("nano", "models/larger"), seeds=2))
    agents, environments = ([one.label for one in group] for group in (plan.agents, plan.environments))
    claims = experiment.claims(plan)
    assert claims
    for claim in claims:
        assert {claim.ours, claim.theirs} <= set(agents)
        assert set(claim.environments) <= set(environments)
        assert claim.measure in MEASURES
        # Where no reward asks for tests, what compiles is solved: a claim about it would be the same claim twice.
        rewards = [
            str(one.options["reward"]) for one in plan.environments if one.label in (claim.environments or environments)
        ]
        assert claim.measure != "solved" or any("unit_tests" in reward for reward in rewards)
    # Every agent that learns is part of some claim, as is what it is compared with.
    assert {label for claim in claims for label in (claim.ours, claim.theirs)} >= {
        one.label for one in plan.agents if one.agent == "ppo" and not one.label.startswith("samples")
    }
    assert plan.seeds == 2


def test_experiment__is_found_by_its_name() -> None:
    assert find("kl-sweep").name == "kl-sweep"
    with pytest.raises(UnknownNameError, match="Did you mean 'kl-sweep'"):
        find("kl-swep")


def test_experiment__runs_in_some_of_its_environments() -> None:
    whole = find("transfer")
    assert whole.within(None) is whole.within([]) is whole
    part = whole.within(["stdlib"])
    plan = part.plan(Scale())
    assert [one.label for one in plan.environments] == ["stdlib"]
    assert [one.environments for one in part.claims(plan)] == [("stdlib",)] * 3
    with pytest.raises(UnknownNameError, match="Did you mean 'stdlib'"):
        whole.within(["stdlb"])


def test_claims__hold_or_do_not_or_cannot_be_told(run: Run) -> None:
    better, worse, same = examine(run, CLAIMS)
    assert [one.outcome for one in (better, worse, same)] == ["holds", "does not hold", "cannot be told from chance"]
    assert better.ours > better.theirs
    assert better.comparison.difference.low > 0 > worse.comparison.difference.high
    assert same.p_value == 1.0
    # Holm's correction: three claims, so the smallest p-value counts thrice.
    raw = [one.comparison.p_value for one in (better, worse, same)]
    assert min(better.p_value, worse.p_value) == pytest.approx(min(1.0, 3 * min(raw)))
    assert "does **not** hold" in worse.sentence()
    assert f"{worse.theirs:.3f} → {worse.ours:.3f}" in worse.sentence()


def test_claims__compare_the_same_problems_averaged_over_seeds(run: Run) -> None:
    environment = "CodeCompletion-Python-v0"
    (claim,) = examine(run, [dataclasses.replace(CLAIMS[1], ours="ppo", theirs="nano")])
    means = {}
    for agent in ("ppo", "nano"):
        found: dict[str, list[float]] = {}
        for seed in range(run.plan.seeds):
            for one in run.episodes(Cell(agent, environment, seed)):
                if one.valid:
                    found.setdefault(one.problem, []).append(one.measures["solved"])
        means[agent] = {problem: sum(values) / len(values) for problem, values in found.items()}
    common = sorted(means["ppo"].keys() & means["nano"].keys())
    assert claim.ours == pytest.approx(sum(means["ppo"][one] for one in common) / len(common))
    expected = sum(means["ppo"][one] - means["nano"][one] for one in common) / len(common)
    assert claim.comparison.difference.value == pytest.approx(expected)


def test_claims__say_what_came_out_with_each_seed(run: Run) -> None:
    environment = "CodeCompletion-Python-v0"
    (claim,) = examine(run, [dataclasses.replace(CLAIMS[1], ours="ppo", theirs="nano")])
    rates = [
        [np.mean([one.measures["solved"] for one in run.episodes(Cell(agent, environment, seed))]) for seed in (0, 1)]
        for agent in ("ppo", "nano")
    ]
    assert claim.by_seed == pytest.approx([ours - theirs for ours, theirs in zip(*rates, strict=True)])
    assert claim.over_seeds.value == pytest.approx(np.mean(claim.by_seed))
    assert claim.over_seeds.low < claim.comparison.difference.low
    assert f"with other seeds, too, 95 % {claim.over_seeds.low:+.3f} to" in claim.sentence()


def test_claims__of_one_seed_say_nothing_of_others(tmp_path: Path) -> None:
    single = made_up_run(tmp_path / "run", seeds=1, problems=12)
    (claim,) = examine(single, CLAIMS[:1])
    assert "other seeds" not in claim.sentence()
    assert "| one seed: none | 1 of 1 |" in "\n".join(claims_table([claim]))


def test_claims__from_raw_outcomes_are_those_of_the_run(run: Run) -> None:
    structure = Claim("PPO's programs are closer.", "ppo", "random", "syntax")
    experiment = Experiment("made-up", "?", "", lambda scale: run.plan, lambda plan: [*CLAIMS, structure])
    raw = json.loads(json.dumps(outcomes(run)))
    for found, expected in zip(examine_outcomes(experiment, raw), examine(run, CLAIMS), strict=True):
        assert (found.ours, found.theirs) == pytest.approx((expected.ours, expected.theirs))
        assert found.by_seed == pytest.approx(expected.by_seed)
        assert found.over_seeds.high == pytest.approx(expected.over_seeds.high, nan_ok=True)
        assert (found.p_value, found.outcome) == (pytest.approx(expected.p_value), expected.outcome)


def test_claims__of_a_run_that_is_not_done_are_refused(run: Run) -> None:
    with pytest.raises(ConfigurationError, match="no problem in common"):
        examine(run, [Claim("One that is not there is better.", "grpo", "nano")])


def test_page__says_what_came_out_and_how_it_was_made(run: Run, tmp_path: Path) -> None:
    made_up = Experiment("made-up", "Is it?", "It is.", lambda scale: run.plan, lambda plan: CLAIMS, ("errors",))
    page = write_page(made_up, run, "codegym experiment run made-up", "codegym codet5", tmp_path)
    text = page.read_text()
    for claim in examine(run, CLAIMS):
        assert claim.sentence() in text
    assert "2 of 3 claims cannot be confirmed at this scale." in text
    assert "codegym experiment run made-up" in text and "codegym codet5" in text
    assert "Why programs do not compile" in text
    assert "learning_rate=1e-05" in text
    assert (tmp_path / "made-up.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "made-up.csv").read_text().startswith("agent,environment,seed")
    cells = json.loads((tmp_path / "made-up.json").read_text())["cells"]
    episodes = run.episodes(Cell("ppo", "CodeCompletion-Python-v0", 0))
    solved = cells["ppo/CodeCompletion-Python-v0/0"]["solved"]
    assert solved == "".join(str(int(one.measures["solved"])) if one.valid else "?" for one in episodes)
    again = write_page(made_up, run, "codegym experiment run made-up", "codegym codet5", tmp_path / "again")
    for file in ("made-up.md", "made-up.csv", "made-up.json", "made-up.png"):
        assert (tmp_path / file).read_bytes() == (again.parent / file).read_bytes()


def test_page__is_written_of_a_run_from_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = made_up_run(tmp_path / "run")
    made_up = Experiment("made-up", "Is it?", "It is.", lambda scale: found.plan, lambda plan: CLAIMS, measure="solved")
    monkeypatch.setattr("codegym.benchmark.experiments.find", lambda name: made_up)
    words = [
        "experiment",
        "run",
        "made-up",
        "--page-only",
        "--out",
        str(found.folder),
        "--page",
        str(tmp_path / "page"),
    ]
    with pytest.raises(ConfigurationError, match="is not done: 1 of its cells"):
        cli.app(words, standalone_mode=False)
    missing = next(one.cell for one in found.results() if one.status == "missing")
    found.write_crashed(missing, "It was not there.", "")
    cli.app(words, standalone_mode=False)
    assert (tmp_path / "page" / "made-up.md").is_file()
    other = dataclasses.replace(made_up, plan=lambda scale: dataclasses.replace(found.plan, seeds=5))
    monkeypatch.setattr("codegym.benchmark.experiments.find", lambda name: other)
    with pytest.raises(ConfigurationError, match="was made with other seeds than are asked for"):
        cli.app(words, standalone_mode=False)


_ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    "page", [_ROOT / "README.md", *sorted((_ROOT / "docs").glob("*.md"))], ids=lambda one: one.name
)
def test_tables__are_those_of_the_raw_outcomes(page: Path) -> None:
    for block in page.read_text().split("<!-- codegym experiment table ")[1:]:
        arguments, _, rest = block.partition(" -->\n")
        file, _, measure = arguments.partition(" --measure ")
        raw = json.loads((_ROOT / file).read_text())
        assert rest.startswith("\n".join(summary(raw, measure or "compilation_rate")) + "\n"), file


def test_summary__says_what_changed(run: Run) -> None:
    head, _, *rows = summary(outcomes(run), "solved")
    assert head == "|  | before | after | change, 95 % |"
    learners = [one.label for one in run.plan.agents][1:]
    assert len(rows) == len(learners) * len(run.plan.environments)
    ppo = next(row for row in rows if row.startswith("| CodeCompletion-Python-v0, ppo |"))
    before, after = (float(cell) for cell in ppo.split("|")[2:4])
    environment = "CodeCompletion-Python-v0"
    figures = [
        np.mean([np.mean([*chain(*each)]) for each in scores_of(run, agent, [environment], "solved").values()])
        for agent in (run.plan.agents[0].label, "ppo")
    ]
    assert [before, after] == pytest.approx(figures, abs=5e-4)


def test_table_command__names_a_file_that_is_something_else(tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text("{}")
    with pytest.raises(DataError, match=r"other\.json is not the raw outcomes"):
        show_table(tmp_path / "other.json")
    with pytest.raises(UnknownNameError, match="Did you mean 'solved'"):
        show_table(tmp_path / "other.json", "solve")


def test_claims_command__names_a_file_that_is_something_else(tmp_path: Path) -> None:
    (tmp_path / "learning.json").write_text("{}")
    with pytest.raises(DataError, match=r"learning\.json is not the raw outcomes"):
        show_claims([tmp_path / "learning.json"])
    with pytest.raises(UnknownNameError, match="Did you mean 'learning'"):
        show_claims([tmp_path / "learnin.json"])


def test_claims_page__is_what_its_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    page = (_ROOT / "docs/results/seeds.md").read_text()
    command = page.partition("codegym experiment claims")[2].partition("```")[0]
    files = [file for pattern in command.replace("\\", "").split() for file in sorted(_ROOT.glob(pattern))]
    show_claims(files)
    assert page.rstrip().endswith(capsys.readouterr().out.rstrip())


def test_memorisation__is_measured_against_what_was_learned_from(tmp_path: Path) -> None:
    plan = Plan(parse_agents(["reference", "copy"], {}), (EnvironmentSpec("PHP", "CodeCompletion-PHP-v0"),), 2, 4)
    found = run_benchmark(plan, tmp_path / "run", workers=1)
    first, second = ([*found.problems("PHP")], [problem.id for problem in islice(procedural(["php"]), 3)])
    for seed, uris in enumerate((first, second)):
        (found.folder_of(Cell("copy", "PHP", seed)) / "learned_from.txt").write_text("\n".join(uris))
    experiment = dataclasses.replace(find("kl-sweep"), claims=lambda plan: [Claim("Same.", "copy", "reference")])
    text = write_page(experiment, found, "command", "another", tmp_path).read_text()
    assert "PHP: agents drew 4, 3 problems, by seed." in text
    expert, reference, copy = (
        [float(cell.split(" ")[0]) for cell in line.strip("| ").split(" | ")[2:]]
        for line in text.splitlines()
        if line.startswith("| PHP | ") and line.count("|") == 6
    )
    # With one of the two seeds, the held-out problems themselves were learned from.
    assert expert[:2] == reference[:2] and 0.5 <= expert[1] <= expert[0] < 1.0
    assert copy[1] == 0.0
    (found.folder_of(Cell("copy", "PHP", 0)) / "learned_from.txt").write_text("stdlib://nowhere")
    with pytest.raises(DataError, match="no problem 'stdlib://nowhere' to learn from"):
        write_page(experiment, found, "command", "another", tmp_path)
