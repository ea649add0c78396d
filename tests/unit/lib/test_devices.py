import platform
import re
from pathlib import Path

import keras
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


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="threads are counted in Linux' /proc")
def test_a_job_of_one_thread_keeps_one_thread_busy_and_no_more(device):
    model = keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Conv2D(32, 3), keras.layers.Flatten()])
    model.add(keras.layers.Dense(200))
    images = tf.random.stateless_uniform([500, 28, 28, 1], [1, 2])

    @tf.function
    def train():
        for _ in tf.range(5):
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean(model(images) ** 2)
            for weights, gradient in zip(model.weights, tape.gradient(loss, model.weights), strict=True):
                weights.value.assign_sub(0.01 * gradient)

    train()
    before = count_ticks()
    train()
    used = {thread: ticks - before.get(thread, 0) for thread, ticks in count_ticks().items()}
    assert sum(used.values()) > 20
    assert max(used.values()) >= 0.9 * sum(used.values())


def count_ticks() -> dict[str, int]:
    """Count the processor time of each thread of this process, in the system's ticks."""
    stats = {path.parent.name: path.read_text() for path in Path("/proc/self/task").glob("*/stat")}
    # After the name in brackets, user and system time are the 12th and 13th field (man 5 proc).
    fields = {thread: text.rpartition(")")[2].split() for thread, text in stats.items()}
    return {thread: int(field[11]) + int(field[12]) for thread, field in fields.items()}


def test_sums_come_out_the_same_on_every_run(device):
    values = tf.random.stateless_uniform([100_000], [1, 2])
    segments = tf.cast(tf.random.stateless_uniform([100_000], [3, 4]) * 3, tf.int32)
    sums = [tf.math.unsorted_segment_sum(values, segments, 3).numpy().tobytes() for _ in range(5)]
    assert len(set(sums)) == 1


@pytest.mark.skipif(bool(tf.config.list_physical_devices("GPU")), reason="this machine has a GPU")
def test_a_job_that_must_have_a_gpu_stops_where_there_is_none():
    with pytest.raises(StudyError, match="must have a GPU, and TensorFlow sees none"):
        prepare_device(1, "gpu")
