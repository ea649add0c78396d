import copy
import itertools
from argparse import Namespace

import numpy as np
import pandas as pd
import pytest
import yaml

from mnist_study.plan.config import check_config
from mnist_study.plan.contents import locate
from mnist_study.plan.study import compare_published
from mnist_study.run.jobs import Job
from mnist_study.scripts.compare_published import (
    compare_noise_levels,
    compare_quantities,
    find_values,
    main,
    summarize_values,
    tabulate_comparison,
)
from mnist_study.scripts.summarize_noise_levels import summarize_levels
from mnist_study.show.findings import describe_comparison
from mnist_study.show.published import CNN, NOISE_LEVELS, QUANTITIES, find_autoencoder, find_cell, find_classifier
from mnist_study.show.tables import write_table
from mnist_study.trust.reasons import ROOT
from tests.made_studies import make_tables

L2 = {"baseline": [None], "regularized": [1e-6, 1e-4, 1e-3], "cnn": [None]}
NAMES = [quantity.quantity for quantity in QUANTITIES]
# The study of config.yaml is the published one.
STUDY = compare_published(check_config(yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))), None)


def make_epochs(classifier, l2, replicates=3, epochs=16):
    """Make a table of epochs. Every row has another accuracy and loss. Those of training data are far away.

    The table has no column l2 if its only value is None.
    """
    rows = itertools.product(l2, range(1, replicates + 1), range(1, epochs + 1), ["training", "test"])
    table = pd.DataFrame(rows, columns=["l2", "replicate", "epoch", "data"])
    table = table.drop(columns="l2") if l2 == [None] else table
    table.insert(0, "classifier", classifier)
    number = np.arange(len(table)) / 1e4
    return table.assign(loss=2 - number, accuracy=np.where(table["data"] == "training", 0.9, 0.1) + number)


def make_autoencoder_epochs():
    """Make a table of epochs of an autoencoder: two replicates of two epochs."""
    return pd.DataFrame(
        {
            "autoencoder": "autoencoder",
            "replicate": [1] * 4 + [2] * 4,
            "epoch": [1, 2] * 4,
            "data": ["training", "training", "test", "test"] * 2,
            "loss": [0.2, 0.11, 0.3, 0.12, 0.2, 0.13, 0.3, 0.14],
        }
    )


def make_levels(levels, replicates=3):
    """Make levels.csv. At each level, a replicate is 0.01 better than the last one, and “net” than “cnn”."""
    rows = itertools.product(["cnn", "net"], ["none", "median", "autoencoder"], levels, range(replicates))
    table = pd.DataFrame(rows, columns=["classifier", "denoiser", "level", "replicate"])
    slope = table["denoiser"].map({"none": 0.8, "median": 0.6, "autoencoder": 0.5})
    accuracy = 0.9 - slope * table["level"] + 0.01 * (table["replicate"] + (table["classifier"] == "net"))
    return summarize_levels(table.assign(accuracy=accuracy, total=10_000, chance=0.1135))


@pytest.fixture
def epochs():
    tables = {classifier: make_epochs(classifier, values) for classifier, values in L2.items()}
    return tables | {"autoencoder": make_autoencoder_epochs()}


def find(epochs, words, column=None):
    """Find our values of the only quantity with these words in its name."""
    [quantity] = [one for one in QUANTITIES if words in one.quantity and column in (None, one.column)]
    return find_values(epochs[quantity.model], quantity).tolist()


def summarize(*values, **changes):
    """Summarize values of the CNN's published accuracy, or of another quantity with these changes."""
    return summarize_values(pd.Series(values), CNN._replace(**changes))


def vary(**changes):
    """Give the settings of the study of config.yaml, with changes by section: of a classifier, autoencoder or noise."""
    settings = copy.deepcopy(STUDY)
    for name, change in changes.items():
        models = [settings[models] for models in ("classifiers", "denoisers") if name in settings[models]]
        section = models[0] if models else settings
        section[name] = section[name] | change if isinstance(change, dict) else change
    return settings


def explain(settings, words=""):
    """Give the different texts of why_not of all quantities with these words in their names."""
    epochs = {name: make_epochs(name, [None]) for name in settings["classifiers"]}
    epochs = epochs | {
        "regularized": make_epochs("regularized", dict(STUDY["classifiers"]["regularized"]["sweep"])["l2"])
    }
    table = tabulate_comparison(compare_quantities(epochs | {"autoencoder": make_autoencoder_epochs()}, settings))
    rows = table[table["quantity"].str.contains(words)]
    assert (rows["ours"].isna() == (rows["why_not"] != "")).all()
    return rows["why_not"].unique().tolist()


def select(table, column, **values):
    """Select the values on test images from the table directly, without the code under test."""
    rows = table[table["data"] == "test"]
    for name, value in values.items():
        rows = rows[rows[name] == value]
    return rows[column].tolist()


@pytest.mark.parametrize("quantity", QUANTITIES, ids=NAMES)
def test_every_published_quantity_is_found_in_a_study_that_has_it(epochs, quantity):
    assert np.isfinite(find_values(epochs[quantity.model], quantity)).all()


def test_the_study_of_the_config_is_compared_as_a_whole():
    assert explain(STUDY) == [""]
    rows = compare_noise_levels(make_levels([level / 10 for level in range(11)]), STUDY)
    assert {row["why_not"] for row in rows} == {""}


def test_nothing_is_compared_where_validation_images_are_held_out():
    settings = STUDY | {"validation": 10_000}
    assert explain(settings) == ["10,000 of the training images held out instead of none"]
    table = tabulate_comparison(compare_noise_levels(make_levels([0, 0.5]), settings))
    assert table["why_not"].str.contains("10,000 of the training images held out instead of none").all()
    assert table[[column for column in table if column not in ("quantity", "reference", "why_not")]].isna().all().all()


@pytest.mark.parametrize(
    ("words", "changes", "why_not"),
    [
        (
            "^regularized|Hinton",
            {"regularized": {"layers": [{"dense": 32}, {"dense": 16}]}},
            "layers dense 32, dense 16 instead of dense 500, dense 300",
        ),
        ("0.000999|best", {"regularized": {"epochs": 20}}, "20 epochs instead of 40"),
        ("after epoch 16", {"regularized": {"epochs": 2}}, "2 epochs, less than 16"),
        ("after epoch 1$", {"regularized": {"epochs": 2}}, ""),
        ("^regularized", {"regularized": {"batch_size": 64}}, "batches of 64 instead of 128"),
        ("^regularized", {"regularized": {"learning_rate": 0.2}}, "learning rate 0.2 instead of 0.1"),
        ("^regularized", {"regularized": {"l2": 0.0, "sweep": []}}, "no L2 penalty"),
        ("factor 1e-6", {"regularized": {"sweep": [["l2", [1e-5]]]}}, "no L2 factor 1e-06"),
        (
            "best",
            {"regularized": {"sweep": [["l2", [1e-6]]]}},
            "L2 factors 1e-06 instead of 1e-06, 1e-05, 0.0001, 0.0005, 0.001",
        ),
        ("best", {"regularized": {"replicates": 30}}, "best of 30 replicates a setting instead of 3"),
        ("0.000999", {"regularized": {"replicates": 30}}, ""),
        ("0.000999", {"regularized": {"sweep": [["l2", [0.000999]]]}}, ""),
        ("^baseline", {"baseline": {"sweep": [["l2", [1e-4]]]}}, "an L2 penalty instead of none"),
        ("0.000999", {"regularized": {"sweep": [["l2", [0, 0.001]]]}}, ""),
        ("0.000999", {"regularized": {"l2": 0.001, "sweep": []}}, ""),
        ("0.000999", {"regularized": {"l2": 0.001, "sweep": [["dropout", [0, 0.2]]]}}, "a sweep over dropout"),
        ("^baseline", {"baseline": {"sweep": [["learning_rate", [0.1]]]}}, "a sweep over learning rate"),
        ("^baseline", {"baseline": {"replicates": 5, "epochs": 12}}, ""),
        (
            "^CNN",
            {"cnn": {"epochs": 2, "sweep": [["l2", [1e-4]]]}},
            "2 epochs instead of 40; an L2 penalty instead of none",
        ),
        (
            "^autoencoder",
            {"autoencoder": {"epochs": 2, "decoder": []}},
            "2 epochs instead of 32; decoder none instead of 128",
        ),
        ("^autoencoder", {"autoencoder": {"noise_level": 0.3}}, "training noise of level 0.3 instead of 0.4"),
        ("^autoencoder", {"autoencoder": {"encoder": [8]}}, "encoder 8 instead of 128, 96"),
        (
            "^autoencoder",
            {"autoencoder": {"encoder": [{"conv": {"filters": 16, "padding": "same"}}, 96]}},
            "encoder conv 16 (same padding), 96 instead of 128, 96",
        ),
        (
            "^autoencoder",
            {"autoencoder": {"noise_level": [0, 0.8], "noise_draws": "every_epoch", "optimizer": "sgd"}},
            "optimizer sgd instead of adam; noise draws every_epoch instead of once; training noise of levels 0 to 0.8 "
            "instead of 0.4",
        ),
        (
            "^autoencoder",
            {"noise": {"classifiers": ["cnn"], "kind": "gaussian"}},
            "Gaussian noise instead of salt-and-pepper noise",
        ),
        ("", {"dataset": "fashion_mnist"}, "data set fashion_mnist instead of mnist"),
    ],
)
def test_a_number_of_another_network_training_or_data_is_not_compared(words, changes, why_not):
    assert explain(vary(**changes), words) == [why_not]


def test_a_model_is_found_by_what_it_is():
    settings = vary()
    settings["classifiers"] = {"cnn": STUDY["classifiers"]["baseline"], "net": STUDY["classifiers"]["cnn"]}
    [cnn, *_] = [quantity for quantity in QUANTITIES if quantity.model == "cnn"]
    baseline = next(quantity for quantity in QUANTITIES if quantity.model == "baseline")
    assert find_classifier(settings, cnn) == ("net", "")
    assert find_classifier(settings, baseline) == ("cnn", "")


def rename(settings, models, **names):
    """Give settings in which models have other names."""
    return settings | {models: {names.get(name, name): model for name, model in settings[models].items()}}


def test_an_autoencoder_is_found_by_what_it_is_and_the_published_name_is_preferred():
    settings = rename(vary(), "denoisers", autoencoder="dense")
    assert find_autoencoder(settings) == ("dense", "")
    twin = settings["denoisers"]["dense"]
    settings["denoisers"]["autoencoder"] = twin | {"epochs": 2}
    assert find_autoencoder(settings) == ("dense", "")
    settings["denoisers"]["autoencoder"] = twin
    assert find_autoencoder(settings) == ("autoencoder", "")


def test_noise_curves_are_those_of_the_scorer_and_the_autoencoder_with_the_published_settings():
    settings = rename(vary(noise={"classifiers": ["baseline", "net"]}), "classifiers", cnn="net")
    assert find_cell(settings, "noisy") == (("net", "none"), "")
    assert find_cell(settings, "denoised") == (("net", "autoencoder"), "")
    table = tabulate_comparison(compare_noise_levels(make_levels([0, 0.5]), settings)).set_index("quantity")
    for images, ours in (("noisy", 0.52), ("denoised", 0.67)):
        row = table.loc[f"CNN accuracy on {images} images, noise level 0.5"]
        assert (row["ours"], row["n"]) == (pytest.approx(ours), 3)


def test_noise_curves_of_another_kind_of_noise_are_not_compared():
    settings = vary(noise={"kind": "gaussian"})
    why_not = "Gaussian noise instead of salt-and-pepper noise"
    assert find_cell(settings, "noisy") == (None, why_not)
    assert find_cell(settings, "denoised") == (None, f"autoencoder: {why_not}")


def test_a_study_with_filters_alone_has_the_noisy_curve():
    settings = vary()
    del settings["denoisers"]["autoencoder"]
    assert find_cell(settings, "noisy") == (("cnn", "none"), "")
    assert find_cell(settings, "denoised") == (None, "autoencoder: no denoiser of this study is an autoencoder")
    assert len(compare_quantities({name: make_epochs(name, L2[name]) for name in L2}, settings)) == 11


def test_a_network_that_the_study_lacks_is_named():
    settings = vary()
    del settings["classifiers"]["cnn"], settings["classifiers"]["regularized"]
    [cnn, *_] = [quantity for quantity in QUANTITIES if quantity.model == "cnn"]
    assert find_classifier(settings, cnn) == (None, "no classifier of this study is the published cnn one")


@pytest.mark.parametrize(
    ("changes", "noisy", "denoised"),
    [
        ({"autoencoder": {"epochs": 2}}, "", "autoencoder: 2 epochs instead of 32"),
        ({"cnn": {"epochs": 2}}, *["cnn: 2 epochs instead of 40"] * 2),
        (
            {"cnn": {"epochs": 2}, "autoencoder": {"epochs": 2}},
            "cnn: 2 epochs instead of 40",
            "cnn: 2 epochs instead of 40; autoencoder: 2 epochs instead of 32",
        ),
    ],
)
def test_a_noise_curve_of_another_network_or_training_is_not_compared(changes, noisy, denoised):
    table = tabulate_comparison(compare_noise_levels(make_levels([0, 0.5]), vary(**changes))).set_index("quantity")
    row = table.loc["CNN accuracy on noisy images, noise level 0.5"]
    assert (row["why_not"], pd.isna(row["ours"])) == (noisy, noisy != "")
    row = table.loc["CNN accuracy on denoised images, noise level 0.5"]
    assert (row["why_not"], pd.isna(row["ours"])) == (denoised, True)


def test_the_noise_curve_of_a_perceptron_is_not_the_cnns():
    rows = compare_noise_levels(make_levels([0, 0.5]), vary(noise={"classifiers": ["baseline"]}))
    table = tabulate_comparison(rows)
    assert table["ours"].isna().all()
    assert table["why_not"].str.startswith("baseline: layers dense 64, dense 64 instead of conv 32, ").all()


def test_the_best_run_is_the_best_of_all_settings_and_replicates_at_its_last_epoch(epochs):
    table = epochs["regularized"]
    best = (table["l2"] == 1e-4) & (table["replicate"] == 2) & (table["data"] == "test")
    table.loc[best & (table["epoch"] == 16), "accuracy"] = 0.75
    # Two better values must not count: one of an earlier epoch, and one on training images.
    table.loc[best & (table["epoch"] == 15), "accuracy"] = 0.99
    rows = {row["quantity"]: row for row in compare_quantities(epochs, STUDY)}
    bests = [row for name, row in rows.items() if "best of all runs" in name]
    assert [(row["ours"], row["n"]) for row in bests] == [(0.75, 9), (0.75, 9)]


@pytest.mark.parametrize("epoch", [1, 5, 16])
def test_every_replicate_is_read_after_the_published_epoch(epochs, epoch):
    expected = select(epochs["regularized"], "accuracy", l2=1e-6, epoch=epoch)
    [quantity] = [one for one in QUANTITIES if one.l2 == 1e-6 and one.epoch == epoch]
    assert find_values(epochs["regularized"], quantity).tolist() == expected
    assert len(expected) == 3


@pytest.mark.parametrize("column", ["accuracy", "loss"])
def test_the_published_factor_is_read_after_its_last_epoch(epochs, column):
    assert find(epochs, "0.000999", column) == select(epochs["regularized"], column, l2=1e-3, epoch=16)


@pytest.mark.parametrize("epoch", [4, 7])
def test_the_baseline_is_read_after_the_published_epoch(epochs, epoch):
    expected = select(epochs["baseline"], "accuracy", epoch=epoch)
    assert find(epochs, f"baseline MLP, validation accuracy after epoch {epoch}") == expected


@pytest.mark.parametrize("column", ["accuracy", "loss"])
def test_the_cnn_is_read_after_its_last_epoch(epochs, column):
    assert find(epochs, "CNN", column) == select(epochs["cnn"], column, epoch=16)


def test_the_autoencoders_losses_are_those_of_its_last_epoch(epochs):
    assert find(epochs, "autoencoder, loss") == [0.11, 0.13]
    assert find(epochs, "autoencoder, validation loss") == [0.12, 0.14]


def tabulate(reference, told):
    """Tabulate one comparison with a published number."""
    [row] = tabulate_comparison([{"quantity": "x", "reference": reference, "why_not": ""} | told]).to_dict("records")
    return row


@pytest.mark.parametrize(
    ("reference", "inside"),
    [
        (0.991, ("yes", "yes", "yes")),
        (0.9935, ("no", "yes", "no")),  # one more training can reach what the mean does not
        (0.9895, ("no", "yes", "yes")),
        (0.98, ("no", "no", "no")),
    ],
)
def test_a_published_number_lies_inside_each_interval_or_not(reference, inside):
    row = tabulate(reference, summarize(0.990, 0.991, 0.992, 0.991))
    assert (row["ours"], row["n"]) == (pytest.approx(0.991), 4)
    assert (row["ci95_low"], row["ci95_high"]) == pytest.approx((0.98970, 0.99230), abs=1e-5)
    assert (row["run95_low"], row["run95_high"]) == pytest.approx((0.98809, 0.99391), abs=1e-5)
    assert (row["wilson95_low"], row["wilson95_high"]) == pytest.approx((0.98896, 0.99267), abs=1e-5)
    assert row["difference"] == row["ours"] - reference
    assert tuple(row[f"inside_{interval}"] for interval in ("ci95", "run95", "wilson95")) == inside


@pytest.mark.parametrize("values", [[0.991], [0.991, 0.991, 0.991]], ids=["one run", "no spread"])
def test_without_a_spread_only_the_interval_of_the_images_is_known(values):
    row = tabulate(0.9912, summarize(*values))
    assert row["n"] == len(values)
    assert pd.isna([row["ci95_low"], row["run95_high"], row["inside_ci95"], row["inside_run95"]]).all()
    assert row["inside_wilson95"] == "yes"


def test_a_loss_has_no_interval_of_the_images():
    row = tabulate(0.03, summarize(0.02, 0.03, 0.04, column="loss"))
    assert pd.isna([row["wilson95_low"], row["inside_wilson95"]]).all()
    assert (row["inside_ci95"], row["inside_run95"]) == ("yes", "yes")


def test_the_best_run_has_the_interval_of_the_images_only_as_a_maximum_is_biased():
    row = tabulate(0.99, summarize(0.98, 0.985, 0.99, best=True))
    assert (row["ours"], row["n"]) == (0.99, 3)
    assert pd.isna([row["standard_deviation"], row["inside_ci95"], row["inside_run95"]]).all()
    assert (row["wilson95_low"], row["wilson95_high"]) == pytest.approx((0.98785, 0.99178), abs=1e-5)
    assert row["inside_wilson95"] == "yes"


def test_quantities_stand_beside_their_references_in_the_published_order(epochs):
    rows = compare_quantities(epochs, STUDY)
    assert [row["quantity"] for row in rows] == NAMES
    assert len(set(NAMES)) == len(NAMES)
    assert [row["reference"] for row in rows] == [quantity.reference for quantity in QUANTITIES]
    assert all("ours" in row for row in rows)


def test_every_published_noise_level_is_found_in_a_study_that_has_it():
    levels = make_levels([level / 10 for level in range(11)])
    table = tabulate_comparison(compare_noise_levels(levels, STUDY))
    assert len(table) == 22
    row = table.set_index("quantity").loc["CNN accuracy on noisy images, noise level 0.3"]
    # Of 0.66, 0.67 and 0.68, for a published number of 0.7867.
    assert (row["ours"], row["n"], row["standard_deviation"]) == (pytest.approx(0.67), 3, pytest.approx(0.01))
    assert (row["run95_low"], row["run95_high"]) == pytest.approx((0.67 - 0.04968, 0.67 + 0.04968), abs=1e-5)
    assert (row["inside_ci95"], row["inside_run95"], row["inside_wilson95"]) == ("no", "no", "no")
    denoised = table.set_index("quantity").loc["CNN accuracy on denoised images, noise level 0.3", "ours"]
    assert denoised == pytest.approx(0.76)
    assert table["reference"].tolist() == [*NOISE_LEVELS["noisy"].values(), *NOISE_LEVELS["denoised"].values()]


@pytest.mark.parametrize(("half", "left"), [("denoisers", 11), ("classifiers", 2)])
def test_what_is_left_out_of_a_study_is_not_compared(half, left):
    config = check_config(yaml.safe_load((ROOT / "config.yaml").read_text()) | {half: None})
    comparison = make_tables(config)[locate("published")]
    assert len(comparison) == left == comparison["ours"].count()
    said = " ".join(describe_comparison(comparison))
    assert f"Of {left} single published numbers" in said
    assert "noise curves" not in said and "no counterpart" not in said


def test_a_noise_level_that_the_study_lacks_is_empty():
    table = tabulate_comparison(compare_noise_levels(make_levels([0.0, 0.25, 0.3]), STUDY))
    assert set(table.loc[table["ours"].isna(), "why_not"]) == {"not among the noise levels of this study"}
    assert table[table["ours"].notna()]["quantity"].tolist() == [
        f"CNN accuracy on {images} images, noise level {level}" for images in NOISE_LEVELS for level in ("0", "0.3")
    ]


def test_the_comparison_is_made_of_the_tables_of_the_study(epochs, tmp_path):
    """The tables are read from files. The files must keep every digit of settings and levels."""
    del epochs["baseline"]
    for name, table in epochs.items():
        write_table(table, tmp_path / f"{name}.csv")
    write_table(make_levels([0.0, 0.1, 0.7]), tmp_path / "levels.csv")
    arguments = Namespace(
        classifiers=[tmp_path / "regularized.csv", tmp_path / "cnn.csv"],
        autoencoders=[tmp_path / "autoencoder.csv"],
        levels=[tmp_path / "levels.csv"],
        comparison=tmp_path / "published.csv",
    )
    settings = vary()
    del settings["classifiers"]["baseline"]
    main(Job(arguments, settings, {}, {}, {}))
    table = pd.read_csv(arguments.comparison)
    assert list(table.columns) == [
        *("quantity", "reference", "ours", "n", "standard_deviation", "difference"),
        *("inside_run95", "inside_ci95", "inside_wilson95"),
        *("run95_low", "run95_high", "ci95_low", "ci95_high", "wilson95_low", "wilson95_high", "why_not"),
    ]
    assert len(table) == len(QUANTITIES) + 22
    empty = table[table["ours"].isna()]
    assert empty["quantity"].str.contains("baseline").sum() == 2
    assert len(empty) == 2 + 2 * 8
    assert empty["difference"].isna().all()
    assert empty["why_not"].notna().all()
    found = table[table["ours"].notna()]
    assert found["why_not"].isna().all()
    np.testing.assert_array_equal(found["difference"], found["ours"] - found["reference"])
