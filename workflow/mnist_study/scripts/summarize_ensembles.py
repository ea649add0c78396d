"""Tabulate the accuracy of each setting's ensemble: the mean of its replicates' class probabilities decides."""

from pathlib import Path

import pandas as pd

from mnist_study.images import TEST
from mnist_study.plan.layout import ALL_REPLICATES, RUN, format_setting
from mnist_study.plan.sweeps import list_settings, resolve
from mnist_study.run.jobs import Job, run_job
from mnist_study.show.statistics import add_wilson
from mnist_study.show.tables import write_table
from mnist_study.trust.metrics_reader import check_models, read_metrics


def tabulate_ensembles(ensembles: list[dict]) -> pd.DataFrame:
    """Tabulate ensembles: classifier, data, replicates, accuracy, correct of total images, and their interval.

    Behind the classifier, there is a column for each swept setting. The interval, wilson95_low to wilson95_high, is
    that of the number of images, at the 95 % level.
    """
    table = pd.DataFrame(
        {"classifier": ensemble["classifier"]}
        | ensemble["setting"]
        | {
            "data": TEST,
            "replicates": len(ensemble["replicates"]),
            "accuracy": ensemble["correct"] / ensemble["total"],
            "correct": ensemble["correct"],
            "total": ensemble["total"],
        }
        for ensemble in ensembles
    )
    return add_wilson(table, table["correct"], table["total"])


def main(job: Job) -> None:
    folder = job.arguments.first.parents[1]
    ensembles = []
    for setting in list_settings(job.settings):
        name, common = format_setting(setting), resolve(job.settings["run"], setting)
        runs = {
            folder / f"{RUN.format(setting=name, replicate=replicate)}.json": common | {"replicate": replicate}
            for replicate in job.settings["replicates"]
        }
        path = folder / ALL_REPLICATES.format(setting=name) / job.arguments.first.name
        ensemble = read_metrics(path, "score_ensemble", job.settings["ensemble"] | {"setting": setting})
        weights = [read_metrics(run, "train_classifier", expected)["weights"] for run, expected in runs.items()]
        check_models(path, ensemble["weights"], weights)
        ensembles.append(ensemble | {"setting": setting})  # in the order of the sweep, which JSON does not keep
        job.note_inputs([path, *runs])
    write_table(tabulate_ensembles(ensembles), job.arguments.ensembles)


if __name__ == "__main__":
    run_job(main, __doc__, first=Path, ensembles=Path)
