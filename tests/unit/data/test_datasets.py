"""Test how the file that every training reads is written, loaded and checked."""

import numpy as np
import pytest

from mnist_study.data.dataset_digests import IDX_DIGESTS
from mnist_study.data.datasets import encode_labels, find_difference, flatten_images, load_dataset, write_dataset
from mnist_study.errors import StudyError

MNIST = {"seed": 7, "dataset": "mnist"}


@pytest.mark.parametrize("position", range(4))
def test_one_wrong_pixel_or_label_is_a_difference(few_images, position):
    assert find_difference(few_images, "mnist") is None
    few_images[position].flat[-1] ^= 1
    assert find_difference(few_images, "mnist").startswith(list(IDX_DIGESTS["mnist"])[position])


def test_a_written_data_set_loads_again_and_is_the_same_bytes_twice(few_images, tmp_path):
    for name in ("one.npz", "two.npz"):
        write_dataset(tmp_path / name, few_images)
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()
    images, labels, *test = load_dataset(tmp_path / "one.npz", MNIST)
    np.testing.assert_array_equal(images, few_images.train_images[..., np.newaxis])
    np.testing.assert_array_equal(labels, few_images.train_labels)
    np.testing.assert_array_equal(test[0], few_images.test_images[..., np.newaxis])
    np.testing.assert_array_equal(test[1], few_images.test_labels)


@pytest.mark.parametrize("damage", ["other label", "truncated", "lacks an array"])
def test_a_data_set_that_was_damaged_after_the_fetch_is_refused_with_the_way_to_fetch_it_again(
    few_images, tmp_path, damage
):
    path = tmp_path / "images.npz"
    if damage == "other label":
        few_images.test_labels[0] += 1
    write_dataset(path, few_images)
    if damage == "truncated":
        path.write_bytes(path.read_bytes()[:-100])
    elif damage == "lacks an array":
        np.savez(path, x_train=few_images.train_images)
    with pytest.raises(StudyError) as refusal:
        load_dataset(path, MNIST)
    assert str(refusal.value).startswith(f"the images in {path} ")
    assert f"type: rm '{path}', and run Snakemake again" in str(refusal.value)


def test_a_flattened_image_is_its_rows_one_after_the_other_scaled_to_0_to_1(few_images):
    few_images.train_images[2, 1, :3] = [0, 51, 255]
    flat = flatten_images(few_images.train_images)
    assert flat.shape == (5, 784)
    assert flat.dtype == np.float32
    np.testing.assert_allclose(flat[2, 28:31], [0, 0.2, 1], rtol=1e-6)


def test_labels_are_one_hot():
    encoded = encode_labels(np.array([3, 0], np.uint8), 4)
    assert encoded.dtype == np.float32
    assert encoded.tolist() == [[0, 0, 0, 1], [1, 0, 0, 0]]


def test_floats_are_flattened_as_they_are():
    images = np.random.default_rng(0).random((2, 3, 4, 3), np.float32)
    flat = flatten_images(images)
    assert (flat.shape, flat.dtype) == ((2, 36), np.float32)
    np.testing.assert_array_equal(flat, images.reshape(2, 36))
