"""Means and shares with the interval that the sample leaves open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from scipy import stats

from codegym.errors import ConfigurationError

CONFIDENCE = 0.95
_RESAMPLES = 2_000


@dataclass(frozen=True, slots=True)
class Estimate:
    """A statistic of a sample and its 95 % confidence interval."""

    value: float
    low: float
    high: float

    def to_dict(self) -> dict[str, float]:
        """Returns `{"value": ..., "low": ..., "high": ...}`."""
        return asdict(self)


def estimate(sample: Sequence[float] | Sequence[bool], seed: int = 0) -> Estimate:
    """Estimates a mean, or a share when the sample is of booleans.

    Shares get the Wilson score interval (Wilson 1927), which stays within [0, 1] and does not collapse at the
    ends; means get the bias-corrected and accelerated bootstrap (Efron 1987).

    Args:
        sample: One number or truth value for each independent unit.
        seed: Of the resampling.

    Raises:
        ConfigurationError: The sample is empty.
    """
    if len(sample) == 0:
        raise ConfigurationError("A mean needs at least one observation.")
    if all(isinstance(item, bool | np.bool_) for item in sample):
        successes = int(np.sum(sample))
        interval = stats.binomtest(successes, len(sample)).proportion_ci(CONFIDENCE, method="wilson")
        return Estimate(successes / len(sample), float(interval.low), float(interval.high))
    values = np.asarray(sample, dtype=np.float64)
    mean = float(values.mean())
    if np.ptp(values) == 0:
        return Estimate(mean, mean, mean)
    interval = stats.bootstrap(
        (values,),
        np.mean,
        n_resamples=_RESAMPLES,
        confidence_level=CONFIDENCE,
        method="BCa",
        rng=np.random.default_rng(seed),
    ).confidence_interval
    return Estimate(mean, float(interval.low), float(interval.high))
