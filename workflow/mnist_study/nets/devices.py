"""Limit the devices that TensorFlow uses in one job, and make its results repeatable to the bit."""

import os
import platform
from pathlib import Path

from mnist_study.errors import StudyError
from mnist_study.nets.networks import tf

CPUINFO = Path("/proc/cpuinfo")
# Linux' names of vector instruction sets, the widest first, and the names in our provenance.
VECTORS = {
    "avx512f": "AVX-512",
    "avx2": "AVX2",
    "avx": "AVX",
    "sse4_1": "SSE4.1",
    "sve": "SVE",
    "asimd": "Advanced SIMD",
}
# The fields of /proc/cpuinfo that identify a processor, on x86 and on ARM, and the word that we write before each.
IDENTITY = {
    "vendor_id": "",
    "cpu family": "family ",
    "model": "model ",
    "CPU implementer": "implementer ",
    "CPU part": "part ",
}
# With these variables, users make oneDNN and OpenBLAS compute as on another processor.
LIMITS = ("ONEDNN_MAX_CPU_ISA", "OPENBLAS_CORETYPE")


def prepare_device(threads: int, device: str) -> dict:
    """Limit TensorFlow to `threads` threads and to deterministic operations. Call it before any use of TensorFlow.

    `device`: "gpu" if the job must have a GPU, "auto" if it uses a GPU where there is one. Returns the processor, its
    vector instructions, the GPUs and the threads: the same bits are promised only where all of these are the same.
    Raises StudyError if the job must have a GPU and TensorFlow sees none.
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
    limits = [f"{name}={os.environ[name]}" for name in LIMITS if name in os.environ]
    return {
        "processor": find_processor(),
        "vectors": ", ".join([find_vectors(), *limits]),
        "gpus": [gpu.get("device_name", "unknown") for gpu in gpus],
        "threads": threads,
    }


def find_processor() -> str:
    """Find the name and the model of the processor on Linux, or its architecture on other systems."""
    told = read_processor()
    identity = [f"{word}{told[name]}" for name, word in IDENTITY.items() if name in told]
    name = told.get("model name", platform.machine())
    return f"{name} ({', '.join(identity)})" if identity else name


def find_vectors() -> str:
    """Find the widest vector instructions of the processor on Linux, or its architecture on other systems."""
    told = read_processor()
    flags = f"{told.get('flags', '')} {told.get('Features', '')}".split()
    return next((name for flag, name in VECTORS.items() if flag in flags), platform.machine())


def read_processor() -> dict[str, str]:
    """Read the fields of the first processor in /proc/cpuinfo, by name. Systems other than Linux have none."""
    text = CPUINFO.read_text(encoding="utf-8") if CPUINFO.exists() else ""
    lines = [line.partition(":") for line in text.partition("\n\n")[0].splitlines()]
    return {name.strip(): value.strip() for name, _, value in lines}
