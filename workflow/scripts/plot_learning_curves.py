"""Plot a classifier's accuracy and loss over the epochs, training beside validation."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from workflow.lib.figures import (
    BLUE,
    INK,
    LINES,
    TWO_COLUMNS,
    Colour,
    choose_colours,
    draw_epochs,
    format_power,
    make_figure,
    save_figure,
)
from workflow.lib.jobs import Job, run_job

SHOWN_FACTORS = 8
LOSS = "loss (categorical cross-entropy)"
PENALIZED_LOSS = "loss (cross-entropy + L2 penalty)"


def choose_factors(factors: list[float]) -> list[float]:
    """Choose at most SHOWN_FACTORS of ascending factors, evenly spread, the first and the last among them."""
    positions = np.linspace(0, len(factors) - 1, min(len(factors), SHOWN_FACTORS))
    return [factors[position] for position in positions.round().astype(int)]


def plot_learning_curves(epochs: pd.DataFrame) -> Figure:
    """Plot accuracy and loss over the epochs; several replicates as mean and standard deviation, factors by colour.

    `epochs` has the columns classifier, factor (empty without penalty), replicate, epoch, data, loss, accuracy.
    """
    factors = sorted(epochs["factor"].dropna().unique())
    shown = choose_factors(factors)
    colours = dict(zip(shown, choose_colours(len(shown)), strict=True)) or {None: BLUE}
    figure = make_figure(TWO_COLUMNS, 3.4)
    figure.get_layout_engine().set(wspace=0.06)
    panels = figure.subplots(1, 2)
    for factor, colour in colours.items():
        runs = epochs if factor is None else epochs[epochs["factor"] == factor]
        lines = draw_epochs(panels[0], runs, "accuracy", "accuracy", colour)
        draw_epochs(panels[1], runs, "loss", PENALIZED_LOSS if factors else LOSS, colour)
    if factors:
        title = "L2 factor" if shown == factors else f"L2 factor\n({len(shown)} of {len(factors)})"
        add_legend(figure, title, colours, lines)
    else:
        figure.legend(handles=lines, loc="outside lower center", ncols=2)
    replicates = epochs["replicate"].nunique()
    spread = f"mean ± standard deviation of n = {replicates} replicates" if replicates > 1 else "n = 1 run"
    figure.suptitle(f"{epochs['classifier'].iloc[0]}: {spread}{' per factor' if factors else ''}")
    return figure


def add_legend(figure: Figure, title: str, colours: dict[float, Colour], lines: list[Line2D]) -> None:
    """Add a legend of two parts: the factors by their colours, and below, training and validation by their lines."""
    factors = [Line2D([], [], color=colour, label=format_power(factor)) for factor, colour in colours.items()]
    data = [
        Line2D([], [], color=INK, **style | {"marker": line.get_marker()})
        for line, style in zip(lines, LINES.values(), strict=True)
    ]
    headers = [Line2D([], [], linestyle="", label=header) for header in (title, "data")]
    figure.legend(handles=[headers[0], *factors, headers[1], *data], loc="outside right center")


def main(job: Job) -> None:
    save_figure(plot_learning_curves(pd.read_csv(job.arguments.epochs)), job.arguments.figure)


if __name__ == "__main__":
    run_job(main, __doc__, epochs=Path, figure=Path)
