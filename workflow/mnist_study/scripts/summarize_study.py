"""Summarize the study's results in a few lines, and say where they lie."""

from pathlib import Path

import pandas as pd

from mnist_study.files import write_atomically
from mnist_study.images import TEST, TRAINING
from mnist_study.plan.limits import describe_limits
from mnist_study.plan.study import list_noise_replicates, list_scorers
from mnist_study.run.jobs import Job, run_job
from mnist_study.show import findings, noise_findings, wording
from mnist_study.show.published import DATASET, has_counterparts
from mnist_study.show.tables import find_validation

LEGEND = "±: standard deviation of n trainings"
INTERVALS = "; mean: its 95 % interval; images: 95 % interval by the number of images"  # of an accuracy
SHRUNK = "This study is shrunk, to {}: its numbers are not those of the whole study."
DIFFERENCES = 2  # sentences


def describe_classifier(statistics: pd.DataFrame) -> str:
    """Describe a classifier in one line: its accuracy on the test images, at its best setting, with both errors.

    `statistics`: statistics.csv.
    """
    row, tried = findings.find_tested(statistics), findings.count_settings(statistics)
    mean = f"mean {wording.format_interval(row, 'ci95')}, " if row["standard_deviation"] > wording.EQUAL else ""
    images = f"images {wording.format_interval(row, 'wilson95')}"
    name = f"{row['classifier']}{findings.at_setting(row)}"
    line = f"{name}: test accuracy {wording.format_spread(row)}, n = {row['n']} ({mean}{images})"
    if tried > 1:
        same = find_validation(statistics) == TEST
        line += f"; best of {tried} on {'these images, so biased upwards' if same else 'held-out images'}"
    return line


def describe_autoencoder(losses: pd.DataFrame) -> str:
    """Describe an autoencoder in one line: its loss. `losses`: losses.csv."""
    rows = losses.set_index("data")
    return (
        f"{losses['autoencoder'].iloc[0]}: loss {wording.format_spread(rows.loc[TEST])} on noisy test images, "
        f"{wording.format_spread(rows.loc[TRAINING])} on noisy training images, n = {rows['n'].iloc[0]}"
    )


def describe_words(differences: list[pd.DataFrame], classifiers: bool) -> list[str]:
    """Describe what the words and signs of the summary mean, as far as it has them.

    `differences`: every differences.csv of the study, that of the noise levels too. `classifiers`: whether it has any.
    """
    replicates = any(table["n"].iloc[0] > 1 for table in differences)
    shown = [f"a difference between replicates is shown if {wording.SHOWN}"] if replicates else []
    return [LEGEND + (INTERVALS if classifiers else ""), *shown]


def main(job: Job) -> None:
    arguments, settings = job.arguments, job.settings
    pairs, gains = list(map(pd.read_csv, arguments.pairs)), list(map(pd.read_csv, arguments.gains))
    lines = [SHRUNK.format(describe_limits(settings["at_most"]))] if "at_most" in settings else []
    for statistics, runs in zip(arguments.statistics, map(pd.read_csv, arguments.runs), strict=True):
        lines += [describe_classifier(pd.read_csv(statistics)), *findings.describe_chance(runs)]
        if gains and runs["classifier"].iloc[0] in list_scorers(settings):
            lines += findings.describe_scorer(runs, len(list_noise_replicates(settings)))
    for differences in pairs:
        name = differences["classifier"].iloc[0]
        lines += [f"{name}: {sentence}" for sentence in findings.describe_differences(differences)[:DIFFERENCES]]
    for losses, epochs in zip(arguments.losses, arguments.autoencoders, strict=True):
        lines.append(describe_autoencoder(pd.read_csv(losses)))
        lines += findings.describe_mean_image(pd.read_csv(epochs))
    for differences, *paths in zip(gains, arguments.levels, arguments.thresholds, strict=True):
        levels, thresholds = map(pd.read_csv, paths)
        for scorer in list_scorers(settings):
            lines += noise_findings.describe_gains(differences, scorer)
            lines += noise_findings.describe_best(levels, differences, scorer)
            lines += noise_findings.describe_crossing(thresholds, differences, scorer)
            lines += noise_findings.describe_falls(levels, thresholds, scorer)
        lines += noise_findings.describe_further_scorers(levels, differences)
    if settings["dataset"] == DATASET and not has_counterparts(settings):
        lines.append(findings.NOTHING_COMPARED)
    results = arguments.summary.parent
    lines += describe_words([*pairs, *gains], bool(settings["classifiers"]))
    lines.append(f"tables: {results}/tables    figures: {results}/figures    logs: {results}/logs")
    with write_atomically(arguments.summary) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    run_job(
        main,
        __doc__,
        statistics=[Path],
        runs=[Path],
        pairs=[Path],
        autoencoders=[Path],
        losses=[Path],
        levels=[Path],
        gains=[Path],
        thresholds=[Path],
        summary=Path,
    )
