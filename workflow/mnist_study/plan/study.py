"""The settings of each job of a study, from its config in the form that check_config gives it.

A function has the name of the rule whose settings it returns; `wildcards` are those of the rule. The Snakefile imports
this module, so it imports the standard library only.
"""

import math
from types import SimpleNamespace
from typing import Any

from mnist_study.errors import StudyError
from mnist_study.images import PUBLIC, Images, find_images
from mnist_study.layers import CONVOLUTIONS, read_layer
from mnist_study.plan import sweeps
from mnist_study.plan.layout import LEVEL, REPLICATE, RUN, format_setting, parse_setting
from mnist_study.plan.shapes import measure_layer
from mnist_study.plan.sweeps import Setting

SHOWN = 10


def list_settings(config: dict, classifier: str) -> list[Setting]:
    """List the settings of a classifier's sweep in ascending order. Without a sweep, it has one, which is empty."""
    return sweeps.list_settings(config["classifiers"][classifier])


def list_replicates(config: dict, classifier: str) -> list[int]:
    """List a classifier's replicates: 1, 2, …"""
    return list(range(1, config["classifiers"][classifier]["replicates"] + 1))


def denoises(config: dict) -> bool:
    """Tell whether a study has both halves: classifiers, and an autoencoder that denoises for them."""
    return bool(config["classifiers"]) and config["autoencoder"] is not None


def list_autoencoder_replicates(config: dict) -> list[int]:
    """List the autoencoder's replicates: 1, 2, … There is none in a study without an autoencoder."""
    return list(range(1, config["autoencoder"]["replicates"] + 1)) if config["autoencoder"] else []


def list_noise_replicates(config: dict) -> list[int]:
    """List the replicates of the noise study. Replicate k has classifier k, autoencoder k and noise draw k.

    There is none in a study that lacks a half.
    """
    if not denoises(config):
        return []
    return min(list_replicates(config, config["noise"]["classifier"]), list_autoencoder_replicates(config), key=len)


def list_levels(config: dict) -> list[float]:
    """List the noise levels in ascending order. There is none in a study that lacks a half."""
    return sorted(map(float, config["noise"]["levels"])) if denoises(config) else []


def list_sweeps(config: dict, settings: int = 1) -> list[str]:
    """List the classifiers with a sweep of at least so many settings."""
    return [
        name
        for name, model in config["classifiers"].items()
        if model["sweep"] and len(sweeps.list_settings(model)) >= settings
    ]


def list_grids(config: dict) -> list[str]:
    """List the classifiers whose sweep is a grid of two numbers."""
    return [name for name, model in config["classifiers"].items() if sweeps.is_grid(model)]


def list_replicated(config: dict) -> list[str]:
    """List the classifiers that have several replicates."""
    return [name for name, classifier in config["classifiers"].items() if classifier["replicates"] > 1]


def name_run(classifier: str, setting: Setting, replicate: int) -> SimpleNamespace:
    """Name a run of a classifier by its wildcards."""
    return SimpleNamespace(classifier=classifier, setting=format_setting(setting), replicate=str(replicate))


def name_first_run(config: dict, classifier: str) -> SimpleNamespace:
    """Name a classifier's first run, replicate 1 of its first setting, by its wildcards."""
    return name_run(classifier, list_settings(config, classifier)[0], 1)


def drop(settings: dict, *keys: str) -> dict:
    """Give settings without these keys."""
    return {key: value for key, value in settings.items() if key not in keys}


def pick(settings: dict, *keys: str) -> dict:
    """Give those of these settings that are there."""
    return {key: settings[key] for key in keys if key in settings}


def no_settings(config: dict, wildcards: Any) -> dict:
    """Settings of a rule that has none."""
    return {}


def base_settings(config: dict) -> dict:
    """Settings on which every random number and every image depends."""
    return {"seed": config["seed"]} | dataset_settings(config)


def dataset_settings(config: dict) -> dict:
    """Settings that say which images a job uses: the name of the data set and, of a user's own, what it holds."""
    dataset = config["dataset"]
    if dataset["name"] in PUBLIC:
        return {"dataset": dataset["name"]}
    names = dataset["classes"]
    classes = len(names) if isinstance(names, list) else names
    own = {key: dataset[key] for key in ("sha256", "shape", "test_images")}
    return {"dataset": dataset["name"], "images": own | {"classes": classes}}


def class_settings(config: dict) -> dict:
    """Settings of a job that shows the names of classes: those that the user gave to classes of their own images."""
    names = config["dataset"].get("classes")
    return {"class_names": names} if isinstance(names, list) else {}


def find_study_images(config: dict) -> Images:
    """Find what the images of a study are."""
    return find_images(dataset_settings(config) | class_settings(config))


def training_settings(config: dict) -> dict:
    """Settings of every job that uses training images: which are held out, and how many of the others train at most."""
    return base_settings(config) | {"validation": config["validation"]} | limit_settings(config)


def limit_settings(config: dict) -> dict:
    """Settings of a study in which at most so many images train. In other studies, there are none."""
    number = config.get("at_most", {}).get("training_images")
    return {"training_images": number} if number else {}


def prioritize_training(config: dict, run: Any) -> int:
    """Prioritize a run of a classifier by its work, so that no long run is the last one, alone; `run`: its wildcards.

    A run that the study does not have gets 0: train_classifier refuses it.
    """
    model, images = config["classifiers"][run.classifier], find_study_images(config)
    setting = parse_setting(run.setting, dict(model["sweep"]))
    if setting is None:
        return 0
    trained = sweeps.resolve(model, setting)
    return estimate_work([*trained["layers"], {"dense": len(images.classes)}], trained["epochs"], images.shape)


def estimate_work(layers: list, epochs: int, shape: tuple[int, ...]) -> int:
    """Estimate the work of a training: that of its matrix products, in 10⁹ multiplications, on as many images as MNIST.

    `layers`: all layers, with the output. `shape`: that of an image. For each image, there is one product forward and
    two backward.
    """
    products = 0
    for layer in layers:
        kind, options = read_layer(layer)
        before, shape = shape, measure_layer(layer, shape)
        if kind == "dense":
            products += math.prod(before) * options["units"]
        elif kind in CONVOLUTIONS:
            # A kernel acts at each pixel of the output; that of a transposed convolution, at each one of the input.
            pixels = math.prod((shape if kind == "conv" else before)[:-1])
            products += pixels * options["size"] ** 2 * before[-1] * options["filters"]
    return 3 * products * 60_000 * epochs // 10**9


def train_classifier(config: dict, wildcards: Any) -> dict:
    """Settings of one run of a classifier; raises StudyError if the study has no such run."""
    model = config["classifiers"][wildcards.classifier]
    setting = parse_setting(wildcards.setting, dict(model["sweep"]))
    if setting is None or int(wildcards.replicate) > model["replicates"]:
        settings = list_settings(config, wildcards.classifier)
        raise StudyError(
            f"this study has no {RUN.format(**vars(wildcards))} of {wildcards.classifier}: its settings are "
            f"{', '.join(map(format_setting, settings[:SHOWN]))}{', …' if len(settings) > SHOWN else ''}, "
            f"its replicates 1 to {model['replicates']}"
        )
    run = {"classifier": wildcards.classifier, "replicate": int(wildcards.replicate)}
    return training_settings(config) | sweeps.resolve(model, setting) | run


def summarize_classifier(config: dict, wildcards: Any) -> dict:
    """Settings of a classifier's tables: its sweep, its replicates, and what its runs have in common.

    sweeps.resolve makes the settings of a run from these.
    """
    model = config["classifiers"][wildcards.classifier]
    common = drop(model, "sweep", "replicates") | {"classifier": wildcards.classifier}
    return {
        "run": training_settings(config) | common,
        "sweep": model["sweep"],
        "replicates": list_replicates(config, wildcards.classifier),
    }


def score_ensemble(config: dict, wildcards: Any) -> dict:
    """Settings of the ensemble of a setting's replicates."""
    model = config["classifiers"][wildcards.classifier]
    return base_settings(config) | {
        "classifier": wildcards.classifier,
        "setting": parse_setting(wildcards.setting, dict(model["sweep"])),
        "replicates": list_replicates(config, wildcards.classifier),
    }


def summarize_ensembles(config: dict, wildcards: Any) -> dict:
    """Settings of the table of ensembles: those of the classifier's tables, and what its ensembles have in common."""
    first = score_ensemble(config, name_first_run(config, wildcards.classifier))
    return summarize_classifier(config, wildcards) | {"ensemble": drop(first, "setting")}


def compare_settings(config: dict, wildcards: Any) -> dict:
    """Settings of the comparison of a classifier's settings."""
    return {"seed": config["seed"], "classifier": wildcards.classifier}


def plot_settings(config: dict, wildcards: Any) -> dict:
    """Settings of one figure over the settings of a sweep."""
    return {"classifier": wildcards.classifier, "statistic": wildcards.statistic}


def train_autoencoder(config: dict, wildcards: Any) -> dict:
    """Settings of one replicate of the autoencoder; raises StudyError if the study has no such replicate."""
    if config["autoencoder"] is None:
        raise StudyError("this study has no autoencoder: it is null in the config")
    replicates = config["autoencoder"]["replicates"]
    if int(wildcards.replicate) > replicates:
        raise StudyError(
            f"this study has no {REPLICATE.format(**vars(wildcards))} of the autoencoder: its replicates are "
            f"1 to {replicates}"
        )
    settings = training_settings(config) | drop(config["autoencoder"], "replicates")
    return settings | {"replicate": int(wildcards.replicate)}


def summarize_autoencoder(config: dict, wildcards: Any) -> dict:
    """Settings of the autoencoder's tables, and those of its replicates except their number."""
    run = train_autoencoder(config, SimpleNamespace(replicate="1"))
    return {"run": drop(run, "replicate"), "replicates": list_autoencoder_replicates(config)}


def scoring_settings(config: dict) -> dict:
    """Settings of every job that uses the scoring classifier; raises StudyError if the study has no classifiers."""
    if not config["classifiers"]:
        raise StudyError("this study has no classifiers: they are null in the config")
    return base_settings(config) | {"classifier": config["noise"]["classifier"]}


def find_worst_digits(config: dict, wildcards: Any) -> dict:
    """Settings of the mistakes of the scoring classifier."""
    return scoring_settings(config) | class_settings(config)


def denoising_settings(config: dict) -> dict:
    """Settings of every job that denoises for the scoring classifier; raises StudyError if the study lacks a half."""
    if config["autoencoder"] is None:
        raise StudyError("this study does not denoise: autoencoder is null in the config")
    return scoring_settings(config)


def evaluate_noise_level(config: dict, wildcards: Any) -> dict:
    """Settings of one replicate at one noise level; raises StudyError if the study has no such replicate."""
    settings, replicates = denoising_settings(config), list_noise_replicates(config)
    if int(wildcards.replicate) not in replicates:
        raise StudyError(
            f"this study has no {LEVEL.format(**vars(wildcards))}: the noise levels have replicates "
            f"1 to {len(replicates)}, as many as both the classifier and the autoencoder have"
        )
    return settings | {"level": float(wildcards.level), "replicate": int(wildcards.replicate)}


def summarize_noise_levels(config: dict, wildcards: Any) -> dict:
    """Settings of the evaluations behind the noise curves, and of the models that they use."""
    return {
        "seed": config["seed"],
        "evaluation": denoising_settings(config),
        "levels": list_levels(config),
        "replicates": list_noise_replicates(config),
        "classifier": drop(
            train_classifier(config, name_first_run(config, config["noise"]["classifier"])), "replicate"
        ),
        "autoencoder": summarize_autoencoder(config, wildcards)["run"],
        **class_settings(config),
    }


def denoise_gallery(config: dict, wildcards: Any) -> dict:
    """Settings of the gallery's images."""
    settings = denoising_settings(config) | class_settings(config)
    return settings | {"digits": config["gallery"]["digits"], "levels": list_levels(config)}


def sample_decoder(config: dict, wildcards: Any) -> dict:
    """Settings of the synthetic images."""
    settings = training_settings(config) | denoising_settings(config) | class_settings(config)
    return settings | {"samples": config["decoder_samples"], "walk": config["decoder_walk"]}


def summarize_model(config: dict, wildcards: Any) -> dict:
    """Settings of a model's layer table: the script that trained the model, and the settings of that training."""
    if wildcards.model == "autoencoder":
        return {"script": "train_autoencoder", "run": train_autoencoder(config, SimpleNamespace(replicate="1"))}
    run = train_classifier(config, name_first_run(config, wildcards.model))
    return {"script": "train_classifier", "run": run}


def plot_model(config: dict, wildcards: Any) -> dict:
    """Settings of a model's diagram."""
    return {"model": wildcards.model}


def compare_published(config: dict, wildcards: Any) -> dict:
    """Settings of everything that is compared with published numbers. The settings of both must be the same."""
    return dataset_settings(config) | {
        "validation": config["validation"],
        "classifiers": config["classifiers"],
        "autoencoder": config["autoencoder"],
        "noise": {"classifier": config["noise"]["classifier"]},
        **limit_settings(config),
    }


def plot_comparison(config: dict, wildcards: Any) -> dict:
    """Settings of the models behind our noise curves."""
    scorer = config["noise"]["classifier"]
    return compare_published(config, wildcards) | {"classifiers": {scorer: config["classifiers"][scorer]}}


def summarize_study(config: dict, wildcards: Any) -> dict:
    """Settings of the summary, which says what is shrunk, and whether a number can be compared with a published one."""
    return compare_published(config, wildcards) | pick(config, "at_most")


def make_report(config: dict, wildcards: Any) -> dict:
    """Settings of the report page: the whole config except the places of files."""
    return training_settings(config) | {
        "classifiers": config["classifiers"],
        "autoencoder": config["autoencoder"],
        "noise": config["noise"] | {"levels": list_levels(config)},
        **pick(config, "gallery", "decoder_samples", "decoder_walk", "at_most"),
    }
