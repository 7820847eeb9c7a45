"""The picture of a training run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

_PANELS = (
    ("compilation_rate", "programs that compile"),
    ("task_return", "return of an episode"),
    ("kl", "KL to the reference (nats an episode)"),
    ("length", "tokens an episode"),
)
_INK, _BEFORE, _AFTER = "#1f4e79", "#b0413e", "#2e7d4f"


def draw_curves(metrics: Sequence[dict[str, Any]], summary: dict[str, Any], file: Path) -> None:
    """Draws what the policy's own episodes scored over training, and the held-out measurements beside it.

    Args:
        metrics: One row an iteration.
        summary: With `before` and `after`, where they were measured.
        file: The PNG to write.
    """
    shown = [panel for panel in _PANELS if metrics and panel[0] in metrics[0]] or [("loss", "loss")]
    figure = Figure(figsize=(5.2 * len(shown), 3.8), layout="constrained")
    for axes, (name, title) in zip(np.ravel(figure.subplots(1, len(shown), squeeze=False)), shown, strict=True):
        _draw(axes, [row for row in metrics if name in row], name, title)
        if name in summary.get("after", {}):
            _held_out(axes, summary["before"][name], summary["after"][name])
    experiment = summary["experiment"]
    figure.suptitle(f"{experiment['env']}: {experiment['algorithm']} from {experiment['model']}", fontsize=13)
    figure.savefig(file, dpi=120)


def _draw(axes: Axes, rows: Sequence[dict[str, Any]], name: str, title: str) -> None:
    episodes = np.array([row["episodes"] for row in rows], dtype=float)
    values = np.array([row[name] for row in rows], dtype=float)
    window = min(10, max(1, len(values) // 5))
    axes.plot(episodes, values, color=_INK, alpha=0.25 if window > 1 else 1.0, linewidth=1)
    if window > 1:
        smooth = np.convolve(values, np.ones(window) / window, mode="valid")
        axes.plot(episodes[window - 1 :], smooth, color=_INK, linewidth=2, label="sampled, while training")
    axes.set_title(title, fontsize=11)
    axes.set_xlabel("episodes")
    axes.grid(alpha=0.2)
    axes.spines[["top", "right"]].set_visible(False)


def _held_out(axes: Axes, before: dict[str, float], after: dict[str, float]) -> None:
    for label, one, color in (("before", before, _BEFORE), ("after", after, _AFTER)):
        axes.axhline(one["value"], color=color, linewidth=1.5, linestyle="--", label=f"held out, {label}")
        axes.axhspan(one["low"], one["high"], color=color, alpha=0.12, linewidth=0)
    axes.legend(fontsize=8, frameon=False)
