"""Take the noise away from images: by a filter, by an autoencoder, or not at all."""

import numpy as np

from mnist_study.data.datasets import flatten_images
from mnist_study.data.filters import apply_filter
from mnist_study.nets.networks import keras
from mnist_study.nets.prediction import predict


def denoise(images: np.ndarray, denoiser: keras.Model | dict | None) -> np.ndarray:
    """Denoise images (n, height, width, channels), uint8 or float32 in [0, 1], to flat ones: float32 (n, values).

    `denoiser`: an autoencoder, the settings of a filter, or None for one that leaves images as they are.
    """
    if denoiser is None:
        return flatten_images(images)
    if isinstance(denoiser, dict):
        return flatten_images(apply_filter(images, denoiser))
    noisy = flatten_images(images).reshape(len(images), *denoiser.input_shape[1:])
    return predict(denoiser, noisy).reshape(len(images), -1)
