"""What is looked at before a run starts."""

import fcntl
import os
import subprocess

import pytest

from workflow.lib.errors import StudyError
from workflow.slurm import checks
from workflow.slurm.checks import claim_results, find_claim


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".snakemake").mkdir()
    return tmp_path


@pytest.fixture
def queue(monkeypatch):
    """The rows that squeue answers with; None for no answer."""
    answers = {"rows": []}

    def ask(*command, fields):
        if answers["rows"] is None:
            raise subprocess.TimeoutExpired(command, 60)
        return answers["rows"]

    monkeypatch.setattr(checks, "ask", ask)
    return answers


def test_a_claim_ends_with_its_file(folder):
    claim_results(folder / "results", None, None).close()
    claim_results(folder / "results", None, None).close()


def test_a_second_claim_is_refused_and_names_the_first(folder):
    with claim_results(folder / "results", None, None), pytest.raises(StudyError, match=f"process {os.getpid()} of "):
        claim_results(folder / "results", None, None)


def test_two_studies_side_by_side_are_claimed_each(folder):
    with claim_results(folder / "results/a", None, None), claim_results(folder / "results/b", None, None):
        pass


def test_a_claim_is_found_with_its_log_for_as_long_as_it_is_held_and_then_as_the_last_one(folder):
    assert find_claim(folder / "results") == ({}, False)
    with claim_results(folder / "results", "the-run", "the.log"):
        found, alive = find_claim(folder / "results")
        assert (found["slurm_name"], found["log"], found["process"], alive) == ("the-run", "the.log", os.getpid(), True)
    assert find_claim(folder / "results") == (found, False)


def test_a_claim_is_not_refused_because_somebody_looks(folder, monkeypatch):
    claim_results(folder / "results", None, None).close()
    [path] = (folder / ".snakemake").iterdir()
    look = path.open()
    fcntl.flock(look, fcntl.LOCK_SH)
    monkeypatch.setattr(checks.time, "sleep", lambda seconds: look.close())
    claim_results(folder / "results", None, None).close()


def test_live_jobs_of_a_killed_run_are_named_and_claimed_only_when_they_are_gone(folder, queue):
    claim_results(folder / "results", "first", None).close()
    queue["rows"] = [["12", "RUNNING", "gpu1", "rule_train_classifier_wildcards_cnn_none_1"]]
    for _ in range(2):  # a refused run leaves the earlier one's name in place
        with pytest.raises(StudyError, match=r"12 RUNNING gpu1 rule_train_classifier.*\n.*scancel --name=first"):
            claim_results(folder / "results", "second", None)
    queue["rows"] = []
    claim_results(folder / "results", "third", None).close()


def test_a_run_on_this_machine_is_refused_as_well_while_jobs_are_live(folder, queue):
    claim_results(folder / "results", "first", None).close()
    queue["rows"] = [["12", "PENDING", "", "rule_train_classifier"]]
    with pytest.raises(StudyError, match="12 PENDING"):
        claim_results(folder / "results", None, None)


def test_nothing_starts_while_nobody_knows_whether_jobs_are_live(folder, queue):
    claim_results(folder / "results", "first", None).close()
    queue["rows"] = None
    with pytest.raises(StudyError, match="try again when squeue works"):
        claim_results(folder / "results", "second", None)


def test_a_file_system_without_locks_is_a_warning(folder, monkeypatch, capsys):
    def refuse(*arguments):
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(fcntl, "flock", refuse)
    claim_results(folder / "results", None, None).close()
    assert "no file locks here (Function not implemented)" in capsys.readouterr().err


def test_a_damaged_file_of_an_earlier_run_is_no_obstacle(folder):
    claim_results(folder / "results", "first", None).close()
    [file] = (folder / ".snakemake").iterdir()
    file.write_text('{"slurm_na')
    claim_results(folder / "results", None, None).close()
