"""Which tokens the grammar of a language leaves, as a program stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, final
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from codegym import languages
from codegym.envs.episode import Assignment, Episode, TokenTable
from codegym.envs.masks import TextMask
from codegym.structure.prefix import ANY_NAME, ProgramGrammar, ProgramPrefix, Reading, Readings, grammar_of
from codegym.types import HarnessTest

_MOST_MASKS: Final = 20_000

_MOST_PARTS: Final = 5
"""What a token has beyond so many words and signs is not looked at: it is rarely wrong, and costs most of the time."""

# Inside of texts and comments these bytes alone can decide something; all others are alike.
_DECIDING: Final = frozenset(b"\n\r\"'\\`{}()[]$*/:?<>@#\t")
_LIKE_ANY: Final = b"-"
_WORD_START: Final = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_") | frozenset(range(0x80, 256))


@final
class _Pieces:
    """The pieces of a vocabulary of which those that are alike are looked at once, as a tree.

    Args:
        alike: For each token what stands for it; None: it writes nothing.

    Attributes:
        groups: (vocabulary_size,) the group of each token; the last group is that of those that write nothing.
        count: Number of groups, without the last.
    """

    def __init__(self, alike: Iterable[bytes | None]) -> None:
        self._tree: dict[int, Any] = {}
        numbers: dict[bytes, int] = {}
        groups = [-1 if one is None else numbers.setdefault(one, len(numbers)) for one in alike]
        self.count = len(numbers)
        self.groups = np.array([self.count if group < 0 else group for group in groups], np.int32)
        for piece, number in numbers.items():
            node = self._tree
            for byte in piece:
                node = node.setdefault(byte, {})
            node[-1] = number

    def viable(self, grammar: ProgramGrammar, readings: Readings) -> NDArray[np.bool_]:
        """Returns (groups + 1,) which groups a text can go on with."""
        found = np.zeros(self.count + 1, np.bool_)
        pending = [(self._tree, readings)]
        while pending:
            node, before = pending.pop()
            for byte, child in node.items():
                if byte < 0:
                    found[child] = True
                elif after := grammar.advance(before, byte):
                    pending.append((child, after))
        return found


@final
class GrammarVocabulary:
    """The tokens of a vocabulary that the programs of one language can go on with.

    Args:
        language: Name of the language.
        vocabulary: The tokens.

    Raises:
        UnknownNameError: There is no such language.
        ConfigurationError: Nobody has told what its lexemes look like.
    """

    def __init__(self, language: str, vocabulary: TokenTable) -> None:
        self.grammar = grammar_of(languages.get(language))
        self._vocabulary = vocabulary
        self._masks: dict[object, NDArray[np.uint8]] = {}
        self._forests: dict[str, _Pieces] = {}

    def mask(self, prefix: ProgramPrefix) -> NDArray[np.bool_]:
        """Returns (vocabulary_size,) which tokens can follow a text, the end token aside, in a fresh array."""
        key = _key(prefix.readings)
        packed = self._masks.get(key)
        if packed is None:
            if len(self._masks) >= _MOST_MASKS:
                self._masks.clear()
            packed = self._masks[key] = np.packbits(self._looked_up(prefix.readings))
        return np.unpackbits(packed, count=self._vocabulary.vocabulary_size).astype(np.bool_)

    def _looked_up(self, readings: Readings) -> NDArray[np.bool_]:
        mask: NDArray[np.bool_] = np.zeros(self._vocabulary.vocabulary_size, np.bool_)
        for view in dict.fromkeys(_view(reading) for reading in readings):
            these = tuple(reading for reading in readings if _view(reading) == view)
            pieces = self._pieces(view)
            mask |= pieces.viable(self.grammar, these)[pieces.groups]
            if view == "name":
                self._correct(mask, these)
        return mask

    def _correct(self, mask: NDArray[np.bool_], readings: Readings) -> None:
        """Looks at the tokens that make another word than a name of a word that may mean something."""
        starts = [reading.seen for reading in readings if reading.seen]
        if not starts:
            return
        rests = {
            word[len(start) :]: None
            for start in starts
            for word in sorted(self.grammar.words)
            if word.startswith(start)
        }
        for token in dict.fromkeys(token for rest in rests for token in self._heads.get(rest, ())):
            after = readings
            for byte in self._vocabulary.token_bytes(token):
                after = self.grammar.advance(after, byte)
            mask[token] = bool(after)

    @cached_property
    def _heads(self) -> Mapping[bytes, list[int]]:
        """The tokens by the part of a word that they begin with, as the language's words are written."""
        heads: dict[bytes, list[int]] = {}
        for token in range(self._vocabulary.vocabulary_size):
            piece = self._vocabulary.token_bytes(token)
            end = next((place for place, byte in enumerate(piece) if byte not in self.grammar.word_bytes), len(piece))
            if end and token != self._vocabulary.end_id:
                heads.setdefault(self.grammar.spelt(piece[:end]), []).append(token)
        return heads

    def _pieces(self, view: str) -> _Pieces:
        if view not in self._forests:
            table = self._vocabulary
            writing = [
                table.token_bytes(token) if table.legal[token] and token != table.end_id else b""
                for token in range(table.vocabulary_size)
            ]
            self._forests[view] = _Pieces(self._alike(piece, view) if piece else None for piece in writing)
        return self._forests[view]

    def _alike(self, piece: bytes, view: str) -> bytes:
        """Returns a piece that can stand wherever another one can, short, and the same for as many as possible."""
        if view == "exact":
            return piece
        if view == "text":
            return piece if any(byte in _DECIDING for byte in piece) else _LIKE_ANY
        name = ANY_NAME
        parts: list[bytes] = []
        place = 0
        while place < len(piece) and len(parts) < _MOST_PARTS:
            end = place
            while end < len(piece) and piece[end] in self.grammar.word_bytes:
                end += 1
            if end == place:
                end += 1
                while end < len(piece) and piece[end] in b" \t" and piece[place] in b" \t":
                    end += 1
                part = piece[place:end]
                blank = part[0] in b" \t" and not self.grammar.lexicon.indented
                parts.append(b" " if blank else part)
            else:
                word = piece[place:end]
                if view == "name" and place == 0:
                    parts.append(name)
                else:
                    parts.append(
                        word if word[0] not in _WORD_START or self.grammar.spelt(word) in self.grammar.words else name
                    )
            place = end
        return b"".join(parts)


def _view(reading: Reading) -> str:
    """Returns which differences between tokens matter at a place."""
    match reading.kind:
        case "word":
            return "name"
        case "blank" | "line" | "indent" | "sign":
            return "fresh"
        case "comment" | "block comment" | "directive":
            return "text"
        case "quoted":
            assert reading.inside is not None
            return "text" if reading.inside[1].kind == "text" else "exact"
    return "exact"


def _key(readings: Readings) -> object:
    """Returns what a mask depends on."""
    if any(reading.kind == "directive" for reading in readings):
        return tuple(
            reading._replace(seen=reading.seen[-1:]) if reading.kind == "directive" else reading for reading in readings
        )
    return readings


@dataclass
class _Place:
    """How far an episode's program has been read.

    Attributes:
        start: What stands before it.
        prefix: That and what has been read.
        turn: Where the turn began.
        read: How many pieces have been read.
    """

    start: ProgramPrefix
    prefix: ProgramPrefix
    turn: int
    read: int


@final
class GrammarGuide:
    """Says which tokens a program can go on with.

    A valid continuation is never masked; where nothing valid can follow any more, nothing is masked.

    Args:
        vocabulary: The tokens.
        text_mask: What is masked in any text, made of the vocabulary by default.
    """

    def __init__(self, vocabulary: TokenTable, text_mask: TextMask | None = None) -> None:
        self._vocabulary = vocabulary
        self._text_mask = text_mask or TextMask(vocabulary)
        self._languages: dict[str, GrammarVocabulary] = {}
        self._places: WeakKeyDictionary[Episode, _Place] = WeakKeyDictionary()

    def mask(self, episode: Episode) -> NDArray[np.bool_]:
        """Returns (vocabulary_size,) which tokens may come next in an episode, in a fresh array; it is never empty.

        What an episode has written is read once: a mask costs what has been written since the last one.

        Raises:
            ConfigurationError: The grammar of the language is not known.
        """
        return self.mask_behind(episode.assignment, self._follow(episode), episode.text_before)

    def mask_of(self, assignment: Assignment, answer: bytes) -> NDArray[np.bool_]:
        """Returns (vocabulary_size,) which tokens may come behind an answer, in a fresh array; it is never empty.

        Raises:
            ConfigurationError: The grammar of the language is not known.
        """
        return self.mask_behind(assignment, self.start(assignment).then(answer), assignment.prefix[-4:] + answer)

    def start(self, assignment: Assignment) -> ProgramPrefix:
        """Returns the text that stands before what is written.

        Raises:
            ConfigurationError: The grammar of the language is not known.
        """
        return ProgramPrefix(self._of(assignment.language).grammar).then(assignment.prefix)

    def mask_behind(self, assignment: Assignment, prefix: ProgramPrefix, text: bytes) -> NDArray[np.bool_]:
        """Returns (vocabulary_size,) which tokens may come behind a program so far, in a fresh array, never empty.

        Args:
            assignment: What is written.
            prefix: The program so far: `start(assignment)` and what has been written.
            text: The last bytes of it, four at least.
        """
        allowed = self._text_mask.after(text)
        if not prefix.viable:
            return allowed.copy()
        end = self._vocabulary.end_id
        mask = self._of(assignment.language).mask(prefix) & allowed
        mask[end] = allowed[end] and may_end(assignment, prefix)
        return mask if mask.any() else allowed.copy()

    def _of(self, language: str) -> GrammarVocabulary:
        if language not in self._languages:
            self._languages[language] = GrammarVocabulary(language, self._vocabulary)
        return self._languages[language]

    def _follow(self, episode: Episode) -> ProgramPrefix:
        """Returns the program so far."""
        place = self._places.get(episode)
        if place is None or place.turn != episode.turn_start:
            start = place.start if place else self.start(episode.assignment)
            place = self._places[episode] = _Place(start, start, episode.turn_start, episode.turn_start)
        for piece in episode.pieces[place.read :]:
            place.prefix = place.prefix.then(piece)
        place.read = len(episode.pieces)
        return place.prefix


def may_end(assignment: Assignment, prefix: ProgramPrefix) -> bool:
    """Returns whether a program may end here, with what stands behind it and what its tests append to it."""
    whole = prefix.then(assignment.suffix)
    if whole.complete:
        return True
    # Data sets hold members of classes, too, and tests close the classes that their programs leave open.
    part = len(prefix.grammar.lexicon.openings) > 1
    return (part or any(isinstance(test, HarnessTest) for test in assignment.problem.tests)) and whole.continued
