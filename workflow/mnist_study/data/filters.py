"""Denoise images by a filter, which learns nothing."""

import numpy as np


def apply_filter(images: np.ndarray, settings: dict) -> np.ndarray:
    """Replace each pixel by the median of the square about it, in each image and each channel by itself.

    `images`: uint8 or float32, of shape (n, height, width, channels), as is the result. `settings`: filter, which is
    "median", and size, the odd side of the square in pixels. Beyond an edge, the square has the image's mirror image
    (SciPy's mode "reflect"), so that an edge is judged by the image alone: with zeros there, edges would become black.
    Source: Tukey, Exploratory Data Analysis, 1977 (running medians).
    """
    # Not above: where SciPy is loaded, TensorFlow imports more of it, and most jobs need none.
    from scipy.ndimage import median_filter

    return median_filter(images, size=settings["size"], mode="reflect", axes=(1, 2))
