"""Plot the confusion matrix of the scoring classifier."""

from pathlib import Path

import pandas as pd
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from mnist_study.run.jobs import Job, run_job
from mnist_study.show.figures import ONE_COLUMN, draw_heatmap, make_figure, save_figure


def plot_confusion(confusion: pd.DataFrame) -> Figure:
    """Plot the confusion matrix with its counts on a logarithmic colour scale. Cells without images stay empty.

    `confusion` has the columns true, predicted, count.
    """
    counts = confusion.pivot(index="true", columns="predicted", values="count")
    total = confusion["count"].sum()
    wrong = confusion.loc[confusion["true"] != confusion["predicted"], "count"].sum()
    figure = make_figure(ONE_COLUMN, 3.5)
    axes = figure.subplots()
    scale = LogNorm(1, counts.to_numpy().max())
    draw_heatmap(axes, counts, "d", mask=counts == 0, norm=scale, annot=True, square=True)
    axes.set(xlabel="predicted class", ylabel="true class", title=f"{wrong:,} of {total:,} test images misclassified")
    return figure


def main(job: Job) -> None:
    save_figure(plot_confusion(pd.read_csv(job.arguments.confusion)), job.arguments.figure)


if __name__ == "__main__":
    run_job(main, __doc__, confusion=Path, figure=Path)
