"""One episode: tokens in, reward terms out. The one place where a reward is made."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol, Self, SupportsIndex, final

import numpy as np
from numpy.typing import NDArray

from codegym.errors import ConfigurationError, InvalidActionError
from codegym.rewards import RewardMix, Transition
from codegym.structure import StructureScores, StructureTracker
from codegym.types import Grade, Problem

# Log-probabilities that come out of 16-bit softmaxes are a little above 0 at times.
_LOG_PROB_TOLERANCE = 1e-2


class Vocabulary(Protocol):
    """What an episode needs to know about tokens; `codegym.tokens.Tokenizer` is one."""

    @property
    def vocabulary_size(self) -> int:
        """Number of token ids."""

    @property
    def end_id(self) -> int:
        """Id of the end-of-sequence token."""

    @property
    def legal(self) -> NDArray[np.bool_]:
        """(vocabulary_size,) whether a policy may write the token."""

    def token_bytes(self, token: int) -> bytes:
        """Returns the UTF-8 bytes that a token writes."""


@final
@dataclass(frozen=True, slots=True)
class TokenTable:
    """A vocabulary without its tokenizer: small, and quick to send to another process."""

    pieces: tuple[bytes, ...]
    end_id: int
    legal: NDArray[np.bool_]

    @classmethod
    def of(cls, vocabulary: Vocabulary) -> Self:
        """Returns the table of a vocabulary, in which only legal tokens write anything."""
        legal = np.asarray(vocabulary.legal, np.bool_)
        pieces = (vocabulary.token_bytes(token) if legal[token] else b"" for token in range(len(legal)))
        return cls(tuple(pieces), vocabulary.end_id, legal)

    @property
    def vocabulary_size(self) -> int:
        """Number of token ids."""
        return len(self.pieces)

    def token_bytes(self, token: int) -> bytes:
        """Returns the UTF-8 bytes that a token writes."""
        return self.pieces[token]

    def text(self, tokens: Sequence[int]) -> bytes:
        """Returns the UTF-8 bytes that tokens write."""
        return b"".join([self.pieces[token] for token in tokens])

    def turns(self, tokens: Sequence[int], target_tokens: int) -> list[Sequence[int]]:
        """Returns the tokens of each turn, of which there is at least one; each ends as `Episode` says."""
        turns: list[Sequence[int]] = []
        start = 0
        for position, token in enumerate(tokens, start=1):
            if token == self.end_id or position - start >= target_tokens:
                turns.append(tokens[start:position])
                start = position
        if start < len(tokens) or not turns:
            turns.append(tokens[start:])
        return turns


@dataclass(frozen=True, slots=True)
class Assignment:
    """A problem as a task poses it.

    Attributes:
        problem: The problem.
        language: Name of the language that the program is written in.
        source_ids: Token ids of the prompt: all of them as a task poses it, those that are seen as a process does.
        prefix: The program text that stands before what is written; empty where everything is written.
        reference: The whole reference program, in UTF-8.
        reference_ids: The tokens that the expert wrote between `prefix` and `suffix`, without the end token.
        suffix: The program text that stands behind what is written.
        turns: How many programs may be written, one after the other, until one is right.
        drafts: Programs of which the first that is wrong is shown, with what the judge says of it; then this holds
            nothing but that one.
        instruction: What the task itself puts before every prompt; empty where the prompt speaks for itself.
    """

    problem: Problem
    language: str
    source_ids: tuple[int, ...]
    prefix: bytes
    reference: bytes
    reference_ids: tuple[int, ...]
    suffix: bytes = b""
    turns: int = 1
    drafts: tuple[bytes, ...] = ()
    instruction: str = ""

    @property
    def reference_answer(self) -> str:
        """The text that the expert wrote between `prefix` and `suffix`."""
        return self.reference[len(self.prefix) : len(self.reference) - len(self.suffix)].decode("utf-8", "replace")

    def program(self, answer: bytes) -> bytes:
        """Returns the whole program of an answer."""
        return self.prefix + answer + self.suffix


@dataclass(frozen=True, slots=True)
class Attempt:
    """A program that was written in one turn, and the judge's verdict on it."""

    program: bytes
    grade: Grade


@final
class Episode:
    """A program being written, one token at a time.

    A turn is over when the end token or the last token of the budget has been written; the program can be judged
    then, and earlier too, as it stands. Most tasks have one turn. Where there are several, the next one begins with
    nothing written if the program is wrong; the episode is over with the last turn or with a program that is right.
    A token that is not legal writes nothing and costs its place in the budget.

    The structure terms pay the growth of the program's match with the reference, counted from the match of what is
    given, so that their sums telescope: the return is the last program's score less that of what is given. The step
    that ends a turn with others to come takes back what the turn had earned. With the granularity `"line"` a token
    that ends no line, and not the program either, is paid 0 by them; with `"program"`, every token but the last.

    Args:
        assignment: What is to be written.
        vocabulary: The tokens.
        mix: The reward.
        target_tokens: Budget of tokens of a turn, the end token included.

    Attributes:
        assignment: What is to be written.
        target_tokens: Budget of tokens of a turn.
        source_ids: The prompt of this turn.
        tokens: Token ids written so far, in all turns.
        pieces: The bytes that each of them wrote.
        terms: What each reward term contributed at each step, weights included.
        turn_start: How many of the tokens belong to earlier turns.
        turns_left: How many turns may follow this one.
        attempts: The programs that have been judged.
        grade: The judge's verdict on the last program, None until the episode is settled.
    """

    def __init__(self, assignment: Assignment, vocabulary: Vocabulary, mix: RewardMix, target_tokens: int) -> None:
        self.assignment = assignment
        self.target_tokens = target_tokens
        self.source_ids = assignment.source_ids
        self.tokens: list[int] = []
        self.pieces: list[bytes] = []
        self.terms: list[dict[str, float]] = []
        self.turn_start = 0
        self.turns_left = assignment.turns - 1
        self.attempts: list[Attempt] = []
        self.grade: Grade | None = None
        self._vocabulary = vocabulary
        self._mix = mix
        # A reward without structure terms is spared the parsing.
        self._tracker = (
            StructureTracker(
                assignment.reference,
                assignment.language,
                mode=mix.match,
                syntax="syntax" in mix.needs,
                dataflow="dataflow" in mix.needs,
            )
            if mix.needs & {"syntax", "dataflow"}
            else None
        )
        self._start = self._tracker.push(assignment.prefix) if self._tracker else StructureScores(0.0, 0.0)
        self._suffix_score = StructureScores(0.0, 0.0)
        if self._tracker and assignment.suffix:
            given = self._tracker.fork().push(assignment.suffix, exact=True)
            self._suffix_score = _difference(given, self._start)
        self._blank = self._tracker.fork() if self._tracker and self.turns_left else None
        self._scores = self._start
        self._unscored = b""
        self._last: Transition | None = None
        self._turn_over = False
        # Without a structure score and log-probabilities all steps but the last are alike.
        self._idle = (
            Transition(
                self._start, self._start, last=False, grade=None, behaviour_log_prob=None, reference_log_prob=None
            )
            if self._tracker is None
            else None
        )
        self._idle_terms = mix.terms(self._idle) if self._idle is not None else {}

    @property
    def turn_over(self) -> bool:
        """Whether no further token can be written before the judge has said what it thinks of the program."""
        return self._turn_over

    @property
    def over(self) -> bool:
        """Whether no further token can be written at all."""
        return self.grade is not None or (self._turn_over and not self.turns_left)

    @property
    def inactive_terms(self) -> tuple[str, ...]:
        """Terms of the mix that pay nothing whatever is written: the reference has none of the structure."""
        return self._mix.needing(self._tracker.inactive) if self._tracker else ()

    @property
    def written(self) -> list[int]:
        """The tokens of this turn."""
        return self.tokens[self.turn_start :]

    @property
    def answer(self) -> bytes:
        """What has been written in this turn so far."""
        return b"".join(self.pieces[self.turn_start :])

    @property
    def text_before(self) -> bytes:
        """What stands before the next token: the end of it, with all that a character may be made of."""
        text = b""
        for piece in reversed(self.pieces[self.turn_start :]):
            text = piece + text
            if len(text) > 3:
                return text
        return self.assignment.prefix[-4:] + text

    @property
    def program(self) -> bytes:
        """The whole program so far: what is given and what has been written in this turn."""
        return self.assignment.program(self.answer)

    @property
    def last(self) -> Transition | None:
        """The newest step's transition, without a verdict; None before the first token."""
        return self._last

    def push(
        self,
        token: SupportsIndex,
        behaviour_log_prob: float | None = None,
        reference_log_prob: float | None = None,
    ) -> dict[str, float]:
        """Writes one token and returns what each term contributes, all but the verdict.

        Args:
            token: Token id.
            behaviour_log_prob: `log pi(a|s)` in nats, if known.
            reference_log_prob: `log pi_ref(a|s)` in nats, if there is a reference.

        Raises:
            InvalidActionError: `token` is not an integer in `[0, vocabulary_size)`.
            ConfigurationError: The episode is over, or a log-probability is not one.
        """
        token_id = checked_token(token, self._vocabulary.vocabulary_size)
        if self._turn_over:
            what = "episode" if self.over else "turn"
            raise ConfigurationError(f"The {what} ended after {len(self.tokens)} tokens; start a new one.")
        ends = token_id == self._vocabulary.end_id
        piece = self._vocabulary.token_bytes(token_id) if self._vocabulary.legal[token_id] and not ends else b""
        before = self._scores
        self.tokens.append(token_id)
        self.pieces.append(piece)
        self._turn_over = ends or len(self.tokens) - self.turn_start >= self.target_tokens
        if self._tracker is not None:
            self._unscored += piece
            compared = self._mix.granularity
            if self._turn_over or compared == "token" or (compared == "line" and b"\n" in piece):
                self._score()
        if self._idle is not None and behaviour_log_prob is None and reference_log_prob is None and not self._turn_over:
            self._last = self._idle
            terms = self._idle_terms.copy()
        else:
            self._last = Transition(
                before=before,
                after=self._scores,
                last=self.over,
                grade=None,
                behaviour_log_prob=checked_log_prob(behaviour_log_prob),
                reference_log_prob=checked_log_prob(reference_log_prob),
            )
            terms = self._mix.terms(self._last)
        self.terms.append(terms)
        return terms.copy()

    def settle(self, grade: Grade) -> dict[str, float]:
        """Adds the verdict to the last step and returns what each term contributes to that step now.

        An episode may be settled before it is over; it is over then. Without any step there is nothing that a
        verdict could be added to, and the result is empty.

        Raises:
            ConfigurationError: The episode has been settled before.
        """
        if self.grade is not None:
            raise ConfigurationError("The episode has its verdict already; its last program is judged once.")
        ends_now, self._turn_over = not self._turn_over, True
        self.attempts.append(Attempt(self.program, grade))
        self.grade = grade
        if self._last is None:
            return {}
        if ends_now:
            self._score()
            self._last = replace(self._last, after=self._scores)
        self.terms[-1] = self._mix.settle(self._last, grade)
        return dict(self.terms[-1])

    def begin_turn(self, source_ids: tuple[int, ...], attempt: Attempt | None = None) -> dict[str, float]:
        """Starts the next turn and returns what each term contributes to the step that ended the last one.

        Args:
            source_ids: The prompt of the new turn.
            attempt: The program of the last turn with its verdict, if it was judged.

        Raises:
            ConfigurationError: The last turn is not over, or it was the last one.
        """
        if self.over or not self.turn_over or self._last is None:
            raise ConfigurationError("Another turn begins where one is over and the episode is not.")
        if attempt is not None:
            self.attempts.append(attempt)
        self.source_ids = source_ids
        self.turn_start = len(self.tokens)
        self.turns_left -= 1
        self._turn_over = False
        self._tracker = self._blank.fork() if self._blank else None
        self._scores = self._start
        self._last = replace(self._last, after=self._start, last=False)
        self.terms[-1] = self._mix.terms(self._last)
        return dict(self.terms[-1])

    def _score(self) -> None:
        """Brings the scores up to what has been written."""
        if self._tracker and self._turn_over:
            whole = self._tracker.push(self._unscored + self.assignment.suffix, exact=True)
            self._scores = _difference(whole, self._suffix_score) if self.assignment.suffix else whole
        elif self._tracker and self._unscored:
            self._scores = self._tracker.push(self._unscored)
        self._unscored = b""

    def fork(self) -> Episode:
        """Returns an independent episode in the same state."""
        twin = object.__new__(Episode)
        twin.__dict__.update(self.__dict__)
        twin.tokens, twin.pieces = list(self.tokens), list(self.pieces)
        twin.terms = [dict(terms) for terms in self.terms]
        twin.attempts = list(self.attempts)
        twin._tracker = self._tracker.fork() if self._tracker else None
        return twin


def _difference(whole: StructureScores, part: StructureScores) -> StructureScores:
    return StructureScores(whole.syntax - part.syntax, whole.dataflow - part.dataflow)


def checked_token(token: SupportsIndex, vocabulary_size: int) -> int:
    """Returns a token id as an int, or raises InvalidActionError if it is not in the vocabulary."""
    try:
        token_id = operator.index(token)
    except TypeError:
        raise InvalidActionError(
            f"Action {token!r} is of type {type(token).__name__}; an action is one integer in [0, {vocabulary_size})."
        ) from None
    if not 0 <= token_id < vocabulary_size:
        raise InvalidActionError(f"Action {token_id} is outside of the action space [0, {vocabulary_size}).")
    return token_id


def checked_log_prob(log_prob: float | None) -> float | None:
    """Returns a log-probability as it is, or raises ConfigurationError if it cannot be one."""
    if log_prob is None:
        return None
    value = float(log_prob)
    if not math.isfinite(value) or value > _LOG_PROB_TOLERANCE:
        raise ConfigurationError(
            f"{value} is not a log-probability, which is finite and at most 0. A policy must not write "
            "tokens that it masks out."
        )
    return value


def replay(
    assignment: Assignment,
    vocabulary: Vocabulary,
    mix: RewardMix,
    target_tokens: int,
    tokens: Sequence[int],
    behaviour_log_probs: Sequence[float] | None = None,
    reference_log_probs: Sequence[float] | None = None,
) -> Episode:
    """Returns the episode in which these tokens have been written.

    Raises:
        InvalidActionError: A token is not in the vocabulary.
        ConfigurationError: The list goes on after its end, or the log-probabilities do not fit it.
    """
    for log_probs in (behaviour_log_probs, reference_log_probs):
        if log_probs is not None and len(log_probs) != len(tokens):
            raise ConfigurationError(f"There are {len(log_probs)} log-probabilities for {len(tokens)} tokens.")
    episode = Episode(assignment, vocabulary, mix, target_tokens)
    for step, token in enumerate(tokens):
        if episode.turn_over and not episode.over:
            episode.begin_turn(())
        episode.push(
            token,
            None if behaviour_log_probs is None else behaviour_log_probs[step],
            None if reference_log_probs is None else reference_log_probs[step],
        )
    return episode
