"""Describe the models for the report in words and formulas: settings, loss, and the meaning of its symbols."""

import math

from latex2mathml.converter import convert
from markupsafe import Markup

from mnist_study.images import Images
from mnist_study.layers import keep_image
from mnist_study.plan.shapes import measure_layers
from mnist_study.plan.sweeps import format_value, list_settings, list_values, resolve, spell_name
from mnist_study.recipes import AUTOENCODER_DEFAULTS
from mnist_study.show.layers import format_layer, format_layers
from mnist_study.show.recipes import describe_inputs, describe_noise_draws, describe_optimizer

CROSS_ENTROPY = r"L = -\frac{1}{N} \sum_{i=1}^{N} \sum_{k=1}^{CLASSES} y_{ik} \log \hat{y}_{ik}"
PENALTY = r" + \lambda \sum_{l} \lVert W_l \rVert_2^2"
BINARY_CROSS_ENTROPY = (
    r"L = -\frac{1}{VALUES N} \sum_{i=1}^{N} \sum_{p=1}^{VALUES} "
    r"\left( x_{ip} \log \hat{x}_{ip} + (1 - x_{ip}) \log (1 - \hat{x}_{ip}) \right)"
)
SYMBOLS = "N: images of a batch; y: 1 for the true class, else 0; ŷ: the softmax output for class k"
PENALTY_SYMBOLS = "; λ: the L2 factor; W: the kernel of hidden layer l, its squares summed"


def describe_classifier_model(settings: dict, images: Images) -> dict:
    """Describe a classifier of these images: its settings by name, and its loss in words and as a formula in MathML.

    `settings`: its entry in the config, and with "noise" the kind of noise, if that is not the default.
    """
    entropy = CROSS_ENTROPY.replace("CLASSES", str(len(images.classes)))
    sweep = dict(settings["sweep"])
    penalized = any(list_values(settings, "l2"))
    trained = resolve(settings, list_settings(settings)[-1])

    def tell(name: str) -> str:
        return format_values(list_values(settings, name))

    described = {
        "hidden layers": format_layers(trained["layers"]),
        "optimizer": describe_optimizer(trained),
        "batch size": tell("batch_size"),
        "epochs": tell("epochs"),
        "L2 factor": tell("l2") if penalized else "no penalty",
        "replicates": f"{settings['replicates']}{' per setting' if sweep else ''}",
    }
    if inputs := describe_inputs(trained):
        described["training images"] = f"in each epoch: {inputs}"
    if trained.get("patience"):
        described["epochs"] = (
            f"at most {tell('epochs')}: stopped when {trained['patience']} epochs brought no better accuracy on the "
            "held-out images; the best epoch counts"
        )
    if sweep.keys() - {"l2"}:
        values = "; ".join(f"{spell_name(name)} {format_values(values)}" for name, values in sweep.items())
        described["sweep"] = f"{values}. What is told here is that of the last setting."
    smoothing = trained.get("label_smoothing")
    return {
        "settings": described,
        "loss": "Categorical cross-entropy"
        + (f" with labels smoothed by {smoothing}" if smoothing else "")
        + (", and an L2 penalty on the kernels of the hidden layers, not on their biases." if penalized else "."),
        "formula": Markup(convert(entropy + (PENALTY if penalized else ""), display="block")),
        "symbols": f"{SYMBOLS}{PENALTY_SYMBOLS if penalized else ''}.",
    }


def format_values(values: list) -> str:
    """Format the values of a setting: 0.0001, 0.001."""
    return ", ".join(map(format_value, values))


def describe_autoencoder_model(settings: dict, images: Images) -> dict:
    """Describe an autoencoder of these images: its settings by name, its loss in words and as a formula in MathML.

    `settings`: its entry in the config, and with "noise" the kind of noise, if that is not the default.
    """
    encoder, decoder = settings["encoder"], settings["decoder"]
    output = {"conv": {"filters": images.shape[-1], "padding": "same", "activation": "sigmoid"}}
    if not keep_image([*encoder, *decoder]):
        output = {"dense": {"units": math.prod(images.shape), "activation": "sigmoid"}}
    latent = " × ".join(map(str, measure_layers(encoder, images.shape)))
    return {
        "settings": {
            "encoder": format_layers(encoder),
            "latent layer": f"{latent} values, the output of the encoder",
            "decoder": format_layers(decoder),
            "output layer": format_layer(output),
            "optimizer": describe_optimizer(settings, AUTOENCODER_DEFAULTS),
            "batch size": settings["batch_size"],
            "epochs": settings["epochs"],
            "replicates": settings["replicates"],
            "noise on its images": describe_noise_draws(settings),
        },
        "loss": "Binary cross-entropy of every value of the output against the clean image.",
        "formula": Markup(
            convert(BINARY_CROSS_ENTROPY.replace("VALUES", str(math.prod(images.shape))), display="block")
        ),
        "symbols": "N: images of a batch; x: value p of the clean image, in [0, 1]; x̂: that value of the output.",
    }
