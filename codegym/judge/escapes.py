"""Attacks the sandbox from inside, to find out what it is worth on this host.

A script of the standard library alone; its argument names what to attack, in JSON: files, a process and a server that
the judge made for this and that belong to nobody else. It prints, in JSON, which attacks were contained. Each attack is
bounded, so that a sandbox that fails lets no harm happen.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import json
import mmap
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from codegym.judge import runner
else:  # a script has no package
    sys.path.insert(0, os.path.dirname(__file__))  # noqa: PTH120
    import runner

PROCESSES = 64
PTRACE_ATTACH = 16
PROBE_TIME = 10.0
CLONE_NEWUSER = 0x1000_0000
SYS_MEMFD_CREATE = 319

Attack = Callable[[dict[str, Any]], bool]

libc = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    """Tries every attack, and prints which were contained."""
    victims = json.loads(sys.argv[1])
    attacks: dict[str, Attack] = {
        "read a file outside": reads_a_file,
        "write a file outside": writes_a_file,
        "write to the system": writes_to_the_system,
        "connect to a server on this host": connects,
        "send a datagram": sends_a_datagram,
        "signal another process": signals,
        "trace another process": traces,
        "read another process's environment": reads_an_environment,
        "start processes without end": starts_processes,
        "take memory without end": takes_memory,
        "gain rights in a new user namespace": gains_rights,
        "be root": is_root,
        "start a process from a program": as_program(forks),
        "signal a program's worker": as_program(signals_its_worker),
        "reach into a program's worker": as_program(reaches_its_worker),
        "share memory that no limit counts": as_program(shares_memory),
        "send to a socket of this host by a pair": as_program(makes_a_pair_of_datagram_sockets),
        "change the rights of a file outside": as_program(changes_rights),
    }
    print(json.dumps({name: not succeeds(attack, victims) for name, attack in attacks.items()}))


def succeeds(attack: Attack, victims: dict[str, Any]) -> bool:
    """Returns whether an attack got through; one that ends in an error did not."""
    try:
        return attack(victims)
    except (OSError, MemoryError, ValueError):
        return False


def reads_a_file(victims: dict[str, Any]) -> bool:
    """Reads a file that everybody may read."""
    with open(victims["secret"], encoding="utf-8") as file:  # noqa: PTH123
        return file.read() == "secret"


def writes_a_file(victims: dict[str, Any]) -> bool:
    """Writes to a folder that everybody may write to."""
    with open(os.path.join(victims["writable"], "written"), "w", encoding="utf-8") as file:  # noqa: PTH118, PTH123
        return file.write("x") > 0


def writes_to_the_system(victims: dict[str, Any]) -> bool:
    """Writes to the root of the file system and to the shared memory."""
    written = False
    for folder in ("/", "/dev", "/dev/shm", "/usr", "/etc", "/var/tmp"):
        path = os.path.join(folder, f"codegym-escape-{victims['judge']}")  # noqa: PTH118
        try:
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
            os.unlink(path)  # noqa: PTH108
            written = True
        except OSError:
            continue
    return written


def connects(victims: dict[str, Any]) -> bool:
    """Connects to a server on the loopback device."""
    with socket.create_connection(("127.0.0.1", victims["port"]), timeout=2):
        return True


def sends_a_datagram(victims: dict[str, Any]) -> bool:
    """Sends a datagram to the loopback device; a network without devices refuses it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        return client.sendto(b"x", ("127.0.0.1", victims["port"])) > 0


def signals(victims: dict[str, Any]) -> bool:
    """Asks whether processes outside could be sent a signal; none is sent."""
    reached = False
    for process in (victims["process"], victims["judge"]):
        try:
            os.kill(process, 0)
            reached = reached or process != os.getpid()
        except OSError as error:
            if error.errno not in (errno.ESRCH, errno.EPERM):
                raise
    return reached


def traces(victims: dict[str, Any]) -> bool:
    """Attaches to a process as a debugger does."""
    if libc.ptrace(PTRACE_ATTACH, victims["process"], None, None) != 0:
        return False
    os.kill(victims["process"], signal.SIGCONT)
    return True


def reads_an_environment(victims: dict[str, Any]) -> bool:
    """Reads what the system tells about processes outside."""
    with open(f"/proc/{victims['process']}/environ", "rb") as file:  # noqa: PTH123
        return bool(file.read())


def starts_processes(victims: dict[str, Any]) -> bool:
    """Starts more processes than any worker may have; all end at once."""
    children = []
    gate, opener = os.pipe()
    try:
        for _ in range(PROCESSES):
            child = os.fork()
            if child == 0:
                os.close(opener)
                os.read(gate, 1)
                os._exit(0)
            children.append(child)
    except OSError:
        return False
    finally:
        os.close(opener)
        for child in children:
            os.waitpid(child, 0)
    return True


def takes_memory(victims: dict[str, Any]) -> bool:
    """Maps eight gigabytes, privately and shared, without touching them, and makes a file of memory."""
    size = 8 << 30
    for kind in (mmap.MAP_PRIVATE, mmap.MAP_SHARED):
        try:
            mmap.mmap(-1, size, flags=kind | mmap.MAP_ANONYMOUS).close()
        except (OSError, MemoryError):
            continue
        return True
    return bool(libc.syscall(SYS_MEMFD_CREATE, b"escape", 0) >= 0)


def gains_rights(victims: dict[str, Any]) -> bool:
    """Makes a user namespace, in which every right of root is its own."""
    child = os.fork()
    if child == 0:
        os._exit(libc.unshare(CLONE_NEWUSER) == 0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1


def is_root(victims: dict[str, Any]) -> bool:
    """Looks at its own user, and tries to become root."""
    if os.geteuid() == 0:
        return True
    os.setuid(0)
    return os.geteuid() == 0 or resource.getrlimit(resource.RLIMIT_CORE)[1] != 0


def as_program(attack: Attack) -> Attack:
    """Returns an attack that is made as programs make it: by the child of a worker that hides, under their filter."""

    def attack_in_child(victims: dict[str, Any]) -> bool:
        libc.prctl(runner.PR_SET_DUMPABLE, 0, 0, 0, 0)
        return status_in_child(confined_worker, attack, victims) != 0

    def confined_worker(attack: Attack, victims: dict[str, Any]) -> int:
        runner.confine_runner()
        return status_in_child(program, attack, victims)

    def program(attack: Attack, victims: dict[str, Any]) -> int:
        runner.confine_run(PROBE_TIME)
        return int(succeeds(attack, victims))

    return attack_in_child


def status_in_child(become: Callable[[Attack, dict[str, Any]], int], attack: Attack, victims: dict[str, Any]) -> int:
    """Returns what a function returns in a child, and 2 where it fails."""
    child = os.fork()
    if child == 0:
        status = 2
        try:
            status = become(attack, victims)
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def forks(victims: dict[str, Any]) -> bool:
    """Starts one process, which ends at once."""
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    return True


def signals_its_worker(victims: dict[str, Any]) -> bool:
    """Asks whether the worker could be sent a signal, by a call or by what a pipe reports; none is sent."""
    pipe, _ = os.pipe()
    for attempt in (
        lambda: os.kill(os.getppid(), 0),
        lambda: os.kill(0, 0),
        lambda: fcntl.fcntl(pipe, fcntl.F_SETOWN, os.getppid()),
        lambda: fcntl.fcntl(pipe, fcntl.F_SETFL, os.O_ASYNC),
    ):
        try:
            attempt()
        except OSError:
            continue
        return True
    return False


def reaches_its_worker(victims: dict[str, Any]) -> bool:
    """Opens the memory and the pipes of the worker, and of the first process that it sees."""
    for process in (os.getppid(), 1):
        for name in ("mem", "environ", "fd/0", "fd/1", "oom_score_adj"):
            try:
                os.close(os.open(f"/proc/{process}/{name}", os.O_RDWR | os.O_NONBLOCK))
            except OSError:
                continue
            return True
    return False


def shares_memory(victims: dict[str, Any]) -> bool:
    """Maps memory as if to share it, which counts as nobody's data."""
    mmap.mmap(-1, mmap.PAGESIZE, flags=mmap.MAP_SHARED | mmap.MAP_ANONYMOUS).close()
    return True


def makes_a_pair_of_datagram_sockets(victims: dict[str, Any]) -> bool:
    """Makes two connected sockets, each of which could send to any other by its name."""
    for end in socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM):
        end.close()
    return True


def changes_rights(victims: dict[str, Any]) -> bool:
    """Sets the rights of a file to what they are."""
    os.chmod(victims["secret"], 0o644)  # noqa: PTH101
    return True


if __name__ == "__main__":
    main()
