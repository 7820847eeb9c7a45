"""Where problems come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, get_args

from codegym import languages
from codegym.errors import ConfigurationError, UnknownNameError
from codegym.seeding import stable_hash
from codegym.types import Limits, Problem

Split = Literal["train", "validation", "test"]

TEST_SHARE, VALIDATION_SHARE = 0.10, 0.05


@dataclass(frozen=True, slots=True)
class Card:
    """What one should know about a set of problems before training on it.

    Attributes:
        name: Key of the set: `"xlcost"`.
        description: What the programs are, in a sentence or two.
        licence: SPDX expression, or a sentence where there is none.
        version: Changes whenever item i may change.
        origin: Where the programs come from.
        splits: Which splits there are, and what decides.
        fields: What a record of the data holds, and what becomes of it.
        dropped: Records that are left out, by reason.
        limits: What a program may take on one of its tests.
    """

    name: str
    description: str
    licence: str
    version: str
    origin: str
    splits: str = ""
    fields: str = ""
    dropped: Mapping[str, int] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)


class ProblemSet(Protocol):
    """Problems by position. Item i never depends on which items were asked for before."""

    @property
    def card(self) -> Card:
        """What the set is."""

    @property
    def split(self) -> Split:
        """The split that these problems belong to."""

    @property
    def size(self) -> int | None:
        """The number of problems, or None for an endless set."""

    def __getitem__(self, index: int) -> Problem:
        """Returns problem `index`.

        Raises:
            IndexError: `index` is negative, or not less than `size`.
        """


def check_split(split: str, card: Card | None = None, available: Sequence[Split] = get_args(Split)) -> Split:
    """Returns `split` if it is one of those that are available.

    Args:
        split: Its name.
        card: The set that it is a split of, for the message.
        available: The splits that the set has.

    Raises:
        UnknownNameError: It is none of them.
    """
    for known in available:
        if split == known:
            return known
    hint = f"Problem set {card.name!r} has these splits only: {card.splits}." if card is not None else ""
    raise UnknownNameError("split", split, available, hint)


def check_language(card: Card, language: str, available: Sequence[str]) -> str:
    """Returns the name of a language if the set has programs in it.

    Raises:
        UnknownNameError: There is no such language, or it is none of those that are available.
    """
    name = languages.get(language).name
    if name not in available:
        raise UnknownNameError("language", language, available, f"Problem set {card.name!r} has no other.")
    return name


def check_sources(card: Card, sources: Sequence[str], available: Sequence[str]) -> tuple[str, ...]:
    """Returns the names of the languages that are translated from if the set has programs in them.

    Raises:
        UnknownNameError: There is no such language, or it is none of those that are available.
        ConfigurationError: It is one name, not a sequence of them.
    """
    if isinstance(sources, str):
        raise ConfigurationError(f"Give sources as a sequence of names, such as ({sources!r},).")
    return tuple(check_language(card, source, available) for source in sources)


def split_of(normalised_text: str) -> Split:
    """Returns the split that a text belongs to, by a hash of it: equal texts never fall into two splits.

    The caller normalises (comments, layout, names), so that trivial variants of a program count as equal.
    """
    position = stable_hash(normalised_text) / 2**64
    if position < TEST_SHARE:
        return "test"
    return "validation" if position < TEST_SHARE + VALIDATION_SHARE else "train"


@dataclass(frozen=True)
class InMemoryProblems:
    """A finite set of problems that are all in memory.

    Raises:
        ConfigurationError: There is no problem.
    """

    card: Card
    split: Split
    problems: tuple[Problem, ...]

    def __post_init__(self) -> None:
        if not self.problems:
            raise ConfigurationError(f"The {self.split} split of problem set {self.card.name!r} is empty.")

    @property
    def size(self) -> int:
        """The number of problems."""
        return len(self.problems)

    def __getitem__(self, index: int) -> Problem:
        """Returns problem `index`; raises IndexError outside `range(size)`."""
        if not 0 <= index < len(self.problems):
            raise IndexError(f"Problem {index} is outside of {self.card.name!r}, which has {len(self.problems)}.")
        return self.problems[index]
