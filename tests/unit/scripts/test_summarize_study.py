from argparse import Namespace

import numpy as np
import pandas as pd
import pytest
import yaml

from mnist_study.plan.study import compare_published
from mnist_study.run.jobs import Job
from mnist_study.scripts.summarize_noise_levels import tabulate_thresholds
from mnist_study.scripts.summarize_study import describe_classifier, main
from mnist_study.show.tables import write_table
from mnist_study.trust.reasons import ROOT


def make_factors(*rows, classifier="regularized"):
    """Make the table of a classifier's factors: factor, n, mean, standard deviation, maximum."""
    table = pd.DataFrame(rows, columns=["factor", "n", "mean", "standard_deviation", "maximum"], dtype=object)
    table = table.astype({"factor": float, "n": int, "mean": float, "standard_deviation": float, "maximum": float})
    table.insert(0, "classifier", classifier)
    return table


SINGLE = make_factors((None, 1, 0.99123, None, 0.99123), classifier="cnn")
SWEEP = make_factors((1e-6, 3, 0.981, 0.001, 0.9833), (1e-5, 3, 0.9825, 0.00014, 0.9829), (1e-3, 3, 0.97, 0.002, 0.975))
LEVELS = pd.DataFrame(
    [
        (0.0, "noisy", 0.99, 9900),
        (0.0, "denoised", 0.95, 9500),
        (0.5, "noisy", 0.91, 9100),
        (0.5, "denoised", 0.94, 9400),
    ],
    columns=["level", "images", "accuracy", "correct"],
).assign(n=10_000, chance=0.1135)


STUDY = compare_published(yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8")), None)
BASELINE = {"layers": [{"dense": 8}], "factors": [], "replicates": 1, "epochs": 2, "batch_size": 8, "learning_rate": 1}


def make_runs(*accuracies, classifier="regularized"):
    """Make the table of a classifier's runs without a factor: replicates 1, 2, …"""
    return pd.DataFrame(
        {"classifier": classifier, "factor": np.nan, "replicate": replicate, "accuracy": accuracy, "chance": 0.1135}
        for replicate, accuracy in enumerate(accuracies, start=1)
    )


def make_losses(last):
    losses = {"epoch": [1, 2, 1, 2], "data": ["training"] * 2 + ["validation"] * 2, "loss": [0.3, 0.115, 0.4, last]}
    return pd.DataFrame(losses).assign(chance=0.26)


@pytest.fixture
def summarize(tmp_path):
    """Give a function that writes the summary of a study of two classifiers and returns its lines."""

    def summarize(cnn, regularized, losses, **changes):
        tables = {"cnn": SINGLE, "regularized": SWEEP, "cnn_runs": cnn, "regularized_runs": regularized}
        tables |= {"autoencoder": losses, "levels": LEVELS, "thresholds": tabulate_thresholds(LEVELS)}
        paths = {name: tmp_path / f"{name}.csv" for name in tables}
        for name, table in tables.items():
            write_table(table, paths[name])
        arguments = Namespace(
            factors=[paths["cnn"], paths["regularized"]],
            runs=[paths["cnn_runs"], paths["regularized_runs"]],
            summary=tmp_path / "summary.txt",
            **{name: paths[name] for name in ("autoencoder", "levels", "thresholds")},
        )
        main(Job(arguments, STUDY | changes, {}, {}, {}))
        return arguments.summary.read_text(encoding="utf-8").splitlines()

    return summarize


@pytest.mark.parametrize(
    ("factors", "line"),
    [
        (SINGLE, "cnn: accuracy 0.9912 (n = 1)"),
        (
            SWEEP,
            "regularized: accuracy 0.9825 ± 0.0001 (n = 3) at its best factor 1e-05; best of all runs 0.9833",
        ),
        (
            make_factors((None, 2, 0.96, 0.01, 0.97), classifier="baseline"),
            "baseline: accuracy 0.9600 ± 0.0100 (n = 2); best of all runs 0.9700",
        ),
        (
            make_factors((1e-4, 1, 0.95, None, 0.95), (5e-4, 1, 0.96, None, 0.96)),
            "regularized: accuracy 0.9600 (n = 1) at its best factor 0.0005; best of all runs 0.9600",
        ),
        (make_factors((1e-4, 1, 0.95, None, 0.95)), "regularized: accuracy 0.9500 (n = 1) at its best factor 0.0001"),
    ],
    ids=["single run", "sweep", "replicates alone", "factors alone", "one factor"],
)
def test_a_classifier_is_a_line(factors, line):
    assert describe_classifier(factors) == line


def test_the_summary_says_what_came_out_and_where_it_lies(summarize, tmp_path):
    assert summarize(make_runs(0.9912, classifier="cnn"), make_runs(0.98, 0.97), make_losses(0.12)) == [
        "cnn: accuracy 0.9912 (n = 1)",
        "regularized: accuracy 0.9825 ± 0.0001 (n = 3) at its best factor 1e-05; best of all runs 0.9833",
        "autoencoder: loss 0.1150, validation loss 0.1200",
        "Denoising pays off above a noise level of 0.29, where the curves cross; below it, it hurts: at level 0, it "
        "takes the accuracy from 0.9900 to 0.9500. The largest gain, 0.0300, is at level 0.5.",
        "On noisy images, the accuracy never falls under 0.9 and never falls under 0.5.",
        "On denoised images, the accuracy never falls under 0.9 and never falls under 0.5.",
        f"tables: {tmp_path}/tables    figures: {tmp_path}/figures    logs: {tmp_path}/logs",
    ]


def test_the_summary_says_what_is_no_better_than_chance(summarize):
    lines = summarize(make_runs(0.0958, classifier="cnn"), make_runs(0.98, 0.1135), make_losses(0.26))
    chance = "no better than chance, 0.1135, the accuracy of naming the most frequent class for all images"
    assert f"This run of “cnn” ends {chance}." in lines
    assert f"1 of 2 runs of “regularized” end {chance}: replicate 2." in lines
    assert any(
        "“cnn”, which is asked for the class, is no better than chance on clean images" in line for line in lines
    )
    assert "The autoencoder is no better than chance: one image for all, the mean, has a loss of 0.2600." in lines


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, False),
        ({"classifiers": {"cnn": BASELINE}}, False),  # the autoencoder is the published one
        ({"classifiers": {"cnn": BASELINE}, "autoencoder": STUDY["autoencoder"] | {"epochs": 2}}, True),
        ({"dataset": "fashion_mnist"}, False),  # it has no published numbers
    ],
    ids=["all", "autoencoder alone", "nothing", "another data set"],
)
def test_the_summary_says_that_nothing_is_held_against_published_numbers(summarize, changes, said):
    lines = summarize(make_runs(0.99, classifier="cnn"), make_runs(0.98), make_losses(0.12), **changes)
    assert any(line.startswith("No published number is compared") for line in lines) == said
