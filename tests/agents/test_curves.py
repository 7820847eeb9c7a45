"""The picture of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from codegym_agents.curves import draw_curves

EXPERIMENT = {"env": "CodeCompletion-Python-v0", "algorithm": "ppo", "model": "nano"}
FIGURE = {"value": 0.5, "low": 0.25, "high": 0.75}
HELD_OUT = {name: {"compilation_rate": FIGURE, "kl": FIGURE, "length": FIGURE} for name in ("before", "after")}


def rows(count: int) -> list[dict[str, Any]]:
    names = ("compilation_rate", "task_return", "kl", "length")
    return [{"iteration": row, "episodes": 8 * row, **dict.fromkeys(names, row / 10)} for row in range(1, count + 1)]


def size_of(file: Path) -> tuple[int, int]:
    header = file.read_bytes()[:24]
    assert header[:8] == b"\x89PNG\r\n\x1a\n"
    assert header[12:16] == b"IHDR"
    return int.from_bytes(header[16:20], "big"), int.from_bytes(header[20:24], "big")


@pytest.mark.parametrize("count", [1, 40])
def test_curves__are_a_png(count: int, tmp_path: Path) -> None:
    draw_curves(rows(count), {"experiment": EXPERIMENT, **HELD_OUT}, tmp_path / "curves.png")
    width, height = size_of(tmp_path / "curves.png")
    assert width > 4 * height


def test_curves__need_no_held_out_measurements(tmp_path: Path) -> None:
    draw_curves(rows(3), {"experiment": EXPERIMENT}, tmp_path / "curves.png")
    assert size_of(tmp_path / "curves.png")


def test_curves__of_fine_tuning_are_the_loss(tmp_path: Path) -> None:
    losses = [{"iteration": row, "episodes": row, "loss": 1 / row} for row in range(1, 40)]
    draw_curves(losses, {"experiment": EXPERIMENT, **HELD_OUT}, tmp_path / "curves.png")
    width, height = size_of(tmp_path / "curves.png")
    assert width < 2 * height


def test_curves__of_no_iteration_are_empty(tmp_path: Path) -> None:
    draw_curves([], {"experiment": EXPERIMENT}, tmp_path / "curves.png")
    assert size_of(tmp_path / "curves.png")
