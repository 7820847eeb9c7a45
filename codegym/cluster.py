"""The machines of a Ray cluster: functions are applied to the parts of a list, and no part is lost with its machine."""

from __future__ import annotations

import contextlib
import importlib.metadata
import itertools
import logging
import os
import queue
import socket
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self, TypeVar, final

from codegym.errors import ClusterError, CodegymError, ConfigurationError, MissingDependencyError

logger = logging.getLogger(__name__)

TESTED_VERSION = "2.60.0"
"""The version of Ray that the tests run with."""

START_LIMIT = 300.0
"""Seconds until the first worker must be there: starting one takes some seconds, starting a machine minutes."""

CONNECT_LIMIT = 5.0
"""Seconds in which the head of a cluster must accept a connection; Ray itself waits for more than a minute."""

IN_FLIGHT = 2
"""Parts that a worker has at the same time: while it works on one, the next one travels."""

PARTS_PER_WORKER = 4
LARGEST_PART = 32

Item = TypeVar("Item")
Result = TypeVar("Result")


@final
class Cluster:
    """Workers on the machines of a Ray cluster: each is a process that stays, and takes one CPU.

    A part of a list whose worker dies is done again by another one, on another machine if there is one, and item by
    item, so that an item which kills its worker spoils no other. Functions must depend on their items alone.
    Workers for which there is no CPU yet join when there is one; one that dies is replaced.

    Args:
        address: What `ray.init` takes: `host:port`, `auto`, `local`, or None: the cluster of RAY_ADDRESS or of this
            host, else one that is started. A connection that this process has already is used.
        workers: Workers; None: as many as there is room for now.
        retries: How often an item is done again when its worker dies.
        gpus: GPUs that each worker takes, also a part of one: 0.5.

    Attributes:
        workers: Workers, those included that wait for a CPU.
        gpus: GPUs of each.

    Raises:
        MissingDependencyError: Ray is not installed.
        ClusterError: There is no such cluster, or no free CPU in it.
        ConfigurationError: A number makes no sense, or this process is connected to another cluster.
    """

    def __init__(
        self, address: str | None = None, workers: int | None = None, retries: int = 2, gpus: float = 0.0
    ) -> None:
        if (workers is not None and workers < 1) or retries < 0 or gpus < 0:
            raise ConfigurationError(
                f"workers={workers} must be at least 1, and neither retries={retries} nor gpus={gpus} negative."
            )
        ray = _connected(address)
        self.workers = workers if workers is not None else _room(ray, gpus)
        self.gpus = gpus
        self._process = os.getpid()
        self._dispatcher = dispatcher = _Dispatcher(ray, self.workers, retries, gpus)
        threading.Thread(target=dispatcher.run, name="codegym-cluster", daemon=True).start()
        self._finalizer = weakref.finalize(self, _close, dispatcher, self._process)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return not self._finalizer.alive

    def close(self) -> None:
        """Ends the workers; the connection to the cluster stays. Once more is harmless."""
        self._finalizer()

    def wait(self) -> None:
        """Returns when all workers have started, so that none of their CPUs seems to be free.

        Raises:
            ClusterError: Some have not.
        """
        self._dispatcher.started.wait(START_LIMIT)
        if (missing := self.workers - self._dispatcher.ready) > 0:
            reason = self._dispatcher.last_failure or f"{START_LIMIT:g} s were not enough: there is no free CPU or GPU"
            raise ClusterError(f"{missing} of {self.workers} workers have not started: {reason}.")

    def submit(
        self,
        function: Callable[[Sequence[Item]], Sequence[Result]],
        items: Sequence[Item],
        patience: float = 60.0,
    ) -> Future[list[Result | ClusterError]]:
        """Has the workers apply a function to the parts of a list; returns at once.

        Args:
            function: Takes some of the items, and returns a result for each. It travels to each machine once.
            items: The items.
            patience: Seconds after which a worker that is busy with one item is given up.

        Returns:
            A result for each item, in order: a `ClusterError` where workers died too often. What the function
            raises is raised.

        Raises:
            ConfigurationError: The cluster is closed, or belongs to the process that this one was forked from.
        """
        if self.closed:
            raise ConfigurationError("The cluster is closed; make a new one.")
        if os.getpid() != self._process:
            raise ConfigurationError("This process was forked, and Ray cannot be used in it: make a cluster here.")
        return self._dispatcher.submit(function, items, patience)


class _Worker:
    """What runs on a machine of the cluster."""

    def __init__(self, version: str) -> None:
        if _version() != version:
            raise RuntimeError(f"{socket.gethostname()} has codegym {_version()}, and needs {version}")

    def node(self) -> str:
        import ray

        return str(ray.get_runtime_context().get_node_id())

    def apply(self, function: Callable[[Sequence[Any]], Sequence[Any]], items: Sequence[Any]) -> list[Any]:
        return list(function(items))


@dataclass(eq=False)
class _Batch:
    """One call of `submit`."""

    function: Any
    patience: float
    future: Future[list[Any]]
    results: list[Any]
    left: int

    def store(self, place: int, result: Any) -> None:
        self.results[place] = result
        self.left -= 1
        if self.left == 0 and not self.future.done():
            self.future.set_result(self.results)

    def fail(self, error: BaseException) -> None:
        if not self.future.done():
            self.future.set_exception(error)


@dataclass(eq=False)
class _Part:
    """Items that travel together."""

    batch: _Batch
    places: Sequence[int]
    items: Sequence[Any]
    losses: int = 0
    avoided: frozenset[str] = frozenset()

    def split(self, node: str) -> list[_Part]:
        """Returns its items one by one, for another machine than the one where they were lost."""
        return [
            _Part(self.batch, [place], [item], self.losses + 1, self.avoided | {node})
            for place, item in zip(self.places, self.items, strict=True)
        ]


@dataclass(eq=False)
class _Actor:
    """A worker as it is seen from here."""

    handle: Any
    failed_starts: int
    node: str = ""
    dead: bool = False
    parts: deque[_Part] = field(default_factory=deque)
    deadline: float = float("inf")

    def clock(self) -> None:
        """Starts the time of the part that it works on."""
        batch = self.parts[0].batch if self.parts else None
        patience = float("inf") if batch is None else batch.patience * len(self.parts[0].places)
        self.deadline = time.monotonic() + patience


class _Dispatcher:
    """Gives parts to workers, in a thread of its own, which alone touches its state; others send it events."""

    def __init__(self, ray: Any, workers: int, retries: int, gpus: float) -> None:
        self.started = threading.Event()  # set while no worker is about to start
        self.last_failure = ""
        self._ray = ray
        self._workers = workers
        self._retries = retries
        self._gpus = gpus
        self._events: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._waiting: deque[_Part] = deque()
        self._starting: dict[_Actor, None] = {}
        # The workers that have room for a part, by the parts that they have.
        self._free: list[dict[_Actor, None]] = [{} for _ in range(IN_FLIGHT)]
        self._ready: dict[_Actor, None] = {}
        self._idle_since = time.monotonic()
        self._closed = False

    @property
    def ready(self) -> int:
        """How many workers have started, and are there."""
        return len(self._ready)

    def submit(
        self, function: Callable[[Sequence[Any]], Sequence[Any]], items: Sequence[Any], patience: float
    ) -> Future[list[Any]]:
        future: Future[list[Any]] = Future()
        if not items:
            future.set_result([])
            return future
        batch = _Batch(self._ray.put(function), patience, future, [None] * len(items), len(items))
        size = min(LARGEST_PART, max(1, len(items) // (self._workers * PARTS_PER_WORKER)))
        parts = [
            _Part(batch, range(start, min(start + size, len(items))), items[start : start + size])
            for start in range(0, len(items), size)
        ]
        self._events.put(lambda: self._enqueue(parts))
        return future

    def close(self) -> None:
        self._events.put(self._end)

    def run(self) -> None:
        for _ in range(self._workers):
            self._start_actor(failed_starts=0)
        checked = time.monotonic()
        while not self._closed:
            with contextlib.suppress(queue.Empty):
                self._events.get(timeout=1.0)()
            if time.monotonic() > checked + 1.0:
                checked = time.monotonic()
                self._expire(checked)
            self._dispatch()

    def _enqueue(self, parts: Sequence[_Part]) -> None:
        if not self._waiting:
            self._idle_since = time.monotonic()
        self._waiting.extend(parts)

    def _end(self) -> None:
        self._closed = True
        self.started.set()
        for actor in [*self._starting, *self._ready]:
            self._kill(actor)
        error = ConfigurationError("The cluster was closed before it had answered.")
        for part in [*self._waiting, *(part for actor in self._ready for part in actor.parts)]:
            part.batch.fail(error)

    def _start_actor(self, failed_starts: int) -> None:
        self.started.clear()
        options = {"num_cpus": 1, "num_gpus": self._gpus, "max_restarts": 0, "scheduling_strategy": "SPREAD"}
        actor = _Actor(self._ray.remote(_Worker).options(**options).remote(_version()), failed_starts)
        self._starting[actor] = None
        self._when_done(actor.handle.node.remote(), lambda node: self._started(actor, node))

    def _when_done(self, reference: Any, then: Callable[[Future[Any]], None]) -> None:
        """Handles what a worker answers in the dispatcher's thread."""
        reference.future().add_done_callback(lambda done: self._events.put(lambda: then(done)))

    def _started(self, actor: _Actor, node: Future[str]) -> None:
        self._starting.pop(actor, None)
        if self._closed or actor.dead:
            return
        if error := node.exception():
            self.last_failure = _message(error)
            logger.warning("A worker does not start: %s", self.last_failure)
            if actor.failed_starts < self._retries:
                self._start_actor(actor.failed_starts + 1)
        else:
            actor.node = node.result()
            self._ready[actor] = None
            self._free[0][actor] = None
        if not self._starting:
            self.started.set()

    def _dispatch(self) -> None:
        if not self._ready and not self._starting:
            self._give_up(f"No worker starts: {self.last_failure}")
        held_back: list[_Part] = []
        while self._waiting:
            part = self._waiting.popleft()
            if part.batch.future.done():  # another part of it has failed
                continue
            actor = self._choose(part)
            if actor is not None:
                self._send(actor, part)
                continue
            held_back.append(part)
            if not any(self._free):
                break
        self._waiting.extendleft(reversed(held_back))

    def _choose(self, part: _Part) -> _Actor | None:
        """Returns the worker with the fewest parts, on a machine where this one was not lost if there is any such."""
        free = itertools.chain(*self._free)
        if part.avoided and any(actor.node not in part.avoided for actor in self._ready):
            return next((actor for actor in free if actor.node not in part.avoided), None)
        return next(free, None)

    def _send(self, actor: _Actor, part: _Part) -> None:
        self._leave(actor)
        actor.parts.append(part)
        self._join(actor)
        if len(actor.parts) == 1:
            actor.clock()
        reference = actor.handle.apply.remote(part.batch.function, part.items)
        self._when_done(reference, lambda done: self._answered(actor, part, done))

    def _join(self, actor: _Actor) -> None:
        if len(actor.parts) < IN_FLIGHT:
            self._free[len(actor.parts)][actor] = None

    def _leave(self, actor: _Actor) -> None:
        if len(actor.parts) < IN_FLIGHT:
            self._free[len(actor.parts)].pop(actor, None)

    def _answered(self, actor: _Actor, part: _Part, done: Future[list[Any]]) -> None:
        if self._closed or actor.dead:
            return
        error = done.exception()
        cause = getattr(error, "cause", None) or error
        if isinstance(cause, self._ray.exceptions.RayError):
            self._lose(actor, _message(cause))
            return
        self._leave(actor)
        actor.parts.remove(part)
        self._join(actor)
        actor.clock()
        if error is not None:
            part.batch.fail(cause if isinstance(cause, CodegymError) else error)
            return
        results = done.result()
        if len(results) != len(part.places):
            part.batch.fail(ValueError(f"{len(results)} results were returned for {len(part.places)} items."))
            return
        for place, result in zip(part.places, results, strict=True):
            part.batch.store(place, result)

    def _lose(self, actor: _Actor, reason: str) -> None:
        """Replaces a worker, and has its parts done by others."""
        logger.warning("A worker on node %s is lost: %s", actor.node, reason)
        self.last_failure = reason
        self._leave(actor)
        del self._ready[actor]
        self._kill(actor)
        again: list[_Part] = []
        # The first one is what it worked on, and may have killed it; the others only waited.
        for item in actor.parts[0].split(actor.node) if actor.parts else ():
            if item.losses <= self._retries:
                again.append(item)
            else:
                error = ClusterError(f"{item.losses} workers were lost with the same item; the last one: {reason}")
                item.batch.store(item.places[0], error)
        again += itertools.islice(actor.parts, 1, None)
        self._waiting.extendleft(reversed(again))
        self._idle_since = time.monotonic()
        self._start_actor(failed_starts=0)

    def _expire(self, now: float) -> None:
        """Gives up workers that hang and, where no worker comes at all, everything that waits for one."""
        for actor in [actor for actor in self._ready if actor.deadline < now]:
            self._lose(actor, f"no answer in {actor.parts[0].batch.patience:g} s an item")
        if not self._ready and now > self._idle_since + START_LIMIT:
            self._give_up(f"No worker has started in {START_LIMIT:g} s: there is no free CPU, or no machine.")

    def _give_up(self, message: str) -> None:
        for part in self._waiting:
            part.batch.fail(ClusterError(message))
        self._waiting.clear()

    def _kill(self, actor: _Actor) -> None:
        actor.dead = True
        if self._ray.is_initialized():  # else it is gone, and asking would start a new cluster
            with contextlib.suppress(Exception):
                self._ray.kill(actor.handle)


def _version() -> str:
    return importlib.metadata.version("codegym")


def _close(dispatcher: _Dispatcher, process: int) -> None:
    if os.getpid() == process:
        dispatcher.close()


def _message(error: BaseException) -> str:
    """Returns what is worth reading of Ray's long messages."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [""]
    said = lines[-1] if "creation task" in lines[0] else lines[0]  # behind the traceback of what did not start
    return f"{type(error).__name__}: {said[:300]}"


def _connected(address: str | None) -> Any:
    """Returns Ray, connected to a cluster."""
    try:
        import ray
    except ImportError as error:
        raise MissingDependencyError("ray", "ray", "Work on a cluster") from error
    if ray.is_initialized():
        here = ray.get_runtime_context().gcs_address
        if address not in (None, "auto", "local", here):
            raise ConfigurationError(f"This process is connected to the Ray cluster {here}, not to {address}.")
        return ray
    tried = address or os.environ.get("RAY_ADDRESS")
    where = f"address {tried!r}" if tried else "the usual places"
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    if tried == "local":
        options["include_dashboard"] = False
    try:
        _reach(tried)
        ray.init(address=address, **options)
    except (OSError, RuntimeError, ValueError, SystemExit) as error:  # Ray ends the process where nobody answers
        raise ClusterError(
            f"No Ray cluster answers at {where}: {str(error).rstrip('.')}. Start one with 'ray start --head', and give "
            "host:port, or address='local' for one of this process. A cluster that asks for a token needs "
            f"RAY_AUTH_MODE=token and its ~/.ray/auth_token here (Ray {ray.__version__}; tested: {TESTED_VERSION})."
        ) from error
    return ray


def _reach(address: str | None) -> None:
    """Raises OSError if nobody listens at host:port."""
    host, _, port = (address or "").removeprefix("ray://").rpartition(":")
    if host and port.isdigit():
        socket.create_connection((host.strip("[]"), int(port)), CONNECT_LIMIT).close()


def _room(ray: Any, gpus: float) -> int:
    """Returns how many workers there are free CPUs and GPUs for."""
    free = ray.available_resources()
    room = int(free.get("CPU", 0))
    if gpus:
        room = min(room, int(free.get("GPU", 0) / gpus))
    if room < 1:
        everything = ray.cluster_resources()
        has = f"{int(everything.get('CPU', 0))} CPUs and {int(everything.get('GPU', 0))} GPUs"
        raise ClusterError(f"The Ray cluster has {has}, and not enough of them are free; say workers=N to wait.")
    return room
