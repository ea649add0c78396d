"""Follow the shape of an image through the layers of the config, and refuse layers that don't fit it.

The Snakefile imports this module, so it imports the standard library only.
"""

import json

from mnist_study.errors import StudyError
from mnist_study.layers import CONVOLUTIONS, FLAT, GLOBAL_POOLS, OF_IMAGES, POOLS, read_layer, shrink_image


def check_layers(layers: dict[str, list], shape: tuple[int, ...]) -> tuple[int, ...]:
    """Follow the size of an image through layers, and return its shape behind them: (values,) where it is no image.

    `layers`: lists of layers that follow one another, by their keys in the config. `shape`: that of an image. Raises
    StudyError at the first layer that needs an image and gets none, or whose output has no pixels.
    """
    flat_behind = ""
    for key, items in layers.items():
        for index, layer in enumerate(items):
            kind, _ = read_layer(layer)
            where = f"config: {key}[{index}] is {json.dumps(layer)}"
            if kind in OF_IMAGES and flat_behind:
                raise StudyError(
                    f"{where}, which follows a {flat_behind} layer, where there is no image any more: "
                    f"put convolutions and pooling before the first {flat_behind} layer"
                )
            after = measure_layer(layer, shape)
            if min(after) < 1:
                raise StudyError(
                    f"{where}, which leaves nothing of the {shape[0]} × {shape[1]} pixels that reach it: "
                    "take fewer convolutions and pooling layers, or smaller ones"
                )
            shape = after
            if kind in FLAT:
                flat_behind = kind
    return shape


def check_autoencoder(key: str, encoder: list, decoder: list, shape: tuple[int, ...]) -> None:
    """Check that the layers of an autoencoder fit an image, and end in one of its size or in a vector.

    `key`: the autoencoder's key in the config. `shape`: that of an image. Raises StudyError as check_layers does, and
    where convolutions and pooling don't lead back to the size of the image.
    """
    layers = {f"{key}.encoder": encoder, f"{key}.decoder": decoder}
    after = check_layers(layers, shape)
    if len(after) == 3 and after[:2] != shape[:2]:
        raise StudyError(
            f"config: {key}.encoder and {key}.decoder make {after[0]} × {after[1]} pixels of the {shape[0]} × "
            f"{shape[1]} pixels of an image: let the decoder undo each stride of the encoder, as "
            "{transposed_conv: {filters: 32, stride: 2, padding: same}} undoes "
            "{conv: {filters: 32, stride: 2, padding: same}} for an even number of pixels"
        )


def measure_layers(layers: list, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Measure the shape of an image behind layers that fit it: (height, width, channels), or (values,)."""
    for layer in layers:
        shape = measure_layer(layer, shape)
    return shape


def measure_layer(layer: int | str | dict, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Measure the shape behind one layer; a side of an image is 0 if no pixel is left."""
    kind, options = read_layer(layer)
    *sides, channels = shape
    if kind == "dense":
        return (options["units"],)
    if kind in GLOBAL_POOLS:
        return (channels,)
    if kind in (*CONVOLUTIONS, *POOLS):
        channels = options.get("filters", channels)
        return (*(shrink_image(side, kind, options) for side in sides), channels)
    return shape
