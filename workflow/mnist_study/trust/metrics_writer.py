"""Write the JSON of metrics that training and evaluation leave behind."""

import json
from pathlib import Path

from mnist_study.files import write_atomically


def write_metrics(path: Path, metrics: dict) -> None:
    """Write metrics as JSON; no time, host name or path belongs in them."""
    with write_atomically(path) as temporary:
        temporary.write_text(json.dumps(metrics, indent=1, allow_nan=False) + "\n", encoding="utf-8")
