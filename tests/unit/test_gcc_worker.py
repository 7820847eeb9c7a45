"""The compile worker of C and C++: verdicts of the compiler's own command, from servers that have read the headers."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from codegym.errors import ToolchainMissingError
from codegym.languages.c import toolchain
from codegym.languages.c.compile_worker import diagnostics, leading_includes
from codegym.languages.c.toolchain import TOOLCHAIN as C
from codegym.languages.c.toolchain import GccToolchain
from codegym.languages.cpp.toolchain import TOOLCHAIN as CPP

pytestmark = pytest.mark.skipif(
    shutil.which("g++") is None, reason="g++ is not installed: sudo apt-get install --no-install-recommends g++"
)


class Worker:
    """A compile worker without a sandbox.

    Args:
        chain: The language's toolchain.
        folder: Where the worker works.
        changes: What is different in its plan.
    """

    def __init__(self, chain: GccToolchain, folder: Path, **changes: object) -> None:
        *command, plan = chain.compile_worker().arguments
        self.folder = folder
        self.process = subprocess.Popen(
            [*command, json.dumps({**json.loads(plan), **changes})],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=folder,
            env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": str(folder)},
        )
        assert self.receive() == b'{"protocol": 2}'

    def receive(self) -> bytes:
        assert self.process.stdout is not None
        return self.process.stdout.read(int.from_bytes(self.process.stdout.read(4), "big"))

    def send(self, request: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(len(request).to_bytes(4, "big") + request)
        self.process.stdin.flush()

    def check(self, program: str | bytes) -> dict[str, Any]:
        self.send(b"C" + (program.encode() if isinstance(program, str) else program))
        verdict: dict[str, Any] = json.loads(self.receive())
        assert verdict["ok"] is (verdict["status"] == "ok")
        assert verdict["ok"] or verdict["status"] != "error" or verdict["diagnostics"]
        return verdict

    def build(self, program: str | bytes) -> tuple[dict[str, Any], bytes]:
        self.send(b"B" + (program.encode() if isinstance(program, str) else program))
        return json.loads(self.receive()), self.receive()

    def end(self) -> int:
        """Ends the worker; returns its exit status."""
        streams = (self.process.stdin, self.process.stdout, self.process.stderr)
        assert streams[0] is not None
        streams[0].close()
        status = self.process.wait(timeout=10)
        for stream in streams:
            assert stream is not None
            stream.close()
        return status


def needs_servers(chain: GccToolchain) -> None:
    if missing := chain.advice():
        pytest.skip(f"the servers cannot be built: {missing}")


@pytest.fixture(scope="module")
def c(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    worker = Worker(C, tmp_path_factory.mktemp("c"))
    yield worker
    assert worker.end() == 0


@pytest.fixture(scope="module")
def cpp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    worker = Worker(CPP, tmp_path_factory.mktemp("cpp"))
    yield worker
    assert worker.end() == 0


@pytest.fixture(scope="module")
def cold(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    worker = Worker(C, tmp_path_factory.mktemp("cold"), warm=None)
    yield worker
    assert worker.end() == 0


SORT = """#include <stdio.h>
#include <stdlib.h>

static int ascending(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }

int main(void) {
    int n, values[100];
    scanf("%d", &n);
    for (int i = 0; i < n; i++)
        scanf("%d", &values[i]);
    qsort(values, n, sizeof *values, ascending);
    for (int i = 0; i < n; i++)
        printf("%d\\n", values[i]);
    return 0;
}
"""

C_PROGRAMS: dict[str, tuple[str | bytes, bool]] = {
    "good": (SORT, True),
    "type error": ("int main(void) { return undeclared; }", False),
    "warnings": (
        '#include <stdio.h>\n#warning hm\nint main(void) { printf("%d", "x"); char c = 300; return "a"; }',
        True,
    ),
    "warning made an error": ('#pragma GCC diagnostic error "-Wunused-variable"\nint main(void) { int x; }', False),
    "late warning made an error": (
        '#pragma GCC diagnostic error "-Wreturn-type"\nint f(void) {}\nint main(void) {}',
        False,
    ),
    "undefined function": ("int f(void);\nint main(void) { return f(); }", False),
    "undefined variable": ("extern int x;\nint main(void) { return x; }", False),
    "undefined, but not used": ("int f(void);\nextern int x;\nint main(void) { return 0; }", True),
    "inline without definition": ("inline int f(void) { return 1; }\nint main(void) { return f(); }", False),
    "declared by a header, in no library": ("#include <zlib.h>\nint main(void) { return *zlibVersion(); }", False),
    "in the library of mathematics": ("#include <math.h>\nint main(int n, char **v) { return (int)sin(n); }", True),
    "threads": ("#include <threads.h>\nint main(void) { mtx_t m; return mtx_init(&m, mtx_plain); }", True),
    "128 bits": ("int main(int n, char **v) { return (int)((__int128)n / 3); }", True),
    "atomic 128 bits": ("__int128 x;\nint main(void) { __atomic_fetch_add(&x, 1, 0); }", False),
    "no main": ("int f(void) { return 1; }", False),
    "static main": ("static int main(void) { return 0; }", False),
    "main is a variable": ("int main = 1;", True),
    "two mains": ("int main(void) {}\nint main(void) {}", False),
    "main by another name": ('int f(void) asm("main");\nint f(void) { return 0; }', True),
    "a second start": ("void _start(void) {}\nint main(void) {}", False),
    "errno of its own": ("int errno;\nint main(void) { return errno; }", True),
    "errno that is none": ("extern int errno;\nint main(void) { return errno; }", False),
    "puts of its own": ("int puts(const char *s) { return 0; }\nint main(void) { return puts(0); }", True),
    "assembly": ('int main(void) { asm("nop"); }', True),
    "wrong assembly": ('int main(void) { asm("bogus"); }', False),
    "wrong assembly of the file": ('asm("bogus");\nint main(void) {}', False),
    "incbin": ('asm(".incbin \\"/nonexistent\\"");\nint main(void) {}', False),
    "wrong assembly in a pretended header": ('# 1 "x.h" 3\nint main(void) { asm("bogus"); }', False),
    "label that is no name": ('int f(void) asm("a b");\nint f(void) { return 0; }\nint main(void) {}', False),
    "dollar": ("int $(void) { return 1; }\nint main(void) { return $(); }", True),
    "alias of nothing": ('int f(void) __attribute__((alias("g")));\nint main(void) {}', False),
    "always inline": ("__attribute__((always_inline)) int f(int n) { return f(n); }\nint main(void) { f(1); }", False),
    "forbidden call": ('__attribute__((error("no"))) int f(void);\nint main(void) { f(); }', False),
    "other instructions": (
        "#include <immintrin.h>\nint main(void) { __m256i a = _mm256_set1_epi32(1); a = _mm256_add_epi32(a, a); }",
        False,
    ),
    "immediate operand": (
        "#include <immintrin.h>\n__m128i a;\nint main(int n, char **v) { a = _mm_slli_si128(a, n); }",
        False,
    ),
    "constant operand": ("int main(int n, char **v) { return (long)__builtin_return_address(n); }", False),
    "large array without content": ("int a[1 << 28];\nint main(void) { return a[1]; }", True),
    "too large for addresses": (
        "char a[3000000000u], b[3000000000u];\nint c;\nint main(void) { return c + b[7]; }",
        False,
    ),
    "large frame": ("int main(void) { char a[1L << 46]; a[5] = 1; return a[4]; }", True),
    "empty": (b"", False),
    "blank": (b" \n", False),
    "NUL": (b"\0int main(void) {}\0", True),
    "not UTF-8": (b'int main(void) { char *s = "\xe9"; }', True),
    "not a text": (b"\xff\xfe\0\1", False),
    "byte order mark": (b"\xef\xbb\xbfint main(void) {}", True),
    "old line ends": (b"int main(void) {}\r", True),
    "DOS line ends": (b"#include <stdio.h>\r\n#include <stdlib.h>\r\nint main(void) { abort(); }\r\n", True),
    "unterminated condition": ("#include <stdio.h>\n#if 1\nint main(void) {}", False),
    "unterminated call": ("#define F(x) x\nint main(void) { return F(1", False),
    "no such header": ("#include <windows.h>\nint main(void) {}", False),
    "includes itself": ("#include __FILE__\nint main(void) {}", False),
    "includes itself once": (
        '#ifndef A\n#define A\n#include "program.c"\n#else\nint main(void) {}\n#endif\n',
        True,
    ),
    "looks for itself": (
        '#if __has_include("program.c") && !__has_include("program.s")\nint main(void) {}\n#endif',
        True,
    ),
    "names itself": (
        '_Static_assert(sizeof __FILE__ == sizeof "program.c" && __LINE__ == 1, "");\nint main(void) {}',
        True,
    ),
    "speaks to the server": ("#pragma codegym serve\nint main(void) {}", True),
    "header in quotes": ('#include "stdio.h"\nint main(void) { puts(""); }', True),
    "header after a macro": (
        "#define fileno renamed\n#include <stdio.h>\n#undef fileno\nint main(void) { return (long)&fileno; }",
        False,
    ),
    "comment that goes on": ("#include <stdio.h> // \\\nint y;\nint main(void) { return y; }", False),
    "comment that ends early": ("/* *\\\n/ int q; /* */\n#include <stdio.h>\nint main(void) { return q; }", True),
    "code between comments": ("/* a */ int z; /* b */\n#include <stdio.h>\nint main(void) { return z; }", True),
}


@pytest.mark.parametrize(("program", "ok"), C_PROGRAMS.values(), ids=C_PROGRAMS.keys())
def test_c__verdict_is_that_of_the_command(c: Worker, program: str | bytes, ok: bool) -> None:
    assert c.check(program)["ok"] is ok
    verdict, executable = c.build(program)
    assert verdict["ok"] is ok
    assert bool(executable) is ok


@pytest.mark.parametrize(
    "name", ["good", "type error", "undefined function", "wrong assembly", "empty", "NUL", "warnings"]
)
def test_cold__verdict_is_the_same(cold: Worker, name: str) -> None:
    program, ok = C_PROGRAMS[name]
    assert cold.check(program)["ok"] is ok
    assert bool(cold.build(program)[1]) is ok


CPP_PROGRAMS = {
    "good": (
        "#include <bits/stdc++.h>\nusing namespace std;\nint main() { vector<int> v{2, 1}; sort(v.begin(), v.end()); }",
        True,
    ),
    "wrong": ("#include <bits/stdc++.h>\nusing namespace std;\nint main() { vector<int> v = 1; }", False),
    "no main": ("#include <bits/stdc++.h>\nint f() { return 0; }", False),
    "undefined template": ("#include <bits/stdc++.h>\ntemplate <class T> T f(T);\nint main() { return f(1); }", False),
    "undefined member": ("#include <bits/stdc++.h>\nstruct A { static int x; };\nint main() { return A::x; }", False),
    "no table of virtual functions": (
        "#include <bits/stdc++.h>\nstruct A { virtual void f(); };\nint main() { A a; }",
        False,
    ),
    "atomic of 16 bytes": (
        "#include <bits/stdc++.h>\nstruct S { char c[16]; };\nint main() { std::atomic<S> s; s.load(); }",
        False,
    ),
    "wrong only when instantiated": (
        "#include <bits/stdc++.h>\nstruct A {};\nint main() { std::set<A> s; s.insert(A()); }",
        False,
    ),
    "other headers only": ("#include <iostream>\nint main() { std::vector<int> v; }", False),
    "iostream": ('#include <iostream>\nint main() { std::cout << "x"; }', True),
    "header after a macro": ("#define NDEBUG\n#include <bits/stdc++.h>\nint main() { assert(undeclared); }", True),
    "header before a macro": ("#include <bits/stdc++.h>\n#define NDEBUG\nint main() { assert(undeclared); }", False),
    "adds to the library": (
        "#include <bits/stdc++.h>\nnamespace std { template <> struct hash<pair<int, int>> {"
        " size_t operator()(pair<int, int> p) const { return p.first; } }; }\n"
        "int main() { std::unordered_map<std::pair<int, int>, int> m; m[{1, 2}]; }",
        True,
    ),
}


@pytest.mark.parametrize(("program", "ok"), CPP_PROGRAMS.values(), ids=CPP_PROGRAMS.keys())
def test_cpp__verdict_is_that_of_the_command(cpp: Worker, program: str, ok: bool) -> None:
    assert cpp.check(program)["ok"] is ok


def test_c__executable_runs(c: Worker, tmp_path: Path) -> None:
    verdict, executable = c.build(SORT)
    assert verdict == {"ok": True, "status": "ok", "diagnostics": verdict["diagnostics"]}
    assert output_of(executable, "3\n3 1 2\n", tmp_path) == "1\n2\n3\n"


def test_cpp__executable_runs(cpp: Worker, tmp_path: Path) -> None:
    program = "#include <bits/stdc++.h>\nint main() { std::string s; std::cin >> s; std::cout << s + s << std::endl; }"
    verdict, executable = cpp.build(program)
    assert verdict["ok"]
    assert output_of(executable, "ab", tmp_path) == "abab\n"


def output_of(executable: bytes, text: str, folder: Path) -> str:
    file = folder / "program"
    file.write_bytes(executable)
    file.chmod(0o700)
    return subprocess.run([file], input=text, capture_output=True, text=True, check=True, timeout=10).stdout


def test_check__needs_no_command_of_its_own(tmp_path: Path) -> None:
    """Ordinary programs, good and wrong, are judged by a server alone."""
    needs_servers(C)
    worker = Worker(C, tmp_path, cold=["/nonexistent"])
    for name in ("good", "type error", "undefined function", "no main", "warnings", "in the library of mathematics"):
        program, ok = C_PROGRAMS[name]
        assert worker.check(program)["ok"] is ok
    worker.send(b'C#include "stdio.h"')
    assert worker.receive() == b""
    assert worker.end() != 0


def test_diagnostics__say_where_and_what(c: Worker, cpp: Worker) -> None:
    verdict = c.check("#include <stdio.h>\n\nint main(void) {\n    return x;\n}\n")
    assert verdict["diagnostics"] == [
        {
            "line": 4,
            "column": 12,
            "severity": "error",
            "message": "‘x’ undeclared (first use in this function)",
            "code": "",
        }
    ]
    verdict = c.check("int main(void) { char c = 300; }")
    (warning,) = verdict["diagnostics"]
    assert (verdict["ok"], warning["severity"], warning["code"]) == (True, "warning", "-Woverflow")
    verdict = cpp.check("#include <bits/stdc++.h>\nint f();\nint main() { return f(); }")
    assert [(each["code"], each["message"]) for each in verdict["diagnostics"]] == [
        ("ld", "undefined reference to `f()'")
    ]
    verdict = c.check('#include <stdio.h>\nint main(void) { asm("bogus"); }')
    assert [(each["line"], each["code"]) for each in verdict["diagnostics"]] == [(2, "as")]


def test_diagnostics__are_few_and_short(c: Worker) -> None:
    verdict = c.check("int main(void) {" + "".join(f"x{i};" for i in range(1000)) + "}")
    assert len(verdict["diagnostics"]) == 20
    verdict = c.check(f"#error {'x' * 5000}\n")
    assert len(verdict["diagnostics"][0]["message"]) == 1_000
    verdict = c.check(
        "int main(void) {" + "char c = 300;" * 1 + "".join(f"char c{i} = 300;" for i in range(20_000)) + "}"
    )
    assert verdict["ok"]
    assert len(verdict["diagnostics"]) == 20


def test_diagnostics__of_a_header_are_placed_where_the_program_asked_for_it() -> None:
    said = (
        "/usr/include/x.h: In instantiation of ‘f’:\n"
        "program.cpp:8:5:   required from here\n"
        "/usr/include/x.h:123:4: error: no match [-fpermissive]\n"
    )
    (found,) = diagnostics(said, "program.cpp")
    assert (found["line"], found["column"], found["message"], found["code"]) == (8, 5, "no match", "-fpermissive")


def test_leading_includes() -> None:
    program = b"// a\n/* b */\n#include <stdio.h>\n # include<math.h> // c\n\n#include <bits/stdc++.h>\nint x;\n"
    assert [header for header, _ in leading_includes(program)] == ["stdio.h", "math.h", "bits/stdc++.h"]
    assert program[leading_includes(program)[-1][1] :].startswith(b"int x;")
    for other in (
        b"int x;\n#include <a>\n",
        b'#include "a"\n',
        b"#include <../a>\n",
        b"#include <a> int\n",
        b"#include <a>",
    ):
        assert leading_includes(other) == []


def test_programs__have_no_influence_on_each_other(c: Worker) -> None:
    for program in (
        "#define puts undefined_function\n#include <stdio.h>\nint main(void) { puts(0); }",
        "#include <stdio.h>\nint defined_before;\nint main(void) {}",
        "#include <stdio.h>\n#define main nothing\n",
        "#pragma GCC poison puts\n",
    ):
        c.check(program)
        assert c.check('#include <stdio.h>\nint main(void) { puts(""); }')["ok"]
        assert not c.check("#include <stdio.h>\nint main(void) { return defined_before; }")["ok"]
    assert not list(c.folder.iterdir())


BOMB = "#define m0 x x x x x x x x\n" + "".join(
    f"#define m{i + 1} m{i} m{i} m{i} m{i} m{i} m{i} m{i} m{i}\n" for i in range(11)
)


@pytest.mark.parametrize(
    ("program", "status"),
    [
        ("(" * 20_000, "error"),
        ("int main(void) {" * 2_000, "error"),
        ("int a[1 << 30] = {1};\nint main(void) {}", "memory_limit"),
        pytest.param("int main(void) {" * 20_000, "memory_limit", marks=pytest.mark.slow),
        pytest.param('#include "/dev/zero"', "memory_limit", marks=pytest.mark.slow),
        pytest.param(BOMB + "int main(void) { m11; }", "memory_limit", marks=pytest.mark.slow),
    ],
    ids=["parentheses", "functions", "array", "more functions", "endless file", "macros"],
)
def test_hostile__gets_a_verdict(c: Worker, program: str, status: str) -> None:
    assert c.check(program)["status"] == status
    assert c.check(SORT)["ok"]


def test_worker__ends_with_its_input_and_takes_all_along(tmp_path: Path) -> None:
    worker = Worker(CPP, tmp_path)
    worker.send(
        b"Ctemplate <int n, int m> struct A { A<n - 1, 2 * m> a; A<n - 1, 2 * m + 1> b; }; A<30, 0> a; int main() {}"
    )
    time.sleep(0.3)
    assert worker.end() == 0
    deadline = time.monotonic() + 5
    while left := processes_of_group(worker.process.pid):
        assert time.monotonic() < deadline, left
        time.sleep(0.05)


def test_worker__survives_the_death_of_a_server(tmp_path: Path) -> None:
    needs_servers(C)
    worker = Worker(C, tmp_path)
    assert worker.check("int main(void) {}")["ok"]
    for process in processes_of_group(worker.process.pid) - {worker.process.pid}:
        os.kill(process, signal.SIGKILL)
    assert worker.check("int main(void) {}")["ok"]
    assert not worker.check("int main(void) { return x; }")["ok"]
    assert worker.end() == 0


def processes_of_group(group: int) -> set[int]:
    found = set()
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                state, _, of_group = (folder / "stat").read_text("ascii", "replace").rpartition(")")[2].split()[:3]
            except OSError:
                continue
            if int(of_group) == group and state != "Z":
                found.add(int(folder.name))
    return found


def test_servers__cannot_be_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(toolchain, "_plugin_headers", lambda driver: tmp_path / "nothing")
    assert not C.is_warm()
    assert "plugin-dev" in C.advice()
    (tmp_path / "work").mkdir()
    worker = Worker(C, tmp_path / "work")
    assert worker.check(SORT)["ok"]
    assert not worker.check("int f(void);\nint main(void) { return f(); }")["ok"]
    assert worker.end() == 0


def test_servers__do_not_load(tmp_path: Path) -> None:
    needs_servers(C)
    plan = json.loads(C.compile_worker().arguments[-1])
    plan["warm"]["compiler"] = [*plan["warm"]["compiler"], "-fplugin=/nonexistent.so"]
    worker = Worker(C, tmp_path, warm=plan["warm"])
    assert worker.check(SORT)["ok"]
    assert not worker.check("int main(void) { return x; }")["ok"]
    assert worker.end() == 0


def test_toolchain__names_its_version(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (C.version() or "").startswith("gcc ")
    assert "-std=gnu17" in (C.version() or "")
    assert (C.version() or "").endswith(" -lm")
    assert (CPP.version() or "").startswith("g++ ")
    monkeypatch.setenv("PATH", "/nonexistent")
    assert C.version() is None
    with pytest.raises(ToolchainMissingError, match="apt-get"):
        C.compile_worker()
