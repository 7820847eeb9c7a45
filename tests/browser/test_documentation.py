"""The documentation's site in a browser, opened from files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

Open = Callable[..., "Page"]

pytestmark = pytest.mark.slow

PAGES = ("index.html", "environments.html", "environments/CodeTranslation/Java.html", "api/codegym.html")
SCREENS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}},
}


@pytest.mark.parametrize("screen", SCREENS)
def test_pages__fit_the_screen(site: Path, open_page: Open, screen: str) -> None:
    for name in PAGES:
        page = open_page(site / name, **SCREENS[screen])
        assert page.locator("h1").first.is_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_colours__follow_the_system(site: Path, open_page: Open) -> None:
    colours = {
        scheme: open_page(site / "index.html", color_scheme=scheme).evaluate(
            "getComputedStyle(document.body).backgroundColor"
        )
        for scheme in ("light", "dark")
    }
    assert colours["light"] != colours["dark"]


def test_search__finds_a_page_without_a_server(site: Path, open_page: Open) -> None:
    page = open_page(site / "start" / "quickstart.html")
    page.locator("input[name=query]").click()
    page.keyboard.type("sandbox")
    page.locator(".md-search-result__link").first.wait_for()
    links = [link.get_attribute("href") or "" for link in page.locator(".md-search-result__link").all()]
    assert any("judge.html" in link for link in links)
