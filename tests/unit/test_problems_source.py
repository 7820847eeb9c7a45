from __future__ import annotations

import ast
import gzip
import json
import os
import shutil
import subprocess
import sys
import textwrap
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from codegym.errors import ConfigurationError, DataError, UnknownNameError
from codegym.problems import source_tree
from codegym.problems.base import InMemoryProblems
from codegym.problems.source import (
    MAX_FILE_BYTES,
    STDLIB_SKIP,
    SourceFunction,
    SourceTree,
    extract_functions,
    read_tree,
    source_files,
    stdlib,
)

BODY = "\n".join(f"    total_{i} = first + second * {i} - len(first) // {i + 1}" for i in range(8))
FUNCTION = f"def combine(first, second):\n{BODY}\n    return total_7\n"
STRING = '    text = """\nhello\n  world\n    """\n'


@pytest.fixture(scope="module", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("cache")
        patch.setenv("XDG_CACHE_HOME", str(folder))
        yield folder


@pytest.fixture(scope="module")
def library(own_cache: Path) -> SourceTree:
    return read_tree("stdlib")


def extract(folder: Path, **options: int) -> tuple[list[SourceFunction], Counter[str]]:
    counts: Counter[str] = Counter()
    return list(extract_functions(folder, "python", counts=counts, **options)), counts


def extract_text(folder: Path, text: str | bytes, **options: int) -> list[SourceFunction]:
    file = folder / "module.py"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return list(extract_functions(file, "python", **options))


def numbered(index: int) -> str:
    """A function that is like no other: it differs in a number."""
    return FUNCTION.replace("return total_7", f"return total_7 + {index}")


def members(problems: InMemoryProblems) -> list[str]:
    return [problems[index].reference for index in range(problems.size)]


# The standard library


def test_stdlib__has_thousands_of_functions(library: SourceTree) -> None:
    splits = Counter(function.split for function in library.functions)
    print(f"{library.report}; {dict(splits)}")
    assert 3_000 <= len(library.functions) <= 15_000
    assert splits["test"] >= 300 and splits["validation"] >= 100
    assert library.report.taken == len(library.functions)


def test_stdlib__each_problem_keeps_the_protocol(library: SourceTree) -> None:
    for function in library.functions:
        assert function.tokens >= 64
        assert len(function.text.encode()) <= 4000
        assert function.text.startswith(("def ", "async def ", "@"))
        assert not STDLIB_SKIP.intersection(Path(function.file).parts)


def test_stdlib__ids_and_keys_are_unique(library: SourceTree) -> None:
    parts = [stdlib(split=split) for split in ("train", "validation", "test")]
    identifiers = [part[index].id for part in parts for index in range(part.size)]
    assert len(set(identifiers)) == len(identifiers) == len(library.functions)
    assert len({function.key for function in library.functions}) == len(library.functions)


def test_stdlib__text_is_the_original_program(library: SourceTree) -> None:
    """Each function has the syntax tree that it has in its file; docstrings up to their layout."""

    def clean(tree: ast.AST) -> str:
        for node in ast.walk(tree):
            match node:
                case ast.Expr(value=ast.Constant(value=str(text))):
                    node.value.value = " ".join(text.split())
        return ast.dump(tree)

    root = Path(os.__file__).parent
    by_file: dict[str, list[SourceFunction]] = {}
    for function in library.functions[::5]:
        by_file.setdefault(function.file, []).append(function)
    for file, functions in by_file.items():
        originals = {
            min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)]): node
            for node in ast.walk(ast.parse((root / file).read_bytes()))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        }
        for function in functions:
            (node,) = ast.parse(function.text).body
            assert clean(node) == clean(originals[function.line]), (file, function.name)


def test_stdlib__card_tells_what_it_is(library: SourceTree) -> None:
    card = stdlib(split="test").card
    assert (card.name, card.licence) == ("stdlib", "PSF-2.0")
    assert "left out" in card.description


def test_extraction__does_not_depend_on_the_process(tmp_path: Path) -> None:
    for name in ("asyncio", "email", "json"):
        shutil.copytree(Path(os.__file__).parent / name, tmp_path / name)
    program = (
        "from codegym.problems.source import read_tree; import sys;"
        "tree = read_tree(sys.argv[1], cache=False); print(hash('a')); print(tree)"
    )
    outputs = [
        subprocess.run(
            [sys.executable, "-c", program, str(tmp_path)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split("\n", 1)
        for seed in ("1", "2")
    ]
    assert outputs[0][0] != outputs[1][0]
    assert outputs[0][1] == outputs[1][1]


# What is taken


def test_functions__are_named_and_placed(tmp_path: Path) -> None:
    method = textwrap.indent(FUNCTION, "        ")
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "a.py").write_text(f"x = 1\nclass Outer:\n    class Inner:\n{method}")
    problems = [
        part[0] for split in ("train", "validation", "test") if (part := try_split(tmp_path, split)) is not None
    ]
    (problem,) = problems
    assert problem.id == "source://pack/a.py#Outer.Inner.combine"
    assert problem.reference == FUNCTION
    assert problem.language == "python"
    assert problem.attributes == {
        "file": "pack/a.py",
        "line": 4,
        "name": "Outer.Inner.combine",
        "tokens": problem.attributes["tokens"],
    }


def try_split(folder: Path, split: str) -> InMemoryProblems | None:
    try:
        return source_tree(folder, split=split, cache=False)
    except DataError as error:
        assert f"the {split} split" in str(error)
        return None


def test_ids__tell_functions_of_one_name_apart(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("".join(numbered(index) for index in range(40)))
    train = source_tree(tmp_path, cache=False)
    assert len({train[index].id for index in range(train.size)}) == train.size
    assert train[0].id.startswith("source://a.py#combine:")


def test_functions__keep_decorators_and_async(tmp_path: Path) -> None:
    text = f"@wraps(first)\n@cache\nasync {FUNCTION}"
    (function,) = extract_text(tmp_path, f"if True:\n{textwrap.indent(text, '    ')}")
    assert (function.text, function.line, function.name) == (text, 2, "combine")


def test_nested_functions__are_taken_once(tmp_path: Path) -> None:
    outer = f"def outer(first, second):\n{textwrap.indent(FUNCTION, '    ')}    return combine\n"
    assert [function.name for function in extract_text(tmp_path, outer)] == ["outer"]


def test_nested_functions__are_taken_from_one_that_is_too_long(tmp_path: Path) -> None:
    outer = f"def outer(first, second):\n{textwrap.indent(FUNCTION, '    ')}{(BODY + chr(10)) * 20}\n"
    functions = extract_text(tmp_path, outer, max_bytes=1000)
    assert [(function.name, function.text) for function in functions] == [("outer.combine", FUNCTION)]


def test_functions__that_do_not_compile_alone_are_left_out(tmp_path: Path) -> None:
    inner = FUNCTION.replace("\n", "\n    nonlocal state\n", 1)
    long_outer = f"def outer():\n    state = 0\n{textwrap.indent(inner, '    ')}{(BODY + chr(10)) * 20}\n"
    (tmp_path / "a.py").write_text(long_outer)
    functions, counts = extract(tmp_path, max_bytes=1000)
    assert functions == []
    assert (counts["not_compiling"], counts["too_long"]) == (1, 1)


def test_tokens__leave_comments_and_docstrings_out(tmp_path: Path) -> None:
    (bare,) = extract_text(tmp_path, FUNCTION)
    documented = FUNCTION.replace("\n", f'\n    """{"word " * 100}\n    end"""\n    # {"word " * 100}\n', 1)
    (function,) = extract_text(tmp_path, documented)
    assert function.tokens == bare.tokens
    assert function.key == bare.key
    assert extract_text(tmp_path, f'def f():\n    """{"word " * 100}"""\n    return 1\n') == []


def test_limits__bound_what_is_taken(tmp_path: Path) -> None:
    (function,) = extract_text(tmp_path, FUNCTION)
    size = len(function.text.encode())
    assert extract_text(tmp_path, FUNCTION, min_tokens=function.tokens, max_bytes=size) == [function]
    assert extract_text(tmp_path, FUNCTION, min_tokens=function.tokens + 1) == []
    assert extract_text(tmp_path, FUNCTION, max_bytes=size - 1) == []
    with pytest.raises(ConfigurationError, match="min_tokens=0"):
        extract_functions(tmp_path, "python", min_tokens=0)


def test_clones__are_taken_once(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(FUNCTION)
    renamed = FUNCTION.replace("first", "left").replace("combine", "join").replace("    ", "\t")
    (tmp_path / "b.py").write_text(f"class A:\n{textwrap.indent(renamed, '    ')}")
    tree = read_tree(tmp_path, cache=False)
    assert [function.file for function in tree.functions] == ["a.py"]
    assert tree.report.duplicates == 1


def test_literals__tell_functions_apart(tmp_path: Path) -> None:
    texts = [FUNCTION.replace("return total_7", f"return total_7 + {value}") for value in ("'a'", "'b'", "3", "4.0")]
    (tmp_path / "a.py").write_text("".join(texts))
    assert len(read_tree(tmp_path, cache=False).functions) == 4


# Dedenting


def test_dedent__keeps_lines_inside_strings(tmp_path: Path) -> None:
    text = FUNCTION.replace("    return", f"{STRING}    return")
    method = "class A:\n" + "".join(
        line if line in ("hello\n", "  world\n") else f"    {line}" for line in text.splitlines(keepends=True)
    )
    (function,) = extract_text(tmp_path, method)
    original = ast.parse(method).body[0]
    assert isinstance(original, ast.ClassDef)
    assert ast.dump(ast.parse(function.text).body[0]) == ast.dump(original.body[0])
    assert "\nhello\n  world\n" in function.text


def test_dedent__moves_docstrings_with_the_code(tmp_path: Path) -> None:
    text = FUNCTION.replace("\n", '\n    """Adds.\n\n    More:\n        list\n    """\n', 1)
    (function,) = extract_text(tmp_path, f"class A:\n{textwrap.indent(text, '    ')}")
    assert function.text == text


def test_dedent__leaves_a_docstring_with_shallow_lines_alone(tmp_path: Path) -> None:
    text = FUNCTION.replace("\n", '\n    """Adds.\nshallow\n        deep"""\n', 1)
    method = "class A:\n" + textwrap.indent(text, "    ", lambda line: "shallow" not in line and "deep" not in line)
    (function,) = extract_text(tmp_path, method)
    assert function.text == text


@pytest.mark.parametrize(
    "line", ["# shallow comment", "(1,\n2)", "1 + \\\n 2", "f'''{\n  1}\n'''", "'a\\\n b'"], ids=repr
)
def test_dedent__survives_lines_indented_less(tmp_path: Path, line: str) -> None:
    statement = line if line.startswith("#") else f"        value = {line}"
    method = f"class A:\n{textwrap.indent(FUNCTION, '    ').rstrip()}".replace(
        "        return", f"{statement}\n        return"
    )
    (function,) = extract_text(tmp_path, method)
    original = ast.parse(method).body[0]
    assert isinstance(original, ast.ClassDef)
    assert ast.dump(ast.parse(function.text).body[0]) == ast.dump(original.body[0])


def test_dedent__knows_that_a_form_feed_sets_the_column_back(tmp_path: Path) -> None:
    method = textwrap.indent(FUNCTION, "    ").replace(
        "        return", "        if first:\n            second\n\f        return"
    )
    source = f"class A:\n\f{method}"
    (function,) = extract_text(tmp_path, source)
    original = ast.parse(source).body[0]
    assert isinstance(original, ast.ClassDef)
    assert ast.dump(ast.parse(function.text).body[0]) == ast.dump(original.body[0])


@pytest.mark.parametrize("newline", ["\r\n", "\r"], ids=repr)
def test_line_ends__do_not_matter(tmp_path: Path, newline: str) -> None:
    method = f"class A:\n{textwrap.indent(FUNCTION, '    ')}"
    expected = extract_text(tmp_path, method)
    assert extract_text(tmp_path, b"\xef\xbb\xbf" + method.replace("\n", newline).encode()) == expected
    assert expected[0].text == FUNCTION


def test_tabs__are_indentation_too(tmp_path: Path) -> None:
    tabbed = FUNCTION.replace("    ", "\t")
    (function,) = extract_text(tmp_path, f"class A:\n{textwrap.indent(tabbed, chr(9))}")
    assert function.text == tabbed


# Hostile trees


def test_hostile_files__are_counted(tmp_path: Path) -> None:
    hostile: dict[str, bytes] = {
        "binary.py": bytes(range(256)) * 50,
        "zeros.py": b"\0" * 1000,
        "empty.py": b"",
        "latin.py": "# coding: latin-1\nname = 'é'\n".encode("latin-1"),
        "large.py": b"x = 1\n" * (5_000_000 // 6),
        "broken.py": b"def f(:\n  class (((\n" * 200,
        "deep.py": b"def f():\n    return " + b"(" * 3000 + b")" * 3000 + b"\n",
        "unary.py": b"def f():\n    return " + b"-" * 3900 + b"1\n",
        "cut.py": FUNCTION.encode()[:-40] + b"'''",
        "surrogate.py": b"x = '\xed\xa0\x80'\n",
    }
    for name, content in hostile.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "good.py").write_text(FUNCTION)
    (tmp_path / "folder.py").mkdir()
    (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "link.py").symlink_to(tmp_path / "good.py")
    (tmp_path / "dangling.py").symlink_to(tmp_path / "nothing")
    os.mkfifo(tmp_path / "pipe.py")
    tree = read_tree(tmp_path)
    assert [function.file for function in tree.functions] == ["good.py"]
    assert tree.report.files == len(hostile) + 1
    assert tree.report.unreadable == 5
    assert len(hostile["large.py"]) > MAX_FILE_BYTES


def test_walk__is_sorted_and_leaves_out_what_is_not_ours(tmp_path: Path) -> None:
    for folder in ("b", "a", ".hidden", "__pycache__", "env/lib", "node_modules", "mine"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "m.py").write_text("")
    (tmp_path / "env" / "pyvenv.cfg").write_text("")
    (tmp_path / "z.py").write_text("")
    files = source_files(tmp_path, "python", skip=frozenset({"mine"}))
    assert [file.relative_to(tmp_path).as_posix() for file in files] == ["z.py", "a/m.py", "b/m.py"]


def test_missing_folder__is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no folder '.*nowhere'"):
        source_tree(tmp_path / "nowhere")


def test_folder_without_code__is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no Python file \(\*\.py\) in .*"):
        source_tree(tmp_path)
    (tmp_path / "a.py").write_text("x = 1\n")
    with pytest.raises(DataError, match=r"at least 64 tokens.*1 files"):
        source_tree(tmp_path)


def test_unknown_names__are_errors(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'validation'"):
        source_tree(tmp_path, split="validatio")
    with pytest.raises(UnknownNameError, match="Did you mean 'python'"):
        source_tree(tmp_path, language="pyton")


# The cache


def cache_files(folder: Path) -> list[Path]:
    return sorted((folder / "codegym" / "problems").glob("*"))


@pytest.fixture
def cached_tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    cache, tree = tmp_path / "cache", tmp_path / "tree"
    tree.mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    (tree / "a.py").write_text("".join(numbered(index) for index in range(20)))
    return cache, tree


def test_cache__a_hit_equals_a_miss(cached_tree: tuple[Path, Path]) -> None:
    cache, tree = cached_tree
    missed = read_tree(tree)
    (file,) = cache_files(cache)
    before = file.stat().st_mtime_ns
    assert read_tree(tree) == missed == read_tree(tree, cache=False)
    assert file.stat().st_mtime_ns == before


def test_cache__follows_the_tree_and_the_limits(cached_tree: tuple[Path, Path]) -> None:
    cache, tree = cached_tree
    assert len(read_tree(tree).functions) == 20
    (tree / "b.py").write_text(numbered(99))
    assert len(read_tree(tree).functions) == 21
    assert len(cache_files(cache)) == 1
    assert len(read_tree(tree, min_tokens=65).functions) == 21
    assert len(cache_files(cache)) == 2


@pytest.mark.parametrize("damage", ["empty", "text", "cut", "json", "rows"])
def test_cache__a_broken_file_is_built_again(cached_tree: tuple[Path, Path], damage: str) -> None:
    cache, tree = cached_tree
    expected = read_tree(tree)
    (file,) = cache_files(cache)
    content = file.read_bytes()
    lines = gzip.decompress(content).splitlines(keepends=True)
    damaged = {
        "empty": b"",
        "text": b"not gzip",
        "cut": content[: len(content) // 2],
        "json": gzip.compress(b"[1, 2]\n"),
        "rows": gzip.compress(b"".join(lines[:-1])),
    }
    file.write_bytes(damaged[damage])
    assert read_tree(tree) == expected
    assert json.loads(gzip.decompress(file.read_bytes()).splitlines()[0])["rows"] == 21


def test_cache__a_folder_that_cannot_be_written_only_costs_time(
    cached_tree: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, tree = cached_tree
    monkeypatch.setenv("XDG_CACHE_HOME", str(tree / "a.py"))
    assert len(read_tree(tree).functions) == 20


# Java: the unit is the file


@pytest.mark.needs_javac
@pytest.mark.skipif(shutil.which("javac") is None, reason="needs javac, which is not on the PATH")
def test_java__files_that_compile_alone_are_problems(tmp_path: Path) -> None:
    statements = " ".join(f"total += values[{i}] * {i};" for i in range(12))
    unit = f"class Sum {{ static int sum(int[] values) {{ int total = 0; {statements} return total; }} }}\n"
    (tmp_path / "Sum.java").write_text(f"// a comment\n{unit}")
    (tmp_path / "Other.java").write_text(unit.replace("int total", "Missing total").replace("Sum", "Other"))
    (tmp_path / "Broken.java").write_text(unit.replace("int total", "int int"))
    tree = read_tree(tmp_path, "java", cache=False)
    assert [(function.file, function.name) for function in tree.functions] == [("Sum.java", "Sum")]
    assert tree.report.not_compiling == 2
