"""The last step into the sandbox: a script that gives up rights, then becomes the worker.

It runs the standard library alone, as `python launcher.py SETTINGS`, where the settings are what
`codegym.judge.sandbox` wrote, in JSON. Each step that is asked for and cannot be done ends it with status 125: a worker
never starts with less isolation than it was promised.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import sys
from base64 import b64decode
from typing import Any

UNAVAILABLE = 125

PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2
PR_SET_NO_NEW_PRIVS = 38
PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 47, 4
MS_NOSUID, MS_NODEV = 2, 4

LANDLOCK_CREATE_RULESET, LANDLOCK_ADD_RULE, LANDLOCK_RESTRICT_SELF = 444, 445, 446
LANDLOCK_RULE_PATH_BENEATH = 1
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
IOCTL_DEV = 1 << 15
ADDR_NO_RANDOMIZE = 0x0040000
SCOPES = 0b11
"""Abstract UNIX sockets and signals: neither leaves the sandbox."""

FILE_RIGHTS = EXECUTE | WRITE_FILE | READ_FILE | (1 << 14) | IOCTL_DEV
"""The rights that make sense for a file that is not a folder."""

libc = ctypes.CDLL(None, use_errno=True)


class SockFilterProgram(ctypes.Structure):
    """`struct sock_fprog` of linux/filter.h."""

    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


class LandlockRulesetAttributes(ctypes.Structure):
    """`struct landlock_ruleset_attr` of linux/landlock.h."""

    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class LandlockPathBeneath(ctypes.Structure):
    """`struct landlock_path_beneath_attr` of linux/landlock.h."""

    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def main() -> None:
    """Gives up rights, then becomes the worker."""
    settings = json.loads(sys.argv[1])
    try:
        confine(settings)
    except OSError as error:
        sys.stderr.write(f"sandbox layer unavailable: {error}\n")
        os._exit(UNAVAILABLE)
    command = settings["command"]
    try:
        os.execve(command[0], command, settings["environment"])
    except OSError as error:
        sys.stderr.write(f"{error}: the users of the sandbox must be able to read it\n")
        os._exit(UNAVAILABLE)


def confine(settings: dict[str, Any]) -> None:
    """Applies every layer, from the one that needs the most rights to the one that forbids the most."""
    if scratch := settings["scratch"]:
        mount_scratch(scratch["path"], scratch["bytes"], scratch["files"])
    for name, limit in settings["limits"].items():
        set_limit(getattr(resource, name), limit)
    # A program that prints or compares addresses shall do the same each time. Where the kernel refuses, it does not.
    libc.personality(ADDR_NO_RANDOMIZE)
    if (user := settings["user"]) is not None:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    _check("the capabilities cannot be dropped", libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0))
    _check("no_new_privs is refused", libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    if paths := settings["landlock"]:
        restrict_files(paths["read"], paths["write"])
    if program := settings["seccomp"]:
        filter_system_calls(b64decode(program))


def mount_scratch(path: str, size: int, files: int) -> None:
    """Puts an empty file system of limited size at a path and makes it the working directory."""
    options = f"size={size},nr_inodes={files},mode=1777".encode()
    mounted = libc.mount(b"tmpfs", path.encode(), b"tmpfs", MS_NOSUID | MS_NODEV, options)
    _check(f"{path} cannot be mounted", mounted)
    os.chdir(path)


def set_limit(which: int, soft: int, hard: int | None = None) -> None:
    """Sets the soft and the hard limit, which are one unless both are given, or the lower one that is already there."""
    hard = soft if hard is None else hard
    _, highest = resource.getrlimit(which)
    if highest != resource.RLIM_INFINITY:
        soft, hard = min(soft, highest), min(hard, highest)
    resource.setrlimit(which, (soft, hard))


def restrict_files(readable: list[str], writable: list[str]) -> None:
    """Leaves the process, and all that it starts, nothing but these files and folders (landlock(7)).

    Raises:
        OSError: The kernel has no Landlock, or one that is too old to keep signals inside.
    """
    version = libc.syscall(LANDLOCK_CREATE_RULESET, None, 0, 1)
    if version < 6:
        raise OSError(f"Landlock has version {max(version, 0)}; 6 is needed (Linux 6.12)")
    everything = (1 << 16) - 1
    attributes = LandlockRulesetAttributes(everything, 0b11, SCOPES)
    ruleset = libc.syscall(
        LANDLOCK_CREATE_RULESET, ctypes.byref(attributes), ctypes.c_size_t(ctypes.sizeof(attributes)), 0
    )
    _check("no Landlock ruleset", ruleset)
    for paths, rights in ((readable, EXECUTE | READ_FILE | READ_DIR), (writable, everything & ~IOCTL_DEV)):
        for path in paths:
            if not os.path.exists(path):  # noqa: PTH110  # pathlib costs a third of the start
                continue
            parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
            allowed = rights if os.path.isdir(path) else rights & FILE_RIGHTS  # noqa: PTH112
            rule = LandlockPathBeneath(allowed, parent)
            added = libc.syscall(LANDLOCK_ADD_RULE, ruleset, LANDLOCK_RULE_PATH_BENEATH, ctypes.byref(rule), 0)
            _check(f"no Landlock rule for {path}", added)
            os.close(parent)
    _check("Landlock is refused", libc.syscall(LANDLOCK_RESTRICT_SELF, ruleset, 0))
    os.close(ruleset)


def filter_system_calls(program: bytes) -> None:
    """Loads a compiled seccomp filter, for this process and all that it starts."""
    loaded = SockFilterProgram(len(program) // 8, program)
    _check("seccomp is refused", libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(loaded), 0, 0))


def _check(what: str, returned: int) -> None:
    if returned < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what} ({os.strerror(number)})")


if __name__ == "__main__":
    main()
