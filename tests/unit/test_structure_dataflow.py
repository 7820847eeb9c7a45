# ruff: noqa: E501  # a program and its edges are read side by side
from __future__ import annotations

from collections import Counter

import pytest

from codegym.errors import UnknownNameError
from codegym.structure import MatchMode, dataflow_match
from codegym.structure.dataflow import dataflow_edges

# Program, its variables in order of appearance (a capital X or a new letter is a second variable of the same
# name), and its edges, checked by hand.
PYTHON = [
    ("x = 1", "x", ""),
    ("x = y", "x y", "x copied y; y free y"),
    ("x = (y)", "x y", "x copied y; y free y"),
    ("x = y + y", "x y", "x computed y *2; y free y *2"),
    ("a = b = c", "a b c", "a copied c; b copied c; c free c"),
    ("a, b = b, a", "a b", "a copied b; a free a; b copied a; b free b"),
    ("a, *b = c", "a b c", "a computed c; b computed c; c free c"),
    ("(a, b), [c] = x", "a b c x", "a computed x; b computed x; c computed x; x free x"),
    ("a, b = f(c)", "a b f c", "a computed f; a computed c; b computed f; b computed c; f free f; c free c"),
    ("x: int", "x", ""),
    ("x: int = y\nz = x", "x y z", "x assignment x; x copied y; y free y; z copied x"),
    ("x += y", "x y", "x computed x; x computed y; x free x; y free y"),
    ("x = 1\nx += 1\ny = x", "x y", "x assignment x; x augmented x; x computed x; y copied x"),
    ("f(n := y)\nn", "f n y", "f free f; n assignment n; n copied y; y free y"),
    (
        "x = y if c else z",
        "x y c z",
        "x computed y; x computed c; x computed z; y free y; c free c; z free z",
    ),
    ("x = 1\nif c:\n  x = a\nx", "x c a", "x assignment x; x copied a; c free c; a free a"),
    (
        "x = 1\nif c:\n  x += a\nelse:\n  import x\nx",
        "x c a",
        "x assignment x; x augmented x; x computed x; x computed a; x import x; c free c; a free a",
    ),
    (
        "if c:\n  import x\nelif d:\n  x = 1\nelse:\n  return\nx",
        "c x d",
        "c free c; x assignment x; x import x; d free d",
    ),
    ("x = 1\nif c:\n  x += 1\n  raise E\nx", "x c E", "x assignment x *2; x computed x; c free c; E free E"),
    ("for i in s:\n  t = i\nt", "i s t", "i computed s; i loop i; s free s; t assignment t; t copied i"),
    ("import x\nwhile c:\n  y = x\n  x = 1", "x c y", "x assignment x; x import x; c free c; y copied x"),
    (
        "import x\nwhile True:\n  x\n  if c:\n    x = 1\n    break\nx",
        "x c",
        "x assignment x; x import x; c free c",
    ),
    (
        "import x\nfor i in s:\n  if c:\n    x = 1\n    continue\n  x",
        "x i s c",
        "x assignment x; x import x; i computed s; s free s; c free c",
    ),
    (
        "for i in s:\n  x = i\n  break\nelse:\n  import x\nx",
        "i s x",
        "i computed s; i loop i; s free s; x assignment x; x copied i; x import x",
    ),
    ("for a, b[k] in s:\n  pass", "a b k s", "a computed s; b computed s; b element b; k free k; s free s"),
    ("[x for x in y if x]", "x y", "x computed y; x loop x *2; y free y"),
    (
        "x = 1\ny = [x for x in z]\nx",
        "x y X z",
        "x assignment x; y computed X; y computed z; X computed z; X loop X; z free z",
    ),
    ("{k: v for k, v in d.items()}", "k v d", "k computed d; k loop k; v computed d; v loop v; d free d"),
    ("[a for b in c for a in b]", "a b c", "a computed b; a loop a; b computed c; b loop b; c free c"),
    (
        "f = lambda a, b=c: a + b + d",
        "f a b c d",
        "f computed a; f computed b; f computed c; f computed d; a parameter a; b copied c; b parameter b; c free c; d free d",
    ),
    (
        "def f(a, b=c, *d, e: T = g, **h):\n  return a",
        "f a b c d e g h",
        "a parameter a; b copied c; c free c; e copied g; g free g",
    ),
    ("def f():\n  global x\n  x = 1\nf()\nx", "f x", "f function f; x assignment x"),
    (
        "def f():\n  x = 1\n  def g():\n    nonlocal x\n    x += 1\n  g()\n  return x",
        "f x g",
        "x assignment x *2; x augmented x; x computed x; g function g",
    ),
    ("def f():\n  return g()\ndef g():\n  return f()", "f g", "f function f; g function g"),
    ("def f(x):\n  return x\nx = 1", "f x X", "x parameter x"),
    (
        "def f(s):\n  for i in s:\n    if i:\n      p\n    p = i",
        "f s i p",
        "s parameter s; i computed s; i loop i *2; p assignment p; p copied i",
    ),
    (
        "class A(B):\n  x = 1\n  y = x\n  def m(self):\n    return x, A",
        "A B x y m self X",
        "A class A; B free B; x assignment x; y copied x; X free X",
    ),
    (
        "with f(a) as b, c as (d, e):\n  b",
        "f a b c d e",
        "f free f; a free a; b computed f; b computed a; b context b; c free c; d computed c; e computed c",
    ),
    (
        "try:\n  import x\n  x = 1\nexcept E as e:\n  x, e\nelse:\n  x\nfinally:\n  x",
        "x E e",
        "x assignment x *3; x import x *2; E free E; e computed E; e exception e",
    ),
    ("try:\n  import x\nfinally:\n  x", "x", "x import x"),
    (
        "import a.b, c.d as e\nfrom f import g, h as i\na, e, g, i",
        "a e g i",
        "a import a; e import e; g import g; i import i",
    ),
    ("import x\ndel x\nx", "x", "x free x"),
    ("del x[i]", "x i", "x free x; i free i"),
    (
        "match s:\n  case [a, *r]: a\n  case {'k': v, **z}: v\n  case P(q, w=t): t\n  case A.B: c\n  case 1 | 2 as n if n: n\n  case _: d",
        "s a r v z q t c n d",
        "s free s; a computed s; a pattern a; r computed s; v computed s; v pattern v; z computed s; q computed s; t computed s; t pattern t; c free c; n copied s; n pattern n *2; d free d",
    ),
    (
        "import x\nmatch s:\n  case 1:\n    x = 1\n  case _:\n    x += 1\nx",
        "x s",
        "x assignment x; x augmented x; x computed x; x import x; s free s",
    ),
    ("x.a = v\nx", "x v", "x copied v; x element x; x free x; v free v"),
    ("x[i].b = v\nx", "x i v", "x copied v; x element x; x free x; i free i; v free v"),
    ("x.a.b", "x", "x free x"),
    ("f(a, k=b, *c, **d)", "f a b c d", "f free f; a free a; b free b; c free c; d free d"),
    ("def f(x):\n  yield x\n  await x", "f x", "x parameter x *2"),
    ("print(f'{a:{w}} x')", "print a w", "print free print; a free a; w free w"),
    ("@d\ndef f(): pass", "d f", "d free d"),
    ("x = y +", "x y", "x free x; y free y"),
    ("def f(a, b):\n  return a +", "f a b", "a parameter a"),
    ("for i in", "i", "i free i"),
    ("while x: y =", "x y", "x free x; y free y"),
]

JAVA = [
    ("int x = y;", "x y", "x copied y; y free y"),
    ("int x; x = y; f(x);", "x y", "x assignment x; x copied y; y free y"),
    ("int a = b, c = a;", "a b c", "a assignment a; a copied b; b free b; c copied a"),
    ("a = b = c;", "a b c", "a copied c; b copied c; c free c"),
    ("x += y;", "x y", "x computed x; x computed y; x free x; y free y"),
    ("int x = 1; x++; --x; f(x);", "x", "x assignment x; x augmented x *2; x computed x *2"),
    ("a[i] = v; f(a);", "a i v", "a copied v; a element a; a free a; i free i; v free v"),
    ("a[i]++;", "a i", "a free a; i free i"),
    ("o.f.g = v;", "o v", "o copied v; o free o; v free v"),
    ("f(x, o.m(y).n(z)); new Foo(w);", "x o y z w", "x free x; o free o; y free y; z free z; w free w"),
    (
        "int x = c ? a : b;",
        "x c a b",
        "x computed c; x computed a; x computed b; c free c; a free a; b free b",
    ),
    ("int x = 1; if (c) x += 1; f(x);", "x c", "x assignment x *2; x augmented x; x computed x; c free c"),
    ("int x = 1; if (c) { x += 1; return; } f(x);", "x c", "x assignment x *2; x computed x; c free c"),
    (
        "int x = 1; if (c) x++; else if (d) x = 2; else x--; f(x);",
        "x c d",
        "x assignment x *3; x augmented x; x computed x *2; c free c; d free d",
    ),
    (
        "for (int i = 0; i < n; i++) { s += i; }",
        "i n s",
        "i assignment i *3; i augmented i *3; i computed i; n free n; s augmented s; s computed i; s computed s",
    ),
    (
        "int x = 1; while (c) { f(x); x++; }",
        "x c",
        "x assignment x *2; x augmented x *2; x computed x; c free c",
    ),
    (
        "int x = 1; do { x++; } while (x < n); f(x);",
        "x n",
        "x assignment x; x augmented x *3; x computed x; n free n",
    ),
    ("int x = 1; for (;;) { x++; break; } f(x);", "x", "x assignment x; x augmented x; x computed x"),
    (
        "int x = 1; while (true) { f(x); if (c) { x++; continue; } f(x); }",
        "x c",
        "x assignment x *3; x augmented x *3; x computed x; c free c",
    ),
    ("for (String s : t) f(s);", "s t", "s computed t; s loop s; t free t"),
    ("{ int i = 1; f(i); } { int i; f(i); }", "i j", "i assignment i; j declaration j"),
    (
        "switch (x) { case 1: y = 1; case 2: y++; break; default: f(y); } f(y);",
        "x y",
        "x free x; y assignment y; y augmented y; y computed y; y free y",
    ),
    (
        "int x = 1; int y = switch (k) { case 1 -> { x++; yield x; } default -> x; }; f(x);",
        "x y k",
        "x assignment x *3; x augmented x *2; x computed x; y computed x *3; y computed k; k free k",
    ),
    (
        "switch (o) { case A a when a.b -> f(a); case B(int p, C(var q)) -> f(p, q); default -> f(o); }",
        "o a p q",
        "o free o *2; a copied o; a pattern a *2; p computed o; p pattern p; q computed o; q pattern q",
    ),
    (
        "try (R r = f(x); s) { f(r); } catch (E | F e) { f(e); } finally { f(y); }",
        "r x s e y",
        "r computed x; r context r; x free x; s free s; e exception e; y free y",
    ),
    (
        "int x = 1; try { x++; x = 2; } catch (E e) { f(x); } f(x);",
        "x e",
        "x assignment x *3; x augmented x *2; x computed x",
    ),
    ("F f = x -> x + y;", "f x y", "f computed x; f computed y; x parameter x; y free y"),
    ("g((a, b) -> { return a; }, (int c) -> c);", "a b c", "a parameter a; c parameter c"),
    ("h(this::m, o::m, Foo::new);", "o Foo", "o free o; Foo free Foo"),
    ("if (o instanceof A a && a.b) f(a);", "o a", "o free o; a copied o; a pattern a *2"),
    (
        "if (o instanceof A(int p, var q)) f(p, q);",
        "o p q",
        "o free o; p computed o; p pattern p; q computed o; q pattern q",
    ),
    ("class A { int g() { return f; } int f = 1; }", "f", "f field f"),
    (
        "class A { int f; A(int f) { this.f = f; } int g() { return f + this.f; } }",
        "f p",
        "f assignment f *2; f copied p; f field f *2; p parameter p",
    ),
    ("class A { int f = 1; void g() { f = 2; f(f); } }", "f", "f assignment f"),
    ("int m(int a, int... b) { return a + b[0]; }", "a b", "a parameter a; b parameter b"),
    (
        "void m() { int x = 1; Runnable r = new Runnable() { public void run() { f(x); } }; }",
        "x r",
        "x assignment x",
    ),
    ("record P(int a) { int b() { return a; } }", "a", "a parameter a"),
    (
        "enum E { X(1), Y; int q; E(int v) { q = v; } E x() { return X; } }",
        "X Y q v",
        "X field X; q copied v; v parameter v",
    ),
    ("outer: for (;;) { x = y; continue outer; }", "x y", "x copied y; y free y"),
    ("import a.b; package c; @A(x = y) class B { @C int d; }", "d", ""),
    ("int x = (int) y; int z = (y);", "x y z", "x computed y; y free y *2; z copied y"),
    ("int x = y +", "int x y", "int free int; x free x"),
    ("int m(int a) { return a +", "m a", "m free m; a parameter a"),
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


@pytest.mark.parametrize(("program", "variables", "edges"), PYTHON)
def test_python_edges__are_those_found_by_hand(program: str, variables: str, edges: str) -> None:
    assert named_edges(program, variables, "python") == expected_edges(edges)


@pytest.mark.parametrize(("program", "variables", "edges"), JAVA)
def test_java_edges__are_those_found_by_hand(program: str, variables: str, edges: str) -> None:
    assert named_edges(program, variables, "java") == expected_edges(edges)


@pytest.mark.parametrize(
    ("language", "program"),
    [
        ("python", "while c:\n  f(x)\n  while d:\n    x = 1\n    if e:\n      continue\n    import x\n"),
        ("java", "while (c) { f(x); do { x = 1; if (e) continue; x++; } while (d); }"),
    ],
)
def test_back_edges__reach_from_inner_loops_to_outer_ones(language: str, program: str) -> None:
    relations = {relation for x, relation, y in dataflow_edges(program, language) if x == y}
    assert {"assignment", "free"} <= relations
    assert relations & {"import", "augmented"}


def test_swapped_arguments__lower_the_match() -> None:
    program = "def f(a, b):\n    x = a\n    y = b\n    return g(x, y, x)\n"
    swapped = program.replace("x = a", "x = b")
    assert dataflow_match(program, swapped, "python") < 1.0


def test_lost_definition__lowers_the_match() -> None:
    program = "def f(xs):\n    s = 0\n    for x in xs:\n        s = s + x\n    return s\n"
    assert dataflow_match(program, program.replace("s = s + x", "s = x"), "python") < 1.0


@pytest.mark.parametrize("mode", ["f1", "recall"])
def test_reference_without_dataflow__gives_nothing_to_anyone(mode: MatchMode) -> None:
    assert dataflow_match("x = 1", "y = 2", "python", mode) == 0.0


def test_candidate_flow__against_a_reference_without__is_worth_nothing() -> None:
    assert dataflow_match("pass", "x = y", "python") == 0.0
    assert dataflow_match("x = y", "pass", "python") == 0.0
    assert dataflow_match("x = y", "pass", "python", "recall") == 0.0
    assert dataflow_match("pass", "x = y", "python", "recall") == 0.0


def test_junk__costs_in_f1_and_not_in_recall() -> None:
    program = "def f(a):\n    b = a\n    return b\n"
    junk = program + "def g(c):\n    d = c + c\n    return d\n"
    assert dataflow_match(program, junk, "python") < 0.8
    assert dataflow_match(program, junk, "python", "recall") == 1.0


def test_unknown_language__names_the_known_ones() -> None:
    with pytest.raises(UnknownNameError, match="java"):
        dataflow_edges("x", "jaba")
