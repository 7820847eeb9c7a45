"""Means and shares with their intervals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("scipy", reason="scipy is not installed: pip install 'codegym[bench]'")

from codegym.benchmark.statistics import Estimate, estimate  # only where scipy is installed
from codegym.errors import ConfigurationError


# Wilson 1927: the closed form with z = 1.959964. The last row is Newcombe's example (1998, table I, method 3).
@pytest.mark.parametrize(
    ("successes", "size", "low", "high"),
    [
        (0, 10, 0.0, 0.277533),
        (10, 10, 0.722467, 1.0),
        (5, 10, 0.236593, 0.763407),
        (15, 20, 0.531299, 0.888138),
        (1, 1, 0.206549, 1.0),
        (81, 263, 0.255289, 0.366210),
    ],
)
def test_share__has_the_wilson_interval(successes: int, size: int, low: float, high: float) -> None:
    share = estimate([True] * successes + [False] * (size - successes))
    assert share.value == pytest.approx(successes / size)
    assert (share.low, share.high) == pytest.approx((low, high), abs=1e-6)


@given(st.lists(st.booleans(), min_size=1, max_size=50))
def test_share__lies_within_its_interval_and_that_within_0_and_1(sample: list[bool]) -> None:
    share = estimate(sample)
    assert 0 <= share.low <= share.value <= share.high <= 1
    assert share.low < share.high


def test_share__is_taken_of_numpy_booleans_too() -> None:
    assert estimate([np.bool_(True), np.bool_(False)]) == estimate([True, False])


def test_share__is_not_taken_of_numbers_that_look_like_booleans() -> None:
    sample = [0.0, 1.0, 1.0, 0.0, 1.0]
    mean = estimate(sample)
    assert mean.value == pytest.approx(0.6)
    assert mean != estimate([bool(one) for one in sample])
    mixed = estimate([True, 0.5, False])
    assert mixed.value == pytest.approx(0.5)


@pytest.mark.parametrize("constant", [0.0, -2.5, 1e9, 0.1])
def test_mean__of_constants_is_certain(constant: float) -> None:
    mean = estimate([constant] * 7)
    assert mean.value == pytest.approx(constant)
    assert mean.low == mean.high == mean.value


@given(st.lists(st.floats(-1e3, 1e3).map(lambda value: round(value, 3)), min_size=1, max_size=12))
def test_mean__lies_within_its_interval(sample: list[float]) -> None:
    mean = estimate(sample)
    assert mean.value == pytest.approx(np.mean(sample))
    assert mean.low <= mean.value <= mean.high
    assert min(sample) - 1e-9 <= mean.low
    assert mean.high <= max(sample) + 1e-9


def test_mean__interval_is_near_that_of_a_normal_sample() -> None:
    sample = np.random.default_rng(0).normal(3.0, 2.0, 2_000).tolist()
    mean = estimate(sample)
    half = 1.96 * np.std(sample) / np.sqrt(len(sample))
    assert mean.low == pytest.approx(mean.value - half, abs=0.02)
    assert mean.high == pytest.approx(mean.value + half, abs=0.02)


def test_mean__is_the_same_for_the_same_seed() -> None:
    sample = np.random.default_rng(0).normal(size=30).tolist()
    assert estimate(sample, seed=3) == estimate(sample, seed=3) != estimate(sample, seed=4)


def test_estimate__of_nothing_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="at least one"):
        estimate([])


def test_estimate__is_plain_data() -> None:
    assert Estimate(1.0, 0.5, 1.5).to_dict() == {"value": 1.0, "low": 0.5, "high": 1.5}
    assert {type(value) for value in estimate([1.0, 2.0, 4.0]).to_dict().values()} == {float}
    assert {type(value) for value in estimate([True, False]).to_dict().values()} == {float}
