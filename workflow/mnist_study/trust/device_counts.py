"""Count the devices that made results: the same numbers are promised on one kind of device only."""

import json
from collections import Counter
from contextlib import suppress
from pathlib import Path

from mnist_study.errors import DAMAGE
from mnist_study.trust.provenance import locate_provenance


def count_devices(outputs: list[Path]) -> Counter[str]:
    """Count results by the description of the device that made them; `outputs`: the first output of each job."""
    devices: Counter[str] = Counter()
    for path in map(locate_provenance, outputs):
        with suppress(*DAMAGE):  # a missing or damaged provenance names no device
            devices[describe_device(json.loads(path.read_text(encoding="utf-8"))["device"])] += 1
    return devices


def describe_device(device: dict) -> str:
    """Describe a device of a provenance: its processor, vector instructions, GPUs and threads."""
    gpus = " and ".join(device["gpus"]) or "no GPU"
    threads = f"{device['threads']} thread{'' if device['threads'] == 1 else 's'}"
    return f"{device['processor']}, {device['vectors']}, {gpus}, {threads}"


def warn_of_mixed_devices(outputs: list[Path]) -> None:
    """Print a warning if results that are summarized together were made on different devices.

    `outputs`: the first output of each job.
    """
    devices = count_devices(outputs)
    if len(devices) > 1:
        counts = "; ".join(f"{count} on {device}" for device, count in devices.most_common())
        promise = "the same numbers are promised on one kind of device only"
        print(f"warning: made on different devices, and {promise}: {counts}", flush=True)
