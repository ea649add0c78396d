import json

import pytest

from workflow.lib.errors import StudyError
from workflow.lib.metrics_reader import read_metrics
from workflow.lib.metrics_writer import write_metrics

REMEDY = "delete it and run Snakemake again"
METRICS = {
    "classifier": "regularized",
    "factor": 1e-6,
    "replicate": 2,
    "seed": 7,
    "final": {"loss": 0.1, "accuracy": 0.99, "val_loss": 0.2, "val_accuracy": 0.98},
    "history": {"loss": [0.3, 0.1], "accuracy": [0.9, 0.99], "val_loss": [0.3, 0.2], "val_accuracy": [0.9, 0.98]},
    "layers": [{"layer": "Input", "detail": "", "output_shape": [28, 28, 1], "parameters": 0}],
    "weights": "0" * 64,
    "reasons": {"settings": {}, "code": "", "packages": "", "data": ""},
}


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "replicate~2.json"
    write_metrics(path, METRICS)
    return path


def assert_refused(path, kind="classifier"):
    """Assert that reading fails with a message that names the file and the remedy, and return it."""
    with pytest.raises(StudyError) as refusal:
        read_metrics(path, kind)
    assert str(path) in str(refusal.value)
    assert REMEDY in str(refusal.value)
    return str(refusal.value)


def test_what_was_written_is_read(path):
    metrics = read_metrics(path, "classifier")
    del metrics["digest"]
    assert metrics == METRICS


def test_a_classifier_without_penalty_has_no_factor(tmp_path):
    write_metrics(tmp_path / "1.json", METRICS | {"factor": None})
    assert read_metrics(tmp_path / "1.json", "classifier")["factor"] is None


def test_the_same_metrics_are_the_same_bytes(path, tmp_path):
    write_metrics(tmp_path / "again.json", METRICS)
    assert (tmp_path / "again.json").read_bytes() == path.read_bytes()


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_that_json_does_not_know_is_not_written(tmp_path, value):
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_metrics(tmp_path / "1.json", METRICS | {"final": METRICS["final"] | {"loss": value}})
    assert list(tmp_path.iterdir()) == []


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


@pytest.mark.parametrize("key", [*METRICS, "digest"])
def test_a_missing_key_is_refused_and_named(path, key):
    content = json.loads(path.read_text())
    del content[key]
    path.write_text(json.dumps(content))
    assert key in assert_refused(path)


@pytest.mark.parametrize("foreign", ["[]", "{}", "null", '{"accuracy": 0.99}', '"text"'])
def test_a_foreign_json_is_refused(path, foreign):
    path.write_text(foreign)
    assert_refused(path)


@pytest.mark.parametrize("kind", ["autoencoder", "noise_level"])
def test_metrics_of_another_kind_are_refused(path, kind):
    assert_refused(path, kind)


def test_a_history_without_validation_is_refused(tmp_path):
    write_metrics(tmp_path / "1.json", METRICS | {"history": {"loss": [0.1], "accuracy": [0.9]}})
    assert "$.history" in assert_refused(tmp_path / "1.json")
