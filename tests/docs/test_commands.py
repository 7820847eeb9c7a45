"""The commands on the pages exist, and take what they are given; none of them is run."""

from __future__ import annotations

import importlib.util
import re
import shlex
import tomllib
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import pytest
import typer
from pages import PAGES, ROOT, blocks, name

import codegym
from codegym import cli
from codegym.benchmark.experiments import find

SHELL = ("sh", "bash", "console", "")
PLACEHOLDERS = {"ENV": "CodeCompletion-Python-v0", "SEED": "0"}
"""Words that stand for something on a page, and what may stand there."""


def commands(page: Path) -> Iterator[tuple[int, list[str]]]:
    """Yields each command with its line: words, without variables before it and redirections behind it."""
    for block in blocks(page, *SHELL):
        text = block.code.replace("\\\n", " ")
        for line in text.splitlines():
            lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
            lexer.whitespace_split = True
            words: list[str] = []
            redirected = False
            for word in [*lexer, ";"]:
                if not set(word) <= set("();<>|&"):
                    words += [] if redirected else [word]
                    redirected = False
                elif set(word) <= set("<>"):
                    redirected = True
                else:
                    if words:
                        yield block.line, words
                    words, redirected = [], False


def test_commands__are_found() -> None:
    found = [words for page in PAGES for _, words in commands(page)]
    assert sum(words[0] == "codegym" for words in found) > 20


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, *SHELL)], ids=name)
def test_commands__take_what_they_are_given(page: Path) -> None:
    for line, words in commands(page):
        while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
            words = words[1:]
        try:
            check(words)
        except Exception as error:
            pytest.fail(f"{name(page)}:{line}: {shlex.join(words)}: {type(error).__name__}: {error}")


def check(words: Sequence[str]) -> None:
    """Raises an exception where a command does not exist, or does not take its arguments."""
    program, arguments = Path(words[0]).name, list(words[1:])
    assert program in CHECKS, f"tests/docs/test_commands.py does not know {program}"
    CHECKS[program](arguments)


def codegym_command(arguments: list[str]) -> None:
    """Parses the arguments as the command line does."""
    arguments = [PLACEHOLDERS.get(argument, argument) for argument in arguments if argument != "..."]
    for argument in arguments:
        if re.fullmatch(r"(Code|Program)\w+-[\w-]+-v\d+", argument):
            assert argument in codegym.env_ids()
    if arguments[:2] == ["experiment", "run"] and arguments[2] != "NAME":
        find(arguments[2]).within([value for option, value in pairwise(arguments) if option == "--environment"])
    command, context, called = typer.main.get_command(cli.app), None, "codegym"
    while True:
        context = command.make_context(called, list(arguments), parent=context)
        arguments = [*getattr(context, "_protected_args", ()), *context.args]
        if not arguments or not hasattr(command, "resolve_command"):
            assert not arguments
            return
        called, command, arguments = command.resolve_command(context, arguments)


def python(arguments: list[str]) -> None:
    """Checks that a script or a module is there, and has the options."""
    if arguments[0] == "-m":
        file = module_file(arguments[1])
        arguments = arguments[1:]
        if file == module_file("codegym"):
            return codegym_command(arguments[1:])
        if file == module_file("codegym_agents.ppo"):
            return codegym_command(["train", *arguments[1:]])
    else:
        file = ROOT / arguments[0]
    text = file.read_text("utf-8")
    for option in arguments[1:]:
        if option.startswith("--"):
            option = option.partition("=")[0]
            # typer makes options of the names of parameters.
            assert option in text or re.search(rf"\b{option[2:].replace('-', '_')}\b", text), f"{file} has no {option}"
    return None


def module_file(module: str) -> Path:
    """Returns the file that `python -m` runs."""
    spec = importlib.util.find_spec(module)
    assert spec is not None and spec.origin is not None, f"there is no {module}"
    path = Path(spec.origin)
    return path.with_name("__main__.py") if path.name == "__init__.py" else path


def launched(arguments: list[str]) -> None:
    """Checks what `torchrun` and `accelerate launch` start."""
    if "-m" in arguments:
        python(arguments[arguments.index("-m") :])
    else:
        python(arguments[next(place for place, word in enumerate(arguments) if word.endswith(".py")) :])


def make(arguments: list[str]) -> None:
    """Checks that there is such a target."""
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert {word for word in arguments if "=" not in word} <= set(targets)


def pip(arguments: list[str]) -> None:
    """Checks that our extras and files exist."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    for argument in arguments:
        if match := re.fullmatch(r"(?:codegym|\.)\[(.*)\]", argument):
            assert set(match[1].split(",")) <= set(extras)
        if argument.endswith(".txt"):
            assert (ROOT / argument).is_file()


def pytest_command(arguments: list[str]) -> None:
    """Checks that the tests exist."""
    assert all((ROOT / argument.partition("::")[0]).exists() for argument in arguments if argument.startswith("tests"))


def anything(arguments: list[str]) -> None:
    """Takes the arguments of a program that is not ours."""


CHECKS: dict[str, Callable[[list[str]], None]] = {
    "accelerate": launched,
    "codegym": codegym_command,
    "make": make,
    "pip": pip,
    "pytest": pytest_command,
    "python": python,
    "torchrun": launched,
    **dict.fromkeys(
        ["apt-get", "cd", "docker", "export", "git", "kubectl", "ray", "sbatch", "srun", "sudo", "tensorboard"],
        anything,
    ),
}
"""What is known of each program."""
