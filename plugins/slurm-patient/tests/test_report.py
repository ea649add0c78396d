"""Test the report after a run on Slurm, made from an accounting as sacct prints it."""

import sys
from datetime import datetime

import pytest

from snakemake_executor_plugin_slurm_patient import report
from snakemake_executor_plugin_slurm_patient.bundles import make_bundles
from snakemake_executor_plugin_slurm_patient.records import FAILED, FINISHED, STARTED, write_record
from snakemake_executor_plugin_slurm_patient.report import (
    describe_run,
    list_starts,
    parse_duration,
    parse_memory,
    parse_resource,
    tabulate_cost,
)

ACCOUNTS = """\
11|OUT_OF_MEMORY|0:125|gpu1|2026-11-25T10:00:00|60|30|billing=1,cpu=2,gres/gpu=1,mem=3G,node=1|00:30.500|
11.batch|OUT_OF_MEMORY|0:125|gpu1|2026-11-25T10:00:00|60||cpu=2,mem=3G,node=1|00:30.500|2500000K
11.extern|COMPLETED|0:0|gpu1|2026-11-25T10:00:00|60||cpu=2,mem=3G,node=1|00:00.000|1M
12|PREEMPTED|0:0|gpu2|2026-11-25T10:00:00|30|30|billing=1,cpu=2,gres/gpu=1,mem=3G,node=1|01:00|
12|COMPLETED|0:0|gpu3|2026-11-25T10:00:50|3600|30|billing=1,cpu=2,gres/gpu=1,mem=3G,node=1|1-00:00:00|
12.0|COMPLETED|0:0|gpu3|2026-11-25T10:00:50|3600||cpu=2,mem=3G,node=1|1-00:00:00|1G
13|CANCELLED by 0|0:0|None assigned|Unknown|0|30||00:00:00|
14|FAILED|1:0|gpu1|2026-11-25T10:00:00|1000|120|billing=1,cpu=2,gres/gpu=1,mem=3G,node=1|10:00|
15|TIMEOUT|0:0|gpu1|2026-11-25T10:00:00|1000|120|billing=1,cpu=2,gres/gpu=1,mem=3G,node=1|10:00|
16|RUNNING|0:0|gpu1|2026-11-25T10:00:00|1000|120|billing=1,cpu=2,gres/gpu=1,mem=3G,node=1|10:00|
"""
TEN = datetime(2026, 11, 25, 10).timestamp()


@pytest.fixture
def make(tmp_path, make_job):
    """Give a function that makes the job of a replicate, with this log."""

    def make_training(replicate, log=None):
        path = tmp_path / f"{replicate}.log"
        if log:
            path.write_text(log)
        job = make_job(replicate, path, rule="train_classifier", bundle=4)
        job.wildcards_dict = {"factor": "0.001", "replicate": str(replicate)}
        return job

    return make_training


@pytest.fixture
def submit(tmp_path):
    """Give a function that submits jobs as a Slurm job of a number; `events`: seconds after ten, what, and the job."""

    def submit_jobs(number, *jobs, attempt=1, events=()):
        [bundle] = make_bundles(jobs)
        bundle.slurm_job, bundle.attempt = number, attempt
        bundle.record = tmp_path / f"record{number}"
        write_record(bundle.record, [], [])
        with bundle.record.open("a") as file:
            for seconds, event, job in events:
                file.write(f'\n{{"time": {TEN + seconds}, "event": "{event}", "jobid": {job.jobid}}}')
        return bundle

    return submit_jobs


def describe(bundles, failed, succeeded):
    starts = list_starts("run", 0, {bundle.slurm_job for bundle in bundles})
    return describe_run(bundles, failed, succeeded, starts)


@pytest.fixture
def accounts(monkeypatch):
    rows = [line.split("|") for line in ACCOUNTS.splitlines()]
    monkeypatch.setattr(report, "ask", lambda *command, fields: rows)


def test_a_start_carries_the_peak_memory_of_its_steps(accounts):
    starts = list_starts("run", 0, {"11", "12", "13"})
    assert [start.state for start in starts] == ["OUT_OF_MEMORY", "PREEMPTED", "COMPLETED", "CANCELLED by 0"]
    assert [round(start.memory) for start in starts] == [2560, 0, 1074, 0]
    assert [start.gpus for start in starts] == [1, 1, 1, 0]


def test_cost_counts_every_start_and_what_was_wasted(accounts, make, submit):
    jobs = [make(replicate) for replicate in (1, 2, 3)]
    bundles = [submit(str(11 + number), job) for number, job in enumerate(jobs)]
    table = tabulate_cost(bundles, list_starts("run", 0, {"11", "12", "13"}))
    row = table.iloc[-1]
    assert row["", "rule"] == "all"
    assert (row["", "jobs"], row["", "starts"]) == (3, 4)
    assert row["GPUs", "asked"] == 1.5  # three starts with a GPU and a time limit of half an hour
    assert row["GPUs", "used"] == pytest.approx((60 + 30 + 3600) / 3600, abs=1e-3)
    assert row["GPUs", "wasted"] == pytest.approx(90 / 3600, abs=1e-3)
    assert row["CPUs", "used"] == pytest.approx(2 * (60 + 30 + 3600) / 3600, abs=1e-3)
    assert row["CPUs", "busy"] == pytest.approx((30.5 + 60 + 86400) / 3600, abs=1e-3)
    assert row["memory", "MB"] == 2560


def test_a_failed_job_is_described_with_its_attempts_and_the_end_of_its_log(accounts, monkeypatch, make, submit):
    monkeypatch.setattr(sys, "argv", ["/somewhere/snakemake", "--profile", "profiles/slurm"])
    job = make(1, "\n".join(f"line {number}" for number in range(9)))
    text = describe([submit("11", job), submit("13", job, attempt=2)], {job}, succeeded=False)
    lines = text.splitlines()
    assert lines[0] == "FAILED: train_classifier factor=0.001 replicate=1"
    assert lines[1].strip() == "attempt 1: Slurm job 11 on gpu1: OUT_OF_MEMORY after 1.0 of 30 min, 2560 MB"
    assert lines[2].strip() == "attempt 2: Slurm job 13 on no node: CANCELLED by 0 after 0.0 of 30 min, 0 MB"
    assert lines[3].strip() == f"its log ends, {job.log[0]}:"
    assert [line.strip() for line in lines[4:9]] == [f"line {number}" for number in range(4, 9)]
    assert "To go on, when the cause is removed: snakemake --profile profiles/slurm" in text


def test_a_job_that_slurm_started_again_is_told_and_one_that_just_ran_is_not(accounts, make, submit):
    again, once = make(2), make(3)
    text = describe([submit("12", again), submit("13", once)], set(), succeeded=True)
    assert text.startswith("retried, and done: train_classifier factor=0.001 replicate=2")
    assert "replicate=3" not in text
    assert "To go on" not in text


def test_each_member_of_a_bundle_is_judged_alone(accounts, make, submit):
    finished, broken = make(1), make(2, "error: no memory")
    events = [(1, STARTED, finished), (2, STARTED, broken), (62, FAILED, broken), (900, FINISHED, finished)]
    text = describe([submit("14", finished, broken, events=events)], {broken}, succeeded=False)
    assert text.startswith(
        "FAILED: train_classifier factor=0.001 replicate=2\n"
        "    attempt 1: Slurm job 14 (with 1 more) on gpu1: FAILED after 1.0 of 120 min, 0 MB\n"
    )
    assert "error: no memory" in text
    assert "replicate=1" not in text


def test_a_member_that_ran_when_its_slurm_job_ended_ends_as_it_does(accounts, make, submit):
    late, waiting = make(1), make(2)
    text = describe([submit("15", late, waiting, events=[(100, STARTED, late)])], {late, waiting}, succeeded=False)
    assert "attempt 1: Slurm job 15 (with 1 more) on gpu1: TIMEOUT after 15.0 of 120 min" in text
    assert "attempt 1: Slurm job 15 (with 1 more) on gpu1: not started, TIMEOUT after 0.0 of 120 min" in text


def test_a_member_that_finished_before_its_slurm_job_was_started_again_was_not_retried(accounts, make, submit):
    early, again = make(1), make(2)
    events = [(1, STARTED, early), (17, FINISHED, early), (18, STARTED, again), (55, STARTED, again)]
    text = describe([submit("12", early, again, events=[*events, (355, FINISHED, again)])], set(), succeeded=True)
    assert text.startswith("retried, and done: train_classifier factor=0.001 replicate=2\n")
    assert "replicate=1" not in text
    assert [line.strip() for line in text.splitlines()[1:3]] == [
        "attempt 1: Slurm job 12 (with 1 more) on gpu2: PREEMPTED after 0.2 of 30 min, 0 MB",
        "attempt 1: Slurm job 12 (with 1 more) on gpu3: COMPLETED after 5.0 of 30 min, 1074 MB",
    ]


def test_a_bundle_is_counted_once_and_wastes_the_time_of_the_members_that_failed(accounts, make, submit):
    finished, broken = make(1), make(2)
    events = [(0, STARTED, finished), (0, STARTED, broken), (100, FAILED, broken), (900, FINISHED, finished)]
    table = tabulate_cost([submit("14", finished, broken, events=events)], list_starts("run", 0, {"14"}))
    row = table.iloc[-1]
    assert (row["", "jobs"], row["", "starts"]) == (2, 1)
    assert row["GPUs", "asked"] == 2
    assert row["GPUs", "used"] == pytest.approx(1000 / 3600, abs=1e-3)
    assert row["GPUs", "wasted"] == pytest.approx(100 / 3600, abs=1e-3)


def test_a_finished_job_wastes_nothing_though_the_accounting_knows_no_end_of_it(accounts, make, submit, monkeypatch):
    """It ended while the controller was away."""
    monkeypatch.setattr(report, "SETTLE_SECONDS", 1)
    job = make(1)
    bundle = submit("16", job, events=[(0, STARTED, job), (900, FINISHED, job)])
    row = tabulate_cost([bundle], list_starts("run", 0, {"16"})).iloc[-1]
    assert row["GPUs", "used"] == pytest.approx(1000 / 3600, abs=1e-3)
    assert row["GPUs", "wasted"] == 0


def test_a_job_that_ended_before_its_script_started_shows_why_by_slurms_log(accounts, make, submit, tmp_path):
    job = make(1)
    bundle = submit("11", job)
    bundle.slurm_log = tmp_path / "slurm.log"
    bundle.slurm_log.write_text("Error in config.yaml: no such key\n\n")
    text = describe([bundle], {job}, succeeded=False)
    assert f"its log ends, {tmp_path}/slurm.log:\n      Error in config.yaml: no such key" in text


def test_a_job_that_was_stopped_is_told_after_an_interrupt(accounts, make, submit):
    job = make(1)
    text = describe([submit("13", job)], set(), succeeded=False)
    assert text.startswith("stopped: train_classifier factor=0.001 replicate=1")


def test_a_job_that_slurm_refused_is_told_with_what_slurm_said(accounts, make, submit):
    job = make(1)
    refused = submit("", job)
    refused.refusal = "sbatch failed: invalid partition\nspecified: gpuu"
    text = describe_run([refused], {job}, succeeded=False, starts=list_starts("run", 0, set()))
    assert "attempt 1: not submitted. sbatch failed: invalid partition specified: gpuu" in text
    assert "cost" not in text


def test_without_accounting_the_cost_is_said_to_be_unknown(monkeypatch, make, submit):
    def refuse(*command, fields):
        raise FileNotFoundError("sacct")

    monkeypatch.setattr(report, "ask", refuse)
    text = describe([submit("11", make(1))], set(), succeeded=True)
    assert text == "What this run cost is not known: sacct, Slurm's accounting, does not answer."


def test_without_accounting_a_failed_job_is_described_all_the_same(monkeypatch, make, submit):
    monkeypatch.setattr(report, "ask", lambda *command, fields: [])
    monkeypatch.setattr(report, "SETTLE_SECONDS", 1)
    job = make(1, "error: no GPU")
    text = describe([submit("11", job)], {job}, succeeded=False)
    assert "attempt 1: Slurm job 11" in text
    assert "error: no GPU" in text


@pytest.mark.parametrize(
    ("text", "seconds"), [("", 0), ("00:00.250", 0.25), ("01:30", 90), ("02:01:30", 7290), ("3-00:00:01", 259201)]
)
def test_durations(text, seconds):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(("text", "megabytes"), [("", 0), ("0", 0), ("1500K", 1.536), ("2M", 2.097), ("1.5G", 1610.6)])
def test_memory(text, megabytes):
    assert parse_memory(text) == pytest.approx(megabytes, abs=0.1)


def test_resources():
    assert parse_resource("billing=1,cpu=4,gres/gpu=2,gres/gpu:a100=2,mem=3G", "gres/gpu") == 2
    assert parse_resource("billing=1,cpu=4,mem=3G", "gres/gpu") == 0
