"""Describe the models for the report in words and formulas: settings, loss, and the meaning of its symbols."""

import math

from latex2mathml.converter import convert
from markupsafe import Markup

from mnist_study.images import Images
from mnist_study.plan.layout import format_factor
from mnist_study.show.layers import format_layers
from mnist_study.show.recipes import describe_inputs, describe_optimizer

CROSS_ENTROPY = r"L = -\frac{1}{N} \sum_{i=1}^{N} \sum_{k=1}^{CLASSES} y_{ik} \log \hat{y}_{ik}"
PENALTY = r" + \lambda \sum_{l} \lVert W_l \rVert_2^2"
BINARY_CROSS_ENTROPY = (
    r"L = -\frac{1}{VALUES N} \sum_{i=1}^{N} \sum_{p=1}^{VALUES} "
    r"\left( x_{ip} \log \hat{x}_{ip} + (1 - x_{ip}) \log (1 - \hat{x}_{ip}) \right)"
)
SYMBOLS = "N: images of a batch; y: 1 for the true class, else 0; ŷ: the softmax output for class k"
PENALTY_SYMBOLS = "; λ: the factor; W: the kernel of hidden layer l, its squares summed"


def describe_classifier_model(settings: dict, images: Images) -> dict:
    """Describe a classifier of these images: its settings by name, and its loss in words and as a formula in MathML."""
    entropy = CROSS_ENTROPY.replace("CLASSES", str(len(images.classes)))
    factors = settings["factors"]
    described = {
        "hidden layers": format_layers(settings["layers"]),
        "optimizer": describe_optimizer(settings),
        "batch size": settings["batch_size"],
        "epochs": settings["epochs"],
        "L2 factors": ", ".join(map(format_factor, factors)) or "no penalty",
        "replicates": f"{settings['replicates']}{' per factor' if factors else ''}",
    }
    if inputs := describe_inputs(settings):
        described["training images"] = f"in each epoch: {inputs}"
    if "patience" in settings:
        described["epochs"] = (
            f"at most {settings['epochs']}: stopped when {settings['patience']} epochs brought no better accuracy on "
            "the held-out images; the best epoch counts"
        )
    smoothing = settings.get("label_smoothing")
    return {
        "settings": described,
        "loss": "Categorical cross-entropy"
        + (f" with labels smoothed by {smoothing}" if smoothing else "")
        + (", and an L2 penalty on the kernels of the hidden layers, not on their biases." if factors else "."),
        "formula": Markup(convert(entropy + (PENALTY if factors else ""), display="block")),
        "symbols": f"{SYMBOLS}{PENALTY_SYMBOLS if factors else ''}.",
    }


def describe_autoencoder_model(settings: dict, images: Images) -> dict:
    """Describe the autoencoder of these images: its settings by name, its loss in words and as a formula in MathML."""
    encoder, decoder = settings["encoder"], settings["decoder"]
    return {
        "settings": {
            "hidden layers": ", ".join(f"dense {units}" for units in [*encoder, *decoder]),
            "latent vector": f"{encoder[-1]} values, behind ReLU",
            "optimizer": f"Adam, learning rate {settings['learning_rate']}",
            "batch size": settings["batch_size"],
            "epochs": settings["epochs"],
            "noise on its images": f"salt-and-pepper, level {settings['noise_level']}",
        },
        "loss": "Binary cross-entropy of every value of the output against the clean image.",
        "formula": Markup(
            convert(BINARY_CROSS_ENTROPY.replace("VALUES", str(math.prod(images.shape))), display="block")
        ),
        "symbols": "N: images of a batch; x: value p of the clean image, in [0, 1]; x̂: that value of the output.",
    }
