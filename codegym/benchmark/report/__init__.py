"""The report of a run: a page to look at, and the same figures as Markdown."""

from __future__ import annotations

from pathlib import Path

from codegym.benchmark.analysis import Analysis, analyse
from codegym.benchmark.report.markdown import render_markdown
from codegym.benchmark.report.page import render_page
from codegym.benchmark.run import Run, write_whole

__all__ = ["write_report"]


def write_report(run: Run, episodes_per_cell: int = 12, analysis: Analysis | None = None) -> tuple[Path, Path]:
    """Writes `report.html` and `report.md` into a run's folder, and returns where they are.

    The same run gives the same bytes. The page holds everything that it needs, and works without a network.

    Args:
        run: The run; cells may be missing.
        episodes_per_cell: How many programs of each cell can be looked at on the page: its first ones.
        analysis: The run's analysis, if it is there already.

    Raises:
        DataError: A file of the run is broken.
        MissingDependencyError: Jinja2 is not installed.
    """
    analysis = analyse(run, episodes_per_cell) if analysis is None else analysis
    html, text = run.folder / "report.html", run.folder / "report.md"
    write_whole(html, render_page(analysis))
    write_whole(text, render_markdown(analysis))
    return html, text
