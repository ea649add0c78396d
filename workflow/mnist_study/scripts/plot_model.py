"""Draw the diagram of a model from its layer table."""

from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from mnist_study.run.jobs import Job, run_job
from mnist_study.show.figures import GREY, ONE_COLUMN, TWO_COLUMNS, make_figure, save_figure

LAYER_HEIGHT = 0.37  # inches, with the arrow above
SHORT = 25  # characters of a layer's label that fit beside the numbers in one column
BOX = {"boxstyle": "round,pad=0.35", "edgecolor": GREY, "linewidth": 0.7}


def plot_model(layers: pd.DataFrame, model: str) -> Figure:
    """Plot a model as a chain of its layers, each with its output shape and number of parameters.

    `layers` has the columns layer, detail, output_shape, parameters.
    """
    labels = [", ".join(filter(None, pair)) for pair in zip(layers["layer"], layers["detail"].fillna(""), strict=True)]
    width = ONE_COLUMN if max(map(len, labels)) <= SHORT else TWO_COLUMNS
    figure = make_figure(width, 0.6 + LAYER_HEIGHT * len(layers))
    axes = figure.subplots()
    columns = {"layer": (0.3, "center"), "output shape": (0.76, "right"), "parameters": (1, "right")}
    for header, (x, alignment) in columns.items():
        axes.text(x, -0.8, header, ha=alignment, va="center", color=GREY)
    for row, (layer, label) in enumerate(zip(layers.itertuples(), labels, strict=True)):
        if row:
            axes.annotate("", (0.3, row - 0.32), (0.3, row - 0.68), arrowprops={"arrowstyle": "-|>", "color": GREY})
        axes.text(
            0.3,
            row,
            label,
            ha="center",
            va="center",
            bbox=BOX | {"facecolor": "#DCE9F5" if layer.parameters else "white"},
        )
        axes.text(0.76, row, layer.output_shape, ha="right", va="center")
        axes.text(1, row, f"{layer.parameters:,}", ha="right", va="center")
    axes.set(xlim=(0, 1), ylim=(len(layers) - 0.4, -1.2))
    axes.axis("off")
    figure.suptitle(f"{model}: {layers['parameters'].sum():,} parameters")
    return figure


def main(job: Job) -> None:
    save_figure(plot_model(pd.read_csv(job.arguments.layers), job.settings["model"]), job.arguments.figure)


if __name__ == "__main__":
    run_job(main, __doc__, layers=Path, figure=Path)
