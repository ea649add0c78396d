from pathlib import Path

import keras
import numpy as np
import pytest

from mnist_study.images import MNIST, Images
from mnist_study.nets.autoencoders import build_autoencoder, split_autoencoder
from mnist_study.nets.prediction import predict
from mnist_study.nets.recipes import compile_autoencoder
from mnist_study.nets.trained_models import digest_weights
from mnist_study.seeding import derive_seed

pytestmark = [pytest.mark.tensorflow, pytest.mark.usefixtures("device")]

DOWN = {"conv": {"filters": 4, "stride": 2, "padding": "same"}}
UP = {"transposed_conv": {"filters": 4, "stride": 2, "padding": "same"}}
COLOURED = Images("shapes", (12, 10, 3), ["circle", "cross"])


def build(encoder=(128, 96), decoder=(128,), seed=1, images=MNIST):
    settings = {"encoder": list(encoder), "decoder": list(decoder)}
    return build_autoencoder(settings, derive_seed(seed, "weights"), derive_seed(seed, "dropout"), images)


def describe(model):
    """List the layers of an autoencoder: class and output shape."""
    return [(type(layer).__name__, layer.output.shape[1:]) for layer in model.layers]


@pytest.fixture
def images():
    return np.random.default_rng(0).random((20, 784), np.float32)


def test_autoencoder_is_the_published_one():
    model = build()
    assert model.input_shape == (None, 784)
    assert [layer.units for layer in model.layers] == [128, 96, 128, 784]
    assert [layer.activation.__name__ for layer in model.layers] == ["relu", "relu", "relu", "sigmoid"]
    # 785 × 128 + 129 × 96 + 97 × 128 + 129 × 784
    assert [layer.count_params() for layer in model.layers] == [100480, 12384, 12416, 101136]
    assert model.count_params() == 226416


def test_the_published_autoencoder_has_the_initial_weights_of_version_2():
    assert digest_weights(build()) == "2054d6fbab310e1b5a2042ff20857465d3f73fb4067d41bb53db90c17c785055"


def test_a_convolutional_autoencoder_takes_and_gives_images():
    def conv(kind, filters, stride):
        return {kind: {"filters": filters, "stride": stride, "padding": "same"}}

    model = build(
        [conv("conv", 16, 2), conv("conv", 32, 2), conv("conv", 32, 1)],
        [conv("transposed_conv", 32, 2), conv("transposed_conv", 16, 2)],
    )
    assert model.input_shape == (None, 28, 28, 1)
    assert describe(model) == [
        ("Conv2D", (14, 14, 16)),
        ("Conv2D", (7, 7, 32)),
        ("Conv2D", (7, 7, 32)),
        ("Conv2DTranspose", (14, 14, 32)),
        ("Conv2DTranspose", (28, 28, 16)),
        ("Conv2D", (28, 28, 1)),
    ]
    assert [layer.activation.__name__ for layer in model.layers] == ["relu"] * 5 + ["sigmoid"]
    # STUDY's: 10 × 16 + 145 × 32 + 289 × 32 + 289 × 32 + 289 × 16 + 145
    assert model.count_params() == 28065


@pytest.mark.parametrize("images", [MNIST, COLOURED], ids=lambda images: images.title)
@pytest.mark.parametrize(
    ("encoder", "decoder"),
    [([DOWN], [UP]), ([DOWN, 8], [16]), ([DOWN, "global_max_pool"], []), (["batch_norm", {"max_pool": 2}], [UP])],
    ids=["conv", "conv, dense", "conv, global pool", "pool"],
)
def test_the_output_has_the_shape_of_the_image_whatever_the_layers(encoder, decoder, images):
    model = build(encoder, decoder, images=images)
    assert model.input_shape == model.output_shape == (None, *images.shape)
    drawn = np.random.default_rng(0).random((3, *images.shape), np.float32)
    pixels = predict(model, drawn)
    assert ((pixels > 0) & (pixels < 1)).all()


def test_dense_layers_behind_convolutions_end_in_a_unit_for_each_value():
    assert describe(build([DOWN, 8], [16], images=COLOURED)) == [
        ("Conv2D", (6, 5, 4)),
        ("Flatten", (120,)),
        ("Dense", (8,)),
        ("Dense", (16,)),
        ("Dense", (360,)),
        ("Reshape", (12, 10, 3)),
    ]


def test_an_autoencoder_of_other_images_has_as_many_outputs_as_an_image_has_values():
    model = build([16, 8], [16], images=COLOURED)
    encoder, decoder = split_autoencoder(model)
    assert (model.input_shape, model.output_shape) == ((None, 360), (None, 360))
    assert (encoder.input_shape, decoder.output_shape) == ((None, 360), (None, 360))


@pytest.mark.parametrize("encoder", [(96,), (128, 96), (256, 128, 96)], ids=str)
def test_the_last_layer_of_the_encoder_is_the_latent_one(encoder):
    assert build(encoder).get_layer("latent").units == 96
    assert [layer.name for layer in build(encoder).layers].index("latent") == len(encoder) - 1


def test_the_latent_layer_of_a_convolutional_encoder_is_its_last_one(tmp_path):
    model = build([DOWN, 8], [16])
    assert [layer.name for layer in model.layers].index("latent") == 2  # behind the convolution and Flatten
    path: Path = tmp_path / "model.keras"
    model.save(path)
    assert [layer.name for layer in keras.saving.load_model(path).layers].index("latent") == 2


def test_layers_have_the_options_of_the_config():
    model = build([{"dense": {"units": 8, "activation": "tanh"}}, {"dropout": 0.25}, 4], ["batch_norm"])
    assert describe(model) == [
        ("Dense", (8,)),
        ("Dropout", (8,)),
        ("Dense", (4,)),
        ("BatchNormalization", (4,)),
        ("Dense", (784,)),
    ]
    assert model.layers[0].activation.__name__ == "tanh"
    assert model.layers[1].rate == 0.25


@pytest.mark.parametrize(("encoder", "decoder"), [((16, 8), (16,)), ([DOWN, DOWN], [UP, UP])], ids=["dense", "conv"])
def test_the_same_seed_gives_the_same_weights_and_another_seed_others(encoder, decoder):
    first, same, other = (build(encoder, decoder, seed).get_weights() for seed in (1, 1, 2))
    for one, two in zip(first, same, strict=True):
        np.testing.assert_array_equal(one, two)
    assert not any(np.array_equal(one, two) for one, two in zip(first, other, strict=True) if one.any())


def test_dropout_does_not_change_the_weights_of_the_other_layers():
    dropped = [weights for weights in build([{"dropout": 0.2}, 16, 8], [16]).get_weights() if weights.ndim != 1]
    plain = [weights for weights in build([16, 8], [16]).get_weights() if weights.ndim != 1]
    for one, two in zip(plain, dropped, strict=True):
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("decoder", [(), (128,), (112, 128)], ids=str)
def test_encoder_and_decoder_make_what_the_autoencoder_makes(images, decoder):
    model = build(decoder=decoder)
    encoder, decoder = split_autoencoder(model)
    codes = encoder.predict(images, verbose=0)
    assert codes.shape == (20, 96)
    assert (codes >= 0).all()
    np.testing.assert_allclose(decoder.predict(codes, verbose=0), model.predict(images, verbose=0), rtol=1e-5)


def test_output_are_784_pixels_from_0_to_1(images):
    pixels = build().predict(images, verbose=0)
    assert pixels.shape == (20, 784)
    assert ((pixels > 0) & (pixels < 1)).all()


def test_an_autoencoder_is_trained_by_adam_on_the_binary_cross_entropy_unless_the_recipe_says_otherwise():
    model = build()
    compile_autoencoder(model, {"epochs": 1, "batch_size": 64, "learning_rate": 0.001}, 60_000)
    assert type(model.optimizer).__name__ == "Adam"
    assert float(model.optimizer.learning_rate) == np.float32(0.001)
    assert model.loss == "binary_crossentropy"
    compile_autoencoder(model, {"epochs": 1, "batch_size": 64, "learning_rate": 0.1, "optimizer": "sgd"}, 60_000)
    assert type(model.optimizer).__name__ == "SGD"
