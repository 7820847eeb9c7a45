"""`codegym bench`: compare agents, judge a run again, write its report."""

from __future__ import annotations

import json
import math
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from codegym.errors import ConfigurationError, DataError, UnknownNameError

if TYPE_CHECKING:
    from codegym.benchmark.experiments import Scale
    from codegym.benchmark.plan import Plan
    from codegym.benchmark.run import Run

_Found = TypeVar("_Found")

app = typer.Typer(help="Compare agents across environments.", invoke_without_command=True)

DEFAULT_AGENTS = ("random", "nano", "greedy=nano")
DEFAULT_SETTINGS = {"greedy.greedy": True}
DEFAULT_ENVIRONMENTS = (
    "CodeCompletion-Python-v0",
    "CodeCompletion-PHP-v0",
    "CodeTranslation-Java-Python-v0",
    "CodeTranslation-Python-PHP-v0",
    "ProgramSynthesis-Python-v0",
    "CodeRepair-PHP-v0",
)

RunFolder = Annotated[Path, typer.Argument(help="Folder of the run.")]
Workers = Annotated[int | None, typer.Option(help="Programs judged together.", show_default="usable cores", min=1)]
SplitName = Annotated[str, typer.Option(help="train, validation or test.")]
ShowProgress = Annotated[bool, typer.Option(help="Show how far it is.")]


experiments_app = typer.Typer(
    help="Ask the questions of the PPOCoder paper, and test its claims.", no_args_is_help=True
)


@app.callback()
def bench(
    context: typer.Context,
    agents: Annotated[
        list[str] | None,
        typer.Option(
            "--agent",
            help="random, reference, copy, nano, a checkpoint, ppo, grpo, ..., sb3:FILE.zip, call:module:function, "
            "programs:FILE.jsonl; label=AGENT names it. May be repeated.",
            show_default="random; nano, sampled and greedy",
        ),
    ] = None,
    environments: Annotated[
        list[str] | None,
        typer.Option(
            "--env",
            help="Environment id, or a pattern such as 'CodeCompletion-*'; label=ID names it. May be repeated.",
            show_default="six of all tasks",
        ),
    ] = None,
    seeds: Annotated[int, typer.Option(help="Seeds 0, 1, ...", min=1)] = 3,
    problems: Annotated[int, typer.Option(help="Held-out problems of each environment.", min=1)] = 32,
    samples: Annotated[int, typer.Option(help="Programs for each problem: for pass@k.", min=1)] = 1,
    split: SplitName = "test",
    episodes: Annotated[int, typer.Option(help="Programs that an agent may learn from.", min=1)] = 512,
    tokens: Annotated[
        int | None, typer.Option(help="Tokens that it may learn from instead.", show_default="--episodes counts")
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", help="Setting of an agent: ppo.learning_rate=1e-5; without a label: of all.", show_default=False
        ),
    ] = None,
    options: Annotated[
        list[str] | None,
        typer.Option("--option", help="Option of an environment, likewise: problems=xlcost.", show_default=False),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder of the run; one that is there is gone on with.")] = Path(
        "runs/bench"
    ),
    workers: Workers = None,
    jobs: Annotated[int, typer.Option(help="Cells run together, each in its own process.", min=1)] = 1,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda.")] = "auto",
    progress: ShowProgress = True,
) -> None:
    """Run every agent in every environment with every seed, and write figures and a report."""
    if context.invoked_subcommand is not None:
        return
    from codegym.benchmark.plan import Plan, parse_agents, parse_environments

    own = parse_values("--set", settings or [])
    plan = Plan(
        agents=parse_agents(agents or DEFAULT_AGENTS, own if agents else DEFAULT_SETTINGS | own),
        environments=parse_environments(environments or DEFAULT_ENVIRONMENTS, parse_values("--option", options or [])),
        seeds=seeds,
        problems=problems,
        samples=samples,
        split=split,
        episodes=episodes,
        tokens=tokens,
    )
    write(_run(plan, out, workers=workers, jobs=jobs, device=device, progress=progress).folder)


def _run(plan: Plan, out: Path, *, workers: int | None, jobs: int, device: str, progress: bool) -> Run:
    """Runs a plan, and shows how far it is."""
    from codegym.benchmark.run import Run, cells_of
    from codegym.benchmark.runner import run

    cells = cells_of(plan)
    there = Run(out).results() if (out / "run.json").is_file() else []
    done = [str(one.cell) for one in there if one.status == "done" and one.cell in cells]
    with shown_progress(len(cells), shown=progress, done=done) as report:
        return run(plan, out, workers=workers, jobs=jobs, device=device, report=report)


@contextmanager
def shown_progress(total: int, *, shown: bool, done: Iterable[str] = ()) -> Iterator[Callable[[object, str], None]]:
    """Shows how many of `total` things are done; yields what is told of each: which one, and what is being done.

    Args:
        total: How many there are.
        shown: Whether anything is shown.
        done: Those that were done before.
    """
    columns = (
        SpinnerColumn(),
        TextColumn("{task.fields[doing]}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), disable=not shown) as display:
        begun = set(done)
        task = display.add_task("", total=total, completed=len(begun), doing="starting")

        def report(which: object, doing: str) -> None:
            begun.add(str(which))
            display.update(task, doing=f"{which}: {doing}", completed=len(begun) - (doing != "done"))

        yield report
        display.update(task, completed=total, doing="done")


@app.command()
def verify(run: RunFolder, workers: Workers = None) -> None:
    """Judge the programs of a run again, and compare every figure; exit status 1 if one differs."""
    from codegym.benchmark.runner import verify as judge_again

    console = Console()
    with console.status("judging again") as status:
        found = judge_again(run, workers=workers, report=lambda cell, doing: status.update(f"{cell}: {doing}"))
    for difference in found.differences:
        console.print(Text(difference, style="red"), soft_wrap=True)
    for cell in found.crashed:
        console.print(Text(f"{cell}: crashed, so that there is nothing to judge.", style="yellow"), soft_wrap=True)
    verdict = "all figures are confirmed" if not found.differences else f"{len(found.differences)} things differ"
    console.print(Text(f"{found.programs:,} programs were judged again: {verdict}."))
    if found.differences:
        raise typer.Exit(1)


@app.command()
def report(run: RunFolder) -> None:
    """Write the report of a run: report.html and report.md."""
    write(run)


@app.command()
def prompts(
    env: Annotated[str, typer.Argument(help="Environment id.")],
    problems: Annotated[int, typer.Option(help="Problems.", min=1)] = 50,
    split: SplitName = "test",
    options: Annotated[list[str] | None, typer.Option("--option", help="Option of the environment.")] = None,
    workers: Workers = None,
) -> None:
    """Print the problems of an environment as JSON lines, for models that write elsewhere.

    Each line has the problem's URI, its prompt, and what is given of the program. An answer is a line with `problem`
    and `answer`, or `program`; a file of them takes part as `--agent name=programs:FILE`.
    """
    from dataclasses import asdict

    from codegym.benchmark.plan import parse_environments
    from codegym.benchmark.runner import posed_problems
    from codegym.judge import Judge

    (environment,) = parse_environments([env], parse_values("--option", options or []))
    with Judge(workers=workers) as judge:
        for record in posed_problems(environment, split, problems, judge):
            plain = asdict(record)
            typer.echo(json.dumps({name: value for name, value in plain.items() if name != "reference"}))


@app.command("red-team")
def show_red_team(
    environments: Annotated[
        list[str] | None,
        typer.Option(
            "--env",
            help="Environment id, or a pattern such as 'CodeRepair-*'; label=ID names it. May be repeated.",
            show_default="some of all tasks",
        ),
    ] = None,
    problems: Annotated[int, typer.Option(help="Problems of each environment.", min=1)] = 10,
    seed: Annotated[int, typer.Option(help="Of the honest programs' bugs.", min=0)] = 0,
    split: SplitName = "test",
    options: Annotated[
        list[str] | None,
        typer.Option("--option", help="Option of an environment: problems=mbpp; LABEL.problems=mbpp: of one of them."),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder of the results.")] = Path("runs/red-team"),
    workers: Workers = None,
    progress: ShowProgress = True,
) -> None:
    """Score programs that exploit something with every reward, and count where they beat honest wrong programs."""
    from codegym.benchmark.plan import parse_environments
    from codegym.benchmark.red_team.honest import OPPONENTS
    from codegym.benchmark.red_team.page import write_files
    from codegym.benchmark.red_team.run import ENVIRONMENTS, SCORERS, red_team

    specs = parse_environments(environments or ENVIRONMENTS, parse_values("--option", options or []))
    with shown_progress(len(specs), shown=progress) as report:
        results = red_team(specs, problems=problems, seed=seed, split=split, workers=workers, report=report)
    words = ["codegym", "bench", "red-team", "--problems", str(problems), "--seed", str(seed)]
    words += [word for name in environments or () for word in ("--env", name)]
    words += [word for option in options or () for word in ("--option", option)]
    words += ["--split", split] if split != "test" else []
    page, data = write_files(results, out, shlex.join(words))
    console = Console()
    table = Table("", *OPPONENTS, title="Share of problems on which an exploit earns more than an honest program")
    for scorer in SCORERS:
        shares = [results.share(scorer, opponent) for opponent in OPPONENTS]
        table.add_row(scorer, *("" if share is None else f"{share.value:.3f}" for share in shares))
    console.print(table)
    for name, path in (("Page", page), ("Results", data)):
        console.print(Text(f"{name}: {path}"), soft_wrap=True)


def write(folder: Path) -> None:
    """Writes the report of a run, and shows the leaderboard and where everything is."""
    from codegym.benchmark.analysis import analyse
    from codegym.benchmark.report import write_report
    from codegym.benchmark.run import Run

    finished = Run(folder)
    analysis = analyse(finished)
    page, text = write_report(finished, analysis=analysis)
    console = Console()
    table = Table(
        "", "agent", "solved", "95 % interval", "mean", "compiles", title="Interquartile means over environments"
    )
    for row in analysis.leaderboard:
        if "solved" not in row.interquartile_mean:
            table.add_row("", row.agent, "not finished anywhere")
            continue
        solved = row.interquartile_mean["solved"]
        table.add_row(
            "" if row.rank is None else str(row.rank),
            row.agent,
            f"{solved.value:.3f}",
            "one seed: none" if math.isnan(solved.low) else f"{solved.low:.3f} to {solved.high:.3f}",
            f"{row.mean['solved'].value:.3f}",
            f"{row.mean['compilation_rate'].value:.3f}",
        )
    console.print(table)
    failed = [one for one in finished.results() if one.status != "done"]
    for one in failed:
        console.print(Text(f"{one.cell}: {one.status}. {one.error}", style="red"), soft_wrap=True)
    for name, path in (("Report", page), ("Markdown", text), ("Figures", finished.folder / "metrics.csv")):
        console.print(Text(f"{name}: {path}"), soft_wrap=True)


@experiments_app.command("list")
def list_experiments() -> None:
    """Show the experiments."""
    from codegym.benchmark.experiments import EXPERIMENTS

    table = Table("experiment", "question", "the paper", box=None)
    for one in EXPERIMENTS:
        table.add_row(one.name, one.title, one.paper)
    Console().print(table)


@experiments_app.command("run")
def run_experiment(
    name: Annotated[str, typer.Argument(help="Name of the experiment; `codegym experiment list` shows them.")],
    models: Annotated[
        list[str] | None,
        typer.Option("--model", help="The policy to begin with; several for model-size.", show_default="nano"),
    ] = None,
    seeds: Annotated[int, typer.Option(help="Seeds 0, 1, ...", min=1)] = 3,
    problems: Annotated[int, typer.Option(help="Held-out problems of each environment.", min=1)] = 64,
    samples: Annotated[int, typer.Option(help="Programs for each problem.", min=1)] = 1,
    episodes: Annotated[int, typer.Option(help="Programs to learn from, with each seed.", min=1)] = 1024,
    environments: Annotated[
        list[str] | None,
        typer.Option("--environment", help="Label of an environment; may be repeated.", show_default="all of them"),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="Setting of all agents that learn: learning_rate=1e-6.", show_default="for nano"),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the run.", show_default="runs/<experiment>")] = None,
    page: Annotated[Path, typer.Option(help="Folder of the page.")] = Path("docs/results"),
    workers: Workers = None,
    jobs: Annotated[int, typer.Option(help="Cells run together, each in its own process.", min=1)] = 1,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda.")] = "auto",
    page_only: Annotated[
        bool,
        typer.Option("--page-only", help="Write the page alone, of a run from here or from another machine."),
    ] = False,
    progress: ShowProgress = True,
) -> None:
    """Run an experiment, and write its page: figures, a picture, and which claims hold."""
    from codegym.benchmark.experiment_page import write_page
    from codegym.benchmark.experiments import NANO_SETTINGS, Scale, find
    from codegym.benchmark.run import Run

    experiment = find(name).within(environments)
    own = dict(NANO_SETTINGS) | parse_values("--set", settings or [])
    scale = Scale(tuple(models or ("nano",)), seeds, problems, samples, episodes, own)
    folder = out or Path("runs") / name
    plan = experiment.plan(scale)
    if page_only:
        finished = Run(folder)
        finished.check_plan(plan)
    else:
        finished = _run(plan, folder, workers=workers, jobs=jobs, device=device, progress=progress)
    command, with_codet5 = (_command_of(name, one, environments or ()) for one in (scale, scale.with_codet5()))
    written = write_page(experiment, finished, command, with_codet5, page)
    console = Console()
    for path in (written, finished.folder):
        console.print(Text(f"{'Page' if path is written else 'Run'}: {path}"), soft_wrap=True)


@experiments_app.command("table")
def show_table(
    file: Annotated[Path, typer.Argument(help="Raw outcomes: docs/results/NAME.json.")],
    measure: Annotated[str, typer.Option(help="compilation_rate or solved.")] = "compilation_rate",
) -> None:
    """Print what each agent has changed, as a table in Markdown."""
    from codegym.benchmark.experiment_page import summary

    if measure not in ("compilation_rate", "solved"):
        raise UnknownNameError("measure", measure, ["compilation_rate", "solved"])
    typer.echo("\n".join(_of_outcomes(file, lambda raw: list(summary(raw, measure)))))


@experiments_app.command("claims")
def show_claims(
    files: Annotated[list[Path], typer.Argument(help="Raw outcomes: docs/results/NAME.json.")],
) -> None:
    """Print how the claims of experiments fare with the seeds that were run, and with others, as tables in Markdown.

    Claims are those about what compiles and what is solved, and Holm's correction is over them; of others the raw
    outcomes say nothing.
    """
    from codegym.benchmark.experiment_page import claims_table, examine_outcomes
    from codegym.benchmark.experiments import find

    for file in files:
        experiment = find(file.stem)
        examined = _of_outcomes(file, partial(examine_outcomes, experiment))
        typer.echo("\n".join([f"## {experiment.title}", "", *claims_table(examined), ""]))


def _of_outcomes(file: Path, use: Callable[[Mapping[str, Any]], _Found]) -> _Found:
    """Returns what is made of the raw outcomes in a file.

    Raises:
        DataError: They are something else.
    """
    try:
        return use(json.loads(file.read_text()))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{file} is not the raw outcomes of an experiment: {error}.") from error


def _command_of(name: str, scale: Scale, environments: Sequence[str] = ()) -> str:
    """Returns the command that makes an experiment again."""
    from codegym.benchmark.experiments import NANO_SETTINGS

    words = ["codegym", "experiment", "run", name]
    words += [word for label in environments for word in ("--environment", label)]
    words += [word for model in scale.models for word in ("--model", model)]
    for option in ("seeds", "problems", "samples", "episodes"):
        words += [f"--{option}", str(getattr(scale, option))]
    changed = {key: value for key, value in scale.settings.items() if NANO_SETTINGS.get(key) != value}
    words += [word for key, value in changed.items() for word in ("--set", f"{key}={json.dumps(value)}")]
    return shlex.join(words)


def parse_values(option: str, texts: Sequence[str]) -> dict[str, Any]:
    """Returns `name=value` pairs as a dict; a name may begin with a label and a dot; values are JSON, else text.

    Raises:
        ConfigurationError: A pair is no such pair, or a name is there twice.
    """
    parsed: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise ConfigurationError(f"{option} {text!r} is not name=value, such as {option} learning_rate=3e-5.")
        if name in parsed:
            raise ConfigurationError(f"{option} {name}=... is given twice; give it once.")
        try:
            parsed[name] = json.loads(value)
        except ValueError:
            parsed[name] = value
    return parsed
