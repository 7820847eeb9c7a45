"""How much of a reference's structure a program has: syntax-tree and data-flow match, for every token."""

from codegym.structure.codebleu import CodebleuScores, codebleu
from codegym.structure.syntax import MatchMode
from codegym.structure.tracker import (
    StructureReference,
    StructureScores,
    StructureTracker,
    dataflow_match,
    syntax_match,
)

__all__ = [
    "CodebleuScores",
    "MatchMode",
    "StructureReference",
    "StructureScores",
    "StructureTracker",
    "codebleu",
    "dataflow_match",
    "syntax_match",
]
