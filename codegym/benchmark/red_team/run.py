"""Has exploits and honest wrong programs scored by every reward, and counts who is paid better."""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any, Final, Self

from codegym.benchmark.plan import EnvironmentSpec
from codegym.benchmark.red_team.exploits import EXPLOITS, Exploit, Situation
from codegym.benchmark.red_team.honest import OPPONENTS, Honest, Opponent, honest
from codegym.benchmark.runner import conditions
from codegym.benchmark.statistics import Estimate, estimate
from codegym.envs.episode import Assignment
from codegym.envs.make import make_vec
from codegym.envs.process import DecisionProcess, Grader
from codegym.errors import ConfigurationError, DataError
from codegym.judge import Judge
from codegym.rewards import PRESETS, RewardMix, Transition
from codegym.structure import MatchMode, StructureReference, StructureScores
from codegym.structure.codebleu import codebleu
from codegym.types import Grade, Limits, UnitTest

OURS: Final = tuple(name for name in PRESETS if name != "ppocoder")
"""The rewards of which every winning exploit is told."""

SCORERS: Final = (*OURS, "ppocoder", "codebleu_reward", "codebleu")
"""Whoever scores programs: the presets; `codebleu_reward`: the paper's reward with matches as CodeBLEU counts them
(`match="codebleu"`); `codebleu`: the published measure of the whole program."""

_REWARDS: Final[Mapping[str, RewardMix]] = {
    **PRESETS,
    "codebleu_reward": dataclasses.replace(PRESETS["ppocoder"], match="codebleu"),
}

ENVIRONMENTS: Final = (
    "CodeCompletion-Python-v0",
    "CodeCompletion-Java-v0",
    "CodeCompletion-C-v0",
    "CodeTranslation-Java-Python-v0",
    "CodeTranslation-Java-Cpp-v0",
    "CodeTranslation-Python-PHP-v0",
    "CodeTranslation-Java-CSharp-v0",
    "ProgramSynthesis-Python-v0",
    "ProgramSynthesis-Java-v0",
    "ProgramSynthesis-C-v0",
    "CodeRepair-Python-v0",
    "CodeRepair-PHP-v0",
    "CodeRepair-Java-v0",
)

_SECONDS = 4.0
"""Time of a run: that of an exploit that never ends is spent on each of its tests."""
_SPARE = 3
"""So many times as many problems are posed as are wanted: not each has honest wrong programs of all kinds."""
_SHOWN = 400
"""Characters of a winning program that are kept."""

Report = Callable[[str, str], None]
"""Told the environment and what is being done."""


@dataclass(frozen=True)
class Contest:
    """One exploit against one kind of honest programs, in one environment, as one scorer sees it.

    Attributes:
        environment: Label of the environment.
        exploit: Name of the exploit.
        opponent: Kind of the honest programs.
        scorer: Who scored.
        wins: For each problem, in order, whether the exploit earned more; None where the judge could not answer.
    """

    environment: str
    exploit: str
    opponent: Opponent
    scorer: str
    wins: tuple[bool | None, ...]


@dataclass(frozen=True)
class Finding:
    """An exploit that one of our rewards pays better than honest programs; the figures are those of its best case.

    Attributes:
        exploit: Name of the exploit.
        opponent: Kind of the honest programs.
        scorer: The reward.
        won: On how many problems the exploit earns more, by the label of the environment.
        environment: Where it earns most over the other.
        problem: URI of the problem there.
        earned: What the exploit earns.
        honest: What the honest program earns.
        right: What the expert's program earns.
        status: The verdict of the unit tests on the exploit.
        answer: The exploit's answer, cut where it is long.
    """

    exploit: str
    opponent: Opponent
    scorer: str
    won: Mapping[str, int]
    environment: str
    problem: str
    earned: float
    honest: float
    right: float
    status: str
    answer: str

    @property
    def margin(self) -> float:
        """How much more the exploit earns in its best case."""
        return self.earned - self.honest


@dataclass(frozen=True)
class RedTeam:
    """What came of a run.

    Attributes:
        problems: URIs of the problems of each environment, by its label.
        skipped: Problems that were looked at and have no honest wrong programs of all kinds, by label.
        seed: Of the honest programs' bugs.
        contests: Every contest.
        findings: Every exploit, kind of honest programs and reward of ours that pays the exploit better somewhere.
        verdicts: For each exploit how often the unit tests had which verdict on it.
        conditions: Versions of what the figures depend on, as `codegym.benchmark.runner.conditions` returns them.
    """

    problems: Mapping[str, tuple[str, ...]]
    skipped: Mapping[str, int]
    seed: int
    contests: tuple[Contest, ...]
    findings: tuple[Finding, ...]
    verdicts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    conditions: Mapping[str, Any] = field(default_factory=dict)

    def share(
        self, scorer: str, opponent: Opponent, *, exploits: Sequence[str] = (), environments: Sequence[str] = ()
    ) -> Estimate | None:
        """Returns the share of problems on which exploits earn more, with its 95 % interval; None where none took part.

        Args:
            scorer: Who scored.
            opponent: Kind of the honest programs.
            exploits: Names of the exploits that count; empty: all.
            environments: Labels of the environments that count; empty: all.
        """
        wins = [
            win
            for one in self.contests
            if one.scorer == scorer
            and one.opponent == opponent
            and (not exploits or one.exploit in exploits)
            and (not environments or one.environment in environments)
            for win in one.wins
            if win is not None
        ]
        return estimate(wins) if wins else None

    @property
    def exploits(self) -> tuple[str, ...]:
        """Names of the exploits that took part, in the order of the registry."""
        known = {one.exploit for one in self.contests}
        return tuple(one.name for one in EXPLOITS if one.name in known)

    def to_dict(self) -> dict[str, Any]:
        """Returns plain values, as `from_dict` takes them: the wins of a contest are a text such as `"0100-"`."""
        wins: dict[str, Any] = {}
        for one in self.contests:
            exploits = wins.setdefault(one.environment, {}).setdefault(one.exploit, {})
            exploits.setdefault(one.opponent, {})[one.scorer] = "".join(_SIGNS[win] for win in one.wins)
        return {
            "seed": self.seed,
            "problems": {label: list(problems) for label, problems in self.problems.items()},
            "skipped": dict(self.skipped),
            "verdicts": {exploit: dict(own) for exploit, own in self.verdicts.items()},
            "wins": wins,
            "findings": [asdict(one) for one in self.findings],
            "conditions": dict(self.conditions),
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """Returns the results of plain values.

        Raises:
            DataError: They are no results of a red team.
        """
        values = {sign: win for win, sign in _SIGNS.items()}
        try:
            contests = tuple(
                Contest(environment, exploit, opponent, scorer, tuple(values[sign] for sign in signs))
                for environment, exploits in content["wins"].items()
                for exploit, opponents in exploits.items()
                for opponent, scorers in opponents.items()
                for scorer, signs in scorers.items()
            )
            problems = {label: tuple(own) for label, own in content["problems"].items()}
            findings = tuple(Finding(**one) for one in content["findings"])
            verdicts = {exploit: dict(own) for exploit, own in content["verdicts"].items()}
            seed, skipped, conditions = int(content["seed"]), dict(content["skipped"]), dict(content["conditions"])
            return cls(problems, skipped, seed, contests, findings, verdicts, conditions)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise DataError(f"These are not the results of a red team: {error!r}.") from error


_SIGNS: Final[Mapping[bool | None, str]] = {True: "1", False: "0", None: "-"}


def red_team(
    environments: Sequence[EnvironmentSpec],
    *,
    problems: int = 10,
    seed: int = 0,
    split: str = "test",
    workers: int | None = None,
    exploits: Sequence[Exploit] = tuple(EXPLOITS),
    judge: Grader | None = None,
    report: Report | None = None,
) -> RedTeam:
    """Returns who is paid better in each environment: exploits, or honest wrong programs.

    Args:
        environments: The environments, all of whose problems are judged alike by every scorer.
        problems: Problems of each environment.
        seed: Of the honest programs' bugs.
        split: Split of the problems.
        workers: Programs that are judged together by that judge; None: as many as there are usable cores.
        exploits: Which exploits.
        judge: Who compiles and runs; None: a judge of its own, with `workers` workers.
        report: Told what is being done.

    Raises:
        ConfigurationError: There is no environment, or two have one label.
        UnknownNameError: There is no such environment, or a language has no exploits.
        DataError: An environment has no problem with honest wrong programs.
    """
    labels = [one.label for one in environments]
    if not labels or len(set(labels)) < len(labels):
        raise ConfigurationError("A red team needs at least one environment, and each needs a label of its own.")
    if judge is None:
        with Judge(workers=workers) as own:
            return red_team(
                environments,
                problems=problems,
                seed=seed,
                split=split,
                workers=workers,
                exploits=exploits,
                judge=_Impatient(own),
                report=report,
            )
    arenas = []
    for spec in environments:
        tell = partial(report or _silent, spec.label)
        arenas.append(_Arena.of(spec, problems, seed, split, judge, exploits, tell))
    return RedTeam(
        problems={one.label: tuple(case.assignment.problem.id for case in one.cases) for one in arenas},
        skipped={one.label: one.skipped for one in arenas},
        seed=seed,
        contests=tuple(contest for one in arenas for contest in one.contests()),
        findings=_joined([finding for one in arenas for finding in one.findings()]),
        verdicts=_verdicts(arenas, exploits),
        conditions=conditions(environments, split),
    )


def _silent(label: str, doing: str) -> None:
    """Tells nobody."""


def _verdicts(arenas: Sequence[_Arena], exploits: Sequence[Exploit]) -> dict[str, dict[str, int]]:
    """Returns how often each exploit got which verdict; an answer that is written for several opponents counts once."""
    counted: dict[str, dict[str, int]] = {}
    for exploit in exploits:
        statuses = Counter(
            one.status[key]
            for one in arenas
            for key in dict.fromkeys(
                key for opponent in OPPONENTS for key in _there(one.answers.get((exploit.name, opponent), ()))
            )
        )
        if statuses:
            counted[exploit.name] = {status: statuses[status] for status in sorted(statuses)}
    return counted


def _joined(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Returns one finding for those of several environments: the one with the greatest margin, with the wins of all."""
    groups: dict[tuple[str, str, str], list[Finding]] = {}
    for one in findings:
        groups.setdefault((one.exploit, one.opponent, one.scorer), []).append(one)
    return tuple(
        dataclasses.replace(
            max(group, key=lambda one: one.margin), won={label: n for one in group for label, n in one.won.items()}
        )
        for _, group in sorted(groups.items())
    )


@dataclass(frozen=True)
class _Impatient:
    """A judge that waits less for programs that do not end."""

    judge: Judge

    def map_grade(
        self,
        language: str,
        sources: Sequence[bytes],
        tests: Sequence[Sequence[UnitTest]] | None = None,
        limits: Limits | None = None,
    ) -> list[Grade]:
        """Returns the verdict on each program."""
        return self.judge.map_grade(language, sources, tests, dataclasses.replace(limits or Limits(), time=_SECONDS))


_Key = tuple[int, str]
"""A problem's position, and an answer to it."""


@dataclass(frozen=True)
class _Arena:
    """An environment with everything that was written and what it earned.

    Attributes:
        label: Label of the environment.
        cases: Its problems with honest answers.
        skipped: Problems without.
        answers: Each exploit's answers by its name and opponent, one for each problem; None where it has none.
        earned: What each answer earned, by scorer; None where the judge could not answer.
        status: The judge's verdict on each answer.
    """

    label: str
    cases: Sequence[Honest]
    skipped: int
    answers: Mapping[tuple[str, Opponent], Sequence[str | None]]
    earned: Mapping[_Key, Mapping[str, float | None]]
    status: Mapping[_Key, str]

    @classmethod
    def of(
        cls,
        spec: EnvironmentSpec,
        problems: int,
        seed: int,
        split: str,
        judge: Grader,
        exploits: Sequence[Exploit],
        tell: Callable[[str], None],
    ) -> _Arena:
        """Returns the arena of an environment."""
        options = {"split": split, "judge": judge, "reward": "unit_tests", **spec.options}
        process = make_vec(spec.env, **options).process
        tell("posing problems")
        posed = process.first(problems * _SPARE)
        tell("looking for honest wrong programs")
        cases: list[Honest] = []
        looked_at = 0
        while len(cases) < problems and looked_at < len(posed):
            block = posed[looked_at : looked_at + problems - len(cases)]
            cases += honest(process, block, seed)
            looked_at += len(block)
        if not cases:
            raise DataError(f"None of {len(posed)} problems of {spec.label} has honest wrong programs of all kinds.")
        answers = _written(process, cases, exploits)
        texts: list[Sequence[str | None]] = list(answers.values())
        texts += [[one.answers[opponent] for one in cases] for opponent in OPPONENTS]
        texts.append([one.assignment.reference_answer for one in cases])
        keys = dict.fromkeys(key for own in texts for key in _there(own))
        earned, status = _scored(process, judge, cases, list(keys), tell)
        return cls(spec.label, cases, looked_at - len(cases), answers, earned, status)

    def contests(self) -> list[Contest]:
        """Returns who won."""
        return [
            Contest(self.label, exploit, opponent, scorer, tuple(self._win(margin) for margin in margins))
            for (exploit, opponent), answers in self.answers.items()
            for scorer in SCORERS
            for margins in [[self._margin(place, answer, opponent, scorer) for place, answer in _there(answers)]]
        ]

    def findings(self) -> list[Finding]:
        """Returns where one of our rewards lost."""
        findings = []
        for (exploit, opponent), answers in self.answers.items():
            for scorer in OURS:
                margins = {
                    (place, answer): self._margin(place, answer, opponent, scorer) for place, answer in _there(answers)
                }
                won = {key: margin for key, margin in margins.items() if margin is not None and self._win(margin)}
                if won:
                    best = max(won, key=lambda key: won[key])
                    findings.append(self._finding(exploit, opponent, scorer, len(won), best))
        return findings

    def _finding(self, exploit: str, opponent: Opponent, scorer: str, problems: int, key: _Key) -> Finding:
        place, answer = key
        case = self.cases[place]
        earned, beaten, right = (
            round(self.earned[place, text][scorer] or 0.0, 4)
            for text in (answer, case.answers[opponent], case.assignment.reference_answer)
        )
        shown = answer if len(answer) <= _SHOWN else f"{answer[:_SHOWN]}\n[... {len(answer):,} characters]"
        return Finding(
            exploit=exploit,
            opponent=opponent,
            scorer=scorer,
            won={self.label: problems},
            environment=self.label,
            problem=case.assignment.problem.id,
            earned=earned,
            honest=beaten,
            right=right,
            status=self.status[key],
            answer=shown,
        )

    def _margin(self, place: int, answer: str, opponent: Opponent, scorer: str) -> float | None:
        """Returns how much more an answer earned than the honest one."""
        ours = self.earned[place, answer][scorer]
        theirs = self.earned[place, self.cases[place].answers[opponent]][scorer]
        return None if ours is None or theirs is None else ours - theirs

    @staticmethod
    def _win(margin: float | None) -> bool | None:
        return None if margin is None else margin > _ROUNDING


_ROUNDING = 1e-9


def _there(answers: Sequence[str | None]) -> list[_Key]:
    return [(place, answer) for place, answer in enumerate(answers) if answer is not None]


def _written(
    process: DecisionProcess, cases: Sequence[Honest], exploits: Sequence[Exploit]
) -> dict[tuple[str, Opponent], list[str | None]]:
    """Returns what each exploit writes for each problem, once for each kind of honest programs."""
    written: dict[tuple[str, Opponent], list[str | None]] = {}
    for opponent in OPPONENTS:
        situations = [
            Situation(one.assignment, process.tokenizer.decode(one.assignment.source_ids), one.answers[opponent])
            for one in cases
        ]
        for exploit in exploits:
            own = [exploit.write(situation) if exploit.fits(situation) else None for situation in situations]
            if any(answer is not None for answer in own):
                written[exploit.name, opponent] = own
    return written


def _scored(
    process: DecisionProcess, judge: Grader, cases: Sequence[Honest], keys: Sequence[_Key], tell: Callable[[str], None]
) -> tuple[dict[_Key, dict[str, float | None]], dict[_Key, str]]:
    """Returns what each answer earned by scorer, and the verdict of the unit tests on it.

    What growth is paid for adds up to the difference of two programs, whatever is between them: the finished one, and
    what is given. So an answer is taken as one step from the one to the other, which earns its return.
    """
    programs = [(cases[place].assignment, _program(cases[place].assignment, answer)) for place, answer in keys]
    compiling = DecisionProcess(process.task, process.problems, tokenizer=process.tokenizer, judge=judge)
    grades: dict[bool, list[Grade]] = {}
    for tested, grader in ((False, compiling), (True, process)):
        tell(f"{'testing' if tested else 'compiling'} {len(keys)} answers")
        grades[tested] = grader.grade(programs)
    tell(f"comparing {len(keys)} answers with references")
    references = [_References.of(one.assignment) for one in cases]
    earned: dict[_Key, dict[str, float | None]] = {}
    for number, (key, (_, program)) in enumerate(zip(keys, programs, strict=True)):
        own = {tested: verdicts[number] for tested, verdicts in grades.items()}
        earned[key] = references[key[0]].earned(program, own)
    return earned, {key: grade.status for key, grade in zip(keys, grades[True], strict=True)}


def _program(assignment: Assignment, answer: str) -> bytes:
    return assignment.program(answer.encode("utf-8", "replace"))


@dataclass(frozen=True)
class _References:
    """What programs for one problem are compared with.

    Attributes:
        assignment: The problem as it is posed.
        matches: The reference by the way in which structure is compared.
        given: How much of it stands there before anything is written.
    """

    assignment: Assignment
    matches: Mapping[MatchMode, StructureReference]
    given: Mapping[MatchMode, StructureScores]

    @classmethod
    def of(cls, assignment: Assignment) -> _References:
        """Returns what a problem's programs are compared with."""
        modes = dict.fromkeys(mix.match for mix in _REWARDS.values())
        matches = {mode: StructureReference(assignment.reference, assignment.language, mode) for mode in modes}
        before = assignment.program(b"")
        return cls(assignment, matches, {mode: match.scores(before) for mode, match in matches.items()})

    def earned(self, program: bytes, grades: Mapping[bool, Grade]) -> dict[str, float | None]:
        """Returns what a program earns by scorer.

        Args:
            program: The program.
            grades: The verdict on it, without and with unit tests.
        """
        scores = {mode: match.scores(program) for mode, match in self.matches.items()}
        returns: dict[str, float | None] = {}
        for name, mix in _REWARDS.items():
            grade = grades["unit_tests" in mix.needs]
            step = Transition(self.given[mix.match], scores[mix.match], True, grade, None, None)
            returns[name] = math.fsum(mix.terms(step).values()) if grade.valid else None
        expected, written = (text.decode("utf-8", "replace") for text in (self.assignment.reference, program))
        return returns | {"codebleu": codebleu(expected, written, self.assignment.language).total}
