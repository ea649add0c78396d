"""Test the interactive curves of the report."""

import numpy as np
import pandas as pd
import pytest

from mnist_study.scripts.summarize_classifier import summarize_settings
from mnist_study.scripts.summarize_noise_levels import summarize_levels, summarize_thresholds, tabulate_falls
from mnist_study.show.curves import SHOWN_RUNS, draw_learning_curves, draw_noise_levels, draw_settings
from mnist_study.show.published import NOISE_LEVELS

FACTORS = [1e-4, 1e-3]


def make_epochs(factors, replicates, validation="test"):
    """Make a table of two epochs, without l2 for the factor None. A replicate is 0.01 better than the last one."""
    table = pd.DataFrame(
        {
            "classifier": "mlp",
            "l2": factor,
            "replicate": replicate,
            "epoch": epoch,
            "data": data,
            "loss": 0.3 - 0.01 * replicate,
            "accuracy": 0.9 + 0.01 * replicate,
            "penalty": 0.1 if factor and data != "training" else 0,
        }
        for factor in factors
        for replicate in range(1, replicates + 1)
        for epoch in (1, 2)
        for data in ("training", validation)
    )
    return table.drop(columns="l2") if factors == [None] else table


def make_statistics(replicates, images=("test",)):
    runs = pd.DataFrame(
        {
            "classifier": "mlp",
            "l2": factor,
            "replicate": replicate,
            "data": data,
            "accuracy": 0.9 + 0.01 * replicate + 0.001 * place,
            "total": 10_000,
        }
        for factor in FACTORS
        for replicate in range(1, replicates + 1)
        for place, data in enumerate(images)
    )
    return runs, summarize_settings(runs)


def make_noise(replicates, *levels, scorers=("cnn",), denoisers=("net",)):
    """Make the tables of noise curves that cross at 0.5."""
    runs = pd.DataFrame(
        {
            "classifier": scorer,
            "denoiser": denoiser,
            "level": level,
            "replicate": replicate,
            "accuracy": start - slope * level - 0.01 * replicate,
            "total": 10_000,
            "chance": 0.1135,
        }
        for scorer in scorers
        for denoiser, start, slope in [("none", 0.95, 0.8), *((name, 0.75, 0.4) for name in denoisers)]
        for level in levels
        for replicate in range(1, replicates + 1)
    )
    return runs, summarize_levels(runs), summarize_thresholds(tabulate_falls(runs))


def list_named(figure):
    return [trace.name for trace in figure.data if trace.name and trace.showlegend is not False]


@pytest.mark.parametrize(("factor", "title"), [(0.001, "loss (cross-entropy + L2 penalty)"), (None, "loss")])
def test_the_learning_curves_say_what_the_loss_holds(factor, title):
    assert draw_learning_curves(make_epochs([factor], 1)).layout.yaxis2.title.text == title


def test_learning_curves_of_one_run_are_lines_without_a_band():
    figure = draw_learning_curves(make_epochs([None], 1))
    assert list_named(figure) == ["validation (test images)", "training"]
    assert not any(trace.fill for trace in figure.data)


def test_learning_curves_of_replicates_have_their_mean_a_band_of_one_standard_deviation_and_every_run():
    figure = draw_learning_curves(make_epochs([None], 3))
    band, *runs, mean, _ = [trace for trace in figure.data if trace.yaxis == "y"]
    np.testing.assert_allclose(band.y, [0.93, 0.93, 0.91, 0.91])
    assert [run.y[0] for run in runs] == pytest.approx([0.91, 0.92, 0.93])
    assert mean.y == pytest.approx((0.92, 0.92))


def test_learning_curves_of_many_runs_show_a_sample():
    figure = draw_learning_curves(make_epochs(FACTORS, 50))
    thin = [trace for trace in figure.data if trace.yaxis == "y" and trace.line.width == 0.7]
    assert len(thin) == SHOWN_RUNS


def test_curves_of_held_out_images_say_so():
    assert list_named(draw_learning_curves(make_epochs([None], 1, "held-out"))) == [
        "validation (held-out images)",
        "training",
    ]
    figure = draw_settings(*make_statistics(2, ("held-out", "test")))
    assert figure.layout.yaxis.title.text == "accuracy after the last epoch (held-out images)"
    assert figure.data[0].y == pytest.approx((0.915, 0.915))


def test_settings_show_mean_spread_maximum_last_and_every_replicate():
    figure = draw_settings(*make_statistics(3))
    assert list_named(figure) == ["mean ± standard deviation", "maximum", "last replicate", "each replicate"]
    mean, maximum, _, points = figure.data
    assert mean.error_y.array == pytest.approx((0.01, 0.01))
    assert (mean.y[0], maximum.y[0], len(points.x)) == (pytest.approx(0.92), pytest.approx(0.93), 6)
    assert figure.layout.yaxis.title.text == "accuracy after the last epoch (test images)"


def test_settings_of_one_replicate_are_one_line_without_a_spread():
    figure = draw_settings(*make_statistics(1))
    assert [trace.name for trace in figure.data] == ["accuracy"]
    assert figure.data[0].error_y.array is None


def make_grid(*values):
    """Make the tables of runs and statistics of a grid of learning rate and these dropout rates or names."""
    runs = pd.DataFrame(
        {
            "classifier": "mlp",
            "learning_rate": rate,
            "other": value,
            "replicate": replicate,
            "data": "test",
            "accuracy": 0.9 + 0.01 * replicate + rate / 10 + 0.001 * number,
            "total": 10_000,
        }
        for rate in (0.1, 0.2)
        for number, value in enumerate(values)
        for replicate in (1, 2)
    )
    return runs, summarize_settings(runs)


def test_each_value_of_a_further_setting_is_a_line_with_its_runs():
    figure = draw_settings(*make_grid(0.0, 0.2))
    assert list_named(figure) == ["other 0", "other 0.2"]
    first, points, *_ = figure.data
    assert first.y == pytest.approx((0.925, 0.935))
    assert first.error_y.array == pytest.approx((0.00707, 0.00707))
    assert (points.name, len(points.x)) == ("other 0, each replicate", 4)
    assert figure.layout.xaxis.title.text == "learning rate"
    assert figure.layout.xaxis.type is None


def test_a_control_without_a_penalty_stands_left_of_the_logarithmic_axis():
    runs, _ = make_statistics(2)
    control = runs[runs["l2"] == 1e-4].assign(l2=0.0)
    runs = pd.concat([control, runs])
    figure = draw_settings(runs, summarize_settings(runs))
    alone, joined, *_ = figure.data
    assert (alone.x, joined.x) == ((1e-5,), (1e-4, 1e-3))
    assert alone.customdata == ("0",)
    assert list(figure.layout.xaxis.ticktext) == ["0", "0.0001", "0.001"]


def test_noise_curves_of_replicates_have_their_mean_its_interval_and_every_replicate():
    runs, levels, thresholds = make_noise(3, 0, 0.25, 0.75, 1)
    figure = draw_noise_levels(runs, levels, thresholds, {})
    assert list_named(figure) == ["no denoiser, mean of n = 3", "net, mean of n = 3"]
    noisy, points, *_ = figure.data
    assert noisy.y == pytest.approx((0.93, 0.73, 0.33, 0.13))
    assert noisy.error_y.array == pytest.approx([0.02484] * 4)  # 4.303 × 0.01 / √3
    assert len(points.x) == 12
    assert figure.layout.annotations[0].text == "the curves cross at 0.50 ± 0.00"


def test_noise_curves_of_one_run_have_no_interval():
    figure = draw_noise_levels(*make_noise(1, 0, 1), {})
    assert list_named(figure) == ["no denoiser", "net"]
    assert figure.data[0].error_y.array is None
    assert figure.layout.annotations[0].text == "the curves cross at 0.50"


def test_noise_curves_that_do_not_cross_mark_nothing():
    assert not draw_noise_levels(*make_noise(2, 0), {}).layout.annotations


def test_noise_curves_stand_beside_the_published_ones_that_are_comparable():
    figure = draw_noise_levels(*make_noise(1, 0, 1), {("cnn", "none"): NOISE_LEVELS["noisy"]})
    assert list_named(figure) == ["no denoiser", "no denoiser, published", "net"]


def test_each_scorer_is_a_panel_and_a_click_in_the_legend_hides_a_denoiser_in_all():
    tables = make_noise(2, 0, 1, scorers=["cnn", "mlp"], denoisers=["median", "net"])
    figure = draw_noise_levels(*tables, {("mlp", "net"): NOISE_LEVELS["denoised"]})
    assert [note.text for note in figure.layout.annotations] == ["cnn", "mlp"]
    assert list_named(figure) == [f"{name}, mean of n = 2" for name in ("no denoiser", "median", "net")] + [
        "net, published"
    ]
    curves = [trace for trace in figure.data if trace.mode == "lines+markers" and "mean" in trace.name]
    assert [(trace.yaxis, trace.legendgroup) for trace in curves] == [
        (axis, name) for axis in ("y", "y2") for name in ("none", "median", "net")
    ]
    assert len({(trace.line.color, trace.marker.symbol) for trace in curves}) == 3
    [published] = [trace for trace in figure.data if trace.name == "net, published"]
    assert published.yaxis == "y2"


def test_of_several_denoisers_no_single_crossing_is_marked():
    assert not draw_noise_levels(*make_noise(2, 0, 1, denoisers=["median", "net"]), {}).layout.annotations
