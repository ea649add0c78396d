"""The cells of a study's grid: every training and every noise level, from the config alone."""

from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

from mnist_study.plan import layout, study
from mnist_study.plan.contents import locate


class Run(NamedTuple):
    """A training or a noise level.

    Runs of one `kind` take about the same time. `label` distinguishes runs in a row without column headers. `needs`:
    the logs of the jobs that it waits for.
    """

    name: str
    kind: str
    label: str
    rule: str
    settings: dict
    metrics: Path
    log: Path
    needs: tuple[Path, ...] = ()


class Row(NamedTuple):
    """Runs side by side under one label: the replicates of a factor, or all noise levels."""

    kind: str
    label: str
    runs: list[Run]


def list_rows(config: dict) -> list[Row]:
    """List the rows of a study's grid, in the order of the config."""
    rows = [
        Row(
            name,
            "" if factor is None else f"{factor:g}",
            [make_training(config, name, factor, number) for number in replicates],
        )
        for name in config["classifiers"]
        for replicates in [study.list_replicates(config, name)]
        for factor in study.list_factors(config, name)
    ]
    results = Path(config["pathvars"]["results"])
    autoencoder = Run(
        "autoencoder",
        "autoencoder",
        "",
        "train_autoencoder",
        study.train_autoencoder(config, SimpleNamespace()),
        results / locate("autoencoder"),
        results / layout.locate_log("train_autoencoder"),
    )
    scorer = config["noise"]["classifier"]
    first = make_training(config, scorer, study.list_factors(config, scorer)[0], 1)
    levels = [make_level(config, level, (first.log, autoencoder.log)) for level in study.list_levels(config)]
    return [*rows, Row("autoencoder", "", [autoencoder]), Row("noise levels", "", levels)]


def make_training(config: dict, classifier: str, factor: float | None, replicate: int) -> Run:
    """Make the run of one replicate of a classifier at one factor."""
    results = Path(config["pathvars"]["results"])
    wildcards = SimpleNamespace(classifier=classifier, factor=layout.format_factor(factor), replicate=str(replicate))
    return Run(
        f"{classifier}{'' if factor is None else f' {factor:g}'}, replicate {replicate}",
        classifier,
        "",
        "train_classifier",
        study.train_classifier(config, wildcards),
        results / locate("run", **vars(wildcards)),
        results / layout.locate_log("train_classifier", f"{classifier}/{layout.RUN.format(**vars(wildcards))}"),
    )


def make_level(config: dict, level: float, needs: tuple[Path, ...]) -> Run:
    """Make the run of one noise level."""
    results = Path(config["pathvars"]["results"])
    return Run(
        f"noise level {level}",
        "noise levels",
        str(level),
        "evaluate_noise_level",
        study.evaluate_noise_level(config, SimpleNamespace(level=level)),
        results / locate("level", level=level),
        results / layout.locate_log("evaluate_noise_level", layout.LEVEL.format(level=level)),
        needs,
    )
