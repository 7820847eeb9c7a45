"""`python -m codegym.benchmark.red_team`: score exploits with every reward."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from codegym.benchmark.commands import parse_values, shown_progress
from codegym.benchmark.red_team.honest import OPPONENTS
from codegym.benchmark.red_team.page import write_files
from codegym.benchmark.red_team.run import ENVIRONMENTS, SCORERS, red_team

DEFAULT_OUT = Path("runs/red-team")


def command(
    environments: Annotated[
        list[str] | None,
        typer.Option(
            "--env",
            help="Environment id, or a pattern such as 'CodeRepair-*'; label=ID names it. May be repeated.",
            show_default=f"{len(ENVIRONMENTS)} of all tasks",
        ),
    ] = None,
    problems: Annotated[int, typer.Option(help="Problems of each environment.", min=1)] = 10,
    seed: Annotated[int, typer.Option(help="Of the honest programs' bugs.", min=0)] = 0,
    split: Annotated[str, typer.Option(help="train, validation or test.")] = "test",
    options: Annotated[
        list[str] | None,
        typer.Option("--option", help="Option of an environment: problems=mbpp; LABEL.problems=mbpp: of one of them."),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder of the results.")] = DEFAULT_OUT,
    workers: Annotated[
        int | None, typer.Option(help="Programs judged together.", show_default="usable cores", min=1)
    ] = None,
    progress: Annotated[bool, typer.Option(help="Show how far it is.")] = True,
) -> None:
    """Score programs that exploit something with every reward, and count where they beat honest wrong programs."""
    from codegym.benchmark.plan import parse_environments

    specs = parse_environments(environments or ENVIRONMENTS, parse_values("--option", options or []))
    with shown_progress(len(specs), shown=progress) as report:
        results = red_team(specs, problems=problems, seed=seed, split=split, workers=workers, report=report)
    words = ["python", "-m", "codegym.benchmark.red_team", "--problems", str(problems), "--seed", str(seed)]
    words += [word for name in environments or () for word in ("--env", name)]
    words += [word for option in options or () for word in ("--option", option)]
    words += ["--split", split] if split != "test" else []
    page, data = write_files(results, out, shlex.join(words))
    console = Console()
    table = Table("", *SCORERS, title="Share of problems on which an exploit earns more than an honest program")
    for opponent in OPPONENTS:
        shares = [results.share(scorer, opponent) for scorer in SCORERS]
        table.add_row(opponent, *("" if share is None else f"{share.value:.3f}" for share in shares))
    console.print(table)
    for name, path in (("Page", page), ("Results", data)):
        console.print(Text(f"{name}: {path}"), soft_wrap=True)


if __name__ == "__main__":
    typer.run(command)
