"""Plot the mean accuracy of each class over the noise level, on noisy and on denoised images."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from mnist_study.run.jobs import Job, run_job
from mnist_study.show.figures import IMAGES, TWO_COLUMNS, draw_heatmap, make_figure, save_figure, shorten_name
from mnist_study.show.tables import read_table

# With more levels or more classes, the numbers would not fit into their cells.
WRITTEN_LEVELS, WRITTEN_CLASSES = 12, 40
ROW_HEIGHT = 0.2  # inches
HEIGHTS = 2.8, 8.8  # inches: the label of the colour bar fits, and so does the figure on a page


def plot_class_accuracy(classes: pd.DataFrame) -> Figure:
    """Plot two heat maps side by side, noisy and denoised, with true classes in rows and noise levels in columns.

    `classes` has the columns level, images ("noisy" or "denoised"), class, n, mean. The classes are in the order of its
    rows.
    """
    names = classes["class"].unique()
    figure = make_figure(TWO_COLUMNS, float(np.clip(0.8 + ROW_HEIGHT * len(names), *HEIGHTS)))
    panels = figure.subplots(1, len(IMAGES), sharey=True)
    for axes, images in zip(panels, IMAGES, strict=True):
        accuracy = classes[classes["images"] == images].pivot(index="class", columns="level", values="mean")
        accuracy = accuracy.loc[names].rename(index=shorten_name)
        narrow = accuracy.shape[1] > WRITTEN_LEVELS
        written = not narrow and len(names) <= WRITTEN_CLASSES
        mesh = draw_heatmap(axes, accuracy.rename(columns="{:g}".format), ".2f", vmin=0, vmax=1, annot=written)
        axes.set(title=f"{images} images", xlabel="noise level", ylabel="")
        if narrow:
            axes.tick_params(axis="x", rotation=90)
    panels[0].set_ylabel("true class")
    n = classes["n"].iloc[0]
    label = f"mean accuracy of n = {n} replicates" if n > 1 else "accuracy, n = 1 replicate"
    bar = figure.colorbar(mesh, ax=panels, label=label, aspect=30, pad=0.01)
    bar.outline.set_visible(False)
    return figure


def main(job: Job) -> None:
    save_figure(plot_class_accuracy(read_table(job.arguments.classes)), job.arguments.figure)


if __name__ == "__main__":
    run_job(main, __doc__, classes=Path, figure=Path)
