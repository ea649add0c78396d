"""Compare each pair of a classifier's settings, replicate by replicate, as a replicate has the same seed at both."""

from pathlib import Path

import numpy as np
import pandas as pd

from mnist_study.run.jobs import Job, run_job
from mnist_study.seeding import derive_seed
from mnist_study.show.statistics import compare_pairs
from mnist_study.show.tables import list_table_settings, name_settings, write_table


def compare_settings(runs: pd.DataFrame, seed: np.random.SeedSequence) -> pd.DataFrame:
    """Compare the accuracy of each pair of settings, for each kind of images.

    `runs`: runs.csv. `seed`: that of the random sign flips, of which there are some only for more than 20 replicates.
    Columns: classifier, data, and those of statistics.compare_pairs, with the names of both settings. A difference is
    the second setting's accuracy minus the first one's.
    """
    tables = []
    settings = list_table_settings(runs).index
    for data, rows in runs.assign(setting=name_settings(runs)).groupby("data", sort=False):
        accuracy = rows.pivot(index="replicate", columns="setting", values="accuracy")
        pairs = compare_pairs(accuracy[settings], seed)
        pairs.insert(0, "classifier", rows["classifier"].iloc[0])
        pairs.insert(1, "data", data)
        tables.append(pairs)
    return pd.concat(tables, ignore_index=True)


def main(job: Job) -> None:
    runs = pd.read_csv(job.arguments.runs)
    write_table(compare_settings(runs, derive_seed(job.settings["seed"], "sign flips")), job.arguments.differences)


if __name__ == "__main__":
    run_job(main, __doc__, runs=Path, differences=Path)
