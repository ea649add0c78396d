"""Measure how fast the study is and how its cost grows. Run python -m benchmarks.NAME in the project's folder."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))
