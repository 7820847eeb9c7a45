"""The judge's grades of real answers to benchmark problems, against what was measured for each without it."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import real_programs
from real_programs import Solution

from codegym import Judge, languages
from codegym.types import Grade, Limits, TestCase

pytestmark = pytest.mark.slow

GROUPS = {
    "humaneval": ["humaneval"],
    "humaneval-codegen16b-samples": ["codegen16b"],
    "humaneval-x": ["humaneval-x-cpp", "humaneval-x-java", "humaneval-x-python"],
    "humaneval-c": ["decompile-c"],
    "humanevalpack": [
        f"pack-{language}-{kind}_solution" for language in ("cpp", "java", "python") for kind in ("canonical", "buggy")
    ],
    "mbpp": ["mbpp"],
    "mbxp": [
        *(f"{kind}-{language}" for kind in ("mbxp", "mbxps") for language in real_programs.MBXP),
        "mbphp-return-true",
    ],
    "mceval": [f"mceval-{title}" for title in real_programs.MCEVAL],
    "multilingual-humaneval": ["multilingual-python", "hephp-return-true"],
    "quixbugs": ["quix-py-correct", "quix-py-buggy"],
    "transcoder-gfg": ["gfg-c", "gfg-cpp", "gfg-java", "gfg-python"],
    "introclass": ["introclass"],
}


@dataclasses.dataclass(frozen=True)
class Deviation:
    """Answers that the judge and the measurement disagree about.

    Attributes:
        group: Their group.
        verdict: What the judge says.
        reason: Why.
        ids: The answers.
    """

    group: str
    verdict: str
    reason: str
    ids: tuple[str, ...]


DEVIATIONS: tuple[Deviation, ...] = ()

LIMITS = {
    "codegen16b": Limits(time=5.0),  # as when they were measured; all others had 10 seconds
    "pack-cpp-buggy_solution": Limits(time=40.0),  # CPP/76 counts to 2**31 before it fails
}


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Judge() as opened:
        yield opened


@pytest.mark.parametrize(
    ("data_set", "group"), [(data_set, group) for data_set, groups in GROUPS.items() for group in groups]
)
def test_grade__is_what_was_measured(data_set: str, group: str, judge: Judge, data_folder: Path) -> None:
    if not (data_folder / data_set).is_dir():
        pytest.skip(f"needs {data_folder / data_set} (set CODEGYM_DATA)")
    answers = [answer for answer in real_programs.solutions(data_set) if answer.group == group]
    assert answers
    language = answers[0].language
    if reason := missing(language):
        pytest.skip(reason)
    grades = judge.map_grade(
        language,
        [answer.program for answer in answers],
        [answer.tests for answer in answers],
        LIMITS.get(group),
    )
    found = {
        answer.id: verdict_of(answer, grade)
        for answer, grade in zip(answers, grades, strict=True)
        if verdict_of(answer, grade) != answer.verdict
    }
    known = {name: entry.verdict for entry in DEVIATIONS if entry.group == group for name in entry.ids}
    print(f"\n{group}: {len(answers)} answers, {len(answers) - len(found)} as measured")
    for name in sorted(set(found) ^ set(known)):
        print(f"  {name}: {found.get(name, 'as measured')}")
    assert found == known


def missing(*names: str) -> str:
    """Returns which of these toolchains is not installed, in one sentence, or nothing."""
    for toolchain in (languages.get(name).toolchain for name in names):
        if toolchain.version() is None:
            return f"{toolchain.program} is not installed: {toolchain.install}"
    return ""


def verdict_of(answer: Solution, grade: Grade) -> str:
    """Returns a grade in the words of the measurement."""
    if grade.status == "judge_error":
        return "judge_error"
    if not grade.compiled:
        return "compile"
    if answer.group == "introclass" and answer.verdict != "ok":
        return f"{grade.passed} of {grade.total}"
    if grade.status in ("passed", "compiled"):
        return "ok"
    if "time_limit" in grade.outcomes:
        return "timeout"
    if answer.group.startswith("gfg") and "wrong_answer" in grade.outcomes:
        return "mismatch"
    return "run"


ANSWERS = {
    "checksum": r"Check sum is (.)",
    "grade": r"Student has (?:an? (\w) grade|failed)",
    "smallest": r"(-?\d+) is the smallest",
}
"""What counts in the output of IntroClass's programs, where it need not be the whole of it."""


def test_run__introclass_answers_are_those_measured(judge: Judge, data_folder: Path) -> None:
    """The programs whose output differs from the reference's in words alone."""
    if not (data_folder / "introclass").is_dir():
        pytest.skip(f"needs {data_folder / 'introclass'} (set CODEGYM_DATA)")
    if reason := missing("c"):
        pytest.skip(reason)
    checks = real_programs.rows("introclass/checks.jsonl.gz")
    answers = [answer for answer in real_programs.solutions("introclass") if answer.verdict != "ok"]

    def passes(answer: Solution) -> int:
        pattern = ANSWERS[answer.id.partition("/")[0]]
        cases = [test for test in answer.tests if isinstance(test, TestCase)]
        outputs = [judge.run("c", answer.program, case.stdin).stdout for case in cases]
        return sum(
            re.findall(pattern, output)[-1:] == re.findall(pattern, case.stdout)[-1:]
            for case, output in zip(cases, outputs, strict=True)
        )

    worded = [(a, c) for a, c in zip(answers, checks, strict=True) if c["exact_pass"] != c["answer_pass"]]
    with ThreadPoolExecutor(judge.workers) as threads:
        counted = list(threads.map(passes, [answer for answer, _ in worded]))
    found = {a.id: (n, c["answer_pass"]) for n, (a, c) in zip(counted, worded, strict=True) if n != c["answer_pass"]}
    print(f"\nintroclass: {len(worded)} answers in other words, {len(worded) - len(found)} as measured")
    assert found == {}


def test_grade__a_program_prints_what_its_translation_prints(judge: Judge, data_folder: Path) -> None:
    if not (data_folder / "xlcost-java-cpp").is_dir():
        pytest.skip(f"needs {data_folder / 'xlcost-java-cpp'} (set CODEGYM_DATA)")
    if reason := missing("cpp", "java"):
        pytest.skip(reason)
    checks = real_programs.rows("xlcost-java-cpp/checks.jsonl.gz")
    java, cpp = real_programs.xlcost("java"), real_programs.xlcost("cpp")

    def status(line: int) -> str:
        printed = judge.run("cpp", cpp[line])
        assert printed.ok, f"line {line}: {printed}"
        return judge.grade("java", java[line], [TestCase("", printed.stdout)]).status

    same = [check["line"] for check in checks if check["same_stdout"]]
    with ThreadPoolExecutor(judge.workers) as threads:
        statuses = dict(zip(same, threads.map(status, same), strict=True))
    others = {line: found for line, found in statuses.items() if found != "passed"}
    print(f"\nxlcost-java-cpp: {len(same)} pairs, {len(same) - len(others)} print the same")
    assert others == {}
