from __future__ import annotations

import itertools
import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from codegym.benchmark.analysis import Analysis, Duel, Entry, Standing, analyse, verdict_of
from codegym.benchmark.plan import AgentSpec, EnvironmentSpec, Plan
from codegym.benchmark.run import Cell, CellResult, EpisodeRecord, Run
from codegym.benchmark.statistics import compare_over_runs
from codegym.errors import DataError
from codegym.testing.runs import AGENTS, CRASHED, ENVIRONMENTS, MISSING, UNJUDGED, made_up_run

COMPLETION, SYNTHESIS = "CodeCompletion-Python-v0", "ProgramSynthesis-Java-v0"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Three agents in four environments with two seeds; see `made_up_run`."""
    return made_up_run(tmp_path_factory.mktemp("made-up"))


@pytest.fixture(scope="module")
def analysis(run: Run) -> Analysis:
    return analyse(run)


def mean(values: Iterable[float]) -> float:
    listed = list(values)
    return sum(listed) / len(listed)


def solved_of(run: Run, agent: str, environment: str, seed: int) -> float:
    return mean(one.measures["solved"] for one in run.episodes(Cell(agent, environment, seed)) if one.valid)


def standing(analysis: Analysis, agent: str) -> Standing:
    return next(one for one in analysis.leaderboard if one.agent == agent)


def entry(analysis: Analysis, agent: str, environment: str) -> Entry:
    return next(one for one in analysis.entries if (one.agent, one.environment) == (agent, environment))


def duel(analysis: Analysis, ours: str, theirs: str, environment: str = "") -> Duel:
    wanted = (ours, theirs, environment)
    return next(one for one in analysis.duels if (one.ours, one.theirs, one.environment) == wanted)


def record(problem: str, solved: bool, sample: int = 0, **grade: Any) -> EpisodeRecord:
    """A program that compiles, with the measures that matter here."""
    plain = {"status": "passed" if solved else "failed", "compiled": True, "diagnostics": [], "outcomes": []}
    measures = {"solved": float(solved), "compilation_rate": 1.0}
    return EpisodeRecord(problem, sample, (1,), ("x",), {"syntax": (0.5,)}, "x", "x", plain | grade, measures)


def small_run(
    folder: Path,
    cells: dict[tuple[str, str, int], list[EpisodeRecord]],
    seeds: int = 1,
    samples: int = 1,
    environments: tuple[str, ...] = (SYNTHESIS,),
) -> Run:
    agents = tuple(dict.fromkeys(agent for agent, _, _ in cells))
    plan = Plan(
        tuple(AgentSpec(one, one) for one in agents),
        tuple(EnvironmentSpec(one, one) for one in environments),
        seeds=seeds,
        samples=samples,
    )
    run = Run.make(folder, plan, {})
    for (agent, environment, seed), episodes in cells.items():
        run.write_done(CellResult(Cell(agent, environment, seed), "done", programs=len(episodes)), episodes)
    return run


# The leaderboard


def test_leaderboard__has_the_interquartile_mean_over_seeds_and_environments(run: Run, analysis: Analysis) -> None:
    found = standing(analysis, "nano")
    values = sorted(solved_of(run, "nano", environment, seed) for environment in ENVIRONMENTS for seed in (0, 1))
    assert found.seeds == (0, 1)
    assert found.interquartile_mean["solved"].value == pytest.approx(mean(values[2:6]))  # 8 values: 2 at each end go
    assert found.mean["solved"].value == pytest.approx(mean(values))
    assert found.interquartile_mean["solved"].low <= found.interquartile_mean["solved"].high


def test_leaderboard__counts_an_agent_with_the_seeds_that_are_whole(run: Run, analysis: Analysis) -> None:
    for agent, cell in (("ppo", CRASHED), ("random", MISSING)):
        assert cell.agent == agent and cell.seed == 1
        found = standing(analysis, agent)
        assert found.seeds == (0,)
        assert found.mean["solved"].value == pytest.approx(mean(solved_of(run, agent, one, 0) for one in ENVIRONMENTS))
        assert np.isnan(found.interquartile_mean["solved"].low)  # one seed says nothing about others


def test_leaderboard__is_in_order(analysis: Analysis) -> None:
    assert [one.rank for one in analysis.leaderboard] == [1, 2, 3]
    values = [one.interquartile_mean["solved"].value for one in analysis.leaderboard]
    assert values == sorted(values, reverse=True)
    assert analysis.leaderboard[0].agent == "ppo"


def test_leaderboard__gives_equal_agents_one_rank(tmp_path: Path) -> None:
    episodes = {agent: [record("a", agent != "worse"), record("b", False)] for agent in ("one", "worse", "other")}
    found = analyse(small_run(tmp_path / "run", {(one, SYNTHESIS, 0): each for one, each in episodes.items()}))
    assert [(one.agent, one.rank) for one in found.leaderboard] == [("one", 1), ("other", 1), ("worse", 3)]


def test_leaderboard__knows_how_cells_ended(analysis: Analysis) -> None:
    assert standing(analysis, "ppo").cells == {"done": 7, "crashed": 1}
    assert standing(analysis, "random").cells == {"done": 7, "missing": 1}
    assert standing(analysis, "nano").cells == {"done": 8}
    assert standing(analysis, "nano").invalid == 2
    assert standing(analysis, "ppo").learned_episodes == 256
    assert standing(analysis, "ppo").description == "ppo (learning_rate=1e-05)"


def test_leaderboard__puts_agents_without_a_whole_seed_last(tmp_path: Path) -> None:
    run = small_run(
        tmp_path / "run",
        {
            ("half", COMPLETION, 0): [record("a", True)],
            ("whole", COMPLETION, 0): [record("a", False)],
            ("whole", SYNTHESIS, 0): [record("b", False)],
        },
        environments=(COMPLETION, SYNTHESIS),
    )
    found = analyse(run)
    assert [(one.agent, one.rank) for one in found.leaderboard] == [("whole", 1), ("half", None)]
    assert standing(found, "half").interquartile_mean == {}
    assert any(text.startswith("half has no rank") for text in found.warnings)
    assert entry(found, "half", COMPLETION).scores["solved"].value == 1.0


def test_leaderboard__leaves_out_environments_that_nobody_finished(tmp_path: Path) -> None:
    run = small_run(
        tmp_path / "run", {("one", COMPLETION, 0): [record("a", True)]}, environments=(COMPLETION, SYNTHESIS)
    )
    run.write_crashed(Cell("one", SYNTHESIS, 0), "RuntimeError: no", "...")
    found = analyse(run)
    assert found.ranked_environments == (COMPLETION,)
    assert found.leaderboard[0].rank == 1
    assert any(SYNTHESIS in text and "Nobody" in text for text in found.warnings)


def test_analysis__of_a_run_in_which_nothing_is_done(tmp_path: Path) -> None:
    plan = Plan((AgentSpec("a", "a"), AgentSpec("b", "b")), (EnvironmentSpec(COMPLETION, COMPLETION),), seeds=1)
    found = analyse(Run.make(tmp_path / "run", plan, {}))
    assert [one.rank for one in found.leaderboard] == [None, None]
    assert len(found.missing) == 2
    assert not (found.entries or found.duels or found.profiles or found.improvements or found.episodes)


# Measures


def test_measures__average_a_problems_samples_first(tmp_path: Path) -> None:
    # Problem a: 1 of 3 right; problem b: 1 of 1, for the judge could not answer for the others.
    broken = {"status": "judge_error"}
    episodes = [
        *(record("a", sample == 0, sample) for sample in range(3)),
        *(record("b", True, sample, **(broken if sample else {})) for sample in range(3)),
    ]
    found = analyse(small_run(tmp_path / "run", {("one", SYNTHESIS, 0): episodes}, samples=3))
    scores = entry(found, "one", SYNTHESIS).scores
    assert scores["solved"].value == pytest.approx((1 / 3 + 1) / 2)
    assert scores["pass@2"].value == pytest.approx(2 / 3)  # of problem a alone: b has one program
    assert [one.name for one in found.measures if one.name.startswith("pass@")] == ["pass@2"]


def test_measures__are_those_that_somebody_has(analysis: Analysis) -> None:
    names = [one.name for one in analysis.measures]
    assert names[0] == "solved"
    assert {"compilation_rate", "bleu", "codebleu", "episode_return", "length", "kl"} <= set(names)
    by_name = {one.name: one for one in analysis.measures}
    assert by_name["codebleu"].title == "CodeBLEU"
    assert by_name["kl"].better == "lower" and by_name["length"].better == "neither"
    assert by_name["solved"].share and not by_name["episode_return"].share


def test_entries__average_over_seeds_and_have_intervals_over_problems(run: Run, analysis: Analysis) -> None:
    rows = defaultdict(list)
    for seed in (0, 1):
        for one in run.episodes(Cell("nano", UNJUDGED.environment, seed)):
            if one.valid:
                rows[one.problem].append(one.measures["codebleu"])
    found = entry(analysis, "nano", UNJUDGED.environment)
    assert found.problems == len(rows) == 6
    assert found.scores["codebleu"].value == pytest.approx(mean(mean(each) for each in rows.values()))
    assert found.scores["codebleu"].low < found.scores["codebleu"].value < found.scores["codebleu"].high


def test_entries__of_equal_verdicts_still_have_an_interval(tmp_path: Path) -> None:
    found = analyse(small_run(tmp_path / "run", {("one", SYNTHESIS, 0): [record(str(n), True) for n in range(10)]}))
    solved = entry(found, "one", SYNTHESIS).scores["solved"]
    assert solved.value == 1.0 and solved.low == pytest.approx(10 / (10 + 1.959964**2), abs=1e-4)  # Wilson


def test_entries__are_of_the_cells_that_are_done(analysis: Analysis) -> None:
    assert len(analysis.entries) == len(AGENTS) * len(ENVIRONMENTS)
    assert entry(analysis, CRASHED.agent, CRASHED.environment).seeds == (0,)
    assert entry(analysis, MISSING.agent, MISSING.environment).seeds == (0,)


# Comparisons


def test_twins__are_called_different_at_most_5_percent_of_the_time(tmp_path: Path) -> None:
    """An agent against itself, from the folder of a run to its report's figures, with three seeds."""
    trials, overall, anywhere, covered = 100, [], [], []
    for trial in range(trials):
        twins = (f"nano-{2 * trial}", f"nano-{2 * trial + 1}")
        found = analyse(
            made_up_run(tmp_path / str(trial), agents=twins, environments=(COMPLETION, SYNTHESIS), seeds=3, problems=12)
        )
        both = duel(found, *twins)
        overall.append(both.different)
        anywhere.append(any(one.different for one in found.duels if one.environment))
        covered.append(both.difference.low <= 0 <= both.difference.high)
        assert {one.rank for one in found.leaderboard} in ({1}, {1, 2})
    error = (0.95 * 0.05 / trials) ** 0.5
    assert np.mean(overall) <= 0.05 + 3 * error
    assert np.mean(anywhere) <= 0.05 + 3 * error
    assert abs(np.mean(covered) - 0.95) <= 3 * error


def test_duels__are_paired_by_problem(run: Run, analysis: Analysis) -> None:
    signs: Counter[int] = Counter()
    differences = []
    for environment in ENVIRONMENTS:
        scores: dict[str, dict[str, list[float]]] = {"nano": defaultdict(list), "ppo": defaultdict(list)}
        for agent, seed in itertools.product(scores, (0, 1)):
            for one in run.episodes(Cell(agent, environment, seed)):
                if one.valid:
                    scores[agent][one.problem].append(one.measures["solved"])
        for problem in scores["nano"]:
            difference = mean(scores["nano"][problem]) - mean(scores["ppo"][problem])
            differences.append(difference)
            signs[int(np.sign(difference))] += 1
    found = duel(analysis, "nano", "ppo")
    assert (found.better, found.worse, found.equal) == (signs[1], signs[-1], signs[0])
    assert found.problems == 24 and found.difference.value == pytest.approx(mean(differences))


def test_duels__say_how_much_wider_the_interval_is_over_other_seeds(run: Run, analysis: Analysis) -> None:
    environment = "CodeRepair-PHP-v0"
    found = duel(analysis, "nano", "ppo", environment)
    table = {
        agent: [[one.measures["solved"] for one in run.episodes(Cell(agent, environment, seed))] for seed in (0, 1)]
        for agent in ("nano", "ppo")
    }
    expected = compare_over_runs(table["nano"], table["ppo"])
    assert found.over_seeds.value == pytest.approx(found.difference.value)
    assert (found.over_seeds.low, found.over_seeds.high) == (max(expected.low, -1.0), min(expected.high, 1.0))
    # With one seed of `random` there, as one of its cells is missing, nothing is known of others.
    assert np.isnan(duel(analysis, "random", "ppo", environment).over_seeds.low)


def test_duels__are_of_every_pair_in_every_environment(analysis: Analysis) -> None:
    pairs = list(itertools.combinations(AGENTS, 2))
    assert [(one.ours, one.theirs) for one in analysis.duels if not one.environment] == pairs
    for ours, theirs in pairs:
        own = [one for one in analysis.duels if (one.ours, one.theirs) == (ours, theirs) and one.environment]
        assert [one.environment for one in own] == list(ENVIRONMENTS)
        assert sum(one.problems for one in own) == duel(analysis, ours, theirs).problems


def test_duels__are_corrected_for_their_number(tmp_path: Path) -> None:
    # On six problems, one agent always wins: p is 2 / 2**6 alone, and three times that among three pairs.
    def episodes(solved: bool) -> list[EpisodeRecord]:
        return [record(str(number), solved) for number in range(6)]

    two = {("a", SYNTHESIS, 0): episodes(True), ("b", SYNTHESIS, 0): episodes(False)}
    alone = duel(analyse(small_run(tmp_path / "two", two)), "a", "b")
    assert alone.p_value == pytest.approx(1 / 32) and alone.different
    three = two | {("c", SYNTHESIS, 0): episodes(False)}
    corrected = duel(analyse(small_run(tmp_path / "three", three)), "a", "b")
    assert corrected.p_value == pytest.approx(3 / 32) and not corrected.different


def test_improvements__of_both_directions_add_up_to_one(analysis: Analysis) -> None:
    found = {(one.ours, one.theirs): one.probability.value for one in analysis.improvements}
    assert set(found) == set(itertools.permutations(AGENTS, 2))
    for ours, theirs in found:
        assert found[ours, theirs] + found[theirs, ours] == pytest.approx(1)
    assert found["ppo", "random"] > 0.9


def test_profiles__fall_from_what_is_solved_at_all(run: Run, analysis: Analysis) -> None:
    found = next(one for one in analysis.profiles if one.agent == "nano")
    assert found.thresholds[0] == 0 and found.thresholds[-1] == 1 and found.shares[-1] == 0
    assert list(found.shares) == sorted(found.shares, reverse=True)
    values = [solved_of(run, "nano", environment, seed) for environment in ENVIRONMENTS for seed in (0, 1)]
    assert found.shares[25] == mean(value > 0.5 for value in values)


# Learning


def test_curves__are_means_over_seeds_with_the_lowest_and_the_highest(run: Run, analysis: Analysis) -> None:
    found = next(one for one in analysis.curves if (one.agent, one.environment) == ("ppo", COMPLETION))
    rows = [run.curve(Cell("ppo", COMPLETION, seed)) for seed in (0, 1)]
    assert found.seeds == (0, 1) and found.episodes == tuple(row["episodes"] for row in rows[0])
    middle, low, high = found.series["solved"]
    for place, pair in enumerate(zip(*rows, strict=True)):
        values = [row["solved"] for row in pair]
        assert (middle[place], low[place], high[place]) == pytest.approx((mean(values), min(values), max(values)))


def test_curves__with_other_points_meet_where_all_seeds_have_been(tmp_path: Path) -> None:
    run = small_run(tmp_path / "run", {("one", SYNTHESIS, seed): [record("a", True)] for seed in (0, 1)}, seeds=2)
    for seed, points in enumerate(((10, 20, 30), (20, 40))):
        rows = [{"episodes": point, "solved": point / 100, "task_return": 0.0} for point in points]
        cell = Cell("one", SYNTHESIS, seed)
        run.write_done(CellResult(cell, "done", programs=1), [record("a", True)], rows)
    (found,) = analyse(run).curves
    assert found.episodes == (20, 30)
    assert found.series["solved"][0] == pytest.approx((0.2, 0.3))


def test_curves__of_a_long_training_are_thinned(tmp_path: Path) -> None:
    run = small_run(tmp_path / "run", {("one", SYNTHESIS, 0): [record("a", True)]})
    rows = [{"episodes": point, "solved": 0.5} for point in range(1, 5001)]
    run.write_done(CellResult(Cell("one", SYNTHESIS, 0), "done", programs=1), [record("a", True)], rows)
    (found,) = analyse(run).curves
    assert len(found.episodes) == 200 and (found.episodes[0], found.episodes[-1]) == (1, 5000)


# What goes wrong


def error(message: str, code: str, severity: str = "error") -> dict[str, Any]:
    return {"line": 1, "column": 1, "severity": severity, "message": message, "code": code}


@pytest.mark.parametrize(
    ("grade", "expected"),
    [
        ({"status": "passed"}, "right"),
        ({"status": "compiled"}, "right"),
        ({"status": "judge_error"}, "no verdict"),
        ({"status": "failed", "outcomes": ["passed", "wrong_answer", "time_limit"]}, "wrong answer"),
        ({"status": "failed", "outcomes": []}, "wrong answer"),
        ({"status": "runtime_error", "outcomes": ["passed", "time_limit"]}, "time limit"),
        ({"status": "runtime_error", "outcomes": ["memory_limit"]}, "memory limit"),
        ({"status": "runtime_error", "outcomes": ["output_limit"]}, "output limit"),
        ({"status": "runtime_error", "outcomes": ["runtime_error"]}, "run-time error"),
        ({"status": "compile_error", "diagnostics": []}, "does not compile"),
    ],
)
def test_verdict__is_the_first_thing_that_goes_wrong(grade: dict[str, Any], expected: str) -> None:
    assert verdict_of(grade, "python")[0] == expected


def test_verdict__has_the_class_of_the_first_error() -> None:
    grade = {
        "status": "compile_error",
        "diagnostics": [error("unused", "", "warning"), error("invalid syntax", "SyntaxError")],
    }
    assert verdict_of(grade, "python") == ("does not compile", "syntax")
    assert verdict_of({"status": "compile_error"}, "python") == ("does not compile", "limit")


def test_verdicts__count_every_program(run: Run, analysis: Analysis) -> None:
    assert sum(one.programs for one in analysis.verdicts) == 22 * 6
    for one in analysis.verdicts:
        assert sum(one.kinds.values()) == one.programs
        assert sum(one.errors.values()) == one.kinds.get("does not compile", 0)
    unanswered = next(one for one in analysis.verdicts if (one.language, one.agent) == ("cpp", "nano"))
    assert unanswered.kinds["no verdict"] == 2


def test_errors__are_the_most_frequent_first_with_examples(analysis: Analysis) -> None:
    for language in ("python", "java", "cpp", "php"):
        found = [one for one in analysis.errors if one.language == language]
        assert [one.programs for one in found] == sorted((one.programs for one in found), reverse=True)
        assert sum(one.share for one in found) == pytest.approx(1)
        assert all(one.examples for one in found)
    syntax = next(one for one in analysis.errors if (one.language, one.name) == ("python", "syntax"))
    assert "invalid syntax" in syntax.examples


# Warnings, programs, broken runs


def test_warnings__say_what_a_reader_must_know(analysis: Analysis) -> None:
    text = "\n".join(analysis.warnings)
    assert "2 runs" in text
    assert "1 cell has crashed" in text and "1 cell has not been run" in text
    assert "could not answer for 2 of 132 programs" in text
    assert "ppo is ranked by 1 seed of 2" in text and "random is ranked by 1 seed of 2" in text
    assert [one.cell for one in analysis.crashes] == [CRASHED] and analysis.missing == (MISSING,)


def test_episodes__are_the_first_ones_of_each_cell(run: Run) -> None:
    found = analyse(run, episodes_per_cell=2)
    counts = Counter((one.agent, one.environment, one.seed) for one in found.episodes)
    assert len(counts) == 22 and set(counts.values()) == {2}
    for one in found.episodes:
        assert one.record == run.episodes(Cell(one.agent, one.environment, one.seed))[one.place]
        assert one.record.problem in found.problems[one.environment]
    assert list(found.problems[COMPLETION]) == ["procedural/sums/0", "procedural/sums/1"]


def test_analysis__is_the_same_each_time(run: Run, analysis: Analysis) -> None:
    assert repr(analyse(Run(run.folder))) == repr(analysis)  # by repr: NaN is not equal to itself


def test_analysis__of_a_changed_run_is_an_error(tmp_path: Path) -> None:
    run = small_run(tmp_path / "run", {("one", SYNTHESIS, 0): [record("a", True)]})
    (run.folder_of(Cell("one", SYNTHESIS, 0)) / "episodes.jsonl").write_text("")
    with pytest.raises(DataError, match="checksum"):
        analyse(run)


# The red team


def test_red_team__is_shown_where_it_has_been(run: Run, analysis: Analysis, tmp_path: Path) -> None:
    assert analysis.red_team is None
    hacked = made_up_run(tmp_path / "run", problems=2, red_team=True)
    wins = json.loads((hacked.folder / "red_team.json").read_text())["wins"]
    found = analyse(hacked).red_team
    assert found is not None
    assert found.scorers == ("default", "unit_tests", "ppocoder") and found.opponents[-1] == "broken"
    first = found.exploits[0]
    signs = "".join(wins[environment][first.name]["broken"]["ppocoder"] for environment in ENVIRONMENTS)
    assert first.trick and first.shares["broken"]["ppocoder"].value == signs.count("1") / len(signs)
    shares = [one.shares["broken"]["ppocoder"].value for one in found.exploits]
    assert found.total.shares["broken"]["ppocoder"].value == pytest.approx(mean(shares))
    assert {one["scorer"] for one in found.findings} == {"default"}


def test_red_team__of_a_broken_file_is_an_error(tmp_path: Path) -> None:
    run = made_up_run(tmp_path / "run", problems=2)
    for text in ("{", "{}"):
        (run.folder / "red_team.json").write_text(text)
        with pytest.raises(DataError, match=r"red_team\.json is broken"):
            analyse(run)
