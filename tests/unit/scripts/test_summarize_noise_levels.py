"""Test the tables of the noise study, on the published curves and on invented ones."""

import math

import numpy as np
import pandas as pd
import pytest
import scipy.stats

from mnist_study.scripts.summarize_noise_levels import (
    compare_images,
    find_fall,
    summarize_classes,
    summarize_levels,
    summarize_thresholds,
    tabulate_falls,
    tabulate_runs,
)
from mnist_study.seeding import derive_seed
from mnist_study.trust.metrics_writer import write_metrics
from mnist_study.trust.provenance import write_provenance
from mnist_study.trust.reasons import list_reasons

LEVELS = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]
# The curves of the first implementation of this study.
DENOISED = [0.9539, 0.9528, 0.9505, 0.9408, 0.9192, 0.8621, 0.7292, 0.5143, 0.3191, 0.1758, 0.1012]
NOISY = [0.9909, 0.9651, 0.8956, 0.7867, 0.6482, 0.4901, 0.3310, 0.2289, 0.1612, 0.1209, 0.0981]
SEED = derive_seed(7, "sign flips")


def tabulate(*curves, levels=LEVELS):
    """Tabulate replicates 1, 2, …, each with its pair of curves: the accuracies on noisy and on denoised images."""
    return tabulate_runs(
        [
            {"level": level, "replicate": replicate, "noisy": make_score(one), "denoised": make_score(other)}
            for replicate, (noisy, denoised) in enumerate(curves, start=1)
            for level, one, other in zip(levels, noisy, denoised, strict=True)
        ]
    )


def make_score(accuracy):
    """Make the score of 10,000 images of two classes, 6,000 of them ones. A mistake is predicted as the other class."""
    confusion = np.zeros((10, 10), int)
    for label, images in ((0, 4000), (1, 6000)):
        right = round(images * accuracy)
        confusion[label, label], confusion[label, 1 - label] = right, images - right
    return {"accuracy": accuracy, "confusion": confusion.tolist()}


def test_runs_are_a_row_for_each_level_images_and_replicate():
    table = tabulate(([0.99, 0.5], [0.95, 0.7]), ([0.98, 0.4], [0.94, 0.6]), levels=[0, 0.5])
    assert list(table.columns) == [
        *["level", "images", "replicate", "accuracy", "correct", "total", "chance", "wilson95_low", "wilson95_high"]
    ]
    assert table[["level", "images", "replicate", "accuracy", "correct"]].to_numpy().tolist() == [
        [0, "noisy", 1, 0.99, 9900],
        [0, "denoised", 1, 0.95, 9500],
        [0.5, "noisy", 1, 0.5, 5000],
        [0.5, "denoised", 1, 0.7, 7000],
        [0, "noisy", 2, 0.98, 9800],
        [0, "denoised", 2, 0.94, 9400],
        [0.5, "noisy", 2, 0.4, 4000],
        [0.5, "denoised", 2, 0.6, 6000],
    ]
    assert (table[["total", "chance"]] == [10_000, 0.6]).all(axis=None)
    # Wilson's interval of 9,900 of 10,000 images.
    assert table.loc[0, ["wilson95_low", "wilson95_high"]].tolist() == pytest.approx([0.98785, 0.99178], abs=1e-5)


def test_levels_are_summarized_over_the_replicates_by_hand():
    table = tabulate(([0.98, 0.5], [0.95, 0.7]), ([0.96, 0.3], [0.93, 0.9]), levels=[0, 0.5])
    levels = summarize_levels(table).set_index(["level", "images"])
    assert levels.index.tolist() == [(0, "denoised"), (0, "noisy"), (0.5, "denoised"), (0.5, "noisy")]
    row = levels.loc[(0, "noisy")]
    assert (row["n"], row["minimum"], row["maximum"], row["chance"]) == (2, 0.96, 0.98, 0.6)
    assert row["mean"] == pytest.approx(0.97)
    assert row["standard_deviation"] == pytest.approx(0.02 / math.sqrt(2))
    # With one degree of freedom, half the interval is 12.7062 × 0.0141421 / sqrt(2).
    assert row["ci95_high"] - row["mean"] == pytest.approx(0.127062, abs=1e-6)
    # Wilson's interval of 9,700 of 10,000 images.
    assert row[["wilson95_low", "wilson95_high"]].tolist() == pytest.approx([0.96648, 0.97317], abs=1e-5)
    assert levels.loc[(0.5, "denoised"), "mean"] == pytest.approx(0.8)


def test_one_replicate_has_neither_spread_nor_interval_at_a_level():
    levels = summarize_levels(tabulate(([0.98], [0.95]), levels=[0]))
    assert (levels["n"] == 1).all()
    assert levels[["standard_deviation", "ci95_low", "ci95_high"]].isna().all(axis=None)
    assert levels[["mean", "wilson95_low", "wilson95_high"]].notna().all(axis=None)


def test_denoised_and_noisy_images_are_compared_replicate_by_replicate_as_scipy_does():
    curves = [([0.99 - shift, 0.5], [0.95 - shift, 0.6 + shift]) for shift in (0, 0.001, 0.003, 0.002, 0.004, 0.005)]
    gains = compare_images(tabulate(*curves, levels=[0, 0.5]), SEED).set_index("level")
    assert gains.index.tolist() == [0, 0.5]
    assert gains["n"].tolist() == [6, 6]
    assert gains["mean_difference"].tolist() == pytest.approx([-0.04, 0.1025])
    assert gains["positive"].tolist() == [0, 6]
    differences = [0.1, 0.101, 0.103, 0.102, 0.104, 0.105]
    low, high = scipy.stats.ttest_1samp(differences, 0).confidence_interval(0.95)
    assert gains.loc[0.5, ["ci95_low", "ci95_high"]].tolist() == pytest.approx([low, high])
    # All six have the same sign: 2 of 2^6 choices of signs are as extreme. Holm doubles it for two levels.
    assert gains["p"].tolist() == [2 / 64, 2 / 64]
    assert gains["p_holm"].tolist() == [4 / 64, 4 / 64]
    assert gains["shown"].tolist() == [False, False]


def test_a_replicate_whose_images_show_a_gain_or_a_loss_is_counted():
    """Of 10,000 images, 5,195 against 5,000 is a difference by McNemar's test, and 5,194 against 5,000 is none."""
    helped, same, hurt = ([0.5], [0.5195]), ([0.5], [0.5194]), ([0.5195], [0.5])
    [row] = compare_images(tabulate(helped, same, hurt, helped, levels=[0.5]), SEED).to_dict("records")
    assert (row["n"], row["helped"], row["hurt"]) == (4, 2, 1)
    assert row["positive"] == 3


def fall(values, threshold):
    return find_fall(np.array([0, 0.1, 0.2, 0.3]), np.array(values), threshold)


def test_a_fall_between_two_levels_is_interpolated():
    assert fall([0.98, 0.94, 0.86, 0.5], 0.9) == pytest.approx(0.15)
    assert fall([0.98, 0.94, 0.86, 0.5], 0.92) == pytest.approx(0.125)


def test_a_curve_that_never_falls_has_no_level():
    assert np.isnan(fall([0.98, 0.97, 0.96, 0.95], 0.9))


def test_a_curve_that_only_reaches_the_threshold_has_not_fallen_under_it():
    assert np.isnan(fall([0.98, 0.97, 0.96, 0.9], 0.9))


def test_a_curve_at_the_threshold_falls_from_there():
    assert fall([0.98, 0.9, 0.8, 0.7], 0.9) == pytest.approx(0.1)


def test_a_curve_that_rises_again_counts_by_its_first_fall():
    assert fall([0.98, 0.82, 0.95, 0.5], 0.9) == pytest.approx(0.05)


def test_a_curve_that_starts_below_counts_once_it_has_risen():
    assert np.isnan(fall([0.5, 0.4, 0.3, 0.2], 0.9))
    assert fall([0.5, 0.95, 0.85, 0.2], 0.9) == pytest.approx(0.15)


def test_the_published_curves_cross_and_fall_where_they_do_by_hand():
    falls = tabulate_falls(tabulate((NOISY, DENOISED)))
    assert (falls["replicate"] == 1).all()
    assert falls.set_index("quantity")["level"].to_dict() == {
        "curves cross": pytest.approx(0.1183, abs=5e-5),  # 0.1 + 0.1 × 0.0123 / (0.0123 + 0.0549)
        "accuracy on noisy images falls under 0.9": pytest.approx(0.1937, abs=5e-5),
        "accuracy on noisy images falls under 0.5": pytest.approx(0.4937, abs=5e-5),
        "accuracy on denoised images falls under 0.9": pytest.approx(0.4336, abs=5e-5),
        "accuracy on denoised images falls under 0.5": pytest.approx(0.7073, abs=5e-5),
    }


def test_levels_in_any_order_give_the_same_thresholds():
    backwards = tabulate((NOISY[::-1], DENOISED[::-1]), levels=LEVELS[::-1])
    assert tabulate_falls(backwards).equals(tabulate_falls(tabulate((NOISY, DENOISED))))


CASES = pytest.mark.parametrize(
    ("noisy", "denoised", "cases"),
    [
        ([0.99, 0.95], [0.95, 0.94], ["denoised never above noisy", "never under", "never under"]),
        ([0.6, 0.55], [0.95, 0.94], ["denoised above noisy at every level", "under at every level", "never under"]),
        ([0.4, 0.95], [0.95, 0.94], ["denoised above noisy at first, not later", *["under at first, not later"] * 2]),
        ([0.4], [0.95], ["denoised above noisy at every level", *["under at every level"] * 2]),
        ([0.95], [0.95], ["denoised never above noisy", "never under", "never under"]),
    ],
    ids=["above", "below", "rising", "one level, below", "one level, equal"],
)


@CASES
def test_an_empty_level_says_which_case_it_is(noisy, denoised, cases):
    levels = [0, 0.1][: len(noisy)]
    falls = tabulate_falls(tabulate((noisy, denoised), levels=levels)).set_index("quantity")
    crossing, noisy_9, noisy_5 = cases
    assert falls["level"].isna().all()
    assert falls["case"]["curves cross"] == crossing
    assert falls["case"]["accuracy on noisy images falls under 0.9"] == noisy_9
    assert falls["case"]["accuracy on noisy images falls under 0.5"] == noisy_5


def test_a_curve_that_falls_says_so():
    assert tabulate_falls(tabulate((NOISY, DENOISED)))["case"].tolist() == ["cross", *["falls"] * 4]


def test_where_curves_fall_is_found_for_each_replicate_and_then_summarized():
    """The mean of two replicates is not where their mean curve falls: that is 0.25, as 0.9 lies half way."""
    curves = ([0.98, 0.98, 0.82], [0.98, 0.98, 0.98]), ([0.98, 0.9, 0.8], [0.98, 0.98, 0.98])
    falls = tabulate_falls(tabulate(*curves, levels=[0, 0.1, 0.3]))
    noisy = falls[falls["quantity"] == "accuracy on noisy images falls under 0.9"]
    assert noisy["replicate"].tolist() == [1, 2]
    assert noisy["level"].tolist() == pytest.approx([0.2, 0.1])
    found = summarize_thresholds(falls).set_index("quantity").loc["accuracy on noisy images falls under 0.9"]
    assert (found["replicates"], found["n"], found["case"]) == (2, 2, "falls")
    assert found["mean"] == pytest.approx(0.15)
    assert found["standard_deviation"] == pytest.approx(0.1 / math.sqrt(2))
    assert found[["minimum", "maximum"]].tolist() == pytest.approx([0.1, 0.2])


def test_only_replicates_whose_curves_fall_have_a_part_in_the_mean_and_the_case_says_so():
    falls = tabulate_falls(tabulate((NOISY, DENOISED), (NOISY, NOISY), (DENOISED, DENOISED)))
    thresholds = summarize_thresholds(falls).set_index("quantity")
    assert (thresholds["replicates"] == 3).all()
    crossing = thresholds.loc["curves cross"]
    assert (crossing["n"], crossing["case"]) == (1, "differs between replicates")
    assert crossing["mean"] == pytest.approx(0.1183, abs=5e-5)
    assert np.isnan(crossing["standard_deviation"])
    noisy = thresholds.loc["accuracy on noisy images falls under 0.9"]
    assert (noisy["n"], noisy["case"]) == (3, "falls")
    assert noisy["mean"] == pytest.approx((2 * 0.1937 + 0.4336) / 3, abs=5e-5)


@CASES
def test_curves_that_never_fall_have_no_level_and_their_case(noisy, denoised, cases):
    levels = [0, 0.1][: len(noisy)]
    thresholds = summarize_thresholds(tabulate_falls(tabulate(*[(noisy, denoised)] * 2, levels=levels)))
    assert list(thresholds.columns) == [
        *["quantity", "replicates", "n", "mean", "standard_deviation", "minimum", "maximum", "ci95_low", "ci95_high"],
        "case",
    ]
    assert (thresholds["n"] == 0).all()
    assert thresholds["mean"].isna().all()
    assert thresholds["case"].tolist()[:3] == cases


def test_the_accuracy_of_a_class_is_its_share_of_the_images_that_are_of_it():
    confusion = np.eye(10, dtype=int)
    confusion[4] = [0, 0, 0, 0, 3, 0, 0, 0, 0, 1]
    confusion[:, 9] += 2  # images of other classes predicted as nine don't lower the accuracy of the nines
    scores = {"noisy": {"confusion": confusion.tolist()}, "denoised": {"confusion": np.eye(10, dtype=int).tolist()}}
    other = scores | {"noisy": scores["denoised"]}
    names = [f"class {label}" for label in range(10)]
    table = summarize_classes([scores | {"level": 0.5}, other | {"level": 0.5}], names)
    assert table["class"].tolist() == 2 * names
    table = table.set_index(["level", "images", "class"])
    assert len(table) == 20
    assert (table["n"] == 2).all()
    assert table.loc[(0.5, "noisy", "class 4"), ["minimum", "mean", "maximum"]].tolist() == [3 / 6, 3 / 4, 1]
    assert table.loc[(0.5, "noisy", "class 9"), "mean"] == 1
    assert (table.xs("denoised", level="images")["mean"] == 1).all()


BASE = {"seed": 7, "dataset": "mnist"}
SETTINGS = {
    "seed": 7,
    "evaluation": BASE | {"classifier": "cnn"},
    "levels": [0.0, 0.5],
    "replicates": [1, 2],
    "classifier": BASE | {"validation": "test", "classifier": "cnn", "swept": []},
    "autoencoder": BASE | {"validation": "test", "epochs": 2},
}


def name_weights(replicate):
    return {"classifier": f"{replicate}" * 64, "autoencoder": f"{replicate + 4}" * 64}


def write_level(path, level, replicate, weights):
    """Write the metrics of a replicate at a level. Of ten images, denoising hurts one."""
    noisy, denoised = np.eye(10, dtype=int), np.eye(10, dtype=int)
    denoised[3] = np.roll(denoised[3], 1)
    settings = SETTINGS["evaluation"] | {"level": level, "replicate": replicate}
    metrics = {
        **{key: settings[key] for key in ("level", "replicate", "seed")},
        "noisy": {"accuracy": 1.0, "confusion": noisy.tolist()},
        "denoised": {"accuracy": 0.9, "confusion": denoised.tolist()},
        "weights": weights,
        "reasons": list_reasons("evaluate_noise_level", settings),
    }
    path.parent.mkdir(exist_ok=True)
    write_metrics(path, metrics)
    write_provenance([path], {}, metrics["reasons"], {}, start=0)


@pytest.fixture
def evaluations(tmp_path):
    """The metrics of two levels with two replicates each, by level and replicate."""
    paths = {
        (level, replicate): tmp_path / f"level~{level}" / f"replicate~{replicate}.json"
        for level in SETTINGS["levels"]
        for replicate in SETTINGS["replicates"]
    }
    for (level, replicate), path in paths.items():
        write_level(path, level, replicate, name_weights(replicate))
    return paths


@pytest.fixture
def models(tmp_path, write_training):
    """The metrics of the first replicate of each model. Those of the second one lie beside them."""
    for model, last in (("classifier", {"loss": 0.5, "accuracy": 0.9}), ("autoencoder", {"loss": 0.5})):
        for replicate in SETTINGS["replicates"]:
            path = tmp_path / model / f"replicate~{replicate}.json"
            settings = SETTINGS[model] | {"replicate": replicate}
            write_training(path, f"train_{model}", settings, name_weights(replicate)[model], **last)
    return {model: tmp_path / model / "replicate~1.json" for model in ("classifier", "autoencoder")}


@pytest.fixture
def outputs(tmp_path):
    (tmp_path / "tables").mkdir()
    names = ("runs", "levels", "differences", "thresholds", "falls", "classes")
    return {name: tmp_path / "tables" / f"{name}.csv" for name in names}


@pytest.fixture
def summarize(evaluations, models, outputs, run_script):
    def run(settings=SETTINGS):
        return run_script("summarize_noise_levels", settings, {"first": evaluations[0.0, 1]} | models, outputs)

    return run


def assert_refused(ended, message, outputs):
    assert ended.returncode == 1
    [line] = ended.stderr.splitlines()
    assert line.startswith(f"error: {message}")
    assert list(outputs["levels"].parent.iterdir()) == []


def test_evaluations_of_the_present_models_are_tabulated(summarize, outputs):
    ended = summarize()
    assert (ended.returncode, ended.stderr) == (0, "")
    tables = {name: pd.read_csv(path) for name, path in outputs.items()}
    assert tables["runs"][["level", "images", "replicate", "correct", "total"]].to_numpy().tolist() == [
        [level, images, replicate, correct, 10]
        for level in (0.0, 0.5)
        for replicate in (1, 2)
        for images, correct in (("noisy", 10), ("denoised", 9))
    ]
    assert tables["levels"]["mean"].tolist() == [0.9, 1.0, 0.9, 1.0]
    assert tables["differences"]["mean_difference"].tolist() == pytest.approx([-0.1, -0.1])
    assert tables["thresholds"].loc[0, ["quantity", "replicates", "n", "case"]].tolist() == [
        *("curves cross", 2, 0, "denoised never above noisy")
    ]
    assert len(tables["falls"]) == 2 * 5
    assert len(tables["classes"]) == 2 * 2 * 10


def test_replicates_that_the_study_no_longer_has_do_not_count(summarize, outputs):
    assert summarize(SETTINGS | {"replicates": [1], "levels": [0.5]}).returncode == 0
    table = pd.read_csv(outputs["runs"])
    assert table[["level", "replicate"]].drop_duplicates().to_numpy().tolist() == [[0.5, 1]]


@pytest.mark.parametrize("weights", [{"classifier": "9" * 64}, {"autoencoder": "9" * 64}, name_weights(1)])
def test_an_evaluation_of_other_models_than_those_of_its_replicate_is_refused(weights, summarize, evaluations, outputs):
    stale = evaluations[0.5, 2]
    write_level(stale, 0.5, 2, name_weights(2) | weights)
    ended = summarize()
    remedy = f"type: rm '{stale}', and run Snakemake again"
    assert_refused(ended, f"{stale} was made with other models than the present ones: {remedy}", outputs)


@pytest.mark.parametrize(
    ("other", "change"), [((0.0, 2), "level: 0.0 -> 0.5"), ((0.5, 1), "replicate: 1 -> 2")], ids=["level", "replicate"]
)
def test_an_evaluation_that_was_copied_from_another_is_refused(other, change, summarize, evaluations, outputs):
    copied = evaluations[0.5, 2]
    copied.write_bytes(evaluations[other].read_bytes())
    assert_refused(summarize(), f"{copied} was made for other reasons (settings {change}): type: rm ", outputs)


def test_a_missing_replicate_is_named(summarize, evaluations, outputs):
    evaluations[0.5, 2].unlink()
    assert_refused(summarize(), f"{evaluations[0.5, 2]} can't be read (No such file or directory)", outputs)


@pytest.mark.parametrize("model", ["classifier", "autoencoder"])
def test_a_model_that_was_trained_otherwise_is_refused(model, summarize, models, outputs):
    settings = SETTINGS | {model: SETTINGS[model] | {"epochs": 3}}
    assert_refused(summarize(settings), f"{models[model]} was made for other reasons (settings epochs: ", outputs)
