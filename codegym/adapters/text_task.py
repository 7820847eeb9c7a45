"""A task for trainers that know texts and rows: prompts out, programs in, reward terms back."""

from __future__ import annotations

import copy
import dataclasses
import json
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from functools import lru_cache
from typing import Any, Final, final

import numpy as np
from gymnasium.utils import seeding
from numpy.typing import NDArray

from codegym.envs.episode import Assignment, Episode, TokenTable, checked_token
from codegym.envs.make import make_vec
from codegym.envs.scoring import score_episodes
from codegym.envs.vector import CodeVectorEnv, Score
from codegym.errors import CodegymError, ConfigurationError, DataError, JudgeError
from codegym.types import Grade, HarnessTest, Problem, TestCase, UnitTest

Answer = str | Sequence[str | bytes]
"""What a model wrote: a text, or the pieces that its tokens wrote, in order; a special token's piece is empty."""

_TEXTS: Final = ("language", "reference", "statement", "prefix", "suffix", "broken")
PROBLEM_COLUMNS: Final = ("uri", *_TEXTS, "tests", "sources", "attributes")
"""The columns that a row holds a problem in; all are text, the last three are JSON."""

_FENCE: Final = re.compile(rb"^[ \t]*```[^\n]*\n(.*?)(?:^[ \t]*```[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)

_UNLIMITED: Final = 2**31


@final
class TextTask:
    """One environment, seen by a trainer that brings its own model, tokenizer and budget.

    Programs are scored in batches, with one request to the judge for each language; what is asked for from several
    threads at once is put together. All tokenizers are welcome: a reward is given for each piece of text that the
    trainer says its tokens wrote, by the same episodes that environments are made of. The trainer's budget counts, not
    the environment's `target_tokens`.

    Args:
        env: An id such as `"CodeCompletion-Python-v0"`, or a vector environment.
        fenced: Whether what counts is the last block between lines of three backticks, as chat models write. An answer
            without such a block counts as it stands. Pieces outside of the block earn nothing.
        **options: What the environment takes: `problems`, `reward`, `split`, `judge`, `source_tokens` ...

    Attributes:
        name: The environment's id.
        process: Its decision process.
        fenced: As it was given.

    Raises:
        ConfigurationError: The environment does not take an option, or has a reference policy: a trainer has its own.
    """

    def __init__(self, env: str | CodeVectorEnv, *, fenced: bool = False, **options: Any) -> None:
        made = make_vec(env, **options)
        if made.process.reference is not None:
            raise ConfigurationError("A trainer measures KL to its own reference; leave reference= out.")
        self.name = env if isinstance(env, str) else made.process.task.name
        self.process = made.process
        self.fenced = fenced
        self._workers = made.workers
        self._waiting: list[tuple[Problem, Answer, Future[Score]]] = []
        self._lock, self._turn = threading.Lock(), threading.Lock()

    def rows(self, count: int | None = None) -> list[dict[str, str]]:
        """Returns problems as rows: `prompt`, `answer` (what the expert wrote), and `PROBLEM_COLUMNS`.

        Args:
            count: How many; fewer if there are not as many that can be posed. None: all; a set without end needs it.

        Raises:
            ConfigurationError: There is no end to the problems, and no count.
            DataError: None can be posed.
        """
        count = self.process.problems.size if count is None else count
        if count is None:
            raise ConfigurationError(f"Problem set {self.process.problems.card.name!r} has no end: say how many.")
        return [self._row(one) for one in self.process.first(count)]

    def score(self, problems: Sequence[Problem | Mapping[str, Any] | str], answers: Sequence[Answer]) -> list[Score]:
        """Returns what each answer earned: terms for each of its pieces, the program and the verdict.

        A text is one piece, and so is an empty one. Where the judge fails, `Score.valid` is False: such an answer is to
        be left out, not to be paid 0.

        Args:
            problems: For each answer, its problem, or the row or JSON that holds it (see `problem_of`).
            answers: What was written.

        Raises:
            ConfigurationError: There is not one problem for each answer.
            DataError: A row holds no problem, or one that cannot be posed.
        """
        if len(problems) != len(answers):
            raise ConfigurationError(f"{len(problems)} problems were given for {len(answers)} answers.")
        asked = [problem_of(one) for one in problems]
        pieces = [self._pieces(answer) for answer in answers]
        numbers: dict[bytes, int] = {}
        tokens = [[numbers.setdefault(piece, len(numbers)) for piece in one] for one in pieces]
        process = copy.copy(self.process)
        process.vocabulary = TokenTable((*numbers, b""), len(numbers), np.ones(len(numbers) + 1, np.bool_))
        longest = max((len(one) for one in tokens), default=0)
        process.layout = dataclasses.replace(process.layout, target_tokens=longest + 1)
        try:
            return score_episodes(process, asked, tokens, workers=self._workers)
        except JudgeError:
            return [self._unknown(one, answer) for one, answer in zip(asked, pieces, strict=True)]

    def score_one(self, problem: Problem | Mapping[str, Any] | str, answer: Answer) -> Score:
        """Returns what one answer earned; what other threads ask for meanwhile is scored together.

        Raises as `score` does.
        """
        future: Future[Score] = Future()
        with self._lock:
            self._waiting.append((problem_of(problem), answer, future))
        with self._turn:  # one batch at a time: who waits here may find its own answer scored
            with self._lock:
                batch, self._waiting = self._waiting, []
            self._fulfil(batch)
        return future.result()

    def start(
        self,
        problem: Problem | Mapping[str, Any] | str | int | None = None,
        *,
        seed: int | None = None,
        budget: int | None = None,
    ) -> Dialogue:
        """Returns an episode in which whole programs, or parts of one, are written.

        Args:
            problem: The problem, the row or JSON that holds it, or its position in the problem set; None: one is drawn.
            seed: Of what is drawn.
            budget: Pieces of a turn; None: no limit.

        Raises:
            ConfigurationError: The position is outside of the problem set.
            DataError: The problem cannot be posed.
            JudgeError: The judge could not answer for the program that is to be repaired.
        """
        if problem is None or isinstance(problem, int):
            options = None if problem is None else {"index": problem}
            (assignment,) = self.process.draw_assignments([seeding.np_random(seed)[0]], options)
        else:
            assignment = self.process.assign(problem_of(problem))
        return Dialogue(self, assignment, budget or _UNLIMITED)

    def prompt(self, source_ids: Sequence[int]) -> str:
        """Returns the text of a prompt."""
        return self.process.tokenizer.decode(source_ids)

    def pieces(self, tokens: Sequence[int]) -> list[bytes]:
        """Returns what tokens of the environment's own tokenizer write; the end token writes nothing.

        Raises:
            InvalidActionError: A token is not in the vocabulary.
        """
        vocabulary = self.process.vocabulary
        return [vocabulary.pieces[checked_token(token, vocabulary.vocabulary_size)] for token in tokens]

    def _fulfil(self, batch: Sequence[tuple[Problem, Answer, Future[Score]]]) -> None:
        """Scores what was asked for, and tells those who wait."""
        if not batch:
            return
        try:
            scores = self.score([one[0] for one in batch], [one[1] for one in batch])
            for (_, _, future), score in zip(batch, scores, strict=True):
                future.set_result(score)
        except BaseException as error:  # it is raised where it was asked for
            if isinstance(error, CodegymError) and len(batch) > 1:  # it is the fault of one of them
                for one in batch:
                    self._fulfil([one])
                return
            for _, _, future in batch:
                future.set_exception(error)

    def _row(self, assignment: Assignment) -> dict[str, str]:
        return {
            "prompt": self.prompt(assignment.source_ids),
            "answer": assignment.reference_answer,
            **columns_of(assignment.problem),
        }

    def _pieces(self, answer: Answer) -> list[bytes]:
        """Returns the bytes that each piece adds to the program."""
        pieces = [
            piece.encode("utf-8", "replace") if isinstance(piece, str) else bytes(piece)
            for piece in ([answer] if isinstance(answer, str) else answer)
        ]
        blocks = list(_FENCE.finditer(b"".join(pieces))) if self.fenced else []
        if not blocks:
            return pieces
        start, end = blocks[-1].span(1)
        inside, position = [], 0
        for piece in pieces:
            inside.append(piece[max(0, start - position) : max(0, end - position)])
            position += len(piece)
        return inside

    def _unknown(self, problem: Problem, pieces: Sequence[bytes]) -> Score:
        """Returns the score of an answer that nothing is known about."""
        written = b"".join(pieces).decode("utf-8", "replace")
        terms: dict[str, NDArray[np.float64]] = {name: np.zeros(len(pieces)) for name in self.process.mix.weights}
        return Score(terms, f"{problem.prefix}{written}{problem.suffix}", written, Grade("judge_error", False))


@final
class Dialogue:
    """An episode in which programs are written as texts, and wrong ones come back with what is wrong with them.

    Most tasks have one turn; repair has several. See `TextTask.start`.
    """

    def __init__(self, task: TextTask, assignment: Assignment, budget: int) -> None:
        self._task = task
        self._pieces = _Pieces()
        self._episode = Episode(assignment, self._pieces, task.process.mix, budget)
        self._last: list[bytes] = []

    @property
    def episode(self) -> Episode:
        """The episode; its tokens are pieces."""
        return self._episode

    @property
    def prompt(self) -> str:
        """What is asked in this turn: after a wrong program, that program with what is wrong with it."""
        return self._task.prompt(self._episode.source_ids)

    @property
    def done(self) -> bool:
        """Whether the episode is over."""
        return self._episode.grade is not None

    @property
    def grade(self) -> Grade | None:
        """The verdict on the newest program that was judged."""
        return self._episode.attempts[-1].grade if self._episode.attempts else None

    @property
    def terms(self) -> dict[str, float]:
        """What each reward term has paid so far."""
        return {name: sum(step[name] for step in self._episode.terms) for name in self._task.process.mix.weights}

    @property
    def reward(self) -> float | None:
        """What has been paid so far; None where the judge could not answer."""
        return sum(self.terms.values()) if self._episode.grade is None or self._episode.grade.valid else None

    def submit(self, answer: Answer) -> dict[str, float]:
        """Writes an answer, ends the turn, and returns what each term paid for it. Raises as `write` does."""
        self._last = self._task._pieces(answer)
        return self.write(self._last, end=True)

    def finish(self) -> None:
        """Ends the episode where the model stopped before its last turn: what it submitted last counts, or nothing."""
        if not self.done:
            self._episode.turns_left = 0
            self.write(self._last, end=True)

    def write(self, pieces: Sequence[bytes], *, end: bool) -> dict[str, float]:
        """Writes pieces, and returns what each term paid for them.

        Args:
            pieces: What each token writes.
            end: Whether the turn ends after them; it also ends with the budget.

        Raises:
            ConfigurationError: The episode is over, or there are more pieces than the budget has left.
        """
        episode, first = self._episode, len(self._episode.tokens)
        for piece in pieces:
            episode.push(self._pieces.add(piece))
        if end and (not episode.turn_over or not pieces):
            episode.push(self._pieces.end_id)
        if episode.turn_over:
            self._task.process.settle([episode])
        return {name: sum(step[name] for step in episode.terms[first:]) for name in self._task.process.mix.weights}


@final
class _Pieces:
    """A vocabulary that grows with what is written; token 0 ends a turn."""

    def __init__(self) -> None:
        self._texts = [b""]

    @property
    def vocabulary_size(self) -> int:
        return len(self._texts)

    @property
    def end_id(self) -> int:
        return 0

    @property
    def legal(self) -> NDArray[np.bool_]:
        return np.ones(len(self._texts), np.bool_)

    def token_bytes(self, token: int) -> bytes:
        return self._texts[token]

    def add(self, text: bytes) -> int:
        self._texts.append(text)
        return len(self._texts) - 1


def total(score: Score) -> float | None:
    """Returns what an answer earned in all, or None where the judge could not answer."""
    return float(score.rewards.sum()) if score.valid else None


def token_pieces(decode: Callable[[list[int]], str], tokens: Sequence[int]) -> list[str]:
    """Returns what each token writes, for any tokenizer: the pieces together are the whole text.

    Of a character that takes several tokens, the last one has it.

    Args:
        decode: From token ids to text: `lambda ids: tokenizer.decode(ids, skip_special_tokens=True)`.
        tokens: Token ids.
    """
    pieces: list[str] = []
    start = read = (
        0  # tokens before `read` have been told; those from `start` on decide on a space between, for instance
    )
    known = ""
    for end in range(1, len(tokens) + 1):
        text = decode(list(tokens[start:end]))
        if text.endswith("\ufffd") and end < len(tokens):
            pieces.append("")
            continue
        pieces.append(text[len(known) :])
        start, read = read, end
        known = decode(list(tokens[start:read]))
    return pieces


def columns_of(problem: Problem) -> dict[str, str]:
    """Returns a problem as the columns of a row: `PROBLEM_COLUMNS`, all of them text."""
    return {
        "uri": problem.id,
        **{name: getattr(problem, name) for name in _TEXTS},
        "tests": json.dumps([dataclasses.asdict(test) for test in problem.tests]),
        "sources": json.dumps(dict(problem.sources)),
        "attributes": json.dumps(dict(problem.attributes)),
    }


def problem_of(row: Problem | Mapping[str, Any] | str) -> Problem:
    """Returns the problem that a row holds; the same one for equal rows.

    Args:
        row: A row with `PROBLEM_COLUMNS`, those as one JSON object, or a problem, which is returned as it is.

    Raises:
        DataError: It holds none.
    """
    if isinstance(row, Problem):
        return row
    try:
        columns = json.loads(row) if isinstance(row, str) else row
        return _problem(*(columns[name] for name in PROBLEM_COLUMNS))
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(
            f"This row holds no problem ({type(error).__name__}: {error}); it needs the columns "
            f"{', '.join(PROBLEM_COLUMNS)}: {row!r:.200}"
        ) from error


@lru_cache(maxsize=4096)
def _problem(
    uri: str,
    language: str,
    reference: str,
    statement: str,
    prefix: str,
    suffix: str,
    broken: str,
    tests: str,
    sources: str,
    attributes: str,
) -> Problem:
    return Problem(
        id=uri,
        language=language,
        reference=reference,
        tests=tuple(_test(test) for test in json.loads(tests)),
        attributes=json.loads(attributes),
        sources=json.loads(sources),
        statement=statement,
        prefix=prefix,
        suffix=suffix,
        broken=broken,
    )


def _test(fields: dict[str, Any]) -> UnitTest:
    return HarnessTest(**fields) if "code" in fields else TestCase(**fields)
