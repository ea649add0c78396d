"""Test how one replicate with one denoiser is scored at one noise level."""

import json
from argparse import Namespace

import numpy as np
import pytest

from mnist_study.data.datasets import flatten_images, write_dataset
from mnist_study.data.filters import apply_filter
from mnist_study.data.noise import draw_noisy_images
from mnist_study.nets.autoencoders import build_autoencoder
from mnist_study.nets.classifiers import build_classifier
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


SETTINGS = {"seed": 7, "dataset": "mnist", "classifier": "mlp", "level": 0.5, "replicate": 2}
CONV = {"encoder": [{"conv": {"filters": 2, "padding": "same"}}], "decoder": []}


@pytest.fixture
def evaluate(classifier, few_images, tmp_path, monkeypatch):
    """Give a function that evaluates a denoiser, and returns the metrics and the images that were scored."""
    write_dataset(tmp_path / "mnist.npz", few_images)

    def run(settings, autoencoder=None):
        scored = []

        def note(model, images, labels):
            scored.append(images)
            np.testing.assert_array_equal(labels, few_images.test_labels)
            return score(model, images, labels)

        arguments = Namespace(
            **{"threads": 1, "device": "auto", "dataset": tmp_path / "mnist.npz", "metrics": tmp_path / "level.json"},
            classifier="classifier",
            autoencoder=["autoencoder"] if autoencoder else [],
        )
        with monkeypatch.context() as patch:
            patch.setattr(
                evaluate_noise_level, "load_model", {"classifier": classifier, "autoencoder": autoencoder}.get
            )
            patch.setattr(evaluate_noise_level, "score", note)
            reasons = list_reasons("evaluate_noise_level", settings)
            evaluate_noise_level.main(Job(arguments, settings, reasons, {}, {}))
        return json.loads(arguments.metrics.read_text()), *scored

    return run


def draw(images, kind="salt_and_pepper", replicate=2):
    return draw_noisy_images(images.test_images[..., None], 0.5, 7, "test", replicate, kind)


@pytest.mark.parametrize("replicate", [1, 2])
def test_without_a_denoiser_a_replicate_is_scored_on_its_own_noise(evaluate, few_images, replicate):
    _, images = evaluate(SETTINGS | {"denoiser": "none", "replicate": replicate})
    np.testing.assert_array_equal(images, flatten_images(draw(few_images, replicate=replicate)))


def test_a_filter_denoises_by_its_settings(evaluate, few_images):
    median = {"filter": "median", "size": 5}
    metrics, images = evaluate(SETTINGS | {"denoiser": "wide", "filter": median})
    np.testing.assert_array_equal(images, flatten_images(apply_filter(draw(few_images), median)))
    assert metrics["weights"].keys() == {"mlp"}


@pytest.mark.parametrize("layers", [{"encoder": [8], "decoder": []}, CONV], ids=["vectors", "images"])
def test_an_autoencoder_denoises_in_the_shape_that_it_takes(evaluate, few_images, layers):
    autoencoder = build_autoencoder(layers, derive_seed(1), derive_seed(2))
    _, images = evaluate(SETTINGS | {"denoiser": "deep"}, autoencoder)
    noisy = flatten_images(draw(few_images)).reshape(-1, *autoencoder.input_shape[1:])
    np.testing.assert_allclose(images, np.asarray(autoencoder(noisy)).reshape(3, 784), rtol=1e-5)


def test_the_noise_is_of_the_kind_of_the_settings(evaluate, few_images):
    _, images = evaluate(SETTINGS | {"denoiser": "none", "noise": "gaussian"})
    np.testing.assert_array_equal(images, flatten_images(draw(few_images, "gaussian")))


def test_the_metrics_name_the_cell_and_the_models(evaluate, classifier):
    autoencoder = build_autoencoder({"encoder": [8], "decoder": []}, derive_seed(1), derive_seed(2))
    metrics, _ = evaluate(SETTINGS | {"denoiser": "deep"}, autoencoder)
    load_validator("evaluate_noise_level")(metrics)
    cell = {"classifier": "mlp", "denoiser": "deep", "level": 0.5, "replicate": 2, "seed": 7}
    assert {key: metrics[key] for key in cell} == cell
    assert metrics["weights"] == {"mlp": digest_weights(classifier), "deep": digest_weights(autoencoder)}
    assert np.sum(metrics["confusion"]) == 3
