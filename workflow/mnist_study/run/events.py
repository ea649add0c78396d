"""The events of a run: what Snakemake's logger reports about jobs, in a file of JSON lines beside Snakemake's own log.

The first line has the numbers of planned jobs by rule. Each other line is an event with its time, in s since 1970:

    {"time": 1764201600.5, "event": "planned", "rules": {"train_classifier": 12}}
    {"time": …, "event": "job_info", "jobid": 4, "rule": …, "wildcards": {…}, "log": …, "local": true}
    {"time": …, "event": "submission", "slurm_job": "123", "jobs": [4, 5], "record": …}
    {"time": …, "event": "job_finished", "jobid": 4}
    {"time": …, "event": "job_error", "jobid": 5, "message": …, "error": …, "status": 137, "again": false}
    {"time": …, "event": "warning", "message": …}
    {"time": …, "event": "error", "message": …}

The module is a part of the Snakefile, and so it imports the standard library and Snakemake only.
"""

import json
import logging
import os
import re
import subprocess
import sys
from collections import Counter
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snakemake_interface_logger_plugins.common import LogEvent

if TYPE_CHECKING:
    from snakemake.dag import DAG

# Snakemake's own logger is below this one. Snakemake removes the handlers of its own logger only.
LOGGER = "snakemake"
# How the names of Snakemake's log and of the file with the events end.
LOG, EVENTS = ".snakemake.log", ".events.jsonl"
TAIL_BYTES = 4096
# The first line that an attempt writes into the log of its job.
STARTED = re.compile(r"^started .*, process \d+ on ")


class EventHandler(logging.Handler):
    """Writes the events of Snakemake's logger. A full disk does not stop the run."""

    def __init__(self, path: Path, dag: "DAG") -> None:
        """Open the file, and write the numbers of planned jobs."""
        super().__init__()
        self.file = path.open("w", encoding="utf-8", buffering=1)  # each line is written at once
        self.dag = dag
        self.starts: dict[int, float] = {}
        rules = Counter(job.rule.name for job in dag.needrun_jobs() if job.output)
        self.handle(logging.makeLogRecord({"event": "planned", "rules": rules}))

    def emit(self, record: logging.LogRecord) -> None:
        """Write the event of a record, if it is one of those above."""
        try:
            if event := self.describe(record):
                self.file.write(json.dumps({"time": record.created, **event}) + "\n")
        except Exception:
            self.handleError(record)

    def close(self) -> None:
        """Close the file."""
        self.file.close()
        super().close()

    def describe(self, record: Any) -> dict | None:
        """Describe a record as an event; None if it is about something else, or about a job without output as `all`."""
        event = getattr(record, "event", None)
        if event == "planned":
            return {"event": event, "rules": record.rules}
        if event == LogEvent.JOB_INFO:
            return self.describe_start(record)
        if event == LogEvent.JOB_FINISHED:
            return {"event": event, "jobid": record.job_id} if record.job_id in self.starts else None
        if event == LogEvent.JOB_ERROR:
            return self.describe_failure(record)
        if submission := getattr(record, "submission", None):
            return {"event": "submission", **submission}
        # JOB_ERROR, which follows, tells of a failed command too.
        if record.levelno >= logging.WARNING and find_status() is None:
            kind = "warning" if record.levelno == logging.WARNING else "error"
            return {"event": kind, "message": record.getMessage()}
        return None

    def describe_start(self, record: Any) -> dict | None:
        """Describe the start of a job, or its submission."""
        if not record.output:
            return None
        self.starts[record.jobid] = record.created
        log = next(iter(record.log), "")
        told = {"rule": record.rule_name, "wildcards": record.wildcards, "log": log, "local": record.local}
        return {"event": record.event, "jobid": record.jobid, **told}

    def describe_failure(self, record: Any) -> dict:
        """Describe the failure of a job: what the executor and the job's own log say, and whether it is tried again."""
        log = next(iter(record.log), None)
        return {
            "event": record.event,
            "jobid": record.jobid,
            "message": record.rule_msg or "",
            "error": find_error(Path(log), self.starts.get(record.jobid, 0)) if log else "",
            "status": find_status(),
            "again": self.is_tried_again(record.jobid),
        }

    def is_tried_again(self, jobid: int) -> bool:
        """Tell whether Snakemake tries a job again that fails now."""
        jobs = (job for job in self.dag.needrun_jobs() if self.dag.jobid(job) == jobid)
        return any(job.attempt <= job.restart_times for job in jobs)


def find_status() -> int | None:
    """Find the exit status of the command whose failure Snakemake handles in this thread; None without one.

    A command that was killed by a signal has 128 plus the number of the signal.
    """
    error = sys.exception()
    while error is not None and not isinstance(error, subprocess.CalledProcessError):
        error = error.__context__
    if error is None:
        return None
    return error.returncode if error.returncode >= 0 else 128 - error.returncode


def read_tail(log: Path) -> list[str]:
    """Read the end of a job's log, as far as it is of the last attempt: its lines, the newest one first."""
    with log.open("rb") as file:
        file.seek(0, os.SEEK_END)
        file.seek(max(0, file.tell() - TAIL_BYTES))
        lines = file.read().decode(errors="replace").splitlines()
    return list(takewhile(lambda line: not STARTED.match(line), reversed(lines)))


def find_error(log: Path, start: float) -> str:
    """Find the message that ends a job's log: a line "error: …"; empty if there is none since `start`."""
    try:
        lines = read_tail(log) if log.stat().st_mtime >= start else []
    except OSError:
        return ""
    return next((line for line in lines if line.startswith("error: ")), "")


def record_events(log: str | None, dag: "DAG") -> str | None:
    """Record the events of this run until its process ends, and return the path of the file.

    `log`: the path of Snakemake's own log. If it has none, there is no file either.
    """
    if log is None:
        return None
    path = log.removesuffix(LOG) + EVENTS
    logging.getLogger(LOGGER).addHandler(EventHandler(Path(path), dag))
    return path


def locate_snakemake_log(events: str) -> str:
    """Locate Snakemake's own log of the run with these events."""
    return events.removesuffix(EVENTS) + LOG
