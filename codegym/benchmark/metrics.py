"""What is measured of programs beside their reward: pass@k, BLEU, novelty, and what compilers complain about."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from codegym import languages
from codegym.errors import ConfigurationError, MissingDependencyError
from codegym.languages.base import ErrorClass

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from tree_sitter import Node

    from codegym.languages import Language
    from codegym.types import Diagnostic

__all__ = ["ErrorClass", "TrainingPrograms", "bleu", "error_class", "lexemes", "pass_at_k"]

_GAVE_UP = frozenset({"crash", "source_limit", "time_limit", "memory_limit"})
"""Codes, in all languages, of a compiler that did not come to an end."""

_QUOTED = re.compile(r"‘[^’]*’|`[^`']*'|(?<!\w)'[^']*'|\"[^\"]*\"")


def pass_at_k(samples: int, right: int, k: int) -> float:
    """Returns how probable it is that of k programs for a problem at least one is right.

    The unbiased estimate from n programs, of which c are right, is `1 - binom(n - c, k) / binom(n, k)`; computed as
    `1 - prod_{i = n - c + 1 .. n} (1 - k / i)` (Chen et al. 2021, arXiv 2107.03374, equation 1).

    Args:
        samples: How many programs were written, n.
        right: How many of them are right, c.
        k: How many count.

    Raises:
        ConfigurationError: k is below 1, there are fewer than k programs, or more are right than there are.
    """
    if not 1 <= k <= samples:
        raise ConfigurationError(f"pass@k needs k programs for each problem, and at least one: k={k}, {samples=}.")
    if not 0 <= right <= samples:
        raise ConfigurationError(f"Of {samples} programs {right} cannot be right.")
    if samples - right < k:
        return 1.0
    return float(1 - np.prod(1 - k / np.arange(samples - right + 1, samples + 1)))


# Words of programs


def lexemes(program: str, language: str | Language) -> list[str]:
    """Returns the words, literals and signs of a program in their order, as the grammar of its language has them.

    Comments and white space are left out, the indentation of Python, too. A program that cannot be parsed has
    lexemes as well.

    Raises:
        UnknownNameError: There is no such language.
    """
    declared = languages.get(language)
    source = program.encode("utf-8", "replace")
    root = declared.parser().parse(source).root_node
    texts = (source[leaf.start_byte : leaf.end_byte].decode("utf-8", "replace") for leaf in _leaves(root, declared))
    return [text for text in texts if text.strip()]  # what the parser made up is empty


def _leaves(root: Node, language: Language) -> Iterator[Node]:
    """Yields the nodes that have no parts, in order; a literal is one of them even where it has."""
    cursor = root.walk()
    while True:
        node = cast("Node", cursor.node)
        if node.type not in language.comment_kinds:
            if node.type not in language.literal_kinds and cursor.goto_first_child():
                continue
            yield node
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return


def bleu(reference: str, candidate: str, language: str | Language) -> float:
    """Returns the BLEU of a program against a reference, over lexemes, in [0, 1]; 0 where either has none.

    BLEU (Papineni et al. 2002) as sacrebleu computes it for single sentences (Post 2018, arXiv 1804.08771): n-grams of
    up to 4 lexemes, or of as many as there are in shorter programs, with exponential smoothing.

    Args:
        reference: The program that it is compared with.
        candidate: The program.
        language: Language of both.

    Raises:
        UnknownNameError: There is no such language.
        MissingDependencyError: sacrebleu is not installed.
    """
    expected, written = (_words(lexemes(program, language)) for program in (reference, candidate))
    if not expected or not written:
        return 0.0
    return min(1.0, float(_sacrebleu().sentence_score(written, [expected]).score) / 100)


def _words(lexemes: Sequence[str]) -> str:
    """Returns lexemes with spaces between them, and none in them."""
    return " ".join(re.sub(r"\s", "▁", lexeme) for lexeme in lexemes)


@cache
def _sacrebleu() -> Any:
    try:
        from sacrebleu.metrics.bleu import BLEU
    except ImportError:
        raise MissingDependencyError("sacrebleu", "bench", "BLEU") from None
    return BLEU(tokenize="none", effective_order=True)


class TrainingPrograms:
    """What an agent has learned from, to tell what it writes itself from what it recites.

    Args:
        programs: The programs.
        language: Language of them, and of those that are compared.
        n: How many lexemes in a row are looked for.

    Raises:
        UnknownNameError: There is no such language.
        ConfigurationError: `n` is below 1.
    """

    def __init__(self, programs: Iterable[str], language: str | Language, n: int = 8) -> None:
        if n < 1:
            raise ConfigurationError(f"At least one lexeme must be looked for; {n=}.")
        self._language, self._n = languages.get(language), n
        known, ngrams = set[str](), [np.empty(0, np.uint64)]
        for program in programs:
            normalised = _normalised(program)
            if normalised not in known:
                known.add(normalised)
                ngrams.append(self._ngrams(program))
        self._known, self._known_ngrams = frozenset(known), np.unique(np.concatenate(ngrams))

    def is_novel(self, program: str) -> bool:
        """Whether a program is none of these, white space aside."""
        return _normalised(program) not in self._known

    def overlap(self, program: str, prefix: str = "", suffix: str = "") -> float:
        """Returns the share of a program's runs of n lexemes that occur in these, in [0, 1].

        A program with fewer than n lexemes has no such run: it counts as 0 if it is novel, as 1 if it is not.

        Args:
            program: The whole program.
            prefix: What was given of it, at its beginning: runs with lexemes of that do not count.
            suffix: What was given of it, at its end.
        """
        # Lexemes are cut where they stand: the middle of a PHP file is none by itself.
        first = len(lexemes(prefix, self._language)) if prefix else 0
        ngrams = self._ngrams(program[: len(program) - len(suffix)])[first:]
        if not ngrams.size:
            return float(not self.is_novel(program))
        return float(np.isin(ngrams, self._known_ngrams).mean())

    def _ngrams(self, program: str) -> NDArray[np.uint64]:
        """Returns a number for each run of n lexemes; two of them share one by chance once in 2 ** 64 pairs."""
        words = [lexeme.encode("utf-8", "replace") for lexeme in lexemes(program, self._language)]
        runs = (b"\0".join(words[start : start + self._n]) for start in range(len(words) - self._n + 1))
        digests = b"".join(hashlib.blake2b(run, digest_size=8).digest() for run in runs)
        return np.frombuffer(digests, np.dtype("<u8")).astype(np.uint64)


def _normalised(program: str) -> str:
    return " ".join(program.split())


# Errors of compilers


def error_class(diagnostic: Diagnostic, language: str | Language) -> ErrorClass:
    """Returns what a compiler's message is about, in words that all languages share.

    Args:
        diagnostic: The message.
        language: Language of the program.

    Raises:
        UnknownNameError: There is no such language.
    """
    if diagnostic.code in _GAVE_UP:
        return "limit"
    # What is quoted is the program's own: a variable may be called `redefinition`.
    text = " ".join([diagnostic.code, *_QUOTED.sub("''", diagnostic.message).split()]).strip()
    return next((name for name, pattern in _rules(languages.get(language)) if pattern.search(text)), "other")


@cache
def _rules(language: Language) -> tuple[tuple[ErrorClass, re.Pattern[str]], ...]:
    return tuple((name, re.compile(pattern)) for name, pattern in language.errors)
