"""Publishes the files of the repository that pages link to, so that such links work on the site as they do in it."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

_LINK = re.compile(r"(?<=\]\()(?:\.\./)+[^)#\s]+")
_FOLDER = "source"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds every file outside of the folder of the documentation that a page links to."""
    root = Path(config.docs_dir).parent
    for page in list(files.documentation_pages()):
        for link in _LINK.findall(page.content_string):
            path = _outside(page.src_uri, link)
            if path is not None and (root / path).is_file() and files.get_file_from_path(f"{_FOLDER}/{path}") is None:
                files.append(File.generated(config, f"{_FOLDER}/{path}", abs_src_path=str(root / path)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Points the links to where those files are on the site."""
    here = page.file.src_uri

    def on_site(match: re.Match[str]) -> str:
        path = _outside(here, match[0])
        return match[0] if path is None else posixpath.relpath(f"{_FOLDER}/{path}", posixpath.dirname(here) or ".")

    return _LINK.sub(on_site, markdown)


def _outside(page: str, link: str) -> str | None:
    """Returns the path in the repository that a link leads to, or None where it stays in the documentation."""
    target = posixpath.normpath(posixpath.join("docs", posixpath.dirname(page), link))
    return None if target.startswith(("docs/", "..")) else target
