import gzip
import struct

import numpy as np
import pytest

from workflow.lib.dataset_digests import IDX_DIGESTS
from workflow.lib.datasets import (
    IDX_MAGIC,
    check_arrays,
    encode_labels,
    flatten_images,
    load_dataset,
    read_source,
    write_dataset,
)
from workflow.lib.errors import StudyError

KEYS = ("x_train", "y_train", "x_test", "y_test")
IMAGES = "train-images-idx3-ubyte"


def encode_idx(array):
    return struct.pack(f">{1 + array.ndim}I", IDX_MAGIC[array.ndim], *array.shape) + array.tobytes()


@pytest.fixture
def idx(few_images, tmp_path):
    folder = tmp_path / "idx"
    folder.mkdir()
    for name, array in zip(IDX_DIGESTS["mnist"], few_images, strict=True):
        (folder / name).write_bytes(encode_idx(array))
    return folder


@pytest.fixture
def idx_gz(idx):
    for path in list(idx.iterdir()):
        path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    return idx


@pytest.fixture
def npz(few_images, tmp_path):
    path = tmp_path / "mine.npz"
    np.savez(path, **dict(zip(KEYS, few_images, strict=True)))
    return path


def assert_refused(source, named, message):
    """Assert that reading and checking a source fails with a message that names a file."""
    with pytest.raises(StudyError) as refusal:
        check_arrays(read_source(source), "mnist", str(source))
    assert str(named) in str(refusal.value)
    assert message in str(refusal.value)


@pytest.mark.parametrize("source", ["idx", "idx_gz", "npz"])
def test_each_kind_of_copy_reads_as_the_same_arrays(source, few_images, request):
    arrays = check_arrays(read_source(request.getfixturevalue(source)), "mnist", "my copy")
    for found, expected in zip(arrays, few_images, strict=True):
        assert found.dtype == np.uint8
        np.testing.assert_array_equal(found, expected)


def test_a_copy_with_wider_integers_reads_as_bytes(npz, few_images):
    np.savez(npz, **{key: array.astype(np.int64) for key, array in zip(KEYS, few_images, strict=True)})
    for found in check_arrays(read_source(npz), "mnist", "my copy"):
        assert found.dtype == np.uint8


@pytest.mark.parametrize("position", range(4))
def test_one_wrong_pixel_or_label_is_refused_and_the_source_and_the_array_are_named(few_images, position):
    arrays = [array.copy() for array in few_images]
    arrays[position].flat[-1] ^= 1
    with pytest.raises(StudyError) as refusal:
        check_arrays(few_images._make(arrays), "mnist", "my copy")
    assert "my copy is not mnist" in str(refusal.value)
    assert list(IDX_DIGESTS["mnist"])[position] in str(refusal.value)


def test_another_data_set_is_refused(few_images):
    with pytest.raises(StudyError, match="my copy is not fashion_mnist"):
        check_arrays(few_images, "fashion_mnist", "my copy")


def test_training_images_in_place_of_test_images_are_refused(npz, few_images):
    swapped = few_images[2:] + few_images[:2]
    np.savez(npz, **dict(zip(KEYS, swapped, strict=True)))
    assert_refused(npz, npz, IMAGES)


@pytest.mark.parametrize("name", IDX_DIGESTS["mnist"])
def test_a_missing_idx_file_is_named(idx, name):
    (idx / name).unlink()
    assert_refused(idx, idx / name, "is missing")


def test_a_folder_in_place_of_an_idx_file_is_refused(idx):
    (idx / IMAGES).unlink()
    (idx / IMAGES).mkdir()
    assert_refused(idx, idx / IMAGES, "is missing")


@pytest.mark.parametrize("lost", [1, 1000, 5 * 784])
def test_a_truncated_idx_file_is_refused(idx, lost):
    path = idx / IMAGES
    path.write_bytes(path.read_bytes()[:-lost])
    assert_refused(idx, path, f"holds {5 * 784 - lost} bytes, its header says {5 * 784}")


@pytest.mark.parametrize("kept", [0, 3, 4, 15])
def test_an_idx_file_that_ends_in_its_header_is_refused(idx, kept):
    path = idx / IMAGES
    path.write_bytes(path.read_bytes()[:kept])
    assert_refused(idx, path, "is not an IDX file")


@pytest.mark.parametrize(
    "content", [b"<html>not found</html>", b"\0" * 100, struct.pack(">4I", 2051, 2**31, 2**31, 4)], ids=str
)
def test_a_file_that_only_bears_the_name_of_an_idx_file_is_refused(idx, content):
    (idx / IMAGES).write_bytes(content)
    assert_refused(idx, idx / IMAGES, "bring a complete copy")


@pytest.mark.parametrize("kept", [0.0, 0.01, 0.5, 0.99])
def test_a_truncated_gzip_file_is_refused(idx_gz, kept):
    path = idx_gz / f"{IMAGES}.gz"
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content))])
    assert_refused(idx_gz, path, "bring a complete copy")


def test_a_gzip_file_with_a_flipped_bit_is_refused(idx_gz):
    path = idx_gz / f"{IMAGES}.gz"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert_refused(idx_gz, path, "bring a complete copy")


def test_a_gzip_file_that_holds_something_else_is_named_with_its_suffix(idx_gz):
    path = idx_gz / f"{IMAGES}.gz"
    path.write_bytes(gzip.compress(b"something else"))
    assert_refused(idx_gz, path, "is not an IDX file")


def test_fewer_labels_than_images_are_refused(idx, few_images):
    name = "train-labels-idx1-ubyte"
    (idx / name).write_bytes(encode_idx(few_images.train_labels[:-1]))
    assert_refused(idx, name, "is not mnist")


def test_a_missing_npz_file_is_named(tmp_path):
    assert_refused(tmp_path / "none.npz", tmp_path / "none.npz", "is missing")


@pytest.mark.parametrize("content", [b"", b"text", b"PK\x03\x04 text", b"\x93NUMPY\x01\x00"], ids=str)
def test_a_file_that_is_no_npz_file_is_refused(npz, content):
    npz.write_bytes(content)
    assert_refused(npz, npz, "bring or fetch it again")


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.99])
def test_a_truncated_npz_file_is_refused(npz, kept):
    content = npz.read_bytes()
    npz.write_bytes(content[: int(kept * len(content))])
    assert_refused(npz, npz, "bring or fetch it again")


def test_an_npz_file_with_a_flipped_bit_is_refused_wherever_it_is(npz):
    """Bits that hold neither an array nor how to read it, such as a time stamp, may differ."""
    content = npz.read_bytes()
    intact = read_source(npz)
    for position in [*range(0, len(content), 97), *range(len(content) - 300, len(content))]:  # the directory at the end
        damaged = bytearray(content)
        damaged[position] ^= 1 << position % 8
        npz.write_bytes(damaged)
        try:
            arrays = read_source(npz)
        except StudyError:
            continue
        assert all(np.array_equal(*pair) for pair in zip(arrays, intact, strict=True))


@pytest.mark.parametrize("key", KEYS)
def test_an_npz_file_that_lacks_an_array_is_refused_and_the_array_named(npz, few_images, key):
    arrays = dict(zip(KEYS, few_images, strict=True))
    del arrays[key]
    np.savez(npz, **arrays)
    assert_refused(npz, npz, f"{key} is not a file in the archive")


def test_a_single_array_in_place_of_an_npz_file_is_refused(npz, few_images):
    with npz.open("wb") as file:
        np.save(file, few_images.train_images)
    assert_refused(npz, npz, "bring or fetch it again")


@pytest.mark.parametrize("images", [np.array(["seven"]), np.array([{"label": 7}])], ids=["text", "object"])
def test_an_npz_file_that_holds_no_numbers_is_refused(npz, few_images, images):
    np.savez(npz, **dict(zip(KEYS, few_images, strict=True)) | {"x_train": images})
    assert_refused(npz, npz, "bring or fetch it again")


def test_scaled_or_flattened_images_in_the_npz_file_are_refused(npz, few_images):
    np.savez(npz, **dict(zip(KEYS, few_images, strict=True)) | {"x_train": few_images.train_images.reshape(5, 784)})
    assert_refused(npz, npz, IMAGES)
    np.savez(npz, **dict(zip(KEYS, few_images, strict=True)) | {"x_train": few_images.train_images / 255})
    assert_refused(npz, npz, IMAGES)


def test_a_written_data_set_loads_again_and_is_the_same_bytes_twice(few_images, tmp_path):
    for name in ("one.npz", "two.npz"):
        write_dataset(tmp_path / name, few_images)
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()
    for found, expected in zip(load_dataset(tmp_path / "one.npz", "mnist"), few_images, strict=True):
        np.testing.assert_array_equal(found, expected)


def test_a_data_set_that_was_damaged_after_the_fetch_is_refused(few_images, tmp_path):
    few_images.test_labels[0] += 1
    write_dataset(tmp_path / "images.npz", few_images)
    with pytest.raises(StudyError, match=r"images\.npz is not mnist"):
        load_dataset(tmp_path / "images.npz", "mnist")


def test_a_flattened_image_is_its_rows_one_after_the_other_scaled_to_0_to_1(few_images):
    few_images.train_images[2, 1, :3] = [0, 51, 255]
    flat = flatten_images(few_images.train_images)
    assert flat.shape == (5, 784)
    assert flat.dtype == np.float32
    np.testing.assert_allclose(flat[2, 28:31], [0, 0.2, 1], rtol=1e-6)


def test_labels_are_one_hot():
    encoded = encode_labels(np.array([9, 0], np.uint8))
    assert encoded.dtype == np.float32
    assert encoded.tolist() == [[0] * 9 + [1], [1] + [0] * 9]
