"""Show the decoded images between two test images in the latent space, each with its class and confidence."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from mnist_study.run.jobs import Job, run_job
from mnist_study.show.figures import (
    ROW,
    TWO_COLUMNS,
    count_lines,
    draw_image,
    format_class,
    frame_images,
    make_figure,
    measure_row,
    save_figure,
    write_footnote,
)

GAP = 0.3  # between a test image and the walk, in widths of an image


def plot_decoder_walk(walk: dict[str, np.ndarray]) -> Figure:
    """Plot the decoded images of a walk through the latent space in a row, between the two test images at its ends.

    `walk` has positions (steps,) from 0 to 1, images (steps, height, width, channels), ends (2, height, width,
    channels), the class probabilities of both: probabilities (steps, classes) and end_probabilities (2, classes), and
    classes, their names.
    """
    steps = len(walk["positions"])
    last = 1 + GAP + steps + GAP
    height = measure_row(count_lines(walk["classes"]))
    figure = make_figure(TWO_COLUMNS, 1.25 + (height - ROW) * TWO_COLUMNS / (last + 1))
    axes = figure.subplots()
    columns = [0, *(1 + GAP + np.arange(steps)), last]
    images = [walk["ends"][0], *walk["images"], walk["ends"][1]]
    probabilities = [walk["end_probabilities"][0], *walk["probabilities"], walk["end_probabilities"][1]]
    for column, image, row in zip(columns, images, probabilities, strict=True):
        draw_image(axes, image, column, 0, format_class(row, walk["classes"]))
    frame_images(axes, last + 1, height)
    labels = ["original", *(f"{position:g}" for position in walk["positions"]), "original"]
    axes.set_xticks([column + 0.5 for column in columns], labels)
    axes.set_yticks([])
    axes.xaxis.tick_top()
    figure.suptitle("share of the way between the latent vectors of two test images")
    write_footnote(figure, "under each image: predicted class and confidence")
    return figure


def main(job: Job) -> None:
    with np.load(job.arguments.walk) as walk:
        save_figure(plot_decoder_walk(dict(walk)), job.arguments.figure)


if __name__ == "__main__":
    run_job(main, __doc__, walk=Path, figure=Path)
