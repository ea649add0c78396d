"""The one training loop of the study: Keras' own training step, an epoch as one graph over data that stay in memory.

The mathematics is that of `model.fit` on the same order of samples, bit by bit where XLA is not used. What the loop
adds: an order made from (seed, epoch), a checkpoint after each epoch from which a killed training resumes with the same
bits, and speed.
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
    xla: bool = False,
) -> History:
    """Train a compiled model, score it after every epoch, and print a line for each.

    `training`, `validation`: inputs and targets with the samples along the first axis, float32, or pixels in uint8,
    which are scaled to [0, 1]. `seed` orders the samples. `checkpoint` holds the state after the last complete epoch,
    and is the caller's to remove once the results are safe; one that was written for other `reasons` is ignored. `xla`:
    compile the graph, which rounds otherwise than `fit`, and on a CPU spares a small dense model a third of its time;
    larger ones gain nothing, and convolutions lose. Returns a value an epoch of loss and each metric of the model, and
    the same with `val_` before it; of a penalized model, also `val_cross_entropy` and `val_penalty`, whose sum is
    `val_loss`. Raises StudyError if loss, weights or the optimizer's state are no longer finite.
    """
    training, validation = (tuple(map(place, samples)) for samples in (training, validation))
    model.test_step(tuple(part[:1] for part in validation))  # builds the metrics, which a graph can't
    model.optimizer.build(model.trainable_variables)
    train_epoch = make_train_epoch(model, training, batch_size, xla)
    validate = make_validate(model, validation)
    history = restore_checkpoint(model, checkpoint, reasons)
    first = len(history.get("loss", []))
    start = time.monotonic()
    for epoch in range(first, epochs):
        model.reset_metrics()
        train_epoch(tf.constant(draw_order(seed, epoch, len(training[0]))))
        results = {name: float(value) for name, value in model.get_metrics_result().items()}
        model.reset_metrics()
        validate()
        results |= {f"val_{name}": float(value) for name, value in model.get_metrics_result().items()}
        state = [variable.numpy() for variable in list_state(model)]
        # Where ReLU takes what is not a number for 0, the loss is finite and weights are not.
        if not (all(map(math.isfinite, results.values())) and all(np.isfinite(values).all() for values in state)):
            raise StudyError(
                f"the training diverged in epoch {epoch + 1}, as its loss or weights are not finite: "
                "set a smaller learning_rate in the config"
            )
        for name, value in (results | split_loss(model, results["val_loss"])).items():
            history.setdefault(name, []).append(value)
        write_checkpoint(state, checkpoint, reasons, history)
        left = (time.monotonic() - start) / (epoch + 1 - first) * (epochs - epoch - 1)
        print(format_epoch(epoch + 1, epochs, results, left), flush=True)
    return history


def place(samples: np.ndarray) -> tf.Tensor:
    """Place samples where the device has them at hand, as float32; pixels in uint8 are scaled to [0, 1] there."""
    placed = tf.constant(samples)
    # Not in the epoch's graph, which would multiply by 1/255 instead, and round otherwise.
    return tf.cast(placed, tf.float32) / 255 if placed.dtype == tf.uint8 else placed


def make_train_epoch(model: keras.Model, training: Placed, batch_size: int, xla: bool) -> Callable[[tf.Tensor], None]:
    """Make a function that trains one epoch in the order (samples,) of int32 indices that it is given."""
    inputs, targets = training
    steps, rest = divmod(len(inputs), batch_size)

    def train_batch(indices: tf.Tensor) -> None:
        model.train_step((tf.gather(inputs, indices), tf.gather(targets, indices)))

    @tf.function(jit_compile=xla)
    def train_epoch(order: tf.Tensor) -> None:
        for step in tf.range(steps):
            # A slice of the form [a:b] would have no shape that XLA knows.
            train_batch(tf.slice(order, [step * batch_size], [batch_size]))
        if rest:
            train_batch(tf.slice(order, [steps * batch_size], [rest]))

    return train_epoch


def make_validate(model: keras.Model, validation: Placed) -> Callable[[], None]:
    """Make a function that leaves the model's metrics over all validation samples in the model."""
    samples = len(validation[0])
    full = samples - samples % VALIDATION_BATCH

    @tf.function
    def validate() -> None:
        for start in tf.range(0, full, VALIDATION_BATCH):
            model.test_step(tuple(part[start : start + VALIDATION_BATCH] for part in validation))
        if full < samples:
            model.test_step(tuple(part[full:] for part in validation))

    return validate


def format_epoch(epoch: int, epochs: int, results: dict[str, float], left: float) -> str:
    """Format the line of one epoch; `left` in seconds."""
    values = "  ".join(f"{name} {value:.4f}" for name, value in results.items())
    minutes, seconds = divmod(round(left), 60)
    return f"epoch {epoch:>{len(str(epochs))}}/{epochs}  {values}  {minutes} min {seconds:02} s left"


def split_loss(model: keras.Model, loss: float) -> dict[str, float]:
    """Split a penalized model's validation loss by its present weights; nothing for a model without penalty."""
    penalized = [layer for layer in model.layers if getattr(layer, "kernel_regularizer", None) is not None]
    if not penalized:
        return {}
    # NumPy's own sum, as the last digits of TensorFlow's depend on its threads.
    penalty = sum(
        float(layer.kernel_regularizer.l2 * np.square(layer.kernel.numpy(), dtype=np.float64).sum())
        for layer in penalized
    )
    return {"val_cross_entropy": loss - penalty, "val_penalty": penalty}


def list_state(model: keras.Model) -> list[keras.Variable]:
    """List all that changes in training: weights, dropout's generators, the optimizer's state."""
    return [*model.variables, *model.optimizer.variables]


def write_checkpoint(state: list[np.ndarray], path: Path, reasons: dict, history: History) -> None:
    """Write the state after an epoch, complete or not at all."""
    variables: dict[str, Any] = {f"variable_{number}": values for number, values in enumerate(state)}
    with write_atomically(path) as temporary:
        np.savez(temporary, reasons=json.dumps(reasons), history=json.dumps(history), **variables)


def read_checkpoint(path: Path) -> tuple[dict, History, dict[str, np.ndarray]]:
    """Read reasons, history and arrays of a checkpoint; raises one of errors.DAMAGE if it is not whole."""
    with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
        state = dict(file)
    reasons, history = (json.loads(state.pop(name).item()) for name in ("reasons", "history"))
    if not (isinstance(history, dict) and isinstance(history.get("loss"), list)):
        raise ValueError("it holds no history")
    return reasons, history, state


def restore_checkpoint(model: keras.Model, path: Path, reasons: dict) -> History:
    """Restore the state that was written for the same reasons, and return its history; else an empty one."""
    if not path.exists():
        return {}
    try:
        written, history, state = read_checkpoint(path)
    except DAMAGE as error:
        print(f"the checkpoint {path} is damaged ({error}): training starts anew", flush=True)
        return {}
    if written != reasons:
        print(f"the checkpoint {path} is of another training: training starts anew", flush=True)
        return {}
    variables = {f"variable_{number}": variable for number, variable in enumerate(list_state(model))}
    if {name: array.shape for name, array in state.items()} != {name: v.shape for name, v in variables.items()}:
        print(f"the checkpoint {path} is damaged (its arrays are not the model's): training starts anew", flush=True)
        return {}
    for name, variable in variables.items():
        variable.assign(state[name])
    print(f"resumed from the checkpoint after epoch {len(history['loss'])}", flush=True)
    return history
