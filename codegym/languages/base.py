"""The seams that a programming language fills in.

A language is one folder under `codegym/languages/`. Its `__init__.py` holds one `Language`, named `LANGUAGE`;
everything heavy (grammar, compiler, rules) is named by a string and imported when it is first asked for.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, cast

if TYPE_CHECKING:
    from tree_sitter import Language as Grammar
    from tree_sitter import Parser

    from codegym.problems.procedural.program import Program
    from codegym.structure.dataflow import DataflowRules


class Toolchain(Protocol):
    """How programs of a language are compiled.

    The compiler runs in a persistent worker process that speaks the protocol of `codegym.judge.workers`: each
    request is one program's bytes, each answer one verdict in JSON.
    """

    @property
    def program(self) -> str:
        """The executable that must be on the PATH: `"javac"`."""

    @property
    def install(self) -> str:
        """The line that installs it on Debian and Ubuntu: `"sudo apt-get install ..."`."""

    def version(self) -> str | None:
        """Returns the toolchain's version in one line, or None where it is not installed."""

    def worker_command(self) -> tuple[str, ...]:
        """Returns the command line of the warm compile worker.

        Raises:
            ToolchainMissingError: The toolchain is not installed.
        """


class Emitter(Protocol):
    """Prints a procedural program in the language."""

    def __call__(self, program: Program) -> str:
        """Returns the source text of a complete program that reads standard input and writes standard output."""


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
        emitter_path: `"module:object"` of the `Emitter`.
        function_kinds: Node kinds of the grammar that define a function or a method.
        identifier_kinds: Node kinds of leaves that are names the programmer chose.
        literal_kinds: Node kinds whose text is a value: numbers, strings, characters.
        comment_kinds: Node kinds that the compiler ignores.
    """

    name: str
    id_name: str
    title: str
    suffix: str
    grammar: str
    toolchain_path: str
    dataflow_path: str
    emitter_path: str
    function_kinds: frozenset[str]
    identifier_kinds: frozenset[str]
    literal_kinds: frozenset[str]
    comment_kinds: frozenset[str]

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
    def emitter(self) -> Emitter:
        """Prints procedural programs."""
        return cast("Emitter", load_object(self.emitter_path))

    def parser(self) -> Parser:
        """Returns a new parser (parsers keep state, so each user has its own)."""
        import tree_sitter

        return tree_sitter.Parser(self.tree_sitter)


def load_object(path: str) -> Any:
    """Returns what `"package.module:attribute"` names, imported now."""
    module, _, attribute = path.partition(":")
    return getattr(importlib.import_module(module), attribute)
