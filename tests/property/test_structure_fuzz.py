"""Whatever is written, structure has a score in [0, 1], for time and memory that grow with the length of the text."""

from __future__ import annotations

import gc
import itertools
import math
import random
import re
import time
import tracemalloc
import weakref
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from codegym.structure import (
    MatchMode,
    StructureReference,
    StructureScores,
    StructureTracker,
    codebleu,
    dataflow_match,
    syntax_match,
)

LANGUAGES = ["c", "cpp", "csharp", "java", "php", "python"]
MODES: list[MatchMode] = ["f1", "f1", "recall", "recall", "codebleu"]  # the last one takes as long as the others

PROGRAMS = {
    "c": [
        """#include <stdio.h>
#define MAX(a, b) ((a) > (b) ? (a) : (b))
struct point { int x; struct point *next; };
static int add(const int values[], size_t n) {
    int total = 0, i;
    for (i = 0; i < n; i++) { if (values[i] < 0) continue; total += values[i]; }
    while (total > 0x10 && n--) total >>= 1;  /* é */
    return total;
}
""",
        """int main(int argc, char **argv) {
    struct point p = { .x = 1, .next = &p }, *q = p.next;
    switch (argc) { case 1: q->x = 'a'; break; default: goto end; }
    do { scanf("%d\\n", &p.x); } while (q != NULL);
end:
    return sizeof(int) * p.x;
}
""",
    ],
    "cpp": [
        """template <typename T> class Box : public Base<T> {
public:
    explicit Box(T value) : value_(std::move(value)) {}
    T get() const { return this->value_; }
private:
    T value_;
};
""",
        """int main() {
    std::vector<int> v{1, 2, 3}; int a, b;
    std::cin >> a >> b;
    for (auto &x : v) { x += a; std::cout << x << "é\\n"; }
    auto f = [&](int y) -> int { return y + b; };
    try { auto [k, m] = pair(f(a), b); delete p; } catch (const E &e) { throw; }
    std::string raw = R"(x)";
    return v.size() > 0 ? v[0] : -1;
}
""",
    ],
    "csharp": [
        """using System; namespace N { public record R(int A);
class Box<T> where T : class, new() {
    public int Count { get; private set; } = 0;
    async Task<int> Sum(IEnumerable<int> items, out int last) {
        last = 0;
        foreach (var item in items) { last = item; Count += item; }
        await Task.Delay(1); // é
        return Count;
    }
} }
""",
        """class P { static void Main(string[] args) {
    var text = $"{args[0],3:x} \\n" + @"a""b";
    Func<int, int> f = x => x switch { > 1 => x, _ => 0 };
    try { using var s = Open(); if (s is Stream t && t != null) t.Write(f(1)); } catch (E e) when (e.X) { throw; }
    (int a, int b) = (1, 2); int? c = a ?? b;
    lock (this) { do { a++; } while (a < b); }
} }
""",
    ],
    "java": [
        """import java.util.*;
public class Sums<T extends Comparable<T>> implements Runnable {
    private final int[] counts = new int[]{1, 2};
    int add(int[] values, int limit) {
        int total = 0;
        for (int i = 0; i < values.length; i++) { if (values[i] > limit) continue; total += values[i]; }
        for (int v : values) { this.counts[0] = v; }
        return total;
    }
}
""",
        """static String join(List<String> parts, char c) throws IOException {
    String text = "é\\n" + c;
    try (Writer w = open(text)) { while (!parts.isEmpty()) { w.write(parts.remove(0)); } }
    catch (IOException | E error) { throw new IllegalStateException("no", error); } finally { text = null; }
    switch (c) { case 'a' -> c++; default -> { text = parts.stream().map(p -> p + c).toString(); } }
    if (text instanceof String s) { return (String) s; } else return text;
}
""",
    ],
    "php": [
        """<?php
namespace A; use B\\C;
function add(array $values, int &$limit = 1): ?int {
    $total = 0; global $g;
    foreach ($values as $key => $v) { if ($v > $limit) continue; $total += $v; $g[$key] = $v; }
    $f = function ($x) use ($total) { return $x . "é {$total} $x[0]\\n"; };
    return $total ?? fn($y) => $y;
}
""",
        """<p><?= $title ?></p>
<?php class P extends Q { private $a = [1, 'b' => 2];
    public static function make() { try { $p = new self(); $p->a[] = 3; } catch (E $e) { throw $e; } finally {}
        switch ($p) { case 1: echo <<<T
x $p
T;
        break; default: list($a, $b) = $p; }
        return $p?->a; } } ?>
text
""",
    ],
    "python": [
        """import os
class Box(dict):
    @property
    def size(self, *args, key=None, **kwargs) -> int:
        \"\"\"é\"\"\"
        total = 0
        for i, value in enumerate(self.values):
            if value < 0: continue
            total += value; self.count[i] = f"{value!r:>{total}}"
        else:
            return [x for x in args if x not in kwargs]
""",
        """async def read(path):
\tglobal name
\twith open(path) as file, lock:
\t\ttry:
\t\t\tname, *rest = (lambda a: a ** 2)(file), {1: 'b'}
\t\texcept (OSError, E) as error:
\t\t\traise X from error
\twhile (n := len(rest)) > 0x1f:  # é
\t\tmatch rest:
\t\t\tcase [a, P(b=c)] if c: del a
\t\t\tcase _: yield await n
""",
    ],
}

WORDS = """
    { } ( ) [ ] < > ; , : . = += -- ! ~ & * - ? :: -> => == << >>= @ $ # \\ ` ' " ''' // /* */ <!--
    if else for while do switch case default break continue return try catch finally throw new class struct
    int void var auto static const goto import using namespace template typename operator sizeof enum union
    def lambda async await yield with as elif except raise global nonlocal match del not in is None pass
    foreach function fn use echo list isset abstract interface trait record when lock
    x y 0 1.5e3 0x 1_000 'a' "b" f"{ {x} $" @" R"( #if #define #else #endif <<<A <?php <?= ?> é 名 😀
"""
SPACES = ["\n", "\r\n", "\r", "\t", "    ", " ", "\n\t", "\n    \t", "\f", "\v", "\u2028", "\ufeff", "\0", "\\\n"]
HOSTILE = [
    *(word.encode() for word in [*WORDS.split(), '"""', *SPACES]),
    *[b"\xff", b"\xc3", b"\xe2\x82", b"\xf0\x9f\x98", b"\x80", b"\xed\xa0\x80", b"\xc0\x80", b"\xf8\x88\x80\x80\x80"],
    *[b"a" * 300, b"_" * 100, b"9" * 100, b"(" * 50, b"{" * 50, b"-" * 50, b"\0" * 20],
]
TOKEN = re.compile(rb"\s*(?:\w+|.)", re.DOTALL)


def random_program(language: str, chance: random.Random) -> bytes:
    """Returns a short text: bytes, words, or a program that has come to harm."""
    program = chance.choice(PROGRAMS[language]).encode()
    start = chance.choice([0, chance.randrange(len(program))])
    program = program[start : start + chance.randint(1, 150)]
    tokens = TOKEN.findall(program)
    kind = chance.randrange(8)
    if kind == 0:
        program = chance.randbytes(chance.randint(0, 60))
    elif kind == 1:
        glue = chance.choice([b"", b" ", b"\n"])
        program = glue.join(chance.choices(HOSTILE, k=chance.randint(1, 30)))
    elif kind == 2:
        program = b"".join(chance.choices(tokens + HOSTILE, k=chance.randint(1, 40)))
    elif kind == 3:
        program = b"".join(chance.sample(tokens, k=len(tokens)))
    elif kind == 4:
        for _ in range(chance.randint(1, 6)):
            place = chance.randrange(len(tokens))
            tokens[place : place + chance.randint(0, 3)] = chance.choices(HOSTILE + tokens, k=chance.randint(1, 2))
            tokens = tokens or [b"x"]
        program = b"".join(tokens)
    elif kind == 5:
        place = chance.randrange(len(program))
        program = program[:place] + chance.randbytes(chance.randint(0, 3)) + program[place + chance.randint(0, 3) :]
    elif kind == 6:
        program = re.sub(rb"\n\s*", lambda _: b"\n" + bytes(chance.choices(b" \t", k=chance.randint(0, 9))), program)
    if chance.random() < 0.1:
        program = program.replace(b"\n", chance.choice([b"\r\n", b"\r", b"\n\n"]))
    if chance.random() < 0.1:
        program = chance.choice([b"\xef\xbb\xbf", b"<?php ", b"#!", b"\xff\xfe"]) + program
    return program


def cut(program: bytes, chance: random.Random) -> list[bytes]:
    """Returns a program in a few pieces, which may end within a character."""
    edges = sorted(chance.randint(0, len(program)) for _ in range(chance.randint(0, 4)))
    return [program[start:end] for start, end in itertools.pairwise([0, *edges, len(program)])]


def is_score(number: float) -> bool:
    return math.isfinite(number) and 0.0 <= number <= 1.0


@cache
def known_reference(program: str, language: str, mode: MatchMode) -> StructureReference:
    return StructureReference(program, language, mode)


def check_scores(language: str, program: bytes, pieces: list[bytes], other: str, mode: MatchMode) -> None:
    """Compares a program with another one, as candidate and as reference, whole and in pieces."""
    reference = known_reference(other, language, mode)
    tracker = StructureTracker(reference, language)
    for piece in pieces:
        assert is_score(tracker.push(piece).syntax) and is_score(tracker.scores.dataflow)
    assert tracker.push(b"", exact=True) == reference.scores(program)

    half = len(program) // 2
    tracker = StructureTracker(program, language, mode)
    tracker.push(program[:half])
    fork = tracker.fork()
    assert fork.push(other[:50]) == tracker.push(other[:50])
    assert is_score(fork.scores.syntax) and is_score(fork.scores.dataflow)

    assert is_score(syntax_match(program, other, language, mode))
    assert is_score(dataflow_match(program, other, language, mode))
    if mode == "codebleu":
        parts = codebleu(other, program.decode("utf-8", "replace"), language)
        assert all(map(is_score, (parts.ngram, parts.weighted_ngram, parts.syntax, parts.dataflow, parts.total)))


def fuzz(language: str, numbers: range) -> None:
    """Checks random programs, each of which depends on its number alone."""
    for number in numbers:
        chance = random.Random(f"{language} {number}")
        program = random_program(language, chance)
        pieces, other, mode = cut(program, chance), chance.choice(PROGRAMS[language])[:200], chance.choice(MODES)
        try:
            check_scores(language, program, pieces, other, mode)
        except Exception as error:
            message = f"number {number} in {language}, mode {mode}: {program!r} in pieces {pieces} beside {other!r}"
            raise AssertionError(message) from error


@pytest.mark.parametrize("language", LANGUAGES)
def test_random_programs__have_scores(language: str) -> None:
    fuzz(language, range(300))


@pytest.mark.parametrize(
    ("language", "number"), [("c", 56_370), ("cpp", 15_904), ("cpp", 24_721), ("csharp", 50_707), ("python", 195)]
)
def test_random_program_that_had_none__has_scores(language: str, number: int) -> None:
    fuzz(language, range(number, number + 1))


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_many_random_programs__have_scores(language: str) -> None:
    fuzz(language, range(300, 100_300))


# Memory

STATUS = Path("/proc/self/status")
needs_proc = pytest.mark.skipif(not STATUS.exists(), reason="the memory of a process is read from /proc")


def resident_memory() -> int:
    """Returns how many kilobytes of this process are in memory."""
    gc.collect()
    found = re.search(r"VmRSS:\s+(\d+)", STATUS.read_text())
    assert found is not None
    return int(found[1])


def statements(language: str, count: int) -> list[bytes]:
    """Returns a program of so many statements, each with its line."""
    variable = "$" if language == "php" else ""
    head, tail = FRAMES[language]
    body = [f"{variable}v{at % 90} = {variable}v{at % 7} + {at % 10};\n" for at in range(count)]
    return [line.encode() for line in (head, *body, tail)]


QUICK = [name if name in ("java", "python") else pytest.param(name, marks=pytest.mark.slow) for name in LANGUAGES]


@needs_proc
def test_random_programs__leave_nothing_in_memory() -> None:
    for language in LANGUAGES:
        fuzz(language, range(50))
    before = resident_memory()
    for language in LANGUAGES:
        fuzz(language, range(150))
    assert resident_memory() - before < 5_000


@needs_proc
@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_many_random_programs__leave_nothing_in_memory(language: str) -> None:
    fuzz(language, range(3_000))
    before = resident_memory()
    fuzz(language, range(30_000))
    assert resident_memory() - before < 10_000


@needs_proc
@pytest.mark.parametrize("language", QUICK)
def test_deleted_tracker__frees_its_memory(language: str) -> None:
    lines = statements(language, 400)
    reference = StructureReference(b"".join(lines), language)

    def track() -> tuple[weakref.ref[StructureTracker], weakref.ref[StructureTracker]]:
        tracker = StructureTracker(reference, language)
        for start in range(0, len(lines), 100):
            tracker.push(b"".join(lines[start : start + 100]))
        fork = tracker.fork()
        fork.push("x", exact=True)
        return weakref.ref(tracker), weakref.ref(fork)

    for _ in range(2):
        track()
    tracemalloc.start()
    track()
    gc.collect()
    resident, (allocated, _) = resident_memory(), tracemalloc.get_traced_memory()
    for _ in range(6):
        tracker, fork = track()
        assert tracker() is None and fork() is None  # nothing waits for the garbage collector
    gc.collect()
    assert tracemalloc.get_traced_memory()[0] - allocated < 100_000
    tracemalloc.stop()
    assert resident_memory() - resident < 10_000


def memory_of_tracker(language: str, count: int, pieces: Callable[[list[bytes]], list[bytes]]) -> tuple[int, int]:
    """Returns how many bytes a tracker of so many statements holds in the end, and at most."""
    lines = statements(language, count)
    tracker = StructureTracker(PROGRAMS[language][0], language)
    gc.collect()
    tracemalloc.start()
    for piece in pieces(lines):
        tracker.push(piece)
    gc.collect()
    held = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return held


@pytest.mark.parametrize("language", ["java", pytest.param("python", marks=pytest.mark.slow)])
def test_memory_of_a_tracker__grows_with_the_program(language: str) -> None:
    held = [memory_of_tracker(language, count, lambda lines: lines) for count in (100, 200, 400)]
    for less, more in itertools.pairwise(held):
        assert more[0] < 2.6 * less[0] and more[1] < 2.6 * less[1], held


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_memory_of_a_tracker__grows_with_the_program_token_by_token(language: str) -> None:
    held = [
        memory_of_tracker(language, count, lambda lines: TOKEN.findall(b"".join(lines))) for count in (250, 500, 1_000)
    ]
    for less, more in itertools.pairwise(held):
        assert more[0] < 2.6 * less[0] and more[1] < 2.6 * less[1], held


# Time


class Shape(NamedTuple):
    """A program that repeats something: `head`, many times `unit`, `middle`, as many times `closing`.

    `$` stands before every variable, and `%` for the number of the repetition.
    """

    head: str = ""
    unit: str = ""
    middle: str = ""
    closing: str = ""


FRAMES = {
    "c": ("void f(int a, int b) { ", " }"),
    "cpp": ("void f(int a, int b) { ", " }"),
    "csharp": ("class A { void f(int a, int b) { ", " } }"),
    "java": ("class A { void f(int a, int b) { ", " } }"),
    "php": ("<?php function f($a, $b) { ", " }"),
    "python": ("", ""),
}

LONG = {
    "statements": Shape(unit="$a = $b; "),
    "variables": Shape(unit="$v% = $a; "),
    "sum": Shape("$x = $a", " + $b", ";"),
    "string": Shape('$x = "', "text ", '";'),
    "arguments": Shape("f($a", ", $v%", ");"),
    "array": Shape("int x[] = {1", ", %", "};"),
    "ifs": Shape(unit="if ($a) $x = $b; "),
    "else_ifs": Shape("if ($a) $x = $b;", " else if ($a == %) $x = $b;"),
    "methods": Shape("$a", ".f()", ";"),
    "members": Shape("$a", ".b", " = $b;"),
    "assignments": Shape(unit="$a = ", middle="$b;"),
    "comments": Shape(unit="/* a */ ", middle="$a = $b;"),
    "loop": Shape("while ($a) { ", "$v% = $b; ", "}"),
    "breaks": Shape("while ($a) { ", "$v% = $b; if ($b) break; ", "}"),
    "falls": Shape("switch ($a) { ", "case %: $v% = $b; ", "}"),
    "cases": Shape("switch ($a) { ", "case %: $v% = $b; break; ", "}"),
    "name": Shape("$", "a", " = $b;"),
    "quotes": Shape(unit="\" ' "),
    "newlines": Shape(unit="\r\n"),
}

NESTED = {
    "brackets": Shape("$x = ", "(", "$a", ")"),
    "open_brackets": Shape("$x = ", "(", "$a"),
    "closing_brackets": Shape(unit=")", middle="$x = $a"),
    "blocks": Shape("", "{", "$x = $a;", "}"),
    "open_blocks": Shape("", "{", "$x = $a;"),
    "lists": Shape("$x = ", "[", "$a", "]"),
    "mixed": Shape("$x = ", "([{", "$a", "}])"),
    "calls": Shape("$x = ", "f(", "$a", ")"),
    "indices": Shape("$x = ", "$a[", "0", "]"),
    "ifs": Shape("", "if ($a) ", "$x = $a;"),
    "loops": Shape("", "while ($a) ", "$x = $a;"),
    "signs": Shape("$x = ", "- ", "$a;"),
    "negations": Shape("$x = ", "!", "$a;"),
    "conditions": Shape("$x = ", "$a ? $b : ", "$a;"),
    "lambdas": Shape("$x = ", "y => ", "$a;"),
}

OWN = {
    ("array", "csharp"): Shape("int[] x = {1", ", %", "};"),
    ("array", "java"): Shape("int[] x = {1", ", %", "};"),
    ("array", "php"): Shape("$x = [1", ", %", "];"),
    ("array", "python"): Shape("x = [1", ", %", "]"),
    ("ifs", "python"): Shape("", "if a: ", "x = b"),
    ("else_ifs", "python"): Shape("if a: x = b\n", "elif a == %: x = b\n"),
    ("methods", "php"): Shape("$a", "->f()", ";"),
    ("members", "php"): Shape("$a", "->b", " = $b;"),
    ("comments", "python"): Shape("", "# a\n"),
    ("loop", "python"): Shape("while a:\n", " v% = b\n"),
    ("breaks", "python"): Shape("while a:\n", " v% = b\n if b: break\n"),
    ("falls", "python"): Shape("try:\n pass\n", "except E%: v% = b\n"),
    ("cases", "python"): Shape("match a:\n", " case %: v% = b\n"),
    ("loops", "python"): Shape("", "for x in ", "a"),
    ("negations", "python"): Shape("x = ", "not ", "a"),
    ("conditions", "python"): Shape("x = ", "a if b else ", "a"),
    ("lambdas", "c"): Shape("x = ", "(int) ", "a;"),
    ("lambdas", "cpp"): Shape("x = ", "[&](int y) { return ", "a", "; }"),
    ("lambdas", "java"): Shape("x = ", "y -> ", "a;"),
    ("lambdas", "php"): Shape("$x = ", "fn($y) => ", "$a;"),
    ("lambdas", "python"): Shape("x = ", "lambda y: ", "a"),
}
"""What a language writes in another way."""


def long_program(shape: str, language: str, size: int) -> bytes:
    """Returns a program of about so many bytes, on one line where the language can do that."""
    chosen = OWN.get((shape, language), LONG[shape])
    return repeated(chosen, language, size // len(chosen.unit.replace("%", "1000").replace("$", "")))


def nested_program(shape: str, language: str, levels: int) -> bytes:
    return repeated(OWN.get((shape, language), NESTED[shape]), language, levels)


def repeated(shape: Shape, language: str, count: int) -> bytes:
    variable = "$" if language == "php" else ""
    head, unit, middle, closing = (part.replace("$", variable) for part in shape)
    units = "".join(unit.replace("%", str(number)) for number in range(count))
    before, after = FRAMES[language]
    return f"{before}{head}{units}{middle}{closing * count}{after}".encode()


SHAPES = [
    pytest.param(kind, shape, language, id=f"{kind}-{shape}-{language}")
    for kind, shapes in (("long", LONG), ("nested", NESTED))
    for shape in shapes
    for language in LANGUAGES
]


def program_of(kind: str, shape: str, language: str, size: int) -> bytes:
    """Returns a program of about `size` bytes, or of a tenth of it levels."""
    if kind == "long":
        return long_program(shape, language, size)
    return nested_program(shape, language, size // 10)


def processor_time(action: Callable[[], object], runs: int = 2) -> float:
    """Returns the least seconds that an action took: what else the machine does only adds to it."""
    taken = []
    for _ in range(runs):
        start = time.process_time()
        action()
        taken.append(time.process_time() - start)
    return min(taken)


def grows_with_the_program(action: Callable[[int], object]) -> bool:
    """Whether an action on four times as much takes about four times as long, where the square would be sixteen."""
    quarter, whole = (processor_time(lambda size=size: action(size)) for size in (25_000, 100_000))
    return whole < 20.0 and whole < 8.0 * max(quarter, 0.05)


@pytest.mark.parametrize(("kind", "shape", "language"), SHAPES)
def test_long_and_nested_program__matches_itself(kind: str, shape: str, language: str) -> None:
    program = program_of(kind, shape, language, 20_000)
    reference = StructureReference(program, language)
    scores = reference.scores(program)
    assert scores == StructureScores(*(float(name not in reference.inactive) for name in ("syntax", "dataflow")))
    tracker = StructureTracker(reference, language)
    for start in range(0, len(program), 5_000):
        tracker = tracker.fork()
        tracker.push(program[start : start + 5_000])
    assert tracker.push(b"", exact=True) == scores


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "shape", "language"), SHAPES)
def test_time_of_a_whole_program__grows_with_it(kind: str, shape: str, language: str) -> None:
    known = StructureReference(PROGRAMS[language][1], language)
    assert grows_with_the_program(lambda size: known.scores(program_of(kind, shape, language, size)))
    assert grows_with_the_program(lambda size: StructureReference(program_of(kind, shape, language, size), language))


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("shape", ["statements", "variables", "string", "arguments", "array", "loop"])
def test_time_of_a_whole_program__grows_with_it_in_codebleu(shape: str, language: str) -> None:
    known = StructureReference(PROGRAMS[language][1], language, "codebleu")
    assert grows_with_the_program(lambda size: known.scores(long_program(shape, language, size)))


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "shape", "language"), SHAPES)
def test_a_piece__never_costs_more_than_the_whole_program(kind: str, shape: str, language: str) -> None:
    program = program_of(kind, shape, language, 50_000)
    reference = StructureReference(program, language)
    whole = processor_time(lambda: reference.scores(program))
    pieces = [program[start : start + 1_000] for start in range(0, len(program), 1_000)]

    def push() -> None:
        tracker = StructureTracker(reference, language)
        for number, piece in enumerate(pieces):
            if number == len(pieces) // 2:
                tracker.fork().push("x")
            tracker.push(piece)

    assert processor_time(push, runs=1) < 1.5 * len(pieces) * max(whole, 0.02)
