"""Add noise of a kind to images, and draw the noisy copies of an image set, one a replicate."""

from collections.abc import Callable

import numpy as np

from mnist_study.images import DEFAULT_KIND
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


def add_gaussian(images: np.ndarray, level: float | np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Add to each value a number of its own from N(0, level²), and clip the sum to the range of pixels.

    `images`: uint8, or floats in [0, 1], of any shape. Channels get numbers of their own. `level`: the standard
    deviation, where pixels are from 0 to 1; one for all, or one for each image, of a shape that is broadcast to that of
    the images. The result has the shape and dtype of the images: bytes are rounded. Level 0 changes nothing. From the
    same generator state, all levels scale the same numbers. So levels are compared on common random numbers.
    """
    white = 255 if images.dtype == np.uint8 else 1
    noisy = rng.standard_normal(images.shape, dtype=np.float32)
    noisy *= np.multiply(level, white, dtype=np.float32)
    noisy += images
    np.clip(noisy, 0, white, out=noisy)
    return (np.rint(noisy, out=noisy) if images.dtype == np.uint8 else noisy).astype(images.dtype, copy=False)


KINDS: dict[str, Callable[[np.ndarray, float | np.ndarray, np.random.Generator], np.ndarray]] = {
    DEFAULT_KIND: add_salt_and_pepper,
    "gaussian": add_gaussian,
}


def add_noise(images: np.ndarray, level: float | np.ndarray, kind: str, rng: np.random.Generator) -> np.ndarray:
    """Add noise of a kind to images: that of the function in KINDS, which says what images and levels may be."""
    return KINDS[kind](images, level, rng)


def draw_levels(level: float | list[float], images: int, rng: np.random.Generator) -> np.ndarray:
    """Draw the noise level of each image: shape (images, 1, 1, 1). `level`: one for all, or a range [low, high]."""
    low, high = level if isinstance(level, list) else (level, level)
    return rng.uniform(low, high, images)[:, None, None, None]


def draw_noise(images: np.ndarray, level: float | list[float], kind: str, seed: np.random.SeedSequence) -> np.ndarray:
    """Draw a noisy copy of images for one epoch of a training.

    `images`: shape (n, height, width, channels). `level`: one for all, or a range from which each image gets its own.
    """
    rng = np.random.default_rng(seed)
    return add_noise(images, draw_levels(level, len(images), rng), kind, rng)


def draw_noisy_images(
    images: np.ndarray,
    level: float | list[float],
    seed: int,
    image_set: str,
    replicate: int,
    kind: str = DEFAULT_KIND,
) -> np.ndarray:
    """Draw a replicate's noisy copy of an image set ("training" or "test") from the study's seed.

    `level`: one for all, or a range from which each image gets its own. Images then have the shape
    (n, height, width, channels). The levels have a seed of their own: whatever the level or the range, the noise is
    drawn from the same random numbers.
    """
    levels: float | np.ndarray
    if isinstance(level, list):
        rng = np.random.default_rng(derive_seed(seed, "noise levels", image_set, replicate))
        levels = draw_levels(level, len(images), rng)
    else:
        levels = level
    return add_noise(images, levels, kind, np.random.default_rng(derive_seed(seed, "noise", image_set, replicate)))
