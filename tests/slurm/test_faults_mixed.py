"""Test a whole study, with all rules, under a random sequence of faults: one every few seconds, drawn from a seed."""

import os
import random
import re
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.slurm.studies import EDITS, PROFILE, ask, edit_profile, list_results

FAULTS = 10
# Trainings share a Slurm job, two side by side and the third when one of them ends.
SHARE = {"train_classifier: &gpu\n": "train_classifier: &gpu\n    bundle: 3\n    abreast: 2\n"}


def list_running(project) -> list[tuple[str, str]]:
    """List the number and node of the study's running jobs."""
    rows = ask("squeue", "--noheader", "--states=RUNNING", "--format=%i|%N|%Z")
    return [(job, node) for job, node, folder in rows if folder == str(project)]


def cancel_a_job(project, cluster, choose):
    if jobs := list_running(project):
        subprocess.run(["scancel", choose(jobs)[0]])


def requeue_a_job(project, cluster, choose):
    if jobs := list_running(project):
        subprocess.run(["scontrol", "requeue", choose(jobs)[0]])


def preempt_a_node(project, cluster, choose):
    node = choose(cluster.NODES)
    subprocess.run(["srun", "-A", "study", "-p", "urgent", f"--nodelist={node}", "--exclusive", "sleep", "1"])


def kill_a_node(project, cluster, choose):
    node = choose(cluster.NODES)
    cluster.stop_daemon(node, signal.SIGKILL)
    subprocess.run(["scontrol", "update", f"nodename={node}", "state=down", "reason=test"])
    cluster.start_daemon(node)


def drain_a_node(project, cluster, choose):
    node = choose(cluster.NODES)
    subprocess.run(["scontrol", "update", f"nodename={node}", "state=drain", "reason=test"])
    time.sleep(5)
    subprocess.run(["scontrol", "update", f"nodename={node}", "state=resume"])


def restart_the_controller(project, cluster, choose):
    cluster.stop_daemon("slurmctld")
    time.sleep(8)
    cluster.start_daemon("slurmctld")


def restart_the_accounting(project, cluster, choose):
    cluster.stop_daemon("slurmdbd")
    time.sleep(8)
    cluster.start_daemon("slurmdbd")


def kill_a_script(project, cluster, choose):
    scripts = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            command, folder = (process / "cmdline").read_text(), (process / "cwd").readlink()
            if "/workflow\0" in command and "\0--submitted\0" in command and folder == project:
                scripts.append(int(process.name))
    if scripts:
        with suppress(ProcessLookupError):
            os.kill(choose(scripts), signal.SIGKILL)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [20261122])
def test_a_study_in_a_night_of_faults_ends_with_the_same_bytes(
    tmp_path, copy_project, start_python, cluster, finished_study, seed
):
    project = copy_project(tmp_path / f"night{seed}")
    (project / "config.yaml").write_text((finished_study / "config.yaml").read_text())
    edit_profile(project / PROFILE, EDITS | SHARE | {"retries: 2": "retries: 5"})
    faults = [
        *[cancel_a_job, requeue_a_job, preempt_a_node, kill_a_node],
        *[drain_a_node, restart_the_controller, restart_the_accounting, kill_a_script],
    ]
    chance = random.Random(seed)
    pace = ["--slurm-patient-init-seconds-before-status-checks", "3"]
    run = start_python(project, "snakemake", "--profile", "profiles/slurm", *pace)
    struck = []
    for fault in [*chance.sample(faults, len(faults)), *chance.choices(faults, k=FAULTS - len(faults))]:
        time.sleep(chance.uniform(5, 12))
        if run.poll() is not None:
            break
        struck.append(fault.__name__)
        fault(project, cluster, chance.choice)
    output, _ = run.communicate(timeout=1200)
    assert run.returncode == 0, output
    assert len(struck) == FAULTS, struck
    assert list_results(project / "results") == list_results(finished_study / "results")
    assert list_running(project) == []
    assert re.search("^What this run cost", output, re.MULTILINE)
