"""The structural match of a program that is being written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from codegym import languages
from codegym.errors import UnknownNameError
from codegym.structure.dataflow import DataflowReference
from codegym.structure.syntax import MatchMode, SyntaxReference

if TYPE_CHECKING:
    from codegym.languages.base import Language


@dataclass(frozen=True, slots=True)
class StructureScores:
    """How well a program matches a reference, each in [0, 1]; a match that is not computed is 0.

    Attributes:
        syntax: Match of the syntax trees.
        dataflow: Match of the data flow.
    """

    syntax: float
    dataflow: float


class StructureReference:
    """A reference program, parsed and counted once, for any number of candidates.

    Args:
        reference: The program, as text or as UTF-8.
        language: Language of the reference and of the candidates.
        mode: How the programs are compared, see `syntax_match` and `dataflow_match`.
        syntax: Whether the syntax match is computed.
        dataflow: Whether the data-flow match is computed.

    Raises:
        UnknownNameError: There is no such language or mode.
    """

    def __init__(
        self,
        reference: str | bytes,
        language: str | Language,
        mode: MatchMode = "f1",
        syntax: bool = True,
        dataflow: bool = True,
    ) -> None:
        if mode not in get_args(MatchMode):
            raise UnknownNameError("match mode", mode, get_args(MatchMode))
        declared = languages.get(language)
        source = _encoded(reference)
        self._parser = declared.parser()
        root = self._parser.parse(source).root_node
        self._syntax = SyntaxReference(root, source, declared, mode) if syntax else None
        self._dataflow = DataflowReference(root, declared, mode) if dataflow else None

    def scores(self, candidate: str | bytes) -> StructureScores:
        """Returns how well a whole candidate matches."""
        source = _encoded(candidate)
        root = self._parser.parse(source).root_node
        return StructureScores(
            syntax=self._syntax.score(root, source) if self._syntax else 0.0,
            dataflow=self._dataflow.score(root) if self._dataflow else 0.0,
        )


class StructureTracker:
    """Knows, after each piece of a program, how well the program so far matches a reference.

    The scores depend on the text so far only, not on the pieces that it came in: they are what `syntax_match`
    and `dataflow_match` return for it.

    Args:
        reference: The reference program, or one that is shared with other trackers (the other arguments are
            the shared reference's then, and those given here are ignored).
        language: Language of both programs.
        mode: How they are compared, see `syntax_match` and `dataflow_match`.
        syntax: Whether the syntax match is computed; otherwise it is 0.
        dataflow: Whether the data-flow match is computed; otherwise it is 0.

    Raises:
        UnknownNameError: There is no such language or mode.
    """

    def __init__(
        self,
        reference: str | bytes | StructureReference,
        language: str | Language,
        mode: MatchMode = "f1",
        syntax: bool = True,
        dataflow: bool = True,
    ) -> None:
        if not isinstance(reference, StructureReference):
            reference = StructureReference(reference, language, mode, syntax, dataflow)
        self._reference = reference
        self._text = b""
        self._scores = reference.scores(b"")

    @property
    def scores(self) -> StructureScores:
        """The scores of everything pushed so far."""
        return self._scores

    def push(self, text: str | bytes) -> StructureScores:
        """Appends to the program and returns the scores of all of it.

        Args:
            text: The next piece; bytes may end in the middle of a character.
        """
        if text:
            self._text += _encoded(text)
            self._scores = self._reference.scores(self._text)
        return self._scores

    def fork(self) -> StructureTracker:
        """Returns an independent tracker in the same state, which shares the reference."""
        twin = object.__new__(StructureTracker)
        twin._reference, twin._text, twin._scores = self._reference, self._text, self._scores
        return twin


def syntax_match(
    reference: str | bytes, candidate: str | bytes, language: str | Language, mode: MatchMode = "f1"
) -> float:
    """Returns how well a candidate's syntax tree matches a reference's, in [0, 1]; 1 for the same.

    Args:
        reference: The reference program, as text or as UTF-8.
        candidate: The candidate, finished or not.
        language: Language of both.
        mode: `"f1"`: F1 of the multisets of sub-trees, names abstracted, operators and literals kept; what is
            missing and what is too much both cost. `"recall"`: the share of the reference's sub-trees that
            occur in the candidate, without operators, keywords and texts, as in PPOCoder and CodeBLEU.
            Details: `codegym.structure.syntax.SyntaxReference`.

    Raises:
        UnknownNameError: There is no such language or mode.
    """
    return StructureReference(reference, language, mode, dataflow=False).scores(candidate).syntax


def dataflow_match(
    reference: str | bytes, candidate: str | bytes, language: str | Language, mode: MatchMode = "f1"
) -> float:
    """Returns how well a candidate's data flow matches a reference's, in [0, 1]; 1 for the same.

    Args:
        reference: The reference program, as text or as UTF-8.
        candidate: The candidate, finished or not.
        language: Language of both.
        mode: `"f1"`: F1 of the multisets of edges. `"recall"`: the share of the reference's edges that the
            candidate has. What the edges are: `codegym.structure.dataflow`.

    Raises:
        UnknownNameError: There is no such language or mode.
    """
    return StructureReference(reference, language, mode, syntax=False).scores(candidate).dataflow


def _encoded(text: str | bytes) -> bytes:
    """Returns the bytes of a program; a lone surrogate, which UTF-8 lacks, becomes three odd bytes."""
    return text.encode("utf-8", "surrogatepass") if isinstance(text, str) else bytes(text)
