"""Plot the mean accuracy of each class over the noise level, with a curve for each denoiser."""

from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from mnist_study.run.jobs import Job, run_job
from mnist_study.show.figures import (
    NOISE_AXIS,
    NOISE_LEVEL,
    TWO_COLUMNS,
    add_legend,
    make_figure,
    save_figure,
    shorten_name,
    style_denoisers,
    write_footnote,
)
from mnist_study.show.tables import list_names, name_denoiser, read_table

COLUMNS = 5
SHOWN = 30  # more panels would not fit on a page
ROW_HEIGHT = 1.25  # inches


def plot_class_accuracy(classes: pd.DataFrame) -> Figure:
    """Plot a panel for each class, the accuracy of the first scorer over the noise level, a curve for each denoiser.

    `classes`: classes.csv. The classes are in the order of its rows. Of many, the first ones are drawn.
    """
    scorer = list_names(classes, "classifier")[0]
    classes = classes[classes["classifier"] == scorer]
    names = list(classes["class"].unique())
    shown, styles = names[:SHOWN], style_denoisers(list_names(classes, "denoiser"))
    columns = min(len(shown), COLUMNS)
    rows = -(-len(shown) // columns)
    figure = make_figure(TWO_COLUMNS, 1 + ROW_HEIGHT * rows)
    panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for axes in panels.flat[len(shown) :]:
        axes.set_visible(False)
    for axes, name in zip(panels.flat, shown, strict=False):
        curves = classes[classes["class"] == name]
        for denoiser, style in styles.items():
            curve = curves[curves["denoiser"] == denoiser]
            axes.plot(curve["level"], curve["mean"], label=name_denoiser(denoiser), markersize=3, **style)
        axes.set_title(shorten_name(name))
        axes.set(xlim=NOISE_AXIS, ylim=(0, 1.05), xticks=[0, 0.5, 1], yticks=[0, 0.5, 1])
    for axes in panels.flat[max(0, len(shown) - columns) : len(shown)]:
        axes.set_xlabel(NOISE_LEVEL)
        axes.xaxis.set_tick_params(labelbottom=True)
    n = classes["n"].iloc[0]
    figure.supylabel(f"mean accuracy of n = {n} replicates" if n > 1 else "accuracy, n = 1 replicate", fontsize=8)
    add_legend(figure, panels[0, 0], f"accuracy of each class, by {scorer}")
    if len(shown) < len(names):
        write_footnote(figure, f"{len(shown)} of {len(names)} classes: the table has the others")
    return figure


def main(job: Job) -> None:
    save_figure(plot_class_accuracy(read_table(job.arguments.classes)), job.arguments.figure)


if __name__ == "__main__":
    run_job(main, __doc__, classes=Path, figure=Path)
