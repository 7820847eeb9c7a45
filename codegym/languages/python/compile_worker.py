"""The warm Python compiler: a script that needs nothing but the interpreter.

It speaks the protocol of `codegym.judge.workers`. Programs are compiled in a forked child with limits of its own, one
by one. Any answer but a plain "yes" or a syntax error is asked again of a child that has compiled nothing before, so
that no program, not even one that crashes the interpreter, has an influence on the next. Nothing is executed.
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
"""Bytes of address space that compiling may take beyond what the worker has."""

PROGRAMS_PER_CHILD = 500

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
    gc.freeze()
    compiler: Compiler | None = None
    _send(answers, b'{"protocol": 2}')
    while header := _receive(requests, 4):
        request = _receive(requests, int.from_bytes(header, "big"))
        program = request[1:]
        compiler = compiler or Compiler(requests, answers)
        verdict = compiler.verdict(program)
        if (verdict is None or not _is_plain(verdict)) and not compiler.is_new:
            # Crashes, and what may depend on the programs before, are asked of a child that has compiled nothing.
            compiler.end()
            compiler = Compiler(requests, answers)
            verdict = compiler.verdict(program)
        verdict = verdict or _verdict_of_crash(compiler.end())
        if compiler.is_worn_out or not _is_plain(verdict):
            compiler.end()
            compiler = None
        _send(answers, verdict)
        if request[:1] == b"B":
            _send(answers, program if verdict == ACCEPTED else b"")


class Compiler:
    """A forked child that compiles one program after the other, within limits.

    Args:
        requests: The pipe whose end is the end of everything; the child does not have it.
        answers: The judge's other pipe; the child does not have it, either.
    """

    def __init__(self, requests: int, answers: int) -> None:
        self._requests = requests
        self._programs = 0
        self._ended: int | None = None
        asked, self._ask = os.pipe()
        self._answer, answered = os.pipe()
        address_space = _address_space() + MEMORY_LIMIT
        self._child = os.fork()
        if self._child == 0:
            try:
                for pipe in (requests, answers, self._ask, self._answer):
                    os.close(pipe)
                resource.setrlimit(resource.RLIMIT_AS, (address_space, address_space))
                resource.setrlimit(resource.RLIMIT_CPU, (CPU_LIMIT, CPU_LIMIT))
                resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
                while header := _receive(asked, 4):
                    _send(answered, _verdict(_receive(asked, int.from_bytes(header, "big"))))
            finally:
                os._exit(0)
        os.close(asked)
        os.close(answered)

    @property
    def is_new(self) -> bool:
        """Whether it has compiled one program at most."""
        return self._programs < 2

    @property
    def is_worn_out(self) -> bool:
        """Whether it should be replaced, so that nothing that a compiler leaves behind adds up."""
        return self._programs >= PROGRAMS_PER_CHILD

    def verdict(self, program: bytes) -> bytes | None:
        """Returns the answer for a program, None if the child ended without one."""
        self._programs += 1
        try:
            _send(self._ask, program)
            _wait(self._answer, self._requests)
            header = _receive(self._answer, 4)
            return _receive(self._answer, int.from_bytes(header, "big")) or None if header else None
        except BrokenPipeError:
            return None
        except EOFError:
            os.kill(self._child, signal.SIGKILL)
            raise SystemExit(0) from None

    def end(self) -> int:
        """Ends the child, and returns the status that it ended with."""
        if self._ended is None:
            os.close(self._ask)
            os.close(self._answer)
            _, self._ended = os.waitpid(self._child, 0)
        return self._ended


def _is_plain(verdict: bytes) -> bool:
    """Returns whether a verdict follows from the grammar alone, whatever was compiled before."""
    return verdict == ACCEPTED or b'"code": "SyntaxError"' in verdict or b'"code": "IndentationError"' in verdict


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
