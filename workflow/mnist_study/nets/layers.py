"""Make Keras layers from the layers of the config, for classifiers and autoencoders alike."""

from collections.abc import Callable, Iterator

from mnist_study.layers import FLAT, POOLS, read_layer
from mnist_study.nets.networks import keras

WITH_KERNEL: dict[str, Callable] = {
    "dense": keras.layers.Dense,
    "conv": keras.layers.Conv2D,
    "transposed_conv": keras.layers.Conv2DTranspose,
}
MAKERS: dict[str, Callable] = {
    "max_pool": keras.layers.MaxPooling2D,
    "average_pool": keras.layers.AveragePooling2D,
    "batch_norm": keras.layers.BatchNormalization,
    "global_max_pool": keras.layers.GlobalMaxPooling2D,
    "global_average_pool": keras.layers.GlobalAveragePooling2D,
}
# Keras' names of the options that the config calls otherwise.
KERAS_NAMES = {"size": "kernel_size", "stride": "strides"}


def make_layers(
    layers: list, weights: Iterator[int], dropout: Iterator[int], l2: float = 0, flat: bool = False
) -> list[list[keras.Layer]]:
    """Make the Keras layers of each layer of the config: a list for each, as an image is flattened before a dense one.

    `weights`, `dropout`: seeds, of which each layer with a kernel and each dropout layer takes one. `l2`: the L2 factor
    of the penalty on kernels, or 0 for no penalty. Biases have no penalty. `flat`: the layers get flat images.
    """
    made = []
    for kind, options in map(read_layer, layers):
        flatten = [keras.layers.Flatten()] if kind == "dense" and not flat else []
        made.append([*flatten, make_layer(kind, options, weights, dropout, l2)])
        flat = flat or kind in FLAT
    return made


def make_layer(kind: str, options: dict, weights: Iterator[int], dropout: Iterator[int], l2: float = 0) -> keras.Layer:
    """Make one Keras layer; `options`: all of them, by the names of the config."""
    if kind in WITH_KERNEL:
        return WITH_KERNEL[kind](
            **{KERAS_NAMES.get(name, name): value for name, value in options.items()},
            kernel_initializer=keras.initializers.GlorotUniform(seed=next(weights)),
            kernel_regularizer=keras.regularizers.L2(l2) if l2 else None,
        )
    if kind == "dropout":
        return keras.layers.Dropout(options["rate"], seed=next(dropout))
    if kind == "activation":
        return keras.layers.Activation(options["function"])
    return MAKERS[kind](options["size"]) if kind in POOLS else MAKERS[kind]()
