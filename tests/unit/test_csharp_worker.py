"""C#'s compile worker: verdicts like those of `mcs`, programs that run, and what it does when mono dies."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from codegym.errors import ToolchainMissingError
from codegym.languages.csharp.toolchain import ENVIRONMENT, OPTIONS, TOOLCHAIN, WARM_UP

pytestmark = pytest.mark.skipif(shutil.which("mcs") is None, reason=f"mcs is not installed: {TOOLCHAIN.install}")

OK = {"ok": True, "status": "ok", "diagnostics": []}


class Worker:
    """A compile worker without a sandbox."""

    def __init__(self, folder: Path, arguments: tuple[str, ...] | None = None) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            arguments or TOOLCHAIN.compile_worker().arguments,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=folder,
            env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": str(folder)},
        )
        self.hello = self.receive()

    def receive(self) -> bytes:
        assert self.process.stdout is not None
        return self.process.stdout.read(int.from_bytes(self.process.stdout.read(4), "big"))

    def send(self, request: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(len(request).to_bytes(4, "big") + request)
        self.process.stdin.flush()

    def check(self, program: bytes) -> dict[str, Any]:
        self.send(b"C" + program)
        verdict: dict[str, Any] = json.loads(self.receive())
        return verdict

    def build(self, program: bytes) -> tuple[dict[str, Any], bytes]:
        self.send(b"B" + program)
        return json.loads(self.receive()), self.receive()

    def children(self) -> list[int]:
        threads = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(child) for child in threads.read_text("ascii").split()]


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    worker = Worker(tmp_path_factory.mktemp("csharp"))
    yield worker
    worker.process.communicate(timeout=10)
    assert worker.process.returncode == 0
    assert list(worker.folder.iterdir()) == []


def command_status(program: bytes, folder: Path) -> int:
    """Returns the exit status of the reference command."""
    (folder / "program.cs").write_bytes(program)
    command = ["mcs", "program.cs", "-out:program.exe", *OPTIONS]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode


def main(body: str, around: str = "") -> bytes:
    return f"{around} class P {{ static void Main() {{ {body} }} }}".encode()


def test_says_hello(worker: Worker) -> None:
    assert worker.hello == b'{"protocol": 2}'


def test_accepts_what_it_warms_up_with(worker: Worker) -> None:
    assert worker.check(WARM_UP.read_bytes())["ok"]


@pytest.mark.parametrize(
    ("program", "line", "code"),
    [
        (b"class P {\n static void Main() { int x = 1 } }", 2, "CS1525"),
        (b"class P {\n static void Main() {\n x = 1; } }", 3, "CS0103"),
        (main("string s = 1;"), 1, "CS0029"),
        (main("int x; System.Console.Write(x);"), 1, "CS0165"),
        (main("var x = null;"), 1, "CS0815"),
        (main("", "sealed class A {} class B : A {}"), 1, "CS0509"),
        (main("", "using Missing;"), 1, "CS0246"),
        (b"class P { static void Main() {} static void Main(string[] a) {} }", 1, "CS0017"),
        (b"class P {}", 0, "CS5001"),
        (b"", 0, "CS5001"),
        (b"class P { static void Main() { /* open", 1, "CS1035"),
    ],
)
def test_rejects(worker: Worker, program: bytes, line: int, code: str) -> None:
    verdict, built = worker.build(program)
    assert (verdict["ok"], verdict["status"], built) == (False, "error", b"")
    diagnostic = verdict["diagnostics"][0]
    assert (diagnostic["line"], diagnostic["code"], diagnostic["severity"]) == (line, code, "error")
    assert diagnostic["message"]


@pytest.mark.parametrize(
    "program",
    [
        main("System.Console.WriteLine(1);"),
        main("dynamic d = 1; System.Console.WriteLine(d + 1);"),
        main("(int a, string b) t = (1, null); int x = default; System.Console.WriteLine(t.a + x);"),
        main(
            "BigInteger b = BigInteger.Pow(2, 100); Debug.Assert(b > 0);",
            "using System.Numerics; using System.Diagnostics;",
        ),
        main(
            "foreach (var x in new[] { 1, 2 }.Select(y => y * 2)) Console.Write(x);", "using System; using System.Linq;"
        ),
        main("", "class Locale {} class SR {} class Interop {}"),
        b"\xef\xbb\xbfusing System.Threading.Tasks; class P\xc3\xa9 { static async Task F() { await Task.Yield(); } "
        b"static int Main(string[] a) { F().Wait(); return 0; } }",
    ],
)
def test_accepts(worker: Worker, program: bytes) -> None:
    verdict, built = worker.build(program)
    assert verdict == OK
    assert built.startswith(b"MZ")


def test_warnings_do_not_fail(worker: Worker) -> None:
    verdict = worker.check(main("int unused = 1;"))
    assert (verdict["ok"], verdict["status"]) == (True, "ok")
    assert [(one["severity"], one["code"]) for one in verdict["diagnostics"]] == [("warning", "CS0219")]


def test_no_program_knows_the_one_before(worker: Worker) -> None:
    assert worker.check(main("", "class Helper { public static int One = 1; }"))["ok"]
    assert not worker.check(main("System.Console.WriteLine(Helper.One);"))["ok"]
    assert worker.check(main("", "struct Helper {}"))["ok"]


@pytest.mark.parametrize(
    "program",
    [
        main(
            "System.Console.WriteLine(1);",
            "namespace System { class Console { public static void WriteLine(int x) {} } }",
        ),
        main("string s = 1;", "namespace System { public class String {} }"),
        main("", '[assembly: System.Reflection.AssemblyKeyFile("/etc/passwd")]'),
        main("int x = 1" + "+1" * 20_000 + ";"),
    ],
    ids=["own System.Console", "own System.String", "assembly attribute", "deep"],
)
def test_what_the_warm_compiler_cannot_know_is_asked_of_the_command(
    worker: Worker, program: bytes, tmp_path: Path
) -> None:
    assert worker.check(program)["ok"] == (command_status(program, tmp_path) == 0)


def test_what_was_built_runs(worker: Worker, tmp_path: Path) -> None:
    program = main(
        'System.Console.WriteLine(System.Console.ReadLine() + 1); System.Diagnostics.Debug.Assert(false, "heard");'
    )
    verdict, built = worker.build(program)
    assert verdict["ok"]
    (tmp_path / "program.exe").write_bytes(built)
    done = subprocess.run(
        TOOLCHAIN.run_arguments(str(tmp_path / "program.exe")),
        input=b"in\n",
        capture_output=True,
        check=False,
        env={**os.environ, **ENVIRONMENT},
    )
    assert (done.returncode, done.stdout) == (0, b"in1\n")
    assert b"Fail: heard" in done.stderr


def test_survives_the_death_of_mono(worker: Worker) -> None:
    (mono,) = worker.children()
    os.kill(mono, signal.SIGKILL)
    assert worker.check(main(""))["ok"]
    assert not worker.check(main("x"))["ok"]
    assert worker.children() != [mono]


def test_works_without_a_warm_compiler(worker: Worker, tmp_path: Path) -> None:
    _, silent = worker.build(main(""))
    (tmp_path / "silent.exe").write_bytes(silent)
    *start, settings = TOOLCHAIN.compile_worker().arguments
    settings = json.dumps({**json.loads(settings), "executable": str(tmp_path / "silent.exe")})
    cold = Worker(tmp_path, (*start, settings))
    assert cold.build(main(""))[1].startswith(b"MZ")
    verdict = cold.check(b"class P {\n static void Main() { x = 1; } }")
    assert [(one["line"], one["column"], one["code"]) for one in verdict["diagnostics"]] == [(2, 23, "CS0103")]
    cold.process.communicate(timeout=10)


def test_ends_with_its_input_and_takes_mono_with_it(tmp_path: Path) -> None:
    worker = Worker(tmp_path)
    (mono,) = worker.children()
    worker.send(b"C" + main("".join(f"int a{i} = {i};" for i in range(20_000))))
    worker.process.communicate(timeout=10)
    assert worker.process.returncode == 0
    deadline = time.monotonic() + 5
    while Path(f"/proc/{mono}").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not Path(f"/proc/{mono}").exists()


def test_version_names_the_options() -> None:
    version = TOOLCHAIN.version()
    assert version is not None
    assert version.startswith("mcs ")
    assert all(option in version for option in OPTIONS)


def test_a_missing_mono_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert TOOLCHAIN.version() is None
    for command in (TOOLCHAIN.compile_worker, TOOLCHAIN.run_worker):
        with pytest.raises(ToolchainMissingError, match="mono-mcs"):
            command()
