"""Run a script or a command of the study, in any folder: python PATH/workflow NAME …

Python looks for modules beside this file first, and not in the working directory.
"""

import runpy
import sys
from pathlib import Path

SOURCES = Path(__file__).resolve().parent


def main() -> None:
    places = [
        path for shelf in ("commands", "scripts") for path in sorted((SOURCES / "mnist_study" / shelf).glob("*.py"))
    ]
    modules = {path.stem: f"mnist_study.{path.parent.name}.{path.stem}" for path in places}
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name not in modules:
        sys.exit(f"usage: python {SOURCES} NAME …, with one of these names: {', '.join(modules)}")
    del sys.argv[1]
    sys.path[0] = str(SOURCES)  # absolute, as a command may change the working directory
    runpy.run_module(modules[name], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
