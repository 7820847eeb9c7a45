from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from codegym.benchmark.plan import AgentSpec, EnvironmentSpec, Plan
from codegym.benchmark.report import page as page_module
from codegym.benchmark.report import write_report
from codegym.benchmark.report.markdown import code, escaped
from codegym.benchmark.run import Run
from codegym.errors import MissingDependencyError
from codegym.testing.runs import AGENTS, CRASHED, ENVIRONMENTS, made_up_run

HOSTILE = "</script><script>window.hacked = 1</script><img src=x onerror=alert(1)> {{ 7 * 7 }} | `a` \u202e \ud800"


class Page(HTMLParser):
    """What a page holds: its tags, and the text of its styles and scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.styles: list[str] = []
        self.scripts: list[str] = []
        self.text = ""
        self._into: list[str] | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._into = {"style": self.styles, "script": self.scripts}.get(tag)
        if self._into is not None:
            self._into.append("")

    def handle_endtag(self, tag: str) -> None:
        self._into = None

    def handle_data(self, data: str) -> None:
        if self._into is None:
            self.text += data
        else:
            self._into[-1] += data

    @property
    def data(self) -> dict[str, Any]:
        """What the page's script draws."""
        return dict(json.loads(self.scripts[0]))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Three agents in four environments with two seeds; see `made_up_run`."""
    return made_up_run(tmp_path_factory.mktemp("made-up"), samples=2)


@pytest.fixture(scope="module")
def report(run: Run) -> tuple[Page, str]:
    """The page, and the Markdown."""
    html, markdown = write_report(run)
    return Page(html.read_text()), markdown.read_text()


def test_report__lies_in_the_runs_folder(run: Run) -> None:
    assert write_report(run) == (run.folder / "report.html", run.folder / "report.md")


def test_page__needs_nothing_beside_it(report: tuple[Page, str]) -> None:
    page, _ = report
    for tag, attributes in page.tags:
        for name in ("src", "href", "srcset", "action", "poster", "data"):
            assert (attributes.get(name) or "#").startswith(("#", "data:,")), (tag, attributes)
        assert "style" not in attributes and not any(name.startswith("on") for name in attributes)
    for text in page.styles + page.scripts[1:]:
        assert not re.search(r"@import|url\(|fetch\(|XMLHttpRequest|import\(|innerHTML|document\.write|eval\(", text)


def test_page__allows_its_own_script_and_no_network(report: tuple[Page, str]) -> None:
    page, _ = report
    policy = next(
        attributes["content"]
        for tag, attributes in page.tags
        if attributes.get("http-equiv") == "Content-Security-Policy"
    )
    rules = dict(rule.partition(" ")[::2] for rule in (policy or "").split("; "))

    def source(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    assert len(page.scripts) == 2 and rules["script-src"] == source(page.scripts[1])
    assert len(page.styles) == 1 and rules["style-src"] == source(page.styles[0])
    assert rules["require-trusted-types-for"] == "'script'"


def test_page__says_what_was_compared_and_what_is_wrong(report: tuple[Page, str]) -> None:
    page, _ = report
    for text in (
        *AGENTS,
        *ENVIRONMENTS,
        "PHP 8.2.28",
        str(CRASHED),
        "the loss is not finite",
        "1 cell has not been run",
    ):
        assert text in page.text
    assert not re.search(r"20\d\d-\d\d", page.text)


def test_page__has_the_figures_of_the_analysis(report: tuple[Page, str]) -> None:
    page, _ = report
    rows = {row["agent"]: row for row in page.data["leaderboard"]}
    assert rows["ppo"]["cells"] == {"done": 7, "crashed": 1}
    assert rows["ppo"]["iqm"]["solved"][1:] == [None, None]  # no number that is none is in JSON
    assert len(page.data["entries"]) == 12 and len(page.data["curves"]) == 4


def test_page__holds_the_first_programs_of_each_cell(run: Run, report: tuple[Page, str]) -> None:
    page, _ = report
    episodes = page.data["episodes"]
    assert len(episodes) == 22 * 12
    first = run.episodes(run.cells()[0])[0]
    assert episodes[0]["pieces"] == list(first.pieces)
    values = [0.0] * len(first.pieces)
    pairs = iter(episodes[0]["terms"]["syntax"])
    for place, value in zip(pairs, pairs, strict=True):
        values[place] = value
    assert values == pytest.approx(first.terms["syntax"], abs=1e-4)
    html, _ = write_report(run, episodes_per_cell=1)
    assert len(Page(html.read_text()).data["episodes"]) == 22
    assert "The first program of each agent" in Page(html.read_text()).text
    write_report(run)


def test_page__shows_fewer_programs_where_they_are_too_long(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_module, "MAXIMUM_BYTES", 100_000)
    html, _ = write_report(run)
    page = Page(html.read_text())
    shown = max(episode["place"] for episode in page.data["episodes"]) + 1
    assert 0 < shown < 12 and len(page.data["episodes"]) == 22 * shown
    assert len(json.dumps(page.data["episodes"], separators=(",", ":"))) < 100_000
    assert f"The first {shown} program" in page.text and "12 would make the page too large" in page.text


def test_page__is_no_place_for_hostile_programs(tmp_path: Path) -> None:
    html, _ = write_report(made_up_run(tmp_path / "run", hostile=HOSTILE))
    page = Page(html.read_text())
    assert [tag for tag, _ in page.tags].count("script") == 2
    assert "img" not in [tag for tag, _ in page.tags]
    assert "{{ 7 * 7 }}" in page.text and "49" not in page.text.split("the loss is not finite")[1][:200]
    assert page.data["episodes"][0]["pieces"][-1] != ""
    assert HOSTILE in page.data["problems"][ENVIRONMENTS[0]]["procedural/sums/0"]["prompt"]


def test_markdown__has_tables_that_are_whole(report: tuple[Page, str]) -> None:
    _, markdown = report
    for table in re.findall(r"(?:^\|.*\n)+", markdown, re.MULTILINE):
        widths = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}
        assert len(widths) == 1, table
    for text in ("## Leaderboard", "## Environments", "## Comparison", "## What goes wrong", "pass@2", "1 crashed"):
        assert text in markdown
    assert not re.search(r"\bnan\b", markdown)


def test_markdown__is_no_place_for_hostile_programs(tmp_path: Path) -> None:
    _, markdown = write_report(made_up_run(tmp_path / "run", hostile=HOSTILE))
    text = markdown.read_text()
    without_code = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", text)
    assert "<script>" not in without_code and "<img" not in without_code
    for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1, table


@pytest.mark.parametrize(
    ("text", "expected"), [("a `b` c", "`` a `b` c ``"), ("a\n b", "`a b`"), ("", ""), ("``", "``` `` ```")]
)
def test_code__is_one_span(text: str, expected: str) -> None:
    assert code(text) == expected


def test_escaped__is_no_markup() -> None:
    assert escaped("*a* <b>\n# c") == "\\*a\\* \\<b\\> \\# c"


def test_report__of_the_same_run_has_the_same_bytes(tmp_path: Path) -> None:
    script = (
        "import sys; from codegym.testing.runs import made_up_run; from codegym.benchmark.report import write_report; "
        "write_report(made_up_run(sys.argv[1]))"
    )
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        subprocess.run([sys.executable, "-c", script, tmp_path / seed], env=environment, check=True)
    for name in ("report.html", "report.md"):
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes()


def test_report__of_a_run_in_which_nothing_is_done(tmp_path: Path) -> None:
    plan = Plan((AgentSpec("a", "a"),), (EnvironmentSpec("e", "CodeCompletion-Python-v0"),), seeds=1)
    html, markdown = write_report(Run.make(tmp_path / "run", plan, {}))
    assert "No agent has finished every environment yet" in html.read_text()
    assert "No agent has finished every environment yet" in markdown.read_text()


def test_report__has_the_red_team_where_there_was_one(run: Run, report: tuple[Page, str], tmp_path: Path) -> None:
    page, text = report
    assert page.data["red_team"] is None and "Reward hacking" not in text + page.text
    html, markdown = write_report(made_up_run(tmp_path / "run", problems=2, red_team=True, hostile=HOSTILE))
    page = Page(html.read_text())
    assert "Reward hacking" in page.text and "Hacking" in page.text
    assert page.data["red_team"]["exploits"][0]["name"] == "all exploits"
    assert page.data["red_team"]["findings"]
    assert "| Honest programs | `default` | `unit_tests` | `ppocoder` |" in markdown.read_text()


def test_report__without_jinja_says_what_to_install(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(MissingDependencyError, match=r"codegym\[bench\]"):
        write_report(run)


def test_headline__is_not_about_the_expert(tmp_path: Path) -> None:
    run = made_up_run(tmp_path / "run", agents=("random", "nano", "reference"), problems=4)
    html, markdown = write_report(run)
    assert markdown.read_text().startswith("# nano ")
    assert "1 | reference" in markdown.read_text()  # it leads the table
    assert "nano solves" in Page(html.read_text()).text
