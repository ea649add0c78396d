"""Build the denoising autoencoder, and take it apart again."""

import numpy as np

from mnist_study.images import PIXELS
from mnist_study.nets.networks import keras

LATENT = "latent"


def build_autoencoder(
    encoder: list[int], decoder: list[int], learning_rate: float, seed: np.random.SeedSequence
) -> keras.Sequential:
    """Build and compile an autoencoder of vectors of 784 pixels in [0, 1].

    `encoder`, `decoder`: units of the hidden ReLU layers. The last layer of `encoder` is the latent layer. The output
    layer has 784 sigmoid units. Weights are drawn from `seed`.
    """
    seeds = iter(seed.generate_state(len(encoder) + len(decoder) + 1).tolist())

    def dense(units: int, activation: str, name: str | None = None) -> keras.layers.Dense:
        initializer = keras.initializers.GlorotUniform(seed=next(seeds))
        return keras.layers.Dense(units, activation, kernel_initializer=initializer, name=name)

    model = keras.Sequential(
        [
            keras.Input((PIXELS,)),
            *(dense(units, "relu") for units in encoder[:-1]),
            dense(encoder[-1], "relu", LATENT),
            *(dense(units, "relu") for units in decoder),
            dense(PIXELS, "sigmoid"),
        ]
    )
    model.compile(keras.optimizers.Adam(learning_rate), loss="binary_crossentropy")
    return model


def split_autoencoder(autoencoder: keras.Sequential) -> tuple[keras.Sequential, keras.Sequential]:
    """Split an autoencoder into encoder (784 pixels to latent) and decoder (latent to 784 pixels).

    Both share their weights with the autoencoder.
    """
    cut = [layer.name for layer in autoencoder.layers].index(LATENT) + 1
    encoder = keras.Sequential([keras.Input((PIXELS,)), *autoencoder.layers[:cut]])
    decoder = keras.Sequential([keras.Input(encoder.output_shape[1:]), *autoencoder.layers[cut:]])
    return encoder, decoder
