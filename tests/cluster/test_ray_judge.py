"""A judge on a cluster: the verdicts of the local one, whatever happens to the machines."""

from __future__ import annotations

import os
import re
import shutil
import socket
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from ray_nodes import STORE, by_value

from codegym import Judge
from codegym.cluster import Cluster
from codegym.errors import ConfigurationError, IsolationError, ToolchainMissingError, UnknownNameError
from codegym.types import CompileResult, Grade, HarnessTest, TestCase

PROGRAMS = {
    "python": ["print(int(input()) + 1)", "print(int(input()) - 1)", "print(", "x = [", "raise SystemExit(3)"],
    "c": [
        '#include <stdio.h>\nint main(void) { int n; scanf("%d", &n); printf("%d\\n", n + 1); }',
        "int main(void) { return 3; }",
        "int main(void) { return undeclared; }",
    ],
    "cpp": [
        "#include <iostream>\nint main() { int n; std::cin >> n; std::cout << n + 1; }",
        "int main() { throw 3; }",
        "int main() { return undeclared; }",
    ],
    "csharp": [
        "class P { static void Main() { System.Console.Write(int.Parse(System.Console.ReadLine()) + 1); } }",
        "class P { static int Main() { return 3; } }",
        "class P { static void Main() { undeclared(); } }",
    ],
    "java": [
        "class Main { public static void main(String[] a) {"
        " System.out.println(new java.util.Scanner(System.in).nextInt() + 1); } }",
        "class Main { public static void main(String[] a) { System.exit(3); } }",
        "class Main { public static void main(String[] a) { undeclared(); } }",
    ],
    "php": ["<?php echo (int) fgets(STDIN) + 1;", "<?php echo 1;", "<?php echo (;"],
}
SLOW = ("java",)
TESTS = [TestCase("1\n", "2\n"), TestCase("41\n", "42\n")]


@pytest.fixture(scope="module")
def remote(cluster: Cluster) -> Judge:
    return Judge(backend="ray", cluster=cluster)


@pytest.mark.parametrize(
    "language", [pytest.param(name, marks=[pytest.mark.slow] * (name in SLOW)) for name in PROGRAMS]
)
def test_judge__on_a_cluster_has_the_verdicts_of_the_local_one(remote: Judge, language: str) -> None:
    programs = PROGRAMS[language]
    tests = [TESTS] * len(programs)
    try:
        with Judge(workers=1) as local:
            expected = [
                local.map_compile(language, programs),
                local.map_grade(language, programs),
                local.map_grade(language, programs, tests),
                local.run(language, programs[0], "7\n"),
            ]
    except ToolchainMissingError as error:
        pytest.skip(str(error))
    assert expected == [
        remote.map_compile(language, programs),
        remote.map_grade(language, programs),
        remote.map_grade(language, programs, tests),
        remote.run(language, programs[0], "7\n"),
    ]


def test_judge__on_a_cluster_runs_harnesses(remote: Judge) -> None:
    grade = remote.grade("python", "def one(): return 1", [HarnessTest("assert one() == 1"), HarnessTest("one(2)")])
    assert grade.outcomes == ("passed", "runtime_error")


def test_judge__remembers_verdicts_here(remote: Judge, cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    programs = [f"x = {number}" for number in range(8)]
    verdicts = remote.map_compile("python", programs)

    def submit(*arguments: object) -> None:
        raise AssertionError("asked again")

    monkeypatch.setattr(Cluster, "submit", submit)
    assert remote.map_compile("python", programs) == verdicts


def test_judge__on_a_cluster_is_asked_by_several_threads(remote: Judge) -> None:
    answers: dict[int, list[CompileResult]] = {}

    def ask(number: int) -> None:
        answers[number] = remote.map_compile("python", [f"y = {number} +{' ' * (place % 2)}" for place in range(20)])

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [[verdict.ok for verdict in answers[number]] for number in range(4)] == [[False] * 20] * 4


def test_judge__a_closed_one_leaves_a_shared_cluster_open(cluster: Cluster) -> None:
    with Judge(backend="ray", cluster=cluster) as judge:
        assert judge.compile("python", "x = 1").ok
        assert judge.worker_pids() == ()
    with pytest.raises(ConfigurationError, match="closed"):
        judge.compile("python", "x = 1")
    assert not cluster.closed


def test_judge__refuses_arguments_that_do_not_fit(cluster: Cluster) -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'ray'"):
        Judge(backend="rays")  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="backend='ray'"):
        Judge(address="auto")
    with pytest.raises(ConfigurationError, match="leave both out"):
        Judge(backend="ray", cluster=cluster, workers=2)


@pytest.mark.slow
def test_judge__a_node_killed_in_the_middle_costs_no_verdict(nodes: Any, cluster: Cluster) -> None:
    # Each takes a while and has another answer, so that many are under way when the node goes.
    programs = [f"import time\ntime.sleep(0.05)\nprint(int(input()) + {place % 3})  # {place}" for place in range(150)]
    programs[::10] = [f"x = [{place}" for place in range(len(programs[::10]))]
    tests = [TESTS] * len(programs)
    with Judge(workers=2) as local:
        expected = local.map_grade("python", programs, tests)
    stays, goes = (nodes.add_node(num_cpus=1, object_store_memory=STORE) for _ in range(2))
    with Cluster(workers=2) as pair, Judge(backend="ray", cluster=pair) as judge:
        pair.wait()
        grades: list[Grade] = []
        asking = threading.Thread(target=lambda: grades.extend(judge.map_grade("python", programs, tests)))
        asking.start()
        time.sleep(1.5)
        assert asking.is_alive()
        nodes.remove_node(goes, allow_graceful=False)
        asking.join()
        assert grades == expected
        # The worker that was lost comes back with a new machine.
        goes = nodes.add_node(num_cpus=1, object_store_memory=STORE)
        while len({*pair.submit(by_value(slow_node), range(8)).result()}) < 2:
            pass
    nodes.remove_node(goes)
    nodes.remove_node(stays)


def slow_node(numbers: Sequence[int]) -> list[str]:
    """Returns the id of the node that each number came to."""
    import ray

    time.sleep(0.1)
    return [str(ray.get_runtime_context().get_node_id()) for _ in numbers]


@pytest.mark.slow
def test_judge__names_the_node_that_cannot_isolate_or_lacks_a_compiler(nodes: Any, cluster: Cluster) -> None:
    poor = nodes.add_node(num_cpus=1, object_store_memory=STORE, env_vars={"PATH": "/nowhere"})
    with Cluster(workers=1) as lonely:
        with (
            Judge(backend="ray", cluster=lonely, isolation="namespaces") as judge,
            pytest.raises(IsolationError, match=f"{socket.gethostname()} cannot isolate them. namespaces: "),
        ):
            judge.compile("python", "x = 1")
        with (
            Judge(backend="ray", cluster=lonely, isolation="none") as judge,
            pytest.raises(ToolchainMissingError, match=f"not on the PATH of {socket.gethostname()}"),
        ):
            judge.map_grade("c", ["int main(void) { return 0; }"])
    nodes.remove_node(poor)


@pytest.mark.slow
def test_judge__refuses_a_node_with_another_version_of_a_compiler(nodes: Any, cluster: Cluster, tmp_path: Path) -> None:
    real = shutil.which("gcc")
    if real is None:
        pytest.skip("gcc is not installed")
    other = tmp_path / "gcc"
    other.write_text(
        f'#!/bin/sh\ncase "$*" in *--version*) echo "gcc (Elsewhere) 99.1.0";; *) exec {real} "$@";; esac\n'
    )
    other.chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    added = [
        nodes.add_node(num_cpus=1, object_store_memory=STORE, env_vars={"PATH": where})
        for where in (path, os.environ["PATH"])
    ]
    programs = [f"int main(void) {{ return {number}; }}" for number in range(40)]
    host = re.escape(socket.gethostname())
    with Cluster(workers=2) as pair, Judge(backend="ray", cluster=pair) as judge:
        pair.wait()
        with pytest.raises(ConfigurationError, match=rf"Verdicts on C would depend .*: {host} has .*, and {host} has"):
            judge.map_compile("c", programs)
        with pytest.raises(ConfigurationError, match=r"has .*99\.1\.0"):
            judge.map_compile("c", programs)
    for node in added:
        nodes.remove_node(node)
