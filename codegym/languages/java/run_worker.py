"""Runs Java programs: one JVM for each program, all its runs in it, and the next JVM started ahead.

A script that needs nothing but the interpreter; the protocol, the limits and the filter are `codegym.judge.runner`'s.
In the JVM, `RunHost` gives each run fresh classes and streams. A JVM that a program has brought down, or left threads
in, is replaced for the next run.
"""

from __future__ import annotations

import json
import math
import os
import select
import signal
import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from codegym.judge import runner
else:  # a script has no package
    sys.path.insert(0, sys.argv[1])
    import runner

SETTINGS = runner.Settings(
    command=tuple(json.loads(sys.argv[2])),
    memory="RLIMIT_DATA",
    overhead=512 << 20,
    out_of_memory=("java.lang.OutOfMemoryError",),
)
HOST: list[str] = json.loads(sys.argv[3])
START_LIMIT = 30.0
RETURNED, THROWN, EXITED, FLOODED = b"R", b"X", b"E", b"O"
ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": runner.SCRATCH}


class SilentError(Exception):
    """A JVM did not answer in time."""


class GoneError(Exception):
    """A JVM has ended."""


class FloodError(Exception):
    """A JVM, or the program in it, announces more than `RunHost` ever answers."""


class Machine:
    """One JVM, waiting for a program.

    Args:
        request: The limits of the program that it will run.
    """

    def __init__(self, request: dict[str, Any]) -> None:
        self.memory: int = request["memory_limit"]
        self._loaded = False
        self._output_limit = 0
        self._processor_deadline = math.inf
        requests, self._to = os.pipe()
        self._from, answers = os.pipe()
        failure, failure_writer = os.pipe()
        error = os.open(os.devnull, os.O_WRONLY)
        heap = f"-Xmx{self.memory >> 20}m"

        def become(_: int) -> None:
            runner.confine(SETTINGS, request)
            runner.confine_run(86_400.0)  # its time is the sum of all runs
            os.chdir(runner.FOLDER)
            os.execve(SETTINGS.command[0], [*SETTINGS.command, heap, *HOST], ENVIRONMENT)

        self._process = runner.start(become, [requests, answers, error], failure_writer)
        self._clock = runner.processor_clock(self._process)
        for pipe in (requests, answers, error, failure_writer):
            os.close(pipe)
        self._failure = failure
        os.set_blocking(self._to, False)

    def load(self, artifact: bytes, output_limit: int) -> None:
        """Hands over the program; waits until the JVM is up, which is not the program's time."""
        try:
            hello = self._read(1, time.monotonic() + START_LIMIT)
        except (SilentError, GoneError):
            hello = b""
        if hello != b"H":
            raise SystemExit(f"no JVM: {os.read(self._failure, 1_000).decode('utf-8', 'replace')}")
        self._output_limit = output_limit
        self._write(output_limit.to_bytes(4, "big"), time.monotonic() + START_LIMIT)
        self._write(len(artifact).to_bytes(4, "big") + artifact, time.monotonic() + START_LIMIT)
        self._loaded = True

    def run(self, stdin: bytes, time_limit: float, processor_time: float, requests: int) -> tuple[runner.Outcome, bool]:
        """Runs the program once, and returns how that ended and whether the JVM can be used again."""
        deadline = time.monotonic() + time_limit
        self._processor_deadline = time.clock_gettime(self._clock) + math.ceil(processor_time)
        outcome = runner.Outcome("exited")
        try:
            self._write(len(stdin).to_bytes(4, "big") + stdin, deadline)
            end, left = self._read(1, deadline, requests), self._read(1, deadline)
            outcome.stdout = self._read_text(self._output_limit, deadline)
            outcome.stderr = self._read_text(runner.STDERR_LIMIT, deadline)
        except FloodError:
            outcome.status = "output_limit"
            return outcome, False
        except SilentError:
            outcome.status = "time_limit"
            return outcome, False
        except GoneError:
            self._tell_end(outcome, deadline)
            return outcome, False
        if end == FLOODED:
            outcome.status = "output_limit"
        elif end == THROWN:
            outcome.exit_code = 1
        elif end == EXITED:
            self._tell_end(outcome, deadline)
        return outcome, end in (RETURNED, THROWN) and left == b"\0"

    def close(self) -> None:
        """Ends the JVM."""
        if self._process:
            os.kill(self._process, signal.SIGKILL)
            os.waitpid(self._process, 0)
        for pipe in (self._to, self._from, self._failure):
            os.close(pipe)

    def _tell_end(self, outcome: runner.Outcome, deadline: float) -> None:
        """Waits for the end of a JVM that goes down, and tells how it was."""
        process = os.pidfd_open(self._process)
        poller = select.poll()
        poller.register(process, select.POLLIN)
        ended = poller.poll(max(0.0, deadline - time.monotonic()) * 1000)
        os.close(process)
        if not ended:
            outcome.status = "time_limit"
            return
        _, status = os.waitpid(self._process, 0)
        self._process = 0
        if os.WIFSIGNALED(status):
            outcome.status, outcome.signal = "signalled", os.WTERMSIG(status)
        else:
            outcome.exit_code = os.WEXITSTATUS(status)

    def _write(self, content: bytes, deadline: float) -> None:
        unsent = memoryview(content)
        while unsent:
            self._wait(self._to, select.POLLOUT, deadline)
            try:
                unsent = unsent[os.write(self._to, unsent) :]
            except OSError as error:
                raise GoneError from error

    def _read(self, count: int, deadline: float, requests: int | None = None) -> bytes:
        received = bytearray()
        while len(received) < count:
            self._wait(self._from, select.POLLIN, deadline, requests)
            part = os.read(self._from, min(count - len(received), runner.CHUNK))
            if not part:
                raise GoneError
            received += part
        return bytes(received)

    def _read_text(self, limit: int, deadline: float) -> bytes:
        length = int.from_bytes(self._read(4, deadline), "big")
        if length > limit:
            raise FloodError
        return self._read(length, deadline)

    def _wait(self, pipe: int, event: int, deadline: float, requests: int | None = None) -> None:
        poller = select.poll()
        poller.register(pipe, event)
        if requests is not None:
            poller.register(requests, 0)  # only its end is reported
        while not (events := poller.poll(1000 * max(0.0, self._patience(deadline)))):
            if self._patience(deadline) <= 0.0:
                raise SilentError
        if any(ready == requests for ready, _ in events):
            os.kill(self._process, signal.SIGKILL)
            os._exit(0)  # the judge is gone

    def _patience(self, deadline: float) -> float:
        """Returns in how many seconds the time can be over: it may not be then, as a JVM that waits takes no time."""
        left = deadline - time.monotonic()
        if self._processor_deadline < math.inf:
            left = min(left, self._processor_deadline - time.clock_gettime(self._clock))
        return left


def main() -> None:
    """Answers requests until standard input ends."""
    requests, answers = runner.take_streams()
    spare: Machine | None = None
    while True:
        request, artifact, stdins = runner.receive_request(requests) or sys.exit(0)
        machine: Machine | None = None
        stopped = False
        for stdin in stdins:
            outcome = runner.Outcome()
            if not stopped:
                if machine is None:
                    machine, spare = fitting(spare, request), None
                    machine.load(artifact, request["output_limit"])
                outcome, reusable = machine.run(stdin, request["time_limit"], request["processor_time"], requests)
                marker = request.get("marker", "").encode()
                runner.judge_end(outcome, SETTINGS, marker, b"")
                if not reusable:
                    machine.close()
                    machine = None
            stopped = stopped or outcome.status == "time_limit"
            runner.send(answers, *outcome.frames())
        if machine is not None:
            machine.close()
        runner.empty()
        spare = spare or new_machine(request)


def fitting(spare: Machine | None, request: dict[str, Any]) -> Machine:
    """Returns the JVM that was started ahead, where it has the memory that is asked for, or a new one."""
    if spare is not None and spare.memory == request["memory_limit"]:
        return spare
    if spare is not None:
        spare.close()
    return new_machine(request)


def new_machine(request: dict[str, Any]) -> Machine:
    """Starts a JVM in the folder of programs."""
    os.makedirs(runner.FOLDER, 0o700, exist_ok=True)  # noqa: PTH103
    return Machine(request)


if __name__ == "__main__":
    main()
