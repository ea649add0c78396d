"""Shared by the benchmarks: the description of their machine, and the images."""

import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path

import psutil

from mnist_study.nets.devices import find_processor, find_vectors
from mnist_study.trust.reasons import ROOT

CORES = len(os.sched_getaffinity(0))
QUIET = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "2"}


def describe_machine() -> str:
    """Describe the machine and the libraries that times depend on, in one line."""
    memory = psutil.virtual_memory().total / 2**30
    libraries = ", ".join(f"{name} {version(name)}" for name in ("tensorflow-cpu", "keras", "snakemake"))
    return (
        f"{CORES} cores of {find_processor()}, {find_vectors()}, {memory:.0f} GiB; "
        f"Python {platform.python_version()}, {libraries}"
    )


def find_dataset() -> Path:
    """Find the images that a study has fetched. Exits with a message if there are none."""
    dataset = next(ROOT.glob("results/*/dataset/mnist.npz"), None)
    if dataset is None:
        sys.exit("there are no images yet: type make demo")
    return dataset
