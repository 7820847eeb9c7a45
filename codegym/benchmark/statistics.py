"""What benchmark scores say, and how sure one can be of it.

Scores are arrays of shape (runs, tasks): the runs are seeds, the tasks are environments. What is said of them follows
Agarwal et al. 2021 (arXiv 2108.13264): the interquartile mean in place of the mean or the median (section 4.3),
performance profiles (section 4.2), the probability of improvement (section 4.3), and percentile intervals of the
bootstrap in which runs are resampled for each task by itself (section 4.1). Agents on the same problems are compared
problem by problem.

With few runs these intervals are too narrow: with R runs by the factor sqrt((R - 1) / R), and further because how
much runs vary is itself not known well. In simulations they held the truth 81 to 89 % of the time with 3 runs, 88 to
92 % with 5, and 93 to 95 % with 10; the fewer tasks, the less. See `few_runs`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from codegym.errors import ConfigurationError

CONFIDENCE = 0.95
_RESAMPLES = 2_000
_BLOCK = 2_000_000
"""Scores that are drawn at a time."""
_ENOUGH_RUNS = 5
_PERMUTATIONS = 10_000
_OUTCOMES = 20_000
"""Sums of differences that are looked at one by one; where there are more of them, permutations are drawn."""
_DIGITS = 9
"""Decimals of differences, in shares of the largest one."""

Floats = NDArray[np.float64]

Statistic = Callable[[Floats], Any]
"""Reduces scores of shape (..., runs, tasks) to (...)."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A statistic of a sample and its 95 % confidence interval; both ends are NaN where the sample has none to give."""

    value: float
    low: float
    high: float

    def to_dict(self) -> dict[str, float]:
        """Returns `{"value": ..., "low": ..., "high": ...}`."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class PerformanceProfile:
    """How many of an agent's runs score more than each threshold.

    Attributes:
        thresholds: N scores.
        share: Of the runs on all tasks, how many score more, in [0, 1]; length N.
        low: Lower ends of the 95 % intervals, each for its threshold alone; NaN with a single run.
        high: Upper ends.
    """

    thresholds: tuple[float, ...]
    share: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two agents on the same problems.

    Attributes:
        difference: Mean of the differences, ours minus theirs, with its interval over problems.
        p_value: How often a mean at least as far from 0 would come about if it were a coin's decision, on every
            problem, which of the two scores is whose.
        better: Problems on which ours scores more.
        worse: Problems on which ours scores less.
        equal: Problems on which both score the same.
        different: Whether the p-value is below 0.05.
    """

    difference: Estimate
    p_value: float
    better: int
    worse: int
    equal: int
    different: bool


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


# Scores of runs on tasks


def interquartile_mean(scores: ArrayLike) -> Any:
    """Returns the mean of the middle half of all scores, whatever their run and task.

    A quarter of the scores, rounded down to whole ones, is left out at either end (Agarwal et al. 2021, section 4.3).

    Args:
        scores: Of shape (..., runs, tasks).

    Raises:
        ConfigurationError: There are no scores, one is not a finite number, or they have fewer than two dimensions.
    """
    checked = _scores(scores)
    flat = checked.reshape(*checked.shape[:-2], -1)
    cut = flat.shape[-1] // 4
    return np.sort(flat, axis=-1)[..., cut : flat.shape[-1] - cut].mean(axis=-1)


def mean(scores: ArrayLike) -> Any:
    """Returns the mean of the tasks' mean scores, of scores of shape (..., runs, tasks).

    Raises:
        ConfigurationError: As for `interquartile_mean`.
    """
    return _scores(scores).mean(axis=(-2, -1))


def median(scores: ArrayLike) -> Any:
    """Returns the median of the tasks' mean scores, of scores of shape (..., runs, tasks).

    Raises:
        ConfigurationError: As for `interquartile_mean`.
    """
    return np.median(_scores(scores).mean(axis=-2), axis=-1)


def optimality_gap(scores: ArrayLike, target: float = 1.0) -> Any:
    """Returns by how much scores fall short of a target on average; what exceeds it does not make up for the rest.

    Agarwal et al. 2021, section 4.3.

    Args:
        scores: Of shape (..., runs, tasks).
        target: The score that is good enough.

    Raises:
        ConfigurationError: As for `interquartile_mean`.
    """
    return target - np.minimum(_scores(scores), target).mean(axis=(-2, -1))


def aggregate(scores: ArrayLike, statistic: Statistic = interquartile_mean, seed: int = 0) -> Estimate:
    """Estimates a statistic of scores, with the interval over runs.

    The interval is that of the stratified percentile bootstrap (Agarwal et al. 2021, section 4.1): the runs of each
    task are drawn anew, 2,000 times. Tasks are taken as they are. One run says nothing about others: there the interval
    is (NaN, NaN).

    Args:
        scores: Of shape (runs, tasks).
        statistic: `interquartile_mean`, `mean`, `median`, `optimality_gap`, or another function of scores of shape
            (..., runs, tasks) that reduces the last two dimensions.
        seed: Of the resampling.

    Raises:
        ConfigurationError: There are no scores, one is not a finite number, or they have not two dimensions.
    """
    table = _table(scores)
    value = float(statistic(table))
    if len(table) == 1:
        return Estimate(value, math.nan, math.nan)
    rng = np.random.default_rng(seed)
    drawn = []
    for resamples in _blocks(_RESAMPLES, table.size):
        runs = rng.integers(len(table), size=(resamples, *table.shape))
        drawn.append(np.asarray(statistic(np.take_along_axis(table[np.newaxis], runs, axis=1)), dtype=np.float64))
    low, high = _interval(drawn)
    return Estimate(value, float(low), float(high))


def performance_profile(scores: ArrayLike, thresholds: Sequence[float] | Floats, seed: int = 0) -> PerformanceProfile:
    """Returns the share of runs, over all tasks, that score more than each threshold.

    The run-score distribution of Agarwal et al. 2021, section 4.2, with pointwise intervals of the stratified
    bootstrap.

    Args:
        scores: Of shape (runs, tasks).
        thresholds: Where the profile is wanted.
        seed: Of the resampling.

    Raises:
        ConfigurationError: As for `aggregate`, or there are no thresholds.
    """
    table, limits = _table(scores), np.asarray(thresholds, dtype=np.float64)
    if limits.ndim != 1 or not limits.size or not np.isfinite(limits).all():
        raise ConfigurationError("A performance profile needs a list of thresholds, finite numbers all of them.")
    above = (table[..., np.newaxis] > limits).astype(np.float64)  # (runs, tasks, thresholds)
    share = above.mean(axis=(0, 1))
    low = high = np.full(len(limits), math.nan)
    if len(table) > 1:
        rng = np.random.default_rng(seed)
        drawn = [
            np.tensordot(_weights(table, resamples, rng), above, axes=2) / table.shape[1]
            for resamples in _blocks(_RESAMPLES, table.size)
        ]
        low, high = _interval(drawn)
    return PerformanceProfile(*(tuple(each.tolist()) for each in (limits, share, low, high)))


def probability_of_improvement(ours: ArrayLike, theirs: ArrayLike, seed: int = 0) -> Estimate:
    """Estimates how probable it is that a run of ours scores more than one of theirs, on a task drawn at random.

    `mean over tasks m of P(X_m > Y_m)`, where `P(X > Y) = mean over pairs of runs of [x > y] + [x = y] / 2` (Agarwal et
    al. 2021, section 4.3; the statistic of Mann and Whitney 1947). The interval is that of the stratified bootstrap; it
    is (NaN, NaN) where either has a single run.

    Args:
        ours: Of shape (runs, tasks).
        theirs: Of shape (other runs, tasks).
        seed: Of the resampling.

    Raises:
        ConfigurationError: As for `aggregate`, or the numbers of tasks differ.
    """
    mine, others = _table(ours), _table(theirs)
    if mine.shape[1] != others.shape[1]:
        raise ConfigurationError(
            f"Agents are compared on the same tasks: ours has scores on {mine.shape[1]}, theirs on {others.shape[1]}."
        )
    ahead = mine[:, np.newaxis] - others[np.newaxis]  # (runs, other runs, tasks)
    wins = (np.sign(ahead) + 1) / 2
    value = float(wins.mean())
    if min(len(mine), len(others)) == 1:
        return Estimate(value, math.nan, math.nan)
    rng = np.random.default_rng(seed)
    drawn = []
    for resamples in _blocks(_RESAMPLES, wins[0].size + wins[:, 0].size):
        left, right = _weights(mine, resamples, rng), _weights(others, resamples, rng)
        drawn.append(np.einsum("bim,ijm,bjm->b", left, wins, right, optimize=True) / mine.shape[1])
    low, high = _interval(drawn)
    return Estimate(value, float(low), float(high))


def few_runs(runs: int) -> str:
    """Returns a warning in one sentence where there are too few runs to trust intervals over them, or nothing.

    Raises:
        ConfigurationError: There is no run at all.
    """
    if runs < 1:
        raise ConfigurationError(f"Scores come from at least one run; there are {runs}.")
    if runs == 1:
        return "There is one run only: nothing is known about other seeds, and figures have no intervals over seeds."
    if runs < _ENOUGH_RUNS:
        return (
            f"There are {runs} runs only: intervals over seeds are too narrow, and cannot be trusted with fewer than "
            f"{_ENOUGH_RUNS}."
        )
    return ""


def _scores(scores: ArrayLike) -> Floats:
    """Returns scores as an array of shape (..., runs, tasks)."""
    try:
        array = np.asarray(scores, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ConfigurationError(f"Scores are numbers, as many for each run as there are tasks: {error}.") from error
    if array.ndim < 2:
        raise ConfigurationError(f"Scores have the shape (runs, tasks); these have {array.shape}.")
    if not array.size:
        raise ConfigurationError(f"There are no scores: their shape (runs, tasks) is {array.shape}.")
    if not np.isfinite(array).all():
        place = tuple(int(at) for at in np.argwhere(~np.isfinite(array))[0])
        raise ConfigurationError(f"Scores are finite numbers; the one at (run, task) = {place[-2:]} is {array[place]}.")
    return array


def _table(scores: ArrayLike) -> Floats:
    """Returns scores as an array of shape (runs, tasks)."""
    array = _scores(scores)
    if array.ndim != 2:
        raise ConfigurationError(f"Scores have the shape (runs, tasks); these have {array.shape}.")
    return array


def _blocks(resamples: int, size: int) -> Iterator[int]:
    """Yields how many resamples of so many numbers to make at a time, until all are made."""
    step = max(1, _BLOCK // size)
    for start in range(0, resamples, step):
        yield min(step, resamples - start)


def _weights(table: Floats, resamples: int, rng: np.random.Generator) -> Floats:
    """Returns which share of a resample each run makes up on each task: (resamples, runs, tasks)."""
    runs, tasks = table.shape
    counts = rng.multinomial(runs, np.full(runs, 1 / runs), size=(resamples, tasks))
    return np.asarray(np.swapaxes(counts, 1, 2) / runs, dtype=np.float64)


def _interval(drawn: Sequence[Floats]) -> Floats:
    """Returns the two ends of the percentile interval of what the resamples gave, along the first axis."""
    tail = (1 - CONFIDENCE) / 2
    return np.asarray(np.quantile(np.concatenate(drawn), (tail, 1 - tail), axis=0), dtype=np.float64)


# Two agents on the same problems


def compare(
    ours: Sequence[float] | Floats,
    theirs: Sequence[float] | Floats,
    strata: Sequence[Hashable] | None = None,
    seed: int = 0,
) -> Comparison:
    """Compares two agents problem by problem.

    The p-value is that of the sign-flip permutation test of the mean difference (Fisher 1935, section 21), two-sided:
    exact where the differences have few sums, as shares of a few runs do, and with 10,000 drawn permutations elsewhere,
    where `(hits + 1) / (draws + 1)` keeps it valid (Phipson and Smyth 2010, arXiv 1603.05766). Two agents
    that are the same are called different at most 5 % of the time, whatever the scores and however few problems. Fewer
    than six problems on which the two differ are never enough.

    The interval is Student's, over problems, and is moved towards 0 as if two problems more had been seen: half a
    one on which ours wins all, half a one on which theirs does, and one where they are equal (Agresti and Min 2005,
    for right and wrong). So it has a width where all differences are the same. What can be won is the largest
    difference seen; where there is none, 1.

    Args:
        ours: One score for each problem, averaged over seeds and samples.
        theirs: The same for the other agent, in the same order.
        strata: The group of each problem, its environment for instance. Problems count the same whatever their group,
            and groups are taken as they are, so that differences between them do not widen the interval.
        seed: Of the permutations.

    Raises:
        ConfigurationError: There are no scores, one is not a finite number, or their numbers differ.
    """
    mine, others = _sample(ours, "ours"), _sample(theirs, "theirs")
    if len(mine) != len(others):
        raise ConfigurationError(f"Each problem has two scores: {len(mine)} are ours, {len(others)} theirs.")
    groups: Sequence[Hashable] = [0] * len(mine) if strata is None else list(strata)
    if len(groups) != len(mine):
        raise ConfigurationError(f"Each problem is in one stratum: there are {len(mine)} of them, and {len(groups)}.")
    differences = mine - others
    # Averages of equal scores may differ in their last bits.
    differences[np.abs(differences) < 1e-9 * max(np.abs(mine).max(), np.abs(others).max())] = 0
    p_value = _sign_flip(differences, np.random.default_rng(seed))
    return Comparison(
        difference=_mean_difference(differences, groups),
        p_value=p_value,
        better=int((differences > 0).sum()),
        worse=int((differences < 0).sum()),
        equal=int((differences == 0).sum()),
        different=p_value < 1 - CONFIDENCE,
    )


def compare_over_runs(ours: ArrayLike, theirs: ArrayLike, strata: Sequence[Hashable] | None = None) -> Estimate:
    """Estimates by how much an agent is better, with the interval over other runs and other problems together.

    `compare` takes the runs as they are: what it says is of these trained agents. Here both runs and problems are
    drawn from more of their kind (the two-way random model of Cornfield and Tukey 1956): the variance of the mean is
    `V_problems + V_runs - V_both`, from the means of the problems, the means of the runs, and what is left of each
    score, and not less than either of the first two; the interval is Student's, with the degrees of freedom of
    Satterthwaite 1946. A single run says nothing about others.

    Args:
        ours: Scores of shape (runs, problems), averaged over samples; NaN where there is none. A run that has none in
            a whole group is left out, and then each problem that a run has no score of.
        theirs: The same for the other agent; runs are paired with those of the same place.
        strata: As in `compare`.

    Returns:
        The mean difference, and its interval: (NaN, NaN) where less than two runs or problems are left.

    Raises:
        ConfigurationError: The shapes differ, or are not (runs, problems).
    """
    mine, others = np.asarray(ours, dtype=np.float64), np.asarray(theirs, dtype=np.float64)
    if mine.shape != others.shape or mine.ndim != 2:
        raise ConfigurationError(
            "Agents are compared on as many runs, of the same problems: (runs, problems) is "
            f"{mine.shape} of ours and {others.shape} of theirs."
        )
    differences, members = _complete(mine - others, _members([0] * mine.shape[1] if strata is None else strata))
    runs, problems = differences.shape
    groups = len(np.unique(members))
    value = float(differences.mean()) if differences.size else math.nan
    if runs < 2 or problems - groups < 1:
        return Estimate(value, math.nan, math.nan)
    totals = np.array([np.bincount(members, weights=row) for row in differences])  # (runs, groups)
    within = totals / np.bincount(members)
    by_problem = differences.mean(axis=0) - within.mean(axis=0)[members]
    by_run = differences.mean(axis=1) - value
    left = differences - within[:, members] - by_problem
    freedoms = (problems - groups, runs - 1, (problems - groups) * (runs - 1))
    of_problems, of_runs, of_both = (
        float((each**2).sum()) / freedom / size
        for each, freedom, size in zip(
            (by_problem, by_run, left), freedoms, (problems, runs, runs * problems), strict=True
        )
    )
    variance = max(of_problems + of_runs - of_both, of_problems, of_runs)
    if not variance:
        return Estimate(value, value, value)
    found = variance**2 / sum(each**2 / of for each, of in zip((of_problems, of_runs, of_both), freedoms, strict=True))
    freedom = max(found, min(freedoms))  # a difference of variances could have less
    reach = float(stats.t.ppf((1 + CONFIDENCE) / 2, freedom)) * math.sqrt(variance)
    return Estimate(value, value - reach, value + reach)


def holm(p_values: Sequence[float] | Floats) -> tuple[float, ...]:
    """Returns the p-values of several tests, corrected so that with all hypotheses true, 5 % is the risk of any error.

    Holm 1979: the i-th smallest of m is multiplied by `m - i + 1`, and none is smaller than one before it.

    Raises:
        ConfigurationError: One is not in [0, 1].
    """
    values = np.asarray(p_values, dtype=np.float64)
    if values.ndim != 1 or not ((values >= 0) & (values <= 1)).all():
        raise ConfigurationError(f"P-values are a list of numbers in [0, 1]; these are {values.tolist()}.")
    order = np.argsort(values, kind="stable")
    corrected = np.empty_like(values)
    corrected[order] = np.maximum.accumulate(np.minimum(1.0, values[order] * np.arange(len(values), 0, -1)))
    return tuple(corrected.tolist())


def _sample(scores: Sequence[float] | Floats, whose: str) -> Floats:
    array = np.asarray(scores, dtype=np.float64)
    if array.ndim != 1 or not array.size:
        raise ConfigurationError(f"There must be one score for each problem; the shape of {whose} is {array.shape}.")
    if not np.isfinite(array).all():
        place = int(np.flatnonzero(~np.isfinite(array))[0])
        raise ConfigurationError(f"Scores are finite numbers; {whose} of problem {place} is {array[place]}.")
    return array


def _sign_flip(differences: Floats, rng: np.random.Generator) -> float:
    """Returns the two-sided p-value of the sum of differences whose signs are up to chance."""
    largest = float(np.abs(differences).max())
    if not largest:
        return 1.0
    scaled = np.round(differences[differences != 0] / largest, _DIGITS)
    observed = abs(float(scaled.sum())) - 10**-5  # sums that differ by rounding are equal
    sizes, counts = np.unique(np.abs(scaled), return_counts=True)
    sums, chances = np.zeros(1), np.ones(1)
    for size, count in zip(sizes, counts, strict=True):
        if len(sums) * (count + 1) > _OUTCOMES:
            hits = int((np.abs(_sampled_sums(sizes, counts, rng)) >= observed).sum())
            return (hits + 1) / (_PERMUTATIONS + 1)
        # Of a size that occurs c times, the signs make up size * (2 * k - c), where k is binomial.
        positive = np.arange(count + 1)
        added = np.add.outer(sums, size * (2 * positive - count)).ravel()
        weights = np.multiply.outer(chances, stats.binom.pmf(positive, count, 0.5)).ravel()
        # Shares of a few runs are multiples of one number, so that many sums are the same.
        sums, place = np.unique(np.round(added, _DIGITS - 2), return_inverse=True)
        chances = np.bincount(place, weights=weights).astype(np.float64)
    return min(1.0, float(chances[np.abs(sums) >= observed].sum()))


def _sampled_sums(sizes: Floats, counts: NDArray[np.int64], rng: np.random.Generator) -> Floats:
    """Returns sums of differences of these sizes, each with a sign drawn anew; one for each permutation."""
    sums = np.zeros(_PERMUTATIONS)
    for size, count in zip(sizes[counts > 1], counts[counts > 1], strict=True):
        sums += size * (2 * rng.binomial(count, 0.5, _PERMUTATIONS) - count)
    if (single := sizes[counts == 1]).size:
        start = 0
        for draws in _blocks(_PERMUTATIONS, len(single)):
            bits = rng.integers(256, size=(draws, -(-len(single) // 8)), dtype=np.uint8)
            positive = np.unpackbits(bits, axis=1, count=len(single)).astype(np.float64)
            sums[start : start + draws] += 2 * (positive @ single) - single.sum()
            start += draws
    return sums


def _mean_difference(differences: Floats, groups: Sequence[Hashable]) -> Estimate:
    """Returns the mean difference; problems vary about the mean of their group."""
    members = _members(groups)
    size, strata, mean = len(differences), int(members.max()) + 1, float(differences.mean())
    means = np.bincount(members, weights=differences) / np.bincount(members)
    prize = float(np.abs(differences).max()) or 1.0
    # The sum of squares with the two problems more; their mean is 0, which moves the mean of all.
    centre = mean * size / (size + 2)
    squares = float(((differences - means[members]) ** 2).sum()) + prize**2 + 2 * mean * centre
    freedom = size + 2 - strata
    error = math.sqrt(squares / freedom / (size + 2))
    reach = float(stats.t.ppf((1 + CONFIDENCE) / 2, freedom)) * error
    return Estimate(mean, centre - reach, centre + reach)


def _members(groups: Sequence[Hashable]) -> NDArray[np.int64]:
    """Returns the number of each problem's group; all are one group where each has its own, which says nothing."""
    numbers = {group: number for number, group in enumerate(dict.fromkeys(groups))}
    if len(numbers) == len(groups):
        return np.zeros(len(groups), dtype=np.int64)
    return np.array([numbers[group] for group in groups], dtype=np.int64)


def _complete(table: Floats, members: NDArray[np.int64]) -> tuple[Floats, NDArray[np.int64]]:
    """Returns the runs with a score in each group, of the problems with a score of each of those runs."""
    groups = np.unique(members)
    known = ~np.isnan(table)
    table = table[[all(row[members == group].any() for group in groups) for row in known]]
    whole = ~np.isnan(table).any(axis=0)
    return table[:, whole], np.unique(members[whole], return_inverse=True)[1]
