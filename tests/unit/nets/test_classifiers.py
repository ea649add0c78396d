import numpy as np
import pytest

from mnist_study.images import Images
from mnist_study.nets.classifiers import build_classifier
from mnist_study.nets.recipes import compile_classifier
from mnist_study.nets.trained_models import digest_weights
from mnist_study.seeding import derive_seed

pytestmark = [pytest.mark.tensorflow, pytest.mark.usefixtures("device")]

BASELINE = [{"dense": 64}, {"dense": 64}]
REGULARIZED = [{"dense": 500}, {"dense": 300}]
CNN = [{"conv": 32}, {"max_pool": 2}, {"conv": 64}, {"max_pool": 2}, {"dense": 200}, {"dense": 128}, {"dropout": 0.5}]
SMALL = [{"conv": 2}, {"max_pool": 2}, {"dense": 8}, {"dropout": 0.5}]


def build(layers, l2=0, seed=1):
    model = build_classifier(layers, l2, derive_seed(seed, "weights"), derive_seed(seed, "dropout"))
    compile_classifier(model, {"epochs": 1, "batch_size": 128, "learning_rate": 0.1}, 60_000)
    return model


@pytest.fixture
def images():
    return np.random.default_rng(0).random((20, 28, 28, 1), np.float32)


def test_baseline_is_the_published_one():
    model = build(BASELINE)
    assert [layer.count_params() for layer in model.layers] == [0, 50240, 4160, 650]
    assert model.count_params() == 55050


def test_regularized_is_the_published_one():
    model = build(REGULARIZED, 1e-4)
    assert model.input_shape == (None, 28, 28, 1)
    assert [layer.output.shape[1:] for layer in model.layers] == [(784,), (500,), (300,), (10,)]
    assert model.count_params() == 545810


def test_cnn_is_the_published_one():
    layers = [(type(layer).__name__, layer.output.shape[1:], layer.count_params()) for layer in build(CNN).layers]
    assert layers == [
        ("Conv2D", (26, 26, 32), 320),
        ("MaxPooling2D", (13, 13, 32), 0),
        ("Conv2D", (11, 11, 64), 18496),
        ("MaxPooling2D", (5, 5, 64), 0),
        ("Flatten", (1600,), 0),
        ("Dense", (200,), 320200),
        ("Dense", (128,), 25728),
        ("Dropout", (128,), 0),
        ("Dense", (10,), 1290),
    ]


def test_layers_and_dropout_have_the_initial_weights_of_version_2():
    layers = [{"dropout": 0.2}, {"conv": {"filters": 4, "size": 5, "padding": "same"}}, "batch_norm", {"max_pool": 2}]
    model = build([*layers, {"dense": 8}, {"dropout": 0.5}], 1e-3)
    assert digest_weights(model) == "204d4bd1dd889a5349e062eff0e3c680ed4a2199f2add31fefdc389e1c749bb5"


def test_a_convolution_takes_steps_of_its_stride():
    model = build([{"conv": {"filters": 4, "stride": 2}}, {"conv": {"filters": 8, "stride": 2, "padding": "same"}}])
    assert [layer.output.shape[1:] for layer in model.layers[:2]] == [(13, 13, 4), (7, 7, 8)]
    assert model.layers[0].strides == (2, 2)


def test_a_classifier_of_other_images_has_their_shape_and_classes():
    images = Images("shapes", (12, 10, 3), ["circle", "cross", "square", "triangle"])
    layers = [{"conv": 8}, {"max_pool": 2}, {"dense": 16}]
    model = build_classifier(layers, 0, derive_seed(1), derive_seed(2), images)
    assert model.input_shape == (None, 12, 10, 3)
    assert [layer.output.shape[1:] for layer in model.layers] == [(10, 8, 8), (5, 4, 8), (160,), (16,), (4,)]
    assert model.layers[0].count_params() == 3 * 3 * 3 * 8 + 8


def test_hidden_layers_are_relu_and_the_output_is_softmax():
    activations = [layer.activation.__name__ for layer in build(CNN).layers if hasattr(layer, "activation")]
    assert activations == ["relu"] * 4 + ["softmax"]


def test_conv_and_pool_are_3_by_3_and_2_by_2_and_dropout_is_half():
    conv, pool, *_, dropout, _ = build(CNN).layers
    assert conv.kernel_size == (3, 3)
    assert pool.pool_size == (2, 2)
    assert dropout.rate == 0.5


def test_a_classifier_is_trained_by_sgd_on_the_cross_entropy():
    model = build(BASELINE)
    assert type(model.optimizer).__name__ == "SGD"
    assert float(model.optimizer.learning_rate) == np.float32(0.1)
    assert float(model.optimizer.momentum) == 0
    assert type(model.loss).__name__ == "CategoricalCrossentropy"
    assert model.loss.get_config()["label_smoothing"] == 0


@pytest.mark.parametrize("layers, kernels", [(REGULARIZED, 2), (CNN, 4)], ids=["dense", "cnn"])
def test_penalty_is_the_factor_times_the_squares_of_the_hidden_kernels(layers, kernels):
    model = build(layers, 1e-3)
    for layer in model.layers:
        if layer.weights:
            layer.bias.assign(layer.bias + 1)  # a penalty on biases would show
    hidden = [layer.kernel.numpy() for layer in model.layers[:-1] if layer.weights]
    assert len(model.losses) == len(hidden) == kernels
    expected = 1e-3 * sum(float((kernel.astype(float) ** 2).sum()) for kernel in hidden)
    assert float(sum(model.losses)) == pytest.approx(expected, rel=1e-5)


def test_penalty_is_part_of_the_loss(images):
    labels = np.eye(10, dtype=np.float32)[np.arange(20) % 10]
    plain, penalized = build(REGULARIZED), build(REGULARIZED, 1e-3)
    difference = penalized.test_on_batch(images, labels)[0] - plain.test_on_batch(images, labels)[0]
    assert difference == pytest.approx(float(sum(penalized.losses)), rel=1e-4)


def test_an_l2_of_zero_is_no_penalty():
    assert build(REGULARIZED, None).losses == []


def test_the_same_seed_gives_the_same_weights_and_another_seed_others():
    first, same, other = (build(SMALL, seed=seed).get_weights() for seed in (1, 1, 2))
    for one, two in zip(first, same, strict=True):
        np.testing.assert_array_equal(one, two)
    assert not any(np.array_equal(one, two) for one, two in zip(first, other, strict=True) if one.any())


def test_equal_layers_of_one_model_have_different_weights():
    first, second = build([{"dense": 784}, {"dense": 784}]).layers[1:3]
    assert not np.array_equal(first.kernel.numpy(), second.kernel.numpy())


def test_all_settings_start_from_the_same_weights():
    plain, penalized = build(SMALL).get_weights(), build(SMALL, 1e-3).get_weights()
    for one, two in zip(plain, penalized, strict=True):
        np.testing.assert_array_equal(one, two)


def test_dropout_does_not_change_the_weights_of_the_other_layers():
    plain = build([{"conv": 2}, {"dense": 8}, {"dense": 4}]).get_weights()
    dropped = build([{"dropout": 0.2}, {"conv": 2}, {"dense": 8}, {"dropout": 0.5}, {"dense": 4}, {"dropout": 0.5}])
    kept = [weights for weights in dropped.get_weights() if weights.dtype == np.float32]  # others are dropout's state
    for one, two in zip(plain, kept, strict=True):
        np.testing.assert_array_equal(one, two)


def test_two_dropout_layers_drop_different_units():
    first, second = build([{"dropout": 0.5}, {"dropout": 0.5}]).layers[:2]
    ones = np.ones((10, 28, 28, 1), np.float32)
    assert not np.array_equal(first(ones, training=True), second(ones, training=True))


def describe(layers):
    """List the layers of a classifier: class and output shape."""
    return [(type(layer).__name__, layer.output.shape[1:]) for layer in build(layers).layers]


def test_layers_have_the_options_of_the_config():
    layers = [
        {"conv": {"filters": 4, "size": 5, "padding": "same", "activation": "linear"}},
        "batch_norm",
        {"activation": "relu"},
        {"average_pool": 2},
        {"conv": 8},
        "global_average_pool",
        {"dropout": 0.2},
        {"dense": {"units": 6, "activation": "tanh"}},
    ]
    assert describe(layers) == [
        ("Conv2D", (28, 28, 4)),
        ("BatchNormalization", (28, 28, 4)),
        ("Activation", (28, 28, 4)),
        ("AveragePooling2D", (14, 14, 4)),
        ("Conv2D", (12, 12, 8)),
        ("GlobalAveragePooling2D", (8,)),
        ("Dropout", (8,)),
        ("Dense", (6,)),
        ("Dense", (10,)),
    ]
    model = build(layers)
    assert [model.layers[place].activation.__name__ for place in (0, 2, 4, 7)] == ["linear", "relu", "relu", "tanh"]
    assert model.layers[0].kernel_size == (5, 5)


def test_global_max_pooling_takes_the_largest_value_of_each_filter():
    model = build([{"conv": 3}, "global_max_pool"])
    images = np.random.default_rng(0).random((2, 28, 28, 1), np.float32)
    convolved = model.layers[0](images).numpy()
    np.testing.assert_array_equal(model.layers[1](convolved), convolved.max(axis=(1, 2)))


def test_other_layers_do_not_change_the_weights_of_those_with_kernels():
    plain = build([{"conv": 2}, {"max_pool": 2}, {"dense": 8}])
    normed = build([{"conv": 2}, "batch_norm", {"average_pool": 2}, {"activation": "elu"}, {"dense": 8}])
    kernels = [
        [layer.kernel.numpy() for layer in model.layers if hasattr(layer, "kernel")] for model in (plain, normed)
    ]
    for one, two in zip(*kernels, strict=True):
        np.testing.assert_array_equal(one, two)


def test_output_is_a_probability_for_each_class(images):
    np.testing.assert_allclose(build(SMALL).predict(images, verbose=0).sum(axis=1), 1, rtol=1e-5)


def test_dropout_drops_in_training_only():
    model = build(SMALL)
    drop = model.layers[-2]
    ones = np.ones((100, 8), np.float32)
    np.testing.assert_array_equal(drop(ones, training=False), ones)
    dropped = drop(ones, training=True).numpy()
    assert set(np.unique(dropped)) == {0, 2}
    assert abs((dropped == 0).mean() - 0.5) < 4 * np.sqrt(0.25 / dropped.size)


def test_dropout_repeats_with_the_seed():
    first, same, other = (build(SMALL, seed=seed).layers[-2] for seed in (1, 1, 2))
    ones = np.ones((10, 8), np.float32)
    drawn = first(ones, training=True).numpy()
    np.testing.assert_array_equal(same(ones, training=True), drawn)
    assert not np.array_equal(other(ones, training=True), drawn)


def test_a_classifier_without_hidden_layers_is_flattened(images):
    assert build([]).predict(images, verbose=0).shape == (20, 10)
