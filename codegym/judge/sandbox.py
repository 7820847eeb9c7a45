"""Where untrusted code lives: what a worker process can reach, and the proof that it reaches nothing else.

Two layers of isolation are known, and each is complete in itself:

- `namespaces`: bubblewrap gives the worker a file system of its own (the system read-only, `/tmp` of limited size), no
  network, and processes, users and shared memory of its own;
- `landlock`: on hosts where namespaces are not allowed (most containers), the kernel's Landlock rules leave the
worker only
  the files that it needs.

Both end in the same last step (`codegym.judge.launcher`): a user of its own where codegym runs as root, limits of
memory, processes and file sizes, no way to gain rights, and a seccomp filter. `auto` takes the first of them that
works here, which is decided by attacking it (`codegym.judge.escapes`), not by asking the kernel what it offers.
"""

from __future__ import annotations

import base64
import contextlib
import itertools
import json
import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

from codegym.errors import ConfigurationError, IsolationError
from codegym.judge import system_calls
from codegym.languages.base import WorkerCommand, python_command

Isolation = Literal["auto", "namespaces", "landlock", "none"]
"""How untrusted code is kept apart. `none` is for hosts that isolate everything themselves, and must be asked for."""

LAYERS: tuple[Isolation, ...] = ("namespaces", "landlock")
ISOLATION_VARIABLE = "CODEGYM_ISOLATION"
"""Environment variable that says what `auto` means."""

SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/opt")
CONFIGURATION = (
    "/etc/alternatives",
    "/etc/java*",
    "/etc/ld.so.*",
    "/etc/localtime",
    "/etc/mono",
    "/etc/php",
)
DEVICES = ("null", "full", "random", "urandom")
"""Not `zero`: mapped by two processes, or by one as if by two, it is memory that no limit counts."""

LAUNCHER = Path(__file__).with_name("launcher.py")
ESCAPES = Path(__file__).with_name("escapes.py")

SCRATCH_FILES = 4_000
"""Files and folders that may be in a worker's scratch folder at the same time."""

FILE_SIZE = 256 << 20
"""Bytes of one file, at most; the scratch folder is smaller where the layer can limit it."""

STACK = 64 << 20
OPEN_FILES = 256

PROBE_LIMIT = 20.0

USERS_FROM = 1 << 31
"""Where codegym runs as root, each worker has a user of its own from here on, who owns nothing else on the host."""

_serial = itertools.count()


@dataclass(frozen=True, slots=True)
class Attack:
    """One attempt to leave the sandbox, and whether it was stopped."""

    name: str
    contained: bool


@dataclass(frozen=True, slots=True)
class LayerReport:
    """What one layer of isolation is worth on this host.

    Attributes:
        name: The layer.
        attacks: What was tried from inside; empty where the layer cannot be had at all.
        reason: Why it cannot be had, and what to do; empty where it can.
    """

    name: Isolation
    attacks: tuple[Attack, ...]
    reason: str

    @property
    def adequate(self) -> bool:
        """Whether the layer exists here and contains every attack."""
        return not self.reason and bool(self.attacks) and all(attack.contained for attack in self.attacks)


@dataclass(frozen=True, slots=True)
class SandboxedCommand:
    """A command line that starts a worker in its sandbox.

    Attributes:
        arguments: The command line.
        environment: All of the environment.
        user: The user whom its files belong to; None: the one who runs codegym.
        reports_pid: Whether the first line of what it writes to `info` tells the process that holds all others.
    """

    arguments: tuple[str, ...]
    environment: dict[str, str]
    user: int | None
    reports_pid: bool


def choose(isolation: Isolation) -> Isolation:
    """Returns the layer that `isolation` means on this host; it contains every attack that is known here.

    Raises:
        ConfigurationError: There is no such isolation.
        IsolationError: The layer, or every layer, is not to be had or lets something through.
    """
    if isolation not in get_args(Isolation):
        raise ConfigurationError(f"isolation is {isolation!r}; it must be one of {', '.join(get_args(Isolation))}.")
    if isolation == "auto":
        isolation = _asked_for()
    if isolation == "none":
        return "none"
    failures = []
    for layer in LAYERS if isolation == "auto" else (isolation,):
        report = examine(layer)
        if report.adequate:
            return layer
        through = ", ".join(attack.name for attack in report.attacks if not attack.contained)
        failures.append(f"{layer}: {report.reason or f'lets through: {through}'}")
    raise IsolationError(failures)


def _asked_for() -> Isolation:
    """Returns what the environment says that `auto` means."""
    asked = os.environ.get(ISOLATION_VARIABLE, "auto")
    known: tuple[Isolation, ...] = get_args(Isolation)
    for isolation in known:
        if asked == isolation:
            return isolation
    raise ConfigurationError(f"{ISOLATION_VARIABLE} is {asked!r}; it must be one of {', '.join(known)}.")


@cache
def examine(layer: Isolation) -> LayerReport:
    """Returns what a layer is worth here, found out by attacking it from inside; once for each process."""
    if sys.platform != "linux":
        return LayerReport(layer, (), f"Linux is needed, and this is {platform.system()}")
    if layer == "namespaces" and shutil.which("bwrap") is None:
        return LayerReport(layer, (), "sudo apt-get install --no-install-recommends bubblewrap")
    try:
        system_calls.worker_filter()
        with _victims() as victims:
            script = python_command(ESCAPES, json.dumps(victims))
            command = sandboxed(replace(script, address_space=1 << 30, processes=32, proc=True), layer)
            with tempfile.TemporaryDirectory(prefix="codegym-probe-") as folder:
                if command.user is not None:
                    os.chown(folder, command.user, command.user)
                ended = subprocess.run(
                    command.arguments,
                    env=command.environment,
                    cwd=folder,
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    timeout=PROBE_LIMIT,
                    check=False,
                    start_new_session=True,
                )
    except (OSError, subprocess.SubprocessError) as error:
        return LayerReport(layer, (), str(error))
    try:
        outcomes = json.loads(ended.stdout)
        attacks = tuple(Attack(name, outcomes[name] is True) for name in sorted(outcomes))
    except (ValueError, TypeError, KeyError):
        said = ended.stderr.decode("utf-8", "replace").strip()
        return LayerReport(layer, (), said or f"ended with status {ended.returncode}")
    return LayerReport(layer, attacks, "")


def sandboxed(command: WorkerCommand, layer: Isolation, info: int | None = None) -> SandboxedCommand:
    """Returns the command line that starts a worker in a layer of isolation.

    The worker inherits standard input, output and error, and is started in an empty folder.

    Args:
        command: The worker.
        layer: `namespaces`, `landlock` or `none`.
        info: A file descriptor that bubblewrap inherits and reports the worker's process id to.
    """
    environment = {
        "PATH": os.environ.get("PATH", os.defpath) if layer == "none" else "/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "PYTHONHASHSEED": "0",
        "HOME": "/tmp",
    }
    if layer == "none":
        return SandboxedCommand(command.arguments, environment, None, False)
    user = _own_user() if os.geteuid() == 0 else None
    environment["CODEGYM_LAYER"] = layer
    program_filter = system_calls.program_filter(attributes=layer == "namespaces")
    environment["CODEGYM_RUNNER_FILTER"] = base64.b64encode(system_calls.runner_filter()).decode()
    environment["CODEGYM_PROGRAM_FILTER"] = base64.b64encode(program_filter).decode()
    settings: dict[str, Any] = {
        "command": command.arguments,
        "environment": environment,
        "limits": _limits(command, _tasks() if layer == "landlock" and user is None else 0),
        "seccomp": base64.b64encode(system_calls.worker_filter()).decode(),
        "user": user,
        "scratch": None,
        "landlock": None,
    }
    interpreter = python_command(LAUNCHER)
    readable = (*command.readable, *interpreter.readable)
    if layer == "namespaces":
        settings["scratch"] = {"path": _scratch(readable), "bytes": command.scratch, "files": SCRATCH_FILES}
        enter = _bubblewrap(readable, command.proc, info)
        return SandboxedCommand(
            (*enter, *interpreter.arguments, json.dumps(settings)), environment, user, info is not None
        )
    devices = [f"/dev/{name}" for name in DEVICES]
    processes = ["/proc"] if command.proc else []
    settings["landlock"] = {
        "read": [*SYSTEM, *_configuration(), *readable, *devices, *processes],
        "write": [".", "/dev/null"],
    }
    return SandboxedCommand((*interpreter.arguments, json.dumps(settings)), environment, user, False)


def _bubblewrap(readable: tuple[str, ...], proc: bool, info: int | None) -> tuple[str, ...]:
    """Returns the part of the command line that enters the namespaces.

    As root, bubblewrap makes no user namespace: the launcher becomes a user of its own instead, which files that
    belong to root, and limits that do not bind root, can be told from. Otherwise it needs one, and the launcher the
    right to mount.
    """
    bubblewrap = shutil.which("bwrap")
    if bubblewrap is None:
        raise IsolationError(["namespaces: sudo apt-get install --no-install-recommends bubblewrap"])
    options = ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
    options += ["--as-pid-1"]  # a process of bubblewrap's own would have no filter, and the worker's pipes
    if os.geteuid() != 0:
        options += ["--unshare-user", "--uid", "1000", "--gid", "1000", "--cap-add", "CAP_SYS_ADMIN"]
    granted = [*_configuration(), *dict.fromkeys(readable)]
    for folder in sorted({str(parent) for path in granted for parent in Path(path).parents} - {"/"}):
        options += ["--perms", "0755", "--dir", folder]
    for folder in SYSTEM:
        path = Path(folder)
        if path.is_symlink():
            options += ["--symlink", str(path.readlink()), folder]
        elif path.is_dir():
            options += ["--ro-bind", folder, folder]
    for folder in granted:
        if not any(Path(folder).is_relative_to(system) for system in SYSTEM):
            options += ["--ro-bind", folder, folder]
    options += ["--perms", "0755", "--dir", "/dev"]
    for name in DEVICES:
        options += ["--dev-bind", f"/dev/{name}", f"/dev/{name}"]
    if proc:
        options += ["--proc", "/proc"]
    scratch = _scratch(readable)
    options += ["--perms", "0755", "--dir", "/tmp", "--perms", "0755", "--dir", scratch]
    options += ["--remount-ro", "/", "--chdir", scratch]
    if info is not None:
        options += ["--info-fd", str(info)]
    return (bubblewrap, *options, "--")


def _scratch(readable: Iterable[str]) -> str:
    """Returns where the scratch folder is mounted: `/tmp`, unless that would hide something that the worker reads."""
    return "/scratch" if any(Path(path).is_relative_to("/tmp") for path in readable) else "/tmp"


def _limits(command: WorkerCommand, others: int) -> dict[str, int]:
    limits = {
        "RLIMIT_CORE": 0,
        "RLIMIT_FSIZE": FILE_SIZE,
        "RLIMIT_MEMLOCK": 0,
        "RLIMIT_MSGQUEUE": 0,
        "RLIMIT_NOFILE": OPEN_FILES,
        "RLIMIT_NPROC": command.processes + others,
        "RLIMIT_STACK": STACK,
    }
    if command.address_space is not None:
        limits["RLIMIT_AS"] = command.address_space
    if command.data is not None:
        limits["RLIMIT_DATA"] = command.data
    return limits


def _tasks() -> int:
    """Returns how many threads this user runs now: without a user of its own, a worker's limit counts them, too."""
    running = 0
    for process in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if process.name.isdecimal() and process.stat().st_uid == os.geteuid():
                running += len(list((process / "task").iterdir()))
    return running


def _configuration() -> tuple[str, ...]:
    return tuple(sorted(str(path) for pattern in CONFIGURATION for path in Path("/").glob(pattern[1:])))


def _own_user() -> int:
    """Returns a user id that no other process on this host has.

    Limits of processes count all that a user runs, and a user may signal whatever else is his: so each worker has its
    own.
    """
    number = (os.getpid() << 9) + next(_serial) % 512
    first, count = _users()
    return first + (USERS_FROM + number) % count if count < 1 << 32 else USERS_FROM + number


@cache
def _users() -> tuple[int, int]:
    """Returns the first and the number of the user ids that exist in this user namespace and are free."""
    first, _, count = (int(field) for field in Path("/proc/self/uid_map").read_text("ascii").split()[:3])
    if count >= (1 << 32) - 1:
        return 0, 1 << 32
    reserved = min(10_000, count // 2)  # people and services have low numbers
    return first + reserved, count - reserved


@contextlib.contextmanager
def _victims() -> Iterator[dict[str, str | int]]:
    """Sets up what the attacks are aimed at: files, a process and a server that belong to nobody else."""
    with tempfile.TemporaryDirectory(prefix="codegym-victim-") as folder, socket.socket() as server:
        home = Path(folder)
        home.chmod(0o755)
        (home / "secret").write_text("secret", "utf-8")
        (home / "writable").mkdir()
        (home / "writable").chmod(0o777)
        server.bind(("127.0.0.1", 0))
        server.listen()
        sleeper = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", "import time; time.sleep(60)"], start_new_session=True
        )
        try:
            yield {
                "secret": str(home / "secret"),
                "writable": str(home / "writable"),
                "port": server.getsockname()[1],
                "process": sleeper.pid,
                "judge": os.getpid(),
            }
        finally:
            sleeper.send_signal(signal.SIGKILL)
            sleeper.wait()
