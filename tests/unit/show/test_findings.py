"""Test the sentences of the report, but for those about the noise study, also of unusual studies."""

import numpy as np
import pandas as pd
import pytest

from mnist_study.scripts.compare_settings import compare_settings
from mnist_study.scripts.summarize_autoencoder import tabulate_losses
from mnist_study.scripts.summarize_classifier import summarize_settings
from mnist_study.scripts.summarize_ensembles import tabulate_ensembles
from mnist_study.seeding import derive_seed
from mnist_study.show import findings, wording

MLP = {"layers": [{"dense": 8}], "sweep": [["l2", [0.001, 0.002]]], "epochs": 40}
CNN = {"layers": [{"conv": 8}, {"dense": 8}], "sweep": [], "epochs": 1}
SEED = derive_seed(1, "sign flips")
TEN = np.array([-9, -6, -4, -2, -1, 1, 2, 4, 6, 9]) / 1e4  # a spread of ten replicates around their mean


def make_runs(*accuracies, held_out=None):
    """Make runs.csv: for each L2 factor, 0.001, 0.002, …, the accuracies of its replicates on the test images.

    `held_out`: those on the held-out images, if there are such images.
    """
    rows = []
    for data, values in (("held-out", held_out or []), ("test", accuracies)):
        for number, replicates in enumerate(values, start=1):
            factor = 0.001 * number
            rows += [
                {"classifier": "mlp", "l2": factor, "replicate": replicate, "data": data, "accuracy": accuracy}
                for replicate, accuracy in enumerate(replicates, start=1)
            ]
    return pd.DataFrame(rows).assign(total=10_000, chance=0.1135)


def make_one_setting(*accuracies):
    """Make runs.csv of a classifier without a sweep."""
    return make_runs(accuracies).drop(columns="l2")


def describe_sweep(runs):
    return findings.describe_sweep(summarize_settings(runs), runs, MLP)


def describe_differences(*accuracies, **kinds):
    return findings.describe_differences(compare_settings(make_runs(*accuracies, **kinds), SEED))


# --- Accuracy -------------------------------------------------------------------------------------------------------


def test_a_single_run_has_the_interval_of_its_images_and_nothing_is_said_of_other_trainings():
    statistics = summarize_settings(make_one_setting(0.9812))
    assert findings.describe_classifier(statistics, CNN) == (
        "The convolutional network “mlp” reaches an accuracy of 0.9812 on the test images after 1 epoch (n = 1 run; "
        "95 % interval: 0.9783 to 0.9837 by the number of images; nothing is known of other trainings)."
    )


def test_replicates_have_a_spread_and_both_intervals():
    statistics = summarize_settings(make_one_setting(0.98, 0.981, 0.982))
    assert findings.describe_classifier(statistics, MLP) == (
        "The multilayer perceptron “mlp” reaches an accuracy of 0.9810 ± 0.0010 on the test images after 40 epochs "
        "(n = 3 replicates; 95 % intervals: 0.9785 to 0.9835 of the mean, 0.9781 to 0.9835 by the number of images)."
    )


def test_the_wide_interval_of_two_replicates_ends_where_an_accuracy_does():
    said = findings.describe_classifier(summarize_settings(make_one_setting(0.97, 0.99)), MLP)
    assert "0.9800 ± 0.0141" in said
    assert "(n = 2 replicates; 95 % intervals: 0.8529 to 1.0000 of the mean, " in said


def test_replicates_without_a_spread_have_no_interval_of_the_mean():
    said = findings.describe_classifier(summarize_settings(make_one_setting(0.98, 0.98, 0.98)), MLP)
    assert "0.9800 ± 0.0000 on the test images" in said
    assert said.endswith("(the same in all n = 3 replicates; 95 % interval: 0.9771 to 0.9826 by the number of images).")


def test_the_best_setting_of_the_test_images_is_called_biased():
    best, biased, run = describe_sweep(make_runs([0.979, 0.981], [0.984, 0.986], [0.97, 0.97]))
    assert best.startswith(
        "Of 3 settings of l2, l2 0.002 has the highest mean accuracy of the multilayer perceptron “mlp” on the test "
        "images after 40 epochs, 0.9850 ± 0.0014 (n = 2 replicates; 95 % intervals: "
    )
    assert biased == "The choice was made on these same images, so this number is biased upwards."
    assert run == (
        "Of all 6 runs, the highest accuracy on the test images is 0.9860, of replicate 2 at l2 0.002: as a "
        "maximum, it is biased upwards."
    )


def test_the_best_setting_of_the_held_out_images_is_told_by_the_test_images():
    runs = make_runs([0.979, 0.981], [0.98, 0.982], held_out=[[0.984, 0.986], [0.97, 0.972]])
    best, tested, run = describe_sweep(runs)
    assert best == (
        "Of 2 settings of l2, l2 0.001 has the highest mean accuracy of the multilayer perceptron “mlp” on the "
        "held-out images after 40 epochs, 0.9850 ± 0.0014."
    )
    assert tested.startswith(
        "On the test images, which had no part in this choice, l2 0.001 reaches 0.9800 ± 0.0014 (n = 2 replicates; "
    )
    assert "on the held-out images is 0.9860, of replicate 2 at l2 0.001" in run


def test_settings_with_the_same_mean_share_the_first_place():
    # The means differ in their last bits, as their replicates are summed in another order.
    best, first, biased, run = describe_sweep(make_runs([0.9801, 0.9803, 0.9806], [0.9806, 0.9801, 0.9803], [0.97] * 3))
    assert best.startswith("Of 3 settings of l2, l2 0.001 and l2 0.002 share the highest mean accuracy ")
    assert best.endswith(", 0.9803.")
    assert first.startswith("At l2 0.001, the first of them, it is 0.9803 ± 0.0003 (n = 3 replicates; ")
    assert "biased upwards" in biased
    assert "of replicate 3 at l2 0.001 and replicate 1 at l2 0.002: as a maximum" in run


def test_of_tied_settings_of_the_held_out_images_the_first_is_tested():
    _, tested, _ = describe_sweep(make_runs([0.97, 0.972], [0.99, 0.992], held_out=[[0.98, 0.981], [0.981, 0.98]]))
    assert "no part in this choice, l2 0.001 reaches 0.9710" in tested


def test_with_one_replicate_no_spread_is_claimed():
    best, biased = describe_sweep(make_runs([0.98], [0.985]))
    assert "0.002 has the highest accuracy of" in best
    assert "0.9850 (n = 1 run; 95 % interval: " in best
    assert "±" not in best
    assert "biased upwards" in biased


def test_one_setting_is_not_called_the_best():
    [sentence] = describe_sweep(make_runs([0.98]))
    assert sentence.startswith(
        "At l2 0.001, the multilayer perceptron “mlp” reaches an accuracy on the test images after 40 "
        "epochs of 0.9800 (n = 1 run; "
    )


# --- Differences between settings -------------------------------------------------------------------------------------


def test_a_consistent_difference_of_three_replicates_is_not_shown_and_the_number_that_would_do_is_told():
    too_few, largest = describe_differences([0.97, 0.971, 0.972], [0.98, 0.9811, 0.982], [0.97, 0.972, 0.971])
    assert too_few == (
        "With 3 replicates, no difference between settings can be shown: sign flips give p = 0.25 at best; for 3 "
        "comparisons, at least 7 replicates are needed."
    )
    assert largest == (
        "The largest difference on the test images is l2 0.002 over 0.001 by 0.0100 (0.0099 to 0.0102); before the "
        "correction, 2 of 3 intervals leave out zero."
    )


def test_of_one_comparison_no_correction_is_told():
    too_few, largest = describe_differences([0.97, 0.971, 0.972], [0.98, 0.9811, 0.982])
    assert too_few.endswith("sign flips give p = 0.25 at best; at least 6 replicates are needed.")
    assert largest.endswith("is l2 0.002 over 0.001 by 0.0100 (0.0099 to 0.0102).")


def test_ten_pairs_show_a_difference_that_is_smaller_than_the_spread_of_the_replicates():
    first = 0.98 + TEN
    second = 0.9805 + TEN + np.array([1, -1] * 5) / 1e4
    statistics = summarize_settings(make_runs(first, second))
    assert statistics["ci95_high"][0] > statistics["ci95_low"][1]  # by unpaired intervals, they could be equal
    shown, named, power = describe_differences(first, second)
    assert shown == "Of 1 difference between settings on the test images, 1 is shown."
    assert named == "It is l2 0.002 over 0.001 by 0.0005 (0.0004 to 0.0006)."
    assert power == (
        "The differences of 10 replicates have a standard deviation of 0.00011: before the correction, a paired t-test "
        "shows a true difference of 0.0001 with a power of 80 %."
    )


def test_the_largest_of_many_differences_are_named_the_better_setting_first():
    wiggle = np.array([1, -1] * 5) / 1e4
    shown, named, _ = describe_differences(0.98 + TEN, 0.99 + TEN + wiggle, 0.985 + TEN, 0.969 + TEN - wiggle)
    assert shown == "Of 6 differences between settings on the test images, 6 are shown."
    assert named == (
        "The largest are l2 0.002 over 0.004 by 0.0210 (0.0208 to 0.0212), l2 0.003 over 0.004 by 0.0160 (0.0159 "
        "to 0.0161) and l2 0.001 over 0.004 by 0.0110 (0.0109 to 0.0111)."
    )


def test_of_ten_pairs_without_a_consistent_difference_none_is_shown():
    none, largest, power = describe_differences(0.98 + TEN, 0.9801 + TEN[::-1], 0.98 + np.roll(TEN, 3))
    assert none == "Of 3 differences between settings on the test images, none is shown."
    assert largest.startswith(
        "The largest difference on the test images is l2 0.002 over 0.001 by 0.0001 (-0.0007 to 0.0"
    )
    assert largest.endswith("; before the correction, none of 3 intervals leaves out zero.")
    assert power.startswith("The differences of 10 replicates have a standard deviation of 0.0")


def test_differences_on_held_out_images_are_named_as_such():
    first, second = describe_differences([0.97, 0.98], [0.97, 0.98], held_out=[[0.98, 0.982], [0.981, 0.982]])
    assert "no difference between settings can be shown" in first
    assert second.startswith("The largest difference on the held-out images is l2 0.002 over 0.001 by 0.0005 (")


def test_a_difference_that_all_replicates_share_has_no_interval():
    _, largest, spread = describe_differences([0.98, 0.981, 0.982], [0.975, 0.976, 0.977])
    assert largest == (
        "The largest difference on the test images is l2 0.001 over 0.002 by 0.0050 (the same in all 3 replicates)."
    )
    assert spread == "All replicates differ by the same, so that their spread says nothing of chance."


@pytest.mark.parametrize(("replicates", "where"), [([0.98], "the one replicate"), ([0.98, 0.99], "all 2 replicates")])
def test_settings_that_are_alike_in_every_replicate_are_called_so(replicates, where):
    said = describe_differences(replicates, replicates, replicates)
    assert said == [f"On the test images, all settings have the same accuracy in {where}."]


def test_one_replicate_shows_no_difference():
    assert describe_differences([0.98], [0.975]) == [
        "With one replicate per setting, no difference between settings can be shown.",
        "The largest difference on the test images is l2 0.001 over 0.002 by 0.0050.",
    ]


def test_a_difference_in_a_grid_names_all_values_of_both_settings():
    runs = make_runs([0.98], [0.975]).assign(l2=[0.1, 0.2]).rename(columns={"l2": "learning_rate"})
    runs.insert(2, "dropout", 0.5)
    _, told = findings.describe_differences(compare_settings(runs, SEED))
    assert told.endswith("is learning rate 0.1, dropout 0.5 over learning rate 0.2, dropout 0.5 by 0.0050.")


def test_the_best_setting_of_a_grid_is_named_by_all_of_its_values():
    runs = make_runs([0.98], [0.975]).assign(l2=[0.1, 0.2]).rename(columns={"l2": "learning_rate"})
    runs.insert(2, "epochs", [2, 10])
    model = MLP | {"sweep": [["learning_rate", [0.1, 0.2]], ["epochs", [2, 10]]]}
    best, _ = findings.describe_sweep(summarize_settings(runs), runs, model)
    assert best.startswith("Of 2 settings of learning rate and epochs, learning rate 0.1, epochs 2 has the highest ")
    assert "after the last epoch" in best


def test_more_settings_than_any_number_of_replicates_can_compare_are_called_so():
    assert wording.describe_power(3, 30_000, "difference").endswith(
        "; for 30,000 comparisons, no number of replicates is enough."
    )


def make_ensembles(*settings):
    runs = {"classifier": "mlp", "replicates": [1, 2, 3], "total": 10_000}
    return tabulate_ensembles([runs | {"setting": setting, "correct": 9860} for setting in settings])


def test_an_ensemble_is_told_with_the_interval_of_its_images():
    statistics = summarize_settings(make_one_setting(0.98, 0.981, 0.982))
    assert findings.describe_ensembles(make_ensembles({}), statistics) == (
        "As an ensemble, by the mean of their class probabilities, the 3 replicates of “mlp” reach 0.9860 on the test "
        "images (one ensemble; 95 % interval by the number of images: 0.9835 to 0.9881)."
    )


def test_an_ensemble_at_the_best_setting_says_on_which_images_that_was_chosen():
    accuracies = [0.97, 0.971, 0.972], [0.98, 0.981, 0.982]
    told = [
        findings.describe_ensembles(
            make_ensembles({"l2": 0.001}, {"l2": 0.002}), summarize_settings(make_runs(*accuracies, **kinds))
        )
        for kinds in ({}, {"held_out": list(accuracies)})
    ]
    assert "at l2 0.002, chosen on these same images, reach 0.9860" in told[0]
    assert "at l2 0.002 reach 0.9860" in told[1]


@pytest.mark.parametrize(
    ("accuracies", "said"),
    [
        ([0.9913], "is reached by this one run, with 0.9913."),
        ([0.9899], "is missed by this one run, with 0.9899."),
        ([0.9913, 0.9915, 0.9914], "is reached by the mean: 0.9914 (95 % interval of the mean: 0.9912 to 0.9916)."),
        ([0.9883, 0.9885, 0.9884], "is missed by the mean: 0.9884 (95 % interval of the mean: 0.9882 to 0.9886)."),
        ([0.9913, 0.9913], "is reached by each of 2 replicates, with 0.9913."),
        (
            [0.989, 0.992, 0.993],
            "is neither shown to be reached by the mean nor to be missed: 0.9913 (95 % interval of the mean: 0.9862 to "
            "0.9965).",
        ),
    ],
)
def test_the_goal_is_reached_or_missed_as_far_as_the_interval_shows_it(accuracies, said):
    told = findings.describe_goal(summarize_settings(make_one_setting(*accuracies)))
    assert told == f"The goal of the study for the CNN, an accuracy of at least 0.99 on the test images, {said}"


# --- Warnings -------------------------------------------------------------------------------------------------------


def test_runs_that_end_no_better_than_chance_are_counted_and_named():
    assert findings.describe_chance(make_runs([0.98, 0.1135, 0.0958])) == [
        "2 of 3 runs of “mlp” end no better than chance on the test images, 0.1135, the accuracy of naming their most "
        "frequent class for all: replicate 2 at l2 0.001 and replicate 3 at l2 0.001."
    ]
    [one] = findings.describe_chance(make_one_setting(0.1))
    assert one.startswith("This run of “mlp” ends no better than chance on the test images, 0.1135, ")


def test_chance_is_told_of_the_validation_images():
    [said] = findings.describe_chance(make_runs([0.98], held_out=[[0.1]]))
    assert said.startswith("This run of “mlp” ends no better than chance on the held-out images, ")
    assert findings.describe_chance(make_runs([0.1], held_out=[[0.98]])) == []


def test_many_runs_that_end_no_better_than_chance_stay_a_sentence():
    [said] = findings.describe_chance(make_runs([0.1] * 500, [0.1] * 500))
    assert said.startswith("1,000 of 1,000 runs of “mlp” end no better than chance")
    assert said.endswith("replicate 8 at l2 0.001 and 992 more.")


@pytest.mark.parametrize(
    ("accuracies", "replicates", "said"),
    [
        ([[0.1], [0.98]], 1, " on clean test images: the noise curves tell nothing of noise or denoising."),
        ([[0.1, 0.98, 0.98]], 3, " in 1 of 3 replicates: their noise curves tell nothing of noise or denoising."),
        ([[0.1, 0.1]], 2, " in 2 of 2 replicates: the noise curves tell nothing of noise or denoising."),
    ],
)
def test_a_scorer_that_has_learnt_nothing_is_named(accuracies, replicates, said):
    [told] = findings.describe_scorer(make_runs(*accuracies), replicates)
    assert told.startswith("“mlp”, which is asked for the class, is no better than chance on clean test images")
    assert told.endswith(said)


@pytest.mark.parametrize(
    "runs", [make_runs([0.98], [0.1]), make_runs([0.98, 0.1]), make_runs([0.98], held_out=[[0.1]])]
)
def test_runs_that_do_not_score_noisy_images_are_not_the_scorer(runs):
    assert findings.describe_scorer(runs, replicates=1) == []


def make_autoencoder(*last, validation="test"):
    """Make losses.csv and epochs.csv of an autoencoder of one epoch: for each replicate, its loss on other images."""
    runs = [
        {"autoencoder": "ae", "final": {"loss": 0.1, "val_loss": loss}}
        | {"test": {"loss": loss + (0.01 if validation != "test" else 0)}}
        for loss in last
    ]
    epochs = pd.DataFrame(
        {"autoencoder": "ae", "replicate": replicate, "epoch": 1, "data": data, "loss": loss, "chance": 0.26}
        for replicate, loss in enumerate(last, start=1)
        for data in ("training", validation)
    )
    return tabulate_losses(runs, validation), epochs


@pytest.mark.parametrize(
    ("losses", "validation", "said"),
    [
        ([0.12], "test", "0.1000 on the noisy training images and 0.1200 on the noisy test images (n = 1 run)."),
        (
            [0.12, 0.122],
            "held-out",
            "0.1000 ± 0.0000 on the noisy training images and 0.1310 ± 0.0014 on the noisy test images (n = 2 "
            "replicates).",
        ),
    ],
)
def test_the_autoencoders_loss_is_that_of_the_training_and_of_the_test_images(losses, validation, said):
    told = findings.describe_autoencoder(*make_autoencoder(*losses, validation=validation))
    assert told == [f"After 1 epoch, the loss of “ae” is {said}"]


@pytest.mark.parametrize(
    ("losses", "which"),
    [
        ([0.27], "“ae” is"),
        ([0.27, 0.12, 0.12], "Of 3 replicates of “ae”, 1 is"),
        ([0.27, 0.26, 0.12], "Of 3 replicates of “ae”, 2 are"),
    ],
)
def test_an_autoencoder_that_has_learnt_nothing_is_named(losses, which):
    _, chance = findings.describe_autoencoder(*make_autoencoder(*losses))
    assert chance == (
        f"{which} no better than chance: one image for all, the mean, has a loss of 0.2600 on the test images."
    )


def test_nothing_is_said_of_chance_where_all_is_well():
    assert findings.describe_chance(make_runs([0.98, 0.1136])) == []


# --- Mistakes, norms, published numbers -----------------------------------------------------------------------------


def test_the_most_frequent_mistake_is_named_by_its_classes():
    confusion = pd.DataFrame(
        {"true": ["bag", "bag", "coat"], "predicted": ["bag", "coat", "bag"], "count": [9000, 3, 997]}
    )
    assert findings.describe_confusion(confusion, "cnn") == (
        "Replicate 1 of “cnn” gets 1,000 of 10,000 clean test images wrong; its most frequent mistake is coat taken "
        "for bag, 997 times."
    )


def test_mistakes_that_are_equally_frequent_are_all_named():
    names = {"true": ["bag", "bag", "coat", "coat"], "predicted": ["bag", "coat", "coat", "bag"]}
    confusion = pd.DataFrame(names | {"count": [90, 3, 90, 3]})
    said = findings.describe_confusion(confusion, "cnn")
    assert said.endswith("its most frequent mistakes are bag taken for coat and coat taken for bag, 3 times each.")


def test_a_classifier_without_a_mistake_is_believed():
    confusion = pd.DataFrame({"true": [0, 0], "predicted": [0, 1], "count": [10, 0]})
    assert findings.describe_confusion(confusion, "cnn") == (
        "Replicate 1 of “cnn” gets all 10 clean test images right."
    )


def test_norms_are_those_of_the_penalized_weights_at_both_ends_of_the_sweep():
    rows = [(0.001, 1, "Dense 1", 3.0), *((0.001, k, "all penalized", 5.0 + k) for k in (1, 2))]
    rows += [(0.005, k, "all penalized", 4.5) for k in (1, 2)] + [(0.01, k, "all penalized", 4.0) for k in (1, 2)]
    norms = pd.DataFrame(rows, columns=["l2", "replicate", "layer", "norm"])
    norms.insert(0, "classifier", "mlp")
    assert findings.describe_norms(norms) == [
        "The L2 norm of the penalized weights is 6.50 ± 0.71 at l2 0.001 and 4.00 ± 0.00 at l2 0.01 (n = 2 replicates)."
    ]
    one = norms[(norms["l2"] == 0.001) & (norms["replicate"] == 1)]
    assert findings.describe_norms(one) == ["The L2 norm of the penalized weights is 6.00 at l2 0.001 (n = 1 run)."]
    assert findings.describe_norms(norms[norms["layer"] == "Dense 1"]) == []


def make_comparison(**columns):
    """Make published.csv of two single numbers, one of a noise curve, and one without a counterpart."""
    table = pd.DataFrame(
        {
            "quantity": ["a", "b", "c", "CNN accuracy on noisy images, noise level 0.1"],
            "reference": [0.9, 0.8, 0.7, 0.6],
            "ours": [0.91, 0.75, np.nan, 0.6],
            "standard_deviation": [0.01, np.nan, np.nan, 0.02],
            "inside_ci95": ["no", None, None, "yes"],
            "inside_run95": ["yes", None, None, "yes"],
            "inside_wilson95": ["no", "no", None, "yes"],
        }
    )
    return table.assign(difference=table["ours"] - table["reference"]).assign(**columns)


def test_published_numbers_are_told_by_each_interval_and_the_farthest_is_named():
    single, noise, run, missing = findings.describe_comparison(make_comparison())
    assert single == (
        "Of 2 single published numbers, 1 of 1 lie inside the 95 % interval of one more training, 0 of 1 inside that "
        "of our mean and 0 of 2 inside that of the number of test images. The farthest is “b”: published 0.8000, ours "
        "0.7500."
    )
    assert noise.startswith("Of 1 points of the published noise curves, 1 of 1 lie inside")
    assert noise.endswith("published 0.6000, ours 0.6000 ± 0.0200.")
    assert run == "Each published number is of one run, and so is to be held against one more training of ours."
    assert missing == "1 published number has no counterpart here: the table says why not."


def test_published_numbers_are_told_by_their_images_alone_where_ours_is_one_run():
    single, _, run, _ = findings.describe_comparison(make_comparison(inside_ci95=None, inside_run95=None))
    assert "Of 2 single published numbers, 0 of 2 lie inside the 95 % interval of the number of test images. " in single
    assert run == "Each published number is of one run, as ours is: nothing says how far two trainings differ."


def test_a_study_without_anything_to_compare_says_so():
    [said] = findings.describe_comparison(make_comparison(ours=np.nan))
    assert said.startswith("No published number is compared, as the networks or trainings of this study are others")


# --- Headline numbers -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("runs", "number", "label"),
    [
        (make_one_setting(0.98), "0.9800", "test accuracy of mlp, n = 1 run"),
        (
            make_runs([0.98, 0.981], [0.985, 0.986]),
            "0.9855 ± 0.0007",
            "test accuracy of mlp at l2 0.002, the best of 2 on the test images and so biased upwards, n = 2 "
            "replicates",
        ),
        (
            make_runs([0.98], [0.985], held_out=[[0.99], [0.97]]),
            "0.9800",
            "test accuracy of mlp at l2 0.001, the best of 2 on the held-out images, n = 1 run",
        ),
    ],
)
def test_a_headline_accuracy_is_that_on_the_test_images_with_what_it_is_of(runs, number, label):
    assert findings.number_accuracy(summarize_settings(runs)) == (number, label)


def test_a_headline_loss_is_that_on_the_test_images():
    losses, _ = make_autoencoder(0.12, 0.122, validation="held-out")
    assert findings.number_loss(losses) == (
        "0.1310 ± 0.0014",
        "loss of ae on noisy test images, n = 2 replicates",
    )
