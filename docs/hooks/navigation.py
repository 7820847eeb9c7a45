"""Fills the navigation in: patterns become pages, and pages that are not there are left out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Replaces the folders in the navigation by their pages."""
    pages = {page.src_uri for page in files.documentation_pages()}
    config.nav = _filled(config.nav, pages, pages - set(_pages(config.nav)))
    return files


def _pages(entry: Any) -> Iterator[str]:
    """Yields every page and folder that is listed."""
    if isinstance(entry, str):
        yield entry
    else:
        for one in entry.values() if isinstance(entry, dict) else entry:
            yield from _pages(one)


def _filled(entries: list[Any], pages: set[str], free: set[str]) -> list[Any]:
    filled: list[Any] = []
    for entry in entries:
        match entry:
            case str() if entry.endswith("/"):
                filled += _folder(entry.removeprefix("./"), free)
            case str():
                filled += [entry] if entry in pages else []
            case dict():
                ((title, inside),) = entry.items()
                if isinstance(inside, list):
                    inside = _filled(inside, pages, free)
                    filled += [{title: inside}] if inside else []
                elif inside in pages:
                    filled.append(entry)
    return filled


def _folder(folder: str, free: set[str]) -> list[Any]:
    """Returns the pages of a folder that nothing else lists, those of each folder in it as a section of its own."""
    inside = sorted((page for page in free if page.startswith(folder)), key=lambda page: page.removesuffix(".md"))
    if not folder:
        return [page for page in inside if "/" not in page]
    entries: list[Any] = []
    for section in dict.fromkeys(page[len(folder) :].rpartition("/")[0] for page in inside):
        pages = [page for page in inside if page[len(folder) :].rpartition("/")[0] == section]
        # A folder's own page comes first.
        pages.sort(key=lambda page: not page.endswith("/index.md"))
        entries += [{section[0].upper() + section[1:]: pages}] if section else pages
    return entries
