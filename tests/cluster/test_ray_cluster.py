"""The workers of a cluster: order, errors, and what becomes of a list when workers die."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from ray_nodes import by_value

from codegym.cluster import Cluster
from codegym.errors import ClusterError, ConfigurationError, IsolationError, MissingDependencyError


def squares(numbers: Sequence[int]) -> list[int]:
    return [number * number for number in numbers]


def test_submit__keeps_the_order(cluster: Cluster) -> None:
    assert cluster.workers == 2
    assert cluster.submit(by_value(squares), range(100)).result() == [number * number for number in range(100)]
    assert cluster.submit(by_value(squares), []).result() == []


def test_submit__both_nodes_take_part(cluster: Cluster) -> None:
    def node(numbers: Sequence[int]) -> list[str]:
        import ray

        time.sleep(0.2)
        return [ray.get_runtime_context().get_node_id() for _ in numbers]

    assert len({*cluster.submit(by_value(node), range(12)).result()}) == 2


def test_submit__an_item_that_kills_its_worker_spoils_no_other(cluster: Cluster) -> None:
    def deadly(numbers: Sequence[int]) -> list[int]:
        if 5 in numbers:
            os._exit(1)
        return list(numbers)

    results = cluster.submit(by_value(deadly), range(60)).result()
    (error,) = (result for result in results if isinstance(result, ClusterError))
    assert "3 workers were lost with the same item" in str(error)
    assert results == [*range(5), error, *range(6, 60)]


@pytest.mark.slow
def test_submit__gives_up_a_worker_that_hangs(cluster: Cluster) -> None:
    def hangs_once(paths: Sequence[str]) -> list[str]:
        for path in paths:
            try:
                os.close(os.open(path, os.O_CREAT | os.O_EXCL))
            except FileExistsError:
                continue
            time.sleep(600)
        return list(paths)

    path = f"/tmp/codegym-hang-{os.getpid()}"
    try:
        assert cluster.submit(by_value(hangs_once), [path], patience=2.0).result() == [path]
    finally:
        Path(path).unlink()


def test_submit__raises_what_the_function_raises(cluster: Cluster) -> None:
    def refuse(numbers: Sequence[int]) -> list[int]:
        raise IsolationError(["namespaces: not allowed", "landlock: too old"], "worker-7")

    with pytest.raises(IsolationError, match="worker-7 cannot isolate them") as caught:
        cluster.submit(by_value(refuse), range(10)).result()
    assert caught.value.failures == ("namespaces: not allowed", "landlock: too old")

    def broken(numbers: Sequence[int]) -> list[int]:
        raise ZeroDivisionError("a bug")

    with pytest.raises(ZeroDivisionError, match="a bug"):
        cluster.submit(by_value(broken), range(10)).result()


def test_cluster__says_what_was_tried_where_there_is_none() -> None:
    # In a process of its own: this one is connected.
    script = (
        "from codegym.cluster import Cluster\nfrom codegym.errors import ClusterError\n"
        "try:\n    Cluster('127.0.0.1:1')\nexcept ClusterError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "No Ray cluster answers at address '127.0.0.1:1'" in done.stdout
    assert "Connection refused" in done.stdout
    assert "tested: 2.60.0" in done.stdout


def test_cluster__of_another_address_is_refused(cluster: Cluster) -> None:
    with pytest.raises(ConfigurationError, match="is connected to the Ray cluster"):
        Cluster("10.9.8.7:6379")


@pytest.mark.parametrize("options", [{"workers": 0}, {"retries": -1}])
def test_cluster__refuses_senseless_numbers(options: dict[str, int]) -> None:
    with pytest.raises(ConfigurationError):
        Cluster(**options)  # type: ignore[arg-type]


def test_cluster__without_ray_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'codegym\[ray\]'"):
        Cluster("auto")


def test_close__ends_what_waits_and_refuses_what_comes(cluster: Cluster) -> None:
    with Cluster(workers=1) as waiting:  # there is no free CPU for it
        pending = waiting.submit(by_value(squares), range(3))
    with pytest.raises(ConfigurationError, match="closed"):
        pending.result(timeout=60)
    with pytest.raises(ConfigurationError, match="closed"):
        waiting.submit(by_value(squares), range(3))
