"""Test what sites and users do to a run: Slurm out of reach, odd paths, files that are broken meanwhile."""

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.slurm.cluster import ETC
from tests.slurm.studies import TABLE, Study, put_before, wait_until

PROGRAMS = ("sbatch", "squeue", "scancel", "scontrol", "sacct", "sacctmgr", "sinfo", "srun", "sshare")


def set_nodes(state: str) -> None:
    subprocess.run(["scontrol", "update", "nodename=ALL", f"state={state}", "reason=test"], check=True)


@pytest.mark.thorough
def test_a_run_without_slurms_programs_is_refused_in_one_sentence(make_study, tmp_path, monkeypatch):
    for path in Path("/usr/bin").iterdir():
        if path.name not in PROGRAMS:
            (tmp_path / path.name).symlink_to(path)
    monkeypatch.setenv("PATH", str(tmp_path))
    study = make_study(1)
    status, output = study.run()
    assert status != 0
    assert "Slurm's programs are not on the PATH: sbatch, squeue, scancel, scontrol. Run Snakemake where" in output
    assert "Traceback" not in output


@pytest.mark.slow
def test_a_run_while_slurm_is_out_of_reach_says_so_and_goes_on_when_it_is_back(make_study, undisturbed):
    study = make_study(2)
    away = study.folder / "away"
    away.touch()
    words = f'if [ -e {away} ]; then echo "Unable to contact slurm controller (connect failure)" >&2; exit 1; fi'
    for program in ("sbatch", "squeue", "scontrol"):
        programs = put_before(study.folder, program, words)
    process = study.start(path=programs)
    study.wait_for_output("Slurm does not answer. Its jobs go on. So does this run when Slurm is back.")
    study.wait_for_output("Slurm does not take train_classifier")
    away.unlink()
    output = study.end(process)
    assert process.returncode == 0, output
    assert "Trying to restart" not in output
    assert study.digests() == undisturbed(2)


@pytest.mark.slow
def test_snakemake_inside_a_slurm_job_submits_where_slurms_configuration_is_named_by_a_variable(
    make_study, undisturbed, tmp_path
):
    study = make_study(2)
    for name in ("slurm.conf", "gres.conf", "cgroup.conf"):
        shutil.copy(ETC / name, tmp_path)
    output = study.folder / "output1.txt"
    study.runs = 1
    options = "--profile profiles/slurm --slurm-patient-init-seconds-before-status-checks 3 --configfile study.yaml"
    # Nothing but the variable names the configuration: /etc/slurm is empty for this Snakemake.
    hidden = f"mount -t tmpfs tmpfs {ETC}; SLURM_CONF={tmp_path}/slurm.conf"
    command = f"{hidden} exec {sys.executable} -m snakemake {TABLE} {options}"
    inside = ["srun", "--account=study", "--partition=cpu", "--time=20", f"--chdir={study.folder}"]
    environment = os.environ | {"PYTHONPATH": str(study.planted)}
    environment["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    with output.open("w") as file:
        run = subprocess.run(
            [*inside, "unshare", "--mount", "sh", "-c", command],
            env=environment,
            stdout=file,
            stderr=subprocess.STDOUT,
            timeout=400,
        )
    assert run.returncode == 0, output.read_text()
    assert "not recommended" not in output.read_text()
    assert study.digests() == undisturbed(2)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["it's $HOME", '50%j "now"', "back`pwd`tick & more; $(pwd)"])
def test_a_study_runs_in_a_folder_of_any_name(make_study, undisturbed, name):
    study = move_study(make_study(2), name)
    status, output = study.run()
    assert status == 0, output
    assert study.digests() == undisturbed(2)


@pytest.mark.thorough
def test_a_folder_whose_name_slurm_can_not_read_is_refused(make_study):
    study = move_study(make_study(1), "back\\slash")
    status, output = study.run()
    assert status != 0
    assert "Slurm can't write into a folder with a backslash in its path: rename " in output


def move_study(study: Study, name: str) -> Study:
    """Move a study into a folder of another name."""
    folder = study.folder.rename(study.folder.with_name(name))
    study.folder, study.planted = folder, folder / "faults"
    return study


@pytest.mark.slow
def test_a_job_that_ends_before_its_script_starts_shows_why(make_study, undisturbed):
    study = make_study(4)
    config = study.folder / "study.yaml"
    valid = config.read_text()
    set_nodes("drain")
    try:
        process = study.start("--retries", "0")
        for replicate in (1, 3):
            study.wait_for_job(replicate, "PENDING")
        config.write_text(valid + "classifers: {}\n")
    finally:
        set_nodes("resume")
    output = study.end(process)
    assert process.returncode != 0
    for replicate in (1, 3):
        _, _, block = output[output.index("FAILED: ") :].partition(f"setting=l2~0.001 replicate={replicate}\n")
        assert re.search(r"its log ends, .snakemake/slurm_logs/.*:\n(      .*\n)*.*classifers", block.split("\n\n")[0])
    config.write_text(valid)
    status, output = study.run()
    assert status == 0, output
    assert study.digests() == undisturbed(4)


@pytest.mark.slow
def test_a_result_that_is_deleted_during_the_run_ends_it_with_the_report(make_study, undisturbed):
    hang = {"job": "replicate~2.json", "at": "replicate~2.json", "do": "exit", "always": True}
    study = make_study(2, [hang], edits={"latency-wait: 60": "latency-wait: 5", "retries: 2": "retries: 0"})
    process = study.start()
    study.wait_for_output("Finished jobid")
    (study.folder / "results/dataset/mnist.npz").unlink()
    output = study.end(process)
    assert process.returncode != 0
    assert "To go on, when the cause is removed: snakemake results/" in output
    assert "What this run cost" in output
    assert study.live_jobs() == {}
    (study.planted / "plan.json").write_text("[]")
    status, output = study.run()
    assert status == 0, output
    assert study.digests() == undisturbed(2)


@pytest.mark.slow
def test_a_partition_that_is_inactive_for_a_moment_does_not_use_up_the_attempts(make_study, undisturbed):
    study = make_study(4)
    set_partition = ["scontrol", "update", "partitionname=gpu"]
    subprocess.run([*set_partition, "state=inactive"], check=True)
    try:
        process = study.start()
        study.wait_for_output("Slurm refuses train_classifier")
        time.sleep(5)
    finally:
        subprocess.run([*set_partition, "state=up"], check=True)
    output = study.end(process)
    assert process.returncode == 0, output
    assert "It is tried again in 9 s" in output
    assert study.digests() == undisturbed(4)
    wait_until(lambda: not study.live_jobs(), "no job is left")
