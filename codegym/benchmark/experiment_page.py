"""The page of an experiment: what was asked, what came out, and which claims hold."""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any, Literal

import numpy as np

from codegym.benchmark.analysis import Analysis, analyse
from codegym.benchmark.experiments import Claim, Experiment
from codegym.benchmark.metrics import TrainingPrograms
from codegym.benchmark.plan import EnvironmentSpec, Plan
from codegym.benchmark.report.markdown import table
from codegym.benchmark.run import Cell, ProblemRecord, Run, write_whole
from codegym.benchmark.statistics import Comparison, Estimate, compare, compare_over_runs, estimate, few_runs, holm
from codegym.benchmark.tables import metrics_csv
from codegym.errors import ConfigurationError, DataError
from codegym.problems import load
from codegym.problems.procedural import problem_from_id

Outcome = Literal["holds", "does not hold", "cannot be told from chance"]

_SHOWN = ("compilation_rate", "solved", "syntax", "dataflow", "episode_return", "length", "kl")
_LEVEL = 0.05
_RAW = ("solved", "compilation_rate")
"""The measures of raw outcomes."""
_OUTCOMES = {"0": 0.0, "1": 1.0}
_BANDS = 3
"""Curves that can have bands of the seeds behind them: of more, one sees nothing."""

_DRAWN = {"compilation_rate": "compilation rate", "solved": "share that passes its tests"}


Scores = Mapping[tuple[str, str], Sequence[Sequence[float]]]
"""Environment and problem to a measure of the programs about it: one list for each seed."""


@dataclass(frozen=True, slots=True)
class ExaminedClaim:
    """A claim, and what the programs say about it.

    Attributes:
        claim: The claim.
        ours: The mean of the agent that is said to be better.
        theirs: The mean of the other one.
        comparison: Paired by problem, for the seeds that were run.
        over_seeds: The difference with the interval over other seeds, too; see `compare_over_runs`.
        by_seed: The same difference with each seed.
        p_value: Corrected by Holm's method over the claims of the experiment.
        outcome: What follows.
    """

    claim: Claim
    ours: float
    theirs: float
    comparison: Comparison
    over_seeds: Estimate
    by_seed: tuple[float, ...]
    p_value: float
    outcome: Outcome

    @property
    def where(self) -> str:
        """The environments in words."""
        return ", ".join(self.claim.environments) or "all environments"

    def sentence(self) -> str:
        """Returns what came out, in words."""
        difference = self.comparison.difference
        problems = self.comparison.better + self.comparison.worse + self.comparison.equal
        verdicts = {"holds": "It holds", "does not hold": "It does **not** hold: the opposite is the case"}
        sentence = (
            f"{self.claim.text} {verdicts.get(self.outcome, 'It cannot be told from chance at this scale')}. "
            f"({self.claim.measure} in {self.where}: {self.theirs:.3f} → {self.ours:.3f}, change "
            f"{difference.value:+.3f}, 95 % {difference.low:+.3f} to {difference.high:+.3f}, p = {self.p_value:.3g}, "
            f"{problems} problems"
        )
        if math.isfinite(self.over_seeds.low):
            sentence += f"; with other seeds, too, 95 % {self.over_seeds.low:+.3f} to {self.over_seeds.high:+.3f}"
        return f"{sentence}.)"


def scores_of(run: Run, agent: str, environments: Sequence[str], measure: str) -> Scores:
    """Returns a measure of the programs of an agent."""
    found: dict[tuple[str, str], list[list[float]]] = {}
    for environment in environments:
        for seed in range(run.plan.seeds):
            for one in run.episodes(Cell(agent, environment, seed)):
                if measure in one.measures:
                    each = found.setdefault((environment, one.problem), [[] for _ in range(run.plan.seeds)])
                    each[seed].append(one.measures[measure])
    return found


def examine(run: Run, claims: Sequence[Claim]) -> list[ExaminedClaim]:
    """Returns each claim with what the run's programs say about it.

    Raises:
        ConfigurationError: Two agents have no problem in common: the run is not complete.
    """
    return _examine(run.plan, partial(scores_of, run), claims)


def examine_outcomes(experiment: Experiment, raw: Mapping[str, Any]) -> list[ExaminedClaim]:
    """Returns the claims of an experiment that are about `solved` or `compilation_rate`, from its raw outcomes.

    Args:
        experiment: What was asked.
        raw: What `outcomes` returned: the content of `NAME.json`.

    Raises:
        ConfigurationError: As for `examine`.
    """
    plan = Plan.from_dict(raw["plan"])
    environments = [one.label for one in plan.environments]
    claims = [one for one in experiment.within(environments).claims(plan) if one.measure in _RAW]
    return _examine(plan, partial(_scores_of_outcomes, raw, plan), claims)


def _examine(
    plan: Plan, scores: Callable[[str, tuple[str, ...], str], Scores], claims: Sequence[Claim]
) -> list[ExaminedClaim]:
    everywhere = tuple(one.label for one in plan.environments)
    measured = cache(scores)  # claims share agents, whose files are large
    found = []
    for claim in claims:
        environments = claim.environments or everywhere
        ours, theirs = (measured(label, environments, claim.measure) for label in (claim.ours, claim.theirs))
        found.append(_examine_one(claim, ours, theirs))
    corrected = holm([one.comparison.p_value for one in found])
    return [
        replace(one, p_value=p_value, outcome=_outcome(one.comparison.difference.value, p_value))
        for one, p_value in zip(found, corrected, strict=True)
    ]


def _examine_one(claim: Claim, ours: Scores, theirs: Scores) -> ExaminedClaim:
    """Returns what is known of a claim, but for what follows where there are others."""
    common = [key for key in ours if key in theirs]
    if not common:
        raise ConfigurationError(f"{claim.ours} and {claim.theirs} have no problem in common: the run is not done.")
    our_means, their_means = (np.array([_mean(each[key]) for key in common]) for each in (ours, theirs))
    strata = [environment for environment, _ in common]
    our_seeds, their_seeds = (
        np.array([[_mean([seed]) for seed in each[key]] for key in common]).T for each in (ours, theirs)
    )
    differences = our_seeds - their_seeds
    return ExaminedClaim(
        claim,
        float(our_means.mean()),
        float(their_means.mean()),
        compare(our_means, their_means, strata),
        compare_over_runs(our_seeds, their_seeds, strata),
        tuple(float(np.nanmean(one)) for one in differences if not np.isnan(one).all()),
        p_value=1.0,
        outcome="cannot be told from chance",
    )


def _mean(programs: Sequence[Sequence[float]]) -> float:
    """Returns the mean over seeds and samples; NaN where there is no program."""
    every = [one for seed in programs for one in seed]
    return float(np.mean(every)) if every else math.nan


def _outcome(difference: float, p_value: float) -> Outcome:
    if p_value >= _LEVEL:
        return "cannot be told from chance"
    return "holds" if difference > 0 else "does not hold"


def write_page(experiment: Experiment, run: Run, command: str, with_codet5: str, folder: str | Path) -> Path:
    """Writes the page of an experiment, its picture and its figures.

    Args:
        experiment: What was asked.
        run: What was run.
        command: What makes it again.
        with_codet5: What asks the same of CodeT5.
        folder: Where `NAME.md`, `NAME.png`, `NAME.csv` and `NAME.json` go.

    Returns:
        The page.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    analysis = analyse(run)
    claims = examine(run, experiment.claims(run.plan))
    page = folder / f"{experiment.name}.md"
    _draw(analysis, experiment.measure, folder / f"{experiment.name}.png")
    write_whole(folder / f"{experiment.name}.csv", metrics_csv(run))
    write_whole(folder / f"{experiment.name}.json", json.dumps(outcomes(run), sort_keys=True) + "\n")
    write_whole(page, "\n".join(_lines(experiment, run, analysis, claims, command, with_codet5)) + "\n")
    return page


def outcomes(run: Run) -> dict[str, Any]:
    """Returns the raw outcomes of a run, small: a character for each program, 1 where it is so, by cell."""
    cells = {}
    for result in run.results():
        cell = result.cell
        episodes = run.episodes(cell)
        cells[f"{cell.agent}/{cell.environment}/{cell.seed}"] = {
            name: "".join(str(int(one.measures[name])) if one.valid else "?" for one in episodes) for name in _RAW
        }
    agents = {one.cell.agent: one.made_by.get("identity", "") for one in run.results() if one.made_by}
    return {"plan": run.plan.to_dict(), "conditions": dict(run.conditions), "agents": agents, "cells": cells}


def summary(raw: Mapping[str, Any], measure: str = "compilation_rate") -> Iterator[str]:
    """Yields a table in Markdown of what each agent that learned changed, from the raw outcomes beside a page.

    What it was before is the agent that is the policy that it began with, if that takes part; else the first one.

    Args:
        raw: What `outcomes` returned: the content of `NAME.json`.
        measure: `"compilation_rate"` or `"solved"`.
    """
    plan = Plan.from_dict(raw["plan"])
    first, *others = plan.agents
    starts = {one.agent: one.label for one in plan.agents if "model" not in one.settings}
    befores = {one.label: starts.get(str(one.settings.get("model")), first.label) for one in others}
    learners = [label for label in befores if label not in befores.values()]
    rows = []
    for environment in (one.label for one in plan.environments):
        for agent in learners:
            before, after = (
                _scores_of_outcomes(raw, plan, label, [environment], measure) for label in (befores[agent], agent)
            )
            pair = np.array([[_mean(before[key]), _mean(after[key])] for key in before if key in after])
            change = compare(pair[:, 1], pair[:, 0]).difference
            name = f"{environment}, {agent}" if len(learners) > 1 else environment
            rows.append(
                [
                    name,
                    f"{pair[:, 0].mean():.3f}",
                    f"{pair[:, 1].mean():.3f}",
                    f"{change.value:+.3f} ({change.low:+.3f} to {change.high:+.3f})",
                ]
            )
    yield from table(["", "before", "after", "change, 95 %"], rows, text_columns=1)


def claims_table(claims: Sequence[ExaminedClaim]) -> Iterator[str]:
    """Yields a table in Markdown of how claims fare with the seeds that were run, and with others, too."""
    rows = []
    for one in claims:
        change, wider = one.comparison.difference, one.over_seeds
        agree = sum(each > 0 for each in one.by_seed)
        rows.append(
            [
                one.claim.text,
                one.where,
                f"{change.value:+.3f}",
                f"{change.low:+.3f} to {change.high:+.3f}",
                "one seed: none" if math.isnan(wider.low) else f"{wider.low:+.3f} to {wider.high:+.3f}",
                f"{agree} of {len(one.by_seed)}",
                one.outcome,
            ]
        )
    head = ["Claim", "Where", "Change", "95 %, these seeds", "95 %, other seeds too", "Seeds above 0", "These seeds"]
    yield from table(head, rows, text_columns=2)


def _scores_of_outcomes(
    raw: Mapping[str, Any], plan: Plan, agent: str, environments: Sequence[str], measure: str
) -> Scores:
    """Returns a measure of the programs of an agent; problems have their places for names."""
    found: dict[tuple[str, str], list[list[float]]] = {}
    for environment in environments:
        cells = [raw["cells"][f"{agent}/{environment}/{seed}"][measure] for seed in range(plan.seeds)]
        size = max(map(len, cells), default=0)  # a cell that crashed is empty
        for place in range(size // plan.samples):
            programs = [cell[place * plan.samples : (place + 1) * plan.samples] for cell in cells]
            judged = [[_OUTCOMES[one] for one in each if one in _OUTCOMES] for each in programs]
            if any(judged):
                found[environment, str(place)] = judged
    return found


def _lines(
    experiment: Experiment,
    run: Run,
    analysis: Analysis,
    claims: Sequence[ExaminedClaim],
    command: str,
    with_codet5: str,
) -> Iterator[str]:
    plan = run.plan
    yield from (f"# {experiment.title}", "", f"The paper: {experiment.paper}", "", "## What came out", "")
    yield from (f"- {one.sentence()}" for one in claims)
    failed = [one for one in claims if one.outcome != "holds"]
    if failed:
        yield from ("", f"{len(failed)} of {len(claims)} claims cannot be confirmed at this scale.")
    if warning := few_runs(plan.seeds):
        yield from ("", warning)
    yield from ("", f"![{experiment.title}]({experiment.name}.png)", "", "## Figures", "")
    yield from _figures(analysis)
    for name in experiment.sections:
        yield from ("", *_SECTIONS[name](run, analysis))
    yield from ("", "## How it was made", "", "```", command, "```", "")
    yield from ("The same with CodeT5, on a GPU:", "", "```", with_codet5, "```", "")
    learners = [one for one in plan.agents if one.settings.get("model")]
    models = dict.fromkeys(str(one.settings["model"]) for one in learners)
    seeds = "1 seed" if plan.seeds == 1 else f"{plan.seeds} seeds"
    each = "1 program" if plan.samples == 1 else f"{plan.samples} programs"
    yield (
        f"Model: {', '.join(models)}. {seeds}, {plan.problems} held-out problems of each environment, "
        f"{each} for each; agents learn from {plan.episodes:,} "
        "programs for other problems. Intervals are 95 %, over problems, for these seeds, where nothing else is "
        "said; p-values are of sign-flip permutations, corrected by Holm's method. Where the reward asks for no "
        "tests, what compiles is solved."
    )
    versions = {"codegym": run.conditions["codegym"], **run.conditions["packages"]}
    yield from ("", "Versions: " + ", ".join(f"{name} {version}" for name, version in versions.items()) + ".")
    yield from ("", "| Agent | Is | Settings |", "|---|---|---|")
    for one in plan.agents:
        settings = ", ".join(f"{name}={value}" for name, value in sorted(one.settings.items()))
        yield f"| {one.label} | `{one.agent}` | `{settings}` |"


def _figures(analysis: Analysis) -> Iterator[str]:
    names = [one for one in analysis.measures if one.name in _SHOWN]
    rows = []
    for entry in analysis.entries:
        cells = [_cell(entry.scores.get(one.name)) for one in names]
        rows.append([entry.environment, entry.agent, str(len(entry.seeds)), *cells])
    yield from table(["Environment", "Agent", "Seeds", *(one.title for one in names)], rows, text_columns=2)


def _cell(found: Estimate | None) -> str:
    return "–" if found is None else f"{found.value:.3f} ({found.low:.3f} to {found.high:.3f})"


def _errors(run: Run, analysis: Analysis) -> Iterator[str]:
    """What is wrong with programs that do not compile, by language: shares of all programs."""
    yield from ("## Why programs do not compile", "", "Share of all programs, by class of the first error.", "")
    languages = dict.fromkeys(one.language for one in analysis.verdicts)
    names = dict.fromkeys(name for one in analysis.verdicts for name in one.errors)
    rows = [
        [
            analysis.titles[language],
            one.agent,
            *(f"{one.errors.get(name, 0) / one.programs:.3f}" for name in names),
        ]
        for language in languages
        for one in analysis.verdicts
        if one.language == language and one.programs
    ]
    yield from table(["Language", "Agent", *names], rows, text_columns=2)


def _novelty(run: Run, analysis: Analysis) -> Iterator[str]:
    """How much of what agents write stands in the programs that they learned from."""
    yield from (
        "## Memorisation",
        "",
        "What was written, without the given parts, against the references of all problems that agents drew while "
        "they learned with the same seed: share of the 8-grams of lexemes that occur in them, and share of answers of "
        "which every 8-gram does. The expert wrote what was held out: so much is alike by nature. Intervals are of "
        "95 %, over problems.",
        "",
    )
    rows = []
    for environment in run.plan.environments:
        agents, seeds = [one.label for one in run.plan.agents], range(run.plan.seeds)
        drawn = [
            {uri for agent in agents for uri in run.learned_from(Cell(agent, environment.label, seed))}
            for seed in seeds
        ]
        texts = _references(sorted(set().union(*drawn)), environment)
        known = [TrainingPrograms((texts[uri] for uri in sorted(uris)), environment.language) for uris in drawn]
        posed = run.problems(environment.label)
        expert = [(uri, one.reference) for uri, one in posed.items()]
        answers = {"the expert": [expert] * len(seeds)}
        for agent in agents:
            cells = [run.episodes(Cell(agent, environment.label, seed)) for seed in seeds]
            answers[agent] = [[(one.problem, one.answer) for one in cell] for cell in cells]
        for agent, written in answers.items():
            overlaps = _overlaps(known, written, posed)
            if not overlaps:
                continue
            overlap = estimate([float(np.mean(each)) for each in overlaps])
            recited = estimate([float(np.mean([one == 1.0 for one in each])) for each in overlaps])
            different = len({pair for cell in written for pair in cell}) / sum(map(len, written))
            rows.append([environment.label, agent, _cell(overlap), _cell(recited), f"{different:.3f}"])
        sizes = ", ".join(f"{len(uris):,}" for uris in drawn)
        yield from (f"{environment.label}: agents drew {sizes} problems, by seed.", "")
    head = ["Environment", "Agent", "8-grams known", "Answers all known", "Different answers"]
    yield from table(head, rows, text_columns=2)


def _overlaps(
    known: Sequence[TrainingPrograms], written: Sequence[Sequence[tuple[str, str]]], posed: Mapping[str, ProblemRecord]
) -> list[list[float]]:
    """Returns the share of known 8-grams in each answer, by problem.

    Args:
        known: What was learned from, by seed.
        written: URI of the problem and answer of each program, by seed.
        posed: What was given of each problem.
    """
    found = defaultdict[str, list[float]](list)
    for programs, cell in zip(known, written, strict=True):
        for uri, answer in cell:
            given = posed[uri]
            whole = given.prefix + answer + given.suffix
            found[uri].append(programs.overlap(whole, given.prefix, given.suffix))
    return list(found.values())


def _references(uris: Sequence[str], environment: EnvironmentSpec) -> dict[str, str]:
    """Returns the reference programs of problems that an agent has learned from.

    Raises:
        DataError: A problem is not in the training split of the environment's problem set.
    """
    found = {uri: problem_from_id(uri).reference for uri in uris if uri.startswith("procedural:")}
    if missing := set(uris) - set(found):
        name = str(environment.options.get("problems", "procedural"))
        problems = load(name, language=environment.language, split="train")
        for index in range(problems.size or 0):
            problem = problems[index]
            if problem.id in missing:
                found[problem.id] = problem.reference
        if missing := missing - set(found):
            raise DataError(f"{name} has no problem {min(missing)!r} to learn from any more.")
    return found


def _cost(run: Run, analysis: Analysis) -> Iterator[str]:
    """How long agents learned: medians over the cells."""
    yield from ("## What it costs", "", "Medians over the seeds, on the machine that the run was made on.", "")
    seconds: dict[str, list[float]] = defaultdict(list)
    tokens: dict[str, list[float]] = defaultdict(list)
    for result in run.results():
        if result.learned_episodes:
            seconds[result.cell.agent].append(result.seconds["learning"] / result.learned_episodes)
            tokens[result.cell.agent].append(result.learned_tokens / result.seconds["learning"])
    first = next(iter(seconds), None)
    rows = [
        [
            agent,
            f"{1000 * float(np.median(values)):.1f}",
            f"{float(np.median(values)) / float(np.median(seconds[first])):.2f}" if first else "",
            f"{float(np.median(tokens[agent])):.0f}",
        ]
        for agent, values in seconds.items()
    ]
    yield from table(["Agent", "ms a program", f"ratio to {first}", "tokens/s learned from"], rows, text_columns=1)


_SECTIONS = {"errors": _errors, "novelty": _novelty, "cost": _cost}


def _draw(analysis: Analysis, measure: str, file: Path) -> None:
    """Draws a measure of every agent, and how those that learn got there, each environment by itself."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    environments = list(dict.fromkeys(one.environment for one in analysis.entries))
    agents = list(dict.fromkeys(one.agent for one in analysis.entries))
    colours = {agent: f"C{place % 10}" for place, agent in enumerate(agents)}
    curves = [one for one in analysis.curves if measure in one.series]
    panels = [name for name in environments if any(one.environment == name for one in curves)]
    columns = math.ceil(math.sqrt(len(panels))) or 1
    height = max(3.6, 1.4 + 0.28 * (len(agents) + 1) * len(environments))
    figure = plt.figure(figsize=(15 if columns > 2 else 11, height), layout="constrained")
    halves = figure.subfigures(1, 2, squeeze=False)
    left, right = halves[0, 0], halves[0, 1]

    axes = left.subplots()
    ticks = []
    for row, environment in enumerate(environments):
        for place, agent in enumerate(agents):
            found = [one for one in analysis.entries if (one.environment, one.agent) == (environment, agent)]
            if not found or measure not in found[0].scores:
                continue
            score = found[0].scores[measure]
            y = -(row * (len(agents) + 1) + place)
            axes.plot([score.low, score.high], [y, y], color=colours[agent], linewidth=2, alpha=0.6)
            axes.plot([score.value], [y], "o", color=colours[agent])
            ticks.append((y, f"{environment}: {agent}" if len(environments) > 1 else agent))
    axes.set_yticks([y for y, _ in ticks], [text for _, text in ticks])
    axes.set_xlabel(f"{_DRAWN[measure]}, held-out problems, 95 % over problems")
    axes.grid(axis="x", alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)

    if panels:
        banded = max(Counter(one.environment for one in curves).values()) <= _BANDS
        rows = math.ceil(len(panels) / columns)
        grid = right.subplots(rows, columns, squeeze=False).flatten()
        for axes, environment in zip(grid, panels, strict=False):
            for one in (curve for curve in curves if curve.environment == environment):
                middle, low, high = one.series[measure]
                axes.plot(one.episodes, middle, color=colours[one.agent], label=one.agent)
                if banded:
                    axes.fill_between(one.episodes, low, high, color=colours[one.agent], alpha=0.12, linewidth=0)
            axes.grid(alpha=0.3)
            axes.spines[["top", "right"]].set_visible(False)
            if len(panels) > 1:
                axes.set_title(environment, fontsize="small")
                axes.tick_params(labelsize="small")
        for axes in grid[len(panels) :]:
            axes.set_visible(False)
        bands = "; band: lowest to highest seed" if banded else ", mean over the seeds"
        right.supxlabel(f"programs learned from{bands}", fontsize="medium")
        right.supylabel(f"{_DRAWN[measure]}, training problems", fontsize="medium")
        lines, labels = grid[0].get_legend_handles_labels()
        right.legend(
            lines, labels, loc="outside upper center", ncols=min(4, len(labels)), fontsize="small", frameon=False
        )
    figure.savefig(file, dpi=110, metadata={"Software": None})
    plt.close(figure)
