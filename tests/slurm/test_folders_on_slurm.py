"""Test a study on a cluster that runs in one folder, with the code in another, read-only one, and Python in a third."""

import re
import sys

import pytest

from tests.conftest import SMALL_STUDY, run_program
from tests.slurm.studies import EDITS, PROFILE, RUNS, TABLE, edit_profile, list_results

pytestmark = pytest.mark.thorough

OUTER = """
configfile: "config.yaml"

module mnist_study:
    snakefile: {snakefile!r}
    config: config

use rule * from mnist_study

onstart:
    mnist_study.onstart()
"""


@pytest.fixture(scope="module")
def code(tmp_path_factory, copy_project, make_read_only):
    """The project in a read-only file system, under an unusual name. Its profile is edited as docs/cluster.md says."""
    folder = copy_project(tmp_path_factory.mktemp("code") / "cöde here")
    edit_profile(folder / PROFILE, EDITS)
    make_read_only(folder)
    return folder


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """The Python of this environment, by a path that a shell has to be told in quotes."""
    folder = tmp_path_factory.mktemp("environments") / "Anna's environments"
    folder.symlink_to(sys.prefix)
    return folder / "bin/python"


@pytest.fixture(scope="module")
def run_study(tmp_path_factory, code, dataset, python):
    """Give a function that makes the table of four trainings in a new folder. It returns the folder and the output."""

    def run_in_folder(profile, is_module=False):
        folder = tmp_path_factory.mktemp("study") / f"{profile} wörk's"
        folder.mkdir()
        (folder / "config.yaml").write_text(SMALL_STUDY.format(dataset=dataset))
        (folder / "Snakefile").write_text(OUTER.format(snakefile=str(code / "workflow/Snakefile")))
        snakefile = folder / "Snakefile" if is_module else code / "Snakefile"
        options = ["--snakefile", snakefile, "--directory", folder, "--profile", code / f"profiles/{profile}"]
        if profile == "slurm":
            options += ["--slurm-patient-init-seconds-before-status-checks", "3"]
        ended = run_program(folder.parent, python, "-m", "snakemake", TABLE, *options)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return folder, ended.stdout + ended.stderr

    return run_in_folder


@pytest.fixture(scope="module")
def local_results(run_study):
    """The results of a run on this machine without Slurm."""
    folder, _ = run_study("local")
    return list_results(folder / "results")


@pytest.mark.parametrize("is_module", [False, True], ids=["its own Snakefile", "a module of another"])
def test_a_study_in_another_folder_than_its_code_runs_on_slurm(cluster, code, run_study, local_results, is_module):
    folder, printed = run_study("slurm", is_module)
    assert len(re.findall(r"SLURM jobid \d+", printed)) >= 4
    assert re.search(r"^ *train_classifier +4 +4 ", printed, re.MULTILINE)  # the report of the jobs' cost
    assert list_results(folder / "results") == local_results
    assert (folder / RUNS / "replicate~2.keras").exists()
    assert not (code / "results").exists() and not (code / ".snakemake").exists()
    status = run_program(folder.parent, "python", code / "workflow", "show_status", "--once", "--directory", folder)
    assert "last run on Slurm" in status.stdout and "✓ 4 done" in status.stdout
