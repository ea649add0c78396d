"""Build the denoising autoencoders, and take those with a vector inside apart again."""

import math
from itertools import chain

import numpy as np

from mnist_study.images import MNIST, Images
from mnist_study.layers import keep_image, take_image
from mnist_study.nets.layers import make_layer, make_layers
from mnist_study.nets.networks import keras

LATENT = "latent"


def build_autoencoder(
    settings: dict, weights: np.random.SeedSequence, dropout: np.random.SeedSequence, images: Images = MNIST
) -> keras.Sequential:
    """Build an autoencoder of images with values in [0, 1], whose output has the shape of its input.

    `settings`: with "encoder" and "decoder", the hidden layers as in the config. The last layer of the encoder is the
    latent layer. With layers for images, such as convolutions, the network takes images (n, height, width, channels),
    and else flat images (n, values). The output layer has a sigmoid unit for each value. Behind layers that keep an
    image, it is a convolution of 3 × 3 pixels instead, with a sigmoid filter for each channel. `weights` and `dropout`:
    the seeds of the initial weights and of dropout. `images`: what the images are.
    """
    layers = [*settings["encoder"], *settings["decoder"]]
    values, flat = math.prod(images.shape), not take_image(layers)
    seeds, dropout_seeds = (iter(seed.generate_state(len(layers) + 1).tolist()) for seed in (weights, dropout))
    hidden = make_layers(layers, seeds, dropout_seeds, flat=flat)
    hidden[len(settings["encoder"]) - 1][-1].name = LATENT
    if keep_image(layers):
        options = {"filters": images.shape[-1], "size": 3, "padding": "same", "activation": "sigmoid"}
        output = [make_layer("conv", options, seeds, dropout_seeds)]
    else:
        output = [make_layer("dense", {"units": values, "activation": "sigmoid"}, seeds, dropout_seeds)]
        output += [] if flat else [keras.layers.Reshape(images.shape)]
    return keras.Sequential([keras.Input((values,) if flat else images.shape), *chain(*hidden), *output])


def split_autoencoder(autoencoder: keras.Sequential) -> tuple[keras.Sequential, keras.Sequential]:
    """Split an autoencoder into encoder (flat image to latent) and decoder (latent to flat image).

    Both share their weights with the autoencoder, whose layers are all dense.
    """
    cut = [layer.name for layer in autoencoder.layers].index(LATENT) + 1
    encoder = keras.Sequential([keras.Input(autoencoder.input_shape[1:]), *autoencoder.layers[:cut]])
    decoder = keras.Sequential([keras.Input(encoder.output_shape[1:]), *autoencoder.layers[cut:]])
    return encoder, decoder
