from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from codegym import problems
from codegym.errors import ConfigurationError, DataError, UnknownNameError

FUNCTION = "def f(a):\n" + "".join(f"    x{i} = a + {i} * a\n" for i in range(20)) + "    return x1\n"


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "code"
    folder.mkdir()
    (folder / "a.py").write_text("".join(FUNCTION.replace("x1\n", f"x1 + {i}\n") for i in range(60)))
    return folder


def test_load__takes_a_folder_by_path_or_as_source(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tree.parent)
    sets = [
        problems.load("source", language="python", path=tree),
        problems.load("source", language="python", path="code"),
        problems.load(str(tree), language="python"),
        problems.load(tree, language="Python"),
        problems.load("code", language="python"),
        problems.load("./code/", language="python"),
    ]
    assert {opened.size for opened in sets} == {sets[0].size}
    assert all(opened[0] == sets[0][0] for opened in sets)
    assert sets[0].split == "train"


def test_load__hands_split_and_options_on(tree: Path) -> None:
    sizes = [problems.load(tree, language="python", split=split).size for split in ("train", "validation", "test")]
    assert sum(size or 0 for size in sizes) == 60
    with pytest.raises(DataError, match="at least 5000 tokens"):
        problems.load(tree, language="python", min_tokens=5000)


def test_load__opens_every_set_that_needs_no_data() -> None:
    assert problems.load("procedural", language="python").size is None
    assert (problems.load("stdlib", language="python", split="test").size or 0) > 0


def test_names__are_sorted_and_each_has_a_card_of_its_name() -> None:
    assert list(problems.names()) == sorted(problems.names())
    assert {"humaneval", "jsonl", "procedural", "source", "stdlib", "xlcost"} <= set(problems.names())
    assert [problems.card(name).name for name in problems.names()] == list(problems.names())


def test_names__every_set_takes_a_split_and_a_language() -> None:
    for name in problems.names():
        assert problems.takes(name, "split"), name
        assert problems.takes(name, "language") or problems.takes(name, "languages"), name


def test_load__unknown_name_says_what_exists() -> None:
    with pytest.raises(UnknownNameError, match=r"Did you mean 'procedural'\?.*A path to a folder"):
        problems.load("procedual", language="python")
    for name in ("a\0b", "x" * 5000):
        with pytest.raises(UnknownNameError):
            problems.load(name, language="python")
    with pytest.raises(DataError, match="no folder '/no/such/folder'"):
        problems.load("/no/such/folder", language="python")


def test_load__refuses_arguments_that_a_set_does_not_take(tree: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"'stdlib' does not take path\. It takes: language, split"):
        problems.load("stdlib", language="python", path=tree)
    with pytest.raises(ConfigurationError, match="does not take colour"):
        problems.load("source", language="python", path=tree, colour="red")
    with pytest.raises(ConfigurationError, match="is a path already"):
        problems.load(str(tree), language="python", path=tree)


def test_load__unknown_split_or_language_is_named(tree: Path) -> None:
    with pytest.raises(UnknownNameError, match="no split named 'tset'"):
        problems.load(tree, language="python", split="tset")
    with pytest.raises(UnknownNameError, match="no language named 'cobol'"):
        problems.load(tree, language="cobol")


def test_names__mean_functions_whatever_was_imported() -> None:
    for module in ("procedural", "source", "xlcost"):
        importlib.import_module(f"codegym.problems.{module}")
    assert callable(problems.procedural) and callable(problems.xlcost) and callable(problems.source_tree)


def test_import__loads_no_grammar_and_no_judge() -> None:
    program = "import sys, codegym.problems as p; print([m for m in ('tree_sitter', 'torch') if m in sys.modules])"
    output = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=os.environ)
    assert output.stdout.strip() == "[]"


def test_load__takes_options_behind_the_name() -> None:
    named = problems.load("procedural?difficulty=0.9,1&families=primes,islands&seed=3", language="java", split="test")
    assert (
        named[5]
        == problems.procedural(("java",), split="test", seed=3, difficulty=(0.9, 1), families=("primes", "islands"))[5]
    )
    (only,) = {problems.load("procedural?families=primes,", language="c")[i].attributes["family"] for i in range(4)}
    assert only == "primes"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("procedural?difficulty", "is not option=value"),
        ("procedural?colour=red", "does not take colour"),
        ("procedural?families=prime,", "Did you mean 'primes'"),
        ("proceduralist?seed=1", "no problem set"),
    ],
)
def test_load__says_what_is_wrong_behind_the_name(name: str, message: str) -> None:
    with pytest.raises((ConfigurationError, UnknownNameError), match=message):
        problems.load(name, language="c")
