"""Import large libraries without the parts that no job of the study needs."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def spare_imports(*unused: str) -> Iterator[None]:
    """Hide optional dependencies, named `unused`, from the imports below, so that a library does not load them.

    The garbage collector is off meanwhile, and ignores the imported modules afterwards: nothing of them is freed, so a
    search of them would find nothing.
    """
    absent: dict[str, Any] = dict.fromkeys(name for name in unused if name not in sys.modules)
    sys.modules.update(absent)
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.freeze()
        for name in absent:
            del sys.modules[name]
