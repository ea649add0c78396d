"""Test faults of Slurm itself, its nodes and its queue, each in its own run.

Of four trainings, two have a Slurm job each, and two share one. A fault of a job hits one of each kind.
"""

import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.slurm.studies import RUNS, TABLE, put_before, wait_until

REPLICATES = 4
ALL_COMPLETED = {replicate: ["COMPLETED"] for replicate in range(1, REPLICATES + 1)}


@pytest.fixture
def study(make_study):
    return make_study(REPLICATES)


def command(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True)


def set_nodes(state: str, nodes: str = "gpu[1-4]") -> None:
    command("scontrol", "update", f"nodename={nodes}", f"state={state}", "reason=test")


def wait_until_both_kinds_run(study) -> set[str]:
    """Wait until a training alone and one that shares its Slurm job are under way. Return their nodes."""
    study.wait_for_epoch(1, 2)
    study.wait_for_epoch(3, 2)
    return {study.wait_for_job(replicate)[1] for replicate in (1, 3)}


def expect_lost(live: dict[int, tuple[str, str, str]], nodes: set[str], state: str) -> dict[int, list[str]]:
    """Give the states of all starts if the jobs on some nodes are lost once."""
    return {
        replicate: [state, "COMPLETED"] if node in nodes else ["COMPLETED"] for replicate, (_, _, node) in live.items()
    }


def preempt(nodes: set[str]) -> None:
    """Take all nodes at once, as a lost job may start again on any that is free."""
    urgent = ["srun", "--account=study", "--partition=urgent", "--exclusive"]
    takers = [subprocess.Popen([*urgent, f"--nodelist={node}", "sleep", "3"], stderr=subprocess.PIPE) for node in nodes]
    for taker in takers:
        _, errors = taker.communicate()
        assert taker.returncode == 0, errors


def check_resumed(study) -> None:
    for replicate in (1, 3):
        assert "resumed from the checkpoint after epoch" in study.log(replicate).read_text()


def check_end(study, process, undisturbed, starts: dict[int, list[str]]) -> str:
    """Check the results after a fault that costs only time, and return Snakemake's output."""
    output = study.end(process)
    assert process.returncode == 0, output
    assert study.digests() == undisturbed(study.replicates)
    assert study.starts() == starts, output
    written = study.written()
    assert all(written[f"{RUNS}/replicate~{number}.json"] == 1 for number in starts)
    assert study.live_jobs() == {}
    return output


@pytest.mark.slow
def test_preemption_with_requeue(study, undisturbed):
    with study.held():
        process = study.start()
        nodes = wait_until_both_kinds_run(study)
        starts = expect_lost(study.live_jobs(), nodes, "PREEMPTED")
        preempt(nodes)
    output = check_end(study, process, undisturbed, starts)
    check_resumed(study)
    for node in nodes:
        assert f"on {node}: PREEMPTED" in output


@pytest.mark.slow
def test_preemption_with_cancel(make_study, undisturbed):
    study = make_study(REPLICATES, edits={"slurm_partition: gpu": "slurm_partition: scavenge"})
    with study.held():
        process = study.start()
        nodes = wait_until_both_kinds_run(study)
        live = study.live_jobs()
        preempt(nodes)
    output = check_end(study, process, undisturbed, expect_lost(live, nodes, "REQUEUED"))
    check_resumed(study)
    for replicate in (1, 3):
        job, _, node = live[replicate]
        assert f"PREEMPTED on {node}. Slurm job {job} queues again" in output


@pytest.mark.slow
def test_a_node_dies(study, undisturbed, cluster):
    try:
        with study.held():
            process = study.start()
            nodes = wait_until_both_kinds_run(study)
            starts = expect_lost(study.live_jobs(), nodes, "NODE_FAIL")
            for node in nodes:
                cluster.stop_daemon(node, signal.SIGKILL)
                set_nodes("down", node)
        output = check_end(study, process, undisturbed, starts)
    finally:
        for node in nodes:
            cluster.start_daemon(node)
    check_resumed(study)
    for node in nodes:
        assert f"on {node}: NODE_FAIL" in output


@pytest.mark.slow
def test_a_node_is_drained(study, undisturbed):
    try:
        with study.held():
            process = study.start()
            nodes = wait_until_both_kinds_run(study)
            set_nodes("drain", ",".join(nodes))
        check_end(study, process, undisturbed, ALL_COMPLETED)
    finally:
        set_nodes("resume", ",".join(nodes))


@pytest.mark.slow
def test_a_pending_job_is_cancelled(study, undisturbed):
    try:
        set_nodes("drain")
        process = study.start()
        for replicate in range(1, REPLICATES + 1):
            study.wait_for_job(replicate, "PENDING")
        jobs = [study.wait_for_job(replicate, "PENDING")[0] for replicate in (1, 3)]
        command("scancel", *jobs)
        for job in jobs:
            study.wait_for_output(f"Slurm job {job}: CANCELLED")
    finally:
        set_nodes("resume")
    again = ["CANCELLED", "COMPLETED"]
    output = check_end(study, process, undisturbed, ALL_COMPLETED | {1: again, 3: again, 4: again})
    assert "on no node: CANCELLED" in output


@contextmanager
def held_jobs(study) -> Iterator[tuple[subprocess.Popen, list[str]]]:
    """Start a study whose user holds a Slurm job of each kind, and is told. No job starts within the block."""
    set_nodes("drain")
    try:
        process = study.start()
        jobs = [study.wait_for_job(replicate, "PENDING")[0] for replicate in (1, 3)]
        command("scontrol", "hold", *jobs)
        for job in jobs:
            study.wait_for_output(f"held: scontrol release {job}")
        yield process, jobs
    finally:
        set_nodes("resume")


@pytest.mark.slow
def test_a_held_job_waits_for_its_user_who_is_told(study, undisturbed):
    with held_jobs(study) as (process, jobs):
        pass
    study.wait_for_output("2 of 6 steps", 300)
    command("scontrol", "release", *jobs)
    check_end(study, process, undisturbed, ALL_COMPLETED)


@pytest.mark.slow
def test_a_held_job_that_is_given_up_as_advised_is_not_tried_again(study, undisturbed):
    with held_jobs(study) as (process, jobs):
        for job in jobs:
            assert f"give it up: scancel {job}" in study.printed()
            command("scancel", job)
    output = study.end(process)
    assert process.returncode != 0
    assert "Trying to restart" not in output
    given_up = ["CANCELLED"]
    assert study.starts() == {1: given_up, 2: ["COMPLETED"], 3: given_up, 4: given_up}
    assert len(re.findall("^FAILED: train_classifier", output, re.MULTILINE)) == 3
    status, output = study.run()
    assert status == 0, output
    assert study.digests() == undisturbed(study.replicates)


@pytest.mark.slow
def test_the_controller_restarts(study, undisturbed, cluster):
    with study.held():
        process = study.start()
        study.wait_for_epoch(1, 2)
        cluster.stop_daemon("slurmctld")
        cluster.start_daemon("slurmctld")
    check_end(study, process, undisturbed, ALL_COMPLETED)


@pytest.mark.slow
def test_the_controller_is_away_longer_than_the_plugin_asks_for_it(study, undisturbed, cluster):
    with study.held():
        process = study.start()
        study.wait_for_epoch(1, 2)
        cluster.stop_daemon("slurmctld")
        try:
            study.wait_for_output("Slurm does not answer")
            time.sleep(60)
        finally:
            cluster.start_daemon("slurmctld")
    output = check_end(study, process, undisturbed, ALL_COMPLETED)
    assert "Slurm answers again" in output


@pytest.mark.slow
def test_the_controller_is_away_when_a_job_is_submitted(study, undisturbed, cluster):
    programs = put_before(study.folder, "sbatch", "sleep 4")
    process = study.start(path=programs)
    study.wait_for_output("rule train_classifier:")
    cluster.stop_daemon("slurmctld")
    try:
        study.wait_for_output("Slurm does not take train_classifier", 300)  # sbatch itself retries for a long time
    finally:
        cluster.start_daemon("slurmctld")
    output = check_end(study, process, undisturbed, ALL_COMPLETED)
    assert "Unable to contact slurm controller" in output
    assert "Trying to restart" not in output


@pytest.mark.slow
def test_the_controller_is_away_at_the_start(study, undisturbed, cluster):
    status, output = study.run()
    assert status == 0, output
    (study.folder / TABLE).unlink()
    cluster.stop_daemon("slurmctld")
    try:
        status, output = study.run()
    finally:
        cluster.start_daemon("slurmctld")
    assert status != 0
    assert "Slurm does not answer" in output
    process = study.start()
    check_end(study, process, undisturbed, ALL_COMPLETED)


@pytest.mark.slow
def test_the_accounting_is_down(study, undisturbed, cluster):
    cluster.stop_daemon("slurmdbd")
    try:
        process = study.start()
        output = study.end(process)
    finally:
        cluster.start_daemon("slurmdbd")
    assert process.returncode == 0, output
    assert "sacct, Slurm's accounting, does not answer" in output
    wait_until(lambda: study.starts() == ALL_COMPLETED, "the accounting has caught up")
    check_end(study, process, undisturbed, ALL_COMPLETED)


@pytest.mark.slow
@pytest.mark.parametrize("words", ["Socket timed out on send/recv operation", "Unexpected error"])
def test_sbatch_fails_once_for_every_job(study, undisturbed, words):
    refused = f'case "$*" in *"$r"*) mkdir {study.folder}/refused$r 2> /dev/null && echo "{words}" >&2 && exit 1;; esac'
    programs = put_before(study.folder, "sbatch", f"for r in 0.001_1 0.001_2 0.001_3; do {refused}; done")
    process = study.start(path=programs)
    output = check_end(study, process, undisturbed, ALL_COMPLETED)
    assert words in output
    # A refusal that can pass does not count as an attempt of the job.
    assert ("Trying to restart" in output) == (words == "Unexpected error")


@pytest.mark.slow
def test_a_limit_on_submitted_jobs(make_study, undisturbed):
    command("sacctmgr", "--immediate", "add", "account", "limited", "GrpSubmitJobs=1")
    command("sacctmgr", "--immediate", "add", "user", "root", "account=limited")
    try:
        study = make_study(REPLICATES, edits={"slurm_account: study": "slurm_account: limited"})
        process = study.start()
        output = check_end(study, process, undisturbed, ALL_COMPLETED)
    finally:
        command("sacctmgr", "--immediate", "delete", "user", "root", "account=limited")
        command("sacctmgr", "--immediate", "delete", "account", "limited")
    assert "AssocGrpSubmitJobsLimit" in output
    assert "Trying to restart" not in output


@pytest.mark.slow
def test_slurm_loses_a_job(make_study, undisturbed):
    """Neither the queue nor the accounting knows the job. This happens if the controller loses its state."""
    hang = {"at": "start", "do": "hang"}
    study = make_study(REPLICATES, [{"job": f"replicate~{number}.json", **hang} for number in (1, 3)])
    programs = study.folder / "programs"
    process = study.start(path=programs)
    jobs = [study.wait_for_job(replicate)[0] for replicate in (1, 3)]
    for number in (0, 1):
        wait_until((study.planted / f"struck.{number}").exists, "the job hangs")
    wait_until(lambda: f"{RUNS}/replicate~4.json" in study.written(), "the other member has finished")
    for name in ("squeue", "sacct"):
        put_before(study.folder, name, f"/usr/bin/{name} \"$@\" | grep -v '^\\({jobs[0]}\\|{jobs[1]}\\)[|.]'; exit 0")
    again = ["CANCELLED", "COMPLETED"]
    output = check_end(study, process, undisturbed, ALL_COMPLETED | {1: again, 3: again, 4: ["CANCELLED"]})
    for job in jobs:
        assert f"Slurm job {job}: CANCELLED (Slurm no longer knows this job)" in output
    assert len(re.findall("^retried, and done: ", output, re.MULTILINE)) == 2
