"""Predict with trained models, and count a classifier's mistakes."""

import numpy as np

from mnist_study.nets.networks import keras

BATCH = 500


def predict(model: keras.Model, vectors: np.ndarray) -> np.ndarray:
    """Predict in batches. `vectors` have the shape (n, …), and the result has n rows."""
    batches = range(0, len(vectors), BATCH)
    return np.concatenate([np.asarray(model(vectors[start : start + BATCH], training=False)) for start in batches])


def classify(classifier: keras.Model, images: np.ndarray) -> np.ndarray:
    """Predict the class probabilities (n, classes) of flat images (n, values)."""
    return predict(classifier, images.reshape(-1, *classifier.input_shape[1:]))


def count_confusion(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Count the images of a confusion matrix (classes, classes): true classes in rows, predicted ones in columns.

    `labels`: true classes (n,). `probabilities`: shape (n, classes). The most probable class is the predicted one.
    """
    classes = probabilities.shape[1]
    confusion = np.zeros((classes, classes), int)
    np.add.at(confusion, (labels, probabilities.argmax(axis=1)), 1)
    return confusion
