"""Test what a reader of the figures would notice."""

from itertools import combinations

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PathCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.text import Text

from mnist_study.scripts.compare_settings import compare_settings
from mnist_study.scripts.plot_autoencoder_loss import plot_autoencoder_loss
from mnist_study.scripts.plot_class_accuracy import plot_class_accuracy
from mnist_study.scripts.plot_comparison import plot_comparison
from mnist_study.scripts.plot_confusion import plot_confusion
from mnist_study.scripts.plot_decoder_samples import plot_decoder_samples
from mnist_study.scripts.plot_decoder_walk import plot_decoder_walk
from mnist_study.scripts.plot_differences import SHOWN_PAIRS, plot_differences
from mnist_study.scripts.plot_gallery import plot_gallery
from mnist_study.scripts.plot_heat_map import plot_heat_map
from mnist_study.scripts.plot_kernel_norms import plot_kernel_norms
from mnist_study.scripts.plot_learning_curves import plot_learning_curves
from mnist_study.scripts.plot_model import plot_model
from mnist_study.scripts.plot_noise_levels import plot_noise_levels
from mnist_study.scripts.plot_settings import plot_settings
from mnist_study.scripts.plot_worst_digits import plot_worst_digits
from mnist_study.scripts.summarize_classifier import summarize_settings
from mnist_study.scripts.summarize_noise_levels import summarize_levels
from mnist_study.seeding import derive_seed
from mnist_study.show.figures import BLUE, ONE_COLUMN, TWO_COLUMNS, make_figure, save_figure
from mnist_study.show.published import NOISE_LEVELS, QUANTITIES

NO_SWEEP = [None]
FACTORS = [1e-5, 5e-4]
MANY_FACTORS = np.geomspace(1e-6, 1e-3, 30)
LEVELS = [level / 10 for level in range(11)]
BOTH = ("held-out", "test")
MANY_NAMES = [f"class {label}" for label in range(60)]
MANY_LEVELS = [level / 20 for level in range(21)]


def make_epochs(factors, replicates, epochs, validation="test"):
    table = pd.DataFrame(
        {
            "classifier": "mlp",
            "l2": factor,
            "replicate": replicate,
            "epoch": epoch,
            "data": data,
            "loss": (1 + replicate / 10) / epoch,
            "accuracy": 0.9 + 0.01 * replicate - 0.05 / epoch,
            "penalty": factor if factor and data != "training" else 0,
        }
        for factor in factors
        for replicate in range(1, replicates + 1)
        for data in ("training", validation)
        for epoch in range(1, epochs + 1)
    )
    return table.drop(columns="l2") if factors is NO_SWEEP else table


def make_losses(replicates, epochs, validation="test"):
    table = make_epochs(NO_SWEEP, replicates, epochs, validation).rename(columns={"classifier": "autoencoder"})
    return table[["autoencoder", "replicate", "epoch", "data", "loss"]]


def make_runs(replicates, factors=FACTORS, images=("test",)):
    """Make runs whose accuracy depends more on the replicate than on the factor, and a little on both together."""
    return pd.DataFrame(
        {
            "classifier": "mlp",
            "l2": factor,
            "replicate": replicate,
            "data": data,
            "accuracy": 0.9 + 0.01 * replicate + factor + (0.00001 * replicate if number % 2 else 0) + 0.01 * place,
            "total": 10_000,
        }
        for number, factor in enumerate(factors)
        for replicate in range(1, replicates + 1)
        for place, data in enumerate(images)
    )


def make_statistics(replicates, factors=FACTORS, images=("test",)):
    runs = make_runs(replicates, factors, images)
    return runs, summarize_settings(runs)


def make_differences(replicates, factors=FACTORS, images=("test",)):
    runs = make_runs(replicates, factors, images)
    return runs, compare_settings(runs, derive_seed(1, "sign flips"))


def make_grid(replicates, name="dropout", values=(0.0, 0.2, 0.5), rates=(0.01, 0.1, 1.0)):
    """Make runs and statistics of a grid of learning rates and values of another setting."""
    parts = [make_runs(replicates, [0.002 * number]).assign(l2=rate) for number, rate in enumerate(rates)]
    runs = pd.concat(parts).rename(columns={"l2": "learning_rate"})
    runs = pd.concat([runs.assign(**{name: value, "place": place}) for place, value in enumerate(values)])
    runs = runs.assign(accuracy=runs["accuracy"] - 0.005 * runs["place"])
    columns = ["classifier", "learning_rate", name, "replicate", "data", "accuracy", "total"]
    runs = runs[columns].reset_index(drop=True)
    return runs, summarize_settings(runs)


def make_control(replicates):
    """Make runs and statistics of L2 factors with a control without a penalty."""
    runs = pd.concat([make_runs(replicates, [0.0005]).assign(l2=0.0), make_runs(replicates)], ignore_index=True)
    return runs, summarize_settings(runs)


ONE = ["net"]
TWO = ["median", "net"]
FIVE = ["median", "autoencoder", "wide_autoencoder", "convolutional_autoencoder", "median_5"]
EIGHT = [*FIVE, "bilateral", "a_denoiser_with_a_name_that_is_long", "z"]


def make_evaluations(levels, replicates=1, denoisers=ONE, scorers=("cnn",)):
    return pd.DataFrame(
        {
            "classifier": scorer,
            "denoiser": denoiser,
            "level": level,
            "replicate": replicate,
            "accuracy": 1 - slope * level - 0.01 * (replicate - 1),
            "total": 10_000,
            "chance": 0.1135,
        }
        for scorer in scorers
        for denoiser, slope in zip(["none", *denoisers], np.linspace(0.9, 0.5, len(denoisers) + 1), strict=True)
        for level in levels
        for replicate in range(1, replicates + 1)
    )


def make_levels(levels, replicates=1, denoisers=ONE):
    return summarize_levels(make_evaluations(levels, replicates, denoisers))


def make_thresholds(crossing, fall, replicates=1, denoisers=ONE, scorers=("cnn",)):
    """Make thresholds.csv. Each further denoiser crosses and falls a little later than the first one."""
    table = pd.DataFrame(
        {"quantity": quantity, "classifier": scorer, "denoiser": denoiser, "mean": level + 0.01 * max(0, place - 1)}
        for scorer in scorers
        for place, denoiser in enumerate(["none", *denoisers])
        for quantity, level in {
            "curves cross": crossing,
            "accuracy falls under 0.9": fall,
            "accuracy falls under 0.5": fall,
        }.items()
        if (quantity, denoiser) != ("curves cross", "none")
    )
    return table.assign(n=replicates * table["mean"].notna(), standard_deviation=np.nan if replicates == 1 else 0.01)


def draw_noise_levels(levels, crossing, fall, replicates=1, denoisers=ONE, scorers=("cnn",)):
    runs = make_evaluations(levels, replicates, denoisers, scorers)
    thresholds = make_thresholds(crossing, fall, replicates, denoisers, scorers)
    return plot_noise_levels(runs, summarize_levels(runs), thresholds)


ALL_COMPARED = {"noisy": ("cnn", "none"), "denoised": ("cnn", "net")}
NONE_COMPARED = dict.fromkeys(ALL_COMPARED)


DIGITS = np.array([str(digit) for digit in range(10)])
NAMES = np.array(["T-shirt", "ankle boot", "a name that is cut", *(f"class {label}" for label in range(3, 10))])


def make_images(*shape, pixels=(28, 28, 1)):
    rng = np.random.default_rng(1)
    return rng.random((*shape, *pixels), np.float32), rng.dirichlet(np.ones(10), shape)


def name_classes(made, pixels=(12, 10, 3)):
    """Give the images of a figure names of classes, and make them colour images that are no squares."""
    kept = {key: values for key, values in made.items() if values.ndim > 3 and "probabilities" not in key}
    images = {key: make_images(*values.shape[:-3], pixels=pixels)[0] for key, values in kept.items()}
    return made | images | {"classes": NAMES}


def make_gallery(levels, digits, denoisers=ONE):
    noisy, probabilities = make_images(len(levels), len(digits))
    probabilities[0] = 0.03 * np.eye(10)[digits] + 0.097  # at the first level, every class is right
    return {
        "classes": DIGITS,
        "levels": np.array(levels),
        "digits": np.array(digits),
        "denoisers": np.array(denoisers),
        "noisy": noisy,
        "denoised": np.stack([noisy] * len(denoisers)),
        "noisy_probabilities": probabilities,
        "denoised_probabilities": np.stack([probabilities] * len(denoisers)),
    }


def make_samples(count):
    images, probabilities = make_images(2, count)
    names = np.array(["standard normal", "fitted normal"])
    return {"classes": DIGITS, "distributions": names, "images": images, "probabilities": probabilities}


def make_kernel_norms(factors, replicates, layers=("Dense 1", "Dense 2", "Dense 3")):
    return pd.DataFrame(
        {
            "classifier": "mlp",
            "l2": factor,
            "replicate": replicate,
            "layer": layer,
            "penalized": layer != layers[-1],
            "norm": (5 + replicate) * number,
        }
        for factor in factors
        for replicate in range(1, replicates + 1)
        for number, layer in enumerate(["all penalized", *layers], start=1)
    )


def make_norms_of_grid(rates):
    """Make the norms of a grid of L2 factors and learning rates."""
    tables = [make_kernel_norms(FACTORS, 2).assign(learning_rate=0.1 + rate) for rate in rates]
    columns = ["classifier", "l2", "learning_rate", "replicate", "layer", "penalized", "norm"]
    return pd.concat(tables, ignore_index=True)[columns]


def make_names(replicates):
    """Make runs and statistics of a sweep over names."""
    runs = make_runs(replicates, [0.01, 0.02])
    runs = runs.assign(l2=runs["l2"].map({0.01: "constant", 0.02: "cosine"})).rename(columns={"l2": "schedule"})
    return runs, summarize_settings(runs)


def make_grid_differences(replicates, **kinds):
    runs, _ = make_grid(replicates, **kinds)
    return runs, compare_settings(runs, derive_seed(1, "sign flips"))


def make_classes(levels, replicates=1, classes=DIGITS, denoisers=ONE, scorers=("cnn",)):
    return pd.DataFrame(
        {
            "classifier": scorer,
            "denoiser": denoiser,
            "level": level,
            "class": classes[label],
            "n": replicates,
            "mean": 1 - slope * level - label / 1000,
        }
        for scorer in scorers
        for denoiser, slope in zip(["none", *denoisers], np.linspace(0.9, 0.5, len(denoisers) + 1), strict=True)
        for level in levels
        for label in range(len(classes))
    )


def make_confusion(mistakes, classes=DIGITS):
    counts = {(label, label): 1000 for label in range(len(classes))} | mistakes
    return pd.DataFrame(
        {"true": name, "predicted": other, "count": counts.get((true, predicted), 0)}
        for true, name in enumerate(classes)
        for predicted, other in enumerate(classes)
    )


def make_worst(count):
    images, _ = make_images(count)
    return {
        "classes": DIGITS,
        "images": images,
        "labels": np.full(count, 9),
        "probabilities": np.tile(np.eye(10)[4], (count, 1)),
    }


def make_walk():
    images, probabilities = make_images(11)
    return {
        "classes": DIGITS,
        "positions": np.linspace(0, 1, 11),
        "images": images,
        "probabilities": probabilities,
        "ends": images[[0, -1]],
        "end_probabilities": np.eye(10)[[4, 9]],
    }


def make_sure_and_wrong(gallery):
    """Make probabilities that give a gallery its longest possible captions."""
    for name in ("noisy_probabilities", "denoised_probabilities"):
        gallery[name][:] = np.eye(10)[9]
    return gallery


LAYERS = pd.DataFrame(
    {
        "layer": ["Input", "Dense", "Dense"],
        "detail": [np.nan, "ReLU, L2", "softmax"],
        "output_shape": ["784", "64", "10"],
        "parameters": [0, 50240, 650],
    }
)
# Labels as long as one column has room for, and longer ones.
CONVOLUTIONS = pd.DataFrame(
    {
        "layer": ["Input", "Conv2D", "Conv2DTranspose"],
        "detail": [np.nan, "3 × 3, linear, L2", "3 × 3, stride 2, same padding, leaky_relu, latent"],
        "output_shape": ["128 × 128 × 3", "64 × 64 × 512", "256 × 256 × 512"],
        "parameters": [0, 14336, 2359808],
    }
)

DRAWINGS = {
    "learning curves": lambda: plot_learning_curves(make_epochs(FACTORS, 3, 4)),
    "settings": lambda: plot_settings(*make_statistics(3), "all"),
    "a grid": lambda: plot_settings(*make_grid(3), "all"),
    "a heat map": lambda: plot_heat_map(make_grid(3)[1]),
    "kernel norms": lambda: plot_kernel_norms(make_kernel_norms(FACTORS, 3)),
    "confusion": lambda: plot_confusion(make_confusion({(4, 9): 3})),
    "worst digits": lambda: plot_worst_digits(make_worst(30)),
    "differences": lambda: plot_differences(*make_differences(3, MANY_FACTORS[:5])),
    "noise levels": lambda: draw_noise_levels([0, 0.5, 1], 0.2, 0.6, replicates=3),
    "noise levels of a grid": lambda: draw_noise_levels(LEVELS, 0.2, 0.6, 3, FIVE, ["cnn", "mlp"]),
    "classes": lambda: plot_class_accuracy(make_classes(LEVELS)),
    "gallery": lambda: plot_gallery(make_sure_and_wrong(make_gallery(LEVELS, [7]))),
    "samples": lambda: plot_decoder_samples(make_samples(12)),
    "walk": lambda: plot_decoder_walk(make_walk()),
    "model": lambda: plot_model(LAYERS, "mlp"),
    "a convolution": lambda: plot_model(CONVOLUTIONS[:2], "deep"),
    "convolutions": lambda: plot_model(CONVOLUTIONS, "deep"),
}
# Studies that are smaller or larger than usual ones with figures.
EXTREMES = {
    "learning curves of one run": lambda: plot_learning_curves(make_epochs(NO_SWEEP, 1, 1)),
    "learning curves of many settings": lambda: plot_learning_curves(make_epochs(MANY_FACTORS, 2, 3)),
    "learning curves on held-out images": lambda: plot_learning_curves(make_epochs(FACTORS, 10, 40, "held-out")),
    "autoencoder": lambda: plot_autoencoder_loss(make_losses(1, 32)),
    "autoencoder of many replicates": lambda: plot_autoencoder_loss(make_losses(10, 32, "held-out")),
    "settings with a control": lambda: plot_settings(*make_control(3), "all"),
    "kernel norms with a control": lambda: plot_kernel_norms(make_kernel_norms([0, *FACTORS], 3)),
    "kernel norms of a grid": lambda: plot_kernel_norms(make_norms_of_grid(range(9))),
    "settings with names": lambda: plot_settings(*make_grid(2, "augment", ["off", "on"]), "mean"),
    "names as settings": lambda: plot_settings(*make_names(2), "all"),
    "one statistic of a grid": lambda: plot_settings(*make_grid(3), "mean"),
    "one statistic of names": lambda: plot_settings(*make_names(3), "mean"),
    "one statistic of a grid of many lines": lambda: plot_settings(
        *make_grid(2, values=np.linspace(0, 0.9, 20).round(3)), "final"
    ),
    "a grid of many lines": lambda: plot_settings(*make_grid(2, values=np.linspace(0, 0.9, 20).round(3)), "all"),
    "differences of a grid": lambda: plot_differences(*make_grid_differences(3)),
    "differences of a large grid": lambda: plot_differences(*make_grid_differences(3, values=(0, 0.1, 0.2, 0.5))),
    "a heat map of many cells": lambda: plot_heat_map(
        make_grid(1, values=np.linspace(0, 0.9, 20).round(3), rates=np.geomspace(1e-3, 1, 20))[1]
    ),
    "one setting": lambda: plot_settings(*make_statistics(1, [1e-4]), "mean"),
    "many settings": lambda: plot_settings(*make_statistics(10, MANY_FACTORS), "all"),
    "one statistic of many replicates": lambda: plot_settings(*make_statistics(10, images=BOTH), "maximum"),
    "one difference": lambda: plot_differences(*make_differences(6)),
    "differences of one replicate": lambda: plot_differences(*make_differences(1, MANY_FACTORS[:8], BOTH)),
    "differences of many settings": lambda: plot_differences(*make_differences(10, MANY_FACTORS, BOTH)),
    "kernel norms of one run": lambda: plot_kernel_norms(make_kernel_norms([1e-4], 1)),
    "kernel norms of many layers": lambda: plot_kernel_norms(
        make_kernel_norms(MANY_FACTORS, 2, [f"Conv2D {number}" for number in range(9)])
    ),
    "no mistake": lambda: plot_confusion(make_confusion({})),
    "no worst digit": lambda: plot_worst_digits(make_worst(0)),
    "one worst digit": lambda: plot_worst_digits(make_worst(1)),
    "falls at one level": lambda: draw_noise_levels(MANY_LEVELS, 0.1, 0.6, replicates=10),
    "early falls": lambda: draw_noise_levels(MANY_LEVELS, 0.02, 0.03),
    "late falls": lambda: draw_noise_levels(MANY_LEVELS, 0.97, 0.98, replicates=3),
    "noise levels of two denoisers": lambda: draw_noise_levels(LEVELS, 0.2, 0.6, 3, TWO),
    "noise levels of five denoisers": lambda: draw_noise_levels(LEVELS, 0.2, 0.6, 10, FIVE),
    "noise levels of eight denoisers": lambda: draw_noise_levels(MANY_LEVELS, 0.2, 0.6, 1, EIGHT),
    "noise levels of two scorers": lambda: draw_noise_levels(LEVELS, 0.2, 0.6, 1, ONE, ["cnn", "mlp"]),
    "noise levels of five scorers": lambda: draw_noise_levels(LEVELS, 0.2, 0.6, 3, EIGHT, ["a", "b", "c", "d", "e"]),
    "comparison in a grid": lambda: plot_comparison(make_levels(LEVELS, 3, TWO), ALL_COMPARED),
    "comparison": lambda: plot_comparison(make_levels(MANY_LEVELS, 10), ALL_COMPARED),
    "comparison with nothing": lambda: plot_comparison(make_levels(MANY_LEVELS), NONE_COMPARED),
    "classes of one level": lambda: plot_class_accuracy(make_classes([0.4])),
    "classes of many levels": lambda: plot_class_accuracy(make_classes(MANY_LEVELS, 10)),
    "classes with two denoisers": lambda: plot_class_accuracy(make_classes(LEVELS, 3, denoisers=TWO)),
    "classes with eight denoisers": lambda: plot_class_accuracy(make_classes(LEVELS, 1, denoisers=EIGHT)),
    "two classes": lambda: plot_class_accuracy(make_classes(LEVELS, 10, NAMES[:2])),
    "gallery of one level": lambda: plot_gallery(make_gallery([0.4], [7])),
    "gallery of five levels": lambda: plot_gallery(make_gallery(LEVELS[:5], [7, 2])),
    "gallery of two denoisers": lambda: plot_gallery(make_sure_and_wrong(make_gallery(LEVELS, [7, 2, 1, 0, 4], TWO))),
    "gallery of eight denoisers": lambda: plot_gallery(make_gallery(LEVELS, [7, 2], EIGHT)),
    "gallery of one level and five denoisers": lambda: plot_gallery(make_gallery([0.4], [7], FIVE)),
    "one sample": lambda: plot_decoder_samples(make_samples(1)),
    "confusion of named classes": lambda: plot_confusion(make_confusion({(4, 9): 3}, NAMES)),
    "confusion of two classes": lambda: plot_confusion(make_confusion({}, NAMES[:2])),
    "confusion of many classes": lambda: plot_confusion(make_confusion({(4, 9): 3}, MANY_NAMES)),
    "named classes": lambda: plot_class_accuracy(make_classes(LEVELS, classes=NAMES)),
    "many classes": lambda: plot_class_accuracy(make_classes(LEVELS, classes=MANY_NAMES)),
    "worst of named classes": lambda: plot_worst_digits(name_classes(make_worst(30))),
    "gallery of named classes": lambda: plot_gallery(name_classes(make_gallery(LEVELS, [1, 2]))),
    "gallery of named classes and five denoisers": lambda: plot_gallery(name_classes(make_gallery(LEVELS, [1], FIVE))),
    "samples of named classes": lambda: plot_decoder_samples(name_classes(make_samples(12))),
    "walk of named classes": lambda: plot_decoder_walk(name_classes(make_walk())),
}
WIDE = {"gallery of many levels": lambda: plot_gallery(make_sure_and_wrong(make_gallery(MANY_LEVELS, [7])))}


def list_texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(lambda artist: hasattr(artist, "get_text")) if text.get_text()]


def read_legend(figure: Figure) -> list[str]:
    return [
        text.get_text() for legend in [*figure.legends, figure.axes[0].get_legend()] if legend for text in legend.texts
    ]


@pytest.mark.parametrize("name", DRAWINGS | EXTREMES)
def test_a_figure_is_as_wide_as_one_or_two_columns(name):
    assert (DRAWINGS | EXTREMES)[name]().get_figwidth() in (ONE_COLUMN, TWO_COLUMNS)


@pytest.mark.parametrize("name", DRAWINGS | EXTREMES | WIDE)
def test_no_text_overlaps_another_or_leaves_the_figure(name, monkeypatch):
    boxes = {}
    draw = Text.draw

    def draw_and_note(self, renderer):
        if self.get_text().strip() and self.get_visible():
            boxes[self] = self.get_window_extent(renderer)
        draw(self, renderer)

    monkeypatch.setattr(Text, "draw", draw_and_note)
    figure = (DRAWINGS | EXTREMES | WIDE)[name]()
    figure.draw_without_rendering()
    boxes = [(text.get_text(), box) for text, box in boxes.items()]
    assert [
        text for text, box in boxes if not figure.bbox.contains(*box.min) or not figure.bbox.contains(*box.max)
    ] == []
    pairs = combinations(boxes, 2)
    assert [(one, other) for (one, box), (other, other_box) in pairs if box.overlaps(other_box)] == []


@pytest.mark.parametrize("name", DRAWINGS)
def test_same_bytes_on_every_run(name, tmp_path):
    for run in ("first", "second"):
        (tmp_path / run).mkdir()
        save_figure(DRAWINGS[name](), tmp_path / run / "figure.svg")
    names = sorted(path.name for path in (tmp_path / "first").iterdir())
    assert names == ["figure.png", "figure.svg"]
    for file in names:
        assert (tmp_path / "first" / file).read_bytes() == (tmp_path / "second" / file).read_bytes()


def test_fonts_are_embedded_and_no_date_is_written(tmp_path):
    save_figure(plot_model(LAYERS, "mlp"), tmp_path / "figure.svg")
    svg = (tmp_path / "figure.svg").read_text()
    assert "<text" not in svg and "font-family" not in svg and "<dc:date>" not in svg


def test_users_own_settings_do_not_count(monkeypatch):
    monkeypatch.setitem(matplotlib.rcParams, "axes.facecolor", "red")
    assert make_figure(1, 1).subplots().get_facecolor() == (1, 1, 1, 1)


def test_learning_curves_of_a_sweep_show_each_setting_and_its_spread():
    figure = plot_learning_curves(make_epochs(FACTORS, 3, 4))
    accuracy, loss = figure.axes
    assert read_legend(figure) == [
        "L2 factor",
        "$10^{-5}$",
        r"$5 \times 10^{-4}$",
        "data",
        "training",
        "validation (test images)",
    ]
    assert "n = 3 replicates" in figure.get_suptitle()
    assert (accuracy.get_xlabel(), accuracy.get_ylabel()) == ("epoch", "accuracy")
    assert loss.get_ylabel() == "loss (cross-entropy + L2 penalty)"
    assert len(accuracy.collections) == 4  # a band for each setting, training and validation


def test_learning_curves_of_a_single_run():
    figure = plot_learning_curves(make_epochs(NO_SWEEP, 1, 40))
    accuracy, loss = figure.axes
    assert read_legend(figure) == ["training", "validation (test images)"]
    assert loss.get_ylabel() == "loss (categorical cross-entropy)"
    assert {line.get_linestyle() for line in accuracy.lines if len(line.get_xdata()) == 40} == {"-", "--"}
    assert all(len(path.vertices) == 0 for band in accuracy.collections for path in band.get_paths())


def test_learning_curves_of_a_single_epoch_show_points():
    accuracy = plot_learning_curves(make_epochs(FACTORS, 1, 1)).axes[0]
    low, high = accuracy.get_xlim()
    assert [tick for tick in accuracy.get_xticks() if low <= tick <= high] == [1]
    assert all(line.get_marker() in ("o", "s") for line in accuracy.lines if len(line.get_xdata()))


def test_learning_curves_of_many_settings_show_eight_and_say_so():
    figure = plot_learning_curves(make_epochs(np.geomspace(1e-6, 1e-3, 30), 1, 2))
    legend = read_legend(figure)
    assert legend[0] == "L2 factor\n(8 of 30)"
    assert legend[1] == "$10^{-6}$" and legend[8] == "$10^{-3}$" and legend[9] == "data"


@pytest.mark.parametrize(
    ("replicates", "title", "band"), [(1, "n = 1 run", False), (3, "mean ± standard deviation of n = 3", True)]
)
def test_the_autoencoders_loss_has_a_band_where_there_are_replicates(replicates, title, band):
    [axes] = plot_autoencoder_loss(make_losses(replicates, 3)).axes
    assert [text.get_text() for text in axes.get_legend().texts] == ["training", "validation (test images)"]
    assert axes.get_ylabel() == "loss (binary cross-entropy)"
    assert title in axes.get_title()
    assert any(len(path.vertices) for area in axes.collections for path in area.get_paths()) == band


@pytest.mark.parametrize(
    "draw",
    [
        lambda: plot_learning_curves(make_epochs(FACTORS, 3, 4, "held-out")),
        lambda: plot_autoencoder_loss(make_losses(3, 4, "held-out")),
    ],
)
def test_curves_of_held_out_images_say_so(draw):
    legend = read_legend(draw())
    assert "validation (held-out images)" in legend
    assert not any("test" in text for text in legend)


@pytest.mark.parametrize("replicates", [1, 3])
@pytest.mark.parametrize(
    ("statistic", "column"), [("final", "last_replicate"), ("mean", "mean"), ("maximum", "maximum")]
)
def test_settings_show_the_statistic_and_every_replicate(statistic, column, replicates):
    runs, statistics = make_statistics(replicates)
    figure = plot_settings(runs, statistics, statistic)
    [axes] = figure.axes
    figure.draw_without_rendering()
    assert axes.get_xscale() == "log"
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("L2 factor", "validation accuracy\n(10,000 test images)")
    np.testing.assert_array_equal(axes.lines[0].get_ydata(), statistics[column])
    points = axes.collections[-1].get_offsets()
    np.testing.assert_array_equal(points, runs[["l2", "accuracy"]])
    low, high = axes.get_ylim()
    assert low < points[:, 1].min() and points[:, 1].max() < high
    assert any(f"n = {replicates} replicate" in label for label in read_legend(figure))


def test_settings_side_by_side_share_the_scale():
    figure = plot_settings(*make_statistics(3), "all")
    assert [axes.get_title() for axes in figure.axes] == ["final (last replicate)", "mean", "maximum"]
    assert len({axes.get_ylim() for axes in figure.axes}) == 1


def test_settings_are_those_of_the_held_out_images_if_there_are_any():
    runs, statistics = make_statistics(3, images=BOTH)
    [axes] = plot_settings(runs, statistics, "mean").axes
    assert axes.get_ylabel() == "validation accuracy\n(held-out images)"
    np.testing.assert_array_equal(axes.lines[0].get_ydata(), statistics.loc[statistics["data"] == "held-out", "mean"])


def test_a_further_setting_is_told_by_colour_and_marker():
    figure = plot_settings(*make_grid(2), "mean")
    [axes] = figure.axes
    lines = [container.lines[0] for container in axes.containers]
    assert read_legend(figure) == ["dropout 0", "dropout 0.2", "dropout 0.5"]
    assert len({to_hex(line.get_color()) for line in lines}) == len({line.get_marker() for line in lines}) == 3
    assert (axes.get_xlabel(), axes.get_xscale()) == ("learning rate", "log")
    assert "± standard deviation of n = 2 replicates" in figure.legends[0].get_title().get_text()


def test_of_many_lines_eight_are_drawn_and_the_legend_says_so():
    figure = plot_settings(*make_grid(1, values=np.linspace(0, 0.9, 20).round(3)), "mean")
    legend = read_legend(figure)
    assert (len(legend), legend[0], legend[-1]) == (8, "dropout 0", "dropout 0.9")
    assert "(8 of 20 lines)" in figure.legends[0].get_title().get_text()


def test_the_control_without_a_penalty_stands_alone_left_of_the_logarithmic_axis():
    runs, statistics = make_control(2)
    figure = plot_settings(runs, statistics, "mean")
    [axes] = figure.axes
    figure.draw_without_rendering()
    alone, joined = [container.lines[0] for container in axes.containers]
    assert (list(alone.get_xdata()), list(joined.get_xdata())) == ([pytest.approx(1e-6)], FACTORS)
    assert axes.get_xticks() == pytest.approx([1e-6, 1e-5, 1e-4])
    assert [label.get_text() for label in axes.get_xticklabels()] == ["0", "$10^{-5}$", "$10^{-4}$"]
    assert len(read_legend(figure)) == 2


def test_names_stand_side_by_side():
    [axes] = plot_settings(*make_names(2), "mean").axes
    assert [label.get_text() for label in axes.get_xticklabels()] == ["constant", "cosine"]
    assert axes.get_xlabel() == "schedule"


def test_a_heat_map_has_the_mean_of_each_setting_in_its_cell_and_n_in_the_title():
    _, statistics = make_grid(3)
    figure = plot_heat_map(statistics)
    axes, bar = figure.axes
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("learning rate", "dropout")
    assert [label.get_text() for label in axes.get_xticklabels()] == ["0.01", "0.1", "1"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["0.5", "0.2", "0"]
    cells = {text.get_position(): text.get_text() for text in axes.texts}
    for row in statistics.to_dict("records"):
        place = [0.01, 0.1, 1].index(row["learning_rate"]) + 0.5, [0.5, 0.2, 0].index(row["dropout"]) + 0.5
        assert cells[place] == f"{row['mean']:.4f}"
    assert "n = 3 replicates in each cell" in figure.get_suptitle()
    assert "validation accuracy" in bar.get_ylabel()


def test_the_kernel_norms_of_a_grid_have_a_panel_for_each_value_of_the_further_setting():
    figure = plot_kernel_norms(make_norms_of_grid(range(3)))
    shown = [axes.get_title() for axes in figure.axes if axes.get_visible()]
    assert shown == ["learning rate 0.1", "learning rate 1.1", "learning rate 2.1"]


def test_the_kernel_norms_of_a_sweep_without_a_penalty_say_nothing_of_penalties():
    norms = make_norms_of_grid([0]).query("layer != 'all penalized'").assign(penalized=False)
    assert read_legend(plot_kernel_norms(norms)) == ["Dense 1", "Dense 2", "Dense 3"]


def test_differences_of_a_grid_name_all_values_of_both_settings():
    figure = plot_differences(*make_grid_differences(2, values=(0.0, 0.2), rates=(0.1, 0.2)))
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert labels[0] == "0.1, 0.2 − 0.1, 0"
    assert "(learning rate, dropout; n = 2 replicates, in pairs)" in figure.get_suptitle()


def read_diamonds(axes):
    """Read the drawn means, from the upper row to the lower one: value, colour, and whether it is filled."""
    diamonds = [line for line in axes.lines if line.get_marker() == "D"]
    return [(line.get_xdata()[0], line.get_color(), line.get_markerfacecolor() != "white") for line in diamonds]


def test_differences_show_each_pair_with_mean_interval_and_replicates():
    runs, differences = make_differences(3, [1e-5, 1e-4, 5e-4])
    figure = plot_differences(runs, differences)
    [axes] = figure.axes
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels == [
        "$10^{-4}$ − $10^{-5}$",
        r"$5 \times 10^{-4}$ − $10^{-5}$",
        r"$5 \times 10^{-4}$ − $10^{-4}$",
    ]
    assert (axes.get_title(), axes.get_xlabel()) == ("test images", "difference in accuracy")
    assert [value for value, _, _ in read_diamonds(axes)] == differences["mean_difference"].tolist()
    intervals = [list(line.get_xdata()) for line in axes.lines if line.get_marker() == "None"][1:]  # without zero
    assert intervals == differences[["ci95_low", "ci95_high"]].to_numpy().tolist()
    accuracy = runs.pivot(index="replicate", columns="l2", values="accuracy")
    circles = [points.get_offsets()[:, 0] for points in axes.collections]
    np.testing.assert_array_equal(circles[0], accuracy[1e-4] - accuracy[1e-5])
    assert "n = 3 replicates, in pairs" in figure.get_suptitle()


def test_differences_that_are_shown_are_marked_not_by_colour_alone():
    runs, differences = make_differences(6)
    [shown] = read_diamonds(plot_differences(runs, differences).axes[0])
    [not_shown] = read_diamonds(plot_differences(runs, differences.assign(shown=False)).axes[0])
    assert (shown[1:], not_shown[1:]) == ((BLUE, True), ("black", False))


def test_differences_on_held_out_and_on_test_images_share_the_scale():
    held_out, test = plot_differences(*make_differences(3, images=BOTH)).axes
    assert (held_out.get_title(), test.get_title()) == ("held-out images", "test images")
    assert held_out.get_xlim() == test.get_xlim()


def test_differences_of_one_replicate_have_no_interval_and_say_that_none_is_shown():
    figure = plot_differences(*make_differences(1))
    [axes] = figure.axes
    assert len(axes.lines) == 2  # zero and the difference
    assert not axes.collections
    assert "With one replicate, no difference is shown." in list_texts(figure)


def test_of_many_differences_those_of_the_best_setting_are_plotted_as_far_as_there_is_room():
    runs, differences = make_differences(2, MANY_FACTORS)
    figure = plot_differences(runs, differences)
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert len(labels) == SHOWN_PAIRS
    assert all("$10^{-3}$" in label for label in labels)
    said = " ".join(" ".join(list_texts(figure)).split())
    assert "28 of 435 pairs are plotted, all with the best setting" in said


def test_kernel_norms_show_the_mean_and_the_spread_of_each_layer_and_which_are_penalized():
    figure = plot_kernel_norms(make_kernel_norms(FACTORS, 3))
    [axes] = figure.axes
    [legend] = figure.legends
    assert legend.get_title().get_text() == "mean ± standard deviation of n = 3 replicates"
    assert read_legend(figure) == ["all penalized", "Dense 1", "Dense 2", "Dense 3 (no penalty)"]
    assert (axes.get_xscale(), axes.get_xlabel(), axes.get_ylabel()) == ("log", "L2 factor", "L2 norm of the kernel")
    lines = [container.lines[0] for container in axes.containers]
    assert [line.get_linestyle() for line in lines] == ["-", "-", "-", ":"]
    np.testing.assert_array_equal(lines[1].get_ydata(), [14, 14])  # the mean of 12, 14, 16
    assert axes.get_ylim()[0] == 0


def test_kernel_norms_of_one_replicate_have_no_spread():
    figure = plot_kernel_norms(make_kernel_norms(FACTORS, 1))
    assert figure.legends[0].get_title().get_text() == "n = 1 replicate"


def test_confusion_shows_every_count_and_how_many_are_wrong():
    [axes] = plot_confusion(make_confusion({(4, 9): 12, (9, 4): 3})).axes
    assert axes.get_title() == "15 of 10,015 test images misclassified"
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("predicted class", "true class")
    cells = {text.get_text(): text.get_position() for text in axes.texts}
    assert (cells["12"], cells["3"]) == ((9.5, 4.5), (4.5, 9.5))
    assert len(axes.texts) == 12  # no number where there is no image


@pytest.mark.parametrize("count", [1, 10, 30])
def test_worst_digits_show_true_and_predicted_class_and_confidence(count):
    [axes] = plot_worst_digits(make_worst(count)).axes
    assert len(axes.images) == count
    assert {text.get_text() for text in axes.texts} == {"9 → 4 (100 %)"}


def test_worst_images_of_named_classes_have_both_names_in_lines_of_their_own():
    worst = name_classes(make_worst(3))
    [axes] = plot_worst_digits(worst).axes
    assert {text.get_text() for text in axes.texts} == {"class 9 →\nclass 4\n(100 %)"}


def test_a_colour_image_is_drawn_in_its_colours_and_its_proportions():
    [axes] = plot_worst_digits(name_classes(make_worst(1))).axes
    [image] = axes.images
    assert image.get_array().shape == (12, 10, 3)
    left, right, bottom, top = image.get_extent()
    assert (bottom - top) / (right - left) == pytest.approx(12 / 10)


def test_classes_stay_in_their_order():
    names = ["zebra", "ant", "10", "9"]
    [axes] = plot_confusion(make_confusion({}, names)).axes
    for labels in (axes.get_xticklabels(), axes.get_yticklabels()):
        assert [label.get_text() for label in labels] == names
    panels = plot_class_accuracy(make_classes(LEVELS, classes=names)).axes
    assert [axes.get_title() for axes in panels if axes.get_visible()] == names


def test_a_classifier_without_mistakes_is_told_so():
    figure = plot_worst_digits(make_worst(0))
    assert list_texts(figure) == ["no test image is misclassified"]


@pytest.mark.parametrize(
    ("replicates", "label"), [(1, "accuracy, n = 1 replicate"), (3, "mean accuracy of n = 3 replicates")]
)
def test_each_class_is_a_panel_with_a_curve_for_each_denoiser(replicates, label):
    figure = plot_class_accuracy(make_classes([0, 0.5, 1], replicates, denoisers=TWO, scorers=["cnn", "mlp"]))
    assert [axes.get_title() for axes in figure.axes] == [str(digit) for digit in range(10)]
    assert read_legend(figure) == ["no denoiser", "median", "net"]
    assert figure.legends[0].get_title().get_text() == "accuracy of each class, by cnn"
    assert figure.get_supylabel() == label
    curves = [line.get_ydata() for line in figure.axes[9].lines]
    np.testing.assert_allclose(curves, [[0.991, 0.541, 0.091], [0.991, 0.641, 0.291], [0.991, 0.741, 0.491]])


def test_of_many_classes_as_many_are_drawn_as_fit_on_a_page_and_the_figure_says_so():
    figure = plot_class_accuracy(make_classes(LEVELS, classes=MANY_NAMES))
    assert [axes.get_title() for axes in figure.axes] == MANY_NAMES[:30]
    assert "30 of 60 classes: the table has the others" in list_texts(figure)
    assert figure.get_figheight() < 9


def test_walk_goes_from_one_test_image_to_the_other():
    [axes] = plot_decoder_walk(make_walk()).axes
    labels = [label.get_text() for label in axes.get_xticklabels()]
    assert labels == ["original", *(f"{position / 10:g}" for position in range(11)), "original"]
    assert len(axes.images) == len(axes.texts) == 13
    assert (axes.texts[0].get_text(), axes.texts[-1].get_text()) == ("4 (100 %)", "9 (100 %)")


def test_noise_levels_of_one_run_mark_the_crossing_and_the_falls():
    figure = draw_noise_levels([0, 0.5, 1], 0.17, 0.62)
    [axes] = figure.axes
    assert read_legend(figure) == ["no denoiser", "net"]
    assert axes.get_legend().get_title().get_text() == "n = 1"
    assert axes.get_xlabel() == "noise level"
    assert axes.get_ylabel() == "accuracy (10,000 test images)"
    texts = list_texts(figure)
    assert "the curves cross\nat 0.17" in texts
    assert texts.count("under 0.9 at 0.62") == texts.count("under 0.5 at 0.62") == 2
    assert not any(points.get_offsets().size for points in axes.collections if isinstance(points, PathCollection))


def test_noise_levels_of_replicates_have_a_band_every_replicate_and_the_spread_of_what_is_marked():
    figure = draw_noise_levels([0, 0.5, 1], 0.17, 0.62, replicates=3)
    [axes] = figure.axes
    assert axes.get_legend().get_title().get_text() == "mean of n = 3"
    np.testing.assert_allclose(axes.lines[0].get_ydata(), [0.99, 0.54, 0.09])
    points = [each.get_offsets() for each in axes.collections if isinstance(each, PathCollection)]
    assert [len(each) for each in points] == [9, 9]
    low = make_levels([0, 0.5, 1], 3).query("denoiser == 'none'")["ci95_low"]
    assert axes.collections[0].get_paths()[0].get_extents().y0 == pytest.approx(low.min())
    texts = list_texts(figure)
    assert "the curves cross\nat 0.17 ± 0.01" in texts
    assert texts.count("under 0.9 at 0.62 ± 0.01") == 2


@pytest.mark.parametrize("denoisers", [ONE, TWO])
def test_noise_levels_of_one_level_mark_nothing(denoisers):
    figure = draw_noise_levels([0.4], np.nan, np.nan, denoisers=denoisers)
    assert not any("under" in text or "crosses at" in text for text in list_texts(figure))
    assert {line.get_xdata()[0] for line in figure.axes[0].lines} == {0.4, 0}  # curves, and guide lines


def test_where_several_denoisers_cross_and_fall_is_told_in_the_legend_and_marked_at_the_foot():
    figure = draw_noise_levels(LEVELS, 0.17, 0.62, 3, TWO)
    falls = "under 0.9 at {0} ± 0.01\nunder 0.5 at {0} ± 0.01"
    assert read_legend(figure) == [
        f"no denoiser\n{falls.format(0.62)}",
        f"median\ncrosses at 0.17 ± 0.01\n{falls.format(0.62)}",
        f"net\ncrosses at 0.18 ± 0.01\n{falls.format(0.63)}",
    ]
    marks = [line for line in figure.axes[0].lines if max(line.get_ydata()) == 0.05]
    assert [line.get_xdata()[0] for line in marks] == pytest.approx([0.17, 0.18])
    curves = figure.axes[0].lines[:3]
    assert [line.get_color() for line in marks] == [line.get_color() for line in curves[1:]]
    assert "marks at the foot: where a curve crosses that of no denoiser" in list_texts(figure)


def test_curves_of_eight_denoisers_differ_by_colour_and_by_marker():
    curves = draw_noise_levels(LEVELS, 0.17, 0.62, denoisers=EIGHT).axes[0].lines[:9]
    assert len({to_hex(line.get_color()) for line in curves}) == len({line.get_marker() for line in curves}) == 9


def test_each_scorer_is_a_panel_with_the_same_axes():
    figure = draw_noise_levels(LEVELS, 0.17, 0.62, 3, TWO, ["cnn", "mlp", "big"])
    panels = [axes for axes in figure.axes if axes.get_visible()]
    assert [axes.get_title() for axes in panels] == ["cnn", "mlp", "big"]
    assert read_legend(figure) == ["no denoiser", "median", "net"]
    assert len({(axes.get_xlim(), axes.get_ylim()) for axes in panels}) == 1
    assert [axes.get_xlabel() for axes in panels] == ["", "noise level", "noise level"]


def test_a_denoiser_looks_the_same_in_all_figures():
    figures = [
        draw_noise_levels(LEVELS, 0.17, 0.62, denoisers=TWO),
        plot_class_accuracy(make_classes(LEVELS, denoisers=TWO)),
    ]
    of_net = [(figure.axes[0].lines[2].get_color(), figure.axes[0].lines[2].get_marker()) for figure in figures]
    *_, ours = plot_comparison(make_levels(LEVELS, denoisers=TWO), ALL_COMPARED).axes[0].lines
    assert {*of_net} == {(ours.get_color(), ours.get_marker())}


@pytest.mark.parametrize("replicates", [1, 3])
def test_comparison_sets_ours_over_the_published_curves(replicates):
    figure = plot_comparison(make_levels([0, 1], replicates), ALL_COMPARED)
    ours = f"ours (n = {replicates})"
    assert read_legend(figure) == [
        *("no denoiser, published", f"no denoiser, {ours}", "autoencoder, published", f"net, {ours}")
    ]
    assert [len(line.get_xdata()) for line in figure.axes[0].lines] == [11, 2, 11, 2]
    assert not any("not drawn" in text for text in list_texts(figure))


def test_comparison_draws_the_matching_scorer_and_denoiser_of_several():
    runs = make_evaluations([0, 1], 1, TWO, ["mlp", "cnn"])
    runs["accuracy"] -= 0.05 * (runs["classifier"] == "cnn")
    figure = plot_comparison(summarize_levels(runs), ALL_COMPARED)
    drawn = [line.get_ydata() for line in figure.axes[0].lines if len(line.get_xdata()) == 2]
    np.testing.assert_allclose(drawn, [[0.95, 0.05], [0.95, 0.45]])


@pytest.mark.parametrize(
    ("compared", "legend", "said"),
    [
        (
            ["noisy"],
            ["no denoiser, published", "no denoiser, ours (n = 1)", "autoencoder, published"],
            "Ours (autoencoder) is not drawn",
        ),
        ([], ["no denoiser, published", "autoencoder, published"], "Ours (no denoiser, autoencoder) is not drawn"),
    ],
)
def test_comparison_leaves_out_what_is_of_another_network_and_says_so(compared, legend, said):
    found = NONE_COMPARED | {images: ALL_COMPARED[images] for images in compared}
    figure = plot_comparison(make_levels([0, 1]), found)
    assert read_legend(figure) == legend
    assert any(said in " ".join(text.split()) for text in list_texts(figure))


@pytest.mark.parametrize("levels", [[0.4], [0, 0.5, 1], [level / 10 for level in range(11)]])
def test_gallery_labels_every_level_and_row(levels):
    figure = plot_gallery(make_gallery(levels, [7, 2]))
    [axes] = figure.axes
    assert [label.get_text() for label in axes.get_xticklabels()] == [f"{level:g}" for level in levels]
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        "7,\nno denoiser",
        "7,\nnet",
        "2,\nno denoiser",
        "2,\nnet",
    ]
    assert len(axes.images) == 4 * len(levels)


def test_gallery_has_a_row_for_each_denoiser_with_its_images_and_classes():
    gallery = make_gallery([0, 1], [7], ["median", "wide_autoencoder"])
    gallery["denoised"][1] = 0.5
    gallery["denoised_probabilities"][1] = 0.95 * np.eye(10)[3] + 0.005
    [axes] = plot_gallery(gallery).axes
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        *("7,\nno denoiser", "7,\nmedian", "7,\nwide_\nautoencoder")
    ]
    assert [image.get_array().min() == 0.5 for image in axes.images] == [False] * 4 + [True] * 2
    assert [text.get_text() for text in axes.texts][4:] == ["✗ 3 (96 %)"] * 2


def test_gallery_marks_wrong_classes_not_by_colour_alone():
    gallery = make_gallery([0, 1], [7])
    gallery["noisy_probabilities"][1] = 0.95 * np.eye(10)[3] + 0.005
    captions = [text.get_text() for text in plot_gallery(gallery).axes[0].texts]
    assert "7 (13 %)" in captions
    assert "✗ 3 (96 %)" in captions


@pytest.mark.parametrize("count", [1, 12])
def test_decoder_samples_show_class_and_confidence(count):
    samples = make_samples(count)
    samples["probabilities"][1, 0] = 0.8 * np.eye(10)[6] + 0.02
    standard, fitted = plot_decoder_samples(samples).axes
    assert "standard normal" in standard.get_title() and "fitted normal" in fitted.get_title()
    assert len(standard.images) == len(standard.texts) == count
    assert fitted.texts[0].get_text() == "6 (82 %)"


def test_model_shows_layers_shapes_and_parameters():
    figure = plot_model(LAYERS, "mlp")
    assert figure.get_suptitle() == "mlp: 50,890 parameters"
    assert {"Input", "Dense, ReLU, L2", "Dense, softmax", "784", "50,240"} <= set(list_texts(figure))


def test_published_numbers_are_complete():
    assert len(QUANTITIES) == 13
    assert all(list(curve) == [level / 10 for level in range(11)] for curve in NOISE_LEVELS.values())
