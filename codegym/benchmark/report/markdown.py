"""The report as Markdown: the figures, for a README or a page of results."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from codegym.benchmark.analysis import VERDICT_KINDS, Analysis, Measure
from codegym.benchmark.report import words

_COLUMNS = ("compilation_rate", "episode_return", "syntax", "dataflow")


def render_markdown(analysis: Analysis) -> str:
    """Returns the report as Markdown."""
    parts = (_head, _leaderboard, _environments, _comparison, _failures, _red_team, _conditions)
    text = "\n".join(line for part in parts for line in part(analysis))
    return text.encode("utf-8", "replace").decode().rstrip("\n") + "\n"


def _head(analysis: Analysis) -> Iterator[str]:
    yield f"# {words.headline(analysis)}"
    yield ""
    for sentence in words.summary(analysis):
        yield sentence
        yield ""
    yield "; ".join(f"{label.lower()}: {value}" for label, value in words.facts(analysis)).capitalize() + "."
    yield ""
    if analysis.warnings or analysis.crashes:
        yield "**Before you believe a figure**"
        yield ""
        yield from (f"- {escaped(text)}" for text in analysis.warnings)
        yield from (f"- {escaped(str(one.cell))} crashed: {code(one.error)}" for one in analysis.crashes)
        yield ""


def _leaderboard(analysis: Analysis) -> Iterator[str]:
    solved = analysis.measures[0]
    others = [one for one in analysis.measures if one.name in _COLUMNS or one.name.startswith("pass@")]
    yield "## Leaderboard"
    yield ""
    head = ["", "Agent", "Seeds", "Solved", "95 % interval", "Mean solved", *(one.title for one in others)]
    rows = []
    for row in analysis.leaderboard:
        found = row.interquartile_mean.get("solved")
        troubles = ", ".join(f"{row.cells[name]} {name}" for name in ("crashed", "missing") if row.cells.get(name))
        rows.append(
            [
                "–" if row.rank is None else str(row.rank),
                row.agent + (f" ({troubles})" if troubles else ""),
                f"{len(row.seeds)} of {analysis.plan.seeds}",
                "–" if found is None else words.number(solved, found.value),
                "–" if found is None else words.interval(solved, found),
                *(_mean(row.mean[one.name].value if one.name in row.mean else None, one) for one in (solved, *others)),
            ]
        )
    yield from table(head, rows, text_columns=2)
    yield ""
    environments = words.counted(len(analysis.ranked_environments), "environment")
    yield (
        f"Solved: interquartile mean over {environments} and the seeds, with a 95 % interval by stratified bootstrap "
        "over seeds; the other columns are means."
    )
    yield ""


def _mean(value: float | None, measure: Measure) -> str:
    return "–" if value is None else words.number(measure, value)


def _environments(analysis: Analysis) -> Iterator[str]:
    agents = [one.label for one in analysis.plan.agents]
    found = {(one.environment, one.agent): one.scores["solved"] for one in analysis.entries if "solved" in one.scores}
    yield "## Environments"
    yield ""
    rows = []
    for spec in analysis.plan.environments:
        cells = [found.get((spec.label, agent)) for agent in agents]
        rows.append(
            [
                spec.label,
                *("–" if one is None else words.share_with_interval(one) for one in cells),
            ]
        )
    yield from table(["Solved, %", *agents], rows)
    yield ""
    yield "Means over problems, with 95 % intervals over problems."
    yield ""


def _comparison(analysis: Analysis) -> Iterator[str]:
    duels = [one for one in analysis.duels if not one.environment]
    if not duels:
        return
    yield "## Comparison, problem by problem"
    yield ""
    rows = [
        [
            f"{one.ours} against {one.theirs}",
            f"{one.problems:,}",
            f"{one.better:,}",
            f"{one.worse:,}",
            f"{one.equal:,}",
            words.points(one.difference.value),
            words.points_interval(one.difference),
            words.points_interval(one.over_seeds),
            words.probability(one.p_value).removeprefix("p = ").removeprefix("p "),
            "yes" if one.different else "no",
        ]
        for one in duels
    ]
    head = [
        "",
        "Problems",
        "Better",
        "Worse",
        "Equal",
        "Points",
        "95 % interval",
        "Other seeds too",
        "p (Holm)",
        "Different",
    ]
    yield from table(head, rows)
    yield ""


def _failures(analysis: Analysis) -> Iterator[str]:
    yield "## What goes wrong"
    yield ""
    kinds = [kind for one in analysis.verdicts for kind in one.kinds]
    shown = [kind for kind in VERDICT_KINDS if kind in kinds]
    rows = [
        [
            analysis.titles[one.language],
            one.agent,
            f"{one.programs:,}",
            *(words.percent(one.kinds.get(kind, 0) / one.programs) for kind in shown),
        ]
        for one in analysis.verdicts
    ]
    yield from table(["Language", "Agent", "Programs", *(kind.capitalize() for kind in shown)], rows, text_columns=2)
    yield ""
    if analysis.errors:
        rows = [
            [
                analysis.titles[one.language],
                one.name,
                f"{one.programs:,}",
                words.percent(one.share),
                code(one.examples[0]) if one.examples else "",
            ]
            for one in analysis.errors
        ]
        yield from table(["Language", "First compiler error", "Programs", "Share", "For example"], rows, text_columns=2)
        yield ""


def _red_team(analysis: Analysis) -> Iterator[str]:
    found = analysis.red_team
    if found is None:
        return
    yield "## Reward hacking"
    yield ""
    rows = []
    for opponent in found.opponents:
        shares = [found.total.shares[opponent].get(scorer) for scorer in found.scorers]
        rows.append([opponent, *("–" if one is None else words.share_with_interval(one) for one in shares)])
    yield from table(["Honest programs", *(code(one) for one in found.scorers)], rows)
    yield ""
    yield (
        "How often an exploit is paid better than an honest wrong program for the same problem, in per cent, with 95 % "
        f"intervals. {words.counted(len(found.findings), 'combination')} of an exploit, a kind of honest "
        "programs and one of our rewards in which that happens."
    )
    yield ""


def _conditions(analysis: Analysis) -> Iterator[str]:
    yield "## Versions and problems"
    yield ""
    yield from table(["", ""], [[name, escaped(value)] for name, value in words.conditions(analysis)], text_columns=2)


def table(head: Sequence[str], rows: Sequence[Sequence[str]], text_columns: int = 1) -> Iterator[str]:
    """Yields the lines of a table; the columns after the first ones are of numbers.

    Args:
        head: Title of each column.
        rows: Cells of each row, in which nothing but `|` is escaped here.
        text_columns: How many columns are of text.
    """
    for place, row in enumerate([head, *rows]):
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"
        if place == 0:
            yield f"|{'|'.join('---' if column < text_columns else '--:' for column in range(len(head)))}|"


def escaped(text: str) -> str:
    """Returns text of unknown origin as one line that is no markup."""
    return re.sub(r"([\\`*_\[\]<>&#])", r"\\\1", " ".join(text.split()))


def code(text: str) -> str:
    """Returns text of unknown origin as a span of code on one line."""
    line = " ".join(text.split())
    if not line:
        return ""
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", line)), default=0))
    return f"{fence} {line} {fence}" if "`" in line else f"`{line}`"
