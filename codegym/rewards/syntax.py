"""Growth of the syntax-tree match."""

from __future__ import annotations

from dataclasses import dataclass

from codegym.rewards.base import Need, Transition


@dataclass(frozen=True)
class Syntax:
    """`ast_t - ast_{t-1}`: what a token added to the match of the syntax trees.

    Summed over an episode this is the match of the finished program (PPOCoder's `R_ast`) less the match of
    what stood there before the first token.
    """

    name: str = "syntax"
    range: tuple[float, float] = (-1.0, 1.0)
    needs: frozenset[Need] = frozenset({"syntax"})

    def __call__(self, transition: Transition) -> float:
        """Returns the difference of two scores that lie in [0, 1]."""
        return transition.after.syntax - transition.before.syntax


TERM = Syntax()
