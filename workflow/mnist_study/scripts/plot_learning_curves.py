"""Plot a classifier's accuracy and loss over the epochs, training beside validation."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from mnist_study.run.jobs import Job, run_job
from mnist_study.show.figures import (
    BLUE,
    TWO_COLUMNS,
    choose_colours,
    draw_epochs,
    format_power,
    make_figure,
    save_figure,
)

SHOWN_FACTORS = 8
LOSS = "loss (categorical cross-entropy)"
PENALIZED_LOSS = "loss (cross-entropy + L2 penalty)"


def choose_factors(factors: list[float]) -> list[float]:
    """Choose at most SHOWN_FACTORS of ascending factors, evenly spread. The first and the last are always chosen."""
    positions = np.linspace(0, len(factors) - 1, min(len(factors), SHOWN_FACTORS))
    return [factors[position] for position in positions.round().astype(int)]


def plot_learning_curves(epochs: pd.DataFrame) -> Figure:
    """Plot accuracy and loss over the epochs. Factors differ in colour.

    Several replicates are plotted as their mean and standard deviation.
    `epochs` has the columns classifier, factor (empty without penalty), replicate, epoch, data, loss, accuracy.
    """
    factors = sorted(epochs["factor"].dropna().unique())
    shown = choose_factors(factors)
    lines: dict[str, Any] = {"color": BLUE}
    if factors:
        title = "L2 factor" if shown == factors else f"L2 factor\n({len(shown)} of {len(factors)})"
        epochs = epochs[epochs["factor"].isin(shown)]
        epochs = epochs.assign(**{title: epochs["factor"].map(format_power)})
        order = [format_power(factor) for factor in shown]
        lines = {"hue": title, "hue_order": order, "palette": choose_colours(len(shown))}
    figure = make_figure(TWO_COLUMNS, 3.4)
    figure.set_layout_engine("constrained", wspace=0.06)
    panels = figure.subplots(1, 2)
    draw_epochs(panels[0], epochs, "accuracy", "accuracy", **lines)
    draw_epochs(panels[1], epochs, "loss", PENALIZED_LOSS if factors else LOSS, **lines)
    place = {"loc": "outside right center"} if factors else {"loc": "outside lower center", "ncols": 2}
    figure.legend(*panels[0].get_legend_handles_labels(), **place)
    for axes in panels:
        axes.get_legend().remove()
    replicates = epochs["replicate"].nunique()
    spread = f"mean ± standard deviation of n = {replicates} replicates" if replicates > 1 else "n = 1 run"
    figure.suptitle(f"{epochs['classifier'].iloc[0]}: {spread}{' per factor' if factors else ''}")
    return figure


def main(job: Job) -> None:
    save_figure(plot_learning_curves(pd.read_csv(job.arguments.epochs)), job.arguments.figure)


if __name__ == "__main__":
    run_job(main, __doc__, epochs=Path, figure=Path)
