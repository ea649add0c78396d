"""Tabulate an autoencoder: the loss of every epoch, and its statistics over the replicates."""

from pathlib import Path

import pandas as pd

from mnist_study.images import TEST
from mnist_study.run.jobs import Job, run_job
from mnist_study.show.statistics import summarize_groups
from mnist_study.show.tables import name_validation, tabulate_epochs, write_table
from mnist_study.trust.device_counts import warn_of_mixed_devices
from mnist_study.trust.metrics_reader import read_metrics


def tabulate_history(runs: list[dict], validation: str) -> pd.DataFrame:
    """Tabulate the epochs of all replicates: autoencoder, replicate, epoch, data, loss, chance.

    Chance is the loss of the best constant image on the validation images. `validation`: their name, "test" or
    "held-out".
    """
    tables = [pd.DataFrame(tabulate_epochs(run["history"], validation)).assign(chance=run["chance"]) for run in runs]
    for run, table in zip(runs, tables, strict=True):
        table.insert(0, "autoencoder", run["autoencoder"])
        table.insert(1, "replicate", run["replicate"])
    return pd.concat(tables, ignore_index=True)


def tabulate_losses(runs: list[dict], validation: str) -> pd.DataFrame:
    """Summarize the loss after the last epoch over the replicates, for each kind of images.

    Columns: autoencoder, data, and those of statistics.summarize_groups. The training loss is the mean over the last
    epoch.
    """
    rows = []
    for run in runs:
        name, final = run["autoencoder"], run["final"]
        scores = {"training": final["loss"], validation: final["val_loss"], TEST: run["test"]["loss"]}
        rows += [{"autoencoder": name, "data": data, "loss": loss} for data, loss in scores.items()]
    return summarize_groups(pd.DataFrame(rows), ["autoencoder", "data"], "loss")


def main(job: Job) -> None:
    settings, paths = job.settings, job.arguments.metrics
    warn_of_mixed_devices(paths)
    runs = [
        read_metrics(path, "train_autoencoder", settings["run"] | {"replicate": replicate})
        for path, replicate in zip(paths, settings["replicates"], strict=True)
    ]
    validation = name_validation(settings["run"])
    write_table(tabulate_history(runs, validation), job.arguments.epochs)
    write_table(tabulate_losses(runs, validation), job.arguments.losses)


if __name__ == "__main__":
    run_job(main, __doc__, metrics=[Path], epochs=Path, losses=Path)
