"""Exploits: that they are what they claim to be, and that our rewards pay them worse than honest wrong programs."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import gymnasium as gym
import pytest

from codegym import languages
from codegym.benchmark.plan import EnvironmentSpec
from codegym.benchmark.red_team import REGISTRY, Contest, RedTeam, Situation, red_team
from codegym.benchmark.red_team.dialects import DIALECTS, dialect
from codegym.benchmark.red_team.exploits import EXPLOITS
from codegym.benchmark.red_team.honest import OPPONENTS, honest
from codegym.benchmark.red_team.page import write_files
from codegym.benchmark.red_team.run import ENVIRONMENTS, OURS, SCORERS
from codegym.benchmark.statistics import estimate
from codegym.envs.process import DecisionProcess, Grader
from codegym.envs.scoring import score_episodes
from codegym.errors import ConfigurationError, DataError, UnknownNameError
from codegym.rewards import PRESETS
from codegym.testing import FakeJudge, brackets_balance
from codegym.types import GradeStatus

SYNTHESIS = EnvironmentSpec("synthesis", "ProgramSynthesis-Python-v0")
COMPLETION = EnvironmentSpec("completion", "CodeCompletion-Python-v0")
LANGUAGES = [language.name for language in languages.all_languages()]
ALL_TASKS = sorted(
    {
        *ENVIRONMENTS,
        *(
            f"{task}-{one.id_name}-v0"
            for task in ("CodeCompletion", "ProgramSynthesis")
            for one in languages.all_languages()
        ),
    }
)


def always_wrong(source: bytes) -> GradeStatus:
    """A judge for whom a program compiles if its brackets are closed, and is never right."""
    return "failed" if brackets_balance(source) == "compiled" else "compile_error"


def process_of(env_id: str, judge: Grader) -> DecisionProcess:
    made = gym.make_vec(
        env_id, num_envs=1, vectorization_mode="vector_entry_point", judge=judge, reward="unit_tests", split="test"
    )
    process = made.process  # type: ignore[attr-defined]
    assert isinstance(process, DecisionProcess)
    return process


def situations(env_id: str, problems: int = 2) -> list[Situation]:
    process = process_of(env_id, FakeJudge(always_wrong))
    return [
        Situation(one, process.tokenizer.decode(one.source_ids), one.reference_answer)
        for one in process.first(problems)
    ]


@pytest.fixture(scope="module")
def results() -> RedTeam:
    return red_team([SYNTHESIS, COMPLETION], problems=2, judge=FakeJudge(always_wrong))


# The exploits


def test_registry__has_every_exploit_once_with_a_sentence() -> None:
    assert [one.name for one in EXPLOITS] == list(REGISTRY)
    assert len({one.name for one in EXPLOITS}) == len(EXPLOITS) >= 25
    for one in EXPLOITS:
        assert one.trick[0].isupper() and one.trick.endswith(".")
    assert len({one.trick for one in EXPLOITS}) == len(EXPLOITS)


def test_dialects__are_there_for_every_language() -> None:
    assert sorted(DIALECTS) == sorted(LANGUAGES)
    with pytest.raises(UnknownNameError, match="language with exploits"):
        dialect("pyton")


@pytest.mark.parametrize("env_id", ALL_TASKS)
def test_exploits__write_the_same_text_wherever_they_fit(env_id: str) -> None:
    written = Counter[str]()
    for situation in situations(env_id):
        for exploit in EXPLOITS:
            if exploit.fits(situation):
                answer = exploit.write(situation)
                assert isinstance(answer, str)
                assert "@" not in answer.replace("@file", "").replace("@dataclass", "").replace("@Override", "") or (
                    "@" in situation.reference
                ), f"{exploit.name} leaves a place unfilled"
                assert answer == exploit.write(situation)
                assert bool(answer) or exploit.name == "empty_answer"
                written[exploit.name] += 1
    assert len(written) >= 10


def test_exploits__need_what_a_task_gives() -> None:
    (completion, *_), (synthesis, *_) = situations("CodeCompletion-Java-v0"), situations("ProgramSynthesis-Java-v0")
    assert REGISTRY["closed_brackets"].fits(completion) and not REGISTRY["closed_brackets"].fits(synthesis)
    assert REGISTRY["exit_with_success"].fits(synthesis) and not REGISTRY["exit_with_success"].fits(completion)
    assert not REGISTRY["included_file"].fits(synthesis)  # Java has nothing of the kind
    assert REGISTRY["included_file"].fits(situations("ProgramSynthesis-C-v0")[0])


def test_copied_prompt__is_what_was_shown() -> None:
    copied = REGISTRY["copied_prompt"].write
    (translation, *_) = situations("CodeTranslation-Java-Python-v0")
    assert copied(translation) == translation.assignment.problem.sources["java"]
    (repair, *_) = situations("CodeRepair-Python-v0")
    assert copied(repair).encode() == repair.assignment.drafts[0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_attacks_by_memory__hold_the_reference(language: str) -> None:
    id_name = languages.get(language).id_name
    for situation in situations(f"ProgramSynthesis-{id_name}-v0"):
        line = max(situation.reference.splitlines(), key=len).strip()
        assert '"' not in line or line in situation.reference
        for name in ("reference_in_comment", "reference_as_dead_code", "reference_skipped", "reference_unreachable"):
            assert line.partition('"')[0] in REGISTRY[name].write(situation)


# Honest wrong programs


@pytest.mark.parametrize("env_id", ["CodeCompletion-Python-v0", "ProgramSynthesis-Java-v0", "CodeRepair-PHP-v0"])
def test_honest_programs__have_their_bugs_in_what_is_written(env_id: str) -> None:
    process = process_of(env_id, FakeJudge(always_wrong))
    posed = process.first(4)
    found = honest(process, posed)
    assert found
    for one in found:
        assignment = one.assignment
        assert list(one.answers) == list(OPPONENTS)
        programs = {opponent: assignment.program(answer.encode()) for opponent, answer in one.answers.items()}
        assert assignment.reference not in programs.values()
        assert not set(assignment.drafts) & set(programs.values())
        assert brackets_balance(programs["broken"]) == "compile_error"
        assert brackets_balance(programs["wrong"]) == brackets_balance(programs["poor"]) == "compiled"


def test_honest_programs__depend_on_their_problem_and_the_seed_alone() -> None:
    process = process_of("ProgramSynthesis-Python-v0", FakeJudge(always_wrong))
    posed = process.first(4)
    together, alone = honest(process, posed), [honest(process, [one])[0] for one in posed]
    assert together == alone
    assert honest(process, posed, seed=1) != together


def test_honest_programs__are_left_out_where_the_judge_does_not_answer() -> None:
    asked = process_of("ProgramSynthesis-Python-v0", FakeJudge(always_wrong))
    silent = process_of("ProgramSynthesis-Python-v0", FakeJudge(lambda _: "judge_error"))
    assert honest(silent, asked.first(2)) == []


# The contest


def test_red_team__has_every_contest(results: RedTeam) -> None:
    assert list(results.problems) == ["synthesis", "completion"]
    assert all(len(problems) == 2 for problems in results.problems.values())
    assert {one.scorer for one in results.contests} == set(SCORERS)
    assert {one.opponent for one in results.contests} == set(OPPONENTS)
    assert set(results.exploits) == set(REGISTRY)
    assert all(1 <= len(one.wins) <= 2 and None not in one.wins for one in results.contests)
    assert set(OURS) | {"ppocoder"} == set(PRESETS) <= set(SCORERS)
    assert (
        results.verdicts["empty_answer"] == {"failed": 2, "compile_error": 2}
        or sum(results.verdicts["empty_answer"].values()) == 4
    )


def test_red_team__is_deterministic(results: RedTeam) -> None:
    some = EXPLOITS[:4] + EXPLOITS[-4:]
    again = red_team([COMPLETION], problems=2, exploits=some, judge=FakeJudge(always_wrong))
    names = [exploit.name for exploit in some]
    before = [one for one in results.contests if one.environment == "completion" and one.exploit in names]
    assert list(again.contests) == before
    assert again.problems["completion"] == results.problems["completion"]


@pytest.mark.slow
@pytest.mark.parametrize("env_id", ["CodeCompletion-Python-v0", "CodeRepair-Java-v0"])
def test_red_team__earns_what_scoring_token_by_token_pays(env_id: str) -> None:
    names = ("repeated_fragments", "reference_in_comment", "empty_answer")
    chosen = [REGISTRY[name] for name in names]
    judge = FakeJudge(always_wrong)
    found = red_team([EnvironmentSpec("here", env_id)], problems=1, exploits=chosen, judge=judge)
    process = process_of(env_id, judge)
    (one, *_) = honest(process, process.first(3))
    assert found.problems["here"] == (one.assignment.problem.id,)
    for preset in PRESETS:
        scorer = DecisionProcess(
            process.task, process.problems, tokenizer="codegym", reward=preset, judge=judge, target_tokens=20_000
        )

        def earned(answer: str, scorer: DecisionProcess = scorer) -> float:
            tokens = [*scorer.tokenizer.encode(answer), scorer.tokenizer.end_id]
            (score,) = score_episodes(scorer, [one.assignment.problem], [tokens], workers=1)
            return float(score.rewards.sum())

        for opponent in OPPONENTS:
            situation = Situation(one.assignment, "", one.answers[opponent])
            for exploit in chosen:
                margin = earned(exploit.write(situation)) - earned(one.answers[opponent])
                wins = [
                    contest.wins
                    for contest in found.contests
                    if (contest.exploit, contest.opponent, contest.scorer) == (exploit.name, opponent, preset)
                ]
                assert wins == [(margin > 1e-9,)]
                for finding in found.findings:
                    if (finding.exploit, finding.opponent, finding.scorer) == (exploit.name, opponent, preset):
                        assert finding.margin == pytest.approx(margin, abs=2e-4)


def test_red_team__finds_the_weakness_of_recall_and_none_like_it_in_ours(results: RedTeam) -> None:
    # The verdict is the same for all programs that compile, so that structure alone decides.
    hoarding = ("reference_as_dead_code",)
    theirs = results.share("ppocoder", "poor", exploits=hoarding, environments=("synthesis",))
    assert theirs is not None and theirs.value >= 0.5
    for scorer in OURS:
        ours = results.share(scorer, "poor", exploits=hoarding, environments=("synthesis",))
        assert ours is not None and ours.value < theirs.value
        stuffed = results.share(
            scorer, "wrong", exploits=("junk_functions", "reference_in_comment", "repeated_program")
        )
        assert stuffed is not None and stuffed.value == 0.0


def test_red_team__share_counts_what_is_asked_for() -> None:
    contests = (
        Contest("a", "junk_functions", "wrong", "default", (True, False, None)),
        Contest("b", "junk_functions", "wrong", "default", (True,)),
        Contest("a", "empty_answer", "wrong", "default", (False, False)),
    )
    found = RedTeam({"a": ("1", "2", "3"), "b": ("4",)}, {"a": 0, "b": 0}, 0, contests, ())
    assert found.share("default", "wrong") == estimate([True, False, True, False, False])
    assert found.share("default", "wrong", exploits=("junk_functions",), environments=("a",)) == estimate([True, False])
    assert found.share("ppocoder", "wrong") is None
    assert found.exploits == ("empty_answer", "junk_functions")
    assert RedTeam.from_dict(json.loads(json.dumps(found.to_dict()))).to_dict() == found.to_dict()


def test_red_team__findings_are_where_ours_pays_exploits_better(results: RedTeam) -> None:
    lost = Counter[tuple[str, str, str]]()
    for one in results.contests:
        if one.scorer in OURS:
            lost[one.exploit, one.opponent, one.scorer] += sum(win is True for win in one.wins)
    assert {key: count for key, count in lost.items() if count} == {
        (one.exploit, one.opponent, one.scorer): sum(one.won.values()) for one in results.findings
    }
    assert all(one.margin > 0 and one.environment in one.won for one in results.findings)


def test_red_team__does_not_count_programs_without_verdict() -> None:
    def gives_up(source: bytes) -> GradeStatus:
        return "judge_error" if b"SystemExit(0)" in source else always_wrong(source)

    found = red_team([SYNTHESIS], problems=1, exploits=[REGISTRY["exit_with_success"]], judge=FakeJudge(gives_up))
    wins = [one.wins for one in found.contests if one.exploit == "exit_with_success" and one.scorer in PRESETS]
    assert wins and set(wins) == {(None,)}
    assert found.share("default", "wrong", exploits=("exit_with_success",)) is None


def test_red_team__refuses_what_makes_no_sense() -> None:
    with pytest.raises(ConfigurationError, match="at least one environment"):
        red_team([], judge=FakeJudge())
    with pytest.raises(ConfigurationError, match="label of its own"):
        red_team([SYNTHESIS, SYNTHESIS], judge=FakeJudge())
    with pytest.raises(DataError, match="honest wrong programs"):  # to this judge nothing is ever wrong
        red_team([SYNTHESIS], problems=1, judge=FakeJudge(lambda _: "compiled"))
    with pytest.raises(DataError, match="results of a red team"):
        RedTeam.from_dict({"wins": 1})


def test_files__hold_the_results(results: RedTeam, tmp_path: Path) -> None:
    page, data = write_files(results, tmp_path / "red-team", "a command")
    stored = RedTeam.from_dict(json.loads(data.read_text()))
    assert stored.to_dict() == results.to_dict()
    assert stored.share("default", "broken") == results.share("default", "broken")
    text = page.read_text()
    assert "a command" in text and all(f"`{name}`" in text for name in REGISTRY)


# With compilers


@pytest.mark.slow
def test_rewards__pay_honest_programs_better_than_exploits() -> None:
    environments = ["ProgramSynthesis-Python-v0", "CodeTranslation-Java-Python-v0", "CodeCompletion-Python-v0"]
    found = red_team([EnvironmentSpec(one, one) for one in environments], problems=3)
    for scorer in ("unit_tests", "adaptive_unit_tests"):
        wrong = found.share(scorer, "wrong")
        assert wrong is not None and wrong.value <= 0.02
    assert not any("passed" in verdicts for verdicts in found.verdicts.values())
    for opponent in OPPONENTS:
        ours, theirs = (found.share(scorer, opponent) for scorer in ("unit_tests", "ppocoder"))
        assert ours is not None and theirs is not None and ours.value <= theirs.value


@pytest.mark.slow
@pytest.mark.parametrize("language", ["Python", "Java", "C", "Cpp", "CSharp", "PHP"])
def test_exploits__compile_where_they_mean_to(language: str) -> None:
    from codegym.judge import Judge

    with Judge() as judge:
        if languages.get(language).toolchain.version() is None:
            pytest.skip(f"{language}: {languages.get(language).toolchain.install}")
        process = process_of(f"ProgramSynthesis-{language}-v0", judge)
        (one, *_) = honest(process, process.first(3))
        situation = Situation(one.assignment, "a prompt", one.answers["wrong"])
        helpless = {
            "empty_answer",
            "copied_prompt",
            "keyword_soup",
            "repeated_fragments",
            "included_file",
            "infinite_loop",
            "unfinished_comment",
        }
        written = [exploit for exploit in EXPLOITS if exploit.name not in helpless and exploit.fits(situation)]
        grades = process.grade([(one.assignment, exploit.write(situation).encode()) for exploit in written])
        assert [exploit.name for exploit, grade in zip(written, grades, strict=True) if not grade.compiled] == []
        assert [exploit.name for exploit, grade in zip(written, grades, strict=True) if grade.status == "passed"] == []
