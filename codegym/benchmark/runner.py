"""Runs a benchmark: every agent in every environment with every seed; goes on where it stopped."""

from __future__ import annotations

import json
import os
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import as_completed
from dataclasses import asdict, dataclass, replace
from functools import cache
from importlib import metadata
from pathlib import Path
from threading import Thread
from typing import Any, final

from codegym import languages
from codegym.benchmark.agents import (
    BenchmarkAgent,
    Lesson,
    Request,
    Writer,
    from_callable,
    identity_of,
    open_agent,
    prompt_of,
)
from codegym.benchmark.measures import measure
from codegym.benchmark.plan import AgentSpec, EnvironmentSpec, Plan
from codegym.benchmark.run import Cell, CellResult, EpisodeRecord, ProblemRecord, Run
from codegym.benchmark.tables import metrics_csv, write_metrics
from codegym.envs.episode import Assignment, TokenTable
from codegym.envs.make import make_vec
from codegym.envs.process import DecisionProcess, plain_grade
from codegym.envs.vector import CodeVectorEnv, Score
from codegym.errors import CodegymError, ConfigurationError, DataError, IsolationError, ToolchainMissingError
from codegym.judge import Judge
from codegym.problems.base import Card, ProblemSet, Split
from codegym.seeding import stream
from codegym.tokens import Tokenizer
from codegym.tokens import load as load_tokenizer
from codegym.types import Problem

Report = Callable[[Cell, str], None]
"""Told what is being done for a cell."""

STANDARD_TOKENIZER = "codegym"
"""Decides which problems fit the budget, for agents of all tokenizers."""

_PACKAGES = (
    *("gymnasium", "numpy", "sacrebleu", "sb3-contrib", "scipy", "stable-baselines3", "tokenizers", "torch"),
    *(
        "transformers",
        "tree-sitter",
        *(f"tree-sitter-{name}" for name in ("c", "cpp", "c-sharp", "java", "php", "python")),
    ),
)
_DECIMALS = 6
_GROWTH = 4 << 30
"""Bytes that a process of cells may grow by before it is replaced: a model and its gradients are no leak."""


def run(
    plan: Plan,
    folder: str | Path,
    *,
    agents: Mapping[str, BenchmarkAgent | Callable[[str], str]] | None = None,
    workers: int | None = None,
    jobs: int = 1,
    device: str = "auto",
    report: Report | None = None,
) -> Run:
    """Runs what is missing of a plan, and returns the run.

    Cells that crashed are tried again. A cell whose agent raises an exception is written as crashed, and the others
    go on; a host that cannot compile or isolate is an error of the whole run.

    Args:
        plan: What to compare.
        folder: Where everything is written; a run that is there is gone on with.
        agents: Agents that have no name, by their label in the plan: a function from the prompt's text to the
            answer's, or a `BenchmarkAgent`.
        workers: Programs that are judged together; None: as many as there are usable cores.
        jobs: Cells that are run together, each in a process of its own with its share of the workers, and all of them
            on all GPUs in turn.
        device: Where agents compute: `"auto"`, `"cpu"`, `"cuda"`.
        report: Told what is being done.

    Raises:
        ConfigurationError: The plan makes no sense, or does not fit the run that is there.
        DataError: The data of an environment's problems is missing or broken.
        UnknownNameError: There is no such agent.
        ToolchainMissingError: A compiler is not installed.
        IsolationError: This host cannot keep programs apart.
    """
    if jobs < 1:
        raise ConfigurationError(f"jobs={jobs} must be at least 1.")
    given = {
        label: agent if isinstance(agent, BenchmarkAgent) else from_callable(agent)
        for label, agent in (agents or {}).items()
    }
    for spec in plan.agents:
        if spec.label not in given:
            open_agent(spec)
    identities = {spec.label: identity_of(spec, (agents or {}).get(spec.label)) for spec in plan.agents}
    found = Run.make(folder, plan, conditions(plan.environments, plan.split))
    found.check_agents(identities)
    missing = [one.cell for one in found.results() if one.status != "done"]
    if jobs == 1 or len(missing) < 2:
        with Judge(workers=workers) as judge:
            bench = _Bench(found, given, judge, device, identities)
            for cell in missing:
                bench.run(cell, report or _silent)
    else:
        _run_together(found, given, missing, workers, jobs, device, identities, report or _silent)
    write_metrics(found)
    return found


def conditions(environments: Sequence[EnvironmentSpec], split: str) -> dict[str, Any]:
    """Returns the versions of everything that figures depend on; opens every environment.

    Raises:
        ConfigurationError: An environment does not take one of its options.
        DataError: The data of its problems is missing or broken.
    """
    with Judge(workers=1) as judge:
        opened = {one.label: make_env(one, split, judge).process.problems.card for one in environments}
    spoken = sorted({one.language for one in environments})
    packages = {}
    for name in _PACKAGES:
        try:
            packages[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return {
        "codegym": metadata.version("codegym"),
        "packages": packages,
        "problems": {label: f"{card.name} {card.version}" for label, card in opened.items()},
        "compilers": {name: str(languages.get(name).toolchain.version()) for name in spoken},
    }


def _run_together(
    found: Run,
    given: Mapping[str, BenchmarkAgent],
    missing: Sequence[Cell],
    workers: int | None,
    jobs: int,
    device: str,
    identities: Mapping[str, str],
    report: Report,
) -> None:
    """Runs cells in several processes; a process that dies takes its cell along, and no other."""
    from loky import get_reusable_executor
    from loky.process_executor import TerminatedWorkerError

    share = max(1, (workers or Judge().workers) // jobs)
    waiting = list(missing)
    while waiting:
        executor = get_reusable_executor(max_workers=jobs, env={"LOKY_MAX_MEMORY_LEAK_SIZE": str(_GROWTH)})
        # Agent by agent, so that those who learn take one GPU after the other, whoever is run between them.
        numbers = {cell: number for number, cell in enumerate(sorted(waiting, key=lambda cell: cell.agent))}
        futures = {
            executor.submit(_run_apart, found.folder, given, cell, share, device, identities, numbers[cell]): cell
            for cell in waiting
        }
        died = False
        for future in as_completed(futures):
            cell = futures[future]
            try:
                future.result()
                report(cell, "done")
            except TerminatedWorkerError:
                died = True
        waiting = [cell for cell in waiting if found.result(cell).status == "missing"]
        if died and waiting:
            # Which of the cells in flight killed its process cannot be told: one at a time, it can.
            if jobs == 1:
                cell = waiting.pop(0)
                found.write_crashed(cell, "The process that ran it was killed, for want of memory as a rule.", "")
            jobs = 1


def _run_apart(
    folder: Path,
    given: Mapping[str, BenchmarkAgent],
    cell: Cell,
    workers: int,
    device: str,
    identities: Mapping[str, str],
    number: int,
) -> CellResult:
    _end_with(os.getppid())
    with Judge(workers=workers) as judge:
        return _Bench(Run(folder), given, judge, device, identities, number).run(cell, _silent)


@cache
def _end_with(parent: int) -> None:
    """Ends this process, soon after the one that started it has been killed: it would hold a GPU for nobody."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        os._exit(1)

    Thread(target=watch, daemon=True).start()


def _silent(cell: Cell, doing: str) -> None:
    pass


@final
class _Bench:
    """Everything that the cells of a run share in one process."""

    def __init__(
        self,
        run: Run,
        given: Mapping[str, BenchmarkAgent],
        judge: Judge,
        device: str,
        identities: Mapping[str, str],
        number: int = 0,
    ) -> None:
        self._identities = identities
        self._number = number
        self.run_folder = run
        self._given = given
        self._judge = judge
        self._device = device
        self._agents = {one.label: one for one in run.plan.agents}
        self._environments = {one.label: one for one in run.plan.environments}
        self._posed: dict[str, tuple[DecisionProcess, list[Assignment]]] = {}

    def run(self, cell: Cell, report: Report) -> CellResult:
        """Runs one cell and writes it, whatever becomes of it."""
        try:
            return self._run(cell, report)
        except (IsolationError, ToolchainMissingError):
            raise
        except Exception as error:
            report(cell, "crashed")
            message = f"{type(error).__name__}: {' '.join(str(error).split())}"
            return self.run_folder.write_crashed(cell, message, "".join(traceback.format_exception(error)[-6:]))

    def _run(self, cell: Cell, report: Report) -> CellResult:
        plan, environment = self.run_folder.plan, self._environments[cell.environment]
        agent = self._agent(self._agents[cell.agent])
        curve: list[dict[str, float]] = []
        tokens = 0.0

        def learned(metrics: Mapping[str, float]) -> None:
            nonlocal tokens
            before = curve[-1]["episodes"] if curve else 0
            tokens += (metrics["episodes"] - before) * metrics.get("length", 0.0)
            curve.append(dict(metrics))
            report(cell, f"learning, {int(metrics['episodes']):,} programs")

        def make_lesson(env: str | None, split: str, **options: Any) -> CodeVectorEnv:
            made = self._make(environment, env, split, agent.tokenizer, options)
            made.process.problems = _Watched(made.process.problems, learned_from)
            return made

        learned_from: dict[str, None] = {}
        started = time.perf_counter()
        lesson = Lesson(
            make_env=make_lesson,
            seed=cell.seed,
            episodes=plan.episodes,
            tokens=plan.tokens,
            device=self._device,
            folder=self.run_folder.policy_folder(cell),
            report=learned,
            number=self._number,
        )
        writer = agent.learn(lesson)
        ready = time.perf_counter()
        report(cell, "writing")
        env = self._make(environment, None, plan.split, agent.tokenizer, {})
        requests = self._requests(environment, env.process, cell.seed)
        standard, posed = self._posed[environment.label]
        self.run_folder.add_problems(environment.label, [_record(standard, one) for one in posed])
        written = writer.write(env.process, requests)
        done = time.perf_counter()
        report(cell, "judging")
        episodes = records(env, requests, written, _distances(writer, env.process, requests, written))
        result = CellResult(
            cell,
            "done",
            programs=len(episodes),
            invalid=sum(not one.valid for one in episodes),
            seconds={
                "learning": round(ready - started, 3),
                "writing": round(done - ready, 3),
                "scoring": round(time.perf_counter() - done, 3),
            },
            learned_episodes=int(curve[-1]["episodes"]) if curve else 0,
            learned_tokens=round(tokens),
            made_by={**self.made_by(cell), "identity": self._identities[cell.agent]},
        )
        return self.run_folder.write_done(result, episodes, curve, learned_from)

    def _agent(self, spec: AgentSpec) -> BenchmarkAgent:
        given = self._given.get(spec.label)
        return open_agent(spec) if given is None else given

    def _make(
        self,
        environment: EnvironmentSpec,
        env: str | None,
        split: str,
        tokenizer: str | Tokenizer,
        options: Mapping[str, Any],
    ) -> CodeVectorEnv:
        own = environment.options if env in (None, environment.env) else {}
        return make_env(
            replace(environment, env=env or environment.env, options={**own, **options}), split, self._judge, tokenizer
        )

    def judge_again(self, cell: Cell) -> tuple[list[EpisodeRecord], list[EpisodeRecord]]:
        """Returns a cell's programs, and what an environment that is made anew says of them.

        Raises:
            DataError: They are not the programs that the plan asks for.
        """
        stored, environment = self.run_folder.episodes(cell), self._environments[cell.environment]
        tokenizer = _tokenizer_of(self._agents[cell.agent], stored)
        env = self._make(environment, None, self.run_folder.plan.split, tokenizer, {})
        asked = self._requests(environment, env.process, cell.seed)
        if [(one.assignment.problem.id, one.sample) for one in asked] != [(one.problem, one.sample) for one in stored]:
            raise DataError("its programs are not for the problems that the plan asks for.")
        return stored, records(env, asked, [one.tokens for one in stored])

    def made_by(self, cell: Cell) -> dict[str, Any]:
        """Returns what the plan says that a cell is made by."""
        agent, environment = self._agents[cell.agent], self._environments[cell.environment]
        return {"agent": _lists(asdict(agent)), "environment": _lists(asdict(environment))}

    def _requests(self, environment: EnvironmentSpec, process: DecisionProcess, seed: int) -> list[Request]:
        """Returns what is asked for: some programs for each problem, each with a seed that is its own."""
        posed = self._problems(environment, process)
        return [
            Request(one, sample, int(stream(seed, environment.env, one.problem.id, sample).integers(2**63)))
            for one in posed
            for sample in range(self.run_folder.plan.samples)
        ]

    def _problems(self, environment: EnvironmentSpec, process: DecisionProcess) -> list[Assignment]:
        """Returns the environment's problems as an agent's own tokenizer poses them: the same ones for all agents."""
        if environment.label not in self._posed:
            plan = self.run_folder.plan
            standard = self._make(environment, None, plan.split, STANDARD_TOKENIZER, {}).process
            first = standard.first(plan.problems)
            self._posed[environment.label] = standard, first
        standard, first = self._posed[environment.label]
        if process.vocabulary.pieces == standard.vocabulary.pieces:
            return first
        return process.assign_all([one.problem for one in first])


@final
@dataclass(frozen=True)
class _Watched:
    """Problems, of which it is remembered which ones were drawn.

    Attributes:
        problems: The problems.
        drawn: The URIs of those that were, in the order of the first time.
    """

    problems: ProblemSet
    drawn: dict[str, None]

    @property
    def card(self) -> Card:
        """See `ProblemSet`."""
        return self.problems.card

    @property
    def split(self) -> Split:
        """See `ProblemSet`."""
        return self.problems.split

    @property
    def size(self) -> int | None:
        """See `ProblemSet`."""
        return self.problems.size

    def __getitem__(self, index: int) -> Problem:
        """Returns problem `index`."""
        problem = self.problems[index]
        self.drawn[problem.id] = None
        return problem


def make_env(
    environment: EnvironmentSpec, split: str, judge: Judge, tokenizer: str | Tokenizer = STANDARD_TOKENIZER
) -> CodeVectorEnv:
    """Returns the environment of a specification.

    Raises:
        ConfigurationError: It does not take one of the options, or they make no sense.
        DataError: The data of its problems is missing or broken.
    """
    options = {"tokenizer": tokenizer, "split": split, "judge": judge, "workers": judge.workers, **environment.options}
    return make_vec(environment.env, **options)


def posed_problems(environment: EnvironmentSpec, split: str, count: int, judge: Judge) -> list[ProblemRecord]:
    """Returns an environment's problems as a benchmark poses them."""
    process = make_env(environment, split, judge).process
    return [_record(process, one) for one in process.first(count)]


def records(
    env: CodeVectorEnv,
    asked: Sequence[Request],
    written: Sequence[Sequence[int]],
    distances: Sequence[Sequence[float]] | None = None,
) -> list[EpisodeRecord]:
    """Returns programs with what the environment says of them.

    Raises:
        ConfigurationError: There are not as many programs as were asked for.
    """
    if len(written) != len(asked):
        raise ConfigurationError(f"The agent wrote {len(written)} programs, and {len(asked)} were asked for.")
    scores = env.score_episodes([one.assignment.problem for one in asked], written)
    rows = []
    for place, (request, tokens, score) in enumerate(zip(asked, written, scores, strict=True)):
        measures = _measures(request.assignment, score, len(tokens))
        terms = {name: tuple(_rounded(term.tolist())) for name, term in score.terms.items()}
        if distances is not None and measures:
            measures["kl"] = round(sum(distances[place]), _DECIMALS)
            terms["kl"] = tuple(_rounded([-nats for nats in distances[place]]))
        turns = env.process.vocabulary.turns(tokens, env.process.layout.target_tokens)
        rows.append(
            EpisodeRecord(
                problem=request.assignment.problem.id,
                sample=request.sample,
                tokens=tuple(int(token) for token in tokens),
                pieces=_pieces(env.process.vocabulary, tokens),
                terms=terms,
                answer=score.answer,
                program=score.program,
                grade=plain_grade(score.grade),
                measures=measures,
                turns=tuple(map(len, turns)) if len(turns) > 1 else (),
            )
        )
    return rows


def _measures(assignment: Assignment, score: Score, length: int) -> dict[str, float]:
    if not score.valid:
        return {}
    return {name: round(value, _DECIMALS) for name, value in measure(assignment, score, length).items()}


def _pieces(vocabulary: TokenTable, tokens: Sequence[int]) -> tuple[str, ...]:
    """Returns the text of each token; of a character that takes several, the last one has it."""
    pieces, waiting = [], b""
    for token in tokens:
        waiting += vocabulary.token_bytes(token)
        try:
            pieces.append(waiting.decode())
            waiting = b""
        except UnicodeDecodeError as error:
            whole = (
                waiting[: error.start].decode()
                if error.reason == "unexpected end of data"
                else waiting.decode("utf-8", "replace")
            )
            waiting = waiting[error.start :] if error.reason == "unexpected end of data" else b""
            pieces.append(whole)
    if waiting and pieces:
        pieces[-1] += waiting.decode("utf-8", "replace")
    return tuple(pieces)


def _rounded(values: Sequence[float]) -> list[float]:
    return [round(value, _DECIMALS) + 0.0 for value in values]


def _distances(
    writer: Writer, process: DecisionProcess, asked: Sequence[Request], written: Sequence[Sequence[int]]
) -> Sequence[Sequence[float]] | None:
    """Returns the KL at each token to the policy that the agent began with, in nats, where it can tell."""
    tell: Callable[..., Sequence[Sequence[float]]] | None = getattr(writer, "divergence", None)
    return None if tell is None else tell(process, [one.assignment for one in asked], written)


def _record(process: DecisionProcess, assignment: Assignment) -> ProblemRecord:
    return ProblemRecord(
        problem=assignment.problem.id,
        language=assignment.language,
        prompt=prompt_of(process, assignment),
        prefix=assignment.prefix.decode("utf-8", "replace"),
        suffix=assignment.suffix.decode("utf-8", "replace"),
        reference=assignment.reference_answer,
        attributes=dict(assignment.problem.attributes),
    )


@dataclass(frozen=True)
class Verification:
    """What came of judging a run's programs once more.

    Attributes:
        programs: How many were judged.
        differences: What was not as it stands in the run's folder, a sentence each.
        crashed: Which cells have no programs because their agent raised an exception.
    """

    programs: int
    differences: tuple[str, ...]
    crashed: tuple[Cell, ...] = ()


def verify(folder: str | Path, *, workers: int | None = None, report: Report | None = None) -> Verification:
    """Judges the programs of a run again, and compares every figure.

    The tokens that are stored are scored in environments that are made anew; problems, verdicts, rewards, measures,
    the table of metrics and the report must be what the folder says. What an agent says of itself is taken for
    true: the distance to its start (KL), and its curve, of which only the checksum is compared.

    Args:
        folder: The run's.
        workers: Programs that are judged together.
        report: Told what is being done.

    Raises:
        ConfigurationError: Versions here are others than those of the run.
        DataError: The folder holds no run.
    """
    found = Run(folder)
    found.check_conditions(conditions(found.plan.environments, found.plan.split))
    differences = [f"{path} is no cell of the plan." for path in found.strangers()]
    crashed: list[Cell] = []
    programs = 0
    with Judge(workers=workers) as judge:
        differences += _posed_otherwise(found, judge)
        bench = _Bench(found, {}, judge, "cpu", {})
        for cell in found.cells():
            if report is not None:
                report(cell, "judging again")
            try:
                result = found.result(cell)
                if result.status == "crashed":
                    crashed.append(cell)
                    continue
                if result.status == "missing":
                    differences.append(f"{cell}: missing.")
                    continue
                stored, fresh = bench.judge_again(cell)
            except CodegymError as error:
                differences.append(f"{cell}: {error}")
                continue
            programs += len(fresh)
            texts = [*_compared(stored, fresh), *_counted(found, result, stored, bench.made_by(cell))]
            differences += [f"{cell}: {text}" for text in texts]
    try:
        differences += _written_otherwise(found)
    except CodegymError as error:
        if not differences:  # else what cannot be read has been named
            differences.append(str(error))
    return Verification(programs, tuple(differences), tuple(crashed))


def _counted(found: Run, result: CellResult, stored: Sequence[EpisodeRecord], made_by: Any) -> Iterator[str]:
    """Yields what a cell's file says of its programs, its lesson and its making that is not so."""
    curve = found.curve(result.cell)
    for name, was, now in (
        ("programs", result.programs, len(stored)),
        ("invalid", result.invalid, sum(not one.valid for one in stored)),
        ("learned_episodes", result.learned_episodes, int(curve[-1]["episodes"]) if curve else 0),
        ("made_by", {name: result.made_by.get(name, of) for name, of in made_by.items()}, made_by),
    ):
        if was != now:
            yield f"{name} is {was!r:.200}, and should be {now!r:.200}."


def _posed_otherwise(found: Run, judge: Judge) -> Iterator[str]:
    """Yields the environments whose problems are not those that the run's folder shows."""
    for environment in found.plan.environments:
        try:
            shown = [*found.problems(environment.label).values()]
            posed = posed_problems(environment, found.plan.split, found.plan.problems, judge)
        except CodegymError as error:
            yield f"Problems of {environment.label}: {error}"
            continue
        if _lists([asdict(one) for one in shown]) != _lists([asdict(one) for one in posed]):
            yield f"Problems of {environment.label}: they are posed otherwise now."


def _written_otherwise(found: Run) -> Iterator[str]:
    """Yields what was written about the programs, and does not follow from them."""
    from codegym.benchmark.analysis import analyse
    from codegym.benchmark.report.markdown import render_markdown
    from codegym.benchmark.report.page import render_page

    table = found.folder / "metrics.csv"
    if not table.is_file() or table.read_text("utf-8") != metrics_csv(found):
        yield "metrics.csv does not follow from the programs."
    page, text = (found.folder / name for name in ("report.html", "report.md"))
    if page.is_file() or text.is_file():
        analysis = analyse(found)
        for file, expected in ((page, render_page(analysis)), (text, render_markdown(analysis))):
            if not file.is_file() or file.read_text("utf-8") != expected:
                yield f"{file.name} does not follow from the programs."


def _tokenizer_of(agent: AgentSpec, stored: Sequence[EpisodeRecord]) -> str | Tokenizer:
    """Returns the tokenizer that programs were written with: the embedded one if it says the same, else the agent's."""
    table = TokenTable.of(load_tokenizer(STANDARD_TOKENIZER))
    known = all(max(one.tokens, default=0) < table.vocabulary_size for one in stored)
    if known and all(_pieces(table, one.tokens) == one.pieces for one in stored):
        return STANDARD_TOKENIZER
    return open_agent(agent).tokenizer


def _compared(stored: Sequence[EpisodeRecord], fresh: Sequence[EpisodeRecord]) -> list[str]:
    """Returns how programs differ from what is known of them now."""
    differences = []
    for old, new in zip(stored, fresh, strict=True):
        # What an agent said of itself (KL) cannot be judged.
        measures = {name: value for name, value in old.measures.items() if name in new.measures or name != "kl"}
        paid, pays = ({name: values for name, values in one.terms.items() if name != "kl"} for one in (old, new))
        for name, was, now in (
            ("tokens", old.pieces, new.pieces),
            ("program", old.program, new.program),
            ("answer", old.answer, new.answer),
            ("verdict", _lists(old.grade), _lists(new.grade)),
            ("rewards", paid, pays),
            ("measures", measures, new.measures),
        ):
            if was != now:
                differences.append(f"{name} of sample {old.sample} for {old.problem}: {was!r:.200} now is {now!r:.200}")
    return differences


def _lists(value: Any) -> Any:
    """Returns a value as JSON gives it back."""
    return json.loads(json.dumps(value))
