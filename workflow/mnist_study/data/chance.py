"""Score the best constant answer: a model that has learnt nothing gives the same answer for every image."""

import numpy as np

EPSILON = 1e-7  # Keras clips a pixel's probability to [1e-7, 1 - 1e-7]


def score_best_class(labels: np.ndarray) -> float:
    """Compute the accuracy of a classifier that answers the most frequent class for every image.

    `labels`: shape (n,). The result is rounded to float32, as Keras' accuracy is.
    """
    return float(np.float32(np.bincount(labels).max()) / np.float32(len(labels)))


def score_mean_image(training: np.ndarray, test: np.ndarray) -> float:
    """Compute the binary cross-entropy on the test images if the answer is always the mean training image.

    `training`, `test`: uint8, or float32 in [0, 1], of shape (n, …). The mean is taken for each value. No other
    constant answer has a lower cross-entropy on the training images.
    """
    white = 255 if training.dtype == np.uint8 else 1
    mean = np.clip(training.mean(axis=0, dtype=np.float64) / white, EPSILON, 1 - EPSILON)
    # The cross-entropy is linear in its target. So the mean of the targets gives the same value as all targets.
    target = test.mean(axis=0, dtype=np.float64) / white
    return float(-(target * np.log(mean) + (1 - target) * np.log(1 - mean)).mean())
