"""Plot the mean accuracy of a classifier that sweeps two numbers as a heat map."""

from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from mnist_study.run.jobs import Job, run_job
from mnist_study.show.figures import TWO_COLUMNS, draw_heatmap, make_figure, save_figure
from mnist_study.show.scales import label_axis, make_scale
from mnist_study.show.tables import find_swept, find_validation

WRITTEN_VALUES = 12  # with more, the numbers would not fit into their cells
ROW_HEIGHT = 0.35  # inches


def plot_heat_map(statistics: pd.DataFrame) -> Figure:
    """Plot the mean accuracy on the validation images, the first swept setting from left to right, the second upwards.

    `statistics`: statistics.csv of a classifier.
    """
    validation, [across, up] = find_validation(statistics), find_swept(statistics)
    shown = statistics[statistics["data"] == validation]
    accuracy = shown.pivot(index=up, columns=across, values="mean")[::-1]
    accuracy.columns = list(map(make_scale(accuracy.columns).format, accuracy.columns))
    accuracy.index = list(map(make_scale(accuracy.index).format, accuracy.index))
    figure = make_figure(TWO_COLUMNS, min(1.6 + ROW_HEIGHT * len(accuracy), TWO_COLUMNS))
    axes = figure.subplots()
    written = accuracy.shape[1] <= WRITTEN_VALUES
    mesh = draw_heatmap(axes, accuracy, ".4f", annot=written)
    axes.set(xlabel=label_axis(across), ylabel=label_axis(up))
    if not written:
        axes.tick_params(axis="x", rotation=90)
    bar = figure.colorbar(mesh, ax=axes, label=f"validation accuracy ({validation} images)", pad=0.01)
    bar.outline.set_visible(False)
    n = shown["n"].max()
    number = f"mean of n = {n} replicates in each cell" if n > 1 else "n = 1 replicate in each cell"
    figure.suptitle(f"{shown['classifier'].iloc[0]}: accuracy after the last epoch, {number}")
    return figure


def main(job: Job) -> None:
    save_figure(plot_heat_map(pd.read_csv(job.arguments.statistics)), job.arguments.figure)


if __name__ == "__main__":
    run_job(main, __doc__, statistics=Path, figure=Path)
