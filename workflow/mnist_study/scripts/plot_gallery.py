"""Show an image of each chosen class at every noise level, and below it what each denoiser makes of it."""

import textwrap
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from mnist_study.images import NO_DENOISER
from mnist_study.run.jobs import Job, run_job
from mnist_study.show.figures import (
    FOOTNOTE,
    NOISE_LEVEL,
    ONE_COLUMN,
    SMALL,
    TWO_COLUMNS,
    VERMILLION,
    count_lines,
    draw_image,
    format_class,
    frame_images,
    make_figure,
    measure_row,
    save_figure,
    shorten_name,
    write_footnote,
)
from mnist_study.show.tables import name_denoiser

GAP = 0.15  # between classes, in widths of an image
LABELS = 0.8  # inches, left of the images
LABEL_WIDTH = 14  # letters
SIDE = 0.58  # inches, as narrow as the captions allow: eleven levels fill two columns
WIDEST_SIDE = 0.8


def plot_gallery(gallery: dict[str, np.ndarray]) -> Figure:
    """Plot a row for each image with no denoiser and with each, and a column for each level, with predicted classes.

    `gallery` has levels (levels,), digits, the classes of the images (images,), denoisers, their names without none,
    noisy (levels, images, height, width, channels), denoised (denoisers, levels, images, height, width, channels), the
    class probabilities noisy_probabilities (levels, images, classes) and denoised_probabilities (denoisers, levels,
    images, classes), and classes, their names.
    """
    levels, digits, classes = gallery["levels"], gallery["digits"], gallery["classes"]
    drawn = {NO_DENOISER: (gallery["noisy"], gallery["noisy_probabilities"])}
    drawn |= dict(
        zip(
            gallery["denoisers"].tolist(),
            zip(gallery["denoised"], gallery["denoised_probabilities"], strict=True),
            strict=True,
        )
    )
    image_row = measure_row(count_lines(classes))
    group = len(drawn) * image_row + GAP
    narrowest = LABELS + SIDE * len(levels)
    width = next((columns for columns in (ONE_COLUMN, TWO_COLUMNS) if narrowest <= columns), narrowest)
    side = min((width - LABELS) / len(levels), WIDEST_SIDE)
    height = len(digits) * group
    figure = make_figure(width, 0.4 + side * height + FOOTNOTE)
    axes = figure.subplots()
    rows = {}
    for number, digit in enumerate(digits):
        for place, (denoiser, (images, scores)) in enumerate(drawn.items()):
            row = number * group + place * image_row
            rows[row] = f"{shorten_name(classes[digit])},\n{wrap_name(name_denoiser(denoiser))}"
            for column in range(len(levels)):
                probabilities = scores[column, number]
                wrong = {} if probabilities.argmax() == digit else {"color": VERMILLION}
                caption = ("✗ " if wrong else "") + format_class(probabilities, classes)
                draw_image(axes, images[column, number], column, row, caption, **wrong)
    frame_images(axes, len(levels), height)
    axes.set_xticks(np.arange(len(levels)) + 0.5, [f"{level:g}" for level in levels])
    axes.set_yticks([row + 0.5 for row in rows], list(rows.values()), fontsize=SMALL)
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    axes.set_xlabel(NOISE_LEVEL)
    write_footnote(figure, "under each image: predicted class and confidence; ✗ if wrong")
    return figure


def wrap_name(name: str) -> str:
    """Break the name of a denoiser into lines that fit left of the images, behind its underscores if it has some."""
    lines = textwrap.wrap(name.replace("_", "_ "), LABEL_WIDTH)
    return "\n".join(line.replace("_ ", "_") for line in lines)


def main(job: Job) -> None:
    with np.load(job.arguments.images) as gallery:
        save_figure(plot_gallery(dict(gallery)), job.arguments.figure)


if __name__ == "__main__":
    run_job(main, __doc__, images=Path, figure=Path)
