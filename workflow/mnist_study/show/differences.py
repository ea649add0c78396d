"""Test which differences in accuracy between noisy and denoised images are statistically significant."""

import pandas as pd

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


def compare_levels(levels: pd.DataFrame) -> pd.DataFrame:
    """Compare noisy and denoised images at each level, ascending: noisy and denoised accuracy, gain, verdict.

    `levels`: levels.csv. The verdict is 1 if denoising helps, -1 if it hurts, and 0 if no difference is shown.
    """
    rows = levels.pivot(index="level", columns="images", values=["accuracy", "correct", "n"]).sort_index()
    compared = rows["accuracy"].assign(gain=rows["accuracy"]["denoised"] - rows["accuracy"]["noisy"])
    counts = zip(rows["correct"]["noisy"], rows["correct"]["denoised"], rows["n"]["noisy"], strict=True)
    compared["verdict"] = [(1 if two > one else -1) if is_shown(one, two, n) else 0 for one, two, n in counts]
    return compared


def find_crossing(compared: pd.DataFrame, thresholds: pd.DataFrame) -> float | None:
    """Find the level above which denoising helps and below which it hurts, by the differences that are shown.

    `compared`: from compare_levels. `thresholds`: thresholds.csv. Returns None if the curves show no such level.
    """
    crossing = thresholds.set_index("quantity")["level"]["curves cross"]
    helps, hurts = (compared.index[compared["verdict"] == verdict] for verdict in (1, -1))
    if len(helps) and len(hurts) and hurts.max() < crossing < helps.min():
        return crossing
    return None
