"""Set our numbers beside the published ones."""

from pathlib import Path

import pandas as pd

from workflow.lib.jobs import Job, run_job
from workflow.lib.published import NOISE_LEVELS, QUANTITIES, Quantity
from workflow.lib.tables import write_table


def find_value(epochs: dict[str, pd.DataFrame], quantity: Quantity) -> float:
    """Find our value of a published quantity in the epoch tables, by model; NaN if the study does not have it."""
    if quantity.model not in epochs:
        return float("nan")
    rows = epochs[quantity.model]
    rows = rows[rows["data"] == quantity.data]
    if quantity.factor is not None:
        rows = rows[rows["factor"] == quantity.factor]
    if isinstance(quantity.replicate, int) and "replicate" in rows:
        rows = rows[rows["replicate"] == quantity.replicate]
        if quantity.factor is None:
            rows = rows[rows["factor"].isna() | (rows["factor"] == rows["factor"].min())]
    elif quantity.replicate == "last":
        rows = rows[rows["replicate"] == rows["replicate"].max()]
    epoch = rows["epoch"].max() if quantity.epoch == "last" else quantity.epoch
    return rows.loc[rows["epoch"] == epoch, quantity.column].max()


def compare_quantities(epochs: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Compare the single quantities: quantity, reference, ours."""
    rows = [(quantity.quantity, quantity.reference, find_value(epochs, quantity)) for quantity in QUANTITIES]
    return pd.DataFrame(rows, columns=["quantity", "reference", "ours"])


def compare_noise_levels(levels: pd.DataFrame) -> pd.DataFrame:
    """Compare the noise curves, level by level: quantity, reference, ours."""
    ours = levels.set_index(["images", "level"])["accuracy"]
    rows = [
        (f"CNN accuracy on {images} images, noise level {level:g}", reference, ours.get((images, level)))
        for images, curve in NOISE_LEVELS.items()
        for level, reference in curve.items()
    ]
    return pd.DataFrame(rows, columns=["quantity", "reference", "ours"])


def main(job: Job) -> None:
    tables = map(pd.read_csv, job.arguments.classifiers)
    epochs = {table["classifier"].iloc[0]: table for table in tables}
    epochs["autoencoder"] = pd.read_csv(job.arguments.autoencoder)
    levels = pd.read_csv(job.arguments.levels)
    comparison = pd.concat([compare_quantities(epochs), compare_noise_levels(levels)], ignore_index=True)
    comparison["ours"] = comparison["ours"].astype(float)
    comparison["difference"] = comparison["ours"] - comparison["reference"]
    write_table(comparison, job.arguments.comparison)


if __name__ == "__main__":
    run_job(main, __doc__, classifiers=[Path], autoencoder=Path, levels=Path, comparison=Path)
