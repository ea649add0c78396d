"""Read a user's own images, describe them for the config, and check them against it.

The images are an npz file or a folder of IDX files. Both are brought into one form, so that the same images have the
same digest in both.
"""

from pathlib import Path

import numpy as np

from mnist_study.data.copies import DEPTHS, describe_array, find_idx, load_npz, read_idx, read_path
from mnist_study.data.dataset_digests import IDX_DIGESTS
from mnist_study.data.datasets import KEYS, UNDIVIDED, digest_arrays, divide_images
from mnist_study.errors import StudyError

LABELS = np.dtype("<i4")
FLOATS = np.dtype("<f4")
CHANNELS = (1, 3)
# An npz file has its images divided, or one set of them, under either name.
LAYOUTS = [KEYS, KEYS[:2], UNDIVIDED]
EXPECTED_IMAGES = "images have the shape (n, height, width), or (n, height, width, 1 or 3) with the channels last"
EXPECTED_VALUES = "images are uint8 from 0 to 255, or floats from 0 to 1"
EXPECTED_LABELS = "labels are whole numbers from 0 on, of shape (n,), or one-hot of shape (n, classes)"
TEST_SHARE = 5  # of one set, a fifth is proposed as test images

Copy = dict[str, np.ndarray]


def read_own_images(path: Path) -> Copy:
    """Read a user's images: an npz file, or a folder with IDX files.

    Returns the arrays x_train, y_train, x_test and y_test, or x and y if the copy has one set only. Images are uint8,
    or float32 in [0, 1], of shape (n, height, width, channels). Labels are int32 of shape (n,). Raises StudyError for
    what can't be read as such, and for a class without images in a set.
    """
    copy = read_path(path, read_folder, lambda file: load_npz(file, LAYOUTS), "with your images")
    names = list(copy)
    keys = KEYS if len(names) == len(KEYS) else UNDIVIDED
    convert = {"x": convert_images, "y": convert_labels}
    arrays = {
        key: convert[key[0]](array, f"in {path}, {name}") for key, (name, array) in zip(keys, copy.items(), strict=True)
    }
    check_sets(arrays, path)
    return arrays


def read_folder(folder: Path) -> Copy:
    """Read the IDX files of a folder: four, or two if there are no test images."""
    files = list(IDX_DIGESTS["mnist"])
    if not any(found for depth in DEPTHS for found in folder.glob(f"{depth}t10k-*")):
        files = files[:2]
    return {file: read_idx(find_idx(folder, file)) for file in files}


def convert_images(array: np.ndarray, where: str) -> np.ndarray:
    """Convert images to uint8, or to float32 in [0, 1], of shape (n, height, width, channels).

    `where`: the place of the array in a message. Raises StudyError for other types, shapes and ranges.
    """
    wrong = f"{where} is {describe_array(array)}"
    if array.ndim == 3:
        array = array[..., np.newaxis]
    if array.ndim != 4 or array.shape[3] not in CHANNELS or array.size == 0:
        raise StudyError(f"{wrong}: {EXPECTED_IMAGES}")
    low, high = (array.min(), array.max()) if array.dtype.kind in "iuf" else (-1, -1)
    if array.dtype.kind == "f" and low >= 0 and high <= 1:
        return array.astype(FLOATS)
    if array.dtype.kind in "iu" and low >= 0 and 1 < high <= 255:
        return array.astype(np.uint8)
    if array.dtype.kind in "iu" and low >= 0 and high <= 1:
        raise StudyError(f"{wrong}, which is black as uint8: save it as floats, or multiply it by 255")
    raise StudyError(f"{wrong}: {EXPECTED_VALUES}: divide them by the value of white")


def convert_labels(array: np.ndarray, where: str) -> np.ndarray:
    """Convert labels to int32 of shape (n,); one-hot labels, too. Raises StudyError for what is none."""
    wrong = StudyError(f"{where} is {describe_array(array)}: {EXPECTED_LABELS}")
    if array.dtype.kind not in "biuf" or array.size == 0:
        raise wrong
    if array.ndim == 2 and array.shape[1] > 1:
        if not ((np.count_nonzero(array, axis=1) == 1) & (array.sum(axis=1) == 1)).all():
            raise wrong
        return array.argmax(axis=1).astype(LABELS)
    if array.shape[1:] not in [(), (1,)] or not (array.min() >= 0 and array.max() <= np.iinfo(LABELS).max):
        raise wrong
    if (array != np.rint(array)).any():
        raise wrong
    return array.reshape(-1).astype(LABELS)


def check_sets(arrays: Copy, path: Path) -> None:
    """Raise StudyError unless images and labels, training and test images, and the classes of all sets agree."""
    sets = [(key, arrays[key], arrays[key.replace("x", "y")]) for key in arrays if key.startswith("x")]
    for key, images, labels in sets:
        if len(images) != len(labels):
            raise StudyError(f"{path} has {len(images):,} images in {key}, and {len(labels):,} labels: it is damaged")
    forms = [f"{images.dtype} of shape {images.shape[1:]}" for _, images, _ in sets]
    if len(set(forms)) > 1:
        raise StudyError(f"{path} has training images that are {forms[0]}, and test images that are {forms[1]}")
    classes = count_classes(arrays)
    if classes == 1:
        raise StudyError(f"{path} has images of one class only: a classifier needs two or more")
    for key, _, labels in sets:
        missing = find_gap(labels, classes)
        if missing is not None:
            raise StudyError(
                f"{path} has no image of class {missing} in {key}, of the classes 0 to {classes - 1}: "
                "number the classes from 0 on, and give each of them images in each set"
            )


def count_classes(arrays: Copy) -> int:
    """Count the classes of labels that begin with 0."""
    return 1 + max(int(array.max()) for key, array in arrays.items() if key.startswith("y"))


def find_gap(labels: np.ndarray, classes: int) -> int | None:
    """Find the first of so many classes that has no image. Return None if there is none."""
    present = np.unique(labels)
    if len(present) == classes:
        return None
    return int(np.flatnonzero(np.append(present, classes) != np.arange(len(present) + 1))[0])


def describe_own_images(arrays: Copy) -> str:
    """Describe a user's images by the lines that stand for them below `dataset:` in a config."""
    lines = [
        f"sha256: {digest_arrays(arrays)}",
        f"shape: {list(next(iter(arrays.values())).shape[1:])}",
        f"classes: {count_classes(arrays)}  # or a list of their names",
    ]
    if set(arrays) == set(UNDIVIDED):
        lines.append(f"test_images: {max(1, len(arrays['y']) // TEST_SHARE)}  # to draw from all {len(arrays['y']):,}")
    return "\n".join(f"  {line}" for line in lines)


def check_own_images(arrays: Copy, own: dict, path: Path) -> Copy:
    """Return a user's images if the config describes them.

    `own`: what the config says of them: sha256, shape, classes (their number), test_images. Raises StudyError
    otherwise, with the lines to write.
    """
    right = {
        "sha256": digest_arrays(arrays),
        "shape": list(next(iter(arrays.values())).shape[1:]),
        "classes": count_classes(arrays),
    }
    for key, value in right.items():
        if own[key] != value:
            raise StudyError(
                f"{path} holds other images than the config says: dataset.{key} is {own[key]}, and theirs is {value}: "
                f"bring the right images, or write below dataset:\n{describe_own_images(arrays)}"
            )
    undivided, number = set(arrays) == set(UNDIVIDED), own["test_images"]
    if number and not undivided:
        raise StudyError(
            f"{path} has test images of its own, and dataset.test_images in the config is {number}: write null"
        )
    if undivided and not number:
        raise StudyError(
            f"{path} has one set of images, and dataset.test_images in the config is null: write how many of them to "
            f"draw for the test, such as {max(1, len(arrays['y']) // TEST_SHARE)}"
        )
    if undivided:
        check_division(arrays, number, path)
    return arrays


def check_division(arrays: Copy, number: int, path: Path) -> None:
    """Raise StudyError if a draw of so many test images leaves a class without images to train on or to test.

    How many images of a class are drawn depends on no seed.
    """
    wrong = f"{path} has {len(arrays['y']):,} images, and dataset.test_images in the config is {number}, which leaves"
    if number >= len(arrays["y"]):
        raise StudyError(f"{wrong} none to train on: write a smaller number")
    divided = divide_images(arrays, number, seed=0)
    for labels, lacking, remedy in (
        (divided.test_labels, "test", "larger"),
        (divided.train_labels, "training", "smaller"),
    ):
        missing = find_gap(labels, count_classes(arrays))
        if missing is not None:
            raise StudyError(f"{wrong} class {missing} without {lacking} images: write a {remedy} number")
