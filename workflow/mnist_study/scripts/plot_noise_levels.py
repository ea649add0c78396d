"""Plot the accuracy over the noise level: a panel for each scoring classifier, and in it a curve for each denoiser."""

from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mnist_study.images import NO_DENOISER
from mnist_study.run.jobs import Job, run_job
from mnist_study.show.figures import (
    GREY,
    NOISE_AXIS,
    NOISE_LEVEL,
    SMALL,
    TWO_COLUMNS,
    add_legend,
    label_accuracy,
    make_figure,
    save_figure,
    style_denoisers,
    write_footnote,
)
from mnist_study.show.tables import (
    CROSS,
    THRESHOLDS,
    format_mean_level,
    list_names,
    name_denoiser,
    name_fall,
)

COLUMNS = 2
FIRST, LAST = NOISE_AXIS
LABEL_WIDTH = 0.2  # the width of the label of a fall or the crossing, on this axis
TICK = 0.05  # the height of the mark of a crossing that has no label, in heights of a panel
ONE_PANEL, PANEL, LINE = 3.4, 2.5, 0.13  # inches: the height of one panel, of one of several, and of a line of a legend


def plot_noise_levels(runs: pd.DataFrame, levels: pd.DataFrame, thresholds: pd.DataFrame) -> Figure:
    """Plot the accuracy over the noise level, in a panel for each scorer, with a curve for each denoiser.

    Lines are means over the replicates, bands their 95 % confidence intervals, and small points the replicates. With
    one scorer, it is told where curves cross and where each falls under 0.9 and 0.5: beside the points of two curves,
    and in the legend of more. Marks at the foot of a panel are where a curve crosses that without a denoiser. `runs`,
    `levels`, `thresholds`: runs.csv, levels.csv and thresholds.csv of the noise levels.
    """
    scorers, styles = list_names(levels, "classifier"), style_denoisers(list_names(levels, "denoiser"))
    found = thresholds.set_index(["classifier", "denoiser", "quantity"])
    n = levels["n"].iloc[0]
    title = f"mean of n = {n}" if n > 1 else "n = 1"
    labels = {denoiser: name_denoiser(denoiser) for denoiser in styles}
    if len(scorers) == 1 and len(styles) > 2:
        labels = {denoiser: describe_curve(denoiser, found.loc[scorers[0]]) for denoiser in styles}
    columns = min(len(scorers), COLUMNS)
    rows = -(-len(scorers) // columns)
    lines = sum(label.count("\n") + 1 for label in labels.values())
    height = max(ONE_PANEL, 1 + LINE * lines) if len(scorers) == 1 else 1 + PANEL * rows
    figure = make_figure(TWO_COLUMNS, height)
    panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for axes in panels.flat[len(scorers) :]:
        axes.set_visible(False)
    for axes, scorer in zip(panels.flat, scorers, strict=False):
        points, means = (table[table["classifier"] == scorer] for table in (runs, levels))
        draw_curves(axes, points, means, styles, labels)
        if len(scorers) > 1:
            axes.set_title(scorer)
        if len(scorers) == 1 and len(styles) == 2:
            label_crossing(axes, found.loc[scorer], styles)
            label_falls(axes, found.loc[scorer], styles)
        else:
            mark_crossings(axes, found.loc[scorer], styles)
    for axes in panels[:, 0]:
        axes.set_ylabel(label_accuracy(runs["total"].iloc[0]))
    for axes in panels.flat[max(0, len(scorers) - columns) : len(scorers)]:
        axes.set_xlabel(NOISE_LEVEL)
        axes.xaxis.set_tick_params(labelbottom=True)
    if len(scorers) > 1:
        add_legend(figure, panels[0, 0], title)
    elif len(styles) > 2:
        figure.legend(*panels[0, 0].get_legend_handles_labels(), title=title, loc="outside right upper")
    else:
        panels[0, 0].legend(title=title)
    if len(scorers) > 1 or len(styles) > 2:
        write_footnote(figure, f"marks at the foot: where a curve crosses that of {name_denoiser(NO_DENOISER)}")
    return figure


def describe_curve(denoiser: str, found: pd.DataFrame) -> str:
    """Describe a curve in a legend: its denoiser, and in further lines where it crosses and falls.

    `found`: as in label_falls.
    """
    quantities = {CROSS: "crosses"} if denoiser != NO_DENOISER else {}
    quantities |= {name_fall(threshold): f"under {threshold}" for threshold in THRESHOLDS}
    rows = {does: found.loc[denoiser, quantity] for quantity, does in quantities.items()}
    told = [f"{does} at {format_mean_level(row)}" for does, row in rows.items() if pd.notna(row["mean"])]
    return "\n".join([name_denoiser(denoiser), *told])


def draw_curves(
    axes: Axes, runs: pd.DataFrame, levels: pd.DataFrame, styles: dict[str, dict], labels: dict[str, str]
) -> None:
    """Draw the curves of one scorer, over lines at the thresholds and at the accuracy of chance.

    `runs`, `levels`: its rows of runs.csv and levels.csv. `styles`: from style_denoisers. `labels`: by denoiser.
    """
    for denoiser, style in styles.items():
        curve, points = (table[table["denoiser"] == denoiser] for table in (levels, runs))
        color, marker = style["color"], style["marker"]
        axes.fill_between(curve["level"], curve["ci95_low"], curve["ci95_high"], color=color, alpha=0.2, linewidth=0)
        axes.plot(curve["level"], curve["mean"], label=labels[denoiser], **style)
        if curve["n"].iloc[0] > 1:
            look: dict[str, Any] = {"marker": marker, "facecolor": "none", "edgecolor": color, "linewidth": 0.5}
            axes.scatter(points["level"], points["accuracy"], s=6, zorder=3, **look)
    chance = levels["chance"].iloc[0]
    for threshold in [*THRESHOLDS, chance]:
        axes.axhline(threshold, color=GREY, linewidth=0.5, linestyle=":", zorder=0)
    axes.text(0, chance, "chance", fontsize=SMALL, color=GREY, va="bottom")
    axes.set(xlim=NOISE_AXIS, ylim=(0, 1.02))


def mark_crossings(axes: Axes, found: pd.DataFrame, styles: dict[str, dict]) -> None:
    """Mark at the foot of a panel where curves cross that without a denoiser; `found`: as in label_falls."""
    for denoiser, style in styles.items():
        if denoiser != NO_DENOISER and pd.notna(found.loc[(denoiser, CROSS), "mean"]):
            axes.axvline(found.loc[(denoiser, CROSS), "mean"], ymax=TICK, color=style["color"], linewidth=1.5)


def label_crossing(axes: Axes, found: pd.DataFrame, styles: dict[str, dict]) -> None:
    """Label the mean level where two curves cross; `found`: as in label_falls."""
    *_, denoiser = styles
    crossing = found.loc[denoiser, CROSS]
    if pd.notna(crossing["mean"]):
        axes.axvline(crossing["mean"], color="black", linewidth=0.8, linestyle="--", zorder=0)
        told = f"the curves cross\nat {format_mean_level(crossing)}"
        label_point(axes, told, (crossing["mean"], 0.2), fontsize=7)


def label_falls(axes: Axes, found: pd.DataFrame, styles: dict[str, dict]) -> None:
    """Label the mean levels where two curves fall under the thresholds, with their standard deviations.

    `found`: a scorer's rows of thresholds.csv, by denoiser and quantity. The mean is empty if no replicate's curve does
    so.
    """
    for threshold in THRESHOLDS:
        falls = {denoiser: found.loc[denoiser, name_fall(threshold)] for denoiser in styles}
        levels = {denoiser: fall["mean"] for denoiser, fall in falls.items() if pd.notna(fall["mean"])}
        for denoiser, level in levels.items():
            text = f"under {threshold} at {format_mean_level(falls[denoiser])}"
            # The label of the first curve to fall lies under it: above, there may be the other curve.
            below = denoiser == min(levels, key=levels.__getitem__)
            left = below and level - LABEL_WIDTH > FIRST
            color = styles[denoiser]["color"]
            label_point(axes, text, (level, threshold), below, left, color=color, fontsize=SMALL)


def label_point(
    axes: Axes, text: str, point: tuple[float, float], below: bool = False, left: bool = False, **style: Any
) -> None:
    """Write a label beside a point of the axes: above or below it, and right or left of it.

    It is left where there is no room on the right. The label lies over the guide lines and under the curves.
    """
    left = left or point[0] + LABEL_WIDTH > LAST
    place = (-5 if left else 5, -3 if below else 2)
    style |= {"ha": "right" if left else "left", "va": "top" if below else "bottom"}
    paper = {"facecolor": "white", "edgecolor": "none", "pad": 0}
    axes.annotate(text, point, xytext=place, textcoords="offset points", bbox=paper, zorder=1, **style)


def main(job: Job) -> None:
    tables = map(pd.read_csv, (job.arguments.runs, job.arguments.levels, job.arguments.thresholds))
    save_figure(plot_noise_levels(*tables), job.arguments.figure)


if __name__ == "__main__":
    run_job(main, __doc__, runs=Path, levels=Path, thresholds=Path, figure=Path)
