import platform
import re
from pathlib import Path

import pytest
import tensorflow as tf

from workflow.lib.devices import find_processor, prepare_device
from workflow.lib.errors import StudyError


def test_a_job_says_what_its_bits_are_promised_on(device):
    gpus = tf.config.list_physical_devices("GPU")
    assert device == {"processor": find_processor(), "gpus": device["gpus"], "threads": 1}
    assert len(device["gpus"]) == len(gpus)


def test_the_processor_is_the_one_that_the_system_names():
    names = re.findall(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    assert find_processor() == (names or [platform.machine()])[0]


def test_a_second_job_in_the_same_process_is_on_the_same_device(device):
    assert prepare_device(1, "auto") == device
    assert tf.config.threading.get_intra_op_parallelism_threads() == 1


def test_sums_come_out_the_same_on_every_run(device):
    values = tf.random.stateless_uniform([100_000], [1, 2])
    segments = tf.cast(tf.random.stateless_uniform([100_000], [3, 4]) * 3, tf.int32)
    sums = [tf.math.unsorted_segment_sum(values, segments, 3).numpy().tobytes() for _ in range(5)]
    assert len(set(sums)) == 1


@pytest.mark.skipif(bool(tf.config.list_physical_devices("GPU")), reason="this machine has a GPU")
def test_a_job_that_must_have_a_gpu_stops_where_there_is_none():
    with pytest.raises(StudyError, match="must have a GPU, and TensorFlow sees none"):
        prepare_device(1, "gpu")
