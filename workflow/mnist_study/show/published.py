"""Hold the published numbers of this study, and tell which numbers of a study are comparable.

They come from the study's first implementation (one run, without a seed) and from the literature. LeCun's table of
results (yann.lecun.com/exdb/mnist) is the source for Hinton's MLP (unpublished, 2005: 1.53 % error).
"""

import math
from typing import Literal, NamedTuple

from mnist_study.images import NO_DENOISER, TEST
from mnist_study.plan.recipes import list_given
from mnist_study.plan.study import list_autoencoders
from mnist_study.plan.sweeps import format_value, list_swept, list_values, spell_name
from mnist_study.recipes import AUTOENCODER_DEFAULTS, DEFAULTS
from mnist_study.show.layers import format_layers
from mnist_study.show.recipes import NOISES

Images = Literal["noisy", "denoised"]
Cell = tuple[str, str]  # a scorer and a denoiser, by their names

# The CNN's accuracy on the 10,000 test images, by images and noise level.
NOISE_LEVELS: dict[Images, dict[float, float]] = {
    "noisy": {
        0.0: 0.9909,
        0.1: 0.9651,
        0.2: 0.8956,
        0.3: 0.7867,
        0.4: 0.6482,
        0.5: 0.4901,
        0.6: 0.3310,
        0.7: 0.2289,
        0.8: 0.1612,
        0.9: 0.1209,
        1.0: 0.0981,
    },
    "denoised": {
        0.0: 0.9539,
        0.1: 0.9528,
        0.2: 0.9505,
        0.3: 0.9408,
        0.4: 0.9192,
        0.5: 0.8621,
        0.6: 0.7292,
        0.7: 0.5143,
        0.8: 0.3191,
        0.9: 0.1758,
        1.0: 0.1012,
    },
}


# The settings of the published numbers, with the keys of the config; l2 has all values. Hinton's network is the
# regularized one.
_TRAINING: dict = {"batch_size": 128, "learning_rate": 0.1}
CLASSIFIERS: dict[str, dict] = {
    "baseline": _TRAINING | {"layers": [{"dense": 64}, {"dense": 64}], "l2": [0], "epochs": 10},
    "regularized": _TRAINING
    | {
        "layers": [{"dense": 500}, {"dense": 300}],
        "l2": [1e-6, 1e-5, 1e-4, 5e-4, 1e-3],
        "replicates": 3,
        "epochs": 40,
    },
    "cnn": _TRAINING
    | {
        "layers": [
            {"conv": 32},
            {"max_pool": 2},
            {"conv": 64},
            {"max_pool": 2},
            {"dense": 200},
            {"dense": 128},
            {"dropout": 0.5},
        ],
        "l2": [0],
        "epochs": 40,
    },
}
AUTOENCODER: dict = {
    "encoder": [128, 96],
    "decoder": [128],
    "noise_level": 0.4,
    "epochs": 32,
    "batch_size": 64,
    "learning_rate": 0.001,
}
NOISE_KIND = "salt_and_pepper"
DATASET = "mnist"
TEST_IMAGES = 10_000
SAME_L2 = 0.002  # relative: 0.000999 was published, and 0.001 is the same


class Quantity(NamedTuple):
    """A published number of one run, and the place of our numbers: rows and a column of the model's table of epochs.

    `column`: accuracy or loss. `data`: the images. `l2`: None for all L2 factors, or for a model without penalty.
    `epoch`: of our runs. `best`: the best of all runs, instead of the mean of the replicates.
    """

    quantity: str
    reference: float
    model: Literal["baseline", "regularized", "cnn", "autoencoder"]
    column: str
    data: Literal["training", "test"]
    l2: float | None
    epoch: int | Literal["last"]
    best: bool = False


QUANTITIES = [
    Quantity(
        "784-500-300-10 MLP, weight decay, best test accuracy (Hinton, 2005); ours: best of all runs",
        0.9847,
        "regularized",
        "accuracy",
        "test",
        None,
        "last",
        True,
    ),
    Quantity("regularized MLP, best of all runs", 0.9833, "regularized", "accuracy", "test", None, "last", best=True),
    *(
        Quantity(
            f"regularized MLP, factor 1e-6: validation accuracy after epoch {epoch}",
            reference,
            "regularized",
            "accuracy",
            "test",
            1e-6,
            epoch,
        )
        for epoch, reference in ((1, 0.9358), (5, 0.9708), (16, 0.9799))
    ),
    *(
        Quantity(
            f"regularized MLP, factor 0.000999 (ours: 0.001): test {name}",
            reference,
            "regularized",
            column,
            "test",
            1e-3,
            "last",
        )
        for column, name, reference in (
            ("accuracy", "accuracy", 0.9808),
            ("loss", "loss (cross-entropy + L2 penalty)", 0.1180),
        )
    ),
    *(
        Quantity(
            f"baseline MLP, validation accuracy after epoch {epoch}",
            reference,
            "baseline",
            "accuracy",
            "test",
            None,
            epoch,
        )
        for epoch, reference in ((4, 0.9587), (7, 0.9658))
    ),
    *(
        Quantity(
            f"CNN, test {column} after the last epoch (published: 40)",
            reference,
            "cnn",
            column,
            "test",
            None,
            "last",
        )
        for column, reference in (("accuracy", 0.9912), ("loss", 0.0302))
    ),
    Quantity("autoencoder, loss near the end", 0.1150, "autoencoder", "loss", "training", None, "last"),
    Quantity("autoencoder, validation loss near the end", 0.1200, "autoencoder", "loss", "test", None, "last"),
]

[CNN, *_] = [quantity for quantity in QUANTITIES if quantity.model == "cnn"]


def find_classifier(settings: dict, quantity: Quantity) -> tuple[str | None, str]:
    """Find the classifier of a study that a published number belongs to, by its settings and not by its name.

    `settings`: those of the whole study, from study.compare_published. Returns the classifier's name and an empty text.
    If there is none, returns None and a text that says what differs.
    """
    classifiers = settings["classifiers"]
    # If several classifiers fit, the one with the published name is preferred.
    names = sorted(classifiers, key=lambda name: name != quantity.model)
    differences = {name: explain_classifier(settings, name, quantity) for name in names}
    for name, difference in differences.items():
        if not difference:
            return name, ""
    if quantity.model in differences:
        return None, differences[quantity.model]
    return None, f"no classifier of this study is the published {quantity.model} one"


def explain_classifier(settings: dict, name: str, quantity: Quantity) -> str:
    """Explain how a study's classifier differs from that of a published number. Return an empty text if it does not."""
    ours, theirs = settings["classifiers"][name], CLASSIFIERS[quantity.model]
    swept = [name for name in list_swept(ours) if name != "l2"]
    if swept:
        return f"a sweep over {' and '.join(map(spell_name, swept))}"
    parts = explain_training(settings, ours, theirs, quantity.epoch)
    if ours["layers"] != theirs["layers"]:
        parts.insert(0, f"layers {format_layers(ours['layers'])} instead of {format_layers(theirs['layers'])}")
    ours_l2, theirs_l2 = list_values(ours, "l2"), theirs["l2"]
    if any(ours_l2) != any(theirs_l2):
        parts.append("an L2 penalty instead of none" if any(ours_l2) else "no L2 penalty")
    elif quantity.best:
        if ours_l2 != theirs_l2:
            parts.append(f"L2 factors {format_values(ours_l2)} instead of {format_values(theirs_l2)}")
        if ours["replicates"] != theirs["replicates"]:
            parts.append(f"best of {ours['replicates']} replicates a setting instead of {theirs['replicates']}")
    elif quantity.l2 is not None and not any(is_same(l2, quantity.l2) for l2 in ours_l2):
        parts.append(f"no L2 factor {format_value(quantity.l2)}")
    return "; ".join(parts)


def has_counterparts(settings: dict) -> bool:
    """Tell whether a study has a number that can be compared with a published one."""
    # The noise curves need no check: a study with comparable noise curves also has the published CNN.
    return find_autoencoder(settings)[0] is not None or any(
        find_classifier(settings, quantity)[0] for quantity in QUANTITIES if quantity.model != "autoencoder"
    )


def is_published_cnn(settings: dict, name: str) -> bool:
    """Tell whether a study's classifier is the published CNN. The study's goal is for this CNN."""
    return not explain_classifier(settings, name, CNN)


def find_autoencoder(settings: dict) -> tuple[str | None, str]:
    """Find the autoencoder of a study with the published settings, as find_classifier finds a classifier."""
    # If several autoencoders fit, the one with the published name is preferred.
    names = sorted(list_autoencoders(settings), key=lambda name: name != "autoencoder")
    if not names:
        return None, "no denoiser of this study is an autoencoder"
    differences = {name: explain_autoencoder(settings, name) for name in names}
    found = find_alike(differences)
    return found, "" if found else differences[names[0]]


def find_alike(differences: dict[str, str]) -> str | None:
    """Find the first model that differs in nothing; `differences`: what each differs in, by its name."""
    return next((name for name, difference in differences.items() if not difference), None)


def explain_autoencoder(settings: dict, name: str) -> str:
    """Explain how a study's autoencoder differs from the published one. Return an empty text if it does not."""
    ours = settings["denoisers"][name]
    parts = explain_training(settings, ours, AUTOENCODER, "last", AUTOENCODER_DEFAULTS)
    for key in ("encoder", "decoder"):
        if ours[key] != AUTOENCODER[key]:
            parts.append(f"{key} {format_units(ours[key])} instead of {format_units(AUTOENCODER[key])}")
    if ours["noise_level"] != AUTOENCODER["noise_level"]:
        level = format_noise_level(ours["noise_level"])
        parts.append(f"training noise of {level} instead of {AUTOENCODER['noise_level']:g}")
    return "; ".join(parts + explain_kind(settings))


def find_cell(settings: dict, images: Images) -> tuple[Cell | None, str]:
    """Find the scorer and the denoiser of a study that a published noise curve belongs to, by their settings.

    `images`: "noisy" or "denoised", as the curve's name in NOISE_LEVELS. Returns the names of both, and an empty text.
    If there are none, returns None and a text that says what differs.
    """
    # If several scorers fit, the one with the published name is preferred.
    scorers = sorted(settings["noise"]["classifiers"], key=lambda name: name != CNN.model)
    differences = {name: explain_classifier(settings, name, CNN) for name in scorers}
    scorer, denoiser = find_alike(differences), NO_DENOISER
    parts = [] if scorer else [f"{scorers[0]}: {differences[scorers[0]]}"]
    if images == "denoised":
        found, why_not = find_autoencoder(settings)
        denoiser = found or NO_DENOISER
        if not found:
            parts.append(f"autoencoder: {why_not}")
    else:
        parts += explain_kind(settings)
    return (None, "; ".join(parts)) if parts or scorer is None else ((scorer, denoiser), "")


def explain_kind(settings: dict) -> list[str]:
    """Explain how the noise of a study differs from the published one. The list is empty if it does not."""
    kind = settings["noise"].get("kind", NOISE_KIND)
    return [] if kind == NOISE_KIND else [f"{NOISES[kind]} noise instead of {NOISES[NOISE_KIND]} noise"]


def explain_training(
    settings: dict, ours: dict, theirs: dict, epoch: int | Literal["last"], defaults: dict = DEFAULTS
) -> list[str]:
    """Explain how a training differs: data, epochs (it needs at least `epoch`), batch size, learning rate, recipe.

    `defaults`: those of the recipe, which the published one is.
    """
    parts = []
    if settings["dataset"] != DATASET:
        parts.append(f"data set {settings['dataset']} instead of {DATASET}")
    if settings["validation"] != TEST:
        parts.append(f"{settings['validation']:,} of the training images held out instead of none")
    if "training_images" in settings:
        parts.append(f"at most {settings['training_images']:,} training images")
    if epoch == "last" and ours["epochs"] != theirs["epochs"]:
        parts.append(f"{ours['epochs']} epochs instead of {theirs['epochs']}")
    elif epoch != "last" and ours["epochs"] < epoch:
        parts.append(f"{ours['epochs']} epochs, less than {epoch}")
    for key, name in (("batch_size", "batches of"), ("learning_rate", "learning rate")):
        if ours[key] != theirs[key]:
            parts.append(f"{name} {ours[key]:g} instead of {theirs[key]:g}")
    for key, value in list_given(ours, defaults).items():
        parts.append(f"{key.replace('_', ' ')} {value} instead of {defaults[key]}")
    return parts


def is_same(l2: float, published: float) -> bool:
    """Tell whether an L2 factor is the published one."""
    return math.isclose(l2, published, rel_tol=SAME_L2)


def format_values(values: list) -> str:
    """Format the values of a setting."""
    return ", ".join(map(format_value, values))


def format_units(layers: list) -> str:
    """Format the layers of an autoencoder: whole numbers are the units of dense ones."""
    named = (str(layer) if isinstance(layer, int) else format_layers([layer]) for layer in layers)
    return ", ".join(named) or "none"


def format_noise_level(level: float | list[float]) -> str:
    """Format the noise level of a training, or the range that each image's is drawn from."""
    return f"levels {level[0]:g} to {level[1]:g}" if isinstance(level, list) else f"level {level:g}"
