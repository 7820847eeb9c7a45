"""Scores with their intervals, and comparisons of agents."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

pytest.importorskip("scipy", reason="scipy is not installed: pip install 'codegym[bench]'")

from scipy import stats

from codegym.benchmark.statistics import (  # only where scipy is installed
    Estimate,
    aggregate,
    compare,
    compare_over_runs,
    estimate,
    few_runs,
    holm,
    interquartile_mean,
    mean,
    median,
    optimality_gap,
    performance_profile,
    probability_of_improvement,
)
from codegym.errors import ConfigurationError

Table = NDArray[np.float64]

OURS = np.array(
    [
        [0.43, 0.29, 0.24, 0.41, 0.42, 0.15, 0.65],
        [0.55, 0.16, 0.36, 0.67, 0.2, 0.13, 0.41],
        [0.32, 0.19, 0.7, 0.07, 0.56, 0.67, 0.55],
        [0.23, 0.36, 0.44, 0.11, 0.79, 0.5, 0.49],
        [0.3, 0.52, 0.05, 0.42, 0.77, 0.66, 0.27],
    ]
)
THEIRS = np.array(
    [
        [0.72, 0.23, 0.49, 0.4, 0.32, 0.24, 0.78],
        [0.37, 0.24, 0.06, 0.25, 0.75, 0.5, 0.67],
        [0.6, 0.42, 0.36, 0.64, 0.27, 0.17, 0.44],
        [0.45, 0.54, 0.22, 0.28, 0.43, 0.29, 0.28],
    ]
)
"""Scores of two agents: 5 and 4 runs on 7 tasks."""

STATISTICS = [interquartile_mean, mean, median, optimality_gap]

tables = st.integers(1, 6).flatmap(
    lambda tasks: st.lists(
        st.lists(st.floats(0, 1).map(lambda value: round(value, 2)), min_size=tasks, max_size=tasks),
        min_size=1,
        max_size=6,
    )
)


def nominal(rate: float, trials: int, target: float = 0.95) -> bool:
    """Whether a rate is what `target` gives in so many trials: within three standard errors."""
    return abs(rate - target) <= 3 * math.sqrt(target * (1 - target) / trials)


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


# Golden numbers: rliable 1.2.0, the package of the paper.
@pytest.mark.parametrize(
    ("statistic", "scores", "expected"),
    [
        (interquartile_mean, OURS, 0.39526315789473676),
        (mean, OURS, 0.4011428571428572),
        (median, OURS, 0.366),
        (optimality_gap, OURS, 0.5988571428571429),
        (interquartile_mean, THEIRS, 0.37857142857142856),
        (mean, THEIRS, 0.40750000000000003),
        (median, THEIRS, 0.3925),
        (optimality_gap, THEIRS, 0.5925000000000001),
    ],
)
def test_statistic__is_that_of_rliable(statistic: Callable[[Table], Any], scores: Table, expected: float) -> None:
    assert statistic(scores) == pytest.approx(expected, rel=1e-12)
    assert aggregate(scores, statistic).value == pytest.approx(expected, rel=1e-12)


# The ends of rliable's intervals with 50,000 resamples.
@pytest.mark.parametrize(
    ("statistic", "low", "high"),
    [(interquartile_mean, 0.3163, 0.4753), (mean, 0.3389, 0.4634), (median, 0.312, 0.478)],
)
def test_interval__is_that_of_rliable(statistic: Callable[[Table], Any], low: float, high: float) -> None:
    found = aggregate(OURS, statistic)
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.012)


def test_profile__is_that_of_rliable() -> None:
    found = performance_profile(OURS, [0, 0.1, 0.25, 0.4, 0.5, 0.75, 0.9])
    assert found.thresholds == (0, 0.1, 0.25, 0.4, 0.5, 0.75, 0.9)
    assert found.share == pytest.approx((1, 0.94285714, 0.71428571, 0.54285714, 0.31428571, 0.05714286, 0), abs=1e-8)
    assert found.low == pytest.approx((1, 0.857, 0.571, 0.4, 0.171, 0, 0), abs=0.03)
    assert found.high == pytest.approx((1, 1, 0.857, 0.686, 0.457, 0.114, 0), abs=0.03)


def test_probability_of_improvement__is_that_of_rliable() -> None:
    found = probability_of_improvement(OURS, THEIRS)
    assert found.value == pytest.approx(0.45, rel=1e-12)
    assert (found.low, found.high) == pytest.approx((0.307, 0.596), abs=0.015)


@given(tables)
def test_statistics__are_what_their_names_say(scores: list[list[float]]) -> None:
    table = np.array(scores)
    assert interquartile_mean(table) == pytest.approx(stats.trim_mean(table, 0.25, axis=None))
    assert mean(table) == pytest.approx(table.mean())
    assert optimality_gap(table) == pytest.approx(1 - table.mean())
    assert optimality_gap(table, target=0.0) == 0


@settings(max_examples=30)
@given(tables, st.floats(-2, 2), st.floats(0.1, 5))
def test_aggregate__moves_with_the_scores(scores: list[list[float]], shift: float, scale: float) -> None:
    plain, moved = aggregate(scores), aggregate(np.array(scores) * scale + shift)
    assert moved.value == pytest.approx(plain.value * scale + shift)
    if len(scores) > 1:
        assert (moved.low, moved.high) == pytest.approx((plain.low * scale + shift, plain.high * scale + shift))


@pytest.mark.parametrize("statistic", STATISTICS)
def test_aggregate__of_equal_runs_is_certain(statistic: Callable[[Table], Any]) -> None:
    found = aggregate([[0.25, 0.5, 0.75]] * 4, statistic)
    assert found.low == pytest.approx(found.value) == found.high


def test_aggregate__takes_any_statistic() -> None:
    best = aggregate(OURS, lambda scores: scores.max(axis=(-2, -1)))
    assert best.value == best.high == 0.79 > best.low


def test_aggregate__of_many_scores_is_that_of_few_at_a_time() -> None:
    wide = np.tile(OURS, (1, 400))  # so many that the resamples are made in parts
    found = aggregate(wide, mean)
    assert found.value == pytest.approx(mean(OURS))
    assert found.high - found.low < 0.02


def test_resampling__is_the_same_for_the_same_seed() -> None:
    assert aggregate(OURS, seed=1) == aggregate(OURS, seed=1) != aggregate(OURS, seed=2)
    assert probability_of_improvement(OURS, THEIRS, seed=1) == probability_of_improvement(OURS, THEIRS, seed=1)
    assert performance_profile(OURS, [0.5], seed=1) == performance_profile(OURS, [0.5], seed=1)


def test_single_run__has_no_interval() -> None:
    alone = OURS[:1]
    assert aggregate(alone).value == pytest.approx(interquartile_mean(alone))
    profile = performance_profile(alone, [0.4])
    assert profile.share == pytest.approx((4 / 7,))
    ends = [aggregate(alone).low, aggregate(alone).high, *profile.low, *profile.high]
    for found in (probability_of_improvement(alone, THEIRS), probability_of_improvement(OURS, THEIRS[:1])):
        assert 0 <= found.value <= 1
        ends += [found.low, found.high]
    assert all(math.isnan(end) for end in ends)


@pytest.mark.parametrize(("runs", "words"), [(1, "one run only"), (2, "2 runs only"), (4, "4 runs only")])
def test_few_runs__are_warned_of(runs: int, words: str) -> None:
    warning = few_runs(runs)
    assert words in warning
    assert warning.endswith(".")


def test_few_runs__says_nothing_where_there_are_enough() -> None:
    assert few_runs(5) == few_runs(100) == ""
    with pytest.raises(ConfigurationError, match="at least one run; there are 0"):
        few_runs(0)


@given(tables)
def test_profile__falls_from_all_to_none(scores: list[list[float]]) -> None:
    found = performance_profile(scores, [-1, 0, 0.3, 0.6, 1])
    assert found.share[0] == 1
    assert found.share[-1] == 0
    assert list(found.share) == sorted(found.share, reverse=True)
    if len(scores) > 1:
        assert all(0 <= low <= high <= 1 + 1e-9 for low, high in zip(found.low, found.high, strict=True))


@settings(max_examples=30)
@given(tables, st.integers(1, 5))
def test_probability_of_improvement__and_that_of_worsening_add_up(scores: list[list[float]], runs: int) -> None:
    ours = np.array(scores)
    theirs = np.random.default_rng(0).random((runs, ours.shape[1])).round(1)
    there, back = probability_of_improvement(ours, theirs), probability_of_improvement(theirs, ours)
    assert there.value + back.value == pytest.approx(1)
    expected = [
        stats.mannwhitneyu(ours[:, task], theirs[:, task], method="asymptotic").statistic / (len(ours) * runs)
        for task in range(ours.shape[1])
    ]
    assert there.value == pytest.approx(np.mean(expected))


def test_probability_of_improvement__is_half_for_the_same_and_all_for_the_better() -> None:
    assert probability_of_improvement(OURS, OURS).value == pytest.approx(0.5)
    better = probability_of_improvement(OURS + 1, THEIRS)
    assert (better.value, better.low, better.high) == pytest.approx((1, 1, 1))


@pytest.mark.parametrize(
    ("scores", "words"),
    [
        ([], "shape"),
        ([[]], "no scores"),
        (np.empty((0, 3)), "no scores"),
        ([0.1, 0.2], "shape"),
        (np.ones((2, 2, 2)), "shape"),
        ([[0.1, 0.2], [0.3, float("nan")]], r"\(1, 1\) is nan"),
        ([[0.1, float("inf")]], r"\(0, 1\) is inf"),
        ([[0.1, 0.2], [0.3]], "as many for each run"),
        ([["a", "b"]], "numbers"),
    ],
)
def test_scores__that_make_no_sense_are_refused(scores: Any, words: str) -> None:
    for refused in (
        lambda: aggregate(scores),
        lambda: performance_profile(scores, [0.5]),
        lambda: probability_of_improvement(scores, OURS),
        lambda: probability_of_improvement(OURS, scores),
    ):
        with pytest.raises(ConfigurationError, match=words):
            refused()


def test_agents__on_different_tasks_are_not_compared() -> None:
    with pytest.raises(ConfigurationError, match="7, theirs on 6"):
        probability_of_improvement(OURS, THEIRS[:, :6])


@pytest.mark.parametrize("thresholds", [[], [float("nan")], [[0.1, 0.2]]])
def test_thresholds__that_make_no_sense_are_refused(thresholds: Any) -> None:
    with pytest.raises(ConfigurationError, match="thresholds"):
        performance_profile(OURS, thresholds)


@pytest.mark.parametrize(("statistic", "tasks"), [(mean, 4), (interquartile_mean, 8)])
def test_aggregate__covers_the_truth_at_its_rate(statistic: Callable[[Table], Any], tasks: int) -> None:
    rng = np.random.default_rng(1)
    centres, trials = rng.uniform(0.2, 0.8, tasks), 300
    truth = statistic(rng.normal(centres, 0.1, (50_000, tasks)))
    found = [aggregate(rng.normal(centres, 0.1, (20, tasks)), statistic, seed=trial) for trial in range(trials)]
    assert nominal(np.mean([one.low <= truth <= one.high for one in found]), trials)


# Comparisons


def right_and_wrong(rng: np.random.Generator, problems: int, ours: float, theirs: float) -> tuple[Table, Table]:
    """Returns whether two agents solve each problem, where at most one of them does."""
    draws = rng.random(problems)
    return (draws < ours).astype(float), (draws > 1 - theirs).astype(float)


def test_comparison__counts_and_averages() -> None:
    found = compare([1.0, 0.5, 0.25, 0.0, 1.0], [0.0, 0.5, 0.5, 0.0, 0.5])
    assert (found.better, found.worse, found.equal) == (2, 1, 2)
    assert found.difference.value == pytest.approx(0.25)
    assert found.difference.low < 0.25 < found.difference.high
    assert not found.different


def test_comparison__takes_averages_that_differ_by_rounding_for_equal() -> None:
    found = compare([0.1 + 0.2, 1.0], [0.3, 1.0])
    assert (found.equal, found.p_value) == (2, 1)


# McNemar's exact test: the binomial test of how many of the problems that one alone solves are ours.
@pytest.mark.parametrize(("ours", "theirs", "both"), [(5, 0, 3), (6, 0, 0), (9, 2, 100), (3, 3, 1), (40, 20, 1_000)])
def test_p_value__of_right_and_wrong_is_the_exact_one_of_mcnemar(ours: int, theirs: int, both: int) -> None:
    found = compare([1.0] * ours + [0.0] * theirs + [1.0] * both, [0.0] * ours + [1.0] * theirs + [1.0] * both)
    assert found.p_value == pytest.approx(stats.binomtest(ours, ours + theirs).pvalue, rel=1e-9)
    assert found.different == (found.p_value < 0.05)


@pytest.mark.parametrize("levels", [2, 5, 1_000_000])
def test_p_value__is_that_of_all_sign_flips(levels: int) -> None:
    rng = np.random.default_rng(levels)
    for _ in range(20):
        ours, theirs = rng.integers(levels, size=(2, 10)) / levels
        expected = stats.permutation_test(
            (ours - theirs,), np.mean, permutation_type="samples", n_resamples=np.inf, vectorized=True
        )
        assert compare(ours, theirs).p_value == pytest.approx(expected.pvalue, abs=1e-9)


@pytest.mark.parametrize("levels", [12, 1_000_000])
def test_p_value__of_many_problems_is_near_that_of_a_t_test(levels: int) -> None:
    rng = np.random.default_rng(0)
    ours, theirs = rng.integers(levels, size=(2, 5_000)) / levels
    ours[:150] += 0.25
    assert compare(ours, theirs).p_value == pytest.approx(stats.ttest_rel(ours, theirs).pvalue, abs=0.015)


@given(st.lists(st.tuples(st.sampled_from([0, 0.25, 0.5, 1]), st.sampled_from([0, 0.25, 0.5, 1])), min_size=1))
def test_comparison__is_the_same_the_other_way_round(pairs: list[tuple[float, float]]) -> None:
    ours, theirs = zip(*pairs, strict=True)
    there, back = compare(ours, theirs), compare(theirs, ours)
    assert (there.p_value, there.different) == (pytest.approx(back.p_value), back.different)
    assert (there.better, there.worse, there.equal) == (back.worse, back.better, back.equal)
    ends = (there.difference.low, there.difference.value, there.difference.high)
    assert ends == pytest.approx((-back.difference.high, -back.difference.value, -back.difference.low))
    assert ends[0] < ends[1] < ends[2]


def test_comparison__is_the_same_for_the_same_seed() -> None:
    ours, theirs = np.random.default_rng(0).random((2, 300))
    assert compare(ours, theirs, seed=1) == compare(ours, theirs, seed=1)
    assert compare(ours, theirs, seed=1).p_value != compare(ours, theirs, seed=2).p_value


def test_strata__do_not_widen_the_interval_by_their_differences() -> None:
    rng = np.random.default_rng(0)
    strata = [number % 2 for number in range(400)]
    ours, theirs = rng.normal(0, 0.1, 400) + np.array(strata), rng.normal(0, 0.1, 400)
    plain, stratified = compare(ours, theirs), compare(ours, theirs, strata=strata)
    assert plain.difference.value == stratified.difference.value
    assert plain.p_value == stratified.p_value
    widths = [one.difference.high - one.difference.low for one in (plain, stratified)]
    assert widths[1] < widths[0] / 2
    assert compare(ours, theirs, strata=["all"] * 400) == plain
    assert compare(ours, theirs, strata=list(range(400))) == plain


def test_interval__has_a_width_where_all_problems_are_equal() -> None:
    widths = []
    for problems in (1, 10, 1_000):
        found = compare([0.5] * problems, [0.5] * problems).difference
        assert found.low < found.value == 0 < found.high
        widths.append(found.high - found.low)
    assert widths[0] > widths[1] > widths[2]
    assert widths[2] < 0.01


@pytest.mark.parametrize(
    ("ours", "theirs", "strata", "words"),
    [
        ([], [], None, "one score for each problem"),
        ([1.0], [1.0, 0.0], None, "1 are ours, 2 theirs"),
        ([1.0, float("nan")], [1.0, 0.0], None, "ours of problem 1 is nan"),
        ([1.0], [float("inf")], None, "theirs of problem 0 is inf"),
        ([[1.0]], [[1.0]], None, "shape"),
        ([1.0, 0.0], [1.0, 0.0], ["a"], "there are 2 of them, and 1"),
    ],
)
def test_comparison__of_what_does_not_fit_is_refused(ours: Any, theirs: Any, strata: Any, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        compare(ours, theirs, strata=strata)


@pytest.mark.parametrize("problems", [4, 7, 30])
@pytest.mark.parametrize("kind", ["mostly equal", "right and wrong", "shares", "continuous"])
def test_equal_agents__are_called_different_at_most_5_percent_of_the_time(problems: int, kind: str) -> None:
    rng, trials = np.random.default_rng(problems), 300
    draw = {
        "mostly equal": lambda: right_and_wrong(rng, problems, 0.05, 0.05),
        "right and wrong": lambda: rng.integers(2, size=(2, problems)) * 1.0,
        "shares": lambda: rng.integers(5, size=(2, problems)) / 4,
        "continuous": lambda: rng.beta(0.5, 0.5, size=(2, problems)),
    }[kind]
    different = np.mean([compare(*draw(), seed=trial).different for trial in range(trials)])
    assert different <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / trials)
    assert problems > 5 or not different


def test_different_agents__are_told_apart() -> None:
    rng = np.random.default_rng(0)
    assert np.mean([compare(*right_and_wrong(rng, 100, 0.3, 0.1)).different for _ in range(100)]) > 0.8


@pytest.mark.parametrize("problems", [20, 100, 400])
@pytest.mark.parametrize(("ours", "theirs"), [(0.5, 0.5), (0.4, 0.1), (0.15, 0.05)])
def test_interval__of_differences_covers_the_truth_at_its_rate(problems: int, ours: float, theirs: float) -> None:
    rng, trials = np.random.default_rng(problems), 500
    covered = []
    for _ in range(trials):
        found = compare(*right_and_wrong(rng, problems, ours, theirs)).difference
        covered.append(found.low <= ours - theirs <= found.high)
    # Differences of 0 and 1 are so coarse that the rate of few of them is not 95 % itself: it is above.
    rate = float(np.mean(covered))
    assert nominal(rate, trials) or 0.95 < rate < 0.99


def test_interval__of_differences_within_strata_covers_the_truth_at_its_rate() -> None:
    rng, trials = np.random.default_rng(0), 250
    strata, centres = np.repeat([0, 1, 2], [50, 30, 20]), np.array([0.0, 0.5, -0.4])
    truth = centres[strata].mean()
    covered = []
    for _ in range(trials):
        found = compare(rng.normal(centres[strata], 0.2), np.zeros(100), strata=strata.tolist()).difference
        covered.append(found.low <= truth <= found.high)
    assert nominal(np.mean(covered), trials)


@pytest.mark.parametrize(
    ("runs", "problems", "strata"), [(3, 60, 1), (5, 150, 1), (5, 150, 3)], ids=["few", "many", "strata"]
)
@pytest.mark.parametrize("luck", [0.03, 0.1])
def test_interval__over_other_runs_covers_the_truth_at_its_rate(
    runs: int, problems: int, strata: int, luck: float
) -> None:
    rng, trials = np.random.default_rng(runs), 500
    members = np.repeat(range(strata), problems // strata)
    centres = np.linspace(-0.2, 0.3, strata)[members]
    covered, taken_as_they_are = [], []
    for _ in range(trials):
        ours = centres + rng.normal(0, luck, (runs, 1)) + rng.normal(0, 0.3, problems)
        ours += rng.normal(0, 0.4, (runs, problems))
        theirs = np.zeros((runs, problems))
        found = compare_over_runs(ours, theirs, members.tolist())
        covered.append(found.low <= centres.mean() <= found.high)
        narrow = compare(ours.mean(axis=0), theirs[0], members.tolist()).difference
        taken_as_they_are.append(narrow.low <= centres.mean() <= narrow.high)
    assert nominal(np.mean(covered), trials)
    # What a few runs have in common by luck is nothing that problems could tell.
    assert luck < 0.1 or np.mean(taken_as_they_are) < 0.85


def test_interval__over_other_runs_is_that_of_a_t_test_where_problems_are_alike() -> None:
    by_run = np.array([0.1, 0.3, 0.2, 0.15])
    found = compare_over_runs(np.tile(by_run[:, np.newaxis], 12), np.zeros((4, 12)))
    interval = stats.ttest_1samp(by_run, 0).confidence_interval(0.95)
    assert (found.value, found.low, found.high) == pytest.approx((by_run.mean(), *interval))


def test_interval__over_other_runs_is_that_of_a_t_test_over_problems_where_runs_are_alike() -> None:
    by_problem = np.array([0.1, 0.3, -0.2, 0.15, 0.4, 0.0])
    found = compare_over_runs(np.tile(by_problem, (3, 1)), np.zeros((3, 6)))
    interval = stats.ttest_1samp(by_problem, 0).confidence_interval(0.95)
    assert (found.value, found.low, found.high) == pytest.approx((by_problem.mean(), *interval))


def test_single_run__says_nothing_of_others() -> None:
    found = compare_over_runs([[1.0, 0.0, 1.0]], [[0.0, 0.0, 1.0]])
    assert found.value == pytest.approx(1 / 3)
    assert math.isnan(found.low)
    assert math.isnan(found.high)


def test_runs__that_are_all_alike_are_certain() -> None:
    assert compare_over_runs(np.ones((3, 4)), np.zeros((3, 4))) == Estimate(1.0, 1.0, 1.0)


def test_runs__without_scores_are_left_out_and_then_problems() -> None:
    rng = np.random.default_rng(0)
    ours, strata = rng.normal(0.1, 1, (4, 30)), [0] * 20 + [1] * 10
    holes = ours.copy()
    holes[1, 20:] = np.nan  # a run that one group has nothing of
    holes[2, 3] = np.nan
    found = compare_over_runs(holes, np.zeros((4, 30)), strata)
    kept = np.delete(np.delete(ours, 1, axis=0), 3, axis=1)
    assert found == compare_over_runs(kept, np.zeros((3, 29)), np.delete(strata, 3).tolist())
    assert math.isnan(compare_over_runs(np.full((2, 3), np.nan), np.zeros((2, 3))).value)


@pytest.mark.parametrize("ours", [[[1.0, 0.0]], [1.0, 0.0], [[1.0, 0.0], [0.0, 0.0], [1.0, 1.0]]])
def test_runs__that_do_not_fit_are_refused(ours: Any) -> None:
    with pytest.raises(ConfigurationError, match="as many runs"):
        compare_over_runs(ours, np.zeros((2, 2)))


def test_holm__corrects_step_by_step() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.03, 0.06, 0.06, 0.02))
    assert holm([0.7, 0.8]) == (1, 1)
    assert holm([0.02]) == (0.02,)
    assert holm([]) == ()


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm__keeps_the_order_and_lies_between_the_p_values_and_bonferroni(p_values: list[float]) -> None:
    corrected = np.array(holm(p_values))
    assert (corrected >= np.array(p_values)).all()
    assert (corrected <= 1).all()
    assert min(corrected) == pytest.approx(min(1, min(p_values) * len(p_values)))
    assert (np.diff(corrected[np.argsort(p_values, kind="stable")]) >= 0).all()


@pytest.mark.parametrize("p_values", [[-0.1], [1.1], [float("nan")], [[0.1]]])
def test_holm__of_no_p_values_is_refused(p_values: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"\[0, 1\]"):
        holm(p_values)
