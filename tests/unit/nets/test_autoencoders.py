import numpy as np
import pytest

from mnist_study.images import Images
from mnist_study.nets.autoencoders import build_autoencoder, split_autoencoder
from mnist_study.seeding import derive_seed

pytestmark = [pytest.mark.tensorflow, pytest.mark.usefixtures("device")]


def build(encoder=(128, 96), decoder=(128,), seed=1):
    return build_autoencoder(list(encoder), list(decoder), 0.001, derive_seed(seed, "weights"))


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


def test_an_autoencoder_of_other_images_has_as_many_outputs_as_an_image_has_values():
    images = Images("shapes", (12, 10, 3), ["circle", "cross"])
    model = build_autoencoder([16, 8], [16], 0.001, derive_seed(1), images)
    encoder, decoder = split_autoencoder(model)
    assert (model.input_shape, model.output_shape) == ((None, 360), (None, 360))
    assert (encoder.input_shape, decoder.output_shape) == ((None, 360), (None, 360))


def test_autoencoder_is_trained_by_adam_on_the_binary_cross_entropy():
    model = build()
    assert type(model.optimizer).__name__ == "Adam"
    assert float(model.optimizer.learning_rate) == np.float32(0.001)
    assert model.loss == "binary_crossentropy"


@pytest.mark.parametrize("encoder", [(96,), (128, 96), (256, 128, 96)], ids=str)
def test_the_last_layer_of_the_encoder_is_the_latent_one(encoder):
    assert build(encoder).get_layer("latent").units == 96
    assert [layer.name for layer in build(encoder).layers].index("latent") == len(encoder) - 1


def test_the_same_seed_gives_the_same_weights_and_another_seed_others():
    first, same, other = (build(seed=seed).get_weights() for seed in (1, 1, 2))
    for one, two in zip(first, same, strict=True):
        np.testing.assert_array_equal(one, two)
    assert not any(np.array_equal(one, two) for one, two in zip(first, other, strict=True) if one.any())


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
