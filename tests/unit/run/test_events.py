"""Test which events of Snakemake's logger are recorded."""

import json
import logging
import subprocess
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import pytest
from snakemake_interface_logger_plugins.common import LogEvent

from mnist_study.run.events import LOGGER, TAIL_BYTES, find_error, locate_snakemake_log, read_tail, record_events

STARTED = "started 2026-11-26 19:42:26, process 14382 on vm"


class Plan:
    """A plan of two jobs, and of the rule `all`, which has no output."""

    def __init__(self):
        names = [("train", ["a"]), ("train", ["b"]), ("all", [])]
        self.jobs = [
            SimpleNamespace(number=number, rule=SimpleNamespace(name=name), output=output, attempt=1, restart_times=0)
            for number, (name, output) in enumerate(names)
        ]

    def needrun_jobs(self):
        return self.jobs

    def jobid(self, job):
        return job.number


@pytest.fixture
def run(tmp_path):
    """A run whose events are recorded: its plan, Snakemake's logger, and a function that reads the events."""
    plan, before = Plan(), list(logging.getLogger(LOGGER).handlers)
    path = record_events(str(tmp_path / "a b.snakemake.log"), plan)
    logger = logging.getLogger(f"{LOGGER}.logging")
    logger.setLevel(logging.INFO)

    def read():
        lines = (tmp_path / "a b.events.jsonl").read_text().splitlines()
        return [{name: value for name, value in json.loads(line).items() if name != "time"} for line in lines]

    yield SimpleNamespace(plan=plan, logger=logger, read=read, path=path)
    for handler in set(logging.getLogger(LOGGER).handlers) - {*before}:
        logging.getLogger(LOGGER).removeHandler(handler)
        handler.close()


def start(logger, number, log, output=("a",)):
    told = {"rule_name": "train", "wildcards": {"factor": "0.1"}, "output": output, "log": [str(log)], "local": True}
    logger.info("Rule: train", extra={"event": LogEvent.JOB_INFO, "jobid": number, **told})


def fail(logger, number, log, message=None, status=1):
    """Log the failure of a job as Snakemake does: while it handles the exception that the command raised."""
    try:
        try:
            raise subprocess.CalledProcessError(status, "python workflow train")
        except subprocess.CalledProcessError:
            raise RuntimeError("Command 'python workflow train' failed") from None
    except RuntimeError as error:
        logger.error(str(error), extra={"event": LogEvent.ERROR})
        logger.error("Error", extra={"event": LogEvent.JOB_ERROR, "jobid": number, "rule_msg": message, "log": [log]})


def test_planned_jobs_starts_and_ends_are_recorded_at_once(run):
    start(run.logger, 0, "train.log")
    run.logger.info("Finished", extra={"event": LogEvent.JOB_FINISHED, "job_id": 0})
    assert run.read() == [
        {"event": "planned", "rules": {"train": 2}},
        {
            "event": "job_info",
            "jobid": 0,
            "rule": "train",
            "wildcards": {"factor": "0.1"},
            "log": "train.log",
            "local": True,
        },
        {"event": "job_finished", "jobid": 0},
    ]


def test_what_is_about_no_result_is_left_out(run):
    run.logger.info("Select jobs to execute...")
    start(run.logger, 2, "all.log", output=())
    run.logger.info("Finished", extra={"event": LogEvent.JOB_FINISHED, "job_id": 2})
    assert len(run.read()) == 1


@pytest.mark.parametrize(("status", "told"), [(1, 1), (137, 137), (-9, 137)])
def test_a_failure_has_the_exit_status_and_the_words_of_the_log(run, tmp_path, status, told):
    log = tmp_path / "train.log"
    start(run.logger, 0, log)
    log.write_text(f"{STARTED}\nepoch 1\nerror: the loss is not finite\n")
    fail(run.logger, 0, log, status=status)
    [_, _, failure] = run.read()  # the command is not told again as an error
    assert failure == {
        "event": "job_error",
        "jobid": 0,
        "message": "",
        "error": "error: the loss is not finite",
        "status": told,
        "again": False,
    }


def test_a_failure_says_whether_the_job_is_tried_again(run):
    job = run.plan.jobs[1]
    job.restart_times = 1
    for again in (True, False):
        start(run.logger, 1, "train.log")
        fail(run.logger, 1, "train.log", "Slurm job 4: NODE_FAIL. ")
        assert (run.read()[-1]["again"], run.read()[-1]["message"]) == (again, "Slurm job 4: NODE_FAIL. ")
        job.attempt += 1


def test_submissions_warnings_and_errors_are_recorded(run):
    submission = {"slurm_job": "123", "jobs": [4, 5], "record": "/records/1.log"}
    run.logger.info("Job 4, 5 has been submitted", extra={"submission": submission})
    run.logger.warning("Slurm does not answer.")
    run.logger.error("Exiting.")
    assert run.read()[1:] == [
        {"event": "submission", **submission},
        {"event": "warning", "message": "Slurm does not answer."},
        {"event": "error", "message": "Exiting."},
    ]


def test_a_full_disk_does_not_stop_the_run(run, monkeypatch):
    [handler] = [handler for handler in logging.getLogger(LOGGER).handlers if hasattr(handler, "starts")]
    monkeypatch.setattr(logging, "raiseExceptions", False)
    with suppress(OSError), Path("/dev/full").open("w", buffering=1) as full, monkeypatch.context() as patch:
        patch.setattr(handler, "file", full)
        run.logger.warning("planted")
    start(run.logger, 0, "train.log")
    assert [event["event"] for event in run.read()] == ["planned", "job_info"]


def test_snakemakes_log_lies_beside_the_events(run, tmp_path):
    assert locate_snakemake_log(run.path) == str(tmp_path / "a b.snakemake.log")
    assert record_events(None, run.plan) is None


def test_an_error_is_that_of_the_last_attempt_and_of_this_run(tmp_path):
    log = tmp_path / "train.log"
    assert find_error(log, 0) == ""
    log.write_text(f"{STARTED}\nerror: earlier\n{STARTED}\nepoch 1\n")
    assert find_error(log, 0) == ""
    log.write_text(f"{STARTED}\nerror: earlier\n{STARTED}\nerror: later\nof two lines\n")
    assert find_error(log, 0) == "error: later"
    assert find_error(log, log.stat().st_mtime + 1) == ""


def test_only_the_end_of_a_long_log_is_read(tmp_path):
    log = tmp_path / "train.log"
    log.write_text("".join(f"epoch {number}\n" for number in range(10_000)))
    lines = read_tail(log)
    assert lines[0] == "epoch 9999"
    assert len("\n".join(lines)) <= TAIL_BYTES
