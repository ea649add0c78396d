"""Compare our numbers, with their errors, with the published ones, where network, training and data are the same."""

from pathlib import Path

import numpy as np
import pandas as pd

from mnist_study.images import TEST
from mnist_study.plan.study import list_autoencoders
from mnist_study.run.jobs import Job, run_job
from mnist_study.show.published import (
    NOISE_LEVELS,
    QUANTITIES,
    TEST_IMAGES,
    Quantity,
    find_autoencoder,
    find_cell,
    find_classifier,
    is_same,
)
from mnist_study.show.statistics import predict_interval, summarize_groups, wilson_interval
from mnist_study.show.tables import write_table

OURS = ["ours", "n", "standard_deviation"]
INTERVALS = ["run95", "ci95", "wilson95"]


def find_values(rows: pd.DataFrame, quantity: Quantity) -> pd.Series:
    """Find our values of a published quantity in its model's table of epochs: one for each run."""
    rows = rows[rows["data"] == quantity.data]
    if quantity.l2 is not None and "l2" in rows:
        rows = rows[[is_same(l2, quantity.l2) for l2 in rows["l2"]]]
    epoch = rows["epoch"].max() if quantity.epoch == "last" else quantity.epoch
    return rows.loc[rows["epoch"] == epoch, quantity.column]


def summarize_values(values: pd.Series, quantity: Quantity) -> dict:
    """Summarize our values of a published quantity: their mean with both errors, or the best of them.

    Returns ours, n, standard_deviation and the low and high end of each interval: ci95 of the mean and run95 of one
    more training (Student's t), and wilson95 of an accuracy (by the number of test images). The best of several values
    has the last one only: the mean of the runs says nothing of their maximum, which is biased.
    """
    if quantity.best:
        told = {"ours": values.max(), "n": len(values)}
    else:
        [row] = summarize_groups(values.to_frame("value").assign(all=0), ["all"], "value").to_dict("records")
        told = tell_spread(row)
    if quantity.column == "accuracy" and quantity.data == TEST:
        told |= name_ends("wilson95", wilson_interval(told["ours"] * TEST_IMAGES, TEST_IMAGES))
    return told


def tell_spread(row: dict) -> dict:
    """Tell our mean, its interval and that of one more training, from the statistics of replicates.

    Both are empty if all replicates have the same value: nothing is known of their spread then.
    """
    spread = np.nan if np.isclose(row["standard_deviation"], 0) else row["standard_deviation"]
    mean = (row["ci95_low"], row["ci95_high"]) if spread > 0 else (np.nan, np.nan)
    more = predict_interval(row["mean"], spread, row["n"])
    return row | {"ours": row["mean"]} | name_ends("ci95", mean) | name_ends("run95", more)


def name_ends(interval: str, ends: tuple) -> dict:
    """Name the ends of an interval as in the table."""
    return {f"{interval}_low": ends[0], f"{interval}_high": ends[1]}


def compare_quantities(epochs: dict[str, pd.DataFrame], settings: dict) -> list[dict]:
    """Compare the single quantities with ours, as far as the study has their half.

    `epochs`: the tables of epochs of all classifiers and autoencoders, by name.
    """
    rows = []
    for quantity in QUANTITIES:
        autoencoder = quantity.model == "autoencoder"
        if not (list_autoencoders(settings) if autoencoder else settings["classifiers"]):
            continue
        name, why_not = find_autoencoder(settings) if autoencoder else find_classifier(settings, quantity)
        ours = {} if name is None else summarize_values(find_values(epochs[name], quantity), quantity)
        rows.append({"quantity": quantity.quantity, "reference": quantity.reference, "why_not": why_not} | ours)
    return rows


def compare_noise_levels(levels: pd.DataFrame, settings: dict) -> list[dict]:
    """Compare the noise curves with ours, level by level. `levels`: levels.csv."""
    found = {(row["classifier"], row["denoiser"], row["level"]): row for row in levels.to_dict("records")}
    rows = []
    for images, curve in NOISE_LEVELS.items():
        cell, differs = find_cell(settings, images)
        for level, reference in curve.items():
            row = None if cell is None else found.get((*cell, level))
            ours = {} if row is None else tell_spread(row)
            why_not = differs or ("" if ours else "not among the noise levels of this study")
            quantity = f"CNN accuracy on {images} images, noise level {level:g}"
            rows.append({"quantity": quantity, "reference": reference, "why_not": why_not} | ours)
    return rows


def tabulate_comparison(rows: list[dict]) -> pd.DataFrame:
    """Tabulate the comparison, and say of each published number whether it lies inside each of our intervals.

    Columns: quantity, reference, ours, n, standard_deviation, difference, whether the published number is inside each
    interval ("yes" or "no"), the ends of each interval, why_not. All but the first two and the last are empty without a
    number of ours. The intervals of trainings are empty for the best of n runs, for one run, and without a spread.
    """
    ends = [f"{interval}_{end}" for interval in INTERVALS for end in ("low", "high")]
    inside = [f"inside_{interval}" for interval in INTERVALS]
    columns = ["quantity", "reference", *OURS, "difference", *inside, *ends, "why_not"]
    table = pd.DataFrame(rows).reindex(columns=columns)
    table["difference"] = table["ours"] - table["reference"]
    for interval in INTERVALS:
        low, high = table[f"{interval}_low"], table[f"{interval}_high"]
        lies = table["reference"].between(low, high).map({True: "yes", False: "no"})
        table[f"inside_{interval}"] = lies.where(low.notna())
    return table.astype({"n": "Int64"})


def main(job: Job) -> None:
    epochs = {}
    for model in ("classifier", "autoencoder"):
        for table in map(pd.read_csv, getattr(job.arguments, f"{model}s")):
            epochs[table[model].iloc[0]] = table
    rows = compare_quantities(epochs, job.settings)
    for path in job.arguments.levels:
        rows += compare_noise_levels(pd.read_csv(path), job.settings)
    write_table(tabulate_comparison(rows), job.arguments.comparison)


if __name__ == "__main__":
    run_job(main, __doc__, classifiers=[Path], autoencoders=[Path], levels=[Path], comparison=Path)
