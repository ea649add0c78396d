"""Plot the L2 norm of a classifier's kernels over the L2 factor. The penalty acts on this norm."""

from itertools import cycle
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from mnist_study.run.jobs import Job, run_job
from mnist_study.show.figures import GREY, ONE_COLUMN, choose_colours, make_figure, save_figure
from mnist_study.show.tables import ALL_PENALIZED

MARKERS = "os^vDP"
TOTAL = {"color": "black", "linewidth": 2}
NOT_PENALIZED = {"color": GREY, "linestyle": ":"}


def plot_kernel_norms(norms: pd.DataFrame) -> Figure:
    """Plot the norm of each kernel over the L2 factor: the mean of the replicates, with bars of one standard deviation.

    `norms` has the columns classifier, factor, replicate, layer, penalized, norm.
    """
    figure = make_figure(ONE_COLUMN, 3.2)
    axes = figure.subplots()
    layers = norms.groupby("layer", sort=False)
    for (layer, rows), colour, marker in zip(layers, choose_colours(len(layers)), cycle(MARKERS)):
        norm = rows.groupby("factor")["norm"].agg(["mean", "std"])
        style = {"label": layer, "color": colour}
        if layer == ALL_PENALIZED:
            style |= TOTAL
        elif not rows["penalized"].all():
            style |= NOT_PENALIZED | {"label": f"{layer} (no penalty)"}
        axes.errorbar(norm.index, norm["mean"], yerr=norm["std"], marker=marker, capsize=2.5, **style)
    axes.set(xscale="log", xlabel="L2 factor", ylabel="L2 norm of the kernel")
    axes.set_ylim(bottom=0)
    n = norms["replicate"].nunique()
    spread = f"mean ± standard deviation of n = {n} replicates" if n > 1 else "n = 1 replicate"
    figure.legend(title=spread, loc="outside lower center", ncols=2)
    figure.suptitle(f"{norms['classifier'].iloc[0]}: norm of the kernels")
    return figure


def main(job: Job) -> None:
    save_figure(plot_kernel_norms(pd.read_csv(job.arguments.kernels)), job.arguments.figure)


if __name__ == "__main__":
    run_job(main, __doc__, kernels=Path, figure=Path)
