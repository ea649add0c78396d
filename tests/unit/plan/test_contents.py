"""Test the paths of results that the rules, the report and the status share."""

import pytest
import yaml

from mnist_study.plan.contents import FILES, RESULTS, find_pattern, list_contents, list_outputs, list_runs, locate
from mnist_study.trust.reasons import ROOT

CONFIG = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))


def test_no_path_is_that_of_two_results():
    paths = [find_pattern(name) for name in (*RESULTS, *FILES)]
    assert len(set(paths)) == len(paths)


def test_a_path_is_filled_in_with_its_wildcards():
    assert locate("runs", classifier="cnn") == "tables/classifiers/cnn/runs.csv"
    assert locate("level", level=0.4) == "noise_levels/level~0.4.json"


def test_runs_are_listed_by_factor_and_replicate():
    runs = list_runs(CONFIG, "regularized")
    assert len(runs) == 5 * 3
    assert runs[:2] == [f"classifiers/regularized/factor~1e-06/replicate~{number}.json" for number in (1, 2)]
    assert list_runs(CONFIG, "cnn", "model") == ["classifiers/cnn/factor~none/replicate~1.keras"]


@pytest.mark.parametrize(("dataset", "compared"), [("mnist", True), ("fashion_mnist", False)])
def test_published_numbers_are_among_the_contents_of_mnist_alone(dataset, compared):
    assert (locate("published") in list_contents(CONFIG, dataset)) is compared


def test_what_a_sweep_has_is_listed_for_sweeps_alone():
    contents = list_contents(CONFIG, "mnist")
    assert locate("kernel_norms", classifier="regularized") in contents
    assert locate("kernel_norms", classifier="cnn") not in contents
    accuracy = contents[locate("accuracy", classifier="regularized", statistic="mean")]
    assert accuracy.wildcards == {"classifier": "regularized", "statistic": "mean"}


def test_outputs_are_listed_once_each_with_both_files_of_a_figure():
    outputs = list_outputs(CONFIG)
    assert len(set(outputs)) == len(outputs)
    figures = {path.rpartition(".")[0] for path in outputs if path.startswith("figures/")}
    assert {f"{figure}.{form}" for figure in figures for form in ("svg", "png")} <= set(outputs)
