"""Draw the report's interactive curves, in the colours of the figures."""

from itertools import cycle
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from matplotlib.colors import to_hex
from plotly.subplots import make_subplots

from mnist_study.images import TRAINING
from mnist_study.plan.sweeps import format_value
from mnist_study.show.figures import (
    BLUE,
    DATA,
    GREY,
    MARKED_EPOCHS,
    NOISE_LEVEL,
    VERMILLION,
    choose_colours,
    label_accuracy,
    style_denoisers,
)
from mnist_study.show.scales import (
    Scale,
    choose_evenly,
    label_axis,
    list_lines,
    make_scale,
    name_lines,
    part_control,
)
from mnist_study.show.tables import (
    CROSS,
    find_swept,
    find_validation,
    format_mean_level,
    list_names,
    list_table_settings,
    name_denoiser,
    name_settings,
    select_cell,
)

SHOWN_RUNS = 60
DIGITS = 5
SYMBOLS = ["circle", "square", "triangle-up", "triangle-down", "diamond", "cross", "x", "star", "pentagon"]
HOVER = "noise level %{x}<br>%{fullData.name}: %{y:.4f}<extra></extra>"

AXIS = {"showline": True, "linecolor": "#444", "ticks": "outside", "gridcolor": "#eee", "zeroline": False}
THEME = go.layout.Template(
    layout={
        "font": {"family": "system-ui, sans-serif", "size": 13, "color": "#222"},
        "paper_bgcolor": "white",
        "plot_bgcolor": "white",
        "modebar": {"orientation": "v"},  # beside the legend, not over it
        "margin": {"l": 62, "r": 40, "t": 12, "b": 48},
        "hoverlabel": {"bgcolor": "white", "font": {"color": "#222"}},
        "legend": {"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0, "maxheight": 150},
        "xaxis": AXIS,
        "yaxis": AXIS | {"title": {"standoff": 8}, "automargin": True},
    }
)
CONFIG = {
    "showTips": False,
    "responsive": True,
    "displaylogo": False,
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"],
    "toImageButtonOptions": {"format": "svg"},
}


def choose_runs(epochs: pd.DataFrame) -> pd.DataFrame:
    """Choose at most SHOWN_RUNS runs of a table of epochs, evenly spread over settings and replicates.

    Returns their columns setting and replicate.
    """
    columns = list(epochs.columns[: epochs.columns.get_loc("replicate") + 1])
    runs = epochs[columns].drop_duplicates().sort_values(columns)
    runs = runs.assign(setting=name_settings(runs))[["setting", "replicate"]]
    positions = np.linspace(0, len(runs) - 1, min(len(runs), SHOWN_RUNS)).round().astype(int)
    return runs.iloc[positions]


def draw_learning_curves(epochs: pd.DataFrame) -> go.Figure:
    """Draw accuracy and loss over the epochs: each setting's mean with a band of one standard deviation, and runs.

    `epochs`: epochs.csv of a classifier, or that of an autoencoder. A click in the legend hides a setting's curves in
    all panels. Training and validation curves are hidden separately.
    """
    shown = set(choose_runs(epochs).itertuples(index=False, name=None))
    settings = list(list_table_settings(epochs).index)
    epochs = epochs.assign(setting=name_settings(epochs))
    metrics = [metric for metric in ("accuracy", "loss") if metric in epochs]
    figure = make_subplots(len(metrics), 1, shared_xaxes=True, vertical_spacing=0.04)
    colors = [BLUE] if settings == [""] else [to_hex(colour) for colour in choose_colours(len(settings))]
    single = epochs.groupby("setting")["replicate"].nunique().max() == 1
    penalized = "penalty" in epochs and (epochs["penalty"] > 0).any()
    for row, metric in enumerate(metrics, start=1):
        for name, color in zip(settings, colors, strict=True):
            rows = epochs[epochs["setting"] == name]
            if not single:
                add_band(figure, row, rows, metric, name, color)
                add_runs(figure, row, rows, metric, name, color, shown)
            add_means(figure, row, rows, metric, name, color, legend=row == 1)
        title = "loss (cross-entropy + L2 penalty)" if metric == "loss" and penalized else metric
        figure.update_yaxes(title_text=title, row=row, col=1)
    figure.update_xaxes(title_text="epoch", row=len(metrics), col=1)
    if epochs["epoch"].max() <= MARKED_EPOCHS:
        figure.update_xaxes(dtick=1)
    return figure.update_layout(template=THEME, height=140 + 250 * len(metrics))


def add_means(
    figure: go.Figure, row: int, epochs: pd.DataFrame, metric: str, name: str, color: str, legend: bool
) -> None:
    """Add the mean over the replicates. Training is dashed, validation is solid."""
    for data, dash in ((find_validation(epochs), "solid"), (TRAINING, "dash")):
        title = f"{name}, {DATA[data]}" if name else DATA[data]
        mean = epochs[epochs["data"] == data].groupby("epoch")[metric].mean()
        figure.add_scatter(
            x=mean.index.tolist(),
            y=mean.round(DIGITS).tolist(),
            mode="lines+markers" if len(mean) <= MARKED_EPOCHS else "lines",
            name=title,
            legendgroup=f"{name} {'training' if data == TRAINING else 'validation'}",
            showlegend=legend,
            line={"color": color, "dash": dash, "width": 2},
            hovertemplate=f"{title}<br>epoch %{{x}}: {metric} %{{y:.4f}}<extra></extra>",
            row=row,
            col=1,
        )


def add_band(figure: go.Figure, row: int, epochs: pd.DataFrame, metric: str, name: str, color: str) -> None:
    """Add a band of one standard deviation around the mean of the validation metric."""
    values = epochs[epochs["data"] == find_validation(epochs)].groupby("epoch")[metric].agg(["mean", "std"])
    low, high = values["mean"] - values["std"], values["mean"] + values["std"]
    figure.add_scatter(
        x=[*values.index, *values.index[::-1]],
        y=[*high.round(DIGITS), *low[::-1].round(DIGITS)],
        fill="toself",
        fillcolor=color,
        opacity=0.15,
        mode="none",
        hoverinfo="skip",
        legendgroup=f"{name} validation",
        showlegend=False,
        row=row,
        col=1,
    )


def add_runs(figure: go.Figure, row: int, epochs: pd.DataFrame, metric: str, name: str, color: str, shown: set) -> None:
    """Add the validation metric of each shown run as a thin line."""
    for replicate, run in epochs[epochs["data"] == find_validation(epochs)].groupby("replicate"):
        if (name, replicate) in shown:
            figure.add_scatter(
                x=run["epoch"].tolist(),
                y=run[metric].round(DIGITS).tolist(),
                mode="lines",
                line={"color": color, "width": 0.7},
                opacity=0.6,
                legendgroup=f"{name} validation",
                showlegend=False,
                hovertemplate=(
                    f"{name}{', ' if name else ''}replicate {replicate}, validation<br>"
                    f"epoch %{{x}}: {metric} %{{y:.4f}}<extra></extra>"
                ),
                row=row,
                col=1,
            )


def draw_settings(runs: pd.DataFrame, statistics: pd.DataFrame) -> go.Figure:
    """Draw the validation accuracy over the first swept setting: mean with one standard deviation, and every run.

    Each combination of the other swept settings is a line. A single line has the maximum and the last replicate, too.
    `runs`, `statistics`: runs.csv and statistics.csv of a classifier.
    """
    validation, over = find_validation(runs), find_swept(runs)[0]
    runs, statistics = runs[runs["data"] == validation], statistics[statistics["data"] == validation]
    scale, lines = make_scale(statistics[over]), choose_evenly(list_lines(statistics))
    figure = go.Figure()
    replicates = statistics["n"].max() > 1
    colors = [BLUE] if len(lines) == 1 else [to_hex(colour) for colour in choose_colours(len(lines))]
    for line, color, symbol in zip(lines, colors, cycle(SYMBOLS)):
        rows, points = statistics[name_lines(statistics) == line], runs[name_lines(runs) == line]
        curves = [(line or ("mean ± standard deviation" if replicates else "accuracy"), "mean", color, symbol, "solid")]
        if replicates and len(lines) == 1:
            curves += [
                ("maximum", "maximum", VERMILLION, "triangle-up", "dash"),
                ("last replicate", "last_replicate", "#444", "square", "dot"),
            ]
        for name, column, colour, marker, dash in curves:
            look = {"line": {"color": colour, "dash": dash}, "marker": {"symbol": marker, "size": 8}}
            add_line(figure, rows, over, column, scale, name=name, legendgroup=name, **look)
        if replicates:
            figure.add_scatter(
                x=scale.place(points[over]),
                y=points["accuracy"].round(DIGITS).tolist(),
                customdata=list(zip(map(format_value, points[over]), points["replicate"].tolist(), strict=True)),
                mode="markers",
                name=f"{line}, each replicate" if line else "each replicate",
                legendgroup=line or "each replicate",
                showlegend=not line,
                marker={"symbol": "circle-open", "size": 6, "color": color if line else GREY},
                hovertemplate=(
                    f"{line + ', ' if line else ''}{over} %{{customdata[0]}}<br>"
                    "replicate %{customdata[1]}: %{y:.4f}<extra></extra>"
                ),
            )
    figure.update_xaxes(title_text=label_axis(over))
    if scale.kind == "log":
        figure.update_xaxes(type="log", exponentformat="power", dtick=1)
    if scale.kind == "category" or scale.control is not None:
        values = list(scale.places)
        figure.update_xaxes(tickvals=scale.place(values), ticktext=list(map(format_value, values)))
    figure.update_yaxes(title_text=f"accuracy after the last epoch ({validation} images)")
    return figure.update_layout(template=THEME, height=420)


def add_line(figure: go.Figure, rows: pd.DataFrame, over: str, column: str, scale: Scale, **look: Any) -> None:
    """Add a statistic over a setting. A control is a point of its own. The mean has bars of one standard deviation."""
    for number, mask in enumerate(part_control(scale, pd.Index(rows[over]))):
        part = rows[mask]
        spread = {"type": "data", "array": part["standard_deviation"].round(DIGITS).tolist()}
        figure.add_scatter(
            x=scale.place(part[over]),
            y=part[column].round(DIGITS).tolist(),
            customdata=list(map(format_value, part[over])),
            error_y=spread if column == "mean" and part["n"].max() > 1 else None,
            mode="lines+markers",
            showlegend=number == 0,
            hovertemplate=f"{over} %{{customdata}}<br>%{{fullData.name}}: %{{y:.4f}}<extra></extra>",
            **look,
        )


def draw_noise_levels(
    runs: pd.DataFrame, levels: pd.DataFrame, thresholds: pd.DataFrame, published: dict[tuple[str, str], dict]
) -> go.Figure:
    """Draw the accuracy over the noise level, in a panel for each scorer, with a curve for each denoiser.

    Lines are means over the replicates with their 95 % confidence intervals, and open markers the replicates. A click
    in the legend hides a denoiser in all panels. With one scorer and one denoiser, the level where the curves cross is
    marked. `published`: the published curves that are comparable, accuracy by level, by our scorer and denoiser.
    """
    scorers, styles = list_names(levels, "classifier"), style_denoisers(list_names(levels, "denoiser"))
    figure = make_subplots(
        len(scorers),
        1,
        shared_xaxes=True,
        vertical_spacing=0.12 / len(scorers),
        subplot_titles=scorers if len(scorers) > 1 else None,
    )
    n = levels["n"].iloc[0]
    for row, scorer in enumerate(scorers, start=1):
        for (denoiser, style), symbol in zip(styles.items(), cycle(SYMBOLS)):
            curve, points = (select_cell(table, scorer, denoiser) for table in (levels, runs))
            name, colour = name_denoiser(denoiser), to_hex(style["color"])
            place = {"row": row, "col": 1}
            figure.add_scatter(
                x=curve["level"].tolist(),
                y=curve["mean"].round(DIGITS).tolist(),
                error_y=None if n == 1 else describe_error(curve),
                mode="lines+markers",
                name=name if n == 1 else f"{name}, mean of n = {n}",
                legendgroup=denoiser,
                showlegend=row == 1,
                line={"color": colour},
                marker={"symbol": symbol, "size": 7},
                hovertemplate=HOVER,
                **place,
            )
            if n > 1:
                figure.add_scatter(
                    x=points["level"].tolist(),
                    y=points["accuracy"].round(DIGITS).tolist(),
                    customdata=points["replicate"].tolist(),
                    mode="markers",
                    name=f"{name}, each replicate",
                    legendgroup=denoiser,
                    showlegend=False,
                    marker={"symbol": f"{symbol}-open", "size": 5, "color": colour},
                    hovertemplate="noise level %{x}<br>replicate %{customdata}: %{y:.4f}<extra></extra>",
                    **place,
                )
            curve_published = published.get((scorer, denoiser), {})
            if curve_published:
                figure.add_scatter(
                    x=list(curve_published),
                    y=list(curve_published.values()),
                    mode="lines+markers",
                    name=f"{name}, published",
                    line={"color": colour, "dash": "dot", "width": 1},
                    marker={"symbol": f"{symbol}-open", "size": 9},
                    hovertemplate=HOVER,
                    **place,
                )
        figure.update_yaxes(title_text=label_accuracy(runs["total"].iloc[0]), range=[0, 1.02], row=row, col=1)
    crossings = thresholds[thresholds["quantity"] == CROSS]
    if len(crossings) == 1 and crossings["n"].iloc[0]:
        told = f"the curves cross at {format_mean_level(crossings.iloc[0])}"
        figure.add_vline(crossings["mean"].iloc[0], line={"dash": "dash", "width": 1}, annotation={"text": told})
    figure.update_xaxes(title_text=NOISE_LEVEL, row=len(scorers), col=1)
    if len(scorers) > 1:  # above the title of the first panel
        figure.update_layout(legend={"y": 1.06})
    return figure.update_layout(template=THEME, height=100 + 360 * len(scorers))


def describe_error(curve: pd.DataFrame) -> dict:
    """Describe the 95 % confidence intervals of a curve's means as error bars. `curve`: rows of levels.csv."""
    return {"type": "data", "array": (curve["ci95_high"] - curve["mean"]).round(DIGITS).tolist(), "thickness": 1}
