"""Test what `make status` shows of a real run, while it runs and afterwards."""

import os
import pty
import re
import signal
import subprocess
import sys
import time
from contextlib import chdir, suppress
from itertools import chain, groupby
from pathlib import Path

import pytest
import yaml

from mnist_study.plan.config import check_config
from mnist_study.status.runs import list_rows
from mnist_study.status.states import Watch
from tests.conftest import SMALL_STUDY

STATUS = "show_status"
EPOCHS = 4
TRAINING = "epochs: 1\n    batch_size: 2000\n    learning_rate: 0.1"
# The regularized perceptron trains long enough to be watched. The CNN fails.
EDITS = [f"epochs: {EPOCHS}\n    batch_size: 50\n    learning_rate: 0.1", TRAINING.replace("0.1", "1.0e+30")]
TARGETS = [f"results/classifiers/{run}/replicate~1.json" for run in ("regularized/l2~0.01", "cnn/default")]
WATCHED, FAILED = "regularized l2 0.01, replicate 1", "cnn, replicate 1"


def list_files(study):
    return {path: path.stat().st_mtime_ns for path in study.rglob("*") if "__pycache__" not in path.parts}


def start_live(study):
    """Start a live view in a new terminal. Return the process and the other end of the terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "workflow", STATUS], cwd=study, stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    return process, ours


def read_until(terminal, text):
    """Read the output of a terminal until it contains a text, or until no process writes there any more."""
    output = ""
    with suppress(OSError):
        while text not in output:
            output += os.read(terminal, 65536).decode(errors="replace")
    return output


@pytest.fixture(scope="module")
def watched(tmp_path_factory, copy_project, start_python, dataset):
    """A study after a run, its status during the run, and a live view that was ended by Ctrl-C."""
    study = copy_project(tmp_path_factory.mktemp("watched") / "project")
    parts = SMALL_STUDY.format(dataset=dataset).split(TRAINING)
    config = "".join(chain.from_iterable(zip(parts, [*EDITS, ""], strict=True)))
    (study / "config.yaml").write_text(config)
    with chdir(study):
        watch = Watch(
            Path("results"), [run for row in list_rows(check_config(yaml.safe_load(config))) for run in row.runs]
        )
        views = [watch.look()]
        run = start_python(study, "snakemake", "--profile", "profiles/local", "--cores", "1", *TARGETS)
        while not views[-1].alive:
            time.sleep(0.1)
            views.append(watch.look())
        live, terminal = start_live(study)
        shown = ""
        while run.poll() is None:
            if not shown:
                shown = read_until(terminal, "regularized")
                live.send_signal(signal.SIGINT)
            time.sleep(0.1)
            views.append(watch.look())
    run.communicate()
    live.wait(60)
    return study, views, (live.returncode, shown + read_until(terminal, "Traceback"))


def test_before_the_first_run_everything_is_missing(watched):
    _, views, _ = watched
    assert views[0].claim == {}
    assert {state.name for state in views[0].states.values()} == {"missing"}


def test_a_training_waits_then_runs_by_epochs_then_is_done(watched):
    _, views, _ = watched
    states = [view.states[WATCHED] for view in views]
    assert [name for name, _ in groupby(state.name for state in states)] == ["missing", "waiting", "running", "done"]
    epochs = [state.progress.epoch for state in states if state.name == "running" and state.progress]
    assert epochs == sorted(epochs)
    assert len({*epochs}) > 1
    assert max(epochs) <= EPOCHS
    assert 0.7 < states[-1].score < 1


def test_a_failed_training_says_why_and_blocks_what_needs_it(watched, run_python):
    study, _, _ = watched
    picture = " ".join(run_python(study, STATUS, "--once").stdout.split())
    assert picture.startswith("nothing runs; last run on this machine since ")
    assert f"✗ {FAILED}: failed: error: the training diverged in epoch 1" in picture


def test_a_look_changes_nothing(watched, run_python):
    study, _, _ = watched
    before = list_files(study)
    run = run_python(study, STATUS, "--once")
    assert run.returncode == 0, run.stdout
    assert list_files(study) == before


def test_a_live_view_is_drawn_in_a_terminal_and_ends_by_ctrl_c(watched):
    _, _, (status, shown) = watched
    assert status == 0
    assert "regularized" in shown
    assert "Traceback" not in shown


def test_a_live_view_ends_by_itself_where_nothing_runs(watched):
    study, _, _ = watched
    live, terminal = start_live(study)
    assert "nothing runs" in read_until(terminal, "nothing runs")
    assert live.wait(60) == 0


def test_a_config_that_is_not_there_is_one_message(watched, run_python):
    study, _, _ = watched
    run = run_python(study, STATUS, "--configfile", "nowhere.yaml")
    assert run.returncode == 1
    assert re.fullmatch(r"error: nowhere\.yaml can't be read as a config: .*\n", run.stdout)
