"""On a cluster, the code lies in one folder and the study runs in another."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.slurm.studies import EDITS, PROFILE, RUNS, STUDY, TABLE, edit_profile, list_results


def run(folder, *command):
    """Run a program in a folder, with no other help than the path to the environment's programs."""
    environment = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": os.environ["HOME"]}
    return subprocess.run(list(map(str, command)), cwd=folder, env=environment, capture_output=True, text=True)


def test_a_study_in_another_folder_than_its_code_runs_on_slurm(tmp_path, copy_project, dataset, cluster):
    code = copy_project(tmp_path / "cöde here")
    edit_profile(code / PROFILE, EDITS)
    folders = {profile: tmp_path / f"{profile} wörk's" for profile in ("slurm", "local")}
    for profile, folder in folders.items():
        folder.mkdir()
        (folder / "study.yaml").write_text(STUDY.format(dataset=dataset, replicates=2))
        options = ["--snakefile", code / "Snakefile", "--directory", folder, "--profile", code / f"profiles/{profile}"]
        if profile == "slurm":
            options += ["--slurm-init-seconds-before-status-checks", "3"]
        ended = run(tmp_path, "snakemake", TABLE, *options, "--configfile", folder / "study.yaml")
        assert ended.returncode == 0, ended.stdout + ended.stderr
        assert len(re.findall(r"SLURM jobid \d+", ended.stdout + ended.stderr)) >= (2 if profile == "slurm" else 0)
    assert list_results(folders["slurm"] / "results") == list_results(folders["local"] / "results")
    assert (folders["slurm"] / RUNS / "replicate~2.keras").exists()
    assert not (code / "results").exists() and not (code / ".snakemake").exists()
    there = ["--directory", folders["slurm"], "--configfile", folders["slurm"] / "study.yaml"]
    status = run(tmp_path, "python", code / "workflow", "show_status", "--once", *there)
    assert "last run on Slurm" in status.stdout and "✓ 2 done" in status.stdout
