"""Build the classifiers from their layers in the config."""

from collections.abc import Callable

import numpy as np

from mnist_study.images import CLASSES, SHAPE
from mnist_study.nets.networks import keras, tf


def build_classifier(
    layers: list[dict],
    factor: float | None,
    learning_rate: float,
    weights: np.random.SeedSequence,
    dropout: np.random.SeedSequence,
) -> keras.Sequential:
    """Build and compile a classifier of images (n, 28, 28, 1) that ends in ten softmax units.

    `layers`: the hidden layers, each {"dense": units}, {"conv": filters}, {"max_pool": size} or {"dropout": rate}. The
    image is flattened before the first dense layer. `factor`: the L2 factor of the penalty on the hidden layers'
    kernels, or None for no penalty. Biases have no penalty. `weights` and `dropout`: the seeds of the initial weights
    and of dropout. They are two, so that a dropout layer does not change the weights of the layers behind it.
    """
    seeds, dropout_seeds = (iter(seed.generate_state(len(layers) + 1).tolist()) for seed in (weights, dropout))

    def hidden(layer: Callable, size: int, *shape: int) -> keras.Layer:
        return layer(
            size,
            *shape,
            activation="relu",
            kernel_initializer=keras.initializers.GlorotUniform(seed=next(seeds)),
            kernel_regularizer=None if factor is None else keras.regularizers.L2(factor),
        )

    stack = []
    spatial = True
    for layer in layers:
        [(kind, size)] = layer.items()
        if kind == "dense" and spatial:
            stack.append(keras.layers.Flatten())
            spatial = False
        if kind == "conv":
            stack.append(hidden(keras.layers.Conv2D, size, 3))
        elif kind == "max_pool":
            stack.append(keras.layers.MaxPooling2D(size))
        elif kind == "dense":
            stack.append(hidden(keras.layers.Dense, size))
        elif kind == "dropout":
            stack.append(keras.layers.Dropout(size, seed=next(dropout_seeds)))
    if spatial:
        stack.append(keras.layers.Flatten())
    output = keras.initializers.GlorotUniform(seed=next(seeds))
    stack.append(keras.layers.Dense(CLASSES, activation="softmax", kernel_initializer=output))
    model = keras.Sequential([keras.Input(SHAPE), *stack])
    for variable in model.trainable_variables:
        if factor is not None and variable.regularizer is not None:
            # The same penalty as Keras' own, in fewer operations. The saved model has Keras' own.
            variable.regularizer = lambda kernel: 2 * factor * tf.nn.l2_loss(kernel)
    model.compile(keras.optimizers.SGD(learning_rate), loss="categorical_crossentropy", metrics=["accuracy"])
    return model
