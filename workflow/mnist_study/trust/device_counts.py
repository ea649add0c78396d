"""Count the devices that made results: the same numbers are promised on one kind of device only."""

from collections import Counter
from pathlib import Path

from mnist_study.errors import StudyError
from mnist_study.trust.provenance import read_provenance


def count_devices(outputs: list[Path]) -> Counter[str]:
    """Count results by the description of the device that made them; `outputs`: the first output of each job."""
    devices: Counter[str] = Counter()
    for output in outputs:
        try:
            device = read_provenance(output)["device"]
        except StudyError:  # a missing or damaged provenance names no device
            continue
        gpus = device.get("gpus")
        named = isinstance(gpus, list) and all(isinstance(gpu, str) for gpu in gpus)
        if named and {"processor", "vectors", "threads"} <= device.keys():
            devices[describe_device(device)] += 1
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
