# ruff: noqa: E501  # a line of a program is a line of the program
"""Programs that attack the judge, in every language, and what they are allowed to reach.

A program prints `ESCAPED` and what, where something succeeds that must not, and prints what it could read. `@name@`
stands for a target that the test has made (`Targets`). Each is bounded, so that a sandbox that fails lets no harm
happen: at most 300 processes, which end at once; 2 GB of memory; 500 MB of files; nothing lives longer than 30 s.
"""

from __future__ import annotations

import base64
import contextlib
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SECRET = "codegym-secret-6f1d2a"
TOOLS = {"python": "python3", "java": "javac", "c": "gcc", "cpp": "g++", "csharp": "mcs", "php": "php"}


@dataclass(frozen=True)
class Targets:
    """What attacks are aimed at.

    Attributes:
        secret: A file that everybody may read.
        private: A file that its owner alone may read.
        folder: A folder that everybody may write to.
        socket: Path of a datagram socket.
        abstract: Name of an abstract one.
        tcp: Port of a server on the loopback device.
        udp: Port of another one.
        sentinel: Process id of somebody else's process.
        judge: Process id of the judge.
        worker: Process id of a worker.
    """

    secret: str
    private: str
    folder: str
    socket: str
    abstract: str
    tcp: int
    udp: int
    sentinel: int
    judge: int
    worker: int

    def aim(self, source: str) -> str:
        """Returns the source with the targets in their places."""
        for name in self.__dataclass_fields__:
            source = source.replace(f"@{name}@", str(getattr(self, name)))
        return source


@contextlib.contextmanager
def sentinel_files() -> Iterator[Path]:
    """Makes the files that attacks are aimed at, where every user can get at them, and yields their folder."""
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="codegym-sentinels-") as folder:
        home = Path(folder)
        home.chmod(0o755)
        for name, mode in (("secret", 0o644), ("private", 0o600)):
            (home / name).write_text(SECRET, "utf-8")
            (home / name).chmod(mode)
        (home / "folder").mkdir()
        (home / "folder").chmod(0o777)
        yield home


FRAME = '{"status": "exited", "exit_code": 0, "signal": 0, "completed": true}'
VERDICT = '{"ok": true, "status": "ok", "diagnostics": []}'

READABLE = (
    "@secret@",
    "@private@",
    "link",
    "../link",
    "/proc/1/root@secret@",
    "/proc/self/root@secret@",
    "/proc/thread-self/root@secret@",
    "/proc/@parent@/root@secret@",
    "/proc/@judge@/root@secret@",
    "/proc/@sentinel@/environ",
    "/proc/@sentinel@/cmdline",
    "/proc/@judge@/environ",
    "/proc/@parent@/environ",
    "/proc/1/environ",
    "/proc/self/cwd/../../../../../..@secret@",
    "../../../../../../../..@secret@",
    "//@secret@",
    "/etc/passwd",
    "/etc/shadow",
    "/root/.bashrc",
    "/proc/kcore",
    "/proc/kallsyms",
    *(f"/proc/self/fd/{number}" for number in range(3, 12)),
    *(f"/proc/@parent@/fd/{number}" for number in range(12)),
)
WRITABLE = (
    "@secret@",
    "@private@",
    "@folder@/new",
    "/codegym-attack",
    "/usr/codegym-attack",
    "/usr/lib/codegym-attack",
    "/bin/codegym-attack",
    "/etc/codegym-attack",
    "/etc/ld.so.preload",
    "/opt/codegym-attack",
    "/dev/codegym-attack",
    "/dev/shm/codegym-attack",
    "/var/tmp/codegym-attack",
    "/run/codegym-attack",
    "/dev/mem",
    "/dev/kmsg",
    "/proc/sysrq-trigger",
    "/proc/sys/kernel/core_pattern",
    "/proc/sys/kernel/panic",
    "/proc/@parent@/mem",
    "/proc/1/mem",
    "/proc/@sentinel@/mem",
    "/proc/@judge@/mem",
    "/proc/@parent@/oom_score_adj",
    "/proc/1/oom_score_adj",
    "/proc/@judge@/oom_score_adj",
    "/proc/@parent@/fd/1",
    "/proc/@parent@/fd/4",
    "/proc/1/fd/1",
    "/sys/kernel/uevent_helper",
    "/sys/fs/cgroup/cgroup.procs",
)

SIGKILL, ATTACH, SEIZE, NEW_USER = 9, 16, 0x4206, 0x1000_0000
OTHERS = ("@parent@", "@sentinel@", "@judge@", "@worker@", "1")
Call = tuple[str, int, tuple[int | str, ...]]

SYSTEM_CALLS: tuple[Call, ...] = (
    # Signals: none of them may reach anybody else.
    ("kill everybody", 62, (-1, SIGKILL)),
    ("kill the group", 62, (0, SIGKILL)),
    *((f"kill {other}", 62, (other, SIGKILL)) for other in OTHERS),
    *((f"kill the group of {other}", 62, ("-" + other, SIGKILL)) for other in OTHERS[:4]),
    *((f"tkill {other}", 200, (other, SIGKILL)) for other in OTHERS),
    *((f"tgkill {other}", 234, (other, other, SIGKILL)) for other in OTHERS),
    *((f"queue a signal to {other}", 129, (other, SIGKILL, "&")) for other in OTHERS),
    *((f"open {other}", 434, (other, 0)) for other in OTHERS),
    *((f"own a pipe's signals for {other}", 72, (0, 8, other)) for other in OTHERS),
    ("choose a pipe's signal", 72, (0, 10, SIGKILL)),
    ("have a pipe send signals", 72, (0, 4, 0x2000)),
    # Other processes' memory, limits and places.
    *((f"attach to {other}", 101, (ATTACH, other, 0, 0)) for other in OTHERS),
    *((f"seize {other}", 101, (SEIZE, other, 0, 0)) for other in OTHERS),
    *((f"read the memory of {other}", 310, (other, "&", 1, "&", 1, 0)) for other in OTHERS),
    *((f"write the memory of {other}", 311, (other, "&", 1, "&", 1, 0)) for other in OTHERS),
    *((f"limit {other}", 302, (other, 0, "&", 0)) for other in OTHERS),
    *((f"read the limits of {other}", 302, (other, 0, 0, "&")) for other in OTHERS),
    *((f"set the priority of {other}", 141, (0, other, 19)) for other in OTHERS),
    *((f"set the processors of {other}", 203, (other, 8, "&")) for other in OTHERS),
    *((f"set the scheduler of {other}", 144, (other, 5, "&")) for other in OTHERS),
    *((f"set the attributes of {other}", 314, (other, "&", 0)) for other in OTHERS),
    *((f"advise {other}", 440, (other, "&", 1, 4, 0)) for other in OTHERS),
    *((f"compare with {other}", 312, (other, other, 0, 0, 0)) for other in OTHERS),
    ("trace by the parent", 101, (0, 0, 0, 0)),
    # New processes.
    ("fork", 57, ()),
    ("clone", 56, (17, 0, 0, 0, 0)),
    ("clone with the parent's parent", 56, (0x8000 | 17, 0, 0, 0, 0)),
    ("clone3", 435, ("&", 88)),
    # Rights and views of the system.
    ("unshare users", 272, (NEW_USER,)),
    ("unshare everything", 272, (0x7E02_0000,)),
    ("clone a user namespace", 56, (NEW_USER | 17, 0, 0, 0, 0)),
    ("enter a namespace", 308, (0, 0)),
    ("become root", 105, (0,)),
    ("become root for good", 117, (0, 0, 0)),
    ("join a group", 106, (0,)),
    ("join groups", 116, (1, "&")),
    ("start a session", 112, ()),
    ("leave the group", 109, (0, 0)),
    ("mount", 165, ("none", "/tmp", "tmpfs", 0, 0)),
    ("unmount", 166, ("/tmp", 2)),
    ("chroot", 161, ("/",)),
    ("pivot the root", 155, ("/tmp", "/tmp")),
    ("open a tree", 428, (-100, "/", 0)),
    ("open a file system", 430, ("tmpfs", 0)),
    ("make a device", 133, ("device", 0o20666, 0x101)),
    ("change the personality", 135, (0x4_0000,)),
    ("change the descriptor table", 154, (1, "&", 16)),
    ("reach ports", 173, (0x70, 1, 1)),
    ("load a filter", 321, (0, "&", 120)),
    ("count events", 298, ("&", 0, -1, -1, 0)),
    ("handle page faults", 323, (1,)),
    ("set up a ring", 425, (8, "&")),
    ("read the kernel's log", 103, (3, "&", 64)),
    ("read the session's keys", 250, (0, -3, 1)),
    ("add a key", 248, ("user", "codegym", "x", 1, -2)),
    ("watch the file system", 300, (0, 0)),
    ("account", 163, (0,)),
    # Memory that outlives a process, or that no limit counts.
    ("share memory by number", 29, (0, 4096, 0o1600)),
    ("make semaphores", 64, (0, 1, 0o1600)),
    ("make a queue of messages", 68, (0, 0o1600)),
    ("open a queue of messages", 240, ("/codegym", 0o102, 0o600, 0)),
    ("make a file of memory", 319, ("codegym", 0)),
    ("make a secret file of memory", 447, (0,)),
    # Sockets.
    *(
        (f"socket {family} {kind}", 41, (family, kind, 0))
        for family in (1, 2, 10, 16, 17, 38, 40)
        for kind in (1, 2, 3)
    ),
    ("pair of datagram sockets", 53, (1, 2, 0, "&")),
)
"""Calls by name, number and arguments: `&` is the address of 4 KB of zeros, other texts are strings, and all must fail."""

# ------------------------------------------------------------------------------------------------------------- C, C++

C_PRELUDE = """
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
static void escaped(const char *what) { printf("ESCAPED %s\\n", what); fflush(stdout); }
"""


def c_text(text: str) -> str:
    """Returns a C string, whose `@parent@` and the like have been replaced."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def c_argument(argument: int | str) -> str:
    """Returns an argument of a raw system call in C."""
    if isinstance(argument, int):
        return f"{argument}L"
    if argument == "&":
        return "(long) zeros"
    bare = argument.removeprefix("-")
    if bare.startswith("@") or bare.isdecimal():
        return argument.replace("@parent@", "(long) getppid()") + "L" * (not bare.startswith("@parent"))
    return f"(long) {c_text(argument)}"


def c_system_calls(report: str) -> str:
    """Returns C statements that make every system call."""
    lines = []
    for name, number, arguments in SYSTEM_CALLS:
        values = ", ".join(c_argument(argument) for argument in (*arguments, *(0,) * (6 - len(arguments))))
        lines.append(f"    attempt({c_text(name)}, {number}L, {values});")
    return (
        "static char zeros[4096];\n"
        "static void attempt(const char *name, long number, long a, long b, long c, long d, long e, long f) {\n"
        "    memset(zeros, 0, sizeof zeros);\n"
        "    if (number == 435) ((long *) zeros)[4] = SIGCHLD;\n"
        "    long returned = syscall(number, a, b, c, d, e, f);\n"
        "    if (returned == 0 && (number == 57 || number == 56 || number == 435)) _exit(0);\n"
        f"    if (returned >= 0) {report};\n"
        "}\n"
        "static void attempt_all(void) {\n" + "\n".join(lines) + "\n}\n"
    )


def c_program(body: str, before: str = "") -> str:
    """Returns a C program, which is a C++ program, too."""
    return f'{C_PRELUDE}{before}\nint main(void) {{\n{body}\n    puts("end");\n    return 0;\n}}\n'


def c_array(name: str, texts: tuple[str, ...]) -> str:
    return f"static const char *{name}[] = {{ {', '.join(c_text(text) for text in texts)} }};\n"


C_PATH = """
static const char *path_of(const char *pattern) {
    static char path[4096];
    const char *parent = strstr(pattern, "@parent@");
    if (!parent) return pattern;
    snprintf(path, sizeof path, "%.*s%d%s", (int) (parent - pattern), pattern, (int) getppid(), parent + 8);
    return path;
}
"""

C = {
    "processes": c_program(
        """
    for (int i = 0; i < 300; i++) {
        pid_t child = i % 3 ? fork() : (pid_t) syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
        if (child == 0) _exit(0);
        if (child > 0) escaped("fork");
    }
    if (system("exit 7") == 7 << 8) escaped("system");
    if (popen("echo x", "r")) escaped("popen");"""
    ),
    "daemon": c_program(
        """
    pid_t child = fork();
    if (child == 0) {
        setsid();
        if (fork() == 0) { close(0); close(1); close(2); sleep(30); }
        _exit(0);
    }
    if (child > 0) escaped("daemon");
    if (daemon(1, 1) == 0) { escaped("daemon"); exit(0); }"""
    ),
    "threads": c_program(
        """
    int made = 0;
    pthread_attr_t small; pthread_attr_init(&small); pthread_attr_setstacksize(&small, 65536);
    for (int i = 0; i < 300; i++) { pthread_t thread; made += pthread_create(&thread, &small, wait_long, 0) == 0; }
    if (made >= 300) escaped("threads");""",
        "static void *wait_long(void *nothing) { sleep(30); return nothing; }",
    ),
    "heap": c_program(
        """
    for (int i = 0; i < 200; i++) {
        char *block = (char *) malloc(10 << 20);
        if (!block) { fputs("std::bad_alloc\\n", stderr); abort(); }
        memset(block, 1, 10 << 20);
    }
    escaped("heap");"""
    ),
    "static data": c_program(
        '    memset(large, 1, sizeof large);\n    escaped("static data");', "static char large[2000000000];"
    ),
    "mappings": c_program(
        """
    static const int kinds[] = { MAP_SHARED | MAP_ANONYMOUS, MAP_PRIVATE | MAP_ANONYMOUS,
        MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK };
    for (int kind = 0; kind < 4; kind++) {
        int mapped = 0;
        for (int i = 0; i < 50; i++) {
            char *block = (char *) mmap(0, 10 << 20, PROT_READ | PROT_WRITE, kinds[kind], -1, 0);
            if (block == MAP_FAILED) break;
            memset(block, 1, 10 << 20);
            mapped++;
        }
        if (mapped == 50) escaped("mappings");
    }
    int zero = open("/dev/zero", O_RDWR);
    if (zero >= 0 && mmap(0, 1 << 30, PROT_READ | PROT_WRITE, MAP_SHARED, zero, 0) != MAP_FAILED) escaped("zero");
    int memory = (int) syscall(SYS_memfd_create, "x", 0);
    if (memory >= 0) escaped("memfd");
    if (shm_open("/codegym-attack", O_CREAT | O_RDWR, 0600) >= 0) escaped("shm_open");"""
    ),
    "files": c_program(
        """
    static char block[1 << 20];
    long written = 0;
    for (int file = 0; file < 25; file++) {
        char name[32]; snprintf(name, sizeof name, "%s%d", file % 2 ? "file" : "/tmp/file", file);
        int target = open(name, O_CREAT | O_WRONLY, 0600);
        for (int i = 0; i < 20; i++) { ssize_t part = write(target, block, sizeof block); if (part > 0) written += part; }
        close(target);
    }
    if (written > 150L << 20) escaped("files");"""
    ),
    "many files": c_program(
        """
    int made = 0;
    for (int i = 0; i < 20000; i++) {
        char name[32]; snprintf(name, sizeof name, "%s%d", i % 2 ? "file" : "/tmp/file", i);
        int target = open(name, O_CREAT | O_WRONLY, 0600);
        if (target < 0) break;
        close(target); made++;
    }
    if (made >= 20000) escaped("many files");"""
    ),
    "output": c_program('    for (;;) puts("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");'),
    "errors": c_program("    static char block[4096]; for (;;) if (write(2, block, 4096) < 0) break;"),
    "loop": c_program("    for (volatile long i = 0;; i++) { }"),
    "stubborn loop": c_program(
        """
    sigset_t all; sigfillset(&all); sigprocmask(SIG_BLOCK, &all, 0);
    for (int i = 1; i < 65; i++) signal(i, SIG_IGN);
    struct rlimit longer = { RLIM_INFINITY, RLIM_INFINITY };
    if (setrlimit(RLIMIT_CPU, &longer) == 0) escaped("limit");
    for (volatile long i = 0;; i++) { }"""
    ),
    "sleep": c_program("    sleep(30);"),
    "stop": c_program("    kill(getpid(), SIGSTOP);"),
    "recursion": c_program(
        '    printf("%d\\n", down(1));',
        "static int down(volatile int n) { char a[512]; a[0] = (char) n; return n ? down(n + 1) + a[0] : 0; }",
    ),
    "reading": c_program(
        """
    symlink("@secret@", "link"); symlink("@secret@", "../link");
    for (size_t i = 0; i < sizeof readable / sizeof *readable; i++) {
        const char *path = path_of(readable[i]);
        char content[4096];
        for (int how = 0; how < 2; how++) {
            int file = how ? open(path, O_RDONLY | O_NONBLOCK) : (int) syscall(SYS_openat2, AT_FDCWD, path, "\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0", 24);
            if (file < 0) continue;
            ssize_t count = read(file, content, sizeof content);
            if (count > 0) { printf("READ %s\\n", path); fwrite(content, 1, (size_t) count, stdout); puts(""); }
            close(file);
        }
    }
    if (execl("/bin/cat", "cat", "@secret@", "@private@", (char *) 0) < 0) puts("no cat");""",
        C_PATH + c_array("readable", READABLE),
    ),
    "writing": c_program(
        """
    for (size_t i = 0; i < sizeof writable / sizeof *writable; i++) {
        const char *path = path_of(writable[i]);
        if (open(path, O_WRONLY | O_NONBLOCK | O_CREAT, 0600) >= 0 || open(path, O_RDWR | O_NONBLOCK) >= 0) escaped(path);
    }
    struct timeval times[2] = { { 1, 0 }, { 1, 0 } };
    static const char *files[] = { "@secret@", "@private@", "@folder@" };
    for (int i = 0; i < 3; i++) {
        if (chmod(files[i], 0) == 0 || fchmodat(AT_FDCWD, files[i], 0, 0) == 0) escaped("chmod");
        if (syscall(452, AT_FDCWD, files[i], 0, 0) == 0) escaped("fchmodat2");
        if (chown(files[i], getuid(), getgid()) == 0 || lchown(files[i], getuid(), getgid()) == 0) escaped("chown");
        if (utimes(files[i], times) == 0 || utimensat(AT_FDCWD, files[i], 0, 0) == 0) escaped("utimes");
        if (syscall(188, files[i], "user.codegym", "x", 1L, 0L) == 0) escaped("setxattr");
        if (rename(files[i], "renamed") == 0) escaped("rename");
        if (link(files[i], "hard") == 0) escaped("link");
    }
    if (truncate("@secret@", 0) == 0) escaped("truncate");
    if (unlink("@secret@") == 0 || unlink("@private@") == 0) escaped("unlink");
    if (mkdir("@folder@/made", 0700) == 0) escaped("mkdir");
    if (symlink("/", "@folder@/symlink") == 0) escaped("symlink");
    if (mkfifo("@folder@/fifo", 0600) == 0) escaped("mkfifo");
    if (rmdir("@folder@") == 0) escaped("rmdir");""",
        C_PATH + c_array("writable", WRITABLE),
    ),
    "network": c_program(
        """
    struct sockaddr_in address; memset(&address, 0, sizeof address);
    address.sin_family = AF_INET; address.sin_port = htons(@tcp@); address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int tcp = socket(AF_INET, SOCK_STREAM, 0);
    if (tcp >= 0 && connect(tcp, (struct sockaddr *) &address, sizeof address) == 0) escaped("tcp");
    address.sin_port = htons(@udp@);
    int udp = socket(AF_INET, SOCK_DGRAM, 0);
    if (udp >= 0 && sendto(udp, "x", 1, 0, (struct sockaddr *) &address, sizeof address) > 0) escaped("udp");
    if (socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) >= 0 || socket(AF_PACKET, SOCK_RAW, 0) >= 0) escaped("raw");
    struct sockaddr_un local; memset(&local, 0, sizeof local); local.sun_family = AF_UNIX;
    for (int abstract = 0; abstract < 2; abstract++) {
        const char *name = abstract ? "@abstract@" : "@socket@";
        strcpy(local.sun_path + abstract, name);
        socklen_t size = (socklen_t) (offsetof(struct sockaddr_un, sun_path) + strlen(name) + (size_t) abstract);
        int stream = socket(AF_UNIX, SOCK_STREAM, 0), datagram = socket(AF_UNIX, SOCK_DGRAM, 0);
        if (stream >= 0 && connect(stream, (struct sockaddr *) &local, size) == 0) escaped("unix");
        if (datagram >= 0 && sendto(datagram, "x", 1, 0, (struct sockaddr *) &local, size) > 0) escaped("unix datagram");
        static const int kinds[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET };
        for (int kind = 0; kind < 3; kind++) {
            int pair[2];
            struct iovec part = { (void *) "x", 1 };
            struct msghdr message; memset(&message, 0, sizeof message);
            message.msg_name = &local; message.msg_namelen = size; message.msg_iov = &part; message.msg_iovlen = 1;
            if (socketpair(AF_UNIX, kinds[kind], 0, pair) < 0) continue;
            connect(pair[0], (struct sockaddr *) &local, size);
            sendto(pair[0], "x", 1, 0, (struct sockaddr *) &local, size);
            sendmsg(pair[0], &message, 0);
        }
        local.sun_path[0] = 0;
    }
    if (gethostbyname("localhost.example.org")) escaped("dns");"""
    ),
    "system calls": c_program("    attempt_all();", c_system_calls("escaped(name)")),
    "signals by descriptors": c_program(
        """
    pid_t others[] = { getppid(), 1, @sentinel@, @judge@, @worker@, -getppid() };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        int pipes[2], pair[2], one = 1;
        struct f_owner_ex owner = { F_OWNER_PID, others[i] };
        if (pipe(pipes) < 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0) break;
        int ends[] = { pipes[0], pair[0] };
        for (int end = 0; end < 2; end++) {
            fcntl(ends[end], F_SETOWN, others[i]); fcntl(ends[end], F_SETOWN_EX, &owner);
            ioctl(ends[end], 0x8901, &others[i]); ioctl(ends[end], 0x8902, &others[i]);
            fcntl(ends[end], F_SETSIG, SIGKILL);
            fcntl(ends[end], F_SETFL, O_ASYNC | O_NONBLOCK); ioctl(ends[end], 0x5452, &one);
        }
        if (write(pipes[1], "x", 1) < 0 || write(pair[1], "x", 1) < 0) break;
    }
    usleep(50000);""",
        "#include <sys/ioctl.h>\n",
    ),
    "other system calls": c_program(
        """
    long returned = 1;
    __asm__ volatile("int $0x80" : "=a"(returned) : "a"(20L) : "memory");
    if (returned > 0) escaped("32 bits");"""
    ),
    "x32 system calls": c_program('    if (syscall(0x40000000L + 39) > 0) escaped("x32");'),
    "forged frames": c_program(
        """
    static const char *texts[] = { FRAME, "", VERDICT };
    for (int target = 0; target < 256; target++)
        for (int i = 0; i < 3; i++) {
            size_t size = strlen(texts[i]);
            unsigned char header[4] = { 0, 0, (unsigned char) (size >> 8), (unsigned char) size };
            if (write(target, header, 4) != 4 || write(target, texts[i], size) < 0) break;
        }
    _exit(3);""",
        f"#define FRAME {c_text(FRAME)}\n#define VERDICT {c_text(VERDICT)}\n",
    ),
    "closing": c_program("    for (int i = 0; i < 256; i++) close(i);\n    _exit(7);"),
    "litter": c_program(
        """
    mkdir("/tmp/removed", 0700); mkdir("../stdin", 0700); mkdir("../left", 0700);
    symlink("/", "../symlink"); symlink("/", "symlink"); symlink("..", "../left/up");
    close(open("file", O_CREAT | O_WRONLY, 0600)); link("file", "../hard"); link("file", "hard");
    mkfifo("fifo", 0600); mkfifo("../fifo", 0);
    mkdir("locked", 0700); close(open("locked/file", O_CREAT | O_WRONLY, 0)); mkdir("locked/inner", 0); chmod("locked", 0);
    mkdir("../locked", 0700); mkdir("../locked/inner", 0700); chmod("../locked", 0);
    unlink("../program"); symlink("/bin/true", "../program");
    rename("../run", "../moved"); symlink("/", "../run");
    for (int i = 0; i < 1500; i++) if (mkdir("deep", 0700) < 0 || chdir("deep") < 0) break;
    chmod(".", 0); chmod("/tmp", 0);"""
    ),
    "exits": c_program("    exit(256 + 125);"),
    "suicide": c_program("    kill(getpid(), SIGKILL);"),
    "abort": c_program("    abort();"),
}

CENSUS_C = """
#include <dirent.h>
#include <stdio.h>
int main(void) {
    int a, b;
    if (scanf("%d %d", &a, &b) != 2) return 1;
    printf("%d", a + b);
    const char *folders[] = { ".", ".." };
    for (int i = 0; i < 2; i++) {
        DIR *folder = opendir(folders[i]);
        for (struct dirent *entry; folder && (entry = readdir(folder));)
            if (entry->d_name[0] != '.') printf(" %s/%s", folders[i], entry->d_name);
    }
    return 0;
}
"""

# ------------------------------------------------------------------------------------------------------------- Python

PYTHON_PRELUDE = """
import ctypes, errno, mmap, os, resource, signal, socket, subprocess, sys, threading, time
libc = ctypes.CDLL(None, use_errno=True)
parent = os.getppid()
def escaped(what): print("ESCAPED", what, flush=True)
def succeeds(what, attempt, *arguments):
    try:
        attempt(*arguments)
    except (OSError, ValueError, MemoryError, subprocess.SubprocessError, AttributeError):
        return
    escaped(what)
"""


def python_program(body: str) -> str:
    return f"{PYTHON_PRELUDE}{body}\nprint('end')\n"


def python_argument(argument: int | str) -> str:
    """Returns an argument of a raw system call in Python."""
    if isinstance(argument, int):
        return f"{argument}"
    if argument == "&":
        return "zeros"
    bare = argument.removeprefix("-")
    if bare.startswith("@") or bare.isdecimal():
        return argument.replace("@parent@", "parent")
    return repr(argument.encode())


PYTHON_CALLS = "\n".join(
    f"attempt({name!r}, {number}, {', '.join(python_argument(argument) for argument in arguments)})"
    for name, number, arguments in SYSTEM_CALLS
)

PYTHON = {
    "processes": python_program(
        """
for _ in range(300):
    try:
        if os.fork() == 0: os._exit(0)
        escaped("fork")
    except OSError: pass
succeeds("subprocess", subprocess.run, ["/bin/true"])
succeeds("spawn", os.posix_spawn, "/bin/true", ["true"], {})
if os.system("exit 7") == 7 << 8: escaped("system")"""
    ),
    "daemon": python_program(
        """
try:
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.closerange(0, 256); time.sleep(30)
        os._exit(0)
    escaped("daemon")
except OSError: pass"""
    ),
    "threads": python_program(
        """
made = 0
for _ in range(300):
    try:
        threading.Thread(target=time.sleep, args=(30,), daemon=True).start(); made += 1
    except RuntimeError: break
if made >= 300: escaped("threads")"""
    ),
    "heap": python_program("kept = [b'x' * (10 << 20) for _ in range(200)]\nescaped('heap')"),
    "mappings": python_program(
        """
for kind in (mmap.MAP_SHARED, mmap.MAP_PRIVATE):
    blocks = []
    try:
        for _ in range(50):
            blocks.append(mmap.mmap(-1, 10 << 20, flags=kind | mmap.MAP_ANONYMOUS)); blocks[-1].write(b'x' * (10 << 20))
        escaped("mappings")
    except (OSError, MemoryError): pass
succeeds("memfd", os.memfd_create, "x")
succeeds("zero", lambda: mmap.mmap(os.open("/dev/zero", os.O_RDWR), 1 << 30))"""
    ),
    "files": python_program(
        """
written = 0
for number in range(25):
    try:
        with open(f"{'/tmp/' * (number % 2)}file{number}", "wb", buffering=0) as file:
            for _ in range(20): written += file.write(bytes(1 << 20))
    except OSError: pass
if written > 150 << 20: escaped("files")"""
    ),
    "many files": python_program(
        """
made = 0
try:
    for number in range(20000):
        os.close(os.open(f"{'/tmp/' * (number % 2)}file{number}", os.O_CREAT | os.O_WRONLY)); made += 1
except OSError: pass
if made >= 20000: escaped("many files")"""
    ),
    "output": "while True: print('x' * 1000)",
    "errors": "import sys\nwhile True: sys.stderr.write('x' * 1000)",
    "loop": "while True: pass",
    "stubborn loop": python_program(
        """
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
for number in range(1, 65):
    try: signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError): pass
succeeds("limit", resource.setrlimit, resource.RLIMIT_CPU, (-1, -1))
while True:
    try:
        while True: pass
    except BaseException: pass"""
    ),
    "sleep": "import time\ntime.sleep(30)",
    "stop": "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)",
    "recursion": "import sys\nsys.setrecursionlimit(10**9)\nclass A: pass\nA.__call__ = A()\nA()()",
    "reading": python_program(
        f"""
try: os.symlink("@secret@", "link"); os.symlink("@secret@", "../link")
except OSError: pass
for path in {READABLE!r}:
    path = path.replace("@parent@", str(parent))
    try: print("READ", path, os.read(os.open(path, os.O_RDONLY | os.O_NONBLOCK), 4096), flush=True)
    except OSError: pass
try: os.execv("/bin/cat", ["cat", "@secret@", "@private@"])
except OSError: pass"""
    ),
    "writing": python_program(
        f"""
for path in {WRITABLE!r}:
    path = path.replace("@parent@", str(parent))
    succeeds(path, os.open, path, os.O_WRONLY | os.O_NONBLOCK | os.O_CREAT)
    succeeds(path, os.open, path, os.O_RDWR | os.O_NONBLOCK)
for path in ("@secret@", "@private@", "@folder@"):
    succeeds("chmod", os.chmod, path, 0)
    succeeds("chown", os.chown, path, os.getuid(), os.getgid())
    succeeds("utime", os.utime, path, (1, 1))
    succeeds("setxattr", os.setxattr, path, "user.codegym", b"x")
    succeeds("rename", os.rename, path, "renamed")
    succeeds("link", os.link, path, "hard")
succeeds("truncate", os.truncate, "@secret@", 0)
succeeds("unlink", os.unlink, "@secret@")
succeeds("unlink", os.unlink, "@private@")
succeeds("mkdir", os.mkdir, "@folder@/made")
succeeds("symlink", os.symlink, "/", "@folder@/symlink")
succeeds("mkfifo", os.mkfifo, "@folder@/fifo")
succeeds("rmdir", os.rmdir, "@folder@")"""
    ),
    "network": python_program(
        """
succeeds("tcp", socket.create_connection, ("127.0.0.1", @tcp@), 2)
succeeds("udp", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", @udp@)))
succeeds("raw", socket.socket, socket.AF_INET, socket.SOCK_RAW, 1)
succeeds("packet", socket.socket, socket.AF_PACKET, socket.SOCK_RAW)
for address in ("@socket@", "\\0@abstract@"):
    succeeds("unix", lambda: socket.socket(socket.AF_UNIX, socket.SOCK_STREAM).connect(address))
    succeeds("unix datagram", lambda: socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"x", address))
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):
        for way in ("connect", "sendto", "sendmsg"):
            try:
                end, other = socket.socketpair(socket.AF_UNIX, kind)
                if way == "connect": end.connect(address)
                elif way == "sendto": end.sendto(b"x", address)
                else: end.sendmsg([b"x"], [], 0, address)
            except OSError: pass
succeeds("dns", socket.gethostbyname, "localhost.example.org")"""
    ),
    "system calls": python_program(
        f"""
zeros = ctypes.create_string_buffer(4096)
def attempt(name, number, *arguments):
    ctypes.memset(zeros, 0, 4096)
    if number == 435: ctypes.c_long.from_buffer(zeros, 32).value = 17
    passed = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
    libc.syscall.restype = ctypes.c_long
    returned = libc.syscall(ctypes.c_long(number), *passed, *[ctypes.c_long(0)] * (6 - len(passed)))
    if returned == 0 and number in (56, 57, 435): os._exit(0)
    if returned >= 0: escaped(name)
{PYTHON_CALLS}"""
    ),
    "signals by descriptors": python_program(
        """
import fcntl
for other in (parent, 1, @sentinel@, @judge@, @worker@, -parent):
    for end, opposite in (os.pipe(), [end.detach() for end in socket.socketpair()]):
        for attempt in (
            lambda: fcntl.fcntl(end, fcntl.F_SETOWN, other),
            lambda: fcntl.ioctl(end, 0x8901, ctypes.c_int(other)),
            lambda: fcntl.fcntl(end, 10, 9),
            lambda: fcntl.fcntl(end, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK),
            lambda: fcntl.ioctl(end, 0x5452, ctypes.c_int(1)),
            lambda: os.write(opposite, b"x"),
        ):
            try: attempt()
            except OSError: pass
time.sleep(0.05)"""
    ),
    "forged frames": python_program(
        f"""
for target in range(256):
    for text in ({FRAME.encode()!r}, b"", {VERDICT.encode()!r}):
        try: os.write(target, len(text).to_bytes(4, "big") + text)
        except OSError: pass
os._exit(3)"""
    ),
    "closing": "import os\nos.closerange(0, 256)\nos._exit(7)",
    "litter": python_program(
        """
def attempt(function, *arguments):
    try: function(*arguments)
    except OSError: pass
for folder in ("/tmp/removed", "../stdin", "../left"): attempt(os.mkdir, folder)
attempt(os.symlink, "/", "../symlink"); attempt(os.symlink, "/", "symlink"); attempt(os.symlink, "..", "../left/up")
attempt(lambda: open("file", "w").close()); attempt(os.link, "file", "../hard"); attempt(os.link, "file", "hard")
attempt(os.mkfifo, "fifo"); attempt(os.mkfifo, "../fifo", 0)
attempt(os.mkdir, "locked"); attempt(os.mkdir, "locked/inner"); attempt(os.chmod, "locked", 0)
attempt(os.mkdir, "../locked"); attempt(os.mkdir, "../locked/inner"); attempt(os.chmod, "../locked", 0)
attempt(os.unlink, "../program"); attempt(os.symlink, "/bin/true", "../program")
attempt(os.rename, "../run", "../moved"); attempt(os.symlink, "/", "../run")
for _ in range(1500):
    attempt(os.mkdir, "deep"); attempt(os.chdir, "deep")
attempt(os.chmod, ".", 0); attempt(os.chmod, "/tmp", 0)"""
    ),
    "exits": "raise SystemExit(256 + 125)",
    "suicide": "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
    "abort": "import os\nos.abort()",
}

CENSUS_PYTHON = """
import os
print(sum(map(int, input().split())), *[f"{folder}/{name}" for folder in (".", "..") for name in os.listdir(folder)])
"""

# --------------------------------------------------------------------------------------------------------------- Java


def java_text(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def java_program(body: str, members: str = "") -> str:
    return f"""
import java.io.*; import java.net.*; import java.nio.*; import java.nio.channels.*; import java.nio.file.*;
import java.util.*; import java.lang.reflect.*;
public class Main {{
    interface Attempt {{ void make() throws Throwable; }}
    static void escaped(String what) {{ System.out.println("ESCAPED " + what); }}
    static void succeeds(String what, Attempt attempt) {{
        try {{ attempt.make(); }} catch (Throwable refused) {{ return; }}
        escaped(what);
    }}
    static void attempt(Attempt attempt) {{ try {{ attempt.make(); }} catch (Throwable refused) {{ }} }}
    static String path(String pattern) {{
        return pattern.replace("@" + "parent@", "" + ProcessHandle.current().parent().map(ProcessHandle::pid).orElse(1L));
    }}
    {members}
    public static void main(String[] arguments) throws Throwable {{
        {body}
        System.out.println("end");
    }}
}}
"""


def java_native() -> str:
    """Returns a program that carries a library of native code, which makes every system call."""
    return (
        C_PRELUDE
        + "static FILE *report;\n"
        + c_system_calls('fprintf(report, "ESCAPED %s\\n", name)')
        + '__attribute__((constructor)) static void begin(void) { report = fopen("report", "w"); attempt_all(); '
        "for (int kind = 0; kind < 2; kind++) { int mapped = 0; for (int i = 0; i < 150; i++) { "
        "char *block = (char *) mmap(0, 10 << 20, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | (kind ? MAP_SHARED : "
        "MAP_PRIVATE | MAP_GROWSDOWN), -1, 0); if (block == MAP_FAILED) break; memset(block, 1, 10 << 20); mapped++; } "
        'if (mapped == 150) fprintf(report, "ESCAPED mappings\\n"); } fclose(report); }\n'
    )


def java_with_library(library: bytes) -> str:
    text = base64.b64encode(library).decode()
    parts = ", ".join(f'"{text[start : start + 50_000]}"' for start in range(0, len(text), 50_000))
    return java_program(
        f"""
        attempt(() -> {{
            Path library = Path.of("library.so").toAbsolutePath();
            Files.write(library, Base64.getDecoder().decode(String.join("", new String[] {{ {parts} }})));
            System.load(library.toString());
            System.out.println("loaded");
            System.out.print(Files.readString(Path.of("report")));
        }});"""
    )


def shared_library(source: str, folder: Path) -> bytes:
    """Compiles native code for a program to carry."""
    (folder / "library.c").write_text(source, "utf-8")
    subprocess.run(
        ["gcc", "-shared", "-fPIC", "-Os", "-s", "-w", "library.c", "-o", "library.so"],
        cwd=folder,
        check=True,
        timeout=60,
    )
    return (folder / "library.so").read_bytes()


JAVA = {
    "processes": java_program(
        """
        for (int i = 0; i < 10; i++) {
            succeeds("exec", () -> Runtime.getRuntime().exec("/bin/true"));
            succeeds("builder", () -> new ProcessBuilder("/bin/sh", "-c", "exit").start());
        }"""
    ),
    "daemon": java_program('succeeds("daemon", () -> new ProcessBuilder("setsid", "sleep", "30").start());'),
    "threads": java_program(
        """
        int made = 0;
        try {
            for (; made < 300; made++) {
                Thread thread = new Thread(null, () -> {
                    try { Thread.sleep(30000); } catch (InterruptedException e) { } }, "t", 65536);
                thread.setDaemon(true);
                thread.start();
            }
            escaped("threads");
        } catch (OutOfMemoryError refused) { }"""
    ),
    "heap": java_program(
        """
        List<byte[]> kept = new ArrayList<>();
        for (int i = 0; i < 200; i++) kept.add(new byte[10 << 20]);
        escaped("heap");"""
    ),
    "mappings": java_program(
        """
        List<ByteBuffer> kept = new ArrayList<>();
        try {
            for (int i = 0; i < 150; i++) kept.add(ByteBuffer.allocateDirect(10 << 20));
            escaped("direct buffers");
        } catch (OutOfMemoryError refused) { }
        succeeds("files of memory", () -> {
            RandomAccessFile file = new RandomAccessFile("large", "rw");
            MappedByteBuffer mapped = file.getChannel().map(FileChannel.MapMode.READ_WRITE, 0, 500 << 20);
            for (int i = 0; i < 500 << 20; i += 4096) mapped.put(i, (byte) 1);
        });"""
    ),
    "unsafe memory": java_program(
        """
        Field field = Class.forName("sun.misc.Unsafe").getDeclaredField("theUnsafe");
        field.setAccessible(true);
        Object unsafe = field.get(null);
        Method allocate = unsafe.getClass().getMethod("allocateMemory", long.class);
        Method fill = unsafe.getClass().getMethod("setMemory", long.class, long.class, byte.class);
        try {
            for (int i = 0; i < 200; i++) fill.invoke(unsafe, allocate.invoke(unsafe, 10L << 20), 10L << 20, (byte) 1);
            escaped("unsafe memory");
        } catch (InvocationTargetException refused) { }"""
    ),
    "crash": java_program(
        """
        Field field = Class.forName("sun.misc.Unsafe").getDeclaredField("theUnsafe");
        field.setAccessible(true);
        Object unsafe = field.get(null);
        unsafe.getClass().getMethod("putLong", long.class, long.class).invoke(unsafe, 8L, 1L);"""
    ),
    "files": java_program(
        """
        long written = 0;
        byte[] block = new byte[1 << 20];
        for (int number = 0; number < 25; number++) {
            try (FileOutputStream file = new FileOutputStream((number % 2 == 0 ? "" : "/tmp/") + "file" + number)) {
                for (int i = 0; i < 20; i++) { file.write(block); written += block.length; }
            } catch (IOException full) { }
        }
        if (written > 150 << 20) escaped("files");"""
    ),
    "many files": java_program(
        """
        int made = 0;
        try {
            for (; made < 20000; made++) new FileOutputStream((made % 2 == 0 ? "" : "/tmp/") + "file" + made).close();
            escaped("many files");
        } catch (IOException full) { }"""
    ),
    "output": java_program('while (!"".equals(System.getProperty("x"))) System.out.println("x".repeat(1000));'),
    "errors": java_program('while (!"".equals(System.getProperty("x"))) System.err.println("x".repeat(1000));'),
    "loop": java_program('while (!"".equals(System.getProperty("x"))) { }'),
    "stubborn loop": java_program(
        """
        Runtime.getRuntime().addShutdownHook(new Thread(() -> { while (true) { } }));
        new Thread(() -> { while (true) { } }).start();
        while (!"".equals(System.getProperty("x"))) {
            try { while (!"".equals(System.getProperty("x"))) { } } catch (Throwable again) { }
        }"""
    ),
    "sleep": java_program("Thread.sleep(30000);"),
    "never ending exit": java_program(
        "Runtime.getRuntime().addShutdownHook(new Thread(() -> { while (true) { } })); System.exit(0);"
    ),
    "recursion": java_program(
        "System.out.println(down(1));", "static int down(int n) { return n == 0 ? 0 : down(n + 1) + 1; }"
    ),
    "reading": java_program(
        """
        attempt(() -> Files.createSymbolicLink(Path.of("link"), Path.of("@secret@")));
        attempt(() -> Files.createSymbolicLink(Path.of("../link"), Path.of("@secret@")));
        for (String pattern : READABLE)
            if (!pattern.contains("/fd/"))
                attempt(() -> {
                    byte[] content = new FileInputStream(path(pattern)).readNBytes(4096);
                    System.out.println("READ " + path(pattern) + " " + new String(content));
                });""",
        f"static final String[] READABLE = {{ {', '.join(java_text(path) for path in READABLE)} }};",
    ),
    "writing": java_program(
        """
        for (String pattern : WRITABLE) {
            succeeds(pattern, () -> new FileOutputStream(path(pattern), true).close());
            succeeds(pattern, () -> new RandomAccessFile(path(pattern), "rw").close());
        }
        for (String name : new String[] { "@secret@", "@private@", "@folder@" }) {
            Path target = Path.of(name);
            if (new File(name).setReadable(false, false)) escaped("setReadable");
            succeeds("chmod", () -> Files.setPosixFilePermissions(target, new HashSet<>()));
            succeeds("utime", () -> Files.setLastModifiedTime(target, java.nio.file.attribute.FileTime.fromMillis(1)));
            succeeds("rename", () -> Files.move(target, Path.of("renamed"), StandardCopyOption.ATOMIC_MOVE));
            succeeds("link", () -> Files.createLink(Path.of("hard"), target));
            succeeds("delete", () -> Files.delete(target));
        }
        succeeds("mkdir", () -> Files.createDirectory(Path.of("@folder@/made")));
        succeeds("symlink", () -> Files.createSymbolicLink(Path.of("@folder@/symlink"), Path.of("/")));""",
        f"static final String[] WRITABLE = {{ {', '.join(java_text(path) for path in WRITABLE)} }};",
    ),
    "network": java_program(
        """
        succeeds("tcp", () -> new Socket("127.0.0.1", @tcp@));
        succeeds("server", () -> new ServerSocket(0));
        succeeds("udp", () -> new DatagramSocket().send(
            new DatagramPacket(new byte[1], 1, InetAddress.getByName("127.0.0.1"), @udp@)));
        succeeds("unix", () -> SocketChannel.open(UnixDomainSocketAddress.of("@socket@")));
        succeeds("dns", () -> InetAddress.getByName("localhost.example.org"));"""
    ),
    "killing": java_program(
        """
        for (long other : new long[] { Long.parseLong(path("@parent@")), 1, @sentinel@, @judge@, @worker@ }) {
            ProcessHandle.of(other).ifPresent(process -> {
                try { if (process.destroyForcibly()) escaped("kill " + other); } catch (Throwable refused) { }
            });
        }
        ProcessHandle.allProcesses().filter(process -> process.pid() != ProcessHandle.current().pid()).forEach(process -> {
            try { if (process.destroyForcibly()) escaped("kill"); } catch (Throwable refused) { }
        });"""
    ),
    "forged answers": java_program(
        f"""
        byte[] status = {java_text(FRAME)}.getBytes();
        for (int target = 0; target < 64; target++) {{
            String path = "/proc/self/fd/" + target;
            attempt(() -> {{
                if (!Files.readSymbolicLink(Path.of(path)).toString().startsWith("pipe:")) return;
                DataOutputStream pipe = new DataOutputStream(new FileOutputStream(path));
                pipe.writeInt(status.length); pipe.write(status); pipe.flush();
            }});
        }}
        Runtime.getRuntime().halt(3);"""
    ),
    "endless frame": java_program(
        """
        DataOutputStream answers = new DataOutputStream(new FileOutputStream(FileDescriptor.out));
        answers.writeByte('R'); answers.writeByte(0); answers.writeInt(-1);
        byte[] block = new byte[1 << 20];
        for (int i = 0; i < 2000; i++) answers.write(block);
        Runtime.getRuntime().halt(3);"""
    ),
    "closing": java_program(
        """
        new FileOutputStream(FileDescriptor.out).close(); new FileOutputStream(FileDescriptor.err).close();
        new FileInputStream(FileDescriptor.in).close(); Runtime.getRuntime().halt(7);"""
    ),
    "litter": java_program(
        """
        for (String name : new String[] { "/tmp/removed", "../stdin", "../left", "locked", "locked/inner", "../locked" })
            attempt(() -> Files.createDirectory(Path.of(name)));
        attempt(() -> Files.createSymbolicLink(Path.of("../symlink"), Path.of("/")));
        attempt(() -> Files.createFile(Path.of("file")));
        attempt(() -> Files.createLink(Path.of("../hard"), Path.of("file")));
        attempt(() -> Files.setPosixFilePermissions(Path.of("locked"), new HashSet<>()));
        attempt(() -> Files.setPosixFilePermissions(Path.of("../locked"), new HashSet<>()));
        String deep = "";
        for (int i = 0; i < 700; i++) { deep += "deep/"; new File(deep).mkdir(); }
        attempt(() -> Files.move(Path.of("../run"), Path.of("../moved"), StandardCopyOption.ATOMIC_MOVE));
        attempt(() -> Files.createSymbolicLink(Path.of("../run"), Path.of("/")));
        attempt(() -> Files.setPosixFilePermissions(Path.of("/tmp"), new HashSet<>()));"""
    ),
    "exits": java_program("System.exit(256 + 125);"),
    "halting": java_program("Runtime.getRuntime().halt(137);"),
}

CENSUS_JAVA = """
import java.util.*;
public class Main { public static void main(String[] arguments) {
    Scanner input = new Scanner(System.in);
    System.out.print(input.nextInt() + input.nextInt());
    for (String folder : new String[] { ".", ".." })
        for (String name : new java.io.File(folder).list()) System.out.print(" " + folder + "/" + name);
} }
"""

# ----------------------------------------------------------------------------------------------------------------- C#


def csharp_argument(argument: int | str) -> str:
    """Returns an argument of a raw system call in C#."""
    if isinstance(argument, int):
        return f"(IntPtr) ({argument}L)"
    if argument == "&":
        return "zeros"
    bare = argument.removeprefix("-")
    if bare.startswith("@") or bare.isdecimal():
        return f"(IntPtr) ({argument.replace('@parent@', 'getppid()')})"
    return f"Marshal.StringToHGlobalAnsi({java_text(argument)})"


CSHARP_CALLS = "\n".join(
    f"        Attempt({java_text(name)}, {number}, "
    + ", ".join(csharp_argument(argument) for argument in (*arguments, *(0,) * (6 - len(arguments))))
    + ");"
    for name, number, arguments in SYSTEM_CALLS
)


def csharp_program(body: str, members: str = "") -> str:
    return f"""
using System; using System.Collections.Generic; using System.Diagnostics; using System.IO; using System.Net;
using System.Net.Sockets; using System.Runtime.InteropServices; using System.Threading;
class Program {{
    [DllImport("libc", SetLastError = true)] static extern IntPtr syscall(
        IntPtr number, IntPtr a, IntPtr b, IntPtr c, IntPtr d, IntPtr e, IntPtr f);
    [DllImport("libc")] static extern int getppid();
    [DllImport("libc")] static extern int getpid();
    [DllImport("libc")] static extern int kill(int process, int signal);
    [DllImport("libc")] static extern int fork();
    [DllImport("libc")] static extern int close(int file);
    [DllImport("libc")] static extern int chmod(string path, int mode);
    [DllImport("libc")] static extern int mkdir(string path, int mode);
    [DllImport("libc")] static extern int mkfifo(string path, int mode);
    [DllImport("libc")] static extern int symlink(string target, string path);
    [DllImport("libc")] static extern int link(string target, string path);
    [DllImport("libc")] static extern int rename(string from, string to);
    [DllImport("libc")] static extern int unlink(string path);
    [DllImport("libc")] static extern int chdir(string path);
    [DllImport("libc")] static extern int truncate(string path, long size);
    [DllImport("libc")] static extern void _exit(int status);
    [DllImport("libc")] static extern IntPtr write(int file, byte[] content, IntPtr count);
    [DllImport("libc")] static extern IntPtr mmap(IntPtr at, IntPtr size, int rights, int kind, int file, IntPtr from);
    [DllImport("libc")] static extern IntPtr memset(IntPtr at, int value, IntPtr size);
    static void Escaped(string what) {{ Console.WriteLine("ESCAPED " + what); }}
    static void Try(Action attempt) {{ try {{ attempt(); }} catch (Exception) {{ }} }}
    static void Succeeds(string what, Action attempt) {{
        try {{ attempt(); }} catch (Exception) {{ return; }}
        Escaped(what);
    }}
    {members}
    static void Main() {{
        {body}
        Console.WriteLine("end");
    }}
}}
"""


CSHARP = {
    "processes": csharp_program(
        """
        for (int i = 0; i < 300; i++) {
            int child = fork();
            if (child == 0) _exit(0);
            if (child > 0) Escaped("fork");
        }
        Succeeds("start", () => Process.Start("/bin/true"));"""
    ),
    "daemon": csharp_program(
        """
        int child = fork();
        if (child == 0) { if (fork() == 0) Thread.Sleep(30000); _exit(0); }
        if (child > 0) Escaped("daemon");"""
    ),
    "threads": csharp_program(
        """
        int made = 0;
        try {
            for (; made < 300; made++) {
                var thread = new Thread(() => Thread.Sleep(30000), 131072); thread.IsBackground = true; thread.Start(); }
            Escaped("threads");
        } catch (Exception) { }"""
    ),
    "heap": csharp_program(
        """
        var kept = new List<byte[]>();
        for (int i = 0; i < 200; i++) {
            var block = new byte[10 << 20];
            for (int at = 0; at < block.Length; at += 4096) block[at] = 1;
            kept.Add(block);
        }
        Escaped("heap");"""
    ),
    "mappings": csharp_program(
        """
        foreach (int kind in new[] { 0x21, 0x22, 0x122 }) {
            int mapped = 0;
            for (; mapped < 150; mapped++) {
                IntPtr block = mmap(IntPtr.Zero, (IntPtr) (10 << 20), 3, kind, -1, IntPtr.Zero);
                if (block == (IntPtr) (-1)) break;
                memset(block, 1, (IntPtr) (10 << 20));
            }
            if (mapped == 150) Escaped("mappings");
        }
        for (int i = 0; i < 150; i++) memset(Marshal.AllocHGlobal(10 << 20), 1, (IntPtr) (10 << 20));
        Escaped("unmanaged memory");"""
    ),
    "files": csharp_program(
        """
        long written = 0;
        var block = new byte[1 << 20];
        for (int number = 0; number < 25; number++)
            Try(() => {
                using (var file = new FileStream((number % 2 == 0 ? "" : "/tmp/") + "file" + number, FileMode.Create))
                    for (int i = 0; i < 20; i++) { file.Write(block, 0, block.Length); file.Flush(); written += block.Length; }
            });
        if (written > 150 << 20) Escaped("files");"""
    ),
    "many files": csharp_program(
        """
        Succeeds("many files", () => {
            for (int i = 0; i < 20000; i++) File.Create((i % 2 == 0 ? "" : "/tmp/") + "file" + i).Close();
        });"""
    ),
    "output": csharp_program("while (true) Console.WriteLine(new string('x', 1000));"),
    "errors": csharp_program("while (true) Console.Error.WriteLine(new string('x', 1000));"),
    "loop": csharp_program("while (true) { }"),
    "stubborn loop": csharp_program(
        """
        var signals = Marshal.AllocHGlobal(128); memset(signals, 255, (IntPtr) 128);
        syscall((IntPtr) 14, IntPtr.Zero, signals, IntPtr.Zero, (IntPtr) 8, IntPtr.Zero, IntPtr.Zero);
        new Thread(() => { while (true) { } }).Start();
        while (true) { try { while (true) { } } catch (Exception) { } }"""
    ),
    "sleep": csharp_program("Thread.Sleep(30000);"),
    "stop": csharp_program("kill(getpid(), 19);"),
    "recursion in mono": csharp_program(
        "Console.WriteLine(Down(1));", "static int Down(int n) { return n == 0 ? 0 : Down(n + 1) + 1; }"
    ),
    "reading": csharp_program(
        """
        symlink("@secret@", "link"); symlink("@secret@", "../link");
        foreach (string pattern in readable) {
            string path = pattern.Replace("@" + "parent@", "" + getppid());
            if (!path.Contains("/fd/"))
                Try(() => {
                    using (var file = new FileStream(path, FileMode.Open, FileAccess.Read)) {
                        var content = new byte[4096];
                        int count = file.Read(content, 0, 4096);
                        Console.WriteLine("READ " + path + " " + System.Text.Encoding.UTF8.GetString(content, 0, count));
                    }
                });
        }""",
        f"static string[] readable = {{ {', '.join(java_text(path) for path in READABLE)} }};",
    ),
    "writing": csharp_program(
        """
        foreach (string pattern in writable) {
            string path = pattern.Replace("@" + "parent@", "" + getppid());
            Succeeds(path, () => new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write).Close());
        }
        foreach (string path in new[] { "@secret@", "@private@", "@folder@" }) {
            if (chmod(path, 0) == 0) Escaped("chmod");
            Succeeds("utime", () => File.SetLastWriteTimeUtc(path, new DateTime(2000, 1, 1)));
            if (rename(path, "renamed") == 0) Escaped("rename");
            if (link(path, "hard") == 0) Escaped("link");
            if (unlink(path) == 0) Escaped("unlink");
        }
        if (truncate("@secret@", 0) == 0) Escaped("truncate");
        if (mkdir("@folder@/made", 448) == 0) Escaped("mkdir");
        if (symlink("/", "@folder@/symlink") == 0) Escaped("symlink");
        if (mkfifo("@folder@/fifo", 384) == 0) Escaped("mkfifo");""",
        f"static string[] writable = {{ {', '.join(java_text(path) for path in WRITABLE)} }};",
    ),
    "network": csharp_program(
        """
        var loopback = IPAddress.Loopback;
        Try(() => {
            var tcp = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            tcp.Connect(new IPEndPoint(loopback, @tcp@)); tcp.Send(new byte[1]);
        });
        Try(() => new UdpClient().Send(new byte[1], 1, new IPEndPoint(loopback, @udp@)));
        Try(() => new Socket(AddressFamily.InterNetwork, SocketType.Raw, ProtocolType.Icmp));
        Succeeds("dns", () => Dns.GetHostAddresses("localhost.example.org"));
        Succeeds("web", () => new WebClient().DownloadString("http://127.0.0.1:@tcp@/"));
        Console.WriteLine("end");
        Environment.Exit(0);"""  # where `Main` just returns, mono may wait for the pool of threads that this used
    ),
    "system calls": csharp_program(
        CSHARP_CALLS,
        """
    static IntPtr zeros = Marshal.AllocHGlobal(4096);
    static void Attempt(string name, long number, IntPtr a, IntPtr b, IntPtr c, IntPtr d, IntPtr e, IntPtr f) {
        memset(zeros, 0, (IntPtr) 4096);
        if (number == 435) Marshal.WriteInt64(zeros, 32, 17);
        long returned = (long) syscall((IntPtr) number, a, b, c, d, e, f);
        if (returned == 0 && (number == 56 || number == 57 || number == 435)) _exit(0);
        if (returned >= 0) Escaped(name);
    }""",
    ),
    "forged frames": csharp_program(
        f"""
        foreach (string text in new[] {{ {java_text(FRAME)}, "", {java_text(VERDICT)} }})
            for (int target = 0; target < 256; target++) {{
                var frame = new List<byte> {{ 0, 0, (byte) (text.Length >> 8), (byte) text.Length }};
                frame.AddRange(System.Text.Encoding.ASCII.GetBytes(text));
                write(target, frame.ToArray(), (IntPtr) frame.Count);
            }}
        _exit(3);"""
    ),
    "closing": csharp_program("for (int i = 0; i < 256; i++) close(i); _exit(7);"),
    "litter": csharp_program(
        """
        mkdir("/tmp/removed", 448); mkdir("../stdin", 448); mkdir("../left", 448);
        symlink("/", "../symlink"); symlink("/", "symlink");
        Try(() => File.Create("file").Close()); link("file", "../hard"); mkfifo("fifo", 384); mkfifo("../fifo", 0);
        mkdir("locked", 448); mkdir("locked/inner", 0); chmod("locked", 0);
        mkdir("../locked", 448); mkdir("../locked/inner", 448); chmod("../locked", 0);
        rename("../run", "../moved"); symlink("/", "../run");
        for (int i = 0; i < 1500; i++) { mkdir("deep", 448); chdir("deep"); }
        chmod(".", 0); chmod("/tmp", 0);"""
    ),
    "exits": csharp_program("Environment.Exit(256 + 125);"),
    "suicide": csharp_program("kill(getpid(), 9);"),
    "abort": csharp_program('Environment.FailFast("x");'),
}

CENSUS_CSHARP = """
using System; using System.IO;
class Program { static void Main() {
    string[] numbers = Console.ReadLine().Split(' ');
    Console.Write(int.Parse(numbers[0]) + int.Parse(numbers[1]));
    foreach (string folder in new[] { ".", ".." })
        foreach (string path in Directory.GetFileSystemEntries(folder)) Console.Write(" " + path);
} }
"""

# ---------------------------------------------------------------------------------------------------------------- PHP


def php_program(body: str) -> str:
    return (
        '<?php\nfunction escaped($what) { echo "ESCAPED $what\\n"; }\n'
        "function succeeds($what, $attempt) { try { if (@$attempt()) escaped($what); } catch (Throwable $refused) { } }\n"
        "$parent = function_exists('posix_getppid') ? posix_getppid() : 2;\n" + body + '\necho "end\\n";\n'
    )


def php_argument(argument: int | str) -> str:
    """Returns an argument of a raw system call in PHP."""
    if isinstance(argument, int):
        return f"{argument}"
    bare = argument.removeprefix("-")
    if bare.startswith("@") or bare.isdecimal():
        return argument.replace("@parent@", "$parent")
    return f"'{argument}'"


PHP_CALLS = "\n".join(
    f"attempt({java_text(name)}, {number}, {', '.join(php_argument(argument) for argument in arguments)});"
    for name, number, arguments in SYSTEM_CALLS
)

PHP_READABLE = ", ".join(java_text(path).replace("$", "\\$") for path in READABLE)
PHP_WRITABLE = ", ".join(java_text(path).replace("$", "\\$") for path in WRITABLE)

PHP = {
    "processes": php_program(
        """
for ($i = 0; $i < 300; $i++) succeeds('fork', function () {
    $child = pcntl_fork(); if ($child === 0) { pcntl_exec('/bin/true'); } return $child > 0; });
succeeds('exec', fn() => exec('echo x') === 'x');
succeeds('shell_exec', fn() => shell_exec('echo x'));
succeeds('system', fn() => system('true') !== false);
succeeds('popen', fn() => popen('true', 'r'));
succeeds('proc_open', fn() => proc_open('true', [], $pipes));
succeeds('proc_open', fn() => proc_open(['/bin/true'], [], $pipes));
succeeds('mail', fn() => mail('a@example.org', 'x', 'y'));"""
    ),
    "daemon": php_program("succeeds('daemon', fn() => proc_open(['/usr/bin/setsid', 'sleep', '30'], [], $pipes));"),
    "heap": php_program(
        "$kept = []; for ($i = 0; $i < 200; $i++) $kept[] = str_repeat(chr($i), 10 << 20);\nescaped('heap');"
    ),
    "unlimited heap": php_program(
        "ini_set('memory_limit', '-1'); $kept = [];\n"
        "for ($i = 0; $i < 200; $i++) $kept[] = str_repeat(chr($i), 10 << 20);\nescaped('heap');"
    ),
    "files": php_program(
        """
$written = 0;
for ($number = 0; $number < 25; $number++) {
    $file = @fopen(($number % 2 ? '/tmp/' : '') . "file$number", 'w');
    for ($i = 0; $file && $i < 20; $i++) $written += (int) @fwrite($file, str_repeat('x', 1 << 20));
}
if ($written > 150 << 20) escaped('files');"""
    ),
    "many files": php_program(
        "$made = 0; while ($made < 20000 && @touch(($made % 2 ? '/tmp/' : '') . \"file$made\")) $made++;\n"
        "if ($made >= 20000) escaped('many files');"
    ),
    "output": "<?php while (true) echo str_repeat('x', 1000), \"\\n\";",
    "errors": "<?php while (true) fwrite(STDERR, str_repeat('x', 1000));",
    "loop": "<?php while (true) { }",
    "stubborn loop": php_program(
        """
ignore_user_abort(true); set_time_limit(0);
foreach ([SIGTERM, SIGINT, SIGHUP, SIGXCPU, SIGALRM, SIGQUIT] as $number) pcntl_signal($number, SIG_IGN);
pcntl_sigprocmask(SIG_BLOCK, [SIGXCPU, SIGTERM]);
register_shutdown_function(function () { while (true) { } });
while (true) { }"""
    ),
    "sleep": "<?php sleep(30);",
    "endless shutdown": "<?php register_shutdown_function(function () { while (true) { } }); exit(0);",
    "recursion": "<?php ini_set('memory_limit', '-1'); function down($n) { return down($n + 1) + 1; } echo down(0);",
    "recursion in C": '<?php class A { function __toString(): string { return "$this"; } } echo new A;',
    "reading": php_program(
        f"""
@symlink('@secret@', 'link'); @symlink('@secret@', '../link');
foreach ([{PHP_READABLE}] as $path) {{
    $path = str_replace('@' . 'parent@', (string) $parent, $path);
    if (str_contains($path, '/fd/')) continue;
    $content = @file_get_contents($path, false, null, 0, 4096);
    if ($content) echo "READ $path $content\\n";
}}
for ($i = 3; $i < 32; $i++) {{
    $stream = @fopen("php://fd/$i", 'r');
    if ($stream) {{ stream_set_blocking($stream, false); echo @fread($stream, 4096); }}
}}
foreach (['glob://@folder@/../*', 'file://@secret@', 'compress.zlib://@secret@', 'php://filter/resource=@secret@'] as $url)
    echo @file_get_contents($url);
try {{ @include '@secret@'; }} catch (Throwable $refused) {{ }}
echo @highlight_file('@secret@', true);"""
    ),
    "writing": php_program(
        f"""
foreach ([{PHP_WRITABLE}] as $path) {{
    $path = str_replace('@' . 'parent@', (string) $parent, $path);
    succeeds($path, fn() => fopen($path, 'a'));
    succeeds($path, fn() => fopen($path, 'r+'));
}}
foreach (['@secret@', '@private@', '@folder@'] as $path) {{
    succeeds('chmod', fn() => chmod($path, 0));
    succeeds('chown', fn() => chown($path, getmyuid()));
    succeeds('touch', fn() => touch($path, 1, 1));
    succeeds('rename', fn() => rename($path, 'renamed'));
    succeeds('link', fn() => link($path, 'hard'));
    succeeds('unlink', fn() => unlink($path));
}}
succeeds('mkdir', fn() => mkdir('@folder@/made'));
succeeds('symlink', fn() => symlink('/', '@folder@/symlink'));
succeeds('tempnam', fn() => str_starts_with(tempnam('@folder@', 'x'), '@folder@'));"""
    ),
    "network": php_program(
        """
succeeds('tcp', fn() => fsockopen('127.0.0.1', @tcp@, $number, $text, 2));
succeeds('udp', fn() => fwrite(fsockopen('udp://127.0.0.1', @udp@), 'x'));
succeeds('unix', fn() => stream_socket_client('unix://@socket@', $number, $text, 2));
succeeds('unix datagram', fn() => fwrite(stream_socket_client('udg://@socket@', $number, $text, 2), 'x'));
succeeds('abstract', fn() => fwrite(stream_socket_client("udg://\\0@abstract@", $number, $text, 2), 'x'));
succeeds('server', fn() => stream_socket_server('tcp://127.0.0.1:0'));
succeeds('dns', fn() => gethostbyname('localhost.example.org') !== 'localhost.example.org');
succeeds('web', fn() => file_get_contents('http://127.0.0.1:@tcp@/'));
succeeds('pair', fn() => stream_socket_sendto(
    stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_DGRAM, 0)[0], 'x', 0, '@socket@') > 0);"""
    ),
    "killing": php_program(
        """
foreach ([-1, 0, 1, $parent, @sentinel@, @judge@, @worker@] as $other) {
    succeeds("kill $other", fn() => posix_kill($other, 9));
    succeeds("priority of $other", fn() => pcntl_setpriority(19, $other));
    succeeds("limits", fn() => posix_setrlimit(POSIX_RLIMIT_CPU, -1, -1));
}
succeeds('unshare', fn() => pcntl_unshare(CLONE_NEWUSER));
succeeds('setsid', fn() => posix_setsid() > 0);"""
    ),
    "system calls": php_program(
        """
if (!extension_loaded('ffi') && !@dl('ffi.so')) exit(0);
$c = FFI::cdef('long syscall(long, ...); int getppid(void); long mmap(long, size_t, int, int, int, long);'
    . 'void *memset(long, int, size_t); void _exit(int);', 'libc.so.6');
$zeros = FFI::new('long[512]');
function attempt($name, $number, ...$arguments) {
    global $c, $zeros;
    FFI::memset($zeros, 0, 4096);
    if ($number === 435) $zeros[4] = 17;
    $kept = [];
    foreach ($arguments as &$argument) {
        if (is_string($argument) && $argument !== '&') {
            $kept[] = $text = FFI::new('char[64]');
            FFI::memcpy($text, $argument, strlen($argument));
            $argument = FFI::addr($text);
        } elseif ($argument === '&') $argument = FFI::addr($zeros);
    }
    $returned = $c->syscall($number, ...$arguments);
    if ($returned === 0 && in_array($number, [56, 57, 435])) $c->_exit(0);
    if ($returned >= 0) escaped($name);
}
$parent = $c->getppid();
"""
        + PHP_CALLS
        + """
foreach ([0x21, 0x122] as $kind)
    for ($mapped = 0; ; $mapped++) {
        $block = $c->mmap(0, 10 << 20, 3, $kind, -1, 0);
        if ($block === -1) break;
        $c->memset($block, 1, 10 << 20);
        if ($mapped === 100) { escaped('mappings'); break; }
    }"""
    ),
    "forged frames": php_program(
        f"""
foreach ([{java_text(FRAME)}, '', {java_text(VERDICT)}] as $text)
    for ($target = 0; $target < 256; $target++) {{
        $stream = @fopen("php://fd/$target", 'w');
        if ($stream) @fwrite($stream, pack('N', strlen($text)) . $text);
    }}
exit(3);"""
    ),
    "closing": "<?php fclose(STDIN); fclose(STDOUT); fclose(STDERR); exit(7);",
    "litter": php_program(
        """
foreach (['/tmp/removed', '../stdin', '../left', 'locked', 'locked/inner', '../locked'] as $folder) @mkdir($folder);
@symlink('/', '../symlink'); @touch('file'); @link('file', '../hard'); @chmod('locked', 0); @chmod('../locked', 0);
@unlink('../program'); @rename('../run', '../moved'); @symlink('/', '../run');
for ($i = 0; $i < 1500; $i++) { @mkdir('deep'); @chdir('deep'); }
@chmod('.', 0); @chmod('/tmp', 0);"""
    ),
    "exits": "<?php exit(256 + 125);",
}

CENSUS_PHP = """<?php
echo array_sum(explode(' ', fgets(STDIN)));
foreach (['.', '..'] as $folder) foreach (array_diff(scandir($folder), ['.', '..']) as $name) echo " $folder/$name";
"""

ATTACKS: dict[str, dict[str, str]] = {
    "python": PYTHON,
    "java": JAVA,
    "c": C,
    "cpp": {
        **C,
        "heap": "#include <vector>\n#include <cstdio>\nint main() { std::vector<std::vector<char>> kept; "
        "for (int i = 0; i < 200; i++) kept.emplace_back(10 << 20, 'x'); puts(\"ESCAPED heap\"); }",
        "recursion": "#include <iostream>\nint down(volatile int n) { return n ? down(n + 1) + n : 0; }\n"
        "int main() { std::cout << down(1); }",
    },
    "csharp": CSHARP,
    "php": PHP,
}
CENSUS = {
    "python": CENSUS_PYTHON,
    "java": CENSUS_JAVA,
    "c": CENSUS_C,
    "cpp": CENSUS_C,
    "csharp": CENSUS_CSHARP,
    "php": CENSUS_PHP,
}
"""A program that adds two numbers, and tells what is in its folder and in the one above."""

BROKEN = {"php": "<?php class class("}
"""A program that does not compile, where it is another one than in the other languages."""

ENDS: dict[str, set[str]] = {
    "heap": {"memory_limit"},
    "unlimited heap": {"memory_limit"},
    "static data": {"signalled", "memory_limit"},
    "mappings": {"exited", "memory_limit", "signalled"},
    "unsafe memory": {"exited", "memory_limit"},
    "output": {"output_limit"},
    "errors": {"output_limit"},
    "loop": {"time_limit"},
    "stubborn loop": {"time_limit"},
    "sleep": {"time_limit"},
    "stop": {"time_limit"},
    "never ending exit": {"time_limit"},
    "endless frame": {"output_limit"},
    "forged answers": {"exited", "output_limit"},
    "endless shutdown": {"time_limit"},
    "recursion": {"exited", "signalled", "memory_limit"},
    "recursion in mono": {"exited", "signalled", "memory_limit", "time_limit"},  # it prints a million frames
    "recursion in C": {"exited", "signalled", "memory_limit"},
    "crash": {"signalled"},
    "suicide": {"signalled"},
    "abort": {"signalled"},
    "other system calls": {"signalled"},
    "x32 system calls": {"signalled"},
}
"""How an attack ends; where it is not named here: by itself."""
FAILS = {"recursion", "recursion in C", "recursion in mono", "heap"}
"""Attacks that never end with status 0."""
STATUSES = {"forged frames": 3, "closing": 7, "exits": 125, "halting": 137}
WAITS = {"loop", "stubborn loop", "sleep", "stop", "never ending exit", "endless shutdown"}
"""Attacks that last as long as they may."""
