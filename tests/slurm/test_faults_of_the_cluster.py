"""Test faults of Slurm itself, its nodes and its queue, each in its own run."""

import signal
import subprocess
import time

import pytest

from tests.slurm.studies import RUNS, TABLE, put_before, wait_until

REPLICATES = 2


@pytest.fixture
def study(make_study):
    return make_study(REPLICATES)


def command(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True)


def set_nodes(state: str, nodes: str = "gpu[1-4]") -> None:
    command("scontrol", "update", f"nodename={nodes}", f"state={state}", "reason=test")


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


@pytest.mark.thorough
def test_preemption_with_requeue(study, undisturbed):
    process = study.start()
    study.wait_for_epoch(1, 2)
    _, node = study.wait_for_job(1)
    urgent = ["srun", "--account=study", "--partition=urgent", f"--nodelist={node}", "--exclusive", "sleep", "3"]
    other = study.live_jobs()[2][2]
    command(*urgent)
    lost = ["PREEMPTED", "COMPLETED"]
    output = check_end(study, process, undisturbed, {1: lost, 2: lost if other == node else ["COMPLETED"]})
    assert "resumed from the checkpoint after epoch" in study.log(1).read_text()
    assert f"on {node}: PREEMPTED" in output


@pytest.mark.slow
def test_preemption_with_cancel(make_study, undisturbed):
    study = make_study(REPLICATES, edits={"slurm_partition: gpu": "slurm_partition: scavenge"})
    process = study.start()
    study.wait_for_epoch(1, 2)
    job, node = study.wait_for_job(1)
    other = study.live_jobs()[2][2]
    command("srun", "--account=study", "--partition=urgent", f"--nodelist={node}", "--exclusive", "sleep", "3")
    lost = ["REQUEUED", "COMPLETED"]
    output = check_end(study, process, undisturbed, {1: lost, 2: lost if other == node else ["COMPLETED"]})
    assert f"PREEMPTED on {node}. Slurm job {job} queues again" in output
    assert "resumed from the checkpoint after epoch" in study.log(1).read_text()


@pytest.mark.slow
def test_a_node_dies(study, undisturbed, cluster):
    process = study.start()
    study.wait_for_epoch(1, 2)
    _, node = study.wait_for_job(1)
    other = study.live_jobs()[2][2]
    try:
        cluster.stop_daemon(node, signal.SIGKILL)
        set_nodes("down", node)
        lost = ["NODE_FAIL", "COMPLETED"]
        output = check_end(study, process, undisturbed, {1: lost, 2: lost if other == node else ["COMPLETED"]})
    finally:
        cluster.start_daemon(node)
    assert f"on {node}: NODE_FAIL" in output
    assert "resumed from the checkpoint after epoch" in study.log(1).read_text()


@pytest.mark.slow
def test_a_node_is_drained(study, undisturbed):
    process = study.start()
    study.wait_for_epoch(1, 1)
    _, node = study.wait_for_job(1)
    try:
        set_nodes("drain", node)
        check_end(study, process, undisturbed, {1: ["COMPLETED"], 2: ["COMPLETED"]})
    finally:
        set_nodes("resume", node)


@pytest.mark.slow
def test_a_pending_job_is_cancelled(study, undisturbed):
    try:
        set_nodes("drain")
        process = study.start()
        job, _ = study.wait_for_job(1, "PENDING")
        study.wait_for_job(2, "PENDING")
        command("scancel", job)
        study.wait_for_output(f"Slurm job {job}: CANCELLED")
    finally:
        set_nodes("resume")
    output = check_end(study, process, undisturbed, {1: ["CANCELLED", "COMPLETED"], 2: ["COMPLETED"]})
    assert "on no node: CANCELLED" in output


@pytest.mark.slow
def test_a_held_job_waits_for_its_user_who_is_told(study, undisturbed):
    try:
        set_nodes("drain")
        process = study.start()
        job, _ = study.wait_for_job(1, "PENDING")
        command("scontrol", "hold", job)
        study.wait_for_output(f"held: scontrol release {job}")
    finally:
        set_nodes("resume")
    study.wait_for_output("1 of 4 steps", 300)
    command("scontrol", "release", job)
    check_end(study, process, undisturbed, {1: ["COMPLETED"], 2: ["COMPLETED"]})


@pytest.mark.slow
def test_the_controller_restarts(study, undisturbed, cluster):
    process = study.start()
    study.wait_for_epoch(1, 2)
    cluster.stop_daemon("slurmctld")
    cluster.start_daemon("slurmctld")
    check_end(study, process, undisturbed, {1: ["COMPLETED"], 2: ["COMPLETED"]})


@pytest.mark.slow
def test_the_controller_is_away_longer_than_the_plugin_asks_for_it(study, undisturbed, cluster):
    process = study.start()
    study.wait_for_epoch(1, 2)
    cluster.stop_daemon("slurmctld")
    try:
        study.wait_for_output("Slurm does not answer")
        time.sleep(60)
    finally:
        cluster.start_daemon("slurmctld")
    output = check_end(study, process, undisturbed, {1: ["COMPLETED"], 2: ["COMPLETED"]})
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
    output = check_end(study, process, undisturbed, {1: ["COMPLETED"], 2: ["COMPLETED"]})
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
    check_end(study, process, undisturbed, {1: ["COMPLETED"], 2: ["COMPLETED"]})


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
    wait_until(lambda: study.starts() == {1: ["COMPLETED"], 2: ["COMPLETED"]}, "the accounting has caught up")
    check_end(study, process, undisturbed, {1: ["COMPLETED"], 2: ["COMPLETED"]})


@pytest.mark.slow
@pytest.mark.parametrize("words", ["Socket timed out on send/recv operation", "Unexpected error"])
def test_sbatch_fails_once(study, undisturbed, words):
    first = study.folder / "first"
    programs = put_before(study.folder, "sbatch", f'if mkdir {first} 2> /dev/null; then echo "{words}" >&2; exit 1; fi')
    process = study.start(path=programs)
    output = check_end(study, process, undisturbed, {1: ["COMPLETED"], 2: ["COMPLETED"]})
    assert words in output
    # A refusal that can pass does not count as an attempt of the job.
    assert ("Trying to restart" in output) == (words == "Unexpected error")


@pytest.mark.thorough
def test_a_limit_on_submitted_jobs(make_study, undisturbed):
    command("sacctmgr", "--immediate", "add", "account", "limited", "GrpSubmitJobs=1")
    command("sacctmgr", "--immediate", "add", "user", "root", "account=limited")
    try:
        study = make_study(REPLICATES, edits={"slurm_account: study": "slurm_account: limited"})
        process = study.start()
        output = check_end(study, process, undisturbed, {1: ["COMPLETED"], 2: ["COMPLETED"]})
    finally:
        command("sacctmgr", "--immediate", "delete", "user", "root", "account=limited")
        command("sacctmgr", "--immediate", "delete", "account", "limited")
    assert "AssocGrpSubmitJobsLimit" in output
    assert "Trying to restart" not in output


@pytest.mark.slow
def test_slurm_loses_a_job(make_study, undisturbed):
    """Neither the queue nor the accounting knows the job. This happens if the controller loses its state."""
    study = make_study(REPLICATES, [{"job": "replicate~1.json", "at": "start", "do": "hang"}])
    programs = study.folder / "programs"
    process = study.start(path=programs)
    job, _ = study.wait_for_job(1)
    wait_until((study.planted / "struck.0").exists, "the job hangs")
    for name in ("squeue", "sacct"):
        put_before(study.folder, name, f"/usr/bin/{name} \"$@\" | grep -v '^{job}[|.]'; exit 0")
    output = check_end(study, process, undisturbed, {1: ["CANCELLED", "COMPLETED"], 2: ["COMPLETED"]})
    assert f"Slurm job {job}: CANCELLED (Slurm no longer knows this job)" in output
    assert "retried, and done" in output
