"""Test which copies of a data set are accepted, in all formats, and that a refusal says what was found."""

import errno
import gzip
import os
import pickle
import re
import struct
from pathlib import Path

import numpy as np
import pytest

from mnist_study.data.copies import check_copy, read_copy
from mnist_study.data.dataset_digests import IDX_DIGESTS
from mnist_study.data.datasets import IDX_MAGIC
from mnist_study.errors import StudyError

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
        check_copy(read_copy(source), "mnist", str(source))
    said = str(refusal.value)
    assert str(named) in said
    assert message in said
    assert "delete" not in said


@pytest.mark.parametrize("source", ["idx", "idx_gz", "npz"])
def test_each_kind_of_copy_reads_as_the_same_arrays(source, few_images, request):
    arrays = check_copy(read_copy(request.getfixturevalue(source)), "mnist", "my copy")
    for found, expected in zip(arrays, few_images, strict=True):
        assert found.dtype == np.uint8
        np.testing.assert_array_equal(found, expected)


def test_a_copy_with_wider_integers_reads_as_bytes(npz, few_images):
    np.savez(npz, **{key: array.astype(np.int64) for key, array in zip(KEYS, few_images, strict=True)})
    for found in check_copy(read_copy(npz), "mnist", "my copy"):
        assert found.dtype == np.uint8


def test_training_images_in_place_of_test_images_are_refused(npz, few_images):
    swapped = few_images[2:] + few_images[:2]
    np.savez(npz, **dict(zip(KEYS, swapped, strict=True)))
    assert_refused(npz, npz, IMAGES)


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


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.99])
def test_a_truncated_npz_file_is_refused(npz, kept):
    content = npz.read_bytes()
    npz.write_bytes(content[: int(kept * len(content))])
    assert_refused(npz, npz, "bring a complete copy")


def test_an_npz_file_with_a_flipped_bit_is_refused_wherever_it_is(npz):
    """A flipped bit may be accepted only if it changes no array. An example is a bit of a time stamp."""
    content = npz.read_bytes()
    intact = read_copy(npz)
    for position in [*range(0, len(content), 97), *range(len(content) - 300, len(content))]:  # the directory at the end
        damaged = bytearray(content)
        damaged[position] ^= 1 << position % 8
        npz.write_bytes(damaged)
        try:
            arrays = read_copy(npz)
        except StudyError:
            continue
        assert all(np.array_equal(*pair) for pair in zip(arrays, intact, strict=True))


# Changes of an npz file's arrays that lose no information.
LAYOUTS = {
    "wider integers": lambda images, labels: (images.astype(np.int64), labels.astype(np.int64)),
    "floats from 0 to 255": lambda images, labels: (images.astype(np.float32), labels.astype(np.float32)),
    "floats from 0 to 1": lambda images, labels: (images / 255, labels),
    "half floats from 0 to 1": lambda images, labels: ((images / 255).astype(np.float16), labels),
    "a channel behind": lambda images, labels: (images[..., np.newaxis], labels[:, np.newaxis]),
    "a channel before": lambda images, labels: (images[:, np.newaxis], labels),
    "flat, one-hot": lambda images, labels: (images.reshape(-1, 784), np.eye(10)[labels]),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_an_npz_file_in_another_layout_is_taken(layout, npz, few_images):
    change = LAYOUTS[layout]
    np.savez(npz, **dict(zip(KEYS, (*change(*few_images[:2]), *change(*few_images[2:])), strict=True)))
    for found, expected in zip(check_copy(read_copy(npz), "mnist", "my copy"), few_images, strict=True):
        assert found.dtype == np.uint8
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("where", ["MNIST/raw", "archive", "MNIST"])
def test_idx_files_below_a_folder_are_taken(where, idx, tmp_path):
    (tmp_path / "root" / where).parent.mkdir(parents=True)
    idx.rename(tmp_path / "root" / where)
    check_copy(read_copy(tmp_path / "root"), "mnist", "my copy")


def test_idx_files_with_a_dot_in_their_names_or_each_in_a_folder_of_its_own_are_taken(idx):
    for path in list(idx.iterdir()):
        dotted = path.with_name(path.name.replace("-idx", ".idx"))
        path.rename(dotted)
        check = idx / path.name
        check.mkdir()
        dotted.rename(check / dotted.name)
    check_copy(read_copy(idx), "mnist", "my copy")


def test_idx_files_beside_their_archives_are_taken(idx):
    for path in list(idx.iterdir()):
        path.with_name(f"{path.name}.gz").write_bytes(b"the archive that they came out of")
    check_copy(read_copy(idx), "mnist", "my copy")


def test_idx_files_whose_names_say_gz_though_they_are_not_are_taken(idx):
    for path in list(idx.iterdir()):
        path.rename(path.with_name(f"{path.name}.gz"))
    check_copy(read_copy(idx), "mnist", "my copy")


def test_two_data_sets_below_one_folder_are_named(idx, tmp_path):
    root = tmp_path / "root"
    for name in ("MNIST", "FashionMNIST"):
        (root / name / "raw").mkdir(parents=True)
        (root / name / "raw" / IMAGES).write_bytes((idx / IMAGES).read_bytes())
    assert_refused(root, f"{root}/FashionMNIST/raw/{IMAGES} and {root}/MNIST/raw/{IMAGES}", "set dataset.path to the")


@pytest.mark.parametrize("name", IDX_DIGESTS["mnist"])
@pytest.mark.parametrize("instead", ["nothing", "folder"])
def test_a_missing_idx_file_is_named_and_what_there_is(name, instead, idx):
    (idx / name).unlink()
    if instead == "folder":
        (idx / name).mkdir()
    assert_refused(idx, f"{idx} is a folder without {name} or ", "it holds t")


def test_the_other_data_set_is_told_by_the_name_to_write(few_images, monkeypatch):
    monkeypatch.setitem(IDX_DIGESTS, "fashion_mnist", IDX_DIGESTS["mnist"])
    monkeypatch.setitem(IDX_DIGESTS, "mnist", dict.fromkeys(IDX_DIGESTS["mnist"], "0" * 64))
    with pytest.raises(StudyError) as refusal:
        check_copy(few_images, "mnist", "my copy")
    assert str(refusal.value).startswith("my copy is not mnist, it is fashion_mnist: write name: fashion_mnist under")


def test_other_images_are_told_by_what_was_found(few_images):
    few_images.test_labels[0] ^= 1
    with pytest.raises(StudyError) as refusal:
        check_copy(few_images, "mnist", "my copy")
    assert re.match(r"my copy is not mnist: t10k-labels-idx1-ubyte has SHA-256 \w{12}…, not ", str(refusal.value))
    assert "y_train uint8 of shape (5,) from 0 to 9" in str(refusal.value)


@pytest.mark.parametrize("path", ["none.npz", "none/none.npz", "~nobody-here/none.npz"])
def test_a_path_to_nothing_is_named_as_it_is_looked_for(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StudyError, match=rf"{path} is missing \(looked for as {tmp_path}/{path}\): set dataset\.path"):
        read_copy(Path(path))


@pytest.mark.parametrize("name", ["mine.npz", "idx"])
def test_a_copy_that_may_not_be_read_is_named(name, npz, idx, tmp_path, monkeypatch):
    def refuse(path, *_, **__):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(Path, "open", refuse)
    assert_refused(tmp_path / name, tmp_path / name, "can't be read: Permission denied")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "starts with b''"),
        (b"<html>sign in</html>", "starts with b'<html>sign in</h'"),
        (pickle.dumps([1]), "starts with b'\\x80"),
        (gzip.compress(pickle.dumps([1])), "set dataset.path to the folder"),
        (encode_idx(np.zeros((1, 28, 28), np.uint8)), "set dataset.path to the folder"),
        (b"PK\x03\x04 text", "bring a complete copy"),
        (b"\x93NUMPY\x01\x00", "starts with b'\\x93NUMPY"),
    ],
    ids=["empty", "page", "pickle", "gzipped pickle", "IDX", "damaged", "single array"],
)
def test_a_file_that_is_no_npz_file_is_told_by_how_it_starts(content, problem, npz):
    npz.write_bytes(content)
    assert_refused(npz, npz, problem)


def test_an_npz_file_with_other_keys_is_told_by_them(npz, few_images):
    np.savez(npz, train=few_images.train_images, y_test=few_images.test_labels)
    assert_refused(npz, npz, "an npz file with x_train, y_train, x_test, y_test: its keys are train, y_test")


def test_an_npz_file_of_pickled_objects_is_refused(npz, few_images):
    np.savez(npz, **dict(zip(KEYS, few_images, strict=True)) | {"x_train": np.array([{"label": 7}])})
    assert_refused(npz, npz, "allow_pickle")


@pytest.mark.parametrize(
    ("key", "array", "found"),
    [
        ("x_train", np.array(["seven"]), "<U5 of shape (1,)"),
        ("x_train", np.zeros((2, 32, 32), np.uint8), "uint8 of shape (2, 32, 32) from 0 to 0"),
        ("x_train", np.full((2, 28, 28), -0.5), "float64 of shape (2, 28, 28) from -0.5 to -0.5"),
        ("x_train", np.full((2, 28, 28), 256), "int64 of shape (2, 28, 28) from 256 to 256"),
        ("x_test", np.full((2, 28, 28), np.nan), "float64 of shape (2, 28, 28) from nan to nan"),
        ("x_test", np.zeros((0, 28, 28)), "float64 of shape (0, 28, 28)"),
        ("y_train", np.array([0, 10]), "int64 of shape (2,) from 0 to 10"),
        ("y_train", np.ones((2, 10)), "float64 of shape (2, 10) from 1.0 to 1.0"),
        ("y_test", np.array(7), "int64 of shape () from 7 to 7"),
    ],
)
def test_an_array_that_cannot_be_meant_is_told_by_type_shape_and_range(key, array, found, npz, few_images):
    np.savez(npz, **dict(zip(KEYS, few_images, strict=True)) | {key: array})
    assert_refused(npz, f"in {npz}, {key} is {found}: images are bytes of shape (n, 28, 28)", "labels are bytes 0 to 9")
