"""Real programs with what is known about them: answers to benchmark problems, their tests, and the verdicts measured.

The data sets lie in the folder that `$CODEGYM_DATA` names, by default in `../shared/data` beside the repository; the
README of each says how its programs are put together. `solutions` reads one data set with tests, `load` mixes whole
programs of all data sets, `mutants` damages programs, and `cold_verdict` asks the compiler as a person would.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import random
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path
from typing import Any

from codegym import languages, problems
from codegym.languages.csharp import toolchain as csharp
from codegym.languages.php import toolchain as php
from codegym.problems import InMemoryProblems, mbxp, mceval, mxeval, transcoder_gfg
from codegym.problems.detokenise import detokenise
from codegym.problems.records import Record
from codegym.types import HarnessTest, Problem, TestCase, UnitTest

Row = dict[str, Any]

TITLES = {"c": "C", "cpp": "C++", "csharp": "C#", "java": "Java", "php": "PHP", "python": "Python"}
"""What data sets call the languages."""

CODEGEN_TIME = 5.0
"""Seconds that the samples of CodeGen-16B were given; all other programs had 10."""


@dataclass(frozen=True, slots=True)
class Solution:
    """One answer to one problem.

    Attributes:
        group: The data set, the language and the kind of answer: what its list of verdicts calls `what`.
        id: The answer within its group.
        language: Name of its language.
        program: The answer, whole but for what the test brings.
        tests: The test.
        verdict: What was measured: `ok`, `compile`, `run`, `timeout` or `mismatch`.
    """

    group: str
    id: str
    language: str
    program: str
    tests: tuple[UnitTest, ...]
    verdict: str

    @property
    def text(self) -> str:
        """The whole program, as a compiler without a harness wants it."""
        return self.program + "".join(test.code for test in self.tests if isinstance(test, HarnessTest))


def data_folder() -> Path:
    """Returns the folder of the data sets, which need not exist."""
    beside = Path(__file__).resolve().parents[1].parent / "shared" / "data"
    return Path(os.environ.get("CODEGYM_DATA", beside))


def rows(file: str) -> list[Row]:
    """Returns the records of a file in the data folder."""
    with gzip.open(data_folder() / file, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def solutions(data_set: str) -> list[Solution]:
    """Returns all answers of a data set, `"mbxp"`, whose verdicts are known.

    Raises:
        FileNotFoundError: The data set is not there.
    """
    return list(READERS[data_set]())


def _verdicts(data_set: str) -> dict[tuple[str, str], str]:
    checks = rows(f"{data_set}/checks.jsonl.gz")
    return {(check["what"], str(check["id"])): check["verdict"] for check in checks}


Candidate = tuple[str, str, str, str, tuple[UnitTest, ...]]
"""Group, id, language, program and tests of a `Solution`."""


def _checked(data_set: str, candidates: Iterable[Candidate]) -> Iterator[Solution]:
    """Yields those candidates that have a verdict."""
    verdicts = _verdicts(data_set)
    for group, identifier, language, program, tests in candidates:
        if verdict := verdicts.get((group, identifier)):
            yield Solution(group, identifier, language, program, tests, verdict)


def _problems(name: str, language: str, split: str = "test") -> Sequence[Problem]:
    """Returns the problems of a data set in the data folder, whether or not their references are right."""
    folder = data_folder() / name.replace("_", "-")
    found = problems.load(name, language=language, split=split, path=folder, verify=False)
    assert isinstance(found, InMemoryProblems)
    return found.problems


def _name(problem: Problem) -> str:
    """Returns what the data set itself calls a problem."""
    return problem.id.partition("://")[2]


def _references(group: str, of: Iterable[Problem]) -> Iterator[Candidate]:
    """Yields the references of problems."""
    for problem in of:
        yield group, _name(problem), problem.language, problem.reference, problem.tests


def _humaneval() -> Iterator[Solution]:
    return _checked("humaneval", _references("humaneval", _problems("humaneval", "python")))


def _codegen() -> Iterator[Solution]:
    folder = "humaneval-codegen16b-samples"
    tests = {_name(problem): problem.tests for problem in _problems("humaneval", "python")}
    names = [row["task_id"] for row in rows(f"{folder}/row_task_ids.jsonl.gz")]
    samples = rows(f"{folder}/HumanEval_codegen16B_temp0.8_topp0.95_num100_max300_code_solution.jsonl.gz")
    answers = dict(zip(names, samples, strict=True))
    for check in rows(f"{folder}/checks.jsonl.gz"):
        name, number = check["task_id"], check["sample"]
        program = answers[name]["prompt"] + answers[name]["samples"][number]
        yield Solution("codegen16b", f"{name}/{number}", "python", program, tests[name], check["verdict"])


def _humaneval_x() -> Iterator[Solution]:
    return _checked(
        "humaneval-x",
        (
            candidate
            for language in ("cpp", "java", "python")
            for candidate in _references(f"humaneval-x-{language}", _problems("humaneval_x", language))
        ),
    )


def _humaneval_c() -> Iterator[Solution]:
    return _checked("humaneval-c", _references("decompile-c", _problems("humaneval_c", "c")))


def _humanevalpack() -> Iterator[Solution]:
    def candidates() -> Iterator[Candidate]:
        for language in ("cpp", "java", "python"):
            for problem in _problems("humanevalpack", language):
                for kind, program in (("canonical", problem.reference), ("buggy", problem.broken)):
                    yield f"pack-{language}-{kind}_solution", _name(problem), language, program, problem.tests

    return _checked("humanevalpack", candidates())


def _mbpp() -> Iterator[Solution]:
    splits = ("train", "validation", "test")
    return _checked(
        "mbpp", _references("mbpp", (problem for split in splits for problem in _problems("mbpp", "python", split)))
    )


MBXP = tuple(mbxp.RELEASES)

RETURN_TRUE = "    return true;\n}"
"""A body that passes most of MBXP's PHP tests, because they compare loosely."""


def _prompts(file: str) -> Iterator[Problem]:
    """Yields the problems of a file in the format of MBXP, whether or not they have a reference."""
    for row in rows(file):
        yield mxeval.problem_of(Record(row, file), "mxeval", needs_reference=False)


def _mbxp() -> Iterator[Solution]:
    def candidates() -> Iterator[Candidate]:
        for language, release in mbxp.RELEASES.items():
            completions = {
                row["task_id"]: row["completion"] for row in rows(f"mbxp/examples_{release}_samples.jsonl.gz")
            }
            version = "v1" if language == "python" else "v1.2"
            for problem in _prompts(f"mbxp/{release}_release_{version}.jsonl.gz"):
                name, tests = _name(problem), problem.tests
                if problem.attributes["reference"]:
                    yield f"mbxp-{language}", name, language, problem.reference, tests
                if name in completions:
                    yield f"mbxps-{language}", name, language, problem.prefix + completions[name], tests
                if language == "php":
                    yield "mbphp-return-true", name, language, problem.prefix + RETURN_TRUE, tests

    return _checked("mbxp", candidates())


MCEVAL = tuple(mceval.TITLES.values())


def _mceval() -> Iterator[Solution]:
    def candidates() -> Iterator[Candidate]:
        for language, title in mceval.TITLES.items():
            for problem in _problems("mceval", language):
                name = f"{title}/{problem.id.rpartition('/')[2]}"
                yield f"mceval-{title}", name, language, problem.reference, problem.tests

    return _checked("mceval", candidates())


def _multilingual_humaneval() -> Iterator[Solution]:
    for problem in _problems("multilingual_humaneval", "python"):
        yield Solution("multilingual-python", _name(problem), "python", problem.reference, problem.tests, "ok")
    yield from _checked(
        "multilingual-humaneval",
        (
            ("hephp-return-true", _name(problem), "php", problem.prefix + RETURN_TRUE, problem.tests)
            for problem in _problems("multilingual_humaneval", "php")
        ),
    )


def _quixbugs() -> Iterator[Solution]:
    def candidates() -> Iterator[Candidate]:
        for problem in _problems("quixbugs", "python"):
            name = problem.id.rpartition("/")[2]
            yield "quix-py-correct", name, "python", problem.reference, problem.tests
            yield "quix-py-buggy", name, "python", problem.broken, problem.tests

    return _checked("quixbugs", candidates())


def _transcoder() -> Iterator[Solution]:
    def candidates() -> Iterator[Candidate]:
        for row in rows("transcoder-gfg/transcoder_gfg.jsonl.gz"):
            for language in transcoder_gfg.HOLES:
                if row.get(language):
                    program, test = _with_gold(row[language], language)
                    yield f"gfg-{language}", row["name"], language, program, (HarnessTest(test, "f_filled"),)

    for solution in _checked("transcoder-gfg", candidates()):
        if (solution.group, solution.verdict) == ("gfg-c", "compile"):  # C++ was left in, in the test, too
            yield replace(solution, program=solution.text, tests=())
        else:
            yield solution


def _with_gold(text: str, language: str) -> tuple[str, str]:
    """Returns a program and a test: TransCoder's own function, tested against itself."""
    text = text.replace("import javafx.util.Pair;\n", "")  # no part of a JDK, and not used
    text = re.sub(*transcoder_gfg.RESULTS[language], text)  # in C, the number of calls is always 2: see there
    gold = re.search(r"^.*\bf_gold\s*\(", text, re.MULTILINE)
    hole = re.search(transcoder_gfg.HOLES[language], text, re.MULTILINE)
    if gold is None or hole is None:
        raise ValueError(f"A file of TransCoder's is not as it should be: {text[:1_000]}")
    head, function, rest = text[: gold.start()], text[gold.start() : hole.start()], text[hole.end() :]
    filled = re.sub(r"\bf_gold\b", "f_filled", function)
    if language == "python":
        return head + filled, f"\n{head}{function}{rest}"
    header = "#include <assert.h>\n" if language in ("c", "cpp") else ""
    return head + function + filled, header + rest


def _introclass() -> Iterator[Solution]:
    problems = {row["program"]: row for row in rows("introclass/problems.jsonl.gz")}
    for name, problem in problems.items():
        yield Solution("introclass", f"{name}/reference", "c", problem["reference"], _introclass_tests(problem), "ok")
    measured = {_introclass_id(row): row for row in rows("introclass/checks.jsonl.gz")}
    for row in rows("introclass/submissions.jsonl.gz"):
        check = measured[_introclass_id(row)]
        tests = _introclass_tests(problems[row["program"]])
        verdict = f"{check['exact_pass']} of {check['tests']}" if check["compile"] else "compile"
        yield Solution("introclass", _introclass_id(row), "c", row["source"], tests, verdict)


def _introclass_id(row: Row) -> str:
    return f"{row['program']}/{row['repo'][:12]}/{row['revision']}"


def _introclass_tests(problem: Row) -> tuple[UnitTest, ...]:
    return tuple(TestCase(test["in"], test["out"]) for kind in problem["tests"].values() for test in kind)


READERS: dict[str, Callable[[], Iterator[Solution]]] = {
    "humaneval": _humaneval,
    "humaneval-codegen16b-samples": _codegen,
    "humaneval-x": _humaneval_x,
    "humaneval-c": _humaneval_c,
    "humanevalpack": _humanevalpack,
    "mbpp": _mbpp,
    "mbxp": _mbxp,
    "mceval": _mceval,
    "multilingual-humaneval": _multilingual_humaneval,
    "quixbugs": _quixbugs,
    "transcoder-gfg": _transcoder,
    "introclass": _introclass,
}
"""The data sets with tests."""


def load(language: str, limit: int | None = None) -> list[str]:
    """Returns whole programs of a language, all different, the first of each source first, and so on.

    Within a source the order is that of a digest, so the first few are as good a sample as any others.

    Raises:
        FileNotFoundError: A data set is not there.
    """
    sources: dict[str, list[str]] = {}
    for data_set in READERS:
        for solution in solutions(data_set):
            if solution.language == language:
                sources.setdefault(solution.group, []).append(solution.text)
    sources["xlcost-7lang"] = [
        detokenise(row[TITLES[language]], language)
        for row in rows("xlcost-7lang/all_languages_aligned.jsonl.gz")
        if row.get(TITLES[language])
    ]
    if language in ("java", "cpp"):
        sources["xlcost-java-cpp"] = xlcost(language)
    if language == "csharp":
        with gzip.open(data_folder() / "codexglue-java-cs/valid.java-cs.txt.cs.gz", "rt", encoding="utf-8") as lines:
            sources["codexglue-java-cs"] = [
                f"using System;\n\npublic class Wrapper\n{{\n    {line}}}\n" for line in lines
            ]
        sources["multilingual-csharp"] = [
            f"{problem.prefix}            throw new NotImplementedException();\n        }}\n{test.code}"
            for problem in _problems("multilingual_humaneval", "csharp")
            for test in problem.tests
            if isinstance(test, HarnessTest)
        ]
    ordered = [sorted(set(programs), key=_digest) for programs in sources.values()]
    mixed = dict.fromkeys(program for turn in zip_longest(*ordered) for program in turn if program is not None)
    return list(mixed)[:limit]


def xlcost(language: str) -> list[str]:
    """Returns the programs of XLCoST's validation file, laid out, in the order of its lines; many do not compile.

    Raises:
        FileNotFoundError: The data set is not there.
    """
    file = data_folder() / f"xlcost-java-cpp/val-Java-C++-tok.{language}.txt.gz"
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        return [detokenise(line, language) for line in lines]


def _digest(program: str) -> bytes:
    return hashlib.sha256(program.encode("utf-8", "surrogatepass")).digest()


TOKEN = re.compile(r"[^\W\d]\w*|\d[\w.]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|[^\w\s]")
IDENTIFIER = re.compile(r"[^\W\d]\w*")


def mutants(programs: Sequence[str], count: int, seed: int) -> list[str]:
    """Returns programs with one small damage each; half of them or so still compile.

    The same arguments give the same programs, in every process.
    """
    source = random.Random(seed)
    found: dict[str, None] = {}
    attempts = 0
    while len(found) < count and attempts < 20 * count:
        program = programs[attempts % len(programs)]
        attempts += 1
        mutant = source.choice(MUTATIONS)(program, source)
        if mutant != program:
            found.setdefault(mutant)
    return list(found)


Mutation = Callable[[str, random.Random], str]


def _spans(program: str, pattern: re.Pattern[str] = TOKEN) -> list[tuple[int, int]]:
    return [match.span() for match in pattern.finditer(program)] or [(0, 0)]


def delete_token(program: str, source: random.Random) -> str:
    """Leaves out a token."""
    start, end = source.choice(_spans(program))
    return program[:start] + program[end:]


def duplicate_token(program: str, source: random.Random) -> str:
    """Writes a token twice."""
    start, end = source.choice(_spans(program))
    return f"{program[:end]} {program[start:end]}{program[end:]}"


def swap_tokens(program: str, source: random.Random) -> str:
    """Swaps a token with the next one."""
    spans = _spans(program)
    place = source.randrange(len(spans))
    (start, end), (next_start, next_end) = spans[place - 1], spans[place]
    if place == 0:
        return program
    return (
        program[:start]
        + program[next_start:next_end]
        + program[end:next_start]
        + program[start:end]
        + program[next_end:]
    )


def rename_identifier(program: str, source: random.Random) -> str:
    """Gives one mention of a name another name."""
    _, end = source.choice(_spans(program, IDENTIFIER))
    return program[:end] + "Q" + program[end:]


def confuse_identifiers(program: str, source: random.Random) -> str:
    """Writes one name of the program where another one stands."""
    spans = _spans(program, IDENTIFIER)
    (start, end), (other_start, other_end) = source.choice(spans), source.choice(spans)
    return program[:start] + program[other_start:other_end] + program[end:]


def delete_line(program: str, source: random.Random) -> str:
    """Leaves out a line."""
    lines = program.splitlines(keepends=True) or [""]
    del lines[source.randrange(len(lines))]
    return "".join(lines)


def unbalance(program: str, source: random.Random) -> str:
    """Adds a bracket, or leaves one out."""
    start, end = source.choice(_spans(program, re.compile(r"[\[\](){}]")))
    return program[:start] + source.choice(["", program[start:end] * 2]) + program[end:]


MUTATIONS: tuple[Mutation, ...] = (
    delete_token,
    duplicate_token,
    swap_tokens,
    rename_identifier,
    confuse_identifiers,
    delete_line,
    unbalance,
)

COLD_TIME = 60.0
"""Seconds that a cold compiler may take."""


def cold_command(language: str, file: Path, output: Path) -> list[str]:
    """Returns the command by which a person would compile a file.

    Args:
        language: The program's language.
        file: The file that holds the program.
        output: What is built, or the folder of what is built.
    """
    toolchain: Any = languages.get(language).toolchain
    match language:
        case "python":
            return [sys.executable, "-m", "py_compile", str(file)]
        case "java":
            return [toolchain.program, "-encoding", "UTF-8", "-d", str(output.parent), str(file)]
        case "c" | "cpp":
            return [toolchain.program, toolchain.standard, str(file), "-o", str(output), *toolchain.libraries]
        case "csharp":
            return [toolchain.program, str(file), f"-out:{output}", *csharp.OPTIONS]
        case "php":
            worker = toolchain.compile_worker().arguments  # what stands behind the script is what programs get
            return [toolchain.program, "-n", *worker[worker.index(str(php.COMPILE_WORKER)) + 1 :], "-l", str(file)]
    raise ValueError(f"{language} has no command here.")


def cold_verdict(language: str, program: str) -> bool:
    """Returns whether the compiler accepts a program, asked in a folder of its own; False where it takes too long."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, file_name(language, program))
        file.write_bytes(program.encode("utf-8", "surrogatepass"))
        try:
            ended = subprocess.run(
                cold_command(language, file, Path(folder, "program.out")),
                cwd=folder,
                env={**os.environ, "LC_ALL": "C.UTF-8"},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
                timeout=COLD_TIME,
            )
        except subprocess.TimeoutExpired:
            return False
    return ended.returncode == 0


def file_name(language: str, program: str) -> str:
    """Returns the name of the file for a program: in Java, that of its public class."""
    if language == "java":
        return f"{_public_class(program) or 'Main'}.java"
    return f"program{languages.get(language).suffix}"


JAVA_TOKEN = re.compile(
    r'//[^\n]*|/\*[\s\S]*?\*/|"""[\s\S]*?"""|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|[^\W\d][\w$]*|[{}();]'
)


def _public_class(program: str) -> str:
    """Returns the name of the first public class outside of others, or nothing."""
    depth, is_public, is_named_next = 0, False, False
    for token in (match[0] for match in JAVA_TOKEN.finditer(program)):
        if is_named_next and IDENTIFIER.match(token):
            return token
        is_named_next = False
        if token in "{}":
            depth, is_public = depth + (1 if token == "{" else -1), False
        elif depth == 0 and token in ("class", "interface", "enum", "record"):
            is_named_next, is_public = is_public, False
        elif depth == 0 and token == "public":
            is_public = True
        elif token == ";":
            is_public = False
    return ""
