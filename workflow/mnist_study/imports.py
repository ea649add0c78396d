"""Import large libraries without what takes time and serves no job here."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def spare_imports(*unused: str) -> Iterator[None]:
    """Import without `unused`, which a library takes where it finds them for what no job here does.

    The garbage collector rests meanwhile, and leaves what was imported alone afterwards: it would search the same
    modules again and again, and nothing of them is thrown away.
    """
    absent = dict.fromkeys(name for name in unused if name not in sys.modules)
    sys.modules.update(absent)
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.freeze()
        for name in absent:
            del sys.modules[name]
