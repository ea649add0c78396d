"""Draw the training images of each epoch: shifted, rotated and scaled, and with noise."""

from collections.abc import Callable

import numpy as np

from mnist_study.data.noise import draw_noise
from mnist_study.images import DEFAULT_KIND
from mnist_study.nets.networks import tf
from mnist_study.recipes import DEFAULTS
from mnist_study.seeding import derive_epoch

CHUNK = 1_000  # images that are transformed at a time, as the copies in memory are larger than the images


def make_draw_images(
    images: np.ndarray, settings: dict, transforms: np.random.SeedSequence, noise: np.random.SeedSequence
) -> Callable[[int], np.ndarray] | None:
    """Make a function that draws the training images of an epoch, or give None if they are the same in all epochs.

    `images`: uint8 or float32 in [0, 1], of shape (n, height, width, channels), as are those that the function returns.
    `settings`: the keys of the recipe that are not the default, and with "noise" the kind of noise, if that is not the
    default. `transforms`, `noise`: the seeds. What an epoch draws depends on them and on its number only, so that a
    resumed training has the images of an undisturbed one.
    """
    recipe = DEFAULTS | settings
    moved = any(recipe[key] for key in ("shift", "rotation", "zoom"))
    if not moved and not recipe["training_noise"]:
        return None

    def draw_images(epoch: int) -> np.ndarray:
        drawn = images
        if moved:
            rng = np.random.default_rng(derive_epoch(transforms, epoch))
            drawn = transform_images(images, recipe["shift"], recipe["rotation"], recipe["zoom"], rng)
        if recipe["training_noise"]:
            kind = settings.get("noise", DEFAULT_KIND)
            drawn = draw_noise(drawn, recipe["training_noise"], kind, derive_epoch(noise, epoch))
        return drawn

    return draw_images


def transform_images(
    images: np.ndarray, shift: float, rotation: float, zoom: float, rng: np.random.Generator
) -> np.ndarray:
    """Shift, rotate and scale each image by amounts of its own, drawn uniformly. What comes in at the edges is black.

    `images`: uint8 or float32 in [0, 1], of shape (n, height, width, channels). `shift`: at most so many pixels along
    each axis. `rotation`: at most so many degrees. `zoom`: at most this share larger or smaller. Returns float32 in
    [0, 1], interpolated bilinearly.
    """
    count, height, width, _ = images.shape
    right, down, turn, growth = rng.uniform(-1, 1, (4, count))
    angle, scale = np.deg2rad(rotation * turn), 1 + zoom * growth
    cos, sin = np.cos(angle) / scale, np.sin(angle) / scale
    x, y = (width - 1) / 2, (height - 1) / 2
    rows = [
        *[cos, -sin, x - cos * x + sin * y + shift * right],
        *[sin, cos, y - sin * x - cos * y + shift * down],
        *[np.zeros(count), np.zeros(count)],
    ]
    matrices = np.stack(rows, axis=1).astype(np.float32)
    drawn = np.empty(images.shape, np.float32)
    for start in range(0, count, CHUNK):
        part = images[start : start + CHUNK]
        drawn[start : start + CHUNK] = tf.raw_ops.ImageProjectiveTransformV3(
            images=part.astype(np.float32) / np.float32(255) if part.dtype == np.uint8 else part,
            transforms=matrices[start : start + CHUNK],
            output_shape=[height, width],
            interpolation="BILINEAR",
            fill_mode="CONSTANT",
            fill_value=0.0,
        )
    return drawn
