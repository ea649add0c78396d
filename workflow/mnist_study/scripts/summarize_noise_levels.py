"""Tabulate the accuracy over the noise level, what denoising gains, and where the curves cross and fall."""

from pathlib import Path

import numpy as np
import pandas as pd

from mnist_study.images import find_images
from mnist_study.plan.layout import LEVEL, REPLICATE
from mnist_study.run.jobs import Job, run_job
from mnist_study.seeding import derive_seed
from mnist_study.show.differences import is_shown
from mnist_study.show.statistics import add_wilson, compare_to_zero, summarize_groups
from mnist_study.show.tables import ABOVE, BELOW, CROSS, FALLS, MIXED, RISES, THRESHOLDS, name_fall, write_table
from mnist_study.trust.device_counts import warn_of_mixed_devices
from mnist_study.trust.metrics_reader import check_models, read_metrics

IMAGES = ["noisy", "denoised"]
# What each case means for the difference of the noisy and the denoised curve at the threshold 0.
CROSSINGS = {
    FALLS: "cross",
    ABOVE: "denoised never above noisy",
    BELOW: "denoised above noisy at every level",
    RISES: "denoised above noisy at first, not later",
}


def tabulate_runs(metrics: list[dict]) -> pd.DataFrame:
    """Tabulate a row for each noise level, images ("noisy" or "denoised") and replicate.

    Columns: level, images, replicate, accuracy, correct of total images, chance (the accuracy of answering the most
    frequent class), wilson95_low and wilson95_high (the 95 % interval of the accuracy by the number of images).
    """
    rows = []
    for run in metrics:
        for images in IMAGES:
            confusion = np.array(run[images]["confusion"])
            total, correct = confusion.sum(), np.trace(confusion)
            rows.append(
                {
                    "level": run["level"],
                    "images": images,
                    "replicate": run["replicate"],
                    "accuracy": correct / total,
                    "correct": correct,
                    "total": total,
                    "chance": confusion.sum(axis=1).max() / total,
                }
            )
    table = pd.DataFrame(rows)
    return add_wilson(table, table["correct"], table["total"])


def summarize_levels(runs: pd.DataFrame) -> pd.DataFrame:
    """Summarize the accuracy at each level over the replicates, on noisy and on denoised images.

    `runs`: from tabulate_runs. Columns: level, images, those of statistics.summarize_groups, wilson95_low and
    wilson95_high (the 95 % interval of the mean accuracy by the number of images), chance.
    """
    levels = summarize_groups(runs, ["level", "images"], "accuracy")
    total = runs["total"].iloc[0]
    return add_wilson(levels, levels["mean"] * total, total).assign(chance=runs["chance"].iloc[0])


def compare_images(runs: pd.DataFrame, seed: np.random.SeedSequence) -> pd.DataFrame:
    """Compare denoised with noisy images at each level, replicate by replicate.

    `runs`: from tabulate_runs. `seed`: that of the random sign flips, of which there are some only for more than 20
    replicates. Columns: level, those of statistics.compare_to_zero for the gain in accuracy by denoising, helped and
    hurt: the numbers of replicates whose test images show a gain or a loss, by McNemar's test at the 95 % level.
    """
    counts = runs.pivot(index="replicate", columns=["images", "level"], values="correct")
    total = runs["total"].iloc[0]
    gains = (counts["denoised"] - counts["noisy"]) / total
    compared = compare_to_zero(gains, seed).rename(columns={"setting": "level"})
    shown = pd.DataFrame(
        {
            level: [
                np.sign(two - one) if is_shown(one, two, total) else 0
                for one, two in zip(counts["noisy"][level], counts["denoised"][level], strict=True)
            ]
            for level in compared["level"]
        }
    )
    return compared.assign(helped=(shown == 1).sum().to_numpy(), hurt=(shown == -1).sum().to_numpy())


def summarize_classes(metrics: list[dict], classes: list[str]) -> pd.DataFrame:
    """Summarize the accuracy of each class over the replicates, on noisy and on denoised images.

    `classes`: the names of the classes. Columns: level, images, class, and those of statistics.summarize_groups.
    """
    rows = pd.DataFrame(
        {"level": run["level"], "images": images, "class": label, "accuracy": row[label] / sum(row)}
        for run in metrics
        for images in IMAGES
        for label, row in enumerate(run[images]["confusion"])
    )
    table = summarize_groups(rows, ["level", "images", "class"], "accuracy")
    return table.assign(**{"class": [classes[label] for label in table["class"]]})


def find_fall(levels: np.ndarray, values: np.ndarray, threshold: float) -> float:
    """Find the first level at which values fall from `threshold` or above to below it, by linear interpolation.

    `levels`, `values`: float arrays of the same length, levels ascending. Returns NaN if the values never fall so.
    """
    falls = np.flatnonzero((values[:-1] >= threshold) & (values[1:] < threshold))
    if len(falls) == 0:
        return np.nan
    left = falls[0]
    share = (values[left] - threshold) / (values[left] - values[left + 1])
    return float(levels[left] + share * (levels[left + 1] - levels[left]))


def find_case(fall: float, values: np.ndarray, threshold: float) -> str:
    """Find what values do at a threshold. `fall`: the level at which they fall under it, or NaN if they never do."""
    if not np.isnan(fall):
        return FALLS
    under = values < threshold
    return BELOW if under.all() else RISES if under.any() else ABOVE


def tabulate_falls(runs: pd.DataFrame) -> pd.DataFrame:
    """Tabulate where each replicate's curves cross and fall: quantity, replicate, level (empty if they don't), case.

    The curves cross where the accuracy on denoised images begins to be the higher one.
    """
    rows = []
    for replicate, table in runs.groupby("replicate"):
        curves = table.pivot(index="level", columns="images", values="accuracy").sort_index()
        levels = curves.index.to_numpy()
        lead = (curves["noisy"] - curves["denoised"]).to_numpy()
        crossing = find_fall(levels, lead, 0)
        rows.append((CROSS, replicate, crossing, CROSSINGS[find_case(crossing, lead, 0)]))
        for images in IMAGES:
            values = curves[images].to_numpy()
            for threshold in THRESHOLDS:
                fall = find_fall(levels, values, threshold)
                rows.append((name_fall(images, threshold), replicate, fall, find_case(fall, values, threshold)))
    return pd.DataFrame(rows, columns=["quantity", "replicate", "level", "case"])


def summarize_thresholds(falls: pd.DataFrame) -> pd.DataFrame:
    """Summarize where the curves cross and fall, over the replicates whose curves do.

    `falls`: from tabulate_falls. Columns: quantity, replicates, those of statistics.summarize_groups (n is the number
    of replicates whose curves do), case (that of all replicates, or MIXED).
    """
    cases = falls.groupby("quantity", sort=False)["case"].agg(
        replicates="size", case=lambda case: case.iloc[0] if case.nunique() == 1 else MIXED
    )
    found = summarize_groups(falls.dropna(subset="level"), ["quantity"], "level").set_index("quantity")
    table = cases[["replicates"]].join(found).join(cases["case"]).reset_index()
    return table.assign(n=table["n"].fillna(0).astype(int))


def read_models(path: Path, script: str, settings: dict, replicates: list[int], job: Job) -> dict[int, str]:
    """Read the digests of the weights of a model's replicates; `path`: the metrics of the first one."""
    weights = {}
    for replicate in replicates:
        metrics = path.with_stem(REPLICATE.format(replicate=replicate))
        weights[replicate] = read_metrics(metrics, script, settings | {"replicate": replicate})["weights"]
        job.note_inputs([metrics])
    return weights


def main(job: Job) -> None:
    arguments, settings = job.arguments, job.settings
    replicates = settings["replicates"]
    weights = {
        model: read_models(getattr(arguments, model), f"train_{model}", settings[model], replicates, job)
        for model in ("classifier", "autoencoder")
    }
    folder = arguments.first.parents[1]
    runs = []
    for level in settings["levels"]:
        for replicate in replicates:
            path = folder / f"{LEVEL.format(level=level, replicate=replicate)}.json"
            expected = settings["evaluation"] | {"level": level, "replicate": replicate}
            run = read_metrics(path, "evaluate_noise_level", expected)
            check_models(path, run["weights"], {model: digests[replicate] for model, digests in weights.items()})
            runs.append(run)
            job.note_inputs([path])
    warn_of_mixed_devices(list(job.inputs))
    images = find_images(settings["evaluation"] | {"class_names": settings.get("class_names")})
    table = tabulate_runs(runs)
    falls = tabulate_falls(table)
    write_table(table, arguments.runs)
    write_table(summarize_levels(table), arguments.levels)
    write_table(compare_images(table, derive_seed(settings["seed"], "sign flips")), arguments.differences)
    write_table(falls, arguments.falls)
    write_table(summarize_thresholds(falls), arguments.thresholds)
    write_table(summarize_classes(runs, images.classes), arguments.classes)


if __name__ == "__main__":
    run_job(
        main,
        __doc__,
        first=Path,
        classifier=Path,
        autoencoder=Path,
        runs=Path,
        levels=Path,
        differences=Path,
        thresholds=Path,
        falls=Path,
        classes=Path,
    )
