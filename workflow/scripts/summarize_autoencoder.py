"""Tabulate the autoencoder's loss for every epoch, beside that of one image for all."""

from pathlib import Path

import pandas as pd

from workflow.lib.jobs import Job, run_job
from workflow.lib.metrics_reader import read_metrics
from workflow.lib.tables import tabulate_epochs, write_table


def main(job: Job) -> None:
    metrics = read_metrics(job.arguments.metrics, "train_autoencoder", job.settings["run"])
    epochs = pd.DataFrame(tabulate_epochs(metrics["history"])).assign(chance=metrics["chance"])
    write_table(epochs, job.arguments.epochs)


if __name__ == "__main__":
    run_job(main, __doc__, metrics=Path, epochs=Path)
