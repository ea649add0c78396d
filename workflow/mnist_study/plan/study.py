"""The settings of each job of a study, from its config in the form that check_config gives it.

A function has the name of the rule whose settings it returns; `wildcards` are those of the rule. The Snakefile imports
this module, so it imports the standard library only.
"""

import math
from types import SimpleNamespace
from typing import Any

from mnist_study.errors import StudyError
from mnist_study.images import NO_DENOISER, PUBLIC, Images, find_images
from mnist_study.layers import CONVOLUTIONS, keep_image, read_layer
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
    """Tell whether a study has both halves: classifiers, and denoisers for them."""
    return bool(config["classifiers"] and config["denoisers"])


def list_denoisers(config: dict) -> list[str]:
    """List the denoisers of the noise study, the one that leaves images as they are first."""
    return [NO_DENOISER, *config["denoisers"]]


def list_filters(config: dict) -> dict[str, dict]:
    """List the denoisers that are filters, by name."""
    return {name: denoiser for name, denoiser in config["denoisers"].items() if "filter" in denoiser}


def list_autoencoders(config: dict) -> list[str]:
    """List the denoisers that are autoencoders."""
    return [name for name, denoiser in config["denoisers"].items() if "filter" not in denoiser]


def is_dense(layers: list) -> bool:
    """Tell whether all of these layers of an autoencoder are dense. They may be anything before they are checked."""
    return all(isinstance(layer, int) or (isinstance(layer, dict) and "dense" in layer) for layer in layers)


def list_decoders(config: dict) -> list[str]:
    """List the autoencoder whose decoder makes synthetic images: the first dense one of a study with classifiers.

    There is one or none. It is the first one by name, as Snakemake puts the keys of a variant before those of
    config.yaml.
    """
    models = config["denoisers"]
    dense = [name for name in list_autoencoders(config) if is_dense(models[name]["encoder"] + models[name]["decoder"])]
    return sorted(dense)[:1] if config["classifiers"] else []


def list_scorers(config: dict) -> list[str]:
    """List the classifiers that score noisy images. There is none in a study without classifiers."""
    return config["noise"]["classifiers"]


def list_autoencoder_replicates(config: dict, autoencoder: str) -> list[int]:
    """List an autoencoder's replicates: 1, 2, …"""
    return list(range(1, config["denoisers"][autoencoder]["replicates"] + 1))


def list_noise_replicates(config: dict) -> list[int]:
    """List the replicates of the noise study. Replicate k has classifier k, autoencoder k and noise draw k.

    There are as many as every scoring classifier and every autoencoder has, and none in a study that lacks a half.
    """
    if not denoises(config):
        return []
    scorers = [list_replicates(config, name) for name in list_scorers(config)]
    return min([*scorers, *(list_autoencoder_replicates(config, name) for name in list_autoencoders(config))], key=len)


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


def noise_settings(config: dict) -> dict:
    """Settings of a job that adds noise to images: its kind, if that is not the default."""
    return {"noise": config["noise"]["kind"]} if "kind" in config["noise"] else {}


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


def estimate_autoencoder(config: dict, autoencoder: str) -> int:
    """Estimate the work of a training of an autoencoder, as estimate_work does."""
    model, shape = config["denoisers"][autoencoder], find_study_images(config).shape
    hidden = [*model["encoder"], *model["decoder"]]
    output = {"conv": {"filters": shape[-1], "padding": "same"}} if keep_image(hidden) else {"dense": math.prod(shape)}
    return estimate_work([*hidden, output], model["epochs"], shape)


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
    return training_settings(config) | sweeps.resolve(model, setting) | training_noise_settings(config, model) | run


def training_noise_settings(config: dict, model: dict) -> dict:
    """Settings of the noise on the training images of a classifier that has any, at one setting at least."""
    return noise_settings(config) if "training_noise" in model | dict(model["sweep"]) else {}


def summarize_classifier(config: dict, wildcards: Any) -> dict:
    """Settings of a classifier's tables: its sweep, its replicates, and what its runs have in common.

    sweeps.resolve makes the settings of a run from these.
    """
    model = config["classifiers"][wildcards.classifier]
    common = (
        drop(model, "sweep", "replicates")
        | training_noise_settings(config, model)
        | {"classifier": wildcards.classifier}
    )
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
    """Settings of one replicate of an autoencoder; raises StudyError if the study has no such replicate."""
    name = wildcards.autoencoder
    if name not in list_autoencoders(config):
        raise StudyError(f"this study has no autoencoder {name}: it is none of its denoisers in the config")
    model = config["denoisers"][name]
    if int(wildcards.replicate) > model["replicates"]:
        raise StudyError(
            f"this study has no {REPLICATE.format(**vars(wildcards))} of {name}: its replicates are "
            f"1 to {model['replicates']}"
        )
    run = {"autoencoder": name, "replicate": int(wildcards.replicate)}
    return training_settings(config) | drop(model, "replicates") | noise_settings(config) | run


def name_autoencoder(autoencoder: str, replicate: int) -> SimpleNamespace:
    """Name a replicate of an autoencoder by its wildcards."""
    return SimpleNamespace(autoencoder=autoencoder, replicate=str(replicate))


def summarize_autoencoder(config: dict, wildcards: Any) -> dict:
    """Settings of an autoencoder's tables, and those of its replicates except their number."""
    run = train_autoencoder(config, name_autoencoder(wildcards.autoencoder, 1))
    return {"run": drop(run, "replicate"), "replicates": list_autoencoder_replicates(config, wildcards.autoencoder)}


def scoring_settings(config: dict) -> dict:
    """Settings of every job that uses the first scoring classifier; raises StudyError if there are no classifiers."""
    if not config["classifiers"]:
        raise StudyError("this study has no classifiers: they are null in the config")
    return base_settings(config) | {"classifier": list_scorers(config)[0]}


def find_worst_digits(config: dict, wildcards: Any) -> dict:
    """Settings of the mistakes of the scoring classifier."""
    return scoring_settings(config) | class_settings(config)


def denoising_settings(config: dict) -> dict:
    """Settings of every job that makes noisy images and denoises them; raises StudyError if the study lacks a half."""
    if not denoises(config):
        missing = "denoisers" if config["classifiers"] else "classifiers"
        raise StudyError(f"this study does not denoise: {missing} is null in the config")
    return base_settings(config) | noise_settings(config)


def evaluate_noise_level(config: dict, wildcards: Any) -> dict:
    """Settings of one cell at one noise level: a scorer and a denoiser. Raises StudyError if there is no such cell."""
    settings, replicates = denoising_settings(config), list_noise_replicates(config)
    scorer, denoiser, replicate = wildcards.classifier, wildcards.denoiser, int(wildcards.replicate)
    if scorer not in list_scorers(config) or replicate not in replicates:
        raise StudyError(
            f"this study has no noise_levels/{LEVEL.format(**vars(wildcards))}: its scoring classifiers are "
            f"{', '.join(list_scorers(config))}, and its noise levels have replicates 1 to {len(replicates)}, as many "
            "as all of them and all autoencoders have"
        )
    cell = {"classifier": scorer, "denoiser": denoiser, "level": float(wildcards.level), "replicate": replicate}
    filters = list_filters(config)
    return settings | cell | ({"filter": filters[denoiser]} if denoiser in filters else {})


def summarize_noise_levels(config: dict, wildcards: Any) -> dict:
    """Settings of the evaluations behind the noise curves, and of the models that they use."""
    classifiers = {name: train_classifier(config, name_first_run(config, name)) for name in list_scorers(config)}
    autoencoders = {name: train_autoencoder(config, name_autoencoder(name, 1)) for name in list_autoencoders(config)}
    scripts = {"train_classifier": classifiers, "train_autoencoder": autoencoders}
    return {
        "seed": config["seed"],
        "evaluation": denoising_settings(config),
        "classifiers": list_scorers(config),
        "denoisers": list_denoisers(config),
        "filters": list_filters(config),
        "models": [
            [name, script, drop(run, "replicate")] for script, runs in scripts.items() for name, run in runs.items()
        ],
        "levels": list_levels(config),
        "replicates": list_noise_replicates(config),
        **class_settings(config),
    }


def denoise_gallery(config: dict, wildcards: Any) -> dict:
    """Settings of the gallery's images."""
    settings = scoring_settings(config) | denoising_settings(config) | class_settings(config)
    denoisers = {"denoisers": list(config["denoisers"]), "filters": list_filters(config)}
    return settings | denoisers | {"digits": config["gallery"]["digits"], "levels": list_levels(config)}


def sample_decoder(config: dict, wildcards: Any) -> dict:
    """Settings of the synthetic images; raises StudyError if the study has no decoder for them."""
    settings = training_settings(config) | scoring_settings(config) | class_settings(config)
    if not list_decoders(config):
        raise StudyError(
            "this study makes no synthetic images: none of its denoisers is an autoencoder of dense layers"
        )
    made = {"samples": config["decoder_samples"], "walk": config["decoder_walk"]}
    return settings | {"autoencoder": list_decoders(config)[0]} | made


def summarize_model(config: dict, wildcards: Any) -> dict:
    """Settings of a model's layer table: the script that trained the model, and the settings of that training."""
    if wildcards.model in config["classifiers"]:
        run = train_classifier(config, name_first_run(config, wildcards.model))
        return {"script": "train_classifier", "run": run}
    return {"script": "train_autoencoder", "run": train_autoencoder(config, name_autoencoder(wildcards.model, 1))}


def plot_model(config: dict, wildcards: Any) -> dict:
    """Settings of a model's diagram."""
    return {"model": wildcards.model}


def compare_published(config: dict, wildcards: Any) -> dict:
    """Settings of everything that is compared with published numbers. The settings of both must be the same."""
    return dataset_settings(config) | {
        "validation": config["validation"],
        "classifiers": config["classifiers"],
        "denoisers": config["denoisers"],
        "noise": pick(config["noise"], "kind", "classifiers"),
        **limit_settings(config),
    }


def plot_comparison(config: dict, wildcards: Any) -> dict:
    """Settings of the models behind our noise curves."""
    scorers = {name: config["classifiers"][name] for name in list_scorers(config)}
    return compare_published(config, wildcards) | {"classifiers": scorers}


def summarize_study(config: dict, wildcards: Any) -> dict:
    """Settings of the summary, which says what is shrunk, and whether a number can be compared with a published one."""
    return compare_published(config, wildcards) | pick(config, "at_most")


def make_report(config: dict, wildcards: Any) -> dict:
    """Settings of the report page: the whole config except the places of files."""
    return training_settings(config) | {
        "classifiers": config["classifiers"],
        "denoisers": config["denoisers"],
        "noise": config["noise"] | {"levels": list_levels(config)},
        **pick(config, "gallery", "decoder_samples", "decoder_walk", "at_most"),
    }
