"""Plot the accuracy on noisy and on denoised images over the noise level."""

from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mnist_study.run.jobs import Job, run_job
from mnist_study.show.differences import compare_levels, find_crossing
from mnist_study.show.figures import ACCURACY, GREY, IMAGES, NOISE_LEVEL, SMALL, TWO_COLUMNS, make_figure, save_figure
from mnist_study.show.tables import THRESHOLDS, name_fall

LABEL_WIDTH = 0.15  # the width of a fall's label, in units of the noise level


def plot_noise_levels(levels: pd.DataFrame, thresholds: pd.DataFrame) -> Figure:
    """Plot the accuracy over the noise level. Mark where the curves cross, and where each falls under 0.9 and 0.5.

    `levels`: levels.csv. `thresholds`: thresholds.csv. A label says that denoising helps if the test images show it.
    """
    figure = make_figure(TWO_COLUMNS, 3.4)
    axes = figure.subplots()
    for images, (color, marker) in IMAGES.items():
        curve = levels[levels["images"] == images]
        axes.plot(curve["level"], curve["accuracy"], color=color, marker=marker, label=f"{images} images")
    chance = levels["chance"].iloc[0]
    for threshold in [*THRESHOLDS, chance]:
        axes.axhline(threshold, color=GREY, linewidth=0.5, linestyle=":", zorder=0)
    axes.text(0, chance, "chance", fontsize=SMALL, color=GREY, va="bottom")
    helps = find_crossing(compare_levels(levels), thresholds) is not None
    mark_thresholds(axes, thresholds.set_index("quantity")["level"], helps)
    axes.set(xlabel=NOISE_LEVEL, ylabel=ACCURACY, xlim=(-0.05, 1.05), ylim=(0, 1.02))
    axes.legend()
    return figure


def mark_thresholds(axes: Axes, found: pd.Series, helps: bool) -> None:
    """Mark the levels where the curves cross and fall.

    `found`: these levels by quantity, empty if the curves never do so. `helps`: whether denoising helps above the
    crossing.
    """
    crossing = found["curves cross"]
    if pd.notna(crossing):
        axes.axvline(crossing, color="black", linewidth=0.8, linestyle="--", zorder=0)
        meaning = ":\nabove it denoising helps" if helps else ""
        label_point(axes, f"the curves cross at {crossing:.2f}{meaning}", (crossing, 0.2), fontsize=7)
    for threshold in THRESHOLDS:
        falls = {images: found[name_fall(images, threshold)] for images in IMAGES}
        close = abs(falls["noisy"] - falls["denoised"]) < LABEL_WIDTH
        for images, level in falls.items():
            if pd.notna(level):
                text = f"under {threshold} at {level:.2f}"
                left = close and images == min(falls, key=falls.__getitem__)
                label_point(axes, text, (level, threshold), left, color=IMAGES[images][0], fontsize=SMALL)


def label_point(axes: Axes, text: str, point: tuple[float, float], left: bool = False, **style: Any) -> None:
    """Write a label above and right of a point of the axes, or below and left of it.

    The label lies over the guide lines and under the curves.
    """
    place = {"xytext": (-5, -3), "ha": "right", "va": "top"} if left else {"xytext": (5, 2)}
    paper = {"facecolor": "white", "edgecolor": "none", "pad": 0}
    axes.annotate(text, point, textcoords="offset points", bbox=paper, zorder=1, **place, **style)


def main(job: Job) -> None:
    levels, thresholds = pd.read_csv(job.arguments.levels), pd.read_csv(job.arguments.thresholds)
    save_figure(plot_noise_levels(levels, thresholds), job.arguments.figure)


if __name__ == "__main__":
    run_job(main, __doc__, levels=Path, thresholds=Path, figure=Path)
