"""Test the check of Slurm before a run starts."""

import subprocess
from pathlib import Path

import pytest

from mnist_study.errors import StudyError
from mnist_study.run import hooks, slurm, submissions
from mnist_study.run.slurm import check_no_job_left
from snakemake_executor_plugin_slurm_patient import executor, records

RESULTS = Path("results")
EARLIER = {"slurm_name": "first"}


@pytest.fixture
def queue(monkeypatch):
    """The rows of squeue's answer, or None for no answer."""
    answers = {"rows": []}

    def ask(name, *options, fields):
        if answers["rows"] is None:
            raise subprocess.TimeoutExpired("squeue", 60)
        return answers["rows"]

    monkeypatch.setattr(slurm, "ask_squeue", ask)
    return answers


def test_live_jobs_of_a_killed_run_are_named(queue):
    queue["rows"] = [["12", "RUNNING", "gpu1", "rule_train_classifier_wildcards_cnn_none_1"]]
    with pytest.raises(StudyError, match=r"12 RUNNING gpu1 rule_train_classifier.*\n.*scancel --name=first"):
        check_no_job_left(RESULTS, EARLIER)


def test_when_they_are_gone_nothing_is_said(queue):
    check_no_job_left(RESULTS, EARLIER)


def test_nothing_starts_while_nobody_knows_whether_jobs_are_live(queue):
    queue["rows"] = None
    with pytest.raises(StudyError, match="try again when squeue works"):
        check_no_job_left(RESULTS, EARLIER)


@pytest.mark.parametrize("earlier", [{}, {"slurm_name": None}])
def test_slurm_is_not_asked_after_a_run_on_this_machine(queue, earlier):
    queue["rows"] = None
    check_no_job_left(RESULTS, earlier)


def test_the_study_and_the_executor_mean_the_same_variables():
    assert hooks.RUN_VARIABLE == executor.RUN_VARIABLE
    assert submissions.VARIABLE == records.VARIABLE
