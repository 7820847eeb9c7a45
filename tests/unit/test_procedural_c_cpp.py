"""C and C++ programs of every family compile without errors and print what the oracle prints."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from codegym import languages
from codegym.problems.procedural import family_names, procedural
from codegym.problems.procedural.interpreter import run
from codegym.problems.procedural.notation import parse
from codegym.types import Problem, TestCase

needs_gcc = pytest.mark.skipif(shutil.which("gcc") is None, reason="there is no gcc on the PATH")
needs_gxx = pytest.mark.skipif(shutil.which("g++") is None, reason="there is no g++ on the PATH")

# One process runs every C++ program on every input, each in a namespace of its own.
DRIVER = """
#include <fstream>
#include <string>
#include <vector>

int main(int, char** arguments) {
    std::ios::sync_with_stdio(false);  // gives the streams new buffers, the first time that it is called
    std::vector<void (*)()> programs = {PROGRAMS};
    std::ifstream runs(arguments[1]);
    std::size_t number;
    for (std::string path; runs >> number >> path;) {
        std::ifstream input(path);
        std::ofstream output(path + ".out");
        std::cin.clear();
        std::cin.rdbuf(input.rdbuf());
        std::cout.rdbuf(output.rdbuf());
        programs[number]();
    }
    std::cin.rdbuf(nullptr);
    std::cout.rdbuf(nullptr);
}
"""


def cases_of(problem: Problem) -> list[TestCase]:
    return [test for test in problem.tests if isinstance(test, TestCase)]


def compile_with(*command: str) -> None:
    compiled = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    assert compiled.returncode == 0, f"{' '.join(command)}\n{compiled.stderr[-4000:]}"


def check_c(problems: list[Problem], folder: Path, *options: str) -> None:
    source, program = folder / "program.c", folder / "program"
    for problem in problems:
        source.write_text(problem.reference)
        compile_with("gcc", "-std=gnu17", "-Wall", *options, "-o", str(program), str(source))
        for test in cases_of(problem):
            ran = subprocess.run([program], input=test.stdin, capture_output=True, text=True, check=False, timeout=60)
            got = (ran.returncode, ran.stdout, ran.stderr)
            assert got == (0, test.stdout, ""), f"{problem.id}\n{problem.reference}\n{test.stdin!r}"


def in_namespace(reference: str, number: int) -> tuple[list[str], str]:
    """Returns a program's includes, and the rest of it in a namespace, its main part as a function `run`."""
    lines = reference.splitlines()
    includes = [line for line in lines if line.startswith("#include")]
    rest = "\n".join(line for line in lines if not line.startswith("#include"))
    main = re.search(r"^int main\(\)(.*?)^\}", rest, re.MULTILINE | re.DOTALL)
    assert main is not None
    body = f"void run(){main[1].replace('return 0;', 'return;')}}}"
    return includes, f"namespace p{number} {{\n{rest[: main.start()]}{body}{rest[main.end() :]}\n}}\n"


def check_cpp(problems: list[Problem], folder: Path) -> None:
    includes, parts, runs, expected = {"#include <iostream>"}, [], [], {}
    for number, problem in enumerate(problems):
        included, text = in_namespace(problem.reference, number)
        includes.update(included)
        parts.append(text)
        for case, test in enumerate(cases_of(problem)):
            stdin = folder / f"{number}.{case}.in"
            stdin.write_text(test.stdin)
            runs.append(f"{number} {stdin}")
            expected[Path(f"{stdin}.out")] = (problem, test)
    programs = ", ".join(f"p{number}::run" for number in range(len(problems)))
    source = folder / "programs.cpp"
    source.write_text("\n".join([*sorted(includes), *parts, DRIVER.replace("PROGRAMS", programs)]))
    (folder / "runs").write_text("\n".join(runs))
    compile_with("g++", "-std=gnu++17", "-Wall", "-o", str(folder / "programs"), str(source))
    subprocess.run([folder / "programs", folder / "runs"], check=True, timeout=300)
    for path, (problem, test) in expected.items():
        assert path.read_text() == test.stdout, f"{problem.id}\n{problem.reference}\n{test.stdin!r}"


@needs_gcc
def test_c__prints_what_the_oracle_prints(tmp_path: Path) -> None:
    check_c([procedural(("c",), families=[name], seed=11)[0] for name in family_names()], tmp_path)


@needs_gxx
def test_cpp__prints_what_the_oracle_prints(tmp_path: Path) -> None:
    check_cpp([procedural(("cpp",), families=[name], seed=11)[0] for name in family_names()], tmp_path)


@needs_gxx
def test_cpp__compiles_on_its_own(tmp_path: Path) -> None:
    """Outside of the batch every program has the headers that it needs."""
    for name in ("word-count", "stack-machine", "parse-number"):
        source = tmp_path / f"{name}.cpp"
        source.write_text(procedural(("cpp",), families=[name], seed=5)[0].reference)
        compile_with("g++", "-std=gnu++17", "-Wall", "-fsyntax-only", str(source))


@needs_gcc
@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_c__prints_what_the_oracle_prints_for_many_programs(tmp_path: Path, seed: int) -> None:
    problems = procedural(("c",), seed=seed)
    check_c([problems[index] for index in range(150)], tmp_path)


@needs_gcc
@pytest.mark.slow
def test_c__stays_within_its_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No index is out of bounds, nothing is used after it was freed, no integer overflows."""
    monkeypatch.setenv("ASAN_OPTIONS", "detect_leaks=0")
    problems = [procedural(("c",), families=[name], seed=12)[0] for name in family_names()]
    check_c(problems, tmp_path, "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined")


@needs_gxx
@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_cpp__prints_what_the_oracle_prints_for_many_programs(tmp_path: Path, seed: int) -> None:
    problems = procedural(("cpp",), seed=seed)
    check_cpp([problems[index] for index in range(150)], tmp_path)


# C and C++ evaluate arguments and operands in any order; here the order matters everywhere.
INTERFERING = """
def shrink(xs: array[int]) -> int:
    total = 0
    for i in range(len(xs)):
        xs[i] -= 1
        total += xs[i]
    return total

n = read_int(1, 9)
xs = read_array(n, 1, 9)
print(shrink(xs), shrink(xs), xs[0])
y = xs[0] * 100 + shrink(xs) - xs[0]
print(y, max(shrink(xs), xs[0]))
if y > 1000:
    print("a")
elif shrink(xs) - xs[0] > 3:
    print("b", shrink(xs))
else:
    print("c")
print(f"{shrink(xs)} {xs[0]}", shrink(xs))
"""


@needs_gcc
@needs_gxx
@pytest.mark.parametrize("seed", range(2))
def test_calls__that_change_what_others_look_at__happen_in_order(tmp_path: Path, seed: int) -> None:
    program = replace(parse(INTERFERING), style_seed=seed)
    expected = run(program, "3\n5 6 7\n")
    for language, compiler in (("c", ["gcc", "-std=gnu17"]), ("cpp", ["g++", "-std=gnu++17"])):
        source = tmp_path / f"program.{language}"
        source.write_text(languages.get(language).emitter(program))
        compile_with(*compiler, "-O2", "-o", str(tmp_path / language), str(source))
        got = subprocess.run([tmp_path / language], input="3\n5 6 7\n", capture_output=True, text=True, check=True)
        assert got.stdout == expected, source.read_text()


@pytest.mark.parametrize("language", ["c", "cpp"])
def test_programs__have_many_styles(language: str) -> None:
    references = [procedural((language,), seed=1)[index].reference for index in range(120)]
    signs = {
        "c": [
            "int main(void)",
            "int main()",
            "malloc(",
            "char *",
            "free(",
            "puts(",
            "static int",
            "typedef struct",
            "//",
        ],
        "cpp": ["using namespace std;", "std::cout", "endl", '"\\n"', "vector<int>", "const auto&", "//", "/*"],
    }[language]
    for sign in signs:
        shares = sum(sign in reference for reference in references) / len(references)
        assert 0.0 < shares < 1.0, sign


@pytest.mark.parametrize("language", ["c", "cpp"])
def test_programs__depend_on_their_seed_alone(language: str) -> None:
    first, second = procedural((language,), seed=3), procedural((language,), seed=3)
    assert [first[index] for index in range(20)] == [second[index] for index in range(20)]
