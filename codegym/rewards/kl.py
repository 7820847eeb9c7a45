"""Closeness to a reference policy."""

from __future__ import annotations

import math
from dataclasses import dataclass

from codegym.rewards.base import Need, Transition


@dataclass(frozen=True)
class KL:
    """`-(log pi(a|s) - log pi_ref(a|s))`: one sample of minus the KL divergence from the reference, in nats.

    The weight is the paper's beta (PPOCoder, arXiv 2301.13816, section 3.3), so that the term contributes
    `-beta * kl_t`. A policy that does not hand its log-probability over gets `log pi_ref(a|s)`, which in
    expectation is the same up to the policy's entropy. Without a reference the term is 0.
    """

    name: str = "kl"
    range: tuple[float, float] = (-math.inf, math.inf)
    needs: frozenset[Need] = frozenset({"log_probs"})

    def __call__(self, transition: Transition) -> float:
        """Returns `log pi_ref(a|s) - log pi(a|s)`."""
        if transition.reference_log_prob is None:
            return 0.0
        return transition.reference_log_prob - (transition.behaviour_log_prob or 0.0)


TERM = KL()
