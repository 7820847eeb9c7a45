"""Runs programs inside the sandbox, one fork for each run: a script that needs nothing but the interpreter.

It speaks the protocol of `codegym.judge.workers`. The worker itself never runs a program: each run is a child with
limits and a system-call filter of its own, which can neither start processes nor reach the worker, and what it leaves
behind is removed before the next. A language whose programs are not files to execute brings its own `Program`.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import math
import os
import resource
import select
import signal
import socket
import sys
import time
from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from codegym.judge import launcher
else:  # a script has no package
    sys.path.insert(0, os.path.dirname(__file__))  # noqa: PTH120
    import launcher

PROTOCOL = b'{"protocol": 2}'
STDERR_LIMIT = 1 << 16
PR_SET_DUMPABLE = 4
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

FAILURE = 9
"""File descriptor that tells why a program was not started."""

libc = ctypes.CDLL(None, use_errno=True)
interpreter = ctypes.PyDLL(None)
"""Its `fork` is the system's: what Python does after each fork, for threads that nobody has here, takes as long again."""


class Program(Protocol):
    """What was built, ready to be run any number of times."""

    tested: bool
    """Whether a test runs beside it, in a process of its own, and talks with it."""

    def enter(self) -> None:
        """Becomes the program, in the child: does not return, or returns where the program has ended well."""

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
    """

    command: tuple[str, ...]
    file: str = "program"
    memory: str = "RLIMIT_AS"
    overhead: int = 0
    out_of_memory: tuple[str, ...] = ()
    completion: str = "stdout"
    environment: dict[str, str] | None = None


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
            for frame in outcome.frames():
                send(answers, frame)


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
    """Yields how a program ends on each input; after a run that exceeds its time there are no more.

    The processes of the next run start, and wait, while the program runs: where a core is idle, that costs no time.
    """
    inputs = iter(stdins)
    source = next_input(inputs)
    following = None if source is None else Run(program, settings, request, source)
    left = len(stdins)
    while following and left:
        current, following = following, None
        source = next_input(inputs)  # before the program runs, which must not see it being written
        current.go()
        if source is not None:
            following = Run(program, settings, request, source)
        outcome = current.finish(requests)
        yield outcome
        left -= 1
        if outcome.status == "time_limit":
            break
    if following:
        following.cancel()
    yield from (Outcome() for _ in range(left))


class Run:
    """One run of a program, on one input: its processes have started, and wait for the word.

    Args:
        program: What runs.
        settings: How programs of its language run.
        request: The limits, and the marker by which it proves that it came to its end.
        source: File descriptor of its standard input; it is closed here.
    """

    def __init__(self, program: Program, settings: Settings, request: dict[str, Any], source: int) -> None:
        self._program, self._settings, self._request = program, settings, request
        self._marker: bytes = request.get("marker", "").encode()
        self._out, out_writer = os.pipe()
        self._err, err_writer = os.pipe()
        self._failure, failure_writer = os.pipe()
        go, self._go = os.pipe()
        marker_in, marker_in_writer = os.pipe()
        self._proof, marker_out_writer = os.pipe()
        streams = [source, out_writer, err_writer]
        markers = [marker_in, marker_out_writer] if settings.completion == "pipe" else []

        def become_program(go: int) -> None:
            confine(settings, request)
            request.clear()  # it may hold the test
            wait_for_word(go)
            program.enter()

        def become_test(go: int) -> None:
            wait_for_word(go)
            program.test()

        if program.tested:
            ends = [end.detach() for end in socket.socketpair()]
            self._children = [
                start(become_test, [*streams, *markers, ends[0], go], failure_writer),
                start(become_program, [*streams, ends[1], go], failure_writer),
            ]
        else:
            ends = []
            self._children = [start(become_program, [*streams, *markers, go], failure_writer)]
        for pipe in (*streams, failure_writer, marker_in, marker_out_writer, *ends, go):
            os.close(pipe)
        if self._marker:
            os.write(marker_in_writer, self._marker + b"\n")
        os.close(marker_in_writer)

    def go(self) -> None:
        """Lets the program run, in an empty folder."""
        self._program.place()
        os.mkdir(FOLDER, 0o700)  # noqa: PTH102
        os.write(self._go, b"." * len(self._children))

    def finish(self, requests: int) -> Outcome:
        """Waits for the program's end, removes what it leaves, and returns how it ended."""
        outcome = observe(self._children, self._out, self._err, self._request, requests)
        if message := os.read(self._failure, 1_000):
            raise SystemExit(f"a program was not started: {message.decode('utf-8', 'replace')}")
        proof = os.read(self._proof, 4_096) if self._settings.completion == "pipe" else b""
        self._close()
        empty()
        judge_end(outcome, self._settings, self._marker, proof)
        return outcome

    def cancel(self) -> None:
        """Ends the processes, which have not had the word."""
        end(self._children)
        for child in self._children:
            os.waitpid(child, 0)
        self._close()

    def _close(self) -> None:
        for pipe in (self._out, self._err, self._failure, self._go, self._proof):
            os.close(pipe)


def start(become: Callable[[int], None], inherited: list[int], failure: int) -> int:
    """Starts a child that has these file descriptors and no others, and returns its process id.

    The child becomes what `become` makes of it, which gets the number of its last file descriptor.
    """
    child: int = interpreter.fork()
    if child == 0:
        try:
            take_places(inherited, failure)
            become(len(inherited) - 1)
            os._exit(0)
        except BaseException as error:
            os.write(FAILURE, repr(error).encode()[:1_000])
        finally:
            os._exit(launcher.UNAVAILABLE)
    return child


def wait_for_word(go: int) -> None:
    """Waits until this child may become what it is for, in its folder; ends it where that will never be."""
    if not os.read(go, 1):
        os._exit(0)
    os.close(go)
    os.chdir(FOLDER)


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
    """Sets the limits of one run, and takes from the child the rights that only its worker needs."""
    seconds = math.ceil(request["time_limit"]) + 1
    launcher.set_limit(resource.RLIMIT_CPU, seconds)
    launcher.set_limit(getattr(resource, settings.memory), request["memory_limit"] + settings.overhead)
    if os.environ.get("CODEGYM_LAYER") == "landlock":  # nothing limits how much would be written
        launcher.restrict_files(["/"], ["/dev/null"])
    filter_system_calls()


def filter_system_calls() -> None:
    """Leaves this process, which is about to become a program, the system calls of one."""
    if PROGRAM_FILTER:
        own = os.getpid().to_bytes(4, sys.byteorder)
        launcher.filter_system_calls(PROGRAM_FILTER.replace(OWN_PID.to_bytes(4, sys.byteorder), own))


def observe(children: list[int], out: int, err: int, request: dict[str, Any], requests: int) -> Outcome:
    """Reads what the children write until the first of them has ended, or a limit is exceeded; then ends them all."""
    outcome = Outcome("exited")
    limit = request["output_limit"]
    deadline = time.monotonic() + request["time_limit"]
    process = os.pidfd_open(children[0])
    poller = select.poll()
    poller.register(requests, 0)  # only its end is reported
    for pipe in (process, out, err):
        poller.register(pipe, select.POLLIN)
    written = {out: bytearray(), err: bytearray()}
    open_pipes = {out, err}
    running = True
    flooded = 0
    while running or open_pipes:
        events = poller.poll(max(0.0, deadline - time.monotonic()) * 1000)
        if not events:
            outcome.status = "time_limit"
            break
        for pipe, _ in events:
            if pipe == requests:
                end(children)
                os._exit(0)  # the judge is gone
            elif pipe == process:
                running = False
                poller.unregister(process)
                end(children[1:])
            elif part := os.read(pipe, CHUNK):
                if pipe == out:
                    written[out] += part
                else:
                    flooded += len(part)
                    written[err] += part[: STDERR_LIMIT - len(written[err])]
            else:
                open_pipes.discard(pipe)
                poller.unregister(pipe)
        if len(written[out]) > limit or flooded > limit + STDERR_LIMIT:
            outcome.status = "output_limit"
            break
    if running:
        end(children)
    status, *_ = [os.waitpid(child, 0)[1] for child in children]
    os.close(process)
    outcome.stdout, outcome.stderr = bytes(written[out][:limit]), bytes(written[err])
    if outcome.status == "exited":
        if os.WIFSIGNALED(status):
            outcome.status, outcome.signal = "signalled", os.WTERMSIG(status)
        else:
            outcome.exit_code = os.WEXITSTATUS(status)
    return outcome


def end(children: list[int]) -> None:
    """Kills children that have not been waited for."""
    for child in children:
        os.kill(child, signal.SIGKILL)


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


def next_input(inputs: Iterator[bytes]) -> int | None:
    """Returns a file descriptor that the next input can be read from, and nothing can be written to, if there is one."""
    content = next(inputs, None)
    if content is None:
        return None
    writer = os.open("stdin", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o400)
    unwritten = memoryview(content)
    while unwritten:
        unwritten = unwritten[os.write(writer, unwritten) :]
    os.close(writer)
    source = os.open("stdin", os.O_RDONLY)
    os.unlink("stdin")  # noqa: PTH108
    return source


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


def send(pipe: int, frame: bytes) -> None:
    """Writes one frame."""
    unsent = memoryview(len(frame).to_bytes(4, "big") + frame)
    while unsent:
        unsent = unsent[os.write(pipe, unsent) :]


if __name__ == "__main__":
    main()
