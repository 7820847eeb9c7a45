"""Pictures of an episode: the program so far, each token in the colour of the reward that it earned."""

from __future__ import annotations

import codecs
import io
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from rich.color import Color
from rich.console import Console, Group
from rich.panel import Panel
from rich.style import Style
from rich.table import Table
from rich.text import Text

from codegym.envs.episode import Episode
from codegym.errors import MissingDependencyError
from codegym.types import Grade

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

COLUMNS, ROWS = 100, 44
"""Size of a picture in characters."""

IMAGE_SHAPE = (ROWS * 18, COLUMNS * 9, 3)
"""Height, width and channels of an image, in pixels."""

_PROGRAM_ROWS = 26
_DIAGNOSTICS = 3
_BACKGROUND, _FOREGROUND = (18, 20, 24), (225, 225, 225)
_GREY, _RED, _GREEN = (150, 150, 150), (235, 70, 60), (70, 210, 90)
# A structure term rarely moves by more in one step; beyond it the colour is saturated.
_FULL_COLOUR_REWARD = 0.05

# Programs may hold terminal control sequences: they are shown, not obeyed.
_VISIBLE = {code: 0x2400 + code for code in range(0x20) if chr(code) not in "\n\t"} | dict.fromkeys(
    (0x7F, *range(0x80, 0xA0), 0x2028, 0x2029), 0xFFFD
)


def ansi(episode: Episode) -> str:
    """Returns the picture as text with ANSI colours, `COLUMNS` characters wide."""
    console = _console()
    with console.capture() as capture:
        console.print(_picture(episode))
    return capture.get()


def rgb_array(episode: Episode) -> NDArray[np.uint8]:
    """Returns the picture as an image of shape `IMAGE_SHAPE`, uint8.

    Raises:
        MissingDependencyError: Pillow or matplotlib, whose font is used, is not installed.
    """
    try:
        from PIL import Image, ImageDraw
    except ImportError:
        raise MissingDependencyError("Pillow", "render", "render_mode='rgb_array'") from None

    height, width, _ = IMAGE_SHAPE
    cell_height, cell_width = height // ROWS, width // COLUMNS
    image = Image.new("RGB", (width, height), _BACKGROUND)
    canvas, font = ImageDraw.Draw(image), _font(cell_height - 4)
    console = _console()
    lines = console.render_lines(_picture(episode), console.options.update(width=COLUMNS), pad=False)
    for row, line in enumerate(lines[:ROWS]):
        column = 0
        for segment in line:
            colour = _colour_of(segment.style)
            for character in segment.text:
                if character != " ":
                    canvas.text((column * cell_width, row * cell_height), character, colour, font)
                column += 1
    return np.asarray(image, np.uint8).copy()


def _console() -> Console:
    return Console(
        file=io.StringIO(),
        force_terminal=True,
        force_jupyter=False,
        force_interactive=False,
        color_system="truecolor",
        no_color=False,
        legacy_windows=False,
        highlight=False,
        width=COLUMNS,
        height=ROWS,
        _environ={},
    )


def _picture(episode: Episode) -> Group:
    problem = episode.assignment.problem
    parts: list[Any] = [
        Panel(_program(episode), title=Text(_visible(problem.id)), title_align="left", border_style="dim"),
        _terms(episode),
    ]
    if episode.grade is not None:
        parts.append(_verdict(episode.grade))
    return Group(*parts)


def _program(episode: Episode) -> Text:
    """Returns the end of the program: the prompt dimmed, each written token in the colour of its reward."""
    text = Text(no_wrap=True, overflow="ellipsis", tab_size=4)
    # A token may hold part of a character; the decoder shows the character with the token that completes it.
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    text.append(_visible(decoder.decode(episode.assignment.prefix)), style=_style(_GREY, dim=True))
    for piece, terms in zip(episode.pieces, episode.terms, strict=True):
        colour = _reward_colour(sum(terms.values()))
        text.append(_visible(decoder.decode(piece)), style=_style(colour))
    text.append(_visible(decoder.decode(b"", final=True)))
    lines = text.split("\n", allow_blank=True)
    if len(lines) > _PROGRAM_ROWS:
        above = len(lines) - _PROGRAM_ROWS + 1
        return Text("\n").join([Text(f"... {above} lines above", style="dim italic"), *lines[above:]])
    return text


def _terms(episode: Episode) -> Table:
    total: dict[str, float] = {}
    for terms in episode.terms:
        for name, value in terms.items():
            total[name] = total.get(name, 0.0) + value
    newest: Mapping[str, float] = episode.terms[-1] if episode.terms else {}
    title = f"step {len(episode.tokens)} of at most {episode.target_tokens}"
    table = Table(title=title, title_justify="left", show_edge=False, pad_edge=False)
    table.add_column("term")
    table.add_column("this step", justify="right")
    table.add_column("so far", justify="right")
    for name in total:
        table.add_row(name, _number(newest[name]), _number(total[name]))
    table.add_section()
    table.add_row("reward", _number(sum(newest.values())), _number(sum(total.values())))
    return table


def _verdict(grade: Grade) -> Text:
    colour = _GREY if not grade.valid else _GREEN if grade.compiled else _RED
    text = Text("verdict: ", no_wrap=True, overflow="ellipsis")
    text.append(grade.status.replace("_", " "), style=_style(colour, bold=True))
    if grade.total:
        text.append(f", {grade.passed} of {grade.total} tests passed")
    for diagnostic in grade.diagnostics[:_DIAGNOSTICS]:
        message = _visible(diagnostic.message).replace("\n", " ")
        text.append(f"\n  {diagnostic.line}:{diagnostic.column} {diagnostic.severity}: {message}")
    if len(grade.diagnostics) > _DIAGNOSTICS:
        text.append(f"\n  ... and {len(grade.diagnostics) - _DIAGNOSTICS} more", style="dim")
    return text


def _visible(text: str) -> str:
    return text.replace("\r\n", "\n").translate(_VISIBLE)


def _number(value: float) -> Text:
    return Text(f"{value:+.4f}", style=_style(_reward_colour(value)))


def _reward_colour(reward: float) -> tuple[int, int, int]:
    """Returns white for 0, towards red below it and towards green above it."""
    share = min(abs(reward) / _FULL_COLOUR_REWARD, 1.0)
    goal = _GREEN if reward > 0 else _RED
    red, green, blue = (round(start + share * (end - start)) for start, end in zip(_FOREGROUND, goal, strict=True))
    return red, green, blue


def _style(colour: tuple[int, int, int], dim: bool = False, bold: bool = False) -> Style:
    return Style(color=Color.from_rgb(*colour), dim=dim, bold=bold)


def _colour_of(style: Style | None) -> tuple[int, int, int]:
    red, green, blue = _FOREGROUND
    if style is not None and style.color is not None:
        red, green, blue = style.color.get_truecolor()
    if style is not None and style.dim:
        red, green, blue = (round(0.7 * channel) for channel in (red, green, blue))
    return red, green, blue


@cache
def _font(size: int) -> FreeTypeFont:
    from PIL import ImageFont

    try:
        import matplotlib
    except ImportError:
        raise MissingDependencyError("matplotlib", "render", "render_mode='rgb_array'") from None
    path = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSansMono.ttf"
    return ImageFont.truetype(str(path), size)
