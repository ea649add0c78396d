"""Compare our numbers with the published ones, where network, training and data are the same."""

from pathlib import Path

import pandas as pd

from mnist_study.run.jobs import Job, run_job
from mnist_study.show.published import (
    NOISE_LEVELS,
    QUANTITIES,
    Quantity,
    explain_autoencoder,
    explain_noise,
    find_classifier,
    is_factor,
)
from mnist_study.show.tables import write_table

COLUMNS = ["quantity", "reference", "ours", "why_not"]


def find_value(rows: pd.DataFrame, quantity: Quantity) -> float:
    """Find our value of a published quantity in its model's table of epochs."""
    rows = rows[rows["data"] == quantity.data]
    if quantity.factor is not None:
        rows = rows[[is_factor(factor, quantity.factor) for factor in rows["factor"]]]
    if isinstance(quantity.replicate, int) and "replicate" in rows:
        rows = rows[rows["replicate"] == quantity.replicate]
    elif quantity.replicate == "last":
        rows = rows[rows["replicate"] == rows["replicate"].max()]
    epoch = rows["epoch"].max() if quantity.epoch == "last" else quantity.epoch
    return rows.loc[rows["epoch"] == epoch, quantity.column].max()


def compare_quantities(epochs: dict[str, pd.DataFrame], settings: dict) -> pd.DataFrame:
    """Compare the single quantities: quantity, reference, ours, why_not. `epochs`: the tables of epochs by model."""
    rows = []
    for quantity in QUANTITIES:
        if quantity.model != "autoencoder":
            name, why_not = find_classifier(settings, quantity)
        else:
            name, why_not = quantity.model, explain_autoencoder(settings)
        ours = None if name is None or why_not else find_value(epochs[name], quantity)
        rows.append((quantity.quantity, quantity.reference, ours, why_not))
    return pd.DataFrame(rows, columns=COLUMNS)


def compare_noise_levels(levels: pd.DataFrame, settings: dict) -> pd.DataFrame:
    """Compare the noise curves level by level: quantity, reference, ours, why_not. `levels`: levels.csv."""
    found = levels.set_index(["images", "level"])["accuracy"]
    rows = []
    for images, curve in NOISE_LEVELS.items():
        differs = explain_noise(settings, images)
        for level, reference in curve.items():
            ours = None if differs else found.get((images, level))
            why_not = differs or ("" if ours is not None else "not among the noise levels of this study")
            rows.append((f"CNN accuracy on {images} images, noise level {level:g}", reference, ours, why_not))
    return pd.DataFrame(rows, columns=COLUMNS)


def main(job: Job) -> None:
    tables = map(pd.read_csv, job.arguments.classifiers)
    epochs = {table["classifier"].iloc[0]: table for table in tables}
    epochs["autoencoder"] = pd.read_csv(job.arguments.autoencoder)
    levels = pd.read_csv(job.arguments.levels)
    comparison = pd.concat(
        [compare_quantities(epochs, job.settings), compare_noise_levels(levels, job.settings)], ignore_index=True
    )
    ours = comparison["ours"].astype(float)
    table = comparison.assign(ours=ours, difference=ours - comparison["reference"])
    write_table(table[["quantity", "reference", "ours", "difference", "why_not"]], job.arguments.comparison)


if __name__ == "__main__":
    run_job(main, __doc__, classifiers=[Path], autoencoder=Path, levels=Path, comparison=Path)
