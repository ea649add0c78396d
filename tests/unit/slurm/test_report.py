"""Test the report after a run on Slurm, made from an accounting as sacct prints it."""

import sys
from types import SimpleNamespace

import pytest

from mnist_study.slurm import report
from mnist_study.slurm.jobs import Submission
from mnist_study.slurm.report import (
    describe_run,
    list_starts,
    parse_duration,
    parse_memory,
    parse_resource,
    tabulate_cost,
)

ACCOUNTS = """\
11|OUT_OF_MEMORY|0:125|gpu1|60|30|billing=1,cpu=2,gres/gpu=1,mem=3G,node=1|00:30.500|
11.batch|OUT_OF_MEMORY|0:125|gpu1|60||cpu=2,mem=3G,node=1|00:30.500|2500000K
11.extern|COMPLETED|0:0|gpu1|60||cpu=2,mem=3G,node=1|00:00.000|1M
12|PREEMPTED|0:0|gpu2|120|30|billing=1,cpu=2,gres/gpu=1,mem=3G,node=1|01:00|
12|COMPLETED|0:0|gpu3|3600|30|billing=1,cpu=2,gres/gpu=1,mem=3G,node=1|1-00:00:00|
12.0|COMPLETED|0:0|gpu3|3600||cpu=2,mem=3G,node=1|1-00:00:00|1G
13|CANCELLED by 0|0:0|None assigned|0|30||00:00:00|
"""


class Job:
    """The attributes of a Snakemake job that the report reads."""

    def __init__(self, rule, wildcards_dict, log):
        self.rule, self.wildcards_dict, self.log = rule, wildcards_dict, log
        self.output = [log[0].replace(".log", ".json")]

    def is_group(self):
        return False


class Group:
    """The attributes of a group of jobs that the report reads."""

    def is_group(self):
        return True


def make_job(tmp_path, replicate, log=None):
    path = tmp_path / f"{replicate}.log"
    if log:
        path.write_text(log)
    wildcards = {"factor": "0.001", "replicate": str(replicate)}
    return Job(SimpleNamespace(name="train_classifier"), wildcards, [str(path)])


def submit(number, job, attempt=1, group=None):
    return Submission(number, job, attempt, 0, "", group or job)


def describe(submissions, failed, succeeded):
    starts = list_starts("run", 0, {submission.slurm_job for submission in submissions})
    return describe_run(submissions, failed, succeeded, starts)


@pytest.fixture
def accounts(monkeypatch):
    rows = [line.split("|") for line in ACCOUNTS.splitlines()]
    monkeypatch.setattr(report, "ask", lambda *command, fields: rows)


def test_a_start_carries_the_peak_memory_of_its_steps(accounts):
    starts = list_starts("run", 0, {"11", "12", "13"})
    assert list(starts["state"]) == ["OUT_OF_MEMORY", "PREEMPTED", "COMPLETED", "CANCELLED by 0"]
    assert list(starts["memory"].round()) == [2560, 0, 1074, 0]
    assert list(starts["gpus"]) == [1, 1, 1, 0]


def test_cost_counts_every_start_and_what_was_wasted(accounts, tmp_path):
    jobs = [make_job(tmp_path, replicate) for replicate in (1, 2, 3)]
    submissions = [submit(str(11 + number), job) for number, job in enumerate(jobs)]
    table = tabulate_cost(submissions, list_starts("run", 0, {"11", "12", "13"}))
    row = table.iloc[-1]
    assert row["", "rule"] == "all"
    assert (row["", "jobs"], row["", "starts"]) == (3, 4)
    assert row["GPUs", "asked"] == 1.5  # three starts with a GPU and a time limit of half an hour
    assert row["GPUs", "used"] == pytest.approx((60 + 120 + 3600) / 3600, abs=1e-3)
    assert row["GPUs", "wasted"] == pytest.approx(180 / 3600, abs=1e-3)
    assert row["CPUs", "used"] == pytest.approx(2 * (60 + 120 + 3600) / 3600, abs=1e-3)
    assert row["CPUs", "busy"] == pytest.approx((30.5 + 60 + 86400) / 3600, abs=1e-3)
    assert row["memory", "MB"] == 2560


def test_a_failed_job_is_described_with_its_attempts_and_the_end_of_its_log(accounts, monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "argv", ["/somewhere/snakemake", "--profile", "profiles/slurm"])
    job = make_job(tmp_path, 1, "\n".join(f"line {number}" for number in range(9)))
    text = describe([submit("11", job), submit("13", job, 2)], {job}, succeeded=False)
    lines = text.splitlines()
    assert lines[0] == "FAILED: train_classifier factor=0.001 replicate=1"
    assert lines[1].strip() == "attempt 1: Slurm job 11 on gpu1: OUT_OF_MEMORY after 1.0 of 30 min, 2560 MB"
    assert lines[2].strip() == "attempt 2: Slurm job 13 on no node: CANCELLED by 0 after 0.0 of 30 min, 0 MB"
    assert lines[3].strip() == f"its log ends, {tmp_path}/1.log:"
    assert [line.strip() for line in lines[4:9]] == [f"line {number}" for number in range(4, 9)]
    assert "To go on, when the cause is removed: snakemake --profile profiles/slurm" in text


def test_a_job_that_slurm_started_again_is_told_and_one_that_just_ran_is_not(accounts, tmp_path):
    again, once = make_job(tmp_path, 2), make_job(tmp_path, 3)
    text = describe([submit("12", again), submit("13", once)], set(), succeeded=True)
    assert text.startswith("retried, and done: train_classifier factor=0.001 replicate=2")
    assert "replicate=3" not in text
    assert "To go on" not in text


def test_of_a_failed_group_only_the_job_that_is_not_finished_has_failed(accounts, tmp_path):
    group, finished, broken = Group(), make_job(tmp_path, 1), make_job(tmp_path, 2, "error: no memory")
    (tmp_path / "1.json").touch()
    text = describe([submit("11", finished, group=group), submit("11", broken, group=group)], {group}, succeeded=False)
    assert text.startswith("FAILED: train_classifier factor=0.001 replicate=2\n")
    assert "error: no memory" in text
    assert "replicate=1" not in text


def test_jobs_of_a_group_that_slurm_started_again_are_told_together(accounts, tmp_path):
    group, jobs = Group(), [make_job(tmp_path, replicate) for replicate in (1, 2)]
    text = describe([submit("12", job, group=group) for job in jobs], set(), succeeded=True)
    first, *_ = text.splitlines()
    names = [f"train_classifier factor=0.001 replicate={replicate}" for replicate in (1, 2)]
    assert first == f"retried, and done: {', '.join(names)}"


def test_the_cost_of_a_group_is_counted_once(accounts, tmp_path):
    group, jobs = Group(), [make_job(tmp_path, replicate) for replicate in (1, 2)]
    table = tabulate_cost([submit("11", job, group=group) for job in jobs], list_starts("run", 0, {"11"}))
    row = table.iloc[-1]
    assert (row["", "jobs"], row["", "starts"]) == (2, 1)
    assert row["GPUs", "asked"] == 0.5


def test_a_job_that_was_stopped_is_told_after_an_interrupt(accounts, tmp_path):
    job = make_job(tmp_path, 1)
    text = describe([submit("13", job)], set(), succeeded=False)
    assert text.startswith("stopped: train_classifier factor=0.001 replicate=1")


def test_a_job_that_slurm_refused_is_told_with_what_slurm_said(accounts, tmp_path):
    job = make_job(tmp_path, 1)
    refused = Submission("", job, 1, 0, "sbatch failed: invalid partition\nspecified: gpuu", job)
    text = describe_run([refused], {job}, succeeded=False, starts=list_starts("run", 0, set()))
    assert "attempt 1: not submitted. sbatch failed: invalid partition specified: gpuu" in text
    assert "cost" not in text


def test_without_accounting_the_cost_is_said_to_be_unknown(monkeypatch, tmp_path):
    def refuse(*command, fields):
        raise FileNotFoundError("sacct")

    monkeypatch.setattr(report, "ask", refuse)
    text = describe([submit("11", make_job(tmp_path, 1))], set(), succeeded=True)
    assert text == "What this run cost is not known: sacct, Slurm's accounting, does not answer."


def test_without_accounting_a_failed_job_is_described_all_the_same(monkeypatch, tmp_path):
    monkeypatch.setattr(report, "ask", lambda *command, fields: [])
    monkeypatch.setattr(report, "SETTLE_SECONDS", 1)
    job = make_job(tmp_path, 1, "error: no GPU")
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
