"""The report as one HTML file, which needs nothing beside it.

Programs are untrusted, and so is what compilers say of them. They stand in the page as JSON in which no tag can end,
the page's script sets them as text only, and a content security policy allows no script but that one, and no network.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from codegym.benchmark.analysis import VERDICT_KINDS, Analysis, Duel, Episode, RewardHacking
from codegym.benchmark.report import words
from codegym.benchmark.run import ProblemRecord
from codegym.benchmark.statistics import Estimate
from codegym.errors import MissingDependencyError

MAXIMUM_BYTES = 8_000_000
"""How long the programs on a page may be together; where they are longer, each cell shows fewer of them."""

_TEMPLATES = Path(__file__).parent / "templates"
_DECIMALS = 6
_DIAGNOSTICS = 5
_MESSAGE_CHARACTERS = 600
_TEXT_CHARACTERS = 20_000


def render_page(analysis: Analysis) -> str:
    """Returns the page.

    Raises:
        MissingDependencyError: Jinja2 is not installed.
    """
    try:
        import jinja2
    except ImportError as error:
        raise MissingDependencyError("jinja2", "bench", "The report of a benchmark") from error
    style, script = ((_TEMPLATES / name).read_text("utf-8") for name in ("page.css", "page.js"))
    episodes, shown = _that_fit(analysis)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    plan = analysis.plan
    text = environment.get_template("page.html.jinja").render(
        policy=_policy(style, script),
        css=_verbatim(style),
        script=_verbatim(script),
        data=_verbatim(_json(_content(analysis, episodes))),
        title=f"{words.headline(analysis)} – benchmark report",
        sections=[one for one in _SECTIONS if one[0] != "red-team" or analysis.red_team],
        headline=words.headline(analysis),
        summary=[_unbroken(sentence) for sentence in words.summary(analysis)],
        facts=list(words.facts(analysis)),
        warnings=analysis.warnings,
        crashes=analysis.crashes,
        missing=analysis.missing,
        ranked_environments=analysis.ranked_environments,
        red_team=analysis.red_team,
        episodes_note=_episodes_note(analysis, shown),
        measures=analysis.measures,
        agents=[{"label": one.label, "text": _described(one.agent, one.settings)} for one in plan.agents],
        environments=[
            {
                "label": one.label,
                "text": f"{analysis.titles[analysis.languages[one.label]]}; {_described(one.env, one.options)}",
            }
            for one in plan.environments
        ],
        conditions=list(words.conditions(analysis)),
    )
    # Half a surrogate pair, which JSON can hold, is no text.
    return text.encode("utf-8", "replace").decode()


_SECTIONS = (
    ("leaderboard", "Leaderboard"),
    ("environments", "Environments"),
    ("curves", "Learning"),
    ("comparison", "Comparison"),
    ("failures", "Failures"),
    ("red-team", "Hacking"),
    ("episodes", "Programs"),
    ("method", "Method"),
)


def _verbatim(text: str) -> Any:
    from markupsafe import Markup

    return Markup(text)  # ours, or JSON in which every < is escaped


def _unbroken(sentence: str) -> str:
    """Returns a sentence in which no line ends between a number and what belongs to it."""
    return re.sub(r"(?<=\d) (?=%)|(?<=\bp) (?=[<=])|(?<=[<=]) (?=\d)", "\u00a0", sentence)


def _policy(style: str, script: str) -> str:
    """Returns the content security policy: this style, this script, nothing from anywhere."""

    def source(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    return "; ".join(
        (
            "default-src 'none'",
            f"style-src {source(style)}",
            f"script-src {source(script)}",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )


def _json(content: Any) -> str:
    """Returns JSON that can stand between tags: ASCII, and without <, > and &."""
    text = json.dumps(_plain(content), separators=(",", ":"), allow_nan=False)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _plain(value: Any) -> Any:
    """Returns a value as JSON can hold it: estimates as lists, numbers rounded, None for those that are none."""
    if isinstance(value, Estimate):
        return [_plain(one) for one in (value.value, value.low, value.high)]
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, float):
        return _rounded(value) if math.isfinite(value) else None
    return value


def _rounded(value: float) -> float | int:
    """Returns a number with few decimals, and whole ones as such: they are shorter."""
    rounded = round(value, _DECIMALS) + 0.0
    return int(rounded) if rounded.is_integer() else rounded


def _content(analysis: Analysis, episodes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Returns everything that the page's script draws."""
    shown = {(one["environment"], one["problem"]) for one in episodes}
    return {
        "agents": [one.label for one in analysis.plan.agents],
        "environments": [
            {"label": one.label, "language": analysis.languages[one.label]} for one in analysis.plan.environments
        ],
        "titles": analysis.titles,
        "seeds": analysis.plan.seeds,
        "samples": analysis.plan.samples,
        "kinds": VERDICT_KINDS,
        "measures": [_fields(one) for one in analysis.measures],
        "leaderboard": [
            {
                "agent": one.agent,
                "description": one.description,
                "rank": one.rank,
                "seeds": one.seeds,
                "cells": one.cells,
                "programs": one.programs,
                "learned": one.learned_episodes,
                "iqm": one.interquartile_mean,
                "mean": one.mean,
            }
            for one in analysis.leaderboard
        ],
        "entries": [_fields(one) for one in analysis.entries],
        "curves": [_fields(one) for one in analysis.curves],
        "profiles": [_fields(one) for one in analysis.profiles],
        "improvements": [_fields(one) for one in analysis.improvements],
        "duels": [_duel(one) for one in analysis.duels],
        "verdicts": [_fields(one) for one in analysis.verdicts],
        "errors": [_fields(one) for one in analysis.errors],
        "red_team": analysis.red_team and _red_team(analysis.red_team),
        "problems": {
            environment: {uri: _problem(problem) for uri, problem in problems.items() if (environment, uri) in shown}
            for environment, problems in analysis.problems.items()
        },
        "episodes": episodes,
    }


def _fields(one: Any) -> dict[str, Any]:
    return {name: getattr(one, name) for name in one.__slots__}


def _duel(one: Duel) -> dict[str, Any]:
    fields = _fields(one)
    return {**fields, "p": fields.pop("p_value")}


def _red_team(found: RewardHacking) -> dict[str, Any]:
    return {
        "scorers": found.scorers,
        "opponents": found.opponents,
        "exploits": [_fields(one) for one in (found.total, *found.exploits)],
        "findings": [{**one, "answer": _cut(str(one.get("answer", "")))} for one in found.findings],
    }


def _problem(one: ProblemRecord) -> dict[str, str]:
    return {name: _cut(getattr(one, name)) for name in ("prompt", "prefix", "suffix", "reference")}


def _cut(text: str, characters: int = _TEXT_CHARACTERS) -> str:
    return text if len(text) <= characters else f"{text[:characters]} …"


def _that_fit(analysis: Analysis) -> tuple[list[dict[str, Any]], int]:
    """Returns the programs that the page has room for, and how many of each cell these are at most."""
    episodes = [_episode(one, analysis) for one in analysis.episodes]
    sizes = [len(_json(one)) for one in episodes]
    shown = analysis.episodes_per_cell
    while (
        shown and sum(size for one, size in zip(episodes, sizes, strict=True) if one["place"] < shown) > MAXIMUM_BYTES
    ):
        shown -= 1
    return [one for one in episodes if one["place"] < shown], shown


def _episode(one: Episode, analysis: Analysis) -> dict[str, Any]:
    record, grade = one.record, one.record.grade
    problem = analysis.problems.get(one.environment, {}).get(record.problem)
    given = (problem.prefix, problem.suffix) if problem else ("", "")
    written = given[0] + "".join(record.pieces) + given[1]
    return {
        "agent": one.agent,
        "environment": one.environment,
        "seed": one.seed,
        "place": one.place,
        "problem": record.problem,
        "sample": record.sample,
        "kind": one.kind,
        "error": one.error,
        "pieces": record.pieces,
        "turns": record.turns,
        "terms": {name: _sparse(values) for name, values in record.terms.items()},
        # Several turns, or characters that were cut: what was judged is not what the tokens spell.
        "program": "" if written == record.program else _cut(record.program),
        "passed": grade.get("passed", 0),
        "total": grade.get("total", 0),
        "outcomes": grade.get("outcomes", ()),
        "diagnostics": [
            {**diagnostic, "message": _cut(diagnostic["message"], _MESSAGE_CHARACTERS)}
            for diagnostic in grade.get("diagnostics", ())[:_DIAGNOSTICS]
        ],
        "measures": record.measures,
    }


def _sparse(values: Iterable[float]) -> list[float]:
    """Returns place and value of what is not zero, one after the other: most tokens earn nothing."""
    rounded = [(place, _rounded(value)) for place, value in enumerate(values)]
    return [number for place, value in rounded if value for number in (place, value)]


def _episodes_note(analysis: Analysis, shown: int) -> str:
    cells = f"The first {shown} programs of each agent in each environment with each seed, not chosen by anyone."
    if shown == 1:
        cells = "The first program of each agent in each environment with each seed, not chosen by anyone."
    if shown < analysis.episodes_per_cell:
        cells += f" {analysis.episodes_per_cell} would make the page too large."
    total = sum(one.programs for one in analysis.leaderboard)
    return f"{cells} All {total:,} stand in the run's folder. What a token earned is its colour."


def _described(what: str, settings: Mapping[str, Any]) -> str:
    return ", ".join([what, *(f"{name}={value}" for name, value in settings.items())])
