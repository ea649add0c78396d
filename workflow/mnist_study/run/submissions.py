"""The reasons that a job was submitted with, handed to it through Slurm.

The Snakemake that Slurm starts on a node reads config and code again. Without these reasons, it would not notice a
change that was made while the job was in the queue.
"""

import json
import os
import zlib
from base64 import b64decode, b64encode
from pathlib import Path

from mnist_study.trust.reasons import Reasons

VARIABLE = "MNIST_STUDY_SUBMITTED"


def export_reasons(submitted: dict[str, Reasons]) -> str:
    """Give the shell command that exports the reasons of jobs; `submitted`: by the first output of each job."""
    # Base64 needs no quotes in a shell.
    return f"export {VARIABLE}={b64encode(zlib.compress(json.dumps(submitted).encode())).decode()}"


def find_reasons(output: Path) -> Reasons | None:
    """Find the reasons that the job with this first output was submitted with; None if it did not go through Slurm."""
    text = os.environ.get(VARIABLE)
    return json.loads(zlib.decompress(b64decode(text))).get(str(output)) if text else None
