"""The unit tests' verdict."""

from __future__ import annotations

from dataclasses import dataclass

from codegym.rewards.base import Need, Transition
from codegym.types import Grade

FAILED, CRASHED, REJECTED = -0.3, -0.6, -1.0


@dataclass(frozen=True)
class UnitTests:
    """What unit tests say of the program, on the last step; 0 on every other one.

    The four levels are those of CodeRL (arXiv 2207.01780, equation 4) and PPOCoder (arXiv 2301.13816): +1 if all tests
    pass, -0.3 if some fail, -0.6 if one ends in a run-time error or exceeds a limit, -1 if the program does not
    compile. A problem without unit tests is worth what its compilation is: +1 or -1. Where the judge could not
    answer the term is 0.

    Attributes:
        name: Key of the term.
        adaptive: Whether a program that runs without errors earns -0.3 + 1.3 * the share of tests that it passes
            (RLTF, arXiv 2307.04349, equation 5), instead of -0.3 or +1.
        range: The lowest and the highest value.
        needs: What has to be measured for it.
    """

    name: str = "unit_tests"
    adaptive: bool = False
    range: tuple[float, float] = (-1.0, 1.0)
    needs: frozenset[Need] = frozenset({"verdict", "unit_tests"})

    def __call__(self, transition: Transition) -> float:
        """Returns a value from -1 to 1."""
        grade = transition.grade
        if grade is None or not grade.valid:
            return 0.0
        return self._value(grade)

    def _value(self, grade: Grade) -> float:
        if not grade.compiled:
            return REJECTED
        match grade.status:
            case "compiled" | "passed":
                return 1.0
            case "runtime_error":
                return CRASHED
            case _ if self.adaptive:
                return FAILED + 1.3 * grade.passed / grade.total
            case _:
                return FAILED


TERM = UnitTests()
