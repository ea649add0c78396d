"""Test which run may write into a results folder, and that nothing else does."""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys

import pytest

from mnist_study.errors import StudyError
from mnist_study.run import claims
from mnist_study.run.claims import claim_results, find_claim, locate_claim
from mnist_study.run.lifelines import VARIABLE
from mnist_study.trust.reasons import SOURCES

# A job as a run starts it. It writes a file, and goes on writing as long as it lives.
JOB = """
import sys, time
from mnist_study.run.jobs import run_script
def main():
    print("begun", flush=True)
    time.sleep(60)
run_script(main)
"""


@pytest.fixture
def results(tmp_path, monkeypatch):
    monkeypatch.setattr(claims, "LOOKS", 2)
    return tmp_path / "results"


def claim(results, slurm_name=None, events=None, check=lambda *_: None):
    return claim_results(results, slurm_name, events, check)


@pytest.fixture
def start_job(results):
    """Give a function that starts a job of a run which claims the results in the test's name."""
    processes = []

    def start():
        environment = os.environ | {VARIABLE: str(locate_claim(results))}
        process = subprocess.Popen(
            [sys.executable, "-c", JOB],
            cwd=SOURCES,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        assert process.stdout.readline() == "begun\n"
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def test_a_claim_ends_with_its_file(results):
    claim(results).close()
    claim(results).close()


def test_a_second_claim_is_refused_and_names_the_first(results):
    with claim(results), pytest.raises(StudyError, match=f"process {os.getpid()} of "):
        claim(results)


@pytest.mark.parametrize("name", ["link", "results/../results", "./results"])
def test_a_claim_is_refused_under_every_name_of_the_folder(results, name, monkeypatch):
    monkeypatch.chdir(results.parent)
    results.mkdir()
    (results.parent / "link").symlink_to(results)
    with claim(results), pytest.raises(StudyError, match="another Snakemake"):
        claim(results.parent / name)


def test_two_studies_side_by_side_are_claimed_each(results):
    with claim(results / "a"), claim(results / "b"):
        pass


@pytest.mark.parametrize("name", ["a" * 240, "研究" * 40, "/".join(["long" * 20] * 12)])
def test_a_folder_with_a_long_name_is_claimed_and_found(results, name):
    with claim(results / name):
        assert find_claim(results / name)[1]


def test_a_claim_is_found_with_its_events_for_as_long_as_it_is_held_and_then_as_the_last_one(results):
    assert find_claim(results) == ({}, False)
    with claim(results, "the-run", "the.jsonl"):
        found, alive = find_claim(results)
        told = (found["slurm_name"], found["events"], found["process"], alive)
        assert told == ("the-run", "the.jsonl", os.getpid(), True)
    assert find_claim(results) == (found, False)


def test_a_claim_is_not_refused_because_somebody_looks(results, monkeypatch):
    claim(results).close()
    look = locate_claim(results).open()
    fcntl.flock(look, fcntl.LOCK_SH)
    monkeypatch.setattr(claims.time, "sleep", lambda seconds: look.close())
    claim(results).close()


def test_what_is_checked_is_the_run_before_and_a_refusal_leaves_it_in_place(results):
    def refuse(folder, earlier):
        raise StudyError(f"{earlier['slurm_name']} has jobs in {folder}")

    claim(results, "first", check=refuse).close()
    for _ in range(2):
        with pytest.raises(StudyError, match=f"first has jobs in {results}"):
            claim(results, "second", check=refuse)


def test_a_copy_of_a_folder_has_no_run_before(results):
    claim(results, "first").close()
    shutil.copytree(results, results.with_name("copy"))

    def refuse(folder, earlier):
        raise AssertionError(earlier)

    claim(results.with_name("copy"), "second", check=refuse).close()


def test_a_file_system_without_locks_is_a_warning(results, monkeypatch, caplog):
    def refuse(*arguments):
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(fcntl, "flock", refuse)
    claim(results).close()
    assert "no file locks here (Function not implemented)" in caplog.text


def test_an_error_of_ours_is_not_taken_for_a_damaged_file_of_an_earlier_run(results, monkeypatch):
    def fail(text):
        raise TypeError("planted")

    claim(results, "first").close()
    monkeypatch.setattr(claims, "parse_json", fail)
    with pytest.raises(TypeError, match="planted"):
        find_claim(results)


@pytest.mark.parametrize(
    "damage", ["", '{"slurm_na', "garbage", "[]", "null", "3", "{}", pytest.param("[" * 100_000, id="deep")]
)
def test_a_damaged_file_of_an_earlier_run_is_no_obstacle(results, damage):
    claim(results, "first").close()
    locate_claim(results).write_text(damage)
    assert find_claim(results) == ({}, False)
    claim(results).close()


def test_a_job_lives_as_long_as_its_run_and_then_says_why_it_ends(results, start_job):
    with claim(results):
        job = start_job()
        with pytest.raises(subprocess.TimeoutExpired):
            job.wait(1)
    assert job.wait(5) == 1
    assert job.stderr.read() == "Snakemake has ended, and so does this job. The next run goes on where it was.\n"
    claim(results).close()


def test_a_job_that_no_longer_answers_is_named_and_nothing_starts_beside_it(results, start_job):
    with claim(results):
        jobs = [start_job(), start_job()]
        jobs[0].send_signal(signal.SIGSTOP)
        os.waitpid(jobs[0].pid, os.WUNTRACED)  # returns when it has stopped
    with pytest.raises(StudyError, match=rf"still write into .*results, on .*: kill -9 {jobs[0].pid}$"):
        claim(results)
    jobs[0].kill()
    jobs[0].wait()
    claim(results).close()


def test_a_job_that_hangs_on_another_machine_is_said_to_be_there(results, start_job, monkeypatch):
    with claim(results):
        job = start_job()
        job.send_signal(signal.SIGSTOP)
        os.waitpid(job.pid, os.WUNTRACED)
    monkeypatch.setattr(claims, "list_holders", lambda file: [])
    with pytest.raises(StudyError, match=r"on \S+\. Wait until they end, or stop them there$"):
        claim(results)


def test_a_job_that_no_run_started_is_tied_to_none(tmp_path):
    environment = {name: value for name, value in os.environ.items() if name != VARIABLE}
    command = [sys.executable, "-c", JOB.replace("60", "1")]
    assert subprocess.run(command, cwd=SOURCES, env=environment, capture_output=True).returncode == 0


def test_what_a_claim_says_is_one_json(results):
    claim(results, events="a.jsonl").close()
    claim(results, events="b.jsonl").close()
    assert json.loads(locate_claim(results).read_text())["events"] == "b.jsonl"
