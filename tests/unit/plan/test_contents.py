"""Test the paths of results that the rules, the report and the status share."""

import copy
import re

import pytest
import yaml

from mnist_study.plan.config import check_config
from mnist_study.plan.contents import (
    FILES,
    RESULTS,
    find_pattern,
    list_contents,
    list_ensembles,
    list_levels,
    list_noise_models,
    list_outputs,
    list_runs,
    locate,
)
from mnist_study.trust.reasons import ROOT

# The figures of a study without classifiers.
LEFT = ("autoencoders/autoencoder/learning_curves", "models/autoencoder")


def read_config():
    return yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))


CONFIG = check_config(read_config())


def test_no_path_is_that_of_two_results():
    paths = [find_pattern(name) for name in (*RESULTS, *FILES)]
    assert len(set(paths)) == len(paths)


def test_a_path_is_filled_in_with_its_wildcards():
    assert locate("runs", classifier="cnn") == "tables/classifiers/cnn/runs.csv"
    cell = {"classifier": "cnn", "denoiser": "median", "level": 0.4, "replicate": 1}
    assert locate("level", **cell) == "noise_levels/cnn/median/level~0.4/replicate~1.json"
    assert locate("autoencoder", autoencoder="deep", replicate=1) == "autoencoders/deep/replicate~1.json"


def test_runs_are_listed_by_setting_and_replicate():
    runs = list_runs(CONFIG, "regularized")
    assert len(runs) == 5 * 3
    assert runs[:2] == [f"classifiers/regularized/l2~1e-06/replicate~{number}.json" for number in (1, 2)]
    assert list_runs(CONFIG, "cnn", "model") == [
        f"classifiers/cnn/default/replicate~{number}.keras" for number in (1, 2, 3)
    ]


def test_noise_levels_are_listed_for_each_scorer_denoiser_and_replicate_that_all_models_have():
    config = copy.deepcopy(CONFIG)
    config["noise"] = {"classifiers": ["cnn", "baseline"], "levels": [0.5, 0]}
    config["denoisers"]["autoencoder"]["replicates"] = 2
    assert list_levels(config) == [
        f"noise_levels/{scorer}/{denoiser}/level~{level}/replicate~{replicate}.json"
        for scorer in ("cnn", "baseline")
        for denoiser in ("none", "median", "autoencoder")
        for level in (0.0, 0.5)
        for replicate in (1, 2)
    ]
    assert list_noise_models(config, 2) == [
        "classifiers/cnn/default/replicate~2.json",
        "classifiers/baseline/default/replicate~2.json",
        "autoencoders/autoencoder/replicate~2.json",
    ]
    outputs = list_outputs(config)
    assert "autoencoders/autoencoder/replicate~2.keras" in outputs
    assert "autoencoders/autoencoder/replicate~3.keras" not in outputs
    assert "classifiers/cnn/default/replicate~3.keras" in outputs


def test_each_autoencoder_has_tables_and_figures_of_its_own():
    config = copy.deepcopy(CONFIG)
    config["denoisers"]["deep"] = config["denoisers"]["autoencoder"]
    contents = list_contents(config, "mnist")
    assert [path for path in contents if "autoencoder" in path] == [
        f"{folder}/{name}"
        for folder, names in {
            "figures/models": ["autoencoder.svg"],
            "tables/models": ["autoencoder.csv"],
            "figures/autoencoders": ["autoencoder/learning_curves.svg", "deep/learning_curves.svg"],
            "tables/autoencoders": [
                f"{model}/{table}.csv" for table in ("epochs", "losses") for model in ("autoencoder", "deep")
            ],
        }.items()
        for name in names
    ]
    assert contents[locate("losses", autoencoder="deep")].wildcards == {"autoencoder": "deep"}


@pytest.mark.parametrize(("dataset", "compared"), [("mnist", True), ("fashion_mnist", False)])
def test_published_numbers_are_among_the_contents_of_mnist_alone(dataset, compared):
    assert (locate("published") in list_contents(CONFIG, dataset)) is compared


def test_what_a_sweep_has_is_listed_for_sweeps_alone():
    contents = list_contents(CONFIG, "mnist")
    assert locate("kernel_norms", classifier="regularized") in contents
    assert locate("kernel_norms", classifier="cnn") not in contents
    accuracy = contents[locate("accuracy", classifier="regularized", statistic="mean")]
    assert accuracy.wildcards == {"classifier": "regularized", "statistic": "mean"}


def test_only_several_replicates_make_an_ensemble():
    config = copy.deepcopy(CONFIG)
    config["classifiers"]["cnn"]["replicates"] = 1
    assert list_ensembles(config, "regularized")[0] == "classifiers/regularized/l2~1e-06/ensemble.json"
    ensembles = [path for path in list_outputs(config) if "ensemble" in path]
    assert len(ensembles) == 5 + 1 + 1 + 1  # regularized and baseline, and a table of each
    assert "classifiers/baseline/default/ensemble.json" in ensembles
    assert not any("cnn" in path for path in ensembles)


@pytest.mark.parametrize(
    ("sweep", "compared"),
    [([], False), ([["l2", [1e-3]]], False), ([["l2", [1e-4, 1e-3]]], True), ([["l2", [0]], ["epochs", [1, 2]]], True)],
)
def test_only_several_settings_are_compared_with_one_another(sweep, compared):
    config = copy.deepcopy(CONFIG)
    config["classifiers"]["regularized"]["sweep"] = sweep
    contents = list_contents(config, "mnist")
    for name in ("pairs", "differences"):
        assert (locate(name, classifier="regularized") in contents) is compared
        assert locate(name, classifier="cnn") not in contents


@pytest.mark.parametrize(
    ("sweep", "mapped"),
    [
        ([["l2", [0, 1e-4]]], False),
        ([["l2", [0, 1e-4]], ["epochs", [1, 2]]], True),
        ([["l2", [0, 1e-4]], ["schedule", ["constant", "cosine"]]], False),
        ([["l2", [0, 1e-4]], ["augment", [False, True]]], False),
        ([["l2", [0, 1e-4]], ["epochs", [1, 2]], ["dropout", [0, 0.2]]], False),
    ],
)
def test_two_numbers_alone_make_a_heat_map(sweep, mapped):
    config = copy.deepcopy(CONFIG)
    config["classifiers"]["regularized"]["sweep"] = sweep
    assert (locate("heat_map", classifier="regularized") in list_contents(config, "mnist")) is mapped


def test_a_study_without_the_denoising_half_has_nothing_of_it():
    outputs = list_outputs(check_config(read_config() | {"denoisers": None}))
    assert set(outputs) == {
        path
        for path in list_outputs(CONFIG)
        if not re.search("autoencoder|noise_levels|gallery|decoder_|figures/comparison", path)
    }
    assert locate("published") in outputs and locate("worst_digits") in outputs


def test_a_study_with_filters_alone_has_a_noise_study_without_a_decoder():
    config = read_config()
    del config["denoisers"]["autoencoder"]
    outputs = list_outputs(check_config(config))
    assert set(outputs) == {path for path in list_outputs(CONFIG) if not re.search("autoencoder|decoder_", path)}
    assert "noise_levels/cnn/median/level~0.5/replicate~3.json" in outputs and locate("gallery") in outputs


def test_a_study_without_classifiers_has_the_autoencoder_alone():
    outputs = list_outputs(check_config(read_config() | {"classifiers": None}))
    assert set(outputs) == {
        *(f"autoencoders/autoencoder/replicate~{number}.{kind}" for number in (1, 2, 3) for kind in ("json", "keras")),
        *(f"figures/{name}.{kind}" for name in LEFT for kind in ("svg", "png")),
        *(f"tables/autoencoders/autoencoder/{name}.csv" for name in ("epochs", "losses")),
        "tables/models/autoencoder.csv",
        *("tables/comparison/published.csv", "summary.txt", "report.html"),
    }


def test_outputs_are_listed_once_each_with_both_files_of_a_figure():
    outputs = list_outputs(CONFIG)
    assert len(set(outputs)) == len(outputs)
    figures = {path.rpartition(".")[0] for path in outputs if path.startswith("figures/")}
    assert {f"{figure}.{form}" for figure in figures for form in ("svg", "png")} <= set(outputs)
