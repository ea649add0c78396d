"""Save and load trained models, and describe them for metrics and tables."""

from hashlib import sha256
from pathlib import Path

import numpy as np

from mnist_study.errors import DAMAGE, StudyError
from mnist_study.files import read_json, write_atomically
from mnist_study.nets.networks import keras


def save_model(model: keras.Model, path: Path) -> None:
    """Save a model as a `.keras` file."""
    with write_atomically(path) as temporary:
        model.save(temporary)


def load_model(path: Path) -> keras.Model:
    """Load a `.keras` file in safe mode, for prediction only.

    Raises StudyError if the file is missing or damaged, or holds another model than the metrics beside it describe.
    """
    remedy = f"type: rm '{path}', and run Snakemake again"
    try:
        model = keras.saving.load_model(path, compile=False, safe_mode=True)
        expected = read_json(path.with_suffix(".json"))["weights"]
    except DAMAGE as error:
        raise StudyError(f"{path} or its metrics are not complete ({error}): {remedy}") from error
    if digest_weights(model) != expected:
        raise StudyError(f"{path} has other weights than its metrics tell of: {remedy}")
    return model


def digest_weights(model: keras.Model) -> str:
    """Compute the SHA-256 of all weights. It identifies a trained model, as files of the same model differ in dates."""
    return sha256(b"".join(weights.tobytes() for weights in model.get_weights())).hexdigest()


def describe_training(model: keras.Sequential, history: dict[str, list[float]], kept: int = -1) -> dict:
    """Describe a trained model for its metrics: history, final values, layers, kernels, digest of its weights.

    `kept`: the index of the epoch whose weights it has.
    """
    return {
        "final": {name: values[kept] for name, values in history.items()},
        "history": history,
        "layers": describe_layers(model),
        "kernel_norms": measure_kernels(model),
        "weights": digest_weights(model),
    }


def describe_layers(model: keras.Sequential) -> list[dict]:
    """List the layers from the input on: layer, detail, output shape without the batch axis, number of parameters."""
    rows = [{"layer": "Input", "detail": "", "output_shape": list(model.input_shape[1:]), "parameters": 0}]
    for layer in model.layers:
        rows.append(
            {
                "layer": type(layer).__name__,
                "detail": describe_detail(layer),
                "output_shape": list(layer.output.shape[1:]),
                "parameters": layer.count_params(),
            }
        )
    return rows


def measure_kernels(model: keras.Sequential) -> list[dict]:
    """Measure the L2 norm of each kernel: the square root of the sum of its squared weights. An L2 penalty acts on it.

    Returns a row for each layer that has a kernel: layer, its position in `describe_layers`, whether it is penalized,
    and the norm.
    """
    return [
        {
            "layer": type(layer).__name__,
            "position": position,
            "penalized": layer.kernel_regularizer is not None,
            # NumPy computes this sum without BLAS. The last digits of a BLAS sum depend on the number of threads.
            "norm": float(np.sqrt(np.square(layer.kernel.numpy(), dtype=np.float64).sum())),
        }
        for position, layer in enumerate(model.layers, start=1)
        if hasattr(layer, "kernel")
    ]


def describe_detail(layer: keras.Layer) -> str:
    """Describe a layer: kernel or pool size, stride, padding, dropout rate, activation, L2 penalty, "latent"."""
    config = layer.get_config()
    parts = []
    for key in ("kernel_size", "pool_size"):
        if key in config:
            parts.append(" × ".join(str(size) for size in config[key]))
    if "kernel_size" in config and config["strides"] != (1, 1):
        parts.append(f"stride {config['strides'][0]}")
    if config.get("padding") == "same":
        parts.append("same padding")
    if "rate" in config:
        parts.append(f"rate {config['rate']}")
    if "activation" in config:
        parts.append({"relu": "ReLU"}.get(config["activation"], config["activation"]))
    if getattr(layer, "kernel_regularizer", None) is not None:
        parts.append("L2")
    if layer.name == "latent":
        parts.append("latent")
    return ", ".join(parts)
