from argparse import Namespace

import numpy as np
import pytest

from mnist_study.data.datasets import flatten_images, write_dataset
from mnist_study.data.protocols import mark_held_out
from mnist_study.nets.autoencoders import build_autoencoder, split_autoencoder
from mnist_study.nets.classifiers import build_classifier
from mnist_study.nets.prediction import predict
from mnist_study.run.jobs import Job
from mnist_study.scripts import sample_decoder
from mnist_study.scripts.sample_decoder import draw_latents, walk_latents
from mnist_study.seeding import derive_seed

pytestmark = pytest.mark.tensorflow

SAMPLES = 4000
MEAN = np.array([20.0, 30.0, 25.0])
COVARIANCE = np.array([[4.0, 2.0, 0.0], [2.0, 9.0, -1.0], [0.0, -1.0, 1.0]])


@pytest.fixture(scope="module")
def codes():
    """Latent vectors far above zero: setting negative values to zero does not change their statistics."""
    return np.random.default_rng(0).multivariate_normal(MEAN, COVARIANCE, 50000).astype(np.float32)


def draw(codes, seed=1):
    return draw_latents(codes, SAMPLES, np.random.default_rng(seed))


def test_latents_are_as_the_latent_layer_makes_them(codes):
    for latents in draw(np.maximum(codes - MEAN, 0)).values():
        assert latents.shape == (SAMPLES, 3)
        assert latents.dtype == np.float32
        assert (latents >= 0).all()


def test_a_latent_layer_can_have_one_unit(codes):
    latents = draw(codes[:, :1])["fitted normal"]
    assert latents.shape == (SAMPLES, 1)
    assert abs(latents.std() - 2) < 4 * 2 / np.sqrt(2 * SAMPLES)


def test_latents_of_a_layer_with_negative_values_go_as_low_as_those(codes):
    """Such as with tanh. Half of the normal distribution with the mean 0 is below it."""
    for latents in draw(np.tanh(codes - MEAN)).values():
        assert latents.min() >= -1
        assert abs((latents < 0).mean() - 0.5) < 0.05


def test_standard_latents_are_half_zeros_and_the_positive_half_of_a_normal_distribution(codes):
    """The positive half of a standard normal distribution has the mean sqrt(2 / pi) and the variance 1 - 2 / pi."""
    latents = draw(codes)["standard normal"]
    assert abs((latents == 0).mean() - 0.5) < 4 * np.sqrt(0.25 / latents.size)
    positive = latents[latents > 0]
    assert abs(positive.mean() - np.sqrt(2 / np.pi)) < 4 * np.sqrt((1 - 2 / np.pi) / positive.size)


def test_fitted_latents_have_the_mean_and_the_covariance_of_the_codes(codes):
    latents = draw(codes)["fitted normal"].astype(float)
    assert (abs(latents.mean(axis=0) - MEAN) < 4 * np.sqrt(np.diag(COVARIANCE) / SAMPLES)).all()
    # The variance of a sample covariance of normal variables is (c_ii c_jj + c_ij²) / n.
    spread = np.sqrt((np.outer(np.diag(COVARIANCE), np.diag(COVARIANCE)) + COVARIANCE**2) / SAMPLES)
    assert (abs(np.cov(latents, rowvar=False) - COVARIANCE) < 4 * spread).all()


def test_a_latent_unit_that_is_always_zero_stays_so(codes):
    dead = codes * np.array([1, 0, 1], np.float32)
    assert abs(draw(dead)["fitted normal"][:, 1]).max() < 1e-6


def test_the_same_seed_gives_the_same_latents_and_another_seed_others(codes):
    first, same, other = draw(codes), draw(codes), draw(codes, seed=2)
    for name in first:
        np.testing.assert_array_equal(first[name], same[name])
        assert not np.array_equal(first[name], other[name])


def test_a_walk_goes_straight_from_one_latent_vector_to_the_other_in_even_steps():
    start, end = np.array([0, 2, 1], np.float32), np.array([1, 0, 1], np.float32)
    positions, latents = walk_latents(start, end)
    assert positions.tolist() == pytest.approx([step / 10 for step in range(11)])
    assert latents.dtype == np.float32
    np.testing.assert_array_equal(latents[[0, -1]], [start, end])
    np.testing.assert_allclose(np.diff(latents, axis=0), np.tile((end - start) / 10, (10, 1)), atol=1e-6)


@pytest.mark.usefixtures("device")
@pytest.mark.parametrize("validation", ["test", 2])
def test_latents_are_fitted_to_the_images_that_the_autoencoder_was_trained_on(
    validation, few_images, tmp_path, monkeypatch
):
    autoencoder = build_autoencoder({"encoder": [4, 3], "decoder": [4]}, derive_seed(1), derive_seed(2))
    models = {
        "autoencoder": autoencoder,
        "classifier": build_classifier([], None, derive_seed(1), derive_seed(2)),
    }
    fitted = []

    def note(codes, *arguments):
        fitted.append(codes)
        return draw_latents(codes, *arguments)

    monkeypatch.setattr(sample_decoder, "load_model", models.get)
    monkeypatch.setattr(sample_decoder, "draw_latents", note)
    write_dataset(tmp_path / "mnist.npz", few_images)
    arguments = Namespace(
        **{"threads": 1, "device": "auto", "dataset": tmp_path / "mnist.npz"},
        **{name: name for name in models},
        **{name: tmp_path / f"{name}.npz" for name in ("images", "walk")},
    )
    settings = {"seed": 7, "dataset": "mnist", "validation": validation, "samples": 2, "walk": {"from": 3, "to": 8}}
    sample_decoder.main(Job(arguments, settings, {}, {}, {}))
    kept = few_images.train_images[~mark_held_out(few_images.train_labels, validation, 7)]
    assert len(kept) == (5 if validation == "test" else 3)
    [codes] = fitted
    encoder, _ = split_autoencoder(autoencoder)
    np.testing.assert_array_equal(codes, predict(encoder, flatten_images(kept)))
    with np.load(arguments.images) as images:
        assert images["images"].shape == (2, 2, 28, 28, 1)
        assert images["classes"].tolist() == [str(digit) for digit in range(10)]
