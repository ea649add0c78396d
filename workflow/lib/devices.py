"""What TensorFlow may use in one job, and that it repeats itself to the bit there."""

import platform
from pathlib import Path

import tensorflow as tf


def prepare_device(threads: int) -> dict:
    """Keep TensorFlow to `threads` cores and to deterministic operations; call it before anything else of TensorFlow.

    Returns what the same bits are promised on, and on nothing else: processor, GPUs and threads.
    """
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.config.experimental.enable_op_determinism()
    gpus = [tf.config.experimental.get_device_details(gpu) for gpu in tf.config.list_physical_devices("GPU")]
    return {
        "processor": find_processor(),
        "gpus": [gpu.get("device_name", "unknown") for gpu in gpus],
        "threads": threads,
    }


def find_processor() -> str:
    """Find the name of the processor, on Linux; elsewhere its architecture."""
    cpuinfo = Path("/proc/cpuinfo")
    for line in cpuinfo.read_text().splitlines() if cpuinfo.exists() else []:
        if line.startswith("model name"):
            return line.partition(": ")[2]
    return platform.machine()
