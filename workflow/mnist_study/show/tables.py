"""Write tidy tables, with one observation a row, as CSV files."""

from pathlib import Path

import pandas as pd

from mnist_study.files import write_atomically
from mnist_study.images import HELD_OUT, TEST, TRAINING

# Columns with the name of a class.
CLASSES = ["true", "predicted", "class"]
# In the table of norms, this layer stands for all penalized kernels together.
ALL_PENALIZED = "all penalized"
# Tables and figures show at which noise level the accuracy falls under these thresholds.
THRESHOLDS = [0.9, 0.5]
# What a curve can do at a threshold. Only a curve that falls below it has a level there.
CROSS = "curves cross"
MIXED = "differs between replicates"
FALLS, ABOVE, BELOW, RISES = "falls", "never under", "under at every level", "under at first, not later"


def name_fall(images: str, threshold: float) -> str:
    """Name the noise level at which the accuracy on "noisy" or "denoised" images falls under a threshold."""
    return f"accuracy on {images} images falls under {threshold}"


def format_mean_level(found: pd.Series) -> str:
    """Format a mean noise level of thresholds.csv, with its standard deviation if several replicates have one."""
    return f"{found['mean']:.2f}" + (f" ± {found['standard_deviation']:.2f}" if found["n"] > 1 else "")


def read_table(path: Path) -> pd.DataFrame:
    """Read a table. The names of classes are texts, also where they look like numbers or like an empty value."""
    return pd.read_csv(path, converters=dict.fromkeys(CLASSES, str))


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV. Numbers keep all their digits."""
    with write_atomically(path) as temporary:
        table.to_csv(temporary, index=False, lineterminator="\n")


def name_validation(settings: dict) -> str:
    """Name the images that validate in the protocol of a training's settings: "test" or "held-out"."""
    return TEST if settings["validation"] == TEST else HELD_OUT


def find_validation(table: pd.DataFrame) -> str:
    """Find the name of the validation images in a table with the column data: "held-out" or, without these, "test"."""
    return HELD_OUT if (table["data"] == HELD_OUT).any() else TEST


def tabulate_epochs(history: dict[str, list[float]], validation: str) -> dict[str, list]:
    """Tabulate a history as columns: a row for each epoch on training and on validation images.

    Columns: epoch (from 1), data ("training", or `validation`, the name of the validation images), and one for each
    metric (loss, accuracy).
    """
    data = {"": TRAINING, "val_": validation}
    epochs = len(history["loss"])
    names = [name for name in history if not name.startswith("val_")]
    return {
        "epoch": list(range(1, epochs + 1)) * len(data),
        "data": [name for name in data.values() for _ in range(epochs)],
        **{name: [value for prefix in data for value in history[prefix + name]] for name in names},
    }
