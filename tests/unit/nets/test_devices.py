import platform
import re
from pathlib import Path

import keras
import pytest
import tensorflow as tf

from mnist_study.errors import StudyError
from mnist_study.nets import devices
from mnist_study.nets.devices import find_processor, find_vectors, prepare_device

pytestmark = pytest.mark.tensorflow

EPYC = """processor\t: 0
vendor_id\t: AuthenticAMD
cpu family\t: 25
model\t\t: 1
model name\t: AMD EPYC
flags\t\t: fpu sse4_1 sse4_2 avx avx2{more}
bugs\t\t: sysret_ss_attrs

processor\t: 1
"""
GRAVITON = """processor\t: 0
BogoMIPS\t: 243.75
Features\t: fp asimd evtstrm{more}
CPU implementer\t: 0x41
CPU architecture: 8
CPU part\t: 0xd0c
"""


def test_a_job_says_what_its_bits_are_promised_on(device):
    gpus = tf.config.list_physical_devices("GPU")
    assert device == {
        "processor": find_processor(),
        "vectors": find_vectors(),
        "gpus": device["gpus"],
        "threads": 1,
    }
    assert len(device["gpus"]) == len(gpus)


def test_the_processor_is_the_one_that_the_system_names():
    names = re.findall(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    assert find_processor().startswith((names or [platform.machine()])[0])


@pytest.mark.parametrize(
    "told, processor, vectors",
    [
        (EPYC.format(more=""), "AMD EPYC (AuthenticAMD, family 25, model 1)", "AVX2"),
        (EPYC.format(more=" avx512f avx512dq"), "AMD EPYC (AuthenticAMD, family 25, model 1)", "AVX-512"),
        (GRAVITON.format(more=""), "MACHINE (implementer 0x41, part 0xd0c)", "Advanced SIMD"),
        (GRAVITON.format(more=" sve"), "MACHINE (implementer 0x41, part 0xd0c)", "SVE"),
        ("processor : 0\nisa : rv64imafdc\n", "MACHINE", "MACHINE"),
        (None, "MACHINE", "MACHINE"),
    ],
    ids=["AVX2", "AVX-512", "ARM", "ARM with SVE", "RISC-V", "not Linux"],
)
def test_a_processor_is_told_from_one_with_other_vectors(tmp_path, monkeypatch, told, processor, vectors):
    monkeypatch.setattr(devices, "CPUINFO", tmp_path / "cpuinfo")
    monkeypatch.setattr(platform, "machine", lambda: "MACHINE")
    if told is not None:
        devices.CPUINFO.write_text(told)
    assert (find_processor(), find_vectors()) == (processor, vectors)


def test_a_processor_that_a_user_limits_is_another_device(device, monkeypatch):
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "SSE41")
    monkeypatch.setenv("OPENBLAS_CORETYPE", "NEHALEM")
    limited = f"{find_vectors()}, ONEDNN_MAX_CPU_ISA=SSE41, OPENBLAS_CORETYPE=NEHALEM"
    assert prepare_device(1, "auto") == device | {"vectors": limited}


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
    """Count the processor time of each thread of this process in clock ticks."""
    stats = {path.parent.name: path.read_text() for path in Path("/proc/self/task").glob("*/stat")}
    # User and system time are the 12th and 13th field after the name in brackets (man 5 proc).
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
