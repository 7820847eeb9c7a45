"""The seams that a programming language fills in.

A language is one folder under `codegym/languages/`. Its `__init__.py` holds one `Language`, named `LANGUAGE`;
everything heavy (grammar, compiler, rules) is named by a string and imported when it is first asked for.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, cast

if TYPE_CHECKING:
    from tree_sitter import Language as Grammar
    from tree_sitter import Parser

    from codegym.problems.procedural.program import Program
    from codegym.structure.codebleu import CodebleuRules
    from codegym.structure.dataflow import DataflowRules
    from codegym.structure.lexicon import Lexicon
    from codegym.types import HarnessTest


@dataclass(frozen=True, slots=True)
class WorkerCommand:
    """A worker process, and what the sandbox that it is started in must grant it.

    In the sandbox the system (`/usr` and what belongs to it) is read-only, the working directory is private, empty
    and small (`/tmp`, where the layer of isolation allows it), there is no network, and the environment holds `PATH`,
    `LANG`, `HOME`, `PYTHONHASHSEED` and what the sandbox itself needs.

    Attributes:
        arguments: Its command line; absolute paths.
        readable: Absolute paths of files and folders outside the system's own that it reads.
        address_space: Bytes of address space that each of its processes may map; None: no limit of this kind.
        data: Bytes of private writable memory that each of its processes may map; None: no limit of this kind.
        processes: Processes and threads that may exist in the sandbox at the same time.
        scratch: Bytes that the files in the working directory may hold together.
        proc: Whether it needs `/proc`, which then shows the sandbox's own processes and no others.
    """

    arguments: tuple[str, ...]
    readable: tuple[str, ...] = ()
    address_space: int | None = None
    data: int | None = None
    processes: int = 64
    scratch: int = 64 << 20
    proc: bool = False


@dataclass(frozen=True, slots=True)
class Harnessed:
    """A program together with the test that calls its functions.

    Attributes:
        source: What is compiled.
        request: What the run worker is told beside the limits: the marker that proves that the test came to its end.
        tampering: What in the program would spoil the test, in one sentence: such a program fails, and is not run.
    """

    source: bytes
    request: Mapping[str, str]
    tampering: str = ""


def python_command(script: Path, *arguments: str) -> WorkerCommand:
    """Returns how the interpreter that runs codegym runs a script: the standard library alone, and nothing beside it.

    The script may import from its own folder if it adds that to the path.
    """
    # A virtual environment can hold a copy of its interpreter, and lie where the sandbox shows nothing.
    interpreter = os.path.realpath(sys._base_executable)  # type: ignore[attr-defined]
    return WorkerCommand(
        (interpreter, "-s", "-S", "-P", "-B", str(script), *arguments),
        readable=(os.path.realpath(sys.base_prefix), str(script.parent)),
    )


def cache_folder(name: str) -> Path:
    """Returns the folder where a language keeps what it builds for its workers; it exists when this returns.

    Where codegym runs as root, workers are users of their own, to whom root's home is closed.

    Raises:
        OSError: It cannot be made.
    """
    own = Path("/var/cache") if os.geteuid() == 0 else Path.home() / ".cache"
    folder = Path(os.environ.get("XDG_CACHE_HOME") or own) / "codegym" / name
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    return folder


class Toolchain(Protocol):
    """How programs of a language are compiled and run.

    Both happen in persistent worker processes that speak the protocol of `codegym.judge.workers`.
    """

    @property
    def program(self) -> str:
        """The executable that must be on the PATH: `"javac"`."""

    @property
    def install(self) -> str:
        """The line that installs it on Debian and Ubuntu: `"sudo apt-get install ..."`."""

    def version(self) -> str | None:
        """Returns the toolchain's version in one line, or None where it is not installed.

        Verdicts are remembered under it, so it names everything that a verdict can depend on.
        """

    def advice(self) -> str:
        """Returns the line that installs what makes verdicts come faster, or nothing where nothing is missing."""

    def compile_worker(self) -> WorkerCommand:
        """Returns the command of the warm compile worker.

        Raises:
            ToolchainMissingError: The toolchain is not installed.
        """

    def run_worker(self) -> WorkerCommand:
        """Returns the command of the worker that runs what the compile worker built.

        Raises:
            ToolchainMissingError: The toolchain is not installed.
        """

    def harnessed(self, program: bytes, test: HarnessTest, marker: str) -> Harnessed:
        """Returns a program with a test appended that shows the marker where, and only where, it comes to its end."""


class Emitter(Protocol):
    """Prints a procedural program in the language."""

    def __call__(self, program: Program) -> str:
        """Returns the source text of a complete program that reads standard input and writes standard output."""


ErrorClass = Literal[
    "syntax",
    "undeclared name",
    "missing import",
    "type mismatch",
    "wrong call",
    "redeclaration",
    "missing return",
    "control flow",
    "illegal use",
    "limit",
    "other",
]
"""What a compiler's error is about.

`syntax`: no program at all, a character or a bracket is wrong. `undeclared name`: nothing has this name, in the class
or namespace where it is looked for; `main` is such a name. `missing import`: a header, a package or a module that is
not there, or not brought in. `type mismatch`: a value of a type that does not fit. `wrong call`: arguments that no
function of this name takes, or a call of what is no function. `redeclaration`: a name that is taken. `missing return`:
a function that ends without its value. `control flow`: a statement that cannot be reached, a variable that may have no
value, a `break` outside of a loop, an exception that nobody catches. `illegal use`: what exists, and fits, and is not
allowed: a constant is assigned, something private is read, an object is missing. `limit`: the compiler gave up.
"""

ErrorRules = tuple[tuple[ErrorClass, str], ...]
"""Classes and regular expressions; the first that is found in a message decides. A message is in one line, after its
code and a space where it has one; what it quotes of the program is left out, but not the quotes."""


@dataclass(frozen=True)
class Language:
    """One programming language: what it is called and where its parts are.

    Attributes:
        name: Lower-case key: `"java"`, `"cpp"`.
        id_name: The name inside environment ids: `"Java"`, `"Cpp"` (`+` and `#` are not allowed there).
        title: The name in running text: `"C++"`.
        suffix: File suffix with the dot.
        grammar: `"module:function"` that returns the tree-sitter grammar's pointer.
        toolchain_path: `"module:object"` of the `Toolchain`.
        dataflow_path: `"module:object"` of the `DataflowRules`.
        codebleu_path: `"module:object"` of the `CodebleuRules`.
        emitter_path: `"module:object"` of the `Emitter`.
        errors_path: `"module:object"` of the `ErrorRules`.
        function_kinds: Node kinds of the grammar that define a function or a method.
        identifier_kinds: Node kinds of leaves that are names the programmer chose.
        literal_kinds: Node kinds whose text is a value: numbers, strings, characters.
        comment_kinds: Node kinds that the compiler ignores.
        literal_values: Of literal kinds whose text says more than the value: the kind, and what returns the value.
        lexicon_path: `"module:object"` of the `Lexicon`; empty: there is none, and no mask from the grammar.
    """

    name: str
    id_name: str
    title: str
    suffix: str
    grammar: str
    toolchain_path: str
    dataflow_path: str
    codebleu_path: str
    emitter_path: str
    errors_path: str
    function_kinds: frozenset[str]
    identifier_kinds: frozenset[str]
    literal_kinds: frozenset[str]
    comment_kinds: frozenset[str]
    literal_values: tuple[tuple[str, Callable[[bytes], bytes]], ...] = ()
    lexicon_path: str = ""

    @cached_property
    def tree_sitter(self) -> Grammar:
        """The loaded tree-sitter grammar."""
        import tree_sitter

        pointer = cast("Callable[[], object]", load_object(self.grammar))
        return tree_sitter.Language(pointer())

    @cached_property
    def toolchain(self) -> Toolchain:
        """How programs are compiled."""
        return cast("Toolchain", load_object(self.toolchain_path))

    @cached_property
    def dataflow(self) -> DataflowRules:
        """Where the grammar's nodes define and use variables."""
        return cast("DataflowRules", load_object(self.dataflow_path))

    @cached_property
    def codebleu(self) -> CodebleuRules:
        """The keywords, comments and variables that the published CodeBLEU scores know of."""
        return cast("CodebleuRules", load_object(self.codebleu_path))

    @cached_property
    def lexicon(self) -> Lexicon | None:
        """What its lexemes look like, where that is known."""
        return cast("Lexicon", load_object(self.lexicon_path)) if self.lexicon_path else None

    @cached_property
    def emitter(self) -> Emitter:
        """Prints procedural programs."""
        return cast("Emitter", load_object(self.emitter_path))

    @cached_property
    def errors(self) -> ErrorRules:
        """What its compiler's messages are about."""
        return cast("ErrorRules", load_object(self.errors_path))

    def parser(self) -> Parser:
        """Returns a new parser (parsers keep state, so each user has its own)."""
        import tree_sitter

        return tree_sitter.Parser(self.tree_sitter)


def load_object(path: str) -> Any:
    """Returns what `"package.module:attribute"` names, imported now."""
    module, _, attribute = path.partition(":")
    return getattr(importlib.import_module(module), attribute)
