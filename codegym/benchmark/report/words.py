"""What both forms of a report say in sentences."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from codegym.benchmark.analysis import Analysis, Duel, Measure, Standing
from codegym.benchmark.statistics import Estimate


def percent(value: float, digits: int = 1) -> str:
    """Returns a share as per cent."""
    return f"{100 * value:.{digits}f} %" if math.isfinite(value) else "–"


def number(measure: Measure, value: float) -> str:
    """Returns a value of a measure, as exact as a reader can use it."""
    if measure.share:
        return percent(value)
    return f"{value:,.{0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2}f}" if math.isfinite(value) else "–"


def interval(measure: Measure, found: Estimate) -> str:
    """Returns an interval."""
    if not math.isfinite(found.low):
        return "no interval"
    low = f"{100 * found.low:.1f}" if measure.share else number(measure, found.low)
    return f"{low} to {number(measure, found.high)}"


def share_with_interval(found: Estimate) -> str:
    """Returns a share and its interval in per cent, without the sign."""
    if not math.isfinite(found.low):
        return f"{100 * found.value:.1f}"
    return f"{100 * found.value:.1f} ({100 * found.low:.1f} to {100 * found.high:.1f})"


def points(share: float) -> str:
    """Returns a difference of shares in points, with its sign."""
    return f"{100 * share:+.1f}"


def points_interval(difference: Estimate) -> str:
    """Returns the interval of a difference of shares in points, or a dash where it has none."""
    if not math.isfinite(difference.low):
        return "–"
    return f"{points(difference.low)} to {points(difference.high)}"


def probability(p_value: float) -> str:
    """Returns a p-value."""
    return "p < 0.001" if p_value < 0.001 else f"p = {p_value:.3f}"


def counted(count: int, name: str) -> str:
    """Returns a number with a noun."""
    return f"{count:,} {name}{'' if count == 1 else 's'}"


def headline(analysis: Analysis) -> str:
    """Returns what came out, in a few words."""
    ranked = _contenders(analysis)
    if not ranked:
        return "No agent has finished every environment yet"
    first = [one.agent for one in ranked if one.rank == ranked[0].rank]
    if len(first) > 1:
        return f"{', '.join(first[:-1])} and {first[-1]} solve equally much"
    if len(ranked) == 1:
        return f"How much {first[0]} solves"
    duel = _duel(analysis, ranked[0], ranked[1])
    return f"{first[0]} solves the most" if duel and duel.different else f"{first[0]} is ahead, within the noise"


def summary(analysis: Analysis) -> Iterator[str]:
    """Yields what came out, in sentences."""
    ranked = _contenders(analysis)
    if not ranked:
        return
    solved = analysis.measures[0]
    first, best = ranked[0], ranked[0].interquartile_mean["solved"]
    environments = counted(len(analysis.ranked_environments), "environment")
    yield (
        f"{first.agent} solves {number(solved, best.value)} of what it is asked for: the interquartile mean over "
        f"{environments} and {counted(len(first.seeds), 'seed')}, {_with_interval(solved, best)}."
    )
    if len(ranked) > 1:
        yield from _second(analysis, first, ranked[1])


def _contenders(analysis: Analysis) -> list[Standing]:
    """Returns the agents that have a rank, without the expert's answers: they say what could be reached."""
    experts = {one.label for one in analysis.plan.agents if one.agent == "reference"}
    ranked = [one for one in analysis.leaderboard if one.rank is not None]
    return [one for one in ranked if one.agent not in experts] or ranked


def _with_interval(measure: Measure, found: Estimate) -> str:
    if not math.isfinite(found.low):
        return "with no interval over seeds"
    return f"with a 95 % interval of {interval(measure, found)}"


def _second(analysis: Analysis, first: Standing, second: Standing) -> Iterator[str]:
    value = number(analysis.measures[0], second.interquartile_mean["solved"].value)
    duel = _duel(analysis, first, second)
    if duel is None:
        yield f"Next comes {second.agent} with {value}."
    elif duel.different:
        yield (
            f"Next comes {second.agent} with {value}; problem by problem, the two differ ({probability(duel.p_value)} "
            "after Holm's correction)."
        )
    else:
        yield f"Next comes {second.agent} with {value}; problem by problem, the two cannot be told apart."


def _duel(analysis: Analysis, one: Standing, other: Standing) -> Duel | None:
    pair = {one.agent, other.agent}
    return next((duel for duel in analysis.duels if not duel.environment and {duel.ours, duel.theirs} == pair), None)


def facts(analysis: Analysis) -> Iterator[tuple[str, str]]:
    """Yields what was compared: label and value."""
    plan = analysis.plan
    yield "Agents", f"{len(plan.agents):,}"
    yield "Environments", f"{len(plan.environments):,}"
    yield "Seeds", f"{plan.seeds:,}"
    yield "Problems each", f"{plan.problems:,} ({plan.split})"
    yield "Programs for a problem", f"{plan.samples:,}"
    yield "Programs judged", f"{sum(one.programs for one in analysis.leaderboard):,}"
    if any(one.learned_episodes for one in analysis.leaderboard):
        budget = f"{plan.episodes:,} programs" if plan.tokens is None else f"{plan.tokens:,} tokens"
        yield "To learn from", budget


def conditions(analysis: Analysis) -> Iterator[tuple[str, str]]:
    """Yields versions, problem sets and compilers: label and value."""
    yield from _flat(analysis.conditions)


def _flat(content: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    for name in sorted(content):
        value = content[name]
        label = f"{path} {name}".strip().replace("_", " ")
        if isinstance(value, Mapping):
            yield from _flat(value, label)
        else:
            yield label, ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
