"""Tabulate a classifier: every epoch, run and kernel, and the statistics of each setting over its replicates."""

import math
from collections import Counter, defaultdict
from pathlib import Path

import pandas as pd

from mnist_study.images import TEST
from mnist_study.plan.layout import RUN, format_setting
from mnist_study.plan.sweeps import list_settings, resolve
from mnist_study.run.jobs import Job, run_job
from mnist_study.show.statistics import add_wilson, summarize_groups
from mnist_study.show.tables import ALL_PENALIZED, find_swept, name_validation, tabulate_epochs, write_table
from mnist_study.trust.device_counts import warn_of_mixed_devices
from mnist_study.trust.metrics_reader import read_metrics

PARTS = ["cross_entropy", "penalty"]  # their sum is the loss


def identify(run: dict) -> dict:
    """Give the columns that identify a run: classifier, one for each swept setting, replicate."""
    return {"classifier": run["classifier"]} | run["setting"] | {"replicate": run["replicate"]}


def tabulate_history(runs: list[dict], validation: str) -> pd.DataFrame:
    """Tabulate the epochs of all runs; `validation`: the name of the validation images, "test" or "held-out".

    Columns: those of identify, epoch, data, loss, accuracy, cross_entropy and penalty. The sum of the last two is the
    loss. Both are empty for the training images of a penalized run: their loss is a mean over the epoch, and the
    penalty changes during the epoch.
    """
    columns: defaultdict[str, list] = defaultdict(list)
    for run in runs:
        epochs = tabulate_epochs(run["history"], validation)
        if "val_penalty" not in run["history"]:
            epochs |= {"cross_entropy": epochs["loss"], "penalty": [0.0] * len(epochs["loss"])}
        else:
            for part in PARTS:
                values = run["history"][f"val_{part}"]
                epochs[part] = [None] * len(values) + values
        for name, value in identify(run).items():
            columns[name] += [value] * len(epochs["epoch"])
        for name, values in epochs.items():
            columns[name] += values
    return pd.DataFrame(columns)


def tabulate_runs(runs: list[dict], validation: str) -> pd.DataFrame:
    """Tabulate all runs after their last epoch: a row for each run and each kind of images that it did not learn from.

    Columns: those of identify, data ("test", or before it `validation`, if that is "held-out"), loss,
    cross_entropy and penalty (whose sum is the loss), accuracy, correct of total images, chance (the accuracy of the
    best constant answer), wilson95_low and wilson95_high (the 95 % interval of the accuracy by the number of images).
    """
    rows = []
    for run in runs:
        scores = {TEST: run["test"]}
        if validation != TEST:
            final = {name: value for name, value in run["final"].items() if name.startswith("val_")}
            scored = {name.removeprefix("val_"): value for name, value in final.items()}
            scores = {validation: scored | {"chance": run["chance"]}} | scores
        for data, score in scores.items():
            total = run["images"]["test" if data == TEST else "validation"]
            correct = round(score["accuracy"] * total)  # Keras computes an accuracy in float32
            rows.append(
                identify(run)
                | {
                    "data": data,
                    "loss": score["loss"],
                    "cross_entropy": score.get("cross_entropy", score["loss"]),
                    "penalty": score.get("penalty", 0.0),
                    "accuracy": correct / total,
                    "correct": correct,
                    "total": total,
                    "chance": score["chance"],
                }
            )
    table = pd.DataFrame(rows)
    return add_wilson(table, table["correct"], table["total"])


def tabulate_kernel_norms(runs: list[dict]) -> pd.DataFrame:
    """Tabulate the L2 norm of each kernel of all runs: those of identify, layer, penalized, norm.

    Layers of the same kind are numbered from the input on: "Dense 1", "Dense 2". "all penalized" stands for all kernels
    together that are penalized in any run: without a penalty, it is the norm of the same kernels. The L2 penalty is the
    factor times the square of this norm.
    """
    rows = []
    penalized = {kernel["position"] for run in runs for kernel in run["kernel_norms"] if kernel["penalized"]}
    for run in runs:
        numbers: Counter[str] = Counter()
        for kernel in run["kernel_norms"]:
            numbers[kernel["layer"]] += 1
            layer = f"{kernel['layer']} {numbers[kernel['layer']]}"
            rows.append(identify(run) | {"layer": layer, "penalized": kernel["penalized"], "norm": kernel["norm"]})
        together = [kernel for kernel in run["kernel_norms"] if kernel["position"] in penalized]
        if together:
            norm = math.hypot(*(kernel["norm"] for kernel in together))
            is_penalized = any(kernel["penalized"] for kernel in together)
            rows.append(identify(run) | {"layer": ALL_PENALIZED, "penalized": is_penalized, "norm": norm})
    return pd.DataFrame(rows)


def summarize_settings(runs: pd.DataFrame) -> pd.DataFrame:
    """Summarize the accuracy of each setting over its own replicates, for each kind of images.

    Columns: classifier, one for each swept setting, data, those of statistics.summarize_groups, wilson95_low and
    wilson95_high (the 95 % interval of the mean accuracy by the number of images), last_replicate (the accuracy of the
    replicate with the highest number).
    """
    by = ["classifier", *find_swept(runs), "data"]
    statistics = summarize_groups(runs, by, "accuracy")
    last = runs.sort_values("replicate").groupby(by)[["accuracy", "total"]].last().reset_index()
    statistics = add_wilson(statistics, statistics["mean"] * last["total"], last["total"])
    return statistics.assign(last_replicate=last["accuracy"])


def main(job: Job) -> None:
    folder = job.arguments.first.parents[1]
    common, replicates = job.settings["run"], job.settings["replicates"]
    runs = {
        folder / f"{RUN.format(setting=format_setting(setting), replicate=replicate)}.json": resolve(common, setting)
        | {"replicate": replicate}
        for setting in list_settings(job.settings)
        for replicate in replicates
    }
    warn_of_mixed_devices(list(runs))
    metrics = [read_metrics(path, "train_classifier", settings) for path, settings in runs.items()]
    job.note_inputs(runs)
    validation = name_validation(job.settings["run"])
    table = tabulate_runs(metrics, validation)
    write_table(tabulate_history(metrics, validation), job.arguments.epochs)
    write_table(table, job.arguments.runs)
    write_table(summarize_settings(table), job.arguments.statistics)
    write_table(tabulate_kernel_norms(metrics), job.arguments.kernels)


if __name__ == "__main__":
    run_job(main, __doc__, first=Path, epochs=Path, runs=Path, statistics=Path, kernels=Path)
