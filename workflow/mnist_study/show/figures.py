"""Shared by all figures: the theme, the colours, and files with the same bytes in every run."""

from collections.abc import Iterable, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import Collection
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from mnist_study.files import write_atomically
from mnist_study.images import HELD_OUT, TEST, TRAINING
from mnist_study.imports import spare_imports
from mnist_study.show.tables import find_validation

# seaborn needs these modules only for estimates that our figures don't show.
with spare_imports("scipy.cluster", "scipy.stats"):
    import seaborn as sns

ONE_COLUMN = 3.5  # inches
TWO_COLUMNS = 7.2
DPI = 200
SMALL = 6  # points

# Okabe and Ito's colours, which colour-blind readers can tell apart. A dash or a marker always shows the same fact.
BLUE, VERMILLION, GREY = "#0072B2", "#D55E00", "#6E6E6E"
# From white to a blue on which black numbers are readable. Printed in greyscale, it is still a scale.
SEQUENTIAL = LinearSegmentedColormap.from_list("sequential", ["white", "#4292C6"])
# Of each denoiser of a study, in its order, the first being none: colour, marker and line.
DENOISERS: list[tuple[str, str, Any]] = [
    (VERMILLION, "o", "-"),
    (BLUE, "s", "-"),
    ("#009E73", "^", "--"),
    ("#CC79A7", "v", "-."),
    ("black", "D", ":"),
    ("#E69F00", "P", (0, (5, 1))),
    ("#56B4E9", "X", (0, (3, 1, 1, 1, 1, 1))),
    (GREY, "*", (0, (1, 1))),
    ("#8B4513", "p", (0, (8, 2))),
]
LEGEND_WIDTH, HANDLE = 120, 9  # letters: a line of a legend across two columns, and what stands before each label
NOISE_LEVEL = "noise level"
NOISE_AXIS = (-0.05, 1.05)

# The names of images in a table of epochs, and in a legend.
DATA = {TRAINING: "training", TEST: "validation (test images)", HELD_OUT: "validation (held-out images)"}
DASHES = [(3, 1.5), ""]
MARKERS = ["s", "o"]
MARKED_EPOCHS = 12  # with more epochs, markers would hide the lines

GRID_COLUMNS = 10
# In sides of the square that an image is fitted into: the image with a caption of one line, each further line, and the
# largest side of the image.
ROW = 1.22
LINE = 0.16
FITTED = 0.94
FOOTNOTE = 0.25  # inches
# Names of classes that fit beside a confidence, and letters that fit under an image.
SHORT_NAME, LONGEST_NAME = 2, 11

# The theme replaces a user's matplotlibrc, and DejaVu Sans comes with Matplotlib: figures are the same everywhere.
THEME = {
    "font.family": "DejaVu Sans",
    "font.size": 8,
    "axes.labelsize": 8,
    "axes.titlesize": 8,
    "figure.titlesize": 9,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7,
    "legend.title_fontsize": 7,
    "legend.framealpha": 1,
    "legend.edgecolor": "white",
    "lines.linewidth": 1.2,
    "lines.markersize": 4,
    "lines.markeredgewidth": 0.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.7,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "xtick.major.size": 3,
    "ytick.major.size": 3,
    "xtick.minor.size": 1.5,
    "ytick.minor.size": 1.5,
    "svg.fonttype": "path",
    "svg.hashsalt": "mnist-study",
}


# The names of classes, in the order of the labels.
Names = Sequence[str] | np.ndarray


def make_figure(width: float, height: float) -> Figure:
    """Make an empty figure in the study's theme. Sizes are in inches."""
    matplotlib.use("agg")
    matplotlib.rcdefaults()
    sns.set_theme(context="paper", style="ticks", rc=THEME)
    return Figure(figsize=(width, height), layout="constrained")


def save_figure(figure: Figure, path_svg: Path) -> None:
    """Write a figure as SVG, and as PNG beside it."""
    for path, metadata in ((path_svg, {"Date": None}), (path_svg.with_suffix(".png"), {})):
        with write_atomically(path) as temporary:
            figure.savefig(temporary, dpi=DPI, metadata=metadata)


def draw_epochs(axes: Axes, epochs: pd.DataFrame, column: str, label: str, **lines: Any) -> None:
    """Draw a metric over the epochs. Training is dashed, validation is solid.

    If there are replicates, draw their mean and standard deviation. `epochs` has the columns epoch, data ("training",
    and "test" or "held-out") and `column`. `lines`: further arguments of seaborn's lineplot.
    """
    sns.lineplot(
        epochs.replace({"data": DATA}),
        x="epoch",
        y=column,
        style="data",
        style_order=[DATA[TRAINING], DATA[find_validation(epochs)]],
        dashes=DASHES,
        markers=MARKERS if epochs["epoch"].max() <= MARKED_EPOCHS else False,
        errorbar="sd",
        err_kws={"alpha": 0.15},
        ax=axes,
        **lines,
    )
    axes.set(xlabel="epoch", ylabel=label)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))


def choose_colours(count: int) -> list[tuple[float, float, float, float]]:
    """Choose viridis colours for an ordered series, dark to light. The lightest are left out: paper is white."""
    return list(sns.color_palette("viridis", as_cmap=True)(np.linspace(0, 0.8, count)))


def style_denoisers(denoisers: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Give each denoiser of a study its colour, marker and line, by its name. `denoisers`: in order, none first."""
    styles = ({"color": color, "marker": marker, "linestyle": line} for color, marker, line in cycle(DENOISERS))
    return dict(zip(denoisers, styles))  # noqa: B905 # the styles never end


def add_legend(figure: Figure, axes: Axes, title: str) -> None:
    """Add a legend of the curves of one panel above all panels of a figure that is as wide as two columns of text."""
    handles, labels = axes.get_legend_handles_labels()
    columns = max(1, LEGEND_WIDTH // (max(map(len, labels)) + HANDLE))
    figure.legend(handles, labels, title=title, loc="outside upper center", ncols=columns)


def label_accuracy(test_images: int) -> str:
    """Label an axis of accuracies on so many test images."""
    return f"accuracy ({test_images:,} test images)"


def choose_gap(classes: Names) -> str:
    """Choose what stands behind the name of a class in a caption: a line break if names are long, or else a blank."""
    return "\n" if max(map(len, classes)) > SHORT_NAME else " "


def count_lines(classes: Names, names: int = 1) -> int:
    """Count the lines of a caption with so many names of classes and a confidence."""
    return 1 + names * choose_gap(classes).count("\n")


def shorten_name(name: str) -> str:
    """Shorten the name of a class to what fits under an image."""
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def format_class(probabilities: np.ndarray, classes: Names) -> str:
    """Format the predicted class and the classifier's confidence, from class probabilities (classes,).

    `classes`: the names of the classes. Long ones stand in a line of their own.
    """
    name = shorten_name(classes[int(probabilities.argmax())])
    return f"{name}{choose_gap(classes)}({100 * probabilities.max():.0f} %)"


def draw_image(axes: Axes, pixels: np.ndarray, column: float, row: float, caption: str, **text: Any) -> None:
    """Draw an image with a caption in the unit square right of `column` and below `row`.

    The image has shape (height, width, channels) and values in [0, 1]. It is fitted into the square. With one channel,
    it is grey. `text`: options of the caption's text. Call `frame_images` when all images are drawn.
    """
    height, width = (FITTED * side / max(pixels.shape[:2]) for side in pixels.shape[:2])
    left, top = column + (FITTED - width) / 2, row + (FITTED - height) / 2
    axes.imshow(
        pixels[..., 0] if pixels.shape[2] == 1 else pixels,
        cmap="gray",
        vmin=0,
        vmax=1,
        interpolation="nearest",
        extent=(left, left + width, top + height, top),
    )
    axes.text(column + FITTED / 2, row + FITTED + 0.04, caption, fontsize=SMALL, ha="center", va="top", **text)


def measure_row(lines: int) -> float:
    """Compute the height of an image with a caption of so many lines, in sides of its square."""
    return ROW + LINE * (lines - 1)


def measure_grid(images: int, lines: int) -> float:
    """Compute the height in inches of a grid of images with captions of so many lines.

    The grid is as wide as two columns of text.
    """
    return count_rows(images) * measure_row(lines) * TWO_COLUMNS / GRID_COLUMNS


def draw_grid(axes: Axes, images: np.ndarray, captions: list[str], lines: int) -> None:
    """Draw images (n, height, width, channels) with their captions of so many lines, row by row."""
    height = measure_row(lines)
    for number, caption in enumerate(captions):
        row, column = divmod(number, GRID_COLUMNS)
        draw_image(axes, images[number], column, row * height, caption)
    frame_images(axes, GRID_COLUMNS, count_rows(len(captions)) * height)
    axes.set(xticks=[], yticks=[])


def count_rows(images: int) -> int:
    """Count the rows of a grid of images. A grid without images has one empty row."""
    return max(1, -(-images // GRID_COLUMNS))


def draw_heatmap(axes: Axes, table: pd.DataFrame, form: str, **options: Any) -> Collection:
    """Draw a table as a heat map, with the numbers in the format `form` in the cells.

    `options`: further arguments of seaborn's heatmap. Returns the object that a colour bar is made from.
    """
    cells = {"linewidths": 0.5, "linecolor": "0.9", "annot_kws": {"fontsize": SMALL, "color": "black"}}
    sns.heatmap(table, cmap=SEQUENTIAL, fmt=form, cbar=False, ax=axes, **cells, **options)
    axes.tick_params(length=0, rotation=0)
    return axes.collections[0]


def write_footnote(figure: Figure, text: str) -> None:
    """Write a line below a figure. It says how to read the figure."""
    figure.supxlabel(text, fontsize=7)


def frame_images(axes: Axes, columns: float, rows: float) -> None:
    """Fit the axes to the images that `draw_image` drew, and hide everything of the axes except the tick labels."""
    axes.set(xlim=(0, columns), ylim=(rows, 0), aspect="equal")
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
