"""Files that get their final name only when they are complete, and the reading of JSON."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def read_json(path: Path) -> dict:
    """Read a JSON object. Raises OSError if the file can't be read, else ValueError as parse_json does."""
    return parse_json(path.read_text(encoding="utf-8"))


def parse_json(text: str) -> dict:
    """Parse a JSON object. Raises ValueError if the text is cut, no JSON, or JSON of another kind."""
    try:
        content = json.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if not isinstance(content, dict):
        raise ValueError("it holds no JSON object")
    return content


@contextmanager
def write_atomically(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`. Flush and rename it at the end of the block; after an error, remove it.

    The temporary name keeps the suffix, by which writers such as NumPy and Keras choose the format. It is the same on
    every run, so that a run replaces the file that a killed run left. Only one process at a time may write a file.
    An OSError without the name of a file, such as that of a full disk, gets the name of this file.
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
