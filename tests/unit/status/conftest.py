"""Shared by tests of the status: an invented study folder with a run's events, the jobs' logs, and results."""

import json
import logging
import os
import subprocess
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from snakemake_interface_logger_plugins.common import LogEvent

from mnist_study.plan.config import check_config
from mnist_study.run.claims import claim_results
from mnist_study.run.events import EventHandler
from mnist_study.status import states
from mnist_study.status.runs import list_rows
from mnist_study.status.states import Watch
from mnist_study.trust.provenance import locate_provenance
from mnist_study.trust.reasons import ROOT, list_reasons

START = 1_700_000_000


class Plan:
    """What the recorder of events asks Snakemake's plan."""

    def __init__(self):
        self.jobs = []

    def needrun_jobs(self):
        return self.jobs

    def jobid(self, job):
        return job.number

    def add(self, number, rule):
        job = SimpleNamespace(number=number, rule=SimpleNamespace(name=rule), output=["a"], attempt=1, restart_times=0)
        self.jobs.append(job)


class Study:
    """A study in the current folder, and the events of its runs. `clock`: the time of the last event."""

    def __init__(self, l2, replicates, pairs, levels):
        config = check_config(yaml.safe_load((ROOT / "config.yaml").read_text()))
        mlp = config["classifiers"]["regularized"] | {"sweep": [["l2", l2]], "replicates": replicates}
        config["classifiers"] = {"mlp": mlp, "cnn": config["classifiers"]["cnn"] | {"replicates": pairs}}
        config["denoisers"] = {"autoencoder": config["denoisers"]["autoencoder"] | {"replicates": pairs}}
        config["noise"]["levels"] = levels
        self.config = config
        self.rows = list_rows(config)
        self.runs = {run.name: run for row in self.rows for run in row.runs}
        self.results = self.rows[0].runs[0].metrics.parents[3]
        self.watch = Watch(self.results, list(self.runs.values()))
        self.plan = Plan()
        for name in self.runs:
            self.plan.add(len(self.plan.jobs), self.runs[name].rule)
        self.numbers = {name: number for number, name in enumerate(self.runs)}
        self.events = ROOT / "nowhere"
        self.clock = START
        self.claim = self.handler = None

    def begin(self, slurm_name=None):
        """Begin a run. It is alive until `end`."""
        self.events = Path(f"{self.clock}.events.jsonl").absolute()
        self.handler = EventHandler(self.events, self.plan)
        self.claim = claim_results(self.results, slurm_name, str(self.events), lambda *_: None)

    def end(self):
        self.claim.close()
        self.handler.close()

    def log(self, **record):
        """Let Snakemake log a record, one second after the previous one."""
        self.clock += 1
        self.handler.handle(logging.makeLogRecord({"created": self.clock, **record}))

    def start(self, name, slurm_job=None, local=True):
        """Let a job start, or be submitted."""
        run = self.runs[name]
        self.log(
            event=LogEvent.JOB_INFO,
            jobid=self.numbers[name],
            rule_name=run.rule,
            wildcards={"run": name},
            output=[str(run.metrics)],
            log=[str(run.log)],
            local=local and not slurm_job,
        )
        if slurm_job:
            self.submit([name], slurm_job)

    def submit(self, names, slurm_job):
        """Let Slurm take jobs as one. Return the record of this Slurm job."""
        record = Path(f"{slurm_job}.log").absolute()
        record.write_text('{"members": []}')
        jobs = [self.numbers[name] for name in names]
        self.log(submission={"slurm_job": str(slurm_job), "jobs": jobs, "record": str(record)})
        return record

    def note(self, record, event, name):
        """Let a node note an event of a job, or its own without one, in the record of its Slurm job."""
        jobid = name and self.numbers[name]
        with record.open("a") as file:
            file.write("\n" + json.dumps({"time": self.clock, "event": event, "jobid": jobid}))

    def fail(self, name, message=None, printed=(), again=False, status=1):
        """Let a job print lines and fail. Snakemake tries it again if asked for. `message`: the executor's."""
        run, job = self.runs[name], self.plan.jobs[self.numbers[name]]
        if printed:
            self.print(name, *(run.log.read_text().splitlines() if run.log.exists() else []), *printed)
        job.restart_times = job.attempt if again else 0
        with suppress(subprocess.CalledProcessError):
            try:
                subprocess.run(["sh", "-c", f"exit {status}"], check=message is None)
            finally:
                self.log(event=LogEvent.JOB_ERROR, jobid=self.numbers[name], rule_msg=message, log=[str(run.log)])
        job.attempt += again

    def finish(self, name):
        self.log(event=LogEvent.JOB_FINISHED, job_id=self.numbers[name])

    def print(self, name, *lines):
        """Let a job print lines, ten seconds after Snakemake's last event."""
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
    """Give a function that makes a study of some L2 factors and replicates.

    It has one CNN and one autoencoder, or `pairs` of them, and two noise levels, or others.
    """
    monkeypatch.chdir(tmp_path)

    def make(l2=(0.0001, 0.001), replicates=2, pairs=1, levels=(0, 0.5)):
        return Study(list(l2), replicates, pairs, list(levels))

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

    monkeypatch.setattr(states, "ask_squeue", ask)
    return slurm
