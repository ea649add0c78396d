"""Remove the variables from a user's environment by which Keras and TensorFlow could compute other numbers."""

import os

# The prefixes of the variables that Keras, TensorFlow, XLA, oneDNN and NVIDIA's libraries read.
PREFIXES = ("KERAS_", "TF_", "TF2_", "TENSORFLOW_", "XLA_", "ONEDNN_", "DNNL_", "CUDNN_", "CUBLAS", "NVIDIA_TF32_")
# The first three set TensorFlow's log level and its use of GPU memory, which change no number. The last one limits
# oneDNN's vector instructions. It can change numbers, and so provenance records it.
KEPT = {"TF_CPP_MIN_LOG_LEVEL", "TF_FORCE_GPU_ALLOW_GROWTH", "TF_GPU_ALLOCATOR", "ONEDNN_MAX_CPU_ISA"}
SET = {
    "KERAS_BACKEND": "tensorflow",
    # A path below a file can't exist. So Keras finds no keras.json there, and writes none.
    "KERAS_HOME": os.devnull,
    # By default, TensorFlow uses oneDNN only on some processors. With oneDNN, convolutions take half the time.
    "TF_ENABLE_ONEDNN_OPTS": "1",
}


def settle_environment() -> None:
    """Give this process the study's environment. Call it before Keras and TensorFlow are imported."""
    for name in [name for name in os.environ if name.startswith(PREFIXES) and name not in KEPT]:
        del os.environ[name]
    os.environ |= SET
