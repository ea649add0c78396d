"""Test the comparison of settings by their replicates, against SciPy."""

import numpy as np
import pandas as pd
import pytest
import scipy.stats

from mnist_study.scripts.compare_settings import compare_settings
from mnist_study.seeding import derive_seed

REPLICATES = range(1, 7)
FACTORS = [1e-4, 1e-3, 1e-2]


def tabulate(data, seed, factors=FACTORS, replicates=REPLICATES):
    """Tabulate runs, in no order. The larger the factor, the lower the accuracy, and replicates differ more than that.

    The accuracies are counts of 10,000 images.
    """
    rng = np.random.default_rng(seed)
    common = rng.normal(0.98, 0.002, len(replicates))
    rows = [
        {
            "classifier": "regularized",
            "l2": factor,
            "replicate": replicate,
            "data": data,
            "accuracy": round(level - 0.001 * position + rng.normal(0, 0.0003), 4),
        }
        for position, factor in enumerate(factors)
        for replicate, level in zip(replicates, common, strict=True)
    ]
    return pd.DataFrame(rows).sample(frac=1, random_state=1)


@pytest.fixture(scope="module")
def runs():
    """Runs with validation images of their own: a row for these, and one for the test images."""
    return pd.concat([tabulate("held-out", 1), tabulate("test", 2)])


@pytest.fixture(scope="module")
def compared(runs):
    return compare_settings(runs, derive_seed(7, "sign flips"))


def list_differences(runs, data, first, second):
    rows = runs[runs["data"] == data]
    one, other = (
        rows[rows["l2"] == float(name.removeprefix("l2 "))].set_index("replicate")["accuracy"]
        for name in (first, second)
    )
    return (other - one).sort_index().to_numpy()


def test_each_pair_of_settings_is_a_row_for_each_kind_of_images(compared):
    assert (compared["classifier"] == "regularized").all()
    assert compared[["data", "first", "second"]].to_numpy().tolist() == [
        [data, first, second]
        for data in ("held-out", "test")
        for first, second in (("l2 0.0001", "l2 0.001"), ("l2 0.0001", "l2 0.01"), ("l2 0.001", "l2 0.01"))
    ]


def test_the_settings_of_a_grid_are_compared_in_ascending_order_by_all_their_values():
    runs = pd.concat([tabulate("test", seed).assign(l2=rate) for seed, rate in ((1, 10.0), (2, 9.0))])
    runs.insert(2, "epochs", [2, 10] * (len(runs) // 2))
    runs = runs.assign(replicate=runs.groupby(["l2", "epochs"]).cumcount() + 1)
    pairs = compare_settings(runs, derive_seed(7, "sign flips"))
    assert pairs[["first", "second"]].head(3).to_numpy().tolist() == [
        ["l2 9, epochs 2", "l2 9, epochs 10"],
        ["l2 9, epochs 2", "l2 10, epochs 2"],
        ["l2 9, epochs 2", "l2 10, epochs 10"],
    ]
    assert len(pairs) == 6


def test_a_pair_is_compared_replicate_by_replicate_as_scipy_does(runs, compared):
    for _, pair in compared.iterrows():
        differences = list_differences(runs, pair["data"], pair["first"], pair["second"])
        assert pair["n"] == 6
        assert pair["mean_difference"] == pytest.approx(differences.mean())
        assert pair["standard_deviation"] == pytest.approx(differences.std(ddof=1))
        assert pair["positive"] == (differences > 0).sum()
        low, high = scipy.stats.ttest_1samp(differences, 0).confidence_interval(0.95)
        assert (pair["ci95_low"], pair["ci95_high"]) == (pytest.approx(low), pytest.approx(high))
        flips = scipy.stats.permutation_test(
            (differences.round(4),), np.sum, permutation_type="samples", n_resamples=np.inf, alternative="two-sided"
        )
        assert pair["p"] == pytest.approx(flips.pvalue)


def test_p_is_adjusted_for_the_pairs_of_one_kind_of_images(compared):
    """Holm by hand: times 3, 2 and 1 in ascending order, and never below the one before."""
    for _, pairs in compared.groupby("data"):
        smallest, middle, largest = np.sort(pairs["p"])
        expected = np.maximum.accumulate([3 * smallest, 2 * middle, largest]).clip(max=1)
        assert np.sort(pairs["p_holm"]).tolist() == pytest.approx(expected.tolist())


def test_a_difference_that_every_replicate_shows_is_shown_with_enough_replicates_alone():
    seed = derive_seed(7, "sign flips")
    pairs = compare_settings(tabulate("test", 1, FACTORS[:2]), seed)
    assert pairs["shown"].tolist() == [True]
    assert pairs["mean_difference"].tolist() == [pytest.approx(-0.001, abs=0.0005)]
    pairs = compare_settings(tabulate("test", 1, FACTORS[:2], range(1, 6)), seed)
    assert pairs["shown"].tolist() == [False]


def test_one_replicate_has_differences_without_an_interval():
    [pair] = compare_settings(tabulate("test", 1, FACTORS[:2], [1]), derive_seed(7)).to_dict("records")
    assert (pair["n"], pair["p"], pair["shown"]) == (1, 1, False)
    assert np.isnan([pair["standard_deviation"], pair["ci95_low"], pair["ci95_high"]]).all()


def test_the_script_compares_the_table_of_runs(runs, compared, tmp_path, run_script):
    runs.to_csv(tmp_path / "runs.csv", index=False)
    settings = {"seed": 7, "classifier": "regularized"}
    table = tmp_path / "differences.csv"
    ended = run_script("compare_settings", settings, {"runs": tmp_path / "runs.csv"}, {"differences": table})
    assert (ended.returncode, ended.stderr) == (0, "")
    pd.testing.assert_frame_equal(pd.read_csv(table), compared)
