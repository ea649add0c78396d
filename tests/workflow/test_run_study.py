"""Test what `make run` shows of a real study, in a terminal and in a pipe, and that Ctrl-C stops it."""

import os
import pty
import re
import subprocess
import sys
import time
from contextlib import suppress
from itertools import chain
from pathlib import Path

import pytest

from mnist_study.run.claims import claim_results, find_claim
from tests.conftest import ROOT, SMALL_STUDY

# make test has the demo, and make check the messages and signals.
pytestmark = pytest.mark.thorough

COMMAND = [sys.executable, str(ROOT / "workflow"), "run_study", "--directory"]
TRAINING = "epochs: 1\n    batch_size: 2000\n    learning_rate: 0.1"
# The regularized perceptron trains long enough to be stopped. The CNN fails.
EDITS = ["epochs: 4\n    batch_size: 50\n    learning_rate: 0.1", TRAINING.replace("0.1", "1.0e+30")]
# A cell of the picture.
EPOCH = re.compile(r"▶ \d/4")
# Each of these begins a block of Snakemake's output.
BLOCKS = ("rule ", "localrule ", "Select jobs", "Building DAG", "    input:")


def start(study, **streams):
    """Start `run_study` for a study in another folder than that of the code."""
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "TERM": "xterm"}
    return subprocess.Popen([*COMMAND, str(study)], cwd=study.parent, env=environment, **streams)


def run_in_pipe(study):
    """Run a study to its end without a terminal. Return the exit status, the lines, and the messages."""
    process = start(study, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    lines, messages = process.communicate()
    return process.returncode, lines.splitlines(), messages


def list_processes(study):
    """List the commands that run in a study's folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (process / "cwd").readlink() == study:
                found.append((process / "cmdline").read_text())
    return found


@pytest.fixture(scope="module")
def study(tmp_path_factory, dataset):
    """The folder of a study that has not run yet."""
    folder = tmp_path_factory.mktemp("run") / "a study"
    folder.mkdir()
    parts = SMALL_STUDY.format(dataset=dataset).split(TRAINING)
    (folder / "config.yaml").write_text("".join(chain.from_iterable(zip(parts, [*EDITS, ""], strict=True))))
    return folder


@pytest.fixture(scope="module")
def stopped(study):
    """The exit status of a run in a terminal that Ctrl-C stopped in its first epochs, and what the terminal showed."""
    ours, theirs = pty.openpty()
    # In a session of its own, the process gets Ctrl-C from this terminal.
    process = start(
        study,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=lambda: os.close(os.open(os.ttyname(theirs), os.O_RDWR)),
    )
    os.close(theirs)
    shown = ""
    with suppress(OSError):  # no process writes there any more
        while True:
            shown += os.read(ours, 65536).decode(errors="replace")
            if EPOCH.search(shown) and "\x03" not in shown:
                shown += "\x03"
                os.write(ours, b"\x03")
    os.close(ours)
    return process.wait(60), re.sub(r"\x1b\[[\d;?]*[A-Za-z]|\x03|\r", "", shown)


@pytest.fixture(scope="module")
def failed(study, stopped):
    """The same study, run in a pipe: exit status, lines and messages."""
    return run_in_pipe(study)


def test_a_terminal_shows_the_picture_and_no_block_of_snakemake(stopped):
    _, shown = stopped
    assert "runs on this machine since" in shown
    assert EPOCH.search(shown)
    assert not re.search("|".join(f"^{block}" for block in BLOCKS), shown, re.MULTILINE)


def test_ctrl_c_stops_the_run_and_leaves_its_last_picture_and_the_place_of_the_log(stopped, study):
    status, shown = stopped
    assert status == 1
    _, _, last = shown.rpartition("nothing runs; last run on this machine since")
    assert "■ stopped" in last
    assert "failed" not in last
    log = Path(re.search(r"^complete log: (.*\.snakemake\.log)$", last, re.MULTILINE)[1])
    assert log.parent == study / ".snakemake/log"
    assert "localrule train_classifier:" in log.read_text()
    assert not find_claim(study / "results")[1]
    deadline = time.monotonic() + 10
    while processes := list_processes(study):
        assert time.monotonic() < deadline, processes
        time.sleep(0.1)


def test_a_pipe_gets_a_line_for_each_job_that_ends_and_the_place_of_the_log(failed, study):
    status, lines, messages = failed
    assert (status, messages) == (1, "")
    *ends, last = lines
    log = Path(last.removeprefix("complete log: "))
    finished = re.findall(r"^Finished jobid: \d+ \(Rule: (\w+)\)$", log.read_text(), re.MULTILINE)
    done = [line for line in ends if line.startswith("done: ")]
    assert [line.split()[1] for line in done] == finished
    planned = {line.rpartition(" of ")[2] for line in done}
    assert len(planned) == 1 and int(planned.pop()[:-1]) > len(done)
    assert [line for line in ends if line not in done] == [line for line in ends if line.startswith("failed: ")]


def test_a_failure_in_a_pipe_says_which_job_failed_and_why(failed):
    [failure] = [line for line in failed[1] if line.startswith("failed: ")]
    assert failure.startswith(
        "failed: train_classifier classifier=cnn setting=default replicate=1: error: the training diverged in epoch 1"
    )


def test_a_finished_study_has_nothing_to_do(copy_study, tmp_path):
    status, lines, messages = run_in_pipe(copy_study(tmp_path / "project"))
    assert (status, lines) == (0, [])
    assert "Nothing to be done" in messages


def test_a_config_that_is_not_valid_is_snakemakes_message(tmp_path):
    (tmp_path / "a study").mkdir()
    (tmp_path / "a study/config.yaml").write_text("dataset: 3\n")
    status, lines, messages = run_in_pipe(tmp_path / "a study")
    assert (status, lines) == (1, [])
    assert "WorkflowError" in messages
    assert "config: pathvars is missing" in messages


def test_a_folder_that_another_run_writes_into_is_refused_as_by_snakemake(study, failed):
    with claim_results(study / "results", None, None, lambda *_: None):
        status, lines, messages = run_in_pipe(study)
    assert (status, lines) == (1, [])
    assert "another Snakemake writes into" in messages
