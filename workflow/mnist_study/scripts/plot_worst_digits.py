"""Show the worst-classified test images, each with its true and its predicted class."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from mnist_study.run.jobs import Job, run_job
from mnist_study.show.figures import (
    FOOTNOTE,
    TWO_COLUMNS,
    choose_gap,
    count_lines,
    draw_grid,
    format_class,
    make_figure,
    measure_grid,
    save_figure,
    shorten_name,
    write_footnote,
)


def plot_worst_digits(worst: dict[str, np.ndarray]) -> Figure:
    """Plot a grid of images, the worst first, each with its true class, the predicted one and its confidence.

    `worst` has images (n, height, width, channels), their true classes as labels (n,), class probabilities
    (n, classes), and classes, their names. n may be 0.
    """
    classes = worst["classes"]
    captions = [
        f"{shorten_name(classes[label])} →{choose_gap(classes)}{format_class(probabilities, classes)}"
        for label, probabilities in zip(worst["labels"], worst["probabilities"], strict=True)
    ]
    lines = count_lines(classes, names=2)
    figure = make_figure(TWO_COLUMNS, measure_grid(len(captions), lines) + FOOTNOTE)
    axes = figure.subplots()
    draw_grid(axes, worst["images"], captions, lines)
    if captions:
        write_footnote(figure, "under each image: true class → predicted class and confidence")
    else:
        axes.text(0.5, 0.5, "no test image is misclassified", ha="center", transform=axes.transAxes)
    return figure


def main(job: Job) -> None:
    with np.load(job.arguments.images) as worst:
        save_figure(plot_worst_digits(dict(worst)), job.arguments.figure)


if __name__ == "__main__":
    run_job(main, __doc__, images=Path, figure=Path)
