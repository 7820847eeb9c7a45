"""The warm C# compiler's protocol side: a script that needs nothing but the interpreter.

It speaks the compile protocol of `codegym.judge.workers`. The verdict is that of the command
`mono mcs.exe program.cs -out:program.exe <options>`. A warm process of mono (`CompileWorker.cs`) compiles each program
in a forked child, with the same compiler. Where a child dies, or the warm process does, the command itself is asked.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import signal
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

SOURCE = "program.cs"
OUTPUT = "program.exe"
PATIENCE = 10
"""Seconds after which a child is given up: no verdict, the command is asked."""

MESSAGE_LIMIT = 1_000
DIAGNOSTICS_KEPT = 20
OUTPUT_KEPT = 1 << 20
"""Bytes of the command's output that are read."""

MESSAGE = re.compile(
    r"^(?:[^\n(]*\((?P<line>\d+),(?P<column>\d+)[^)\n]*\): )?"
    r"(?P<severity>error|warning) (?P<code>CS\d+): (?P<text>.*)$",
    re.MULTILINE,
)
INTERNAL_ERRORS = ("CS0584", "CS0589")
OUT_OF_MEMORY = re.compile(r"OutOfMemoryException|Out of memory|could not allocate|Could not allocate")

GARBAGE_COLLECTOR = "major=marksweep,no-concurrent-sweep,nursery-size=8m"
"""No threads of its own: those do not exist in a forked child, which would wait for them."""

Verdict = dict[str, Any]


@dataclass(frozen=True)
class Compiler:
    """The compiler, by absolute paths.

    Attributes:
        mono: The runtime.
        mcs: The compiler's assembly.
        options: Its options.
        worker: `CompileWorker.cs`.
        executable: The same, compiled; does not exist where there is no place to keep it.
        warm_up: A program to warm up with.
    """

    mono: str
    mcs: str
    options: list[str]
    worker: str
    executable: str
    warm_up: str

    @property
    def command(self) -> list[str]:
        """The command whose verdict counts."""
        return [self.mono, self.mcs, SOURCE, f"-out:{OUTPUT}", *self.options]


def main() -> None:
    """Answers until standard input ends."""
    compiler = Compiler(**json.loads(sys.argv[1]))
    requests, answers = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    warm = WarmCompiler(compiler, requests)
    _send(answers, b'{"protocol": 2}')
    while header := _receive(requests, 4):
        request = _receive(requests, int.from_bytes(header, "big"))
        if not request:
            raise SystemExit("a request without a program")
        verdict = warm.verdict(request[1:]) or cold_verdict(compiler, request[1:], requests)
        _send(answers, json.dumps(verdict).encode("ascii"))
        if request[:1] == b"B":
            _send(answers, _read(OUTPUT) if verdict["ok"] else b"")
        _remove(SOURCE)
        _remove(OUTPUT)
    warm.kill()


class WarmCompiler:
    """The process of mono that is warm, or what replaces it after its death.

    Where it does not work from the start (a mono whose compiler has other parts), there is none, and each verdict is
    the command's.
    """

    def __init__(self, compiler: Compiler, requests: int) -> None:
        self._requests = requests
        self._unread = b""
        self._process: subprocess.Popen[bytes] | None = None
        executable = compiler.executable
        if not os.path.exists(executable):  # noqa: PTH110  # pathlib costs a third of the start
            executable = os.path.abspath("CompileWorker.exe")  # noqa: PTH100
            build = [compiler.mono, compiler.mcs, f"-r:{compiler.mcs}", f"-out:{executable}", compiler.worker]
            subprocess.run(build, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        self._command = [compiler.mono, executable, str(PATIENCE), compiler.warm_up, SOURCE, f"-out:{OUTPUT}"]
        self._command += compiler.options
        self._environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "LANG": "C.UTF-8",
            "HOME": os.getcwd(),  # noqa: PTH109
            "MONO_PATH": os.path.dirname(compiler.mcs),  # noqa: PTH120
            "MONO_GC_PARAMS": GARBAGE_COLLECTOR,
        }
        self.works = True
        accepted, rejected = self.verdict(_read(compiler.warm_up)), self.verdict(b"class P { static void Main() {")
        self.works = accepted is not None and rejected is not None and accepted["ok"] and not rejected["ok"]
        if not self.works:
            self.kill()

    def verdict(self, program: bytes) -> Verdict | None:
        """Returns the verdict on a program, and leaves what was built from it; returns None where there is none."""
        if not self.works:
            return None
        try:
            process = self._process or self._start()
            _write(SOURCE, program)
            assert process.stdin is not None
            os.write(process.stdin.fileno(), b"\n")
            answer = self._line(process)
            if not answer.startswith(b"{"):  # the child died, and the process says so
                return None
            if self._line(process) != b"ended 0":
                return None
        except (OSError, EOFError):
            self.kill()
            return None
        verdict: Verdict = json.loads(answer)
        return None if _internal_errors(verdict["diagnostics"]) else verdict

    def kill(self) -> None:
        """Ends the process and its children."""
        if self._process is not None:
            _end(self._process)
            self._process = None
        self._unread = b""

    def _start(self) -> subprocess.Popen[bytes]:
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            env=self._environment,
        )
        if self._line(self._process) != b"ready":
            raise EOFError
        return self._process

    def _line(self, process: subprocess.Popen[bytes]) -> bytes:
        assert process.stdout is not None
        while b"\n" not in self._unread:
            self._unread += _wait_and_read(process, self._requests)
        line, _, self._unread = self._unread.partition(b"\n")
        return line


def cold_verdict(compiler: Compiler, program: bytes, requests: int) -> Verdict:
    """Returns the verdict of the command, and leaves what it built."""
    _remove(OUTPUT)
    _write(SOURCE, program)
    process = subprocess.Popen(
        compiler.command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        bufsize=0,
    )
    output = b""
    with contextlib.suppress(EOFError):
        while True:
            output = (output + _wait_and_read(process, requests))[:OUTPUT_KEPT]
    status = process.wait()
    text = output.decode("utf-8", "replace")
    if status == 0:
        return {"ok": True, "status": "ok", "diagnostics": _diagnostics(text)}
    if status == -signal.SIGKILL:
        raise SystemExit("the compiler was killed")  # not by the program
    if status == -signal.SIGXCPU:
        return {"ok": False, "status": "time_limit", "diagnostics": []}
    diagnostics = _diagnostics(text)
    if any(OUT_OF_MEMORY.search(message) for message in _internal_errors(diagnostics)):
        return {"ok": False, "status": "memory_limit", "diagnostics": []}
    if not any(diagnostic["severity"] == "error" for diagnostic in diagnostics):
        if OUT_OF_MEMORY.search(text):
            return {"ok": False, "status": "memory_limit", "diagnostics": []}
        how = f"signal {-status}" if status < 0 else f"status {status}"
        diagnostics = [_diagnostic("error", f"The compiler crashed ({how}).", "crash"), *diagnostics]
    return {"ok": False, "status": "error", "diagnostics": diagnostics[:DIAGNOSTICS_KEPT]}


def _internal_errors(diagnostics: list[Verdict]) -> list[str]:
    """Returns what the compiler said about errors of its own: they can depend on the memory and the stack it had."""
    return [diagnostic["message"] for diagnostic in diagnostics if diagnostic["code"] in INTERNAL_ERRORS]


def _diagnostics(output: str) -> list[Verdict]:
    """Returns what the compiler said, errors first."""
    said = [
        _diagnostic(match["severity"], match["text"], match["code"], int(match["line"] or 0), int(match["column"] or 0))
        for match in MESSAGE.finditer(output)
    ]
    return sorted(said, key=lambda diagnostic: diagnostic["severity"] != "error")[:DIAGNOSTICS_KEPT]


def _diagnostic(severity: str, message: str, code: str, line: int = 0, column: int = 0) -> Verdict:
    return {
        "line": line,
        "column": column,
        "severity": severity,
        "message": message[:MESSAGE_LIMIT],
        "code": code,
    }


def _wait_and_read(process: subprocess.Popen[bytes], requests: int) -> bytes:
    """Returns what the process says next.

    Raises:
        EOFError: It says nothing any more.
        SystemExit: The judge is gone; so is the process then.
    """
    assert process.stdout is not None
    poller = select.poll()
    poller.register(process.stdout, select.POLLIN)
    poller.register(requests, 0)  # only its end is reported
    if any(pipe == requests for pipe, _ in poller.poll()):
        _end(process)
        raise SystemExit(0)
    if part := os.read(process.stdout.fileno(), 1 << 16):
        return part
    raise EOFError


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    process.wait()


def _write(name: str, content: bytes) -> None:
    with open(name, "wb") as file:  # noqa: PTH123
        file.write(content)


def _read(name: str) -> bytes:
    with open(name, "rb") as file:  # noqa: PTH123
        return file.read()


def _remove(name: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(name)  # noqa: PTH108


def _receive(pipe: int, count: int) -> bytes:
    """Returns `count` bytes, or none at all where the pipe has ended."""
    received = bytearray()
    while len(received) < count:
        part = os.read(pipe, count - len(received))
        if not part:
            return b""
        received += part
    return bytes(received)


def _send(pipe: int, frame: bytes) -> None:
    unsent = memoryview(len(frame).to_bytes(4, "big") + frame)
    while unsent:
        unsent = unsent[os.write(pipe, unsent) :]


if __name__ == "__main__":
    main()
