"""Plot the mean accuracy of each class over the noise level, on noisy and on denoised images."""

from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from mnist_study.run.jobs import Job, run_job
from mnist_study.show.figures import IMAGES, TWO_COLUMNS, draw_heatmap, make_figure, save_figure

WRITTEN_LEVELS = 12  # with more levels, the numbers would not fit into their cells


def plot_class_accuracy(classes: pd.DataFrame) -> Figure:
    """Plot two heat maps side by side, noisy and denoised, with true classes in rows and noise levels in columns.

    `classes` has the columns level, images ("noisy" or "denoised"), class, n, mean.
    """
    figure = make_figure(TWO_COLUMNS, 2.8)
    panels = figure.subplots(1, len(IMAGES), sharey=True)
    for axes, images in zip(panels, IMAGES, strict=True):
        accuracy = classes[classes["images"] == images].pivot(index="class", columns="level", values="mean")
        written = accuracy.shape[1] <= WRITTEN_LEVELS
        mesh = draw_heatmap(axes, accuracy.rename(columns="{:g}".format), ".2f", vmin=0, vmax=1, annot=written)
        axes.set(title=f"{images} images", xlabel="noise level", ylabel="")
        if not written:
            axes.tick_params(axis="x", rotation=90)
    panels[0].set_ylabel("true class")
    n = classes["n"].iloc[0]
    label = f"mean accuracy of n = {n} replicates" if n > 1 else "accuracy, n = 1 replicate"
    bar = figure.colorbar(mesh, ax=panels, label=label, aspect=30, pad=0.01)
    bar.outline.set_visible(False)
    return figure


def main(job: Job) -> None:
    save_figure(plot_class_accuracy(pd.read_csv(job.arguments.classes)), job.arguments.figure)


if __name__ == "__main__":
    run_job(main, __doc__, classes=Path, figure=Path)
