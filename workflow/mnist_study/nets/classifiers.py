"""Build the classifiers from their layers in the config."""

from collections.abc import Callable

import numpy as np

from mnist_study.images import MNIST, Images
from mnist_study.layers import GLOBAL_POOLS, read_layer
from mnist_study.nets.networks import keras, tf

POOLS: dict[str, Callable] = {"max_pool": keras.layers.MaxPooling2D, "average_pool": keras.layers.AveragePooling2D}
WITHOUT_OPTIONS: dict[str, Callable] = {
    "batch_norm": keras.layers.BatchNormalization,
    "global_max_pool": keras.layers.GlobalMaxPooling2D,
    "global_average_pool": keras.layers.GlobalAveragePooling2D,
}


def build_classifier(
    layers: list,
    l2: float,
    weights: np.random.SeedSequence,
    dropout: np.random.SeedSequence,
    images: Images = MNIST,
) -> keras.Sequential:
    """Build a classifier of images (n, height, width, channels) that ends in a softmax unit for each class.

    `layers`: the hidden layers as in the config. The image is flattened before the first dense layer. `l2`: the L2
    factor of the penalty on the hidden layers' kernels, or 0 for no penalty. Biases have no penalty. `weights` and
    `dropout`: the seeds of the initial weights and of dropout. They are two, so that a dropout layer does not change
    the weights of the layers behind it. `images`: what the images are.
    """
    seeds, dropout_seeds = (iter(seed.generate_state(len(layers) + 1).tolist()) for seed in (weights, dropout))

    def hidden(layer: Callable, *size: int, **options: str) -> keras.Layer:
        return layer(
            *size,
            **options,
            kernel_initializer=keras.initializers.GlorotUniform(seed=next(seeds)),
            kernel_regularizer=keras.regularizers.L2(l2) if l2 else None,
        )

    stack = []
    spatial = True
    for kind, options in map(read_layer, layers):
        if kind == "dense":
            if spatial:
                stack.append(keras.layers.Flatten())
            stack.append(hidden(keras.layers.Dense, options["units"], activation=options["activation"]))
        elif kind == "conv":
            named = {"padding": options["padding"], "activation": options["activation"]}
            stack.append(hidden(keras.layers.Conv2D, options["filters"], options["size"], **named))
        elif kind in POOLS:
            stack.append(POOLS[kind](options["size"]))
        elif kind == "dropout":
            stack.append(keras.layers.Dropout(options["rate"], seed=next(dropout_seeds)))
        elif kind == "activation":
            stack.append(keras.layers.Activation(options["function"]))
        else:
            stack.append(WITHOUT_OPTIONS[kind]())
        spatial = spatial and kind not in ("dense", *GLOBAL_POOLS)
    if spatial:
        stack.append(keras.layers.Flatten())
    output = keras.initializers.GlorotUniform(seed=next(seeds))
    stack.append(keras.layers.Dense(len(images.classes), activation="softmax", kernel_initializer=output))
    model = keras.Sequential([keras.Input(images.shape), *stack])
    for variable in model.trainable_variables:
        if l2 and variable.regularizer is not None:
            # The same penalty as Keras' own, in fewer operations. The saved model has Keras' own.
            variable.regularizer = lambda kernel: 2 * l2 * tf.nn.l2_loss(kernel)
    return model
