"""Test jobs that share a Slurm job, one after another or side by side: what hits one of them, and what hits all."""

import re
import signal
import subprocess

import pytest

from tests.slurm.cluster import find_memory_controller
from tests.slurm.studies import RUNS, Study, ask, wait_until

TRAININGS = "train_classifier: &gpu\n"
# Three trainings, one after another.
IN_TURN = {TRAININGS: f"{TRAININGS}    bundle: 3\n"}
# The replicate that each fault hits, side by side with other trainings: 1 to 4, 5 and 6, 7 and 8. The first attempts of
# 5 and 6 have little time, and those of 7 and 8 little memory.
LOTS = {
    TRAININGS: f"{TRAININGS}    bundle: 4\n    abreast: 4\n    lot: (int(wildcards.replicate) + 3) // 2 // 2 + "
    "(int(wildcards.replicate) > 6)\n",
    "runtime: attempt * 60": "runtime: 2 if wildcards.replicate in '56' and attempt == 1 else 20",
    "mem_mb: attempt * 3000": "mem_mb: attempt * 2000",
}
FAULTS = {
    "exits with 1, once": (2, "FAILED"),
    "is killed while its metrics are written": (3, "FAILED"),
    "is killed while a checkpoint is written": (4, "FAILED"),
    "runs over its time": (5, "TIMEOUT"),
    "runs over its memory": (7, "OUT_OF_MEMORY"),
}
PLANTED = [
    {"job": "replicate~2.json", "at": "start", "do": "exit"},
    {"job": "replicate~3.json", "at": "replicate~3.json", "do": "kill"},
    {"job": "replicate~4.json", "at": "replicate~4.checkpoint.npz", "do": "kill", "after": 2},
    {"job": "replicate~5.json", "at": "start", "do": "hang"},
    {"job": "replicate~7.json", "at": "start", "do": "eat memory", "times 10 MB": 600},
]


def list_sizes(study: Study) -> list[int]:
    """List the numbers of members of all Slurm jobs, in the order of submission."""
    return [len(replicates) for _, replicates in sorted(study.members().items(), key=lambda item: int(item[0]))]


def list_written(study: Study) -> list[int]:
    """Count how often each of the results was written."""
    written = study.written()
    return [written[f"{RUNS}/replicate~{replicate}.json"] for replicate in range(1, study.replicates + 1)]


def find_block(output: str, verdict: str, replicate: int) -> str:
    """Find what the report at the end says of a replicate; empty if it has no such verdict."""
    found = re.search(
        rf"^{verdict}: train_classifier classifier=regularized setting=l2~0.001 replicate={replicate}\n((?:    .*\n)*)",
        output,
        re.MULTILINE,
    )
    return found[1] if found else ""


@pytest.fixture(scope="module")
def run(make_study):
    """A study whose trainings share Slurm jobs, side by side, and whose faults hit one member each."""
    planted = [fault for fault in PLANTED if fault["do"] != "eat memory" or find_memory_controller()]
    study = make_study(8, planted, LOTS, share={})
    status, output = study.run()
    assert status == 0, output
    return study, output


@pytest.mark.thorough
def test_the_results_are_those_of_an_undisturbed_run_and_each_was_written_once(run, undisturbed):
    study, _ = run
    assert sorted(list_sizes(study)[:3]) == [2, 2, 4]
    assert study.digests() == undisturbed(8)
    assert list_written(study) == [1] * 8
    assert study.live_jobs() == {}


@pytest.mark.thorough
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_costs_an_attempt_of_its_job_alone(run, fault):
    _, output = run
    replicate, state = FAULTS[fault]
    if state == "OUT_OF_MEMORY" and not find_memory_controller():
        pytest.skip("no memory controller: no job is ended for its memory")
    first, second = find_block(output, "retried, and done", replicate).splitlines()
    assert re.search(rf"attempt 1: Slurm job \d+ \(with [13] more\) on gpu\d: {state} after ", first)
    # Two that end at about the same time are tried again together.
    assert re.search(r"attempt 2: Slurm job \d+ (\(with 1 more\) )?on gpu\d: COMPLETED after ", second)


@pytest.mark.thorough
@pytest.mark.parametrize("bystander", [1, 6, 8])
def test_the_others_in_its_slurm_job_are_not_hit(run, bystander):
    study, output = run
    assert len(study.starts()[bystander]) == 1
    assert not find_block(output, "retried, and done", bystander)


@pytest.mark.thorough
def test_members_side_by_side_see_the_one_gpu_of_their_slurm_job(run):
    study, _ = run
    starts = [line.split() for line in (study.planted / "jobs.txt").read_text().splitlines()]
    seen = {(slurm_job, gpu) for slurm_job, _, gpu in (start for start in starts if len(start) == 3)}
    assert sorted(slurm_job for slurm_job, _ in seen) == sorted(study.members())


@pytest.mark.thorough
def test_a_killed_member_resumes_from_its_last_epoch(run):
    study, _ = run
    assert "resumed from the checkpoint after epoch 2" in study.log(4).read_text()


@pytest.mark.slow
def test_a_member_that_always_fails_is_named_alone_and_the_others_stay(make_study, undisturbed):
    fault = {"job": "replicate~2.json", "at": "start", "do": "exit", "always": True}
    study = make_study(3, [fault], IN_TURN, share={})
    status, output = study.run()
    assert status == 1
    assert re.findall(r"^FAILED: (.*)$", output, re.MULTILINE) == [
        "train_classifier classifier=regularized setting=l2~0.001 replicate=2"
    ]
    assert "error: planted" in output[output.index("FAILED: ") :]
    assert list_sizes(study) == [3, 1, 1]
    (study.planted / "plan.json").write_text("[]")
    status, output = study.run()
    assert status == 0, output
    assert study.digests() == undisturbed(3)
    assert list_written(study) == [1, 1, 1]


def strike_at_the_second(study: Study, *command: str) -> list[int]:
    """Strike the Slurm job of three trainings while the second of them runs. Return the replicates in their order."""
    wait_until(lambda: (study.planted / "written.txt").exists() and sum(list_written(study)) == 1, "a result")
    with study.held():
        [first] = [number for number, written in enumerate(list_written(study), start=1) if written]
        others = {1, 2, 3} - {first}
        wait_until(lambda: [number for number in others if study.log(number).exists()], "a second training")
        [second] = [number for number in others if study.log(number).exists()]
        study.wait_for_epoch(second, 2)
        subprocess.run([*command, *study.members()], check=True)
        study.wait_until_stopped(*study.members())
    return [first, second, *(others - {second})]


@pytest.mark.slow
def test_what_is_finished_stays_when_slurm_starts_the_job_again(make_study, undisturbed):
    study = make_study(3, edits=IN_TURN, share={})
    process = study.start()
    first, second, _ = strike_at_the_second(study, "scontrol", "requeue")
    output = study.end(process)
    assert process.returncode == 0, output
    assert study.digests() == undisturbed(3)
    assert list_written(study) == [1, 1, 1]
    [job] = study.members()
    assert "resumed from the checkpoint after epoch " in study.log(second).read_text()
    assert len(ask("sacct", "-X", "--duplicates", "--noheader", "--parsable2", "-oState", f"-j{job}")) == 2
    assert "Trying to restart" not in output
    assert not find_block(output, "retried, and done", first)
    assert ": REQUEUED after " in find_block(output, "retried, and done", second)


@pytest.mark.slow
def test_a_cancelled_slurm_job_costs_an_attempt_only_of_the_member_that_ran(make_study, undisturbed):
    study = make_study(3, edits=IN_TURN, share={})
    process = study.start()
    first, second, third = strike_at_the_second(study, "scancel")
    output = study.end(process)
    assert process.returncode == 0, output
    assert study.digests() == undisturbed(3)
    assert list_written(study) == [1, 1, 1]
    assert output.count("Trying to restart") == 1
    assert not find_block(output, "retried, and done", first)
    assert "attempt 2: " in find_block(output, "retried, and done", second)
    assert "not started, CANCELLED" in find_block(output, "retried, and done", third)
    assert "attempt 2: " not in find_block(output, "retried, and done", third)


@pytest.mark.slow
def test_a_limit_of_jobs_counts_members_and_bundles_are_filled_all_the_same(make_study, undisturbed):
    study = make_study(7, edits={TRAININGS: f"{TRAININGS}    bundle: 2\n", "jobs: 100": "jobs: 3"}, share={})
    status, output = study.run()
    assert status == 0, output
    sizes = list_sizes(study)
    assert sum(sizes) == 7 and max(sizes) == 2 and len(sizes) <= 5
    assert study.digests() == undisturbed(7)


@pytest.mark.slow
def test_a_termination_starts_no_job_that_waits_for_others(make_study, undisturbed):
    # Three of five jobs are submitted: one bundle, and a job that waits for another one.
    study = make_study(5, edits={TRAININGS: f"{TRAININGS}    bundle: 2\n", "jobs: 100": "jobs: 3"}, share={})
    with study.held():
        process = study.start()
        wait_until(study.members, "a Slurm job")
        [(first, second)] = study.members().values()
        running = wait_until(lambda: [number for number in (first, second) if study.log(number).exists()], "a training")
        study.wait_for_epoch(*running, 2)
        process.send_signal(signal.SIGTERM)
        study.wait_for_output("Will exit after finishing currently running jobs")
    study.end(process)
    assert process.returncode != 0
    assert list_sizes(study) == [2]
    assert [number for number, written in enumerate(list_written(study), start=1) if written] == [first, second]
    status, output = study.run()
    assert status == 0, output
    assert study.digests() == undisturbed(5)
