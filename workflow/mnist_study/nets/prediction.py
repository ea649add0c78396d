"""Predict with trained models, and count a classifier's mistakes."""

import numpy as np

from mnist_study.images import CLASSES, SHAPE
from mnist_study.nets.networks import keras

BATCH = 500


def predict(model: keras.Model, vectors: np.ndarray) -> np.ndarray:
    """Predict in batches. `vectors` have the shape (n, …), and the result has n rows."""
    batches = range(0, len(vectors), BATCH)
    return np.concatenate([np.asarray(model(vectors[start : start + BATCH], training=False)) for start in batches])


def classify(classifier: keras.Model, images: np.ndarray) -> np.ndarray:
    """Predict the class probabilities (n, 10) of images (n, 784)."""
    return predict(classifier, images.reshape(-1, *SHAPE))


def count_confusion(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Count the images of a confusion matrix (10, 10), with true classes in rows and predicted ones in columns.

    `labels`: true classes (n,). `probabilities`: shape (n, 10). The most probable class is the predicted one.
    """
    confusion = np.zeros((CLASSES, CLASSES), int)
    np.add.at(confusion, (labels, probabilities.argmax(axis=1)), 1)
    return confusion
