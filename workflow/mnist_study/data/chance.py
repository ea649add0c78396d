"""What a model reaches that has learnt nothing: the best answer that is the same for every image."""

import numpy as np

EPSILON = 1e-7  # Keras' own distance of a pixel's probability from 0 and 1


def score_best_class(labels: np.ndarray) -> float:
    """Give the accuracy of naming the most frequent class for every image, from labels (n,), as exact as Keras' is."""
    return float(np.float32(np.bincount(labels).max()) / np.float32(len(labels)))


def score_mean_image(training: np.ndarray, test: np.ndarray) -> float:
    """Give the binary cross-entropy of the pixelwise mean of training images against test images, uint8 (n, pixels).

    No other image is better on the training images, if it is the answer to all of them.
    """
    mean = np.clip(training.mean(axis=0) / 255, EPSILON, 1 - EPSILON)
    # The cross-entropy is linear in its target, so that the mean of the targets stands for all of them.
    target = test.mean(axis=0) / 255
    return float(-(target * np.log(mean) + (1 - target) * np.log(1 - mean)).mean())
