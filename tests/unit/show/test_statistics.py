"""Test the statistics of replicates against SciPy's, against sums by hand, and in simulated studies."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mnist_study.show import statistics
from mnist_study.show.statistics import (
    adjust_holm,
    compare_pairs,
    compare_to_zero,
    detectable_difference,
    fewest_replicates,
    flip_signs,
    plan_groups,
    plan_pairs,
    predict_interval,
    smallest_p,
    summarize_groups,
    wilson_interval,
)

SEED = np.random.SeedSequence(20261122)
STATISTICS = ["n", "mean", "standard_deviation", "minimum", "maximum", "ci95_low", "ci95_high"]
COMPARED = ["n", "mean_difference", "standard_deviation", "ci95_low", "ci95_high", "positive", "p", "p_holm", "shown"]


def group(values):
    """Summarize one group of values."""
    [row] = summarize_groups(pd.DataFrame({"name": "x", "accuracy": values}), ["name"], "accuracy").to_dict("records")
    return row


def count_flips(differences):
    """Compute the p of sign flips of whole numbers from each choice of signs, without rounding."""
    n = len(differences)
    signs = 1 - 2 * (np.arange(2**n)[:, None] >> np.arange(n) & 1)
    return np.mean(abs(signs @ np.array(differences)) >= abs(sum(differences)))


def is_near(share, expected, trials):
    """Tell whether a share of so many random trials is within three standard errors of the expected one."""
    return abs(share - expected) < 3 * np.sqrt(expected * (1 - expected) / trials)


# Statistics of each group


@pytest.mark.parametrize("values", [[0.97, 0.99], [0.98, 0.97, 0.99], np.linspace(0.9, 0.99, 12) ** 2])
def test_the_statistics_of_a_group_are_scipys(values):
    row = group(values)
    interval = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert row["n"] == len(values)
    assert row["mean"] == pytest.approx(np.mean(values))
    assert row["standard_deviation"] == pytest.approx(stats.tstd(values))
    assert (row["minimum"], row["maximum"]) == (min(values), max(values))
    assert (row["ci95_low"], row["ci95_high"]) == pytest.approx((interval.low, interval.high))


def test_groups_are_in_ascending_order_and_an_empty_value_is_the_last_of_them():
    table = pd.DataFrame(
        {"name": ["b", "a", "a", "a"], "factor": [0.1, None, 0.1, 0.01], "accuracy": [0.1, 0.2, 0.3, 0.4]}
    )
    groups = summarize_groups(table, ["name", "factor"], "accuracy")
    assert list(groups.columns) == ["name", "factor", *STATISTICS]
    assert groups["name"].tolist() == ["a", "a", "a", "b"]
    np.testing.assert_array_equal(groups["factor"], [0.01, 0.1, np.nan, 0.1])
    assert groups["mean"].tolist() == [0.4, 0.3, 0.2, 0.1]


def test_one_run_has_neither_spread_nor_interval():
    row = group([0.98])
    assert [row[name] for name in ("n", "mean", "minimum", "maximum")] == [1, 0.98, 0.98, 0.98]
    assert np.isnan([row[name] for name in ("standard_deviation", "ci95_low", "ci95_high")]).all()


def test_runs_without_spread_have_a_point_as_interval():
    row = group([0.1] * 3)
    assert [row[name] for name in STATISTICS] == pytest.approx([3, 0.1, 0, 0.1, 0.1, 0.1, 0.1], abs=1e-15)


def test_an_empty_value_does_not_count():
    assert group([0.42, np.nan, 0.44]) == group([0.42, 0.44])
    assert group([np.nan])["n"] == 0


# Intervals


def test_one_more_run_is_predicted_by_students_t():
    """With two degrees of freedom, half the interval is 4.302653 × 0.01 × sqrt(4 / 3) = 0.0496828."""
    assert predict_interval(0.98, 0.01, 3) == pytest.approx((0.98 - 0.0496828, 0.98 + 0.0496828), abs=1e-7)


def test_runs_are_predicted_for_a_whole_column():
    low, high = predict_interval(np.array([0.98, 0.9]), np.array([0.01, np.nan]), np.array([3, 1]))
    np.testing.assert_allclose(low, [0.98 - 0.0496828, np.nan], atol=1e-7)
    np.testing.assert_allclose(high, [0.98 + 0.0496828, np.nan], atol=1e-7)


def test_no_run_is_predicted_from_one_run():
    assert np.isnan(predict_interval(0.98, np.nan, 1)).all()


@pytest.mark.parametrize("n", [2, 5, 20])
def test_intervals_hold_the_true_mean_and_the_next_run_in_95_of_100_studies(n):
    studies = 10_000
    runs = np.random.default_rng(n).normal(0.98, 0.001, (studies, n + 1))
    table = pd.DataFrame({"study": np.repeat(np.arange(studies), n), "accuracy": runs[:, :n].ravel()})
    groups = summarize_groups(table, ["study"], "accuracy")
    assert is_near(((groups["ci95_low"] < 0.98) & (groups["ci95_high"] > 0.98)).mean(), 0.95, studies)
    low, high = predict_interval(groups["mean"], groups["standard_deviation"], groups["n"])
    assert is_near(((low < runs[:, n]) & (high > runs[:, n])).mean(), 0.95, studies)


@pytest.mark.parametrize(
    ("correct", "low", "high"), [(9825, 0.9797, 0.9849), (9921, 0.9902, 0.9937), (0, 0, 0.0004), (10_000, 0.9996, 1)]
)
def test_the_interval_of_an_accuracy_is_wilsons(correct, low, high):
    interval = stats.binomtest(correct, 10_000).proportion_ci(0.95, method="wilson")
    assert wilson_interval(correct, 10_000) == pytest.approx((interval.low, interval.high), abs=1e-15)
    assert wilson_interval(correct, 10_000) == pytest.approx((low, high), abs=5e-5)


def test_no_accuracy_is_below_0_or_above_1():
    low, high = wilson_interval(np.array([0, 10]), np.array([10, 10]))
    assert low[0] == 0
    assert high[1] == 1


@pytest.mark.parametrize("accuracy", [0.1, 0.9, 0.9825, 0.9921])
def test_wilsons_interval_holds_the_true_accuracy_in_95_of_100_test_sets(accuracy):
    correct = np.arange(10_001)
    low, high = wilson_interval(correct, 10_000)
    chances = stats.binom.pmf(correct, 10_000, accuracy)
    assert chances[(low <= accuracy) & (accuracy <= high)].sum() == pytest.approx(0.95, abs=0.005)

    drawn = np.random.default_rng(1).binomial(10_000, accuracy, 2000)
    low, high = wilson_interval(drawn, 10_000)
    assert abs(((low <= accuracy) & (accuracy <= high)).mean() - 0.95) < 0.02


# Sign flips


@pytest.mark.parametrize(
    ("differences", "p"),
    [
        ([5], 1),
        ([0], 1),
        ([0, 0, 0], 1),
        ([1, 1], 0.5),
        ([1, -1], 1),
        ([1, 1, 1], 0.25),
        ([-1, -1, -1], 0.25),
        ([1, 1, -1], 1),  # all sums are 1 or 3
        ([3, 2, -1], 0.5),  # 6 and 4, and both below zero
        ([1, 1, 1, 0], 0.25),  # the sign of zero does not matter
        ([1] * 6, 0.03125),
        ([2] * 20, 2**-19),
    ],
)
def test_p_is_the_share_of_sign_flips_that_are_as_extreme(differences, p):
    assert flip_signs(np.array(differences), SEED) == p
    assert flip_signs(np.array(differences) * 0.0001, SEED) == p
    assert count_flips(differences) == p


@pytest.mark.parametrize("n", [1, 2, 3, 10, 20])
@pytest.mark.parametrize("spread", [1, 10, 1000])
def test_p_counts_each_choice_of_signs(n, spread):
    """`spread`: of the differences, in images. A small one has many ties."""
    differences = np.rint(np.random.default_rng([n, spread]).normal(0.5 * spread, spread, n)).astype(int)
    assert flip_signs(differences / 10_000, SEED) == count_flips(differences)
    assert flip_signs(differences / -10_000, SEED) == count_flips(differences)


@pytest.mark.parametrize("n", [2, 3, 10])
def test_p_of_any_differences_is_scipys(n):
    differences = np.random.default_rng(n).normal(0.0005, 0.001, n)
    assert (
        flip_signs(differences, SEED)
        == stats.permutation_test(
            (differences,), np.mean, permutation_type="samples", vectorized=True, n_resamples=np.inf
        ).pvalue
    )


@pytest.mark.parametrize("n", [3, 6, 9, 10])
@pytest.mark.parametrize("spread", [2, 20, 200])
def test_accuracies_in_float32_tie_as_numbers_of_images_do(n, spread):
    """Keras gives accuracies as float32. Exact comparisons of their sums would find too few ties, and so too small p.

    `spread`: of the differences, in images.
    """
    rng = np.random.default_rng([n, spread])
    for _ in range(10):
        first = rng.integers(9700, 9800, n)
        second = first + rng.integers(-spread // 2, spread + 1, n)
        differences = (np.float32(second) / np.float32(10_000)).astype(float)
        differences -= (np.float32(first) / np.float32(10_000)).astype(float)
        assert flip_signs(differences, SEED) == count_flips(second - first)


@pytest.mark.parametrize("n", [21, 30, 60])
def test_p_of_many_pairs_is_close_to_that_of_the_t_test(n):
    differences = np.random.default_rng(n).normal(0.0004, 0.001, n)
    assert flip_signs(differences, SEED) == pytest.approx(stats.ttest_1samp(differences, 0).pvalue, abs=0.01)


def test_random_flips_agree_with_all_flips(monkeypatch):
    differences = np.random.default_rng(5).normal(0.0005, 0.001, 14)
    exact = flip_signs(differences, SEED)
    monkeypatch.setattr(statistics, "MOST_EXACT", 0)
    drawn = flip_signs(differences, SEED)
    assert drawn != exact
    assert 0.01 < exact < 0.5
    assert is_near(drawn, exact, 100_000)


def test_random_flips_are_the_same_for_the_same_seed():
    differences = np.random.default_rng(1).normal(0.0003, 0.001, 25)
    assert flip_signs(differences, SEED) == flip_signs(differences, np.random.SeedSequence(20261122))
    assert flip_signs(differences, SEED) != flip_signs(differences, np.random.SeedSequence(1))


def test_p_of_a_true_null_hypothesis_is_below_a_twentieth_in_a_twentieth_of_studies():
    differences = np.random.default_rng(3).normal(0, 0.001, (4000, 10))
    p = np.array([flip_signs(row, SEED) for row in differences])
    assert is_near((p < 0.05).mean(), 0.05, 4000)


@pytest.mark.parametrize(
    ("n", "p"), [(1, 1), (2, 0.5), (3, 0.25), (6, 0.03125), (20, 2**-19), (21, 1 / 100_001), (40, 1 / 100_001)]
)
def test_the_smallest_p_is_that_of_differences_which_all_have_one_sign(n, p):
    assert smallest_p(n) == p
    assert flip_signs(np.linspace(0.001, 0.002, n), SEED) == p


@pytest.mark.parametrize(("comparisons", "n"), [(1, 6), (3, 7), (10, 9), (11, 9), (1225, 16), (26_214, 20)])
def test_a_difference_is_shown_with_the_fewest_replicates_and_not_with_one_less(comparisons, n):
    assert fewest_replicates(comparisons) == n
    for replicates, shown in ((n - 1, False), (n, True)):
        p = np.ones(comparisons)
        p[0] = flip_signs(np.full(replicates, 0.001), SEED)
        assert (adjust_holm(p)[0] < 0.05) == shown


def test_among_too_many_comparisons_no_number_of_replicates_shows_a_difference():
    assert fewest_replicates(26_215) is None


# Holm's adjustment


@pytest.mark.parametrize(
    ("p", "adjusted"),
    [
        # Ascending 0.005, 0.01, 0.03, 0.04 times 4, 3, 2, 1: 0.02, 0.03, 0.06, 0.04, of which the last is raised.
        ([0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02]),
        ([0.01, 0.02, 0.02], [0.03, 0.04, 0.04]),
        ([0.5, 0.6, 0.01], [1, 1, 0.03]),
        ([0.04], [0.04]),
        ([1, 1], [1, 1]),
        ([], []),
    ],
)
def test_p_is_adjusted_as_by_hand(p, adjusted):
    np.testing.assert_allclose(adjust_holm(np.array(p)), adjusted)


# Comparisons


@pytest.fixture
def sweep():
    """Accuracies of ten replicates at three factors; the last is better in each replicate."""
    rng = np.random.default_rng(4)
    values = rng.normal(0.98, 0.002, (10, 1)) + rng.normal([0, 0, 0.002], 0.0004, (10, 3))
    return pd.DataFrame(values, index=range(1, 11), columns=pd.Index([1e-6, 1e-5, 1e-4], name="factor"))


def test_each_two_settings_are_compared_as_scipy_compares_them(sweep):
    table = compare_pairs(sweep, SEED)
    assert list(table.columns) == ["first", "second", *COMPARED]
    assert list(zip(table["first"], table["second"], strict=True)) == [(1e-6, 1e-5), (1e-6, 1e-4), (1e-5, 1e-4)]
    for row in table.to_dict("records"):
        differences = sweep[row["second"]] - sweep[row["first"]]
        interval = stats.ttest_rel(sweep[row["second"]], sweep[row["first"]]).confidence_interval(0.95)
        assert (row["ci95_low"], row["ci95_high"]) == pytest.approx((interval.low, interval.high))
        assert row["mean_difference"] == pytest.approx(differences.mean())
        assert row["standard_deviation"] == pytest.approx(differences.std())
        assert (row["n"], row["positive"]) == (10, (differences > 0).sum())
        assert row["p"] == flip_signs(differences.to_numpy(), SEED)
    np.testing.assert_array_equal(table["p_holm"], adjust_holm(table["p"].to_numpy()))
    assert table["shown"].tolist() == [False, True, True]


def test_a_setting_that_is_worse_is_shown_too(sweep):
    table = compare_pairs(sweep[[1e-4, 1e-6]], SEED)
    assert table["positive"].tolist() == [0]
    assert table["mean_difference"].tolist() == [pytest.approx(-0.002, abs=0.0005)]
    assert table["shown"].tolist() == [True]


def test_what_all_settings_of_a_replicate_share_does_not_matter(sweep):
    shifted = sweep.add(np.linspace(-0.1, 0.1, 10), axis=0)
    pd.testing.assert_frame_equal(compare_pairs(shifted, SEED), compare_pairs(sweep, SEED))


def test_settings_may_have_names(sweep):
    table = compare_pairs(sweep.set_axis(["a", "b", "c"], axis=1), SEED)
    assert (table["first"] + table["second"]).tolist() == ["ab", "ac", "bc"]


def test_a_single_setting_has_no_pairs(sweep):
    table = compare_pairs(sweep[[1e-6]], SEED)
    assert list(table.columns) == ["first", "second", *COMPARED]
    assert table.empty


def test_each_level_is_compared_with_zero():
    gains = pd.DataFrame({0.1: [-0.01, -0.02, -0.03], 0.5: [0.3, 0.4, 0.5]}, index=[1, 2, 3])
    table = compare_to_zero(gains, SEED)
    assert list(table.columns) == ["setting", *COMPARED]
    assert table["setting"].tolist() == [0.1, 0.5]
    assert table["mean_difference"].tolist() == pytest.approx([-0.02, 0.4])
    assert table["standard_deviation"].tolist() == pytest.approx([0.01, 0.1])
    assert table["positive"].tolist() == [0, 3]
    assert table["p"].tolist() == [0.25, 0.25]
    assert table["p_holm"].tolist() == [0.5, 0.5]


def test_one_replicate_shows_nothing(sweep):
    table = compare_pairs(sweep.iloc[:1], SEED)
    assert table[["standard_deviation", "ci95_low", "ci95_high"]].isna().all(axis=None)
    assert table["n"].tolist() == [1, 1, 1]
    assert table["p"].tolist() == table["p_holm"].tolist() == [1, 1, 1]
    assert not table["shown"].any()


def test_equal_differences_have_a_point_as_interval():
    [row] = compare_to_zero(pd.DataFrame({"x": [0.25] * 6}), SEED).to_dict("records")
    assert (row["ci95_low"], row["ci95_high"], row["standard_deviation"]) == (0.25, 0.25, 0)
    assert row["p"] == 0.03125
    assert row["shown"]


@pytest.mark.parametrize(
    ("differences", "why"),
    [
        ([0.0] * 10, "there is none"),
        ([0.010, 0.011, 0.012], "three replicates can't give a small p"),
        ([0.001] * 9 + [0.1], "the interval holds zero"),
    ],
)
def test_a_difference_is_not_shown(differences, why):
    assert compare_to_zero(pd.DataFrame({"x": differences}), SEED)["shown"].tolist() == [False], why


def test_a_difference_among_few_may_not_be_shown_among_many(sweep):
    differences = pd.DataFrame({"real": [0.01, 0.011, 0.012, 0.013, 0.014, 0.015]})
    assert compare_to_zero(differences, SEED)["shown"].tolist() == [True]
    both = differences.assign(none=[0.01, -0.01, 0.02, -0.02, 0.03, -0.03])
    assert compare_to_zero(both, SEED)["shown"].tolist() == [False, False]


def test_a_sweep_without_differences_shows_one_in_at_most_5_of_100_studies():
    """Five settings with a replicate effect in common, as counts of 10,000 images and as float32."""
    studies, rng = 1000, np.random.default_rng(7)
    found = 0
    for _ in range(studies):
        accuracy = rng.normal(0.98, 0.002, (10, 1)) + rng.normal(0, 0.0005, (10, 5))
        values = np.float32(np.rint(10_000 * accuracy) / 10_000).astype(float)
        found += compare_pairs(pd.DataFrame(values), SEED)["p_holm"].min() < 0.05
    assert 0 < found / studies < 0.05 + 3 * np.sqrt(0.05 * 0.95 / studies)


# Planning


@pytest.mark.parametrize(
    ("standard_deviation", "groups", "pairs"), [(0.0006, 7, 6), (0.001, 17, 10), (0.0025, 100, 52), (0, 2, 2)]
)
def test_replicates_that_show_a_difference_of_a_thousandth(standard_deviation, groups, pairs):
    assert plan_groups(0.001, standard_deviation) == plan_groups(-0.001, standard_deviation) == groups
    assert plan_pairs(0.001, standard_deviation) == plan_pairs(-0.001, standard_deviation) == pairs


@pytest.mark.parametrize("effect", [0.02, 0.1, 0.5, 1, 3, 8])
def test_the_planned_replicates_are_the_fewest_that_have_a_power_of_80_percent(effect):
    for plan, samples in ((plan_pairs, 1), (plan_groups, 2)):
        n = plan(effect, 1)
        few, enough = (
            stats.nct.sf(stats.t.ppf(0.975, samples * (k - 1)), samples * (k - 1), effect * np.sqrt(k / samples))
            for k in (n - 1, n)
        )
        assert enough >= 0.8
        assert n == 2 or few < 0.8


def test_a_difference_far_above_the_spread_takes_two_replicates():
    assert plan_pairs(0.1, 1e-20) == plan_groups(0.1, 1e-20) == 2


@pytest.mark.parametrize("standard_deviation", [0, 0.001])
def test_no_replicates_are_planned_for_a_difference_of_zero(standard_deviation):
    with pytest.raises(ValueError, match="plan for another difference"):
        plan_pairs(0, standard_deviation)


def test_no_replicates_are_planned_from_the_spread_of_one_run():
    with pytest.raises(ValueError, match="NaN"):
        plan_groups(0.001, np.nan)


def test_the_planned_replicates_show_the_difference_in_80_of_100_studies():
    rng = np.random.default_rng(8)
    for standard_deviation in (0.0006, 0.001):
        for pairs in (True, False):
            n = (plan_pairs if pairs else plan_groups)(0.001, standard_deviation)
            shares = []
            for replicates in (n - 1, n):
                first, second = rng.normal(0, standard_deviation, (2, 10_000, replicates))
                if pairs:
                    p = stats.ttest_1samp(first + 0.001, 0, axis=1).pvalue
                else:
                    p = stats.ttest_ind(first + 0.001, second, axis=1).pvalue
                shares.append((p < 0.05).mean())
            assert shares[0] < 0.8
            assert shares[1] > 0.8 - 3 * np.sqrt(0.8 * 0.2 / 10_000)


@pytest.mark.parametrize("n", [2, 3, 6, 10, 100, 10_000])
def test_a_detectable_difference_is_detected_with_a_power_of_80_percent(n):
    difference = detectable_difference(0.001, n)
    noncentrality = difference * np.sqrt(n) / 0.001
    assert stats.nct.sf(stats.t.ppf(0.975, n - 1), n - 1, noncentrality) == pytest.approx(0.8, abs=1e-4)
    assert plan_pairs(difference * 1.001, 0.001) == pytest.approx(n, rel=0.01)
    assert plan_pairs(difference * 1.001, 0.001) <= n < plan_pairs(difference * 0.999, 0.001)


def test_detectable_differences_of_a_whole_column_and_none_for_one_pair():
    differences = detectable_difference(np.array([0.001, 0.001, 0.0]), np.array([1, 2, 3]))
    np.testing.assert_allclose(differences, [np.nan, 0.001 * 16.334 / np.sqrt(2), 0], rtol=1e-4)
    assert np.isnan(detectable_difference(np.nan, 1))


def test_replicates_that_all_differ_by_the_same_have_no_spread():
    values = pd.DataFrame({0.001: [0.9801, 0.9812, 0.9793], 0.01: [0.9804, 0.9815, 0.9796]})
    [pair] = compare_pairs(values, SEED).to_dict("records")
    assert (pair["mean_difference"], pair["standard_deviation"]) == (0.0003, 0)
    assert pair["ci95_low"] == pair["ci95_high"] == 0.0003
