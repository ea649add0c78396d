"""What a user's environment tells Keras and TensorFlow, of which none may change a number."""

import os

# By these, Keras, TensorFlow, XLA, oneDNN and NVIDIA's libraries know their variables.
PREFIXES = ("KERAS_", "TF_", "TF2_", "TENSORFLOW_", "XLA_", "ONEDNN_", "DNNL_", "CUDNN_", "CUBLAS", "NVIDIA_TF32_")
# What TensorFlow says, how it uses a GPU's memory; and the vectors that oneDNN may use, which results record.
KEPT = {"TF_CPP_MIN_LOG_LEVEL", "TF_FORCE_GPU_ALLOW_GROWTH", "TF_GPU_ALLOCATOR", "ONEDNN_MAX_CPU_ISA"}
SET = {
    "KERAS_BACKEND": "tensorflow",
    # Below a file there can be no keras.json, and Keras writes none.
    "KERAS_HOME": os.devnull,
    # Unasked, TensorFlow uses oneDNN on some processors alone; convolutions take half the time with it.
    "TF_ENABLE_ONEDNN_OPTS": "1",
}


def settle_environment() -> None:
    """Set this process's environment to what the study says; call it before Keras and TensorFlow are imported."""
    for name in [name for name in os.environ if name.startswith(PREFIXES) and name not in KEPT]:
        del os.environ[name]
    os.environ |= SET
