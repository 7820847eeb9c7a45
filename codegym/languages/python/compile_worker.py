"""The warm Python compiler: a script that needs nothing but the interpreter.

It speaks the protocol of `codegym.judge.workers`. Each program is compiled in a forked child with limits of
its own, so that no program, not even one that crashes the interpreter, has an influence on the next. Nothing
is executed.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import select
import signal
import warnings
from typing import Any

MEMORY_LIMIT = 1 << 30
"""Bytes of address space that compiling one program may take beyond what the worker has."""

CPU_LIMIT = 600
"""Seconds of processor time for one program, the second line of defence after the judge's time limit."""

ACCEPTED = b'{"ok": true, "status": "ok", "diagnostics": []}'
OUT_OF_MEMORY = b'{"ok": false, "status": "memory_limit", "diagnostics": []}'
"""Built in advance: a child that has run out of memory cannot build anything."""

MESSAGE_LIMIT = 1_000
"""Characters of a diagnostic's message: some quote the program."""


def main() -> None:
    """Answers until standard input ends."""
    requests, answers = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    warnings.simplefilter("ignore")
    # What the compiler sets up at its first use is thus there before the children are forked: 1 ms less each.
    with open(__file__, "rb") as worker:  # noqa: PTH123  # pathlib costs a third of the start
        _verdict(worker.read())
    _verdict(b"x = (")
    gc.disable()
    gc.freeze()
    address_space = _address_space() + MEMORY_LIMIT
    _send(answers, b'{"protocol": 2}')
    while header := _receive(requests, 4):
        request = _receive(requests, int.from_bytes(header, "big"))
        program = request[1:]
        verdict = _verdict_of_child(program, requests, answers, address_space)
        _send(answers, verdict)
        if request[:1] == b"B":
            _send(answers, program if verdict == ACCEPTED else b"")


def _verdict_of_child(program: bytes, requests: int, answers: int, address_space: int) -> bytes:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            for pipe in (requests, answers, reader):
                os.close(pipe)
            resource.setrlimit(resource.RLIMIT_AS, (address_space, address_space))
            resource.setrlimit(resource.RLIMIT_CPU, (CPU_LIMIT, CPU_LIMIT))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            _send(writer, _verdict(program))
        finally:
            os._exit(0)
    os.close(writer)
    answer = b""
    try:
        _wait(reader, requests)
        if header := _receive(reader, 4):
            answer = _receive(reader, int.from_bytes(header, "big"))
    except EOFError:
        os.kill(child, signal.SIGKILL)
        raise SystemExit(0) from None
    finally:
        os.close(reader)
        _, status = os.waitpid(child, 0)
    return answer or _verdict_of_crash(status)


def _verdict(program: bytes) -> bytes:
    """Returns the answer for one program; this is the whole compiler."""
    try:
        compile(program, "<program>", "exec", dont_inherit=True)
    except MemoryError:
        return OUT_OF_MEMORY
    except SyntaxError as error:
        return _rejected(error, error.msg, error.lineno or 0, error.offset or 0)
    except OSError:
        raise  # the system's failure, not the program's
    except Exception as error:  # ValueError, RecursionError, whatever a codec raises: compile() has refused
        return _rejected(error, str(error))
    return ACCEPTED


def _verdict_of_crash(status: int) -> bytes:
    """Returns the answer for a program whose child ended without one.

    The program is at fault if the interpreter crashed; it is not if the child was killed, or ended by itself.
    """
    number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    if number == signal.SIGXCPU:
        return _answer("time_limit", [])
    if number in (signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGILL, signal.SIGFPE):
        name = signal.Signals(number).name
        return _answer("error", [_diagnostic(f"The compiler crashed ({name}).", name)])
    raise SystemExit(f"compiling ended with status {status}, without a verdict")


def _rejected(error: Exception, message: object, line: int = 0, column: int = 0) -> bytes:
    return _answer("error", [_diagnostic(str(message), type(error).__name__, line, column)])


def _diagnostic(message: str, code: str, line: int = 0, column: int = 0) -> dict[str, Any]:
    return {
        "line": max(0, line),
        "column": max(0, column),
        "severity": "error",
        "message": message[:MESSAGE_LIMIT],
        "code": code,
    }


def _answer(status: str, diagnostics: list[dict[str, Any]]) -> bytes:
    return json.dumps({"ok": False, "status": status, "diagnostics": diagnostics}).encode("ascii")


def _wait(reader: int, requests: int) -> None:
    """Waits for the child's answer; raises EOFError if the judge is gone before."""
    poller = select.poll()
    poller.register(reader, select.POLLIN)
    poller.register(requests, 0)  # only its end is reported
    if any(pipe == requests for pipe, _ in poller.poll()):
        raise EOFError


def _receive(pipe: int, count: int) -> bytes:
    """Returns `count` bytes, or none at all where the pipe has ended."""
    received = b""
    while len(received) < count:
        part = os.read(pipe, count - len(received))
        if not part:
            return b""
        received += part
    return received


def _send(pipe: int, frame: bytes) -> None:
    unsent = len(frame).to_bytes(4, "big") + frame
    while unsent:
        unsent = unsent[os.write(pipe, unsent) :]


def _address_space() -> int:
    """Returns the bytes of address space in use, 0 where the system does not say."""
    try:
        with open("/proc/self/statm", "rb") as statm:  # noqa: PTH123
            return int(statm.read().split()[0]) * resource.getpagesize()
    except OSError:
        return 0


if __name__ == "__main__":
    main()
