"""The reasons that a job was submitted for, on their way to it through Slurm.

The Snakemake that Slurm starts on a node reads config and code anew, and so would never notice that they changed while
the job was in the queue.
"""

import json
import os
import zlib
from base64 import b64decode, b64encode
from pathlib import Path

from mnist_study.trust.reasons import Reasons

VARIABLE = "MNIST_STUDY_SUBMITTED"


def export_reasons(submitted: dict[str, Reasons]) -> str:
    """Give the shell command that hands reasons on: by the first output of each job that it is before."""
    # In letters that no shell minds.
    return f"export {VARIABLE}={b64encode(zlib.compress(json.dumps(submitted).encode())).decode()}"


def find_reasons(output: Path) -> Reasons | None:
    """Find the reasons that the job of this first output was submitted for; None if it runs beside its Snakemake."""
    text = os.environ.get(VARIABLE)
    return json.loads(zlib.decompress(b64decode(text))).get(str(output)) if text else None
