"""Test which differences in accuracy on the same images are statistically significant."""

QUANTILE = 1.959964  # the normal distribution's, for a two-sided test at the 95 % level


def is_shown(first: int, second: int, n: int) -> bool:
    """Tell whether two counts of right answers to the same n images differ by more than chance, at the 95 % level.

    This is McNemar's test (Psychometrika 12, 153-157, 1947). Its statistic is (b - c)² / (b + c). b is the number of
    images that only the first got right, and c of those that only the second got right. The counts determine b - c, but
    not b + c. The largest b + c that the counts allow is used. So the test is conservative: if it shows a difference,
    the test on the pairs of answers shows it too.
    """
    discordant = min(first + second, 2 * n - first - second)
    return (first - second) ** 2 > QUANTILE**2 * discordant
