"""Plot the accuracy on noisy and on denoised images over the noise level."""

from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mnist_study.run.jobs import Job, run_job
from mnist_study.show.figures import (
    GREY,
    IMAGES,
    NOISE_LEVEL,
    SMALL,
    TWO_COLUMNS,
    label_accuracy,
    make_figure,
    save_figure,
)
from mnist_study.show.tables import CROSS, THRESHOLDS, format_mean_level, name_fall

FIRST, LAST = -0.05, 1.05  # the ends of the axis of noise levels
LABEL_WIDTH = 0.2  # the width of a fall's label, on this axis


def plot_noise_levels(runs: pd.DataFrame, levels: pd.DataFrame, thresholds: pd.DataFrame) -> Figure:
    """Plot the accuracy over the noise level. Mark where the curves cross, and where each falls under 0.9 and 0.5.

    Lines are means over the replicates, bands their 95 % confidence intervals, and small points the replicates. `runs`,
    `levels`, `thresholds`: runs.csv, levels.csv and thresholds.csv of the noise levels.
    """
    figure = make_figure(TWO_COLUMNS, 3.4)
    axes = figure.subplots()
    n = levels["n"].iloc[0]
    for images, (color, marker) in IMAGES.items():
        curve, points = levels[levels["images"] == images], runs[runs["images"] == images]
        label = f"{images} images, mean of n = {n}" if n > 1 else f"{images} images, n = 1"
        axes.fill_between(curve["level"], curve["ci95_low"], curve["ci95_high"], color=color, alpha=0.2, linewidth=0)
        axes.plot(curve["level"], curve["mean"], color=color, marker=marker, label=label)
        if n > 1:
            style: dict[str, Any] = {"marker": marker, "facecolor": "none", "edgecolor": color, "linewidth": 0.5}
            axes.scatter(points["level"], points["accuracy"], s=6, zorder=3, **style)
    chance = levels["chance"].iloc[0]
    for threshold in [*THRESHOLDS, chance]:
        axes.axhline(threshold, color=GREY, linewidth=0.5, linestyle=":", zorder=0)
    axes.text(0, chance, "chance", fontsize=SMALL, color=GREY, va="bottom")
    mark_thresholds(axes, thresholds.set_index("quantity"))
    accuracy = label_accuracy(runs["total"].iloc[0])
    axes.set(xlabel=NOISE_LEVEL, ylabel=accuracy, xlim=(FIRST, LAST), ylim=(0, 1.02))
    axes.legend()
    return figure


def mark_thresholds(axes: Axes, found: pd.DataFrame) -> None:
    """Mark the mean levels where the curves cross and fall, with their standard deviations.

    `found`: thresholds.csv by quantity. The mean is empty if no replicate's curve does so.
    """
    crossing = found.loc[CROSS]
    if pd.notna(crossing["mean"]):
        axes.axvline(crossing["mean"], color="black", linewidth=0.8, linestyle="--", zorder=0)
        label_point(axes, f"the curves cross\nat {format_mean_level(crossing)}", (crossing["mean"], 0.2), fontsize=7)
    for threshold in THRESHOLDS:
        falls = {images: found.loc[name_fall(images, threshold)] for images in IMAGES}
        levels = {images: fall["mean"] for images, fall in falls.items()}
        for images, level in levels.items():
            if pd.notna(level):
                text = f"under {threshold} at {format_mean_level(falls[images])}"
                # The label of the first curve to fall lies under it: above, there may be the other curve.
                below = images == min(levels, key=levels.__getitem__)
                left = below and level - LABEL_WIDTH > FIRST
                label_point(axes, text, (level, threshold), below, left, color=IMAGES[images][0], fontsize=SMALL)


def label_point(
    axes: Axes, text: str, point: tuple[float, float], below: bool = False, left: bool = False, **style: Any
) -> None:
    """Write a label beside a point of the axes: above or below it, and right or left of it.

    The label lies over the guide lines and under the curves.
    """
    place = (-5 if left else 5, -3 if below else 2)
    style |= {"ha": "right" if left else "left", "va": "top" if below else "bottom"}
    paper = {"facecolor": "white", "edgecolor": "none", "pad": 0}
    axes.annotate(text, point, xytext=place, textcoords="offset points", bbox=paper, zorder=1, **style)


def main(job: Job) -> None:
    tables = map(pd.read_csv, (job.arguments.runs, job.arguments.levels, job.arguments.thresholds))
    save_figure(plot_noise_levels(*tables), job.arguments.figure)


if __name__ == "__main__":
    run_job(main, __doc__, runs=Path, levels=Path, thresholds=Path, figure=Path)
