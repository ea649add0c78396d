import numpy as np
import pytest

from mnist_study.data.filters import apply_filter
from mnist_study.data.noise import add_salt_and_pepper

MEDIAN = {"filter": "median", "size": 3}


@pytest.fixture
def smooth():
    """Images with a slope of their own. So a replaced pixel is far from its neighbours."""
    rows, columns = np.mgrid[:12, :10]
    return np.stack([100 + step * (rows + columns) for step in (1, 2)]).astype(np.uint8)[..., np.newaxis]


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_a_pixel_becomes_the_median_of_the_square_about_it_and_of_its_mirror_image_at_an_edge(dtype):
    image = np.array([[1, 9, 2], [7, 3, 8], [4, 6, 5]], dtype)
    filtered = apply_filter(image[np.newaxis, ..., np.newaxis], MEDIAN)
    # The middle: the median of 1 to 9. The upper left corner: of 1 1 9, 1 1 9, 7 7 3, and the upper edge: of 1 9 2,
    # 1 9 2, 7 3 8.
    assert filtered[0, 1, 1, 0] == 5
    assert filtered[0, 0, 0, 0] == 3
    assert filtered[0, 0, 1, 0] == 3
    assert (filtered.shape, filtered.dtype) == ((1, 3, 3, 1), dtype)


@pytest.mark.parametrize("place", [(5, 5), (0, 0), (11, 9), (0, 4)], ids=["inside", "corner", "last corner", "edge"])
@pytest.mark.parametrize("noise", [0, 255])
def test_an_isolated_black_or_white_pixel_is_removed(place, noise, smooth):
    noisy = smooth.copy()
    noisy[0][place] = noise
    cleaned = apply_filter(noisy, MEDIAN)
    assert np.abs(cleaned.astype(int) - smooth).max() <= 2


def test_much_of_the_noise_on_a_smooth_image_is_removed_and_more_by_a_larger_square(smooth):
    images = np.tile(smooth, (50, 1, 1, 1))
    noisy = add_salt_and_pepper(images, 0.3, np.random.default_rng(1))
    left = [np.abs(apply_filter(noisy, MEDIAN | {"size": size}).astype(int) - images).mean() for size in (3, 5)]
    assert left[1] < left[0] < np.abs(noisy.astype(int) - images).mean() / 4


@pytest.mark.parametrize("size", [3, 5])
def test_each_image_and_each_channel_is_filtered_by_itself(size):
    images = np.random.default_rng(0).integers(0, 256, (4, 9, 7, 3), np.uint8)
    filtered = apply_filter(images, MEDIAN | {"size": size})
    for index in range(4):
        for channel in range(3):
            alone = images[index : index + 1, :, :, channel : channel + 1]
            np.testing.assert_array_equal(
                filtered[index, :, :, channel], apply_filter(alone, MEDIAN | {"size": size})[0, :, :, 0]
            )


def test_edges_of_a_white_image_stay_white():
    white = np.full((1, 6, 6, 1), 255, np.uint8)
    np.testing.assert_array_equal(apply_filter(white, MEDIAN | {"size": 5}), white)


def test_the_images_themselves_are_left_alone(smooth):
    noisy = add_salt_and_pepper(smooth, 0.5, np.random.default_rng(1))
    before = noisy.copy()
    apply_filter(noisy, MEDIAN)
    np.testing.assert_array_equal(noisy, before)
