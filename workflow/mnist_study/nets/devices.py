"""What TensorFlow may use in one job, and that it repeats itself to the bit there."""

import os
import platform
from pathlib import Path

from mnist_study.errors import StudyError
from mnist_study.nets.networks import tf

CPUINFO = Path("/proc/cpuinfo")
# Of Linux' names for a processor's vectors, the widest first, and ours.
VECTORS = {
    "avx512f": "AVX-512",
    "avx2": "AVX2",
    "avx": "AVX",
    "sse4_1": "SSE4.1",
    "sve": "SVE",
    "asimd": "Advanced SIMD",
}
# What identifies a processor there, on x86 and on ARM, and what we write before it.
IDENTITY = {
    "vendor_id": "",
    "cpu family": "family ",
    "model": "model ",
    "CPU implementer": "implementer ",
    "CPU part": "part ",
}
# By these, users have oneDNN and OpenBLAS compute as on another processor.
LIMITS = ("ONEDNN_MAX_CPU_ISA", "OPENBLAS_CORETYPE")


def prepare_device(threads: int, device: str) -> dict:
    """Keep TensorFlow to `threads` cores and to deterministic operations; call it before anything else of TensorFlow.

    `device`: "gpu" where the job must have one, "auto" where it takes what there is. Returns what the same bits are
    promised on, and on nothing else: processor, its vectors, GPUs and threads. Raises StudyError if there is no GPU and
    must be.
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
    """Find the name and kind of the processor, on Linux; elsewhere its architecture."""
    told = read_processor()
    identity = [f"{word}{told[name]}" for name, word in IDENTITY.items() if name in told]
    name = told.get("model name", platform.machine())
    return f"{name} ({', '.join(identity)})" if identity else name


def find_vectors() -> str:
    """Find the widest vectors that the processor works on, on Linux; elsewhere its architecture."""
    told = read_processor()
    flags = f"{told.get('flags', '')} {told.get('Features', '')}".split()
    return next((name for flag, name in VECTORS.items() if flag in flags), platform.machine())


def read_processor() -> dict[str, str]:
    """Read what Linux says of the first processor, by its names; elsewhere nothing."""
    text = CPUINFO.read_text(encoding="utf-8") if CPUINFO.exists() else ""
    lines = [line.partition(":") for line in text.partition("\n\n")[0].splitlines()]
    return {name.strip(): value.strip() for name, _, value in lines}
