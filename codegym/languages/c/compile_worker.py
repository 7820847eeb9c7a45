"""The warm C and C++ compiler: a script that needs nothing but the interpreter and GCC.

It speaks the protocol of `codegym.judge.workers`. Its one argument is a plan in JSON that `toolchain.py` made.
Compilers that have read the headers already (`compiler_server.cc`) wait for the rest of a program. What they cannot
judge as the compiler's own command would, is given to that command.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import resource
import select
import shutil
import signal
import struct
import sys
from collections.abc import Iterator
from typing import Any, NoReturn

MEMORY_LIMIT = 1536 << 20
"""Bytes of address space of each process that compiles; the servers set the same limits."""

CPU_LIMIT = 10
"""Seconds of processor time of each process that compiles."""

FILE_LIMIT = 64 << 20
"""Bytes of each file that a program makes the compiler write."""

PRECOMPILED_LIMIT = 128 << 20
"""Bytes of a file with precompiled headers."""

SPOKEN_LIMIT = 256 << 10
"""Bytes of the compiler's messages that are read; it may say more."""

MESSAGE_LIMIT = 1_000
DIAGNOSTICS_LIMIT = 20

REMEMBERED_LIMIT = 1_000
"""Different beginnings of programs that are counted."""

CHECK, BUILD = 0, 1
PLAIN = 100
"""What a server's child exits with when neither it nor the assembler nor the linker can find an error."""

INCLUDE = re.compile(
    rb"(?:[ \t]|\r?\n|//[^\n]*\n|/\*(?>(?:[^*]|\*(?!/))*)\*/)*?"  # what the preprocessor does not see
    rb"^[ \t]*#[ \t]*include[ \t]*<(?P<header>[A-Za-z0-9_+-][A-Za-z0-9_./+-]*)>[ \t]*(?://[^\n]*|\r)?\n",
    re.MULTILINE,
)
SPLICE = re.compile(rb"\\[ \t\r\f\v]*\n")
"""With one of these a line does not end where it seems to, nor does a comment."""

INTO_STD = re.compile(rb"\bnamespace\s+std\s*(?:\{|::)|\btemplate\s*(?:<\s*>|(?:class|struct|union)\b)")
"""A program that adds to the library must do so before the library's templates are instantiated."""

DIAGNOSTIC = re.compile(
    r"(?P<file>[^:\n]+):(?P<line>\d+):(?:(?P<column>\d+):)? "
    r"(?P<severity>(?:fatal |internal compiler )?error|sorry, unimplemented|warning): "
    r"(?P<message>.*?)(?: \[(?P<code>-[Wf][^\]\s]*)\])?"
)
REQUIRED = re.compile(r"(?P<file>[^:\n]+):(?P<line>\d+):(?P<column>\d+):   (?:recursively )?required (?:from|by) .*")
FILELESS = re.compile(r"cc1(?:plus)?: (?P<severity>(?:fatal |internal compiler )?error|warning): (?P<message>.*)")
ASSEMBLER = re.compile(r"(?P<file>[^:\n]+):(?P<line>\d+): (?P<severity>Error|Fatal error|Warning): (?P<message>.*)")
LINKER = re.compile(
    r"(?:/[^:\n]*/)?ld(?:\.\w+)?: (?P<said>.*)|(?:[^:\n]+:)?\(\.[^)\n]+\): (?P<found>undefined reference .*)"
)
CONTEXT = re.compile(r"[^:\n]*: in function .*|NOTE: .*")

OUT_OF_TIME = re.compile(
    r"^\S+: (?:fatal|internal compiler) error: CPU time limit exceeded signal terminated program ", re.MULTILINE
)
OUT_OF_MEMORY = re.compile(
    r"^(?:cc1(?:plus)?|as|\S*/as|\S*/ld|collect2|ld): (?:out of memory|memory exhausted|.*: memory exhausted)"
    r"|^virtual memory exhausted"
    r"|^\S+: (?:fatal|internal compiler) error: (?:Killed|File size limit exceeded) signal terminated program "
    r"|: (?:fatal error: error writing to \S+|final link failed|.*can't write .*): "
    r"(?:Cannot allocate memory|File too large|No space left on device|memory exhausted)"
    r"|^\S+: fatal error: cannot execute \S+: \S+: Cannot allocate memory",
    re.MULTILINE,
)


class LostServerError(Exception):
    """A server does not start, or has ended: nothing is known about the program."""


class Worker:
    """Answers for programs of one language.

    Args:
        plan: The commands, as `toolchain.py` describes them.
        requests: The pipe whose end is the end of the worker.
    """

    def __init__(self, plan: dict[str, Any], requests: int) -> None:
        self.source: str = plan["source"]
        self.cold_command: list[str] = plan["cold"]
        self.requests = requests
        self.scratch = os.getcwd()  # noqa: PTH109  # pathlib costs a third of the start
        self.servers: Servers | None = None
        if plan["warm"]:
            self.servers = Servers(self, plan["warm"])

    def judge(self, program: bytes, build: bool) -> tuple[bytes, bytes]:
        """Returns the verdict on a program, and the executable if one is wanted and can be made."""
        known = self._warm(program, build) if self.servers else None
        return known or self._cold(program, build)

    def _warm(self, program: bytes, build: bool) -> tuple[bytes, bytes] | None:
        """Returns the same as `judge`, or None where only the compiler's own command can tell."""
        assert self.servers is not None
        if program.endswith(b"\r") or program.startswith(b"\xef\xbb\xbf"):
            return None  # a file's beginning and end are treated in a way of their own
        try:
            server, text = self.servers.prepared(program)
            with self.folder("warm") as folder, self.folder("warm/source") as beside:
                write_file(f"{beside}/{self.source}", program)  # some programs look whether it is there
                status, said = server.compile(BUILD if build else CHECK, text)
                if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU:
                    return verdict("time_limit", []), b""
                exited = os.WEXITSTATUS(status) if os.WIFEXITED(status) else -1
                found = diagnostics(said, self.source)
                if exited == PLAIN and not build:
                    return verdict("ok", found), b""
                if (
                    exited == 1
                    and any(each["severity"] == "error" for each in found)
                    and not OUT_OF_MEMORY.search(said)
                ):
                    return verdict("error", found), b""
                if exited == PLAIN and (built := self._link(folder, found, self.servers.fast_linker)) and built[1]:
                    return built  # any linker will do where the verdict is known
                return self._link(folder, found, self.servers.linker) if exited in (0, PLAIN) else None
        except LostServerError:
            return None

    def _link(self, folder: str, found: list[dict[str, Any]], linker: list[str]) -> tuple[bytes, bytes] | None:
        """Makes an executable of the assembly that a server's child wrote."""
        assert self.servers is not None
        for command in (self.servers.assembler, linker):
            status, said = self.run(command, folder)
            found = [*found, *diagnostics(said, self.source)]
            if os.WIFSIGNALED(status) or OUT_OF_MEMORY.search(said):
                return None
            if status:
                return verdict("error", found, said), b""
        return verdict("ok", found), read_file(f"{folder}/program")

    def _cold(self, program: bytes, build: bool) -> tuple[bytes, bytes]:
        with self.folder("cold") as folder:
            write_file(f"{folder}/{self.source}", program)
            status, said = self.run(self.cold_command, folder)
            found = diagnostics(said, self.source)
            if status == 0:
                return verdict("ok", found), read_file(f"{folder}/program") if build else b""
            if OUT_OF_TIME.search(said) or (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU):
                return verdict("time_limit", found), b""
            if OUT_OF_MEMORY.search(said):
                return verdict("memory_limit", found), b""
            if not os.WIFEXITED(status) or not said:
                raise SystemExit(f"{self.cold_command[0]} ended with status {status}, without a verdict")
            return verdict("error", found, said), b""

    @contextlib.contextmanager
    def folder(self, name: str) -> Iterator[str]:
        """Makes a folder for a while."""
        folder = f"{self.scratch}/{name}"
        os.mkdir(folder)  # noqa: PTH102
        try:
            yield folder
        finally:
            shutil.rmtree(folder)

    def run(self, command: list[str], folder: str, file_limit: int = FILE_LIMIT) -> tuple[int, str]:
        """Runs a command under the limits; returns its status and what it said."""
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                os.chdir(folder)
                os.dup2(writer, 2)
                limit(resource.RLIMIT_AS, MEMORY_LIMIT)
                limit(resource.RLIMIT_CPU, CPU_LIMIT)
                limit(resource.RLIMIT_FSIZE, file_limit)
                signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
                signal.signal(signal.SIGPIPE, signal.SIG_DFL)
                os.execve(command[0], command, {**os.environ, "TMPDIR": folder})
            finally:
                os._exit(126)
        os.close(writer)
        said = bytearray()
        try:
            while True:
                self.wait(reader)
                part = os.read(reader, 1 << 16)
                if not part:
                    break
                said += part[: SPOKEN_LIMIT - len(said)]
        finally:
            os.close(reader)
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status) and os.WEXITSTATUS(status) == 126:
            raise SystemExit(f"{command[0]} cannot be started")
        return status, said.decode("utf-8", "replace")

    def wait(self, *pipes: int) -> list[int]:
        """Returns those of the pipes that can be read, when there is one; ends with the judge."""
        poller = select.poll()
        for pipe in pipes:
            poller.register(pipe, select.POLLIN)
        poller.register(self.requests, 0)  # only its end is reported
        ready = [pipe for pipe, _ in poller.poll()]
        if self.requests in ready:
            end()
        return ready


class Servers:
    """The compilers that have read some headers already, by the headers.

    Args:
        worker: Whom they work for.
        plan: The commands, as `toolchain.py` describes them.
    """

    def __init__(self, worker: Worker, plan: dict[str, Any]) -> None:
        self.assembler: list[str] = plan["assembler"]
        self.linker: list[str] = plan["linker"]
        self.fast_linker: list[str] = plan["fast_linker"]
        self._worker = worker
        self._compiler: list[str] = plan["compiler"]
        self._precompiler: list[str] | None = plan["precompiler"]
        self._precompiled: dict[tuple[str, ...], str] = {tuple(run): path for run, path in plan["precompiled"]}
        self._contents: dict[str, set[str]] = {header: set(names) for header, names in plan["contents"].items()}
        self._most: int = plan["servers"]
        self._patience: int = plan["patience"]
        self._asked: dict[tuple[str, ...], int] = {}
        self._running: dict[tuple[tuple[str, ...], bool], Server] = {}
        self._hopeless: set[tuple[str, ...]] = set()
        self._headers: dict[tuple[str, ...], str] = {}
        self._started = 0
        most_frequent = next(iter(self._precompiled), ())
        self._server(most_frequent, instantiated=True)  # the others start when they are needed

    def prepared(self, program: bytes) -> tuple[Server, bytes]:
        """Returns a server that has read the first headers of a program, and the text that is left for it.

        Raises:
            LostServerError: No server starts.
        """
        starts = self._without_contents(leading_includes(program))
        run = tuple(header for header, _ in starts)
        self._count(run)
        known = next((n for n in range(len(run), 0, -1) if self._is_served(run[:n])), 0)
        instantiated = not INTO_STD.search(program)
        server = self._server(run[:known], instantiated=instantiated)
        if server is None and known:
            self._hopeless.add(run[:known])
            known = 0
            server = self._server((), instantiated=True)
        if server is None:
            self._worker.servers = None  # not even without headers: no use to try again
            raise LostServerError
        end = starts[known - 1][1] if known else 0
        line = program.count(b"\n", 0, end) + 1
        return server, b'#line %d "%s"\n' % (line, self._worker.source.encode()) + program[end:]

    def _without_contents(self, starts: list[tuple[str, int]]) -> list[tuple[str, int]]:
        """Returns the headers without those that come before a header that includes them all."""
        for at in range(len(starts) - 1, 0, -1):
            whole = self._contents.get(starts[at][0])
            if whole and all(header in whole for header, _ in starts[:at]):
                return starts[at:]
        return starts

    def _count(self, run: tuple[str, ...]) -> None:
        if len(self._asked) > REMEMBERED_LIMIT:
            self._asked.clear()
            self._hopeless.clear()
        self._asked[run] = self._asked.get(run, 0) + 1

    def _is_served(self, run: tuple[str, ...]) -> bool:
        """Whether there is, or should now be, a server for these headers."""
        if run in self._hopeless:
            return False
        if run in self._precompiled or (run, True) in self._running:
            return True
        if run[0] in self._contents or self._asked.get(run, 0) < self._patience:
            return False
        extra = [key for key, _ in self._running if key and key not in self._precompiled]
        if len(extra) < self._most:
            return True
        least = min(extra, key=lambda key: self._asked.get(key, 0))
        if self._asked[run] <= 2 * self._asked.get(least, 0):
            return False
        self._stop(least)
        return True

    def _server(self, run: tuple[str, ...], *, instantiated: bool) -> Server | None:
        """Returns the server for a run of headers, started if need be; None where the headers do not compile."""
        key = (run, instantiated or not run)
        server = self._running.get(key)
        if server is not None and server.is_alive():
            return server
        try:
            server = self._running[key] = self._start(run, instantiated)
        except LostServerError:
            return None
        return server

    def _start(self, run: tuple[str, ...], instantiated: bool) -> Server:
        self._started += 1
        options = [f"-fplugin-arg-compiler_server-scratch={self._worker.scratch}/warm/source"]
        if instantiated:
            options.append("-fplugin-arg-compiler_server-instantiate")
        text = "".join(f"#include <{header}>\n" for header in run)
        if self._precompiler and run:
            text = f'#include "{self._header(run, text)}"\n'
        with self._worker.folder(f"server-{self._started}") as folder:
            # No line may follow: the program does.
            write_file(f"{folder}/{self._worker.source}", f"{text}#pragma codegym serve".encode())
            return Server(self._worker, [*self._compiler, *options], folder)

    def _header(self, run: tuple[str, ...], text: str) -> str:
        """Returns the path of a file that includes the headers, and that has a precompiled form beside it."""
        assert self._precompiler is not None
        if run in self._precompiled:
            return self._precompiled[run]
        if run in self._headers:
            return f"{self._headers[run]}/headers.h"
        folder = f"{self._worker.scratch}/headers-{self._started}"
        path = f"{folder}/headers.h"
        os.mkdir(folder)  # noqa: PTH102
        write_file(path, text.encode())
        command = [*self._precompiler, path, "-o", f"{path}.gch"]
        status, _ = self._worker.run(command, folder, PRECOMPILED_LIMIT)
        if status:
            shutil.rmtree(folder)
            raise LostServerError
        self._headers[run] = folder
        return path

    def _stop(self, run: tuple[str, ...]) -> None:
        for instantiated in (True, False):
            server = self._running.pop((run, instantiated), None)
            if server is not None:
                server.kill()
        if run in self._headers:
            shutil.rmtree(self._headers.pop(run))


class Server:
    """One compiler that has read its headers and waits for the rest of a program.

    Args:
        worker: Whom it works for.
        command: Its command line.
        folder: Where it finds its headers.

    Raises:
        LostServerError: It does not start.
    """

    def __init__(self, worker: Worker, command: list[str], folder: str) -> None:
        self._worker = worker
        requests, self._requests = os.pipe()
        self._answers, answers = os.pipe()
        self._spoken, spoken = os.pipe()
        os.set_blocking(self._spoken, False)
        self._pid = os.fork()
        if self._pid == 0:
            try:
                os.chdir(folder)
                for number, pipe in enumerate((requests, answers, spoken)):
                    os.dup2(pipe, number)
                limit(resource.RLIMIT_CORE, 0)
                os.execv(command[0], command)
            finally:
                os._exit(126)
        for pipe in (requests, answers, spoken):
            os.close(pipe)
        self._receive()

    def is_alive(self) -> bool:
        """Returns whether it can be asked."""
        return self._pid != 0

    def compile(self, mode: int, text: bytes) -> tuple[int, str]:
        """Returns the status of the child that compiled the program, and what it said."""
        request = memoryview(struct.pack("=II", mode, len(text)) + text)
        try:
            while request:
                request = request[os.write(self._requests, request) :]
        except BrokenPipeError:
            self.kill()
            raise LostServerError from None
        return self._receive()

    def kill(self) -> None:
        """Ends the server."""
        if self._pid:
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
            self._pid = 0
            for pipe in (self._requests, self._answers, self._spoken):
                os.close(pipe)

    def _receive(self) -> tuple[int, str]:
        said = bytearray()
        answer = b""
        while len(answer) < 4:
            ready = self._worker.wait(self._answers, self._spoken)
            if self._spoken in ready:
                self._listen(said)
            if self._answers in ready:
                part = os.read(self._answers, 4 - len(answer))
                if not part:
                    self.kill()
                    raise LostServerError
                answer += part
        self._listen(said)
        (status,) = struct.unpack("=i", answer)
        if status == -1:
            raise LostServerError
        return status, said.decode("utf-8", "replace")

    def _listen(self, said: bytearray) -> None:
        """Reads what can be read now."""
        with contextlib.suppress(BlockingIOError):
            while part := os.read(self._spoken, 1 << 16):
                said += part[: SPOKEN_LIMIT - len(said)]


def leading_includes(program: bytes) -> list[tuple[str, int]]:
    """Returns the headers that a program includes before anything else, and where the line of each ends."""
    found: list[tuple[str, int]] = []
    at = 0
    while match := INCLUDE.match(program, at):
        header = match["header"].decode("ascii")
        if ".." in header or SPLICE.search(match[0]):
            break
        at = match.end()
        found.append((header, at))
    return found


def diagnostics(said: str, source: str) -> list[dict[str, Any]]:
    """Returns what the compiler, the assembler or the linker found, errors first."""
    errors: list[dict[str, Any]] = []
    warnings: list[dict[str, Any]] = []
    required = (0, 0)
    for line in said.split("\n"):
        if match := REQUIRED.fullmatch(line):
            if match["file"] == source:
                required = int(match["line"]), int(match["column"])
        elif match := DIAGNOSTIC.fullmatch(line):
            is_here = match["file"] == source
            position = (int(match["line"]), int(match["column"] or 0)) if is_here else required
            required = (0, 0)
            severity = "warning" if match["severity"] == "warning" else "error"
            (warnings if severity == "warning" else errors).append(
                diagnostic(match["message"], match["code"] or "", *position, severity=severity)
            )
        elif match := FILELESS.fullmatch(line):
            severity = "warning" if match["severity"] == "warning" else "error"
            (warnings if severity == "warning" else errors).append(diagnostic(match["message"], "", severity=severity))
        elif match := ASSEMBLER.fullmatch(line):
            severity = "warning" if match["severity"] == "Warning" else "error"
            place = int(match["line"]) if match["file"] == source else 0
            (warnings if severity == "warning" else errors).append(
                diagnostic(match["message"], "as", place, severity=severity)
            )
        elif match := LINKER.fullmatch(line):
            message = match["found"] or match["said"]
            if reference := re.search(r"undefined reference .*", message):
                message = reference[0]
            if not CONTEXT.fullmatch(message):
                is_warning = "warning: " in message
                (warnings if is_warning else errors).append(
                    diagnostic(message, "ld", severity="warning" if is_warning else "error")
                )
    return (errors + warnings)[:DIAGNOSTICS_LIMIT]


def diagnostic(message: str, code: str, line: int = 0, column: int = 0, severity: str = "error") -> dict[str, Any]:
    """Returns one diagnostic as the protocol has it."""
    return {
        "line": line,
        "column": column,
        "severity": severity,
        "message": message[:MESSAGE_LIMIT],
        "code": code[:MESSAGE_LIMIT],
    }


def verdict(status: str, found: list[dict[str, Any]], said: str = "") -> bytes:
    """Returns an answer; one that rejects a program says why, if only in the words of the compiler."""
    if said and status == "error" and not any(each["severity"] == "error" for each in found):
        found = [diagnostic(said.strip(), ""), *found]
    answer = {"ok": status == "ok", "status": status, "diagnostics": found[:DIAGNOSTICS_LIMIT]}
    return json.dumps(answer).encode("ascii")


def limit(number: int, most: int) -> None:
    """Lowers a limit of this process; one that is lower already stays."""
    _, hard = resource.getrlimit(number)
    if hard == resource.RLIM_INFINITY or hard > most:
        resource.setrlimit(number, (most, most))


def read_file(path: str) -> bytes:
    """Returns a file's content."""
    with open(path, "rb") as file:  # noqa: PTH123
        return file.read()


def write_file(path: str, content: bytes) -> None:
    """Writes a file."""
    with open(path, "wb") as file:  # noqa: PTH123
        file.write(content)


def receive(pipe: int, count: int) -> bytes:
    """Returns `count` bytes; ends with the pipe."""
    received = bytearray()
    while len(received) < count:
        part = os.read(pipe, min(count - len(received), 1 << 20))
        if not part:
            end()
        received += part
    return bytes(received)


def send(pipe: int, frame: bytes) -> None:
    """Writes a frame of the protocol."""
    unsent = memoryview(len(frame).to_bytes(4, "big") + frame)
    while unsent:
        unsent = unsent[os.write(pipe, unsent) :]


def end() -> NoReturn:
    """Ends the worker and all that it started: they are one process group."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.killpg(0, signal.SIGTERM)
    raise SystemExit(0)


def main() -> None:
    """Answers until standard input ends."""
    if os.getpgrp() != os.getpid():
        with contextlib.suppress(PermissionError):  # in the sandbox the group is the worker's own anyway
            os.setpgid(0, 0)
    os.environ["LC_ALL"] = "C.UTF-8"
    requests, answers = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    limit(resource.RLIMIT_CORE, 0)
    worker = Worker(json.loads(sys.argv[1]), requests)
    send(answers, b'{"protocol": 2}')
    while True:
        request = receive(requests, int.from_bytes(receive(requests, 4), "big"))
        build = request[:1] == b"B"
        answer, executable = worker.judge(request[1:], build)
        send(answers, answer)
        if build:
            send(answers, executable)


if __name__ == "__main__":
    main()
