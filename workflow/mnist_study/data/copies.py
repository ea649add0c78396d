"""Read copies of a public data set in the formats that are in use: IDX files or an npz file, in several layouts.

Every shape and type is accepted that is unambiguous. Afterwards every byte is checked.
"""

import gzip
import math
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from mnist_study.data.dataset_digests import IDX_DIGESTS
from mnist_study.data.datasets import IDX_MAGIC, KEYS, Arrays, find_difference
from mnist_study.errors import DAMAGE, StudyError
from mnist_study.images import MNIST

GZIP_MAGIC = b"\x1f\x8b"
SIDE = MNIST.shape[0]
PIXELS = SIDE**2
CLASSES = len(MNIST.classes)
IMAGE_SHAPES = [(SIDE, SIDE), (SIDE, SIDE, 1), (1, SIDE, SIDE), (PIXELS,)]
# The files may lie in subfolders: torchvision and some archives put them into MNIST/raw.
DEPTHS = ["", "*/", "*/*/"]
EXPECTED = "images are bytes of shape (n, 28, 28), labels are bytes 0 to 9 of shape (n,)"
SHOWN = 8


def read_copy(path: Path) -> Arrays:
    """Read a copy: a folder with four IDX files, or an npz file in Keras' layout.

    Raises StudyError if it can't be read. The message says what was found and what was expected.
    """
    return read_path(path, read_folder, read_npz, "or to null for the download")


def read_path(path: Path, read_folder: Callable[[Path], Any], read_npz: Callable[[Path], Any], remedy: str) -> Any:
    """Read a user's path as a folder or as an npz file.

    Raises StudyError if it is missing or can't be read. `remedy`: where else dataset.path may be set to.
    """
    try:
        return read_folder(path) if path.is_dir() else read_npz(path)
    except FileNotFoundError as error:
        raise StudyError(
            f"{path} is missing (looked for as {path.absolute()}): "
            f"set dataset.path to an npz file or to a folder of IDX files, {remedy}"
        ) from error
    except OSError as error:
        raise StudyError(f"{error.filename or path} can't be read: {error.strerror}") from error


def read_folder(folder: Path) -> Arrays:
    """Read the four IDX files of a folder, gzipped or not. They may lie up to two folders below it."""
    return Arrays(*(read_idx(find_idx(folder, name)) for name in IDX_DIGESTS["mnist"]))


def find_idx(folder: Path, name: str) -> Path:
    """Find an IDX file of a folder, under any spelling of its name. A file that is not gzipped is preferred.

    The name of colour images may tell their four dimensions: train-images-idx4-ubyte.

    Raises StudyError if there is none, or if there are several at the same depth.
    """
    spellings = [spelling + suffix for suffix in ("", ".gz") for spelling in (name, name.replace("-idx", ".idx"))]
    for depth in DEPTHS:
        found = {
            path.parent: path
            for spelling in reversed(spellings)
            for colours in (spelling.replace("idx3", "idx4"), spelling)
            for path in folder.glob(depth + colours)
            if path.is_file()
        }
        if len(found) > 1:
            listing = " and ".join(map(str, sorted(found.values())))
            raise StudyError(f"{folder} holds more than one {name}: {listing}: set dataset.path to the folder of one")
        if found:
            [path] = found.values()
            return path
    names = sorted(path.name for path in folder.iterdir())
    raise StudyError(
        f"{folder} is a folder without {' or '.join(spellings)}: it holds {shorten(names) or 'nothing'}. "
        "A folder of IDX files holds all four; an npz file is named itself in dataset.path"
    )


def read_idx(path: Path) -> np.ndarray:
    """Read one IDX file of unsigned bytes. Its content shows whether it is gzipped; its name does not matter."""
    content = path.read_bytes()
    if content.startswith(GZIP_MAGIC):
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error) as error:
            raise StudyError(f"{path} is damaged ({error}): bring a complete copy") from error
    dimensions = content[3] if len(content) > 3 else 0
    header = 4 * (1 + dimensions)
    if content[:4] != struct.pack(">I", IDX_MAGIC.get(dimensions, 0)) or len(content) < header:
        raise StudyError(
            f"{path} is not an IDX file of images or labels: it starts with {content[:16]!r}, and has to start with "
            f"{struct.pack('>I', IDX_MAGIC[3])!r} or {struct.pack('>I', IDX_MAGIC[1])!r}: bring a complete copy"
        )
    shape = struct.unpack(f">{dimensions}I", content[4:header])
    if len(content) - header != math.prod(shape):
        raise StudyError(
            f"{path} holds {len(content) - header} bytes, its header says {math.prod(shape)}: bring a complete copy"
        )
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape)


def read_npz(path: Path) -> Arrays:
    """Read an npz file in Keras' layout: x_train, y_train, x_test, y_test."""
    return Arrays(*(convert_array(array, path, key) for key, array in load_npz(path, [KEYS]).items()))


def load_npz(path: Path, layouts: list[tuple[str, ...]]) -> dict[str, np.ndarray]:
    """Load the arrays of an npz file that has all keys of one of these layouts; the first such layout counts."""
    with path.open("rb") as file:
        start = file.read(16)
    expected = f"an npz file with {' or '.join(', '.join(keys) for keys in layouts)}"
    if start.startswith((b"\0\0\x08", GZIP_MAGIC)):
        raise StudyError(f"{path} is a single file, perhaps of IDX files: set dataset.path to the folder of all four")
    if not start.startswith(b"PK"):
        raise StudyError(f"{path} is not {expected}: it starts with {start!r}")
    try:
        with np.load(path, allow_pickle=False) as file:
            keys = next((keys for keys in layouts if set(keys) <= set(file.files)), None)
            if keys is None:
                raise StudyError(f"{path} is not {expected}: its keys are {shorten(sorted(file.files)) or 'none'}")
            return {key: file[key] for key in keys}
    except DAMAGE as error:
        raise StudyError(f"{path} is not a complete npz file ({error}): bring a complete copy") from error


def convert_array(array: np.ndarray, path: Path, key: str) -> np.ndarray:
    """Convert images to uint8 of shape (n, 28, 28), or labels to uint8 of shape (n,).

    Images may be flat, have a channel axis, or be scaled to [0, 1]. Labels may be one-hot. Raises StudyError for other
    types, shapes and ranges.
    """
    images = key.startswith("x")
    wrong = StudyError(f"in {path}, {key} is {describe_array(array)}: {EXPECTED}")
    if array.ndim == 0 or array.size == 0 or array.dtype.kind not in "biuf":
        raise wrong
    if images and array.shape[1:] in IMAGE_SHAPES:
        array = array.reshape(-1, SIDE, SIDE)
    elif not images and array.shape[1:] == (CLASSES,) and (np.count_nonzero(array, axis=1) == 1).all():
        array = array.argmax(axis=1)
    elif not images and array.shape[1:] in [(), (1,)]:
        array = array.reshape(-1)
    else:
        raise wrong
    low, high = array.min(), array.max()
    if not (low >= 0 and high <= (255 if images else CLASSES - 1)):
        raise wrong
    if images and array.dtype.kind == "f" and high <= 1:
        array = array.astype(np.float64) * 255
    return np.rint(array).astype(np.uint8)


def describe_array(array: np.ndarray) -> str:
    """Describe the type, shape and range of an array for an error message."""
    described = f"{array.dtype} of shape {array.shape}"
    return (
        f"{described} from {array.min()} to {array.max()}" if array.size and array.dtype.kind in "biuf" else described
    )


def check_copy(arrays: Arrays, dataset: str, source: str) -> Arrays:
    """Return `arrays` if every byte agrees with the named data set.

    Raises StudyError otherwise. The message names the other data set, or the first array that differs and what was
    found.
    """
    difference = find_difference(arrays, dataset)
    if difference is None:
        return arrays
    for other in IDX_DIGESTS:
        if find_difference(arrays, other) is None:
            raise StudyError(
                f"{source} is not {dataset}, it is {other}: write name: {other} under dataset in the config"
            )
    found = ", ".join(f"{key} {describe_array(array)}" for key, array in zip(KEYS, arrays, strict=True))
    raise StudyError(
        f"{source} is not {dataset}: {difference}. It holds {found}. Bring an unchanged copy, or set "
        "dataset.path in the config to null for the download"
    )


def shorten(names: list[str]) -> str:
    """List names. Of more than SHOWN names, list the first ones and count the others."""
    return ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
