"""Growth of the data-flow match."""

from __future__ import annotations

from dataclasses import dataclass

from codegym.rewards.base import Need, Transition


@dataclass(frozen=True)
class Dataflow:
    """`dfg_t - dfg_{t-1}`: what a token added to the match of the data-flow graphs.

    Summed over an episode this is the match of the finished program (PPOCoder's `R_dfg`) less the match of
    what stood there before the first token.
    """

    name: str = "dataflow"
    range: tuple[float, float] = (-1.0, 1.0)
    needs: frozenset[Need] = frozenset({"dataflow"})

    def __call__(self, transition: Transition) -> float:
        """Returns the difference of two scores that lie in [0, 1]."""
        return transition.after.dataflow - transition.before.dataflow


TERM = Dataflow()
