"""The live display of a training run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

_SHOWN = {"compilation_rate": "compiles", "task_return": "return", "kl": "KL", "length": "length"}


class Display(Protocol):
    """Shows how far a run is."""

    def update(self, done: int, metrics: Mapping[str, float]) -> None:
        """Shows that `done` episodes are finished and what the last ones scored."""


@contextmanager
def track(title: str, total: int, shown: bool) -> Iterator[Display]:
    """Yields a display that lives as long as the block; a silent one unless `shown`."""
    progress = Progress(
        TextColumn("[bold]{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[metrics]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=not shown,
    )
    with progress:
        task = progress.add_task(title, total=total, metrics="")
        yield _Bar(progress, task)


class _Bar:
    def __init__(self, progress: Progress, task: int) -> None:
        self._progress, self._task = progress, task

    def update(self, done: int, metrics: Mapping[str, float]) -> None:
        text = "  ".join(f"{label} {metrics[name]:.3g}" for name, label in _SHOWN.items() if name in metrics)
        if "waited" in metrics:
            text += f"  waited {metrics['waited']:.0%}"
        self._progress.update(self._task, completed=done, metrics=text)  # type: ignore[arg-type]  # TaskID is an int
