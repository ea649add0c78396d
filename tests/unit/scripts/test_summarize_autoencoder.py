"""Test the tables of an autoencoder: every epoch, and the statistics of its replicates."""

import math

import pandas as pd
import pytest

from mnist_study.scripts.summarize_autoencoder import tabulate_history, tabulate_losses


def run(replicate, validation, test):
    """Make the metrics of a replicate of two epochs that ends with these losses."""
    history = {"loss": [0.3, 0.2], "val_loss": [0.25, validation]}
    return {
        "autoencoder": "deep",
        "replicate": replicate,
        "chance": 0.26,
        "history": history,
        "final": {name: values[-1] for name, values in history.items()},
        "test": {"loss": test, "chance": 0.27},
    }


def test_epochs_of_all_replicates_are_a_row_each():
    table = tabulate_history([run(1, 0.12, 0.13), run(2, 0.14, 0.15)], "held-out")
    assert list(table.columns) == ["autoencoder", "replicate", "epoch", "data", "loss", "chance"]
    assert table[table["data"] == "held-out"].to_numpy().tolist() == [
        ["deep", 1, 1, "held-out", 0.25, 0.26],
        ["deep", 1, 2, "held-out", 0.12, 0.26],
        ["deep", 2, 1, "held-out", 0.25, 0.26],
        ["deep", 2, 2, "held-out", 0.14, 0.26],
    ]
    assert table[table["data"] == "training"]["loss"].tolist() == [0.3, 0.2] * 2


def test_last_losses_are_summarized_for_each_kind_of_images():
    table = tabulate_losses([run(1, 0.12, 0.13), run(2, 0.14, 0.17)], "held-out").set_index("data")
    assert set(table.index) == {"training", "held-out", "test"}
    assert set(table["autoencoder"]) == {"deep"}
    assert table["n"].tolist() == [2, 2, 2]
    assert table["mean"].to_dict() == pytest.approx({"training": 0.2, "held-out": 0.13, "test": 0.15})
    # Two values with the difference d have the standard deviation d / sqrt(2).
    assert table.loc["held-out", "standard_deviation"] == pytest.approx(0.02 / math.sqrt(2))
    assert table.loc["test", ["minimum", "maximum"]].tolist() == [0.13, 0.17]


def test_in_the_test_protocol_the_test_images_are_one_row():
    table = tabulate_losses([run(1, 0.12, 0.12), run(2, 0.14, 0.14)], "test").set_index("data")
    assert table["n"].to_dict() == {"training": 2, "test": 2}
    assert table.loc["test", "mean"] == pytest.approx(0.13)


RUN = {"seed": 7, "dataset": "mnist", "autoencoder": "deep", "validation": 10_000, "epochs": 2}


@pytest.fixture
def replicates(tmp_path, write_training):
    return [
        write_training(
            tmp_path / f"replicate~{replicate}.json", "train_autoencoder", RUN | {"replicate": replicate}, loss=loss
        )
        for replicate, loss in ((1, 0.12), (2, 0.14))
    ]


@pytest.fixture
def summarize(tmp_path, replicates, run_script):
    (tmp_path / "tables").mkdir()
    tables = {name: tmp_path / "tables" / f"{name}.csv" for name in ("epochs", "losses")}
    settings = {"run": RUN, "replicates": [1, 2]}
    return lambda: (run_script("summarize_autoencoder", settings, {"metrics": replicates}, tables), tables)


def test_all_replicates_are_tabulated(summarize):
    ended, tables = summarize()
    assert (ended.returncode, ended.stderr) == (0, "")
    assert pd.read_csv(tables["losses"])["data"].tolist() == ["held-out", "test", "training"]
    assert pd.read_csv(tables["epochs"])["replicate"].unique().tolist() == [1, 2]


def test_a_replicate_that_was_copied_to_another_is_refused(summarize, replicates):
    first, second = replicates
    second.write_bytes(first.read_bytes())
    ended, tables = summarize()
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"error: {second} was changed after it was written: type: rm '{second}'")
    assert list(tables["losses"].parent.iterdir()) == []


def test_a_replicate_of_another_study_is_refused(summarize, replicates, write_training):
    other = write_training(replicates[1], "train_autoencoder", RUN | {"replicate": 2, "validation": "test"}, loss=0.14)
    ended, tables = summarize()
    assert ended.returncode == 1
    assert ended.stderr.startswith(f'error: {other} was made for other reasons (settings validation: "test" -> 10000)')
    assert list(tables["losses"].parent.iterdir()) == []
