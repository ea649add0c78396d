"""Test the tables of the noise study, on the published curves and on invented ones."""

import math
from itertools import product

import numpy as np
import pandas as pd
import pytest
import scipy.stats

from mnist_study.scripts.summarize_noise_levels import (
    compare_cells,
    find_fall,
    list_pairs,
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
    """Tabulate replicates 1, 2, …, each with its accuracies without a denoiser, and with a median filter."""
    noisy, denoised = zip(*curves, strict=True)
    return tabulate_cells({("cnn", "none"): noisy, ("cnn", "median"): denoised}, levels)


def tabulate_cells(curves, levels):
    """Tabulate the curves of each scorer and denoiser: for each replicate, an accuracy at each level."""
    return tabulate_runs(
        [
            {"classifier": scorer, "denoiser": denoiser, "level": level, "replicate": replicate}
            | {"confusion": make_confusion(accuracies[place])}
            for (scorer, denoiser), replicates in curves.items()
            for place, level in enumerate(levels)
            for replicate, accuracies in enumerate(replicates, start=1)
        ]
    )


def make_confusion(accuracy):
    """Make the confusion matrix of 10,000 images, 6,000 of them ones. A mistake is predicted as the other class."""
    confusion = np.zeros((10, 10), int)
    for label, images in ((0, 4000), (1, 6000)):
        right = round(images * accuracy)
        confusion[label, label], confusion[label, 1 - label] = right, images - right
    return confusion.tolist()


def test_runs_are_a_row_for_each_scorer_denoiser_level_and_replicate():
    table = tabulate(([0.99, 0.5], [0.95, 0.7]), ([0.98, 0.4], [0.94, 0.6]), levels=[0, 0.5])
    assert list(table.columns) == [
        *["classifier", "denoiser", "level", "replicate", "accuracy", "correct", "total", "chance"],
        *["wilson95_low", "wilson95_high"],
    ]
    assert (table["classifier"] == "cnn").all()
    assert table[["denoiser", "level", "replicate", "accuracy", "correct"]].to_numpy().tolist() == [
        ["none", 0, 1, 0.99, 9900],
        ["none", 0, 2, 0.98, 9800],
        ["none", 0.5, 1, 0.5, 5000],
        ["none", 0.5, 2, 0.4, 4000],
        ["median", 0, 1, 0.95, 9500],
        ["median", 0, 2, 0.94, 9400],
        ["median", 0.5, 1, 0.7, 7000],
        ["median", 0.5, 2, 0.6, 6000],
    ]
    assert (table[["total", "chance"]] == [10_000, 0.6]).all(axis=None)
    # Wilson's interval of 9,900 of 10,000 images.
    assert table.loc[0, ["wilson95_low", "wilson95_high"]].tolist() == pytest.approx([0.98785, 0.99178], abs=1e-5)


def test_levels_are_summarized_over_the_replicates_by_hand_and_denoisers_keep_their_order():
    table = tabulate(([0.98, 0.5], [0.95, 0.7]), ([0.96, 0.3], [0.93, 0.9]), levels=[0, 0.5])
    levels = summarize_levels(table).set_index(["classifier", "denoiser", "level"])
    assert levels.index.tolist() == [("cnn", name, level) for name in ("none", "median") for level in (0, 0.5)]
    row = levels.loc[("cnn", "none", 0)]
    assert (row["n"], row["minimum"], row["maximum"], row["chance"]) == (2, 0.96, 0.98, 0.6)
    assert row["mean"] == pytest.approx(0.97)
    assert row["standard_deviation"] == pytest.approx(0.02 / math.sqrt(2))
    # With one degree of freedom, half the interval is 12.7062 × 0.0141421 / sqrt(2).
    assert row["ci95_high"] - row["mean"] == pytest.approx(0.127062, abs=1e-6)
    # Wilson's interval of 9,700 of 10,000 images.
    assert row[["wilson95_low", "wilson95_high"]].tolist() == pytest.approx([0.96648, 0.97317], abs=1e-5)
    assert levels.loc[("cnn", "median", 0.5), "mean"] == pytest.approx(0.8)


def test_one_replicate_has_neither_spread_nor_interval_at_a_level():
    levels = summarize_levels(tabulate(([0.98], [0.95]), levels=[0]))
    assert (levels["n"] == 1).all()
    assert levels[["standard_deviation", "ci95_low", "ci95_high"]].isna().all(axis=None)
    assert levels[["mean", "wilson95_low", "wilson95_high"]].notna().all(axis=None)


def test_a_denoiser_is_compared_with_none_replicate_by_replicate_as_scipy_does():
    curves = [([0.99 - shift, 0.5], [0.95 - shift, 0.6 + shift]) for shift in (0, 0.001, 0.003, 0.002, 0.004, 0.005)]
    gains = compare_cells(tabulate(*curves, levels=[0, 0.5]), SEED)
    assert list(gains.columns[:6]) == ["level", "classifier", "denoiser", "than_classifier", "than_denoiser", "n"]
    assert gains.iloc[:, :6].to_numpy().tolist() == [[level, "cnn", "median", "cnn", "none", 6] for level in (0, 0.5)]
    assert gains["mean_difference"].tolist() == pytest.approx([-0.04, 0.1025])
    assert gains["positive"].tolist() == [0, 6]
    differences = [0.1, 0.101, 0.103, 0.102, 0.104, 0.105]
    low, high = scipy.stats.ttest_1samp(differences, 0).confidence_interval(0.95)
    assert gains.loc[1, ["ci95_low", "ci95_high"]].tolist() == pytest.approx([low, high])
    # All six have the same sign: 2 of 2^6 choices of signs are as extreme. Holm doubles it for two levels.
    assert gains["p"].tolist() == [2 / 64, 2 / 64]
    assert gains["p_holm"].tolist() == [4 / 64, 4 / 64]
    assert gains["shown"].tolist() == [False, False]


GRID = [(scorer, denoiser) for scorer in ("cnn", "mlp", "big") for denoiser in ("none", "median", "net")]


def test_all_denoisers_of_a_scorer_are_compared_and_further_scorers_with_the_first_one():
    assert [f"{' '.join(one)} - {' '.join(other)}" for one, other in list_pairs(GRID)] == [
        *["cnn median - cnn none", "cnn net - cnn none", "cnn net - cnn median"],
        *["mlp median - mlp none", "mlp net - mlp none", "mlp net - mlp median"],
        *["big median - big none", "big net - big none", "big net - big median"],
        *["mlp none - cnn none", "mlp none - cnn median", "mlp none - cnn net"],
        *["big none - cnn none", "big none - cnn median", "big none - cnn net"],
    ]


def test_differences_are_those_of_both_cells_and_holm_counts_the_levels_of_a_pair_alone():
    """Of six pairs of replicates, p is 2 / 2^6. It is adjusted for one level here, however many pairs of cells."""
    means = {cell: 0.5 + place / 100 for place, cell in enumerate(GRID)}
    runs = tabulate_cells({cell: [[mean + shift / 1000] for shift in range(6)] for cell, mean in means.items()}, [0.4])
    table = compare_cells(runs, SEED)
    assert len(table) == 15
    for row in table.to_dict("records"):
        difference = means[row["classifier"], row["denoiser"]] - means[row["than_classifier"], row["than_denoiser"]]
        assert row["mean_difference"] == pytest.approx(difference)
        assert row["p_holm"] == row["p"] == 2 / 64
    assert table["shown"].all()


def test_holm_counts_all_levels_of_a_pair():
    levels = [0, 0.2, 0.4, 0.6]
    runs = tabulate_cells({cell: [[0.5 + place / 100] * 4] * 6 for place, cell in enumerate(GRID)}, levels)
    assert (compare_cells(runs, SEED)["p_holm"] == 4 * 2 / 64).all()


def test_a_replicate_whose_images_show_a_gain_or_a_loss_is_counted():
    """Of 10,000 images, 5,195 against 5,000 is a difference by McNemar's test, and 5,194 against 5,000 is none."""
    helped, same, hurt = ([0.5], [0.5195]), ([0.5], [0.5194]), ([0.5195], [0.5])
    [row] = compare_cells(tabulate(helped, same, hurt, helped, levels=[0.5]), SEED).to_dict("records")
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
    assert list(falls.columns) == ["quantity", "classifier", "denoiser", "replicate", "level", "case"]
    assert (falls["classifier"] == "cnn").all()
    assert falls.set_index(["denoiser", "quantity"])["level"].to_dict() == {
        ("none", "accuracy falls under 0.9"): pytest.approx(0.1937, abs=5e-5),
        ("none", "accuracy falls under 0.5"): pytest.approx(0.4937, abs=5e-5),
        ("median", "curves cross"): pytest.approx(0.1183, abs=5e-5),  # 0.1 + 0.1 × 0.0123 / (0.0123 + 0.0549)
        ("median", "accuracy falls under 0.9"): pytest.approx(0.4336, abs=5e-5),
        ("median", "accuracy falls under 0.5"): pytest.approx(0.7073, abs=5e-5),
    }


def test_each_denoiser_crosses_the_curve_of_its_own_scorer_without_one():
    falling, flat = [0.9, 0.1], [0.5, 0.5]
    runs = tabulate_cells(
        {("cnn", "none"): [falling], ("cnn", "net"): [flat], ("mlp", "none"): [flat], ("mlp", "net"): [[0.6, 0.3]]},
        levels=[0, 1],
    )
    found = summarize_thresholds(tabulate_falls(runs)).set_index(["quantity", "classifier", "denoiser"])
    assert found.loc[("curves cross", "cnn", "net"), "mean"] == pytest.approx(0.5)
    assert found.loc[("curves cross", "mlp", "net"), "case"] == "above no denoiser at first, not later"
    assert ("curves cross", "cnn", "none") not in found.index


def test_levels_in_any_order_give_the_same_thresholds():
    backwards = tabulate((NOISY[::-1], DENOISED[::-1]), levels=LEVELS[::-1])
    assert tabulate_falls(backwards).equals(tabulate_falls(tabulate((NOISY, DENOISED))))


CASES = pytest.mark.parametrize(
    ("noisy", "denoised", "cases"),
    [
        ([0.99, 0.95], [0.95, 0.94], ["never above no denoiser", "never under", "never under"]),
        ([0.6, 0.55], [0.95, 0.94], ["above no denoiser at every level", "under at every level", "never under"]),
        ([0.4, 0.95], [0.95, 0.94], ["above no denoiser at first, not later", *["under at first, not later"] * 2]),
        ([0.4], [0.95], ["above no denoiser at every level", *["under at every level"] * 2]),
        ([0.95], [0.95], ["never above no denoiser", "never under", "never under"]),
    ],
    ids=["above", "below", "rising", "one level, below", "one level, equal"],
)


@CASES
def test_an_empty_level_says_which_case_it_is(noisy, denoised, cases):
    levels = [0, 0.1][: len(noisy)]
    falls = tabulate_falls(tabulate((noisy, denoised), levels=levels)).set_index(["denoiser", "quantity"])
    crossing, noisy_9, noisy_5 = cases
    assert falls["level"].isna().all()
    assert falls["case"]["median", "curves cross"] == crossing
    assert falls["case"]["none", "accuracy falls under 0.9"] == noisy_9
    assert falls["case"]["none", "accuracy falls under 0.5"] == noisy_5


def test_a_curve_that_falls_says_so():
    assert tabulate_falls(tabulate((NOISY, DENOISED)))["case"].tolist() == [*["falls"] * 2, "cross", *["falls"] * 2]


def test_where_curves_fall_is_found_for_each_replicate_and_then_summarized():
    """The mean of two replicates is not where their mean curve falls: that is 0.25, as 0.9 lies half way."""
    curves = ([0.98, 0.98, 0.82], [0.98, 0.98, 0.98]), ([0.98, 0.9, 0.8], [0.98, 0.98, 0.98])
    falls = tabulate_falls(tabulate(*curves, levels=[0, 0.1, 0.3]))
    noisy = falls[(falls["denoiser"] == "none") & (falls["quantity"] == "accuracy falls under 0.9")]
    assert noisy["replicate"].tolist() == [1, 2]
    assert noisy["level"].tolist() == pytest.approx([0.2, 0.1])
    found = summarize_thresholds(falls).set_index(["denoiser", "quantity"]).loc["none", "accuracy falls under 0.9"]
    assert (found["replicates"], found["n"], found["case"]) == (2, 2, "falls")
    assert found["mean"] == pytest.approx(0.15)
    assert found["standard_deviation"] == pytest.approx(0.1 / math.sqrt(2))
    assert found[["minimum", "maximum"]].tolist() == pytest.approx([0.1, 0.2])


def test_only_replicates_whose_curves_fall_have_a_part_in_the_mean_and_the_case_says_so():
    falls = tabulate_falls(tabulate((NOISY, DENOISED), (NOISY, NOISY), (DENOISED, DENOISED)))
    thresholds = summarize_thresholds(falls).set_index(["denoiser", "quantity"])
    assert (thresholds["replicates"] == 3).all()
    crossing = thresholds.loc["median", "curves cross"]
    assert (crossing["n"], crossing["case"]) == (1, "differs between replicates")
    assert crossing["mean"] == pytest.approx(0.1183, abs=5e-5)
    assert np.isnan(crossing["standard_deviation"])
    noisy = thresholds.loc["none", "accuracy falls under 0.9"]
    assert (noisy["n"], noisy["case"]) == (3, "falls")
    assert noisy["mean"] == pytest.approx((2 * 0.1937 + 0.4336) / 3, abs=5e-5)


@CASES
def test_curves_that_never_fall_have_no_level_and_their_case(noisy, denoised, cases):
    levels = [0, 0.1][: len(noisy)]
    thresholds = summarize_thresholds(tabulate_falls(tabulate(*[(noisy, denoised)] * 2, levels=levels)))
    assert list(thresholds.columns) == [
        *["quantity", "classifier", "denoiser", "replicates", "n", "mean", "standard_deviation", "minimum", "maximum"],
        *["ci95_low", "ci95_high", "case"],
    ]
    assert (thresholds["n"] == 0).all()
    assert thresholds["mean"].isna().all()
    crossing, *noisy = cases
    assert thresholds["case"].tolist()[:3] == [*noisy, crossing]


def test_the_accuracy_of_a_class_is_its_share_of_the_images_that_are_of_it():
    confusion = np.eye(10, dtype=int)
    confusion[4] = [0, 0, 0, 0, 3, 0, 0, 0, 0, 1]
    confusion[:, 9] += 2  # images of other classes predicted as nine don't lower the accuracy of the nines
    right, cell = np.eye(10, dtype=int), {"classifier": "cnn", "level": 0.5}
    metrics = [
        cell | {"denoiser": denoiser, "confusion": counts.tolist()}
        for denoiser, counts in (("none", confusion), ("none", right), ("median", right), ("median", right))
    ]
    names = [f"class {label}" for label in range(10)]
    table = summarize_classes(metrics, names)
    assert table["class"].tolist() == 2 * names
    assert table["denoiser"].tolist() == ["none"] * 10 + ["median"] * 10
    assert (table["n"] == 2).all()
    table = table.set_index(["denoiser", "level", "class"])
    assert table.loc[("none", 0.5, "class 4"), ["minimum", "mean", "maximum"]].tolist() == [3 / 6, 3 / 4, 1]
    assert table.loc[("none", 0.5, "class 9"), "mean"] == 1
    assert (table.xs("median", level="denoiser")["mean"] == 1).all()


BASE = {"seed": 7, "dataset": "mnist"}
MEDIAN = {"filter": "median", "size": 3}
MODELS = [
    ["cnn", "train_classifier", BASE | {"validation": "test", "classifier": "cnn", "swept": []}],
    ["mlp", "train_classifier", BASE | {"validation": "test", "classifier": "mlp", "swept": []}],
    ["net", "train_autoencoder", BASE | {"validation": "test", "autoencoder": "net", "epochs": 2}],
]
SETTINGS = {
    "seed": 7,
    "evaluation": BASE | {"noise": "gaussian"},
    "classifiers": ["cnn", "mlp"],
    "denoisers": ["none", "median", "net"],
    "filters": {"median": MEDIAN},
    "models": MODELS,
    "levels": [0.0, 0.5],
    "replicates": [1, 2],
}
WRONG = {"none": 0, "median": 1, "net": 2}  # of ten images


def name_weights(replicate, *models):
    """Name the weights of a replicate of these models, or of all."""
    every = {"cnn": f"{replicate}" * 64, "mlp": f"{replicate + 2}" * 64, "net": f"{replicate + 4}" * 64}
    return {model: every[model] for model in models or every}


def write_level(path, cell, weights):
    """Write the metrics of a cell: classifier, denoiser, level and replicate."""
    confusion = np.eye(10, dtype=int)
    for label in range(WRONG[cell[1]]):
        confusion[label] = np.roll(confusion[label], 1)
    named = dict(zip(["classifier", "denoiser", "level", "replicate"], cell, strict=True))
    settings = SETTINGS["evaluation"] | named | ({"filter": MEDIAN} if named["denoiser"] == "median" else {})
    metrics = named | {
        "seed": settings["seed"],
        "accuracy": 1 - WRONG[cell[1]] / 10,
        "confusion": confusion.tolist(),
        "weights": weights,
        "reasons": list_reasons("evaluate_noise_level", settings),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    write_metrics(path, metrics)
    write_provenance([path], {}, metrics["reasons"], {}, start=0)


def list_used(scorer, denoiser):
    """List the models that a scorer and a denoiser use."""
    return (scorer, denoiser) if denoiser == "net" else (scorer,)


@pytest.fixture
def evaluations(tmp_path):
    """The metrics of all cells, by scorer, denoiser, level and replicate."""
    paths = {
        cell: tmp_path / "{}/{}/level~{}/replicate~{}.json".format(*cell)
        for cell in product(*(SETTINGS[name] for name in ("classifiers", "denoisers", "levels", "replicates")))
    }
    for cell, path in paths.items():
        scorer, denoiser, _, replicate = cell
        write_level(path, cell, name_weights(replicate, *list_used(scorer, denoiser)))
    return paths


@pytest.fixture
def models(tmp_path, write_training):
    """The metrics of the first replicate of each model. Those of the second one lie beside them."""
    for model, script, settings in MODELS:
        last = {"loss": 0.5} | ({"accuracy": 0.9} if script == "train_classifier" else {})
        for replicate in SETTINGS["replicates"]:
            path = tmp_path / "models" / model / f"replicate~{replicate}.json"
            write_training(path, script, settings | {"replicate": replicate}, name_weights(replicate)[model], **last)
    return {model: tmp_path / "models" / model / "replicate~1.json" for model, *_ in MODELS}


@pytest.fixture
def outputs(tmp_path):
    (tmp_path / "tables").mkdir()
    names = ("runs", "levels", "differences", "thresholds", "falls", "classes")
    return {name: tmp_path / "tables" / f"{name}.csv" for name in names}


@pytest.fixture
def summarize(evaluations, models, outputs, run_script):
    def run(settings=SETTINGS):
        inputs = {"first": evaluations["cnn", "none", 0.0, 1], "models": list(models.values())}
        return run_script("summarize_noise_levels", settings, inputs, outputs)

    return run


def assert_refused(ended, message, outputs):
    assert ended.returncode == 1
    [line] = ended.stderr.splitlines()
    assert line.startswith(f"error: {message}")
    assert list(outputs["levels"].parent.iterdir()) == []


def test_evaluations_of_the_present_models_are_tabulated_in_the_order_of_the_config(summarize, outputs):
    ended = summarize()
    assert (ended.returncode, ended.stderr) == (0, "")
    tables = {name: pd.read_csv(path) for name, path in outputs.items()}
    columns = ["classifier", "denoiser", "level", "replicate", "correct", "total"]
    assert tables["runs"][columns].to_numpy().tolist() == [
        [scorer, denoiser, level, replicate, 10 - WRONG[denoiser], 10]
        for scorer in ("cnn", "mlp")
        for denoiser in ("none", "median", "net")
        for level in (0.0, 0.5)
        for replicate in (1, 2)
    ]
    assert tables["levels"]["mean"].tolist() == 2 * [1.0, 1.0, 0.9, 0.9, 0.8, 0.8]
    assert tables["differences"]["mean_difference"].tolist() == pytest.approx(
        np.repeat([*(-0.1, -0.2, -0.1), *(-0.1, -0.2, -0.1), *(0, 0.1, 0.2)], 2)
    )
    assert tables["thresholds"].loc[2, ["quantity", "classifier", "denoiser", "replicates", "n", "case"]].tolist() == [
        *("curves cross", "cnn", "median", 2, 0, "never above no denoiser")
    ]
    assert len(tables["falls"]) == 2 * 2 * (2 + 3 + 3)
    assert len(tables["classes"]) == 2 * 3 * 2 * 10


def test_what_the_study_no_longer_has_does_not_count(summarize, outputs):
    smaller = {"replicates": [1], "levels": [0.5], "denoisers": ["none", "net"], "filters": {}}
    assert summarize(SETTINGS | smaller).returncode == 0
    table = pd.read_csv(outputs["runs"])
    assert table[["denoiser", "level", "replicate"]].drop_duplicates().to_numpy().tolist() == [
        *(["none", 0.5, 1], ["net", 0.5, 1])
    ]


@pytest.mark.parametrize(
    ("cell", "weights"),
    [
        (("cnn", "none"), {"cnn": "9" * 64}),
        (("mlp", "median"), {"cnn": "1" * 64}),
        (("cnn", "net"), {"cnn": "2" * 64, "net": "9" * 64}),
        (("cnn", "net"), name_weights(1, "cnn", "net")),
        (("cnn", "net"), {"cnn": "2" * 64}),
    ],
    ids=["another scorer", "the other scorer", "another autoencoder", "another replicate", "no autoencoder"],
)
def test_an_evaluation_of_other_models_than_those_of_its_replicate_is_refused(
    cell, weights, summarize, evaluations, outputs
):
    stale = evaluations[*cell, 0.5, 2]
    write_level(stale, (*cell, 0.5, 2), weights)
    ended = summarize()
    remedy = f"type: rm '{stale}', and run Snakemake again"
    assert_refused(ended, f"{stale} was made with other models than the present ones: {remedy}", outputs)


@pytest.mark.parametrize(
    ("other", "change"),
    [
        (("cnn", "net", 0.0, 2), "level: 0.0 -> 0.5"),
        (("cnn", "net", 0.5, 1), "replicate: 1 -> 2"),
        (("mlp", "net", 0.5, 2), 'classifier: "mlp" -> "cnn"'),
        (("cnn", "none", 0.5, 2), 'denoiser: "none" -> "net"'),
    ],
    ids=["level", "replicate", "scorer", "denoiser"],
)
def test_an_evaluation_that_was_copied_from_another_is_refused(other, change, summarize, evaluations, outputs):
    copied = evaluations["cnn", "net", 0.5, 2]
    copied.write_bytes(evaluations[other].read_bytes())
    assert_refused(summarize(), f"{copied} was made for other reasons (settings {change}): type: rm ", outputs)


def test_an_evaluation_by_another_filter_of_the_same_name_is_refused(summarize, evaluations, outputs):
    ended = summarize(SETTINGS | {"filters": {"median": MEDIAN | {"size": 5}}})
    first = evaluations["cnn", "median", 0.0, 1]
    assert_refused(ended, f"{first} was made for other reasons (settings filter", outputs)


def test_a_missing_replicate_is_named(summarize, evaluations, outputs):
    missing = evaluations["mlp", "median", 0.5, 2]
    missing.unlink()
    assert_refused(summarize(), f"{missing} can't be read (No such file or directory)", outputs)


@pytest.mark.parametrize("place", range(len(MODELS)), ids=[name for name, *_ in MODELS])
def test_a_model_that_was_trained_otherwise_is_refused(place, summarize, models, outputs):
    changed = [[name, script, dict(settings)] for name, script, settings in MODELS]
    changed[place][2]["epochs"] = 3
    path = models[MODELS[place][0]]
    ended = summarize(SETTINGS | {"models": changed})
    assert_refused(ended, f"{path} was made for other reasons (settings epochs: ", outputs)
