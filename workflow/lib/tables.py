"""Tidy tables, one observation a row, as CSV files."""

from pathlib import Path

import pandas as pd

from workflow.lib.files import write_atomically

DATA = {"": "training", "val_": "validation"}
# The layer, in the table of norms, that stands for all penalized kernels as one.
ALL_PENALIZED = "all penalized"


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV; numbers keep all their digits."""
    with write_atomically(path) as temporary:
        table.to_csv(temporary, index=False, lineterminator="\n")


def tabulate_epochs(history: dict[str, list[float]]) -> pd.DataFrame:
    """Tabulate a history: a row for each epoch on training and on validation data.

    Columns: epoch (from 1), data ("training" or "validation"), and one for each metric (loss, accuracy).
    """
    names = [name for name in history if not name.startswith("val_")]
    return pd.concat(
        [
            pd.DataFrame(
                {"epoch": range(1, len(history["loss"]) + 1), "data": data}
                | {name: history[prefix + name] for name in names}
            )
            for prefix, data in DATA.items()
        ],
        ignore_index=True,
    )
