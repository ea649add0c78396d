"""Test what a run shows, with a Snakemake that a test writes: events, messages, exit status and signals."""

import os
import pty
import re
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest
import yaml

from mnist_study.commands import run_study
from mnist_study.trust.reasons import ROOT, SOURCES

# What stands before the Snakemake of a test. It begins a run, and logs events.
SNAKEMAKE = """
import json, os, signal, sys, time
from pathlib import Path
from mnist_study.run.claims import claim_results

def begin():
    global claim
    claim = claim_results(Path("results/full"), None, os.path.abspath("a b.events.jsonl"), lambda *_: None)
    log("planned", rules={"plot_settings": 2, "train_classifier": 1})
    for number in (1, 2):
        start(number, "plot_settings", {"statistic": f"of {number}"})

def start(number, rule, wildcards):
    log("job_info", jobid=number, rule=rule, wildcards=wildcards, log=f"{number}.log", local=True)

def fail(number, error="", status=1, again=False):
    log("job_error", jobid=number, message="", error=error, status=status, again=again)

def log(event, **told):
    with open("a b.events.jsonl", "a") as file:
        file.write(json.dumps({"time": time.time(), "event": event, **told}) + "\\n")

print("Building DAG of jobs...", file=sys.stderr, flush=True)
"""
DONE = 'begin(); log("job_finished", jobid=1); log("job_finished", jobid=2)'


@pytest.fixture
def run(tmp_path, monkeypatch, capfd):
    """Give a function that runs a study with a Snakemake. It returns the exit status, the lines, and the messages."""
    study = tmp_path / "a study"
    study.mkdir()
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    config["dataset"]["path"] = str(tmp_path / "nowhere.npz")  # the real Snakemake could not run this study
    (study / "config.yaml").write_text(yaml.safe_dump(config))
    monkeypatch.chdir(study)
    monkeypatch.setattr(run_study, "LOOK_SECONDS", 0.05)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{SOURCES}")
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def run(snakemake, *options):
        (tmp_path / "snakemake").mkdir()
        (tmp_path / "snakemake/__init__.py").touch()  # without it, the real Snakemake comes first
        (tmp_path / "snakemake/__main__.py").write_text(SNAKEMAKE + snakemake)
        monkeypatch.setattr(sys, "argv", ["run_study", *options])
        with pytest.raises(SystemExit) as end:
            run_study.main()
        lines, messages = capfd.readouterr()
        return end.value.code, lines.splitlines(), messages.splitlines()

    yield run
    for number, handler in handlers.items():
        signal.signal(number, handler)


def send(number, condition):
    """Send this process a signal when a condition holds."""

    def wait():
        while not condition():
            time.sleep(0.05)
        os.kill(os.getpid(), number)

    threading.Thread(target=wait).start()


def test_a_pipe_gets_a_line_for_each_job_that_ends(run):
    assert run(DONE) == (
        0,
        ["done: plot_settings statistic=of 1 (1 of 3)", "done: plot_settings statistic=of 2 (2 of 3)"],
        [],
    )


def test_a_failure_says_why_and_whether_it_is_tried_again(run):
    status, lines, messages = run(
        """
begin()
fail(1, error="error: planted", again=True)
start(1, "plot_settings", {"statistic": "of 1"})
fail(1, status=137)
log("job_finished", jobid=2)
log("error", message="Exiting because a job execution failed.")
sys.exit(1)
"""
    )
    assert (status, messages) == (1, [])
    assert lines == [
        "failed, and tried again: plot_settings statistic=of 1: error: planted",
        "failed: plot_settings statistic=of 1: exit status 137, SIGKILL",
        "done: plot_settings statistic=of 2 (1 of 3)",
        f"complete log: {Path.cwd()}/a b.snakemake.log",
    ]


def test_warnings_and_errors_of_a_run_that_goes_on_are_shown(run):
    status, lines, messages = run(
        """
begin()
log("warning", message="no file locks here")
log("error", message="Job 1: some output files are missing.")
log("job_finished", jobid=2)
"""
    )
    assert (status, len(lines)) == (0, 1)
    assert messages == ["no file locks here", "Job 1: some output files are missing."]


@pytest.mark.parametrize("status", [0, 1])
def test_a_snakemake_that_ends_before_a_job_starts_speaks_for_itself(run, status):
    said = f"print('Nothing to be done'); sys.exit({status})"
    assert run(said) == (status, [], ["Building DAG of jobs...", "Nothing to be done"])


def test_a_config_that_is_not_valid_is_left_to_snakemake(run):
    Path("config.yaml").write_text("dataset: 3\n")
    assert run("sys.exit('dataset: 3 is no mapping')") == (
        1,
        [],
        ["Building DAG of jobs...", "dataset: 3 is no mapping"],
    )


def test_a_snakemake_that_crashes_shows_its_last_words(run):
    status, lines, messages = run(f"{DONE}\nraise RuntimeError('planted')")
    assert (status, len(lines), messages[-1]) == (1, 3, "RuntimeError: planted")


def test_a_snakemake_that_is_killed_gives_the_exit_status_of_a_shell(run):
    status, _, messages = run(f"{DONE}\nos.kill(os.getpid(), signal.SIGKILL)")
    assert (status, messages) == (137, ["Building DAG of jobs..."])


def test_the_events_of_an_earlier_process_with_the_same_number_are_not_shown(run):
    status, lines, messages = run(
        f"""
{DONE}
path = Path("results/full/.claim/run.json")
path.write_text(json.dumps(json.loads(path.read_text()) | {{"start": "2026-01-01 00:00:00"}}))
"""
    )
    assert (status, lines, messages) == (0, [], ["Building DAG of jobs..."])


def test_ctrl_c_reaches_snakemake_and_its_jobs_once_and_the_end_is_awaited(run):
    send(signal.SIGINT, lambda: Path("ready").exists())
    status, lines, messages = run(
        """
begin()
job = os.fork()
caught = []
signal.signal(signal.SIGINT, lambda *_: caught.append(1))
if not job:
    open("ready", "w")
    while not caught:
        time.sleep(0.01)
    os._exit(0)
os.wait()
time.sleep(0.5)
open("caught", "w").write(str(len(caught)))
fail(1, status=130)
sys.exit(1)
"""
    )
    assert (status, lines[0], messages) == (1, "stopped: plot_settings statistic=of 1", [])
    assert Path("caught").read_text() == "1"


def test_ctrl_c_that_a_script_in_the_background_ignores_is_ignored_by_snakemake_too(run):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    send(signal.SIGINT, lambda: Path("a b.events.jsonl").exists())
    ignored = "assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN"
    assert run(f"{ignored}\nbegin()\ntime.sleep(0.5)\nlog('job_finished', jobid=1)")[0] == 0


def test_a_folder_that_is_not_there_is_made(run):
    status, lines, _ = run(DONE, "--directory", "new folder/inside")
    assert (status, len(lines)) == (0, 2)
    assert Path.cwd().parts[-2:] == ("new folder", "inside")
    assert Path("a b.events.jsonl").exists()


def test_a_terminal_shows_the_picture_and_then_what_failed(run, monkeypatch):
    ours, theirs = pty.openpty()
    monkeypatch.setenv("TERM", "xterm")
    shown = []

    def read():
        with suppress(OSError):  # nobody writes there any more
            while True:
                shown.append(os.read(ours, 65536))

    reader = threading.Thread(target=read)
    reader.start()
    with os.fdopen(theirs, "w") as terminal, monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", terminal)
        status, lines, messages = run(
            """
time.sleep(0.3)
begin()
log("warning", message="no file locks here")
time.sleep(0.3)
fail(2, error="error: planted")
sys.exit(1)
"""
        )
    reader.join()
    os.close(ours)
    text = re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", b"".join(shown).decode())
    assert (status, lines, messages) == (1, [], [])
    assert "Snakemake plans the run" in text
    assert "no file locks here" in text
    live, _, last = text.rpartition("nothing runs; last run on this machine")
    assert "runs on this machine since" in live
    assert "missing" in last
    assert re.search(
        r"failed: plot_settings statistic=of 2: error: planted\s+log: 2.log\s+complete log: .*a b.snakemake.log\s*$",
        last,
    )
