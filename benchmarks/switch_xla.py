"""Run a training script of the study with XLA switched on or off, whatever the script itself says.

python -m benchmarks.switch_xla {on,off} SCRIPT ...
"""

import runpy
import sys
from collections.abc import Callable
from typing import Any

from mnist_study.nets import training


def switch_xla(train: Callable[..., Any], xla: bool) -> Callable[..., Any]:
    """Give the study's function `train` with XLA switched on or off."""

    def switched(*arguments: Any, **options: Any) -> Any:
        return train(*arguments, **options | {"xla": xla})

    return switched


if __name__ == "__main__":
    switch, script = sys.argv[1:3]
    del sys.argv[1:3]
    training.train = switch_xla(training.train, switch == "on")
    runpy.run_module(f"mnist_study.scripts.{script}", run_name="__main__", alter_sys=True)
