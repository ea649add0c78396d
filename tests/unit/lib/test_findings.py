"""The sentences of the report, where a study is not the usual one as well."""

import numpy as np
import pandas as pd
import pytest

from workflow.lib import findings

MLP = {"layers": [{"dense": 8}], "epochs": 40}
CNN = {"layers": [{"conv": 8}, {"dense": 8}], "epochs": 1}


def make_factors(*means, n=3, half_width=0.001):
    """Make a row for each mean, of factors 0.001, 0.002, …; a single run has no spread."""
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
            (level, images, accuracy)
            for images, values in (("noisy", noisy), ("denoised", denoised))
            for level, accuracy in zip(levels, values, strict=True)
        ],
        columns=["level", "images", "accuracy"],
    )


def make_thresholds(crossing=np.nan, **falls):
    rows = {"curves cross": crossing}
    for images in ("noisy", "denoised"):
        for threshold in (0.9, 0.5):
            rows[f"accuracy on {images} images falls under {threshold}"] = falls.get(
                f"{images}_{round(10 * threshold)}", np.nan
            )
    return pd.DataFrame(rows.items(), columns=["quantity", "level"])


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


def test_the_crossing_says_from_where_on_denoising_pays_off():
    levels = make_levels([0.99, 0.6, 0.1], [0.95, 0.9, 0.1])
    assert findings.describe_crossing(levels, make_thresholds(0.0588)) == (
        "Denoising pays off above a noise level of 0.06, where the curves cross; below it, it hurts: at level 0, it "
        "takes the accuracy from 0.9900 to 0.9500. It helps most at level 0.5, where it adds 0.3000."
    )


def test_a_level_above_the_crossing_at_which_denoising_does_not_pay_off_is_named():
    said = findings.describe_crossing(make_levels([0.99, 0.6, 0.101], [0.95, 0.9, 0.1]), make_thresholds(0.0588))
    assert "where the curves cross, but not at level 1; below it, it hurts" in said


def test_no_single_crossing_is_claimed_where_the_curves_cross_twice():
    said = findings.describe_crossing(make_levels([0.9, 0.8, 0.5], [0.95, 0.7, 0.6]), make_thresholds(0.75))
    assert said == "Denoising pays off at noise level 0, 1, and at no other one between 0 and 1."


@pytest.mark.parametrize(
    ("noisy", "denoised", "said"),
    [
        (
            [0.9, 0.5],
            [0.95, 0.8],
            "pays off at every noise level between 0 and 1, most at level 1, where it adds 0.3000",
        ),
        ([0.9, 0.5], [0.8, 0.5], "pays off at no noise level between 0 and 1: the curves don't cross"),
        ([0.9, 0.8, 0.7], [0.95, 0.7, 0.6], "pays off at noise level 0, and at no other one between 0 and 1"),
        ([0.6], [0.9], "At the one noise level, 0.4, denoising raises the accuracy from 0.6000 to 0.9000."),
        ([0.9], [0.6], "denoising lowers the accuracy from 0.9000 to 0.6000"),
        ([0.9], [0.9], "denoising leaves the accuracy at 0.9000"),
    ],
)
def test_curves_that_never_cross_are_described_by_what_they_do(noisy, denoised, said):
    assert said in findings.describe_crossing(make_levels(noisy, denoised), make_thresholds())


def test_falls_are_described_as_they_are_where_a_curve_starts_or_stays_on_one_side():
    levels = make_levels([0.95, 0.45], [0.8, 0.7])
    noisy, denoised = findings.describe_falls(levels, make_thresholds(noisy_9=0.1, noisy_5=0.9))
    assert noisy == (
        "On noisy images, the accuracy falls under 0.9 at a noise level of 0.10 "
        "and falls under 0.5 at a noise level of 0.90."
    )
    assert (
        denoised == "On denoised images, the accuracy is under 0.9 from the first level on and never falls under 0.5."
    )


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
    assert missing == "1 published number has no counterpart here."


def test_headline_numbers():
    assert findings.number_accuracy(make_factors(0.98, 0.985)) == (
        "0.9850",
        "mean accuracy of mlp at factor 0.002, best of 2",
    )
    assert findings.number_accuracy(make_factors(0.98, n=1).assign(factor=np.nan)) == ("0.9800", "accuracy of mlp")
    assert findings.number_crossing(make_thresholds()) is None
    assert findings.number_crossing(make_thresholds(0.113))[0] == "0.11"
