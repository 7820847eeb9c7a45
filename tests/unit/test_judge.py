"""The judge through its public names: verdicts, order, limits, failures, and what it leaves behind."""

from __future__ import annotations

import gzip
import itertools
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegym import languages
from codegym.errors import ConfigurationError, JudgeError, ToolchainMissingError, UnknownNameError
from codegym.judge import Judge, shared_judge
from codegym.judge.workers import WorkerError, parse_verdict
from codegym.languages.base import Language, WorkerCommand
from codegym.types import CompileResult

DATA = Path(os.environ.get("CODEGYM_DATA", Path(__file__).parents[2] / "../shared/data"))

HELLO = """
import json, os, sys, time
def send(frame):
    os.write(1, len(frame).to_bytes(4, "big") + frame)
def receive():
    length = int.from_bytes(os.read(0, 4), "big")
    program = b""
    while len(program) < length:
        part = os.read(0, length - len(program))
        if not part:
            os._exit(0)
        program += part
    return program
OK = b'{"ok": true, "status": "ok", "diagnostics": []}'
send(b'{"protocol": 2}')
"""
ACCEPTS_ALL = HELLO + "while receive() is not None: send(OK)"
DIES = HELLO + "receive(); os._exit(3)"
HANGS_ON_BANG = HELLO + "while True: time.sleep(60 * receive()[1:].startswith(b'!')); send(OK)"
DIES_ONCE = HELLO + (
    "receive()\nif not os.path.exists(sys.argv[1]): open(sys.argv[1], 'x').close(); os._exit(3)\nsend(OK); receive()"
)
NEVER_STARTS = "import sys; sys.exit('cannot find my compiler')"


@dataclass(frozen=True)
class Double:
    """A toolchain whose worker is a few lines of Python."""

    command: tuple[str, ...]
    program: str = "double"
    install: str = "nothing to install"

    def version(self) -> str:
        return "1"

    def compile_worker(self) -> WorkerCommand:
        return WorkerCommand(self.command)

    def run_worker(self) -> WorkerCommand:
        return WorkerCommand(self.command)


@dataclass(frozen=True)
class Missing(Double):
    def compile_worker(self) -> WorkerCommand:
        raise ToolchainMissingError("qqc", "Double", "sudo apt-get install qqc")


numbers = itertools.count()


def double(script: str, *arguments: str, kind: type[Double] = Double) -> Language:
    """Returns a language whose compile worker is `script`."""
    name = f"double_{next(numbers)}"
    globals()[name] = kind((sys.executable, "-I", "-S", "-c", script, *arguments))
    return replace(languages.get("python"), name=name, toolchain_path=f"{__name__}:{name}")


def ended(pid: int, within: float = 5.0) -> bool:
    """Returns whether a process ends in time; one that nobody has waited for has ended, too."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state in "ZX":
            return True
        time.sleep(0.02)
    return False


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Judge(workers=2) as judge:
        yield judge


@pytest.fixture(scope="module")
def one_worker() -> Iterator[Judge]:
    with Judge(workers=1) as judge:
        yield judge


java = pytest.mark.needs_javac
needs_jdk = pytest.mark.skipif(shutil.which("javac") is None, reason="there is no javac on the PATH")

GOOD = {
    "python": "def double(x):\n    return 2 * x\n\n\nprint(double(21))\n",
    "java": "public class Anything { public static void main(String[] a) { System.out.println(42); } }",
}
BAD = {
    "python": ("def double(x):\n    return 2 *\n", 2, 15, "SyntaxError"),
    "java": (
        'class A {\n\tint f() {\n\t\treturn "x";\n\t}\n}\n',
        3,
        10,
        "compiler.err.prob.found.req",
    ),
}
EACH = [pytest.param("python"), pytest.param("java", marks=[java, needs_jdk])]


@pytest.mark.parametrize("language", EACH)
def test_compile__accepts_good_programs_and_locates_errors(judge: Judge, language: str) -> None:
    assert judge.compile(language, GOOD[language]) == CompileResult(True, "ok")
    source, line, column, code = BAD[language]
    verdict = judge.compile(language, source)
    assert not verdict.ok
    assert verdict.status == "error"
    first = verdict.diagnostics[0]
    assert (first.line, first.column, first.severity, first.code) == (line, column, "error", code)
    assert first.message


@pytest.mark.parametrize("language", EACH)
def test_compile__empty_and_whitespace_programs_compile(judge: Judge, language: str) -> None:
    assert judge.compile(language, "").ok
    assert judge.compile(language, b" \n\n").ok


@pytest.mark.parametrize("language", EACH)
@pytest.mark.parametrize(
    "source",
    [
        b"\x00\x01\x02\xff\xfe",
        b"\xff\xfe",
        b"\x7fELF\x02\x01\x01\x00",
        "int x = '\ud800'",
        b'"caf\xe9"',
        "a\0b",
        "(" * 200_000,
        "{[(" * 20_000,
        "\u202e\u2066",
        "\N{GRINNING FACE}" * 1000,
    ],
    ids=["binary", "utf-16 mark", "elf", "surrogate", "latin-1", "nul", "parens", "mixed", "bidi", "emoji"],
)
def test_compile__texts_that_are_no_programs_are_rejected(judge: Judge, language: str, source: str | bytes) -> None:
    verdict = judge.compile(language, source)
    assert not verdict.ok
    assert verdict.status in ("error", "memory_limit")
    assert judge.compile(language, GOOD[language]).ok


@pytest.mark.parametrize("language", EACH)
def test_compile__text_and_its_utf8_bytes_get_the_same_verdict(judge: Judge, language: str) -> None:
    for source in (GOOD[language], BAD[language][0], "é = '\N{GRINNING FACE}"):
        assert judge.compile(language, source) == judge.compile(language, source.encode())


@settings(max_examples=60, deadline=None)
@given(source=st.text(max_size=60) | st.binary(max_size=60))
def test_compile__python_verdict_is_that_of_compile(judge: Judge, source: str | bytes) -> None:
    program = source.encode("utf-8", "surrogatepass") if isinstance(source, str) else source
    expected = subprocess_free_compile(program)
    assert judge.compile("python", source).ok is expected


def subprocess_free_compile(program: bytes) -> bool:
    import warnings

    try:
        with warnings.catch_warnings(action="ignore"):
            compile(program, "<program>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, MemoryError, RecursionError, OverflowError):
        return False
    return True


def test_compile__python_warnings_do_not_fail_a_program(judge: Judge) -> None:
    assert judge.compile("python", "x = '\\q'\nprint(x is 1)\nassert (x, 1)\n").ok


def test_compile__python_sees_the_coding_line(judge: Judge) -> None:
    assert judge.compile("python", b"# coding: latin-1\nx = '\xe9'\n").ok
    for coding in ("nonsense", "rot13", "hex", "undefined", "punycode\x00", "../../os"):
        assert judge.compile("python", f"# coding: {coding}\nx = 1\n").status == "error"


def test_compile__python_programs_do_not_see_future_imports_of_the_worker(judge: Judge) -> None:
    assert not judge.compile("python", "print 'Python 2'").ok
    assert judge.compile("python", "from __future__ import annotations\nx: y = 1\n").ok


@java
@needs_jdk
@pytest.mark.parametrize(
    ("source", "ok"),
    [
        ("package a.b.c; public class Deep { }", True),
        ("public class A { public class Inner { } } class B { }", True),
        ("public class A { } public class B { }", False),
        ("class A { } interface B { } enum C { D }", True),
        ("package java.util; public class Mine { }", False),
        ("module m { }", False),
        ("@Deprecated package p;", False),
        ("class A { void f() { int x; x++; } }", False),
        ("class A { void f() { return; int x = 1; } }", False),
        ("class A { int f() throws Exception { throw new Exception(); } int g() { return f(); } }", False),
        ("class A { java.util.List f() { return new java.util.ArrayList(); } }", True),
        ("class A { void f() { new Thread().stop(); } }", True),
        ("import lombok.Data; class A { }", False),
        ("class A { CompileWorker worker; }", False),
        ("class A { com.sun.tools.javac.api.JavacTaskPool pool; }", False),
    ],
)
def test_compile__java_verdicts_are_those_of_javac(judge: Judge, source: str, ok: bool) -> None:
    assert judge.compile("java", source).ok is ok


@java
@needs_jdk
@pytest.mark.parametrize(
    "source",
    [
        'class A { String s = "' + "x" * 70_000 + '"; }',
        "class A { void f(" + ", ".join(f"int a{i}" for i in range(300)) + ") { } }",
        "class A { void f(int x) { " + "x = x * 31 + 7;" * 12_000 + " } }",
        "class A { int x = " + "(" * 100_000 + "1; }",
        "class String { }",
        "package p; class Object { } class A extends Object { }",
    ],
    ids=["string", "parameters", "code", "crash", "shadow", "shadow-object"],
)
def test_compile__a_java_program_does_not_change_the_next_verdict(one_worker: Judge, source: str) -> None:
    good, bad = 'class B { String s = "" + new Object().hashCode(); }', "class B { int x = s; }"
    one_worker.compile("java", source)
    assert one_worker.compile("java", f"{good} // after {source[:40]}").ok
    one_worker.compile("java", f"{source} // again")
    assert not one_worker.compile("java", f"{bad} // after {source[:40]}").ok


@java
@needs_jdk
def test_compile__java_columns_count_characters(judge: Judge) -> None:
    source = 'class A {\r\n\t/* \N{GRINNING FACE} */ int x = "";\r\n}'
    (only,) = judge.compile("java", source).diagnostics
    assert (only.line, only.column) == (2, 18)


def test_compile__source_limit_is_a_verdict_without_a_worker() -> None:
    with Judge(source_limit=10) as judge:
        verdict = judge.compile("python", "x" * 11)
        assert (verdict.ok, verdict.status) == (False, "source_limit")
        assert "11" in verdict.diagnostics[0].message
        assert judge.worker_pids() == ()
        assert judge.compile("python", "x" * 10).ok
        assert judge.compile("python", "ééééé").ok
        assert judge.compile("python", "éééééé").status == "source_limit"


@pytest.mark.parametrize("language", EACH)
def test_compile__one_megabyte_is_over_the_default_limit(judge: Judge, language: str) -> None:
    assert judge.compile(language, "\n" * 1_000_000).status == "source_limit"


def test_compile__time_limit_replaces_the_worker() -> None:
    language = double(HANGS_ON_BANG)
    with Judge(isolation="none", workers=1, time_limit=0.3) as judge:
        assert judge.compile(language, "fine").ok
        (hung,) = judge.worker_pids()
        started = time.monotonic()
        verdict = judge.compile(language, "! for ever")
        assert time.monotonic() - started < 2.0
        assert (verdict.ok, verdict.status) == (False, "time_limit")
        assert ended(hung)
        assert judge.compile(language, "fine as well").ok


def test_compile__time_limit_holds_for_a_worker_that_does_not_read() -> None:
    language = double(HELLO + "time.sleep(60)")
    with Judge(isolation="none", workers=1, time_limit=0.2) as judge:
        assert judge.compile(language, "x" * 250_000).status == "time_limit"


@pytest.mark.parametrize("language", EACH)
def test_map_compile__keeps_the_order(judge: Judge, language: str) -> None:
    good, bad = GOOD[language], BAD[language][0]
    comment = {"python": "#", "java": "//"}[language]
    sources = [f"{bad if i % 3 == 0 else good}\n{comment} {i}" for i in range(60)]
    verdicts = judge.map_compile(language, sources)
    assert [verdict.ok for verdict in verdicts] == [i % 3 != 0 for i in range(60)]
    assert verdicts == [judge.compile(language, source) for source in sources]
    assert judge.map_compile(language, []) == []


def test_map_compile__uses_all_workers_and_no_more() -> None:
    language = double(HELLO + "while True: receive(); time.sleep(0.05); send(OK)")
    with Judge(isolation="none", workers=3) as judge:
        assert all(verdict.ok for verdict in judge.map_compile(language, [str(i) for i in range(12)]))
        assert len(judge.worker_pids()) == 3


def test_compile__verdicts_are_remembered() -> None:
    with Judge(workers=1) as judge:
        first = judge.compile("python", "x = (")
        (worker,) = judge.worker_pids()
        os.kill(worker, signal.SIGKILL)
        assert ended(worker)
        assert judge.compile("python", b"x = (") is first
        assert judge.worker_pids() == (worker,)  # nobody has asked it, so nobody knows


def test_compile__a_worker_killed_between_programs_costs_no_verdict() -> None:
    with Judge(workers=1, retries=0) as judge:
        seen = set()
        for i in range(3):
            assert judge.compile("python", f"x = {i}").ok
            (worker,) = judge.worker_pids()
            seen.add(worker)
            os.kill(worker, signal.SIGKILL)
            assert ended(worker)
        assert len(seen) == 3


def test_compile__workers_killed_while_they_work_cost_no_verdict() -> None:
    with Judge(workers=2, retries=20) as judge:
        stop = threading.Event()

        def kill() -> None:
            while not stop.wait(0.03):
                for pid in judge.worker_pids():
                    try:
                        os.kill(pid, signal.SIGKILL)
                    except ProcessLookupError:
                        continue

        killer = threading.Thread(target=kill)
        killer.start()
        try:
            verdicts = judge.map_compile("python", [f"x = {i}{'(' * (i % 2)}" for i in range(200)])
        finally:
            stop.set()
            killer.join()
        assert [verdict.ok for verdict in verdicts] == [i % 2 == 0 for i in range(200)]


def test_compile__a_worker_that_died_once_is_asked_again(tmp_path: Path) -> None:
    language = double(DIES_ONCE, str(tmp_path / "died"))
    with Judge(isolation="none", workers=1, retries=1) as judge:
        assert judge.compile(language, "x").ok


def test_compile__a_program_that_always_kills_the_worker_is_a_judge_error() -> None:
    language = double(DIES)
    with Judge(isolation="none", workers=1, retries=1) as judge:
        with pytest.raises(JudgeError, match="after 2 attempts"):
            judge.compile(language, "x")
        grades = judge.map_grade(language, ["x", "y"])
        assert [(grade.status, grade.compiled, grade.valid) for grade in grades] == [("judge_error", False, False)] * 2
        assert judge.map_grade("python", ["x", "x = ("])[0].status == "compiled"


def test_compile__a_failure_is_not_remembered(tmp_path: Path) -> None:
    language = double(DIES_ONCE, str(tmp_path / "died"))
    with Judge(isolation="none", workers=1, retries=0) as judge:
        with pytest.raises(JudgeError):
            judge.compile(language, "x")
        assert judge.compile(language, "x").ok


def test_compile__a_worker_that_does_not_start_is_a_judge_error_with_its_last_words() -> None:
    with Judge(isolation="none", workers=1, retries=0) as judge:
        with pytest.raises(JudgeError, match="cannot find my compiler"):
            judge.compile(double(NEVER_STARTS), "x")
        nowhere = double("")
        globals()[nowhere.name] = Double(("/nonexistent/compiler",))
        with pytest.raises(JudgeError, match="/nonexistent/compiler does not start"):
            judge.compile(nowhere, "x")


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\xff\xff",
        b"null",
        b"[]",
        b"{}",
        b'{"ok": true, "status": "ok"}',
        b'{"ok": true, "status": "error", "diagnostics": []}',
        b'{"ok": false, "status": "ok", "diagnostics": []}',
        b'{"ok": 1, "status": "ok", "diagnostics": []}',
        b'{"ok": false, "status": "perfect", "diagnostics": []}',
        b'{"ok": false, "status": ["error"], "diagnostics": []}',
        b'{"ok": false, "status": "error", "diagnostics": {}}',
        b'{"ok": false, "status": "error", "diagnostics": [1]}',
        b'{"ok": false, "status": "error", "diagnostics": [{}]}',
        b'{"ok": false, "status": "error", "diagnostics": [{"line": -1, "column": 0, "severity": "error",'
        b' "message": "", "code": ""}]}',
        b'{"ok": false, "status": "error", "diagnostics": [{"line": 1, "column": true, "severity": "error",'
        b' "message": "", "code": ""}]}',
        b'{"ok": false, "status": "error", "diagnostics": [{"line": 1, "column": 1, "severity": "fatal",'
        b' "message": "", "code": ""}]}',
        b'{"ok": false, "status": "error", "diagnostics": [{"line": 1, "column": 1, "severity": "error",'
        b' "message": 7, "code": ""}]}',
        b"[" * 100_000,
    ],
)
def test_parse_verdict__garbage_is_never_a_verdict(answer: bytes) -> None:
    with pytest.raises(WorkerError, match="no verdict"):
        parse_verdict(answer)


@given(answer=st.binary(max_size=80))
def test_parse_verdict__random_bytes_are_never_a_verdict(answer: bytes) -> None:
    with pytest.raises(WorkerError):
        parse_verdict(answer)


@pytest.mark.parametrize(
    "script",
    [
        HELLO + "receive(); os.write(1, b'\\xff\\xff\\xff\\xff'); time.sleep(60)",
        HELLO + "receive(); send(b'nonsense')",
        HELLO + "receive(); os.write(1, b'\\0\\0\\0\\x20half')",
        HELLO.replace('"protocol": 2', '"protocol": 1') + "receive(); send(OK)",
        "print('Welcome to the compiler!', flush=True); import time; time.sleep(60)",
    ],
    ids=["endless", "nonsense", "half", "protocol", "banner"],
)
def test_compile__a_worker_that_breaks_the_protocol_is_a_judge_error(script: str) -> None:
    with Judge(isolation="none", workers=1, retries=1, time_limit=5) as judge, pytest.raises(JudgeError):
        judge.compile(double(script), "x")


def test_compile__an_unasked_answer_is_not_taken_for_a_verdict() -> None:
    rejected = '{"ok": false, "status": "error", "diagnostics": []}'
    language = double(HELLO + f"while receive() is not None: send(OK); send({rejected.encode()!r})")
    with Judge(isolation="none", workers=1) as judge:
        for i in range(4):
            assert judge.compile(language, str(i)).ok
            time.sleep(0.1)


def test_compile__a_missing_toolchain_is_the_users_to_mend() -> None:
    language = double("", kind=Missing)
    with Judge(isolation="none") as judge:
        with pytest.raises(ToolchainMissingError, match="sudo apt-get install qqc"):
            judge.compile(language, "x")
        with pytest.raises(ToolchainMissingError):
            judge.map_grade(language, ["x", "y"])


def test_java__without_a_jdk_the_install_line_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    toolchain = languages.get("java").toolchain
    assert toolchain.version() is None
    with pytest.raises(ToolchainMissingError, match="default-jdk-headless"):
        toolchain.compile_worker()


@java
@needs_jdk
def test_java__works_where_the_cache_cannot_be_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    with Judge(workers=1) as judge:
        assert judge.compile("java", GOOD["java"]).ok
        assert not judge.compile("java", "class A { CompileWorker worker; }").ok


def test_grade__compiled_or_compile_error(judge: Judge) -> None:
    good, bad = judge.map_grade("Python", ["x = 1", "x = ("])
    assert (good.status, good.compiled, good.total, good.valid) == ("compiled", True, 0, True)
    assert (bad.status, bad.compiled, bad.valid) == ("compile_error", False, True)
    assert bad.diagnostics[0].line == 1
    assert judge.grade(".py", "x = (") == bad
    assert judge.map_grade("python", ["x"], tests=[()])[0].compiled


@pytest.mark.parametrize(
    "arguments",
    [
        {"workers": 0},
        {"workers": -1},
        {"time_limit": 0.0},
        {"time_limit": float("nan")},
        {"source_limit": -1},
        {"retries": -1},
    ],
)
def test_judge__limits_that_make_no_sense_are_refused(arguments: dict[str, int]) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(arguments))):
        Judge(**arguments)


def test_compile__unknown_languages_are_named() -> None:
    with Judge() as judge, pytest.raises(UnknownNameError, match="python"):
        judge.compile("pyton", "x")


@pytest.mark.parametrize("language", EACH)
def test_close__leaves_no_process(language: str) -> None:
    judge = Judge(workers=2)
    judge.map_compile(language, [f"{GOOD[language]}\n{' ' * i}" for i in range(8)])
    pids = judge.worker_pids()
    assert pids
    judge.close()
    judge.close()
    assert judge.closed
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
    with pytest.raises(ConfigurationError, match="closed"):
        judge.compile(language, "")


def test_close__ends_a_worker_that_is_being_asked() -> None:
    language = double(HANGS_ON_BANG)
    judge = Judge(isolation="none", workers=1, time_limit=30)
    failures: list[Exception] = []

    def ask() -> None:
        try:
            judge.compile(language, "!")
        except (JudgeError, ConfigurationError) as error:
            failures.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    while not (pids := judge.worker_pids()):
        time.sleep(0.01)
    judge.close()
    thread.join(timeout=5)
    assert not thread.is_alive()
    assert failures
    assert all(ended(pid) for pid in pids)


def test_judge__a_forgotten_judge_leaves_no_process() -> None:
    judge = Judge(workers=1)
    judge.compile("python", "x")
    (pid,) = judge.worker_pids()
    del judge
    assert ended(pid)


def test_judge__leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with Judge(workers=1) as judge:
        judge.compile("python", "x")
        assert list(tmp_path.iterdir()) == []


def test_judge__many_threads_share_it() -> None:
    with Judge(workers=2) as judge:
        answers: dict[int, list[bool]] = {}

        def ask(number: int) -> None:
            sources = [f"x = {number * 100 + i}{'(' * (i % 2)}" for i in range(20)]
            answers[number] = [judge.compile("python", source).ok for source in sources]

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert answers == {number: [i % 2 == 0 for i in range(20)] for number in range(8)}
        assert len(judge.worker_pids()) <= 2


def test_shared_judge__is_one_and_is_replaced_when_closed() -> None:
    first = shared_judge()
    assert shared_judge() is first
    assert first.compile("python", "x = 1").ok
    first.close()
    second = shared_judge()
    assert second is not first
    assert second.compile("python", "x = 1").ok
    second.close()


def run_script(script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, timeout=60, check=False
    )


def test_judge__a_script_that_never_closes_leaves_no_process() -> None:
    done = run_script(
        "from codegym.judge import Judge, shared_judge\n"
        "judge = Judge(workers=1)\n"
        "assert judge.compile('python', 'x').ok and shared_judge().compile('python', 'x').ok\n"
        "print(*judge.worker_pids(), *shared_judge().worker_pids())\n"
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    pids = [int(word) for word in done.stdout.split()]
    assert len(pids) == 2
    assert all(ended(pid, within=0.1) for pid in pids)


def test_judge__a_forked_child_has_workers_of_its_own() -> None:
    done = run_script(
        "import os, sys\n"
        "from codegym.judge import Judge\n"
        "judge = Judge(workers=1)\n"
        "judge.compile('python', 'x')\n"
        "before = judge.worker_pids()\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    assert judge.worker_pids() == ()\n"
        "    assert not judge.compile('python', 'x = (').ok\n"
        "    assert judge.worker_pids() != before\n"
        "    judge.close()\n"
        "    sys.exit(0)\n"
        "assert os.waitpid(child, 0)[1] == 0\n"
        "assert judge.compile('python', 'y').ok and judge.worker_pids() == before\n"
        "judge.close()\n"
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_judge__a_forked_child_leaves_the_parents_busy_worker_alone() -> None:
    done = run_script(
        "import os, sys, threading, time, warnings\n"
        "from codegym.judge import Judge\n"
        "warnings.simplefilter('ignore', DeprecationWarning)\n"
        "judge = Judge(workers=1, retries=0)\n"
        "judge.compile('python', 'x')\n"
        "answers = []\n"
        "source = 'x=1;' * 60_000\n"
        "thread = threading.Thread(target=lambda: answers.append(judge.compile('python', source)))\n"
        "thread.start()\n"
        "time.sleep(0.05)\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    judge.close()\n"
        "    sys.exit(0)\n"
        "assert os.waitpid(child, 0)[1] == 0\n"
        "thread.join()\n"
        "assert answers[0].ok\n"
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_judge__a_worker_is_replaced_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("codegym.judge.workers.PROGRAMS_PER_WORKER", 3)
    language = double(ACCEPTS_ALL)
    with Judge(isolation="none", workers=1) as judge:
        pids = []
        for i in range(9):
            assert judge.compile(language, str(i)).ok
            pids += judge.worker_pids()
        assert len(set(pids)) == 3


LONG = {
    "python": "x=1;" * 60_000,
    "java": "".join(f"class A{i} {{ int f() {{ return {i}; }} }}\n" for i in range(6_000)),
}


@pytest.mark.parametrize("language", EACH)
def test_judge__a_parent_killed_in_the_middle_of_a_program_leaves_no_worker(language: str) -> None:
    script = (
        "import sys, threading\n"
        "from codegym.judge import Judge\n"
        "judge = Judge(workers=1, time_limit=60)\n"
        f"judge.compile({language!r}, '')\n"
        f"source = {LONG[language]!r}\n"
        f"threading.Thread(target=judge.compile, args=({language!r}, source)).start()\n"
        "print(*judge.worker_pids(), flush=True)\n"
    )
    with subprocess.Popen([sys.executable, "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        assert parent.stdin is not None
        parent.stdin.write(script)
        parent.stdin.close()
        worker = int(parent.stdout.readline())
        time.sleep(0.05)
        parent.kill()
        assert ended(worker, within=2.0)


@pytest.mark.parametrize("language", EACH)
def test_judge__a_killed_parent_leaves_no_worker_even_if_its_forked_child_lives(language: str) -> None:
    script = (
        "import os, sys, time\n"
        "from codegym.judge import Judge\n"
        "judge = Judge(workers=1)\n"
        f"judge.compile({language!r}, '')\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    time.sleep(60)\n"
        "print(*judge.worker_pids(), child, flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        worker, child = (int(word) for word in parent.stdout.readline().split())
        try:
            parent.kill()
            assert ended(worker)
        finally:
            os.kill(child, signal.SIGKILL)


def detokenised_java_programs() -> list[str]:
    """Returns real programs: XLCoST's tokens, separated by spaces, are Java as they stand, literals apart."""
    path = DATA / "xlcost-java-cpp" / "val-Java-C++-tok.java.txt.gz"
    if not path.exists():
        pytest.skip(f"{path} does not exist; set CODEGYM_DATA")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        programs = [line.rstrip("\n") for line in lines]
    replacements = {"▁": " ", "STRNEWLINE": "\\n", "TABSYMBOL": "\\t", "NEW_LINE": "\n"}
    for token, text in replacements.items():
        programs = [program.replace(token, text) for program in programs]
    return [re.sub(r"' (\\?.) '", r"'\1'", program) for program in programs]


def mutants(programs: list[str]) -> list[str]:
    """Returns each program with one token taken out, another one each time."""
    mutated = []
    for number, program in enumerate(programs):
        tokens = program.split(" ")
        del tokens[(number * 7919 + len(tokens) // 2) % len(tokens)]
        mutated.append(" ".join(tokens))
    return mutated


@java
@needs_jdk
@pytest.mark.slow
def test_compile__java_agrees_with_cold_javac_on_real_programs(judge: Judge, tmp_path: Path) -> None:
    programs = detokenised_java_programs()[:20]
    programs += mutants(programs)
    for number, (program, verdict) in enumerate(zip(programs, judge.map_compile("java", programs), strict=True)):
        public = re.search(r"public\s+(?:final\s+|abstract\s+)?class\s+(\w+)", program)
        folder = tmp_path / str(number)
        folder.mkdir()
        file = folder / f"{public[1] if public else 'Main'}.java"
        file.write_text(program, "utf-8")
        cold = subprocess.run(
            ["javac", "-encoding", "UTF-8", "-proc:none", file.name],
            cwd=folder,
            capture_output=True,
            check=False,
        )
        assert verdict.ok is (cold.returncode == 0), program


@java
@needs_jdk
def test_compile__java_verdicts_do_not_depend_on_what_was_compiled_before(judge: Judge, one_worker: Judge) -> None:
    programs = detokenised_java_programs()[:80]
    programs += mutants(programs)
    verdicts = judge.map_compile("java", programs)
    assert verdicts == one_worker.map_compile("java", programs[::-1])[::-1]
    assert 50 < sum(verdict.ok for verdict in verdicts) < 120


def test_compile__python_agrees_with_cold_py_compile(judge: Judge, tmp_path: Path) -> None:
    library = Path(os.__file__).parent
    names = ("bisect", "colorsys", "heapq", "keyword", "stat", "sched", "textwrap", "shlex")
    programs = [(library / f"{name}.py").read_text("utf-8") for name in names]
    programs += mutants(programs)
    for number, (program, verdict) in enumerate(zip(programs, judge.map_compile("python", programs), strict=True)):
        file = tmp_path / f"program{number}.py"
        file.write_text(program, "utf-8")
        cold = subprocess.run([sys.executable, "-m", "py_compile", file], capture_output=True, check=False)
        assert verdict.ok is (cold.returncode == 0), program
