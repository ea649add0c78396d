"""Write the JSON of metrics of a training or an evaluation."""

import json
from pathlib import Path

from mnist_study.files import write_atomically


def write_metrics(path: Path, metrics: dict) -> None:
    """Write metrics as JSON. They must hold no time, host name or path, so that each run writes the same bytes."""
    with write_atomically(path) as temporary:
        temporary.write_text(json.dumps(metrics, indent=1, allow_nan=False) + "\n", encoding="utf-8")
