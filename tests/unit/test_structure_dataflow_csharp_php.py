# ruff: noqa: E501  # a program and its edges are read side by side
"""Data flow of C# and PHP."""

from __future__ import annotations

from collections import Counter

import pytest

from codegym.problems.procedural import procedural
from codegym.structure import dataflow_match
from codegym.structure.dataflow import dataflow_edges

# Program, its variables in order of appearance (a capital letter is a second variable of the same name; PHP's
# `$` is left out), and its edges, checked by hand.
CSHARP = [
    ("int x = y;", "x y", "x copied y; y free y"),
    ("int x; x = y; f(x);", "x y f", "x copied y; y free y; f free f; x assignment x"),
    ("int a = b, c = a;", "a b c", "a copied b; c copied a; b free b; a assignment a"),
    ("a = b = c;", "a b c", "a copied c; b copied c; c free c"),
    (
        "var (a, b) = (c, d); f(a, b);",
        "a b c d f",
        "b copied d; a copied c; c free c; d free d; f free f; a assignment a; b assignment b",
    ),
    ("(a, b) = (b, a);", "a b", "b copied a; a copied b; b free b; a free a"),
    ("(a, var b) = c; f(b);", "a b c f", "a computed c; b computed c; c free c; f free f; b assignment b"),
    (
        "x += y; x ??= z;",
        "x y z",
        "x computed x *2; x computed y; x computed z; x free x; y free y; x augmented x; z free z",
    ),
    ("int x = 1; x++; --x; f(-x);", "x f", "x computed x *2; x assignment x; x augmented x *2; f free f"),
    ("a[i] = v; f(a);", "a i v f", "a copied v; v free v; a free a; i free i; f free f; a element a"),
    ("o.f.g = v; a[i]++;", "o v a i", "o copied v; v free v; o free o; a free a; i free i"),
    (
        "f(x, o.m(y).n(z), k: w); new Foo(w) { P = x };",
        "f x o y z w",
        "f free f; x free x *2; o free o; y free y; z free z; w free w *2",
    ),
    ("int x = c ? a : b;", "x c a b", "x computed c; x computed a; x computed b; c free c; a free a; b free b"),
    ("int x = 1; if (c) { x += 1; return; } f(x);", "x c f", "x computed x; c free c; x assignment x *2; f free f"),
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
        "int x = 1; do { x++; } while (x < n); f(x);",
        "x n f",
        "x computed x; x assignment x; x augmented x *3; n free n; f free f",
    ),
    ("int x = 1; for (;;) { x++; break; } f(x);", "x f", "x computed x; x assignment x; f free f; x augmented x"),
    (
        "int x = 1; while (true) { f(x); if (c) { x++; continue; } f(x); }",
        "x f c",
        "x computed x; f free f *2; x assignment x *3; x augmented x *3; c free c",
    ),
    ("foreach (var s in t) f(s);", "s t f", "s computed t; t free t; f free f; s loop s"),
    (
        "foreach (var (k, v) in d) f(k, v);",
        "k v d f",
        "k computed d; v computed d; d free d; f free f; k loop k; v loop v",
    ),
    ("{ int i = 1; f(i); } { int i; f(i); }", "i f I", "f free f *2; i assignment i; I declaration I"),
    (
        "switch (x) { case 1: case 2: y = 1; break; case int n when n > 2: y = n; break; default: f(y); break; } f(y);",
        "x y n f",
        "n copied x; y copied n; x free x; n pattern n *2; f free f *2; y free y; y assignment y",
    ),
    (
        "int y = k switch { 1 => x, int b when b > c => b, A { F: var d } => d, _ => 0 };",
        "y k x b c d",
        "b copied k; d computed k; y computed k; y computed x; y computed b *2; y computed c; y computed d; k free k; x free x; b pattern b *2; c free c; d pattern d",
    ),
    ("if (o is A a && a.b) f(a);", "o a f", "a copied o; o free o; a pattern a *2; f free f"),
    (
        "if (o is A { F: int p } q) f(p, q);",
        "o p q f",
        "p computed o; q copied o; o free o; f free f; p pattern p; q pattern q",
    ),
    ("if (o is null or A) f(o);", "o f", "o free o *2; f free f"),
    (
        "if (d.TryGetValue(k, out int v)) f(v);",
        "d k v f",
        "v computed d; v computed k; d free d; k free k; f free f; v assignment v",
    ),
    (
        "f(ref x, out y, out _); g(x, y);",
        "f x y g",
        "x computed f; x computed x; y computed f; y computed x; f free f; x free x; g free g; x assignment x; y assignment y",
    ),
    (
        "try { x = 1; x = 2; } catch (E e) when (e.A) { f(x, e); } finally { f(y); }",
        "x e f y",
        "e exception e *2; f free f *2; x assignment x; y free y",
    ),
    (
        "using (var r = f(x)) { g(r); } using var t = h(); g(t);",
        "r f x g t h",
        "r computed f; r computed x; t computed h; f free f; x free x; g free g *2; r context r; h free h; t context t",
    ),
    (
        "Func<int, int> f = x => x + y; f(3);",
        "f x y",
        "f computed x; f computed y; x parameter x; y free y; f assignment f",
    ),
    (
        "g((a, b) => { return a; }, (int c) => c, delegate (int d) { return d; });",
        "g a b c d",
        "g free g; a parameter a; c parameter c; d parameter d",
    ),
    (
        "var q = from c in cs where c.A > x select c.B;",
        "q c cs x",
        "c computed cs; q computed cs; q computed c *2; q computed x; cs free cs; c loop c *2; x free x",
    ),
    (
        "var q = from c in cs join o in os on c.I equals o.J into g let l = c.K orderby l select new { c.A, Z = l, g };",
        "q c cs o os g l",
        "c computed cs; o computed os; g computed os; l computed c; q computed cs; q computed os; q computed c *3; q computed o; q computed l *2; q computed g; cs free cs; os free os; c loop c *3; o loop o; l assignment l *2; g loop g",
    ),
    (
        "var q = from c in cs group c by c.K into g select g.Key;",
        "q c cs g",
        "c computed cs; g computed c *2; q computed cs; q computed c *2; q computed g; cs free cs; c loop c *2; g loop g",
    ),
    ("class A { int G() { return f; } int f = 1; }", "G f", "f field f"),
    (
        "class A { int f; A(int f) { this.f = f; } int G() => f + this.f; }",
        "f F G",
        "f copied F; F parameter F; f assignment f *2; f field f *2",
    ),
    (
        "class A { int p; public int P { get { return p; } set { p = 1; } } int Q => P; int R { get; set; } = 3; }",
        "p P Q R",
        "p assignment p; p field p; P field P",
    ),
    (
        "class A { int F(int n) { return n < 2 ? n : F(n - 1); } static void Main() { F(3); } }",
        "F n Main",
        "n parameter n *3; F function F *2",
    ),
    ("class A { int this[int i] { get { return a[i]; } } int[] a; }", "i a", "a field a; i parameter i"),
    ("record P(int a) { int B() => a; }", "a B", "a parameter a"),
    ("enum E { X = 1, Y = X }", "X Y", "Y copied X; X field X"),
    (
        "int m(int a, ref int b, int d = e, params int[] c) { return a + b + c[0]; }",
        "m a b d e c",
        "d copied e; e free e; a parameter a; b parameter b; c parameter c",
    ),
    ("void m() { int x = 1; int g(int y) => x + y; g(2); }", "m x g y", "g function g; x assignment x; y parameter y"),
    ('var s = $"a {x:F2} {y}";', "s x y", "s computed x; s computed y; x free x; y free y"),
    (
        "List<A> x = new List<A>(); A y = (A)x; z = x as A; w = typeof(B);",
        "x y z w",
        "y computed x; z computed x; x assignment x *2",
    ),
    ("using A.B; namespace C { [D] class E : F { G h; } }", "h", ""),
    ("outer: x = y; goto outer;", "x y", "x copied y; y free y"),
    (
        "var z = o?.m(x)?.n[y] ?? b;",
        "z o x y b",
        "z computed o; z computed x; z computed y; z computed b; o free o; x free x; y free y; b free b",
    ),
    (
        "int[] a = { x, y }; var b = new int[n]; var c = new[] { z };",
        "a x y b n c z",
        "a computed x; a computed y; b computed n; c computed z; x free x; y free y; n free n; z free z",
    ),
    ("int x = y +", "x y", "x free x; y free y"),
    ("void m(int a) { return a +", "m a", "m free m; a parameter a"),
    ("foreach (var i in", "i", "i free i"),
]

PHP = [
    ("<?php $x = $y; f($x);", "x y", "x copied y; y free y; x assignment x"),
    ("<?php $x = ($y); $z = $y + $y;", "x y z", "x copied y; z computed y *2; y free y *3"),
    ("<?php $a = $b = $c;", "a b c", "a copied c; b copied c; c free c"),
    ("<?php [$a, $b] = [$b, $a];", "a b", "b copied a; a copied b; b free b; a free a"),
    (
        "<?php list($a, , $b) = f($c); ['k' => $p, 'l' => [$q]] = $r; f($p);",
        "a b c p q r",
        "a computed c; b computed c; p computed r; q computed r; c free c; r free r; p assignment p",
    ),
    (
        "<?php $x += $y; $x .= 'a'; $x ??= $z;",
        "x y z",
        "x computed x *3; x computed y; x computed z; x free x; y free y; x augmented x *2; z free z",
    ),
    ("<?php $x = 1; $x++; --$x; f(-$x);", "x", "x computed x *2; x assignment x; x augmented x *2"),
    (
        "<?php $a[$i] = $v; $a[] = $w; f($a);",
        "a i v w",
        "a copied v; a copied w; v free v; a free a; i free i; w free w; a element a *2",
    ),
    (
        "<?php $o->f->g = $v; $a[$i]++; $x = &$y;",
        "o v a i x y",
        "o copied v; x copied y; v free v; o free o; a free a; i free i; y free y",
    ),
    (
        "<?php f($x, $o->m($y)->n($z), k: $w); new Foo($v); A::s($u); $g($t);",
        "x o y z w v u g t",
        "x free x; o free o; y free y; z free z; w free w; v free v; u free u; g free g; t free t",
    ),
    (
        "<?php $x = $c ? $a : $b; $y = $a ?: $b; $z = $a ?? $b;",
        "x c a b y z",
        "x computed c; x computed a; x computed b; y computed a; y computed b; z computed a; z computed b; c free c; a free a *3; b free b *3",
    ),
    ("<?php $x = 1; if ($c) { $x += 1; return; } f($x);", "x c", "x computed x; c free c; x assignment x *2"),
    (
        "<?php $x = 1; if ($c) $x++; elseif ($d) $x = 2; else $x--; f($x);",
        "x c d",
        "x computed x *2; c free c; x assignment x *3; d free d; x augmented x",
    ),
    ("<?php if ($c): $x = 1; else: $x = $y; endif; f($x);", "c x y", "x copied y; c free c; y free y; x assignment x"),
    (
        "<?php for ($i = 0, $j = $n; $i < $n; $i++, $j--) { $s += $i; }",
        "i j n s",
        "j copied n; s computed s; s computed i; i computed i; j computed j; n free n *2; i assignment i *3; i augmented i *3; s augmented s; j assignment j; j augmented j",
    ),
    (
        "<?php $x = 1; do { $x++; } while ($x < $n); f($x);",
        "x n",
        "x computed x; x assignment x; x augmented x *3; n free n",
    ),
    (
        "<?php $x = 1; while (true) { f($x); if ($c) { $x++; continue; } f($x); }",
        "x c",
        "x computed x; x assignment x *3; x augmented x *3; c free c",
    ),
    ("<?php foreach ($t as $s) f($s);", "t s", "s computed t; t free t; s loop s"),
    (
        "<?php foreach ($t as $k => $v) { f($k, $v); }",
        "t k v",
        "k computed t; v computed t; t free t; k loop k; v loop v",
    ),
    (
        "<?php foreach ($t as &$r) { $r = $x; } foreach ($t as [$a, 'b' => $b]) { f($a, $b); }",
        "t r x a b",
        "r computed t; r copied x; a computed t; b computed t; t free t *2; x free x; a loop a; b loop b",
    ),
    (
        "<?php switch ($x) { case 1: $y = 1; case 2: $y++; break; default: f($y); } f($y);",
        "x y",
        "y computed y; x free x; y assignment y; y free y; y augmented y",
    ),
    (
        "<?php $y = match (true) { $x > 1, $x < 0 => $a, default => $b };",
        "y x a b",
        "y computed x *2; y computed a; y computed b; x free x *2; a free a; b free b",
    ),
    (
        "<?php try { $x = 1; $x = 2; } catch (E | F $e) { f($x, $e); } finally { f($y); }",
        "x e y",
        "x assignment x; e exception e; y free y",
    ),
    (
        "<?php function f(int $a, &$b, $c = K, ...$d): int { global $x; static $n = 0; $n++; $x = $a; return $b + $c + $n; } echo $x;",
        "a b c K d x n",
        "c copied K; n computed n; x copied a; K free K; x assignment x; n assignment n; a parameter a; b parameter b; c parameter c; n augmented n",
    ),
    (
        "<?php $x = 1; $f = function ($a) use ($x, &$y) { $y = $x; return $a + $y; }; $f(2); echo $y;",
        "x f a X y",
        "X copied x; f computed x; y copied X; x assignment x; f assignment f; y assignment y *2; X parameter X; a parameter a",
    ),
    ("<?php $f = fn($a) => $a + $x;", "f a x", "f computed a; f computed x; a parameter a; x free x"),
    (
        "<?php class A { private $f = 1; static $s; const K = 2; function __construct(private $h, $i) { $this->f = $i; } function g() { return $this->f + self::$s + self::K + $this->h + $f; } }",
        "f s K h H i F",
        "f copied i; i parameter i; f assignment f; f field f; s field s; K field K; H field H; F free F",
    ),
    (
        "<?php function f() { $x = 1; return g($x); } function g($x) { return $x; }",
        "x X",
        "x assignment x; X parameter X",
    ),
    (
        "<?php echo \"a $x {$y['k']} $a[0] $o->p {$o->m($q)}\", <<<T",
        "x y a o q",
        "x free x; y free y; a free a; o free o *2; q free q",
    ),
    (
        "<?php sort($a); ksort($b, SORT_STRING); array_push($c, $d); $e = array_pop($c); fscanf(STDIN, '%d', $n); preg_match($p, $s, $m); f($a, $c, $n, $m);",
        "a b SORT_STRING c d e STDIN n p s m",
        "a computed a; b computed b; b computed SORT_STRING; c computed d; n computed STDIN; m computed p; m computed s; a free a; b free b; SORT_STRING free SORT_STRING; d free d; STDIN free STDIN; p free p; s free s; a augmented a; c element c; n assignment n; m assignment m",
    ),
    (
        "<?php unset($x, $a[$i]); f($x, isset($y)); $z = (int) $x; $o instanceof P; throw new E($x);",
        "x a i y z o",
        "z computed x; a free a; i free i; x free x *3; y free y; o free o",
    ),
    (
        "<?php const K = 2; define('L', 3); echo K, PHP_EOL; namespace\\f(); A::class; A::B;",
        "K PHP_EOL B",
        "K field K; PHP_EOL free PHP_EOL; B free B",
    ),
    ("<?php $x = $y ?? throw new E; f($x);", "x y", "x computed y; y free y; x assignment x"),
    ("<?php enum S: int { case A = 1; case B = 2; function m() { return self::A; } }", "A B", "A field A"),
    (
        "<?php function f($a) { for ($i = 0; $i < $a; $i++) { yield $i => $a; } }",
        "a i",
        "i computed i; i assignment i *3; i augmented i *3; a parameter a *2",
    ),
    ("<?php $x = $y +", "x y", "x free x; y free y"),
    ("<?php function f($a) { return $a +", "f a", "f free f; a parameter a"),
    ("<?php foreach ($a as", "a", "a free a"),
    ("<b><?= $x ?></b>", "x", "x free x"),
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


@pytest.mark.parametrize(("program", "variables", "edges"), CSHARP)
def test_csharp_edges__are_those_found_by_hand(program: str, variables: str, edges: str) -> None:
    assert named_edges(program, variables, "csharp") == expected_edges(edges)


@pytest.mark.parametrize(("program", "variables", "edges"), PHP)
def test_php_edges__are_those_found_by_hand(program: str, variables: str, edges: str) -> None:
    assert named_edges(program, variables, "php") == expected_edges(edges)


@pytest.mark.parametrize(
    ("language", "program"),
    [
        ("csharp", "while (c) { f(x); do { x = 1; if (e) continue; x++; } while (d); }"),
        ("php", "<?php while ($c) { f($x); do { $x = 1; if ($e) continue; $x++; } while ($d); }"),
    ],
)
def test_back_edges__reach_from_inner_loops_to_outer_ones(language: str, program: str) -> None:
    relations = {relation for x, relation, y in dataflow_edges(program, language) if x == y}
    assert {"assignment", "augmented", "free"} <= relations


@pytest.mark.parametrize(
    ("language", "program", "changed"),
    [
        ("csharp", "int F(int a, int b) { int x = a; int y = b; return G(x, y, x); }", ("x = a", "x = b")),
        ("csharp", "int F(int[] xs) { int s = 0; foreach (int x in xs) s = s + x; return s; }", ("s = s + x", "s = x")),
        ("csharp", "void F(D d, K k) { d.TryGetValue(k, out int v); G(v); }", ("out int v", "out _")),
        ("php", "<?php function f($a, $b) { $x = $a; $y = $b; return g($x, $y, $x); }", ("$x = $a", "$x = $b")),
        ("php", "<?php function f($xs) { foreach ($xs as $x) { $s = $s + $x; } }", ("$s = $s + $x", "$s = $x")),
        ("php", "<?php $f = function () use (&$x) { $x = 1; }; $f(); echo $x;", ("use (&$x) ", "")),
    ],
)
def test_other_flow__lowers_the_match(language: str, program: str, changed: tuple[str, str]) -> None:
    assert dataflow_match(program, program, language) == 1.0
    assert dataflow_match(program, program.replace(*changed), language) < 1.0


@pytest.mark.parametrize("language", ["csharp", "php"])
def test_procedural_programs__have_no_free_variable_but_what_the_language_brings(language: str) -> None:
    known = {
        "csharp": {"Console", "Math", "Array", "Enumerable", "StringSplitOptions", "StringComparer", "Convert"},
        "php": {"STDIN", "PHP_EOL", "SORT_STRING", "PREG_SPLIT_NO_EMPTY"},
    }[language]
    problems = procedural((language,), seed=2)
    for index in range(60):
        program = problems[index].reference
        free = [x for x, relation, _ in dataflow_edges(program, language) if relation == "free"]
        assert len(free) <= sum(name in program for name in known), program


@pytest.mark.parametrize("language", ["csharp", "php"])
def test_unfinished_programs__have_edges_at_every_length(language: str) -> None:
    program = procedural((language,), seed=3)[4].reference
    scores = [dataflow_match(program, program[:length], language) for length in range(0, len(program), 7)]
    assert all(0.0 <= score <= 1.0 for score in scores)
    assert scores[-1] > scores[len(scores) // 2] > 0.0
    assert dataflow_match(program, program, language) == 1.0
