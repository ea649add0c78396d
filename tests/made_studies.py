"""Make the tables of a study from made numbers, without a training: as its jobs make them from their metrics."""

from pathlib import Path

import numpy as np
import pandas as pd

from mnist_study.images import find_images
from mnist_study.plan import study
from mnist_study.plan.contents import has, locate
from mnist_study.plan.sweeps import name_setting
from mnist_study.scripts.compare_published import compare_noise_levels, compare_quantities, tabulate_comparison
from mnist_study.scripts.compare_settings import compare_settings
from mnist_study.scripts.summarize_autoencoder import tabulate_history as tabulate_losses_of_epochs
from mnist_study.scripts.summarize_autoencoder import tabulate_losses
from mnist_study.scripts.summarize_classifier import (
    summarize_settings,
    tabulate_history,
    tabulate_kernel_norms,
    tabulate_runs,
)
from mnist_study.scripts.summarize_ensembles import tabulate_ensembles
from mnist_study.scripts.summarize_noise_levels import (
    compare_cells,
    summarize_classes,
    summarize_levels,
    summarize_thresholds,
    tabulate_falls,
)
from mnist_study.scripts.summarize_noise_levels import (
    tabulate_runs as tabulate_evaluations,
)
from mnist_study.seeding import derive_seed
from mnist_study.show.published import NOISE_LEVELS
from mnist_study.show.tables import name_validation, write_table

SEED = derive_seed(1, "sign flips")
IMAGES = 10_000
CHANCE = 0.1135
MEANS = {"baseline": 0.973, "cnn": 0.9912}
# How much the seed of a replicate changes its accuracy at every setting, and how much chance adds at one of them.
SHARED, OWN = 0.0009, 0.0002


def find_mean(classifier: str, setting: dict) -> float:
    """Invent the accuracy that a classifier reaches on average: the best L2 factor is 1e-4, and the best others small.

    Without a penalty, it is that of 1e-7.
    """
    l2 = abs(np.log10(setting["l2"] or 1e-7) + 4) if "l2" in setting else 0
    others = [value for name, value in setting.items() if name != "l2" and not isinstance(value, str)]
    return MEANS.get(classifier, 0.982) - 0.001 * (l2 + sum(others))


def make_run(classifier: str, setting: dict, replicate: int, epochs: int, validation: str | int) -> dict:
    """Invent the metrics of a run of a classifier."""
    factor = setting.get("l2", 0)
    others = {name: value for name, value in setting.items() if name != "l2"}
    own = [replicate, len(classifier), int(1e8 * factor), *name_setting(others).encode()]
    shared, rng = np.random.default_rng(replicate), np.random.default_rng(own)
    final, test = find_mean(classifier, setting) + SHARED * shared.normal() + OWN * rng.normal(size=2)
    final, test = round(final, 4), round(final if validation == "test" else test, 4)
    curve = (1 - 1 / np.arange(2, epochs + 2) ** 2) / (1 - 1 / (epochs + 1) ** 2)
    accuracy, penalty = final * curve, 10 * factor
    entropy = 3.5 * (1 - accuracy)
    history = {"loss": entropy / 2 + penalty, "accuracy": 1 - (1 - accuracy) / 2}
    history |= {"val_loss": entropy + penalty, "val_accuracy": accuracy}
    split = {"cross_entropy": 3.5 * (1 - test), "penalty": penalty}
    if factor:
        history |= {"val_cross_entropy": entropy, "val_penalty": np.full(epochs, penalty)}
    lists = {name: values.tolist() for name, values in history.items()}
    lists["val_accuracy"][-1] = final
    held_out = 0 if validation == "test" else validation
    return {
        "classifier": classifier,
        "setting": setting,
        "replicate": replicate,
        "chance": CHANCE,
        "history": lists,
        "final": {name: values[-1] for name, values in lists.items()},
        "test": {"loss": sum(split.values()), "accuracy": test, "chance": CHANCE} | (split if factor else {}),
        "images": {"training": 60_000 - held_out, "validation": held_out or IMAGES, "test": IMAGES},
        "kernel_norms": [{"layer": "Dense", "position": 2, "penalized": factor > 0, "norm": 5 + 0.1 * rng.normal()}],
    }


def make_autoencoder(name: str, replicate: int, epochs: int) -> dict:
    """Invent the metrics of a replicate of an autoencoder."""
    shift = 0.0005 * np.random.default_rng(replicate).normal()
    loss = (0.115 + shift + 0.15 / np.arange(1, epochs + 1) ** 2).tolist()
    history = {"loss": loss, "val_loss": [value + 0.005 for value in loss]}
    final = {name: values[-1] for name, values in history.items()}
    test = {"loss": final["val_loss"], "chance": 0.26}
    named = {"autoencoder": name, "replicate": replicate}
    return named | {"chance": 0.26, "history": history, "final": final, "test": test}


def make_evaluation(scorer: str, denoiser: str, place: tuple[int, float], level: float, replicate: int) -> dict:
    """Invent the metrics of a replicate at a noise level: near the published curves.

    `place`: the number of the scorer among the further ones, and the denoiser's share of the way from none to the last
    one. Without a denoiser and with the last one, the curves of the first scorer are near the published ones.
    """
    further, share = place
    rng = np.random.default_rng([replicate, round(100 * level), further, round(100 * share)])
    spread = 0.06 * level * (1 - level) + 0.0005
    noisy, denoised = (np.interp(level, list(curve), list(curve.values())) for curve in NOISE_LEVELS.values())
    accuracy = (1 - share) * noisy + share * denoised + 0.15 * further * level * (1 - level) + spread * rng.normal()
    cell = {"classifier": scorer, "denoiser": denoiser, "level": level, "replicate": replicate}
    return cell | {"confusion": make_confusion(accuracy).tolist()}


def make_confusion(accuracy: float) -> np.ndarray:
    """Make a confusion matrix of 10,000 images. All mistakes of a class are taken for the next one."""
    right = np.array([round(IMAGES / 10 * accuracy)] * 10)
    return np.diag(right) + np.roll(np.diag(IMAGES // 10 - right), 1, axis=1)


def make_tables(config: dict) -> dict[str, pd.DataFrame]:
    """Make the tables of a study, by their paths below its folder, as far as it has the halves that they are of."""
    validation = name_validation(config)
    tables, histories = {}, {}
    for name, model in config["classifiers"].items():
        settings, replicates = study.list_settings(config, name), study.list_replicates(config, name)
        runs = [
            make_run(name, setting, replicate, setting.get("epochs") or model["epochs"], config["validation"])
            for setting in settings
            for replicate in replicates
        ]
        table = tabulate_runs(runs, validation)
        histories[name] = tabulate_history(runs, validation)
        made = {"epochs": histories[name], "runs": table, "statistics": summarize_settings(table)}
        if model["sweep"]:
            made["norms"] = tabulate_kernel_norms(runs)
        if len(settings) > 1:
            made["pairs"] = compare_settings(table, SEED)
        if len(replicates) > 1:
            ensemble = {"classifier": name, "replicates": replicates, "total": IMAGES}
            made["ensembles"] = tabulate_ensembles(
                [
                    ensemble | {"setting": setting, "correct": round(IMAGES * (find_mean(name, setting) + 0.001))}
                    for setting in settings
                ]
            )
        tables |= {locate(result, classifier=name): made[result] for result in made}
    for name in study.list_autoencoders(config):
        autoencoders = [
            make_autoencoder(name, replicate, config["denoisers"][name]["epochs"])
            for replicate in study.list_autoencoder_replicates(config, name)
        ]
        histories[name] = tabulate_losses_of_epochs(autoencoders, validation)
        tables[locate("autoencoder_epochs", autoencoder=name)] = histories[name]
        tables[locate("losses", autoencoder=name)] = tabulate_losses(autoencoders, validation)
    counts = make_confusion(0.99)
    made = {
        "confusion_counts": pd.DataFrame(
            [(str(true), str(predicted), counts[true, predicted]) for true in range(10) for predicted in range(10)],
            columns=["true", "predicted", "count"],
        ),
    }
    if study.denoises(config):
        made |= make_noise_tables(config)
    if config["dataset"]["name"] == "mnist":
        settings = study.compare_published(config, None)
        rows = compare_quantities(histories, settings)
        if study.denoises(config):
            rows += compare_noise_levels(made["levels"], settings)
        made["published"] = tabulate_comparison(rows)
    return tables | {locate(result): table for result, table in made.items() if has(config, result)}


def make_noise_tables(config: dict) -> dict[str, pd.DataFrame]:
    """Make the tables of the noise levels of a study."""
    denoisers = study.list_denoisers(config)
    metrics = [
        make_evaluation(scorer, denoiser, (further, place / (len(denoisers) - 1)), level, replicate)
        for further, scorer in enumerate(study.list_scorers(config))
        for place, denoiser in enumerate(denoisers)
        for level in study.list_levels(config)
        for replicate in study.list_noise_replicates(config)
    ]
    evaluations = tabulate_evaluations(metrics)
    falls = tabulate_falls(evaluations)
    return {
        "evaluations": evaluations,
        "levels": summarize_levels(evaluations),
        "gains": compare_cells(evaluations, SEED),
        "falls": falls,
        "thresholds": summarize_thresholds(falls),
        "class_accuracies": summarize_classes(metrics, find_images({"dataset": config["dataset"]["name"]}).classes),
    }


def write_tables(config: dict, folder: Path) -> None:
    """Write the tables of a study into its folder."""
    for path, table in make_tables(config).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        write_table(table, folder / path)
