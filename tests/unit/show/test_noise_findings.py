"""Test the sentences about the noise study, also of unusual studies."""

import numpy as np
import pandas as pd
import pytest

from mnist_study.scripts.summarize_noise_levels import (
    compare_cells,
    summarize_levels,
    summarize_thresholds,
    tabulate_falls,
)
from mnist_study.seeding import derive_seed
from mnist_study.show import noise_findings

SEED = derive_seed(1, "sign flips")
TEN = np.array([-9, -6, -4, -2, -1, 1, 2, 4, 6, 9]) / 1e4  # a spread of ten replicates around their mean
NOISY, DENOISED = [0.99, 0.9, 0.5, 0.2, 0.1], [0.95, 0.94, 0.8, 0.5, 0.1]


def make_noise(curves):
    """Make the noise levels' runs.csv: for each scorer and denoiser, the curve of each replicate from level 0 to 1."""
    rows = []
    for (scorer, denoiser), replicates in curves.items():
        for replicate, curve in enumerate(replicates, start=1):
            levels = np.round(np.linspace(0, 1, len(curve)), 3) if len(curve) > 1 else [0.4]
            rows += [(scorer, denoiser, level, replicate, value) for level, value in zip(levels, curve, strict=True)]
    table = pd.DataFrame(rows, columns=["classifier", "denoiser", "level", "replicate", "accuracy"])
    return table.assign(correct=(10_000 * table["accuracy"]).round().astype(int), total=10_000, chance=0.1135)


def make_cells(*denoised, scorer="cnn"):
    """Name the curves of a scorer: without a denoiser, with “ae”, and with more."""
    return dict(zip([(scorer, name) for name in ("none", "ae", "median", "conv", "wide")], denoised, strict=False))


def tell(describe, runs, *tables, scorer="cnn"):
    """Tell of a scorer's runs, by a function of noise_findings that takes these tables."""
    made = {
        "levels": lambda: summarize_levels(runs),
        "differences": lambda: compare_cells(runs, SEED),
        "thresholds": lambda: summarize_thresholds(tabulate_falls(runs)),
    }
    return describe(*(made[table]() for table in tables), *([scorer] if scorer else []))


def describe_gains(*curves):
    return tell(noise_findings.describe_gains, make_noise(make_cells(*curves)), "differences")


def describe_best(*curves):
    return tell(noise_findings.describe_best, make_noise(make_cells(*curves)), "levels", "differences")


def describe_crossing(*curves):
    return tell(noise_findings.describe_crossing, make_noise(make_cells(*curves)), "thresholds", "differences")


def number_crossing(*curves):
    return tell(
        noise_findings.number_crossing, make_noise(make_cells(*curves)), "thresholds", "differences", scorer=None
    )


def describe_falls(*curves):
    """Describe where these curves of replicates fall, without a denoiser and with one."""
    return tell(noise_findings.describe_falls, make_noise(make_cells(curves, curves)), "levels", "thresholds")


def describe_further(first, *further):
    """Describe what further scorers make needless. `first`: the curves of the first one without and with denoisers."""
    curves = make_cells(*first) | {("robust", name): further[0] for name in ("none", "ae")}
    return tell(noise_findings.describe_further_scorers, make_noise(curves), "levels", "differences", scorer=None)


def repeat(curve, replicates, step):
    """Give a curve for each replicate, each a little higher than the last one."""
    return [[value + step * number for value in curve] for number in range(replicates)]


def test_one_run_shows_what_its_images_show_and_nothing_of_other_trainings():
    assert describe_gains([NOISY], [DENOISED]) == [
        "In this one run, McNemar's test (95 % for each level) finds “ae” to raise the accuracy at noise levels "
        "0.25 to 0.75 and to lower it at 0.",
        "Nothing is known of other trainings.",
    ]


def test_three_replicates_show_no_mean_gain_but_each_is_told_by_its_images():
    too_few, within, largest = describe_gains(repeat(NOISY, 3, 0.001), repeat(DENOISED, 3, 0.002))
    assert too_few == (
        "With 3 replicates, no mean difference by denoising can be shown: sign flips give p = 0.25 at best; for 5 "
        "comparisons, at least 8 replicates are needed."
    )
    assert within == (
        "Within each of these 3 replicates, McNemar's test (95 % for each level) finds “ae” to raise the accuracy "
        "at noise levels 0.25 to 0.75 and to lower it at 0."
    )
    assert largest == "The largest mean gain is 0.3010 (0.2985 to 0.3035), by “ae” at noise level 0.5."


def spread(curve, sign=1):
    """Give the curves of ten replicates around one."""
    return [[value + sign * shift for value in curve] for shift in TEN]


def test_ten_replicates_show_where_denoising_helps_and_hurts():
    shown, largest = describe_gains(spread(NOISY), spread(DENOISED, -1))
    assert shown == (
        "The mean of 10 replicates shows “ae” to raise the accuracy at noise levels 0.25 to 0.75 and to lower it at 0."
    )
    assert largest == "The largest mean gain is 0.3000 (0.2992 to 0.3008), by “ae” at noise level 0.5."


def test_ten_replicates_without_a_consistent_gain_show_none():
    curves = [[0.99 + shift, 0.5 - shift] for shift in TEN]
    none, largest = describe_gains(curves, [[0.99 - shift, 0.5001 + shift] for shift in TEN])
    assert none == "The mean of 10 replicates shows no effect of “ae”."
    assert largest == "The largest mean gain is 0.0001 (-0.0007 to 0.0009), by “ae” at noise level 1."


def test_no_gain_is_told_where_noisy_and_denoised_images_are_read_alike():
    assert describe_gains([[0.99, 0.5]] * 10, [[0.99, 0.5]] * 10) == [
        "The mean of 10 replicates shows no effect of “ae”."
    ]


def test_denoisers_that_do_the_same_share_a_sentence_and_those_that_do_nothing_come_last():
    first, second, none, largest = describe_gains(*map(spread, (NOISY, NOISY, DENOISED, [0.995, *NOISY[1:]], DENOISED)))
    assert first == (
        "The mean of 10 replicates shows “median” and “wide” to raise the accuracy at noise levels 0.25 to 0.75 and to "
        "lower it at 0."
    )
    assert second == "It shows “conv” to raise the accuracy at noise level 0."
    assert none == "It shows no effect of “ae”."
    assert "by “median” at noise level 0.5" in largest


@pytest.mark.parametrize(
    ("noisy", "denoised", "said"),
    [
        ([0.9, 0.5], [0.95, 0.8], "finds “ae” to raise the accuracy at all 2 noise levels."),
        ([0.9, 0.5], [0.8, 0.45], "finds “ae” to lower the accuracy at all 2 noise levels."),
        ([0.9, 0.5], [0.901, 0.495], "finds no effect of “ae”."),
        ([0.6], [0.9], "finds “ae” to raise the accuracy at noise level 0.4."),
        ([0.9], [0.6], "finds “ae” to lower the accuracy at noise level 0.4."),
        ([0.9, 0.5, 0.5], [0.95, 0.6, 0.5], "finds “ae” to raise the accuracy at noise levels 0 and 0.5."),
    ],
)
def test_one_run_is_told_by_what_its_images_show(noisy, denoised, said):
    assert said in describe_gains([noisy], [denoised])[0]


def test_each_of_several_scorers_is_named_and_too_few_replicates_are_told_of_once():
    cells = make_cells([NOISY] * 2, [DENOISED] * 2) | make_cells([DENOISED] * 2, [NOISY] * 2, scorer="mlp")
    runs = make_noise(cells)
    too_few, within, _ = tell(noise_findings.describe_gains, runs, "differences")
    assert too_few.startswith("With 2 replicates, no mean difference by denoising can be shown")
    assert within.startswith("Within each of these 2 replicates of “cnn”, McNemar's test")
    within, largest = tell(noise_findings.describe_gains, runs, "differences", scorer="mlp")
    assert within.endswith(
        "replicates of “mlp”, McNemar's test (95 % for each level) finds “ae” to raise the accuracy at noise level 0 "
        "and to lower it at 0.25 to 0.75."
    )
    assert largest.startswith("The largest mean gain of “mlp” is 0.0400 (the same in all 2 replicates), by “ae” at")
    [crossing] = tell(noise_findings.describe_crossing, runs, "thresholds", "differences")
    assert crossing.startswith("The curve of “cnn” with no denoiser crosses that with “ae”")
    assert tell(noise_findings.describe_falls, runs, "levels", "thresholds", scorer="mlp")[0] == (
        "The accuracy of “mlp” falls under 0.9 at noise level 0.32 ± 0.00 with no denoiser and 0.25 ± 0.00 with “ae”."
    )


MEDIAN = [0.98, 0.93, 0.81, 0.3, 0.1]


def test_nothing_is_called_the_best_of_one_denoiser():
    assert describe_best([NOISY], [DENOISED]) == []


def test_the_best_denoiser_is_told_for_each_run_of_levels():
    assert describe_best([NOISY], [DENOISED], [MEDIAN]) == [
        "In this one run, the accuracy is highest with no denoiser at noise level 0, with “ae” at 0.25 and 0.75, with "
        "“median” at 0.5 and with no denoiser, “ae” and “median” at 1."
    ]
    assert describe_best(*([curve] * 3 for curve in (NOISY, DENOISED, MEDIAN)))[0].startswith(
        "The mean accuracy is highest with no denoiser at noise level 0, "
    )


def test_a_denoiser_is_shown_to_be_the_best_only_where_it_is_better_than_each_other_one():
    """At 0.5, “median” is shown to be better than none, but not than “ae”, whose replicates vary more."""
    wild = [[*curve[:2], 0.805 + 20 * shift, *curve[3:]] for curve, shift in zip(spread(DENOISED), TEN, strict=True)]
    best, shown = describe_best(spread(NOISY), wild, spread(MEDIAN))
    assert "with “median” at 0.5" in best
    assert shown == "The best is shown to be better than every other at noise levels 0, 0.25 and 0.75."


def test_no_best_denoiser_is_shown_where_all_are_alike():
    *_, shown = describe_best(*[spread(NOISY)] * 3)
    assert shown == "The best is shown to be better than every other at no noise level."


def test_three_replicates_show_no_best_denoiser():
    assert len(describe_best(*(repeat(curve, 3, 0.001) for curve in (NOISY, DENOISED, MEDIAN)))) == 1


ROBUST = [0.97, 0.95, 0.7, 0.4, 0.1]
BIASED = "The best denoiser is chosen on these same images, so that its accuracy is biased upwards."


def test_a_further_scorer_without_a_denoiser_is_held_against_the_first_one_with_its_best():
    shown, between, biased = describe_further([spread(NOISY), spread(DENOISED), spread(MEDIAN)], spread(ROBUST, -1))
    assert shown == (
        "The mean of 10 replicates shows “robust” with no denoiser to be more accurate than “cnn” with its best "
        "denoiser at noise level 0.25 and to be less accurate at 0, 0.5 and 0.75."
    )
    # Of 0.81 and 0.94, the best there.
    assert between == (
        "The mean difference is between -0.1100 (-0.1108 to -0.1092) at noise level 0.5 and 0.0100 (0.0092 to 0.0108) "
        "at noise level 0.25."
    )
    assert biased == BIASED


def test_of_few_replicates_a_further_scorer_is_told_by_its_images_and_its_intervals():
    within, between, _ = describe_further([[NOISY] * 2, repeat(DENOISED, 2, 0.001)], [ROBUST] * 2)
    assert within == (
        "Within each of 2 replicates, McNemar's test (95 % for each level) finds “robust” with no denoiser to be more "
        "accurate than “cnn” with its best denoiser at noise level 0.25 and to be less accurate at 0, 0.5 and 0.75."
    )
    assert "between -0.1005 (-0.1069 to -0.0941) at noise level 0.5 and 0.0095 (0.0031 to 0.0159) at" in between


def test_of_one_run_a_further_scorer_has_no_interval():
    one, between, _ = describe_further([[NOISY], [DENOISED]], [NOISY])
    assert one.startswith("In this one run, McNemar's test (95 % for each level) finds “robust” with no denoiser to be")
    assert between == "The difference is between -0.3000 at noise level 0.5 and 0.0000 at noise level 0."


def test_at_one_level_a_further_scorer_has_one_difference():
    _, difference, _ = describe_further([[[0.5]], [[0.8]]], [[0.9]])
    assert difference == "The difference is 0.1000 at noise level 0.4."


def test_an_effect_in_some_replicates_is_not_denied():
    """“median” helps in two of three replicates."""
    some = [[0.99, 0.9], [0.99, 0.9], [0.99, 0.5]]
    *_, none, _ = describe_gains([[0.99, 0.5]] * 3, [[0.99, 0.8]] * 3, some)
    assert none == "It finds no effect of “median” that all replicates share."
    within, *_ = describe_further([[[0.99, 0.5]] * 3] * 2, some)
    assert within.endswith("“cnn” with its best denoiser that all replicates share.")


def test_a_further_scorer_that_is_like_the_first_with_its_best_denoiser_is_not_called_different():
    same = spread(NOISY)
    assert describe_further([same, same], same)[0] == (
        "The mean of 10 replicates shows no difference between “robust” with no denoiser and “cnn” with its best "
        "denoiser."
    )


def test_a_study_with_one_scorer_has_no_further_one():
    runs = make_noise(make_cells([NOISY], [DENOISED]))
    assert tell(noise_findings.describe_further_scorers, runs, "levels", "differences", scorer=None) == []


CURVE = "The curve with no denoiser crosses that with “ae”"


def test_the_crossing_is_told_with_its_spread():
    one = [NOISY], [DENOISED]
    assert describe_crossing(*one) == [f"{CURVE} at a noise level of 0.13."]
    assert number_crossing(*one) == ("0.13", "noise level where denoising begins to help, by ae, n = 1 run")
    two = [NOISY, NOISY], [DENOISED, [0.93, 0.94, 0.8, 0.5, 0.1]]
    assert describe_crossing(*two) == [f"{CURVE} at a noise level of 0.14 ± 0.02."]
    assert number_crossing(*two)[0] == "0.14 ± 0.02"


def test_curves_that_cross_in_some_replicates_are_counted_and_make_no_headline():
    curves = [NOISY] * 3, [DENOISED, DENOISED, [0.95, 0.89, 0.49, 0.19, 0.09]]
    assert describe_crossing(*curves) == [f"{CURVE} at a noise level of 0.13 ± 0.00 in 2 of 3 replicates."]
    assert number_crossing(*curves) is None


@pytest.mark.parametrize(
    ("denoised", "lacking"),
    [
        ([0.95, 0.7, 0.106], "no gain above it"),
        ([0.9899, 0.9, 0.3], "no loss below it"),
        ([0.9899, 0.7999, 0.106], "no loss below it and no gain above it"),
    ],
)
def test_a_crossing_that_may_be_chance_is_told_as_such_and_makes_no_headline(denoised, lacking):
    curves = [[0.99, 0.8, 0.1038]], [denoised]
    [said] = describe_crossing(*curves)
    assert said.endswith(f", which may be chance: McNemar's test (95 % for each level) finds {lacking}.")
    assert number_crossing(*curves) is None


def test_no_single_crossing_is_claimed_where_the_curves_cross_twice():
    curves = [[0.9, 0.8, 0.5]], [[0.95, 0.7, 0.6]]
    assert describe_crossing(*curves) == [f"{CURVE} more than once; it begins to help at a noise level of 0.75."]
    assert number_crossing(*curves) is None


@pytest.mark.parametrize("denoised", [[0.98, 0.7], [0.995, 0.9], [0.99, 0.8]])
def test_nothing_is_said_of_a_crossing_where_no_curves_cross(denoised):
    curves = [[0.99, 0.8]], [denoised]
    assert describe_crossing(*curves) == []
    assert number_crossing(*curves) is None


def test_crossings_of_two_denoisers_stand_in_one_sentence_and_the_lowest_is_the_headline():
    curves = [NOISY], [DENOISED], [[0.97, 0.94, 0.8, 0.3, 0.1]]
    assert describe_crossing(*curves) == [f"{CURVE} at a noise level of 0.13 and that with “median” at 0.08."]
    assert number_crossing(*curves) == (
        *("0.08", "lowest noise level where denoising begins to help, by median, n = 1 run"),
    )


def test_of_many_crossings_the_first_and_the_last_are_told_and_each_that_may_be_chance():
    starts = [[start, *DENOISED[1:]] for start in (0.95, 0.97, 0.9, 0.9899)]
    assert describe_crossing([NOISY], *([curve] for curve in starts)) == [
        "The curve with no denoiser crosses first that with “median”, at a noise level of 0.08, and last that with "
        "“conv”, at 0.17.",
        "It crosses that with “wide” at a noise level of 0.00, which may be chance: McNemar's test (95 % for each "
        "level) finds no loss below it.",
    ]


@pytest.mark.parametrize(
    ("curve", "said"),
    [
        ([0.95, 0.45], ["falls under 0.9 at noise level 0.10 with {}", "falls under 0.5 at noise level 0.90 with {}"]),
        ([0.8, 0.7], ["is under 0.9 at every level with {}", "never falls under 0.5 with {}"]),
        ([0.4, 0.95], [f"is under {threshold} at first but not later with {{}}" for threshold in (0.9, 0.5)]),
    ],
)
def test_falls_are_described_as_they_are_where_a_curve_starts_or_stays_on_one_side(curve, said):
    both = "no denoiser and 0.10 with “ae”" if "at noise level" in said[0] else "no denoiser and “ae”"
    nine, five = describe_falls(curve)
    assert nine == f"The accuracy {said[0].format(both)}."
    assert five == f"The accuracy {said[1].format(both.replace('0.10', '0.90'))}."


def test_falls_at_one_level_say_at_which():
    assert describe_falls([0.8]) == [
        "At the one noise level, 0.4, the accuracy is under 0.9 with no denoiser and “ae”.",
        "At the one noise level, 0.4, the accuracy is not under 0.5 with no denoiser and “ae”.",
    ]


def test_falls_of_some_replicates_are_counted():
    nine, five = describe_falls([0.95, 0.45], [0.95, 0.55], [0.94, 0.46])
    assert nine.startswith("The accuracy falls under 0.9 at noise level 0.10 ± 0.02 with no denoiser and ")
    assert five.startswith("The accuracy falls under 0.5 at noise level 0.91 ± 0.01 in 2 of 3 replicates with no ")


def test_replicates_on_different_sides_of_a_threshold_are_told_as_such():
    nine, five = describe_falls([0.95, 0.92], [0.89, 0.85])
    assert nine == "The accuracy is not on the same side of 0.9 in all replicates with no denoiser and “ae”."
    assert five == "The accuracy never falls under 0.5 with no denoiser and “ae”."


def test_of_many_falls_the_first_and_the_last_are_told_and_each_curve_that_does_not_fall():
    curves = [[[1, end]] for end in (0.5, 0.6, 0.2, 0.8, 0.95)]
    nine, five = tell(noise_findings.describe_falls, make_noise(make_cells(*curves)), "levels", "thresholds")
    assert nine == (
        "The accuracy falls under 0.9 first at noise level 0.12, with “median”, and last at 0.50, with “conv”; it "
        "never falls under 0.9 with “wide”."
    )
    assert five == (
        "The accuracy falls under 0.5 at noise level 0.62 with “median”; it never falls under 0.5 with no denoiser, "
        "“ae”, “conv” and “wide”."
    )
