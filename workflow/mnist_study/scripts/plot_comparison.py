"""Plot our noise curves over the published ones, where networks, trainings and data are the same."""

import textwrap
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from mnist_study.run.jobs import Job, run_job
from mnist_study.show.figures import (
    IMAGES,
    NOISE_LEVEL,
    ONE_COLUMN,
    label_accuracy,
    make_figure,
    save_figure,
    write_footnote,
)
from mnist_study.show.published import NOISE_LEVELS, TEST_IMAGES, explain_noise

FOOTNOTE_WIDTH = 58  # letters


def plot_comparison(levels: pd.DataFrame, why_not: dict[str, str]) -> Figure:
    """Plot the published accuracy over the noise level as dashed curves, and ours as solid ones if it is comparable.

    Ours is the mean over the replicates, with its 95 % confidence interval.

    `levels`: levels.csv. `why_not`: by images ("noisy" or "denoised"), why our curve is not comparable. The text is
    empty if it is comparable.
    """
    figure = make_figure(ONE_COLUMN, 3)
    axes = figure.subplots()
    for images, (color, marker) in IMAGES.items():
        axes.plot(
            *zip(*NOISE_LEVELS[images].items(), strict=True),
            color=color,
            marker=marker,
            markersize=6,
            markerfacecolor="none",
            markeredgewidth=0.8,
            linestyle="--",
            label=f"{images}, published",
        )
        if not why_not[images]:
            ours = levels[levels["images"] == images]
            n = ours["n"].iloc[0]
            label = f"{images}, ours (n = {n})"
            axes.fill_between(ours["level"], ours["ci95_low"], ours["ci95_high"], color=color, alpha=0.2, linewidth=0)
            axes.plot(ours["level"], ours["mean"], color=color, marker=marker, markersize=3, label=label)
    axes.set(xlabel=NOISE_LEVEL, ylabel=label_accuracy(TEST_IMAGES), xlim=(-0.05, 1.05), ylim=(0, 1.02))
    axes.legend()
    left_out = [images for images in IMAGES if why_not[images]]
    if left_out:
        text = f"Ours is not drawn on {' and '.join(left_out)} images, as it is of another network or training."
        write_footnote(figure, textwrap.fill(text, FOOTNOTE_WIDTH))
    return figure


def main(job: Job) -> None:
    why_not = {images: explain_noise(job.settings, images) for images in IMAGES}
    save_figure(plot_comparison(pd.read_csv(job.arguments.levels), why_not), job.arguments.figure)


if __name__ == "__main__":
    run_job(main, __doc__, levels=Path, figure=Path)
