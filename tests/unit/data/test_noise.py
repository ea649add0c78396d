"""Test salt-and-pepper noise by its statistics.

The standard deviation of a share of n pixels with probability p is sqrt(p (1 - p) / n).
"""

import numpy as np
import pytest

from mnist_study.data.noise import add_salt_and_pepper, draw_noisy_images

N = 100 * 784
SEED = 11


@pytest.fixture
def grey():
    """Images without black and white pixels. So each replaced pixel can be recognized."""
    return np.random.default_rng(0).integers(1, 255, (100, 784), np.uint8)


def add_noise(images, level, seed=SEED):
    return add_salt_and_pepper(images, level, np.random.default_rng(seed))


def assert_share(found, expected, n):
    assert abs(found - expected) < 4 * np.sqrt(expected * (1 - expected) / n)


def test_level_0_is_the_identity(grey):
    np.testing.assert_array_equal(add_noise(grey, 0), grey)


@pytest.mark.parametrize("drawn, level", [(0, 0), (1 - 2**-24, 1)])
def test_the_ends_of_the_scale_hold_for_the_rarest_draws(grey, drawn, level):
    """One in 16 million draws is exactly 0. The training images have 47 million pixels, and so it happens."""

    class Drawn:
        def random(self, shape, dtype):
            return np.full(shape, drawn, dtype)

    assert (add_salt_and_pepper(grey, level, Drawn()) != grey).mean() == level


def test_level_1_leaves_nothing_but_black_and_white_in_halves(grey):
    noisy = add_noise(grey, 1)
    assert set(np.unique(noisy)) == {0, 255}
    assert_share((noisy == 255).mean(), 0.5, N)


def test_level_1_is_the_same_whatever_the_image(grey):
    np.testing.assert_array_equal(add_noise(grey, 1), add_noise(255 - grey, 1))


@pytest.mark.parametrize("level", [0.1, 0.3, 0.9])
def test_level_is_the_share_of_replaced_pixels_and_half_of_them_are_white(grey, level):
    noisy = add_noise(grey, level)
    replaced = noisy != grey
    assert_share(replaced.mean(), level, N)
    assert_share((noisy[replaced] == 255).mean(), 0.5, replaced.sum())


def test_replaced_pixels_are_black_or_white(grey):
    noisy = add_noise(grey, 0.3)
    assert set(np.unique(noisy[noisy != grey])) == {0, 255}


def test_pixels_are_replaced_whatever_their_value(grey):
    np.testing.assert_array_equal(add_noise(grey, 0.3) != grey, add_noise(255 - grey, 0.3) != 255 - grey)


def test_each_image_gets_its_own_noise(grey):
    replaced = add_noise(grey, 0.3) != grey
    both = (replaced[:-1] & replaced[1:]).mean()
    assert_share(both, 0.09, N - 784)


def test_neighbouring_pixels_are_replaced_independently(grey):
    replaced = add_noise(grey, 0.3) != grey
    both = (replaced[:, :-1] & replaced[:, 1:]).mean()
    assert_share(both, 0.09, N - 100)


def test_a_higher_level_replaces_the_same_pixels_by_the_same_values_and_more(grey):
    low, high = add_noise(grey, 0.3), add_noise(grey, 0.6)
    replaced = low != grey
    np.testing.assert_array_equal(high[replaced], low[replaced])
    assert (high != grey).sum() > 1.8 * replaced.sum()


@pytest.mark.parametrize("shape", [(3, 784), (3, 28, 28)])
def test_shape_and_type_are_kept(shape):
    noisy = add_noise(np.full(shape, 128, np.uint8), 0.4)
    assert noisy.shape == shape
    assert noisy.dtype == np.uint8


def test_a_colour_pixel_is_replaced_in_all_channels_alike():
    images = np.full((50, 12, 10, 3), 128, np.uint8)
    noisy = add_noise(images, 0.3)
    assert (noisy == noisy[..., :1]).all()
    assert_share((noisy[..., 0] != 128).mean(), 0.3, 50 * 12 * 10)


def test_images_with_and_without_an_axis_of_one_channel_get_the_same_noise(grey):
    squares = grey.reshape(100, 28, 28)
    noisy = add_noise(squares[..., np.newaxis], 0.3)
    np.testing.assert_array_equal(noisy[..., 0], add_noise(squares, 0.3))
    np.testing.assert_array_equal(noisy.reshape(100, 784), add_noise(grey, 0.3))


def test_floats_are_replaced_by_0_and_1():
    noisy = add_noise(np.full((50, 12, 10, 3), 0.5, np.float32), 0.3)
    assert noisy.dtype == np.float32
    assert set(np.unique(noisy)) == {0, 0.5, 1}


def test_the_images_themselves_are_left_alone(grey):
    before = grey.copy()
    add_noise(grey, 1)
    np.testing.assert_array_equal(grey, before)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(grey):
    first = draw_noisy_images(grey, 0.4, SEED, "test", 1).tobytes()
    assert draw_noisy_images(grey, 0.4, SEED, "test", 1).tobytes() == first
    assert draw_noisy_images(grey, 0.4, SEED + 1, "test", 1).tobytes() != first


def test_training_and_test_images_get_unrelated_noise(grey):
    training, test = (draw_noisy_images(grey, 0.3, SEED, name, 1) != grey for name in ("training", "test"))
    assert_share((training & test).mean(), 0.09, N)


def test_two_replicates_get_unrelated_noise(grey):
    first, second = (draw_noisy_images(grey, 0.3, SEED, "test", replicate) != grey for replicate in (1, 2))
    assert_share((first & second).mean(), 0.09, N)


def test_all_levels_of_a_replicate_have_the_same_noise_and_a_higher_level_more_of_it(grey):
    low, high = (draw_noisy_images(grey, level, SEED, "test", 2) for level in (0.3, 0.6))
    replaced = low != grey
    np.testing.assert_array_equal(high[replaced], low[replaced])
    assert_share(replaced.mean(), 0.3, N)
    assert_share((high != grey).mean(), 0.6, N)
