"""Show the synthetic digits, each with its class and the classifier's confidence."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from workflow.lib.figures import TWO_COLUMNS, count_grid_height, draw_grid, format_class, make_figure, save_figure
from workflow.lib.jobs import Job, run_job


def plot_decoder_samples(samples: dict[str, np.ndarray]) -> Figure:
    """Plot a grid of images for each distribution of latent vectors, each image with its class and confidence.

    `samples` has distributions (d,), images (d, n, 784) and the classes' probabilities (d, n, 10).
    """
    names = samples["distributions"]
    figure = make_figure(TWO_COLUMNS, len(names) * (0.4 + count_grid_height(samples["images"].shape[1])))
    panels = figure.subplots(len(names), 1, squeeze=False)[:, 0]
    for axes, name, images, probabilities in zip(
        panels, names, samples["images"], samples["probabilities"], strict=True
    ):
        draw_grid(axes, images, list(map(format_class, probabilities)))
        axes.set_title(f"latent vectors from a {name} distribution")
    figure.supxlabel("under each image: the classifier's class and confidence", fontsize=7)
    return figure


def main(job: Job) -> None:
    with np.load(job.arguments.images) as samples:
        save_figure(plot_decoder_samples(dict(samples)), job.arguments.figure)


if __name__ == "__main__":
    run_job(main, __doc__, images=Path, figure=Path)
