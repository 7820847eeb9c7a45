"""The benchmark's page, as a reader uses it: with a mouse, with a keyboard, on a phone, in the dark."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from codegym.benchmark.plan import EnvironmentSpec, Plan, parse_agents
from codegym.benchmark.report import write_report
from codegym.benchmark.runner import run
from codegym.testing.runs import made_up_run

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

Open = Callable[..., "Page"]

COMPLETION, TRANSLATION = "CodeCompletion-Python-v0", "CodeTranslation-Java-Cpp-v0"
PROGRAMS = 22 * 6
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
SECTIONS = ("leaderboard", "environments", "curves", "comparison", "failures", "episodes", "method")


@pytest.fixture
def page(open_page: Open, report: Path) -> Page:
    return open_page(report)


def count(page: Page) -> int:
    """Returns how many programs the list says that it shows, having seen that it does."""
    said = int((page.locator("#episode-count").text_content() or "").split()[0])
    assert page.locator("#episode-list li").count() == said
    return said


def chosen(page: Page) -> str:
    return page.locator("#episode-list [aria-current=true]").inner_text()


def title(page: Page) -> str:
    return page.locator("#episode h3").inner_text()


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.getAttribute('aria-label') || document.activeElement.id"))


def brightness(page: Page, selector: str, name: str = "backgroundColor") -> float:
    text = page.locator(selector).first.evaluate(f"node => getComputedStyle(node).{name}")
    numbers = [float(number) for number in re.findall(r"[\d.]+", text)[:3]]
    return sum(numbers) / 3 / (1 if text.startswith("color(") else 255)


def order(page: Page) -> list[str]:
    return [text.split()[0] for text in page.locator("#leaderboard-chart .track-name").all_inner_texts()]


def test_page__shows_every_part(page: Page) -> None:
    assert page.title() == "ppo is ahead, within the noise – benchmark report"
    for section in SECTIONS:
        assert page.locator(f"#{section}").is_visible()
    assert page.locator("#leaderboard-chart .dot").count() == 3
    assert page.locator("#heat button").count() == 12
    assert page.locator("#curve-chart .curve").count() == 1
    assert page.locator("#profile-chart .curve").count() == 3
    assert page.locator("#improvement button").count() == 6
    assert page.locator("#failure-bars .bar-row").count() == 3
    assert count(page) == PROGRAMS
    assert page.locator("#episode .token").count() > 10


def test_page__shows_crashed_and_missing_cells(page: Page) -> None:
    crash = page.locator("details.crash")
    assert "the loss is not finite" in crash.inner_text() and not page.locator("details.crash pre").is_visible()
    crash.locator("summary").click()
    assert "Traceback" in page.locator("details.crash pre").inner_text()
    row = page.locator("#leaderboard-chart .track-row").first
    assert "1 crashed" in row.inner_text()


def test_navigation__leads_to_every_section(page: Page) -> None:
    for section in SECTIONS:
        page.locator(f"nav a[href='#{section}']").click()
        assert page.url.endswith(f"#{section}")
        top = page.locator(f"#{section}").evaluate("node => node.getBoundingClientRect().top")
        assert top < 450


def test_leaderboard__is_sorted_by_the_chosen_measure(page: Page) -> None:
    assert order(page) == ["ppo", "nano", "random"]
    before = page.locator("#leaderboard-chart .track-value").first.inner_text()
    page.locator("#leaderboard-measure").select_option("kl")  # the lower, the better
    values = [float(text.split()[0]) for text in page.locator("#leaderboard-chart .track-value").all_inner_texts()]
    assert values == sorted(values) and page.locator("#leaderboard-chart .track-value").first.inner_text() != before
    page.locator("#leaderboard-measure").focus()
    page.keyboard.press("Home")
    assert order(page) == ["ppo", "nano", "random"]


def test_leaderboard__says_what_a_dot_is(page: Page) -> None:
    track = page.locator("#leaderboard-chart .track[data-hint]").nth(1)
    track.hover()
    assert page.locator("#hint").inner_text().startswith("nano: ")
    page.keyboard.press("Escape")
    assert not page.locator("#hint").is_visible()
    track.focus()
    assert "2 seeds" in page.locator("#hint").inner_text()


def test_heat_map__tells_value_and_interval_to_mouse_and_keyboard(page: Page) -> None:
    cells = page.locator("#heat button")
    cells.first.hover()
    assert re.search(
        r"random in CodeCompletion-Python-v0\nSolved [\d.]+ %, interval", page.locator("#hint").inner_text()
    )
    cells.first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert "nano in ProgramSynthesis-Java-v0" in page.locator("#hint").inner_text()
    assert "nano in ProgramSynthesis-Java-v0" in focused(page)
    assert page.locator("#heat button[tabindex='0']").count() == 1
    page.keyboard.press("Enter")  # to the programs behind it
    assert count(page) == 12
    assert page.locator("#filter-agent").input_value() == "nano"


def test_heat_map__changes_with_the_measure(page: Page) -> None:
    before = page.locator("#heat").inner_text()
    page.locator("#heat-measure").select_option("codebleu")
    assert page.locator("#heat").inner_text() != before
    assert "CodeBLEU" in page.locator("#heat-legend").inner_text()
    for value in page.locator("#heat-measure option").evaluate_all("all => all.map(one => one.value)"):
        page.locator("#heat-measure").select_option(value)
        assert "NaN" not in page.locator("#heat").inner_text()


def test_curves__are_read_with_pointer_and_arrow_keys(page: Page) -> None:
    chart = page.locator("#curve-chart .chart")
    chart.hover()
    assert re.match(r"After \d+: ppo \(2 seeds\) [\d.]+ %", page.locator("#curve-chart .readout").inner_text())
    page.locator("#curve-metric").select_option("task_return")
    page.locator("#curve-environment").select_option("CodeRepair-PHP-v0")
    chart.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert page.locator("#curve-chart .readout").inner_text().startswith("After 32: ppo")
    assert "CodeRepair" in str(chart.get_attribute("aria-label"))


def test_comparison__of_two_agents(page: Page) -> None:
    sentence, rows = page.locator("#duel-sentence"), page.locator("#duel-chart .track-value strong")
    assert page.locator("#duel-ours").input_value() == "ppo" and "ppo solves" in sentence.inner_text()
    assert rows.count() == 5
    ahead = rows.first.inner_text()
    page.locator("#duel-swap").click()
    assert page.locator("#duel-ours").input_value() == "nano"
    assert rows.first.inner_text() == ahead.replace("+", "−") and "less than ppo" in sentence.inner_text()
    page.locator("#duel-theirs").select_option("nano")
    assert sentence.inner_text() == "Choose two different agents."
    page.locator("#improvement button").first.focus()  # random against nano
    page.keyboard.press("Enter")
    assert "random solves" in sentence.inner_text()
    assert re.search(r"\d+ better, \d+ worse, \d+ equal", page.locator("#duel-chart").inner_text())


def test_comparison__says_how_wide_the_interval_is_over_other_seeds(open_page: Open, tmp_path: Path) -> None:
    page = open_page(write_report(made_up_run(tmp_path / "run", seeds=4, problems=12))[0])
    sentence = page.locator("#duel-sentence")
    wider = re.search(r"with other seeds, too, the 95 % interval is (\S+) to (\S+)\.$", sentence.inner_text())
    assert wider
    page.locator("#duel-swap").click()
    low, high = (bound.translate({0x2B: 0x2212, 0x2212: 0x2B}) for bound in wider.groups())
    assert sentence.inner_text().endswith(f"is {high} to {low}.")


def test_failures__by_language_and_the_programs_behind_them(page: Page) -> None:
    page.locator("#failure-language").select_option("cpp")
    assert "no verdict" in page.locator("#failure-legend").inner_text()
    assert "was not declared in this scope" in page.locator("#failure-errors").inner_text()
    parts = page.locator("#failure-bars .bar").nth(1).locator("button")
    parts.last.hover()
    assert "2 of 12 programs" in page.locator("#hint").inner_text()
    parts.first.focus()
    page.keyboard.press("ArrowRight")
    assert focused(page).startswith("nano: ")
    parts.last.click()
    assert count(page) == 2 and title(page) == "no verdict"
    page.locator("#filter-clear").click()
    assert count(page) == PROGRAMS


def test_programs__are_searched_and_filtered(page: Page) -> None:
    page.locator("#filter-environment").select_option(TRANSLATION)
    assert count(page) == 36
    page.locator("#filter-seed").select_option("1")
    page.locator("#filter-agent").select_option("ppo")
    assert count(page) == 6
    page.locator("#filter-clear").click()
    page.locator("#filter-verdict").select_option("right")
    found = count(page)
    assert 0 < found < PROGRAMS and title(page).startswith("right")
    page.locator("#search").fill("FOREACH problem 3")  # of a PHP program and its prompt
    assert 0 < count(page) < found and "procedural/sums/3" in chosen(page)
    page.locator("#search").fill("no such text anywhere")
    assert count(page) == 0 and "No program fits" in page.locator("#episode").inner_text()
    page.locator("#search").fill("")
    assert count(page) == found


def test_programs__are_walked_through_with_keys(page: Page) -> None:
    first = chosen(page)
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert chosen(page) != first and page.url.endswith(f"#episode/random/{COMPLETION}/0/2")
    page.keyboard.press("k")
    page.keyboard.press("k")
    page.keyboard.press("k")  # there is none before the first one
    assert chosen(page) == first
    page.locator("#search").type("jk")  # is text there
    assert page.locator("#search").input_value() == "jk"
    page.locator("#search").fill("")
    page.locator("#episode-list button[tabindex='0']").focus()
    page.keyboard.press("ArrowDown")
    assert page.url.endswith(f"#episode/random/{COMPLETION}/0/1")
    page.keyboard.press("ArrowDown")
    assert page.url.endswith(f"#episode/random/{COMPLETION}/0/2")
    page.locator("#next").click()
    page.keyboard.press("Enter")  # the button that is drawn anew has the focus
    assert page.url.endswith(f"#episode/random/{COMPLETION}/0/4")
    page.locator("#previous").click()
    assert page.url.endswith(f"#episode/random/{COMPLETION}/0/3")


def test_program__has_what_each_token_earned(page: Page) -> None:
    tokens = page.locator("#episode .token")
    program = page.locator("#episode pre.program")
    assert "def total(values):" in program.inner_text() and page.locator("#episode .given").count() >= 1
    tokens.nth(2).hover()
    assert page.locator("#hint").inner_text().startswith("Token 3 of ")
    program.focus()
    page.keyboard.press("ArrowLeft")  # from the end, where the verdict is
    readout = page.locator("#episode pre.program").locator("xpath=../following-sibling::p[1]")
    assert re.search(r"Token (\d+) of \1 .*Verdict [+−]1\.000", readout.inner_text())
    assert page.locator("#episode .token.current").count() == 1
    assert page.locator("#episode .chart .point").count() > 0
    before = tokens.nth(2).evaluate("node => node.style.cssText")
    page.locator("#episode select").select_option("compilation")
    assert tokens.nth(2).evaluate("node => node.style.cssText") == "" != before
    page.locator("#episode details summary").click()
    page.locator("#episode tbody tr").first.wait_for()  # the table is made once it is opened
    assert page.locator("#episode tbody tr").count() == tokens.count()


def test_program__of_several_turns_says_where_each_begins(page: Page) -> None:
    page.locator("#filter-environment").select_option("CodeRepair-PHP-v0")
    page.locator("#filter-agent").select_option("random")
    turns = page.locator("#episode pre.program .turn")
    assert turns.all_inner_texts() == ["turn 1", "turn 2"]
    tokens = page.locator("#episode .token")
    second = turns.nth(1).evaluate("node => Number(node.nextElementSibling.dataset.place)")
    assert second == (tokens.count() + 1) // 2
    assert "What was judged" in page.locator("#episode").inner_text()


def test_program__leads_to_the_others_for_the_same_problem(page: Page) -> None:
    links = page.locator("#episode .others a")
    assert links.count() == 6
    links.last.click()
    page.wait_for_function("document.querySelector('#episode .episode-head').textContent.includes('ppo in')")
    assert page.url.endswith(f"#episode/ppo/{COMPLETION}/1/0")
    assert "ppo in" in page.locator("#episode .episode-head").inner_text()


def test_deep_link__opens_a_program(open_page: Open, report: Path) -> None:
    page = open_page(report, f"#episode/ppo/{TRANSLATION}/1/3")
    assert "procedural/sums/3" in page.locator("#episode .episode-head").inner_text()
    assert f"ppo in {TRANSLATION}, seed 1" in page.locator("#episode .episode-head").inner_text()
    assert page.locator("#episode h3").is_visible()
    shown, row = (page.locator(one).bounding_box() for one in ("#episode-list", "#episode-list [aria-current=true]"))
    assert shown and row and shown["y"] <= row["y"] <= shown["y"] + shown["height"]  # the list has scrolled to it
    page.locator("#filter-agent").select_option("nano")
    page.evaluate(f"location.hash = '#episode/random/{COMPLETION}/0/1'")  # the filters give way
    page.wait_for_function("document.querySelector('#filter-agent').value === ''")
    assert "random in" in page.locator("#episode .episode-head").inner_text()
    open_page(report, "#episode/nobody/%E0%A4%A/x")  # leads nowhere, and breaks nothing


def test_programs__in_great_number_are_listed_little_by_little(open_page: Open, tmp_path: Path) -> None:
    page = open_page(write_report(made_up_run(tmp_path / "run", problems=12))[0])
    assert page.locator("#episode-count").inner_text() == "264 of 264 programs"
    rows = page.locator("#episode-list li")
    assert rows.count() == 200
    page.locator("#episode-more").click()
    assert rows.count() == 264 and not page.locator("#episode-more").is_visible()
    page.locator("#search").fill("total")
    assert rows.count() == 200
    page.evaluate("location.hash = '#episode/ppo/CodeRepair-PHP-v0/1/11'")
    page.wait_for_function("document.querySelector('#episode .episode-head').textContent.includes('ppo')")
    assert rows.count() == 264 and "ppo" in chosen(page)


def test_phone__needs_no_sideways_scrolling(open_page: Open, report: Path) -> None:
    page = open_page(report, **PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    for part in ("#leaderboard-chart", "#curve-chart", "#profile-chart", "#failure-bars", "#episode"):
        box = page.locator(part).bounding_box()
        assert box and box["x"] >= 0 and box["x"] + box["width"] <= 360, part
    page.locator("#heat button").first.tap()
    assert count(page) == 12
    sizes = page.locator("button:visible, select:visible").evaluate_all("all => all.map(one => one.offsetHeight)")
    assert min(size for size in sizes if size) >= 30


def contrast(page: Page, target: Locator) -> float:
    """Returns the contrast of an element's text with what is drawn behind it (WCAG 2)."""
    return float(
        target.evaluate(
            """node => {
                const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
                const paint = (colour) => { canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); };
                const light = () => {
                    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map((value) => {
                        const share = value / 255;
                        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
                    });
                    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
                };
                const layers = [];
                for (let one = node; one; one = one.parentElement) layers.unshift(getComputedStyle(one));
                layers.forEach((one) => paint(one.backgroundColor));
                const behind = light();
                paint(getComputedStyle(node).color);
                const text = light();
                return (Math.max(behind, text) + 0.05) / (Math.min(behind, text) + 0.05);
            }"""
        )
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours__follow_the_system_and_can_be_read(open_page: Open, report: Path, scheme: str) -> None:
    page = open_page(report, color_scheme=scheme)
    assert (brightness(page, "body") < 0.3) == (scheme == "dark")
    for selector in (
        "h1",
        ".note",
        ".facts dt",
        ".warnings li",
        "nav li a",
        "#episode-list small",
        ".legend",
        "thead th",
    ):
        assert contrast(page, page.locator(selector).first) >= 4.5, selector
    for selector in ("#heat button", "#improvement button"):
        for cell in page.locator(selector).all():
            assert contrast(page, cell) >= 4, (selector, cell.inner_text())


def test_colours__are_switched_by_the_button(page: Page) -> None:
    page.locator("#theme").click()
    page.locator("#theme").click()
    assert brightness(page, "body") < 0.3 and page.locator("#theme").get_attribute("aria-label") == "Colours: dark"
    page.locator("#theme").click()
    assert brightness(page, "body") > 0.7


def test_hostile_programs__are_text(open_page: Open, hostile_report: Path) -> None:
    page = open_page(hostile_report)
    for _ in range(3):
        page.keyboard.press("j")
    assert page.evaluate("window.hacked") is None
    assert "</script><script>window.hacked = 1</script>" in (page.locator("#episode pre.program").text_content() or "")
    assert page.locator("main img, main script, main svg[onload]").count() == 0
    assert "\u202e" not in page.locator("#episode").inner_text() and "⟨U+202E⟩" in page.locator("#episode").inner_text()
    assert page.locator("details.crash").first.inner_text().count("{{ 7 * 7 }}") == 1


def test_red_team__by_opponent_with_what_won(open_page: Open, hostile_report: Path) -> None:
    page = open_page(hostile_report)
    cells = page.locator("#red-team-table button")
    assert set(cells.all_inner_texts()) == {"0"} and page.locator("#red-team-findings").inner_text() == "Nowhere."
    page.locator("#red-team-opponent").select_option("broken")
    assert cells.nth(2).inner_text() != "0"
    cells.nth(4).focus()
    page.keyboard.press("ArrowRight")
    assert "unit_tests: 0.0 %" not in page.locator("#hint").inner_text()
    assert "ppocoder" in page.locator("#hint").inner_text()
    page.locator("#red-team-findings summary").first.click()
    assert "return 0 </script>" in page.locator("#red-team-findings pre").first.inner_text()


def test_keyboard__reaches_every_control(page: Page) -> None:
    reached: set[str] = set()
    for _ in range(70):
        page.keyboard.press("Tab")
        reached.add(str(page.evaluate("document.activeElement.id || document.activeElement.closest('[id]')?.id")))
    wanted = page.locator("main select[id], main input[id], main button[id]:enabled:visible").evaluate_all(
        "all => all.map(one => one.id)"
    )
    assert len(wanted) > 12
    assert {
        *wanted,
        "theme",
        "heat",
        "improvement",
        "failure-bars",
        "curve-chart",
        "episode-list",
        "episode",
    } <= reached


def test_print__leaves_out_what_only_a_screen_can_use(page: Page) -> None:
    page.emulate_media(media="print")
    assert not page.locator("nav").is_visible() and not page.locator("#episodes").is_visible()
    page.set_viewport_size({"width": 700, "height": 1000})  # of a sheet of paper
    for table in ("#leaderboard-table", "#heat"):
        box = page.locator(table).bounding_box()
        assert box and box["x"] + box["width"] <= 700, table


def test_page__of_a_real_run_says_what_its_markdown_says(open_page: Open, tmp_path: Path) -> None:
    environments = tuple(EnvironmentSpec(name, name) for name in (COMPLETION, "ProgramSynthesis-Python-v0"))
    plan = Plan(parse_agents(["random", "copy", "reference"], {}), environments, seeds=2, problems=7)
    html, markdown = write_report(run(plan, tmp_path / "run", workers=1))
    shown = open_page(html)
    rows = [row.locator("td, th").all_inner_texts() for row in shown.locator("table").first.locator("tbody tr").all()]
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in markdown.read_text().splitlines()]
    ranked = {line[1]: line for line in lines if len(line) > 8 and line[0].isdigit()}
    assert len(rows) == len(ranked) == 3
    for _, agent, seeds, solved, interval, *_ in rows:
        assert ranked[agent.strip()][2:5] == [seeds, solved, interval]
    assert count(shown) == 3 * 2 * 2 * 7
    shown.locator("#episode-list li").last.click()
    assert shown.locator("#episode .token").count() >= 1
