"""Test jobs that share one Slurm job: the results of a finished one are kept, even if the others fail."""

import re
import subprocess

import pytest

from tests.slurm.studies import RUNS, ask, wait_until

REPLICATES = (1, 2, 3)
# The shipped profile groups noise levels. Here trainings are grouped, as faults can hit them while they run.
GROUPED = {
    "train_classifier: &gpu\n": "train_classifier: &gpu\n    in_turn: 1\n",
    "evaluate_noise_level: noise_levels": "train_classifier: trainings",
    "noise_levels: 11": "trainings: 3",
}


@pytest.fixture
def make_grouped(make_study):
    return lambda *faults: make_study(len(REPLICATES), faults, GROUPED)


def list_slurm_jobs(output):
    return sorted(set(re.findall(r"SLURM jobid (\d+) \(log", output)), key=int)


def list_written(study):
    """Count how often each of the results was written."""
    return [study.written()[f"{RUNS}/replicate~{replicate}.json"] for replicate in REPLICATES]


@pytest.mark.slow
def test_a_job_that_fails_is_tried_again_without_the_others(make_grouped, undisturbed):
    study = make_grouped({"job": "replicate~2.json", "at": "start", "do": "exit"})
    status, output = study.run()
    assert status == 0, output
    assert study.digests() == undisturbed(len(REPLICATES))
    assert list_written(study) == [1, 1, 1]
    assert len(list_slurm_jobs(output)) == 2
    assert re.findall(r"^retried, and done: (.*)$", output, re.MULTILINE) == [
        "train_classifier classifier=regularized factor=0.001 replicate=2"
    ]


@pytest.mark.slow
def test_a_job_that_always_fails_is_named_alone_and_the_others_stay(make_grouped, undisturbed):
    study = make_grouped({"job": "replicate~2.json", "at": "start", "do": "exit", "always": True})
    status, output = study.run()
    assert status == 1
    assert re.findall(r"^FAILED: (.*)$", output, re.MULTILINE) == [
        "train_classifier classifier=regularized factor=0.001 replicate=2"
    ]
    assert "error: planted" in output[output.index("FAILED: ") :]
    (study.planted / "plan.json").write_text("[]")
    status, output = study.run()
    assert status == 0, output
    assert study.digests() == undisturbed(len(REPLICATES))
    assert list_written(study) == [1, 1, 1]


@pytest.mark.slow
def test_what_is_finished_stays_when_slurm_starts_the_job_again(make_grouped, undisturbed):
    study = make_grouped()
    process = study.start()
    wait_until(lambda: (study.planted / "written.txt").exists() and sum(list_written(study)) == 1, "a result")
    running = wait_until(
        lambda: [
            replicate
            for replicate in REPLICATES
            if study.log(replicate).exists()
            and "epoch 2/8" in (text := study.log(replicate).read_text())
            and "epoch 8/8" not in text
        ],
        "a second training",
    )
    [job] = list_slurm_jobs(study.printed())
    subprocess.run(["scontrol", "requeue", job], check=True)
    output = study.end(process)
    assert process.returncode == 0, output
    assert study.digests() == undisturbed(len(REPLICATES))
    assert list_written(study) == [1, 1, 1]
    assert "resumed from the checkpoint after epoch " in study.log(running[0]).read_text()
    assert len(ask("sacct", "-X", "--duplicates", "--noheader", "--parsable2", "-oState", f"-j{job}")) == 2
