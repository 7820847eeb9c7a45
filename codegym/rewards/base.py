"""What a reward term is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from codegym.structure import StructureScores
    from codegym.types import Grade

Need = Literal["verdict", "unit_tests", "syntax", "dataflow", "log_probs"]
"""What has to be measured for a term: the judge's verdict, with or without the problem's unit tests, a structure score,
or log-probabilities."""


@dataclass(frozen=True, slots=True)
class Transition:
    """Everything that is known about one step, and all that a reward term may look at.

    Attributes:
        before: How much of the reference's structure the program matched before the token was written.
        after: The same, after it.
        last: Whether the episode ends with this step.
        grade: The judge's verdict on the program, on the last step only, and None until it is there.
        behaviour_log_prob: `log pi(a|s)` of the policy that acts, in nats, or None if it was not handed over.
        reference_log_prob: `log pi_ref(a|s)` in nats, or None without a reference.
    """

    before: StructureScores
    after: StructureScores
    last: bool
    grade: Grade | None
    behaviour_log_prob: float | None
    reference_log_prob: float | None


class RewardTerm(Protocol):
    """One named part of the reward, before its weight."""

    @property
    def name(self) -> str:
        """Key of the term in `info["reward_terms"]`."""

    @property
    def range(self) -> tuple[float, float]:
        """The lowest and the highest value of one step, possibly infinite."""

    @property
    def needs(self) -> frozenset[Need]:
        """What has to be measured for it."""

    def __call__(self, transition: Transition) -> float:
        """Returns the term's value at one step, without its weight."""
