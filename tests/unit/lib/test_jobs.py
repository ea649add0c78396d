"""A script's command line, tried on a small script as a rule calls it."""

import json

import pytest

from workflow.lib.provenance import digest_file
from workflow.lib.reasons import list_reasons

SCRIPT = "summarize_autoencoder"
RUN = {"seed": 7, "dataset": "mnist", "epochs": 2}
SETTINGS = {"run": RUN}


@pytest.fixture
def metrics(tmp_path, write_training):
    return write_training(tmp_path / "autoencoder.json", "train_autoencoder", RUN, loss=0.2)


@pytest.fixture
def table(tmp_path):
    (tmp_path / "tables").mkdir()
    return tmp_path / "tables" / "epochs.csv"


@pytest.fixture
def summarize(run_script, metrics, table):
    """Give a function that runs the script, with its current code and packages or with the digest of others."""
    return lambda *submitted: run_script(SCRIPT, SETTINGS, {"metrics": metrics}, {"epochs": table}, *submitted)


def assert_stopped(ended, message, table):
    assert ended.returncode == 1
    [line] = ended.stderr.splitlines()
    assert line.startswith(f"error: {message}")
    assert list(table.parent.iterdir()) == []


def test_a_job_runs_as_its_rule_calls_it(summarize, table):
    ended = summarize()
    assert (ended.returncode, ended.stderr) == (0, "")
    assert table.read_text() == (
        "epoch,data,loss,chance\n1,training,0.1,0.1135\n2,training,0.2,0.1135\n1,validation,0.1,0.1135\n"
        "2,validation,0.2,0.1135\n"
    )


def test_a_job_leaves_its_outputs_and_their_provenance_alone(summarize, table):
    summarize()
    assert sorted(path.name for path in table.parent.iterdir()) == ["epochs.csv", "epochs.provenance.json"]
    provenance = json.loads((table.parent / "epochs.provenance.json").read_text())
    assert provenance["outputs"] == {table.name: digest_file(table)}
    assert provenance["reasons"] == list_reasons(SCRIPT, SETTINGS)


def test_bad_input_ends_in_one_line_and_leaves_no_output(summarize, metrics, table):
    metrics.write_text(metrics.read_text()[:-20])
    assert_stopped(summarize(), f"{metrics} is no complete JSON", table)


def test_a_job_whose_code_or_packages_changed_since_it_was_submitted_does_not_start(summarize, table):
    message = "the code or packages of summarize_autoencoder changed after this job was submitted: run Snakemake again"
    assert_stopped(summarize("01234567"), message, table)
