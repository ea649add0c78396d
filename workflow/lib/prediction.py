"""Ask the trained models about images."""

import keras
import numpy as np

BATCH = 500


def predict(model: keras.Model, vectors: np.ndarray) -> np.ndarray:
    """Give what a model makes of vectors (n, …), one row each."""
    batches = range(0, len(vectors), BATCH)
    return np.concatenate([np.asarray(model(vectors[start : start + BATCH], training=False)) for start in batches])


def classify(classifier: keras.Model, images: np.ndarray) -> np.ndarray:
    """Give the probabilities (n, 10) of the classes of images (n, 784)."""
    return predict(classifier, images.reshape(-1, 28, 28, 1))
