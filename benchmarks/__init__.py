"""How fast the study is and how it grows: a command each, python -m benchmarks.NAME, run in the project's folder."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))
