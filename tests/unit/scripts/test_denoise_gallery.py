import numpy as np
import pytest

from mnist_study.data.datasets import flatten_images
from mnist_study.data.filters import apply_filter
from mnist_study.data.noise import draw_noisy_images
from mnist_study.nets.autoencoders import build_autoencoder
from mnist_study.nets.classifiers import build_classifier
from mnist_study.scripts.denoise_gallery import denoise_levels, draw_gallery
from mnist_study.seeding import derive_seed

pytestmark = [pytest.mark.tensorflow, pytest.mark.usefixtures("device")]

SETTINGS = {"levels": [0, 0.5, 1], "seed": 7}
CHOSEN = [3, 1]
MEDIAN = {"filter": "median", "size": 3}


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).integers(1, 255, (6, 28, 28, 1), np.uint8)


@pytest.fixture(scope="module")
def autoencoder(device):
    return build_autoencoder({"encoder": [8], "decoder": [8]}, derive_seed(1), derive_seed(2))


@pytest.fixture(scope="module")
def gallery(autoencoder, images):
    classifier = build_classifier([{"dense": 8}], None, derive_seed(1), derive_seed(2))
    return denoise_levels(classifier, [MEDIAN, autoencoder], draw_gallery(images, CHOSEN, SETTINGS))


def test_there_is_an_image_for_each_denoiser_level_and_class(gallery):
    assert {name: values.shape for name, values in gallery.items()} == {
        "noisy": (3, 2, 28, 28, 1),
        "denoised": (2, 3, 2, 28, 28, 1),
        "noisy_probabilities": (3, 2, 10),
        "denoised_probabilities": (2, 3, 2, 10),
    }


def test_level_0_shows_the_chosen_images_themselves(gallery, images):
    np.testing.assert_array_equal(gallery["noisy"][0].reshape(2, 784), flatten_images(images[CHOSEN]))


@pytest.mark.parametrize("kind", ["salt_and_pepper", "gaussian"])
def test_the_images_shown_are_those_that_replicate_1_is_scored_on(images, kind):
    drawn = draw_gallery(images, CHOSEN, SETTINGS | {"noise": kind})
    for level, shown in zip(SETTINGS["levels"], drawn, strict=True):
        np.testing.assert_array_equal(shown, draw_noisy_images(images, level, 7, "test", 1, kind)[CHOSEN])


def test_under_each_noisy_image_is_what_each_denoiser_makes_of_it(gallery, autoencoder):
    filtered, restored = gallery["denoised"]
    for noisy, *denoised in zip(gallery["noisy"], filtered, restored, strict=True):
        np.testing.assert_array_equal(denoised[0], apply_filter(noisy, MEDIAN))
        np.testing.assert_allclose(denoised[1].reshape(2, 784), autoencoder(noisy.reshape(2, 784)), rtol=1e-5)


def test_each_image_has_probabilities_of_its_own(gallery):
    for name in ("noisy_probabilities", "denoised_probabilities"):
        np.testing.assert_allclose(gallery[name].sum(axis=-1), 1, rtol=1e-5)
    rows = [gallery["noisy_probabilities"], *gallery["denoised_probabilities"]]
    assert not any(np.allclose(rows[first], rows[second]) for first, second in ((0, 1), (0, 2), (1, 2)))
