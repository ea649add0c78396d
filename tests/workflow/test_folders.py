"""Test that the study runs in any folder.

Its code lies elsewhere, is read-only, has no git, has any name, or is a module of another workflow. Each test trains a
small study with networks of a few units, and so it is slow. The results must have the same bytes as those of a study in
the project's own folder.
"""

import fcntl
import json
import re
import shutil
import zipfile
from pathlib import Path

import pytest

from tests.conftest import ROOT, SMALL_STUDY, run_program

pytestmark = pytest.mark.thorough

# Files that differ between two runs of one study. They hold times, places, or, in Keras' files, memory addresses.
DIFFERING = re.compile(r"\.provenance\.json$|^logs/|^\.claim/|\.keras$")
ODD = "mäin study's"
OUTER = """
import yaml

configfile: "config.yaml"

rule all:
    input:
        "lines.txt",

module mnist_study:
    snakefile:
        {snakefile!r}
    config:
        yaml.safe_load(open("study.yaml"))
    prefix:
        "deep learning"

use rule * from mnist_study as mnist_*

rule count_lines:
    input:
        "deep learning/results/tables/classifiers/cnn/epochs.csv",
    output:
        "lines.txt",
    shell:
        "wc -l < {{input:q}} > {{output}}"
"""
# The lines of docs/folders.md by which another workflow calls the hook of the study.
HOOKS = """
onstart:
    mnist_study.onstart()
"""


def list_results(results: Path) -> dict[str, bytes]:
    paths = {str(path.relative_to(results)): path for path in results.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in paths.items() if not DIFFERING.search(name)}


def list_files(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if "__pycache__" not in path.parts}


@pytest.fixture(scope="module")
def code(tmp_path_factory, copy_project, make_read_only):
    """The project from an archive, without git, in a read-only file system and under an unusual name."""
    folder = tmp_path_factory.mktemp("code")
    archive = shutil.make_archive(str(folder / "study"), "zip", copy_project(folder / "whole"))
    with zipfile.ZipFile(archive) as files:
        files.extractall(folder / ODD)
    make_read_only(folder / ODD)
    return folder / ODD


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory, code, dataset):
    """The folder of a small study that ran outside the project, with its own config, and Snakemake's output."""
    folder = tmp_path_factory.mktemp("elsewhere") / "wörk here"
    folder.mkdir()
    (folder / "config.yaml").write_text(SMALL_STUDY.format(dataset=dataset))
    for name in ("mnist_study", "numpy"):  # modules that are not the study's
        (folder / f"{name}.py").write_text("raise ImportError('this is none of the study')\n")
    before = list_files(code)
    options = ["--snakefile", code / "Snakefile", "--directory", folder, "--profile", code / "profiles/local"]
    ended = run_program(folder.parent, "snakemake", *options)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert list_files(code) == before
    return folder


def test_a_study_elsewhere_has_the_bytes_of_one_in_the_projects_folder(elsewhere, finished_study):
    ours, theirs = list_results(elsewhere / "results"), list_results(finished_study / "results")
    assert len(ours) > 30
    assert [name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name)] == []
    provenance = next((elsewhere / "results").rglob("*.provenance.json"))
    assert json.loads(provenance.read_text())["git_commit"] is None


def test_code_at_another_place_is_no_reason_to_run_again(elsewhere):
    """A project with the same code at another place plans the same study."""
    options = ["--snakefile", ROOT / "Snakefile", "--profile", ROOT / "profiles/local"]
    ended = run_program(elsewhere, "snakemake", *options, "-n")
    assert "Nothing to be done" in ended.stdout + ended.stderr


def test_the_commands_tell_of_a_study_elsewhere(elsewhere, code, tmp_path):
    why = run_program(tmp_path, "python", code / "workflow", "explain_results", "--directory", elsewhere)
    assert (why.returncode, why.stderr) == (0, "")
    assert re.search(r"^(\d+) of \1 jobs have current results$", why.stdout, re.MULTILINE)
    status = run_program(tmp_path, "python", code / "workflow", "show_status", "--once", "--directory", elsewhere)
    assert "100%" in status.stdout
    report = run_program(tmp_path, "python", code / "workflow", "report_study", "--directory", elsewhere)
    assert report.stdout == "results/report.html is current: open it in a browser\n"
    nowhere = run_program(tmp_path, "python", code / "workflow", "show_status", "--directory", "nowhere")
    assert nowhere.stderr == "error: --directory nowhere: No such file or directory\n"


def test_without_a_config_of_its_own_a_folder_has_the_projects_study(code, tmp_path):
    ended = run_program(tmp_path, "snakemake", "--snakefile", code / "Snakefile", "-n")
    assert ended.returncode == 0, ended.stderr
    assert re.search(r"^train_classifier +21$", ended.stdout, re.MULTILINE)


def test_a_jobs_command_can_be_pasted_where_the_study_runs(elsewhere, code, tmp_path):
    study = shutil.copytree(elsewhere, tmp_path / "study")
    summary = study / "results/summary.txt"
    before = summary.read_bytes()
    summary.unlink()
    options = ["--snakefile", code / "Snakefile", "--profile", code / "profiles/local"]
    planned = run_program(study, "snakemake", *options, "-n", "-p", "results/summary.txt")
    [command] = re.findall(r"^ *Shell command: (python .* summarize_study .*)$", planned.stdout, re.MULTILINE)
    pasted = run_program(study, "sh", "-c", command)
    assert pasted.returncode == 0, pasted.stderr
    assert summary.read_bytes() == before


def test_the_study_is_a_module_of_another_workflow(code, dataset, finished_study, tmp_path):
    """The other workflow has its own config and rules, and a package with the name workflow."""
    (tmp_path / "workflow").mkdir()
    (tmp_path / "workflow/__init__.py").write_text("raise ImportError('this is another workflow')\n")
    (tmp_path / "config.yaml").write_text("nothing: of ours\n")
    (tmp_path / "study.yaml").write_text(SMALL_STUDY.format(dataset=dataset))
    (tmp_path / "Snakefile").write_text(OUTER.format(snakefile=str(code / "workflow/Snakefile")) + HOOKS)
    ended = run_program(tmp_path, "snakemake", "--profile", code / "profiles/local")
    assert ended.returncode == 0, ended.stderr
    assert "warning" not in ended.stderr.lower()
    assert (tmp_path / "lines.txt").read_text().strip() == "3"
    ours, theirs = list_results(tmp_path / "deep learning/results"), list_results(finished_study / "results")
    assert "classifiers/cnn/default/replicate~1.json" in ours
    assert [name for name in ours if ours[name] != theirs.get(name)] == []
    whole = run_program(tmp_path, "snakemake", "--profile", code / "profiles/local", "-n", "mnist_all")
    assert re.search(r"^mnist_train_classifier +4$", whole.stdout, re.MULTILINE)
    again = run_program(tmp_path, "snakemake", "--profile", code / "profiles/local", "-n")
    assert "Nothing to be done" in again.stdout + again.stderr
    with (tmp_path / "deep learning/results/.claim/run.json").open() as claim:
        fcntl.flock(claim, fcntl.LOCK_EX)
        refused = run_program(tmp_path, "snakemake", "--profile", code / "profiles/local", "--forcerun", "count_lines")
    assert refused.returncode == 1
    assert "another Snakemake writes into deep learning/results" in refused.stdout + refused.stderr


def test_a_module_without_a_config_is_the_projects_study(code, tmp_path):
    (tmp_path / "config.yaml").write_text("nothing: of ours\n")
    snakefile = str(code / "workflow/Snakefile")
    (tmp_path / "Snakefile").write_text(
        f"module study:\n    snakefile: {snakefile!r}\n\nuse rule * from study as study_*\n"
    )
    ended = run_program(tmp_path, "snakemake", "-n", "study_all")
    assert ended.returncode == 0, ended.stderr
    assert re.search(r"^study_train_classifier +21$", ended.stdout, re.MULTILINE)


def test_the_study_is_deployed_by_snakedeploy(code, dataset, finished_study, tmp_path):
    folder = tmp_path / "deployed here"
    options = ["--name", "mnist_study", "--branch", "main"]
    deployed = run_program(tmp_path, "snakedeploy", "deploy-workflow", code, folder, *options)
    assert deployed.returncode == 0, deployed.stderr
    assert (folder / "config/config.yaml").read_bytes() == (code / "config.yaml").read_bytes()
    (folder / "config/config.yaml").write_text(SMALL_STUDY.format(dataset=dataset))
    snakefile = folder / "workflow/Snakefile"
    # For a local clone, snakedeploy does not write its path.
    text = snakefile.read_text().replace('"workflow/Snakefile"', repr(str(code / "workflow/Snakefile")))
    snakefile.write_text(text + HOOKS)
    table = "tables/classifiers/cnn/statistics.csv"
    ended = run_program(folder, "snakemake", "--profile", "profiles/local", f"results/{table}")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert (folder / "results" / table).read_bytes() == (finished_study / "results" / table).read_bytes()
    why = run_program(tmp_path, "python", code / "workflow", "explain_results", "--directory", folder)
    assert "\n3 of 51 jobs have current results\n" in why.stdout
    status = run_program(tmp_path, "python", code / "workflow", "show_status", "--once", "--directory", folder)
    assert re.search(r"^cnn +✓ 0\.\d+", status.stdout, re.MULTILINE)
