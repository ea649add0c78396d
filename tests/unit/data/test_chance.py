"""Test the scores of the best constant answer."""

import keras
import numpy as np
import pytest

from mnist_study.data.chance import score_best_class, score_mean_image

pytestmark = [pytest.mark.tensorflow, pytest.mark.usefixtures("device")]


@pytest.mark.parametrize("counts", [[1000] * 10, [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]])
def test_naming_one_class_for_all_is_as_accurate_as_keras_says(counts):
    """The last digit counts: a network that always answers this class must not look better than chance."""
    labels = np.repeat(np.arange(10, dtype=np.uint8), counts)
    metric = keras.metrics.CategoricalAccuracy()
    metric.update_state(np.eye(10)[labels], np.tile(np.eye(10)[np.argmax(counts)], (len(labels), 1)))
    assert score_best_class(labels) == float(metric.result())


def test_the_mean_image_has_the_loss_that_keras_gives_it():
    rng = np.random.default_rng(1)
    training, test = (rng.integers(0, 256, (number, 784), np.uint8) for number in (50, 20))
    training[:, :100] = 0  # here the mean image is certain of black, and wrong
    mean = np.tile(training.mean(axis=0, dtype=np.float32) / 255, (20, 1))
    expected = keras.losses.BinaryCrossentropy()(test / np.float32(255), mean)
    assert score_mean_image(training, test) == pytest.approx(float(expected), rel=1e-5)
