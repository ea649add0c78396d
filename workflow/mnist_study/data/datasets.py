"""Write, load and check the images that the study runs on."""

import struct
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mnist_study.data.dataset_digests import IDX_DIGESTS
from mnist_study.data.protocols import draw_stratified
from mnist_study.errors import DAMAGE, StudyError
from mnist_study.files import write_atomically
from mnist_study.seeding import derive_seed

IDX_MAGIC = {4: 2052, 3: 2051, 1: 2049}
KEYS = ("x_train", "y_train", "x_test", "y_test")
# The arrays of a copy whose images are not divided yet.
UNDIVIDED = ("x", "y")


class Arrays(NamedTuple):
    """Images and labels.

    Images are uint8, or float32 in [0, 1]. Their shape is (n, height, width, channels); in a copy of a public data set,
    it is (n, 28, 28). Labels are whole numbers of shape (n,).
    """

    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray


def digest_idx(array: np.ndarray) -> str:
    """Compute the SHA-256 that the array has as an uncompressed IDX file."""
    header = struct.pack(f">{1 + array.ndim}I", IDX_MAGIC.get(array.ndim, 0), *array.shape)
    return sha256(header + np.ascontiguousarray(array).tobytes()).hexdigest()


def digest_arrays(arrays: dict[str, np.ndarray]) -> str:
    """Compute the SHA-256 of a user's own images: of the name, type, shape and values of each array."""
    digest = sha256()
    for name, array in arrays.items():
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def find_difference(arrays: Arrays, dataset: str) -> str | None:
    """Describe the first array that differs from the named data set in any byte. Return None if there is none."""
    for array, (name, expected) in zip(arrays, IDX_DIGESTS[dataset].items(), strict=True):
        found = digest_idx(array)
        if found != expected:
            return f"{name} has SHA-256 {found[:12]}…, not {expected[:12]}…"
    return None


def write_dataset(path: Path, arrays: Arrays) -> None:
    """Write the arrays as a compressed npz file in Keras' layout. The same arrays give the same bytes."""
    write_arrays(path, dict(zip(KEYS, arrays, strict=True)))


def write_arrays(path: Path, arrays: dict[str, Any]) -> None:
    """Write named arrays as a compressed npz file. The same arrays give the same bytes."""
    with write_atomically(path) as temporary:
        np.savez_compressed(temporary, **arrays)


def load_dataset(path: Path, settings: dict) -> Arrays:
    """Load the data set that fetch_dataset wrote, and check it again: a file in a shared folder may be damaged.

    `settings`: with "seed" and "dataset", and "images" for a user's own. Images have the shape
    (n, height, width, channels). Raises StudyError if the file is damaged or holds other images.
    """
    dataset, own = settings["dataset"], settings.get("images")
    drawn = own["test_images"] if own else None
    remedy = f"type: rm '{path}', and run Snakemake again, which fetches them anew"
    try:
        with np.load(path, allow_pickle=False) as file:
            found = {key: file[key] for key in (UNDIVIDED if drawn else KEYS)}
    except DAMAGE as error:
        raise StudyError(f"the images in {path} can't be read ({error}): {remedy}") from error
    difference = describe_digest(found, own["sha256"]) if own else find_difference(Arrays(*found.values()), dataset)
    if difference:
        raise StudyError(f"the images in {path} are not {dataset}: {difference}: {remedy}")
    if drawn:
        return divide_images(found, drawn, settings["seed"])
    arrays = Arrays(*found.values())
    train, test = (images.reshape(*images.shape[:3], -1) for images in (arrays.train_images, arrays.test_images))
    return arrays._replace(train_images=train, test_images=test)


def describe_digest(arrays: dict[str, np.ndarray], expected: str) -> str | None:
    """Describe how the digest of a user's images differs from the expected one. Return None if it does not."""
    found = digest_arrays(arrays)
    return None if found == expected else f"their SHA-256 is {found[:12]}…, not {expected[:12]}…"


def divide_images(arrays: dict[str, np.ndarray], test_images: int, seed: int) -> Arrays:
    """Draw so many test images from a user's images by the study's seed, stratified by class. The others train."""
    images, labels = arrays.values()
    drawn = draw_stratified(labels, test_images, derive_seed(seed, "test images"))
    return Arrays(images[~drawn], labels[~drawn], images[drawn], labels[drawn])


def flatten_images(images: np.ndarray) -> np.ndarray:
    """Flatten images (n, …) to float32 vectors (n, values) in [0, 1]. Those in uint8 are scaled."""
    flat = images.reshape(len(images), -1).astype(np.float32)
    return flat / np.float32(255) if images.dtype == np.uint8 else flat


def encode_labels(labels: np.ndarray, classes: int) -> np.ndarray:
    """Encode labels (n,) as one-hot float32 of shape (n, classes)."""
    return np.eye(classes, dtype=np.float32)[labels]
