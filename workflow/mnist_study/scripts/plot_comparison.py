"""Plot our noise curves over the published ones, where networks, trainings and data are the same."""

import textwrap
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from mnist_study.images import NO_DENOISER
from mnist_study.run.jobs import Job, run_job
from mnist_study.show.figures import (
    NOISE_AXIS,
    NOISE_LEVEL,
    ONE_COLUMN,
    label_accuracy,
    make_figure,
    save_figure,
    style_denoisers,
    write_footnote,
)
from mnist_study.show.published import NOISE_LEVELS, TEST_IMAGES, Cell, Images, find_cell
from mnist_study.show.tables import list_names, name_denoiser, select_cell

FOOTNOTE_WIDTH = 58  # letters
# The published curves by their names, in our words, and as they look where the study has no such curve.
WORDS = {"noisy": name_denoiser(NO_DENOISER), "denoised": "autoencoder"}
PLAIN = style_denoisers(NOISE_LEVELS)


def plot_comparison(levels: pd.DataFrame, found: Mapping[Images, Cell | None]) -> Figure:
    """Plot the published accuracy over the noise level as dashed curves, and ours as solid ones where there is one.

    Ours is the mean over the replicates, with its 95 % confidence interval. `levels`: levels.csv. `found`: by the name
    of each published curve, our scorer and denoiser, or None if none is comparable.
    """
    figure = make_figure(ONE_COLUMN, 3)
    axes = figure.subplots()
    styles = style_denoisers(list_names(levels, "denoiser"))
    for images, curve in NOISE_LEVELS.items():
        cell = found[images]
        style = styles[cell[1]] if cell else PLAIN[images]
        color, marker = style["color"], style["marker"]
        axes.plot(
            *zip(*curve.items(), strict=True),
            color=color,
            marker=marker,
            markersize=6,
            markerfacecolor="none",
            markeredgewidth=0.8,
            linestyle="--",
            label=f"{WORDS[images]}, published",
        )
        if cell:
            ours = select_cell(levels, *cell)
            label = f"{name_denoiser(cell[1])}, ours (n = {ours['n'].iloc[0]})"
            axes.fill_between(ours["level"], ours["ci95_low"], ours["ci95_high"], color=color, alpha=0.2, linewidth=0)
            axes.plot(ours["level"], ours["mean"], color=color, marker=marker, markersize=3, label=label)
    axes.set(xlabel=NOISE_LEVEL, ylabel=label_accuracy(TEST_IMAGES), xlim=NOISE_AXIS, ylim=(0, 1.02))
    axes.legend()
    left_out = [WORDS[images] for images, cell in found.items() if cell is None]
    if left_out:
        text = f"Ours ({', '.join(left_out)}) is not drawn, as it is of another network, training or noise."
        write_footnote(figure, textwrap.fill(text, FOOTNOTE_WIDTH))
    return figure


def main(job: Job) -> None:
    found = {images: find_cell(job.settings, images)[0] for images in NOISE_LEVELS}
    save_figure(plot_comparison(pd.read_csv(job.arguments.levels), found), job.arguments.figure)


if __name__ == "__main__":
    run_job(main, __doc__, levels=Path, figure=Path)
