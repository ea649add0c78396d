"""Show the synthetic images, each with its class and the classifier's confidence."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from mnist_study.run.jobs import Job, run_job
from mnist_study.show.figures import (
    FOOTNOTE,
    TWO_COLUMNS,
    count_lines,
    draw_grid,
    format_class,
    make_figure,
    measure_grid,
    save_figure,
    write_footnote,
)

TITLE = 0.25  # inches


def plot_decoder_samples(samples: dict[str, np.ndarray]) -> Figure:
    """Plot a grid of images for each distribution of latent vectors, each image with its class and confidence.

    `samples` has distributions (d,), images (d, n, height, width, channels), class probabilities (d, n, classes), and
    classes, their names.
    """
    names, classes = samples["distributions"], samples["classes"]
    lines = count_lines(classes)
    height = len(names) * (TITLE + measure_grid(samples["images"].shape[1], lines))
    figure = make_figure(TWO_COLUMNS, height + FOOTNOTE)
    panels = figure.subplots(len(names), 1, squeeze=False)[:, 0]
    for axes, name, images, probabilities in zip(
        panels, names, samples["images"], samples["probabilities"], strict=True
    ):
        draw_grid(axes, images, [format_class(row, classes) for row in probabilities], lines)
        axes.set_title(f"latent vectors from a {name} distribution")
    write_footnote(figure, "under each image: predicted class and confidence")
    return figure


def main(job: Job) -> None:
    with np.load(job.arguments.images) as samples:
        save_figure(plot_decoder_samples(dict(samples)), job.arguments.figure)


if __name__ == "__main__":
    run_job(main, __doc__, images=Path, figure=Path)
