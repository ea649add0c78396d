"""Test how the benchmarks describe their machine."""

import re
from pathlib import Path

import pytest

from benchmarks.machine import describe_machine

pytestmark = pytest.mark.tensorflow


@pytest.mark.skipif(not Path("/proc/cpuinfo").exists(), reason="the processor is described in Linux' /proc")
def test_the_machine_is_told_from_one_with_other_vectors():
    flags = set(re.search(r"^flags\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)[1].split())
    description = describe_machine()
    assert (", AVX-512," in description) == ("avx512f" in flags)
    assert (", AVX2," in description) == ("avx2" in flags and "avx512f" not in flags)
