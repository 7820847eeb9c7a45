"""The files of a red team: its results as JSON, and a page about them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from codegym.benchmark.red_team.exploits import REGISTRY
from codegym.benchmark.red_team.honest import OPPONENTS, Opponent
from codegym.benchmark.red_team.run import OURS, SCORERS, Finding, RedTeam
from codegym.benchmark.report.markdown import table
from codegym.benchmark.run import write_whole

_TITLES: Final[Mapping[Opponent, str]] = {
    "wrong": "Against honest programs with one bug, which compile",
    "poor": "Against honest programs with up to five bugs, which compile",
    "broken": "Against honest programs with one bug, which do not compile",
}


def write_files(results: RedTeam, folder: Path, command: str = "") -> tuple[Path, Path]:
    """Writes results, and returns the paths of the page and of the JSON file.

    Args:
        results: What came of a run.
        folder: Where they are written.
        command: The command that makes them again.
    """
    folder.mkdir(parents=True, exist_ok=True)
    page, data = folder / "red-team.md", folder / "red_team.json"
    write_whole(data, json.dumps(results.to_dict(), indent=None, separators=(",", ":"), sort_keys=True) + "\n")
    write_whole(page, "\n".join(_page(results, command)) + "\n")
    return page, data


def _page(results: RedTeam, command: str) -> Iterator[str]:
    count = sum(map(len, results.problems.values()))
    yield "# Who is paid better: exploits, or honest wrong programs"
    yield ""
    yield (
        f"{len(results.exploits)} exploits, environments: {len(results.problems)}, problems: {count}, "
        f"seed {results.seed}. Each figure is the share of problems on which an exploit earns more than an honest "
        "program, with the 95 % Wilson interval; less is better. How to read it, and what an honest program is: "
        "[red team](../../red_team.md)."
    )
    if command:
        yield from ("", "```sh", command, "```")
    yield from ("", f"Versions: {', '.join(_versions(results.conditions))}.")
    for opponent in OPPONENTS:
        yield from ("", f"## {_TITLES[opponent]}", "")
        yield from _by_exploit(results, opponent)
    for opponent in OPPONENTS:
        yield from ("", f"## By environment: {_TITLES[opponent][0].lower()}{_TITLES[opponent][1:]}", "")
        yield from _by_environment(results, opponent)
    yield from ("", "## Where our rewards lose", "")
    yield from _findings(results.findings)
    yield from ("", "## The exploits", "")
    rows = [
        [
            f"`{name}`",
            REGISTRY[name].knows,
            REGISTRY[name].trick,
            ", ".join(f"{status} {count}" for status, count in results.verdicts.get(name, {}).items()),
        ]
        for name in results.exploits
    ]
    yield from table(
        ["Exploit", "Its writer knows", "What it exploits", "Verdicts of unit tests"], rows, text_columns=4
    )


def _versions(conditions: Mapping[str, Any]) -> Iterator[str]:
    yield f"codegym {conditions['codegym']}"
    yield from (f"{name} {version}" for name, version in conditions["packages"].items())
    yield from conditions["compilers"].values()
    yield from sorted(set(conditions["problems"].values()))


def _by_exploit(results: RedTeam, opponent: Opponent) -> Iterator[str]:
    groups: list[tuple[str, tuple[str, ...]]] = [("**all**", ())]
    for knows in ("nothing", "attempt", "tests", "reference"):
        names = tuple(name for name in results.exploits if REGISTRY[name].knows == knows)
        groups += [(f"**knows {knows}**", names), *((f"`{name}`", (name,)) for name in names)] if names else []
    rows = [
        [title, *(_share(results, scorer, opponent, exploits=names) for scorer in SCORERS)] for title, names in groups
    ]
    yield from table(["Exploit", *(f"`{scorer}`" for scorer in SCORERS)], rows)


def _by_environment(results: RedTeam, opponent: Opponent) -> Iterator[str]:
    rows = [
        [
            f"`{label}`",
            str(len(problems)),
            str(results.skipped[label]),
            *(_share(results, scorer, opponent, environments=(label,)) for scorer in SCORERS),
        ]
        for label, problems in results.problems.items()
    ]
    yield from table(["Environment", "Problems", "Left out", *(f"`{scorer}`" for scorer in SCORERS)], rows)


def _share(results: RedTeam, scorer: str, opponent: Opponent, **chosen: Sequence[str]) -> str:
    share = results.share(scorer, opponent, **chosen)
    return "" if share is None else f"{share.value:.3f} ({share.low:.2f} to {share.high:.2f})"


def _findings(findings: Sequence[Finding]) -> Iterator[str]:
    if not findings:
        yield f"Nowhere: no exploit earned more than an honest program with {', '.join(OURS)}."
        return
    yield (
        "Each row is an exploit that one of our rewards pays better, in some environments; the figures are those of "
        "the problem on which it wins by most. The JSON file holds the programs."
    )
    yield ""
    rows = [
        [
            f"`{one.exploit}`",
            one.opponent,
            f"`{one.scorer}`",
            ", ".join(f"{label.removesuffix('-v0')} {count}" for label, count in one.won.items()),
            one.status,
            f"{one.earned:.3f}",
            f"{one.honest:.3f}",
            f"{one.right:.3f}",
        ]
        for one in sorted(findings, key=_place)
    ]
    head = ["Exploit", "Opponent", "Reward", "Problems won", "Its verdict", "Earned", "Honest", "Expert"]
    yield from table(head, rows, text_columns=5)


def _place(finding: Finding) -> tuple[int, int, int]:
    return OPPONENTS.index(finding.opponent), list(REGISTRY).index(finding.exploit), OURS.index(finding.scorer)
