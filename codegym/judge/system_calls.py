"""Which system calls a sandboxed process may make: seccomp filters, compiled by libseccomp.

There are three, each on top of the one before. Every worker, and so every compiler, starts under `worker_filter`. What
runs programs adds `runner_filter`: no memory that no limit counts, no limits for others. Both are lists of what is
allowed: a call that is not named here fails with ENOSYS, as in an older kernel, and one that is refused for good with
EPERM. A program starts under `program_filter`, too, which takes away what only its runner needs: no new processes,
no signals to others. It is short, because the kernel compiles it for every run.
"""

from __future__ import annotations

import errno
import tempfile
from functools import cache
from typing import Any

OWN_PID = 0x5EED_C0DE
"""Stands in a filter for the process id of the program, which its worker knows only after the fork."""

SCHED_OTHER = 0
CLONE_THREAD = 0x0001_0000
NEW_NAMESPACES = 0x7E02_0080
"""CLONE_NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET, NEWNS and NEWTIME."""

FILES = """
    access chdir close close_range copy_file_range creat dup dup2 dup3 faccessat faccessat2 fadvise64 fallocate
    fchdir fdatasync fgetxattr flistxattr flock fstat fstatfs fsync ftruncate getcwd getdents getdents64 getxattr
    lgetxattr link linkat listxattr llistxattr lseek lstat mkdir mkdirat newfstatat open openat openat2 pipe pipe2
    pread64 preadv preadv2 pwrite64 pwritev pwritev2 read readahead readlink readlinkat readv rename renameat
    renameat2 rmdir sendfile splice stat statfs statx symlink symlinkat sync_file_range tee truncate umask unlink
    unlinkat vmsplice write writev
"""
ATTRIBUTES = "chmod chown fchmod fchmodat fchown fchownat futimesat lchown utime utimensat utimes"
"""Landlock has no say in these: where it is all that keeps files apart, programs may not make them."""

MEMORY = """
    brk get_mempolicy madvise membarrier mincore mlock mlock2 mlockall mprotect mremap msync munlock munlockall munmap
    pkey_alloc pkey_free pkey_mprotect remap_file_pages
"""
WAITING = """
    clock_getres clock_gettime clock_nanosleep epoll_create epoll_create1 epoll_ctl epoll_pwait epoll_pwait2
    epoll_wait eventfd eventfd2 futex futex_waitv getitimer gettimeofday nanosleep pause poll ppoll pselect6
    restart_syscall sched_yield select setitimer signalfd signalfd4 time timer_create timer_delete timer_getoverrun
    timer_gettime timer_settime timerfd_create timerfd_gettime timerfd_settime alarm
"""
PROCESS = """
    arch_prctl capget execve execveat exit exit_group get_robust_list get_thread_area getcpu getegid geteuid getgid
    getgroups getpgid getpgrp getpid getppid getpriority getrandom getresgid getresuid getrlimit getrusage getsid
    gettid getuid prctl rseq rt_sigaction rt_sigpending rt_sigprocmask rt_sigreturn rt_sigsuspend rt_sigtimedwait
    sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getattr sched_getparam sched_getscheduler
    sched_rr_get_interval set_robust_list set_thread_area set_tid_address sigaltstack sysinfo times uname wait4
    waitid
"""
STREAMS = """
    recvfrom recvmsg recvmmsg sendto sendmsg sendmmsg shutdown getsockopt setsockopt getsockname getpeername
"""
"""Pairs of connected sockets are pipes; what would reach another process, `socket`, is not here."""

CONNECTED = (1, 5)
"""SOCK_STREAM and SOCK_SEQPACKET: one of a pair of datagram sockets could send to any other socket of the host."""

WORKER = """
    fcntl inotify_add_watch inotify_init inotify_init1 inotify_rm_watch ioctl mmap pidfd_open fork vfork kill tgkill
    tkill setrlimit prlimit64 setpriority sched_setaffinity sched_setscheduler sched_setattr sched_setparam
    landlock_add_rule landlock_create_ruleset landlock_restrict_self
"""
RUNNER = """
    fork vfork kill tgkill setrlimit pidfd_open landlock_add_rule landlock_create_ruleset landlock_restrict_self
"""
OF_ITSELF = "prlimit64 sched_setaffinity sched_setattr sched_setparam"
"""Calls whose first argument is a process: programs, and what runs them, may name none but 0, which is themselves."""

FCNTL = (0, 1, 2, 3, 5, 6, 7, 9, 36, 37, 38, 1030, 1031, 1032)
"""F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_GETLK, F_SETLK, F_SETLKW, F_GETOWN, the same three locks of open files,
F_DUPFD_CLOEXEC, F_SETPIPE_SZ and F_GETPIPE_SZ. F_SETOWN and F_SETSIG, not here, send any signal to any process."""

F_SETFL, O_ASYNC = 4, 0x2000
IOCTL = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
"""TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX and FIOCLEX. FIOASYNC and FIOSETOWN, not here, send signals, too."""

MAP_SHARED, MAP_ANONYMOUS, MAP_GROWSDOWN = 0x01, 0x20, 0x100

REFUSED = """
    accept accept4 acct add_key bind bpf chroot connect delete_module fanotify_init finit_module init_module
    io_uring_setup kexec_load keyctl listen memfd_create memfd_secret mount move_mount
    mq_open msgget open_by_handle_at open_tree perf_event_open personality pidfd_getfd pidfd_send_signal pivot_root
    process_madvise process_vm_readv process_vm_writev ptrace quotactl reboot request_key rt_sigqueueinfo
    rt_tgsigqueueinfo seccomp semget setdomainname setfsgid setfsuid setgid setgroups sethostname setns setpgid
    setregid setresgid setresuid setreuid setsid setuid shmget socket swapon umount2 unshare userfaultfd
"""


@cache
def worker_filter() -> bytes:
    """Returns the filter of workers: processes may be started and ended, rights cannot be gained, nothing connects.

    Raises:
        OSError: libseccomp is not installed, or not for this processor.
    """
    rules = _allow(FILES, ATTRIBUTES, MEMORY, WAITING, PROCESS, STREAMS, WORKER)
    seccomp = _library()
    rules.add_rule(seccomp.ALLOW, "clone", seccomp.Arg(0, seccomp.MASKED_EQ, NEW_NAMESPACES, 0))
    return _compiled(rules)


@cache
def runner_filter() -> bytes:
    """Returns the filter of what runs programs, which each of them inherits. Raises as `worker_filter` does."""
    rules = _allow(FILES, ATTRIBUTES, MEMORY, WAITING, PROCESS, STREAMS, RUNNER)
    seccomp = _library()
    for call, requests in (("fcntl", FCNTL), ("ioctl", IOCTL)):
        for request in requests:
            rules.add_rule(seccomp.ALLOW, call, seccomp.Arg(1, seccomp.MASKED_EQ, 0xFFFF_FFFF, request))
    rules.add_rule(
        seccomp.ALLOW,
        "fcntl",
        seccomp.Arg(1, seccomp.MASKED_EQ, 0xFFFF_FFFF, F_SETFL),
        seccomp.Arg(2, seccomp.MASKED_EQ, O_ASYNC, 0),
    )
    # What is shared without a file, and what grows downwards, counts as no program's data.
    for without in (MAP_SHARED | MAP_GROWSDOWN, MAP_ANONYMOUS | MAP_GROWSDOWN):
        rules.add_rule(seccomp.ALLOW, "mmap", seccomp.Arg(3, seccomp.MASKED_EQ, without, 0))
    rules.add_rule(seccomp.ALLOW, "clone", seccomp.Arg(0, seccomp.MASKED_EQ, NEW_NAMESPACES, 0))
    # Any thread may have the ordinary policy: run times set it for each thread, by a number that is not the process's.
    rules.add_rule(seccomp.ALLOW, "sched_setscheduler", seccomp.Arg(1, seccomp.EQ, SCHED_OTHER))
    for call in OF_ITSELF.split():
        rules.add_rule(seccomp.ALLOW, call, seccomp.Arg(0, seccomp.EQ, 0))
    return _compiled(rules)


@cache
def program_filter(*, attributes: bool) -> bytes:
    """Returns the filter of programs: threads but no processes, signals for itself alone.

    `OWN_PID` in it stands for the program's process id. Raises as `worker_filter` does.

    Args:
        attributes: Whether it may change the rights and the times of the files that it sees.
    """
    seccomp = _library()
    rules = seccomp.SyscallFilter(seccomp.ALLOW)
    rules.add_rule(seccomp.ERRNO(errno.EAGAIN), "fork")
    rules.add_rule(seccomp.ERRNO(errno.EAGAIN), "vfork")
    rules.add_rule(seccomp.ERRNO(errno.EAGAIN), "clone", seccomp.Arg(0, seccomp.MASKED_EQ, CLONE_THREAD, 0))
    for call in ("kill", "tgkill"):  # 0 is the whole process group there
        rules.add_rule(seccomp.ERRNO(errno.EPERM), call, seccomp.Arg(0, seccomp.NE, OWN_PID))
    for call in ["pidfd_open", "landlock_add_rule", "landlock_create_ruleset", "landlock_restrict_self"]:
        _add(rules, seccomp.ERRNO(errno.EPERM), call)
    for call in () if attributes else ATTRIBUTES.split():
        _add(rules, seccomp.ERRNO(errno.EPERM), call)
    return _compiled(rules)


def _allow(*lists: str) -> Any:
    seccomp = _library()
    rules = seccomp.SyscallFilter(seccomp.ERRNO(errno.ENOSYS))
    for name in " ".join(lists).split():
        _add(rules, seccomp.ALLOW, name)
    for kind in CONNECTED:
        rules.add_rule(seccomp.ALLOW, "socketpair", seccomp.Arg(1, seccomp.MASKED_EQ, 0xF, kind))
    for name in REFUSED.split():
        _add(rules, seccomp.ERRNO(errno.EPERM), name)
    return rules


def _add(rules: Any, action: Any, name: str) -> None:
    try:
        rules.add_rule(action, name)
    except (OSError, ValueError):  # a call that this processor, or this libseccomp, does not have
        return


def _compiled(rules: Any) -> bytes:
    with tempfile.TemporaryFile() as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()


@cache
def _library() -> Any:
    try:
        import pyseccomp
    except (ImportError, RuntimeError) as error:
        raise OSError("libseccomp is missing: sudo apt-get install --no-install-recommends libseccomp2") from error
    return pyseccomp
