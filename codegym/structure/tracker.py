"""The structural match of a program that is being written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from codegym import languages
from codegym.errors import UnknownNameError
from codegym.structure.codebleu import LegacyReference
from codegym.structure.dataflow import DataflowReference, DataflowTracker
from codegym.structure.syntax import MatchMode, SyntaxReference, SyntaxTracker

if TYPE_CHECKING:
    from tree_sitter import Tree

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

    Attributes:
        inactive: Those of `"syntax"` and `"dataflow"` that are computed and cannot be earned, because the reference
            has no sub-tree or no data flow. Their scores are 0 for every candidate.

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
        self.parser = declared.parser()
        self.syntax: SyntaxReference | None = None
        self.dataflow: DataflowReference | None = None
        self.legacy: LegacyReference | None = None
        if mode == "codebleu":
            self.legacy = LegacyReference(_decoded(source), declared)
            totals = (self.legacy.matched_subtrees("").total, self.legacy.matched_dataflow("").total)
        else:
            root = self.parser.parse(source).root_node
            self.syntax = SyntaxReference(root, source, declared, mode) if syntax else None
            self.dataflow = DataflowReference(root, declared, mode) if dataflow else None
            totals = (self.syntax.total if self.syntax else 0, self.dataflow.total if self.dataflow else 0)
        self._wanted = (syntax, dataflow)
        self.inactive = frozenset(
            name
            for name, wanted, total in zip(("syntax", "dataflow"), self._wanted, totals, strict=True)
            if wanted and not total
        )

    def scores(self, candidate: str | bytes) -> StructureScores:
        """Returns how well a whole candidate matches."""
        source = _encoded(candidate)
        if self.legacy:
            syntax, dataflow = self._wanted
            return StructureScores(
                syntax=self.legacy.syntax_match(_decoded(source)) if syntax else 0.0,
                dataflow=self.legacy.dataflow_match(_decoded(source)) if dataflow else 0.0,
            )
        root = self.parser.parse(source).root_node
        return StructureScores(
            syntax=self.syntax.score(root, source) if self.syntax else 0.0,
            dataflow=self.dataflow.score(root) if self.dataflow else 0.0,
        )


class StructureTracker:
    """Knows, after each piece of a program, how well the program so far matches a reference.

    The scores are what `syntax_match` and `dataflow_match` return for the text so far. Each piece costs about what it
    changes in the syntax tree, however long the program is. In mode `"codebleu"` each costs the whole program.

    Between two ends of lines the parser goes on from what it has. In text that does not parse it can then, in about one
    of a thousand broken programs, find another way around the error than it would from the start, so that the scores
    of single tokens depend on the pieces; where a piece ends a line, or is asked to be exact, it starts anew, and they
    do not.

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
        self._end = (0, 0)
        self._tree = reference.parser.parse(b"")
        self._views: dict[tuple[bool, bool], _View] = {}
        self._scores = self._scored(self._tree, self._tree)

    @property
    def inactive(self) -> frozenset[str]:
        """The matches that no program can earn, see `StructureReference`."""
        return self._reference.inactive

    @property
    def scores(self) -> StructureScores:
        """The scores of everything pushed so far."""
        return self._scores

    def push(self, text: str | bytes, exact: bool = False) -> StructureScores:
        """Appends to the program and returns the scores of all of it.

        Args:
            text: The next piece; bytes may end in the middle of a character.
            exact: Whether the whole text is parsed anew, as it is where a line ends: the scores do not depend on the
                pieces then.
        """
        piece = _encoded(text)
        if piece and self._reference.legacy:
            self._text += piece
            self._scores = self._reference.scores(self._text)
        elif (piece or exact) and not self._reference.legacy:
            before = self._longer(piece)
            tree = self._parsed(before, anew=exact or b"\n" in piece)
            self._tree, self._scores = tree, self._scored(tree, before)
        return self._scores

    def fork(self) -> StructureTracker:
        """Returns an independent tracker in the same state, which shares the reference.

        What is known of the program stays with this one: the other looks at all of it again when it goes on.
        """
        twin = object.__new__(StructureTracker)
        twin.__dict__.update(self.__dict__)
        twin._views = {}
        return twin

    def _longer(self, piece: bytes) -> Tree:
        """Appends a piece, and returns the tree before it, which now knows where the piece is."""
        before = self._tree.copy()  # a tree that is edited may be a fork's, too
        start, end = len(self._text), self._end
        self._text += piece
        self._end = _moved(end, piece)
        before.edit(start, start, len(self._text), end, end, self._end)
        return before

    def _parsed(self, before: Tree, anew: bool) -> Tree:
        """Returns the tree of the text."""
        parser = self._reference.parser
        tree = parser.parse(self._text, before)
        # Only a tree that went on from the one before shares nodes with it, so a fresh one is taken where they differ.
        if anew and tree.changed_ranges(fresh := parser.parse(self._text)):
            return fresh
        return tree

    def _scored(self, tree: Tree, before: Tree) -> StructureScores:
        """Returns the scores of a tree of the whole text, which came after another one."""
        root = tree.root_node
        last = root.child_count - 1
        shape = (root.is_error, last >= 0 and root.child(last).is_error)
        view = self._views.get(shape)
        if view is None:
            view = self._views[shape] = _View(self._reference, tree)
        return view.scores(tree, self._text, self._end, before if view.tree is self._tree else None)


class _View:
    """What is known of a program, as the parser takes it in one of the ways between which it changes its mind.

    Text that is not finished can be taken as a broken program, or as a whole one with a bracket missing. Which of them
    the parser prefers changes every few tokens, and with it all of the tree. So what is known is kept for each.

    Args:
        reference: What the program is compared with.
        tree: Any tree.

    Attributes:
        tree: Its tree, as it was when it was looked at last.
    """

    def __init__(self, reference: StructureReference, tree: Tree) -> None:
        self.tree = tree
        self._length, self._end = 0, (0, 0)
        self._syntax = SyntaxTracker(reference.syntax) if reference.syntax else None
        self._dataflow = DataflowTracker(reference.dataflow) if reference.dataflow else None

    def scores(self, tree: Tree, text: bytes, end: tuple[int, int], before: Tree | None) -> StructureScores:
        """Returns the scores of a tree of the longer text.

        Args:
            tree: The tree.
            text: What it was parsed from.
            end: The row and the column where the text ends.
            before: The tree that was looked at last, if it knows already where the text has become longer.
        """
        changed = self._length
        if changed:
            if before is None:
                before = self.tree.copy()
                before.edit(changed, changed, len(text), self._end, self._end, end)
            ranges = before.changed_ranges(tree)
            if ranges:
                changed = min(changed, ranges[0].start_byte)
        self.tree, self._length, self._end = tree, len(text), end
        root = tree.root_node
        if self._syntax:
            self._syntax.update(root, text, changed)
        return StructureScores(
            syntax=self._syntax.score if self._syntax else 0.0,
            dataflow=self._dataflow.update(root, changed) if self._dataflow else 0.0,
        )


def syntax_match(
    reference: str | bytes, candidate: str | bytes, language: str | Language, mode: MatchMode = "f1"
) -> float:
    """Returns how well a candidate's syntax tree matches a reference's, in [0, 1]; 1 for the same.

    A reference without any sub-tree matches nothing: the match is 0, whatever the candidate is.

    Args:
        reference: The reference program, as text or as UTF-8.
        candidate: The candidate, finished or not.
        language: Language of both.
        mode: `"f1"`: F1 of the multisets of sub-trees, names abstracted, operators and literals kept; what is
            missing and what is too much both cost. `"recall"`: the share of the reference's sub-trees that
            occur in the candidate, without operators, keywords and texts, as in PPOCoder and CodeBLEU.
            `"codebleu"`: CodeBLEU's own number. Details: `codegym.structure.syntax.SyntaxReference`.

    Raises:
        UnknownNameError: There is no such language or mode.
    """
    return StructureReference(reference, language, mode, dataflow=False).scores(candidate).syntax


def dataflow_match(
    reference: str | bytes, candidate: str | bytes, language: str | Language, mode: MatchMode = "f1"
) -> float:
    """Returns how well a candidate's data flow matches a reference's, in [0, 1]; 1 for the same.

    A reference without data flow matches nothing: the match is 0, whatever the candidate is.

    Args:
        reference: The reference program, as text or as UTF-8.
        candidate: The candidate, finished or not.
        language: Language of both.
        mode: `"f1"`: F1 of the multisets of edges. `"recall"`: the share of the reference's edges that the
            candidate has. `"codebleu"`: CodeBLEU's own number, from its own edges. What the edges of the other
            modes are: `codegym.structure.dataflow`.

    Raises:
        UnknownNameError: There is no such language or mode.
    """
    return StructureReference(reference, language, mode, syntax=False).scores(candidate).dataflow


def _decoded(source: bytes) -> str:
    return source.decode("utf-8", "replace")


def _moved(end: tuple[int, int], piece: bytes) -> tuple[int, int]:
    """Returns the row and the column where a piece ends that begins at others."""
    row, column = end
    lines = piece.count(b"\n")
    return (row + lines, len(piece) - piece.rfind(b"\n") - 1) if lines else (row, column + len(piece))


def _encoded(text: str | bytes) -> bytes:
    """Returns the bytes of a program; a lone surrogate, which UTF-8 lacks, becomes three odd bytes."""
    return text.encode("utf-8", "surrogatepass") if isinstance(text, str) else bytes(text)
