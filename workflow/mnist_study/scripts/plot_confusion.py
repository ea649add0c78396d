"""Plot the confusion matrix of the scoring classifier."""

from pathlib import Path

import pandas as pd
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from mnist_study.run.jobs import Job, run_job
from mnist_study.show.figures import (
    ONE_COLUMN,
    TWO_COLUMNS,
    choose_gap,
    draw_heatmap,
    make_figure,
    save_figure,
    shorten_name,
)
from mnist_study.show.tables import read_table

ONE_COLUMN_CLASSES = 10
WRITTEN_CLASSES = 26  # with more classes, the counts would not fit into their cells


def plot_confusion(confusion: pd.DataFrame) -> Figure:
    """Plot the confusion matrix with its counts on a logarithmic colour scale. Cells without images stay empty.

    `confusion` has the columns true, predicted, count. The classes are in the order of its rows.
    """
    classes = confusion["true"].unique()
    counts = confusion.pivot(index="true", columns="predicted", values="count").loc[classes, classes]
    counts = counts.rename(index=shorten_name, columns=shorten_name)
    total = confusion["count"].sum()
    wrong = confusion.loc[confusion["true"] != confusion["predicted"], "count"].sum()
    width = ONE_COLUMN if len(classes) <= ONE_COLUMN_CLASSES else TWO_COLUMNS
    figure = make_figure(width, width)
    axes = figure.subplots()
    scale = LogNorm(1, max(2, counts.to_numpy().max()))
    written = len(classes) <= WRITTEN_CLASSES
    draw_heatmap(axes, counts, "d", mask=counts == 0, norm=scale, annot=written, square=True)
    if choose_gap(classes) == "\n":
        axes.tick_params(axis="x", rotation=90)
    axes.set(xlabel="predicted class", ylabel="true class", title=f"{wrong:,} of {total:,} test images misclassified")
    return figure


def main(job: Job) -> None:
    save_figure(plot_confusion(read_table(job.arguments.confusion)), job.arguments.figure)


if __name__ == "__main__":
    run_job(main, __doc__, confusion=Path, figure=Path)
