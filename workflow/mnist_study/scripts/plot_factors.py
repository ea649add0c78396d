"""Plot a classifier's final, mean or maximum accuracy over the L2 factor, or the three side by side."""

from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import offset_copy

from mnist_study.images import TEST
from mnist_study.run.jobs import Job, run_job
from mnist_study.show.figures import (
    BLUE,
    GREY,
    ONE_COLUMN,
    TWO_COLUMNS,
    make_figure,
    save_figure,
)
from mnist_study.show.tables import find_validation

# The title of each figure, and its column in the table.
STATISTICS = {
    "final": ("final (last replicate)", "last_replicate"),
    "mean": ("mean", "mean"),
    "maximum": ("maximum", "maximum"),
}

SPACED_FACTORS = 10  # more factors leave no room to draw the replicates beside them


def plot_factors(runs: pd.DataFrame, factors: pd.DataFrame, statistic: str) -> Figure:
    """Plot a statistic of the replicates' accuracy ("final", "mean", "maximum", or "all") over the L2 factor.

    The accuracy is that on the validation images. `runs` has the columns classifier, factor, data, accuracy, total.
    `factors` has factor, data, n, standard_deviation and the statistics.
    """
    validation = find_validation(runs)
    runs, factors = runs[runs["data"] == validation], factors[factors["data"] == validation]
    shown = list(STATISTICS) if statistic == "all" else [statistic]
    figure = make_figure(TWO_COLUMNS if statistic == "all" else ONE_COLUMN, 2.8)
    panels = figure.subplots(1, len(shown), sharey=True, squeeze=False)[0]
    for axes, name in zip(panels, shown, strict=True):
        draw_statistic(axes, runs, factors, *STATISTICS[name])
    images = f"{runs['total'].iloc[0]:,} test" if validation == TEST else validation
    panels[0].set_ylabel(f"validation accuracy\n({images} images)")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    figure.suptitle(f"{runs['classifier'].iloc[0]}: accuracy after the last epoch")
    return figure


def draw_statistic(axes: Axes, runs: pd.DataFrame, factors: pd.DataFrame, title: str, column: str) -> None:
    """Draw one statistic with bars of one standard deviation, and every replicate beside it."""
    n = factors["n"].max()
    axes.errorbar(
        factors["factor"],
        factors[column],
        yerr=factors["standard_deviation"],
        color=BLUE,
        marker="o",
        capsize=2.5,
        linewidth=0.8,
        label=f"± standard deviation of n = {n} replicates" if n > 1 else "n = 1 replicate",
    )
    axes.update_datalim(runs[["factor", "accuracy"]])  # Matplotlib ignores moved points when it scales the axes
    beside = offset_copy(
        axes.transData, axes.get_figure(root=True), x=5 if len(factors) <= SPACED_FACTORS else 0, units="points"
    )
    axes.scatter(
        runs["factor"],
        runs["accuracy"],
        s=8,
        facecolor="none",
        edgecolor=GREY,
        transform=beside,
        zorder=1,
        label="each replicate",
    )
    axes.set(xscale="log", xlabel="L2 factor", title=title)
    axes.margins(x=0.1)


def main(job: Job) -> None:
    runs, factors = pd.read_csv(job.arguments.runs), pd.read_csv(job.arguments.factors)
    save_figure(plot_factors(runs, factors, job.settings["statistic"]), job.arguments.figure)


if __name__ == "__main__":
    run_job(main, __doc__, runs=Path, factors=Path, figure=Path)
