"""The pages of the documentation, and the code on them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))

_BLOCK = re.compile(
    r"(?:^<!-- (?P<word>not run|setup):\s(?P<said>(?:(?!-->).)*?)\s-->\n+)?"
    r"^```(?: *{ *\.)?(?P<language>\w*)(?P<options>[^\n]*)\n(?P<code>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_TITLE = re.compile(r'title="([^"]*)"')


@dataclass(frozen=True)
class Block:
    """Code between two fences.

    A comment before it may hold what the code needs and the reader does not have to see,
    `<!-- setup: source = "..." -->`, or the reason why it cannot be run: `<!-- not run: it needs a cluster -->`.

    Attributes:
        language: What follows the fence.
        code: What is between the fences.
        file: Path of the file that it is, from the title.
        setup: What is run before it.
        reason: Why it is not run, if it is not.
        line: Where it begins.
    """

    language: str
    code: str
    file: str
    setup: str
    reason: str
    line: int


def name(page: Path) -> str:
    """Returns the name of a page in the repository."""
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path, *languages: str) -> list[Block]:
    """Returns the code on a page that is in one of these languages."""
    text = page.read_text("utf-8")
    found = []
    for match in _BLOCK.finditer(text):
        title = _TITLE.search(match["options"])
        said = {match["word"]: match["said"]}
        found.append(
            Block(
                language=match["language"],
                code=match["code"],
                file=title[1] if title else "",
                setup=said.get("setup", ""),
                reason=said.get("not run", ""),
                line=text.count("\n", 0, match.start("language")) + 1,
            )
        )
    return [block for block in found if block.language in languages]
