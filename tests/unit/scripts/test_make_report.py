"""Test the report of unusual studies that have no results yet."""

import copy

import pandas as pd
import pytest
import yaml

from mnist_study.plan.contents import RESULTS, list_contents
from mnist_study.plan.study import make_report
from mnist_study.scripts.make_report import Progress, make_page
from mnist_study.scripts.summarize_noise_levels import tabulate_thresholds
from mnist_study.show.curves import draw_learning_curves
from mnist_study.show.pages import TEXTS, prepare_table
from mnist_study.show.tables import write_table
from mnist_study.trust.provenance import write_provenance
from mnist_study.trust.reasons import ROOT

CONFIG = yaml.safe_load((ROOT / "config.yaml").read_text())
DIGITS = [str(digit) for digit in range(10)]


def vary(**classifiers):
    """Give the config with other classifiers. None removes a classifier."""
    config = copy.deepcopy(CONFIG)
    for name, changes in classifiers.items():
        if changes is None:
            del config["classifiers"][name]
        else:
            config["classifiers"][name] |= changes
    return config


STUDIES = {
    "the study": CONFIG,
    "another data set": CONFIG | {"dataset": {"name": "fashion_mnist"}},
    "no factors": vary(regularized=None),
    "one factor, one replicate": vary(regularized={"factors": [0.001], "replicates": 1}),
    "replicates without factors": vary(cnn={"replicates": 3}),
    "one level": CONFIG | {"noise": {"classifier": "cnn", "levels": [0.4]}},
}


def make_empty_page(config, tmp_path):
    gaps = dict.fromkeys(list_contents(config, config["dataset"]["name"]), "it is not there")
    return make_page(make_report(config, None), tmp_path, gaps, Progress(50, 0, {"fetch_dataset": ["mnist: missing"]}))


@pytest.mark.parametrize("name", STUDIES)
def test_a_page_without_a_single_result_names_each_that_is_missing(name, tmp_path):
    page = make_empty_page(STUDIES[name], tmp_path)
    contents = list_contents(STUDIES[name], STUDIES[name]["dataset"]["name"])
    figures = [path for path in contents if path.startswith("figures/")]
    assert [path for path in figures if f"{path}: it is not there" not in page] == []
    assert "0 of 50 jobs" in page
    assert "<img" not in page
    assert "Not known yet" in page


def test_published_numbers_are_shown_for_mnist_only(tmp_path):
    assert "Published numbers" in make_empty_page(STUDIES["the study"], tmp_path)
    assert "Published numbers" not in make_empty_page(STUDIES["another data set"], tmp_path)


def test_results_of_different_devices_are_warned_of(tmp_path):
    assert "Made on different devices" not in make_empty_page(CONFIG, tmp_path)
    for number, processor in enumerate(["Xeon", "EPYC", "EPYC"], start=1):
        path = tmp_path / f"classifiers/regularized/factor~0.001/replicate~{number}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
        device = {"processor": processor, "vectors": "AVX2", "gpus": [], "threads": 1}
        write_provenance([path], {}, {}, device, start=0)
    page = make_empty_page(CONFIG, tmp_path)
    assert "Made on different devices" in page
    assert "2 results on EPYC, AVX2, no GPU, 1 thread" in page


def test_every_result_has_a_caption_and_every_caption_a_result():
    assert {path.stem for path in (TEXTS / "captions").glob("*.rst")} == RESULTS.keys()


def test_tables_show_the_digits_that_mean_something_and_sort_as_numbers():
    table = pd.DataFrame(
        {"classifier": "cnn", "factor": [1e-6, 0.001], "n": 3, "ci95_low": [0.98, None], "level": 0.1127}
    )
    shown = prepare_table(table, DIGITS)
    assert list(shown.columns) == ["factor", "n", "95 % CI, low", "level"]
    assert shown.to_numpy().tolist() == [["1e-06", "3", "0.9800", "0.113"], ["0.001", "3", "", "0.113"]]


def test_a_confusion_matrix_is_listed_by_its_mistakes():
    table = pd.DataFrame({"true": [0, 0, 1, 1], "predicted": [0, 1, 0, 1], "count": [9, 1, 2, 8]})
    shown = prepare_table(table, ["bag", "coat"])
    assert shown.to_numpy().tolist() == [["coat", "bag", "2"], ["bag", "coat", "1"]]


def test_a_comparison_says_why_not_only_where_something_is_not_compared():
    table = pd.DataFrame({"reference": [0.9, 0.8], "ours": [0.91, None], "why_not": [None, "2 epochs instead of 40"]})
    shown = prepare_table(table, DIGITS)
    assert list(shown.columns) == ["published", "ours", "why not compared"]
    assert shown.to_numpy().tolist() == [["0.9000", "0.9100", ""], ["0.8000", "", "2 epochs instead of 40"]]
    assert "why not compared" not in prepare_table(table.iloc[:1], DIGITS)


def test_the_loss_is_split_where_there_is_a_penalty():
    table = pd.DataFrame({"loss": [0.3], "cross_entropy": [0.2], "penalty": [0.1]})
    assert list(prepare_table(table, DIGITS).columns) == ["loss", "cross-entropy", "L2 penalty"]
    assert list(prepare_table(table.assign(penalty=0.0), DIGITS).columns) == ["loss"]


@pytest.mark.parametrize(("factor", "title"), [(0.001, "loss (cross-entropy + L2 penalty)"), (None, "loss")])
def test_the_interactive_curves_say_what_the_loss_holds(factor, title):
    row = {"factor": factor, "replicate": 1, "epoch": 1, "loss": 0.3, "accuracy": 0.9}
    epochs = pd.DataFrame([row | {"data": data} for data in ("training", "validation")]).astype({"factor": float})
    assert draw_learning_curves(epochs).layout.yaxis2.title.text == title


@pytest.mark.parametrize(("epochs", "shown"), [(40, True), (2, False)])
def test_the_interactive_noise_curves_are_held_against_published_ones_of_the_same_network_alone(
    epochs, shown, tmp_path
):
    config = vary(cnn={"epochs": epochs})
    rows = [(0.0, "noisy", 0.99, 9900), (0.0, "denoised", 0.95, 9500)]
    levels = pd.DataFrame(rows, columns=["level", "images", "accuracy", "correct"]).assign(n=10_000, chance=0.1135)
    (tmp_path / "tables/noise_levels").mkdir(parents=True)
    write_table(levels, tmp_path / "tables/noise_levels/levels.csv")
    write_table(tabulate_thresholds(levels), tmp_path / "tables/noise_levels/thresholds.csv")
    contents = list_contents(config, config["dataset"]["name"])
    gaps = {path: "it is not there" for path in contents if not (tmp_path / path).exists()}
    page = make_page(make_report(config, None), tmp_path, gaps, progress=None)
    assert ("noisy, published" in page) == shown
    assert ("at least 99 %" in page) == shown
