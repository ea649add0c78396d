"""Word numbers, their errors and lists of names, as all sentences about results do."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from mnist_study.images import NO_DENOISER
from mnist_study.show.statistics import ERROR, fewest_replicates, smallest_p
from mnist_study.show.tables import name_denoiser

# What is called shown of replicates.
SHOWN = "its 95 % interval leaves out zero, and its Holm-adjusted p, from sign flips, is below 0.05"
UNKNOWN = "nothing is known of other trainings"
# Accuracies of images differ by more than this, and rounding errors of their means by less.
EQUAL = 1e-9


def is_enough(n: int, comparisons: int) -> bool:
    """Tell whether sign flips of n replicates can show any of so many differences after Holm's correction."""
    return smallest_p(n) * comparisons < ERROR


def describe_power(n: int, comparisons: int, what: str) -> str:
    """Describe that n replicates are too few for so many comparisons, and how many would do; empty if they are enough.

    `what`: what can't be shown.
    """
    if is_enough(n, comparisons):
        return ""
    enough = fewest_replicates(comparisons)
    needs = f"at least {enough} replicates are needed" if enough else "no number of replicates is enough"
    compared = f"for {comparisons:,} comparisons, " if comparisons > 1 else ""
    return (
        f"With {n} replicates, no {what} can be shown: sign flips give p = {smallest_p(n):.2g} at best; "
        f"{compared}{needs}."
    )


def describe_bounds(low: float, high: float, pair: pd.Series) -> str:
    """Describe the 95 % interval of a mean difference in brackets. Say so if all replicates have the same one."""
    if pair["n"] == 1:
        return ""
    if pair["standard_deviation"] <= EQUAL:
        return f" (the same in all {pair['n']} replicates)"
    return f" ({low:.4f} to {high:.4f})"


def quote(name: str) -> str:
    """Name a denoiser or a classifier in a sentence."""
    return name_denoiser(name) if name == NO_DENOISER else f"“{name}”"


def describe_number(n: int) -> str:
    """Describe how many trainings a number is of. Behind ± is their standard deviation."""
    return f"n = {n:.0f} replicates" if n > 1 else "n = 1 run"


def describe_errors(row: pd.Series) -> str:
    """Describe both errors of a mean accuracy: between trainings, and by the number of images."""
    images = f"{format_interval(row, 'wilson95')} by the number of images"
    if row["n"] == 1:
        return f"n = 1 run; 95 % interval: {images}; {UNKNOWN}"
    if row["standard_deviation"] <= EQUAL:
        return f"the same in all n = {row['n']} replicates; 95 % interval: {images}"
    return f"{describe_number(row['n'])}; 95 % intervals: {format_interval(row, 'ci95')} of the mean, {images}"


def format_interval(row: pd.Series, name: str) -> str:
    """Format an interval of an accuracy, by the beginning of its columns' names. It ends at 0 and at 1."""
    return f"{max(row[f'{name}_low'], 0):.4f} to {min(row[f'{name}_high'], 1):.4f}"


def format_difference(pair: pd.Series) -> str:
    """Format a mean difference of differences.csv with its 95 % interval, if there is one."""
    return f"{pair['mean_difference']:.4f}{describe_bounds(pair['ci95_low'], pair['ci95_high'], pair)}"


def format_spread(row: pd.Series | dict, digits: int = 4) -> str:
    """Format a mean with its standard deviation, if there are replicates."""
    spread = "" if np.isnan(row["standard_deviation"]) else f" ± {row['standard_deviation']:.{digits}f}"
    return f"{row['mean']:.{digits}f}{spread}"


def format_small(value: float) -> str:
    """Format a small difference with two significant digits."""
    return f"{value:.2g}" if value >= 1e-4 else f"{value:.1e}"


def count(number: int, one: str, several: str | None = None) -> str:
    """Format a number of things: 1 epoch, 2 epochs."""
    return f"{number:,} {one if number == 1 else several or one + 's'}"


def join(words: Iterable[str]) -> str:
    """Join words as a sentence does: a, b and c."""
    *before, last = words
    return f"{', '.join(before)} and {last}" if before else last
