"""Ask the trained models about images, and count what they get wrong."""

import numpy as np

from mnist_study.images import CLASSES, SHAPE
from mnist_study.nets.networks import keras

BATCH = 500


def predict(model: keras.Model, vectors: np.ndarray) -> np.ndarray:
    """Give what a model makes of vectors (n, …), one row each."""
    batches = range(0, len(vectors), BATCH)
    return np.concatenate([np.asarray(model(vectors[start : start + BATCH], training=False)) for start in batches])


def classify(classifier: keras.Model, images: np.ndarray) -> np.ndarray:
    """Give the probabilities (n, 10) of the classes of images (n, 784)."""
    return predict(classifier, images.reshape(-1, *SHAPE))


def count_confusion(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Count images (10, 10): true classes `labels` (n,) in rows, the most probable of (n, 10) in columns."""
    confusion = np.zeros((CLASSES, CLASSES), int)
    np.add.at(confusion, (labels, probabilities.argmax(axis=1)), 1)
    return confusion
