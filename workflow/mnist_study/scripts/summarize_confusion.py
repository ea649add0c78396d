"""Tabulate the confusion matrix of a classifier."""

from pathlib import Path

import numpy as np
import pandas as pd

from mnist_study.run.jobs import Job, run_job
from mnist_study.show.tables import write_table


def tabulate_confusion(confusion: np.ndarray, classes: list[str]) -> pd.DataFrame:
    """Tabulate a confusion matrix as true, predicted, count.

    `confusion`: image counts (classes, classes), with true classes in rows and predicted ones in columns. `classes`:
    their names.
    """
    return pd.DataFrame(
        {"true": classes[true], "predicted": classes[predicted], "count": count}
        for (true, predicted), count in np.ndenumerate(confusion)
    )


def main(job: Job) -> None:
    with np.load(job.arguments.images) as worst:
        write_table(tabulate_confusion(worst["confusion"], worst["classes"].tolist()), job.arguments.confusion)


if __name__ == "__main__":
    run_job(main, __doc__, images=Path, confusion=Path)
