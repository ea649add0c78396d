"""Show an image of each chosen class at every noise level, with the denoised image below it."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from mnist_study.run.jobs import Job, run_job
from mnist_study.show.figures import (
    FOOTNOTE,
    NOISE_LEVEL,
    ONE_COLUMN,
    TWO_COLUMNS,
    VERMILLION,
    choose_gap,
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

GAP = 0.15  # between classes, in widths of an image
LABELS = 0.8  # inches, left of the images
SIDE = 0.58  # inches, as narrow as the captions allow: eleven levels fill two columns
WIDEST_SIDE = 0.8


def plot_gallery(gallery: dict[str, np.ndarray]) -> Figure:
    """Plot two rows for each image, noisy and denoised, and a column for each level, with the predicted classes.

    `gallery` has levels (levels,), digits, the classes of the images (images,), noisy and denoised
    (levels, images, height, width, channels), the class probabilities noisy_probabilities and denoised_probabilities
    (levels, images, classes), and classes, their names.
    """
    levels, digits, classes = gallery["levels"], gallery["digits"], gallery["classes"]
    image_row = measure_row(count_lines(classes))
    height = len(digits) * (2 * image_row + GAP)
    narrowest = LABELS + SIDE * len(levels)
    width = next((columns for columns in (ONE_COLUMN, TWO_COLUMNS) if narrowest <= columns), narrowest)
    side = min((width - LABELS) / len(levels), WIDEST_SIDE)
    figure = make_figure(width, 0.4 + side * height + FOOTNOTE)
    axes = figure.subplots()
    rows = {}
    for number, digit in enumerate(digits):
        for offset, images in ((0, "noisy"), (image_row, "denoised")):
            row = number * (2 * image_row + GAP) + offset
            rows[row] = f"{shorten_name(classes[digit])},{choose_gap(classes)}{images}"
            for column in range(len(levels)):
                probabilities = gallery[f"{images}_probabilities"][column, number]
                wrong = {} if probabilities.argmax() == digit else {"color": VERMILLION}
                caption = ("✗ " if wrong else "") + format_class(probabilities, classes)
                draw_image(axes, gallery[images][column, number], column, row, caption, **wrong)
    frame_images(axes, len(levels), height)
    axes.set_xticks(np.arange(len(levels)) + 0.5, [f"{level:g}" for level in levels])
    axes.set_yticks([row + 0.5 for row in rows], list(rows.values()))
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    axes.set_xlabel(NOISE_LEVEL)
    write_footnote(figure, "under each image: predicted class and confidence; ✗ if wrong")
    return figure


def main(job: Job) -> None:
    with np.load(job.arguments.images) as gallery:
        save_figure(plot_gallery(dict(gallery)), job.arguments.figure)


if __name__ == "__main__":
    run_job(main, __doc__, images=Path, figure=Path)
