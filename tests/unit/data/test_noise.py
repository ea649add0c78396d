"""Test noise by its statistics.

The standard deviation of a share of n pixels with probability p is sqrt(p (1 - p) / n), that of the mean of n numbers
with standard deviation s is s / sqrt(n), and that of their standard deviation, if they are normal, s / sqrt(2 n).
"""

from hashlib import sha256

import numpy as np
import pytest

from mnist_study.data import noise
from mnist_study.data.noise import KINDS, add_salt_and_pepper, draw_levels, draw_noise, draw_noisy_images
from mnist_study.seeding import derive_seed

N = 100 * 784
SEED = 11


@pytest.fixture
def grey():
    """Images without black and white pixels. So each replaced pixel can be recognized."""
    return np.random.default_rng(0).integers(1, 255, (100, 784), np.uint8)


def add_noise(images, level, seed=SEED):
    return add_salt_and_pepper(images, level, np.random.default_rng(seed))


def add_gaussian(images, level, seed=SEED):
    return noise.add_noise(images, level, "gaussian", np.random.default_rng(seed))


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


def test_salt_and_pepper_noise_has_the_bits_of_version_2(grey):
    digest = "35eccea9b114c07e303d7c9215093d3a480870a34774b7c67b385c8f47ea8ac1"
    assert sha256(draw_noisy_images(grey, 0.4, SEED, "test", 1).tobytes()).hexdigest() == digest
    named = noise.add_noise(grey, 0.4, "salt_and_pepper", np.random.default_rng(SEED))
    np.testing.assert_array_equal(named, add_noise(grey, 0.4))


@pytest.fixture
def middle():
    """Images whose pixels are so far from black and white that noise of level 0.1 clips none of them."""
    return np.random.default_rng(0).uniform(0.49, 0.51, (100, 784)).astype(np.float32)


@pytest.mark.parametrize("level", [0.02, 0.08])
def test_gaussian_noise_has_the_mean_0_and_the_level_as_standard_deviation(middle, level):
    added = add_gaussian(middle, level) - middle
    assert abs(added.mean()) < 4 * level / np.sqrt(N)
    assert abs(added.std() - level) < 4 * level / np.sqrt(2 * N)


def test_gaussian_noise_on_bytes_has_the_level_as_standard_deviation_of_pixels_from_0_to_1():
    added = (add_gaussian(np.full((100, 784), 128, np.uint8), 0.1) / 255) - 128 / 255
    rounding = 1 / 255 / np.sqrt(12)
    assert abs(added.mean()) < 4 * 0.1 / np.sqrt(N)
    assert abs(added.std() - np.hypot(0.1, rounding)) < 4 * 0.1 / np.sqrt(2 * N)


def test_bytes_are_the_rounded_noisy_floats():
    grey = np.random.default_rng(0).integers(0, 256, (100, 784), np.uint8)
    floats = add_gaussian(grey.astype(np.float32) / np.float32(255), 0.3)
    apart = np.abs(add_gaussian(grey, 0.3) - 255 * floats.astype(float))
    assert apart.max() < 0.501


@pytest.mark.parametrize("white", [np.uint8(255), np.float32(1)], ids=["bytes", "floats"])
def test_gaussian_noise_is_clipped_to_black_and_white(white):
    for pixel in (0, white):
        noisy = add_gaussian(np.full((100, 784), pixel, white.dtype), 0.2)
        assert noisy.dtype == white.dtype
        assert noisy.min() >= 0 and noisy.max() <= white
        # Half of the noise points out of the range. On bytes, so do the numbers that are rounded to the edge.
        rounded = 0.5 / 255 / 0.2 / np.sqrt(2 * np.pi) if white == 255 else 0
        assert_share((noisy == pixel).mean(), 0.5 + rounded, N)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_gaussian_noise_of_level_0_is_the_identity(grey, dtype):
    images = grey if dtype == np.uint8 else grey.astype(dtype) / dtype(255)
    np.testing.assert_array_equal(add_gaussian(images, 0), images)


def test_gaussian_noise_of_all_levels_is_the_same_numbers_scaled(middle):
    low, high = (add_gaussian(middle, level) - middle for level in (0.02, 0.04))
    np.testing.assert_allclose(high, 2 * low, atol=1e-6)


def test_gaussian_noise_of_pixels_images_and_channels_is_independent():
    added = add_gaussian(np.full((200, 28, 28, 3), 0.5, np.float32), 0.05) - 0.5
    pairs = [
        (added[:-1], added[1:]),
        (added[:, :, :-1], added[:, :, 1:]),
        (added[:, :-1], added[:, 1:]),
        (added[..., 0], added[..., 1]),
    ]
    for one, other in pairs:
        assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 4 / np.sqrt(one.size)


@pytest.mark.parametrize("kind", KINDS)
def test_each_image_can_have_a_level_of_its_own(kind):
    images = np.full((2, 28, 28, 1), 128, np.uint8)
    levels = np.array([0, 0.5])[:, None, None, None]
    untouched, noisy = noise.add_noise(images, levels, kind, np.random.default_rng(SEED))
    np.testing.assert_array_equal(untouched, images[0])
    np.testing.assert_array_equal(noisy, noise.add_noise(images, 0.5, kind, np.random.default_rng(SEED))[1])


@pytest.mark.parametrize("kind", KINDS)
def test_noise_leaves_the_images_themselves_and_their_shape_alone(kind, grey):
    before = grey.copy()
    noisy = noise.add_noise(grey, 0.9, kind, np.random.default_rng(SEED))
    np.testing.assert_array_equal(grey, before)
    assert (noisy.shape, noisy.dtype) == (grey.shape, grey.dtype)


def test_noise_levels_are_the_one_or_uniform_in_the_range():
    rng = np.random.default_rng(1)
    assert set(draw_levels(0.3, 10, rng).ravel()) == {0.3}
    levels = draw_levels([0.2, 0.8], 5000, rng)
    assert levels.shape == (5000, 1, 1, 1)
    assert levels.min() >= 0.2 and levels.max() < 0.8
    assert levels.mean() == pytest.approx(0.5, abs=4 * np.sqrt(0.36 / 12 / 5000))


@pytest.mark.parametrize(
    "draw",
    [
        lambda images: draw_noisy_images(images, [0.0, 0.8], SEED, "training", 1),
        lambda images: draw_noise(images, [0.0, 0.8], "salt_and_pepper", derive_seed(SEED)),
    ],
    ids=["once", "an epoch"],
)
def test_the_share_of_replaced_pixels_of_an_image_is_its_level_from_the_range(draw):
    grey = np.full((200, 28, 28, 1), 128, np.uint8)
    shares = (draw(grey) != grey).mean(axis=(1, 2, 3))
    assert shares.mean() == pytest.approx(0.4, abs=4 * 0.8 / np.sqrt(12 * 200))
    # The variance of the levels, and that of the share of 784 pixels at these levels.
    assert shares.std() == pytest.approx(np.sqrt(0.8**2 / 12 + 0.16 / 784), rel=0.15)


def test_noise_drawn_at_a_range_is_that_of_one_level_on_the_images_that_have_that_level():
    grey = np.full((200, 28, 28, 1), 128, np.uint8)
    ranged = draw_noisy_images(grey, [0.2, 0.6], SEED, "training", 1) != grey
    lowest, highest = (draw_noisy_images(grey, level, SEED, "training", 1) != grey for level in (0.2, 0.6))
    assert (ranged[lowest]).all() and not ranged[~highest].any()


def test_a_range_draws_other_levels_for_another_seed_set_and_replicate():
    grey = np.full((50, 28, 28, 1), 128, np.uint8)
    drawn = [(SEED, "training", 1), (SEED + 1, "training", 1), (SEED, "test", 1), (SEED, "training", 2)]
    shares = [(draw_noisy_images(grey, [0.0, 1.0], *which) != grey).mean(axis=(1, 2, 3)) for which in drawn]
    correlations = np.corrcoef(shares)[0, 1:]
    assert np.abs(correlations).max() < 4 / np.sqrt(50)
    again = (draw_noisy_images(grey, [0.0, 1.0], SEED, "training", 1) != grey).mean(axis=(1, 2, 3))
    np.testing.assert_array_equal(again, shares[0])
