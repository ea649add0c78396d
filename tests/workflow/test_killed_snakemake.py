"""Test on one machine that the same command goes on after Snakemake is killed, started twice, or loses its terminal."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

pytestmark = pytest.mark.thorough

EPOCHS = 15
STUDY = """
pathvars: {{results: {results}}}
dataset: {{path: {dataset}}}
classifiers:
  baseline:
    layers: [{{dense: 64}}]
    epochs: {epochs}
    batch_size: 64
"""
RUN = "classifiers/baseline/default/replicate~1"


class Training:
    """A training of one network in its own checkout."""

    def __init__(self, project: Path, dataset: Path, results: str) -> None:
        self.project = project
        self.results = project / results
        (project / "study.yaml").write_text(STUDY.format(results=results, dataset=dataset, epochs=EPOCHS))
        self.command = [sys.executable, "-m", "snakemake", f"{results}/{RUN}.json", "--profile", "profiles/local"]
        self.command += ["--configfile", "study.yaml"]
        self.environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
        self.metrics = self.results / f"{RUN}.json"
        self.log = self.results / f"logs/train_classifier/{RUN.removeprefix('classifiers/')}.log"

    def start(self, **options) -> subprocess.Popen:
        return subprocess.Popen(self.command, cwd=self.project, env=self.environment, **options)

    def run(self) -> subprocess.CompletedProcess:
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        return subprocess.run(self.command, cwd=self.project, env=self.environment, **options)

    def wait_for_epoch(self, epoch: int) -> None:
        wait_until(lambda: self.log.exists() and f"epoch {epoch:>2}/{EPOCHS}" in self.log.read_text())

    def list_processes(self) -> list[int]:
        """List the processes that write this training's results."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                command = (process / "cmdline").read_text()
                ours = (process / "cwd").readlink() == self.project
                if ours and "/workflow\0train_classifier\0" in command:
                    found.append(int(process.name))
        return found


def wait_until(condition, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def make_training(copy_project, dataset, tmp_path):
    """Give a function that makes a training. Its arguments are the names of the checkout and of the results folder."""
    return lambda name="project", results="results": Training(copy_project(tmp_path / name), dataset, results)


@pytest.fixture(scope="module")
def undisturbed(copy_project, dataset, tmp_path_factory):
    training = Training(copy_project(tmp_path_factory.mktemp("undisturbed") / "project"), dataset, "results")
    assert training.run().returncode == 0
    return training.metrics.read_bytes()


@pytest.mark.parametrize("whole", [False, True], ids=["snakemake alone", "snakemake and its jobs"])
def test_after_a_kill_the_same_command_goes_on_and_nothing_writes_beside_it(make_training, undisturbed, whole):
    training = make_training()
    process = training.start(start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    training.wait_for_epoch(2)
    if whole:
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()
    run = training.run()
    assert run.returncode == 0, run.stdout
    assert training.list_processes() == []
    assert "resumed from the checkpoint after epoch" in training.log.read_text()
    assert training.metrics.read_bytes() == undisturbed


def test_a_run_that_was_killed_leaves_no_job_behind(make_training):
    training = make_training()
    process = training.start(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    training.wait_for_epoch(2)
    assert len(training.list_processes()) == 1
    process.kill()
    process.wait()
    wait_until(lambda: training.list_processes() == [], seconds=10)
    assert training.log.read_text().splitlines()[-1].startswith("Snakemake has ended, and so does this job.")
    assert not training.metrics.exists()


def test_a_second_run_is_refused_from_another_checkout_and_the_first_one_is_not_disturbed(
    make_training, undisturbed, tmp_path
):
    shared = tmp_path / "shared" / ("研究" * 30)
    first = make_training("first", str(shared))
    (tmp_path / "alias").symlink_to(tmp_path / "shared")
    second = make_training("second", str(tmp_path / "alias" / shared.name))
    process = first.start(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    first.wait_for_epoch(1)
    [job] = first.list_processes()
    os.kill(job, signal.SIGSTOP)  # so that it can't end before the second one has started
    refused = second.run()
    os.kill(job, signal.SIGCONT)
    assert refused.returncode != 0
    assert f"another Snakemake writes into {tmp_path}/alias/{shared.name}: process {process.pid} of " in refused.stdout
    assert "Traceback" not in refused.stdout
    assert process.wait() == 0
    assert first.metrics.read_bytes() == undisturbed
    assert first.log.read_text().count("started ") == 1


def test_a_lost_terminal_does_not_end_the_run(make_training, undisturbed):
    training = make_training()
    terminal, snakemakes_end = os.openpty()
    process = training.start(preexec_fn=lambda: os.login_tty(snakemakes_end))
    os.close(snakemakes_end)
    training.wait_for_epoch(2)
    os.close(terminal)  # sends SIGHUP to all processes there, and all output fails from now on
    process.wait(120)
    assert training.metrics.read_bytes() == undisturbed
    assert training.log.read_text().count("started ") == 1
