"""Which differences between noisy and denoised images the test set can carry."""

import pandas as pd

QUANTILE = 1.959964  # of the normal distribution, for 95 %, two-sided


def is_shown(first: int, second: int, n: int) -> bool:
    """Tell whether two counts of right answers to the same n images differ by more than chance, at the 95 % level.

    This is McNemar's test (Psychometrika 12, 153-157, 1947): (b - c)² / (b + c), b and c being the images that only
    one of the two got right. Of those, b - c is known; b + c is taken as large as the counts allow, so that the
    test errs to one side alone: it claims no difference that the pairs of answers would not carry.
    """
    discordant = min(first + second, 2 * n - first - second)
    return (first - second) ** 2 > QUANTILE**2 * discordant


def compare_levels(levels: pd.DataFrame) -> pd.DataFrame:
    """Compare noisy and denoised images at each level, ascending: noisy and denoised accuracy, gain, verdict.

    `levels` is levels.csv. The verdict is 1 where denoising helps, -1 where it hurts, 0 where no difference is shown.
    """
    rows = levels.pivot(index="level", columns="images", values=["accuracy", "correct", "n"]).sort_index()
    compared = rows["accuracy"].assign(gain=rows["accuracy"]["denoised"] - rows["accuracy"]["noisy"])
    counts = zip(rows["correct"]["noisy"], rows["correct"]["denoised"], rows["n"]["noisy"], strict=True)
    compared["verdict"] = [(1 if two > one else -1) if is_shown(one, two, n) else 0 for one, two, n in counts]
    return compared


def find_crossing(compared: pd.DataFrame, thresholds: pd.DataFrame) -> float | None:
    """Find the level above which denoising helps and below which it hurts, as far as differences are shown.

    `compared`: from compare_levels; `thresholds`: thresholds.csv. None where the curves show no such level.
    """
    crossing = thresholds.set_index("quantity")["level"]["curves cross"]
    helps, hurts = (compared.index[compared["verdict"] == verdict] for verdict in (1, -1))
    if len(helps) and len(hurts) and hurts.max() < crossing < helps.min():
        return crossing
    return None
