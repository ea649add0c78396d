"""Test faults of jobs that have a Slurm job each, all in one run. Each fault hits another replicate.

test_bundles.py has the same faults where jobs share a Slurm job.
"""

import subprocess

import pytest

from tests.slurm.cluster import find_memory_controller
from tests.slurm.studies import RUNS

OVER_MEMORY = "runs over its memory"
# The replicate that each fault hits, and how the starts of its Slurm jobs end.
FAULTS = {
    "none": (1, ["COMPLETED"]),
    "exits with 1, once": (2, ["FAILED", "COMPLETED"]),
    "is killed while its metrics are written": (3, ["FAILED", "COMPLETED"]),
    "is killed while a checkpoint is written": (4, ["FAILED", "COMPLETED"]),
    "runs over its time": (5, ["TIMEOUT", "COMPLETED"]),
    OVER_MEMORY: (6, ["OUT_OF_MEMORY", "COMPLETED"]),
    "is cancelled by scancel": (7, ["CANCELLED", "COMPLETED"]),
    "is requeued by scontrol": (8, ["REQUEUED", "COMPLETED"]),
}
PLANTED = [
    {"job": "replicate~2.json", "at": "start", "do": "exit"},
    {"job": "replicate~3.json", "at": "replicate~3.json", "do": "kill"},
    {"job": "replicate~4.json", "at": "replicate~4.checkpoint.npz", "do": "kill", "after": 2},
    {"job": "replicate~5.json", "at": "start", "do": "hang"},
    {"job": "replicate~6.json", "at": "start", "do": "eat memory"},
]
# In the first attempt, replicate 5 has less time, and all replicates have less memory.
SECOND_ATTEMPT_HAS_MORE = {
    "runtime: attempt * 60": "runtime: 1 if wildcards.replicate == '5' and attempt == 1 else 20",
    "mem_mb: attempt * 3000": "mem_mb: attempt * 2000",
}


@pytest.fixture(scope="module")
def run(make_study):
    """The study after the run, and Snakemake's output."""
    planted = [fault for fault in PLANTED if fault["do"] != "eat memory" or find_memory_controller()]
    study = make_study(len(FAULTS), planted, SECOND_ATTEMPT_HAS_MORE, share={})
    with study.held():
        process = study.start()
        for replicate, command in {7: ["scancel"], 8: ["scontrol", "requeue"]}.items():
            study.wait_for_epoch(replicate, 2)
            job, _ = study.wait_for_job(replicate)
            subprocess.run([*command, job], check=True)
            study.wait_until_stopped(job)
    output = study.end(process)
    assert process.returncode == 0, output
    return study, output


def test_all_results_are_those_of_an_undisturbed_run(run, undisturbed):
    study, _ = run
    assert study.digests() == undisturbed(len(FAULTS))


@pytest.fixture
def fault(request):
    """A fault that is possible on this machine."""
    if request.param == OVER_MEMORY and not find_memory_controller():
        pytest.skip("no memory controller: no job is ended for its memory")
    return request.param


@pytest.mark.parametrize("fault", FAULTS, indirect=True)
def test_a_fault_costs_one_start_of_its_job_and_no_other_job_runs_again(run, fault):
    study, _ = run
    replicate, states = FAULTS[fault]
    assert study.starts()[replicate] == states


@pytest.mark.parametrize("fault", FAULTS)
def test_each_result_is_written_once(run, fault):
    study, _ = run
    replicate, _ = FAULTS[fault]
    assert study.written()[f"{RUNS}/replicate~{replicate}.json"] == 1


@pytest.mark.parametrize("fault", list(FAULTS)[1:], indirect=True)
def test_the_retry_and_its_reason_are_told(run, fault):
    _, output = run
    replicate, states = FAULTS[fault]
    name = f"train_classifier classifier=regularized setting=l2~0.001 replicate={replicate}"
    block = output.partition(f"done: {name}\n")[2]
    assert f": {states[0]}" in block.splitlines()[0]


@pytest.mark.parametrize("fault", ["is killed while a checkpoint is written", "is requeued by scontrol"])
def test_the_training_resumes_from_its_last_epoch(run, fault):
    study, _ = run
    replicate, _ = FAULTS[fault]
    assert "resumed from the checkpoint after epoch " in study.log(replicate).read_text()


def test_no_job_is_left_behind(run):
    study, _ = run
    assert study.live_jobs() == {}
