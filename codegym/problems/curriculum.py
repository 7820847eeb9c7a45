"""A curriculum: problems that become harder, or easier, while an agent learns."""

from __future__ import annotations

import dataclasses
from collections import deque
from typing import final

from codegym.errors import ConfigurationError
from codegym.problems.base import Card, Split
from codegym.problems.procedural import ProceduralProblems
from codegym.types import Problem


@final
class Curriculum:
    """Procedural problems of a difficulty that can be changed at any time.

    An environment draws from it as from any problem set. `set_difficulty` moves it by hand; `record` moves it by what
    an agent achieves: up where it solves most of the last problems, down where it solves few.

        curriculum = Curriculum(procedural(("python",)))
        env = gym.make("ProgramSynthesis-Python-v0", problems=curriculum)
        ...
        curriculum.record(info["grade"]["status"] == "passed")

    Item i is a pure function of the problems' seed, i and the difficulty; its id holds all of them.

    Args:
        problems: The problems; their own range of difficulty is the range of the curriculum.
        width: Width of the window of difficulties that problems are drawn from.
        step: How far the window moves at once.
        raise_above: Share of solved problems above which the window moves up.
        lower_below: Share of solved problems below which it moves down.
        memory: How many problems are recorded before the window moves; then the record starts anew.

    Raises:
        ConfigurationError: A number makes no sense.
    """

    def __init__(
        self,
        problems: ProceduralProblems,
        *,
        width: float = 0.2,
        step: float = 0.1,
        raise_above: float = 0.7,
        lower_below: float = 0.2,
        memory: int = 200,
    ) -> None:
        if not (0.0 < width <= 1.0 and 0.0 < step <= 1.0 and 0.0 <= lower_below < raise_above <= 1.0 and memory >= 1):
            raise ConfigurationError(
                "A curriculum needs width and step in (0, 1], 0 <= lower_below < raise_above <= 1 and memory >= 1; got "
                f"width={width}, step={step}, lower_below={lower_below}, raise_above={raise_above}, memory={memory}."
            )
        self._problems = problems
        self._width, self._step = width, step
        self._raise_above, self._lower_below = raise_above, lower_below
        self._solved: deque[bool] = deque(maxlen=memory)
        low, high = problems.difficulty
        self.set_difficulty(low, min(high, low + width))

    @property
    def card(self) -> Card:
        """What the problems are."""
        return self._problems.card

    @property
    def split(self) -> Split:
        """The split that the problems belong to."""
        return self._problems.split

    @property
    def size(self) -> None:
        """The set is endless."""
        return None

    @property
    def difficulty(self) -> tuple[float, float]:
        """The least and the greatest difficulty that problems have now."""
        return self._now.difficulty

    @property
    def solved(self) -> float | None:
        """Share of solved problems since the window moved; None before the first one."""
        return sum(self._solved) / len(self._solved) if self._solved else None

    def set_difficulty(self, low: float, high: float) -> None:
        """Draws from problems of this difficulty from now on, and forgets what was solved.

        Raises:
            ConfigurationError: It is outside of the problems' own range.
        """
        least, greatest = self._problems.difficulty
        if not least <= low <= high <= greatest:
            raise ConfigurationError(
                f"The difficulty ({low}, {high}) is outside of the problems' own range, ({least}, {greatest})."
            )
        self._now = dataclasses.replace(self._problems, difficulty=(low, high))
        self._solved.clear()

    def record(self, solved: bool) -> bool:
        """Notes whether a problem was solved, and returns whether the difficulty changed because of it."""
        self._solved.append(solved)
        share = self.solved
        if share is None or len(self._solved) < (self._solved.maxlen or 0):
            return False
        if share > self._raise_above:
            return self._move(self._step)
        if share < self._lower_below:
            return self._move(-self._step)
        return False

    def _move(self, step: float) -> bool:
        least, greatest = self._problems.difficulty
        before = self.difficulty
        # Rounded, so that going up and down again comes back to where it was.
        low = round(min(max(before[0] + step, least), max(least, greatest - self._width)), 9)
        self.set_difficulty(low, min(greatest, round(low + self._width, 9)))
        return self.difficulty != before

    def __getitem__(self, index: int) -> Problem:
        """Returns problem `index` at the difficulty of now; raises as the problems do."""
        return self._now[index]
