"""Read, check and write the images that the study runs on."""

import gzip
import math
import struct
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import numpy as np

from workflow.lib.dataset_digests import IDX_DIGESTS
from workflow.lib.errors import DAMAGE, StudyError
from workflow.lib.files import write_atomically

IDX_MAGIC = {3: 2051, 1: 2049}
KEYS = ("x_train", "y_train", "x_test", "y_test")
CLASSES = 10


class Arrays(NamedTuple):
    """Images as uint8 (n, 28, 28), labels as uint8 (n,)."""

    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray


def read_idx_folder(folder: Path) -> Arrays:
    """Read the four IDX files of a folder, gzipped or not.

    Raises StudyError if one is missing, is no IDX file, or is shorter or longer than its header says.
    """
    return Arrays(*(read_idx(folder / name) for name in IDX_DIGESTS["mnist"]))


def read_idx(path: Path) -> np.ndarray:
    """Read one IDX file of unsigned bytes, `path` itself or `path` with .gz behind it."""
    gzipped = path.with_name(path.name + ".gz")
    if not path.is_file():
        if not gzipped.is_file():
            raise StudyError(f"{path} is missing, with and without .gz: a folder of IDX files holds {path.name}")
        path = gzipped
    try:
        content = gzip.decompress(path.read_bytes()) if path == gzipped else path.read_bytes()
    except DAMAGE as error:
        raise StudyError(f"{path} is damaged ({error}): bring a complete copy") from error
    dimensions = content[3] if len(content) > 3 else 0
    header = 4 * (1 + dimensions)
    if content[:4] != struct.pack(">I", IDX_MAGIC.get(dimensions, 0)) or len(content) < header:
        raise StudyError(f"{path} is not an IDX file of images or labels: bring a complete copy")
    shape = struct.unpack(f">{dimensions}I", content[4:header])
    if len(content) - header != math.prod(shape):
        raise StudyError(
            f"{path} holds {len(content) - header} bytes, its header says {math.prod(shape)}: bring a complete copy"
        )
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape)


def read_npz(path: Path) -> Arrays:
    """Read an npz file in Keras' layout: x_train, y_train, x_test, y_test.

    Raises StudyError if the file is damaged or lacks one of them.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            return Arrays(*(file[key].astype(np.uint8, copy=False) for key in KEYS))
    except FileNotFoundError as error:
        raise StudyError(f"{path} is missing") from error
    except DAMAGE as error:
        raise StudyError(
            f"{path} is not a complete npz file with x_train, y_train, x_test and y_test ({error}): "
            "delete it and bring or fetch it again"
        ) from error


def read_source(path: Path) -> Arrays:
    """Read a user's copy: a folder of IDX files or an npz file."""
    return read_idx_folder(path) if path.is_dir() else read_npz(path)


def digest_idx(array: np.ndarray) -> str:
    """Compute the SHA-256 that the array has as an uncompressed IDX file."""
    header = struct.pack(f">{1 + array.ndim}I", IDX_MAGIC.get(array.ndim, 0), *array.shape)
    return sha256(header + np.ascontiguousarray(array).tobytes()).hexdigest()


def check_arrays(arrays: Arrays, dataset: str, source: str) -> Arrays:
    """Return `arrays` if they are the named data set, to the last byte.

    Raises StudyError naming `source` and the first array that differs.
    """
    for array, (name, expected) in zip(arrays, IDX_DIGESTS[dataset].items(), strict=True):
        found = digest_idx(array)
        if found != expected:
            raise StudyError(
                f"{source} is not {dataset}: {name} has SHA-256 {found[:12]}…, not {expected[:12]}…. "
                "Bring an unchanged copy, or set dataset.name in the config to the data set that this is"
            )
    return arrays


def write_dataset(path: Path, arrays: Arrays) -> None:
    """Write the arrays as a compressed npz file in Keras' layout; the same arrays give the same bytes."""
    with write_atomically(path) as temporary:
        np.savez_compressed(temporary, **dict(zip(KEYS, arrays, strict=True)))


def load_dataset(path: Path, dataset: str) -> Arrays:
    """Load the data set that fetch_dataset wrote and check it again, as the shared folder may have damaged it."""
    return check_arrays(read_npz(path), dataset, str(path))


def flatten_images(images: np.ndarray) -> np.ndarray:
    """Scale uint8 images (n, 28, 28) to float32 vectors in [0, 1], of shape (n, 784)."""
    return images.reshape(len(images), -1).astype(np.float32) / np.float32(255)


def encode_labels(labels: np.ndarray) -> np.ndarray:
    """Encode labels (n,) as one-hot float32 of shape (n, 10)."""
    return np.eye(CLASSES, dtype=np.float32)[labels]
