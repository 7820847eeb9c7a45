"""How strongly the policy is held to its reference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from torch import Tensor


@final
@dataclass
class AdaptiveKLCoefficient:
    """A KL coefficient that is raised while the policy is farther from its reference than wanted.

    beta <- beta * (1 + gain * clip(KL / target - 1, -0.2, 0.2)): the proportional controller of Ziegler et al.
    2019 (arXiv 1909.08593, section 2.2), one step per batch. Without a target the coefficient is fixed.

    Attributes:
        value: The coefficient beta.
        target: Wanted KL of an episode to the reference, in nats; None for a fixed coefficient.
        gain: Largest relative change per batch is 0.2 * gain.
    """

    value: float
    target: float | None = None
    gain: float = 0.5

    def update(self, kl: float) -> None:
        """Adjusts the coefficient to the mean KL of the last batch's episodes, in nats."""
        if self.target is not None:
            error = min(max(kl / self.target - 1.0, -0.2), 0.2)
            self.value *= 1.0 + self.gain * error


def estimate_kl(log_ratio: Tensor, estimator: str) -> Tensor:
    """Returns KL(pi || pi_ref) as one action sampled from pi estimates it, in nats.

    With l = log pi(a|s) - log pi_ref(a|s) (Schulman, http://joschu.net/blog/kl-approx.html): k1 = l is unbiased and
    varies most; k2 = l^2 / 2 is biased, and the expectation of its gradient is that of the KL; k3 = exp(-l) - 1 + l is
    unbiased and never negative, the expectation of its gradient is that of KL(pi_ref || pi) (Shao et al. 2024, arXiv
    2402.03300, equation 4, use it in the loss). The expectation of k1's gradient is 0: it is of use in a reward only.

    Args:
        log_ratio: l, of any shape.
        estimator: `"k1"`, `"k2"` or `"k3"`.
    """
    if estimator == "k1":
        return log_ratio
    if estimator == "k2":
        return log_ratio.square() / 2
    return (-log_ratio).exp() - 1 + log_ratio
