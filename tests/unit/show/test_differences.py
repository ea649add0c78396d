"""Test which differences are statistically significant."""

import numpy as np
import pytest

from mnist_study.show.differences import is_shown


@pytest.mark.parametrize(
    ("first", "second", "shown"),
    [
        (9919, 9558, True),
        (1005, 1038, False),  # at a level that leaves nothing of the images
        (5000, 5194, False),  # 194² / 9806 is 3.838, below the limit of 3.841
        (5000, 5195, True),  # 195² / 9805 is 3.878
        (0, 0, False),
        (10_000, 10_000, False),
        (10_000, 9990, True),
        (0, 3, False),
    ],
)
def test_a_difference_is_shown_or_not(first, second, shown):
    assert is_shown(first, second, 10_000) is shown
    assert is_shown(second, first, 10_000) is shown


def test_no_pairs_of_these_counts_would_show_less():
    """Our statistic is the smallest of McNemar's statistics over all ways to pair the answers to 100 images."""
    for first, second in ((30, 50), (48, 62), (80, 95), (5, 12)):
        both = np.arange(max(0, first + second - 100), min(first, second) + 1)
        statistics = (first - second) ** 2 / (first + second - 2 * both)
        assert is_shown(first, second, 100) == bool(statistics.min() > 1.959964**2)
