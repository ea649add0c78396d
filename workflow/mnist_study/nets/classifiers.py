"""Build the classifiers from their layers in the config."""

from itertools import chain

import numpy as np

from mnist_study.images import MNIST, Images
from mnist_study.layers import flatten_image
from mnist_study.nets.layers import make_layer, make_layers
from mnist_study.nets.networks import keras, tf


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
    stack = list(chain(*make_layers(layers, seeds, dropout_seeds, l2)))
    if not flatten_image(layers):
        stack.append(keras.layers.Flatten())
    stack.append(make_layer("dense", {"units": len(images.classes), "activation": "softmax"}, seeds, dropout_seeds))
    model = keras.Sequential([keras.Input(images.shape), *stack])
    for variable in model.trainable_variables:
        if l2 and variable.regularizer is not None:
            # The same penalty as Keras' own, in fewer operations. The saved model has Keras' own.
            variable.regularizer = lambda kernel: 2 * l2 * tf.nn.l2_loss(kernel)
    return model
