"""A script's command line, tried on a small script as a rule calls it."""

import subprocess
import sys

import pytest

from workflow.lib.metrics_writer import write_metrics
from workflow.lib.reasons import ROOT, format_reasons, format_settings, list_reasons

SCRIPT = "summarize_autoencoder"
METRICS = {
    "seed": 7,
    "final": {"loss": 0.1, "val_loss": 0.2},
    "history": {"loss": [0.3, 0.1], "val_loss": [0.3, 0.2]},
    "layers": [{"layer": "Input", "detail": "", "output_shape": [784], "parameters": 0}],
    "weights": "0" * 64,
    "reasons": {"settings": {}, "code": {}, "packages": {}, "data": {}},
}


@pytest.fixture
def metrics(tmp_path):
    path = tmp_path / "autoencoder.json"
    write_metrics(path, METRICS)
    return path


@pytest.fixture
def table(tmp_path):
    (tmp_path / "tables").mkdir()
    return tmp_path / "tables" / "epochs.csv"


def run_script(metrics, table, **changed):
    """Run the script with its current reasons, but for those in `changed`."""
    reasons = list_reasons(SCRIPT, {})
    lines = [format_settings({})]
    for kind in ("code", "packages"):
        lines += format_reasons(kind, reasons[kind] | changed.get(kind, {}))
    command = [sys.executable, "-m", f"workflow.scripts.{SCRIPT}", "--metrics", metrics, "--epochs", table]
    return subprocess.run(
        [*command, "--reasons", *lines],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_job_runs_as_its_rule_calls_it(metrics, table):
    ended = run_script(metrics, table)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert table.read_text() == "epoch,data,loss\n1,training,0.3\n2,training,0.1\n1,validation,0.3\n2,validation,0.2\n"


def test_bad_input_ends_in_one_line_and_leaves_no_output(metrics, table):
    metrics.write_text(metrics.read_text()[:-20])
    ended = run_script(metrics, table)
    assert ended.returncode == 1
    [line] = ended.stderr.splitlines()
    assert line.startswith(f"error: {metrics} is no complete JSON")
    assert list(table.parent.iterdir()) == []


def test_a_job_whose_code_changed_since_it_was_submitted_does_not_start(metrics, table):
    ended = run_script(metrics, table, code={"lib.tables": "01234567"})
    assert ended.returncode == 1
    [line] = ended.stderr.splitlines()
    assert line.startswith("error: changed after this job was submitted: code lib.tables: ")
    assert list(table.parent.iterdir()) == []
