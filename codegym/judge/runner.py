"""Runs programs inside the sandbox, one fork for each run: a script that needs nothing but the interpreter.

It speaks the protocol of `codegym.judge.workers`. The worker itself never runs a program: each run is a child with
limits and a system-call filter of its own, which can neither start processes nor reach the worker, and what it leaves
behind is removed before the next. A language whose programs are not files to execute brings its own `Program`.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import itertools
import json
import math
import os
import resource
import select
import signal
import socket
import struct
import sys
import time
from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

if TYPE_CHECKING:
    from codegym.judge import launcher
else:  # a script has no package
    sys.path.insert(0, os.path.dirname(__file__))  # noqa: PTH120
    import launcher

PROTOCOL = b'{"protocol": 2}'
STDERR_LIMIT = 1 << 16
PR_SET_DUMPABLE = 4
PR_SET_CHILD_SUBREAPER = 36
OWN_PID = 0x5EED_C0DE
CHUNK = 1 << 16
SCRATCH = os.getcwd()  # noqa: PTH109
"""Where the worker was started: all that it, and the programs, may write to."""

SCRATCH_IS_OURS = os.stat(SCRATCH).st_uid == os.geteuid()  # noqa: PTH116  # it may be root's

FOLDER = "run"
"""Where a program runs."""

RUNNER_FILTER = b64decode(os.environ.pop("CODEGYM_RUNNER_FILTER", ""))
PROGRAM_FILTER = b64decode(os.environ.pop("CODEGYM_PROGRAM_FILTER", ""))
"""Filters of system calls for this process and for programs; empty without a sandbox."""

MARKER_IN, MARKER_OUT = 3, 4
"""File descriptors of a program that proves by them that it came to its end."""

CHANNEL_OF_PROGRAM, CHANNEL_OF_TEST = 3, 5
"""File descriptors by which a program and the test beside it talk."""

RUNS_PER_SERVER, INPUTS_PER_SERVER = 64, 16 << 20
"""Runs, and bytes of their standard input, that one fork server is started for."""

EVENT = struct.Struct("=ci")
STARTED, ENDED = b"S", b"E"
"""What a fork server tells: a start with the process id, an end with the status."""

STILLNESS, STIR = 0.1, 0.001
"""Seconds for which a run is watched, and of processor time that it gets in them unless it stands still: little enough
for a loop that shares its core with many."""

FAILURE = 9
"""File descriptor that tells why a program was not started."""

libc = ctypes.CDLL(None, use_errno=True)
interpreter = ctypes.PyDLL(None, use_errno=True)
"""The C library once more, whose calls keep Python's lock."""


class Program(Protocol):
    """What was built, ready to be run any number of times."""

    tested: bool
    """Whether a test runs beside it, in a process of its own, and talks with it."""

    def prepare(self) -> None:
        """Does, in a process of the program's own, what all runs can share, such as reading the source."""

    def enter(self) -> None:
        """Becomes the program, in a child: does not return, or returns where the program has ended well."""

    def test(self) -> None:
        """Becomes the test, in another child; how that one ends is how the run ends."""

    def place(self) -> None:
        """Puts the program's files where they belong, before each run: the one before may have changed them."""


@dataclass(frozen=True)
class Settings:
    """How programs of a language are run.

    Attributes:
        command: Command line; `{program}` stands for the file that was built.
        file: Name of that file.
        memory: The limit that holds memory down: `RLIMIT_AS` or `RLIMIT_DATA`.
        overhead: Bytes that the language's run time takes before a program has any.
        out_of_memory: What the run time writes to standard error when memory has run out.
        completion: How a program proves that it came to its end: it prints a line break, the marker and a line break
            (`stdout`), or copies the marker from one file descriptor to another (`pipe`).
        environment: Environment of the program.
        lingers: Whether the run time, once in many runs, does not end with the program. A run that stands still when
            its time is over is then tried once more.
    """

    command: tuple[str, ...]
    file: str = "program"
    memory: str = "RLIMIT_AS"
    overhead: int = 0
    out_of_memory: tuple[str, ...] = ()
    completion: str = "stdout"
    environment: dict[str, str] | None = None
    lingers: bool = False


@dataclass
class Outcome:
    """How one run ended."""

    status: str = "not_run"
    exit_code: int = 0
    signal: int = 0
    completed: bool = False
    stdout: bytes = b""
    stderr: bytes = b""

    def frames(self) -> tuple[bytes, bytes, bytes]:
        """Returns the three frames that tell it."""
        told = {"status": self.status, "exit_code": self.exit_code, "signal": self.signal, "completed": self.completed}
        return json.dumps(told).encode("ascii"), self.stdout, self.stderr


class Executable:
    """A program that is a file to execute, by itself or by an interpreter."""

    tested = False

    def __init__(self, settings: Settings, artifact: bytes) -> None:
        self._path = os.path.join(SCRATCH, settings.file)  # noqa: PTH118
        self._artifact = artifact
        self._mode = 0o111 if settings.command[0] == "{program}" else 0o444
        self._command = [part.replace("{program}", self._path) for part in settings.command]
        self._environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"}
        self._environment |= {"HOME": SCRATCH, "TMPDIR": SCRATCH}
        self._environment |= settings.environment or {}

    def prepare(self) -> None:
        """Does nothing: the file comes with each run."""

    def enter(self) -> None:
        """Executes the file."""
        os.execve(self._command[0], self._command, self._environment)

    def test(self) -> None:
        """Is never asked for."""

    def place(self) -> None:
        """Writes the file."""
        with open(self._path, "wb") as file:  # noqa: PTH123
            file.write(self._artifact)
        os.chmod(self._path, self._mode)  # noqa: PTH101


def main() -> None:
    """Runs files: the worker of every language whose settings are its argument."""
    settings = Settings(**json.loads(sys.argv[1]))
    serve(settings, lambda artifact, _: Executable(settings, artifact))


def serve(settings: Settings, prepare: Callable[[bytes, dict[str, Any]], Program]) -> None:
    """Answers requests until standard input ends."""
    requests, answers = take_streams()
    while received := receive_request(requests):
        request, artifact, stdins = received
        program = prepare(artifact, request)
        for outcome in run_all(program, settings, request, stdins, requests):
            send(answers, *outcome.frames())


def take_streams() -> tuple[int, int]:
    """Hides this process and its pipes from the programs, says hello, and returns the pipes of requests and answers."""
    requests, answers = (fcntl.fcntl(stream, fcntl.F_DUPFD_CLOEXEC, 3) for stream in (0, 1))
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    confine_runner()
    send(answers, PROTOCOL)
    return requests, answers


def confine_runner() -> None:
    """Hides this process from the programs, and takes from it, and so from them, what none of them needs."""
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)  # its memory and its pipes are no program's business
    launcher.set_limit(resource.RLIMIT_CORE, 0)
    if RUNNER_FILTER:
        launcher.filter_system_calls(RUNNER_FILTER)


def receive_request(requests: int) -> tuple[dict[str, Any], bytes, list[bytes]] | None:
    """Returns the next request, what was built and the inputs; None where there is no more."""
    header = receive_frame(requests)
    if not header:
        return None
    request: dict[str, Any] = json.loads(header)
    return request, receive_frame(requests), [receive_frame(requests) for _ in range(request["runs"])]


def run_all(
    program: Program, settings: Settings, request: dict[str, Any], stdins: list[bytes], requests: int
) -> Iterator[Outcome]:
    """Yields how a program ends on each input; after a run that exceeds its time there are no more."""
    most = 1 if request["marker"] else RUNS_PER_SERVER
    done, tried = 0, -1
    stopped = False
    while not stopped and (sources := next_inputs(itertools.islice(stdins, done, None), most)):
        server = ForkServer(program, settings, request, sources)
        for outcome in server.run_all(requests):
            if server.stood_still and tried < done:
                tried = done
                break
            yield outcome
            done += 1
            stopped = outcome.status == "time_limit"
        server.close()
    yield from (Outcome() for _ in stdins[done:])


@dataclass(frozen=True)
class Pipes:
    """The ends that a fork server and its children have.

    Attributes:
        sources: What each run has as standard input.
        out: Standard output of every run.
        err: Standard error of every run.
        markers: Where the marker comes from, and where it is to be copied to; empty where no program needs that.
        words: Where a run waits for the word: those with an even number, and those with an odd one.
        events: Where the server tells of every start and every end.
        failure: Where a child tells why it could not become the program.
    """

    sources: list[int]
    out: int
    err: int
    markers: list[int]
    words: list[int]
    events: int
    failure: int

    def all(self) -> list[int]:
        """Returns all file descriptors."""
        return [*self.sources, self.out, self.err, *self.markers, *self.words, self.events, self.failure]


class ForkServer:
    """A process that is ready to be a program: each run is a child of it, started while the run before it goes on.

    So the source is read, and the limits are set, once for all runs, which share nothing but pipes. Where there is only
    one run, the process itself becomes the program, or the test of it.

    Args:
        program: What runs.
        settings: How programs of its language run.
        request: The limits, and the marker by which it proves that it came to its end.
        sources: File descriptors of the standard input of each run; they are closed here.

    Attributes:
        stood_still: Whether the last run did nothing when its time was over, where a run time is known to linger.
    """

    def __init__(self, program: Program, settings: Settings, request: dict[str, Any], sources: list[int]) -> None:
        self.stood_still = False
        self._program, self._settings = program, settings
        self._marker: bytes = request["marker"].encode()
        self._time_limit: float = request["time_limit"]
        self._processor_time: float = request["processor_time"]
        self._output_limit: int = request["output_limit"]
        self._out, out = os.pipe()
        self._err, err = os.pipe()
        self._events, events = os.pipe()
        self._failure, failure = os.pipe()
        words = [os.pipe(), os.pipe()]
        self._words = [writer for _, writer in words]
        markers: list[int] = []
        self._proof = -1
        if self._marker and settings.completion == "pipe":
            marker_in, writer = os.pipe()
            self._proof, marker_out = os.pipe()
            markers = [marker_in, marker_out]
            os.write(writer, self._marker + b"\n")
            os.close(writer)
        pipes = Pipes(sources, out, err, markers, [reader for reader, _ in words], events, failure)
        self._total = len(sources)
        self._alone = self._total == 1
        self._deadline = 0.0
        self._has_word = False
        self._started: list[int] = []
        self._runs = 0
        self._process = fork()
        if self._process == 0:
            try:
                serve_runs(program, settings, request, pipes)
            except BaseException as error:
                os.write(pipes.failure, repr(error).encode()[:1_000])
            finally:
                os._exit(launcher.UNAVAILABLE)
        self._end_of_process = os.pidfd_open(self._process)
        for pipe in pipes.all():
            os.close(pipe)
        for pipe in (self._out, self._err, self._failure):
            os.set_blocking(pipe, False)

    def run_all(self, requests: int) -> Iterator[Outcome]:
        """Runs the program on each input in an empty folder, until it exceeds its time, and yields how it ended."""
        last = self._total - 1
        self._begin()
        for run in range(self._total):
            outcome = self._observe(requests)
            self._runs += 1
            if message := available(self._failure):
                raise SystemExit(f"a program was not started: {message.decode('utf-8', 'replace')}")
            empty()
            if run < last and outcome.status != "time_limit":
                self._begin()  # before this outcome is told, which takes a moment
            proof = os.read(self._proof, 4_096) if self._proof >= 0 else b""
            judge_end(outcome, self._settings, self._marker, proof)
            yield outcome
            if outcome.status == "time_limit":
                break

    def close(self) -> None:
        """Ends what still waits for the word, and the server."""
        self._kill()
        if self._process:
            os.waitpid(self._process, 0)
        for pipe in (self._out, self._err, self._events, self._failure, self._end_of_process, *self._words):
            os.close(pipe)
        if self._proof >= 0:
            os.close(self._proof)
        reap()

    def _begin(self) -> None:
        """Makes the folder ready for the next run, and gives it the word if it has started."""
        self._program.place()
        os.mkdir(FOLDER, 0o700)  # noqa: PTH102
        self._has_word = False
        self._give_word()

    def _give_word(self) -> None:
        if not self._has_word and len(self._started) > self._runs:
            self._has_word = True
            self._deadline = time.monotonic() + self._time_limit
            os.write(self._words[self._runs % 2], b"." * (1 + self._program.tested))

    def _observe(self, requests: int) -> Outcome:
        """Reads what the run writes until it ends or exceeds a limit."""
        outcome = Outcome("exited")
        written = {self._out: bytearray(), self._err: bytearray()}
        limits = {self._out: self._output_limit, self._err: self._output_limit + STDERR_LIMIT}
        poller = select.poll()
        poller.register(requests, 0)  # only its end is reported
        for pipe in (self._events, self._end_of_process, self._out, self._err):
            poller.register(pipe, select.POLLIN)

        def read(pipe: int) -> bool:
            part = available(pipe)
            written[pipe] += part
            return bool(part)

        def floods() -> bool:
            return any(len(written[pipe]) > limit for pipe, limit in limits.items())

        self._deadline = time.monotonic() + self._time_limit
        status: int | None = None
        while status is None and outcome.status == "exited":
            self._give_word()
            ready = [pipe for pipe, _ in poller.poll(max(0.0, self._deadline - time.monotonic()) * 1000)]
            if not ready or time.monotonic() > self._deadline:
                outcome.status = "time_limit"
                self.stood_still = self._settings.lingers and self._stands_still()
            if requests in ready:
                self._kill()
                os._exit(0)  # the judge is gone
            for pipe in ready:
                if pipe in written and not read(pipe):
                    poller.unregister(pipe)  # it is closed: nobody can write to it any more
            if self._events in ready:
                told = os.read(self._events, 2 * EVENT.size)
                status = self._take_events(told)
                if not told:
                    poller.unregister(self._events)
            elif self._end_of_process in ready:
                status = self._wait_for_process()
                if not self._alone:
                    raise SystemExit(f"a fork server ended with {status}: {available(self._failure)!r}")
            if floods():
                outcome.status = "output_limit"
        if status is None:
            status = self._end_run()
        while read(self._out) or read(self._err):
            pass
        if floods() and outcome.status == "exited":
            outcome.status = "output_limit"
        outcome.stdout = bytes(written[self._out][: self._output_limit])
        outcome.stderr = bytes(written[self._err][:STDERR_LIMIT])
        if outcome.status == "exited":
            if os.WIFSIGNALED(status):
                outcome.status, outcome.signal = "signalled", os.WTERMSIG(status)
                if outcome.signal == signal.SIGKILL and self._can_be_out_of_processor_time():
                    outcome.status, outcome.signal = "time_limit", 0
            else:
                outcome.exit_code = os.WEXITSTATUS(status)
        return outcome

    def _can_be_out_of_processor_time(self) -> bool:
        """Whether the run has gone on for so long that the kernel kills what does not listen to SIGXCPU."""
        started = self._deadline - self._time_limit
        return time.monotonic() - started > self._processor_time

    def _stands_still(self) -> bool:
        """Whether no thread of the run that goes on gets anything done."""
        alone = self._alone or len(self._started) <= self._runs
        clock = processor_clock(self._process if alone else self._started[self._runs])
        with contextlib.suppress(OSError):  # it has ended
            before = time.clock_gettime(clock)
            time.sleep(STILLNESS)
            return time.clock_gettime(clock) - before < STIR
        return False

    def _take_events(self, told: bytes) -> int | None:
        """Takes in what the server tells: that a run has started, and the status of the one that goes on."""
        status = None
        for kind, number in EVENT.iter_unpack(told):
            if kind == STARTED:
                self._started.append(number)
            else:
                status = int(number)
        return status

    def _end_run(self) -> int:
        """Ends the run that goes on, and returns its status."""
        if self._alone or len(self._started) <= self._runs:
            os.kill(self._process, signal.SIGKILL)
            return self._wait_for_process()
        with contextlib.suppress(ProcessLookupError):  # the server has waited for it, and is about to tell
            os.kill(self._started[self._runs], signal.SIGKILL)
        while (status := self._take_events(os.read(self._events, 2 * EVENT.size))) is None:
            pass
        return status

    def _wait_for_process(self) -> int:
        """Returns the status of the process, and ends what it leaves."""
        status = os.waitpid(self._process, 0)[1]
        self._process = 0
        for process in self._left():
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
        return status

    def _kill(self) -> None:
        """Kills all processes that are left."""
        for process in self._left():
            with contextlib.suppress(ProcessLookupError):  # its parent may have waited for it, untold yet
                os.kill(process, signal.SIGKILL)

    def _left(self) -> list[int]:
        """Returns the processes that have not ended, as far as is known."""
        return [process for process in (self._process, *self._started[self._runs :]) if process]


def serve_runs(program: Program, settings: Settings, request: dict[str, Any], pipes: Pipes) -> None:
    """Becomes a fork server, and ends when all runs have."""
    keep(pipes.all())
    confine(settings, request)
    processor_time = request["processor_time"]
    request.clear()  # it may hold the test
    program.prepare()

    def become_program(word: int) -> None:
        confine_run(processor_time)
        wait_for_word(word)
        program.enter()

    def become_test(word: int) -> None:
        wait_for_word(word)
        program.test()

    def start_run(number: int) -> int:
        streams = [pipes.sources[number], pipes.out, pipes.err, pipes.words[number % 2]]
        return start(become_program, streams, pipes.failure)

    if len(pipes.sources) == 1:
        become, child = become_program, 0
        streams, word = [pipes.sources[0], pipes.out, pipes.err], pipes.words[0]
        channel: list[int] = []
        if program.tested:
            of_test, of_program = (end.detach() for end in socket.socketpair())
            child = start(become_program, [*streams, of_program, word], pipes.failure)
            become, channel = become_test, [of_test]
        os.write(pipes.events, EVENT.pack(STARTED, child))
        become_child(become, [*streams, *pipes.markers, *channel, word], pipes.failure)

    following = start_run(0)
    os.write(pipes.events, EVENT.pack(STARTED, following))
    for number in range(len(pipes.sources)):
        current, started = following, b""
        if number + 1 < len(pipes.sources):
            following = start_run(number + 1)
            started = EVENT.pack(STARTED, following)
        status = os.waitpid(current, 0)[1]
        os.write(pipes.events, started + EVENT.pack(ENDED, status))  # at once: each writing wakes the worker
    os._exit(0)


def start(become: Callable[[int], None], inherited: list[int], failure: int) -> int:
    """Starts a child that has these file descriptors and no others, and returns its process id."""
    child = fork()
    if child == 0:
        become_child(become, inherited, failure)
    return child


def fork() -> int:
    """Forks as the system does: what Python does beside, for threads that nobody has here, takes as long again."""
    process: int = interpreter.fork()
    if process < 0:
        raise OSError(ctypes.get_errno(), "no process")
    return process


def become_child(become: Callable[[int], None], inherited: list[int], failure: int) -> NoReturn:
    """Becomes what `become` makes of this process, given the number of the last of its file descriptors."""
    try:
        take_places(inherited, failure)
        become(len(inherited) - 1)
        os._exit(0)
    except BaseException as error:
        os.write(FAILURE, repr(error).encode()[:1_000])
    finally:
        os._exit(launcher.UNAVAILABLE)


def wait_for_word(word: int) -> None:
    """Waits until this child may become what it is for, in its folder; ends it where that will never be."""
    if not os.read(word, 1):
        os._exit(0)
    os.close(word)
    os.chdir(FOLDER)


def keep(pipes: list[int]) -> None:
    """Closes all file descriptors but the standard ones and these."""
    last = 2
    for pipe in sorted(pipes):
        os.closerange(last + 1, pipe)
        last = pipe
    os.closerange(last + 1, 256)


def reap() -> None:
    """Takes in processes whose parent has been killed, and which have ended."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def available(pipe: int) -> bytes:
    """Returns what can be read without waiting."""
    try:
        return os.read(pipe, CHUNK)
    except BlockingIOError:
        return b""


def prove_completion() -> None:
    """Copies the marker: called by code that comes to its end, in a process that no program shares."""
    os.write(MARKER_OUT, os.read(MARKER_IN, 4_096).strip())


def take_places(inherited: list[int], failure: int) -> None:
    """Gives the child the file descriptors 0, 1, 2 ..., and `FAILURE`, which closes when it becomes the program."""
    high = [fcntl.fcntl(pipe, fcntl.F_DUPFD_CLOEXEC, 64) for pipe in (*inherited, failure)]
    for place, pipe in enumerate(high[:-1]):
        os.dup2(pipe, place)
    os.dup2(high[-1], FAILURE, inheritable=False)
    os.closerange(len(inherited), FAILURE)
    os.closerange(FAILURE + 1, 256)


def confine(settings: Settings, request: dict[str, Any]) -> None:
    """Sets what all runs of a program have in common: its limit of memory, and no files where Landlock guards them."""
    launcher.set_limit(getattr(resource, settings.memory), request["memory_limit"] + settings.overhead)
    if os.environ.get("CODEGYM_LAYER") == "landlock":  # nothing limits how much would be written
        launcher.restrict_files(["/"], ["/dev/null"])


def confine_run(processor_time: float) -> None:
    """Limits the time of the child that will be the program, and leaves it the system calls of one."""
    # At the soft limit it is told why it ends (SIGXCPU); one that does not listen is killed a second later.
    launcher.set_limit(resource.RLIMIT_CPU, math.ceil(processor_time), math.ceil(processor_time) + 1)
    if PROGRAM_FILTER:
        own = os.getpid().to_bytes(4, sys.byteorder)
        launcher.filter_system_calls(PROGRAM_FILTER.replace(OWN_PID.to_bytes(4, sys.byteorder), own))


def processor_clock(process: int) -> int:
    """Returns the clock of a process's processor time, all its threads together, for `time.clock_gettime`."""
    return (~process << 3) | 2  # CPUCLOCK_SCHED of the kernel's include/linux/posix-timers.h


def judge_end(outcome: Outcome, settings: Settings, marker: bytes, proof: bytes) -> None:
    """Tells limits from other ends, and early ends from those that the marker proves to be none."""
    if outcome.signal == signal.SIGXCPU:
        outcome.status, outcome.signal = "time_limit", 0
    elif (outcome.status == "signalled" or outcome.exit_code != 0) and any(
        words.encode() in outcome.stderr for words in settings.out_of_memory
    ):
        outcome.status, outcome.signal, outcome.exit_code = "memory_limit", 0, 0
    if not marker:
        outcome.completed = outcome.status == "exited"
    elif settings.completion == "pipe":
        outcome.completed = proof == marker
    elif (line := b"\n" + marker + b"\n") in outcome.stdout:
        outcome.completed = True
        outcome.stdout = outcome.stdout.replace(line, b"", 1)


def empty() -> None:
    """Removes all that is in the scratch folder, also what resists: no rights, or deeper than a path is long.

    Programs can write to all of it, not only to their own folder. Nothing is made here, as there may be no room.
    """
    with contextlib.suppress(OSError):  # most programs leave nothing
        os.rmdir(FOLDER)  # noqa: PTH106
    if SCRATCH_IS_OURS:
        os.chmod(SCRATCH, 0o700)  # noqa: PTH101
    pending = ["."]
    while pending:
        folder = pending.pop()
        with os.scandir(folder) as entries:
            for entry in list(entries):
                if entry.is_dir(follow_symlinks=False):
                    pending.append(f"removed-{os.urandom(8).hex()}")
                    os.chmod(entry.path, 0o700)  # noqa: PTH101
                    os.rename(entry.path, pending[-1])  # noqa: PTH104
                else:
                    os.unlink(entry.path)  # noqa: PTH108
        if folder != ".":
            os.rmdir(folder)  # noqa: PTH106


def next_inputs(inputs: Iterator[bytes], most: int) -> list[int]:
    """Returns file descriptors that the next inputs can be read from, and nothing can be written to.

    They are made before a program runs, which could change them in their making.
    """
    sources: list[int] = []
    size = 0
    while len(sources) < most and size < INPUTS_PER_SERVER and (content := next(inputs, None)) is not None:
        writer = os.open("stdin", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o400)
        unwritten = memoryview(content)
        while unwritten:
            unwritten = unwritten[os.write(writer, unwritten) :]
        os.close(writer)
        sources.append(os.open("stdin", os.O_RDONLY))
        os.unlink("stdin")  # noqa: PTH108
        size += len(content)
    return sources


def receive_frame(pipe: int) -> bytes:
    """Returns the next frame, or nothing where the pipe has ended."""
    header = receive(pipe, 4)
    return receive(pipe, int.from_bytes(header, "big")) if header else b""


def receive(pipe: int, count: int) -> bytes:
    """Returns `count` bytes, or nothing where the pipe has ended."""
    received = bytearray()
    while len(received) < count:
        part = os.read(pipe, count - len(received))
        if not part:
            return b""
        received += part
    return bytes(received)


def send(pipe: int, *frames: bytes) -> None:
    """Writes frames."""
    unsent = memoryview(b"".join(len(frame).to_bytes(4, "big") + frame for frame in frames))
    while unsent:
        unsent = unsent[os.write(pipe, unsent) :]


if __name__ == "__main__":
    main()
