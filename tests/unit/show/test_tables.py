import pandas as pd
import pytest

from mnist_study.show.tables import (
    find_validation,
    format_mean_level,
    list_names,
    name_denoiser,
    name_validation,
    select_cell,
    tabulate_epochs,
    write_table,
)


@pytest.mark.parametrize("validation", ["test", "held-out"])
def test_epochs_are_one_row_for_each_epoch_and_data(validation):
    history = {"loss": [0.5, 0.25], "accuracy": [0.75, 0.875], "val_loss": [0.6, 0.4], "val_accuracy": [0.7, 0.8]}
    table = pd.DataFrame(tabulate_epochs(history, validation))
    assert list(table.columns) == ["epoch", "data", "loss", "accuracy"]
    assert table.to_numpy().tolist() == [
        [1, "training", 0.5, 0.75],
        [2, "training", 0.25, 0.875],
        [1, validation, 0.6, 0.7],
        [2, validation, 0.4, 0.8],
    ]


def test_a_history_without_accuracy_has_no_such_column():
    assert list(tabulate_epochs({"loss": [0.5], "val_loss": [0.6]}, "test")) == ["epoch", "data", "loss"]


@pytest.mark.parametrize(("validation", "name"), [("test", "test"), (10_000, "held-out")])
def test_the_validation_images_are_named_by_the_protocol_and_found_by_this_name(validation, name):
    assert name_validation({"validation": validation}) == name
    assert find_validation(pd.DataFrame({"data": ["training", name, "test"]})) == name


@pytest.mark.parametrize(("n", "text"), [(3, "0.12 ± 0.01"), (1, "0.12")])
def test_a_level_has_two_digits_and_its_spread_if_several_replicates_have_one(n, text):
    assert format_mean_level(pd.Series({"mean": 0.1183, "standard_deviation": 0.0123, "n": n})) == text


def test_cells_of_the_noise_study_keep_their_order_and_are_selected_by_scorer_and_denoiser():
    cells = [("cnn", "none"), ("cnn", "median"), ("mlp", "none"), ("mlp", "median")]
    table = pd.DataFrame(cells, columns=["classifier", "denoiser"]).assign(level=[0, 1, 2, 3])
    assert (list_names(table, "classifier"), list_names(table, "denoiser")) == (["cnn", "mlp"], ["none", "median"])
    assert select_cell(table, "mlp", "none")["level"].tolist() == [2]


def test_noisy_images_as_they_are_have_no_denoiser():
    assert list(map(name_denoiser, ["none", "median"])) == ["no denoiser", "median"]


def test_a_table_keeps_all_digits_and_empty_cells(tmp_path):
    table = pd.DataFrame({"factor": [0.1 + 0.2, 1e-6], "mean": [None, 1 / 3]})
    write_table(table, tmp_path / "table.csv")
    assert (tmp_path / "table.csv").read_bytes() == (b"factor,mean\n0.30000000000000004,\n1e-06,0.3333333333333333\n")
