"""The exception whose message users read instead of a stack trace, and the exceptions of damaged files."""

import tokenize
import zipfile
import zlib

# What zipfile, NumPy and Keras raise when they read a damaged file. Only the reading may stand in such a `try`.
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
    """Bad input. The message names the file, the key or the value, and the remedy."""
