"""Functions taken from any folder of real code, as CodeSearchNet takes them from repositories.

The protocol is that of CodeSearchNet (Husain et al. 2019, arXiv 1909.09436, section 2) as PPOCoder narrows it
(arXiv 2301.13816, section 4.1): a function has at least 64 lexical tokens, compiles on its own, and is there
once. Its split follows from its normalised text, so that no function is ever in two splits, whatever folder
it is found in.
"""

from __future__ import annotations

import logging
import os
import re
import sysconfig
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from codegym import languages
from codegym.errors import ConfigurationError, DataError
from codegym.languages.base import Language
from codegym.problems.base import Card, InMemoryProblems, Split, check_split, split_of
from codegym.problems.cache import Row, cached_rows, fingerprint_of
from codegym.seeding import stable_hash
from codegym.types import Problem

if TYPE_CHECKING:
    import tree_sitter

logger = logging.getLogger(__name__)

VERSION: Final = "1"
"""Changes whenever the same tree may give other functions."""

MAX_FILE_BYTES: Final = 1_000_000
"""Files above this are generated tables, not written code."""

STDLIB_SKIP: Final = frozenset(
    {"dist-packages", "ensurepip", "idlelib", "lib2to3", "site-packages", "test", "tests", "turtledemo"}
)
"""Folders of Python's standard library that hold no library code, or not Python's own."""

_NEVER_CODE = frozenset({"__pycache__", "node_modules"})
_STANDALONE = frozenset({"python"})
"""Languages in which a function is a program by itself; in the others the unit is the file."""
_SMALLEST_FUNCTION = 7
"""Nodes of the smallest function in any grammar; syntax trees below that size are not searched."""


@dataclass(frozen=True, slots=True)
class SourceFunction:
    """One function or method of a source tree (in languages where none stands alone: one file).

    Attributes:
        text: The code, with its decorators, dedented, ending in a newline.
        key: 64-bit hash of the normalised text: equal for clones that differ in names, comments and layout.
        tokens: Lexical tokens, comments and docstrings not counted.
        split: The split that the normalised text belongs to.
        file: Path relative to the tree, with forward slashes.
        line: The line that it starts on, from 1.
        name: Qualified name: `"Counter.most_common"`.
    """

    text: str
    key: int
    tokens: int
    split: Split
    file: str
    line: int
    name: str


@dataclass(frozen=True, slots=True)
class SourceReport:
    """What was found in a source tree, and what was left out for which reason.

    Attributes:
        files: Files of the language, those left out included.
        unreadable: Files that could not be read, are not UTF-8, or are larger than `MAX_FILE_BYTES`.
        taken: Functions that passed.
        too_short: Functions with fewer tokens than asked for.
        too_long: Functions with more bytes than asked for (those inside of them may have been taken).
        not_compiling: Functions that do not compile on their own.
        duplicates: Functions whose normalised text was already there.
    """

    files: int = 0
    unreadable: int = 0
    taken: int = 0
    too_short: int = 0
    too_long: int = 0
    not_compiling: int = 0
    duplicates: int = 0

    def __str__(self) -> str:
        return (
            f"{self.taken:,} functions from {self.files:,} files; left out: {self.too_short:,} too short, "
            f"{self.too_long:,} too long, {self.not_compiling:,} that do not compile on their own, "
            f"{self.duplicates:,} duplicates, {self.unreadable:,} unreadable files"
        )


@dataclass(frozen=True)
class SourceTree:
    """The functions of a folder, all splits together, in the order of the walk."""

    functions: tuple[SourceFunction, ...]
    report: SourceReport


def source_tree(
    path: str | Path | None = None,
    language: str = "python",
    split: str = "train",
    *,
    min_tokens: int = 64,
    max_bytes: int = 4000,
    cache: bool = True,
) -> InMemoryProblems:
    """Returns one split of the functions in a folder of real code.

    Args:
        path: The folder. None or `"stdlib"` is the standard library of the Python that runs this.
        language: Language of the code, by name.
        split: `"train"`, `"validation"` or `"test"`: about 85, 5 and 10 % of the functions.
        min_tokens: Shortest function, in lexical tokens without comments and docstrings.
        max_bytes: Longest function, in bytes of UTF-8, comments and docstrings included.
        cache: Whether to keep what was found in the user's cache folder; a tree that changed is read again.

    Raises:
        DataError: There is no such folder, or it has no function of that language in that split.
        UnknownNameError: There is no such language or split.
    """
    wanted = check_split(split)
    spoken = languages.get(language)
    tree = read_tree(path, language, min_tokens=min_tokens, max_bytes=max_bytes, cache=cache)
    uses = Counter((function.file, function.name) for function in tree.functions)
    problems = tuple(
        _problem(function, spoken, unique=uses[function.file, function.name] == 1)
        for function in tree.functions
        if function.split == wanted
    )
    root, is_stdlib = _root(path)
    if not problems:
        raise DataError(
            f"None of the {len(tree.functions)} {spoken.title} functions in {root} falls into the {wanted} "
            "split, which is chosen by a hash of their text. Use a larger folder or another split."
        )
    card = Card(
        name="stdlib" if is_stdlib else "source",
        description=f"{spoken.title} functions of a source tree: {tree.report}.",
        licence="PSF-2.0" if is_stdlib else "the licence of the code in the folder",
        version=VERSION,
        origin=f"Python {sysconfig.get_python_version()} standard library" if is_stdlib else root.as_posix(),
    )
    return InMemoryProblems(card, wanted, problems)


def stdlib(
    language: str = "python",
    split: str = "train",
    *,
    min_tokens: int = 64,
    max_bytes: int = 4000,
    cache: bool = True,
) -> InMemoryProblems:
    """Returns one split of the functions in Python's standard library; see `source_tree`."""
    return source_tree(None, language, split, min_tokens=min_tokens, max_bytes=max_bytes, cache=cache)


def read_tree(
    path: str | Path | None = None,
    language: str = "python",
    *,
    min_tokens: int = 64,
    max_bytes: int = 4000,
    cache: bool = True,
) -> SourceTree:
    """Returns the functions of a folder in every split, and the account of what was left out.

    Functions are de-duplicated by their key; the first in the order of the walk stays. In languages whose
    unit is the file (all but Python), the judge compiles each file on its own.

    Args:
        path: The folder. None or `"stdlib"` is the standard library of the Python that runs this.
        language: Language of the code, by name.
        min_tokens: Shortest function, in lexical tokens.
        max_bytes: Longest function, in bytes.
        cache: Whether to use the user's cache folder.

    Raises:
        DataError: There is no such folder, no file of that language in it, or no function that passes.
        UnknownNameError: There is no such language.
        ConfigurationError: `min_tokens` or `max_bytes` is not positive.
    """
    spoken = languages.get(language)
    root, is_stdlib = _root(path)
    skip = STDLIB_SKIP if is_stdlib else frozenset[str]()
    files = source_files(root, language, skip=skip)
    if not files:
        raise DataError(f"There is no {spoken.title} file (*{spoken.suffix}) in {root}.")

    def build() -> list[Row]:
        tree = _deduplicated(root, spoken, min_tokens, max_bytes, skip)
        return [asdict(tree.report), *(asdict(function) for function in tree.functions)]

    identity = {
        "set": "source",
        "path": str(root),
        "language": spoken.name,
        "limits": [min_tokens, max_bytes],
    }
    report, *rows = cached_rows(identity, _fingerprint(root, files, spoken), build, enabled=cache)
    tree = SourceTree(
        functions=tuple(SourceFunction(**row) for row in rows),  # type: ignore[arg-type]  # rows made above
        report=SourceReport(**report),  # type: ignore[arg-type]  # the same
    )
    logger.info("%s: %s", root, tree.report)
    if not tree.functions:
        raise DataError(
            f"No {spoken.title} function in {root} has at least {min_tokens} tokens, at most {max_bytes} "
            f"bytes, and compiles on its own: {tree.report}."
        )
    return tree


def extract_functions(
    path: str | Path,
    language: str = "python",
    *,
    min_tokens: int = 64,
    max_bytes: int = 4000,
    skip: frozenset[str] = frozenset(),
    counts: Counter[str] | None = None,
) -> Iterator[SourceFunction]:
    """Yields the functions of a file or a folder, file by file, duplicates included, in constant memory.

    This is the raw stream for pretraining on much code: hand out `source_files` to worker processes, and drop
    duplicates by `key`. A file that cannot be used is counted, never an exception. Python functions are those
    that compile on their own; in other languages the unit is a file that parses, and compiling it is the
    judge's work.

    Args:
        path: A file or a folder.
        language: Language of the code, by name.
        min_tokens: Shortest function, in lexical tokens without comments and docstrings.
        max_bytes: Longest function, in bytes of UTF-8.
        skip: Names of folders that are left out.
        counts: Where to add up what was found and left out, under the names of `SourceReport`'s attributes.

    Raises:
        DataError: There is no such path.
        UnknownNameError: There is no such language.
        ConfigurationError: `min_tokens` or `max_bytes` is not positive.
    """
    if min_tokens < 1 or max_bytes < 1:
        raise ConfigurationError(f"min_tokens={min_tokens} and max_bytes={max_bytes} must be at least 1.")
    selection = _Selection(languages.get(language), min_tokens, max_bytes)
    files = source_files(path, language, skip=skip)
    return _extracted(Path(path), files, selection, Counter() if counts is None else counts)


def source_files(path: str | Path, language: str = "python", *, skip: frozenset[str] = frozenset()) -> list[Path]:
    """Returns the files of a language below a folder, sorted; a path to a file gives that file.

    Symbolic links below the folder are not followed. Hidden folders, virtual environments, caches and the
    folders named in `skip` are left out.

    Raises:
        DataError: There is no such path.
        UnknownNameError: There is no such language.
    """
    root, suffix = Path(path), languages.get(language).suffix
    if root.is_file():
        return [root]
    if not root.is_dir():
        raise DataError(f"There is no folder {str(root)!r} to take {suffix} files from. Check the path.")
    found: list[Path] = []
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if _holds_code(Path(folder, name), skip))
        for name in sorted(names):
            file = Path(folder, name)
            if name.endswith(suffix) and file.is_file() and not file.is_symlink():
                found.append(file)
    return found


def normalise(text: str, language: str) -> str:
    """Returns a text that is equal for programs that differ only in names, comments and layout.

    The tokens follow one another without layout and docstrings. Each name is replaced by the order in which
    it first appears, so that consistently renamed programs are equal. Literals are kept.

    Args:
        text: A program or a part of one.
        language: Its language, by name.

    Raises:
        UnknownNameError: There is no such language.
    """
    spoken = languages.get(language)
    source = text.encode("utf-8", "surrogatepass")
    return _lex(spoken.parser().parse(source).root_node, source, spoken).normalised


def grammar_version(language: Language) -> str:
    """Returns the installed version of a language's grammar, which decides what a token is."""
    from importlib import metadata

    return metadata.version(language.grammar.partition(":")[0].partition(".")[0])


def _root(path: str | Path | None) -> tuple[Path, bool]:
    """Returns the folder that `path` means, and whether it is the standard library."""
    if path is None or path == "stdlib":
        return Path(sysconfig.get_path("stdlib")).resolve(), True
    return Path(path).expanduser().resolve(), False


def _holds_code(folder: Path, skip: frozenset[str]) -> bool:
    name = folder.name
    if name.startswith(".") or name in _NEVER_CODE or name in skip or folder.is_symlink():
        return False
    return not (folder / "pyvenv.cfg").exists()


def _fingerprint(root: Path, files: list[Path], language: Language) -> str:
    """Digest of all that the functions of a tree follow from: files, our rules, grammar, compiler."""
    compiler = sysconfig.get_python_version() if language.name in _STANDALONE else language.toolchain.version()
    listing = []
    for file in files:
        try:
            state = file.stat()
        except OSError:  # gone since the walk
            continue
        listing.append((file.relative_to(root).as_posix(), state.st_size, state.st_mtime_ns))
    return fingerprint_of(VERSION, grammar_version(language), compiler, listing)


def _problem(function: SourceFunction, language: Language, *, unique: bool) -> Problem:
    return Problem(
        id=f"source://{function.file}#{function.name}{'' if unique else f':{function.line}'}",
        language=language.name,
        reference=function.text,
        attributes={
            "file": function.file,
            "line": function.line,
            "name": function.name,
            "tokens": function.tokens,
        },
    )


def _deduplicated(root: Path, language: Language, min_tokens: int, max_bytes: int, skip: frozenset[str]) -> SourceTree:
    counts: Counter[str] = Counter()
    first: dict[int, SourceFunction] = {}
    for function in extract_functions(
        root, language.name, min_tokens=min_tokens, max_bytes=max_bytes, skip=skip, counts=counts
    ):
        if first.setdefault(function.key, function) is not function:
            counts["duplicates"] += 1
    functions = list(first.values())
    if functions and language.name not in _STANDALONE:
        from codegym.judge import shared_judge

        verdicts = shared_judge().map_compile(language, [function.text for function in functions])
        functions = [function for function, verdict in zip(functions, verdicts, strict=True) if verdict.ok]
        counts["not_compiling"] += len(verdicts) - len(functions)
    counts["taken"] = len(functions)
    return SourceTree(tuple(functions), SourceReport(**counts))


@dataclass(frozen=True, slots=True)
class _Selection:
    """Which functions are taken."""

    language: Language
    min_tokens: int
    max_bytes: int


_Reason = Literal["too_short", "too_long", "not_compiling"]


def _extracted(root: Path, files: list[Path], selection: _Selection, counts: Counter[str]) -> Iterator[SourceFunction]:
    parser = selection.language.parser()
    units = _functions if selection.language.name in _STANDALONE else _whole_file
    for file in files:
        counts["files"] += 1
        source = _read(file)
        if source is None:
            counts["unreadable"] += 1
            continue
        name = file.name if file == root else file.relative_to(root).as_posix()
        for unit in units(parser.parse(source).root_node, source, name, selection):
            if isinstance(unit, SourceFunction):
                counts["taken"] += 1
                yield unit
            else:
                counts[unit] += 1


def _read(file: Path) -> bytes | None:
    """Returns a file's text with line feeds for line ends and no byte-order mark; None if it is no text."""
    try:
        if file.stat().st_size > MAX_FILE_BYTES:
            return None
        source = file.read_bytes().removeprefix(b"\xef\xbb\xbf")
        source.decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    if b"\r" in source:  # compilers read every kind of line end as one newline, in literals too
        source = source.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return None if b"\0" in source else source


def _whole_file(
    root: tree_sitter.Node, source: bytes, file: str, selection: _Selection
) -> Iterator[SourceFunction | _Reason]:
    """Yields the file as one unit, or the reason why it is left out."""
    text = source.strip() + b"\n"
    if root.descendant_count < selection.min_tokens:
        yield "too_short"
    elif len(text) > selection.max_bytes:
        yield "too_long"
    elif root.has_error:
        yield "not_compiling"
    else:
        lexed = _lex(root, source, selection.language)
        if lexed.tokens < selection.min_tokens:
            yield "too_short"
        else:
            yield _source_function(text.decode(), lexed, file, 1, Path(file).stem)


def _functions(
    root: tree_sitter.Node, source: bytes, file: str, selection: _Selection
) -> Iterator[SourceFunction | _Reason]:
    """Yields the outermost functions that pass, and a reason for each that does not.

    A function inside one that was taken belongs to it.
    """
    stack = [root]
    while stack:
        node = stack.pop()
        if node.descendant_count < _SMALLEST_FUNCTION:
            continue
        if node.type in selection.language.function_kinds:
            function = _function(node, source, file, selection)
            yield function
            if isinstance(function, SourceFunction):
                continue
        stack.extend(reversed(node.children))


def _function(node: tree_sitter.Node, source: bytes, file: str, selection: _Selection) -> SourceFunction | _Reason:
    parent = node.parent
    unit = parent if parent is not None and parent.type == "decorated_definition" else node
    if unit.descendant_count < selection.min_tokens:
        return "too_short"
    if unit.has_error:  # its end is a guess
        return "not_compiling"
    start, end = unit.start_point, unit.end_point
    if unit.end_byte - unit.start_byte - (end.row - start.row) * start.column > selection.max_bytes:
        return "too_long"
    lexed = _lex(unit, source, selection.language)
    if lexed.tokens < selection.min_tokens:
        return "too_short"
    text = _dedented(unit, source, lexed)
    if len(text) > selection.max_bytes:
        return "too_long"
    program = text.decode()
    if not _compiles(program):
        return "not_compiling"
    return _source_function(program, lexed, file, start.row + 1, _qualified_name(node))


def _source_function(text: str, lexed: _Lexed, file: str, line: int, name: str) -> SourceFunction:
    normalised = lexed.normalised
    return SourceFunction(text, stable_hash(normalised), lexed.tokens, split_of(normalised), file, line, name)


def _qualified_name(node: tree_sitter.Node) -> str:
    names: list[str] = []
    scope: tree_sitter.Node | None = node
    while scope is not None:
        if scope.type.endswith("_definition"):
            name = scope.child_by_field_name("name")
            if name is not None and name.text is not None:
                names.append(name.text.decode())
        scope = scope.parent
    return ".".join(reversed(names))


def _compiles(program: str) -> bool:
    """Whether Python compiles a function of the user's own source tree; nothing of it is executed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(program, "<source>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError):
        return False
    return True


@dataclass(frozen=True, slots=True)
class _Lexed:
    """The tokens of a syntax tree.

    Attributes:
        tokens: How many there are.
        normalised: They themselves, without layout, names abstracted.
        literal_rows: For each literal of several lines, its first and last row in the file, and whether it is
            a docstring.
    """

    tokens: int
    normalised: str
    literal_rows: tuple[tuple[int, int, bool], ...]


def _lex(root: tree_sitter.Node, source: bytes, language: Language) -> _Lexed:
    """Walks the leaves once. A literal is one leaf, whatever the grammar divides it into."""
    identifiers, literals, comments = (
        language.identifier_kinds,
        language.literal_kinds,
        language.comment_kinds,
    )
    parts: list[bytes] = []
    order: dict[bytes, bytes] = {}
    literal_rows: list[tuple[int, int, bool]] = []
    cursor = root.walk()
    while True:
        node = cursor.node
        assert node is not None
        kind = node.type
        if kind in identifiers:
            name = source[node.start_byte : node.end_byte]
            parts.append(order.get(name) or order.setdefault(name, b"\0%d\0" % len(order)))
        elif kind in comments or kind == "line_continuation":
            pass
        elif kind in literals:
            parts.append(source[node.start_byte : node.end_byte])
        elif kind == "expression_statement" and _is_docstring(node):
            if node.end_point.row > node.start_point.row:
                literal_rows.append((node.start_point.row, node.end_point.row, True))
        else:
            if kind == "string" and node.end_point.row > node.start_point.row:
                literal_rows.append((node.start_point.row, node.end_point.row, False))
            if cursor.goto_first_child():
                continue
            if node.end_byte > node.start_byte:
                parts.append(source[node.start_byte : node.end_byte])
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                normalised = b"".join(parts).decode("utf-8", "surrogatepass")
                return _Lexed(len(parts), normalised, tuple(literal_rows))


def _is_docstring(statement: tree_sitter.Node) -> bool:
    """A statement that is only a string does nothing, wherever it stands."""
    child = statement.child(0)
    return statement.child_count == 1 and child is not None and child.type in ("string", "concatenated_string")


_LEADING = re.compile(rb"[ \t\f]*")


def _dedented(unit: tree_sitter.Node, source: bytes, lexed: _Lexed) -> bytes:
    """Returns a function's code without the indentation of the block that it stands in.

    Only layout changes: lines that begin inside a string keep every byte. Docstrings are moved with the code,
    for their indentation is layout too (PEP 257), unless a line of theirs is indented less than the block.
    """
    text = source[unit.start_byte : unit.end_byte]
    line_start = source.rfind(b"\n", 0, unit.start_byte) + 1
    # A form feed sets Python's count of columns back to zero.
    indent = source[line_start : unit.start_byte].rpartition(b"\f")[2]
    if not indent and b"\f" not in text:
        return text + b"\n"
    lines = text.split(b"\n")
    first_row = unit.start_point.row
    verbatim: set[int] = set()
    for start, end, is_docstring in lexed.literal_rows:
        rows = range(start - first_row + 1, end - first_row + 1)
        if not is_docstring or any(lines[row].strip() and not lines[row].startswith(indent) for row in rows):
            verbatim.update(rows)
    for row in range(1, len(lines)):
        if row not in verbatim:
            lines[row] = _without(indent, lines[row])
    return b"\n".join(lines) + b"\n"


def _without(indent: bytes, line: bytes) -> bytes:
    if line.startswith(indent) and b"\f" not in line:
        return line[len(indent) :]
    leading = _LEADING.match(line)[0]  # type: ignore[index]  # matches every line
    code = line[len(leading) :]
    if not code:
        return b""
    leading = leading.rpartition(b"\f")[2]
    shared = next((i for i, (a, b) in enumerate(zip(leading, indent, strict=False)) if a != b), len(indent))
    return leading[shared:] + code
