"""How tests are appended to programs: where the marker goes, what is left alone, what is taken for tampering."""

from __future__ import annotations

import importlib
import re

import pytest

from codegym.errors import ConfigurationError
from codegym.languages.harness import MarkedMain, Secret
from codegym.types import HarnessTest

MARKER = "0123456789abcdef" * 2
SUFFIX = Secret(MARKER).suffix
LANGUAGES = ("c", "cpp", "csharp", "java", "php")

OPEN_CLASS = {
    "java": ("class A {\n    int f() { return 1; }\n", "    public static void main(String[] args) { assert new "
        "A().f() == 1; }\n}\n"),
    "csharp": ("class A\n{\n    static int F() { return 1; }\n", "    static void Main() { Debug.Assert(F() == "
        "1); }\n}\n"),
}  # fmt: skip


def appender(language: str) -> MarkedMain:
    append = importlib.import_module(f"codegym.languages.{language}.harness").APPEND
    assert isinstance(append, MarkedMain)
    return append


def appended(language: str, test: str, program: str = "", entry_point: str = "") -> str:
    """Returns the text behind a program, with `_X` for the suffix that no program can guess."""
    harnessed = appender(language)(program.encode(), HarnessTest(test, entry_point), MARKER)
    assert harnessed.source.startswith(program.encode())
    return harnessed.source.decode()[len(program) :].replace(SUFFIX, "X")


def tampering(language: str, program: str, test: str = "", entry_point: str = "") -> str:
    test = test or {
        "c": "int main() { assert(f(1) == 1 && strcmp(g(), \"\") == 0); }",
        "cpp": "int main() { assert(f(1) == 1 && abs(f(2)) < 3 && g() == vector<int>{1}); }",
        "java": "class Main { public static void main(String[] a) { assert new "
                "Solution().f().equals(Arrays.asList(1)); } }",
        "csharp": "static void Main() { Debug.Assert(F(1) == 1 && G().SequenceEqual(new List<int> { 1 })); } }",
        "php": "$x = f(1); assert(count($x) === 1);",
    }[language]  # fmt: skip
    return appender(language)(program.encode(), HarnessTest(test, entry_point), MARKER).tampering


def without_guard(text: str) -> str:
    return re.sub(r"__asm__\(.*\);\n", "", text)


@pytest.mark.parametrize("language", ["c", "cpp"])
def test_harness__the_main_of_c_is_called_by_another_one(language: str) -> None:
    text = "int main(void) {\n    if (f(1)) return 1;\n    return f(2);\n}"
    assert without_guard(appended(language, text)) == (
        "\n\nint main_X(void) {\n    if (f(1)) return 1;\n    return f(2);\n return 0; }"
        "\nint main(int count_X, char **values_X, char **environment_X) { static int entered_X; "
        "if (entered_X++) __builtin_trap(); int status_X = main_X(); "
        'if (status_X == 0) __builtin_printf("\\n%016llx%016llx\\n", 0x0123456789abcdefULL, 0x0123456789abcdefULL); '
        "return status_X; }\n"
    )


def test_harness__a_main_in_c_gets_its_arguments_or_returns_nothing() -> None:
    assert "main_X(count_X, values_X);" in appended("c", "int main(int argc, char *argv[]) { return 0; }")
    assert "main_X(); int status_X = 0;" in appended("c", "void main() { f(); }")


def test_harness__the_main_of_java_is_called_by_another_one() -> None:
    text = (
        "public class Main {\n"
        "    @Deprecated public static void main(String[] a) throws Exception { Runnable r = () -> { return; }; }\n}"
    )
    assert appended("java", text) == (
        "\npublic class Main {\n    private static boolean entered_X; public static void main(java.lang.String[] "
        "arguments) "
        "throws java.lang.Throwable { if (entered_X) throw new java.lang.IllegalStateException(); entered_X = true; "
        f'main_X(arguments); java.lang.System.out.print("\\n{MARKER}\\n"); java.lang.System.out.flush(); }} '
        "@Deprecated public static void main_X(String[] a) throws Exception { Runnable r = () -> { return; }; }\n}"
    )


def test_harness__the_main_of_csharp_is_called_by_another_one() -> None:
    text = appended("csharp", 'class T { static int Main() { Debug.Assert(A.F(), $"{1}"); return A.G(); } }')
    assert "int status_X = Main_X();" in text and "if (status_X == 0)" in text
    assert text.rstrip().endswith('static int Main_X() { Assert_X(A.F(), $"{1}"); return A.G(); } }')


@pytest.mark.parametrize("language", OPEN_CLASS)
def test_harness__a_test_may_be_the_rest_of_a_class(language: str) -> None:
    program, test = OPEN_CLASS[language]
    text = appended(language, test, program)
    assert re.search(r"static \w+ [mM]ain_X\(", text) and text.count(MARKER) == 1
    assert not tampering(language, program, test)


def test_harness__php_gets_its_own_assert_and_new_variables() -> None:
    text = "<?php\nfunction check($a) { return $a; }\n$x = f(1); assert(check($x) === 1);"
    assert appended("php", text, "<?php\nfunction f($n) { return $n; }") == (
        "\n; unset($x);\nfunction assert_X($holds, $message = null) { if (!$holds) throw $message instanceof "
        "\\Throwable "
        '? $message : new \\AssertionError($message ?? "Assertion failed"); } '
        "\nfunction check_X($a) { return $a; }\n$x = f(1); assert_X(check_X($x) === 1);"
    )


@pytest.mark.parametrize(
    ("program", "joint"),
    [
        ("<?php\nf();\n?>\n", "<?php\n"),
        ("<?php\n$a = '?>';", "\n;"),
        ("<?php\n// ?> text", "<?php\n"),
        ('<?php\n$a = "{$b["?>"]}";', "\n;"),
        ("<?php ?> a <?php f();", "\n;"),
        ("<?php\n$a = <<<A\n?>\nA;\n", "\n;"),
    ],
)
def test_harness__php_programs_may_end_in_text(program: str, joint: str) -> None:
    assert appended("php", "g();", program) == f"{joint}\ng();"


def test_harness__functions_of_the_test_are_its_own() -> None:
    test = "bool same(int a, int b) { return a == b; }\nint main() { s.x(); assert(same(f(1), 1)); }"
    assert "bool same_X(int a, int b)" in appended("cpp", test) and "assert(same_X(f(1), 1))" in appended("cpp", test)
    assert "bool same(" in appended("cpp", test.replace("s.x()", "s.same()"))  # another one may be meant
    assert "f(1)" in appended("c", "int f(int);\nint main() { return f(1); }")


def test_harness__macros_that_reach_into_the_test_are_undefined() -> None:
    program = "#define if(x) while (0)\n#define MAX 3\n#de\\\nfine int long\nint f(int n) { return n; }\n"
    text = appended("c", "int main() { assert(f(MAX) == 3); }", program)
    assert text.startswith("\n\n#undef if\n#undef int\n#undef NDEBUG\n#undef assert\n#include <assert.h>\nint main_X")


@pytest.mark.parametrize("language", LANGUAGES[:-1])
def test_harness__a_test_without_main_is_a_mistake_of_its_author(language: str) -> None:
    with pytest.raises(ConfigurationError, match="must define one"):
        appended(language, "int f() { return 1; }")


@pytest.mark.parametrize("language", LANGUAGES)
def test_harness__no_name_tells_the_marker(language: str) -> None:
    assert MARKER not in SUFFIX and len(SUFFIX) == 16
    assert Secret("f" * 32).suffix != SUFFIX


HONEST = {
    "c": [
        "int signal = 1; int f(int n) { return n; }",
        "/* main, longjmp */ const char *g(void) { return \"// main /*\"; }",
        "#define SQUARE(x) ((x) * (x))\n#define LOG(...) printf(__VA_ARGS__)\n#include <stdio.h>\nint f(int n) { "
        "return n; }",
        "int __gcd(int a, int b) { return b ? __gcd(b, a % b) : a; }\n__attribute__((unused)) static int x;",
        "int c = '\\''; int d = '\"'; /* ' */ int f(int n) { return 'a'; }",
    ],
    "cpp": [
        "struct P { int x; bool operator<(const P &o) const { return x < o.x; } }; int f(int n) { P p; return n; }",
        "struct P { int x; friend bool operator==(const P &a, const P &b) { return a.x == b.x; } };\nint f(int n) "
        "{ return n; }",
        "ostream &operator<<(ostream &o, const vector<int> &v) { return o; }\nint f(int n) { auto s = R\"(/*)\"; "
        "return 1'000; }",
        "#define all(v) v.begin(), v.end()\n#define int long long\nusing namespace std; vector<int> g() { return "
        "{1}; }",
        "class Stack { int abs(int x) { return x; } void remove(int n); }; int f(int n) { return ::abs(n); }",
    ],
    "java": [
        "class Solution { List<Integer> f() { int[] size = {1}; return new ArrayList<>() {{ add(1); }}; } }",
        "class Node { Node next; int compareTo(Node o) { return 0; } } class Solution { List<Integer> f() { "
        "return null; } }",
        "class K { public boolean equals(Object o) { if (!(o instanceof K)) return false; K k = (K) o; return "
        "true; } } "
        "class Solution { List<Integer> f() { Map<K, Integer> m = new HashMap<K, Integer>(); return List.of((int) "
        "1.5); } }",
        "import java.lang.reflect.Array; class Solution { String s = \"\\\\u0041 class Arrays\"; List<Integer> "
        "f() { return null; } }",
        "class Cache<K, V> extends LinkedHashMap<K, V> { protected boolean removeEldestEntry(Map.Entry<K, V> e) { "
        "return false; } } "
        "class Solution { List<Integer> f() { return null; } }",
    ],
    "csharp": [
        "class P { static int F(int n) { var s = $\"{(n > 1 ? \"a\" : \"b\")}\"; return n; } ",
        "class P { struct Q : IEquatable<Q> { public bool Equals(Q o) { return true; } } static int F(int n) { "
        "return n; } ",
        "class P { class Node : IComparable<Node> { public int CompareTo(Node o) { return 0; } } static List<int> "
        "G() { return null; } ",
        "class P { static string S = @\"a\"\"b\\\"; static char C = '\"'; static int F(int n) { return n; } ",
    ],
    "php": [
        "<?php\nuse InvalidArgumentException;\nclass A { use B; }\nfunction f($n) { $g = function () use ($n) { "
        "return [$n]; }; return $g(); }",
        "<?php\nfunction f($n) { global $memo; $GLOBALS['cache'] = 1; return [\"{$n['a']} // {$n[\"b\"]}\"]; }",
    ],
}  # fmt: skip


@pytest.mark.parametrize(("language", "program"), [(key, text) for key, texts in HONEST.items() for text in texts])
def test_harness__honest_programs_are_no_tampering(language: str, program: str) -> None:
    assert tampering(language, program) == ""


TAMPERED = {
    "c": ["int strcmp(char *a, char *b) { return 0; }",
          "void f() { longj\\\nmp(b, 1); }", "/", "#if 1\n", "#include __FILE__\n",
          "#define A(x, y) x##y\n", "#define A strcmp\nint A(char *a, char *b) { return 0; }"],
    "cpp": ["template <class T> bool operator==(T a, T b) { return true; }", "namespace std { int "
        "x; }", "auto s = R\"a(",
            "struct E { template <class T> bool operator==(T o) { return true; } }; auto f(int n) { return E(); }",
            "class vector { };", "typedef int vector;", "using vector = int;"],
    "java": ["class Arrays { }", "class \\u0041rrays { }", "class Solution { Object f() { return null; } public "
        "boolean equals(Object o) { return true; } }",
             "class Solution { void g() { Main.main(null); } }", "class L extends ArrayList<Integer> { public int "
                 "size() { return 1; } }"],
    "csharp": ["class Debug { } class P { ", "using Debug = P; class P { ", "class P { static void G() { "
        "typeof(P).GetMethods(); } ",
               "static class X { public static bool SequenceEqual<T>(this List<T> a, List<T> b) { return true; } "
               "} class P { "],
    "php": ["<?php\nnamespace A;", "<?php\nuse function A\\count;", "<?php\nfunction f() { global "
        "$x; }", "<?php\n/*", "<?php\n$a = \"{$b"],
}  # fmt: skip


@pytest.mark.parametrize(("language", "program"), [(key, text) for key, texts in TAMPERED.items() for text in texts])
def test_harness__tampering_is_named_in_a_sentence(language: str, program: str) -> None:
    program = program + "*" if program == "/" else program
    assert re.fullmatch(r"The program('s)? .+\.", tampering(language, program))


def test_harness__the_function_under_test_may_have_a_name_of_the_library() -> None:
    test = "int main() { assert(abs(-1) == 1); }"
    assert tampering("cpp", "int abs(short n) { return 1; }", test)
    assert not tampering("cpp", "int abs(short n) { return 1; }", test, entry_point="abs")
