"""Shared by the benchmarks: the description of their machine, and the images.

    python -m benchmarks.machine

prints the GPUs that TensorFlow sees.
"""

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil

from mnist_study.nets.devices import find_processor, find_vectors
from mnist_study.nets.networks import tf
from mnist_study.trust.reasons import ROOT, find_version

CORES = len(os.sched_getaffinity(0))
QUIET = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "2"}
LIBRARIES = {"CUDA": "cuda_version", "cuDNN": "cudnn_version"}


def describe_machine() -> str:
    """Describe the machine and the libraries that times depend on, in one line."""
    memory = psutil.virtual_memory().total / 2**30
    libraries = ", ".join(f"{name} {find_version(name)}" for name in ("tensorflow", "keras", "snakemake"))
    return (
        f"{CORES} cores of {find_processor()}, {find_vectors()}, {memory:.0f} GiB; "
        f"Python {platform.python_version()}, {libraries}"
    )


def describe_gpus(gpus: list[dict[str, Any]], driver: str, build: dict[str, Any]) -> str:
    """Describe GPUs, their driver, and the libraries that TensorFlow was built for, in one line; empty without a GPU.

    `gpus`: TensorFlow's details of each GPU; `build`: TensorFlow's build.
    """
    names = [
        f"{gpu.get('device_name', 'unknown GPU')} (compute capability "
        f"{'.'.join(map(str, gpu.get('compute_capability', ('unknown',))))})"
        for gpu in gpus
    ]
    libraries = [f"{label} {build.get(key, 'unknown')}" for label, key in LIBRARIES.items()]
    return ", ".join([*names, f"driver {driver}", *libraries]) if names else ""


def find_driver() -> str:
    """Find the version of NVIDIA's driver."""
    if not shutil.which("nvidia-smi"):
        return "unknown"
    command = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
    lines = subprocess.run(command, stdout=subprocess.PIPE, encoding="utf-8").stdout.splitlines()
    return lines[0].strip() if lines else "unknown"


def find_dataset() -> Path:
    """Find the images that a study has fetched. Exits with a message if there are none."""
    dataset = next(ROOT.glob("results/*/dataset/mnist.npz"), None)
    if dataset is None:
        sys.exit("there are no images yet: type make demo")
    return dataset


if __name__ == "__main__":
    seen = [tf.config.experimental.get_device_details(gpu) for gpu in tf.config.list_physical_devices("GPU")]
    print(describe_gpus(seen, find_driver(), tf.sysconfig.get_build_info()))
