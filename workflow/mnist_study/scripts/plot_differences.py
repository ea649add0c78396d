"""Plot the differences in accuracy between a classifier's settings: mean, interval, and every replicate."""

import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from mnist_study.run.jobs import Job, run_job
from mnist_study.show.figures import (
    BLUE,
    GREY,
    ONE_COLUMN,
    TWO_COLUMNS,
    make_figure,
    save_figure,
    write_footnote,
)
from mnist_study.show.scales import label_axis, label_settings
from mnist_study.show.tables import find_swept, find_validation, name_settings

SHOWN_PAIRS = 28  # those of eight settings
ROW_HEIGHT = 0.2  # inches
FOOTNOTE_WIDTH = 58  # letters in one column
BELOW = 0.28  # of a row: so that the line of a mean does not hide its replicates


def plot_differences(runs: pd.DataFrame, differences: pd.DataFrame) -> Figure:
    """Plot a row for each pair of settings: the mean difference, its 95 % interval, and each replicate's difference.

    `runs`: runs.csv. `differences`: differences.csv. There is a panel for each kind of images. Of many pairs, at most
    28 are plotted, each of them with the best setting.
    """
    labels, swept = label_settings(runs), find_swept(runs)
    runs = runs.assign(setting=name_settings(runs))
    kinds = list(differences["data"].unique())
    shown = choose_pairs(differences, find_best(runs, find_validation(runs)))
    left_out = len(differences) - len(shown)
    rows = len(shown) // len(kinds)
    figure = make_figure(TWO_COLUMNS if len(kinds) > 1 else ONE_COLUMN, 1.3 + ROW_HEIGHT * rows)
    panels = figure.subplots(1, len(kinds), sharex=True, sharey=True, squeeze=False)[0]
    for axes, data in zip(panels, kinds, strict=True):
        draw_differences(axes, runs[runs["data"] == data], shown[shown["data"] == data].reset_index(drop=True), labels)
        axes.set(xlabel="difference in accuracy", title=f"{data} images")
        axes.xaxis.set_major_locator(MaxNLocator(4))
    n = differences["n"].iloc[0]
    replicates = f"n = {n} replicates, in pairs" if n > 1 else "n = 1 replicate"
    over = ", ".join(map(label_axis, swept))
    figure.suptitle(f"{runs['classifier'].iloc[0]}: differences between settings\n({over}; {replicates})")
    text = "With one replicate, no difference is shown."
    if n > 1:
        text = "Circles: replicates. Diamonds: their mean, filled if the difference is shown. Lines: its 95 % interval."
    if left_out:
        text += f" {rows} of {len(differences) // len(kinds):,} pairs are plotted, all with the best setting."
    write_footnote(figure, textwrap.fill(text, FOOTNOTE_WIDTH * len(kinds)))
    return figure


def find_best(runs: pd.DataFrame, data: str) -> str:
    """Find the name of the setting with the highest mean accuracy on images of this kind."""
    return runs[runs["data"] == data].groupby("setting", sort=False)["accuracy"].mean().idxmax()


def choose_pairs(differences: pd.DataFrame, best: str) -> pd.DataFrame:
    """Choose all of at most SHOWN_PAIRS pairs of settings. Of more, choose so many with the best one, evenly spread."""
    if len(differences) <= SHOWN_PAIRS * differences["data"].nunique():
        return differences
    with_best = differences[(differences["first"] == best) | (differences["second"] == best)]
    others = np.where(with_best["first"] == best, with_best["second"], with_best["first"])
    settings = pd.unique(others)
    places = np.linspace(0, len(settings) - 1, min(len(settings), SHOWN_PAIRS)).round().astype(int)
    return with_best[np.isin(others, settings[places])]


def draw_differences(axes: Axes, runs: pd.DataFrame, differences: pd.DataFrame, labels: dict[str, str]) -> None:
    """Draw the differences of one kind of images, one below the other. `labels`: of the settings, by their names."""
    accuracy = runs.pivot(index="replicate", columns="setting", values="accuracy")
    axes.axvline(0, color="black", linewidth=0.6)
    for row, pair in differences.iterrows():
        colour = BLUE if pair["shown"] else "black"
        if pair["n"] > 1:
            replicates = accuracy[pair["second"]] - accuracy[pair["first"]]
            places = np.full(len(replicates), row + BELOW)
            axes.scatter(replicates, places, s=6, facecolor="none", edgecolor=GREY, linewidth=0.5)
            axes.plot(pair[["ci95_low", "ci95_high"]], [row, row], color=colour, linewidth=1)
        face = colour if pair["shown"] else "white"
        diamond: dict[str, Any] = {"marker": "D", "markersize": 3.5, "markeredgewidth": 0.8, "markerfacecolor": face}
        axes.plot(pair["mean_difference"], row, color=colour, linestyle="none", **diamond)
    named = [f"{labels[pair['second']]} − {labels[pair['first']]}" for _, pair in differences.iterrows()]
    axes.set_yticks(range(len(differences)), named)
    axes.set_ylim(len(differences) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)


def main(job: Job) -> None:
    figure = plot_differences(pd.read_csv(job.arguments.runs), pd.read_csv(job.arguments.differences))
    save_figure(figure, job.arguments.figure)


if __name__ == "__main__":
    run_job(main, __doc__, runs=Path, differences=Path, figure=Path)
