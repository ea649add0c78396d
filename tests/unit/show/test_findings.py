"""Test the sentences of the report, also of unusual studies."""

import numpy as np
import pandas as pd
import pytest

from mnist_study.scripts.summarize_noise_levels import tabulate_thresholds
from mnist_study.show import findings

MLP = {"layers": [{"dense": 8}], "epochs": 40}
CNN = {"layers": [{"conv": 8}, {"dense": 8}], "epochs": 1}


def make_factors(*means, n=3, half_width=0.001):
    """Make a row for each mean, with factors 0.001, 0.002, … A single run has no standard deviation."""
    spread = np.nan if n == 1 else 0.0005
    return pd.DataFrame(
        {
            "classifier": "mlp",
            "factor": 0.001 * number,
            "n": n,
            "mean": mean,
            "standard_deviation": spread,
            "ci95_low": mean - (np.nan if n == 1 else half_width),
            "ci95_high": mean + (np.nan if n == 1 else half_width),
        }
        for number, mean in enumerate(means, start=1)
    )


def make_runs(factors):
    return pd.DataFrame(
        {"classifier": "mlp", "factor": row["factor"], "replicate": replicate, "accuracy": row["mean"] + offset}
        for row in factors.to_dict("records")
        for replicate, offset in enumerate([0, 0.001, 0.002][: row["n"]], start=1)
    )


def make_levels(noisy, denoised):
    levels = np.round(np.linspace(0, 1, len(noisy)), 3) if len(noisy) > 1 else [0.4]
    return pd.DataFrame(
        [
            (level, images, accuracy, round(10_000 * accuracy), 10_000)
            for images, values in (("noisy", noisy), ("denoised", denoised))
            for level, accuracy in zip(levels, values, strict=True)
        ],
        columns=["level", "images", "accuracy", "correct", "n"],
    )


def describe(describe, noisy, denoised):
    """Describe noise curves with the thresholds that the study tabulates for them."""
    levels = make_levels(noisy, denoised)
    return describe(levels, tabulate_thresholds(levels))


def test_a_classifier_without_factors_is_described_by_its_kind_epochs_and_accuracy():
    factors = make_factors(0.98123, n=1).assign(factor=np.nan)
    assert findings.describe_classifier(factors, CNN) == (
        "The convolutional network “mlp” reaches an accuracy of 0.9812 on the test images after 1 epoch (n = 1 run)."
    )


def test_replicates_of_a_classifier_without_factors_are_given_with_their_spread():
    factors = make_factors(0.98123).assign(factor=np.nan)
    sentence = findings.describe_classifier(factors, MLP)
    assert "multilayer perceptron" in sentence
    assert "0.9812 ± 0.0005 on the test images after 40 epochs (mean ± standard deviation of n = 3" in sentence


def test_the_best_factor_and_the_best_run_are_named():
    factors = make_factors(0.98, 0.985, 0.97)
    best, compared, run = findings.describe_sweep(factors, make_runs(factors), MLP)
    assert best.startswith(
        "Of 3 L2 factors, 0.002 is best: with it, the multilayer perceptron “mlp” reaches a mean acc"
    )
    assert "0.9850 ± 0.0005" in best
    assert compared.startswith("From the worst factor to the best, the accuracy differs by 0.0150; ")
    assert run == "The best of all 9 runs is replicate 3 at factor 0.002, with 0.9870."


@pytest.mark.parametrize(
    ("means", "said"),
    [
        ((0.98, 0.985), "the 95 % confidence interval of the best lies apart from all others"),
        ((0.98, 0.985, 0.9845), "the 95 % confidence intervals of 1 of 2 others overlap with that of the best"),
        ((0.9846, 0.985, 0.9845), "the replicates can't tell them apart"),
    ],
)
def test_factors_are_told_apart_only_by_confidence_intervals(means, said):
    factors = make_factors(*means)
    assert said in findings.describe_sweep(factors, make_runs(factors), MLP)[1]


def test_with_one_replicate_no_spread_is_claimed():
    factors = make_factors(0.98, 0.985, n=1)
    best, compared, _ = findings.describe_sweep(factors, make_runs(factors), MLP)
    assert "reaches an accuracy of 0.9850 after 40 epochs (n = 1 run)" in best
    assert "±" not in best
    assert "with one replicate per factor, nothing says how much of that is chance" in compared


def test_one_factor_is_not_called_the_best():
    factors = make_factors(0.98, n=1)
    [sentence] = findings.describe_sweep(factors, make_runs(factors), MLP)
    assert sentence.startswith(
        "At its one L2 factor, 0.001, the multilayer perceptron “mlp” reaches an accuracy of 0.98"
    )


@pytest.mark.parametrize(("mean", "said"), [(0.9913, "is reached: 0.9913"), (0.9899, "is missed: 0.9899")])
def test_the_goal_is_reached_or_missed(mean, said):
    assert said in findings.describe_goal(make_factors(mean, n=1))


NOT_SHOWN = "No difference between noisy and denoised images is shown at {} (McNemar's test, 95 %)."


def test_the_crossing_says_from_where_on_denoising_pays_off():
    assert describe(findings.describe_crossing, [0.99, 0.6, 0.2], [0.95, 0.9, 0.3]) == (
        "Denoising pays off above a noise level of 0.06, where the curves cross; below it, it hurts: at level 0, it "
        "takes the accuracy from 0.9900 to 0.9500. The largest gain, 0.3000, is at level 0.5."
    )


@pytest.mark.parametrize("last", [0.1005, 0.1038, 0.1071])
def test_a_level_at_which_the_difference_may_be_chance_is_named_as_such(last):
    said = describe(findings.describe_crossing, [0.99, 0.6, 0.1038], [0.95, 0.9, last])
    assert said.startswith("Denoising pays off above a noise level of 0.06, where the curves cross; below it, it hurts")
    assert said.endswith(NOT_SHOWN.format("noise level 1"))


def test_no_single_crossing_is_claimed_where_the_curves_cross_twice():
    said = describe(findings.describe_crossing, [0.9, 0.8, 0.5], [0.95, 0.7, 0.6])
    assert said.startswith(
        "Denoising pays off at noise level 0 and 1, and hurts at noise level 0.5. The largest gain, 0.1"
    )


def test_a_crossing_is_not_claimed_where_chance_makes_the_curves_cross():
    said = describe(findings.describe_crossing, [0.99, 0.8, 0.1038], [0.95, 0.7, 0.1060])
    assert said == f"Denoising hurts at noise level 0 and 0.5. {NOT_SHOWN.format('noise level 1')}"
    levels = make_levels([0.99, 0.8, 0.1038], [0.95, 0.7, 0.1060])
    assert findings.number_crossing(levels, tabulate_thresholds(levels)) is None


@pytest.mark.parametrize(
    ("noisy", "denoised", "said"),
    [
        (
            [0.9, 0.5],
            [0.95, 0.8],
            "Denoising pays off at every noise level between 0 and 1. The largest gain, 0.3000, is at level 1.",
        ),
        ([0.9, 0.5], [0.8, 0.45], "Denoising hurts at every noise level between 0 and 1."),
        ([0.9, 0.5], [0.9, 0.5], NOT_SHOWN.format("any noise level between 0 and 1")),
        ([0.9, 0.5], [0.901, 0.495], NOT_SHOWN.format("any noise level between 0 and 1")),
        (
            [0.9, 0.5],
            [0.901, 0.6],
            f"Denoising pays off at noise level 1. The largest gain, 0.1000, is at level 1. "
            f"{NOT_SHOWN.format('noise level 0')}",
        ),
        ([0.6], [0.9], "At the one noise level, 0.4, denoising raises the accuracy from 0.6000 to 0.9000."),
        ([0.9], [0.6], "At the one noise level, 0.4, denoising lowers the accuracy from 0.9000 to 0.6000."),
        (
            [0.9],
            [0.902],
            "At the one noise level, 0.4, no difference is shown between noisy images, with an accuracy of 0.9000, "
            "and denoised ones, with 0.9020 (McNemar's test, 95 %).",
        ),
    ],
)
def test_curves_are_described_by_what_the_images_show(noisy, denoised, said):
    assert describe(findings.describe_crossing, noisy, denoised) == said


@pytest.mark.parametrize(
    ("curve", "said"),
    [
        (
            [0.95, 0.45],
            ", the accuracy falls under 0.9 at a noise level of 0.10 and falls under 0.5 at a noise level of 0.90.",
        ),
        ([0.8, 0.7], ", the accuracy is under 0.9 at every level and never falls under 0.5."),
        ([0.4, 0.95], ", the accuracy is under 0.9 at first but not later and is under 0.5 at first but not later."),
        ([0.8], " at the one noise level, 0.4, the accuracy is under 0.9 and is not under 0.5."),
    ],
)
def test_falls_are_described_as_they_are_where_a_curve_starts_or_stays_on_one_side(curve, said):
    noisy, denoised = describe(findings.describe_falls, curve, curve)
    assert noisy == f"On noisy images{said}"
    assert denoised == f"On denoised images{said}"


def make_chance_runs(*accuracies, factors=(0.001,)):
    return pd.DataFrame(
        {"classifier": "mlp", "factor": factor, "replicate": replicate, "accuracy": accuracy, "chance": 0.1135}
        for factor in factors
        for replicate, accuracy in enumerate(accuracies, start=1)
    )


def test_runs_that_end_no_better_than_chance_are_counted_and_named():
    assert findings.describe_chance(make_chance_runs(0.98, 0.1135, 0.0958)) == [
        "2 of 3 runs of “mlp” end no better than chance, 0.1135, the accuracy of naming the most frequent class for "
        "all images: replicate 2 at factor 0.001 and replicate 3 at factor 0.001."
    ]
    [one] = findings.describe_chance(make_chance_runs(0.1, factors=[np.nan]))
    assert one.startswith("This run of “mlp” ends no better than chance, 0.1135, ")


def test_many_runs_that_end_no_better_than_chance_stay_a_sentence():
    [said] = findings.describe_chance(make_chance_runs(*[0.1] * 500, factors=[0.001, 0.01]))
    assert said.startswith("1,000 of 1,000 runs of “mlp” end no better than chance")
    assert said.endswith("replicate 8 at factor 0.001 and 992 more.")


def test_a_scorer_that_has_learnt_nothing_is_named_and_other_runs_are_not_the_scorer():
    [said] = findings.describe_scorer(make_chance_runs(0.1, 0.98))
    assert said.startswith("“mlp”, which is asked for the class, is no better than chance on clean images")
    assert findings.describe_scorer(make_chance_runs(0.98, 0.1)) == []


def test_nothing_is_said_of_chance_where_all_is_well():
    assert findings.describe_chance(make_chance_runs(0.98, 0.1136)) == []
    assert findings.describe_autoencoder(make_losses(0.12))[1:] == []


def make_losses(last):
    return pd.DataFrame({"epoch": 1, "data": ["training", "validation"], "loss": [0.1, last], "chance": 0.26})


def test_an_autoencoder_that_has_learnt_nothing_is_named():
    loss, chance = findings.describe_autoencoder(make_losses(0.27))
    assert loss == (
        "After 1 epoch, the autoencoder's loss is 0.1000 on the training images and 0.2700 on the test images."
    )
    assert chance == "The autoencoder is no better than chance: one image for all, the mean, has a loss of 0.2600."


def test_the_most_frequent_mistake_is_named_by_its_classes():
    confusion = pd.DataFrame({"true": [0, 0, 1], "predicted": [0, 1, 0], "count": [9000, 3, 997]})
    assert findings.describe_confusion(confusion, "cnn", ["bag", "coat"]) == (
        "“cnn” gets 1,000 of 10,000 test images wrong; its most frequent mistake is coat taken for bag, 997 times."
    )


def test_a_classifier_without_a_mistake_is_believed():
    confusion = pd.DataFrame({"true": [0, 0], "predicted": [0, 1], "count": [10, 0]})
    assert findings.describe_confusion(confusion, "cnn", ["0", "1"]) == "“cnn” gets all 10 test images right."


def test_norms_are_those_of_the_penalized_weights_over_the_factors():
    norms = pd.DataFrame(
        [(0.001, 1, "Dense 1", 3.0), (0.001, 1, "all penalized", 5.0), (0.01, 1, "all penalized", 4.0)],
        columns=["factor", "replicate", "layer", "norm"],
    )
    assert "From factor 0.001 to 0.01, the L2 norm of the penalized weights goes from 5.00 to 4.00." in (
        findings.describe_norms(norms)
    )
    assert "At its one L2 factor" in findings.describe_norms(norms[norms["factor"] == 0.001])


def test_the_comparison_names_the_farthest_number_and_counts_those_without_counterpart():
    comparison = pd.DataFrame(
        {
            "quantity": ["a", "b", "c", "CNN accuracy on noisy images, noise level 0.1"],
            "reference": [0.9, 0.8, 0.7, 0.6],
            "ours": [0.91, 0.75, np.nan, 0.6],
        }
    ).assign(difference=lambda table: table["ours"] - table["reference"])
    single, noise, missing = findings.describe_comparison(comparison)
    assert "all within 0.0500; the farthest is “b”: published 0.8000, ours 0.7500" in single
    assert "points of the published noise curves" in noise
    assert missing == "1 published number has no counterpart here: the table says why not."


def test_a_study_without_anything_to_compare_says_so():
    comparison = pd.DataFrame({"quantity": ["a"], "reference": [0.9], "ours": [np.nan], "difference": [np.nan]})
    [said] = findings.describe_comparison(comparison)
    assert said.startswith("No published number is compared, as the networks or trainings of this study are others")


def test_headline_numbers():
    assert findings.number_accuracy(make_factors(0.98, 0.985)) == (
        "0.9850",
        "mean accuracy of mlp at factor 0.002, best of 2",
    )
    assert findings.number_accuracy(make_factors(0.98, n=1).assign(factor=np.nan)) == ("0.9800", "accuracy of mlp")
    levels = make_levels([0.99, 0.6], [0.95, 0.9])
    assert findings.number_crossing(levels, tabulate_thresholds(levels))[0] == "0.12"
