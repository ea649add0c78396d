"""Tabulate the autoencoder's loss for every epoch, beside the loss of the best constant image."""

from pathlib import Path

import pandas as pd

from mnist_study.run.jobs import Job, run_job
from mnist_study.show.tables import tabulate_epochs, write_table
from mnist_study.trust.metrics_reader import read_metrics


def main(job: Job) -> None:
    metrics = read_metrics(job.arguments.metrics, "train_autoencoder", job.settings["run"])
    epochs = pd.DataFrame(tabulate_epochs(metrics["history"])).assign(chance=metrics["chance"])
    write_table(epochs, job.arguments.epochs)


if __name__ == "__main__":
    run_job(main, __doc__, metrics=Path, epochs=Path)
