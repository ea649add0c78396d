import numpy as np
import pandas as pd
import pytest

from workflow.scripts.summarize_classifier import summarize_factors, tabulate_history, tabulate_runs


def run(factor, replicate, accuracy, classifier="regularized"):
    """Make the metrics of a run of two epochs that ends with an accuracy on the test images."""
    history = {"loss": [0.5, 0.25], "accuracy": [0.8, 0.9], "val_loss": [0.6, 0.4], "val_accuracy": [0.7, accuracy]}
    return {
        "classifier": classifier,
        "factor": factor,
        "replicate": replicate,
        "history": history,
        "final": {name: values[-1] for name, values in history.items()},
    }


@pytest.fixture
def factors():
    """Summarize two factors of three replicates, the runs in no order."""
    runs = [
        run(1e-3, 3, 0.90),
        run(1e-6, 2, 0.98),
        run(1e-3, 1, 0.94),
        run(1e-6, 3, 0.97),
        run(1e-6, 1, 0.99),
        run(1e-3, 2, 0.95),
    ]
    return summarize_factors(tabulate_runs(runs)).set_index("factor")


def test_statistics_of_a_factor_are_those_of_its_replicates_by_hand(factors):
    low = factors.loc[1e-6]
    assert low["n"] == 3
    assert low["mean"] == pytest.approx(0.98)
    assert low["standard_deviation"] == pytest.approx(0.01)  # sqrt((0.01² + 0.01²) / 2)
    assert low["minimum"] == 0.97
    assert low["maximum"] == 0.99


def test_the_interval_is_students(factors):
    """Two degrees of freedom: 4.30265 × 0.01 / sqrt(3) = 0.0248414 to either side."""
    low = factors.loc[1e-6]
    assert low["ci95_low"] == pytest.approx(0.98 - 0.0248414, abs=1e-7)
    assert low["ci95_high"] == pytest.approx(0.98 + 0.0248414, abs=1e-7)


def test_a_factor_is_not_touched_by_the_runs_of_another(factors):
    high = factors.loc[1e-3]
    assert high["mean"] == pytest.approx(0.93)
    assert high["standard_deviation"] == pytest.approx(0.0264575, abs=1e-7)  # sqrt((0.01² + 0.02² + 0.03²) / 2)
    assert high["minimum"] == 0.90
    assert high["maximum"] == 0.95


def test_the_last_replicate_is_the_one_with_the_highest_number(factors):
    assert factors.loc[1e-6, "last_replicate"] == 0.97
    assert factors.loc[1e-3, "last_replicate"] == 0.90


def test_the_tenth_replicate_comes_after_the_ninth():
    table = tabulate_runs([run(1e-6, replicate, replicate / 100) for replicate in range(10, 0, -1)])
    assert summarize_factors(table)["last_replicate"].tolist() == [0.1]


def test_factors_are_in_ascending_order(factors):
    assert list(factors.index) == [1e-6, 1e-3]


def test_one_replicate_has_neither_spread_nor_interval():
    [row] = summarize_factors(tabulate_runs([run(1e-6, 1, 0.98)])).to_dict("records")
    assert (row["n"], row["mean"], row["minimum"], row["maximum"]) == (1, 0.98, 0.98, 0.98)
    assert row["last_replicate"] == 0.98
    assert all(np.isnan(row[column]) for column in ("standard_deviation", "ci95_low", "ci95_high"))


def test_a_classifier_without_penalty_is_one_row_with_an_empty_factor():
    table = tabulate_runs([run(None, 1, 0.96, "baseline"), run(None, 2, 0.98, "baseline")])
    factors = summarize_factors(table)
    assert factors["factor"].isna().tolist() == [True]
    assert factors["n"].tolist() == [2]
    assert factors["mean"].tolist() == [pytest.approx(0.97)]


def test_columns_are_those_that_are_documented(factors):
    assert list(factors.reset_index().columns) == [
        "factor",
        "classifier",
        "n",
        "mean",
        "standard_deviation",
        "minimum",
        "maximum",
        "ci95_low",
        "ci95_high",
        "last_replicate",
    ]


def test_a_run_counts_by_its_last_epoch_on_the_test_images():
    table = tabulate_runs([run(1e-6, 2, 0.98)])
    assert table.to_dict("records") == [
        {"classifier": "regularized", "factor": 1e-6, "replicate": 2, "loss": 0.4, "accuracy": 0.98}
    ]


def test_epochs_of_all_runs_are_a_row_each():
    table = tabulate_history([run(1e-6, 1, 0.98), run(1e-3, 1, 0.9)])
    assert list(table.columns) == ["classifier", "factor", "replicate", "epoch", "data", "loss", "accuracy"]
    assert len(table) == 8  # 2 runs × 2 epochs × (training, validation)
    last = table[(table["factor"] == 1e-3) & (table["epoch"] == 2) & (table["data"] == "validation")]
    assert last[["loss", "accuracy"]].to_numpy().tolist() == [[0.4, 0.9]]


@pytest.mark.filterwarnings("error")
def test_epochs_without_a_penalty_have_an_empty_factor():
    table = tabulate_history([run(None, 1, 0.98), run(None, 2, 0.9)])
    assert table["factor"].isna().all()
    assert pd.api.types.is_float_dtype(table["factor"])
