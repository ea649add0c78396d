"""Test the table of ensembles, and that it holds none of other models than the present ones."""

import pandas as pd
import pytest

from mnist_study.scripts.summarize_ensembles import tabulate_ensembles
from mnist_study.trust.metrics_writer import write_metrics
from mnist_study.trust.provenance import write_provenance
from mnist_study.trust.reasons import list_reasons


def test_an_ensemble_is_a_row_with_the_interval_of_the_number_of_images():
    ensemble = {"classifier": "cnn", "setting": {}, "replicates": [1, 2, 3], "correct": 9921, "total": 10_000}
    [row] = tabulate_ensembles([ensemble]).to_dict("records")
    assert (row.pop("wilson95_low"), row.pop("wilson95_high")) == (
        pytest.approx(0.9902, abs=5e-5),
        pytest.approx(0.9937, abs=5e-5),
    )
    assert row == {
        **{"classifier": "cnn", "data": "test", "replicates": 3},
        **{"accuracy": 0.9921, "correct": 9921, "total": 10_000},
    }


BASE = {"seed": 7, "dataset": "mnist", "classifier": "regularized"}
L2 = [1e-6, 1e-3]
RUN = BASE | {"validation": "test", "epochs": 2, "layers": [{"dense": 8}]}
ENSEMBLE = BASE | {"replicates": [1, 2]}
SETTINGS = {"run": RUN, "sweep": [["l2", L2]], "replicates": [1, 2], "ensemble": ENSEMBLE}
WEIGHTS = ["1" * 64, "2" * 64]  # of replicates 1 and 2


def write_ensemble(path, settings, weights=WEIGHTS):
    reasons = list_reasons("score_ensemble", settings)
    kept = {key: settings[key] for key in ("classifier", "setting", "replicates", "seed")}
    write_metrics(path, kept | {"correct": 9, "total": 10, "weights": weights, "reasons": reasons})
    write_provenance([path], {}, reasons, {}, start=0)
    return path


@pytest.fixture
def ensembles(tmp_path, write_training):
    """The metrics of two ensembles beside those of their members."""
    paths = []
    for l2 in L2:
        folder = tmp_path / "regularized" / f"l2~{l2}"
        for replicate, weights in zip((1, 2), WEIGHTS, strict=True):
            settings = RUN | {"l2": l2, "swept": ["l2"], "replicate": replicate}
            path = folder / f"replicate~{replicate}.json"
            write_training(path, "train_classifier", settings, weights, loss=0.5, accuracy=0.9)
        paths.append(write_ensemble(folder / "ensemble.json", ENSEMBLE | {"setting": {"l2": l2}}))
    return paths


@pytest.fixture
def summarize(tmp_path, ensembles, run_script):
    table = tmp_path / "ensembles.csv"
    return lambda: (
        run_script("summarize_ensembles", SETTINGS, {"first": ensembles[0]}, {"ensembles": table}),
        table,
    )


def test_the_ensembles_of_all_settings_are_tabulated(summarize):
    ended, table = summarize()
    assert (ended.returncode, ended.stderr) == (0, "")
    read = pd.read_csv(table)
    assert read[["l2", "replicates", "accuracy"]].to_numpy().tolist() == [[1e-6, 2, 0.9], [1e-3, 2, 0.9]]


@pytest.mark.parametrize("weights", [["1" * 64, "3" * 64], WEIGHTS[::-1]], ids=["another model", "another order"])
def test_an_ensemble_of_other_models_than_the_present_ones_is_refused(weights, ensembles, summarize):
    stale = write_ensemble(ensembles[1], ENSEMBLE | {"setting": {"l2": L2[1]}}, weights)
    ended, table = summarize()
    assert ended.returncode == 1
    assert ended.stderr == (
        f"error: {stale} was made with other models than the present ones: "
        f"type: rm '{stale}', and run Snakemake again\n"
    )
    assert not table.exists()


def test_an_ensemble_that_was_copied_from_another_setting_is_refused(ensembles, summarize):
    first, second = ensembles
    second.write_bytes(first.read_bytes())
    ended, table = summarize()
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"error: {second} was made for other reasons (settings setting l2: 1e-06 -> 0.001)")
    assert not table.exists()


def test_the_columns_of_a_grid_are_in_the_order_of_the_sweep(tmp_path, write_training, run_script):
    folder = tmp_path / "regularized" / "learning_rate~0.1+dropout~0.5"
    settings = RUN | {"learning_rate": 0.1, "dropout": 0.5, "swept": ["learning_rate", "dropout"]}
    for replicate, weights in zip((1, 2), WEIGHTS, strict=True):
        path = folder / f"replicate~{replicate}.json"
        write_training(path, "train_classifier", settings | {"replicate": replicate}, weights, loss=0.5, accuracy=0.9)
    first = write_ensemble(folder / "ensemble.json", ENSEMBLE | {"setting": {"dropout": 0.5, "learning_rate": 0.1}})
    sweep = {"sweep": [["learning_rate", [0.1]], ["dropout", [0.5]]]}
    ended = run_script("summarize_ensembles", SETTINGS | sweep, {"first": first}, {"ensembles": tmp_path / "e.csv"})
    assert (ended.returncode, ended.stderr) == (0, "")
    assert list(pd.read_csv(tmp_path / "e.csv").columns[:3]) == ["classifier", "learning_rate", "dropout"]
