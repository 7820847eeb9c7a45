"""Programs that attack the judge while they run: nothing of it is reached, and the next program gets its answer."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import attacks
import pytest

from codegym import Judge, languages
from codegym.errors import ToolchainMissingError
from codegym.judge.sandbox import ISOLATION_VARIABLE
from codegym.types import HarnessTest, Limits, RunResult, TestCase

LIMITS = Limits(time=5.0, memory=256 << 20, output=1 << 20)
WAITING = replace(LIMITS, time=1.0)
PATIENCE = 4.0
"""Seconds beyond its limit that a program may take, on a machine that is busy."""

SLOW = {"sleep", "stop", "never ending exit", "endless shutdown", "loop", "daemon", "abort", "suicide", "exits"}
"""Attacks that another one covers, or that last long."""

PACKAGES = Path(__file__).resolve().parents[2]
NOBODY = 65_534
LAYER = os.environ.get(ISOLATION_VARIABLE, "namespaces")
MEMORY = 700 << 20
"""Bytes that a worker may ever have needed."""


@dataclass
class Sentinels:
    """What attacks are aimed at, and whether it is as it was."""

    targets: attacks.Targets
    process: subprocess.Popen[bytes]
    servers: tuple[socket.socket, ...]
    state: object = None

    def look(self) -> object:
        """Returns everything that an attack would change."""
        paths = [Path(self.targets.secret), Path(self.targets.private), Path(self.targets.folder)]
        stats = [path.stat() for path in paths]
        return (
            [(stat.st_mode, stat.st_uid, stat.st_size, stat.st_mtime_ns, stat.st_nlink) for stat in stats],
            [path.read_text("utf-8") for path in paths[:2]],
            sorted(path.name for path in paths[2].iterdir()),
            [os.listxattr(path) for path in paths],
            rights_of(self.process.pid),
            rights_of(os.getpid()),
            [path for path in attacks.WRITABLE if path.endswith("codegym-attack") and Path(path).exists()],
        )

    def assert_unharmed(self) -> None:
        assert self.look() == self.state
        assert self.process.poll() is None
        for server in self.servers:
            with pytest.raises(BlockingIOError):
                server.recv(1) if server.type == socket.SOCK_DGRAM else server.accept()


def rights_of(pid: int) -> object:
    """Returns the limits, the priority and the scheduling of a process."""
    return (
        Path(f"/proc/{pid}/limits").read_text("ascii"),
        os.getpriority(os.PRIO_PROCESS, pid),
        os.sched_getaffinity(pid),
        Path(f"/proc/{pid}/oom_score_adj").read_text("ascii"),
        re.findall(r"State:\s+T|TracerPid:\s+[1-9]", Path(f"/proc/{pid}/status").read_text("ascii")),
    )


@pytest.fixture(scope="module")
def sentinels() -> Iterator[Sentinels]:
    abstract = f"codegym-{os.getpid()}"
    with contextlib.ExitStack() as stack:
        home = stack.enter_context(attacks.sentinel_files())
        tcp = stack.enter_context(socket.socket())
        tcp.bind(("127.0.0.1", 0))
        tcp.listen()
        udp = stack.enter_context(socket.socket(type=socket.SOCK_DGRAM))
        udp.bind(("127.0.0.1", 0))
        stream, datagram, named = (
            stack.enter_context(socket.socket(socket.AF_UNIX, kind))
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_DGRAM)
        )
        stream.bind(f"\0{abstract}")
        stream.listen()
        datagram.bind(f"\0{abstract}")
        named.bind(str(home / "socket"))
        (home / "socket").chmod(0o777)
        servers = (tcp, udp, stream, datagram, named)
        for server in servers:
            server.setblocking(False)
        process = subprocess.Popen(["sleep", "600"], env={"SECRET": attacks.SECRET, "PATH": os.defpath})
        targets = attacks.Targets(
            secret=str(home / "secret"),
            private=str(home / "private"),
            folder=str(home / "folder"),
            socket=str(home / "socket"),
            abstract=abstract,
            tcp=tcp.getsockname()[1],
            udp=udp.getsockname()[1],
            sentinel=process.pid,
            judge=os.getpid(),
            worker=0,
        )
        made = Sentinels(targets, process, servers)
        made.state = made.look()
        try:
            yield made
        finally:
            process.kill()
            process.wait()


class Judges:
    """One judge at a time; when it is closed, no process of it is left."""

    def __init__(self) -> None:
        self.language = ""
        self.judge: Judge | None = None
        self.users: set[int] = set()
        self.others: set[int] = set()

    def of(self, language: str) -> Judge:
        """Returns the judge of a language, which has run a program."""
        if self.language != language or self.judge is None:
            self.close()
            skip_without(language)
            self.others = set(processes())  # workers of the judges of other tests, too
            self.language, self.judge = language, Judge(workers=1)
            assert census(self.judge, language).stdout.startswith("5")
        # Those that are root's are still on their way into the sandbox.
        self.users |= {user_of(pid) for pid in self.judge.worker_pids()} - {0}
        return self.judge

    def close(self) -> None:
        judge, self.judge, users, self.users = self.judge, None, self.users, set()
        if judge is not None:
            workers = judge.worker_pids()
            judge.close()
            assert not [pid for pid in workers if Path(f"/proc/{pid}").exists()]
            patience = time.monotonic() + 2.0  # what was killed with the worker needs a moment to end
            while (left := self.running(users)) and time.monotonic() < patience:
                time.sleep(0.05)
            assert not left

    def running(self, users: set[int]) -> list[int]:
        """Returns the processes of the judge's sandboxes."""
        return [pid for pid in processes() if pid not in self.others and belongs(pid, users)]

    def most_memory(self) -> int:
        """Returns the most memory that a process of the sandbox has had."""
        peaks = [0]
        for pid in self.running(self.users):
            with contextlib.suppress(OSError):
                status = Path(f"/proc/{pid}/status").read_text("ascii", "replace")
                peaks += [int(size) << 10 for size in re.findall(r"VmHWM:\s+(\d+)", status)]
        return max(peaks)


def processes() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal()]


def skip_without(language: str) -> None:
    if shutil.which(attacks.TOOLS[language]) is None:
        pytest.skip(f"{attacks.TOOLS[language]} is not on the PATH")
    try:
        languages.get(language).toolchain.run_worker()
    except (ToolchainMissingError, ImportError, AttributeError) as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def judges() -> Iterator[Judges]:
    judges = Judges()
    yield judges
    judges.close()


def user_of(pid: int) -> int:
    """Returns the user whom a worker runs as: its own, or ours; root's, where it has ended while we looked."""
    with contextlib.suppress(OSError):
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
        return Path(f"/proc/{children[0] if children else pid}").stat().st_uid
    return 0


def belongs(pid: int, users: set[int]) -> bool:
    """Whether a process belongs to a sandbox of this process."""
    try:
        if Path(f"/proc/{pid}").stat().st_uid not in users - {os.getuid()}:
            return b"CODEGYM_LAYER=" in Path(f"/proc/{pid}/environ").read_bytes() and is_child(pid)
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text("ascii")
    except OSError:  # it ends while we look, or is somebody else's
        return False


def is_child(pid: int) -> bool:
    """Whether a process was started by this one, or by one that it has started."""
    while pid > 1:
        if pid == os.getpid():
            return True
        pid = int(re.findall(r"PPid:\s+(\d+)", Path(f"/proc/{pid}/status").read_text("ascii"))[0])
    return False


def census(judge: Judge, language: str) -> RunResult:
    return judge.run(language, attacks.CENSUS[language], "2 3\n", LIMITS)


def assert_sound(judge: Judge, language: str) -> None:
    """The next program gets the right answer, in a folder with nothing in it but what belongs there."""
    result = census(judge, language)
    assert result.ok, result
    total, *files = result.stdout.split()
    assert total == "5"
    assert "../run" in files or LAYER == "none"
    assert all(re.fullmatch(r"\.\./(run|program(\.\w+)?)", path) for path in files), files
    assert judge.run(language, attacks.BROKEN.get(language, "class class class(")).status == "compile_error"


def attacked(judge: Judge, language: str, name: str, sentinels: Sentinels) -> RunResult:
    source = attacks.ATTACKS[language][name]
    targets = replace(sentinels.targets, worker=judge.worker_pids()[-1])
    started = time.monotonic()
    limits = WAITING if name in attacks.WAITS else LIMITS
    result = judge.run(language, targets.aim(source), "stdin", limits)
    assert result.status != "compile_error", result.stderr
    assert time.monotonic() - started < limits.time + PATIENCE
    return result


QUICK_IN_CPP = {"processes", "heap", "recursion", "reading", "system calls"}
"""The other attacks are the same text as in C."""


def is_slow(language: str, name: str) -> bool:
    return (language, name) != ("c", "stop") and (name in SLOW or (language == "cpp" and name not in QUICK_IN_CPP))


CASES = [
    pytest.param(
        language,
        name,
        id=f"{language}-{name.replace(' ', '_')}",
        marks=[pytest.mark.slow] if is_slow(language, name) else [],
    )
    for language, programs in attacks.ATTACKS.items()
    for name in programs
]


@pytest.mark.parametrize(("language", "name"), CASES)
def test_hostile__program_reaches_nothing(judges: Judges, language: str, name: str, sentinels: Sentinels) -> None:
    judge = judges.of(language)
    result = attacked(judge, language, name, sentinels)
    said = result.stdout + result.stderr
    assert "ESCAPED" not in said, said
    assert attacks.SECRET not in said
    assert "root:" not in said  # of /etc/passwd
    expected = attacks.ENDS.get(name, {"exited"})
    assert result.status in expected, result
    if name in attacks.STATUSES:
        assert result.exit_code == attacks.STATUSES[name], result
    if name in attacks.FAILS:
        assert not result.ok
    if name == "suicide" and result.status == "signalled":
        assert result.signal == signal.SIGKILL
    sentinels.assert_unharmed()
    assert judges.most_memory() < MEMORY
    assert_sound(judge, language)


def test_hostile__native_code_in_a_jvm_reaches_nothing(judges: Judges, sentinels: Sentinels, tmp_path: Path) -> None:
    judge = judges.of("java")
    if shutil.which("gcc") is None:
        pytest.skip("gcc is not on the PATH")
    targets = replace(sentinels.targets, worker=judge.worker_pids()[-1])
    library = attacks.shared_library(targets.aim(attacks.java_native()), tmp_path)
    result = judge.run("java", attacks.java_with_library(library), "", LIMITS)
    assert "ESCAPED" not in result.stdout, result
    assert result.status in ("exited", "signalled", "memory_limit"), result
    if LAYER == "namespaces":  # elsewhere there is no place to load it from
        assert "loaded" in result.stdout
    sentinels.assert_unharmed()
    assert_sound(judge, "java")


def test_hostile__program_cannot_spoil_its_own_next_test(judges: Judges) -> None:
    source = """
        #include <stdio.h>
        #include <sys/stat.h>
        #include <unistd.h>
        int main(void) {
            unlink("/tmp/program"); symlink("/bin/true", "/tmp/program"); mkdir("/tmp/stdin", 0700);
            printf("%d", access("left", F_OK)); fclose(fopen("left", "w")); rename("/tmp/run", "/tmp/moved");
        }"""
    if LAYER == "landlock":
        source = '#include <stdio.h>\nint main(void) { printf("%d", fopen("left", "w") ? 0 : -1); }'
    grade = judges.of("c").grade("c", source, [TestCase("", "-1")] * 3, LIMITS)
    assert grade.status == "passed", grade


def test_hostile__program_does_not_see_its_test(judges: Judges) -> None:
    """What a test expects is nowhere among the objects of the process that runs the program."""
    source = """
import gc, sys
NEEDLE = "-".join(["the", "answer"])

def texts():
    frame = sys._getframe()
    pending = [value for value in gc.get_objects()]
    while frame:
        pending += [frame.f_locals, frame.f_globals]
        frame = frame.f_back
    seen = set()
    while pending:
        value = pending.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, (str, bytes)):
            if value is not NEEDLE: yield value if isinstance(value, str) else value.decode("latin-1")
        elif isinstance(value, dict):
            pending += [*value, *value.values()]
        elif isinstance(value, (list, tuple, set)):
            pending += value
        elif type(value).__name__ == "PythonProgram":
            pending.append(vars(value))

FOUND = [text for text in texts() if NEEDLE in text]

def solve():
    return NEEDLE if FOUND else ""
"""
    test = HarnessTest("assert solve() == 'the-answer'", "solve")
    grade = judges.of("python").grade("python", source, [test], LIMITS)
    assert grade.status == "failed", grade


SELECTED = (
    "processes system_calls signals_by_descriptors mappings reading writing network killing litter forged_frames "
    "many_files closing native spoil"
)


def plain_interpreter() -> str | None:
    """Returns an interpreter of this version that other users may run, if there is one."""
    for folder in ("/usr/bin", "/usr/local/bin"):
        path = f"{folder}/python{sys.version_info.major}.{sys.version_info.minor}"
        if Path(path).exists() and Path(path).resolve().is_relative_to("/usr"):
            return path
    return None


@pytest.mark.slow
@pytest.mark.parametrize(
    ("layer", "user"), [("landlock", 0), ("landlock", NOBODY), ("namespaces", NOBODY)], ids=lambda value: str(value)
)
def test_hostile__other_layers_contain_the_same(layer: str, user: int) -> None:
    """Runs a selection of this file again, as another user and in another layer."""
    interpreter = plain_interpreter()
    if os.getuid() != 0:
        pytest.skip("only root can become another user")
    if interpreter is None:
        pytest.skip("there is no interpreter of this version that other users may run")
    packages = [Path(pytest.__file__).parents[1], PACKAGES, PACKAGES / "agents", PACKAGES / "envs_registry"]
    become = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"] if user else []
    tests = [
        f"{__file__}::{test.__name__}"
        for test in (
            test_hostile__program_reaches_nothing,
            test_hostile__native_code_in_a_jvm_reaches_nothing,
            test_hostile__program_cannot_spoil_its_own_next_test,
        )
    ]
    # Not in /tmp, which the sandbox has one of its own of.
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="codegym-test-") as home:
        for name in ("", "codegym", "codegym/java", "codegym/gcc", "codegym/csharp"):  # and where a worker may read
            folder = Path(home, name)
            folder.mkdir(exist_ok=True)
            folder.chmod(0o755)
            os.chown(folder, user, user)
        options = ["-p", "no:cacheprovider", "-m", "", "-x", "-q", "-k", " or ".join(SELECTED.split())]
        options += ["--basetemp", f"{home}/tests", "-c", str(PACKAGES / "pyproject.toml")]
        ended = subprocess.run(
            [*become, interpreter, "-s", "-B", "-m", "pytest", *options, *tests],
            env={
                "PATH": os.environ.get("PATH", os.defpath),
                "PYTHONPATH": os.pathsep.join(str(folder) for folder in packages),
                "HOME": home,
                "XDG_CACHE_HOME": home,
                "LANG": "C.UTF-8",
                ISOLATION_VARIABLE: layer,
            },
            cwd=home,
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
    assert ended.returncode == 0, ended.stdout[-6_000:] + ended.stderr[-2_000:]
    assert re.search(r"\d+ passed", ended.stdout), ended.stdout
