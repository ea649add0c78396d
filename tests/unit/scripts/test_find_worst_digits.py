from argparse import Namespace

import numpy as np
import pytest

from mnist_study.data.datasets import flatten_images, write_dataset
from mnist_study.nets.classifiers import build_classifier
from mnist_study.nets.prediction import classify
from mnist_study.run.jobs import Job
from mnist_study.scripts import find_worst_digits as script
from mnist_study.scripts.find_worst_digits import SHOWN, find_worst_digits
from mnist_study.seeding import derive_seed
from tests.unit.conftest import make_probabilities

pytestmark = pytest.mark.tensorflow


def test_the_surest_mistake_comes_first_and_right_classes_are_left_out():
    probabilities = make_probabilities({4: 1.0}, {4: 0.6, 9: 0.4}, {4: 0.9, 9: 0.1}, {4: 0.8, 9: 0.2})
    assert find_worst_digits(np.array([4, 9, 9, 9]), probabilities).tolist() == [2, 3, 1]


def test_of_equal_confidence_the_less_probable_truth_comes_first_then_the_lower_index():
    probabilities = make_probabilities({4: 0.5, 9: 0.5 - 0.25, 1: 0.25}, {4: 0.5, 9: 0.125}, {4: 0.5, 9: 0.125})
    assert find_worst_digits(np.array([9, 9, 9]), probabilities).tolist() == [1, 2, 0]


def test_there_are_no_more_than_can_be_shown():
    count = SHOWN + 5
    probabilities = make_probabilities(*[{4: 0.9, 9: 0.1}] * count)
    assert find_worst_digits(np.full(count, 9), probabilities).tolist() == list(range(SHOWN))


def test_without_a_mistake_there_is_none():
    assert find_worst_digits(np.array([4, 9]), make_probabilities({4: 1.0}, {9: 1.0})).tolist() == []


@pytest.mark.usefixtures("device")
def test_the_images_come_with_what_the_classifier_makes_of_them_and_all_are_counted(few_images, tmp_path, monkeypatch):
    classifier = build_classifier([], None, derive_seed(1), derive_seed(2))
    monkeypatch.setattr(script, "load_model", lambda path: classifier)
    write_dataset(tmp_path / "mnist.npz", few_images)
    arguments = Namespace(
        threads=1, device="auto", dataset=tmp_path / "mnist.npz", classifier=None, images=tmp_path / "worst.npz"
    )
    script.main(Job(arguments, {"dataset": "mnist"}, {}, {}, {}))
    with np.load(tmp_path / "worst.npz") as worst:
        worst = dict(worst)
    images = flatten_images(few_images.test_images)
    assert worst["images"].shape[1:] == (28, 28, 1)
    np.testing.assert_array_equal(worst["images"].reshape(-1, 784), images[worst["indices"]])
    np.testing.assert_array_equal(worst["labels"], few_images.test_labels[worst["indices"]])
    np.testing.assert_allclose(worst["probabilities"], classify(classifier, worst["images"]), rtol=1e-5)
    assert worst["confusion"].sum() == 3
    assert len(worst["indices"]) == 3 - np.trace(worst["confusion"]) > 0
