"""The site, built as it is published: complete, whole in itself, and quiet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from pages import PAGES, ROOT, name

import codegym

pytestmark = pytest.mark.slow

_LOADED = {
    "audio": "src",
    "embed": "src",
    "iframe": "src",
    "img": "src",
    "link": "href",
    "object": "data",
    "script": "src",
    "source": "src",
    "video": "src",
}
_NOT_LOADED = {"canonical", "next", "prev"}


@dataclass
class Html(HTMLParser):
    """What a page links to, what it loads, and what can be linked to."""

    text: str
    links: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Takes note of a tag."""
        values = {key: value or "" for key, value in attrs}
        self.anchors |= {values[key] for key in ("id", "name") if key in values}
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        if tag in _LOADED and _LOADED[tag] in values and values.get("rel") not in _NOT_LOADED:
            self.loaded.append(values[_LOADED[tag]])


@pytest.fixture(scope="module")
def html(site: Path) -> dict[Path, Html]:
    """Every page of the site."""
    return {page: Html(page.read_text("utf-8")) for page in sorted(site.rglob("*.html"))}


def inside(html: dict[Path, Html]) -> Iterator[tuple[Path, str, Path, str]]:
    """Yields each link, or thing that is loaded, within the site: its page, itself, its file and its anchor."""
    for page, content in html.items():
        for link in (*content.links, *content.loaded):
            parts = urlsplit(link)
            if not parts.scheme and not parts.netloc:
                target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
                yield page, link, target, unquote(parts.fragment)


def test_links__resolve(site: Path, html: dict[Path, Html]) -> None:
    # The page for what is not found is shown anywhere, so that its links are absolute.
    pages = {page: content for page, content in html.items() if page.name != "404.html"}
    broken = [
        f"{page.relative_to(site)}: {link}"
        for page, link, target, anchor in inside(pages)
        if not target.is_file() or (anchor and target in html and anchor not in html[target].anchors)
    ]
    assert not broken


def test_pages__load_nothing_from_elsewhere(site: Path, html: dict[Path, Html]) -> None:
    for page, content in html.items():
        elsewhere = [link for link in content.loaded if urlsplit(link).scheme not in ("", "data") or link[:2] == "//"]
        assert not elsewhere, page.relative_to(site)
    for sheet in site.rglob("*.css"):
        assert not re.search(r"(?:url\(|@import)\s*['\"]?(?:https?:)?//", sheet.read_text("utf-8")), sheet


def test_environments__have_a_section_each(site: Path, html: dict[Path, Html]) -> None:
    index = html[site / "environments.html"]
    for env_id in codegym.env_ids():
        (link,) = (link for link in index.links if link.endswith(f"#{env_id.lower()}"))
        page = site / link.partition("#")[0]
        assert env_id.lower() in html[page].anchors
        assert f"&quot;{env_id}&quot;" in page.read_text("utf-8").replace('"', "&quot;")


def test_pages__are_all_there_and_in_the_navigation(site: Path, html: dict[Path, Html]) -> None:
    links = {target for page, _, target, _ in inside(html) if page == site / "index.html"}
    missing = [
        name(page)
        for page in PAGES
        if page.is_relative_to(ROOT / "docs")
        and (site / page.relative_to(ROOT / "docs")).with_suffix(".html") not in links
    ]
    assert not missing


def test_reference__describes_every_package(site: Path, html: dict[Path, Html]) -> None:
    packages = sorted(init.parent.name for init in (ROOT / "codegym").glob("*/__init__.py"))
    missing = [package for package in packages if site / "api" / f"codegym.{package}.html" not in html]
    assert not missing, "docs/hooks/reference.py"
    assert "codegym.judge.Judge.grade" in html[site / "api" / "codegym.judge.html"].anchors


def test_pictures__are_of_real_verdicts_where_there_is_a_compiler(site: Path) -> None:
    page = (site / "environments" / "CodeCompletion" / "Python.html").read_text("utf-8")
    assert "stand-in" not in page
    assert (site / "environments" / "CodeCompletion" / "Python.png").stat().st_size > 5_000
