"""What is measured of every program, whoever wrote it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from codegym.benchmark.metrics import bleu
from codegym.envs import edit_similarity, exact_match
from codegym.envs.episode import Assignment
from codegym.envs.process import is_right
from codegym.envs.scoring import Score
from codegym.structure import StructureReference
from codegym.structure.codebleu import codebleu

MEASURES: Mapping[str, str] = {
    "solved": "programs that pass their tests, or compile where the reward asks for no tests",
    "compilation_rate": "programs that compile",
    "exact_match": "answers equal to the expert's",
    "edit_similarity": "character similarity of the answer and the expert's",
    "bleu": "BLEU of the program, over the lexemes of its language",
    "codebleu": "CodeBLEU of the program, as published",
    "syntax": "syntax-tree match of the program (F1)",
    "dataflow": "data-flow match of the program (F1)",
    "episode_return": "return, KL aside",
    "length": "tokens written",
}
"""Name of each measure to what it measures."""

SHARES = tuple(name for name in MEASURES if name not in ("episode_return", "length"))
"""The measures in [0, 1]."""


def measure(assignment: Assignment, score: Score, length: int) -> dict[str, float]:
    """Returns every measure of `MEASURES` of one program; arguments as for `basic_measures`."""
    expected, program = assignment.reference.decode("utf-8", "replace"), score.program
    return basic_measures(assignment, score, length) | {
        "bleu": bleu(expected, program, assignment.language),
        "codebleu": codebleu(expected, program, assignment.language).total,
    }


def basic_measures(assignment: Assignment, score: Score, length: int) -> dict[str, float]:
    """Returns the measures that need no optional package: all but BLEU and CodeBLEU.

    Args:
        assignment: What was asked.
        score: What the program earned.
        length: Tokens that were written.
    """
    match = _reference(assignment.problem.reference, assignment.language).scores(score.program)
    return {
        "solved": float(is_right(score.grade)),
        "compilation_rate": float(score.grade.compiled),
        "exact_match": float(exact_match(assignment.reference_answer, score.answer)),
        "edit_similarity": edit_similarity(assignment.reference_answer, score.answer),
        "syntax": match.syntax,
        "dataflow": match.dataflow,
        "episode_return": float(sum(term.sum() for name, term in score.terms.items() if name != "kl")),
        "length": float(length),
    }


@lru_cache(maxsize=512)
def _reference(reference: str, language: str) -> StructureReference:
    """Returns a reference that the programs of several agents and seeds are compared with."""
    return StructureReference(reference, language)
