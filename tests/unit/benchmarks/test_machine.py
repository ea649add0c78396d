"""Test how the benchmarks describe their machine."""

import re
from pathlib import Path

import pytest

from benchmarks.machine import describe_gpus, describe_machine

pytestmark = pytest.mark.tensorflow


@pytest.mark.skipif(not Path("/proc/cpuinfo").exists(), reason="the processor is described in Linux' /proc")
def test_the_machine_is_told_from_one_with_other_vectors():
    flags = set(re.search(r"^flags\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)[1].split())
    description = describe_machine()
    assert (", AVX-512," in description) == ("avx512f" in flags)
    assert (", AVX2," in description) == ("avx2" in flags and "avx512f" not in flags)


def test_a_gpu_is_described_with_its_driver_and_libraries():
    gpus = [{"device_name": "NVIDIA A100", "compute_capability": (8, 0)}]
    build = {"cuda_version": "12.5.1", "cudnn_version": "9"}
    assert describe_gpus(gpus, "550.54", build) == (
        "NVIDIA A100 (compute capability 8.0), driver 550.54, CUDA 12.5.1, cuDNN 9"
    )
    assert describe_gpus([{}], "unknown", {}).startswith("unknown GPU (compute capability unknown), driver unknown")
    assert describe_gpus([], "550.54", build) == ""
