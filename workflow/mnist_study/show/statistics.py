"""Summarize replicates, compare settings by paired replicates, and plan how many replicates a study needs.

Levels are fixed: intervals are 95 % intervals, and a test is two-sided at 0.05.
"""

import math

import numpy as np
import pandas as pd
from scipy.special import nctdtr, nctdtrinc, ndtri, stdtrit

# A function of these takes scalars, arrays and columns of tables, and broadcasts them.
Numbers = float | np.ndarray

ERROR = 0.05  # the chance of a false alarm that an interval or a test has
POWER = 0.8
UPPER = 1 - ERROR / 2  # where the upper tail of a two-sided test begins
NORMAL_QUANTILE = ndtri(UPPER)

MOST_EXACT = 20  # with more pairs, flips are drawn at random
FLIPS = 100_000
# Keras gives accuracies as float32. From 0 to 1, this is the largest rounding error of the difference of two.
ROUNDING = 2.0**-24
DIGITS = 12


def find_t_quantile(n: Numbers) -> Numbers:
    """Find the 97.5 % quantile of Student's t with n - 1 degrees of freedom: NaN at n = 1."""
    return stdtrit(n - 1, UPPER)


def summarize_groups(table: pd.DataFrame, by: list[str], column: str) -> pd.DataFrame:
    """Summarize a column over the replicates of each group.

    Returns a row for each combination of values in the columns `by`, in ascending order. An empty value is a value of
    its own, and the last. Columns: those of `by`, n, mean, standard_deviation (of a sample, divided by n - 1), minimum,
    maximum, ci95_low and ci95_high (the mean's 95 % confidence interval from Student's t with n - 1 degrees of
    freedom). n counts the values that are not empty. At n = 1, standard_deviation, ci95_low and ci95_high are NaN.
    """
    groups = (
        table.groupby(by, dropna=False)[column]
        .agg(n="count", mean="mean", standard_deviation="std", minimum="min", maximum="max")
        .reset_index()
    )
    half_width = find_t_quantile(groups["n"]) * groups["standard_deviation"] / np.sqrt(groups["n"])
    return groups.assign(ci95_low=groups["mean"] - half_width, ci95_high=groups["mean"] + half_width)


def predict_interval(mean: Numbers, standard_deviation: Numbers, n: Numbers) -> tuple[Numbers, Numbers]:
    """Predict where one more run falls, from the mean and the sample standard deviation of n runs.

    Returns the low and the high end of the 95 % prediction interval from Student's t with n - 1 degrees of freedom, for
    normally distributed runs (Hahn and Meeker, Statistical Intervals, 1991, chapter 4). Both are NaN at n = 1.
    """
    half_width = find_t_quantile(n) * standard_deviation * np.sqrt(1 + 1 / n)
    return mean - half_width, mean + half_width


def wilson_interval(correct: Numbers, total: Numbers) -> tuple[Numbers, Numbers]:
    """Bound an accuracy that `correct` of `total` images give, for other images from the same source.

    Returns the low and the high end of Wilson's 95 % score interval (Journal of the American Statistical Association
    22, 209-212, 1927).
    """
    square = NORMAL_QUANTILE**2
    center = (correct + square / 2) / (total + square)
    half_width = NORMAL_QUANTILE / (total + square) * np.sqrt(correct * (total - correct) / total + square / 4)
    return np.maximum(center - half_width, 0), np.minimum(center + half_width, 1)  # rounding could give -3e-17


def add_wilson(table: pd.DataFrame, correct: pd.Series, total: pd.Series | int) -> pd.DataFrame:
    """Add the ends of wilson_interval to a table of accuracies, as the columns wilson95_low and wilson95_high.

    `correct` of `total` images: those behind the accuracy of each row.
    """
    low, high = wilson_interval(correct, total)
    return table.assign(wilson95_low=low, wilson95_high=high)


def sum_flips(differences: np.ndarray) -> np.ndarray:
    """Sum n differences under each of the 2^n choices of their signs: shape (2^n,)."""
    sums = np.zeros(1)
    for difference in differences:
        sums = np.concatenate([sums - difference, sums + difference])
    return sums


def flip_signs(differences: np.ndarray, seed: np.random.SeedSequence) -> float:
    """Test by sign flips whether the mean of paired differences, shape (n,), is zero: the two-sided p.

    p is the share of all 2^n choices of signs whose sum is at least as far from zero as the observed one (Fisher, The
    Design of Experiments, 1935, section 21). Beyond 20 differences, 100,000 choices are drawn from the seed, and the
    observed one counts as one more (Phipson and Smyth, Statistical Applications in Genetics and Molecular Biology 9,
    39, 2010).

    Equal sums are extreme, too. Sums of differences of float32 accuracies are seldom exactly equal: each difference
    has a rounding error of up to 6e-8. So sums are equal here if they are closer than n times that. Sums of accuracies
    that differ are farther apart: by 2e-4 or more for 10,000 images.
    """
    n = len(differences)
    # Two choices of signs, or one and the opposite of the other, differ in at most half of the signs. A sign that
    # differs counts twice, so that the errors of two sums differ by at most n times that of a difference.
    limit = abs(differences.sum()) - n * ROUNDING
    if limit <= 0:
        return 1.0
    if n <= MOST_EXACT:
        # Each sum of all is a sum of one half plus a sum of the other. For each sum of one half, the sorted sums of the
        # other tell how many totals reach the limit. As many totals reach it on the negative side.
        one, other = sum_flips(differences[: n // 2]), np.sort(sum_flips(differences[n // 2 :]))
        reached = other.size - np.searchsorted(other, limit - one)
        return float(2 * reached.sum() / 2**n)
    random = np.random.default_rng(seed)
    parts = np.array_split(differences, math.ceil(n / 10))  # so that no part has more than 1,024 sums
    totals = np.sum([random.choice(sum_flips(part), FLIPS) for part in parts], axis=0)
    return float((np.sum(np.abs(totals) >= limit) + 1) / (FLIPS + 1))


def smallest_p(n: int) -> float:
    """Give the smallest p that flip_signs can give for n differences: 2 / 2^n, and 1 / 100,001 beyond 20."""
    return min(1.0, 2 / 2**n) if n <= MOST_EXACT else 1 / (FLIPS + 1)


def fewest_replicates(comparisons: int) -> int | None:
    """Find with how many replicates the sign flips can show a difference among so many comparisons, after Holm.

    It is the smallest n with 2 / 2^n × comparisons < 0.05: six for one comparison. With fewer, no difference is shown,
    however large. Returns None for more than 26,214 comparisons: no number of replicates can show a difference there.
    """
    enough = (n for n in range(1, MOST_EXACT + 1) if smallest_p(n) * comparisons < ERROR)
    return next(enough, None)


def adjust_holm(p: np.ndarray) -> np.ndarray:
    """Adjust the p of several tests, so that the chance of any false alarm is at most the level: in the same order.

    This is Holm's step-down method (Scandinavian Journal of Statistics 6, 65-70, 1979).
    """
    order = np.argsort(p)
    adjusted = np.empty(len(p))
    adjusted[order] = np.maximum.accumulate(np.sort(p) * np.arange(len(p), 0, -1)).clip(max=1)
    return adjusted


def compare_to_zero(differences: pd.DataFrame, seed: np.random.SeedSequence) -> pd.DataFrame:
    """Compare the mean of paired differences with zero, for several settings at once.

    `differences`: a row for each replicate, a column for each setting. Its values are differences of accuracies, or of
    other values of about one: see flip_signs. Returns a row for each setting, in the same order. Columns: setting, n,
    mean_difference, standard_deviation (of a sample), ci95_low and ci95_high (the mean's 95 % confidence interval from
    Student's t), positive (the number of differences above zero), p (from flip_signs), p_holm (adjusted for all rows),
    shown (whether the interval leaves out zero and p_holm is below 0.05). At n = 1, standard_deviation, ci95_low and
    ci95_high are NaN.
    """
    n = len(differences)
    # Equal differences of rounded numbers would have a spread of 1e-17.
    differences = differences.round(DIGITS)
    mean, standard_deviation = differences.mean().to_numpy(), differences.std().to_numpy()
    half_width = find_t_quantile(n) * standard_deviation / math.sqrt(n)
    low, high = mean - half_width, mean + half_width
    p = np.array([flip_signs(column, seed) for column in differences.to_numpy().T])
    p_holm = adjust_holm(p)
    return pd.DataFrame(
        {
            "setting": differences.columns,
            "n": n,
            "mean_difference": mean,
            "standard_deviation": standard_deviation,
            "ci95_low": low,
            "ci95_high": high,
            "positive": (differences > 0).sum().to_numpy(),
            "p": p,
            "p_holm": p_holm,
            "shown": ((low > 0) | (high < 0)) & (p_holm < ERROR),
        }
    )


def compare_pairs(values: pd.DataFrame, seed: np.random.SeedSequence) -> pd.DataFrame:
    """Compare each two settings of a sweep, paired by replicate.

    `values`: a row for each replicate, a column for each setting, in ascending order. Returns a row for each pair of
    settings. Columns: first and second (the settings, first before second), then those of compare_to_zero for the
    values of the second minus those of the first.
    """
    first, second = np.triu_indices(values.shape[1], k=1)
    numbers = values.to_numpy()
    compared = compare_to_zero(pd.DataFrame(numbers[:, second] - numbers[:, first]), seed).drop(columns="setting")
    compared.insert(0, "first", values.columns[first])
    compared.insert(1, "second", values.columns[second])
    return compared


def detectable_difference(standard_deviation: Numbers, n: Numbers) -> Numbers:
    """Find the smallest true difference that a paired t-test of n pairs shows with a power of 80 %.

    `standard_deviation`: that of the differences, in their unit. The test is two-sided at 0.05. Only differences with
    the right sign count as shown. Their t has a noncentral t distribution (Cohen, Statistical Power Analysis for the
    Behavioral Sciences, 1988, chapter 2). NaN at n = 1.
    """
    return nctdtrinc(n - 1, 1 - POWER, find_t_quantile(n)) * standard_deviation / np.sqrt(n)


def plan_replicates(difference: float, standard_deviation: float, samples: int) -> int:
    """Find how many replicates each of one or two samples needs: the smallest n with a power of 80 %.

    The chance of a right answer is that of t to exceed its critical value under a noncentral t distribution, as in
    detectable_difference. Raises ValueError for a difference of zero, and for a standard deviation of NaN, which is
    that of one run.
    """
    if difference == 0:
        raise ValueError("No number of replicates shows a difference of zero: plan for another difference.")
    if standard_deviation == 0:
        return 2
    effect = abs(difference) / standard_deviation
    # With a known standard deviation, this many would do. Student's t needs as many, or a few more.
    n = max(2, math.ceil(samples * ((NORMAL_QUANTILE + ndtri(POWER)) / effect) ** 2))
    while True:
        degrees = samples * (n - 1)
        # At 1,000, the power is 1 already. nctdtr gives NaN from about 1e12 on.
        noncentrality = min(effect * math.sqrt(n / samples), 1000)
        if 1 - nctdtr(degrees, noncentrality, stdtrit(degrees, UPPER)) >= POWER:
            return n
        n += 1


def plan_pairs(difference: float, standard_deviation: float) -> int:
    """Plan how many pairs a paired t-test needs to show a true difference with a power of 80 %, two-sided at 0.05.

    `standard_deviation`: that of the differences, in the unit of `difference`. Formula and errors: plan_replicates. The
    sign flips may need more: see fewest_replicates.
    """
    return plan_replicates(difference, standard_deviation, samples=1)


def plan_groups(difference: float, standard_deviation: float) -> int:
    """Plan how many replicates a side an unpaired t-test needs to show it with a power of 80 %, two-sided at 0.05.

    `standard_deviation`: that of each side, in the unit of `difference`. Formula and errors: plan_replicates.
    """
    return plan_replicates(difference, standard_deviation, samples=2)
