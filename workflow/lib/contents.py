"""What the report shows: every figure and table, with its caption.

Imported by the Snakefile, so the standard library alone.
"""

from typing import NamedTuple

from workflow.lib.study import list_sweeps

STATISTICS = ["final", "mean", "maximum", "all"]


class Content(NamedTuple):
    """A figure or table: its caption, a file of workflow/report/captions, and the wildcards of its rule."""

    caption: str
    wildcards: dict[str, str]


def list_contents(config: dict) -> dict[str, Content]:
    """List the figures and tables of the report by their paths below the study's folder."""
    contents = {}
    for name in config["classifiers"]:
        contents |= list_classifier(name, swept=name in list_sweeps(config))
    for model in [*config["classifiers"], "autoencoder"]:
        contents[f"figures/models/{model}.svg"] = Content("diagram", {"model": model})
        contents[f"tables/models/{model}.csv"] = Content("layers", {"model": model})
    contents |= {
        "figures/autoencoder/learning_curves.svg": Content("autoencoder_loss", {}),
        "tables/autoencoder/epochs.csv": Content("autoencoder_epochs", {}),
        "figures/noise_levels/accuracy.svg": Content("noise_levels", {}),
        "tables/noise_levels/levels.csv": Content("levels", {}),
        "tables/noise_levels/thresholds.csv": Content("thresholds", {}),
        "figures/noise_levels/classes.svg": Content("classes", {}),
        "tables/noise_levels/classes.csv": Content("class_accuracies", {}),
        "figures/confusion/confusion.svg": Content("confusion", {}),
        "tables/confusion/confusion.csv": Content("confusion_counts", {}),
        "figures/worst_digits/worst_digits.svg": Content("worst_digits", {}),
        "figures/gallery/gallery.svg": Content("gallery", {}),
        "figures/decoder_samples/decoder_samples.svg": Content("decoder_samples", {}),
        "figures/decoder_walk/decoder_walk.svg": Content("decoder_walk", {}),
    }
    if config["dataset"]["name"] == "mnist":  # the published numbers are those of MNIST
        contents["figures/comparison/noise_levels.svg"] = Content("comparison", {})
        contents["tables/comparison/published.csv"] = Content("published", {})
    return contents


def list_classifier(name: str, swept: bool) -> dict[str, Content]:
    """List what there is of one classifier; `swept`: whether it has factors."""
    classifier = {"classifier": name}
    figures, tables = f"figures/classifiers/{name}", f"tables/classifiers/{name}"
    contents = {
        f"{figures}/learning_curves.svg": Content("learning_curves", classifier),
        f"{tables}/epochs.csv": Content("epochs", classifier),
        f"{tables}/runs.csv": Content("runs", classifier),
        f"{tables}/factors.csv": Content("factors", classifier),
    }
    if swept:
        for statistic in STATISTICS:
            wildcards = classifier | {"statistic": statistic}
            contents[f"{figures}/accuracy_{statistic}.svg"] = Content("accuracy", wildcards)
        contents[f"{figures}/kernel_norms.svg"] = Content("kernel_norms", classifier)
        contents[f"{tables}/kernel_norms.csv"] = Content("norms", classifier)
    return contents
