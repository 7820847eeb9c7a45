"""Fills the page of the results in: the figures of the README, and every experiment that has a page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

INDEX = "results/index.md"


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Puts both in the places of the comments that name them."""
    if page.file.src_uri != INDEX:
        return markdown
    readme = (Path(config.docs_dir).parent / "README.md").read_text("utf-8")
    figures = readme.partition("\n## Results\n")[2].partition("\n## ")[0].strip()
    markdown = markdown.replace("<!-- figures -->", figures.replace("](docs/", "](../").replace("[docs/", "["))
    return markdown.replace("<!-- experiments -->", "\n".join(_experiments(files.documentation_pages())))


def _experiments(pages: Sequence[File]) -> Iterator[str]:
    """Yields a row for each page of results, with what came out where it says so."""
    yield "| | |"
    yield "|---|---|"
    for page in pages:
        if page.src_uri.startswith("results/") and page.src_uri != INDEX:
            text = page.content_string
            title = text.partition("\n")[0].removeprefix("# ")
            link = page.src_uri.removeprefix("results/")
            folder = link.rpartition("/")[0]
            yield f"| [{title}]({link}){f' ({folder})' if folder else ''} | {_outcome(text)} |"


def _outcome(text: str) -> str:
    """Returns how many of a page's claims hold; nothing where it makes none."""
    if failed := re.search(r"^\d+ of \d+ claims.*$", text, re.MULTILINE):
        return failed[0]
    held = len(re.findall(r"^- .* It holds\. \(", text, re.MULTILINE))
    return "The claim holds." if held == 1 else f"All {held} claims hold." if held else ""
