import numpy as np
import pytest

from mnist_study.nets.classifiers import build_classifier
from mnist_study.scripts.evaluate_noise_level import score
from mnist_study.seeding import derive_seed

pytestmark = [pytest.mark.tensorflow, pytest.mark.usefixtures("device")]


@pytest.fixture
def classifier():
    """A classifier that predicts class k for an image whose pixel k is white."""
    model = build_classifier([], None, 0.1, derive_seed(1))
    model.layers[-1].kernel.assign(np.eye(784, 10))
    return model


def test_score_is_the_accuracy_and_who_was_taken_for_whom(classifier):
    labels = np.array([0, 0, 0, 4, 9], np.uint8)
    seen = [0, 0, 7, 4, 4]
    result = score(classifier, np.eye(784, dtype=np.float32)[seen], labels)
    assert result["accuracy"] == 0.6
    confusion = np.array(result["confusion"])
    assert confusion.shape == (10, 10)
    assert {(true, predicted): confusion[true, predicted] for true, predicted in np.argwhere(confusion)} == {
        (0, 0): 2,
        (0, 7): 1,
        (4, 4): 1,
        (9, 4): 1,
    }
