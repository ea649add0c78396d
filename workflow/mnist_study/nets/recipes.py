"""Compile a model by the recipe of its training: optimizer, learning rate, loss."""

import math

from mnist_study.nets.networks import keras
from mnist_study.recipes import AUTOENCODER_DEFAULTS, DEFAULTS

OPTIMIZERS = {
    "sgd": (keras.optimizers.SGD, ("momentum", "nesterov")),
    "adam": (keras.optimizers.Adam, ("beta_1", "beta_2")),
    "adamw": (keras.optimizers.AdamW, ("beta_1", "beta_2", "weight_decay")),
}


def compile_classifier(model: keras.Model, settings: dict, images: int) -> None:
    """Compile a classifier.

    `settings`: epochs, batch_size, learning_rate, and the keys of the recipe that are not the default. `images`: the
    number of training images, which gives the steps of an epoch.
    """
    recipe = DEFAULTS | settings
    model.compile(
        make_optimizer(recipe, images),
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=recipe["label_smoothing"]),
        metrics=["accuracy"],
    )


def compile_autoencoder(model: keras.Model, settings: dict, images: int) -> None:
    """Compile an autoencoder; `settings` and `images` are as those of compile_classifier."""
    model.compile(make_optimizer(AUTOENCODER_DEFAULTS | settings, images), loss="binary_crossentropy")


def make_optimizer(recipe: dict, images: int) -> keras.Optimizer:
    """Make the optimizer of a recipe with all of its keys; `images`: the number of training images."""
    make, keys = OPTIMIZERS[recipe["optimizer"]]
    rate = make_schedule(recipe, math.ceil(images / recipe["batch_size"]))
    return make(rate, **{key: recipe[key] for key in keys})


def make_schedule(recipe: dict, steps: int) -> float | keras.optimizers.schedules.LearningRateSchedule:
    """Make the learning rate over the steps of a training; `steps`: those of one epoch.

    It depends on nothing but the number of the step, which is a part of the optimizer's state. So a resumed training
    goes on with the same rates.
    """
    rate, schedule = recipe["learning_rate"], recipe["schedule"]
    if schedule == "cosine":
        warmup = recipe["warmup_epochs"] * steps
        return keras.optimizers.schedules.CosineDecay(
            0.0 if warmup else rate,
            recipe["epochs"] * steps - warmup,
            warmup_target=rate if warmup else None,
            warmup_steps=warmup,
        )
    if schedule == "steps":
        # The rate of this class changes behind a boundary, so the first step of epoch n + 1 has the next rate.
        boundaries = [epoch * steps - 1 for epoch in recipe["step_epochs"]]
        rates = [rate * recipe["step_factor"] ** number for number in range(len(boundaries) + 1)]
        return keras.optimizers.schedules.PiecewiseConstantDecay(boundaries, rates)
    return rate
