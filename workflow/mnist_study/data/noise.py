"""Add salt-and-pepper noise, and draw the noisy copies of an image set, one a replicate."""

import numpy as np

from mnist_study.seeding import derive_seed


def add_salt_and_pepper(images: np.ndarray, level: float | np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Replace each pixel independently with probability `level`, by black or white with equal probability.

    `images`: uint8, or floats in [0, 1], of shape (n, height, width, channels), or of any other shape without channels.
    A pixel is replaced in all of its channels alike. `level`: one for all, or one for each image, of a shape that is
    broadcast to that of the pixels. The result has the shape and dtype of the images. Level 0 changes nothing. Level 1
    replaces every pixel. From the same generator state, a higher level replaces the same pixels and more. So levels are
    compared on common random numbers.
    """
    white = images.dtype.type(255 if images.dtype == np.uint8 else 1)
    pixels = (*images.shape[:3], 1) if images.ndim == 4 else images.shape
    replaced = rng.random(pixels, dtype=np.float32) < level
    salt = rng.random(pixels, dtype=np.float32) < 0.5
    return np.where(replaced, np.where(salt, white, images.dtype.type(0)), images)


def draw_noisy_images(images: np.ndarray, level: float, seed: int, image_set: str, replicate: int) -> np.ndarray:
    """Draw a replicate's noisy copy of an image set ("training" or "test") from the study's seed."""
    return add_salt_and_pepper(images, level, np.random.default_rng(derive_seed(seed, "noise", image_set, replicate)))
