"""Test the comparison of classifiers: each with the one before it, replicate by replicate."""

import pandas as pd
import pytest

from benchmarks.compare_classifiers import compare_in_turn, load_accuracies


def test_the_gain_is_that_of_the_same_replicates_with_the_interval_of_a_paired_t_test():
    accuracies = pd.DataFrame({"plain": [0.90, 0.92, 0.94], "better": [0.91, 0.94, 0.97]}, index=[1, 2, 3])
    rows = compare_in_turn(accuracies)
    assert rows["mean"].tolist() == pytest.approx([0.92, 0.94])
    assert pd.isna(rows.loc["plain", "mean_difference"])
    # R: t.test(c(0.01, 0.02, 0.03)) gives 0.02 and the interval -0.00484 to 0.04484.
    assert rows.loc["better", ["mean_difference", "low", "high"]].tolist() == pytest.approx(
        [0.02, -0.00484, 0.04484], abs=1e-5
    )


def test_the_accuracy_is_that_on_the_held_out_images(tmp_path):
    (tmp_path / "mlp").mkdir()
    table = (
        "classifier,replicate,data,accuracy\nmlp,1,held-out,0.9\nmlp,1,test,0.8\nmlp,2,held-out,0.7\nmlp,2,test,0.6\n"
    )
    (tmp_path / "mlp/runs.csv").write_text(table)
    assert load_accuracies(tmp_path, ["mlp"])["mlp"].to_dict() == {1: 0.9, 2: 0.7}


def test_one_classifier_is_compared_with_none():
    assert compare_in_turn(pd.DataFrame({"plain": [0.90, 0.92]}))["mean_difference"].isna().all()
