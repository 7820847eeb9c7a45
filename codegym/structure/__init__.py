"""How much of a reference's structure a program has: syntax-tree and data-flow match, for every token."""

from codegym.structure.syntax import MatchMode
from codegym.structure.tracker import (
    StructureReference,
    StructureScores,
    StructureTracker,
    dataflow_match,
    syntax_match,
)

__all__ = [
    "MatchMode",
    "StructureReference",
    "StructureScores",
    "StructureTracker",
    "dataflow_match",
    "syntax_match",
]
