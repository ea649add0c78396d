"""Salt-and-pepper noise, and the one noisy copy of each image set that the whole study looks at."""

import numpy as np

from mnist_study.seeding import derive_seed

BLACK, WHITE = np.uint8(0), np.uint8(255)


def add_salt_and_pepper(images: np.ndarray, level: float, rng: np.random.Generator) -> np.ndarray:
    """Replace each pixel, independently, with probability `level` by black or white, each with probability one half.

    `images`: uint8, any shape; the result has the same shape and dtype. Level 0 is the identity;
    at level 1 nothing of the image is left. The same generator state at a higher level replaces the same pixels
    and more, so that levels are compared on common random numbers.
    """
    replaced = rng.random(images.shape, dtype=np.float32) < level
    salt = rng.random(images.shape, dtype=np.float32) < 0.5
    return np.where(replaced, np.where(salt, WHITE, BLACK), images)


def draw_noisy_images(images: np.ndarray, level: float, seed: int, image_set: str) -> np.ndarray:
    """Draw the study's noisy copy of an image set ("training" or "test") from the study's seed."""
    return add_salt_and_pepper(images, level, np.random.default_rng(derive_seed(seed, "noise", image_set)))
