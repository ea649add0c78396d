"""Write tidy tables, with one observation a row, as CSV files."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from mnist_study.files import write_atomically
from mnist_study.images import HELD_OUT, NO_DENOISER, TEST, TRAINING
from mnist_study.plan.sweeps import name_setting

# Columns with the name of a class.
CLASSES = ["true", "predicted", "class"]
# In the table of norms, this layer stands for all penalized kernels together.
ALL_PENALIZED = "all penalized"
# The columns of the noise study's tables that name a scorer and its denoiser.
CELL = ["classifier", "denoiser"]
# Tables and figures show at which noise level the accuracy falls under these thresholds.
THRESHOLDS = [0.9, 0.5]
# What a curve can do at a threshold. Only a curve that falls below it has a level there.
CROSS = "curves cross"
MIXED = "differs between replicates"
FALLS, ABOVE, BELOW, RISES = "falls", "never under", "under at every level", "under at first, not later"


def name_fall(threshold: float) -> str:
    """Name the noise level at which the accuracy falls under a threshold, as the quantity of thresholds.csv."""
    return f"accuracy falls under {threshold}"


def name_denoiser(denoiser: str) -> str:
    """Name a denoiser for readers, by its name in the tables."""
    return "no denoiser" if denoiser == NO_DENOISER else denoiser


def list_names(table: pd.DataFrame, column: str) -> list[str]:
    """List the classifiers or the denoisers of a table of the noise study, in its order: that of the config."""
    return list(table[column].unique())


def select_cell(table: pd.DataFrame, classifier: str, denoiser: str) -> pd.DataFrame:
    """Select the rows of one scorer with one denoiser from a table of the noise study."""
    return table[(table["classifier"] == classifier) & (table["denoiser"] == denoiser)]


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


def find_swept(table: Iterable[str]) -> list[str]:
    """Find the columns of a sweep in a classifier's table, or in its columns: those behind classifier.

    They end before the replicate, or before the kind of images.
    """
    columns = list(table)
    return columns[1 : min(columns.index(name) for name in ("replicate", "data") if name in columns)]


def list_table_settings(table: pd.DataFrame) -> pd.DataFrame:
    """List the settings in a classifier's table in ascending order: their values, and their names as the index."""
    swept = find_swept(table)
    values = table[swept].drop_duplicates().sort_values(swept, ignore_index=True) if swept else pd.DataFrame(index=[0])
    return values.set_index(pd.Index(list(map(name_setting, values.to_dict("records"))), name="setting"))


def name_settings(table: pd.DataFrame) -> pd.Series:
    """Name the setting of each row of a classifier's table: "l2 0.0001". Without a sweep, the name is empty."""
    swept, settings = find_swept(table), list_table_settings(table)
    if not swept:
        return pd.Series("", index=table.index)
    named = table[swept].merge(settings.reset_index(), on=swept, how="left", validate="many_to_one")
    return named["setting"].set_axis(table.index)


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
