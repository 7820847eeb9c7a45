"""The compiler's verdict."""

from __future__ import annotations

from dataclasses import dataclass

from codegym.rewards.base import Need, Transition


@dataclass(frozen=True)
class Compilation:
    """+1 on the last step if the program compiles, -1 if it does not (PPOCoder, arXiv 2301.13816, `R_cs`).

    0 on every other step, and 0 where the judge could not answer: a judge that fails is not a program that
    fails.
    """

    name: str = "compilation"
    range: tuple[float, float] = (-1.0, 1.0)
    needs: frozenset[Need] = frozenset({"verdict"})

    def __call__(self, transition: Transition) -> float:
        """Returns -1, 0 or +1."""
        grade = transition.grade
        if grade is None or not grade.valid:
            return 0.0
        return 1.0 if grade.compiled else -1.0


TERM = Compilation()
