"""Build the denoising autoencoder, and take it apart again."""

import math

import numpy as np

from mnist_study.images import MNIST, Images
from mnist_study.nets.networks import keras

LATENT = "latent"


def build_autoencoder(
    encoder: list[int], decoder: list[int], learning_rate: float, seed: np.random.SeedSequence, images: Images = MNIST
) -> keras.Sequential:
    """Build and compile an autoencoder of flat images, vectors of values in [0, 1].

    `encoder`, `decoder`: units of the hidden ReLU layers. The last layer of `encoder` is the latent layer. The output
    layer has a sigmoid unit for each value of an image. Weights are drawn from `seed`. `images`: what the images are.
    """
    values = math.prod(images.shape)
    seeds = iter(seed.generate_state(len(encoder) + len(decoder) + 1).tolist())

    def dense(units: int, activation: str, name: str | None = None) -> keras.layers.Dense:
        initializer = keras.initializers.GlorotUniform(seed=next(seeds))
        return keras.layers.Dense(units, activation, kernel_initializer=initializer, name=name)

    model = keras.Sequential(
        [
            keras.Input((values,)),
            *(dense(units, "relu") for units in encoder[:-1]),
            dense(encoder[-1], "relu", LATENT),
            *(dense(units, "relu") for units in decoder),
            dense(values, "sigmoid"),
        ]
    )
    model.compile(keras.optimizers.Adam(learning_rate), loss="binary_crossentropy")
    return model


def split_autoencoder(autoencoder: keras.Sequential) -> tuple[keras.Sequential, keras.Sequential]:
    """Split an autoencoder into encoder (flat image to latent) and decoder (latent to flat image).

    Both share their weights with the autoencoder.
    """
    cut = [layer.name for layer in autoencoder.layers].index(LATENT) + 1
    encoder = keras.Sequential([keras.Input(autoencoder.input_shape[1:]), *autoencoder.layers[:cut]])
    decoder = keras.Sequential([keras.Input(encoder.output_shape[1:]), *autoencoder.layers[cut:]])
    return encoder, decoder
