"""Summarize the study's results in a few lines, and say where they lie."""

from pathlib import Path

import pandas as pd

from mnist_study.files import write_atomically
from mnist_study.run.jobs import Job, run_job
from mnist_study.show import findings
from mnist_study.show.published import DATASET, has_counterparts


def describe_classifier(factors: pd.DataFrame) -> str:
    """Describe a classifier in one line: its accuracy at its best factor, and its best run."""
    best = factors.loc[factors["mean"].idxmax()]
    factor = "" if pd.isna(best["factor"]) else f" at its best factor {best['factor']:g}"
    spread = "" if best["n"] == 1 else f" ± {best['standard_deviation']:.4f}"
    line = f"{best['classifier']}: accuracy {best['mean']:.4f}{spread} (n = {best['n']}){factor}"
    return line if len(factors) * best["n"] == 1 else f"{line}; best of all runs {factors['maximum'].max():.4f}"


def main(job: Job) -> None:
    arguments = job.arguments
    lines = []
    for factors, runs in zip(arguments.factors, map(pd.read_csv, arguments.runs), strict=True):
        lines += [describe_classifier(pd.read_csv(factors)), *findings.describe_chance(runs)]
        if runs["classifier"].iloc[0] == job.settings["noise"]["classifier"]:
            lines += findings.describe_scorer(runs)
    epochs = pd.read_csv(arguments.autoencoder)
    loss = epochs.groupby("data")["loss"].last()
    lines.append(f"autoencoder: loss {loss['training']:.4f}, validation loss {loss['validation']:.4f}")
    lines += findings.describe_mean_image(epochs)
    noise = pd.read_csv(arguments.levels), pd.read_csv(arguments.thresholds)
    lines += [findings.describe_crossing(*noise), *findings.describe_falls(*noise)]
    if job.settings["dataset"] == DATASET and not has_counterparts(job.settings):
        lines.append(findings.NOTHING_COMPARED)
    results = arguments.summary.parent
    lines.append(f"tables: {results}/tables    figures: {results}/figures    logs: {results}/logs")
    with write_atomically(arguments.summary) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    run_job(main, __doc__, factors=[Path], runs=[Path], autoencoder=Path, levels=Path, thresholds=Path, summary=Path)
