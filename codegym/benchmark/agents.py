"""Whom a benchmark compares: whatever writes programs, by learning or without it."""

from __future__ import annotations

import hashlib
import importlib
import inspect
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, Protocol, final, runtime_checkable

import numpy as np

from codegym.benchmark.plan import AgentSpec
from codegym.envs.episode import Assignment
from codegym.envs.process import DecisionProcess
from codegym.envs.vector import CodeVectorEnv
from codegym.errors import ConfigurationError, DataError, MissingDependencyError
from codegym.languages.base import load_object
from codegym.tokens import Tokenizer

MakeEnv = Callable[[str | None, str], CodeVectorEnv]
"""From an environment id (None: the one that is measured in) and a split to the environment."""


@dataclass(frozen=True, slots=True)
class Request:
    """One program that is asked for.

    Attributes:
        assignment: What is to be written.
        sample: Which of several for the same problem, from 0.
        seed: Of whatever is drawn for it.
    """

    assignment: Assignment
    sample: int
    seed: int


@dataclass(frozen=True)
class Lesson:
    """What an agent may learn from before it is measured.

    Attributes:
        make_env: Makes the environments that it may learn in.
        seed: Of everything that is drawn.
        episodes: Programs that it may write.
        tokens: Tokens that it may write instead; None: `episodes` counts.
        device: Where it computes: `"auto"`, `"cpu"`, `"cuda"`.
        folder: Where an agent that learns somewhere else than where it is measured may keep what it has learned with
            this seed, for the next environment that it is measured in.
        report: Told the metrics of each iteration; `episodes` is one of them.
        number: Of the cells that run together, which one this is, counted agent by agent: of several GPUs, each takes
            another.
    """

    make_env: MakeEnv
    seed: int
    episodes: int
    tokens: int | None
    device: str
    folder: Path
    report: Callable[[Mapping[str, float]], None]
    number: int = 0


@runtime_checkable
class BenchmarkAgent(Protocol):
    """Something that writes programs."""

    @property
    def tokenizer(self) -> str | Tokenizer:
        """What its environments are made with."""

    def learn(self, lesson: Lesson) -> Writer:
        """Returns the writer that is measured; what does not learn returns itself."""


class Writer(Protocol):
    """Writes programs."""

    def write(self, process: DecisionProcess, requests: Sequence[Request]) -> list[list[int]]:
        """Returns the tokens of each episode, the end token included where it was written.

        Where a task has several turns, a writer may write them one behind the other: `DecisionProcess.next_prompts`
        says what is shown after each.
        """


def tokens_of(process: DecisionProcess, answer: str) -> list[int]:
    """Returns the tokens of a text, with the end token, cut where the budget ends."""
    tokens = [*process.tokenizer.encode(answer), process.tokenizer.end_id]
    return tokens[: process.layout.target_tokens]


def prompt_of(process: DecisionProcess, assignment: Assignment) -> str:
    """Returns the text that an agent sees of an assignment."""
    return process.tokenizer.decode(assignment.source_ids)


@final
@dataclass(frozen=True)
class RandomAgent:
    """Writes as many tokens as the expert, drawn uniformly from those that may be written."""

    tokenizer: str | Tokenizer = "codegym"

    def learn(self, lesson: Lesson) -> RandomAgent:
        """Returns itself."""
        return self

    def write(self, process: DecisionProcess, requests: Sequence[Request]) -> list[list[int]]:
        """Returns random tokens, then the end token."""
        end = process.tokenizer.end_id
        legal = np.flatnonzero(process.vocabulary.legal)
        legal = legal[legal != end]
        written = []
        for request in requests:
            length = min(len(request.assignment.reference_ids), process.layout.target_tokens - 1)
            written.append([*np.random.default_rng(request.seed).choice(legal, length).tolist(), end])
        return written


@final
@dataclass(frozen=True)
class TextAgent:
    """Writes what a function makes of a request.

    Attributes:
        function: From process and request to the answer.
        tokenizer: What its environments are made with.
    """

    function: Callable[[DecisionProcess, Request], str]
    tokenizer: str | Tokenizer = "codegym"

    def learn(self, lesson: Lesson) -> TextAgent:
        """Returns itself."""
        return self

    def write(self, process: DecisionProcess, requests: Sequence[Request]) -> list[list[int]]:
        """Returns the tokens of what the function returns."""
        return [tokens_of(process, self._text(process, request)) for request in requests]

    def _text(self, process: DecisionProcess, request: Request) -> str:
        text = self.function(process, request)
        if not isinstance(text, str):
            raise ConfigurationError(f"An agent must return a program as a string, not {type(text).__name__}.")
        return text


def from_callable(function: Callable[[str], str]) -> TextAgent:
    """Returns the agent of a function from the prompt's text to the answer's."""
    return TextAgent(lambda process, request: function(prompt_of(process, request.assignment)))


_Place = tuple[str, str, int | None, int]
"""URI of a problem, language or nothing, seed or None, and sample."""


@final
@dataclass(frozen=True)
class ProgramsAgent:
    """Programs that have been written elsewhere.

    Attributes:
        path: Where they are, for messages.
        programs: The rows of the files.
        tokenizer: What its environments are made with.
    """

    path: Path
    programs: Mapping[_Place, Mapping[str, Any]]
    tokenizer: str | Tokenizer = "codegym"

    def learn(self, lesson: Lesson) -> TextAgent:
        """Returns the programs of the lesson's seed."""
        return TextAgent(lambda _, request: self._answer(request, lesson.seed), self.tokenizer)

    def _answer(self, request: Request, seed: int) -> str:
        assignment = request.assignment
        for of_seed, language in product((seed, None), (assignment.language, "")):
            row = self.programs.get((assignment.problem.id, language, of_seed, request.sample))
            if row is not None:
                return _answer_in(row, assignment)
        raise DataError(
            f"{self.path} has no program for sample {request.sample} of problem {assignment.problem.id!r} "
            f"with seed {seed}."
        )


def from_file(path: str | Path) -> ProgramsAgent:
    """Returns the agent of programs that have been written elsewhere.

    Args:
        path: A .jsonl file, or a folder of such files. Each line is an object with `problem` (the problem's URI) and
            `answer` (what stands between the problem's prefix and suffix) or `program` (all of it); with several
            programs for a problem, `sample`, from 0; optionally `language`; and, where a model was trained with
            several seeds, `seed`, from 0: a program without one is taken for every seed.

    Raises:
        DataError: There is no such file, a line is not like that, or there are two programs for one place.
    """
    path = Path(path)
    found: dict[_Place, dict[str, Any]] = {}
    for file in _files_of_programs(path):
        for number, line in enumerate(file.read_text().splitlines(), start=1):
            row = _row_of(file, number, line)
            place = (row["problem"], row.get("language", ""), row.get("seed"), row.get("sample", 0))
            if place in found:
                raise DataError(
                    f"{file}, line {number} is a second program for {row['problem']!r}: give each a `sample` or `seed` "
                    "of its own."
                )
            found[place] = row
    return ProgramsAgent(path, found)


def _files_of_programs(path: Path) -> list[Path]:
    files = sorted(path.glob("*.jsonl")) if path.is_dir() else [path]
    if not files or not all(file.is_file() for file in files):
        raise DataError(f"{path} is neither a .jsonl file nor a folder that holds one.")
    return files


def _row_of(file: Path, number: int, line: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
        text = row["answer"] if "answer" in row else row["program"]
        texts, numbers = (text, row["problem"], row.get("language", "")), (row.get("sample", 0), row.get("seed", 0))
        if not (all(isinstance(one, str) for one in texts) and all(isinstance(one, int) for one in numbers)):
            raise TypeError("a value is of another type")
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"{file}, line {number} is not a JSON object with 'problem' and 'answer' or 'program': {error}."
        ) from error
    return dict(row)


def _answer_in(row: Mapping[str, Any], assignment: Assignment) -> str:
    if "answer" in row:
        return str(row["answer"])
    program, prefix, suffix = str(row["program"]), assignment.prefix.decode(), assignment.suffix.decode()
    if not (program.startswith(prefix) and program.endswith(suffix) and len(program) >= len(prefix) + len(suffix)):
        raise DataError(
            f"The program for {assignment.problem.id!r} does not begin and end with what is given of it; "
            "give 'answer', what stands between, instead."
        )
    return program[len(prefix) : len(program) - len(suffix)]


def open_agent(spec: AgentSpec) -> BenchmarkAgent:
    """Returns an agent by its name.

    Args:
        spec: `agent` is one of these:

            - `random`: tokens drawn uniformly, as many as the expert wrote.
            - `reference`: what the expert wrote. `copy`: the prompt.
            - `call:package.module:function`: a function from the prompt's text to the answer's.
            - `programs:PATH`: programs that were written elsewhere; see `from_file`.
            - `nano`, a checkpoint's folder or its name on a hub: a policy as it is.
            - `ppo`, `grpo`, ...: an algorithm of `codegym_agents`, which learns from the policy that the setting
              `model` names, with its hyperparameters as settings.
            - `sb3:PATH.zip`: a model that Stable-Baselines3 or sb3-contrib has saved; setting `algorithm`: its class.

    Raises:
        ConfigurationError: It cannot be imported, or has no such setting.
        DataError: Its file is missing or broken.
        MissingDependencyError: It needs an extra that is not installed.
        UnknownNameError: There is no agent of this name.
    """
    kind, _, rest = spec.agent.partition(":")
    simple: dict[str, Callable[[], BenchmarkAgent]] = {
        "random": RandomAgent,
        "reference": lambda: TextAgent(lambda _, request: request.assignment.reference_answer),
        "copy": lambda: TextAgent(_copied),
        "call": lambda: from_callable(_imported(rest)),
        "programs": lambda: from_file(rest),
    }
    if kind in simple:
        if spec.settings:
            raise ConfigurationError(f"The agent {spec.label!r} has no settings, and {dict(spec.settings)} were given.")
        return simple[kind]()
    try:
        module = importlib.import_module("codegym_agents.benchmark")
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] in ("codegym", "codegym_agents"):
            raise
        raise MissingDependencyError(error.name or "torch", "agents", f"The agent {spec.agent!r}") from error
    agent: BenchmarkAgent = module.open_agent(spec)
    return agent


def identity_of(spec: AgentSpec, given: object = None) -> str:
    """Returns what tells an agent from another one of the same name: SHA-256 of the files that it is made of.

    Args:
        spec: The agent.
        given: The function or object that was passed for it, if it has no name.

    Returns:
        Empty where its name says it all, or where nothing can be read.
    """
    kind, _, rest = spec.agent.partition(":")
    if given is not None or kind == "call":
        what = _imported(rest) if given is None else given
        try:
            return _sha256([inspect.getsource(what if inspect.isroutine(what) else type(what)).encode()])
        except (OSError, TypeError):  # it was typed in, or is not of Python
            return ""
    if kind == "programs":
        return _sha256(file.read_bytes() for file in _files_of_programs(Path(rest)))
    if kind in ("random", "reference", "copy"):
        return ""
    if kind == "sb3":
        return _sha256([Path(rest).read_bytes()])
    files: Sequence[Path] = importlib.import_module("codegym_agents.benchmark").files_of(spec)
    return _sha256(file.read_bytes() for file in files)


def _sha256(parts: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "little") + part)
    return digest.hexdigest()


def _copied(process: DecisionProcess, request: Request) -> str:
    problem = request.assignment.problem
    return problem.broken or next(iter(problem.sources.values()), "") or prompt_of(process, request.assignment)


def _imported(path: str) -> Callable[[str], str]:
    try:
        found = load_object(path)
    except (ImportError, ValueError, AttributeError) as error:
        raise ConfigurationError(f"call:{path} cannot be imported ({error}); give call:module:function.") from error
    if not callable(found):
        raise ConfigurationError(f"call:{path} is no function, but {found!r:.80}.")
    return found  # type: ignore[no-any-return]
