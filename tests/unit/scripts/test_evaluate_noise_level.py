"""Test how one replicate is scored at one noise level."""

import json
from argparse import Namespace

import numpy as np
import pytest

from mnist_study.data.datasets import flatten_images, write_dataset
from mnist_study.data.noise import draw_noisy_images
from mnist_study.nets.autoencoders import build_autoencoder
from mnist_study.nets.classifiers import build_classifier
from mnist_study.nets.prediction import predict
from mnist_study.nets.trained_models import digest_weights
from mnist_study.run.jobs import Job
from mnist_study.scripts import evaluate_noise_level
from mnist_study.scripts.evaluate_noise_level import score
from mnist_study.seeding import derive_seed
from mnist_study.trust.metrics_reader import load_validator
from mnist_study.trust.reasons import list_reasons

pytestmark = [pytest.mark.tensorflow, pytest.mark.usefixtures("device")]


@pytest.fixture
def classifier():
    """A classifier that predicts class k for an image whose pixel k is white."""
    model = build_classifier([], None, derive_seed(1), derive_seed(2))
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


@pytest.fixture
def evaluate(classifier, few_images, tmp_path, monkeypatch):
    """Give the two models, and `run`, which evaluates a replicate at level 0.5.

    It returns the metrics and the images that were scored.
    """
    autoencoder = build_autoencoder([8], [], 0.001, derive_seed(1))
    models = {"classifier": classifier, "autoencoder": autoencoder}
    monkeypatch.setattr(evaluate_noise_level, "load_model", models.get)
    write_dataset(tmp_path / "mnist.npz", few_images)

    def run(replicate):
        scored = []

        def note(model, images, labels):
            scored.append(images)
            np.testing.assert_array_equal(labels, few_images.test_labels)
            return score(model, images, labels)

        settings = {"seed": 7, "dataset": "mnist", "classifier": "mlp", "level": 0.5, "replicate": replicate}
        arguments = Namespace(
            **{"threads": 1, "device": "auto", "dataset": tmp_path / "mnist.npz", "metrics": tmp_path / "level.json"},
            **{name: name for name in models},
        )
        with monkeypatch.context() as patch:
            patch.setattr(evaluate_noise_level, "score", note)
            reasons = list_reasons("evaluate_noise_level", settings)
            evaluate_noise_level.main(Job(arguments, settings, reasons, {}, {}))
        return json.loads(arguments.metrics.read_text()), scored

    return Namespace(run=run, **models)


def test_a_replicate_is_scored_on_its_own_noise_and_on_what_its_autoencoder_makes_of_it(evaluate, few_images):
    for replicate in (1, 2):
        _, (noisy, denoised) = evaluate.run(replicate)
        drawn = draw_noisy_images(few_images.test_images, 0.5, 7, "test", replicate)
        np.testing.assert_array_equal(noisy, flatten_images(drawn))
        np.testing.assert_allclose(denoised, predict(evaluate.autoencoder, noisy), rtol=1e-6)


def test_the_metrics_name_the_replicate_and_the_models(evaluate):
    metrics, _ = evaluate.run(2)
    load_validator("evaluate_noise_level")(metrics)
    assert (metrics["level"], metrics["replicate"], metrics["seed"]) == (0.5, 2, 7)
    assert metrics["weights"] == {
        "classifier": digest_weights(evaluate.classifier),
        "autoencoder": digest_weights(evaluate.autoencoder),
    }
    assert np.sum(metrics["noisy"]["confusion"]) == np.sum(metrics["denoised"]["confusion"]) == 3
