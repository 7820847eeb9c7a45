"""What a run says: everything that its report shows, as plain data.

Two kinds of intervals are kept apart. Those of the leaderboard and of what follows from it are over seeds: runs are
resampled, stratified by environment (Agarwal et al. 2021, arXiv 2108.13264). Those of one environment are over its
problems: a problem's score is averaged over seeds and samples first.

Agents can be ranked only by the same environments. An agent counts with the seeds with which it finished all of them;
one without such a seed has no rank. Environments that nobody finished do not count.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import combinations, permutations, product
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from codegym import languages
from codegym.benchmark.measures import MEASURES, SHARES
from codegym.benchmark.metrics import error_class, pass_at_k
from codegym.benchmark.plan import Plan
from codegym.benchmark.run import Cell, CellResult, EpisodeRecord, ProblemRecord, Run
from codegym.benchmark.statistics import (
    Estimate,
    aggregate,
    compare,
    compare_over_runs,
    estimate,
    few_runs,
    holm,
    interquartile_mean,
    mean,
    performance_profile,
    probability_of_improvement,
)
from codegym.benchmark.tables import ks
from codegym.errors import DataError
from codegym.types import Diagnostic

VerdictKind = Literal[
    "right",
    "wrong answer",
    "run-time error",
    "time limit",
    "memory limit",
    "output limit",
    "does not compile",
    "no verdict",
]
"""What became of a program. `no verdict`: the judge could not answer."""

VERDICT_KINDS: tuple[VerdictKind, ...] = get_args(VerdictKind)

_KINDS_OF_OUTCOMES: Mapping[str, VerdictKind] = {
    "wrong_answer": "wrong answer",
    "runtime_error": "run-time error",
    "time_limit": "time limit",
    "memory_limit": "memory limit",
    "output_limit": "output limit",
    "compile_error": "does not compile",
}
_BINARY = ("solved", "compilation_rate", "exact_match")
_TITLES = {"bleu": "BLEU", "codebleu": "CodeBLEU", "kl": "KL", "episode_return": "Return", "dataflow": "Data flow"}
_THRESHOLDS = 51
_CURVE_POINTS = 200
_EXAMPLES = 3
_EXAMPLE_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class Measure:
    """Something that is measured of every program.

    Attributes:
        name: Its key.
        title: Its name in words.
        description: What it is.
        share: Whether it lies in [0, 1].
        better: Which values are good ones.
    """

    name: str
    title: str
    description: str
    share: bool
    better: Literal["higher", "lower", "neither"]


@dataclass(frozen=True, slots=True)
class Standing:
    """A row of the leaderboard.

    Attributes:
        agent: Label of the agent.
        description: What it is, with its settings.
        rank: Its place, from 1; None if it has not finished every environment that counts with any seed.
        seeds: The seeds with which it has, and which its figures are of.
        cells: How its cells ended: `done`, `crashed`, `missing` to their number.
        programs: How many it wrote.
        invalid: How many of them the judge could not answer for.
        learned_episodes: From how many programs it learned, on average over the cells that are done.
        interquartile_mean: Of each measure, over seeds and environments, with the interval over seeds.
        mean: The same for the mean.
    """

    agent: str
    description: str
    rank: int | None
    seeds: tuple[int, ...]
    cells: Mapping[str, int]
    programs: int
    invalid: int
    learned_episodes: float
    interquartile_mean: Mapping[str, Estimate]
    mean: Mapping[str, Estimate]


@dataclass(frozen=True, slots=True)
class Entry:
    """One agent in one environment.

    Attributes:
        agent: Label of the agent.
        environment: Label of the environment.
        seeds: The seeds that are done.
        problems: How many problems the figures are of.
        scores: The mean of each measure, with the interval over problems.
    """

    agent: str
    environment: str
    seeds: tuple[int, ...]
    problems: int
    scores: Mapping[str, Estimate]


@dataclass(frozen=True, slots=True)
class Curve:
    """How an agent changed while it learned in an environment.

    Attributes:
        agent: Label of the agent.
        environment: Label of the environment.
        seeds: The seeds that have a curve.
        episodes: Programs that it had learned from, at each of N points.
        series: Each metric to its mean over the seeds, the lowest and the highest of them, each of length N.
    """

    agent: str
    environment: str
    seeds: tuple[int, ...]
    episodes: tuple[float, ...]
    series: Mapping[str, tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]]


@dataclass(frozen=True, slots=True)
class Profile:
    """For each threshold, the share of an agent's cells that solve more than that."""

    agent: str
    thresholds: tuple[float, ...]
    shares: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Improvement:
    """How probable it is that `ours` solves more than `theirs`, in an environment drawn at random."""

    ours: str
    theirs: str
    probability: Estimate


@dataclass(frozen=True, slots=True)
class Duel:
    """Two agents on the same problems.

    Attributes:
        ours: Label of one.
        theirs: Label of the other.
        environment: Where; empty: in all environments that both have done.
        problems: How many problems.
        better: How many of them `ours` solves more often.
        worse: How many it solves less often.
        equal: How many they solve equally often.
        difference: Of what they solve, ours minus theirs, with the interval over problems.
        over_seeds: The same with the interval over other seeds, too; see `compare_over_runs`.
        p_value: Of no difference; corrected by Holm's method over all pairs, or over the environments of one pair.
        different: Whether it is below 5 %.
    """

    ours: str
    theirs: str
    environment: str
    problems: int
    better: int
    worse: int
    equal: int
    difference: Estimate
    over_seeds: Estimate
    p_value: float
    different: bool


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What became of an agent's programs in a language.

    Attributes:
        language: Name of the language.
        agent: Label of the agent.
        programs: How many there are.
        kinds: Each kind of verdict to the number of programs; those that occur.
        errors: Each class of compiler errors to the number of programs whose first error is of it.
    """

    language: str
    agent: str
    programs: int
    kinds: Mapping[str, int]
    errors: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ErrorCount:
    """A class of compiler errors in a language.

    Attributes:
        language: Name of the language.
        name: Name of the class.
        programs: How many programs have their first error in it.
        share: Of the programs that do not compile.
        examples: The first different messages.
    """

    language: str
    name: str
    programs: int
    share: float
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExploitShares:
    """How often an exploit is paid better than honest wrong programs.

    Attributes:
        name: Its name.
        trick: What it exploits.
        shares: By kind of the honest programs, then by who scores: the share of problems, with its interval over them.
    """

    name: str
    trick: str
    shares: Mapping[str, Mapping[str, Estimate]]


@dataclass(frozen=True, slots=True)
class RewardHacking:
    """What a red team found; see `codegym.benchmark.red_team`.

    Attributes:
        scorers: Rewards and measures.
        opponents: Kinds of honest wrong programs.
        total: The shares of all exploits together.
        exploits: Every exploit.
        findings: Exploits that one of our rewards pays better, as `red_team.json` has them.
    """

    scorers: tuple[str, ...]
    opponents: tuple[str, ...]
    total: ExploitShares
    exploits: tuple[ExploitShares, ...]
    findings: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Episode:
    """A program to look at.

    Attributes:
        agent: Label of the agent.
        environment: Label of the environment.
        seed: The seed.
        place: Which program of its cell, from 0.
        language: Name of its language.
        kind: What became of it.
        error: Class of its first compiler error, if it does not compile.
        record: The program itself.
    """

    agent: str
    environment: str
    seed: int
    place: int
    language: str
    kind: VerdictKind
    error: str
    record: EpisodeRecord


@dataclass(frozen=True)
class Analysis:
    """Everything that a report shows.

    Attributes:
        plan: What was asked for.
        conditions: Versions, problem sets and compilers.
        languages: Name of the language of each environment.
        titles: What each language is called.
        measures: What was measured.
        ranked_environments: The environments that the leaderboard is of.
        warnings: What a reader must know before believing a figure.
        crashes: The cells that crashed.
        missing: The cells that have not been run.
        leaderboard: The agents, best first; those without a rank last.
        entries: Every agent in every environment, if it has figures.
        curves: How agents learned.
        profiles: Of each agent that is ranked.
        improvements: Of each ordered pair of agents that are ranked.
        duels: Of each pair of agents, in all environments together, then in each one.
        verdicts: By language and agent.
        errors: By language, most frequent first.
        episodes: The first programs of each cell.
        episodes_per_cell: How many of each cell at most.
        problems: The problems of those programs, by environment and URI.
        red_team: What `red_team.json` in the run's folder says, if it is there.
    """

    plan: Plan
    conditions: Mapping[str, Any]
    languages: Mapping[str, str]
    titles: Mapping[str, str]
    measures: tuple[Measure, ...]
    ranked_environments: tuple[str, ...]
    warnings: tuple[str, ...]
    crashes: tuple[CellResult, ...]
    missing: tuple[Cell, ...]
    leaderboard: tuple[Standing, ...]
    entries: tuple[Entry, ...]
    curves: tuple[Curve, ...]
    profiles: tuple[Profile, ...]
    improvements: tuple[Improvement, ...]
    duels: tuple[Duel, ...]
    verdicts: tuple[Verdicts, ...]
    errors: tuple[ErrorCount, ...]
    episodes: tuple[Episode, ...]
    episodes_per_cell: int
    problems: Mapping[str, Mapping[str, ProblemRecord]]
    red_team: RewardHacking | None


def analyse(run: Run, episodes_per_cell: int = 12) -> Analysis:
    """Returns what a run says.

    Args:
        run: The run; cells may be missing.
        episodes_per_cell: How many programs of each cell are to be looked at: its first ones.

    Raises:
        DataError: A file of the run is broken.
    """
    plan = run.plan
    written = {one.label: languages.get(one.language).name for one in plan.environments}
    scores = _Scores(
        plan,
        written,
        [_read(run, result, written[result.cell.environment], episodes_per_cell) for result in run.results()],
    )
    ranked = _ranked_environments(scores)
    leaderboard = _leaderboard(scores, ranked)
    episodes = [episode for figures in scores.cells for episode in figures.episodes]
    return Analysis(
        plan=plan,
        conditions=run.conditions,
        languages=scores.languages,
        titles={name: languages.get(name).title for name in dict.fromkeys(scores.languages.values())},
        measures=_measures(scores),
        ranked_environments=ranked,
        warnings=tuple(_warnings(scores, ranked, leaderboard)),
        crashes=tuple(one.result for one in scores.cells if one.result.status == "crashed"),
        missing=tuple(one.result.cell for one in scores.cells if one.result.status == "missing"),
        leaderboard=leaderboard,
        entries=tuple(_entries(scores)),
        curves=tuple(_curves(scores, run)),
        profiles=tuple(_profiles(scores, ranked)),
        improvements=tuple(_improvements(scores, ranked)),
        duels=tuple(_duels(scores)),
        verdicts=tuple(_verdicts(scores)),
        errors=tuple(_errors(scores)),
        episodes=tuple(episodes),
        episodes_per_cell=episodes_per_cell,
        problems=_problems(run, episodes),
        red_team=_red_team(run.folder / "red_team.json"),
    )


def verdict_of(grade: Mapping[str, Any], language: str) -> tuple[VerdictKind, str]:
    """Returns what became of a program, and the class of its first compiler error.

    Args:
        grade: The verdict, as `EpisodeRecord.grade`.
        language: Name of the language.
    """
    if grade["status"] in ("passed", "compiled"):
        return "right", ""
    if grade["status"] == "judge_error":
        return "no verdict", ""
    if grade["status"] == "compile_error":
        first = first_error(grade)  # a compiler that ran into a limit says nothing
        return "does not compile", "limit" if first is None else error_class(first, language)
    failed = next((outcome for outcome in grade.get("outcomes", ()) if outcome != "passed"), None)
    default: VerdictKind = "wrong answer" if grade["status"] == "failed" else "run-time error"
    return default if failed is None else _KINDS_OF_OUTCOMES.get(failed, default), ""


def first_error(grade: Mapping[str, Any]) -> Diagnostic | None:
    """Returns the first error of a compiler, or the first message if none is an error."""
    diagnostics = [Diagnostic(**one) for one in grade.get("diagnostics", ())]
    return next((one for one in diagnostics if one.severity == "error"), diagnostics[0] if diagnostics else None)


@dataclass(frozen=True)
class _Figures:
    """What is kept of a cell.

    Attributes:
        result: How it ended.
        scores: Each problem to its measures, averaged over the programs that the judge answered for.
        kinds: Number of programs by verdict.
        errors: Number of programs by class of the first compiler error.
        examples: Each class to its first different messages.
        episodes: Its first programs.
    """

    result: CellResult
    scores: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    kinds: Mapping[str, int] = field(default_factory=dict)
    errors: Mapping[str, int] = field(default_factory=dict)
    examples: Mapping[str, Sequence[str]] = field(default_factory=dict)
    episodes: Sequence[Episode] = ()

    @cached_property
    def means(self) -> dict[str, float]:
        """Each measure's mean over the problems."""
        names = dict.fromkeys(name for row in self.scores.values() for name in row)
        return {name: float(np.mean([row[name] for row in self.scores.values() if name in row])) for name in names}


class _Scores:
    """The figures of every cell, by agent and environment."""

    def __init__(self, plan: Plan, languages: Mapping[str, str], cells: Sequence[_Figures]) -> None:
        self.plan = plan
        self.languages = languages
        self.cells = cells
        self.agents = tuple(one.label for one in plan.agents)
        self.environments = tuple(one.label for one in plan.environments)
        self._found = {one.result.cell: one for one in cells if one.scores}

    def get(self, agent: str, environment: str, seed: int) -> _Figures | None:
        """Returns the figures of a cell that has any."""
        return self._found.get(Cell(agent, environment, seed))

    def seeds(self, agent: str, environment: str) -> tuple[int, ...]:
        """Returns the seeds that have figures."""
        return tuple(seed for seed in range(self.plan.seeds) if self.get(agent, environment, seed))

    def table(
        self, agent: str, environments: Sequence[str], measure: str
    ) -> tuple[tuple[int, ...], NDArray[np.float64]]:
        """Returns the seeds that have a measure in each of the environments, and its means: (seeds, environments)."""
        seeds, rows = [], []
        for seed in range(self.plan.seeds):
            cells = [self.get(agent, environment, seed) for environment in environments]
            row = [one.means[measure] for one in cells if one is not None and measure in one.means]
            if row and len(row) == len(environments):
                seeds.append(seed)
                rows.append(row)
        return tuple(seeds), np.array(rows, dtype=np.float64).reshape(len(rows), len(environments))

    def by_problem(self, agent: str, environment: str, measure: str) -> dict[str, float]:
        """Returns a measure of each problem, averaged over seeds."""
        by_seed = self.by_problem_and_seed(agent, environment, measure)
        return {problem: float(np.nanmean(each)) for problem, each in by_seed.items()}

    def by_problem_and_seed(self, agent: str, environment: str, measure: str) -> dict[str, NDArray[np.float64]]:
        """Returns a measure of each problem with every seed; NaN where there is none."""
        values: dict[str, NDArray[np.float64]] = {}
        for seed in self.seeds(agent, environment):
            figures = self.get(agent, environment, seed)
            for problem, row in figures.scores.items() if figures else ():
                if measure in row:
                    values.setdefault(problem, np.full(self.plan.seeds, np.nan))[seed] = row[measure]
        return values


def _read(run: Run, result: CellResult, language: str, episodes_per_cell: int) -> _Figures:
    """Returns the figures of a cell; its programs are not kept, but for the first ones."""
    cell = result.cell
    records = run.episodes(cell)
    kinds: Counter[str] = Counter()
    errors: Counter[str] = Counter()
    examples: dict[str, list[str]] = defaultdict(list)
    episodes = []
    for place, record in enumerate(records):
        kind, error = verdict_of(record.grade, language)
        kinds[kind] += 1
        if error:
            errors[error] += 1
            _add_example(examples[error], first_error(record.grade))
        if place < episodes_per_cell:
            episodes.append(Episode(cell.agent, cell.environment, cell.seed, place, language, kind, error, record))
    return _Figures(result, _by_problem(records, ks(run.plan.samples)), kinds, errors, examples, episodes)


def _add_example(examples: list[str], diagnostic: Diagnostic | None) -> None:
    message = "" if diagnostic is None else " ".join(diagnostic.message.split())[:_EXAMPLE_CHARACTERS]
    if message and message not in examples and len(examples) < _EXAMPLES:
        examples.append(message)


def _by_problem(records: Iterable[EpisodeRecord], sizes: Sequence[int]) -> dict[str, dict[str, float]]:
    """Returns each problem's measures, averaged over its programs, and its pass@k."""
    programs: dict[str, list[EpisodeRecord]] = defaultdict(list)
    for record in records:
        if record.valid:
            programs[record.problem].append(record)
    scores = {}
    for problem, ones in programs.items():
        row = {name: float(np.mean([one.measures[name] for one in ones])) for name in ones[0].measures}
        right = round(sum(one.measures["solved"] for one in ones))
        row |= {f"pass@{k}": float(pass_at_k(len(ones), right, k)) for k in sizes if 1 < k <= len(ones)}
        scores[problem] = row
    return scores


def _measures(scores: _Scores) -> tuple[Measure, ...]:
    found = {name for cell in scores.cells for name in cell.means}
    measures = [
        Measure(
            name,
            _TITLES.get(name, name.replace("_", " ").capitalize()),
            description,
            name in SHARES,
            "neither" if name == "length" else "higher",
        )
        for name, description in MEASURES.items()
    ]
    for k in ks(scores.plan.samples)[1:]:
        description = f"problems with a right one among {k} programs"
        measures.append(Measure(f"pass@{k}", f"pass@{k}", description, True, "higher"))
    description = "divergence of a program from the policy that the agent began with"
    measures.append(Measure("kl", "KL", description, False, "lower"))
    return tuple(one for one in measures if one.name in found or one.name == "solved")


def _ranked_environments(scores: _Scores) -> tuple[str, ...]:
    """Returns the environments that somebody has finished with some seed."""
    return tuple(
        environment
        for environment in scores.environments
        if any(scores.seeds(agent, environment) for agent in scores.agents)
    )


def _leaderboard(scores: _Scores, environments: Sequence[str]) -> tuple[Standing, ...]:
    standings = []
    for spec in scores.plan.agents:
        cells = [one for one in scores.cells if one.result.cell.agent == spec.label]
        tables = {one.name: scores.table(spec.label, environments, one.name) for one in _measures(scores)}
        tables = {name: table for name, table in tables.items() if table[0]}
        settings = ", ".join(f"{name}={value}" for name, value in spec.settings.items())
        done = [one.result for one in cells if one.result.status == "done"]
        standings.append(
            Standing(
                agent=spec.label,
                description=f"{spec.agent} ({settings})" if settings else spec.agent,
                rank=None,
                seeds=tables["solved"][0] if "solved" in tables else (),
                cells=dict(Counter(one.result.status for one in cells)),
                programs=sum(one.programs for one in done),
                invalid=sum(one.invalid for one in done),
                learned_episodes=float(np.mean([one.learned_episodes for one in done])) if done else 0.0,
                interquartile_mean={
                    name: aggregate(table, statistic=interquartile_mean) for name, (_, table) in tables.items()
                },
                mean={name: aggregate(table, statistic=mean) for name, (_, table) in tables.items()},
            )
        )
    return tuple(_in_order(standings))


def _in_order(standings: Sequence[Standing]) -> list[Standing]:
    """Returns agents by what they solve, equal ones with the same rank, those that cannot be ranked last."""
    ranked = sorted((one for one in standings if one.seeds), key=lambda one: -one.interquartile_mean["solved"].value)
    values = [one.interquartile_mean["solved"].value for one in ranked]
    placed = [replace(one, rank=1 + values.index(value)) for one, value in zip(ranked, values, strict=True)]
    return [*placed, *(one for one in standings if not one.seeds)]


def _entries(scores: _Scores) -> Iterable[Entry]:
    for environment in scores.environments:
        for agent in scores.agents:
            seeds = scores.seeds(agent, environment)
            if not seeds:
                continue
            values = {
                one.name: list(scores.by_problem(agent, environment, one.name).values()) for one in _measures(scores)
            }
            estimates = {name: _over_problems(name, sample) for name, sample in values.items() if sample}
            yield Entry(agent, environment, seeds, len(values["solved"]), estimates)


def _over_problems(name: str, sample: Sequence[float]) -> Estimate:
    """Estimates a mean over problems; shares get Wilson's interval, which does not collapse where all are equal."""
    if (name in _BINARY or name.startswith("pass@")) and all(value in (0.0, 1.0) for value in sample):
        return estimate([value == 1.0 for value in sample])
    return estimate(sample)


def _curves(scores: _Scores, run: Run) -> Iterable[Curve]:
    for environment in scores.environments:
        for agent in scores.agents:
            rows = {seed: run.curve(Cell(agent, environment, seed)) for seed in range(scores.plan.seeds)}
            rows = {seed: each for seed, each in rows.items() if each}
            if rows:
                yield _curve(agent, environment, rows)


def _curve(agent: str, environment: str, rows: Mapping[int, Sequence[Mapping[str, float]]]) -> Curve:
    """Returns the curve of several seeds, at the points where all of them have been."""
    counts = {seed: [row["episodes"] for row in each] for seed, each in rows.items()}
    low, high = max(min(each) for each in counts.values()), min(max(each) for each in counts.values())
    points = sorted({count for each in counts.values() for count in each if low <= count <= high})
    if len(points) > _CURVE_POINTS:
        points = [points[round(place)] for place in np.linspace(0, len(points) - 1, _CURVE_POINTS)]
    names = [
        name
        for name in next(iter(rows.values()))[0]
        if name in ("solved", "task_return", "compilation_rate", "kl", "length")
        and all(name in row for each in rows.values() for row in each)
    ]
    series = {}
    for name in names:
        table = np.array([np.interp(points, counts[seed], [row[name] for row in each]) for seed, each in rows.items()])
        series[name] = tuple(
            tuple(line.tolist()) for line in (table.mean(axis=0), table.min(axis=0), table.max(axis=0))
        )
    return Curve(agent, environment, tuple(rows), tuple(map(float, points)), series)  # type: ignore[arg-type]


def _profiles(scores: _Scores, environments: Sequence[str]) -> Iterable[Profile]:
    thresholds = np.linspace(0.0, 1.0, _THRESHOLDS)
    for agent in scores.agents:
        seeds, table = scores.table(agent, environments, "solved")
        if seeds:
            found = performance_profile(table, thresholds)
            yield Profile(agent, *(_floats(one) for one in (thresholds, found.share, found.low, found.high)))


def _improvements(scores: _Scores, environments: Sequence[str]) -> Iterable[Improvement]:
    tables = {agent: scores.table(agent, environments, "solved") for agent in scores.agents}
    ranked = [agent for agent, (seeds, _) in tables.items() if seeds]
    for ours, theirs in permutations(ranked, 2):
        yield Improvement(ours, theirs, probability_of_improvement(tables[ours][1], tables[theirs][1]))


def _duels(scores: _Scores) -> Iterable[Duel]:
    overall, single = [], []
    for ours, theirs in combinations(scores.agents, 2):
        pairs = {environment: _pairs(scores, ours, theirs, environment) for environment in scores.environments}
        pairs = {environment: each for environment, each in pairs.items() if each}
        if pairs:
            overall.append(_duel(ours, theirs, "", pairs))
            single += _corrected([_duel(ours, theirs, one, {one: each}) for one, each in pairs.items()])
    return [*_corrected(overall), *single]


def _pairs(scores: _Scores, ours: str, theirs: str, environment: str) -> list[NDArray[np.float64]]:
    """Returns what two agents solve of each problem that both have a verdict on: (agents, seeds) for each problem."""
    mine, others = (scores.by_problem_and_seed(agent, environment, "solved") for agent in (ours, theirs))
    return [np.array([mine[problem], others[problem]]) for problem in mine if problem in others]


def _duel(ours: str, theirs: str, environment: str, pairs: Mapping[str, Sequence[NDArray[np.float64]]]) -> Duel:
    table = np.array([pair for each in pairs.values() for pair in each])  # (problems, agents, seeds)
    strata = [name for name, each in pairs.items() for _ in each]
    means = np.nanmean(table, axis=2)
    found = compare(means[:, 0], means[:, 1], strata)
    return Duel(
        ours,
        theirs,
        environment,
        len(table),
        found.better,
        found.worse,
        found.equal,
        _within_points(found.difference),
        _within_points(compare_over_runs(table[:, 0].T, table[:, 1].T, strata)),
        found.p_value,
        found.different,
    )


def _within_points(found: Estimate) -> Estimate:
    """Returns the difference of two shares with an interval that ends where such differences do."""
    return Estimate(found.value, max(found.low, -1.0), min(found.high, 1.0))


def _corrected(duels: Sequence[Duel]) -> list[Duel]:
    """Returns comparisons whose p-values are those of all of them together."""
    corrected = holm([one.p_value for one in duels])
    return [replace(one, p_value=float(p), different=bool(p < 0.05)) for one, p in zip(duels, corrected, strict=True)]


def _verdicts(scores: _Scores) -> Iterable[Verdicts]:
    for language in dict.fromkeys(scores.languages.values()):
        for agent in scores.agents:
            cells = [
                one
                for one in scores.cells
                if one.result.cell.agent == agent and scores.languages[one.result.cell.environment] == language
            ]
            kinds = sum((Counter(one.kinds) for one in cells), Counter[str]())
            errors = sum((Counter(one.errors) for one in cells), Counter[str]())
            if kinds:
                yield Verdicts(
                    language,
                    agent,
                    kinds.total(),
                    {kind: kinds[kind] for kind in VERDICT_KINDS if kinds[kind]},
                    _by_count(errors),
                )


def _errors(scores: _Scores) -> Iterable[ErrorCount]:
    for language in dict.fromkeys(scores.languages.values()):
        cells = [one for one in scores.cells if scores.languages[one.result.cell.environment] == language]
        counts = sum((Counter(one.errors) for one in cells), Counter[str]())
        for name, count in _by_count(counts).items():
            messages = dict.fromkeys(message for one in cells for message in one.examples.get(name, ()))
            yield ErrorCount(language, name, count, count / counts.total(), tuple(messages)[:_EXAMPLES])


def _by_count(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _problems(run: Run, episodes: Sequence[Episode]) -> dict[str, dict[str, ProblemRecord]]:
    """Returns the problems of some programs, as far as the run knows them."""
    wanted: dict[str, dict[str, None]] = defaultdict(dict)
    for one in episodes:
        wanted[one.environment][one.record.problem] = None
    known = {environment: run.problems(environment) for environment in wanted}
    return {
        environment: {uri: known[environment][uri] for uri in uris if uri in known[environment]}
        for environment, uris in wanted.items()
    }


def _red_team(file: Path) -> RewardHacking | None:
    """Returns what a file says: of each problem 1 where the exploit earned more, 0, or - where nothing is known."""
    if not file.is_file():
        return None
    from codegym.benchmark.red_team import REGISTRY  # imports every environment

    signs: dict[tuple[str, str, str], str] = defaultdict(str)
    try:
        content = json.loads(file.read_text("utf-8"))
        for exploits in content["wins"].values():
            for exploit, by_opponent in exploits.items():
                for opponent, by_scorer in by_opponent.items():
                    for scorer, each in by_scorer.items():
                        signs[exploit, opponent, scorer] += each
        findings = tuple(dict(one) for one in content["findings"])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise DataError(f"{file} is broken: {error!r}.") from error
    names, opponents, scorers = (tuple(dict.fromkeys(key[place] for key in signs)) for place in range(3))

    def row(title: str, trick: str, exploits: Sequence[str]) -> ExploitShares:
        shares: dict[str, dict[str, Estimate]] = {opponent: {} for opponent in opponents}
        for opponent, scorer in product(opponents, scorers):
            wins = [sign == "1" for name in exploits for sign in signs.get((name, opponent, scorer), "") if sign != "-"]
            if wins:
                shares[opponent][scorer] = estimate(wins)
        return ExploitShares(title, trick, shares)

    return RewardHacking(
        scorers=scorers,
        opponents=opponents,
        total=row("all exploits", "", names),
        exploits=tuple(row(name, REGISTRY[name].trick if name in REGISTRY else "", (name,)) for name in names),
        findings=findings,
    )


def _warnings(scores: _Scores, ranked: Sequence[str], leaderboard: Sequence[Standing]) -> Iterable[str]:
    if text := few_runs(scores.plan.seeds):
        yield text
    crashed = sum(one.cells.get("crashed", 0) for one in leaderboard)
    missing = sum(one.cells.get("missing", 0) for one in leaderboard)
    if crashed:
        yield f"{_counted(crashed, 'cell has', 'cells have')} crashed; the errors are below."
    if missing:
        yield f"{_counted(missing, 'cell has', 'cells have')} not been run."
    if invalid := sum(one.invalid for one in leaderboard):
        programs = sum(one.programs for one in leaderboard)
        yield f"The judge could not answer for {invalid:,} of {programs:,} programs: they are in no figure."
    if left_out := [name for name in scores.environments if name not in ranked]:
        yield f"Nobody has finished {_listed(left_out)}: the leaderboard is without it."
    if scores.plan.seeds > 1 and (alike := _alike(scores)):
        yield f"{_listed(alike)} wrote the same with every seed: intervals over seeds say nothing there."
    for one in leaderboard:
        if not one.seeds and ranked:
            yield f"{one.agent} has no rank: with no seed has it finished every environment."
        elif 0 < len(one.seeds) < scores.plan.seeds:
            yield (
                f"{one.agent} is ranked by {_counted(len(one.seeds), 'seed', 'seeds')} of {scores.plan.seeds}: those "
                "with which it has finished every environment."
            )


def _alike(scores: _Scores) -> list[str]:
    """Returns the agents whose programs do not depend on the seed, in any environment that they have finished."""
    digests: dict[tuple[str, str], list[str]] = defaultdict(list)
    for one in scores.cells:
        if one.result.status == "done":
            digests[one.result.cell.agent, one.result.cell.environment].append(one.result.digest)
    several = {agent for (agent, _), found in digests.items() if len(found) > 1}
    differ = {agent for (agent, _), found in digests.items() if len(set(found)) > 1}
    return [one.label for one in scores.plan.agents if one.label in several - differ]


def _counted(number: int, one: str, several: str) -> str:
    return f"{number:,} {one if number == 1 else several}"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _floats(values: Iterable[float]) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
