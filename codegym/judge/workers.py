"""Persistent compile workers: one warm compiler in a process of its own, asked over two pipes.

The protocol, the same for every language:

- hello: when the worker is ready it sends the frame `{"protocol": 1}`;
- request: a frame that holds one program's bytes;
- answer: a frame that holds one verdict in JSON,
  `{"ok": bool, "status": CompileStatus, "diagnostics": [{"line", "column", "severity", "message", "code"}]}`;
- a frame is a length, 4 bytes big-endian, and as many bytes;
- the worker ends when its standard input does, also in the middle of a program. That, and not a signal at
  the parent's death (which Linux sends when the *thread* that started the worker ends), is why none outlives
  a parent that was killed.

Everything a worker says is validated: what is not exactly an answer is a `WorkerError`, never a verdict.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from typing import IO, get_args

from codegym.errors import ConfigurationError
from codegym.types import CompileResult, CompileStatus, Diagnostic, Severity

PROTOCOL = 1
START_LIMIT = 60.0
"""Seconds that a worker may take to say hello."""

ANSWER_LIMIT = 1 << 20
"""Bytes of an answer, at most."""

PROGRAMS_PER_WORKER = 5_000
"""A worker is replaced after this many programs, so that nothing that leaks in a compiler adds up."""

CLOSED = "This judge is closed; create a new one."

STATUSES: tuple[CompileStatus, ...] = get_args(CompileStatus)
SEVERITIES: tuple[Severity, ...] = get_args(Severity)


class WorkerError(Exception):
    """A worker did not answer as the protocol says: nothing is known about the program."""


class Worker:
    """One warm compiler.

    Args:
        command: Command line of a process that speaks the protocol.
        start_limit: Seconds that it may take to say hello.

    Raises:
        WorkerError: The process does not start, or does not say hello in time.
    """

    def __init__(self, command: tuple[str, ...], start_limit: float = START_LIMIT) -> None:
        self._programs = 0
        self._failed = False
        try:
            self._stderr: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  # closed with the worker
            folder = tempfile.mkdtemp(prefix="codegym-worker-")
        except OSError as error:
            raise WorkerError(f"there is no place for temporary files: {error}") from error
        try:
            self._process = self._start(command, folder)
            self._greet(start_limit)
        finally:
            # From here on the worker lives in a folder that has no name: it cannot leave a file behind.
            shutil.rmtree(folder, ignore_errors=True)

    @property
    def pid(self) -> int:
        """Process id of the worker, which leads a process group of its own."""
        return self._process.pid

    @property
    def reusable(self) -> bool:
        """Whether the worker may be asked: it is alive and silent, never failed, and is not yet worn out."""
        if self._failed or self._programs >= PROGRAMS_PER_WORKER:
            return False
        try:
            _wait(self._answer_pipe, select.POLLIN, deadline=0.0)
        except TimeoutError:
            return True
        return False

    def ask(self, program: bytes, time_limit: float) -> CompileResult:
        """Returns the compiler's verdict on a program, `time_limit` if there is none after that many seconds.

        Raises:
            WorkerError: The worker died, or answered something else than a verdict.
        """
        deadline = time.monotonic() + time_limit
        self._programs += 1
        try:
            self._send(program, deadline)
            return parse_verdict(self._receive(deadline))
        except TimeoutError:
            self._failed = True
            message = f"The compiler had not answered after {time_limit:g} s."
            return CompileResult(False, "time_limit", (Diagnostic(0, 0, "error", message, "time_limit"),))
        except (WorkerError, OSError) as error:
            self._failed = True
            raise WorkerError(f"{error}{self._last_words()}") from error
        except BaseException:  # interrupted in the middle of an answer: the next one would be out of step
            self._failed = True
            raise

    def kill(self) -> None:
        """Ends the worker, and all that it started; whoever is asking it sees it fail."""
        # The group exists until its leader is waited for, so the number cannot be somebody else's.
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def close(self) -> None:
        """Ends the worker, and all that it started, and releases what it held."""
        self.kill()
        self._process.wait()
        with _starting:
            _open_workers.discard(self)
        self._close_streams()

    def abandon(self) -> None:
        """Forgets the worker in a forked child: it is the parent's, and must end when the parent does."""
        self._process.returncode = 0  # not our child: nothing to wait for, and nothing to warn about
        self._close_streams()

    def _close_streams(self) -> None:
        for stream in (self._process.stdin, self._process.stdout, self._stderr):
            if stream is not None:
                stream.close()

    def _start(self, command: tuple[str, ...], folder: str) -> subprocess.Popen[bytes]:
        kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
        try:
            with _starting:
                process = subprocess.Popen(
                    command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=self._stderr,
                    bufsize=0,
                    cwd=folder,
                    env={**kept, "LANG": "C.UTF-8"},
                    start_new_session=True,
                )
                _open_workers.add(self)
        except OSError as error:
            self._stderr.close()
            raise WorkerError(f"{command[0]} does not start: {error}") from error
        return process

    def _greet(self, start_limit: float) -> None:
        try:
            os.set_blocking(self._request_pipe, False)
            os.set_blocking(self._answer_pipe, False)
            if sys.platform == "linux":
                with contextlib.suppress(PermissionError):  # a container may forbid it: core files are a nuisance
                    resource.prlimit(self._process.pid, resource.RLIMIT_CORE, (0, 0))
            hello = self._receive(time.monotonic() + start_limit)
            if hello != b'{"protocol": %d}' % PROTOCOL:
                raise WorkerError(f"a worker said {hello[:80]!r} instead of hello")
        except (WorkerError, OSError) as error:  # a TimeoutError is an OSError
            cause = f"no hello after {start_limit:g} s" if isinstance(error, TimeoutError) else str(error)
            last_words = self._last_words()
            self.close()
            raise WorkerError(f"{cause}{last_words}") from error
        except BaseException:
            self.close()
            raise

    @property
    def _request_pipe(self) -> int:
        assert self._process.stdin is not None
        return self._process.stdin.fileno()

    @property
    def _answer_pipe(self) -> int:
        assert self._process.stdout is not None
        return self._process.stdout.fileno()

    def _send(self, program: bytes, deadline: float) -> None:
        unsent = memoryview(len(program).to_bytes(4, "big") + program)
        while unsent:
            _wait(self._request_pipe, select.POLLOUT, deadline)
            unsent = unsent[os.write(self._request_pipe, unsent) :]

    def _receive(self, deadline: float) -> bytes:
        length = int.from_bytes(self._receive_exactly(4, deadline), "big")
        if length > ANSWER_LIMIT:
            raise WorkerError(f"a worker announced an answer of {length:,} bytes")
        return self._receive_exactly(length, deadline)

    def _receive_exactly(self, count: int, deadline: float) -> bytes:
        received = bytearray()
        while len(received) < count:
            _wait(self._answer_pipe, select.POLLIN, deadline)
            part = os.read(self._answer_pipe, count - len(received))
            if not part:
                raise WorkerError("a worker ended in the middle of its work")
            received += part
        return bytes(received)

    def _last_words(self) -> str:
        """Returns the end of what the worker wrote to its standard error, for a message."""
        size = self._stderr.seek(0, os.SEEK_END)
        self._stderr.seek(max(0, size - 1_000))
        text = self._stderr.read().decode("utf-8", "replace").strip()
        return f"; its last words: {text}" if text else ""


class WorkerPool:
    """The workers of one language: started when they are needed, never more than `size`.

    Args:
        command: Returns the command line of a worker.
        size: The number of workers that may be asked at the same time.
    """

    def __init__(self, command: Callable[[], tuple[str, ...]], size: int) -> None:
        self._command = command
        self._places = threading.BoundedSemaphore(size)
        self._lock = threading.Lock()
        self._idle: list[Worker] = []
        self._lent: list[Worker] = []
        self._closed = False

    @contextlib.contextmanager
    def lend(self, *, fresh: bool = False) -> Iterator[Worker]:
        """Lends a worker, waiting for one if all are busy; a `fresh` one has not seen any program yet.

        Raises:
            ConfigurationError: The pool is closed.
            ToolchainMissingError: The compiler is not installed.
            WorkerError: The worker does not start.
        """
        with self._places:
            worker = self._take(fresh)
            try:
                yield worker
            finally:
                self._give_back(worker)

    def pids(self) -> tuple[int, ...]:
        """Returns the process ids of all workers, sorted."""
        with self._lock:
            return tuple(sorted(worker.pid for worker in self._idle + self._lent))

    def close(self) -> None:
        """Ends all workers; one that is being asked fails."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
            for worker in self._lent:
                worker.kill()
        for worker in idle:
            worker.close()

    def _take(self, fresh: bool) -> Worker:
        worker = self._pop_idle()
        if worker is not None and (fresh or not worker.reusable):
            worker.close()
            worker = None
        if worker is None:
            worker = Worker(self._command())
        with self._lock:
            if not self._closed:
                self._lent.append(worker)
                return worker
        worker.close()
        raise ConfigurationError(CLOSED)

    def _pop_idle(self) -> Worker | None:
        with self._lock:
            if self._closed:
                raise ConfigurationError(CLOSED)
            return self._idle.pop() if self._idle else None

    def _give_back(self, worker: Worker) -> None:
        with self._lock:
            self._lent.remove(worker)
            if worker.reusable and not self._closed:
                self._idle.append(worker)
                return
        worker.close()


def parse_verdict(answer: bytes) -> CompileResult:
    """Returns the verdict that a worker's answer holds.

    Raises:
        WorkerError: It is anything else than a well-formed verdict.
    """
    try:
        fields = json.loads(answer)
        ok, status, entries = fields["ok"], fields["status"], fields["diagnostics"]
        if status not in STATUSES or ok is not (status == "ok") or not isinstance(entries, list):
            raise ValueError("contradicts itself")
        return CompileResult(ok, status, tuple(_parse_diagnostic(entry) for entry in entries))
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise WorkerError(f"a worker answered {answer[:80]!r}, which is no verdict ({error})") from error


def _parse_diagnostic(entry: dict[str, object]) -> Diagnostic:
    line, column, severity = entry["line"], entry["column"], entry["severity"]
    message, code = entry["message"], entry["code"]
    if not (type(line) is int and type(column) is int and line >= 0 and column >= 0):
        raise ValueError("position")
    if not (isinstance(message, str) and isinstance(code, str)):
        raise ValueError("message")
    for known in SEVERITIES:
        if severity == known:
            return Diagnostic(line, column, known, message, code)
    raise ValueError("severity")


def _wait(pipe: int, event: int, deadline: float) -> None:
    """Waits until a pipe can be read or written, or is broken; raises TimeoutError at the deadline."""
    poller = select.poll()
    poller.register(pipe, event)
    if not poller.poll(max(0.0, (deadline - time.monotonic()) * 1000)):
        raise TimeoutError


# A forked child inherits our ends of the workers' pipes. It closes them at once: with them open, a worker
# would not notice the end of the parent, and two processes would talk to one worker.
# The lock is re-entrant because a finaliser or a signal handler may run inside it.
_starting = threading.RLock()
_open_workers: set[Worker] = set()


def _after_fork_in_child() -> None:
    for worker in _open_workers:
        worker.abandon()
    _open_workers.clear()
    _starting.release()


os.register_at_fork(
    before=_starting.acquire,
    after_in_parent=_starting.release,
    after_in_child=_after_fork_in_child,
)
