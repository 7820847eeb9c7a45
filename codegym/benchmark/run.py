"""A benchmark's run: a folder from which every figure follows.

run.json                            the plan, versions, problem sets, compilers
problems/ENVIRONMENT.jsonl          the problems that were posed
cells/AGENT/ENVIRONMENT/SEED/       one for each combination:
    episodes.jsonl                  every program, what each token earned, the verdict, the measures
    curve.jsonl                     what an agent that learns was like while it did
    learned_from.txt                URIs of the problems that it learned from
    cell.json                       how it ended; written last
policies/AGENT/SEED/                what agents have learned that learn somewhere else than where they are measured
metrics.csv                         a row for each cell: follows from the above
report.html, report.md              the same, to look at
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeVar, final, get_args

from codegym.benchmark.plan import Plan
from codegym.errors import ConfigurationError, DataError

FORMAT = 1
"""Version of the folder's layout."""

CellStatus = Literal["done", "crashed", "missing"]

Record = TypeVar("Record")


@dataclass(frozen=True, slots=True)
class Cell:
    """One agent in one environment with one seed, by their labels."""

    agent: str
    environment: str
    seed: int

    def __str__(self) -> str:
        """Says which one it is."""
        return f"{self.agent} in {self.environment}, seed {self.seed}"


def cells_of(plan: Plan) -> list[Cell]:
    """Returns every combination that a plan asks for."""
    return [
        Cell(agent.label, environment.label, seed)
        for environment in plan.environments
        for seed in range(plan.seeds)
        for agent in plan.agents
    ]


@dataclass(frozen=True, slots=True)
class ProblemRecord:
    """A problem as it was posed, for whoever reads the results.

    Attributes:
        problem: Its URI.
        language: Name of the language that is written.
        prompt: What the agent saw, in words.
        prefix: The program text before what is written; may be empty.
        suffix: The program text behind it; may be empty.
        reference: What the expert wrote between them.
        attributes: What the problem's source knows of it.
    """

    problem: str
    language: str
    prompt: str
    prefix: str
    suffix: str
    reference: str
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EpisodeRecord:
    """One program that an agent wrote.

    Attributes:
        problem: URI of the problem.
        sample: Which of the programs for this problem, from 0.
        tokens: Ids of the tokens that were written.
        pieces: The text that each token wrote.
        terms: What each reward term paid at each token; of an agent that knows it, `kl` is minus its distance there to
            the policy that it began with, in nats.
        answer: What was written.
        program: The whole program.
        grade: The verdict: `codegym.types.Grade` as plain values.
        measures: Every measure of `codegym.benchmark.measures.MEASURES`; none where the judge could not answer.
        turns: How many of the tokens each turn has; empty where there is one.
    """

    problem: str
    sample: int
    tokens: tuple[int, ...]
    pieces: tuple[str, ...]
    terms: Mapping[str, tuple[float, ...]]
    answer: str
    program: str
    grade: Mapping[str, Any]
    measures: Mapping[str, float]
    turns: tuple[int, ...] = ()

    @property
    def valid(self) -> bool:
        """Whether the judge answered."""
        return bool(self.grade["status"] != "judge_error")

    def to_json(self) -> str:
        """Returns one line of JSON."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> EpisodeRecord:
        """Returns the record of plain values."""
        terms = {name: tuple(values) for name, values in content["terms"].items()}
        lists = {name: tuple(content.get(name, ())) for name in ("tokens", "pieces", "turns")}
        if "status" not in content["grade"]:
            raise KeyError("status")
        return cls(**{**content, **lists, "terms": terms})


@dataclass(frozen=True)
class CellResult:
    """How a cell ended.

    Attributes:
        cell: Which one.
        status: `crashed` cells have an error instead of figures; `missing` ones have not been run.
        error: What went wrong, in a line.
        details: Where it did: the end of a traceback.
        programs: How many were written.
        invalid: How many of them the judge could not answer for.
        seconds: Real time by phase: `learning`, `writing`, `scoring`. No result: it differs from run to run.
        learned_episodes: From how many programs the agent learned.
        learned_tokens: From how many tokens.
        digest: SHA-256 of the cell's episodes.
        curve_digest: SHA-256 of its curve; empty where there is none.
        made_by: The `agent` and the `environment` of the plan by which the cell was made, and what tells the agent from
            another one of its name, its `identity`: see `codegym.benchmark.agents.identity_of`.
    """

    cell: Cell
    status: CellStatus
    error: str = ""
    details: str = ""
    programs: int = 0
    invalid: int = 0
    seconds: Mapping[str, float] = field(default_factory=dict)
    learned_episodes: int = 0
    learned_tokens: int = 0
    digest: str = ""
    curve_digest: str = ""
    made_by: Mapping[str, Any] = field(default_factory=dict)


@final
class Run:
    """The folder of a run.

    Args:
        folder: Where it is.

    Raises:
        DataError: The folder holds no run, or a broken one.
        ConfigurationError: It was made by another version of codegym's benchmark.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        file = self.folder / "run.json"
        if not file.is_file():
            raise DataError(f"{self.folder} holds no benchmark: there is no run.json in it.")
        self.content = read_object(file)
        if self.content.get("format") != FORMAT:
            raise ConfigurationError(
                f"{file} has format {self.content.get('format')!r}, and this version reads {FORMAT}: run it anew."
            )
        if missing := [name for name in ("plan", "conditions") if name not in self.content]:
            raise DataError(f"{file} is broken: it lacks {', '.join(missing)}.")
        self.plan = Plan.from_dict(self.content["plan"])

    @classmethod
    def make(cls, folder: str | Path, plan: Plan, conditions: Mapping[str, Any]) -> Run:
        """Returns the run of a folder, which is made, or gets what the plan asks for more.

        Args:
            folder: Where it is to be.
            plan: What is asked for.
            conditions: Versions and problem sets: what makes figures incomparable where it differs.

        Raises:
            ConfigurationError: There is a run under other conditions, or one that measures differently.
            DataError: The folder holds something else.
        """
        folder = Path(folder)
        if (folder / "run.json").is_file():
            there = cls(folder)
            plan = there.plan.joined(plan)
            there.check_conditions(conditions)
            conditions = _merged(there.content["conditions"], conditions)
        elif folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise DataError(f"{folder} is a file, or a folder with something else in it: choose another one.")
        folder.mkdir(parents=True, exist_ok=True)
        content = {"format": FORMAT, "plan": plan.to_dict(), "conditions": conditions}
        write_whole(folder / "run.json", json.dumps(content, indent=1, sort_keys=True) + "\n")
        return cls(folder)

    @property
    def conditions(self) -> Mapping[str, Any]:
        """Versions, problem sets and compilers."""
        return dict(self.content["conditions"])

    def check_conditions(self, here: Mapping[str, Any]) -> None:
        """Raises ConfigurationError if something here is another version than when the run was made."""
        for name, old, new in _differences(self.content["conditions"], here):
            raise ConfigurationError(
                f"The run in {self.folder} was made with {name} = {old!r}, and here it is {new!r}: figures of both "
                "cannot be compared. Choose another folder."
            )

    def check_agents(self, identities: Mapping[str, str]) -> None:
        """Raises ConfigurationError if a cell is done whose agent was another one than has its label now.

        Args:
            identities: What each agent is now, by its label: see `codegym.benchmark.agents.identity_of`.
        """
        for result in self.results():
            old, new = result.made_by.get("identity", ""), identities.get(result.cell.agent, "")
            if result.status == "done" and old and new and old != new:
                raise ConfigurationError(
                    f"{result.cell} was run with another {result.cell.agent!r} than there is now: its weights, its "
                    "file or its source have changed. Give the new one another label, or choose another folder."
                )

    def check_plan(self, plan: Plan) -> None:
        """Raises ConfigurationError if the run was made for something else, or is not done."""
        asked, made = plan.to_dict(), self.plan.to_dict()
        plain = partial(json.dumps, sort_keys=True)  # a tuple is a list in a file
        if different := [name for name in asked if plain(asked[name]) != plain(made[name])]:
            raise ConfigurationError(
                f"The run in {self.folder} was made with other {', '.join(different)} than are asked for: give the "
                "options that it was made with, or leave out --page-only to run what is missing."
            )
        if missing := [str(one.cell) for one in self.results() if one.status == "missing"]:
            raise ConfigurationError(
                f"The run in {self.folder} is not done: {len(missing)} of its cells are missing, such as {missing[0]}."
            )

    def cells(self) -> list[Cell]:
        """Returns every combination that the plan asks for."""
        return cells_of(self.plan)

    def strangers(self) -> list[Path]:
        """Returns the folders of cells that the plan does not ask for."""
        known = {self.folder_of(cell) for cell in self.cells()}
        return sorted(file.parent for file in self.folder.glob("cells/*/*/*/cell.json") if file.parent not in known)

    def folder_of(self, cell: Cell) -> Path:
        """Returns the folder of a cell."""
        return self.folder / "cells" / cell.agent / cell.environment / str(cell.seed)

    def policy_folder(self, cell: Cell) -> Path:
        """Returns where a cell's agent keeps what it has learned somewhere else."""
        return self.folder / "policies" / cell.agent / str(cell.seed)

    def result(self, cell: Cell) -> CellResult:
        """Returns how a cell ended.

        Raises:
            DataError: Its file is broken.
        """
        file = self.folder_of(cell) / "cell.json"
        if not file.is_file():
            return CellResult(cell, "missing")
        try:
            found = CellResult(**{**read_object(file), "cell": cell})
        except TypeError as error:
            raise DataError(f"{file} is broken: {error}.") from error
        if found.status not in get_args(CellStatus):
            raise DataError(f"{file} is broken: a cell cannot be {found.status!r}.")
        return found

    def results(self) -> list[CellResult]:
        """Returns how every cell ended."""
        return [self.result(cell) for cell in self.cells()]

    def episodes(self, cell: Cell) -> list[EpisodeRecord]:
        """Returns the programs of a cell; none if it is not done.

        Raises:
            DataError: The file is missing, broken, or not the one that was written.
        """
        result = self.result(cell)
        if result.status != "done":
            return []
        file = self.folder_of(cell) / "episodes.jsonl"
        if not file.is_file():
            raise DataError(f"{file} is missing, and the cell is marked as done.")
        _check_digest(file, result.digest)
        return [_as_record(EpisodeRecord.from_dict, file, number, row) for number, row in _read_rows(file)]

    def curve(self, cell: Cell) -> list[dict[str, float]]:
        """Returns the metrics of each iteration of a cell whose agent learned; none if it did not.

        Raises:
            DataError: The file is broken, or not the one that was written.
        """
        file = self.folder_of(cell) / "curve.jsonl"
        digest = self.result(cell).curve_digest
        if not file.is_file() and not digest:
            return []
        if digest:
            _check_digest(file, digest)
        return [row for _, row in _read_rows(file)]

    def learned_from(self, cell: Cell) -> list[str]:
        """Returns the URIs of the problems that a cell's agent learned from; none if it did not, or it is not known."""
        file = self.folder_of(cell) / "learned_from.txt"
        return file.read_text("utf-8").splitlines() if file.is_file() else []

    def problems(self, environment: str) -> dict[str, ProblemRecord]:
        """Returns the problems of an environment by their URIs, in the order in which they were posed.

        Raises:
            DataError: The file is broken.
        """
        file = self.folder / "problems" / f"{environment}.jsonl"
        rows = _read_rows(file) if file.is_file() else ()
        found = [_as_record(lambda row: ProblemRecord(**row), file, number, row) for number, row in rows]
        return {one.problem: one for one in found}

    def add_problems(self, environment: str, problems: Sequence[ProblemRecord]) -> None:
        """Writes the problems of an environment, if they are not there.

        Raises:
            ConfigurationError: One of them is there, and was posed otherwise: the data is not what it was.
        """
        file = self.folder / "problems" / f"{environment}.jsonl"
        known = self.problems(environment)
        for one in problems:
            if one.problem in known and _plain(one) != _plain(known[one.problem]):
                raise ConfigurationError(
                    f"Problem {one.problem!r} of {environment} was posed otherwise when the run in {self.folder} was "
                    "made: its data has changed, and figures of both cannot be compared. Choose another folder."
                )
        fresh = {one.problem: one for one in problems if one.problem not in known}
        if fresh:
            rows = [*known.values(), *fresh.values()]
            file.parent.mkdir(parents=True, exist_ok=True)
            write_whole(file, "".join(json.dumps(asdict(row), sort_keys=True) + "\n" for row in rows))

    def write_done(
        self,
        result: CellResult,
        episodes: Sequence[EpisodeRecord],
        curve: Sequence[Mapping[str, float]] = (),
        learned_from: Iterable[str] = (),
    ) -> CellResult:
        """Writes a cell that is done, and returns its result with the checksums.

        Args:
            result: How it ended.
            episodes: Its programs.
            curve: The metrics of each iteration, of an agent that learned.
            learned_from: URIs of the problems that it learned from.
        """
        folder = self.folder_of(result.cell)
        folder.mkdir(parents=True, exist_ok=True)
        text = "".join(one.to_json() + "\n" for one in episodes)
        write_whole(folder / "episodes.jsonl", text)
        plain = asdict(result) | {"digest": _sha256(text.encode()), "curve_digest": ""}
        if curve:
            lines = "".join(json.dumps(row) + "\n" for row in curve)
            write_whole(folder / "curve.jsonl", lines)
            plain["curve_digest"] = _sha256(lines.encode())
        if uris := [*learned_from]:
            write_whole(folder / "learned_from.txt", "".join(f"{uri}\n" for uri in uris))
        return self._write_result(result.cell, plain)

    def write_crashed(self, cell: Cell, error: str, details: str) -> CellResult:
        """Writes that a cell has crashed."""
        self.folder_of(cell).mkdir(parents=True, exist_ok=True)
        return self._write_result(cell, asdict(CellResult(cell, "crashed", error=error, details=details)))

    def _write_result(self, cell: Cell, plain: dict[str, Any]) -> CellResult:
        plain.pop("cell")
        write_whole(self.folder_of(cell) / "cell.json", json.dumps(plain, indent=1, sort_keys=True) + "\n")
        return self.result(cell)


def write_whole(file: Path, text: str) -> None:
    """Writes a file that is there as a whole or not at all, whenever the process dies."""
    draft = file.with_name(f"{file.name}.{os.getpid()}.part")  # several processes may write the same thing
    draft.write_text(text, encoding="utf-8")
    draft.replace(file)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _check_digest(file: Path, digest: str) -> None:
    if not file.is_file() or _sha256(file.read_bytes()) != digest:
        raise DataError(f"{file} is not what was written by the run: its checksum is another.")


def _as_record(make: Callable[[dict[str, Any]], Record], file: Path, number: int, row: dict[str, Any]) -> Record:
    try:
        return make(row)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise DataError(f"{file}, line {number} is no record of this kind: {error!r}.") from error


def _plain(record: Any) -> str:
    return json.dumps(asdict(record), sort_keys=True)


def _differences(old: Any, new: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yields what both have and is not the same."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in sorted(set(old) & set(new)):
            yield from _differences(old[name], new[name], f"{path}.{name}" if path else name)
    elif old != new:
        yield path, old, new


def _merged(old: Any, new: Any) -> Any:
    if not (isinstance(old, Mapping) and isinstance(new, Mapping)):
        return new
    return {name: _merged(old.get(name, new.get(name)), new.get(name, old.get(name))) for name in sorted({*old, *new})}


def read_object(file: Path) -> dict[str, Any]:
    """Returns the object of a JSON file.

    Raises:
        DataError: It is not JSON, or no object.
    """
    try:
        content = json.loads(file.read_text())
    except ValueError as error:
        raise DataError(f"{file} is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise DataError(f"{file} is not a JSON object.")
    return content


def _read_rows(file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yields the number of each line, and its object."""
    try:
        lines = file.read_text("utf-8").splitlines()
    except ValueError as error:
        raise DataError(f"{file} is no text: {error}") from error
    for number, line in enumerate(lines, start=1):
        try:
            row = json.loads(line)
        except ValueError as error:
            raise DataError(f"{file}, line {number} is not JSON: {error}") from error
        if not isinstance(row, dict):
            raise DataError(f"{file}, line {number} is not a JSON object.")
        yield number, row
