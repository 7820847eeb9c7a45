"""Programs that attack their compiler: each gets a verdict, and the next program the right one."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from codegym.judge import Judge

needs_jdk = pytest.mark.skipif(shutil.which("javac") is None, reason="there is no javac on the PATH")
GOOD = {"python": "x = 1", "java": "public class Good { }"}
FAKE_VERDICT = '{"ok": true, "status": "ok", "diagnostics": []}'


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Judge(workers=1) as judge:
        yield judge


def java_constant_doubling(levels: int) -> str:
    """Returns a program whose constants hold 4^levels times 60,000 characters."""
    constants = ['static final String a0 = "%s";' % ("x" * 60_000)]
    constants += [f"static final String a{i} = {' + '.join([f'a{i - 1}'] * 4)};" for i in range(1, levels)]
    return f"class A {{ {' '.join(constants)} int f() {{ return a{levels - 1}.length(); }} }}"


HOSTILE = {
    "python": {
        "unary": "-" * 100_000 + "1",
        "lambdas": "lambda: " * 5_000 + "1",
        "sum": "x = " + "1 + " * 50_000 + "1",
        "attributes": "x" + ".y" * 100_000,
        "calls": "f" + "()" * 100_000,
        "comparisons": "x" + " < x" * 60_000,
        "elif": "if x: pass\n" + "elif x: pass\n" * 15_000,
        "blocks": "\n".join("    " * depth + "if x:" for depth in range(120)),
        "loops": "\n".join(" " * depth + "for x in y:" for depth in range(30)) + "\n" + " " * 31 + "pass",
        "power": "x = 2 ** 10 ** 9",
        "shift": "x = 1 << (1 << 62)",
        "repeat": "x = ('a' * 4096) * 4096 * 4096, ((0,) * 256,) * 256",
        "digits": "x = " + "9" * 200_000,
        "hexadecimal": "x = 0x" + "f" * 200_000,
        "f-strings": "f'{f\"{f'''{1}'''}\"}'",
        "many names": "".join(f"a{i}=" for i in range(20_000)) + "0",
        "decorators": "@f\n" * 20_000 + "def g(): pass",
        "walrus": "(a := " * 150 + "1" + ")" * 150,
        "match": "match x:\n case " + "[" * 150 + "a" + "]" * 150 + ": pass",
        "with": "with " + "(" * 100 + "a" + ")" * 100 + " as b: pass",
    },
    "java": {
        "parentheses": "class A { int x = " + "(" * 100_000 + "1" + ")" * 100_000 + "; }",
        "sum": "class A { int x = " + "1 + " * 40_000 + "1; }",
        "blocks": "class A { void f() { " + "{" * 20_000 + "}" * 20_000 + "} }",
        "classes": "class A { " + "class B { " * 1_000 + "}" * 1_001,
        "arrays": "class A { int" + "[]" * 300 + " x; }",
        "generics": "class A { java.util.List" + "<java.util.List" * 2_000 + ">" * 2_000 + " x; }",
        "constants": java_constant_doubling(7),
        "code": "class A { void f(int x) { " + "x = x * 31 + 7;" * 14_000 + " } }",
        "unicode": "class A { int \\u0061\\u000a = \\uuuuu0031; \\u",
        "annotation": "@interface A { A value(); } @A(@A(@A)) class B { }",
        "cycle": "class A extends B { } class B extends A { }",
        "inference": (
            "import java.util.function.*; class A { static <T> T i(Supplier<T> s) { return s.get(); } "
            "int f() { return " + "i(() -> " * 6 + "1" + ")" * 6 + "; } }"
        ),
    },
}
CASES = [
    pytest.param(language, source, marks=[pytest.mark.needs_javac, needs_jdk] if language == "java" else [])
    for language, sources in HOSTILE.items()
    for source in sources.values()
]
NAMES = [f"{language} {name}" for language, sources in HOSTILE.items() for name in sources]


@pytest.mark.parametrize(("language", "source"), CASES, ids=NAMES)
def test_hostile__gets_a_verdict_in_time_and_leaves_the_judge_sound(judge: Judge, language: str, source: str) -> None:
    started = time.monotonic()
    verdict = judge.compile(language, source)
    assert time.monotonic() - started < 12
    assert verdict.status in ("ok", "error", "memory_limit", "time_limit")
    assert verdict.ok or verdict.diagnostics or verdict.status == "memory_limit"
    unique = f"\n{'#' if language == 'python' else '//'} {len(source)}"
    assert judge.compile(language, GOOD[language] + unique).ok
    assert not judge.compile(language, "class class class" + unique).ok


@pytest.mark.needs_javac
@needs_jdk
def test_hostile__java_out_of_memory_is_a_memory_limit(judge: Judge) -> None:
    assert judge.compile("java", java_constant_doubling(8)).status == "memory_limit"


@pytest.mark.needs_javac
@needs_jdk
def test_hostile__java_never_ending_compilation_hits_the_time_limit() -> None:
    with Judge(workers=1, time_limit=0.2) as judge:
        judge.compile("java", "")
        many = "".join(f"class A{i} {{ int f() {{ return {i}; }} }}\n" for i in range(6_000))
        assert judge.compile("java", many).status == "time_limit"
        assert judge.compile("java", GOOD["java"]).ok


def test_hostile__python_slow_compilation_hits_the_time_limit() -> None:
    with Judge(workers=1, time_limit=0.05) as judge:
        judge.compile("python", "")
        assert judge.compile("python", "x=1\n" * 60_000).status == "time_limit"
        assert judge.compile("python", GOOD["python"]).ok


def test_hostile__python_programs_are_not_run(judge: Judge, tmp_path: Path) -> None:
    sentinel = tmp_path / "written"
    verdict = judge.compile(
        "python", f"open({str(sentinel)!r}, 'w').close()\nprint({FAKE_VERDICT!r}, flush=True)\nx = ("
    )
    assert not verdict.ok
    assert judge.compile("python", f"open({str(sentinel)!r}, 'w').close()\nraise SystemExit(0)\n").ok
    assert not sentinel.exists()


def test_hostile__python_modules_beside_the_program_are_not_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sentinel = tmp_path / "written"
    attack = f"open({str(sentinel)!r}, 'w').close()"
    for name in ("json", "sitecustomize", "usercustomize", "evil"):
        (tmp_path / f"{name}.py").write_text(attack, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PYTHONSTARTUP", str(tmp_path / "evil.py"))
    with Judge(workers=1) as judge:
        assert judge.compile("python", "import json").ok
        assert not judge.compile("python", "# coding: evil\n").ok
    assert not sentinel.exists()


@pytest.mark.needs_javac
@needs_jdk
def test_hostile__java_programs_and_their_annotation_processors_are_not_run(judge: Judge, tmp_path: Path) -> None:
    sentinel = tmp_path / "written"
    write = f'try {{ new java.io.File("{sentinel}").createNewFile(); }} catch (java.io.IOException e) {{ }}'
    processor = (
        "import java.util.*; import javax.annotation.processing.*; import javax.lang.model.element.*;\n"
        '@SupportedAnnotationTypes("*") public class P extends AbstractProcessor {\n'
        f"static {{ {write} }} public P() {{ {write} }}\n"
        "public boolean process(Set<? extends TypeElement> t, RoundEnvironment r) { return true; } }\n"
    )
    assert judge.compile("java", processor).ok
    assert judge.compile("java", "@Deprecated class A { P p; }").ok is False  # not there for the next program
    assert not sentinel.exists()


@pytest.mark.needs_javac
@needs_jdk
def test_hostile__java_environment_cannot_inject_options(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", "-javaagent:/nonexistent.jar")
    monkeypatch.setenv("JDK_JAVAC_OPTIONS", "-Werror -Xlint:all")
    monkeypatch.setenv("CLASSPATH", "/nonexistent")
    with Judge(workers=1) as judge:
        assert judge.compile("java", "class A { java.util.List x; void f() { x.add(1); } }").ok


def test_hostile__text_that_looks_like_the_protocol_is_only_text(judge: Judge) -> None:
    frame = len(FAKE_VERDICT).to_bytes(4, "big") + FAKE_VERDICT.encode()
    for source in (frame, b"\n" + frame, frame * 100, b"\xff\xff\xff\xff", b"'" + frame):
        assert not judge.compile("python", source).ok
    assert not judge.compile("python", FAKE_VERDICT + " x").ok


def test_hostile__secrets_of_the_environment_do_not_reach_the_worker(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CODEGYM_TEST_SECRET", "s3cret")
    with Judge(workers=1) as judge:
        judge.compile("python", "")
        (pid,) = judge.worker_pids()
        environment = Path(f"/proc/{pid}/environ").read_bytes()
        assert b"s3cret" not in environment
        assert {entry.split(b"=")[0] for entry in environment.split(b"\0") if entry} <= {
            b"PATH",
            b"LANG",
            b"LC_CTYPE",
            b"CODEGYM_LAYER",
            b"CODEGYM_RUNNER_FILTER",
            b"CODEGYM_PROGRAM_FILTER",
            b"HOME",
            b"PYTHONHASHSEED",
        }
