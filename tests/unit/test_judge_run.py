"""Running and grading programs: outcomes, limits, comparison, memory of verdicts, failures of workers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegym.errors import ConfigurationError, IsolationError, JudgeError, ToolchainMissingError
from codegym.judge import Judge, sandbox
from codegym.judge.cache import VerdictCache, key_of
from codegym.judge.compare import same_output
from codegym.judge.workers import WorkerError, parse_run
from codegym.types import CompileResult, Diagnostic, Grade, HarnessTest, Limits, RunResult, TestCase, TestOutcome

QUICK = Limits(time=1.0)
SMALL = Limits(time=3.0, memory=64 << 20)

DOUBLES = {
    "python": "print(2 * int(input()))\n",
    "java": "import java.util.*; class Main { public static void main(String[] a) {"
    " System.out.println(2 * new Scanner(System.in).nextInt()); } }",
    "c": '#include <stdio.h>\nint main(void) { int x; if (scanf("%d", &x) != 1) return 3;'
    ' printf("%d\\n", 2 * x); return 0; }\n',
    "cpp": "#include <iostream>\nint main() { int x; if (!(std::cin >> x)) return 3; std::cout << 2 * x << '\\n'; }\n",
    "csharp": "using System; class Program { static void Main() {"
    " Console.WriteLine(2 * int.Parse(Console.ReadLine())); } }",
    "php": "<?php\n$line = fgets(STDIN);\nif (!is_numeric(trim($line))) exit(3);\necho 2 * (int)$line, PHP_EOL;\n",
}


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Judge(workers=2) as judge:
        yield judge


def needs(language: str) -> None:
    try:
        from codegym import languages

        languages.get(language).toolchain.compile_worker()
    except ToolchainMissingError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("language", DOUBLES)
def test_grade__every_language_runs_its_tests(judge: Judge, language: str) -> None:
    needs(language)
    program = DOUBLES[language]
    tests = [TestCase("4\n", "8\n"), TestCase("5", "10"), TestCase("6", "13"), TestCase("seven", "14")]
    grade = judge.grade(language, program, tests)
    assert grade.outcomes == ("passed", "passed", "wrong_answer", "runtime_error")
    assert (grade.status, grade.compiled, grade.passed, grade.total) == ("runtime_error", True, 2, 4)
    assert judge.grade(language, program, tests[:3]).status == "failed"
    assert judge.grade(language, program, tests[:2]).status == "passed"
    broken = judge.grade(language, f"{program})", tests)
    assert (broken.status, broken.compiled, broken.total) == ("compile_error", False, 4)
    assert broken.outcomes == ("compile_error",) * 4
    assert broken.diagnostics


@pytest.mark.parametrize("language", DOUBLES)
def test_run__every_language(judge: Judge, language: str) -> None:
    needs(language)
    result = judge.run(language, DOUBLES[language], "21\n")
    assert (result.status, result.stdout, result.exit_code, result.ok) == ("exited", "42\n", 0, True)
    failed = judge.run(language, DOUBLES[language], "many\n")
    assert (failed.status, failed.ok) == ("exited", False) or failed.status == "signalled"
    rejected = judge.run(language, f"{DOUBLES[language]})")
    assert rejected.status == "compile_error"
    assert rejected.stderr


def test_run__python_sees_what_a_script_sees(judge: Judge) -> None:
    program = """
        import __main__, atexit, sys
        atexit.register(print, "last")
        print(__name__, sys.argv, __main__.answer if hasattr(__main__, "answer") else None)
        answer = 42
        print(__main__.answer, [line.strip() for line in sys.stdin])
        print("é\\N{GRINNING FACE}", file=sys.stderr)
        exit("bye")
    """
    result = judge.run("python", textwrap.dedent(program), "a\nb")
    assert result.stdout == "__main__ ['program.py'] None\n42 ['a', 'b']\nlast\n"
    assert result.stderr == "é\N{GRINNING FACE}\nbye\n"
    assert result.exit_code == 1


def test_run__runs_share_nothing(judge: Judge) -> None:
    program = "import os, math\nprint(sorted(os.listdir('.')), getattr(math, 'x', 0))\nmath.x = 1\nopen('f', 'w')\n"
    tests = [TestCase("", "[] 0")] * 4
    assert judge.grade("python", program, tests).status == "passed"


ENDS = """
import os, sys
word = sys.stdin.readline().strip()
if word == "flood":
    while True: print("x" * 1000)
if word == "noise": print("x" * 100_000, file=sys.stderr)
if word == "hang":
    while True: pass
if word == "abort": os.abort()
if word == "error": raise ValueError
if word == "close":
    for number in (0, 1, 2): os.close(number)
print(word)
"""
OUTCOMES: dict[str, TestOutcome] = {
    "fine": "passed",
    "flood": "output_limit",
    "noise": "passed",
    "abort": "runtime_error",
    "error": "runtime_error",
    "close": "runtime_error",
}


def test_grade__each_of_many_runs_has_its_own_end(judge: Judge) -> None:
    words = [word for word in OUTCOMES for _ in range(3)] + list(OUTCOMES) * 20
    grade = judge.grade("python", ENDS, [TestCase(word, word) for word in words], SMALL)
    assert grade.outcomes == tuple(OUTCOMES[word] for word in words)


@pytest.mark.parametrize("before", [0, 1, 2, 70])
def test_grade__after_a_run_without_end_there_are_no_more(judge: Judge, before: int) -> None:
    words = ["fine"] * before + ["hang"] + ["fine"] * 70
    grade = judge.grade("python", ENDS, [TestCase(word, word) for word in words], SMALL)
    assert grade.outcomes == ("passed",) * before + ("time_limit",) * 71
    assert judge.grade("python", ENDS, [TestCase("fine", "fine")]).status == "passed"


def test_grade__inputs_may_be_long(judge: Judge) -> None:
    program = "import sys\nprint(len(sys.stdin.read()))"
    tests = [TestCase(letter * 6_000_000, "6000000") for letter in "abcdefg"]
    assert judge.grade("python", program, tests).status == "passed"


def test_run__chance_is_the_same_in_every_run() -> None:
    program = "import random\nprint(random.random(), random.sample(range(1000), 3))"
    printed = set()
    for _ in range(2):
        with Judge(workers=1) as judge:
            printed |= {judge.run("python", program).stdout for _ in range(2)}
    assert len(printed) == 1


def test_run__python_threads_are_waited_for(judge: Judge) -> None:
    program = "import threading, time\nthreading.Thread(target=lambda: (time.sleep(0.2), print('late'))).start()\n"
    assert judge.run("python", program).stdout == "late\n"


def test_run__hash_order_is_the_same_in_every_worker() -> None:
    program = "print(list({'a', 'b', 'c', 'd', 'e', 'f', 'g'}), hash('x'))\n"
    outputs = set()
    for _ in range(2):
        with Judge(workers=1) as judge:
            outputs.add(judge.run("python", program).stdout)
    assert len(outputs) == 1


@pytest.mark.parametrize("language", ["c", "cpp"])
@pytest.mark.parametrize(
    ("statements", "printed"),
    [
        ('int x; printf("%d", x);', "0"),
        ('double x[3]; printf("%g", x[2]);', "0"),
        ('printf("%p", (void *)"0");', None),
        ('int x; printf("%p", (void *)&x);', None),
        ('printf("%p", malloc(9));', None),
    ],
    ids=["integer", "array", "literal", "stack", "heap"],
)
def test_run__what_a_program_leaves_to_chance_is_the_same_in_every_worker(
    language: str, statements: str, printed: str | None
) -> None:
    needs(language)
    if subprocess.run(["setarch", "-R", "true"], capture_output=True, check=False).returncode:
        pytest.skip("the kernel does not fix addresses here")
    program = f"#include <stdio.h>\n#include <stdlib.h>\nint main() {{ {statements} }}\n"
    outputs = set()
    for _ in range(4):
        with Judge(workers=1) as judge:
            outputs.add(judge.run(language, program).stdout)
    assert len(outputs) == 1
    assert outputs == {printed} or (printed is None and outputs != {""})


@pytest.mark.parametrize(
    ("program", "status"),
    [
        ("while True: pass", "time_limit"),
        ("import time\ntime.sleep(60)", "time_limit"),
        ("x = bytearray(1 << 32)", "memory_limit"),
        ("x = [0]\nwhile True: x += x", "memory_limit"),
        ("while True: print('x' * 1000)", "output_limit"),
        ("import os\nos.kill(os.getpid(), 11)", "signalled"),
        ("import os\nos.close(1)\nos.close(2)\nos.close(0)\nwhile True: pass", "time_limit"),
        ("raise SystemExit(7)", "exited"),
    ],
)
def test_run__limits(judge: Judge, program: str, status: str) -> None:
    started = time.monotonic()
    result = judge.run("python", program, limits=SMALL)
    assert result.status == status
    assert not result.ok
    assert time.monotonic() - started < 8.0
    assert len(result.stdout) <= QUICK.output


def test_grade__an_endless_loop_costs_its_limit_once(judge: Judge) -> None:
    started = time.monotonic()
    grade = judge.grade("python", "while True: pass", [TestCase("", "")] * 10, QUICK)
    assert grade.outcomes == ("time_limit",) * 10
    assert time.monotonic() - started < 4.0
    harnesses = [HarnessTest(f"assert loop() == {number}") for number in range(10)]
    grade = judge.grade("python", "def loop():\n    while True: pass", harnesses, QUICK)
    assert grade.outcomes == ("time_limit",) * 10
    assert time.monotonic() - started < 8.0


LOOPS = {
    "python": "while True: pass",
    "java": "class Main { public static void main(String[] a) { long x = 0; while (true) { x++; } } }",
    "c": "int main(void) { volatile int x = 0; for (;;) x ^= 1; }",
    "cpp": "int main() { volatile int x = 0; for (;;) x = x ^ 1; }",
    "csharp": "class Program { static void Main() { long x = 0; while (true) { x++; } } }",
    "php": "<?php\nwhile (true) {}\n",
}


@pytest.mark.parametrize("language", LOOPS)
def test_run__processor_time_ends_a_loop_long_before_real_time(judge: Judge, language: str) -> None:
    needs(language)
    started = time.monotonic()
    result = judge.run(language, LOOPS[language], limits=Limits(time=60.0, processor_time=1.0))
    assert (result.status, result.signal) == ("time_limit", 0)
    assert time.monotonic() - started < 30.0


def test_run__who_waits_takes_no_processor_time(judge: Judge) -> None:
    sleeps = Limits(processor_time=1.0)
    assert judge.run("python", "import time\ntime.sleep(1.5)\nprint('awake')", limits=sleeps).stdout == "awake\n"
    needs("java")
    program = (
        "class Main { public static void main(String[] a) throws Exception {"
        ' Thread.sleep(1500); System.out.println("awake"); } }'
    )
    assert judge.run("java", program, limits=sleeps).stdout == "awake\n"


RUNS_THAT_LINGER = """
import os, sys, time
sys.path.insert(0, os.environ["RUNNER"])
import runner

class Lingering:
    tested = False
    def prepare(self): pass
    def test(self): pass
    def __init__(self): self.runs = 0
    def place(self):
        self.runs += 1
        with open("runs", "w") as file: file.write(str(self.runs))
    def enter(self):
        what, *numbers = os.read(0, 100).decode().split()
        with open("../runs") as file: runs = file.read()
        if runs in numbers:
            while what == "loop": pass
            time.sleep(60)
        os.write(1, what.encode())

settings = runner.Settings((), lingers=sys.argv[1] == "lingers")
request = {"marker": "", "time_limit": 1.0, "processor_time": 60, "output_limit": 100, "memory_limit": 1 << 32}
program = Lingering()
requests, _ = os.pipe()
stdins = [text.encode() for text in sys.argv[2:]]
for outcome in runner.run_all(program, settings, request, stdins, requests):
    print(outcome.status, outcome.stdout.decode())
print(program.runs)
"""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("lingers", "a", "sleep 2", "b"), "exited a|exited sleep|exited b|4"),
        (("lingers", "sleep 1", "sleep 3", "b"), "exited sleep|exited sleep|exited b|5"),
        (("lingers", "a", "sleep 2 3", "b"), "exited a|time_limit |not_run |3"),
        (("lingers", "a", "loop 2", "b"), "exited a|time_limit |not_run |2"),
        (("ends", "a", "sleep 2", "b"), "exited a|time_limit |not_run |2"),
    ],
    ids=["second of three", "two of three", "twice", "loop", "elsewhere"],
)
def test_run__what_stands_still_after_its_end_is_tried_once_more(
    tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    environment = {**os.environ, "RUNNER": str(Path(sandbox.__file__).parent)}
    script = [sys.executable, "-c", RUNS_THAT_LINGER, *arguments]
    done = subprocess.run(script, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (done.stdout.rstrip().replace("\n", "|"), done.stderr) == (said, "")


@pytest.mark.slow
def test_run__a_program_that_used_monos_pool_of_threads_ends() -> None:
    needs("csharp")
    program = (
        "using System; using System.Threading.Tasks; class Program { static void Main() {"
        " Parallel.For(0, 100, i => { }); Console.WriteLine(Task.Run(() => 3).Result); } }"
    )
    with Judge(workers=6) as judge, ThreadPoolExecutor(6) as pool:
        limits = Limits(time=3.0)
        results = list(pool.map(lambda _: judge.run("csharp", program, limits=limits), range(600)))
    assert {(result.status, result.stdout) for result in results} == {("exited", "3\n")}


def test_run__who_does_not_listen_to_the_limit_is_killed(judge: Judge) -> None:
    program = "import signal\nsignal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True: pass"
    result = judge.run("python", program, limits=Limits(time=60.0, processor_time=1.0))
    assert (result.status, result.signal) == ("time_limit", 0)


@pytest.mark.parametrize(
    "arguments",
    [
        {"time": 0},
        {"processor_time": 0},
        {"processor_time": 1e9},
        {"time": -1},
        {"time": float("nan")},
        {"time": 1e9},
        {"memory": 0},
        {"memory": 1 << 60},
        {"output": -1},
    ],
)
def test_limits__that_make_no_sense_are_refused(arguments: dict[str, float]) -> None:
    with pytest.raises(ConfigurationError, match="limit of"):
        Limits(**arguments)  # type: ignore[arg-type]


SORTS = "def order(values):\n    return sorted(values)\n"
POINT = """
class Point:
    def __init__(self, x):
        self.x = x

    def moved(self):
        return Point(self.x + 1)
"""


@pytest.mark.parametrize(
    ("program", "code", "outcome"),
    [
        (SORTS, "assert order([3, 1]) == [1, 3]", "passed"),
        (SORTS, "def check(f):\n    assert f([3, 1]) == [1, 3]\ncheck(order)", "passed"),
        (SORTS, "assert order([3, 1]) == [3, 1]", "wrong_answer"),
        (SORTS, "assert order((3, 1)) == (1, 3)", "wrong_answer"),
        (SORTS, "order(['a', 1])", "runtime_error"),
        (SORTS, "sort([1])", "runtime_error"),
        (SORTS, "try:\n    order(None)\nexcept TypeError:\n    pass\nelse:\n    raise AssertionError", "passed"),
        ("def f(x):\n    x.sort()", "values = [2, 1]\nf(values)\nassert values == [1, 2]", "passed"),
        ("import math\ndef f(): yield from range(3)", "assert list(f()) == [0, 1, 2] and math.pi > 3", "passed"),
        ("def f(n): return 10 ** n", "assert f(5000) == 10 ** 5000", "passed"),
        ("def f(): return {1: {'a': (2.5, None)}, (2, 3): {4}}", "assert f()[1]['a'] == (2.5, None)", "passed"),
        ("from collections import Counter\ndef f(s): return Counter(s)", "assert f('aa') == {'a': 2}", "passed"),
        (POINT, "p = Point(1).moved()\nassert p.x == 2 and isinstance(p, Point)", "passed"),
        ("def len(x): return 42", "assert len([1]) == 1", "passed"),
    ],
)
def test_grade__python_harness(judge: Judge, program: str, code: str, outcome: str) -> None:
    assert judge.grade("python", program, [HarnessTest(code)]).outcomes == (outcome,)


def test_grade__the_entry_point_may_have_the_name_of_a_builtin(judge: Judge) -> None:
    test = HarnessTest("assert sum(2, 3) == 6", entry_point="sum")
    assert judge.grade("python", "def sum(a, b): return a * b", [test]).status == "passed"


def test_grade__a_program_that_compiles_only_without_its_test_is_still_a_verdict(judge: Judge) -> None:
    assert judge.grade("python", "x = (", [HarnessTest("assert x")]).status == "compile_error"


def test_grade__both_kinds_of_tests_keep_their_order(judge: Judge) -> None:
    program = "def f(x): return x + 1\nif __name__ == '__main__':\n    print(f(1))"
    tests = [HarnessTest("assert f(1) == 2"), TestCase("", "2"), HarnessTest("assert f(1) == 3"), TestCase("", "3")]
    assert judge.grade("python", program, tests).outcomes == ("passed", "passed", "wrong_answer", "wrong_answer")


def test_map_grade__keeps_the_order_and_refuses_lists_that_do_not_fit(judge: Judge) -> None:
    programs = [f"print({number})" for number in range(20)]
    grades = judge.map_grade("python", programs, [[TestCase("", str(number % 7))] for number in range(20)])
    assert [grade.status for grade in grades] == ["passed" if number < 7 else "failed" for number in range(20)]
    with pytest.raises(ConfigurationError, match="20 programs and tests for 1"):
        judge.map_grade("python", programs, [[]])


@pytest.mark.parametrize(
    ("expected", "printed", "tolerance", "same"),
    [
        ("1 2\n3\n", "1 2  \n3", None, True),
        ("1\n\n\n", "1", None, True),
        ("1", "1\r\n", None, True),
        ("1\n2", "1 2", None, False),
        ("a", "A", None, False),
        (" 1", "1", None, False),
        ("", "\n \n", None, True),
        ("0.1", "0.1000001", None, False),
        ("0.1", "0.1000001", 1e-6, True),
        ("1000000", "1000000.5", 1e-6, True),
        ("1.0 x", "1 x", 1e-6, True),
        ("1.0 x", "1 y", 1e-6, False),
        ("1", "nan", 1e9, False),
        ("1", "inf", 1e9, False),
        ("1 2", "1", 1e-6, False),
        ("nan", "nan", 1e-6, True),
    ],
)
def test_same_output(expected: str, printed: str, tolerance: float | None, same: bool) -> None:
    assert same_output(expected, printed, tolerance) is same


@given(st.text(max_size=40))
def test_same_output__is_reflexive_and_ignores_trailing_white_space(text: str) -> None:
    assert same_output(text, text)
    assert same_output(text, f"{text}\n \n")


GRADE = Grade("failed", True, 1, 2, (Diagnostic(1, 2, "error", "m", "c"),), ("passed", "wrong_answer"))
VERDICT = CompileResult(False, "error", (Diagnostic(1, 2, "error", "m", "c"),))


def test_cache__on_disk_outlives_the_process(tmp_path: Path) -> None:
    pytest.importorskip("diskcache")
    for verdict in (GRADE, VERDICT):
        cache = VerdictCache(tmp_path)
        cache.put("key", verdict)
        cache.close()
        again = VerdictCache(tmp_path)
        assert again.get("key") == verdict
        again.close()


def test_cache__is_bounded_and_forgets_the_oldest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("codegym.judge.cache.VERDICTS_KEPT", 2)
    cache = VerdictCache()
    cache.put("a", GRADE)
    cache.put("b", VERDICT)
    assert cache.get("a") == GRADE
    cache.put("c", VERDICT)
    assert (cache.get("a"), cache.get("b"), cache.get("c")) == (GRADE, None, VERDICT)


def test_cache__what_depends_on_time_is_not_kept() -> None:
    cache = VerdictCache()
    cache.put("a", Grade("runtime_error", True, 0, 1, (), ("time_limit",)))
    cache.put("b", CompileResult(False, "time_limit"))
    assert cache.get("a") is None
    assert cache.get("b") is None


def test_key__distinguishes_parts() -> None:
    assert len({key_of("ab", "c"), key_of("a", "bc"), key_of("abc"), key_of(b"abc", "")}) == 4


def test_judge__keeps_verdicts_on_disk(tmp_path: Path) -> None:
    pytest.importorskip("diskcache")
    tests = [TestCase("1\n", "2\n")]
    for _ in range(2):
        with Judge(workers=1, cache=tmp_path) as judge:
            assert judge.grade("python", DOUBLES["python"], tests).status == "passed"
            workers = judge.worker_pids()
    assert workers == ()  # the second judge has asked nobody


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"{}",
        b'{"status": "passed", "exit_code": 0, "signal": 0, "completed": true}',
        b'{"status": "exited", "exit_code": "0", "signal": 0, "completed": true}',
        b'{"status": "exited", "exit_code": 0, "signal": 0, "completed": 1}',
        b'["exited"]',
    ],
)
def test_parse_run__garbage_is_never_an_outcome(answer: bytes) -> None:
    with pytest.raises(WorkerError):
        parse_run(answer, b"", b"")


def test_parse_run__reads_what_a_worker_says() -> None:
    answer = b'{"status": "exited", "exit_code": 3, "signal": 0, "completed": false}'
    assert parse_run(answer, b"\xff", b"e") == RunResult("exited", "\N{REPLACEMENT CHARACTER}", "e", 3, 0, False)


def test_run__workers_killed_while_they_work_cost_no_verdict() -> None:
    with Judge(workers=2, retries=20) as judge:
        judge.run("python", "print(1)")
        done = threading.Event()

        def kill() -> None:
            while not done.is_set():
                for pid in judge.worker_pids():
                    try:
                        os.kill(pid, signal.SIGKILL)
                    except ProcessLookupError:
                        continue
                    break
                time.sleep(0.4)

        killer = threading.Thread(target=kill)
        killer.start()
        try:
            programs = [f"import time\ntime.sleep(0.02)\nprint({number})" for number in range(40)]
            grades = judge.map_grade("python", programs, [[TestCase("", str(number))] for number in range(40)])
        finally:
            done.set()
            killer.join()
    assert [grade.status for grade in grades] == ["passed"] * 40


def test_run__a_parent_killed_in_the_middle_of_a_program_leaves_nothing(tmp_path: Path) -> None:
    script = (
        "import threading, time\nfrom codegym import Judge\njudge = Judge(workers=1)\njudge.run('python', 'print(1)')\n"
        "print(*judge.worker_pids(), flush=True)\njudge.run('python', 'while True: pass')\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pids = [int(pid) for pid in parent.stdout.readline().split()]
    time.sleep(0.5)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 10
    while any(alive(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert pids
    assert not any(alive(pid) for pid in pids)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_isolation__must_be_one_that_exists() -> None:
    with Judge(isolation="jail") as judge, pytest.raises(ConfigurationError, match="'jail'; it must be one of auto"):  # type: ignore[arg-type]
        judge.compile("python", "")


def test_isolation__is_refused_where_nothing_is_adequate(monkeypatch: pytest.MonkeyPatch) -> None:
    leaky = sandbox.LayerReport("namespaces", (sandbox.Attack("read a file outside", False),), "")
    absent = sandbox.LayerReport("landlock", (), "the kernel has none")
    monkeypatch.delenv("CODEGYM_ISOLATION", raising=False)
    monkeypatch.setattr(sandbox, "examine", {"namespaces": leaky, "landlock": absent}.__getitem__)
    with Judge() as judge, pytest.raises(IsolationError, match="lets through: read a file outside") as failure:
        judge.run("python", "print(1)")
    assert "isolation='none'" in str(failure.value)
    assert "the kernel has none" in str(failure.value)
    assert not isinstance(failure.value, JudgeError)


def test_isolation__none_must_be_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "examine", lambda layer: sandbox.LayerReport(layer, (), "not here"))
    monkeypatch.setenv("CODEGYM_ISOLATION", "none")
    with Judge(workers=1) as judge:
        assert judge.run("python", "print(1)").stdout == "1\n"
    monkeypatch.setenv("CODEGYM_ISOLATION", "nothing")
    with Judge(workers=1) as judge, pytest.raises(ConfigurationError, match="CODEGYM_ISOLATION is 'nothing'"):
        judge.run("python", "print(1)")
