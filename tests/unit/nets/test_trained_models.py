import json

import keras
import numpy as np
import pytest

from mnist_study.errors import StudyError
from mnist_study.nets.autoencoders import build_autoencoder
from mnist_study.nets.classifiers import build_classifier
from mnist_study.nets.recipes import compile_classifier
from mnist_study.nets.trained_models import (
    describe_layers,
    describe_training,
    digest_weights,
    load_model,
    measure_kernels,
    save_model,
)
from mnist_study.seeding import derive_seed

pytestmark = [pytest.mark.tensorflow, pytest.mark.usefixtures("device")]

LAYERS = [{"conv": 2}, {"max_pool": 4}, {"dense": 8}, {"dropout": 0.5}]


def build(l2=1e-4, learning_rate=0.1, seed=1):
    model = build_classifier(LAYERS, l2, derive_seed(seed, "weights"), derive_seed(seed, "dropout"))
    compile_classifier(model, {"epochs": 1, "batch_size": 20, "learning_rate": learning_rate}, 20)
    return model


@pytest.fixture
def model():
    return build()


@pytest.fixture
def path(model, tmp_path):
    path = tmp_path / "replicate~1.keras"
    save_model(model, path)
    path.with_suffix(".json").write_text(json.dumps({"weights": digest_weights(model)}))
    return path


def assert_refused(path):
    with pytest.raises(StudyError) as refusal:
        load_model(path)
    assert str(path) in str(refusal.value)
    assert f"type: rm '{path}', and run Snakemake again" in str(refusal.value)


def test_a_saved_model_predicts_the_same(model, path):
    images = np.random.default_rng(0).random((20, 28, 28, 1), np.float32)
    loaded = load_model(path)
    np.testing.assert_array_equal(loaded.predict(images, verbose=0), model.predict(images, verbose=0))
    assert digest_weights(loaded) == digest_weights(model)
    assert describe_layers(loaded) == describe_layers(model)


def test_a_saved_model_has_keras_own_penalty(path):
    penalties = [layer.kernel_regularizer for layer in load_model(path).layers if hasattr(layer, "kernel")]
    assert [type(penalty) for penalty in penalties] == [keras.regularizers.L2, keras.regularizers.L2, type(None)]
    assert all(penalty.l2 == 1e-4 for penalty in penalties[:-1])


def test_a_missing_model_is_named(tmp_path):
    assert_refused(tmp_path / "none.keras")


@pytest.mark.parametrize("kept", [0, 0.3, 0.99])
def test_a_truncated_model_is_refused(path, kept):
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content))])
    assert_refused(path)


@pytest.mark.parametrize("metrics", ["", '{"weights": "', "garbage", "[]", "null", "3", "{}"])
def test_a_model_beside_damaged_metrics_is_refused(path, metrics):
    path.with_suffix(".json").write_text(metrics)
    assert_refused(path)


def test_a_flipped_bit_in_the_weights_is_refused(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert_refused(path)


def test_a_whole_model_that_its_metrics_do_not_tell_of_is_refused(path):
    save_model(build(seed=2), path)
    assert_refused(path)


def test_a_file_that_is_no_model_is_refused(path):
    path.write_text("not a model")
    assert_refused(path)


def test_a_model_that_holds_code_is_refused(tmp_path):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Lambda(lambda inputs: inputs * 2)])
    path = tmp_path / "foreign.keras"
    model.save(path)
    assert_refused(path)


def test_the_digest_changes_with_any_weight(model):
    before = digest_weights(model)
    bias = model.layers[-1].bias
    bias.assign(bias + np.eye(10, dtype=np.float32)[3] * 1e-6)
    assert digest_weights(model) != before


def test_the_digest_is_that_of_the_weights_alone(model):
    assert digest_weights(build(None, 0.5)) == digest_weights(model)


def test_a_classifiers_layers_are_described(model):
    rows = [tuple(row.values()) for row in describe_layers(model)]
    assert rows == [
        ("Input", "", [28, 28, 1], 0),
        ("Conv2D", "3 × 3, ReLU, L2", [26, 26, 2], 20),
        ("MaxPooling2D", "4 × 4", [6, 6, 2], 0),
        ("Flatten", "", [72], 0),
        ("Dense", "ReLU, L2", [8], 584),
        ("Dropout", "rate 0.5", [8], 0),
        ("Dense", "softmax", [10], 90),
    ]


def test_a_training_is_described_by_its_history_its_last_epoch_its_layers_and_its_weights(model):
    history = {"loss": [0.5, 0.3], "val_loss": [0.6, 0.7]}
    assert describe_training(model, history) == {
        "final": {"loss": 0.3, "val_loss": 0.7},
        "history": history,
        "layers": describe_layers(model),
        "kernel_norms": measure_kernels(model),
        "weights": digest_weights(model),
    }


def test_the_norm_of_each_kernel_is_what_the_l2_penalty_acts_on(model):
    kernels = measure_kernels(model)
    assert [(row["layer"], row["position"], row["penalized"]) for row in kernels] == [
        ("Conv2D", 1, True),
        ("Dense", 4, True),
        ("Dense", 6, False),
    ]
    penalty = sum(1e-4 * row["norm"] ** 2 for row in kernels if row["penalized"])
    assert penalty == pytest.approx(float(sum(model.losses)), rel=1e-6)


def test_the_autoencoders_latent_layer_is_marked():
    model = build_autoencoder({"encoder": [128, 96], "decoder": [128]}, derive_seed(1), derive_seed(2))
    assert [row["detail"] for row in describe_layers(model)] == ["", "ReLU", "ReLU, latent", "ReLU", "sigmoid"]


def test_a_convolutional_autoencoders_layers_are_described():
    options = {"filters": 4, "stride": 2, "padding": "same"}
    settings = {"encoder": [{"conv": options}], "decoder": [{"transposed_conv": options}]}
    model = build_autoencoder(settings, derive_seed(1), derive_seed(2))
    assert [tuple(row.values()) for row in describe_layers(model)] == [
        ("Input", "", [28, 28, 1], 0),
        ("Conv2D", "3 × 3, stride 2, same padding, ReLU, latent", [14, 14, 4], 40),
        ("Conv2DTranspose", "3 × 3, stride 2, same padding, ReLU", [28, 28, 4], 148),
        ("Conv2D", "3 × 3, same padding, sigmoid", [28, 28, 1], 37),
    ]
    assert [row["position"] for row in measure_kernels(model)] == [1, 2, 3]


def test_the_parameters_of_the_layers_add_up(model):
    assert sum(row["parameters"] for row in describe_layers(model)) == model.count_params() == 694
