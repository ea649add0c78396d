"""Plot which classes the scoring classifier takes for which."""

from pathlib import Path

import pandas as pd
import seaborn as sns
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from workflow.lib.figures import ONE_COLUMN, SEQUENTIAL, SMALL, make_figure, save_figure
from workflow.lib.jobs import Job, run_job


def plot_confusion(confusion: pd.DataFrame) -> Figure:
    """Plot the confusion matrix with its counts, on a logarithmic scale of colours; no image, no number.

    `confusion` has the columns true, predicted, count.
    """
    counts = confusion.pivot(index="true", columns="predicted", values="count")
    figure = make_figure(ONE_COLUMN, 3.5)
    axes = figure.subplots()
    sns.heatmap(
        counts,
        mask=counts == 0,
        norm=LogNorm(1, counts.to_numpy().max()),
        cmap=SEQUENTIAL,
        annot=True,
        fmt="d",
        annot_kws={"fontsize": SMALL},
        linewidths=0.5,
        linecolor="0.9",
        square=True,
        cbar=False,
        ax=axes,
    )
    axes.set(xlabel="predicted class", ylabel="true class")
    axes.tick_params(length=0, rotation=0)
    total = counts.to_numpy().sum()
    wrong = total - counts.to_numpy().trace()
    axes.set_title(f"{wrong:,} of {total:,} test images wrong")
    return figure


def main(job: Job) -> None:
    save_figure(plot_confusion(pd.read_csv(job.arguments.confusion)), job.arguments.figure)


if __name__ == "__main__":
    run_job(main, __doc__, confusion=Path, figure=Path)
