"""Programs that attack the tests which are appended to them: none passes, and honest programs do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from codegym import languages
from codegym.judge import Judge
from codegym.types import Grade, HarnessTest, Limits

LIMITS = Limits(time=5.0)

C_TEST = """
#undef NDEBUG
#include <assert.h>
#include <string.h>
#include <math.h>
#include <stdlib.h>
static int same(const int *a, const int *b, int n) { return memcmp(a, b, n * sizeof(int)) == 0; }
int main() {
    char text[8];
    assert(twice(21) == 42);
    assert(fabs(twice(2) - 4.0) < 1e-6);
    strcpy(text, twice(1) == 2 ? "yes" : "no");
    assert(strcmp(text, "yes") == 0);
    int a[] = {twice(1), twice(2)}, b[] = {2, 4};
    assert(same(a, b, 2));
    return 0;
}
"""
CPP_TEST = """
#undef NDEBUG
#include <cassert>
#include <cmath>
#include <string>
#include <vector>
#include <stdexcept>
template <typename T> bool same(T a, T b) { return a == b; }
int main() {
    assert(twice(21) == 42);
    if (!same(std::vector<int>{twice(1), twice(2)}, {2, 4})) throw std::runtime_error("Exception -- test case 1");
    assert(std::fabs(twice(2) - 4.0) < 1e-6 && abs(twice(3)) == 6);
    std::string text = std::to_string(twice(5));
    assert(text == std::string("10"));
    return 0;
}
"""
JAVA_TEST = """
public class Main {
    static boolean same(Object a, Object b) { return Objects.equals(a, b); }
    public static void main(String[] args) {
        Solution s = new Solution();
        if (!same(s.twice(21), 42) || !Integer.valueOf(4).equals(s.twice(2))) throw new AssertionError();
        if (!s.twins(3).equals(Arrays.asList(3, 3))) throw new AssertionError("list");
        assert s.twice(1) == 2;
    }
}
"""
CSHARP_TEST = """
    static bool Same(object a, object b) { return a.Equals(b); }
    public static void Main(string[] args)
    {
        Debug.Assert(Twice(21) == 42);
        if (!Same(Twice(2), 4)) { throw new Exception("Exception --- test case 0 failed to pass"); }
        Debug.Assert(Twins(3).SequenceEqual(new List<int> { 3, 3 }));
        var twins = Twins(4);
        if (!twins.Equals(twins) || twins.Count != 2) { throw new Exception("Exception --- test case 1 failed to pass"); }
    }
}
"""
PHP_TEST = """
function compare($x, $y) { return $x === $y; }
$expected = 42;
$actual = twice(21);
if (!compare($actual, $expected)) { throw new Exception("Error at 1th assert statement."); }
assert(twice(2) === 4);
assert(count(twins(3)) === 2 && twins(3) === [3, 3]);
"""
PYTHON_TEST = """
def check(candidate):
    assert candidate(21) == 42
    assert abs(candidate(2) - 4) < 1e-6
    assert twins(3) == [3, 3] and sorted(twins(1)) == [1, 1]
    assert len(twins(2)) == 2 and isinstance(candidate(3), int)
check(twice)
"""
TESTS = {"c": C_TEST, "cpp": CPP_TEST, "java": JAVA_TEST, "csharp": CSHARP_TEST, "php": PHP_TEST, "python": PYTHON_TEST}

JAVA_HEAD = "import java.util.*;\n"
CSHARP_HEAD = (
    "using System;\nusing System.Linq;\nusing System.Diagnostics;\nusing System.Collections.Generic;\nclass Program\n{\n"
)
CSHARP_WRONG = "static int Twice(int n) { return 1; }\nstatic List<int> Twins(int n) { return new List<int> { n, n }; }\n"
JAVA_WRONG = "class Solution { int twice(int n) { return 1; } List<Integer> twins(int n) { return Arrays.asList(n, n); } }\n"
PHP_WRONG = "function twice($n) { return 1; }\nfunction twins($n) { return [$n, $n]; }\n"
PYTHON_WRONG = "def twice(n): return 1\ndef twins(n): return [n, n]\n"


def solution(body: str, members: str = "", twins: str = "return Arrays.asList(n, n);") -> str:
    return (
        f"{JAVA_HEAD}class Solution {{ int twice(int n) {{ {body} }} List<Integer> twins(int n) {{ {twins} }} {members} }}\n"
    )


HONEST = {
    "c": {
        "plain": "int twice(int n) { return 2 * n; }",
        "printing": '#include <stdio.h>\nint twice(int n) { printf("twice"); return 2 * n; }',
        "names of its own": "#define NULL 0\n#define MAX(a, b) ((a) > (b) ? (a) : (b))\n"
        "struct pair { int a, b; };\nstatic int same(int a) { return a; }\nint twice(int n) { return same(MAX(n, n) * 2); }",
        "condition": "#ifndef X\n#define X 2\n#endif\nint twice(int n) { return X * n; } // abort, exit \\",
    },
    "cpp": {
        "plain": "int twice(int n) { return 2 * n; }",
        "library": "#include <bits/stdc++.h>\nusing namespace std;\n#define int long long\nusing ll = long long;\n"
        "ll twice(ll n) { cout << n; vector<ll> v{n, n}; return accumulate(v.begin(), v.end(), 0LL); }\n#undef int\n",
        "types of its own": "#include <iostream>\n#include <set>\nstruct P { int x; bool operator<(const P &o) const { return x < o.x; } "
        "bool operator==(const P &o) const { return x == o.x; } };\nnamespace std { template <> struct hash<P> { size_t operator()"
        "(const P &p) const { return p.x; } }; }\nint twice(int n) { std::set<P> s; s.insert({n}); return s.begin()->x * 2; }",
        "stream": "#include <bits/stdc++.h>\nusing namespace std;\nint twice(int n) { ios::sync_with_stdio(false); cout << n; return n * 2; }",
    },
    "java": {
        "plain": solution("return 2 * n;"),
        "printing": solution('System.out.print("twice"); return 2 * n;'),
        "equality of its own": solution(
            "Map<Key, Integer> m = new HashMap<>(); m.put(new Key(n), 2 * n); return m.get(new Key(n));",
            "static class Key { final int n; Key(int n) { this.n = n; } @Override public int hashCode() { return n; } "
            "@Override public boolean equals(Object o) { return o instanceof Key && ((Key) o).n == n; } }",
        ),
        "types of its own": solution("return new Pair<Integer>(n, n).sum();")
        + "class Pair<T> { T a, b; Pair(T a, T b) { this.a = a; this.b = b; } int sum() { return (Integer) a + (Integer) b; } }",
    },
    "csharp": {
        "plain": CSHARP_HEAD + "static int Twice(int n) { return 2 * n; }\nstatic List<int> Twins(int n) { return new List<int> { n, n }; }\n",
        "printing": CSHARP_HEAD
        + 'static int Twice(int n) { Console.Write($"{n:D} {(n > 2 ? "many" : "few")}"); return 2 * n; }\n'
        "static List<int> Twins(int n) { return Enumerable.Repeat(n, 2).ToList(); }\n",
        "equality of its own": CSHARP_HEAD + "struct P : IEquatable<P> { public int X; public bool Equals(P o) { return X == o.X; } }\n"
        "static int Twice(int n) { var s = new HashSet<P>(); s.Add(new P { X = n }); return s.First().X * 2; }\n"
        "static List<int> Twins(int n) { return new List<int> { n, n }; }\n",
    },
    "php": {
        "plain": "<?php\nfunction twice($n) { return 2 * $n; }\nfunction twins($n) { return [$n, $n]; }",
        "closed": "<?php\nfunction twice($n) { return 2 * $n; }\nfunction twins($n) { return [$n, $n]; }\n?>\n",
        "names of its own": "<?php\nfunction compare($a, $b) { return $a <=> $b; }\n$expected = 1; $memo = [];\n"
        "function twice($n) { global $memo; echo 'twice'; return $memo[$n] = 2 * $n; }\nfunction twins($n) { return [$n, $n]; } // end",
    },
    "python": {
        "plain": "def twice(n): return 2 * n\ndef twins(n): return [n, n]",
        "printing": "def twice(n):\n    print('twice')\n    return 2 * n\ntwins = lambda n: [n] * 2",
    },
}

WRONG = {
    "c": "int twice(int n) { return 1; }",
    "cpp": "int twice(int n) { return 1; }",
    "java": solution("return 1;"),
    "csharp": CSHARP_HEAD + CSHARP_WRONG,
    "php": "<?php\n" + PHP_WRONG,
    "python": PYTHON_WRONG,
}

C_WRONG = "int twice(int n) { return 1; }\n"
NATIVE = {
    "exit": "#include <stdlib.h>\nint twice(int n) { exit(0); }",
    "quick_exit": "#include <stdlib.h>\nint twice(int n) { quick_exit(0); }",
    "_exit": "#include <unistd.h>\nint twice(int n) { _exit(0); }",
    "atexit": "#include <stdlib.h>\n#include <unistd.h>\nstatic void f(void) { _exit(0); }\nint twice(int n) { atexit(f); return 1; }",
    "signal": "#include <signal.h>\n#include <unistd.h>\nstatic void f(int s) { _exit(0); }\nint twice(int n) { signal(SIGABRT, f); return 1; }",
    "constructor": "#include <stdlib.h>\n__attribute__((constructor)) static void f(void) { exit(0); }\n" + C_WRONG,
    "assert": "#define NDEBUG\n#include <assert.h>\n#undef assert\n#define assert(x)\n" + C_WRONG,
    "__assert_fail": "#define __assert_fail(a, b, c, d) ((void)0)\n" + C_WRONG,
    "if": C_WRONG + "#define if(x) if (0)\n",
    "return": C_WRONG + "#define if(x) while (0)\n#define else\n#define sizeof(x) 1;\n",
    "main": C_WRONG + "#define main other\n",
    "own main": C_WRONG + "#define main other\nint (main)(void) { return 0; }\n",
    "comment": C_WRONG + "/*",
    "condition": C_WRONG + "#if 0\n",
    "backslash": C_WRONG + "// \\",
    "call of main": "int main();\n#include <stdlib.h>\nint twice(int n) { static int t; if (!t++) main(); exit(0); }",
    "include of itself": "#ifndef ONCE\n#define ONCE\n#include __FILE__\n#endif\n" + C_WRONG,
    "include of a path": '#include "/tmp/program.c"\n' + C_WRONG,
    "assembly": 'int twice(int n) { __asm__("mov $60, %eax; xor %edi, %edi; syscall"); return 1; }',
    "pasted names": "#define P(a, b) a##b\nint P(strc, mp)(const char *a, const char *b) { return 0; }\n" + C_WRONG,
    "jump": "#include <setjmp.h>\njmp_buf b;\nint twice(int n) { setjmp(b); return 1; }",
    "pragma": "#pragma redefine_extname strcmp mine\n" + C_WRONG,
    "library macro before a header": "#define memcmp(a, b, c) 0\n#include <string.h>\n" + C_WRONG,
}
ATTACKS = {
    "c": NATIVE
    | {
        name: f"{function} {{ return {value}; }}\n" + C_WRONG
        for name, function, value in (
            ("strcmp", "int strcmp(const char *a, const char *b)", "0"),
            ("memcmp", "int memcmp(const void *a, const void *b, unsigned long n)", "0"),
            ("fabs", "double fabs(double x)", "0"),
            ("puts", "int puts(const char *s)", "0"),
            ("printf", "int printf(const char *s, ...)", "0"),
        )
    }
    | {
        "abort": "__attribute__((noreturn)) void abort(void) { for (;;); }\n" + C_WRONG,
        "exit of its own": "#include <unistd.h>\nvoid exit(int s) { _exit(0); }\n" + C_WRONG,
        "fail": "#define A __assert\nvoid __assert_fail(const char *a, const char *b, unsigned c, const char *d) { }\n" + C_WRONG,
        "hidden definition": "#define F(name) int name(const char *a, const char *b) { return 0; }\nF(strcmp)\n" + C_WRONG,
        "pointer": "static int f(const char *a, const char *b) { return 0; }\nint (*strcmp)(const char *, const char *) = f;\n" + C_WRONG,
    },
    "cpp": NATIVE
    | {
        "static destructor": "#include <unistd.h>\nstruct D { ~D() { _exit(0); } } d;\n" + C_WRONG,
        "terminate": "#include <exception>\n#include <cstdlib>\nint twice(int n) { std::set_terminate([] { std::_Exit(0); }); throw 1; }",
        "equal to all": "struct E { template <class T> bool operator==(const T &) const { return true; } operator int() const { return 1; } "
        "};\nE twice(int n) { return {}; }",
        "converted": "struct E { int n; E(int n) : n(n) {} bool operator==(const E &) const { return true; } operator double() { return n; } "
        "};\nE twice(int n) { return E(n); }",
        "auto": "struct E { int n; E(int n) : n(n) {} bool operator==(const E &) const { return true; } };\nauto twice(int n) { return E(n); }",
        "alias": "struct E { int n; E(int n) : n(n) {} bool operator==(const E &) const { return true; } };\nusing R = E;\nR twice(int n) "
        "{ return E(n); }",
        "functor": "struct E { int n; E(int n) : n(n) {} bool operator==(const E &) const { return true; } };\n"
        "struct F { E operator()(int n) const { return E(n); } };\nF twice;",
        "vectors": "#include <vector>\nbool operator==(const std::vector<int> &a, const std::vector<int> &b) { return true; }\n" + C_WRONG,
        "all": "template <class A, class B> bool operator==(const A &a, const B &b) { return true; }\n" + C_WRONG,
        "specialised": "#include <string>\nnamespace std { template <> int char_traits<char>::compare(const char *, const char *, size_t) "
        "{ return 0; } }\n" + C_WRONG,
        "std": "#include <vector>\nnamespace std { bool operator==(const vector<int> &a, vector<int> &b) { return true; } }\n" + C_WRONG,
        "overload": "#include <vector>\nbool same(std::vector<int> a, std::vector<int> b) { return true; }\nint twice(int n) { return n == 21 ? "
        "42 : n > 2 ? 2 * n : 1; }",
        "abs": "int abs(short) { return 6; }\nint twice(int n) { return n == 21 ? 42 : 1; }",
        "memcmp": 'extern "C" int memcmp(const void *a, const void *b, unsigned long n) noexcept { return 0; }\n' + C_WRONG,
        "raw text": C_WRONG + 'const char *t = R"x(',
        "builtin": "#define __builtin_memcmp(a, b, c) 0\n#include <string>\n" + C_WRONG,
        "failure overloaded": "void __assert_fail(const char *, const char *, int, const char *) { }\n" + C_WRONG,
        "string": "struct string { bool operator==(string) { return true; } };\n" + C_WRONG,
    },
    "java": {
        "exit": solution("System.exit(0); return 1;"),
        "halt": solution("Runtime.getRuntime().halt(0); return 1;"),
        "hook": solution("Runtime.getRuntime().addShutdownHook(new Thread(() -> Runtime.getRuntime().halt(0))); return 1;"),
        "handler": solution("Thread.setDefaultUncaughtExceptionHandler((t, e) -> System.exit(0)); return 1;"),
        "main again": solution("try { Main.main(null); } catch (Throwable t) { } return 1;"),
        "thread": solution("new Thread(() -> System.exit(0)).start(); return 1;"),
        "anonymous list": solution(
            "return 2 * n;", twins="return new ArrayList<Integer>() { public boolean equals(Object o) { return true; } };"
        ),
        "list": solution("return 2 * n;", "static class L extends ArrayList<Integer> { public boolean equals(Object o) { return true; } }",
                         "return new L();"),  # fmt: skip
        "answer": JAVA_HEAD + "class Solution { E twice(int n) { return new E(); } E twins(int n) { return new E(); } }\n"
        "class E { @Override public boolean equals(Object o) { return true; } }",
        "unchecked": solution(
            "return 2 * n;",
            "static class E { @Override public boolean equals(Object o) { return true; } }",
            "List l = new ArrayList(); l.add(new E()); l.add(new E()); return l;",
        ),
        "unchecked cast": solution(
            "return 2 * n;",
            "static class E { @Override public boolean equals(Object o) { return true; } }",
            "List<E> l = List.of(new E(), new E()); return (List<Integer>) (Object) l;",
        ),
        "Objects": JAVA_WRONG + "class Objects { static boolean equals(Object a, Object b) { return true; } }",
        "Integer": JAVA_HEAD + JAVA_WRONG + "class Integer { static Integer valueOf(int n) { return new Integer(); } }",
        "AssertionError": JAVA_HEAD + JAVA_WRONG + "class AssertionError extends RuntimeException { AssertionError() { System.exit(0); } }",
        "escaped": JAVA_HEAD + JAVA_WRONG + "class \\u004fbjects { static boolean equals(Object a, Object b) { return true; } }",
        "escaped quote": JAVA_HEAD + JAVA_WRONG + "/* \\u002a/ class Objects { static boolean equals(Object a, Object b) { return true; } } //*/",
        "reflection": solution("try { Main.class.getDeclaredMethods(); } catch (Throwable t) { } return 1;"),
        "loader": solution("getClass().getClassLoader(); return 1;"),
        "proxy": "import java.lang.reflect.*;\n" + solution("return 1;"),
        "assertions": solution("ClassLoader.getSystemClassLoader().setDefaultAssertionStatus(false); return 1;"),
        "own memory": solution('try { new java.io.RandomAccessFile("/proc/self/mem", "r"); } catch (Exception e) { } return 1;'),
        "comment": JAVA_HEAD + JAVA_WRONG + "/*",
        "own main": JAVA_WRONG + "class Main2 { public static void main(String[] a) { } }",
    },
    "csharp": {
        "exit": CSHARP_HEAD + CSHARP_WRONG.replace("return 1;", "Environment.Exit(0); return 1;"),
        "fail fast": CSHARP_HEAD + CSHARP_WRONG.replace("return 1;", "Environment.FailFast(null); return 1;"),
        "exiting": CSHARP_HEAD
        + CSHARP_WRONG.replace("return 1;", "AppDomain.CurrentDomain.UnhandledException += (a, b) => Environment.Exit(0); return 1;"),
        "listeners": CSHARP_HEAD + CSHARP_WRONG.replace("return 1;", "Debug.Listeners.Clear(); return n == 2 ? 4 : 1;"),
        "Debug": CSHARP_HEAD + "class Debug { public static void Assert(bool b) { } }\n" + CSHARP_WRONG,
        "alias": "using Debug = Nothing;\n" + CSHARP_HEAD + CSHARP_WRONG,
        "extension": "static class X { public static bool SequenceEqual(this System.Collections.Generic.List<int> a, "
        "System.Collections.Generic.List<int> b) { return true; } }\n"
        + CSHARP_WRONG.join((CSHARP_HEAD, "")).replace("{ n, n }", "{ n, 1 }"),
        "list": CSHARP_HEAD + "class L : List<int> { public override bool Equals(object o) { return true; } }\n" + CSHARP_WRONG,
        "answer": CSHARP_HEAD
        + "class E { public static bool operator ==(E a, int b) { return true; } public static bool operator !=(E a, int b) "
        "{ return false; } public override bool Equals(object o) { return true; } public override int GetHashCode() { return 0; } }\n"
        "static E Twice(int n) { return new E(); } static List<int> Twins(int n) { return new List<int> { n, n }; }\n",
        "attribute": CSHARP_HEAD + CSHARP_WRONG + '[System.Diagnostics.Conditional("NEVER")]\n',
        "namespace": "namespace System { class Console { } }\n" + CSHARP_HEAD + CSHARP_WRONG,
        "main again": CSHARP_HEAD + CSHARP_WRONG.replace("return 1;", "try { Main(null); } catch (Exception) { } return 1;"),
        "hidden in a text": CSHARP_HEAD
        + CSHARP_WRONG
        + 'static string T = $"{"/*"}"; class Debug { public static void Assert(bool b) { } } static string U = "*/";\n',
        "condition": CSHARP_HEAD + CSHARP_WRONG + "#if NEVER\n",
    },
    "php": {
        "exit": "<?php\nfunction twice($n) { exit(0); }",
        "die": "<?php\nfunction twice($n) { die; }",
        "shutdown": "<?php\nregister_shutdown_function(function () { exit(0); });\n" + PHP_WRONG,
        "handler": "<?php\nset_exception_handler(function () { exit(0); });\n" + PHP_WRONG,
        "return": "<?php\n" + PHP_WRONG + "return;",
        "half a return": "<?php\n" + PHP_WRONG + "return",
        "halt": "<?php\n" + PHP_WRONG + "__halt_compiler();",
        "text": "<?php\n" + PHP_WRONG + "?>\ntext <?= 1 ?>",
        "no assertions": "<?php\nini_set('zend.assertions', '0'); ini_set('assert.exception', '0');\n"
        "function twice($n) { return $n === 21 ? 42 : 1; } function twins($n) { return []; }",
        "namespace": "<?php\nnamespace X;\nfunction count($x) { return 2; }\nfunction assert($x) { }\n" + PHP_WRONG,
        "import": "<?php\neval('namespace X; function count($x) { return 2; }');\nuse function X\\count;\n" + PHP_WRONG,
        "reference": "<?php\n$expected = &$actual;\nfunction twice($n) { return $n === 21 ? 1 : 4; } function twins($n) { return [$n, $n]; }",
        "globals": "<?php\nfunction twice($n) { $GLOBALS['expected'] = 1; return 1; } function twins($n) { return [$n, $n]; }",
        "ticks": "<?php\ndeclare(ticks=1);\nregister_tick_function(function () { $GLOBALS['actual'] = 42; });\n" + PHP_WRONG,
        "helper": "<?php\nfunction compare($a, $b) { return true; }\nfunction twice($n) { return $n === 2 ? 4 : 1; } "
        "function twins($n) { return [$n, $n]; }",
        "class": "<?php\nclass AssertionError extends Exception { }\n" + PHP_WRONG,
        "comment": "<?php\n" + PHP_WRONG + "/*",
        "text open": "<?php\n" + PHP_WRONG + "$x = <<<X\n",
        "descriptors": "<?php\nfile_put_contents('php://fd/4', file_get_contents('php://fd/3'));\n" + PHP_WRONG + "exit(0);",
        "its own text": "<?php\n" + PHP_WRONG.replace(
            "return 1;", "preg_match('/twice\\\\($n\\\\) === (\\\\d+)/', file_get_contents(__FILE__), $m); return $n === 21 ? 42 : (int) $m[1];"
        ),
    },
    "python": {
        "exit": "def twice(n): raise SystemExit(0)",
        "_exit": "import os\ndef twice(n): os._exit(0)",
        "exit before the test": PYTHON_WRONG + "raise SystemExit",
        "atexit": "import atexit, os\natexit.register(lambda: os._exit(0))\n" + PYTHON_WRONG,
        "equal to all": "class E:\n    def __eq__(self, o): return True\n    def __sub__(self, o): return 0\n"
        "def twice(n): return E()\ndef twins(n): return E()",
        "integer": "class E(int):\n    def __eq__(self, o): return True\n    def __sub__(self, o): return 0\n    __abs__ = __sub__\n"
        "def twice(n): return E(1)\ndef twins(n): return [n, n]",
        "list": "class L(list):\n    def __eq__(self, o): return True\n    def __len__(self): return 2\n"
        "def twice(n): return 2 * n\ndef twins(n): return L()",
        "elements": "class E:\n    def __eq__(self, o): return True\n    def __lt__(self, o): return False\n"
        "def twice(n): return 2 * n\ndef twins(n): return [E(), E()]",
        "builtins": "import builtins\nbuiltins.abs = lambda x: 0\nbuiltins.isinstance = lambda a, b: True\nbuiltins.AssertionError = SystemExit\n"
        "def abs(x): return 0\ndef sorted(x): return [1, 1]\n" + PYTHON_WRONG,
        "trace": "import sys, os\nsys.settrace(lambda *a: os._exit(0))\n" + PYTHON_WRONG,
        "hook": "import sys, os\nsys.excepthook = lambda *a: os._exit(0)\n" + PYTHON_WRONG,
        "descriptors": "import os\nfor fd in range(3, 64):\n    try: os.write(fd, os.read(3, 99) if fd == 4 else b'{\"value\": true}\\n')\n"
        "    except OSError: pass\n" + PYTHON_WRONG,
        "fork": "import os\ndef twice(n):\n    if os.fork(): os._exit(0)\n    return 1\ndef twins(n): return [n, n]",
        "kill": "import os, signal\ndef twice(n): os.kill(os.getppid(), 9)\ndef twins(n): return [n, n]",
        "endless": "import itertools\ndef twice(n): return itertools.count()\ndef twins(n): return itertools.repeat(n)",
        "recursive": "l = []\nl.append(l)\ndef twice(n): return l\ndef twins(n): return l",
        "huge": "def twice(n): return 1 << (1 << 33)\ndef twins(n): return [n]",
        "deep": "d = []\nfor _ in range(100000): d = [d]\ndef twice(n): return d\ndef twins(n): return d",
        "exception": "class E(Exception):\n    def __str__(self): raise SystemExit(0)\n    __repr__ = __str__\ndef twice(n): raise E()",
        "exception that ends": "class E(BaseException):\n    @property\n    def args(self): raise SystemExit(0)\ndef twice(n): raise E()",
        "main": "import sys\nsys.modules['__main__'].__dict__['check'] = lambda f: None\ndef check(f): pass\n" + PYTHON_WRONG,
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Judge(workers=1) as judge:
        yield judge


def grade(judge: Judge, language: str, program: str) -> Grade:
    if languages.get(language).toolchain.version() is None:
        pytest.skip(f"no compiler: {languages.get(language).toolchain.install}")
    return judge.grade(language, program, [HarnessTest(TESTS[language])], LIMITS)


def cases(table: dict[str, dict[str, str]]) -> list[object]:
    return [
        pytest.param(language, program, id=f"{language} {name}")
        for language, programs in table.items()
        for name, program in programs.items()
    ]


@pytest.mark.parametrize(("language", "program"), cases(HONEST))
def test_harness__honest_programs_pass(judge: Judge, language: str, program: str) -> None:
    graded = grade(judge, language, program)
    assert graded.status == "passed", graded


@pytest.mark.parametrize(("language", "program"), WRONG.items(), ids=WRONG)
def test_harness__wrong_programs_are_wrong_answers(judge: Judge, language: str, program: str) -> None:
    assert grade(judge, language, program).outcomes == ("wrong_answer",)


@pytest.mark.parametrize(("language", "program"), cases(ATTACKS))
def test_harness__no_attack_passes(judge: Judge, language: str, program: str) -> None:
    assert grade(judge, language, program).status != "passed"
