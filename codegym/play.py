"""One episode in the terminal, token by token: a model writes, or the person at the keyboard does."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

import gymnasium as gym
import typer
from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from codegym.envs import TokenEnv, edit_similarity
from codegym.errors import ConfigurationError
from codegym.tokens import Tokenizer

_ESCAPES = {r"\n": "\n", r"\t": "\t", r"\\": "\\"}


def play_episode(
    env: gym.Env[Any, Any], tokens: Iterable[int], console: Console, title: str = "", delay: float = 0.0
) -> float:
    """Writes tokens through `env.step` until the episode is over, and shows what each of them earned.

    A terminal shows one picture that changes in place; a pipe gets a line for each token between the first
    picture and the last.

    Args:
        env: An environment in ansi mode, after its reset.
        tokens: What is written; asked for one at a time, so that it may depend on what has been shown.
        console: Where the episode is shown.
        title: A line above the picture.
        delay: Seconds between two tokens, in a terminal.

    Returns:
        The return of the episode.
    """
    episode = token_env(env).episode
    earned = 0.0
    _show(env, console, title)
    for token in tokens:
        _, reward, terminated, truncated, info = env.step(token)
        earned += float(reward)
        if console.is_terminal:
            _show(env, console, title)
            time.sleep(delay)
        else:
            terms = "  ".join(f"{name} {value:+.4f}" for name, value in info["reward_terms"].items())
            # The end token, and tokens that are not legal, write nothing.
            piece = repr(episode.pieces[-1].decode("utf-8", "backslashreplace")) if episode.pieces[-1] else "-"
            line = f"{len(episode.tokens):4}  {piece:<16}  reward {float(reward):+.4f}  {terms}"
            console.print(Text(line), soft_wrap=True)
        if terminated or truncated:
            break
    if not console.is_terminal:
        _show(env, console, title)
    answer, reference = episode.answer.decode("utf-8", "replace"), episode.assignment.reference_answer
    console.print(Panel(Text(_printable(reference)), title="what the expert wrote", title_align="left"))
    similarity = edit_similarity(reference, answer)
    console.print(Text(f"return {earned:+.4f}, edit similarity {similarity:.2f}", style="bold"))
    return earned


def token_env(env: gym.Env[Any, Any]) -> TokenEnv:
    """Returns the token-level environment inside all wrappers.

    Raises:
        ConfigurationError: It is another kind of environment.
    """
    if not isinstance(env.unwrapped, TokenEnv):
        raise ConfigurationError(f"{env!r} is not a token-level environment of codegym.")
    return env.unwrapped


def typed_tokens(tokenizer: Tokenizer, console: Console) -> Iterator[int]:
    r"""Yields the tokens of each line of standard input, and the end token after the last one.

    `\n`, `\t` and `\\` in a line stand for a line break, a tab and a backslash. An empty line or the end of
    the input is the end of the program.
    """
    for line in _lines(console):
        text = re.sub(r"\\[nt\\]", lambda escape: _ESCAPES[escape[0]], line)
        yield from tokenizer.encode(text)
    yield tokenizer.end_id


def _lines(console: Console) -> Iterator[str]:
    """Yields the lines of standard input, without their ends, up to an empty one."""
    if sys.stdin.isatty():
        with suppress(EOFError):
            while line := console.input("[bold]write>[/bold] "):
                yield line
    else:
        stream = typer.get_text_stream("stdin", encoding="utf-8", errors="replace")
        while line := stream.readline().rstrip("\r\n"):
            yield line


def _show(env: gym.Env[Any, Any], console: Console, title: str) -> None:
    if console.is_terminal:
        console.clear()
    console.print(Text(title, style="dim"), soft_wrap=True)
    # Through rich, so that a pipe, or a terminal without colours, gets plain text.
    console.print(Text.from_ansi(str(env.render())), soft_wrap=True)


def _printable(text: str) -> str:
    """Returns a text whose control characters a terminal does not obey."""
    return "".join([char if char in "\n\t" or char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text])
