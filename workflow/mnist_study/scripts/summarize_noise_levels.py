"""Tabulate the accuracy over the noise level, what each denoiser gains, and where the curves cross and fall."""

from itertools import combinations, product
from pathlib import Path

import numpy as np
import pandas as pd

from mnist_study.images import NO_DENOISER, find_images
from mnist_study.plan.layout import LEVEL, REPLICATE
from mnist_study.run.jobs import Job, run_job
from mnist_study.seeding import derive_seed
from mnist_study.show.differences import is_shown
from mnist_study.show.statistics import add_wilson, compare_to_zero, summarize_groups
from mnist_study.show.tables import (
    ABOVE,
    BELOW,
    CELL,
    CROSS,
    FALLS,
    MIXED,
    RISES,
    THRESHOLDS,
    name_fall,
    write_table,
)
from mnist_study.trust.device_counts import warn_of_mixed_devices
from mnist_study.trust.metrics_reader import check_models, read_metrics

# A scorer and a denoiser, by their names.
Cell = tuple[str, str]

# What each case means for the accuracy without a denoiser minus that with one, at the threshold 0.
CROSSINGS = {
    FALLS: "cross",
    ABOVE: "never above no denoiser",
    BELOW: "above no denoiser at every level",
    RISES: "above no denoiser at first, not later",
}


def tabulate_runs(metrics: list[dict]) -> pd.DataFrame:
    """Tabulate a row for each scorer, denoiser, noise level and replicate, in the order of `metrics`.

    Columns: classifier, denoiser, level, replicate, accuracy, correct of total images, chance (the accuracy of
    answering the most frequent class), wilson95_low and wilson95_high (the 95 % interval of the accuracy by the number
    of images).
    """
    rows = []
    for run in metrics:
        confusion = np.array(run["confusion"])
        total, correct = confusion.sum(), np.trace(confusion)
        rows.append(
            {
                **{name: run[name] for name in [*CELL, "level", "replicate"]},
                "accuracy": correct / total,
                "correct": correct,
                "total": total,
                "chance": confusion.sum(axis=1).max() / total,
            }
        )
    table = pd.DataFrame(rows)
    return add_wilson(table, table["correct"], table["total"])


def summarize_cells(table: pd.DataFrame, by: list[str], column: str) -> pd.DataFrame:
    """Summarize a column over the replicates of each cell and each value of the columns `by`.

    Returns the columns classifier, denoiser, `by`, and those of statistics.summarize_groups. The cells keep their order
    in `table`.
    """
    summarized = summarize_groups(table, [*CELL, *by], column)
    return table[CELL].drop_duplicates().merge(summarized, how="left", on=CELL)


def summarize_levels(runs: pd.DataFrame) -> pd.DataFrame:
    """Summarize the accuracy of each scorer with each denoiser at each level over the replicates.

    `runs`: from tabulate_runs. Columns: classifier, denoiser, level, those of statistics.summarize_groups,
    wilson95_low and wilson95_high (the 95 % interval of the mean accuracy by the number of images), chance.
    """
    levels = summarize_cells(runs, ["level"], "accuracy")
    total = runs["total"].iloc[0]
    return add_wilson(levels, levels["mean"] * total, total).assign(chance=runs["chance"].iloc[0])


def list_pairs(cells: list[Cell]) -> list[tuple[Cell, Cell]]:
    """List which cells are compared, each with the one that is subtracted from it.

    `cells`: in the order of the config, each scorer's first without a denoiser. These are each two denoisers of a
    scorer, the later minus the earlier, and each further scorer without a denoiser minus the first scorer with each.
    """
    of_scorers = {scorer: [cell for cell in cells if cell[0] == scorer] for scorer, _ in cells}
    first, *further = of_scorers
    pairs = [(later, earlier) for own in of_scorers.values() for earlier, later in combinations(own, 2)]
    return pairs + [((scorer, NO_DENOISER), cell) for scorer in further for cell in of_scorers[first]]


def compare_cells(runs: pd.DataFrame, seed: np.random.SeedSequence) -> pd.DataFrame:
    """Compare denoisers and scorers with one another at each level, replicate by replicate.

    `runs`: from tabulate_runs. `seed`: that of the random sign flips, of which there are some only for more than 20
    replicates. Returns a row for each pair of list_pairs and each level. Columns: level, classifier and denoiser,
    than_classifier and than_denoiser, those of statistics.compare_to_zero for the accuracy of the first two minus that
    of the other two (p_holm is adjusted for the levels of the pair), helped and hurt: the numbers of replicates whose
    test images show a gain or a loss, by McNemar's test at the 95 % level.
    """
    counts = runs.pivot(index="replicate", columns=[*CELL, "level"], values="correct").sort_index(axis="columns")
    total = runs["total"].iloc[0]
    cells = list(runs[CELL].drop_duplicates().itertuples(index=False, name=None))
    tables = []
    for cell, than in list_pairs(cells):
        ours, others = counts[cell], counts[than]
        compared = compare_to_zero((ours - others) / total, seed).rename(columns={"setting": "level"})
        shown = [
            [
                np.sign(two - one) if is_shown(one, two, total) else 0
                for one, two in zip(others[level], ours[level], strict=True)
            ]
            for level in compared["level"]
        ]
        names = zip([*CELL, "than_classifier", "than_denoiser"], [*cell, *than], strict=True)
        for place, (column, name) in enumerate(names, start=1):
            compared.insert(place, column, name)
        tables.append(compared.assign(helped=[row.count(1) for row in shown], hurt=[row.count(-1) for row in shown]))
    return pd.concat(tables, ignore_index=True)


def summarize_classes(metrics: list[dict], classes: list[str]) -> pd.DataFrame:
    """Summarize the accuracy of each class over the replicates, for each scorer with each denoiser at each level.

    `classes`: the names of the classes. Columns: classifier, denoiser, level, class, and those of
    statistics.summarize_groups.
    """
    rows = pd.DataFrame(
        {name: run[name] for name in [*CELL, "level"]} | {"class": label, "accuracy": row[label] / sum(row)}
        for run in metrics
        for label, row in enumerate(run["confusion"])
    )
    table = summarize_cells(rows, ["level", "class"], "accuracy")
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
    """Tabulate where the curves of each replicate cross and fall.

    Columns: quantity, classifier, denoiser, replicate, level (empty if they don't), case. A denoiser's curve crosses
    that of the same scorer without one where the accuracy with it begins to be the higher one.
    """
    curves = runs.pivot(index="level", columns=[*CELL, "replicate"], values="accuracy").sort_index()
    levels = curves.index.to_numpy()
    rows = []
    for classifier, denoiser, replicate in runs[[*CELL, "replicate"]].drop_duplicates().itertuples(index=False):
        own = (classifier, denoiser, replicate)
        values = curves[own].to_numpy()
        if denoiser != NO_DENOISER:
            lead = curves[classifier, NO_DENOISER, replicate].to_numpy() - values
            crossing = find_fall(levels, lead, 0)
            rows.append((CROSS, *own, crossing, CROSSINGS[find_case(crossing, lead, 0)]))
        for threshold in THRESHOLDS:
            fall = find_fall(levels, values, threshold)
            rows.append((name_fall(threshold), *own, fall, find_case(fall, values, threshold)))
    return pd.DataFrame(rows, columns=["quantity", *CELL, "replicate", "level", "case"])


def summarize_thresholds(falls: pd.DataFrame) -> pd.DataFrame:
    """Summarize where the curves cross and fall, over the replicates whose curves do.

    `falls`: from tabulate_falls. Columns: quantity, classifier, denoiser, replicates, those of
    statistics.summarize_groups (n is the number of replicates whose curves do), case (that of all replicates, or
    MIXED).
    """
    by = ["quantity", *CELL]
    cases = falls.groupby(by, sort=False)["case"].agg(
        replicates="size", case=lambda case: case.iloc[0] if case.nunique() == 1 else MIXED
    )
    found = summarize_groups(falls.dropna(subset="level"), by, "level").set_index(by)
    table = cases[["replicates"]].join(found).join(cases["case"]).reset_index()
    return table.assign(n=table["n"].fillna(0).astype(int))


def read_models(paths: list[Path], models: list, replicates: list[int], job: Job) -> dict[str, dict[int, str]]:
    """Read the digests of the weights of each model's replicates, by its name.

    `paths`: the metrics of replicate 1 of each model. `models`: the name of each, its script, and the settings of its
    training without the replicate.
    """
    weights: dict[str, dict[int, str]] = {}
    for path, (name, script, settings) in zip(paths, models, strict=True):
        weights[name] = {}
        for replicate in replicates:
            metrics = path.with_stem(REPLICATE.format(replicate=replicate))
            weights[name][replicate] = read_metrics(metrics, script, settings | {"replicate": replicate})["weights"]
            job.note_inputs([metrics])
    return weights


def read_evaluations(folder: Path, weights: dict[str, dict[int, str]], job: Job) -> list[dict]:
    """Read the metrics of all cells, levels and replicates of the study, in this order, from its folder of them.

    `weights`: from read_models. Raises StudyError for an evaluation by other models than those.
    """
    settings = job.settings
    filters, runs = settings["filters"], []
    for classifier, denoiser, level, replicate in product(
        *(settings[name] for name in ("classifiers", "denoisers", "levels", "replicates"))
    ):
        cell = {"classifier": classifier, "denoiser": denoiser, "level": level, "replicate": replicate}
        path = folder / f"{LEVEL.format(**cell)}.json"
        filtered = {"filter": filters[denoiser]} if denoiser in filters else {}
        run = read_metrics(path, "evaluate_noise_level", settings["evaluation"] | cell | filtered)
        used = [name for name in (classifier, denoiser) if name in weights]
        check_models(path, run["weights"], {name: weights[name][replicate] for name in used})
        runs.append(run)
        job.note_inputs([path])
    return runs


def main(job: Job) -> None:
    arguments, settings = job.arguments, job.settings
    weights = read_models(arguments.models, settings["models"], settings["replicates"], job)
    runs = read_evaluations(arguments.first.parents[LEVEL.count("/")], weights, job)
    warn_of_mixed_devices(list(job.inputs))
    images = find_images(settings["evaluation"] | {"class_names": settings.get("class_names")})
    table = tabulate_runs(runs)
    falls = tabulate_falls(table)
    write_table(table, arguments.runs)
    write_table(summarize_levels(table), arguments.levels)
    write_table(compare_cells(table, derive_seed(settings["seed"], "sign flips")), arguments.differences)
    write_table(falls, arguments.falls)
    write_table(summarize_thresholds(falls), arguments.thresholds)
    write_table(summarize_classes(runs, images.classes), arguments.classes)


if __name__ == "__main__":
    run_job(
        main,
        __doc__,
        first=Path,
        models=[Path],
        runs=Path,
        levels=Path,
        differences=Path,
        thresholds=Path,
        falls=Path,
        classes=Path,
    )
