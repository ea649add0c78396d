"""Write tidy tables, with one observation a row, as CSV files."""

from pathlib import Path

import pandas as pd

from mnist_study.files import write_atomically

DATA = {"": "training", "val_": "validation"}
# In the table of norms, this layer stands for all penalized kernels together.
ALL_PENALIZED = "all penalized"
# Tables and figures show at which noise level the accuracy falls under these thresholds.
THRESHOLDS = [0.9, 0.5]
# What a curve can do at a threshold. Only a curve that falls below it has a level there.
FALLS, ABOVE, BELOW, RISES = "falls", "never under", "under at every level", "under at first, not later"


def name_fall(images: str, threshold: float) -> str:
    """Name the noise level at which the accuracy on "noisy" or "denoised" images falls under a threshold."""
    return f"accuracy on {images} images falls under {threshold}"


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV. Numbers keep all their digits."""
    with write_atomically(path) as temporary:
        table.to_csv(temporary, index=False, lineterminator="\n")


def tabulate_epochs(history: dict[str, list[float]]) -> dict[str, list]:
    """Tabulate a history as columns: a row for each epoch on training and on validation data.

    Columns: epoch (from 1), data ("training" or "validation"), and one for each metric (loss, accuracy).
    """
    epochs = len(history["loss"])
    names = [name for name in history if not name.startswith("val_")]
    return {
        "epoch": list(range(1, epochs + 1)) * len(DATA),
        "data": [data for data in DATA.values() for _ in range(epochs)],
        **{name: [value for prefix in DATA for value in history[prefix + name]] for name in names},
    }
