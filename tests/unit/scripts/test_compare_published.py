import itertools
from argparse import Namespace

import numpy as np
import pandas as pd
import pytest

from workflow.lib.jobs import Job
from workflow.lib.published import NOISE_LEVELS, QUANTITIES
from workflow.lib.tables import write_table
from workflow.scripts.compare_published import compare_noise_levels, compare_quantities, find_value, main

FACTORS = {"baseline": [None], "regularized": [1e-6, 1e-4, 1e-3], "cnn": [None]}
NAMES = [quantity.quantity for quantity in QUANTITIES]
OF_FACTOR = [quantity for quantity in QUANTITIES if quantity.factor is not None]
AFTER_EPOCH = [quantity for quantity in QUANTITIES if quantity.epoch != "last"]


def make_epochs(classifier, factors, replicates=3, epochs=16):
    """Make a table in which every row has an accuracy and a loss of its own, those of training data far away."""
    rows = itertools.product(factors, range(1, replicates + 1), range(1, epochs + 1), ["training", "validation"])
    table = pd.DataFrame(rows, columns=["factor", "replicate", "epoch", "data"]).astype({"factor": float})
    table.insert(0, "classifier", classifier)
    number = np.arange(len(table)) / 1e4
    return table.assign(loss=2 - number, accuracy=np.where(table["data"] == "training", 0.9, 0.1) + number)


def make_autoencoder_epochs():
    return pd.DataFrame(
        {
            "epoch": [1, 2, 1, 2],
            "data": ["training", "training", "validation", "validation"],
            "loss": [0.2, 0.11, 0.3, 0.12],
        }
    )


def make_levels(levels):
    rows = itertools.product(levels, ["noisy", "denoised"])
    table = pd.DataFrame(rows, columns=["level", "images"])
    return table.assign(accuracy=np.where(table["images"] == "noisy", 1, 2) - table["level"])


@pytest.fixture
def epochs():
    tables = {classifier: make_epochs(classifier, factors) for classifier, factors in FACTORS.items()}
    return tables | {"autoencoder": make_autoencoder_epochs()}


def find(epochs, words, column=None):
    """Find our value of the one quantity with these words in its name."""
    [quantity] = [one for one in QUANTITIES if words in one.quantity and column in (None, one.column)]
    return find_value(epochs, quantity)


def select(table, column, **values):
    """Select the one value of the validation data in a row, by hand."""
    rows = table[table["data"] == "validation"]
    for name, value in values.items():
        rows = rows[rows[name] == value]
    [value] = rows[column]
    return value


@pytest.mark.parametrize("quantity", QUANTITIES, ids=NAMES)
def test_every_published_quantity_is_found_in_a_study_that_has_it(epochs, quantity):
    assert np.isfinite(find_value(epochs, quantity))


@pytest.mark.parametrize("quantity", QUANTITIES, ids=NAMES)
def test_a_quantity_of_a_model_that_the_study_lacks_is_empty(epochs, quantity):
    del epochs[quantity.model]
    assert np.isnan(find_value(epochs, quantity))


@pytest.mark.parametrize("quantity", OF_FACTOR, ids=lambda quantity: quantity.quantity)
def test_a_quantity_of_a_factor_that_the_study_lacks_is_empty(epochs, quantity):
    epochs["regularized"] = make_epochs("regularized", [2e-6, 1e-4])
    assert np.isnan(find_value(epochs, quantity))


@pytest.mark.parametrize("quantity", AFTER_EPOCH, ids=lambda quantity: quantity.quantity)
def test_a_quantity_of_an_epoch_that_the_study_lacks_is_empty(epochs, quantity):
    table = epochs[quantity.model]
    epochs[quantity.model] = table[table["epoch"] < quantity.epoch]
    assert np.isnan(find_value(epochs, quantity))


def test_the_best_run_is_the_best_of_all_factors_and_replicates_at_its_last_epoch(epochs):
    table = epochs["regularized"]
    best = (table["factor"] == 1e-4) & (table["replicate"] == 2) & (table["data"] == "validation")
    table.loc[best & (table["epoch"] == 16), "accuracy"] = 0.75
    # Better ones that do not count: of an earlier epoch, and the training images'.
    table.loc[best & (table["epoch"] == 15), "accuracy"] = 0.99
    assert find(epochs, "best of all runs") == 0.75
    assert find(epochs, "Hinton") == 0.75


@pytest.mark.parametrize("epoch", [1, 5, 16])
def test_the_first_replicate_is_read_after_the_published_epoch(epochs, epoch):
    expected = select(epochs["regularized"], "accuracy", factor=1e-6, replicate=1, epoch=epoch)
    [quantity] = [one for one in QUANTITIES if one.factor == 1e-6 and one.epoch == epoch]
    assert find_value(epochs, quantity) == expected


@pytest.mark.parametrize("column", ["accuracy", "loss"])
def test_the_last_replicate_is_read_after_its_last_epoch(epochs, column):
    expected = select(epochs["regularized"], column, factor=1e-3, replicate=3, epoch=16)
    assert find(epochs, "0.000999", column) == expected


@pytest.mark.parametrize("epoch", [4, 7])
def test_the_baseline_is_read_after_the_published_epoch(epochs, epoch):
    expected = select(epochs["baseline"], "accuracy", replicate=1, epoch=epoch)
    assert find(epochs, f"baseline MLP, validation accuracy after epoch {epoch}") == expected


@pytest.mark.parametrize("column", ["accuracy", "loss"])
def test_the_cnn_is_read_after_its_last_epoch(epochs, column):
    assert find(epochs, "CNN", column) == select(epochs["cnn"], column, replicate=1, epoch=16)


def test_the_autoencoders_losses_are_those_of_its_last_epoch(epochs):
    assert find(epochs, "autoencoder, loss") == 0.11
    assert find(epochs, "autoencoder, validation loss") == 0.12


def test_quantities_stand_beside_their_references_in_the_published_order(epochs):
    table = compare_quantities(epochs)
    assert table["quantity"].tolist() == NAMES
    assert len(set(NAMES)) == len(NAMES)
    assert table["reference"].tolist() == [quantity.reference for quantity in QUANTITIES]
    assert table["ours"].notna().all()


def test_every_published_noise_level_is_found_in_a_study_that_has_it():
    table = compare_noise_levels(make_levels([level / 10 for level in range(11)]))
    assert len(table) == 22
    ours = table.set_index("quantity")["ours"]
    assert ours["CNN accuracy on noisy images, noise level 0.3"] == pytest.approx(0.7)
    assert ours["CNN accuracy on denoised images, noise level 0.3"] == pytest.approx(1.7)
    assert table["reference"].tolist() == [*NOISE_LEVELS["noisy"].values(), *NOISE_LEVELS["denoised"].values()]


def test_a_noise_level_that_the_study_lacks_is_empty():
    table = compare_noise_levels(make_levels([0.0, 0.25, 0.3]))
    assert table[table["ours"].notna()]["quantity"].tolist() == [
        f"CNN accuracy on {images} images, noise level {level}" for images in NOISE_LEVELS for level in ("0", "0.3")
    ]


def test_the_comparison_is_made_of_the_tables_of_the_study(epochs, tmp_path):
    """The tables go through files, which have to keep every digit of factors and levels."""
    del epochs["baseline"]
    for name, table in epochs.items():
        write_table(table, tmp_path / f"{name}.csv")
    write_table(make_levels([0.0, 0.1, 0.7]), tmp_path / "levels.csv")
    arguments = Namespace(
        classifiers=[tmp_path / "regularized.csv", tmp_path / "cnn.csv"],
        autoencoder=tmp_path / "autoencoder.csv",
        levels=tmp_path / "levels.csv",
        comparison=tmp_path / "published.csv",
    )
    main(Job(arguments, {}, {}, {}, {}))
    table = pd.read_csv(arguments.comparison)
    assert list(table.columns) == ["quantity", "reference", "ours", "difference"]
    assert len(table) == len(QUANTITIES) + 22
    empty = table[table["ours"].isna()]
    assert empty["quantity"].str.contains("baseline").sum() == 2
    assert len(empty) == 2 + 2 * 8
    assert empty["difference"].isna().all()
    found = table.dropna()
    np.testing.assert_array_equal(found["difference"], found["ours"] - found["reference"])


def test_a_model_that_was_given_factors_is_compared_at_its_smallest_one(epochs):
    epochs["cnn"] = make_epochs("cnn", [1e-5, 1e-3])
    for column in ("accuracy", "loss"):
        expected = select(epochs["cnn"], column, factor=1e-5, replicate=1, epoch=16)
        assert find(epochs, "CNN", column) == expected
