"""The results of a study: path, caption and labels of each. No other place names these paths.

The Snakefile imports this module, so it imports the standard library only.
"""

from typing import NamedTuple

from mnist_study.plan import study
from mnist_study.plan.layout import ALL_REPLICATES, LEVEL, REPLICATE, RUN, format_setting

STATISTICS = ["final", "mean", "maximum", "all"]


class Result(NamedTuple):
    """A result for readers: its path below the study's folder, with wildcards, and its category and labels.

    Its caption is the file of its name in mnist_study/show/report/captions. Snakemake's own report filters results by
    category and labels.
    """

    path: str
    category: str
    labels: dict[str, str]


def of_runs(result: str, setting: str = "all", replicate: str = "all") -> dict[str, str]:
    """Label a result of a classifier's runs: of one setting and replicate, or of all."""
    return {"result": result, "classifier": "{classifier}", "setting": setting, "replicate": replicate}


def of_autoencoder(result: str, replicate: str = "all") -> dict[str, str]:
    """Label a result of an autoencoder's runs: of one replicate, or of all."""
    return {"result": result, "autoencoder": "{autoencoder}", "replicate": replicate}


def of_levels(result: str, **wildcards: str) -> dict[str, str]:
    """Label a result of one evaluation at a noise level, or of all."""
    parts = dict.fromkeys(["classifier", "denoiser", "noise level", "replicate"], "all")
    return {"result": result} | parts | wildcards


def of_model(result: str) -> dict[str, str]:
    """Label a result of one model."""
    return {"result": result, "model": "{model}"}


def of_study(result: str) -> dict[str, str]:
    """Label a result that a study has once."""
    return {"result": result}


CELL = {
    "classifier": "{classifier}",
    "denoiser": "{denoiser}",
    "noise level": "{level}",
    "replicate": "{replicate}",
}
TABLES, FIGURES = "tables/classifiers/{classifier}", "figures/classifiers/{classifier}"
RESULTS = {
    "summary": Result("summary.txt", "Overview", of_study("summary")),
    "report": Result("report.html", "Overview", of_study("the whole study on one page")),
    "run": Result(
        f"classifiers/{{classifier}}/{RUN}.json", "Classifiers", of_runs("metrics", "{setting}", "{replicate}")
    ),
    "learning_curves": Result(f"{FIGURES}/learning_curves.svg", "Classifiers", of_runs("learning curves")),
    "epochs": Result(f"{TABLES}/epochs.csv", "Classifiers", of_runs("every epoch")),
    "runs": Result(f"{TABLES}/runs.csv", "Classifiers", of_runs("every run")),
    "statistics": Result(f"{TABLES}/statistics.csv", "Classifiers", of_runs("statistics")),
    "ensemble": Result(
        f"classifiers/{{classifier}}/{ALL_REPLICATES}/ensemble.json", "Classifiers", of_runs("ensemble", "{setting}")
    ),
    "ensembles": Result(f"{TABLES}/ensembles.csv", "Classifiers", of_runs("ensembles")),
    "differences": Result(f"{FIGURES}/differences.svg", "Classifiers", of_runs("differences between settings")),
    "pairs": Result(f"{TABLES}/differences.csv", "Classifiers", of_runs("differences between settings, table")),
    "accuracy": Result(
        f"{FIGURES}/accuracy_{{statistic}}.svg", "Classifiers", of_runs("accuracy over the setting: {statistic}")
    ),
    "heat_map": Result(f"{FIGURES}/heat_map.svg", "Classifiers", of_runs("accuracy over two settings")),
    "kernel_norms": Result(f"{FIGURES}/kernel_norms.svg", "Classifiers", of_runs("kernel norms")),
    "norms": Result(f"{TABLES}/kernel_norms.csv", "Classifiers", of_runs("kernel norms, table")),
    "diagram": Result("figures/models/{model}.svg", "Models", of_model("diagram")),
    "layers": Result("tables/models/{model}.csv", "Models", of_model("layers, table")),
    "autoencoder": Result(
        f"autoencoders/{{autoencoder}}/{REPLICATE}.json", "Autoencoders", of_autoencoder("metrics", "{replicate}")
    ),
    "autoencoder_loss": Result(
        "figures/autoencoders/{autoencoder}/learning_curves.svg", "Autoencoders", of_autoencoder("learning curves")
    ),
    "autoencoder_epochs": Result(
        "tables/autoencoders/{autoencoder}/epochs.csv", "Autoencoders", of_autoencoder("every epoch")
    ),
    "losses": Result("tables/autoencoders/{autoencoder}/losses.csv", "Autoencoders", of_autoencoder("statistics")),
    "level": Result(f"noise_levels/{LEVEL}.json", "Noise", of_levels("metrics", **CELL)),
    "noise_levels": Result("figures/noise_levels/accuracy.svg", "Noise", of_levels("accuracy")),
    "levels": Result("tables/noise_levels/levels.csv", "Noise", of_levels("accuracy, table")),
    "evaluations": Result("tables/noise_levels/runs.csv", "Noise", of_levels("every run")),
    "gains": Result("tables/noise_levels/differences.csv", "Noise", of_levels("differences between denoisers")),
    "thresholds": Result("tables/noise_levels/thresholds.csv", "Noise", of_levels("where the curves cross and fall")),
    "falls": Result("tables/noise_levels/threshold_runs.csv", "Noise", of_levels("where each replicate's curves do")),
    "classes": Result("figures/noise_levels/classes.svg", "Noise", of_levels("accuracy of each class")),
    "class_accuracies": Result("tables/noise_levels/classes.csv", "Noise", of_levels("accuracy of each class, table")),
    "confusion": Result("figures/confusion/confusion.svg", "Mistakes", of_study("confusion matrix")),
    "confusion_counts": Result("tables/confusion/confusion.csv", "Mistakes", of_study("confusion matrix, table")),
    "worst_digits": Result("figures/worst_digits/worst_digits.svg", "Mistakes", of_study("worst-classified images")),
    "gallery": Result("figures/gallery/gallery.svg", "Noise", of_levels("gallery")),
    "decoder_samples": Result(
        "figures/decoder_samples/decoder_samples.svg", "Autoencoders", of_study("synthetic images")
    ),
    "decoder_walk": Result(
        "figures/decoder_walk/decoder_walk.svg", "Autoencoders", of_study("walk between two images")
    ),
    "comparison": Result("figures/comparison/noise_levels.svg", "Comparison", of_study("published noise curves")),
    "published": Result("tables/comparison/published.csv", "Comparison", of_study("published numbers, table")),
}
# Files that one job hands to another, with the same kind of paths.
FILES = {
    "dataset": "dataset/{dataset}.npz",
    "model": f"classifiers/{{classifier}}/{RUN}.keras",
    "autoencoder_model": f"autoencoders/{{autoencoder}}/{REPLICATE}.keras",
    "worst_images": "worst_digits/worst_digits.npz",
    "gallery_images": "gallery/gallery.npz",
    "decoder_images": "decoder_samples/decoder_samples.npz",
    "walk_images": "decoder_samples/decoder_walk.npz",
}
# Results of classifiers with a sweep, with a sweep of several settings, with one of two numbers, and with several
# replicates.
OF_SWEEPS = {"accuracy", "kernel_norms", "norms"}
OF_PAIRS = {"differences", "pairs"}
OF_GRIDS = {"heat_map"}
OF_REPLICATES = {"ensembles"}
# Results of MNIST, for which there are published numbers.
OF_MNIST = {"comparison", "published"}
# Results and files of the classifiers, of a dense autoencoder with classifiers, and of classifiers with denoisers.
# Those of each model are not here.
OF_CLASSIFIERS = {"confusion", "confusion_counts", "worst_digits", "worst_images"}
OF_DECODER = {"decoder_samples", "decoder_images", "decoder_walk", "walk_images"}
OF_BOTH = {
    *("noise_levels", "levels", "evaluations", "gains", "thresholds", "falls", "classes", "class_accuracies"),
    *("gallery", "gallery_images", "comparison"),
}


class Content(NamedTuple):
    """A figure or table of the report page: the name of its caption, and the wildcards of its rule."""

    caption: str
    wildcards: dict[str, str]


def locate(name: str, **wildcards: object) -> str:
    """Locate a result or a file between jobs below the study's folder."""
    return find_pattern(name).format(**wildcards)


def find_pattern(name: str) -> str:
    """Find the path of a result or a file between jobs below the study's folder, with its wildcards."""
    return FILES[name] if name in FILES else RESULTS[name].path


def locate_png(svg: str) -> str:
    """Locate the second file of a figure."""
    return f"{svg.removesuffix('.svg')}.png"


def list_contents(config: dict, dataset: str) -> dict[str, Content]:
    """List the figures and tables of the report page by their paths below the study's folder.

    `config`: the config of the study; only its models matter here. `dataset`: the name of its data set.
    """
    shown = [name for name, result in RESULTS.items() if result.path.startswith(("figures/", "tables/"))]
    return {
        locate(name, **wildcards): Content(name, wildcards)
        for name in shown
        if has(config, name) and (name not in OF_MNIST or dataset == "mnist")
        for wildcards in list_wildcards(config, name)
    }


def has(config: dict, name: str) -> bool:
    """Tell whether a study has the models that a result or a file between jobs is of."""
    if name in OF_CLASSIFIERS:
        return bool(config["classifiers"])
    if name in OF_DECODER:
        return bool(study.list_decoders(config))
    return name not in OF_BOTH or study.denoises(config)


def list_models(config: dict) -> list[str]:
    """List the models of a study."""
    return [*config["classifiers"], *study.list_autoencoders(config)]


def list_wildcards(config: dict, name: str) -> list[dict[str, str]]:
    """List the wildcards of each copy of a figure or table in a study."""
    classifiers = list(config["classifiers"])
    if name in OF_SWEEPS | OF_PAIRS:
        classifiers = study.list_sweeps(config, settings=2 if name in OF_PAIRS else 1)
    elif name in OF_GRIDS:
        classifiers = study.list_grids(config)
    elif name in OF_REPLICATES:
        classifiers = study.list_replicated(config)
    path = RESULTS[name].path
    if "{model}" in path:
        return [{"model": model} for model in list_models(config)]
    if "{autoencoder}" in path:
        return [{"autoencoder": name} for name in study.list_autoencoders(config)]
    if "{statistic}" in path:
        return [{"classifier": name, "statistic": statistic} for name in classifiers for statistic in STATISTICS]
    return [{"classifier": name} for name in classifiers] if "{classifier}" in path else [{}]


def list_outputs(config: dict) -> list[str]:
    """List every file that a study makes from its images, below its folder."""
    # The page shows the norms of sweeps only, so the norms of other classifiers are added here.
    norms = [locate("norms", classifier=classifier) for classifier in config["classifiers"]]
    contents = list(dict.fromkeys([*list_contents(config, config["dataset"]["name"]), *norms]))
    once = ["summary", *(name for name, path in FILES.items() if "{" not in path and has(config, name)), "report"]
    return [
        *[
            path
            for classifier in config["classifiers"]
            for name in ("run", "model")
            for path in list_runs(config, classifier, name)
        ],
        *[
            path
            for autoencoder in study.list_autoencoders(config)
            for name in ("autoencoder", "autoencoder_model")
            for path in list_autoencoder_runs(config, autoencoder, name)
        ],
        *list_levels(config),
        *[path for classifier in study.list_replicated(config) for path in list_ensembles(config, classifier)],
        *contents,
        *[locate_png(path) for path in contents if path.endswith(".svg")],
        *map(locate, once),
    ]


def list_runs(config: dict, classifier: str, name: str = "run") -> list[str]:
    """List the metrics of all runs of a classifier below the study's folder; `name`: "model" for their models."""
    return [
        locate(name, classifier=classifier, setting=setting, replicate=replicate)
        for setting in map(format_setting, study.list_settings(config, classifier))
        for replicate in study.list_replicates(config, classifier)
    ]


def list_members(config: dict, classifier: str, setting: str) -> list[str]:
    """List the models of a setting's replicates below the study's folder; `setting`: as in a path."""
    replicates = study.list_replicates(config, classifier)
    return [locate("model", classifier=classifier, setting=setting, replicate=replicate) for replicate in replicates]


def list_ensembles(config: dict, classifier: str) -> list[str]:
    """List the metrics of the ensembles of a classifier's settings below the study's folder."""
    settings = map(format_setting, study.list_settings(config, classifier))
    return [locate("ensemble", classifier=classifier, setting=setting) for setting in settings]


def list_autoencoder_runs(config: dict, autoencoder: str, name: str = "autoencoder") -> list[str]:
    """List the metrics of an autoencoder's replicates below the study's folder; `name`: another file of them."""
    replicates = study.list_autoencoder_replicates(config, autoencoder)
    return [locate(name, autoencoder=autoencoder, replicate=replicate) for replicate in replicates]


def list_levels(config: dict) -> list[str]:
    """List the metrics of all cells below the study's folder: scorers, denoisers, noise levels and replicates."""
    if not study.denoises(config):
        return []
    return [
        locate("level", classifier=classifier, denoiser=denoiser, level=level, replicate=replicate)
        for classifier in study.list_scorers(config)
        for denoiser in study.list_denoisers(config)
        for level in study.list_levels(config)
        for replicate in study.list_noise_replicates(config)
    ]


def list_noise_models(config: dict, replicate: int) -> list[str]:
    """List the metrics of the models of a replicate of the noise study: the scorers', then the autoencoders'."""
    if not study.denoises(config):
        return []
    scorers = [vars(study.name_first_run(config, name)) for name in study.list_scorers(config)]
    return [
        *[locate("run", **scorer | {"replicate": replicate}) for scorer in scorers],
        *[locate("autoencoder", autoencoder=name, replicate=replicate) for name in study.list_autoencoders(config)],
    ]


def locate_scorer(config: dict, classifier: str, replicate: str) -> str:
    """Locate the model of a scoring classifier's replicate below the study's folder: that of its first setting."""
    return locate("model", **vars(study.name_first_run(config, classifier)) | {"replicate": replicate})


def name_metrics(config: dict, model: str) -> str:
    """Name the metrics that represent a model, below the study's folder: those of its first run."""
    if model in config["classifiers"]:
        return locate("run", **vars(study.name_first_run(config, model)))
    return locate("autoencoder", autoencoder=model, replicate=1)
