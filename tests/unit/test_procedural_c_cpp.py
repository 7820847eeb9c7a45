"""C and C++ programs of every family compile without errors and print what the oracle prints."""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from codegym import Judge, languages
from codegym.problems.procedural import family_names, procedural
from codegym.problems.procedural import program as ir
from codegym.problems.procedural.inputs import draw_inputs
from codegym.problems.procedural.interpreter import RoundingError, run
from codegym.problems.procedural.notation import parse
from codegym.seeding import stream
from codegym.types import Problem, TestCase

needs_gcc = pytest.mark.skipif(shutil.which("gcc") is None, reason="there is no gcc on the PATH")
needs_gxx = pytest.mark.skipif(shutil.which("g++") is None, reason="there is no g++ on the PATH")

# One process runs every C++ program on every input, each in a namespace of its own.
DRIVER = """
#include <cstdio>
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
        // Neither way of output keeps back what it was given, so that both write to the end of one file in turn.
        std::ofstream output;
        output.rdbuf()->pubsetbuf(nullptr, 0);
        output.open(path + ".out", std::ios::app);
        if (std::freopen((path + ".out").c_str(), "a", stdout) == nullptr) {
            return 1;
        }
        std::setvbuf(stdout, nullptr, _IONBF, 0);
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
        compile_with("gcc", "-std=gnu17", "-Wall", *options, "-o", str(program), str(source), "-lm")
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


NUMBERS = """
def ratio(a: int, b: int) -> float:
    return a / b

def scaled(xs: array[float], factor: float) -> array[float]:
    ys = [0.0] * len(xs)
    for i in range(len(xs)):
        ys[i] = xs[i] * factor
    return ys

def bump(xs: array[float]) -> float:
    xs[0] += 1
    return xs[0]

n, m = read_int(1, 9)
a, b = read_float(-3, 9, 2)
xs = read_floats(n, 0, 10, 1)
ys: list[float] = []
for x in xs:
    if x > 2 and x <= 9.5:
        ys.append(x * 2)
ys.append(n)
ys.append(ratio(n, m))
ys = sorted(ys)
print(f"{ys[0]:.2f} {max(ys):.2f} {min(ys):.2f} {sum(ys) / len(ys):.3f}", len(ys))
zs = scaled(xs, 3)
ws = sorted(zs)
xs = sorted(xs)
zs[0] += n
zs[0] /= 2
print(f"{zs[0]:.3f} {ws[0]:.2f} {xs[0]:.1f} {ratio(n + 1, m):.3f} {1 / 3:.4f} {(n + m) / (n + 1):.3f}")
print(int(a * b), f"{max(a, 1):.2f}", f"{min(n, a):.2f} {abs(a - b):.2f} {sqrt(n + 0.5):.3f} {sqrt(m):.3f}")
c = a if a > b else n
a, b = b, a
grid = [[0.0] * m for _ in range(n)]
grid[n - 1][m - 1] = c
print(f"{grid[n - 1][m - 1]:.2f} {a:.2f}", f"{-b / 4 + 50:.3f}")
label = f"<{a + 10:.1f}>"
print(label + "!")
sums: dict[str, float] = {}
sums["x"] = 1.5
sums["y"] = sums.get("y", 0.0) + m
sums["x"] += 0.75
for key in sorted(sums):
    print(key, f"{sums[key]:.2f}")
print(f"{bump(xs):.1f} {bump(xs):.1f} {xs[0]:.1f}")
"""
RECORDS = """
class Person:
    name: str
    age: int
    height: float

class Cell:
    row: int
    column: int

class Grade:
    letter: char
    passed: bool

def label(p: Person) -> str:
    return p.name + " (" + str(p.age) + ")"

def oldest(people: array[Person]) -> Person:
    top = people[0]
    for p in people:
        if p.age > top.age:
            top = p
    return top

def ranked(people: array[Person]) -> array[Person]:
    return sorted(people, key=lambda p: (-p.age, p.name, p.height))

def mirror(c: Cell) -> Cell:
    return Cell(c.column, c.row)

def move_first(c: Cell, cells: array[Cell]) -> int:
    cells[0] = Cell(c.row + 1, c.column)
    return c.row

def grade(points: int) -> Grade:
    if points > 50:
        return Grade("A", True)
    return Grade("B", False)

n = read_int(1, 6)
people = read_records(Person, n, 1, 90, 1)
cells = read_records(Cell, n, 0, 9)
for p in ranked(people):
    print(p.name, p.age, f"{p.height:.1f}")
best = oldest(people)
print(label(best), len(best.name))
people = sorted(people, key=lambda p: (p.height, p.name, p.age))
print(people[0].name)
for c in cells:
    cells[0] = Cell(c.row + 1, 0)
    print(c.row, c.column)
print(move_first(cells[0], cells), cells[0].row)
chosen: list[Cell] = []
for c in cells:
    if c.row > 2:
        chosen.append(mirror(c))
chosen.append(Cell(n, 2 * n))
last = chosen[len(chosen) - 1]
print(last.row, last.column, mirror(last).row)
cells = sorted(cells, key=lambda c: (c.row, c.column))
fixed = [Cell(1, 2), Cell(n, 4)]
fixed[0], fixed[1] = fixed[1], fixed[0]
copies = [Cell(0, 0)] * n
copies[n - 1] = fixed[0] if n > 2 else cells[0]
print(cells[0].row, fixed[0].row, copies[n - 1].column)
for i in range(2):
    g = grade(40 + 20 * i)
    if g.passed:
        print(g.letter)
heights: dict[str, float] = {}
for p in people:
    heights[p.name] = p.height
for key in sorted(heights):
    print(key, f"{heights[key]:.1f}")
"""


def outcomes(program: ir.Program, count: int) -> tuple[TestCase, ...]:
    """Returns inputs for which the program's output is certain, with the outputs."""
    found: list[TestCase] = []
    for stdin in draw_inputs(program, stream(1)):
        with contextlib.suppress(RoundingError):
            found.append(TestCase(stdin, run(program, stdin)))
        if len(found) == count:
            break
    return tuple(found)


def printed(language: str, text: str, count: int) -> list[str]:
    program = parse(text)
    return [languages.get(language).emitter(replace(program, style_seed=seed)) for seed in range(count)]


def check_styles(language: str, text: str, count: int) -> None:
    """Judges a program in many styles."""
    sources, tests = printed(language, text, count), outcomes(parse(text), 4)
    with Judge(workers=2) as judge:
        for source, grade in zip(sources, judge.map_grade(language, sources, [tests] * count), strict=True):
            assert (grade.status, grade.diagnostics) == ("passed", ()), f"{source}\n{grade}"


@needs_gxx
@pytest.mark.parametrize("text", [NUMBERS, RECORDS], ids=["numbers", "records"])
@pytest.mark.parametrize(
    ("language", "count"), [("c", 20), ("cpp", 5), pytest.param("cpp", 60, marks=pytest.mark.slow)]
)
def test_floats_and_records__print_what_the_oracle_prints(language: str, count: int, text: str) -> None:
    check_styles(language, text, count)


@pytest.mark.parametrize(
    ("language", "text", "forms"),
    [
        (
            "c",
            RECORDS,
            [
                "typedef struct {",
                "typedef struct Cell {",
                "struct Cell {",
                "    int row, column;",
                "(Cell) {c.column, c.row}",
                ".row = ",
                "make_cell(",
                "const Cell *c)",
                "&people[j].age, &people[j].height)",
                "people[j].name = malloc(",
                "qsort(people, n, sizeof",
                "strcmp(a->name, b->name)",
                "(a->column > b->column) - (a->column < b->column)",
            ],
        ),
        (
            "cpp",
            RECORDS,
            [
                "struct Cell {",
                "Cell(int row, int column) : row(row), column(column) {}",
                "using Cell = std::pair<int, int>;",
                "typedef pair<int, int> Cell;",
                "tuple<string, int, double>",
                "const auto& [name, age, height] :",
                "return {c.column, c.row};",
                "emplace_back(",
                "bool operator<(const Cell& other) const {",
                "tie(b.age, a.name, a.height) < ",
                "[](const Person& a, const Person& b) {",
                "bool by_age(const Person& a, const Person& b) {",
                "return a.age > b.age;",
            ],
        ),
        ("c", NUMBERS, ['scanf("%lf %lf", &a, &b)', "(double) a / b", "1.0 * a / b", "fmax(a, 1)", "int) (a * b)"]),
        (
            "cpp",
            NUMBERS,
            [
                "double a, b;",
                "1.0 * a / b",
                "static_cast<double>(a) / b",
                "cout << fixed;",
                "<< fixed << setprecision(3) << ",
                'printf("%.2f %.2f %.2f %.3f %d\\n", ',
                "max(a, 1.0)",
                "accumulate(ys.begin(), ys.end(), 0.0) / ys.size()",
            ],
        ),
    ],
)
def test_programs__floats_and_records_have_many_forms(language: str, text: str, forms: list[str]) -> None:
    sources = printed(language, text, 160)
    for form in forms:
        assert any(form in source for source in sources), form


def test_c__texts_lie_in_records_that_only_come_from_the_input() -> None:
    text = (
        "class Entry:\n    name: str\n    value: int\n\n"
        "n = read_int(1, 4)\nentries = read_records(Entry, n, 1, 9)\n"
        "for e in entries:\n    print(e.name, e.value)\n"
    )
    kept = text + "names: list[str] = []\nfor e in entries:\n    names.append(e.name)\nprint(names[0])\n"
    assert any("    char name[20];" in source for source in printed("c", text, 60))
    assert not any("char name[" in source for source in printed("c", kept, 60))


def test_cpp__names_of_the_library_are_found_behind_variables() -> None:
    text = 'fixed = read_int(1, 9)\nprint(f"{fixed / 7:.3f}")\nprint(f"{fixed / 3:.2f}")\n'
    sources = printed("cpp", text, 60)
    assert any("cout << std::fixed << setprecision(3)" in source for source in sources)
    assert not any("<< fixed <<" in source for source in sources)


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
    assert [first[index] for index in range(20)] == [second.draw(index) for index in range(20)]
