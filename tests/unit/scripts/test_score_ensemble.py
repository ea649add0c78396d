"""Test how the replicates of a classifier are scored together."""

import json
from argparse import Namespace

import numpy as np
import pytest

from mnist_study.data.datasets import flatten_images, write_dataset
from mnist_study.nets.classifiers import build_classifier
from mnist_study.nets.prediction import classify
from mnist_study.nets.trained_models import digest_weights
from mnist_study.run.jobs import Job
from mnist_study.scripts import score_ensemble
from mnist_study.scripts.score_ensemble import count_correct
from mnist_study.seeding import derive_seed
from mnist_study.trust.metrics_reader import load_validator
from mnist_study.trust.reasons import list_reasons
from tests.unit.conftest import make_probabilities

pytestmark = pytest.mark.tensorflow


def test_the_class_with_the_highest_mean_probability_counts():
    """Two of three answer four, but the third one is so sure of nine that nine has the higher mean."""
    votes = [make_probabilities({4: 0.6, 9: 0.4}), make_probabilities({4: 0.6, 9: 0.4}), make_probabilities({9: 1.0})]
    assert count_correct(votes, np.array([9])) == 1
    assert count_correct(votes, np.array([4])) == 0


def test_an_ensemble_can_be_right_more_often_than_each_of_its_members():
    """Each member is wrong on another image, and less sure there."""
    right, wrong = {0: 0.9, 1: 0.1}, {0: 0.4, 1: 0.6}
    members = [
        make_probabilities(*(wrong if image == mistaken else right for image in range(3))) for mistaken in range(3)
    ]
    labels = np.zeros(3, np.uint8)
    assert [count_correct([member], labels) for member in members] == [2, 2, 2]
    assert count_correct(members, labels) == 3


@pytest.mark.usefixtures("device")
def test_the_ensemble_of_the_given_models_is_scored_on_the_test_images(few_images, tmp_path, monkeypatch):
    models = {
        tmp_path / f"replicate~{seed}.keras": build_classifier([], 0, derive_seed(seed), derive_seed(0))
        for seed in (1, 2)
    }
    monkeypatch.setattr(score_ensemble, "load_model", models.get)
    write_dataset(tmp_path / "mnist.npz", few_images)
    settings = {"seed": 7, "dataset": "mnist", "classifier": "softmax", "setting": {}, "replicates": [1, 2]}
    arguments = Namespace(
        threads=1,
        device="auto",
        dataset=tmp_path / "mnist.npz",
        models=list(models),
        metrics=tmp_path / "ensemble.json",
    )
    reasons = list_reasons("score_ensemble", settings)
    score_ensemble.main(Job(arguments, settings, reasons, {}, {}))
    metrics = json.loads(arguments.metrics.read_text())
    load_validator("score_ensemble")(metrics)
    images = flatten_images(few_images.test_images)
    mean = sum(classify(model, images) for model in models.values()) / 2
    assert metrics == {
        **{key: settings[key] for key in ("classifier", "setting", "replicates", "seed")},
        "correct": int((mean.argmax(axis=1) == few_images.test_labels).sum()),
        "total": 3,
        "weights": [digest_weights(model) for model in models.values()],
        "reasons": reasons,
    }
