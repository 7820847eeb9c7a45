"""PHP's workers: verdicts like those of `php -l`, programs run as by `php`, and the proof that one came to its end."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from codegym.errors import ToolchainMissingError
from codegym.languages.php.toolchain import COMPILE_WORKER, EXTENSIONS, SETTINGS, TOOLCHAIN

pytestmark = pytest.mark.skipif(
    shutil.which("php") is None, reason="php is not installed: sudo apt-get install --no-install-recommends php-cli"
)


class Worker:
    """A compile worker without a sandbox."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            TOOLCHAIN.compile_worker().arguments,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=folder,
            env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": str(folder)},
        )
        self.hello = self.receive()

    def receive(self) -> bytes:
        assert self.process.stdout is not None
        return self.process.stdout.read(int.from_bytes(self.process.stdout.read(4), "big"))

    def send(self, request: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(len(request).to_bytes(4, "big") + request)
        self.process.stdin.flush()

    def check(self, program: bytes) -> dict[str, Any]:
        self.send(b"C" + program)
        verdict: dict[str, Any] = json.loads(self.receive())
        return verdict

    def build(self, program: bytes) -> tuple[dict[str, Any], bytes]:
        self.send(b"B" + program)
        return json.loads(self.receive()), self.receive()


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    worker = Worker(tmp_path_factory.mktemp("php"))
    yield worker
    worker.process.communicate(timeout=10)
    assert worker.process.returncode == 0
    assert list(worker.folder.iterdir()) == []


def lint_status(program: bytes, folder: Path) -> int:
    """Returns the exit status of the reference command."""
    command = TOOLCHAIN.compile_worker().arguments
    options = command[command.index(str(COMPILE_WORKER)) + 1 :]
    (folder / "program.php").write_bytes(program)
    return subprocess.run(
        [command[0], "-n", *options, "-l", "program.php"], cwd=folder, capture_output=True, check=False
    ).returncode


def test_says_hello(worker: Worker) -> None:
    assert worker.hello == b'{"protocol": 2}'


@pytest.mark.parametrize(
    ("program", "line", "code"),
    [
        (b"<?php\n$x = ;", 2, "ParseError"),
        (b"<?php\n\nfunction f() {}\nfunction f() {}", 4, "E_COMPILE_ERROR"),
        (b"<?php class A { public private $x; }", 1, "CompileError"),
        (b"<?php final class A {}\nclass B extends A {}", 2, "E_COMPILE_ERROR"),
        (b"<?php interface I {} class A extends I {}", 1, "E_COMPILE_ERROR"),
        (b"<?php class A { abstract function f(); }", 1, "E_ERROR"),
        (
            b"<?php class P { function f(int $x) {} } class C extends P { function f(string $x) {} }",
            1,
            "E_COMPILE_ERROR",
        ),
        (b"<?php break;", 1, "E_COMPILE_ERROR"),
        (b"<?php function strlen() {}", 1, "E_COMPILE_ERROR"),
        (b"<?php echo 1;\ndeclare(strict_types=1);", 2, "E_COMPILE_ERROR"),
        (b"<?php \xff error", 1, "ParseError"),
        (b"only text", 1, "TEXT"),
        (b"\n\nonly text", 1, "TEXT"),
        (b"<?php echo 1;\n?>\n more", 3, "TEXT"),
        (b"<?php // a comment ends here: ?> text", 1, "TEXT"),
        (b"<?php function f() { ?> text <?php }", 1, "TEXT"),
        (b"<?php\n__halt_compiler(); ){", 2, "TEXT"),
    ],
)
def test_rejects(worker: Worker, program: bytes, line: int, code: str) -> None:
    verdict, built = worker.build(program)
    (diagnostic,) = verdict["diagnostics"]
    assert (verdict["ok"], verdict["status"], built) == (False, "error", b"")
    assert (diagnostic["line"], diagnostic["column"], diagnostic["code"]) == (line, 0, code)
    assert diagnostic["severity"] == "error"
    assert diagnostic["message"]
    assert "program://" not in diagnostic["message"]


@pytest.mark.parametrize(
    "program",
    [
        b"",
        b"<?php",
        b"<?= 1 ?>",
        b"#!/usr/bin/php\n<?php declare(strict_types=1); namespace A;",
        b"<?php class B extends Undefined {}",
        b"<?php class Program {} class Source {} function main() {} function receive() {} const URL = 1;",
        b"<?php function posix_kill() {}",
        b"\n<?PHP echo '?>', 1; /* ?> */ ?>\n",
        b"<?php __halt_compiler();\n",
        b'<?php $\xff = 1; echo "\xfe";',
        b"<?php function f(int $a = 1, $b) {}",  # deprecated
        b"<?php trait T { abstract function f(); } class B { use T; }",
    ],
)
def test_accepts_and_builds_the_source(worker: Worker, program: bytes, tmp_path: Path) -> None:
    assert worker.build(program) == ({"ok": True, "status": "ok", "diagnostics": []}, program)
    assert lint_status(program, tmp_path) == 0


def test_agrees_with_the_command_on_mutants(worker: Worker, tmp_path: Path) -> None:
    program = b"""<?php namespace A; use Countable; abstract class P { abstract function f(array $x): int; }
    final class Q extends P implements Countable { function f(array $x): int { foreach ($x as $k => $v) { if ($k)
    continue; break; } return 1; } function count(): int { return 2; } }
    $q = new Q; echo $q->f([1, ...[2]]), "$q[0]";"""
    words = program.split(b" ")
    accepted = 0
    for place in range(2, len(words), 3):
        mutant = b" ".join(words[:place] + words[place + 1 :])
        accepted += worker.check(mutant)["ok"]
        assert worker.check(mutant)["ok"] == (lint_status(mutant, tmp_path) == 0), mutant
    assert 0 < accepted < len(words) // 3


def test_no_program_runs_or_leaves_anything(worker: Worker) -> None:
    program = b"<?php file_put_contents('ran', '1'); function left() {} define('LEFT', 1); class Left {} exit(3);"
    for _ in range(3):
        assert worker.check(program)["ok"]
    assert not (worker.folder / "ran").exists()


def test_a_crash_of_the_compiler_is_the_programs_error(worker: Worker) -> None:
    verdict = worker.check(b"<?php $x = 1" + b"+1" * 200_000 + b";")
    assert verdict["status"] == "error"
    assert verdict["diagnostics"][0]["code"] == "crash"
    assert worker.check(b"<?php echo 1;")["ok"]


def test_memory_limit(worker: Worker) -> None:
    verdict = worker.check(b"<?php $x = [" + b"1," * 3_000_000 + b"];")
    assert verdict == {"ok": False, "status": "memory_limit", "diagnostics": []}
    assert worker.check(b"<?php echo 1;")["ok"]


def test_ends_with_its_input_in_the_middle_of_a_program(tmp_path: Path) -> None:
    worker = Worker(tmp_path)
    worker.send(b"C<?php $x = [" + b"1," * 2_000_000 + b"];")
    worker.process.communicate(timeout=10)
    assert worker.process.returncode == 0


def run(
    program: bytes, folder: Path, stdin: bytes = b"", marker: str = "", natural: bool = False
) -> tuple[int, bytes, bytes, bytes]:
    """Runs a program and returns its exit status, its output, its errors and what it wrote to file descriptor 4."""
    file = folder / "program.php"
    file.write_bytes(program)
    command = TOOLCHAIN.run_arguments(str(file))
    if natural:
        options = command[: command.index(SETTINGS[0]) - 1]
        command = (*options, *(part for setting in SETTINGS for part in ("-d", setting)), str(file))
    marker_in, marker_in_writer = os.pipe()
    marker_out, marker_out_writer = os.pipe()
    os.write(marker_in_writer, marker.encode() + b"\n")
    os.close(marker_in_writer)
    inherit = f'exec 3<&{marker_in} 4>&{marker_out_writer}; exec "$@"'
    done = subprocess.run(
        ["bash", "-c", inherit, "bash", *command],
        input=stdin,
        capture_output=True,
        pass_fds=(marker_in, marker_out_writer),
        check=False,
    )
    os.close(marker_in)
    os.close(marker_out_writer)
    with os.fdopen(marker_out, "rb") as proof:
        return done.returncode, done.stdout, done.stderr, proof.read()


ENDS = {
    b"<?php echo 1;": True,
    b"<?php echo 1; // no end of line": True,
    b"<?php echo 1; ?>\n": True,
    b"just text": True,
    b"before <?php echo 1;": True,
    b"<?php namespace A { echo 1; }": True,
    b"<?php declare(strict_types=1); namespace A\\B; echo __NAMESPACE__;": True,
    b"<?php namespace A; function f() { return 5; } echo namespace\\f();": True,
    b"<?php goto end; echo 1; end:": True,
    b"<?php echo <<<A\nfoo\nA;": True,
    b"<?php class A { function __destruct() { echo 'D'; } } $a = new A; echo 1;": True,
    b"<?php register_shutdown_function(function () { echo 'S'; exit(3); }); echo 1;": True,
    b"<?php echo $undefined, 1;": True,
    b"<?php exit(0);": False,
    b"<?php die('x');": False,
    b"<?php echo 1; return; echo 2;": False,
    b"<?php echo 1; return 'm4rk3r';": False,
    b"<?php missing();": False,
    b"<?php throw new Exception('a');": False,
    b"<?php set_exception_handler(fn ($e) => print('H' . $e->getTraceAsString())); throw new Exception('a');": False,
    b"<?php assert(1 === 2);": False,
    b"<?php register_shutdown_function(function () { include __FILE__; }); exit(0);": False,
    b"<?php try { exit(0); } finally { echo 'f'; }": False,
    b"<?php function f() { return true; } ?>\nif (!f()) { throw new Exception; }": False,
    b"<?php echo fread(fopen(__FILE__, 'r'), __COMPILER_OFFSET__); __halt_compiler(); $tested = true;": False,
    b"<?php stream_wrapper_unregister('php'); class W { function stream_open() { return true; } "
    b"function stream_write($x) { echo $x; } } stream_wrapper_register('php', 'W'); exit(0);": False,
}


@pytest.mark.parametrize(("program", "completes"), ENDS.items())
def test_the_marker_comes_back_at_the_end_and_in_no_other_case(program: bytes, completes: bool, tmp_path: Path) -> None:
    natural = run(program, tmp_path, natural=True)
    marked = run(program, tmp_path, marker="m4rk3r")
    assert marked[:2] == natural[:2] == run(program, tmp_path)[:2]
    assert marked[3] == (b"m4rk3r" if completes else b"")


def test_a_program_sees_what_it_would_see_without_us(tmp_path: Path) -> None:
    program = b"""<?php
    $count = 1;
    function f() { global $count; return ++$count; }
    echo f(), $GLOBALS['count'], $argc, json_encode([$argv, $_SERVER['argv'], $_SERVER['SCRIPT_NAME'], __FILE__]);
    echo json_encode([debug_backtrace(), array_keys(get_defined_vars()), get_defined_functions()['user']]);
    echo ctype_alpha('abc'), fgets(STDIN), readline(), stream_get_contents(STDIN), PHP_SAPI;
    fprintf(STDERR, 'e');
    trigger_error('w');
    """
    ours, natural = (run(program, tmp_path, b"one\ntwo\nthree\n", natural=how) for how in (False, True))
    assert ours[:3] == natural[:3]
    assert b"three" in ours[1]


def test_a_program_finds_the_marker_nowhere(tmp_path: Path) -> None:
    program = b"""<?php
    $seen = print_r([$GLOBALS, get_defined_constants(), $_SERVER, $_ENV, getenv(), ini_get_all()], true);
    $seen .= print_r(get_defined_functions()['user'], true) . print_r(debug_backtrace(), true);
    foreach (get_declared_classes() as $name) {
        $class = new ReflectionClass($name);
        if (!$class->isInternal()) $seen .= print_r($class->getStaticProperties(), true);
    }
    foreach (get_resources('stream') as $stream) {
        if (get_resource_id($stream) < 4) continue;
        $seen .= print_r(stream_get_meta_data($stream), true) . @stream_get_contents($stream, -1, 0)
            . @fread($stream, 999);
    }
    foreach (range(3, 20) as $number) {
        $stream = @fopen("php://fd/$number", 'r');
        if (!$stream) continue;
        stream_set_blocking($stream, false);
        @fseek($stream, 0);
        $seen .= @fread($stream, 9999);
    }
    foreach (get_included_files() as $file) $seen .= file_get_contents($file) . highlight_file($file, true);
    echo strlen($seen) > 10000 ? 'looked' : '', strpos($seen, 'm4rk' . '3r') === false ? '' : 'found';
    """
    status, output, errors, proof = run(program, tmp_path, marker="m4rk3r")
    assert (status, output, errors, proof) == (0, b"looked", b"", b"m4rk3r")


def test_version_names_the_extensions() -> None:
    version = TOOLCHAIN.version()
    assert version is not None
    assert version.startswith("PHP ")
    assert any(extension in version for extension in EXTENSIONS)


def test_a_missing_php_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert TOOLCHAIN.version() is None
    for command in (TOOLCHAIN.compile_worker, TOOLCHAIN.run_worker):
        with pytest.raises(ToolchainMissingError, match="sudo apt-get install --no-install-recommends php-cli"):
            command()
