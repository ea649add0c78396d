"""Tabulate a classifier: every epoch, run and kernel, and the statistics of each factor over its replicates."""

import math
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from mnist_study.plan.layout import RUN, format_factor
from mnist_study.run.jobs import Job, run_job
from mnist_study.show.tables import ALL_PENALIZED, tabulate_epochs, write_table
from mnist_study.trust.device_counts import warn_of_mixed_devices
from mnist_study.trust.metrics_reader import read_metrics

RUN_COLUMNS = ["classifier", "factor", "replicate"]
PARTS = ["cross_entropy", "penalty"]  # their sum is the loss


def tabulate_history(runs: list[dict]) -> pd.DataFrame:
    """Tabulate the epochs of all runs.

    Columns: classifier, factor, replicate, epoch, data, loss, accuracy, cross_entropy and penalty. The sum of the last
    two is the loss. Both are empty for the training images of a penalized run: their loss is a mean over the epoch, and
    the penalty changes during the epoch.
    """
    columns: defaultdict[str, list] = defaultdict(list)
    for run in runs:
        epochs = tabulate_epochs(run["history"])
        if run["factor"] is None:
            epochs |= {"cross_entropy": epochs["loss"], "penalty": [0.0] * len(epochs["loss"])}
        else:
            for part in PARTS:
                values = run["history"][f"val_{part}"]
                epochs[part] = [None] * len(values) + values
        for name in RUN_COLUMNS:
            columns[name] += [run[name]] * len(epochs["epoch"])
        for name, values in epochs.items():
            columns[name] += values
    return pd.DataFrame(columns).astype({"factor": float})


def tabulate_runs(runs: list[dict]) -> pd.DataFrame:
    """Tabulate the last epoch of all runs on the test images, beside the accuracy of the best constant answer.

    Columns: classifier, factor, replicate, loss, cross_entropy and penalty (whose sum is the loss), accuracy, chance.
    """
    rows = [
        {column: run[column] for column in RUN_COLUMNS}
        | {
            "loss": run["final"]["val_loss"],
            "cross_entropy": run["final"].get("val_cross_entropy", run["final"]["val_loss"]),
            "penalty": run["final"].get("val_penalty", 0.0),
            "accuracy": run["final"]["val_accuracy"],
            "chance": run["chance"],
        }
        for run in runs
    ]
    return pd.DataFrame(rows).astype({"factor": float})


def tabulate_kernel_norms(runs: list[dict]) -> pd.DataFrame:
    """Tabulate the L2 norm of each kernel of all runs: classifier, factor, replicate, layer, penalized, norm.

    Layers of the same kind are numbered from the input on: "Dense 1", "Dense 2". "all penalized" stands for all
    penalized kernels of a run together. The L2 penalty is the factor times the square of this norm.
    """
    rows = []
    for run in runs:
        identity = {column: run[column] for column in RUN_COLUMNS}
        numbers: Counter[str] = Counter()
        for kernel in run["kernel_norms"]:
            numbers[kernel["layer"]] += 1
            layer = f"{kernel['layer']} {numbers[kernel['layer']]}"
            rows.append(identity | {"layer": layer, "penalized": kernel["penalized"], "norm": kernel["norm"]})
        penalized = [kernel["norm"] for kernel in run["kernel_norms"] if kernel["penalized"]]
        if penalized:
            rows.append(identity | {"layer": ALL_PENALIZED, "penalized": True, "norm": math.hypot(*penalized)})
    return pd.DataFrame(rows).astype({"factor": float})


def summarize_factors(runs: pd.DataFrame) -> pd.DataFrame:
    """Summarize the accuracy of each factor over its own replicates.

    Columns: classifier, factor, n, mean, standard_deviation (of a sample, divided by n - 1), minimum, maximum,
    ci95_low and ci95_high (the mean's 95 % confidence interval from Student's t with n - 1 degrees of freedom),
    last_replicate (the accuracy of the replicate with the highest number). With one replicate, standard_deviation,
    ci95_low and ci95_high are empty.
    """
    accuracy = runs.sort_values("replicate").groupby(["classifier", "factor"], dropna=False)["accuracy"]
    factors = accuracy.agg(
        n="size", mean="mean", standard_deviation="std", minimum="min", maximum="max", last_replicate="last"
    ).reset_index()
    n = factors["n"].where(factors["n"] > 1)
    half_width = stdtrit(n - 1, 0.975) * factors["standard_deviation"] / np.sqrt(n)
    factors.insert(7, "ci95_low", factors["mean"] - half_width)
    factors.insert(8, "ci95_high", factors["mean"] + half_width)
    return factors


def main(job: Job) -> None:
    folder = job.arguments.first.parents[1]
    runs = {
        folder / f"{RUN.format(factor=format_factor(factor), replicate=replicate)}.json": job.settings["run"]
        | {"factor": factor, "replicate": replicate}
        for factor in job.settings["factors"]
        for replicate in job.settings["replicates"]
    }
    warn_of_mixed_devices(list(runs))
    metrics = [read_metrics(path, "train_classifier", settings) for path, settings in runs.items()]
    job.note_inputs(runs)
    table = tabulate_runs(metrics)
    write_table(tabulate_history(metrics), job.arguments.epochs)
    write_table(table, job.arguments.runs)
    write_table(summarize_factors(table), job.arguments.factors)
    write_table(tabulate_kernel_norms(metrics), job.arguments.kernels)


if __name__ == "__main__":
    run_job(main, __doc__, first=Path, epochs=Path, runs=Path, factors=Path, kernels=Path)
