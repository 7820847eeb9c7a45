from __future__ import annotations

import re
import sys

import numpy as np
import pytest
from rich.text import Text

from codegym.envs import Completion, Episode, viewer
from codegym.errors import MissingDependencyError
from codegym.rewards import RewardMix
from codegym.testing import byte_tokenizer, tiny_problems
from codegym.types import Diagnostic, Grade, Problem

TOKENIZER = byte_tokenizer()


def written(text: str, problem: Problem | None = None) -> Episode:
    problem = problem or tiny_problems("python")[0]
    episode = Episode(Completion().assign(problem, TOKENIZER), TOKENIZER, RewardMix.load("default"), 64)
    for token in TOKENIZER.encode(text):
        episode.push(token)
    return episode


def plain(episode: Episode) -> str:
    return Text.from_ansi(viewer.ansi(episode)).plain


def test_ansi__shows_program_terms_and_verdict() -> None:
    episode = written("\n    return x")
    before = plain(episode)
    assert "def total(values):" in before and "return x" in before and "verdict" not in before
    assert "step 13 of at most 64" in before
    diagnostics = tuple(Diagnostic(line, 2, "error", f"wrong {line}") for line in range(1, 6))
    episode.settle(Grade("compile_error", compiled=False, diagnostics=diagnostics))
    after = plain(episode)
    assert "verdict: compile error" in after and "3:2 error: wrong 3" in after and "and 2 more" in after
    assert re.search(r"compilation\W+-1\.0000\W+-1\.0000", after)


def test_ansi__colours_tokens_by_their_reward() -> None:
    episode = written("abc")
    for terms, reward in zip(episode.terms, (1.0, -1.0, 0.0), strict=True):
        terms["syntax"] = reward
        terms["dataflow"] = 0.0
    picture = viewer.ansi(episode)
    assert "\x1b[38;2;70;210;90ma" in picture
    assert "\x1b[38;2;235;70;60mb" in picture
    assert "\x1b[38;2;225;225;225mc" in picture


def test_ansi__does_not_obey_the_program() -> None:
    picture = viewer.ansi(written("\x1b[2J\x07\x9b\r\x00[bold]no[/bold]"))
    assert "\x1b[2J" not in picture and "\x07" not in picture and "\x00" not in picture
    assert "␛[2J␇" in Text.from_ansi(picture).plain
    assert "[bold]no[/bold]" in Text.from_ansi(picture).plain


def test_ansi__shows_characters_of_several_tokens() -> None:
    assert "größe" in plain(written("größe"))


def test_ansi__cuts_what_is_too_long() -> None:
    problem = Problem("long://[red]", "python", "x = 1\n" * 200 + "y" * 500 + "\n")
    picture = plain(written("z" * 60, problem))
    assert "lines above" in picture and "long://[red]" in picture
    assert max(len(line) for line in picture.splitlines()) <= viewer.COLUMNS
    assert len(picture.splitlines()) <= viewer.ROWS


def test_ansi__is_the_same_in_any_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    episode = written("x")
    picture = viewer.ansi(episode)
    for name, value in {"NO_COLOR": "1", "COLUMNS": "10", "TERM": "dumb", "FORCE_COLOR": "0"}.items():
        monkeypatch.setenv(name, value)
    assert viewer.ansi(episode) == picture


@pytest.mark.parametrize("text", ["", "return", "größe 漢字 \x1b[2J", "\n" * 60])
def test_rgb_array__has_a_fixed_shape(text: str) -> None:
    image = viewer.rgb_array(written(text))
    assert image.shape == viewer.IMAGE_SHAPE and image.dtype == np.uint8
    assert image.flags.writeable and image.std() > 1


def test_rgb_array__shows_what_changed() -> None:
    episode = written("x")
    before = viewer.rgb_array(episode)
    episode.push(ord("y"))
    assert (viewer.rgb_array(episode) != before).any()


@pytest.mark.parametrize(("package", "named"), [("PIL", "Pillow"), ("matplotlib", "matplotlib")])
def test_rgb_array__names_the_extra_that_is_missing(monkeypatch: pytest.MonkeyPatch, package: str, named: str) -> None:
    viewer._font.cache_clear()
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingDependencyError, match=rf"needs {named}.*codegym\[render\]"):
        viewer.rgb_array(written("x"))
