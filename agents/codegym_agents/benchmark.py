"""The agents of a benchmark that need torch: policies, algorithms that learn, models of Stable-Baselines3."""

from __future__ import annotations

import copy
import gc
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, final

import numpy as np
import torch
from filelock import FileLock

from codegym.benchmark.agents import BenchmarkAgent, Lesson, Request
from codegym.benchmark.plan import AgentSpec
from codegym.benchmark.run import write_whole
from codegym.envs.episode import Assignment
from codegym.envs.process import DecisionProcess
from codegym.errors import ConfigurationError, MissingDependencyError, UnknownNameError
from codegym.tokens import Tokenizer
from codegym_agents.algorithms import ALGORITHMS, find_algorithm
from codegym_agents.common.evaluation import divergence, turns_of, write_episodes
from codegym_agents.common.hyperparameters import configure
from codegym_agents.decoding import make_engine
from codegym_agents.experiment import resolve_device
from codegym_agents.models import Policy, load_policy
from codegym_agents.models.base import checkpoint_folder

_BATCH = 128
_READ_AT_ONCE = 16
"""Whole programs that a policy reads together: attention keeps a number for each pair of tokens of each."""
_CURVE = "curve.jsonl"
_WEIGHTS = (".safetensors", ".bin")


@dataclass(frozen=True)
class _Writing:
    """How a policy writes.

    Attributes:
        model: The policy to begin with.
        greedy: Whether it writes its most probable tokens instead of samples.
        temperature: Of the samples.

    Raises:
        ConfigurationError: The temperature is not positive.
    """

    model: str = "nano"
    greedy: bool = False
    temperature: float = 1.0

    def __post_init__(self) -> None:
        if not self.temperature > 0:
            raise ConfigurationError(
                f"temperature={self.temperature} must be positive. For the most probable tokens, say greedy=true."
            )


def files_of(spec: AgentSpec) -> list[Path]:
    """Returns the files that hold the weights of the policy that an agent is, or begins with."""
    learns = spec.agent in ALGORITHMS or ":" in spec.agent
    name = str(spec.settings.get("model", _Writing.model)) if learns else spec.agent
    return sorted(file for file in checkpoint_folder(name).iterdir() if file.suffix in _WEIGHTS)


@final
class PolicyWriter:
    """Writes with a policy, by the decoding engine.

    Args:
        policy: Who writes.
        greedy: Whether it writes its most probable tokens.
        start: The policy that it was before it learned.
    """

    def __init__(self, policy: Policy, greedy: bool, start: Policy) -> None:
        self.policy = policy
        self._greedy = greedy
        self._start = start

    def write(self, process: DecisionProcess, requests: Sequence[Request]) -> list[list[int]]:
        """Returns the policy's tokens."""
        engine = make_engine(self.policy, process.layout.target_tokens, rows=_BATCH)
        seeds = None if self._greedy else [one.seed for one in requests]
        episodes = write_episodes(engine, process, [one.assignment for one in requests], seeds)
        return [[int(token) for turn in episode for token in turn.tokens] for episode in episodes]

    def divergence(
        self, process: DecisionProcess, assignments: Sequence[Assignment], written: Sequence[Sequence[int]]
    ) -> list[list[float]]:
        """Returns the KL to the policy that it was before it learned at each token of each episode, in nats."""
        return divergence(self.policy, self._start, turns_of(process, assignments, written), _READ_AT_ONCE)


def device_of(lesson: Lesson) -> torch.device:
    """Returns where an agent computes, without what the lesson before it has left there."""
    device = resolve_device(lesson.device, lesson.number)
    if device.type == "cuda":
        gc.collect()  # models and engines know each other
        torch.cuda.empty_cache()
    return device


@final
class PolicyAgent:
    """A policy as it is.

    Args:
        writing: How it writes.
    """

    def __init__(self, writing: _Writing) -> None:
        self._writing = writing
        self._policy = load_policy(writing.model)
        self._policy.temperature = writing.temperature

    @property
    def tokenizer(self) -> Tokenizer:
        """The policy's."""
        return self._policy.tokenizer

    def learn(self, lesson: Lesson) -> PolicyWriter:
        """Returns the policy, which does not learn."""
        self._policy.to(device_of(lesson)).eval()
        return PolicyWriter(self._policy, self._writing.greedy, self._policy)


@final
class LearningAgent:
    """An algorithm that trains a policy in the environment that it is measured in, or in another one.

    Args:
        algorithm: As in `codegym_agents.algorithms.find_algorithm`.
        writing: The policy that it begins with, and how it writes when it is measured.
        learns_in: Id of the environment that it learns in; None: the one that it is measured in.
        options: Options of the environment that it learns in.
        hyperparameters: Of the algorithm.
    """

    def __init__(
        self,
        algorithm: str,
        writing: _Writing,
        learns_in: str | None,
        options: Mapping[str, Any],
        hyperparameters: Mapping[str, Any],
    ) -> None:
        self._algorithm = find_algorithm(algorithm)
        self._writing = writing
        self._learns_in = learns_in
        self._options = options
        self._hyperparameters = hyperparameters
        configure(self._algorithm.hyperparameters, dict(hyperparameters))
        self._policy = load_policy(writing.model)

    @property
    def tokenizer(self) -> Tokenizer:
        """The policy's."""
        return self._policy.tokenizer

    def learn(self, lesson: Lesson) -> PolicyWriter:
        """Trains a fresh copy of the policy, and returns it; what is learned somewhere else is learned once."""
        device = device_of(lesson)
        start = copy.deepcopy(self._policy).to(device).requires_grad_(False).eval()
        if self._learns_in is None:
            policy, _ = self._train(lesson)
        else:
            lesson.folder.mkdir(parents=True, exist_ok=True)
            with FileLock(lesson.folder.with_suffix(".lock")):  # the same lesson may be wanted by two processes
                policy = self._learned_before(lesson) or self._keep(lesson)
            policy.to(device).eval()
        policy.temperature = start.temperature = self._writing.temperature
        return PolicyWriter(policy, self._writing.greedy, start)

    def _learned_before(self, lesson: Lesson) -> Policy | None:
        """Returns what was learned with this seed for another environment, or None."""
        if not (lesson.folder / _CURVE).is_file():
            return None
        for line in (lesson.folder / _CURVE).read_text().splitlines():
            lesson.report(json.loads(line))
        return load_policy(lesson.folder)

    def _keep(self, lesson: Lesson) -> Policy:
        """Trains, and keeps what is learned for the next environment."""
        policy, curve = self._train(lesson)
        policy.save_pretrained(lesson.folder)
        write_whole(lesson.folder / _CURVE, "".join(json.dumps(row) + "\n" for row in curve))
        return policy

    def _train(self, lesson: Lesson) -> tuple[Policy, list[dict[str, float]]]:
        """Returns the policy after its lesson, and the metrics of each iteration."""
        policy = copy.deepcopy(self._policy).to(device_of(lesson))
        env = lesson.make_env(self._learns_in, "train", **self._options)
        learner = self._algorithm(policy, env, **{"seed": lesson.seed, **self._hyperparameters})
        curve: list[dict[str, float]] = []
        tokens, episodes = 0.0, 0
        while tokens < lesson.tokens if lesson.tokens is not None else episodes < lesson.episodes:
            metrics = learner.iterate()
            tokens += (metrics["episodes"] - episodes) * metrics.get("length", env.process.layout.target_tokens)
            episodes = metrics["episodes"]
            lesson.report(metrics)
            curve.append(dict(metrics))
        return policy.eval(), curve


@final
class SB3Agent:
    """A model that Stable-Baselines3 or sb3-contrib has saved.

    Args:
        path: Its zip file.
        algorithm: Name of its class: `PPO`, `A2C`, `MaskablePPO`, ...
        greedy: Whether it writes its most probable tokens instead of samples.
        tokenizer: What its environment was made with.
    """

    def __init__(self, path: str, algorithm: str, greedy: bool, tokenizer: str) -> None:
        self._model = _sb3_class(algorithm).load(path, device="cpu")
        self._greedy = greedy
        self.tokenizer: str | Tokenizer = tokenizer

    def learn(self, lesson: Lesson) -> SB3Agent:
        """Returns itself: it has learned."""
        return self

    def write(self, process: DecisionProcess, requests: Sequence[Request]) -> list[list[int]]:
        """Returns the tokens that the model predicts, one after the other, for all programs together."""
        import torch

        written: list[list[int]] = [[] for _ in requests]
        going = list(range(len(requests)))
        seed = requests[0].seed if requests else 0
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            while going:
                seen = [process.layout.observe(requests[at].assignment.source_ids, written[at]) for at in going]
                batch = {name: np.stack([one[name] for one in seen]) for name in seen[0]}  # type: ignore[literal-required]
                actions, _ = self._model.predict(batch, deterministic=self._greedy)
                for at, token in zip(going, np.asarray(actions).tolist(), strict=True):
                    written[at].append(int(token))
                going = [
                    at
                    for at in going
                    if written[at][-1] != process.tokenizer.end_id and len(written[at]) < process.layout.target_tokens
                ]
        return written


def _sb3_class(name: str) -> Any:
    try:
        import sb3_contrib
        import stable_baselines3
    except ImportError as error:
        raise MissingDependencyError("stable-baselines3", "sb3", "An agent of Stable-Baselines3") from error
    for package in (stable_baselines3, sb3_contrib):
        if name in package.__all__:
            return getattr(package, name)
    raise UnknownNameError("algorithm", name, [*stable_baselines3.__all__, *sb3_contrib.__all__])


def open_agent(spec: AgentSpec) -> BenchmarkAgent:
    """Returns an agent by its name; see `codegym.benchmark.agents.open_agent`."""
    settings = dict(spec.settings)
    kind, colon, rest = spec.agent.partition(":")
    if kind == "sb3" and colon:
        given = {"algorithm": "PPO", "greedy": False, "tokenizer": "codegym"}
        _check(spec, settings, given)
        return SB3Agent(rest, **{**given, **settings})
    writing = {one.name: settings.pop(one.name) for one in fields(_Writing) if one.name in settings}
    if spec.agent in ALGORITHMS or colon:
        learns_in = settings.pop("learns_in", None)
        # What it is measured with is what it learns with, unless it is to see more while it learns.
        temperature = settings.pop("learn_temperature", writing.get("temperature"))
        options = {
            name.removeprefix("learn_"): settings.pop(name) for name in list(settings) if name.startswith("learn_")
        }
        if temperature is not None:
            settings["temperature"] = temperature
        return LearningAgent(spec.agent, _Writing(**writing), learns_in, options, settings)
    _check(spec, settings, ())
    if "model" in writing:
        raise ConfigurationError(f"The agent {spec.label!r} is a model already; it has no setting 'model'.")
    try:
        return PolicyAgent(_Writing(model=spec.agent, **writing))
    except UnknownNameError as error:
        hint = (
            f"An algorithm ({', '.join(ALGORITHMS)}), random, reference, copy, call:..., programs:..., sb3:... do too."
        )
        raise UnknownNameError("agent", spec.agent, error.known, hint) from error


def _check(spec: AgentSpec, settings: Mapping[str, Any], known: Sequence[str] | Mapping[str, Any]) -> None:
    for name in settings:
        if name not in known:
            raise UnknownNameError(f"setting of the agent {spec.label!r}", name, known)
