"""Read the images of a data set as people and servers keep them: IDX files or an npz file, in more than one layout.

What is unambiguous is taken, whatever its shape or type: every byte is checked afterwards.
"""

import gzip
import math
import struct
import zlib
from pathlib import Path

import numpy as np

from mnist_study.data.dataset_digests import IDX_DIGESTS
from mnist_study.data.datasets import IDX_MAGIC, KEYS, Arrays, find_difference
from mnist_study.errors import DAMAGE, StudyError
from mnist_study.images import CLASSES, PIXELS, SIDE

GZIP_MAGIC = b"\x1f\x8b"
IMAGE_SHAPES = [(SIDE, SIDE), (SIDE, SIDE, 1), (1, SIDE, SIDE), (PIXELS,)]
# A folder, and what archives and torchvision put the files into: MNIST/raw.
DEPTHS = ["", "*/", "*/*/"]
EXPECTED = "images are bytes of shape (n, 28, 28), labels are bytes 0 to 9 of shape (n,)"
SHOWN = 8


def read_copy(path: Path) -> Arrays:
    """Read a copy: a folder with four IDX files, or an npz file in Keras' layout.

    Raises StudyError that says what was found there, and what was expected.
    """
    try:
        return read_folder(path) if path.is_dir() else read_npz(path)
    except FileNotFoundError as error:
        raise StudyError(
            f"{path} is missing (looked for as {path.absolute()}): "
            "set dataset.path to an npz file or to a folder of IDX files, or to null for the download"
        ) from error
    except OSError as error:
        raise StudyError(f"{error.filename or path} can't be read: {error.strerror}") from error


def read_folder(folder: Path) -> Arrays:
    """Read the four IDX files of a folder, gzipped or not; they may lie up to two folders below."""
    return Arrays(*(read_idx(find_idx(folder, name)) for name in IDX_DIGESTS["mnist"]))


def find_idx(folder: Path, name: str) -> Path:
    """Find an IDX file of a folder, by one of the spellings of its name; one that is not gzipped goes first."""
    spellings = [spelling + suffix for suffix in ("", ".gz") for spelling in (name, name.replace("-idx", ".idx"))]
    for depth in DEPTHS:
        found = {
            path.parent: path for name in reversed(spellings) for path in folder.glob(depth + name) if path.is_file()
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
    """Read one IDX file of unsigned bytes, gzipped or not, whatever its name says."""
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
    with path.open("rb") as file:
        start = file.read(16)
    expected = f"an npz file with {', '.join(KEYS)}"
    if start.startswith((b"\0\0\x08", GZIP_MAGIC)):
        raise StudyError(f"{path} is a single file, perhaps of IDX files: set dataset.path to the folder of all four")
    if not start.startswith(b"PK"):
        raise StudyError(f"{path} is not {expected}: it starts with {start!r}")
    try:
        with np.load(path, allow_pickle=False) as file:
            if not set(KEYS) <= set(file.files):
                raise StudyError(f"{path} is not {expected}: its keys are {shorten(sorted(file.files)) or 'none'}")
            arrays = {key: file[key] for key in KEYS}
    except DAMAGE as error:
        raise StudyError(f"{path} is not a complete npz file ({error}): bring a complete copy") from error
    return Arrays(*(convert_array(array, path, key) for key, array in arrays.items()))


def convert_array(array: np.ndarray, path: Path, key: str) -> np.ndarray:
    """Convert images to bytes of shape (n, 28, 28), or labels to bytes of shape (n,), where nothing is lost by it.

    Images may be flat or have a channel, and be scaled to [0, 1]; labels may be one-hot.
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
    """Describe an array for one who has to find out what is wrong with it: type, shape, range."""
    described = f"{array.dtype} of shape {array.shape}"
    return (
        f"{described} from {array.min()} to {array.max()}" if array.size and array.dtype.kind in "biuf" else described
    )


def check_copy(arrays: Arrays, dataset: str, source: str) -> Arrays:
    """Return `arrays` if they are the named data set, to the last byte.

    Raises StudyError that says which other data set they are; or the first array that differs, and what was found.
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
    """List names, some of them where they are many."""
    return ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
