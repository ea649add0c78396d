"""Say how many replicates would show a difference in accuracy, and what they would cost. Nothing runs.

The spread is that of the replicates that are there, and the cost that of the runs so far, by their provenance. Without
any, both are assumed or estimated, which is said.
"""

import argparse
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from mnist_study.errors import StudyError
from mnist_study.images import NO_DENOISER
from mnist_study.plan import study
from mnist_study.plan.contents import list_levels, list_noise_models, list_runs, locate
from mnist_study.plan.sweeps import list_settings, list_swept, spell_name
from mnist_study.run.jobs import run_script
from mnist_study.show.statistics import fewest_replicates, plan_groups, plan_pairs
from mnist_study.show.tables import find_validation
from mnist_study.status.studies import load_config, parse_study
from mnist_study.trust.provenance import check_unchanged, read_provenance

DIFFERENCES = [0.0005, 0.001, 0.002]
# Standard deviations of perceptrons on MNIST over five L2 factors of three replicates: of the accuracy and, in pairs of
# the same seed, of its differences.
ASSUMED_SPREAD, ASSUMED_PAIRED_SPREAD = 0.0011, 0.0004
# Of this workflow's trainings on one core: 10⁹ multiplications a second, and seconds to import TensorFlow and to read
# the images.
SPEED, START = 40, 10


class Spread(NamedTuple):
    """Standard deviations of an accuracy over n replicates, and of its differences in pairs; None where unknown.

    `comparisons`: the number of differences that are tested together.
    """

    n: int
    single: float | None
    paired: float | None
    comparisons: int


class Cost(NamedTuple):
    """The cost of one replicate in hours of a core or of a GPU, and the runs that it was measured on."""

    hours: float
    unit: str
    runs: int


def pool(deviations: pd.Series) -> float | None:
    """Pool standard deviations of samples of the same size; None without any."""
    known = deviations.dropna()
    return float(np.sqrt((known**2).mean())) if len(known) else None


def measure_sweep(folder: Path, config: dict, classifier: str) -> Spread:
    """Measure the spread of a classifier from its tables, as far as they are there."""
    settings = len(study.list_settings(config, classifier))
    n, single, paired = 0, None, None
    table = folder / locate("statistics", classifier=classifier)
    if table.exists():
        rows = read_validation(table)
        n, single = int(rows["n"].iloc[0]), pool(rows["standard_deviation"])
    pairs = folder / locate("pairs", classifier=classifier)
    if settings > 1 and pairs.exists():
        paired = pool(read_validation(pairs)["standard_deviation"])
    return Spread(n, single, paired, settings * (settings - 1) // 2)


def measure_noise(folder: Path, config: dict) -> Spread:
    """Measure the spread of the noise study: of the accuracy on denoised images, and of what is compared there.

    The differences between two denoisers, or two scoring classifiers, are tested together over all noise levels.
    """
    n, single, paired = 0, None, None
    levels, gains = folder / locate("levels"), folder / locate("gains")
    if levels.exists() and gains.exists():
        rows = read_table(levels, "denoiser")
        n, single = int(rows["n"].iloc[0]), pool(rows.loc[rows["denoiser"] != NO_DENOISER, "standard_deviation"])
        paired = pool(read_table(gains)["standard_deviation"])
    return Spread(n, single, paired, len(study.list_levels(config)))


def read_validation(table: Path) -> pd.DataFrame:
    """Read the rows of a table that are of the validation images."""
    rows = read_table(table, "data")
    return rows[rows["data"] == find_validation(rows)]


def read_table(path: Path, *columns: str) -> pd.DataFrame:
    """Read a table of statistics with these further columns.

    Raises StudyError if it was changed after it was written, or if it has other columns.
    """
    check_unchanged(path)
    table = pd.read_csv(path)
    if not {"n", "standard_deviation", *columns} <= {*table.columns}:
        raise StudyError(f"{path} is a table of another version of this study: run Snakemake again")
    return table


def measure_cost(metrics: list[Path], replicates: int) -> Cost | None:
    """Measure what a replicate costs: the mean of these runs times their number a replicate; None without any run.

    Runs without a readable provenance do not count. Where a run used GPUs, its hours are those of the GPUs.
    """
    hours, units = [], set()
    for path in metrics:
        try:
            provenance = read_provenance(path)
        except StudyError:
            continue
        device = provenance["device"]
        gpus = len(device.get("gpus", []))
        units.add("GPU-hours" if gpus else "core-hours")
        hours.append(provenance["duration_seconds"] / 3600 * (gpus or device.get("threads", 1)))
    if not hours:
        return None
    return Cost(float(np.mean(hours)) * len(metrics) / replicates, " and ".join(sorted(units)), len(hours))


def measure_noise_cost(folder: Path, config: dict) -> Cost | None:
    """Measure what a replicate of the noise study costs: the runs of each network, and the evaluations.

    These take unlike times, so each has a mean of its own. None until each has a run.
    """
    replicates = study.list_noise_replicates(config)
    networks = zip(*(list_noise_models(config, number) for number in replicates), strict=True)
    kinds = [[folder / path for path in paths] for paths in (*networks, list_levels(config))]
    costs = [cost for cost in (measure_cost(paths, len(replicates)) for paths in kinds) if cost]
    if len(costs) < len(kinds):
        return None
    units = sorted({unit for cost in costs for unit in cost.unit.split(" and ")})
    return Cost(sum(cost.hours for cost in costs), " and ".join(units), sum(cost.runs for cost in costs))


def estimate_cost(config: dict, classifier: str) -> Cost:
    """Estimate what a replicate of a classifier costs, at all of its settings, from its matrix products."""
    runs = [study.name_run(classifier, setting, 1) for setting in study.list_settings(config, classifier)]
    seconds = sum(START + study.prioritize_training(config, run) / SPEED for run in runs)
    return Cost(seconds / 3600, "core-hours", 0)


def estimate_noise_cost(config: dict) -> Cost:
    """Estimate what a replicate of the noise study costs: a run of each classifier and autoencoder, and all cells."""
    scorers, autoencoders = study.list_scorers(config), study.list_autoencoders(config)
    work = sum(study.prioritize_training(config, study.name_first_run(config, name)) for name in scorers)
    work += sum(study.estimate_autoencoder(config, name) for name in autoencoders)
    cells = len(scorers) * len(study.list_denoisers(config)) * len(study.list_levels(config))
    jobs = len(scorers) + len(autoencoders) + cells
    return Cost((jobs * START + work / SPEED) / 3600, "core-hours", 0)


def describe_plan(name: str, spread: Spread, cost: Cost) -> list[str]:
    """Describe the spread, and for each difference the replicates that show it and their cost, as lines."""
    compares = spread.comparisons > 0
    single, paired = spread.single, spread.paired
    told = []
    if single is None:
        single = ASSUMED_SPREAD
        told.append(f"{single:.2g} of an accuracy (assumed: there are no two replicates yet)")
    else:
        told.append(f"{single:.2g} of an accuracy (n = {spread.n})")
    if compares and paired is None:
        paired = ASSUMED_PAIRED_SPREAD
        told.append(f"{paired:.2g} of a difference in pairs (assumed)")
    elif compares:
        told.append(f"{paired:.2g} of a difference in pairs")
    known = f"measured on {cost.runs} runs" if cost.runs else "estimated for 60,000 images: there is no run yet"
    lines = [
        f"{name}",
        f"  standard deviation: {'; '.join(told)}",
        f"  cost of a replicate: {cost.hours:.2g} {cost.unit} ({known})",
    ]
    least = (fewest_replicates(spread.comparisons) or 0) if compares else 0
    lines.append(f"  {'difference':>10}  {'in pairs':>28}  {'not in pairs, each side':>28}")
    for difference in DIFFERENCES:
        pairs = "" if paired is None else format_plan(max(plan_pairs(difference, paired), least), spread.n, cost)
        cells = [pairs, format_plan(plan_groups(difference, single), spread.n, cost)]
        lines.append("  ".join(["", f"{difference:>10.4f}", *(f"{cell:>28}" for cell in cells)]))
    if compares:
        enough = f"at least {least} replicates" if least else "no number of replicates"
        lines.append(f"  The sign flips need {enough} for {spread.comparisons} comparisons at once (Holm).")
    return lines


def format_plan(n: int, present: int, cost: Cost) -> str:
    """Format a number of replicates, and the cost of those that are not there yet."""
    missing = max(0, n - present)
    hours = missing * cost.hours
    told = f"{hours:.2g}" if hours < 100 else f"{hours:,.0f}"
    return f"{n:,}, {told} {cost.unit} more" if missing else f"{n:,}, there already"


def describe_settings(model: dict) -> str:
    """Describe how many settings a classifier has, and of what: 4 settings of learning rate and dropout."""
    settings = len(list_settings(model))
    return f"{settings} setting{'' if settings == 1 else 's'} of {' and '.join(map(spell_name, list_swept(model)))}"


def describe_cells(config: dict) -> str:
    """Describe what is compared at each noise level: 3 denoisers, none among them, with 1 scoring classifier."""
    scorers, denoisers = len(study.list_scorers(config)), len(study.list_denoisers(config))
    return f"{denoisers} denoisers, {NO_DENOISER} among them, with {scorers} scoring classifier{'s' * (scorers > 1)}"


def main() -> None:
    arguments = parse_study(argparse.ArgumentParser(description=__doc__))
    config = load_config(arguments.configfile)
    folder = Path(config["pathvars"]["results"])
    if not config["classifiers"]:
        raise StudyError("this study has no classifiers, and the plan is for differences in their accuracy")
    print(
        "Replicates that show a true difference in accuracy with a power of 80 % (t-test, two-sided, 0.05), and the\n"
        "cost of those that are not there yet\n"
    )
    for name, model in config["classifiers"].items():
        runs = [folder / path for path in list_runs(config, name)]
        cost = measure_cost(runs, model["replicates"]) or estimate_cost(config, name)
        settings = f", {describe_settings(model)}" if model["sweep"] else ""
        print("\n".join(describe_plan(f"{name}{settings}", measure_sweep(folder, config, name), cost)), end="\n\n")
    if not study.denoises(config):
        return
    cost = measure_noise_cost(folder, config) or estimate_noise_cost(config)
    title = f"{describe_cells(config)} at {len(study.list_levels(config))} noise levels"
    print("\n".join(describe_plan(title, measure_noise(folder, config), cost)))


if __name__ == "__main__":
    run_script(main)
