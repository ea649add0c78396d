"""Plot the L2 norm of a classifier's kernels, which is what the penalty acts on, over the L2 factor."""

from itertools import cycle
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from workflow.lib.figures import GREY, ONE_COLUMN, choose_colours, make_figure, save_figure
from workflow.lib.jobs import Job, run_job

MARKERS = "osD^vP"


def plot_kernel_norms(norms: pd.DataFrame) -> Figure:
    """Plot the norm of each kernel over the L2 factor: the mean of the replicates, bars of one standard deviation.

    `norms` has the columns classifier, factor, replicate, layer, penalized, norm. Kernels without penalty are dotted.
    """
    figure = make_figure(ONE_COLUMN, 2.9)
    axes = figure.subplots()
    layers = norms.groupby("layer", sort=False)
    colours = choose_colours(len(layers))
    for (layer, rows), colour, marker in zip(layers, colours, cycle(MARKERS)):
        norm = rows.groupby("factor")["norm"].agg(["mean", "std"])
        penalized = rows["penalized"].all()
        axes.errorbar(
            norm.index,
            norm["mean"],
            yerr=norm["std"],
            color=colour if penalized else GREY,
            linestyle="-" if penalized else ":",
            marker=marker,
            capsize=2.5,
            label=layer if penalized else f"{layer} (no penalty)",
        )
    axes.set(xscale="log", xlabel="L2 factor", ylabel="L2 norm of the kernel", ylim=(0, None))
    figure.legend(loc="outside lower center", ncols=2)
    n = norms["replicate"].nunique()
    spread = f"mean ± standard deviation of n = {n}" if n > 1 else "n = 1 replicate"
    figure.suptitle(f"{norms['classifier'].iloc[0]}: {spread}")
    return figure


def main(job: Job) -> None:
    save_figure(plot_kernel_norms(pd.read_csv(job.arguments.kernels)), job.arguments.figure)


if __name__ == "__main__":
    run_job(main, __doc__, kernels=Path, figure=Path)
