"""Write, load and check the images that the study runs on."""

import struct
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mnist_study.data.dataset_digests import IDX_DIGESTS
from mnist_study.errors import DAMAGE, StudyError
from mnist_study.files import write_atomically
from mnist_study.images import CLASSES

IDX_MAGIC = {3: 2051, 1: 2049}
KEYS = ("x_train", "y_train", "x_test", "y_test")


class Arrays(NamedTuple):
    """Images as uint8 (n, 28, 28), labels as uint8 (n,)."""

    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray


def digest_idx(array: np.ndarray) -> str:
    """Compute the SHA-256 that the array has as an uncompressed IDX file."""
    header = struct.pack(f">{1 + array.ndim}I", IDX_MAGIC.get(array.ndim, 0), *array.shape)
    return sha256(header + np.ascontiguousarray(array).tobytes()).hexdigest()


def find_difference(arrays: Arrays, dataset: str) -> str | None:
    """Describe the first array that differs from the named data set in any byte. Return None if there is none."""
    for array, (name, expected) in zip(arrays, IDX_DIGESTS[dataset].items(), strict=True):
        found = digest_idx(array)
        if found != expected:
            return f"{name} has SHA-256 {found[:12]}…, not {expected[:12]}…"
    return None


def write_dataset(path: Path, arrays: Arrays) -> None:
    """Write the arrays as a compressed npz file in Keras' layout. The same arrays give the same bytes."""
    named: dict[str, Any] = dict(zip(KEYS, arrays, strict=True))
    with write_atomically(path) as temporary:
        np.savez_compressed(temporary, **named)


def load_dataset(path: Path, dataset: str) -> Arrays:
    """Load the data set that fetch_dataset wrote, and check it again: a file in a shared folder may be damaged.

    Raises StudyError if the file is damaged or holds other images.
    """
    remedy = f"type: rm '{path}', and run Snakemake again, which fetches them anew"
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = Arrays(*(file[key] for key in KEYS))
    except DAMAGE as error:
        raise StudyError(f"the images in {path} can't be read ({error}): {remedy}") from error
    difference = find_difference(arrays, dataset)
    if difference:
        raise StudyError(f"the images in {path} are not {dataset}: {difference}: {remedy}")
    return arrays


def flatten_images(images: np.ndarray) -> np.ndarray:
    """Scale uint8 images (n, 28, 28) to float32 vectors in [0, 1], of shape (n, 784)."""
    return images.reshape(len(images), -1).astype(np.float32) / np.float32(255)


def encode_labels(labels: np.ndarray) -> np.ndarray:
    """Encode labels (n,) as one-hot float32 of shape (n, 10)."""
    return np.eye(CLASSES, dtype=np.float32)[labels]
