"""Test what `make why` says about each result of a finished study, and that it changes nothing."""

import os
import re
import shlex
import shutil
import subprocess
import time
from hashlib import sha256
from pathlib import Path

import pytest

EXPLAIN = "explain_results"
# Each kind of reason, in its own part of one study: the file, the text that is replaced in it (without one, the file is
# deleted), the job that is no longer current, and its explanation.
CAUSES = {
    "missing": ("results/figures/models/cnn.png", None, "plot_model cnn", "missing: results/figures/models/cnn.png"),
    "edited table": (
        "results/tables/noise_levels/runs.csv",
        ("none", "None"),
        "summarize_noise_levels",
        "results/tables/noise_levels/runs.csv was changed after it was written",
    ),
    "edited metrics": (
        "results/classifiers/regularized/l2~0.01/replicate~2.json",
        ('"val_loss": ', '"val_loss": 1'),
        "train_classifier regularized l2~0.01 2",
        "results/classifiers/regularized/l2~0.01/replicate~2.json was changed after it was written",
    ),
    "changed setting": (
        "config.yaml",
        ("noise_level: 0.4\n    replicates: 1\n    epochs: 4", "noise_level: 0.4\n    replicates: 1\n    epochs: 5"),
        "train_autoencoder autoencoder 1",
        "settings epochs: 4 -> 5",
    ),
    "changed module": (
        "workflow/mnist_study/scripts/plot_gallery.py",
        ("GAP = 0.15", "GAP = 0.2"),
        "plot_gallery",
        "code scripts.plot_gallery: ",
    ),
    "lost provenance": (
        "results/figures/classifiers/cnn/learning_curves.provenance.json",
        None,
        "plot_learning_curves cnn",
        "results/figures/classifiers/cnn/learning_curves.provenance.json is missing or damaged, "
        "so that nobody knows what it was made for",
    ),
}


def parse_explanation(output: str) -> dict[str, list[str] | None]:
    """Parse the output to the causes of each job that is not current, and None for each current job."""
    jobs = re.findall(r"^(current    |not current)  (.*)\n((?:    .*\n)*)", output, re.MULTILINE)
    return {
        name: None if state == "current    " else [line.strip() for line in causes.splitlines()]
        for state, name, causes in jobs
    }


def list_files(study: Path) -> dict[Path, tuple[str, int]]:
    """List the digest and the time of every file of the project and its results."""
    return {
        path: (sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns)
        for path in study.rglob("*")
        if path.is_file() and not {".snakemake", ".claim", "__pycache__"} & set(path.relative_to(study).parts)
    }


@pytest.fixture(scope="module")
def changed_study(copy_study, tmp_path_factory):
    study = copy_study(tmp_path_factory.mktemp("explained") / "study")
    for name, change, _, _ in CAUSES.values():
        path = study / name
        if change is None:
            path.unlink()
        else:
            assert change[0] in path.read_text()
            path.write_text(path.read_text().replace(*change))
    return study


@pytest.fixture(scope="module")
def explanation(changed_study, run_python):
    before = list_files(changed_study)
    run = run_python(changed_study, EXPLAIN)
    assert run.returncode == 1, run.stdout
    assert list_files(changed_study) == before
    return parse_explanation(run.stdout)


def test_every_result_of_a_finished_study_is_current(copy_study, run_python, tmp_path):
    study = copy_study(tmp_path / "study")
    run = run_python(study, EXPLAIN)
    assert run.returncode == 0, run.stdout
    jobs = parse_explanation(run.stdout)
    assert set(jobs.values()) == {None}
    assert run.stdout.splitlines()[-1] == f"{len(jobs)} of {len(jobs)} jobs have current results"


def test_touched_results_are_current(copy_study, run_python, tmp_path):
    study = copy_study(tmp_path / "study")
    assert (study / "results/autoencoders/autoencoder/replicate~1.keras").stat().st_size > 1_000_000
    for path in sorted(study.glob("results/**/*")):
        path.touch()
    run = run_python(study, EXPLAIN, "--brief")
    assert run.returncode == 0, run.stdout


@pytest.fixture(scope="module")
def copied_study(copy_study, tmp_path_factory):
    """A copy of a study without time stamps and without .snakemake. The latest results were copied first."""
    study = copy_study(tmp_path_factory.mktemp("copied") / "study")
    shutil.rmtree(study / ".snakemake")
    paths = sorted((path for path in study.rglob("*") if path.is_file()), key=lambda path: path.stat().st_mtime)
    for age, path in enumerate(paths):
        os.utime(path, times=(time.time() - age,) * 2)
    return study


@pytest.mark.thorough
def test_results_copied_without_their_times_are_current_and_kept_by_what_is_typed_then(
    copied_study, run_python, run_in_forks
):
    before = {path: digest for path, (digest, _) in list_files(copied_study).items()}
    plan = run_in_forks(copied_study, "-n", "--profile", "profiles/local")
    assert "rule evaluate_noise_level:" in plan.stdout
    run = run_python(copied_study, EXPLAIN, "--brief")
    assert run.returncode == 0, run.stdout
    advice, rest = run.stdout.split("\n", 1)
    assert re.match(r"(\d+) of \1 jobs have current results\nregularized at l2 ", rest)  # and the summary
    assert "rm " not in run.stdout
    [command] = re.findall(r"by time stamps. To keep these results, type: snakemake (.*)", advice)
    touch = run_in_forks(copied_study, *shlex.split(command))
    assert touch.returncode == 0, touch.stdout
    plan = run_in_forks(copied_study, "-n", "--profile", "profiles/local")
    assert "Nothing to be done" in plan.stdout
    assert {path: digest for path, (digest, _) in list_files(copied_study).items()} == before


@pytest.mark.thorough
def test_of_copied_results_only_those_that_are_not_current_are_deleted_and_run(
    copied_study, run_python, run_in_forks, tmp_path
):
    study = shutil.copytree(copied_study, tmp_path / "study", copy_function=shutil.copy)
    figure, table = study / "results/figures/models/cnn.svg", study / "results/tables/confusion/confusion.csv"
    figure.write_text(figure.read_text().replace("<svg", "<svg "))
    table.write_text(table.read_text().replace("0", "1"))
    run = run_python(study, EXPLAIN, "--brief")
    assert run.returncode == 1
    [delete] = re.findall(r"type: (rm .*), and run Snakemake", run.stdout)
    assert set(shlex.split(delete)[1:]) == {
        "results/figures/models/cnn.svg",
        "results/figures/models/cnn.png",
        "results/tables/confusion/confusion.csv",
    }
    subprocess.run(delete, shell=True, cwd=study, check=True)
    for command in re.findall(r"type after that: snakemake (.*)", run.stdout):
        run_in_forks(study, *shlex.split(command))
    plan = run_in_forks(study, "-n", "--profile", "profiles/local").stdout
    rules = set(re.findall(r"^(?:local)?rule (\w+):", plan, re.MULTILINE))
    assert rules == {"plot_model", "summarize_confusion", "plot_confusion", "make_report", "all"}


def test_a_figure_of_another_table_is_not_current_whatever_the_time_stamps_say(copied_study, run_python, tmp_path):
    study = shutil.copytree(copied_study, tmp_path / "study")
    models = study / "results/tables/models"
    for suffix in (".csv", ".provenance.json"):
        shutil.copy(models / f"autoencoder{suffix}", models / f"cnn{suffix}")
    provenance = models / "cnn.provenance.json"
    provenance.write_text(provenance.read_text().replace('"autoencoder.csv"', '"cnn.csv"'))
    jobs = parse_explanation(run_python(study, EXPLAIN).stdout)
    assert "results/tables/models/cnn.csv is another one than it was made from" in jobs["plot_model cnn"]


@pytest.mark.parametrize("kind", CAUSES)
def test_a_result_that_is_not_current_is_explained(explanation, kind):
    _, _, job, cause = CAUSES[kind]
    assert explanation[job][0].startswith(cause)


def test_results_behind_one_that_is_not_current_are_not_current_either(explanation):
    made_from, name = "made from results that are not current", "autoencoder"
    assert explanation[f"summarize_autoencoder {name}"][-1] == f"{made_from}: train_autoencoder {name} 1"
    assert explanation[f"plot_autoencoder_loss {name}"] == [f"{made_from}: summarize_autoencoder {name}"]


def test_the_rest_is_current(explanation):
    assert explanation["train_classifier regularized l2~0.01 1"] is None
    assert explanation["summarize_classifier cnn"] is None
    assert explanation["summarize_model cnn"] is None
