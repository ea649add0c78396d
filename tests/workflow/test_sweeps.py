"""Test a study that sweeps two settings of a network as a grid, and the L2 penalty with a control, on real images."""

import json
import re

import pandas as pd
import pytest
import yaml

from tests.conftest import SMALL_STUDY

pytestmark = pytest.mark.thorough
GRID = {"learning_rate": [0.1, 0.05], "dropout": [0.2, 0]}
CELLS = [(0.05, 0.0), (0.05, 0.2), (0.1, 0.0), (0.1, 0.2)]


@pytest.fixture(scope="module")
def grid(make_once, run_in_forks, dataset):
    """The folder of a study whose scoring classifier is swept over a grid."""

    def make(project):
        config = yaml.safe_load(SMALL_STUDY.format(dataset=dataset))
        config["classifiers"]["cnn"] |= {"sweep": GRID, "replicates": 2}
        config["classifiers"]["regularized"]["sweep"]["l2"] = [0, 0.01]
        (project / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
        run = run_in_forks(project, "--profile", "profiles/local")
        assert run.returncode == 0, run.stdout

    return make_once("grid", make)


def read(grid, table, classifier="cnn"):
    return pd.read_csv(grid / f"results/tables/classifiers/{classifier}/{table}.csv")


def read_run(grid, rate, dropout, replicate, classifier="cnn"):
    path = f"results/classifiers/{classifier}/learning_rate~{rate}+dropout~{dropout}/replicate~{replicate}.json"
    return json.loads((grid / path).read_text())


def test_tables_have_a_column_for_each_swept_setting_and_a_row_for_each_combination(grid):
    statistics = read(grid, "statistics")
    assert list(statistics.columns[:4]) == ["classifier", "learning_rate", "dropout", "data"]
    assert list(statistics[["learning_rate", "dropout"]].itertuples(index=False, name=None)) == CELLS
    assert statistics["n"].tolist() == [2] * 4
    runs = read(grid, "runs")
    assert len(runs) == 8
    means = runs.groupby(["learning_rate", "dropout"])["accuracy"].mean()
    assert statistics["mean"].tolist() == pytest.approx(means.tolist())
    assert len(read(grid, "ensembles")) == 4
    assert set(read(grid, "epochs")["learning_rate"]) == {0.05, 0.1}


def test_each_pair_of_settings_is_compared_replicate_by_replicate(grid):
    pairs = read(grid, "differences")
    assert len(pairs) == 6
    first = pairs.iloc[0]
    assert first[["first", "second"]].tolist() == [
        "learning rate 0.05, dropout 0",
        "learning rate 0.05, dropout 0.2",
    ]
    mean = read(grid, "statistics")["mean"]
    assert first["mean_difference"] == pytest.approx(mean[1] - mean[0])


def test_a_run_is_trained_at_its_setting_and_a_rate_of_zero_leaves_dropout_out(grid):
    for (rate, dropout), text in zip(CELLS, ["0", "0.2", "0", "0.2"], strict=True):
        run = read_run(grid, rate, text, 1)
        assert run["setting"] == {"learning_rate": rate, "dropout": dropout}
        assert run["reasons"]["settings"]["learning_rate"] == rate
        assert ("Dropout" in [layer["layer"] for layer in run["layers"]]) is (dropout > 0)


def test_the_control_has_no_penalty_and_the_others_have_one(grid):
    runs = read(grid, "runs", "regularized").groupby("l2")["penalty"].max()
    assert runs[0] == 0 < runs[0.01]
    norms = read(grid, "kernel_norms", "regularized")
    assert set(norms.loc[norms["layer"] == "all penalized", "l2"]) == {0, 0.01}


def test_the_figures_of_a_grid_are_there_and_the_heat_map_alone_of_it(grid):
    figures = {str(path.relative_to(grid / "results/figures")) for path in grid.glob("results/figures/**/*.png")}
    assert {f"classifiers/cnn/{name}.png" for name in ("heat_map", "accuracy_all", "kernel_norms")} <= figures
    assert "classifiers/regularized/heat_map.png" not in figures


def test_the_noise_study_uses_the_first_setting(grid):
    [path] = grid.glob("results/noise_levels/cnn/none/level~0.0/replicate~1.json")
    assert json.loads(path.read_text())["weights"]["cnn"] == read_run(grid, 0.05, "0", 1)["weights"]


def test_the_page_and_the_summary_speak_of_the_settings_by_name(grid):
    page = (grid / "results/report.html").read_text()
    for said in (
        "Of 4 settings of learning rate and dropout, learning rate 0.",
        "cnn: convolutional network over learning rate and dropout",
        "Which learning rate and dropout serve “cnn” best?",
        "regularized: multilayer perceptron under an L2 penalty",
        "Mean accuracy of cnn over learning rate and dropout.",
    ):
        assert said in page
    assert "Not known yet" not in page
    summary = (grid / "results/summary.txt").read_text()
    assert re.search(r"^cnn at learning rate 0\.\d+, dropout 0(\.2)?: test accuracy 0\.\d+", summary, re.MULTILINE)
    assert re.search(r"^regularized at l2 0(\.01)?: test accuracy 0\.\d+", summary, re.MULTILINE)


def test_status_plan_and_why_speak_of_the_settings_by_name(grid, run_python):
    status = run_python(grid, "show_status", "--once").stdout
    assert "learning rate 0.05, dropout 0.2 ✓" in status
    plan = run_python(grid, "plan_replicates").stdout
    assert "\ncnn, 4 settings of learning rate and dropout\n" in plan
    why = run_python(grid, "explain_results")
    assert why.returncode == 0, why.stdout
    assert "current      train_classifier cnn learning_rate~0.1+dropout~0.2 2\n" in why.stdout


def test_a_job_that_snakemake_starts_by_its_name_finds_the_setting(grid, run_python):
    """As on Slurm, where the wildcards of a job stand in its command."""
    target = "train_classifier:classifier=cnn,setting=learning_rate~0.1+dropout~0.2,replicate=2"
    run = run_python(grid, "snakemake", "--profile", "profiles/local", "-n", "--target-jobs", target)
    assert run.returncode == 0, run.stdout
    [wildcards] = [line.strip() for line in run.stdout.splitlines() if line.startswith("    wildcards: ")]
    assert wildcards == "wildcards: classifier=cnn, setting=learning_rate~0.1+dropout~0.2, replicate=2"
