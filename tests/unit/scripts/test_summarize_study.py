"""Test the summary of a study: what a person reads in a terminal after a run."""

import copy
import re
from argparse import Namespace

import pandas as pd
import pytest
import yaml

from mnist_study.plan.config import check_config
from mnist_study.plan.contents import has, locate
from mnist_study.plan.study import list_autoencoders, list_sweeps, summarize_study
from mnist_study.run.jobs import Job
from mnist_study.scripts.summarize_classifier import summarize_settings
from mnist_study.scripts.summarize_study import describe_classifier, main
from mnist_study.show.tables import write_table
from mnist_study.trust.reasons import ROOT
from tests.made_studies import make_tables


def read_config():
    return yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))


CONFIG = check_config(read_config())
LONGEST = 190  # letters


def make_statistics(*accuracies, name="regularized", held_out=()):
    """Make statistics.csv: for each L2 factor, 0.001, 0.002, …, the accuracies of its replicates on the test images.

    The network cnn has no sweep.
    """
    runs = pd.DataFrame(
        {
            "classifier": name,
            "l2": 0.001 * number,
            "replicate": replicate,
            "data": data,
            "accuracy": accuracy,
            "total": 10_000,
        }
        for data, values in (("held-out", held_out), ("test", accuracies))
        for number, replicates in enumerate(values, start=1)
        for replicate, accuracy in enumerate(replicates, start=1)
    )
    return summarize_settings(runs.drop(columns="l2") if name == "cnn" else runs)


@pytest.mark.parametrize(
    ("statistics", "line"),
    [
        (
            make_statistics([0.9912], name="cnn"),
            "cnn: test accuracy 0.9912, n = 1 (images 0.9892 to 0.9929)",
        ),
        (
            make_statistics([0.991, 0.992, 0.993], name="cnn"),
            "cnn: test accuracy 0.9920 ± 0.0010, n = 3 (mean 0.9895 to 0.9945, images 0.9901 to 0.9936)",
        ),
        (
            make_statistics([0.97, 0.97], [0.98, 0.98]),
            "regularized at l2 0.002: test accuracy 0.9800 ± 0.0000, n = 2 (images 0.9771 to 0.9826); "
            "best of 2 on these images, so biased upwards",
        ),
        (
            make_statistics([0.97], [0.98], held_out=([0.99], [0.98])),
            "regularized at l2 0.001: test accuracy 0.9700, n = 1 (images 0.9665 to 0.9732); "
            "best of 2 on held-out images",
        ),
        (make_statistics([0.98]), "regularized at l2 0.001: test accuracy 0.9800, n = 1 (images 0.9771 to 0.9826)"),
    ],
    ids=["single run", "replicates", "sweep without spread", "held-out images", "one setting"],
)
def test_a_classifier_is_a_line_with_what_its_accuracy_is_of(statistics, line):
    assert describe_classifier(statistics) == line


def vary(replicates, validation="test", **changes):
    """Give the config with other replicates of all models, another protocol and other changes by section."""
    config = copy.deepcopy(CONFIG) | {"validation": validation} | changes
    for model in [*config["classifiers"].values(), config["denoisers"]["autoencoder"]]:
        model["replicates"] = replicates
    return config


@pytest.fixture
def summarize(tmp_path):
    """Give a function that writes the summary of a made study and returns its lines; `edit` changes its tables."""

    def summarize(config, edit=lambda tables: None):
        tables = make_tables(config)
        edit(tables)
        for path, table in tables.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            write_table(table, tmp_path / path)

        def find(result, models=None, kind="classifier"):
            if models is None:
                return [tmp_path / locate(result)] if has(config, result) else []
            return [tmp_path / locate(result, **{kind: name}) for name in models]

        autoencoders = list_autoencoders(config)

        arguments = Namespace(
            **{result: find(result, config["classifiers"]) for result in ("statistics", "runs")},
            pairs=find("pairs", list_sweeps(config, settings=2)),
            autoencoders=find("autoencoder_epochs", autoencoders, "autoencoder"),
            losses=find("losses", autoencoders, "autoencoder"),
            **{result: find(result) for result in ("levels", "gains", "thresholds")},
            summary=tmp_path / "summary.txt",
        )
        main(Job(arguments, summarize_study(config, None), {}, {}, {}))
        return arguments.summary.read_text(encoding="utf-8").splitlines()

    return summarize


def test_the_summary_says_what_came_out_and_where_it_lies(summarize, tmp_path):
    assert summarize(vary(3)) == [
        "baseline: test accuracy 0.9736 ± 0.0008, n = 3 (mean 0.9716 to 0.9757, images 0.9703 to 0.9766)",
        "regularized at l2 0.0001: test accuracy 0.9827 ± 0.0007, n = 3 (mean 0.9809 to 0.9845, images 0.9800 to "
        "0.9851); best of 5 on these images, so biased upwards",
        "cnn: test accuracy 0.9919 ± 0.0007, n = 3 (mean 0.9903 to 0.9936, images 0.9900 to 0.9935)",
        "regularized: With 3 replicates, no difference between settings can be shown: sign flips give p = 0.25 at "
        "best; for 10 comparisons, at least 9 replicates are needed.",
        "regularized: The largest difference on the test images is l2 0.0001 over 1e-06 by 0.0020 (0.0013 to "
        "0.0027); before the correction, 7 of 10 intervals leave out zero.",
        "autoencoder: loss 0.1206 ± 0.0005 on noisy test images, 0.1156 ± 0.0005 on noisy training images, n = 3",
        "With 3 replicates, no mean difference by denoising can be shown: sign flips give p = 0.25 at best; for 11 "
        "comparisons, at least 9 replicates are needed.",
        "Within each of these 3 replicates, McNemar's test (95 % for each level) finds “median” to raise the accuracy "
        "at noise levels 0.3 to 0.9 and to lower it at 0 and 0.1.",
        "It finds “autoencoder” to raise the accuracy at noise levels 0.2 to 0.9 and to lower it at 0 and 0.1.",
        "The largest mean gain is 0.4123 (0.3719 to 0.4528), by “autoencoder” at noise level 0.6.",
        "The mean accuracy is highest with no denoiser at noise levels 0 and 0.1 and with “autoencoder” at 0.2 to 1.",
        "The curve with no denoiser crosses that with “median” at a noise level of 0.13 ± 0.03 and that with "
        "“autoencoder” at 0.12 ± 0.00.",
        "The accuracy falls under 0.9 at noise level 0.20 ± 0.00 with no denoiser, 0.25 ± 0.01 with “median” and 0.42 "
        "± 0.03 with “autoencoder”.",
        "The accuracy falls under 0.5 at noise level 0.50 ± 0.01 with no denoiser, 0.62 ± 0.01 with “median” and 0.71 "
        "± 0.00 with “autoencoder”.",
        "±: standard deviation of n trainings; mean: its 95 % interval; images: 95 % interval by the number of images",
        "a difference between replicates is shown if its 95 % interval leaves out zero, and its Holm-adjusted p, from "
        "sign flips, is below 0.05",
        f"tables: {tmp_path}/tables    figures: {tmp_path}/figures    logs: {tmp_path}/logs",
    ]


def test_the_summary_of_a_study_without_the_denoising_half_speaks_of_classifiers_alone(summarize):
    lines = summarize(check_config(read_config() | {"denoisers": None}))
    whole = summarize(CONFIG)
    assert lines == [line for line in whole if not re.search("autoencoder|denois|nois|mean gain", line)]
    assert len(lines) == 8


def test_the_summary_of_a_shrunk_study_says_so_first(summarize):
    first = summarize(check_config(read_config() | {"at_most": {"epochs": 1}}))[0]
    assert first == "This study is shrunk, to at most 1 epoch: its numbers are not those of the whole study."


def test_the_summary_of_a_study_without_classifiers_is_that_of_the_autoencoder(summarize):
    lines = summarize(check_config(read_config() | {"classifiers": None}))
    assert [line.partition(": ")[0] for line in lines] == ["autoencoder", "±", "tables"]
    assert not re.search("accuracy|mean|images: ", " ".join(lines))


@pytest.mark.parametrize("validation", ["test", 10_000])
@pytest.mark.parametrize("replicates", [1, 2, 3, 10])
def test_the_summary_is_a_few_lines_of_a_terminal(summarize, replicates, validation):
    lines = summarize(vary(replicates, validation))
    assert len(lines) <= 18
    assert max(len(line) for line in lines[:-1]) <= LONGEST
    assert any(line.startswith("a difference between replicates is shown if") for line in lines) == (replicates > 1)


def test_ten_replicates_show_differences(summarize):
    lines = summarize(vary(10, 10_000))
    assert "regularized: Of 10 differences between settings on the held-out images, 8 are shown." in lines
    assert any(line.startswith("The mean of 10 replicates shows “median” to raise the accuracy") for line in lines)


def test_the_summary_says_what_is_no_better_than_chance(summarize):
    def spoil(tables):
        cnn = tables[locate("runs", classifier="cnn")]
        cnn.loc[cnn["replicate"] == 2, "accuracy"] = 0.0958
        epochs = tables[locate("autoencoder_epochs", autoencoder="autoencoder")]
        epochs.loc[epochs["replicate"] == 1, "loss"] = 0.26

    lines = summarize(vary(2), spoil)
    assert (
        "1 of 2 runs of “cnn” end no better than chance on the test images, 0.1135, the accuracy of naming their most "
        "frequent class for all: replicate 2."
    ) in lines
    assert any("“cnn”, which is asked for the class, is no better than chance" in line for line in lines)
    assert (
        "Of 2 replicates of “autoencoder”, 1 is no better than chance: one image for all, the mean, has a loss of "
        "0.2600 on the test images."
    ) in lines


def test_a_classifier_that_does_not_score_noisy_images_is_not_blamed_for_their_curves(summarize):
    """The autoencoder has one replicate, so the second one of the CNN scores nothing."""

    def spoil(tables):
        cnn = tables[locate("runs", classifier="cnn")]
        cnn.loc[cnn["replicate"] == 2, "accuracy"] = 0.0958

    config = vary(2)
    config["denoisers"]["autoencoder"]["replicates"] = 1
    assert not any("which is asked for the class" in line for line in summarize(config, spoil))


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (vary(1), False),
        (
            vary(1, denoisers={"autoencoder": CONFIG["denoisers"]["autoencoder"] | {"epochs": 2}}),
            False,
        ),  # the classifiers are the published ones
        (vary(1, 10_000), True),
        (vary(1, 10_000, dataset={"name": "fashion_mnist"}), False),  # it has no published numbers
    ],
    ids=["the study", "another autoencoder", "held-out images", "another data set"],
)
def test_the_summary_says_that_nothing_is_held_against_published_numbers(summarize, config, said):
    lines = summarize(config)
    assert any(line.startswith("No published number is compared") for line in lines) == said
