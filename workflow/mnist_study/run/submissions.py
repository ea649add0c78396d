"""The reasons that a job was submitted with, from the record of its Slurm job.

The Snakemake that Slurm starts on a node reads config and code again. Without these reasons, it would not notice a
change that was made while the job was in the queue.
"""

import json
import os
from pathlib import Path

from mnist_study.trust.reasons import Reasons

# The executor for Slurm sets it to the path of the record. Its first line has the params of each job.
VARIABLE = "SNAKEMAKE_SLURM_RECORD"


def find_reasons(output: Path) -> Reasons | None:
    """Find the reasons that the job with this first output was submitted with; None if it did not go through Slurm."""
    record = os.environ.get(VARIABLE)
    if record is None:
        return None
    with Path(record).open(encoding="utf-8") as file:
        members = json.loads(file.readline())["members"]
    for member in members:
        if member["output"][0] == str(output):
            return parse_reasons(member["params"])
    return None


def parse_reasons(params: dict[str, str]) -> Reasons:
    """Parse the parameters of a rule, which trust/reasons.py formats, into reasons."""
    reasons: Reasons = {"settings": json.loads(params["settings"]), "code": {}, "packages": {}, "data": {}}
    for text in params.values():
        head, _, value = text.rpartition(": ")
        kind, _, name = head.partition(" ")
        if kind in ("code", "packages", "data"):
            reasons[kind][name] = value
    return reasons
