"""The command line: `codegym list | doctor | problems | play | train | evaluate | bench | experiment`.

Commands import what they need when they run, so that `codegym --help` answers at once.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import inspect
import json
import os
import re
import secrets
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import gymnasium as gym
import typer
from codegym_registry import MULTIAGENT_TABLE
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

import codegym
from codegym import languages
from codegym.benchmark import commands as benchmark_commands
from codegym.cluster import Cluster
from codegym.errors import CodegymError, ConfigurationError, MissingDependencyError, UnknownNameError
from codegym.languages.base import load_object

app = typer.Typer(
    name="codegym",
    help="Token-level environments for code generation, and the agents that learn in them.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

NOBODY = "none"
"""Instead of a model: the person at the keyboard writes."""

USER_ERROR = 2
"""Exit status for a mistake that the user can correct."""

EnvId = Annotated[str, typer.Argument(help="Environment id; `codegym list` shows them.", show_default=False)]
Problems = Annotated[
    str | None,
    typer.Option(help="Name of a problem set, or a folder of code.", show_default="the environment's own"),
]
DataPath = Annotated[
    Path | None, typer.Option(help="Where the problem set's data are.", show_default="the usual place")
]
Split = Annotated[str, typer.Option(help="train, validation or test.")]
Reward = Annotated[str, typer.Option(help="Preset of the reward: default or ppocoder.")]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N.")]
SourceTokens = Annotated[
    int | None,
    typer.Option(help="Tokens of the prompt that are seen.", show_default="the environment's own", min=1),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Progress = Annotated[bool, typer.Option(help="Show how far it is.")]


def main() -> None:
    """Runs the command line: a mistake of the user is one line on standard error, and exit status 2."""
    try:
        app()
    except CodegymError as error:
        message = " ".join(str(error).split())
        Console(stderr=True).print(Text(f"Error: {message}", style="red"), soft_wrap=True)
        sys.exit(USER_ERROR)


@app.callback(invoke_without_command=True)
def _common(
    version: Annotated[bool, typer.Option("--version", help="Print the version.", is_eager=True)] = False,
) -> None:
    if version:
        typer.echo(f"codegym {codegym.__version__}")
        raise typer.Exit


@app.command("list")
def list_environments(
    part: Annotated[
        str, typer.Argument(help="Only ids with this in them: Python, CodeRepair.", show_default=False)
    ] = "",
    as_json: AsJson = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Print the page of the documentation.")] = False,
) -> None:
    """Show every environment, and whether its compiler is installed; those of several agents where PettingZoo is."""
    rows = [_environment_row(env_id, **gym.registry[env_id].kwargs) for env_id in codegym.env_ids()]
    if as_markdown:
        typer.echo(environments_page(rows), nl=False)
        return
    shown = {"gymnasium": rows, "pettingzoo": _multiagent_rows()}
    for library, found in shown.items():
        shown[library] = [row for row in found if part.lower() in row["id"].lower()]
    if not any(shown.values()):
        raise UnknownNameError("environment", part, codegym.env_ids(), "Any part of an id is accepted.")
    if as_json:
        together = [{**row, "library": library} for library, found in shown.items() for row in found]
        typer.echo(json.dumps(together, indent=2))
        return
    for library, found in shown.items():
        if found:
            Console().print(_environment_table("several agents" if library == "pettingzoo" else "environment", found))


def _environment_table(title: str, rows: Sequence[dict[str, Any]]) -> Table:
    table = Table(Column(title, no_wrap=True), "language", "prompt", "budget", "reward", "toolchain", box=None)
    for row in rows:
        toolchain = row["toolchain"]
        state = toolchain["version"] or f"missing: {toolchain['install']}"
        table.add_row(
            row["id"],
            f"{row['source_language']} to {row['language']}" if row["source_language"] else row["language"],
            str(row["source_tokens"]),
            str(row["target_tokens"]),
            row["reward"],
            Text(state, style="green" if toolchain["version"] else "red"),
        )
    return table


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Show what works on this machine, and what to install for the rest."""
    from codegym.doctor import examine, show

    report = examine()
    if as_json:
        typer.echo(json.dumps(dataclasses.asdict(report), indent=2))
    else:
        show(report, Console())
    if not report.works:
        raise typer.Exit(1)


@app.command()
def play(
    env_id: EnvId,
    model: Annotated[
        str, typer.Option(help="nano, nano-completion, a checkpoint's folder or name, or none: you.")
    ] = "nano",
    problems: Problems = None,
    path: DataPath = None,
    split: Split = "test",
    index: Annotated[int | None, typer.Option(help="Position of the problem in its set.", show_default="drawn")] = None,
    seed: Annotated[
        int | None, typer.Option(help="Draws the problem, and samples.", show_default="a new one", min=0)
    ] = None,
    greedy: Annotated[bool, typer.Option("--greedy/--sample", help="The model's first choice, or a sample.")] = True,
    delay: Annotated[float, typer.Option(help="Seconds between two tokens.", min=0.0)] = 0.1,
    reward: Reward = "default",
) -> None:
    r"""Watch the model write one program, token by token, or write it yourself.

    With `--model none` every line that you type is split into tokens; `\n` in it is a line break, `\t` a tab
    and `\\` a backslash. An empty line, or Ctrl-D, ends the program.
    """
    from codegym.play import play_episode, token_env, typed_tokens

    spec, console = gym.spec(_known(env_id)), Console()
    seed = secrets.randbelow(2**31) if seed is None else seed
    options: dict[str, Any] = {"split": split, "reward": reward}
    options |= {"problems": problems} if problems is not None else {}
    options |= {"path": path} if path is not None else {}
    policy = None
    if model != NOBODY:
        policy = _agents("codegym_agents", "A model that writes").Seq2SeqPolicy.from_pretrained(model)
        options["tokenizer"] = policy.tokenizer
    env = gym.make(spec, render_mode="ansi", disable_env_checker=True, **options)
    observation, _ = env.reset(seed=seed, options=None if index is None else {"index": index})
    if policy is None:
        tokens = typed_tokens(token_env(env).process.tokenizer, console)
    else:
        tokens = _written(policy, observation, None if greedy else seed)
    title = f"{env_id}, {'you write' if policy is None else f'{model} writes'}, --split {split} --seed {seed}"
    play_episode(env, tokens, console, title, delay if policy is not None else 0.0)
    env.close()


@app.command()
def train(
    env_id: EnvId,
    problems: Problems = None,
    path: DataPath = None,
    model: Annotated[
        str, typer.Option(help="Where training starts: nano, nano-completion, a folder, or a name.")
    ] = "nano",
    algorithm: Annotated[str, typer.Option(help="The algorithm.")] = "ppo",
    episodes: Annotated[int, typer.Option(help="Episodes to learn from.", min=1)] = 4096,
    evaluate: Annotated[int, typer.Option(help="Held-out problems, before and after.", min=0)] = 500,
    sample: Annotated[
        bool, typer.Option("--sample/--greedy", help="What is evaluated: samples, or the model's first choices.")
    ] = False,
    evaluate_problems: Annotated[
        str | None, typer.Option(help="What is evaluated on.", show_default="as --problems")
    ] = None,
    evaluate_path: Annotated[Path | None, typer.Option(help="Where its data are.", show_default="as --path")] = None,
    seed: Annotated[int, typer.Option(help="Same seed, same run.", min=0)] = 0,
    device: Device = "auto",
    reward: Reward = "default",
    source_tokens: SourceTokens = None,
    checkpoint_every: Annotated[int, typer.Option(help="Updates between two checkpoints.", min=1)] = 10,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="A hyperparameter, name=value; may be repeated.", show_default=False),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder of the run.", show_default="runs/<env id>-<algorithm>-<seed>"),
    ] = None,
    resume: Annotated[bool, typer.Option(help="Go on with the run that is in the folder.")] = False,
    ray_address: Annotated[
        str | None,
        typer.Option(help="Scores on a Ray cluster: host:port, auto, or local.", show_default="no cluster"),
    ] = None,
    ray_workers: Annotated[
        int | None, typer.Option(help="CPUs of the cluster that score.", show_default="all that are free", min=1)
    ] = None,
    ray_writers: Annotated[
        int, typer.Option(help="Copies of the policy that write on the cluster; 0: the learner writes.", min=0)
    ] = 0,
    ray_writer_gpus: Annotated[float, typer.Option(help="GPUs of each writer, also a part of one.", min=0.0)] = 0.0,
    progress: Progress = True,
) -> None:
    """Train a policy, and compare it with what it was before on problems that it was not trained on."""
    hyperparameters = parse_settings(settings or [])
    folder = out or Path("runs") / f"{_known(env_id)}-{algorithm}-{seed}"
    if folder.exists() and not folder.is_dir():
        raise ConfigurationError(f"--out {folder} is a file; a run is a folder.")
    first = os.environ.get("RANK", "0") == "0"  # of several processes, which find the folder that this one made
    if first and not resume and folder.exists() and any(folder.iterdir()):
        raise ConfigurationError(f"{folder} exists: go on with that run (--resume) or choose another --out.")
    experiment = _agents("codegym_agents.experiment", "codegym train")
    if ray_address is None and (ray_workers is not None or ray_writers):
        raise ConfigurationError("--ray-workers and --ray-writers go with --ray-address.")
    if ray_writer_gpus and not ray_writers:
        raise ConfigurationError("--ray-writer-gpus goes with --ray-writers.")
    cluster = writers = None
    if ray_writers:
        writers = Cluster(ray_address, ray_writers, gpus=ray_writer_gpus)
        writers.wait()  # what is free beside them scores
    if ray_address is not None:
        cluster = Cluster(ray_address, ray_workers)
    experiment.train(
        experiment.Experiment(
            env=_known(env_id),
            algorithm=algorithm,
            model=model,
            problems=problems,
            path=_text(path),
            evaluate_problems=evaluate_problems,
            evaluate_path=_text(evaluate_path),
            episodes=episodes,
            evaluate=evaluate,
            sample=sample,
            seed=seed,
            device=device,
            reward=reward,
            source_tokens=source_tokens,
            checkpoint_every=checkpoint_every,
            hyperparameters=hyperparameters,
        ),
        out=folder,
        resume=resume,
        progress=progress,
        cluster=cluster,
        writers=writers,
    )
    for one in (cluster, writers):
        if one is not None:
            one.close()
    console = Console()
    console.print(Text(f"Everything is in {folder}:"), soft_wrap=True)
    console.print(Text("  ".join(sorted(entry.name for entry in folder.iterdir()))), soft_wrap=True)


@app.command()
def evaluate(
    env_id: EnvId,
    problems: Problems = None,
    path: DataPath = None,
    model: Annotated[str, typer.Option(help="nano, nano-completion, a checkpoint's folder, or a name.")] = "nano",
    split: Split = "test",
    count: Annotated[int, typer.Option(help="Problems.", min=1)] = 500,
    seed: Annotated[
        int | None,
        typer.Option(help="Samples with this seed.", show_default="the model's first choices", min=0),
    ] = None,
    device: Device = "auto",
    reward: Reward = "default",
    source_tokens: SourceTokens = None,
    out: Annotated[
        Path | None, typer.Option(help="File for the results, in JSON.", show_default="none is written")
    ] = None,
) -> None:
    """Measure a policy: how often its programs compile, and how close they are to the experts'."""
    _known(env_id)
    experiment = _agents("codegym_agents.experiment", "codegym evaluate")
    experiment.evaluate(
        env=env_id,
        model=model,
        problems=problems,
        path=_text(path),
        split=split,
        count=count,
        seed=seed,
        device=device,
        reward=reward,
        source_tokens=source_tokens,
        out=out,
    )
    if out is not None:
        Console().print(Text(f"The figures are in {out}"), soft_wrap=True)


app.add_typer(benchmark_commands.app, name="bench")
app.add_typer(benchmark_commands.experiments_app, name="experiment")

problems_app = typer.Typer(help="Look at problem sets, and check them.", no_args_is_help=True)
app.add_typer(problems_app, name="problems")

SetName = Annotated[
    str, typer.Argument(help="Name of a problem set, a folder of code or a .jsonl file.", show_default=False)
]
OneLanguage = Annotated[str, typer.Option(help="Language of the references.")]


@problems_app.command("list")
def list_problem_sets(as_json: AsJson = False) -> None:
    """Show every problem set that has a name."""
    from codegym import problems as problem_sets

    cards = [problem_sets.card(name) for name in problem_sets.names()]
    if as_json:
        typer.echo(json.dumps([dataclasses.asdict(card) for card in cards], indent=2))
        return
    table = Table(Column("set", no_wrap=True), "what it is", "licence", "splits", box=None)
    for card in cards:
        table.add_row(card.name, card.description, card.licence, card.splits)
    Console().print(table)


@problems_app.command("sample")
def sample_problem(
    name: SetName,
    language: OneLanguage = "python",
    split: Split = "train",
    path: DataPath = None,
    index: Annotated[int | None, typer.Option(help="Position in the set.", show_default="drawn", min=0)] = None,
    seed: Annotated[int | None, typer.Option(help="Draws the problem.", show_default="a new one", min=0)] = None,
    as_json: AsJson = False,
) -> None:
    """Show one problem: statement, reference, tests."""
    import numpy as np
    from rich.syntax import Syntax

    from codegym.types import TestCase

    console = Console()
    found = _opened(name, language, split, path)
    if index is None:
        random = np.random.default_rng(secrets.randbelow(2**31) if seed is None else seed)
        index = int(random.integers(2**31 if found.size is None else found.size))
    try:
        problem = found[index]
    except IndexError as error:
        raise ConfigurationError(f"--index {index}: {error}") from error
    if as_json:
        typer.echo(json.dumps(dataclasses.asdict(problem), indent=2))
        return
    console.print(Text(problem.id, style="bold"), soft_wrap=True)
    for title, text in (("Statement", problem.statement), ("Broken", problem.broken), ("Reference", problem.reference)):
        if text.strip():
            console.rule(Text(title, style="dim"), align="left")
            console.print(Text(text) if title == "Statement" else Syntax(text, problem.language))
    for number, test in enumerate(problem.tests, start=1):
        console.rule(Text(f"Test {number}", style="dim"), align="left")
        shown = f"{test.stdin}-> {test.stdout}" if isinstance(test, TestCase) else test.code.strip("\n")
        console.print(Text(shown.rstrip("\n")))


@problems_app.command("check")
def check_problems(
    name: SetName,
    count: Annotated[
        int | None,
        typer.Option(help="Problems, from the first.", show_default="all; 200 of an endless set", min=1),
    ] = None,
    spoken: Annotated[
        str, typer.Option("--languages", help="Languages of the references, with commas between, or all.")
    ] = "all",
    split: Split = "train",
    path: DataPath = None,
    workers: Annotated[
        int | None, typer.Option(help="Programs judged together.", show_default="usable cores", min=1)
    ] = None,
    as_json: AsJson = False,
    progress: Progress = True,
) -> None:
    """Check that every reference compiles and passes its own tests; exit status 1 if one does not."""
    from rich.progress import MofNCompleteColumn, SpinnerColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Display

    from codegym import Judge
    from codegym.problems.check import check_references

    wanted = [each.name for each in languages.all_languages()] if spoken == "all" else spoken.split(",")
    reports = []
    columns = (SpinnerColumn(), TextColumn("{task.description}"), MofNCompleteColumn(), TimeRemainingColumn())
    with (
        Judge(workers=workers) as judge,
        Display(*columns, console=Console(stderr=True), disable=not progress) as shown,
    ):
        for language in (languages.get(each) for each in wanted):
            try:
                found = _opened(name, language.name, split, path, verify=False)
            except UnknownNameError as error:
                if spoken == "all" and error.kind == "language":
                    continue
                raise
            number = count if found.size is None else min(count or found.size, found.size)
            number = 200 if number is None else number
            task = shown.add_task(language.title, total=number)
            reports.append(check_references(found, language.name, judge, number, partial(shown.advance, task)))
    failures = [failure for report in reports for failure in report.failures]
    if as_json:
        typer.echo(json.dumps([dataclasses.asdict(report) for report in reports], indent=2))
    else:
        table = Table("language", "problems", "pass", "tests", "fail", box=None)
        for report in reports:
            table.add_row(
                languages.get(report.language).title,
                f"{report.problems:,}",
                f"{report.passed:,}",
                f"{report.tests:,}",
                ", ".join(f"{n:,} {status}" for status, n in report.statuses.items() if status not in _RIGHT) or "0",
            )
        console = Console()
        console.print(table)
        for failure in failures[:_SHOWN_FAILURES]:
            console.print(Text(f"{failure.problem}: {failure.status}: {failure.detail}", style="red"), soft_wrap=True)
        if len(failures) > _SHOWN_FAILURES:
            console.print(Text(f"... and {len(failures) - _SHOWN_FAILURES:,} more; --json lists all."))
    if failures:
        raise typer.Exit(1)


_RIGHT = ("passed", "compiled")
_SHOWN_FAILURES = 20


def _opened(name: str, language: str, split: str, path: Path | None, **options: Any) -> Any:
    """Returns a problem set; of the options, those that it takes."""
    from codegym import problems as problem_sets

    taken = {
        option: value
        for option, value in options.items()
        if name in problem_sets.names() and problem_sets.takes(name, option)
    }
    return problem_sets.load(name, language=language, split=split, path=path, **taken)


def parse_settings(settings: Sequence[str]) -> dict[str, Any]:
    """Returns `name=value` pairs as a dict, each value parsed as JSON where it is JSON, else as it stands.

    Raises:
        ConfigurationError: A pair has no name or no `=`, or a name is there twice.
    """
    parsed = {}
    for name, value in benchmark_commands.parse_values("--set", settings).items():
        identifier = name.strip().replace("-", "_")
        if not identifier.isidentifier():
            raise ConfigurationError(f"--set {name!r}=... is not name=value, such as --set learning_rate=3e-5.")
        if identifier in parsed:
            raise ConfigurationError(f"--set {identifier}=... is given twice; give it once.")
        parsed[identifier] = value
    return parsed


def environments_page(rows: Sequence[dict[str, Any]]) -> str:
    """Returns the page about the environments: a row for each, and what each family says of itself."""
    lines = ["# Environments", "", "This page is what `codegym list --markdown` prints.", ""]
    lines += ["| Id | From | Writes | Prompt | Budget | Reward | Compiler |", "|---|---|---|---|---|---|---|"]
    lines += [
        f"| `{row['id']}` | {row['source_language'] or ''} | {row['language']} | {row['source_tokens']} | "
        f"{row['target_tokens']} | `{row['reward']}` | `{row['toolchain']['program']}` |"
        for row in rows
    ]
    entry_points = dict.fromkeys(str(gym.registry[row["id"]].entry_point) for row in rows)
    for entry_point in entry_points:
        function = load_object(entry_point)
        family = next(row["id"] for row in rows if gym.registry[row["id"]].entry_point == entry_point).partition("-")[0]
        text = (inspect.getdoc(function) or "").replace("\n## ", "\n### ").replace("\nArgs:\n", "\n")
        text = re.sub(
            r"^ {8}", "  ", re.sub(r"^ {4}(\w+): ", r"- `\1`: ", text, flags=re.MULTILINE), flags=re.MULTILINE
        )
        lines += ["", f"## {family}", "", *text.split("\n")]
    return "\n".join(lines) + "\n"


def _multiagent_rows() -> list[dict[str, Any]]:
    """Returns a row for each game of several agents; none where PettingZoo is not installed."""
    if importlib.util.find_spec("pettingzoo") is None:
        return []
    return [
        _environment_row(row.id_of(member), row.source_tokens, row.target_tokens, row.reward, **member)
        for row in MULTIAGENT_TABLE
        for member in row.members()
    ]


def _environment_row(
    env_id: str, source_tokens: int, target_tokens: int, reward: str, language: str, source_language: str | None = None
) -> dict[str, Any]:
    spoken = languages.get(language)
    toolchain = spoken.toolchain
    return {
        "id": env_id,
        "source_language": languages.get(source_language).title if source_language else None,
        "language": spoken.title,
        "source_tokens": source_tokens,
        "target_tokens": target_tokens,
        "reward": reward,
        "toolchain": {
            "program": toolchain.program,
            "version": toolchain.version(),
            "install": toolchain.install,
        },
    }


def _known(env_id: str) -> str:
    """Returns an id that is registered, or raises UnknownNameError with those that are."""
    if env_id not in gym.registry:
        raise UnknownNameError("environment", env_id, codegym.env_ids())
    return env_id


def _agents(module: str, purpose: str) -> Any:
    """Returns a module that needs the extra `agents`, imported now."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] in ("codegym", "codegym_agents"):
            raise
        raise MissingDependencyError(error.name or module, "agents", purpose) from error


def _written(policy: Any, observation: Any, seed: int | None) -> Iterator[int]:
    """Returns the tokens that a policy writes: its first choices without a seed, else a sample."""
    decoding = _agents("codegym_agents.decoding", "A model that writes")
    source = observation["source"][observation["source_mask"].astype(bool)].tolist()
    (written,) = decoding.write(policy, [source], len(observation["target"]), None if seed is None else [seed])
    return iter(written.tokens)


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)
