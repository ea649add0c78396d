"""Shared by tests of the status: an invented study folder with Snakemake's log, the jobs' logs, and results."""

import json
import os
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from mnist_study.run.claims import claim_results
from mnist_study.status import states
from mnist_study.status.runs import list_rows
from mnist_study.status.states import Watch
from mnist_study.trust.provenance import locate_provenance
from mnist_study.trust.reasons import ROOT, list_reasons

START = 1_700_000_000


class Study:
    """A study in the current folder, and the events of its runs. `clock`: the time in Snakemake's log."""

    def __init__(self, factors, replicates, pairs, levels):
        config = yaml.safe_load((ROOT / "config.yaml").read_text())
        mlp = config["classifiers"]["regularized"] | {"factors": factors, "replicates": replicates}
        config["classifiers"] = {"mlp": mlp, "cnn": config["classifiers"]["cnn"] | {"replicates": pairs}}
        config["autoencoder"]["replicates"] = pairs
        config["noise"]["levels"] = levels
        self.config = config
        self.rows = list_rows(config)
        self.runs = {run.name: run for row in self.rows for run in row.runs}
        self.results = self.rows[0].runs[0].metrics.parents[3]
        self.watch = Watch(self.results, list(self.runs.values()))
        self.numbers = {name: str(number) for number, name in enumerate(self.runs)}
        self.snakemake_log = ROOT / "nowhere"
        self.clock = START
        self.claim = None

    def begin(self, slurm_name=None):
        """Begin a run. It is alive until `end`."""
        self.snakemake_log = Path(f"{self.clock}.snakemake.log").absolute()
        self.snakemake_log.write_text("Job stats:\njob      count\n-----  -------\n")
        self.claim = claim_results(self.results, slurm_name, str(self.snakemake_log), lambda *_: None)

    def end(self):
        self.claim.close()

    def log(self, *lines):
        """Let Snakemake log lines, one second after the previous ones."""
        self.clock += 1
        with self.snakemake_log.open("a") as file:
            file.write("\n".join([f"[{time.asctime(time.localtime(self.clock))}]", *lines, ""]))

    def start(self, name, slurm_job=None, local=True):
        """Let a job start, or be submitted."""
        run = self.runs[name]
        self.log(
            f"{'local' if local and not slurm_job else ''}rule {run.rule}:",
            "    input: results/dataset/mnist.npz",
            f"    output: {run.metrics}, {run.metrics.with_suffix('.keras')}",
            f"    log: {run.log}",
            f"    jobid: {self.numbers[name]}",
            f"    reason: Missing output files: {run.metrics}",
        )
        if slurm_job:
            self.log(f"Job {self.numbers[name]} has been submitted with SLURM jobid {slurm_job} (log: somewhere).")

    def fail(self, name, message="None", printed=(), again=False, status=1):
        """Let a job fail, and start again if asked for."""
        run = self.runs[name]
        self.log(f"Command 'python workflow {run.rule} >> {run.log} 2>&1' returned non-zero exit status {status}.")
        self.log(
            f"Error in rule {run.rule}:",
            f"    message: {message}",
            f"    jobid: {self.numbers[name]}",
            f"    output: {run.metrics}",
            f"    log: {run.log} (check log file(s) for error details)",
            f"Logfile {run.log}:",
            "====",
            *printed,
            "====",
            *([f"Trying to restart job {self.numbers[name]}."] if again else []),
        )

    def finish(self, name):
        self.log(f"Finished jobid: {self.numbers[name]} (Rule: {self.runs[name].rule})", "1 of 9 steps (11%) done")

    def print(self, name, *lines):
        """Let a job print lines, ten seconds after Snakemake's last line."""
        log = self.runs[name].log
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text("\n".join([*lines, ""]))
        os.utime(log, (self.clock + 10, self.clock + 10))

    def write(self, name, seconds=60, **changes):
        """Write the results of a run, made with its settings and with `changes` to them."""
        run = self.runs[name]
        reasons = list_reasons(run.rule, run.settings | changes)
        run.metrics.parent.mkdir(parents=True, exist_ok=True)
        run.metrics.write_text(json.dumps({"final": {"val_loss": 0.1, "val_accuracy": 0.98}, "reasons": reasons}))
        provenance = {
            "outputs": {run.metrics.name: ""},
            "inputs": {},
            "reasons": reasons,
            "device": {},
            "duration_seconds": seconds,
        }
        locate_provenance(run.metrics).write_text(json.dumps(provenance))

    def look(self):
        return self.watch.look()

    def find(self, name):
        return self.look().states[name]


@pytest.fixture
def make_study(tmp_path, monkeypatch):
    """Give a function that makes a study of some factors and replicates.

    It has one CNN and one autoencoder, or `pairs` of them, and two noise levels, or others.
    """
    monkeypatch.chdir(tmp_path)

    def make(factors=(0.0001, 0.001), replicates=2, pairs=1, levels=(0, 0.5)):
        return Study(list(factors), replicates, pairs, list(levels))

    return make


@pytest.fixture
def study(make_study):
    return make_study()


@pytest.fixture
def queue(monkeypatch):
    """Slurm's answer, and how often it was asked. The answer is rows of state, restarts, job and reason, or None."""
    slurm = SimpleNamespace(rows=[], asked=0)

    def ask(*command, fields):
        slurm.asked += 1
        if slurm.rows is None:
            raise FileNotFoundError("squeue")
        return [[*row[:3], f"{row[3]}|"] for row in slurm.rows]

    monkeypatch.setattr(states, "ask", ask)
    return slurm
