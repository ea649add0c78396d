"""Test the whole demo as a user runs it on a cluster, and how jobs request, hold and share GPUs."""

import re
from datetime import datetime

import pytest

from tests.slurm.studies import EDITS, PROFILE, ask, edit_profile, list_results, put_before

pytestmark = pytest.mark.thorough

GPU_RULES = {"train_classifier", "train_autoencoder", "evaluate_noise_level"}
CPU_RULES = {"score_ensemble", "denoise_gallery", "sample_decoder", "find_worst_digits"}
# Trainings share a GPU, four side by side.
SHARE = {
    f"{rule}:{anchor}\n": f"{rule}:{anchor}\n    bundle: 4\n    abreast: 4\n"
    for rule, anchor in {"train_classifier": " &gpu", "train_autoencoder": ""}.items()
}
# The demo has seven classifiers, in bundles of four and three, and two autoencoders.
REQUESTS = {
    "train_classifier": [(3, "9000M"), (4, "12000M")],
    "train_autoencoder": [(2, "8000M")],
    "evaluate_noise_level": [(1, "2000M")],
}


@pytest.fixture(scope="module")
def demo_on_slurm(tmp_path_factory, copy_project, start_demo, dataset, cluster):
    """The folder of a demo that ran on the cluster, with trainings side by side, and Snakemake's output."""
    project = copy_project(tmp_path_factory.mktemp("slurm") / "project")
    edit_profile(project / PROFILE, EDITS | SHARE | {"    bundle: 11\n": "    bundle: 11\n    abreast: 1\n"})
    pace = ["--slurm-patient-init-seconds-before-status-checks", "3"]
    run = start_demo(project, dataset, *pace, profile="profiles/slurm")
    output, _ = run.communicate()
    assert run.returncode == 0, output
    return project, output


def list_jobs(output):
    """List the rules of the Slurm jobs that Snakemake printed, by the job's number."""
    return dict(re.findall(r"SLURM jobid (\d+) \(log: \S+/rule_(\w+?)(?:/|_\w+\.log)", output))


def test_the_demo_on_slurm_makes_the_bytes_of_the_demo_on_this_machine(demo_on_slurm, demo):
    project, _ = demo_on_slurm
    local, _ = demo
    assert list_results(project / "results/demo") == list_results(local)


def test_networks_are_jobs_on_slurm_and_tables_and_figures_are_not(demo_on_slurm):
    _, output = demo_on_slurm
    assert set(list_jobs(output).values()) == GPU_RULES | CPU_RULES


def test_only_jobs_that_use_a_gpu_ask_for_one(demo_on_slurm):
    _, output = demo_on_slurm
    jobs = list_jobs(output)
    rows = ask(
        "sacct", "-X", "--noheader", "--parsable2", "--format=JobIDRaw,Partition,ReqTRES", f"--jobs={','.join(jobs)}"
    )
    for job, partition, request in rows:
        gpu = jobs[job] in GPU_RULES
        assert partition == ("gpu" if gpu else "cpu")
        assert ("gres/gpu=1" in request.split(",")) == gpu


def test_jobs_that_share_a_slurm_job_ask_for_the_cores_and_memory_of_those_side_by_side(demo_on_slurm):
    _, output = demo_on_slurm
    jobs = list_jobs(output)
    asked = {}
    for job, request in ask("sacct", "-X", "--noheader", "--parsable2", "-oJobIDRaw,ReqTRES", f"-j{','.join(jobs)}"):
        resources = dict(resource.split("=") for resource in request.split(","))
        asked.setdefault(jobs[job], set()).add((int(resources["cpu"]), resources["mem"]))
    for rule, requests in REQUESTS.items():
        assert sorted(asked[rule]) == requests
    for rule in CPU_RULES:
        assert asked[rule] == {(1, "2000M")}


def test_noise_levels_in_turn_ask_for_the_time_of_all(demo_on_slurm):
    _, output = demo_on_slurm
    jobs = [job for job, rule in list_jobs(output).items() if rule == "evaluate_noise_level"]
    rows = ask("sacct", "-X", "--noheader", "--parsable2", "--format=TimelimitRaw", f"--jobs={','.join(jobs)}")
    assert sum(int(minutes) for [minutes] in rows) == 5 * 3 * 3 * 2  # three denoisers, three levels, two replicates


def test_the_run_ends_with_what_it_cost(demo_on_slurm):
    _, output = demo_on_slurm
    table = output[output.index("What this run cost") :]
    for rule in GPU_RULES | CPU_RULES:
        assert re.search(rf"^ *{rule} +\d+ +\d+ ", table, re.MULTILINE)


def list_most_side_by_side(study, group):
    """Count the most jobs of each group that ran at the same time. `group` names a job's group by its node and GPU."""
    jobs = [line.split() for line in (study.planted / "jobs.txt").read_text().splitlines() if line.strip()]
    spans = {}
    for job, *place in jobs:
        [[start, end]] = ask("sacct", "-X", "--noheader", "--parsable2", "--format=Start,End", f"--jobs={job}")
        spans.setdefault(group(*place), []).append((datetime.fromisoformat(start), datetime.fromisoformat(end)))
    return {
        place: max(sum(start <= moment < end for start, end in starts) for moment, _ in starts)
        for place, starts in spans.items()
    }


def run_side_by_side(study):
    """Run a study of eight trainings that wait for one another. Return what it printed."""
    with study.held():
        process = study.start()
        for replicate in range(1, 9):
            study.wait_for_epoch(replicate, 2)
    output = study.end(process)
    assert process.returncode == 0, output
    return output


@pytest.mark.slow
def test_no_node_has_more_jobs_than_gpus(make_study):
    study = make_study(8, share={})
    run_side_by_side(study)
    most = list_most_side_by_side(study, lambda node, gpu: node)
    assert max(most.values()) == 2


@pytest.mark.slow
def test_trainings_share_a_gpu(make_study, undisturbed):
    study = make_study(8, edits={"gres: gpu:1\n": "gres: shard:1\n"}, share={})
    output = run_side_by_side(study)
    most = list_most_side_by_side(study, lambda node, gpu: (node, gpu))
    assert max(most.values()) == 4
    assert study.digests() == undisturbed(8)
    table = output[output.index("What this run cost") :]
    assert "shards" in table.splitlines()[1]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("form", "asked"),
    {
        "gres: gpu:1": "--gres=gpu:1",
        "gres: gpu:a100:1": "--gres=gpu:a100:1",
        "gpu: 1": "--gpus=1",
        "{gpu: 1, gpu_model: a100}": "--gpus=a100:1",
        "gres: shard:1": "--gres=shard:1",
    }.items(),
)
def test_a_gpu_is_asked_for_in_the_form_of_the_site(make_study, form, asked):
    study = make_study(1, edits={"gres: gpu:1\n": "\n    ".join(form.strip("{}").split(", ")) + "\n", "retries: 2": ""})
    programs = put_before(study.folder, "sbatch", f'echo "$@" >> {study.folder}/asked; exit 1')
    status, _ = study.run(path=programs)
    assert status != 0
    assert asked in (study.folder / "asked").read_text().split()
