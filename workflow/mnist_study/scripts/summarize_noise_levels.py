"""Tabulate the accuracy over the noise level, for all images and each class, and where the curves cross and fall."""

from pathlib import Path

import numpy as np
import pandas as pd

from mnist_study.errors import StudyError
from mnist_study.run.jobs import Job, run_job
from mnist_study.show.tables import ABOVE, BELOW, FALLS, RISES, THRESHOLDS, name_fall, write_table
from mnist_study.trust.device_counts import warn_of_mixed_devices
from mnist_study.trust.metrics_reader import read_metrics

IMAGES = ["noisy", "denoised"]
# What each case means for the difference of the noisy and the denoised curve at the threshold 0.
CROSSINGS = {
    FALLS: "cross",
    ABOVE: "denoised never above noisy",
    BELOW: "denoised above noisy at every level",
    RISES: "denoised above noisy at first, not later",
}


def tabulate_levels(metrics: list[dict]) -> pd.DataFrame:
    """Tabulate a row for each noise level and images ("noisy" or "denoised").

    Columns: level, images, accuracy, correct, n, chance. `correct` of `n` images are classified correctly. `chance` is
    the accuracy of answering the most frequent class for every image.
    """
    rows = []
    for level in metrics:
        for images in IMAGES:
            confusion = np.array(level[images]["confusion"])
            n = confusion.sum()
            rows.append(
                {
                    "level": level["level"],
                    "images": images,
                    "accuracy": level[images]["accuracy"],
                    "correct": np.trace(confusion),
                    "n": n,
                    "chance": confusion.sum(axis=1).max() / n,
                }
            )
    return pd.DataFrame(rows)


def tabulate_classes(metrics: list[dict]) -> pd.DataFrame:
    """Tabulate a row for each noise level, images and true class: level, images, class, accuracy."""
    return pd.DataFrame(
        {"level": level["level"], "images": images, "class": label, "accuracy": row[label] / sum(row)}
        for level in metrics
        for images in IMAGES
        for label, row in enumerate(level[images]["confusion"])
    )


def find_fall(levels: np.ndarray, values: np.ndarray, threshold: float) -> float:
    """Find the first level at which values fall from `threshold` or above to below it, by linear interpolation.

    `levels`, `values`: float arrays of the same length, levels ascending. Returns NaN if the values never fall so.
    """
    falls = np.flatnonzero((values[:-1] >= threshold) & (values[1:] < threshold))
    if len(falls) == 0:
        return np.nan
    left = falls[0]
    share = (values[left] - threshold) / (values[left] - values[left + 1])
    return float(levels[left] + share * (levels[left + 1] - levels[left]))


def find_case(fall: float, values: np.ndarray, threshold: float) -> str:
    """Find what values do at a threshold. `fall`: the level at which they fall under it, or NaN if they never do."""
    if not np.isnan(fall):
        return FALLS
    under = values < threshold
    return BELOW if under.all() else RISES if under.any() else ABOVE


def tabulate_thresholds(table: pd.DataFrame) -> pd.DataFrame:
    """Tabulate where the curves cross and fall: quantity, level (empty if a curve never does), case.

    The curves cross where the accuracy on denoised images begins to be the higher one.
    """
    curves = table.pivot(index="level", columns="images", values="accuracy").sort_index()
    levels = curves.index.to_numpy()
    lead = (curves["noisy"] - curves["denoised"]).to_numpy()
    crossing = find_fall(levels, lead, 0)
    rows = [("curves cross", crossing, CROSSINGS[find_case(crossing, lead, 0)])]
    for images in IMAGES:
        values = curves[images].to_numpy()
        for threshold in THRESHOLDS:
            fall = find_fall(levels, values, threshold)
            rows.append((name_fall(images, threshold), fall, find_case(fall, values, threshold)))
    return pd.DataFrame(rows, columns=["quantity", "level", "case"])


def check_weights(level: dict, path: Path, weights: dict[str, str]) -> dict:
    """Return a level's metrics if they were made with the models whose weights have these digests.

    Raises StudyError otherwise.
    """
    if level["weights"] != weights:
        raise StudyError(
            f"{path} was made with other models than the present ones: type: rm '{path}', and run Snakemake again"
        )
    return level


def main(job: Job) -> None:
    arguments = job.arguments
    warn_of_mixed_devices([*arguments.metrics, arguments.classifier, arguments.autoencoder])
    weights = {
        "classifier": read_metrics(arguments.classifier, "train_classifier", job.settings["classifier"])["weights"],
        "autoencoder": read_metrics(arguments.autoencoder, "train_autoencoder", job.settings["autoencoder"])["weights"],
    }
    levels = [
        check_weights(read_metrics(path, "evaluate_noise_level", settings), path, weights)
        for path, settings in zip(arguments.metrics, job.settings["evaluations"], strict=True)
    ]
    table = tabulate_levels(levels)
    write_table(table, arguments.levels)
    write_table(tabulate_thresholds(table), arguments.thresholds)
    write_table(tabulate_classes(levels), arguments.classes)


if __name__ == "__main__":
    run_job(
        main,
        __doc__,
        metrics=[Path],
        classifier=Path,
        autoencoder=Path,
        levels=Path,
        thresholds=Path,
        classes=Path,
    )
