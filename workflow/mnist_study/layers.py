"""The layers of the config: their kinds and options, and their effect on the size of an image."""

import math

# Stands for a layer that has no other option: {conv: 32} is {conv: {filters: 32}}.
MAIN = {
    "dense": "units",
    "conv": "filters",
    "transposed_conv": "filters",
    "max_pool": "size",
    "average_pool": "size",
    "dropout": "rate",
    "activation": "function",
}
DEFAULTS: dict[str, dict] = {
    "dense": {"activation": "relu"},
    "conv": {"size": 3, "stride": 1, "padding": "valid", "activation": "relu"},
    "transposed_conv": {"size": 3, "stride": 1, "padding": "valid", "activation": "relu"},
}
CONVOLUTIONS = ("conv", "transposed_conv")
POOLS = ("max_pool", "average_pool")
GLOBAL_POOLS = ("global_max_pool", "global_average_pool")
# The layers that need an image, and those behind which there is none any more.
OF_IMAGES = (*CONVOLUTIONS, *POOLS, *GLOBAL_POOLS)
FLAT = ("dense", *GLOBAL_POOLS)


def read_layer(layer: int | str | dict) -> tuple[str, dict]:
    """Read a layer of the config: its kind, and all of its options by name, with the defaults.

    A whole number, which autoencoders can have, is a dense layer of so many units.
    """
    if isinstance(layer, str):
        return layer, {}
    if isinstance(layer, int):
        layer = {"dense": layer}
    [(kind, value)] = layer.items()
    given = value if isinstance(value, dict) else {MAIN[kind]: value}
    return kind, given | {name: default for name, default in DEFAULTS.get(kind, {}).items() if name not in given}


def list_kinds(layers: list) -> list[str]:
    """List the kinds of layers of the config."""
    return [kind for kind, _ in map(read_layer, layers)]


def take_image(layers: list) -> bool:
    """Tell whether layers need an image, and not only its values."""
    return any(kind in OF_IMAGES for kind in list_kinds(layers))


def flatten_image(layers: list) -> bool:
    """Tell whether there is no image any more behind layers that take one."""
    return any(kind in FLAT for kind in list_kinds(layers))


def keep_image(layers: list) -> bool:
    """Tell whether layers need an image and keep one, so that an autoencoder of them ends in a convolution."""
    return take_image(layers) and not flatten_image(layers)


def shorten_layer(layer: int | str | dict) -> str | dict:
    """Write a layer in its shortest form, so that layers of the same meaning are the same setting.

    The whole number of an autoencoder is {dense: units}.
    """
    kind, options = read_layer(layer)
    given = {name: value for name, value in options.items() if DEFAULTS.get(kind, {}).get(name) != value}
    if not options:
        return kind
    return {kind: given[MAIN[kind]] if list(given) == [MAIN[kind]] else given}


def shrink_image(side: int, kind: str, options: dict) -> int:
    """Compute a side of an image in pixels after a convolution or a pooling layer; 0 if no pixel is left.

    Source: the output shapes in the documentation of Keras' Conv2D, Conv2DTranspose and MaxPooling2D. A transposed
    convolution makes an image larger.
    """
    if kind in POOLS:
        return side // options["size"]
    size, stride, same = options["size"], options["stride"], options["padding"] == "same"
    if kind == "transposed_conv":
        return side * stride + (0 if same else max(size - stride, 0))
    return max(0, math.ceil((side if same else side - size + 1) / stride))
