import numpy as np
import pytest

from mnist_study.nets.augmentation import make_draw_images, transform_images
from mnist_study.seeding import derive_seed

pytestmark = [pytest.mark.tensorflow, pytest.mark.usefixtures("device")]

TRANSFORMS, NOISE = derive_seed(1, "transforms"), derive_seed(1, "noise")


class Drawn:
    """A generator that draws these amounts for every image: right, down, turn, growth."""

    def __init__(self, *amounts):
        self.amounts = amounts

    def uniform(self, low, high, shape):
        assert (low, high) == (-1, 1)
        return np.repeat(np.array(self.amounts, float)[:, None], shape[1], axis=1)


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (5, 9, 7, 3), np.uint8)


def test_nothing_drawn_leaves_the_images_as_they_are(images):
    moved = transform_images(images, 2, 10, 0.1, Drawn(0, 0, 0, 0))
    assert moved.dtype == np.float32
    np.testing.assert_allclose(moved, images / 255, atol=1e-6)


def test_a_shift_moves_an_image_by_so_many_pixels_and_fills_with_black(images):
    moved = transform_images(images, 2, 0, 0, Drawn(-1, 0.5, 0, 0))
    np.testing.assert_allclose(moved[:, :-1, 2:], images[:, 1:, :-2] / 255, atol=1e-6)
    assert not moved[:, :, :2].any() and not moved[:, -1:].any()


def test_a_rotation_by_90_degrees_turns_a_square_image():
    square = np.random.default_rng(0).random((2, 8, 8, 1), np.float32)
    turned = transform_images(square, 0, 90, 0, Drawn(0, 0, 1, 0))
    np.testing.assert_allclose(turned, np.rot90(square, axes=(1, 2)), atol=1e-5)


def test_a_zoom_makes_an_image_larger_about_its_centre():
    image = np.zeros((1, 41, 41, 1), np.float32)
    image[0, 11:30, 11:30] = 1
    larger, smaller = (transform_images(image, 0, 0, 0.5, Drawn(0, 0, 0, growth)) for growth in (1, -1))
    assert larger.sum() == pytest.approx(19**2 * 1.5**2, rel=0.1)
    assert smaller.sum() == pytest.approx(19**2 * 0.5**2, rel=0.2)
    np.testing.assert_allclose(larger[0, ::-1, ::-1], larger[0], atol=1e-5)


def test_amounts_are_uniform_and_differ_between_images():
    dots = np.zeros((2000, 21, 21, 1), np.float32)
    dots[:, 10, 10] = 1
    moved = transform_images(dots, 4, 0, 0, np.random.default_rng(3))[..., 0]
    places = np.stack([(moved.sum(axis=axis) * np.arange(21)).sum(axis=1) - 10 for axis in (1, 2)])
    # Uniform on [-4, 4]: mean 0, variance 64 / 12. Interpolated bilinearly, a dot keeps its centre of mass.
    assert np.abs(places).max() <= 4 + 1e-3
    np.testing.assert_allclose(places.mean(axis=1), 0, atol=4 * np.sqrt(64 / 12 / 2000))
    np.testing.assert_allclose(places.var(axis=1), 64 / 12, rtol=0.1)
    assert abs(np.corrcoef(places)[0, 1]) < 0.1


@pytest.mark.parametrize("shift", [0, 0.001], ids=["bytes", "floats"])
def test_the_share_of_replaced_pixels_of_an_image_is_its_level(shift):
    gray = np.full((200, 28, 28, 1), 128, np.uint8)
    drawn = make_draw_images(gray, {"training_noise": [0.0, 0.8], "shift": shift}, TRANSFORMS, NOISE)(0)
    white = 255 if drawn.dtype == np.uint8 else 1
    replaced = ((drawn == 0) | (drawn == white))[:, 1:-1, 1:-1].mean(axis=(1, 2, 3))
    assert replaced.mean() == pytest.approx(0.4, abs=4 * np.sqrt(0.64 / 12 / 200))
    assert replaced.std() == pytest.approx(0.8 / np.sqrt(12), rel=0.15)
    assert (drawn == white).sum() / ((drawn == white) | (drawn == 0)).sum() == pytest.approx(0.5, abs=0.02)


def test_training_noise_is_of_the_kind_of_the_study():
    grey = np.full((50, 28, 28, 1), 128, np.uint8)
    plain, drawn = (
        make_draw_images(grey, {"training_noise": 0.1} | kind, TRANSFORMS, NOISE)(0)
        for kind in ({}, {"noise": "gaussian"})
    )
    assert set(np.unique(plain)) == {0, 128, 255}
    # Level 0.1 is a standard deviation of 25.5 in bytes, and so hardly a pixel is clipped.
    assert drawn.std() == pytest.approx(25.5, rel=0.02)


@pytest.mark.parametrize("recipe", [{"shift": 2.0}, {"training_noise": 0.4}])
def test_what_an_epoch_draws_depends_on_the_seed_and_the_epoch_alone(recipe, images):
    draw, again = (make_draw_images(images, recipe, TRANSFORMS, NOISE) for _ in range(2))
    second = draw(1)
    np.testing.assert_array_equal(again(1), second)
    assert not np.array_equal(again(0), second)
    other = make_draw_images(images, recipe, derive_seed(2, "transforms"), derive_seed(2, "noise"))
    assert not np.array_equal(other(1), second)


def test_images_that_stay_the_same_are_not_drawn(images):
    assert make_draw_images(images, {"momentum": 0.9}, TRANSFORMS, NOISE) is None


def test_images_are_transformed_in_chunks_as_in_one_piece(monkeypatch):
    images = np.random.default_rng(0).random((50, 8, 8, 1), np.float32)
    whole = transform_images(images, 2, 10, 0.1, np.random.default_rng(1))
    monkeypatch.setattr("mnist_study.nets.augmentation.CHUNK", 7)
    np.testing.assert_array_equal(transform_images(images, 2, 10, 0.1, np.random.default_rng(1)), whole)
