"""Test that the training loop gives Keras' own numbers, and the same bits after a kill."""

import io
import math

import numpy as np
import pytest

from mnist_study.errors import StudyError
from mnist_study.nets import training
from mnist_study.nets.autoencoders import build_autoencoder
from mnist_study.nets.classifiers import build_classifier
from mnist_study.nets.recipes import compile_autoencoder, compile_classifier
from mnist_study.nets.training import train
from mnist_study.seeding import derive_seed, draw_order

pytestmark = [pytest.mark.tensorflow, pytest.mark.usefixtures("device")]

BATCH = 64
SAMPLES = 300  # four full batches and one of 44
ORDER = derive_seed(1, "order")
REASONS = {"settings": {"epochs": 4}, "code": {"nets.training": "0123"}}
KINDS = ["dense", "cnn", "autoencoder"]
PENALIZED = ["dense", "penalized cnn"]
XLA = {"autoencoder"}  # as the study trains them


def build(kind, seed=1, learning_rate=0.1):
    weights, dropout = derive_seed(seed, "weights"), derive_seed(seed, "dropout")
    if kind == "autoencoder":
        model = build_autoencoder({"encoder": [16, 8], "decoder": [16]}, weights, dropout)
        compile_autoencoder(model, {"epochs": 4, "batch_size": BATCH, "learning_rate": 0.001}, SAMPLES)
        return model
    layers = [{"dense": 16}, {"dropout": 0.5}, {"dense": 8}]
    if kind.endswith("cnn"):
        layers = [{"conv": 4}, {"max_pool": 4}, {"dense": 8}, {"dropout": 0.5}]
    return compile_with(build_classifier(layers, 1e-3 if kind in PENALIZED else None, weights, dropout), learning_rate)


def compile_with(model, learning_rate=0.1):
    compile_classifier(model, {"epochs": 4, "batch_size": BATCH, "learning_rate": learning_rate}, SAMPLES)
    return model


def draw_samples(kind, number, seed):
    rng = np.random.default_rng(seed)
    images = rng.random((number, 784), np.float32)
    if kind == "autoencoder":
        return images, images.round()
    return images.reshape(-1, 28, 28, 1), np.eye(10, dtype=np.float32)[rng.integers(0, 10, number)]


def train_small(kind, checkpoint, epochs=4, model=None, reasons=REASONS, xla=None):
    """Train a small model, and return it and its history. By default, XLA is used where the study uses it."""
    model = model or build(kind)
    history = train(
        model,
        draw_samples(kind, SAMPLES, 1),
        draw_samples(kind, 100, 2),
        epochs=epochs,
        batch_size=BATCH,
        seed=ORDER,
        checkpoint=checkpoint,
        reasons=reasons,
        xla=kind in XLA if xla is None else xla,
    )
    return model, history


def kill_after(epochs, kind, checkpoint):
    """Train, and interrupt the training right after it wrote the checkpoint of an epoch."""
    written = []
    write_checkpoint = training.write_checkpoint

    def write_and_die(*arguments):
        write_checkpoint(*arguments)
        written.append(checkpoint)
        if len(written) == epochs:
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(training, "write_checkpoint", write_and_die)
        train_small(kind, checkpoint)


def assert_same_weights(one, other):
    for first, second in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(first, second)


@pytest.fixture
def checkpoint(tmp_path):
    return tmp_path / "replicate~1.checkpoint.npz"


@pytest.fixture(scope="module")
def undisturbed(device, tmp_path_factory):
    """Train each kind of model without interruption. Give the model and its history by kind."""
    return {kind: train_small(kind, tmp_path_factory.mktemp(kind) / "1.checkpoint.npz") for kind in KINDS}


@pytest.fixture(scope="module")
def left_behind(device, tmp_path_factory):
    """Give the bytes of the checkpoint that a training leaves when it is killed after epoch 2."""
    path = tmp_path_factory.mktemp("killed") / "1.checkpoint.npz"
    kill_after(2, "dense", path)
    return path.read_bytes()


def fit_as_keras_does(kind, epochs, model=None):
    """Train with `fit` on the same orders of samples. Return the model and its history."""
    model = model or build(kind)
    model.jit_compile = False  # with a GPU, Keras would compile by default
    inputs, targets = draw_samples(kind, SAMPLES, 1)
    history = {}
    for epoch in range(epochs):
        order = draw_order(ORDER, epoch, SAMPLES)
        fit = model.fit(
            inputs[order],
            targets[order],
            batch_size=BATCH,
            shuffle=False,
            validation_data=draw_samples(kind, 100, 2),
            validation_batch_size=training.VALIDATION_BATCH,
            verbose=0,
        )
        for name, [value] in fit.history.items():
            history.setdefault(name, []).append(value)
    return model, history


@pytest.mark.parametrize("kind", KINDS)
def test_training_is_keras_own_bit_by_bit(kind, checkpoint):
    ours, history = train_small(kind, checkpoint, epochs=3, xla=False)
    keras_own, expected = fit_as_keras_does(kind, epochs=3)
    assert_same_weights(ours, keras_own)
    assert {name: history[name] for name in expected} == expected


@pytest.mark.thorough
@pytest.mark.parametrize("kind", PENALIZED)
def test_training_under_a_penalty_is_that_under_keras_own_bit_by_bit(kind, checkpoint):
    ours, history = train_small(kind, checkpoint, epochs=3)
    unlike_ours = build(kind)
    for layer in unlike_ours.layers:
        if hasattr(layer, "kernel"):
            layer.kernel.regularizer = layer.kernel_regularizer
    keras_own, expected = fit_as_keras_does(kind, 3, unlike_ours)
    assert_same_weights(ours, keras_own)
    for name, values in expected.items():
        # The loop sums the penalty in another order, and so the last digits differ.
        assert history[name] == (pytest.approx(values, rel=1e-6) if "loss" in name else values)


def test_pixels_are_scaled_to_0_to_1_as_numpy_does():
    pixels = np.arange(256, dtype=np.uint8)
    placed = training.place(pixels).numpy()
    assert placed.dtype == np.float32
    np.testing.assert_array_equal(placed, pixels.astype(np.float32) / np.float32(255))


@pytest.mark.thorough
def test_training_with_xla_is_keras_own_but_for_rounding(checkpoint):
    ours, history = train_small("autoencoder", checkpoint, epochs=3, xla=True)
    keras_own, expected = fit_as_keras_does("autoencoder", epochs=3)
    for first, second in zip(ours.get_weights(), keras_own.get_weights(), strict=True):
        np.testing.assert_allclose(first, second, rtol=0, atol=1e-5)
    for name, values in expected.items():
        assert history[name] == pytest.approx(values, rel=1e-5)


def test_every_sample_counts_in_every_epoch(checkpoint):
    model, history = train_small("dense", checkpoint, epochs=2)
    assert int(model.optimizer.iterations) == 2 * math.ceil(SAMPLES / BATCH)
    assert {name: len(values) for name, values in history.items()} == {
        "accuracy": 2,
        "loss": 2,
        "val_accuracy": 2,
        "val_loss": 2,
        "val_cross_entropy": 2,
        "val_penalty": 2,
    }


def test_validation_over_several_batches_is_that_of_all_samples(checkpoint):
    number = 2 * training.VALIDATION_BATCH + 17
    model = build("dense")
    samples = draw_samples("dense", number, 2)
    history = train(
        model,
        draw_samples("dense", SAMPLES, 1),
        samples,
        epochs=1,
        batch_size=BATCH,
        seed=ORDER,
        checkpoint=checkpoint,
        reasons=REASONS,
    )
    inputs, targets = samples
    hits = model.predict(inputs, verbose=0).argmax(axis=1) == targets.argmax(axis=1)
    assert history["val_accuracy"] == [pytest.approx(hits.mean(), rel=1e-6)]


def test_training_learns_what_can_be_learnt(checkpoint):
    """Bright images are of class one, dark images of class zero."""
    labels = np.arange(SAMPLES) % 2
    images = np.random.default_rng(1).random((SAMPLES, 28, 28, 1), np.float32) * (0.1 + labels[:, None, None, None])
    samples = images.astype(np.float32), np.eye(10, dtype=np.float32)[labels]
    history = train(
        compile_with(build_classifier([{"dense": 16}], None, derive_seed(1), derive_seed(2))),
        samples,
        samples,
        epochs=5,
        batch_size=BATCH,
        seed=ORDER,
        checkpoint=checkpoint,
        reasons=REASONS,
    )
    assert history["val_accuracy"][-1] > 0.95
    assert history["val_loss"][-1] < history["val_loss"][0]


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seeds_give_the_same_bits(kind, checkpoint, undisturbed):
    again, same = train_small(kind, checkpoint)
    first, history = undisturbed[kind]
    assert_same_weights(first, again)
    assert history == same


@pytest.mark.parametrize("kind", KINDS)
def test_a_killed_training_resumes_and_ends_with_the_bits_of_an_undisturbed_one(kind, checkpoint, undisturbed, capsys):
    kill_after(2, kind, checkpoint)
    capsys.readouterr()
    # The model has another seed. So all state must come from the checkpoint, also that of dropout's generator.
    resumed, resumed_history = train_small(kind, checkpoint, model=build(kind, seed=2))
    log = capsys.readouterr().out
    assert "resumed from the checkpoint after epoch 2" in log
    assert "epoch 3/4" in log
    assert "epoch 2/4" not in log
    model, history = undisturbed[kind]
    assert_same_weights(resumed, model)
    assert resumed_history == history


def test_a_training_killed_after_its_last_epoch_is_not_trained_further(checkpoint, undisturbed):
    kill_after(4, "dense", checkpoint)
    resumed, resumed_history = train_small("dense", checkpoint)
    model, history = undisturbed["dense"]
    assert_same_weights(resumed, model)
    assert resumed_history == history


def test_the_checkpoint_stays_until_the_caller_has_written_the_results(checkpoint):
    train_small("dense", checkpoint, epochs=1)
    assert list(checkpoint.parent.iterdir()) == [checkpoint]


def test_a_checkpoint_of_other_settings_or_code_is_ignored(checkpoint, left_behind, undisturbed, capsys):
    checkpoint.write_bytes(left_behind)
    anew, same = train_small("dense", checkpoint, reasons=REASONS | {"code": {"nets.training": "4567"}})
    log = capsys.readouterr().out
    assert f"{checkpoint} is of another training" in log
    assert "epoch 1/4" in log
    model, history = undisturbed["dense"]
    assert_same_weights(anew, model)
    assert same == history


def flip(content, position):
    return content[:position] + bytes([content[position] ^ 1]) + content[position + 1 :]


def edit(content, change):
    """Give a checkpoint with its arrays replaced by those that `change` returns."""
    with np.load(io.BytesIO(content)) as state:
        kept = change(dict(state))
    file = io.BytesIO()
    np.savez(file, **kept)
    return file.getvalue()


def set_history(text):
    return lambda content: edit(content, lambda state: state | {"history": text})


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: b"garbage",
        lambda content: content[: len(content) // 3],
        lambda content: content[:-10],
        lambda content: flip(content, len(content) // 2),
        lambda content: flip(content, content.index(b"}", content.index(b"variable_0.npy"))),
        lambda content: edit(content, lambda state: dict(list(state.items())[:-1])),
        lambda content: edit(content, lambda state: state | {"variable_0": np.zeros(3)}),
        *map(set_history, ["", '{"loss": [', "[]", "null", "3", "{}", '{"loss": 3}']),
    ],
)
def test_a_damaged_checkpoint_is_ignored_as_a_whole(checkpoint, left_behind, damage, capsys):
    checkpoint.write_bytes(damage(left_behind))
    model = build("dense")
    model.optimizer.build(model.trainable_variables)
    assert training.restore_checkpoint(model, checkpoint, REASONS, None) == ({}, [])
    assert f"{checkpoint} is damaged" in capsys.readouterr().out
    assert_same_weights(model, build("dense"))


def test_an_error_of_ours_is_not_taken_for_a_damaged_checkpoint(checkpoint, left_behind, monkeypatch):
    def fail(model):
        raise TypeError("planted")

    checkpoint.write_bytes(left_behind)
    monkeypatch.setattr(training, "list_state", fail)
    with pytest.raises(TypeError, match="planted"):
        training.restore_checkpoint(build("dense"), checkpoint, REASONS, None)


@pytest.mark.thorough
@pytest.mark.parametrize("kind", PENALIZED)
def test_the_penalty_and_the_cross_entropy_of_a_penalized_model_are_told_apart(kind, checkpoint):
    model, history = train_small(kind, checkpoint, epochs=2)
    assert history["val_penalty"][-1] == pytest.approx(float(sum(model.losses)), rel=1e-6)
    inputs, targets = draw_samples(kind, 100, 2)
    entropy = -np.log((model.predict(inputs, verbose=0) * targets).sum(axis=1)).mean()
    assert history["val_cross_entropy"][-1] == pytest.approx(entropy, rel=1e-5)


@pytest.mark.thorough
@pytest.mark.parametrize("kind", ["cnn", "autoencoder"])
def test_the_loss_of_a_model_without_penalty_is_not_split(kind, checkpoint):
    _, history = train_small(kind, checkpoint, epochs=1)
    assert not {"val_penalty", "val_cross_entropy"} & history.keys()


@pytest.mark.thorough
@pytest.mark.parametrize("kind", [*KINDS, "penalized cnn"])
def test_a_score_after_training_is_the_last_one_on_these_images_bit_by_bit(kind, checkpoint):
    model, history = train_small(kind, checkpoint, epochs=2)
    scores = training.score(model, draw_samples(kind, 100, 2))
    assert {f"val_{name}": value for name, value in scores.items()} == {
        name: values[-1] for name, values in history.items() if name.startswith("val_")
    }
    assert ("penalty" in scores) is (kind in PENALIZED)


def test_a_score_is_that_of_the_given_images_whatever_was_scored_before(checkpoint):
    model, _ = train_small("dense", checkpoint, epochs=1)
    samples = draw_samples("dense", training.VALIDATION_BATCH + 17, 3)
    first = training.score(model, samples)
    training.score(model, draw_samples("dense", 50, 4))
    assert training.score(model, samples) == first
    inputs, targets = samples
    hits = model.predict(inputs, verbose=0).argmax(axis=1) == targets.argmax(axis=1)
    assert first["accuracy"] == pytest.approx(hits.mean(), rel=1e-6)


DIVERGED = r"^the training diverged in epoch 1\b.* learning_rate"


def test_a_training_that_diverges_stops_and_names_the_learning_rate(checkpoint):
    with pytest.raises(StudyError, match=DIVERGED):
        train_small("dense", checkpoint, model=build("dense", learning_rate=1e6))


def lose_kernel(model):
    """Fill a kernel with NaN. ReLU turns its NaN outputs into 0, and so the loss stays finite."""
    model.layers[0].kernel.assign(np.full(model.layers[0].kernel.shape, np.nan))


def lose_velocity(model):
    """Let Adam's second moments overflow. From then on, the weights don't change."""
    model.optimizer.build(model.trainable_variables)
    for variable in model.optimizer.variables:
        if "velocity" in variable.path:
            variable.assign(np.full(variable.shape, np.inf))


@pytest.mark.parametrize("lose", [lose_kernel, lose_velocity])
def test_a_training_that_diverges_with_a_finite_loss_leaves_no_checkpoint(lose, checkpoint):
    model = build("autoencoder")
    lose(model)
    with pytest.raises(StudyError, match=DIVERGED):
        train_small("autoencoder", checkpoint, model=model)
    assert not checkpoint.exists()


def test_the_log_has_a_line_for_each_epoch(checkpoint, capsys):
    _, history = train_small("autoencoder", checkpoint, epochs=2)
    lines = capsys.readouterr().out.splitlines()
    for epoch, line in enumerate(lines):
        assert line.startswith(f"epoch {epoch + 1}/2  loss {history['loss'][epoch]:.4f}  ")
        assert f"val_loss {history['val_loss'][epoch]:.4f}" in line
    assert len(lines) == 2
    assert lines[-1].endswith("0 min 00 s left")


@pytest.mark.parametrize(
    "left, shown", [(0.4, "0 min 00 s"), (59.7, "1 min 00 s"), (125, "2 min 05 s"), (7200, "120 min 00 s")]
)
def test_the_time_left_is_in_minutes_and_seconds(left, shown):
    assert training.format_epoch(3, 40, {"loss": 0.5}, left) == f"epoch  3/40  loss 0.5000  {shown} left"
