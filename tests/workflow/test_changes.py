"""Test that a change reruns only the jobs that it invalidates. A table lists changes of a small finished study.

Changes that are independent are made together in one study, and it is run. A dry run tests each change alone.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import time
from collections.abc import Callable
from fnmatch import fnmatchcase
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import yaml

from tests.forks import run_snakemake_in_fork

THOROUGH = pytest.mark.thorough
LONG_AGO = 10**9  # September 2001
FASHION_MNIST = Path("/usr/share/datasets/fashion-mnist")  # from Debian's package dataset-fashion-mnist

DATED = re.compile(r"\.provenance\.json$|/logs/|\.keras$")  # files with a date in them

Make = Callable[[Path], object]  # what a change does to a study's folder


class Change(NamedTuple):
    """A change, patterns of the names of the jobs that it invalidates, and the text of the reason."""

    make: Make
    jobs: list[str]
    reason: str = ""
    refusal: str = ""  # the error of a run that refuses a result, with its remedy
    options: tuple[str, ...] = ()  # for Snakemake
    restores: bool = False  # the new results have the same bytes as before


# --- What a change can be -------------------------------------------------------------------------------------------


def set_key(key: str, value: object) -> Make:
    """Set a key of the study's config."""

    def make(study: Path) -> None:
        path = study / "config.yaml"
        config = yaml.safe_load(path.read_text())
        *above, last = key.split(".")
        section = config
        for name in above:
            section = section[name]
        assert section.get(last, "no value") != value
        section[last] = value
        path.write_text(yaml.safe_dump(config, sort_keys=False))

    return make


def both(first: Make, second: Make) -> Make:
    """Make two changes."""
    return lambda study: (first(study), second(study))


def edit(name: str, old: str, new: str) -> Make:
    """Replace a text in a file."""

    def make(study: Path) -> None:
        path = study / name
        content = path.read_text()
        assert old in content, f"{name} has changed: give this test another edit of it"
        path.write_text(content.replace(old, new))

    return make


def edit_with_old_time(name: str, old: str, new: str) -> Make:
    """Replace a text in a file, and give the file an old time stamp, as rsync -a does."""

    def make(study: Path) -> None:
        edit(name, old, new)(study)
        os.utime(study / name, (LONG_AGO, LONG_AGO))

    return make


def edit_metrics(name: str, key: str) -> Make:
    """Add 0.1 to the first number of a history in a JSON of metrics."""

    def make(study: Path) -> None:
        metrics = json.loads((study / name).read_text())
        metrics["history"][key][0] += 0.1
        (study / name).write_text(json.dumps(metrics))

    return make


def add(name: str, content: str) -> Make:
    """Add a file."""
    return lambda study: (study / name).write_text(content)


def remove(name: str) -> Make:
    """Remove a file or a folder."""

    def make(study: Path) -> None:
        path = study / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()

    return make


def copy_over(source: str, target: str) -> Make:
    """Copy a file over another."""
    return lambda study: shutil.copyfile(study / source, study / target)


def truncate(name: str) -> Make:
    """Leave only the first half of a file."""
    return lambda study: os.truncate(study / name, (study / name).stat().st_size // 2)


def touch(*names: str) -> Make:
    """Set the times of all files below these names to now, one after the other with a short pause."""

    def make(study: Path) -> None:
        for name in names:
            path = study / name
            for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
                file.touch()

    return make


def clone(study: Path) -> None:
    """Put results into a fresh clone: the project's files are new, and .snakemake is missing."""
    touch("Snakefile", "workflow", "profiles", "config.yaml")(study)
    remove(".snakemake")(study)


def move_dataset(study: Path) -> None:
    """Move the user's own copy of the images elsewhere."""
    shutil.copy(study / "results/dataset/mnist.npz", study / "mine.npz")
    set_key("dataset.path", "mine.npz")(study)


def take_fashion(study: Path) -> None:
    """Use another data set."""
    set_key("dataset.name", "fashion_mnist")(study)
    if not FASHION_MNIST.is_dir():
        pytest.skip("there is no Fashion-MNIST; as root on Debian, make packages installs it")
    set_key("dataset.path", str(FASHION_MNIST))(study)


def change_nothing(study: Path) -> None:
    """Leave the study alone. Only Snakemake's options change."""


def add_profile(study: Path) -> None:
    """Add another profile."""
    profile = {"executor": "slurm", "jobs": 100, "retries": 3, "default-resources": {"slurm_partition": "gpu"}}
    (study / "profiles/other").mkdir()
    (study / "profiles/other/config.yaml").write_text(yaml.safe_dump(profile))


def upgrade(package: str) -> Make:
    """Let Python find another version of an installed package."""

    def make(study: Path) -> None:
        folder = study / "upgraded" / f"{package}-99.0.dist-info"
        folder.mkdir(parents=True)
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 99.0\n")

    return make


# --- What it invalidates --------------------------------------------------------------------------------------------

NOTHING: list[str] = []
EVERYTHING = [
    *("train_*", "score_*", "evaluate_*", "denoise_*", "sample_*", "find_*"),
    *("summarize_*", "compare_*", "plot_*"),
]
FIGURES = ["plot_*"]
# The jobs that follow a new run of the sweep, and a new first run of it.
SWEEP = [
    "summarize_classifier regularized",
    "plot_learning_curves regularized",
    "plot_settings regularized *",
    "plot_kernel_norms regularized",
    "compare_settings regularized",
    "plot_differences regularized",
    "summarize_ensembles regularized",
    "compare_published",
    "summarize_study",
]
# With one setting, there is nothing to compare.
ONE_SETTING = [job for job in SWEEP if job not in ("compare_settings regularized", "plot_differences regularized")]
# The tables of ensembles are made from metrics alone.
WITHOUT_ENSEMBLES = [job for job in SWEEP if job != "summarize_ensembles regularized"]
# The ensemble of each setting.
ENSEMBLES = ["score_ensemble regularized *"]
SWEEP_MODEL = ["summarize_model regularized", "plot_model regularized"]
# The jobs that follow a new accuracy at a noise level.
NOISE_TABLES = [
    "summarize_noise_levels",
    "plot_noise_levels",
    "plot_class_accuracy",
    "compare_published",
    "plot_comparison",
    "summarize_study",
]
GALLERY = ["denoise_gallery", "plot_gallery"]
SAMPLES = ["sample_decoder", "plot_decoder_samples", "plot_decoder_walk"]
MISTAKES = ["find_worst_digits", "summarize_confusion", "plot_confusion", "plot_worst_digits"]
NOISE = ["evaluate_noise_level *", *NOISE_TABLES, *GALLERY, *SAMPLES]
# The jobs that follow a new model that is applied to images. Other denoisers keep their cells.
CNN = ["train_classifier cnn *", "* cnn", *NOISE, *MISTAKES]
AUTOENCODER = [
    *("train_autoencoder autoencoder *", "* autoencoder", "evaluate_noise_level * autoencoder *"),
    *(*NOISE_TABLES, *GALLERY, *SAMPLES),
]
TRAININGS = ["train_classifier *", *SWEEP, *ENSEMBLES, *SWEEP_MODEL, *CNN]

RUN = "results/classifiers/regularized/l2~0.01/replicate~2"
CONVOLUTIONS = {
    "encoder": [{"conv": {"filters": 2, "stride": 2, "padding": "same"}}],
    "decoder": [{"transposed_conv": {"filters": 2, "stride": 2, "padding": "same"}}],
    "noise_level": 0.4,
    "replicates": 1,
    "epochs": 1,
    "batch_size": 2000,
    "learning_rate": 0.001,
}
CHANGES = {
    # Settings
    "add a value to a sweep": Change(
        set_key("classifiers.regularized.sweep", {"l2": [0.001, 0.01, 0.1]}),
        ["train_classifier regularized l2~0.1 *", "score_ensemble regularized l2~0.1", *SWEEP],
        '"sweep": [["l2", [0.001, 0.01, 0.1]]]',
    ),
    "sweep a second key": Change(
        set_key("classifiers.regularized.sweep", {"l2": [0, 0.01], "learning_rate": [0.1, 0.2]}),
        [
            *("train_classifier regularized *", *SWEEP, *ENSEMBLES, *SWEEP_MODEL),
            "plot_heat_map regularized",
        ],
        '"sweep": [["l2", [0.0, 0.01]], ["learning_rate", [0.1, 0.2]]]',
    ),
    "remove a value from a sweep": Change(
        set_key("classifiers.regularized.sweep", {"l2": [0.001]}), ONE_SETTING, '"sweep": [["l2", [0.001]]]'
    ),
    "remove the setting that stands for the model": Change(
        set_key("classifiers.regularized.sweep", {"l2": [0.01]}),
        [*ONE_SETTING, *SWEEP_MODEL],
        '"sweep": [["l2", [0.01]]]',
    ),
    "reorder the values of a sweep": Change(set_key("classifiers.regularized.sweep", {"l2": [0.01, 0.001]}), NOTHING),
    "a single value that a sweep replaces": Change(set_key("classifiers.regularized.l2", 0.5), NOTHING),
    "change a value of a sweep": Change(
        set_key("classifiers.regularized.sweep", {"l2": [0.001, 0.02]}),
        ["train_classifier regularized l2~0.02 *", "score_ensemble regularized l2~0.02", *SWEEP],
    ),
    "more replicates": Change(
        set_key("classifiers.regularized.replicates", 3),
        ["train_classifier regularized * 3", *SWEEP, *ENSEMBLES],
        '"replicates": [1, 2, 3]',
    ),
    "more replicates of the noise study": Change(
        both(set_key("classifiers.cnn.replicates", 2), set_key("denoisers.autoencoder.replicates", 2)),
        [
            *("train_classifier cnn default 2", "score_ensemble cnn default"),
            *("summarize_classifier cnn", "plot_learning_curves cnn", "summarize_ensembles cnn"),
            *("compare_published", "summarize_study", "train_autoencoder autoencoder 2"),
            *("summarize_autoencoder autoencoder", "plot_autoencoder_loss autoencoder"),
            *("evaluate_noise_level * 2", *NOISE_TABLES),
        ],
        '"replicates": [1, 2]',
    ),
    "fewer replicates": Change(
        set_key("classifiers.regularized.replicates", 1),
        WITHOUT_ENSEMBLES,
        '"replicates": [1]',
    ),
    "validation images held out of the training images": Change(
        set_key("validation", 5000), EVERYTHING, '"validation": 5000'
    ),
    "another seed": Change(set_key("seed", 8), EVERYTHING, '"seed": 8'),
    "more epochs of the sweep": Change(
        set_key("classifiers.regularized.epochs", 2),
        ["train_classifier regularized *", *SWEEP, *ENSEMBLES, *SWEEP_MODEL],
        '"epochs": 2',
    ),
    "another learning rate of the CNN": Change(
        set_key("classifiers.cnn.learning_rate", 0.2), CNN, '"learning_rate": 0.2'
    ),
    "other layers of the CNN": Change(edit("config.yaml", "{conv: 2}", "{conv: 3}"), CNN, '"conv": 3'),
    "another optimizer of the CNN": Change(set_key("classifiers.cnn.optimizer", "adam"), CNN, '"optimizer": "adam"'),
    "another schedule of the CNN": Change(set_key("classifiers.cnn.schedule", "cosine"), CNN, '"schedule": "cosine"'),
    "label smoothing in the CNN": Change(
        set_key("classifiers.cnn.label_smoothing", 0.1), CNN, '"label_smoothing": 0.1'
    ),
    "augmentation for the CNN": Change(set_key("classifiers.cnn.shift", 2), CNN, '"shift": 2.0'),
    "noise in the CNN's training": Change(
        set_key("classifiers.cnn.training_noise", [0, 0.5]), CNN, '"training_noise": [0.0, 0.5]'
    ),
    "another kind of layer in the CNN": Change(
        edit("config.yaml", "{max_pool: 4}", "{average_pool: 4}"), CNN, '"average_pool": 4'
    ),
    "write out the defaults of a recipe": Change(
        both(set_key("classifiers.cnn.optimizer", "sgd"), set_key("classifiers.cnn.training_noise", 0)), NOTHING
    ),
    "write out the defaults of an autoencoder and of the noise": Change(
        both(set_key("denoisers.autoencoder.noise_draws", "once"), set_key("noise.kind", "salt_and_pepper")), NOTHING
    ),
    "write out the defaults of a layer": Change(
        edit("config.yaml", "{conv: 2}", "{conv: {filters: 2, size: 3, padding: valid}}"), NOTHING
    ),
    "add a noise level": Change(
        set_key("noise.levels", [0, 0.5, 1]),
        ["evaluate_noise_level * 1.0 1", *NOISE_TABLES, *GALLERY],
        '"levels": [0.0, 0.5, 1.0]',
    ),
    "write a whole number as a decimal one": Change(
        edit("config.yaml", "levels: [0, 0.5]", "levels: [0.0, 0.5]"), NOTHING
    ),
    "remove a noise level": Change(set_key("noise.levels", [0.5]), [*NOISE_TABLES, *GALLERY], '"levels": [0.5]'),
    "another noise in the autoencoder's training": Change(
        set_key("denoisers.autoencoder.noise_level", [0, 0.3]), AUTOENCODER, '"noise_level": [0.0, 0.3]'
    ),
    "noise that the autoencoder's training draws in every epoch": Change(
        set_key("denoisers.autoencoder.noise_draws", "every_epoch"), AUTOENCODER, '"noise_draws": "every_epoch"'
    ),
    "more epochs of the autoencoder": Change(set_key("denoisers.autoencoder.epochs", 5), AUTOENCODER, '"epochs": 5'),
    "other layers of the autoencoder": Change(
        set_key("denoisers.autoencoder.encoder", [12]), AUTOENCODER, '"encoder": [12]'
    ),
    "another denoiser": Change(
        set_key("denoisers.wide", {"filter": "median", "size": 5}),
        ["evaluate_noise_level cnn wide *", *NOISE_TABLES, *GALLERY],
        '"denoisers": ["none", "median", "wide", "autoencoder"]',
    ),
    "a second autoencoder": Change(
        set_key("denoisers.deep", CONVOLUTIONS),
        ["train_autoencoder deep 1", "* deep", "evaluate_noise_level cnn deep *", *NOISE_TABLES, *GALLERY],
        '"denoisers": ["median", "autoencoder", "deep"]',
    ),
    "another size of the filter": Change(
        set_key("denoisers.median.size", 5),
        ["evaluate_noise_level cnn median *", *NOISE_TABLES, *GALLERY],
        '"filter": {"filter": "median", "size": 5}',
    ),
    "remove a denoiser": Change(
        set_key("denoisers.median", None), [*NOISE_TABLES, *GALLERY], '"denoisers": ["none", "autoencoder"]'
    ),
    "another scoring classifier": Change(
        set_key("noise.classifiers", ["cnn", "regularized"]),
        ["evaluate_noise_level regularized *", *NOISE_TABLES],
        '"classifiers": ["cnn", "regularized"]',
    ),
    "another kind of noise": Change(
        set_key("noise.kind", "gaussian"), [*AUTOENCODER, "evaluate_noise_level *"], '"noise": "gaussian"'
    ),
    "two settings trade values": Change(
        both(set_key("denoisers.autoencoder.learning_rate", 0.4), set_key("denoisers.autoencoder.noise_level", 0.001)),
        AUTOENCODER,
        '"learning_rate": 0.4',
    ),
    "another digit in the gallery": Change(set_key("gallery.digits", [3]), GALLERY, '"digits": [3]'),
    "more digits of the decoder": Change(set_key("decoder_samples", 3), SAMPLES, '"samples": 3'),
    "another walk of the decoder": Change(set_key("decoder_walk.to", 3), SAMPLES, '"to": 3'),
    "leave the denoising half out": Change(
        set_key("denoisers", None), ["compare_published", "summarize_study"], '"denoisers": {}'
    ),
    "leave the classifiers out": Change(
        set_key("classifiers", None), ["compare_published", "summarize_study"], '"classifiers": {}'
    ),
    # Data
    "the same images from another path": Change(move_dataset, NOTHING),
    "another data set": Change(
        take_fashion,
        # The published numbers are those of MNIST.
        ["fetch_dataset fashion_mnist", "compare_settings *", *(job for job in EVERYTHING if job != "compare_*")],
        '"dataset": "fashion_mnist"',
    ),
    # Code
    "edit how classifiers are built": Change(
        edit("workflow/mnist_study/nets/classifiers.py", '"activation": "softmax"', '"activation": "sigmoid"'),
        TRAININGS,
        "code nets.classifiers: ",
    ),
    "edit how layers are made": Change(
        edit("workflow/mnist_study/nets/layers.py", "GlorotUniform", "HeUniform"),
        [*TRAININGS, *AUTOENCODER],
        "code nets.layers: ",
    ),
    "edit how the autoencoder is built": Change(
        edit("workflow/mnist_study/nets/autoencoders.py", '"activation": "sigmoid"', '"activation": "linear"'),
        AUTOENCODER,
        "code nets.autoencoders: ",
    ),
    "edit the training loop": Change(
        edit("workflow/mnist_study/nets/training.py", "VALIDATION_BATCH = 500", "VALIDATION_BATCH = 1000"),
        [*TRAININGS, *AUTOENCODER],
        "code nets.training: ",
    ),
    "edit the noise": Change(
        edit("workflow/mnist_study/data/noise.py", "np.float32) < 0.5", "np.float32) < 0.4"),
        [*TRAININGS, *AUTOENCODER],
        "code data.noise: ",
    ),
    "edit a table": Change(
        edit("workflow/mnist_study/scripts/summarize_noise_levels.py", "/ sum(row)", "/ max(1, sum(row))"),
        NOISE_TABLES,
        "code scripts.summarize_noise_levels: ",
    ),
    "edit one figure": Change(
        edit("workflow/mnist_study/scripts/plot_gallery.py", "GAP = 0.15", "GAP = 0.2"),
        ["plot_gallery"],
        "code scripts.plot_gallery: ",
    ),
    "edit the theme of the figures": Change(
        edit("workflow/mnist_study/show/figures.py", "DPI = 200", "DPI = 100"), FIGURES, "code show.figures: "
    ),
    "edit a caption of the report": Change(
        edit("workflow/mnist_study/show/report/captions/gallery.rst", "For each image", "Of each image"),
        ["make_report"],
        "code show.report: ",
    ),
    "an edit with an old time stamp": Change(
        edit_with_old_time("workflow/mnist_study/scripts/plot_model.py", "LAYER_HEIGHT = 0.37", "LAYER_HEIGHT = 0.4"),
        ["plot_model *"],
        "code scripts.plot_model: ",
    ),
    "add a module that nobody imports": Change(add("workflow/mnist_study/unused.py", "UNUSED = 1\n"), NOTHING),
    "a comment in the training loop": Change(
        edit("workflow/mnist_study/nets/training.py", "VALIDATION_BATCH = 500", "VALIDATION_BATCH = 500  # why not"),
        NOTHING,
    ),
    "a docstring in the training loop": Change(
        edit(
            "workflow/mnist_study/nets/training.py", '"""Format the line of one epoch', '"""Write the line of an epoch'
        ),
        NOTHING,
    ),
    "the formatting of the training loop": Change(
        edit("workflow/mnist_study/nets/training.py", "divmod(len(targets), ", "divmod(\n        len(targets),"),
        NOTHING,
    ),
    "touch every file of the project": Change(
        touch("Snakefile", "workflow", "profiles", "config.yaml", "demo.yaml", "environment.yml"), NOTHING
    ),
    "touch every result": Change(touch("results"), NOTHING),
    "a fresh clone over the results": Change(clone, NOTHING),
    # Results
    "delete a run's metrics": Change(
        remove(f"{RUN}.json"),
        ["train_classifier regularized l2~0.01 2", "score_ensemble regularized l2~0.01", *SWEEP],
        restores=True,
    ),
    "delete a run's model": Change(
        remove(f"{RUN}.keras"),
        ["train_classifier regularized l2~0.01 2", "score_ensemble regularized l2~0.01", *SWEEP],
        restores=True,
    ),
    "delete a table": Change(
        remove("results/tables/classifiers/regularized/epochs.csv"), WITHOUT_ENSEMBLES, restores=True
    ),
    "delete the SVG of a figure": Change(
        remove("results/figures/gallery/gallery.svg"), ["plot_gallery"], restores=True
    ),
    "delete the PNG of a figure": Change(
        remove("results/figures/gallery/gallery.png"), ["plot_gallery"], restores=True
    ),
    "delete the images": Change(remove("results/dataset/mnist.npz"), NOTHING),
    "truncate a run's metrics": Change(
        truncate(f"{RUN}.json"), SWEEP, refusal=f"{RUN}.json is no complete JSON", restores=True
    ),
    "edit a number in a run's metrics": Change(
        edit_metrics(f"{RUN}.json", "val_accuracy"),
        SWEEP,
        refusal=f"{RUN}.json was changed after it was written",
        restores=True,
    ),
    "copy one run's metrics over another's": Change(
        copy_over("results/classifiers/regularized/l2~0.01/replicate~1.json", f"{RUN}.json"),
        SWEEP,
        refusal=f"{RUN}.json was made for other reasons (settings replicate: 1 -> 2)",
        restores=True,
    ),
    "edit a number in a table": Change(
        edit("results/tables/noise_levels/levels.csv", "0.5,", "0.6,"),
        ["plot_noise_levels", "compare_published", "plot_comparison", "summarize_study"],
        refusal="results/tables/noise_levels/levels.csv was changed after it was written",
        restores=True,
    ),
    "lose .snakemake": Change(remove(".snakemake"), NOTHING),
    # Where it runs
    "more threads": Change(change_nothing, NOTHING, options=("--set-threads", "train_classifier=2")),
    "more memory": Change(change_nothing, NOTHING, options=("--set-resources", "train_classifier:mem_mb=9000")),
    "another partition": Change(change_nothing, NOTHING, options=("--default-resources", "slurm_partition=gpu")),
    "another profile": Change(add_profile, NOTHING, options=("--profile", "profiles/other")),
    # Packages
    "upgrade matplotlib": Change(upgrade("matplotlib"), FIGURES, "packages matplotlib: 99.0"),
    "upgrade plotly": Change(upgrade("plotly"), ["make_report"], "packages plotly: 99.0"),
    "upgrade keras": Change(upgrade("keras"), EVERYTHING, "packages keras: 99.0"),
    "upgrade pandas": Change(upgrade("pandas"), ["summarize_*", "compare_*", "plot_*"], "packages pandas: 99.0"),
    "upgrade fastjsonschema": Change(
        upgrade("fastjsonschema"),
        [
            *("summarize_classifier *", "summarize_autoencoder *", "summarize_noise_levels", "summarize_model *"),
            *("summarize_ensembles *", "plot_differences *"),
            "summarize_study",
            "compare_*",
            "plot_learning_curves *",
            "plot_settings *",
            "plot_kernel_norms *",
            "plot_autoencoder_loss *",
            "plot_noise_levels",
            "plot_class_accuracy",
            "plot_comparison",
            "plot_model *",
        ],
        "packages fastjsonschema: 99.0",
    ),
}

# Changes that are tested together in one run. A change that restores results is only together with others that do.
# Each run takes minutes. A dry run of each change alone tells which jobs it invalidates.
TOGETHER = {
    "a larger sweep": ["add a value to a sweep", "more replicates"],
    "a grid and a larger noise study": [
        *("sweep a second key", "more epochs of the sweep"),
        *("another denoiser", "a second autoencoder", "another scoring classifier"),
    ],
    "a smaller study": ["remove a value from a sweep", "remove a noise level", "remove a denoiser"],
    "other replicates and another kind of noise": [
        *("fewer replicates", "more replicates of the noise study"),
        *("another size of the filter", "another kind of noise", "two settings trade values"),
        *("another digit in the gallery", "more digits of the decoder", "another walk of the decoder"),
    ],
    "other networks, and the code and packages of all": [
        "other layers of the CNN",
        "another kind of layer in the CNN",
        "change a value of a sweep",
        "another learning rate of the CNN",
        "another optimizer of the CNN",
        "another schedule of the CNN",
        "label smoothing in the CNN",
        "augmentation for the CNN",
        "noise in the CNN's training",
        "add a noise level",
        "another noise in the autoencoder's training",
        "noise that the autoencoder's training draws in every epoch",
        "more epochs of the autoencoder",
        "other layers of the autoencoder",
        "edit how classifiers are built",
        "edit how the autoencoder is built",
        "edit how layers are made",
        "edit the training loop",
        "edit the noise",
        "edit a table",
        "edit the theme of the figures",
        *("upgrade matplotlib", "upgrade plotly", "upgrade pandas", "upgrade fastjsonschema"),
    ],
    "the classifiers alone": ["leave the denoising half out", "remove the setting that stands for the model"],
    "the autoencoder alone": ["leave the classifiers out"],
    "other images": [
        "another data set",
        "another seed",
        "validation images held out of the training images",
        "upgrade keras",
    ],
    "code of figures and pages": [
        "edit one figure",
        "edit a caption of the report",
        "an edit with an old time stamp",
    ],
    "deleted results": [
        "delete a run's metrics",
        "delete a run's model",
        "delete a table",
        "delete the SVG of a figure",
        "delete the PNG of a figure",
    ],
    "truncated results": ["truncate a run's metrics", "edit a number in a table"],
    "edited results": ["edit a number in a run's metrics"],
    "copied results": ["copy one run's metrics over another's"],
}
# make test runs these groups, and plans these other changes alone. make test-thorough does the rest.
QUICK = {"a larger sweep", "code of figures and pages"}
PLANNED = {
    *("remove a value from a sweep", "sweep a second key", "more replicates of the noise study"),
    "validation images held out of the training images",
    *("another seed", "another learning rate of the CNN", "augmentation for the CNN"),
    *("add a noise level", "more epochs of the autoencoder", "two settings trade values"),
    *("another denoiser", "another scoring classifier", "another kind of noise"),
    *("another digit in the gallery", "more digits of the decoder"),
    *("edit how classifiers are built", "edit a table", "truncate a run's metrics", "edit a number in a table"),
    *("upgrade keras", "upgrade pandas"),
}
NOTHING_TOGETHER = {
    "other words for the same study": [
        "write a whole number as a decimal one",
        "write out the defaults of a layer",
        "write out the defaults of a recipe",
        "write out the defaults of an autoencoder and of the noise",
        "reorder the values of a sweep",
        "a single value that a sweep replaces",
        "the same images from another path",
        "delete the images",
    ],
    "code that means the same": [
        "add a module that nobody imports",
        "a comment in the training loop",
        "a docstring in the training loop",
        "the formatting of the training loop",
    ],
    "time stamps of the project": ["touch every file of the project"],
    "time stamps of the results": ["touch every result"],
    "a fresh clone": ["a fresh clone over the results"],
    "lost records": ["lose .snakemake"],
    "where it runs": ["more threads", "more memory", "another partition"],
    "another profile": ["another profile"],
}


# --- What happens ---------------------------------------------------------------------------------------------------


class Job(NamedTuple):
    """A job in a dry run: its rule with the values of its wildcards, its reason, and its output files."""

    name: str
    reason: str
    files: set[str]


def parse_jobs(output: str) -> list[Job]:
    """Parse the jobs in the output of a dry run, without the target."""
    jobs = []
    for rule, body in re.findall(r"^(?:local)?rule (\w+):\n((?:    .*\n)*)", output, re.MULTILINE):
        fields = dict(line.strip().split(": ", maxsplit=1) for line in body.splitlines() if ": " in line)
        if rule == "all":
            continue
        wildcards = [part.split("=")[1] for part in fields.get("wildcards", "").split(", ") if part]
        outputs = fields["output"].split(", ")
        provenance = {str(Path(path).with_suffix(".provenance.json")) for path in outputs}
        jobs.append(Job(" ".join([rule, *wildcards]), fields["reason"], {*outputs, *provenance, fields["log"]}))
    return jobs


def expand(patterns: list[str], names: list[str]) -> set[str]:
    """Expand patterns to the names that they match. Each must match at least one."""
    found = [{name for name in names if fnmatchcase(name, pattern)} for pattern in patterns]
    assert all(found), f"no job is called {patterns[found.index(set())]}"
    return set().union(*found)


def list_files(study: Path) -> dict[str, tuple[str, int]]:
    """List the digest and the time of every file in a study's results, without the run's claim and kept logs."""
    return {
        str(path.relative_to(study)): (sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns)
        for path in (study / "results").rglob("*")
        if path.is_file() and ".claim" not in path.parts and not (path.name.startswith(".") and path.suffix == ".log")
    }


def compare(before: dict, after: dict, part: slice = slice(None)) -> set[str]:
    """List the files that differ before and after, by digest and time or by one of them."""
    return {name for name in before | after if before.get(name, ())[part] != after.get(name, ())[part]}


@pytest.fixture(scope="session")
def plan():
    """Give a function that lists the jobs of a dry run."""

    def list_planned_jobs(study: Path, *options: str) -> list[Job]:
        options = options if "--profile" in options else ("--profile", "profiles/local", *options)
        run = run_snakemake_in_fork(study, "-n", *options)
        assert run.returncode == 0, run.stdout
        jobs = parse_jobs(run.stdout)
        assert jobs or "Nothing to be done" in run.stdout, run.stdout
        return jobs

    return list_planned_jobs


@pytest.fixture(scope="session")
def run(run_in_forks):
    """Give a function that runs a study on one core."""
    return lambda study: run_in_forks(study, "--profile", "profiles/local", "--cores", "1")


@pytest.fixture(scope="session")
def expect(plan):
    """Give a function that expands patterns to the names of a study's jobs. It lists the jobs of each config once."""
    names = {}

    def expect_jobs(study: Path, patterns: list[str]) -> set[str]:
        config = (study / "config.yaml").read_text()
        if config not in names:
            names[config] = [job.name for job in plan(study, "--forceall")]
        # The report is made again after every change of results.
        return expand([*patterns, "make_report"] if patterns else [], names[config])

    return expect_jobs


def list_changes(jobs: bool) -> list[str]:
    """List the changes that invalidate jobs, or those that invalidate none."""
    return [name for name, change in CHANGES.items() if bool(change.jobs) is jobs]


@pytest.mark.parametrize(
    "names",
    [pytest.param(names, id=name, marks=[] if name in QUICK else THOROUGH) for name, names in TOGETHER.items()],
)
def test_a_run_makes_what_changes_invalidated_and_nothing_else(
    copy_study, plan, run, expect, finished_study, tmp_path, names
):
    changes = [CHANGES[name] for name in names]
    study = copy_study(tmp_path / "study")
    before = list_files(study)
    for change in changes:
        change.make(study)
    planned = plan(study)
    assert {job.name for job in planned} == expect(study, list(chain(*(change.jobs for change in changes))))
    changed = list_files(study)
    ended = run(study)
    touched = compare(changed, list_files(study)) - set().union(*(job.files for job in planned))
    assert touched == set(), ended.stdout
    refusals = [change.refusal for change in changes if change.refusal]
    assert (ended.returncode != 0) is bool(refusals), ended.stdout
    if refusals:
        assert [refusal for refusal in refusals if refusal not in ended.stdout] == []
        assert "Traceback" not in ended.stdout
        for command in set(re.findall(r"type: (rm '.*?'), and run Snakemake again", ended.stdout)):
            subprocess.run(shlex.split(command), cwd=study, check=True)
        run(study)
    if all(change.restores for change in changes):
        assert {name for name in compare(before, list_files(study), slice(1)) if not DATED.search(name)} == set()
    assert plan(study) == []


def test_each_change_is_made_in_one_run():
    assert {*PLANNED} <= {*list_changes(jobs=True)}
    assert sorted(chain(*TOGETHER.values())) == sorted(list_changes(jobs=True))
    assert sorted(chain(*NOTHING_TOGETHER.values())) == sorted(list_changes(jobs=False))


@THOROUGH
def test_other_images_under_the_same_name_are_refused_and_cost_nothing(
    copy_study, plan, run_in_forks, dataset, tmp_path
):
    study = copy_study(tmp_path / "study")
    images = "results/dataset/mnist.npz"
    with np.load(study / images) as arrays:
        np.savez_compressed(study / "other.npz", **{**arrays, "y_test": arrays["y_train"][:10_000]})
    set_key("dataset.path", "other.npz")(study)
    assert plan(study) == []  # the images of the results were checked

    remove(images)(study)
    set_key("classifiers.regularized.replicates", 3)(study)
    before = list_files(study)
    refusal = run_in_forks(study, "--profile", "profiles/local")
    assert refusal.returncode != 0
    assert refusal.stdout.count("error: ") == 1
    assert "error: other.npz is not mnist: t10k-labels-idx1-ubyte has SHA-256" in refusal.stdout
    assert compare(before, list_files(study)) == {"results/logs/fetch_dataset/mnist.log"}

    # Snakemake runs all jobs that read a missing file. When the file is back, these jobs are current.
    set_key("dataset.path", str(dataset))(study)
    fetch = run_in_forks(study, "--profile", "profiles/local", images)
    assert fetch.returncode == 0, fetch.stdout
    planned = [job.name for job in plan(study)]
    assert set(planned) == expand(["train_classifier regularized * 3", *SWEEP, *ENSEMBLES, "make_report"], planned)


@THOROUGH
def test_an_edit_while_the_job_runs_is_noticed_at_once_and_the_job_runs_again(
    copy_study, plan, run_in_forks, start_python, tmp_path
):
    study = copy_study(tmp_path / "study")
    for key, value in {"epochs": 10, "sweep": {"l2": [0.01]}, "replicates": 1}.items():
        set_key(f"classifiers.regularized.{key}", value)(study)
    table = "results/tables/classifiers/regularized/runs.csv"
    arguments = ["snakemake", "--profile", "profiles/local", table]
    log = study / "results/logs/train_classifier/regularized/l2~0.01/replicate~1.log"
    log.unlink()
    process = start_python(study, *arguments)
    while not (log.exists() and "epoch  1/10" in log.read_text()):
        assert process.poll() is None, process.stdout.read()
        time.sleep(0.05)
    edit("workflow/mnist_study/nets/training.py", "VALIDATION_BATCH = 500", "VALIDATION_BATCH = 1000")(study)
    output, _ = process.communicate()

    assert "epoch 10/10" in log.read_text()
    assert process.returncode != 0
    assert re.search(r"replicate~1\.json was made for other reasons \(code nets\.training: ", output)
    jobs = plan(study, table)
    assert {job.name for job in jobs} == {"train_classifier regularized l2~0.01 1", "summarize_classifier regularized"}
    assert "code nets.training: " in jobs[0].reason
    again = run_in_forks(study, *arguments[1:])
    assert again.returncode == 0, again.stdout
    assert plan(study, table) == []


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in PLANNED else THOROUGH) for name in list_changes(jobs=True)]
)
def test_a_change_invalidates_what_depends_on_it(copy_study, plan, expect, tmp_path, name):
    change = CHANGES[name]
    study = copy_study(tmp_path / "study")
    change.make(study)
    planned = plan(study)
    assert {job.name for job in planned} == expect(study, change.jobs)
    assert change.reason in "\n".join(job.reason for job in planned)


@pytest.mark.parametrize("names", NOTHING_TOGETHER.values(), ids=NOTHING_TOGETHER)
def test_what_no_result_depends_on_invalidates_nothing(copy_study, plan, tmp_path, names):
    study = copy_study(tmp_path / "study")
    for name in names:
        CHANGES[name].make(study)
    assert plan(study, *chain(*(CHANGES[name].options for name in names))) == []


def test_a_change_after_snakemakes_records_were_lost_is_explained(copy_study, plan, run_python, tmp_path):
    study = copy_study(tmp_path / "study")
    remove(".snakemake")(study)
    set_key("decoder_samples", 3)(study)
    assert plan(study) == []  # Snakemake plans nothing, and so explain_results is needed
    explanation = run_python(study, "explain_results").stdout
    assert "not current  sample_decoder\n    settings samples: 2 -> 3\n" in explanation
