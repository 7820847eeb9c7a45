"""Chromium, which opens pages as a reader does: from a file, without a network."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from codegym.benchmark.report import write_report
from codegym.testing.runs import made_up_run

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

HOSTILE = (
    "</script><script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'>"
    "<svg onload='window.hacked = 1'></svg><b id=data>{{ 7 * 7 }}</b> \u202e"
)

Open = Callable[..., "Page"]
"""From a page's file, a hash, and options of the browser's context to the page."""

_PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless browser; the tests skip where there is none.

    It closes with its module: while it is open its event loop runs in this thread, and no other can.
    """
    program = next(filter(None, map(shutil.which, _PROGRAMS)), None)
    if program is None:
        pytest.skip("Chromium is not installed: sudo apt-get install --no-install-recommends chromium")
    if importlib.util.find_spec("playwright") is None:
        pytest.skip("playwright is not installed: pip install --group test")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(_ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a run that has been made up."""
    return write_report(made_up_run(tmp_path_factory.mktemp("made-up")))[0]


@pytest.fixture(scope="session")
def hostile_report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a run whose programs want to run in the page."""
    return write_report(made_up_run(tmp_path_factory.mktemp("hostile"), hostile=HOSTILE, red_team=True))[0]


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Open]:
    """Opens pages; in the end, none of them may have reported an error or asked for anything but itself."""
    contexts = []
    trouble: list[str] = []

    def open_page(file: Path, anchor: str = "", **options: Any) -> Page:
        context = browser.new_context(
            **{"viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce", **options}
        )
        context.set_default_timeout(5_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: trouble.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: trouble.append(f"error: {error}"))
        page.on("dialog", lambda dialog: trouble.append(f"dialog: {dialog.message}"))
        page.on("requestfailed", lambda request: trouble.append(f"failed: {request.url}"))
        page.on("request", lambda request: request.url.startswith(("file://", "data:")) or trouble.append(request.url))
        page.goto(f"{file.as_uri()}{anchor}")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not trouble
