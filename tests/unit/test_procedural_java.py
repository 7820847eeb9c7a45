"""Java programs of every family compile and print what the oracle prints."""

from __future__ import annotations

import contextlib
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from floats_and_records import PROGRAM

from codegym import languages
from codegym.problems.procedural import family_names, procedural
from codegym.problems.procedural.inputs import draw_inputs
from codegym.problems.procedural.interpreter import RoundingError, run
from codegym.problems.procedural.notation import parse
from codegym.seeding import stream
from codegym.types import Problem, TestCase

pytestmark = pytest.mark.needs_javac

# One virtual machine runs every program on every input; a run that throws prints the exception instead.
DRIVER = """
import java.io.*;
import java.nio.file.*;

public class Driver {
    public static void main(String[] args) throws Exception {
        PrintStream console = System.out;
        for (String line : Files.readAllLines(Path.of(args[0]))) {
            String[] fields = line.split(" ");
            System.setIn(new ByteArrayInputStream(Files.readAllBytes(Path.of(fields[1]))));
            ByteArrayOutputStream output = new ByteArrayOutputStream();
            System.setOut(new PrintStream(output, true));
            try {
                Object none = new String[0];
                Class.forName(fields[0]).getMethod("main", String[].class).invoke(null, none);
            } catch (Exception failure) {
                System.out.println("failed: " + failure.getCause());
            }
            Files.write(Path.of(fields[1] + ".out"), output.toByteArray());
        }
        System.setOut(console);
    }
}
"""


def check_batch(problems: list[Problem], folder: Path) -> None:
    sources, runs, expected = [folder / "Driver.java"], [], {}
    sources[0].write_text(DRIVER)
    for number, problem in enumerate(problems):
        match = re.search(r"public class (\w+)", problem.reference)
        assert match is not None
        package = folder / f"p{number}"
        package.mkdir()
        source = package / f"{match[1]}.java"
        source.write_text(f"package p{number};\n{problem.reference}")
        sources.append(source)
        for case, test in enumerate(problem.tests):
            stdin = package / f"{case}.in"
            stdin.write_text(test.stdin)
            runs.append(f"p{number}.{match[1]} {stdin}")
            expected[Path(f"{stdin}.out")] = (problem, test)
    (folder / "runs").write_text("\n".join(runs))
    compiled = subprocess.run(
        ["javac", "-d", str(folder), *map(str, sources)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert compiled.returncode == 0, compiled.stderr[-4000:]
    subprocess.run(["java", "-cp", str(folder), "Driver", str(folder / "runs")], check=True, timeout=300)
    for path, (problem, test) in expected.items():
        assert path.read_text() == test.stdout, f"{problem.id}\n{problem.reference}\n{test.stdin!r}"


def test_java__prints_what_the_oracle_prints(tmp_path: Path) -> None:
    problems = [procedural(("java",), families=[name], seed=11)[0] for name in family_names()]
    check_batch(problems, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_java__prints_what_the_oracle_prints_for_many_programs(tmp_path: Path, seed: int) -> None:
    problems = procedural(("java",), seed=seed, split="train")
    check_batch([problems[index] for index in range(300)], tmp_path)


def in_styles(count: int, text: str = PROGRAM) -> list[Problem]:
    """Returns the same program in many styles, with inputs for which its output is certain."""
    program = parse(text, "item prices")
    tests: list[TestCase] = []
    for stdin in draw_inputs(program, stream(2)):
        with contextlib.suppress(RoundingError):
            tests.append(TestCase(stdin, run(program, stdin)))
        if len(tests) == 3:
            break
    styles = [replace(program, style_seed=seed) for seed in range(count)]
    emit = languages.get("java").emitter
    return [Problem(f"style {s.style_seed}", "java", emit(s), tuple(tests)) for s in styles]


def test_java__floats_and_records_mean_the_same_in_every_style(tmp_path: Path) -> None:
    check_batch(in_styles(40), tmp_path)


@pytest.mark.parametrize(
    "form",
    [
        "record Point(int x, int y) {",
        "this.price = price;",
        "double getPrice() {",
        "System.out.printf(",
        'String.format("%.2f", ',
        "Comparator.comparingDouble(Item::",
        "Comparator.comparingInt((Point ",
        ".thenComparing(Comparator.comparingInt(",
        "Double.compare(",
        ".compareTo(",
        "Arrays.sort(points, ",
        "n / 3.0",
        "(double) (n + 1) / (n + 2)",
        "nextDouble()",
        "Double.parseDouble(",
        "Math.sqrt(dx * dx + dy * dy)",
    ],
)
def test_java__floats_and_records_have_many_forms(form: str) -> None:
    assert any(form in problem.reference for problem in in_styles(60)), form


def test_java__class_is_not_called_like_a_record() -> None:
    program = parse("class Point:\n    x: int\n\np = Point(3)\nprint(p.x)\n", "point")
    for seed in range(12):
        source = languages.get("java").emitter(replace(program, style_seed=seed))
        assert "public class Point " not in source


EDGES = """
class Mark:
    wait: int
    share: float

def larger(a: int, b: int) -> float:
    return max(float(a), float(b)) / 2

def sign(x: float) -> float:
    if x < -1.5:
        return -1.0
    return 1.0

def marks(n: int) -> array[Mark]:
    best = 3
    best += n
    return [Mark(best, n)] * n

n, m = read_int(1, 9)
x = read_float(-3, 3, 2)
print(f"{larger(n, m):.2f} {abs(float(n)) / 4:.3f} {sign(x):.1f} {1 / 2 * n:.2f} {n / m / 2 - x:.4f}")
print(f"{x if n > m else n:.2f} {x - (n - m):.3f}", int(n / m) * 3, int(-x) + n)
values = [1.5, n, 2, x]
values[1] /= 2
values[2] -= n
print(f"{values[1]:.2f} {values[2]:.2f}")
made = marks(n)
for i in range(1, 3):
    made = [Mark(i, i / 2)] * i
    print(made[0].wait, f"{made[i - 1].share:.1f}")
print(marks(n)[0].wait, f"{marks(n)[n - 1].share:.2f}")
"""


def test_java__edges_of_floats_and_records_mean_the_same_in_every_style(tmp_path: Path) -> None:
    check_batch(in_styles(40, EDGES), tmp_path)


def test_java__converts_and_negates_no_more_than_a_programmer_would() -> None:
    for problem in in_styles(40, EDGES):
        assert "-1.0" in problem.reference
        assert ": (double) n" not in problem.reference
