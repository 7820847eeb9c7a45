# ruff: noqa: E501  # a line of a program is a line of the program
"""Source that attacks its compiler: each gets a verdict in time, shows nothing of the host, and spoils no other."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import attacks
import pytest

from codegym import Judge, languages
from codegym.errors import ToolchainMissingError
from codegym.judge.local import LocalBackend
from codegym.types import CompileResult

TIME_LIMIT = 6.0
PATIENCE = 4.0
"""Seconds beyond the limit for what is done in the client, on a machine that is busy."""

VERDICTS = {"ok", "error", "time_limit", "memory_limit", "source_limit"}
GOOD = {
    "python": "x = 1\n",
    "java": "public class Main { }\n",
    "c": '#include <stdio.h>\nint main(void) { puts("x"); return 0; }\n',
    "cpp": "#include <iostream>\nint main() { std::cout << 1; }\n",
    "csharp": "using System;\nclass Program { static void Main() { Console.WriteLine(1); } }\n",
    "php": "<?php echo 1;\n",
}


def doubled(first: str, step: str, levels: int) -> str:
    """Returns a first line, and one for each level, which names the level before it as often as `step` says."""
    return first + "".join(step.replace("NOW", f"a{i}").replace("LAST", f"a{i - 1}") for i in range(1, levels + 1))


def nested(opening: str, inside: str, closing: str, depth: int) -> str:
    return opening * depth + inside + closing * depth


STRING = "x" * 60_000

C_FAMILY = {
    # What the preprocessor reads.
    "secret": '#include "@secret@"\nint main(void) { return 0; }',
    "private secret": '#include "@private@"\nint main(void) { return 0; }',
    "secret in a macro": '#define FILE "@secret@"\n#include FILE\nint main(void) { return 0; }',
    "secret by a path in it": "#include </../../../../../..@secret@>\nint main(void) { return 0; }",
    "secret asked for": '#if __has_include("@secret@")\n#error SEEN\n#endif\nint main(void) { return 0; }',
    "passwords": '#include "/etc/passwd"\n#include "/etc/shadow"\nint main(void) { return 0; }',
    "the compiler's process": '#include "/proc/self/environ"\n#include "/proc/self/cmdline"\n',
    "other processes": '#include "/proc/1/environ"\n#include "/proc/@judge@/environ"\n#include "/proc/@sentinel@/environ"\n',
    "descriptors": "".join(f'#include "/dev/fd/{i}"\n#include "/proc/self/fd/{i}"\n' for i in range(12)),
    "standard input": '#include "/dev/stdin"\nint main(void) { return 0; }',
    "zeros": '#include "/dev/zero"\nint main(void) { return 0; }',
    "random": '#include "/dev/random"\nint main(void) { return 0; }',
    "endless random": '#include "/dev/urandom"\nint main(void) { return 0; }',
    "full": '#include "/dev/full"\nint main(void) { return 0; }',
    "a folder": '#include "/tmp"\n#include "."\nint main(void) { return 0; }',
    "itself": "#include __FILE__\n#include __FILE__\n",
    "itself, with text": "int a, b, c, d;\n#include __FILE__\n#include __FILE__\n",
    "dependencies": '#pragma GCC dependency "@secret@"\nint main(void) { return 0; }',
    "macros": doubled("#define a0 1 +\n", "#define NOW LAST LAST LAST LAST LAST LAST LAST LAST\n", 11)
    + "int main(void) { return a11 1; }",
    "strings in macros": doubled('#define a0 "xxxxxxxx"\n', "#define NOW LAST LAST LAST LAST\n", 13)
    + "const char *a = a13; int main(void) { return 0; }",
    # What the assembler and the linker do.
    "included binary": '__asm__(".incbin \\"@secret@\\"");\nint main(void) { return 0; }',
    "included assembly": '__asm__(".include \\"@secret@\\"");\nint main(void) { return 0; }',
    "included zeros": '__asm__(".incbin \\"/dev/zero\\"");\nint main(void) { return 0; }',
    "included random": '__asm__(".incbin \\"/dev/urandom\\"");\nint main(void) { return 0; }',
    "fill": '__asm__(".fill 2000000000, 1, 1");\nint main(void) { return 0; }',
    "space": '__asm__(".space 100000000000");\nint main(void) { return 0; }',
    "repetition": '__asm__(".rept 1000000000\\n.quad 1\\n.endr");\nint main(void) { return 0; }',
    "recursive assembly": '__asm__(".macro m\\nm\\nm\\n.endm\\nm");\nint main(void) { return 0; }',
    "far": '__asm__(".org 0x7fffffffffff");\nint main(void) { return 0; }',
    "linked secret": '__asm__(".section .note.GNU-stack\\n.section .drectve\\n.ascii \\"@secret@\\"");\nint main(void) { return 0; }',
    "large data": "int a[1 << 28] = { 1 };\nint main(void) { return a[0]; }",
    "larger data": "char a[1L << 31] = { [(1L << 31) - 1] = 1 };\nint main(void) { return a[0]; }",
    "large empty data": "char a[1L << 40];\nint main(void) { return a[0]; }",
    "many sections": "".join(f'__attribute__((section("s{i}"))) int a{i} = 1;\n' for i in range(5_000))
    + "int main(void) { return 0; }",
    # What the compiler does.
    "parentheses": "int main(void) { return " + nested("(", "1", ")", 100_000) + "; }",
    "open parentheses": "int main(void) { return " + "(" * 200_000,
    "blocks": "int main(void) { " + nested("{", "", "}", 100_000) + " }",
    "pointers": "int " + "*" * 200_000 + " a;\nint main(void) { return 0; }",
    "arrays": "int a" + "[1]" * 60_000 + ";\nint main(void) { return 0; }",
    "unary": "int main(void) { return " + "- " * 100_000 + "1; }",
    "sum": "int main(void) { return 1" + " + 1" * 60_000 + "; }",
    "conditions": "int main(void) { return " + "1 ? 1 : " * 30_000 + "1; }",
    "else if": "int main(int a, char **b) { if (a) ; " + "else if (a) ; " * 15_000 + " }",
    "errors": "int main(void) { " + "".join(f"a{i};" for i in range(30_000)) + " }",
    "structures": doubled("struct a0 { int x[64]; };\n", "struct NOW { struct LAST x[64]; };\n", 8)
    + "struct a8 a;\nint main(void) { return 0; }",
    "one line": "int main(void) { return 0; } //" + "x" * 200_000,
    "null bytes": "int main(void) { return 0; }" + "\0" * 100_000,
    "cases": "int main(int a, char **b) { switch (a) { "
    + "".join(f"case {i}: return {i * 7};" for i in range(9_000))
    + " } }",
    "ranges": "int main(int a, char **b) { switch (a) { case 0 ... 2000000000: return 1; } return 0; }",
    "plugin": '#pragma GCC optimize("O3", "-fplugin=/tmp/x.so", "-wrapper /bin/sh")\nint main(void) { return 0; }',
    "output": '#pragma GCC optimize("-fdump-tree-all=@folder@/x")\nint main(void) { return 0; }',
}

C_ONLY = {
    "initialiser": "int a[] = { [0 ... 268435455] = 1 };\nint main(void) { return 0; }",
    "alignment": "_Alignas(1 << 28) char a = 1; _Alignas(1 << 28) char b = 1;\nint main(void) { return a + b; }",
}

CPP_ONLY = {
    "templates": "template <int N, int M> struct A { static const int x = A<N - 1, M * 2>::x + A<N - 1, M * 2 + 1>::x; };\n"
    "template <int M> struct A<0, M> { static const int x = M; };\nint main() { return A<24, 0>::x; }",
    "endless template": "template <class T> struct A { A<A<T>> *x; int y = A<A<T>>().y; };\nint main() { return A<int>().y; }",
    "template depth": "template <int N> struct A { static const int x = A<N + 1>::x; };\nint main() { return A<0>::x; }",
    "deduction": "template <class T> struct P { T a, b; };\ntemplate <class T> P<T> d(T t) { return {t, t}; }\n"
    "int main() { auto x = " + nested("d(", "1", ")", 22) + "; (void) x; }",
    "constant evaluation": "constexpr int f(int n) { return n < 2 ? n : f(n - 1) + f(n - 2); }\n"
    'static_assert(f(45) > 0, "");\nint main() { }',
    "constant loop": "constexpr long f() { long s = 0; for (long i = 0; i < 1L << 40; i++) s += i; return s; }\n"
    "constexpr long x = f();\nint main() { }",
    "constant memory": "constexpr int f() { int a[1 << 26] = { 1 }; return a[0]; }\nconstexpr int x = f();\nint main() { }",
    "overloads": "".join(f"struct S{i} {{ }}; int f(S{i}, ...);\n" for i in range(2_000))
    + "struct T { "
    + "".join(f"operator S{i}();" for i in range(2_000))
    + " };\nint main() { f(T()); }",
    "operators": "#include <iostream>\nint main() { std::cout" + " << 1" * 3_000 + "; }",
    "inheritance": "struct A0 { };\n"
    + "".join(f"struct A{i} : A{i - 1} {{ }};\n" for i in range(1, 3_000))
    + "int main() { }",
    "lambdas": "int main() { return " + nested("[] { return ", "1", "; }()", 200) + "; }",
    "ambiguity": "struct a { }; template <int> struct x { };\nint main() { " + "x<" * 500 + "1" + ">" * 500 + " y; }",
    "sequence": "#include <utility>\nint main() { return (int) std::make_integer_sequence<int, 100000000>::size(); }",
    "packs": "#include <utility>\ntemplate <int... I> int f(std::integer_sequence<int, I...>) { return (0 + ... + I); }\n"
    "int main() { return f(std::make_integer_sequence<int, 200000>()); }",
}

JAVA = {
    "constants": "class A { "
    + doubled(f'static final String a0 = "{STRING}"; ', "static final String NOW = LAST + LAST + LAST + LAST; ", 12)
    + "}",
    "classes": "".join(f"class A{i} {{ }}\n" for i in range(12_000)),
    "classes in classes": nested("class A { ", "", "} ", 3_000),
    "anonymous classes": "class A { Object x = " + nested("new Object() { Object x = ", "null", "; }", 400) + "; }",
    "parentheses": "class A { int x = " + nested("(", "1", ")", 100_000) + "; }",
    "blocks": "class A { void f() { " + nested("{", "", "}", 100_000) + " } }",
    "lambdas": "class A { Runnable x = " + nested("() -> { Runnable y = ", "null", "; }", 400) + "; }",
    "inference": "import java.util.*; class A { List<?> x = " + nested("Arrays.asList(1, ", "2", ")", 60) + "; }",
    "generic methods": "import java.util.function.*; class A { static <T> T i(Supplier<T> s) { return s.get(); } "
    "int f() { return " + nested("i(() -> ", "1", ")", 9) + "; } }",
    "generics": "class A<T> { A" + nested("<A", "", ">", 5_000) + " x; }",
    "endless bounds": "interface N<T> { } class C<X> implements N<N<? super C<C<X>>>> { N<? super C<Byte>> x = new C<Byte>(); }",
    "sum": "class A { String f(String a) { return a" + " + a" * 30_000 + "; } }",
    "switches": "class A { int f(String a) { switch (a) { "
    + "".join(f'case "{i}": return {i};' for i in range(8_000))
    + " } return 0; } }",
    "enumeration": "enum A { " + ", ".join(f"A{i}" for i in range(9_000)) + " }",
    "finally": "class A { void f() { "
    + nested("try { ", "f();", "} finally { f(); f(); } ", 20)
    + " } "
    + "void g() { "
    + "try { f(); } finally { " * 18
    + "f();"
    + "}" * 18
    + " } }",
    "array": "class A { int[] x = { " + "1, " * 60_000 + " }; }",
    "dimensions": "class A { Object x = new int" + "[1]" * 300 + "; }",
    "text": f'class A {{ String x = "{"x" * 70_000}"; }}',
    "secret": 'import static @secret@.*; @SuppressWarnings("@secret@") class A { String s = "@secret@"; }',
    "processor": "import javax.annotation.processing.*; import javax.lang.model.element.*; import java.util.*; "
    '@SupportedAnnotationTypes("*") public class Main extends AbstractProcessor { '
    'static { try { new java.io.File("@folder@/new").createNewFile(); } catch (Exception e) { } } '
    "public boolean process(Set<? extends TypeElement> a, RoundEnvironment b) { return false; } }",
    "module": "module a { provides javax.annotation.processing.Processor with Main; }",
    "unicode": 'class A { String s = "' + "\\u0041" * 40_000 + '"; }',
    "cycles": "class A extends B { } class B extends C { } class C extends A { } interface I extends J { } interface J extends I { }",
}

CSHARP = {
    "constants": "class A { "
    + doubled(f'const string a0 = "{STRING}"; ', "const string NOW = LAST + LAST + LAST + LAST; ", 12)
    + "static void Main() { } }",
    "large constants": "class A { "
    + doubled('const string a0 = "xxxxxxxx"; ', "const string NOW = LAST + LAST; ", 28)
    + "static void Main() { System.Console.Write(a28); } }",
    "parentheses": "class A { static int x = " + nested("(", "1", ")", 60_000) + "; static void Main() { } }",
    "blocks": "class A { static void Main() { " + nested("{", "", "}", 60_000) + " } }",
    "sum": "class A { static int x = 1" + " + 1" * 50_000 + "; static void Main() { } }",
    "texts": "class A { static string f(string a) { return a" + " + a" * 30_000 + "; } static void Main() { } }",
    "classes": "".join(f"class A{i} {{ }}\n" for i in range(10_000)) + "class P { static void Main() { } }",
    "classes in classes": nested("class A { ", "", "} ", 5_000),
    "lambdas": "using System; class A { static void f(Func<int, int> a) { } static void f(Func<string, int> a) { } "
    "static void Main() { " + nested("f(x => { ", "", "return 1; });", 12) + " } }",
    "generics": "class A<T> { A" + nested("<A", "", ">", 5_000) + " x; static void Main() { } }",
    "endless generics": "class A<T> { A<A<A<T>>> x; static A<A<A<T>>> y = new A<A<A<T>>>(); static void Main() { } }",
    "dimensions": "class A { int" + "[]" * 20_000 + " x; static void Main() { } }",
    "large array": "class A { static int[] x = new int[1 << 30]; static byte[] y = { "
    + "1, " * 60_000
    + " }; static void Main() { } }",
    "secret": '#line 1 "@secret@"\n#pragma checksum "@secret@" "{x}" "00"\n#error @secret@\nclass A { x }',
    "attributes": '[assembly: System.Reflection.AssemblyKeyFile("@secret@")]\nclass A { static void Main() { } }',
    "references": '#r "@secret@"\n#load "@secret@"\nextern alias x;\nclass A { static void Main() { } }',
    "switches": "class A { static int f(string a) { switch (a) { "
    + "".join(f'case "{i}": return {i};' for i in range(8_000))
    + " } return 0; } static void Main() { } }",
    "directives": "#if A\n" * 40_000 + "#endif\n" * 40_000 + "class A { static void Main() { } }",
    "query": "using System.Linq; class A { static object x = "
    + nested("from a in new[] { 1 } select (", "1", ")", 60)
    + "; static void Main() { } }",
    "dynamic": "class A { static void Main() { dynamic a = 1; a = " + nested("a.b(", "a", ")", 2_000) + "; } }",
}

PHP = {
    "parentheses": "<?php $a = " + nested("(", "1", ")", 100_000) + ";",
    "arrays": "<?php $a = " + nested("[", "", "]", 100_000) + ";",
    "blocks": "<?php " + nested("{", "", "}", 100_000),
    "calls": "<?php $a = " + nested("f(", "1", ")", 60_000) + ";",
    "closures": "<?php $a = " + nested("fn() => ", "1", "", 25_000) + ";",
    "unary": "<?php $a = " + "- " * 100_000 + "1;",
    "sum": "<?php $a = 1" + " + 1" * 60_000 + ";",
    "concatenation": "<?php $a = 'x'" + " . 'x'" * 40_000 + ";",
    "repetition": "<?php const A = 'xxxxxxxxxxxxxxxx'; "
    + doubled("const a0 = A . A; ", "const NOW = LAST . LAST . LAST . LAST; ", 12),
    "folded": "<?php $a = str_repeat('x', 2000000000); $b = range(0, 100000000); $c = array_fill(0, 100000000, 1);",
    "power": "<?php $a = 10 ** 10 ** 10; $b = 1 << 63; $c = 9 % -1; $d = PHP_INT_MIN % -1; $e = 1 / 1;",
    "digits": "<?php $a = " + "9" * 200_000 + ";",
    "hexadecimal": "<?php $a = 0x" + "f" * 200_000 + ";",
    "text": f"<?php $a = '{'x' * 200_000}';",
    "interpolation": '<?php $a = "' + "{$a[" * 5_000 + "0" + "]}" * 5_000 + '";',
    "here documents": "<?php " + "".join(f"$a = <<<A{i}\nx\nA{i};\n" for i in range(8_000)),
    "classes": "<?php " + "".join(f"class A{i} {{ }}\n" for i in range(12_000)),
    "inheritance": "<?php class A0 { } " + "".join(f"class A{i} extends A{i - 1} {{ }}\n" for i in range(1, 6_000)),
    "interfaces": "<?php " + "".join(f"interface I{i} {{ const C = 1; function f{i}(); }}\n" for i in range(3_000)),
    "match": "<?php $a = match ($b) { " + "".join(f"{i} => {i}," for i in range(20_000)) + " };",
    "secret": "<?php include '@secret@'; require('@private@'); $a = file_get_contents('@secret@'); highlight_file('@secret@');",
    "directives": "<?php declare(ticks=1, encoding='UTF-16', strict_types=1); $a = 1;",
    "stopped": "<?php __halt_compiler();" + "x" * 200_000,
    "ends": "<?php register_shutdown_function(fn() => exit(0)); exit(0); die; posix_kill(posix_getpid(), 9);",
    "constant calls": "<?php const A = new ArrayObject([1]); class B { const C = self::D; const D = self::C; } enum E { const F = E::F; }",
}

PYTHON = {
    "parentheses": "x = " + nested("(", "1", ")", 60_000),
    "lists": "x = " + nested("[", "", "]", 60_000),
    "unary": "x = " + "- " * 100_000 + "1",
    "f-strings": "x = " + nested("f'{", "1", "}'", 40_000),
    "doubling": "x = ((('a' * 4096) * 4096) * 4096) * 4096",
    "tuples": "x = " + nested("(", "0,", ") * 256", 12),
    "power": "x = 10 ** 10 ** 10",
    "digits": "x = " + "9" * 250_000,
    "lines": "x=1\n" * 60_000,
    "secret": "# -*- coding: @secret@ -*-\nfrom @secret@ import x",
    "encodings": "# coding: zlib_codec\nx = 1",
    "names": ";".join(f"a{i}=1" for i in range(20_000)),
    "decorators": "@a\n" * 60_000 + "def f(): pass",
    "comprehensions": "x = " + nested("[", "1", " for a in b]", 3_000),
    "null bytes": "x = 1\n" + "\0" * 1_000,
}

BOMBS = {
    "c": {**C_FAMILY, **C_ONLY},
    "cpp": {**C_FAMILY, **CPP_ONLY},
    "java": JAVA,
    "csharp": CSHARP,
    "php": PHP,
    "python": PYTHON,
}

READING = {
    "secret",
    "private secret",
    "secret in a macro",
    "secret by a path in it",
    "passwords",
    "other processes",
    "included binary",
    "included assembly",
}
"""Bombs that cannot compile where what they read is not there; one that does, has read it."""  # fmt: skip

QUICK = {
    "c": {"secret", "other processes", "itself", "included binary", "fill", "large data", "open parentheses", "errors"},
    "cpp": {"secret", "included binary", "templates"},
    "java": {"constants", "parentheses", "processor"},
    "csharp": {"parentheses", "secret", "attributes"},
    "php": {"parentheses", "arrays", "folded", "secret", "digits"},
    "python": set(PYTHON),
}
"""What runs each time; the others are slow."""

CASES = [
    pytest.param(
        language,
        name,
        id=f"{language}-{name.replace(' ', '_')}",
        marks=[] if name in QUICK[language] else [pytest.mark.slow],
    )
    for language, bombs in BOMBS.items()
    for name in bombs
]


class Judges:
    """One judge at a time."""

    def __init__(self) -> None:
        self.language = ""
        self.judge: Judge | None = None

    def of(self, language: str) -> Judge:
        """Returns the judge of a language, whose compiler is warm."""
        if self.language != language or self.judge is None:
            self.close()
            if shutil.which(attacks.TOOLS[language]) is None:
                pytest.skip(f"{attacks.TOOLS[language]} is not on the PATH")
            try:
                languages.get(language).toolchain.compile_worker()
            except (ToolchainMissingError, ImportError, AttributeError) as error:
                pytest.skip(str(error))
            self.language, self.judge = language, Judge(workers=1, time_limit=TIME_LIMIT)
            assert self.judge.compile(language, GOOD[language]).ok
        return self.judge

    def close(self) -> None:
        if self.judge is not None:
            self.judge.close()
        self.judge = None


@pytest.fixture(scope="module")
def judges() -> Iterator[Judges]:
    judges = Judges()
    yield judges
    judges.close()


@pytest.fixture(scope="module")
def targets() -> Iterator[attacks.Targets]:
    with attacks.sentinel_files() as home:
        paths = [str(home / name) for name in ("secret", "private", "folder")]
        yield attacks.Targets(*paths, "", "", 0, 0, sentinel=1, judge=1, worker=1)


def built(judge: Judge, language: str, program: str) -> tuple[CompileResult, bytes]:
    """Returns the verdict on a program, and what was built: an executable may hold what was read."""
    backend = judge._backend
    assert isinstance(backend, LocalBackend)
    return backend.build(languages.get(language), program.encode())


@pytest.mark.parametrize(("language", "name"), CASES)
def test_bomb__gets_a_verdict_in_time(judges: Judges, language: str, name: str, targets: attacks.Targets) -> None:
    judge = judges.of(language)
    program = targets.aim(BOMBS[language][name])
    started = time.monotonic()
    verdict, artifact = built(judge, language, program)
    assert time.monotonic() - started < TIME_LIMIT + PATIENCE
    assert verdict.status in VERDICTS
    assert verdict.ok or verdict.diagnostics or verdict.status in ("memory_limit", "time_limit")
    said = " ".join(entry.message for entry in verdict.diagnostics)
    assert attacks.SECRET not in said
    assert "root:" not in said
    assert "SEEN" not in said
    assert attacks.SECRET.encode() not in artifact
    if language in ("c", "cpp") and name in READING:
        assert not verdict.ok
    folder = Path(targets.folder)
    assert list(folder.iterdir()) == []
    unique = f"\n{'#' if language == 'python' else '//'} {name}\n"
    assert judge.compile(language, GOOD[language] + unique).ok
    assert judge.compile(language, "<?php class class(" + unique).status == "error"
