"""How strongly the policy is held to its reference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final


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
