"""Test that each key of a recipe trains as fit does with Keras' own classes, and resumes with the same bits."""

import shutil
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np
import pytest

from mnist_study.data.noise import draw_noisy_images
from mnist_study.images import MNIST
from mnist_study.nets import training
from mnist_study.nets.augmentation import make_draw_images
from mnist_study.nets.autoencoders import build_autoencoder
from mnist_study.nets.classifiers import build_classifier
from mnist_study.nets.recipes import compile_autoencoder, compile_classifier, make_schedule
from mnist_study.recipes import AUTOENCODER_DEFAULTS, DEFAULTS
from mnist_study.scripts.train_autoencoder import make_draw_inputs
from mnist_study.seeding import derive_seed, draw_order

pytestmark = [pytest.mark.tensorflow, pytest.mark.usefixtures("device")]

SAMPLES, BATCH, EPOCHS = 300, 64, 4
STEPS = 5  # four full batches and one of 44
BASE = {"epochs": EPOCHS, "batch_size": BATCH, "learning_rate": 0.01}
LAYERS = [{"dense": 16}, {"dropout": 0.5}, {"dense": 8}]
ORDER, TRANSFORMS, NOISE = (derive_seed(1, purpose) for purpose in ("order", "transforms", "noise"))
CROSS_ENTROPY = keras.losses.CategoricalCrossentropy
BINARY = keras.losses.BinaryCrossentropy
DENSE = {"encoder": [16, 8], "decoder": [16], "noise_level": 0.4}
CONV = {
    "encoder": [{"conv": {"filters": 4, "stride": 2, "padding": "same"}}],
    "decoder": [{"transposed_conv": {"filters": 4, "stride": 2, "padding": "same"}}],
    "noise_level": [0.0, 0.8],
}
COSINE, STEP_RATES = keras.optimizers.schedules.CosineDecay, keras.optimizers.schedules.PiecewiseConstantDecay

# Recipes that have every key between them, and what Keras' own fit takes in place of each: an optimizer, a loss.
RECIPES = {
    "nesterov, cosine, smoothing": (
        {"momentum": 0.9, "nesterov": True, "schedule": "cosine", "warmup_epochs": 1, "label_smoothing": 0.1},
        {
            "optimizer": lambda: keras.optimizers.SGD(
                COSINE(0.0, (EPOCHS - 1) * STEPS, warmup_target=0.01, warmup_steps=STEPS), momentum=0.9, nesterov=True
            ),
            "loss": lambda: CROSS_ENTROPY(label_smoothing=0.1),
        },
    ),
    "adam, steps, images drawn": (
        {"optimizer": "adam", "beta_1": 0.8, "beta_2": 0.99}
        | {"schedule": "steps", "step_epochs": [1, 3], "step_factor": 0.5}
        | {"shift": 2.0, "rotation": 10.0, "zoom": 0.1, "training_noise": [0.0, 0.8]},
        {
            "optimizer": lambda: keras.optimizers.Adam(
                STEP_RATES([4, 14], [0.01, 0.005, 0.0025]), beta_1=0.8, beta_2=0.99
            )
        },
    ),
    "adamw, noise": (
        {"optimizer": "adamw", "weight_decay": 0.05, "training_noise": 0.4},
        {"optimizer": lambda: keras.optimizers.AdamW(0.01, weight_decay=0.05)},
    ),
    "patience": ({"patience": 1, "optimizer": "adam"}, {"optimizer": lambda: keras.optimizers.Adam(0.01)}),
    "layers": (
        {
            "layers": [
                {"dropout": 0.2},
                {"conv": {"filters": 4, "size": 5, "padding": "same", "activation": "linear"}},
                "batch_norm",
                {"activation": "relu"},
                {"average_pool": 4},
                "global_max_pool",
                {"dense": {"units": 8, "activation": "tanh"}},
            ]
        },
        {},
    ),
    "global average": ({"layers": [{"conv": 4}, {"max_pool": 4}, "global_average_pool"]}, {}),
    "autoencoder": (DENSE, {"optimizer": lambda: keras.optimizers.Adam(0.01), "loss": BINARY}),
    "autoencoder, noise of every epoch": (
        DENSE | {"noise_draws": "every_epoch", "noise_level": [0.0, 0.8]},
        {"optimizer": lambda: keras.optimizers.Adam(0.01), "loss": BINARY},
    ),
    "autoencoder, Gaussian noise of every epoch, sgd, steps": (
        DENSE
        | {"noise_draws": "every_epoch", "noise": "gaussian", "optimizer": "sgd", "momentum": 0.9, "nesterov": True}
        | {"schedule": "steps", "step_epochs": [1, 3], "step_factor": 0.5},
        {
            "optimizer": lambda: keras.optimizers.SGD(
                STEP_RATES([4, 14], [0.01, 0.005, 0.0025]), momentum=0.9, nesterov=True
            ),
            "loss": BINARY,
        },
    ),
    "convolutional autoencoder, cosine, noise of every epoch": (
        CONV | {"noise_draws": "every_epoch", "schedule": "cosine", "warmup_epochs": 1, "beta_1": 0.8, "beta_2": 0.99},
        {
            "optimizer": lambda: keras.optimizers.Adam(
                COSINE(0.0, (EPOCHS - 1) * STEPS, warmup_target=0.01, warmup_steps=STEPS), beta_1=0.8, beta_2=0.99
            ),
            "loss": BINARY,
        },
    ),
    "convolutional autoencoder, adamw": (
        CONV | {"optimizer": "adamw", "weight_decay": 0.05},
        {"optimizer": lambda: keras.optimizers.AdamW(0.01, weight_decay=0.05), "loss": BINARY},
    ),
}


def draw_samples(number, seed, recipe):
    """Draw images with their classes or, for an autoencoder, noisy images with their clean images, flat or not."""
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (number, 28, 28, 1), np.uint8)
    if "encoder" not in recipe:
        return images, np.eye(10, dtype=np.float32)[rng.integers(0, 10, number)]
    noisy = draw_noisy_images(images, recipe["noise_level"], seed, "training", 1)
    shape = (number, *build(recipe).input_shape[1:])
    return noisy.reshape(shape), images.reshape(shape)


def build(recipe, seed=1):
    weights, dropout = derive_seed(seed, "weights"), derive_seed(seed, "dropout")
    if "encoder" in recipe:
        return build_autoencoder(recipe, weights, dropout)
    return build_classifier(recipe.get("layers", LAYERS), None, weights, dropout)


def make_draw(recipe):
    images, targets = draw_samples(SAMPLES, 1, recipe)
    if "encoder" in recipe:
        return make_draw_inputs(targets, MNIST, recipe, NOISE)
    return make_draw_images(images, recipe, TRANSFORMS, NOISE)


def train_by(recipe, checkpoint, seed=1):
    model = build(recipe, seed)
    compile_model = compile_autoencoder if "encoder" in recipe else compile_classifier
    compile_model(model, BASE | recipe, SAMPLES)
    history = training.train(
        model,
        draw_samples(SAMPLES, 1, recipe),
        draw_samples(100, 2, recipe),
        epochs=EPOCHS,
        batch_size=BATCH,
        seed=ORDER,
        checkpoint=checkpoint,
        reasons={},
        draw_inputs=make_draw(recipe),
        patience=recipe.get("patience"),
        xla=recipe.get("encoder") == DENSE["encoder"],  # as the study trains them
    )
    return model, history


def scale(images):
    return images.astype(np.float32) / np.float32(255) if images.dtype == np.uint8 else images


def fit_by(recipe, optimizer=lambda: keras.optimizers.SGD(0.01), loss=CROSS_ENTROPY):
    """Train with Keras' own fit on the same images in the same order, an epoch a call."""
    model = build(recipe)
    model.compile(optimizer(), loss(), metrics=None if "encoder" in recipe else ["accuracy"])
    model.jit_compile = False
    images, targets = (scale(part) for part in draw_samples(SAMPLES, 1, recipe))
    validation = tuple(map(scale, draw_samples(100, 2, recipe)))
    draw = make_draw(recipe) or (lambda epoch: images)
    history, kept = {}, []
    for epoch in range(EPOCHS):
        order = draw_order(ORDER, epoch, SAMPLES)
        options = {"validation_data": validation, "validation_batch_size": 500, "verbose": 0}
        fit = model.fit(scale(draw(epoch))[order], targets[order], batch_size=BATCH, shuffle=False, **options)
        for name, [value] in fit.history.items():
            history.setdefault(name, []).append(value)
        kept.append(model.get_weights())
    return kept, history


def assert_same(weights, expected):
    for one, two in zip(weights, expected, strict=True):
        np.testing.assert_array_equal(one, two)


@pytest.fixture
def checkpoint(tmp_path):
    return tmp_path / "replicate~1.checkpoint.npz"


class Trained(NamedTuple):
    """A training, and its checkpoint as it was after two epochs: what is left of one that is killed then."""

    model: keras.Model
    history: dict[str, list[float]]
    after_two_epochs: Path


@pytest.fixture(scope="module")
def trained(device, tmp_path_factory):
    """Give a function that trains by a recipe once."""
    made = {}
    write = training.write_checkpoint

    def train(name):
        if name not in made:
            folder = tmp_path_factory.mktemp("trained")

            def write_and_keep(state, path, reasons, history):
                write(state, path, reasons, history)
                if len(history["loss"]) == 2:
                    shutil.copy(path, folder / "kept.npz")

            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(training, "write_checkpoint", write_and_keep)
                made[name] = Trained(*train_by(RECIPES[name][0], folder / "1.checkpoint.npz"), folder / "kept.npz")
        return made[name]

    return train


@pytest.mark.thorough
@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_trains_as_fit_does_with_keras_own_classes(name, trained):
    """TensorFlow rounds some operations otherwise in the graph of an epoch, so the last digits can differ."""
    recipe, own = RECIPES[name]
    model, history, _ = trained(name)
    weights, expected = fit_by(recipe, **own)
    for key, values in expected.items():
        assert history[key] == pytest.approx(values[: len(history[key])], rel=1e-5), key
    kept = training.find_kept_epoch(history, recipe.get("patience"))
    for ours, own_weights in zip(model.get_weights(), weights[kept], strict=True):
        np.testing.assert_allclose(ours, own_weights, rtol=1e-5, atol=1e-6)


@pytest.mark.thorough
@pytest.mark.parametrize("name", RECIPES)
def test_a_training_that_is_killed_resumes_with_the_bits_of_an_undisturbed_one(name, trained, checkpoint):
    model, history, after_two_epochs = trained(name)
    shutil.copy(after_two_epochs, checkpoint)
    resumed, resumed_history = train_by(RECIPES[name][0], checkpoint, seed=2)
    assert resumed_history == history
    assert_same(resumed.get_weights(), model.get_weights())


@pytest.mark.thorough
def test_each_recipe_changes_the_training(trained, checkpoint):
    _, plain = train_by({}, checkpoint)
    checkpoint.unlink()
    _, other = train_by(DENSE | {"noise_level": 0.3}, checkpoint)
    losses = [trained(name).history["loss"] for name in RECIPES if name != "patience"] + [plain["loss"], other["loss"]]
    for index, loss in enumerate(losses):
        assert loss not in losses[:index]


@pytest.mark.parametrize(
    "scores",
    [[0.1, 0.2, 0.3, 0.4], [0.5, 0.4, 0.4, 0.6, 0.7], [0.5, 0.4, 0.5, 0.4, 0.9], [0.5] * 5, [0.1, 0.6, 0.5, 0.4, 0.3]],
)
@pytest.mark.parametrize("patience", [1, 2, 3])
def test_early_stopping_stops_and_keeps_the_epoch_as_keras_own(scores, patience, checkpoint):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    own = keras.callbacks.EarlyStopping("val_accuracy", patience=patience, mode="max", restore_best_weights=True)
    own.set_model(model)
    model.stop_training = False
    own.on_train_begin()
    history = {"loss": [], "val_accuracy": []}
    for epoch, score in enumerate(scores):
        model.set_weights([np.full((1, 1), epoch, np.float32)])
        history["loss"].append(0.0)
        history["val_accuracy"].append(score)
        own.on_epoch_end(epoch, {"val_accuracy": score})
        assert training.has_stopped(history, patience) == model.stop_training
        if model.stop_training:
            break
    own.on_train_end()
    assert training.find_kept_epoch(history, patience) == int(model.get_weights()[0].item())


@pytest.mark.thorough
def test_a_training_that_has_stopped_and_is_killed_is_not_trained_further(trained, checkpoint):
    model, history, _ = trained("patience")
    stopped = len(history["loss"])
    assert stopped < EPOCHS, "this test needs a training that stops early"
    recipe, _ = RECIPES["patience"]
    train_by(recipe, checkpoint)  # its checkpoint stays
    resumed, resumed_history = train_by(recipe, checkpoint, seed=2)
    assert resumed_history == history
    assert_same(resumed.get_weights(), model.get_weights())


def test_every_key_that_an_autoencoder_shares_with_a_classifier_is_tried_with_one():
    tried = set().union(*(recipe for recipe, _ in RECIPES.values() if "encoder" in recipe))
    assert AUTOENCODER_DEFAULTS.keys() - tried == set()


def list_rates(**recipe):
    """List the learning rate of every step."""
    rate = make_schedule(DEFAULTS | {"learning_rate": 0.1, "epochs": 4} | recipe, steps=10)
    return [float(rate(step)) if callable(rate) else rate for step in range(40)]


def test_a_constant_rate_is_that_of_the_config():
    assert list_rates() == [0.1] * 40


def test_a_cosine_falls_from_the_rate_to_zero():
    rates = list_rates(schedule="cosine")
    expected = 0.05 * (1 + np.cos(np.pi * np.arange(40) / 40))
    np.testing.assert_allclose(rates, expected, rtol=1e-5, atol=1e-8)


def test_a_warm_up_rises_to_the_rate_and_the_cosine_falls_in_the_epochs_that_are_left():
    rates = list_rates(schedule="cosine", warmup_epochs=1)
    np.testing.assert_allclose(rates[:10], 0.1 * np.arange(10) / 10, rtol=1e-5, atol=1e-8)
    np.testing.assert_allclose(rates[10:], 0.05 * (1 + np.cos(np.pi * np.arange(30) / 30)), rtol=1e-5, atol=1e-8)


def test_steps_change_the_rate_with_the_first_step_behind_an_epoch():
    rates = list_rates(schedule="steps", step_epochs=[1, 3], step_factor=0.5)
    np.testing.assert_allclose(rates, [0.1] * 10 + [0.05] * 20 + [0.025] * 10, rtol=1e-6)
