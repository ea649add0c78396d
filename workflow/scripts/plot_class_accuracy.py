"""Plot the accuracy of each class over the noise level, on noisy and on denoised images."""

from pathlib import Path

import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from workflow.lib.figures import SEQUENTIAL, SMALL, TWO_COLUMNS, make_figure, save_figure
from workflow.lib.jobs import Job, run_job

IMAGES = ("noisy", "denoised")
WRITTEN_LEVELS = 11  # with more levels, the numbers would not fit into the cells


def plot_class_accuracy(classes: pd.DataFrame) -> Figure:
    """Plot two heat maps side by side, noisy and denoised: true classes in rows, noise levels in columns.

    `classes` has the columns level, images ("noisy" or "denoised"), class, accuracy.
    """
    figure = make_figure(TWO_COLUMNS, 2.8)
    panels = figure.subplots(1, len(IMAGES), sharey=True)
    for axes, images in zip(panels, IMAGES, strict=True):
        shown = classes[classes["images"] == images].pivot(index="class", columns="level", values="accuracy")
        sns.heatmap(
            shown.rename(columns="{:g}".format),
            vmin=0,
            vmax=1,
            cmap=SEQUENTIAL,
            annot=shown.shape[1] <= WRITTEN_LEVELS,
            fmt=".2f",
            annot_kws={"fontsize": SMALL},
            linewidths=0.5,
            cbar=False,
            ax=axes,
        )
        axes.set(title=f"{images} images", xlabel="noise level", ylabel="")
        axes.tick_params(length=0, rotation=0)
    panels[0].set_ylabel("true class")
    figure.colorbar(panels[0].collections[0], ax=panels, label="accuracy", aspect=30, pad=0.01).outline.set_visible(
        False
    )
    return figure


def main(job: Job) -> None:
    save_figure(plot_class_accuracy(pd.read_csv(job.arguments.classes)), job.arguments.figure)


if __name__ == "__main__":
    run_job(main, __doc__, classes=Path, figure=Path)
