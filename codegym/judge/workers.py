"""Persistent workers: one warm compiler, or one place to run programs in, asked over two pipes.

The protocol, the same for every language:

- a frame is a length, 4 bytes big-endian, and as many bytes;
- hello: when the worker is ready it sends the frame `{"protocol": 2}`;
- request to compile: a frame that holds `C` (check) or `B` (build) and one program's bytes. Answer: a frame that holds
  one verdict in JSON, `{"ok": bool, "status": CompileStatus, "diagnostics": [{"line", "column", "severity", "message",
  "code"}]}`; after `B` one more, with what the language's run worker runs: empty unless the verdict is `ok`;
- request to run: a frame in JSON (`{"runs": N, "time_limit", "processor_time", "memory_limit", ...}`), one that holds
  what was built, and N that hold standard input. Answer: for each run, in order, a frame in JSON (`{"status",
  "exit_code", "signal", "completed"}`), one with standard output and one with standard error;
- the worker ends when its standard input does, also in the middle of a program. That, and not a signal at
  the parent's death (which Linux sends when the *thread* that started the worker ends), is why none outlives
  a parent that was killed.

Everything a worker says is validated: what is not exactly an answer is a `WorkerError`, never a verdict.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from typing import IO, Any, get_args

from codegym.errors import ConfigurationError
from codegym.judge.sandbox import Isolation, sandboxed
from codegym.languages.base import WorkerCommand
from codegym.types import CompileResult, CompileStatus, Diagnostic, RunResult, RunStatus, Severity

PROTOCOL = 2
START_LIMIT = 60.0
"""Seconds that a worker may take to say hello."""

ANSWER_LIMIT = 96 << 20
"""Bytes of a frame that a worker sends, at most: what was built is the largest."""

END_LIMIT = 5.0
"""Seconds that a namespace may take to end, once its first process is killed."""

PROGRAMS_PER_WORKER = 5_000
"""A worker is replaced after this many programs, so that nothing that leaks in a compiler adds up."""

CLOSED = "This judge is closed; create a new one."

COMPILE_STATUSES: tuple[CompileStatus, ...] = get_args(CompileStatus)
RUN_STATUSES: tuple[RunStatus, ...] = get_args(RunStatus)
SEVERITIES: tuple[Severity, ...] = get_args(Severity)


class WorkerError(Exception):
    """A worker did not answer as the protocol says: nothing is known about the program."""


class Worker:
    """One process in its sandbox.

    Args:
        command: A process that speaks the protocol.
        layer: The layer of isolation that it is started in.
        start_limit: Seconds that it may take to say hello.

    Raises:
        WorkerError: The process does not start, or does not say hello in time.
    """

    def __init__(self, command: WorkerCommand, layer: Isolation, start_limit: float = START_LIMIT) -> None:
        self._programs = 0
        self._failed = False
        self._layer = layer
        self._folder = ""
        self._init = -1
        try:
            self._stderr: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  # closed with the worker
            self._folder = tempfile.mkdtemp(prefix="codegym-worker-")
        except OSError as error:
            raise WorkerError(f"there is no place for temporary files: {error}") from error
        try:
            self._start(command)
            self._greet(start_limit)
        finally:
            if self._layer == "namespaces":  # the worker's folder is inside, and this one was never seen
                self._remove_folder()

    @property
    def pid(self) -> int:
        """Process id of the worker: the first in its sandbox, with which all others end."""
        return self._pid

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

    def compile(self, program: bytes, time_limit: float, *, build: bool) -> tuple[CompileResult, bytes]:
        """Returns the compiler's verdict on a program, and what it built: nothing, unless that was asked for.

        The verdict is `time_limit` if there is none after that many seconds.

        Raises:
            WorkerError: The worker died, or answered something else than a verdict.
        """
        deadline = time.monotonic() + time_limit
        with self._exchange():
            try:
                self._send(b"B" if build else b"C", program, deadline=deadline)
                verdict = parse_verdict(self._receive(deadline))
                artifact = self._receive(deadline) if build else b""
            except TimeoutError:
                self._failed = True
                message = f"The compiler had not answered after {time_limit:g} s."
                return CompileResult(False, "time_limit", (Diagnostic(0, 0, "error", message, "time_limit"),)), b""
            if artifact and not verdict.ok:
                raise WorkerError("a worker's verdict contradicts what it built")
            return verdict, artifact

    def run(
        self, artifact: bytes, request: dict[str, Any], stdins: Sequence[bytes], time_limit: float
    ) -> list[RunResult]:
        """Runs a program on each input, and returns what happened.

        The worker stops programs that take too long or too much; `time_limit`, in seconds, is when the worker itself is
        taken to have failed.

        Raises:
            WorkerError: The worker died, was silent, or answered something else than results.
        """
        deadline = time.monotonic() + time_limit
        with self._exchange():
            try:
                header = json.dumps({**request, "runs": len(stdins)}).encode("ascii")
                for frame in (header, artifact, *stdins):
                    self._send(b"", frame, deadline=deadline)
                return [
                    parse_run(self._receive(deadline), self._receive(deadline), self._receive(deadline)) for _ in stdins
                ]
            except TimeoutError as error:
                raise WorkerError(f"a worker was silent for {time_limit:g} s") from error

    @contextlib.contextmanager
    def _exchange(self) -> Iterator[None]:
        """Marks the worker as failed if an exchange does not come to its end."""
        self._programs += 1
        try:
            yield
        except (WorkerError, OSError) as error:
            self._failed = True
            raise WorkerError(f"{error}{self._last_words()}") from error
        except BaseException:  # interrupted in the middle of an answer: the next one would be out of step
            self._failed = True
            raise

    def kill(self) -> None:
        """Ends the worker, and all that it started; whoever is asking it sees it fail."""
        if self._init >= 0:  # all processes of a namespace end with its first one, which bubblewrap then waits for
            with contextlib.suppress(ProcessLookupError, PermissionError):
                signal.pidfd_send_signal(self._init, signal.SIGKILL)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(END_LIMIT)
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
        self._remove_folder()

    def abandon(self) -> None:
        """Forgets the worker in a forked child: it is the parent's, and must end when the parent does."""
        self._process.returncode = 0  # not our child: nothing to wait for, and nothing to warn about
        self._close_streams()

    def _close_streams(self) -> None:
        for stream in (self._process.stdin, self._process.stdout, self._stderr):
            if stream is not None:
                stream.close()
        if self._init >= 0:
            os.close(self._init)
            self._init = -1

    def _remove_folder(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def _start(self, command: WorkerCommand) -> None:
        reader, writer = os.pipe()
        confined = sandboxed(command, self._layer, writer)
        try:
            if confined.user is not None:
                os.chown(self._folder, confined.user, confined.user)
            with _starting:
                self._process = subprocess.Popen(
                    confined.arguments,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=self._stderr,
                    bufsize=0,
                    cwd=self._folder,
                    env=confined.environment,
                    pass_fds=(writer,) if confined.reports_pid else (),
                    start_new_session=True,
                )
                _open_workers.add(self)
            self._pid = self._process.pid
            os.close(writer)
            writer = -1
            if confined.reports_pid:
                self._pid = _reported_pid(reader, self._pid)
                with contextlib.suppress(ProcessLookupError):
                    self._init = os.pidfd_open(self._pid)
        except OSError as error:
            self._stderr.close()
            self._remove_folder()
            raise WorkerError(f"{confined.arguments[0]} does not start: {error}") from error
        finally:
            os.close(reader)
            if writer >= 0:
                os.close(writer)

    def _greet(self, start_limit: float) -> None:
        try:
            os.set_blocking(self._request_pipe, False)
            os.set_blocking(self._answer_pipe, False)
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

    def _send(self, mode: bytes, content: bytes, deadline: float) -> None:
        unsent = memoryview((len(mode) + len(content)).to_bytes(4, "big") + mode + content)
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
    """The workers of one kind: started when they are needed, never more than `size`.

    Args:
        command: How a worker is started.
        layer: The layer of isolation that workers are started in.
        size: The number of workers that may be asked at the same time.
    """

    def __init__(self, command: WorkerCommand, layer: Isolation, size: int) -> None:
        self._command = command
        self._layer = layer
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
            worker = Worker(self._command, self._layer)
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
        if status not in COMPILE_STATUSES or ok is not (status == "ok") or not isinstance(entries, list):
            raise ValueError("contradicts itself")
        return CompileResult(ok, status, tuple(_parse_diagnostic(entry) for entry in entries))
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise WorkerError(f"a worker answered {answer[:80]!r}, which is no verdict ({error})") from error


def parse_run(answer: bytes, stdout: bytes, stderr: bytes) -> RunResult:
    """Returns the outcome of a run that three frames hold.

    Raises:
        WorkerError: They are anything else than a well-formed outcome.
    """
    try:
        fields = json.loads(answer)
        status, exit_code, number, completed = (fields[key] for key in ("status", "exit_code", "signal", "completed"))
        if type(exit_code) is not int or type(number) is not int or type(completed) is not bool:
            raise ValueError("kinds")
        for known in RUN_STATUSES:
            if status == known:
                return RunResult(known, _text(stdout), _text(stderr), exit_code, number, completed)
        raise ValueError("status")
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise WorkerError(f"a worker answered {answer[:80]!r}, which is no outcome ({error})") from error


def _text(output: bytes) -> str:
    return output.decode("utf-8", "replace")


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


def _reported_pid(reader: int, monitor: int) -> int:
    """Returns the process id that bubblewrap reports; its own where it ends before it has any."""
    report = b""
    while part := os.read(reader, 4_096):
        report += part
    try:
        return int(json.loads(report)["child-pid"])
    except (ValueError, KeyError, TypeError):
        return monitor


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
