"""Write the JSON of metrics that training and evaluation leave behind."""

import json
from hashlib import sha256
from pathlib import Path

from workflow.lib.files import write_atomically


def digest_metrics(metrics: dict) -> str:
    """Compute the SHA-256 of the metrics without their own digest, by which an edited file is told from ours."""
    content = {key: value for key, value in metrics.items() if key != "digest"}
    return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def write_metrics(path: Path, metrics: dict) -> None:
    """Write metrics as JSON with their digest; no time, host name or path belongs in them."""
    with write_atomically(path) as temporary:
        temporary.write_text(
            json.dumps(metrics | {"digest": digest_metrics(metrics)}, indent=1, allow_nan=False) + "\n",
            encoding="utf-8",
        )
