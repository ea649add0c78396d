"""Count the devices that results were made on, which tell where last digits may differ."""

import json
from collections import Counter
from contextlib import suppress
from pathlib import Path

from workflow.lib.errors import DAMAGE
from workflow.lib.provenance import locate_provenance


def count_devices(outputs: list[Path]) -> Counter[str]:
    """Count on which devices results were made, each as JSON; `outputs`: the first output of each job."""
    devices = Counter()
    for path in map(locate_provenance, outputs):
        with suppress(*DAMAGE):  # of a missing or damaged one, nobody knows the device
            devices[json.dumps(json.loads(path.read_text(encoding="utf-8"))["device"])] += 1
    return devices


def warn_of_mixed_devices(outputs: list[Path]) -> None:
    """Print a warning if results that are summarized together were made on different devices.

    The same bits are promised on one kind of device only; `outputs`: the first output of each job.
    """
    devices = count_devices(outputs)
    if len(devices) > 1:
        counts = "; ".join(f"{count} on {device}" for device, count in devices.most_common())
        print(f"warning: made on different devices, so that the last digits may differ: {counts}", flush=True)
