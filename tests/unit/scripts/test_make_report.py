"""Test the page of studies without results, and of studies with made results in both protocols."""

import copy
import json
import re

import pandas as pd
import pytest
import yaml

from mnist_study.plan.config import check_config
from mnist_study.plan.contents import RESULTS, list_contents, locate
from mnist_study.plan.study import make_report
from mnist_study.scripts.make_report import Progress, make_page
from mnist_study.scripts.plot_differences import plot_differences
from mnist_study.show.figures import save_figure
from mnist_study.show.pages import TEXTS, prepare_table
from mnist_study.trust.provenance import write_provenance
from mnist_study.trust.reasons import ROOT
from tests.made_studies import make_tables, write_tables


def read_config():
    return yaml.safe_load((ROOT / "config.yaml").read_text())


CONFIG = check_config(read_config())


def vary(**classifiers):
    """Give the config with other classifiers. None removes a classifier."""
    config = copy.deepcopy(CONFIG)
    for name, changes in classifiers.items():
        if changes is None:
            del config["classifiers"][name]
        else:
            config["classifiers"][name] |= changes
    return config


DENSE = read_config()["denoisers"]["autoencoder"]
RECIPE = {"noise_level": [0, 0.8], "noise_draws": "every_epoch", "replicates": 1}
OWN = {"name": "shapes", "sha256": "5" * 64, "shape": [12, 10, 3], "classes": ["cat", "dog"], "test_images": None}
STUDIES = {
    "the study": CONFIG,
    "another data set": CONFIG | {"dataset": {"name": "fashion_mnist"}},
    "own images": CONFIG | {"dataset": OWN},
    "no sweep": vary(regularized=None),
    "one setting, one replicate": vary(regularized={"sweep": [["l2", [0.001]]], "replicates": 1}),
    "a grid": vary(regularized={"l2": 0.0, "sweep": [["learning_rate", [0.01, 0.1]], ["dropout", [0.0, 0.2]]]}),
    "texts": vary(regularized={"sweep": [["schedule", ["constant", "cosine"]], ["epochs", [1, 2]], ["l2", [0.0]]]}),
    "one replicate": vary(regularized={"replicates": 1}, baseline={"replicates": 1}, cnn={"replicates": 1}),
    "held-out images": CONFIG | {"validation": 10_000},
    "no denoising half": check_config(read_config() | {"denoisers": None}),
    "filters alone": check_config(read_config() | {"denoisers": {"median": {"filter": "median", "size": 3}}}),
    "no classifiers": check_config(read_config() | {"classifiers": None}),
    "one level": CONFIG | {"noise": {"classifiers": ["cnn"], "levels": [0.4]}},
    "several scorers and autoencoders": check_config(
        read_config()
        | {"denoisers": {"median": {"filter": "median", "size": 3}, "autoencoder": DENSE, "deep": DENSE | RECIPE}}
        | {"noise": {"kind": "gaussian", "classifiers": ["cnn", "baseline"], "levels": [0, 0.4, 1]}}
    ),
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


def test_a_page_says_what_the_images_are(tmp_path):
    assert "tell the 10 classes of MNIST apart, on grey images of 28 × 28 pixels" in read_text(
        make_empty_page(CONFIG, tmp_path)
    )
    config = STUDIES["own images"]
    page = read_text(make_empty_page(config, tmp_path))
    assert "tell the 2 classes of shapes apart, on colour images of 12 × 10 pixels" in page
    assert "All networks learn from the training images." in page
    settings = make_report(config, None)
    for name, images, sha256 in (("1", 700, "6"), ("2", 600, "5")):  # the first is of other images
        metrics = tmp_path / f"classifiers/regularized/l2~1e-06/replicate~{name}.json"
        metrics.parent.mkdir(parents=True, exist_ok=True)
        reasons = {"settings": {"images": settings["images"] | {"sha256": sha256 * 64}}}
        counts = {"training": images, "validation": 200, "test": 200}
        metrics.write_text(json.dumps({"images": counts, "reasons": reasons}))
    page = read_text(make_empty_page(config, tmp_path))
    assert "All networks learn from the 600 training images. They are scored on the 200 test images" in page
    assert "MNIST" not in page and "10,000" not in page


def test_results_of_different_devices_are_warned_of(tmp_path):
    assert "Made on different devices" not in make_empty_page(CONFIG, tmp_path)
    for number, processor in enumerate(["Xeon", "EPYC", "EPYC"], start=1):
        path = tmp_path / f"classifiers/regularized/l2~0.001/replicate~{number}.json"
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
        {"classifier": "cnn", "l2": [0, 0.001], "data": "test", "n": 3, "ci95_low": [0.98, None], "level": 0.1127}
    )
    shown = prepare_table(table)
    assert list(shown.columns) == ["l2", "images", "n", "95 % CI (mean), low", "level"]
    assert shown.to_numpy().tolist() == [
        ["0", "test", "3", "0.9800", "0.113"],
        ["0.001", "test", "3", "", "0.113"],
    ]


@pytest.mark.parametrize(("scorers", "named"), [(["cnn"], []), (["cnn", "mlp"], ["classifier"])])
def test_a_table_of_noise_levels_names_the_classifiers_if_there_are_several(scorers, named):
    table = pd.DataFrame({"classifier": scorers, "denoiser": "none", "level": 0.1, "replicate": 1, "accuracy": 0.9})
    assert list(prepare_table(table).columns) == [*named, "denoiser", "level", "replicate", "accuracy"]
    table = pd.DataFrame({"level": 0.1, "classifier": scorers, "denoiser": "median", "than_classifier": "cnn"})
    assert list(prepare_table(table).columns) == [
        *("level", *named, "denoiser"),
        *(f"than {name}" for name in named),
    ]


def test_a_confusion_matrix_is_listed_by_its_mistakes():
    table = pd.DataFrame(
        {"true": ["bag", "bag", "coat", "coat"], "predicted": ["bag", "coat"] * 2, "count": [9, 1, 2, 8]}
    )
    shown = prepare_table(table)
    assert shown.to_numpy().tolist() == [["coat", "bag", "2"], ["bag", "coat", "1"]]


def test_a_comparison_says_why_not_only_where_something_is_not_compared():
    table = pd.DataFrame({"reference": [0.9, 0.8], "ours": [0.91, None], "why_not": [None, "2 epochs instead of 40"]})
    shown = prepare_table(table)
    assert list(shown.columns) == ["published", "ours", "why not compared"]
    assert shown.to_numpy().tolist() == [["0.9000", "0.9100", ""], ["0.8000", "", "2 epochs instead of 40"]]
    assert "why not compared" not in prepare_table(table.iloc[:1])


def test_the_loss_is_split_where_there_is_a_penalty():
    table = pd.DataFrame({"loss": [0.3], "cross_entropy": [0.2], "penalty": [0.1]})
    assert list(prepare_table(table).columns) == ["loss", "cross-entropy", "L2 penalty"]
    assert list(prepare_table(table.assign(penalty=0.0)).columns) == ["loss"]


def test_columns_of_other_trainings_are_left_out_of_the_table_of_one_run():
    table = pd.DataFrame({"n": [1], "mean": [0.98], "standard_deviation": [None], "ci95_low": [None]})
    table = table.assign(ci95_high=None, wilson95_low=0.977, wilson95_high=0.983)
    assert list(prepare_table(table).columns) == [
        "n",
        "mean",
        "95 % CI (images), low",
        "95 % CI (images), high",
    ]


def test_interpolated_noise_levels_have_three_digits():
    table = pd.DataFrame({"quantity": ["curves cross"], "n": [3], "mean": [0.11234], "case": ["cross"]})
    assert prepare_table(table).to_numpy().tolist() == [["curves cross", "3", "0.112", "cross"]]


def test_a_table_says_what_is_shown_and_how_large_it_is():
    table = pd.DataFrame(
        {"first": ["l2 1e-05"], "second": ["l2 0.0001"], "mean_difference": [0.0012], "p": [0.001953125]}
    )
    shown = prepare_table(table.assign(p_holm=0.01953125, shown=True))
    assert list(shown.columns) == ["first setting", "second setting", "mean difference", "p", "p (Holm)", "shown"]
    assert shown.to_numpy().tolist() == [["l2 1e-05", "l2 0.0001", "+0.00120", "0.002", "0.02", "yes"]]


# --- Made studies ---------------------------------------------------------------------------------------------------

BIASED = "The test images are also the validation images: what is called best is chosen on them"
CHOSEN = "What is called best is chosen on the held-out images alone: the test images have no part in the choice."


def vary_all(replicates, validation):
    """Give the config with other replicates of all models, and another protocol."""
    config = vary(**{name: {"replicates": replicates} for name in CONFIG["classifiers"]})
    config["denoisers"]["autoencoder"]["replicates"] = replicates
    return config | {"validation": validation}


@pytest.fixture(scope="module")
def made_page(tmp_path_factory):
    """Give a function that makes the page of a made study, with its tables, and returns the text of a part of it."""
    pages = {}

    def make(replicates, validation):
        if (replicates, validation) not in pages:
            config, folder = vary_all(replicates, validation), tmp_path_factory.mktemp("study")
            pages[replicates, validation] = make_made_page(config, folder)
        return pages[replicates, validation]

    return make


def read_text(page, tag="main"):
    """Read a part of the page without its marks."""
    [part] = re.findall(rf"<{tag}>.*?</{tag.split()[0]}>", page, re.DOTALL)
    part = re.sub(r"<(script|style)\b.*?</\1>", " ", part, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]*>", " ", part).replace("&#39;", "'").split())


@pytest.mark.parametrize("validation", ["test", 10_000])
@pytest.mark.parametrize("replicates", [1, 2, 3, 10])
def test_a_page_says_of_which_images_its_numbers_are_and_what_the_best_is_worth(made_page, replicates, validation):
    text = read_text(made_page(replicates, validation))
    assert (BIASED in text) == (validation == "test")
    assert (CHOSEN in text) == (validation != "test")
    assert ("10,000 are held out as validation images" in text) == (validation != "test")
    assert ("this number is biased upwards" in text) == (validation == "test")
    assert ("On the test images, which had no part in this choice" in text) == (validation != "test")
    assert ("No published number is compared" in text) == (validation != "test")
    assert ("n = 1 run" in text) == (replicates == 1)
    assert ("nothing is known of other trainings" in text) == (replicates == 1)


@pytest.mark.parametrize(
    ("replicates", "said"),
    [
        (1, "With one replicate per setting, no difference between settings can be shown."),
        (2, "With 2 replicates, no difference between settings can be shown: sign flips give p = 0.5 at best;"),
        (3, "With 3 replicates, no difference between settings can be shown: sign flips give p = 0.25 at best;"),
        (10, "Of 10 differences between settings on the test images, 8 are shown."),
    ],
)
def test_a_page_shows_differences_as_far_as_its_replicates_do(made_page, replicates, said):
    text = read_text(made_page(replicates, "test"))
    assert text.count(said) == 1
    assert ("at least 9 replicates are needed" in text) == (replicates in (2, 3))


@pytest.mark.parametrize("validation", ["test", 10_000])
@pytest.mark.parametrize("replicates", [1, 3])
def test_a_page_has_the_tables_of_differences_and_gains_and_of_ensembles_where_there_are_replicates(
    made_page, replicates, validation
):
    page = made_page(replicates, validation)
    assert 'id="tables-classifiers-regularized-differences-table"' in page
    assert 'id="tables-noise_levels-differences-table"' in page
    for name in CONFIG["classifiers"]:
        assert (f'id="tables-classifiers-{name}-ensembles-table"' in page) == (replicates > 1)
    assert ("As an ensemble, by the mean of their class probabilities" in page) == (replicates > 1)
    assert page.count("it is not there") == len(re.findall('class="gap"', page))  # no finding waits for a table


def test_a_page_shows_the_figure_of_the_differences(tmp_path):
    config = vary_all(3, 10_000)
    tables = make_tables(config)
    runs, pairs = (tables[locate(name, classifier="regularized")] for name in ("runs", "pairs"))
    path = locate("differences", classifier="regularized")
    (tmp_path / path).parent.mkdir(parents=True)
    save_figure(plot_differences(runs, pairs), tmp_path / path)
    gaps = {other: "it is not there" for other in list_contents(config, "mnist") if other != path}
    page = make_page(make_report(config, None), tmp_path, gaps, progress=None)
    [alternative] = re.findall(r'<img src="data:image/svg[^"]*" alt="([^"]*)"', page)
    assert alternative == "Differences between the settings of regularized, paired by replicate."


def make_made_page(config, folder):
    """Make the page of a made study, with its tables and without figures."""
    write_tables(config, folder)
    contents = list_contents(config, config["dataset"]["name"])
    gaps = {path: "it is not there" for path in contents if not (folder / path).exists()}
    return make_page(make_report(config, None), folder, gaps, progress=None)


def test_a_page_speaks_of_each_scorer_and_denoiser(tmp_path):
    page = make_made_page(STUDIES["several scorers and autoencoders"], tmp_path)
    text = read_text(page)
    for said in (
        "clean them before they are classified, and by which denoiser?",
        "The autoencoder “deep” learns for 32 epochs to restore clean images from noisy ones, of levels drawn from 0.0 "
        "to 0.8 for each image, anew in every epoch.",
        "“median” is a filter: each value of an image becomes the median of the 3 × 3 values around it.",
        "“cnn” and “baseline” then classify the test images at 3 noise levels",
        "The noise is Gaussian",
        "loss of deep on noisy test images",
        "and autoencoders that take noise away: what they reach",
    ):
        assert said in (page if said.endswith("they reach") else text), said
    for name in ("autoencoder", "deep"):
        assert f'id="tables-autoencoders-{name}-losses-table"' in page
    header = page.split('id="tables-noise_levels-levels"')[1]
    assert header.index("<th>classifier</th>") < header.index("<th>denoiser</th>") < header.index("<th>level</th>")


def test_a_page_of_filters_alone_has_a_noise_study_and_no_autoencoder(tmp_path):
    page = make_made_page(STUDIES["filters alone"], tmp_path)
    assert list_sections(page)[0] == ["overview", "comparison", "accuracy", "mistakes", "noise", "models"]
    assert "and a median filter that takes noise away: what they reach" in page
    assert "The noise is salt-and-pepper noise: its level is the share of pixels" in read_text(page)


def list_sections(page):
    return re.findall(r'<section id="(\w+)"', page), re.findall(r'<li><a href="#(\w+)">', page)


def test_a_page_without_the_denoising_half_says_nothing_of_it(tmp_path):
    page = make_made_page(STUDIES["no denoising half"], tmp_path)
    shown, linked = list_sections(page)
    assert shown == linked == ["overview", "comparison", "accuracy", "mistakes", "models"]
    text = read_text(page)
    assert not re.search("autoencoder|denois|nois[ey]|gallery", text, re.IGNORECASE)
    assert "what does it take to make them better? Does an L2 penalty" in text
    assert "Mistakes of cnn" in text
    assert "adjusted by Holm's method for all pairs of settings, is below 0.05." in text
    assert "Multilayer perceptrons under an L2 penalty and a convolutional network: what they reach" in page


def test_a_page_without_classifiers_is_that_of_the_autoencoder(tmp_path):
    page = make_made_page(STUDIES["no classifiers"], tmp_path)
    shown, linked = list_sections(page)
    assert shown == linked == ["overview", "comparison", "autoencoders", "models"]
    text = read_text(page)
    assert "How well does an autoencoder clean the grey images of 28 × 28 pixels of MNIST of noise? Method" in text
    assert (
        "They are scored on the 10,000 test images after every epoch. The autoencoder “autoencoder” learns for" in text
    )
    assert not re.search("classif|accuracy|perceptron|decoder_walk|gallery|best is chosen", text.split("Published")[0])
    assert "An autoencoder that takes noise away: what it reaches, and where it fails." in page


SHRUNK = "It is a try, with at most 1 epoch, 2,000 training images and 1 replicate. Its numbers are not those of"
LIMITS = {"at_most": {"epochs": 1, "training_images": 2000, "replicates": 1}}


@pytest.mark.parametrize(
    ("validation", "learn"),
    [
        ("test", "All networks learn from at most 2,000 of the 60,000 training images. They"),
        (10_000, "All networks learn from at most 2,000 of the others. They"),
    ],
)
def test_a_page_of_a_shrunk_study_says_so(validation, learn, tmp_path, made_page):
    page = read_text(make_made_page(check_config(read_config() | LIMITS | {"validation": validation}), tmp_path))
    assert SHRUNK in page
    assert learn in page
    assert "No published number is compared" in page
    assert "at most" not in read_text(made_page(3, validation))


def test_headline_numbers_say_what_they_are_of(made_page):
    text = read_text(made_page(3, "test"), 'dl class="numbers"')
    assert "test accuracy of baseline, n = 3 replicates 0.9736 ± 0.0008" in text
    assert "the best of 5 on the test images and so biased upwards, n = 3 replicates 0.9827 ± 0.0007" in text
    begins = "lowest noise level where denoising begins to help, by autoencoder, n = 3 replicates 0.12 ± 0.00"
    assert f"{begins} loss of autoencoder on noisy test images, n = 3 replicates 0.1206 ± 0.0005" in text


def test_a_caption_of_one_run_promises_no_spread(made_page):
    assert "one of their standard deviations" not in made_page(1, "test")
    assert "A line is the mean over the replicates" not in made_page(1, "test")


@pytest.mark.parametrize(("epochs", "shown"), [(40, True), (2, False)])
def test_published_curves_and_the_goal_are_shown_beside_the_published_network_alone(epochs, shown, tmp_path):
    config = vary(cnn={"epochs": epochs})
    page = make_made_page(config, tmp_path)
    assert ("no denoiser, published" in page) == shown
    assert ("at least 99 %" in page) == shown
    assert ("The goal of the study" in page) == shown
