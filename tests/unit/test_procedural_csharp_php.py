"""C# and PHP programs of every family compile and print what the oracle prints."""

from __future__ import annotations

import dataclasses
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from codegym import languages
from codegym.problems.procedural import family_names, procedural
from codegym.problems.procedural.interpreter import run
from codegym.problems.procedural.notation import parse
from codegym.types import Problem, TestCase

needs_mono = pytest.mark.skipif(
    shutil.which("mcs") is None or shutil.which("mono") is None, reason="there is no mcs or no mono on the PATH"
)
needs_php = pytest.mark.skipif(shutil.which("php") is None, reason="there is no php on the PATH")

# One virtual machine runs every program on every input; a run that throws prints the exception instead.
DRIVER = """
using System;
using System.IO;
using System.Linq;
using System.Reflection;

class Driver
{
    static void Main(string[] args)
    {
        var any = BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic;
        var mains = Assembly.GetExecutingAssembly().GetTypes()
            .Where(type => type.Namespace != null && type.GetMethod("Main", any) != null)
            .ToDictionary(type => type.Namespace.Split('.')[0], type => type.GetMethod("Main", any));
        foreach (var line in File.ReadAllLines(args[0]))
        {
            var fields = line.Split(' ');
            var main = mains[fields[0]];
            using (var output = new StreamWriter(fields[1] + ".out"))
            {
                Console.SetIn(new StringReader(File.ReadAllText(fields[1])));
                Console.SetOut(output);
                try
                {
                    main.Invoke(null, main.GetParameters().Select(_ => (object)new string[0]).ToArray());
                }
                catch (TargetInvocationException failure)
                {
                    output.WriteLine("failed: " + failure.InnerException);
                }
            }
        }
    }
}
"""


# Where languages differ: rounding, comparison of texts that look like numbers, keys that do, arrays that are passed,
# kept and changed on the way, what a function walks over, empty texts.
CORNERS = '''
def shrink(xs: array[int]) -> int:
    """Halve everything, and add it up."""
    total = 0
    for i in range(len(xs)):
        xs[i] = floor_div(xs[i], 2)
        total += xs[i]
    return total

def bump(xs: list[int]) -> int:
    xs.append(len(xs))
    xs[0] = xs[0] + 1
    return len(xs)

def letters(text: str) -> int:
    count = 0
    for ch in text:
        count += ord(ch) - ord("a") + 1
    return count

def same(a: str, b: str) -> bool:
    return a == b

def all_small(xs: array[int], limit: int) -> bool:
    for x in xs:
        if x >= limit:
            return False
    return True

n = read_int(3, 6)
xs = read_array(n, -9, 9)
words = read_words(n)
line = read_line("lower", 0, 4)
digits = read_line("digits", 4, 6)
for x in xs:
    print(floor_div(x, 4), floor_mod(x, 4), abs(x), -x)
    print(x - -3, 2 * (x - (1 - x)), "rest" if x > 3 else "low" if x < -3 else "mid")
counts: dict[char, int] = {}
for ch in digits:
    counts[ch] = counts.get(ch, 0) + 1
for key in sorted(counts):
    if key == "0" or key in "13579" or key == digits[0]:
        print(key, counts[key], str(key) + "!")
    else:
        print(f"{key}: {counts[key]}")
names: dict[str, int] = {}
names["10"] = 1
names["9"] = 2
names["b"] = 3
for name in sorted(names):
    print(name, names[name], len(name), "yes" if same(name, "010") else "no")
print(f"{{{n}}} 100% $n \\\\ 'x'", len(counts))
if same("1", "01") or "1e1" == "10":
    print("numbers")
print(letters(line), letters(line[:0]), letters("ab"), len(line), line.upper(), line[::-1], line.count("a"))
same_text = ""
for ch in line + "xyz":
    if ch.isalpha() and not ch.isupper():
        same_text = ch + same_text
        same_text += ch.upper()
print(same_text)
grid = [[0] * 3 for _ in range(2)]
grid[1][2] = 7
for row in grid:
    row[0] = row[0] + 5
    print(shrink(row))
print(sum(grid[0]), sum(grid[1]), shrink(grid[1]), sum(grid[1]))
first = grid[0]
first[1] = 9
print(grid[0][1], first[1])
print(shrink(xs[1:]), shrink(sorted(xs)), sum(xs))
found: list[int] = [3, 1, 2]
rounds = 0
while bump(found) < 6 and shrink(xs[:2]) < 100:
    rounds += 1
for x in found:
    found[2] = x + 1
    rounds += found[2]
print(rounds, found[0], len(found), sum(found))
for i in range(len(found)):
    found[i] = found[len(found) - 1 - i]
ordered = sorted(found)
print(",".join(ordered), max(found), min(found), " ".join(words))
for x in xs:
    xs[n - 1] = x
print(sum(xs), 1 if all_small(xs, 9) else 0)
evens: list[int] = []
for x in xs:
    if floor_mod(x, 2) == 0:
        evens.append(x * x)
hits = 0
for x in xs:
    if x > 0:
        hits += 1
for x in xs:
    last = x + 1
    hits += last
print(len(evens), hits, n - 1 - 1, (n - 1) % 3 * 2, n * 2 // 3, 7 & 3 ^ 1 | 8, 1 << 3 >> 1)
a = 3
b = 5
a, b = b % a, a
print(a, b, chr(ord("a") + a), int(digits[:2]) + 1)
print("b" if "b" in line else "-", "ab" if "ab" in line else "-", 3 if 3 in found else 0)
last = found[len(found) - 1]
found.pop()
print(last, len(found))
'''


# Numbers of both kinds in one operation, whole floats, decimals within texts.
FLOATS = '''
def mean(xs: array[float]) -> float:
    """Average some values."""
    return sum(xs) / len(xs)

def half(n: int) -> float:
    return n / 2

n = read_int(1, 5)
rate, tax = read_float(-3, 3, 2)
xs = read_floats(n, 0, 10, 1)
top = read_float(1, 9, 3)
print(f"{n / 4 + 1 / 3:.3f} {(n + 1) / (n + 2):.4f} {top / (rate * tax + 100):.4f} {top - (rate - tax):.3f}")
print(f"{half(n):.1f} {mean(xs):.3f} 100% {n}", f"{max(xs):.1f}", f"{min(xs):.1f}", int(top), int(-top), int(half(n)))
value = float(n)
value *= 1.5
value -= 1
value /= 4
print(f"{value:.4f}", f"{-value:.4f} {abs(rate):.2f} {sqrt(n):.4f} {max(rate, tax) + min(top, 1):.3f}")
text = f"{top:.3f}" + "%" + f"{tax:.1f}"
line = f"{top + n:.2f} and 100% {n}"
print(text, len(text), line)
parts: list[float] = [1.0, 2.5]
parts.append(n)
parts[0] = 2
parts[0] += 1
parts[1], parts[2] = parts[2], parts[1]
ordered = sorted(parts)
for part in ordered:
    print(f"{part:.1f}")
thirds: list[float] = []
for x in xs:
    thirds.append(x / 3)
above = 0
for x in xs:
    if x > 1.505 or not (x < tax):
        above += 1
total = 0.0
for x in xs:
    total += x * 2
print(above, f"{total:.2f}", f"{sum(thirds):.3f}")
sums: dict[int, float] = {}
for i in range(n):
    sums[i % 2] = sums.get(i % 2, 0.0) + xs[i]
for key in sorted(sums):
    print(key, f"{sums[key]:.2f}")
'''

# A name that PHP has as well, every type of field, the ways to make, order, read, copy and exchange records.
RECORDS = '''
class Error:
    code: int
    level: char
    ratio: float
    certain: bool

class Player:
    name: str
    points: int

class Point:
    x_place: int
    y_place: int

def size_of(point: Point) -> int:
    return abs(point.x_place) + abs(point.y_place)

def pick(one: Error, other: Error, first: bool) -> Error:
    """Choose one of two."""
    return one if first else other

def by_level(errors: array[Error]) -> array[Error]:
    errors = sorted(errors, key=lambda e: (e.level, -e.code, e.ratio))
    errors[0] = Error(7, "x", 0.5, True)
    return errors

def by_code(errors: array[Error]) -> array[Error]:
    return sorted(errors, key=lambda e: (e.code, -e.ratio))

def replace(errors: array[Error], code: int) -> float:
    errors[0] = Error(code, "z", code / 2, False)
    return errors[0].ratio

n = read_int(2, 5)
players = read_records(Player, n, 0, 3)
points = read_records(Point, n, -3, 3)
name = "nobody"
errors = [Error(0, "a", 0.0, True)] * n
for i in range(n):
    errors[i] = Error(i * 7 % 4, "c" if i % 2 == 0 else "b", i * 0.5, i > 2)
for e in errors:
    print(e.code, e.level, f"[{e.ratio:.1f}] {e.code}|{e.level}", 1 if e.certain else 0)
for e in by_level(errors):
    print(e.code, e.level)
print(errors[0].code, by_code(errors)[0].code, by_code(errors)[n - 1].level)
print(pick(errors[0], errors[1], n > 3).code, f"{replace(errors, 5):.2f}", errors[0].level)
best = players[0]
for player in players:
    if player.points > best.points:
        best = player
print(f"{best.name}: {best.points}", name)
for one in points:
    for other in points:
        print(f"({one.x_place}, {one.y_place})", one.x_place * size_of(other))
players = sorted(players, key=lambda p: (-p.points, p.name))
ordered = sorted(points, key=lambda p: (p.x_place, -p.y_place))
print(f"{players[0].name}{players[n - 1].points}", ordered[0].x_place, ordered[n - 1].y_place, points[0].x_place)
marks: list[Player] = []
for player in players:
    if player.points > 0:
        marks.append(Player(player.name + "!", player.points + n))
marks.append(Player("10", 1))
marks.append(Player("9", 1))
first = Player("1e1", 1)
texts = sorted([first, marks[len(marks) - 2], marks[len(marks) - 1]], key=lambda p: (p.points, p.name))
print(texts[0].name, texts[1].name, texts[2].name)
second = marks[0]
first, second = second, first
print(first.name, second.name)
'''


FLOAT_INPUTS = ["3\n0.51 -1.27\n1.5 2.6 7.0\n3.126\n", "1\n-2.99 3\n4.2\n8.001\n"]
RECORD_INPUTS = ["2\nsun 3\nsea 1\n1 -2\n1 3\n", "3\nb 0\na 2\nc 2\n0 0\n2 1\n-1 1\n"]


def corners(language: str, count: int) -> list[Problem]:
    inputs = ["3\n-9 -4 7\na b 10\n\n1035\n", "4\n9 8 -1 0\n9 10 x y\nabca\n002299\n"]
    return in_styles(language, CORNERS, inputs, count)


def in_styles(language: str, text: str, inputs: list[str], count: int) -> list[Problem]:
    program, emit = parse(text), languages.get(language).emitter
    tests = tuple(TestCase(stdin, run(program, stdin)) for stdin in inputs)
    return [
        Problem(f"style {seed}", language, emit(dataclasses.replace(program, style_seed=seed)), tests)
        for seed in range(count)
    ]


def cases_of(problem: Problem) -> list[TestCase]:
    return [test for test in problem.tests if isinstance(test, TestCase)]


def check_csharp(problems: list[Problem], folder: Path) -> None:
    sources, runs, expected = [folder / "Driver.cs"], [], {}
    sources[0].write_text(DRIVER)
    for number, problem in enumerate(problems):
        sources.append(folder / f"p{number}.cs")
        sources[-1].write_text(f"namespace p{number} {{\n{problem.reference}}}\n")
        for case, test in enumerate(cases_of(problem)):
            stdin = folder / f"p{number}.{case}.in"
            stdin.write_text(test.stdin)
            runs.append(f"p{number} {stdin}")
            expected[Path(f"{stdin}.out")] = (problem, test)
    (folder / "runs").write_text("\n".join(runs))
    compiled = subprocess.run(
        ["mcs", "-nologo", f"-out:{folder / 'Driver.exe'}", "-main:Driver", *map(str, sources)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert compiled.returncode == 0, compiled.stderr[-4000:]
    environment = {**os.environ, "LC_ALL": "C"}  # elsewhere numbers may have decimal commas
    subprocess.run(["mono", str(folder / "Driver.exe"), str(folder / "runs")], check=True, timeout=300, env=environment)
    for path, (problem, test) in expected.items():
        assert path.read_text() == test.stdout, f"{problem.id}\n{problem.reference}\n{test.stdin!r}"


def check_php(problems: list[Problem], folder: Path) -> None:
    program = folder / "program.php"
    for problem in problems:
        program.write_text(problem.reference)
        assert problem.reference.startswith("<?php\n")
        for test in cases_of(problem):
            run = subprocess.run(
                ["php", "-n", "-d", "extension=ctype", "-d", "display_errors=1", str(program)],
                input=test.stdin,
                capture_output=True,
                text=True,
                check=False,
                timeout=60,
            )
            assert (run.stdout, run.stderr) == (test.stdout, ""), f"{problem.id}\n{problem.reference}\n{test.stdin!r}"


@needs_mono
def test_csharp__prints_what_the_oracle_prints(tmp_path: Path) -> None:
    check_csharp([procedural(("csharp",), families=[name], seed=11)[0] for name in family_names()], tmp_path)


@needs_mono
def test_csharp__means_the_same_in_every_style(tmp_path: Path) -> None:
    check_csharp(corners("csharp", 40), tmp_path)


@needs_mono
def test_csharp__floats_mean_the_same_in_every_style(tmp_path: Path) -> None:
    problems = in_styles("csharp", FLOATS, FLOAT_INPUTS, 40)
    check_csharp(problems, tmp_path)
    sources = "\n".join(problem.reference for problem in problems)
    for form in ('.ToString("F', ":F2}", "double.Parse", "Convert.ToDouble", "(int)", " / 3)", " / 3.0)", "Math.Sqrt("):
        assert form in sources, form


@needs_mono
def test_csharp__records_mean_the_same_in_every_style(tmp_path: Path) -> None:
    problems = in_styles("csharp", RECORDS, RECORD_INPUTS, 60)
    check_csharp(problems, tmp_path)
    sources = "\n".join(problem.reference for problem in problems)
    for form in (
        "struct Point",
        "class Point",
        "public int XPlace { get; }",
        "public readonly int XPlace;",
        "public Point(int xPlace, int yPlace)",
        ".OrderBy",
        ".ThenBy",
        ", StringComparer.Ordinal)",
        "string.CompareOrdinal(",
        "Array.Sort(",
    ):
        assert form in sources, form


def test_csharp__record_is_not_called_like_anything_else() -> None:
    text = "class Shape:\n    shape: int\n\ndef shape(s: Shape) -> int:\n    return s.shape\n\nprint(shape(Shape(3)))\n"
    for problem in in_styles("csharp", text, [""], 12):
        assert "ShapeRecord(int shape)" in problem.reference
        assert "class Shape\n" not in problem.reference


@needs_mono
@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_csharp__prints_what_the_oracle_prints_for_many_programs(tmp_path: Path, seed: int) -> None:
    problems = procedural(("csharp",), seed=seed)
    check_csharp([problems[index] for index in range(300)], tmp_path)


@needs_php
def test_php__prints_what_the_oracle_prints(tmp_path: Path) -> None:
    check_php([procedural(("php",), families=[name], seed=11)[0] for name in family_names()], tmp_path)


@needs_php
def test_php__means_the_same_in_every_style(tmp_path: Path) -> None:
    check_php(corners("php", 40), tmp_path)


@needs_php
def test_php__floats_mean_the_same_in_every_style(tmp_path: Path) -> None:
    problems = in_styles("php", FLOATS, FLOAT_INPUTS, 40)
    check_php(problems, tmp_path)
    sources = "\n".join(problem.reference for problem in problems)
    for form in ('printf("', "number_format(", " . sprintf(", "floatval", "(float) ", "%f", " / 3;", " / 3.0;"):
        assert form in sources, form


@needs_php
def test_php__records_mean_the_same_in_every_style(tmp_path: Path) -> None:
    problems = in_styles("php", RECORDS, RECORD_INPUTS, 60)
    check_php(problems, tmp_path)
    sources = "\n".join(problem.reference for problem in problems)
    for form in (
        "public function __construct(public readonly int $xPlace, public readonly int $yPlace) {}",
        "$this->x_place = $x_place;",
        "['xPlace' => ",
        "foreach ($points as [$",
        "new Point(...array_map(",
        "class ErrorRecord",
        "function mySizeOf(",
        "function size_of(",
        "usort($errors, fn(",
        "strcmp($a",
    ):
        assert form in sources, form
    assert "class Error\n" not in sources


@needs_php
@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_php__prints_what_the_oracle_prints_for_many_programs(tmp_path: Path, seed: int) -> None:
    problems = procedural(("php",), seed=seed)
    check_php([problems[index] for index in range(300)], tmp_path)
