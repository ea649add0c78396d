import json

import pytest

from mnist_study.errors import StudyError
from mnist_study.trust.metrics_reader import read_metrics
from mnist_study.trust.metrics_writer import write_metrics
from mnist_study.trust.provenance import locate_provenance, write_provenance
from mnist_study.trust.reasons import list_reasons

SCRIPT = "train_classifier"
BASE = {"seed": 7, "dataset": "mnist"}
SETTINGS = BASE | {"classifier": "regularized", "l2": 1e-6, "replicate": 2, "epochs": 2}
PARTS = {"val_cross_entropy": 0.15, "val_penalty": 0.05}
METRICS = {
    "classifier": "regularized",
    "setting": {"l2": 1e-6},
    "replicate": 2,
    "seed": 7,
    "chance": 0.1135,
    "final": {"loss": 0.1, "accuracy": 0.99, "val_loss": 0.2, "val_accuracy": 0.98} | PARTS,
    "history": {"loss": [0.3, 0.1], "accuracy": [0.9, 0.99], "val_loss": [0.3, 0.2], "val_accuracy": [0.9, 0.98]}
    | {name: [value, value] for name, value in PARTS.items()},
    "layers": [{"layer": "Input", "detail": "", "output_shape": [28, 28, 1], "parameters": 0}],
    "kernel_norms": [
        {"layer": "Dense", "position": 1, "penalized": True, "norm": 2.5},
        {"layer": "Dense", "position": 2, "penalized": False, "norm": 2.5},
    ],
    "weights": "0" * 64,
    "test": {"loss": 0.3, "accuracy": 0.97, "cross_entropy": 0.25, "penalty": 0.05, "chance": 0.1135},
    "images": {"training": 50_000, "validation": 10_000, "test": 10_000},
    "reasons": list_reasons(SCRIPT, SETTINGS),
}
# Metrics of each other script: its settings, and what it writes.
CELL = {"classifier": "cnn", "denoiser": "deep", "level": 0.5, "replicate": 2}
OTHERS = {
    "train_autoencoder": (
        BASE | {"autoencoder": "deep", "replicate": 2},
        {
            "autoencoder": "deep",
            **{key: METRICS[key] for key in ("replicate", "seed", "chance", "layers", "kernel_norms", "weights")},
            **{"final": {"loss": 0.1, "val_loss": 0.2}, "history": {"loss": [0.1], "val_loss": [0.2]}},
            **{"test": {"loss": 0.2, "chance": 0.26}, "images": METRICS["images"]},
        },
    ),
    "evaluate_noise_level": (
        BASE | CELL,
        {
            **{**CELL, "seed": 7, "accuracy": 0.9, "confusion": [[1] * 10] * 10},
            "weights": {"cnn": "0" * 64, "deep": "1" * 64},
        },
    ),
    "score_ensemble": (
        BASE | {"classifier": "cnn", "setting": {}, "replicates": [1, 2]},
        {
            **{"classifier": "cnn", "setting": {}, "replicates": [1, 2], "seed": 7},
            **{"correct": 9921, "total": 10_000, "weights": ["0" * 64, "1" * 64]},
        },
    ),
}


def write_result(path, metrics):
    """Write metrics and their provenance, as a job does, and return the path."""
    write_metrics(path, metrics)
    write_provenance([path], {}, metrics["reasons"], {}, start=0)
    return path


@pytest.fixture
def path(tmp_path):
    return write_result(tmp_path / "replicate~2.json", METRICS)


def assert_refused(path, script=SCRIPT, settings=SETTINGS):
    """Assert that reading fails with a line that names the file and the remedy. Return the line."""
    with pytest.raises(StudyError) as refusal:
        read_metrics(path, script, settings)
    message = str(refusal.value)
    assert message.startswith(str(path))
    assert message.endswith(f": type: rm '{path}', and run Snakemake again")
    assert "\n" not in message
    return message


def assert_refused_for_change(path, kind, name):
    """Assert that reading is refused because one reason of the file is not the current one."""
    metrics = METRICS | {"reasons": METRICS["reasons"] | {kind: METRICS["reasons"][kind] | {name: "0.1"}}}
    write_metrics(path, metrics)
    assert f'was made for other reasons ({kind} {name}: "0.1" -> ' in assert_refused(path)


def test_what_was_written_is_read(path):
    assert read_metrics(path, SCRIPT, SETTINGS) == METRICS


def test_metrics_without_provenance_are_refused(path):
    locate_provenance(path).unlink()
    assert f"as {locate_provenance(path)} is missing" in assert_refused(path)


def test_a_run_without_a_sweep_and_without_a_penalty_has_neither_setting_nor_parts_of_its_loss(tmp_path):
    settings = SETTINGS | {"l2": 0}
    metrics = METRICS | {"setting": {}, "kernel_norms": METRICS["kernel_norms"][1:]}
    metrics |= {name: drop_parts(METRICS[name]) for name in ("final", "history")}
    write_result(tmp_path / "1.json", metrics | {"reasons": list_reasons(SCRIPT, settings)})
    assert read_metrics(tmp_path / "1.json", SCRIPT, settings)["setting"] == {}


def drop_parts(values):
    return {name: value for name, value in values.items() if name not in PARTS}


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("section", ["final", "history"])
def test_a_penalized_run_without_the_parts_of_its_loss_is_refused(path, section, part):
    kept = {name: value for name, value in METRICS[section].items() if name != part}
    write_metrics(path, METRICS | {section: kept})
    assert part in assert_refused(path)


def test_the_same_metrics_are_the_same_bytes(path, tmp_path):
    write_metrics(tmp_path / "again.json", METRICS)
    assert (tmp_path / "again.json").read_bytes() == path.read_bytes()


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_that_json_does_not_know_is_not_written(tmp_path, value):
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_metrics(tmp_path / "1.json", METRICS | {"final": METRICS["final"] | {"loss": value}})
    assert list(tmp_path.iterdir()) == []


def test_a_missing_file_is_named_and_needs_no_removal(tmp_path):
    path = tmp_path / "replicate~2.json"
    with pytest.raises(StudyError) as refusal:
        read_metrics(path, SCRIPT, SETTINGS)
    assert str(refusal.value) == f"{path} can't be read (No such file or directory): run Snakemake again"


@pytest.mark.parametrize("share", [0, 0.5, 0.99])
def test_a_truncated_file_is_refused(path, share):
    content = path.read_text()
    path.write_text(content[: int(share * len(content))])
    assert "is no complete JSON" in assert_refused(path)


def test_bytes_that_are_no_text_are_refused(path):
    path.write_bytes(b"\xff\xfe\x00")
    assert_refused(path)


def test_an_edited_number_is_refused(path):
    path.write_text(path.read_text().replace("0.98", "0.99"))
    assert "was changed after it was written" in assert_refused(path)


@pytest.mark.parametrize("key", METRICS)
def test_a_missing_key_is_refused_and_named(path, key):
    content = json.loads(path.read_text())
    del content[key]
    path.write_text(json.dumps(content))
    assert key in assert_refused(path)


@pytest.mark.parametrize("foreign", ["[]", "{}", "null", '{"accuracy": 0.99}', '"text"'])
def test_a_foreign_json_is_refused(path, foreign):
    path.write_text(foreign)
    assert_refused(path)


@pytest.mark.parametrize("script", OTHERS)
def test_metrics_of_another_script_are_refused(path, script):
    assert_refused(path, script)


@pytest.fixture(params=OTHERS)
def other(request, tmp_path):
    """The path of metrics of each other script, the script and its settings."""
    settings, metrics = OTHERS[request.param]
    reasons = list_reasons(request.param, settings)
    return write_result(tmp_path / "other.json", metrics | {"reasons": reasons}), request.param, settings


def test_metrics_of_every_other_script_are_read(other):
    path, script, settings = other
    assert read_metrics(*other) == json.loads(path.read_text())
    assert OTHERS[script][1].items() <= read_metrics(path, script, settings).items()


def test_metrics_of_every_other_script_without_one_key_or_with_another_one_are_refused(other):
    path, script, settings = other
    content = json.loads(path.read_text())
    for key in content:
        path.write_text(json.dumps({name: value for name, value in content.items() if name != key}))
        assert key in assert_refused(path, script, settings)
    path.write_text(json.dumps(content | {"host": "node1"}))
    assert_refused(path, script, settings)


@pytest.mark.parametrize(
    "change",
    [
        {"replicates": [1]},
        {"weights": ["0" * 64]},
        {"weights": ["0" * 63, "1" * 64]},
        {"correct": 0.99},
        {"correct": -1},
        {"total": 0},
    ],
    ids=str,
)
def test_an_ensemble_has_several_members_and_counts_of_images(change, tmp_path):
    settings, metrics = OTHERS["score_ensemble"]
    reasons = list_reasons("score_ensemble", settings)
    path = write_result(tmp_path / "ensemble.json", metrics | {"reasons": reasons} | change)
    [key] = change
    assert key in assert_refused(path, "score_ensemble", settings)


@pytest.mark.parametrize("part", ["cross_entropy", "penalty"])
def test_a_penalized_run_whose_test_loss_is_not_split_is_refused(path, part):
    kept = {name: value for name, value in METRICS["test"].items() if name != part}
    write_metrics(path, METRICS | {"test": kept})
    assert part in assert_refused(path)


def test_numbers_of_images_are_whole_and_above_zero(path):
    for number in (0, 0.5):
        write_metrics(path, METRICS | {"images": METRICS["images"] | {"validation": number}})
        assert "data.images.validation" in assert_refused(path)


def test_a_history_without_validation_is_refused(path):
    write_metrics(path, METRICS | {"history": {"loss": [0.1], "accuracy": [0.9]}})
    assert "data.history must contain" in assert_refused(path)


@pytest.mark.parametrize(
    ("changed", "explained"),
    [
        ({"epochs": 3}, "settings epochs: 2 -> 3"),
        ({"l2": 1e-3}, "settings l2: 1e-06 -> 0.001"),
        ({"dropout": 0.5}, "settings dropout: null -> 0.5"),
        ({"replicate": 1}, "settings replicate: 2 -> 1"),
        ({"layers": []}, "settings layers: null -> []"),
    ],
    ids=lambda value: None if isinstance(value, str) else str(value),
)
def test_metrics_of_other_settings_are_refused_by_both_values(path, changed, explained):
    assert f"was made for other reasons ({explained})" in assert_refused(path, settings=SETTINGS | changed)


def test_metrics_of_another_data_set_are_refused(path):
    message = assert_refused(path, settings=SETTINGS | {"dataset": "fashion_mnist"})
    assert 'settings dataset: "mnist" -> "fashion_mnist"' in message
    assert "data mnist: " in message


@pytest.mark.parametrize(
    ("kind", "name"), [("code", "nets.training"), ("code", "lib.gone"), ("packages", "keras"), ("data", "mnist")]
)
def test_metrics_of_other_code_packages_or_data_are_refused(path, kind, name):
    assert_refused_for_change(path, kind, name)


def test_code_that_training_does_not_import_is_no_reason_to_refuse(path):
    assert "lib.figures" not in METRICS["reasons"]["code"]
    assert "lib.metrics_reader" not in METRICS["reasons"]["code"]
    read_metrics(path, SCRIPT, SETTINGS)
