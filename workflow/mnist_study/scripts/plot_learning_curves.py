"""Plot a classifier's accuracy and loss over the epochs, training beside validation."""

from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from mnist_study.run.jobs import Job, run_job
from mnist_study.show.figures import (
    BLUE,
    TWO_COLUMNS,
    choose_colours,
    draw_epochs,
    make_figure,
    save_figure,
)
from mnist_study.show.scales import choose_evenly, label_axis, label_settings
from mnist_study.show.tables import find_swept, list_table_settings, name_settings

LOSS = "loss (categorical cross-entropy)"
PENALIZED_LOSS = "loss (cross-entropy + L2 penalty)"


def plot_learning_curves(epochs: pd.DataFrame) -> Figure:
    """Plot accuracy and loss over the epochs. Settings differ in colour. Of many, eight are drawn, evenly spread.

    Several replicates are plotted as their mean and standard deviation. `epochs`: epochs.csv of a classifier.
    """
    swept, names = find_swept(epochs), list(list_table_settings(epochs).index)
    shown = choose_evenly(names)
    lines: dict[str, Any] = {"color": BLUE}
    if swept:
        title = ", ".join(map(label_axis, swept)) + ("" if shown == names else f"\n({len(shown)} of {len(names)})")
        labels = label_settings(epochs)
        settings = name_settings(epochs)
        epochs = epochs.assign(**{title: settings.map(labels)})[settings.isin(shown)]
        order = [labels[name] for name in shown]
        lines = {"hue": title, "hue_order": order, "palette": choose_colours(len(shown))}
    penalized = (epochs["penalty"] > 0).any()
    figure = make_figure(TWO_COLUMNS, 3.4)
    figure.set_layout_engine("constrained", wspace=0.06)
    panels = figure.subplots(1, 2)
    draw_epochs(panels[0], epochs, "accuracy", "accuracy", **lines)
    draw_epochs(panels[1], epochs, "loss", PENALIZED_LOSS if penalized else LOSS, **lines)
    place = {"loc": "outside right center"} if swept else {"loc": "outside lower center", "ncols": 2}
    figure.legend(*panels[0].get_legend_handles_labels(), **place)
    for axes in panels:
        axes.get_legend().remove()
    replicates = epochs["replicate"].nunique()
    spread = f"mean ± standard deviation of n = {replicates} replicates" if replicates > 1 else "n = 1 run"
    figure.suptitle(f"{epochs['classifier'].iloc[0]}: {spread}{' per setting' if swept else ''}")
    return figure


def main(job: Job) -> None:
    save_figure(plot_learning_curves(pd.read_csv(job.arguments.epochs)), job.arguments.figure)


if __name__ == "__main__":
    run_job(main, __doc__, epochs=Path, figure=Path)
