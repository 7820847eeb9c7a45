"""Procedural programs: what they print, where they belong, how they are named."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import os
import subprocess
import sys
from unittest import mock

import pytest

from codegym import languages
from codegym.errors import ConfigurationError, UnknownNameError
from codegym.problems.procedural import family_names, problem_from_id, procedural, shape_of
from codegym.problems.procedural.draw import Draw
from codegym.problems.procedural.families import FAMILIES, family
from codegym.problems.procedural.inputs import draw_inputs
from codegym.problems.procedural.interpreter import ExecutionError, run
from codegym.problems.procedural.names import choose_names, declared_names, is_reserved
from codegym.problems.procedural.notation import NotationError, parse
from codegym.problems.procedural.program import rename, structure
from codegym.problems.procedural.tidy import tidy
from codegym.seeding import stream


def execute(source: str, stdin: str) -> str:
    """Runs a program of our own generator in this process."""
    output = io.StringIO()
    with mock.patch("sys.stdin", io.StringIO(stdin)), contextlib.redirect_stdout(output):
        exec(compile(source, "<program>", "exec"), {"__name__": "__main__"})
    return output.getvalue()


@pytest.mark.parametrize("name", family_names())
def test_python__prints_what_the_oracle_prints(name: str) -> None:
    problems = procedural(families=[name], seed=3)
    for index in range(8):
        problem = problems[index]
        assert problem.attributes["family"] == name
        assert 1 <= len(problem.tests) <= 6
        assert len({test.stdin for test in problem.tests}) == len(problem.tests)
        for test in problem.tests:
            assert execute(problem.reference, test.stdin) == test.stdout, problem.id


@pytest.mark.slow
def test_python__prints_what_the_oracle_prints_for_many_programs() -> None:
    problems = procedural(seed=4)
    for index in range(3_000):
        problem = problems[index]
        for test in problem.tests:
            assert execute(problem.reference, test.stdin) == test.stdout, problem.id


def test_families__are_many() -> None:
    assert len(family_names()) >= 160


@pytest.mark.parametrize("language", [language.name for language in languages.all_languages()])
def test_emitters__print_what_families_draw(language: str) -> None:
    emit = languages.get(language).emitter
    for name in family_names():
        for seed in range(12):
            random = stream(seed, name)
            program = tidy(parse(FAMILIES[name](Draw(random, float(random.random()))), name))
            assert emit(dataclasses.replace(program, style_seed=seed)).endswith("\n")


def test_family__name_is_unique() -> None:
    with pytest.raises(ValueError, match="Two families"):
        family("robot")(lambda draw: "")


def draw_structures(split: str, count: int) -> list[str]:
    """Returns the structures of the first items of a split."""
    problems = procedural(split=split, seed=7)
    return [shape_of(problems[index].id) for index in range(count)]


@pytest.mark.slow
def test_splits__share_no_structure() -> None:
    train, test = draw_structures("train", 2_000), draw_structures("test", 1_000)
    validation = draw_structures("validation", 200)
    assert not set(train) & set(test)
    assert not set(train) & set(validation)
    assert not set(validation) & set(test)
    assert len(set(train)) > 0.9 * len(train)


def test_splits__share_no_structure_in_a_small_sample() -> None:
    train, test = draw_structures("train", 200), draw_structures("test", 40)
    assert not set(train) & set(test)
    assert len(set(train)) > 0.95 * len(train)


def test_structure__ignores_names_numbers_texts_and_style() -> None:
    first = parse('def f(n: int) -> int:\n    return n * 2\n\nn = read_int(1, 9)\nprint("a", f(n))\n')
    second = parse('def g(k: int) -> int:\n    return k * 7\n\nm = read_int(0, 3)\nprint("b", g(m))\n', "other")
    third = parse('def g(k: int) -> int:\n    return k + 7\n\nm = read_int(0, 3)\nprint("b", g(m))\n')
    assert structure(first) == structure(second) != structure(third)
    assert structure(rename(first, {"f": "h"}, {"n": "zebra"})) == structure(first)


def test_items__do_not_depend_on_what_was_asked_before() -> None:
    problems, again = procedural(seed=9), procedural(seed=9)
    backwards = [problems[index] for index in reversed(range(20))]
    assert backwards[::-1] == [again.draw(index) for index in range(20)]
    assert problems[3] != procedural(seed=10)[3]


def test_items__are_equal_in_every_process() -> None:
    script = (
        "import hashlib; from codegym.problems.procedural import procedural; "
        "problems = procedural(('python', 'java'), seed=5); "
        "print(hashlib.sha256(repr([problems[i] for i in range(60)]).encode()).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_id__is_enough_to_make_the_problem_again(split: str) -> None:
    problems = procedural(("python", "java"), split=split, seed=2, difficulty=(0.2, 0.7))
    for index in range(6):
        problem = problems[index]
        assert problem_from_id(problem.id) == problem
        assert 0.2 <= float(problem.attributes["difficulty"]) <= 0.7


def test_languages__get_the_same_program() -> None:
    python, java = procedural(("python",), seed=1), procedural(("java",), seed=1)
    for index in range(5):
        assert python[index].tests == java[index].tests
    both = procedural(("python", "java"), seed=1)
    assert {both[index].language for index in range(20)} == {"python", "java"}


def test_references__have_a_fitting_length() -> None:
    problems = procedural(seed=8)
    lengths = sorted(problems[index].reference.count("\n") for index in range(300))
    assert lengths[15] >= 12
    assert 18 <= lengths[150] <= 40
    assert lengths[285] <= 80


def test_difficulty__makes_longer_programs() -> None:
    easy, hard = (procedural(seed=8, difficulty=(level, level)) for level in (0.0, 1.0))
    sizes = [sum(len(problems[index].reference) for index in range(150)) for problems in (easy, hard)]
    assert sizes[1] > 1.05 * sizes[0]


def test_names__are_allowed_in_every_language() -> None:
    for index in range(200):
        generator = stream(6, index)
        name = family_names()[index % len(family_names())]
        program = choose_names(parse(FAMILIES[name](Draw(generator, 0.8)), name), generator)
        names = [function.name for function in program.functions]
        assert not [name for name in (*names, *declared_names(program)) if is_reserved(name)]
        assert not set(names) & set(declared_names(program))


def test_families__may_be_left_out() -> None:
    unwanted = family_names()[::3]
    problems = procedural(families=[f"-{name}" for name in unwanted])
    seen: set[str] = set()
    for index in range(150):
        attributes = problems[index].attributes
        seen |= {str(attributes["family"]), *str(attributes["composed_with"]).split()}
    assert len(seen) > 50 and not seen & set(unwanted)
    with pytest.raises(UnknownNameError, match="Did you mean 'caesar'"):
        procedural(families=["-cesar"])


def test_procedural__unknown_family_is_named_with_a_suggestion() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'caesar'"):
        procedural(families=["cesar"])


@pytest.mark.parametrize(
    "arguments",
    [
        {"difficulty": (0.5, 0.1)},
        {"difficulty": (-0.1, 0.5)},
        {"difficulty": (0.0, 1.5)},
        {"difficulty": (float("nan"), 1.0)},
        {"difficulty": 0.5},
        {"difficulty": ("low", "high")},
        {"languages": ()},
        {"languages": "python"},
        {"families": ()},
        {"families": "robot"},
        {"families": ("-robot", "caesar")},
        {"seed": -1},
    ],
)
def test_procedural__bad_argument_is_a_configuration_error(arguments: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError):
        procedural(**arguments)  # type: ignore[arg-type]  # wrong on purpose


def test_procedural__unknown_language_or_split_is_named() -> None:
    with pytest.raises(UnknownNameError, match="language"):
        procedural(("cobol",))
    with pytest.raises(UnknownNameError, match="split"):
        procedural(split="tests")


def test_getitem__negative_index_is_an_index_error() -> None:
    with pytest.raises(IndexError):
        procedural()[-1]


@pytest.mark.parametrize(
    "problem_id",
    [
        "",
        "xlcost://java/1010",
        "procedural://robot",
        "procedural://robot?seed=x&index=0&split=train&language=python&attempt=0&difficulty=0.5",
        "procedural://robot?seed=0&index=-1&split=train&language=python&attempt=0&difficulty=0.5",
        "procedural://robot?seed=0&index=0&split=train&language=python&attempt=0&difficulty=7",
    ],
)
def test_problem_from_id__broken_id_is_a_configuration_error(problem_id: str) -> None:
    with pytest.raises(ConfigurationError):
        problem_from_id(problem_id)


def test_problem_from_id__id_of_another_split_names_no_problem() -> None:
    problem_id = procedural(seed=1)[0].id.replace("split=train", "split=test")
    with pytest.raises(ConfigurationError, match="No procedural problem"):
        problem_from_id(problem_id)


@pytest.mark.parametrize(
    "text",
    [
        "print(x)\n",
        "x = 1\nprint(x",
        "x = True\nprint(x)\n",
        "xs = [1, 2]\nfor x in xs:\n    x = 3\n",
        "n = read_int(1, 3)\nfor i in range(n):\n    n += 1\n",
        "def f(n: int) -> int:\n    if n > 1:\n        return 2\n\nprint(f(3))\n",
        "def f(n: int) -> int:\n    return 1\n    return 2\n\nprint(f(3))\n",
        "for i in range(3):\n    y = i\nprint(y)\n",
        "x = 1\nx = 'a'\n",
        "x = 1\nif x in [1, 2]:\n    print(x)\n",
        "while True:\n    print(1)\n",
        "for i in range(2):\n    n = read_int(1, 2)\n",
        "import os\n",
        "xs: list[int] = []\nfor x in sorted(xs):\n    print(x)\n",
        "def f(n: int) -> int:\n    return n\n\nf = f(3)\nprint(f)\n",
        "def f(n: int) -> int:\n    return n\n\nfor f in range(3):\n    print(f)\n",
    ],
)
def test_notation__rejects_what_languages_would_not_agree_on(text: str) -> None:
    with pytest.raises(NotationError):
        parse(text)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("x = 2147483647\nprint(x + 1)\n", "32 bits"),
        ("x = -7\nprint(x % 3)\n", "negative"),
        ("x = 7\nprint(x // (x - 7))\n", "not positive"),
        ("xs = [1]\nprint(xs[0 - 1])\n", "negative"),
        ("xs = [1]\nprint(xs[1])\n", "IndexError"),
        ("x = 1\nwhile x > 0:\n    x = 1\n", "does not end"),
        ("def f(n: int) -> int:\n    return f(n)\n\nprint(f(1))\n", "recurses"),
        ("n = read_int(1, 2)\nm = read_int(1, 2)\nprint(n)\n", "ValueError"),
    ],
)
def test_interpreter__stops_where_languages_disagree(text: str, problem: str) -> None:
    with pytest.raises(ExecutionError, match=problem):
        run(parse(text), "1\n", step_limit=5_000)


def test_inputs__start_with_the_edges() -> None:
    program = parse("n = read_int(1, 5)\nxs = read_array(n, 0, 9)\nprint(sum(xs))\n")
    inputs = draw_inputs(program, stream(0))
    smallest, largest, anything = next(inputs), next(inputs), next(inputs)
    assert smallest.startswith("1\n")
    assert largest.startswith("5\n")
    for text in (smallest, largest, anything):
        count, values = text.splitlines()
        assert len(values.split()) == int(count)


SEMANTICS = r"""
def change(xs: array[int]) -> None:
    xs[0] = 42

def classify(ch: char) -> str:
    if ch.isdigit():
        return "digit"
    if ch.isalpha():
        return "letter"
    return "other"

a, b = read_int(-9, 9)
text = read_line("mixed", 0, 9)
print(floor_mod(a, 5), floor_div(a, 5), abs(a) % 5, -a, min(a, b), max(a, b))
a, b = b, a - b
print(f"{a}:{b}%", (a - b) * 2 - (b - (a - 1)))
xs = [3, 1, 2]
change(xs)
ys: list[int] = []
for x in sorted(xs):
    ys.append(x * 1000)
print(" ".join(ys))
zs = ys[:]
if ys[1] == zs[1] and ys[2] != zs[0]:
    print("boxed numbers compare by value")
counts: dict[char, int] = {}
for ch in text:
    counts[ch] = counts.get(ch, 0) + 1
    if counts[ch] == 1 and ch in "abc":
        print(ch, classify(ch), ord(ch), chr(ord(ch) + 1), text.count(ch))
for ch in sorted(counts):
    print(f"{ch}={counts[ch]}")
result = ""
for ch in text:
    result += ch.upper()
    if len(result) > 3:
        break
print(result, result[::-1], len(result))
grid = [[0] * 2 for _ in range(2)]
grid[0][1] += 5
for row in grid:
    print("|".join(row), sum(row), 5 & 3 | 8, 1 << 4 >> 2, 5 ^ 1)
print("quote \" backslash \\ brace {} percent %")
for i in range(7, 0, -3):
    print(i, "small" if i < 5 else "large")
"""


def test_interpreter__agrees_with_python_on_every_construct() -> None:
    program = parse(SEMANTICS)
    for style_seed in range(60):
        source = languages.get("python").emitter(
            type(program)(program.name, program.functions, program.main, style_seed)
        )
        for stdin in ("-7 3\nabcabc1\n", "4 -2\n\n", "0 0\nZz9\n"):
            assert execute(source, stdin) == run(program, stdin), source
