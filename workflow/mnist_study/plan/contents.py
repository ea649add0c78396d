"""The results of a study: path, caption and labels of each. No other place names these paths.

The Snakefile imports this module, so it imports the standard library only.
"""

from typing import NamedTuple

from mnist_study.plan import study
from mnist_study.plan.layout import LEVEL, RUN, format_factor

STATISTICS = ["final", "mean", "maximum", "all"]


class Result(NamedTuple):
    """A result for readers: its path below the study's folder, with wildcards, and its category and labels.

    Its caption is the file of its name in mnist_study/show/report/captions. Snakemake's own report filters results by
    category and labels.
    """

    path: str
    category: str
    labels: dict[str, str]


def of_runs(result: str, factor: str = "all", replicate: str = "all") -> dict[str, str]:
    """Label a result of a classifier's runs: of one factor and replicate, or of all."""
    return {"result": result, "classifier": "{classifier}", "factor": factor, "replicate": replicate}


def of_levels(result: str, level: str = "all") -> dict[str, str]:
    """Label a result of one noise level, or of all."""
    return {"result": result, "noise level": level}


def of_model(result: str) -> dict[str, str]:
    """Label a result of one model."""
    return {"result": result, "model": "{model}"}


def of_study(result: str) -> dict[str, str]:
    """Label a result that a study has once."""
    return {"result": result}


TABLES, FIGURES = "tables/classifiers/{classifier}", "figures/classifiers/{classifier}"
RESULTS = {
    "summary": Result("summary.txt", "Overview", of_study("summary")),
    "report": Result("report.html", "Overview", of_study("the whole study on one page")),
    "run": Result(
        f"classifiers/{{classifier}}/{RUN}.json", "Classifiers", of_runs("metrics", "{factor}", "{replicate}")
    ),
    "learning_curves": Result(f"{FIGURES}/learning_curves.svg", "Classifiers", of_runs("learning curves")),
    "epochs": Result(f"{TABLES}/epochs.csv", "Classifiers", of_runs("every epoch")),
    "runs": Result(f"{TABLES}/runs.csv", "Classifiers", of_runs("every run")),
    "factors": Result(f"{TABLES}/factors.csv", "Classifiers", of_runs("statistics")),
    "accuracy": Result(
        f"{FIGURES}/accuracy_{{statistic}}.svg", "Classifiers", of_runs("accuracy over the factor: {statistic}")
    ),
    "kernel_norms": Result(f"{FIGURES}/kernel_norms.svg", "Classifiers", of_runs("kernel norms")),
    "norms": Result(f"{TABLES}/kernel_norms.csv", "Classifiers", of_runs("kernel norms, table")),
    "diagram": Result("figures/models/{model}.svg", "Models", of_model("diagram")),
    "layers": Result("tables/models/{model}.csv", "Models", of_model("layers, table")),
    "autoencoder": Result("autoencoder/autoencoder.json", "Autoencoder", of_study("metrics")),
    "autoencoder_loss": Result("figures/autoencoder/learning_curves.svg", "Autoencoder", of_study("learning curves")),
    "autoencoder_epochs": Result("tables/autoencoder/epochs.csv", "Autoencoder", of_study("every epoch")),
    "level": Result(f"noise_levels/{LEVEL}.json", "Noise", of_levels("metrics", "{level}")),
    "noise_levels": Result("figures/noise_levels/accuracy.svg", "Noise", of_levels("accuracy")),
    "levels": Result("tables/noise_levels/levels.csv", "Noise", of_levels("accuracy, table")),
    "thresholds": Result("tables/noise_levels/thresholds.csv", "Noise", of_levels("where the curves cross and fall")),
    "classes": Result("figures/noise_levels/classes.svg", "Noise", of_levels("accuracy of each class")),
    "class_accuracies": Result("tables/noise_levels/classes.csv", "Noise", of_levels("accuracy of each class, table")),
    "confusion": Result("figures/confusion/confusion.svg", "Mistakes", of_study("confusion matrix")),
    "confusion_counts": Result("tables/confusion/confusion.csv", "Mistakes", of_study("confusion matrix, table")),
    "worst_digits": Result("figures/worst_digits/worst_digits.svg", "Mistakes", of_study("worst-classified images")),
    "gallery": Result("figures/gallery/gallery.svg", "Noise", of_levels("gallery")),
    "decoder_samples": Result(
        "figures/decoder_samples/decoder_samples.svg", "Autoencoder", of_study("synthetic images")
    ),
    "decoder_walk": Result("figures/decoder_walk/decoder_walk.svg", "Autoencoder", of_study("walk between two images")),
    "comparison": Result("figures/comparison/noise_levels.svg", "Comparison", of_study("published noise curves")),
    "published": Result("tables/comparison/published.csv", "Comparison", of_study("published numbers, table")),
}
# Files that one job hands to another, with the same kind of paths.
FILES = {
    "dataset": "dataset/{dataset}.npz",
    "model": f"classifiers/{{classifier}}/{RUN}.keras",
    "autoencoder_model": "autoencoder/autoencoder.keras",
    "worst_images": "worst_digits/worst_digits.npz",
    "gallery_images": "gallery/gallery.npz",
    "decoder_images": "decoder_samples/decoder_samples.npz",
    "walk_images": "decoder_samples/decoder_walk.npz",
}
# Results of classifiers with factors only, and of MNIST only, for which there are published numbers.
OF_SWEEPS = {"accuracy", "kernel_norms", "norms"}
OF_MNIST = {"comparison", "published"}


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

    `config`: the config of the study; only its classifiers matter here. `dataset`: the name of its data set.
    """
    shown = [name for name, result in RESULTS.items() if result.path.startswith(("figures/", "tables/"))]
    return {
        locate(name, **wildcards): Content(name, wildcards)
        for name in shown
        if name not in OF_MNIST or dataset == "mnist"
        for wildcards in list_wildcards(config, name)
    }


def list_wildcards(config: dict, name: str) -> list[dict[str, str]]:
    """List the wildcards of each copy of a figure or table in a study."""
    classifiers = study.list_sweeps(config) if name in OF_SWEEPS else list(config["classifiers"])
    path = RESULTS[name].path
    if "{model}" in path:
        return [{"model": model} for model in [*classifiers, "autoencoder"]]
    if "{statistic}" in path:
        return [{"classifier": name, "statistic": statistic} for name in classifiers for statistic in STATISTICS]
    return [{"classifier": name} for name in classifiers] if "{classifier}" in path else [{}]


def list_outputs(config: dict) -> list[str]:
    """List every file that a study makes from its images, below its folder."""
    # The page shows the norms of sweeps only, so the norms of other classifiers are added here.
    norms = [locate("norms", classifier=classifier) for classifier in config["classifiers"]]
    contents = list(dict.fromkeys([*list_contents(config, config["dataset"]["name"]), *norms]))
    once = ["summary", "autoencoder", *(name for name in FILES if name not in ("dataset", "model")), "report"]
    return [
        *[
            path
            for classifier in config["classifiers"]
            for name in ("run", "model")
            for path in list_runs(config, classifier, name)
        ],
        *list_levels(config),
        *contents,
        *[locate_png(path) for path in contents if path.endswith(".svg")],
        *map(locate, once),
    ]


def list_runs(config: dict, classifier: str, name: str = "run") -> list[str]:
    """List the metrics of all runs of a classifier below the study's folder; `name`: "model" for their models."""
    return [
        locate(name, classifier=classifier, factor=format_factor(factor), replicate=replicate)
        for factor in study.list_factors(config, classifier)
        for replicate in study.list_replicates(config, classifier)
    ]


def list_levels(config: dict) -> list[str]:
    """List the metrics of all noise levels below the study's folder."""
    return [locate("level", level=level) for level in study.list_levels(config)]


def name_metrics(config: dict, model: str) -> str:
    """Name the metrics that represent a model, below the study's folder: for a classifier, those of its first run."""
    return locate(model) if model == "autoencoder" else locate("run", **vars(study.name_first_run(config, model)))
