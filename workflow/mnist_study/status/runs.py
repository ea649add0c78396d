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
    """Runs side by side under one label: replicates of a setting, or all noise levels of a scorer and a denoiser."""

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
    autoencoders = [
        Row(name, "", [make_autoencoder(config, name, number) for number in replicates])
        for name in study.list_autoencoders(config)
        for replicates in [study.list_autoencoder_replicates(config, name)]
    ]
    return [*rows, *autoencoders, *(list_level_rows(config) if study.denoises(config) else [])]


def list_level_rows(config: dict) -> list[Row]:
    """List the rows of the noise levels: one for each scoring classifier and denoiser."""
    scorers, autoencoders = study.list_scorers(config), study.list_autoencoders(config)
    replicates = study.list_noise_replicates(config)
    logs = {(name, number): make_scorer(config, name, number).log for name in scorers for number in replicates}
    logs |= {
        (name, number): make_autoencoder(config, name, number).log for name in autoencoders for number in replicates
    }

    def list_runs(scorer: str, denoiser: str) -> list[Run]:
        return [
            make_level(config, scorer, denoiser, level, number, tuple(logs[model, number] for model in models))
            for models in [[scorer, *([denoiser] if denoiser in autoencoders else [])]]
            for level in study.list_levels(config)
            for number in replicates
        ]

    return [
        Row("noise levels", f"{scorer}, {denoiser}", list_runs(scorer, denoiser))
        for scorer in scorers
        for denoiser in study.list_denoisers(config)
    ]


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


def make_scorer(config: dict, scorer: str, replicate: int) -> Run:
    """Make the run of one replicate of a scoring classifier, at its first setting."""
    return make_training(config, scorer, study.list_settings(config, scorer)[0], replicate)


def make_autoencoder(config: dict, autoencoder: str, replicate: int) -> Run:
    """Make the run of one replicate of an autoencoder."""
    results = Path(config["pathvars"]["results"])
    wildcards = study.name_autoencoder(autoencoder, replicate)
    return Run(
        f"{autoencoder}, replicate {replicate}",
        autoencoder,
        "",
        "train_autoencoder",
        study.train_autoencoder(config, wildcards),
        results / locate("autoencoder", **vars(wildcards)),
        results / layout.locate_log("train_autoencoder", f"{autoencoder}/{layout.REPLICATE.format(**vars(wildcards))}"),
    )


def make_level(config: dict, scorer: str, denoiser: str, level: float, replicate: int, needs: tuple[Path, ...]) -> Run:
    """Make the run of one replicate of a scorer and a denoiser at one noise level."""
    results = Path(config["pathvars"]["results"])
    wildcards = SimpleNamespace(classifier=scorer, denoiser=denoiser, level=level, replicate=str(replicate))
    several = len(study.list_noise_replicates(config)) > 1
    return Run(
        f"{scorer}, {denoiser}, noise level {level}, replicate {replicate}",
        "noise levels",
        f"{level}, repl. {replicate}" if several else str(level),
        "evaluate_noise_level",
        study.evaluate_noise_level(config, wildcards),
        results / locate("level", **vars(wildcards)),
        results / layout.locate_log("evaluate_noise_level", layout.LEVEL.format(**vars(wildcards))),
        needs,
    )
