"""Tidy tables, one observation a row, as CSV files."""

from pathlib import Path

import pandas as pd

from mnist_study.files import write_atomically

DATA = {"": "training", "val_": "validation"}
# The layer, in the table of norms, that stands for all penalized kernels as one.
ALL_PENALIZED = "all penalized"
# Accuracies under which a noise curve's fall is tabulated and marked.
THRESHOLDS = [0.9, 0.5]
# What a curve does at a threshold: only one that falls has a level.
FALLS, ABOVE, BELOW, RISES = "falls", "never under", "under at every level", "under at first, not later"


def name_fall(images: str, threshold: float) -> str:
    """Name the quantity of where the accuracy on "noisy" or "denoised" images falls under a threshold."""
    return f"accuracy on {images} images falls under {threshold}"


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV; numbers keep all their digits."""
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
