# ruff: noqa: E501  # a program and its edges are read side by side
"""Which edges each construct of each language yields: the tables of docs/structure.md, checked.

Rows are the source of both. After a change of rows, `python tests/unit/test_structure_constructs.py` rewrites the
tables of the page.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

from codegym.structure import dataflow_match, syntax_match
from codegym.structure.dataflow import dataflow_edges

PAGE = Path(__file__).parents[2] / "docs" / "structure.md"
REWRITE = "python tests/unit/test_structure_constructs.py"


class Row(NamedTuple):
    """A construct and its edges, worked out by hand.

    Attributes:
        construct: What it is called.
        example: A short program that has it; PHP's without the opening tag.
        variables: The program's variables, in the order in which they appear. `x'` is a second variable called x.
        edges: `x = y` (copied), `x ~ y` (computed) and `x: kind` (a read), each with ` *n` where there are n of it.
    """

    construct: str
    example: str
    variables: str
    edges: str


PYTHON = [
    Row("assignment of a variable", "x = (a)", "x a", "x = a; a: free"),
    Row("assignment of an expression", "x = a + a.b", "x a", "x ~ a *2; a: free *2"),
    Row("annotation", "x: int = a\ny: int\nx, y", "x a y", "x = a; a: free; x: assignment; y: free"),
    Row("chained assignment", "x = y = a\nx", "x y a", "x = a; y = a; a: free; x: assignment"),
    Row("parallel assignment", "x, y = y, x", "x y", "x = y; y = x; x: free; y: free"),
    Row("unpacking", "x, (y, *z) = a", "x y z a", "x ~ a; y ~ a; z ~ a; a: free"),
    Row("augmented assignment", "import x\nx += a\nx", "x a", "x ~ x; x ~ a; x: import; a: free; x: augmented"),
    Row("assignment expression", "if (x := a) > 1:\n  x", "x a", "x = a; a: free; x: assignment"),
    Row(
        "assignment expression in a comprehension",
        "[y for x in a if (y := x)]\ny",
        "y x a",
        "x ~ a; y = x; a: free; x: loop; y: assignment *2",
    ),
    Row(
        "assignment to an attribute or an element",
        "import x\nx.y[i] = a\nx",
        "x i a",
        "x = a; a: free; i: free; x: import *2; x: element",
    ),
    Row(
        "augmented assignment to an element",
        "import x\nx[i] += a\nx",
        "x i a",
        "x ~ a; a: free; i: free; x: import *2; x: element",
    ),
    Row("attribute, element, slice", "x = a.b[i:j]", "x a i j", "x ~ a; x ~ i; x ~ j; a: free; i: free; j: free"),
    Row("`del`", "import x, y, z\ndel x, (y, z[0])\nx, y, z", "x y z", "z: import *2; x: free; y: free"),
    Row(
        "call",
        "x = f(a, *b, k=c, **d)",
        "x f a b c d",
        "x ~ f; x ~ a; x ~ b; x ~ c; x ~ d; f: free; a: free; b: free; c: free; d: free",
    ),
    Row("method call", "x = a.f(b).g()", "x a b", "x ~ a; x ~ b; a: free; b: free"),
    Row("formatted string", 'x = f"{a:{b}} c"', "x a b", "x ~ a; x ~ b; a: free; b: free"),
    Row(
        "list, tuple, set, dictionary",
        "x = [a, (*b,), {c: d}]",
        "x a b c d",
        "x ~ a; x ~ b; x ~ c; x ~ d; a: free; b: free; c: free; d: free",
    ),
    Row(
        "`and`, `or`",
        "import x\nb = c and (x := a)\nx",
        "x b c a",
        "b ~ c; b ~ a; x = a; c: free; a: free; x: import; x: assignment",
    ),
    Row("conditional expression", "x = a if c else b", "x a c b", "x ~ a; x ~ c; x ~ b; a: free; c: free; b: free"),
    Row("`if` without `else`", "import x\nif c:\n  x = 1\nx", "x c", "c: free; x: import; x: assignment"),
    Row(
        "`if`, `elif`, `else`",
        "if c:\n  x = 1\nelif d:\n  import x\nelse:\n  def x(): pass\nx",
        "c x d",
        "c: free; d: free; x: assignment; x: import; x: function",
    ),
    Row("`while`", "import x\nwhile x:\n  x = 1\nx", "x", "x: import *2; x: assignment *2"),
    Row(
        "`while ... else`",
        "import x\nwhile x:\n  x = 1\n  break\nelse:\n  x += 1\nx",
        "x",
        "x ~ x; x: import *2; x: assignment; x: augmented",
    ),
    Row("`while True`", "import x\nwhile True:\n  x = 1\n  if c:\n    break\nx", "x c", "c: free; x: assignment"),
    Row("`for`", "for i in a:\n  x = i\ni, x", "i a x", "i ~ a; x = i; a: free; i: loop *2; x: assignment"),
    Row(
        "`for ... else`",
        "for i in a:\n  x = i\n  break\nelse:\n  import x\nx",
        "i a x",
        "i ~ a; x = i; a: free; i: loop; x: assignment; x: import",
    ),
    Row(
        "`for` with several targets",
        "for k, v[i] in a:\n  k",
        "k v i a",
        "k ~ a; v ~ a; a: free; i: free; v: element; k: loop",
    ),
    Row(
        "`continue`",
        "import x\nfor i in a:\n  if i:\n    continue\n  x\n  x = 1",
        "x i a",
        "i ~ a; a: free; i: loop; x: import; x: assignment",
    ),
    Row("list comprehension", "y = [x for x in a if x]", "y x a", "x ~ a; y ~ a; y ~ x *2; a: free; x: loop *2"),
    Row(
        "dictionary or set comprehension",
        "y = {k: v for k, v in a}",
        "y k v a",
        "k ~ a; v ~ a; y ~ a; y ~ k; y ~ v; a: free; k: loop; v: loop",
    ),
    Row(
        "generator expression",
        "f(y for x in a for y in x)",
        "f y x a",
        "x ~ a; y ~ x; f: free; a: free; x: loop; y: loop",
    ),
    Row("names of a comprehension", "import x\n[x for x in a]\nx", "x x' a", "x' ~ a; a: free; x': loop; x: import"),
    Row(
        "`match`",
        "match a:\n  case [x, *y]: x\n  case {'k': z} if z: b",
        "a x y z b",
        "x ~ a; y ~ a; z ~ a; a: free; b: free; x: pattern; z: pattern",
    ),
    Row(
        "class pattern, value pattern",
        "match a:\n  case P(x, k=y): x, y\n  case A.B: b",
        "a x y b",
        "x ~ a; y ~ a; a: free; b: free; x: pattern; y: pattern",
    ),
    Row(
        "pattern that captures the subject",
        "match a:\n  case int() as x: x\n  case y: y",
        "a x y",
        "x = a; y = a; a: free; x: pattern; y: pattern",
    ),
    Row(
        "`match` with `case _`",
        "import x\nmatch a:\n  case 1: x = 1\n  case _: x += 1\nx",
        "x a",
        "x ~ x; a: free; x: import; x: assignment; x: augmented",
    ),
    Row(
        "`match` without `case _`", "import x\nmatch a:\n  case 1: x = 1\nx", "x a", "a: free; x: import; x: assignment"
    ),
    Row("`with`", "with f() as x, a as (y, z):\n  x", "f x a y z", "x ~ f; y ~ a; z ~ a; f: free; a: free; x: context"),
    Row(
        "`try`, `except`, `else`",
        "import x\ntry:\n  x = 1\nexcept E as e:\n  x, e\nelse:\n  x\nx, e",
        "x E e",
        "e ~ E; E: free; e: exception; e: free; x: assignment *3; x: import *2",
    ),
    Row("`finally`", "try:\n  import x\nfinally:\n  x\nx", "x", "x: import *2"),
    Row("`raise`", "import x\nif c:\n  x = 1\n  raise E\nx", "x c E", "c: free; E: free; x: import"),
    Row(
        "`import`",
        "import a.b, c as d\nfrom e import f, g as h\na, d, f, h",
        "a d f h",
        "a: import; d: import; f: import; h: import",
    ),
    Row(
        "parameters",
        "def f(a, /, b=c, *d, e: T = g, **h):\n  return a, b, d, e, h",
        "f a b c d e g h",
        "b = c; e = g; c: free; g: free; a: parameter; b: parameter; d: parameter; e: parameter; h: parameter",
    ),
    Row("`return`", "def f(x):\n  if x:\n    x = 1\n    return x\n  return x", "f x", "x: parameter *2; x: assignment"),
    Row("`yield`, `await`", "async def f(a):\n  x = yield a\n  await x", "f a x", "x ~ a; a: parameter; x: assignment"),
    Row("function", "f\ndef f():\n  return g()\ndef g(): pass\nf", "f g", "f: free; f: function; g: function"),
    Row("local variable", "import x\ndef f():\n  x = 1\n  return x", "x f x'", "x': assignment"),
    Row(
        "nested function",
        "def f(x):\n  def g():\n    return x\n  x = 1\n  return g",
        "f x g",
        "x: parameter; x: assignment; g: function",
    ),
    Row(
        "`nonlocal`",
        "def f(x):\n  def g():\n    nonlocal x\n    x += 1\n  return g",
        "f x g",
        "x ~ x; x: parameter; x: augmented; g: function",
    ),
    Row("`global`", "x = 1\ndef f():\n  global x\n  x += 1", "x f", "x ~ x; x: assignment; x: augmented"),
    Row(
        "`lambda`",
        "import x\nf = lambda a, b=c: a + b + x",
        "x f a b c",
        "b = c; f ~ a; f ~ b; f ~ c; f ~ x; c: free; a: parameter; b: parameter; x: import",
    ),
    Row("lambda that calls itself", "f = lambda a: f(a)", "f a", "f ~ f; f ~ a; f: assignment; a: parameter"),
    Row(
        "class",
        "class A(B):\n  x = a\n  y = x\n  def m(self):\n    return A, x",
        "A B x a y m self x'",
        "x = a; y = x; a: free; B: free; x: assignment; A: class; x': free",
    ),
    Row(
        "field",
        "class A:\n  def m(self, a):\n    self.x = a\n    return self.x",
        "A m self a",
        "self = a; a: parameter; self: parameter *2; self: element",
    ),
    Row("decorator", "@d(a)\ndef f(): pass", "d a f", "d: free; a: free"),
    Row("unfinished program", "x = a +", "x a", "x: free; a: free"),
]

JAVA = [
    Row("declaration with a value", "int x = (a), y = x + 1;", "x a y", "x = a; y ~ x; a: free; x: assignment"),
    Row("declaration without a value", "int x; f(x); x = a;", "x a", "x = a; a: free; x: declaration"),
    Row("chained assignment", "x = y = a;", "x y a", "x = a; y = a; a: free"),
    Row(
        "assignment within an expression",
        "int x = (y = a) + y;",
        "x y a",
        "y = a; x ~ a; x ~ y; a: free; y: assignment",
    ),
    Row(
        "augmented assignment, `++`, `--`",
        "int x = 1; x += a; x++; --x;",
        "x a",
        "x ~ x *3; x ~ a; a: free; x: assignment; x: augmented *2",
    ),
    Row("conversion", "x = (int) a;", "x a", "x ~ a; a: free"),
    Row(
        "element",
        "int[] x = new int[n]; x[i] = a; f(x[j]);",
        "x n i a j",
        "x ~ n; x = a; n: free; i: free; a: free; j: free; x: assignment *2; x: element",
    ),
    Row(
        "augmented assignment to an element",
        "x[i] += a; x[j]++; f(x);",
        "x i a j",
        "x ~ a; a: free; i: free; j: free; x: free; x: element *2",
    ),
    Row("array", "int[] x = {a, b};", "x a b", "x ~ a; x ~ b; a: free; b: free"),
    Row(
        "own field",
        "class A { int x; A(int a) { this.x = a; } int m() { return x + this.x; } }",
        "x a",
        "x = a; a: parameter; x: field *2; x: assignment *2",
    ),
    Row(
        "own field and parameter",
        "class A { int x; void m(int x) { this.x += x; f(x); } }",
        "x x'",
        "x ~ x; x ~ x'; x: field; x: augmented; x': parameter *2",
    ),
    Row(
        "inherited field",
        "class A { void m(int a) { super.x = a; f(super.x); } }",
        "a x",
        "x = a; a: parameter; x: assignment",
    ),
    Row("another object's field", "o.x.y = a; f(o.x);", "o a", "o = a; a: free; o: free; o: element"),
    Row("call", "x = new A(a).f(b, c.g());", "x a b c", "x ~ a; x ~ b; x ~ c; a: free; b: free; c: free"),
    Row(
        "`&&`, `||`",
        "int x; boolean b = c && (x = a) > 0; f(x);",
        "x b c a",
        "b ~ c; b ~ a; x = a; c: free; a: free; x: declaration; x: assignment",
    ),
    Row("conditional expression", "x = c ? a : b;", "x c a b", "x ~ c; x ~ a; x ~ b; c: free; a: free; b: free"),
    Row("`if` without `else`", "int x; if (c) x = 1; f(x);", "x c", "c: free; x: declaration; x: assignment"),
    Row(
        "`if ... else`",
        "int x; if (c) x = 1; else if (d) x++; else return; f(x);",
        "x c d",
        "x ~ x; c: free; d: free; x: declaration; x: assignment; x: augmented",
    ),
    Row("`while`", "int x; while (x < n) x = 1; f(x);", "x n", "n: free; x: declaration *2; x: assignment *2"),
    Row("`while (true)`", "int x; while (true) { x = 1; if (c) break; } f(x);", "x c", "c: free; x: assignment"),
    Row("`do ... while`", "int x; do x = 1; while (x < n); f(x);", "x n", "n: free; x: assignment *2"),
    Row("`for`", "for (int i = 0; i < n; i++) f(i);", "i n", "i ~ i; n: free; i: assignment *3; i: augmented *3"),
    Row("`for` without a condition", "int x; for (;;) { x = 1; break; } f(x);", "x", "x: assignment"),
    Row("`for` over values", "for (int x : a) f(x);", "x a", "x ~ a; a: free; x: loop"),
    Row(
        "`break`, `continue`",
        "int x; while (c) { if (a) { x = 1; continue; } if (b) break; x++; } f(x);",
        "x c a b",
        "x ~ x; c: free; a: free; b: free; x: declaration *2; x: assignment *2; x: augmented *2",
    ),
    Row("label", "a: while (c) { x = b; continue a; }", "c x b", "x = b; b: free; c: free"),
    Row(
        "`break` with a label",
        "int x; a: while (c) { x = 1; while (d) { x += b; break a; } x = 2; } f(x);",
        "x c d b",
        "x ~ x; x ~ b; x: assignment; b: free; c: free; d: free; x: declaration; x: assignment; x: augmented",
    ),
    Row(
        "`continue` with a label",
        "int x = 1; a: for (int i : v) { f(x); while (c) { x++; continue a; } }",
        "x i v c",
        "i ~ v; v: free; x ~ x; c: free; x: assignment *2; x: augmented *2",
    ),
    Row(
        "own field copied",
        "class A { int x; int m() { int y = this.x; return y; } }",
        "x y",
        "y = x; x: field; y: assignment",
    ),
    Row(
        "`switch` with fall-through",
        "int x; switch (a) { case 1: x = 1; case 2: x++; break; default: f(x); } g(x);",
        "x a",
        "x ~ x; a: free; x: declaration *3; x: assignment; x: augmented",
    ),
    Row(
        "`switch` without `default`",
        "int x; switch (a) { case 1: x = 1; break; } f(x);",
        "x a",
        "a: free; x: declaration; x: assignment",
    ),
    Row(
        "`switch` with arrows, `yield`",
        "int x = switch (a) { case 1 -> b; default -> { int y = c; yield y; } };",
        "x a b y c",
        "y = c; x ~ a; x ~ b; x ~ c; x ~ y; a: free; b: free; c: free; y: assignment",
    ),
    Row(
        "type pattern",
        "switch (o) { case A a when a.b -> f(a); case null, default -> f(o); }",
        "o a",
        "a = o; o: free *2; a: pattern *2",
    ),
    Row(
        "record pattern",
        "switch (o) { case P(int x, Q(var y)): f(x, y); }",
        "o x y",
        "x ~ o; y ~ o; o: free; x: pattern; y: pattern",
    ),
    Row("`instanceof`", "if (!(o instanceof A a)) return; f(a);", "o a", "a = o; o: free; a: pattern"),
    Row(
        "`try`, `catch`",
        "int x; try { x = 1; x++; } catch (A | B e) { f(x, e); } f(x);",
        "x e",
        "x ~ x; e: exception; x: declaration *2; x: assignment *3; x: augmented *2",
    ),
    Row("`finally`", "int x; try { x = 1; } finally { f(x); }", "x", "x: assignment"),
    Row("`try` with resources", "try (A x = a; b) { f(x); }", "x a b", "x = a; a: free; b: free; x: context"),
    Row("`throw`", "int x; if (c) { x = 1; throw e; } f(x);", "x c e", "c: free; e: free; x: declaration"),
    Row(
        "`synchronized`, `assert`",
        "synchronized (a) { x = b; } assert x > 0;",
        "a x b",
        "x = b; a: free; b: free; x: assignment",
    ),
    Row("block", "{ int x = a; f(x); } f(x);", "x a x'", "x = a; a: free; x: assignment; x': free"),
    Row("parameters", "int m(final int a, B... b) { return a + b[0]; }", "a b", "a: parameter; b: parameter"),
    Row(
        "`return`", "int m(int x) { if (x > 0) { x = 1; return x; } return x; }", "x", "x: parameter *2; x: assignment"
    ),
    Row(
        "lambda",
        "int x = 1; F f = a -> a + x; G g = (int b, int c) -> { return b; };",
        "x f a g b c",
        "f ~ a; f ~ x; g ~ b; a: parameter; b: parameter; x: assignment",
    ),
    Row("method reference", "f(o::m, this::m, A::new);", "o A", "o: free; A: free"),
    Row(
        "anonymous class, local class",
        "void m(int x) { B b = new B() { int g() { return x; } }; }",
        "x b",
        "x: parameter",
    ),
    Row(
        "class",
        "class A { int m() { return x; } int x = a; class B { int m() { return x; } } }",
        "x a",
        "x = a; a: free; x: field *2",
    ),
    Row(
        "initializer",
        "class A { static int x; static { x = a; } int m() { return x; } }",
        "x a",
        "x = a; a: free; x: field; x: assignment",
    ),
    Row("record", "record P(int x) { P { f(x); } int m() { return x; } }", "x", "x: parameter *2"),
    Row("enum", "enum E { A(a), B; E m() { return A; } }", "A a B", "A ~ a; a: free; A: field"),
    Row("names that are no variables", "import a.b; @A(c) class B { int m() { return m(); } }", "", ""),
    Row("unfinished program", "int m(int a) { return a + b", "m a b", "m: free; a: parameter; b: free"),
]

C_AND_CPP = [
    Row("declaration with a value", "int x = (a), y = x + 1;", "x a y", "x = a; y ~ x; a: free; x: assignment"),
    Row("declaration without a value", "int x; int y = x;", "x y", "y = x; x: declaration"),
    Row("pointer, array", "int *x = a, y[n] = {b};", "x a y n b", "x = a; y ~ b; a: free; n: free; b: free"),
    Row("pointer to a function", "int (*f)(int) = g;", "f g", "f = g; g: free"),
    Row("chained assignment", "void f() { x = y = a; }", "f x y a", "x = a; y = a; a: free"),
    Row(
        "assignment within an expression",
        "int x = (y = a) + y;",
        "x y a",
        "y = a; x ~ a; x ~ y; a: free; y: assignment",
    ),
    Row("comma operator", "void f() { x = a, y = x; }", "f x a y", "x = a; y = x; a: free; x: assignment"),
    Row(
        "augmented assignment, `++`, `--`",
        "void f(int x) { x += a; x++; --x; }",
        "f x a",
        "x ~ x *3; x ~ a; a: free; x: parameter; x: augmented *2",
    ),
    Row(
        "element",
        "void f(int *x) { x[i] = a; y = x[j]; }",
        "f x i a y j",
        "x = a; y ~ x; y ~ j; i: free; a: free; j: free; x: parameter *2; x: element",
    ),
    Row(
        "element changed in place",
        "void f(int *x) { x[i] += a; x[j]++; y = x; }",
        "f x i a j y",
        "x ~ a; y = x; a: free; i: free; j: free; x: parameter *3; x: element *2",
    ),
    Row(
        "member",
        "void f(T o) { o.x.y = a; o->z = b; x = o.x; }",
        "f o a b x",
        "o = a; o = b; x ~ o; a: free; b: free; o: parameter *3; o: element *2",
    ),
    Row(
        "what a pointer points to",
        "void f(int *p) { *p = a; x = *p; }",
        "f p a x",
        "p = a; x ~ p; a: free; p: parameter *2; p: element",
    ),
    Row(
        "computed pointer",
        "void f(T *p, T *q) { *p++ = *q++; *(q + 1) = a; ((S *) p)->x = b; y = (*p).x = c; g(p, q); }",
        "f p q a b y c g",
        "p ~ p; p ~ q; q ~ q; q = a; p = b; y = c; p = c; a: free; b: free; c: free; g: free; p: parameter; q: parameter; p: augmented *3; p: element *3; q: augmented *2; q: element",
    ),
    Row(
        "target in parentheses",
        "void f(T *p) { (x) = a; (*p) = x; }",
        "f p x a",
        "x = a; p = x; a: free; p: parameter; x: assignment",
    ),
    Row(
        "address",
        "void f(int x) { p = &x; *p = a; y = x; }",
        "f x p a y",
        "p ~ x; p = a; y = x; a: free; p: assignment; x: parameter *2",
    ),
    Row(
        "address passed to a function",
        "void f(int x) { g(&x); y = x; }",
        "f x g y",
        "y = x; g: free; x: parameter *2; x: element",
    ),
    Row("call", "int x = f(a, g(b));", "x f a g b", "x ~ f; x ~ a; x ~ g; x ~ b; f: free; a: free; g: free; b: free"),
    Row("cast, `sizeof`", "int x = (int) a, y = sizeof(b);", "x a y", "x ~ a; a: free"),
    Row("initializer list", "struct s x = {.y = a, b};", "x a b", "x ~ a; x ~ b; a: free; b: free"),
    Row(
        "`&&`, `||`",
        "void f(int x) { b = c && (x = a); y = x; }",
        "f x b c a y",
        "b ~ c; b ~ a; x = a; y = x; c: free; a: free; x: parameter; x: assignment",
    ),
    Row("conditional expression", "int x = c ? a : b;", "x c a b", "x ~ c; x ~ a; x ~ b; c: free; a: free; b: free"),
    Row(
        "`if` without `else`",
        "void f(int x) { if (c) x = 1; y = x; }",
        "f x c y",
        "y = x; c: free; x: parameter; x: assignment",
    ),
    Row(
        "`if ... else`",
        "void f(int x) { if (c) x = 1; else if (d) x++; else return; y = x; }",
        "f x c d y",
        "x ~ x; y = x; c: free; d: free; x: parameter; x: assignment; x: augmented",
    ),
    Row(
        "`while`",
        "void f(int x) { while (x < n) x = 1; y = x; }",
        "f x n y",
        "y = x; n: free; x: parameter *2; x: assignment *2",
    ),
    Row(
        "`while (1)`",
        "void f(int x) { while (1) { x = 1; if (c) break; } y = x; }",
        "f x c y",
        "y = x; c: free; x: assignment",
    ),
    Row(
        "`do ... while`",
        "void f(int x) { do x = 1; while (x < n); y = x; }",
        "f x n y",
        "y = x; n: free; x: assignment *2",
    ),
    Row(
        "`for`",
        "void f() { for (int i = 0; i < n; i++) x = i; }",
        "f i n x",
        "i ~ i; x = i; n: free; i: assignment *3; i: augmented *3",
    ),
    Row(
        "`for` without a condition",
        "void f(int x) { for (;;) { x = 1; break; } y = x; }",
        "f x y",
        "y = x; x: assignment",
    ),
    Row(
        "`break`, `continue`",
        "void f(int x) { while (c) { if (a) { x = 1; continue; } if (b) break; x++; } y = x; }",
        "f x c a b y",
        "x ~ x; y = x; c: free; a: free; b: free; x: parameter *2; x: assignment *2; x: augmented *2",
    ),
    Row(
        "`switch` with fall-through",
        "void f(int x) { switch (a) { case 1: x = 1; case 2: x++; break; default: y = x; } z = x; }",
        "f x a y z",
        "x ~ x; y = x; z = x; a: free; x: parameter *3; x: assignment; x: augmented",
    ),
    Row(
        "`switch` without `default`",
        "void f(int x) { switch (a) { case A: x = 1; break; } y = x; }",
        "f x a A y",
        "y = x; a: free; A: free; x: parameter; x: assignment",
    ),
    Row(
        "`goto`, which is not followed",
        "void f(int x) { if (x) { x = 1; goto end; } end: y = x; }",
        "f x y",
        "y = x; x: parameter *2",
    ),
    Row("`return`", "int f(int x) { if (x) { x = 1; return x; } return x; }", "f x", "x: parameter *2; x: assignment"),
    Row(
        "block",
        "void f() { int x = a; { int x = b; y = x; } z = x; }",
        "f x a x' b y z",
        "x = a; x' = b; y = x'; z = x; a: free; b: free; x: assignment; x': assignment",
    ),
    Row(
        "parameters",
        "int f(int a, char *b, int n, int c[n], ...) { return a; }",
        "f a b n c",
        "a: parameter; n: parameter",
    ),
    Row(
        "function",
        "int f(int a) { return f(g(a)); } int g(int b) { return b; }",
        "f a g b",
        "f: function; g: function; a: parameter; b: parameter",
    ),
    Row(
        "global variable", "int x = a; void f() { x++; }", "x a f", "x = a; x ~ x; a: free; x: assignment; x: augmented"
    ),
    Row(
        "static local variable",
        "int f() { static int x = a; return x++; }",
        "f x a",
        "x = a; x ~ x; a: free; x: assignment",
    ),
    Row("`enum`", "enum e { A, B = A + 1 }; int x = B;", "A B x", "B ~ A; x = B; A: field; B: field"),
    Row("`struct`, `typedef`", "typedef struct s t; struct s x; t *y = &x;", "x y", "y ~ x; x: declaration"),
    Row("macro", "#define N a\nint x = N;", "N x", "x = N; N: assignment"),
    Row(
        "macro with parameters", "#define F(a) ((a) + b)\nint x = F(y);", "F x y", "x ~ F; x ~ y; F: function; y: free"
    ),
    Row(
        "conditional text",
        "void f(int x) {\n#ifdef A\nx = 1;\n#elif B\nx++;\n#endif\ny = x; }",
        "f x y",
        "x ~ x; y = x; x: parameter *2; x: assignment; x: augmented",
    ),
    Row(
        "macro with a block",
        "void f(int x) { M(a, x) { y = x; } z = y; }",
        "f x M a y z",
        "y = x; z = y; M: free; a: free; x: parameter *2; y: assignment",
    ),
]

C = [
    *C_AND_CPP,
    Row("compound literal", "int x = ((struct s) {a, .y = b}).y;", "x a b", "x ~ a; x ~ b; a: free; b: free"),
    Row("`[i] =` in an initializer", "int x[] = {[1] = a};", "x a", "x ~ a; a: free"),
    Row("parameters before types", "int f(a) int a; { return a; }", "f a", "a: parameter"),
    Row(
        "variable arguments",
        "int f(int n, ...) { va_list x; va_start(x, n); return va_arg(x, int); }",
        "f n x va_start va_arg",
        "va_start: free; va_arg: free; n: parameter; x: declaration *2",
    ),
    Row("unfinished program", "int f(int a) { return a +", "f a", "f: free; a: parameter"),
]

CPP = [
    *C_AND_CPP,
    Row(
        "initialization with `{}`, `()`",
        "void f() { int x{a}, y(b); T z(c, 1); auto u = T{d}; }",
        "f x a y b z c u d",
        "x ~ a; y ~ b; z ~ c; u ~ d; a: free; b: free; c: free; d: free",
    ),
    Row("reference", "void f() { int& r = x; r = a; y = x; }", "f r x a y", "r = x; r = a; y = x; a: free; x: free *2"),
    Row("structured binding", "auto [x, y] = a; auto z = x;", "x y a z", "x ~ a; y ~ a; z = x; a: free; x: assignment"),
    Row(
        "`std::tie`",
        "void f() { std::tie(x, std::ignore) = a; y = x; }",
        "f x a y",
        "x ~ a; y = x; a: free; x: assignment",
    ),
    Row(
        "`for` over a range", "void f() { for (const auto& x : a) y = x; }", "f x a y", "x ~ a; y = x; a: free; x: loop"
    ),
    Row(
        "`for` over pairs",
        "void f() { for (auto [k, v] : a) y = v; }",
        "f k v a y",
        "k ~ a; v ~ a; y = v; a: free; v: loop",
    ),
    Row(
        "declaration as a condition",
        "void f() { if (T* x = a) y = x; while (int z = g()) y = z; }",
        "f x a y z g",
        "x = a; y = x; z ~ g; y = z; a: free; g: free; x: assignment; z: assignment",
    ),
    Row(
        "`if` with an initializer",
        "void f() { if (int x = a; x > 0) y = x; }",
        "f x a y",
        "x = a; y = x; a: free; x: assignment *2",
    ),
    Row(
        "stream input",
        "void f() { int x; while (in >> x >> y[i]) z = x; }",
        "f x in y i z",
        "x ~ in; y ~ in; z = x; in: free; y: element; i: free; x: assignment",
    ),
    Row("method call", "auto x = a.f(b)->g(c);", "x a b c", "x ~ a; x ~ b; x ~ c; a: free; b: free; c: free"),
    Row("`new`, `delete`", "void f() { auto x = new T(a); delete x; }", "f x a", "x ~ a; a: free; x: assignment"),
    Row("named cast", "auto x = static_cast<int>(a);", "x a", "x ~ a; a: free"),
    Row(
        "lambda",
        "auto f = [&, x, z = w](int a) { return a + x + z; };",
        "f x z w a",
        "z = w; f ~ x *2; f ~ w; f ~ a; f ~ z; w: free; x: free *2; a: parameter; z: assignment",
    ),
    Row(
        "lambda that calls itself",
        "void f() { function<int(int)> g = [&](int a) { return g(a); }; h = [&] { h(); }; }",
        "f g a h",
        "g ~ g; g ~ a; h ~ h; g: assignment; h: assignment; a: parameter",
    ),
    Row(
        "assignment in a lambda",
        "void f(int x) { auto g = [&] { x = 1; }; y = x; }",
        "f x g y",
        "y = x; x: parameter; x: assignment",
    ),
    Row(
        "`try`, `catch`, `throw`",
        "void f(int x) { try { x = 1; x++; throw a; } catch (const E& e) { y = e; } z = x; }",
        "f x a e y z",
        "x ~ x; y = e; z = x; a: free; e: exception; x: parameter; x: assignment *2; x: augmented",
    ),
    Row(
        "own field",
        "struct A { int x; A(int a) { x = a; } int m() { return this->x; } };",
        "x A a m",
        "x = a; a: parameter; x: field; x: assignment",
    ),
    Row(
        "own field and parameter",
        "struct A { int x; void m(int x) { this->x += x; y = x; } };",
        "x m x' y",
        "x ~ x; x ~ x'; y = x'; x: field; x: augmented; x': parameter *2",
    ),
    Row(
        "fields in a constructor's head",
        "struct A { int x, y; A(int x) : x(x), y{1} {} };",
        "x y A x'",
        "x = x'; x': parameter",
    ),
    Row(
        "default value of a field",
        "struct A { int m() { return x; } int x = a; };",
        "m x a",
        "x = a; a: free; x: field",
    ),
    Row("method outside of its class", "struct A { int x; int m(); }; int A::m() { return x; }", "x m x'", "x': free"),
    Row(
        "default value, parameter pack, template",
        "template <typename T, int N> T f(T a, int b = N, T... c) { return b; }",
        "N f a b c",
        "b = N; N: parameter; b: parameter",
    ),
    Row("friend", "class A { int x; friend int f(A a) { return a.x; } friend class B; };", "x f a", "a: parameter"),
    Row("namespace", "namespace n { int x = a; int f() { return x; } }", "x a f", "x = a; a: free; x: assignment"),
    Row("`co_yield`, `co_return`", "T f() { co_yield a; co_return b; }", "f a b", "a: free; b: free"),
    Row("names that are no variables", "using namespace n; using U = T; auto x = n::a + E::B;", "x", ""),
    Row("unfinished program", "int f(vector<int> a) { return a[", "f a", "f: free; a: parameter"),
]

CSHARP = [
    Row("declaration with a value", "int x = (a), y = x + 1;", "x a y", "x = a; y ~ x; a: free; x: assignment"),
    Row("declaration without a value", "int x; int y = x;", "x y", "y = x; x: declaration"),
    Row("chained assignment", "x = y = a;", "x y a", "x = a; y = a; a: free"),
    Row(
        "assignment within an expression",
        "int x = (y = a) + y;",
        "x y a",
        "y = a; x ~ a; x ~ y; a: free; y: assignment",
    ),
    Row(
        "augmented assignment, `++`, `--`",
        "int x = 1; x += a; x ??= b; x++;",
        "x a b",
        "x ~ x *3; x ~ a; x ~ b; a: free; b: free; x: assignment; x: augmented *2",
    ),
    Row(
        "deconstruction",
        "var (x, y) = a; (z, int w) = (x, y);",
        "x y a z w",
        "x ~ a; y ~ a; z = x; w = y; a: free; x: assignment; y: assignment",
    ),
    Row("parallel assignment", "(x, y) = (y, x);", "x y", "x = y; y = x; x: free; y: free"),
    Row("discard", "(x, _) = a; _ = b;", "x a b", "x ~ a; a: free; b: free"),
    Row(
        "element",
        "var x = new int[n]; x[i] = a; var y = x[^1];",
        "x n i a y",
        "x ~ n; x = a; y ~ x; n: free; i: free; a: free; x: assignment *2; x: element",
    ),
    Row(
        "element changed in place",
        "x[i] += a; x[j]++; y = x;",
        "x i a j y",
        "x ~ a; y = x; a: free; i: free; j: free; x: free; x: element *2",
    ),
    Row("range", "x = a[i..^j];", "x a i j", "x ~ a; x ~ i; x ~ j; a: free; i: free; j: free"),
    Row(
        "own field",
        "class A { int x; A(int a) { this.x = a; } int M() { return x; } }",
        "x a M",
        "x = a; a: parameter; x: field; x: assignment",
    ),
    Row(
        "own field and parameter",
        "class A { int x; void M(int x) { this.x += x; y = x; } }",
        "x M x' y",
        "x ~ x; x ~ x'; y = x'; x: field; x: augmented; x': parameter *2",
    ),
    Row(
        "inherited field",
        "class A { void M(int a) { base.x = a; y = base.x + 1; } }",
        "M a x y",
        "x = a; y ~ x; a: parameter; x: assignment",
    ),
    Row("another object's field", "o.x.y = a; b = o.x;", "o a b", "o = a; b ~ o; a: free; o: free; o: element"),
    Row(
        "property",
        "class A { int x; int X { get { return x; } set { x = value; } } }",
        "x X value",
        "x = value; value: parameter; x: field; x: assignment",
    ),
    Row(
        "automatic property", "class A { int X { get; set; } = a; int M() => X; }", "X a M", "X = a; a: free; X: field"
    ),
    Row("computed property", "class A { int x; int Y => x; }", "x Y", "x: field"),
    Row("indexer", "class A { int[] x; int this[int i] { get => x[i]; } }", "x i", "x: field; i: parameter"),
    Row(
        "object initializer, `with`",
        "x = new A(a) { P = b, [c] = d }; y = x with { P = e };",
        "x a b c d y e",
        "x ~ a; x ~ b; x ~ c; x ~ d; y ~ x; y ~ e; a: free; b: free; c: free; d: free; e: free; x: assignment",
    ),
    Row("anonymous object", "x = new { a.P, Q = b };", "x a b", "x ~ a; x ~ b; a: free; b: free"),
    Row(
        "array, collection",
        "int[] x = { a, b }; int[] y = [c, .. d];",
        "x a b y c d",
        "x ~ a; x ~ b; y ~ c; y ~ d; a: free; b: free; c: free; d: free",
    ),
    Row("call", "x = F(a, k: b.G(c));", "x F a b c", "x ~ F; x ~ a; x ~ b; x ~ c; F: free; a: free; b: free; c: free"),
    Row(
        "`ref`, `out`, `in`",
        "F(ref x, out y, in z);",
        "F x y z",
        "x ~ F; x ~ x; x ~ z; y ~ F; y ~ x; y ~ z; F: free; x: free; z: free",
    ),
    Row(
        "`out` with a declaration",
        "if (F(a, out var x)) y = x;",
        "F a x y",
        "x ~ F; x ~ a; y = x; F: free; a: free; x: assignment",
    ),
    Row("`ref` variable", "ref int r = ref x; r = a; y = x;", "r x a y", "r = x; r = a; y = x; a: free; x: free *2"),
    Row("`?.`, `??`", "x = a?.B(b) ?? c;", "x a b c", "x ~ a; x ~ b; x ~ c; a: free; b: free; c: free"),
    Row(
        "`&&`, `||`",
        "int x; b = c && (x = a) > 0; y = x;",
        "x b c a y",
        "b ~ c; b ~ a; x = a; y = x; c: free; a: free; x: declaration; x: assignment",
    ),
    Row("conversion", "x = (int)a; y = b as T;", "x a y b", "x ~ a; y ~ b; a: free; b: free"),
    Row("formatted string", 'x = $"{a,5:F2} {b}";', "x a b", "x ~ a; x ~ b; a: free; b: free"),
    Row("conditional expression", "x = c ? a : b;", "x c a b", "x ~ c; x ~ a; x ~ b; c: free; a: free; b: free"),
    Row("`if` without `else`", "int x; if (c) x = 1; y = x;", "x c y", "y = x; c: free; x: declaration; x: assignment"),
    Row(
        "`if ... else`",
        "int x; if (c) x = 1; else if (d) x++; else return; y = x;",
        "x c d y",
        "x ~ x; y = x; c: free; d: free; x: declaration; x: assignment; x: augmented",
    ),
    Row(
        "`while`", "int x; while (x < n) x = 1; y = x;", "x n y", "y = x; n: free; x: declaration *2; x: assignment *2"
    ),
    Row(
        "`while (true)`",
        "int x; while (true) { x = 1; if (c) break; } y = x;",
        "x c y",
        "y = x; c: free; x: assignment",
    ),
    Row("`do ... while`", "int x; do x = 1; while (x < n); y = x;", "x n y", "y = x; n: free; x: assignment *2"),
    Row(
        "`for`",
        "for (int i = 0; i < n; i++) x = i;",
        "i n x",
        "i ~ i; x = i; n: free; i: assignment *3; i: augmented *3",
    ),
    Row("`for` without a condition", "int x; for (;;) { x = 1; break; } y = x;", "x y", "y = x; x: assignment"),
    Row("`foreach`", "foreach (var x in a) y = x;", "x a y", "x ~ a; y = x; a: free; x: loop"),
    Row(
        "`foreach` over tuples", "foreach (var (k, v) in a) y = v;", "k v a y", "k ~ a; v ~ a; y = v; a: free; v: loop"
    ),
    Row(
        "`break`, `continue`",
        "int x; while (c) { if (a) { x = 1; continue; } if (b) break; x++; } y = x;",
        "x c a b y",
        "x ~ x; y = x; c: free; a: free; b: free; x: declaration *2; x: assignment *2; x: augmented *2",
    ),
    Row(
        "`switch`; `goto` is not followed",
        "int x; switch (a) { case 1: x = 1; break; case 2: x++; goto case 1; default: y = x; break; } z = x;",
        "x a y z",
        "x ~ x; y = x; z = x; a: free; x: declaration *3; x: assignment",
    ),
    Row(
        "patterns of `switch`",
        "switch (o) { case A a when a.B: x = a; break; case B { P: var y }: x = y; break; }",
        "o a x y",
        "a = o; x = a; y ~ o; x = y; o: free; a: pattern *2; y: pattern",
    ),
    Row(
        "`switch` expression",
        "x = o switch { A a => a, (int p, _) => p, > 0 and < 9 => b, _ => c };",
        "x o a p b c",
        "a = o; p ~ o; x ~ o; x ~ a; x ~ p; x ~ b; x ~ c; o: free; b: free; c: free; a: pattern; p: pattern",
    ),
    Row("`is`", "if (o is not A a) return; x = a;", "o a x", "a = o; x = a; o: free; a: pattern"),
    Row("property pattern", "if (o is A { P: int x } y) z = x;", "o x y z", "x ~ o; y = o; z = x; o: free; x: pattern"),
    Row(
        "query",
        "var q = from x in a where x.P > b select x.Q;",
        "q x a b",
        "x ~ a; q ~ a; q ~ x *2; q ~ b; a: free; b: free; x: loop *2",
    ),
    Row(
        "`join`, `let`, `group ... into`",
        "var q = from x in a join y in b on x.K equals y.K let z = x.P group z by y.G into g select g.Key;",
        "q x a y b z g",
        "x ~ a; y ~ b; z ~ x; g ~ z; g ~ y; q ~ a; q ~ b; q ~ x *2; q ~ y *2; q ~ z; q ~ g; a: free; b: free; x: loop *2; y: loop *2; z: assignment; g: loop",
    ),
    Row(
        "query by methods",
        "var q = a.Where(x => x > b).Select(y => y.P);",
        "q a x b y",
        "q ~ a; q ~ x; q ~ b; q ~ y; a: free; b: free; x: parameter; y: parameter",
    ),
    Row(
        "`try`, `catch`, `when`",
        "int x; try { x = 1; x++; } catch (E e) when (e.A) { y = e; } catch { throw; } z = x;",
        "x e y z",
        "x ~ x; y = e; z = x; e: exception *2; x: declaration; x: assignment *2; x: augmented",
    ),
    Row("`finally`", "int x; try { x = 1; } finally { y = x; }", "x y", "y = x; x: assignment"),
    Row(
        "`throw`",
        "int x; if (c) { x = 1; throw e; } y = x ?? throw d;",
        "x c e y d",
        "y ~ x; y ~ d; c: free; e: free; d: free; x: declaration",
    ),
    Row(
        "`using`",
        "using (var x = a) y = x; using var z = b; y = z;",
        "x a y z b",
        "x = a; y = x; z = b; y = z; a: free; b: free; x: context; z: context",
    ),
    Row("`lock`, `checked`", "lock (a) { checked { x = b; } }", "a x b", "x = b; a: free; b: free"),
    Row(
        "block", "{ int x = a; y = x; } z = x;", "x a y z x'", "x = a; y = x; z = x'; a: free; x: assignment; x': free"
    ),
    Row(
        "parameters",
        "int M(int a, ref int b, out int c, int d = e, params int[] f) { c = a + b + d; return f[0]; }",
        "M a b c d e f",
        "d = e; c ~ a; c ~ b; c ~ d; e: free; a: parameter; b: parameter; d: parameter; f: parameter",
    ),
    Row(
        "`return`",
        "int M(int x) { if (x > 0) { x = 1; return x; } return x; }",
        "M x",
        "x: parameter *2; x: assignment",
    ),
    Row(
        "local function",
        "void M(int x) { int y = F(1); int F(int a) { return F(a + x); } }",
        "M x y F a",
        "y ~ F; F: function *2; a: parameter; x: parameter",
    ),
    Row(
        "lambda, anonymous method",
        "int x = 1; Func<int, int> f = a => a + x; f = delegate(int b) { return b; };",
        "x f a b",
        "f ~ a; f ~ x; f ~ b; a: parameter; b: parameter; x: assignment",
    ),
    Row("`yield`", "IEnumerable<int> M(int a) { yield return a; yield break; }", "M a", "a: parameter"),
    Row(
        "`await`",
        "async Task M(int a) { var x = await F(a); await foreach (var y in x) G(y); }",
        "M a x F y G",
        "x ~ F; x ~ a; y ~ x; F: free; G: free; a: parameter; x: assignment; y: loop",
    ),
    Row("class", "class A : B { int M() { return x; } int x = a; }", "M x a", "x = a; a: free; x: field"),
    Row(
        "class with parameters",
        "class A(int x) : B(x) { int y = x; int M() => x + y; }",
        "x y M",
        "y = x; x: parameter *3; y: field",
    ),
    Row("record", "record P(int X) { int M() => X; }", "X M", "X: parameter"),
    Row("enum", "enum E { A = a, B = A }", "A a B", "A = a; B = A; a: free; A: field"),
    Row("constant", "class A { const int N = 1; int[] x = new int[N]; }", "N x", "x ~ N; N: field"),
    Row(
        "conditional text",
        "int x;\n#if A\nx = 1;\n#else\nx++;\n#endif\ny = x;",
        "x y",
        "x ~ x; y = x; x: declaration; x: assignment; x: augmented",
    ),
    Row(
        "names that are no variables",
        "using A.B; namespace C { [D(e)] class F<T> where T : G { } } x = nameof(a) + typeof(A);",
        "x",
        "",
    ),
    Row("unfinished program", "void M(int a) { return a +", "M a", "M: free; a: parameter"),
]

PHP = [
    Row("assignment of a variable", "$x = ($a); $y = $x;", "$x $a $y", "$x = $a; $y = $x; $a: free; $x: assignment"),
    Row("assignment of an expression", "$x = $a + 1;", "$x $a", "$x ~ $a; $a: free"),
    Row("chained assignment", "$x = $y = $a;", "$x $y $a", "$x = $a; $y = $a; $a: free"),
    Row(
        "assignment within an expression",
        "$x = ($y = $a) + $y;",
        "$x $y $a",
        "$y = $a; $x ~ $a; $x ~ $y; $a: free; $y: assignment",
    ),
    Row(
        "augmented assignment, `++`, `--`",
        "$x = 1; $x .= $a; $x ??= $b; $x++;",
        "$x $a $b",
        "$x ~ $x *3; $x ~ $a; $x ~ $b; $a: free; $b: free; $x: assignment; $x: augmented *2",
    ),
    Row("parallel assignment", "[$x, $y] = [$y, $x];", "$x $y", "$x = $y; $y = $x; $x: free; $y: free"),
    Row(
        "destructuring",
        "[$x, [, $y]] = $a; ['k' => $z] = $b; list($w) = $c;",
        "$x $y $a $z $b $w $c",
        "$x ~ $a; $y ~ $a; $z ~ $b; $w ~ $c; $a: free; $b: free; $c: free",
    ),
    Row("reference", "$x = &$y; $x = $a; $z = $y;", "$x $y $a $z", "$x = $y; $x = $a; $z = $y; $a: free; $y: free *2"),
    Row(
        "element",
        "$x = []; $x[$i] = $a; $x[] = $b; $y = $x['k'];",
        "$x $i $a $b $y",
        "$x = $a; $x = $b; $y ~ $x; $i: free; $a: free; $b: free; $x: assignment *3; $x: element *2",
    ),
    Row(
        "element changed in place",
        "$x[$i] .= $a; $x['k']++; $y = $x;",
        "$x $i $a $y",
        "$x ~ $a; $y = $x; $i: free; $a: free; $x: free; $x: element *2",
    ),
    Row(
        "own property",
        "class A { public $x; function f($x) { $this->x += $x; } function g() { return $this->x; } }",
        "x $x",
        "x ~ x; x ~ $x; $x: parameter; x: field *2; x: augmented *2",
    ),
    Row(
        "promoted parameter",
        "class A { function __construct(private $x) { $y = $x; } function f() { return $this->x; } }",
        "$x x $y",
        "$y = $x; $x: parameter; x: field",
    ),
    Row(
        "static property, class constant",
        "class A { const K = 1; static $x = self::K; function f() { self::$x++; return static::$x + self::K; } }",
        "K x",
        "x ~ K; x ~ x; K: field *2; x: field; x: augmented *2",
    ),
    Row(
        "another object's property",
        "$o->x->y = $a; $b = $o->x;",
        "$o $a $b",
        "$o = $a; $b ~ $o; $a: free; $o: free; $o: element",
    ),
    Row(
        "names that are computed",
        "$$x = $a; $o->$p = $b;",
        "$x $a $o $p $b",
        "$o = $b; $x: free; $a: free; $o: free; $p: free; $b: free",
    ),
    Row("call", "$x = f($a, ...$b, k: $c);", "$x $a $b $c", "$x ~ $a; $x ~ $b; $x ~ $c; $a: free; $b: free; $c: free"),
    Row(
        "method call, `new`",
        "$x = $a->f($b)?->g($c); $y = A::h($d); $z = new A($e);",
        "$x $a $b $c $y $d $z $e",
        "$x ~ $a; $x ~ $b; $x ~ $c; $y ~ $d; $z ~ $e; $a: free; $b: free; $c: free; $d: free; $e: free",
    ),
    Row(
        "functions that change their arguments",
        "sort($a); array_push($b, $c); preg_match('/x/', $d, $e);",
        "$a $b $c $d $e",
        "$a ~ $a; $b ~ $c; $e ~ $d; $a: free; $c: free; $d: free",
    ),
    Row(
        "string with variables",
        "$x = \"a $a {$b['k']} $o->p\";",
        "$x $a $b $o",
        "$x ~ $a; $x ~ $b; $x ~ $o; $a: free; $b: free; $o: free",
    ),
    Row(
        "array",
        "$x = ['k' => $a, ...$b, $c => $d];",
        "$x $a $b $c $d",
        "$x ~ $a; $x ~ $b; $x ~ $c; $x ~ $d; $a: free; $b: free; $c: free; $d: free",
    ),
    Row(
        "`unset`, `isset`",
        "$x = $a; unset($x, $y['k']); $z = isset($x);",
        "$x $a $y $z",
        "$x = $a; $z ~ $x; $a: free; $x: free; $y: free",
    ),
    Row(
        "`&&`, `||`, `and`, `or`",
        "$x = 1; $c && $x++; $y = $x;",
        "$x $c $y",
        "$x ~ $x; $y = $x; $c: free; $x: assignment *2; $x: augmented",
    ),
    Row(
        "`exit()`, `die()`",
        "$x = 1; if ($c) { $x++; f() or exit($x); exit(); } $y = $x;",
        "$x $c $y",
        "$x ~ $x; $y = $x; $c: free; $x: assignment *2; $x: augmented",
    ),
    Row("`??`, `?:`", "$x = $a ?? $b ?: $c;", "$x $a $b $c", "$x ~ $a; $x ~ $b; $x ~ $c; $a: free; $b: free; $c: free"),
    Row(
        "conditional expression",
        "$x = $c ? $a : $b;",
        "$x $c $a $b",
        "$x ~ $c; $x ~ $a; $x ~ $b; $c: free; $a: free; $b: free",
    ),
    Row(
        "`if` without `else`",
        "$x = 1; if ($c) $x++; $y = $x;",
        "$x $c $y",
        "$x ~ $x; $y = $x; $c: free; $x: assignment *2; $x: augmented",
    ),
    Row(
        "`if`, `elseif`, `else`",
        "if ($c): $x = 1; elseif ($d): $x += 1; else: return; endif; $y = $x;",
        "$c $x $d $y",
        "$x ~ $x; $y = $x; $c: free; $d: free; $x: free; $x: assignment; $x: augmented",
    ),
    Row(
        "`while`",
        "$x = 1; while ($x < $n) $x++; $y = $x;",
        "$x $n $y",
        "$x ~ $x; $y = $x; $n: free; $x: assignment *3; $x: augmented *3",
    ),
    Row(
        "`while (true)`",
        "$x = 1; while (true) { $x++; if ($c) break; } $y = $x;",
        "$x $c $y",
        "$x ~ $x; $y = $x; $c: free; $x: assignment; $x: augmented *2",
    ),
    Row(
        "`do ... while`",
        "$x = 1; do $x++; while ($x < $n); $y = $x;",
        "$x $n $y",
        "$x ~ $x; $y = $x; $n: free; $x: assignment; $x: augmented *3",
    ),
    Row(
        "`for`",
        "for ($i = 0; $i < $n; $i++) $x = $i;",
        "$i $n $x",
        "$i ~ $i; $x = $i; $n: free; $i: assignment *3; $i: augmented *3",
    ),
    Row(
        "`foreach`",
        "foreach ($a as $x) $y = $x; $z = $x;",
        "$a $x $y $z",
        "$x ~ $a; $y = $x; $z = $x; $a: free; $x: loop *2",
    ),
    Row(
        "`foreach` with key, reference, pattern",
        "foreach ($a as $k => &$v) $y = $v; foreach ($b as [$z, $w]) $y = $z;",
        "$a $k $v $y $b $z $w",
        "$k ~ $a; $v ~ $a; $y = $v; $z ~ $b; $w ~ $b; $y = $z; $a: free; $b: free; $v: loop; $z: loop",
    ),
    Row(
        "`break`, `continue`",
        "foreach ($a as $i) { if ($i > 1) { $x = 1; continue; } if ($i) break; $x++; } $y = $x;",
        "$a $i $x $y",
        "$i ~ $a; $x ~ $x; $y = $x; $a: free; $i: loop *2; $x: assignment *2; $x: augmented *2",
    ),
    Row(
        "`break` with a number",
        "while ($c) { $x = 1; while ($d) { $x .= $b; break 2; } $x = 2; } $y = $x;",
        "$c $x $d $b $y",
        "$x ~ $x; $x ~ $b; $y = $x; $b: free; $c: free; $d: free; $x: assignment *2; $x: augmented",
    ),
    Row("variable outside of a function", "$x = 1; function f() { return $x; }", "$x $x'", "$x': free"),
    Row(
        "`switch` with fall-through",
        "$x .= 'a'; switch ($a) { case 1: $x = 1; case 2: $x++; break; default: $y = $x; } $z = $x;",
        "$x $a $y $z",
        "$x ~ $x *2; $y = $x; $z = $x; $a: free; $x: free; $x: augmented *3; $x: assignment",
    ),
    Row(
        "`match`",
        "$x = match ($a) { $b, $c => $d, default => throw new E($e) };",
        "$x $a $b $c $d $e",
        "$x ~ $a; $x ~ $b; $x ~ $c; $x ~ $d; $x ~ $e; $a: free; $b: free; $c: free; $d: free; $e: free",
    ),
    Row(
        "`try`, `catch`",
        "try { $x = 1; $x++; } catch (A | B $e) { $y = $e; } $z = $x;",
        "$x $e $y $z",
        "$x ~ $x; $y = $e; $z = $x; $e: exception; $x: assignment *2; $x: augmented",
    ),
    Row("`finally`", "try { $x = 1; } finally { $y = $x; }", "$x $y", "$y = $x; $x: assignment"),
    Row(
        "`throw`",
        "$x = 1; if ($c) { $x++; throw $e; } $y = $x;",
        "$x $c $e $y",
        "$x ~ $x; $y = $x; $c: free; $e: free; $x: assignment *2",
    ),
    Row(
        "parameters",
        "function f(int $a, &$b, $c = K, ...$d) { return $a + $b + $c; }",
        "$a $b $c K $d",
        "$c = K; K: free; $a: parameter; $b: parameter; $c: parameter",
    ),
    Row(
        "`return`",
        "function f($x) { if ($x) { $x = 1; return $x; } return $x; }",
        "$x",
        "$x: parameter *2; $x: assignment",
    ),
    Row("`global`", "$x = 1; function f() { global $x; $x++; }", "$x", "$x ~ $x; $x: assignment; $x: augmented"),
    Row("`static`", "function f() { static $x = 0; return $x++; }", "$x", "$x ~ $x; $x: assignment"),
    Row(
        "anonymous function",
        "$f = function ($a) use ($x, &$y) { $y = $a + $x; }; $z = $y;",
        "$f $a $x $x' $y $z",
        "$f ~ $x; $x' = $x; $y ~ $a; $y ~ $x'; $z = $y; $x: free; $a: parameter; $x': parameter; $y: assignment",
    ),
    Row(
        "arrow function",
        "$x = 1; $f = fn($a, $b = 2) => $a + $x;",
        "$x $f $a $b",
        "$f ~ $a; $f ~ $x; $a: parameter; $x: assignment",
    ),
    Row(
        "`yield`",
        "function f($a) { $x = yield $a => 1; yield from $x; }",
        "$a $x",
        "$x ~ $a; $a: parameter; $x: assignment",
    ),
    Row("constant", "const K = 1; $x = K + PHP_EOL;", "K $x PHP_EOL", "$x ~ K; $x ~ PHP_EOL; K: field; PHP_EOL: free"),
    Row(
        "enum",
        "enum E { case A; const B = self::A; function f() { return self::B; } }",
        "A B",
        "B ~ A; A: field; B: field",
    ),
    Row(
        "trait, interface, anonymous class",
        "trait T { private $x = 1; function f() { return new class { public $y; function g() { return $this->y; } }; } }",
        "x y",
        "y: field",
    ),
    Row("names that are no variables", "namespace A; use B\\C; #[D] class E extends F implements G { use H; }", "", ""),
    Row("unfinished program", "$x = $a +", "$x $a", "$x: free; $a: free"),
]

# A program, and what its match with itself becomes when something in it changes.
REFERENCE = """\
def mean(values):
    total = 0
    for value in values:
        total = total + value
    return total / len(values)
"""
CHANGES = [
    ("none", REFERENCE),
    ("other names", REFERENCE.replace("total", "s").replace("values", "xs").replace("value", "x")),
    ("`+` becomes `-`", REFERENCE.replace("+", "-")),
    ("`0` becomes `1`", REFERENCE.replace("0", "1")),
    ("`total = total + value` becomes `total = value`", REFERENCE.replace("total + value", "value")),
    ("`total / len(values)` becomes `value / len(values)`", REFERENCE.replace("total /", "value /")),
    ("only the first three lines are there", "".join(REFERENCE.splitlines(keepends=True)[:3])),
    ("the program twice", REFERENCE * 2),
    ("without the line `total = 0`", REFERENCE.replace("    total = 0\n", "")),
    ("nothing", ""),
]

NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"
TABLES = {"c": C, "cpp": CPP, "csharp": CSHARP, "java": JAVA, "php": PHP, "python": PYTHON}
RELATIONS = {"copied": "=", "computed": "~"}
ROWS = [
    pytest.param(language, row, id=f"{language}: {row.construct}") for language, rows in TABLES.items() for row in rows
]


def program_of(language: str, row: Row) -> str:
    return f"<?php {row.example}" if language == "php" else row.example


def found_edges(language: str, row: Row) -> Counter[str]:
    names = row.variables.split()
    edges = dataflow_edges(program_of(language, row), language)
    return Counter(
        {
            f"{names[x]} {RELATIONS[relation]} {names[y]}"
            if relation in RELATIONS
            else f"{names[x]}: {relation}": count
            for (x, relation, y), count in edges.items()
            if relation != "next"  # the same for all constructs
        }
    )


def expected_edges(row: Row) -> Counter[str]:
    counts: Counter[str] = Counter()
    for edge in filter(None, row.edges.split("; ")):
        name, _, count = edge.partition(" *")
        counts[name] += int(count or 1)
    return counts


@pytest.mark.parametrize(("language", "row"), ROWS)
def test_construct__yields_its_edges(language: str, row: Row) -> None:
    assert found_edges(language, row) == expected_edges(row)


@pytest.mark.parametrize("language", TABLES)
def test_constructs__have_one_row_each(language: str) -> None:
    names = Counter(row.construct for row in TABLES[language])
    assert [name for name, count in names.items() if count > 1] == []


def test_page__has_the_tables_of_the_rows() -> None:
    page = PAGE.read_text("utf-8")
    assert page == with_tables(page), (
        f"the tables of docs/structure.md are not those of the rows; to rewrite: {REWRITE}"
    )


def test_page__has_a_table_for_every_language() -> None:
    assert re.findall("<!-- table: (.*) -->", PAGE.read_text("utf-8")) == ["changes", *sorted(TABLES)]


def with_tables(page: str) -> str:
    """Returns the page with its tables as they should be, each between `<!-- table: name -->` and `<!-- end -->`."""
    tables = {"changes": table_of_changes(), **{language: table_of(rows) for language, rows in TABLES.items()}}

    def written(table: re.Match[str]) -> str:
        return f"<!-- table: {table[1]} -->\n{tables[table[1]]}<!-- end -->"

    return re.sub("<!-- table: (.*?) -->\n.*?<!-- end -->", written, page, flags=re.DOTALL)


def table_of(rows: list[Row]) -> str:
    lines = ["| Construct | Example | Edges |", "|---|---|---|"]
    for row in rows:
        edges = ", ".join(code(edge.replace(" *", " ×")) for edge in row.edges.split("; ") if edge)
        lines.append(f"| {escaped(row.construct)} | {code(row.example)} | {edges or 'none'} |")
    return "\n".join(lines) + "\n"


def table_of_changes() -> str:
    lines = ["| Change | Syntax, f1 | Data flow, f1 | Syntax, recall | Data flow, recall |", "|---|---|---|---|---|"]
    for change, program in CHANGES:
        scores = [
            f"{match(REFERENCE, program, 'python', mode):.2f}"
            for mode in ("f1", "recall")
            for match in (syntax_match, dataflow_match)
        ]
        lines.append(f"| {escaped(change)} | {' | '.join(scores)} |")
    return "\n".join(lines) + "\n"


def code(text: str) -> str:
    """Returns a text as code in the cell of a table, line by line, with its indentation."""
    unbroken = (re.sub("^ +", lambda spaces: NO_BREAK_SPACE * len(spaces[0]), line) for line in text.splitlines())
    return "<br>".join(f"`{escaped(line)}`" for line in unbroken)


def escaped(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text("utf-8")), "utf-8")
