"""Show the worst-classified test images, each with its true and its predicted class."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from mnist_study.run.jobs import Job, run_job
from mnist_study.show.figures import (
    FOOTNOTE,
    TWO_COLUMNS,
    draw_grid,
    format_class,
    make_figure,
    measure_grid,
    save_figure,
    write_footnote,
)


def plot_worst_digits(worst: dict[str, np.ndarray]) -> Figure:
    """Plot a grid of images, the worst first, each with its true class, the predicted one and its confidence.

    `worst` has images (n, 784), their true classes as labels (n,), and class probabilities (n, 10). n may be 0.
    """
    captions = [
        f"{label} → {format_class(probabilities)}"
        for label, probabilities in zip(worst["labels"], worst["probabilities"], strict=True)
    ]
    figure = make_figure(TWO_COLUMNS, measure_grid(len(captions)) + FOOTNOTE)
    axes = figure.subplots()
    draw_grid(axes, worst["images"], captions)
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
