"""Test the command line of scripts with a small script, called as a rule calls it."""

import contextlib
import errno
import json
import os
import platform
import re
import subprocess
import sys

import pytest

from mnist_study.run.jobs import start_log
from mnist_study.run.submissions import VARIABLE
from mnist_study.trust.provenance import digest_file
from mnist_study.trust.reasons import SOURCES, format_data, format_reasons, format_settings, list_reasons

SCRIPT = "summarize_model"
RUN = {"seed": 7, "dataset": "mnist", "validation": "test", "autoencoder": "deep", "replicate": 1, "epochs": 2}
SETTINGS = {"script": "train_autoencoder", "run": RUN}


@pytest.fixture
def metrics(tmp_path, write_training):
    return write_training(tmp_path / "replicate~1.json", "train_autoencoder", RUN, loss=0.2)


@pytest.fixture
def table(tmp_path):
    (tmp_path / "tables").mkdir()
    return tmp_path / "tables" / "autoencoder.csv"


@pytest.fixture
def submit(tmp_path, monkeypatch):
    """Give a function that writes the record of a Slurm job with these reasons, by the first output of each job."""

    def write_record(submitted):
        members = [
            {
                "output": [str(output)],
                "params": {
                    "settings": format_settings(reasons["settings"]),
                    "data": format_data(reasons["settings"]),
                    **format_reasons("code", reasons["code"]),
                    **format_reasons("packages", reasons["packages"]),
                },
            }
            for output, reasons in submitted.items()
        ]
        record = tmp_path / "record.log"
        record.write_text(json.dumps({"arguments": [], "members": members}) + '\n{"event": "started"}')
        monkeypatch.setenv(VARIABLE, str(record))

    return write_record


@pytest.fixture
def summarize(run_script, metrics, table):
    """Give a function that runs the script, with its current code and packages or with the digest of others."""
    return lambda *submitted: run_script(SCRIPT, SETTINGS, {"metrics": metrics}, {"layers": table}, *submitted)


def assert_stopped(ended, message, table):
    assert ended.returncode == 1
    [line] = ended.stderr.splitlines()
    assert line.startswith(f"error: {message}")
    assert list(table.parent.iterdir()) == []


def test_a_job_runs_as_its_rule_calls_it(summarize, table):
    ended = summarize()
    assert (ended.returncode, ended.stderr) == (0, "")
    assert table.read_text() == "layer,detail,output_shape,parameters\nInput,,28 × 28 × 1,0\n"


def test_a_job_leaves_its_outputs_and_their_provenance_alone(summarize, table):
    summarize()
    assert sorted(path.name for path in table.parent.iterdir()) == ["autoencoder.csv", "autoencoder.provenance.json"]
    provenance = json.loads((table.parent / "autoencoder.provenance.json").read_text())
    assert provenance["outputs"] == {table.name: digest_file(table)}
    assert provenance["reasons"] == list_reasons(SCRIPT, SETTINGS)


def test_bad_input_ends_in_one_line_and_leaves_no_output(summarize, metrics, table):
    metrics.write_text(metrics.read_text()[:-20])
    assert_stopped(summarize(), f"{metrics} was changed after it was written", table)


def test_a_job_whose_code_or_packages_changed_since_it_was_submitted_does_not_start(summarize, table):
    message = "changed after this job was submitted: the code or packages of summarize_model. Run Snakemake again"
    assert_stopped(summarize("01234567"), message, table)


def test_a_job_whose_reasons_changed_in_the_queue_does_not_start_and_says_which(summarize, table, submit):
    submitted = list_reasons(SCRIPT, SETTINGS | {"run": RUN | {"epochs": 3}})
    digest = submitted["code"]["show.tables"]
    submitted["code"] = submitted["code"] | {"show.tables": "01234567"}
    submit({table: submitted})
    changes = f'code show.tables: "01234567" -> "{digest}"; settings run epochs: 3 -> 2. Run Snakemake again'
    assert_stopped(summarize(), f"changed after this job was submitted: {changes}", table)


def test_a_job_whose_reasons_are_those_of_its_submission_runs(summarize, table, submit):
    submit({"other.csv": list_reasons(SCRIPT, {}), table: list_reasons(SCRIPT, SETTINGS)})
    assert summarize().returncode == 0


def test_a_job_says_what_it_was_made_from(summarize, metrics, table):
    summarize()
    provenance = json.loads((table.parent / "autoencoder.provenance.json").read_text())
    assert provenance["inputs"] == {"../replicate~1.json": digest_file(metrics)}


def test_a_log_keeps_what_earlier_attempts_said_though_snakemake_deletes_it(tmp_path):
    log = tmp_path / "log.log"
    for attempt in ("first", "second", "third"):
        log.unlink(missing_ok=True)
        log.write_text("notice\n")
        with log.open("a") as file, contextlib.redirect_stdout(file):
            start_log(log)
            print(attempt)
    lines = [line for line in log.read_text().splitlines() if not line.startswith("started ")]
    assert lines == ["notice"] * 3 + ["first", "second", "third"]
    assert log.read_text().count("started ") == 3


def test_a_command_that_is_pasted_adds_to_its_log(tmp_path, capsys):
    log = tmp_path / "log.log"
    log.write_text("first\n")
    for _ in range(2):
        start_log(log)
    start_log(tmp_path / "nowhere.log")
    assert capsys.readouterr().out.count("\n") == 3
    assert (tmp_path / ".log.log").samefile(log)


def test_each_attempt_says_when_and_where_it_started(summarize):
    assert re.fullmatch(
        rf"started \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d, process \d+ on {platform.node()}\n", summarize().stdout
    )


def run_main(body, redirect, **options):
    """Run a `main` of this body behind run_script, its standard output redirected as in a shell."""
    script = f"import os\nfrom mnist_study.run.jobs import run_script\ndef main():\n    {body}\nrun_script(main)\n"
    command = f"set -o pipefail; '{sys.executable}' -c '{script}' {redirect}"
    return subprocess.run(["bash", "-c", command], cwd=SOURCES, capture_output=True, text=True, **options)


@pytest.mark.parametrize("lines", [1, 100_000], ids=["noticed at the end", "noticed on the way"])
@pytest.mark.parametrize("status", ["", "; exit(0)"], ids=["returns", "exits"])
def test_a_reader_that_has_enough_ends_a_script_without_a_word(lines, status):
    ended = run_main(f"for line in range({lines}): print(line)\n    None{status}", "| sleep 0")
    assert (ended.returncode, ended.stderr) == (1, "")


def test_a_full_disk_under_what_is_printed_is_one_message():
    ended = run_main("print(1)", "> /dev/full")
    assert ended.returncode == 1
    assert ended.stderr == (
        "error: standard output: No space left on device: "
        "make room there and run Snakemake again, which keeps what is done\n"
    )


@pytest.mark.parametrize("number", ["ENOSPC", "EDQUOT", "EACCES", "EPERM", "EROFS"])
def test_a_file_that_cannot_be_written_is_one_message_that_names_it(number):
    code = getattr(errno, number)
    ended = run_main(f'raise OSError({code}, os.strerror({code}), "table.csv")', "")
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"error: table.csv: {os.strerror(code)}: ")
    assert len(ended.stderr.splitlines()) == 1


def test_another_error_of_the_system_keeps_its_stack_trace():
    ended = run_main('open("nowhere/table.csv", "w")', "")
    assert "Traceback" in ended.stderr
