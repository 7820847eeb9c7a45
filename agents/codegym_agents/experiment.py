"""One training run from the first measurement to the last picture: what `codegym train` does.

A run is a folder:

    config.json       what was asked for
    before.jsonl      each held-out problem before training; after.jsonl after it
    metrics.jsonl     one line an iteration
    checkpoints/      the latest one; training goes on from it exactly
    policy/           the trained policy
    tensorboard/      the same metrics
    curves.png        the picture
    summary.json      before, after and change, each with a 95 % interval
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

import torch
from rich.console import Console
from rich.panel import Panel
from rich.syntax import Syntax
from rich.table import Table
from torch.utils.tensorboard import SummaryWriter

from codegym import Judge
from codegym.benchmark.run import read_object, write_whole
from codegym.benchmark.statistics import Estimate
from codegym.cluster import Cluster
from codegym.envs.vector import CodeVectorEnv
from codegym.errors import ConfigurationError, DataError, DeviceError
from codegym_agents.algorithms import find_algorithm
from codegym_agents.common.agent import Agent
from codegym_agents.common.environment import make_env
from codegym_agents.common.evaluation import METRICS, EvaluatedEpisode, changes, summarise
from codegym_agents.common.evaluation import evaluate as evaluate_policy
from codegym_agents.common.hyperparameters import configure
from codegym_agents.common.processes import is_first, local_device
from codegym_agents.curves import draw_curves
from codegym_agents.models import Policy, load_policy

console = Console()


@dataclass(frozen=True)
class Experiment:
    """What a training run is.

    Attributes:
        env: Environment id.
        algorithm: Name of one of `codegym_agents.algorithms.ALGORITHMS`, or `"module:NAME"` of one of your own.
        model: What `Policy.from_pretrained` takes.
        problems: Problem set or path of a folder of code to learn from; None: the environment's default.
        path: Where the problem set's data is.
        evaluate_problems: What to measure on; None: the test split of `problems`.
        evaluate_path: Where that data is.
        episodes: Programs to learn from.
        evaluate: Held-out problems measured before and after; 0 for none.
        sample: Whether what is measured are samples of the policy, as in training, or its most probable tokens.
        seed: Of everything that is random.
        device: `"auto"`, `"cpu"`, `"cuda"`.
        reward: Preset of the reward mix.
        source_tokens: Longest prompt; None: the environment's default.
        checkpoint_every: Iterations between checkpoints.
        hyperparameters: Of the algorithm.
    """

    env: str
    algorithm: str = "ppo"
    model: str = "nano"
    problems: str | None = None
    path: str | None = None
    evaluate_problems: str | None = None
    evaluate_path: str | None = None
    episodes: int = 4096
    evaluate: int = 500
    sample: bool = False
    seed: int = 0
    device: str = "auto"
    reward: str = "default"
    source_tokens: int | None = None
    checkpoint_every: int = 10
    hyperparameters: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        algorithm = find_algorithm(self.algorithm)
        if self.episodes < 1 or self.evaluate < 0 or self.checkpoint_every < 1:
            raise ConfigurationError(f"episodes, evaluate and checkpoint_every must be positive: {self}.")
        configure(algorithm.hyperparameters, self.options)

    @property
    def options(self) -> dict[str, Any]:
        """The hyperparameters that the algorithm is made with, the seed among them."""
        return {"seed": self.seed, **self.hyperparameters}

    def make_env(self, policy: Policy, split: str, cluster: Cluster | None = None) -> CodeVectorEnv:
        """Returns the environment of a split of the problems, whose programs are scored here or on a cluster."""
        problems, path = self.problems, self.path
        if split == "test" and self.evaluate_problems is not None:
            problems, path = self.evaluate_problems, self.evaluate_path
        options: dict[str, Any] = {"split": split, "reward": self.reward}
        given = {"problems": problems, "path": path, "source_tokens": self.source_tokens}
        options |= {name: value for name, value in given.items() if value is not None}
        if cluster is not None:
            options |= {"judge": Judge(backend="ray", cluster=cluster), "workers": cluster}
        return make_env(self.env, policy, **options)


class Learner(Protocol):
    """What a run needs of an algorithm."""

    policy: Policy
    iteration: int

    def learn(self, total_episodes: int, callback: Any = None, progress_bar: bool = False) -> dict[str, float]:
        """Trains until so many episodes have been learned from."""

    def save(self, folder: str | Path) -> None:
        """Writes a checkpoint."""


def train(
    experiment: Experiment,
    out: Path,
    *,
    resume: bool = False,
    progress: bool = True,
    cluster: Cluster | None = None,
    writers: Cluster | None = None,
) -> dict[str, Any]:
    """Measures a policy, trains it, measures it again, and writes the run's folder.

    Args:
        experiment: What to do.
        out: The run's folder.
        resume: Go on from the last checkpoint in `out`, if there is one. The result is that of a run that was
            never interrupted.
        progress: Shows live progress and the final tables on the terminal.
        cluster: Where programs are scored; None: on this host. The result is the same.
        writers: Where the programs that are learned from are written; None: by this process. The result is the same,
            up to rounding.

    Returns:
        The content of `summary.json`.

    Raises:
        ConfigurationError: The folder holds another run, or one that is to be resumed with other settings; or there
            are writers for an algorithm that does not write.
    """
    device = resolve_device(experiment.device)
    initial = _initial(experiment, device)
    env = experiment.make_env(initial, "train", cluster)
    if not is_first():  # of several processes, the first one measures and writes
        _learn(experiment, _learner(experiment, initial, env, out, writers), out)
        return {}
    _open_run(experiment, out, resume)
    before = _measured(experiment, initial, initial, out / "before.jsonl", progress, cluster)
    agent = _trained(experiment, initial, env, out, progress, writers)
    agent.policy.save_pretrained(out / "policy")
    reference = agent.reference if isinstance(agent, Agent) else _initial(experiment, device)
    after = _measured(experiment, agent.policy, reference, out / "after.jsonl", progress, cluster)
    summary = _summary(experiment, before, after)
    write_whole(out / "summary.json", json.dumps(summary, indent=1) + "\n")
    metrics = _read_rows(out / "metrics.jsonl")
    draw_curves(metrics, summary, out / "curves.png")
    if progress:
        _show(summary, before, after, out)
    return summary


def evaluate(
    env: str,
    model: str = "nano",
    *,
    problems: str | None = None,
    path: str | None = None,
    split: str = "test",
    count: int = 500,
    seed: int | None = None,
    device: str = "auto",
    reward: str = "default",
    source_tokens: int | None = None,
    out: Path | None = None,
    progress: bool = True,
) -> dict[str, Any]:
    """Measures a policy on a split's first problems.

    Args:
        env: Environment id.
        model: What `Policy.from_pretrained` takes; KL is measured to the model itself, so it is 0 here.
        problems: As in `Experiment`.
        path: As in `Experiment`.
        split: Which split.
        count: Number of problems.
        seed: Samples with this seed; None writes the most probable token each time.
        device: As in `Experiment`.
        reward: As in `Experiment`.
        source_tokens: As in `Experiment`.
        out: File for the result as JSON.
        progress: Prints a table.

    Returns:
        Each metric with its 95 % interval, and the number of problems.
    """
    policy = load_policy(model).to(resolve_device(device))
    asked = Experiment(env, problems=problems, path=path, reward=reward, source_tokens=source_tokens)
    episodes = evaluate_policy(policy, policy, asked.make_env(policy, split), count, seed=seed)
    result = {"env": env, "model": model, "split": split, "problems": len(episodes)}
    measured = {name: one.to_dict() for name, one in summarise(episodes).items()}
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(json.dumps(result | {"metrics": measured}, indent=1) + "\n")
    if progress:
        console.print(_table(f"{env}: {model} on {len(episodes)} {split} problems", {model: measured}))
    return result | {"metrics": measured}


def resolve_device(name: str, number: int = 0) -> torch.device:
    """Returns the device of a name; `"auto"` is the GPU if there is one, and each of several processes has its own.

    Args:
        name: `"auto"`, or as torch calls it.
        number: Which of several that know nothing of one another: of several GPUs, they take one after the other.

    Raises:
        ConfigurationError: There is no such device here.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    name = local_device(name)
    if name == "cuda" and torch.cuda.device_count() > 1:
        name = f"cuda:{number % torch.cuda.device_count()}"
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise ConfigurationError(f"There is no device {name!r}: {error}") from error
    if device.type == "cuda" and not torch.cuda.is_available():
        raise ConfigurationError("No CUDA device can be used here; `codegym doctor` tells more. Use --device cpu.")
    return device


def _open_run(experiment: Experiment, out: Path, resume: bool) -> None:
    config_file = out / "config.json"
    config = asdict(experiment)
    if config_file.is_file():
        if not resume:
            raise ConfigurationError(f"{out} holds a run already. Go on with it by --resume, or name another --out.")
        old = read_object(config_file)
        different = sorted(name for name in config if old.get(name) != config[name])
        if different:
            raise ConfigurationError(f"{out} was run with another {', '.join(different)}; resume it as it was.")
    out.mkdir(parents=True, exist_ok=True)
    write_whole(config_file, json.dumps(config, indent=1) + "\n")


def _initial(experiment: Experiment, device: torch.device) -> Policy:
    return load_policy(experiment.model).to(device)


def _measured(
    experiment: Experiment, policy: Policy, reference: Policy, file: Path, progress: bool, cluster: Cluster | None
) -> list[EvaluatedEpisode]:
    if experiment.evaluate == 0:
        return []
    if file.is_file():
        return [EvaluatedEpisode(**row) for row in _read_rows(file)]
    if progress:
        console.print(f"Writing {experiment.evaluate} held-out programs ({file.stem} training) ...")
    env = experiment.make_env(policy, "test", cluster)
    # Before training too the policy is measured at the temperature that it is trained at.
    policy.temperature = reference.temperature = experiment.options.get("temperature", 1.0)
    seed = experiment.seed if experiment.sample else None
    episodes = evaluate_policy(policy, reference, env, experiment.evaluate, seed=seed)
    write_whole(file, "".join(json.dumps(asdict(episode)) + "\n" for episode in episodes))
    return episodes


def _trained(
    experiment: Experiment, policy: Policy, env: CodeVectorEnv, out: Path, progress: bool, writers: Cluster | None
) -> Learner:
    agent = _learner(experiment, policy, env, out, writers)

    with _Log(out, agent.iteration) as log:
        try:
            _learn(experiment, agent, out, log, progress)
        except KeyboardInterrupt:
            console.print(f"Interrupted. Go on from the last checkpoint with the same command and --resume: {out}")
            raise
        except torch.AcceleratorError as error:
            raise DeviceError(
                f"The GPU failed: {error}. Nothing but what was learned since the last checkpoint in {out} is lost: go "
                "on from it with the same command and --resume, on another GPU (--device cuda:N) or on --device cpu."
            ) from error
    return agent


def _learn(experiment: Experiment, agent: Learner, out: Path, log: _Log | None = None, progress: bool = False) -> None:
    """Trains; checkpoints are made by all processes together, which may have a part of them each."""

    def record(trained: Learner, metrics: dict[str, float]) -> None:
        if log is not None:
            log.write(metrics, trained)
        if trained.iteration % experiment.checkpoint_every == 0:
            _checkpoint(trained, out)

    agent.learn(experiment.episodes, record, progress_bar=progress)
    if agent.iteration % experiment.checkpoint_every != 0:
        _checkpoint(agent, out)


def _learner(experiment: Experiment, policy: Policy, env: CodeVectorEnv, out: Path, writers: Cluster | None) -> Learner:
    """Returns what learns, as it was at the last checkpoint if there is one."""
    algorithm, latest = find_algorithm(experiment.algorithm), _latest_checkpoint(out)
    agent: Learner = (
        algorithm(policy, env, **experiment.options)
        if latest is None
        else algorithm.load(latest, env, device=policy.device)
    )
    if isinstance(agent, Agent):
        agent.failure_folder = out / "failed"
        if writers is not None:
            agent.write_on(writers)
    elif writers is not None:
        raise ConfigurationError(f"{experiment.algorithm} learns from what others wrote: it has no use for writers.")
    return agent


def _checkpoint(agent: Learner, out: Path) -> None:
    folder = out / "checkpoints" / f"{agent.iteration:06d}"
    if not folder.exists():
        agent.save(folder)
    for older in sorted(folder.parent.iterdir()) if is_first() else ():
        if older != folder:
            shutil.rmtree(older)


def _latest_checkpoint(out: Path) -> Path | None:
    folders = sorted(one for one in (out / "checkpoints").glob("*") if one.name.isdigit())
    return folders[-1] if folders else None


class _Log:
    """The metrics of a run, as JSON lines and for TensorBoard; drops lines that are to be made again."""

    def __init__(self, out: Path, iteration: int) -> None:
        self._file = out / "metrics.jsonl"
        rows = _read_rows(self._file) if self._file.is_file() else []
        kept = [row for row in rows if row["iteration"] <= iteration]
        write_whole(self._file, "".join(json.dumps(row) + "\n" for row in kept))
        # TensorBoard drops what an interrupted run wrote from this step on.
        self._board = SummaryWriter(str(out / "tensorboard"), purge_step=iteration + 1)

    def __enter__(self) -> _Log:
        return self

    def __exit__(self, *exception: object) -> None:
        self._board.close()

    def write(self, metrics: dict[str, float], learner: Learner) -> None:
        with self._file.open("a") as file:
            file.write(json.dumps(metrics) + "\n")
        # How long something took is no result: it is shown, and not in what a run is compared by.
        seconds = learner.seconds if isinstance(learner, Agent) else None
        timing = {} if seconds is None else {f"seconds/{name}": value for name, value in asdict(seconds).items()}
        for name, value in (metrics | timing).items():
            self._board.add_scalar(name, value, int(metrics["iteration"]))


def _read_rows(file: Path) -> list[dict[str, Any]]:
    rows = []
    # What stands behind the last line break was being written when the process died.
    for number, line in enumerate(file.read_text().split("\n")[:-1], start=1):
        try:
            rows.append(json.loads(line))
        except ValueError as error:
            raise DataError(f"{file}, line {number} is not JSON: {error}") from error
    return rows


def _summary(
    experiment: Experiment, before: Sequence[EvaluatedEpisode], after: Sequence[EvaluatedEpisode]
) -> dict[str, Any]:
    summary: dict[str, Any] = {"experiment": asdict(experiment), "held_out_problems": len(after)}
    if before and after:
        summary["before"] = _plain(summarise(before))
        summary["after"] = _plain(summarise(after))
        summary["change"] = _plain(changes(before, after))
    return summary


def _plain(estimates: dict[str, Estimate]) -> dict[str, dict[str, float]]:
    return {name: one.to_dict() for name, one in estimates.items()}


def _show(
    summary: dict[str, Any], before: Sequence[EvaluatedEpisode], after: Sequence[EvaluatedEpisode], out: Path
) -> None:
    if "after" in summary:
        title = f"{summary['held_out_problems']} held-out problems, 95 % intervals"
        columns = {name: summary[name] for name in ("before", "after", "change")}
        console.print(_table(title, columns))
        for old, new in _examples(before, after):
            console.print(_comparison(old, new))
    console.print(f"Run: {out}\nPicture: {out / 'curves.png'}\nFigures: {out / 'summary.json'}")


def _table(title: str, columns: dict[str, dict[str, dict[str, float]]]) -> Table:
    table = Table("", *columns, title=title)
    for name, meaning in METRICS.items():
        cells = (_cell(measured[name]) for measured in columns.values())
        table.add_row(f"{name.replace('_', ' ')}\n[dim]{meaning}[/dim]", *cells)
    return table


def _cell(one: dict[str, float]) -> str:
    return f"{one['value']:.3f}\n[dim]{one['low']:.3f} to {one['high']:.3f}[/dim]"


def _examples(
    before: Sequence[EvaluatedEpisode], after: Sequence[EvaluatedEpisode], count: int = 3
) -> Iterable[tuple[EvaluatedEpisode, EvaluatedEpisode]]:
    """Returns the first held-out problems that are now completed differently, not the best ones."""
    old = {episode.problem: episode for episode in before}
    pairs = [(old[one.problem], one) for one in after if one.problem in old]
    return [(was, now) for was, now in pairs if was.completion != now.completion][:count]


def _comparison(old: EvaluatedEpisode, new: EvaluatedEpisode) -> Panel:
    table = Table.grid(padding=(0, 1))
    prompt = "\n".join(new.prompt.splitlines()[-4:])
    for label, text, style in (
        ("prompt", f"... {prompt}", "dim"),
        ("before", old.completion, "green" if old.compilation_rate else "red"),
        ("after", new.completion, "green" if new.compilation_rate else "red"),
        ("reference", new.reference, "dim"),
    ):
        table.add_row(f"[{style}]{label}[/]", Syntax(text, "python", theme="ansi_dark", word_wrap=True))
    return Panel(table, title=new.problem, title_align="left")
