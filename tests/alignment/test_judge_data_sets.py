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
        verdict: What the judge says; nothing where that changes from run to run.
        reason: Why.
        names: The answers, with spaces between them.
    """

    group: str
    verdict: str
    reason: str
    names: str


SPACE = "White space at the ends of lines does not count; it did when they were measured."
STATUS = "The process ends with another status than 0: `main` returns no value. Their output alone was measured."
MEMORY = "Memory is read before it is written, so that the result depends on how the program is compiled."
EXIT = "The program ends the process, with status 0, before the test has come to its end."

DEVIATIONS = (
    Deviation(
        "codegen16b",
        "compile",
        "The program ends in a decorator: without the test behind it, it does not compile.",
        "HumanEval/86/1 HumanEval/98/7 HumanEval/108/14",
    ),
    Deviation("mbxp-java", "run", EXIT, "MBJP/106"),
    Deviation(
        "mbxp-php",
        "run",
        EXIT,
        "MBPHP/14 MBPHP/86 MBPHP/416 MBPHP/450 MBPHP/496 MBPHP/592 MBPHP/752",
    ),
    Deviation("mbxp-cpp", "run", MEMORY, "MBCPP/150 MBCPP/340"),
    Deviation("mbxps-cpp", "run", MEMORY, "MBCPP/340"),
    Deviation(
        "mbxp-php",
        "compile",
        "The program leaves PHP with `?>`: a test behind it would be text, and printed instead of run.",
        "MBPHP/196 MBPHP/220 MBPHP/328 MBPHP/386 MBPHP/390 MBPHP/490 MBPHP/512 MBPHP/526 MBPHP/834 MBPHP/894 MBPHP/906",
    ),
    *(
        Deviation(
            group,
            "ok",
            "Lists inside of dictionaries are compared by what they hold, as CompareNetObjects does.",
            "MBCSP/174 MBCSP/662",
        )
        for group in ("mbxp-csharp", "mbxps-csharp")
    ),
    *(
        Deviation(group, "ok", "The declaration, which was measured, is malformed; the prompt is not.", "CPP/38")
        for group in ("humaneval-x-cpp", "pack-cpp-canonical_solution")
    ),
    Deviation(
        "pack-cpp-buggy_solution",
        "run",
        "The declaration, which was measured, is malformed; the prompt is not.",
        "CPP/38",
    ),
    Deviation("quix-py-correct", "ok", "The case that takes more than 20 seconds is left out.", "levenshtein"),
    Deviation("mbxps-cpp", "", "A function ends without the value that it must return: that may be any.", "MBCPP/762"),
    Deviation(
        "gfg-c",
        "ok",
        "The file prints nothing, so nothing was found in its output; it ends well.",
        "LARGEST_SUBARRAY_WITH_EQUAL_NUMBER_OF_0S_AND_1S",
    ),
    Deviation(
        "introclass",
        "12 of 16",
        SPACE,
        """
        smallest/769cd811312c/002
        """,
    ),
    Deviation(
        "introclass",
        "13 of 16",
        SPACE,
        """
        smallest/3b2376ab97bb/008 smallest/a0e3fdae706d/000 smallest/a0e3fdae706d/001 smallest/a0e3fdae706d/002
        smallest/a0e3fdae706d/003 smallest/a0e3fdae706d/004 smallest/a0e3fdae706d/005 smallest/a0e3fdae706d/006
        """,
    ),
    Deviation(
        "introclass",
        "14 of 16",
        SPACE,
        """
        smallest/88394fc00b70/001 smallest/88394fc00b70/002
        """,
    ),
    Deviation(
        "introclass",
        "14 of 18",
        SPACE,
        """
        grade/b1924d63a2e2/001 grade/b1924d63a2e2/002 grade/b1924d63a2e2/003 grade/cd2d9b5b5cff/006
        grade/cd2d9b5b5cff/007
        """,
    ),
    Deviation(
        "introclass",
        "16 of 16",
        SPACE,
        """
        smallest/d9e7eab5f823/002 smallest/d9e7eab5f823/014
        """,
    ),
    Deviation(
        "introclass",
        "16 of 18",
        SPACE,
        """
        grade/bfad6d21d636/000 grade/cd2d9b5b5cff/008
        """,
    ),
    Deviation(
        "introclass",
        "18 of 18",
        SPACE,
        """
        grade/295afd894281/014
        """,
    ),
    Deviation(
        "introclass",
        "6 of 18",
        SPACE,
        """
        grade/b1924d63a2e2/000
        """,
    ),
    Deviation(
        "introclass",
        "8 of 16",
        SPACE,
        """
        smallest/93f87bf20be1/000 smallest/93f87bf20be1/001
        """,
    ),
    Deviation(
        "introclass",
        "9 of 16",
        SPACE,
        """
        checksum/a0e3fdae706d/000 checksum/a0e3fdae706d/001 checksum/a0e3fdae706d/002 checksum/a0e3fdae706d/003
        checksum/a0e3fdae706d/004
        """,
    ),
    Deviation(
        "introclass",
        "0 of 16",
        STATUS,
        """
        smallest/346b1d3c1cdc/006 smallest/346b1d3c1cdc/007 smallest/346b1d3c1cdc/008 smallest/346b1d3c1cdc/009
        smallest/346b1d3c1cdc/010 smallest/346b1d3c1cdc/011
        """,
    ),
    Deviation(
        "introclass",
        "",
        MEMORY,
        """
        checksum/d43d32076778/001 smallest/1391c9b13276/002 smallest/1391c9b13276/003 smallest/1391c9b13276/004
        smallest/1391c9b13276/005 smallest/070455301c2e/002 smallest/75c98d3d90ca/000 smallest/8c7dfbb2b365/000
        smallest/8c7dfbb2b365/001 smallest/8c7dfbb2b365/002 smallest/8c7dfbb2b365/003 smallest/8c7dfbb2b365/004
        smallest/8c7dfbb2b365/005 smallest/8c7dfbb2b365/006 smallest/8c7dfbb2b365/007 smallest/8c7dfbb2b365/008
        smallest/8ce6345ea4e8/000 smallest/8ce6345ea4e8/001 smallest/98d873cde394/000 smallest/98d873cde394/001
        smallest/98d873cde394/002 smallest/fe9d5fb933c7/001
        """,
    ),
)

LIMITS = {
    "codegen16b": Limits(time=5.0, processor_time=5.0),  # as when they were measured; all others had 10 seconds
    "pack-cpp-buggy_solution": Limits(time=40.0, processor_time=40.0),  # CPP/76 counts to 2**31 before it fails
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
        LIMITS.get(group, Limits(processor_time=10.0)),
    )
    found = {
        answer.id: verdict_of(answer, grade)
        for answer, grade in zip(answers, grades, strict=True)
        if verdict_of(answer, grade) != answer.verdict
    }
    known = {name: entry.verdict for entry in DEVIATIONS if entry.group == group for name in entry.names.split()}
    found |= {name: "" for name, verdict in known.items() if not verdict}
    print(f"\n{group}: {len(answers)} answers, {len(answers) - len(found)} as measured, {len(known)} known to differ")
    for answer, grade in zip(answers, grades, strict=True):
        if found.get(answer.id) != known.get(answer.id):
            print(f"  {answer.id}: {answer.verdict} was measured, {verdict_of(answer, grade)} was found; {grade}")
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
    "grade": r"(?is)student has (an \w grade|failed).*",
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
        result = judge.run("java", java[line])
        # The texts differ in their white space, on purpose of those who wrote them or by the loss of some tokens.
        return "same" if result.ok and result.stdout.split() == printed.stdout.split() else str(result)

    same = [check["line"] for check in checks if check["same_stdout"]]
    with ThreadPoolExecutor(judge.workers) as threads:
        statuses = dict(zip(same, threads.map(status, same), strict=True))
    others = {line: found for line, found in statuses.items() if found != "same"}
    print(f"\nxlcost-java-cpp: {len(same)} pairs, {len(same) - len(others)} print the same")
    assert others == {}
