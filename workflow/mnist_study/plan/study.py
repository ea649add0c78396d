"""The settings of each job of a study, from the config.

A function has the name of the rule whose settings it returns; `wildcards` are those of the rule. The Snakefile imports
this module, so it imports the standard library only.
"""

import math
from types import SimpleNamespace
from typing import Any

from mnist_study.errors import StudyError
from mnist_study.images import PUBLIC, Images, find_images
from mnist_study.layers import GLOBAL_POOLS, POOLS, read_layer, shrink_image
from mnist_study.plan.layout import LEVEL, REPLICATE, RUN, format_factor, parse_factor
from mnist_study.plan.recipes import list_given

SHOWN = 10


def list_factors(config: dict, classifier: str) -> list[float] | list[None]:
    """List a classifier's factors in ascending order; [None] for a classifier without penalty."""
    return sorted(map(float, config["classifiers"][classifier]["factors"])) or [None]


def sort_factors(config: dict) -> dict[str, dict]:
    """Give the classifiers with their factors in ascending order: their order in the config is no setting."""
    return {
        name: model | {"factors": sorted(map(float, model["factors"]))} for name, model in config["classifiers"].items()
    }


def list_replicates(config: dict, classifier: str) -> list[int]:
    """List a classifier's replicates: 1, 2, …"""
    return list(range(1, config["classifiers"][classifier]["replicates"] + 1))


def list_autoencoder_replicates(config: dict) -> list[int]:
    """List the autoencoder's replicates: 1, 2, …"""
    return list(range(1, config["autoencoder"]["replicates"] + 1))


def list_noise_replicates(config: dict) -> list[int]:
    """List the replicates of the noise study. Replicate k has classifier k, autoencoder k and noise draw k."""
    return min(list_replicates(config, config["noise"]["classifier"]), list_autoencoder_replicates(config), key=len)


def list_levels(config: dict) -> list[float]:
    """List the noise levels in ascending order."""
    return sorted(map(float, config["noise"]["levels"]))


def list_sweeps(config: dict, factors: int = 1) -> list[str]:
    """List the classifiers that have at least so many factors."""
    return [name for name, classifier in config["classifiers"].items() if len(classifier["factors"]) >= factors]


def list_replicated(config: dict) -> list[str]:
    """List the classifiers that have several replicates."""
    return [name for name, classifier in config["classifiers"].items() if classifier["replicates"] > 1]


def name_first_run(config: dict, classifier: str) -> SimpleNamespace:
    """Name a classifier's first run, replicate 1 of its smallest factor, by its wildcards."""
    factor = format_factor(list_factors(config, classifier)[0])
    return SimpleNamespace(classifier=classifier, factor=factor, replicate="1")


def drop(settings: dict, *keys: str) -> dict:
    """Give settings without these keys."""
    return {key: value for key, value in settings.items() if key not in keys}


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
    """Settings of every job that uses training images: which of them are held out belongs to these."""
    return base_settings(config) | {"validation": config["validation"]}


def prioritize_training(config: dict, classifier: str) -> int:
    """Prioritize the runs of a classifier by their work, so that no long run is the last one, alone."""
    model, images = config["classifiers"][classifier], find_study_images(config)
    return estimate_work([*model["layers"], {"dense": len(images.classes)}], model["epochs"], images.shape)


def estimate_work(layers: list, epochs: int, shape: tuple[int, ...]) -> int:
    """Estimate the work of a training: that of its matrix products, in 10⁹ multiplications, on as many images as MNIST.

    `layers`: all layers, with the output. `shape`: that of an image. For each image, there is one product forward and
    two backward.
    """
    *sides, channels = shape
    products = 0
    for kind, options in map(read_layer, layers):
        if kind == "conv":
            sides = [shrink_image(side, kind, options) for side in sides]
            products += math.prod(sides) * options["size"] ** 2 * channels * options["filters"]
            channels = options["filters"]
        elif kind in POOLS:
            sides = [shrink_image(side, kind, options) for side in sides]
        elif kind in GLOBAL_POOLS:
            sides = []
        elif kind == "dense":
            products += math.prod(sides) * channels * options["units"]
            sides, channels = [], options["units"]
    return 3 * products * 60_000 * epochs // 10**9


def train_classifier(config: dict, wildcards: Any) -> dict:
    """Settings of one run of a classifier; raises StudyError if the study has no such run."""
    model = config["classifiers"][wildcards.classifier]
    factors, replicates = model["factors"] or [None], model["replicates"]
    factor = parse_factor(wildcards.factor)
    if factor not in factors or format_factor(factor) != wildcards.factor or int(wildcards.replicate) > replicates:
        raise StudyError(
            f"this study has no {RUN.format(**vars(wildcards))} of {wildcards.classifier}: its factors are "
            f"{', '.join(map(format_factor, factors[:SHOWN]))}{', …' if len(factors) > SHOWN else ''}, "
            f"its replicates 1 to {replicates}"
        )
    return training_settings(config) | {
        "classifier": wildcards.classifier,
        "factor": factor,
        "replicate": int(wildcards.replicate),
        **{key: model[key] for key in ("layers", "epochs", "batch_size", "learning_rate")},
        **list_given(model),
    }


def summarize_classifier(config: dict, wildcards: Any) -> dict:
    """Settings of a classifier's tables, and those of its runs except factor and replicate."""
    run = train_classifier(config, name_first_run(config, wildcards.classifier))
    return {
        "run": drop(run, "factor", "replicate"),
        "factors": list_factors(config, wildcards.classifier),
        "replicates": list_replicates(config, wildcards.classifier),
    }


def score_ensemble(config: dict, wildcards: Any) -> dict:
    """Settings of the ensemble of a factor's replicates."""
    return base_settings(config) | {
        "classifier": wildcards.classifier,
        "factor": parse_factor(wildcards.factor),
        "replicates": list_replicates(config, wildcards.classifier),
    }


def summarize_ensembles(config: dict, wildcards: Any) -> dict:
    """Settings of the table of ensembles: those of each ensemble, and of its first run except the replicate."""
    names = [
        SimpleNamespace(classifier=wildcards.classifier, factor=format_factor(factor), replicate="1")
        for factor in list_factors(config, wildcards.classifier)
    ]
    return {
        "ensembles": [score_ensemble(config, name) for name in names],
        "runs": [drop(train_classifier(config, name), "replicate") for name in names],
    }


def compare_factors(config: dict, wildcards: Any) -> dict:
    """Settings of the comparison of a classifier's factors."""
    return {"seed": config["seed"], "classifier": wildcards.classifier}


def plot_factors(config: dict, wildcards: Any) -> dict:
    """Settings of one figure over the factor."""
    return {"classifier": wildcards.classifier, "statistic": wildcards.statistic}


def train_autoencoder(config: dict, wildcards: Any) -> dict:
    """Settings of one replicate of the autoencoder; raises StudyError if the study has no such replicate."""
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
    """Settings of every job that uses the scoring classifier."""
    return base_settings(config) | {"classifier": config["noise"]["classifier"]}


def find_worst_digits(config: dict, wildcards: Any) -> dict:
    """Settings of the mistakes of the scoring classifier."""
    return scoring_settings(config) | class_settings(config)


def evaluate_noise_level(config: dict, wildcards: Any) -> dict:
    """Settings of one replicate at one noise level; raises StudyError if the study has no such replicate."""
    replicates = list_noise_replicates(config)
    if int(wildcards.replicate) not in replicates:
        raise StudyError(
            f"this study has no {LEVEL.format(**vars(wildcards))}: the noise levels have replicates "
            f"1 to {len(replicates)}, as many as both the classifier and the autoencoder have"
        )
    return scoring_settings(config) | {"level": float(wildcards.level), "replicate": int(wildcards.replicate)}


def summarize_noise_levels(config: dict, wildcards: Any) -> dict:
    """Settings of the evaluations behind the noise curves, and of the models that they use."""
    return {
        "seed": config["seed"],
        "evaluation": scoring_settings(config),
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
    shown = {"digits": config["gallery"]["digits"], "levels": list_levels(config)}
    return scoring_settings(config) | class_settings(config) | shown


def sample_decoder(config: dict, wildcards: Any) -> dict:
    """Settings of the synthetic images."""
    shown = {"samples": config["decoder_samples"], "walk": config["decoder_walk"]}
    return training_settings(config) | scoring_settings(config) | class_settings(config) | shown


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
        "classifiers": sort_factors(config),
        "autoencoder": config["autoencoder"],
        "noise": {"classifier": config["noise"]["classifier"]},
    }


def plot_comparison(config: dict, wildcards: Any) -> dict:
    """Settings of the models behind our noise curves."""
    scorer = config["noise"]["classifier"]
    return compare_published(config, wildcards) | {"classifiers": {scorer: sort_factors(config)[scorer]}}


def summarize_study(config: dict, wildcards: Any) -> dict:
    """Settings of the summary, which says whether any number can be compared with a published one."""
    return compare_published(config, wildcards)


def make_report(config: dict, wildcards: Any) -> dict:
    """Settings of the report page: the whole config except the places of files."""
    return training_settings(config) | {
        "classifiers": sort_factors(config),
        "autoencoder": config["autoencoder"],
        "noise": config["noise"] | {"levels": list_levels(config)},
        "gallery": config["gallery"],
        "decoder_samples": config["decoder_samples"],
        "decoder_walk": config["decoder_walk"],
    }
