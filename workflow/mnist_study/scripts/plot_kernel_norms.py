"""Plot the L2 norm of a classifier's kernels over its settings. An L2 penalty acts on this norm."""

from itertools import cycle
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mnist_study.run.jobs import Job, run_job
from mnist_study.show.figures import GREY, ONE_COLUMN, TWO_COLUMNS, choose_colours, make_figure, save_figure
from mnist_study.show.scales import Scale, choose_evenly, list_lines, make_scale, name_lines, part_control, set_scale
from mnist_study.show.tables import ALL_PENALIZED, find_swept

MARKERS = "os^vDP"
COLUMNS = 4
TOTAL = {"color": "black", "linewidth": 2}
NOT_PENALIZED = {"color": GREY, "linestyle": ":"}


def plot_kernel_norms(norms: pd.DataFrame) -> Figure:
    """Plot the norm of each kernel over the first swept setting: the mean of the replicates, and its spread.

    Bars are one standard deviation to either side. Each combination of the other swept settings has a panel. Of
    many, eight are drawn, evenly spread. `norms`: kernel_norms.csv of a classifier.
    """
    over = find_swept(norms)[0]
    scale, lines = make_scale(norms[over]), choose_evenly(list_lines(norms))
    columns = min(len(lines), COLUMNS)
    rows = -(-len(lines) // columns)
    figure = make_figure(ONE_COLUMN if len(lines) == 1 else TWO_COLUMNS, 1 + 2.2 * rows)
    panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for axes in panels.flat[len(lines) :]:
        axes.set_visible(False)
    for axes, line in zip(panels.flat, lines, strict=False):
        draw_kernels(axes, norms[name_lines(norms) == line], scale, over, norms["penalized"].any())
        set_scale(axes, scale, over)
        axes.set_title(line)
        axes.set_ylim(bottom=0)
    for axes in panels[:, 0]:
        axes.set_ylabel("L2 norm of the kernel")
    n = norms["replicate"].nunique()
    spread = f"mean ± standard deviation of n = {n} replicates" if n > 1 else "n = 1 replicate"
    if len(lines) < len(list_lines(norms)):
        spread += f" ({len(lines)} of {len(list_lines(norms))} panels)"
    figure.legend(*panels[0, 0].get_legend_handles_labels(), title=spread, loc="outside lower center", ncols=2)
    figure.suptitle(f"{norms['classifier'].iloc[0]}: norm of the kernels")
    return figure


def draw_kernels(axes: Axes, norms: pd.DataFrame, scale: Scale, over: str, penalized: bool) -> None:
    """Draw the norm of each kernel over one setting, `over`. A control is a point of its own.

    `penalized`: whether a kernel of the figure is. Then it is told which ones are not.
    """
    layers = norms.groupby("layer", sort=False)
    for (layer, rows), colour, marker in zip(layers, choose_colours(len(layers)), cycle(MARKERS)):
        norm = rows.groupby(over)["norm"].agg(["mean", "std"])
        style = {"label": layer, "color": colour}
        if layer == ALL_PENALIZED:
            style |= TOTAL
        elif penalized and not rows["penalized"].any():
            style |= NOT_PENALIZED | {"label": f"{layer} (no penalty)"}
        for number, mask in enumerate(part_control(scale, norm.index)):
            drawn = norm[mask]
            axes.errorbar(
                scale.place(drawn.index),
                drawn["mean"],
                yerr=drawn["std"],
                marker=marker,
                capsize=2.5,
                **style | ({} if number == 0 else {"label": "_"}),
            )


def main(job: Job) -> None:
    save_figure(plot_kernel_norms(pd.read_csv(job.arguments.kernels)), job.arguments.figure)


if __name__ == "__main__":
    run_job(main, __doc__, kernels=Path, figure=Path)
