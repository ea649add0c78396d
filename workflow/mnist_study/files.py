"""Files that appear under their final name only when they are complete."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def write_atomically(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`; flush and rename it when the block ends well, remove it when not.

    The temporary name keeps the suffix, from which writers such as NumPy and Keras tell the format. It is the same on
    every run, so that what a killed run leaves is replaced by the next; one process at a time may write a file.
    An OSError that names no file, as that of a full disk, gets the name of this one.
    """
    temporary = path.with_name(f".{path.stem}.incomplete{path.suffix}")
    temporary.unlink(missing_ok=True)
    try:
        yield temporary
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        error.filename = error.filename or str(path)
        raise
    finally:
        temporary.unlink(missing_ok=True)
