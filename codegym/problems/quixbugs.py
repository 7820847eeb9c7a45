"""QuixBugs (Lin et al. 2017, SPLASH Companion): classic algorithms in Python and Java, each with a bug in one line."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from codegym.problems.base import Card, InMemoryProblems, check_language, check_split
from codegym.problems.records import BadRecord, Origin, Record, collect
from codegym.types import HarnessTest, Problem

CARD: Final = Card(
    name="quixbugs",
    description=(
        "40 classic algorithms in Python and Java, each with a bug in one line. Cases that take the right program more "
        "than 20 seconds in Python, and those that the Java tests ignore, are left out of the tests."
    ),
    licence="MIT",
    version="1",
    origin="https://github.com/jkoppel/QuixBugs",
    splits="test only: it is made for evaluation",
    fields=(
        "name, python_programs (broken; the text at its end is the statement), correct_python_programs, "
        "java_programs (broken), correct_java_programs, json_testcases or python_testcases, java_testcases_junit; "
        "support files: path, text"
    ),
)
ORIGIN: Final = Origin("quixbugs", "quixbugs.jsonl*")
SUPPORT: Final = Origin("quixbugs", "support_files.jsonl*")

SLOW_CASES: Final[Mapping[str, int]] = {"knapsack": 10, "levenshtein": 4}
"""Programs with one case, counted from 1, that takes the right program more than 20 seconds in Python."""

_CASES: Final = """
import json

def plain(value):
    if isinstance(value, (list, tuple)) or hasattr(value, "__next__"):
        return [plain(part) for part in value]
    return value

for line in {cases!r}.splitlines():
    arguments, expected = json.loads(line)
    arguments = arguments if isinstance(arguments, list) else [arguments]
    found = plain({name}(*arguments))
    if isinstance(expected, float):
        assert abs(found - expected) <= 0.01
    else:
        assert found == expected
"""

_JUNIT: Final = """
    static void assertEquals(long expected, long found) {
        if (expected != found) throw new AssertionError(found);
    }

    static void assertEquals(Object expected, Object found) {
        if (!java.util.Objects.equals(expected, found)) throw new AssertionError(found);
    }

    static void assertEquals(double expected, double found, double delta) {
        if (!(Math.abs(expected - found) <= delta)) throw new AssertionError(found);
    }
"""
"""What the tests use of JUnit."""


def quixbugs(
    path: str | Path | None = None,
    language: str = "python",
    split: str = "test",
    *,
    strict: bool = False,
    verify: bool = True,
) -> InMemoryProblems:
    """Returns QuixBugs' programs in one language.

    Args:
        path: The folder of the records; None: the usual place.
        language: `"python"` or `"java"`.
        split: `"test"`.
        strict: Whether a bad record is an error.
        verify: Whether each reference must compile and pass its own tests.

    Raises:
        DataError: The data is missing or broken, or the split is empty.
        UnknownNameError: There is no such language or split in it.
    """
    name = check_language(CARD, language, ("java", "python"))
    wanted = check_split(split, CARD, ("test",))
    support = {Path(record.text("path")).name: record.text("text") for record in SUPPORT.read(path)}

    def convert(record: Record) -> Problem:
        return _java(record, support) if name == "java" else _python(record, support)

    return collect(CARD, wanted, ORIGIN.read(path), convert, strict=strict, verify=verify)


def _python(record: Record, support: Mapping[str, str]) -> Problem:
    name = record.text("name")
    broken, statement = _without_statement(record.text("python_programs"))
    reference = record.text("correct_python_programs").strip("\n") + "\n"
    if record.values.get("json_testcases"):
        code = _cases(record.text("json_testcases"), name)
    else:
        code = _python_test(record)
        if re.search(r"\bNode\b", code):  # what the test makes nodes of must be the program's to walk over
            node = "\n\n" + _support(support, "node.py")
            reference, broken = reference + node, broken + node
    return Problem(
        id=f"quixbugs://python/{name}",
        language="python",
        reference=reference,
        tests=(HarnessTest(code, name),),
        attributes={"entry_point": name},
        statement=statement,
        broken=broken,
    )


def _without_statement(program: str) -> tuple[str, str]:
    """Returns a program without the text at its end, and that text."""
    match = re.search(r'\n"""\n?(.*?)\s*"""\s*$', program, re.DOTALL)
    return (program[: match.start()].strip("\n") + "\n", match[1]) if match else (program, "")


def _cases(lines: str, name: str) -> str:
    cases = [line for line in lines.splitlines() if line.strip()]
    try:
        if not all(len(json.loads(case)) == 2 for case in cases):
            raise BadRecord("field 'json_testcases' holds no pairs")
    except (TypeError, ValueError) as error:
        raise BadRecord("field 'json_testcases' holds no JSON lines") from error
    slow = SLOW_CASES.get(name)
    return _CASES.format(name=name, cases="\n".join(case for n, case in enumerate(cases, start=1) if n != slow))


def _python_test(record: Record) -> str:
    """Returns a test of a program on graphs: the functions that pytest would call, called."""
    text = re.sub(r"^if pytest\.use_correct:.*?(?=^\S(?!lse))", "", record.text("python_testcases"), flags=re.M | re.S)
    text = re.sub(r"^(?:import pytest|from node import Node)$", "", text, flags=re.MULTILINE)
    calls = [f"{name}()" for name in re.findall(r"^def (test\w*)\(\)", text, re.MULTILINE)]
    return "\n" + "\n".join([text, *calls]) + "\n"


def _java(record: Record, support: Mapping[str, str]) -> Problem:
    name = record.text("name")
    programs = {
        field: _java_program(record.text(field), support) for field in ("correct_java_programs", "java_programs")
    }
    return Problem(
        id=f"quixbugs://java/{name}",
        language="java",
        reference=programs["correct_java_programs"],
        tests=(HarnessTest(_java_test(record, support), name),),
        attributes={"entry_point": name},
        statement=_without_statement(record.text("python_programs"))[1],
        broken=programs["java_programs"],
    )


def _java_program(text: str, support: Mapping[str, str]) -> str:
    """Returns a program in the unnamed package, together with the classes of graphs that it uses."""
    whole = "import java.util.*;\n" + _unpacked(text, keep_imports=True)
    for name in ("WeightedEdge", "Node"):
        if re.search(rf"\b{name}\b", whole):
            whole += "\n" + _unpacked(_support(support, f"{name}.java")).strip() + "\n"
    return whole


def _java_test(record: Record, support: Mapping[str, str]) -> str:
    """Returns a test that does what JUnit would do with the data's own."""
    text = _unpacked(record.text("java_testcases_junit")).replace("org.junit.Assert.", "")
    called: list[str] = []
    for marks, method in re.findall(r"((?:^[ \t]*@.*\n)+)\s*public void (\w+)\(\)", text, re.MULTILINE):
        if "Test" in marks and "Ignore" not in marks:
            called.append(method)
    text = re.sub(r"^[ \t]*@(?:org\.junit\.)?(?:Test|Ignore)\b.*$", "", text, flags=re.MULTILINE)
    start = re.search(r"\bclass (\w+) *\{", text)
    if start is None or not called:
        raise BadRecord("field 'java_testcases_junit' holds no test")
    calls = "".join(f"        tests.{method}();\n" for method in called)
    main = (
        f"\n    public static void main(String[] arguments) throws Exception {{\n"
        f"        {start[1]} tests = new {start[1]}();\n{calls}    }}\n"
    )
    return "\n".join(
        [
            text[: start.end()] + main + _JUNIT + text[start.end() :],
            _unpacked(_support(support, "QuixFixOracleHelper.java")),
        ]
    )


def _unpacked(text: str, *, keep_imports: bool = False) -> str:
    """Returns Java code for the unnamed package, in which one file may hold several of its classes."""
    lost = r"^package .*$|^import (?:static )?(?:java_programs|org\.junit)\..*$"
    text = re.sub(lost if keep_imports else rf"{lost}|^import .*$", "", text, flags=re.MULTILINE)
    text = re.sub(r"\b(?:correct_)?java_programs\.|\bjava_testcases\.junit\.", "", text)
    return text if keep_imports else re.sub(r"^public class\b", "class", text, flags=re.MULTILINE)


def _support(support: Mapping[str, str], name: str) -> str:
    if name not in support:
        raise BadRecord(f"no support file {name!r}")
    return support[name]
