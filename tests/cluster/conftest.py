from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ray_nodes import ray_nodes

from codegym.cluster import Cluster


@pytest.fixture(scope="session")
def nodes() -> Iterator[Any]:
    """Two nodes with a CPU each, which this process is not connected to yet."""
    with ray_nodes(1, 1) as nodes:
        yield nodes


@pytest.fixture(scope="session")
def cluster(nodes: Any) -> Iterator[Cluster]:
    """The workers of both nodes."""
    with Cluster(nodes.address) as cluster:
        yield cluster
