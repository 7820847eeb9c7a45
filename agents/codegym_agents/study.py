"""Does an algorithm learn in an environment? Several seeds of it, measured on held-out problems before and after.

    python -m codegym_agents.study run CodeRepair-Java-v0 --algorithm ppo --seeds 5 --out docs/results/learning

One JSON file comes out for each environment and algorithm: the command, the settings, the learning curve of every seed,
and for every held-out problem whether the program compiled and whether it was right, before and after. A study that was
interrupted goes on with the seeds that are missing. `table` makes Markdown of a folder of such files.
"""

from __future__ import annotations

import json
import platform
import shlex
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import transformers
import typer
from rich.console import Console

import codegym
from codegym.benchmark.statistics import Estimate, estimate
from codegym.cli import parse_settings
from codegym.envs.vector import CodeVectorEnv
from codegym.errors import ConfigurationError, DataError
from codegym.judge import Judge
from codegym_agents.algorithms import find_algorithm
from codegym_agents.common.environment import make_env
from codegym_agents.common.evaluation import EvaluatedEpisode, evaluate
from codegym_agents.common.hyperparameters import configure
from codegym_agents.experiment import resolve_device
from codegym_agents.models import Policy, load_policy

CURVE = ("episodes", "solved", "compilation_rate", "task_return", "kl", "length")
"""What of each iteration is kept."""

console = Console(stderr=True)
app = typer.Typer(add_completion=False, help=__doc__)


@dataclass(frozen=True)
class Study:
    """What is asked.

    Attributes:
        env: Environment id.
        algorithm: As in `codegym_agents.algorithms.find_algorithm`.
        model: What `load_policy` takes.
        episodes: Programs to learn from, of each seed.
        evaluate: Held-out problems.
        problems: Problem set; None: the environment's default.
        path: Where its data is.
        options: Other options of the environment.
        hyperparameters: Of the algorithm.
    """

    env: str
    algorithm: str
    model: str
    episodes: int
    evaluate: int
    problems: str | None
    path: str | None
    options: dict[str, Any]
    hyperparameters: dict[str, Any]

    def make_env(self, policy: Policy, judge: Judge, split: str) -> CodeVectorEnv:
        """Returns the environment of a split."""
        given = {"problems": self.problems, "path": self.path}
        options = self.options | {name: value for name, value in given.items() if value is not None}
        return make_env(self.env, policy, judge=judge, workers=judge.workers, split=split, **options)

    def run(self, seed: int, judge: Judge, device: torch.device) -> dict[str, Any]:
        """Trains with one seed and returns what came out."""
        policy = load_policy(self.model).to(device)
        agent = find_algorithm(self.algorithm)(
            policy, self.make_env(policy, judge, "train"), seed=seed, **self.hyperparameters
        )
        test = self.make_env(policy, judge, "test")
        before = evaluate(policy, policy, test, self.evaluate, seed=seed, batch_size=256)
        curve: list[list[float]] = []

        def record(_: Any, metrics: dict[str, float]) -> None:
            curve.append([round(metrics[name], 4) for name in CURVE])
            shown = "  ".join(f"{name} {metrics[name]:.3f}" for name in CURVE[1:])
            console.print(f"{self.env} {self.algorithm} seed {seed}, {int(metrics['episodes']):>6}: {shown}")

        agent.learn(self.episodes, record)
        after = evaluate(policy, agent.reference, test, self.evaluate, seed=seed, batch_size=256)
        return {"seed": seed, "curve": curve, "before": _outcomes(before), "after": _outcomes(after)}


def _outcomes(episodes: Sequence[EvaluatedEpisode]) -> dict[str, Any]:
    """Returns what is kept of a measurement: a character for each problem, 1 where it is so, and means."""
    kept: dict[str, Any] = {
        name: "".join(str(int(getattr(one, name))) for one in episodes) for name in ("solved", "compilation_rate")
    }
    means = ("syntax", "dataflow", "kl", "length", "episode_return")
    return kept | {name: round(float(np.mean([getattr(one, name) for one in episodes])), 4) for name in means}


@dataclass(frozen=True)
class Result:
    """What a study says: over all seeds, with intervals that its problems leave open.

    Attributes:
        study: What was asked.
        seeds: How many seeds.
        problems: How many held-out problems.
        before: Share of right programs before learning.
        after: The same after it, the mean over the seeds.
        change: The mean change of a problem, paired.
        compiled_before: Share of programs that compile, before.
        compiled_after: And after.
        each_after: The share of right programs after learning, of each seed.
        command: What made it.
    """

    study: Study
    seeds: int
    problems: int
    before: Estimate
    after: Estimate
    change: Estimate
    compiled_before: Estimate
    compiled_after: Estimate
    each_after: tuple[float, ...]
    command: str


def read(file: Path) -> Result:
    """Reads a study's file.

    Raises:
        DataError: The file is none.
    """
    try:
        content = json.loads(file.read_text())
        seeds = content["seeds"]
        outcome = {
            (when, name): np.array([[int(one) for one in row[when][name]] for row in seeds], dtype=float)
            for when in ("before", "after")
            for name in ("solved", "compilation_rate")
        }
        study = Study(**content["study"])
        command = content["command"]
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{file} is no study: {error!r}.") from error
    mean = {key: estimate(rows.mean(axis=0).tolist()) for key, rows in outcome.items()}
    before, after = outcome["before", "solved"], outcome["after", "solved"]
    return Result(
        study=study,
        seeds=len(seeds),
        problems=before.shape[1],
        before=mean["before", "solved"],
        after=mean["after", "solved"],
        change=estimate((after - before).mean(axis=0).tolist()),
        compiled_before=mean["before", "compilation_rate"],
        compiled_after=mean["after", "compilation_rate"],
        each_after=tuple(float(one) for one in after.mean(axis=1)),
        command=command,
    )


def table(folder: Path) -> str:
    """Returns a folder's studies as a Markdown table."""
    lines = [
        "| Environment | Algorithm | right before | right after | change (95 %) | lowest to highest seed | compiles |",
        "|---|---|---|---|---|---|---|",
    ]
    for result in (read(file) for file in sorted(folder.glob("*.json"))):
        low, high = min(result.each_after), max(result.each_after)
        change = result.change
        lines.append(
            f"| `{result.study.env}` | {result.study.algorithm} | {_interval(result.before)} | "
            f"{_interval(result.after)} | {change.value:+.3f} ({change.low:+.3f} to {change.high:+.3f}) | "
            f"{low:.3f} to {high:.3f} | {result.compiled_before.value:.3f} → {result.compiled_after.value:.3f} |"
        )
    return "\n".join(lines) + "\n"


def _interval(one: Estimate) -> str:
    return f"{one.value:.3f} ({one.low:.3f} to {one.high:.3f})"


@app.command()
def run(
    env: Annotated[str, typer.Argument(help="Environment id.")],
    out: Annotated[Path, typer.Option(help="Folder of the results.")],
    algorithm: Annotated[str, typer.Option(help="The algorithm.")] = "ppo",
    model: Annotated[str, typer.Option(help="The policy to begin with.")] = "nano",
    seeds: Annotated[int, typer.Option(help="Seeds 0, 1, ...", min=1)] = 5,
    episodes: Annotated[int, typer.Option(help="Programs to learn from, of each seed.", min=1)] = 4096,
    evaluate: Annotated[int, typer.Option(help="Held-out problems.", min=1)] = 256,
    problems: Annotated[str | None, typer.Option(help="Problem set.")] = None,
    path: Annotated[str | None, typer.Option(help="Where its data is.")] = None,
    options: Annotated[list[str] | None, typer.Option("--option", help="Of the environment: turns=1.")] = None,
    settings: Annotated[list[str] | None, typer.Option("--set", help="Hyperparameter: learning_rate=1e-4.")] = None,
    workers: Annotated[int | None, typer.Option(help="Processes that judge.", show_default="cores")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda.")] = "auto",
) -> None:
    """Runs what is missing of a study."""
    study = Study(
        env,
        algorithm,
        model,
        episodes,
        evaluate,
        problems,
        path,
        parse_settings(options or []),
        parse_settings(settings or []),
    )
    configure(find_algorithm(algorithm).hyperparameters, study.hyperparameters)
    out.mkdir(parents=True, exist_ok=True)
    file = out / f"{env}-{algorithm}.json"
    done: list[dict[str, Any]] = []
    if file.is_file():
        content = json.loads(file.read_text())
        if content["study"] != asdict(study):
            raise ConfigurationError(f"{file} holds another study, with other settings; name another --out.")
        done = content["seeds"]
    place = resolve_device(device)
    with Judge(workers=workers) as judge:
        for seed in range(len(done), seeds):
            done.append(study.run(seed, judge, place))
            _write(file, study, place, done)
    console.print(f"{file}\n{summary_of(file)}")


def summary_of(file: Path) -> str:
    """Returns what one study says, in a line."""
    result = read(file)
    return f"right {_interval(result.before)} -> {_interval(result.after)}, change {_interval(result.change)}"


def _write(file: Path, study: Study, device: torch.device, seeds: list[dict[str, Any]]) -> None:
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else f"CPU ({platform.machine()})"
    content = {
        "study": asdict(study),
        "command": shlex.join(["python", "-m", "codegym_agents.study", *sys.argv[1:]]),
        "device": name,
        "versions": {
            "codegym": codegym.__version__,
            "torch": torch.__version__,
            "transformers": transformers.__version__,
        },
        "curve_columns": CURVE,
        "seeds": seeds,
    }
    draft = file.with_name(file.name + ".part")
    draft.write_text(json.dumps(content) + "\n")
    draft.replace(file)


@app.command("table")
def print_table(folder: Annotated[Path, typer.Argument(help="Folder of results.")]) -> None:
    """Prints a folder's studies as a Markdown table."""
    print(table(folder), end="")


if __name__ == "__main__":
    app()
