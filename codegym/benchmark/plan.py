"""What a benchmark compares: agents, environments, and how much each may learn and must show."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Self, TypeVar

import gymnasium as gym
from codegym_registry import env_ids

from codegym.errors import ConfigurationError, DataError, UnknownNameError

WITHOUT_SETTINGS = ("random", "reference", "copy", "call", "programs")
"""Kinds of agents that have no settings."""

_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")


@dataclass(frozen=True)
class AgentSpec:
    """An agent that takes part.

    Attributes:
        label: What it is called in results.
        agent: What it is; see `codegym.benchmark.agents.open_agent`.
        settings: Its settings.
    """

    label: str
    agent: str
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class EnvironmentSpec:
    """An environment that is measured in.

    Attributes:
        label: What it is called in results.
        env: Its id.
        options: Its options, as of `gym.make`; plain values only.
    """

    label: str
    env: str
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def language(self) -> str:
        """Name of the language that is written in it."""
        return str(gym.spec(self.env).kwargs["language"])


Spec = TypeVar("Spec", AgentSpec, EnvironmentSpec)


@dataclass(frozen=True)
class Plan:
    """A benchmark: every agent, in every environment, with every seed.

    Attributes:
        agents: The agents.
        environments: The environments.
        seeds: How many seeds: 0, 1, ...
        problems: Held-out problems of each environment, the same ones for every agent and seed.
        samples: Programs for each problem; pass@k is estimated for k up to this.
        split: Split of the problems.
        episodes: Programs that an agent which learns may learn from, in each environment and with each seed.
        tokens: Tokens that it may learn from instead; None: `episodes` counts.

    Raises:
        ConfigurationError: There is nothing to compare, a number is not positive, or two have one label.
        UnknownNameError: There is no such environment.
    """

    agents: tuple[AgentSpec, ...]
    environments: tuple[EnvironmentSpec, ...]
    seeds: int = 3
    problems: int = 50
    samples: int = 1
    split: str = "test"
    episodes: int = 512
    tokens: int | None = None

    def __post_init__(self) -> None:
        for kind, labels in (
            ("agent", [one.label for one in self.agents]),
            ("environment", [one.label for one in self.environments]),
        ):
            if not labels:
                raise ConfigurationError(f"A benchmark needs at least one {kind}.")
            for label in labels:
                if not _LABEL.fullmatch(label):
                    raise ConfigurationError(
                        f"{label!r} cannot be the label of an {kind}: letters, digits and ._+- only. "
                        f"Give one before it: label={label}."
                    )
                if labels.count(label) > 1:
                    raise ConfigurationError(f"Two {kind}s are called {label!r}: give labels, such as a={label}.")
        for one in self.environments:
            if one.env not in env_ids():
                raise UnknownNameError("environment", one.env, env_ids())
        for name in ("seeds", "problems", "samples", "episodes"):
            if getattr(self, name) < 1:
                raise ConfigurationError(f"{name}={getattr(self, name)} must be at least 1.")
        if self.tokens is not None and self.tokens < 1:
            raise ConfigurationError(f"tokens={self.tokens} must be at least 1.")

    def to_dict(self) -> dict[str, Any]:
        """Returns plain values, as `from_dict` takes them."""
        plain = asdict(self)
        return plain | {"agents": list(plain["agents"]), "environments": list(plain["environments"])}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """Returns the plan of plain values.

        Raises:
            DataError: They are not those of a plan.
        """
        try:
            agents = tuple(AgentSpec(**one) for one in content["agents"])
            environments = tuple(EnvironmentSpec(**one) for one in content["environments"])
            return cls(**{**content, "agents": agents, "environments": environments})
        except (TypeError, KeyError) as error:
            raise DataError(f"This is not the plan of a benchmark: {error!r}.") from error

    def joined(self, other: Plan) -> Plan:
        """Returns the plan of a run that does what both ask for.

        Raises:
            ConfigurationError: They measure differently, so that their figures cannot stand in one table.
        """
        mine, theirs = self.to_dict(), other.to_dict()
        for name in ("problems", "samples", "split", "episodes", "tokens"):
            if mine[name] != theirs[name]:
                raise ConfigurationError(
                    f"The run was made with {name}={mine[name]!r}, and {name}={theirs[name]!r} is asked for: figures "
                    "of both cannot stand in one table. Choose another folder."
                )
        return Plan(
            agents=_joined("agent", self.agents, other.agents),
            environments=_joined("environment", self.environments, other.environments),
            seeds=max(self.seeds, other.seeds),
            problems=self.problems,
            samples=self.samples,
            split=self.split,
            episodes=self.episodes,
            tokens=self.tokens,
        )


def _joined(kind: str, ours: Sequence[Spec], theirs: Sequence[Spec]) -> tuple[Spec, ...]:
    known = {one.label: one for one in ours}
    for one in theirs:
        if known.setdefault(one.label, one) != one:
            raise ConfigurationError(
                f"The run knows the {kind} {one.label!r} as {known[one.label]}, and {one} is asked for: give it "
                "another label."
            )
    return tuple(known.values())


def parse_agents(texts: Sequence[str], settings: Mapping[str, Any]) -> tuple[AgentSpec, ...]:
    """Returns the agents that are named as `agent` or `label=agent`.

    Args:
        texts: Such names.
        settings: Values by `"label.setting"`, or by `"setting"` for all agents that have settings.

    Raises:
        ConfigurationError: A setting is for an agent that takes no part.
    """
    common = {name: value for name, value in settings.items() if "." not in name}
    return tuple(
        AgentSpec(
            label, what, {name: value for name, value in own.items() if name not in common} if _is_plain(what) else own
        )
        for label, what, own in _parsed("agent", texts, settings)
    )


def _is_plain(agent: str) -> bool:
    return agent.partition(":")[0] in WITHOUT_SETTINGS


def parse_environments(texts: Sequence[str], options: Mapping[str, Any]) -> tuple[EnvironmentSpec, ...]:
    """Returns the environments that are named as `id`, `label=id`, or with a pattern: `CodeCompletion-*`.

    Args:
        texts: Such names.
        options: Values by `"label.option"`, or by `"option"` for all environments.

    Raises:
        ConfigurationError: An option is for an environment that takes no part.
        UnknownNameError: A pattern fits no environment.
    """
    names = [name for text in texts for name in _expanded(text)]
    return tuple(EnvironmentSpec(label, env, own) for label, env, own in _parsed("environment", names, options))


def _expanded(text: str) -> list[str]:
    if "*" not in text:
        return [text]
    pattern = re.compile(re.escape(text).replace(r"\*", ".*"))
    found = [env_id for env_id in env_ids() if pattern.fullmatch(env_id)]
    if not found:
        raise UnknownNameError("environment", text, env_ids())
    return found


def _parsed(kind: str, texts: Sequence[str], settings: Mapping[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    pairs = [
        (label, what) if equals else (text, text) for text in texts for label, equals, what in [text.partition("=")]
    ]
    labels = [label for label, _ in pairs]
    common: dict[str, Any] = {}
    own: dict[str, dict[str, Any]] = {label: {} for label in labels}
    for name, value in settings.items():
        owner = next((label for label in labels if name.startswith(f"{label}.")), None)
        if owner is not None:
            own[owner][name.removeprefix(f"{owner}.")] = value
        elif "." in name:
            raise ConfigurationError(f"{name} is a setting of an {kind} that takes no part: {', '.join(labels)} do.")
        else:
            common[name] = value
    return [(label, what, common | own[label]) for label, what in pairs]
