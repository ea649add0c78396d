"""What TensorFlow may use in one job, and that it repeats itself to the bit there."""

import os
import platform
from pathlib import Path

from workflow.lib.errors import StudyError
from workflow.lib.networks import tf


def prepare_device(threads: int, device: str) -> dict:
    """Keep TensorFlow to `threads` cores and to deterministic operations; call it before anything else of TensorFlow.

    `device`: "gpu" where the job must have one, "auto" where it takes what there is. Returns what the same bits are
    promised on, and on nothing else: processor, GPUs and threads. Raises StudyError if there is no GPU and must be.
    """
    if device == "gpu" and not tf.config.list_physical_devices("GPU"):
        raise StudyError(
            f"this job must have a GPU, and TensorFlow sees none on {platform.node()} (CUDA_VISIBLE_DEVICES is "
            f"{os.environ.get('CUDA_VISIBLE_DEVICES', 'not set')}): install requirements-gpu.lock instead of "
            "requirements.lock, and ask for a GPU in profiles/slurm/config.yaml; to use CPUs, set `device: auto` there"
        )
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
    for line in cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.exists() else []:
        if line.startswith("model name"):
            return line.partition(": ")[2]
    return platform.machine()
