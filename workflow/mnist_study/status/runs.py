"""The cells of a study's grid: every training and every evaluation at a noise level, from the config alone."""

from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

from mnist_study.plan import layout, study
from mnist_study.plan.contents import locate
from mnist_study.plan.sweeps import Setting, name_setting


class Run(NamedTuple):
    """A training, or an evaluation at a noise level.

    Runs of one `kind` take about the same time for each epoch. `label` is the name of the run's column, if that is not
    the number of the replicate. `needs`: the logs of the jobs that it waits for.
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
    """Runs side by side under one label: the replicates of a setting, or all noise levels of a replicate."""

    kind: str
    label: str
    runs: list[Run]


def list_rows(config: dict) -> list[Row]:
    """List the rows of a study's grid, in the order of the config."""
    rows = [
        Row(
            name,
            name_setting(setting),
            [make_training(config, name, setting, number) for number in replicates],
        )
        for name in config["classifiers"]
        for replicates in [study.list_replicates(config, name)]
        for setting in study.list_settings(config, name)
    ]
    autoencoders = [make_autoencoder(config, number) for number in study.list_autoencoder_replicates(config)]
    replicates = study.list_noise_replicates(config)
    levels = [
        Row(
            "noise levels",
            f"replicate {replicate}" if len(replicates) > 1 else "",
            [make_level(config, level, replicate, needs) for level in study.list_levels(config)],
        )
        for replicate, autoencoder in zip(replicates, autoencoders, strict=False)
        for needs in [(make_scorer(config, replicate).log, autoencoder.log)]
    ]
    return [*rows, *([Row("autoencoder", "", autoencoders)] if autoencoders else []), *levels]


def make_training(config: dict, classifier: str, setting: Setting, replicate: int) -> Run:
    """Make the run of one replicate of a classifier at one setting."""
    results = Path(config["pathvars"]["results"])
    wildcards = study.name_run(classifier, setting, replicate)
    return Run(
        f"{' '.join(filter(None, [classifier, name_setting(setting)]))}, replicate {replicate}",
        classifier,
        "",
        "train_classifier",
        study.train_classifier(config, wildcards),
        results / locate("run", **vars(wildcards)),
        results / layout.locate_log("train_classifier", f"{classifier}/{layout.RUN.format(**vars(wildcards))}"),
    )


def make_scorer(config: dict, replicate: int) -> Run:
    """Make the run of one replicate of the scoring classifier, at its first setting."""
    scorer = config["noise"]["classifier"]
    return make_training(config, scorer, study.list_settings(config, scorer)[0], replicate)


def make_autoencoder(config: dict, replicate: int) -> Run:
    """Make the run of one replicate of the autoencoder."""
    results = Path(config["pathvars"]["results"])
    return Run(
        f"autoencoder, replicate {replicate}",
        "autoencoder",
        "",
        "train_autoencoder",
        study.train_autoencoder(config, SimpleNamespace(replicate=str(replicate))),
        results / locate("autoencoder", replicate=replicate),
        results / layout.locate_log("train_autoencoder", layout.REPLICATE.format(replicate=replicate)),
    )


def make_level(config: dict, level: float, replicate: int, needs: tuple[Path, ...]) -> Run:
    """Make the run of one replicate at one noise level."""
    results = Path(config["pathvars"]["results"])
    wildcards = SimpleNamespace(level=level, replicate=str(replicate))
    return Run(
        f"noise level {level}, replicate {replicate}",
        "noise levels",
        str(level),
        "evaluate_noise_level",
        study.evaluate_noise_level(config, wildcards),
        results / locate("level", **vars(wildcards)),
        results / layout.locate_log("evaluate_noise_level", layout.LEVEL.format(**vars(wildcards))),
        needs,
    )
