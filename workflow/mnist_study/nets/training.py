"""Train all models of the study with one training loop.

The loop calls Keras' own training step. An epoch is one graph over data that stay in memory. The mathematics is that
of `model.fit` on the same order of samples. Without XLA, the bits are the same too. The loop adds three things to
`fit`:

- The order of samples depends only on seed and epoch.
- After each epoch it writes a checkpoint. A killed training resumes from it with the same bits.
- It is faster.
"""

import io
import json
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from mnist_study.errors import DAMAGE, StudyError
from mnist_study.files import write_atomically
from mnist_study.nets.networks import keras, tf
from mnist_study.seeding import draw_order

VALIDATION_BATCH = 500

Samples = tuple[np.ndarray, np.ndarray]
Placed = tuple[tf.Tensor, tf.Tensor]
History = dict[str, list[float]]


def train(
    model: keras.Model,
    training: Samples,
    validation: Samples,
    *,
    epochs: int,
    batch_size: int,
    seed: np.random.SeedSequence,
    checkpoint: Path,
    reasons: dict,
    draw_inputs: Callable[[int], np.ndarray] | None = None,
    patience: int | None = None,
    xla: bool = False,
) -> History:
    """Train a compiled model, score it after every epoch, and print a line for each.

    `training`, `validation`: inputs and targets, with the samples along the first axis. They are float32, or pixels in
    uint8, which are scaled to [0, 1].
    `seed`: determines the order of the samples.
    `checkpoint`: holds the state after the last complete epoch. A checkpoint for other `reasons` is ignored. The caller
    removes the file when the results are safe.
    `draw_inputs`: gives the training inputs of an epoch, by its index, in place of those in `training`.
    `patience`: stop when this number of epochs has not scored better on the validation samples, and keep the weights of
    the best epoch, which is that of `find_kept_epoch`. None: train all epochs, and keep the last.
    `xla`: compile the graph. It then rounds differently from `fit`. On a CPU, a small dense model trains in two thirds
    of the time. Larger dense models gain nothing, and convolutions become slower. TensorFlow refuses max pooling.

    Returns one value an epoch of the loss and of each metric, on the training and, with the prefix `val_`, on the
    validation data. A penalized model also has `val_cross_entropy` and `val_penalty`, whose sum is `val_loss`. Raises
    StudyError if the loss, a weight or the optimizer's state is no longer finite.
    """
    training, validation = (tuple(map(place, samples)) for samples in (training, validation))
    model.test_step(tuple(part[:1] for part in validation))  # builds the metrics: a graph can't
    model.optimizer.build(model.trainable_variables)
    inputs, targets = training
    train_epoch = make_train_epoch(model, targets, batch_size, xla)
    validate = make_validate(model, validation)
    history, best = restore_checkpoint(model, checkpoint, reasons, patience)
    first = len(history.get("loss", []))
    start = time.monotonic()
    for epoch in range(first, epochs):
        if has_stopped(history, patience):
            break
        model.reset_metrics()
        if draw_inputs:
            inputs = place(draw_inputs(epoch))
        train_epoch(tf.constant(draw_order(seed, epoch, len(targets))), inputs)
        results = {name: float(value) for name, value in model.get_metrics_result().items()}
        model.reset_metrics()
        validate()
        scores = {name: float(value) for name, value in model.get_metrics_result().items()}
        results |= {f"val_{name}": value for name, value in scores.items()}
        state = [variable.numpy() for variable in list_state(model)]
        # ReLU can turn NaN into 0. Then the loss is finite although weights are not.
        if not (all(map(math.isfinite, results.values())) and all(np.isfinite(values).all() for values in state)):
            raise StudyError(
                f"the training diverged in epoch {epoch + 1}, as its loss or weights are not finite: "
                "set a smaller learning_rate in the config"
            )
        parts = {f"val_{name}": value for name, value in split_loss(model, scores["loss"]).items()}
        for name, value in (results | parts).items():
            history.setdefault(name, []).append(value)
        if patience is not None and find_kept_epoch(history, patience) == epoch:
            best = state[: len(model.variables)]
        write_checkpoint([*state, *best], checkpoint, reasons, history)
        left = (time.monotonic() - start) / (epoch + 1 - first) * (epochs - epoch - 1)
        print(format_epoch(epoch + 1, epochs, results, left), flush=True)
    if patience is not None:
        print(f"kept the weights after epoch {find_kept_epoch(history, patience) + 1}", flush=True)
        for variable, values in zip(model.variables, best, strict=True):
            variable.assign(values)
    return history


def find_kept_epoch(history: History, patience: int | None) -> int:
    """Find the index of the epoch whose weights a training keeps: with patience, the first of the best ones."""
    if patience is None:
        return len(history["loss"]) - 1
    return history["val_accuracy"].index(max(history["val_accuracy"]))


def has_stopped(history: History, patience: int | None) -> bool:
    """Tell whether `patience` epochs have gone by without a better score."""
    if patience is None or not history:
        return False
    return len(history["loss"]) - 1 - find_kept_epoch(history, patience) >= patience


def place(samples: np.ndarray) -> tf.Tensor:
    """Copy samples to the device's memory as float32. Pixels in uint8 are scaled to [0, 1] there."""
    placed = tf.constant(samples)
    # The epoch's graph would multiply by 1/255 instead of dividing, and round differently.
    return tf.cast(placed, tf.float32) / 255 if placed.dtype == tf.uint8 else placed


def make_train_epoch(model: keras.Model, targets: tf.Tensor, batch_size: int, xla: bool) -> Callable[..., None]:
    """Make a function that trains one epoch. It takes the order of the samples, int32 (samples,), and their inputs."""
    steps, rest = divmod(len(targets), batch_size)

    def train_batch(indices: tf.Tensor, inputs: tf.Tensor) -> None:
        model.train_step((tf.gather(inputs, indices), tf.gather(targets, indices)))

    @tf.function(jit_compile=xla)
    def train_epoch(order: tf.Tensor, inputs: tf.Tensor) -> None:
        for step in tf.range(steps):
            # XLA needs a static shape. A slice [a:b] has none.
            train_batch(tf.slice(order, [step * batch_size], [batch_size]), inputs)
        if rest:
            train_batch(tf.slice(order, [steps * batch_size], [rest]), inputs)

    return train_epoch


def make_validate(model: keras.Model, validation: Placed) -> Callable[[], None]:
    """Make a function that updates the model's metrics with all validation samples."""
    samples = len(validation[0])
    full = samples - samples % VALIDATION_BATCH

    @tf.function
    def validate() -> None:
        for start in tf.range(0, full, VALIDATION_BATCH):
            model.test_step(tuple(part[start : start + VALIDATION_BATCH] for part in validation))
        if full < samples:
            model.test_step(tuple(part[full:] for part in validation))

    return validate


def score(model: keras.Model, samples: Samples) -> dict[str, float]:
    """Score a model as `train` scores it on the validation samples: loss, each metric and, with a penalty, its parts.

    `samples`: inputs and targets, as those of `train`.
    """
    model.reset_metrics()
    make_validate(model, tuple(map(place, samples)))()
    scores = {name: float(value) for name, value in model.get_metrics_result().items()}
    return scores | split_loss(model, scores["loss"])


def format_epoch(epoch: int, epochs: int, results: dict[str, float], left: float) -> str:
    """Format the line of one epoch. `left`: remaining time in seconds."""
    values = "  ".join(f"{name} {value:.4f}" for name, value in results.items())
    minutes, seconds = divmod(round(left), 60)
    return f"epoch {epoch:>{len(str(epochs))}}/{epochs}  {values}  {minutes} min {seconds:02} s left"


def split_loss(model: keras.Model, loss: float) -> dict[str, float]:
    """Split a penalized model's loss on images that it does not learn from: cross_entropy and penalty.

    The result is empty for a model without penalty.
    """
    penalized = [layer for layer in model.layers if getattr(layer, "kernel_regularizer", None) is not None]
    if not penalized:
        return {}
    # NumPy computes this sum. The last digits of TensorFlow's sum depend on the number of threads.
    penalty = sum(
        float(layer.kernel_regularizer.l2 * np.square(layer.kernel.numpy(), dtype=np.float64).sum())
        for layer in penalized
    )
    return {"cross_entropy": loss - penalty, "penalty": penalty}


def list_state(model: keras.Model) -> list[keras.Variable]:
    """List all variables that training changes: weights, dropout's random generators, the optimizer's state."""
    return [*model.variables, *model.optimizer.variables]


def write_checkpoint(state: list[np.ndarray], path: Path, reasons: dict, history: History) -> None:
    """Write the state after an epoch atomically."""
    variables: dict[str, Any] = {f"variable_{number}": values for number, values in enumerate(state)}
    with write_atomically(path) as temporary:
        np.savez(temporary, reasons=json.dumps(reasons), history=json.dumps(history), **variables)


def read_checkpoint(path: Path) -> tuple[dict, History, dict[str, np.ndarray]]:
    """Read reasons, history and arrays of a checkpoint. Raises one of errors.DAMAGE if it is damaged."""
    with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
        state = dict(file)
    reasons, history = (json.loads(state.pop(name).item()) for name in ("reasons", "history"))
    if not (isinstance(history, dict) and isinstance(history.get("loss"), list)):
        raise ValueError("it holds no history")
    return reasons, history, state


def restore_checkpoint(
    model: keras.Model, path: Path, reasons: dict, patience: int | None
) -> tuple[History, list[np.ndarray]]:
    """Restore a checkpoint's state. Return its history, and with patience the weights of the best epoch.

    If the checkpoint is missing, damaged or for other reasons, leave the model alone and return no history.
    """
    if not path.exists():
        return {}, []
    try:
        written, history, state = read_checkpoint(path)
    except DAMAGE as error:
        print(f"the checkpoint {path} is damaged ({error}): training starts anew", flush=True)
        return {}, []
    if written != reasons:
        print(f"the checkpoint {path} is of another training: training starts anew", flush=True)
        return {}, []
    variables = [*list_state(model), *(model.variables if patience is not None else [])]
    named = {f"variable_{number}": variable.shape for number, variable in enumerate(variables)}
    if {name: array.shape for name, array in state.items()} != named:
        print(f"the checkpoint {path} is damaged (its arrays are not the model's): training starts anew", flush=True)
        return {}, []
    arrays = [state[name] for name in named]
    # The weights of the best epoch are the last ones, and stay as they are.
    for variable, values in zip(list_state(model), arrays, strict=False):
        variable.assign(values)
    print(f"resumed from the checkpoint after epoch {len(history['loss'])}", flush=True)
    return history, arrays[len(list_state(model)) :]
