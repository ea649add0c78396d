"""`make status`: what is seen of a real run, while it runs and after it."""

import os
import pty
import re
import signal
import subprocess
import sys
from itertools import chain

import pytest

from tests.conftest import SMALL_STUDY

STATUS = "workflow.scripts.show_status"
TARGETS = [
    "results/classifiers/regularized/factor~0.01/replicate~1.json",
    "results/classifiers/regularized/factor~0.01/replicate~2.json",
    "results/classifiers/cnn/factor~none/replicate~1.json",
]
EPOCHS = 8
TRAINING = "epochs: 1\n    batch_size: 2000\n    learning_rate: 0.1"
# The regularized perceptron can be watched; the CNN fails.
EDITS = [f"epochs: {EPOCHS}\n    batch_size: 50\n    learning_rate: 0.1", TRAINING.replace("0.1", "1.0e+30")]


def list_files(study):
    return {path: path.stat().st_mtime_ns for path in study.rglob("*") if "__pycache__" not in path.parts}


def start_live(study):
    """Start a live view in a terminal of its own; the process, and the terminal's other end."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen([sys.executable, "-m", STATUS], cwd=study, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    return process, ours


def read_until(terminal, text):
    """Read what a terminal shows until a text is in it."""
    output = ""
    while text not in output:
        output += os.read(terminal, 65536).decode(errors="replace")
    return output


@pytest.fixture(scope="module")
def watched(tmp_path_factory, copy_project, start_python, run_python, dataset):
    """A study of which a run has ended, what was shown while it ran, and a view that was ended by Ctrl-C meanwhile."""
    study = copy_project(tmp_path_factory.mktemp("watched") / "project")
    config = SMALL_STUDY.format(dataset=dataset)
    parts = config.split(TRAINING)
    (study / "config.yaml").write_text("".join(chain.from_iterable(zip(parts, [*EDITS, ""], strict=True))))
    pictures = [run_python(study, STATUS, "--once").stdout]
    run = start_python(study, "snakemake", "--profile", "profiles/local", "--cores", "1", *TARGETS)
    while "runs on this machine" not in pictures[-1]:
        pictures.append(run_python(study, STATUS, "--once").stdout)
    live, terminal = start_live(study)
    shown = read_until(terminal, "regularized")
    live.send_signal(signal.SIGINT)
    live.wait(60)
    shown += os.read(terminal, 65536).decode(errors="replace")
    while run.poll() is None:
        pictures.append(run_python(study, STATUS, "--once").stdout)
    run.communicate()
    return study, pictures, (live.returncode, shown)


def test_before_the_first_run_everything_is_missing(watched):
    _, pictures, _ = watched
    assert pictures[0].startswith("nothing runs, and nothing ran here yet\n")
    assert "· 8 missing" in pictures[0]


def test_a_training_waits_then_runs_by_epochs_then_is_done(watched):
    _, pictures, _ = watched
    row = r"^  0\.01 +(\S .*?)  +(\S .*?) *$"
    first, second = zip(*(re.search(row, picture, re.MULTILINE).groups() for picture in pictures), strict=True)
    for cells in (first, second):
        states = [re.sub(rf"\d+/{EPOCHS}", "n", re.sub(r"0\.\d{4}", "score", cell)) for cell in cells]
        order = ["· missing", "· waiting", "▶ running", "▶ n", "✓ score"]
        assert [state for number, state in enumerate(states) if state not in states[:number]] == [
            state for state in order if state in states
        ]
        assert {"· waiting", "▶ n", "✓ score"} <= {*states}
        epochs = [int(epoch) for cell in cells for epoch in re.findall(rf"▶ (\d+)/{EPOCHS}", cell)]
        assert epochs == sorted(epochs)
    assert any(re.search(rf"epoch \d+ of {EPOCHS}, accuracy 0\.\d+, \d+ s left", picture) for picture in pictures)
    assert any("time left: more than" in picture for picture in pictures)


def test_a_failed_training_says_why_and_blocks_what_needs_it(watched, run_python):
    study, _, _ = watched
    picture = " ".join(run_python(study, STATUS, "--once").stdout.split())
    assert picture.startswith("nothing runs; last run on this machine since ")
    assert "✗ cnn, replicate 1: failed: error: the loss is not finite in epoch 1: set a smaller" in picture


def test_a_look_changes_nothing(watched, run_python):
    study, _, _ = watched
    before = list_files(study)
    run = run_python(study, STATUS, "--once")
    assert run.returncode == 0, run.stdout
    assert list_files(study) == before


def test_a_live_view_is_drawn_in_a_terminal_and_ends_by_ctrl_c(watched):
    _, _, (status, shown) = watched
    assert status == 0
    assert "Traceback" not in shown


def test_a_live_view_ends_by_itself_where_nothing_runs(watched):
    study, _, _ = watched
    live, terminal = start_live(study)
    read_until(terminal, "nothing runs")
    assert live.wait(60) == 0


def test_a_config_that_is_not_there_is_one_message(watched, run_python):
    study, _, _ = watched
    run = run_python(study, STATUS, "--configfile", "nowhere.yaml")
    assert (run.returncode, run.stdout) == (1, "error: Config file nowhere.yaml not found.\n")
