"""The table of a run: one row for each cell, which follows from the cell's programs."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from codegym.benchmark.measures import MEASURES
from codegym.benchmark.metrics import pass_at_k
from codegym.benchmark.run import CellResult, EpisodeRecord, Run, write_whole

_KS = (1, 2, 5, 10, 20, 50, 100, 200)


def pass_at(episodes: Sequence[EpisodeRecord], k: int) -> float:
    """Returns pass@k: the mean over the problems of the unbiased estimator, each from its own programs.

    Problems with fewer than k programs that the judge could answer for do not count; NaN if none is left.
    """
    right: dict[str, list[float]] = defaultdict(list)
    for one in episodes:
        if one.valid:
            right[one.problem].append(one.measures["solved"])
    rates = [pass_at_k(len(each), round(sum(each)), k) for each in right.values() if len(each) >= k]
    return float(np.mean(rates)) if rates else float("nan")


def ks(samples: int) -> tuple[int, ...]:
    """Returns the k for which pass@k is shown where each problem has so many programs."""
    return tuple(k for k in _KS if k <= samples)


def metrics_rows(run: Run) -> Iterator[dict[str, Any]]:
    """Yields a row for each cell: how it ended, and the mean of each measure."""
    for result in run.results():
        yield _row(run, result)


def _row(run: Run, result: CellResult) -> dict[str, Any]:
    cell = result.cell
    row: dict[str, Any] = {
        "agent": cell.agent,
        "environment": cell.environment,
        "seed": cell.seed,
        "status": result.status,
        "error": result.error,
        "programs": result.programs,
        "invalid": result.invalid,
        "learned_episodes": result.learned_episodes,
        "learned_tokens": result.learned_tokens,
    }
    episodes = run.episodes(cell)
    written = sum(len(one.tokens) for one in episodes)
    for name, tokens in (("learning", result.learned_tokens), ("writing", written)):
        seconds = result.seconds.get(name, 0.0)
        row[f"{name}_tokens_per_second"] = round(tokens / seconds, 1) if tokens and seconds else ""
    valid = [one for one in episodes if one.valid]
    for name in (*MEASURES, "kl"):
        values = [one.measures[name] for one in valid if name in one.measures]
        row[name] = round(float(np.mean(values)), 6) if values else ""
    terms = sorted({name for one in valid for name in one.terms} - {"kl"})
    for name in terms:
        row[f"return_of_{name}"] = round(float(np.mean([sum(one.terms[name]) for one in valid])), 6)
    for k in ks(run.plan.samples):
        row[f"pass@{k}"] = round(pass_at(episodes, k), 6) if valid else ""
    return row


def metrics_csv(run: Run) -> str:
    """Returns the table as CSV."""
    rows = list(metrics_rows(run))
    columns = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def write_metrics(run: Run) -> None:
    """Writes the table into the run's folder."""
    write_whole(run.folder / "metrics.csv", metrics_csv(run))
