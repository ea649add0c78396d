"""What a reader of the figures would notice."""

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from workflow.lib.figures import make_figure, save_figure
from workflow.lib.published import NOISE_LEVELS, QUANTITIES
from workflow.scripts.plot_autoencoder_loss import plot_autoencoder_loss
from workflow.scripts.plot_comparison import plot_comparison
from workflow.scripts.plot_decoder_samples import plot_decoder_samples
from workflow.scripts.plot_factors import plot_factors
from workflow.scripts.plot_gallery import plot_gallery
from workflow.scripts.plot_learning_curves import plot_learning_curves
from workflow.scripts.plot_model import plot_model
from workflow.scripts.plot_noise_levels import plot_noise_levels

NO_FACTOR = [np.nan]
FACTORS = [1e-5, 5e-4]


def make_epochs(factors, replicates, epochs):
    return pd.DataFrame(
        {
            "classifier": "mlp",
            "factor": factor,
            "replicate": replicate,
            "epoch": epoch,
            "data": data,
            "loss": (1 + replicate / 10) / epoch,
            "accuracy": 0.9 + 0.01 * replicate - 0.05 / epoch,
        }
        for factor in factors
        for replicate in range(1, replicates + 1)
        for data in ("training", "validation")
        for epoch in range(1, epochs + 1)
    )


def make_factors(replicates):
    runs = pd.DataFrame(
        {"classifier": "mlp", "factor": factor, "replicate": replicate, "accuracy": 0.9 + 0.01 * replicate + factor}
        for factor in FACTORS
        for replicate in range(1, replicates + 1)
    )
    accuracy = runs.groupby("factor")["accuracy"]
    factors = accuracy.agg(n="size", mean="mean", standard_deviation="std", maximum="max", last_replicate="last")
    return runs, factors.reset_index()


def make_levels(levels):
    return pd.DataFrame(
        {"level": level, "images": images, "accuracy": 1 - slope * level}
        for level in levels
        for images, slope in (("noisy", 0.9), ("denoised", 0.5))
    )


def make_thresholds(crossing, fall):
    falls = {
        f"accuracy on {images} images falls under {t}": fall for images in ("noisy", "denoised") for t in (0.9, 0.5)
    }
    return pd.DataFrame({"curves cross": crossing, **falls}.items(), columns=["quantity", "level"])


def make_images(*shape):
    rng = np.random.default_rng(1)
    return rng.random((*shape, 784), np.float32), rng.dirichlet(np.ones(10), shape)


def make_gallery(levels, digits):
    noisy, probabilities = make_images(len(levels), len(digits))
    probabilities[0] = 0.03 * np.eye(10)[digits] + 0.097  # at the first level, every class is right
    return {
        "levels": np.array(levels),
        "digits": np.array(digits),
        "noisy": noisy,
        "denoised": noisy,
        "noisy_probabilities": probabilities,
        "denoised_probabilities": probabilities,
    }


def make_samples(count):
    images, probabilities = make_images(2, count)
    names = np.array(["standard normal", "fitted normal"])
    return {"distributions": names, "images": images, "probabilities": probabilities}


LAYERS = pd.DataFrame(
    {
        "layer": ["Input", "Dense", "Dense"],
        "detail": [np.nan, "ReLU, L2", "softmax"],
        "output_shape": ["784", "64", "10"],
        "parameters": [0, 50240, 650],
    }
)

DRAWINGS = {
    "learning curves": lambda: plot_learning_curves(make_epochs(FACTORS, 3, 4)),
    "factors": lambda: plot_factors(*make_factors(3), "all"),
    "noise levels": lambda: plot_noise_levels(make_levels([0, 0.5, 1]), make_thresholds(0.2, 0.6)),
    "gallery": lambda: plot_gallery(make_gallery([0, 1], [7])),
    "model": lambda: plot_model(LAYERS, "mlp"),
}


def list_texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(lambda artist: hasattr(artist, "get_text")) if text.get_text()]


def read_legend(figure: Figure) -> list[str]:
    return [
        text.get_text() for legend in [*figure.legends, figure.axes[0].get_legend()] if legend for text in legend.texts
    ]


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


def test_learning_curves_of_a_sweep_show_each_factor_and_its_spread():
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
    assert len(accuracy.collections) == 4  # a band for each factor, training and validation


def test_learning_curves_of_a_single_run():
    figure = plot_learning_curves(make_epochs(NO_FACTOR, 1, 40))
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


def test_learning_curves_of_many_factors_show_eight_and_say_so():
    figure = plot_learning_curves(make_epochs(np.geomspace(1e-6, 1e-3, 30), 1, 2))
    legend = read_legend(figure)
    assert legend[0] == "L2 factor\n(8 of 30)"
    assert legend[1] == "$10^{-6}$" and legend[8] == "$10^{-3}$" and legend[9] == "data"


def test_autoencoder_loss():
    figure = plot_autoencoder_loss(make_epochs(NO_FACTOR, 1, 3)[["epoch", "data", "loss"]])
    assert read_legend(figure) == ["training", "validation (test images)"]
    assert figure.axes[0].get_ylabel() == "loss (binary cross-entropy)"


@pytest.mark.parametrize("replicates", [1, 3])
@pytest.mark.parametrize(
    ("statistic", "column"), [("final", "last_replicate"), ("mean", "mean"), ("maximum", "maximum")]
)
def test_factors_show_the_statistic_and_every_replicate(statistic, column, replicates):
    runs, factors = make_factors(replicates)
    figure = plot_factors(runs, factors, statistic)
    [axes] = figure.axes
    figure.draw_without_rendering()
    assert axes.get_xscale() == "log"
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("L2 factor", "validation accuracy\n(10,000 test images)")
    np.testing.assert_array_equal(axes.lines[0].get_ydata(), factors[column])
    points = axes.collections[-1].get_offsets()
    np.testing.assert_array_equal(points, runs[["factor", "accuracy"]])
    low, high = axes.get_ylim()
    assert low < points[:, 1].min() and points[:, 1].max() < high
    assert any(f"n = {replicates} replicate" in label for label in read_legend(figure))


def test_factors_side_by_side_share_the_scale():
    figure = plot_factors(*make_factors(3), "all")
    assert [axes.get_title() for axes in figure.axes] == ["final (last replicate)", "mean", "maximum"]
    assert len({axes.get_ylim() for axes in figure.axes}) == 1


def test_noise_levels_mark_the_crossing_and_the_falls():
    figure = plot_noise_levels(make_levels([0, 0.5, 1]), make_thresholds(0.17, 0.62))
    [axes] = figure.axes
    assert read_legend(figure) == ["noisy images", "denoised images"]
    assert axes.get_xlabel() == "noise level (share of pixels replaced)"
    assert axes.get_ylabel() == "accuracy (10,000 test images)"
    texts = list_texts(figure)
    assert any("cross at 0.17" in text for text in texts)
    assert texts.count("under 0.9 at 0.62") == texts.count("under 0.5 at 0.62") == 2


def test_noise_levels_of_one_level_mark_nothing():
    figure = plot_noise_levels(make_levels([0.4]), make_thresholds(np.nan, np.nan))
    assert not any("under" in text or "cross" in text for text in list_texts(figure))


def test_comparison_sets_ours_over_the_published_curves():
    figure = plot_comparison(make_levels([0, 1]))
    assert read_legend(figure) == ["noisy, published", "noisy, ours", "denoised, published", "denoised, ours"]
    assert [len(line.get_xdata()) for line in figure.axes[0].lines] == [11, 2, 11, 2]


@pytest.mark.parametrize("levels", [[0.4], [0, 0.5, 1], [level / 10 for level in range(11)]])
def test_gallery_labels_every_level_and_row(levels):
    figure = plot_gallery(make_gallery(levels, [7, 2]))
    [axes] = figure.axes
    assert [label.get_text() for label in axes.get_xticklabels()] == [f"{level:g}" for level in levels]
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        "7, noisy",
        "7, denoised",
        "2, noisy",
        "2, denoised",
    ]
    assert len(axes.images) == 4 * len(levels)


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
