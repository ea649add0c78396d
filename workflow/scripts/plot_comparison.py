"""Plot our noise curves over the published ones."""

from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from workflow.lib.figures import ACCURACY, IMAGES, NOISE_LEVEL, ONE_COLUMN, make_figure, save_figure
from workflow.lib.jobs import Job, run_job
from workflow.lib.published import NOISE_LEVELS


def plot_comparison(levels: pd.DataFrame) -> Figure:
    """Plot our accuracy over the noise level, solid, and the published one, dashed.

    `levels` has the columns level, images ("noisy" or "denoised"), accuracy.
    """
    figure = make_figure(ONE_COLUMN, 3)
    axes = figure.subplots()
    for images, (color, marker) in IMAGES.items():
        ours = levels[levels["images"] == images]
        published = NOISE_LEVELS[images]
        axes.plot(
            *zip(*published.items(), strict=True),
            color=color,
            marker=marker,
            markersize=6,
            markerfacecolor="none",
            markeredgewidth=0.8,
            linestyle="--",
            label=f"{images}, published",
        )
        axes.plot(ours["level"], ours["accuracy"], color=color, marker=marker, markersize=3, label=f"{images}, ours")
    axes.set(xlabel=NOISE_LEVEL, ylabel=ACCURACY, xlim=(-0.05, 1.05), ylim=(0, 1.02))
    axes.legend()
    return figure


def main(job: Job) -> None:
    save_figure(plot_comparison(pd.read_csv(job.arguments.levels)), job.arguments.figure)


if __name__ == "__main__":
    run_job(main, __doc__, levels=Path, figure=Path)
