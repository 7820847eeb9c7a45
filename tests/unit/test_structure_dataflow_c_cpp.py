# ruff: noqa: E501  # a program and its edges are read side by side
"""Data flow of C and C++."""

from __future__ import annotations

from collections import Counter

import pytest

from codegym.problems.procedural import procedural
from codegym.structure import dataflow_match
from codegym.structure.dataflow import dataflow_edges

# Program, its variables in order of appearance (a capital letter is a second variable of the same name), and its
# edges, checked by hand.
C = [
    ("int x = y;", "x y", "x copied y; y free y"),
    ("int x; x = y; f(x);", "x y f", "x copied y; y free y; f free f; x assignment x"),
    ("int a = b, *c = &a, d[n];", "a b c d n", "a copied b; c computed a; b free b; a assignment a; n free n"),
    ("a = b = c;", "a b c", "a copied c; b copied c; c free c"),
    ("x += y;", "x y", "x computed x; x computed y; x free x; y free y"),
    ("int x = 1; x++; --x; f(x);", "x f", "x computed x *2; x assignment x; x augmented x *2; f free f"),
    ("a[i] = v; f(a);", "a i v f", "a copied v; v free v; a free a; i free i; f free f; a element a"),
    ("a[i]++;", "a i", "a free a; i free i"),
    ("o.f->g = v;", "o v", "o copied v; v free v; o free o"),
    ("*p = v; f(*p);", "p v f", "p copied v; v free v; p free p; f free f; p element p"),
    ('int n; scanf("%d", &n); f(n);', "n scanf f", "scanf free scanf; n declaration n *2; f free f; n element n"),
    ('scanf("%d", &a[i]); f(a);', "scanf a i f", "scanf free scanf; a free a; i free i; f free f; a element a"),
    ("int x = c ? a : b;", "x c a b", "x computed c; x computed a; x computed b; c free c; a free a; b free b"),
    ("int x = (int) y; int z = (y);", "x y z", "x computed y; z copied y; y free y *2"),
    ("int x = 1; if (c) x += 1; f(x);", "x c f", "x computed x; c free c; x assignment x *2; f free f; x augmented x"),
    (
        "void g(void) { int x = 1; if (c) { x += 1; return; } f(x); }",
        "g x c f",
        "x computed x; c free c; x assignment x *2; f free f",
    ),
    (
        "int x = 1; if (c) x++; else if (d) x = 2; else x--; f(x);",
        "x c d f",
        "x computed x *2; c free c; x assignment x *3; d free d; f free f; x augmented x",
    ),
    (
        "for (int i = 0; i < n; i++) { s += i; }",
        "i n s",
        "s computed s; s computed i; i computed i; i assignment i *3; i augmented i *3; n free n; s augmented s",
    ),
    (
        "for (i = 0, j = n; i < j; i++, j--) f(i);",
        "i j n f",
        "j copied n; i computed i; j computed j; n free n; i assignment i *3; i augmented i *3; j assignment j *2; j augmented j *2; f free f",
    ),
    (
        "int x = 1; while (c) { f(x); x++; }",
        "x c f",
        "x computed x; c free c; f free f; x assignment x *2; x augmented x *2",
    ),
    (
        "int x = 1; do { x++; } while (x < n); f(x);",
        "x n f",
        "x computed x; x assignment x; x augmented x *3; n free n; f free f",
    ),
    ("int x = 1; for (;;) { x++; break; } f(x);", "x f", "x computed x; x assignment x; f free f; x augmented x"),
    (
        "int x = 1; while (1) { f(x); if (c) { x++; continue; } f(x); }",
        "x f c",
        "x computed x; f free f *2; x assignment x *3; x augmented x *3; c free c",
    ),
    (
        "void g(void) { { int i = 1; f(i); } { int i; f(i); } }",
        "g i f j",
        "f free f *2; i assignment i; j declaration j",
    ),
    (
        "switch (x) { case 1: y = 1; case 2: y++; break; default: f(y); } f(y);",
        "x y f",
        "y computed y; x free x; y assignment y; f free f *2; y free y; y augmented y",
    ),
    ("void g(void) { int x = 1; if (c) goto end; x = 2; end: f(x); }", "g x c f", "c free c; f free f; x assignment x"),
    (
        "int f(int a, int *b, int n, int c[n]) { return a + b[0]; }",
        "f a b n c",
        "n parameter n; a parameter a; b parameter b",
    ),
    ("int f(int n) { return n < 2 ? n : f(n - 1); }", "f n", "n parameter n *3; f function f"),
    ("int f(int); int g(int a) { return f(a); }", "f g a", "f function f; a parameter a"),
    ("int x; void g(void) { x = 1; } int h(void) { return x; }", "x g h", "x declaration x; x assignment x"),
    ("#define N 5\nint xs[N];", "N xs", "N assignment N"),
    ("#define SQ(x) ((x) * (x))\nint y = SQ(z);", "SQ y z", "y computed SQ; y computed z; SQ function SQ; z free z"),
    ("enum E { A = 1, B }; int x = A;", "A B x", "x copied A; A field A"),
    ("struct P p = {.x = a, b};", "p a b", "p computed a; p computed b; a free a; b free b"),
    ("typedef struct { int x; } P; P p; p.x = 1;", "p", "p declaration p"),
    ("int (*g)(int) = h;", "g h", "g copied h; h free h"),
    ("int x = y +", "x y", "x free x; y free y"),
    ("int f(int a) { return a +", "f a", "f free f; a parameter a"),
]

CPP = [
    (
        "void g() { vector<int> xs(n); vector<vector<int>> ys(xs, vector<int>(m)); Foo o(); }",
        "g xs n ys m o",
        "xs computed n; ys computed xs; ys computed m; n free n; xs assignment xs; m free m",
    ),
    ("vector<int> f(Foo); vector<int> xs(n, 0);", "f xs n", "xs computed n; n free n"),
    (
        "Foo a{b, c}, d(b); Foo* e = new Foo(d);",
        "a b c d e",
        "a computed b; a computed c; e computed d; b free b; c free c; d function d",
    ),
    ("int& r = x; auto&& q = f(x);", "r x q f", "r copied x; q computed f; q computed x; x free x *2; f free f"),
    ("auto [k, v] = p; f(v);", "k v p f", "k computed p; v computed p; p free p; f free f; v assignment v"),
    (
        "for (const auto& [k, v] : m) f(k, v);",
        "k v m f",
        "k computed m; v computed m; m free m; f free f; k loop k; v loop v",
    ),
    (
        "for (int x : xs) s += x;",
        "x xs s",
        "x computed xs; s computed s; s computed x; xs free xs; s augmented s; x loop x",
    ),
    ("for (auto& x : xs) { if (x) continue; f(x); }", "x xs f", "x computed xs; xs free xs; x loop x *2; f free f"),
    (
        "void g() { int a, b; cin >> a >> b; cout << a + b; }",
        "g a b cin cout",
        "a computed cin; b computed cin; cin free cin; cout free cout; a assignment a; b assignment b",
    ),
    ("while (std::cin >> x) f(x);", "x f", "f free f; x assignment x"),
    ("if (!(in >> n)) return; f(n);", "in n f", "n computed in; in free in; f free f; n assignment n"),
    ("y = x >> 2; xs[x >> k] = 1;", "y x xs k", "y computed x; x free x *2; xs free xs; k free k"),
    ("string w; for (; in >> w;) f(w);", "w in f", "w computed in; in free in; f free f; w assignment w"),
    (
        "auto f = [&, y, z = w](int a) { return a + z + q; }; f(1);",
        "f y z w a q",
        "z copied w; f computed y; f computed w; f computed a; f computed z; f computed q; y free y; w free w; a parameter a; z assignment z; q free q; f assignment f",
    ),
    ("auto f = [=]() mutable { x++; };", "f x", "x computed x; f computed x; x free x"),
    (
        "try { x = f(); } catch (const E& e) { g(e, x); } catch (...) { h(x); } k(x);",
        "x f e g h k",
        "x computed f; f free f; g free g; e exception e; x assignment x *3; h free h; k free k",
    ),
    (
        "int x = 1; try { x++; throw y; } catch (int z) { f(x, z); }",
        "x y z f",
        "x computed x; x assignment x *2; y free y; f free f; x augmented x; z exception z",
    ),
    (
        "struct S { int a = 1, b; S(int v) : a(v), b{v} {} int get() { return a + this->b; } };",
        "a b S v get",
        "a copied v; b copied v; v parameter v *2; a assignment a; a field a; b assignment b; b field b",
    ),
    (
        "class A { int f; public: A(int f) { this->f = f; } int g() { return f; } };",
        "f A F g",
        "f copied F; F parameter F; f assignment f; f field f",
    ),
    ("class A { int g(); int x; void h() { x = g(); } };", "g x h", "x computed g; g function g"),
    ("int A::f(int v) { return x + v; }", "v x", "x free x; v parameter v"),
    (
        "template <typename T, int N> T f(T x, int y = N) { return x; } f<int>(z);",
        "N f x y z",
        "y copied N; N parameter N; f function f; z free z; x parameter x",
    ),
    (
        "if (int c = f(); c > 0) g(c); else h(c);",
        "c f g h",
        "c computed f; f free f; c assignment c *3; g free g; h free h",
    ),
    (
        "switch (int c = f(); c) { case A: g(c); }",
        "c f A g",
        "c computed f; f free f; c assignment c *2; A free A; g free g",
    ),
    ("namespace n { int x = 1; int f() { return x; } }", "x f", "x assignment x"),
    ("using namespace std; using T = int; using std::cin;", "", ""),
    (
        "std::swap(a, b); std::max(a, x.size()); v.push_back(y);",
        "a b x v y",
        "a free a *2; b free b; x free x; v free v; y free y",
    ),
    (
        "auto p = std::make_unique<Foo>(x); p->y = z; (*p).w();",
        "p x z",
        "p computed x; p copied z; x free x; z free z; p assignment p *2; p element p",
    ),
    ("void f() { int x{5}; int y(x), z; return y; }", "f x y z", "y computed x; x assignment x; y assignment y"),
    ("enum class E { A, B = A }; auto e = E::A;", "A B e", "B copied A; A field A"),
    (
        "int f(vector<int>& xs, const string& s, int n = 3) { xs[n] = s.size(); return xs; }",
        "f xs s n",
        "xs computed s; s parameter s; xs parameter xs *2; n parameter n; xs element xs",
    ),
    ("bool operator<(const P& a, const P& b) { return a.x < b.x; }", "a b", "a parameter a; b parameter b"),
    ("delete p; x = static_cast<int>(y); z = (y);", "p x y z", "x computed y; z copied y; p free p; y free y *2"),
    ("int f(vector<int> xs) { return xs[", "f xs", "f free f; xs parameter xs"),
]


def named_edges(program: str, variables: str, language: str) -> Counter[str]:
    names = variables.split()
    counts = dataflow_edges(program, language)
    return Counter(
        {f"{names[x]} {relation} {names[y]}": count for (x, relation, y), count in counts.items() if relation != "next"}
    )


def expected_edges(text: str) -> Counter[str]:
    counts: Counter[str] = Counter()
    for edge in filter(None, text.split("; ")):
        name, _, count = edge.partition(" *")
        counts[name] += int(count or 1)
    return counts


@pytest.mark.parametrize(("program", "variables", "edges"), C)
def test_c_edges__are_those_found_by_hand(program: str, variables: str, edges: str) -> None:
    assert named_edges(program, variables, "c") == expected_edges(edges)


@pytest.mark.parametrize(("program", "variables", "edges"), CPP)
def test_cpp_edges__are_those_found_by_hand(program: str, variables: str, edges: str) -> None:
    assert named_edges(program, variables, "cpp") == expected_edges(edges)


@pytest.mark.parametrize(
    "program", [program for program, _, _ in C if "struct {" not in program and program[-1] in ";}"]
)
def test_cpp_edges__are_those_of_c_for_what_both_have(program: str) -> None:
    in_function = f"void around() {{ {program}\n }}"
    assert dataflow_edges(in_function, "cpp") == dataflow_edges(in_function, "c")


@pytest.mark.parametrize("language", ["c", "cpp"])
def test_back_edges__reach_from_inner_loops_to_outer_ones(language: str) -> None:
    program = "while (c) { f(x); do { x = 1; if (e) continue; x++; } while (d); }"
    relations = {relation for x, relation, y in dataflow_edges(program, language) if x == y}
    assert {"assignment", "augmented", "free"} <= relations


@pytest.mark.parametrize(
    ("language", "program", "changed"),
    [
        ("c", "int f(int a, int b) { int x = a; int y = b; return g(x, y, x); }", ("x = a", "x = b")),
        (
            "c",
            "int f(int *xs, int n) { int s; for (int i = 0; i < n; i++) s = s + xs[i]; return s; }",
            ("s + xs", "xs"),
        ),
        ("c", 'int main() { int n; scanf("%d", &n); return n; }', ("&n", "n")),
        ("c", "void f(struct p *a, int b) { a->x = b; g(a); }", ("a->x", "x")),
        ("cpp", "void f() { int n; cin >> n; vector<int> xs(n); g(xs); }", ("xs(n)", "xs(5)")),
        ("cpp", "int f(vector<int> xs) { int s = 0; for (int x : xs) s = s + x; return s; }", ("s + x", "x")),
        ("cpp", "void f(map<int, int> m) { for (auto [k, v] : m) g(k, v); }", ("g(k, v)", "g(k, k)")),
        ("cpp", "auto f(int a) { return [b = a](int c) { return b + c; }; }", ("b = a", "b = 1")),
    ],
)
def test_other_flow__lowers_the_match(language: str, program: str, changed: tuple[str, str]) -> None:
    assert program.replace(*changed) != program
    assert dataflow_match(program, program, language) == 1.0
    assert dataflow_match(program, program.replace(*changed), language) < 1.0


@pytest.mark.parametrize("language", ["c", "cpp"])
def test_procedural_programs__have_no_free_variable_but_what_the_library_brings(language: str) -> None:
    known = {
        "c": (
            "printf scanf puts putchar getchar fgets stdin malloc calloc realloc free strlen strcspn strchr strstr strtok "
            "strdup strcat strcmp memcpy memmove memset abs atoi qsort va_start va_end vsnprintf islower isupper isdigit "
            "isalpha tolower toupper sqrt fmin fmax fabs"
        ),
        "cpp": (
            "cin cout endl getline min max abs swap find sort accumulate max_element min_element to_string stoi string "
            "vector islower isupper isdigit isalpha tolower toupper printf fixed setprecision sqrt fabs tie make_pair "
            "make_tuple get"
        ),
    }[language]
    problems = procedural((language,), seed=2)
    for index in range(60):
        program = problems[index].reference
        free = [x for x, relation, _ in dataflow_edges(program, language) if relation == "free"]
        assert len(free) <= sum(name in program for name in known.split()), program


@pytest.mark.parametrize("language", ["c", "cpp"])
def test_unfinished_programs__have_edges_at_every_length(language: str) -> None:
    program = procedural((language,), seed=3)[4].reference
    scores = [dataflow_match(program, program[:length], language) for length in range(0, len(program), 7)]
    assert all(0.0 <= score <= 1.0 for score in scores)
    assert scores[-1] > scores[len(scores) // 2] > 0.0
    assert dataflow_match(program, program, language) == 1.0
