"""Programs that attack the tests which are appended to them: none passes, and honest programs do.

The programs are in `harness/<language>.txt`, each under a line that names it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from codegym import languages
from codegym.judge import Judge
from codegym.types import Grade, HarnessTest, Limits

FOLDER = Path(__file__).with_name("harness")
LIMITS = Limits(time=2.0)


def programs(language: str) -> dict[str, str]:
    """Returns what a file holds, by name."""
    sections = (FOLDER / f"{language}.txt").read_text("utf-8").removesuffix("\n").split("===== ")[1:]
    found = {}
    for section in sections:
        name, _, text = section.partition("\n")
        found[name] = text.removesuffix("\n") if section is not sections[-1] else text
    return found


PROGRAMS = {file.stem: programs(file.stem) for file in sorted(FOLDER.glob("*.txt"))}


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Judge(workers=1, time_limit=60.0) as judge:
        yield judge


def grade(judge: Judge, language: str, program: str) -> Grade:
    toolchain = languages.get(language).toolchain
    if toolchain.version() is None:
        pytest.skip(f"no compiler: {toolchain.install}")
    return judge.grade(language, program, [HarnessTest(PROGRAMS[language]["test"])], LIMITS)


def cases(kind: str) -> list[object]:
    return [
        pytest.param(language, program, id=f"{language} {name}")
        for language, found in PROGRAMS.items()
        for name, program in found.items()
        if name.startswith(kind)
    ]


@pytest.mark.parametrize(("language", "program"), cases("honest"))
def test_harness__honest_programs_pass(judge: Judge, language: str, program: str) -> None:
    graded = grade(judge, language, program)
    assert graded.status == "passed", graded


@pytest.mark.parametrize(("language", "program"), cases("wrong"))
def test_harness__wrong_programs_are_wrong_answers(judge: Judge, language: str, program: str) -> None:
    assert grade(judge, language, program).outcomes == ("wrong_answer",)


@pytest.mark.parametrize(("language", "program"), cases("attack"))
def test_harness__no_attack_passes(judge: Judge, language: str, program: str) -> None:
    assert grade(judge, language, program).status != "passed"


@pytest.mark.parametrize("language", [language for language in PROGRAMS if language != "python"])
def test_harness__what_is_refused_must_be_a_program(judge: Judge, language: str) -> None:
    # A compile error costs more than a wrong answer: who tampers and does not compile is not better off.
    test = HarnessTest(PROGRAMS[language]["test"])
    toolchain = languages.get(language).toolchain
    attacks = [f"{program}\n\n" for name, program in PROGRAMS[language].items() if name.startswith("attack")]
    refused = [program for program in attacks if toolchain.harnessed(program.encode(), test, "marker").tampering]
    assert refused
    for program in refused[:5]:
        graded = grade(judge, language, f"{program}((( this is no program\n")
        assert (graded.status, graded.compiled) == ("compile_error", False), program
    assert "failed" in {grade(judge, language, program).status for program in refused[:5]}
