"""The adaptive KL coefficient (Ziegler et al. 2019, section 2.2)."""

from __future__ import annotations

import pytest
from codegym_agents.common.kl_control import AdaptiveKLCoefficient
from hypothesis import given
from hypothesis import strategies as st


def test_coefficient__without_a_target_is_fixed() -> None:
    coefficient = AdaptiveKLCoefficient(0.3)
    for kl in (0.0, 1e9, -1.0):
        coefficient.update(kl)
    assert coefficient.value == 0.3


@pytest.mark.parametrize(
    ("kl", "factor"),
    [
        (4.0, 1.0),  # on target
        (4.4, 1.05),  # a tenth above it
        (3.6, 0.95),
        (4.8, 1.1),  # where the error is clipped
        (1e9, 1.1),
        (0.0, 0.9),
        (-5.0, 0.9),  # a sample's KL may be negative
    ],
)
def test_coefficient__follows_the_clipped_relative_error(kl: float, factor: float) -> None:
    coefficient = AdaptiveKLCoefficient(2.0, target=4.0, gain=0.5)
    coefficient.update(kl)
    assert coefficient.value == pytest.approx(2.0 * factor)


@given(st.lists(st.floats(-1e6, 1e6), max_size=50))
def test_coefficient__stays_positive(kls: list[float]) -> None:
    coefficient = AdaptiveKLCoefficient(0.1, target=1.0)
    for kl in kls:
        before = coefficient.value
        coefficient.update(kl)
        assert 0.89 * before < coefficient.value < 1.11 * before


def test_coefficient__brings_a_policy_to_the_target() -> None:
    # A policy whose KL falls with the coefficient, as the optimum of reward - beta * KL does.
    coefficient = AdaptiveKLCoefficient(10.0, target=2.0)
    for _ in range(200):
        coefficient.update(1.0 / coefficient.value)
    assert 1.0 / coefficient.value == pytest.approx(2.0, rel=1e-3)
