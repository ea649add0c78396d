"""Show each digit at every noise level, and under it what the autoencoder makes of it."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from workflow.lib.figures import (
    NOISE_LEVEL,
    ONE_COLUMN,
    ROW,
    VERMILLION,
    draw_image,
    format_class,
    frame_images,
    make_figure,
    save_figure,
)
from workflow.lib.jobs import Job, run_job

GAP = 0.15  # between digits, in widths of an image
SIDE = 0.58  # inches: eleven levels fill two columns


def plot_gallery(gallery: dict[str, np.ndarray]) -> Figure:
    """Plot two rows for each digit, noisy and denoised, and a column for each level, with the classifier's classes.

    `gallery` has levels (levels,), digits (digits,), noisy and denoised (levels, digits, 784), and the classes'
    probabilities noisy_probabilities and denoised_probabilities (levels, digits, 10).
    """
    levels, digits = gallery["levels"], gallery["digits"]
    height = len(digits) * (2 * ROW + GAP)
    figure = make_figure(max(ONE_COLUMN, 0.8 + SIDE * len(levels)), 0.7 + SIDE * height)
    axes = figure.subplots()
    rows = {}
    for number, digit in enumerate(digits):
        for offset, images in ((0, "noisy"), (ROW, "denoised")):
            row = number * (2 * ROW + GAP) + offset
            rows[row] = f"{digit}, {images}"
            for column in range(len(levels)):
                probabilities = gallery[f"{images}_probabilities"][column, number]
                wrong = {} if probabilities.argmax() == digit else {"color": VERMILLION}
                caption = ("✗ " if wrong else "") + format_class(probabilities)
                draw_image(axes, gallery[images][column, number], column, row, caption, **wrong)
    frame_images(axes, len(levels), height)
    axes.set_xticks(np.arange(len(levels)) + 0.5, [f"{level:g}" for level in levels])
    axes.set_yticks([row + 0.5 for row in rows], list(rows.values()))
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    axes.set_xlabel(NOISE_LEVEL)
    figure.supxlabel("under each image: the classifier's class and confidence; ✗ a wrong class", fontsize=7)
    return figure


def main(job: Job) -> None:
    with np.load(job.arguments.images) as gallery:
        save_figure(plot_gallery(dict(gallery)), job.arguments.figure)


if __name__ == "__main__":
    run_job(main, __doc__, images=Path, figure=Path)
