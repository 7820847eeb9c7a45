"""Machines of a cluster on one host, without network, dashboard and statistics."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

Function = TypeVar("Function", bound=Callable[..., Any])

STORE = 80 << 20
"""Bytes of a node's shared memory: verdicts are small."""


@contextlib.contextmanager
def ray_nodes(*cpus: int) -> Iterator[Any]:
    """Starts a node for each number of CPUs; the first one is the head. Yields Ray's own cluster."""
    pytest.importorskip("ray", reason="ray is not installed: pip install 'codegym[ray]'")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    import ray
    from ray.cluster_utils import Cluster as Nodes

    folder = tempfile.mkdtemp(prefix="ray")  # short: the sockets in it have a limit of 107 characters
    # Ray notes the address of the last cluster there, and makes the folder for clusters that live in it alone.
    Path(os.environ.get("RAY_TMPDIR", tempfile.gettempdir()), "ray").mkdir(exist_ok=True)
    options = {"object_store_memory": STORE, "include_dashboard": False, "temp_dir": folder}
    running = Nodes(initialize_head=True, head_node_args={"num_cpus": cpus[0], **options})
    try:
        for count in cpus[1:]:
            running.add_node(num_cpus=count, **options)
        yield running
    finally:
        ray.shutdown()
        running.shutdown()
        shutil.rmtree(folder, ignore_errors=True)


def by_value(function: Function) -> Function:
    """Makes a function of a test travel as code: the nodes cannot import the tests."""
    from ray import cloudpickle

    cloudpickle.register_pickle_by_value(sys.modules[function.__module__])
    return function
