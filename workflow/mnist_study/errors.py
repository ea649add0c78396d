"""The one exception that a person reads instead of a stack trace, and those that it stands for."""

import tokenize
import zipfile
import zlib

# What gzip, zipfile, NumPy and Keras raise when they read a damaged file.
DAMAGE = (
    OSError,
    EOFError,
    KeyError,
    RuntimeError,
    TypeError,
    ValueError,
    tokenize.TokenError,
    zipfile.BadZipFile,
    zlib.error,
)


class StudyError(Exception):
    """Bad input: the message names the file, the key or value, and the remedy."""
