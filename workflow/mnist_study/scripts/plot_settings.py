"""Plot a classifier's final, mean or maximum accuracy over its settings, or the three side by side."""

from itertools import cycle
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import Transform, offset_copy

from mnist_study.images import TEST
from mnist_study.run.jobs import Job, run_job
from mnist_study.show.figures import (
    BLUE,
    GREY,
    ONE_COLUMN,
    TWO_COLUMNS,
    choose_colours,
    make_figure,
    save_figure,
)
from mnist_study.show.scales import (
    Scale,
    choose_evenly,
    list_lines,
    make_scale,
    name_lines,
    part_control,
    set_scale,
)
from mnist_study.show.tables import find_swept, find_validation

# The title of each figure, and its column in the table.
STATISTICS = {
    "final": ("final (last replicate)", "last_replicate"),
    "mean": ("mean", "mean"),
    "maximum": ("maximum", "maximum"),
}
MARKERS = "os^vDPX*"

SPACED_SETTINGS = 10  # more settings leave no room to draw the replicates beside them
BESIDE, LINE_WIDTH = 5, 3  # points


def plot_settings(runs: pd.DataFrame, statistics: pd.DataFrame, statistic: str) -> Figure:
    """Plot a statistic of the replicates' accuracy ("final", "mean", "maximum", or "all") over the first swept setting.

    Each combination of the other swept settings is a line. Of many, eight are drawn, evenly spread. The accuracy is
    that on the validation images. `runs`, `statistics`: runs.csv and statistics.csv of a classifier.
    """
    validation, [over, *others] = find_validation(runs), find_swept(runs)
    runs, statistics = runs[runs["data"] == validation], statistics[statistics["data"] == validation]
    scale, lines = make_scale(statistics[over]), choose_evenly(list_lines(statistics))
    colours = choose_colours(len(lines)) if others else [BLUE]
    shown = list(STATISTICS) if statistic == "all" else [statistic]
    figure = make_figure(TWO_COLUMNS if statistic == "all" else ONE_COLUMN, 3.2 if others else 2.8)
    panels = figure.subplots(1, len(shown), sharey=True, squeeze=False)[0]
    n = statistics["n"].max()
    spread = f"± standard deviation of n = {n} replicates" if n > 1 else "n = 1 replicate"
    for axes, name in zip(panels, shown, strict=True):
        title, column = STATISTICS[name]
        for number, (line, colour, marker) in enumerate(zip(lines, colours, cycle(MARKERS))):
            # Lines lie side by side, so that their bars do not hide one another.
            aside = LINE_WIDTH * (number - (len(lines) - 1) / 2)
            style = {"color": colour, "marker": marker, "label": line or spread}
            style |= {"linestyle": "none" if scale.kind == "category" else "-"}
            style |= {"transform": move(axes, aside)} if others else {}
            rows = statistics[name_lines(statistics) == line]
            draw_line(axes, rows.set_index(over)[[column, "standard_deviation"]], scale, style)
            points = runs[name_lines(runs) == line].set_index(over)["accuracy"]
            look = {"edgecolor": colour if others else GREY, "label": "_" if others else "each replicate"}
            beside = aside + (BESIDE if len(scale.places) <= SPACED_SETTINGS else 0)
            draw_replicates(axes, points, scale, look | {"transform": move(axes, beside)})
        set_scale(axes, scale, over)
        axes.set_title(title)
        axes.margins(x=0.2 if others or scale.kind == "category" else 0.1)
    images = f"{runs['total'].iloc[0]:,} test" if validation == TEST else validation
    panels[0].set_ylabel(f"validation accuracy\n({images} images)")
    some = f" ({len(lines)} of {len(list_lines(statistics))} lines)" if len(lines) < len(list_lines(statistics)) else ""
    legend = {"title": f"{spread}{some};\nopen circles: each replicate", "alignment": "center"} if others else {}
    columns = 2 if others or statistic == "all" else 1
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=columns, **legend)
    figure.suptitle(f"{runs['classifier'].iloc[0]}: accuracy after the last epoch")
    return figure


def move(axes: Axes, points: float) -> Transform:
    """Give the transform that draws data so many points beside its place."""
    return offset_copy(axes.transData, axes.get_figure(root=True), x=points, units="points")


def draw_line(axes: Axes, values: pd.DataFrame, scale: Scale, style: dict[str, Any]) -> None:
    """Draw a statistic with bars of one standard deviation. A control is a point of its own.

    `values`: the statistic and the standard deviation, by the value of the setting.
    """
    column = values.columns[0]
    for number, mask in enumerate(part_control(scale, values.index)):
        rows = values[mask]
        places, spread = scale.place(rows.index), rows["standard_deviation"]
        label = style | ({} if number == 0 else {"label": "_"})
        axes.errorbar(places, rows[column], yerr=spread, capsize=2.5, linewidth=0.8, **label)
        # Matplotlib ignores moved points when it scales the axes.
        for end in (-spread.fillna(0), spread.fillna(0)):
            axes.update_datalim(list(zip(places, rows[column] + end, strict=True)))


def draw_replicates(axes: Axes, accuracy: pd.Series, scale: Scale, look: dict[str, Any]) -> None:
    """Draw every replicate as an open circle. `accuracy`: by the value of the setting."""
    places = scale.place(accuracy.index)
    axes.update_datalim(list(zip(places, accuracy, strict=True)))
    axes.scatter(places, accuracy, s=8, facecolor="none", zorder=1, **look)


def main(job: Job) -> None:
    runs, statistics = pd.read_csv(job.arguments.runs), pd.read_csv(job.arguments.statistics)
    save_figure(plot_settings(runs, statistics, job.settings["statistic"]), job.arguments.figure)


if __name__ == "__main__":
    run_job(main, __doc__, runs=Path, statistics=Path, figure=Path)
