"""Test the studies that ship: each is planned, and each is run as studies/small.yaml shrinks it, on real images."""

import json
import re
from pathlib import Path

import pytest
import yaml
from snakemake.utils import update_config

from mnist_study.plan.config import check_config
from mnist_study.plan.sweeps import list_settings
from mnist_study.trust.reasons import ROOT

STUDIES = sorted(path.stem for path in (ROOT / "studies").glob("*.yaml") if path.stem != "small")
FASHION_MNIST = Path("/usr/share/datasets/fashion-mnist")  # from Debian's package dataset-fashion-mnist


def load(*names):
    """Load config.yaml with studies over it, as Snakemake does."""
    config = {}
    for path in [ROOT / "config.yaml", *(ROOT / f"studies/{name}.yaml" for name in names)]:
        update_config(config, yaml.safe_load(path.read_text()))
    return check_config(config)


def test_each_study_has_a_folder_of_its_own_and_shrunk_another_one():
    folders = [load(*names)["pathvars"]["results"] for name in STUDIES for names in ((name,), (name, "small"))]
    assert len({*folders, load()["pathvars"]["results"]}) == 2 * len(STUDIES) + 1


@pytest.mark.parametrize("name", STUDIES)
def test_a_study_says_what_it_asks_what_it_costs_and_how_it_is_run(name):
    text = (ROOT / f"studies/{name}.yaml").read_text()
    comment = " ".join(line.removeprefix("#").strip() for line in text.splitlines() if line.startswith("#"))
    assert "?" in comment
    assert "It costs about" in comment
    assert f"snakemake --profile profiles/local --configfile studies/{name}.yaml" in comment


@pytest.mark.parametrize("name", STUDIES)
def test_a_study_is_planned(name, copy_project, run_in_forks, tmp_path):
    project = copy_project(tmp_path / "project")
    configs = ["--configfile", f"studies/{name}.yaml"]
    run = run_in_forks(project, "-n", "--profile", "profiles/local", *configs)
    assert run.returncode == 0, run.stdout
    classifiers = load(name)["classifiers"].values()
    trained = sum(model["replicates"] * len(list_settings(model)) for model in classifiers)
    assert len(re.findall(r"^rule train_classifier:", run.stdout, re.MULTILINE)) == trained


@pytest.mark.thorough
@pytest.mark.parametrize("name", STUDIES)
def test_a_study_runs_shrunk_and_its_results_say_so(name, copy_project, run_python, run_in_forks, dataset, tmp_path):
    images = dataset
    if load(name)["dataset"]["name"] == "fashion_mnist":
        images = FASHION_MNIST
        if not FASHION_MNIST.is_dir():
            pytest.skip("there is no Fashion-MNIST; as root on Debian, make packages installs it")
    project = copy_project(tmp_path / "project")
    (project / "images.yaml").write_text(f"dataset: {{path: {images}}}\nat_most: {{levels: 2}}\n")
    configs = ["--configfile", f"studies/{name}.yaml", "studies/small.yaml", "images.yaml"]
    run = run_in_forks(project, "--profile", "profiles/local", *configs)
    assert run.returncode == 0, run.stdout
    results = project / f"results/{name}_small"
    assert [path.name for path in (project / "results").iterdir()] == [results.name]
    assert (results / "summary.txt").read_text().startswith("This study is shrunk, to at most 1 epoch, 2,000 training")
    page = (results / "report.html").read_text()
    assert '<h2 id="shrunk-title">This study is shrunk</h2>' in page
    assert "Not known yet" not in page
    trained = [json.loads(path.read_text()) for path in results.glob("classifiers/*/*/replicate~*.json")]
    trained = [run for run in trained if "history" in run]  # beside each lies its provenance
    assert {run["images"]["training"] for run in trained} == {2000}
    assert {(len(run["history"]["loss"]), run["replicate"]) for run in trained} == {(1, 1)}
    why = run_python(project, "explain_results", *configs)
    assert why.returncode == 0, why.stdout
    status = run_python(project, "show_status", "--once", *configs)
    assert re.search(r"100% +✓ \d+ done", status.stdout), status.stdout
