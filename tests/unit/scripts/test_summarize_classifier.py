import itertools
import json
import shutil

import numpy as np
import pandas as pd
import pytest

from mnist_study.scripts.summarize_classifier import (
    summarize_settings,
    tabulate_history,
    tabulate_kernel_norms,
    tabulate_runs,
)
from mnist_study.trust.metrics_writer import write_metrics
from mnist_study.trust.provenance import write_provenance

COLUMNS = ["classifier", "l2", "replicate"]


def run(l2, replicate, accuracy, classifier="regularized", test=None):
    """Make the metrics of a run of two epochs that ends with an accuracy on the validation images.

    `l2`: None without a sweep. `test`: the accuracy on the test images, if these are others.
    """
    history = {"loss": [0.5, 0.25], "accuracy": [0.8, 0.9], "val_loss": [0.6, 0.4], "val_accuracy": [0.7, accuracy]}
    if l2:
        history |= {"val_cross_entropy": [0.4, 0.3], "val_penalty": [0.2, 0.1]}
    scores = {name.removeprefix("val_"): values[-1] for name, values in history.items() if name.startswith("val_")}
    return {
        "classifier": classifier,
        "setting": {} if l2 is None else {"l2": l2},
        "replicate": replicate,
        "chance": 0.1135,
        "history": history,
        "final": {name: values[-1] for name, values in history.items()},
        "test": scores | {"chance": 0.1135} | ({"accuracy": test} if test else {}),
        "images": {"training": 60_000, "validation": 5000 if test else 10_000, "test": 10_000},
    }


def summarize(runs, validation="test"):
    return summarize_settings(tabulate_runs(runs, validation))


@pytest.fixture
def statistics():
    """Summarize two settings of three replicates. The runs are in no order."""
    runs = [
        run(1e-3, 3, 0.90),
        run(1e-6, 2, 0.98),
        run(1e-3, 1, 0.94),
        run(1e-6, 3, 0.97),
        run(1e-6, 1, 0.99),
        run(1e-3, 2, 0.95),
    ]
    return summarize(runs).set_index("l2")


def test_statistics_of_a_setting_are_those_of_its_replicates_by_hand(statistics):
    low = statistics.loc[1e-6]
    assert low["n"] == 3
    assert low["mean"] == pytest.approx(0.98)
    assert low["standard_deviation"] == pytest.approx(0.01)  # sqrt((0.01² + 0.01²) / 2)
    assert low["minimum"] == 0.97
    assert low["maximum"] == 0.99


def test_the_interval_is_students(statistics):
    """With two degrees of freedom, half the interval is 4.30265 × 0.01 / sqrt(3) = 0.0248414."""
    low = statistics.loc[1e-6]
    assert low["ci95_low"] == pytest.approx(0.98 - 0.0248414, abs=1e-7)
    assert low["ci95_high"] == pytest.approx(0.98 + 0.0248414, abs=1e-7)


def test_a_setting_is_not_touched_by_the_runs_of_another(statistics):
    high = statistics.loc[1e-3]
    assert high["mean"] == pytest.approx(0.93)
    assert high["standard_deviation"] == pytest.approx(0.0264575, abs=1e-7)  # sqrt((0.01² + 0.02² + 0.03²) / 2)
    assert high["minimum"] == 0.90
    assert high["maximum"] == 0.95


def test_the_last_replicate_is_the_one_with_the_highest_number(statistics):
    assert statistics.loc[1e-6, "last_replicate"] == 0.97
    assert statistics.loc[1e-3, "last_replicate"] == 0.90


def test_the_tenth_replicate_comes_after_the_ninth():
    runs = [run(1e-6, replicate, replicate / 100) for replicate in range(10, 0, -1)]
    assert summarize(runs)["last_replicate"].tolist() == [0.1]


def test_settings_are_in_ascending_order(statistics):
    assert list(statistics.index) == [1e-6, 1e-3]


def test_one_replicate_has_neither_spread_nor_interval():
    [row] = summarize([run(1e-6, 1, 0.98)]).to_dict("records")
    assert (row["n"], row["mean"], row["minimum"], row["maximum"]) == (1, 0.98, 0.98, 0.98)
    assert row["last_replicate"] == 0.98
    assert all(np.isnan(row[column]) for column in ("standard_deviation", "ci95_low", "ci95_high"))


def test_a_classifier_without_a_sweep_is_one_row_without_a_column_of_settings():
    statistics = summarize([run(None, 1, 0.96, "baseline"), run(None, 2, 0.98, "baseline")])
    assert list(statistics.columns[:3]) == ["classifier", "data", "n"]
    assert statistics["n"].tolist() == [2]
    assert statistics["mean"].tolist() == [pytest.approx(0.97)]


def test_each_swept_key_is_a_column_in_the_order_of_the_config():
    settings = [
        {"learning_rate": rate, "schedule": name, "epochs": 2} for rate in (0.1, 1.0) for name in ("step", "cosine")
    ]
    runs = [run(None, 1, 0.9 + number / 100) | {"setting": setting} for number, setting in enumerate(settings)]
    statistics = summarize(runs)
    assert list(statistics.columns[:5]) == ["classifier", "learning_rate", "schedule", "epochs", "data"]
    assert statistics[["learning_rate", "schedule", "mean"]].to_numpy().tolist() == [
        [0.1, "cosine", 0.91],
        [0.1, "step", 0.9],
        [1.0, "cosine", 0.93],
        [1.0, "step", 0.92],
    ]
    assert list(tabulate_history(runs, "test").columns[:5]) == [
        *["classifier", "learning_rate", "schedule", "epochs", "replicate"]
    ]


def test_columns_are_those_that_are_documented(statistics):
    assert list(statistics.reset_index().columns) == [
        "l2",
        "classifier",
        "data",
        "n",
        "mean",
        "standard_deviation",
        "minimum",
        "maximum",
        "ci95_low",
        "ci95_high",
        "wilson95_low",
        "wilson95_high",
        "last_replicate",
    ]


def test_in_the_test_protocol_a_run_is_one_row_with_its_scores_after_the_last_epoch():
    table = tabulate_runs([run(1e-6, 2, 0.98)], "test")
    assert list(table.columns) == [
        *COLUMNS,
        *["data", "loss", "cross_entropy", "penalty", "accuracy", "correct", "total"],
        *["chance", "wilson95_low", "wilson95_high"],
    ]
    [row] = table.drop(columns=["wilson95_low", "wilson95_high"]).to_dict("records")
    assert row == {
        **{"classifier": "regularized", "l2": 1e-6, "replicate": 2, "data": "test"},
        **{"loss": 0.4, "cross_entropy": 0.3, "penalty": 0.1},
        **{"accuracy": 0.98, "correct": 9800, "total": 10_000, "chance": 0.1135},
    }


def test_with_held_out_images_a_run_is_a_row_for_them_and_one_for_the_test_images():
    table = tabulate_runs([run(1e-6, 1, 0.98, test=0.96), run(1e-6, 2, 0.97, test=0.95)], "held-out")
    assert table[["replicate", "data", "accuracy", "correct", "total"]].to_numpy().tolist() == [
        [1, "held-out", 0.98, 4900, 5000],
        [1, "test", 0.96, 9600, 10_000],
        [2, "held-out", 0.97, 4850, 5000],
        [2, "test", 0.95, 9500, 10_000],
    ]


def test_the_statistics_of_held_out_and_of_test_images_are_apart():
    runs = [run(1e-6, replicate, 0.98, test=0.9 + replicate / 100) for replicate in (1, 2)]
    table = summarize(runs, "held-out").set_index("data")
    assert table["n"].tolist() == [2, 2]
    assert table["mean"].to_dict() == {"held-out": pytest.approx(0.98), "test": pytest.approx(0.915)}
    assert table["last_replicate"].to_dict() == {"held-out": 0.98, "test": 0.92}
    # With half as many images, the interval by their number is about 1.4 times as wide.
    assert table.loc["held-out", "wilson95_low"] == pytest.approx(0.97573, abs=1e-5)
    assert table.loc["test", "wilson95_low"] == pytest.approx(0.90937, abs=1e-5)


def test_the_interval_by_the_number_of_images_is_wilsons():
    """Of 10,000 images, 9,921 are right: 0.9902 to 0.9937."""
    [row] = tabulate_runs([run(None, 1, 0.9921)], "test").to_dict("records")
    assert (row["wilson95_low"], row["wilson95_high"]) == (
        pytest.approx(0.9902, abs=5e-5),
        pytest.approx(0.9937, abs=5e-5),
    )


@pytest.mark.parametrize("correct", [1, 9799, 9801, 9999])
def test_an_accuracy_in_float32_is_counted_in_whole_images(correct):
    [row] = tabulate_runs([run(None, 1, float(np.float32(correct) / np.float32(10_000)))], "test").to_dict("records")
    assert (row["correct"], row["accuracy"]) == (correct, correct / 10_000)


def test_the_loss_of_a_run_without_penalty_is_its_cross_entropy():
    table = tabulate_runs([run(None, 1, 0.98)], "test")
    assert table[["loss", "cross_entropy", "penalty"]].to_numpy().tolist() == [[0.4, 0.4, 0]]
    epochs = tabulate_history([run(None, 1, 0.98)], "test")
    assert (epochs["cross_entropy"] == epochs["loss"]).all()
    assert (epochs["penalty"] == 0).all()


@pytest.mark.parametrize("validation", ["test", "held-out"])
def test_the_loss_of_each_epoch_is_split_on_the_validation_images(validation):
    epochs = tabulate_history([run(1e-6, 1, 0.98)], validation).set_index("data")
    assert epochs.loc[validation, ["cross_entropy", "penalty"]].to_numpy().tolist() == [[0.4, 0.2], [0.3, 0.1]]
    assert epochs.loc["training", ["cross_entropy", "penalty"]].isna().to_numpy().all()


def test_epochs_of_all_runs_are_a_row_each():
    table = tabulate_history([run(1e-6, 1, 0.98), run(1e-3, 1, 0.9)], "held-out")
    assert list(table.columns) == [*COLUMNS, "epoch", "data", "loss", "accuracy", "cross_entropy", "penalty"]
    assert len(table) == 8  # 2 runs × 2 epochs × (training, held-out)
    last = table[(table["l2"] == 1e-3) & (table["epoch"] == 2) & (table["data"] == "held-out")]
    assert last[["loss", "accuracy"]].to_numpy().tolist() == [[0.4, 0.9]]


def test_a_control_without_a_penalty_is_a_setting_as_any_other():
    runs = [run(0.0, 1, 0.97), run(1e-6, 1, 0.98)]
    assert summarize(runs)[["l2", "mean"]].to_numpy().tolist() == [[0, 0.97], [1e-6, 0.98]]
    assert tabulate_history(runs, "test").groupby("l2")["penalty"].max().tolist() == [0, 0.2]


def measure(layer, penalized, norm, position=1):
    return {"layer": layer, "position": position, "penalized": penalized, "norm": norm}


def test_kernels_are_a_row_each_and_the_penalized_ones_together_another():
    kernels = [measure("Conv2D", True, 3.0, 1), measure("Dense", True, 4.0, 2), measure("Dense", False, 7.0, 3)]
    table = tabulate_kernel_norms([run(1e-6, 2, 0.98) | {"kernel_norms": kernels}])
    assert list(table.columns) == ["classifier", "l2", "replicate", "layer", "penalized", "norm"]
    assert table[["classifier", "l2", "replicate"]].drop_duplicates().to_numpy().tolist() == [["regularized", 1e-6, 2]]
    assert table[["layer", "penalized", "norm"]].to_numpy().tolist() == [
        ["Conv2D 1", True, 3.0],
        ["Dense 1", True, 4.0],
        ["Dense 2", False, 7.0],
        ["all penalized", True, 5.0],  # sqrt(3² + 4²)
    ]


def test_without_a_penalty_no_kernels_are_taken_together():
    table = tabulate_kernel_norms([run(None, 1, 0.98) | {"kernel_norms": [measure("Dense", False, 7.0)]}])
    assert table["layer"].tolist() == ["Dense 1"]


def test_the_control_of_a_penalty_has_the_norm_of_the_same_kernels():
    runs = [
        run(l2, 1, 0.98)
        | {"kernel_norms": [measure("Dense", l2 > 0, 3 + 100 * l2, 2), measure("Dense", False, 7.0, 3)]}
        for l2 in (0.0, 0.01)
    ]
    table = tabulate_kernel_norms(runs)
    together = table[table["layer"] == "all penalized"]
    assert together[["l2", "penalized", "norm"]].to_numpy().tolist() == [[0.0, False, 3.0], [0.01, True, 4.0]]


RUN = {"seed": 7, "dataset": "mnist", "validation": "test", "classifier": "regularized", "epochs": 2}
RUN |= {"layers": [{"dense": 8}, {"dropout": 0.5}]}
SETTINGS = {"run": RUN, "sweep": [["l2", [1e-6, 1e-3]]], "replicates": [1, 2]}


@pytest.fixture
def runs(tmp_path, write_training):
    """The metrics of two settings with two replicates each, by L2 factor and replicate."""
    runs = {}
    for l2, replicate in itertools.product([1e-6, 1e-3], SETTINGS["replicates"]):
        settings = RUN | {"l2": l2, "swept": ["l2"], "replicate": replicate}
        path = tmp_path / "regularized" / f"l2~{l2}" / f"replicate~{replicate}.json"
        runs[l2, replicate] = write_training(path, "train_classifier", settings, loss=0.5, accuracy=0.9)
    return runs


@pytest.fixture
def tables(tmp_path):
    (tmp_path / "tables").mkdir()
    return {name: tmp_path / "tables" / f"{name}.csv" for name in ("epochs", "runs", "statistics", "kernels")}


@pytest.fixture
def run_summary(run_script, runs, tables):
    return lambda settings=SETTINGS: run_script("summarize_classifier", settings, {"first": runs[1e-6, 1]}, tables)


def truncate(runs):
    runs[1e-3, 1].write_text(runs[1e-3, 1].read_text()[:300])


def edit(runs):
    runs[1e-3, 1].write_text(runs[1e-3, 1].read_text().replace("0.9\n", "0.95\n", 1))


def copy_setting(runs):
    shutil.copy(runs[1e-6, 1], runs[1e-3, 1])


def copy_replicate(runs):
    shutil.copy(runs[1e-3, 2], runs[1e-3, 1])


def copy_other_study(runs):
    metrics = json.loads(runs[1e-3, 1].read_text())
    metrics["reasons"]["settings"] |= {"epochs": 3}
    write_metrics(runs[1e-3, 1], metrics)


def keep_old_code(runs):
    metrics = json.loads(runs[1e-3, 1].read_text())
    metrics["reasons"]["code"] |= {"nets.training": "01234567"}
    write_metrics(runs[1e-3, 1], metrics)


DAMAGES = {
    "truncated": (truncate, "is no complete JSON ("),
    "edited": (edit, "was changed after it was written"),
    "of another setting": (copy_setting, "was made for other reasons (settings l2: 1e-06 -> 0.001)"),
    "of another replicate": (copy_replicate, "was made for other reasons (settings replicate: 2 -> 1)"),
    "of another study": (copy_other_study, "was made for other reasons (settings epochs: 3 -> 2)"),
    "of older code": (keep_old_code, 'was made for other reasons (code nets.training: "01234567" -> "'),
}


def test_runs_are_found_by_setting_and_replicate(run_summary, tables):
    ended = run_summary()
    assert (ended.returncode, ended.stderr) == (0, "")
    assert len(ended.stdout.splitlines()) == 1  # the line that says that it started
    table = pd.read_csv(tables["runs"])
    assert list(zip(table["l2"], table["replicate"], strict=True)) == [(1e-6, 1), (1e-6, 2), (1e-3, 1), (1e-3, 2)]
    assert pd.read_csv(tables["statistics"])["n"].tolist() == [2, 2]
    assert len(pd.read_csv(tables["epochs"])) == 4 * 2 * 2


def test_with_held_out_images_the_tables_tell_them_from_the_test_images(tmp_path, write_training, run_script, tables):
    run = RUN | {"validation": 5000}
    path = tmp_path / "regularized" / "default" / "replicate~1.json"
    write_training(path, "train_classifier", run | {"swept": [], "replicate": 1}, loss=0.5, accuracy=0.9)
    settings = {"run": run, "sweep": [], "replicates": [1]}
    ended = run_script("summarize_classifier", settings, {"first": path}, tables)
    assert (ended.returncode, ended.stderr) == (0, "")
    read = {name: pd.read_csv(table) for name, table in tables.items()}
    assert read["runs"][["data", "total"]].to_numpy().tolist() == [["held-out", 5000], ["test", 10_000]]
    assert read["statistics"]["data"].tolist() == ["held-out", "test"]
    assert set(read["epochs"]["data"]) == {"training", "held-out"}


def test_the_runs_of_a_grid_are_tabulated_by_all_that_is_swept(tmp_path, write_training, run_script, tables):
    paths = []
    for rate, layers in ((0.0, [{"dense": 8}]), (0.2, [{"dense": 8}, {"dropout": 0.2}])):
        for epochs in (2, 10):
            setting = {"dropout": rate, "epochs": epochs, "layers": layers, "swept": ["dropout", "epochs"]}
            path = tmp_path / f"regularized/dropout~{rate:g}+epochs~{epochs}/replicate~1.json"
            settings = RUN | setting | {"replicate": 1}
            paths.append(write_training(path, "train_classifier", settings, loss=0.5, accuracy=0.9))
    settings = {"run": RUN, "sweep": [["dropout", [0.0, 0.2]], ["epochs", [2, 10]]], "replicates": [1]}
    ended = run_script("summarize_classifier", settings, {"first": paths[0]}, tables)
    assert (ended.returncode, ended.stderr) == (0, "")
    read = pd.read_csv(tables["statistics"])
    assert read[["dropout", "epochs"]].to_numpy().tolist() == [[0, 2], [0, 10], [0.2, 2], [0.2, 10]]


def test_runs_that_the_config_no_longer_has_do_not_count(run_summary, tables):
    assert run_summary(SETTINGS | {"sweep": [["l2", [1e-6]]], "replicates": [1]}).returncode == 0
    assert len(pd.read_csv(tables["runs"])) == 1


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_run_that_is_not_what_it_should_be_is_refused_and_named(damage, run_summary, runs, tables):
    destroy, message = DAMAGES[damage]
    assert run_summary().returncode == 0
    before = {path: path.read_bytes() for path in tables["runs"].parent.iterdir()}
    destroy(runs)
    ended = run_summary()
    path = runs[1e-3, 1]
    assert ended.returncode == 1
    [line] = ended.stderr.splitlines()
    assert line.startswith(f"error: {path} {message}")
    assert line.endswith(f": type: rm '{path}', and run Snakemake again")
    assert {path: path.read_bytes() for path in tables["runs"].parent.iterdir()} == before


def test_a_refused_run_leaves_no_table(run_summary, runs, tables):
    truncate(runs)
    assert run_summary().returncode == 1
    assert list(tables["runs"].parent.iterdir()) == []


def test_a_missing_run_is_named(run_summary, runs, tables):
    runs[1e-3, 2].unlink()
    ended = run_summary()
    assert ended.returncode == 1
    assert ended.stderr == f"error: {runs[1e-3, 2]} can't be read (No such file or directory): run Snakemake again\n"
    assert list(tables["runs"].parent.iterdir()) == []


def test_runs_from_different_devices_are_summarized_with_a_warning(run_summary, runs, tables):
    for number, path in enumerate(runs.values()):
        device = {"processor": "Processor 9000", "vectors": "AVX2", "gpus": [], "threads": min(number, 1) + 1}
        write_provenance([path], {}, {}, device, 0)
    ended = run_summary()
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "\nwarning: made on different devices, and the same numbers are promised on one kind " in ended.stdout
    assert "3 on Processor 9000, AVX2, no GPU, 2 threads; 1 on" in ended.stdout
    assert all(path.exists() for path in tables.values())
